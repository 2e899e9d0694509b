-- Which secrets are accepted; each row is signed and verified with its own
\pset format unaligned
\pset tuples_only on

CREATE FUNCTION try_secret(secret text) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN s ~ '^ey' THEN 'signed'
		ELSE s || CASE WHEN v = s AND i = s THEN '' ELSE ' but ' || v || i END END
	FROM outcome(format('SELECT videosdk_sign_token(%L, %L, %L)', '{"apikey": "k", "permissions": ["allow_join"]}', secret, '1 h')) AS s,
		outcome(format('SELECT videosdk_verify_token(%L, %L)', 't', secret)) AS v,
		outcome(format('SELECT videosdk_inspect_token(%L, %L)', 't', secret)) AS i
$$;

-- Not empty, no white space around; the same for sign, verify and inspect
SELECT to_json(left(s, 5)), length(s), try_secret(s) FROM unnest(ARRAY['x', 'a b', '', ' ', ' x', 'x ', E'x\n', E'\tx', E'x\r', E'x\f', E'\x0bx', E'x\u00a0', repeat('x', 100000)]) AS s;

-- Signed by its bytes in UTF-8, of any length
SELECT count(*) FROM unnest(ARRAY['x', repeat('x', 63), repeat('x', 64), repeat('x', 65), repeat('x', 10000),
	U&'\00fc\20ac\65e5\+01f600', E'\x01', '"''\']) AS s
WHERE videosdk_verify_token(make_token('{"apikey": "k", "permissions": [], "exp": 1795518000}', secret => s), s, valid_at => '2026-11-24 10:30Z')
	= '{"apikey": "k", "permissions": [], "exp": 1795518000}';

-- Another secret in every row, or in every second one, or of the same length
SELECT count(*) FROM generate_series(1, 100) AS n,
	LATERAL (SELECT videosdk_sign_token('{"apikey": "k", "permissions": ["allow_join"], "iat": 1795514400}', s, '1 h'), s
		FROM (VALUES ('secret' || n), ('secret' || n % 2), ('secret1')) AS v (s)) AS t (token, s)
WHERE token = make_token('{"exp":1795518000,"iat":1795514400,"apikey":"k","permissions":["allow_join"]}', secret => s);

-- A secret that is stored compressed
CREATE TABLE stored AS SELECT repeat('secret', 10000) AS secret;
SELECT pg_column_size(secret) < 10000, videosdk_sign_token('{"apikey": "k", "permissions": ["allow_join"], "iat": 1795514400}', secret, '1 h')
	= make_token('{"exp":1795518000,"iat":1795514400,"apikey":"k","permissions":["allow_join"]}', secret => repeat('secret', 10000))
FROM stored;

-- A secret that cannot be used does not leave the one before it in place
DO $$
DECLARE
	secrets text[] := ARRAY['one', '', 'one', ' two', 'two'];
	token text := make_token('{"apikey": "k", "permissions": [], "exp": 1795518000}', secret => 'one');
	status text;
BEGIN
	FOR i IN 1 .. 5 LOOP
		BEGIN
			status := (videosdk_inspect_token(token, secrets[i], valid_at => '2026-11-24 10:30Z')).status;
			RAISE NOTICE '%: %', secrets[i], status;
		EXCEPTION WHEN invalid_parameter_value THEN
			RAISE NOTICE '%: %', secrets[i], sqlerrm;
		END;
	END LOOP;
END $$;

-- Errors have no context, which would repeat the SQL text
CREATE FUNCTION context_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	context text;
BEGIN
	EXECUTE statement;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT;
	RETURN sqlstate || ' ' || quote_literal(context);
END $$;
SELECT context_of(s) FROM unnest(ARRAY[
	$$SELECT videosdk_sign_token('{}', 'secret', '1 h')$$,
	$$SELECT videosdk_verify_token('token', 'secret')$$,
	$$SELECT videosdk_inspect_token('token', '')$$,
	$$SELECT videosdk_decode_token('token')$$,
	$$DO 'BEGIN PERFORM videosdk_decode_token(''token''); END'$$]) AS s;
SELECT context_of($$DO 'BEGIN PERFORM 1 / 0; END'$$) ~ 'PERFORM';
