-- A ledger of tokens: for who has to say who got which token, to take one back, or to shut somebody out.  On top of meetings.sql, as
-- the role that loaded it:
--
--     psql -d meetings -f examples/ledger.sql
--     psql -d meetings -c 'CALL app.keep_ledger()'         -- every day; by pg_cron, if the database has it when this is loaded
--
-- What is revoked or banned, this database refuses.  VideoSDK asks nobody: a token that is out opens its room until it expires, and
-- who is inside stays until you remove them by VideoSDK's API.
\set ON_ERROR_STOP on
SET search_path = pg_catalog, pg_temp;		-- nobody's objects are found in the place of PostgreSQL's
SET client_min_messages = warning;

BEGIN;

-- 1. A row for each token, never the token itself: who reads that could join.
CREATE TABLE app.issued_tokens (
	jti uuid,
	room_id text NOT NULL,
	participant_id text NOT NULL,
	issued_at timestamptz,					-- the claim iat
	expires_at timestamptz NOT NULL,
	issued_by text NOT NULL,				-- the user of the request, or else the role that has logged in
	revoked_at timestamptz,
	PRIMARY KEY (jti, issued_at)
) PARTITION BY RANGE (issued_at);
CREATE INDEX ON app.issued_tokens (participant_id, issued_at);
CREATE INDEX ON app.issued_tokens ((jti::text)) WHERE revoked_at IS NOT NULL;
-- For a month that has no partition yet, so that nobody is refused because keep_ledger did not run
CREATE TABLE app.issued_tokens_default PARTITION OF app.issued_tokens DEFAULT;
CREATE TABLE app.bans (user_id text PRIMARY KEY, until timestamptz NOT NULL DEFAULT 'infinity');
GRANT SELECT, INSERT ON app.issued_tokens TO meeting_issuer;
GRANT SELECT ON app.bans TO meeting_issuer;

-- CALL app.keep_ledger(): makes the partitions of this month and the next two, and drops those that ended longer ago than keep, which
-- is a month at least.  Months are those of UTC.  If somebody reads the ledger for longer than five seconds, it fails; call it again.
CREATE PROCEDURE app.keep_ledger(keep interval DEFAULT '1 year')
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '5s' AS $$
DECLARE
	oldest timestamptz NOT NULL := date_trunc('month', clock_timestamp() - CASE WHEN keep < '1 month' THEN '1 month' ELSE keep END);
	month timestamptz;
	partition text;
BEGIN
	LOCK TABLE app.issued_tokens IN SHARE ROW EXCLUSIVE MODE;		-- or a token that is issued meanwhile would be in the way
	FOR month IN SELECT date_trunc('month', clock_timestamp()) + n * interval '1 month' FROM generate_series(0, 2) AS n LOOP
		partition := to_char(month, '"issued_tokens_"YYYY_MM');
		CONTINUE WHEN to_regclass('app.' || partition) IS NOT NULL;
		EXECUTE format('CREATE TABLE app.%1$I (LIKE app.issued_tokens INCLUDING ALL);
			WITH moved AS (DELETE FROM app.issued_tokens_default WHERE issued_at >= %2$L AND issued_at < %3$L RETURNING *)
			INSERT INTO app.%1$I SELECT * FROM moved;
			ALTER TABLE app.issued_tokens ATTACH PARTITION app.%1$I FOR VALUES FROM (%2$L) TO (%3$L)',
			partition, month, month + interval '1 month');
	END LOOP;
	FOR partition IN SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid
		WHERE inhparent = 'app.issued_tokens'::regclass AND relname ~ '\d$' AND relname < to_char(oldest, '"issued_tokens_"YYYY_MM') LOOP
		EXECUTE format('DROP TABLE app.%I', partition);
	END LOOP;
	DELETE FROM app.issued_tokens_default WHERE issued_at < oldest;
END $$;
CALL app.keep_ledger();

-- 2. All tokens are made by app.participant_token and validated by api.validate_token.  These two do more from now on.
GRANT CREATE ON SCHEMA app, api TO meeting_issuer;
ALTER FUNCTION app.participant_token RENAME TO participant_token_unlogged;
ALTER FUNCTION api.validate_token SET SCHEMA app;
SET LOCAL ROLE meeting_issuer;

CREATE FUNCTION app.log_token(token text) RETURNS void LANGUAGE sql VOLATILE
BEGIN ATOMIC
	INSERT INTO app.issued_tokens SELECT (p ->> 'jti')::uuid, p ->> 'roomId', p ->> 'participantId',
		to_timestamp((p ->> 'iat')::bigint), to_timestamp((p ->> 'exp')::bigint), coalesce(app.current_user_id(), session_user)
	FROM videosdk.videosdk_decode_token(token) AS p;
END;

CREATE FUNCTION app.is_banned(user_id text) RETURNS boolean LANGUAGE sql STABLE
RETURN EXISTS (SELECT FROM app.bans AS b WHERE b.user_id = is_banned.user_id AND b.until > clock_timestamp());

CREATE FUNCTION app.participant_token(p app.participants) RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	token text;
BEGIN
	IF app.is_banned(p.user_id) THEN
		RAISE insufficient_privilege USING MESSAGE = 'you are banned';		-- PostgREST: 403
	END IF;
	token := app.participant_token_unlogged(p);
	PERFORM app.log_token(token);
	RETURN token;
END $$;

CREATE FUNCTION api.validate_token(token text DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	payload jsonb := app.validate_token(token);
BEGIN
	IF app.is_banned(payload ->> 'participantId')
		OR EXISTS (SELECT FROM app.issued_tokens AS i WHERE i.jti::text = payload ->> 'jti' AND i.revoked_at IS NOT NULL) THEN
		RAISE SQLSTATE '28V05' USING MESSAGE = 'token has been revoked';		-- PostgREST: 403
	END IF;
	RETURN payload;
END $$;

RESET ROLE;
REVOKE CREATE ON SCHEMA app, api FROM meeting_issuer;
REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA app, api FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION app.validate_token FROM web_user;
GRANT EXECUTE ON FUNCTION api.validate_token TO web_user;

DO $$ BEGIN PERFORM app.log_token(token) FROM app.tokens WHERE token IS NOT NULL; END $$;		-- those that were issued ahead

SELECT count(*) > 0 AS has_cron FROM pg_extension, pg_namespace AS n
WHERE extname = 'pg_cron' AND nspname = 'cron' AND has_schema_privilege(n.oid, 'USAGE') \gset
\if :has_cron
	SELECT cron.schedule('keep_ledger', '17 3 * * *', 'CALL app.keep_ledger()') AS job;
\endif

NOTIFY pgrst, 'reload schema';		-- PostgREST looks again
COMMIT;

-- Try it: which tokens bob has; take them back; shut bob out for a day, and let bob in again.
--
--     SELECT room_id, issued_at, expires_at, issued_by FROM app.issued_tokens WHERE participant_id = 'bob' AND expires_at > now();
--     UPDATE app.issued_tokens SET revoked_at = clock_timestamp() WHERE participant_id = 'bob' AND expires_at > now();
--     INSERT INTO app.bans VALUES ('bob', now() + interval '1 day');
--     DELETE FROM app.bans WHERE user_id = 'bob';
