# A good call of each of the extension's functions, and what it returns.  The catalogue says which functions and arguments
# there are: a test that asks for all fails, and names the function, where there is no example.
package ExampleCalls;

use strict;
use warnings FATAL => 'all';

use Exporter qw(import);
use ExtensionCatalogue qw(functions);
use Sample qw(APIKEY EXPIRED_AT SECRET VALID_AT);
use SampleWebhook qw(create_webhook_server public_key sign_webhook);
use Test::More;
use TokenMaker qw(make_token written_payload);

our @EXPORT_OK = qw(call_of_example examples takes_key takes_webhook unnamed values_of_example);

use constant HEADER => '{"alg": "HS256", "typ": "JWT"}';

# Functions: { values of arguments, result => as text, shown => SQL that shows %s of a call, if the result has the clock in
# it }.  NOTE is JSON, which makes payloads longer or deeper.  All calls are good at VALID_AT, with the server that Sample's
# create_server makes, and webhooks, which examples makes.
sub table
{
	my ($note) = @_;
	my $claims = qq("note":$note,"apikey":"${\APIKEY}","permissions":["allow_join"]);
	my $as_jsonb = qq("note": $note, "apikey": "${\APIKEY}", "permissions": ["allow_join"]);
	my $payload = qq({"exp": 1795003600, "iat": 1795000000, $as_jsonb});
	my $token = make_token(qq({"exp":1795003600,"iat":1795000000,$claims}), SECRET);
	my %judged = (token => $token, leeway => '0', valid_at => VALID_AT);
	my $quoted = join ',', map { '"' . s/"/""/gr . '"' } HEADER, $payload, VALID_AT;
	my $body = qq({"webhookType":"participant-joined", "note":$note});
	my %webhook = (
		body => $body, signature => sign_webhook($body), result => qq({"note": $note, "webhookType": "participant-joined"}));
	my $row = qq(($quoted,,"${\EXPIRED_AT}",valid,));
	return (
		videosdk_sign_token => {
			payload => qq({$claims,"iat":1795000000}), secret => SECRET, expires_in => '1 hour',
			result => make_token(
				written_payload(
					note => $note, apikey => qq("${\APIKEY}"), permissions => '["allow_join"]', iat => 1795000000,
					exp => 1795003600),
				SECRET)
		},
		videosdk_verify_token => { %judged, secret => SECRET, result => $payload },
		videosdk_inspect_token => { %judged, secret => SECRET, result => $row },
		videosdk_decode_token => { token => $token, result => $payload },
		videosdk_issue_token => {
			payload => "{$claims}" =~ s/"apikey":"[^"]*",//r, expires_in => '1 hour', server => 'videosdk',
			shown => "videosdk_validate_token(%s) - 'iat' - 'exp'", result => "{$as_jsonb}"
		},
		videosdk_validate_token => { %judged, server => 'videosdk', result => $payload },
		videosdk_check_token => { %judged, server => 'videosdk', result => $row },
		videosdk_check_join => {
			%judged, room_id => 'room', participant_id => 'participant', server => 'videosdk', result => '(t,f,,,)'
		},
		videosdk_verify_webhook => { %webhook, public_key => public_key() },
		videosdk_validate_webhook => { %webhook, server => 'webhooks' },
		videosdk_credential_validator => {
			options => '{"apikey=' . ($note =~ tr/[]"//dr) . 'x",secret=' . SECRET . '}', catalog => 1418,    # pg_user_mapping
			result => ''
		},
		videosdk_participant_payload => {
			room_id => 'room', participant_id => 'participant', permissions => '{allow_join}',
			not_before => VALID_AT, custom_claims => qq({"note":$note}), apikey => APIKEY,
			result => qq({"nbf": 1795000000, "note": $note, "roles": ["rtc"], "apikey": "${\APIKEY}", "roomId": "room", )
			  . '"version": 2, '
			  . '"permissions": ["allow_join"], "participantId": "participant"}'
		},
		videosdk_api_payload => {
			permissions => '{allow_join}', custom_claims => qq({"note":$note}), apikey => APIKEY,
			result => qq({"note": $note, "roles": ["crawler"], "apikey": "${\APIKEY}", "version": 2, )
			  . '"permissions": ["allow_join"]}'
		});
}

# examples(NODE, DATABASE, NOTE): for each function that the catalogue of a database has, as ExtensionCatalogue's functions
# with values, result and shown added; a failed test for each that has no example
sub examples
{
	my ($node, $database, $note) = @_;
	my %functions = functions($node, $database);
	my $server = create_webhook_server('IF NOT EXISTS webhooks');
	$node->safe_psql($database, "SET client_min_messages = warning;\n$server");
	my %table = table($note // '"x"');
	foreach my $name (sort keys %functions)
	{
		my $function = $functions{$name};
		my $example = $table{$name} // {};
		my @missing = grep { !defined $example->{$_} } 'result', map { $_->[0] } @{ $function->{arguments} };
		if (@missing)
		{
			fail("test/lib/ExampleCalls.pm has an example for $name: @missing");
			delete $functions{$name};
			next;
		}
		$function->{name} = $name;
		$function->{result} = $example->{result};
		$function->{shown} = $example->{shown} // '%s';
		foreach my $argument (@{ $function->{arguments} })
		{
			my ($argument_name, $type) = @$argument;
			$function->{values}{$argument_name} = "'" . $example->{$argument_name} =~ s/'/''/gr . "'::$type";
		}
	}
	return %functions;
}

# True if a function signs, or verifies a signature
sub takes_key
{
	my ($function) = @_;
	return grep { $_->[0] =~ /^(secret|server|public_key)$/ } @{ $function->{arguments} };
}

# True if a function verifies a webhook
sub takes_webhook
{
	my ($function) = @_;
	return grep { $_->[0] eq 'body' } @{ $function->{arguments} };
}

# The values of a function's arguments as SQL, in their order; CHANGE, if given, makes of a name and a value another value
sub values_of_example
{
	my ($function, $change) = @_;
	my @names = map { $_->[0] } @{ $function->{arguments} };
	return map { $change ? $change->($_, $function->{values}{$_}) : $function->{values}{$_} } @names;
}

# The call of a function as SQL
sub call_of_example
{
	my ($function, $change) = @_;
	return "$function->{name}(" . join(', ', values_of_example($function, $change)) . ')';
}

# unnamed(FUNCTIONS, TEXT): the names of functions that a text does not have
sub unnamed
{
	my ($functions, $text) = @_;
	return grep { $text !~ /\b$_\b/ } sort keys %$functions;
}

1;
