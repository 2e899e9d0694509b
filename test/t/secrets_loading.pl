# examples/load_secret.sql loads a secret and rotates it, and leaves it out of the log of a server that logs every statement in every way
use strict;
use warnings FATAL => 'all';

use File::Basename;
use FindBin;
use lib "$FindBin::RealBin/../lib";

use IPC::Run;
use Node qw(LOG_EVERYTHING log_of query start_node);
use PostgreSQL::Test::Utils;
use Test::More;

use constant EXAMPLES => "$FindBin::RealBin/../../examples";
use constant SCRIPT => EXAMPLES . '/load_secret.sql';

my $node = start_node('main', LOG_EVERYTHING);
query($node, 'postgres',
	'CREATE EXTENSION videosdk_token; CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk; CREATE TABLE tokens (token text);
	CREATE SERVER new FOREIGN DATA WRAPPER videosdk');

# load(SECRET, APIKEY, OPTIONS...): the messages of the script, which finds them in its environment
sub load
{
	my ($secret, $apikey, @options) = @_;
	local %ENV = %ENV;
	@ENV{qw(VIDEOSDK_SECRET VIDEOSDK_APIKEY)} = ($secret, $apikey);
	defined $ENV{$_} or delete $ENV{$_} foreach qw(VIDEOSDK_SECRET VIDEOSDK_APIKEY);
	IPC::Run::run [ 'psql', '-X', '-q', '-d', $node->connstr('postgres'), @options, '-f', SCRIPT ], '>&', \my $messages;
	return $messages;
}

# Issue a token; what becomes of the tokens so far
sub statuses
{
	query($node, 'postgres', q{INSERT INTO tokens SELECT videosdk_issue_token(videosdk_api_payload(), '1 hour')});
	return query($node, 'postgres', q{SELECT string_agg((videosdk_check_token(token)).status, ' ') FROM tokens});
}

# The options of the mapping without the secrets, and until when from now
sub options
{
	return query($node, 'postgres', <<'SQL');
SELECT string_agg(option_name || CASE WHEN option_name ~ 'apikey' THEN ' ' || option_value
	WHEN option_name ~ 'until' THEN ' ' || date_trunc('minute', option_value::timestamptz - clock_timestamp() + '30 s') ELSE '' END, ', ')
FROM pg_user_mappings, pg_options_to_table(umoptions)
SQL
}

# Whatever can write a statement, or the secret that it is made with
foreach my $file (grep { slurp_file($_) =~ /getenv secret/ } glob EXAMPLES . '/*.sql')
{
	my ($text, $name) = (slurp_file($file), basename($file));
	like($text, qr/(?<!\w)\Q$_\E\b/, "$name sets $_")
	  foreach qw(log_statement log_min_error_statement log_min_duration_statement log_min_duration_sample log_transaction_sample_rate
	  auto_explain.log_min_duration pg_stat_statements.track_utility);
}

my @secrets = map { "confidential $_ " . '0123456789abcdef' x 2 } 1 .. 5;

my $log = log_of(
	$node,
	sub {
		is(load($secrets[0], 'key'), '', 'a secret is loaded');
		is(options(), 'apikey key, secret', 'and nothing else');
		is(statuses(), 'valid', 'and used');
		is(load($secrets[1], 'key', '-v', 'keep=4 hours'), '', 'it is rotated');
		is(options(), 'apikey key, secret, previous_secret, previous_until 04:00:00', 'the old one is accepted for so long');
		is(statuses(), 'valid valid', 'tokens of both secrets are valid');
		like(load($secrets[2], 'key'), qr/ERROR:  the secret before the current one is still accepted\nHINT:  Rotate after/,
			'not again before that time');
		is(statuses(), 'valid valid valid', 'which changes nothing');
		is(load($secrets[2], 'key', '-v', 'keep=0'), '', 'unless it has leaked');
		is(options(), 'apikey key, secret', 'none is accepted then but the new one');
		is(statuses(), 'bad_signature bad_signature bad_signature valid', 'at once');

		like(load($secrets[3], '', '-v', 'keep=1 second'), qr/ERROR:  VIDEOSDK_APIKEY is not set$/m, 'an empty key');
		is(load($secrets[3], 'other key', '-v', 'keep=1 second'), '', 'it is rotated with the key');
		like(options(), qr/^apikey other key, secret, .*previous_apikey key$/, 'the old key belongs to the old secret');
		sleep 2;
		is(load($secrets[4], undef), '', 'it is rotated after that time, and the key stays');
		is(options(), 'apikey other key, secret, previous_secret, previous_until 24:00:00', 'for a day, and the key before it is dropped');
		like(load($secrets[4], 'other key', '-v', 'keep=0') . options(), qr/^apikey other key, secret$/, 'what is accepted is dropped');

		like(load($secrets[4], 'other key'), qr/ERROR:  VIDEOSDK_SECRET is the secret that the server has$/m, 'the same secret again');
		my $messages = load($secrets[0], 'key', '-v', 'keep=long');
		like($messages, qr/invalid input syntax for type interval: "long"/, 'no interval');
		unlike($messages, qr/confidential/, 'whose error does not show the secret');
		like(load($secrets[0], 'key', '-v', 'server=other'), qr/ERROR:  server "other" does not exist$/, 'no such server');
		like(load($secrets[0], undef, '-v', 'server=new'), qr/ERROR:  VIDEOSDK_APIKEY is not set$/m, 'no key');
		like(load(undef, 'key'), qr/ERROR:  VIDEOSDK_SECRET is not set$/m, 'no secret');
		like(load($secrets[0], 'key', '-U', 'somebody'), qr/"somebody" does not exist/, 'nobody');
		query($node, 'postgres', 'CREATE ROLE somebody LOGIN');
		like(load($secrets[0], 'key', '-U', 'somebody'), qr/ERROR:  permission denied to set parameter "log_statement"$/,
			'not a superuser');
		is(options(), 'apikey other key, secret', 'none of these changes anything');
	});
like($log, qr/INSERT INTO tokens/, 'the log has statements');
unlike($log, qr/confidential/, 'the log has no secret');

$node->stop;
done_testing();
