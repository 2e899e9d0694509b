# A session that speaks PostgreSQL's protocol itself: it calls functions without any SQL, so that there is no expression, and
# runs statements with values that are bound
package Protocol;

use strict;
use warnings FATAL => 'all';

use IO::Socket::UNIX;

# new(NODE, DATABASE, USER): connected as a role that needs no password; PGCLIENTENCODING counts
sub new
{
	my ($class, $node, $database, $user) = @_;
	my $self = bless { socket => IO::Socket::UNIX->new(Peer => $node->host . '/.s.PGSQL.' . $node->port) }, $class;
	my %parameters = (user => $user, database => $database);
	$parameters{client_encoding} = $ENV{PGCLIENTENCODING} if defined $ENV{PGCLIENTENCODING};
	my $parameters = join('', map { "$_\0$parameters{$_}\0" } sort keys %parameters) . "\0";
	$self->{socket} or die "cannot connect: $!";
	$self->{socket}->syswrite(pack('NN', 8 + length $parameters, 3 << 16) . $parameters);
	$self->receive;
	return $self;
}

# Send messages: pairs of a letter and a body
sub send_messages
{
	my ($self, @messages) = @_;
	my $bytes = '';
	while (my ($letter, $body) = splice @messages, 0, 2)
	{
		$bytes .= $letter . pack('N', 4 + length $body) . $body;
	}
	while (length $bytes)
	{
		my $count = $self->{socket}->syswrite($bytes) or die 'the server has gone';
		substr($bytes, 0, $count) = '';
	}
	return;
}

sub read_bytes
{
	my ($self, $count) = @_;
	my $bytes = '';
	while (length $bytes < $count)
	{
		$self->{socket}->sysread($bytes, $count - length $bytes, length $bytes) or die 'the server has gone';
	}
	return $bytes;
}

# All messages until the server is ready for another: pairs of a letter and a body
sub receive
{
	my ($self) = @_;
	my @messages;
	do
	{
		my ($letter, $length) = unpack 'aN', $self->read_bytes(5);
		push @messages, [ $letter, $self->read_bytes($length - 4) ];
	} until $messages[-1][0] eq 'Z';
	return @messages;
}

# Values as messages have them: how many, then each by its length, undef as NULL
sub values_of
{
	return pack('n', scalar @_) . join '', map { defined $_ ? pack('N', length $_) . $_ : pack('N', 0xffffffff) } @_;
}

# The fields of the first error among messages, each a letter and a text; none if there is no error
sub error_fields
{
	my ($error) = grep { $_->[0] eq 'E' } @_;
	return $error ? split /\0/, $error->[1] : ();
}

# call(OID, ARGUMENTS...): what a function returns, as text, or the fields of its error
sub call
{
	my ($self, $oid, @arguments) = @_;
	$self->send_messages(F => pack('N n n', $oid, 1, 0) . values_of(@arguments) . pack('n', 0));
	my @messages = $self->receive;
	my ($result) = grep { $_->[0] eq 'V' } @messages;
	return $result ? substr $result->[1], 4 : error_fields(@messages);
}

# query(SQL): the fields of the error of statements without values; none if there is no error
sub query
{
	my ($self, $sql) = @_;
	$self->send_messages(Q => "$sql\0");
	return error_fields($self->receive);
}

# fetch(SQL, VALUES...): (undef, the values of the first row, undef for NULL) of a statement with values for $1 and so on; the SQLSTATE
# alone if there is an error
sub fetch
{
	my ($self, $sql, @values) = @_;
	$self->send_messages(
		P => "\0$sql\0" . pack('n', 0),
		B => "\0\0" . pack('n', 0) . values_of(@values) . pack('n', 0),
		E => "\0" . pack('N', 0),
		S => '');
	my @messages = $self->receive;
	my ($sqlstate) = map { /^C(.*)/ } error_fields(@messages);
	return $sqlstate if defined $sqlstate;
	my ($row) = grep { $_->[0] eq 'D' } @messages;
	return undef if !$row;
	my ($count, $rest) = unpack 'n a*', $row->[1];
	my @row;
	foreach (1 .. $count)
	{
		my $length = unpack 'l>', substr($rest, 0, 4, '');
		push @row, $length < 0 ? undef : substr($rest, 0, $length, '');
	}
	return (undef, @row);
}

# execute(NAME, SQL, VALUES...): the fields of the error of a statement with values for $1 and so on; none if there is no
# error.  A name, if it is not empty, is the prepared statement's; one that exists is not replaced.
sub execute
{
	my ($self, $name, $sql, @values) = @_;
	$self->send_messages(
		P => "$name\0$sql\0" . pack('n', 0),
		B => "\0$name\0" . pack('n', 0) . values_of(@values) . pack('n', 0),
		E => "\0" . pack('N', 0),
		S => '');
	return error_fields($self->receive);
}

1;
