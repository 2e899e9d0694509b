-- What the other files need: the extension, and functions that make tokens without it
CREATE EXTENSION videosdk_token;

-- HMAC-SHA256 (RFC 2104) over PostgreSQL's own sha256
CREATE FUNCTION xor_bytes(bytes bytea, mask int) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	FOR i IN 0 .. length(bytes) - 1 LOOP
		bytes := set_byte(bytes, i, get_byte(bytes, i) # mask);
	END LOOP;
	RETURN bytes;
END $$;

CREATE FUNCTION hmac_sha256(data bytea, secret bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	key bytea := CASE WHEN length(secret) > 64 THEN sha256(secret) ELSE secret END;
BEGIN
	key := key || decode(repeat('00', 64 - length(key)), 'hex');
	RETURN sha256(xor_bytes(key, 92) || sha256(xor_bytes(key, 54) || data));
END $$;

CREATE FUNCTION base64url(bytes bytea) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT translate(encode(bytes, 'base64'), E'+/=\n', '-_')
$$;

-- The secret of all files
CREATE FUNCTION secret() RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT '3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c'
$$;

-- A signed token with any payload and any header
CREATE FUNCTION make_token(payload bytea,
						   header bytea DEFAULT '{"alg":"HS256","typ":"JWT"}',
						   secret text DEFAULT secret()) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT input || '.' ||
		base64url(hmac_sha256(input::bytea, convert_to(secret, 'UTF8')))
	FROM (SELECT base64url(header) || '.' || base64url(payload)) AS i (input)
$$;

-- What a statement gives, or its error with all parts
CREATE FUNCTION outcome(statement text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	result text;
	message text;
	detail text;
	hint text;
BEGIN
	EXECUTE statement INTO result;
	RETURN coalesce(result, 'NULL');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS
		message = MESSAGE_TEXT,
		detail = PG_EXCEPTION_DETAIL,
		hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(E'\n', sqlstate || ': ' || message,
					 '  DETAIL: ' || nullif(detail, ''),
					 '  HINT: ' || nullif(hint, ''));
END $$;

-- RFC 4231, test cases 2 and 6, and RFC 7515, appendix A.1
SELECT hmac_sha256('what do ya want for nothing?', 'Jefe');
SELECT hmac_sha256('Test Using Larger Than Block-Size Key - Hash Key First',
				   decode(repeat('aa', 131), 'hex'));
SELECT base64url(convert_to(E'{"typ":"JWT",\r\n "alg":"HS256"}', 'UTF8'));
