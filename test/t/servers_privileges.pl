# Each role can do with a server what its privileges say, and no more: a role that has USAGE alone finds no route to the
# server's secret, to another secret in its place, or to a wider token
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use IPC::Run qw(run);
use MIME::Base64 qw(encode_base64);
use Node qw(query run_sql sqlstate start_node);
use PostgreSQL::Test::Utils;
use PrivilegeRoutes qw(routes);
use Sample qw(FOR_EVER OTHER_SECRET SECRET TO_ISSUE create_server payload token);
use SampleWebhook qw(create_webhook_server public_key sign_webhook);
use Session;
use Test::More;
use TokenMaker qw(make_token signature);

my $token = token(payload(FOR_EVER));
my $other_token = make_token(payload(FOR_EVER), OTHER_SECRET);

my $node = start_node('main', 'log_statement = none');

# As run_sql, by a role
sub run_as
{
	my ($role, $sql) = @_;
	return run_sql($node, 'app', $sql, '-U', $role);
}

sub set_up_as
{
	my ($role, $sql) = @_;
	my (undef, $stderr) = run_as($role, $sql);
	die $stderr if $stderr =~ /ERROR/;
	return;
}

# The database's owner installs the extension, and lets another role own the server
my @roles = qw(superuser installer server_owner owner_member issuer issuer_member delegate self_mapped verifier receiver stranger
  reader monitor);
query($node, 'postgres', "CREATE ROLE $_ LOGIN") foreach @roles, 'authenticator';
query($node, 'postgres', <<'SQL');
CREATE DATABASE app OWNER installer;
ALTER ROLE superuser SUPERUSER;
ALTER ROLE authenticator NOINHERIT;
GRANT server_owner TO owner_member;
GRANT issuer TO issuer_member;
GRANT pg_read_all_data TO reader;
GRANT pg_monitor TO monitor;
SQL
set_up_as('installer', <<'SQL');
CREATE EXTENSION videosdk_token;
GRANT USAGE ON FOREIGN DATA WRAPPER videosdk TO server_owner;
GRANT CREATE ON DATABASE app TO issuer, stranger;
SQL
set_up_as('server_owner', <<"SQL");
${\create_server('videosdk', SECRET, "max_expires_in '4 hours', permissions 'allow_join', roles 'rtc'")}
GRANT USAGE ON FOREIGN SERVER videosdk TO issuer WITH GRANT OPTION;
GRANT USAGE ON FOREIGN SERVER videosdk TO self_mapped;
${\create_server('verifying', SECRET, "verify_only 'true'")}
GRANT USAGE ON FOREIGN SERVER verifying TO verifier;
${\create_server('forbidden')}
${\create_webhook_server('webhooks')}
GRANT USAGE ON FOREIGN SERVER webhooks TO receiver;
SQL
set_up_as('issuer', 'GRANT USAGE ON FOREIGN SERVER videosdk TO delegate');
set_up_as('self_mapped',
	"CREATE USER MAPPING FOR self_mapped SERVER videosdk OPTIONS (apikey 'other', secret '${\OTHER_SECRET}')");

# The owner stays connected after a statement that names the secret; pg_stats has what ANALYZE reads
my $owner_session = Session->new($node, 'app', '-U', 'server_owner');
$owner_session->run("ALTER USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (SET secret '${\SECRET}')");
query($node, 'app', 'ANALYZE pg_user_mapping');

# Functions that run a query and return its text, or how it ended: for the current role, and for each role as their owner
my $attempt = <<'SQL';
RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE result text;
BEGIN
	IF query NOT LIKE 'SELECT %' THEN EXECUTE query; RAISE division_by_zero; END IF;
	EXECUTE query INTO result;
	RETURN coalesce(translate(result, E'\n', ' '), '');
EXCEPTION WHEN insufficient_privilege THEN RETURN 'refused'; WHEN division_by_zero THEN RETURN 'done';
END$$
SQL
query($node, 'app', "CREATE FUNCTION attempt(query text) $attempt");
foreach my $role (@roles)
{
	query($node, 'app', <<"SQL");
GRANT $role TO authenticator;
CREATE FUNCTION attempt_as_$role(query text) $attempt SECURITY DEFINER;
ALTER FUNCTION attempt_as_$role OWNER TO $role;
SQL
}

# [name, query, whether its text shows that it was done]; a query that reads has done so if the secret is there
my $issued = sub { return $_[0] =~ /^([^.]+\.[^.]+)\.(.*)$/ && signature($1, SECRET) eq $2 };
my $read = sub { return index($_[0], SECRET) >= 0 };
my $verify = <<"SQL" =~ s/\n/ /gr;
SELECT concat_ws(' ', videosdk_validate_token('$token', 'verifying') ->> 'apikey', status, allowed)
FROM videosdk_check_token('$token', 'verifying'), videosdk_check_join('$token', 'room', 'participant', 'verifying')
SQL
my $body = '{"webhookType":"participant-joined"}';
my $receive = "SELECT videosdk_validate_webhook('$body', '${\sign_webhook($body)}', 'webhooks') ->> 'webhookType'";
my @actions = (
	[ create => 'CREATE SERVER mine FOREIGN DATA WRAPPER videosdk', sub { return $_[0] eq 'done' } ],
	[ issue => "SELECT videosdk_issue_token('${\TO_ISSUE}', '1 hour')", $issued ],
	[ validate => "SELECT videosdk_validate_token('$token')", sub { return $_[0] =~ /^\{.*"key"/ } ],
	[ check => "SELECT status FROM videosdk_check_token('$token')", sub { return $_[0] eq 'valid' } ],
	[ join => "SELECT allowed FROM videosdk_check_join('$token', 'room', 'participant')", sub { return $_[0] eq 'true' } ],
	[ mint => "SELECT videosdk_issue_token('${\TO_ISSUE}', '1 hour', 'verifying')", $issued ],
	[ verify => $verify, sub { return $_[0] eq 'key valid t' } ],
	[ receive => $receive, sub { return $_[0] eq 'participant-joined' } ],
	[ view => "SELECT string_agg(v::text, ' ') FROM pg_user_mappings v", $read ],
	[ schema => "SELECT string_agg(v::text, ' ') FROM information_schema.user_mapping_options v", $read ],
	[ catalogue => "SELECT string_agg(v::text, ' ') FROM pg_user_mapping v", $read ],
	[ stats => "SELECT string_agg(v::text, ' ') FROM pg_stats v WHERE tablename = 'pg_user_mapping'", $read ],
	[ activity => "SELECT string_agg(v::text, ' ') FROM pg_stat_activity v", $read ]);

# superuser and owner read the secret; pg_read_all_data reads catalogues, pg_monitor the statements of others.  Nobody mints
# by a server that is for verifying only.
my $matrix = <<'MATRIX';
superuser:     create issue validate check join verify receive view schema catalogue stats activity psql pg_dump
installer:     create
server_owner:  create issue validate check join verify receive view schema activity psql pg_dump
owner_member:  create issue validate check join verify receive view schema activity psql pg_dump
issuer:        issue validate check join
issuer_member: issue validate check join
delegate:      issue validate check join
self_mapped:   issue validate check join
verifier:      verify
receiver:      receive
stranger:
reader:        catalogue stats
monitor:       activity
MATRIX
my %can = map { /^(\w+): *(.*)$/ ? ($1 => [ split / /, $2 ]) : () } split /\n/, $matrix;

# Ways for a role to act, each as (who connects, what it runs first, the function to call)
my %ways = (
	'connected' => sub { return ($_[0], '', 'attempt') },
	'after SET ROLE by a superuser' => sub { return ('superuser', "SET ROLE $_[0];\n", 'attempt') },
	'after SET ROLE by a role that inherits nothing' =>
	  sub { return ('authenticator', "SET ROLE $_[0];\n", 'attempt') },
	'as the owner of a SECURITY DEFINER function' => sub { return ('authenticator', '', "attempt_as_$_[0]") },
	'as the owner of a SECURITY DEFINER function that a superuser calls' =>
	  sub { return ('superuser', '', "attempt_as_$_[0]") });

foreach my $way (sort keys %ways)
{
	foreach my $role (@roles)
	{
		my ($user, $sql, $attempt) = $ways{$way}->($role);
		$sql .= "SELECT $attempt(\$query\$$_->[1]\$query\$);\n" foreach @actions;
		my ($stdout, $stderr) = run_as($user, $sql);
		my @results = split /\n/, $stdout, -1;
		my @done = map { $_->[0] } grep { $_->[2]->(shift @results // '') } @actions;
		is("@done$stderr", join(' ', grep { !/^(psql|pg_dump)$/ } @{ $can{$role} }), "$role, $way");
	}
}
foreach my $role (@roles)
{
	my ($stdout) = run_as($role, '\deu+');
	run([ 'pg_dump', '-U', $role, '-d', $node->connstr('app') ], '>', \my $dump, '2>', \my $errors);
	my @done = ($read->($stdout) ? 'psql' : (), $read->($dump . $errors) ? 'pg_dump' : ());
	like($stdout, qr/^videosdk\|public/m, "$role, psql's \\deu+: the mapping is there");
	like($dump, qr/^CREATE USER MAPPING FOR "?public"? SERVER videosdk/m, "$role, pg_dump: the mapping is there");
	is("@done", join(' ', grep { /^(psql|pg_dump)$/ } @{ $can{$role} }), "$role, psql's \\deu+ and pg_dump");
}

# The secret as it is, and as functions of PostgreSQL write bytes
my @traces = (SECRET, unpack('H*', SECRET), encode_base64(SECRET, '') =~ s/.{4}$//r, scalar reverse SECRET);

# Afterwards, in the same session: the server's secret signs, another is refused
my $probe = <<"SQL";
\\echo probe
SELECT public.videosdk_issue_token('${\TO_ISSUE}', '1 hour');
SELECT status FROM public.videosdk_check_token('$token');
SELECT status FROM public.videosdk_check_token('$other_token');
SQL

# What a route of a role leads to: its SQLSTATEs, a trace if there is one, and what is wrong in the session afterwards
sub outcome
{
	my ($role, $route) = @_;
	my ($stdout, $stderr) = run_as($role, "$route;\n$probe");
	my @outcome = split / /, sqlstate($stderr);
	my ($printed, $issued_token, @statuses) = split /\n/, $stdout =~ s/.*^probe$/probe/msr;

	push @outcome, 'trace' if grep { index($stdout . $stderr, $_) >= 0 } @traces;
	push @outcome, 'another secret signs' if !$issued->($issued_token // '');
	push @outcome, "the token is $statuses[0], the other $statuses[1]" if "@statuses" ne 'valid bad_signature';
	return join ', ', @outcome;
}

# The owner's success shows that a leak or a change would be noticed
is(outcome('server_owner', 'SELECT * FROM pg_user_mappings'), 'trace', 'a leak would be seen');
my $replace = "BEGIN;\nALTER USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (SET secret '${\OTHER_SECRET}')";
is( outcome('server_owner', $replace),
	'another secret signs, the token is bad_signature, the other valid',
	'another secret would be seen');

my $has_dblink = query($node, 'app', "SELECT count(*) FROM pg_available_extensions WHERE name = 'dblink'");
query($node, 'app', 'CREATE EXTENSION dblink') if $has_dblink;

foreach my $route (routes(OTHER_SECRET, TO_ISSUE))
{
	my ($expected, $sql) = @$route;
  SKIP:
	{
		skip 'dblink is not there', 1 if $sql =~ /dblink/ && !$has_dblink;
		is(outcome('issuer', $sql), $expected, $sql =~ s/\n/ /gr);
	}
}

# A role that may only verify finds no way to mint
my $mint = "SELECT videosdk_issue_token('${\TO_ISSUE}', '1 hour', 'verifying')";
like((run_as('verifier', $mint))[1], qr/ERROR:  42501: server "verifying" is for verifying tokens only\n/, 'it is told why');
foreach my $route (
	"ALTER SERVER verifying OPTIONS (DROP verify_only)",
	"ALTER SERVER verifying OPTIONS (SET verify_only 'false')",
	"SET videosdk_token.allow_unknown_values = on;\n$mint",
	"CREATE SERVER minting FOREIGN DATA WRAPPER videosdk")
{
	is(sqlstate((run_as('verifier', $route))[1]), '42501', "verifier: $route" =~ s/\n/ /r);
}

# PostgreSQL 16 renamed it
my $force_parallel = $node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';

# What a superuser maintains, and what stands in a view or an ordinary function, lends no privilege to its owner or its
# caller
foreach my $owner (qw(issuer stranger))
{
	my $call = "public.videosdk_issue_token('${\TO_ISSUE}', '1 hour')";
	set_up_as($owner, <<"SQL");
CREATE SCHEMA of_$owner;
GRANT USAGE ON SCHEMA of_$owner TO PUBLIC;
CREATE FUNCTION of_$owner.mint() RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN ''text''; END';
CREATE TABLE of_$owner.indexed (number) AS SELECT 1;
CREATE INDEX ON of_$owner.indexed ((number || of_$owner.mint()));
CREATE MATERIALIZED VIEW of_$owner.materialized AS SELECT of_$owner.mint();
CREATE VIEW of_$owner.view AS SELECT $call;
GRANT SELECT ON of_$owner.view TO PUBLIC;
CREATE OR REPLACE FUNCTION of_$owner.mint() RETURNS text IMMUTABLE LANGUAGE plpgsql AS \$\$BEGIN RETURN $call; END\$\$;
SQL
	foreach my $command ("REINDEX TABLE of_$owner.indexed", "ANALYZE of_$owner.indexed",
		"REFRESH MATERIALIZED VIEW of_$owner.materialized")
	{
		my (undef, $stderr) = run_as('superuser', $command);
		is(sqlstate($stderr), $owner eq 'issuer' ? '' : '42501', $command);
	}
	foreach my $caller (qw(issuer stranger))
	{
		my @calls = ("TABLE of_$owner.view", "SELECT of_$owner.mint()", "SET $force_parallel = on;\nSELECT $call");
		my @errors = map { sqlstate((run_as($caller, $_))[1]) } @calls;
		is("@errors", $caller eq 'issuer' ? '  ' : '42501 42501 42501', "what $owner owns, called by $caller");
	}
}

# What its caller sets has no effect within a function of another role
set_up_as('issuer', <<"SQL");
CREATE FUNCTION of_issuer.issue(payload jsonb) RETURNS text LANGUAGE sql SECURITY DEFINER
	AS \$\$SELECT public.videosdk_issue_token(payload, '1 hour')\$\$;
SQL
foreach my $value (qw(off on))
{
	my $call = "SET videosdk_token.allow_unknown_values = $value;\nSELECT of_issuer.issue('${\TO_ISSUE}'";
	is(sqlstate((run_as('stranger', "$call)"))[1]), '', "a caller issues what the function lets, setting $value");
	is(sqlstate((run_as('stranger', "$call\::jsonb || '$_')"))[1]), '22023', "and no more: $_, setting $value")
	  foreach '{"version":1}', '{"roles":["rtc","admin"]}', '{"permissions":["allow_join","record"]}';
}

$owner_session->quit;
ok(!$read->(slurp_file($node->logfile)), 'the secret is not in the log');
$node->stop;
done_testing();
