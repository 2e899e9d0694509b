# A cluster as it is run in production: PostgreSQLs under Patroni, which keeps in etcd who leads and replicates synchronously, and
# HAProxy before them, which leads clients to the leader
package Patroni;

use strict;
use warnings FATAL => 'all';

use HTTP::Tiny;
use JSON::PP qw(decode_json encode_json);
use POSIX qw(WNOHANG);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Protocol;
use Time::HiRes qw(time usleep);

use constant WAIT => 120;

my $http = http(5);
my @running;

# A client of the members' and of etcd's interface, which waits for seconds
sub http { return HTTP::Tiny->new(timeout => $_[0], no_proxy => ['127.0.0.1']) }

# new(NAMES...): a cluster of members with these names, of which none may be a word of synchronous_standby_names, as "first" is;
# returns when the leader has a synchronous standby and clients reach it.  What its programs say is in the files of logs.
sub new
{
	my ($class, @names) = @_;
	my $self = bless {
		folder => PostgreSQL::Test::Utils::tempdir_short(), port => PostgreSQL::Test::Cluster::get_free_port(),
		etcd => PostgreSQL::Test::Cluster::get_free_port(), members => {}, pids => {}
	}, $class;
	push @running, $self;
	local $ENV{PATH} = "$ENV{PATH}:/usr/sbin";    # where Debian has HAProxy
	$self->start_etcd;
	foreach my $name (@names)
	{
		$self->{members}{$name} = { map { $_ => PostgreSQL::Test::Cluster::get_free_port() } qw(postgresql api) };
		$self->start_member($name);
	}
	$self->start_haproxy;
	$self->wait_for_standby;
	wait_until('clients reach the leader', sub {
		eval { (Protocol->new($self, 'postgres', 'postgres')->fetch('SELECT pg_is_in_recovery()'))[1] eq 'f' };
	});
	return $self;
}

# Where clients find the leader, by a socket, as with PostgreSQL::Test::Cluster
sub host { return $_[0]{folder} }
sub port { return $_[0]{port} }
sub logs { return glob "$_[0]{folder}/*.log" }

# A member's PostgreSQL, past HAProxy, as what a session connects to
sub member
{
	my ($self, $name) = @_;
	return bless { %$self, port => $self->{members}{$name}{postgresql} }, ref $self;
}

# wait_until(WHAT, CONDITION): what the condition returns, once it is true
sub wait_until
{
	my ($what, $condition) = @_;
	my $end = time + WAIT;
	while (time < $end)
	{
		my $result = $condition->();
		return $result if $result;
		usleep(50_000);
	}
	die "Patroni: $what, for which the test has waited in vain";
}

# Start a program in the background, whose output goes to NAME.log
sub start_program
{
	my ($self, $name, @command) = @_;
	my $pid = fork // die "fork: $!";
	if ($pid == 0)
	{
		open STDIN, '<', '/dev/null' or POSIX::_exit(1);
		open STDOUT, '>>', "$self->{folder}/$name.log" or POSIX::_exit(1);
		open STDERR, '>&', \*STDOUT or POSIX::_exit(1);
		{ exec @command }
		POSIX::_exit(127);
	}
	$self->{pids}{$name} = $pid;
	return;
}

# Send a program a signal, and wait for its end
sub end_program
{
	my ($self, $name, $signal) = @_;
	my $pid = delete $self->{pids}{$name} // return;
	kill $signal, $pid;
	my $end = time + 30;
	while (waitpid($pid, WNOHANG) == 0)
	{
		kill 'KILL', $pid if time > $end;
		usleep(20_000);
	}
	return;
}

sub start_etcd
{
	my ($self) = @_;
	my $url = "http://127.0.0.1:$self->{etcd}";
	my $peers = 'http://127.0.0.1:' . PostgreSQL::Test::Cluster::get_free_port();
	$self->start_program(
		'etcd', 'etcd', '--name', 'etcd', '--data-dir', "$self->{folder}/etcd", '--unsafe-no-fsync',
		'--listen-client-urls', $url, '--advertise-client-urls', $url,
		'--listen-peer-urls', $peers, '--initial-advertise-peer-urls', $peers, '--initial-cluster', "etcd=$peers");
	wait_until('etcd answers', sub { $http->get("$url/health")->{success} });
	return;
}

# The configuration of a member: a leader whose PostgreSQL has died is replaced at once, and one that does not answer after ttl
# seconds, which cannot be less than 20
sub configuration
{
	my ($self, $name) = @_;
	my ($postgresql, $api) = @{ $self->{members}{$name} }{qw(postgresql api)};
	my $bindir = $ENV{PG_CONFIG} =~ s{[^/]*$}{}r;
	return {
		scope => 'cluster', name => $name,
		restapi => { listen => "127.0.0.1:$api", connect_address => "127.0.0.1:$api" },
		etcd3 => { hosts => "127.0.0.1:$self->{etcd}" },
		bootstrap => {
			dcs => {
				ttl => 20, loop_wait => 1, retry_timeout => 9, primary_start_timeout => 0, synchronous_mode => JSON::PP::true,
				postgresql => { use_pg_rewind => JSON::PP::true, parameters => { wal_log_hints => 'on', max_connections => 100 } }
			},
			initdb => [ { encoding => 'UTF8' }, 'no-locale', 'no-sync' ],
		},
		postgresql => {
			listen => "127.0.0.1:$postgresql", connect_address => "127.0.0.1:$postgresql", bin_dir => $bindir,
			data_dir => "$self->{folder}/$name", pgpass => "$self->{folder}/$name.pgpass",
			authentication => {
				superuser => { username => 'postgres', password => 'none' },
				replication => { username => 'replicator', password => 'none' },
			},
			parameters => {
				unix_socket_directories => $self->{folder}, fsync => 'off', timezone => 'UTC',
				log_statement => 'none', log_min_error_statement => 'error'
			},
			pg_hba => [ 'local all all trust', 'host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust' ],
		},
	};
}

# Start a member that does not run
sub start_member
{
	my ($self, $name) = @_;
	my $file = "$self->{folder}/$name.yml";
	unlink $file;
	append_to_file($file, encode_json($self->configuration($name)));    # JSON is YAML
	$self->start_program($name, 'patroni', $file);
	return;
}

# As Patroni's documentation has it: who is asked, and does not say to be the leader, loses its clients
sub start_haproxy
{
	my ($self) = @_;
	my $servers = join '', map { <<"CONF" } sort keys %{ $self->{members} };
    server $_ 127.0.0.1:$self->{members}{$_}{postgresql} check port $self->{members}{$_}{api}
CONF
	append_to_file("$self->{folder}/haproxy.cfg", <<"CONF");
defaults
    mode tcp
    timeout connect 2s
    timeout client 1h
    timeout server 1h
    timeout check 1s

listen leader
    bind unix\@$self->{folder}/.s.PGSQL.$self->{port}
    option httpchk OPTIONS /primary
    http-check expect status 200
    default-server inter 500ms fastinter 250ms fall 2 rise 1 on-marked-down shutdown-sessions
$servers
CONF
	$self->start_program('haproxy', 'haproxy', '-db', '-f', "$self->{folder}/haproxy.cfg");
	return;
}

# What the members that answer say of all of them: by name, what Patroni tells of each
sub state
{
	my ($self) = @_;
	foreach my $name (sort keys %{ $self->{members} })
	{
		my $response = $http->get("http://127.0.0.1:$self->{members}{$name}{api}/cluster");
		return map { $_->{name} => $_ } @{ decode_json($response->{content})->{members} } if $response->{success};
	}
	return;
}

# The name of the leader, or undef
sub leader
{
	my ($self) = @_;
	my %state = $self->state;
	my ($leader) = grep { $state{$_}{role} eq 'leader' } sort keys %state;
	return $leader;
}

# Wait until there is a leader with a synchronous standby; returns their names
sub wait_for_standby
{
	my ($self) = @_;
	return @{
		wait_until(
			'a leader with a synchronous standby',
			sub {
				my %state = $self->state;
				my %by_role = map { $state{$_}{role} => $_ } grep { $state{$_}{state} =~ /^(running|streaming)$/ } keys %state;
				return $by_role{leader} && $by_role{sync_standby} && [ @by_role{qw(leader sync_standby)} ];
			}) };
}

# Have the leader hand over to its synchronous standby; true if that was done, or takes longer than Patroni waits for
sub switch_over
{
	my ($self) = @_;
	my ($leader, $candidate) = $self->wait_for_standby;
	my $response = http(WAIT)->post("http://127.0.0.1:$self->{members}{$leader}{api}/switchover",
		{ content => encode_json({ leader => $leader, candidate => $candidate }) });
	return $response->{success} || $response->{content} =~ /status unknown/;
}

# The postmaster of a member, which is no child of this process
sub postmaster
{
	my ($self, $name) = @_;
	return (split /\n/, slurp_file("$self->{folder}/$name/postmaster.pid"))[0];
}

# Kill a member's PostgreSQL, or its Patroni, which leaves PostgreSQL running
sub kill_postmaster { return kill 'KILL', $_[0]->postmaster($_[1]) }
sub kill_patroni { return $_[0]->end_program($_[1], 'KILL') }

# End everything at once
sub stop
{
	my ($self) = @_;
	$self->end_program($_, 'KILL') foreach 'haproxy', keys %{ $self->{members} }, 'etcd';
	kill 'QUIT', map { $self->postmaster($_) } grep { -e "$self->{folder}/$_/postmaster.pid" } keys %{ $self->{members} };
	wait_until('the end of all servers', sub { my @left = glob "$self->{folder}/*/postmaster.pid"; !@left });
	@running = grep { $_ != $self } @running;
	return;
}

# If the test has died, with the end of each log
END
{
	local $?;
	foreach my $cluster (@running)
	{
		foreach my $log ($cluster->logs)
		{
			my @lines = split /^/, slurp_file($log);
			print STDERR "$log:\n", @lines > 30 ? @lines[ -30 .. -1 ] : @lines;
		}
		$cluster->stop;
	}
}

1;
