-- The tables of the benchmark: psql variables rows, secret, apikey

\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION videosdk_token;
CREATE EXTENSION pgcrypto;

-- A server without options, and one with all that there are
CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk;
CREATE USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (apikey :'apikey', secret :'secret');
CREATE SERVER limited FOREIGN DATA WRAPPER videosdk OPTIONS (
	max_expires_in '1 day', permissions 'allow_join, ask_join', roles 'rtc, crawler', required 'roomId, participantId',
	revoked_before '2026-01-01 00:00:00Z', verify_only 'false');
CREATE USER MAPPING FOR PUBLIC SERVER limited OPTIONS (apikey :'apikey', secret :'secret',
	previous_apikey 'before', previous_secret 'the secret before the one that is current', previous_until '9999-01-01 00:00:00Z');

\ir pgcrypto.sql

-- Payloads like that of VideoSDK's guide, each with a token, the payload of that as PostgreSQL prints it and as the token has
-- it, and who may join with it
CREATE TABLE tokens (number bigint, payload jsonb, token text, printed text, compact text, room_id text, participant_id text);
INSERT INTO tokens (number, payload)
SELECT i, jsonb_build_object(
	'apikey', :'apikey',
	'permissions', jsonb_build_array('allow_join'),
	'version', 2,
	'roomId', format('%s-%s-%s', left(md5(i::text), 4), substr(md5(i::text), 5, 4), substr(md5(i::text), 9, 4)),
	'participantId', format('participant-%s', i),
	'roles', jsonb_build_array('crawler', 'rtc'))
FROM generate_series(1, :rows) i;

CREATE TABLE signed AS
SELECT number, payload, videosdk_sign_token(payload, :'secret', '1 day') AS token FROM tokens;
TRUNCATE tokens;

INSERT INTO tokens
SELECT number, payload, token, videosdk_decode_token(token)::text,
	convert_from(pgcrypto_base64url_decode(split_part(token, '.', 2)), 'UTF8'), payload ->> 'roomId', payload ->> 'participantId'
FROM signed;
DROP TABLE signed;

-- Each column by itself, for statements over one of them; and what joining takes
CREATE TABLE payloads AS SELECT payload FROM tokens;
CREATE TABLE issued AS SELECT token FROM tokens;
CREATE TABLE printed_texts AS SELECT printed FROM tokens;
CREATE TABLE compact_texts AS SELECT compact FROM tokens;
CREATE TABLE joining AS SELECT token, room_id, participant_id FROM tokens;
VACUUM (FREEZE, ANALYZE);
