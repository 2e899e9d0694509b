# A second node, reached with postgres_fdw, decodes, and the rows are those of a local run.  What knows a secret or a
# credential stays here: no statement that arrives there shows one.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant {
	SECRET => '5f0c1e7b9a3d48265b7c9e1f0a2d4c6e8b1a3c5d7e9f0b2d4a6c8e0f1b3d5a79',
	OTHER_SECRET => 'b1946ac92492d2347c6235b4d2611184c0ffee00c0ffee00c0ffee00c0ffee00',
};
my $secret = SECRET;
my $other_secret = OTHER_SECRET;

sub new_node
{
	my ($name) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
	$node->append_conf('postgresql.conf', "log_statement = all\nlog_parameter_max_length = -1\njit = off");
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION videosdk_token');
	return $node;
}

# There: tokens of ten rooms, and a server of the same name with another credential
my $remote = new_node('remote');
$remote->safe_psql('postgres', <<"SQL");
CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk;
CREATE USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (apikey 'remote', secret '$other_secret');
CREATE TABLE tokens AS
SELECT n, name 'videosdk' AS server, payload, videosdk_sign_token(payload, '$secret', '1 hour') AS token
FROM generate_series(1, 200) n,
	videosdk_participant_payload('room ' || n % 10, 'participant ' || n, apikey => 'key') payload;
SQL
my $set_up = -s $remote->logfile;

# Here: the credential of the tokens, and the same rows, near and far
my $local = new_node('local');
my ($host, $port) = ($remote->host, $remote->port);
$local->safe_psql('postgres', <<"SQL");
CREATE EXTENSION postgres_fdw;
CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk;
CREATE USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (apikey 'key', secret '$secret');
CREATE SERVER remote FOREIGN DATA WRAPPER postgres_fdw
	OPTIONS (host '$host', port '$port', dbname 'postgres', extensions 'videosdk_token');
CREATE USER MAPPING FOR CURRENT_USER SERVER remote;
CREATE FOREIGN TABLE far (n int, server name, payload jsonb, token text) SERVER remote
	OPTIONS (table_name 'tokens');
CREATE TABLE near AS SELECT * FROM far;
SQL

# The statements that the plan sends to the other node
sub remote_sql
{
	my ($query) = @_;
	my $plan = $local->safe_psql('postgres', "EXPLAIN (VERBOSE, COSTS OFF) $query");
	return join("\n", $plan =~ /Remote SQL: (.*)/g);
}

# What a query returns, whose changes are taken back
sub rows
{
	my ($query) = @_;
	return $local->safe_psql('postgres', "BEGIN; $query; ROLLBACK");
}

sub same_rows
{
	my ($what, $query) = @_;
	my $near = rows($query =~ s/\bfar\b/near/gr);
	isnt($near, '', "$what: there are rows");
	is(rows($query), $near, "$what: the rows are those of a local run");
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

my $room = q{@> '{"roomId": "room 3"}'};
foreach my $place (sort keys %places)
{
	my $query = $places{$place}->("videosdk_decode_token(token) $room");
	like(remote_sql($query), qr/\bpublic\.videosdk_decode_token\(/, "decode, $place: shipped");
	same_rows("decode, $place", $query);
}

# Each with nothing else that would keep it from being shipped: no default that is the clock, no text without a column
my $judge = "'0', timestamptz '2000-01-01'";
my %conditions = (
	verify => "videosdk_verify_token(token, '$secret', $judge) $room",
	inspect => "(videosdk_inspect_token(token, '$secret', $judge) IS NULL) = (n < 0)",
	sign => "videosdk_decode_token(videosdk_sign_token(payload, left(token, 0) || '$secret', '1 hour')) $room",
	validate => "videosdk_validate_token(token, server, $judge) $room",
	check => "(videosdk_check_token(token, server, $judge) IS NULL) = (n < 0)",
	issue => "videosdk_decode_token(videosdk_issue_token(payload, '1 hour', server)) $room");

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

# A token that is none: the error comes from the other node, with the statement that it was sent
$remote->safe_psql('postgres', "INSERT INTO tokens VALUES (0, 'videosdk', '{}', 'not a token')");
my ($status, undef, $error) = $local->psql('postgres',
	"\\set VERBOSITY verbose\n" . $places{WHERE}->("videosdk_decode_token(token) $room AND $conditions{verify}"));
is($status, 3, 'an error of the other node');
like($error, qr/^psql:<stdin>:2: ERROR:  22P02: token is malformed\n.*CONTEXT:  remote SQL command: SELECT/s,
	'the error has its SQLSTATE and the statement that was sent');
unlike($error, qr/$secret/, 'the error has no secret');

# Not what was planned, but what arrived
like(slurp_file($remote->logfile), qr/$secret/, 'the log would show the secret');
my $arrived = slurp_file($remote->logfile, $set_up);
like($arrived, qr/DELETE FROM public\.tokens WHERE .*videosdk_decode_token/, 'the log shows what arrived');
unlike($arrived, qr/$secret|videosdk_(?!decode_token)/, 'no secret arrived, and no call that would need one');

$local->stop;
$remote->stop;
done_testing();
