# Attacks on RSA signatures that RFCs warn of and that CVEs and papers have shown are refused, by verify and validate alike
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use Digest::SHA qw(hmac_sha256 sha256);
use Math::BigInt;
use MIME::Base64 qw(encode_base64 encode_base64url);
use Node qw(query run_sql sqlstate start_node);
use RsaKey qw(digest_info encoded_message pem_of_numbers run_openssl);
use Test::More;

use constant LENGTH => 256;

my $key = RsaKey->new(8 * LENGTH);
my $cubic = RsaKey->new(8 * LENGTH, 'rsa_keygen_pubexp:3');
my $other = RsaKey->new(8 * LENGTH);
my $pem = $key->public_pem;
my $modulus = $key->modulus;

# A body with a number in it, which some attacks must look for
sub body
{
	my ($number) = @_;
	$number //= 0;
	return qq({"webhookType":"participant-joined","data":{"participantId":"confidential $number"}});
}
my $body = body();

sub number { return Math::BigInt->from_bytes($_[0]) }
sub bytes { return substr "\0" x LENGTH . $_[0]->to_bytes, -LENGTH() }

# (body, signature) of the first body whose signature is as a sub says
sub first_signed
{
	my ($is_right) = @_;
	for (my $number = 1; ; $number++)
	{
		my $signature = $key->sign(body($number));
		return (body($number), $signature) if $is_right->($signature);
	}
}

# Attacks: [SOURCE, WHAT, SQLSTATE or valid, SIGNATURE, PEM, BODY]; by default, the key's PEM and the first body
my @attacks = (
	[ '', 'a genuine webhook', 'valid', $key->sign($body) ],
	[ '', 'a genuine webhook, e = 3', 'valid', $cubic->sign($body), $cubic->public_pem ],
	[ 'RFC 8017 8.2.2', 'the block that is signed, made by hand', 'valid',
		$key->sign_block(encoded_message(digest_info($body), LENGTH)) ],
	[ 'CWE-347', 'signed with another key', '28V01', $other->sign($body) ],
	[ 'CWE-347', 'no signature', '28V01', '' ],
	[ 'CWE-347', 'the signature of another body', '28V01', $key->sign(body(1)) ],
	[ 'CVE-2015-9235', 'the public key as the secret of an HMAC', '28V01', hmac_sha256($body, $pem) ]);

# Other hashes, other schemes
push @attacks, map { [ 'RFC 8017 9.2', "signed over $_", '28V01', $key->sign($body, "-$_") ] } qw(md5 sha1 sha224 sha384 sha512 sha3-256);
push @attacks,
  [ 'RFC 8017 8.1', 'PSS with SHA-256', '28V01', $key->sign($body, '-sha256', '-sigopt', 'rsa_padding_mode:pss') ],
  [ 'RFC 8017 8.1', 'PSS without salt', '28V01',
	$key->sign($body, '-sha256', '-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:0') ],
  [ 'RFC 8017 9.2', 'the hash of the hash', '28V01', $key->sign(sha256($body)) ];

# Blocks of another form, signed with the right key, so that nothing but the form can refuse them
my $info = digest_info($body);
sub block
{
	my ($start, $rest) = @_;
	return $start . "\xff" x (LENGTH - length("$start$rest") - 1) . "\0$rest";
}
my %forms = (
	'RFC 8017 9.2: the hash without DigestInfo' => block("\0\1", sha256($body)),
	'RFC 8017 9.2: a DigestInfo without NULL' =>
	  block("\0\1", pack('H*', '302f300b0609608648016503040201' . '0420') . sha256($body)),
	'RFC 8017 9.2: the name of SHA-512 before SHA-256' => block("\0\1", $info =~ s/\x02\x01(?=\x05\x00)/\x02\x03/r),
	'RFC 8017 7.2: block type 2, that of encryption' => block("\0\2", $info),
	'RFC 8017 7.2: block type 0' => block("\0\0", $info),
	'CVE-2006-4339: zeros after the hash' => "\0\1" . "\xff" x 8 . "\0$info" . "\0" x (LENGTH - 11 - length $info),
	'CVE-2006-4339: padding of one byte less, and a byte after the hash' => "\0\1" . "\xff" x (LENGTH - 4 - length $info) . "\0$info\0",
	'CVE-2006-4339: a byte of the padding is not 0xff' => block("\0\1\xff\xff\xfe", $info),
	'CVE-2022-24772: no padding' => "\0\1\0$info" . "\xff" x (LENGTH - 3 - length $info),
	'CVE-2014-1568 (BERserk): lengths in the long form' =>
	  block("\0\1", pack('H*', '308131' . '30810d' . '0609608648016503040201' . '0500' . '048120') . sha256($body)),
	'CVE-2018-16152: garbage in the parameters' =>
	  block("\0\1", pack('H*', '3041301d06096086480165030402010510' . '41' x 16 . '0420') . sha256($body)),
	'CVE-2022-24771: garbage within the DigestInfo' =>
	  block("\0\1", pack('H*', '3041' . '300d06096086480165030402010500' . '0420') . sha256($body) . "\4\x0e" . 'A' x 14));
foreach my $name (sort keys %forms)
{
	my ($source, $what) = split /: /, $name, 2;
	push @attacks, [ $source, $what, '28V01', $key->sign_block($forms{$name}) ];
}

# Forgeries without the private key, where e = 3.  What the public key makes of a number: its cube.
sub cube { return bytes(number($_[0])->bpow(3)) }

# D. Bleichenbacher, Crypto 2006: a cube that begins as it must, with garbage after the hash
my $start = "\0\1" . "\xff" x 8 . "\0" . digest_info($body);
my $root = bytes(number($start . "\0" x (LENGTH - length $start))->broot(3)->badd(1));
ok(cube($root) =~ /^\Q$start\E/, "Bleichenbacher's forgery fools who does not look at the end");
push @attacks, [ 'CVE-2006-4339', "Bleichenbacher's forgery", '28V01', $root, $cubic->public_pem ];

# F. Valsorda, 2016: one that ends as it must, with garbage for padding.  A root of an odd number, bit by bit from below
sub root_of_end
{
	my ($end) = @_;
	my $wanted = number($end);
	my $root = Math::BigInt->bone;
	foreach my $bit (1 .. 8 * length($end) - 1)
	{
		my $difference = $root->copy->bpow(3)->bxor($wanted);
		$root->badd(Math::BigInt->bone->blsft($bit)) if $difference->brsft($bit)->is_odd;
	}
	return substr $root->to_bytes, -length $end;
}
for (my $number = 0, my $is_forged = 0; !$is_forged; $number++)
{
	my $end = "\0" . digest_info(body($number));
	next if ord(substr $end, -1) % 2 == 0;
	my $root = root_of_end($end);
	foreach my $try (1 .. 250)
	{
		my $top = number("\0\1" . chr($try) . "\xff" x (LENGTH - 3))->broot(3)->to_bytes;
		my $forged = "\0" x (LENGTH - length $top) . substr($top, 0, length($top) - length $end) . $root;
		next if cube($forged) !~ /^\0\x01[^\0]{8,}\Q$end\E\z/s;
		pass("Valsorda's forgery fools who does not look at the padding");
		push @attacks, [ 'CVE-2016-1494', "Valsorda's forgery", '28V01', $forged, $cubic->public_pem, body($number) ];
		$is_forged = 1;
		last;
	}
}

# Numbers that are no signature, or none any more
my $n = number($modulus);
my ($body_of_small, $small) = first_signed(sub { return number($_[0])->badd($n)->to_bytes =~ /^.{${\LENGTH}}\z/s });
my ($body_of_short, $short) = first_signed(sub { return $_[0] =~ /^\0/ });
push @attacks,
  [ '', 'a genuine signature that is small', 'valid', $small, $pem, $body_of_small ],
  [ 'RFC 8017 5.2.2', 'the same plus the modulus', '28V01', bytes(number($small)->badd($n)), $pem, $body_of_small ],
  [ '', 'a genuine signature that begins with a zero', 'valid', $short, $pem, $body_of_short ],
  [ 'RFC 8017 8.2.2, CVE-2020-14966', 'the same without the zero', '28V01', substr($short, 1), $pem, $body_of_short ],
  [ 'RFC 8017 8.2.2, CVE-2020-14966', 'a zero before a genuine one', '28V01', "\0" . $key->sign($body) ],
  [ 'RFC 8017 8.2.2', 'a zero after a genuine one', '28V01', $key->sign($body) . "\0" ],
  [ 'RFC 8017 8.2.2', 'longer than any modulus', '22P02', $key->sign($body) . "\0" x 2048 ];
my %values = (0 => "\0" x LENGTH, 1 => bytes(Math::BigInt->bone), n => $modulus, 'n - 1' => bytes($n->copy->bsub(1)),
	'n + 1' => bytes($n->copy->badd(1)), 'all ones' => "\xff" x LENGTH);
push @attacks, map { [ 'RFC 8017 5.2.2, CVE-2017-11185', "the value $_", '28V01', $values{$_} ] } sort keys %values;
push @attacks, [ 'RFC 8017 5.2.2, CVE-2017-11185', 'the value 0, e = 3', '28V01', $values{0}, $cubic->public_pem ];

# Keys with which everybody can sign, or nobody should
my $block = encoded_message($info, LENGTH);
my $large = "\xc0" . "\xff" x 1023;
push @attacks,
  [ 'RFC 8017 3.1', 'e = 1, with the block as the signature', '22023', $block, pem_of_numbers($modulus, "\1") ],
  [ 'RFC 8017 3.1', 'e = 0', '22023', bytes(Math::BigInt->bone), pem_of_numbers($modulus, "\0") ],
  [ 'RFC 8017 3.1', 'e = 2', '22023', $block, pem_of_numbers($modulus, "\2") ],
  [ 'NIST SP 800-131A', '1024 bits', '22023', $block, RsaKey->new(1024)->public_pem ],
  [ 'CVE-2006-2940', '8192 bits, and e as long', '22023', "\1" x 1024, pem_of_numbers($large, "\x7f" . "\xff" x 1022) ],
  [ 'CVE-2006-2940', 'e of 65 bits', '22023', $block, pem_of_numbers($modulus, "\1" . "\0" x 7 . "\1") ],
  [ 'CVE-2006-2940', 'e of 64 bits', '28V01', $block, pem_of_numbers($modulus, "\x80" . "\0" x 6 . "\1") ],
  [ 'CVE-2006-2940', '16384 bits', '22023', "\1" x 1024, pem_of_numbers("\xff" x 2048, "\1\0\1") ];

# Something else in place of the key
my $certificate = run_openssl($key->private_pem, qw(req -x509 -new -key /dev/stdin -subj /CN=attacker -days 2));
my %places = (
	'a certificate' => $certificate,
	'a private key' => $key->private_pem,
	'a private key, PKCS #1' => $key->private_pem('-traditional'),
	'a private key, encrypted' => $key->private_pem(qw(-aes128 -passout pass:x)),
	'a JWK' => '{"kty":"RSA","n":"' . encode_base64url($modulus) . '","e":"AQAB"}',
	'the modulus' => unpack('H*', $modulus),
	'nothing' => '',
	'a file' => '/dev/stdin',
	'an address' => 'https://api.videosdk.live/v2/public/rsa-public-key',
	'the key, then a certificate' => $pem . $certificate,
	'a certificate, then the key' => $certificate . $pem,
	'the key within a text' => "The key is:\n\n$pem",
	'the key, a dash short, then another' => $pem =~ s/-$//r . $other->public_pem,
	'the key without its end, then another' => $pem =~ s/-----END.*\n//r . $other->public_pem,
	'the key, then a private one within the same PEM' => $pem =~ s/-----END.*\n//r . $other->private_pem . "-----END PUBLIC KEY-----\n",
	'the key with a dash and more after its base64' => $pem =~ s/(?=-----END)/-rubbish\n/r,
	'the key with rubbish beside its label' => $pem =~ s/KEY-----\n/KEY-----rubbish\n/r,
	'the key with headers' => $pem =~ s/KEY-----\n/KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n/r);
push @attacks, map { [ 'RFC 7468 13', "instead of the key, $_", '22023', $key->sign($body), $places{$_} ] } sort keys %places;

# Several keys
push @attacks,
  [ '', 'two keys, of which the second has signed', 'valid', $other->sign($body), $pem . $other->public_pem ],
  [ 'CWE-347', 'two keys, of which none has signed', '28V01', $cubic->sign($body), $pem . $other->public_pem ],
  [ 'CWE-770', 'a thousand keys', '22023', $key->sign($body), $pem x 1000 ],
  [ 'CWE-770', 'a thousand blanks and a key', 'valid', $key->sign($body), ' ' x 1000 . $pem ],
  [ 'CWE-770', 'a million blanks and a key', '22023', $key->sign($body), ' ' x 1_000_000 . $pem ],
  [ 'CWE-770', 'a hundred thousand beginnings of a key', '22023', $key->sign($body), "-----BEGIN PUBLIC KEY-----\n" x 100_000 ];

# Each attack with the key in hand and with the key of a server: what it gives, and how long that takes
my $node = start_node('main');
query($node, 'postgres', <<'SQL');
CREATE EXTENSION videosdk_token;
CREATE SERVER videosdk FOREIGN DATA WRAPPER videosdk;
CREATE TABLE attacks (number int, body json, signature text, public_key text);
CREATE FUNCTION attack(call text, attack attacks, OUT state text, OUT said text, OUT milliseconds float8)
LANGUAGE plpgsql AS $$
DECLARE
	start timestamptz = clock_timestamp();
	event jsonb;
	message text;
	detail text;
	hint text;
	context text;
BEGIN
	BEGIN
		IF call = 'verify' THEN
			event := videosdk_verify_webhook(attack.body, attack.signature, attack.public_key);
		ELSE
			EXECUTE format('ALTER SERVER videosdk OPTIONS (ADD webhook_public_key %L)', attack.public_key);
			event := videosdk_validate_webhook(attack.body, attack.signature);
			ALTER SERVER videosdk OPTIONS (DROP webhook_public_key);
		END IF;
		state := CASE WHEN event = attack.body::jsonb THEN 'valid' ELSE 'another event' END;
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
		state := SQLSTATE;
		said := concat_ws(' ', message, detail, hint);
	END;
	milliseconds := 1000 * extract('epoch' FROM clock_timestamp() - start);
END $$;
SQL

foreach my $number (0 .. $#attacks)
{
	my ($source, $what, $expected, $signature, $key_of_attack, $body_of_attack) = @{ $attacks[$number] };
	my @values = ($body_of_attack // $body, encode_base64($signature, ''), $key_of_attack // $pem);
	query($node, 'postgres', "INSERT INTO attacks VALUES ($number, " . join(', ', map { "'$_'" } @values) . ')');
}
foreach my $call ('verify', 'validate')
{
	my %results;
	my $rows = query($node, 'postgres', <<"SQL");
SELECT concat_ws(E'\\t', number, state, milliseconds, said) FROM attacks, attack('$call', attacks) ORDER BY number
SQL
	foreach (split /\n/, $rows)
	{
		my ($number, @result) = split /\t/;
		$results{$number} = \@result;
	}
	foreach my $number (0 .. $#attacks)
	{
		my ($source, $what, $expected, $signature, $key_of_attack) = @{ $attacks[$number] };
		my ($state, $milliseconds, $said) = (@{ $results{$number} }, '');
		my @traces = ('confidential', grep { length $_ > 20 } encode_base64($signature, ''), split /\n/, $key_of_attack // $pem);
		$state .= ', and says too much' if grep { index($said, $_) >= 0 && !/^-----BEGIN PUBLIC KEY-----$/ } @traces;
		$state .= ", after $milliseconds ms" if $milliseconds > 1000;
		is($state, $expected, "$call: " . ($source && "$source: ") . "$what: $expected");
	}
}

# What no text holds unless a superuser casts it: a NUL, and what follows it, which is read, too
query($node, 'postgres', 'CREATE CAST (bytea AS json) WITHOUT FUNCTION; CREATE CAST (bytea AS text) WITHOUT FUNCTION');
sub state_of_bytes
{
	my ($bytes, $signature) = @_;
	my @arguments = map { "'\\x" . unpack('H*', $_) . q{'::bytea} } $bytes, $signature;
	my (undef, $errors) = run_sql($node, 'postgres', "SELECT videosdk_verify_webhook($arguments[0]::json, $arguments[1]::text, '$pem')");
	return sqlstate($errors);
}
my $with_nul = "{}\0and more";
is(state_of_bytes($with_nul, encode_base64($key->sign($with_nul), '')), '22P02', 'CWE-158: a signed body with a NUL is no JSON');
is(state_of_bytes($with_nul, encode_base64($key->sign('{}'), '')), '28V01', 'CWE-158: nor is it what stands before the NUL');
is(state_of_bytes($body, encode_base64($key->sign($body), '') =~ s/(?<=^.{40})./\0/r), '22P02', 'CWE-158: a signature with a NUL');
is(state_of_bytes($body, encode_base64($key->sign($body), '') . "\0+/+/"), '22P02', 'CWE-158: a signature before a NUL');

$node->stop;
done_testing();
