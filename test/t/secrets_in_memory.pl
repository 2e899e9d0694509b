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
	my $complement = unpack 'H*', ~substr($utf8, 24);
	my ($copies, $errors) = $session->run("SELECT copies_in_memory('\\x$complement')");
	die $errors if $errors ne '';
	return $copies + 0;
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
	my ($row, $errors) = $session->run('FETCH c');
	die $errors if $errors ne '';
	return $row;
}

# Begin a statement, whose rows are to be fetched
sub open_cursor
{
	my ($session, $query) = @_;
	my (undef, $errors) = $session->run("BEGIN;\nDECLARE c CURSOR FOR $query");
	die $errors if $errors ne '';
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

# With the database's secret, in another encoding, and in UTF8, where PostgreSQL's cache of the catalogue has a copy
foreach my $encoding (qw(LATIN1 UTF8))
{
	my $cached = $encoding eq 'UTF8' ? 1 : 0;
	my $session = Session->new($node, $encoding);
	my %with_server = (
		issue => "SELECT videosdk_issue_token('{\"permissions\":[\"allow_join\"]}', '1 hour') FROM generate_series(1, 2)",
		check => "SELECT status FROM generate_series(1, 2), videosdk_check_token('a.b.c')");
	is(copies($session, $secrets[0]), 0, "$encoding: nothing is there before");
	foreach my $name (sort keys %with_server)
	{
		open_cursor($session, $with_server{$name});
		fetch($session);
		cmp_ok(copies($session, $secrets[0]), '>', $cached, "$encoding, $name: the secret is there");
		$session->run('COMMIT');
		is(copies($session, $secrets[0]), $cached, "$encoding, $name: wiped at the end");
	}
	$session->quit;
}

# The validator converts a secret to count its bytes
$session->run("ALTER USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (SET secret '$secrets[1]')");
is(copies_of_all($session), '0, 0', 'the validator wipes what it has converted');

$session->quit;
$node->stop;
done_testing();
