-- examples/token_server.sql, loaded by the owner of a database who is no superuser: what a caller may ask for, and what the body cannot
\getenv abs_srcdir PG_ABS_SRCDIR
\set example :abs_srcdir '/examples/token_server.sql'
\set include :abs_srcdir '/sql/examples/owner.sql'
\i :include

\setenv VIDEOSDK_APIKEY 8a1f5c1e-7d2b-4c59-9e36-2f7b1c0d4e5f
\setenv VIDEOSDK_SECRET 3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c
\set ECHO none
\i :example
\set include :abs_srcdir '/sql/examples/catalogue.sql'
\i :include

-- What PostgREST does with the call of a user
CREATE SCHEMA test;
CREATE FUNCTION test.call_as(user_id text, call text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	answer jsonb;
BEGIN
	PERFORM set_config('request.jwt.claims', jsonb_build_object('sub', user_id)::text, true), set_config('role', 'web_user', true);
	EXECUTE 'SELECT api.' || call INTO answer;
	PERFORM set_config('role', 'none', true);
	RETURN answer;
EXCEPTION WHEN OTHERS THEN
	RETURN jsonb_build_object(sqlstate, sqlerrm);
END $$;
CREATE FUNCTION test.payload(answer jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	RETURN coalesce(videosdk.videosdk_decode_token(answer ->> 'token') - 'iat' - 'exp' - 'apikey' - 'jti', answer);
END $$;

-- No spare room, a room, and none any more; nobody
SELECT test.call_as('alice', 'create_meeting()');
INSERT INTO app.rooms VALUES ('2kyv-gzay-64pg');
SELECT test.call_as(NULL, 'create_meeting()');
SELECT guests, test.call_as('alice', format('create_meeting(%L)', guests)) FROM (VALUES ('{NULL}'), ('{""}'), ('{"a b"}')) AS v (guests);
SELECT test.call_as('alice', $$create_meeting(waiting => array_fill('bob'::text, '{1001}'))$$);
SELECT user_id, test.call_as(user_id, 'create_meeting()') FROM (VALUES (''), ('a b'), (E'a\nb')) AS v (user_id);
SELECT test.call_as('alice', $$create_meeting('{bob, alice, bob}', '{carol, bob, alice}')$$);
SELECT test.call_as('alice', 'create_meeting()');
SELECT room_id, user_id, kind, ends_at - clock_timestamp() BETWEEN interval '1:59' AND interval '2:00' AS in_time
FROM app.rooms JOIN app.invitations USING (room_id) ORDER BY user_id;

-- Host, guest, waiting room; uninvited, nobody; another room, none, a spare one, no name
INSERT INTO app.rooms VALUES ('9fqx-tmbe-21hd');
SELECT user_id, room, test.call_as(user_id, format('validate_meeting(%L)', room)) - 'until' AS validated,
	test.payload(test.call_as(user_id, format('get_token(%L)', room))) AS token
FROM (VALUES ('alice', '2kyv-gzay-64pg'), ('bob', '2kyv-gzay-64pg'), ('carol', '2kyv-gzay-64pg'), ('mallory', '2kyv-gzay-64pg'),
	('Alice', '2kyv-gzay-64pg'), (NULL, '2kyv-gzay-64pg'), ('alice', '9fqx-tmbe-21hd'), ('alice', 'x'), ('alice', ''), ('alice', NULL))
	AS v (user_id, room);
-- The token ends with the meeting, whatever the settings of the session; it is for one call to join, not for VideoSDK's API
SET timezone = 'Pacific/Kiritimati';
SET datestyle = 'German';
SELECT abs(extract(epoch FROM expires_at - ends_at)) <= 1 AS ends_with_it, (test.call_as('alice', $$validate_meeting('2kyv-gzay-64pg')$$)
	->> 'until')::timestamptz = ends_at AS until, payload -> 'roles' AS roles, status
FROM app.rooms, videosdk.videosdk_check_token(test.call_as('alice', $$get_token('2kyv-gzay-64pg')$$) ->> 'token')
WHERE room_id = '2kyv-gzay-64pg';
RESET timezone;
RESET datestyle;
SELECT allowed, must_ask FROM unnest(ARRAY['alice', 'bob', 'carol']) AS who,
	videosdk.videosdk_check_join(test.call_as(who, $$get_token('2kyv-gzay-64pg')$$) ->> 'token', '2kyv-gzay-64pg', who);
SELECT payload -> 'roles' AS roles, expires_at - issued_at AS lifetime FROM videosdk.videosdk_check_token(
	videosdk.videosdk_issue_token(videosdk.videosdk_api_payload(), '1 minute', 'videosdk_api'), 'videosdk_api');
-- A meeting that is over, and an invitation that is withdrawn
BEGIN;
DELETE FROM app.invitations WHERE user_id = 'bob';
SELECT test.call_as('bob', $$get_token('2kyv-gzay-64pg')$$);
UPDATE app.rooms SET ends_at = clock_timestamp() WHERE room_id = '2kyv-gzay-64pg';
SELECT test.call_as('alice', $$validate_meeting('2kyv-gzay-64pg')$$), test.call_as('alice', $$get_token('2kyv-gzay-64pg')$$);
ROLLBACK;
-- Five meetings are enough
INSERT INTO app.rooms SELECT 'room' || n FROM generate_series(1, 10) AS n;
SELECT jsonb_object_keys(test.call_as('alice', 'create_meeting()')) AS answer FROM generate_series(1, 6);
SELECT test.call_as('alice', 'create_meeting()');
SELECT jsonb_object_keys(test.call_as('bob', 'create_meeting()')) AS answer;
UPDATE app.rooms SET ends_at = clock_timestamp() WHERE room_id = '2kyv-gzay-64pg';
SELECT jsonb_object_keys(test.call_as('alice', 'create_meeting()')) AS answer;
UPDATE app.rooms SET ends_at = clock_timestamp() + interval '1 hour' WHERE room_id = '2kyv-gzay-64pg';
-- Rooms without a name
\set VERBOSITY sqlstate
INSERT INTO app.rooms VALUES ('');
INSERT INTO app.rooms VALUES (NULL);
INSERT INTO app.rooms VALUES ('2kyv-gzay-64pg 9fqx-tmbe-21hd');

-- Attacks by anon, and by web_user, as bob
SET SESSION AUTHORIZATION authenticator;
SET ROLE anon;
SELECT set_config('request.jwt.claims', '{"sub": "alice"}', false);
SELECT api.create_meeting();
SELECT api.validate_meeting('2kyv-gzay-64pg');
SELECT api.get_token('2kyv-gzay-64pg');
SELECT * FROM app.rooms;
SET ROLE web_user;
SELECT set_config('request.jwt.claims', '{"sub": "bob"}', false);
SELECT srvname, umoptions FROM pg_user_mappings ORDER BY 1;
SELECT umoptions FROM pg_user_mapping;
CREATE USER MAPPING FOR CURRENT_USER SERVER videosdk OPTIONS (apikey 'mine', secret '00112233445566778899aabbccddeeff');
SELECT videosdk.videosdk_issue_token('{}', '1 hour');
SELECT videosdk.videosdk_issue_token(videosdk.videosdk_api_payload(), '1 minute', 'videosdk_api');
SELECT * FROM app.rooms;
SELECT * FROM app.invitations;
INSERT INTO app.rooms VALUES ('mine');
INSERT INTO app.invitations VALUES ('2kyv-gzay-64pg', 'bob', 'host');
UPDATE app.invitations SET kind = 'host';
SELECT app.current_user_id();
CREATE FUNCTION api.mine() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT NULL';
ALTER FUNCTION api.get_token SET role = 'meeting_issuer';
SET ROLE meeting_issuer;
CREATE TEMPORARY TABLE invitations AS SELECT 'room1' AS room_id, 'bob' AS user_id, 'host' AS kind;
CREATE FUNCTION pg_temp.equal(text, text) RETURNS boolean LANGUAGE sql RETURN true;
CREATE OPERATOR pg_temp.= (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_temp.equal);
SET search_path = pg_temp, api, pg_catalog;
SET videosdk_token.allow_unknown_values = on;
SELECT api.get_token('room1');
SELECT api.get_token('2kyv-gzay-64pg') ->> 'token' AS token \gset
RESET search_path;
-- meeting_issuer, which nobody becomes, can issue no token for VideoSDK's API
RESET SESSION AUTHORIZATION;
SELECT videosdk.videosdk_decode_token(:'token') - 'iat' - 'exp' - 'jti' AS payload;
SET ROLE meeting_issuer;
SELECT videosdk.videosdk_issue_token(videosdk.videosdk_api_payload(), '1 minute', 'videosdk_api');
SELECT videosdk.videosdk_issue_token(videosdk.videosdk_api_payload(), '1 minute');
RESET ROLE;

\c :regression
DROP DATABASE regress_videosdk_example;
:drop_roles;
DROP OWNED BY regress_videosdk_owner;
DROP ROLE regress_videosdk_owner;
