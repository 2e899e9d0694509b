-- What users of pgjwt have: HS256 and its kin in plain SQL over pgcrypto, a function for each step
CREATE FUNCTION pgcrypto_base64url(data bytea) RETURNS text LANGUAGE sql IMMUTABLE AS
	$$SELECT translate(encode(data, 'base64'), E'+/=\n', '-_')$$;

CREATE FUNCTION pgcrypto_base64url_decode(data text) RETURNS bytea LANGUAGE sql IMMUTABLE AS
	$$SELECT decode(rpad(translate(data, '-_', '+/'), (length(data) + 3) / 4 * 4, '='), 'base64')$$;

CREATE FUNCTION pgcrypto_signature(input text, secret text, algorithm text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	WITH hash (name) AS (
		SELECT CASE algorithm WHEN 'HS256' THEN 'sha256' WHEN 'HS384' THEN 'sha384' WHEN 'HS512' THEN 'sha512' END)
	SELECT pgcrypto_base64url(hmac(input, secret, name)) FROM hash
$$;

CREATE FUNCTION pgcrypto_sign(payload json, secret text, algorithm text DEFAULT 'HS256') RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	WITH segments (input) AS (
		SELECT pgcrypto_base64url(convert_to('{"alg":"' || algorithm || '","typ":"JWT"}', 'UTF8')) || '.' ||
			pgcrypto_base64url(convert_to(payload::text, 'UTF8')))
	SELECT input || '.' || pgcrypto_signature(input, secret, algorithm) FROM segments
$$;

-- NULL for what is no number
CREATE FUNCTION pgcrypto_time(seconds text) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	RETURN to_timestamp(seconds::float8);
EXCEPTION WHEN OTHERS THEN
	RETURN NULL;
END $$;

CREATE FUNCTION pgcrypto_verify(token text, secret text, algorithm text DEFAULT 'HS256',
	OUT header json, OUT payload json, OUT is_valid boolean) LANGUAGE sql STABLE AS $$
	WITH segments (header, payload, is_signed) AS (
		SELECT convert_from(pgcrypto_base64url_decode(part[1]), 'UTF8')::json,
			convert_from(pgcrypto_base64url_decode(part[2]), 'UTF8')::json,
			part[3] = pgcrypto_signature(part[1] || '.' || part[2], secret, algorithm)
		FROM regexp_split_to_array(token, '\.') part)
	SELECT header, payload, is_signed AND
		tstzrange(pgcrypto_time(payload ->> 'nbf'), pgcrypto_time(payload ->> 'exp')) @> clock_timestamp()
	FROM segments
$$;
