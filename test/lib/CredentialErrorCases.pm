# Every error of the functions that take a server's name, and of the validator, for a role that is no superuser
package CredentialErrorCases;

use strict;
use warnings FATAL => 'all';

use ErrorCases qw(execute);
use Exporter qw(import);
use Sample qw(EXPIRED_AT OTHER_SECRET SECRET TIMES TO_ISSUE VALID_AT create_server payload token);
use SampleWebhook qw(create_webhook_server other_public_key public_key sign_webhook);
use TokenMaker qw(make_token);

our @EXPORT_OK = qw(credential_error_cases set_up_servers);

# A secret that is too short, one that is not of VideoSDK's form, an API key that is, and a time between VALID_AT and EXPIRED_AT
use constant {
	SHORT_SECRET => 'confidential',
	PLAIN_SECRET => 'confidential' x 3,
	UUID => 'c0ffee00-c0ff-ee00-c0ff-ee00c0ffee00',
	UNTIL => '2026-11-18T12:00:00Z',
};

# More servers that are good, and their limits
my %good_servers = (
	strict => "required 'roomId, participantId, jti'",
	verifying => "verify_only 'true'",
	revoking => "revoked_before '${\UNTIL}'",
	rotating => "max_expires_in '4 hours'");

# The options of servers that are unusable, or of their user mappings, as only a catalogue can have them
my %spoilt_servers = (
	spoilt_interval => 'max_expires_in=' . SECRET,
	spoilt_list => 'required=,' . SECRET,
	spoilt_switch => 'verify_only=' . SECRET,
	spoilt_time => 'revoked_before=' . SECRET);
my $usable = "apikey=key,secret=${\SECRET}";
my %spoilt_mappings = (
	spoilt_secret => "apikey=key,secret= ${\SECRET}",
	spoilt_apikey => "apikey=,secret=${\SECRET}",
	spoilt_pair => "apikey=${\SECRET},secret=${\SECRET}",
	spoilt_previous_secret => "$usable,previous_secret= ${\OTHER_SECRET},previous_until=${\UNTIL}",
	spoilt_previous_pair =>
	  "$usable,previous_apikey=${\OTHER_SECRET},previous_secret=${\OTHER_SECRET},previous_until=${\UNTIL}",
	spoilt_previous_time => "$usable,previous_secret=${\OTHER_SECRET},previous_until=${\SECRET}");
my @spoilt = sort keys %spoilt_servers, keys %spoilt_mappings;

# SQL that makes good servers, and one for each way in which a server is unusable
sub set_up_servers
{
	my ($role) = @_;
	my $options = "OPTIONS (apikey 'key', secret '${\SECRET}')";
	my $sql = <<"SQL";
GRANT CREATE ON SCHEMA public TO $role;
GRANT USAGE ON FOREIGN DATA WRAPPER videosdk TO $role;
${\create_server('videosdk', SECRET, "max_expires_in '4 hours', permissions 'allow_join', roles 'rtc'")}
CREATE FOREIGN DATA WRAPPER another;
CREATE SERVER not_ours FOREIGN DATA WRAPPER another;
CREATE USER MAPPING FOR PUBLIC SERVER not_ours $options;
SQL
	$sql .= create_server($_, SECRET, $good_servers{$_}) foreach sort keys %good_servers;
	foreach my $server (qw(forbidden unmapped without_options altered), @spoilt)
	{
		$sql .= "CREATE SERVER $server FOREIGN DATA WRAPPER videosdk;\n";
		$sql .= "CREATE USER MAPPING FOR PUBLIC SERVER $server;\n" if $server ne 'unmapped';
	}
	$sql .= <<"SQL" foreach sort keys %spoilt_mappings;
UPDATE pg_user_mapping SET umoptions = string_to_array('$spoilt_mappings{$_}', ',')
WHERE umserver = (SELECT oid FROM pg_foreign_server WHERE srvname = '$_');
SQL
	$sql .= "UPDATE pg_foreign_server SET srvoptions = ARRAY['$spoilt_servers{$_}'] WHERE srvname = '$_';\n"
	  foreach sort keys %spoilt_servers;
	$sql .= create_webhook_server('webhooks') . create_webhook_server('webhooks_of_others', other_public_key());
	$sql .= create_webhook_server('spoilt_webhooks');
	$sql .= "UPDATE pg_foreign_server SET srvoptions = ARRAY['webhook_public_key=${\SECRET}'] WHERE srvname = 'spoilt_webhooks';\n";
	my $usable = join ', ', 'videosdk', qw(webhooks webhooks_of_others spoilt_webhooks not_ours unmapped without_options), sort(keys %good_servers), @spoilt;
	return $sql . <<"SQL";
ALTER USER MAPPING FOR PUBLIC SERVER altered $options;
ALTER USER MAPPING FOR PUBLIC SERVER rotating OPTIONS (
	ADD previous_apikey 'before', ADD previous_secret '${\OTHER_SECRET}', ADD previous_until '${\UNTIL}');
GRANT USAGE ON FOREIGN SERVER $usable TO $role;
ALTER SERVER altered OWNER TO $role;
ALTER SERVER unmapped OWNER TO $role;
SQL
}

# Cases as those of ErrorCases
sub credential_error_cases
{
	return (
		issuing_cases(), token_cases(), argument_cases(), join_cases(), server_cases(), webhook_cases(), validator_cases(),
		statement_cases());
}

sub issue
{
	my ($sqlstate, $payload, $expires_in, $server) = @_;
	return [ $sqlstate, 'videosdk_issue_token', $payload, $expires_in, $server // 'videosdk' ];
}

sub validate
{
	my ($sqlstate, $token, %other) = @_;
	return [
		$sqlstate, 'videosdk_validate_token', $token, $other{server} // 'videosdk', '0', $other{valid_at} // VALID_AT
	];
}

sub join_room
{
	my ($sqlstate, @arguments) = @_;
	return [ $sqlstate, 'videosdk_check_join', @arguments ];
}

# What validate, check and check_join raise alike
sub check
{
	my ($sqlstate, $token, @others) = @_;
	return (
		(map { [ $sqlstate, $_, $token, @others ] } qw(videosdk_validate_token videosdk_check_token)),
		join_room($sqlstate, $token, 'room', 'participant', @others));
}

sub issuing_cases
{
	my @rests = (
		'"iat":1795000000', '"exp":1795003600', '"apikey":"confidential"', '"apikey":"' . SECRET . '"',
		'"permissions":["allow_mod"]', '"permissions":[]', '"permissions":["' . token() . '"]', '"roles":["crawler"]',
		'"roles":["other"]', '"roles":null', '"roomId":null', '"roomId":"a room"', '"room_id":"room"', '"version":1',
		'"version":3');
	my @incomplete = (
		'"roomId":"room"', '"roomId":"room","participantId":"name"', '"roomId":"room","participantId":"name","jti":""',
		'"roomId":"room","participantId":"name","jti":7');
	return (
		(map { issue('22023', TO_ISSUE =~ s/}/,$_}/r, '1 hour') } @rests),
		(map { issue('22023', $_, '1 hour') } '[]', '{}', payload()),
		(map { issue('22023', TO_ISSUE =~ s/}/,$_}/r, '1 hour', 'strict') } @incomplete),
		issue('22023', TO_ISSUE =~ s/\[/["ask_join",/r, '1 hour', 'rotating'),
		issue('42501', TO_ISSUE, '1 hour', 'verifying'),
		(map { issue('22023', TO_ISSUE, $_) } '0', '-1 hour', '5 hours', '9000 years', '178000000 years'),
		issue('22004', undef, '1 hour'),
		issue('22004', TO_ISSUE, undef),
		issue('55P03', \'(SELECT payload FROM locked)', '1 hour'));
}

sub token_cases
{
	my $start = '{"apikey":"confidential","permissions":["allow_join"],';
	my $before = payload(TIMES) =~ s/"key"/"before"/r;
	return (
		(map { validate('22P02', $_) } '', 'not a token', 'Bearer ' . token(), token('[1]')),
		validate('28V01', make_token(payload(TIMES), OTHER_SECRET)),
		validate('28V01', token(undef, '{"alg":"none"}')),
		validate('28V02', token(), valid_at => EXPIRED_AT),
		validate('28V03', token(payload('"nbf":1795003599,' . TIMES))),
		validate('28V04', token("$start${\TIMES}}")),
		validate('28V04', token('{}')),
		validate('28V05', token(), server => 'revoking'),
		validate('28V01', make_token($before, OTHER_SECRET), server => 'rotating', valid_at => UNTIL),
		validate('28V04', token($before), server => 'rotating'),
		validate('28V04', make_token(payload(TIMES), OTHER_SECRET), server => 'rotating'),
		validate('22004', undef),
		check('55P03', \'(SELECT token FROM locked)', 'videosdk', '0', VALID_AT));
}

sub argument_cases
{
	return (
		check('22004', token(), 'videosdk', undef, VALID_AT),
		check('22004', token(), 'videosdk', '0', undef),
		check('22023', token(), 'videosdk', '-1 second', VALID_AT),
		check('22023', token(), 'videosdk', '1 month', VALID_AT),
		check('22023', token(), 'videosdk', '0', 'infinity'));
}

# What only check_join raises
sub join_cases
{
	my @others = ('videosdk', '0', VALID_AT);
	return (
		join_room('22004', token(), undef, 'participant', @others),
		join_room('22004', token(), 'room', undef, @others),
		join_room('55P03', token(), \'(SELECT token FROM locked)', 'participant', @others),
		join_room('55P03', token(), 'room', \'(SELECT token FROM locked)', @others));
}

# Each kind of unusable server, and the secret instead of a server's name
sub server_cases
{
	my @servers = (
		[ '22004', undef ],
		[ '42704', 'nowhere' ],
		[ '42704', SECRET ],
		[ '42809', 'not_ours' ],
		[ '42501', 'forbidden' ],
		[ '42704', 'unmapped' ],
		[ '42704', 'without_options' ],
		map { [ '22023', $_ ] } @spoilt);
	return map {
		my ($sqlstate, $server) = @$_;
		([ $sqlstate, 'videosdk_issue_token', TO_ISSUE, '1 hour', $server ],
			check($sqlstate, token(), $server, '0', VALID_AT))
	} @servers;
}

# Webhooks, which need a server with a key, and no mapping
sub webhook_cases
{
	my $body = '{"data":"confidential"}';
	my $signature = sign_webhook($body);
	my @servers = (
		[ '22004', undef ], [ '42704', 'nowhere' ], [ '42704', SECRET ], [ '42809', 'not_ours' ], [ '42501', 'forbidden' ],
		[ '42704', 'unmapped' ], [ '42704', 'videosdk' ], [ '22023', 'spoilt_webhooks' ], [ '28V01', 'webhooks_of_others' ]);
	return (
		(map { [ $_->[0], 'videosdk_validate_webhook', $body, $signature, $_->[1] ] } @servers),
		[ '22004', 'videosdk_validate_webhook', undef, $signature, 'webhooks' ],
		[ '22004', 'videosdk_validate_webhook', $body, undef, 'webhooks' ],
		[ '22P02', 'videosdk_validate_webhook', $body, "$signature\n", 'webhooks' ],
		[ '28V01', 'videosdk_validate_webhook', "$body ", $signature, 'webhooks' ],
		[ '22P02', 'videosdk_validate_webhook', '["confidential"]', sign_webhook('["confidential"]'), 'webhooks' ],
		[ '55P03', 'videosdk_validate_webhook', \'(SELECT body FROM locked)', $signature, 'webhooks' ]);
}

# Options that are refused of a server (pg_foreign_server is 1417) and of a user mapping (pg_user_mapping is 1418)
my @server_options = (
	[ HV00D => 'secret', SECRET ],
	[ HV00D => 'max_expires', SECRET ],
	(map { [ '22023' => 'max_expires_in', $_ ] } SECRET, '', '0', '-1 hour', '1 millisecond', 'infinity'),
	(map { [ '22023' => 'permissions', $_ ] } SECRET, '', 'allow_join,,ask_join', 'allow_join,' . SECRET),
	(map { [ '22023' => 'roles', $_ ] } SECRET, ' ', 'rtc ' . SECRET),
	(map { [ '22023' => 'required', $_ ] } SECRET, '', 'roomId,', 'roomId,exp'),
	(map { [ '22023' => 'verify_only', $_ ] } SECRET, '', 'true,' . SECRET),
	(map { [ '22023' => 'webhook_public_key', $_ ] } SECRET, '', '-----BEGIN PRIVATE KEY-----' . SECRET . '-----END PRIVATE KEY-----',
		'-----BEGIN PUBLIC KEY-----' . SECRET . '-----END PUBLIC KEY-----'),
	(map { [ '22023' => 'revoked_before', $_ ] } SECRET, '', 'now', 'infinity', '2026-11-18T12:00:00'));
my @pair = (apikey => 'key', secret => SECRET);
my @previous_pair = (previous_secret => OTHER_SECRET, previous_until => UNTIL);
my @mapping_options = (
	[ HV002 => apikey => SECRET ],
	[ HV002 => secret => SECRET ],
	[ HV00D => password => SECRET ],
	[ HV00D => apikey => 'key', secret => SECRET, max_expires_in => SECRET ],
	[ '22023' => apikey => SECRET, secret => SECRET ],
	(map { [ '22023' => apikey => 'key', secret => $_ ] } '', SHORT_SECRET, ' ' . SECRET, SECRET . "\n"),
	(map { [ '22023' => apikey => $_, secret => SECRET ] } '', " ${\OTHER_SECRET}", OTHER_SECRET . "\t"),
	[ '22023' => apikey => SECRET, secret => UUID ],
	[ '22023' => apikey => SECRET, secret => 'x' . OTHER_SECRET ],
	[ '22023' => apikey => 'key', secret => UUID ],
	[ HV002 => @previous_pair ],
	[ HV002 => @pair, previous_secret => OTHER_SECRET ],
	[ HV002 => @pair, previous_until => UNTIL ],
	[ HV002 => @pair, previous_apikey => OTHER_SECRET ],
	(map { [ '22023' => @pair, previous_until => UNTIL, previous_secret => $_ ] } '', SHORT_SECRET, SECRET, UUID, OTHER_SECRET . ' '),
	(map { [ '22023' => @pair, previous_secret => OTHER_SECRET, previous_until => $_ ] }
		SECRET, '', 'tomorrow', '2026-11-18 12:00:00'),
	(map { [ '22023' => @pair, @previous_pair, previous_apikey => $_ ] } '', SECRET, OTHER_SECRET, "before\n"),
	[ '22023' => apikey => PLAIN_SECRET, secret => PLAIN_SECRET ],
	[ '22023' => apikey => PLAIN_SECRET, secret => SECRET, previous_secret => PLAIN_SECRET, previous_until => UNTIL ],
	[ '22023' => apikey => 'key', secret => PLAIN_SECRET, @previous_pair, previous_apikey => PLAIN_SECRET ],
	[
		'22023' => @pair, previous_apikey => PLAIN_SECRET, previous_secret => PLAIN_SECRET, previous_until => UNTIL
	]);

# The validator called by hand
sub validator_cases
{
	my $call = sub {
		my ($catalogue, $sqlstate, @options) = @_;
		my @list;
		push @list, sprintf '"%s=%s"', splice @options, 0, 2 while @options;
		return [ $sqlstate, 'videosdk_credential_validator', '{' . join(',', @list) . '}', $catalogue ];
	};
	return (
		(map { $call->('1417', @$_) } @server_options),
		(map { $call->('1418', @$_) } @mapping_options),
		$call->('0', HV00D => secret => SECRET),
		[ 'HV00D', 'videosdk_credential_validator', '{' . SECRET . '}', '1418' ],
		[ '22004', 'videosdk_credential_validator', '{' . SECRET . ',NULL}', '1418' ]);
}

# The validator called for a statement
sub statement_cases
{
	my $alter = 'ALTER USER MAPPING FOR PUBLIC SERVER altered';
	my $on = sub {
		my ($statement, $sqlstate, @options) = @_;
		return execute($sqlstate, $statement, @options);
	};
	return (
		(map { $on->('CREATE SERVER made FOREIGN DATA WRAPPER videosdk', @$_) } @server_options),
		(map { $on->('ALTER SERVER altered', @$_) } @server_options),
		(map { $on->('CREATE USER MAPPING FOR PUBLIC SERVER unmapped', @$_) } @mapping_options),
		(map { $on->('CREATE USER MAPPING FOR CURRENT_USER SERVER videosdk', @$_) } @mapping_options),
		execute('22023', $alter, 'SET secret' => SHORT_SECRET),
		execute('22023', $alter, 'SET apikey' => SECRET),
		execute('HV00D', $alter, password => OTHER_SECRET),
		execute('HV002', $alter, previous_secret => OTHER_SECRET),
		execute('42809', 'CREATE FOREIGN TABLE made (a int) SERVER altered', secret => SECRET),
		[ 'HV002', 'execute', "$alter OPTIONS (DROP secret, SET apikey '${\OTHER_SECRET}')" ]);
}

1;
