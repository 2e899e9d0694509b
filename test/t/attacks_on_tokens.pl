# Attacks that RFCs warn of and CVEs have shown are refused, by verify, inspect, validate, check and check_join alike
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use AttackTokens qw(genuine);
use AttacksOnHeader qw(header_attacks);
use AttacksOnKey qw(key_attacks null_attacks secret_attacks);
use AttacksOnPayload qw(payload_attacks);
use AttacksOnSignature qw(signature_attacks);
use AttackSources qw(not_applicable sources);
use Digest::SHA qw(hmac_sha256);
use ExampleCalls qw(unnamed);
use ExtensionCatalogue qw(functions);
use IO::Select;
use IO::Socket::INET;
use MIME::Base64 qw(encode_base64 encode_base64url);
use Node qw(create_database query run_sql sqlstate start_node);
use PostgreSQL::Test::Utils;
use Sample qw(SECRET VALID_AT create_server);
use Test::More;

my $secret = SECRET;
my $valid_at = VALID_AT;

# Where headers try to lead a verifier: to a file (by a path that the server finds, too), a command, a server here
my $folder = PostgreSQL::Test::Utils::tempdir_short;
my $listener = IO::Socket::INET->new(Listen => 10, LocalAddr => '127.0.0.1') or die "cannot listen: $!";
my %places = (
	file => "$folder/key",
	trace => "$folder/trace",
	url => 'http://127.0.0.1:' . $listener->sockport);
append_to_file($places{file}, AttackTokens::ATTACKER);

my @attacks = (header_attacks(), key_attacks(%places), signature_attacks(), payload_attacks());

my $node = start_node('main');

# Databases in another encoding than UTF-8, and in none
my @other_encodings = qw(LATIN1 SQL_ASCII);
create_database($node, $_, $_) foreach @other_encodings;

# The outcome of a call: its SQLSTATE, status or code, all that it says, the payload that it returns, and how long it took.
# Verify, validate and decode return a payload as it is, the others return a row.
my $functions = <<"SQL";
CREATE EXTENSION videosdk_token;
${\create_server()}
CREATE SERVER unmapped FOREIGN DATA WRAPPER videosdk;
CREATE TABLE tokens (number int, token text);
CREATE TABLE calls (name text, call text);
INSERT INTO calls VALUES
	('verify', \$\$'00000', NULL, videosdk_verify_token(\$1, '$secret', valid_at => '$valid_at')\$\$),
	('inspect', \$\$status, detail, payload FROM videosdk_inspect_token(\$1, '$secret', valid_at => '$valid_at')\$\$),
	('validate', \$\$'00000', NULL, videosdk_validate_token(\$1, valid_at => '$valid_at')\$\$),
	('check', \$\$status, detail, payload FROM videosdk_check_token(\$1, valid_at => '$valid_at')\$\$),
	('join', \$\$coalesce(code::text, 'allowed'), detail, NULL
		FROM videosdk_check_join(\$1, 'room', 'participant', valid_at => '$valid_at')\$\$),
	('decode', \$\$'00000', NULL, videosdk_decode_token(\$1)\$\$),
	('without a secret', \$\$status, detail, payload FROM videosdk_inspect_token(\$1, valid_at => '$valid_at')\$\$);
CREATE FUNCTION outcome(call text, token text, OUT state text, OUT said text, OUT payload jsonb, OUT milliseconds float)
LANGUAGE plpgsql AS \$\$
DECLARE
	start timestamptz := clock_timestamp();
	message text; detail text; hint text; context text;
BEGIN
	BEGIN
		EXECUTE 'SELECT ' || call INTO state, said, payload USING token;
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT,
			context = PG_EXCEPTION_CONTEXT;
		state := SQLSTATE;
		said := concat_ws(' ', message, detail, hint, context);
	END;
	milliseconds := 1000 * extract('epoch' FROM clock_timestamp() - start);
END\$\$;
SQL
query($node, $_, $functions) foreach 'postgres', @other_encodings;

my %functions = functions($node, 'postgres');
my %reading = map { $_ => 1 } grep { grep { $_->[0] eq 'token' } @{ $functions{$_}{arguments} } } keys %functions;
is(join(', ', unnamed(\%reading, $functions)), '', 'all functions that take a token are called');

# Tokens for COPY
sub lines
{
	my %escapes = ("\\" => "\\\\", "\n" => "\\n", "\r" => "\\r", "\t" => "\\t");
	my $number = 0;
	return join '', map { $number++ . "\t" . ($_->{token} =~ s/([\\\n\r\t])/$escapes{$1}/gr) . "\n" } @_;
}

# By number of the attack and name of the call: [state, what it says, hash of the payload].  What is said in more than one line
# has a mark instead of the control character.
sub run_attacks
{
	my ($database, @attacks) = @_;
	my %results;
	my $output = query($node, $database, <<"SQL");
SET client_encoding = UTF8;
COPY tokens FROM STDIN;
${\lines(@attacks)}\\.
SELECT concat_ws(E'\\t', number, name, state, coalesce(hashtextextended(payload::text, 0)::text, ''),
	regexp_replace(said, E'[\\x01-\\x1f]', '(control character)', 'g'))
FROM tokens, calls, outcome(call, token) ORDER BY number
SQL
	foreach my $line (split /\n/, $output)
	{
		my ($number, $name, $state, $mark, $said) = split /\t/, $line, 5;
		$results{$number}{$name} = [ $state, $said // '', $mark ];
	}
	return %results;
}

# What a SQLSTATE means
my %statuses = (
	'00000' => 'valid', '22P02' => 'malformed', '28V01' => 'bad_signature', '28V02' => 'expired',
	'28V03' => 'not_yet_valid', '28V04' => 'bad_payload', '28V05' => 'revoked');

# The statuses in few words: one for all, or one with a secret and one with a server, or a list where they disagree
sub describe
{
	my (%got) = @_;
	my ($verify, $inspect, $validate, $check, $decode) = @got{qw(verify inspect validate check decode)};
	my $usual_decode = $verify eq 'malformed' ? 'malformed' : 'valid';
	my $more = $decode eq $usual_decode ? '' : ", decode $decode";
	return "verify $verify, inspect $inspect, validate $validate, check $check$more"
	  if $verify ne $inspect || $validate ne $check;
	return $verify eq $validate ? "$verify$more" : "$verify, with a server $validate$more";
}

sub expected
{
	my ($attack) = @_;
	my ($status, $kept) = ($attack->{status}, $attack->{kept} // $attack->{status});
	return describe(
		verify => $status, inspect => $status, validate => $kept, check => $kept,
		decode => $attack->{decode} // ($status eq 'malformed' ? 'malformed' : 'valid'));
}

# What no message may have: the secret, the right signature in whatever spelling, and pieces of the token
sub traces
{
	my ($token) = @_;
	my @traces = ($secret, grep { length $_ > 8 } split /\./, $token);
	if ($token =~ /^([^.]+\.[^.]+)\./)
	{
		my $signature = hmac_sha256($1, $secret);
		push @traces, encode_base64url($signature), encode_base64($signature, ''), unpack('H*', $signature);
	}
	return @traces;
}

# What is wrong with how a token was judged, beyond the status; nothing if all is right
sub problems
{
	my ($attack, $results) = @_;
	my @problems;
	foreach my $name (sort keys %$results)
	{
		my ($state, $said) = @{ $results->{$name} };
		push @problems, "$name says too much" if grep { index($said, $_) >= 0 } traces($attack->{token});
		push @problems, "$name says what can forge a line of the log" if index($said, '(control character)') >= 0;
	}
	my %marks = map { $_->[2] => 1 } grep { $_->[2] ne '' } values %$results;
	push @problems, 'they return different payloads' if keys %marks > 1;
	push @problems, 'it is valid without a secret' if $results->{'without a secret'}[0] eq 'valid';
	my $join = $results->{check}[0] eq 'valid' ? qr/^allowed$/ : qr/^400[12]$/;
	push @problems, "whoever joins is told $results->{join}[0]" if $results->{join}[0] !~ $join;
	return @problems;
}

sub got
{
	my ($attack, $results) = @_;
	my %got = map { $_ => $statuses{ $results->{$_}[0] } // $results->{$_}[0] } keys %$results;
	return join ', but ', describe(%got), problems($attack, $results);
}

my %results = run_attacks('postgres', @attacks);
foreach my $number (0 .. $#attacks)
{
	my $attack = $attacks[$number];
	my $expected = expected($attack);
	is(got($attack, $results{$number}), $expected, "$attack->{source}: $attack->{what}: $expected");
}

# In another encoding, what is valid may not be storable, and so malformed; nothing becomes valid that is not
my @in_ascii = grep { $_->{token} !~ /[\x80-\xff]/ } @attacks;
foreach my $encoding (@other_encodings)
{
	my %others = run_attacks($encoding, @in_ascii);
	my @accepted = grep { got($in_ascii[$_], $others{$_}) =~ /valid/ } 0 .. $#in_ascii;
	my @unexpected = grep { got($in_ascii[$_], $others{$_}) ne expected($in_ascii[$_]) } @accepted;
	cmp_ok(scalar @accepted, '>', 50, "$encoding: what is valid is so");
	is(join(', ', map { $in_ascii[$_]{what} } @unexpected), '', "$encoding: nothing else is");
}

# A wrong signature is refused in the same words, however much of it is right; a short one in words that tell its length
my @wrong = grep { $attacks[$_]{status} eq 'bad_signature' && $attacks[$_]{source} =~ /RFC 7515 5\.2|CVE-2024-25189/ }
  grep { $attacks[$_]{what} =~ /signature/ } 0 .. $#attacks;
my %words = map { $results{$_}{inspect}[1] =~ s/\d+(?= of 43)/N/r => 1 } @wrong;
cmp_ok(scalar @wrong, '>', 20, 'there are many wrong signatures');
is_deeply(
	[ sort keys %words ],
	[
		'The signature was not made with this secret.',
		'The token has an empty signature.',
		'The token is cut short: its signature has N of 43 characters.'
	],
	'RFC 7515 10.9, CVE-2024-25189, CVE-2019-7644: a wrong signature is refused in the same words, however wrong');

# Nothing was fetched, run or decompressed
ok(!IO::Select->new($listener)->can_read(0), 'RFC 8725 2.9, RFC 8725 3.10: nobody has connected to what a header names');
ok(!-e $places{trace}, 'RFC 8725 2.9, RFC 8725 3.10: nothing was run that a header names');
cmp_ok(
	query($node, 'postgres', 'SELECT max(milliseconds) FROM tokens, calls, outcome(call, token)'),
	'<', 1000, 'RFC 8725 2.9, CVE-2024-29371, CVE-2023-51775: no token takes a second');
my $client = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $listener->sockport);
ok(IO::Select->new($listener)->can_read(10), 'a connection would be seen');

# Secrets and tokens that are none
my @statements = (secret_attacks(genuine()), null_attacks());
foreach my $case (@statements)
{
	my ($source, $what, $sqlstate, $statement) = @$case;
	my (undef, $error) = run_sql($node, 'postgres', $statement);
	my $got = sqlstate($error) || '00000';
	$got .= ', and says too much' if grep { index($error, $_) >= 0 } $secret, split /\./, genuine();
	is($got, $sqlstate, "$source: $what: $sqlstate");
}

# Each source of attacks was tried, or there is a reason why not
my $tried = join ', ', (map { $_->{source} } @attacks), map { $_->[0] } @statements;
my %not_applicable = not_applicable();
foreach my $source (sources())
{
	my $reason = $not_applicable{$source};
	my $count = () = $tried =~ /(^|, )\Q$source\E(?=,|$)/g;
	ok($reason ? !$count : $count, "$source: " . ($reason ? "not tried: $reason" : "tried, $count times"));
}

$node->stop;
done_testing();
