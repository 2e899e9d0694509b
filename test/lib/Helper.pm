# Shared libraries made of the files in test/helpers, which a server loads
package Helper;

use strict;
use warnings FATAL => 'all';

use Cwd qw(abs_path);
use Exporter qw(import);
use FindBin;
use PostgreSQL::Test::Utils;

our @EXPORT_OK = qw(build_library);

my $folder;

# build_library(NAME, FLAGS...): the path of the library that test/helpers/NAME.c gives, compiled with these flags, without a warning
sub build_library
{
	my ($name, @flags) = @_;
	my $tree = "$FindBin::RealBin/../..";
	my ($headers) = run_command([ $ENV{PG_CONFIG}, '--includedir-server' ]);
	$folder //= abs_path(PostgreSQL::Test::Utils::tempdir());
	system_or_bail($ENV{CC} // 'cc', '-O2', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-isystem', $headers,
		'-I', "$tree/src", @flags, '-o', "$folder/$name.so", "$tree/test/helpers/$name.c");
	return "$folder/$name.so";
}

1;
