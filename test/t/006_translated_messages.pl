# Where the client's encoding lacks the letters of the server's language, PostgreSQL cannot report any error and raises
# another one in its place: that one does not log the secret either
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant RUSSIAN => 'ru_RU.UTF-8';
use constant ERROR_IN_RUSSIAN => "\xd0\x9e\xd0\xa8\xd0\x98\xd0\x91\xd0\x9a\xd0\x90:";

my $node = PostgreSQL::Test::Cluster->new('main');
plan skip_all => 'this PostgreSQL has no translations' if $node->config_data('--configure') !~ /--enable-nls/;

# A Russian locale where the server looks for locales, because few machines have one
my $locales = PostgreSQL::Test::Utils::tempdir_short();
system_or_bail('localedef', '-i', 'ru_RU', '-f', 'UTF-8', "$locales/" . RUSSIAN);
$ENV{LOCPATH} = $locales;

$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "log_min_error_statement = error\nlog_statement = none");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION videosdk_token');

# What the log says of a statement that fails
sub log_of
{
	my ($client_encoding, $statement) = @_;
	my $offset = -s $node->logfile;
	local $ENV{PGCLIENTENCODING} = $client_encoding;
	my ($status) = $node->psql('postgres', "SET lc_messages = '${\RUSSIAN}';\n$statement");
	is($status, 3, "$client_encoding: $statement fails");
	return slurp_file($node->logfile, $offset);
}

my %failing = (
	videosdk_sign_token => q{SELECT videosdk_sign_token('{}', 'confidential', '1 hour')},
	videosdk_verify_token => q{DO 'BEGIN PERFORM videosdk_verify_token(''confidential'', ''confidential''); END'});

like(log_of('LATIN1', q{SELECT 'confidential', 1 / 0}), qr/confidential/, 'the log would show a leak');
foreach my $function (sort keys %failing)
{
	foreach my $client_encoding (qw(LATIN1 UTF8 WIN1251))
	{
		my $log = log_of($client_encoding, $failing{$function});
		like($log, qr/${\ERROR_IN_RUSSIAN}/, "$function: the error is logged");
		unlike($log, qr/confidential/, "$function: the secret is not");
	}
}

# Elsewhere, a statement that goes on after our error is still logged with its next one
like(
	log_of('WIN1252', <<'SQL' =~ s/\n/ /gr), qr/STATEMENT/, 'a statement that goes on is logged with its next error');
SET lc_messages = 'C';
DO $$BEGIN PERFORM videosdk_decode_token('x'); EXCEPTION WHEN OTHERS THEN RAISE 'another error'; END$$
SQL

$node->stop;
done_testing();
