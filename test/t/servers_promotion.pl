# What a failover makes of a rotation: without synchronous replication one that was acknowledged may be lost, and the new primary
# issues with the old secret and accepts what was revoked.  With it, none is acknowledged that a failover could lose; but one
# whose wait was cancelled is not acknowledged, although the statement succeeds, with a warning.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use Node qw(init_node query run_sql);
use Session;
use Test::More;
use Timeline;

# A primary with a standby, and a superuser's session on the primary
sub new_pair
{
	my ($name) = @_;
	my $primary = init_node("$name primary" =~ tr/ /_/r, "autovacuum = off\nwal_sender_timeout = 0", allows_streaming => 1);
	$primary->start;
	query($primary, 'postgres', "CREATE EXTENSION videosdk_token;\n" . Timeline::set_up());
	$primary->backup('backup');
	my $standby = PostgreSQL::Test::Cluster->new("${name}_standby");
	$standby->init_from_backup($primary, 'backup', has_streaming => 1);
	$standby->start;
	$primary->wait_for_catchup($standby);
	return ($primary, $standby);
}

my $folder = PostgreSQL::Test::Utils::tempdir();

# A change that is begun while the primary cannot send anything to the standby; CHANGE runs its SQL and returns whether PostgreSQL has
# acknowledged it.  Then the standby takes over.  Returns what CHANGE has returned, the number of the secret with which the standby
# issues, and what it makes of a token that the change has revoked.
sub outcome
{
	my ($name, $synchronous, $change) = @_;
	my ($primary, $standby) = new_pair($name);
	if ($synchronous)
	{
		$primary->append_conf('postgresql.conf', "synchronous_standby_names = '*'");
		$primary->reload;
		$primary->poll_query_until('postgres', "SELECT sync_state = 'sync' FROM pg_stat_replication") or die 'not synchronous';
	}
	my $timeline = Timeline->new("$folder/$name", 'create');
	my $sender = query($primary, 'postgres', 'SELECT pid FROM pg_stat_replication');
	kill 'STOP', $sender;
	my $is_acknowledged = $change->($primary, $timeline->begin(1, 0, 1_700_000_000));
	kill 'KILL', $sender;    # a crash, of which the primary does not recover by itself
	$primary->stop('immediate', fail_ok => 1);
	$standby->promote;
	my $token = query($standby, 'postgres', q{SELECT videosdk_issue_token('{"permissions":["allow_join"]}', '1 hour')});
	my $signer = $timeline->signer(1, $token);
	my $old = query($standby, 'postgres',
		"SELECT videosdk_sign_token(videosdk_participant_payload('room', 'x', apikey => 'key') || '{\"iat\": 1600000000}', '"
		  . Timeline::secret(1) . "', '20 years')");
	my $status = query($standby, 'postgres', "SELECT status FROM videosdk_check_token('$old')");
	$standby->stop;
	return ($is_acknowledged, $signer, $status);
}

sub run
{
	my ($primary, $sql) = @_;
	my (undef, $messages) = run_sql($primary, 'postgres', $sql);
	return $messages eq '';
}

is_deeply(
	[ outcome('asynchronous', 0, \&run) ],
	[ 1, 1, 'valid' ],
	'asynchronous: an acknowledged rotation is lost, and what was revoked is accepted');

# It waits, and so is not acknowledged
my @waiting;

sub wait_in_vain
{
	my ($primary, $sql) = @_;
	my $session = Session->new($primary, 'postgres');
	$session->begin($sql);
	$primary->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'") or die 'no wait';
	push @waiting, $session;
	return 0;
}
is_deeply([ outcome('synchronous', 1, \&wait_in_vain) ], [ 0, 1, 'valid' ], 'synchronous: what is lost was not acknowledged');

sub cancel_the_wait
{
	my ($primary, $sql) = @_;
	wait_in_vain($primary, $sql);
	query($primary, 'postgres', "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
	my (undef, $messages) = $waiting[-1]->end;
	unlike($messages, qr/ERROR/, 'a cancelled wait is no error');
	like($messages, qr/WARNING:  01000: canceling wait for synchronous replication/, 'but a warning');
	return $messages eq '';
}
is_deeply([ outcome('cancelled', 1, \&cancel_the_wait) ], [ '', 1, 'valid' ], 'cancelled: it is lost');

done_testing();
