-- For these tests only: endpoints that issue whatever they are given, within the limits of the server, and that tell what
-- is wrong with a token.

CREATE FUNCTION api.issue_for_test(payload jsonb DEFAULT NULL, expires_in interval DEFAULT '1 hour') RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN videosdk.videosdk_issue_token(payload, expires_in);

CREATE FUNCTION api.check_for_test(token text DEFAULT NULL) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN to_jsonb(videosdk.videosdk_check_token(token));

CREATE FUNCTION api.check_join_for_test(room_id text, participant_id text, token text DEFAULT NULL) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN to_jsonb(videosdk.videosdk_check_join(token, room_id, participant_id));

ALTER FUNCTION api.issue_for_test OWNER TO meeting_issuer;
ALTER FUNCTION api.check_for_test OWNER TO meeting_issuer;
ALTER FUNCTION api.check_join_for_test OWNER TO meeting_issuer;
REVOKE EXECUTE ON FUNCTION api.issue_for_test, api.check_for_test, api.check_join_for_test FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.issue_for_test, api.check_for_test, api.check_join_for_test TO web_user;
