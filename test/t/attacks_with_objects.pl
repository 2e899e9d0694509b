# Objects that others create, before the extension is installed and afterwards, become no part of it and change nothing that
# its functions do; nobody but a superuser changes its functions
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use ExampleCalls qw(unnamed);
use ExtensionCatalogue qw(catalogue functions);
use HostileCalls qw(calls set_up_calls);
use HostileObjects qw(attempts look_alikes planted temporary_look_alikes);
use Node qw(query run_sql sqlstate start_node);
use Protocol;
use Sample qw(FOR_EVER SECRET payload token);
use Test::More;

use constant FIRST_OID_THAT_IS_NOT_POSTGRESQLS => 16384;

# Valid at all times but those of a planted clock
my $token = token(payload('"nbf":1577836800', FOR_EVER));

my $node = start_node('main', 'log_statement = none');
my $superuser = query($node, 'postgres', 'SELECT current_user');

# For a role's statements: (what they print, their SQLSTATEs, all messages)
sub run_as
{
	my ($database, $role, $sql) = @_;
	my ($stdout, $stderr) = run_sql($node, $database, $sql, '-U', $role, '-v', 'ON_ERROR_ROLLBACK=on');
	return ($stdout, sqlstate($stderr), $stderr);
}

# The installing owner may do in the database what he likes; the planter may create objects in public
query($node, 'postgres', <<'SQL');
CREATE ROLE installer LOGIN;
CREATE ROLE planter LOGIN;
CREATE DATABASE app OWNER installer;
SQL
query($node, 'app', <<'SQL');
GRANT CREATE ON SCHEMA public TO planter;
GRANT CREATE ON DATABASE app TO planter;
SQL

# All that the catalogue has on the extension
my $catalogue = "\\echo catalogue\n" . catalogue();

# SQL that calls the functions in a schema by their full names, and prints what they return
sub probe
{
	my ($schema) = @_;
	return <<"SQL";
\\echo probe
SELECT $schema.videosdk_participant_payload('r', 'p', '{ask_join}', '2026-11-24 10:00:00.5Z',
	'{"x": [1.50], "roomId": "evil", "apikey": "evil"}', 'k');
SELECT $schema.videosdk_participant_payload('r', 'p');
SELECT $schema.videosdk_api_payload(custom_claims => '{"x": null, "roles": ["evil"]}', apikey => 'k');
SELECT $schema.videosdk_verify_token('$token', '${\SECRET}');
SELECT status, header, payload FROM $schema.videosdk_inspect_token('$token', '${\SECRET}');
SELECT $schema.videosdk_decode_token('$token');
SELECT $schema.videosdk_verify_token('$token', 'another');
SELECT pg_catalog.left($schema.videosdk_sign_token('{"apikey": "k", "permissions": ["allow_join"], "iat": 0}',
	'${\SECRET}', '1 hour'), 100);
SQL
}

# An installation without anything planted is what all others are compared with
my ($clean) = run_as('app', $superuser, <<"SQL");
BEGIN;
CREATE EXTENSION videosdk_token;
$catalogue
${\probe('public')}
SQL
like($clean, qr/\Acatalogue\n.*\|fdwowner\|role $superuser\n.*^probe\n\{.*"roomId": "r".*^valid\|/ms, 'a clean installation');
my ($clean_catalogue, $clean_probe) = split /^probe\n/m, $clean;
my @signatures = split /\n/, query($node, 'app', <<'SQL');
BEGIN;
CREATE EXTENSION videosdk_token;
SELECT proname || '(' || oidvectortypes(proargtypes) || ')' FROM pg_proc WHERE proname LIKE 'videosdk%' ORDER BY 1
SQL
is(scalar(() = $clean =~ /^function .*\|depends on\|extension videosdk_token\|e$/mg),
	scalar @signatures, 'its functions are its members');
is(query($node, 'app', <<"SQL"), '', "each is of the library or of SQL, and the superuser's");
BEGIN;
CREATE EXTENSION videosdk_token;
SELECT proname FROM pg_proc
WHERE proname LIKE 'videosdk%' AND NOT (
	(probin = '\$libdir/videosdk_token' AND prosrc = proname OR probin IS NULL AND prosqlbody IS NOT NULL)
	AND proowner = '$superuser'::regrole AND proacl IS NULL AND proconfig IS NULL AND NOT prosecdef AND NOT proleakproof)
SQL
query($node, 'postgres', 'CREATE EXTENSION videosdk_token');
my %functions = functions($node, 'postgres');
my %of_sql = map { $_ => 1 } grep { $functions{$_}{language} eq 'sql' } keys %functions;
is(join(', ', unnamed(\%of_sql, probe('public'))), '', 'all functions in SQL are probed');

# Its defaults and bodies were parsed then, and refer to nothing but PostgreSQL's own objects
my @oids = split /\n/, query($node, 'app', <<'SQL');
BEGIN;
CREATE EXTENSION videosdk_token;
SELECT (regexp_matches(coalesce(prosqlbody::text, '') || coalesce(proargdefaults::text, ''),
	':\w*(?:funcid|opno|type|typeid|collid) (\d+)', 'g'))[1]
FROM pg_proc WHERE proname LIKE 'videosdk%'
SQL
cmp_ok(scalar @oids, '>', 100, 'defaults and bodies refer to objects');
is(scalar(grep { $_ >= FIRST_OID_THAT_IS_NOT_POSTGRESQLS } @oids), 0, "all of which are PostgreSQL's own");

# With objects created before, the installation is refused as a whole, or the same as without them
my %installers = ('a superuser' => $superuser, "the database's owner" => 'installer');
foreach my $case (planted(@signatures))
{
	my ($what, $sql, $expected) = @$case;
	foreach my $installer (sort keys %installers)
	{
		foreach my $create ('CREATE EXTENSION', 'CREATE EXTENSION IF NOT EXISTS')
		{
			my ($stdout, $sqlstates) = run_as('app', $superuser, <<"SQL");
BEGIN;
SET LOCAL ROLE planter;
$sql;
SET LOCAL ROLE $installers{$installer};
$create videosdk_token SCHEMA public;
SET LOCAL ROLE $superuser;
SET LOCAL search_path = public, pg_temp, pg_catalog;
SELECT pg_catalog.count(*) FROM pg_catalog.pg_extension WHERE extname OPERATOR(pg_catalog.=) 'videosdk_token';
$catalogue
SQL
			my $name = "$create by $installer after a planter has made: $what";
			if ($expected ne '')
			{
				is("$sqlstates: $stdout", "$expected: 0\ncatalogue", "$name: $expected, and nothing is there");
				next;
			}
			is("$sqlstates: $stdout\n", ": 1\n$clean_catalogue", "$name: all is ours");
		}
	}
}

# Objects created before or after change nothing that the functions do, whatever the session finds first
my %paths = (
	'public before pg_catalog' => 'public, pg_catalog',
	'pg_temp before pg_catalog' => 'pg_temp, pg_catalog',
	'all of them before pg_catalog' => 'pg_temp, evil, public, pg_catalog');
my $installation = "CREATE EXTENSION videosdk_token SCHEMA public;\n";
my $plants = look_alikes('public') . "CREATE SCHEMA evil;\n" . look_alikes('evil') . temporary_look_alikes();
foreach my $path (sort keys %paths)
{
	my %orders = ('before' => $plants . $installation, 'after' => $installation . $plants);
	foreach my $order (sort keys %orders)
	{
		my ($stdout) = run_as('app', $superuser, <<"SQL");
BEGIN;
$orders{$order}
SET LOCAL search_path = $paths{$path};
${\probe('public')}
SQL
		is($stdout, "probe\n$clean_probe", "look-alikes planted $order the installation, $path");
	}
}

# The look-alikes are found before PostgreSQL's own objects
my ($stdout) = run_as('app', $superuser, <<"SQL");
BEGIN;
$plants
SET LOCAL search_path = evil, pg_catalog;
SELECT pg_catalog.extract('year', clock_timestamp());
SELECT pg_catalog.jsonb '{}' || pg_catalog.jsonb '{}', jsonb_build_object('a'::pg_catalog.text, 'b'::pg_catalog.text);
SELECT ceil(1.5);
SQL
is($stdout, qq(1999\n"evil"|"evil"\n-1.0), 'look-alikes are found where they may be');

# The extension's schema: hostile, and back again
($stdout, my $sqlstates) = run_as('app', $superuser, <<"SQL");
BEGIN;
CREATE EXTENSION videosdk_token SCHEMA public;
CREATE SCHEMA evil AUTHORIZATION planter;
${\look_alikes('evil')}
ALTER EXTENSION videosdk_token SET SCHEMA evil;
SET LOCAL search_path = evil, pg_catalog;
${\probe('evil')}
ALTER EXTENSION videosdk_token SET SCHEMA public;
SET LOCAL search_path = pg_catalog, pg_temp;
$catalogue
${\probe('public')}
SET LOCAL ROLE planter;
CREATE FUNCTION evil.videosdk_decode_token(pg_catalog.text) RETURNS pg_catalog.jsonb LANGUAGE sql AS 'SELECT NULL::jsonb';
SET LOCAL ROLE $superuser;
ALTER EXTENSION videosdk_token SET SCHEMA evil;
SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'videosdk_token';
SQL
is($stdout, "probe\n$clean_probe\n$clean_catalogue" . "probe\n$clean_probe\npublic", 'SET SCHEMA: hostile, and back');
is($sqlstates, '28V01 28V01 42723', 'SET SCHEMA: not to where there is a function of that name');

# Who may create in the extension's schema can stand in front of it, for a server's name that has no type: PostgreSQL
# prefers text to name.  With the same types and no defaults, a call is refused as ambiguous.  Neither is a part of the
# extension, and a call that tells them apart is ours.
($stdout, $sqlstates) = run_as('app', $superuser, <<"SQL");
BEGIN;
CREATE EXTENSION videosdk_token SCHEMA public;
SET LOCAL ROLE planter;
CREATE FUNCTION public.videosdk_validate_token(text, text) RETURNS text LANGUAGE sql AS \$\$SELECT 'planted'\$\$;
CREATE FUNCTION public.videosdk_verify_token(text, text) RETURNS text LANGUAGE sql AS \$\$SELECT 'planted'\$\$;
SET LOCAL ROLE $superuser;
SELECT public.videosdk_validate_token('$token', 'none');
SELECT public.videosdk_validate_token('$token', 'none'::name);
SELECT public.videosdk_verify_token('$token', 'another');
SELECT public.videosdk_verify_token('$token', 'another', '0');
SELECT public.videosdk_verify_token('$token', '${\SECRET}', '0') ->> 'apikey';
$catalogue
SQL
is("$stdout\n", "planted\nkey\n$clean_catalogue", 'an overload in the schema of the extension is no part of it');
is($sqlstates, '42704 42725 28V01', 'and does not change what is');

# The database's owner installs the extension for good.  He may drop it and add to it, but its parts belong to the
# superuser; others may do nothing.  A warning says that a privilege was neither granted nor revoked.
my ($nothing, $failures) = run_as('app', 'installer', <<'SQL');
CREATE SCHEMA tokens;
GRANT USAGE ON SCHEMA tokens TO planter;
CREATE EXTENSION videosdk_token SCHEMA tokens;
CREATE FUNCTION tokens.mine(text[], oid) RETURNS bool LANGUAGE sql AS 'SELECT true';
SQL
is($nothing . $failures, '', "the database's owner installs the extension");
run_as('app', 'planter', "CREATE FUNCTION public.of_planter() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'");
foreach my $role (qw(installer planter))
{
	foreach my $sql (attempts('tokens', $superuser))
	{
		is((run_as('app', $role, $sql))[1], '42501', "$role: $sql: 42501");
	}
}
my $function = 'FUNCTION tokens.videosdk_decode_token(text)';
my @limits = (
	[ installer => "DROP $function CASCADE", '2BP01' ],
	[ installer => "REVOKE EXECUTE ON $function FROM PUBLIC", '' ],
	[ installer => "GRANT EXECUTE ON $function TO planter", '' ],
	[ installer => 'ALTER EXTENSION videosdk_token SET SCHEMA public', '42501' ],
	[ planter => "DROP $function", '42501' ],
	[ planter => "CREATE FUNCTION tokens.videosdk_decode_token(int) RETURNS int LANGUAGE sql AS 'SELECT 1'", '42501' ],
	[ planter => 'ALTER EXTENSION videosdk_token ADD FUNCTION public.of_planter()', '42501' ],
	[ planter => 'ALTER EXTENSION videosdk_token SET SCHEMA public', '42501' ],
	[ planter => 'ALTER EXTENSION videosdk_token UPDATE', '42501' ],
	[ planter => 'DROP EXTENSION videosdk_token CASCADE', '42501' ],
	[ planter => 'CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk', '42501' ],
	[ $superuser => "ALTER FOREIGN DATA WRAPPER videosdk OPTIONS (ADD secret 'x')", 'HV00D' ]);
is((run_as('app', $_->[0], $_->[1]))[1], $_->[2], "$_->[0]: $_->[1]: " . ($_->[2] || 'no error')) foreach @limits;

# A REVOKE that does nothing writes out what is everybody's by default
my $afterwards = (run_as('app', $superuser, "BEGIN;\n$catalogue"))[0] . "\n";
is($afterwards =~ s{\|proacl\|\K=X/$superuser $superuser=X/$superuser$}{}mr, $clean_catalogue, 'all is as it was');

($stdout, $sqlstates) = run_as('app', 'installer', <<"SQL");
BEGIN;
GRANT USAGE ON FOREIGN DATA WRAPPER videosdk TO planter;
ALTER EXTENSION videosdk_token ADD FUNCTION tokens.mine(text[], oid);
CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk;
ALTER SCHEMA tokens RENAME TO elsewhere;
${\probe('elsewhere')}
DROP EXTENSION videosdk_token CASCADE;
SELECT 'dropped' FROM pg_extension HAVING count(*) FILTER (WHERE extname = 'videosdk_token') = 0;
SQL
is($stdout, "probe\n$clean_probe\ndropped", 'the owner of the extension adds to it, and of its schema renames it');
is($sqlstates, '28V01', 'and makes servers, and drops it');

# Calls that lead through what the caller or others have made
query($node, 'app', set_up_calls($token));
foreach my $case (calls($token, SECRET))
{
	my ($what, $sql, $expected) = @$case;
	$what .= ": $expected" =~ s/\n/, /gr;
	my ($printed, $errors, $said) = run_as('app', 'planter', "SET search_path = evil, pg_catalog;\n$sql");
	is("$printed$errors", $expected, $what);
	unlike($said, qr/confidential|\Q${\SECRET}\E/, "$what: nothing leaks");
}

# Calls without any SQL, in one session
my %oids = map { split /\|/ } split /\n/,
  query($node, 'app', q{SELECT proname, oid FROM pg_proc WHERE proname LIKE 'videosdk%'});
my $session = Protocol->new($node, 'app', 'planter');
my $verify = $oids{videosdk_verify_token};
my $now = '2026-11-24 10:00:00Z';
foreach my $secret (SECRET, 'another', SECRET)
{
	my @answer = $session->call($verify, $token, $secret, '0', $now);
	my $expected = $secret eq SECRET ? qr/"apikey": "key"/ : qr/^C28V01$/m;
	like(join("\n", @answer), $expected, 'a call without SQL, with another secret each time');
	unlike(join("\n", @answer), qr/\Q$token\E|\Q$secret\E/, 'a call without SQL: nothing leaks');
}
my $validate = $oids{videosdk_credential_validator};
my @calls = (
	[ 'NULL', '22004', $verify, undef, SECRET, '0', $now ],
	[ 'too few arguments', '08P01', $verify, $token ],
	[ 'an array that is none', '22P02', $validate, 'x', 0 ],
	[ 'options of no catalogue', 'HV00D', $validate, '{secret=x}', 0 ],
	[ 'options without a name', 'HV00D', $validate, '{x,=,""}', 1418 ],
	[ 'options that are NULL', '22004', $validate, '{NULL}', 1418 ],
	[ 'options of two dimensions', '22023', $validate, '{{secret=x},{apikey=y}}', 1418 ]);
foreach my $case (@calls)
{
	my ($what, $expected, @call) = @$case;
	my ($got) = map { /^C(\w{5})$/ ? $1 : () } $session->call(@call);
	is($got, $expected, "a call without SQL: $what: $expected");
}

$node->stop;
done_testing();
