# Logical replication of a table of tokens with a generated column of videosdk_decode_token: the subscriber computes the column by
# itself, from the first copy on.  A subscriber may do without the extension; one whose column cannot take a row stops, and goes on
# without it.  The credential is not replicated.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use Node qw(init_node log_of query start_node);
use PostgreSQL::Test::Utils;
use Sample qw(FOR_EVER OTHER_SECRET SECRET TO_ISSUE create_server payload token);
use Test::More;

my $publisher = init_node('publisher', '', allows_streaming => 'logical');
$publisher->start;
my %subscribers = map { $_ => start_node($_, 'wal_retrieve_retry_interval = 100ms') } qw(equal plain strict);
my $generated = 'payload jsonb GENERATED ALWAYS AS (videosdk_decode_token(token)) STORED';

# token_of(ROOM): a token that never expires
sub token_of
{
	my ($room) = @_;
	return token(payload(qq("roomId":"$room"), FOR_EVER));
}

# A table with the column, and one without it, where a text that is no token may stand
query($publisher, 'postgres', <<"SQL");
CREATE EXTENSION videosdk_token;
${\create_server()}
CREATE TABLE tokens (id int PRIMARY KEY, token text, $generated);
CREATE TABLE texts (id int PRIMARY KEY, token text);
INSERT INTO tokens VALUES (1, '${\token_of('first')}');
INSERT INTO texts VALUES (1, '${\token_of('first')}');
CREATE PUBLICATION tokens FOR TABLE tokens;
CREATE PUBLICATION texts FOR TABLE texts;
SQL

# Subscribe, with options, once the table is there
sub subscribe
{
	my ($name, $publication, $table, $options) = @_;
	query($subscribers{$name}, 'postgres', $table);
	my $connection = $publisher->connstr('postgres') =~ s/'/''/gr;
	query($subscribers{$name}, 'postgres', "CREATE SUBSCRIPTION $name CONNECTION '$connection' PUBLICATION $publication $options");
	return;
}

# Wait until a query of a subscriber gives this
sub gives
{
	my ($name, $sql, $result, $what) = @_;
	return ok($subscribers{$name}->poll_query_until('postgres', $sql, $result), $what);
}

# With the extension, and without it
my $with_extension = 'CREATE EXTENSION videosdk_token';
subscribe('equal', 'tokens', "$with_extension; CREATE TABLE tokens (id int PRIMARY KEY, token text, $generated)", '');
subscribe('plain', 'tokens', 'CREATE TABLE tokens (id int PRIMARY KEY, token text)', '');
my $rooms = q{SELECT string_agg(payload ->> 'roomId', ' ' ORDER BY id) FROM tokens};
gives('equal', $rooms, 'first', 'the copy has the column');
query($publisher, 'postgres', <<"SQL");
INSERT INTO tokens VALUES (2, '${\token_of('second')}'), (3, '${\token_of('third')}');
UPDATE tokens SET token = '${\token_of('changed')}' WHERE id = 1;
DELETE FROM tokens WHERE id = 2;
SQL
gives('equal', $rooms, 'changed third', 'and so have rows that are inserted and updated');
is(query($subscribers{equal}, 'postgres', 'SELECT * FROM tokens ORDER BY id'),
	query($publisher, 'postgres', 'SELECT * FROM tokens ORDER BY id'), 'all rows are equal');
gives('plain', q{SELECT string_agg(id::text || token, ' ' ORDER BY id) FROM tokens},
	'1' . token_of('changed') . ' 3' . token_of('third'), 'a subscriber without the extension has the tokens');

# A broken token, which the publisher's table refuses if it has the column, stops a subscriber that has it
my (undef, undef, $error) = $publisher->psql('postgres', "INSERT INTO tokens VALUES (9, 'no token')");
like($error, qr/token is malformed/, 'a column of the publisher refuses a broken token');
subscribe('strict', 'texts', "$with_extension; CREATE TABLE texts (id int PRIMARY KEY, token text, $generated)",
	'WITH (disable_on_error)');
$rooms =~ s/tokens/texts/;
gives('strict', $rooms, 'first', 'the subscriber computes a column that the publisher lacks');
my $log = log_of(
	$subscribers{strict},
	sub {
		query($publisher, 'postgres', "INSERT INTO texts VALUES (2, 'no token')");
		query($publisher, 'postgres', "INSERT INTO texts VALUES (3, '${\token_of('third')}')");
		gives('strict', 'SELECT subenabled FROM pg_subscription', 'f', 'a broken token ends the subscription');
	});
like($log, qr/ERROR:  token is malformed/, 'the log says why');
unlike($log, qr/no token|finished at/, 'and shows neither the text nor, as context, the transaction that could be skipped');
is(query($subscribers{strict}, 'postgres', $rooms), 'first', 'what came later waits');

# The way on that loses nothing: without the column, until the publisher has mended the row
query($subscribers{strict}, 'postgres', 'ALTER TABLE texts DROP payload');
query($subscribers{strict}, 'postgres', 'ALTER SUBSCRIPTION strict ENABLE');
gives('strict', 'SELECT count(*) FROM texts', '3', 'without the column the rows come');
query($publisher, 'postgres', "UPDATE texts SET token = '${\token_of('second')}' WHERE id = 2");
gives('strict', "SELECT count(*) FROM texts WHERE token = 'no token'", '0', 'and so does the row as it is mended');
query($subscribers{strict}, 'postgres', "ALTER TABLE texts ADD $generated");
is(query($subscribers{strict}, 'postgres', $rooms), 'first second third', 'then the column is there again');

# Each has a credential of its own: rotated at the subscriber first, no token of the publisher is refused
my ($secret, $next_secret) = (SECRET, OTHER_SECRET);
query($subscribers{equal}, 'postgres', create_server());
my $rotate = "ALTER USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (SET secret '%s', ADD previous_secret '%s', "
  . "ADD previous_until '9999-12-31T00:00:00Z')";

sub status_at_subscriber
{
	my $token = query($publisher, 'postgres', "SELECT videosdk_issue_token('${\TO_ISSUE}', '1 hour')");
	return query($subscribers{equal}, 'postgres', "SELECT status FROM videosdk_check_token('$token')");
}
is(status_at_subscriber(), 'valid', 'with the same secret, a subscriber accepts what the publisher issues');
query($subscribers{equal}, 'postgres', sprintf $rotate, $next_secret, $secret);
is(status_at_subscriber(), 'valid', 'the subscriber rotates first');
query($publisher, 'postgres', sprintf $rotate, $next_secret, $secret);
is(status_at_subscriber(), 'valid', 'then the publisher');
query($publisher, 'postgres', "ALTER USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (SET secret 'x$secret')");
is(status_at_subscriber(), 'bad_signature', 'a rotation of the publisher alone does not reach the subscriber');

$_->stop foreach values %subscribers, $publisher;
done_testing();
