# base64 is decoded as MIME::Base64 does, and each text is refused that is not the one spelling of some bytes
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use ByteProgram;
use MIME::Base64 qw(decode_base64 encode_base64);
use Test::More;

my $program = ByteProgram->new(qw(test/unit/base64_lines.c src/bytes/base64.c src/bytes/base64url.c src/bytes/base64url_simd.c));

# Strict: of all texts that decode to some bytes, only the one that encodes them is accepted
sub expected
{
	my ($text) = @_;
	return 'refused' if $text !~ /^[A-Za-z0-9+\/]*=*\z/;
	my $bytes = decode_base64($text);
	return encode_base64($bytes, '') eq $text ? unpack 'H*', $bytes : 'refused';
}

# RFC 4648 section 10
my %texts = map { $_ => 1 } '', qw(Zg== Zm8= Zm9v Zm9vYg== Zm9vYmE= Zm9vYmFy);
is_deeply(
	[ map { pack 'H*', $_ } $program->answers(map { 'decode_padded ' . unpack 'H*', $_ } sort keys %texts) ],
	[ '', qw(f fo foo foob fooba foobar) ], 'RFC 4648 section 10');

# Of all lengths, with each byte next to a limit of the alphabet's ranges in each place in turn; each padding; each last
# character before it; white space and line ends; the other alphabet
srand 4648;
my @edges = map { ord } split //, "\0\t\n\r +,-./0189:;<=>\@AZ[^_`az{\x7f\x80\xff";
foreach my $length (0 .. 40)
{
	my $text = encode_base64(pack('C*', map { int rand 256 } 1 .. $length), '');
	my $unpadded = $text =~ s/=+$//r;
	foreach my $place (0 .. length($text) - 1)
	{
		foreach my $edge (@edges)
		{
			my $changed = $text;
			substr($changed, $place, 1) = chr $edge;
			$texts{$changed} = 1;
		}
		$texts{ substr $text, 0, $place } = 1;
	}
	$texts{"$unpadded$_"} = 1 foreach '', qw(= == === ==== =====);
	$texts{ $unpadded =~ s/.$/$_/r . '=' x (-length($unpadded) % 4) } = 1 foreach 'A' .. 'Z', 'a' .. 'z', 0 .. 9, '+', '/';
	$texts{$_} = 1 foreach $text, "$text\n", "$text ", " $text", "$text\r\n", "$text\0", "$text$text", $text =~ tr/+\//-_/r;
}
$texts{$_} = 1 foreach map { ("=$_", "==$_", "===$_", "$_=", "A$_=", "A=$_=") } '=', 'A', 'AA', '';

my @texts = sort keys %texts;
my @expected = map { expected($_) } @texts;
my @got = $program->answers(map { 'decode_padded ' . unpack 'H*', $_ } @texts);
is(scalar @got, scalar @texts, 'all lines are answered');
my @wrong = grep { $got[$_] ne $expected[$_] } 0 .. $#texts;
is(scalar @wrong, 0, 'all answers are right');
diag(unpack('H*', $texts[$_]) . ": $got[$_], not $expected[$_]") foreach @wrong[ 0 .. ($#wrong < 4 ? $#wrong : 4) ];
cmp_ok(scalar(grep { $_ ne 'refused' } @expected), '>', 500, 'many are accepted');

done_testing();
