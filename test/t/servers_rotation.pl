# A secret is rotated by one statement, and no session that issues, validates and checks meanwhile fails.  The previous pair
# verifies until its time, never issues, and its apikey and secret count only together.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use MIME::Base64 qw(decode_base64url);
use Node qw(query run_sql sqlstate start_node);
use PostgreSQL::Test::Utils;
use Sample qw(FOR_EVER OTHER_SECRET SECRET TO_ISSUE create_server);
use Session;
use Test::More;
use Time::HiRes qw(usleep);
use TokenMaker qw(make_token signature);

use constant {
	SESSIONS => 8,
	ROTATIONS => 10,
	ALTER => 'ALTER USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS',
};
my @secrets = map { "secret $_, which is as long as it has to be" } 0 .. ROTATIONS;

my $node = start_node('main', "log_statement = none\nlog_error_verbosity = verbose");

# A worker issues a token in each round, and uses it in this round and in the next: it is valid, and lets its holder join
query($node, 'postgres', <<"SQL");
CREATE EXTENSION videosdk_token;
${\create_server('videosdk', $secrets[0])}
CREATE TABLE state (rotations int, is_over bool);
INSERT INTO state VALUES (0, false);
CREATE TABLE rounds (worker int, rotations int, token text);

CREATE FUNCTION use(token text, room text) RETURNS void LANGUAGE plpgsql AS \$\$
BEGIN
	ASSERT videosdk_validate_token(token) ->> 'roomId' = room;
	ASSERT (videosdk_check_token(token)).status = 'valid';
	ASSERT (videosdk_check_join(token, room, 'participant')).allowed;
END\$\$;

CREATE PROCEDURE work(worker int) LANGUAGE plpgsql AS \$\$
DECLARE
	room text := 'room-' || worker;
	payload jsonb := videosdk_participant_payload(room, 'participant');
	held text := videosdk_issue_token(payload, '1 hour');
	token text;
BEGIN
	WHILE NOT (SELECT is_over FROM state) LOOP
		token := videosdk_issue_token(payload, '1 hour');
		COMMIT;
		PERFORM use(token, room);
		COMMIT;
		PERFORM use(held, room);
		INSERT INTO rounds SELECT worker, rotations, token FROM state;
		COMMIT;
		held := token;
	END LOOP;
END\$\$;
SQL

my $superuser = Session->new($node, 'postgres');

# Wait until each worker has begun a round after the last rotation, so that none has a token from before; or until one fails
sub wait_for_workers
{
	my ($offset) = @_;
	foreach (1 .. 20_000)
	{
		return if slurp_file($node->logfile, $offset) =~ /ERROR/ || $superuser->result(<<"SQL") == SESSIONS;
SELECT count(*) FROM (SELECT FROM rounds JOIN state USING (rotations) GROUP BY worker HAVING count(*) >= 2) r
SQL
		usleep(5000);
	}
	die 'the workers do not work';
}

# Each rotation is one statement
my $offset = -s $node->logfile;
my @workers = map { Session->new($node, 'postgres') } 1 .. SESSIONS;
$workers[$_]->begin("CALL work($_)") foreach 0 .. $#workers;
foreach my $rotation (1 .. ROTATIONS)
{
	my ($previous, $next) = @secrets[ $rotation - 1, $rotation ];
	my $verb = $rotation == 1 ? 'ADD' : 'SET';
	wait_for_workers($offset);
	$superuser->result("${\ALTER} (SET secret '$next', $verb previous_secret '$previous', $verb previous_until '9999-12-31T00:00:00Z')");
	$superuser->result('UPDATE state SET rotations = rotations + 1');
}
wait_for_workers($offset);
$superuser->result('UPDATE state SET is_over = true');
is_deeply([ map { ($_->end)[1] } @workers ], [ ('') x SESSIONS ], 'no worker has failed');
unlike(slurp_file($node->logfile, $offset), qr/ERROR|FATAL|PANIC|WARNING/, 'the log has no error');
$_->quit foreach @workers;

my %signed;
foreach my $row (split /\n/, $superuser->result('SELECT worker, token FROM rounds'))
{
	my ($worker, $input, $signature) = $row =~ /^(\d+)\|(.*)\.(.*)$/;
	my ($secret) = grep { signature($input, $secrets[$_]) eq $signature } 0 .. $#secrets;
	$signed{ $secret // 'none' }{$worker} = 1;
}
is_deeply(
	{ map { $_ => scalar keys %{ $signed{$_} } } keys %signed },
	{ map { $_ => SESSIONS } 0 .. ROTATIONS },
	'every worker has issued with every secret');

# From now on, tokens are checked at given times
use constant {
	BEFORE_UNTIL => '2026-11-24 12:00:00.249999Z',
	UNTIL => '2026-11-24 12:00:00.25Z',
};
my %apikeys = (current => 'key', previous => 'before', another => 'other');
my %keys = (current => OTHER_SECRET, previous => SECRET, another => $secrets[0]);

# Replace the pairs of the server
sub set_pairs
{
	my ($options) = @_;
	$superuser->result("DROP USER MAPPING FOR PUBLIC SERVER videosdk;\n"
		  . "CREATE USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (apikey 'key', secret '$keys{current}'$options)");
	return;
}

# What validate, check and check_join make of a token with this apikey, signed with this secret
sub outcome
{
	my ($apikey, $secret, $valid_at, $leeway) = @_;
	my $token = make_token("{\"apikey\":\"$apikeys{$apikey}\",\"permissions\":[\"allow_join\"],${\FOR_EVER}}", $keys{$secret});
	my $at = "leeway => '" . ($leeway // '0') . "', valid_at => '$valid_at'";
	my ($printed, $errors) = run_sql($node, 'postgres', <<"SQL");
SELECT (videosdk_check_token('$token', $at)).status;
SELECT coalesce((videosdk_check_join('$token', 'room', 'participant', $at)).code, 0);
SELECT videosdk_validate_token('$token', $at) ->> 'apikey';
SQL
	return join ' ', split(/\n/, $printed), sqlstate($errors) || ();
}

my $forged = 'bad_signature 4002 28V01';
my $forged_of_others = 'bad_signature 4001 28V01';
my $mixed = 'bad_payload 4002 28V04';
my $of_others = 'bad_payload 4001 28V04';
my $previous = ", previous_secret '$keys{previous}', previous_until '${\UNTIL}'";

# [what, options, apikey, secret, before the end of the previous pair, then]
my $with_apikey = "$previous, previous_apikey 'before'";
my @outcomes = (
	[ 'the current pair', $with_apikey, qw(current current), ('valid 0 key') x 2 ],
	[ 'the previous pair', $with_apikey, qw(previous previous), 'valid 0 before', $forged ],
	[ 'the current apikey, the previous secret', $with_apikey, qw(current previous), $mixed, $forged ],
	[ 'the previous apikey, the current secret', $with_apikey, qw(previous current), $mixed, $mixed ],
	[ 'another apikey, the previous secret', $with_apikey, qw(another previous), $of_others, $forged_of_others ],
	[ 'the previous apikey, another secret', $with_apikey, qw(previous another), $forged, $forged ],
	[ 'one apikey, the current secret', $previous, qw(current current), ('valid 0 key') x 2 ],
	[ 'one apikey, the previous secret', $previous, qw(current previous), 'valid 0 key', $forged ],
	[ 'an apikey of others, the previous secret', $previous, qw(previous previous), $of_others, $forged_of_others ]);
foreach my $case (@outcomes)
{
	my ($what, $options, $apikey, $secret, $before, $then) = @$case;
	set_pairs($options);
	is(outcome($apikey, $secret, BEFORE_UNTIL), $before, "$what, before previous_until: $before");
	is(outcome($apikey, $secret, UNTIL), $then, "$what, at previous_until: $then");
	is(outcome($apikey, $secret, UNTIL, '1 hour'), $then, "$what, with leeway, which is not for secrets");
}

# By the clock, and by what the superuser says next; a rotation that is refused changes nothing
sub clock_outcome
{
	return outcome('current', 'previous', $superuser->result('SELECT clock_timestamp()'));
}
set_pairs('');
is(clock_outcome(), $forged, 'a secret is unknown');
my @steps = (
	[ "ADD previous_secret '$keys{previous}', ADD previous_until '9999-12-31T00:00:00Z'", '', 'valid 0 key' ],
	[ "SET secret '$keys{previous}'", '22023', 'valid 0 key' ],
	[ "SET previous_until '9999-12-31T00:00:00'", '22023', 'valid 0 key' ],
	[ "SET previous_secret 'too short'", '22023', 'valid 0 key' ],
	[ "ADD previous_secret '$keys{another}'", '42710', 'valid 0 key' ],
	[ 'DROP previous_until', 'HV002', 'valid 0 key' ],
	[ "SET previous_until '2025-01-01T00:00:00Z'", '', $forged ],
	[ "SET previous_until '9999-12-31T00:00:00Z'", '', 'valid 0 key' ],
	[ 'DROP previous_secret, DROP previous_until', '', $forged ]);
foreach my $step (@steps)
{
	my ($change, $sqlstate, $outcome) = @$step;
	my (undef, $errors) = run_sql($node, 'postgres', "${\ALTER} ($change)");
	is(sqlstate($errors), $sqlstate, ($change =~ s/'[0-9a-f]{64}'/'...'/r) . ': ' . ($sqlstate || 'done'));
	is(clock_outcome(), $outcome, "and then: $outcome");
}

# Issuing is by the current pair alone
foreach my $options ($with_apikey, $previous, $with_apikey =~ s/2026/9000/r)
{
	set_pairs($options);
	my ($input, $signature) = $superuser->result("SELECT videosdk_issue_token('${\TO_ISSUE}', '1 hour')") =~ /^(.*)\.(.*)$/;
	is($signature, signature($input, $keys{current}), 'the current secret signs');
	like(decode_base64url($input =~ s/.*\.//r), qr/"apikey":"key"/, 'for the current apikey');
	my $claims = TO_ISSUE =~ s/}/,"apikey":"before"}/r;
	my (undef, $errors) = run_sql($node, 'postgres', "SELECT videosdk_issue_token('$claims', '1 hour')");
	is(sqlstate($errors), '22023', 'and not for the previous one');
}

# Two servers of one key are rotated in one transaction: another session sees neither until it commits, and then both
set_pairs('');
$superuser->result(create_server('second', $keys{current}));
my $both = q{SELECT string_agg(videosdk_issue_token('} . TO_ISSUE . q{', '1 hour', server), ' ') FROM unnest('{videosdk,second}'::name[]) server};

sub signers
{
	return [ map { my ($input, $signature) = /^(.*)\.(.*)$/; grep { signature($input, $keys{$_}) eq $signature } keys %keys } split / /, $_[0] ];
}
$superuser->result('BEGIN');
$superuser->result("ALTER USER MAPPING FOR PUBLIC SERVER $_ OPTIONS (SET secret '$keys{previous}', ADD previous_secret '$keys{current}', "
	  . "ADD previous_until '9999-12-31T00:00:00Z')") foreach qw(videosdk second);
is_deeply(signers((run_sql($node, 'postgres', $both))[0]), [qw(current current)], 'two servers, before COMMIT');
$superuser->result('COMMIT');
is_deeply(signers((run_sql($node, 'postgres', $both))[0]), [qw(previous previous)], 'two servers, after COMMIT');

$superuser->quit;
$node->stop;
done_testing();
