# base64url, as vectors of characters and group by group: both encode and decode as MIME::Base64 does, and refuse each text
# that is not the one spelling of some bytes
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use ByteProgram;
use MIME::Base64 qw(decode_base64url encode_base64url);
use Test::More;

# The plain path alone, and with the path of vectors
my @rooms = qw(test/unit/base64_lines.c src/bytes/base64.c src/bytes/base64url.c src/bytes/base64url_simd.c);
my %programs = (plain => ByteProgram->new('-DBASE64URL_PLAIN', @rooms), simd => ByteProgram->new(@rooms));

# The right answer to a question; strict: of all texts that decode to some bytes, only the one that encodes them is accepted
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

# Lengths up to more than four vectors of 16; in each place in turn, each byte next to a limit of the alphabet's ranges
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

# Each byte in every place of a vector
push @questions, 'decode ' . unpack('H*', chr($_) x 64) foreach 0 .. 255;
push @questions, 'encode ' . unpack('H*', chr($_) x 64) foreach 0 .. 255;

my @expected = map { expected($_) } @questions;
foreach my $name (sort keys %programs)
{
	my @got = $programs{$name}->answers(@questions);
	is(scalar @got, scalar @questions, "$name: all lines are answered");
	my @wrong = grep { $got[$_] ne $expected[$_] } 0 .. $#questions;
	is(scalar @wrong, 0, "$name: all answers are right");
	diag("$questions[$_]: $got[$_], not $expected[$_]") foreach @wrong[ 0 .. ($#wrong < 4 ? $#wrong : 4) ];
}

done_testing();
