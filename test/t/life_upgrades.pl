# The scripts of released versions are unchanged, each newer version can be reached from each older one, and an upgrade leaves
# the same as an installation.  No version follows 1.0 yet: 1.0test, made here, shows that faults of an upgrade are found.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use Digest::SHA;
use ExtensionCatalogue qw(catalogue differences other_objects);
use File::Basename;
use Node qw(query run_sql start_node);
use PostgreSQL::Test::Utils;
use Sample qw(SECRET TO_ISSUE create_server);
use Session;
use Test::More;

# The SHA-256 of the script that installs a released version: the same bytes for ever.  None is released yet.
my %released = ();

my $source = "$FindBin::RealBin/../../src";
my ($sharedir) = run_command([ 'pg_config', '--sharedir' ]);
my @throwaway = map { "$sharedir/extension/videosdk_token--$_.sql" } qw(1.0test 1.0--1.0test);

END
{
	unlink @throwaway;
}

# The names of the scripts in a folder
sub scripts
{
	my ($folder) = @_;
	return sort map { basename($_) } glob "$folder/videosdk_token--*.sql";
}

# Versions, and pairs of them, that the source has a script for
my @versions = map { /^videosdk_token--((?:(?!--).)+)\.sql$/ } scripts($source);
my @upgrades = map { /^videosdk_token--(.+)--(.+)\.sql$/ ? [ $1, $2 ] : () } scripts($source);

# Released scripts
my $advice = <<"TEXT";
A released script is never changed, nor taken away.  A change goes into a script that installs a new version, whose digest
goes into \%released in ${\basename($0)}, and into a script that upgrades to it; DATA in Makefile lists both.
TEXT
my %digests = map { $_ => Digest::SHA->new(256)->addfile("$source/videosdk_token--$_.sql")->hexdigest } @versions;

# The versions whose scripts were changed or taken away if these are released, with their digests
sub altered
{
	my (%released) = @_;
	return grep { ($digests{$_} // '') ne $released{$_} } sort keys %released;
}
is_deeply([ altered(%released) ], [], 'the scripts of released versions are what they were') or diag $advice;
is_deeply([ altered(%digests, '0.9' => $digests{'1.0'}, '1.0' => '0' x 64) ], [ '0.9', '1.0' ],
	'a script that is taken away or changed would be found');
cmp_ok(scalar(grep { !$released{$_} } @versions), '<=', 1, 'one version at most, the next, is not released') or diag $advice;
is_deeply([ scripts("$sharedir/extension") ], [ scripts($source) ], 'make install installs all scripts') or diag $advice;

my $node = start_node('main');
my $superuser = query($node, 'postgres', 'SELECT current_user');

# Paths
is(query($node, 'postgres', <<'SQL'), '', 'each newer version can be reached from each older one') or diag $advice;
SELECT source, target FROM pg_extension_update_paths('videosdk_token')
WHERE path IS NULL AND string_to_array(source, '.')::int[] < string_to_array(target, '.')::int[]
SQL
is(query($node, 'postgres', <<'SQL'), 't', 'the default version can be installed, and is the newest');
SELECT default_version = (SELECT version FROM pg_available_extension_versions WHERE name = 'videosdk_token'
	ORDER BY string_to_array(version, '.')::int[] DESC LIMIT 1)
FROM pg_available_extensions WHERE name = 'videosdk_token'
SQL

# All that the catalogue and the settings have after SQL that a role runs; then it is undone
sub state_after
{
	my ($role, $sql) = @_;
	return query($node, 'postgres', <<"SQL");
BEGIN;
SET LOCAL client_min_messages = error;
SET LOCAL ROLE $role;
$sql;
SET LOCAL ROLE $superuser;
LOAD 'videosdk_token';
${\catalogue()}
${\other_objects()}
SELECT 'setting', to_jsonb(s) FROM pg_settings AS s WHERE name LIKE 'videosdk_token.%';
SQL
}

# A version that is installed, and one that another was upgraded to
sub installed
{
	my ($role, $version) = @_;
	return state_after($role, "CREATE EXTENSION videosdk_token VERSION '$version'");
}

sub upgraded
{
	my ($role, $from, $to) = @_;
	return state_after($role, <<"SQL");
CREATE EXTENSION videosdk_token VERSION '$from';
ALTER EXTENSION videosdk_token UPDATE TO '$to'
SQL
}

# An upgrade is good if it leaves what an installation does, whoever makes them
query($node, 'postgres', 'CREATE ROLE installer LOGIN; GRANT CREATE ON DATABASE postgres TO installer');
my %installers = ('a superuser' => $superuser, 'a role that may create in the database' => 'installer');

sub upgrade_is_good
{
	my ($from, $to) = @_;
	foreach my $who (sort keys %installers)
	{
		my ($installed, $upgraded) = (installed($installers{$who}, $to), upgraded($installers{$who}, $from, $to));
		like($installed, qr/^extension videosdk_token\|extversion\|\Q$to\E$/m, "$who installs $to");
		is(differences($installed, $upgraded), '', "$from upgraded to $to by $who is $to");
	}
	return;
}

upgrade_is_good(@$_) foreach @upgrades;

# changed(TEXT, FROM, TO): TEXT with the first match of FROM replaced; fails if there is none
sub changed
{
	my ($text, $from, $to) = @_;
	$text =~ s/$from/$to/ or die "there is no $from";
	return $text;
}

# 1.0test is 1.0 with two functions more, a function less, and changes to functions and to the wrapper
my $validator = <<'SQL';
CREATE FUNCTION videosdk_test_validator(options pg_catalog.text[], catalog pg_catalog.oid) RETURNS pg_catalog.void
AS 'MODULE_PATHNAME', 'videosdk_credential_validator' LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
SQL
my $room = <<'SQL';
CREATE FUNCTION videosdk_room(token pg_catalog.text, fallback pg_catalog.text DEFAULT 'none') RETURNS pg_catalog.text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 10
RETURN COALESCE(videosdk_decode_token($1) OPERATOR(pg_catalog.->>) 'roomId', fallback);
COMMENT ON FUNCTION videosdk_room(pg_catalog.text, pg_catalog.text) IS 'room of a token';
REVOKE EXECUTE ON FUNCTION videosdk_room(pg_catalog.text, pg_catalog.text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION videosdk_room(pg_catalog.text, pg_catalog.text) TO pg_monitor;
SQL
my $grant = "GRANT USAGE ON FOREIGN DATA WRAPPER videosdk TO pg_monitor;\n";
my $install = slurp_file("$source/videosdk_token--1.0.sql");
$install = changed($install, qr/^CREATE FUNCTION videosdk_inspect_token.*?(?=^CREATE FUNCTION)/ms, '');
$install = changed($install, qr/FUNCTION videosdk_api_payload\(.*?DEFAULT '\{\Kallow_join/s, 'ask_join');
$install = changed($install, qr/COMMENT ON FUNCTION videosdk_decode_token\S+ IS\s+'\Kpayload/, 'unverified payload');
$install = changed($install, qr/COMMENT ON FOREIGN DATA WRAPPER videosdk IS\s+'\KVideoSDK/, "VideoSDK''s");
$install = changed($install, qr/(?=CREATE FOREIGN DATA WRAPPER)/, $validator);
$install = changed($install, qr/VALIDATOR \Kvideosdk_credential_validator;/, "videosdk_test_validator;\n$grant");
$install .= $room;

# The statement of 1.0test's script that starts so
sub statement
{
	my ($start) = @_;
	my ($statement) = $install =~ /^(\Q$start\E.*?;)$/ms or die "there is no $start";
	return $statement;
}

my $upgrade = join "\n",
  'DROP FUNCTION videosdk_inspect_token(pg_catalog.text, pg_catalog.text, pg_catalog.interval, pg_catalog.timestamptz);',
  statement('CREATE FUNCTION videosdk_api_payload') =~ s/CREATE/CREATE OR REPLACE/r,
  statement('COMMENT ON FUNCTION videosdk_decode_token'),
  statement('COMMENT ON FOREIGN DATA WRAPPER'),
  $validator . 'ALTER FOREIGN DATA WRAPPER videosdk VALIDATOR videosdk_test_validator;',
  $grant . $room;

# Have PostgreSQL find 1.0test with this upgrade from 1.0
sub release
{
	my ($script) = @_;
	unlink @throwaway;
	append_to_file($throwaway[0], $install);
	append_to_file($throwaway[1], $script);
	return;
}

release($upgrade);
upgrade_is_good('1.0', '1.0test');

# What an upgrade script may do wrong: [what, the text, the wrong text, what differs]
my $end = qr/\z/;
my $of_wrapper = qr/foreign-data wrapper videosdk/;
my @faults = (
	[ 'no new function', qr/^CREATE FUNCTION videosdk_room.*/ms, '', qr/^-function SCHEMA\.videosdk_room\(.*\|depends on\|/m ],
	[ 'no comment on it', qr/^COMMENT ON FUNCTION videosdk_room.*/m, '', qr/^-.*\|comment\|room of a token$/m ],
	[ 'no REVOKE', qr/^REVOKE.*/m, '', qr/^\+.*\|proacl\|=X/m ],
	[ 'no GRANT', qr/^GRANT EXECUTE.*/m, '', qr/^-function .*\|initial privileges\|e\|.*pg_monitor=X/m ],
	[ 'no PARALLEL', qr/PARALLEL SAFE COST/, 'COST', qr/^\+.*\|proparallel\|u$/m ],
	[ 'no STRICT', qr/STRICT (?=PARALLEL SAFE COST)/, '', qr/^\+.*\|proisstrict\|false$/m ],
	[ 'no COST', qr/ COST 10/, '', qr/^\+.*\|procost\|100$/m ],
	[ 'another volatility', qr/IMMUTABLE/, 'STABLE', qr/^\+.*\|provolatile\|s$/m ],
	[ "an argument's name", qr/(?<=room\()token/, 'jwt', qr/^\+.*\|proargnames\|\["jwt", "fallback"\]$/m ],
	[ 'another result', qr/(?<=RETURNS pg_catalog\.)text(?=\nLANGUAGE)/, 'varchar', qr/^\+.*\|prorettype\|.*varying$/m ],
	[ 'another default', qr/DEFAULT 'none'/, q{DEFAULT ''}, qr/^\+.*\|definition\|1\|.*DEFAULT ''/m ],
	[ 'no default', qr/DEFAULT 'none'/, '', qr/^\+.*\|pronargdefaults\|0$/m ],
	[ 'another body', qr/->>\) 'roomId'/, q{->>) 'room'}, qr/^\+.*\|definition\|\d\|.*'room'/m ],
	[ 'another symbol', qr/(?<=MODULE_PATHNAME', ')\w+/, 'videosdk_decode_token', qr/^\+.*\|prosrc\|videosdk_decode_token$/m ],
	[ 'SECURITY DEFINER', qr/COST 10/, 'COST 10 SECURITY DEFINER', qr/^\+.*\|prosecdef\|true$/m ],
	[ 'a setting of a function', qr/COST 10/, 'COST 10 SET jit = off', qr/^\+.*\|proconfig\|\["jit=off"\]$/m ],
	[ 'an owner', $end, 'ALTER FUNCTION videosdk_room OWNER TO pg_monitor;', qr/^\+.*\|proowner\|role pg_monitor$/m ],
	[ 'a dependency', $end, 'ALTER FUNCTION videosdk_room DEPENDS ON EXTENSION plpgsql;', qr/^\+.*\|extension plpgsql\|x$/m ],
	[ 'no new default', qr/^CREATE OR REPLACE FUNCTION videosdk_api.*?;$/ms, '', qr/^-.*\|definition\|1\|.*ask_join/m ],
	[ 'a property that replacing loses', qr/ PARALLEL SAFE(?=\nRETURN COALESCE\(custom)/, '', qr/^\+.*api_payload.*\|proparallel\|u$/m ],
	[ 'no new comment', qr/^COMMENT ON FUNCTION videosdk_decode.*?;$/ms, '', qr/^-.*\|comment\|unverified payload/m ],
	[ "the wrapper's comment", qr/^COMMENT ON FOREIGN.*?;$/ms, '', qr/^-$of_wrapper\|comment\|VideoSDK's/m ],
	[ "the wrapper's privileges", qr/^GRANT USAGE.*/m, '', qr/^-$of_wrapper\|fdwacl\|.*pg_monitor=U/m ],
	[ "the wrapper's new validator", qr/^ALTER FOREIGN.*/m, '', qr/^-$of_wrapper\|fdwvalidator\|.*videosdk_test_validator/m ],
	[ "the wrapper's validator", qr/VALIDATOR videosdk_test_\w+/, 'NO VALIDATOR', qr/^\+$of_wrapper\|fdwvalidator\|0$/m ],
	[ "the wrapper's options", qr/VALIDATOR video.*/, "NO VALIDATOR OPTIONS (a 'b');", qr/^\+$of_wrapper\|fdwoptions\|.*a=b/m ],
	[ 'an old function left', qr/^DROP FUNCTION.*/m, '', qr/^\+.*inspect_token.*\|depends on\|extension videosdk_token\|e$/m ],
	[ 'an old function let go', qr/^(?=DROP)/m, 'ALTER EXTENSION videosdk_token ', qr/^\+other\|function .*inspect_token/m ],
	[ 'a new one let go', $end, 'ALTER EXTENSION videosdk_token DROP FUNCTION videosdk_room;', qr/^\+other\|function .*room/m ],
	[ 'a table left', $end, 'CREATE TABLE left_behind ();', qr/^\+table SCHEMA.left_behind\|depends on\|extension/m ],
	[ 'a schema left', $end, 'CREATE SCHEMA left_behind;', qr/^\+schema left_behind\|depends on\|extension/m ],
	[ 'a setting left', $end, 'SET videosdk_token.allow_unknown_values = on;', qr/^\+setting\|.*"setting": "on"/m ]);
my $installed = installed($superuser, '1.0test');
foreach my $fault (@faults)
{
	my ($what, $from, $to, $found) = @$fault;
	release(changed($upgrade, $from, $to));
	like(differences($installed, upgraded($superuser, '1.0', '1.0test')), $found, "found: $what");
}

# A database that has used 1.0, and a session that stays connected
my $payload = TO_ISSUE;
release($upgrade);
query($node, 'postgres', 'CREATE DATABASE app');
query($node, 'app', <<"SQL");
CREATE EXTENSION videosdk_token VERSION '1.0';
${\create_server('videosdk', SECRET, "max_expires_in '4 hours', permissions 'allow_join'")}
GRANT USAGE ON FOREIGN SERVER videosdk TO installer;
CREATE TABLE tokens (
	token text DEFAULT videosdk_issue_token('$payload', '1 hour'),
	payload jsonb GENERATED ALWAYS AS (videosdk_decode_token(token)) STORED);
CREATE INDEX ON tokens ((videosdk_decode_token(token) ->> 'apikey'));
CREATE VIEW checked AS SELECT c.payload = t.payload, status FROM tokens AS t, videosdk_check_token(token) AS c;
INSERT INTO tokens SELECT FROM generate_series(1, 3);
SQL
my $session = Session->new($node, 'app', '-U', 'installer');
my $issue_and_validate = "SELECT videosdk_validate_token(videosdk_issue_token('$payload', '1 hour')) ->> 'apikey'";
is(join('', $session->run($issue_and_validate)), "key\n", 'a session issues and validates');

# Queries of all that was made with 1.0, with its numbers, and of what it does
my $made = <<'SQL';
SELECT s FROM pg_foreign_server AS s;
SELECT m FROM pg_user_mapping AS m;
SELECT pg_get_viewdef('checked'), pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'tokens'::regclass;
SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef ORDER BY adnum;
TABLE tokens;
TABLE checked;
SET enable_seqscan = off;
SELECT count(*) FROM tokens WHERE videosdk_decode_token(token) ->> 'apikey' = 'key';
SQL
my $before = query($node, 'app', $made);
like($before, qr/^t\|valid\nt\|valid\nt\|valid\n3\z/m, 'tokens issued with 1.0 are valid');

# An upgrade that would drop a function that a view needs changes nothing
sub app_catalogue
{
	return query($node, 'app', "BEGIN;\n" . catalogue() . other_objects());
}
query($node, 'app', "CREATE VIEW inspected AS SELECT status FROM videosdk_inspect_token('x')");
my $catalogue = app_catalogue();
my $update = "ALTER EXTENSION videosdk_token UPDATE TO '1.0test'";
my (undef, $stderr) = run_sql($node, 'app', $update);
like($stderr, qr/ERROR:  2BP01: .*\n.*view inspected /, 'an upgrade that would break a view is refused');
is(differences($catalogue, app_catalogue()), '', 'and leaves 1.0 as it was');

query($node, 'app', "DROP VIEW inspected;\n$update");
is(query($node, 'app', $made), $before, 'what was made with 1.0 is the same after the upgrade, and its tokens are valid');
is(join('', $session->run($issue_and_validate)), "key\n", 'the session goes on');
is(query($node, 'app', "SELECT DISTINCT videosdk_room(token) FROM tokens"), 'none', 'with what is new');
$session->quit;

$node->stop;
done_testing();
