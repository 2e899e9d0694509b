-- The extension's members, and the properties and comments of its functions, as \dx and \df show them
SELECT extversion, extrelocatable FROM pg_extension WHERE extname = 'videosdk_token';
SELECT pg_describe_object(classid, objid, objsubid) FROM pg_depend
WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
	AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'videosdk_token')
ORDER BY 1;
\x
SELECT p.proname, pg_get_function_result(p.oid) AS result, pg_get_function_arguments(p.oid) AS arguments,
	p.provolatile AS volatile, p.proparallel AS parallel, p.proisstrict AS strict, p.prosecdef AS definer,
	p.proleakproof AS leakproof, l.lanname AS language, p.proconfig AS config, p.proacl AS privileges,
	obj_description(p.oid, 'pg_proc') AS description
FROM pg_proc AS p JOIN pg_language AS l ON l.oid = p.prolang
WHERE p.proname LIKE 'videosdk%'
ORDER BY p.proname;
\x

-- The wrapper
SELECT fdwhandler, fdwvalidator::regproc, fdwoptions, grantee::regrole, privilege_type, is_grantable,
	obj_description(w.oid, 'pg_foreign_data_wrapper') AS description
FROM pg_foreign_data_wrapper AS w, aclexplode(fdwacl) WHERE fdwname = 'videosdk' AND grantee <> fdwowner;

-- Each member's comment names the page with more
SELECT pg_describe_object(classid, objid, objsubid) FROM pg_depend
WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
	AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'videosdk_token')
	AND coalesce(obj_description(objid, classid::regclass::name), '') NOT LIKE '% (see docs/reference.md)'
ORDER BY 1;

-- It goes where its schema goes, and leaves nothing
BEGIN;
CREATE SCHEMA elsewhere;
ALTER EXTENSION videosdk_token SET SCHEMA elsewhere;
SELECT (elsewhere.videosdk_inspect_token('x')).status;
DROP EXTENSION videosdk_token;
SELECT count(*) FROM pg_proc WHERE proname LIKE 'videosdk%';
ROLLBACK;

-- The setting, once the module is loaded
SELECT (videosdk_inspect_token('x')).status;
SELECT name, setting, boot_val, vartype, context, short_desc FROM pg_settings WHERE name LIKE 'videosdk%';
