\set ON_ERROR_STOP on
\pset footer off
-- 1. The extension, and a secret as VideoSDK's dashboard shows one (an example: never use it).

CREATE EXTENSION videosdk_token;
\set secret 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
\echo secret = :secret

-- 2. The payload of VideoSDK's guide.

CREATE TABLE guide AS SELECT jsonb '{
    "apikey": "c3a1f9e2-5b7d-4c80-9e63-2f0d8a417b55",
    "permissions": ["allow_join"],
    "version": 2,
    "roomId": "2kyv-gzay-64pg",
    "participantId": "lxvdplwt",
    "roles": ["crawler", "rtc"]
}' AS payload;

-- 3. Sign it: a token that opens this room to this participant for two hours.

SELECT videosdk_sign_token(payload, :'secret', interval '120 minutes') AS token FROM guide \gset
\echo :token

-- 4. Decode it: anybody can, without the secret.

\pset format unaligned
SELECT videosdk_decode_token(:'token');
\pset format aligned

-- 5. Verify it: the payload of a token that can be trusted, or else an error.

SELECT videosdk_verify_token(:'token', :'secret') = videosdk_decode_token(:'token') AS verified_as_decoded;

-- 6. Inspect it: what jwt.io would show, and never an error.

\x on
SELECT status, issued_at, expires_at, jsonb_pretty(header) AS header, jsonb_pretty(payload) AS payload
FROM videosdk_inspect_token(:'token', :'secret');
\x off

-- 7. A misspelt roomID would open every room. It is not signed.

\set ON_ERROR_STOP off
SELECT videosdk_sign_token(payload - 'roomId' || '{"roomID": "2kyv-gzay-64pg"}', :'secret', interval '120 minutes')
FROM guide;
\set expected 22023
\set ON_ERROR_STOP on
\i scripts/lib/demo-refused.sql

-- 8. An expired token is refused (here: three hours from now),

\set ON_ERROR_STOP off
SELECT videosdk_verify_token(:'token', :'secret', valid_at => clock_timestamp() + interval '3 hours');
\set expected 28V02
\set ON_ERROR_STOP on
\i scripts/lib/demo-refused.sql

-- and so is a forged one: allow_mod beside allow_join, under the old signature.

SELECT videosdk_sign_token(payload || '{"permissions": ["allow_join", "allow_mod"]}', 'a guess', interval '1 day') AS guess
FROM guide \gset
SELECT regexp_replace(:'guess', '[^.]*$', split_part(:'token', '.', 3)) AS forged \gset
\set ON_ERROR_STOP off
SELECT videosdk_verify_token(:'forged', :'secret');
\set expected 28V01
\set ON_ERROR_STOP on
\i scripts/lib/demo-refused.sql

\o token
\qecho :token
\o secret
\qecho :secret
