-- What database.js calls: text in, one jsonb out, and no error ends the run.

\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS videosdk_token;

CREATE FUNCTION pg_temp.sign(payload text, secret text) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	RETURN jsonb_build_object('token', videosdk_sign_token(payload::jsonb, secret, interval '2 hours'));
EXCEPTION WHEN OTHERS THEN
	RETURN jsonb_build_object('error', SQLSTATE || ': ' || SQLERRM);
END
$$;

CREATE FUNCTION pg_temp.judge(token text, secret text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
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

CREATE TEMPORARY TABLE call (number int, argument text, secret text);
