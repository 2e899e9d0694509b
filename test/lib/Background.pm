# Processes in the background that run functions of a test, and end with it
package Background;

use strict;
use warnings FATAL => 'all';

use Exporter qw(import);
use POSIX ();

our @EXPORT_OK = qw(end_of in_background);

my %running;

# in_background(FUNCTION): the pid of a process that runs it
sub in_background
{
	my ($function) = @_;
	my $pid = fork // die "fork: $!";
	if ($pid == 0)
	{
		%running = ();
		my $is_done = eval { $function->(); 1 };
		warn $@ if !$is_done;
		POSIX::_exit($is_done ? 0 : 1);
	}
	$running{$pid} = 1;
	return $pid;
}

# Have a process end by TERM; returns its status
sub end_of
{
	my ($pid) = @_;
	kill 'TERM', $pid;
	waitpid $pid, 0;
	delete $running{$pid};
	return $?;
}

END
{
	local $?;
	kill 'KILL', keys %running;
	waitpid $_, 0 foreach keys %running;
}

1;
