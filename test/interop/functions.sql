-- What database.js calls: the bytes of texts in, one jsonb out, and no error ends the run.

\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS videosdk_token;

-- The nth of some texts
CREATE FUNCTION pg_temp.nth(n int, VARIADIC arguments bytea[]) RETURNS text RETURN convert_from(arguments[n], 'UTF8');

CREATE FUNCTION pg_temp.sign(VARIADIC arguments bytea[]) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	payload text = pg_temp.nth(1, VARIADIC arguments);
	secret text = pg_temp.nth(2, VARIADIC arguments);
BEGIN
	RETURN jsonb_build_object('token', videosdk_sign_token(payload::jsonb, secret, interval '2 hours'));
EXCEPTION WHEN OTHERS THEN
	RETURN jsonb_build_object('error', SQLSTATE || ': ' || SQLERRM);
END
$$;

CREATE FUNCTION pg_temp.judge(VARIADIC arguments bytea[]) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	token text = pg_temp.nth(1, VARIADIC arguments);
	secret text = pg_temp.nth(2, VARIADIC arguments);
	judgement jsonb;
BEGIN
	SELECT jsonb_build_object('status', status, 'detail', detail, 'inspected', payload)
		INTO judgement
		FROM videosdk_inspect_token(token, secret);
	-- two statements, because the planner may run decode, which is immutable, before anything else in its statement
	judgement := judgement || jsonb_build_object('verified', videosdk_verify_token(token, secret));
	RETURN judgement || jsonb_build_object('decoded', videosdk_decode_token(token));
EXCEPTION WHEN OTHERS THEN
	RETURN coalesce(judgement, '{}') || jsonb_build_object('error', SQLSTATE);
END
$$;

-- The body is bytes, which need not be text
CREATE FUNCTION pg_temp.verify_webhook(VARIADIC arguments bytea[]) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	RETURN jsonb_build_object('event', videosdk_verify_webhook(
		pg_temp.nth(1, VARIADIC arguments)::json, pg_temp.nth(2, VARIADIC arguments), pg_temp.nth(3, VARIADIC arguments)));
EXCEPTION WHEN OTHERS THEN
	RETURN jsonb_build_object('error', SQLSTATE);
END
$$;

CREATE TEMPORARY TABLE call (number int, arguments bytea[]);
