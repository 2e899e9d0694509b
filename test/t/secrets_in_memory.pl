# Keys are in a backend's memory while a statement needs them, and wiped when it ends, fails or goes on with another secret.
# They are looked for in UTF-8, in a database of another encoding, where only the extension has a secret in UTF-8.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use Helper qw(build_library);
use Node qw(create_database start_node);
use Sample qw(create_server);
use Session;
use Test::More;

# Of these, all but the beginning is looked for: what is freed may have its first bytes overwritten
my @secrets = map { join '', "\xe9$_", map { chr(0xc0 + ($_ * 7) % 48) . chr(0x61 + $_ % 26) } 1 .. 30 } 1, 2;
$secrets[1] = reverse $secrets[1];

my $library = build_library('scan_memory');
my $node = start_node('main', "jit = off\nlog_statement = none");
foreach my $encoding (qw(LATIN1 UTF8))
{
	create_database($node, $encoding, $encoding);
	$node->safe_psql($encoding, <<"SQL");
SET client_encoding = LATIN1;
CREATE EXTENSION videosdk_token;
CREATE FUNCTION copies_in_memory(complement bytea) RETURNS int LANGUAGE C AS '$library';
${\create_server('videosdk', $secrets[0])}
SQL
}

# How often the UTF-8 of a secret is in a session's memory
sub copies
{
	my ($session, $secret) = @_;
	my $utf8 = $secret;
	utf8::upgrade($utf8);
	utf8::encode($utf8);
	my $complement = unpack 'H*', ~substr($utf8, 24, 100);
	return $session->result("SELECT copies_in_memory('\\x$complement')") + 0;
}

sub copies_of_all
{
	my ($session) = @_;
	return join ', ', map { copies($session, $_) } @secrets;
}

# The next row of the statement; it must not fail
sub fetch
{
	my ($session) = @_;
	return $session->result('FETCH c');
}

# Begin a statement, whose rows are to be fetched
sub open_cursor
{
	my ($session, $query) = @_;
	$session->result("BEGIN;\nDECLARE c CURSOR FOR $query");
	return;
}

my $session = Session->new($node, 'LATIN1');
$session->run('SET client_encoding = LATIN1');
my $payload = q{'{"apikey":"key","permissions":["allow_join"]}'};
my $rows = "(VALUES (1, '$secrets[0]'), (2, '$secrets[1]'), (3, '$secrets[1]')) rows (n, secret)";
is(copies_of_all($session), '0, 0', 'nothing is there before');

my %statements = (
	sign => "SELECT videosdk_sign_token($payload, secret, '1 hour') FROM $rows",
	verify => "SELECT videosdk_verify_token(videosdk_sign_token($payload, secret, '1 hour'), secret) FROM $rows",
	inspect => "SELECT status FROM $rows, videosdk_inspect_token('a.b.c', secret)");
foreach my $name (sort keys %statements)
{
	open_cursor($session, $statements{$name});
	fetch($session);
	like(copies_of_all($session), qr/^[1-9]\d*, 0$/, "$name: the first secret is there for the first row");
	fetch($session);
	like(copies_of_all($session), qr/^0, [1-9]\d*$/, "$name: it is wiped for the second");
	$session->run('COMMIT');
	is(copies_of_all($session), '0, 0', "$name: wiped at the end");
}

# A statement that fails
my ($output, $errors) = $session->run(
	"SELECT videosdk_sign_token(CASE n WHEN 1 THEN $payload ELSE '{}' END::jsonb, secret, '1 hour') FROM $rows");
like($errors, qr/ERROR:  22023: claim "apikey" is missing/, 'a statement fails');
is(copies_of_all($session), '0, 0', 'wiped after an error');

# With secrets that the database stores compressed or elsewhere, of which a call makes a plain copy
my @long = map { $_ x 80 } 'a-secret-that-is-stored,-the-first-of-two.', 'a-secret-that-is-stored,-the-other-of-two.';
my %is_compressed = (EXTENDED => 't', EXTERNAL => 'f');
foreach my $storage (sort keys %is_compressed)
{
	my $session = Session->new($node, 'UTF8');
	$node->safe_psql('UTF8', <<"SQL");
CREATE TABLE $storage (secret text, options text[]);
ALTER TABLE $storage ALTER secret SET STORAGE $storage, ALTER options SET STORAGE $storage;
INSERT INTO $storage SELECT secret, ARRAY['apikey=key', 'secret=' || secret] FROM unnest(ARRAY['$long[0]', '$long[1]']) AS secret;
SQL
	is($session->result("SELECT bool_and(pg_column_size(secret) < 1000) FROM $storage"),
		$is_compressed{$storage}, "$storage: as it is stored");
	my %calls = (
		sign => "videosdk_sign_token($payload, secret, '1 hour')",
		inspect => "(videosdk_inspect_token('a.b.c', secret)).status");
	foreach my $name (sort keys %calls)
	{
		open_cursor($session, "SELECT $calls{$name} FROM $storage");
		fetch($session);
		cmp_ok(copies($session, $long[0]), '>', 0, "$storage, $name: the first secret is there for the first row");
		fetch($session);
		is(copies($session, $long[0]), 0, "$storage, $name: it is wiped for the second");
		$session->run('COMMIT');
		is(copies($session, $_), 0, "$storage, $name: wiped at the end") foreach @long;
	}
	$session->result("SELECT videosdk_credential_validator(options, 'pg_user_mapping'::regclass) FROM $storage");
	is(copies($session, $_), 0, "$storage: the validator wipes its copy") foreach @long;
	$session->quit;
}

# With the database's secrets, in another encoding, and in UTF8, where PostgreSQL's cache of the catalogue has a copy
my $alter = 'ALTER USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS';
foreach my $encoding (qw(LATIN1 UTF8))
{
	my $cached = $encoding eq 'UTF8' ? 1 : 0;
	my $issue = q{videosdk_issue_token('{"permissions":["allow_join"]}', '1 hour')};
	my %with_server = (
		issue => "SELECT $issue FROM generate_series(1, 2)",
		validate => "SELECT videosdk_validate_token($issue) FROM generate_series(1, 2)",
		check => "SELECT status FROM generate_series(1, 2), videosdk_check_token('a.b.c')",
		join => "SELECT code FROM generate_series(1, 2), videosdk_check_join('a.b.c', 'room', 'participant')");
	$node->safe_psql($encoding, <<"SQL");
SET client_encoding = LATIN1;
$alter (ADD previous_secret '$secrets[1]', ADD previous_until '9999-12-31T00:00:00Z');
SQL
	my $session = Session->new($node, $encoding);
	is(copies_of_all($session), '0, 0', "$encoding: nothing is there before");
	foreach my $name (sort keys %with_server)
	{
		open_cursor($session, $with_server{$name});
		fetch($session);
		cmp_ok(copies($session, $_), '>', $cached, "$encoding, $name: a secret is there") foreach @secrets;
		$session->run('COMMIT');
		is(copies_of_all($session), "$cached, $cached", "$encoding, $name: wiped at the end");
	}
	$session->quit;
}

# When there is no previous secret any longer, and then another current one, an expression that goes on wipes what it kept
my $going_on = Session->new($node, 'LATIN1');
open_cursor($going_on, "SELECT (videosdk_check_token('a.b.c' || left(n::text, 0))).status FROM generate_series(1, 3) n");
fetch($going_on);
like(copies_of_all($going_on), qr/^[1-9]\d*, [1-9]\d*$/, 'both secrets are there for the first row');
$node->safe_psql('LATIN1', "$alter (DROP previous_secret, DROP previous_until)");
fetch($going_on);
like(copies_of_all($going_on), qr/^[1-9]\d*, 0$/, 'the previous one is wiped for the second');
$node->safe_psql('LATIN1', "$alter (SET secret 'another secret, which is as long as it has to be')");
fetch($going_on);
is(copies_of_all($going_on), '0, 0', 'the current one is wiped for the third');
$going_on->quit;

# The validator converts secrets to count their bytes
$session->run("$alter (SET secret '$secrets[1]', ADD previous_secret '$secrets[0]', ADD previous_until '9999-12-31T00:00:00Z')");
is(copies_of_all($session), '0, 0', 'the validator wipes what it has converted');

$session->quit;
$node->stop;
done_testing();
