# The blocks of README, typed by a newcomer with a bare machine: test/docs/newcomer.pl README ROOT, where ROOT is a bare system of
# distribution-root.  There is sudo, apt takes yes for its answer, psql is quiet, and PostgreSQL logs all that it can.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use IO::Socket::IP;
use Page qw(read_page run_page secrets);
use Terminal;
use Test::More;

use constant SECONDS => 600;
use constant LOGGING => { log_statement => 'all', log_min_duration_statement => 0, log_transaction_sample_rate => 1 };

my ($page, $root) = @ARGV;
my $free_port = IO::Socket::IP->new(LocalHost => '127.0.0.1', LocalPort => 0, Listen => 1)->sockport;
my @blocks = read_page($page, 3000 => $free_port);
my $terminal = Terminal->new([ "$FindBin::RealBin/../../scripts/lib/in-root", $root, 'bash' ], SECONDS);

run_page(
	$terminal,
	{ language => 'sh', name => 'a bare machine', text => <<"SH" . join '', map { <<"SETTING" } sort keys %{ +LOGGING } });
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq -y install sudo >/dev/null 2>&1
echo 'debconf debconf/frontend select noninteractive' | debconf-set-selections
echo 'APT::Get::Assume-Yes "true";' >/etc/apt/apt.conf.d/yes
mkdir -p /etc/postgresql-common/createcluster.d
echo '\\set QUIET on' >/etc/postgresql-common/psqlrc
SH
echo "$_ = ${\LOGGING->{$_}}" >>/etc/postgresql-common/createcluster.d/logging.conf
SETTING
run_page($terminal, @blocks);

my @secrets = secrets($terminal, @blocks);
my $log = eval { $terminal->type_sh('cat /var/log/postgresql/*.log') } // '';
$terminal->close;
like($log, qr/LOG:  (?:statement|duration):/, "$page: the log has statements");
is_deeply([ grep { index($log, $_) >= 0 } @secrets ], [], "$page: the log has no secret of " . @secrets);
done_testing();
