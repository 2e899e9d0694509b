# No error of any function, in whatever way it is raised, shows a secret or a token in the log or to the client
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use CredentialErrorCases qw(credential_error_cases set_up_servers);
use ErrorCases qw(call error_cases error_cases_of_narrow_client error_cases_of_sql_ascii traces with_functions);
use ExtensionCatalogue qw(functions);
use Node qw(create_database log_of query run_sql start_node);
use Protocol;
use Test::More;

# A session's application_name is the number of the case that it runs
my $node = start_node('main', <<'CONF');
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
query($node, 'postgres', 'CREATE ROLE tester LOGIN; CREATE EXTENSION videosdk_token');
my %functions = functions($node, 'postgres');
with_functions(%functions);

sub literal
{
	my ($value, $type) = @_;
	return defined $value ? "'" . $value =~ s/'/''/gr . "'::$type" : "NULL::$type";
}

sub with_literals { return call($_[0], \&literal) . '::text' }
sub with_numbers { return call($_[0], sub { return "\$$_[3]" }) . '::text' }
sub with_columns { return call($_[0], sub { return "a.$_[2]" }) . '::text' }

# list(CASE, BEFORE, AFTER, WRITE): what WRITE makes of the values, with commas between them; '' if there are no values
sub list
{
	my ($case, $before, $after, $write) = @_;
	my @list;
	call($case, sub { push @list, $write->(@_); return ''; });
	return @list ? $before . join(', ', @list) . $after : '';
}

# A comment with the values of a case, for a statement that reads them from a table: a log of the statement would show them
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

# The ways to raise an error, by name: SQL made of a case and its number
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

# The ways whose plain errors tell the client the statement, as CONTEXT
my %tells_client = map { $_ => 1 } ('assignment of a query', 'PERFORM', 'SELECT INTO', 'EXECUTE of text');

# Run all cases in one session; returns what the client received, by number
sub run_by_psql
{
	my ($database, $way, @cases) = @_;
	my $sql = '';
	foreach my $number (0 .. $#cases)
	{
		$sql .= "SET application_name = '$number';\n\\warn case $number\n\\echo case $number\n";
		$sql .= $ways{$way}->($cases[$number], $number) . "\n";
	}
	my %received;
	foreach my $output (run_sql($node, $database, $sql, '-U', 'tester'))
	{
		my (undef, %parts) = split /^case (\d+)$/m, $output, -1;
		$received{$_} .= $parts{$_} foreach keys %parts;
	}
	return %received;
}

# The same with values that are bound, to an unnamed statement or to one prepared by name
sub run_with_bound_values
{
	my ($database, $name, @cases) = @_;
	my $session = Protocol->new($node, $database, 'tester');
	my %received;
	foreach my $number (0 .. $#cases)
	{
		my @values;
		my $bind = sub { push @values, $_[0]; return "\$$_[3]" };
		my $sql = 'SELECT ' . call($cases[$number], $bind);
		$session->query("SET application_name = '$number'");
		my %labels = (M => 'ERROR', D => 'DETAIL', H => 'HINT', W => 'CONTEXT');
		my @fields = map { /^([MDHW])(.*)/s ? "$labels{$1}:  $2" : $_ } $session->execute($name && "$name$number", $sql, @values);
		$received{$number} = join "\n", @fields;
	}
	return %received;
}

# The entries of a piece of the log, lists of [label, text] by number of the case
sub entries_of
{
	my ($log) = @_;
	my %entries;
	my $entry;
	foreach my $line (split /\n/, $log)
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

# From 19 on, PostgreSQL adds to an error in a wait for a lock which one it was, by numbers
my $context_of_lock = qr/^waiting for \w+ on relation \d+ of database \d+\z/;

# What is wrong with the report of a case's error; nothing if it has the SQLSTATE and no trace
sub problems
{
	my ($case, $log, $received) = @_;
	my ($sqlstate) = @$case;
	my @contexts = grep { $_ !~ $context_of_lock } $received =~ /^CONTEXT:  (.*)$/mg;
	my @errors = map { $_->[1] =~ /^(\w{5})/ } grep { $_->[0] eq 'ERROR' } @$log;
	my @problems;

	push @problems, "SQLSTATE @errors" if "@errors" ne $sqlstate;
	push @problems, map { "$_->[0] in the log" }
	  grep { $_->[0] !~ /^(ERROR|DETAIL|HINT|LOCATION)$/ && ($_->[0] ne 'CONTEXT' || $_->[1] !~ $context_of_lock) } @$log;
	push @problems, 'trace in the log' if any_trace(join("\n", map { $_->[1] } @$log), $case);
	push @problems, 'trace at the client' if any_trace($received, $case);
	push @problems, 'CONTEXT at the client' if @contexts;
	push @problems, 'nothing at the client' if $received !~ /ERROR:/;
	return @problems;
}

# report_is_clean(WHAT, TELLS_CLIENT, RUN, CASES): by RUN, which returns what the client received, none of the cases leaves a
# trace but the last, which is a plain error
sub report_is_clean
{
	my ($what, $tells_client, $run, @cases) = @_;
	my %received;
	my %log = entries_of(log_of($node, sub { %received = $run->(@cases) }));
	my @reports;
	foreach my $number (0 .. $#cases)
	{
		my @problems = problems($cases[$number], $log{$number} // [], $received{$number} // '');
		push @reports, join(', ', @problems) . ': ' . substr(with_literals($cases[$number]), 0, 500) if @problems;
	}

	my $leak = pop @reports // '';
	like($leak, qr/trace in the log.*leak/, "$what: the log would show a leak");
	like($leak, qr/trace at the client.*leak/, "$what: the client would show a leak") if $tells_client;
	is(join("\n", @reports), '', "$what: $#cases errors without a trace");
}

# A database with what the ways need: the cases' values in a table, and a view for each case
sub set_up
{
	my ($database, $encoding, @cases) = @_;
	my $sql = <<'SQL';
CREATE EXTENSION videosdk_token;
CREATE FUNCTION leak(token text, secret text) RETURNS text IMMUTABLE LANGUAGE plpgsql
	AS 'BEGIN RAISE division_by_zero; END';
CREATE FUNCTION execute(statement text) RETURNS text LANGUAGE plpgsql AS 'BEGIN EXECUTE statement; RETURN NULL; END';
CREATE TABLE arguments (number int, payload jsonb, token text, secret text, expires_in interval, leeway interval,
	valid_at timestamptz, server name, room_id text, participant_id text, options text[], catalog oid, statement text,
	body json, signature text, public_key text);
SQL
	foreach my $number (0 .. $#cases)
	{
		my $case = $cases[$number];
		$sql .= "INSERT INTO arguments (number" . list($case, ', ', '', sub { return $_[2] })
		  . ") VALUES ($number" . list($case, ', ', '', \&literal) . ");\n"
		  . "CREATE VIEW view_$number AS SELECT " . with_columns($case) . " FROM arguments a WHERE number = $number;\n";
	}
	create_database($node, $database, $encoding);
	lock_values($database);
	query($node, $database, $sql . set_up_servers('tester') . "GRANT SELECT ON ALL TABLES IN SCHEMA public TO tester");
}

# Values that cannot be fetched, because a prepared transaction locks the TOAST index
sub lock_values
{
	my ($database) = @_;
	query($node, $database, <<"SQL");
CREATE TABLE locked (payload jsonb, token text, secret text, body json);
ALTER TABLE locked ALTER payload SET STORAGE EXTERNAL, ALTER token SET STORAGE EXTERNAL,
	ALTER secret SET STORAGE EXTERNAL, ALTER body SET STORAGE EXTERNAL;
INSERT INTO locked SELECT to_jsonb(v), v, v || '.', to_json(v) FROM repeat('locked value ', 1000) v;
BEGIN;
SELECT 'REINDEX INDEX ' || i.indexrelid::regclass FROM pg_class t, pg_index i
WHERE t.oid = 'locked'::regclass AND i.indrelid = t.reltoastrelid \\gexec
PREPARE TRANSACTION '$database';
SQL
}

sub reports_are_clean
{
	my ($database, $encoding, $client_encoding, @cases) = @_;
	local $ENV{PGCLIENTENCODING} = $client_encoding;
	set_up($database, $encoding, @cases);
	foreach my $way (sort keys %ways)
	{
		my $run = sub { return run_by_psql($database, $way, @_) };
		report_is_clean("$database, $way", $tells_client{$way}, $run, @cases);
	}
	foreach my $name ('', 'prepared')
	{
		my $what = "$database, bind parameters, " . ($name || 'extended');
		report_is_clean($what, 0, sub { return run_with_bound_values($database, $name, @_) }, @cases);
	}
	return;
}

my @cases = (credential_error_cases(), error_cases(infinite_intervals => $node->pg_version >= 17));
my %has_case = map { $_->[1] => 1 } @cases;
is(join(', ', grep { $functions{$_}{language} eq 'c' && !$has_case{$_} } sort keys %functions),
	'', 'each function in C raises an error in some case');
reports_are_clean('utf8', 'UTF8', 'UTF8', @cases);
reports_are_clean('sql_ascii', 'SQL_ASCII', 'SQL_ASCII', error_cases_of_sql_ascii());
reports_are_clean('narrow_client', 'UTF8', 'LATIN1', error_cases_of_narrow_client());

$node->stop;
done_testing();
