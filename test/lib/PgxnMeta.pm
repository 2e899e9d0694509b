# The PGXN Meta Spec 1.0.0, of which META.json is an instance.  Where its text and its examples or PGXN's own validators
# differ, as about spaces in a tag, the stricter counts.
package PgxnMeta;

use strict;
use warnings FATAL => 'all';

use Exporter qw(import);
use JSON::PP;

our @EXPORT_OK = qw(complaints);

# A type is a function of (value, path) that returns complaints, or nothing

# True for a string with characters in it; JSON::PP writes it in quotes, and a number without
sub is_string
{
	my ($value) = @_;
	return JSON::PP->new->allow_nonref->encode($value) =~ /^"[^"]/;
}

sub string
{
	my ($value, $path) = @_;
	return is_string($value) ? () : "$path: not a string with characters in it";
}

# The type of strings that match
sub kind_of_string
{
	my ($name, $pattern) = @_;
	return sub {
		my ($value, $path) = @_;
		return is_string($value) && $value =~ /\A(?:$pattern)\z/ ? () : "$path: not $name";
	};
}

# The type of one value of a type, or a list of at least one
sub list_of
{
	my ($type) = @_;
	return sub {
		my ($value, $path) = @_;
		return $type->($value, $path) if ref $value ne 'ARRAY';
		return "$path: empty" if @$value == 0;
		return map { $type->($value->[$_], "$path\[$_]") } 0 .. $#$value;
	};
}

# The type of maps of at least one, with keys and values of types
sub map_of
{
	my ($key_type, $type) = @_;
	return sub {
		my ($value, $path) = @_;
		return "$path: not a map" if ref $value ne 'HASH';
		return "$path: empty" if keys %$value == 0;
		return map { $key_type->($_, "the key $path.$_"), $type->($value->{$_}, "$path.$_") } sort keys %$value;
	};
}

# The type of maps with these keys, of which those with a * are required, and others that start with x_
sub fields
{
	my (%types) = @_;
	my @required = map { /(.*)\*/ } sort keys %types;
	%types = map { tr/*//dr => $types{$_} } keys %types;
	return sub {
		my ($value, $path) = @_;
		return "$path: not a map" if ref $value ne 'HASH';
		my @missing = map { "$path.$_: missing" } grep { !exists $value->{$_} } @required;
		my @unknown = map { "$path.$_: unknown" } grep { !exists $types{$_} && !/\Ax_./i } sort keys %$value;
		return @missing, @unknown,
		  map { $types{$_}->($value->{$_}, "$path.$_") } grep { exists $types{$_} } sort keys %$value;
	};
}

# Semantic Versioning 2.0.0: no leading zero in a number, but in what is not one
my $number = qr/0|[1-9][0-9]*/;
my $identifier = qr/$number|[0-9]*[A-Za-z-][0-9A-Za-z-]*/;
my $prerelease = qr/(?:$identifier)(?:\.(?:$identifier))*/;
my $build = qr/[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*/;
my $semver = qr/(?:$number)\.(?:$number)\.(?:$number)(?:-$prerelease)?(?:\+$build)?/;
my $range = qr/(?:(?:[<>]=?|[=!]=)\s*)?$semver/;

my $version = kind_of_string('a semantic version', $semver);
my $range_string = kind_of_string('a version range', qr/0|$range(?:,\s*$range)*/);
my $term = kind_of_string('a term', qr{[^\s[:cntrl:]/\\]{2,}});
my $tag = kind_of_string('a tag', qr{[^\s[:cntrl:]/\\]{2,255}});
my $uri = kind_of_string('a URI', qr{[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#]\S*});
my $email = kind_of_string('an email address', qr/[^\s@]+@[^\s@]+/);
my $segment = qr{(?!\.{1,2}(?:/|\z))[^/\\[:cntrl:]]+};
my $path = kind_of_string('a relative path', qr{(?![A-Za-z]:)$segment(?:/$segment)*});

my $license = kind_of_string('a license string', qr/
	agpl_3 | apache_(?:1_1|2_0) | artistic_[12] | bsd | freebsd | gfdl_1_[23] | gpl_[123] | lgpl_(?:2_1|3_0) | mit |
	mozilla_1_[01] | openssl | perl_5 | postgresql | qpl_1_0 | ssleay | sun | zlib |
	open_source | restricted | unrestricted | unknown/x);

# A range of versions, or the number 0, which is any version
sub version_range
{
	my ($value, $path) = @_;
	return if defined $value && !ref $value && !is_string($value) && $value eq '0';
	return $range_string->($value, $path);
}

sub licenses
{
	my ($value, $path) = @_;
	return ref $value eq 'HASH' ? map_of(\&string, $uri)->($value, $path) : list_of($license)->($value, $path);
}

my $repository_fields = fields(web => $uri, url => $uri, type => kind_of_string('in lower case', qr/[^A-Z]+/));

# A repository, whose url needs a type, which says what program reads it
sub repository
{
	my ($value, $path) = @_;
	my $ambiguous = ref $value eq 'HASH' && exists $value->{url} && !exists $value->{type};
	return $repository_fields->($value, $path), $ambiguous ? "$path: a url without a type" : ();
}

my $prereqs = map_of($term, \&version_range);
my $phase = fields(requires => $prereqs, recommends => $prereqs, suggests => $prereqs, conflicts => $prereqs);

my $meta = fields(
	'abstract*' => \&string,
	'maintainer*' => list_of(\&string),
	'license*' => \&licenses,
	'provides*' => map_of(
		$term,
		fields('file*' => $path, 'version*' => $version, abstract => \&string, docfile => $path)),
	'meta-spec*' => fields('version*' => kind_of_string('1.0.0', qr/1\.0\.0/), url => $uri),
	'name*' => $term,
	'version*' => $version,
	description => \&string,
	generated_by => \&string,
	tags => list_of($tag),
	no_index => fields(file => list_of($path), directory => list_of($path)),
	prereqs => fields(configure => $phase, build => $phase, test => $phase, runtime => $phase, develop => $phase),
	release_status => kind_of_string('stable, testing or unstable', qr/stable|testing|unstable/),
	resources => fields(
		homepage => $uri,
		bugtracker => fields(web => $uri, mailto => $email),
		repository => \&repository));

# What is wrong with a META.json, as decoded; nothing if it is valid
sub complaints
{
	return $meta->($_[0], 'META');
}

1;
