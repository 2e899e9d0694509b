# Extremes of time, size and depth: a clock that is set back and forward, the largest values that PostgreSQL can hold,
# the deepest JSON, and a stack that is nearly used up
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;

use Cwd qw(abs_path);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;
use TokenMaker qw(make_token);

use constant {
	SECRET => '5f0c1e7b9a3d48265b7c9e1f0a2d4c6e8b1a3c5d7e9f0b2d4a6c8e0f1b3d5a79',
	CLAIMS => '"apikey":"key","permissions":["allow_join"]',
	NOON => 1795521600,    # 2026-11-24 12:00:00 UTC
	HOUR => 3600,
	YEAR => 365 * 86400,
};
my $secret = SECRET;
my $folder = abs_path(PostgreSQL::Test::Utils::tempdir());

my $set_up = <<"SQL";
CREATE EXTENSION videosdk_token;
CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk OPTIONS (max_expires_in '4 hours');
CREATE USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (apikey 'key', secret '$secret');
SQL

# Time: a server whose clock stands still at the time that is in a file, seconds from noon
my $clock = PostgreSQL::Test::Cluster->new('clock');
$clock->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$clock->append_conf('postgresql.conf', "timezone = 'UTC'");

sub set_clock
{
	my ($seconds) = @_;
	my ($second, $minute, $hour, $day, $month, $year) = gmtime(NOON + $seconds);
	append_to_file("$folder/clock.new",
		sprintf('%d-%02d-%02d %02d:%02d:%02d', $year + 1900, $month + 1, $day, $hour, $minute, $second));
	rename "$folder/clock.new", "$folder/clock" or die;
	return;
}

set_clock(0);
{
	my ($library) = glob '/usr/lib/*/faketime/libfaketime.so.1';
	local $ENV{LD_PRELOAD} = $library // die 'libfaketime is missing';
	local $ENV{FAKETIME_TIMESTAMP_FILE} = "$folder/clock";
	local @ENV{qw(FAKETIME_NO_CACHE FAKETIME_DONT_FAKE_MONOTONIC NO_FAKE_STAT TZ)} = (1, 1, 1, 'UTC');
	$clock->start;
}
$clock->safe_psql('postgres', $set_up);

# A statement that is prepared, and a transaction that is open, since before the clock changes
my %sessions = map { $_ => Session->new($clock, 'postgres') } ('old session', 'old transaction');
my $prepare = <<"SQL";
PREPARE issue AS SELECT videosdk_issue_token(\$1, \$2);
PREPARE status AS SELECT status FROM videosdk_check_token(\$1);
SQL
$_->run($prepare) foreach values %sessions;
$sessions{'old transaction'}->run('BEGIN');

sub issue
{
	my ($session, $expires_in, $claims) = @_;
	my ($token, $errors) = $session->run("EXECUTE issue('{\"permissions\":[\"allow_join\"]$claims}', '$expires_in')");
	chomp $token;
	return $errors =~ /ERROR:  (\w{5}):/ ? $1 : $token;
}

# As issued at that time
sub issued
{
	my ($seconds, $lifetime, $claims) = @_;
	my $iat = NOON + $seconds;
	return make_token('{' . $claims . CLAIMS . ",\"iat\":$iat,\"exp\":" . ($iat + $lifetime) . '}', SECRET);
}

my $token = issued(0, HOUR, '');
my $later = issued(0, HOUR, '"nbf":' . (NOON + 60) . ',');
foreach my $seconds (0, -HOUR, 59, 60, HOUR - 1, HOUR, YEAR, -YEAR, 0)
{
	set_clock($seconds);
	$sessions{'new session'} = Session->new($clock, 'postgres');
	$sessions{'new session'}->run($prepare);
	foreach my $name (sort keys %sessions)
	{
		my $session = $sessions{$name};
		my $what = "clock at $seconds, $name";
		is(issue($session, '1 hour', ''), issued($seconds, HOUR, ''), "$what: issues from now on");
		is(issue($session, '4 hours', ''), issued($seconds, 4 * HOUR, ''), "$what: for as long as the server allows");
		my $nbf = NOON + $seconds + HOUR - 1;
		is( issue($session, '1 hour', ",\"nbf\":$nbf"),
			issued($seconds, HOUR, "\"nbf\":$nbf,"),
			"$what: nbf before exp");

		my ($status) = $session->run("EXECUTE status('$token')");
		is($status, $seconds < HOUR ? "valid\n" : "expired\n", "$what: an hour from noon");
		($status) = $session->run("EXECUTE status('$later')");
		is($status, $seconds < 60 ? "not_yet_valid\n" : $seconds < HOUR ? "valid\n" : "expired\n", "$what: with nbf");
		next if $name =~ /transaction/;
		is(issue($session, '4 hours 1 second', ''), '22023', "$what: not for longer than the server allows");
		$nbf++;
		is(issue($session, '1 hour', ",\"nbf\":$nbf"), '22023', "$what: nbf is not exp");
	}
	(delete $sessions{'new session'})->quit;
}
$_->quit foreach values %sessions;
$clock->stop;

# Size and depth: a server that may use a gigabyte of stack
system('prlimit', '--pid', $$, '--stack=1073741824:') == 0 or die 'the hard limit of the stack (ulimit -Hs) must be a gigabyte or more';
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "jit = off\nlog_statement = none");
$node->start;
$node->safe_psql('postgres', $set_up);
my $session = Session->new($node, 'postgres');
chomp(my ($pid) = $session->run('SELECT pg_backend_pid()'));

sub peak_kilobytes
{
	return (slurp_file("/proc/$pid/status") =~ /^VmHWM:\s+(\d+) kB$/m)[0];
}

# What calls make of a value that the session holds, and by how many kB they raise the peak of its memory, which is set
# to the present size when the value is there
sub with_value
{
	my ($type, $value, @calls) = @_;
	my $sql = "DO \$do\$ DECLARE value $type := $value; start timestamptz; BEGIN\n"
	  . "PERFORM pg_advisory_xact_lock(1);\n";
	foreach my $call (@calls)
	{
		$sql .= <<"SQL";
start := clock_timestamp();
BEGIN RAISE NOTICE 'told %', $call; EXCEPTION WHEN OTHERS THEN RAISE NOTICE 'told %: %', SQLSTATE, SQLERRM; END;
IF clock_timestamp() > start + interval '1 second' THEN RAISE NOTICE 'told slow'; END IF;
SQL
	}
	my $other = Session->new($node, 'postgres');
	$other->run('SELECT pg_advisory_lock(1)');
	$session->begin("$sql END \$do\$");
	$node->poll_query_until('postgres', 'SELECT count(*) = 1 FROM pg_locks WHERE NOT granted')
	  or die 'the value is missing';
	append_to_file("/proc/$pid/clear_refs", '5');
	my $before = peak_kilobytes();
	$other->quit;
	my (undef, $messages) = $session->end;
	return (peak_kilobytes() - $before, $messages =~ /told (.*)/g);
}

sub handles
{
	my ($what, $type, $value, @expected) = @_;
	my @calls = map { $_->[0] } @expected;
	my ($growth, @outcomes) = with_value($type, $value, @calls);
	is_deeply(\@outcomes, [ map { $_->[1] } @expected ], "$what: the outcomes, each within a second");
	cmp_ok($growth, '<', 10_000, "$what: take $growth kB");
	return;
}

# What jsonb can hold at most, in one string and in all
foreach my $length (1_000_000, 268_435_455 - 1000)
{
	my $too_long = '22023: token must not be longer than 65536 bytes';
	handles(
		"a payload of $length bytes",
		'jsonb',
		"jsonb '{${\CLAIMS}}' || jsonb_build_object('note', repeat('x', $length))",
		[ "videosdk_sign_token(value, '$secret', '1 hour')", $too_long ],
		[ "videosdk_issue_token(value, '1 hour')", $too_long ]);
}

# What text can hold at most
my $malformed = '22P02: token is malformed';
my @refusals = (
	[ "(videosdk_inspect_token(value, '$secret')).status", 'malformed' ],
	[ '(videosdk_inspect_token(value)).status', 'malformed' ],
	[ '(videosdk_check_token(value)).status', 'malformed' ],
	[ "videosdk_verify_token(value, '$secret')", $malformed ],
	[ 'videosdk_validate_token(value)', $malformed ],
	[ 'videosdk_decode_token(value)', $malformed ]);
SKIP:
{
	# PostgreSQL needs thrice as much to make it
	my ($available) = slurp_file('/proc/meminfo') =~ /^MemAvailable:\s+(\d+) kB$/m;
	skip 'less than 6 GB of memory are available', 2 if $available < 6_000_000;
	handles('a token of a gigabyte', 'text', q{repeat('x', 1073741819)}, @refusals);
}
handles('a token of 65,537 bytes', 'text', q{repeat('x', 65537)}, @refusals);

# Deep JSON, in tokens: closed or not, in what is as long as a token may be, and longer
my %deep = (
	'24,000 levels' => '{"note":' . '[' x 24000 . ']' x 24000 . '}',
	'24,000 objects' => '{"a":' x 8000 . '0' . '}' x 8000,
	'48,000 levels, unclosed' => '[' x 48000,
	'100,000 levels' => '{"note":' . '[' x 100000 . ']' x 100000 . '}');
foreach my $name (sort keys %deep)
{
	my $deep = make_token($deep{$name}, SECRET);
	handles("a token of $name", 'text', "'$deep'", @refusals);
	my $header = make_token('{' . CLAIMS . '}', SECRET, $deep{$name});
	handles("a token with a header of $name", 'text', "'$header'", @refusals);
}

# Deep payloads, which PostgreSQL reads with much stack, and others sign with little; each level takes eight bytes
my %refusals = (
	60_000 => '22023: claim "note" must not nest deeper than 64 levels',
	100_000 => '22023: token must not be longer than 65536 bytes');
foreach my $depth (sort keys %refusals)
{
	my $note = "repeat('[', $depth) || repeat(']', $depth)";
	$session->run("SET max_stack_depth = '500MB';\nDROP TABLE IF EXISTS deep;\n"
		  . "CREATE TABLE deep AS SELECT ('{${\CLAIMS},\"note\":' || $note || '}')::jsonb AS payload");
	foreach my $stack ('500MB', '100kB')
	{
		$session->run("SET max_stack_depth = '$stack'");
		handles("a payload of $depth levels, stack of $stack", 'jsonb', '(SELECT payload FROM deep)',
			[ "videosdk_sign_token(value, '$secret', '1 hour')", $refusals{$depth} ],
			[ "videosdk_issue_token(value, '1 hour')", $refusals{$depth} ]);
	}
}

# Calls at 64 levels, which is allowed, and what they give
my $claims = CLAIMS . ',"iat":1,"note":' . '[' x 63 . ']' x 63;
my $signed = make_token('{"note":' . '[' x 63 . ']' x 63 . ',' . CLAIMS . ",\"iat\":1,\"exp\":3601}", SECRET);
my $good = make_token("{$claims,\"exp\":253402300799}", SECRET);
my %calls = (
	sign => "videosdk_sign_token('{$claims}', '$secret', '1 hour') = '$signed'",
	verify => "videosdk_verify_token('$good', '$secret') ->> 'apikey' = 'key'",
	inspect => "(videosdk_inspect_token('$good', '$secret')).status = 'valid'",
	decode => "videosdk_decode_token('$good') ->> 'apikey' = 'key'",
	issue => q{videosdk_issue_token('{"permissions":["allow_join"]}', '1 hour') LIKE 'eyJ%.eyJ%.%'},
	validate => "videosdk_validate_token('$good') ->> 'apikey' = 'key'",
	check => "(videosdk_check_token('$good')).status = 'valid'");
foreach my $name (sort keys %calls)
{
	my $call = $calls{$name} =~ s/'/''/gr;
	$session->run("SET max_stack_depth = '100kB'");
	is(($session->run("SELECT $calls{$name}"))[0], "t\n", "$name: with the smallest stack");

	# At the end of a recursion that takes most of the stack, all of it, or not so much
	$session->run(<<"SQL");
CREATE FUNCTION deep_$name(depth int) RETURNS bool LANGUAGE plpgsql
	AS 'BEGIN RETURN CASE WHEN depth > 0 THEN deep_$name(depth - 1) ELSE $call END; END';
SQL
	my ($output, $errors) =
	  $session->run(join "\n", map { "SET max_stack_depth = '${_}kB'; SELECT deep_$name(100);" } 100 .. 300);
	my @errors = $errors =~ /ERROR:  (\w{5})/g;
	my @results = split /\n/, $output;
	is_deeply([ grep { $_ ne '54001' } @errors ], [], "$name: errors are of the stack");
	is_deeply([ grep { $_ ne 't' } @results ], [], "$name: results are right");
	is(@errors + @results, 201, "$name: one for each stack");
	cmp_ok(scalar @errors, '>', 10, "$name: some, " . @errors . ", have too little of it");
	cmp_ok(scalar @results, '>', 10, "$name: some have enough");
}

unlike(slurp_file($node->logfile), qr/PANIC|FATAL|terminated by signal/, 'the log tells of nothing worse than errors');
$session->quit;
$node->stop;
done_testing();
