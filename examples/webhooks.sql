-- Webhooks of VideoSDK, received by PostgREST: who is in which room, and a table of all events.  For an application that has
-- loaded examples/meetings.sql, and tells VideoSDK to call https://.../rpc/videosdk_webhook.
--
--     VIDEOSDK_WEBHOOK_PUBLIC_KEY="$(curl -fsS https://api.videosdk.live/v2/public/rsa-public-key | jq -r .publicKey)" \
--         psql -d meetings -f examples/webhooks.sql
--
-- As the role that loaded meetings.sql.  The key is fetched once, by you, and stays: if it were fetched for each request,
-- whoever answers in the place of VideoSDK would choose the key that his own events are verified with.
\set ON_ERROR_STOP on
SET search_path = pg_catalog, pg_temp;		-- nobody's objects are found in the place of PostgreSQL's
SET client_min_messages = warning;

BEGIN;

-- A public key is no secret.  When VideoSDK changes it: SET, for some days both keys, one below the other.
\getenv key VIDEOSDK_WEBHOOK_PUBLIC_KEY
\if :{?key}
	ALTER SERVER videosdk OPTIONS (ADD webhook_public_key :'key');
\else
	\warn 'VIDEOSDK_WEBHOOK_PUBLIC_KEY is not set: all events are refused until the server has a webhook_public_key'
\endif

-- 1. What VideoSDK has sent, among it what it has sent of other accounts, whose events it signs with the same key; and who is there.

CREATE TABLE app.webhook_events (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	body json NOT NULL,							-- byte for byte as it came, so that its signature can be verified again
	signature text NOT NULL,
	hash bytea NOT NULL UNIQUE,					-- SHA-256 of the body
	event jsonb NOT NULL,
	received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	received_again_at timestamptz				-- the last time that it came again
);

CREATE TABLE app.presence (
	room text,
	session text,
	user_id text,								-- the participantId of the token
	present boolean NOT NULL,
	since timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (room, session, user_id)
);

GRANT SELECT, INSERT, UPDATE ON app.webhook_events, app.presence TO meeting_issuer;

-- What PostgREST shows at /presence: who is in the rooms of the user's own meetings.
ALTER TABLE app.presence ENABLE ROW LEVEL SECURITY;
CREATE POLICY issuer ON app.presence TO meeting_issuer USING (true);
CREATE POLICY invited ON app.presence FOR SELECT TO web_user USING (room IN (SELECT m.room FROM app.meetings AS m));
GRANT SELECT ON app.presence TO web_user;
CREATE VIEW api.presence WITH (security_invoker = true) AS SELECT room, user_id, since FROM app.presence WHERE present;
GRANT SELECT ON api.presence TO web_user;

-- 2. How it gets there.  meeting_issuer has USAGE on the server, and may create no other function afterwards.

GRANT CREATE ON SCHEMA app, api TO meeting_issuer;
SET LOCAL ROLE meeting_issuer;

-- VideoSDK's events have no id, and do not say when they were sent.  So one that comes twice, because VideoSDK tries again or because
-- somebody has kept it, looks like that of a participant who has come back: the last to arrive counts.  Let nothing depend on it that
-- matters.
-- And VideoSDK signs the events of all its accounts with one key, so what counts are the rooms of ours.
CREATE FUNCTION app.note_presence(event jsonb) RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
	INSERT INTO app.presence AS p (room, session, user_id, present)
	SELECT data ->> 'meetingId', coalesce(data ->> 'sessionId', ''), data ->> 'participantId', event ->> 'webhookType' = 'participant-joined'
	FROM (SELECT event -> 'data') AS e (data)
	WHERE event ->> 'webhookType' IN ('participant-joined', 'participant-left')
		AND data ->> 'meetingId' IN (SELECT m.room FROM app.meetings AS m) AND data ->> 'participantId' IS NOT NULL
	ON CONFLICT (room, session, user_id) DO UPDATE SET present = excluded.present, since = excluded.since
	WHERE p.present <> excluded.present;

	UPDATE app.presence SET present = false, since = clock_timestamp()
	WHERE event ->> 'webhookType' = 'session-ended' AND present
		AND room = event -> 'data' ->> 'meetingId' AND session = event -> 'data' ->> 'sessionId';
END;

-- POST /rpc/videosdk_webhook: for anybody, as VideoSDK has no login.  What counts is the signature, over the bytes of the body.
-- PostgREST hands these on, untouched, to a function with one unnamed json parameter; named or jsonb, they would be others.
CREATE FUNCTION api.videosdk_webhook(json) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	signature text := current_setting('request.headers', true)::json ->> 'videosdk-signature';
	event jsonb;
BEGIN
	IF current_setting('request.method', true) IS DISTINCT FROM 'POST' THEN
		RAISE SQLSTATE 'PT405' USING MESSAGE = 'send the event in the body of a POST';		-- Method Not Allowed
	END IF;

	-- Raises 28V01 for what is not signed, which PostgREST answers with 403, and for what is missing or malformed, with 400.
	event := videosdk.videosdk_validate_webhook($1, signature);

	INSERT INTO app.webhook_events (body, signature, hash, event)
	VALUES ($1, signature, sha256(convert_to($1::text, 'UTF8')), event)
	ON CONFLICT ON CONSTRAINT webhook_events_hash_key DO UPDATE SET received_again_at = clock_timestamp();
	PERFORM app.note_presence(event);
END $$;

RESET ROLE;
REVOKE CREATE ON SCHEMA app, api FROM meeting_issuer;
REVOKE EXECUTE ON FUNCTION app.note_presence, api.videosdk_webhook FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.videosdk_webhook TO anon;

NOTIFY pgrst, 'reload schema';		-- PostgREST looks again
COMMIT;

-- Try it, with a key of your own in the place of VideoSDK's:
--
--     openssl genrsa -out key.pem 2048
--     echo "ALTER SERVER videosdk OPTIONS (SET webhook_public_key '$(openssl rsa -in key.pem -pubout)')" | psql -d meetings
--     printf '{"webhookType": "participant-joined", "data": {"meetingId": "2kyv-gzay-64pg", "participantId": "bob"}}' > event
--     curl -i "$API/rpc/videosdk_webhook" -H 'Content-Type: application/json' --data-binary @event \
--         -H "videosdk-signature: $(openssl dgst -sha256 -sign key.pem event | base64 -w 0)"
--     psql -d meetings -c 'SELECT event, received_at FROM app.webhook_events' -c 'TABLE app.presence'
--
-- PostgREST answers 204, and bob is in the room.  Change a letter of the file without signing it again: 403, and nothing new.
