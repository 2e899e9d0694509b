# A credential, a limit or a privilege that changes between two calls of one expression is seen by the second
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use MIME::Base64 qw(decode_base64url);
use Node qw(query start_node);
use Sample qw(FOR_EVER OTHER_SECRET SECRET TO_ISSUE create_server payload token);
use SampleWebhook qw(create_webhook_server other_public_key public_key sign_webhook);
use Session;
use Test::More;
use Time::HiRes qw(usleep);
use TokenMaker qw(signature);

my $node = start_node('main', 'max_parallel_workers = 0');

# A caller tells what a call returned, and takes a step before the second call: a change by a superuser in the same session,
# by the caller, or by another session for which the caller waits
query($node, 'postgres', <<'SQL');
CREATE EXTENSION videosdk_token;
CREATE ROLE caller;
CREATE ROLE stranger;
CREATE ROLE team;
GRANT stranger TO caller;
CREATE FUNCTION tell(what text) RETURNS text LANGUAGE plpgsql
	AS $$BEGIN RAISE NOTICE 'told %', what; RETURN what; END$$;
CREATE FUNCTION step_by_superuser(number int, change text) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER
	AS $$BEGIN IF number = 2 THEN EXECUTE change; END IF; RETURN true; END$$;
CREATE FUNCTION step_by_caller(number int, change text) RETURNS bool LANGUAGE plpgsql
	AS $$BEGIN IF number = 2 THEN EXECUTE change; END IF; RETURN true; END$$;
CREATE FUNCTION step_by_another_session(number int, change text) RETURNS bool LANGUAGE plpgsql
	AS $$BEGIN IF number = 2 THEN PERFORM pg_advisory_xact_lock(1); END IF; RETURN true; END$$;
SQL

# SQL that takes back the changes before, and makes servers for the caller
my $limits = "max_expires_in '1 day', permissions 'allow_join', roles 'rtc'";
my $reset = <<"SQL";
DROP SERVER IF EXISTS videosdk CASCADE;
DROP SERVER IF EXISTS other CASCADE;
REVOKE team FROM caller;
ALTER ROLE caller NOSUPERUSER;
ALTER DATABASE postgres OWNER TO team;
SELECT 'ALTER FOREIGN DATA WRAPPER renamed RENAME TO videosdk' FROM pg_foreign_data_wrapper WHERE fdwname = 'renamed' \\gexec
${\create_server('videosdk', SECRET, $limits)}
${\create_server('other', OTHER_SECRET)}
GRANT USAGE ON FOREIGN SERVER videosdk, other TO caller;
SQL

# The calls, which are good before each change
my $token = token(payload(FOR_EVER));
my $payload = TO_ISSUE;
my %calls = (
	issue => "videosdk_issue_token('$payload', '1 hour')",
	validate => "videosdk_validate_token('$token')",
	check => "(videosdk_check_token('$token')).status",
	join => "coalesce((videosdk_check_join('$token', 'room', 'participant')).code::text, 'allowed')");
my @functions = qw(issue validate check join);

# [change, the outcomes of these functions afterwards, SQL that it needs beforehand, their outcomes then]
my $denied = [ ('42501') x 4 ];
my $lost = [ ('42704') x 4 ];
my $unchanged = [ 'old secret, key', 'valid', 'valid', 'allowed' ];
my $rotated = [ 'new secret, key', 'valid', 'valid', 'allowed' ];
my $replaced = [ 'new secret, key', '28V01', 'bad_signature', '4002' ];
my $limited = [ '22023', 'valid', 'valid', 'allowed' ];
my $alter_mapping = 'ALTER USER MAPPING FOR PUBLIC SERVER videosdk';
my $rotate = "$alter_mapping OPTIONS (SET secret '${\OTHER_SECRET}', ADD previous_secret '${\SECRET}', "
  . "ADD previous_until '9999-12-31T00:00:00Z')";
my @changes = (
	[ 'REVOKE USAGE ON FOREIGN SERVER videosdk FROM caller', $denied ],
	[ 'REVOKE team FROM caller', $denied, <<'SQL' ],
GRANT team TO caller;
REVOKE USAGE ON FOREIGN SERVER videosdk FROM caller;
GRANT USAGE ON FOREIGN SERVER videosdk TO team;
SQL
	[ 'ALTER SERVER videosdk OWNER TO team', $denied, <<'SQL' ],
REVOKE USAGE ON FOREIGN SERVER videosdk FROM caller;
ALTER ROLE caller SUPERUSER;
ALTER SERVER videosdk OWNER TO caller;
ALTER ROLE caller NOSUPERUSER;
SQL
	[ 'ALTER ROLE caller NOSUPERUSER', $denied, <<'SQL' ],
REVOKE USAGE ON FOREIGN SERVER videosdk FROM caller;
ALTER ROLE caller SUPERUSER;
SQL
	[ 'ALTER DATABASE postgres OWNER TO team', $denied, <<'SQL' ],
ALTER DATABASE postgres OWNER TO caller;
REVOKE USAGE ON FOREIGN SERVER videosdk FROM caller;
GRANT USAGE ON FOREIGN SERVER videosdk TO pg_database_owner;
SQL
	[ 'ALTER FOREIGN DATA WRAPPER videosdk RENAME TO renamed', [ ('42809') x 4 ] ],
	[ "$alter_mapping OPTIONS (SET secret '${\OTHER_SECRET}')", $replaced ],
	[ "$alter_mapping OPTIONS (SET apikey 'new')", [ 'old secret, new', '28V04', 'bad_payload', '4001' ] ],
	[ "$alter_mapping OPTIONS (DROP apikey, DROP secret)", $lost ],
	[ $rotate, $rotated ],
	[ "$alter_mapping OPTIONS (SET previous_until '2026-01-01T00:00:00Z')", $replaced, $rotate, $rotated ],
	[ "$alter_mapping OPTIONS (SET previous_secret '${\scalar reverse SECRET}')", $replaced, $rotate, $rotated ],
	[ "$alter_mapping OPTIONS (DROP previous_secret, DROP previous_until)", $replaced, $rotate, $rotated ],
	[
		"$alter_mapping OPTIONS (ADD previous_apikey 'another')", [ 'new secret, key', '28V04', 'bad_payload', '4002' ],
		$rotate, $rotated
	],
	[ 'DROP USER MAPPING FOR PUBLIC SERVER videosdk', $lost ],
	[ "ALTER SERVER videosdk OPTIONS (SET max_expires_in '1 minute')", $limited ],
	[ "ALTER SERVER videosdk OPTIONS (SET permissions 'ask_join')", $limited ],
	[ "ALTER SERVER videosdk OPTIONS (SET roles 'crawler')", $limited ],
	[ "ALTER SERVER videosdk OPTIONS (ADD required 'roomId')", $limited ],
	[ "ALTER SERVER videosdk OPTIONS (ADD verify_only 'true')", [ '42501', 'valid', 'valid', 'allowed' ] ],
	[
		"ALTER SERVER videosdk OPTIONS (ADD revoked_before '2026-01-01T00:00:00Z')",
		[ 'old secret, key', '28V05', 'revoked', '4002' ]
	],
	[ 'DROP SERVER videosdk CASCADE', $lost ],
	[ 'ALTER SERVER videosdk RENAME TO renamed', $lost, 'DROP SERVER IF EXISTS renamed CASCADE' ],
	[ 'DROP SERVER videosdk CASCADE; ALTER SERVER other RENAME TO videosdk', $replaced ],
	[ <<"SQL", $replaced ],
DROP SERVER videosdk CASCADE;
${\create_server('videosdk', OTHER_SECRET)}
GRANT USAGE ON FOREIGN SERVER videosdk TO caller;
SQL
);

# The same, of what only the caller can do
my @changes_by_caller = (
	[ 'SET ROLE stranger', $denied ],
	[ 'SET SESSION AUTHORIZATION stranger', $denied ],
	[ "CREATE USER MAPPING FOR caller SERVER videosdk OPTIONS (apikey 'new', secret '${\OTHER_SECRET}')", $unchanged ]);

# SQL that makes a call twice by one expression in one transaction, with a step before the second call
my %frames = (
	'a loop' => sub {
		my ($call, $step) = @_;
		return "DO \$do\$ BEGIN FOR i IN 1..2 LOOP PERFORM $step; RAISE NOTICE 'told %', $call; END LOOP; END \$do\$;";
	},
	'one statement' => sub {
		my ($call, $step) = @_;
		return "SELECT tell($call\::text) FROM generate_series(1, 2) i WHERE $step;";
	},
	'a cursor' => sub {
		my ($call, $step) = @_;
		return "DECLARE c CURSOR FOR SELECT tell($call\::text) FROM generate_series(1, 2);\nFETCH c;\n"
		  . "SELECT $step FROM generate_series(2, 2) i;\nFETCH c;";
	},
	'a prepared statement' => sub {
		my ($call, $step) = @_;
		return "PREPARE p AS SELECT tell($call\::text);\nEXECUTE p;\n"
		  . "SELECT $step FROM generate_series(2, 2) i;\nEXECUTE p;";
	},

	# A third call after the change has been rolled back
	'a loop that undoes it' => sub {
		my ($call, $step) = @_;
		return <<"SQL";
DO \$do\$ BEGIN
	FOR i IN 1..3 LOOP
		BEGIN
			PERFORM $step;
			RAISE NOTICE 'told %', $call;
			IF i = 2 THEN RAISE division_by_zero; END IF;
		EXCEPTION WHEN division_by_zero THEN RAISE NOTICE 'told undone'; WHEN OTHERS THEN RAISE NOTICE 'told %', SQLSTATE;
		END;
	END LOOP;
END \$do\$;
SQL
	});

my $caller = Session->new($node, 'postgres');
my $superuser = Session->new($node, 'postgres');

# What a call returned, in words
sub describe
{
	my ($result) = @_;
	my ($input, $signature) = $result =~ /^([\w-]+\.[\w-]+)\.([\w-]+)$/;
	return $result =~ /^\{/ ? 'valid' : $result if !defined $input;

	my ($secret) = grep { signature($input, { old => SECRET, new => OTHER_SECRET }->{$_}) eq $signature } qw(old new);
	my ($apikey) = decode_base64url($input =~ s/.*\.//r) =~ /"apikey":"(\w+)"/;
	return "$secret secret, $apikey";
}

# Wait until the caller waits
sub wait_for_caller
{
	foreach (1 .. 10000)
	{
		my ($waits) = $superuser->run(q{SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted});
		return if $waits;
		usleep(1000);
	}
	die 'the caller does not wait';
}

# The results and SQLSTATEs, in order, of a transaction of the caller, who waits for another session if there is a
# change by that
sub outcomes
{
	my ($isolation, $sql, $change) = @_;
	$superuser->run('SELECT pg_advisory_lock(1)') if defined $change;
	$caller->begin("BEGIN ISOLATION LEVEL $isolation;\nSET LOCAL SESSION AUTHORIZATION caller;\n$sql\nROLLBACK;\nDEALLOCATE ALL");
	if (defined $change)
	{
		wait_for_caller();
		$superuser->run("$change;\nSELECT pg_advisory_unlock(1)");
	}
	my (undef, $messages) = $caller->end;
	return map { describe($_) } grep { defined } $messages =~ /NOTICE:  00000: told (.*)|ERROR:  (\w{5}):/g;
}

# The call after a change has the change's outcome, in a frame, at each isolation level
sub is_seen
{
	my ($frame, $by, $change, $after, $prepare, $before) = @_;
	my (%before, %after);
	@before{@functions} = @{ $before // $unchanged };
	@after{@functions} = @$after;
	my @got;
	my @expected;
	foreach my $isolation ('READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE')
	{
		foreach my $function (@functions)
		{
			my $sql = $frames{$frame}->($calls{$function}, "step_by_$by(i, \$sql\$$change\$sql\$)");
			my @results = ($before{$function}, $after{$function});
			push @results, 'undone' if $frame =~ /undoes/ && $after{$function} !~ /^42...$|^2[28]/;
			push @results, $before{$function} if $frame =~ /undoes/;

			# A change in the caller's transaction is rolled back
			$superuser->run($reset . ($prepare // '')) if !@got || $by =~ /another/;
			push @got, [ $function, $isolation, outcomes($isolation, $sql, $by =~ /another/ ? $change : undef) ];
			push @expected, [ $function, $isolation, @results ];
		}
	}
	my $title = $change =~ s/\n.*//sr =~ s/\b[0-9a-f]{64}\b/.../gr;
	is_deeply(\@got, \@expected, "in $frame, by $by: $title");
	return;
}

foreach my $frame (sort keys %frames)
{
	is_seen($frame, 'superuser', @$_) foreach @changes;
	is_seen($frame, 'caller', @$_) foreach @changes_by_caller;
	next if $frame =~ /undoes/;
	is_seen($frame, 'another_session', @$_) foreach @changes;
}

# One expression for many servers: each call is that of its server, also where options are the same, and where names are but
# for their last character
my ($first, $second) = map { 'x' x 62 . $_ } 1, 2;
$superuser->run($reset . <<"SQL");
${\create_server('forbidden', SECRET, $limits)}
CREATE SERVER unmapped FOREIGN DATA WRAPPER videosdk OPTIONS ($limits);
${\create_server('narrow', SECRET, "permissions 'ask_join'")}
${\create_server($first, SECRET, $limits)}
${\create_server($second, OTHER_SECRET, $limits)}
GRANT USAGE ON FOREIGN SERVER unmapped, narrow, $first, $second TO caller;
SQL
is_deeply(
	[ outcomes('READ COMMITTED', <<"SQL") ],
SELECT tell(videosdk_issue_token('$payload', '1 hour', server)) FROM unnest('{$first,$second,$first}'::name[]) server;
SQL
	[ 'old secret, key', 'new secret, key', 'old secret, key' ],
	'servers that take turns, with names that differ in their last character');
my %last = (forbidden => '42501', unmapped => '42704', narrow => '22023', nowhere => '42704');
foreach my $last (sort keys %last)
{
	my $servers = "unnest('{videosdk,other,videosdk,other,videosdk,$last}'::name[]) server";
	my $sql = "SELECT tell(videosdk_issue_token('$payload', '1 hour', server)) FROM $servers;";
	is_deeply(
		[ outcomes('READ COMMITTED', $sql) ],
		[ ('old secret, key', 'new secret, key') x 2, 'old secret, key', $last{$last} ],
		"servers that take turns, then one that is $last");
}

# The key of webhooks, for which the server needs no mapping.  What is wrong then: no key, another, no privilege, no server
my $body = '{"webhookType":"participant-joined"}';
my $event = "(videosdk_validate_webhook('$body', '${\sign_webhook($body)}', 'webhooks') IS NOT NULL)";
my ($key, $other_key) = (public_key(), other_public_key());
my $alter_key = 'ALTER SERVER webhooks OPTIONS';
my %changes_of_key = (
	"$alter_key (SET webhook_public_key '$other_key')" => '28V01',
	"$alter_key (SET webhook_public_key '$other_key$key')" => 't',
	"$alter_key (DROP webhook_public_key)" => '42704',
	"$alter_key (ADD max_expires_in '1 hour')" => 't',
	'REVOKE USAGE ON FOREIGN SERVER webhooks FROM caller' => '42501',
	'ALTER SERVER webhooks RENAME TO renamed' => '42704',
	'DROP SERVER webhooks' => '42704');
foreach my $frame (sort keys %frames)
{
	foreach my $by ('superuser', 'another_session')
	{
		next if $frame =~ /undoes/ && $by =~ /another/;
		foreach my $change (sort keys %changes_of_key)
		{
			my $after = $changes_of_key{$change};
			my @expected = ('t', $after, $frame !~ /undoes/ ? () : $after eq 't' ? qw(undone t) : 't');
			$superuser->run('DROP SERVER IF EXISTS webhooks, renamed CASCADE; ' . create_webhook_server('webhooks')
				  . 'GRANT USAGE ON FOREIGN SERVER webhooks TO caller');
			my $sql = $frames{$frame}->($event, "step_by_$by(i, \$sql\$$change\$sql\$)");
			my @got = outcomes('READ COMMITTED', $sql, $by =~ /another/ ? $change : undef);
			is_deeply([ map { s/^true$/t/r } @got ], \@expected, "a webhook, in $frame, by $by: " . $change =~ s/'-----.*'/.../sr);
		}
	}
}

$caller->quit;
$superuser->quit;
$node->stop;
done_testing();
