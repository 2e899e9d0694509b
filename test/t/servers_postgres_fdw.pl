# A node that postgres_fdw reaches decodes tokens, and the rows are those of a local run.  A call that takes a secret or a
# server stays here: no statement that arrives there has a secret.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use ExampleCalls qw(call_of_example examples takes_key takes_webhook);
use Node qw(query start_node);
use PostgreSQL::Test::Utils;
use Sample qw(OTHER_SECRET SECRET create_server);
use SampleWebhook qw(public_key);
use Session;
use Test::More;

my $secret = SECRET;

sub new_node
{
	my ($name) = @_;
	my $node = start_node($name, "log_statement = all\nlog_parameter_max_length = -1\njit = off");
	query($node, 'postgres', 'CREATE EXTENSION videosdk_token');
	return $node;
}

# There: tokens of ten rooms, and a server of the same name with another credential
my $remote = new_node('remote');
query($remote, 'postgres', <<"SQL");
${\create_server('videosdk', OTHER_SECRET)}
CREATE TABLE tokens AS
SELECT n, name 'videosdk' AS server, payload, videosdk_sign_token(payload, '$secret', '1 hour') AS token
FROM generate_series(1, 200) n,
	videosdk_participant_payload('room-' || n % 10, 'participant-' || n, apikey => 'key') payload;
SQL
my $set_up = -s $remote->logfile;

# Here: the credential of the tokens, and the same rows, near and far
my $local = new_node('local');
my ($host, $port) = ($remote->host, $remote->port);
query($local, 'postgres', <<"SQL");
CREATE EXTENSION postgres_fdw;
${\create_server('videosdk', SECRET, "webhook_public_key '${\public_key()}'")}
CREATE SERVER remote FOREIGN DATA WRAPPER postgres_fdw
	OPTIONS (host '$host', port '$port', dbname 'postgres', extensions 'videosdk_token');
CREATE USER MAPPING FOR CURRENT_USER SERVER remote;
CREATE FOREIGN TABLE far (n int, server name, payload jsonb, token text) SERVER remote
	OPTIONS (table_name 'tokens');
CREATE TABLE near AS SELECT * FROM far;
SQL

my $session = Session->new($local, 'postgres');

# The statements that the plan of a query sends to the other node
sub remote_sql
{
	my ($query) = @_;
	return join("\n", $session->result("EXPLAIN (VERBOSE, COSTS OFF) $query") =~ /Remote SQL: (.*)/g);
}

# A query, whose changes are taken back, returns rows, and the same of the foreign table as of its copy here
sub same_rows
{
	my ($what, $query) = @_;
	my $near = $session->result('BEGIN; ' . $query =~ s/\bfar\b/near/gr . '; ROLLBACK');
	isnt($near, '', "$what: there are rows");
	is($session->result("BEGIN; $query; ROLLBACK"), $near, "$what: the rows are those of a local run");
}

# Places for a condition in a query
my %places = (
	'WHERE' => sub { "SELECT n FROM far WHERE $_[0] ORDER BY n" },
	'aggregate of rows' => sub { "SELECT count(*), sum(n) FROM far WHERE $_[0]" },
	'aggregate of itself' => sub { "SELECT bool_or($_[0]) FROM far" },
	'GROUP BY' => sub { "SELECT count(*) FROM far GROUP BY $_[0] ORDER BY 1" },
	'ORDER BY' => sub { "SELECT n FROM far ORDER BY $_[0], n" },
	'DELETE' => sub { "DELETE FROM far WHERE $_[0] RETURNING n" },
	'UPDATE' => sub { "UPDATE far SET n = n + 1000 WHERE $_[0] RETURNING n" });

my $room = q{@> '{"roomId": "room-3"}'};
foreach my $place (sort keys %places)
{
	my $query = $places{$place}->("videosdk_decode_token(token) $room");
	like(remote_sql($query), qr/\bpublic\.videosdk_decode_token\(/, "decode, $place: shipped");
	same_rows("decode, $place", $query);
}

# Calls that must stay, with nothing else in them that would keep them here: no default that is the clock, no text without a
# column
my %values = (
	token => 'token', payload => 'payload', server => 'server', secret => "left(token, 0) || '$secret'",
	valid_at => "timestamptz '2000-01-01'");
my %shapes = (
	jsonb => "%s $room", event => '(%s IS NULL) = (n < 0)', text => "videosdk_decode_token(%s) $room", record => '(%s IS NULL) = (n < 0)');
my %examples = examples($local, 'postgres');
my %conditions;
foreach my $name (grep { takes_key($examples{$_}) } keys %examples)
{
	my $example = $examples{$name};
	$conditions{$name} = sprintf $shapes{ takes_webhook($example) ? 'event' : $example->{returns} },
	  call_of_example($example, sub { return $_[0] eq 'signature' ? "left(token, 0) || $_[1]" : $values{ $_[0] } // $_[1] });
}

foreach my $name (sort keys %conditions)
{
	foreach my $place (sort keys %places)
	{
		my $query = $places{$place}->($conditions{$name});
		my $sql = remote_sql($query);
		like($sql, qr/ FROM public\.tokens/, "$name, $place: rows are asked for");
		unlike($sql, qr/videosdk_|$secret/, "$name, $place: stays here");
		same_rows("$name, $place", $query);
	}
}

# An error of the other node comes with the statement that it was sent, which has no secret
query($remote, 'postgres', "INSERT INTO tokens VALUES (0, 'videosdk', '{}', 'not a token')");
my ($status, undef, $error) = $local->psql('postgres',
	"\\set VERBOSITY verbose\n" . $places{WHERE}->("videosdk_decode_token(token) $room AND $conditions{videosdk_verify_token}"));
is($status, 3, 'an error of the other node');
like($error, qr/^psql:<stdin>:2: ERROR:  22P02: token is malformed\n.*CONTEXT:  remote SQL command: SELECT/s,
	'the error has its SQLSTATE and the statement that was sent');
unlike($error, qr/$secret/, 'the error has no secret');

# What has arrived, beyond what was planned
like(slurp_file($remote->logfile), qr/$secret/, 'the log would show the secret');
my $arrived = slurp_file($remote->logfile, $set_up);
like($arrived, qr/DELETE FROM public\.tokens WHERE .*videosdk_decode_token/, 'the log shows what arrived');
unlike($arrived, qr/$secret|videosdk_(?!decode_token)/, 'no secret arrived, and no call that would need one');

$session->quit;
$local->stop;
$remote->stop;
done_testing();
