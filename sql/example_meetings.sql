-- examples/meetings.sql does what it says, in a database of its own, and withstands the roles that PostgREST switches to
\getenv abs_srcdir PG_ABS_SRCDIR
\set example :abs_srcdir '/examples/meetings.sql'
\set regression :DBNAME
SET client_min_messages = warning;
-- The roles that the example makes here, and that the end of this file drops
SELECT coalesce(string_agg(format('DROP ROLE %I', name), '; '), 'RESET ROLE') AS drop_roles
FROM unnest(ARRAY['authenticator', 'anon', 'web_user', 'meeting_issuer']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gset
DROP DATABASE IF EXISTS regress_videosdk_example;
CREATE DATABASE regress_videosdk_example ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0;
\c regress_videosdk_example
-- Functions that somebody else has planted, which an example must not find in the place of PostgreSQL's
CREATE FUNCTION format(text, text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE ''planted''; END';
CREATE FUNCTION jsonb_build_object(text, uuid) RETURNS jsonb LANGUAGE plpgsql AS 'BEGIN RAISE ''planted''; END';

\setenv VIDEOSDK_APIKEY 8a1f5c1e-7d2b-4c59-9e36-2f7b1c0d4e5f
\setenv VIDEOSDK_SECRET 3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c
\set ECHO none
\i :example
\set include :abs_srcdir '/sql/examples/catalogue.sql'
\i :include
SELECT pg_has_role('authenticator', 'meeting_issuer', 'MEMBER'), pg_has_role('web_user', 'meeting_issuer', 'MEMBER');

-- What PostgREST does for a user who joins
CREATE FUNCTION join_as(user_id text, meeting int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	PERFORM set_config('request.jwt.claims', jsonb_build_object('sub', user_id)::text, true),
		set_config('role', 'web_user', true);
	answer := api.join_meeting(meeting);
	PERFORM set_config('role', 'none', true);
	RETURN answer;
EXCEPTION WHEN OTHERS THEN
	RETURN sqlstate || ': ' || sqlerrm;
END $$;
CREATE FUNCTION readable(answer text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN videosdk.videosdk_decode_token(answer) - 'iat' - 'exp' - 'apikey' - 'jti';
EXCEPTION WHEN OTHERS THEN
	RETURN answer;
END $$;

-- Host, guest, waiting room; uninvited, nobody, no such meeting, no meeting; no room yet, over
SELECT user_id, meeting, readable(join_as(user_id, meeting))
FROM (VALUES ('alice', 1), ('bob', 1), ('carol', 1), ('mallory', 1), ('Alice', 1), (NULL, 1), ('bob', 3), ('alice', 99),
	('alice', NULL), ('alice', 2), ('alice', 4), ('student500', 3), ('student501', 3)) AS v (user_id, meeting);
-- until the meeting ends, whatever the time zone
CREATE VIEW lifetimes AS
SELECT id, (videosdk.videosdk_decode_token(join_as('alice', id)) ->> 'exp')::numeric - extract(epoch FROM ends_at) AS excess
FROM app.meetings WHERE id IN (1, 3);
SET timezone = 'Pacific/Kiritimati';
SELECT id, abs(excess) < 1 AS right FROM lifetimes ORDER BY id;
SET timezone = 'America/New_York';
SELECT id, abs(excess) < 1 AS right FROM lifetimes ORDER BY id;
RESET timezone;
SELECT api.validate_token(join_as('alice', 1)) ->> 'roomId' AS room;
SELECT api.validate_token(v) FROM (VALUES (NULL)) AS t (v);
SELECT api.validate_token(v) FROM (VALUES ('x')) AS t (v);
SELECT api.validate_token(regexp_replace(join_as('alice', 1), '.{9}$', 'AAAAAAAAA'));

-- A token that comes in a URL is refused, whatever it is
BEGIN;
SET LOCAL request.method = 'GET';
SELECT api.validate_token('x');
ROLLBACK;

-- Who joins again gets another token, which has a name of its own
SELECT count(DISTINCT videosdk.videosdk_decode_token(join_as('bob', 1)) ->> 'jti') FROM generate_series(1, 3);

-- The next call sees a meeting that ends, and an invitation that is withdrawn
BEGIN;
UPDATE app.meetings SET ends_at = clock_timestamp() WHERE id = 1;
SELECT join_as('alice', 1);
DELETE FROM app.participants WHERE user_id = 'bob';
SELECT join_as('bob', 1), count(*) FROM app.tokens WHERE user_id = 'bob';
ROLLBACK;

-- The tokens that were issued ahead are those that the users would get; a second run replaces them
UPDATE app.tokens SET token = 'old' WHERE meeting = 1;
UPDATE app.meetings SET room = '4hdx-02qk-7f3e' WHERE id = 2;
CALL app.issue_tokens(1);
CALL app.issue_tokens(2);
SELECT meeting, count(*) FROM app.tokens t
WHERE problem IS NULL AND readable(token) = readable(join_as(user_id, meeting)) GROUP BY meeting ORDER BY meeting;
-- a row that gives none says why, and stops no other
BEGIN;
INSERT INTO app.participants VALUES (1, 'a b', 'guest'), (1, 'zoe', 'guest');
UPDATE app.tokens SET token = 'old' WHERE meeting = 1;
CALL app.issue_tokens(1);
SELECT user_id, token LIKE 'eyJ%' AS has_token, problem FROM app.tokens WHERE meeting = 1 ORDER BY user_id;
REVOKE USAGE ON FOREIGN SERVER videosdk FROM meeting_issuer;
CALL app.issue_tokens(1);
SELECT count(token) AS tokens, array_agg(DISTINCT problem) AS problems FROM app.tokens WHERE meeting = 1;
ROLLBACK;
\set VERBOSITY sqlstate

-- Attacks by anon, as PostgREST switches to it
SET SESSION AUTHORIZATION authenticator;
SET ROLE anon;
SELECT set_config('request.jwt.claims', '{"sub": "alice"}', false);
SELECT api.join_meeting(1);
SELECT api.validate_token('x');
SELECT * FROM api.meetings;
SELECT * FROM app.meetings;
SELECT videosdk.videosdk_issue_token('{}', '1 hour');

-- and by web_user, as bob, a guest of meeting 1: sees his own only
SET ROLE web_user;
SELECT set_config('request.jwt.claims', '{"sub": "bob"}', false);
SELECT id, title, kind FROM api.meetings;
CREATE FUNCTION pg_temp.leak(text) RETURNS boolean COST 0.0001 LANGUAGE plpgsql AS
	'BEGIN RAISE WARNING ''%'', $1; RETURN true; END';
SELECT count(*) FROM api.meetings WHERE pg_temp.leak(title);
SET row_security = off;
SELECT * FROM api.meetings;
SELECT api.join_meeting(3);
RESET row_security;

-- The secret
SELECT srvname, umoptions FROM pg_user_mappings ORDER BY 1;
SELECT option_name, option_value FROM information_schema.user_mapping_options;
SELECT umoptions FROM pg_user_mapping;
SELECT count(*) FROM pg_stat_activity WHERE query ~ 'OPTIONS \(apikey';
SELECT pg_read_file('postgresql.conf');
CREATE USER MAPPING FOR web_user SERVER videosdk;
CREATE USER MAPPING FOR CURRENT_USER SERVER videosdk OPTIONS (apikey 'mine', secret '00112233445566778899aabbccddeeff');
ALTER USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (SET secret '00112233445566778899aabbccddeeff');
DROP USER MAPPING FOR PUBLIC SERVER videosdk;
ALTER SERVER videosdk OPTIONS (DROP roles);
ALTER SERVER videosdk OWNER TO web_user;
CREATE SERVER mine FOREIGN DATA WRAPPER videosdk;
CREATE FOREIGN TABLE pg_temp.secrets (secret text) SERVER videosdk;
SET ROLE meeting_issuer;
SET ROLE pg_read_server_files;
COPY (SELECT 1) TO PROGRAM 'cat';

-- A wider token, or one for another meeting
SELECT videosdk.videosdk_issue_token('{}', '1 hour');
SELECT videosdk.videosdk_check_token('x');
SELECT app.participant_token(NULL);
CALL app.issue_tokens(1);
SELECT token FROM app.tokens;
UPDATE app.participants SET kind = 'host';
INSERT INTO app.participants VALUES (3, 'bob', 'host');
UPDATE api.meetings SET kind = 'host';
UPDATE app.meetings SET room = 'mine';
CREATE POLICY all_mine ON app.participants USING (true);
ALTER TABLE app.participants DISABLE ROW LEVEL SECURITY;
CREATE FUNCTION api.mine() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT NULL';
CREATE OR REPLACE FUNCTION app.current_user_id() RETURNS text LANGUAGE sql RETURN 'alice';
ALTER FUNCTION api.join_meeting SET role = 'meeting_issuer';

-- Objects of his own, found first, and settings that change the meaning of values
CREATE TEMPORARY TABLE participants AS SELECT 3 AS meeting, 'bob' AS user_id, 'host' AS kind;
CREATE FUNCTION pg_temp.clock_timestamp() RETURNS timestamptz LANGUAGE sql RETURN '-infinity'::timestamptz;
CREATE FUNCTION pg_temp.equal(int, int) RETURNS boolean LANGUAGE sql RETURN true;
CREATE OPERATOR pg_temp.= (LEFTARG = int, RIGHTARG = int, FUNCTION = pg_temp.equal);
SET search_path = pg_temp, api, pg_catalog;
SET videosdk_token.allow_unknown_values = on;
SET intervalstyle = sql_standard;
SET timezone = 'Pacific/Kiritimati';
SET plpgsql.variable_conflict = use_column;
SELECT api.join_meeting(3);
SELECT api.join_meeting(1) AS token \gset
RESET SESSION AUTHORIZATION;
SET search_path = public;
SELECT readable(:'token'), expires_at BETWEEN clock_timestamp() AND ends_at + interval '1 second' AS in_time
FROM videosdk.videosdk_check_token(:'token'), app.meetings WHERE id = 1;

-- Claims without a user, and claims that are not JSON
SET ROLE web_user;
SELECT set_config('request.jwt.claims', claims, false), api.join_meeting(1) FROM (VALUES ('')) AS v (claims);
SELECT set_config('request.jwt.claims', claims, false), api.join_meeting(1) FROM (VALUES ('["alice"]')) AS v (claims);
SELECT set_config('request.jwt.claims', claims, false), api.join_meeting(1) FROM (VALUES ('alice')) AS v (claims);
RESET ROLE;

\c :regression
DROP DATABASE regress_videosdk_example;
:drop_roles;
