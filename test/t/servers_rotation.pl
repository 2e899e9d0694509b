# While a secret changes, 200 sessions at once issue and validate: a token of the server that rotates is valid with the one
# secret or the other, and no call fails
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use IPC::Run;
use Node qw(query start_node);
use PostgreSQL::Test::Utils;
use Sample qw(OTHER_SECRET SECRET create_server);
use Session;
use Test::More;

use constant SESSIONS => 200;

my $node = start_node('main', <<"CONF");
max_connections = ${\(SESSIONS + 20)}
log_statement = none
log_error_verbosity = verbose
CONF
query($node, 'postgres', <<"SQL");
CREATE EXTENSION videosdk_token;
${\create_server()}
${\create_server('rotating')}
${\create_server('next', OTHER_SECRET)}
CREATE TABLE used (secret text);

-- Raises an error where the token is not valid for this room
CREATE FUNCTION use(token text, server name, room text) RETURNS void LANGUAGE plpgsql AS \$\$
BEGIN
	ASSERT videosdk_validate_token(token, server) ->> 'roomId' = room;
	ASSERT (videosdk_check_token(token, server)).status = 'valid';
END\$\$;
SQL
my $folder = PostgreSQL::Test::Utils::tempdir();
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
	my $to = $rotations++ % 2 ? SECRET : OTHER_SECRET;
	$session->run("ALTER USER MAPPING FOR PUBLIC SERVER rotating OPTIONS (SET secret '$to')");
}
$crowd->finish;
is($crowd->result(0), 0, 'crowd: pgbench succeeds');
is($errors =~ s/^pgbench \(.*\n//r, '', 'crowd: and reports no error');
like($report, qr{number of transactions actually processed: 1000/1000\b}m, 'crowd: five transactions of each session');
unlike(slurp_file($node->logfile, $offset), qr/ERROR|FATAL|PANIC|WARNING/, 'crowd: the log has no error');
like(
	query($node, 'postgres', 'SELECT secret, count(*) FROM used GROUP BY secret ORDER BY secret'),
	qr/^next\|\d+\nvideosdk\|\d+$/,
	"crowd: with both secrets, which changed $rotations times");

$session->quit;
$node->stop;
done_testing();
