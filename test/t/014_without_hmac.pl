# Where OpenSSL has no HMAC-SHA256 to offer, nothing is signed and nothing verified
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;

use Cwd qw(abs_path);
use IPC::Run qw(run);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use TokenMaker qw(make_token);

use constant SECRET => '5f0c1e7b9a3d48265b7c9e1f0a2d4c6e8b1a3c5d7e9f0b2d4a6c8e0f1b3d5a79';
my $secret = SECRET;

# A library in front of OpenSSL's that finds no algorithm
my $folder = abs_path(PostgreSQL::Test::Utils::tempdir());
append_to_file("$folder/none.c",
	"void *EVP_MAC_fetch(void *c, const char *n, const char *p) { (void) c; (void) n; (void) p; return 0; }\n");
system_or_bail($ENV{CC} // 'cc', '-shared', '-fPIC', '-o', "$folder/none.so", "$folder/none.c");

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
{
	local $ENV{LD_PRELOAD} = "$folder/none.so";
	$node->start;
}
$node->safe_psql('postgres', <<"SQL");
CREATE EXTENSION videosdk_token;
CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk;
CREATE USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (apikey 'key', secret '$secret');
SQL

# All are good calls
my $claims = '"apikey":"key","permissions":["allow_join"]';
my $token = make_token("{$claims,\"exp\":253402300799}", SECRET);
my @calls = (
	"videosdk_sign_token('{$claims}', '$secret', '1 hour')", "videosdk_issue_token('{$claims}', '1 hour')",
	"videosdk_verify_token('$token', '$secret')", "videosdk_validate_token('$token')",
	"videosdk_inspect_token('$token', '$secret')", "videosdk_check_token('$token')");
foreach my $call (@calls)
{
	my ($status, $stdout, $stderr) =
	  $node->psql('postgres', "SELECT $call", extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	my ($name) = $call =~ /^(\w+)/;
	is($stdout, '', "$name gives nothing");
	like($stderr, qr/ERROR:  39000: OpenSSL could not compute HMAC-SHA256\nHINT:/, "$name says why");
}
my $decode = "videosdk_decode_token('$token') ->> 'apikey'";
is($node->safe_psql('postgres', "SELECT $decode"), 'key', 'decoding needs no HMAC');
$node->stop;

# Without such a library, by OpenSSL's configuration.  A server that accepts connections does not start with these, as
# OpenSSL has no random numbers for it; one for a single user does.
my %sections = (
	'the null provider' => "providers = providers\n[providers]\nnull = null\n[null]\nactivate = 1\n",
	'nothing but FIPS' => "alg_section = all\n[all]\ndefault_properties = fips=yes\n",
	'nothing in particular' => '');

# The results of statements, and the errors: [SQLSTATE and message]
sub answers
{
	my ($sections, @statements) = @_;
	my $configuration = "$folder/openssl.cnf";
	open my $file, '>', $configuration or die;
	print $file "openssl_conf = openssl\n[openssl]\n$sections";
	close $file;

	local $ENV{OPENSSL_CONF} = $configuration;
	my $input = join "\n", @statements, '';
	my @server = ('postgres', '--single', '-D', $node->data_dir, '-c', 'log_error_verbosity=verbose', 'postgres');
	run([@server], '<', \$input, '>', \my $output, '2>', \my $log) or die 'the server fails';
	return ([ $output =~ / = "(.*)"\t\(typeid/g ], [ $log =~ /ERROR:  (.*)/g ]);
}

foreach my $name (sort keys %sections)
{
	my ($results, $errors) = answers($sections{$name}, map { "SELECT $_" } @calls, $decode);
	my $has_hmac = $name =~ /particular/;
	is(scalar @$results, $has_hmac ? 7 : 1,
		"configured, $name: " . ($has_hmac ? 'all answer' : 'only decoding answers'));
	is($results->[-1], 'key', "configured, $name: decoding needs no HMAC");
	is_deeply($errors, [ ('39000: OpenSSL could not compute HMAC-SHA256') x ($has_hmac ? 0 : 6) ],
		"configured, $name: the errors");
}

done_testing();
