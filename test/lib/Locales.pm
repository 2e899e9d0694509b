# Locales, of which few machines have those that tests need
package Locales;

use strict;
use warnings FATAL => 'all';

use Exporter qw(import);
use PostgreSQL::Test::Utils;

our @EXPORT_OK = qw(has_translations make_locales);

# make_locales(NAMES...): locales such as de_DE.UTF-8, where servers that are started from now on look for them
sub make_locales
{
	my (@names) = @_;
	my $folder = PostgreSQL::Test::Utils::tempdir_short();
	system_or_bail('localedef', '-i', s/\..*//r, '-f', 'UTF-8', "$folder/$_") foreach @names;
	$ENV{LOCPATH} = $folder;
	return;
}

# True if this PostgreSQL speaks other languages.  Ubuntu's is configured to, and comes without their words.
sub has_translations
{
	my ($configuration) = run_command([ 'pg_config', '--configure' ]);
	my ($folder) = run_command([ 'pg_config', '--localedir' ]);
	my @translations = glob "$folder/*/LC_MESSAGES/postgres-*.mo";
	return $configuration =~ /--enable-nls/ && @translations > 0;
}

1;
