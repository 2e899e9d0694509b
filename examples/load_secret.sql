-- Load the secret of a VideoSDK account into a server, or rotate it, and keep it out of the log.  For whoever runs the database:
--
--     VIDEOSDK_APIKEY=... VIDEOSDK_SECRET=... psql -d meetings -f examples/load_secret.sql
--
-- As a superuser, who alone can keep a statement out of the log.  The server must be there; -v server=NAME if it is not videosdk.
-- Without VIDEOSDK_APIKEY, the API key stays.
--
-- If the server has a secret, that becomes the previous one: this database accepts its tokens for -v keep='1 day' more, which should be
-- the longest lifetime of a token.  -v keep=0 if it has leaked: only tokens of the secret that you load are accepted, at once.
\set ON_ERROR_STOP on
SET search_path = pg_catalog, pg_temp;		-- nobody's objects are found in the place of PostgreSQL's
\if :{?server}
\else
	\set server videosdk
\endif
\if :{?keep}
\else
	\set keep '1 day'
\endif

-- Not inside a transaction: PostgreSQL decides when one begins whether to log it as a sample.
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SET log_min_duration_statement = -1;
SET log_min_duration_sample = -1;
SET log_transaction_sample_rate = 0;
SET pg_stat_statements.track_utility = off;
SET auto_explain.log_min_duration = -1;

-- Errors in what was passed come before there is a secret that psql could show with them
SELECT interval :'keep' > '0' AS is_kept,
	to_char((clock_timestamp() + :'keep') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS until \gset
SELECT has_server_privilege(:'server', 'USAGE') \g /dev/null

\getenv secret VIDEOSDK_SECRET
\if :{?secret}
\else
	DO 'BEGIN RAISE ''VIDEOSDK_SECRET is not set''; END';
\endif

-- What the server's mapping has
SELECT count(umid) > 0 AS is_mapped, coalesce(jsonb_object_agg(option_name, option_value) FILTER (WHERE option_name IS NOT NULL), '{}') AS old
FROM pg_foreign_server AS s LEFT JOIN pg_user_mappings AS m ON m.srvid = s.oid AND umuser = 0
	LEFT JOIN LATERAL pg_options_to_table(umoptions) ON true
WHERE s.srvname = :'server' \gset

SELECT coalesce(jsonb :'old' ->> 'apikey', '') AS apikey \gset
\getenv apikey VIDEOSDK_APIKEY
SELECT :'apikey' = '' AS has_no_apikey, :'is_kept' AND coalesce(jsonb :'old' ->> 'secret' = :'secret', false) AS is_same,
	:'is_kept' AND coalesce((jsonb :'old' ->> 'previous_until')::timestamptz > clock_timestamp(), false) AS is_early \gset
\if :has_no_apikey
	DO 'BEGIN RAISE ''VIDEOSDK_APIKEY is not set''; END';
\elif :is_same
	DO 'BEGIN RAISE ''VIDEOSDK_SECRET is the secret that the server has''; END';
\elif :is_early
	DO 'BEGIN RAISE ''the secret before the current one is still accepted'' USING HINT =
		''Rotate after its previous_until, or with -v keep=0, which refuses the tokens of both at once.''; END';
\endif

-- What it shall have; a NULL is dropped
WITH options (name, value) AS (
	VALUES ('apikey', :'apikey'), ('secret', :'secret')
	UNION ALL
	SELECT name, CASE WHEN :'is_kept' AND jsonb :'old' ? 'secret' THEN value END
	FROM (VALUES ('previous_secret', jsonb :'old' ->> 'secret'),
		('previous_until', :'until'),
		('previous_apikey', nullif(jsonb :'old' ->> 'apikey', :'apikey'))) AS previous (name, value)
)
SELECT format('%s USER MAPPING FOR PUBLIC SERVER %I OPTIONS (%s)', CASE WHEN :'is_mapped' THEN 'ALTER' ELSE 'CREATE' END, :'server',
	string_agg(CASE WHEN value IS NULL THEN 'DROP ' || name
		ELSE format('%s %s %L', CASE WHEN jsonb :'old' ? name THEN 'SET' WHEN :'is_mapped' THEN 'ADD' END, name, value) END, ', '))
FROM options WHERE value IS NOT NULL OR jsonb :'old' ? name \gexec
\unset secret
\unset old
