-- Credentials kept by the database: servers, user mappings, issue, validate and
-- check.  What a payload and a token must be is in payload_rules and verifying.
\pset format unaligned
\pset tuples_only on
SET timezone = 'UTC';

-- Options of the wrapper, of servers and of user mappings
CREATE FUNCTION run(object text, options text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	IF object = 'wrapper' THEN
		EXECUTE format('ALTER FOREIGN DATA WRAPPER videosdk OPTIONS (%s)', options);
	ELSIF object = 'server' THEN
		EXECUTE format('CREATE SERVER tried FOREIGN DATA WRAPPER videosdk OPTIONS (%s)', options);
		DROP SERVER tried;
	ELSE
		EXECUTE format('CREATE USER MAPPING FOR PUBLIC SERVER mapped OPTIONS (%s)', options);
		DROP USER MAPPING FOR PUBLIC SERVER mapped;
	END IF;
	RETURN 'created';
END $$;
CREATE FUNCTION options_of(object text, options text) RETURNS text LANGUAGE sql AS $$
	SELECT options || E'\n' || outcome(format('SELECT run(%L, %L)', object, options))
$$;
CREATE SERVER mapped FOREIGN DATA WRAPPER videosdk;

SELECT options_of('wrapper', $$secret 'x'$$);
SELECT options_of('server', o) FROM unnest(ARRAY[
	$$max_expires_in '4 hours'$$, $$max_expires_in '1 second'$$, $$max_expires_in '1 month -29 days'$$,
	$$max_expires_in '0.999999 seconds'$$, $$max_expires_in '0'$$, $$max_expires_in '-1 hour'$$, $$max_expires_in ''$$,
	$$max_expires_in 'confidential'$$, $$max_expires_in '1 month -31 days'$$, $$max_expires_in '99999999999999 years'$$,
	$$permissions 'allow_join'$$, $$permissions 'allow_join, ask_join,allow_mod'$$, $$permissions ' allow_join '$$,
	$$permissions ''$$, $$permissions 'allow_join,'$$, $$permissions ',allow_join'$$, $$permissions 'allow_join allow_mod'$$,
	$$permissions 'Allow_join'$$, $$permissions 'allow_join,confidential'$$,
	$$roles 'rtc,crawler'$$, $$roles 'rtc'$$, $$roles 'teacher'$$, $$roles ' , '$$,
	$$max_expires_in '1 day', permissions 'ask_join', roles 'crawler'$$,
	$$required 'roomId'$$, $$required 'participantId,jti , roomId'$$, $$required 'roomid'$$, $$required 'apikey'$$, $$required ''$$,
	$$verify_only 'true'$$, $$verify_only 'off'$$, $$verify_only 'confidential'$$, $$verify_only ''$$, $$verify_only '', permissions 'allow_join   '$$,
	$$secret 'x'$$, $$apikey 'x'$$, $$"Roles" 'rtc'$$, $$max_expires '1 day'$$, $$revoke_before 'x'$$, $$verifyonly 'x'$$, $$require 'x'$$,
	$$timeout 'x'$$, $$a 'x'$$, $$max_expires_in_hours_and_minutes_and_seconds_of_the_day_or_the_night 'x'$$]) AS o;
-- a time has its offset: RFC 3339, or as PostgreSQL writes it
SELECT options_of('server', format('revoked_before %L', t)) FROM unnest(ARRAY[
	'2026-11-24T10:00:00Z', '2026-11-24 10:00:00z', '2026-11-24t10:00:00.123456789+01:00', '2026-11-24 10:00:00-05', '2026-11-24 23:59:60+14:00',
	'2026-11-24T10:00:00', '2026-11-24', '2026-11-24Z', '2026-11-24T10:00Z', '2026-11-24 10:00:00 Z', '2026-11-24  10:00:00Z', '2026-11-24T10:00:00.Z', '2026-11-24T10:00:00+1',
	'2026-11-24T10:00:00+0100', '2026-11-24T10:00:00+01:00:00', '2026-11-24T10:00:00 UTC', '2026-11-24T10:00:00 America/New_York', '2026-11-24T24:00:00Z', '2026-11-24T23:59:60.39Z', '2026-02-29T10:00:00Z',
	'2026-13-01T10:00:00Z', '0000-01-01T00:00:00Z', '24/11/2026 10:00:00Z', '11-24-2026T10:00:00Z', '2026-11-24_10:00:00Z', 'infinity', 'now', 'confidential', '1795514400', ' 2026-11-24T10:00:00Z',
	'2026-11-24T10:00:00Z ', '']) AS t;
SELECT options_of('mapping', o) FROM unnest(ARRAY[
	$$apikey 'key', secret '0123456789abcdef0123456789abcdef'$$,
	$$apikey 'key', secret '0123456789abcdef0123456789abcde'$$,
	$$apikey 'key', secret E'0123456789abcdef0123456789abcd\u00e9'$$,
	$$apikey 'key'$$, $$secret '0123456789abcdef0123456789abcdef'$$,
	$$apikey '', secret '0123456789abcdef0123456789abcdef'$$, $$apikey 'key', secret ''$$,
	$$apikey ' key', secret '0123456789abcdef0123456789abcdef'$$, $$apikey E'key\n', secret '0123456789abcdef0123456789abcdef'$$,
	$$apikey 'key', secret ' 0123456789abcdef0123456789abcdef'$$, $$apikey 'key', secret E'0123456789abcdef0123456789abcdef\n'$$,
	$$apikey '0123456789abcdef0123456789abcdef', secret '0123456789abcdef0123456789abcdef'$$,
	$$apikey 'key', secret '0123456789abcdef0123456789abcdef', user 'x'$$, $$password 'x'$$, $$"Secret" 'x', apikey 'y'$$, $$apikey 'y', secrets 'x'$$]) AS o;
-- a swapped pair, and half of one
SELECT options_of('mapping', o) FROM unnest(ARRAY[
	$$apikey '3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c', secret '8a1f5c1e-7d2b-4c59-9e36-2f7b1c0d4e5f'$$,
	$$apikey '3D1F0C5A7B9E2846C0A1D3F5E7089BACBD4E6F8091A2B3C4D5E6F708192A3B4C', secret '0123456789abcdef0123456789abcdef'$$,
	$$apikey 'key', secret '8A1F5C1E-7D2B-4C59-9E36-2F7B1C0D4E5F'$$,
	$$apikey '8a1f5c1e-7d2b-4c59-9e36-2f7b1c0d4e5f', secret '8a1f5c1e-7d2b-4c59-9e36-2f7b1c0d4e5g'$$,
	$$apikey '3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4', secret '8a1f5c1e7d2b4c599e362f7b1c0d4e5f'$$]) AS o;
-- the pair before: its secret and its end together, no secret like another value
SELECT options_of('mapping', $$apikey 'key', secret '0123456789abcdef0123456789abcdef', $$ || o) FROM unnest(ARRAY[
	$$previous_secret 'fedcba9876543210fedcba9876543210', previous_until '2026-11-24T12:00:00Z'$$,
	$$previous_secret 'fedcba9876543210fedcba9876543210', previous_until '2026-11-24T12:00:00Z', previous_apikey 'old'$$,
	$$previous_secret 'fedcba9876543210fedcba9876543210', previous_until '2026-11-24T12:00:00Z', previous_apikey 'key'$$,
	$$previous_secret 'fedcba9876543210fedcba9876543210'$$, $$previous_until '2026-11-24T12:00:00Z'$$, $$previous_apikey 'old'$$,
	$$previous_apikey 'old', previous_until '2026-11-24T12:00:00Z'$$, $$previous_apikey 'old', previous_secret 'fedcba9876543210fedcba9876543210'$$,
	$$previous_secret 'fedcba9876543210fedcba9876543210', previous_until '2026-11-24 12:00'$$,
	$$previous_secret 'fedcba9876543210fedcba987654321', previous_until '2026-11-24T12:00:00Z'$$,
	$$previous_secret ' fedcba9876543210fedcba9876543210', previous_until '2026-11-24T12:00:00Z'$$,
	$$previous_secret '8a1f5c1e-7d2b-4c59-9e36-2f7b1c0d4e5f', previous_until '2026-11-24T12:00:00Z'$$,
	$$previous_secret 'fedcba9876543210fedcba9876543210', previous_until '2026-11-24T12:00:00Z', previous_apikey ''$$,
	$$previous_secret 'fedcba9876543210fedcba9876543210', previous_until '2026-11-24T12:00:00Z', previous_apikey 'old '$$,
	$$previous_secret 'fedcba9876543210fedcba9876543210', previous_until '2026-11-24T12:00:00Z', previous_apikey '3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c'$$,
	$$previous_secret 'fedcba9876543210fedcba9876543210', previous_until '2026-11-24T12:00:00Z', previous_apikey 'fedcba9876543210fedcba9876543210'$$,
	$$previous_secret 'fedcba9876543210fedcba9876543210', previous_until '2026-11-24T12:00:00Z', previous_apikey '0123456789abcdef0123456789abcdef'$$,
	$$previous_secret '0123456789abcdef0123456789abcdef', previous_until '2026-11-24T12:00:00Z'$$, $$previous_secrets 'x'$$]) AS o;
SELECT options_of('mapping', o) FROM unnest(ARRAY[
	$$apikey 'fedcba9876543210fedcba9876543210', secret '0123456789abcdef0123456789abcdef', previous_secret 'fedcba9876543210fedcba9876543210', previous_until '2026-11-24T12:00:00Z', previous_apikey 'old'$$,
	$$previous_secret 'fedcba9876543210fedcba9876543210', previous_until '2026-11-24T12:00:00Z'$$]) AS o;
-- what is refused changes nothing
CREATE USER MAPPING FOR PUBLIC SERVER mapped OPTIONS (apikey 'key', secret '0123456789abcdef0123456789abcdef');
SELECT outcome(s) FROM unnest(ARRAY[$$ALTER SERVER mapped OPTIONS (ADD roles 'rtc', ADD revoked_before 'yesterday')$$,
	$$ALTER USER MAPPING FOR PUBLIC SERVER mapped OPTIONS (SET secret 'fedcba9876543210fedcba9876543210', ADD previous_secret '0123456789abcdef0123456789abcdef')$$]) AS s;
SELECT s.srvoptions, m.umoptions FROM pg_foreign_server AS s JOIN pg_user_mappings AS m USING (srvname) WHERE srvname = 'mapped';
DROP USER MAPPING FOR PUBLIC SERVER mapped;
-- neither apikey nor secret, as in a dump that was made without them
CREATE USER MAPPING FOR PUBLIC SERVER mapped;
DROP USER MAPPING FOR PUBLIC SERVER mapped;
-- the setting
SET videosdk_token.allow_unknown_values = on;
SELECT options_of('server', o) FROM unnest(ARRAY[
	$$permissions 'allow_join, allow_record', roles 'teacher'$$, $$permissions 'allow_join,'$$, $$max_expires_in '0'$$]) AS o;
RESET videosdk_token.allow_unknown_values;
SELECT videosdk_credential_validator(NULL, 'pg_foreign_server'::regclass) IS NULL;

-- No foreign tables: one of a wrapper without handler breaks information_schema.tables for everybody
SELECT s || E'\n' || outcome(s) FROM unnest(ARRAY[
	$$CREATE FOREIGN TABLE tried (a int) SERVER mapped OPTIONS (secret 'x')$$,
	$$CREATE FOREIGN TABLE tried (a int OPTIONS (secret 'x')) SERVER mapped$$,
	$$SELECT videosdk_credential_validator('{}', 'pg_attribute'::regclass)$$]) AS s;
CREATE FOREIGN TABLE tried (a int) SERVER mapped;
SELECT count(is_insertable_into) > 0 FROM information_schema.tables;

-- Issuing: the apikey is added in its place
CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk;
CREATE USER MAPPING FOR PUBLIC SERVER videosdk
	OPTIONS (apikey 'the key', secret '3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c');
-- the payload that is issued, if the signature is right
CREATE FUNCTION issued(payload jsonb, expires_in interval DEFAULT '1 hour', server name DEFAULT 'videosdk') RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	token text := outcome(format('SELECT videosdk_issue_token(%L, %L, %L)', payload, expires_in, server));
	segment text := split_part(token, '.', 2);
	json text;
BEGIN
	IF token !~ '^ey' THEN
		RETURN regexp_replace(token, '\d{10}[0-9.]* \([^)]*\)', 'TIME', 'g');
	END IF;
	json := convert_from(decode(translate(segment, '-_', '+/') || repeat('=', -length(segment) & 3), 'base64'), 'UTF8');
	RETURN CASE WHEN token = make_token(convert_to(json, 'UTF8')) THEN regexp_replace(json, '"exp":\d+,"iat":\d+', '...') END;
END $$;
SELECT issued(p) FROM unnest(ARRAY[
	'{"permissions": ["allow_join"]}', '{"permissions": ["allow_join"], "apikey": "the key"}',
	'{"permissions": ["allow_join"], "a": 1, "apikaa": 2, "apikzz": 3, "apikzzz": 4}',
	'{"permissions": ["allow_join"], "a": 1, "apikex": 2, "apikey": "the key", "apikez": 3, "apikeyy": 4}']::jsonb[]) AS p;
SELECT videosdk_validate_token(videosdk_issue_token('{"permissions": ["allow_join"]}', '90 seconds')) ->> 'apikey',
	expires_at - issued_at, abs(extract(epoch FROM issued_at - clock_timestamp())) < 2
FROM videosdk_check_token(videosdk_issue_token('{"permissions": ["allow_join"]}', '90 seconds'));

-- Refused: another apikey, iat, exp, and whatever signing refuses
SELECT issued(p) FROM unnest(ARRAY[
	'{"permissions": ["allow_join"], "apikey": "another key"}', '{"permissions": ["allow_join"], "apikey": "THE KEY"}',
	'{"permissions": ["allow_join"], "apikey": null}', '{"permissions": ["allow_join"], "apikey": ""}',
	'{"permissions": ["allow_join"], "api_key": "the key"}', '{"permissions": ["allow_join"], "IAT": 1795514400}', '{"permissions": ["allow_join"], "Exp": 1795514400}',
	'{"permissions": ["allow_join"], "iat": 1795514400}', '{"permissions": ["allow_join"], "exp": 1795514400}',
	'{"permissions": ["allow_joined"]}', '{"permissions": ["allow_join"], "roomId": "r"}', '{}', '[]',
	'{"permissions": ["ask_join", "allow_mod"]}', '{"permissions": ["allow_mod"]}', '{"permissions": ["allow_join"], "roomId": "a b", "version": 2}']::jsonb[]) AS p;
SELECT issued(jsonb_build_object('permissions', '{allow_join}'::text[], 'apikey', secret()));
SELECT issued('{"permissions": ["allow_join"]}', '0'), issued('{"permissions": ["allow_join"]}', '100000 years');

-- The limits of a server
CREATE SERVER limited FOREIGN DATA WRAPPER videosdk
	OPTIONS (max_expires_in '4 hours', permissions 'allow_join, ask_join', roles 'rtc');
CREATE USER MAPPING FOR PUBLIC SERVER limited
	OPTIONS (apikey 'the key', secret '3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c');
CREATE FUNCTION limited(permissions jsonb, roles jsonb, expires_in interval) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN i ~ '^{' THEN 'issued' ELSE i END
	FROM issued(jsonb_strip_nulls(jsonb_build_object('permissions', permissions, 'roles', roles, 'version', 2)), expires_in, 'limited') AS i
$$;
SELECT limited('["allow_join"]', '["rtc"]', e) FROM unnest('{1 second, 4 hours, 3 hours 60 minutes, 4:00:00.000001, 5 hours, 1 day,
	1 month}'::interval[]) AS e;
SELECT limited(p, '["rtc"]', '1 hour') FROM unnest(ARRAY['["allow_joi", "n"]', '["ask_join", "allow_join"]', '["allow_mod"]', '["allow_join", "allow_mod"]', '[]', '["allow_joined"]']::jsonb[]) AS p;
SELECT limited('["allow_join"]', r, '1 hour') FROM unnest(ARRAY['["rtc"]', '["rtc", "rtc"]', '["crawler"]', '["rtc", "crawler"]', '[]', NULL]::jsonb[]) AS r;
-- a day of the limit is 24 hours, a month a calendar month, in any time zone
ALTER SERVER limited OPTIONS (SET max_expires_in '1 month', DROP roles, DROP permissions);
SET timezone = 'America/New_York';
SELECT limited('["allow_join"]', NULL, '1 month'), limited('["allow_join"]', NULL, '28 days'), limited('["allow_join"]', NULL, '32 days');
SET timezone = 'UTC';
-- and of what IntervalStyle, which any user may set, would make of it
ALTER SERVER limited OPTIONS (SET max_expires_in '-30 hours 1 day ago');
SELECT s, set_config('intervalstyle', s, false), limited('["allow_join"]', NULL, '6 hours'), limited('["allow_join"]', NULL, '21601 seconds')
FROM unnest('{sql_standard, postgres, iso_8601, postgres_verbose}'::text[]) AS s;
ALTER SERVER limited OPTIONS (SET max_expires_in '1 month');
-- the time to a start that lies ahead counts, too
ALTER SERVER limited OPTIONS (SET max_expires_in '4 hours');
SELECT n, e, CASE WHEN i ~ '^{' THEN 'issued' ELSE i END FROM (VALUES (3600, '4 hours'), (3600, '4 hours 1 minute'), (-100, '4 hours 1 minute'), (86400, '26 hours')) AS v (n, e),
	issued(jsonb_build_object('permissions', '{allow_join}'::text[], 'nbf', trunc(extract(epoch FROM clock_timestamp())) + n), e::interval, 'limited') AS i;
-- no setting counts, neither for values nor for what goes together
ALTER SERVER limited OPTIONS (ADD roles 'rtc', ADD permissions 'allow_join');
SET videosdk_token.allow_unknown_values = on;
SELECT limited('["allow_join", "allow_record"]', '["rtc"]', '1 hour'), limited('["allow_join"]', '["teacher"]', '1 hour');
SELECT issued(p) FROM unnest(ARRAY['{"permissions": ["allow_record"]}', '{"permissions": ["allow_join"], "roles": ["teacher"], "version": 2}',
	'{"permissions": ["ask_join", "allow_join"]}', '{"permissions": ["allow_mod"]}']::jsonb[]) AS p;
SELECT issued(jsonb_build_object('permissions', '{allow_join}'::text[], 'roles', '{rtc}'::text[], c, 'x', 'version', v), server => 'limited')
FROM (VALUES ('roomId', 1), ('participantId', 3), ('x', 2.5)) AS t (c, v);
ALTER SERVER limited OPTIONS (SET roles 'rtc, teacher', SET permissions 'allow_join, allow_record');
SELECT limited('["allow_join", "allow_record"]', '["teacher"]', '1 hour');
RESET videosdk_token.allow_unknown_values;
SELECT limited('["allow_join", "allow_record"]', '["teacher"]', '1 hour');
-- a long list is cut where it is shown
SET videosdk_token.allow_unknown_values = on;
SELECT format('ALTER SERVER limited OPTIONS (SET permissions %L)', string_agg('may_' || n, ',')) FROM generate_series(1, 100) AS n \gexec
RESET videosdk_token.allow_unknown_values;
SELECT limited('["allow_join"]', '["rtc"]', '1 hour');

-- What a server requires
ALTER SERVER limited OPTIONS (DROP permissions, DROP roles, ADD required 'roomId, participantId, jti');
SELECT issued(p || '{"permissions": ["allow_join"], "version": 2}', server => 'limited') FROM unnest(ARRAY[
	'{"roomId": "r", "participantId": "p", "jti": "j"}', '{}', '{"roomId": "r", "jti": "j"}', '{"roomId": "r", "participantId": "p"}', '{"participantId": "p", "jti": "j"}',
	'{"roomId": "r", "participantId": "p", "jti": 1}', '{"roomId": "r", "participantId": "p", "jti": ""}', '{"roomId": "r", "participantId": "p", "jti": null}',
	'{"roomId": null, "participantId": "p", "jti": "j"}', '{"roomID": "r", "participantId": "p", "jti": "j"}', '{"roomId": "r", "participantId": "p", "JTI": "j", "j": "t"}']::jsonb[]) AS p;
ALTER SERVER limited OPTIONS (SET required 'jti');
SELECT issued('{"permissions": ["allow_join"], "jti": "j"}', server => 'limited'), issued('{"permissions": ["allow_join"]}', server => 'limited');
ALTER SERVER limited OPTIONS (DROP required);

-- A server for verifying only
ALTER SERVER limited OPTIONS (ADD verify_only 'yes');
SELECT issued('{"permissions": ["allow_join"]}', server => 'limited'), issued('{}', server => 'limited');
SELECT (videosdk_check_token(videosdk_issue_token('{"permissions": ["allow_join"]}', '1 hour'), 'limited')).status,
	videosdk_validate_token(videosdk_issue_token('{"permissions": ["allow_join"]}', '1 hour'), 'limited') ->> 'apikey';
ALTER SERVER limited OPTIONS (SET verify_only 'false');
SELECT issued('{"permissions": ["allow_join"]}', server => 'limited');

-- Validating and checking
SELECT '{"apikey": "the key", "permissions": ["allow_join"], "exp": 1795518000}' AS payload \gset
SELECT make_token(:'payload') AS token \gset
SELECT make_token('{"apikey": "another key", "permissions": ["allow_join"], "exp": 1795518000}') AS others \gset
CREATE FUNCTION validated(token text, server name DEFAULT 'videosdk', leeway interval DEFAULT '0', valid_at timestamptz DEFAULT '2026-11-24 10:30Z')
RETURNS text LANGUAGE sql AS $$
	SELECT outcome(format('SELECT videosdk_validate_token(%L, %L, %L, %L)', token, server, leeway, valid_at)) || E'\n  ' || coalesce(o, '')
	FROM outcome(format('SELECT concat_ws('': '', status, detail) FROM videosdk_check_token(%L, %L, %L, %L)', token, server, leeway, valid_at)) AS o
$$;
SELECT validated(:'token'), validated(:'token', 'limited');
SELECT validated(:'others');
SELECT validated(make_token('{"apikey": "another key", "permissions": ["allow_join"], "exp": 1}'));
SELECT validated(make_token('{"apikey": "THE KEY", "permissions": ["allow_join"], "exp": 1795518000}'));
SELECT validated(make_token('{"apikey": "the ke", "version": "y", "permissions": ["allow_join"], "exp": 1795518000}')), validated(make_token('{"apikey": "the keys", "permissions": ["allow_join"], "exp": 1795518000}'));
SELECT validated(make_token('{"apikey": "the key", "permissions": ["allow_join"], "exp": 1795518000}', secret => 'other'));
SELECT validated(:'token', valid_at => '2026-11-24 11:00Z');
SELECT validated(:'token', leeway => '1 second', valid_at => '2026-11-24 11:00Z');
SELECT validated('Bearer ' || :'token');
SELECT validated(:'token', leeway => '-1 second');
SELECT validated(:'token', valid_at => 'infinity');
-- the same judgement as verify and inspect, but shown only where the signature holds
SELECT i.status = c.status AND i.detail IS NOT DISTINCT FROM c.detail AS agree, i::text = c::text AS same, c
FROM (VALUES (:'token'), (''), ('a.b.c'), (:'token' || 'x'), (make_token('{}')), (make_token('{"apikey": "the key", "permissions": []}')), (NULL),
		(make_token(:'payload', secret => 'other')), (make_token(:'payload', '{"alg": "none"}')), (make_token(:'payload', '{"alg": "HS256", "crit": []}')),
		(make_token(:'payload', '{"alg": "HS256"}', 'other')), (make_token('[1]'))) AS v (t),
	videosdk_inspect_token(t, secret(), valid_at => '2026-11-24 10:30Z') AS i, videosdk_check_token(t, valid_at => '2026-11-24 10:30Z') AS c;
-- a NULL or an unsigned token fails closed in a constraint, and a CHECK without a clock is one that a dump can restore
CREATE TABLE checked (token text CHECK ((videosdk_check_token(token, valid_at => created_at)).status = 'valid'), created_at timestamptz);
SELECT outcome(format('INSERT INTO checked VALUES (%L, %L) RETURNING true', t, '2026-11-24 10:30Z')) FROM unnest(ARRAY[:'token', NULL, :'others']) AS t;
DROP TABLE checked;

-- Revoked: issued before a time, in whole seconds that count as before, or at no known time
ALTER SERVER limited OPTIONS (DROP verify_only, DROP max_expires_in, ADD revoked_before '2026-11-24T10:00:00.000001Z');
CREATE FUNCTION issued_at(iat text) RETURNS text LANGUAGE sql AS $$
	SELECT make_token(format('{"apikey": "the key", "permissions": ["allow_join"], "exp": 1795518000,"iat":%s}', iat)::bytea)
$$;
SELECT iat, validated(issued_at(iat), 'limited') FROM unnest('{1795514400, 1795514401, 1795514400.999, 1795514400.9999999, 1795514401.0000001, 1795514401.5, 0}'::text[]) AS iat;
SELECT validated(:'token', 'limited'), validated(:'token');
ALTER SERVER limited OPTIONS (SET revoked_before '2026-11-24T10:00:00.0000001Z');
SELECT iat, validated(issued_at(iat), 'limited') FROM unnest('{1795514400, 1795514401}'::text[]) AS iat;
ALTER SERVER limited OPTIONS (SET revoked_before '2026-11-24T11:00:00+01:00');
SELECT iat, validated(issued_at(iat), 'limited') FROM unnest('{1795514399, 1795514400}'::text[]) AS iat;
ALTER SERVER limited OPTIONS (SET revoked_before '1969-12-31T23:59:59.5Z');
SELECT validated(issued_at('0'), 'limited'), validated(:'token', 'limited');
-- after the claims, before the times; check shows what it revokes, and inspect knows no server
ALTER SERVER limited OPTIONS (SET revoked_before '2026-11-24T10:00:00Z');
SELECT validated(t, 'limited') FROM unnest(ARRAY[make_token('{"apikey": "the key", "permissions": ["allow_join"], "exp": 1, "iat": 1, "nbf": 1795518000}'),
	make_token('{"apikey": "the key", "exp": 1, "iat": 1}'), make_token('{"apikey": "the key", "iat": 1}', secret => 'other'),
	make_token('{"apikey": "another key", "permissions": [], "exp": 1, "iat": 1}')]) AS t;
SELECT c.*, i.status FROM issued_at('1') AS t, videosdk_check_token(t, 'limited') AS c, videosdk_inspect_token(t, secret(), valid_at => '2026-11-24 10:30Z') AS i;
-- whatever the session's settings make of a time
SET timezone = 'America/New_York';
SET datestyle = 'SQL, DMY';
SET intervalstyle = 'iso_8601';
ALTER SERVER limited OPTIONS (SET revoked_before '2026-11-10 10:00:00Z');
SELECT iat, outcome(format('SELECT videosdk_validate_token(%L, %L, valid_at => %L) IS NOT NULL', issued_at(iat), 'limited', '2026-11-24T10:30:00Z'))
FROM unnest('{1794304799, 1794304800}'::text[]) AS iat;
RESET datestyle;
RESET intervalstyle;
SET timezone = 'UTC';
ALTER SERVER limited OPTIONS (DROP revoked_before);

-- The pair before, accepted until its end, and never mixed with the current one
ALTER USER MAPPING FOR PUBLIC SERVER limited OPTIONS (SET secret '0123456789abcdef0123456789abcdef',
	ADD previous_secret '3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c', ADD previous_until '2026-11-24 11:30:00+01:00');
SELECT at, validated(:'token', 'limited', valid_at => at) FROM unnest('{2026-11-24 10:29:59.999999Z, 2026-11-24 10:30:00Z, 2026-11-24 10:30:00.000001Z}'::timestamptz[]) AS at;
SELECT (videosdk_validate_token(videosdk_issue_token('{"permissions": ["allow_join"]}', '1 hour', 'limited'), 'limited')) ->> 'apikey',
	(videosdk_check_token(videosdk_issue_token('{"permissions": ["allow_join"]}', '1 hour', 'limited'))).status;
ALTER USER MAPPING FOR PUBLIC SERVER limited OPTIONS (SET apikey 'new key', ADD previous_apikey 'the key');
CREATE FUNCTION with_pair(apikey text, secret text) RETURNS text LANGUAGE sql AS $$
	SELECT make_token(format('{"apikey": "%s", "permissions": ["allow_join"], "exp": 1795518000}', apikey)::bytea, secret => secret)
$$;
SELECT a, s, validated(with_pair(a, s), 'limited', valid_at => '2026-11-24 10:00Z')
FROM unnest('{new key, the key, another key}'::text[]) AS a, unnest(ARRAY['0123456789abcdef0123456789abcdef', secret(), 'other']) AS s;
SELECT issued('{"permissions": ["allow_join"], "apikey": "the key"}', server => 'limited');
ALTER USER MAPPING FOR PUBLIC SERVER limited OPTIONS (DROP previous_apikey);
SELECT a, validated(with_pair(a, secret()), 'limited', valid_at => '2026-11-24 10:00Z') FROM unnest('{new key, the key}'::text[]) AS a;
ALTER USER MAPPING FOR PUBLIC SERVER limited OPTIONS (DROP previous_secret, DROP previous_until);
SELECT validated(with_pair('new key', secret()), 'limited', valid_at => '2026-11-24 10:00Z');
ALTER USER MAPPING FOR PUBLIC SERVER limited OPTIONS (SET apikey 'the key', SET secret '3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c');

-- NULL fails closed
SELECT s, outcome('SELECT ' || s) FROM unnest(ARRAY[
	$$videosdk_issue_token(NULL, '1 hour')$$, $$videosdk_issue_token('{}', NULL)$$, $$videosdk_issue_token('{}', '1 hour', NULL)$$,
	$$videosdk_validate_token(NULL)$$, $$videosdk_validate_token('t', NULL)$$, $$videosdk_validate_token('t', 'videosdk', NULL)$$,
	$$videosdk_validate_token('t', 'videosdk', '0', NULL)$$, $$videosdk_check_token(NULL)$$, $$videosdk_check_token('t', NULL)$$,
	$$videosdk_check_token(NULL, NULL)$$, $$videosdk_check_token('t', 'videosdk', NULL)$$,
	$$videosdk_check_token('t', 'videosdk', '0', NULL)$$]) AS s;

-- No server, a server of another wrapper, no mapping, a mapping without secret
CREATE FOREIGN DATA WRAPPER another_wrapper;
CREATE SERVER another FOREIGN DATA WRAPPER another_wrapper;
CREATE USER MAPPING FOR PUBLIC SERVER another OPTIONS (apikey 'a', secret '3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c');
CREATE SERVER "no Mapping" FOREIGN DATA WRAPPER videosdk;
CREATE ROLE regress_videosdk_issuer;
CREATE USER MAPPING FOR regress_videosdk_issuer SERVER "no Mapping"
	OPTIONS (apikey 'the key', secret '3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c');
CREATE SERVER no_secret FOREIGN DATA WRAPPER videosdk;
CREATE USER MAPPING FOR PUBLIC SERVER no_secret;
SELECT s, issued('{"permissions": ["allow_join"]}', '1 hour', s), validated(:'token', s)
FROM unnest(ARRAY['confidential', '3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c', 'another', 'no Mapping', 'no_secret']::name[]) AS s;

-- What a superuser put there without the validator
ALTER FOREIGN DATA WRAPPER videosdk NO VALIDATOR;
CREATE FUNCTION unvalidated(server_options text, mapping_options text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE SERVER unvalidated FOREIGN DATA WRAPPER videosdk OPTIONS (%s)', server_options);
	EXECUTE format('CREATE USER MAPPING FOR PUBLIC SERVER unvalidated OPTIONS (%s)', mapping_options);
	RETURN videosdk_issue_token('{"permissions": ["allow_join"]}', '1 hour', 'unvalidated');
END $$;
SELECT s, m, outcome(format('SELECT unvalidated(%L, %L)', s, m)) FROM (VALUES
	($$max_expires_in 'confidential'$$, $$apikey 'the key', secret '0123456789abcdef0123456789abcdef'$$),
	($$max_expires_in '4 hours', permissions ','$$, $$apikey 'the key', secret '0123456789abcdef0123456789abcdef'$$),
	($$a 'b'$$, $$apikey 'the key'$$), ($$a 'b'$$, $$secret '0123456789abcdef0123456789abcdef'$$), ($$a 'b'$$, $$c 'd'$$),
	($$a 'b'$$, $$apikey '', secret '0123456789abcdef0123456789abcdef'$$), ($$a 'b'$$, $$apikey 'the key', secret ''$$),
	($$a 'b'$$, $$apikey 'the key', secret ' 0123456789abcdef0123456789abcdef'$$),
	($$a 'b'$$, $$apikey '0123456789abcdef0123456789abcdef', secret '0123456789abcdef0123456789abcdef'$$),
	($$revoked_before '2026-11-24 10:00'$$, $$apikey 'the key', secret '0123456789abcdef0123456789abcdef'$$),
	($$verify_only 'confidential'$$, $$apikey 'the key', secret '0123456789abcdef0123456789abcdef'$$),
	($$a 'b'$$, $$apikey 'the key', secret '0123456789abcdef0123456789abcdef', previous_secret ' x', previous_until '2026-11-24T10:00:00Z'$$),
	($$a 'b'$$, $$apikey 'the key', secret '0123456789abcdef0123456789abcdef', previous_secret 'confidential', previous_until 'confidential'$$),
	($$a 'b'$$, $$apikey 'the key', secret '0123456789abcdef0123456789abcdef', previous_secret 'confidential', previous_until '2026-11-24T10:00:00Z', previous_apikey 'confidential'$$),
	($$a 'b'$$, $$apikey 'the key', secret '0123456789abcdef0123456789abcdef', previous_secret 'the key', previous_until '2026-11-24T10:00:00Z'$$)) AS v (s, m);
-- among them options whose names begin like ours, or with which ours begin
SELECT s, m, outcome(format('SELECT (videosdk_check_token(unvalidated(%L, %L), %L)).status', s, m, 'unvalidated')) FROM (VALUES
	($$max_expires_in '4 hours', max_expires_in_all '1 minute', max_ '1 minute', permissions_ 'ask_join', role 'crawler', requir 'jti'$$,
		$$apikey 'the key', apikeys 'x', api 'x', secret '0123456789abcdef0123456789abcdef', secrets 'confidential', s 'confidential'$$)) AS v (s, m);
DROP SERVER unvalidated CASCADE;
ALTER FOREIGN DATA WRAPPER videosdk VALIDATOR videosdk_credential_validator;
SELECT outcome(format('SELECT videosdk_credential_validator(%L, %L::regclass)', o, 'pg_user_mapping'))
FROM unnest('{"{confidential}", "{}", "{apikey=a,secret=confidential}"}'::text[]) AS o;

-- A mapping of a single role has no effect
CREATE USER MAPPING FOR CURRENT_USER SERVER videosdk OPTIONS (apikey 'another key', secret '0123456789abcdef0123456789abcdef');
SELECT issued('{"permissions": ["allow_join"]}'), validated(:'token');
SELECT validated(make_token('{"apikey": "another key", "permissions": ["allow_join"], "exp": 1795518000}', secret => '0123456789abcdef0123456789abcdef'));
DROP USER MAPPING FOR CURRENT_USER SERVER videosdk;

-- USAGE, which one role does not have because another used the server
SELECT validated(:'token') IS NOT NULL;
SET ROLE regress_videosdk_issuer;
SELECT outcome($$SELECT videosdk_issue_token('{}', '1 hour')$$), outcome($$SELECT videosdk_validate_token('t')$$),
	outcome($$SELECT videosdk_check_token('t')$$);
RESET ROLE;
GRANT USAGE ON FOREIGN SERVER videosdk TO regress_videosdk_issuer;
SET ROLE regress_videosdk_issuer;
SELECT outcome(format('SELECT (videosdk_check_token(%L, valid_at => %L)).status', :'token', '2026-11-24 10:30Z'));
SELECT srvname, umoptions FROM pg_user_mappings ORDER BY srvname, umuser;
RESET ROLE;

-- Each row may name another server
SELECT s, videosdk_validate_token(:'token', s, valid_at => '2026-11-24 10:30Z') IS NOT NULL
FROM unnest('{videosdk,limited,videosdk}'::name[]) AS s;

-- More servers than a session remembers: each row has its own server's apikey and limit, and that of one which all rows use
DO $$ BEGIN
	FOR n IN 1..40 LOOP
		EXECUTE format('CREATE SERVER many_%s FOREIGN DATA WRAPPER videosdk OPTIONS (max_expires_in %L)', n, n || ' minutes');
		EXECUTE format('CREATE USER MAPPING FOR PUBLIC SERVER many_%s OPTIONS (apikey %L, secret %L)', n, 'key ' || n, repeat(chr(64 + n), 32));
	END LOOP;
END $$;
SELECT count(*), count(*) FILTER (WHERE own ->> 'apikey' = 'key ' || n), count(*) FILTER (WHERE first ->> 'apikey' = 'key 1')
FROM (SELECT n, videosdk_decode_token(videosdk_issue_token('{"permissions": ["allow_join"]}', n * interval '1 minute', ('many_' || n)::name)) AS own,
		videosdk_decode_token(videosdk_issue_token('{"permissions": ["allow_join"]}', '1 minute', 'many_1')) AS first
	FROM generate_series(1, 80) AS i, LATERAL (SELECT 1 + i % 40) AS s (n)) AS issued;
SELECT count(*) FROM generate_series(1, 80) AS i, LATERAL (SELECT 1 + i % 40) AS s (n)
WHERE issued('{"permissions": ["allow_join"]}', n * interval '1 minute' + '1 s', ('many_' || n)::name) ~ '^22023: expires_in must not be longer';
SELECT count(*) BETWEEN 1 AND 32 FROM pg_backend_memory_contexts WHERE name = 'videosdk_token server';
DO $$ BEGIN
	PERFORM set_config('client_min_messages', 'warning', true);
	FOR n IN 1..40 LOOP
		EXECUTE format('DROP SERVER many_%s CASCADE', n);
	END LOOP;
END $$;

-- Everything goes with the extension, but not by itself
DROP EXTENSION videosdk_token;
DROP SERVER videosdk CASCADE;
DROP SERVER limited CASCADE;
DROP SERVER mapped;
DROP SERVER "no Mapping" CASCADE;
DROP SERVER no_secret CASCADE;
DROP SERVER another CASCADE;
DROP FOREIGN DATA WRAPPER another_wrapper;
DROP ROLE regress_videosdk_issuer;
