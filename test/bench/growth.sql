-- A table of payloads of some size, with their tokens, stored uncompressed: psql variables name, rows, size, secret

\set ON_ERROR_STOP on
CREATE TABLE :name (payload jsonb, token text);
ALTER TABLE :name ALTER payload SET STORAGE EXTERNAL, ALTER token SET STORAGE EXTERNAL;

-- A claim of its own fills each payload up; not twice with the same text
INSERT INTO :name
SELECT filled, videosdk_sign_token(filled, :'secret', '1 day')
FROM (
	SELECT payload || jsonb_build_object('data', left(
		(SELECT string_agg(md5(format('%s-%s', number, i)), '') FROM generate_series(0, :size / 32) i),
		greatest(0, :size - length(payload::text) - length(', "data": ""')))) AS filled
	FROM tokens
	WHERE number <= :rows) payloads;
VACUUM (FREEZE, ANALYZE) :name;
