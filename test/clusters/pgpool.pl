# pgpool-II before a primary and a standby sends what issues to the primary, because it is volatile, and what judges to the standby;
# there a rotation counts when it has arrived.  A list of functions keeps them all at the primary.  Prepared statements work.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use Node qw(init_node query);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;
use Timeline;

use constant CLIENTS => 20;

my $primary = init_node('primary', "autovacuum = off\nmax_connections = 100", allows_streaming => 1);
$primary->start;
query($primary, 'postgres', <<"SQL");
CREATE EXTENSION videosdk_token;
${\Timeline::set_up()}
SQL
$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->start;

$ENV{PATH} .= ':/usr/sbin';    # where Debian has it
my $folder = PostgreSQL::Test::Utils::tempdir_short();
my $user = query($primary, 'postgres', 'SELECT current_user');

# A pgpool that reads from the standby wherever it may, with lines for its configuration
package Pool
{
	use IPC::Run qw(start);
	use PostgreSQL::Test::Utils;
	my @running;

	sub new
	{
		my ($class, $conf) = @_;
		my $self = bless { port => PostgreSQL::Test::Cluster::get_free_port(), log => '' }, $class;
		my $pcp = PostgreSQL::Test::Cluster::get_free_port();
		my $file = "$folder/pgpool.$self->{port}";
		PostgreSQL::Test::Utils::append_to_file("$file.pcp", '');
		PostgreSQL::Test::Utils::append_to_file("$file.conf", <<"CONF");
backend_clustering_mode = 'streaming_replication'
listen_addresses = ''
port = $self->{port}
pcp_port = $pcp
pcp_listen_addresses = ''
unix_socket_directories = '$folder'
socket_dir = '$folder'
pcp_socket_dir = '$folder'
pid_file_name = '$file.pid'
logdir = '$folder'
work_dir = '$folder'
enable_pool_hba = off
num_init_children = ${\(main::CLIENTS + 4)}
backend_hostname0 = '${\$primary->host}'
backend_port0 = ${\$primary->port}
backend_weight0 = 0
backend_flag0 = 'ALWAYS_PRIMARY|DISALLOW_TO_FAILOVER'
backend_hostname1 = '${\$standby->host}'
backend_port1 = ${\$standby->port}
backend_weight1 = 1
backend_flag1 = 'DISALLOW_TO_FAILOVER'
sr_check_user = '$user'
sr_check_period = 1
load_balance_mode = on
$conf
CONF
		$self->{process} = start([ 'pgpool', '-n', '-f', "$file.conf", '-F', "$file.pcp" ], '>&', \$self->{log});
		push @running, $self;
		my $attempts = 10 * $PostgreSQL::Test::Utils::timeout_default;
		until (PostgreSQL::Test::Utils::run_log([ 'psql', '-X', '-c', 'SELECT', $self->connstr('postgres') ]))
		{
			$self->{process}->pump_nb;
			die "pgpool does not answer: $self->{log}" if --$attempts == 0 || !$self->{process}->pumpable;
			select undef, undef, undef, 0.1;
		}
		return $self;
	}

	sub connstr { return "host=$folder port=$_[0]{port} dbname=$_[1]" }

	sub stop
	{
		my ($self) = @_;
		$self->{process}->signal('INT');
		$self->{process}->finish;
		@running = grep { $_ != $self } @running;
		return;
	}

	END
	{
		local $?;
		$_->{process}->kill_kill foreach @running;
	}
}

# Which PostgreSQL a statement with a call is sent to
my %names = ($primary->port => 'primary', $standby->port => 'standby');

sub place
{
	my ($session, $expression) = @_;
	return $names{ $session->result("SELECT current_setting('port') FROM (SELECT $expression OFFSET 0) AS call") };
}

my $issue = q{videosdk_issue_token(videosdk_participant_payload('room', 'participant'), '1 hour')};
my $token = query($primary, 'postgres', "SELECT $issue");
my %calls = (
	issue => $issue,
	validate => "videosdk_validate_token('$token')",
	check => "videosdk_check_token('$token')",
	check_join => "videosdk_check_join('$token', 'room', 'participant')",
	verify => "videosdk_verify_token('$token', '${\Timeline::secret(1)}')",
	sign => "videosdk_sign_token('{\"apikey\":\"key\",\"permissions\":[\"allow_join\"]}', '${\Timeline::secret(1)}', '1 hour')");
my %volatile = map { $_ => 1 } qw(issue sign);

my $pool = Pool->new('');
my $session = Session->new($pool, 'postgres');
is(place($session, $calls{$_}), $volatile{$_} ? 'primary' : 'standby', "$_ by default") foreach sort keys %calls;

# A rotation that has not arrived on the standby: what the primary issues, it refuses
my $timeline = Timeline->new("$folder/timeline", 'create');
query($standby, 'postgres', 'SELECT pg_wal_replay_pause()');
query($primary, 'postgres', $timeline->begin(1, 1, 0));
my $new = $session->result("SELECT $issue");
is($timeline->signer(1, $new), 2, 'the primary issues with the new secret');
is($session->result("SELECT status FROM videosdk_check_token('$new')"),
	'bad_signature', 'a standby that lags refuses what was just issued');
is( $session->result("/*NO LOAD BALANCE*/ SELECT status FROM videosdk_check_token('$new')"),
	'valid', 'unless the statement is kept at the primary');

my $list = Pool->new("write_function_list = '.*videosdk_(validate|check|verify|inspect).*,nextval'");
my $kept = Session->new($list, 'postgres');
is(place($kept, $calls{$_}), 'primary', "$_ with write_function_list") foreach grep { !$volatile{$_} } sort keys %calls;
is($kept->result("SELECT status FROM videosdk_check_token('$new')"), 'valid', 'by the list, too');
query($standby, 'postgres', 'SELECT pg_wal_replay_resume()');
$primary->wait_for_catchup($standby);
is($session->result("SELECT status FROM videosdk_check_token('$new')"), 'valid', 'and so does the standby, when it has followed');

# An acknowledgement that waits for the standby to have it applied
query($primary, 'postgres', "ALTER SYSTEM SET synchronous_standby_names = '*'");
query($primary, 'postgres', 'SELECT pg_reload_conf()');
$primary->poll_query_until('postgres', "SELECT sync_state = 'sync' FROM pg_stat_replication") or die 'not synchronous';
my @late;
foreach (1 .. 50)
{
	query($primary, 'postgres', "SET synchronous_commit = remote_apply;\n" . $timeline->begin(1, 1, 0));
	my $issued = $session->result("SELECT $issue");
	my $status = $session->result("SELECT status FROM videosdk_check_token('$issued')");
	push @late, $status if $status ne 'valid';
}
is_deeply(\@late, [], 'with synchronous_commit = remote_apply, the standby never refuses what was just issued');

# Prepared statements, by many clients
$token = $session->result("SELECT $issue");
append_to_file("$folder/script", <<"SQL");
SELECT videosdk_issue_token(videosdk_participant_payload('room', :client_id::text), '1 hour');
SELECT 1 / (status = 'valid')::int FROM videosdk_check_token('$token', leeway => :client_id * interval '1 second');
SQL
foreach my $protocol (qw(simple extended prepared))
{
	command_checks_all(
		[ 'pgbench', '-n', '-c', CLIENTS, '-t', '20', '-M', $protocol, '-f', "$folder/script", $pool->connstr('postgres') ],
		0,
		[ qr{number of transactions actually processed: (\d+)/\1\b} ],
		[qr/^(?!.*(error|abort))/is],
		"$protocol protocol");
}

$_->quit foreach $session, $kept;
$_->stop foreach $pool, $list;
$standby->stop;
$primary->stop;
done_testing();
