# docs/reference.md names whatever a user can meet
use strict;
use warnings FATAL => 'all';

use FindBin;
use Test::More;

chdir "$FindBin::RealBin/../.." or die;

sub slurp
{
	my ($file) = @_;
	local (@ARGV, $/) = ($file);
	return scalar <>;
}

my $reference = slurp('docs/reference.md');

# What, where it is defined, what comes before the name, what comes after it
foreach (
	[ 'function', 'src/videosdk_token--1.0.sql', 'CREATE FUNCTION ', '\\(' ],
	[ 'option', 'src/credential_options.h', '#define OPTION_\\w+\\s+"', '"' ],
	[ 'status', 'src/token_result.c', '= \\{"', '"' ],
	[ 'SQLSTATE', 'src/token_result.c', 'MAKE_SQLSTATE\\(', '\\)' ],
	[ 'setting', 'src/videosdk_token.c', 'DefineCustom\\w+Variable\\("', '"' ],
	[ 'error of VideoSDK', 'src/join_check.c', '\\{\\d+, "', '"\\}' ])
{
	my ($what, $file, $before, $after) = @$_;
	my @names = map { tr/', //dr } slurp($file) =~ /$before([^"(]+?)$after/g;
	cmp_ok(scalar @names, '>', 0, "there is a name: $what");
	is(join(' ', grep { $reference !~ /`$_`/ && !/validator/ } @names), '', "the reference names each: $what");
}
done_testing();
