# A clock that is set back and forward: what is issued, validated and refused goes by the clock at the time of the call, in
# new sessions, old ones and open transactions, and so does how long a previous secret is accepted
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use Cwd qw(abs_path);
use Node qw(init_node query);
use PostgreSQL::Test::Utils;
use Sample qw(OTHER_SECRET SECRET create_server);
use Session;
use Test::More;
use TokenMaker qw(make_token written_payload);

use constant {
	NOON => 1795521600,    # 2026-11-24 12:00:00 UTC
	HOUR => 3600,
	YEAR => 365 * 86400,
};

# A server whose clock stands still at the time that is in a file
my $folder = abs_path(PostgreSQL::Test::Utils::tempdir());
my $node = init_node('clock');

# Set it to so many seconds after NOON
sub set_clock
{
	my ($seconds) = @_;
	my ($second, $minute, $hour, $day, $month, $year) = gmtime(NOON + $seconds);
	append_to_file("$folder/clock.new",
		sprintf('%d-%02d-%02d %02d:%02d:%02d', $year + 1900, $month + 1, $day, $hour, $minute, $second));
	rename "$folder/clock.new", "$folder/clock" or die;
	return;
}

set_clock(0);
{
	my ($library) = glob '/usr/lib/*/faketime/libfaketime.so.1';
	local $ENV{LD_PRELOAD} = $library // die 'libfaketime is missing';
	local $ENV{FAKETIME_TIMESTAMP_FILE} = "$folder/clock";
	local @ENV{qw(FAKETIME_NO_CACHE FAKETIME_DONT_FAKE_MONOTONIC NO_FAKE_STAT TZ)} = (1, 1, 1, 'UTC');
	$node->start;
}
query($node, 'postgres', <<"SQL");
CREATE EXTENSION videosdk_token;
${\create_server('videosdk', SECRET, "max_expires_in '4 hours'")}
ALTER USER MAPPING FOR PUBLIC SERVER videosdk
	OPTIONS (ADD previous_secret '${\OTHER_SECRET}', ADD previous_until '2026-11-24T12:01:00Z');
SQL

# A statement that is prepared, and a transaction that is open, since before the clock changes
my %sessions = map { $_ => Session->new($node, 'postgres') } ('old session', 'old transaction');
my $prepare = <<"SQL";
PREPARE issue AS SELECT videosdk_issue_token(\$1, \$2);
PREPARE status AS SELECT status FROM videosdk_check_token(\$1);
SQL
$_->run($prepare) foreach values %sessions;
$sessions{'old transaction'}->run('BEGIN');

# The token that a session issues, or a SQLSTATE
sub issue
{
	my ($session, $expires_in, $claims) = @_;
	my ($token, $errors) = $session->run("EXECUTE issue('{\"permissions\":[\"allow_join\"]$claims}', '$expires_in')");
	chomp $token;
	return $errors =~ /ERROR:  (\w{5}):/ ? $1 : $token;
}

# The payload that is issued at so many seconds after NOON, and the token
sub payload
{
	my ($seconds, $lifetime, %claims) = @_;
	my $iat = NOON + $seconds;
	my %times = (iat => $iat, exp => $iat + $lifetime, %claims);
	return written_payload(apikey => '"key"', permissions => '["allow_join"]', %times);
}

sub issued
{
	return make_token(payload(@_), SECRET);
}

my $token = issued(0, HOUR);
my $later = issued(0, HOUR, nbf => NOON + 60);
my $previous = make_token(payload(0, 2 * YEAR), OTHER_SECRET);
foreach my $seconds (0, -HOUR, 59, 60, HOUR - 1, HOUR, YEAR, -YEAR, 0)
{
	set_clock($seconds);
	$sessions{'new session'} = Session->new($node, 'postgres');
	$sessions{'new session'}->run($prepare);
	foreach my $name (sort keys %sessions)
	{
		my $session = $sessions{$name};
		my $what = "clock at $seconds, $name";
		is(issue($session, '1 hour', ''), issued($seconds, HOUR), "$what: issues from now on");
		is(issue($session, '4 hours', ''), issued($seconds, 4 * HOUR), "$what: for as long as the server allows");
		my $nbf = NOON + $seconds + HOUR - 1;
		is( issue($session, '1 hour', ",\"nbf\":$nbf"),
			issued($seconds, HOUR, nbf => $nbf),
			"$what: nbf before exp");

		my ($status) = $session->run("EXECUTE status('$token')");
		is($status, $seconds < HOUR ? "valid\n" : "expired\n", "$what: an hour from noon");
		($status) = $session->run("EXECUTE status('$later')");
		is($status, $seconds < 60 ? "not_yet_valid\n" : $seconds < HOUR ? "valid\n" : "expired\n", "$what: with nbf");
		($status) = $session->run("EXECUTE status('$previous')");
		is($status, $seconds < 60 ? "valid\n" : "bad_signature\n", "$what: of the previous secret");
		next if $name =~ /transaction/;
		is(issue($session, '4 hours 1 second', ''), '22023', "$what: not for longer than the server allows");
		$nbf++;
		is(issue($session, '1 hour', ",\"nbf\":$nbf"), '22023', "$what: nbf is not exp");
	}
	(delete $sessions{'new session'})->quit;
}
$_->quit foreach values %sessions;
$node->stop;

done_testing();
