# With PgBouncer in transaction mode, 50 clients share a few sessions, each of which serves every tenant in turn: all tokens
# are issued and validated without an error, and no session lends one tenant's credential to another.  Prepared statements work, in
# transaction mode from PgBouncer 1.21 on, and before in session mode.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use IPC::Run qw(start);
use Node qw(query start_node);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant {
	CLIENTS => 50,
	TRANSACTIONS => 20,
	POOL_SIZE => 4,
	TENANTS => 5,
};

my $node = start_node('main');

# A tenant is a role with USAGE on the server of its own name, and no other privilege
my $tenants = '';
foreach my $tenant (map { "tenant_$_" } 1 .. TENANTS)
{
	my $secret = "secret of $tenant " . 'x' x 32;
	$tenants .= <<"SQL";
CREATE ROLE $tenant;
GRANT $tenant TO authenticator;
CREATE SERVER $tenant FOREIGN DATA WRAPPER videosdk;
CREATE USER MAPPING FOR PUBLIC SERVER $tenant OPTIONS (apikey 'apikey of $tenant', secret '$secret');
GRANT USAGE ON FOREIGN SERVER $tenant TO $tenant;
SQL
}

# Tables for what was issued, and for the verdicts of the tenant's own server and of another's
query($node, 'postgres', <<"SQL");
CREATE EXTENSION videosdk_token;
CREATE ROLE authenticator LOGIN NOINHERIT;
$tenants
CREATE TABLE tokens (client int, tenant name DEFAULT current_role, backend int DEFAULT pg_backend_pid(), n serial,
	token text);
CREATE TABLE verdicts (client int, tenant name DEFAULT current_role, backend int DEFAULT pg_backend_pid(), own text,
	another text);
CREATE INDEX ON tokens (client, tenant, n);
GRANT INSERT, SELECT ON tokens, verdicts TO PUBLIC;
GRANT USAGE ON SEQUENCE tokens_n_seq TO PUBLIC;
CREATE FUNCTION issue(client text, server name) RETURNS text LANGUAGE plpgsql AS \$\$
BEGIN
	RETURN videosdk_issue_token(videosdk_participant_payload('room', client), '1 hour', server);
END\$\$;
CREATE FUNCTION attempt(token text, server name) RETURNS text LANGUAGE plpgsql AS \$\$
BEGIN
	RETURN videosdk_validate_token(token, server);
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END\$\$;
SQL

# PgBouncer, on a socket of its own
my $folder = PostgreSQL::Test::Utils::tempdir_short();
my $port = PostgreSQL::Test::Cluster::get_free_port();
my ($server_host, $server_port, $pool_size) = ($node->host, $node->port, POOL_SIZE);
$ENV{PATH} .= ':/usr/sbin';    # where Debian has it
my ($version) = (run_command([ 'pgbouncer', '--version' ]))[0] =~ /PgBouncer 1\.(\d+)/;
my ($mode, $setting) = $version >= 21 ? ('transaction', 'max_prepared_statements = 10') : ("session pool_size=${\CLIENTS}", '');
append_to_file("$folder/pgbouncer.ini", <<"INI");
[databases]
postgres = host=$server_host port=$server_port user=authenticator
prepared = host=$server_host port=$server_port user=authenticator dbname=postgres pool_mode=$mode

[pgbouncer]
listen_addr =
listen_port = $port
unix_socket_dir = $folder
auth_type = any
pool_mode = transaction
default_pool_size = $pool_size
$setting
INI
my $connection = "host=$folder port=$port dbname=postgres";
my $log = '';
my $pgbouncer = start([ 'pgbouncer', "$folder/pgbouncer.ini" ], '>&', \$log);

END
{
	local $?;
	$pgbouncer->kill_kill if $pgbouncer;
}

my $attempts = 10 * $PostgreSQL::Test::Utils::timeout_default;
until (run_log([ 'psql', '-X', '-c', 'SELECT', $connection ]))
{
	$pgbouncer->pump_nb;
	die "PgBouncer does not answer: $log" if --$attempts == 0 || !$pgbouncer->pumpable;
	select undef, undef, undef, 0.1;
}

# A request as PostgREST makes it: the role is set for the transaction.  The second is often served by another session.
append_to_file("$folder/script", <<'SQL');
\set tenant random(1, :tenants)
\set another 1 + :tenant % :tenants
BEGIN;
SELECT set_config('role', 'tenant_' || :tenant, true);
INSERT INTO tokens (client, token) VALUES (:client_id, issue(:client_id::text, current_role));
COMMIT;
BEGIN;
SELECT set_config('role', 'tenant_' || :tenant, true);
INSERT INTO verdicts (client, own, another)
SELECT client, attempt(token, current_role), attempt(token, 'tenant_' || :another)
FROM tokens WHERE client = :client_id AND tenant = current_role ORDER BY n DESC LIMIT 1;
COMMIT;
SQL

my $all = CLIENTS * TRANSACTIONS;
my @counts = ('-n', '-c', CLIENTS, '-j', '2', '-t', TRANSACTIONS, '-D', 'tenants=' . TENANTS);
foreach my $protocol (qw(simple extended))
{
	command_checks_all(
		[ 'pgbench', @counts, '-M', $protocol, '-f', "$folder/script", $connection ],
		0,
		[qr{number of transactions actually processed: $all/$all\b}],
		[qr/^(?!.*(error|abort))/is],
		"$protocol protocol");
}

is(query($node, 'postgres', 'SELECT count(*), count(DISTINCT client) FROM tokens'),
	2 * $all . '|' . CLIENTS, 'every client has issued all of its tokens');
is( query($node, 'postgres', <<'SQL'),
SELECT own::jsonb ->> 'apikey' = 'apikey of ' || tenant, own::jsonb ->> 'participantId' = client::text, another,
	count(*)
FROM verdicts GROUP BY 1, 2, 3
SQL
	't|t|42501|' . 2 * $all,
	"every token is valid for the tenant's own server, and no tenant uses another's");
is( query($node, 'postgres', <<'SQL'),
SELECT count(*), min(tenants) FROM (SELECT count(DISTINCT tenant) AS tenants FROM tokens GROUP BY backend) b
SQL
	POOL_SIZE . '|' . TENANTS,
	'a few sessions served all, each of them every tenant');

# Each client prepares its statements once.  It has a thread of its own, because pgbench lets all clients of a thread wait until a
# statement is prepared, and one of them may have the session that it is waiting for.
command_checks_all(
	[ 'pgbench', @counts, '-j', CLIENTS, '-M', 'prepared', '-f', "$folder/script", $connection =~ s/dbname=postgres/dbname=prepared/r ],
	0,
	[qr{number of transactions actually processed: $all/$all\b}],
	[qr/^(?!.*(error|abort))/is],
	"prepared statements, pool_mode=$mode");
is(query($node, 'postgres', "SELECT count(*), count(*) FILTER (WHERE own ~ 'apikey' AND another = '42501') FROM verdicts"),
	3 * $all . '|' . 3 * $all, 'all verdicts are right');

$pgbouncer->signal('INT');
ok($pgbouncer->finish, 'PgBouncer has ended');
undef $pgbouncer;
$node->stop;
done_testing();
