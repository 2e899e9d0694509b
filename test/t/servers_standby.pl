# A hot standby issues and validates.  What changes on the primary, the next call on the standby sees, even of an expression
# that it has evaluated before, in a transaction that is still open.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use Node qw(init_node);
use Sample qw(FOR_EVER OTHER_SECRET SECRET create_server payload token);
use SampleWebhook qw(create_webhook_server other_public_key public_key sign_webhook);
use Session;
use Test::More;
use Time::HiRes qw(usleep);
use TokenMaker qw(make_token signature);

# With feedback, so that the primary keeps the rows that an open transaction on the standby may need
my $primary = init_node('primary', "autovacuum = off\nhot_standby_feedback = on", allows_streaming => 1);
$primary->start;

# The functions return what they are given or the SQLSTATE; each has one expression, which its session keeps
my ($secret, $next_secret) = (SECRET, OTHER_SECRET);
my $create_mapping = "CREATE USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (apikey 'key', secret '$secret')";
my $grant_usage = 'GRANT USAGE ON FOREIGN SERVER videosdk TO issuer';
$primary->safe_psql('postgres', <<"SQL");
CREATE EXTENSION videosdk_token;
CREATE ROLE issuer;
${\create_server()}
$grant_usage;
CREATE FUNCTION issue() RETURNS text LANGUAGE plpgsql AS \$\$
BEGIN
	RETURN videosdk_issue_token(videosdk_participant_payload('room', 'participant'), '2 hours');
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END\$\$;
CREATE FUNCTION validate(token text) RETURNS text LANGUAGE plpgsql AS \$\$
BEGIN
	RETURN videosdk_validate_token(token);
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END\$\$;
CREATE FUNCTION status(token text) RETURNS text LANGUAGE plpgsql AS \$\$
BEGIN
	RETURN (videosdk_check_token(token)).status;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END\$\$;
CREATE FUNCTION joins(token text) RETURNS text LANGUAGE plpgsql AS \$\$
BEGIN
	RETURN coalesce((videosdk_check_join(token, 'room', 'participant')).code::text, 'joins');
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END\$\$;
SQL

my $body = '{"webhookType":"participant-joined"}';
my $signature = sign_webhook($body);
$primary->safe_psql('postgres', <<"SQL");
${\create_webhook_server('webhooks')}
GRANT USAGE ON FOREIGN SERVER webhooks TO issuer;
CREATE FUNCTION receive() RETURNS text LANGUAGE plpgsql AS \$\$
BEGIN
	RETURN videosdk_validate_webhook('$body', '$signature', 'webhooks') ->> 'webhookType';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END\$\$;
SQL

$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->start;

my $on_primary = Session->new($primary, 'postgres');
my $on_standby = Session->new($standby, 'postgres');

# Run SQL on the primary, and wait until the standby has done the same
sub change
{
	my ($sql) = @_;
	$on_primary->result($sql);
	my $lsn = $on_primary->result('SELECT pg_current_wal_lsn()');
	foreach (1 .. 60_000)
	{
		return if $on_standby->result("SELECT pg_last_wal_replay_lsn() >= '$lsn'") eq 't';
		usleep(2000);
	}
	die 'the standby does not follow';
}

# Which secret a token is signed with: old, new or another; a text that is no token is returned as it is
sub signer
{
	my ($token) = @_;
	my ($input, $signature) = $token =~ /^([^.]+\.[^.]+)\.([^.]+)$/;
	return $token if !defined $input;
	return 'old' if $signature eq signature($input, SECRET);
	return 'new' if $signature eq signature($input, OTHER_SECRET);
	return 'another';
}

my %token = (
	old => token(payload(FOR_EVER)),
	new => make_token(payload(FOR_EVER), OTHER_SECRET),
	renamed => make_token(payload(FOR_EVER) =~ s/"key"/"key 2"/r, OTHER_SECRET));

# What a session makes of issuing and of tokens: issue => signer, name of a token => 'payload or SQLSTATE, status, joins or code'
sub outcome
{
	my ($session, @tokens) = @_;
	my %outcome = (issue => signer($session->result('SELECT issue()')));
	foreach my $name (@tokens)
	{
		my $validated = $session->result("SELECT validate('$token{$name}')");
		my $checked = $session->result("SELECT concat_ws(', ', status('$token{$name}'), joins('$token{$name}'))");
		$outcome{$name} = ($validated =~ /^\{/ ? 'payload' : $validated) . ", $checked";
	}
	return \%outcome;
}

sub all_outcomes
{
	my ($sqlstate) = @_;
	return { issue => $sqlstate, map { $_ => "$sqlstate, $sqlstate, $sqlstate" } keys %token };
}

# outcomes(SIGNER, NAMES...): some tokens are valid; the others, by their names, have another outcome
my %words = (
	valid => 'payload, valid, joins', forged => '28V01, bad_signature, 4002', mixed => '28V04, bad_payload, 4002',
	of_others => '28V04, bad_payload, 4001', forged_of_others => '28V01, bad_signature, 4001',
	revoked => '28V05, revoked, 4002');

sub outcomes
{
	my ($issue, %tokens) = @_;
	return { issue => $issue, map { $_ => $words{ $tokens{$_} } } keys %tokens };
}

my $with_old = outcomes('old', old => 'valid', new => 'forged', renamed => 'forged_of_others');
my $with_new = outcomes('new', old => 'forged', new => 'valid', renamed => 'of_others');
my $with_both = outcomes('new', old => 'valid', new => 'valid', renamed => 'of_others');
my $alter_mapping = 'ALTER USER MAPPING FOR PUBLIC SERVER videosdk';

# Changes on the primary, each with the outcome of the next calls on the standby
my @changes = (
	[ "$alter_mapping OPTIONS (SET secret '$next_secret')", $with_new ],
	[
		"$alter_mapping OPTIONS (SET apikey 'key 2')",
		outcomes('new', old => 'forged_of_others', new => 'of_others', renamed => 'valid')
	],
	[ "$alter_mapping OPTIONS (SET apikey 'key', SET secret '$secret')", $with_old ],
	[
		"$alter_mapping OPTIONS (SET secret '$next_secret', ADD previous_secret '$secret', "
		  . "ADD previous_until '9999-12-31T00:00:00Z')",
		$with_both
	],
	[
		"$alter_mapping OPTIONS (ADD previous_apikey 'key 2')",
		outcomes('new', old => 'mixed', new => 'valid', renamed => 'mixed')
	],
	[ "$alter_mapping OPTIONS (DROP previous_apikey)", $with_both ],
	[ "$alter_mapping OPTIONS (SET previous_until '2026-01-01T00:00:00Z')", $with_new ],
	[ "$alter_mapping OPTIONS (SET secret '$secret', DROP previous_secret, DROP previous_until)", $with_old ],
	[ "ALTER SERVER videosdk OPTIONS (ADD required 'jti')", { %$with_old, issue => '22023' } ],
	[ 'ALTER SERVER videosdk OPTIONS (DROP required)', $with_old ],
	[ "ALTER SERVER videosdk OPTIONS (ADD verify_only 'true')", { %$with_old, issue => '42501' } ],
	[ 'ALTER SERVER videosdk OPTIONS (DROP verify_only)', $with_old ],
	[ "ALTER SERVER videosdk OPTIONS (ADD revoked_before '2026-01-01T00:00:00Z')", { %$with_old, old => $words{revoked} } ],
	[ 'ALTER SERVER videosdk OPTIONS (DROP revoked_before)', $with_old ],
	[ "ALTER SERVER videosdk OPTIONS (ADD max_expires_in '1 hour')", { %$with_old, issue => '22023' } ],
	[ 'ALTER SERVER videosdk OPTIONS (DROP max_expires_in)', $with_old ],
	[ 'REVOKE USAGE ON FOREIGN SERVER videosdk FROM issuer', all_outcomes('42501') ],
	[ $grant_usage, $with_old ],
	[ 'DROP USER MAPPING FOR PUBLIC SERVER videosdk', all_outcomes('42704') ],
	[ $create_mapping, $with_old ],
	[ 'ALTER SERVER videosdk RENAME TO other', all_outcomes('42704') ],
	[ 'ALTER SERVER other RENAME TO videosdk', $with_old ]);

# The names of tokens, those that are valid first: an expression that has raised an error is not kept
sub valid_first
{
	my ($expected) = @_;
	my @names = sort keys %token;
	return ((grep { $expected->{$_} =~ /, valid/ } @names), (grep { $expected->{$_} !~ /, valid/ } @names));
}

# A role's session sees each change, which comes between two calls, and within a transaction if BEGIN and END are of one
sub sees_changes
{
	my ($what, $begin, $end) = @_;
	my $session = Session->new($standby, 'postgres');
	my $before = $with_old;

	$session->result('SET SESSION AUTHORIZATION issuer');
	foreach my $change (@changes)
	{
		my ($sql, $after) = @$change;
		my @valid = grep { $before->{$_} =~ /, valid/ } keys %token;
		$session->result($begin);
		is_deeply(
			outcome($session, @valid),
			{ issue => $before->{issue}, map { $_ => $words{valid} } @valid },
			"$what: before $sql");
		change($sql);
		is_deeply(outcome($session, valid_first($before)), $after, "$what: after $sql");
		$session->result($end);
		$before = $after;
	}
	$session->quit;
}

change('SELECT');
is($on_standby->result('SELECT pg_is_in_recovery()'), 't', 'the standby is one');
my $issued = $on_standby->result('SELECT issue()');
like($on_primary->result("SELECT validate('$issued')"), qr/"roomId": "room"/,
	'the primary validates what the standby has issued');

sees_changes('statements', 'SELECT', 'SELECT');
sees_changes($_, "BEGIN ISOLATION LEVEL $_", 'COMMIT') foreach 'READ COMMITTED', 'REPEATABLE READ';

# The key of webhooks
my ($key, $other_key) = (public_key(), other_public_key());
my $alter_key = 'ALTER SERVER webhooks OPTIONS';
my $receiver = Session->new($standby, 'postgres');
$receiver->result('SET SESSION AUTHORIZATION issuer');
foreach my $change (
	[ "$alter_key (SET webhook_public_key '$other_key')", '28V01' ],
	[ "$alter_key (SET webhook_public_key '$other_key$key')", 'participant-joined' ],
	[ "$alter_key (DROP webhook_public_key)", '42704' ],
	[ "$alter_key (ADD webhook_public_key '$key')", 'participant-joined' ],
	[ 'REVOKE USAGE ON FOREIGN SERVER webhooks FROM issuer', '42501' ],
	[ 'GRANT USAGE ON FOREIGN SERVER webhooks TO issuer', 'participant-joined' ])
{
	my ($sql, $after) = @$change;
	$receiver->result('BEGIN');
	my $before = $receiver->result('SELECT receive()');
	change($sql);
	is($receiver->result('SELECT receive()'), $after, "a webhook, $before before: after " . $sql =~ s/'-----.*'/.../sr);
	$receiver->result('COMMIT');
}
$receiver->quit;

$_->quit foreach $on_primary, $on_standby;
$standby->stop;
$primary->stop;
done_testing();
