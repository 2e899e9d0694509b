# Each link to a file leads to it, and to a heading of it; what the comments of SQL name, too.  What is on other hosts is not asked.
use strict;
use warnings FATAL => 'all';

use File::Basename;
use FindBin;
use Test::More;

chdir "$FindBin::RealBin/../.." or die;

sub slurp
{
	my ($file) = @_;
	local (@ARGV, $/) = ($file);
	return scalar <>;
}

# A page without its blocks of code
sub prose
{
	my ($page) = @_;
	return slurp($page) =~ s/^([ \t]*```).*?^\1[ \t]*$//gmsr;
}

# The anchors of a page's headings, by GitHub's rule: lower case, blanks as hyphens, neither code's marks nor punctuation
sub anchors
{
	my ($page) = @_;
	return map { lc s/\[([^]]*)\]\([^)]*\)/$1/gr =~ s/[^\w\- ]//gr =~ tr/ /-/r } prose($page) =~ /^#+ +(.*?) *$/mg;
}

my %anchors;

# What is wrong with a link in a file; nothing if it leads somewhere
sub problem
{
	my ($file, $link) = @_;
	my ($path, $anchor) = $link =~ /^([^#]*)(?:#(.*))?$/;
	my $target = $path eq '' ? $file : dirname($file) . "/$path";
	1 while $target =~ s{(^|/)(?!\.\.?/)[^/]+/\.\./}{$1};
	$target =~ s{(^|/)(?:\./)+}{$1}g;
	return "$link: no such file" if !-e $target;
	return if !defined $anchor;
	$anchors{$target} //= { map { $_ => 1 } anchors($target) };
	return $anchors{$target}{$anchor} ? () : "$link: no such heading";
}

my @pages = (glob('*.md'), glob('docs/*.md'));
foreach my $page (@pages)
{
	my $prose = prose($page) =~ s/`[^`\n]*`//gr;
	my @links = grep { !/^[a-z]+:/ } $prose =~ /\]\(\s*<?([^)\s>]+)/g, $prose =~ /^\[[^]]+\]:\s+(\S+)/mg, $prose =~ /\b(?:href|src)="([^"]+)"/g;
	is(join("\n", map { problem($page, $_) } @links), '', "the links of $page: " . @links);

	my %count;
	$count{$_}++ foreach anchors($page);
	is(join("\n", grep { $count{$_} > 1 } sort keys %count), '', "the headings of $page differ");
}

foreach my $file (glob('examples/*.sql src/*.sql'))
{
	my @links = slurp($file) =~ m{\b((?:docs/)?\w+\.md(?:#[\w-]+)?)}g;
	is(join("\n", map { problem('README.md', $_) } @links), '', "the pages that $file names: " . @links);
}
done_testing();
