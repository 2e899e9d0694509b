# The largest values that PostgreSQL can hold, the deepest JSON and a stack that is nearly used up give the right answer or an
# error, in little time and memory, and the session goes on
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use ExampleCalls qw(call_of_example examples);
use Node qw(cpu_seconds query start_node);
use PostgreSQL::Test::Utils;
use Sample qw(CLAIMS SECRET create_server payload token);
use Session;
use Test::More;
use Time::HiRes qw(usleep);

# With NIGHTLY in the environment, values are as large as they can be, which takes minutes to make
use constant {
	LARGE_PAYLOAD => $ENV{NIGHTLY} ? 268_435_455 - 1000 : 30_000_000,
	LARGE_TOKEN => $ENV{NIGHTLY} ? 1_073_741_819 : 30_000_000,
	LARGE_NAME => $ENV{NIGHTLY} ? 100_000_000 : 30_000_000,
};

my $secret = SECRET;

# The server may use a gigabyte of stack
system('prlimit', '--pid', $$, '--stack=1073741824:') == 0
  or die 'the hard limit of the stack (ulimit -Hs) must be a gigabyte or more';
my $node = start_node('main', "jit = off\nlog_statement = none");
query($node, 'postgres', "CREATE EXTENSION videosdk_token;\n" . create_server('videosdk', SECRET, "max_expires_in '4 hours'"));
my $session = Session->new($node, 'postgres');
my $other = Session->new($node, 'postgres');
chomp(my ($pid) = $session->run('SELECT pg_backend_pid()'));

sub peak_kilobytes
{
	return (slurp_file("/proc/$pid/status") =~ /^VmHWM:\s+(\d+) kB$/m)[0];
}

# with_value(TYPE, VALUE, CALLS...): (by how many kB calls with a value that the session holds raise the peak of its memory, how
# many seconds of its time they take, their results or SQLSTATEs and messages).  The peak counts from when the value is there.
sub with_value
{
	my ($type, $value, @calls) = @_;
	my $sql = "DO \$do\$ DECLARE value $type := $value; BEGIN\nPERFORM pg_advisory_xact_lock(1);\n";
	foreach my $call (@calls)
	{
		$sql .= "BEGIN RAISE NOTICE 'told %', $call;"
		  . " EXCEPTION WHEN OTHERS THEN RAISE NOTICE 'told %: %', SQLSTATE, SQLERRM; END;\n";
	}
	$other->run('SELECT pg_advisory_lock(1)');
	$session->begin("$sql END \$do\$");
	foreach my $attempt (1 .. 20_000)
	{
		last if ($other->run('SELECT 1 FROM pg_locks WHERE NOT granted'))[0];
		die 'the value is missing' if $attempt == 20_000;
		usleep(5000);
	}
	append_to_file("/proc/$pid/clear_refs", '5');
	my ($kilobytes, $seconds) = (peak_kilobytes(), cpu_seconds($pid));
	$other->run('SELECT pg_advisory_unlock(1)');
	my (undef, $messages) = $session->end;
	return (peak_kilobytes() - $kilobytes, cpu_seconds($pid) - $seconds, $messages =~ /told (.*)/g);
}

# Calls with a value have the outcomes in [call, outcome], in less than a second of the session's time and 10 MB
sub handles
{
	my ($what, $type, $value, @expected) = @_;
	my @calls = map { $_->[0] } @expected;
	my ($growth, $seconds, @outcomes) = with_value($type, $value, @calls);
	is_deeply(\@outcomes, [ map { $_->[1] } @expected ], "$what: the outcomes");
	cmp_ok($seconds, '<', 1, "$what: take $seconds seconds");
	cmp_ok($growth, '<', 10_000, "$what: take $growth kB");
	return;
}

# Large payloads: what jsonb can hold at most is a quarter of a gigabyte
foreach my $length (1_000_000, LARGE_PAYLOAD)
{
	my $too_long = '22023: token must not be longer than 65536 bytes';
	handles(
		"a payload of $length bytes",
		'jsonb',
		"jsonb '{${\CLAIMS}}' || jsonb_build_object('note', repeat('x', $length))",
		[ "videosdk_sign_token(value, '$secret', '1 hour')", $too_long ],
		[ "videosdk_issue_token(value, '1 hour')", $too_long ]);
}

# A large token: what text can hold at most is a gigabyte
my $malformed = '22P02: token is malformed';
my @refusals = (
	[ "(videosdk_inspect_token(value, '$secret')).status", 'malformed' ],
	[ '(videosdk_inspect_token(value)).status', 'malformed' ],
	[ '(videosdk_check_token(value)).status', 'malformed' ],
	[ "(videosdk_check_join(value, 'room', 'participant')).code", '4002' ],
	[ "videosdk_verify_token(value, '$secret')", $malformed ],
	[ 'videosdk_validate_token(value)', $malformed ],
	[ 'videosdk_decode_token(value)', $malformed ]);
SKIP:
{
	# PostgreSQL needs three times as much to make it
	my ($available) = slurp_file('/proc/meminfo') =~ /^MemAvailable:\s+(\d+) kB$/m;
	skip 'less than 6 GB of memory are available', 3 if $ENV{NIGHTLY} && $available < 6_000_000;
	handles('a token of ' . LARGE_TOKEN . ' bytes', 'text', "repeat('x', ${\LARGE_TOKEN})", @refusals);
}
handles('a token of 65,537 bytes', 'text', q{repeat('x', 65537)}, @refusals);

# A large name of a room, whose last character makes it none
handles('a room of ' . LARGE_NAME . ' bytes',
	'text', "repeat('x', ${\(LARGE_NAME - 1)}) || ' '",
	[ "(videosdk_check_join('x', value, 'participant')).code", '4003' ],
	[ "(videosdk_check_join('x', 'room', value)).code", '4004' ]);

# Deep JSON in tokens, closed or not: as long as a token may be, and longer
my %deep = (
	'24,000 levels' => '{"note":' . '[' x 24000 . ']' x 24000 . '}',
	'24,000 objects' => '{"a":' x 8000 . '0' . '}' x 8000,
	'48,000 levels, unclosed' => '[' x 48000,
	'100,000 levels' => '{"note":' . '[' x 100000 . ']' x 100000 . '}');
foreach my $name (sort keys %deep)
{
	my $deep = token($deep{$name});
	handles("a token of $name", 'text', "'$deep'", @refusals);
	my $header = token(payload(), $deep{$name});
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

# Calls of all functions at 64 levels, the deepest that is allowed
my %examples = examples($node, 'postgres', '[' x 63 . ']' x 63);
foreach my $name (sort keys %examples)
{
	my $example = $examples{$name};
	my $test = '(' . sprintf($example->{shown}, call_of_example($example)) . ")::text = '$example->{result}'";
	$session->run("SET max_stack_depth = '100kB'");
	is(($session->run("SELECT $test"))[0], "t\n", "$name: with the smallest stack");
	$test =~ s/'/''/g;

	# At the end of a recursion that takes most of the stack, all of it, or not so much: some processors and compilers take more
	$session->run(<<"SQL");
CREATE FUNCTION deep_$name(depth int) RETURNS bool LANGUAGE plpgsql
	AS 'BEGIN RETURN CASE WHEN depth > 0 THEN deep_$name(depth - 1) ELSE $test END; END';
SQL
	my ($output, $errors) =
	  $session->run(join "\n", map { "SET max_stack_depth = '${\(2 * $_)}kB'; SELECT deep_$name(100);" } 50 .. 300);
	my @errors = $errors =~ /ERROR:  (\w{5})/g;
	my @results = split /\n/, $output;
	is_deeply([ grep { $_ ne '54001' } @errors ], [], "$name: errors are of the stack");
	is_deeply([ grep { $_ ne 't' } @results ], [], "$name: results are right");
	is(@errors + @results, 251, "$name: one for each stack");
	cmp_ok(scalar @errors, '>', 10, "$name: some, " . @errors . ", have too little of it");
	cmp_ok(scalar @results, '>', 10, "$name: some have enough");
}

unlike(slurp_file($node->logfile), qr/PANIC|FATAL|terminated by signal/, 'the log tells of nothing worse than errors');
$_->quit foreach $session, $other;
$node->stop;
done_testing();
