# make install prefix=FOLDER makes a folder that a server finds by two settings alone, laid out as CloudNativePG's image volumes are;
# make image-volume writes that of a commit to a tarball, always of the same bytes.  A PostgreSQL before 18, which has no such
# settings, is refused.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use File::Temp qw(tempdir);
use Node qw(query start_node);
use PostgreSQL::Test::Utils;
use Sample qw(create_server token);
use Test::More;

use constant REFUSAL => qr/prefix is for PostgreSQL 18 and later: PostgreSQL \d+ finds an extension in its own folders only/;

my $tree = "$FindBin::RealBin/../..";
my $work = tempdir(CLEANUP => 1);
my ($major) = qx($ENV{PG_CONFIG} --version) =~ /^PostgreSQL (\d+)/;

# shell(SCRIPT, ARGUMENTS...): (did it succeed, what it printed, its messages)
sub shell
{
	my ($script, @arguments) = @_;
	my ($stdout, $stderr) = ('', '');
	my $succeeded = IPC::Run::run([ 'bash', '-euo', 'pipefail', '-c', $script, 'bash', @arguments ], '>', \$stdout, '2>', \$stderr);
	return ($succeeded, $stdout, $stderr);
}

# What a script that must succeed printed
sub output_of
{
	my ($succeeded, $stdout, $stderr) = shell(@_);
	die $stderr if !$succeeded;
	return $stdout;
}

# A commit of this tree
sub commit_tree
{
	output_of(<<'BASH', $tree, "$work/commit");
mkdir "$2"
"$1/scripts/lib/tree" | tar -C "$2" -xf -
cd "$2"
git init -q
git add --all
git -c user.name=test -c user.email=test commit -q --date='2026-01-02 03:04:05 +0000' -m test
BASH
	return;
}

# make_tarball(NAME, ENVIRONMENT): what make image-volume does in a clone by that name, as by shell
sub make_tarball
{
	my ($name, $environment) = @_;
	return shell("umask 077; git clone -q \"\$1\" \"\$2\"; $environment make -s -C \"\$2\" image-volume", "$work/commit",
		"$work/$name");
}

# The files and folders below a folder, with their modes
sub layout
{
	my ($folder) = @_;
	return output_of(q(cd "$1"; find . -mindepth 1 -printf '%M %P\n' | sort -k 2), $folder);
}

# A server for which the extension is in a folder and nowhere else installs it for a role that may, and works.
sub works_in
{
	my ($node, $name, $folder) = @_;
	query($node, 'postgres', <<"SQL");
CREATE ROLE $name LOGIN;
CREATE DATABASE $name OWNER $name;
ALTER DATABASE $name SET extension_control_path = '$folder/share';
ALTER DATABASE $name SET dynamic_library_path = '$folder/lib';
SQL
	is(query($node, $name, <<"SQL", '-U', $name), 'valid', "$name: CREATE EXTENSION, and a token");
CREATE EXTENSION videosdk_token;
${\create_server()}
SELECT status FROM videosdk_check_token(videosdk_issue_token('{"permissions": ["allow_join"]}', '1 hour'));
SQL
	my $maps = query($node, $name, <<"SQL");
SELECT videosdk_decode_token('${\token()}');
SELECT pg_read_file('/proc/self/maps');
SQL
	is_deeply([ sort { $a cmp $b } keys %{ { map { $_ => 1 } $maps =~ m{ (/.*/videosdk_token\.so)$}mg } } ],
		["$folder/lib/videosdk_token.so"], "$name: the library is that of the folder");
	return;
}

my @install = ('make -s -C "$1" install prefix="$2"', $tree, "$work/installed");
my $layout = <<'LAYOUT';
drwxr-xr-x lib
-rwxr-xr-x lib/videosdk_token.so
drwxr-xr-x share
drwxr-xr-x share/extension
-rw-r--r-- share/extension/videosdk_token--1.0.sql
-rw-r--r-- share/extension/videosdk_token.control
LAYOUT

umask 022;
commit_tree();
if ($major < 18)
{
	my ($installed, undef, $refusal) = shell(@install);
	ok(!$installed, "make install prefix= fails for PostgreSQL $major");
	like($refusal, REFUSAL, 'and says why');
	ok(!-e "$work/installed", 'it installs nothing');
	my ($made, undef, $message) = make_tarball('clone', '');
	ok(!$made, 'so does make image-volume');
	like($message, REFUSAL, 'and says why');
	done_testing();
	exit;
}

output_of(@install);
is(layout("$work/installed"), $layout, 'make install prefix=');

my ($made, $tarball, $messages) = make_tarball('clone', '');
ok($made, 'make image-volume') or diag($messages);
like($tarball, qr{\Adist/videosdk_token-1\.0\.0-$major-[a-z0-9.]+-\w+\.tar\.gz\n\z}, 'it prints the name of the file');
chomp $tarball;
my (undef, $again) = make_tarball('another/and/longer/folder', 'TZ=NZST-12 LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH=1');
is($again, "$tarball\n", 'another time, in another folder, time zone and locale');
ok(slurp_file("$work/clone/$tarball") eq slurp_file("$work/another/and/longer/folder/$tarball"), 'the same bytes');

mkdir "$work/volume" or die "$work/volume: $!";
output_of('tar -C "$1" -xzf "$2"', "$work/volume", "$work/clone/$tarball");
is(layout("$work/volume"), $layout, 'in the tarball');
my $time = output_of('TZ=UTC git -C "$1" log -1 --date=format-local:"%F %T" --format=%cd', "$work/commit") =~ s/\n//r;
my @entries = split /\n/, output_of('tar -tvzf "$1" --full-time --utc --numeric-owner', "$work/clone/$tarball");
is_deeply([ grep { !m{ 0/0 .* \Q$time\E } } @entries ], [], "all is root's, and of the time of the commit");
output_of('chmod -R a-w "$1"', "$work/volume");

my $node = start_node('main');
works_in($node, 'installed', "$work/installed");
works_in($node, 'volume', "$work/volume");
$node->stop;
output_of('chmod -R u+w "$1"', "$work/volume");
done_testing();
