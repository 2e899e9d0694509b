# A session's settings, language and search_path change no token, payload, detail or error
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use CredentialErrorCases qw(credential_error_cases set_up_servers);
use ErrorCases qw(call error_cases with_functions);
use ExampleCalls qw(unnamed);
use ExtensionCatalogue qw(functions);
use Locales qw(has_translations make_locales);
use Node qw(create_database query run_sql start_node);
use Sample qw(FOR_EVER OTHER_SECRET TO_ISSUE payload token);
use Test::More;
use SampleWebhook qw(public_key sign_webhook);
use TokenMaker qw(make_token written_payload);

use constant GERMAN => 'de_DE.UTF-8';

make_locales(GERMAN);
my $node = start_node('main');
query($node, 'postgres', 'CREATE ROLE tester');

# Functions, operators, types and conversions that are found before PostgreSQL's own.  The conversion converts
# nothing: it only computes 8 & 6, the numbers of LATIN1 and UTF8.
my $look_alikes = <<'SQL';
CREATE SCHEMA evil;
CREATE DOMAIN evil.text AS pg_catalog.int4;
CREATE DOMAIN evil.jsonb AS pg_catalog.int4;
CREATE DOMAIN evil.interval AS pg_catalog.int4;
CREATE DOMAIN evil.timestamptz AS pg_catalog.int4;
CREATE FUNCTION evil.clock_timestamp() RETURNS pg_catalog.timestamptz LANGUAGE sql
	AS $$SELECT pg_catalog.timestamptz '1999-01-01 00:00:00+00'$$;
CREATE FUNCTION evil.now() RETURNS pg_catalog.timestamptz LANGUAGE sql AS 'SELECT evil.clock_timestamp()';
CREATE FUNCTION evil.jsonb_in(pg_catalog.cstring) RETURNS pg_catalog.jsonb IMMUTABLE STRICT LANGUAGE internal
	AS 'jsonb_in';
CREATE FUNCTION evil.text(pg_catalog.jsonb) RETURNS pg_catalog.text LANGUAGE sql AS $$SELECT 'evil'$$;
CREATE FUNCTION evil.f(pg_catalog.text, pg_catalog.text) RETURNS pg_catalog.bool LANGUAGE sql AS 'SELECT false';
CREATE FUNCTION evil.f(pg_catalog.timestamptz, pg_catalog.timestamptz) RETURNS pg_catalog.bool LANGUAGE sql
	AS 'SELECT false';
CREATE FUNCTION evil.f(pg_catalog.jsonb, pg_catalog.text) RETURNS pg_catalog.jsonb LANGUAGE sql
	AS $$SELECT pg_catalog.jsonb '"evil"'$$;
CREATE FUNCTION evil.g(pg_catalog.text, pg_catalog.text) RETURNS pg_catalog.text LANGUAGE sql AS $$SELECT 'evil'$$;
CREATE OPERATOR evil.= (FUNCTION = evil.f, LEFTARG = pg_catalog.text, RIGHTARG = pg_catalog.text);
CREATE OPERATOR evil.< (FUNCTION = evil.f, LEFTARG = pg_catalog.timestamptz, RIGHTARG = pg_catalog.timestamptz);
CREATE OPERATOR evil.-> (FUNCTION = evil.f, LEFTARG = pg_catalog.jsonb, RIGHTARG = pg_catalog.text);
CREATE OPERATOR evil.- (FUNCTION = evil.f, LEFTARG = pg_catalog.jsonb, RIGHTARG = pg_catalog.text);
CREATE OPERATOR evil.|| (FUNCTION = evil.g, LEFTARG = pg_catalog.text, RIGHTARG = pg_catalog.text);
CREATE FUNCTION evil.convert(pg_catalog.int4, pg_catalog.int4, pg_catalog.cstring, pg_catalog.internal,
	pg_catalog.int4, pg_catalog.bool) RETURNS pg_catalog.int4 STRICT LANGUAGE internal AS 'int4and';
CREATE DEFAULT CONVERSION evil.latin1_to_utf8 FOR 'LATIN1' TO 'UTF8' FROM evil.convert;
CREATE DEFAULT CONVERSION evil.utf8_to_latin1 FOR 'UTF8' TO 'LATIN1' FROM evil.convert;
SET search_path = evil, pg_catalog;
CREATE EXTENSION videosdk_token SCHEMA public;
SQL

foreach my $encoding (qw(UTF8 LATIN1))
{
	create_database($node, $encoding, $encoding);
	query($node, $encoding, $look_alikes);
	query($node, $encoding, set_up_servers('tester'));
}

my %functions = functions($node, 'UTF8');
with_functions(%functions);

# A token of the time when America put its clocks back, and one for all times but those of evil.clock_timestamp()
my $payload = payload('"note":[1.50,1e3,true,null,"\u00e9"]', '"iat":1793400000');
my $body = qq({"note": [1.50, 1e3, "\xe9"]});
my $webhook = "'$body', '" . sign_webhook($body =~ s/\xe9/\xc3\xa9/r) . "', '" . public_key() . "'";
my $times = '"nbf":1793400000.25,"iat":1793400000,"exp":1793600000';
my $token = make_token(payload('"note":"\u00e9"', $times), 'secret');
my $for_good = payload('"nbf":1577836800', FOR_EVER);
my $lasting = make_token($for_good, 'secret');
my $kept = token($for_good);

# Tokens from before and after the time of an option, and of a previous secret
my ($revoked, $not_revoked) = map { token(payload("\"iat\":$_", FOR_EVER)) } 1795003199, 1795003200;
my $previous = make_token(payload(FOR_EVER) =~ s/"key"/"before"/r, OTHER_SECRET);

# Changes of servers, so that the session reads their options; calls that succeed, then every error.  No operator and no type of
# a planted schema is named here: what finds one is then the extension
my $probe = <<"SQL";
ALTER SERVER revoking OPTIONS (SET revoked_before '2026-11-18 12:59:59.5+01');
ALTER SERVER videosdk OPTIONS (SET max_expires_in '4 hours');
ALTER USER MAPPING FOR PUBLIC SERVER rotating OPTIONS (SET previous_until '2026-11-18t14:00:00+02:00');
SELECT status, detail FROM videosdk_check_token('$revoked', 'revoking');
SELECT status, detail FROM videosdk_check_token('$not_revoked', 'revoking');
SELECT status, detail FROM videosdk_check_token('$previous', 'rotating', valid_at => '2026-11-18 11:59:59.999999+00');
SELECT status, detail FROM videosdk_check_token('$previous', 'rotating', valid_at => '2026-11-18 12:00:00+00');
SELECT * FROM videosdk_check_join('$kept', 'room', 'participant');
SELECT * FROM videosdk_check_join('$revoked', 'room', 'participant', 'revoking');
SELECT videosdk_sign_token('$payload', 'secret\xe9'::pg_catalog.text, '1 month 2 days 03:04:05');
SELECT videosdk_sign_token('$payload', 'secret', '1 day');
SELECT videosdk_verify_token('$token', 'secret', '5 minutes', '2026-11-01 12:00:00+00');
SELECT videosdk_verify_token('$lasting', 'secret');
SELECT videosdk_decode_token('$token');
SELECT videosdk_verify_webhook($webhook);
SELECT videosdk_validate_token('$kept');
SELECT header, payload, status, detail FROM videosdk_check_token('$kept');
SELECT status FROM videosdk_check_token(videosdk_issue_token('${\TO_ISSUE}', '04:00:00'));
SELECT videosdk_participant_payload('room', 'participant', not_before => '2026-11-01 12:00:00.5+00');
SELECT videosdk_api_payload(custom_claims => '{"note":[1.50,1e3]}');
SQL
foreach my $valid_at ('2026-10-30 12:00:00+00', '2026-11-01 12:00:00.5+00', '2026-12-01 12:00:00+00')
{
	$probe .= <<"SQL";
SELECT header, payload, status, detail, pg_catalog.extract('epoch', issued_at), pg_catalog.extract('epoch', not_before),
	pg_catalog.extract('epoch', expires_at)
FROM videosdk_inspect_token('$token', 'secret', '0', '$valid_at');
SELECT videosdk_verify_token('$token', 'secret', '0', '$valid_at');
SQL
}
my @cases = grep { $_->[0] !~ /^(42501|55P03)$/ && $_->[1] =~ /^videosdk/ && !grep { ref } @$_ }
  (error_cases(infinite_intervals => $node->pg_version >= 17), credential_error_cases());

# Without those whose message has the time, or is one of PostgreSQL's own, which it translates
@cases = grep { $_->[1] ne 'videosdk_issue_token' || ($_->[3] // '') =~ /^(1 hour|)$/ } @cases;
@cases = grep { $_->[1] ne 'videosdk_credential_validator' || $_->[0] =~ /^(22023|HV002)$/ } @cases;
$probe .= 'SELECT ' . call($_, sub { return defined $_[0] ? "'$_[0]'" : 'NULL' }) . ";\n" foreach @cases;

is(join(', ', unnamed(\%functions, $probe)), '', 'every function is called');

# The lines that the probe prints under some settings, without line numbers, severity and place in the source
sub run_probe
{
	my ($database, $settings) = @_;
	my ($stdout, $stderr) = run_sql($node, $database, "SET client_encoding = LATIN1;\n$settings;\n$probe");
	$stderr =~ s/^psql:<stdin>:\d+: \w+:  //mg;
	$stderr =~ s/^LOCATION: .*\n?//mg;
	return [ split /\n/, "$stdout\n$stderr" ];
}

# What a statement prints, or its error
sub run_statement
{
	my ($database, $settings, $statement) = @_;
	return join '', run_sql($node, $database, "SET client_encoding = LATIN1;\n$settings;\n$statement");
}

# The baseline: tokens as others make them, and every error
my %baseline = map { $_ => run_probe($_, 'SET search_path = public') } qw(UTF8 LATIN1);
my %members = (
	note => "[1.50,1000,true,null,\"\xc3\xa9\"]", apikey => '"key"', permissions => '["allow_join"]', iat => 1793400000);
my @signed = (
	make_token(written_payload(%members, exp => 1796262245), "secret\xc3\xa9"),
	make_token(written_payload(%members, exp => 1793486400), 'secret'));
foreach my $database (qw(UTF8 LATIN1))
{
	my ($before, $after, $until, $then, @others) = @{ $baseline{$database} };
	like($before, qr/^revoked\|The token was issued at 1795003199 .* before 1795003200 /, "$database: a token is revoked");
	is($after, 'valid|', "$database: the next is not");
	is($until, 'valid|', "$database: the previous secret counts");
	like($then, qr/^bad_signature\|/, "$database: and then does not");
	is_deeply([ @others[ 2, 3 ] ], \@signed, "$database: tokens");
	is(scalar(grep { /^\w{5}: / } @{ $baseline{$database} }), 2 + @cases, "$database: errors");
}

# Each setting, and statements whose output shows that it is in force
my $last_of_october = q{SELECT pg_catalog.timestamptz '2026-10-31 22:30:00+00'};
my $interval = q{SELECT pg_catalog.interval '1 month 2 days'};
my @settings = (
	[ q{SET timezone = 'America/New_York'}, $last_of_october => qr/2026-10-31 18:30:00-04/ ],
	[ q{SET timezone = 'Pacific/Apia'}, $last_of_october => qr/2026-11-01 11:30:00\+13/ ],
	[ q{SET datestyle = 'German'}, $last_of_october => qr/31\.10\.2026 22:30:00 / ],
	[ q{SET datestyle = 'SQL, DMY'}, $last_of_october => qr{31/10/2026 22:30:00 } ],
	[ q{SET datestyle = 'Postgres, MDY'}, $last_of_october => qr/Oct 31 22:30:00 2026/ ],
	[ q{SET intervalstyle = 'sql_standard'}, $interval => qr/\+0-1 \+2 \+0:00:00/ ],
	[ q{SET intervalstyle = 'iso_8601'}, $interval => qr/P1M2D/ ],
	[ q{SET intervalstyle = 'postgres_verbose'}, $interval => qr/@ 1 mon 2 days/ ],
	[ q{SET extra_float_digits = -15}, q{SELECT pg_catalog.float8 '1.25'} => qr/^1$/ ],
	[ q{SET bytea_output = 'escape'}, q{SELECT pg_catalog.bytea '\xe9'} => qr/^\\351$/ ],
	[ "SET lc_numeric = '${\GERMAN}'", q{SELECT pg_catalog.to_char(1234.5, '9G999D9')} => qr/1\.234,5/ ],
	[ q{SET search_path = evil, pg_catalog, public},
		q{SELECT pg_catalog.extract('year', clock_timestamp())} => qr/^1999$/,
		q{SELECT '{}'::jsonb} => qr/invalid input syntax for type integer/,
		q{SELECT 'a'::pg_catalog.text = 'a'} => qr/^f$/,
		q{SELECT 'a'::pg_catalog.text || 'b'} => qr/^evil$/,
		q{SELECT pg_catalog.jsonb '{}' -> 'c'} => qr/^"evil"$/,
		q{SELECT conname FROM pg_conversion WHERE pg_conversion_is_visible(oid) AND connamespace = 'evil'::regnamespace
			ORDER BY conname}
		  => qr/^latin1_to_utf8\nutf8_to_latin1$/ ]);

push @settings, [ "SET lc_messages = '${\GERMAN}'", q{SELECT 1/0} => qr/FEHLER:  22012: Division durch Null/ ]
  if has_translations();

foreach my $setting (@settings)
{
	my ($sql, @witnesses) = @$setting;
	foreach my $database (qw(UTF8 LATIN1))
	{
		foreach my $i (0 .. $#witnesses / 2)
		{
			my ($statement, $expected) = @witnesses[ 2 * $i, 2 * $i + 1 ];
			like(run_statement($database, $sql, $statement), $expected, "$database: $sql: $statement");
		}
		is_deeply(run_probe($database, $sql), $baseline{$database}, "$database: $sql changes nothing");
	}
}

$node->stop;
done_testing();
