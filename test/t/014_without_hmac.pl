# Where OpenSSL has no HMAC-SHA256 to offer, nothing is signed and nothing verified
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# A library in front of OpenSSL's that finds no algorithm.  A configuration without providers would do the same, but the
# server needs OpenSSL's random numbers to start.
my $folder = PostgreSQL::Test::Utils::tempdir();
append_to_file("$folder/none.c",
	"void *EVP_MAC_fetch(void *c, const char *n, const char *p) { (void) c; (void) n; (void) p; return 0; }\n");
system_or_bail($ENV{CC} // 'cc', '-shared', '-fPIC', '-o', "$folder/none.so", "$folder/none.c");

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
{
	local $ENV{LD_PRELOAD} = "$folder/none.so";
	$node->start;
}
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION videosdk_token;
CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk;
CREATE USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (apikey 'key', secret '0123456789abcdef0123456789abcdef');
SQL

my $payload = q{'{"apikey":"key","permissions":["allow_join"]}'};
my @calls = (
	"videosdk_sign_token($payload, 'secret', '1 hour')", "videosdk_issue_token($payload, '1 hour')",
	"videosdk_verify_token('e30.e30.', 'secret')", "videosdk_validate_token('e30.e30.')",
	"videosdk_inspect_token('e30.e30.', 'secret')", "videosdk_check_token('e30.e30.')");
foreach my $call (@calls)
{
	my ($status, $stdout, $stderr) =
	  $node->psql('postgres', "SELECT $call", extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	is($stdout, '', "$call gives nothing");
	like($stderr, qr/ERROR:  39000: OpenSSL could not compute HMAC-SHA256\nHINT:/, "$call says why");
}
is($node->safe_psql('postgres', "SELECT videosdk_decode_token('e30.e30.')"), '{}', 'decoding needs no HMAC');

$node->stop;
done_testing();
