-- The tables of the benchmark: psql variables rows, secret, apikey

\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION videosdk_token;
CREATE EXTENSION pgcrypto;

CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk
	OPTIONS (max_expires_in '1 day', permissions 'allow_join, ask_join', roles 'rtc, crawler');
CREATE USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (apikey :'apikey', secret :'secret');

-- Payloads like that of VideoSDK's guide, each with a token, and the payload of that as PostgreSQL prints it and as the
-- token has it.  The tables of growth have the same rows, once more and thrice.
CREATE TABLE tokens (number bigint, payload jsonb, token text, printed text, compact text);
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

-- What a token's payload segment holds, in plain SQL
CREATE FUNCTION base64url_decode(text) RETURNS bytea LANGUAGE sql IMMUTABLE AS
	$$SELECT decode(rpad(translate($1, '-_', '+/'), (length($1) + 3) / 4 * 4, '='), 'base64')$$;

INSERT INTO tokens
SELECT number, payload, token, videosdk_decode_token(token)::text,
	convert_from(base64url_decode(split_part(token, '.', 2)), 'UTF8')
FROM signed;
DROP TABLE signed;
VACUUM (FREEZE, ANALYZE) tokens;

-- As users of pgjwt do it: plain SQL over pgcrypto
CREATE FUNCTION base64url_encode(bytea) RETURNS text LANGUAGE sql IMMUTABLE AS
	$$SELECT translate(encode($1, 'base64'), E'+/=\n', '-_')$$;

CREATE FUNCTION pgcrypto_sign(payload jsonb, secret text, expires_in interval) RETURNS text LANGUAGE sql AS $$
	WITH parts (input) AS (
		SELECT base64url_encode(convert_to('{"alg":"HS256","typ":"JWT"}', 'UTF8')) || '.' ||
			base64url_encode(convert_to((payload || jsonb_build_object(
				'iat', extract(epoch FROM clock_timestamp())::bigint,
				'exp', extract(epoch FROM clock_timestamp() + expires_in)::bigint))::text, 'UTF8')))
	SELECT input || '.' || base64url_encode(hmac(input, secret, 'sha256')) FROM parts
$$;

CREATE FUNCTION pgcrypto_verify(token text, secret text, OUT payload jsonb, OUT is_valid boolean) LANGUAGE sql AS $$
	WITH decoded (payload) AS (
		SELECT convert_from(base64url_decode(split_part(token, '.', 2)), 'UTF8')::jsonb)
	SELECT payload,
		split_part(token, '.', 3) = base64url_encode(hmac(
			split_part(token, '.', 1) || '.' || split_part(token, '.', 2), secret, 'sha256')) AND
		to_timestamp((payload ->> 'exp')::float) > clock_timestamp()
	FROM decoded
$$;
