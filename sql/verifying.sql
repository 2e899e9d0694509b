-- videosdk_verify_token checks signature, times and arguments; the rules for a payload are in payload_rules, those for the form
-- of a token in decoding
\pset format unaligned
\pset tuples_only on
SET timezone = 'UTC';

CREATE FUNCTION verified(token text, arguments text DEFAULT '''2026-11-24 10:00Z''', secret text DEFAULT secret())
RETURNS text LANGUAGE sql AS $$
	SELECT outcome(format('SELECT videosdk_verify_token(%L, %L, %s)', token, secret,
		CASE WHEN arguments ~ '^''2' THEN 'valid_at => ' ELSE '' END || arguments))
$$;
SELECT '{"apikey": "k", "permissions": ["allow_join"], "exp": 1795514401}' AS payload \gset
SELECT make_token(:'payload') AS token \gset

-- What we sign, and what others sign
SELECT videosdk_verify_token(videosdk_sign_token('{"apikey": "k", "permissions": ["allow_join"]}', 's', '1 h'), 's')
	- 'iat' - 'exp';
SELECT verified(:'token');

-- The algorithm (RFC 8725 section 3.1)
SELECT h, verified(make_token(:'payload', h::bytea)) FROM unnest(ARRAY[
	'{"alg":"HS256","typ":"JWT"}', '{"alg": "HS256"}', '{"typ": 5, "alg": "HS256", "kid": "../../etc/passwd"}',
	'{"alg": "HS256", "jku": "https://example.com", "x5u": 1, "jwk": {"kty": "oct", "k": "AA"}}',
	'{"alg": "none", "alg": "HS256"}', '{"alg": "HS256", "alg": "none"}', '{"alg": "none"}', '{"alg": "HS384"}', '{"alg": "hs256"}',
	'{"alg": "HS256 "}', '{"alg": "HS2560"}', '{"alg": "HS25"}', '{"alg": "RS256"}', '{"alg": null}', '{"alg": 256}', '{"alg": ["HS256"]}',
	'{"alg": {"HS256": 1}}', '{"ALG": "HS256"}', '{}', '{"alg": "HS25", "b": "6"}', '{"alg": "HS", "b": "256"}',
	'{"alg": "HS256", "crit": ["exp"]}', '{"alg": "HS256", "crit": []}', '{"alg": "HS256", "crit": null}', '{"alg": "none", "crit": []}']) AS h;

-- The signature
SELECT verified(:'token', secret => 'other');
SELECT verified(:'token', secret => upper(secret()));
SELECT verified(regexp_replace(:'token', '[^.]*$', ''));
SELECT verified(make_token(:'payload', secret => secret() || 'x'), secret => secret());
SELECT s, verified(split_part(:'token', '.', 1) || '.' || split_part(:'token', '.', 2) || '.' ||
	base64url(substr(hmac_sha256(regexp_replace(:'token', '.[^.]*$', '')::bytea, secret()::bytea) || '\x00', 1, s)))
FROM unnest('{31, 32, 33}'::int[]) AS s;
-- every bit of it
SELECT verified(split_part(:'token', '.', 1) || '.' || split_part(:'token', '.', 2) || '.' ||
		base64url(set_bit(s, b, 1 - get_bit(s, b)))), count(*)
FROM (SELECT hmac_sha256(regexp_replace(:'token', '.[^.]*$', '')::bytea, secret()::bytea)) AS h (s),
	generate_series(0, 255) AS b
GROUP BY 1;
-- and of what is signed
SELECT verified(split_part(:'token', '.', 1) || '.' || base64url('{"apikey": "k", "permissions": ["allow_mod"], "exp": 1795514401}')
		|| '.' || split_part(:'token', '.', 3)),
	verified(base64url('{"alg":"HS256"}') || '.' || split_part(:'token', '.', 2) || '.' || split_part(:'token', '.', 3));

-- The order of the checks: form, header, signature, payload, claims, exp, nbf
SELECT verified(t) FROM unnest(ARRAY[
	repeat('x', 65537),
	make_token('[]', '{"alg": "none"}', 'other') || '=',
	make_token('[]', '[]', 'other'),
	make_token('[]', '{"alg": "none"}', 'other'),
	make_token('[]', secret => 'other'),
	make_token('[]'),
	make_token('{"apikey": 1, "exp": 1, "nbf": 1795514401}'),
	make_token('{"apikey": "k", "permissions": [], "exp": 1, "nbf": 1795514401}'),
	make_token('{"apikey": "k", "permissions": [], "exp": 1795514401, "nbf": 1795514401}'),
	make_token('{"apikey": "k", "permissions": [], "exp": 1795514401, "nbf": 1795514400, "iat": 1795514409}')]) AS t;

-- exp and nbf, to the microsecond, with and without leeway
CREATE FUNCTION at(times text, valid_at timestamptz, leeway interval DEFAULT '0') RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN o ~ '^{' THEN 'verified' ELSE o END
	FROM verified(make_token(convert_to(format('{"apikey": "k", "permissions": [], %s}', times), 'UTF8')),
		format('%L, %L', leeway, valid_at)) AS o
$$;
SELECT v, at('"exp": 1795514400', v) FROM unnest('{2026-11-24 09:59:59.999999Z, 2026-11-24 10:00Z}'::timestamptz[]) AS v;
SELECT l, at('"exp": 1795514400', '2026-11-24 10:00:30Z', l) FROM unnest('{30, 30.000001, 1 day -24:00:01, 1 day}'::interval[]) AS l;
SELECT v, at('"exp": 1795514400.5', v) FROM unnest('{2026-11-24 10:00:00.499999Z, 2026-11-24 10:00:00.5Z}'::timestamptz[]) AS v;
SELECT at('"exp": 1795514400.0000001', '2026-11-24 10:00Z');
SELECT v, at('"exp": 1800000000, "nbf": 1795514400', v) FROM unnest('{2026-11-24 09:59:59.999999Z, 2026-11-24 10:00Z}'::timestamptz[]) AS v;
SELECT l, at('"exp": 1800000000, "nbf": 1795514400', '2026-11-24 09:59:30Z', l) FROM unnest('{29.999999, 30}'::interval[]) AS l;
SELECT at('"exp": 1800000000, "nbf": 1795514400.0000001', '2026-11-24 10:00Z');
SELECT at('"exp": 0, "nbf": 0', '1969-12-31 23:59:55.5Z');
SELECT at('"exp": 0', '1969-12-31 23:59:59Z'), at('"exp": 0', '1970-01-01 00:00Z');
SELECT at('"exp": 253402300799', '9999-12-31 23:59:58.999999Z'), at('"exp": 253402300799', '9999-12-31 23:59:59Z');
SELECT at('"exp": 1', '294276-12-31 23:59:59.999999Z');
SELECT at('"exp": 1, "nbf": 0', '4713-01-01 00:00Z BC'), at('"exp": 1', '4713-01-01 00:00Z BC');
-- sums stop at the ends of the range of timestamps
SELECT at('"exp": 1', '294276-12-31 23:59:59.999999Z', '2147483647 days 2562047788:00:54.775807');
SELECT at('"exp": 253402300799, "nbf": 253402300799', '4713-01-01 00:00Z BC', '2147483647 days 2562047788:00:54.775807');
SELECT l, at('"exp": 1', '2026-11-24 10:00Z', l) FROM unnest('{106751991 days, 106751992 days, 213503982 days, 2147483647 days,
	2147483647 days -2562047788 hours, 106751992 days -2562047788 hours}'::interval[]) AS l;
-- a day of leeway is 24 hours in any time zone
SET timezone = 'America/New_York';
SELECT at('"exp": 1793505600', '2026-11-02 07:59:59Z', '1 day 24 hours'), at('"exp": 1793505600', '2026-11-03 04:00Z', '2 days');
SET timezone = 'UTC';
-- the default is the clock at the call
BEGIN;
SELECT pg_sleep(1.1);
SELECT outcome(format('SELECT videosdk_verify_token(%L, %L)', make_token(convert_to(format(
	'{"apikey": "k", "permissions": [], "exp": %s}', extract(epoch FROM now()) + 1), 'UTF8')), secret())) ~ '^28V02';
SELECT outcome(format('SELECT videosdk_verify_token(%L, %L)', make_token(convert_to(format(
	'{"apikey": "k", "permissions": [], "exp": %s}', extract(epoch FROM clock_timestamp()) + 60), 'UTF8')), secret())) ~ '^{';
COMMIT;

-- Arguments: NULL fails closed
SELECT outcome(format('SELECT videosdk_verify_token(%s)', a)) FROM unnest(ARRAY[
	'NULL, ''s''', '''t'', NULL', '''t'', ''s'', NULL', '''t'', ''s'', ''0'', NULL']) AS a;
SELECT a, verified(:'token', a) FROM unnest(ARRAY[
	'''-1 second''', '''-1 day +12:00''', '''1 month''', '''1 year''', '''1 month -30 days''', '''-106751992 days''', '''-213503982 days''', '''-2147483648 days''', '''0'', ''infinity''', '''0'', ''-infinity''']) AS a;

-- Infinite intervals came with PostgreSQL 17
SELECT i, CASE WHEN current_setting('server_version_num')::int >= 170000 THEN verified(:'token', quote_literal(i))
	ELSE '22023: leeway must be finite' END
FROM unnest('{infinity, -infinity}'::text[]) AS i;
