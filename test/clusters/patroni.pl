# Under Patroni with synchronous replication, 50 sessions issue and use tokens while the secret is rotated and tokens are revoked without a
# pause, and the leader changes three times, at moments that SEED makes: by a switchover, by the death of its PostgreSQL, and by that
# of its Patroni.  No session ever issues by another secret than one that may be in force, accepts a token that it must refuse, or
# refuses one that it must accept.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use Background qw(end_of in_background);
use Patroni;
use PostgreSQL::Test::Utils;
use Protocol;
use Test::More;
use Time::HiRes qw(time usleep);
use Timeline;
use TokenClient;

use constant CLIENTS => 50;

my $seed = $ENV{SEED} // int(1000 * time) % 1_000_000;
srand $seed;

my $cluster = Patroni->new(qw(member_1 member_2 member_3));
my $folder = PostgreSQL::Test::Utils::tempdir();
my $timeline = Timeline->new("$folder/timeline", 'create');
my $superuser = Protocol->new($cluster, 'postgres', 'postgres');
is_deeply([ $superuser->query(<<"SQL") ], [], 'the leader has a credential');
CREATE EXTENSION videosdk_token;
CREATE ROLE issuer LOGIN;
${\Timeline::set_up()}
GRANT USAGE ON FOREIGN SERVER videosdk TO issuer;
SQL

# Change the credential, again and again; every tenth time leave tokens alone until some have expired
sub change_for_ever
{
	my $timeline = Timeline->new("$folder/timeline");
	my $is_over = 0;
	local @SIG{qw(TERM PIPE)} = (sub { $is_over = 1 }, 'IGNORE');
	for (my $count = 1; !$is_over; $count++)
	{
		$timeline->change($cluster, rand() < 0.5, int rand 2, int(time) - int rand 4);
		usleep($count % 10 ? rand 500_000 : 4_000_000);
	}
	return;
}

my @reports = map { "$folder/client.$_" } 1 .. CLIENTS;
my @clients = map {
	my %options = (
		node => $cluster, user => 'issuer', number => $_, timeline => "$folder/timeline", report => "$folder/client.$_", pause => 0.1);
	in_background(sub { TokenClient::run(%options) })
} 1 .. CLIENTS;
my $changes = in_background(\&change_for_ever);

# Wait until the last session in which each client has issued is one with this member
sub wait_for_clients
{
	my ($member) = @_;
	my $port = $cluster->{members}{$member}{postgresql};
	Patroni::wait_until("all clients have issued with $member",
		sub { !grep { !-e $_ || slurp_file($_) !~ /^session $port \d+\n(?!.*^session)/ms } @reports });
	return;
}

# Wait for a change to a secret that no server has yet
sub wait_for_rotation
{
	my $secret = $timeline->secret_begun;
	Patroni::wait_until('changes go on', sub { $timeline->secret_acknowledged > $secret });
	return;
}

my %failovers = (
	'switchover' => sub { $cluster->switch_over },
	'death of PostgreSQL' => sub { $cluster->kill_postmaster($_[0]) },
	'death of Patroni' => sub { $cluster->kill_patroni($_[0]); 1 });
my ($leader) = $cluster->wait_for_standby;
wait_for_clients($leader);
my @figures;
foreach my $how ('switchover', 'death of PostgreSQL', 'death of Patroni')
{
	wait_for_rotation();
	my ($old) = $cluster->wait_for_standby;
	my $direct = Protocol->new($cluster->member($old), 'postgres', 'issuer');
	usleep(rand 1_500_000);

	my $begun = time;
	ok($failovers{$how}->($old), "$how, SEED=$seed");
	my $new = Patroni::wait_until('another leader', sub { my $name = $cluster->leader; $name && $name ne $old && $name });
	wait_for_clients($new);
	push @figures, sprintf '%s | %.1f s', $how, time - $begun;
	wait_for_rotation();
	pass("$how: all clients issue with the new leader, and changes go on");
	next if $how ne 'death of Patroni';

	# Nobody has told the old leader; HAProxy has cut off its clients, but it serves whoever connects by another way
	my $since = $timeline->acknowledged;
	my ($sqlstate, $token) =
	  $direct->fetch(q{SELECT videosdk_issue_token('{"permissions":["allow_join"]}', '1 hour')});
	is($sqlstate, undef, 'a leader that nobody has ended goes on issuing');
	is($timeline->signer($since, $token), undef, 'and knows no change any more');
}

# Every process has ended well, and every outcome was right
is(end_of($changes), 0, 'the changes end');
is_deeply([ grep { $_ != 0 } map { end_of($_) } @clients ], [], 'the clients end');
my $sum = TokenClient::require_right("no outcome was wrong, SEED=$seed", @reports);
my @logs = map { slurp_file($_) } $cluster->logs;
is(scalar(grep { /database system is ready to accept/ } @logs), 3, 'the logs are those of the members, too');
unlike(join('', @logs), qr/${\Timeline::SECRET_PATTERN}|eyJ[\w-]+\.eyJ/, 'no log has a secret or a token');
note "failover: $_" foreach @figures;
note sprintf 'result: %d changes; %d calls, %d lost with their session, %d connections refused, at most %.1f s between two calls of a client',
  $timeline->acknowledged, @$sum{qw(calls lost refused longest)};

$cluster->stop;
done_testing();
