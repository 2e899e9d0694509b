-- videosdk_inspect_token returns a row for any text; how it judges a token is in verifying
SET timezone = 'UTC';
SET datestyle = 'ISO';
\x
SELECT make_token('{"apikey": "k", "permissions": ["allow_join"], "iat": 1795514400, "nbf": 1795514400.25, "exp": 1795518000}') AS token \gset
SELECT * FROM videosdk_inspect_token(:'token', secret(), valid_at => '2026-11-24 10:30Z');
SELECT * FROM videosdk_inspect_token(:'token', valid_at => '2026-11-24 10:30Z');
SELECT * FROM videosdk_inspect_token(:'token', secret(), '1 hour', '2026-11-24 11:30Z');
SELECT * FROM videosdk_inspect_token(:'token', secret(), '0', '2026-11-24 11:30Z');
SELECT * FROM videosdk_inspect_token(:'token', valid_at => '2026-11-24 11:30Z');
SELECT * FROM videosdk_inspect_token(:'token', secret(), valid_at => '2026-11-24 10:00Z');
SELECT * FROM videosdk_inspect_token(:'token', 'other', valid_at => '2026-11-24 10:30Z');

-- Filled in as far as it can be read
SELECT * FROM videosdk_inspect_token(make_token('{"exp": 1795518000.5, "iat": "now", "nbf": 1}'), secret());
SELECT * FROM videosdk_inspect_token(make_token('{"apikey": "k", "permissions": [], "iat": 1, "nbf": 1795518000000}'), secret());
SELECT * FROM videosdk_inspect_token(make_token('{"iat": 1}', '{"alg": "none", "kid": 1}'));
SELECT * FROM videosdk_inspect_token(make_token('{"iat": 1}', '{"alg": "HS256", "crit": ["b64"]}'));
SELECT * FROM videosdk_inspect_token(make_token('{"iat": 1}', '[]'));
SELECT * FROM videosdk_inspect_token(make_token('[1]', '{"alg": "HS256"}'), secret());
SELECT * FROM videosdk_inspect_token(make_token('[1]'), secret());
SELECT * FROM videosdk_inspect_token('Bearer ' || :'token', secret());
SELECT * FROM videosdk_inspect_token(:'token' || E'\n', secret());
SELECT * FROM videosdk_inspect_token(:'token' || '=', secret());
SELECT * FROM videosdk_inspect_token(:'token' || '.x', secret());
SELECT * FROM videosdk_inspect_token(regexp_replace(:'token', '.[^.]*$', ''), secret());
SELECT * FROM videosdk_inspect_token('eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9', secret());
SELECT * FROM videosdk_inspect_token('', secret());
SELECT * FROM videosdk_inspect_token(repeat('x', 65537), secret());

-- A NULL token gives a row of NULLs; other arguments must not be NULL
SELECT * FROM videosdk_inspect_token(NULL);
SELECT * FROM videosdk_inspect_token(NULL, secret());
\x
\pset format unaligned
\pset tuples_only on
SELECT outcome(format('SELECT videosdk_inspect_token(%s)', a)) FROM unnest(ARRAY[
	'''t'', ''s'', NULL', '''t'', ''s'', ''0'', NULL', 'NULL, NULL, NULL', 'NULL, NULL, ''0'', NULL', '''t'', '' s''', 'NULL, ''''',
	'''t'', NULL, ''-1 s''', '''t'', NULL, ''1 month''', '''t'', NULL, ''0'', ''infinity''']) AS a;

-- A whole table at once, each row with its own secret
SELECT i.status, count(*)
FROM generate_series(1, 12) AS n, videosdk_inspect_token(
	make_token('{"apikey": "k", "permissions": [], "exp": 1795518000}', secret => 'secret' || n % 3),
	'secret' || n % 4, valid_at => '2026-11-24 10:30Z') AS i
GROUP BY i.status ORDER BY i.status;
SELECT (videosdk_inspect_token(t)).status FROM (VALUES ('x'), (NULL), ('..')) AS v (t);

-- Any text gives a row
SELECT (i).status, count(*)
FROM (SELECT videosdk_inspect_token(substr(:'token', 1, n) || chr(c) || substr(:'token', n + 2), secret(), valid_at => '2026-11-24 10:30Z')
	FROM generate_series(0, length(:'token') - 1, 7) AS n, generate_series(1, 300, 7) AS c
	WHERE chr(c) <> substr(:'token', n + 1, 1)) AS s (i)
GROUP BY 1 ORDER BY 1;
