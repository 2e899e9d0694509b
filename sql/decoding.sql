-- videosdk_decode_token returns the payload of any well-formed token, and refuses any other text
\pset format unaligned
\pset tuples_only on

CREATE FUNCTION decoded(token text) RETURNS text LANGUAGE sql AS $$
	SELECT outcome(format('SELECT videosdk_decode_token(%L)', token))
$$;

-- Anything signed, by anybody, for any time
SELECT videosdk_decode_token(make_token('{"exp": "never", "a": [1, 2.50, {"b": null}]}', secret => 'other'));
SELECT videosdk_decode_token(make_token('{}', '{"alg": "none", "crit": ["b64"]}'));
SELECT videosdk_decode_token(make_token(' { } ', '{}'));
SELECT videosdk_decode_token('e30.e30.');
SELECT videosdk_decode_token(NULL) IS NULL;

-- decode(sign(p, s, i)) - 'iat' - 'exp' = p, for a payload without iat
SELECT videosdk_decode_token(videosdk_sign_token(p, secret(), '1 h')) - 'iat' - 'exp' = p
FROM (VALUES ('{"apikey": "k", "permissions": ["allow_join"], "nbf": 1.000, "n": 1.50,
	"x": [{"\u0001": "\ud83d\ude00"}, 1e50, true, null, "", {}]}'::jsonb)) AS v (p);

-- The last of duplicate members counts
SELECT videosdk_decode_token(make_token('{"a": 1, "a": 2, "b": {"c": 3, "c": null}}'));

-- Plain payloads are read by json_flat.c, and all others, as any with a blank before it, by jsonb_in: to the same end
CREATE FUNCTION decoded_both_ways(payload text) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN one = other THEN one ELSE format('%s; but %s', one, other) END
	FROM (SELECT decoded(make_token(convert_to(payload, 'UTF8'))), decoded(make_token(convert_to(' ' || payload, 'UTF8')))) AS d (one, other)
$$;
SELECT p, decoded_both_ways(p)
FROM unnest(ARRAY['{}', '{"a":0}', '{"a":"","":"b"}', '{"a":[]}', '{"bb":1,"c":[" !#[]^~","{}",""],"a":"/"}', '{"b":["c"],"a":["d","e"]}',
	'{"a":10,"b":99999999999999999}', '{"a":100000000000000000}', '{"a":99999999999999999999}', '{"a":-1}', '{"a":-0}', '{"a":1.5}',
	'{"a":1.0}', '{"a":1e3}', '{"a":true}', '{"a":null}', '{"a":{}}', '{"a":[1]}', '{"a":[[]]}', '{"a":1,"b":2,"a":3}', '{"a":1,"a":1}',
	'{"a": 1}', '{"a":1 }', '{"a":["b", "c"]}', E'{"a":1}\n', '{"a":"\n\"\\"}', '{"\u0061":1,"a":2}', '{"a":"\u00e9"}', '{"a":"é"}',
	'["a"]', '"a"', '1']) AS p;
SELECT p, decoded_both_ways(p)
FROM unnest(ARRAY['', '{', '{"', '{"a', '{"a"', '{"a":', '{"a":1', '{"a":"', '{"a":"b', '{"a":"b"', '{"a":["b"', '{"a":["b"}', '{"a":"b}',
	'{"a":01}', '{"a":00}', '{"a":+1}', '{"a":1x}', '{"a":1,}', '{,}', '{"a":1,,"b":2}', '{"a":1"b":2}', '{"a"}', '{"a"1}', '{"a":}', '{"a":1:2}',
	'{"a":["b",]}', '{"a":[,"b"]}', '{"a":["b""c"]}', '{"a":"b"c"}', '{a:1}', '{1:1}', '{"a":1}x', '{"a":1}}', '{"a":1}{}', '{"a":1]',
	E'{"a":"\t"}', E'{"a":"b\t}', E'{"a\t:1}', '{"a":"\x"}', '{"a":"\u0000"}', '{"a":"\u0000",b}', '{"a":"\u0000","b":01}', '{"a":0},"b":1}', '}"a":1}']) AS p;
SELECT members, elements, decoded_both_ways(p) = p::jsonb::text
FROM (VALUES (32, 0), (33, 0), (1, 32), (1, 33), (2, 16), (32, 1), (2, 17)) AS v (members, elements),
	LATERAL (SELECT format('{%s}', string_agg(format('"%s":[%s]', n, array_to_string(array_fill('"e"'::text, ARRAY[elements]), ',')), ','))
		FROM generate_series(1, members) AS n) AS o (p);

-- Segments
SELECT t, decoded(t) FROM unnest(ARRAY['', '.', '..', '...', 'e30', 'e30.e30', 'e30.e30..', 'e30.e30.a.a.a',
	' e30.e30.', E'e30.e30.\n', E'\te30.e30', 'Bearer e30.e30.', 'bearer e30', 'Bearer  e30.e30.', 'Bearere30.e30.',
	E'e30.e30.AA\n.']) AS t;

-- What met with an accident on its way says with which; a cut signature is one that has too few characters and no wrong one
SELECT make_token('{"a": 1}') AS token \gset
SELECT t, decoded(t) FROM unnest(ARRAY['"' || :'token' || '"', '''' || :'token', :'token' || '"', :'token' || E'\r\n', '"' || :'token' || E'"\n', 'Bearer "' || :'token' || '"',
	replace(:'token', '.', '%2E'), replace(:'token', '.', '%2e') || '%3D', '%', '%2', '%zz' || :'token', '"',
	left(:'token', -1), left(:'token', -39), left(:'token', -44), left(:'token', -50), left(:'token', 20), left(:'token', -10) || '=', left(:'token', -10) || '...']) AS t;

-- Strict base64url: alphabet, length, trailing bits
SELECT t, decoded(t) FROM unnest(ARRAY['e30.e30.AA', 'e30.e30.A', 'e30.e30.AB', 'e30.e30.AAB', 'e30.e30.AAE', 'e30.e30.AAAA',
	'e30.e30.AA==', 'e30.e30=.AA', 'e30.e31.AA', 'e30.e3.AA', 'e31.e30.AA', 'e30.e30.AA+A', 'e30.e30.AA/A', 'e30.e30.-_AA',
	'e30.e 30.AA', 'e3!.e30.AA', 'e30.e30.AAAAA', U&'e30.e30.AA\00fc']) AS t;
SELECT c, decoded('e30.e30.' || chr(c) || 'AAA') = '{}' FROM generate_series(1, 127) AS c
WHERE (decoded('e30.e30.' || chr(c) || 'AAA') = '{}') <> (chr(c) ~ '[A-Za-z0-9_-]' COLLATE "C");
SELECT count(*) FROM generate_series(1, 127) AS c WHERE decoded('e30.e30.' || chr(c) || 'AAA') = '{}';

-- Any bytes of a payload come back
SELECT count(*) FROM generate_series(0, 300) AS n
WHERE videosdk_decode_token(make_token(convert_to(format('{"%s": 1}', repeat('x', n)), 'UTF8')))
	<> jsonb_build_object(repeat('x', n), 1);

-- Header and payload: JSON objects in UTF-8
SELECT h, decoded(make_token('{}', h::bytea))
FROM unnest(ARRAY['', '[]', '"alg"', 'null', '{', '{"alg": "HS256"', '{"alg": HS256}', '{} {}', '{"a": "\\u0000"}', '{"a": "\\ud83d"}',
	'{"a": "\\000"}', '\xff', '{"a": "\\xc3"}', '{"a": "\\303\\050"}', '\xefbbbf7b7d']) AS h;
SELECT p, decoded(make_token(p::bytea))
FROM unnest(ARRAY['', '[]', '"apikey"', 'null', '1', '{', '{"a": 01}', '{"a": 1,}', '{''a'': 1}', '{"a": NaN}', '{a: 1}', '{} x',
	'{"a": "\\u0000"}', '{"a": "\\ud83d"}', '{"a": "\\udc00\\ud83d"}', '\x7b2261223a2200227d', '\x7b2261223a22ff227d',
	'\xefbbbf7b7d', '\x7b2261223a22eda080227d', '\x7b2261223a22c0af227d', '\x7b2261223a22f4908080227d', E'{"a": "\n"}']) AS p;

-- Limits: 64 levels, numbers of 1,000 characters and with exponents to 999
SELECT n, decoded(make_token(convert_to(format('{"a": %s%s}', repeat('[', n), repeat(']', n)), 'UTF8'))) ~ '^{',
	decoded(make_token(convert_to(format('{"a": %s1%s}', repeat('{"a": ', n), repeat('}', n)), 'UTF8'))) ~ '^{'
FROM unnest('{62, 63, 64, 1000}'::int[]) AS n;
SELECT decoded(make_token(convert_to(format('{"a": %s}', repeat('[', 20000)), 'UTF8')));
SELECT decoded(make_token(convert_to(format('{"a": ["%s", "\"%s", "\\", "%s"]}', repeat('[', 99), repeat('{', 99), repeat('[', 99)), 'UTF8'))) ~ '^{';
SELECT decoded(make_token('{"a": [[[]]], "b": [[[]]]}'));
SELECT n, decoded(make_token(convert_to(format('{"a": %s}', repeat('1', n)), 'UTF8'))) ~ '^{',
	decoded(make_token(convert_to(format('{"a": -0.%s1}', repeat('0', n - 4)), 'UTF8'))) ~ '^{'
FROM unnest('{999, 1000, 1001}'::int[]) AS n;
SELECT decoded(make_token(convert_to(format('{"a": %s}', repeat('1', 1001)), 'UTF8')));
SELECT e, left(decoded(make_token(convert_to(format('{"a": 1%s}', e), 'UTF8'))), 80)
FROM unnest(ARRAY['e999', 'E+999', 'e-999', 'e0000999', 'e1000', 'E-1000', 'e+00001000', 'e99999999999999999999', '0e1000']) AS e;

-- 65,536 bytes
SELECT length(t), length(decoded(t))
FROM (SELECT make_token(convert_to(format('{"a": "%s"}', repeat('x', 49082)), 'UTF8'))) AS s (t);
SELECT length(t), decoded(t)
FROM (SELECT make_token(convert_to(format('{"a": "%s"}', repeat('x', 49083)), 'UTF8'))) AS s (t);
SELECT decoded(repeat('x', 10000000));

-- In an index, and in a generated column
CREATE TABLE tokens (token text, claims jsonb GENERATED ALWAYS AS (videosdk_decode_token(token)) STORED);
CREATE INDEX ON tokens ((videosdk_decode_token(token) ->> 'roomId'));
INSERT INTO tokens VALUES (make_token('{"roomId": "r"}')) RETURNING claims;
INSERT INTO tokens VALUES ('not.a.token');
DROP TABLE tokens;
