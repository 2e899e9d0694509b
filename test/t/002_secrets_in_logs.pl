# Every error of every function, raised in every way: the secret and the token are neither in the log nor at the client
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;

use CredentialErrorCases qw(credential_error_cases set_up_servers);
use ErrorCases qw(call error_cases error_cases_of_narrow_client error_cases_of_sql_ascii traces);
use IPC::Run qw(run);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);

# An application's name is the number of the case that it runs
$node->append_conf('postgresql.conf', <<'CONF');
log_line_prefix = '%a|'
log_error_verbosity = verbose
log_min_error_statement = error
log_parameter_max_length = -1
log_parameter_max_length_on_error = -1
log_statement = none
log_min_duration_statement = -1
log_connections = off
log_disconnections = off
lock_timeout = '10ms'
max_prepared_transactions = 3
CONF
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE tester LOGIN');

sub literal
{
	my ($value, $type) = @_;
	return defined $value ? "'" . $value =~ s/'/''/gr . "'::$type" : "NULL::$type";
}

sub with_literals { return call($_[0], \&literal) . '::text' }
sub with_numbers { return call($_[0], sub { return "\$$_[3]" }) . '::text' }
sub with_columns { return call($_[0], sub { return "a.$_[2]" }) . '::text' }

# What $write makes of the values of a case, as a list
sub list
{
	my ($case, $before, $after, $write) = @_;
	my @list;
	call($case, sub { push @list, $write->(@_); return ''; });
	return @list ? $before . join(', ', @list) . $after : '';
}

# Makes a statement hold the values that it reads from a table
sub comment
{
	my ($case) = @_;
	return list($case, '/* ', ' */', sub { return $_[0] // '' });
}

sub in_plpgsql
{
	my ($statement) = @_;
	return "DO \$do\$ DECLARE result text; BEGIN $statement; END \$do\$;";
}

# The ways to raise an error: each makes SQL from a case and its number
my %ways = (
	'plain statement' => sub {
		my ($case) = @_;
		return ($case->[1] eq 'execute' ? $case->[2] : 'SELECT ' . with_literals($case)) . ';';
	},
	'condition that is estimated' => sub {
		return 'SELECT FROM arguments WHERE token = ' . with_literals($_[0]) . ';';
	},
	'table' => sub {
		my ($case, $number) = @_;
		return 'SELECT ' . with_columns($case) . " FROM arguments a WHERE number = $number" . comment($case) . ';';
	},
	'view' => sub {
		my ($case, $number) = @_;
		return "SELECT * FROM view_$number" . comment($case) . ';';
	},
	'prepared statement' => sub {
		my ($case) = @_;
		return 'PREPARE p' . list($case, '(', ')', sub { return $_[1] }) . ' AS SELECT ' . with_numbers($case) . ";\n"
		  . 'EXECUTE p' . list($case, '(', ')', \&literal) . ";\nDEALLOCATE p;";
	},
	'assignment' => sub { return in_plpgsql('result := ' . with_literals($_[0])) },
	'assignment of a query' => sub {
		return in_plpgsql('result := ' . with_literals($_[0]) . ' FROM arguments LIMIT 1');
	},
	'PERFORM' => sub { return in_plpgsql('PERFORM ' . with_literals($_[0])) },
	'SELECT INTO' => sub { return in_plpgsql('SELECT ' . with_literals($_[0]) . ' INTO result') },
	'EXECUTE of text' => sub { return in_plpgsql('EXECUTE $text$SELECT ' . with_literals($_[0]) . '$text$') },
	'EXECUTE USING' => sub {
		my ($case) = @_;
		return in_plpgsql(
			'EXECUTE $text$SELECT ' . with_numbers($case) . '$text$' . list($case, ' USING ', '', \&literal));
	});

# Of a plain error, these tell the client the statement, as CONTEXT
my %tells_client = map { $_ => 1 } ('assignment of a query', 'PERFORM', 'SELECT INTO', 'EXECUTE of text');

# Run all cases in one session; by number, what the client received
sub run_by_psql
{
	my ($database, $way, @cases) = @_;
	my $sql = '';
	foreach my $number (0 .. $#cases)
	{
		$sql .= "SET application_name = '$number';\n\\warn case $number\n\\echo case $number\n";
		$sql .= $ways{$way}->($cases[$number], $number) . "\n";
	}
	my (undef, $stdout, $stderr) =
	  $node->psql($database, $sql, on_error_stop => 0, extra_params => [ '-U', 'tester', '-v', 'VERBOSITY=verbose' ]);

	my %received;
	foreach my $output ($stdout, $stderr)
	{
		my (undef, %parts) = split /^case (\d+)$/m, $output, -1;
		$received{$_} .= $parts{$_} foreach keys %parts;
	}
	return %received;
}

# Run each case with bind parameters, of an unnamed statement (extended) or a named one (prepared)
sub run_by_pgbench
{
	my ($database, $protocol, @cases) = @_;
	my $script = PostgreSQL::Test::Utils::tempdir() . '/script';
	my %received;
	foreach my $number (0 .. $#cases)
	{
		my @variables;
		my $bind = sub {
			my ($value, $type, $name) = @_;
			return literal($value, $type) if ($value // '') eq '';    # pgbench has no such variables
			push @variables, '-D', "$name=$value";
			return ":$name";
		};
		append_to_file("$script.$number", 'SELECT ' . call($cases[$number], $bind) . ";\n");
		local $ENV{PGAPPNAME} = $number;
		my @command = ('pgbench', '-U', 'tester', '-n', '-t', '1', '-M', $protocol, '-f', "$script.$number", @variables);
		run([ @command, $node->connstr($database) ], '>', \my $stdout, '2>', \my $stderr);
		$received{$number} = $stdout . $stderr;
	}
	return %received;
}

# By number, what the log says from an offset on: a list of [label, text]
sub read_log
{
	my ($offset) = @_;
	my %entries;
	my $entry;
	foreach my $line (split /\n/, slurp_file($node->logfile, $offset))
	{
		if ($line =~ /^([^|\t]*)\|([A-Z]+):  (.*)/)
		{
			$entry = [ $2, $3 ];
			push @{ $entries{$1} }, $entry;
		}
		elsif ($line =~ /^\t/ && $entry)
		{
			$entry->[1] .= $line;
		}
	}
	return %entries;
}

sub any_trace
{
	my ($text, $case) = @_;
	return grep { index($text, $_) >= 0 } traces($case);
}

# What is wrong with the report of an error, if anything
sub problems
{
	my ($case, $log, $received) = @_;
	my ($sqlstate) = @$case;
	my @errors = map { $_->[1] =~ /^(\w{5})/ } grep { $_->[0] eq 'ERROR' } @$log;
	my @problems;

	push @problems, "SQLSTATE @errors" if "@errors" ne $sqlstate;
	push @problems, map { "$_->[0] in the log" } grep { $_->[0] !~ /^(ERROR|DETAIL|HINT|LOCATION)$/ } @$log;
	push @problems, 'trace in the log' if any_trace(join("\n", map { $_->[1] } @$log), $case);
	push @problems, 'trace at the client' if any_trace($received, $case);
	push @problems, 'CONTEXT at the client' if $received =~ /CONTEXT:/;
	push @problems, 'nothing at the client' if $received !~ /ERROR:/;
	return @problems;
}

sub check_way
{
	my ($what, $tells_client, $run, @cases) = @_;
	my $offset = -s $node->logfile;
	my %received = $run->(@cases);
	my %log = read_log($offset);
	my @reports;
	foreach my $number (0 .. $#cases)
	{
		my @problems = problems($cases[$number], $log{$number} // [], $received{$number} // '');
		push @reports, join(', ', @problems) . ': ' . substr(with_literals($cases[$number]), 0, 500) if @problems;
	}

	# The last case is a plain error
	my $leak = pop @reports // '';
	like($leak, qr/trace in the log.*leak/, "$what: the log would show a leak");
	like($leak, qr/trace at the client.*leak/, "$what: the client would show a leak") if $tells_client;
	is(join("\n", @reports), '', "$what: $#cases errors without a trace");
}

# What the ways need
sub set_up
{
	my ($database, $encoding, @cases) = @_;
	my $sql = <<'SQL';
CREATE EXTENSION videosdk_token;
CREATE FUNCTION leak(token text, secret text) RETURNS text IMMUTABLE LANGUAGE plpgsql
	AS 'BEGIN RAISE division_by_zero; END';
CREATE FUNCTION execute(statement text) RETURNS text LANGUAGE plpgsql AS 'BEGIN EXECUTE statement; RETURN NULL; END';
CREATE TABLE arguments (number int, payload jsonb, token text, secret text, expires_in interval, leeway interval,
	valid_at timestamptz, server name, options text[], catalog oid, statement text);
SQL
	foreach my $number (0 .. $#cases)
	{
		my $case = $cases[$number];
		$sql .= "INSERT INTO arguments (number" . list($case, ', ', '', sub { return $_[2] })
		  . ") VALUES ($number" . list($case, ', ', '', \&literal) . ");\n"
		  . "CREATE VIEW view_$number AS SELECT " . with_columns($case) . " FROM arguments a WHERE number = $number;\n";
	}
	$node->safe_psql('postgres', "CREATE DATABASE $database ENCODING '$encoding' LOCALE 'C' TEMPLATE template0");
	lock_values($database);
	$node->safe_psql($database, $sql . set_up_servers('tester') . "GRANT SELECT ON ALL TABLES IN SCHEMA public TO tester");
}

# Values whose TOAST index is locked, by a prepared transaction
sub lock_values
{
	my ($database) = @_;
	$node->safe_psql($database, <<"SQL");
CREATE TABLE locked (payload jsonb, token text, secret text);
ALTER TABLE locked ALTER payload SET STORAGE EXTERNAL, ALTER token SET STORAGE EXTERNAL,
	ALTER secret SET STORAGE EXTERNAL;
INSERT INTO locked SELECT to_jsonb(v), v, v || '.' FROM repeat('locked value ', 1000) v;
BEGIN;
SELECT 'REINDEX INDEX ' || i.indexrelid::regclass FROM pg_class t, pg_index i
WHERE t.oid = 'locked'::regclass AND i.indrelid = t.reltoastrelid \\gexec
PREPARE TRANSACTION '$database';
SQL
}

sub check_all_ways
{
	my ($database, $encoding, $client_encoding, @cases) = @_;
	local $ENV{PGCLIENTENCODING} = $client_encoding;
	set_up($database, $encoding, @cases);
	foreach my $way (sort keys %ways)
	{
		check_way("$database, $way", $tells_client{$way}, sub { return run_by_psql($database, $way, @_) }, @cases);
	}
	foreach my $protocol (qw(extended prepared))
	{
		check_way("$database, bind parameters, $protocol", 0, sub { return run_by_pgbench($database, $protocol, @_) },
			@cases);
	}
}

check_all_ways('utf8', 'UTF8', 'UTF8',
	credential_error_cases(), error_cases(infinite_intervals => $node->pg_version >= 17));
check_all_ways('sql_ascii', 'SQL_ASCII', 'SQL_ASCII', error_cases_of_sql_ascii());
check_all_ways('narrow_client', 'UTF8', 'LATIN1', error_cases_of_narrow_client());

$node->stop;
done_testing();
