# A page of the documentation, whose blocks are typed into a terminal, in its order, and whose output is compared
package Page;

use strict;
use warnings FATAL => 'all';

use Exporter qw(import);
use Test::More;

our @EXPORT_OK = qw(read_page run_page secrets);

# read_page(FILE, REPLACEMENTS...): its blocks of sh and sql, in order, each with its language, its text, the text block directly
# below it, if any, and its name.  REPLACEMENTS are pairs of a number and what it is replaced by, such as ports.
sub read_page
{
	my ($file, %replacements) = @_;
	my @blocks;
	my $page = do { local (@ARGV, $/) = ($file); <> };

	# What would look like a block that is run, and is not
	die "$file: a block that is indented would not be run\n" if $page =~ /^[ \t]+```/m;
	my $rest = $page =~ s/^```(?:sh|sql)\n.*?^```\n(?:\n?```text\n.*?^```\n)?//gmsr;
	die "$file: a block of '$1' would not be run\n" if $rest =~ s/^```(?:js|mermaid|pgsql)\n.*?^```\n//gmsr =~ /^```(.*)/m;

	while ($page =~ /^```(sh|sql)\n(.*?)^```\n(?:\n?```text\n(.*?)^```\n)?/gms)
	{
		my ($language, $text, $output, $line) = ($1, $2, $3, 1 + ($page =~ tr/\n//, substr($page, 0, $-[0]) =~ tr/\n//)[1]);
		my ($first) = $text =~ /^\s*(.*)/;
		foreach my $number (keys %replacements)
		{
			s/\b$number\b/$replacements{$number}/g foreach grep { defined } $text, $output;
		}
		push @blocks, { language => $language, text => $text, output => $output, name => "line $line: $first" };
	}
	return @blocks;
}

# Without the blanks at the end of lines, and the empty lines at its end
sub trimmed
{
	my ($text) = @_;
	$text =~ s/[ \t\r]+$//mg;
	$text =~ s/\n*\z/\n/;
	return $text;
}

# A pattern of what a text block says, in which "…" stands for any text within the line
sub pattern
{
	my ($text) = @_;
	return join '[^\n]*', map { quotemeta } split /…/, trimmed($text), -1;
}

# run_page(TERMINAL, BLOCKS...): type each block, one test for each; what follows a block that ends the terminal is not run
sub run_page
{
	my ($terminal, @blocks) = @_;
	foreach my $block (@blocks)
	{
		my ($language, $text, $expected, $name) = @$block{qw(language text output name)};
		my $output = eval { $language eq 'sh' ? $terminal->type_sh($text) : $terminal->type_sql($text) };
		if (!defined $output)
		{
			fail($name);
			diag($@);
			return;
		}
		if (defined $expected)
		{
			my $pattern = pattern($expected);
			$output = trimmed($output);
			is($output, $output =~ /\A$pattern\z/ ? $output : trimmed($expected), $name);
		}
		else
		{
			ok($language eq 'sh' || $output !~ /^(?:psql:\S+ )?(?:(?:ERROR|FATAL):|\S+: No such file|invalid command|no rows returned)/m, $name) or diag($output);
		}
	}
	return;
}

# secrets(TERMINAL, BLOCKS...): what the page's shell had in environment variables whose name has SECRET in it, but for what the
# page itself writes into SQL
sub secrets
{
	my ($terminal, @blocks) = @_;
	my %secrets = map { $_ => 1 } $terminal->secrets;
	my $sql = join '', map { $_->{text} } grep { $_->{language} eq 'sql' } @blocks;
	foreach my $block (grep { $_->{language} eq 'sh' } @blocks)
	{
		$secrets{$_} = 1 foreach $block->{text} =~ /\w*SECRET\w*=["']?([^"'\s;\$()]+)/g;
	}
	return grep { length > 7 && index($sql, $_) < 0 } sort keys %secrets;
}

1;
