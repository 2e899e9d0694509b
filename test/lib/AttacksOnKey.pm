# Attacks by way of the key: other keys that a verifier might use, and secrets that can be guessed
package AttacksOnKey;

use strict;
use warnings FATAL => 'all';

use AttackTokens qw(attacks header_with payload signed_header);
use Digest::SHA qw(sha256);
use Exporter qw(import);
use IO::Compress::RawDeflate qw(rawdeflate);
use MIME::Base64 qw(decode_base64 encode_base64url);
use Sample ();
use TokenMaker qw(header make_token);

our @EXPORT_OK = qw(key_attacks null_attacks secret_attacks);

# Keys that everybody knows
use constant {
	PUBLIC_KEY => "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
	  . "-----END PUBLIC KEY-----\n",
	RSA_PUBLIC_KEY => "-----BEGIN RSA PUBLIC KEY-----\nMAgCAQMCAwEAAQ==\n-----END RSA PUBLIC KEY-----\n",
	SSH_KEY => 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea',
	ECDSA_KEY => 'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTY',
	JWK => '{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}',
};

# key_attacks(PLACES): file, with ATTACKER in it; trace, which a command would leave; url, where a server listens
sub key_attacks
{
	my (%places) = @_;
	return (
		confused(), derived_secrets(), empty_keys(), looked_up_by_kid(%places), fetched($places{url}), embedded(),
		costly());
}

sub signed_with
{
	my ($key, $header) = @_;
	return make_token(payload(), $key, $header);
}

# HS256 with a public key for a secret
sub confused
{
	return (
		attacks('bad_signature', 'CVE-2015-9235, CVE-2016-10555, CVE-2022-23541, RFC 8725 2.1',
			'signed with a public key (PEM)' => signed_with(PUBLIC_KEY)),
		attacks('bad_signature', 'CVE-2017-11424', 'signed with a public key (PKCS 1)' => signed_with(RSA_PUBLIC_KEY)),
		attacks('bad_signature', 'CVE-2022-29217', 'signed with a public key (OpenSSH)' => signed_with(SSH_KEY)),
		attacks('bad_signature', 'CVE-2024-33663', 'signed with a public key (OpenSSH, ECDSA)' => signed_with(ECDSA_KEY)),
		attacks('bad_signature', 'CVE-2023-48223, CVE-2026-34950',
			'signed with a public key after a blank' => signed_with(' ' . PUBLIC_KEY)),
		attacks('bad_signature', 'CVE-2026-48526', 'signed with a public key (JWK)' => signed_with(JWK)),
		attacks('bad_signature', 'CVE-2025-65945',
			'signed with the apikey' => signed_with(Sample::APIKEY),
			'signed with what the header says' => signed_with('mine', header_with('"kid":"mine"'))));
}

# Keys that are nearly the secret, or derived from it
sub derived_secrets
{
	my $secret = Sample::SECRET;
	return attacks('bad_signature', 'RFC 7518 3.2, RFC 8725 3.4',
		'signed with the secret in upper case' => signed_with(uc $secret),
		'signed with the secret and a newline' => signed_with("$secret\n"),
		'signed with the secret and a NUL' => signed_with("$secret\0"),
		'signed with the first 32 bytes of the secret' => signed_with(substr $secret, 0, 32),
		'signed with all but the last byte' => signed_with(substr $secret, 0, -1),
		'signed with the secret twice' => signed_with($secret x 2),
		'signed with the secret read as hexadecimal' => signed_with(pack 'H*', $secret),
		'signed with the secret read as base64' => signed_with(decode_base64($secret)),
		'signed with the hash of the secret' => signed_with(sha256($secret)));
}

sub empty_keys
{
	return attacks('bad_signature', 'CVE-2019-20933, CVE-2026-44699, CVE-2026-45363, RFC 8725 2.2',
		'signed with an empty key' => signed_with(''),
		'signed with zeros' => signed_with("\0" x 64),
		'signed with "null"' => signed_with('null'),
		'signed with "secret"' => signed_with('secret'));
}

# Headers that name a key: with our secret they change nothing, with the key that they name they do not help
sub named_keys
{
	my ($source, $key, %headers) = @_;
	return map {
		(   attacks('valid', $source, "$_, signed with our secret" => signed_header($headers{$_})),
			attacks('bad_signature', $source, "$_, signed with what it leads to" => signed_with($key, $headers{$_})))
	} sort keys %headers;
}

sub looked_up_by_kid
{
	my (%places) = @_;
	return (
		named_keys('RFC 8725 3.10, RFC 8725 2.9', '',
			'kid ../../dev/null' => header_with('"kid":"../../../../../../dev/null"'),
			'kid empty' => header_with('"kid":""'),
			'kid null' => header_with('"kid":null')),
		named_keys('RFC 8725 3.10, RFC 8725 2.9', AttackTokens::ATTACKER,
			'kid a file' => header_with("\"kid\":\"$places{file}\""),
			'kid a file after ../' => header_with("\"kid\":\"../../../../../..$places{file}\""),
			'kid SQL, UNION SELECT' => header_with("\"kid\":\"x' UNION SELECT '${\AttackTokens::ATTACKER}' -- \""),
			'kid SQL, a second statement' => header_with('"kid":"x\'; DROP EXTENSION videosdk_token CASCADE; --"'),
			'kid a command' => header_with("\"kid\":\"x; touch $places{trace} #\""),
			'kid a pipe' => header_with("\"kid\":\"|touch $places{trace}\""),
			'kid an object' => header_with('"kid":{"$ne":null}'),
			'kid of 10,000 characters' => header_with('"kid":"' . 'k' x 10000 . '"')));
}

# Headers that tell where a key is
sub fetched
{
	my ($url) = @_;
	return named_keys('RFC 8725 3.10, RFC 8725 2.9, RFC 7515 4.1.2, RFC 7515 4.1.5, CVE-2026-48524',
		AttackTokens::ATTACKER,
		'jku a server' => header_with("\"jku\":\"$url/jwks.json\",\"kid\":\"1\""),
		'x5u a server' => header_with("\"x5u\":\"$url/certificate.pem\""),
		'jku a server, kid unknown' => header_with("\"jku\":\"$url\",\"kid\":\"unknown\""),
		'kid a server' => header_with("\"kid\":\"$url/key\""),
		'iss a server' => header_with("\"iss\":\"$url\""));
}

# Headers that bring the key along
sub embedded
{
	my $k = encode_base64url(AttackTokens::ATTACKER);
	return (
		named_keys('CVE-2018-0114, RFC 7515 4.1.3, RFC 8725 3.10', AttackTokens::ATTACKER,
			'jwk with a secret' => header_with(qq("jwk":{"kty":"oct","alg":"HS256","k":"$k"})),
			'jwk with a secret and the same kid' => header_with(qq("kid":"1","jwk":{"kty":"oct","kid":"1","k":"$k"}))),
		named_keys('CVE-2018-0114, RFC 7515 4.1.3', JWK, 'jwk with a public key' => header_with('"jwk":' . JWK)),
		named_keys('RFC 7515 4.1.6, RFC 8725 3.10', 'MAA=', 'x5c with a certificate' => header_with('"x5c":["MAA="]')));
}

# Headers of encrypted tokens whose keys are costly to derive
sub costly
{
	my $zeros = "\0" x 32_000_000;
	rawdeflate(\$zeros => \my $bomb) or die;
	return (
		attacks('malformed', 'CVE-2024-29371, RFC 8725 3.6',
			'zip DEF, 32 MB of zeros' => AttackTokens::signed($bomb, header_with('"zip":"DEF"'))),
		attacks('valid', 'CVE-2024-29371, RFC 8725 3.6',
			'zip DEF is ignored: nothing is decompressed' => signed_header(header_with('"zip":"DEF"'))),
		attacks('valid', 'CVE-2023-31582, CVE-2023-51775',
			'p2c 2147483647 is ignored: no key is derived' => signed_header(header_with('"p2c":2147483647,"p2s":"AA"'))),
		attacks('bad_signature', 'CVE-2023-31582, CVE-2023-51775', 'p2c 2147483647, alg PBES2-HS256+A128KW' =>
			  signed_header('{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"AA"}')));
}

# Secrets that must not be used, as [source, what, SQLSTATE, statement]
sub secret_attacks
{
	my ($token) = @_;
	my $mapping = sub {
		my ($secret, $apikey) = (@_, 'key');
		return "CREATE USER MAPPING FOR PUBLIC SERVER unmapped OPTIONS (apikey '$apikey', secret '$secret')";
	};
	my $verify = sub { return "SELECT videosdk_verify_token('$token', $_[0])" };
	my $shown = payload() =~ s/"key"/"${\Sample::SECRET}"/r =~ s/,"exp":\d+//r;
	my $weak = 'RFC 8725 2.2, RFC 8725 3.5, RFC 7518 3.2';
	my $empty = 'CVE-2019-20933, CVE-2026-45363';
	return (
		[ $weak, 'a server with a secret of 31 bytes', '22023', $mapping->('x' x 31) ],
		[ $weak, 'a server with a word for a secret', '22023', $mapping->('secret') ],
		[ $weak, 'a server with the apikey for a secret', '22023', $mapping->('x' x 64, 'x' x 64) ],
		[ 'CWE-522', 'a server with apikey and secret exchanged, so that each token shows the secret', '22023',
			$mapping->('c0ffee00-c0ff-ee00-c0ff-ee00c0ffee00', Sample::SECRET) ],
		[ 'CWE-522', 'signing a payload whose apikey is the secret', '22023',
			"SELECT videosdk_sign_token('$shown', '${\Sample::SECRET}', '1 hour')" ],
		[ $empty, 'a server with an empty secret', '22023', $mapping->('') ],
		[ $empty, 'a server with blanks for a secret', '22023', $mapping->(' ' x 64) ],
		[ $empty, 'a server without a secret', '42704', "SELECT videosdk_validate_token('$token', 'unmapped')" ],
		[ $empty, 'verifying with an empty secret', '22023', $verify->(q{''}) ],
		[ $empty, 'verifying with blanks for a secret', '22023', $verify->(q{'  '}) ],
		[ $empty, 'verifying with NULL', '22004', $verify->('NULL') ],
		[ $empty, 'inspecting with an empty secret', '22023', "SELECT videosdk_inspect_token('$token', '')" ],
		[ $weak, 'a server with a secret of 32 bytes', '00000', $mapping->('x' x 32) ]);
}

# A token that is NULL passes no test for a valid one, as [source, what, SQLSTATE, statement]
sub null_attacks
{
	my @results = (
		'videosdk_check_token(%s)', "videosdk_inspect_token(%s, '${\Sample::SECRET}')", 'videosdk_inspect_token(%s)');
	my $check = sub {
		my ($condition) = @_;
		return "CREATE TEMPORARY TABLE held (token text CHECK ($condition));\nINSERT INTO held VALUES (NULL);\nDROP TABLE held";
	};
	my $if = sub {
		my ($condition) = @_;
		return "DO \$\$BEGIN IF $condition THEN RAISE check_violation; END IF; END\$\$";
	};
	return map { [ 'CWE-636', "a NULL token, $_->[0]", '23514', $_->[1] ] } (
		(   map {
				my ($in_check, $in_if) = (sprintf($_, 'token'), sprintf($_, 'NULL'));
				([ "CHECK: $in_check", $check->("($in_check).status = 'valid'") ], [ "IF: $in_if", $if->("($in_if).status <> 'valid'") ])
			} @results),
		[ 'CHECK: check_join', $check->("(videosdk_check_join(token, 'room', 'participant')).allowed") ],
		[ 'IF: check_join', $if->("NOT (videosdk_check_join(NULL, 'room', 'participant')).allowed") ]);
}

1;
