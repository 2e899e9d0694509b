# A bash into which a page's blocks are typed: its standard input is a pipe, which a psql that it starts reads on.  It ends with the
# first command that fails.
package Terminal;

use strict;
use warnings FATAL => 'all';

use IPC::Run qw(start timer);
use POSIX ();

# new(COMMAND, SECONDS): COMMAND becomes a bash that reads standard input; a block may take so many seconds
sub new
{
	my ($class, $command, $seconds) = @_;
	my $self = bless { in => '', out => '', blocks => 0, secrets => [], seconds => $seconds }, $class;
	$self->{timer} = timer($seconds, exception => 'timeout');
	$self->{bash} = start($command, '<', \$self->{in}, '>&', \$self->{out}, init => \&POSIX::setsid, $self->{timer});
	$self->{group} = $self->{bash}{KIDS}[0]{PID};
	$self->{in} .= "set -euo pipefail; exec 2>&1; trap 'echo; echo bash has ended' EXIT\n";
	$SIG{$_} = sub { $self->close; exit 1 }
	  foreach qw(HUP INT TERM);
	return $self;
}

# The output as far as a marker, which is taken out; dies if bash ends before, or does not get there in time
sub output_before
{
	my ($self, $marker) = @_;
	my $end;
	local $SIG{PIPE} = 'IGNORE';
	$self->{timer}->start($self->{seconds});
	while (($end = index $self->{out}, "$marker\n") < 0)
	{
		die "$self->{out}" if $self->{out} =~ /^bash has ended$/m || !$self->{bash}->pumpable;
		eval { $self->{bash}->pump; 1 } or die "$self->{out}\n$@";
	}
	return substr(substr($self->{out}, 0, $end + 1 + length $marker, ''), 0, $end);
}

# Type something that prints "MARKER", and read up to it
sub type
{
	my ($self, $text, $marker) = @_;
	$self->{in} .= $text;
	return $self->output_before($marker);
}

# Bash is back: keep what it has in its environment under names with SECRET in it
sub read_secrets
{
	my ($self) = @_;
	push @{ $self->{secrets} }, split /\n/, $self->output_before('end of the secrets');
	return;
}

# True if the last line of a block of sh starts a psql that reads what is typed
sub starts_psql
{
	my ($text) = @_;
	my ($line) = $text =~ /([^\n]*)\n*\z/;
	return $line =~ /^(?:sudo .* |\w+=\S* )*psql\b/ && $line !~ /[<|>;&]| (?:-\w*[cfl]\b|--(?:command|file|list|version|help))/;
}

# Type a block of sh; returns its output.  Bash reads all of it before any command can read standard input.
sub type_sh
{
	my ($self, $text) = @_;
	my $number = ++$self->{blocks};
	$self->leave_psql;
	$text =~ s/\n*\z/\n/;
	$self->{in} .= "eval \"\$(cat <<'end of the text'\n${text}end of the text\n)\"; echo 'end of block $number'; "
	  . "env | sed -n 's/^[A-Za-z_]*SECRET[A-Za-z_]*=//p'; echo 'end of the secrets'\n";
	if (starts_psql($text))
	{
		@$self{qw(psql of_psql)} = ($text =~ /([^\n]*)\n*\z/, $number);
		return $self->type("\\echo psql of block $number\n", "psql of block $number");
	}
	my $output = $self->output_before("end of block $number");
	$self->read_secrets;
	return $output;
}

# Type a block of sql into the psql that runs, or else into a new one of the same database; returns its output
sub type_sql
{
	my ($self, $text) = @_;
	die "the page has started no psql\n" if !defined $self->{psql};
	$self->type_sh($self->{psql}) if !$self->{of_psql};
	my $number = ++$self->{blocks};
	return $self->type("$text\n\\echo end of block $number\n", "end of block $number");
}

sub leave_psql
{
	my ($self) = @_;
	my $number = delete $self->{of_psql} or return;
	$self->type("\\q\n", "end of block $number");
	$self->read_secrets;
	return;
}

sub DESTROY
{
	my ($self) = @_;
	return $self->close;
}

sub secrets
{
	my ($self) = @_;
	return @{ $self->{secrets} };
}

# End the session, and what runs in its background
sub close
{
	my ($self) = @_;
	my $group = delete $self->{group} // return;
	kill TERM => -$group;
	local $SIG{PIPE} = 'IGNORE';
	eval { $self->{bash}->kill_kill(grace => 60) };
	return;
}

1;
