# Calls by a role whose own objects stand around them: overloads, types that are coerced, operators, views
package HostileCalls;

use strict;
use warnings FATAL => 'all';

use Exporter qw(import);

our @EXPORT_OK = qw(calls set_up_calls);

# set_up_calls(TOKEN): SQL for what the role has made, and for tables of which it may see one row, its own
sub set_up_calls
{
	my ($token) = @_;
	return <<"SQL";
CREATE SCHEMA evil AUTHORIZATION planter;
CREATE TABLE held (owner name, token text);
INSERT INTO held VALUES ('planter', '$token'), ('another', 'confidential');
CREATE VIEW barrier WITH (security_barrier) AS SELECT token FROM held WHERE owner = current_user;
CREATE VIEW plain AS SELECT token FROM held WHERE owner = current_user;
GRANT SELECT ON barrier, plain TO planter;
CREATE TABLE guarded AS TABLE held;
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON guarded USING (owner = current_user);
GRANT SELECT ON guarded TO planter;

SET ROLE planter;
CREATE FUNCTION evil.videosdk_verify_token(text, text) RETURNS text LANGUAGE sql AS 'SELECT ''planted''';
CREATE FUNCTION evil.videosdk_sign_token(jsonb, text, text) RETURNS text LANGUAGE sql AS 'SELECT ''planted''';
CREATE FUNCTION evil.videosdk_decode_token(anyelement) RETURNS text LANGUAGE sql AS 'SELECT ''planted''';
CREATE FUNCTION evil.careful(token text, secret text) RETURNS text LANGUAGE sql SET search_path = pg_catalog, tokens
	AS 'SELECT videosdk_verify_token(token, secret) ->> ''apikey''';
CREATE FUNCTION evil.watch(text) RETURNS bool LANGUAGE plpgsql AS 'BEGIN RAISE DEBUG ''%'', \$1; RETURN true; END';
CREATE FUNCTION evil.any(anyelement) RETURNS text LANGUAGE sql
	AS 'SELECT tokens.videosdk_decode_token(\$1::text) ->> ''apikey''';

CREATE DOMAIN evil.text_domain AS text CHECK (evil.watch(VALUE));
CREATE DOMAIN evil.jsonb_domain AS jsonb CHECK (evil.watch(VALUE::text));
CREATE DOMAIN evil.interval_domain AS interval CHECK (VALUE > '0');
CREATE DOMAIN evil.token AS text CHECK (tokens.videosdk_decode_token(VALUE) ->> 'apikey' = 'key');
CREATE TYPE evil.label AS ENUM ('x');
CREATE FUNCTION evil.text(evil.label) RETURNS text LANGUAGE sql AS 'SELECT ''$token''';
CREATE CAST (evil.label AS text) WITH FUNCTION evil.text(evil.label) AS IMPLICIT;
CREATE TYPE evil.pair AS (a int, b int);
CREATE FUNCTION evil.jsonb(evil.pair) RETURNS jsonb LANGUAGE sql
	AS 'SELECT jsonb ''{"apikey": "cast", "permissions": ["allow_join"]}''';
CREATE CAST (evil.pair AS jsonb) WITH FUNCTION evil.jsonb(evil.pair) AS IMPLICIT;
CREATE TYPE evil.span AS RANGE (SUBTYPE = text);
CREATE OPERATOR evil.@\@ (RIGHTARG = text, FUNCTION = tokens.videosdk_decode_token);
CREATE AGGREGATE evil.last_payload(text) (SFUNC = text_larger, STYPE = text, FINALFUNC = tokens.videosdk_decode_token);
SQL
}

# calls(TOKEN, SECRET): [what, SQL, what is printed and the SQLSTATEs] of each
sub calls
{
	my ($token, $secret) = @_;
	my $verify = "tokens.videosdk_verify_token('$token', '$secret')";
	my $signed = sub { return "SELECT tokens.videosdk_decode_token(tokens.videosdk_sign_token($_[0])) ->> 'apikey'" };
	my $payload = q('{"apikey": "k", "permissions": ["allow_join"]}');
	return (
		[ 'an overload in front is what the caller calls', "SELECT videosdk_verify_token('$token', '$secret')", 'planted' ],
		[ 'an overload in front of sign, too', "SELECT videosdk_sign_token($payload, '$secret', '1 hour')", 'planted' ],
		[ 'not where ours is qualified', "SELECT $verify ->> 'apikey'", 'key' ],
		[ 'not in a function with a search_path', "SELECT evil.careful('$token', '$secret')", 'key' ],
		[ 'a wrong secret is refused there, too', "SELECT evil.careful('$token', 'another')", '28V01' ],

		[ 'a domain over text', "SELECT tokens.videosdk_decode_token('$token'::evil.text_domain) ->> 'apikey'", 'key' ],
		[ 'a domain for a token', "SELECT '$token'::evil.token = '$token'", 't' ],
		[ 'a domain for a token, not met', "SELECT 'a.b.c'::evil.token", '22P02' ],
		[ 'a domain over jsonb', $signed->("$payload\::evil.jsonb_domain, 's', '1 hour'"), 'k' ],
		[ 'a domain over interval', $signed->("$payload, 's', '1 hour'::evil.interval_domain"), 'k' ],
		[ 'a domain for a secret',
			"SELECT tokens.videosdk_verify_token('$token', '$secret'::evil.text_domain) ->> 'apikey'", 'key' ],
		[ 'a domain for a server', "SELECT tokens.videosdk_check_token('$token', 'none'::evil.text_domain)", '42704' ],
		[ 'an enum with a cast to text', q(SELECT tokens.videosdk_decode_token('x'::evil.label) ->> 'apikey'), 'key' ],
		[ 'a row type with a cast to jsonb', $signed->(q('(1,2)'::evil.pair, 's', '1 hour')), 'cast' ],
		[ 'a range', q(SELECT tokens.videosdk_decode_token('[a,b]'::evil.span)), '42883' ],
		[ 'an array, VARIADIC', "SELECT tokens.videosdk_decode_token(VARIADIC ARRAY['$token'])", '42883' ],
		[ 'bytes', "SELECT tokens.videosdk_decode_token('$token'::bytea)", '42883' ],

		[ 'named arguments in another order',
			"SELECT tokens.videosdk_verify_token(secret => '$secret', token => '$token') ->> 'apikey'", 'key' ],
		[ 'a name that there is not', "SELECT tokens.videosdk_verify_token('$token', key => '$secret')", '42883' ],
		[ 'an argument twice', "SELECT tokens.videosdk_verify_token('$token', token => '$secret')", '42883' ],
		[ 'a polymorphic wrapper', "SELECT evil.any('$token'::text)", 'key' ],
		[ 'an operator', "SELECT (OPERATOR(evil.@@) '$token'::text) ->> 'apikey'", 'key' ],
		[ 'an aggregate', "SELECT evil.last_payload(t) ->> 'apikey' FROM (VALUES ('$token'), ('$token')) AS v (t)", 'key' ],
		[ 'a prepared statement, planned once for all', <<"SQL", "key\nkey28V01" ],
SET plan_cache_mode = force_generic_plan;
PREPARE verify AS SELECT tokens.videosdk_verify_token(\$1, \$2) ->> 'apikey';
EXECUTE verify('$token', '$secret');
EXECUTE verify('$token', 'another');
EXECUTE verify('$token', '$secret');
SQL
		[ 'secrets that change from row to row', <<"SQL", 'valid bad_signature valid' ],
SELECT string_agg(status, ' ' ORDER BY n) FROM (VALUES (1, '$secret'), (2, 'another'), (3, '$secret')) AS v (n, secret),
	tokens.videosdk_inspect_token('$token', secret)
SQL

		[ 'a view that is a barrier: no row behind it is read',
			'SELECT count(*) FROM public.barrier WHERE tokens.videosdk_decode_token(token) IS NOT NULL', '1' ],
		[ 'row-level security: no row behind it is read',
			'SELECT count(*) FROM public.guarded WHERE tokens.videosdk_decode_token(token) IS NOT NULL', '1' ],
		[ 'a barrier tells nothing about what is behind it', <<'SQL', '0' ],
SELECT count(*) FROM public.barrier, tokens.videosdk_inspect_token(token) WHERE status = 'malformed'
SQL
		[ 'a plain view lets a cheap condition see all rows, but an error has nothing of the token', <<'SQL', '22P02' ]);
CREATE FUNCTION evil.never(text) RETURNS bool COST 0.0001 LANGUAGE plpgsql
	AS 'BEGIN RETURN tokens.videosdk_decode_token($1) IS NULL; END';
SELECT count(*) FROM public.plain WHERE evil.never(token);
SQL
}

1;
