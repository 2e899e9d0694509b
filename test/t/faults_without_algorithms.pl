# Where OpenSSL lacks HMAC-SHA256, RSA or SHA-256, all functions that need it say so: nothing is signed and nothing verified
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use ExampleCalls qw(call_of_example examples takes_key takes_webhook);
use Helper qw(build_library);
use IPC::Run qw(run);
use Node qw(init_node);
use PostgreSQL::Test::Utils;
use Sample qw(create_server);
use SampleWebhook qw(create_webhook_server);
use Session;
use Test::More;

my $node = init_node('main');
$node->start;
$node->safe_psql('postgres', "CREATE EXTENSION videosdk_token;\n" . create_server());

# All are good calls
my %examples = examples($node, 'postgres');
my @names = grep { $examples{$_}{result} ne '' } sort keys %examples;
my @with_rsa = grep { takes_webhook($examples{$_}) } @names;
my @with_hmac = grep { takes_key($examples{$_}) && !takes_webhook($examples{$_}) } @names;
my @with_none = grep { !takes_key($examples{$_}) } @names;
$node->stop;

my $no_hmac = '39000: OpenSSL could not compute HMAC-SHA256';
my $no_rsa = '39000: OpenSSL could not verify RSA with SHA-256';

# Why functions fail where OpenSSL finds nothing
my %hmac_fails = map { $_ => $no_hmac } @with_hmac;
my %rsa_fails = map { $_ => $no_rsa } @with_rsa, 'a server with a webhook_public_key';
my %cases = (EVP_MAC_fetch => {%hmac_fails}, EVP_SIGNATURE_fetch => {%rsa_fails}, EVP_MD_fetch => {%rsa_fails});
foreach my $fetch (sort keys %cases)
{
	my %fails = %{ $cases{$fetch} };
	my %statements = map { $_ => 'SELECT ' . call_of_example($examples{$_}) } @names;

	# From OpenSSL 3.6 on, HMAC finds its hash in another way
	delete @statements{@with_hmac} if $fetch eq 'EVP_MD_fetch';
	$statements{'a server with a webhook_public_key'} = create_webhook_server('made') . 'DROP SERVER made';
	{
		local $ENV{LD_PRELOAD} = build_library('no_algorithm', "-DFETCH=$fetch");
		$node->start;
	}
	my $session = Session->new($node, 'postgres');
	foreach my $name (sort keys %statements)
	{
		my ($stdout, $stderr) = $session->run($statements{$name});
		if ($fails{$name})
		{
			is($stdout, '', "$fetch: $name gives nothing");
			like($stderr, qr/ERROR:  $fails{$name}\nHINT:/, "$fetch: $name says why");
			next;
		}
		is($stderr, '', "$fetch: $name does not need it");
	}
	$session->quit;
	$node->stop;
}

# The same by OpenSSL's configuration.  A server that accepts connections does not start with these, as OpenSSL has no random
# numbers for it; one for a single user does.
my %sections = (
	'the null provider' => "providers = providers\n[providers]\nnull = null\n[null]\nactivate = 1\n",
	'nothing but FIPS' => "alg_section = all\n[all]\ndefault_properties = fips=yes\n",
	'nothing in particular' => '');

# ([results], [SQLSTATEs and messages of errors]) of statements, under a configuration with these sections
sub answers
{
	my ($sections, @statements) = @_;
	my $configuration = PostgreSQL::Test::Utils::tempdir() . '/openssl.cnf';
	open my $file, '>', $configuration or die;
	print $file "openssl_conf = openssl\n[openssl]\n$sections";
	close $file;

	local $ENV{OPENSSL_CONF} = $configuration;
	my $input = join '', map { "$_;\n\n" } @statements;
	my @server = ('postgres', '--single', '-j', '-D', $node->data_dir, '-c', 'log_error_verbosity=verbose', 'postgres');
	run([@server], '<', \$input, '>', \my $output, '2>', \my $log) or die 'the server fails';
	return ([ $output =~ / = "(.*)"\t\(typeid/g ], [ $log =~ /ERROR:  (.*)/g ]);
}

my @calls = map { 'SELECT ' . call_of_example($examples{$_}) . '::text' } @with_hmac, @with_rsa, @with_none;
foreach my $name (sort keys %sections)
{
	my ($results, $errors) = answers($sections{$name}, @calls);
	my $has_all = $name =~ /particular/;
	is(scalar @$results, $has_all ? @names : @with_none, "configured, $name: " . ($has_all ? 'all answer' : 'only those that need none'));
	is($results->[-1], $examples{ $with_none[-1] }{result}, "configured, $name: $with_none[-1] needs none");
	is_deeply($errors, $has_all ? [] : [ ($no_hmac) x @with_hmac, ($no_rsa) x @with_rsa ], "configured, $name: the errors");
}

done_testing();
