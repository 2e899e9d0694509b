# Parallel workers issue, validate and check tokens as a serial run does, act for the current role, and raise errors that
# show no secret and no token
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use Node qw(log_of query run_sql start_node);
use Sample qw(FOR_EVER OTHER_SECRET SECRET create_server payload token);
use SampleWebhook qw(create_webhook_server public_key sign_webhook);
use Test::More;

# With NIGHTLY in the environment, more rows
use constant ROWS => $ENV{NIGHTLY} ? 100_000 : 20_000;
my ($secret, $other_secret, $rows) = (SECRET, OTHER_SECRET, ROWS);

# The leader does not take part: workers make all calls
my $node = start_node('main', <<'CONF');
jit = off
log_error_verbosity = verbose
log_min_error_statement = error
log_statement = none
max_parallel_workers_per_gather = 2
min_parallel_table_scan_size = 0
parallel_leader_participation = off
parallel_setup_cost = 0
parallel_tuple_cost = 0
CONF

query($node, 'postgres', <<"SQL");
CREATE EXTENSION videosdk_token;
CREATE ROLE issuer;
CREATE ROLE stranger;
${\create_server('videosdk', SECRET, "max_expires_in '4 hours'")}
${\create_server('other', OTHER_SECRET, "max_expires_in '4 hours'")}
CREATE SERVER empty FOREIGN DATA WRAPPER videosdk;
CREATE USER MAPPING FOR PUBLIC SERVER empty;
${\create_server('verifying', SECRET, "verify_only 'true'")}
GRANT USAGE ON FOREIGN SERVER videosdk, other, empty, verifying TO issuer;
CREATE TABLE meetings AS
SELECT n, CASE n % 10 WHEN 0 THEN name 'other' ELSE 'videosdk' END AS server,
	videosdk_participant_payload('room-' || n % 1000, 'participant-' || n, apikey => 'key') AS payload
FROM generate_series(1, $rows) n;
ANALYZE meetings;
GRANT ALL ON SCHEMA public TO issuer;
GRANT SELECT ON meetings TO issuer, stranger;
SQL

# What an issuer receives, from workers or serially
sub rows
{
	my ($query, $workers) = @_;
	return query($node, 'postgres', "SET ROLE issuer; SET max_parallel_workers_per_gather = $workers; $query");
}

# The plan of a query launches two workers, which call the function
sub workers_call
{
	my ($function, $query) = @_;
	like(rows("EXPLAIN (ANALYZE, VERBOSE, COSTS OFF) $query", 2), qr/Workers Launched: 2\n.*\b$function\(/s,
		"workers call $function");
}

sub same_rows
{
	my ($function, $query) = @_;
	my $serially = rows($query, 0);
	workers_call($function, $query);
	isnt($serially, '', "$function, serially");
	is(rows($query, 2), $serially, "$function: workers return what a serial run returns");
}

# Issue
my $issue = "SELECT n, server, payload, videosdk_issue_token(payload, '1 hour', server) AS token FROM meetings";
workers_call('videosdk_issue_token', "CREATE TABLE issued AS $issue");
rows("CREATE TABLE issued_serially AS $issue", 0);
foreach my $table (qw(issued issued_serially))
{
	is(rows(<<"SQL", 0), ROWS, "$table: every token is valid and has its own payload");
SELECT count(*) FROM $table WHERE videosdk_validate_token(token, server) - 'iat' - 'exp' = payload
SQL
}

# Validate
same_rows('videosdk_validate_token',
	'SELECT count(*), sum(hashtextextended(videosdk_validate_token(token, server)::text, n)) FROM issued');

# Check, with one token in a hundred malformed, one expired and one of another server
my $expired = token(payload('"exp":1'));
my $forged = token(payload(FOR_EVER));
rows(<<"SQL", 0);
CREATE TABLE tokens AS
SELECT n, server,
	CASE n % 100 WHEN 0 THEN 'no token' WHEN 1 THEN '$expired' WHEN 10 THEN '$forged' ELSE token END AS token
FROM issued;
ANALYZE tokens;
SQL
my $valid_at = rows('SELECT now()', 0);
my $check = "videosdk_check_token(token, server, valid_at => '$valid_at')";
my $by_status = "SELECT status, count(*) FROM tokens, $check GROUP BY status ORDER BY status";
my $broken = ROWS / 100;
is(rows($by_status, 2), "bad_signature|$broken\nexpired|$broken\nmalformed|$broken\nvalid|" . (ROWS - 3 * $broken),
	'workers count every status');
same_rows('videosdk_check_token', $_)
  foreach $by_status,
  "SELECT sum(hashtextextended(${check}::text, n)) FROM tokens",
  "SELECT sum(hashtextextended(row::text, n)) FROM (SELECT n, $check AS row FROM tokens OFFSET 0) as_rows";

# Check who joins: one in a thousand is in the right room
my $join = "videosdk_check_join(token, 'room-7', 'participant-' || n, server, valid_at => '$valid_at')";
my $by_code = "SELECT code, count(*) FROM tokens, $join GROUP BY code ORDER BY code";
my $joining = ROWS / 1000;
my $elsewhere = ROWS - 3 * $broken - $joining;
is(rows($by_code, 2), '4002|' . 3 * $broken . "\n4022|$elsewhere\n|$joining", 'workers count every code');
same_rows('videosdk_check_join', $_)
  foreach $by_code, "SELECT sum(hashtextextended(row::text, n)) FROM (SELECT n, $join AS row FROM tokens OFFSET 0) as_rows";

# After a rotation, what was issued before is validated with the previous pair, or is revoked
query($node, 'postgres', <<"SQL");
ALTER USER MAPPING FOR PUBLIC SERVER other OPTIONS (
	SET secret 'the next $other_secret', ADD previous_secret '$other_secret', ADD previous_until '9999-12-31T00:00:00Z');
ALTER SERVER other OPTIONS (ADD revoked_before '$valid_at');
SQL
my $of_other = "SELECT status, count(*) FROM tokens, $check WHERE server = 'other' GROUP BY status ORDER BY status";
my $good = ROWS / 10 - 2 * $broken;
is(rows($of_other, 2), "bad_signature|$broken\nmalformed|$broken\nrevoked|$good", 'workers revoke what was issued before');
query($node, 'postgres', 'ALTER SERVER other OPTIONS (DROP revoked_before)');
is(rows($of_other, 2), "bad_signature|$broken\nmalformed|$broken\nvalid|$good", 'workers accept the previous pair');
same_rows('videosdk_check_token', $of_other);

# Webhooks, one in ten with another body
my $body = '{"webhookType":"participant-joined"}';
my ($signature, $public_key) = (sign_webhook($body), public_key());
query($node, 'postgres', <<"SQL");
${\create_webhook_server('webhooks')}
GRANT USAGE ON FOREIGN SERVER webhooks TO issuer;
CREATE TABLE webhooks AS
SELECT n, text '$signature' AS signature, json '$body' AS good, (CASE n % 10 WHEN 0 THEN '$body ' ELSE '$body' END)::json AS body
FROM generate_series(1, $rows / 10) n;
ANALYZE webhooks;
GRANT SELECT ON webhooks TO issuer, stranger;
SQL
same_rows($_->[0], "SELECT count($_->[0](good, signature, '$_->[1]')), sum(n) FROM webhooks")
  foreach [ videosdk_verify_webhook => $public_key ], [ videosdk_validate_webhook => 'webhooks' ];

# Errors: a worker acts for the current role, inside SECURITY DEFINER the owner
query($node, 'postgres', <<'SQL');
GRANT SELECT ON tokens TO stranger;
CREATE FUNCTION validate_expired() RETURNS void SECURITY DEFINER LANGUAGE plpgsql AS $$
BEGIN
	PERFORM videosdk_validate_token(token, server) FROM tokens WHERE n % 100 = 1;
END$$;
ALTER FUNCTION validate_expired() OWNER TO issuer;
SQL

# What the client receives of an error, and what the log says
sub error_of
{
	my ($role, $query) = @_;
	my $received;
	my $log = log_of($node, sub { (undef, $received) = run_sql($node, 'postgres', "SET ROLE $role;\n$query") });
	return ($received, $log);
}

sub worker_raises
{
	my ($role, $sqlstate, $query) = @_;
	my ($received, $log) = error_of($role, $query);
	like($received, qr/ERROR:  $sqlstate: .*\n(CONTEXT:  |\t)[^\n]*parallel worker/s, "$role: $query: $sqlstate");
	like($log, qr/ERROR:  $sqlstate: /, 'the error is in the log');
	unlike($received . $log, qr/$secret|$other_secret|eyJ/, 'without a secret or a token');
}

my ($received, $log) = error_of('issuer', "SELECT sum((token || '$secret')::int) FROM tokens");
like($received, qr/eyJ.*$secret.*parallel worker/s, 'the client would see a leak');
like($log, qr/eyJ.*$secret/, 'the log would show a leak');

my $validate = 'SELECT count(videosdk_validate_token(token, server)) FROM tokens WHERE n % 100 =';
worker_raises('issuer', '22P02', "$validate 0");
worker_raises('issuer', '28V02', "$validate 1");
worker_raises('issuer', '28V01', "$validate 10");
worker_raises('stranger', '42501', "$validate 2");
worker_raises('stranger', '42501', q{SELECT sum((videosdk_check_join(token, 'room', 'p', server)).code) FROM tokens});
worker_raises('stranger', '28V02', 'SELECT validate_expired()');

my $receive = "SELECT count(videosdk_validate_webhook(body, signature, 'webhooks')) FROM webhooks";
worker_raises('issuer', '28V01', $receive);
worker_raises('stranger', '42501', $receive);
worker_raises('issuer', '42704', $receive =~ s/'webhooks'/'verifying'/r);
($received, $log) = error_of('issuer', "SELECT count(videosdk_verify_webhook(body, signature, '$public_key')) FROM webhooks");
like($received, qr/ERROR:  28V01: /, 'a worker refuses another body');
unlike($received . $log, qr/participant-joined|\Q$signature\E/, 'and shows no body and no signature');

my %arguments = (
	'22023' => [ "payload, '5 hours'", q{payload || '{"roles": ["unknown"]}', '1 hour'} ],
	'42501' => ["payload, '1 hour', 'verifying'"],
	'42704' => [ "payload, '1 hour', 'empty'", "payload, '1 hour', 'nowhere'" ]);
foreach my $sqlstate (sort keys %arguments)
{
	worker_raises('issuer', $sqlstate, "SELECT count(videosdk_issue_token($_)) FROM meetings")
	  foreach @{ $arguments{$sqlstate} };
}

$node->stop;
done_testing();
