# Webhooks of all tests, signed with a key that is made when a test first needs it
package SampleWebhook;

use strict;
use warnings FATAL => 'all';

use Exporter qw(import);
use MIME::Base64 qw(encode_base64);
use RsaKey;

our @EXPORT_OK = qw(create_webhook_server other_public_key public_key sign_webhook);

my %keys;

sub key
{
	my ($name) = @_;
	return $keys{$name} //= RsaKey->new(2048);
}

# The public key of sign_webhook, as a PEM, and another
sub public_key { return key('VideoSDK')->public_pem }
sub other_public_key { return key('another')->public_pem }

# sign_webhook(BODY): its header videosdk-signature
sub sign_webhook
{
	my ($body) = @_;
	return encode_base64(key('VideoSDK')->sign($body), '');
}

# create_webhook_server(NAME, PUBLIC KEY): SQL that makes a server with a key, by default public_key, and without credential
sub create_webhook_server
{
	my ($name, $public_key) = @_;
	$public_key //= public_key();
	return "CREATE SERVER $name FOREIGN DATA WRAPPER videosdk OPTIONS (webhook_public_key '$public_key');\n";
}

1;
