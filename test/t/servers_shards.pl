# A report over tokens that are kept by three PostgreSQLs, as foreign partitions of postgres_fdw: all shards are asked at the same time,
# decoding is done where the tokens are, and tokens are judged where the report is made, or by each shard with a credential of its own
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/../lib";

use Node qw(query start_node);
use PostgreSQL::Test::Utils;
use Sample qw(OTHER_SECRET SECRET create_server);
use Test::More;
use Time::HiRes qw(time);

use constant {
	SHARDS => 3,
	TOKENS => 5000,    # of each shard
};

# The tokens of a shard: some are signed with another secret, some are no tokens, and some are of before a time that is revoked
my ($secret, $other_secret) = (SECRET, OTHER_SECRET);
my @shards = map { start_node("shard_$_", 'jit = off') } 1 .. SHARDS;
foreach my $number (1 .. SHARDS)
{
	query($shards[ $number - 1 ], 'postgres', <<"SQL");
CREATE EXTENSION videosdk_token;
${\create_server()}
CREATE TABLE tokens (shard int, n int, token text);
INSERT INTO tokens
SELECT $number, n, CASE WHEN n % 50 = 7 THEN videosdk_sign_token(payload, '$other_secret', '10 years')
	ELSE videosdk_sign_token(payload, '$secret', '10 years') END
FROM generate_series(1, ${\TOKENS}) n,
	jsonb_build_object('iat', CASE n % 100 WHEN 9 THEN 1700000000 ELSE 1790000000 END) iat,
	videosdk_participant_payload('room-' || n % 10, 'participant', custom_claims => iat, apikey => 'key') payload;
CREATE VIEW judged AS SELECT shard, n, status FROM tokens, videosdk_check_token(token);
ANALYZE tokens;
SQL
}

# The tables of the report, and what the shards themselves say of their tokens
my $report = start_node('report', 'jit = off');
my $partitions = join '', map { <<"SQL" } 1 .. SHARDS;
CREATE SERVER shard_$_ FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '${\$shards[$_ - 1]->host}', port '${\$shards[$_ - 1]->port}',
	dbname 'postgres', extensions 'videosdk_token', async_capable 'true', fetch_size '1000');
CREATE USER MAPPING FOR CURRENT_USER SERVER shard_$_;
CREATE FOREIGN TABLE tokens_$_ PARTITION OF tokens FOR VALUES IN ($_) SERVER shard_$_ OPTIONS (table_name 'tokens');
CREATE FOREIGN TABLE judged_$_ PARTITION OF judged FOR VALUES IN ($_) SERVER shard_$_ OPTIONS (table_name 'judged');
SQL
query($report, 'postgres', <<"SQL");
CREATE EXTENSION videosdk_token;
CREATE EXTENSION postgres_fdw;
${\create_server()}
CREATE TABLE tokens (shard int, n int, token text) PARTITION BY LIST (shard);
CREATE TABLE judged (shard int, n int, status text) PARTITION BY LIST (shard);
$partitions
CREATE TABLE copied AS TABLE tokens;
SQL

sub rows { return query($report, 'postgres', $_[0]) }

# plan_is(WHAT, QUERY, PATTERN, COUNT): the plan asks all shards at once, and so many statements are sent that match
sub plan_is
{
	my ($what, $query, $pattern) = @_;
	my $plan = rows("EXPLAIN (VERBOSE, COSTS OFF) $query");
	my @sent = $plan =~ /Remote SQL: (.*)/g;
	is(() = $plan =~ /Async Foreign Scan/g, SHARDS, "$what: all shards work at the same time");
	is(scalar(grep { $_ =~ $pattern } @sent), SHARDS, "$what: each is sent what it should be");
	return;
}

# Decoding is shipped, and a condition with it where the operator has no collation
my %conditions = (
	q{videosdk_decode_token(token) @> '{"roomId": "room-3"}'} => qr/WHERE .*videosdk_decode_token\(token\) @>/,
	q{videosdk_decode_token(token) ->> 'roomId' = 'room-3'} => qr/^SELECT shard, token FROM public\.tokens$/);
foreach my $condition (sort keys %conditions)
{
	my $query = "SELECT shard, count(*) FROM tokens WHERE $condition GROUP BY shard ORDER BY shard";
	plan_is($condition, $query, $conditions{$condition});
	is(rows($query), join("\n", map { "$_|" . TOKENS / 10 } 1 .. SHARDS), "$condition: the rows");
}

# Judging stays here, with the credential that is here; or the shards do it, each with its own
my $judged_here = 'SELECT status, count(*) FROM tokens, videosdk_check_token(token) GROUP BY status ORDER BY status';
my $judged_there = 'SELECT status, count(*) FROM judged GROUP BY status ORDER BY status';
plan_is('judged here', $judged_here, qr/^SELECT token FROM/);
plan_is('judged there', $judged_there, qr/^SELECT status FROM public\.judged$/);
my $forged = TOKENS / 50 * SHARDS;
my $verdict = join "\n", "bad_signature|$forged", 'valid|' . (TOKENS * SHARDS - $forged);
is(rows($judged_here), $verdict, 'judged here');
is(rows($judged_there), $verdict, 'judged there');

# What changes here counts for the report at once; the shards' own verdicts wait for the same change there
my $revoke = q{ALTER SERVER videosdk OPTIONS (ADD revoked_before '2025-01-01 00:00:00Z')};
rows($revoke);
my $revoked = TOKENS / 100 * SHARDS;
my $new_verdict = join "\n", "bad_signature|$forged", "revoked|$revoked", 'valid|' . (TOKENS * SHARDS - $forged - $revoked);
is(rows($judged_here), $new_verdict, 'a revocation here counts for what is judged here');
is(rows($judged_there), $verdict, 'and not for what is judged there');
query($_, 'postgres', $revoke) foreach @shards;
is(rows($judged_there), $new_verdict, 'until each shard has it');

# How many seconds the fastest of five reports takes
sub seconds
{
	my ($query) = @_;
	my @times = sort { $a <=> $b } map { my $begun = time; rows($query); time - $begun } 1 .. 5;
	return $times[0];
}
my $copied = seconds($judged_here =~ s/tokens/copied/r);
note sprintf '%d tokens of %d shards: judged here in %.2f, and by the shards in %.2f times the time for a table that is here, %.0f ms',
  TOKENS * SHARDS, SHARDS, seconds($judged_here) / $copied, seconds($judged_there) / $copied, 1000 * $copied;

$_->stop foreach $report, @shards;
done_testing();
