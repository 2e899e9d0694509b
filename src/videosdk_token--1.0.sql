-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION videosdk_token" to load this file. \quit

-- with the secret kept by the database

CREATE FUNCTION videosdk_credential_validator(
	options pg_catalog.text[],
	catalog pg_catalog.oid
) RETURNS pg_catalog.void
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION videosdk_credential_validator(pg_catalog.text[], pg_catalog.oid) IS
'validate the options of servers and user mappings of foreign data wrapper videosdk (see docs/reference.md)';

CREATE FOREIGN DATA WRAPPER videosdk VALIDATOR videosdk_credential_validator;

COMMENT ON FOREIGN DATA WRAPPER videosdk IS
'VideoSDK credentials: a server holds limits, its user mapping for PUBLIC the apikey and the secret (see docs/reference.md)';

-- so that a database owner who installed the trusted extension can create servers
GRANT USAGE ON FOREIGN DATA WRAPPER videosdk TO pg_database_owner WITH GRANT OPTION;

CREATE FUNCTION videosdk_issue_token(
	payload pg_catalog.jsonb,
	expires_in pg_catalog.interval,
	server pg_catalog.name DEFAULT 'videosdk'
) RETURNS pg_catalog.text
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL SAFE;

COMMENT ON FUNCTION videosdk_issue_token(pg_catalog.jsonb, pg_catalog.interval, pg_catalog.name) IS
'sign a VideoSDK payload with the credential and within the limits of a server: a token (JWT, HS256) that expires after expires_in (see docs/reference.md)';

CREATE FUNCTION videosdk_validate_token(
	token pg_catalog.text,
	server pg_catalog.name DEFAULT 'videosdk',
	leeway pg_catalog.interval DEFAULT '0',
	valid_at pg_catalog.timestamptz DEFAULT pg_catalog.clock_timestamp()
) RETURNS pg_catalog.jsonb
AS 'MODULE_PATHNAME' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE;

COMMENT ON FUNCTION videosdk_validate_token(pg_catalog.text, pg_catalog.name, pg_catalog.interval, pg_catalog.timestamptz) IS
'payload of a VideoSDK token that was signed with the credential of a server and is valid at valid_at; raises an error for any other (see docs/reference.md)';

CREATE FUNCTION videosdk_check_token(
	token pg_catalog.text,
	server pg_catalog.name DEFAULT 'videosdk',
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
AS 'MODULE_PATHNAME' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE;

COMMENT ON FUNCTION videosdk_check_token(pg_catalog.text, pg_catalog.name, pg_catalog.interval, pg_catalog.timestamptz) IS
'whether a VideoSDK token is valid for the credential of a server, without raising an error, and what it holds, where its signature holds; trust the payload only where status is valid (see docs/reference.md)';

CREATE FUNCTION videosdk_check_join(
	token pg_catalog.text,
	room_id pg_catalog.text,
	participant_id pg_catalog.text,
	server pg_catalog.name DEFAULT 'videosdk',
	leeway pg_catalog.interval DEFAULT '0',
	valid_at pg_catalog.timestamptz DEFAULT pg_catalog.clock_timestamp(),
	OUT allowed pg_catalog.bool,
	OUT must_ask pg_catalog.bool,
	OUT code pg_catalog.int4,
	OUT error pg_catalog.text,
	OUT detail pg_catalog.text
)
AS 'MODULE_PATHNAME' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE;

COMMENT ON FUNCTION videosdk_check_join(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.name, pg_catalog.interval, pg_catalog.timestamptz) IS
'what VideoSDK answers, as documented, to a client that joins a room as a participant with a token, without raising an error for the token (see docs/reference.md)';

CREATE FUNCTION videosdk_validate_webhook(
	body pg_catalog.json,
	signature pg_catalog.text,
	server pg_catalog.name DEFAULT 'videosdk'
) RETURNS pg_catalog.jsonb
AS 'MODULE_PATHNAME' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE;

COMMENT ON FUNCTION videosdk_validate_webhook(pg_catalog.json, pg_catalog.text, pg_catalog.name) IS
'event of a VideoSDK webhook whose body was signed with a key of the option webhook_public_key of a server; raises an error for any other (see docs/reference.md)';

-- with the secret in hand

CREATE FUNCTION videosdk_sign_token(
	payload pg_catalog.jsonb,
	secret pg_catalog.text,
	expires_in pg_catalog.interval
) RETURNS pg_catalog.text
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL RESTRICTED;

COMMENT ON FUNCTION videosdk_sign_token(pg_catalog.jsonb, pg_catalog.text, pg_catalog.interval) IS
'sign a VideoSDK payload with a secret: a token (JWT, HS256) that expires after expires_in (see docs/reference.md)';

CREATE FUNCTION videosdk_verify_token(
	token pg_catalog.text,
	secret pg_catalog.text,
	leeway pg_catalog.interval DEFAULT '0',
	valid_at pg_catalog.timestamptz DEFAULT pg_catalog.clock_timestamp()
) RETURNS pg_catalog.jsonb
AS 'MODULE_PATHNAME' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED;

COMMENT ON FUNCTION videosdk_verify_token(pg_catalog.text, pg_catalog.text, pg_catalog.interval, pg_catalog.timestamptz) IS
'payload of a VideoSDK token that was signed with the secret and is valid at valid_at; raises an error for any other (see docs/reference.md)';

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
'what a VideoSDK token holds and whether it is valid, without raising an error; trust the payload only where status is valid (see docs/reference.md)';

CREATE FUNCTION videosdk_decode_token(
	token pg_catalog.text
) RETURNS pg_catalog.jsonb
AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION videosdk_decode_token(pg_catalog.text) IS
'payload of a VideoSDK token, without verifying it; anybody may have written it (see docs/reference.md)';

CREATE FUNCTION videosdk_verify_webhook(
	body pg_catalog.json,
	signature pg_catalog.text,
	public_key pg_catalog.text
) RETURNS pg_catalog.jsonb
AS 'MODULE_PATHNAME' LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE;

COMMENT ON FUNCTION videosdk_verify_webhook(pg_catalog.json, pg_catalog.text, pg_catalog.text) IS
'event of a VideoSDK webhook whose body was signed with a public key, a PEM or several; raises an error for any other (see docs/reference.md)';

-- payloads

CREATE FUNCTION videosdk_participant_payload(
	room_id pg_catalog.text,
	participant_id pg_catalog.text,
	permissions pg_catalog.text[] DEFAULT '{allow_join}',
	not_before pg_catalog.timestamptz DEFAULT NULL,
	custom_claims pg_catalog.jsonb DEFAULT '{}',
	apikey pg_catalog.text DEFAULT NULL
) RETURNS pg_catalog.jsonb
LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE
RETURN COALESCE(custom_claims, pg_catalog.jsonb '{}')
	OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object(
		'permissions', permissions,
		'version', 2,
		'roomId', room_id,
		'participantId', participant_id,
		'roles', pg_catalog.jsonb '["rtc"]')
	OPERATOR(pg_catalog.||) CASE WHEN not_before IS NULL THEN pg_catalog.jsonb '{}'
		ELSE pg_catalog.jsonb_build_object('nbf', pg_catalog.ceil(pg_catalog.extract('epoch', not_before))) END
	OPERATOR(pg_catalog.||) CASE WHEN apikey IS NULL THEN pg_catalog.jsonb '{}'
		ELSE pg_catalog.jsonb_build_object('apikey', apikey) END;

COMMENT ON FUNCTION videosdk_participant_payload(pg_catalog.text, pg_catalog.text, pg_catalog._text, pg_catalog.timestamptz, pg_catalog.jsonb, pg_catalog.text) IS
'payload for a client that joins one room as one participant (role rtc), to be signed or issued (see docs/reference.md)';

CREATE FUNCTION videosdk_api_payload(
	permissions pg_catalog.text[] DEFAULT '{allow_join}',
	custom_claims pg_catalog.jsonb DEFAULT '{}',
	apikey pg_catalog.text DEFAULT NULL
) RETURNS pg_catalog.jsonb
LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE
RETURN COALESCE(custom_claims, pg_catalog.jsonb '{}')
	OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object(
		'permissions', permissions,
		'version', 2,
		'roles', pg_catalog.jsonb '["crawler"]')
	OPERATOR(pg_catalog.||) CASE WHEN apikey IS NULL THEN pg_catalog.jsonb '{}'
		ELSE pg_catalog.jsonb_build_object('apikey', apikey) END;

COMMENT ON FUNCTION videosdk_api_payload(pg_catalog._text, pg_catalog.jsonb, pg_catalog.text) IS
'payload for a server that calls VideoSDK''s REST API (role crawler), to be signed or issued (see docs/reference.md)';
