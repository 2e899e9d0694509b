-- Webhooks, ways to change them, and what must hold of a changed one, on top of mutants.sql.  psql variables: public_key,
-- other_public_key

\set ON_ERROR_STOP on

CREATE FUNCTION public_key() RETURNS text IMMUTABLE RETURN :'public_key';
CREATE FUNCTION both_public_keys() RETURNS text IMMUTABLE RETURN :'other_public_key' || :'public_key';
CREATE SERVER receiving FOREIGN DATA WRAPPER videosdk OPTIONS (webhook_public_key :'public_key');

-- What was sent, and its signature; and other signatures of the same body: by another key, of another hash and with PSS.
-- test/fuzz/mutants signs.
CREATE TABLE webhooks (n int PRIMARY KEY, body text, signature text, by_other_key text, of_sha512 text, of_pss text);

-- Bodies as VideoSDK writes them, in other spellings, and with all that JSON has; none twice
CREATE FUNCTION webhook_body(n int) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$
DECLARE
	event json = json_build_object('webhookType', (ARRAY['participant-joined', 'participant-left', 'session-started'])[1 + n % 3],
		'data', json_build_object('meetingId', 'room-' || n, 'participantId', md5(n::text), 'participantName', repeat('é€😀', n % 4),
			'numbers', ARRAY[n, n / 7.0, -n], 'others', ARRAY[NULL, true]));
BEGIN
	RETURN CASE n % 4
		WHEN 0 THEN replace(replace(event::text, ' : ', ':'), ', ', ',')
		WHEN 1 THEN event::text
		WHEN 2 THEN E' ' || replace(event::text, 'participant', '\u0070articipant') || E'\n'
		ELSE left(event::text, -1) || ', "webhookType" : "twice"}' END;
END $$;

CREATE FUNCTION webhook(number bigint) RETURNS webhooks STABLE LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT w FROM webhooks w WHERE n = 1 + number % (SELECT count(*) FROM webhooks));
END $$;

CREATE FUNCTION webhook_ways() RETURNS text[] IMMUTABLE
RETURN ARRAY['keep', 'flip a bit of the body', 'drop a character of the body', 'swap characters of the body', 'a blank', 'append to the body',
	'write the body again', 'escape a character', 'another value', 'another member', 'the body of another',
	'flip a bit of the signature', 'a character of the signature', 'the signature of another', 'by another key', 'of another hash', 'PSS',
	'a longer or shorter signature', 'spell the signature otherwise', 'the body as the signature'];

CREATE FUNCTION mutate_body(way text, body text, seed bigint, n bigint) RETURNS text STABLE LANGUAGE plpgsql AS $$
DECLARE
	place int = 1 + pick(seed, n, 10, length(body));
BEGIN
	RETURN CASE way
		WHEN 'flip a bit of the body' THEN replace_at(body, place, flip(substr(body, place, 1), pick(seed, n, 20, 8)::int))
		WHEN 'drop a character of the body' THEN replace_at(body, place, '')
		WHEN 'swap characters of the body' THEN overlay(body placing reverse(substr(body, place, 2)) from place for 2)
		WHEN 'a blank' THEN pick_text(seed, n, 21, replace(body, ',', ' ,'), replace(body, ':', E':\t'), replace(body, ' ', ''), btrim(body, E' \n'),
			replace(body, '{', E'{\n'))
		WHEN 'append to the body' THEN body || pick_text(seed, n, 22, E'\n', ' ', E'\r\n', '}', E'\uFEFF', body, '""')
		WHEN 'write the body again' THEN pick_text(seed, n, 23, body::jsonb::text, json_strip_nulls(body::json)::text,
			replace(replace(body::jsonb::text, ': ', ':'), ', ', ','), jsonb_pretty(body::jsonb))
		WHEN 'escape a character' THEN replace(body, pick_text(seed, n, 24, 'o', '-', 'd', 'é'), pick_text(seed, n, 24, '\u006f', '\u002d', '\u0064', '\u00e9'))
		WHEN 'another value' THEN (body::jsonb || pick_text(seed, n, 25, '{"webhookType": "participant-left"}', '{"webhookType": null}',
			'{"data": {}}', '{"data": {"participantId": "somebody else"}}')::jsonb)::text
		WHEN 'another member' THEN regexp_replace(body, '}(\s*)$', pick_text(seed, n, 26, ',"x":1}\1', ',"webhookType":"participant-left"}\1', ',"":""}\1'))
		WHEN 'the body of another' THEN (webhook(pick(seed, n, 27, 1000))).body
	END;
END $$;

CREATE FUNCTION base64(bytes bytea) RETURNS text IMMUTABLE
RETURN replace(encode(bytes, 'base64'), E'\n', '');

CREATE FUNCTION change_character(signature text, seed bigint, n bigint) RETURNS text IMMUTABLE
RETURN replace_at(signature, 1 + pick(seed, n, 11, length(signature))::int, pick_text(seed, n, 31, 'A', 'z', '/', '-', '=', ' ', '', E'\n', 'é'));

CREATE FUNCTION mutate_signature(way text, one webhooks, seed bigint, n bigint) RETURNS text STABLE LANGUAGE plpgsql AS $$
DECLARE
	signature text = one.signature;
	bytes bytea = decode(signature, 'base64');
BEGIN
	RETURN CASE way
		WHEN 'flip a bit of the signature' THEN base64(set_bit(bytes, pick(seed, n, 30, 2048), 1 - get_bit(bytes, pick(seed, n, 30, 2048))))
		WHEN 'a character of the signature' THEN change_character(signature, seed, n)
		WHEN 'the signature of another' THEN (webhook(pick(seed, n, 32, 1000))).signature
		WHEN 'by another key' THEN one.by_other_key
		WHEN 'of another hash' THEN one.of_sha512
		WHEN 'PSS' THEN one.of_pss
		WHEN 'a longer or shorter signature' THEN base64(CASE pick(seed, n, 33, 6) WHEN 0 THEN bytes || '\x00' WHEN 1 THEN '\x00' || bytes
			WHEN 2 THEN substr(bytes, 1, 255) WHEN 3 THEN substr(bytes, 2) WHEN 4 THEN bytes || bytes ELSE '' END)
		WHEN 'spell the signature otherwise' THEN pick_text(seed, n, 34, base64url(bytes), rtrim(signature, '='), signature || '=', encode(bytes, 'base64'),
			' ' || signature, signature || E'\n', encode(bytes, 'hex'), upper(signature), left(signature, 342) || flip(substr(signature, 343, 1), 0) || '=',
			signature || 'AAAA', '"' || signature || '"')
		WHEN 'the body as the signature' THEN pick_text(seed, n, 35, one.body, base64(convert_to(one.body, 'UTF8')))
	END;
END $$;

-- The nth mutant: each eighth is changed twice, in its signature the second time
CREATE FUNCTION webhook_mutant(seed bigint, n bigint, OUT way text, OUT body text, OUT signature text) STABLE LANGUAGE plpgsql AS $$
DECLARE
	ways text[] = webhook_ways();
	one webhooks = webhook(pick(seed, n, 0, 1000));
BEGIN
	way = ways[1 + n % cardinality(ways)];
	body = coalesce(mutate_body(way, one.body, seed, n), one.body);
	signature = coalesce(mutate_signature(way, one, seed, n), one.signature);
	IF n / cardinality(ways) % 8 = 0 AND way <> 'keep' THEN
		signature = change_character(signature, seed, n + 1);
	END IF;
END $$;

-- What a function answers: the event or the SQLSTATE
CREATE FUNCTION verified_webhook(body json, signature text, public_key text, OUT event jsonb, OUT code text) STABLE LANGUAGE plpgsql AS $$
BEGIN
	event = videosdk_verify_webhook(body, signature, public_key);
EXCEPTION WHEN OTHERS THEN
	code = SQLSTATE;
END $$;

CREATE FUNCTION validated_webhook(body json, signature text, OUT event jsonb, OUT code text) STABLE LANGUAGE plpgsql AS $$
BEGIN
	event = videosdk_validate_webhook(body, signature, 'receiving');
EXCEPTION WHEN OTHERS THEN
	code = SQLSTATE;
END $$;

CREATE FUNCTION is_strict_base64(signature text) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
	RETURN base64(decode(signature, 'base64')) = signature;
EXCEPTION WHEN OTHERS THEN
	RETURN false;
END $$;

-- What becomes of a mutant, if all that must hold does
CREATE FUNCTION check_webhook_mutant(body text, signature text) RETURNS text STABLE LANGUAGE plpgsql AS $$
DECLARE
	v record;
	by_both record;
	is_sent bool = EXISTS (SELECT FROM webhooks w WHERE w.body = $1 AND w.signature = $2);
	is_signed_by_other bool = EXISTS (SELECT FROM webhooks w WHERE w.body = $1 AND w.by_other_key = $2);
BEGIN
	BEGIN
		PERFORM body::json;
	EXCEPTION WHEN invalid_text_representation THEN
		ASSERT NOT is_sent, 'what was sent is not JSON';
		RETURN 'no JSON';
	END;
	v = verified_webhook(body::json, signature, public_key());
	by_both = verified_webhook(body::json, signature, both_public_keys());
	ASSERT is_sent = (v.code IS NULL), 'verify accepts what was not sent, or refuses what was';
	ASSERT v.code IS NOT NULL OR v.event = body::jsonb, 'verify gives another event';
	ASSERT v.code IS NULL OR v.code = CASE WHEN is_strict_base64(signature) AND length(signature) <= 2048 THEN '28V01' ELSE '22P02' END,
		'not the documented error';
	ASSERT v IS NOT DISTINCT FROM validated_webhook(body::json, signature), 'verify and validate disagree';
	ASSERT (is_sent OR is_signed_by_other) = (by_both.code IS NULL), 'two keys are not each of them';
	ASSERT is_signed_by_other OR by_both IS NOT DISTINCT FROM v, 'two keys give another answer';
	RETURN coalesce(v.code, 'accepted');
EXCEPTION WHEN ASSERT_FAILURE THEN
	RAISE EXCEPTION '%: % signed %', SQLERRM, body, signature;
END $$;
