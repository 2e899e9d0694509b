# base64url, sixteen characters at a time and one group at a time: the same answers, which are those of MIME::Base64
use strict;
use warnings FATAL => 'all';

use MIME::Base64 qw(decode_base64url encode_base64url);
use PostgreSQL::Test::Utils;
use Test::More;

my $folder = PostgreSQL::Test::Utils::tempdir;

# A program with the plain path alone, and one with the other, too
my %programs = (plain => [ '-DBASE64URL_PLAIN' ], simd => []);
foreach my $name (sort keys %programs)
{
	system_or_bail('gcc', '-O2', '-Wall', '-Wextra', '-Werror', '-fsanitize=address,undefined', '-fno-sanitize-recover',
		@{ $programs{$name} }, '-I', 'src', '-o', "$folder/$name",
		'test/t/base64url_lines.c', 'src/bytes/base64url.c', 'src/bytes/base64url_simd.c');
}

# What a program answers to lines of "encode HEX" and "decode HEX"
sub answers
{
	my ($name, @questions) = @_;
	open my $file, '>', "$folder/questions" or die;
	print $file "$_\n" foreach @questions;
	close $file;
	return split /\n/, `"$folder/$name" <"$folder/questions"`;
}

# Strict: of all texts that mean some bytes, only the one that they are written as
sub expected
{
	my ($question) = @_;
	my ($verb, $hex) = $question =~ /^(\w+) (\w*)$/;
	my $input = pack 'H*', $hex;
	return encode_base64url($input) if $verb eq 'encode';
	return 'refused' if $input !~ /^[A-Za-z0-9_-]*\z/;
	my $bytes = decode_base64url($input);
	return encode_base64url($bytes) eq $input ? unpack 'H*', $bytes : 'refused';
}

# All lengths around those of a few vectors; in each place, each byte in turn that starts, ends or misses a range
srand 4648;
my @edges = map { ord } split //, "\0+,-./0189:;\@AZ[^_`az{\x7f\x80\xad\xb0\xc1\xdf\xe1\xff";
my @questions;
foreach my $length (0 .. 70)
{
	my $bytes = pack 'C*', map { int rand 256 } 1 .. $length;
	my $text = encode_base64url($bytes);
	push @questions, 'encode ' . unpack('H*', $bytes), 'decode ' . unpack('H*', $text);
	foreach my $place (0 .. length($text) - 1)
	{
		foreach my $edge (@edges)
		{
			my $changed = $text;
			substr($changed, $place, 1) = chr $edge;
			push @questions, 'decode ' . unpack('H*', $changed);
		}
	}
	push @questions, 'decode ' . unpack('H*', "$text$_") foreach qw(A AA AAA = ==);
}

# Each byte, and each value
push @questions, 'decode ' . unpack('H*', chr($_) x 64) foreach 0 .. 255;
push @questions, 'encode ' . unpack('H*', chr($_) x 64) foreach 0 .. 255;

my @expected = map { expected($_) } @questions;
foreach my $name (sort keys %programs)
{
	my @got = answers($name, @questions);
	is(scalar @got, scalar @questions, "$name: all lines are answered");
	my @wrong = grep { $got[$_] ne $expected[$_] } 0 .. $#questions;
	is(scalar @wrong, 0, "$name: all answers are right");
	diag("$questions[$_]: $got[$_], not $expected[$_]") foreach @wrong[ 0 .. ($#wrong < 4 ? $#wrong : 4) ];
}

done_testing();
