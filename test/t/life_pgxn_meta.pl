# META.json is valid against the PGXN Meta Spec and agrees with the rest of the tree; each rule of the specification refuses
# what breaks it.  This needs no PostgreSQL.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use File::Basename qw(basename);
use JSON::PP;
use PgxnMeta qw(complaints);
use Test::More;

my $tree = "$FindBin::RealBin/../..";

sub text_of
{
	my ($name) = @_;
	open my $file, '<:raw', "$tree/$name" or die "$name: $!";
	local $/ = undef;
	return scalar <$file>;
}

# The text that a pattern's parentheses match in a file
sub found_in
{
	my ($name, $pattern) = @_;
	return (text_of($name) =~ $pattern)[0];
}

# The specification

# An example with every field there is
my $full = <<'JSON';
{
  "name": "widget", "abstract": "Widgets", "description": "Many widgets", "version": "1.2.3",
  "maintainer": ["A <a@example.com>", "B <b@example.com>"],
  "license": ["postgresql", "mit"],
  "provides": {
    "widget": {"file": "sql/widget.sql", "docfile": "doc/widget.md", "abstract": "A widget", "version": "1.2.3", "x_a": 1}
  },
  "meta-spec": {"version": "1.0.0", "url": "https://pgxn.org/meta/spec.txt", "x_a": 1},
  "generated_by": "A", "tags": ["widget", "gadget"], "release_status": "testing",
  "no_index": {"file": ["src/a.sql"], "directory": ["src/private"], "x_a": 1},
  "prereqs": {
    "configure": {"requires": {"one": "1.0.0"}}, "build": {"recommends": {"two": 0}}, "test": {"suggests": {"three": "0"}},
    "runtime": {"conflicts": {"four": ">= 1.2.0, != 1.5.0,<2.0.0"}, "x_a": 1}, "develop": {"requires": {"five": "==1.0.0"}}
  },
  "resources": {
    "homepage": "https://example.com/", "bugtracker": {"web": "https://example.com/bugs", "mailto": "bugs@example.com"},
    "repository": {"web": "https://example.com/", "url": "git://example.com/widget.git", "type": "git"}, "X_a": {"b": []}
  },
  "x_a": null
}
JSON

# changed(PLACE, VALUE): the example with another value, or with none, at a place, which is names with spaces between them
sub changed
{
	my ($place, @value) = @_;
	my $meta = decode_json($full);
	my @names = split / /, $place;
	my $last = pop @names;
	my $map = $meta;
	$map = $map->{$_} foreach @names;
	delete $map->{$last};
	$map->{$last} = $value[0] if @value;
	return $meta;
}

# [place, value] that is accepted, or [place] that may be missing
my @accepted = (
	[ 'maintainer', 'A' ],
	[ 'license', [
		qw(agpl_3 apache_1_1 apache_2_0 artistic_1 artistic_2 bsd freebsd gfdl_1_2 gfdl_1_3 gpl_1 gpl_2 gpl_3 lgpl_2_1),
		qw(lgpl_3_0 mit mozilla_1_0 mozilla_1_1 openssl perl_5 postgresql qpl_1_0 ssleay sun zlib),
		qw(open_source restricted unrestricted unknown) ] ],
	[ 'license', { 'PostgreSQL License' => 'https://www.postgresql.org/about/licence' } ],
	[ 'tags', 'widget' ],
	[ 'tags', 'x' x 255 ],
	[ 'no_index file', 'a.sql' ],
	[ 'no_index file', '.hidden/..a/b..' ],
	[ 'name', 'ab' ],
	[ 'resources homepage', 'git+ssh://example.com:22/a?b#c' ],
	[ 'abstract', '0' ],
	(map { [ 'version', $_ ] } '0.0.0', '10.20.30', '1.0.0-alpha', '1.0.0-0a.1.x-y', '1.0.0+007', '1.0.0-rc.1+a.bc'),
	(map { [ 'release_status', $_ ] } 'stable', 'unstable'),
	(map { [ $_ ] } 'description', 'generated_by', 'tags', 'no_index', 'prereqs', 'release_status', 'resources',
		'meta-spec url', 'provides widget abstract', 'provides widget docfile', 'resources repository web'));

is_deeply([ complaints(decode_json($full)) ], [], 'every field is accepted');
foreach (@accepted)
{
	my ($place, @value) = @$_;
	my $shown = @value ? encode_json(\@value) : 'no value';
	is_deeply([ complaints(changed(@$_)) ], [], "$place: $shown is accepted");
}

my @not_strings = (undef, '', 1, [], {}, JSON::PP::true);
my @not_semver = (
	'1', '1.0', '1.0.0.0', 'v1.0.0', '01.0.0', '1.00.0', '1.0.00', '1.0.0-', '1.0.0-01', '1.0.0-a..b', '1.0.0-a_b', '1.0.0+',
	'1.0.0+a..b', '1.0.0 ', "1.0.0\n", '1.0.-1', "1.0.\x{661}", 1, undef, [ '1.0.0' ]);
my @not_ranges = (
	'1.0', '= 1.0.0', '=> 1.0.0', '~1.0.0', '>= 1.0.0,', ', 1.0.0', '1.0.0 2.0.0', '>=', '> 0', '', 1, 0.5, undef,
	JSON::PP::false, [ '1.0.0' ]);
my @not_terms = ('a', '', 'a b', "a\tb", 'a/b', 'a\\b', "a\x{1}b", "ab\n", 12, undef, [ 'ab' ]);
my @not_tags = (@not_terms, 'x' x 256);
my @not_paths = (
	'/a.sql', '../a.sql', 'a/../b.sql', 'a/..', './a.sql', 'a//b.sql', 'a/', 'a\\b.sql', "a\nb", 'C:/a.sql', 'c:a.sql', '', 1,
	undef);
my @not_uris = (
	'example.com', '//example.com/', '1://example.com/', 'https:', 'https://', 'https:///a', 'https://example.com/a b',
	"https://example.com/\n", '', 1, undef);
my @not_maps = (undef, 'a', 1, [], [ {} ]);

# [place, complaint, values that are refused], or [place, complaint] where it must not be missing
my @refused = (
	(map { [ $_, 'META.' . tr/ /./r . ': missing' ] }
		'abstract', 'license', 'maintainer', 'meta-spec', 'name', 'provides', 'version', 'meta-spec version',
		'provides widget file', 'provides widget version'),
	[ 'resources repository type', 'META.resources.repository: a url without a type' ],
	(map { [ "$_ licence", 'META.' . tr/ /./r . '.licence: unknown', 'mit' ] }
		'provides widget', 'meta-spec', 'no_index', 'prereqs', 'prereqs build', 'resources', 'resources bugtracker',
		'resources repository'),
	(map { [ $_, "META.$_: unknown", 1 ] } 'licence', 'x', 'x_', 'xa', 'a_x_a', 'Name'),
	(map { [ $_, 'META.' . tr/ /./r . ': not a string with characters in it', @not_strings ] }
		'abstract', 'description', 'generated_by', 'provides widget abstract'),
	[ 'maintainer', 'META.maintainer: not a string with characters in it', undef, '', 1, {} ],
	[ 'maintainer', 'META.maintainer: empty', [] ],
	[ 'maintainer', 'META.maintainer[1]: not a string with characters in it', map { [ 'A', $_ ] } @not_strings ],
	[ 'license', 'META.license: not a license string', undef, '', 1, 'PostgreSQL', 'postgresql ', 'gpl_4', 'mit|bsd' ],
	[ 'license', 'META.license[1]: not a license string', [ 'mit', 'gpl' ], [ 'mit', undef ], [ 'mit', [ 'mit' ] ] ],
	[ 'license', 'META.license: empty', [], {} ],
	[ 'license', 'META.license.mine: not a URI', map { { mine => $_ } } @not_uris ],
	[ 'license', 'the key META.license.: not a string with characters in it', { '' => 'https://example.com/' } ],
	[ 'name', 'META.name: not a term', @not_terms ],
	[ 'tags', 'META.tags[1]: not a tag', map { [ 'ab', $_ ] } @not_tags ],
	[ 'tags', 'META.tags: empty', [] ],
	[ 'version', 'META.version: not a semantic version', @not_semver ],
	[ 'provides widget version', 'META.provides.widget.version: not a semantic version', @not_semver ],
	[ 'provides', 'META.provides: not a map', @not_maps ],
	[ 'provides', 'META.provides: empty', {} ],
	[ 'provides widget', 'META.provides.widget: not a map', @not_maps ],
	(map { [ "provides $_", "the key META.provides.$_: not a term", { file => 'a.sql', version => '1.0.0' } ] }
		'a', 'a/b', 'a\\b', "a\tb"),
	[ 'provides widget file', 'META.provides.widget.file: not a relative path', @not_paths ],
	[ 'provides widget docfile', 'META.provides.widget.docfile: not a relative path', @not_paths ],
	[ 'meta-spec', 'META.meta-spec: not a map', @not_maps ],
	[ 'meta-spec version', 'META.meta-spec.version: not 1.0.0', undef, 1, '1', '1.0', '1.0.1', '2.0.0', "1.0.0\n" ],
	[ 'meta-spec url', 'META.meta-spec.url: not a URI', @not_uris ],
	[ 'release_status', 'META.release_status: not stable, testing or unstable',
		undef, '', 'Stable', 'beta', "stable\n", [ 'stable' ] ],
	[ 'no_index', 'META.no_index: not a map', @not_maps ],
	(map { [ "no_index $_", "META.no_index.$_: empty", [] ] } 'file', 'directory'),
	(map { [ "no_index $_", "META.no_index.$_\[0]: not a relative path", map { [$_] } @not_paths ] } 'file', 'directory'),
	[ 'prereqs', 'META.prereqs: not a map', @not_maps ],
	[ 'prereqs install', 'META.prereqs.install: unknown', { requires => { ab => 0 } } ],
	(map { [ "prereqs $_", "META.prereqs.$_: not a map", @not_maps ] }
		'configure', 'build', 'test', 'runtime', 'develop'),
	[ 'prereqs build needs', 'META.prereqs.build.needs: unknown', { ab => 0 } ],
	(map { [ "prereqs test $_", "META.prereqs.test.$_: not a map", @not_maps ] }
		'requires', 'recommends', 'suggests', 'conflicts'),
	[ 'prereqs test requires', 'META.prereqs.test.requires: empty', {} ],
	[ 'prereqs test requires', 'the key META.prereqs.test.requires.a/b: not a term', { 'a/b' => 0 } ],
	[ 'prereqs test requires', 'META.prereqs.test.requires.ab: not a version range', map { { ab => $_ } } @not_ranges ],
	[ 'resources', 'META.resources: not a map', @not_maps ],
	(map { [ "resources $_", 'META.resources.' . tr/ /./r . ': not a URI', @not_uris ] }
		'homepage', 'bugtracker web', 'repository web', 'repository url'),
	[ 'resources bugtracker', 'META.resources.bugtracker: not a map', @not_maps ],
	[ 'resources repository', 'META.resources.repository: not a map', @not_maps ],
	[ 'resources bugtracker mailto', 'META.resources.bugtracker.mailto: not an email address',
		undef, '', 'a', '@a', 'a@', 'a b@c', 'a@b@c' ],
	[ 'resources repository type', 'META.resources.repository.type: not in lower case', undef, '', 'Git', 1, [ 'git' ] ]);

foreach (@refused)
{
	my ($place, $complaint, @values) = @$_;
	my @metas = @values ? map { changed($place, $_) } @values : changed($place);
	is_deeply([ map { [ complaints($_) ] } @metas ], [ map { [$complaint] } @metas ],
		$complaint . (@values ? ', ' . @values . ' of them' : ''));
}
is_deeply([ complaints($_) ], ['META: not a map'], 'META: not a map') foreach @not_maps;

# The tree
my $meta = decode_json(text_of('META.json'));
my $name = $meta->{name};
my $extension = $meta->{provides}{$name};
my $version = found_in("$name.control", qr/^default_version = '(.*)'$/m);
my $comment = found_in("$name.control", qr/^comment = '(.*)'$/m);
my $oldest = found_in('scripts/lib/majors', qr/^(\d+) /m);

is_deeply([ complaints($meta) ], [], 'META.json is valid');
is_deeply([ keys %{ $meta->{provides} } ], [ map { basename($_, '.control') } glob "$tree/*.control" ],
	'it provides the extension whose control file there is');
is($meta->{version}, "$version.0", 'its version is that of the control file');
is($extension->{version}, "$version.0", 'so is that of the extension');
is_deeply(
	[ text_of('src/videosdk_token.c') =~ /PG_MODULE_MAGIC_EXT\(\s*\.name = "(.*)",\s*\.version = "(.*)"/ ],
	[ $name, $version ],
	'and so is that of the library');
is($_, ucfirst $comment, 'its abstract is the comment of the control file') foreach $meta->{abstract}, $extension->{abstract};
is($extension->{file}, "src/$name--$version.sql", 'its file is the SQL script of that version');
ok(-f "$tree/$extension->{$_}", "its $_ exists") foreach 'file', 'docfile';
is($meta->{license}, 'postgresql', 'its license is the PostgreSQL License');
like(text_of('LICENSE'),
	qr/^Permission to use, copy, modify, and distribute this software and its\ndocumentation for any purpose, without fee/m,
	'and so is that of LICENSE');
is_deeply($meta->{prereqs}, { runtime => { requires => { PostgreSQL => "$oldest.0.0" } } },
	'it requires the oldest PostgreSQL that the build accepts');

done_testing();
