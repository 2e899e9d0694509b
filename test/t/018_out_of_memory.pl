# Memory runs out inside a call, at every place in turn: the answer is right, or an error that betrays nothing, and the
# session goes on
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;

use Cwd qw(abs_path);
use List::Util qw(sum0);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;
use TokenMaker qw(make_token);

use constant {
	SECRET => '5f0c1e7b9a3d48265b7c9e1f0a2d4c6e8b1a3c5d7e9f0b2d4a6c8e0f1b3d5a79',
	OTHER_SECRET => 'b1946ac92492d2347c6235b4d2611184c0ffee00c0ffee00c0ffee00c0ffee00',
	ALL_LATER => 2**31 - 1,
	ENOUGH => 2**31 - 1,
};
my ($secret, $other_secret) = (SECRET, OTHER_SECRET);

# A malloc that fails when told to, and a function that tells it
my $folder = abs_path(PostgreSQL::Test::Utils::tempdir());
chomp(my $headers = `"$ENV{PG_CONFIG}" --includedir-server`);
system_or_bail($ENV{CC} // 'cc', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-isystem', $headers, '-o',
	"$folder/$_.so", "test/t/$_.c")
  foreach qw(failing_malloc starve);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf',
	"timezone = 'UTC'\njit = off\nlog_statement = none\nlog_error_verbosity = verbose");
{
	local $ENV{LD_PRELOAD} = "$folder/failing_malloc.so";

	# What is freed goes back to the system, so that the limit of a process counts
	local @ENV{qw(MALLOC_MMAP_THRESHOLD_ MALLOC_TRIM_THRESHOLD_)} = (4096, 0);
	$node->start;
}

$node->safe_psql('postgres', <<"SQL");
CREATE EXTENSION videosdk_token;
CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk OPTIONS (max_expires_in '4 hours', permissions 'allow_join');
CREATE USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (apikey 'key', secret '$secret');
CREATE SERVER other FOREIGN DATA WRAPPER videosdk;
CREATE USER MAPPING FOR PUBLIC SERVER other OPTIONS (apikey 'key', secret '$other_secret');

CREATE FUNCTION starve(function regproc, "first" int, "last" int, bytes int, filled int, forget bool,
	VARIADIC arguments "any") RETURNS text VOLATILE LANGUAGE C AS '$folder/starve';
CREATE FUNCTION failures() RETURNS int VOLATILE LANGUAGE C AS '$folder/starve';

CREATE FUNCTION outcome(call text, expected text, "first" int, "last" int, bytes int, filled int, forget bool)
RETURNS text LANGUAGE plpgsql AS \$\$
DECLARE
	result text;
BEGIN
	EXECUTE 'SELECT ' || call INTO result USING "first", "last", bytes, filled, forget;
	RETURN CASE result WHEN expected THEN 'right' ELSE 'wrong: ' || coalesce(result, 'NULL') END;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ': ' || SQLERRM;
END\$\$;

-- Each call of malloc fails in turn, alone or with all that follow; then the call is repeated with memory
CREATE FUNCTION sweep(call text, expected text, alone bool, forget bool, step int, OUT outcome text, OUT times int)
RETURNS SETOF record LANGUAGE plpgsql AS \$\$
DECLARE
	outcomes text[];
BEGIN
	FOR filled IN 0..999 BY step LOOP
		FOR place IN 1..100000 LOOP
			outcome := outcome(call, expected, place, CASE WHEN alone THEN place ELSE ${\ALL_LATER} END,
				${\ENOUGH}, filled, forget);
			EXIT WHEN failures() = 0;
			outcomes := outcomes || outcome || ('repeated: ' || outcome(call, expected, 0, 0, ${\ENOUGH}, 0, false));
		END LOOP;
	END LOOP;
	RETURN QUERY SELECT o, count(*)::int FROM unnest(outcomes) o GROUP BY o ORDER BY o;
END\$\$;
SQL

# A payload and its token, which need more than a block; as jsonb and a row have them
my $note = 'x' x 2000;
my $claims = qq{"note":"$note","apikey":"key","permissions":["allow_join"]};
my $payload = "{$claims,\"iat\":1795000000}";
my $token = make_token("{$claims,\"iat\":1795000000,\"exp\":1795003600}", SECRET);
my $jsonb = qq{"note": "$note", "apikey": "key", "permissions": ["allow_join"]};
my $with_times = qq{{"exp": 1795003600, "iat": 1795000000, $jsonb}};
my ($valid_at, $iat, $exp) = ('2026-11-18 11:50:00+00', '2026-11-18 11:06:40+00', '2026-11-18 12:06:40+00');

sub row
{
	my ($status, $detail) = @_;
	my $quoted = join ',', map { '"' . s/"/""/gr . '"' } '{"alg": "HS256", "typ": "JWT"}', $with_times, $iat;
	return qq{($quoted,,"$exp",$status,$detail)};
}

# What to call, and what it returns: each function, and judgements of tokens that are not valid
my $starve = q{starve('videosdk_%s', $1, $2, $3, $4, $5, %s)};
my $times = "interval '0', timestamptz '$valid_at'";
my $forged = row('bad_signature', '"The signature was not made with this secret."');
my $late = row('expired', '"The token expired at 1795003600 (2026-11-18T12:06:40Z) and was checked as of '
	  . '1795003600 (2026-11-18T12:06:40Z)."');
my %calls = (
	sign => [ sprintf($starve, 'sign_token', "'$payload'::jsonb, '$secret'::text, interval '1 hour'"), $token ],
	verify => [ sprintf($starve, 'verify_token', "'$token'::text, '$secret'::text, $times"), $with_times ],
	inspect => [ sprintf($starve, 'inspect_token', "'$token'::text, '$secret'::text, $times"), row('valid', '') ],
	'inspect, with another secret' =>
	  [ sprintf($starve, 'inspect_token', "'$token'::text, '$other_secret'::text, $times"), $forged ],
	decode => [ sprintf($starve, 'decode_token', "'$token'::text"), $with_times ],
	issue => [
		'videosdk_validate_token('
		  . sprintf($starve, 'issue_token', "'{$claims}'::jsonb, interval '1 hour', name 'videosdk'")
		  . q{) - 'iat' - 'exp'},
		"{$jsonb}"
	],
	validate => [ sprintf($starve, 'validate_token', "'$token'::text, name 'videosdk', $times"), $with_times ],
	check => [ sprintf($starve, 'check_token', "'$token'::text, name 'videosdk', $times"), row('valid', '') ],
	'check, too late' =>
	  [ sprintf($starve, 'check_token', "'$token'::text, name 'videosdk', interval '0', timestamptz '$exp'"), $late ],
	'validate a mapping' => [
		sprintf($starve, 'credential_validator',
			"ARRAY['apikey=$note', 'secret=$secret'], 'pg_user_mapping'::regclass::oid"),
		'void'
	],
	'validate a server' => [
		sprintf($starve, 'credential_validator',
			"ARRAY['max_expires_in=1 hour', 'permissions=allow_join'], 'pg_foreign_server'::regclass::oid"),
		'void'
	]);

my $without_memory = qr/^(53200: out of memory|39000: OpenSSL could not compute HMAC-SHA256)\z/;
my $swept = 0;

sub quoted { return map { "'" . s/'/''/gr . "'" } @_ }

# A sweep over one call: only good outcomes, and some of them failures
sub survives
{
	my ($name, $alone, $forget, $step) = @_;
	my ($call, $expected) = quoted(@{ $calls{$name} });
	my %times = split /[|\n]/,
	  $node->safe_psql('postgres', "SELECT * FROM sweep($call, $expected, '$alone', '$forget', $step)");
	my $repeated = delete $times{'repeated: right'};
	my $failures = sum0(map { $times{$_} } grep { /$without_memory/ } keys %times);
	my @others = grep { !/$without_memory/ && $_ ne 'right' } keys %times;

	my $what = "$name, " . ($alone ? 'one allocation' : 'all later allocations') . ($forget ? ', caches empty' : '');
	is_deeply(\@others, [], "$what: right, or out of memory");
	cmp_ok($failures, '>', 0, "$what: out of memory $failures times");
	cmp_ok($repeated, '>=', $failures, "$what: right afterwards");
	$swept += $failures;
	return;
}

foreach my $name (sort keys %calls)
{
	survives($name, 1, 0, 112);
	survives($name, 0, 0, 112);
	survives($name, 1, 1, 999);
}
cmp_ok($swept, '>', 5000, "$swept allocations have failed");

# The first call of a session, in which OpenSSL loads its algorithms, with some memory: [outcome, outcome with memory]
sub first_calls
{
	my ($name, @limits) = @_;
	my ($call, $expected) = quoted(@{ $calls{$name} });
	my $sql = '';
	foreach my $limit (@limits)
	{
		$sql .= "\\c\nSELECT outcome($call, $expected, $limit, 0, false), "
		  . "outcome($call, $expected, 0, 0, ${\ENOUGH}, 0, false);\n";
	}
	return map { [ split /\|/, $_ ] } split /\n/, $node->safe_psql('postgres', $sql);
}

foreach my $name ('sign', 'verify', 'inspect, with another secret', 'issue', 'validate', 'check')
{
	my @outcomes = first_calls($name, map { '0, 0, ' . $_ * 1024 } 0 .. 50, 100, 200, 300, 400);
	is(scalar @outcomes, 55, "first call, $name: every session goes on");
	is($outcomes[0][0] =~ $without_memory, 1, "first call, $name: fails without memory");
	is_deeply([ grep { !/$without_memory/ && $_ ne 'right' } map { $_->[0] } @outcomes ],
		[], "first call, $name: right, or out of memory");
	is($outcomes[-1][0], 'right', "first call, $name: right with memory");
	is_deeply([ grep { $_->[1] ne 'right' } @outcomes ], [], "first call, $name: right afterwards");
}

# A single allocation that fails may leave OpenSSL without an algorithm for the rest of the session, but never wrong
foreach my $name ('sign', 'inspect, with another secret')
{
	my @outcomes = first_calls($name, map { "$_, $_, ${\ENOUGH}" } 1 .. 320);
	is(scalar @outcomes, 320, "first call, $name, one allocation: every session goes on");
	is_deeply([ grep { !/$without_memory/ && $_ ne 'right' } map { @$_ } @outcomes ],
		[], "first call, $name, one allocation: right, or out of memory");
}

# An error that nobody catches, with secret and token in the statement
my $offset = -s $node->logfile;
my $sql = '';
foreach my $name (sort keys %calls)
{
	foreach my $place (1 .. 20)
	{
		my $call = $calls{$name}[0] =~ s/\$1, \$2, \$3, \$4, \$5/$place, $place, ${\ENOUGH}, 0, false/r;
		$sql .= "SELECT $call;\n";
	}
}
my (undef, undef, $received) = $node->psql('postgres', $sql, on_error_stop => 0);
my @received = $received =~ /ERROR:  .*/g;
my @logged = grep { /ERROR:  |STATEMENT:  |$secret|$other_secret|eyJ/ } split /^/, slurp_file($node->logfile, $offset);
cmp_ok(scalar @received, '>', 100, scalar(@received) . ' errors are raised');
is(scalar(grep { /ERROR:  (53200|39000): [^']*$/ } @logged), scalar @received, 'the log has these errors');
is_deeply([ grep { !/ERROR:  / } @logged ], [], 'the log has no statement, secret or token');
unlike($received, qr/$secret|$other_secret|eyJ/, 'the client receives no secret and no token');

# The same by the system's limit of a process, with tokens as long as they may be
my $session = Session->new($node, 'postgres');
my $long = 'x' x 48000;
my $long_token =
  make_token(qq{{"note":"$long","apikey":"key","permissions":["allow_join"],"iat":1,"exp":3601}}, SECRET);
$node->safe_psql('postgres', <<"SQL");
CREATE TABLE long AS SELECT token, videosdk_decode_token(token) - 'exp' AS payload,
	videosdk_decode_token(token) - 'exp' - 'iat' AS to_issue, '$secret' AS secret, '$other_secret' AS other_secret
FROM (VALUES ('$long_token')) v (token);
CREATE FUNCTION use_stack(depth int) RETURNS int LANGUAGE plpgsql
	AS \$\$BEGIN RETURN CASE WHEN depth > 0 THEN use_stack(depth - 1) END; END\$\$;
SQL
$times = "interval '0', timestamptz '1970-01-01 00:30:00+00'";
my @statements = (
	"SELECT videosdk_sign_token(payload, secret, '1 hour') = token FROM long",
	"SELECT videosdk_verify_token(token, secret, $times) - 'exp' = payload FROM long",
	"SELECT (videosdk_inspect_token(token, secret, $times)).status = 'valid' FROM long",
	"SELECT (videosdk_inspect_token(token, other_secret, $times)).status = 'bad_signature' FROM long",
	'SELECT videosdk_decode_token(token) - \'exp\' = payload FROM long',
	"SELECT videosdk_validate_token(videosdk_issue_token(to_issue, '1 hour')) - 'iat' - 'exp' = to_issue FROM long",
	"SELECT videosdk_validate_token(token, 'videosdk', $times) - 'exp' = payload FROM long",
	"SELECT (videosdk_check_token(token, 'videosdk', $times)).status = 'valid' FROM long",
	"ALTER USER MAPPING FOR PUBLIC SERVER other OPTIONS (SET secret 'yet another secret of more than 32 bytes');\n"
	  . 'SELECT true');

sub memory_size { return 1024 * (slurp_file("/proc/$_[0]/status") =~ /^VmSize:\s+(\d+) kB$/m)[0] }

sub limit_memory
{
	my ($pid, $bytes) = @_;
	system_or_bail('prlimit', '--pid', $pid, "--as=$bytes:");
	return;
}

# What the statements give: t, a SQLSTATE, or whatever else
sub results
{
	my @results;
	foreach my $statement (@statements)
	{
		my ($output, $errors) = $session->run($statement);
		push @results, $errors =~ /^psql:.*?ERROR:  (\w{5}):/ ? $1 : $output . $errors;
	}
	return @results;
}

# First of all the stack grows: Linux kills a process whose stack cannot
chomp(my ($pid) = $session->run('SELECT pg_backend_pid()'));
$session->run('SELECT use_stack(200)');
my @right = ("t\n") x @statements;
is_deeply([ results() ], \@right, 'with memory, all statements are right');

my %seen;
$offset = -s $node->logfile;
my @afterwards;
foreach my $room (map { $_ * 16384 } 0 .. 40)
{
	limit_memory($pid, memory_size($pid) + $room);
	$seen{$_}++ foreach results();
	limit_memory($pid, 'unlimited');
	push @afterwards, results();
}
is_deeply([ grep { !/^(t\n|53200|39000)\z/ } keys %seen ], [], 'under a limit, right or out of memory');
cmp_ok($seen{53200} // 0, '>', 0, "under a limit, out of memory " . ($seen{53200} // 0) . ' times');
is_deeply([ grep { $_ ne "t\n" } @afterwards ], [], 'without it, right again');
is(($session->run('SELECT pg_backend_pid()'))[0], "$pid\n", 'in the same session');

# A log is as long as the lists of memory contexts in it, so it is not shown
@logged = split /^/, slurp_file($node->logfile, $offset);
is(scalar(grep { /ERROR:  53200: out of memory/ } @logged), $seen{53200}, 'the log has these errors');
is_deeply([ grep { /PANIC|FATAL|signal/ } split /^/, slurp_file($node->logfile) ], [], 'and nothing worse');
is_deeply([ grep { /$secret|$other_secret|eyJ/ } @logged ], [], 'and no secret or token');

# What is out of reach: PostgreSQL lists its memory contexts, with the beginning of statements that a session keeps
$session->run("PREPARE kept AS SELECT 'a literal that the session keeps'");
$offset = -s $node->logfile;
limit_memory($pid, memory_size($pid));
my @without = results();
limit_memory($pid, 'unlimited');
ok((grep { $_ eq '53200' } @without), 'out of memory once more');
like(slurp_file($node->logfile, $offset), qr/a literal that the session keeps/, 'the log has a prepared statement');

$offset = -s $node->logfile;
$session->run("SELECT '$secret', 1/0");
like(slurp_file($node->logfile, $offset), qr/$secret/, 'the log would show a leak');

$session->quit;
$node->stop;
done_testing();
