-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION videosdk_token" to load this file. \quit

-- sign

CREATE FUNCTION videosdk_sign_token(
	payload pg_catalog.jsonb,
	secret pg_catalog.text,
	expires_in pg_catalog.interval
) RETURNS pg_catalog.text
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL RESTRICTED;

COMMENT ON FUNCTION videosdk_sign_token(pg_catalog.jsonb, pg_catalog.text, pg_catalog.interval) IS
'sign a VideoSDK payload with a secret: a token (JWT, HS256) that expires after expires_in';

-- verify

CREATE FUNCTION videosdk_verify_token(
	token pg_catalog.text,
	secret pg_catalog.text,
	leeway pg_catalog.interval DEFAULT '0',
	valid_at pg_catalog.timestamptz DEFAULT pg_catalog.clock_timestamp()
) RETURNS pg_catalog.jsonb
AS 'MODULE_PATHNAME' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED;

COMMENT ON FUNCTION videosdk_verify_token(pg_catalog.text, pg_catalog.text, pg_catalog.interval, pg_catalog.timestamptz) IS
'payload of a VideoSDK token that was signed with the secret and is valid at valid_at; raises an error for any other';

-- inspect

CREATE FUNCTION videosdk_inspect_token(
	token pg_catalog.text,
	secret pg_catalog.text DEFAULT NULL,
	leeway pg_catalog.interval DEFAULT '0',
	valid_at pg_catalog.timestamptz DEFAULT pg_catalog.clock_timestamp(),
	OUT header pg_catalog.jsonb,
	OUT payload pg_catalog.jsonb,
	OUT issued_at pg_catalog.timestamptz,
	OUT not_before pg_catalog.timestamptz,
	OUT expires_at pg_catalog.timestamptz,
	OUT status pg_catalog.text,
	OUT detail pg_catalog.text
)
AS 'MODULE_PATHNAME' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED;

COMMENT ON FUNCTION videosdk_inspect_token(pg_catalog.text, pg_catalog.text, pg_catalog.interval, pg_catalog.timestamptz) IS
'what a VideoSDK token holds and whether it is valid, without raising an error; trust the payload only where status is valid';

-- decode

CREATE FUNCTION videosdk_decode_token(
	token pg_catalog.text
) RETURNS pg_catalog.jsonb
AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION videosdk_decode_token(pg_catalog.text) IS
'payload of a VideoSDK token, without verifying it; anybody may have written it';
