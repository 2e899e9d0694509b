# What the credential of a server was made to be, one change after another, for processes that use it meanwhile: which outcome is
# right at a moment when changes may be under way.  The processes share a file, which has a line for each change that is about to be
# made and a line for each that has been acknowledged.  Whoever reads it before a call and after knows the states that the call may
# have met: from the last that was acknowledged before to the last that was begun after.
package Timeline;

use strict;
use warnings FATAL => 'all';

use IO::Handle;
use Protocol;
use Sample qw(APIKEY);
use Time::HiRes qw(usleep);
use TokenMaker qw(signature);

use constant {
	SECRET_PATTERN => qr/secret \d+ of the timeline/,    # for whoever looks for secrets in logs
	CHANGER => 'changer',    # the superuser who makes the changes
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

# The numbers of their secrets
sub secret_acknowledged { return $_[0]{states}[ $_[0]->acknowledged ]{secret} }
sub secret_begun { $_[0]->look; return $_[0]{states}[-1]{secret} }

# SQL that makes the server in state 1, and the superuser
sub set_up
{
	return <<"SQL";
CREATE ROLE ${\CHANGER} SUPERUSER LOGIN;
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
	my $secret = $self->secret_begun + ($rotates ? 1 : 0);
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

# change(NODE, as begin's...): make the next change as a superuser, again and again until the server has acknowledged it
sub change
{
	my ($self, $node, @change) = @_;
	my $sql = $self->begin(@change);
	usleep(50_000) until eval { !Protocol->new($node, 'postgres', CHANGER)->query($sql) };
	$self->note('acknowledged', $self->begun);
	return;
}

sub rfc_3339
{
	my ($second, $minute, $hour, $day, $month, $year) = gmtime $_[0];
	return sprintf '%04d-%02d-%02d %02d:%02d:%02dZ', $year + 1900, $month + 1, $day, $hour, $minute, $second;
}

# The status of a token at a time in a state.  A token is { secret, issued_at, expires_at }.
sub status
{
	my ($state, $token, $now) = @_;
	my ($secret, $issued_at, $expires_at) = @$token{qw(secret issued_at expires_at)};
	my $is_signed = $secret == $state->{secret} || ($state->{keeps_previous} && $secret == $state->{secret} - 1);
	return 'bad_signature' if !$is_signed;
	return 'revoked' if $issued_at < $state->{revoked_before};
	return $now >= $expires_at ? 'expired' : 'valid';
}

# statuses(SINCE, TOKEN, TIMES...): each status that a token may have had in a call that began when SINCE was acknowledged and is
# over, at one of these times, as { status => 1 }
sub statuses
{
	my ($self, $since, $token, @times) = @_;
	my $until = $self->begun;
	return { map { my $state = $self->{states}[$_]; map { status($state, $token, $_) => 1 } @times } $since .. $until };
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
