-- For these tests only: an endpoint that issues whatever it is given, within the limits of the server.

CREATE FUNCTION api.issue_for_test(payload jsonb DEFAULT NULL, expires_in interval DEFAULT '1 hour') RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN videosdk.videosdk_issue_token(payload, expires_in);

ALTER FUNCTION api.issue_for_test OWNER TO meeting_issuer;
REVOKE EXECUTE ON FUNCTION api.issue_for_test FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.issue_for_test TO web_user;
