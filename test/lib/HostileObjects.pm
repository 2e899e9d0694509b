# Objects that a role might create before and after the extension is installed, and what it might try to do to the extension
package HostileObjects;

use strict;
use warnings FATAL => 'all';

use Exporter qw(import);

our @EXPORT_OK = qw(attempts look_alikes planted temporary_look_alikes);

# look_alikes(SCHEMA): SQL for what is found before PostgreSQL's own objects where the schema stands before pg_catalog: the
# functions, operators and types that the builders and the defaults of arguments use
sub look_alikes
{
	my ($schema) = @_;
	my %functions = (
		'clock_timestamp()' => q(pg_catalog.timestamptz '1999-01-01 00:00:00+00'),
		'jsonb_concat(pg_catalog.jsonb, pg_catalog.jsonb)' => q(pg_catalog.jsonb '"evil"'),
		'jsonb_build_object(VARIADIC pg_catalog._text)' => q(pg_catalog.jsonb '"evil"'),
		'jsonb_build_object(pg_catalog.text, pg_catalog.text)' => q(pg_catalog.jsonb '"evil"'),
		'jsonb_build_object(pg_catalog.text, pg_catalog.numeric)' => q(pg_catalog.jsonb '"evil"'),
		'to_jsonb(pg_catalog.text)' => q(pg_catalog.jsonb '"evil"'),
		'to_jsonb(pg_catalog._text)' => q(pg_catalog.jsonb '"evil"'),
		'jsonb(pg_catalog.text)' => q(pg_catalog.jsonb '"evil"'),
		'text(pg_catalog.jsonb)' => q(pg_catalog.text 'evil'),
		'interval(pg_catalog.text)' => q(pg_catalog.interval '1 year'),
		'name(pg_catalog.text)' => q(pg_catalog.name 'evil'),
		'ceil(pg_catalog.numeric)' => '-1.0',
		'extract(pg_catalog.text, pg_catalog.timestamptz)' => '-1.0',
		'date_part(pg_catalog.text, pg_catalog.timestamptz)' => '-1.0::pg_catalog.float8',
		'array_remove(pg_catalog._text, pg_catalog.text)' => q(pg_catalog._text '{evil}'),
		'timestamptz(pg_catalog.text)' => q(pg_catalog.timestamptz '1999-01-01 00:00:00+00'));
	my $sql = '';
	foreach my $signature (sort keys %functions)
	{
		my $value = $functions{$signature};
		my ($type) = $value =~ /^(pg_catalog\.\w+) / ? $1 : $value =~ /float8/ ? 'pg_catalog.float8' : 'pg_catalog.numeric';
		$sql .= "CREATE FUNCTION $schema.$signature RETURNS $type LANGUAGE sql AS \$evil\$SELECT $value\$evil\$;\n";
	}
	return $sql
	  . "CREATE OPERATOR $schema.|| (FUNCTION = $schema.jsonb_concat, LEFTARG = pg_catalog.jsonb, RIGHTARG = pg_catalog.jsonb);\n"
	  . types($schema);
}

# Types with the names of those that the functions take and return
sub types
{
	my ($schema) = @_;
	return join '', map { "CREATE DOMAIN $schema.$_ AS pg_catalog.int4;\n" }
	  qw(text jsonb interval timestamptz name oid void _text _jsonb);
}

# SQL for the same in the session's own schema, where functions and operators are found only by their full names
sub temporary_look_alikes
{
	return look_alikes('pg_temp') . <<'SQL';
CREATE TEMPORARY TABLE pg_foreign_server AS TABLE pg_catalog.pg_foreign_server;
CREATE TEMPORARY TABLE pg_user_mapping (umid pg_catalog.oid);
CREATE FUNCTION pg_temp.videosdk_credential_validator(pg_catalog._text, pg_catalog.oid) RETURNS pg_catalog.bool
	LANGUAGE sql AS 'SELECT true';
SQL
}

# planted(SIGNATURES...): what may be in the schema before the extension, [what, SQL, SQLSTATE of the installation] each.
# Signatures are those of the extension's functions.
sub planted
{
	my (@signatures) = @_;
	my $like = q(LANGUAGE sql AS 'SELECT NULL::pg_catalog.text');
	my $for_each_name = sub {
		my ($sql) = @_;
		return join '', map { my $name = s/\(.*//r; $sql =~ s/NAME/public.$name/r . ";\n" } @signatures;
	};
	return (
		(map { [ "function $_", "CREATE FUNCTION public.$_ RETURNS text $like", '42723' ] } @signatures),
		[ 'a function that returns what ours does', <<'SQL', '42723' ],
CREATE FUNCTION public.videosdk_decode_token(token text) RETURNS jsonb IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql
	AS 'SELECT NULL::jsonb'
SQL
		[ 'a procedure', "CREATE PROCEDURE public.videosdk_decode_token(text) LANGUAGE sql AS 'SELECT 1'", '42723' ],
		[ 'an aggregate', 'CREATE AGGREGATE public.videosdk_decode_token(text) (SFUNC = textcat, STYPE = text)', '42723' ],
		[ 'functions of other arguments', $for_each_name->("CREATE FUNCTION NAME(int4, bool) RETURNS text $like"), '' ],
		[ 'tables', $for_each_name->('CREATE TABLE NAME (token pg_catalog.text)'), '' ],
		[ 'views', $for_each_name->('CREATE VIEW NAME AS SELECT 1 AS one'), '' ],
		[ 'domains', $for_each_name->('CREATE DOMAIN NAME AS pg_catalog.int4'), '' ],
		[ 'schemas', 'CREATE SCHEMA videosdk; CREATE SCHEMA videosdk_token; CREATE SCHEMA planter', '' ],
		[ 'look-alikes', look_alikes('public'), '' ],
		[ 'look-alikes of the session', temporary_look_alikes(), '' ],
		[ 'default privileges', <<'SQL', '' ],
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS TO planter;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TYPES TO planter
SQL
	);
}

# attempts(SCHEMA, SUPERUSER): what only a superuser may do to the extension in a schema, not even the database's owner who
# installed it
sub attempts
{
	my ($schema, $superuser) = @_;
	my $decode = "$schema.videosdk_decode_token";
	my $issue = "$schema.videosdk_issue_token";
	my @alterations = (
		'SECURITY DEFINER', 'SET search_path = evil', 'SET role = none', 'OWNER TO CURRENT_USER', 'RENAME TO mine',
		'SET SCHEMA public', 'COST 1', 'STABLE', 'LEAKPROOF', 'CALLED ON NULL INPUT', 'DEPENDS ON EXTENSION plpgsql');
	my @wrapper = (
		'NO VALIDATOR', "VALIDATOR $schema.mine", "OPTIONS (ADD secret 'x')", 'OWNER TO CURRENT_USER', 'RENAME TO mine');
	return (
		(map { "ALTER FUNCTION $decode $_" } @alterations),
		"CREATE OR REPLACE FUNCTION $decode(token text) RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb'",
		"CREATE OR REPLACE FUNCTION $decode(token text) RETURNS jsonb LANGUAGE sql SECURITY DEFINER AS 'SELECT NULL::jsonb'",
		"CREATE OR REPLACE FUNCTION $issue(jsonb, interval, name) RETURNS text LANGUAGE c AS 'pgcrypto'",
		(map { "CREATE FUNCTION public.evil(int4) RETURNS int4 LANGUAGE $_" } (
			"c AS 'videosdk_token', 'videosdk_decode_token'",
			"c AS '\$libdir/videosdk_token', 'videosdk_issue_token'",
			"internal AS 'videosdk_decode_token'")),
		(map { "ALTER FOREIGN DATA WRAPPER videosdk $_" } @wrapper),
		"CREATE FOREIGN DATA WRAPPER mine VALIDATOR $schema.videosdk_credential_validator",
		'DROP FOREIGN DATA WRAPPER videosdk',
		"COMMENT ON FUNCTION $decode(text) IS 'mine'",
		"COMMENT ON FOREIGN DATA WRAPPER videosdk IS 'mine'",
		"ALTER EXTENSION videosdk_token DROP FUNCTION $decode(text)",
		'ALTER EXTENSION videosdk_token DROP FOREIGN DATA WRAPPER videosdk',
		'ALTER EXTENSION videosdk_token ADD FUNCTION public.of_planter()',
		"UPDATE pg_proc SET prosrc = 'videosdk_sign_token' WHERE proname = 'videosdk_decode_token'",
		"UPDATE pg_proc SET probin = '/tmp/evil' WHERE proname = 'videosdk_decode_token'",
		'UPDATE pg_foreign_data_wrapper SET fdwvalidator = 0',
		"INSERT INTO pg_depend SELECT * FROM pg_depend WHERE deptype = 'e'",
		'CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION public.of_planter()',
		"ALTER DEFAULT PRIVILEGES FOR ROLE $superuser REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
		"CREATE TRANSFORM FOR jsonb LANGUAGE sql (FROM SQL WITH FUNCTION $decode(text))",
		"CREATE CAST (text AS jsonb) WITH FUNCTION $decode(text) AS IMPLICIT",
		"LOAD 'videosdk_token'");
}

1;
