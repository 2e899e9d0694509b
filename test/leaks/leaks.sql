-- Millions of calls in one session, those that succeed and those that fail, and how much memory of its own the backend
-- has at the end that it did not have after a tenth of them: psql variables calls, heap (the library of heap.c), public_key and
-- signature (of the body below)

\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION videosdk_token;
\set secret 5f0c1e7b9a3d48265b7c9e1f0a2d4c6e8b1a3c5d7e9f0b2d4a6c8e0f1b3d5a79
\set previous_secret 97a5d3b1f0e8c6a4d2b0f9e7d5c3a1b8e6c4d2a0f1e9c7b56284d3a9b7e1c0f5

-- A server with all options, and one without
CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk OPTIONS (max_expires_in '4 hours', permissions 'allow_join', roles 'rtc',
	required 'roomId', revoked_before '2000-01-01 00:00:00Z', verify_only 'false');
CREATE USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (apikey 'key', secret :'secret',
	previous_apikey 'previous', previous_secret :'previous_secret', previous_until '9999-01-01 00:00:00Z');
CREATE SERVER plain FOREIGN DATA WRAPPER videosdk;
CREATE USER MAPPING FOR PUBLIC SERVER plain OPTIONS (apikey 'key', secret :'secret');

-- What malloc has handed out, to PostgreSQL or to OpenSSL, in bytes, and what is in memory that is neither shared nor a
-- file's, in kB
CREATE FUNCTION heap_in_use() RETURNS bigint LANGUAGE C AS :'heap';
CREATE TYPE memory AS (heap bigint, resident bigint);
CREATE FUNCTION memory() RETURNS memory
RETURN ROW(heap_in_use(), substring(pg_read_file('/proc/self/status') FROM 'RssAnon:\s+(\d+) kB')::bigint)::memory;
CREATE FUNCTION growth(since memory) RETURNS memory
RETURN ROW((memory()).heap - since.heap, (memory()).resident - since.resident)::memory;

-- Growth while one statement calls a function for all of its rows
CREATE FUNCTION growth_in_a_statement(expression text, calls int) RETURNS memory LANGUAGE plpgsql AS $$
DECLARE
	measured memory[];
	calculated bigint;
BEGIN
	EXECUTE format(
		'SELECT array_agg(memory()) FILTER (WHERE n %% %s = 0), count(%s) FROM generate_series(1, %s) n',
		calls / 10, expression, calls) INTO measured, calculated;
	ASSERT calculated = calls, 'a call gave NULL';
	RETURN (measured[10].heap - measured[1].heap, measured[10].resident - measured[1].resident);
END $$;

-- Growth while a statement follows another
CREATE FUNCTION growth_over_statements(expression text, calls int) RETURNS memory LANGUAGE plpgsql AS $$
DECLARE
	at_first memory;
BEGIN
	FOR n IN 1..calls LOOP
		EXECUTE format('SELECT %s FROM (SELECT $1 AS n) numbers', expression) USING n;
		IF n = calls / 10 THEN
			at_first = memory();
		END IF;
	END LOOP;
	RETURN growth(at_first);
END $$;

-- Growth while every call fails
CREATE FUNCTION growth_over_failures(statement text, sqlstate_of_all text, calls int) RETURNS memory LANGUAGE plpgsql AS $$
DECLARE
	at_first memory;
BEGIN
	FOR n IN 1..calls LOOP
		BEGIN
			EXECUTE statement;
			RAISE 'a call has not failed: %', statement;
		EXCEPTION WHEN OTHERS THEN
			IF SQLSTATE <> sqlstate_of_all THEN
				RAISE;
			END IF;
		END;
		IF n = calls / 10 THEN
			at_first = memory();
		END IF;
	END LOOP;
	RETURN growth(at_first);
END $$;

-- Caches grow by a little; a leak of 32 bytes in each of 2,000 calls is more than this
CREATE FUNCTION report(what text, calls int, growth memory) RETURNS text
RETURN format('%s - %s, %s calls: %s bytes of heap, %s kB resident',
	CASE WHEN growth.heap < 65536 AND growth.resident < 1024 THEN 'ok' ELSE 'not ok' END, what, calls, growth.heap, growth.resident);

SELECT videosdk_issue_token(videosdk_participant_payload('room', 'alice'), '1 hour') AS token,
	videosdk_participant_payload('room', 'alice', apikey => 'key') AS payload \gset
\set body '{"webhookType":"participant-joined"}'
SELECT format('CREATE SERVER webhooks FOREIGN DATA WRAPPER videosdk OPTIONS (webhook_public_key %L)', :'public_key') \gexec
SELECT split_part(:'token', '.', 1) || '.' || split_part(:'token', '.', 2) || '.' || repeat('A', 43) AS forged,
	videosdk_sign_token(:'payload'::jsonb || '{"iat": 1}', :'secret', '1 hour') AS expired,
	videosdk_sign_token(:'payload'::jsonb || '{"apikey": "previous"}', :'previous_secret', '1 hour') AS previous \gset

CREATE TABLE calls (what text, expression text);
INSERT INTO calls VALUES
	('sign', format('videosdk_sign_token(%L, %L, ''1 hour'')', :'payload', :'secret')),
	('sign with another secret each time', format('videosdk_sign_token(%L, %L || n::text, ''1 hour'')', :'payload', :'secret')),
	('verify', format('videosdk_verify_token(%L, %L)', :'token', :'secret')),
	('inspect', format('videosdk_inspect_token(%L, %L)', :'token', :'secret')),
	('inspect a forged token', format('videosdk_inspect_token(%L, %L)', :'forged', :'secret')),
	('decode', format('videosdk_decode_token(%L || left(n::text, 0))', :'token')),
	('issue', format('videosdk_issue_token(%L, ''1 hour'')', :'payload')),
	('validate', format('videosdk_validate_token(%L)', :'token')),
	('validate by the previous secret', format('videosdk_validate_token(%L)', :'previous')),
	('check', format('videosdk_check_token(%L)', :'token')),
	('check for two servers in turn',
		format('videosdk_check_token(%L, CASE n %% 2 WHEN 0 THEN ''plain'' ELSE ''videosdk'' END::name)', :'token')),
	('check_join', format('videosdk_check_join(%L, ''room'', ''alice'')', :'token')),
	('check_join for another room', format('videosdk_check_join(%L, n::text, ''alice'')', :'token')),
	('verify a webhook', format('videosdk_verify_webhook(%L, %L, %L)', :'body', :'signature', :'public_key')),
	('verify a webhook with a key that is read each time', format('videosdk_verify_webhook(%L, %L, %L || repeat('' '', n %% 2))', :'body', :'signature', :'public_key')),
	('validate a webhook', format('videosdk_validate_webhook(%L, %L, ''webhooks'')', :'body', :'signature')),
	('participant_payload', 'videosdk_participant_payload(''room'', n::text)'),
	('api_payload', 'videosdk_api_payload(apikey => n::text)');

CREATE TABLE failures (what text, sqlstate_of_all text, expression text);
INSERT INTO failures VALUES
	('sign a misspelt claim', '22023', format('videosdk_sign_token(%L, %L, ''1 hour'')', :'payload'::jsonb - 'roomId' || '{"roomID": "x"}', :'secret')),
	('sign with a newline in the secret', '22023', format('videosdk_sign_token(%L, %L, ''1 hour'')', :'payload', :'secret' || E'\n')),
	('verify a forged token', '28V01', format('videosdk_verify_token(%L, %L)', :'forged', :'secret')),
	('verify an expired token', '28V02', format('videosdk_verify_token(%L, %L)', :'expired', :'secret')),
	('inspect with a NULL leeway', '22004', format('videosdk_inspect_token(%L, %L, NULL)', :'token', :'secret')),
	('decode broken JSON', '22P02', 'videosdk_decode_token(''e30.eyJhIjoxLHs.'')'),
	('issue for too long', '22023', format('videosdk_issue_token(%L, ''5 hours'')', :'payload')),
	('validate a forged token', '28V01', format('videosdk_validate_token(%L)', :'forged')),
	('validate a revoked token', '28V05', format('videosdk_validate_token(%L)', :'expired')),
	('check with no such server', '42704', format('videosdk_check_token(%L, ''nowhere'')', :'token')),
	('store a short secret', '22023', 'videosdk_credential_validator(''{apikey=key,secret=short}'', ''pg_user_mapping''::regclass)'),
	('store no time', '22023', 'videosdk_credential_validator(''{revoked_before=2026-11-24}'', ''pg_foreign_server''::regclass)'),
	('verify a webhook with another body', '28V01', format('videosdk_verify_webhook(%L, %L, %L)', :'body' || ' ', :'signature', :'public_key')),
	('verify a webhook with no key', '22023', format('videosdk_verify_webhook(%L, %L, %L)', :'body', :'signature', replace(:'public_key', 'MII', 'MIJ'))),
	('validate a webhook with a broken signature', '22P02', format('videosdk_validate_webhook(%L, %L, ''webhooks'')', :'body', :'signature' || '='));

\set QUIET on
\pset tuples_only on
\pset format unaligned
CREATE TABLE reports (report text);
INSERT INTO reports
	SELECT report(what, :calls, growth_in_a_statement(expression, :calls)) FROM calls
	RETURNING report;
INSERT INTO reports
	SELECT report(what || ', a statement each', :calls / 10, growth_over_statements(expression, :calls / 10)) FROM calls
	RETURNING report;
INSERT INTO reports
	SELECT report(what, :calls / 10, growth_over_failures('SELECT ' || expression, sqlstate_of_all, :calls / 10))
	FROM failures
	RETURNING report;
SELECT format('# result: at most %s bytes of heap and %s kB resident more than after the first tenth',
	max(substring(report FROM '(-?\d+) bytes')::bigint), max(substring(report FROM '(-?\d+) kB')::bigint))
FROM reports;
SELECT '1..' || count(*) FROM reports;
