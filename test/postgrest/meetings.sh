# shellcheck shell=bash
# To be sourced in the sandbox, in a folder of tests: makes the database meetings of examples/meetings.sql, with an account that is made up,
# on a server whose errors say all that PostgreSQL can say about them.

export SERVER_LOG=$VIDEOSDK_TOKEN_SANDBOX/server.log
export PGDATABASE=meetings

random_hex()
{
	od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

# load_example FILE: what holds a secret must not come into the log, even if the log has all statements
load_example()
{
	PGOPTIONS='-c log_statement=all -c log_transaction_sample_rate=1 -c log_min_duration_statement=0' \
		psql -X -q -f "../../examples/$1" | sed 's/^/# /'
}

psql -X -q -d postgres <<-'SQL'
	ALTER SYSTEM SET log_error_verbosity = verbose;
	ALTER SYSTEM SET log_min_error_statement = error;
	SELECT pg_reload_conf() \g /dev/null
	CREATE DATABASE meetings;
SQL

export VIDEOSDK_APIKEY VIDEOSDK_SECRET
VIDEOSDK_APIKEY=$(cat /proc/sys/kernel/random/uuid)
VIDEOSDK_SECRET=$(random_hex)
load_example meetings.sql
