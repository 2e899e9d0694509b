# What README's comparison says of plain SQL over pgcrypto, which is what pgjwt is, and of this extension
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use TokenMaker qw(make_token);

use constant {
	SECRET => '5f0c1e7b9a3d48265b7c9e1f0a2d4c6e8b1a3c5d7e9f0b2d4a6c8e0f1b3d5a79',
	PAYLOAD => '{"apikey":"k","permissions":["allow_join"],"exp":4102444800}',
};

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "log_statement = none");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pgcrypto; CREATE EXTENSION videosdk_token');
$node->safe_psql('postgres', slurp_file("$FindBin::RealBin/../bench/pgcrypto.sql"));

# What a statement gives, or its SQLSTATE
sub result_of
{
	my ($sql) = @_;
	my (undef, $stdout, $stderr) = $node->psql('postgres', $sql, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	return $stderr =~ /ERROR:  (\w+):/ ? $1 : $stdout;
}

# compare(WHAT, SQL of pgcrypto, its result, SQL of ours, its result)
sub compare
{
	my ($what, $theirs, $their_result, $ours, $our_result) = @_;
	is(result_of($theirs), $their_result, "$what: SQL over pgcrypto");
	is(result_of($ours), $our_result, "$what: videosdk_token");
	return;
}

my $secret = SECRET;

# Is the token accepted?
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
$node->safe_psql('postgres', "CREATE TABLE tokens AS VALUES ('$token'), ('no token'), ('$token')");
compare('a table with a bad token',
	"SELECT count(*) FROM tokens, pgcrypto_verify(column1, '$secret') WHERE is_valid", '22023',
	"SELECT count(*) FROM tokens, videosdk_inspect_token(column1, '$secret') WHERE status = 'valid'", '2');

# Signing
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

# The log, after an error
sub log_after
{
	my ($sql) = @_;
	my $offset = -s $node->logfile;
	like(result_of($sql), qr/^\w{5}$/, 'fails');
	return slurp_file($node->logfile, $offset);
}

like(log_after("SELECT is_valid FROM pgcrypto_verify('no token', '$secret')"), qr/$secret/,
	'the secret in the log: SQL over pgcrypto');
unlike(log_after("SELECT videosdk_verify_token('no token', '$secret')"), qr/$secret/,
	'the secret in the log: videosdk_token');

$node->stop;
done_testing();
