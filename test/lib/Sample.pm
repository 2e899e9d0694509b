# The samples of all tests: a credential, claims, times, and the tokens and SQL made of them
package Sample;

use strict;
use warnings FATAL => 'all';

use Exporter qw(import);
use TokenMaker qw(make_token);

our @EXPORT_OK = qw(APIKEY CLAIMS EXPIRED_AT FOR_EVER OTHER_SECRET SECRET TIMES TO_ISSUE VALID_AT
  create_server payload token);

use constant {
	APIKEY => 'key',
	SECRET => '5f0c1e7b9a3d48265b7c9e1f0a2d4c6e8b1a3c5d7e9f0b2d4a6c8e0f1b3d5a79',
	OTHER_SECRET => 'b1946ac92492d2347c6235b4d2611184c0ffee00c0ffee00c0ffee00c0ffee00',
	TO_ISSUE => '{"permissions":["allow_join"],"roles":["rtc"],"version":2}',

	# Members of a payload: what each token must have, an hour, and the last second that a token can name
	CLAIMS => '"apikey":"key","permissions":["allow_join"]',
	TIMES => '"iat":1795000000,"exp":1795003600',
	FOR_EVER => '"exp":253402300799',

	# The first second of that hour, and the first after it
	VALID_AT => '2026-11-18 11:06:40+00',
	EXPIRED_AT => '2026-11-18 12:06:40+00',
};

# payload(MEMBERS...): CLAIMS and these, as JSON
sub payload
{
	my (@members) = @_;
	return '{' . join(',', CLAIMS, @members) . '}';
}

# token(PAYLOAD, HEADER): signed with SECRET; by default, good for the hour of TIMES, with VideoSDK's header
sub token
{
	my ($payload, $header) = @_;
	return make_token($payload // payload(TIMES), SECRET, $header);
}

# create_server(NAME, SECRET, OPTIONS): SQL that makes a server with the limits of OPTIONS, and APIKEY and the secret
# for PUBLIC; by default videosdk, SECRET, and no limits
sub create_server
{
	my ($name, $secret, $options) = @_;
	$name //= 'videosdk';
	$secret //= SECRET;
	my $limits = defined $options ? " OPTIONS ($options)" : '';
	return "CREATE SERVER $name FOREIGN DATA WRAPPER videosdk$limits;\n"
	  . "CREATE USER MAPPING FOR PUBLIC SERVER $name OPTIONS (apikey '${\APIKEY}', secret '$secret');\n";
}

1;
