-- How long a forged token takes to refuse, by the first character of the signature that is wrong: the distribution of many
-- samples, taken in turns and in random order

\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION videosdk_token;

CREATE TABLE forged (place int PRIMARY KEY, token text);
CREATE TABLE samples (place int, nanoseconds float);

-- A character of the signature is replaced by its neighbour in base64url; the last has bits to spare, so it is left out
SELECT videosdk_sign_token('{"apikey": "key", "permissions": ["allow_join"]}', 'secret', '1 hour') AS token \gset
INSERT INTO forged
SELECT place, overlay(token placing translate(substr(token, length(token) - 43 + place, 1),
	'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
	'BADCFEHGJILKNMPORQTSVUXWZYbadcfehgjilknmporqtsvuxwzy1032547698_-') FROM length(token) - 43 + place FOR 1)
FROM generate_series(1, 42) place, (SELECT :'token' AS token) AS signed;

-- A sample is the mean of 1,000 calls
CREATE PROCEDURE take_samples(count int) LANGUAGE plpgsql AS $$
DECLARE
	forgery record;
	start timestamptz;
	refused bigint;
BEGIN
	FOR i IN 1..count LOOP
		FOR forgery IN SELECT * FROM forged ORDER BY random() LOOP
			start = clock_timestamp();
			SELECT count(*) FILTER (WHERE (videosdk_inspect_token(forgery.token, 'secret')).status = 'bad_signature')
			INTO refused FROM generate_series(1, 1000);
			INSERT INTO samples VALUES (forgery.place, extract('epoch' FROM clock_timestamp() - start) * 1e9 / 1000);
			ASSERT refused = 1000, 'a token was refused for another reason';
		END LOOP;
	END LOOP;
END $$;

CALL take_samples(:count);

CREATE TABLE distributions AS
SELECT place, percentile_cont('{0.05, 0.25, 0.5, 0.75, 0.95}'::float[]) WITHIN GROUP (ORDER BY nanoseconds) AS quantiles
FROM samples GROUP BY place;

\pset tuples_only on
\pset format unaligned
SELECT E'\nvideosdk_inspect_token, nanoseconds\n\n| first wrong character | 5 % | 25 % | median | 75 % | 95 % |\n|---|---|---|---|---|---|';
SELECT format('| %s | %s |', place, (SELECT string_agg(round(q)::text, ' | ' ORDER BY q) FROM unnest(quantiles) q))
FROM distributions WHERE place IN (1, 2, 3, 4, 8, 16, 24, 32, 40, 41, 42) ORDER BY place;

-- By how much the median changes from the first character to the last, if it does so evenly; a loop over 32 bytes that stops
-- early changes it by 25 and more
CREATE FUNCTION trend() RETURNS float RETURN (SELECT 42 * regr_slope(quantiles[3], place) FROM distributions);
SELECT E'\n# result: from the first character to the last, the median changes by ' || round(trend()::numeric, 1) || ' ns.';
DO $$ BEGIN
	ASSERT abs(trend()) < 12, 'the time depends on the place';
END $$;
