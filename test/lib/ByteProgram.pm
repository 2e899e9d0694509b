# Programs that answer line by line, made of a room in src/bytes and a file beside its test.  Bytes in lines are in
# hexadecimal.  This needs no PostgreSQL.
package ByteProgram;

use strict;
use warnings FATAL => 'all';

use File::Temp;
use FindBin;

my $folder = File::Temp->newdir;
my $number = 0;

# new(COMPILER'S ARGUMENTS): in the tree's folder, with sanitizers, those of SANITIZERS if it is set; compilation must succeed without
# a warning
sub new
{
	my ($class, @arguments) = @_;
	my $self = bless { program => "$folder/" . ++$number }, $class;
	chdir "$FindBin::RealBin/../.." or die "$FindBin::RealBin/../..: $!";
	my $sanitizers = $ENV{SANITIZERS} // 'address,undefined';
	system('gcc', '-O2', '-Wall', '-Wextra', '-Werror', "-fsanitize=$sanitizers", '-fno-sanitize-recover', '-I', 'src',
		'-o', $self->{program}, @arguments) == 0
	  or die 'gcc fails';
	return $self;
}

# answers(QUESTIONS): one line for each, or fewer where the program ends early
sub answers
{
	my ($self, @questions) = @_;
	open my $file, '>', "$folder/questions" or die "$folder/questions: $!";
	print $file "$_\n" foreach @questions;
	close $file or die "$folder/questions: $!";
	return split /\n/, `"$self->{program}" <"$folder/questions"`;
}

1;
