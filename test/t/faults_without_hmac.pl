# Where OpenSSL has no HMAC-SHA256, all functions that need it say so: nothing is signed and nothing verified
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use ExampleCalls qw(call_of_example examples takes_key);
use Helper qw(build_library);
use IPC::Run qw(run);
use Node qw(init_node query run_sql);
use PostgreSQL::Test::Utils;
use Sample qw(create_server);
use Test::More;

my $node = init_node('main');
{
	local $ENV{LD_PRELOAD} = build_library('no_hmac');
	$node->start;
}
query($node, 'postgres', "CREATE EXTENSION videosdk_token;\n" . create_server());

# All are good calls
my %examples = examples($node, 'postgres');
my @with_hmac = grep { takes_key($examples{$_}) } sort keys %examples;
my @without_hmac = grep { !takes_key($examples{$_}) } sort keys %examples;
foreach my $name (@with_hmac)
{
	my ($stdout, $stderr) = run_sql($node, 'postgres', 'SELECT ' . call_of_example($examples{$name}));
	is($stdout, '', "$name gives nothing");
	like($stderr, qr/ERROR:  39000: OpenSSL could not compute HMAC-SHA256\nHINT:/, "$name says why");
}
foreach my $name (@without_hmac)
{
	is(query($node, 'postgres', 'SELECT ' . call_of_example($examples{$name})), $examples{$name}{result},
		"$name needs no HMAC");
}
$node->stop;

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
	my $input = join "\n", @statements, '';
	my @server = ('postgres', '--single', '-D', $node->data_dir, '-c', 'log_error_verbosity=verbose', 'postgres');
	run([@server], '<', \$input, '>', \my $output, '2>', \my $log) or die 'the server fails';
	return ([ $output =~ / = "(.*)"\t\(typeid/g ], [ $log =~ /ERROR:  (.*)/g ]);
}

my @names = (@with_hmac, grep { $examples{$_}{result} ne '' } @without_hmac);
foreach my $name (sort keys %sections)
{
	my ($results, $errors) = answers($sections{$name}, map { 'SELECT ' . call_of_example($examples{$_}) . '::text' } @names);
	my $has_hmac = $name =~ /particular/;
	is(scalar @$results, $has_hmac ? @names : @names - @with_hmac,
		"configured, $name: " . ($has_hmac ? 'all answer' : 'only those that need no HMAC'));
	is($results->[-1], $examples{ $names[-1] }{result}, "configured, $name: $names[-1] needs no HMAC");
	is_deeply($errors, [ ('39000: OpenSSL could not compute HMAC-SHA256') x ($has_hmac ? 0 : @with_hmac) ],
		"configured, $name: the errors");
}

done_testing();
