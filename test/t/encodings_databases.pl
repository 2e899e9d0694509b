# Databases in other encodings sign the same bytes as one in UTF8 and read the same payloads, or refuse the text that they
# cannot hold, in messages that are free of secrets
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use Node qw(create_database query run_sql start_node);
use Sample qw(CLAIMS VALID_AT create_server);
use SampleWebhook qw(create_webhook_server public_key sign_webhook);
use Test::More;
use TokenMaker qw(header make_token written_payload);

# Text in UTF-8, the client's encoding unless a test names another
my $e_acute = "\xc3\xa9";
my $latin = "\xc3\xa9t\xc3\xa9-\xc3\x9f\xc3\xa0\xc3\xbf";
my $euro = "\xe2\x82\xac";
my $kanji = "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e";
my $emoji = "\xf0\x9f\x98\x80";

my $node = start_node('main');
foreach my $encoding (qw(UTF8 LATIN1 EUC_JP EUC_JIS_2004 SQL_ASCII))
{
	create_database($node, $encoding, $encoding);
	query($node, $encoding, 'CREATE EXTENSION videosdk_token');
}

# As run_sql; SQL and answers are bytes in the client's encoding
sub run_as_client
{
	my ($database, $sql, $client_encoding) = @_;
	local $ENV{PGCLIENTENCODING} = $client_encoding // 'UTF8';
	return run_sql($node, $database, $sql);
}

# A payload with this text in names and values, as it is written; the name with the text is the longest in every encoding
sub payload
{
	my ($text, %times) = @_;
	return written_payload(
		apikey => '"key"', roomId => "\"$text\"", version => 2, permissions => '["allow_join"]', participantId => "\"$text\"",
		"a custom claim: $text" => "[\"$text\",{\"$text\":null}]", %times);
}

sub token
{
	my ($text, $secret, $header) = @_;
	return make_token(payload($text, iat => 1795000000, exp => 1795003600), $secret // 'secret', $header);
}

# Signing, verifying, decoding and inspecting work for a text in payload and secret, and an error names no secret
sub same_bytes
{
	my ($database, $what, $text) = @_;
	my $payload = payload($text, iat => 1795000000);
	my $secret = "secret-$text-secret";
	my $token = token($text, $secret);
	my $at = VALID_AT;

	my ($stdout, $stderr) = run_as_client($database, <<"SQL");
SELECT videosdk_sign_token('$payload', '$secret', '1 hour');
SELECT videosdk_verify_token('$token', '$secret', valid_at => '$at') - 'exp' = '$payload';
SELECT videosdk_decode_token('$token') ->> 'roomId';
SELECT status, payload -> 'a custom claim: $text' FROM videosdk_inspect_token('$token', '$secret', valid_at => '$at');
SELECT videosdk_verify_token('$token', '$secret?', valid_at => '$at');
SQL
	is($stdout, join("\n", $token, 't', $text, qq(valid|["$text", {"$text": null}])), "$database: $what");
	like($stderr, qr/ERROR:  28V01: token has no valid signature/, "$database: $what, another secret");
	unlike($stderr, qr/\Q$secret\E/, "$database: $what, the secret is in no message");
}

same_bytes('UTF8', 'Latin letters', $latin);
same_bytes('UTF8', 'every plane', "$latin$euro$kanji$emoji");
same_bytes('LATIN1', 'Latin letters', $latin);
same_bytes('EUC_JP', 'kanji', $kanji);
same_bytes('EUC_JP', 'a letter of JIS X 0212', $e_acute);
same_bytes('SQL_ASCII', 'every plane', "$latin$euro$kanji$emoji");

# What counts of a webhook's body is its UTF-8, in whatever way the text is stored
my @databases = qw(UTF8 LATIN1 EUC_JP EUC_JIS_2004 SQL_ASCII);
query($node, $_, create_webhook_server('webhooks')) foreach @databases;
my $public_key = public_key();

sub same_body
{
	my ($database, $what, $text) = @_;
	my $body = qq({"$text" : ["$text"] }\n);
	my $signature = sign_webhook($body);
	my ($stdout, $stderr) = run_as_client($database, <<"SQL");
SELECT videosdk_verify_webhook('$body', '$signature', '$public_key');
SELECT videosdk_validate_webhook('$body', '$signature', 'webhooks');
SELECT videosdk_verify_webhook('$body ', '$signature', '$public_key');
SQL
	is($stdout, join("\n", (qq({"$text": ["$text"]})) x 2), "$database: a webhook with $what");
	like($stderr, qr/\A.*ERROR:  28V01: [^\x80-\xff]*\z/, "$database: a webhook with $what, and another body");
}

same_body($_, 'ASCII', 'alice') foreach @databases;
same_body($_, 'Latin letters', $latin) foreach qw(UTF8 LATIN1 SQL_ASCII);
same_body($_, 'kanji', $kanji) foreach qw(UTF8 EUC_JP EUC_JIS_2004 SQL_ASCII);
same_body($_, 'every plane', "$latin$euro$kanji$emoji") foreach qw(UTF8 SQL_ASCII);

# A client in another encoding sends other bytes of the same text
is(join('', run_as_client('UTF8', <<"SQL", 'LATIN1')), qq({"a": "\xe9"}), 'a webhook from a client in LATIN1');
SELECT videosdk_verify_webhook('{"a":"\xe9"}', '${\sign_webhook(qq({"a":"$e_acute"}))}', '$public_key');
SQL
like(join('', run_as_client('LATIN1', <<"SQL", 'LATIN1')), qr/ERROR:  28V01: /, 'signed over LATIN1, it is refused');
SELECT videosdk_verify_webhook('{"a":"\xe9"}', '${\sign_webhook(qq({"a":"\xe9"}))}', '$public_key');
SQL

# What cannot be written as UTF-8 is not signed; what the database cannot hold is malformed, once it is known to be signed
like(join('', run_as_client('SQL_ASCII', <<"SQL", 'SQL_ASCII')), qr/ERROR:  22P05: webhook cannot be written as UTF-8\n/, 'not UTF-8');
SELECT videosdk_verify_webhook('{"a":"\xe9"}', '${\sign_webhook(qq({"a":"\xe9"}))}', '$public_key');
SQL
like(join('', run_as_client('LATIN1', <<"SQL", 'LATIN1')), qr/ERROR:  22P02: webhook is malformed\n.*is longer than 1048576 bytes/, 'the limit is one of UTF-8');
SELECT videosdk_verify_webhook(format('{"a":"%s"}', repeat('\xe9', 600000))::json, '', '$public_key');
SQL
like(join('', run_as_client('EUC_JP', <<"SQL", 'EUC_JP')), qr/ERROR:  22P05: webhook cannot be written as UTF-8\n/, 'not in Unicode');
SELECT videosdk_verify_webhook('{"a":"\xa9\xa1"}', '${\sign_webhook('{}')}', '$public_key');
SQL
foreach my $case ([ LATIN1 => '\u20ac' ], [ EUC_JP => '\ud83d\ude00' ], [ SQL_ASCII => '\u00e9' ])
{
	my ($database, $escape) = @$case;
	my $body = qq({"a":"$escape"});
	my (undef, $stderr) = run_as_client($database, <<"SQL");
SELECT videosdk_verify_webhook('$body', '${\sign_webhook($body)}', '$public_key');
SELECT videosdk_verify_webhook('$body ', '${\sign_webhook($body)}', '$public_key');
SQL
	like($stderr, qr/ERROR:  22P02: webhook is malformed\nDETAIL:  The body has text that this database cannot hold\.\n/, "$database: $escape");
	like($stderr, qr/ERROR:  28V01: .*\z/s, "$database: $escape, not signed");
}

# White space in a room's or a participant's name is refused as such in each encoding, before a token is signed and when
# somebody joins; a character that shares a byte with one is none
sub has_white_space
{
	my ($database, $character, $found) = @_;
	my $payload = payload("a${character}b", iat => 1795000000);
	my ($stdout, $stderr) = run_as_client($database, <<"SQL");
SELECT videosdk_sign_token('$payload', 'secret', '1 hour');
SELECT code, detail FROM videosdk_check_join(NULL, 'room', 'a${character}b');
SQL
	my ($message, $shown) = ('claim "roomId" must not have white space', qq("a${character}b", which has $found.));
	like($stderr, qr/ERROR:  22023: $message\n.*DETAIL:  Found \Q$shown\E\n/, "$database: $found is not signed");
	is($stdout, qq(4004|The participant "a${character}b" has white space, $found.), "$database: $found does not join");
}

query($node, $_, create_server()) foreach qw(UTF8 LATIN1 EUC_JP SQL_ASCII);
foreach my $database (qw(UTF8 LATIN1 SQL_ASCII))
{
	has_white_space($database, ' ', 'U+0020');
	has_white_space($database, "\xc2\xa0", 'U+00A0');
	has_white_space($database, "\xc2\x85", 'U+0085');
}
has_white_space($_, "\xe3\x80\x80", 'U+3000') foreach qw(UTF8 EUC_JP SQL_ASCII);

# Nor does what has a blank beside a character that UTF-8 lacks
foreach ([ SQL_ASCII => 'caf\xe9 x' ], [ EUC_JP => 'a b\xfe\xfe' ])
{
	my ($database, $id) = @$_;
	my ($stdout) = run_as_client($database, "SELECT code FROM unnest(ARRAY['r', E'$id']) AS id, videosdk_check_join(NULL, id, id)", $database);
	is($stdout, "4002\n4003", "$database: a blank beside bytes that UTF-8 lacks does not join");
}

# A token of text that the database cannot hold is malformed, for this reason
sub malformed
{
	my ($database, $what, $token, $detail) = @_;
	my $at = VALID_AT;

	my ($stdout, $stderr) = run_as_client($database, <<"SQL");
SELECT status, detail FROM videosdk_inspect_token('$token', 'secret', valid_at => '$at');
SELECT videosdk_decode_token('$token');
SELECT videosdk_verify_token('$token', 'secret', valid_at => '$at');
SQL
	is($stdout, "malformed|$detail", "$database: $what, inspected");
	my @errors = $stderr =~ /ERROR:  (.*)\n.*DETAIL:  (.*)\n/g;
	is_deeply(\@errors, [ ('22P02: token is malformed', $detail) x 2 ], "$database: $what, decoded and verified");
}

my $payload_problem = 'The payload has text that this database cannot hold.';
my $header_problem = 'The header has text that this database cannot hold.';

sub header_with_kid
{
	my ($kid) = @_;
	return header() =~ s/}/,"kid":"$kid"}/r;
}

malformed('LATIN1', 'kanji', token($kanji), $payload_problem);
malformed('LATIN1', 'a euro sign', token($euro), $payload_problem);
malformed('LATIN1', 'an escaped euro sign', token('\u20ac'), $payload_problem);
malformed('LATIN1', 'kanji in the header', token('room', 'secret', header_with_kid($kanji)), $header_problem);
malformed('EUC_JP', 'an emoji', token($emoji), $payload_problem);
malformed('EUC_JP', 'an escaped emoji', token('\ud83d\ude00'), $payload_problem);
malformed('EUC_JP', 'an escaped emoji in the header', token('room', 'secret', header_with_kid('\ud83d\ude00')),
	$header_problem);
# PostgreSQL converts these to bytes that are invalid in EUC_JIS_2004
malformed('EUC_JIS_2004', 'a C1 control', token("\xc2\x8f"), $payload_problem);
malformed('EUC_JIS_2004', 'a C1 control in the header', token('room', 'secret', header_with_kid("\xc2\x81")),
	$header_problem);
malformed('SQL_ASCII', 'an escaped letter', token('\u00e9'), $payload_problem);
malformed($_, 'an escaped NUL', token('\u0000'), $payload_problem) foreach qw(UTF8 LATIN1 EUC_JP SQL_ASCII);
malformed($_, 'not UTF-8', token("\xe9"), 'The payload is not UTF-8.') foreach qw(UTF8 LATIN1 EUC_JP SQL_ASCII);

# An escape in a token is the character, which the database can hold
sub unescapes
{
	my ($database, $escape, $text) = @_;
	my $token = token($escape);
	my $at = VALID_AT;

	my ($stdout, $stderr) = run_as_client($database, <<"SQL");
SELECT status, payload ->> 'roomId' FROM videosdk_inspect_token('$token', 'secret', valid_at => '$at');
SELECT videosdk_decode_token('$token') ->> 'participantId';
SELECT videosdk_verify_token('$token', 'secret', valid_at => '$at') #>> ARRAY['a custom claim: $text', '0'];
SQL
	is($stdout, "valid|$text\n$text\n$text", "$database: $escape");
}

unescapes($_, '\u00e9', $e_acute) foreach qw(UTF8 LATIN1 EUC_JP);
unescapes($_, '\u0041\n', "A\n") foreach qw(UTF8 LATIN1 EUC_JP SQL_ASCII);
unescapes('UTF8', '\ud83d\ude00', $emoji);
unescapes('EUC_JP', '\u65e5', substr($kanji, 0, 3));

# Text of the database that has no equal in UTF-8 is refused in a secret, a value and a claim's name.  No message has the
# secret's bytes, nor escapes of them as PostgreSQL would print.
sub not_writable
{
	my ($database, $what, $bytes, $client_encoding, $shown) = @_;
	my $escaped = join '', map { sprintf '\x%02x', ord } split //, $bytes;
	my $token = token('room');
	my $start = '{' . CLAIMS . ',"iat":1795000000,';

	my ($stdout, $stderr) = run_as_client($database, <<"SQL", $client_encoding);
SELECT videosdk_sign_token('$start"version":2}', E'secret-$escaped-secret', '1 hour');
SELECT videosdk_verify_token('$token', E'secret-$escaped-secret');
SELECT videosdk_inspect_token('$token', E'secret-$escaped-secret');
SELECT videosdk_sign_token(E'$start"note":["$escaped"]}', 'secret', '1 hour');
SELECT videosdk_sign_token(E'$start"note $escaped":1}', 'secret', '1 hour');
SQL
	my @messages = $stderr =~ /ERROR:  (.*)/g;
	is_deeply(
		\@messages,
		[
			('22P05: secret cannot be written as UTF-8') x 3,
			'22P05: claim "note" cannot be written as UTF-8',
			"22P05: claim \"note $shown cannot be written as UTF-8"
		],
		"$database: $what, client $client_encoding");
	unlike(
		$stderr =~ s/note \Q$shown\E//r,
		qr/[^\x00-\x7f]|0x|secret-/,
		"$database: $what, the secret is in no message, client $client_encoding");
	is($stdout, '', "$database: $what, no token, client $client_encoding");
}

not_writable('SQL_ASCII', 'a byte that is not UTF-8', "\xe9", 'SQL_ASCII', '...');
not_writable('SQL_ASCII', 'a byte that is not UTF-8', "\xe9", 'UTF8', '...');
not_writable('EUC_JP', 'a character that Unicode lacks', "\xa9\xa1", 'EUC_JP', qq(\xa9\xa1"));
not_writable('EUC_JP', 'a character that Unicode lacks', "\xa9\xa1", 'UTF8', '??"');

# A credential's secret has at least 32 bytes of UTF-8, whatever the database's encoding
foreach my $database (qw(UTF8 LATIN1))
{
	my $at = VALID_AT;
	my $secret = $e_acute x 16;
	my $token = token($latin, $secret);
	my $change = "ALTER USER MAPPING FOR PUBLIC SERVER videosdk OPTIONS (SET secret";
	my ($stdout, $stderr) = run_as_client($database, <<"SQL");
$change '${\($secret =~ s/..$/x/r)}');
$change '$secret');
SELECT status FROM videosdk_check_token('$token', valid_at => '$at');
SELECT allowed, code, detail FROM unnest('{$latin,another}'::text[]) AS room,
	videosdk_check_join('$token', room, '$latin', valid_at => '$at');
SQL
	like($stderr, qr/ERROR:  22023: option "secret" must be at least 32 bytes long/, "$database: 31 bytes in UTF-8");
	is($stdout, <<"TEXT" =~ s/\n\z//r, "$database: 32 bytes in UTF-8, and who joins a room in Latin letters");
valid
t||
f|4022|The token is for room "$latin", not for "another".
TEXT
}

# Text that is no token at all
foreach my $database (qw(UTF8 LATIN1 EUC_JP SQL_ASCII))
{
	my $text = $database eq 'LATIN1' ? $latin : $kanji;
	my ($stdout) = run_as_client($database, "SELECT status, detail FROM videosdk_inspect_token('$text.$text.$text')");
	is( $stdout,
		'malformed|The header is not base64url: it has a character other than A-Z, a-z, 0-9, - and _.',
		"$database: a token of other characters");
}

# A message repeats a value as $found: cut at 64 characters, never inside of one
sub excerpt
{
	my ($database, $text, $found) = @_;
	my $payload = payload('room', iat => 1795000000) =~ s/"version":2/"version":"$text"/r;
	my $token = token('room', 'secret', qq({"alg":"$text"}));

	my ($stdout, $stderr) = run_as_client($database, <<"SQL");
SELECT videosdk_sign_token('$payload', 'secret', '1 hour');
SELECT detail FROM videosdk_inspect_token('$token');
SQL
	like($stderr, qr/ERROR:  22023: claim "version" must be the number 2\n.*DETAIL:  Found \Q$found\E\.\n/,
		"$database: an error repeats a value");
	is($stdout, qq(The header's "alg" is $found, but only "HS256" is accepted.), "$database: a detail repeats a value");
}

# In EUC_JIS_2004, jsonb keeps an escape as bytes that are no character
foreach my $alg ("\xc2\x8f", '\u008f', 'x\u0081')
{
	my $token = token('room', 'secret', qq({"alg":"$alg"}));
	my ($stdout) = run_as_client('EUC_JIS_2004', "SELECT status FROM videosdk_inspect_token('$token')");
	like($stdout, qr/^(malformed|bad_signature)$/, 'EUC_JIS_2004: inspecting an alg that cannot be shown does not raise');
}

my $ideograph = substr($kanji, 0, 3);
excerpt('UTF8', $kanji, qq("$kanji"));
excerpt('EUC_JP', $kanji, qq("$kanji"));
excerpt('LATIN1', $latin, qq("$latin"));
excerpt('SQL_ASCII', $kanji, qq("$kanji"));
excerpt('UTF8', $ideograph x 100, '"' . $ideograph x 63 . '...');
excerpt('EUC_JP', $ideograph x 100, '"' . $ideograph x 63 . '...');
excerpt('LATIN1', $e_acute x 100, '"' . $e_acute x 63 . '...');
excerpt('SQL_ASCII', $e_acute x 100, '"' . $e_acute x 63 . '...');

# A client that cannot show the value
my $payload = payload('room', iat => 1795000000) =~ s/"version":2/"version":"\\u65e5"/r;
my (undef, $error) = run_as_client('UTF8', "SELECT videosdk_sign_token('$payload', 'secret', '1 hour')", 'LATIN1');
like($error, qr/ERROR:  22023: claim "version" must be the number 2\n.*DETAIL:  Found "\?+"\.\n/, 'a client in LATIN1');

$node->stop;
done_testing();
