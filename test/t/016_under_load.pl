# Backends killed while they issue and validate: no committed token is lost, and issuing goes on; 200 sessions at once
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;
use Time::HiRes qw(usleep);
use TokenMaker qw(signature);

use constant {
	SECRET => '5f0c1e7b9a3d48265b7c9e1f0a2d4c6e8b1a3c5d7e9f0b2d4a6c8e0f1b3d5a79',
	NEXT_SECRET => 'b1946ac92492d2347c6235b4d2611184c0ffee00c0ffee00c0ffee00c0ffee00',
	WORKERS => 3,
	SESSIONS => 200,
};
my ($secret, $next_secret) = (SECRET, NEXT_SECRET);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', <<"CONF");
restart_after_crash = on
max_connections = ${\(SESSIONS + 20)}
log_statement = none
log_error_verbosity = verbose
CONF
$node->start;
$node->safe_psql('postgres', <<"SQL");
CREATE EXTENSION videosdk_token;
CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk;
CREATE USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (apikey 'key', secret '$secret');
CREATE TABLE issued (worker int, number int, token text, PRIMARY KEY (worker, number));
SQL

# A worker commits a token in each transaction, and validates it in the same and once more from the table.  psql tells
# each number that is committed, in a file.
my $folder = PostgreSQL::Test::Utils::tempdir();

sub script
{
	my ($worker, $first) = @_;
	my $sql = "SELECT 'pid', pg_backend_pid();\n";
	foreach my $number ($first .. $first + 19999)
	{
		my $payload = "videosdk_participant_payload('room $worker', '$number')";
		$sql .= <<"SQL";
BEGIN;
INSERT INTO issued VALUES ($worker, $number, videosdk_issue_token($payload, '1 hour'));
SELECT 'validated', $number FROM issued
WHERE worker = $worker AND number = $number AND videosdk_validate_token(token) ->> 'participantId' = '$number';
COMMIT;
\\echo committed $number
SQL
	}
	return $sql;
}

sub start_worker
{
	my ($worker, $first) = @_;
	my $file = "$folder/$worker.$first";
	append_to_file("$file.sql", script($worker, $first));
	my @psql = ('psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', "$file.sql");
	my $process = IPC::Run::start([@psql], '>', "$file.out", '2>', "$file.err");
	return { process => $process, file => $file, worker => $worker };
}

sub output
{
	my ($worker) = @_;
	return -e "$worker->{file}.out" ? slurp_file("$worker->{file}.out") : '';
}

# The numbers that a worker knows to be committed
sub committed { return output($_[0]) =~ /^committed (\d+)$/mg }

sub wait_for_commits
{
	my ($worker, $count) = @_;
	foreach (1 .. 6000)
	{
		return if (() = committed($worker)) >= $count;
		usleep(20_000);
	}
	die "worker $worker->{worker} does not commit: " . slurp_file("$worker->{file}.err");
}

# One backend is killed, and PostgreSQL ends the others, since it may have left shared memory in disorder
my %acknowledged;
foreach my $round (1 .. 3)
{
	my $offset = -s $node->logfile;
	my @workers = map { start_worker($_, $round * 100_000) } 1 .. WORKERS;
	wait_for_commits($_, 200) foreach @workers;
	my ($pid) = output($workers[0]) =~ /^pid\|(\d+)$/m;
	is(kill('KILL', $pid), 1, "round $round: a backend is killed");

	foreach my $worker (@workers)
	{
		$worker->{process}->finish;
		isnt($worker->{process}->result(0), 0, "round $round: worker $worker->{worker} loses its session");
		my @committed = committed($worker);
		my %validated = map { $_ => 1 } output($worker) =~ /^validated\|(\d+)$/mg;
		is_deeply([ grep { !$validated{$_} } @committed ], [], "round $round: which has validated what it committed");
		unlike(slurp_file("$worker->{file}.err"), qr/ERROR:|PANIC:/, "round $round: and has met no other error");
		$acknowledged{"$worker->{worker}|$_"} = 1 foreach @committed;
	}

	$node->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()') or die 'the server does not recover';
	my $log = slurp_file($node->logfile, $offset);
	like($log, qr/\(PID $pid\) was terminated by signal 9/, "round $round: it was a crash");
	like($log, qr/database system was not properly shut down/, "round $round: the server recovers by itself");

	my %valid = map { $_ => 1 } split /\n/, $node->safe_psql('postgres', <<"SQL");
SELECT worker, number FROM issued
WHERE videosdk_validate_token(token) @> jsonb_build_object('roomId', 'room ' || worker, 'participantId', number::text)
SQL
	my $count = keys %acknowledged;
	is_deeply([ grep { !$valid{$_} } keys %acknowledged ],
		[], "round $round: none of $count committed tokens is lost, and all are valid");

	# At most the transaction that each worker was in may have been committed without its knowing
	cmp_ok(keys(%valid) - keys(%acknowledged), '<=', $round * WORKERS, "round $round: and no others are there");
	is($node->safe_psql('postgres', 'SELECT count(*) FROM issued'), scalar keys %valid, "round $round: all are valid");
}

# By a stranger's eyes
my @tokens = split /\n/, $node->safe_psql('postgres', 'SELECT token FROM issued');
is_deeply([ grep { !/^(.*)\.(.*)\z/ || signature($1, SECRET) ne $2 } @tokens ], [], 'every signature is right');
my $new = $node->safe_psql('postgres', q{SELECT videosdk_issue_token('{"permissions":["allow_join"]}', '1 hour')});
like($new, qr/^[\w-]+\.[\w-]+\.[\w-]+\z/, 'issuing goes on');

# 200 sessions at once, while a secret changes: a token of the server that rotates is valid with the one or the other
$node->safe_psql('postgres', <<"SQL");
CREATE SERVER rotating FOREIGN DATA WRAPPER videosdk;
CREATE USER MAPPING FOR PUBLIC SERVER rotating OPTIONS (apikey 'key', secret '$secret');
CREATE SERVER next FOREIGN DATA WRAPPER videosdk;
CREATE USER MAPPING FOR PUBLIC SERVER next OPTIONS (apikey 'key', secret '$next_secret');
CREATE TABLE used (secret text);

-- Raises an error where the token is not valid for this room
CREATE FUNCTION use(token text, server name, room text) RETURNS void LANGUAGE plpgsql AS \$\$
BEGIN
	ASSERT videosdk_validate_token(token, server) ->> 'roomId' = room;
	ASSERT (videosdk_check_token(token, server)).status = 'valid';
END\$\$;
SQL
append_to_file("$folder/crowd.sql", <<'SQL');
SELECT pg_advisory_lock_shared(1);
\set room random(1, 1000000000)
SELECT videosdk_issue_token(videosdk_participant_payload(':room', 'a'), '1 hour') AS steady,
	videosdk_issue_token(videosdk_participant_payload(':room', 'a'), '1 hour', 'rotating') AS rotating \gset
SELECT use(':steady', 'videosdk', ':room');
SELECT CASE (videosdk_check_token(':rotating')).status WHEN 'valid' THEN 'videosdk' ELSE 'next' END AS server \gset
SELECT use(':rotating', ':server', ':room');
INSERT INTO used VALUES (':server');
SQL

my $offset = -s $node->logfile;
my $session = Session->new($node, 'postgres');
$session->run('SELECT pg_advisory_lock(1)');
my $crowd = IPC::Run::start(
	[ 'pgbench', '-n', '-c', SESSIONS, '-j', 2, '-t', 5, '-f', "$folder/crowd.sql", $node->connstr('postgres') ],
	'>', \my $report, '2>', \my $errors);

# They start when all are there
$node->poll_query_until('postgres',
	"SELECT count(*) = ${\SESSIONS} FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
  or die 'the sessions do not come';
$session->run('SELECT pg_advisory_unlock(1)');
my $rotations = 0;
while ($crowd->pumpable)
{
	$crowd->pump_nb;
	my $to = $rotations++ % 2 ? SECRET : NEXT_SECRET;
	$session->run("ALTER USER MAPPING FOR PUBLIC SERVER rotating OPTIONS (SET secret '$to')");
}
$crowd->finish;
is($crowd->result(0), 0, 'crowd: pgbench succeeds');
is($errors =~ s/^pgbench \(.*\n//r, '', 'crowd: and reports no error');
like($report, qr{number of transactions actually processed: 1000/1000\b}m, 'crowd: five transactions of each session');
unlike(slurp_file($node->logfile, $offset), qr/ERROR|FATAL|PANIC|WARNING/, 'crowd: the log has no error');
like(
	$node->safe_psql('postgres', 'SELECT secret, count(*) FROM used GROUP BY secret ORDER BY secret'),
	qr/^next\|\d+\nvideosdk\|\d+$/,
	"crowd: with both secrets, which changed $rotations times");

$session->quit;
$node->stop;
done_testing();
