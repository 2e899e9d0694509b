-- One more account at VideoSDK in the same database: for who serves many tenants, each with an API key and a secret of its own.
-- On top of meetings.sql, as the role that loaded it, once for each tenant:
--
--     TENANT=college VIDEOSDK_APIKEY=... VIDEOSDK_SECRET=... psql -d meetings -f examples/tenants.sql
--
-- An account is a server.  A meeting names its server, so the tables choose the secret, never the caller.
\set ON_ERROR_STOP on
SET client_min_messages = warning;

\getenv tenant TENANT
\if :{?tenant}
\else
	DO 'BEGIN RAISE ''TENANT is not set''; END';
\endif
\getenv apikey VIDEOSDK_APIKEY
\getenv secret VIDEOSDK_SECRET
\if :{?secret}
\else
	\warn 'VIDEOSDK_SECRET is not set: with a random secret in its place, VideoSDK will refuse the tokens'
	SELECT gen_random_uuid() AS apikey, replace(concat(gen_random_uuid(), gen_random_uuid()), '-', '') AS secret \gset
\endif
SELECT 'videosdk_' || :'tenant' AS server \gset

-- As in meetings.sql, the secret stays out of the log.
SELECT format('SET %s', setting)
FROM pg_roles, unnest(ARRAY['log_statement = none', 'log_min_error_statement = panic', 'log_min_duration_statement = -1',
	'log_min_duration_sample = -1', 'log_transaction_sample_rate = 0',
	'pg_stat_statements.track_utility = off', 'auto_explain.log_min_duration = -1']) AS setting
WHERE rolname = current_user AND rolsuper \gexec

BEGIN;

CREATE SERVER :"server" FOREIGN DATA WRAPPER videosdk
	OPTIONS (max_expires_in '4 hours', required 'roomId, participantId, jti', roles 'rtc');
CREATE USER MAPPING FOR PUBLIC SERVER :"server" OPTIONS (apikey :'apikey', secret :'secret');
\unset secret
GRANT USAGE ON FOREIGN SERVER :"server" TO meeting_issuer;

-- Whose is an API key.  One that replaces another (previous_apikey) is one more row.
CREATE TABLE IF NOT EXISTS app.apikeys (apikey text PRIMARY KEY, server name NOT NULL);
GRANT SELECT ON app.apikeys TO meeting_issuer;
INSERT INTO app.apikeys VALUES (:'apikey', :'server');

-- The apikey in a token may choose the secret to verify it with: what counts is the signature.
CREATE OR REPLACE FUNCTION app.server_of_token(token text) RETURNS name LANGUAGE sql STABLE
RETURN coalesce((SELECT a.server FROM app.apikeys AS a
				 WHERE a.apikey = videosdk.videosdk_decode_token(token) ->> 'apikey'), 'videosdk');

COMMIT;

-- Try it: a meeting of the tenant, and its token, which the secret of no other account has signed.
--
--     INSERT INTO app.meetings VALUES (5, 'Seminar', 'videosdk_college', '7wzr-kdpc-88qa', now(), now() + interval '90 minutes');
--     INSERT INTO app.participants VALUES (5, 'alice', 'guest');
--     CALL app.issue_tokens(5);
--     SELECT t.problem, ours.status AS by_ours, theirs.status AS by_the_colleges
--     FROM app.tokens AS t, videosdk.videosdk_check_token(t.token) AS ours,
--         videosdk.videosdk_check_token(t.token, 'videosdk_college') AS theirs
--     WHERE t.meeting = 5;
