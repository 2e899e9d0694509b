# When backends are killed while they issue and validate, no committed token is lost, and issuing goes on
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use IPC::Run;
use Node qw(log_of start_node);
use PostgreSQL::Test::Utils;
use Sample qw(SECRET create_server);
use Session;
use Test::More;
use Time::HiRes qw(usleep);
use TokenMaker qw(signature);

use constant WORKERS => 3;

my $node = start_node('main', <<'CONF');
restart_after_crash = on
log_statement = none
log_error_verbosity = verbose
CONF
$node->safe_psql('postgres', <<"SQL");
CREATE EXTENSION videosdk_token;
${\create_server()}
CREATE TABLE issued (worker int, number int, token text, PRIMARY KEY (worker, number));
SQL

# A worker issues a token in each transaction, validates it as it stands in the table, and commits it; then psql writes its
# number to a file
my $folder = PostgreSQL::Test::Utils::tempdir();

sub script
{
	my ($worker, $first) = @_;
	my $sql = "SELECT 'pid', pg_backend_pid();\n";
	foreach my $number ($first .. $first + 19999)
	{
		my $payload = "videosdk_participant_payload('room-$worker', '$number')";
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

# The numbers of what a worker has committed, as far as its file says
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
WHERE videosdk_validate_token(token) @> jsonb_build_object('roomId', 'room-' || worker, 'participantId', number::text)
SQL
	my $count = keys %acknowledged;
	is_deeply([ grep { !$valid{$_} } keys %acknowledged ],
		[], "round $round: none of $count committed tokens is lost, and all are valid");

	# At most the transaction that each worker was in may have been committed without its knowing
	cmp_ok(keys(%valid) - keys(%acknowledged), '<=', $round * WORKERS, "round $round: and no others are there");
	is($node->safe_psql('postgres', 'SELECT count(*) FROM issued'), scalar keys %valid, "round $round: all are valid");
}

# Checked by other code
my @tokens = split /\n/, $node->safe_psql('postgres', 'SELECT token FROM issued');
is_deeply([ grep { !/^(.*)\.(.*)\z/ || signature($1, SECRET) ne $2 } @tokens ], [], 'every signature is right');
my $new = $node->safe_psql('postgres', q{SELECT videosdk_issue_token('{"permissions":["allow_join"]}', '1 hour')});
like($new, qr/^[\w-]+\.[\w-]+\.[\w-]+\z/, 'issuing goes on');

# The log has the last statement of a session that crashes, even if that was over, and that of no other
my ($crashing, $other) = map { Session->new($node, 'postgres') } 1, 2;
my ($pid) = $crashing->run('SELECT pg_backend_pid()');
foreach my $session ($crashing, $other)
{
	my $number = $session == $crashing ? 1 : 2;
	my ($token) = $session->run("SELECT videosdk_sign_token('{\"apikey\":\"key\",\"permissions\":[\"allow_join\"]}', '$number${\SECRET}', '1 hour')");
	like($token, qr/^eyJ/, 'a session that has passed a secret');
}
my $log = log_of(
	$node,
	sub {
		my $offset = -s $node->logfile;
		chomp $pid;
		kill 'KILL', $pid;
		usleep(20_000) until slurp_file($node->logfile, $offset) =~ /\(PID $pid\) was terminated by signal 9.*\n.*\n/;
		$node->poll_query_until('postgres', 'SELECT true');
	});
like($log, qr/Failed process was running: SELECT videosdk_sign_token.*1${\SECRET}/, 'its last statement is logged when it crashes');
unlike($log, qr/2${\SECRET}/, 'and that of no other session');

$node->stop;
done_testing();
