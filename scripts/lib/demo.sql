\pset footer off
\x on
-- 1. Keep the secret in the database: a server has the limits, and its user
--    mapping what VideoSDK's dashboard shows (an example here: never use it).

CREATE EXTENSION videosdk_token;

CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk
    OPTIONS (required 'roomId, participantId');

CREATE USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (
    apikey '8a1f5c1e-7d2b-4c59-9e36-2f7b1c0d4e5f',
    secret '3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c');

-- 2. Issue a token: it lets alice into this room, for two hours.

SELECT videosdk_issue_token(
    videosdk_participant_payload('2kyv-gzay-64pg', 'alice'), '2 hours') AS token
\gset
\echo :token

-- 3. Check it: what it holds, and whether it is valid.

SELECT status, payload ->> 'roomId' AS room, payload ->> 'participantId' AS who,
       payload -> 'roles' AS roles, expires_at - issued_at AS lifetime
FROM videosdk_check_token(:'token');

-- 4. Will VideoSDK let her in?  Into this room, and into another:

SELECT * FROM videosdk_check_join(:'token', '2kyv-gzay-64pg', 'alice');
SELECT * FROM videosdk_check_join(:'token', 'abcd-efgh-ijkl', 'alice');

-- 5. No token for every room by a slip: a misspelt roomId is refused,

SELECT videosdk_issue_token('{"roomID": "2kyv-gzay-64pg", "version": 2,
    "participantId": "alice", "permissions": ["allow_join"]}', '2 hours');

-- and so is none at all, since the server requires it.

SELECT videosdk_issue_token(
    videosdk_participant_payload(NULL, 'alice') - 'roomId', '2 hours');

-- 6. A forged token, signed with a guessed secret: it is reported,

SELECT videosdk_sign_token(videosdk_decode_token(:'token') - 'exp', 'a guess',
                           '2 hours') AS forged
\gset
SELECT status, detail, payload FROM videosdk_check_token(:'forged');

-- and where only a valid one will do, refused.

SELECT videosdk_validate_token(:'forged');

-- 7. Without a server, pass the secret: the token of step 2 once more.

\set secret 3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c
SELECT videosdk_sign_token(videosdk_decode_token(:'token') - 'exp', :'secret',
                           '2 hours') = :'token' AS same_token,
       videosdk_verify_token(:'token', :'secret') IS NOT NULL AS verified;

\o token
\qecho :token
\o secret
\qecho :secret
