# A database that is dumped and restored into a new cluster validates the tokens issued before.  A dump without the secret
# can be restored, too: issuing then says what is missing, and the statement of its hint mends it.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use Node qw(query run_sql start_node);
use PostgreSQL::Test::Utils;
use Sample qw(FOR_EVER create_server);
use SampleWebhook qw(other_public_key public_key sign_webhook);
use Test::More;
use TokenMaker qw(make_token);

# With every character that an option's value must be quoted for
use constant {
	APIKEY => q{0b1c{d}'"\\,e},
	SECRET => qq{5f0c1e7b9a3d'' 48=26\\5b,"7c9e"{1f}0a2d\xc3\xa94c6e},
	SERVER => q{"my ""video"" server"},
};
use constant {
	PREVIOUS_APIKEY => 'before ' . APIKEY,
	PREVIOUS_SECRET => 'before ' . SECRET,
};

my $dumps = PostgreSQL::Test::Utils::tempdir();
my $roles = <<'SQL';
CREATE ROLE admin LOGIN SUPERUSER;
CREATE ROLE owner LOGIN;
CREATE ROLE issuer LOGIN;
CREATE ROLE stranger LOGIN;
CREATE ROLE backup LOGIN;
GRANT pg_read_all_data TO backup;
SQL

sub new_node
{
	my ($name) = @_;
	my $node = start_node($name);
	query($node, 'postgres', $roles);
	return $node;
}

sub quoted
{
	my ($value) = @_;
	return "'" . $value =~ s/'/''/gr . "'";
}

# A statement that issues a token, and one that counts the old tokens that are valid
sub issue
{
	my ($expires_in) = @_;
	my ($payload, $server) = (q{ext.videosdk_participant_payload('room', 'participant')}, quoted(server_name()));
	return "SELECT ext.videosdk_validate_token(ext.videosdk_issue_token($payload, '$expires_in', $server), $server)"
	  . " ->> 'roomId'";
}

sub count_valid
{
	my $server = quoted(server_name());
	return "SELECT count(*) FROM tokens WHERE ext.videosdk_validate_token(token, $server) = payload";
}

sub server_name
{
	return SERVER =~ s/^"|"$//gr =~ s/""/"/gr;
}

# A database of a role that is no superuser: it installed the extension, owns the server, and has issued three tokens
my $old = new_node('old');
my ($apikey, $secret, $server) = (quoted(APIKEY), quoted(SECRET), SERVER);
my ($previous_apikey, $previous_secret) = (quoted(PREVIOUS_APIKEY), quoted(PREVIOUS_SECRET));
my $server_literal = quoted(server_name());
query($old, 'postgres', 'CREATE DATABASE app OWNER owner');
query($old, 'app', <<"SQL", '-U', 'owner');
CREATE SCHEMA ext;
CREATE EXTENSION videosdk_token SCHEMA ext;
CREATE SERVER $server FOREIGN DATA WRAPPER videosdk
	OPTIONS (max_expires_in '4 hours', permissions 'allow_join, ask_join', roles 'rtc', required 'roomId, participantId',
		revoked_before '2026-01-01 01:00:00+01');
CREATE USER MAPPING FOR PUBLIC SERVER $server OPTIONS (apikey $apikey, secret $secret,
	previous_apikey $previous_apikey, previous_secret $previous_secret, previous_until '9999-12-31T00:00:00Z');
CREATE SERVER verifying FOREIGN DATA WRAPPER videosdk
	OPTIONS (verify_only 'yes', webhook_public_key '${\other_public_key()}${\public_key()}');
CREATE USER MAPPING FOR PUBLIC SERVER verifying OPTIONS (apikey $apikey, secret $secret);
GRANT USAGE ON FOREIGN SERVER $server, verifying TO issuer;
GRANT USAGE ON SCHEMA ext TO issuer, stranger;
CREATE TABLE tokens (token text, payload jsonb GENERATED ALWAYS AS (ext.videosdk_decode_token(token)) STORED);
CREATE INDEX ON tokens ((ext.videosdk_decode_token(token) ->> 'participantId'));
GRANT SELECT ON tokens TO issuer;
INSERT INTO tokens
SELECT ext.videosdk_issue_token(ext.videosdk_participant_payload('room', n::text), '1 hour', $server_literal)
FROM generate_series(1, 3) n;
SQL
my $new = new_node('new');

# Dump as a role; the file
sub dump_as
{
	my ($role, $format) = @_;
	my $file = "$dumps/$role.$format";
	$old->command_ok([ 'pg_dump', '--username', $role, '--format', $format, '--file', $file, $old->connstr('app') ],
		"$role dumps, format $format");
	return $file;
}

# Restore as a role into a new database, where any error is a failure
sub restore_as
{
	my ($role, $database, $file, @options) = @_;
	my @connection = ('--username', $role, '--dbname', $new->connstr($database));
	my @command =
	    $file =~ /custom$/
	  ? ('pg_restore', '--exit-on-error', @connection, @options, $file)
	  : ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', @connection, '-f', $file);
	query($new, 'postgres', "CREATE DATABASE $database OWNER owner TEMPLATE template0");
	$new->command_ok(\@command, "$role restores $database");
}

# What a role receives for SQL: rows, and the error with its SQLSTATE
sub run_as
{
	my ($role, $database, $sql) = @_;
	my ($stdout, $stderr) = run_sql($new, $database, $sql, '-U', $role);
	return $stdout . ($stderr =~ s/^psql:<stdin>:\d+: //r =~ s/\nLOCATION:.*//r);
}

# Tokens of the previous pair: one that counts, and one that is revoked
my $previous_claims = '"apikey":"' . PREVIOUS_APIKEY =~ s/(["\\])/\\$1/gr . '","permissions":["allow_join"]';
my ($previous, $revoked) =
  map { make_token("{$previous_claims,\"iat\":$_,${\FOR_EVER}}", PREVIOUS_SECRET) } 1767225600, 1767225599;

# A restored database does all that the old one could, with the previous pair or, where the dump has none, without
sub works
{
	my ($database, $has_previous) = @_;
	is(run_as('issuer', $database, count_valid()), '3', "$database: tokens issued before are valid");
	is(run_as('issuer', $database, issue('4 hours')), 'room', "$database: issues and validates");
	like(run_as('issuer', $database, issue('5 hours')), qr/ERROR:  22023: /, "$database: the server's limits hold");
	like(
		run_as('issuer', $database, issue('1 hour') =~ s/'participant'\)\K/ - 'participantId'/r),
		qr/ERROR:  22023: claim "participantId" is missing/, "$database: it requires what it did");
	my $check = join ', ', map { "(ext.videosdk_check_token('$_', $server_literal)).status" } $previous, $revoked;
	is(run_as('issuer', $database, "SELECT $check"), $has_previous ? 'valid|revoked' : 'bad_signature|bad_signature',
		"$database: the previous pair, and what is revoked");
	my $body = '{"webhookType": "participant-joined"}';
	is(run_as('issuer', $database, "SELECT ext.videosdk_validate_webhook('$body', '${\sign_webhook($body)}', 'verifying')"),
		$body, "$database: the keys of webhooks");
	like(run_as('stranger', $database, issue('1 hour')), qr/ERROR:  42501: /, "$database: USAGE is needed");
	is(run_as('issuer', $database, 'SELECT count(*) FROM pg_user_mappings WHERE umoptions IS NOT NULL'),
		'0', "$database: the secret is hidden");
}

# Where the secret is missing, an error says so and its hint has the statement to run, in which the values are to be filled in
sub mends
{
	my ($database, $message, $hint) = @_;
	foreach my $sql (issue('1 hour'), count_valid())
	{
		like(run_as('issuer', $database, $sql), qr/^ERROR:  42704: \Q$message\E.*\nHINT:  .*\Q$hint\E.*$/,
			"$database: says what is missing");
	}
	my @values = ($apikey, $secret);
	is(run_as('owner', $database, $hint =~ s/'\.\.\.'/shift @values/ger), '', "$database: the hint's statement runs");
	works($database, 0);
}

my %dump;
$dump{$_} = dump_as($_, 'plain') foreach qw(admin owner backup);
my $custom = dump_as('admin', 'custom');

# The dumps of superusers and of the server's owner have the secret
foreach my $role (qw(admin owner))
{
	like(slurp_file($dump{$role}), qr/5f0c1e7b9a3d/, "the dump by $role has the secret");
	restore_as($role, "plain_by_$role", $dump{$role});
	works("plain_by_$role", 1);
}
restore_as('owner', 'custom_by_owner', $custom);
works('custom_by_owner', 1);

# With every option as it was; pg_dump sorts them
my $options = <<'SQL';
SELECT srvname, pg_options_to_table(srvoptions || umoptions) FROM pg_foreign_server JOIN pg_user_mappings USING (srvname)
ORDER BY 1, 2
SQL
foreach my $database (qw(plain_by_admin plain_by_owner custom_by_owner))
{
	is(query($new, $database, $options), query($old, 'app', $options), "$database: all options");
	like(run_as('issuer', $database, issue('1 hour') =~ s/\Q$server_literal\E/'verifying'/r),
		qr/ERROR:  42501: server "verifying" is for verifying tokens only/, "$database: the other server only verifies");
}

# The dump of another role has a mapping without options
unlike(slurp_file($dump{backup}), qr/5f0c1e7b9a3d/, 'the dump by a role that only reads has no secret');
restore_as('owner', 'without_options', $dump{backup});
mends(
	'without_options',
	'user mapping for PUBLIC of server "' . server_name() . '" has no ',
	"ALTER USER MAPPING FOR PUBLIC SERVER $server OPTIONS (ADD apikey '...', ADD secret '...')");

# pg_restore can leave the mapping out
my ($list) = run_command([ 'pg_restore', '--list', $custom ]);
like($list, qr/^\d.* USER MAPPING /m, 'the list of a dump has the mapping');
append_to_file("$dumps/list", $list =~ s/^(?=.* USER MAPPING )/;/mgr);
restore_as('owner', 'without_mapping', $custom, '--use-list', "$dumps/list");
mends(
	'without_mapping',
	'server "' . server_name() . '" has no user mapping for PUBLIC',
	"CREATE USER MAPPING FOR PUBLIC SERVER $server OPTIONS (apikey '...', secret '...')");

# A trigger lets valid tokens in only.  It checks what is written, and not what is restored, as a CHECK would: a token that has been
# revoked since is restored.
query($old, 'postgres', 'CREATE DATABASE tickets');
query($old, 'tickets', <<"SQL");
CREATE EXTENSION videosdk_token;
${\create_server()}
CREATE TABLE tickets (token text);
CREATE FUNCTION require_valid_token() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS \$\$
DECLARE
	status text := (videosdk_check_token(NEW.token)).status;
BEGIN
	IF status <> 'valid' THEN
		RAISE check_violation USING MESSAGE = status;
	END IF;
	RETURN NEW;
END\$\$;
CREATE TRIGGER valid BEFORE INSERT OR UPDATE OF token ON tickets FOR EACH ROW EXECUTE FUNCTION require_valid_token();
INSERT INTO tickets SELECT videosdk_issue_token(videosdk_api_payload(), '1 hour');
ALTER SERVER videosdk OPTIONS (ADD revoked_before '9999-12-31T00:00:00Z');
SQL
like((run_sql($old, 'tickets', 'INSERT INTO tickets TABLE tickets'))[1], qr/ERROR:  23514: revoked/, 'the trigger refuses what is revoked');
my $tickets = "$dumps/tickets";
$old->command_ok([ 'pg_dump', '--file', $tickets, $old->connstr('tickets') ], 'a table with such a trigger is dumped');
restore_as('admin', 'tickets', $tickets);
is(query($new, 'tickets', 'SELECT (videosdk_check_token(token)).status FROM tickets'), 'revoked', 'with what would not be written any more');

$old->stop;
$new->stop;
done_testing();
