-- Tokens, ways to change them, and what must hold of a changed one.  Everything depends on a seed and a number alone.

SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS videosdk_token;
CREATE EXTENSION IF NOT EXISTS pgcrypto;

\set secret 5f0c1e7b9a3d48265b7c9e1f0a2d4c6e8b1a3c5d7e9f0b2d4a6c8e0f1b3d5a79
\set newer_secret 0a2d4c6e8b1a3c5d7e9f0b2d4a6c8e0f1b3d5a795f0c1e7b9a3d48265b7c9e1f
\set checked_at '2026-11-24 10:30:00+00'
CREATE FUNCTION secret() RETURNS text IMMUTABLE RETURN :'secret';
CREATE FUNCTION newer_secret() RETURNS text IMMUTABLE RETURN :'newer_secret';
CREATE FUNCTION checked_at() RETURNS timestamptz IMMUTABLE RETURN timestamptz :'checked_at';

-- Servers that have this secret; that had it, and still accept it; that no longer do; and that have revoked some
CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk;
CREATE SERVER rotated FOREIGN DATA WRAPPER videosdk;
CREATE SERVER rotated_long_ago FOREIGN DATA WRAPPER videosdk;
CREATE SERVER revoking FOREIGN DATA WRAPPER videosdk OPTIONS (revoked_before '2026-11-24 10:01:40+00');
CREATE USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (apikey 'key', secret :'secret');
CREATE USER MAPPING FOR PUBLIC SERVER rotated OPTIONS (apikey 'newer', secret :'newer_secret',
	previous_apikey 'key', previous_secret :'secret', previous_until '2026-11-24 10:30:00.000001+00');
CREATE USER MAPPING FOR PUBLIC SERVER rotated_long_ago OPTIONS (apikey 'newer', secret :'newer_secret',
	previous_apikey 'key', previous_secret :'secret', previous_until :'checked_at');
CREATE USER MAPPING FOR PUBLIC SERVER revoking OPTIONS (apikey 'key', secret :'secret');

-- A number from 0 to below limit; choice tells the choices of a mutant apart
CREATE FUNCTION pick(seed bigint, n bigint, choice int, below bigint) RETURNS bigint IMMUTABLE
RETURN (hashint8extended(n, seed * 1000 + choice) & x'7fffffffffffffff'::bigint) % greatest(below, 1);

CREATE FUNCTION pick_text(seed bigint, n bigint, choice int, VARIADIC texts text[]) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
	RETURN texts[1 + pick(seed, n, choice, cardinality(texts))];
END $$;

CREATE FUNCTION base64url(bytes bytea) RETURNS text IMMUTABLE
RETURN translate(rtrim(translate(encode(bytes, 'base64'), E'\n', ''), '='), '+/', '-_');

CREATE FUNCTION decode_base64url(segment text) RETURNS bytea IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
	RETURN decode(rpad(translate(segment, '-_', '+/'), (length(segment) + 3) / 4 * 4, '='), 'base64');
END $$;

-- What was issued, all of it valid at the time of the checks: short and long, with each claim and without, and text that
-- is not ASCII
CREATE TABLE issued (n int PRIMARY KEY, token text UNIQUE);
INSERT INTO issued
SELECT n, videosdk_sign_token(
	jsonb_build_object('apikey', 'key', 'iat', 1795514400 + n, 'permissions', string_to_array(
		(ARRAY['allow_join', 'allow_join allow_mod', 'ask_join', 'ask_join allow_mod', 'allow_mod'])[1 + n % 5], ' ')) ||
	CASE WHEN n % 3 = 0 THEN jsonb_build_object('version', 2, 'roomId', 'room-' || n % 2, 'participantId', md5((n % 4)::text),
			'roles', ARRAY[CASE WHEN n % 7 = 0 THEN 'crawler' ELSE 'rtc' END])
		ELSE '{}' END ||
	CASE WHEN n % 8 = 0 THEN jsonb_build_object('nbf', 1795514400, 'sub', repeat('é€😀', n / 8 % 7), 'data', jsonb_build_array(n, n / 7.0, null, true))
		ELSE '{}' END,
	secret(), '1 hour')
FROM generate_series(1, 256) n;
ANALYZE issued;

CREATE FUNCTION issued_token(number bigint) RETURNS text STABLE LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT token FROM issued WHERE n = 1 + number % 256);
END $$;

-- A token of three texts
CREATE FUNCTION join_segments(VARIADIC segments text[]) RETURNS text IMMUTABLE
RETURN array_to_string(segments, '.');

-- The ways; those that neither of the functions below knows leave the token as it is
CREATE FUNCTION ways() RETURNS text[] IMMUTABLE
RETURN ARRAY['keep', 'flip a bit', 'drop a character', 'insert a character', 'swap characters', 'swap segments', 'splice two tokens',
	'a segment of another token', 'change case', 'append', 'prepend', 'cut', 'repeat a segment', 'drop a segment', 'edit the header',
	'edit the payload', 'edit a byte of the payload', 'edit and sign with another secret', 'sign with the newer secret', 'spell the signature otherwise',
	'spell the payload otherwise'];

-- Replace the character at a place
CREATE FUNCTION replace_at(token text, place int, replacement text) RETURNS text IMMUTABLE
RETURN overlay(token placing replacement from place for 1);

-- A character's neighbour by a bit of its code, counted from the lowest, up to a character of two bytes; no text has a NUL
CREATE FUNCTION flip(symbol text, place int) RETURNS text IMMUTABLE
RETURN chr(coalesce(nullif(ascii(symbol) # (1 << place), 0), 1));

CREATE FUNCTION edit_header(seed bigint, n bigint) RETURNS text IMMUTABLE
RETURN base64url(convert_to(pick_text(seed, n, 30,
	'{"alg":"none","typ":"JWT"}', '{"alg":"HS512","typ":"JWT"}', '{"alg":"hs256","typ":"JWT"}', '{"alg":"RS256","typ":"JWT"}',
	'{"alg":"HS256","typ":"JWT","crit":["exp"]}', '{"typ":"JWT","alg":"HS256"}', '{"alg":"HS256","typ":"JWT" }', '{"alg":"HS256"}',
	'{"alg":"HS256","typ":"JWT","kid":"1"}', '{"alg":["HS256"],"typ":"JWT"}', '{"alg":"HS256","alg":"none"}', '{}', '[]', '', '{"alg":'),
	'UTF8'));

CREATE FUNCTION edit_payload(seed bigint, n bigint, payload text) RETURNS jsonb IMMUTABLE
RETURN payload::jsonb || pick_text(seed, n, 31,
	'{"exp": 253402300799}', '{"exp": 1}', '{"nbf": 253402300799}', '{"apikey": "other"}', '{"permissions": ["allow_mod"]}', '{"roomId": null}',
	'{"version": 3}', '{"exp": "1795518000"}', '{"iat": -1}', '{"x": 1}')::jsonb;

CREATE FUNCTION mutate_characters(way text, token text, place int, seed bigint, n bigint) RETURNS text STABLE LANGUAGE plpgsql AS $$
BEGIN
	CASE way
	WHEN 'flip a bit' THEN
		RETURN replace_at(token, place, flip(substr(token, place, 1), pick(seed, n, 20, 8)::int));
	WHEN 'drop a character' THEN
		RETURN replace_at(token, place, '');
	WHEN 'insert a character' THEN
		RETURN replace_at(token, place,
			substr(token, place, 1) || substr('ABCYZabcyz0189-_.=+/ "%é', 1 + pick(seed, n, 21, 24)::int, 1));
	WHEN 'swap characters' THEN
		RETURN overlay(token placing reverse(substr(token, place, 2)) from place for 2);
	WHEN 'splice two tokens' THEN
		RETURN left(token, place) || substr(issued_token(pick(seed, n, 22, 256)), place + pick(seed, n, 23, 3)::int);
	WHEN 'change case' THEN
		RETURN replace_at(token, place, translate(substr(token, place, 1),
			'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ', 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'));
	WHEN 'append' THEN
		RETURN token || pick_text(seed, n, 24, '=', '==', '.', ' ', E'\n', 'A', '_', '.A', token, E'\u00e9', '%3D');
	WHEN 'prepend' THEN
		RETURN pick_text(seed, n, 25, 'Bearer ', 'bearer ', ' ', E'\n', '.', 'A', E'\uFEFF', '"') || token;
	WHEN 'cut' THEN
		RETURN left(token, place);
	ELSE
		RETURN NULL;
	END CASE;
END $$;

CREATE FUNCTION mutate_segments(way text, header text, payload text, signature text, seed bigint, n bigint) RETURNS text STABLE LANGUAGE plpgsql AS $$
BEGIN
	CASE way
	WHEN 'swap segments' THEN
		RETURN pick_text(seed, n, 40, join_segments(payload, header, signature), join_segments(header, signature, payload),
			join_segments(signature, payload, header), join_segments(payload, signature, header));
	WHEN 'a segment of another token' THEN
		RETURN pick_text(seed, n, 41,
			join_segments(header, split_part(issued_token(pick(seed, n, 42, 256)), '.', 2), signature),
			join_segments(header, payload, split_part(issued_token(pick(seed, n, 42, 256)), '.', 3)));
	WHEN 'repeat a segment' THEN
		RETURN pick_text(seed, n, 43, join_segments(header, payload, signature, signature),
			join_segments(header, header, payload, signature), join_segments(header, payload, payload), join_segments(header, header, signature));
	WHEN 'drop a segment' THEN
		RETURN pick_text(seed, n, 44, join_segments(header, payload), join_segments(header, payload, ''),
			join_segments(payload, signature), join_segments('', payload, signature), join_segments(header, '', signature), '..', '', header);
	WHEN 'edit the header' THEN
		RETURN join_segments(edit_header(seed, n), payload, signature);
	WHEN 'edit the payload' THEN
		RETURN join_segments(header,
			base64url(convert_to(edit_payload(seed, n, convert_from(decode_base64url(payload), 'UTF8'))::text, 'UTF8')), signature);
	WHEN 'edit a byte of the payload' THEN
		RETURN join_segments(header, base64url(set_byte(decode_base64url(payload),
			pick(seed, n, 45, octet_length(decode_base64url(payload)))::int, pick(seed, n, 46, 256)::int)), signature);
	WHEN 'edit and sign with another secret' THEN
		RETURN videosdk_sign_token(
			edit_payload(seed, n, convert_from(decode_base64url(payload), 'UTF8')) - '{exp,nbf,iat,roomId,version,roles,participantId}'::text[],
			substr(secret(), 1, 63 - pick(seed, n, 47, 3)::int), '1 hour');
	WHEN 'sign with the newer secret' THEN
		RETURN join_segments(header, payload, base64url(hmac(header || '.' || payload, newer_secret(), 'sha256')));
	WHEN 'spell the signature otherwise' THEN
		RETURN join_segments(header, payload, pick_text(seed, n, 48,
			translate(signature, '-_', '+/'), signature || '=', encode(decode_base64url(signature), 'hex'), upper(signature),
			left(signature, 42) || flip(right(signature, 1), 0), base64url(substr(decode_base64url(signature), 1, 16)),
			base64url(decode_base64url(signature) || '\x00'), base64url(decode('00', 'hex') || decode_base64url(signature)),
			base64url(hmac(header || '.' || payload, secret(), 'sha512')), base64url(digest(header || '.' || payload || secret(), 'sha256'))));
	WHEN 'spell the payload otherwise' THEN
		RETURN join_segments(header, pick_text(seed, n, 49,
			payload || '=', translate(payload, '-_', '+/') || '=', base64url(decode_base64url(payload) || ' '),
			base64url('\xefbbbf' || decode_base64url(payload)), payload || E'\n', left(payload, 5) || ' ' || substr(payload, 6)), signature);
	ELSE
		RETURN NULL;
	END CASE;
END $$;

-- One change of a token
CREATE FUNCTION mutate(way text, token text, seed bigint, n bigint) RETURNS text STABLE LANGUAGE plpgsql AS $$
BEGIN
	RETURN coalesce(
		mutate_characters(way, token, 1 + pick(seed, n, 10, length(token))::int, seed, n),
		mutate_segments(way, split_part(token, '.', 1), split_part(token, '.', 2), split_part(token, '.', 3), seed, n),
		token);
END $$;

-- The nth mutant: each eighth is changed twice, by characters the second time
CREATE FUNCTION mutant(seed bigint, n bigint, OUT way text, OUT token text) STABLE LANGUAGE plpgsql AS $$
DECLARE
	ways text[] = ways();
BEGIN
	way = ways[1 + n % cardinality(ways)];
	token = mutate(way, issued_token(pick(seed, n, 0, 256)), seed, n);
	IF n / cardinality(ways) % 8 = 0 AND way <> 'keep' THEN
		token = mutate(ways[2 + pick(seed, n, 1, 4)], token, seed, n + 1);
	END IF;
END $$;

-- What verify and decode answer: the payload or the SQLSTATE
CREATE FUNCTION verified(token text, OUT payload jsonb, OUT code text) STABLE LANGUAGE plpgsql AS $$
BEGIN
	payload = videosdk_verify_token(token, secret(), valid_at => checked_at());
EXCEPTION WHEN OTHERS THEN
	code = SQLSTATE;
END $$;

CREATE FUNCTION decoded(token text, OUT payload jsonb, OUT code text) STABLE LANGUAGE plpgsql AS $$
BEGIN
	payload = videosdk_decode_token(token);
EXCEPTION WHEN OTHERS THEN
	code = SQLSTATE;
END $$;

-- The code of VideoSDK's answer to a client that joins room-1 as this participant, by the documentation
CREATE FUNCTION participant() RETURNS text IMMUTABLE RETURN md5('1');
CREATE FUNCTION join_code(is_valid bool, payload jsonb) RETURNS int IMMUTABLE
RETURN CASE
	WHEN payload IS NOT NULL AND payload -> 'apikey' IS DISTINCT FROM '"key"' THEN 4001
	WHEN NOT is_valid THEN 4002
	WHEN NOT payload -> 'roles' ? 'rtc' THEN 4024
	WHEN NOT payload -> 'permissions' ?| '{allow_join,ask_join}' THEN 4008
	WHEN payload -> 'permissions' ? 'ask_join' AND payload -> 'permissions' ?| '{allow_join,allow_mod}' THEN 4008
	WHEN payload ->> 'roomId' <> 'room-1' THEN 4022
	WHEN payload ->> 'participantId' <> participant() THEN 4023
END;

-- Whether all that must hold of the servers' judgements does, if this is the one with the secret in hand
CREATE FUNCTION check_servers(token text, inspected record) RETURNS void STABLE LANGUAGE plpgsql AS $$
DECLARE
	is_shown bool = inspected.status NOT IN ('malformed', 'bad_signature');
	is_newer bool = (videosdk_inspect_token(token, newer_secret(), valid_at => checked_at())).status NOT IN ('malformed', 'bad_signature');
	status_without_key text = CASE inspected.status WHEN 'malformed' THEN 'malformed' ELSE 'bad_signature' END;
	checked record;
	other record;
	answer record;
BEGIN
	SELECT * INTO checked FROM videosdk_check_token(token, valid_at => checked_at());
	ASSERT (checked.status, checked.detail) IS NOT DISTINCT FROM (inspected.status, inspected.detail), 'check and inspect disagree';
	ASSERT is_shown OR (checked.header, checked.payload, checked.issued_at, checked.not_before, checked.expires_at) IS NULL,
		'check shows what nobody has signed';
	ASSERT NOT is_shown OR checked = inspected, 'check and inspect show another token';

	SELECT * INTO other FROM videosdk_check_token(token, 'rotated', valid_at => checked_at());
	ASSERT other.status = CASE WHEN is_newer THEN 'bad_payload' ELSE checked.status END, 'the pairs of a server are mixed';
	ASSERT is_newer OR other = checked, 'the previous secret shows another token';
	SELECT * INTO other FROM videosdk_check_token(token, 'rotated_long_ago', valid_at => checked_at());
	ASSERT other.status = CASE WHEN is_newer THEN 'bad_payload' ELSE status_without_key END, 'a previous secret is good for ever';
	SELECT * INTO other FROM videosdk_check_token(token, 'revoking', valid_at => checked_at());
	ASSERT other.status = CASE WHEN checked.status = 'valid' AND (checked.payload ->> 'iat')::int < 1795514500 THEN 'revoked'
		ELSE checked.status END, 'the wrong tokens are revoked';

	SELECT * INTO answer FROM videosdk_check_join(token, 'room-1', participant(), valid_at => checked_at());
	ASSERT answer.allowed = (answer.code IS NULL), 'a code where a client is let in, or none where it is not';
	ASSERT NOT answer.allowed OR checked.status = 'valid', 'a client is let in by a token that is not valid';
	ASSERT answer.code IS NOT DISTINCT FROM join_code(checked.status = 'valid', CASE WHEN inspected.status <> 'malformed' THEN inspected.payload END),
		'not the documented code';
	ASSERT answer.allowed = (answer.error IS NULL) AND answer.allowed = (answer.detail IS NULL), 'no words for a code';
	ASSERT answer.must_ask IS NOT DISTINCT FROM
		CASE WHEN answer.allowed THEN checked.payload -> 'permissions' ? 'ask_join' END, 'another must ask';
END $$;

-- The status that inspect gives, if all that must hold does; nothing here catches what the functions that never raise would raise
CREATE FUNCTION check_mutant(token text) RETURNS text STABLE LANGUAGE plpgsql AS $$
DECLARE
	inspected record;
	v record = verified(token);
	d record = decoded(token);
	is_issued bool = EXISTS (SELECT FROM issued WHERE issued.token = check_mutant.token);
BEGIN
	SELECT * INTO inspected FROM videosdk_inspect_token(token, secret(), valid_at => checked_at());
	ASSERT is_issued = (v.code IS NULL), 'verify accepts what was not issued, or refuses what was';
	ASSERT inspected.status = CASE v.code WHEN '22P02' THEN 'malformed' WHEN '28V01' THEN 'bad_signature' WHEN '28V02' THEN 'expired'
		WHEN '28V03' THEN 'not_yet_valid' WHEN '28V04' THEN 'bad_payload' ELSE 'valid' END, 'inspect and verify disagree';
	ASSERT v.code IS NOT NULL OR v.payload = inspected.payload, 'inspect and verify read another payload';
	ASSERT (d.code IS NULL AND jsonb_typeof(d.payload) = 'object') OR d.code = '22P02', 'decode gives no object and no 22P02';
	ASSERT d.code IS NOT NULL OR d.payload = inspected.payload, 'decode and inspect read another payload';
	ASSERT v.code IS NOT NULL OR d.code IS NULL, 'verify accepts what decode cannot read';
	PERFORM check_servers(token, inspected);
	RETURN inspected.status;
EXCEPTION WHEN ASSERT_FAILURE THEN
	RAISE EXCEPTION '%: %', SQLERRM, token;
END $$;
