-- One more account at VideoSDK in the same database: for who serves many tenants, each with an API key and a secret of its own.
-- On top of meetings.sql, as the role that loaded it, once for each tenant:
--
--     TENANT=college VIDEOSDK_APIKEY=... VIDEOSDK_SECRET=... psql -d meetings -f examples/tenants.sql
--
-- An account is a server.  A meeting names its server, so the tables choose the secret, never the caller.
\set ON_ERROR_STOP on
SET search_path = pg_catalog, pg_temp;		-- nobody's objects are found in the place of PostgreSQL's
SET client_min_messages = warning;

\getenv tenant TENANT
\if :{?tenant}
\else
	DO 'BEGIN RAISE ''TENANT is not set''; END';
\endif
\getenv apikey VIDEOSDK_APIKEY
\if :{?apikey}
	\getenv secret VIDEOSDK_SECRET
\endif
\if :{?secret}
\else
	\warn 'VIDEOSDK_APIKEY and VIDEOSDK_SECRET are not set: with random ones in their place, VideoSDK will refuse the tokens'
	SELECT gen_random_uuid() AS apikey, replace(concat(gen_random_uuid(), gen_random_uuid()), '-', '') AS secret \gset
\endif
SELECT 'videosdk_' || :'tenant' AS server \gset

-- As in meetings.sql, the secret stays out of the log.
SELECT format('SET %s', setting)
FROM pg_roles, unnest(ARRAY['log_statement = none', 'log_min_error_statement = panic', 'log_min_duration_statement = -1',
	'log_min_duration_sample = -1', 'log_transaction_sample_rate = 0', 'auto_explain.log_min_duration = -1',
	'pg_stat_statements.track_utility = off']) AS setting
WHERE rolname = current_user AND rolsuper \gexec

BEGIN;

CREATE SERVER :"server" FOREIGN DATA WRAPPER videosdk
	OPTIONS (max_expires_in '4 hours', required 'roomId, participantId, jti', roles 'rtc');
CREATE USER MAPPING FOR PUBLIC SERVER :"server" OPTIONS (apikey :'apikey', secret :'secret');
\unset secret
GRANT USAGE ON FOREIGN SERVER :"server" TO meeting_issuer;

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
