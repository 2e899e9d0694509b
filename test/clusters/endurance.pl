# A primary and a synchronous standby under mixed load for MINUTES: clients of both issue tokens, judge them, and receive webhooks.  The
# secret is rotated every minute, tokens are revoked every twenty seconds, a backend is killed every minute, which restarts the
# primary, and half-way the primary dies and the standby is promoted.  A timeline knows which outcome of each call is right.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use Background qw(end_of in_background);
use Node qw(init_node query);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Protocol;
use SampleWebhook qw(create_webhook_server sign_webhook);
use Test::More;
use Time::HiRes qw(time usleep);
use Timeline;
use TokenClient;

use constant {
	CLIENTS => 6,     # of the primary
	READERS => 4,     # of the standby
	GROWTH => 1024,   # kB that a backend may grow by after its first tenth
};

my $seconds = 60 * $ENV{MINUTES};
my $folder = PostgreSQL::Test::Utils::tempdir_short();
my $timeline = Timeline->new("$folder/timeline", 'create');

# What clients connect to: a socket's name in the folder, which leads to the primary's or the standby's
package Place
{
	sub host { return $folder }
	sub port { return $_[0]{port} }

	sub lead_to
	{
		my ($self, $node) = @_;
		my $name = "$folder/.s.PGSQL.$self->{port}";
		symlink $node->host . '/.s.PGSQL.' . $node->port, "$name.new" or die "symlink: $!";
		rename "$name.new", $name or die "rename: $!";
		return;
	}
}
my ($leader, $reader) = map { bless { port => $_ }, 'Place' } 1, 2;

my $primary = init_node('first', <<'CONF', allows_streaming => 1);
max_connections = 50
restart_after_crash = on
wal_retrieve_retry_interval = 200ms
log_statement = none
log_min_error_statement = error
CONF
$primary->start;
my $body = '{"webhookType":"participant-joined"}';
my $webhook = [ $body, sign_webhook($body) ];
query($primary, 'postgres', <<"SQL");
CREATE EXTENSION videosdk_token;
CREATE ROLE issuer LOGIN;
${\Timeline::set_up()}
${\create_webhook_server('webhooks')}
GRANT USAGE ON FOREIGN SERVER videosdk, webhooks TO issuer;
SQL
$leader->lead_to($primary);
my @nodes = $primary;

# Give the primary a standby, which it then waits for: a change that is acknowledged counts on both
sub add_standby
{
	my ($name) = @_;
	$primary->append_conf('postgresql.conf', "synchronous_standby_names = '$name'\nsynchronous_commit = remote_apply");
	$primary->reload;
	$primary->backup($name);
	my $standby = PostgreSQL::Test::Cluster->new($name);
	$standby->init_from_backup($primary, $name, has_streaming => 1);
	$standby->start;
	$primary->wait_for_catchup($standby);
	$reader->lead_to($standby);
	push @nodes, $standby;
	return $standby;
}
my $standby = add_standby('second');

my (@clients, @reports);
foreach my $number (1 .. CLIENTS + READERS)
{
	my $is_reader = $number > CLIENTS;
	push @reports, "$folder/client.$number";
	my %options = (
		node => $is_reader ? $reader : $leader, may_read_standby => $is_reader, user => 'issuer', number => $number,
		timeline => "$folder/timeline", report => $reports[-1], pause => 0.02, webhook => $webhook);
	push @clients, in_background(sub { TokenClient::run(%options) });
}

# Changes come from a process of their own, because a server that restarts keeps them waiting
my $changes = in_background(
	sub {
		my $timeline = Timeline->new("$folder/timeline");
		my $is_over = 0;
		local @SIG{qw(TERM PIPE)} = (sub { $is_over = 1 }, 'IGNORE');
		for (my $count = 0; !$is_over; $count++)
		{
			$timeline->change($leader, $count % 3 == 0, int rand 2, int(time) - int rand 30);
			for (my $end = time + 20; time < $end && !$is_over;) { usleep(100_000) }
		}
	});

# Memory of its own that a backend of a reader has, in kB, by its process: [[time, kB], ...].  Those of the primary are killed too soon.
my %memory;

sub look_at_memory
{
	foreach my $report (@reports[ CLIENTS .. $#reports ])
	{
		my ($pid) = -e $report ? slurp_file($report) =~ /.*^session \d+ (\d+)/ms : ();
		next if !defined $pid || !-e "/proc/$pid/status";
		my ($kilobytes) = (eval { slurp_file("/proc/$pid/status") } // '') =~ /^RssAnon:\s+(\d+)/m;
		push @{ $memory{$pid} }, [ time, $kilobytes ] if defined $kilobytes;
	}
	return;
}

# Kill a backend of a client of the primary while it works
my ($crashes, $promotions) = (0, 0);

sub crash
{
	my ($pid) = eval { (Protocol->new($leader, 'postgres', Timeline::CHANGER)->fetch(<<'SQL'))[1] };
SELECT pid FROM pg_stat_activity WHERE usename = 'issuer' ORDER BY state <> 'active', random() LIMIT 1
SQL
	$crashes++ if defined $pid && kill 'KILL', $pid;
	return;
}

# The primary dies with all that it has not sent, the standby takes over, and has a standby of its own
sub promote
{
	$primary->stop('immediate');
	$standby->promote;
	$leader->lead_to($standby);
	$primary = $standby;
	$standby = add_standby('third');
	$promotions++;
	return;
}

# One thing after another, each at its second
my $begun = time;
my $next_crash = 20;
while ((my $now = time - $begun) < $seconds)
{
	if (!$promotions && $now >= $seconds / 2) { promote() }
	elsif ($now >= $next_crash) { crash(); $next_crash += 60 }
	else { look_at_memory() }
	sleep 1;
}
is($promotions, 1, 'a standby was promoted');
cmp_ok($crashes, '>=', int($seconds / 60) - 1, 'a backend was killed every minute');

is(end_of($changes), 0, 'the changes end');
is_deeply([ grep { $_ != 0 } map { end_of($_) } @clients ], [], 'the clients end');
my $sum = TokenClient::require_right('no outcome was wrong', @reports);
ok($sum->{"webhook: $_"}, "validate_webhook has said $_") foreach qw(event 28V01);

# From a tenth of the time on that a session has lasted
my @growth;
foreach my $samples (grep { $_->[-1][0] - $_->[0][0] > 20 } values %memory)
{
	my ($first, $last) = ($samples->[0][0], $samples->[-1][0]);
	my ($start) = grep { $_->[0] >= $first + ($last - $first) / 10 } @$samples;
	push @growth, $samples->[-1][1] - $start->[1];
}
my ($most) = sort { $b <=> $a } @growth;
cmp_ok(scalar @growth, '>=', 2 * READERS, 'backends of both standbys have lived long');
cmp_ok($most // GROWTH, '<', GROWTH, 'and their memory has not grown');

# What a log has that it must not have
sub secrets_in
{
	my ($node) = @_;
	my @lines;
	open my $file, '<', $node->logfile or die $node->logfile . ": $!";
	while (my $line = <$file>)
	{
		push @lines, $line if $line =~ /${\Timeline::SECRET_PATTERN}|eyJ[\w-]+\.eyJ|\Q$webhook->[1]\E/;
	}
	return @lines;
}
is(join('', map { secrets_in($_) } @nodes), '', 'no log has a secret, a token or the signature of a webhook');
like(slurp_file($nodes[0]->logfile), qr/terminated by signal 9.*Failed process was running: SELECT/s, 'although they show what was killed');

note sprintf 'result: %d calls in %d minutes, %d wrong; %d changes, %d crashes, %d promotion; %d calls lost with their session, at most '
  . '%.1f s between two answers; the backends of the standbys have grown by at most %d kB',
  $sum->{calls}, $ENV{MINUTES}, $sum->{wrong}, $timeline->acknowledged, $crashes, $promotions, $sum->{lost}, $sum->{longest}, $most // -1;
$_->stop foreach $standby, $primary;
done_testing();
