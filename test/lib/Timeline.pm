# What the credential of a server was made to be, one change after another, for processes that use it meanwhile: which outcome is
# right at a moment when changes may be under way.  The processes share a file, which has a line for each change that is about to be
# made and a line for each that has been acknowledged.  Whoever reads it before a call and after knows the states that the call may
# have met: from the last that was acknowledged before to the last that was begun after.
package Timeline;

use strict;
use warnings FATAL => 'all';

use IO::Handle;
use Sample qw(APIKEY);
use TokenMaker qw(signature);

use constant {
	SECRET_PATTERN => qr/secret \d+ of the timeline/,    # for whoever looks for secrets in logs
	FOR_EVER => '9999-12-31 00:00:00Z',
	LONG_AGO => '2000-01-01 00:00:00Z',
};

# Secret N.  Each state has the number of the one that issues; the one before may still verify.
sub secret { return "secret $_[0] of the timeline, as long as it has to be" }

# new(FILE, CREATE): the timeline in a file, which is made with state 1 if CREATE is true.  Each process needs its own.
sub new
{
	my ($class, $file, $create) = @_;
	my $self = bless { states => [], acknowledged => 0 }, $class;
	open $self->{writer}, '>>', $file or die "$file: $!";
	open $self->{reader}, '<', $file or die "$file: $!";
	$self->{writer}->autoflush(1);
	if ($create)
	{
		$self->note('begun', 1, 1, 1, 0);
		$self->note('acknowledged', 1);
	}
	$self->look;
	return $self;
}

sub note
{
	my ($self, @words) = @_;
	print { $self->{writer} } "@words\n";
	return;
}

# Read on
sub look
{
	my ($self) = @_;
	my $reader = $self->{reader};
	seek $reader, 0, 1;
	while (defined(my $line = <$reader>))
	{
		my ($what, $number, @state) = split / /, $line =~ s/\n//r;
		$self->{acknowledged} = $number if $what eq 'acknowledged';
		next if $what ne 'begun';
		$self->{states}[$number] = {};
		@{ $self->{states}[$number] }{qw(secret keeps_previous revoked_before)} = @state;
	}
	return;
}

# The numbers of the last state that is known to be acknowledged, and of the last that is known to be begun
sub acknowledged { $_[0]->look; return $_[0]{acknowledged} }
sub begun { $_[0]->look; return $#{ $_[0]{states} } }

# SQL that makes the server in state 1
sub create_server
{
	my ($name) = @_;
	return <<"SQL";
CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk OPTIONS (max_expires_in '4 hours', revoked_before '${\LONG_AGO}');
CREATE USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (apikey '${\APIKEY}', secret '${\secret(1)}',
	previous_secret '${\secret(0)}', previous_until '${\FOR_EVER}');
SQL
}

# begin(ROTATES, KEEPS PREVIOUS, REVOKED BEFORE): SQL for a superuser's session that changes to the next state, as often as it is run,
# and stays out of the log: to the next secret or not, with the previous one verifying or not, and a revocation of what was issued
# before a time
sub begin
{
	my ($self, $rotates, $keeps_previous, $revoked_before) = @_;
	my $number = $self->begun + 1;
	my $secret = $self->{states}[-1]{secret} + ($rotates ? 1 : 0);
	$self->note('begun', $number, $secret, $keeps_previous, $revoked_before);
	my $until = $keeps_previous ? FOR_EVER : LONG_AGO;
	return <<"SQL";
SET log_min_error_statement = panic;
BEGIN;
ALTER USER MAPPING FOR PUBLIC SERVER videosdk
	OPTIONS (SET secret '${\secret($secret)}', SET previous_secret '${\secret($secret - 1)}', SET previous_until '$until');
ALTER SERVER videosdk OPTIONS (SET revoked_before '${\rfc_3339($revoked_before)}');
COMMIT;
SQL
}

# Say that the last change is acknowledged
sub acknowledge { $_[0]->note('acknowledged', $_[0]->begun) }

sub rfc_3339
{
	my ($second, $minute, $hour, $day, $month, $year) = gmtime $_[0];
	return sprintf '%04d-%02d-%02d %02d:%02d:%02dZ', $year + 1900, $month + 1, $day, $hour, $minute, $second;
}

# The status of a token, signed with a secret and issued at a time, in a state
sub status
{
	my ($state, $secret, $issued_at) = @_;
	my $is_signed = $secret == $state->{secret} || ($state->{keeps_previous} && $secret == $state->{secret} - 1);
	return !$is_signed ? 'bad_signature' : $issued_at < $state->{revoked_before} ? 'revoked' : 'valid';
}

# statuses(SINCE, SECRET, ISSUED AT): each status that a token may have had in a call that began when SINCE was acknowledged and
# is over, as { status => 1 }
sub statuses
{
	my ($self, $since, $secret, $issued_at) = @_;
	my $until = $self->begun;
	return { map { status($self->{states}[$_], $secret, $issued_at) => 1 } $since .. $until };
}

# signer(SINCE, TOKEN): the number of the secret with which a token is signed, if it issues in a state since SINCE; undef if none does
sub signer
{
	my ($self, $since, $token) = @_;
	my ($input, $signature) = $token =~ /^([^.]+\.[^.]+)\.([^.]+)$/;
	my $until = $self->begun;
	my ($signer) = grep { signature($input, secret($_)) eq $signature } map { $self->{states}[$_]{secret} } $since .. $until;
	return $signer;
}

1;
