-- VideoSDK's rules for a payload hold when it is signed and when a token is verified
\pset format unaligned
\pset tuples_only on

-- Sign the guide's payload with these members; "verify" a token with them
CREATE FUNCTION sign(members text, without text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN o ~ '^ey' THEN 'signed' ELSE o END
	FROM outcome(format('SELECT videosdk_sign_token(%L, %L, %L)',
		('{"apikey": "k", "permissions": ["allow_join"], "version": 2, "iat": 1795514400}'::jsonb
		|| members::jsonb) - without, secret(), '1 h')) AS o
$$;
CREATE FUNCTION verify(members text, without text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN o ~ '^{' THEN 'verified' ELSE o END
	FROM outcome(format('SELECT videosdk_verify_token(%L, %L, valid_at => %L)',
		make_token(convert_to((('{"apikey": "k", "permissions": ["allow_join"], "version": 2,
			"iat": 1795514400, "exp": 1795518000}'::jsonb || members::jsonb) - without)::text, 'UTF8')),
		secret(), '2026-11-24 10:00Z')) AS o
$$;
CREATE FUNCTION try(members text, without text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT members || E'\n' || sign(members, without) || E'\n' || verify(members, without)
$$;

-- A JSON object
SELECT p, outcome(format('SELECT videosdk_sign_token(%L, %L, %L)', p, secret(), '1 h'))
FROM unnest(ARRAY['[]', '[1, {"a": "b"}]', '"apikey"', '1', 'null', 'true', '{}']) AS p;

-- apikey, which is never shown, and is not the secret
SELECT try('{}', '{apikey}');
SELECT try(format('{"apikey": %s}', v)) FROM unnest(ARRAY['"k"', '""', 'null', '7', '["k"]', '{"k": 1}']) AS v;

SELECT try(format('{"apikey": "%s"}', secret())), sign(format('{"apikey": "%s"}', left(secret(), 63)));

-- permissions
SELECT try('{}', '{permissions}');
SELECT try(format('{"permissions": %s}', v)) FROM unnest(ARRAY[
	'["allow_join"]', '["ask_join", "allow_mod"]', '["allow_join", "allow_join"]', '[]', 'null', '"allow_join"',
	'{"allow_join": 1}', '[1]', '["allow_join", null]', '["allow_join", ["allow_mod"]]', '[{"allow_mod": 1}]',
	'["allow_joined"]', '["ALLOW_JOIN"]', '["allow_join", ""]', '["allow_joi", "n"]']) AS v;

-- which go together: ask_join alone, allow_mod beside allow_join unless the token is not for meetings
SELECT try(format('{"permissions": %s}', v)) FROM unnest(ARRAY[
	'["ask_join"]', '["ask_join", "ask_join"]', '["ask_join", "allow_join"]', '["allow_join", "ask_join"]',
	'["allow_join", "allow_mod"]', '["allow_mod", "allow_join"]', '["allow_mod", "ask_join", "allow_join"]', '["allow_mod"]']) AS v;
SELECT try(format('{"permissions": ["allow_mod"], "roles": %s}', v)) FROM unnest(ARRAY['["crawler"]', '["rtc"]', '["crawler", "rtc"]']) AS v;
SELECT sign('{"permissions": ["ask_join", "allow_mod"], "roles": ["crawler"]}');

-- version
SELECT try(format('{"version": %s}', v)) FROM unnest(ARRAY[
	'2', '2.0', '2e0', '1', '3', '2.1', '"2"', 'null', '[2]', '-2', '1e400']) AS v;
SELECT try('{}', '{version}');
SELECT try('{"roomId": "r"}', '{version}');
SELECT try('{"participantId": "p"}', '{version}');
SELECT try('{"roles": ["rtc"]}', '{version}');

-- roomId and participantId
SELECT try(format('{"%s": %s}', c, v))
FROM unnest(ARRAY['roomId', 'participantId']) AS c,
	unnest(ARRAY['"2kyv-gzay-64pg"', '""', 'null', '5', '["r"]']) AS v;

-- without white space: the 25 characters of Unicode's White_Space and U+FEFF, and no other of these
SELECT c, try(format('{"%s": "a b"}', c)) FROM unnest(ARRAY['roomId', 'participantId']) AS c;
CREATE VIEW characters AS SELECT c FROM generate_series(1, x'ffff'::int) AS c
WHERE c < x'100'::int OR c BETWEEN x'1670'::int AND x'1690'::int OR c BETWEEN x'1800'::int AND x'1810'::int
	OR c BETWEEN x'1ff0'::int AND x'2070'::int OR c BETWEEN x'2ff0'::int AND x'3010'::int OR c > x'fef0'::int AND c < x'ff10'::int;
SELECT count(*), string_agg(to_hex(c), ' ') FROM characters WHERE sign(jsonb_build_object('roomId', 'r' || chr(c))::text) <> 'signed';
SELECT count(*), string_agg(to_hex(c), ' ') FROM characters WHERE sign(jsonb_build_object('participantId', chr(c) || 'p')::text) <> 'signed';
SELECT count(*), count(*) FILTER (WHERE sign(jsonb_build_object('participantId', overlay(repeat('x', n) PLACING c FROM place))::text) ~ 'white space')
FROM generate_series(1, 26) AS n, generate_series(1, n) AS place, unnest(ARRAY[' ', U&'\3000']) AS c;
SELECT sign(jsonb_build_object('roomId', E'2kyv-gzay-64pg\n')::text), sign(jsonb_build_object('participantId', U&'student\00a01')::text),
	sign(jsonb_build_object('participantId', repeat(U&'\+01f600', 100) || ' ')::text), sign(jsonb_build_object('jti', 'a b', 'roomId', U&'r\200b')::text);

-- roles
SELECT try(format('{"roles": %s}', v)) FROM unnest(ARRAY[
	'["crawler"]', '["rtc", "crawler"]', '[]', 'null', '"rtc"', '[1]', '["admin"]', '{"rtc": 1}']) AS v;

-- iat, nbf, exp
SELECT try('{"exp": 1795518000}');
SELECT verify('{}', '{exp}');
SELECT sign('{}', '{iat}'), verify('{}', '{iat}');
SELECT c || ' ' || v, sign(format('{"%s": %s}', c, v)), verify(format('{"%s": %s}', c, v))
FROM unnest(ARRAY['iat', 'nbf']) AS c,
	unnest(ARRAY['0', '-0', '-1', '1.5', '1795514400.000000', '253402300799.5', '253402300800', '1e400', 'null',
		'"1795514400"', 'true', '[]', '999999999999', '1000000000000', '1795514400000', '253402300799999',
		'253402300800000', '-1795514400000']) AS v;
SELECT v, verify(format('{"exp": %s}', v)) FROM unnest(ARRAY[
	'1795514400.000001', '1795514400', '253402300799', '253402300799.000001', '253402300800', '-1',
	'1795518000000', '"1795518000"', 'null']) AS v;

-- nbf before exp
SELECT sign('{"nbf": 1795517999}'), sign('{"nbf": 1795518000}');

-- Misspelt claims, where the right one is absent: without case, "_", "-" and white space a known name or one that people use,
SELECT m, sign(m) FROM unnest(ARRAY[
	'{"roomID": "r"}', '{"room_id": "r"}', '{"ROOM-ID": "r"}', '{"roomid": null}', '{"_r_o_o_m_I_d_": 1}', '{"-r-o-o-m-I-d-": 1}', '{"r o o m I d": 1}', '{"roomId ": "r"}', '{"\u00a0room\tId": "r"}',
	'{"meetingId": "r"}', '{"meeting_id": "r"}', '{"MeetingID": "r"}', '{"meeting": "r"}', '{"room": "r"}', '{"Room": 1}',
	'{"peerId": "p"}', '{"PEER_ID": "p"}', '{"peer": null}', '{"participant": "p"}', '{"participant_id": "p"}',
	'{"role": "rtc"}', '{"Role": "rtc"}', '{"role": ["teacher", "crawler"]}', '{"Roles": ["rtc"]}', '{"NBF": 1}', '{"Exp": 1}']) AS m;
-- or within one edit of a known name of at least six letters
SELECT m, sign(m) FROM unnest(ARRAY[
	'{"rommId": "r"}', '{"roomIds": "r"}', '{"roomI": "r"}', '{"oomId": "r"}', '{"xroomId": "r"}', '{"room_idx": "r"}', '{"r\u00f6omId": "r"}', '{"roomId\u200b": "r"}',
	'{"particpantId": "p"}', '{"participantIdx": "p"}', '{"partizipantId": "p"}', '{"Participant_ID_": "p"}']) AS m;
-- but not what is farther away, or a short name with an edit, or a role that is none
SELECT m, sign(m) FROM unnest(ARRAY[
	'{"romId_x": 1}', '{"rooms": 1}', '{"mroomIdx": 1}', '{"meetings": 1}', '{"meetingIds": 1}', '{"peers": 1}', '{"attendeeId": 1}', '{"partcipntId": 1}', '{"particpantIds": 1}',
	'{"rolez": ["rtc"]}', '{"nbff": 1}', '{"expires": 1}', '{"expiresIn": 1}', '{"ia": 1}', '{"role": "teacher"}', '{"role": ["teacher"]}', '{"role": {"rtc": 1}}',
	'{"": 1, "_": 2, "-": 3, " ": 4}', '{"custom": {"roomID": "r"}}']) AS m;
SELECT sign('{"permission": ["allow_join"]}', '{permissions}'), sign('{"permissons": ["allow_join"]}', '{permissions}');
SELECT sign('{"versions": 2}', '{version}'), sign('{"vers": 2}', '{version}');
SELECT sign('{"apkey": "k"}', '{apikey}');
SELECT sign('{"api-key": "k"}', '{apikey}');
SELECT sign('{"Permissions": ["allow_join"]}', '{permissions}');
SELECT sign('{"Version": 2}', '{version}');
SELECT sign('{"IAT": 2}', '{iat}');
SELECT sign(format('{"room%sId": 1}', repeat('_', 100)));
SELECT m, sign(m) FROM unnest(ARRAY[
	'{"roomId": "r", "roomID": "r", "room_id": 1, "meetingId": 2, "room": 3, "rommId": 4}', '{"participantId": "p", "peerId": "p"}',
	'{"roles": ["rtc"], "role": "rtc"}', '{"permission": 1, "permissions": ["allow_join"], "Apikey": 1, "VERSION": 3}']) AS m;
SELECT verify('{"roomID": "r", "api_key": 1, "permission": 2}');

-- Custom claims of any kind
SELECT try('{"jti": "a", "sub": null, "data": {"x": [1, true, "\u20ac"]}}');

-- What was found is cut at 64 characters
SELECT sign(format('{"roomId": ["%s"]}', repeat('x', 100)));
SELECT sign(format('{"version": "%s"}', repeat(U&'\00fc', 62)));
SELECT sign(format('{"version": "%s"}', repeat(U&'\00fc', 63)));
SELECT sign(format('{"roomId": %s1%s}', repeat('[', 300), repeat(']', 300)));
SELECT sign(format('{"roomId": ["%s"]}', repeat('x', 500000)));
-- and what begins like a token, or may, is not shown beyond that
SELECT try(format('{"permissions": ["allow_join", "%s"]}', make_token('{}')));
SELECT sign(format('{"roomId": ["Bearer %s"]}', make_token('{}'))), sign(format('{"version": "%s"}', make_token('{}'))), sign('{"version": "eyJ"}'), sign('{"version": "ey"}');
SELECT sign(format('{"roomId": "r %s"}', make_token('{}'))), sign(format('{"%s": [%s1%s]}', make_token('{}'), repeat('[', 64), repeat(']', 64)));
-- and not looked for in what is too large for any token
SELECT sign(format('{"roomId": ["%s"]}', repeat('x', 600000)));

-- The setting
SHOW videosdk_token.allow_unknown_values;
SET videosdk_token.allow_unknown_values = on;
SELECT try(v) FROM unnest(ARRAY[
	'{"permissions": ["allow_record"]}', '{"roles": ["admin"]}', '{"version": 3}', '{"version": 2.5}',
	'{"permissions": []}', '{"permissions": [1]}', '{"roles": "admin"}', '{"roles": []}', '{"version": "3"}',
	'{"roomID": "r"}', '{"permissions": ["ask_join", "allow_join"]}', '{"permissions": ["allow_mod"]}', '{"roomId": "a b"}', '{"rommId": "r"}']) AS v;
SELECT sign('{"roomId": "r"}', '{version}');
SELECT sign(format('{"apikey": "%s"}', secret()));
RESET videosdk_token.allow_unknown_values;
SELECT sign('{"permissions": ["allow_record"]}');
SET videosdk_token.allow_unknown_value = on;
SET videosdk_token.allow_unknown_values = maybe;

-- Limits of JSON hold for tokens of others as well
SELECT verify(format('{"x": %s%s}', repeat('[', n), repeat(']', n))) FROM unnest('{63,64}'::int[]) AS n;
