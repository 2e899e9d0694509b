# The parts of attacks on a token: a genuine token, its segments, and ways to sign what an attacker would send
package AttackTokens;

use strict;
use warnings FATAL => 'all';

use Exporter qw(import);
use MIME::Base64 qw(encode_base64url);
use Sample ();
use TokenMaker qw(header make_token signature);

our @EXPORT_OK = qw(attacks genuine header_with input not_decoded payload payload_with signed signed_header
  signed_segments with_server with_signature);

use constant ATTACKER => 'what the attacker knows, for example from a file that is always there';

# attacks(STATUS, SOURCE, NAMES AND TOKENS...): attacks from one source that are all judged with one status
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

# The same attacks, which a server, since it knows its apikey, judges with another status
sub with_server
{
	my ($status, @attacks) = @_;
	return map { { %$_, kept => $status } } @attacks;
}

# The same attacks, which decoding refuses, too
sub not_decoded
{
	return map { { %$_, decode => 'malformed' } } @_;
}

# A genuine payload
sub payload
{
	return Sample::payload(Sample::TIMES);
}

# A genuine payload with more members
sub payload_with
{
	my ($members) = @_;
	return Sample::payload($members, Sample::TIMES);
}

# An accepted header with more members
sub header_with
{
	my ($members) = @_;
	return qq({"alg":"HS256",$members});
}

# Signed with the right secret, so that nothing but the rule under attack can refuse it
sub signed
{
	my ($payload, $header) = @_;
	return make_token($payload, Sample::SECRET, $header);
}

sub signed_header
{
	my ($header) = @_;
	return signed(payload(), $header);
}

# The same for two segments in whatever spelling
sub signed_segments
{
	my ($input) = @_;
	return $input . '.' . signature($input, Sample::SECRET);
}

# A token as VideoSDK's customers sign it
sub genuine
{
	return signed(payload());
}

# What its signature is of
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
