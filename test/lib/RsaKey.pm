# RSA keys and what is signed with them: the openssl command makes and signs; numbers and DER are made here, after RFC 8017,
# for what openssl would not make
package RsaKey;

use strict;
use warnings FATAL => 'all';

use Digest::SHA ();
use Exporter qw(import);
use File::Temp;
use IPC::Run qw(run);
use MIME::Base64 qw(encode_base64);

our @EXPORT_OK = qw(digest_info encoded_message pem pem_of_numbers run_openssl);

my $folder = File::Temp->newdir;
my $number = 0;

# run_openssl(INPUT, ARGUMENTS...): what the command openssl prints
sub run_openssl
{
	my ($input, @arguments) = @_;
	my ($output, $messages);
	run([ 'openssl', @arguments ], '<', \$input, '>', \$output, '2>', \$messages) or die "openssl @arguments: $messages";
	return $output;
}

# new(BITS, OPTIONS...): a new RSA key; an option is like rsa_keygen_pubexp:3
sub new
{
	my ($class, $bits, @options) = @_;
	my $self = bless { file => "$folder/" . ++$number }, $class;
	my @all = map { ('-pkeyopt', $_) } "rsa_keygen_bits:$bits", @options;
	run_openssl('', 'genpkey', '-algorithm', 'RSA', @all, '-out', $self->{file});
	return $self;
}

# The private key as a PEM
sub private_pem
{
	my ($self, @options) = @_;
	return run_openssl('', 'pkey', '-in', $self->{file}, @options);
}

# The public key as a PEM: BEGIN PUBLIC KEY
sub public_pem
{
	my ($self) = @_;
	return run_openssl('', 'pkey', '-in', $self->{file}, '-pubout');
}

# The same: BEGIN RSA PUBLIC KEY
sub rsa_public_pem
{
	my ($self) = @_;
	return run_openssl('', 'rsa', '-in', $self->{file}, '-RSAPublicKey_out');
}

# The modulus, as bytes
sub modulus
{
	my ($self) = @_;
	return pack 'H*', run_openssl('', 'rsa', '-in', $self->{file}, '-noout', '-modulus') =~ /=(\w+)/;
}

# sign(TEXT, OPTIONS...): the bytes of a signature; options are those of openssl dgst
sub sign
{
	my ($self, $text, @options) = @_;
	@options = '-sha256' if !@options;
	return run_openssl($text, 'dgst', @options, '-sign', $self->{file}, '-binary');
}

# sign_block(BLOCK): the same of a block as long as the modulus, whatever is in it; to sign is to decrypt (RFC 8017 5.2.1)
sub sign_block
{
	my ($self, $block) = @_;
	return run_openssl($block, 'pkeyutl', '-decrypt', '-inkey', $self->{file}, '-pkeyopt', 'rsa_padding_mode:none');
}

# pem(LABEL, DER)
sub pem
{
	my ($label, $der) = @_;
	my @lines = encode_base64($der, '') =~ /.{1,64}/g;
	return join "\n", "-----BEGIN $label-----", @lines, "-----END $label-----", '';
}

sub der
{
	my ($tag, $content) = @_;
	my $length = length $content;
	return chr($tag) . ($length < 128 ? chr $length : $length < 256 ? "\x81" . chr $length : "\x82" . pack 'n', $length) . $content;
}

# pem_of_numbers(MODULUS, EXPONENT): a public key with these numbers, which are bytes (RFC 8017 appendix A.1.1)
sub pem_of_numbers
{
	my $integers = join '', map { der(2, /^[\x80-\xff]/ ? "\0$_" : $_) } @_;
	return pem('RSA PUBLIC KEY', der(0x30, $integers));
}

# digest_info(TEXT): the DigestInfo of SHA-256 (RFC 8017 section 9.2)
sub digest_info
{
	my ($text) = @_;
	return pack('H*', '3031300d060960864801650304020105000420') . Digest::SHA::sha256($text);
}

# encoded_message(DIGEST_INFO, LENGTH): EMSA-PKCS1-v1_5 (RFC 8017 section 9.2), the block that a signature is of
sub encoded_message
{
	my ($digest_info, $length) = @_;
	return "\0\1" . "\xff" x ($length - length($digest_info) - 3) . "\0" . $digest_info;
}

1;
