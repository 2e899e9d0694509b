# Where the client's encoding lacks letters of the server's language, PostgreSQL cannot report an error and raises another
# one in its place: that one does not log the secret either
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
plan skip_all => 'this PostgreSQL has no translations' if $node->config_data('--configure') !~ /--enable-nls/;

# A Russian error is an "oshibka", in Cyrillic letters; a French or Japanese one has other letters in its message only.
my @languages = qw(ru_RU fr_FR ja_JP);
my %narrow = (ru_RU => 'LATIN1', fr_FR => 'KOI8R', ja_JP => 'LATIN1');
my %wide = (ru_RU => 'UTF8', fr_FR => 'UTF8', ja_JP => 'SQL_ASCII');

# Locales where the server looks for them, because few machines have these
my $locales = PostgreSQL::Test::Utils::tempdir_short();
system_or_bail('localedef', '-i', $_, '-f', 'UTF-8', "$locales/$_.UTF-8") foreach @languages;
$ENV{LOCPATH} = $locales;

$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', <<'CONF');
log_min_error_statement = error
log_statement = none
lock_timeout = '10ms'
max_prepared_transactions = 1
CONF
$node->start;

# A token that cannot be fetched, because its TOAST index is locked: an error of PostgreSQL's, within our function
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION videosdk_token;
CREATE TABLE locked (token text);
ALTER TABLE locked ALTER token SET STORAGE EXTERNAL;
INSERT INTO locked VALUES (repeat('x', 10000));
BEGIN;
SELECT 'REINDEX INDEX ' || i.indexrelid::regclass FROM pg_class t, pg_index i
WHERE t.oid = 'locked'::regclass AND i.indrelid = t.reltoastrelid \gexec
PREPARE TRANSACTION 'lock';
SQL

# What the log says of a statement that fails
sub log_of
{
	my ($language, $client_encoding, $statement) = @_;
	my $offset = -s $node->logfile;
	local $ENV{PGCLIENTENCODING} = $client_encoding;
	my ($status) = $node->psql('postgres', "SET lc_messages = '$language';\n$statement");
	is($status, 3, "$language, $client_encoding: $statement");
	return slurp_file($node->logfile, $offset);
}

my $plain = q{SELECT length(token || 'confidential') FROM locked};
my $refused = q{SELECT videosdk_sign_token('{}', 'confidential', '1 hour')};
my $locked = q{DO 'BEGIN PERFORM videosdk_verify_token(token, ''confidential'') FROM locked; END'};

foreach my $language (@languages)
{
	my $locale = "$language.UTF-8";
	my ($narrow, $wide) = ($narrow{$language}, $wide{$language});

	my $log = log_of($locale, $narrow, $plain);
	like($log, qr/confidential/, 'the log would show a leak');
	like($log, qr/[^\x00-\x7f].*[^\x00-\x7f]/s, 'the message is translated');
	foreach my $statement ($refused, $locked)
	{
		unlike(log_of($locale, $narrow, $statement), qr/confidential/, 'no secret');
		unlike(log_of($locale, $wide, $statement), qr/confidential/, 'no secret');
	}
}

# Where nothing is lacking, a statement that goes on after our error is still logged with its next one
my $going_on = <<'SQL' =~ s/\n/ /gr;
DO $$BEGIN PERFORM videosdk_decode_token('x'); EXCEPTION WHEN OTHERS THEN RAISE 'another error'; END$$
SQL
like(log_of('C', 'UTF8', $going_on), qr/STATEMENT/, 'a statement that goes on');

# So it is where characters are lacking, if ours was none: what PostgreSQL said of the payload, "x", was no error in the end
my $judged = q{DO $$BEGIN PERFORM videosdk_inspect_token('e30.eA.'); RAISE 'another error'; END$$};
like(log_of('C', 'LATIN1', $judged), qr/STATEMENT/, 'a statement in which a token was judged');

$node->stop;
done_testing();
