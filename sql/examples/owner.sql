-- A database whose owner, no superuser, goes on in this session, and who has planted what the examples must not find
\set regression :DBNAME
SET client_min_messages = warning;
SELECT coalesce('SET client_min_messages = warning; ' || string_agg(format('DROP ROLE IF EXISTS %I', name), '; '), 'RESET ROLE') AS drop_roles
FROM unnest(ARRAY['authenticator', 'anon', 'web_user', 'desk_user', 'meeting_issuer']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gset
DROP DATABASE IF EXISTS regress_videosdk_example;
CREATE ROLE regress_videosdk_owner CREATEROLE;
SELECT coalesce(string_agg(format('GRANT %I TO regress_videosdk_owner WITH ADMIN OPTION', rolname), '; '), 'RESET ROLE') AS grant_roles
FROM pg_roles WHERE rolname IN ('authenticator', 'anon', 'web_user', 'desk_user', 'meeting_issuer') \gset
:grant_roles;
CREATE DATABASE regress_videosdk_example OWNER regress_videosdk_owner ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0;
\c regress_videosdk_example
SET SESSION AUTHORIZATION regress_videosdk_owner;
-- Functions that somebody else has planted, which an example must not find in the place of PostgreSQL's
CREATE FUNCTION format(text, text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE ''planted''; END';
CREATE FUNCTION jsonb_build_object(text, uuid) RETURNS jsonb LANGUAGE plpgsql AS 'BEGIN RAISE ''planted''; END';
