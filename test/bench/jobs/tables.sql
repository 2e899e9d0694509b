-- The tables of the three jobs, in a database that has run examples/meetings.sql: psql variables rows, apikey, secret

\set ON_ERROR_STOP on
SET client_min_messages = warning;
SELECT format('ALTER DATABASE %I SET search_path = public, videosdk', current_database()) \gexec
SET search_path = public, videosdk;

-- Tokens for a course: 400 courses, so that each measurement finds some of which nobody has a token
CREATE SERVER courses FOREIGN DATA WRAPPER videosdk
	OPTIONS (max_expires_in '4 hours', required 'roomId, participantId', roles 'rtc');
CREATE USER MAPPING FOR PUBLIC SERVER courses OPTIONS (apikey :'apikey', secret :'secret');

CREATE TABLE courses (course int PRIMARY KEY, room text NOT NULL);
INSERT INTO courses
SELECT c, format('%s-%s-%s', left(md5(c::text), 4), substr(md5(c::text), 5, 4), substr(md5(c::text), 9, 4))
FROM generate_series(1, 400) AS c;

CREATE TABLE students (course int REFERENCES courses, student text, permissions text[] NOT NULL, PRIMARY KEY (course, student));
INSERT INTO students
SELECT course, format('student-%s', n), CASE WHEN n % 100 = 0 THEN '{allow_join,allow_mod}' ELSE '{allow_join}' END::text[]
FROM courses, generate_series(1, 500) AS n;

CREATE TABLE course_tokens (course int, student text, token text NOT NULL, PRIMARY KEY (course, student));

-- A report: a year's tokens.  One in a hundred is signed with another secret, one in ten is still valid.
CREATE TABLE token_log AS
SELECT number, issued_at, videosdk_sign_token(
	jsonb_build_object('iat', floor(extract(epoch FROM issued_at)))
		|| videosdk_participant_payload('2kyv-gzay-64pg', format('participant-%s', number), apikey => :'apikey'),
	:'secret' || CASE WHEN number % 100 = 0 THEN '0' ELSE '' END,
	CASE WHEN number % 10 = 1 THEN interval '2 years' ELSE interval '2 hours' END) AS token
FROM (
	SELECT number, now() - interval '1 day' - number * interval '1 year' / :rows AS issued_at
	FROM generate_series(1, :rows) AS number) numbers;

-- One token by HTTP: a meeting of the example with 500 guests
INSERT INTO app.meetings (id, title, room, starts_at, ends_at)
VALUES (1000, 'Lecture', '2kyv-gzay-64pg', now(), now() + interval '12 hours');
INSERT INTO app.participants (meeting, user_id, kind)
SELECT 1000, format('student-%s', n), 'guest' FROM generate_series(1, 500) AS n;

VACUUM (FREEZE, ANALYZE);
