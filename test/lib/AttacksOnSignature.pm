# Attacks by way of a token's signature, and of the spelling of its segments
package AttacksOnSignature;

use strict;
use warnings FATAL => 'all';

use AttackTokens qw(attacks genuine header_with input not_decoded payload payload_with signed signed_segments
  with_signature);
use Digest::SHA qw(hmac_sha256 sha256);
use Exporter qw(import);
use MIME::Base64 qw(encode_base64 encode_base64url);
use Sample ();
use TokenMaker qw(header make_token);

our @EXPORT_OK = qw(signature_attacks);

sub signature_attacks
{
	return (
		cut_and_extended(), guessed(), starting_with_nul(), of_something_else(), altered(), spelt_differently(),
		padded(), wrapped(), other_alphabets(), unused_bits(), other_forms(), wrong_number_of_segments(), odd_dots());
}

# The signature that the right secret gives
sub right
{
	return hmac_sha256(input(), Sample::SECRET);
}

# A part of the right signature, or more than it
sub cut_and_extended
{
	return (
		attacks('bad_signature', 'CVE-2020-28042, RFC 7515 5.2', 'signature empty' => with_signature('')),
		attacks('bad_signature', 'RFC 7515 5.2, RFC 8725 3.3',
			(map { +"the first $_ bytes of the signature" => with_signature(substr right(), 0, $_) } 1, 8, 16, 30, 31),
			'the last 31 bytes of the signature' => with_signature(substr right(), 1),
			'signature and a NUL' => with_signature(right() . "\0"),
			'signature and 32 bytes more' => with_signature(right() . "\xff" x 32),
			'signature twice' => with_signature(right() x 2),
			'signature and 40,000 bytes more' => with_signature(right() . 'x' x 40_000)),
		attacks('bad_signature', 'CVE-2024-25189, RFC 7515 10.9',
			'signature but for its first bit' => with_signature(right() ^ "\x80"),
			'signature but for its last bit' => with_signature(right() ^ ("\0" x 31 . "\1")),
			'signature but for all bits of its last byte' => with_signature(right() ^ ("\0" x 31 . "\xff"))));
}

sub guessed
{
	return attacks('bad_signature', 'CVE-2022-21449, RFC 8725 2.1',
		'signature of 32 zeros' => with_signature("\0" x 32),
		'signature of 64 zeros' => with_signature("\0" x 64),
		'signature of a zero' => with_signature("\0"),
		'signature of 32 bytes 255' => with_signature("\xff" x 32));
}

# Signatures that start with a NUL, which are all equal to a verifier that compares them as C strings
sub starting_with_nul
{
	my $number = 0;
	my ($input, $signature);
	do
	{
		$input = encode_base64url(header()) . '.' . encode_base64url(payload_with('"number":' . $number++));
		$signature = hmac_sha256($input, Sample::SECRET);
	} until $signature =~ /^\0/;
	return (
		attacks('valid', 'RFC 8725 3.3',
			'signature starts with a NUL, and is right' => "$input." . encode_base64url($signature)),
		attacks('bad_signature', 'RFC 8725 3.3, CVE-2024-25189',
			'signature starts with a NUL, and the rest is wrong' => "$input." . encode_base64url("\0" . 'x' x 31),
			'signature starts with a NUL, and nothing follows' => "$input." . encode_base64url("\0")));
}

# Signatures that were made with the secret or without any, of other texts or by other functions
sub of_something_else
{
	my $secret = Sample::SECRET;
	my ($first, $second) = split /\./, input();
	my %signatures = (
		'of the header alone' => hmac_sha256($first, $secret),
		'of the payload alone' => hmac_sha256($second, $secret),
		'of payload and header' => hmac_sha256("$second.$first", $secret),
		'of the segments without the dot' => hmac_sha256($first . $second, $secret),
		'of what the segments stand for' => hmac_sha256(header() . '.' . payload(), $secret),
		'of the segments and a dot' => hmac_sha256(input() . '.', $secret),
		'with secret and text exchanged' => hmac_sha256($secret, input()),
		'that is SHA-256 of the text' => sha256(input()),
		'that is SHA-256 of secret and text' => sha256($secret . input()),
		'that is SHA-256 of text and secret' => sha256(input() . $secret));
	return (
		attacks('bad_signature', 'RFC 7515 5.2, RFC 7518 3.2',
			map { +"signature $_" => with_signature($signatures{$_}) } sort keys %signatures),
		attacks('malformed', 'RFC 2104 6', 'text extended behind the padding of SHA-256, signature kept' =>
			  input() . "\x01.x." . encode_base64url(right())),
		not_decoded(
			attacks('bad_signature', 'RFC 2104 6', 'text extended by three bytes, signature hashed further' =>
				  input() . 'AAAA.' . encode_base64url(sha256(right() . 'AAAA')))));
}

# Genuine tokens of which a part was exchanged
sub altered
{
	my ($header, $payload, $signature) = split /\./, genuine();
	my $moderator = encode_base64url(payload() =~ s/allow_join/allow_mod/r);
	my $later = encode_base64url(payload() =~ s/1795003600/1795999999/r);
	my ($other) = make_token(payload_with('"roomId":"other"'), Sample::SECRET) =~ /([^.]+)$/;
	return (
		attacks('bad_signature', 'RFC 7515 5.2, RFC 8725 2.7',
			'allow_join replaced by allow_mod' => "$header.$moderator.$signature",
			'exp put off' => "$header.$later.$signature",
			'signature of another token' => "$header.$payload.$other",
			'header with kid' => encode_base64url(header_with('"kid":"1"')) . ".$payload.$signature",
			'signed with another secret' => make_token(payload(), 'b1946ac92492d2347c6235b4d2611184c0ffee00c0ffee00')),
		not_decoded(
			attacks('bad_signature', 'RFC 7515 5.2, RFC 8725 2.7',
				'payload left out' => "$header..$signature",
				'payload an array of the claims' => "$header." . encode_base64url('[' . payload() . ']') . ".$signature",
				'payload that is no JSON' => "$header." . encode_base64url('{"apikey":') . ".$signature")));
}

# The same JSON in other words has another signature
sub spelt_differently
{
	my ($header, $payload, $signature) = split /\./, genuine();
	my $blank = encode_base64url(payload() =~ s/:/: /r);
	my $escaped = encode_base64url(payload() =~ s/apikey/apike\\u0079/r);
	my $spaced = encode_base64url(header() =~ s/:/: /r);
	return attacks('bad_signature', 'RFC 8725 2.6, RFC 7515 10.12',
		'payload with a blank more' => "$header.$blank.$signature",
		'payload with an escape' => "$header.$escaped.$signature",
		'header with a blank more' => "$spaced.$payload.$signature",
		'header with its members exchanged' =>
		  encode_base64url('{"typ":"JWT","alg":"HS256"}') . ".$payload.$signature");
}

# Tokens of which one segment is spelt as CHANGE makes it, signed afterwards: only the spelling is wrong
sub respelt
{
	my ($change) = @_;
	my ($header, $payload) = split /\./, input();
	return (
		'the header' => signed_segments($change->($header) . ".$payload"),
		'the payload' => signed_segments("$header." . $change->($payload)),
		'the signature' => input() . '.' . $change->(encode_base64url(right())));
}

sub respellings
{
	my ($source, %changes) = @_;
	my @attacks;
	foreach my $change (sort keys %changes)
	{
		my %tokens = respelt($changes{$change});
		push @attacks, attacks('malformed', $source, map { +"$change $_" => $tokens{$_} } sort keys %tokens);
	}
	return @attacks;
}

sub padded
{
	return respellings('RFC 4648 3.2, RFC 7515 2, RFC 7515 C',
		'= after' => sub { return "$_[0]=" },
		'== after' => sub { return "$_[0]==" },
		'=== after' => sub { return "$_[0]===" },
		'%3D after' => sub { return "$_[0]%3D" },
		'= before' => sub { return "=$_[0]" });
}

sub wrapped
{
	return respellings('RFC 4648 3.1, RFC 4648 3.3, RFC 7515 2',
		'a newline inside of' => sub { return $_[0] =~ s/^.{8}\K/\n/r },
		'a carriage return and a newline inside of' => sub { return $_[0] =~ s/^.{8}\K/\r\n/r },
		'a blank inside of' => sub { return $_[0] =~ s/^.{8}\K/ /r },
		'blanks before' => sub { return "    $_[0]" },
		'blanks after' => sub { return "$_[0]    " },
		'a tab after' => sub { return "$_[0]\t" });
}

sub other_alphabets
{
	return (
		respellings('RFC 4648 3.3, RFC 4648 5',
			'+ inside of' => sub { return $_[0] =~ s/^.{8}\K./+/r },
			'/ inside of' => sub { return $_[0] =~ s/^.{8}\K./\//r },
			'? before' => sub { return "?$_[0]" },
			'? after' => sub { return "$_[0]?" },
			'#### after' => sub { return "$_[0]####" },
			'a full-width A inside of' => sub { return $_[0] =~ s/^.{8}\K/\xef\xbc\xa1/r },
			'a soft hyphen inside of' => sub { return $_[0] =~ s/^.{8}\K/\xc2\xad/r },
			'a percent escape inside of' => sub { return $_[0] =~ s/^.{8}\K/%41/r },
			'a control character inside of' => sub { return $_[0] =~ s/^.{8}\K/\x01/r }),
		attacks('malformed', 'RFC 4648 5, RFC 7515 C',
			'signature in plain base64' => in_plain_base64()),
		attacks('bad_signature', 'RFC 7515 5.2',
			'signature in hexadecimal' => input() . '.' . unpack('H*', right()),
			'signature encoded twice' => with_signature(encode_base64url(right()))));
}

# A token whose signature has a character that plain base64 spells in another way
sub in_plain_base64
{
	foreach my $number (1 .. 1000)
	{
		my $token = signed(payload_with("\"number\":$number"));
		my $changed = $token =~ s{([^.]+)$}{$1 =~ tr|-_|+/|r}er;
		return $changed if $changed ne $token;
	}
	return;
}

# Segments whose last character has other unused bits: another spelling of the same token
sub unused_bits
{
	my ($header, $payload) = ('{"alg":"HS256"} ', payload());
	$payload .= ' ' until length($payload) % 3 == 1;
	my $next = sub { return $_[0] =~ s/(.)$/chr(1 + ord $1)/er };
	my @segments = map { encode_base64url($_) } $header, $payload;
	return (
		attacks('valid', 'RFC 4648 3.5',
			'two segments that have bits to spare' => signed_segments("$segments[0].$segments[1]")),
		attacks('malformed', 'RFC 4648 3.5, RFC 8725 2.6',
			'an unused bit in the header' => signed_segments($next->($segments[0]) . ".$segments[1]"),
			'an unused bit in the payload' => signed_segments("$segments[0]." . $next->($segments[1])),
			'an unused bit in the signature' => $next->(genuine())),
		attacks('malformed', 'RFC 7515 C',
			'a character too many in the header' => signed_segments(with_rest($segments[0]) . ".$segments[1]"),
			'a character too many in the payload' => signed_segments("$segments[0]." . with_rest($segments[1])),
			'a character too many in the signature' => genuine() . 'AA'));
}

# A segment of a length that no base64url has
sub with_rest
{
	my ($segment) = @_;
	$segment .= 'A' until length($segment) % 4 == 1;
	return $segment;
}

# Forms other than the compact one
sub other_forms
{
	my ($header, $payload, $signature) = split /\./, genuine();
	my $signed = qq("protected":"$header","signature":"$signature");
	return (
		attacks('malformed', 'RFC 7515 7.2, RFC 7519 3',
			'JSON serialization' => qq({"payload":"$payload","signatures":[{$signed}]}),
			'flattened JSON serialization' => qq({"payload":"$payload",$signed}),
			'JSON serialization with an unprotected alg' =>
			  qq({"payload":"$payload","signatures":[{"header":{"alg":"none"},"signature":""}]}),
			'JSON serialization without signatures' => qq({"payload":"$payload","signatures":[]}),
			'a token in a JSON string' => '"' . genuine() . '"',
			'a token in a JSON array' => '["' . genuine() . '"]'),
		attacks('malformed', 'RFC 7516 3.1, RFC 8725 2.3, CVE-2026-29000',
			'five segments, as of an encrypted token' =>
			  join('.', encode_base64url('{"alg":"dir","enc":"A128GCM"}'), '', 'AAAAAAAAAAAAAAAA', $payload, 'AAAA'),
			'five segments around an unsecured JWT' =>
			  join('.', $header, '', '', encode_base64url(encode_base64url('{"alg":"none"}') . ".$payload."), '')),
		attacks('malformed', 'RFC 6750 2.1',
			'Bearer and a token' => 'Bearer ' . genuine(),
			'bearer, a tab and a token' => "bearer\t" . genuine(),
			'a cookie' => 'token=' . genuine(),
			'two tokens' => genuine() . ',' . genuine(),
			'a token in base64url' => encode_base64url(genuine()),
			'a token in base64' => encode_base64(genuine(), '')));
}

sub wrong_number_of_segments
{
	my ($header, $payload, $signature) = split /\./, genuine();
	return attacks('malformed', 'RFC 7515 7.1, RFC 7515 5.2, RFC 7519 7.2',
		'nothing' => '',
		'a dot' => '.',
		'two dots' => '..',
		'three dots' => '...',
		'65,000 dots' => '.' x 65_000,
		'header alone' => $header,
		'payload alone' => $payload,
		'payload and signature' => "$payload.$signature",
		'header and payload' => "$header.$payload",
		'header and signature' => "$header.$signature",
		'header left out' => ".$payload.$signature",
		'header and signature left out' => ".$payload.",
		'a dot before' => '.' . genuine(),
		'a dot after' => genuine() . '.',
		'a fourth segment' => genuine() . '.foo',
		'a second signature' => genuine() . ".$signature",
		'more than 65,536 bytes' => signed(payload_with('"x":"' . 'x' x 65_536 . '"')));
}

# Characters that look like dots
sub odd_dots
{
	my %dots = (
		'ideographic' => "\xe3\x80\x82", 'full-width' => "\xef\xbc\x8e", 'one-dot leaders for' => "\xe2\x80\xa4",
		'encoded' => '%2E', 'blanks for' => ' ', 'commas for' => ',', 'underscores for' => '_');
	return attacks('malformed', 'RFC 7515 7.1, RFC 7515 10.13',
		map { +"$_ dots" => genuine() =~ s/\./$dots{$_}/gr } sort keys %dots);
}

1;
