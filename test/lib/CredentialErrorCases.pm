# Every error of the functions that take a server's name, and of the validator, for a role that is no superuser
package CredentialErrorCases;

use strict;
use warnings FATAL => 'all';

use ErrorCases qw(execute);
use Exporter qw(import);
use Sample qw(EXPIRED_AT OTHER_SECRET SECRET TIMES TO_ISSUE VALID_AT create_server payload token);
use TokenMaker qw(make_token);

our @EXPORT_OK = qw(credential_error_cases set_up_servers);

use constant SHORT_SECRET => 'confidential';

# SQL that makes a good server, and one for each way in which a server is unusable, some of them past the validator
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
	foreach my $server (qw(forbidden unmapped without_options spoilt_apikey spoilt_secret spoilt_limit altered))
	{
		$sql .= "CREATE SERVER $server FOREIGN DATA WRAPPER videosdk;\n";
		$sql .= "CREATE USER MAPPING FOR PUBLIC SERVER $server;\n" if $server ne 'unmapped';
	}
	return $sql . <<"SQL";
ALTER USER MAPPING FOR PUBLIC SERVER altered $options;
UPDATE pg_user_mapping SET umoptions = '{apikey=key,"secret= ${\SECRET}"}'
WHERE umserver = (SELECT oid FROM pg_foreign_server WHERE srvname = 'spoilt_secret');
UPDATE pg_user_mapping SET umoptions = '{apikey=,secret=${\SECRET}}'
WHERE umserver = (SELECT oid FROM pg_foreign_server WHERE srvname = 'spoilt_apikey');
UPDATE pg_foreign_server SET srvoptions = '{max_expires_in=${\SECRET}}' WHERE srvname = 'spoilt_limit';
GRANT USAGE ON FOREIGN SERVER videosdk, not_ours, unmapped, without_options, spoilt_apikey, spoilt_secret, spoilt_limit
TO $role;
ALTER SERVER altered OWNER TO $role;
ALTER SERVER unmapped OWNER TO $role;
SQL
}

# Cases as those of ErrorCases
sub credential_error_cases
{
	return (issuing_cases(), token_cases(), argument_cases(), server_cases(), validator_cases(), statement_cases());
}

sub issue
{
	my ($sqlstate, $payload, $expires_in) = @_;
	return [ $sqlstate, 'videosdk_issue_token', $payload, $expires_in, 'videosdk' ];
}

sub validate
{
	my ($sqlstate, $token, %other) = @_;
	return [ $sqlstate, 'videosdk_validate_token', $token, 'videosdk', '0', $other{valid_at} // VALID_AT ];
}

# What validate and check raise alike
sub check
{
	my ($sqlstate, @arguments) = @_;
	return map { [ $sqlstate, $_, @arguments ] } qw(videosdk_validate_token videosdk_check_token);
}

sub issuing_cases
{
	my @rests = (
		'"iat":1795000000', '"exp":1795003600', '"apikey":"other"', '"permissions":["allow_mod"]', '"permissions":[]',
		'"roles":["crawler"]', '"roles":["other"]', '"roles":null', '"roomId":null', '"room_id":"room"', '"version":3');
	return (
		(map { issue('22023', TO_ISSUE =~ s/}/,$_}/r, '1 hour') } @rests),
		(map { issue('22023', $_, '1 hour') } '[]', '{}', payload()),
		(map { issue('22023', TO_ISSUE, $_) } '0', '-1 hour', '5 hours', '9000 years', '178000000 years'),
		issue('22004', undef, '1 hour'),
		issue('22004', TO_ISSUE, undef),
		issue('55P03', \'(SELECT payload FROM locked)', '1 hour'));
}

sub token_cases
{
	my $start = '{"apikey":"other","permissions":["allow_join"],';
	return (
		(map { validate('22P02', $_) } '', 'not a token', 'Bearer ' . token(), token('[1]')),
		validate('28V01', make_token(payload(TIMES), OTHER_SECRET)),
		validate('28V01', token(undef, '{"alg":"none"}')),
		validate('28V02', token(), valid_at => EXPIRED_AT),
		validate('28V03', token(payload('"nbf":1795003599,' . TIMES))),
		validate('28V04', token("$start${\TIMES}}")),
		validate('28V04', token('{}')),
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
		[ '22023', 'spoilt_apikey' ],
		[ '22023', 'spoilt_secret' ],
		[ '22023', 'spoilt_limit' ]);
	return map {
		my ($sqlstate, $server) = @$_;
		([ $sqlstate, 'videosdk_issue_token', TO_ISSUE, '1 hour', $server ],
			check($sqlstate, token(), $server, '0', VALID_AT))
	} @servers;
}

# Options that are refused of a server (pg_foreign_server is 1417) and of a user mapping (pg_user_mapping is 1418)
my @server_options = (
	[ HV00D => 'secret', SECRET ],
	[ HV00D => 'max_expires', SECRET ],
	(map { [ '22023' => 'max_expires_in', $_ ] } SECRET, '', '0', '-1 hour', '1 millisecond', 'infinity'),
	(map { [ '22023' => 'permissions', $_ ] } SECRET, '', 'allow_join,,ask_join', 'allow_join,' . SECRET),
	(map { [ '22023' => 'roles', $_ ] } SECRET, ' ', 'rtc ' . SECRET));
my @mapping_options = (
	[ HV002 => apikey => SECRET ],
	[ HV002 => secret => SECRET ],
	[ HV00D => password => SECRET ],
	[ HV00D => apikey => 'key', secret => SECRET, max_expires_in => SECRET ],
	[ '22023' => apikey => SECRET, secret => SECRET ],
	(map { [ '22023' => apikey => 'key', secret => $_ ] } '', SHORT_SECRET, ' ' . SECRET, SECRET . "\n"),
	(map { [ '22023' => apikey => $_, secret => SECRET ] } '', " ${\OTHER_SECRET}", OTHER_SECRET . "\t"));

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
		execute('42809', 'CREATE FOREIGN TABLE made (a int) SERVER altered', secret => SECRET),
		[ 'HV002', 'execute', "$alter OPTIONS (DROP secret, SET apikey '${\OTHER_SECRET}')" ]);
}

1;
