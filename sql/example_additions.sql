-- examples/tenants.sql and examples/ledger.sql on top of examples/meetings.sql, loaded by the owner of a database who is no superuser
\getenv abs_srcdir PG_ABS_SRCDIR
\set meetings :abs_srcdir '/examples/meetings.sql'
\set tenants :abs_srcdir '/examples/tenants.sql'
\set ledger :abs_srcdir '/examples/ledger.sql'
\set include :abs_srcdir '/sql/examples/owner.sql'
\i :include

\set ECHO none
\setenv VIDEOSDK_APIKEY 8a1f5c1e-7d2b-4c59-9e36-2f7b1c0d4e5f
\setenv VIDEOSDK_SECRET 3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c
\i :meetings
\setenv TENANT college
\setenv VIDEOSDK_APIKEY c0ffee00-7d2b-4c59-9e36-2f7b1c0d4e5f
\setenv VIDEOSDK_SECRET 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
\i :tenants
\i :ledger
\setenv TENANT 'o''hara'
\setenv VIDEOSDK_APIKEY 0ddba11f-7d2b-4c59-9e36-2f7b1c0d4e5f
\setenv VIDEOSDK_SECRET ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100
\i :tenants
\set include :abs_srcdir '/sql/examples/catalogue.sql'
\i :include

CREATE SCHEMA test;
CREATE FUNCTION test.join_as(user_id text, meeting int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	PERFORM set_config('request.jwt.claims', jsonb_build_object('sub', user_id)::text, true), set_config('role', 'web_user', true);
	answer := api.join_meeting(meeting);
	PERFORM set_config('role', 'none', true), set_config('request.jwt.claims', '', true);
	RETURN answer;
EXCEPTION WHEN OTHERS THEN
	RETURN sqlstate || ': ' || sqlerrm;
END $$;
CREATE FUNCTION test.validate(token text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN api.validate_token(token) ->> 'roomId';
EXCEPTION WHEN OTHERS THEN
	RETURN sqlstate || ': ' || sqlerrm;
END $$;

-- Tenants: each meeting's token has the key of its server, and is validated with it
INSERT INTO app.meetings VALUES
	(5, 'Seminar', 'videosdk_college', '7wzr-kdpc-88qa', now(), now() + interval '90 minutes'),
	(6, 'Workshop', 'videosdk_o''hara', '5tgb-6yhn-7ujm', now(), now() + interval '90 minutes'),
	(7, 'Exam', 'videosdk_nobody', '1qaz-2wsx-3edc', now(), now() + interval '90 minutes'),
	(8, 'Conference', 'videosdk_college', '7wzr-kdpc-88qa', now(), now() + interval '5 hours');
INSERT INTO app.participants SELECT id, 'alice', 'guest' FROM app.meetings WHERE id > 4;
CREATE TABLE test.tokens AS SELECT id, test.join_as('alice', id) AS token FROM app.meetings WHERE id IN (1, 5, 6);
SELECT id, ours.status AS by_ours, colleges.status AS by_colleges, oharas.status AS by_oharas, test.validate(token)
FROM test.tokens, videosdk.videosdk_check_token(token) AS ours, videosdk.videosdk_check_token(token, 'videosdk_college') AS colleges,
	videosdk.videosdk_check_token(token, 'videosdk_o''hara') AS oharas ORDER BY id;
-- no such server, longer than it allows
SELECT id, test.join_as('alice', id) FROM app.meetings WHERE id IN (7, 8) ORDER BY id;
-- A token with the apikey of one tenant and the secret of another, of nobody, without one; none, none that is one
SELECT what, test.validate(token) FROM (VALUES
	('of another', videosdk.videosdk_sign_token('{"apikey": "c0ffee00-7d2b-4c59-9e36-2f7b1c0d4e5f", "permissions": ["allow_join"]}',
		'3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c', '1 hour')),
	('of nobody', videosdk.videosdk_sign_token('{"apikey": "nobody", "permissions": ["allow_join"]}',
		'3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c', '1 hour')),
	('of a tenant for another''s room', videosdk.videosdk_issue_token(videosdk.videosdk_participant_payload('2kyv-gzay-64pg', 'alice',
		'{allow_join,allow_mod}', custom_claims => '{"jti": "1"}'), '1 hour', 'videosdk_college')),
	('none', NULL), ('not one', 'x'), ('not one', 'a.b.c')) AS t (what, token);
-- The next API key of a tenant, while the previous one is accepted
ALTER USER MAPPING FOR PUBLIC SERVER videosdk_college OPTIONS (SET apikey 'new',
	SET secret 'a new secret of the college, of 32 bytes and more', ADD previous_apikey 'c0ffee00-7d2b-4c59-9e36-2f7b1c0d4e5f',
	ADD previous_secret '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', ADD previous_until '9999-12-31T00:00:00Z');
SELECT test.validate(token), test.validate(test.join_as('alice', 5)) FROM test.tokens WHERE id = 5;

-- The ledger: a row for each token so far, of those that were issued ahead also; who issued it; and no token in it
SELECT participant_id, room_id, issued_by, count(*) FROM app.issued_tokens
WHERE participant_id !~ 'student' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT count(*) AS students, min(issued_by), max(issued_by) FROM app.issued_tokens WHERE participant_id ~ 'student';
SELECT count(*) AS with_token FROM app.issued_tokens AS i, test.tokens AS t
WHERE i::text ~ 'eyJ' OR position(left(split_part(token, '.', 3), 10) IN i::text) > 0;
SELECT issued_by, i.issued_at = c.issued_at AS issued_at, i.expires_at = c.expires_at AS expires_at, revoked_at
FROM test.tokens, videosdk.videosdk_check_token(token) AS c JOIN app.issued_tokens AS i ON i.jti::text = c.payload ->> 'jti' WHERE id = 1;
-- nothing for who is refused, and nothing for a token that nobody has got
SELECT count(*) AS before FROM app.issued_tokens \gset
SELECT test.join_as(who, meeting) FROM (VALUES ('mallory', 1), ('alice', 2), ('alice', 4)) AS v (who, meeting);
BEGIN;
SELECT test.join_as('bob', 1) LIKE 'eyJ%' AS joined, count(*) - :before AS more FROM app.issued_tokens;
ROLLBACK;
SELECT count(*) - :before AS more FROM app.issued_tokens;

-- One token is revoked: it, and no other
SELECT test.join_as('bob', 1) AS first, test.join_as('bob', 1) AS second \gset
UPDATE app.issued_tokens SET revoked_at = clock_timestamp()
WHERE jti::text = videosdk.videosdk_decode_token(:'first') ->> 'jti' RETURNING issued_by;
SELECT test.validate(:'first'), test.validate(:'second'), test.validate(test.join_as('bob', 1));
-- What is signed with the same secret elsewhere is not in the ledger, and valid whatever its jti is
SELECT test.validate(videosdk.videosdk_issue_token(videosdk.videosdk_participant_payload('2kyv-gzay-64pg', 'bob',
	custom_claims => jsonb_build_object('jti', jti)), '1 hour')) FROM unnest(ARRAY['x', '3b241101-e2bb-4255-8caf-4136c566a962']) AS jti;

-- A ban: no token, by no way, and those that are out are refused; until it is over
INSERT INTO app.bans VALUES ('bob');
SELECT test.join_as('bob', 1), test.validate(:'second'), test.join_as('alice', 1) LIKE 'eyJ%' AS alice;
UPDATE app.tokens SET token = 'old' WHERE meeting = 1;
CALL app.issue_tokens(1);
SELECT user_id, token IS NOT NULL AS has_token, problem FROM app.tokens WHERE meeting = 1 ORDER BY user_id;
UPDATE app.bans SET until = clock_timestamp();
SELECT test.join_as('bob', 1) LIKE 'eyJ%' AS bob, test.validate(:'second');

-- Partitions: months of UTC, whoever calls; a row waits for its month in the default partition; what is old goes
SET timezone = 'Pacific/Kiritimati';
CREATE FUNCTION test.month(n int) RETURNS timestamptz LANGUAGE sql STABLE
RETURN (date_trunc('month', now() AT TIME ZONE 'UTC') + n * interval '1 month') AT TIME ZONE 'UTC';
CREATE FUNCTION test.partition(n int) RETURNS text LANGUAGE sql STABLE
RETURN 'issued_tokens_' || to_char(test.month(n) AT TIME ZONE 'UTC', 'YYYY_MM');
CREATE VIEW test.partitions AS
SELECT n, pg_get_expr(relpartbound, c.oid) = format('FOR VALUES FROM (''%s'') TO (''%s'')', test.month(n), test.month(n + 1)) AS is_month,
	count(i) AS rows, count(i) FILTER (WHERE issued_at >= test.month(n) AND issued_at < test.month(n + 1)) AS rows_of_month
FROM generate_series(-3, 3) AS n JOIN pg_class AS c ON c.oid = to_regclass('app.' || test.partition(n))
	LEFT JOIN app.issued_tokens AS i ON i.tableoid = c.oid AND i.issued_by = 'test' GROUP BY n, c.oid ORDER BY n;
SELECT * FROM test.partitions;
DO $$ BEGIN
	EXECUTE format('DROP TABLE app.%I', test.partition(1));
	FOR n IN -2 .. -1 LOOP
		EXECUTE format('CREATE TABLE app.%I PARTITION OF app.issued_tokens FOR VALUES FROM (%L) TO (%L)', test.partition(n),
			test.month(n), test.month(n + 1));
	END LOOP;
END $$;
INSERT INTO app.issued_tokens SELECT gen_random_uuid(), 'room', 'alice', at, at, 'test' FROM (VALUES
	(test.month(-2)), (test.month(-1)), (test.month(0)), (test.month(1)), (test.month(2) - interval '1 microsecond'), (test.month(7)),
	(test.month(-14))) AS t (at);
SELECT count(*) AS waiting FROM app.issued_tokens_default;
CALL app.keep_ledger();
SELECT * FROM test.partitions;
SELECT count(*) AS waiting FROM app.issued_tokens_default;
-- nothing changes when it runs again, and a month is the least that is kept
CALL app.keep_ledger();
CALL app.keep_ledger('0');
SELECT * FROM test.partitions;
RESET timezone;

-- Attacks by anon, and by web_user, as bob
\set VERBOSITY sqlstate
SET SESSION AUTHORIZATION authenticator;
SET ROLE anon;
SELECT set_config('request.jwt.claims', '{"sub": "alice"}', false);
SELECT api.join_meeting(1);
SELECT api.validate_token('x');
SELECT * FROM app.issued_tokens;
SET ROLE web_user;
SELECT set_config('request.jwt.claims', '{"sub": "bob"}', false);
SELECT srvname, umoptions FROM pg_user_mappings ORDER BY 1;
SELECT * FROM app.issued_tokens;
SELECT * FROM app.issued_tokens_default;
SELECT * FROM app.bans;
INSERT INTO app.issued_tokens VALUES (gen_random_uuid(), 'room', 'bob', now(), now(), 'alice');
UPDATE app.issued_tokens SET revoked_at = NULL;
DELETE FROM app.bans;
SELECT app.participant_token(NULL);
SELECT app.participant_token_unlogged(NULL);
SELECT app.log_token('x');
SELECT app.is_banned('alice');
SELECT app.validate_token('x');
SELECT app.server_of_token('x');
CALL app.keep_ledger('0');
CREATE TEMPORARY TABLE bans (user_id text, until timestamptz);
CREATE TEMPORARY TABLE issued_tokens (jti uuid, revoked_at timestamptz);
SET search_path = pg_temp, api, pg_catalog;
SET plpgsql.variable_conflict = use_column;
SELECT api.validate_token(:'first');
SELECT api.join_meeting(1) IS NOT NULL AS joined;
-- who is meeting_issuer, which nobody becomes, could take nothing back out of the ledger
RESET SESSION AUTHORIZATION;
SET ROLE meeting_issuer;
DELETE FROM app.issued_tokens;
UPDATE app.issued_tokens SET revoked_at = NULL;
DELETE FROM app.bans;
RESET ROLE;

\c :regression
DROP DATABASE regress_videosdk_example;
:drop_roles;
DROP OWNED BY regress_videosdk_owner;
DROP ROLE regress_videosdk_owner;
