-- videosdk_sign_token writes header, times and JSON byte by byte as expected, within its limits; the rules for a payload are
-- in payload_rules
\pset format unaligned
\pset tuples_only on

-- The parts of a token
CREATE FUNCTION header_of(token text) RETURNS text LANGUAGE sql AS $$
	SELECT convert_from(decode(translate(split_part(token, '.', 1), '-_', '+/') ||
		repeat('=', -length(split_part(token, '.', 1)) & 3), 'base64'), 'UTF8')
$$;
CREATE FUNCTION payload_of(token text) RETURNS text LANGUAGE sql AS $$
	SELECT convert_from(decode(translate(split_part(token, '.', 2), '-_', '+/') ||
		repeat('=', -length(split_part(token, '.', 2)) & 3), 'base64'), 'UTF8')
$$;

-- The guide's payload, in a token that can be checked byte by byte
SELECT videosdk_sign_token('{"apikey": "8a1f5c1e-7d2b-4c59-9e36-2f7b1c0d4e5f",
	"permissions": ["allow_join", "allow_mod"], "version": 2,
	"roomId": "2kyv-gzay-64pg", "participantId": "teacher", "roles": ["rtc"],
	"iat": 1795514400}', secret(), '120 minutes') AS token \gset
SELECT :'token';
SELECT header_of(:'token');
SELECT payload_of(:'token');
SELECT :'token' = make_token(convert_to(payload_of(:'token'), 'UTF8'));

-- Without iat, the clock at the call, not the transaction's start
BEGIN;
SELECT pg_sleep(1.1);
SELECT claims['iat']::numeric BETWEEN trunc(extract(epoch FROM clock_timestamp())) - 1
		AND extract(epoch FROM clock_timestamp()),
	claims['iat']::numeric > trunc(extract(epoch FROM now())),
	claims['exp']::numeric - claims['iat']::numeric
FROM (SELECT payload_of(videosdk_sign_token('{"apikey": "k", "permissions": ["allow_join"]}',
		secret(), '90 seconds'))::jsonb) AS t (claims);
COMMIT;
SELECT count(DISTINCT videosdk_decode_token(videosdk_sign_token(
		'{"apikey": "k", "permissions": ["allow_join"]}', secret(), '1 h')) -> 'iat') > 1
FROM (SELECT pg_sleep(0.6) FROM generate_series(1, 3)) AS s;

-- The lifetime: months by the calendar, days of 24 hours, in UTC
CREATE FUNCTION lifetime(start timestamptz, expires_in text) RETURNS text
LANGUAGE sql AS $$
	SELECT outcome(format(
		'SELECT to_timestamp((videosdk_decode_token(videosdk_sign_token(%L, %L, %L)) -> ''exp'')::int8)',
		jsonb_build_object('apikey', 'k', 'permissions', '{allow_join}'::text[],
						   'iat', extract(epoch FROM start)), secret(), expires_in))
$$;
SET timezone = 'America/New_York';	-- changes to winter time on 2026-11-01
SELECT i, lifetime('2026-10-31 12:00Z', i)
FROM unnest('{1 second, 1.999 seconds, 1 day, 24 hours, 1 month, 1 mon -1 day,
	1 year 1 mon 1 day 01:01:01.5, -1 day +24:00:01}'::text[]) AS i;
SET timezone = 'UTC';
SELECT lifetime('2028-01-31 00:00Z', '1 month'), lifetime('2027-01-31 00:00Z', '1 month');

-- Refused lifetimes: under a second, past the year 9999
SELECT i, lifetime('2026-11-24 10:00Z', i)
FROM unnest('{0, 0.999999 seconds, -1 hour, 1 month -31 days, -1 month, -2000000000 months,
	-106751991 days, -106751992 days, -213503982 days, -213503983 days, -2147483648 days, -2562047788 hours,
	7973 years 1 mon 6 days 13:59:59, 7973 years 1 mon 6 days 13:59:59.999999,
	7973 years 1 mon 6 days 14:00:00, 1000000 years, 106751991 days, 106751992 days, 213503982 days, 2147483647 days,
	2562047788 hours}'::text[]) AS i;
SELECT lifetime('1970-01-01 00:00Z', '1 second'), lifetime('9999-12-31 23:59:58Z', '1 second');
SELECT lifetime('9999-12-31 23:59:59Z', '1 second');

-- Infinite intervals came with PostgreSQL 17
SELECT i, CASE WHEN current_setting('server_version_num')::int >= 170000 THEN lifetime('2026-11-24 10:00Z', i)
	ELSE '22023: expires_in must be finite' END
FROM unnest('{infinity, -infinity}'::text[]) AS i;

-- The JSON: compact, in jsonb's order
CREATE FUNCTION written(members jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT payload_of(videosdk_sign_token(
		'{"apikey": "k", "permissions": ["allow_join"], "iat": 1795514400}' || members,
		secret(), '1 h'))
$$;
SELECT written('{"z": {"b": [1, [], {}, [[]]], "a": null}, "t": true, "f": false}');
SELECT written('{"n": [0, -0, -1.50, 1e3, 1e-7, 12345678901234567890.12345, 9007199254740993]}');
SELECT written(jsonb_build_object('s', E'"\\/\b\f\n\r\t\x01\x1f\x7f', E'"\\\n', ''));
SELECT written('{"u": "\u00fc \u20ac \u65e5\u672c \ud83d\ude00 \uffff", "\u00e9": 1}');
SELECT written('{"iat": 1795514400.0, "nbf": 1795514400.000000}');
SELECT written(jsonb_build_object('nbf', extract(epoch FROM timestamptz '2026-11-24 10:00Z')));

-- In jsonb's order, the members that signing writes among those of the payload
SELECT written('{"z": 1, "exo": 2, "eyp": 3, "hat": 4, "ibt": 5, "nbe": 6, "nbf": 1795514401, "nbg": 7, "apikex": 8, "apikez": 9}');
SELECT count(*), count(*) FILTER (WHERE written(p) = replace((p || '{"apikey": "k", "permissions": ["allow_join"],
	"iat": 1795514400, "exp": 1795518000}')::text, ' ', ''))
FROM (SELECT jsonb_object_agg(substr(md5(n::text), n % 7 + 1, n % 9 + 1), n) AS p FROM generate_series(1, 5000) n GROUP BY n % 500) AS t;
-- What needs an escape, at each place of strings of each length
SELECT count(*), count(*) FILTER (WHERE token_text = replace((p || '{"apikey": "k", "permissions": ["allow_join"], "iat": 1795514400, "exp": 1795518000}')::text, ' ', ''))
FROM generate_series(1, 20) AS n, generate_series(1, n) AS place, unnest(ARRAY['"', '\', E'\n', E'\x1f', E'\x7f', '/', U&'\00e9']) AS c,
	LATERAL (SELECT jsonb_build_object('s', overlay(repeat('x', n) PLACING c FROM place))) AS o (p), LATERAL (SELECT written(p)) AS w (token_text);
-- Every character comes back
SELECT count(*), count(*) FILTER (WHERE videosdk_decode_token(videosdk_sign_token(p, secret(), '1 h'))
	- 'iat' - 'exp' = p)
FROM (SELECT jsonb_build_object('apikey', 'k', 'permissions', '{allow_join}'::text[],
		chr(c), 'a' || chr(c) || 'b')
	FROM generate_series(1, x'10ffff'::int, 13) AS c WHERE c NOT BETWEEN x'd800'::int AND x'dfff'::int
	UNION ALL
	SELECT jsonb_build_object('apikey', 'k', 'permissions', '{allow_join}'::text[],
		chr(c), 'a' || chr(c) || 'b')
	FROM generate_series(1, 300) AS c) AS p (p);

-- Limits: 64 levels, 1,000 characters of number, 65,536 bytes of token
CREATE FUNCTION sized(value text) RETURNS text LANGUAGE sql AS $$
	SELECT outcome(format('SELECT length(videosdk_sign_token(%L, %L, %L))',
		format('{"apikey": "k", "permissions": ["allow_join"], "iat": 1795514400, "x": %s}', value),
		secret(), '1 h'))
$$;
SELECT sized(repeat('[', 63) || repeat(']', 63));
SELECT sized(repeat('[', 64) || repeat(']', 64));
SELECT sized(repeat('{"a":', 63) || '1' || repeat('}', 63)), sized(repeat('{"a":', 62) || '[]' || repeat('}', 62));
SELECT sized('"' || repeat('[', 100) || '"');
SELECT sized('1e999') ~ '^\d+$', sized('-1e998') ~ '^\d+$', sized('1e-998') ~ '^\d+$';
SELECT sized('1e1000');
SELECT sized('[{"a": 1e-999}]');
SELECT sized('"' || repeat('x', 49006) || '"');
SELECT sized('"' || repeat('x', 49007) || '"');
SELECT sized('"' || repeat('x', 49008) || '"');
SELECT sized('"' || repeat('x', 10000000) || '"');
SELECT sized('[' || repeat('1,', 1000000) || '1]');

-- A claim that is too much is named, and cut
SELECT outcome(format('SELECT videosdk_sign_token(%L, %L, %L)',
	jsonb_build_object('apikey', 'k', 'permissions', '{allow_join}'::text[], repeat('"', 200), 1e2000::numeric),
	secret(), '1 h'));

-- NULL fails closed
SELECT outcome($$SELECT videosdk_sign_token(NULL, 's', '1 h')$$);
SELECT outcome($$SELECT videosdk_sign_token('{}', NULL, '1 h')$$);
SELECT outcome($$SELECT videosdk_sign_token('{}', 's', NULL)$$);
