-- videosdk_check_join says what VideoSDK answers to a client that joins; how a token is judged is in verifying and credentials
\pset format unaligned
\pset tuples_only on
\pset null NULL
SET timezone = 'UTC';

CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk;
CREATE USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (apikey 'the key', secret '3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c',
	previous_apikey 'old key', previous_secret '0123456789abcdef0123456789abcdef', previous_until '2026-11-24T10:30:00Z');

-- A token with these members, which holds until 11:00
CREATE FUNCTION token_with(members jsonb DEFAULT '{}', without text[] DEFAULT '{}', secret text DEFAULT secret()) RETURNS text LANGUAGE sql AS $$
	SELECT make_token(convert_to((('{"apikey": "the key", "permissions": ["allow_join"], "version": 2, "roomId": "r", "participantId": "p", "roles": ["rtc"],
		"iat": 1795514400, "exp": 1795518000}' || members) - without)::text, 'UTF8'), secret => secret)
$$;
-- The answer, or the error
CREATE FUNCTION answer(token text, room_id text DEFAULT 'r', participant_id text DEFAULT 'p', valid_at timestamptz DEFAULT '2026-11-24 10:15Z') RETURNS text LANGUAGE sql AS $$
	SELECT outcome(format('SELECT concat_ws('' '', allowed, coalesce(must_ask::text, ''NULL''), code, error, detail) FROM videosdk_check_join(%L, %L, %L, valid_at => %L)',
		token, room_id, participant_id, valid_at))
$$;
SELECT * FROM videosdk_check_join(token_with(), 'r', 'p', valid_at => '2026-11-24 10:15Z');
SELECT * FROM videosdk_check_join(token_with(), 'r', 'q', valid_at => '2026-11-24 10:15Z');

-- Let in: for this room and participant or for any, with the key of before until its end
SELECT w, answer(token_with(without => w)) FROM (VALUES ('{}'::text[]), ('{roomId}'), ('{participantId}'), ('{roles}'), ('{roomId,participantId,roles,version,iat}')) AS v (w);
SELECT m, answer(token_with(m)) FROM unnest(ARRAY['{"permissions": ["allow_join", "allow_mod"]}', '{"permissions": ["ask_join"]}', '{"roles": ["crawler", "rtc"]}',
	'{"permissions": ["allow_join", "allow_record"]}', '{"permissions": ["ask_join", "ask_join"]}', '{"version": 1}']::jsonb[]) AS m;
SELECT at, answer(token_with('{"apikey": "old key"}', secret => '0123456789abcdef0123456789abcdef'), valid_at => at)
FROM unnest('{2026-11-24 10:15Z, 2026-11-24 10:30Z}'::timestamptz[]) AS at;

-- 4003, 4004: the arguments
SELECT to_json(r), to_json(p), answer(token_with(), r, p) FROM (VALUES ('', 'p'), ('r', ''), (' r', 'p'), ('r', E'p\n'), ('a b', 'c d'), (U&'r\00a0', 'p'), ('r', U&'p\FEFF'),
	('', ''), (NULL, 'p'), ('r', NULL)) AS v (r, p);

-- 4001: the apikey of a token that can be read, whoever signed it
SELECT m, answer(token_with(m)), answer(token_with(m, secret => 'other')) FROM unnest(ARRAY['{"apikey": "another key"}', '{"apikey": ""}', '{"apikey": 1}', '{"apikey": null}',
	'{"apikey": "THE KEY", "exp": 1}']::jsonb[]) AS m;
SELECT answer(token_with(without => '{apikey}')), answer(make_token('{"apikey": "another key"}', '{"alg": "none"}')), answer(make_token('{"apikey": "another key"}', '[]'));

-- 4002: no token, a malformed one, a forged one, one that is not valid now, one without claims; pairs are not mixed
SELECT answer(t) FROM unnest(ARRAY[NULL, '', 'x', 'Bearer ' || token_with(), token_with() || 'x', '"' || token_with() || '"', left(token_with(), -20),
	token_with(secret => 'other'), make_token('[1]', secret => 'other'), make_token('{"apikey": "the key"}', '{"alg": "none"}'), token_with('{"exp": 1795514401}'),
	token_with('{"nbf": 1795517000}'), token_with(without => '{exp}'), token_with('{"permissions": 1}'), token_with('{"roomId": null}'),
	token_with('{"apikey": "old key"}'), token_with(secret => '0123456789abcdef0123456789abcdef')]) AS t;
ALTER SERVER videosdk OPTIONS (ADD revoked_before '2026-11-24T10:00:01Z');
SELECT answer(token_with());
ALTER SERVER videosdk OPTIONS (DROP revoked_before);

-- 4024, 4008
SELECT m, answer(token_with(m)) FROM unnest(ARRAY['{"roles": ["crawler"]}', '{"roles": []}', '{"roles": ["RTC"]}',
	'{"permissions": ["ask_join", "allow_join"]}', '{"permissions": ["ask_join", "allow_mod"]}', '{"permissions": ["allow_mod"]}', '{"permissions": ["allow_record"]}',
	'{"permissions": []}']::jsonb[]) AS m;

-- 4022, 4023
SELECT r, p, answer(token_with(), r, p) FROM (VALUES ('R', 'p'), ('rr', 'p'), ('r', 'P'), ('r', 'pp'), ('q', 'q'), (repeat('x', 100), 'p'), ('eyJhbGciOiJIUzI1NiJ9', 'p')) AS v (r, p);

-- The order
SELECT answer(t, r, p) FROM (VALUES ('x', '', ''), ('x', 'r', ''),
	(token_with('{"apikey": "another key", "exp": 1, "roles": [], "permissions": [], "roomId": "x", "participantId": "x"}'), 'r', 'p'),
	(token_with('{"exp": 1, "roles": [], "permissions": [], "roomId": "x", "participantId": "x"}'), 'r', 'p'),
	(token_with('{"roles": [], "permissions": [], "roomId": "x", "participantId": "x"}'), 'r', 'p'),
	(token_with('{"permissions": [], "roomId": "x", "participantId": "x"}'), 'r', 'p'), (token_with('{"roomId": "x", "participantId": "x"}'), 'r', 'p'),
	(token_with('{"participantId": "x"}'), 'r', 'p')) AS v (t, r, p);

-- Other arguments
SELECT s, outcome('SELECT ' || s) FROM unnest(ARRAY[$$videosdk_check_join(NULL, NULL, 'p')$$, $$videosdk_check_join('t', 'r', NULL)$$, $$videosdk_check_join('t', 'r', 'p', NULL)$$,
	$$videosdk_check_join('t', 'r', 'p', 'nowhere')$$, $$videosdk_check_join('t', 'r', 'p', leeway => NULL)$$, $$videosdk_check_join('t', 'r', 'p', leeway => '-1 s')$$,
	$$videosdk_check_join('t', 'r', 'p', valid_at => NULL)$$]) AS s;
SELECT allowed FROM videosdk_check_join(token_with(), 'r', 'p', leeway => '1 minute', valid_at => '2026-11-24 11:00:59Z');
CREATE ROLE regress_videosdk_joiner;
SET ROLE regress_videosdk_joiner;
SELECT outcome($$SELECT videosdk_check_join('t', 'r', 'p')$$);
RESET ROLE;

-- A row for each token of a report, either allowed or with a code; allowed only if check says valid
SELECT allowed, code, count(*), bool_and(allowed = (code IS NULL) AND (must_ask IS NULL) = (code IS NOT NULL) AND (j.detail IS NULL) = allowed), bool_and(NOT allowed OR status = 'valid')
FROM (SELECT token_with(jsonb_build_object('exp', 1795514400 + n, 'roomId', chr(112 + n % 7)), secret => CASE WHEN n % 5 > 0 THEN secret() ELSE 'other' END) AS t
		FROM generate_series(1, 2000) AS n) AS tokens,
	videosdk_check_join(t, 'r', 'p', valid_at => '2026-11-24 10:15Z') AS j, videosdk_check_token(t, valid_at => '2026-11-24 10:15Z') AS c
GROUP BY 1, 2 ORDER BY 1, 2;

DROP SERVER videosdk CASCADE;
DROP ROLE regress_videosdk_joiner;
