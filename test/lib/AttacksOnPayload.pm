# Attacks by way of a token's payload, rightly signed: JSON that is read in two ways or costs much, times, and tokens
# that were made for something else
package AttacksOnPayload;

use strict;
use warnings FATAL => 'all';

use AttackTokens qw(attacks genuine header_with payload payload_with signed with_server);
use Exporter qw(import);
use Sample ();

our @EXPORT_OK = qw(payload_attacks);

sub payload_attacks
{
	return (
		not_an_object(), nested(), json_that_is_not(), not_utf8(), twice(), costly(), expiry(), other_times(),
		permissions(), limiting_claims(), confused_accounts(), other_kinds(), left_to_the_caller(), text_as_data());
}

# A signed token whose exp is this JSON
sub with_exp
{
	my ($json) = @_;
	return signed('{' . Sample::CLAIMS . ",\"exp\":$json}");
}

# A signed token with these members for apikey and permissions
sub with_account
{
	my ($members) = @_;
	return signed("{$members," . Sample::TIMES . '}');
}

sub not_an_object
{
	my ($claims) = payload();
	return attacks('malformed', 'RFC 7519 7.2',
		'payload empty' => signed(''),
		'payload an array' => signed("[$claims]"),
		'payload a string' => signed('"allow_join"'),
		'payload a number' => signed('2'),
		'payload null' => signed('null'),
		'payload true' => signed('true'),
		'payload an empty array' => signed('[]'));
}

# A JWT in a JWT is not looked into
sub nested
{
	my $header = header_with('"cty":"JWT"');
	return (
		attacks('malformed', 'RFC 7519 5.2, RFC 7519 7.2',
			'cty JWT, a genuine token for payload' => signed(genuine(), $header),
			'cty JWT, a genuine token in a JSON string' => signed('"' . genuine() . '"', $header)),
		attacks('valid', 'RFC 7519 5.2', 'cty JWT is ignored where the payload has claims' => signed(payload(), $header)),
		attacks('bad_payload', 'RFC 7519 5.2',
			'a genuine token in a claim lends nothing' => signed('{"token":"' . genuine() . '","exp":1795003600}')));
}

# Payloads that only lenient parsers read
sub json_that_is_not
{
	my $json = payload();
	return (
		attacks('malformed', 'RFC 7515 10.12, RFC 8725 2.6',
			'payload with single quotes' => signed($json =~ tr/"/'/r),
			'payload with a comment' => signed($json =~ s{,}{,/* */}r),
			'payload with a comment after it' => signed("$json//"),
			'payload with a comma too many' => signed($json =~ s/\}$/,}/r),
			'payload with a comma missing' => signed($json =~ s/,/ /r),
			'payload without its end' => signed($json =~ s/\}$//r),
			'payload with a brace too many' => signed("$json}"),
			'payload followed by another' => signed("$json$json"),
			'payload followed by a NUL' => signed("$json\0"),
			'payload with names without quotes' => signed($json =~ s/"apikey"/apikey/r),
			'payload with a name that is a number' => signed(payload_with('1:2')),
			'payload with a newline in a string' => signed(payload_with(qq("x":"a\nb"))),
			'payload with an unknown escape' => signed(payload_with('"x":"\q"')),
			'payload with the number 01' => signed(payload_with('"x":01')),
			'payload with the number 0x10' => signed(payload_with('"x":0x10')),
			'payload with the number +1' => signed(payload_with('"x":+1')),
			'payload with NaN' => signed(payload_with('"x":NaN')),
			'payload with Infinity' => signed(payload_with('"x":-Infinity')),
			'payload with undefined' => signed(payload_with('"x":undefined'))),
		attacks('valid', 'RFC 8259 2', 'payload with white space' => signed(" \t\r\n$json\n ")));
}

sub not_utf8
{
	my $json = payload();
	return attacks('malformed', 'RFC 8259 8.1, RFC 8725 3.7, RFC 7519 7.2',
		'payload with a byte order mark' => signed("\xef\xbb\xbf$json"),
		'payload in UTF-16' => signed(join '', map { "$_\0" } split //, $json),
		'payload in UTF-16 with a byte order mark' => signed("\xff\xfe" . join '', map { "$_\0" } split //, $json),
		'payload in Latin-1' => signed(payload_with(qq("x":"\xe9"))),
		'payload with an overlong quote' => signed(payload_with(qq("x":\xc0\xa2y\xc0\xa2))),
		'payload with an overlong NUL' => signed(payload_with(qq("x":"\xc0\x80"))),
		'payload with a surrogate' => signed(payload_with(qq("x":"\xed\xa0\x80"))),
		'payload with a surrogate pair (CESU-8)' => signed(payload_with(qq("x":"\xed\xa0\xbd\xed\xb8\x80"))),
		'payload with a character beyond Unicode' => signed(payload_with(qq("x":"\xf4\x90\x80\x80"))),
		'payload with a character that is cut' => signed(payload_with(qq("x":"\xe2\x82"))),
		'payload with half a surrogate pair, escaped' => signed(payload_with('"x":"\ud83d"')),
		'payload with a surrogate pair exchanged, escaped' => signed(payload_with('"x":"\ude00\ud83d"')),
		'payload with a NUL, escaped' => signed(payload_with('"x":"\u0000"')),
		'apikey with a NUL, escaped' => with_account('"apikey":"key\u0000x","permissions":["allow_join"]'));
}

# A name that stands twice: the last counts, everywhere, and however it is spelt
sub twice
{
	my $start = Sample::CLAIMS;
	my ($past, $future) = (1, 253402300799);
	return (
		attacks('expired', 'RFC 7519 4, RFC 7515 10.12, RFC 8725 2.6',
			'exp twice, the last in the past' => signed("{$start,\"exp\":$future,\"exp\":$past}"),
			'exp twice, with iat between them, the last in the past' =>
			  signed("{$start,\"exp\":$future,\"iat\":1,\"exp\":$past}"),
			'exp twice, first of all and last, in the past' => signed("{\"exp\":$future,$start,\"iat\":1,\"exp\":$past}"),
			'exp twice, the last spelt with escapes, in the past' =>
			  signed("{$start,\"exp\":$future,\"e\\u0078p\":$past}"),
			'exp in the past and a later one inside' => signed("{$start,\"x\":{\"exp\":$future},\"exp\":$past}"),
			'exp a thousand times, the last in the past' => signed("{$start" . ",\"exp\":$future" x 1000 . ",\"exp\":$past}")),
		attacks('valid', 'RFC 7519 4, RFC 7515 10.12, RFC 8725 2.6',
			'exp twice, the last in the future' => signed("{$start,\"exp\":$past,\"exp\":$future}"),
			'exp twice, with iat between them, the last in the future' =>
			  signed("{$start,\"exp\":$past,\"iat\":1,\"exp\":$future}"),
			'exp twice, the first spelt with escapes, the last in the future' =>
			  signed("{$start,\"e\\u0078p\":$past,\"iat\":1,\"exp\":$future}"),
			'exp twice, the first of them a string' => signed("{$start,\"exp\":\"x\",\"exp\":$future}")),
		attacks('bad_payload', 'RFC 7519 4, RFC 7515 10.12',
			'exp twice, the last a string' => signed("{$start,\"exp\":$future,\"exp\":\"$future\"}"),
			'permissions twice, the last a string' => signed("{$start,\"permissions\":\"allow_mod\",\"exp\":$future}"),
			'apikey twice, the last null' => signed("{$start,\"apikey\":null,\"exp\":$future}")),
		with_server('bad_payload',
			attacks('valid', 'RFC 7519 4, RFC 8725 2.8',
				'apikey twice, the last of another account' => signed("{$start,\"apikey\":\"other\",\"exp\":$future}"))));
}

# Payloads of up to 65,536 bytes that are costly to read
sub costly
{
	my @colliding = ('');
	@colliding = map { ("${_}Aa", "${_}BB") } @colliding foreach 1 .. 10;
	my $nested = sub { return signed(payload_with('"x":' . $_[0] x $_[2] . $_[1] x $_[2])) };
	return (
		attacks('valid', 'RFC 8725 2.9, CVE-2011-4461',
			'1,024 members whose names have one hash in Java' => signed(payload_with(join ',', map { "\"$_\":1" } @colliding)),
			'5,000 members' => signed(payload_with(join ',', map { "\"$_\":1" } 1 .. 5000)),
			'10,000 elements' => signed(payload_with('"x":[' . join(',', (1) x 10_000) . ']'))),
		attacks('valid', 'RFC 8259 9', 'nested 64 deep' => $nested->('[', ']', 63)),
		attacks('malformed', 'RFC 8259 9, RFC 8725 2.9',
			'nested 65 deep' => $nested->('[', ']', 64),
			'nested 65 deep in objects' => signed(payload_with('"x":' . '{"x":' x 64 . '1' . '}' x 64)),
			'nested 20,000 deep' => $nested->('[', ']', 20_000),
			'40,000 brackets that are never closed' => signed('[' x 40_000),
			'the number 1e999999' => signed(payload_with('"x":1e999999')),
			'the number 1e-999999' => signed(payload_with('"x":1e-999999')),
			'the number 1e131071, as much as numeric takes' => signed(payload_with('"x":1e131071')),
			'an exponent of 5,000 digits' => signed(payload_with('"x":1e' . '9' x 5000)),
			'a number of 40,000 digits' => signed(payload_with('"x":' . '9' x 40_000)),
			'exp 1e999999' => with_exp('1e999999')));
}

# exp in every type and size
sub expiry
{
	my %no_time = (
		'a string' => '"1795003600"', 'an array' => '[1795003600]', 'an object' => '{"$gt":0}', 'true' => 'true',
		'null' => 'null', 'negative' => '-1', 'in milliseconds' => '1795003600000', '1e400' => '1e400',
		'2^63' => '9223372036854775808', '2^64 + 1795003600' => '18446744075504555216',
		'after the year 9999' => '253402300800', 'a date' => '"2026-11-18T12:06:40Z"', 'an empty string' => '""');
	return (
		attacks('bad_payload', 'RFC 7519 4.1.4, RFC 7519 2',
			(map { +"exp $_" => with_exp($no_time{$_}) } sort keys %no_time),
			'no exp' => signed('{' . Sample::CLAIMS . '}'),
			'EXP' => signed('{' . Sample::CLAIMS . ',"EXP":1795003600}'),
			'exp in the header' => signed('{' . Sample::CLAIMS . '}', header_with('"exp":1795003600'))),
		attacks('malformed', 'RFC 7519 4.1.4', 'exp NaN' => with_exp('NaN'), 'exp Infinity' => with_exp('Infinity')),
		attacks('expired', 'RFC 7519 4.1.4',
			'exp now' => with_exp('1795000000'),
			'exp a second ago' => with_exp('1794999999'),
			'exp 0' => with_exp('0'),
			'exp -0' => with_exp('-0'),
			'exp 1e-400' => with_exp('1e-400')),
		attacks('valid', 'RFC 7519 4.1.4, RFC 7519 2',
			'exp in a tenth of a microsecond' => with_exp('1795000000.0000001'),
			'exp 1.795003600e9' => with_exp('1.795003600e9'),
			'exp at the end of the year 9999' => with_exp('253402300799')));
}

sub other_times
{
	return (
		attacks('not_yet_valid', 'RFC 7519 4.1.5',
			'nbf in a second' => signed(payload_with('"nbf":1795000001')),
			'nbf twice, the last in the future' => signed(payload_with('"nbf":0,"nbf":1795000001'))),
		attacks('bad_payload', 'RFC 7519 4.1.5, RFC 7519 4.1.6',
			'nbf a string' => signed(payload_with('"nbf":"0"')),
			'nbf null' => signed(payload_with('"nbf":null')),
			'nbf negative' => signed(payload_with('"nbf":-1')),
			'iat a string' => signed(payload_with('"iat":"x"') =~ s/,"iat":1795000000//r),
			'iat negative' => signed(payload_with('"iat":-1') =~ s/,"iat":1795000000//r)),
		attacks('valid', 'RFC 7519 4.1.6',
			'iat in the future is no error' => signed(payload() =~ s/1795000000/1795000001/r)));
}

# permissions: a list, never a text to search
sub permissions
{
	my %no_list = (
		'a string' => '"allow_join"', 'a string of several' => '"allow_join,allow_mod"', 'an object' => '{"allow_join":true}',
		'null' => 'null', 'true' => 'true', 'nested' => '[["allow_join"]]', 'with null' => '["allow_join",null]',
		'with a number' => '["allow_join",1]', 'with an object' => '[{"allow_join":true}]');
	return (
		attacks('bad_payload', 'RFC 8725 3.12, RFC 8725 2.8',
			(map { +"permissions $_" => with_account("\"apikey\":\"key\",\"permissions\":$no_list{$_}") } sort keys %no_list),
			'no permissions' => with_account('"apikey":"key"'),
			'PERMISSIONS' => with_account('"apikey":"key","PERMISSIONS":["allow_join"]')));
}

# Claims that limit a token must not be read as if they were not there
sub limiting_claims
{
	my %values = ('null' => 'null', 'empty' => '""', 'a number' => '0', 'an object' => '{}');
	my @attacks;
	foreach my $claim (qw(roomId participantId))
	{
		push @attacks, map { +"$claim $_" => signed(payload_with("\"$claim\":$values{$_}")) } sort keys %values;
	}
	return attacks('bad_payload', 'RFC 8725 3.12', @attacks,
		'roomId an array' => signed(payload_with('"roomId":["a","b"]')),
		'roles a string' => signed(payload_with('"roles":"rtc"')),
		'roles null' => signed(payload_with('"roles":null')));
}

# Another account that has the same secret, and names that are nearly ours
sub confused_accounts
{
	my %strings = (
		'of another account' => 'other', 'that ours starts with' => 'ke', 'that ours contains' => 'e',
		'that starts with ours' => 'keyx', 'in upper case' => 'KEY', 'with a blank' => 'key ', 'with a newline' => 'key\n',
		'with a Cyrillic letter' => 'k\u0435y', 'with a zero-width space' => 'key\u200b', '%' => '%', '.*' => '.*');
	my %no_strings = (
		'an array with ours' => '["key"]', 'an array with ours and another' => '["other","key"]',
		'an object' => '{"key":true}', 'null' => 'null', 'true' => 'true', 'a number' => '0', 'empty' => '""');
	my $of = sub { return with_account("\"apikey\":$_[0],\"permissions\":[\"allow_join\"]") };
	return (
		with_server('bad_payload',
			attacks('valid', 'RFC 8725 2.7, RFC 8725 3.8, CVE-2024-53861',
				map { +"apikey $_" => $of->("\"$strings{$_}\"") } sort keys %strings)),
		attacks('bad_payload', 'RFC 8725 3.8, CVE-2025-30144',
			(map { +"apikey $_" => $of->($no_strings{$_}) } sort keys %no_strings),
			'no apikey' => with_account('"permissions":["allow_join"]'),
			'apiKey' => with_account('"apiKey":"key","permissions":["allow_join"]')));
}

# Tokens of other systems, signed with the same secret
sub other_kinds
{
	return attacks('bad_payload', 'RFC 8725 2.8, RFC 8725 3.12',
		'a login token of PostgREST' => with_account('"role":"web_user","email":"a@example.com"'),
		'an ID token of OpenID Connect' => with_account('"iss":"https://example.com","sub":"1","aud":"key","nonce":"n"'),
		'an access token (RFC 9068)' => signed(
			'{"iss":"https://example.com","sub":"1","scope":"allow_join","exp":1795003600}',
			header_with('"typ":"at+jwt"')),
		'a security event token (RFC 8417)' => with_account('"events":{"urn:example:event":{}},"jti":"1"'));
}

# Claims that are the caller's to check
sub left_to_the_caller
{
	return (
		attacks('valid', 'RFC 8725 3.8, RFC 7519 4.1.1', 'iss and sub are left to the caller' =>
			  signed(payload_with('"iss":"https://example.com","sub":"1"'))),
		attacks('valid', 'RFC 8725 3.9, RFC 7519 4.1.3',
			'aud is left to the caller' => signed(payload_with('"aud":["https://example.com"]'))));
}

# Claims that look like SQL, paths or formats are text
sub text_as_data
{
	return (
		attacks('valid', 'RFC 8725 3.10',
			'a claim with SQL' => signed(payload_with(q("x":"'; DROP EXTENSION videosdk_token CASCADE; --"))),
			'claims that JavaScript gives a meaning' =>
			  signed(payload_with('"__proto__":{"exp":1},"constructor":{"prototype":{}}'))),
		attacks('bad_payload', 'RFC 8725 2.9, CWE-117',
			'a line for the log in place of exp' => with_exp('"\r\nERROR:  \u001b[2Jtoken is valid"'),
			'a line for the log in place of permissions' =>
			  with_account('"apikey":"key","permissions":"\n\t\u0007\u0001"')),
		attacks('bad_payload', 'RFC 8725 3.10',
			'a format for printf in place of permissions' => with_account('"apikey":"key","permissions":"%s%n%x"')));
}

1;
