-- examples/desk/desk.sql on top of examples/meetings.sql and tenants.sql, loaded by the owner of a database who is no superuser
\getenv abs_srcdir PG_ABS_SRCDIR
\set meetings :abs_srcdir '/examples/meetings.sql'
\set tenants :abs_srcdir '/examples/tenants.sql'
\set folder :abs_srcdir '/examples/desk/'
\set desk :folder 'desk.sql'
\set include :abs_srcdir '/sql/examples/owner.sql'
\i :include

\set ECHO none
\setenv VIDEOSDK_APIKEY 8a1f5c1e-7d2b-4c59-9e36-2f7b1c0d4e5f
\setenv VIDEOSDK_SECRET 3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c
\i :meetings
\setenv TENANT college
\setenv VIDEOSDK_APIKEY c0ffee00-7d2b-4c59-9e36-2f7b1c0d4e5f
\setenv VIDEOSDK_SECRET 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
\i :tenants
\i :desk
-- Again, as after a change of the page
ALTER SERVER videosdk_desk OPTIONS (SET max_expires_in '3 hours');
UPDATE desk.page SET html = 'changed';
\i :desk
\set include :abs_srcdir '/sql/examples/catalogue.sql'
\i :include
-- The credential is that of server videosdk
SELECT count(DISTINCT umoptions) AS credentials, count(*) AS servers FROM pg_user_mappings WHERE srvname IN ('videosdk', 'videosdk_desk');

-- What PostgREST does with the call of a user: a role, a "sub", a method
CREATE SCHEMA test;
CREATE FUNCTION test.call_as(role text, user_id text, call text, method text DEFAULT 'POST') RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	answer jsonb;
	details text;
BEGIN
	PERFORM set_config('request.jwt.claims', jsonb_strip_nulls(jsonb_build_object('sub', user_id))::text, true),
		set_config('request.method', method, true), set_config('role', role, true);
	EXECUTE 'SELECT to_jsonb(' || call || ')' INTO answer;
	PERFORM set_config('role', 'none', true);
	RETURN answer;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS details = PG_EXCEPTION_DETAIL;
	RETURN jsonb_strip_nulls(jsonb_build_object(sqlstate, sqlerrm, 'details', nullif(details, '')));
END $$;
CREATE FUNCTION test.desk(call text) RETURNS jsonb LANGUAGE sql RETURN test.call_as('desk_user', 'alice', 'desk.' || call);
-- A payload, or an error, without what differs each time
CREATE FUNCTION test.payload(answer jsonb) RETURNS jsonb LANGUAGE sql
RETURN (answer ->> 'payload')::jsonb - '{iat,exp,jti,apikey}'::text[];
CREATE FUNCTION test.timeless(answer jsonb) RETURNS jsonb LANGUAGE sql
RETURN regexp_replace(answer::text, '\d{10}(\.\d+)? \([^)]*\)', '(time)', 'g')::jsonb;

-- The page is what is in the file, for anon, in both schemas; its headers, with the hash of each script and style
\set page `cat "$PG_ABS_SRCDIR/examples/desk/desk.html"`
SELECT role, call, test.call_as(role, NULL, call) = to_jsonb(:'page'::text) AS is_page
FROM unnest(ARRAY['anon', 'desk_user']) AS role, unnest(ARRAY['desk.desk()', 'api.desk()']) AS call;
SELECT pg_typeof(api.desk());
BEGIN;
SELECT api.desk() IS NOT NULL AS served, desk.desk() = api.desk() AS same;
SELECT header.key, regexp_replace(header.value, 'sha256-[^'']{43}=', '...', 'g') AS value
FROM jsonb_array_elements(current_setting('response.headers')::jsonb) AS h, jsonb_each_text(h) AS header;
SELECT element, position(encode(sha256(convert_to(split_part(part, format('</%s>', element), 1), 'UTF8')), 'base64')
	IN current_setting('response.headers')) > 0 AS has_hash
FROM unnest(ARRAY['script', 'style']) AS element, string_to_table(:'page', format('<%s>', element)) WITH ORDINALITY AS p (part, n) WHERE n > 1;
COMMIT;
-- No other host, no handler or style in an attribute, no HTML made from text
SELECT found[1] FROM regexp_matches(:'page', '(https?://[^/)"]*|\son[a-z]+=|\sstyle=|innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|(?:local|session)Storage|indexedDB|document\.cookie|serviceWorker)', 'g') AS found;

-- What the server allows, and what it would if it had no limits; what time it is
SELECT (test.desk('limits()') ->> 'now')::numeric - extract(epoch FROM now()) BETWEEN 0 AND 60 AS is_now;
SELECT test.desk('limits()') - 'now' AS limits;
BEGIN;
ALTER SERVER videosdk_desk OPTIONS (SET max_expires_in '1 day 00:00:01.5', DROP roles, DROP required, ADD permissions ' allow_join ,ask_join');
SELECT test.desk('limits()') - 'now' AS limits;
ALTER SERVER videosdk_desk OPTIONS (DROP max_expires_in, DROP permissions);
SELECT test.desk('limits()') - 'now' AS limits;
ROLLBACK;

-- Make: a token, and who made it
SELECT test.desk($$make('2kyv-gzay-64pg', 'bob', lasts => '1 hour')$$) AS made \gset
SELECT test.payload(:'made'), status, expires_at - issued_at AS lifetime, (:'made'::jsonb ->> 'payload')::jsonb = payload AS same
FROM videosdk.videosdk_check_token(:'made'::jsonb ->> 'token');
SELECT i.room_id, i.participant_id, i.issued_by, i.issued_at = c.issued_at AS issued_at, i.expires_at = c.expires_at AS expires_at
FROM videosdk.videosdk_check_token(:'made'::jsonb ->> 'token') AS c JOIN app.issued_tokens AS i ON i.jti::text = c.payload ->> 'jti';
SELECT count(*) AS before FROM app.issued_tokens \gset
SELECT arguments, coalesce(test.payload(answer), test.timeless(answer)) AS answer
FROM unnest(ARRAY['preview', 'make']) AS call, unnest(ARRAY[
	$$('2kyv-gzay-64pg', 'bob', '{ask_join}', lasts => '10 minutes')$$,
	$$('2kyv-gzay-64pg', 'bob', '{ask_join,allow_join}', lasts => '10 minutes')$$,
	$$('2kyv-gzay-64pg', 'bob', '{allow_mod}', lasts => '10 minutes')$$,
	$$('2kyv-gzay-64pg', 'bob', '{}', lasts => '10 minutes')$$,
	$$('2kyv gzay', 'bob', lasts => '10 minutes')$$,
	$$('', 'bob', lasts => '10 minutes')$$,
	$$(NULL, 'bob', lasts => '10 minutes')$$,
	$$('2kyv-gzay-64pg', NULL, lasts => '10 minutes')$$,
	$$('2kyv-gzay-64pg', repeat('x', 2001), lasts => '10 minutes')$$,
	$$('2kyv-gzay-64pg', 'bob', role => 'crawler', lasts => '10 minutes')$$,
	$$('2kyv-gzay-64pg', 'bob', role => 'king', lasts => '10 minutes')$$,
	$$('2kyv-gzay-64pg', 'bob', role => NULL, lasts => '10 minutes')$$,
	$$('2kyv-gzay-64pg', 'bob')$$,
	$$('2kyv-gzay-64pg', 'bob', lasts => '0')$$]) AS arguments, test.desk(call || arguments) AS answer;
SELECT count(*) - :before AS made FROM app.issued_tokens;
-- A limit, and from when it lasts: the start, but the limit counts from now
SELECT ahead, lasts, answer -> 'error' ->> 'message' AS error, to_timestamp((payload ->> 'exp')::bigint) - starts AS ends_after_start,
	payload ->> 'nbf' = extract(epoch FROM starts)::bigint::text AS nbf
FROM (VALUES (NULL, '3 hours'), (NULL, '3 hours 1 second'), ('2 hours', '59 minutes'), ('2 hours', '61 minutes'),
	('-2 hours', '3 hours'), ('-2 hours', '1 hour')) AS v (ahead, lasts),
	LATERAL (SELECT date_trunc('second', clock_timestamp()) + ahead::interval) AS s (starts),
	test.desk(format('preview(%L, %L, starts_at => %L, lasts => %L)', 'room', 'bob', starts, lasts)) AS answer,
	LATERAL (SELECT (answer ->> 'payload')::jsonb) AS q (payload);
-- Somebody who is banned, a room of another account, a login without a name
INSERT INTO app.bans VALUES ('eve');
INSERT INTO app.meetings VALUES (5, 'Seminar', 'videosdk_college', '7wzr-kdpc-88qa', now(), now() + interval '90 minutes');
SELECT arguments, test.desk(call || arguments) FROM unnest(ARRAY['preview', 'make']) AS call,
	unnest(ARRAY[$$('2kyv-gzay-64pg', 'eve', lasts => '1 hour')$$, $$('7wzr-kdpc-88qa', 'bob', lasts => '1 hour')$$]) AS arguments;
SELECT test.call_as('desk_user', sub, $$desk.make('2kyv-gzay-64pg', 'bob', lasts => '1 hour')$$) FROM unnest(ARRAY[NULL, '']) AS sub;
SELECT count(*) - :before AS made FROM app.issued_tokens;

-- Look: no text raises; what anybody may have written is marked
CREATE FUNCTION test.look(token text, room text DEFAULT NULL, participant text DEFAULT NULL) RETURNS jsonb LANGUAGE sql
RETURN (SELECT test.timeless(answer) - '{now,payload,issued_at,not_before,expires_at}'::text[]
	|| jsonb_build_object('payload', test.payload(answer), 'times',
		jsonb_build_array(answer -> 'issued_at' <> 'null', answer -> 'not_before' <> 'null', answer -> 'expires_at' <> 'null'))
	FROM test.desk(format('look(%L, %L, %L)', token, room, participant)) AS answer);
SELECT :'made'::jsonb ->> 'token' AS token \gset
SELECT jsonb_pretty(test.look(:'token', '2kyv-gzay-64pg', 'bob'));
SELECT test.look(:'token', room, participant) -> 'join' AS "join"
FROM (VALUES ('9fqx-tmbe-21hd', 'bob'), ('2kyv-gzay-64pg', 'carol'), ('2kyv-gzay-64pg', ''), ('', 'bob'), (NULL, 'bob'), ('a b', 'bob')) AS v (room, participant);
SELECT what, test.look(token) AS answer FROM (VALUES
	('none', NULL), ('empty', ''), ('no token', 'x'), ('no token', '..'), ('changed', regexp_replace(:'token', '.{5}$', 'AAAAA')), ('Bearer', 'Bearer ' || :'token'),
	('by another', videosdk.videosdk_sign_token('{"apikey": "k", "permissions": ["allow_join"]}', 'another secret, of 32 bytes and more', '1 hour')),
	('alg none', 'eyJhbGciOiJub25lIn0.eyJyb29tSWQiOiI8L3NjcmlwdD4ifQ.'),
	('no object', 'eyJhbGciOiJIUzI1NiJ9.W10.x'), ('no JSON', 'eyJhbGciOiJIUzI1NiJ9.eyJ9.AAAA'), ('too long', repeat('a', 70000)),
	('digits', videosdk.videosdk_sign_token('{"apikey": "8a1f5c1e-7d2b-4c59-9e36-2f7b1c0d4e5f", "permissions": ["allow_join"], "n": 12345678901234567890.10}',
		'3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c', '1 hour')),
	('of the college', videosdk.videosdk_issue_token(videosdk.videosdk_participant_payload('7wzr-kdpc-88qa', 'bob', custom_claims => '{"jti": "1"}'),
		'1 hour', 'videosdk_college'))) AS v (what, token);
-- Taken back, and banned, also before it is valid; VideoSDK is not told
SELECT test.desk($$make('2kyv-gzay-64pg', 'bob', starts_at => now() + interval '1 hour', lasts => '1 hour')$$) ->> 'token' AS later \gset
SELECT test.look(:'later') ->> 'status' AS later;
UPDATE app.issued_tokens SET revoked_at = clock_timestamp() WHERE jti::text = videosdk.videosdk_decode_token(:'token') ->> 'jti';
SELECT test.look(:'token', '2kyv-gzay-64pg', 'bob') - '{header,payload,times}'::text[];
UPDATE app.issued_tokens SET revoked_at = clock_timestamp();
SELECT test.look(:'later') - '{header,payload,times}'::text[];
UPDATE app.issued_tokens SET revoked_at = NULL;
INSERT INTO app.bans VALUES ('bob');
SELECT test.look(token) - '{header,payload,times}'::text[] FROM unnest(ARRAY[:'token', :'later']) AS token;
DELETE FROM app.bans;

-- Rotation, first of server videosdk: what the desk makes is valid before, between and after
\set rotation 'SET secret \'the next secret, of 32 bytes and more\', ADD previous_secret \'3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c\', ADD previous_until \'9999-12-31T00:00:00Z\''
CREATE VIEW test.after_rotation AS
SELECT test.look(old) ->> 'status' AS old, test.look(new ->> 'token') ->> 'status' AS new
FROM (SELECT current_setting('test.token'), test.desk($$make('2kyv-gzay-64pg', 'bob', lasts => '1 hour')$$)) AS t (old, new);
SET test.token = :'token';
BEGIN;
ALTER USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (:rotation);
SELECT * FROM test.after_rotation;
ALTER USER MAPPING FOR PUBLIC SERVER videosdk_desk OPTIONS (:rotation);
SELECT * FROM test.after_rotation;
ROLLBACK;

-- By GET and HEAD neither
SELECT method, call, test.call_as('desk_user', 'alice', 'desk.' || call, method)
FROM unnest(ARRAY['GET', 'HEAD']) AS method, unnest(ARRAY['look(''x'')', 'preview()', 'make()']) AS call;

-- Everybody else, and desk_user beyond what is granted
SELECT role, call, test.call_as(role, 'alice', call) FROM unnest(ARRAY['anon', 'web_user']) AS role,
	unnest(ARRAY['desk.limits()', 'desk.preview()', 'desk.make()', 'desk.look()', 'desk.issue(NULL, NULL, NULL, NULL, NULL, NULL)', 'desk.require_post()']) AS call;
\set VERBOSITY sqlstate
SET SESSION AUTHORIZATION authenticator;
SET ROLE desk_user;
SELECT set_config('request.jwt.claims', '{"sub": "alice"}', false);
SELECT srvname, umoptions FROM pg_user_mappings ORDER BY 1;
SELECT umoptions FROM pg_user_mapping;
SELECT desk.issue('room', 'bob', '{allow_join}', 'rtc', NULL, '1 hour');
SELECT desk.require_post();
SELECT html FROM desk.page;
UPDATE desk.page SET html = '';
SELECT * FROM app.issued_tokens;
SELECT app.log_token('x');
SELECT api.join_meeting(1);
SELECT api.validate_token('x');
SELECT videosdk.videosdk_issue_token('{}', '1 hour', 'videosdk_desk');
CREATE FUNCTION desk.mine() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT NULL';
CREATE TEMPORARY TABLE page (html text, headers jsonb);
CREATE TEMPORARY TABLE bans (user_id text, until timestamptz);
SET search_path = pg_temp, desk, pg_catalog;
SET plpgsql.variable_conflict = use_column;
SET videosdk_token.allow_unknown_values = on;
SELECT desk.desk() IS NOT NULL AS served, desk.make('room', 'bob', '{allow_join}', 'rtc', NULL, '1 hour') ? 'token' AS made;
SELECT desk.make('room', 'bob', '{allow_record}', 'rtc', NULL, '1 hour');
RESET SESSION AUTHORIZATION;

\c :regression
DROP DATABASE regress_videosdk_example;
:drop_roles;
DROP OWNED BY regress_videosdk_owner;
DROP ROLE regress_videosdk_owner;
