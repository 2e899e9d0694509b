-- videosdk_participant_payload and videosdk_api_payload give payloads that are as narrow as what they are asked for
\pset format unaligned
\pset tuples_only on

SELECT videosdk_participant_payload('2kyv-gzay-64pg', 'alice');
SELECT videosdk_participant_payload(room_id => 'r', participant_id => 'p', permissions => '{allow_join,allow_mod}',
	not_before => '2026-11-24 10:00Z', custom_claims => '{"jti": "j", "x": {"roomId": 1}}', apikey => 'k');
SELECT videosdk_api_payload();
SELECT videosdk_api_payload(permissions => '{allow_mod}', custom_claims => '{"sub": null}', apikey => 'k');

-- A NULL room or participant becomes a null, which is not signed; a wider token must be asked for
CREATE FUNCTION signed(payload jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN o ~ '^ey' THEN 'signed' ELSE o END
	FROM outcome(format('SELECT videosdk_sign_token(%L, %L, %L)', payload, secret(), '1 hour')) AS o
$$;
SELECT p, signed(p) FROM unnest(ARRAY[
	videosdk_participant_payload('r', 'p', apikey => 'k'), videosdk_api_payload(apikey => 'k'),
	videosdk_participant_payload(NULL, 'p', apikey => 'k'), videosdk_participant_payload('r', NULL, apikey => 'k'),
	videosdk_participant_payload(NULL, 'p', apikey => 'k') - 'roomId',
	videosdk_participant_payload('r', 'p', NULL, apikey => 'k'), videosdk_participant_payload('r', 'p', '{}', apikey => 'k'),
	videosdk_participant_payload('r', 'p', '{allow_join,NULL}', apikey => 'k'),
	videosdk_participant_payload('', 'p', apikey => 'k'), videosdk_api_payload(NULL, apikey => 'k')]) AS p;

-- NULL not_before, custom_claims and apikey are left out
SELECT videosdk_participant_payload('r', 'p', not_before => NULL, custom_claims => NULL, apikey => NULL);
SELECT videosdk_api_payload(custom_claims => NULL, apikey => NULL);

-- not_before in whole seconds, not earlier than said
SELECT t, videosdk_participant_payload('r', 'p', not_before => t::timestamptz) -> 'nbf'
FROM unnest('{2026-11-24 10:00:00Z, 2026-11-24 10:00:00.000001Z, 1970-01-01 00:00Z, infinity}'::text[]) AS t;
SELECT signed(videosdk_participant_payload('r', 'p', not_before => 'infinity', apikey => 'k'));

-- custom_claims come first, the named arguments win over them, and nothing is dropped
SELECT videosdk_participant_payload('r', 'p', custom_claims => '{"apikey": 1, "permissions": 2, "version": 3, "roomId": 4, "participantId": 5,
	"roles": 6, "iat": 7, "nbf": 8, "exp": 9, "roomID": 10, "z": [1.50, {"iat": 1}]}');
SELECT videosdk_participant_payload('r', 'p', not_before => '2026-11-24 10:00Z', custom_claims => '{"apikey": 1, "nbf": 8}', apikey => 'k');
SELECT videosdk_api_payload(custom_claims => '{"apikey": 1, "permissions": 2, "version": 3, "roomId": "r", "participantId": "p",
	"roles": 6, "iat": 7, "nbf": 8, "exp": 9, "z": [1.50, {"iat": 1}]}');
-- so an exp is refused by signing, an iat begins the lifetime, and an nbf counts
SELECT signed(videosdk_api_payload(custom_claims => '{"exp": 1795518000}', apikey => 'k')), signed(videosdk_participant_payload('r', 'p', custom_claims => '{"exp": null}', apikey => 'k'));
SELECT videosdk_decode_token(videosdk_sign_token(videosdk_participant_payload('r', 'p', custom_claims => '{"iat": 1795514400, "nbf": 1795514500}', apikey => 'k'), secret(), '1 hour'));
SELECT signed(videosdk_api_payload(custom_claims => '{"roomID": "r"}', apikey => 'k'));
SELECT signed(videosdk_api_payload(custom_claims => '[1]', apikey => 'k'));
SELECT outcome($$SELECT videosdk_api_payload(custom_claims => '1')$$);

-- What is planted in the schema of the extension, or before pg_catalog, is not called
BEGIN;
DROP EXTENSION videosdk_token;
CREATE SCHEMA planted;
CREATE FUNCTION planted.to_jsonb(text[]) RETURNS jsonb LANGUAGE sql AS $$SELECT '"planted"'::jsonb$$;
CREATE FUNCTION planted.jsonb_build_object(text, text[], text, int, text, text, text, text, text, jsonb) RETURNS jsonb LANGUAGE sql AS $$SELECT '"planted"'::jsonb$$;
CREATE FUNCTION planted.jsonb_delete(jsonb, text[]) RETURNS jsonb LANGUAGE sql AS $$SELECT '"planted"'::jsonb$$;
CREATE FUNCTION planted.ceil(numeric) RETURNS numeric LANGUAGE sql AS 'SELECT -1.0';
CREATE FUNCTION planted.concat_jsonb(jsonb, jsonb) RETURNS jsonb LANGUAGE sql AS $$SELECT '"planted"'::jsonb$$;
CREATE OPERATOR planted.|| (FUNCTION = planted.concat_jsonb, LEFTARG = jsonb, RIGHTARG = jsonb);
CREATE DOMAIN planted.jsonb AS pg_catalog.int4;
CREATE DOMAIN planted.text AS pg_catalog.int4;
CREATE DOMAIN planted.timestamptz AS pg_catalog.int4;
SET LOCAL search_path = planted, pg_catalog;
CREATE EXTENSION videosdk_token SCHEMA planted;
SELECT videosdk_participant_payload('r', 'p', not_before => '2026-11-24 10:00Z', apikey => 'k');
SELECT videosdk_api_payload(apikey => 'k');
ROLLBACK;
