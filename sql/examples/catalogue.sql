-- An example has been loaded, in silence: be a superuser with psql's and PostgreSQL's own settings again, drop what owner.sql has planted
RESET SESSION AUTHORIZATION;
\set ECHO all
RESET search_path;
DROP FUNCTION format(text, text), jsonb_build_object(text, uuid);
\set ON_ERROR_STOP off
\pset format unaligned
SET client_min_messages = notice;

-- Every function, the schemas, servers and tables, and who may do what with them
SELECT p.oid::regproc AS function, proowner = 'meeting_issuer'::regrole AS is_issuers, prosecdef, proconfig,
	array_agg(grantee::regrole::text ORDER BY grantee::regrole::text) FILTER (WHERE grantee <> proowner) AS executed_by
FROM pg_proc p, aclexplode(coalesce(proacl, acldefault('f', proowner)))
WHERE pronamespace::regnamespace::text IN ('app', 'api', 'desk') GROUP BY p.oid ORDER BY p.oid::regproc::text;
SELECT nspname AS name, grantee::regrole::text, privilege_type FROM pg_namespace, aclexplode(nspacl)
WHERE nspname IN ('app', 'api', 'desk', 'videosdk') AND grantee <> nspowner
UNION SELECT srvname, grantee::regrole::text, privilege_type FROM pg_foreign_server, aclexplode(srvacl)
WHERE grantee <> srvowner
UNION SELECT relname, grantee::regrole::text, privilege_type FROM pg_class, aclexplode(relacl)
WHERE relnamespace::regnamespace::text IN ('app', 'api', 'desk') AND grantee <> relowner ORDER BY 1, 2, 3;
SELECT srvname, srvoptions FROM pg_foreign_server ORDER BY 1;
