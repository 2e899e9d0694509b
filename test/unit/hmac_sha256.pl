# HMAC-SHA256 gives what RFC 4231 and RFC 7515 print, and what Digest::SHA computes for keys and texts of many lengths;
# signatures are compared in all of their bits
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use ByteProgram;
use Digest::SHA qw(hmac_sha256_hex);
use MIME::Base64 qw(decode_base64url);
use Test::More;

my $program = ByteProgram->new(qw(test/unit/hmac_sha256_lines.c src/bytes/hmac_sha256.c -lcrypto));

# Questions: "key HEX" sets the key of those that follow, "sign HEX" signs a text
sub key
{
	return 'key ' . unpack 'H*', $_[0];
}

sub sign
{
	return 'sign ' . unpack 'H*', $_[0];
}

# RFC 4231 section 4: key, text, HMAC-SHA256; of the fifth, it has the first 16 bytes
my @examples = (
	[ "\x0b" x 20, 'Hi There', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7' ],
	[ 'Jefe', 'what do ya want for nothing?', '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843' ],
	[ "\xaa" x 20, "\xdd" x 50, '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe' ],
	[ pack('C*', 1 .. 25), "\xcd" x 50, '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b' ],
	[ "\x0c" x 20, 'Test With Truncation', 'a3b6167473100ee06e0c796c2955552b' ],
	[ "\xaa" x 131, 'Test Using Larger Than Block-Size Key - Hash Key First',
		'60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54' ],
	[ "\xaa" x 131, 'This is a test using a larger than block-size key and a larger than block-size data. '
		. 'The key needs to be hashed before being used by the HMAC algorithm.',
		'9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2' ]);
foreach my $number (1 .. @examples)
{
	my ($key, $text, $expected) = @{ $examples[ $number - 1 ] };
	my ($keyed, $signature) = $program->answers(key($key), sign($text));
	is($keyed, 'keyed', "RFC 4231 4." . ($number + 1) . ': a key of ' . length($key) . ' bytes');
	is(substr($signature, 0, length $expected), $expected, "RFC 4231 4." . ($number + 1) . ': HMAC-SHA-256');
}

# RFC 7515 appendix A.1: a key with bytes of all kinds, and a token with newlines in it
my $key = decode_base64url('AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow');
my $input = 'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.'
  . 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';
is( ($program->answers(key($key), sign($input)))[1],
	unpack('H*', decode_base64url('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')),
	'RFC 7515 A.1');

# Keys around SHA-256's block of 64 bytes, and one context for texts of all lengths in turn: each starts anew
srand 4231;
my @lengths = (0, 1, 31, 32, 33, 55, 56, 63, 64, 65, 119, 120, 127, 128, 129, 1000, 65_536);
my @texts = map { join '', map { chr int rand 256 } 1 .. $_ } @lengths;
@texts = (@texts, reverse @texts, ($texts[5]) x 3);
foreach my $length (0, 1, 20, 31, 32, 63, 64, 65, 131, 1000, 65_536)
{
	my $secret = join '', map { chr int rand 256 } 1 .. $length;
	my ($keyed, @signatures) = $program->answers(key($secret), map { sign($_) } @texts);
	is($keyed, 'keyed', "a key of $length bytes");
	is_deeply(\@signatures, [ map { hmac_sha256_hex($_, $secret) } @texts ],
		"a key of $length bytes signs " . scalar(@texts) . ' texts as Digest::SHA does');
}

# A NUL within a key or a text is a byte like others, and a key is no other one that starts like it
my @keys = ('secret', "secret\0x", "secret\0y", "\0secret");
my @signatures = grep { $_ ne 'keyed' } $program->answers(map { key($_), sign("text\0a"), sign("text\0b") } @keys);
my %different = map { $_ => 1 } @signatures;
is_deeply(
	\@signatures,
	[ map { hmac_sha256_hex("text\0a", $_), hmac_sha256_hex("text\0b", $_) } @keys ],
	'a NUL is a byte like others');
is(scalar keys %different, 8, 'what follows a NUL counts');

# Signatures are equal in all of their bits, or not at all
my $signature = hmac_sha256_hex('text', 'secret');
my @others = map { my $bytes = pack 'H*', $signature; vec($bytes, $_, 1) ^= 1; unpack 'H*', $bytes } 0 .. 255;
is_deeply([ $program->answers("equal $signature $signature") ], ['equal'], 'a signature is equal to itself');
is_deeply([ $program->answers(map { "equal $signature $_" } @others) ], [ ('different') x 256 ], 'each bit counts');

done_testing();
