# No secret is logged where the client's encoding lacks letters of the server's language: PostgreSQL then cannot report an
# error, and logs another one in its place
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use Locales qw(has_translations make_locales);
use Node qw(log_of query run_sql start_node);
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'this PostgreSQL has no translations' if !has_translations();

# A Russian error is an "oshibka", in Cyrillic letters; a French or Japanese one has other letters in its message only.
my @languages = qw(ru_RU fr_FR ja_JP);
my %narrow = (ru_RU => 'LATIN1', fr_FR => 'KOI8R', ja_JP => 'LATIN1');
my %wide = (ru_RU => 'UTF8', fr_FR => 'UTF8', ja_JP => 'SQL_ASCII');

make_locales(map { "$_.UTF-8" } @languages);
my $node = start_node('main', <<'CONF');
log_min_error_statement = error
log_statement = none
lock_timeout = '10ms'
max_prepared_transactions = 1
CONF

# A token that cannot be fetched, because its TOAST index is locked: an error of PostgreSQL's, within our function
query($node, 'postgres', <<'SQL');
CREATE EXTENSION videosdk_token;
CREATE TABLE locked (token text);
ALTER TABLE locked ALTER token SET STORAGE EXTERNAL;
INSERT INTO locked VALUES (repeat('x', 10000));
BEGIN;
SELECT 'REINDEX INDEX ' || i.indexrelid::regclass FROM pg_class t, pg_index i
WHERE t.oid = 'locked'::regclass AND i.indrelid = t.reltoastrelid \gexec
PREPARE TRANSACTION 'lock';
SQL

# What the log says of a statement, which must fail
sub log_of_failure
{
	my ($language, $client_encoding, $statement) = @_;
	local $ENV{PGCLIENTENCODING} = $client_encoding;
	return log_of(
		$node,
		sub {
			my (undef, $messages) = run_sql($node, 'postgres', "SET lc_messages = '$language';\n$statement");
			isnt($messages, '', "$language, $client_encoding: $statement");
		});
}

my $plain = q{SELECT length(token || 'confidential') FROM locked};
my $refused = q{SELECT videosdk_sign_token('{}', 'confidential', '1 hour')};
my $locked = q{DO 'BEGIN PERFORM videosdk_verify_token(token, ''confidential'') FROM locked; END'};

foreach my $language (@languages)
{
	my $locale = "$language.UTF-8";
	my ($narrow, $wide) = ($narrow{$language}, $wide{$language});

	my $log = log_of_failure($locale, $narrow, $plain);
	like($log, qr/confidential/, 'the log would show a leak');
	like($log, qr/[^\x00-\x7f].*[^\x00-\x7f]/s, 'the message is translated');
	foreach my $statement ($refused, $locked)
	{
		unlike(log_of_failure($locale, $narrow, $statement), qr/confidential/, 'no secret');
		unlike(log_of_failure($locale, $wide, $statement), qr/confidential/, 'no secret');
	}
}

# Where no letter is lacking, a statement that goes on after an error of ours is logged with its next error
my $going_on = <<'SQL' =~ s/\n/ /gr;
DO $$BEGIN PERFORM videosdk_decode_token('x'); EXCEPTION WHEN OTHERS THEN RAISE 'another error'; END$$
SQL
like(log_of_failure('C', 'UTF8', $going_on), qr/STATEMENT/, 'a statement that goes on');

# So it is where letters are lacking, after a judgement: what PostgreSQL said of the payload, "x", became no error
my $judged = q{DO $$BEGIN PERFORM videosdk_inspect_token('e30.eA.'); RAISE 'another error'; END$$};
like(log_of_failure('C', 'LATIN1', $judged), qr/STATEMENT/, 'a statement in which a token was judged');

$node->stop;
done_testing();
