# Statements over millions of rows that are cancelled end within a second and leave nothing behind, and the session goes on; no
# single call takes so long
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use ExampleCalls qw(call_of_example examples);
use List::Util qw(max);
use Node qw(cpu_seconds query start_node);
use PostgreSQL::Test::Utils;
use Sample qw(CLAIMS FOR_EVER SECRET create_server payload token);
use Session;
use Test::More;
use Time::HiRes qw(usleep);
use TokenMaker qw(make_token written_payload);

# With NIGHTLY in the environment, more statements are cancelled
use constant {
	SECONDS => 1,
	TIMES => $ENV{NIGHTLY} ? 500 : 150,
};
my $secret = SECRET;

# Small shared buffers, because a backend's memory includes those that it has touched
my $node = start_node('main', "shared_buffers = 1MB\njit = off\nlog_statement = none");
query($node, 'postgres', <<"SQL");
CREATE EXTENSION videosdk_token;
${\create_server()}
CREATE TABLE issued (token text);
SQL

my $session = Session->new($node, 'postgres');
my $other = Session->new($node, 'postgres');
chomp(my ($pid) = $session->run('SELECT pg_backend_pid()'));

# Calls whose arguments differ from row to row, so that none is made just once
my $claims = CLAIMS . ',"iat":1795000000';
my $token = token(payload(FOR_EVER));
my $text = "'$token' || left(n::text, 0)";
my %examples = examples($node, 'postgres');
my %calls = map {
	$_ => call_of_example($examples{$_}, sub { return "CASE WHEN n > 0 THEN $_[1] END" })
} keys %examples;
$calls{'sign, each with another secret'} = "videosdk_sign_token('{$claims}', '$secret' || n, '1 hour')";
my $issue = q{videosdk_issue_token('{"permissions":["allow_join"]}', n * interval '1 second')};

# A call for each of ten million rows, which takes more than two seconds
sub long_statement
{
	my ($call) = @_;
	return "SELECT count($call) FROM (SELECT generate_series(1, 10000000) AS n) numbers";
}

# The same in a loop
sub long_loop
{
	my ($call) = @_;
	return "DO \$do\$ BEGIN FOR n IN 1..10000000 LOOP PERFORM $call; END LOOP; END \$do\$";
}

# Wait until the session has worked on its statement for a tenth of a second
sub wait_for_work
{
	foreach (1 .. 10000)
	{
		my ($works) = $other->run(<<"SQL");
SELECT 1 FROM pg_stat_activity
WHERE pid = $pid AND state = 'active' AND query_start < clock_timestamp() - interval '100 milliseconds'
SQL
		return if $works;
		usleep(10000);
	}
	die 'the session does not work';
}

# Ways to cancel the session's statement; each returns how long its backend had run then
my %ways = (
	'pg_cancel_backend' => sub {
		wait_for_work();
		my $start = cpu_seconds($pid);
		$other->run("SELECT pg_cancel_backend($pid)");
		return $start;
	},
	'SIGINT' => sub {
		wait_for_work();
		my $start = cpu_seconds($pid);
		kill 'INT', $pid;
		return $start;
	},
	'statement_timeout' => sub { return cpu_seconds($pid) + 0.2 });

# The session signs a token as others do
sub goes_on
{
	my ($what) = @_;
	my ($signed) = $session->run("SELECT videosdk_sign_token('{$claims}', '$secret', interval '1 hour')");
	my $expected = make_token(
		written_payload(apikey => '"key"', permissions => '["allow_join"]', iat => 1795000000, exp => 1795003600), SECRET);
	is($signed, "$expected\n", "$what: the session signs afterwards");
	return;
}

# A statement is cancelled in every way, within a second of the backend's time
my $slowest = 0;

sub is_cancelled
{
	my ($what, $statement) = @_;
	foreach my $way (sort keys %ways)
	{
		$session->run('SET statement_timeout = ' . ($way eq 'statement_timeout' ? 200 : 0));
		$session->begin($statement);
		my $start = $ways{$way}->();
		my (undef, $errors) = $session->end;
		my $seconds = cpu_seconds($pid) - $start;
		like($errors, qr/ERROR:  57014: canceling statement due to/, "$what, $way: cancelled");
		cmp_ok($seconds, '<', SECONDS, "$what, $way: within a second");
		$slowest = max($slowest, $seconds);
	}
	$session->run('SET statement_timeout = 0');
	goes_on($what);
	return;
}

is_cancelled($_, long_statement($calls{$_})) foreach sort keys %calls;
is_cancelled("$_, in a loop", long_loop($calls{"videosdk_${_}_token"})) foreach qw(sign verify issue check);
note("the slowest took $slowest seconds");

# (bytes in the session's memory contexts, bytes of its memory, in which OpenSSL's is as well)
sub memory
{
	my ($contexts) = $session->run('SELECT sum(total_bytes) FROM pg_backend_memory_contexts');
	my ($resident) = slurp_file("/proc/$pid/status") =~ /^VmRSS:\s+(\d+) kB$/m;
	return ($contexts, 1024 * $resident);
}

# Run a statement so many times, and cancel it after 2 milliseconds each; returns the errors.  On a busy machine, the statement
# that ends this may be cancelled, too: it is repeated.
sub run_cancelled
{
	my ($statement, $times) = @_;
	my (undef, $errors) = $session->run("SET statement_timeout = 2;\n" . "$statement;\n" x $times);
	$session->run("SET statement_timeout = 0;\n" x 10);
	return $errors;
}

# A keyed HMAC takes nearly a kilobyte: one that is left behind each time is seen
foreach my $name (sort keys %calls)
{
	my $statement = long_statement($calls{$name});
	run_cancelled($statement, 20);
	my @before = memory();
	my $errors = run_cancelled($statement, TIMES);
	my @after = memory();
	is(scalar(() = $errors =~ /ERROR:  57014/g), TIMES, "$name: cancelled ${\TIMES} times");
	cmp_ok($after[0] - $before[0], '<', 100 * TIMES, "$name: leaves no memory context behind");
	cmp_ok($after[1] - $before[1], '<', 400 * TIMES, "$name: leaves no memory behind");
	note(join ' ', map { $after[$_] - $before[$_] } 0, 1);
}

# A transaction goes on after ROLLBACK TO
my (undef, $errors) = $session->run(<<"SQL");
BEGIN;
INSERT INTO issued SELECT videosdk_issue_token('{"permissions":["allow_join"]}', '1 hour');
SAVEPOINT before;
SET LOCAL statement_timeout = 100;
INSERT INTO issued ${\long_statement($issue)};
SELECT 1;
ROLLBACK TO before;
INSERT INTO issued SELECT videosdk_issue_token('{"permissions":["allow_join"]}', '1 hour');
SELECT count(videosdk_validate_token(token)) FROM issued;
COMMIT;
SQL
like($errors, qr/\A[^\n]*ERROR:  57014: .*\n[^\n]*\n[^\n]*ERROR:  25P02: .*\n[^\n]*\n\z/,
	'savepoint: the statement is cancelled, and nothing else fails');
is(($session->run('SELECT count(videosdk_validate_token(token)) FROM issued'))[0],
	"2\n", 'savepoint: what was issued before and afterwards is committed');

# Expressions that PL/pgSQL keeps are cancelled at the 500th of 1,000 rows, and used again
($errors) = $session->run(<<"SQL");
CREATE FUNCTION cancel_at(n int, place int) RETURNS bool LANGUAGE sql
	AS 'SELECT CASE WHEN n = place THEN pg_cancel_backend(pg_backend_pid()) ELSE true END';
CREATE FUNCTION count_cancelled() RETURNS TABLE (cancelled int, complete bigint) LANGUAGE plpgsql AS \$\$
DECLARE
	valid bigint;
BEGIN
	cancelled := 0;
	complete := 0;
	FOR round IN 1..200 LOOP
		BEGIN
			SELECT count(*) INTO valid FROM generate_series(1, 1000) n
			WHERE cancel_at(n, CASE round % 2 WHEN 0 THEN 500 END)
				AND videosdk_sign_token('{$claims}', '$secret', n * interval '1 second') IS NOT NULL
				AND (videosdk_check_token(videosdk_issue_token('{"permissions":["allow_join"]}',
					n * interval '1 second'))).status = 'valid'
				AND videosdk_verify_token($text, '$secret') IS NOT NULL;
			complete := complete + valid;
		EXCEPTION WHEN query_canceled THEN
			cancelled := cancelled + 1;
		END;
	END LOOP;
	RETURN NEXT;
END\$\$;
SELECT * FROM count_cancelled();
SQL
is($errors, "100|100000\n", 'PL/pgSQL: every other statement is cancelled, and those between are complete');
goes_on('PL/pgSQL');

# The calls that take longest: tokens of 64 kB, and payloads of as much as fits into one
my %payloads = (
	'members' => '{' . join(',', map { "\"$_\":0" } 10000 .. 14800) . '}',
	'members of one name' => '{' . join(',', ('"name":0') x 5400) . '}',
	'misspelt claims' => '{' . join(',', map { "\"a_p_i_k_e_$_\":0" } 10000 .. 12300) . '}',
	'numbers with exponents' => '{"note":[' . join(',', ('1e999') x 8100) . ']}',
	'long numbers' => '{"note":[' . join(',', ('9' x 1000) x 48) . ']}',
	'deep arrays' => '{"note":[' . join(',', ('[' x 62 . ']' x 62) x 390) . ']}',
	'empty arrays' => '{"note":[' . join(',', ('[]') x 16000) . ']}',
	'escapes' => '{"note":"' . '\\u00e9' x 8100 . '"}',
	'brackets' => '[' x 48900,
	'commas' => '{' . ',' x 48900 . '}',
	'quotes' => '"' x 48900,
	'a string without end' => '{"note":"' . 'x' x 48900);
my %seconds;

# Note how many seconds of the backend's time an expression takes
sub clock
{
	my ($what, $expression) = @_;
	my $start = cpu_seconds($pid);
	$session->run("SELECT $expression");
	$seconds{$what} = cpu_seconds($pid) - $start;
	return;
}

foreach my $name (sort keys %payloads)
{
	my $long = make_token($payloads{$name}, SECRET);
	die "$name: " . length $long if length $long > 65536 || length $long < 60000;
	clock("inspect, $name", "(videosdk_inspect_token('$long', '$secret')).status");
	clock("decode, $name", "videosdk_decode_token('$long') IS NULL");
	clock("inspect, header with $name",
		"(videosdk_inspect_token('" . make_token('{}', SECRET, $payloads{$name}) . "', '$secret')).status");
}
clock('inspect, dots', "(videosdk_inspect_token(repeat('.', 65536), '$secret')).status");
my $with_note = "'{$claims}'::jsonb || jsonb_build_object('note', %s)";
clock("sign, $_->[0]", 'videosdk_sign_token(' . sprintf($with_note, $_->[1]) . ", '$secret', '1 hour')")
  foreach [ 'a long string', q{repeat('"', 480000)} ], [ 'ones', "to_jsonb(array_fill(1, ARRAY[40000]))" ],
  [ 'long numbers', "to_jsonb(array_fill(1e999, ARRAY[900]))" ],
  [ 'members', "(SELECT jsonb_object_agg(n, n) FROM generate_series(1, 20000) n)" ];

my @slow = grep { $seconds{$_} >= SECONDS } sort keys %seconds;
is_deeply(\@slow, [], 'no call takes a second');
note(sprintf '%s: %.3f seconds', $_, $seconds{$_}) foreach sort { $seconds{$b} <=> $seconds{$a} } keys %seconds;

unlike(slurp_file($node->logfile), qr/PANIC|FATAL|terminated by signal/, 'the log tells of nothing worse than errors');

$session->quit;
$other->quit;
$node->stop;
done_testing();
