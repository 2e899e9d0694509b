-- The desk: a page on which your team makes a token for a test, and looks into one, without giving it to somebody else's page.  On top
-- of meetings.sql, as the role that loaded it; ledger.sql is loaded, too, if it has not been:
--
--     psql -d meetings -f examples/desk/desk.sql
--
-- PostgREST serves it at /rpc/desk, with db-schemas = "api, desk".  Who has a JWT of your login with "role": "desk_user" and "sub" works
-- with it; all others see a box that asks for one.  The page is desk.html.  Change it, load this file again, and reload the page.
--
-- What is made is signed by videosdk_desk, a server of its own, whose limits can be changed by ALTER SERVER.  It has the secret of the
-- server videosdk: rotate both (examples/load_secret.sql, once as it is and once with -v server=videosdk_desk).
\set ON_ERROR_STOP on
SET search_path = pg_catalog, pg_temp;		-- nobody's objects are found in the place of PostgreSQL's
SET client_min_messages = warning;

-- desk.html stands beside this file, if that was named by -f, or in -v folder=PATH/; without both, in the current folder or in this
-- folder of a checkout
\if :{?folder}
\else
	\set folder `tr '\0' '\n' </proc/$PPID/cmdline 2>/dev/null | sed -n 's/^\(-f\|--file=\)\{0,1\}\(.*\)desk\.sql$/\2/p'`
\endif
\set page `cat :'folder'desk.html 2>/dev/null || [ -n :'folder' ] || cat examples/desk/desk.html 2>/dev/null`
SELECT :'page' = '' AS has_no_page, to_regclass('app.issued_tokens') IS NULL AS has_no_ledger,
	to_regnamespace('desk') IS NOT NULL AND to_regclass('desk.page') IS NULL AS has_another_desk \gset
\if :has_no_page
	DO 'BEGIN RAISE ''desk.html is not found'' USING HINT = ''Load this file by psql -f, or say where it is by -v folder=PATH/.''; END';
\elif :has_another_desk
	DO 'BEGIN RAISE ''there is a schema "desk" of something else'' USING HINT = ''This file would drop it: rename one of the two.''; END';
\endif
\if :has_no_ledger
	\ir ../ledger.sql
\endif

BEGIN;

-- 1. Who may use it, and the server that limits what they make
SELECT 'CREATE ROLE desk_user NOLOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'desk_user') \gexec
SELECT 'GRANT desk_user TO authenticator' WHERE NOT pg_has_role('authenticator', 'desk_user', 'MEMBER') \gexec

-- The secret is copied inside the database, so that no statement of psql holds it, and no error's message.  One that runs inside does:
-- psql does not show the context of an error, and a superuser keeps it out of the log, where a lock that is waited for or the end of the
-- session would bring it, and out of what counts nested statements by their text (pg_stat_statements.track = all).
\set SHOW_CONTEXT never
SELECT set_config(name, value, true)
FROM pg_roles, (VALUES ('log_error_verbosity', 'terse'), ('pg_stat_statements.track_utility', 'off')) AS settings (name, value)
WHERE rolname = current_user AND rolsuper \g /dev/null
DO $$
DECLARE
	credential text;
BEGIN
	IF EXISTS (SELECT FROM pg_foreign_server WHERE srvname = 'videosdk_desk') THEN
		RETURN;
	END IF;
	SELECT string_agg(format('%I %L', option_name, option_value), ', ') INTO credential
	FROM pg_user_mappings, pg_options_to_table(umoptions) WHERE srvname = 'videosdk' AND umuser = 0;
	IF credential IS NULL THEN
		RAISE 'the credential of server "videosdk" cannot be read' USING HINT = 'Load this file as the role that loaded meetings.sql.';
	END IF;
	CREATE SERVER videosdk_desk FOREIGN DATA WRAPPER videosdk
		OPTIONS (max_expires_in '2 hours', required 'roomId, participantId, jti', roles 'rtc');
	BEGIN
		EXECUTE 'CREATE USER MAPPING FOR PUBLIC SERVER videosdk_desk OPTIONS (' || credential || ')';
	EXCEPTION WHEN OTHERS OR query_canceled THEN
		RAISE '%', SQLERRM;		-- without the statement
	END;
END $$;
GRANT USAGE ON FOREIGN SERVER videosdk_desk TO meeting_issuer;

-- 2. The page, with the headers that let it do no more than it does
DROP SCHEMA IF EXISTS desk CASCADE;
CREATE SCHEMA desk;
GRANT USAGE ON SCHEMA desk TO anon, desk_user, meeting_issuer;
CREATE DOMAIN desk."text/html" AS text;		-- for PostgREST, what is returned as this has this media type

CREATE TABLE desk.page (html text NOT NULL, headers jsonb NOT NULL);
GRANT SELECT ON desk.page TO meeting_issuer;
WITH page (html) AS (SELECT replace(:'page', E'\r', '')),		-- as browsers read it, before they compare the hashes
hashes AS (
	SELECT element, string_agg(format('''sha256-%s''', encode(sha256(convert_to(found[1], 'UTF8')), 'base64')), ' ') AS hashes
	FROM page, unnest(ARRAY['script', 'style']) AS element, regexp_matches(html, format('<%s>(.*?)</%1$s>', element), 'g') AS found
	GROUP BY element
)
INSERT INTO desk.page SELECT html, jsonb_build_array(
	jsonb_build_object('Content-Security-Policy', (SELECT concat('default-src ''none''; ',
		string_agg(format('%s-src %s; ', element, hashes), '' ORDER BY element),
		'connect-src ''self''; base-uri ''none''; form-action ''none''; frame-ancestors ''none''; ',
		'require-trusted-types-for ''script''; trusted-types ''none''') FROM hashes)),
	jsonb_build_object('X-Frame-Options', 'DENY'),
	jsonb_build_object('Referrer-Policy', 'no-referrer'),
	jsonb_build_object('X-Content-Type-Options', 'nosniff'),
	jsonb_build_object('Cross-Origin-Opener-Policy', 'same-origin'),
	jsonb_build_object('Cache-Control', 'no-store')) FROM page;

GRANT CREATE ON SCHEMA desk, api TO meeting_issuer;
SET LOCAL ROLE meeting_issuer;		-- who owns these functions, and may create no others afterwards

-- GET /rpc/desk.  What PostgREST serves without being asked for a schema is the first of db-schemas, so it is there in both.
CREATE FUNCTION desk.desk() RETURNS desk."text/html"
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	page desk.page;
BEGIN
	SELECT * INTO STRICT page FROM desk.page;
	PERFORM set_config('response.headers', page.headers::text, true);
	RETURN page.html;
END $$;
CREATE FUNCTION api.desk() RETURNS desk."text/html" LANGUAGE sql STABLE RETURN desk.desk();

-- 3. Make.  POST /rpc/limits: who asks, when it is, and what the server allows, so that the page knows it before the database refuses.
CREATE FUNCTION desk.limits() RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT jsonb_build_object('user', app.current_user_id(), 'now', extract(epoch FROM clock_timestamp()), 'server', srvname, 'max_expires_in',
			extract(epoch FROM (now() AT TIME ZONE 'UTC' + (o.options ->> 'max_expires_in')::interval) - now() AT TIME ZONE 'UTC'),
		'required', to_jsonb(regexp_split_to_array(btrim(o.options ->> 'required'), '\s*,\s*')),
		'permissions', to_jsonb(regexp_split_to_array(btrim(o.options ->> 'permissions'), '\s*,\s*')),
		'roles', to_jsonb(regexp_split_to_array(btrim(o.options ->> 'roles'), '\s*,\s*')))
	FROM pg_foreign_server,
		LATERAL (SELECT jsonb_object_agg(option_name, option_value) AS options FROM pg_options_to_table(srvoptions)) AS o
	WHERE srvname = 'videosdk_desk';
END;

-- A URL goes to the logs of all proxies, and PostgREST serves GET for any function.
CREATE FUNCTION desk.require_post() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF current_setting('request.method', true) IN ('GET', 'HEAD') THEN
		RAISE SQLSTATE 'PT405' USING MESSAGE = 'send the token in the body of a POST';		-- Method Not Allowed
	END IF;
END $$;

-- A token for these arguments, of which nobody knows yet.  It lasts from its start, which is now if there is none.
CREATE FUNCTION desk.issue(room text, participant text, permissions text[], role text, starts_at timestamptz, lasts interval) RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	token text;
	server text;
BEGIN
	token := videosdk.videosdk_issue_token(
		videosdk.videosdk_participant_payload(room, participant, permissions, starts_at, jsonb_build_object('jti', gen_random_uuid()))
			|| jsonb_build_object('roles', jsonb_build_array(role)),
		coalesce(starts_at - clock_timestamp(), '0') + lasts, 'videosdk_desk');
	IF octet_length(participant) > 2000 THEN
		RAISE invalid_parameter_value USING MESSAGE = 'claim "participantId" is too long for the ledger',		-- whose index has it
			DETAIL = format('It has %s bytes, and may have 2000.', octet_length(participant));
	ELSIF app.is_banned(participant) THEN
		RAISE SQLSTATE 'PT403' USING MESSAGE = 'claim "participantId" names somebody who is banned',		-- Forbidden
			HINT = 'Who is banned stands in app.bans.';
	END IF;
	server := app.server_of_token(token);
	IF server <> 'videosdk' THEN
		RAISE invalid_parameter_value USING MESSAGE = 'claim "roomId" names a room of another account',
			DETAIL = format('It is of server "%s", and the desk signs with the secret of "videosdk".', server);
	END IF;
	RETURN token;
END $$;

-- POST /rpc/preview: the payload of such a token, or the error.  The token is thrown away.
CREATE FUNCTION desk.preview(room text DEFAULT NULL, participant text DEFAULT NULL, permissions text[] DEFAULT '{allow_join}',
	role text DEFAULT 'rtc', starts_at timestamptz DEFAULT NULL, lasts interval DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	message text;
	details text;
	hint text;
BEGIN
	PERFORM desk.require_post();
	RETURN jsonb_build_object('payload',
		videosdk.videosdk_decode_token(desk.issue(room, participant, permissions, role, starts_at, lasts))::text);
EXCEPTION WHEN invalid_parameter_value OR null_value_not_allowed OR untranslatable_character OR SQLSTATE 'PT403' THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, details = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN jsonb_build_object('error', jsonb_build_object('message', message, 'details', nullif(details, ''), 'hint', nullif(hint, '')));
END $$;

-- POST /rpc/make: such a token, which the ledger has
CREATE FUNCTION desk.make(room text DEFAULT NULL, participant text DEFAULT NULL, permissions text[] DEFAULT '{allow_join}',
	role text DEFAULT 'rtc', starts_at timestamptz DEFAULT NULL, lasts interval DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	token text;
BEGIN
	PERFORM desk.require_post();
	IF coalesce(app.current_user_id(), '') = '' THEN
		RAISE SQLSTATE 'PT403' USING MESSAGE = 'your login does not say who you are',		-- Forbidden
			HINT = 'Its JWT needs the claim "sub": the ledger keeps who made a token.';
	END IF;
	token := desk.issue(room, participant, permissions, role, starts_at, lasts);
	PERFORM app.log_token(token);
	RETURN jsonb_build_object('token', token, 'payload', videosdk.videosdk_decode_token(token)::text);
END $$;

-- 4. Look.  POST /rpc/look: what a token holds, whether it is valid, and, for a room and a participant, what VideoSDK answers to a
--    client that joins with it.  No token makes it raise, if meeting_issuer may use the server of its room.  JSON comes as text, so
--    that the page shows each digit of a number.
CREATE FUNCTION desk.look(token text DEFAULT NULL, room text DEFAULT NULL, participant text DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	server name := 'videosdk';
	seen record;
	judged record;
	answer jsonb;
BEGIN
	PERFORM desk.require_post();
	BEGIN
		server := app.server_of_token(token);
	EXCEPTION WHEN invalid_text_representation THEN		-- it is nobody's
	END;
	SELECT * INTO seen FROM videosdk.videosdk_inspect_token(token);
	SELECT * INTO judged FROM videosdk.videosdk_check_token(token, server);
	answer := jsonb_build_object('now', extract(epoch FROM clock_timestamp()), 'server', server,
		'status', judged.status, 'detail', judged.detail, 'is_signed', judged.header IS NOT NULL,
		'header', seen.header::text, 'payload', seen.payload::text, 'issued_at', extract(epoch FROM seen.issued_at),
		'not_before', extract(epoch FROM seen.not_before), 'expires_at', extract(epoch FROM seen.expires_at));
	IF judged.status IN ('valid', 'not_yet_valid') AND EXISTS (SELECT FROM app.issued_tokens AS i
		WHERE i.jti::text = judged.payload ->> 'jti' AND i.revoked_at IS NOT NULL) THEN
		answer := answer || '{"status": "revoked", "detail": "The ledger says that it was taken back."}';
	ELSIF judged.status IN ('valid', 'not_yet_valid') AND app.is_banned(judged.payload ->> 'participantId') THEN
		answer := answer || '{"status": "revoked", "detail": "Its participant is banned."}';
	END IF;
	IF room <> '' AND participant <> '' THEN
		answer := answer || jsonb_build_object('join',
			(SELECT to_jsonb(j) FROM videosdk.videosdk_check_join(token, room, participant, server) AS j));
	END IF;
	RETURN answer || jsonb_build_object('issued_by', (SELECT i.issued_by FROM app.issued_tokens AS i
		WHERE i.participant_id = judged.payload ->> 'participantId' AND i.issued_at = judged.issued_at
			AND i.jti::text = judged.payload ->> 'jti'));
END $$;

RESET ROLE;
REVOKE CREATE ON SCHEMA desk, api FROM meeting_issuer;
REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA desk FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION api.desk FROM PUBLIC;
GRANT EXECUTE ON FUNCTION desk.desk, api.desk TO anon, desk_user;
GRANT EXECUTE ON FUNCTION desk.limits, desk.preview, desk.make, desk.look TO desk_user;
GRANT USAGE ON SCHEMA api TO desk_user;

NOTIFY pgrst, 'reload schema';		-- PostgREST looks again
COMMIT;

-- Try it: open http://localhost:3000/rpc/desk, and paste a JWT of your login (claims: "role": "desk_user", "sub": "alice").
