# Whole tables of tokens give exact counts, and the same rows by parallel workers and by indexes; memory stays flat
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use ExampleCalls qw(call_of_example examples);
use Node qw(query run_sql sqlstate start_node);
use Sample qw(CLAIMS SECRET TIMES VALID_AT create_server payload token);
use Test::More;
use TokenMaker qw(make_token);

# With NIGHTLY in the environment, more tokens and more calls
use constant {
	ROWS => $ENV{NIGHTLY} ? 100_000 : 20_000,
	CALLS => $ENV{NIGHTLY} ? 300_000 : 100_000,
};

# Tokens that are broken in every way, each with its status
my @broken = (
	[ expired => token(payload('"exp":1795000000')) ],
	[ expired => token(payload('"exp":1795000000,"nbf":1795003600')) ],
	[ not_yet_valid => token(payload('"nbf":1795003599', TIMES)) ],
	[ bad_signature => make_token(payload(TIMES), 'another secret') ],
	[ bad_signature => token() =~ s/\.\K[^.]+(?=\.)/eyJhcGlrZXkiOiJvdGhlciJ9/r ],
	[ bad_signature => token() =~ s/[^.]+$//r ],
	[ bad_signature => token(undef, '{"alg":"none"}') ],
	[ bad_signature => token(undef, '{"alg":"HS512","typ":"JWT"}') ],
	[ bad_signature => token(undef, '{"alg":"HS256","crit":["exp"]}') ],
	[ malformed => '' ],
	[ malformed => token() =~ s/\.[^.]+$//r ],
	[ malformed => token() . '.x' ],
	[ malformed => 'Bearer ' . token() ],
	[ malformed => token() . '=' ],
	[ malformed => token(undef, '{"alg":"HS256"') ],
	[ malformed => token('[1]') ],
	[ malformed => token('{"note":') ],
	[ malformed => token("{\"note\":\"\xe9\"}") ],
	[ malformed => token('{"note":"\u0000"}') ],
	[ malformed => token('{"note":' . '[' x 64 . ']' x 64 . '}') ],
	[ malformed => token('{"note":1e1000}') ],
	[ malformed => token('{"note":"' . 'x' x 65536 . '"}') ],
	[ bad_payload => token(payload()) ],
	[ bad_payload => token('{"apikey":7,"permissions":[],"exp":1795003600}') ],
	[ bad_payload => token(payload('"exp":"1795003600"')) ]);

# Small shared buffers, because a backend's memory includes those that it has touched
my $node = start_node('main', "shared_buffers = 1MB\njit = off\nlog_statement = none");

my $secret = SECRET;
my $valid_at = VALID_AT;

# One in a hundred is broken, each way as often as the others
my $rows = '';
$rows .= "INSERT INTO broken VALUES ($_, '$broken[$_][1]');\n" foreach 0 .. $#broken;
my $ways = scalar @broken;
query($node, 'postgres', <<"SQL");
CREATE EXTENSION videosdk_token;
${\create_server()}
CREATE TABLE broken (way int, token text);
$rows
CREATE TABLE tokens AS
SELECT n, way, coalesce(token, videosdk_sign_token(
	jsonb_build_object('apikey', 'key', 'permissions', '{allow_join}'::text[], 'note', n, 'iat', 1795000000),
	'$secret', '1 hour')) AS token
FROM generate_series(1, ${\ROWS}) n LEFT JOIN broken ON n % 100 = 0 AND way = n / 100 % $ways;
CREATE TABLE good AS SELECT n, token FROM tokens WHERE way IS NULL;
ANALYZE;
SQL

# Counts
my $good = ROWS - ROWS / 100;
my %expected = (valid => $good);
$expected{ $_->[0] } += ROWS / 100 / $ways foreach @broken;
is( query($node, 'postgres', <<"SQL"),
SELECT status, count(*) FROM tokens, videosdk_inspect_token(token, '$secret', valid_at => '$valid_at')
GROUP BY status ORDER BY status
SQL
	join("\n", map { "$_|$expected{$_}" } sort keys %expected),
	'one query counts every status');

is( query($node, 'postgres', <<"SQL"),
SELECT way, status, count(*) FROM tokens, videosdk_inspect_token(token, '$secret', valid_at => '$valid_at')
WHERE way IS NOT NULL GROUP BY way, status ORDER BY way
SQL
	join("\n", map { "$_|$broken[$_][0]|" . ROWS / 100 / $ways } 0 .. $#broken),
	'each way to be broken has its status');

is( query($node, 'postgres', <<"SQL"),
SELECT count(*), sum(CASE WHEN status = 'malformed' THEN 0 WHEN videosdk_decode_token(token) = payload THEN 1 END)
FROM tokens, videosdk_inspect_token(token)
SQL
	ROWS . '|' . (ROWS - $expected{malformed}),
	'inspecting tells which tokens can be decoded, and decoding agrees');

# Parallel workers
my $serial = 'SET max_parallel_workers_per_gather = 0;';
my $parallel = <<'SQL';
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SQL
my $summary = 'SELECT count(*), sum(hashtextextended(videosdk_decode_token(token)::text, n)) FROM good';

my $plan = query($node, 'postgres', "$parallel EXPLAIN (ANALYZE, VERBOSE, COSTS OFF) $summary");
like($plan, qr/Workers Launched: 2\n.*Partial Aggregate[^\n]*\n\s+Output: [^\n]*videosdk_decode_token/s,
	'workers decode');
like(query($node, 'postgres', "$parallel $summary"), qr/^$good\|/, 'workers decode every row');
is(query($node, 'postgres', "$parallel $summary"),
	query($node, 'postgres', "$serial $summary"), 'workers decode the same rows');

my (undef, $error) = run_sql($node, 'postgres', "$parallel $summary" =~ s/good/tokens/r);
like($error, qr/ERROR:  22P02: token is malformed\n.*DETAIL:/, 'a worker refuses a malformed token');

$plan = query($node, 'postgres', <<"SQL");
$parallel
EXPLAIN (COSTS OFF) SELECT sum(length((videosdk_inspect_token(token, '$secret')).status)) FROM good
SQL
like($plan, qr/^Aggregate\n.*Gather\n.*Parallel Seq Scan/s, 'no secret goes to a worker');

# Indexes and generated columns
query($node, 'postgres', <<"SQL");
$parallel
CREATE INDEX good_note ON good ((videosdk_decode_token(token) ->> 'note'));
ANALYZE good;
CREATE TABLE generated (token text, payload jsonb GENERATED ALWAYS AS (videosdk_decode_token(token)) STORED);
INSERT INTO generated SELECT token FROM good;
SQL
my $lookup = "SELECT n FROM good WHERE videosdk_decode_token(token) ->> 'note' = '4711'";
$plan = query($node, 'postgres', "EXPLAIN (COSTS OFF) $lookup");
like($plan, qr/Index Cond:.*'4711'/, 'an expression index is used');
is(query($node, 'postgres', $lookup), '4711', 'an expression index finds the row');
is( query($node, 'postgres', 'SELECT payload = videosdk_decode_token(token), count(*) FROM generated GROUP BY 1'),
	"t|$good",
	'a generated column holds the payload');
(undef, $error) = run_sql($node, 'postgres', "INSERT INTO generated VALUES ('not a token')");
is(sqlstate($error), '22P02', 'a generated column refuses what is no token');
like($error, qr/DETAIL:  The token has 1 segment/, 'a generated column says why');

# growth(WARM-UP, STATEMENT): by how many kB the second statement of a backend raises the peak of its memory
sub growth
{
	my ($warm_up, $statement) = @_;
	my $peak = q{SELECT 'peak', substring(pg_read_file('/proc/self/status') from 'VmHWM:\s+(\d+) kB')};
	my $output = $node->safe_psql('postgres', "$warm_up;\n$peak;\n$statement;\n$peak");
	my ($before, $after) = $output =~ /^peak\|(\d+)$/mg;
	return $after - $before;
}

# Of tokens of 100 MB, nothing but the table's own page is read
foreach my $storage (qw(EXTERNAL EXTENDED))
{
	query($node, 'postgres', <<"SQL");
CREATE UNLOGGED TABLE huge_$storage (token text);
ALTER TABLE huge_$storage ALTER token SET STORAGE $storage;
INSERT INTO huge_$storage SELECT repeat('eyJhbGciOi', 10000000) || n FROM generate_series(1, 3) n;
SQL
	my $inspect = "SELECT status, detail FROM huge_$storage, videosdk_inspect_token(token, '$secret')";

	is(query($node, 'postgres', $inspect), join("\n", ('malformed|The token is longer than 65536 bytes.') x 3),
		"$storage: tokens of 100 MB are malformed");
	(undef, $error) = run_sql($node, 'postgres', "SELECT videosdk_decode_token(token) FROM huge_$storage");
	like($error, qr/DETAIL:  The token is longer than 65536 bytes/, "$storage: a token of 100 MB is not decoded");

	$plan = query($node, 'postgres', "EXPLAIN (ANALYZE, BUFFERS) $inspect");
	my ($buffers) = $plan =~ /Buffers: shared (.*)/;
	my $pages = 0;
	$pages += $_ foreach $buffers =~ /\d+/g;
	cmp_ok($pages, '<', 100, "$storage: tokens of 100 MB are not fetched");
	cmp_ok(growth("SELECT videosdk_inspect_token('a.b.c', '$secret')", $inspect), '<', 20_000,
		"$storage: tokens of 100 MB take no memory");
}

# Calls raise the peak of memory by less than ten bytes each
sub flat
{
	my ($what, $expression) = @_;
	my $statement = sub {
		my ($limit) = @_;
		return "SELECT count($expression) FROM (SELECT generate_series(1, $limit) AS n) numbers";
	};
	cmp_ok(growth($statement->(1000), $statement->(CALLS)), '<', CALLS / 100, "memory is flat over ${\CALLS} rows: $what");
}

my %examples = examples($node, 'postgres');
flat($_, call_of_example($examples{$_}, sub { return "CASE WHEN n > 0 THEN $_[1] END" })) foreach sort keys %examples;
my $payload = payload('"iat":1795000000');
my $broken_json = token('{"note":');
flat('signed, each with another secret', "videosdk_sign_token('$payload', '$secret' || n, '1 hour')");
flat('inspected, with JSON that is broken', "videosdk_inspect_token('$broken_json' || left(n::text, 0), '$secret')");

$node->stop;
done_testing();
