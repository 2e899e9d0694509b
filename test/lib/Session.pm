# A psql that stays connected, and works while the test goes on.  SQL and output are bytes.
package Session;

use strict;
use warnings FATAL => 'all';

use IPC::Run qw(finish pump start timer);
use POSIX qw(PIPE_BUF);
use PostgreSQL::Test::Utils ();
use Time::HiRes qw(usleep);

# new(NODE, DATABASE, OPTIONS...): options are psql's
sub new
{
	my ($class, $node, $database, @options) = @_;
	my $self = bless { in => '', out => '', err => '', number => 0 }, $class;
	$self->{timer} = timer(2 * $PostgreSQL::Test::Utils::timeout_default, exception => 'psql does not answer');
	my @command = ('psql', '-XqAt', '-v', 'VERBOSITY=verbose', '-d', $node->connstr($database), @options, '-f', '-');
	$self->{psql} = start([@command], '<', \$self->{in}, '>', \$self->{out}, '2>', \$self->{err}, $self->{timer});
	return $self;
}

# Begin to run SQL.  A pipe takes so many bytes at once or none, and what psql prints meanwhile is read.
sub begin
{
	my ($self, $sql) = @_;
	my $end = 'end of ' . ++$self->{number};
	$self->{timer}->start;
	foreach my $piece ("$sql\n;\n\\echo $end\n\\warn $end\n" =~ /.{1,${\PIPE_BUF}}/gs)
	{
		$self->{in} .= $piece;
		$self->{psql}->pump_nb;
		while (length $self->{in})
		{
			usleep(1000);
			$self->{psql}->pump_nb;
		}
	}
	return;
}

# Wait for the end of that; returns (what psql printed, its messages with SQLSTATEs)
sub end
{
	my ($self) = @_;
	my $end = "end of $self->{number}\n";
	pump $self->{psql} until $self->{out} =~ /$end\z/ && $self->{err} =~ /$end\z/;
	my @printed = map { s/$end\z//r } @$self{qw(out err)};
	@$self{qw(out err)} = ('', '');
	return @printed;
}

# Run SQL; returns the same
sub run
{
	my ($self, $sql) = @_;
	$self->begin($sql);
	return $self->end;
}

# Run SQL that must not fail; returns what psql printed, without its last newline
sub result
{
	my ($self, $sql) = @_;
	my ($printed, $errors) = $self->run($sql);
	die $errors if $errors ne '';
	chomp $printed;
	return $printed;
}

# End the session
sub quit
{
	my ($self) = @_;
	$self->{in} .= "\\q\n";
	return finish $self->{psql};
}

1;
