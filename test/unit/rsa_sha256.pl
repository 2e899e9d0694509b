# RSA with SHA-256 verifies what NIST and RFC 7515 print and what the openssl command signs, for keys in both forms of PEM, and
# nothing that differs in a bit; keys are what the rules say
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use ByteProgram;
use MIME::Base64 qw(decode_base64url);
use RsaKey qw(pem pem_of_numbers);
use Test::More;

my $program = ByteProgram->new(qw(test/unit/rsa_sha256_lines.c src/bytes/rsa_sha256.c -lcrypto));

# Questions: "keys HEX" sets the keys of those that follow, "verify HEX HEX" verifies a signature of a text
sub keys_of
{
	return 'keys ' . unpack 'H*', join '', @_;
}

sub verify
{
	return join ' ', 'verify', map { unpack 'H*', $_ } @_;
}

# NIST's vectors; those that fail have another message, key or signature, or another form of the encoded message
my ($modulus, %vector);
my %counts;
open my $vectors, '<', "$FindBin::RealBin/../vectors/SigVer15_186-3.txt" or die "vectors: $!";
while (<$vectors>)
{
	my ($name, $value) = /^(\w+) = (\w+)$/ or next;
	$vector{$name} = $value;
	next if $name ne 'Result';
	my ($n, $e, $text, $signature) = map { pack 'H*', $vector{$_} } qw(n e Msg S);
	is_deeply(
		[ $program->answers(keys_of(pem_of_numbers($n, $e)), verify($signature, $text)) ],
		[ 'good', $value eq 'P' ? 'verified' : 'refused' ],
		'NIST SigVer15_186-3, ' . 8 * length($n) . ' bits, number ' . ++$counts{ length $n } . ": $value");
}
is_deeply(\%counts, { 256 => 18, 384 => 18 }, 'all vectors are tried');

# RFC 7515 appendix A.2
my $n = 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_'
  . 'YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxv'
  . 'b3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ';
my $input = 'eyJhbGciOiJSUzI1NiJ9.'
  . 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';
my $signature = 'cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKB'
  . 'YNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6Bf'
  . 'I7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw';
is_deeply(
	[ $program->answers(keys_of(pem_of_numbers(decode_base64url($n), "\1\0\1")), verify(decode_base64url($signature), $input)) ],
	[qw(good verified)], 'RFC 7515 A.2');

# What openssl signs, texts of lengths around SHA-256's block of 64 bytes, by keys of all kinds and in both forms
srand 8017;
my @texts = map { join '', map { chr int rand 256 } 1 .. $_ } 0, 1, 55, 56, 63, 64, 65, 1000, 65_536;
my $key = RsaKey->new(2048);
my $other = RsaKey->new(2048);
my %keys = (
	'2048 bits' => $key, '2049 bits' => RsaKey->new(2049), '3072 bits and e = 3' => RsaKey->new(3072, 'rsa_keygen_pubexp:3'),
	'4096 bits and a long e' => RsaKey->new(4096, 'rsa_keygen_pubexp:4294967297'));
foreach my $name (sort keys %keys)
{
	my $signer = $keys{$name};
	my @signed = map { verify($signer->sign($_), $_) } @texts;
	foreach my $pem ($signer->public_pem, $signer->rsa_public_pem)
	{
		my ($label) = $pem =~ /BEGIN (.*?)-/;
		is_deeply(
			[ $program->answers(keys_of($pem), @signed, reverse @signed) ],
			[ 'good', ('verified') x (2 * @texts) ],
			"$name, $label: all that openssl signs");
	}
	is_deeply(
		[ $program->answers(keys_of($other->public_pem), @signed) ],
		[ 'good', ('refused') x @texts ],
		"$name: not with another key");
}

# Each of several keys may have signed, in whatever order
my $text = $texts[6];
my ($by_key, $by_other) = map { verify($_->sign($text), $text) } $key, $other;
my ($pem, $other_pem) = map { $_->public_pem } $key, $other;
is_deeply([ $program->answers(keys_of($pem, $other_pem), $by_key, $by_other, $by_key) ],
	[ 'good', ('verified') x 3 ], 'two keys');
is_deeply([ $program->answers(keys_of(($other_pem) x 15, $pem), $by_key) ], [qw(good verified)], 'the last of 16 keys');
is_deeply([ $program->answers(keys_of($pem), $by_key, keys_of($other_pem), $by_key, keys_of('x'), $by_key) ],
	[ qw(good verified good refused), 'no PEM', 'no keys' ], 'keys replace those before');

# A signature in a bit of each byte and in its length, a text in each byte
my $good = $key->sign($text);
my @signatures = map { my $changed = $good; vec($changed, 8 * $_ + $_ % 8, 1) ^= 1; $changed } 0 .. 255;
push @signatures, (map { substr $good, 0, $_ } 0, 1, 127, 128, 255), (map { $good . "\0" x $_ } 1 .. 3), "\0$good", substr($good, 1),
  scalar reverse($good), $good . $good, "\0" x 256, "\xff" x 256, $key->modulus;
my @other_texts =
  ((map { my $changed = $text; substr($changed, $_, 1) ^= "\1"; $changed } 0 .. length($text) - 1), "$text\0", substr($text, 1), '');
my @answers = $program->answers(
	keys_of($pem), (map { verify($_, $text) } @signatures), (map { verify($good, $_) } @other_texts), verify($good, $text));
is(scalar(grep { $_ eq 'refused' } @answers), @signatures + @other_texts, 'no byte of a signature or a text can change');
is_deeply([ @answers[ 0, -1 ] ], [qw(good verified)], 'and without a change, it is verified again');

# What a key must be
sub odd
{
	my ($bits) = @_;
	return pack 'B*', ('0' x (-$bits % 8)) . '1' x $bits;
}
my @statuses = (
	[ 'bad size', 2047, odd(2047), "\3" ], [ good => 2048, odd(2048), "\3" ], [ good => 8192, odd(8192), "\1\0\1" ],
	[ 'bad size', 8193, odd(8193), "\1\0\1" ], [ 'no RSA', 'an even modulus', odd(2048) ^ "\0" x 255 . "\1", "\1\0\1" ],
	[ 'no RSA', 'e = 1', odd(2048), "\1" ], [ 'no RSA', 'e = 0', odd(2048), "\0" ], [ 'no RSA', 'e = 2', odd(2048), "\2" ]);
foreach my $case (@statuses)
{
	my ($status, $what, @numbers) = @$case;
	is(($program->answers(keys_of(pem_of_numbers(@numbers))))[0], $status, "a key with $what: $status");
}
foreach my $label ('PRIVATE KEY', 'RSA PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'EC PRIVATE KEY')
{
	is(($program->answers(keys_of(pem($label, 'x'))))[0], 'private', "$label: private");
}
foreach my $label ('CERTIFICATE', 'TRUSTED CERTIFICATE', 'PUBLIC KE', 'PUBLIC KEYS', 'A PUBLIC KEY', '')
{
	is(($program->answers(keys_of(pem($label, 'x'))))[0], 'not public', "$label: not public");
}
is(($program->answers(keys_of(($pem) x 17)))[0], 'too many', 'too many');
my $blanks = join '', map { chr } 9 .. 13, 32;
is_deeply([ $program->answers(keys_of("$blanks$other_pem$blanks$pem$blanks"), $by_key) ], [qw(good verified)], 'white space around PEMs');
my @others = grep { index($blanks, $_) < 0 } map { chr } 0 .. 255;
my @around = map { ("$_$pem", "$pem$_", "$pem$_$pem") } @others;
is_deeply([ $program->answers(map { keys_of($_) } @around) ], [ ('no PEM') x @around ], 'and no other byte');

# No text breaks the reader: cut at each place, or two keys with each place changed.  What is read as keys still verifies or refuses.
my $two = $pem . $key->rsa_public_pem;
my @broken = ((map { substr $pem, 0, $_ } 0 .. length $pem), (map { substr $pem, $_ } 0 .. length $pem));
push @broken, map { my $changed = $two; substr($changed, $_, 1) = $_ % 2 ? '-' : 'A'; $changed } 0 .. length($two) - 1;
@answers = $program->answers(map { (keys_of($_), $by_key) } @broken);
is(scalar @answers, 2 * @broken, 'all broken keys are answered');
is_deeply([ grep { !/^(good|no PEM|not public|no RSA|bad size|verified|refused|no keys)$/ } @answers ], [], 'each as some kind of key');

done_testing();
