# When memory runs out inside a call, at each allocation in turn, the answer is right or an error that shows no secret and no
# token, and the session goes on
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use ExampleCalls qw(examples values_of_example);
use Helper qw(build_library);
use List::Util qw(sum0);
use Node qw(init_node log_of);
use PostgreSQL::Test::Utils;
use Sample qw(EXPIRED_AT OTHER_SECRET SECRET create_server);
use Session;
use Test::More;
use TokenMaker qw(make_token written_payload);

# With NIGHTLY in the environment, each allocation fails also where caches are empty or a session has just begun; without,
# some of these do
use constant {
	STRIDE => $ENV{NIGHTLY} ? 1 : 8,
	ALL_LATER => 2**31 - 1,
	ENOUGH => 2**31 - 1,
};
my ($secret, $other_secret) = (SECRET, OTHER_SECRET);

# A malloc that fails when told to, and a function that tells it
my $starve = build_library('starve');
my $node = init_node('main', "jit = off\nlog_statement = none\nlog_error_verbosity = verbose");
{
	local $ENV{LD_PRELOAD} = build_library('failing_malloc');

	# What is freed goes back to the system, so that the limit of a process counts
	local @ENV{qw(MALLOC_MMAP_THRESHOLD_ MALLOC_TRIM_THRESHOLD_)} = (4096, 0);
	$node->start;
}

$node->safe_psql('postgres', <<"SQL");
CREATE EXTENSION videosdk_token;
${\create_server('videosdk', SECRET, "max_expires_in '4 hours', permissions 'allow_join'")}
ALTER SERVER videosdk OPTIONS (ADD revoked_before '1970-01-01T00:00:00Z');
ALTER USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (
	ADD previous_apikey 'before', ADD previous_secret '$other_secret', ADD previous_until '9999-12-31T00:00:00Z');
${\create_server('other', OTHER_SECRET)}
CREATE FUNCTION starve(function regproc, "first" int, "last" int, bytes int, filled int, forget bool,
	VARIADIC arguments "any") RETURNS text VOLATILE LANGUAGE C AS '$starve';
CREATE FUNCTION failures() RETURNS int VOLATILE LANGUAGE C AS '$starve';

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

-- Each call of malloc fails in turn, or one of so many, alone or with all that follow; then the call is repeated with memory
CREATE FUNCTION sweep(call text, expected text, alone bool, forget bool, step int, stride int, OUT outcome text, OUT times int)
RETURNS SETOF record LANGUAGE plpgsql AS \$\$
DECLARE
	outcomes text[];
BEGIN
	FOR filled IN 0..999 BY step LOOP
		FOR place IN 1..100000 BY stride LOOP
			outcome := outcome(call, expected, place, CASE WHEN alone THEN place ELSE ${\ALL_LATER} END,
				${\ENOUGH}, filled, forget);
			EXIT WHEN failures() = 0;
			outcomes := outcomes || outcome || ('repeated: ' || outcome(call, expected, 0, 0, ${\ENOUGH}, 0, false));
		END LOOP;
	END LOOP;
	RETURN QUERY SELECT o, count(*)::int FROM unnest(outcomes) o GROUP BY o ORDER BY o;
END\$\$;
SQL

# Starved calls of all functions, with a payload and an option that need more than a block, and judgements of tokens that are not
# valid: [SQL, what it gives]
my $many_permissions = join ', ', ('allow_join') x 200;
my %examples = examples($node, 'postgres', '"' . 'x' x 2000 . '"');

sub starved
{
	my ($name, $result, $change) = @_;
	my $values = join ', ', values_of_example($examples{$name}, $change);
	my $call = sprintf $examples{$name}{shown}, "starve('$name', \$1, \$2, \$3, \$4, \$5, $values)";
	return [ $call, $result // ($examples{$name}{returns} eq 'void' ? 'void' : $examples{$name}{result}) ];
}

sub another_status
{
	my ($function, $status, $detail) = @_;
	return $examples{$function}{result} =~ s/valid,\)$/$status,"$detail")/r;
}

my $forged = another_status('videosdk_inspect_token', 'bad_signature', 'The signature was not made with this secret.');
my $late = another_status('videosdk_check_token', 'expired', 'The token expired at 1795003600 (2026-11-18T12:06:40Z) and was '
	  . 'checked as of 1795003600 (2026-11-18T12:06:40Z).');
my %calls = map { $_ => starved($_) } keys %examples;
$calls{'inspect, with another secret'} = starved('videosdk_inspect_token', $forged,
	sub { return $_[0] eq 'secret' ? "'$other_secret'::text" : $_[1] });
$calls{'check, too late'} = starved('videosdk_check_token', $late,
	sub { return $_[0] eq 'valid_at' ? "'${\EXPIRED_AT}'::timestamptz" : $_[1] });
$calls{'validate a server'} = starved('videosdk_credential_validator', 'void',
	sub { return $_[0] eq 'options' ? "ARRAY['max_expires_in=1 hour', 'permissions=$many_permissions']" : '1417::oid' });

my $without_memory = qr/^(53200: out of memory|39000: OpenSSL could not (compute HMAC-SHA256|verify RSA with SHA-256))\z/;
my $swept = 0;

sub quoted { return map { "'" . s/'/''/gr . "'" } @_ }

# A sweep over a call has good outcomes only, and some of them are failures
sub survives
{
	my ($name, $alone, $forget, $step, $stride) = @_;
	my ($call, $expected) = quoted(@{ $calls{$name} });
	my %times = split /[|\n]/,
	  $node->safe_psql('postgres', "SELECT * FROM sweep($call, $expected, '$alone', '$forget', $step, $stride)");
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

# To read an RSA key takes thousands of allocations: of these, one in so many fails
foreach my $name (sort keys %calls)
{
	my $reads_key = $name =~ /webhook/;
	my ($step, $stride) = $reads_key ? (999, 13 * STRIDE) : (112, 1);
	survives($name, 1, 0, $step, $stride);
	survives($name, 0, 0, $step, $stride);
	survives($name, 1, 1, 999, $reads_key ? $stride : STRIDE);
}
cmp_ok($swept, '>', 3000, "$swept allocations have failed");

# For each limit, [outcome, outcome with memory afterwards] of the first call of a session, in which OpenSSL loads its
# algorithms
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

foreach my $name (
	(map { "videosdk_${_}_token" } qw(sign verify issue validate check)),
	'videosdk_check_join', 'inspect, with another secret')
{
	my @limits = ((grep { $_ % STRIDE == 0 } 0 .. 50), 100, 200, 300, 400);
	my @outcomes = first_calls($name, map { '0, 0, ' . $_ * 1024 } @limits);
	is(scalar @outcomes, scalar @limits, "first call, $name: every session goes on");
	is($outcomes[0][0] =~ $without_memory, 1, "first call, $name: fails without memory");
	is_deeply([ grep { !/$without_memory/ && $_ ne 'right' } map { $_->[0] } @outcomes ],
		[], "first call, $name: right, or out of memory");
	is($outcomes[-1][0], 'right', "first call, $name: right with memory");
	is_deeply([ grep { $_->[1] ne 'right' } @outcomes ], [], "first call, $name: right afterwards");
}

# A single allocation that fails may leave OpenSSL without an algorithm for the rest of the session, but never wrong
foreach my $name ('videosdk_sign_token', 'inspect, with another secret')
{
	my @places = grep { $_ % STRIDE == 0 } 1 .. 320;
	my @outcomes = first_calls($name, map { "$_, $_, ${\ENOUGH}" } @places);
	is(scalar @outcomes, scalar @places, "first call, $name, one allocation: every session goes on");
	is_deeply([ grep { !/$without_memory/ && $_ ne 'right' } map { @$_ } @outcomes ],
		[], "first call, $name, one allocation: right, or out of memory");
}

# An error that nobody catches, with secret and token in the statement
my $sql = '';
foreach my $name (grep { ($examples{$_} // { language => 'c' })->{language} eq 'c' } sort keys %calls)
{
	foreach my $place (1 .. 20)
	{
		my $call = $calls{$name}[0] =~ s/\$1, \$2, \$3, \$4, \$5/$place, $place, ${\ENOUGH}, 0, false/r;
		$sql .= "SELECT $call;\n";
	}
}
my $received;
my $log = log_of($node, sub { (undef, undef, $received) = $node->psql('postgres', $sql, on_error_stop => 0) });
my @received = $received =~ /ERROR:  .*/g;
my @logged = grep { /ERROR:  |STATEMENT:  |$secret|$other_secret|eyJ/ } split /^/, $log;
cmp_ok(scalar @received, '>', 100, scalar(@received) . ' errors are raised');
is(scalar(grep { /ERROR:  (53200|39000): [^']*$/ } @logged), scalar @received, 'the log has these errors');
is_deeply([ grep { !/ERROR:  / } @logged ], [], 'the log has no statement, secret or token');
unlike($received, qr/$secret|$other_secret|eyJ/, 'the client receives no secret and no token');

# The same by the system's limit of a process, with tokens as long as they may be
my $session = Session->new($node, 'postgres');
my $long = 'x' x 48000;
my $long_token = make_token(
	written_payload(note => qq("$long"), apikey => '"key"', permissions => '["allow_join"]', iat => 1, exp => 3601), SECRET);
$node->safe_psql('postgres', <<"SQL");
CREATE TABLE long AS SELECT token, videosdk_decode_token(token) - 'exp' AS payload,
	videosdk_decode_token(token) - 'exp' - 'iat' AS to_issue, '$secret' AS secret, '$other_secret' AS other_secret
FROM (VALUES ('$long_token')) v (token);
CREATE FUNCTION use_stack(depth int) RETURNS int LANGUAGE plpgsql
	AS \$\$BEGIN RETURN CASE WHEN depth > 0 THEN use_stack(depth - 1) END; END\$\$;
SQL
my $times = "interval '0', timestamptz '1970-01-01 00:30:00+00'";
my @statements = (
	"SELECT videosdk_sign_token(payload, secret, '1 hour') = token FROM long",
	"SELECT videosdk_verify_token(token, secret, $times) - 'exp' = payload FROM long",
	"SELECT (videosdk_inspect_token(token, secret, $times)).status = 'valid' FROM long",
	"SELECT (videosdk_inspect_token(token, other_secret, $times)).status = 'bad_signature' FROM long",
	'SELECT videosdk_decode_token(token) - \'exp\' = payload FROM long',
	"SELECT videosdk_validate_token(videosdk_issue_token(to_issue, '1 hour')) - 'iat' - 'exp' = to_issue FROM long",
	"SELECT videosdk_validate_token(token, 'videosdk', $times) - 'exp' = payload FROM long",
	"SELECT (videosdk_check_token(token, 'videosdk', $times)).status = 'valid' FROM long",
	"SELECT (videosdk_check_join(token, 'room', 'participant', 'videosdk', $times)).allowed FROM long",
	"ALTER USER MAPPING FOR PUBLIC SERVER other OPTIONS (SET secret 'yet another secret of more than 32 bytes');\n"
	  . 'SELECT true');

sub memory_size { return 1024 * (slurp_file("/proc/$_[0]/status") =~ /^VmSize:\s+(\d+) kB$/m)[0] }

sub limit_memory
{
	my ($pid, $bytes) = @_;
	system_or_bail('prlimit', '--pid', $pid, "--as=$bytes:");
	return;
}

# What the statements give: t and a newline, a SQLSTATE, or anything else
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

# The stack grows beforehand, because Linux kills a process whose stack cannot grow
chomp(my ($pid) = $session->run('SELECT pg_backend_pid()'));
$session->run('SELECT use_stack(200)');
my @right = ("t\n") x @statements;
is_deeply([ results() ], \@right, 'with memory, all statements are right');

my %seen;
my $offset = -s $node->logfile;
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

# Out of our reach: PostgreSQL lists its memory contexts in the log, with the beginning of statements that a session prepared
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
