# What README's comparison says of plain SQL over pgcrypto, which pgjwt is, and of this extension is so
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use Node qw(log_of query run_sql sqlstate start_node);
use PostgreSQL::Test::Utils;
use Sample qw(SECRET);
use Test::More;
use TokenMaker qw(make_token);

use constant PAYLOAD => '{"apikey":"k","permissions":["allow_join"],"exp":4102444800}';

my $node = start_node('main', 'log_statement = none');
query($node, 'postgres', 'CREATE EXTENSION pgcrypto; CREATE EXTENSION videosdk_token');
query($node, 'postgres', slurp_file("$FindBin::RealBin/../bench/pgcrypto.sql"));

# What a statement prints, or its SQLSTATE
sub result_of
{
	my ($sql) = @_;
	my ($stdout, $stderr) = run_sql($node, 'postgres', $sql);
	return sqlstate($stderr) || $stdout;
}

# compare(WHAT, SQL of pgcrypto, its result, SQL of ours, its result): both results are as said
sub compare
{
	my ($what, $theirs, $their_result, $ours, $our_result) = @_;
	is(result_of($theirs), $their_result, "$what: SQL over pgcrypto");
	is(result_of($ours), $our_result, "$what: videosdk_token");
	return;
}

my $secret = SECRET;

# The two verdicts about a token are as said
sub compare_verdicts
{
	my ($what, $token, $is_valid, $status) = @_;
	return compare($what,
		"SELECT is_valid FROM pgcrypto_verify('$token', '$secret')", $is_valid,
		"SELECT status FROM videosdk_inspect_token('$token', '$secret')", $status);
}

my $token = make_token(PAYLOAD, SECRET);
compare_verdicts('a good token', $token, 't', 'valid');
compare_verdicts('a token that never expires', make_token(PAYLOAD =~ s/,"exp":\d+//r, SECRET), 't', 'bad_payload');
compare_verdicts('"exp" is no number', make_token(PAYLOAD =~ s/\d{10}/"soon"/r, SECRET), 't', 'bad_payload');
compare_verdicts('alg none, signed', make_token(PAYLOAD, SECRET, '{"alg":"none"}'), 't', 'bad_signature');
compare_verdicts('alg HS512, signed with HMAC-SHA256', make_token(PAYLOAD, SECRET, '{"alg":"HS512"}'), 't',
	'bad_signature');
compare_verdicts('crit', make_token(PAYLOAD, SECRET, '{"alg":"HS256","crit":["x"],"x":1}'), 't', 'bad_signature');
compare_verdicts('nbf in the future', make_token(PAYLOAD =~ s/"exp"/"nbf":4102444799,"exp"/r, SECRET), 'f', 'not_yet_valid');
compare_verdicts('a fourth segment', "$token.x", 't', 'malformed');

# One bad token among good ones
query($node, 'postgres', "CREATE TABLE tokens AS VALUES ('$token'), ('no token'), ('$token')");
compare('a table with a bad token',
	"SELECT count(*) FROM tokens, pgcrypto_verify(column1, '$secret') WHERE is_valid", '22023',
	"SELECT count(*) FROM tokens, videosdk_inspect_token(column1, '$secret') WHERE status = 'valid'", '2');

# Signing
is(result_of("SELECT status FROM videosdk_inspect_token(pgcrypto_sign('${\PAYLOAD}', '$secret'), '$secret')"),
	'valid', 'a token of SQL over pgcrypto is valid for videosdk_token');
my $misspelt = '{"apikey":"k","permissions":["allow_join"],"version":2,"roomID":"2kyv-gzay-64pg"}';
compare('a misspelt roomID',
	"SELECT pgcrypto_sign('$misspelt', '$secret') IS NOT NULL", 't',
	"SELECT videosdk_sign_token('$misspelt', '$secret', '1 hour') IS NOT NULL", '22023');
compare('no lifetime',
	"SELECT payload ->> 'exp' IS NULL FROM pgcrypto_verify(pgcrypto_sign('{}', '$secret'), '$secret')", 't',
	"SELECT videosdk_sign_token('{\"apikey\":\"k\",\"permissions\":[\"allow_join\"]}', '$secret', NULL)", '22004');
compare('an empty secret',
	"SELECT pgcrypto_sign('{}', '') IS NOT NULL", 't',
	"SELECT videosdk_sign_token('{\"apikey\":\"k\",\"permissions\":[\"allow_join\"]}', '', '1 hour')", '22023');

# What the log says of a statement, which must fail
sub log_of_failure
{
	my ($sql) = @_;
	return log_of($node, sub { like(result_of($sql), qr/^\w{5}$/, 'fails') });
}

like(log_of_failure("SELECT is_valid FROM pgcrypto_verify('no token', '$secret')"), qr/$secret/,
	'the secret in the log: SQL over pgcrypto');
unlike(log_of_failure("SELECT videosdk_verify_token('no token', '$secret')"), qr/$secret/,
	'the secret in the log: videosdk_token');

$node->stop;
done_testing();
