# README, a recipe's SQL, and the first example are short
use strict;
use warnings FATAL => 'all';

use FindBin;
use Test::More;

chdir "$FindBin::RealBin/../.." or die;

sub lines
{
	my ($file) = @_;
	local @ARGV = ($file);
	my @lines = <>;
	return @lines;
}

cmp_ok(scalar lines('README.md'), '<=', 250, 'lines of README');
cmp_ok(scalar lines('examples/meetings.sql'), '<=', 200, 'lines of examples/meetings.sql');

my @recipes = split /^(?=## )/m, join '', lines('docs/recipes.md');
shift @recipes;
cmp_ok(scalar @recipes, '>', 0, 'there are recipes');
foreach my $recipe (@recipes)
{
	my ($title) = $recipe =~ /^## (.*)/;
	my $sql = join '', $recipe =~ /^```sql\n(.*?)^```$/gms;
	my @lines = $sql =~ /^.*\S.*$/gm;
	cmp_ok(scalar @lines, '<=', 25, "lines of SQL: $title");
}
done_testing();
