# A look-up of a credential that fails leaves nothing for the next, and one during which the credential changes is made again
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use Node qw(query start_node);
use Sample qw(FOR_EVER OTHER_SECRET SECRET TO_ISSUE create_server payload token);
use Session;
use Test::More;
use Time::HiRes qw(usleep);

my $node = start_node('main', 'log_statement = none');

# Of a function in PL/Perl whose result is of a domain, the session keeps the domain's expression, also after an error
my $token = token(payload(FOR_EVER));
my $payload = TO_ISSUE;
my %conditions = (
	issue => "videosdk_issue_token('$payload', '1 hour') <> VALUE",
	validate => "videosdk_validate_token(VALUE) ->> 'apikey' = 'key'",
	check => "(videosdk_check_token(VALUE)).status = 'valid'",
	join => "(videosdk_check_join(VALUE, 'room', 'participant')).allowed");
my $domains = join '', map { <<"SQL" } sort keys %conditions;
CREATE DOMAIN good_for_$_ AS text CHECK ($conditions{$_});
CREATE FUNCTION call_$_(token text) RETURNS good_for_$_ LANGUAGE plperl AS 'return \$_[0]';
SQL
query($node, 'postgres', <<"SQL");
CREATE EXTENSION videosdk_token;
CREATE EXTENSION plperl;
CREATE ROLE caller;
$domains
SQL

# What a session prints for SQL, and the SQLSTATEs of its errors
sub outcomes
{
	my ($session, $sql) = @_;
	my ($printed, $errors) = $session->run($sql);
	return join ' ', split(/\n/, $printed), $errors =~ /ERROR:  (\w{5}):/g;
}

# What makes a look-up fail that was good in a transaction of a role which had USAGE, and how it fails: [SQL, SQLSTATE]
my $grant = 'GRANT USAGE ON FOREIGN SERVER videosdk TO caller';
my $alter = 'ALTER USER MAPPING FOR PUBLIC SERVER videosdk';
my %failures = (
	'the grant is rolled back' => [ 'SELECT', '42501' ],
	'the mapping is dropped' => [ "$grant;\nDROP USER MAPPING FOR PUBLIC SERVER videosdk", '42704' ],
	'the secret is dropped' => [ "$grant;\n$alter OPTIONS (DROP apikey, DROP secret)", '42704' ],
	'the secret is spoilt' => [ "$grant;\nUPDATE pg_user_mapping SET umoptions = '{apikey=key,secret=}'", '22023' ],
	'the apikey is spoilt' => [ "$grant;\nUPDATE pg_user_mapping SET umoptions = '{apikey=,secret=${\SECRET}}'", '22023' ]);
foreach my $failure (sort keys %failures)
{
	my ($sql, $sqlstate) = @{ $failures{$failure} };
	foreach my $function (sort keys %conditions)
	{
		my $session = Session->new($node, 'postgres');
		my $call = "SELECT call_$function('$token') = '$token';\n";
		my $with_usage = "BEGIN;\n$grant;\nSET LOCAL ROLE caller;\n${call}ROLLBACK";
		$session->run(create_server());
		is(outcomes($session, $with_usage), 't', "$function: a call is good");
		is(outcomes($session, $sql), '', "$function: $failure");
		is(outcomes($session, "SET ROLE caller;\n$call$call"), "$sqlstate $sqlstate", "$function: $failure: two calls fail");
		$session->run("RESET ROLE;\nDROP SERVER videosdk CASCADE;\n" . create_server());
		is(outcomes($session, $with_usage), 't', "$function: a call is good again");
		$session->run('DROP SERVER videosdk CASCADE');
		$session->quit;
	}
}

# A session that has looked up a server waits for the catalogue of user mappings.  Until it gets it, another session changes
# both.  [call, what it gives before, what is changed, what it gives then]
my $new = OTHER_SECRET;
my $rotate = "$alter OPTIONS (SET secret '$new', ADD previous_secret '${\SECRET}', ADD previous_until '9999-12-31T00:00:00Z')";
my @meanwhile = (
	[
		"SELECT count(videosdk_issue_token('$payload', '1 hour'))",
		'1', "ALTER SERVER videosdk OPTIONS (ADD max_expires_in '1 minute')", '22023'
	],
	[
		"SELECT (videosdk_check_token('$token')).status",
		'valid', "ALTER SERVER videosdk OPTIONS (ADD revoked_before '2026-01-01T00:00:00Z')", 'revoked'
	]);
my $superuser = Session->new($node, 'postgres');
foreach my $case (@meanwhile)
{
	my ($call, $before, $change, $after) = @$case;
	my $session = Session->new($node, 'postgres');
	$superuser->run("DROP SERVER IF EXISTS videosdk CASCADE;\n" . create_server());
	is(outcomes($superuser, $call), $before, "$call: before");

	$superuser->run("BEGIN;\nLOCK TABLE pg_user_mapping");
	$session->begin($call);
	foreach my $attempt (1 .. 10_000)
	{
		last if outcomes($superuser, "SELECT count(*) FROM pg_locks WHERE relation = 'pg_user_mapping'::regclass AND NOT granted");
		die 'the session does not wait' if $attempt == 10_000;
		usleep(1000);
	}
	is(outcomes($superuser, "$change;\n$rotate;\nCOMMIT"), '', "meanwhile: $change");
	my ($printed, $errors) = $session->end;
	is("$printed$errors" =~ s/.*ERROR:  (\w{5}):.*/$1/sr =~ s/\n//r, $after, 'limits and secret are of one time');
	$session->quit;
}

$superuser->quit;
$node->stop;
done_testing();
