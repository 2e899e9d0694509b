-- Tokens made by other libraries and by hand are judged as test/vectors/tokens.json says
\getenv abs_srcdir PG_ABS_SRCDIR
\set vectors_file :abs_srcdir '/test/vectors/tokens.json'
\set vectors `cat :'vectors_file'`
CREATE TEMPORARY TABLE vectors AS
SELECT n, t ->> 'name' AS name, t ->> 'token' AS token, t ->> 'status' AS status,
	v ->> 'secret' AS secret, to_timestamp((v ->> 'valid_at')::numeric) AS valid_at
FROM (SELECT :'vectors'::jsonb) AS f (v), jsonb_array_elements(v -> 'tokens') WITH ORDINALITY AS e (t, n);
SELECT status, count(*) FROM vectors GROUP BY status ORDER BY status;

-- inspect gives the status
SELECT v.name, v.status, i.status FROM vectors AS v, videosdk_inspect_token(token, secret, valid_at => valid_at) AS i
WHERE v.status IS DISTINCT FROM i.status;

-- verify and decode give the payload, or the error that belongs to the status
CREATE TEMPORARY TABLE outcomes AS
SELECT v.*, p AS payload, outcome(format('SELECT videosdk_verify_token(%L, %L, valid_at => %L)', token, secret, valid_at)) AS verified,
	outcome(format('SELECT videosdk_decode_token(%L)', token)) AS decoded
FROM vectors AS v, videosdk_inspect_token(token) AS i (h, p);
SELECT count(*) FROM outcomes WHERE CASE status
	WHEN 'valid' THEN verified = payload::text
	ELSE verified LIKE (SELECT code || ': %' FROM (VALUES ('malformed', '22P02'), ('bad_signature', '28V01'), ('expired', '28V02'),
			('not_yet_valid', '28V03'), ('bad_payload', '28V04')) AS c (s, code) WHERE s = status) END;
SELECT count(*) FROM outcomes WHERE CASE WHEN status = 'malformed' THEN decoded LIKE '22P02: %' ELSE decoded = payload::text END;

-- and without the secret, nothing is valid
SELECT v.status, i.status, count(*) FROM vectors AS v, videosdk_inspect_token(token, valid_at => valid_at) AS i
WHERE v.status <> i.status GROUP BY 1, 2 ORDER BY 1, 2;

-- What users read
\pset format unaligned
SELECT v.name, i.detail FROM vectors AS v, videosdk_inspect_token(token, secret, valid_at => valid_at) AS i
WHERE i.detail IS NOT NULL ORDER BY n;
