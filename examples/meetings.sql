-- Meetings whose tokens come from the database: for an application that PostgREST or stored procedures serve, to copy from.
-- tenants.sql, ledger.sql and webhooks.sql go on top of it, in any order.
--
--     createdb meetings
--     VIDEOSDK_APIKEY=... VIDEOSDK_SECRET=... psql -d meetings -f examples/meetings.sql
--
-- As a superuser, or as the owner of the database if it has CREATEROLE.  Who is who:
--
--     authenticator   PostgREST logs in as this role (give it a password) and switches to one of the next two
--     anon, web_user  who sent the request, without and with a JWT of your login: must not get at the secret, nor at others' tokens
--     meeting_issuer  owns the functions that decide who gets which token.  Nobody logs in as it or switches to it.
\set ON_ERROR_STOP on
SET search_path = pg_catalog, pg_temp; SET client_min_messages = warning;		-- nobody's objects are found in place of PostgreSQL's

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

-- Statements below hold the secret.  A superuser keeps them out of the log, and before the transaction begins, as that is
-- when PostgreSQL decides whether to log it as a sample; anybody else needs a superuser to see to it.
SELECT format('SET %s', setting)
FROM pg_roles, unnest(ARRAY['log_statement = none', 'log_min_error_statement = panic', 'log_min_duration_statement = -1',
	'log_min_duration_sample = -1', 'log_transaction_sample_rate = 0', 'auto_explain.log_min_duration = -1',
	'pg_stat_statements.track_utility = off']) AS setting
WHERE rolname = current_user AND rolsuper \gexec

BEGIN;		-- all or nothing, and nobody sees a function before its privileges are set

-- 1. Roles.  They belong to all databases of the cluster, so they may be there already; two applications need other names for them.
SELECT format('CREATE ROLE %I %s', name, attributes)
FROM (VALUES ('meeting_issuer', 'NOLOGIN'), ('anon', 'NOLOGIN'), ('web_user', 'NOLOGIN'),
	('authenticator', 'LOGIN NOINHERIT')) AS roles (name, attributes) WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
SELECT format('GRANT %I TO authenticator', name) FROM unnest(ARRAY['anon', 'web_user']) AS name
WHERE NOT pg_has_role('authenticator', name, 'MEMBER') \gexec
-- A superuser may create what another role owns; the owner of the database has to be a member of it.
SELECT format('GRANT meeting_issuer TO %I', current_user) WHERE NOT pg_has_role('meeting_issuer', 'USAGE') \gexec

-- 2. The extension and the secret.  PostgREST serves the schema api and nothing else, so there is no
--    POST /rpc/videosdk_issue_token, whatever privileges somebody grants one day.
CREATE SCHEMA app; CREATE SCHEMA api; CREATE SCHEMA videosdk;
CREATE EXTENSION videosdk_token SCHEMA videosdk;

-- Whatever the function that calls them gets wrong, tokens of this server last a day at most, each is for one room and one
-- participant and has a name of its own (jti), and none is good for the REST API of VideoSDK.
CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk
	OPTIONS (max_expires_in '1 day', required 'roomId, participantId, jti', roles 'rtc');

-- For PUBLIC does not mean that everybody sees it: docs/operations.md says who does.
CREATE USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (apikey :'apikey', secret :'secret');
\unset secret

-- Who has USAGE can issue any token within the server's limits.  So web_user has none.
GRANT USAGE ON FOREIGN SERVER videosdk TO meeting_issuer; GRANT USAGE ON SCHEMA videosdk, app TO meeting_issuer;

-- 3. Meetings, who is invited to them, and tokens that were issued ahead.
CREATE TABLE app.meetings (
	id int PRIMARY KEY,
	title text NOT NULL,
	server name NOT NULL DEFAULT 'videosdk',		-- the account at VideoSDK, see tenants.sql
	room text,				-- NULL until VideoSDK has created it; a token for "any room" is refused, not issued
	starts_at timestamptz NOT NULL,
	ends_at timestamptz NOT NULL CHECK (ends_at > starts_at)
);
CREATE TABLE app.participants (
	meeting int REFERENCES app.meetings,
	user_id text,			-- as your login knows the user: the claim "sub" of its JWT
	kind text NOT NULL CHECK (kind IN ('host', 'guest', 'waiting')),
	PRIMARY KEY (meeting, user_id)
);
CREATE TABLE app.tokens (	-- who can read them can use them
	meeting int,
	user_id text,
	token text,
	problem text,			-- why there is no token
	PRIMARY KEY (meeting, user_id),
	FOREIGN KEY (meeting, user_id) REFERENCES app.participants ON DELETE CASCADE
);

-- The user of this request, NULL if there is none.  PostgREST sets the claims once it has verified the JWT, and leaves an
-- empty string behind.  Who sends SQL could set them, too: so nobody logs in as web_user.
CREATE FUNCTION app.current_user_id() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub';

-- Users see their own invitations, and the meetings to which they are invited.
ALTER TABLE app.meetings ENABLE ROW LEVEL SECURITY; ALTER TABLE app.participants ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.participants FOR SELECT TO web_user USING (user_id = app.current_user_id());
CREATE POLICY invited ON app.meetings FOR SELECT TO web_user USING (id IN (SELECT meeting FROM app.participants));
CREATE POLICY issuer ON app.participants FOR SELECT TO meeting_issuer USING (true);
CREATE POLICY issuer ON app.meetings FOR SELECT TO meeting_issuer USING (true);
GRANT SELECT ON app.meetings, app.participants TO web_user, meeting_issuer;
GRANT SELECT, INSERT, UPDATE ON app.tokens TO meeting_issuer;

-- What PostgREST shows at /meetings: with the privileges and policies of the user, not of the view's owner.
CREATE VIEW api.meetings WITH (security_invoker = true) AS
SELECT m.id, m.title, m.starts_at, m.ends_at, p.kind FROM app.meetings AS m JOIN app.participants AS p ON p.meeting = m.id;
GRANT SELECT ON api.meetings TO web_user;
GRANT USAGE ON SCHEMA api TO anon, web_user;

-- 4. Who gets which token.  meeting_issuer owns these functions, and may create no others afterwards.
GRANT CREATE ON SCHEMA app, api TO meeting_issuer;
SET LOCAL ROLE meeting_issuer;

-- The only place where a token is made; it lasts until the meeting ends.  A kind without permissions gives a NULL: refused.
CREATE FUNCTION app.participant_token(p app.participants) RETURNS text LANGUAGE sql VOLATILE
RETURN (SELECT videosdk.videosdk_issue_token(
	videosdk.videosdk_participant_payload(room_id => m.room, participant_id => p.user_id,
		permissions => CASE p.kind WHEN 'host' THEN ARRAY['allow_join', 'allow_mod'] WHEN 'guest' THEN ARRAY['allow_join']
								   WHEN 'waiting' THEN ARRAY['ask_join'] END,		-- never beside the others
		custom_claims => jsonb_build_object('jti', gen_random_uuid())),
	m.ends_at - clock_timestamp(), m.server) FROM app.meetings AS m WHERE m.id = p.meeting);

-- POST /rpc/join_meeting {"meeting": 1}: the caller's token.  The caller chooses the meeting, the tables all the rest.
-- Who comes back, with an old token or an expired one, calls it again: it decides anew.
CREATE FUNCTION api.join_meeting(meeting int) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	p app.participants;
BEGIN
	SELECT * INTO p FROM app.participants AS a WHERE a.meeting = join_meeting.meeting AND a.user_id = app.current_user_id();
	IF NOT FOUND THEN		-- or no such meeting: the answer is the same, so that nobody can find out
		RAISE insufficient_privilege USING MESSAGE = 'you are not invited to this meeting';		-- PostgREST: 403
	END IF;
	IF (SELECT m.ends_at < clock_timestamp() + interval '1 second' FROM app.meetings AS m WHERE m.id = p.meeting) THEN
		RAISE SQLSTATE 'PT410' USING MESSAGE = 'this meeting is over';		-- PostgREST: 410, Gone
	END IF;
	RETURN app.participant_token(p);
END $$;

-- The server to verify a token with: that of its room, so that no account's token is good for a room of another's.
CREATE FUNCTION app.server_of_token(token text) RETURNS name LANGUAGE sql STABLE
RETURN coalesce((SELECT min(m.server::text) FROM app.meetings AS m WHERE m.room = videosdk.videosdk_decode_token(token) ->> 'roomId'), 'videosdk');

-- POST /rpc/validate_token {"token": "..."}: its payload, or an error; also for a missing token, which is a NULL.
CREATE FUNCTION api.validate_token(token text DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	-- A URL goes to the logs of all proxies.  PostgREST serves GET for any function, and HEAD without calling a STABLE one.
	IF current_setting('request.method', true) IN ('GET', 'HEAD') THEN
		RAISE SQLSTATE 'PT405' USING MESSAGE = 'send the token in the body of a POST';		-- Method Not Allowed
	END IF;
	RETURN videosdk.videosdk_validate_token(token, app.server_of_token(token));
END $$;

-- CALL app.issue_tokens(2): the tokens of a meeting, row by row.  A row that gives none says why and stops no other.
CREATE PROCEDURE app.issue_tokens(meeting int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	p app.participants;
	t app.tokens;
BEGIN
	FOR p IN SELECT * FROM app.participants AS a WHERE a.meeting = issue_tokens.meeting LOOP
		t := (p.meeting, p.user_id, NULL, NULL);
		BEGIN
			t.token := app.participant_token(p);
		EXCEPTION WHEN invalid_parameter_value OR insufficient_privilege THEN
			t.problem := SQLERRM;
		END;
		INSERT INTO app.tokens SELECT t.*
		ON CONFLICT ON CONSTRAINT tokens_pkey DO UPDATE SET token = excluded.token, problem = excluded.problem;
	END LOOP;
END $$;

RESET ROLE; REVOKE CREATE ON SCHEMA app, api FROM meeting_issuer;

-- PUBLIC may execute every new function, unless told otherwise.
REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA app, api FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.current_user_id TO meeting_issuer, web_user;
GRANT EXECUTE ON FUNCTION api.join_meeting, api.validate_token TO web_user;

-- 5. Some meetings, and their tokens: row by row, and 500 in one statement.
INSERT INTO app.meetings (id, title, room, starts_at, ends_at) VALUES
	(1, 'Standup', '2kyv-gzay-64pg', now(), now() + interval '45 minutes'),
	(2, 'Interview', NULL, now(), now() + interval '1 hour'),
	(3, 'Lecture', '9fqx-tmbe-21hd', now(), now() + interval '2 hours'),
	(4, 'Retrospective', '2kyv-gzay-64pg', now() - interval '2 hours', now() - interval '1 hour');
INSERT INTO app.participants SELECT id, 'alice', 'host' FROM app.meetings
	UNION ALL VALUES (1, 'bob', 'guest'), (1, 'carol', 'waiting') UNION ALL SELECT 3, 'student' || n, 'guest' FROM generate_series(1, 500) AS n;
CALL app.issue_tokens(1); CALL app.issue_tokens(2);		-- the second has no room yet
INSERT INTO app.tokens SELECT p.meeting, p.user_id, app.participant_token(p) FROM app.participants AS p WHERE p.meeting = 3;

NOTIFY pgrst, 'reload schema';		-- PostgREST looks again
COMMIT;

-- VideoSDK would let in whoever has a token; where there is none, it says why.
SELECT t.meeting, count(*) AS invited, count(t.token) AS tokens, c.allowed, c.code, t.problem
FROM app.tokens AS t JOIN app.meetings AS m ON m.id = t.meeting,
	videosdk.videosdk_check_join(t.token, coalesce(m.room, ''), t.user_id, m.server) AS c
GROUP BY t.meeting, c.allowed, c.code, t.problem ORDER BY t.meeting;

-- Try it: as PostgREST does for alice, and over HTTP with a JWT of your login (claims: "role": "web_user", "sub": "alice").
--
--     BEGIN; SET LOCAL ROLE web_user; SET LOCAL request.jwt.claims = '{"sub": "alice"}'; SELECT api.join_meeting(1); ROLLBACK;
--     curl "$API/rpc/join_meeting" -H "Authorization: Bearer $LOGIN" -H 'Content-Type: application/json' -d '{"meeting": 1}'
