-- Each function over some thousand rows, by the interpreter and compiled with all that can be inlined, optimized and not: as TAP.
-- psql variables key, signature (of the body below)

\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION videosdk_token;
CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk OPTIONS (max_expires_in '4 hours');
CREATE USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (apikey 'key', secret '0123456789abcdef0123456789abcdef');
SELECT format('ALTER SERVER videosdk OPTIONS (ADD webhook_public_key %L)', :'key') \gexec
\set body '{"webhookType":"participant-joined"}'
\set secret 0123456789abcdef0123456789abcdef

-- Payloads short and long, and tokens good, expired, forged and broken.  Their times are given, so that nothing depends on now.
CREATE TABLE payloads AS
SELECT n, jsonb_build_object('apikey', 'key', 'permissions', '["allow_join"]'::jsonb, 'iat', 1795514400 + n) ||
	CASE WHEN n % 3 = 0 THEN jsonb_build_object('sub', repeat('é😀"\', n % 50), 'data', jsonb_build_array(n, n / 7.0, null)) ELSE '{}' END
	AS payload
FROM generate_series(1, 5000) n;
CREATE TABLE tokens AS
SELECT n, payload, CASE n % 5 WHEN 1 THEN left(token, -2) || 'AA' WHEN 2 THEN substr(token, n % 100) ELSE token END AS token, token AS good
FROM payloads, LATERAL videosdk_sign_token(payload, :'secret', '1 hour') token;
ANALYZE tokens;

-- An expression for each function
CREATE TABLE calls (function name, expression text);
INSERT INTO calls VALUES
	('videosdk_sign_token', format('videosdk_sign_token(payload, %L, ''1 hour'')', :'secret')),
	('videosdk_verify_token', format('videosdk_verify_token(good, %L, ''1 minute'', ''2026-11-24 10:30:00+00'')', :'secret')),
	('videosdk_inspect_token', format('videosdk_inspect_token(token, %L, ''0'', ''2026-11-24 11:00:00+00'')', :'secret')),
	('videosdk_decode_token', 'videosdk_decode_token(good)'),
	('videosdk_issue_token',
		'videosdk_decode_token(videosdk_issue_token(payload - ''apikey'' - ''iat'', ''1 hour'')) - ''iat'' - ''exp'''),
	('videosdk_validate_token', 'videosdk_validate_token(good, ''videosdk'', ''1 minute'', ''2026-11-24 10:30:00+00'')'),
	('videosdk_check_token', 'videosdk_check_token(token, ''videosdk'', ''0'', ''2026-11-24 11:00:00+00'')'),
	('videosdk_check_join', 'videosdk_check_join(token, n::text, ''alice'', ''videosdk'', ''0'', ''2026-11-24 11:00:00+00'')'),
	('videosdk_verify_webhook', format('videosdk_verify_webhook((%L || left(n::text, 0))::json, %L, %L)', :'body', :'signature', :'key')),
	('videosdk_validate_webhook', format('videosdk_validate_webhook((%L || left(n::text, 0))::json, %L)', :'body', :'signature')),
	('videosdk_participant_payload', 'videosdk_participant_payload(''room'', n::text, custom_claims => payload)'),
	('videosdk_api_payload', 'videosdk_api_payload(''{ask_join}'', payload)'),
	('videosdk_credential_validator',
		'videosdk_credential_validator(ARRAY[''apikey=key'' || n, ''secret='' || md5(n::text)], ''pg_user_mapping''::regclass) IS NULL');

SET jit_above_cost = 0;
SET jit_inline_above_cost = 0;
SET jit_optimize_above_cost = 0;
SET max_parallel_workers_per_gather = 0;

-- The result for each row, compiled or not, optimized or not
CREATE FUNCTION results(expression text, compiled bool, optimized bool DEFAULT false) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
	results text[];
BEGIN
	PERFORM set_config('jit', compiled::text, false);
	PERFORM set_config('jit_optimize_above_cost', CASE WHEN optimized THEN '0' ELSE '-1' END, false);
	EXECUTE format('SELECT array_agg((%s)::text ORDER BY n) FROM tokens', expression) INTO results;
	RETURN results;
END $$;

-- What EXPLAIN says that the compiler has done
CREATE FUNCTION jit_options(expression text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	plan jsonb;
BEGIN
	SET jit = on;
	EXECUTE format('EXPLAIN (ANALYZE, FORMAT json) SELECT (%s)::text FROM tokens', expression) INTO plan;
	RETURN plan -> 0 -> 'JIT' -> 'Options';
END $$;

CREATE FUNCTION report(good bool, what text) RETURNS text
RETURN CASE WHEN good THEN 'ok - ' ELSE 'not ok - ' END || what;

\set QUIET on
\pset tuples_only on
\pset format unaligned
-- PostgreSQL 19 is the first that is not compiling unless asked to
SET jit = on;
SELECT report(pg_jit_available(), 'there is a JIT compiler');
SELECT report((SELECT array_agg(DISTINCT function ORDER BY function) FROM calls) = array_agg(DISTINCT proname ORDER BY proname),
	'all functions are called')
FROM pg_proc JOIN pg_depend ON classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e'
JOIN pg_extension ON refobjid = pg_extension.oid WHERE extname = 'videosdk_token';
SELECT report(jit_options(expression) @> '{"Inlining": true, "Optimization": true, "Expressions": true}', function || ' is compiled')
FROM calls;
SELECT report(cardinality(results(expression, false)) = 5000 AND results(expression, false) = results(expression, true, true),
	function || ' gives the same')
FROM calls;
SELECT report(results(expression, false) = results(expression, true), function || ' gives the same if it is not optimized')
FROM calls;
SELECT '1..' || 2 + 3 * count(*) FROM calls;
