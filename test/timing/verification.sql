-- How long a forged token takes to refuse, by the first character of the signature that is wrong: the distribution of many
-- samples, taken in turns and in random order

\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION videosdk_token;

CREATE TABLE forged (place int PRIMARY KEY, token text);
CREATE TABLE samples (place int, microseconds float);

-- A character of the signature is replaced by its neighbour in base64url; the last has bits to spare, so it is left out
SELECT videosdk_sign_token('{"apikey": "key", "permissions": ["allow_join"]}', 'secret', '1 hour') AS token \gset
INSERT INTO forged
SELECT place, overlay(token placing translate(substr(token, length(token) - 43 + place, 1),
	'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
	'BADCFEHGJILKNMPORQTSVUXWZYbadcfehgjilknmporqtsvuxwzy1032547698_-') FROM length(token) - 43 + place FOR 1)
FROM generate_series(1, 42) place, (SELECT :'token' AS token) AS signed;

-- A sample is the mean of 100 calls
CREATE PROCEDURE take_samples(count int) LANGUAGE plpgsql AS $$
DECLARE
	forgery record;
	start timestamptz;
	refused bigint;
BEGIN
	FOR i IN 1..count LOOP
		FOR forgery IN SELECT * FROM forged ORDER BY random() LOOP
			start = clock_timestamp();
			SELECT count((videosdk_inspect_token(forgery.token, 'secret')).status) INTO refused FROM generate_series(1, 100);
			INSERT INTO samples VALUES (forgery.place, extract('epoch' FROM clock_timestamp() - start) * 1e6 / 100);
		END LOOP;
	END LOOP;
END $$;

SELECT bool_and(status = 'bad_signature' AND detail = 'The signature was not made with this secret.') AS all_are_refused
FROM forged, videosdk_inspect_token(token, 'secret');
CALL take_samples(:count);

CREATE TABLE distributions AS
SELECT place, percentile_cont('{0.05, 0.25, 0.5, 0.75, 0.95}'::float[]) WITHIN GROUP (ORDER BY microseconds) AS quantiles
FROM samples GROUP BY place;

\pset tuples_only on
\pset format unaligned
SELECT E'\nvideosdk_inspect_token, microseconds\n\n| first wrong character | 5 % | 25 % | median | 75 % | 95 % |\n|---|---|---|---|---|---|';
SELECT format('| %s | %s |', place, (SELECT string_agg(round(q::numeric, 3)::text, ' | ' ORDER BY q) FROM unnest(quantiles) q))
FROM distributions WHERE place IN (1, 2, 3, 4, 8, 16, 24, 32, 40, 41, 42) ORDER BY place;
SELECT E'\nGreatest median : least, of all 42: ' || round((max(quantiles[3]) / min(quantiles[3]))::numeric, 3) || '; correlation of place and time: ' ||
	(SELECT round(corr(place, microseconds)::numeric, 4) FROM samples JOIN distributions USING (place) WHERE microseconds < 2 * quantiles[3])
FROM distributions;
DO $$ BEGIN
	ASSERT (SELECT max(quantiles[3]) / min(quantiles[3]) < 1.05 FROM distributions), 'the time depends on the place';
END $$;
