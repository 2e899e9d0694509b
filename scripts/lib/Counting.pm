# For prove, which by this shows the ends of failed tests' logs, and ends with "N passed, N failed".  It may be a test
# of another prove: then it prints the tests of all of its files as one list in TAP.

package Counting;

use strict;
use warnings;

use File::Basename;
use IO::Handle;
use parent 'TAP::Harness';

# Each test, as it comes
sub print_as_tap
{
	my ($self, $parser, $job) = @_;
	my ($file, $name) = @$job;

	$parser->callback(
		test => sub {
			my ($test) = @_;

			printf {*STDOUT} "%s %d - %s: %s\n", $test->is_ok ? 'ok' : 'not ok', ++$self->{printed}, $name,
				$test->description =~ s/^- //r;
		});
}

sub new
{
	my ($class, $options) = @_;
	my $nested = $ENV{PROVE_IN_PROVE};
	my %ours;

	# Into a file, too, what is shown is shown as it comes
	$ours{formatter_class} = 'TAP::Formatter::Console' if ($options->{verbosity} // 0) > 0;
	$ours{verbosity} = -3 if $nested;
	my $self = $class->SUPER::new({ %$options, %ours });

	STDOUT->autoflush;
	$self->{printed} = 0;
	$self->callback(made_parser => sub { $self->print_as_tap(@_) }) if $nested;
	return $self;
}

# The tests that failed, and one for each file that went wrong without one, or that has run other tests than it said
sub failures
{
	my ($aggregate) = @_;
	my $failures = 0;

	foreach my $parser ($aggregate->parsers)
	{
		$failures += $parser->failed || ($parser->has_problems ? 1 : 0);
	}
	return $failures;
}

# The name of a file that went wrong, and the end of the log that PostgreSQL's modules for tests have written for it, if any
sub show_failure
{
	my ($file) = @_;
	my $log = 'tmp_check/log/regress_log_' . basename($file, '.pl', '.md');
	my @lines;

	print {*STDOUT} "# Failed: $file\n";
	open my $in, '<', $log or return;
	@lines = <$in>;

	splice @lines, 0, -40 if @lines > 40;
	print {*STDOUT} "# The end of its log:\n", map { '# ' . substr(s/\n//r, 0, 300) . "\n" } @lines;
}

sub summary
{
	my ($self, $aggregate, @others) = @_;

	$self->SUPER::summary($aggregate, @others);
	foreach my $file ($aggregate->descriptions)
	{
		my ($parser) = $aggregate->parsers($file);

		show_failure($file) if $parser->has_problems;
	}
	printf {*STDOUT} "%s%d passed, %d failed\n", $ENV{PROVE_IN_PROVE} ? "1..$self->{printed}\n# " : '',
		scalar $aggregate->passed, failures($aggregate);
}

1;
