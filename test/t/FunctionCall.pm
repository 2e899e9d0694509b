# A session that calls functions by PostgreSQL's message for that alone, without any SQL: there is no expression then
package FunctionCall;

use strict;
use warnings FATAL => 'all';

use IO::Socket::UNIX;

sub new
{
	my ($class, $node, $database, $user) = @_;
	my $self = bless { socket => IO::Socket::UNIX->new(Peer => $node->host . '/.s.PGSQL.' . $node->port) }, $class;
	my $parameters = "user\0$user\0database\0$database\0\0";
	$self->{socket} or die "cannot connect: $!";
	$self->{socket}->syswrite(pack('NN', 8 + length $parameters, 3 << 16) . $parameters);
	$self->receive;
	return $self;
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

# All messages until the server is ready for another: pairs of a letter and what it is about
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

# What a function returns, as text, or the fields of its error
sub call
{
	my ($self, $oid, @arguments) = @_;
	my $body = pack 'N n n n', $oid, 1, 0, scalar @arguments;
	$body .= defined $_ ? pack('N', length $_) . $_ : pack('N', 0xffffffff) foreach @arguments;
	$body .= pack 'n', 0;
	$self->{socket}->syswrite('F' . pack('N', 4 + length $body) . $body);
	my ($answer) = grep { $_->[0] =~ /^[EV]$/ } $self->receive;
	return $answer->[0] eq 'E' ? split /\0/, $answer->[1] : substr $answer->[1], 4;
}

1;
