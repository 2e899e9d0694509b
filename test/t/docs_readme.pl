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

# The script that loads the secret leaves it out of the log of a server that logs every statement in every way
my ($loading) = $readme =~ /^```psql\n(.*?)^```\n/ms;
$ENV{VIDEOSDK_SECRET} = 'confidential' x 4;
$ENV{VIDEOSDK_APIKEY} = 'key';
query($node, 'postgres', 'CREATE DATABASE loaded');
query($node, 'loaded',
	'CREATE EXTENSION videosdk_token; CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk');
my $log = log_of(
	$node,
	sub {
		local $ENV{PGOPTIONS} = '-c log_transaction_sample_rate=1 -c log_min_duration_statement=0';
		query($node, 'loaded', $loading);
		is(query($node, 'loaded', 'SELECT umoptions FROM pg_user_mappings'),
			"{apikey=key,secret=$ENV{VIDEOSDK_SECRET}}", 'the secret is loaded');
	});
like($log, qr/pg_user_mappings/, 'the log has statements');
unlike($log, qr/confidential/, 'the log does not have the secret');

$node->stop;
done_testing();
