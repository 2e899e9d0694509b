# Tokens made after the RFCs, by code that shares nothing with the extension
package TokenMaker;

use strict;
use warnings FATAL => 'all';

use Digest::SHA qw(hmac_sha256);
use Exporter qw(import);
use MIME::Base64 qw(encode_base64url);

our @EXPORT_OK = qw(header make_token signature written_payload);

# The header that VideoSDK's tokens have
sub header
{
	return '{"alg":"HS256","typ":"JWT"}';
}

# The third segment, for the first two and the dot between them
sub signature
{
	my ($input, $secret) = @_;
	return encode_base64url(hmac_sha256($input, $secret));
}

# written_payload(MEMBERS): a payload as the extension writes it, of names and their JSON: in jsonb's order, which goes by the
# length of a name and then by its bytes
sub written_payload
{
	my (%members) = @_;
	my @names = sort { length $a <=> length $b || $a cmp $b } keys %members;
	return '{' . join(',', map { "\"$_\":$members{$_}" } @names) . '}';
}

# A token with this payload, signed with this secret, whatever the header says; all are bytes
sub make_token
{
	my ($payload, $secret, $header) = @_;
	my $input = encode_base64url($header // header()) . '.' . encode_base64url($payload);
	return $input . '.' . signature($input, $secret);
}

1;
