-- The three calls of VideoSDK's example server (videosdk-rtc-api-server-examples), by PostgREST: one file instead of a server, for who
-- has a login and wants rooms.  There, whoever sends a request gets a token to join any room and to moderate it.  Here, the JWT of your
-- login says who asks, the invitation whether and with which permissions they join, and the body only which room.
--
--     createdb rooms
--     VIDEOSDK_APIKEY=... VIDEOSDK_SECRET=... psql -d rooms -f examples/token_server.sql
--
--     POST /rpc/create_meeting {"guests": ["bob"], "waiting": ["carol"]} -> {"roomId": "..."}    for two hours; the caller is the host
--     POST /rpc/validate_meeting {"room_id": "..."} -> {"roomId": "...", "permissions": [...], "until": "..."}, or 404
--     POST /rpc/get_token {"room_id": "..."} -> {"token": "eyJ..."}, or 404
--
-- As a superuser, or as the owner of the database if it has CREATEROLE.  PostgREST logs in as authenticator (give it a password), serves
-- the schema api, and switches to web_user for who has a JWT with "role": "web_user" and "sub", to anon for all others.  Roles belong to
-- all databases of the cluster: two applications need other names for them.
\set ON_ERROR_STOP on
SET search_path = pg_catalog, pg_temp;		-- nobody's objects are found in the place of PostgreSQL's
SET client_min_messages = warning;

-- The secret is not in this file.  Without the variables, a random one lets the example run.
\getenv apikey VIDEOSDK_APIKEY
\if :{?apikey}
	\getenv secret VIDEOSDK_SECRET
\endif
\if :{?secret}
\else
	\warn 'VIDEOSDK_APIKEY and VIDEOSDK_SECRET are not set: with random ones in their place, VideoSDK will refuse the tokens'
	SELECT gen_random_uuid() AS apikey, replace(concat(gen_random_uuid(), gen_random_uuid()), '-', '') AS secret \gset
\endif

-- Statements below hold the secret.  A superuser keeps them out of the log; anybody else needs a superuser to see to it.
SELECT format('SET %s', setting)
FROM pg_roles, unnest(ARRAY['log_statement = none', 'log_min_error_statement = panic', 'log_min_duration_statement = -1',
	'log_min_duration_sample = -1', 'log_transaction_sample_rate = 0', 'auto_explain.log_min_duration = -1',
	'pg_stat_statements.track_utility = off']) AS setting
WHERE rolname = current_user AND rolsuper \gexec

BEGIN;

SELECT format('CREATE ROLE %I %s', name, attributes)
FROM (VALUES ('meeting_issuer', 'NOLOGIN'), ('anon', 'NOLOGIN'), ('web_user', 'NOLOGIN'),
	('authenticator', 'LOGIN NOINHERIT')) AS roles (name, attributes) WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
SELECT format('GRANT %I TO authenticator', name) FROM unnest(ARRAY['anon', 'web_user']) AS name
WHERE NOT pg_has_role('authenticator', name, 'MEMBER') \gexec
SELECT format('GRANT meeting_issuer TO %I', current_user) WHERE NOT pg_has_role('meeting_issuer', 'USAGE') \gexec

CREATE SCHEMA app; CREATE SCHEMA api; CREATE SCHEMA videosdk;		-- PostgREST serves api alone
CREATE EXTENSION videosdk_token SCHEMA videosdk;

-- Two servers with one secret: tokens to join one room as one participant, and tokens for VideoSDK's API, which no browser gets.
CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk
	OPTIONS (max_expires_in '2 hours', required 'roomId, participantId, jti', roles 'rtc');
CREATE SERVER videosdk_api FOREIGN DATA WRAPPER videosdk OPTIONS (max_expires_in '10 minutes', roles 'crawler');
CREATE USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (apikey :'apikey', secret :'secret');
CREATE USER MAPPING FOR PUBLIC SERVER videosdk_api OPTIONS (apikey :'apikey', secret :'secret');
\unset secret
GRANT USAGE ON FOREIGN SERVER videosdk TO meeting_issuer;		-- and none on videosdk_api
GRANT USAGE ON SCHEMA videosdk, app, api TO meeting_issuer;
GRANT USAGE ON SCHEMA api TO anon, web_user;

-- A room is VideoSDK's.  The database calls nobody while a request waits: rooms are made ahead, as the end of this file says.
CREATE TABLE app.rooms (
	room_id text PRIMARY KEY CHECK (room_id ~ '^\S+$'),
	ends_at timestamptz				-- NULL: a spare one
);
CREATE TABLE app.invitations (
	room_id text REFERENCES app.rooms ON DELETE CASCADE,
	user_id text CHECK (user_id ~ '^\S+$'),		-- as your login knows the user: the claim "sub" of its JWT
	kind text NOT NULL CHECK (kind IN ('host', 'guest', 'waiting')),
	PRIMARY KEY (room_id, user_id)
);
GRANT SELECT, UPDATE (ends_at) ON app.rooms TO meeting_issuer;
GRANT SELECT, INSERT ON app.invitations TO meeting_issuer;

-- The user of this request, NULL if there is none.  PostgREST sets the claims once it has verified the JWT.
CREATE FUNCTION app.current_user_id() RETURNS text LANGUAGE sql STABLE
RETURN nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub';

GRANT CREATE ON SCHEMA app, api TO meeting_issuer;
SET LOCAL ROLE meeting_issuer;		-- who owns these functions, and may create no others afterwards

-- A spare room for the caller, who is its host, and for those whom the caller names; 503 if there is none.
CREATE FUNCTION api.create_meeting(guests text[] DEFAULT '{}', waiting text[] DEFAULT '{}') RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	host text NOT NULL := app.current_user_id();
	room text;
BEGIN
	IF cardinality(guests || waiting) > 1000
		OR EXISTS (SELECT FROM unnest(guests || waiting || host) AS u WHERE (u ~ '^\S+$') IS NOT TRUE) THEN
		RAISE invalid_parameter_value USING MESSAGE = 'at most 1000 may be invited, each by an id without white space';
	END IF;
	PERFORM pg_advisory_xact_lock(hashtextextended(host, 0));		-- one request after the other, so that five are five
	IF (SELECT count(*) FROM app.rooms AS r JOIN app.invitations AS i USING (room_id)
		WHERE i.user_id = host AND i.kind = 'host' AND r.ends_at > clock_timestamp()) >= 5 THEN
		RAISE SQLSTATE 'PT429' USING MESSAGE = 'you have five meetings already';		-- Too Many Requests
	END IF;
	UPDATE app.rooms AS r SET ends_at = clock_timestamp() + interval '2 hours'
	WHERE r.room_id = (SELECT s.room_id FROM app.rooms AS s WHERE s.ends_at IS NULL LIMIT 1 FOR UPDATE SKIP LOCKED)
	RETURNING r.room_id INTO room;
	IF NOT FOUND THEN
		RAISE SQLSTATE 'PT503' USING MESSAGE = 'there is no spare room, try again in a minute';		-- Service Unavailable
	END IF;
	INSERT INTO app.invitations VALUES (room, host, 'host');
	INSERT INTO app.invitations SELECT room, unnest(guests), 'guest' ON CONFLICT DO NOTHING;
	INSERT INTO app.invitations SELECT room, unnest(waiting), 'waiting' ON CONFLICT DO NOTHING;
	RETURN jsonb_build_object('roomId', room);
END $$;

-- Whether the caller may join the room, with which permissions, and until when.
CREATE FUNCTION api.validate_meeting(room_id text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	answer jsonb;
BEGIN
	SELECT jsonb_build_object('roomId', i.room_id, 'until', r.ends_at, 'permissions',
		CASE i.kind WHEN 'host' THEN ARRAY['allow_join', 'allow_mod'] WHEN 'guest' THEN ARRAY['allow_join'] ELSE ARRAY['ask_join'] END)
	INTO answer FROM app.invitations AS i JOIN app.rooms AS r ON r.room_id = i.room_id
	WHERE i.room_id = validate_meeting.room_id AND i.user_id = app.current_user_id() AND r.ends_at > clock_timestamp() + interval '1 second';
	IF NOT FOUND THEN		-- or no such room: the answer is the same, so that nobody can find out
		RAISE SQLSTATE 'PT404' USING MESSAGE = 'you are not invited to this room, or it is closed';		-- Not Found
	END IF;
	RETURN answer;
END $$;

-- The caller's token, which lasts as long as the meeting.
CREATE FUNCTION api.get_token(room_id text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	meeting jsonb := api.validate_meeting(room_id);
BEGIN
	RETURN jsonb_build_object('token', videosdk.videosdk_issue_token(
		videosdk.videosdk_participant_payload(room_id, app.current_user_id(),
			ARRAY(SELECT jsonb_array_elements_text(meeting -> 'permissions')),
			custom_claims => jsonb_build_object('jti', gen_random_uuid())),
		(meeting ->> 'until')::timestamptz - clock_timestamp()));
END $$;

RESET ROLE;
REVOKE CREATE ON SCHEMA app, api FROM meeting_issuer;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA app, api FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.current_user_id TO meeting_issuer;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA api TO web_user;

NOTIFY pgrst, 'reload schema';		-- PostgREST looks again
COMMIT;

-- Try it: have VideoSDK create rooms until there are 20 spare ones, as the role that loaded this file; later every minute, by cron.
--
--     set -euo pipefail
--     rooms() { psql -XqAt -v ON_ERROR_STOP=1 -d rooms -c "$1"; }
--     while [ "$(rooms 'SELECT count(*) < 20 FROM app.rooms WHERE ends_at IS NULL')" = t ]; do
--         rooms "SELECT 'Authorization: ' || videosdk.videosdk_issue_token(videosdk.videosdk_api_payload(), '1 minute', 'videosdk_api')" |
--             curl -fsS https://api.videosdk.live/v2/rooms -H @- -H 'Content-Type: application/json' -d '{}' |
--             jq -er '.roomId // empty' | rooms 'COPY app.rooms (room_id) FROM STDIN'
--     done
--
-- Then call, with a JWT of your login (claims: "role": "web_user", "sub": "alice"):
--
--     call() { curl -sS "$API/rpc/$1" -H "Authorization: Bearer $LOGIN" -H 'Content-Type: application/json' -d "$2"; echo; }
--     room=$(call create_meeting '{"guests": ["bob"]}' | jq -r .roomId)
--     call validate_meeting "{\"room_id\": \"$room\"}"
--     call get_token "{\"room_id\": \"$room\"}"
