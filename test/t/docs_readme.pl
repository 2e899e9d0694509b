# Each block of SQL in README runs, and gives the text that stands below it
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use IPC::Run;
use Node qw(log_of query start_node);
use PostgreSQL::Test::Utils;
use Test::More;

my $readme = slurp_file("$FindBin::RealBin/../../README.md");

# The blocks, in order: [SQL, the text below it, if any]
sub read_blocks
{
	my @blocks;

	while ($readme =~ /^```sql\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/gms)
	{
		push @blocks, [ $1, $2 ];
	}
	return @blocks;
}

# A text without the blanks at the end of lines, and the empty lines at its end
sub trimmed
{
	my ($text) = @_;

	$text =~ s/[ \t]+$//mg;
	$text =~ s/\n+\z/\n/;
	return $text;
}

# What psql prints for each block, one after the other in one session
sub run_blocks
{
	my ($node, @blocks) = @_;
	my $script = join "\\echo END OF BLOCK\n", map { $_->[0] } @blocks;
	my $output;

	IPC::Run::run [ 'psql', '-X', '-q', '-d', $node->connstr('postgres') ],
	  '<', \$script, '>&', \$output;
	return split /END OF BLOCK\n/, $output, -1;
}

my $node = start_node('main');
my @blocks = read_blocks();
my @outputs = run_blocks($node, @blocks);

cmp_ok(scalar @blocks, '>', 8, 'README has examples');
is(scalar @outputs, scalar @blocks, 'all of them ran');

foreach my $i (0 .. $#blocks)
{
	my ($sql, $text) = @{ $blocks[$i] };
	my ($first_line) = split /\n/, $sql;

	if (defined $text)
	{
		is(trimmed($outputs[$i]),
			trimmed($text), "gives what README shows: $first_line");
	}
	else
	{
		unlike($outputs[$i], qr/ERROR/, "runs: $first_line");
	}
}

# README names whatever a user can meet: [what, where it is defined, what comes before the name, what comes after it]
foreach (
	[ 'function', 'src/videosdk_token--1.0.sql', 'CREATE FUNCTION ', '\\(' ],
	[ 'option', 'src/credential_options.h', '#define OPTION_\\w+\\s+"', '"' ],
	[ 'status', 'src/token_result.c', '= \\{"', '"' ],
	[ 'SQLSTATE', 'src/token_result.c', 'MAKE_SQLSTATE\\(', '\\)' ],
	[ 'error of VideoSDK', 'src/join_check.c', '\\{\\d+, "', '"\\}' ])
{
	my ($what, $file, $before, $after) = @$_;
	my @names = map { tr/', //dr } slurp_file("$FindBin::RealBin/../../$file") =~ /$before([^"(]+?)$after/g;
	cmp_ok(scalar @names, '>', 0, "there is a name: $what");
	is(join(' ', grep { $readme !~ /`$_`/ && !/validator/ } @names), '', "README names each: $what");
}

# What README has made is restored from a dump, though its tokens have been revoked since: a trigger checks what is written, not
# what is restored, as a CHECK would
query($node, 'postgres', <<'SQL');
ALTER SERVER videosdk OPTIONS (ADD revoked_before '9999-12-31T00:00:00Z');
CREATE DATABASE restored;
SQL
my ($dump, $messages) = run_command([ 'pg_dump', $node->connstr('postgres') ]);
is($messages, '', 'pg_dump dumps what README has made');
IPC::Run::run [ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('restored') ],
  '<', \$dump, '>', \my $ignored, '2>', \$messages;
is($messages, '', 'psql restores it');
is(query($node, 'restored', 'SELECT (videosdk_check_token(token)).status FROM tickets'),
	'revoked', 'with a token that would not be written any more');

# The scripts that load and rotate the secret leave it out of the log of a server that logs every statement in every way
my ($loading, $rotating) = $readme =~ /^```psql\n(.*?)^```\n/gms;
my %secrets = map { $_ => "confidential $_ " . '0123456789abcdef' x 2 } 1 .. 3;
query($node, 'postgres', 'CREATE DATABASE loaded');
query($node, 'loaded',
	'CREATE EXTENSION videosdk_token; CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk; CREATE TABLE tokens (token text)');

# run_script(SCRIPT, SECRET): the messages of a psql that has the secret in its environment
sub run_script
{
	my ($script, $secret) = @_;
	local $ENV{VIDEOSDK_SECRET} = $secret;
	local $ENV{VIDEOSDK_APIKEY} = 'key';
	local $ENV{PGOPTIONS} = '-c log_transaction_sample_rate=1 -c log_min_duration_statement=0';
	IPC::Run::run [ 'psql', '-X', '-q', '-d', $node->connstr('loaded') ],
	  '<', \"SELECT 'a statement';\n$script", '>', \my $output, '2>', \my $errors;
	return $errors;
}

# Issue a token; what becomes of the tokens so far
sub statuses
{
	query($node, 'loaded', q{INSERT INTO tokens SELECT videosdk_issue_token(videosdk_api_payload(), '1 hour')});
	return query($node, 'loaded', q{SELECT string_agg((videosdk_check_token(token)).status, ' ') FROM tokens});
}

my $log = log_of(
	$node,
	sub {
		is(run_script($loading, $secrets{1}), '', 'the secret is loaded');
		is(statuses(), 'valid', 'and used');
		is(run_script($rotating, $secrets{2}), '', 'the secret is rotated');
		is(statuses(), 'valid valid', 'tokens of both secrets are valid');
		like(run_script($rotating, $secrets{3}), qr/ERROR:  option "previous_secret" provided more than once/,
			'the next time, there are a previous secret and time');
		is(run_script($rotating =~ s/ADD (?=previous_)/SET /gr, $secrets{3}), '', 'and SET replaces them');
		is(statuses(), 'bad_signature valid valid', 'there is one previous secret');
	});
is(query($node, 'loaded', q{SELECT string_agg(option_value, ',' ORDER BY option_name) FROM pg_user_mappings, pg_options_to_table(umoptions)
	WHERE option_name ~ 'secret'}), "$secrets{2},$secrets{3}", 'the secrets are those of the environment');
like($log, qr/a statement/, 'the log has statements');
unlike($log, qr/confidential/, 'the log has no secret');

$node->stop;
done_testing();
