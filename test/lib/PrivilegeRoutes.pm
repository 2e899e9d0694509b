# Ways to a server's secret, to another one in its place, or to a wider token, that a role with USAGE might try
package PrivilegeRoutes;

use strict;
use warnings FATAL => 'all';

use Exporter qw(import);

our @EXPORT_OK = qw(routes);

# routes(OTHER SECRET, PAYLOAD): [SQLSTATE or nothing, SQL] of each, in order: some use what those before them have made
sub routes
{
	my ($other_secret, $payload) = @_;
	my $options = "OPTIONS (apikey 'key', secret '$other_secret')";
	my $issue = "public.videosdk_issue_token('$payload', '1 hour')";
	return (
		mappings($other_secret, $options), planted($issue), objects(), roles(), catalogue(), shown($issue),
		foreign_tables($options), dblink(), wider_tokens($payload));
}

# Routes that all end with one SQLSTATE
sub ends
{
	my ($sqlstate, @routes) = @_;
	return map { [ $sqlstate, $_ ] } @routes;
}

# A mapping for itself is allowed, and has no effect
sub mappings
{
	my ($other_secret, $options) = @_;
	return (
		ends('',
			"CREATE USER MAPPING FOR issuer SERVER videosdk $options",
			"ALTER USER MAPPING FOR CURRENT_USER SERVER videosdk OPTIONS (SET apikey 'other')",
			"ALTER USER MAPPING FOR issuer SERVER videosdk OPTIONS (SET apikey 'key')"),
		ends('42501',
			"CREATE USER MAPPING FOR PUBLIC SERVER videosdk $options",
			"CREATE USER MAPPING IF NOT EXISTS FOR PUBLIC SERVER videosdk $options",
			"CREATE USER MAPPING FOR stranger SERVER videosdk $options",
			"CREATE USER MAPPING FOR server_owner SERVER videosdk $options",
			"CREATE USER MAPPING FOR issuer SERVER forbidden $options",
			"ALTER USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (SET secret '$other_secret')",
			'ALTER USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (DROP apikey, DROP secret)',
			"ALTER USER MAPPING FOR self_mapped SERVER videosdk OPTIONS (SET secret '$other_secret')",
			'DROP USER MAPPING FOR PUBLIC SERVER videosdk',
			'DROP USER MAPPING IF EXISTS FOR PUBLIC SERVER videosdk'));
}

# Objects that are found before PostgreSQL's own
sub planted
{
	my ($issue) = @_;
	return ends('',
		<<'SQL',
CREATE SCHEMA planted;
CREATE FUNCTION planted.leak(text[]) RETURNS bool COST 0.0000001 LANGUAGE plpgsql
	AS 'BEGIN RAISE NOTICE ''%'', $1; RETURN true; END';
CREATE FUNCTION planted.leak(text, text) RETURNS bool COST 0.0000001 LANGUAGE plpgsql
	AS 'BEGIN RAISE NOTICE ''% %'', $1, $2; RETURN true; END';
CREATE OPERATOR planted.= (FUNCTION = planted.leak, LEFTARG = text, RIGHTARG = text);
CREATE FUNCTION planted.current_setting(text) RETURNS text LANGUAGE sql AS 'SELECT ''server_owner''';
CREATE FUNCTION planted.pg_has_role(oid, text) RETURNS bool LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION planted.has_server_privilege(oid, text) RETURNS bool LANGUAGE sql AS 'SELECT true';
CREATE DOMAIN planted.name AS text;
CREATE TEMPORARY TABLE pg_foreign_server AS TABLE pg_catalog.pg_foreign_server;
CREATE TEMPORARY TABLE pg_user_mapping AS SELECT umid AS oid, umuser, srvid AS umserver, umoptions
	FROM pg_catalog.pg_user_mappings;
UPDATE pg_temp.pg_user_mapping SET umuser = 0;
SET search_path = planted, pg_temp, pg_catalog;
SELECT * FROM pg_user_mappings
SQL
		'SELECT * FROM pg_user_mappings WHERE planted.leak(umoptions)',
		"SET search_path = planted, pg_catalog;\nSELECT * FROM pg_user_mappings WHERE umoptions::text = srvname::text",
		"SET search_path = planted, pg_catalog;\nSELECT $issue");
}

# Objects of others: the server, the wrapper, the extension and its functions
sub objects
{
	return (
		ends('42501',
			'ALTER SERVER videosdk OPTIONS (DROP max_expires_in)',
			"ALTER SERVER videosdk OPTIONS (SET permissions 'allow_mod')",
			"ALTER SERVER videosdk OPTIONS (ADD webhook_public_key 'mine')",
			'ALTER SERVER videosdk RENAME TO mine',
			'ALTER SERVER videosdk OWNER TO issuer',
			'ALTER SERVER forbidden RENAME TO mine',
			'DROP SERVER videosdk CASCADE',
			'CREATE SERVER mine FOREIGN DATA WRAPPER videosdk',
			'CREATE SERVER "VideoSDK" FOREIGN DATA WRAPPER videosdk',
			"COMMENT ON SERVER videosdk IS 'mine'",
			'GRANT USAGE ON FOREIGN SERVER forbidden TO issuer',
			'GRANT USAGE ON FOREIGN DATA WRAPPER videosdk TO issuer',
			'CREATE FOREIGN DATA WRAPPER mine VALIDATOR public.videosdk_credential_validator',
			'ALTER FOREIGN DATA WRAPPER videosdk NO VALIDATOR',
			'ALTER FOREIGN DATA WRAPPER videosdk RENAME TO mine',
			'ALTER FOREIGN DATA WRAPPER videosdk OWNER TO issuer',
			'DROP EXTENSION videosdk_token CASCADE',
			'ALTER EXTENSION videosdk_token SET SCHEMA planted',
			'ALTER EXTENSION videosdk_token DROP FOREIGN DATA WRAPPER videosdk',
			'ALTER FUNCTION public.videosdk_issue_token OWNER TO issuer',
			'ALTER FUNCTION public.videosdk_issue_token SECURITY DEFINER',
			"CREATE FUNCTION public.videosdk_issue_token(jsonb, interval) RETURNS text LANGUAGE sql AS 'SELECT 1'",
			"CREATE FUNCTION pg_temp.mine() RETURNS text LANGUAGE c AS 'videosdk_token', 'videosdk_issue_token'"),
		ends('42601',
			'CREATE TEMPORARY SERVER videosdk FOREIGN DATA WRAPPER videosdk',
			'CREATE SERVER pg_temp.videosdk FOREIGN DATA WRAPPER videosdk',
			'ALTER DEFAULT PRIVILEGES GRANT USAGE ON FOREIGN SERVERS TO PUBLIC'));
}

# Becoming another role
sub roles
{
	return ends('42501',
		'SET ROLE server_owner',
		'SET SESSION AUTHORIZATION server_owner',
		'GRANT server_owner TO issuer',
		'ALTER ROLE issuer SUPERUSER',
		'REASSIGN OWNED BY server_owner TO issuer',
		'DROP OWNED BY server_owner');
}

# The catalogue, its file, and the log of statements
sub catalogue
{
	return ends('42501',
		'SELECT * FROM pg_user_mapping',
		'SELECT umoptions FROM pg_user_mapping',
		'COPY pg_user_mapping TO STDOUT',
		q{SELECT table_to_xml('pg_user_mapping', true, false, '')},
		q{SELECT query_to_xml('TABLE pg_user_mapping', true, false, '')},
		q{SELECT ts_stat('SELECT array_to_tsvector(umoptions) FROM pg_user_mapping')},
		"CREATE TEMPORARY VIEW mine AS TABLE pg_user_mapping;\nTABLE mine",
		'INSERT INTO pg_user_mapping SELECT 1, 0, oid, srvoptions FROM pg_foreign_server',
		'UPDATE pg_user_mapping SET umuser = 0',
		'UPDATE pg_foreign_server SET srvoptions = NULL',
		'DELETE FROM pg_user_mapping',
		q{DO 'BEGIN LOCK TABLE pg_user_mapping; END'},
		'CREATE INDEX ON pg_user_mapping (umoptions)',
		'CREATE STATISTICS mine ON umuser, umoptions FROM pg_user_mapping',
		'CREATE RULE mine AS ON SELECT TO pg_user_mappings DO INSTEAD SELECT 1',
		'CREATE POLICY mine ON pg_user_mapping USING (true)',
		'CREATE TRIGGER mine BEFORE UPDATE ON pg_user_mapping EXECUTE FUNCTION suppress_redundant_updates_trigger()',
		'CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION suppress_redundant_updates_trigger()',
		'GRANT SELECT ON pg_user_mapping TO issuer',
		q{SELECT pg_read_binary_file(pg_relation_filepath('pg_user_mapping'))},
		q{SELECT lo_import(pg_relation_filepath('pg_user_mapping'))},
		q{COPY (SELECT 1) TO PROGRAM 'true'},
		q{SET log_statement = 'all'},
		q{ALTER SYSTEM SET log_statement = 'all'});
}

# What PostgreSQL shows to everybody, whatever function looks at it
sub shown
{
	my ($issue) = @_;
	my $check = "public.videosdk_credential_validator";
	return (
		ends('',
			'SELECT * FROM pg_user_mappings',
			'COPY (SELECT * FROM pg_user_mappings) TO STDOUT',
			'SELECT * FROM information_schema.user_mapping_options, information_schema.user_mappings',
			"CREATE TEMPORARY TABLE copied AS TABLE pg_user_mappings;\nTABLE copied",
			"CREATE TEMPORARY VIEW barrier WITH (security_barrier) AS TABLE pg_user_mappings;\nTABLE barrier",
			'SELECT pg_options_to_table(srvoptions) FROM pg_foreign_server',
			'SELECT pg_options_to_table(fdwoptions) FROM pg_foreign_data_wrapper',
			'SELECT pg_options_to_table(umoptions) FROM pg_user_mappings',
			"SELECT $check(srvoptions, 'pg_foreign_server'::regclass) FROM pg_foreign_server",
			"SELECT $check(umoptions, 'pg_user_mapping'::regclass) FROM pg_user_mappings",
			"EXPLAIN (ANALYZE, VERBOSE) SELECT $issue",
			q{SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname ~ 'videosdk'},
			q{SELECT pg_identify_object('pg_user_mapping'::regclass, umid, 0) FROM pg_user_mappings},
			q{SELECT has_server_privilege('videosdk', 'USAGE WITH GRANT OPTION')},
			'ANALYZE VERBOSE pg_user_mapping',
			'SELECT * FROM pg_stats, pg_stats_ext',
			'SELECT * FROM pg_stat_activity',
			'SELECT * FROM pg_prepared_statements, pg_cursors'),
		ends('42501', map { "SELECT $_" } "public.videosdk_issue_token('{}', '1 hour', 'forbidden')",
			"public.videosdk_validate_token('x', 'forbidden')", "public.videosdk_check_token(NULL, 'forbidden')",
			"public.videosdk_check_join(NULL, 'room', 'participant', 'forbidden')",
			"public.videosdk_validate_webhook('{}', '', 'forbidden')"),
		ends('22P02', q{SELECT public.videosdk_validate_token('x')}),
		ends('42704', q{SELECT public.videosdk_validate_token('x', 'VideoSDK')}));
}

# A wrapper without handler gives nothing to scan, and no tables
sub foreign_tables
{
	my ($options) = @_;
	return (
		ends('42809',
			'CREATE FOREIGN TABLE planted.scanned (a text) SERVER videosdk',
			"CREATE FOREIGN TABLE planted.scanned (a text) SERVER videosdk $options"),
		ends('55000', 'IMPORT FOREIGN SCHEMA public FROM SERVER videosdk INTO planted'),
		ends('42501', 'CREATE FOREIGN TABLE planted.scanned (a text) SERVER forbidden'));
}

# A connection to a server of that name has our options, of which libpq knows none
sub dblink
{
	return (
		ends('2F003', q{SELECT dblink_connect('videosdk')}, q{SELECT * FROM dblink('videosdk', 'TABLE x') AS t(a text)}),
		ends('42501', q{SELECT dblink_connect('forbidden')}, q{SELECT dblink_connect_u('videosdk')}));
}

# Beyond the server's limits
sub wider_tokens
{
	my ($payload) = @_;
	my $issue = sub {
		my ($claims, $expires_in) = @_;
		return "SELECT public.videosdk_issue_token(jsonb '$payload' $claims, '" . ($expires_in // '1 hour') . "')";
	};
	my $moderator = q(|| '{"permissions":["allow_join","allow_mod"]}');
	return ends('22023',
		$issue->($moderator),
		"SET videosdk_token.allow_unknown_values = on;\n" . $issue->($moderator),
		"SET videosdk_token.allow_unknown_values = on;\n" . $issue->(q(|| '{"roles":["rtc","admin"]}')),
		"SET videosdk_token.allow_unknown_values = on;\n" . $issue->(q(|| '{"version":1}')),
		$issue->(q(- 'version')),
		$issue->(q(|| '{"roles":["crawler"]}')),
		$issue->(q(- 'roles')),
		$issue->(q(|| '{"apikey":"other"}')),
		$issue->(q(|| '{"exp":4102444800}')),
		$issue->(q(|| '{"iat":4102444800}')),
		$issue->(q(|| '{"iat":0}'), '4 hours'),
		$issue->('', '4 hours 1 second'),
		$issue->('', '100 years'));
}

1;
