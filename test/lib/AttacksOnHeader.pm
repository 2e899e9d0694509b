# Attacks by way of a token's header: its algorithm, its form, and extensions that it asks for
package AttacksOnHeader;

use strict;
use warnings FATAL => 'all';

use AttackTokens qw(attacks genuine header_with input not_decoded payload signed_header signed_segments);
use Digest::SHA qw(hmac_sha384 hmac_sha512);
use Exporter qw(import);
use MIME::Base64 qw(encode_base64url);
use Sample ();
use TokenMaker qw(header make_token);

our @EXPORT_OK = qw(header_attacks);

sub header_attacks
{
	return (
		unsecured(), other_algorithms(), disguised_algorithms(), names_of_members(), headers_that_are_no_object(),
		json_that_is_not(), critical(), unencoded(), ignored());
}

# A header whose alg is this JSON
sub algorithm
{
	my ($json) = @_;
	return qq({"alg":$json,"typ":"JWT"});
}

# (a token with this header and no signature, the same signed with the right secret)
sub with_and_without_signature
{
	my ($header) = @_;
	my $token = signed_header($header);
	return ($token =~ s/[^.]+$//r, $token);
}

# Algorithm none
sub unsecured
{
	my @variants;
	foreach my $name (qw(none None NONE nOnE NonE))
	{
		my ($without, $with) = with_and_without_signature(algorithm(qq("$name")));
		push @variants, "alg $name, no signature" => $without, "alg $name, over an HMAC of ours" => $with;
	}
	my ($stripped) = with_and_without_signature('{"alg":"none"}');
	my ($rest) = genuine() =~ /(\..*)$/;
	return (
		attacks('bad_signature', 'RFC 7519 6, RFC 7518 3.6, RFC 8725 3.2', 'an unsecured JWT' => $stripped),
		attacks('bad_signature', 'RFC 8725 2.1, RFC 8725 3.1, CVE-2022-23540', @variants),
		attacks('bad_signature', 'CVE-2015-2951, CVE-2015-2964, CVE-2020-15957, CVE-2021-22160',
			'the header of a genuine token replaced by alg none' => encode_base64url('{"alg":"none"}') . $rest),
		attacks('bad_signature', 'RFC 8725 2.1, RFC 8725 3.1',
			'alg none, signed with an empty key' => make_token(payload(), '', algorithm('"none"'))),
		attacks('malformed', 'CVE-2022-23540',
			'alg none, signature and dot left out' => $stripped =~ s/\.$//r));
}

# Algorithms that are known, but not to VideoSDK
sub other_algorithms
{
	my @names = qw(HS384 HS512 RS256 RS512 ES256 ES256K PS256 EdDSA dir A128KW PBES2-HS256+A128KW HS1 MD5 HS256/64);
	my $hs512 = encode_base64url(algorithm('"HS512"')) . '.' . encode_base64url(payload());
	return (
		attacks('bad_signature', 'RFC 8725 3.1, RFC 8725 3.2, RFC 7515 10.7',
			(map { +"alg $_, over an HMAC of ours" => signed_header(algorithm(qq("$_"))) } @names),
			'alg HS512, signed with HMAC-SHA512 and our secret' =>
			  $hs512 . '.' . encode_base64url(hmac_sha512($hs512, Sample::SECRET)),
			'alg HS256 over HMAC-SHA384' => with_hash(\&hmac_sha384),
			'alg HS256 over HMAC-SHA512' => with_hash(\&hmac_sha512),
			'alg HS256 over HMAC-SHA512 cut to 32 bytes' =>
			  with_hash(sub { return substr hmac_sha512(@_), 0, 32 })));
}

sub with_hash
{
	my ($hash) = @_;
	return AttackTokens::with_signature($hash->(input(), Sample::SECRET));
}

# Values of alg that a careless comparison takes for HS256, over an HMAC of ours
sub disguised_algorithms
{
	my %values = (
		'an array' => '["HS256"]',
		'an array with none' => '["HS256","none"]',
		'an object' => '{"HS256":true}',
		'a number' => '256',
		'null' => 'null',
		'true' => 'true',
		'empty' => '""',
		'in lower case' => '"hs256"',
		'in mixed case' => '"Hs256"',
		'with a blank after it' => '"HS256 "',
		'with a blank before it' => '" HS256"',
		'with a newline' => '"HS256\n"',
		'with a zero-width space' => '"HS256\u200b"',
		'cut' => '"HS25"',
		'with a character more' => '"HS2560"',
		'with a dash' => '"HS-256"',
		'with full-width characters' => '"\uff28\uff33256"',
		'with a Cyrillic letter' => '"H\u0405256"',
		'with Arabic digits' => '"HS\u0662\u0665\u0666"',
		'a format for printf' => '"%s%n%x"',
		'of 10,000 characters' => '"' . 'HS256' x 2000 . '"');
	return (
		attacks('bad_signature', 'RFC 7519 7.3, RFC 7515 10.13, RFC 7515 4.1.1',
			map { +"alg $_" => signed_header(algorithm($values{$_})) } sort keys %values),
		attacks('bad_signature', 'RFC 8725 2.9, CWE-117',
			'alg with a line for the log' => signed_header(algorithm('"\r\nERROR:  \u001b[2Jtoken is valid"'))),
		attacks('malformed', 'RFC 7515 10.13', 'alg with a NUL' => signed_header(algorithm('"HS256\u0000"'))),
		attacks('valid', 'RFC 7519 7.3, RFC 8259 8.3',
			'alg spelt with escapes is the same string' => signed_header(algorithm('"H\u00532\u00356"')),
			'the name alg spelt with escapes is the same' => signed_header('{"\u0061l\u0067":"HS256"}')));
}

# alg missing, twice, or in another place
sub names_of_members
{
	return (
		attacks('bad_signature', 'RFC 7515 4.1.1, RFC 7515 5.2',
			'no alg' => signed_header('{"typ":"JWT"}'),
			'an empty header' => signed_header('{}'),
			'ALG' => signed_header('{"ALG":"HS256"}'),
			'alg with a blank' => signed_header('{"alg ":"HS256"}'),
			'alg inside of another member' => signed_header('{"header":{"alg":"HS256"}}'),
			'alg in the payload' => AttackTokens::signed(AttackTokens::payload_with('"alg":"HS256"'), '{"typ":"JWT"}')),
		attacks('bad_signature', 'RFC 7515 4, RFC 7515 10.12, RFC 8725 2.6',
			'alg twice, the last none' => signed_header('{"alg":"HS256","alg":"none"}'),
			'alg twice, the last none and spelt with escapes' => signed_header('{"alg":"HS256","al\u0067":"none"}')),
		attacks('valid', 'RFC 7515 4, RFC 7515 10.12, RFC 8725 2.6',
			'alg twice, the last HS256' => signed_header('{"alg":"none","alg":"HS256"}')));
}

sub headers_that_are_no_object
{
	return attacks('malformed', 'RFC 7515 5.2, RFC 7519 7.2',
		'header empty' => signed_header(''),
		'header an array' => signed_header('["HS256"]'),
		'header a string' => signed_header('"HS256"'),
		'header a number' => signed_header('256'),
		'header null' => signed_header('null'),
		'header an array around the object' => signed_header('[{"alg":"HS256"}]'),
		'header a JWT of its own' => signed_header(genuine()));
}

# Headers that only lenient parsers read, or that are not UTF-8
sub json_that_is_not
{
	my $json = header();
	return (
		attacks('malformed', 'RFC 7515 10.12',
			'header with single quotes' => signed_header($json =~ tr/"/'/r),
			'header with a comment' => signed_header($json =~ s{,}{,/* */}r),
			'header with a comma too many' => signed_header($json =~ s/\}/,}/r),
			'header without its end' => signed_header($json =~ s/\}//r),
			'header with a brace too many' => signed_header("$json}"),
			'header followed by another object' => signed_header($json . '{"alg":"none"}'),
			'header followed by a NUL' => signed_header("$json\0"),
			'header with names without quotes' => signed_header('{alg:"HS256"}')),
		attacks('malformed', 'RFC 8259 8.1, RFC 8725 3.7',
			'header with a byte order mark' => signed_header("\xef\xbb\xbf$json"),
			'header in UTF-16' => signed_header(join '', map { "$_\0" } split //, $json),
			'header in Latin-1' => signed_header(header_with(qq("kid":"\xe9"))),
			'header with an overlong a in alg' => signed_header(qq({"\xc1\xa1lg":"HS256"})),
			'header with an overlong NUL' => signed_header(header_with(qq("kid":"\xc0\x80"))),
			'header with a surrogate in UTF-8' => signed_header(header_with(qq("kid":"\xed\xa0\x80"))),
			'header with half a surrogate pair' => signed_header(header_with('"kid":"\ud83d"'))),
		attacks('malformed', 'RFC 8259 9, RFC 8725 2.9',
			'header nested 65 deep' => signed_header(header_with('"x":' . '[' x 64 . ']' x 64)),
			'header with the number 1e999999' => signed_header(header_with('"x":1e999999'))),
		attacks('valid', 'RFC 8259 2',
			'header with white space' => signed_header(qq( {\n\t"alg" : "HS256",\r\n"typ":"JWT"} ))));
}

# crit: no extension is understood here
sub critical
{
	my %forms = (
		'empty' => '"crit":[]',
		'null' => '"crit":null',
		'false' => '"crit":false',
		'a string' => '"crit":"exp"',
		'an object' => '"crit":{}',
		'with an empty name' => '"crit":[""]',
		'with a number' => '"crit":[1]',
		'with a name that is not there' => '"crit":["exp"]',
		'with exp, as in RFC 7515 4.1.11' => '"crit":["exp"],"exp":1795003600',
		'with exp, in the past' => '"crit":["exp"],"exp":1',
		'with exp twice' => '"crit":["exp","exp"],"exp":1795003600',
		'with alg' => '"crit":["alg"]',
		'with typ' => '"crit":["typ"],"typ":"JWT"',
		'with crit' => '"crit":["crit"]',
		'with the extension of RFC 7515 E' =>
		  '"crit":["http://example.invalid/UNDEFINED"],"http://example.invalid/UNDEFINED":true',
		'with b64 true' => '"crit":["b64"],"b64":true',
		'twice, the last empty' => '"crit":["x"],"x":1,"crit":[]',
		'twice, the last null' => '"crit":["x"],"x":1,"crit":null',
		'spelt with escapes' => '"cr\u0069t":["x"],"x":1');
	return (
		attacks('bad_signature', 'RFC 7515 4.1.11, RFC 7515 E',
			(map { +"crit $_" => signed_header(header_with($forms{$_})) } sort keys %forms),
			'crit before alg' => signed_header('{"crit":["x"],"x":1,"alg":"HS256"}')),
		attacks('bad_signature', 'CVE-2026-32597, CVE-2025-59420, CVE-2026-35042',
			'crit with an unknown extension, x-custom-policy' =>
			  signed_header(header_with('"crit":["x-custom-policy"],"x-custom-policy":"require-mfa"')),
			'crit with cnf (RFC 7800)' => signed_header(header_with('"crit":["cnf"],"cnf":{"jkt":"x"}'))),
		attacks('valid', 'RFC 7515 4',
			'CRIT is another name, and ignored' => signed_header(header_with('"CRIT":["x"]')),
			'crit inside of another member is ignored' => signed_header(header_with('"x":{"crit":["x"]}')),
			'crit in the payload is a claim' => AttackTokens::signed(AttackTokens::payload_with('"crit":["x"]'))));
}

# b64 false: the payload as it is
sub unencoded
{
	my $header = header_with('"b64":false,"crit":["b64"]');
	my $input = encode_base64url($header) . '.' . payload();
	return (
		attacks('bad_signature', 'RFC 7797 6',
			'crit with b64 false, the payload encoded all the same' => signed_header($header)),
		attacks('malformed', 'RFC 7797 5.2',
			'crit with b64 false, the payload as it is' => signed_segments($input)),
		not_decoded(
			attacks('bad_signature', 'RFC 7515 F, RFC 7797 5.2',
				'crit with b64 false, the payload detached' => signed_segments($input) =~ s/\.[^.]*\./../r)),
		attacks('valid', 'RFC 7797 6',
			'b64 false without crit is ignored' => signed_header(header_with('"b64":false'))),
		attacks('malformed', 'RFC 7797 6', 'b64 false without crit, the payload as it is' =>
			  signed_segments(encode_base64url(header_with('"b64":false')) . '.' . payload())));
}

# Members that change nothing
sub ignored
{
	my %types = (
		'JWT' => '"JWT"', 'at+jwt' => '"at+jwt"', 'JOSE+JSON' => '"JOSE+JSON"', 'none' => '"none"', 'null' => 'null',
		'a number' => '7');
	return (
		attacks('valid', 'RFC 8725 3.11, RFC 7515 4.1.9',
			map { +"typ $_ is ignored: claims are checked instead" => signed_header(header_with("\"typ\":$types{$_}")) }
			  sort keys %types),
		attacks('valid', 'RFC 7515 4',
			'unknown members are ignored' => signed_header(header_with('"secret":"x","key":"x","verify":false,"exp":1')),
			'__proto__ is a member like others' => signed_header(header_with('"__proto__":{"alg":"none"}'))));
}

1;
