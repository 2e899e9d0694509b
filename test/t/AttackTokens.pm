# What the attacks on a token are made of: a genuine token, its parts, and ways to sign what an attacker would send
package AttackTokens;

use strict;
use warnings FATAL => 'all';

use Exporter qw(import);
use MIME::Base64 qw(encode_base64url);
use TokenMaker qw(header make_token signature);

our @EXPORT_OK = qw(attacks genuine header_with input not_decoded payload payload_with signed signed_header
  signed_segments with_server with_signature);

use constant {
	SECRET => '5f0c1e7b9a3d48265b7c9e1f0a2d4c6e8b1a3c5d7e9f0b2d4a6c8e0f1b3d5a79',
	ATTACKER => 'what the attacker knows, for example from a file that is always there',
	APIKEY => 'key',
	VALID_AT => '2026-11-18 11:06:40+00',
	START => '"apikey":"key","permissions":["allow_join"]',
	TIMES => '"iat":1795000000,"exp":1795003600',
};

# Attacks from one source that come to one status, each a name and a token
sub attacks
{
	my ($status, $source, @pairs) = @_;
	my @attacks;
	while (my ($what, $token) = splice @pairs, 0, 2)
	{
		push @attacks, { source => $source, what => $what, status => $status, token => $token };
	}
	return @attacks;
}

# The same, where a server, which knows its apikey, comes to another status
sub with_server
{
	my ($status, @attacks) = @_;
	return map { { %$_, kept => $status } } @attacks;
}

# The same, where reading the token without verifying it is refused, too
sub not_decoded
{
	return map { { %$_, decode => 'malformed' } } @_;
}

sub payload
{
	return '{' . START . ',' . TIMES . '}';
}

# A payload with other members
sub payload_with
{
	my ($members) = @_;
	return '{' . START . ",$members," . TIMES . '}';
}

# A header that is accepted, but for what these members do to it
sub header_with
{
	my ($members) = @_;
	return qq({"alg":"HS256",$members});
}

# Signed with the right secret, so that nothing but the rule under attack can refuse it
sub signed
{
	my ($payload, $header) = @_;
	return make_token($payload, SECRET, $header);
}

sub signed_header
{
	my ($header) = @_;
	return signed(payload(), $header);
}

# The same for segments as they are to be spelt
sub signed_segments
{
	my ($input) = @_;
	return $input . '.' . signature($input, SECRET);
}

# What VideoSDK's customer signs, and what the signature is of
sub genuine
{
	return signed(payload());
}

sub input
{
	return encode_base64url(header()) . '.' . encode_base64url(payload());
}

# The genuine token with other bytes for a signature
sub with_signature
{
	my ($bytes) = @_;
	return input() . '.' . encode_base64url($bytes);
}

1;
