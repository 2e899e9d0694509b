# Servers of PostgreSQL for tests, which start fast, and what tests ask of them
package Node;

use strict;
use warnings FATAL => 'all';

use Exporter qw(import);
use Fcntl qw(:flock);
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;

our @EXPORT_OK = qw(LOG_EVERYTHING cpu_seconds create_database init_node log_of query run_sql sqlstate start_node);

use constant INITDB => qw(initdb --no-sync --auth=trust --no-locale --encoding=UTF8 --pgdata);

# For postgresql.conf: each statement comes into the log in every way
use constant LOG_EVERYTHING => <<'CONF';
log_statement = all
log_min_duration_statement = 0
log_min_error_statement = error
log_transaction_sample_rate = 1
session_preload_libraries = auto_explain
auto_explain.log_min_duration = 0
CONF

# The path of a folder as initdb makes it, in which no server runs; made once for all tests that run in this TMPDIR
sub template
{
	my $folder = ($ENV{TMPDIR} // PostgreSQL::Test::Utils::tempdir()) . '/initdb-template';
	open my $lock, '>', "$folder.lock" or die "$folder.lock: $!";
	flock $lock, LOCK_EX or die "$folder.lock: $!";
	if (!-d $folder)
	{
		system_or_bail(INITDB, "$folder.new");
		rename "$folder.new", $folder or die "$folder: $!";
	}
	return $folder;
}

# init_node(NAME, CONF, PARAMS...): a node that does not run yet, with lines for its postgresql.conf, in UTF8, the locale C
# and UTC.  PARAMS are those of PostgreSQL::Test::Cluster's init, which this lets copy a folder instead of running initdb.
sub init_node
{
	my ($name, $conf, %params) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	my $run = \&PostgreSQL::Test::Utils::system_or_bail;
	{
		no warnings 'redefine';
		local *PostgreSQL::Test::Utils::system_or_bail = sub {
			my (@command) = @_;
			@command = ('cp', '-R', '-p', template(), $node->data_dir) if $command[0] eq 'initdb';
			return $run->(@command);
		};
		$node->init(extra => [], %params);    # with any, it runs initdb
	}
	$node->append_conf('postgresql.conf', "timezone = 'UTC'\n" . ($conf // ''));
	return $node;
}

# start_node(NAME, CONF, PARAMS...): the same, running
sub start_node
{
	my $node = init_node(@_);
	$node->start;
	return $node;
}

# create_database(NODE, NAME, ENCODING): an empty database in the locale C
sub create_database
{
	my ($node, $name, $encoding) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE \"$name\" ENCODING '$encoding' LOCALE 'C' TEMPLATE template0");
	return;
}

my %sessions;

# run_sql(NODE, DATABASE, SQL, OPTIONS...): (what psql prints, its messages with SQLSTATEs) for statements of which each is run,
# whatever came of those before it.  OPTIONS are psql's.  The session is as good as new, though it may have served before,
# because connecting costs much.
sub run_sql
{
	my ($node, $database, $sql, @options) = @_;
	my $key = join "\0", $node->name, $database, @options, map { $ENV{$_} // '' } qw(PGCLIENTENCODING PGOPTIONS);
	my $session = $sessions{$key} //= Session->new($node, $database, @options);
	my ($stdout, $stderr) = map { s/\n\z//r } $session->run($sql);
	$session->run("ROLLBACK;\nDISCARD ALL");
	return ($stdout, $stderr);
}

# query(NODE, DATABASE, SQL, OPTIONS...): what psql prints; the SQL must not fail
sub query
{
	my ($stdout, $stderr) = run_sql(@_);
	die "$stderr\n" if $stderr =~ /^psql:<stdin>:\d+: (?:ERROR|FATAL|PANIC):/m;
	return $stdout;
}

# sqlstate(MESSAGES): the SQLSTATEs of the errors among psql's messages, with blanks between them; '' if there is none
sub sqlstate
{
	my ($messages) = @_;
	return join ' ', $messages =~ /^psql:<stdin>:\d+: (?:ERROR|FATAL):  (\w{5}):/mg;
}

# cpu_seconds(PID): how long a process has run, which does not depend on what else the machine does
sub cpu_seconds
{
	my ($pid) = @_;
	my @fields = split / /, slurp_file("/proc/$pid/stat") =~ s/.*\) //sr;
	return ($fields[11] + $fields[12]) / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}

# log_of(NODE, SUB): what the server's log has gained when SUB returns
sub log_of
{
	my ($node, $sub) = @_;
	my $offset = -s $node->logfile;
	$sub->();
	return slurp_file($node->logfile, $offset);
}

1;
