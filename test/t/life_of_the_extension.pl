# The extension is the same wherever and by whomever it is installed; it moves with what depends on it, is dropped without a
# trace, and installed again
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use ExtensionCatalogue qw(catalogue differences other_objects);
use Node qw(query run_sql start_node);
use Sample qw(SECRET create_server);
use Session;
use Test::More;

use constant ODD_SCHEMA => q{"an odd ""schema""; or.not"};

my $node = start_node('main', 'log_statement = none');
my $superuser = query($node, 'postgres', 'SELECT current_user');
my $version = query($node, 'postgres',
	"SELECT default_version FROM pg_available_extensions WHERE name = 'videosdk_token'");

# The creator may create in the database and owns nothing there; the stranger may connect
query($node, 'postgres', <<'SQL');
CREATE ROLE admin LOGIN SUPERUSER;
CREATE ROLE creator LOGIN;
CREATE ROLE stranger LOGIN;
CREATE DATABASE app;
SQL
query($node, 'app', <<"SQL");
GRANT CREATE ON DATABASE app TO creator;
CREATE SCHEMA ${\ODD_SCHEMA};
CREATE SCHEMA of_creator AUTHORIZATION creator;
CREATE SCHEMA private;
GRANT CREATE ON SCHEMA public TO creator;
GRANT USAGE ON SCHEMA ${\ODD_SCHEMA}, of_creator TO creator, stranger;
CREATE TABLE tokens (token varchar(300));
ALTER TABLE tokens OWNER TO creator;
SQL

# A role in the name of a test
sub called
{
	my ($role) = @_;
	return $role eq $superuser ? 'a superuser' : $role;
}

# For a role's statements: (what they print, SQLSTATEs of errors and notices, all messages)
sub run_as
{
	my ($role, $sql) = @_;
	my ($stdout, $stderr) = run_sql($node, 'app', $sql, '-U', $role);
	return ($stdout, join(', ', $stderr =~ /^psql:<stdin>:\d+: (?:ERROR|NOTICE):  (\w+):/mg), $stderr);
}

# A server, and a statement that issues and validates a token by the functions in a schema
my $credential = create_server();

sub issue_and_validate
{
	my ($schema) = @_;
	my $token = "$schema.videosdk_issue_token($schema.videosdk_participant_payload('room', 'p'), '1 hour')";
	return "SELECT $schema.videosdk_validate_token($token) ->> 'roomId';\n";
}

# The installation by a superuser in public, with which every other is compared but for one in pg_catalog, on which
# PostgreSQL enters no dependency and whose name is also that of the types' schema
my $installation = query($node, 'app', "BEGIN;\nCREATE EXTENSION videosdk_token SCHEMA public;\n" . catalogue());

# Installations: [what, role, SQL, the schema]
my $odd = ODD_SCHEMA;
my $create = 'CREATE EXTENSION videosdk_token';
my @installations = (
	[ 'in a schema with an odd name', $superuser, "$create SCHEMA $odd", $odd ],
	[ 'in pg_catalog', $superuser, "$create SCHEMA pg_catalog", 'pg_catalog' ],
	[ 'with CASCADE, which it does not need', $superuser, "$create CASCADE", 'public' ],
	[ 'if it is not there', $superuser, 'CREATE EXTENSION IF NOT EXISTS videosdk_token', 'public' ],
	[ 'the version that is the default', $superuser, "$create VERSION '$version'", 'public' ],
	[ 'without a search_path', $superuser, "SET LOCAL search_path = '';\n$create SCHEMA public", 'public' ],
	[ 'first in the search_path', $superuser, "SET LOCAL search_path = missing, $odd, public;\n$create", $odd ],
	[ 'in a schema of his', 'creator', "$create SCHEMA of_creator", 'of_creator' ],
	[ 'in a schema where he may do nothing', 'creator', "$create SCHEMA private", 'private' ]);
foreach my $case (@installations)
{
	my ($what, $role, $sql, $schema) = @$case;
	my $printed = query($node, 'app', <<"SQL");
BEGIN;
SET LOCAL ROLE $role;
$sql;
SET LOCAL ROLE $superuser;
SELECT extnamespace::regnamespace, extowner::regrole FROM pg_extension WHERE extname = 'videosdk_token';
$credential
SET LOCAL search_path = '';
${\issue_and_validate($schema)}
${\catalogue()}
SQL
	my ($place, $room, $state) = split /\n/, $printed, 3;
	my $name = called($role) . " installs it $what";
	is("$place: $room", "$schema|$role: room", "$name, and it works");
	is(differences($installation, $state), '', "$name: all else, and who owns its members, is the same")
	  if $schema ne 'pg_catalog';
}
is(query($node, 'app', <<"SQL"), 'admin|admin', 'another superuser owns what he installs');
BEGIN;
SET LOCAL ROLE admin;
$create;
SELECT DISTINCT proowner::regrole, fdwowner::regrole FROM pg_proc, pg_foreign_data_wrapper WHERE proname LIKE 'videosdk%'
SQL

# What is refused, or only noticed: [role, SQL, SQLSTATE], before it is installed and afterwards
my $alter = 'ALTER EXTENSION videosdk_token';
my @before = (
	[ stranger => "$create SCHEMA public", '42501' ],
	[ stranger => "CREATE EXTENSION IF NOT EXISTS videosdk_token SCHEMA public", '42501' ],
	[ creator => $create, '3F000', "SET search_path = ''" ],
	[ creator => "$create SCHEMA missing CASCADE", '3F000' ],
	[ creator => "$create SCHEMA pg_temp", '3F000' ],
	[ creator => "$create VERSION '9.9'", '22023' ],
	[ creator => "$create VERSION '../$version'", '22023' ]);
my @afterwards = (
	[ creator => $create, '42710' ],
	[ creator => "CREATE EXTENSION IF NOT EXISTS videosdk_token", '42710' ],
	[ creator => "CREATE EXTENSION IF NOT EXISTS videosdk_token SCHEMA private VERSION '9.9' CASCADE", '42710' ],
	[ creator => "$alter UPDATE", '00000' ],
	[ creator => "$alter UPDATE TO '$version'", '00000' ],
	[ $superuser => "$alter UPDATE", '00000' ],
	[ creator => "$alter UPDATE TO '9.9'", '22023' ],
	[ creator => "$alter SET SCHEMA private", '42501' ],
	[ $superuser => "$alter SET SCHEMA missing", '3F000' ],
	[ $superuser => "$alter SET SCHEMA pg_temp", '0A000' ],
	[ creator => 'CREATE SERVER mine FOREIGN DATA WRAPPER videosdk', '42501' ],
	[ stranger => 'DROP EXTENSION videosdk_token', '42501' ]);

# Every row, with the numbers of objects, of the catalogues in which the extension and what depends on it are entered
my @catalogues = qw(pg_attrdef pg_constraint pg_depend pg_description pg_extension pg_foreign_data_wrapper pg_foreign_server
  pg_index pg_init_privs pg_proc pg_rewrite pg_shdepend pg_type pg_user_mapping);

sub rows
{
	my $sql = join '', map { "SELECT '$_', t FROM $_ AS t;\n" } @catalogues;
	return query($node, 'app', $sql . other_objects());
}

# Statements give these SQLSTATEs, and leave every row as it was
sub changes_nothing
{
	my ($when, @cases) = @_;
	my $rows = rows();
	foreach my $case (@cases)
	{
		my ($role, $sql, $expected, $beforehand) = @$case;
		my ($stdout, $sqlstates) = run_as($role, ($beforehand // '') . ";\n$sql");
		is($stdout . $sqlstates, $expected, "$when, ${\called($role)}: $sql: $expected");
	}
	is(differences($rows, rows()), '', "$when: nothing has changed");
	return;
}

changes_nothing('not installed', @before);
my $nothing = rows();
query($node, 'app', "$create SCHEMA of_creator", '-U', 'creator');
changes_nothing('installed', @afterwards);

sub state
{
	return query($node, 'app', "BEGIN;\n" . catalogue());
}

my $first = state();

# What depends on it: [what, SQL, its name in the refusal].  All is the creator's, who may now create servers.  Nothing is
# so long that PostgreSQL would add a TOAST table, and keep it.
my $issue = q{videosdk_issue_token('{"permissions":["allow_join"]}', '1 hour')};
my @dependents = (
	[ 'a server', 'CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk', 'server videosdk ' ],
	[ 'a generated column', <<'SQL', 'column apikey of table tokens ' ],
ALTER TABLE tokens ADD apikey varchar(99) GENERATED ALWAYS AS (videosdk_decode_token(token) ->> 'apikey') STORED
SQL
	[ 'a default', "ALTER TABLE tokens ALTER token SET DEFAULT $issue", 'column token of table tokens ' ],
	[ 'a constraint', 'ALTER TABLE tokens ADD CONSTRAINT decoded CHECK (videosdk_decode_token(token) IS NOT NULL)', 'decoded ' ],
	[ 'an index', "CREATE INDEX by_apikey ON tokens ((videosdk_decode_token(token) ->> 'apikey'))", 'index by_apikey ' ],
	[ 'a view', 'CREATE VIEW checked AS SELECT status FROM tokens, videosdk_check_token(token)', 'view checked ' ],
	[ 'a function', 'CREATE FUNCTION payload() RETURNS jsonb RETURN videosdk_api_payload()', 'function payload() ' ]);
my $path = 'SET search_path = public, of_creator';
query($node, 'app', 'GRANT USAGE ON FOREIGN DATA WRAPPER videosdk TO creator');
foreach my $dependent (@dependents)
{
	my ($what, $sql, $name) = @$dependent;
	my (undef, $sqlstates, $stderr) = run_as('creator', "$path;\nBEGIN;\n$sql;\nDROP EXTENSION videosdk_token");
	is($sqlstates, '2BP01', "not dropped while $what depends on it");
	like($stderr, qr/^DETAIL:  .*\Q$name\E.*depends on /m, "$what is named");
}

# All of them, and what is entered in the catalogues with them; a session that knows the credential stays connected
my @create_dependents = map { $_->[1] } @dependents;
query($node, 'app', join(";\n", $path, @create_dependents) . <<"SQL", '-U', 'creator');
;
CREATE USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (apikey 'key', secret '${\SECRET}');
CREATE USER MAPPING FOR stranger SERVER videosdk;
GRANT USAGE ON FOREIGN SERVER videosdk TO stranger;
COMMENT ON SERVER videosdk IS 'the creator''s';
SQL
query($node, 'app', <<'SQL');
REVOKE EXECUTE ON FUNCTION of_creator.videosdk_sign_token(jsonb, text, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION of_creator.videosdk_sign_token(jsonb, text, interval) TO stranger;
SQL
my $session = Session->new($node, 'app', '-U', 'stranger');

# It is moved: what depends on it goes on, and so do the tokens that were issued before
my $granted = state();
my $number = 0;
foreach my $schema ('of_creator', $odd, 'pg_catalog', 'of_creator')
{
	my (undef, $sqlstates) = run_as($superuser, "$alter SET SCHEMA $schema");
	is($sqlstates, '', "moved to $schema");
	is(differences($granted, state()), '', "$schema: all but the schema is as it was") if $schema ne 'pg_catalog';
	is(($session->run(issue_and_validate($schema)))[0], "room\n", "$schema: a session issues and validates");
	$number++;
	my ($stdout, $errors) = run_as('creator', <<"SQL");
INSERT INTO tokens DEFAULT VALUES;
SELECT status, count(*) FROM checked GROUP BY status;
SET enable_seqscan = off;
SELECT count(*) FROM tokens WHERE $schema.videosdk_decode_token(token) ->> 'apikey' = 'key' AND apikey = 'key';
SELECT payload() ->> 'version';
ALTER SERVER videosdk OPTIONS (ADD secret 'x');
SQL
	is("$stdout\n$errors", "valid|$number\n$number\n2\nHV00D", "$schema: what depends on it works");
}

# Dropped: not by itself, and without a trace
my $rows = rows();
my (undef, $refused, $detail) = run_as('creator', 'DROP EXTENSION videosdk_token');
is($refused, '2BP01', 'not dropped while all of them depend on it');
like($detail, qr/\Q$_->[2]\E.*depends on /, "$_->[0] is named with the others") foreach @dependents;
is(differences($rows, rows()), '', 'and all is as it was');

my ($dropped) = run_as('creator', "DROP EXTENSION videosdk_token CASCADE;\nSELECT count(token) FROM tokens");
is($dropped, $number, "dropped with what depends on it, but for the table's other columns");
is(differences($nothing, rows()), '', 'nothing of it is left');
like(($session->run(issue_and_validate('of_creator')))[1], qr/ERROR:  42883: /, 'the session finds it no more');

# And installed again
query($node, 'app', "$create SCHEMA of_creator", '-U', 'creator');
is(differences($first, state()), '', 'installed again, it is what it was');
query($node, 'app', $credential . 'GRANT USAGE ON FOREIGN SERVER videosdk TO stranger');
is(($session->run(issue_and_validate('of_creator')))[0], "room\n", 'the session finds it again');
is( query($node, 'app', 'SELECT status, count(*) FROM tokens, of_creator.videosdk_check_token(token) GROUP BY status'),
	"valid|$number", 'tokens that were issued before are valid');
$session->quit;

$node->stop;
done_testing();
