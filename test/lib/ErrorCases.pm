# Every error that the functions can raise, each with a call that raises it
package ErrorCases;

use strict;
use warnings FATAL => 'all';

use Exporter qw(import);
use Sample qw(EXPIRED_AT OTHER_SECRET SECRET TIMES VALID_AT payload token);
use SampleWebhook qw(other_public_key public_key sign_webhook);
use TokenMaker qw(header signature);

our @EXPORT_OK = qw(call error_cases error_cases_of_narrow_client error_cases_of_sql_ascii execute traces with_functions);

# The arguments of functions, [name, type] each: execute runs a statement, leak raises a plain error, and the others are what
# with_functions has added
my %parameters = (execute => [ [qw(statement text)] ], leak => [ [qw(token text)], [qw(secret text)] ]);

# with_functions(FUNCTIONS): from now on, there are these of the extension, as ExtensionCatalogue's functions has them
sub with_functions
{
	my (%functions) = @_;
	$parameters{$_} = $functions{$_}{arguments} foreach keys %functions;
	return;
}

# A case is [SQLSTATE, function, arguments...]: a string, undef for NULL, or a reference to SQL
sub error_cases
{
	my (%params) = @_;
	my @infinities = $params{infinite_intervals} ? ('infinity', '-infinity') : ();
	return (
		signing_cases(@infinities), secret_cases(), token_cases(), time_cases(@infinities), malformed_cases(),
		locked_cases(), webhook_cases(), leak());
}

sub leak
{
	return [ '22012', 'leak', token(), SECRET ];
}

sub sign
{
	my ($sqlstate, @arguments) = @_;
	return [ $sqlstate, 'videosdk_sign_token', @arguments ];
}

sub verify
{
	my ($sqlstate, $token, %other) = @_;
	return [ $sqlstate, 'videosdk_verify_token', $token, $other{secret} // SECRET, $other{leeway} // '0',
		$other{valid_at} // VALID_AT ];
}

# What verify and inspect raise alike
sub check
{
	my ($sqlstate, @arguments) = @_;
	return map { [ $sqlstate, $_, @arguments ] } qw(videosdk_verify_token videosdk_inspect_token);
}

# A case that runs a statement with options, names and values in turn
sub execute
{
	my ($sqlstate, $statement, @options) = @_;
	my @list;
	push @list, sprintf "%s '%s'", splice @options, 0, 2 while @options;
	return [ $sqlstate, 'execute', "$statement OPTIONS (" . join(', ', @list) . ')' ];
}

sub signing_cases
{
	my (@infinities) = @_;
	my @payloads = (
		'[]', '"text"', '{}', '{"apikey":"key"}', '{"apikey":"","permissions":["allow_join"]}',
		'{"apikey":"key","permissions":[]}', '{"apikey":"key","permissions":["other"]}',
		'{"apikey":"key","permissions":["ask_join","allow_join"]}', '{"apikey":"key","permissions":["allow_mod"]}',
		'{"apikey":"key","permissions":["' . token() . '"]}', '{"apikey":"' . SECRET . '","permissions":["allow_join"]}');
	my @rests = (
		'"exp":1795003600', '"version":3', '"version":null', '"roles":["rtc"]', '"roles":[],"version":2',
		'"roles":["other"],"version":2', '"roles":"rtc","version":2', '"roomId":null,"version":2', '"roomId":"room"',
		'"participantId":"","version":2', '"roomId":"a room","version":2', '"participantId":"name\n","version":2',
		'"roomID":"room"', '"meetingId":"room"', '"particpantId":"name"', '"iat":-1', '"iat":1.5',
		'"iat":1795000000000', '"nbf":"1"', '"iat":1795000000,"nbf":1795003600', '"iat":253402300799',
		'"note":' . '[' x 64 . ']' x 64, '"note":' . '9' x 1001, '"note":"' . 'x' x 65536 . '"');
	my @expirations =
	  ('0', '-1 day', '1 millisecond', '-178000000 years', '9000 years', '178000000 years', @infinities);

	return (
		(map { sign('22023', $_, SECRET, '1 hour') } @payloads, map { payload($_) } @rests),
		(map { sign('22023', payload('"iat":1795000000'), SECRET, $_) } @expirations),
		sign('22004', undef, SECRET, '1 hour'),
		sign('22004', payload(), undef, '1 hour'),
		sign('22004', payload(), SECRET, undef));
}

sub secret_cases
{
	my @secrets = ('', ' ' . SECRET, SECRET . "\n", SECRET . "\x0b");
	return map { sign('22023', payload(), $_, '1 hour'), check('22023', token(), $_, '0', VALID_AT) } @secrets;
}

sub token_cases
{
	my @headers = (
		'{"alg":"none"}', '{"alg":"HS512"}', '{"typ":"JWT"}', '{"alg":["HS256"]}', '{"alg":"HS256","crit":["b64"]}',
		'{"alg":"' . 'x' x 100 . '"}');
	my @payloads = ('{}', payload(), '{"apikey":7,"permissions":[],"exp":1}', '{"apikey":"key","exp":1}');
	my @rests = (
		'"exp":"1"', '"exp":1795003600000', '"exp":-1', '"nbf":[],' . TIMES, '"iat":{},"exp":1795003600',
		'"roomId":7,' . TIMES, '"roles":"rtc",' . TIMES, '"roles":[7],' . TIMES);

	return (
		verify('22004', undef),
		[ '22004', 'videosdk_verify_token', token(), undef, '0', VALID_AT ],
		verify('28V01', token(), secret => OTHER_SECRET),
		verify('28V01', token() =~ s/[^.]+$//r),
		(map { verify('28V01', token(undef, $_)) } @headers),
		(map { verify('28V04', token($_)) } @payloads, map { payload($_) } @rests));
}

sub time_cases
{
	my (@infinities) = @_;
	return (
		verify('28V02', token(), valid_at => EXPIRED_AT),
		verify('28V03', token(payload('"nbf":1795003599,' . TIMES))),
		(map { check('22023', token(), SECRET, $_, VALID_AT) } '-1 second', '1 month', @infinities),
		(map { check('22023', token(), SECRET, '0', $_) } 'infinity', '-infinity'),
		check('22004', token(), SECRET, undef, VALID_AT),
		check('22004', token(), SECRET, '0', undef));
}

sub malformed_cases
{
	my @tokens = (
		'', 'not a token', 'Bearer ' . token(), token() . "\n", ' ' . token(), token() . '=', token() . '.x',
		'"' . token() . '"', token() =~ s/\./%2E/gr, token() =~ s/\.[^.]+$//r, token() =~ s/\./+./r, token() . 'AA',
		token() =~ s/.$/B/r, token() =~ s/..$//r,
		token(undef, '{"alg":"HS256"'), token(undef, '7'), token(undef, "\xef\xbb\xbf" . header()));
	my @payloads = (
		'{', '[1]', '"text"', "{\"note\":\"\xe9\"}", '{"note":"\u0000"}', '{"note":' . '[' x 64 . ']' x 64 . '}',
		'{"note":' . '9' x 1001 . '}', '{"note":1e1000}', '{"note":"' . 'x' x 65536 . '"}');
	return map { [ '22P02', 'videosdk_decode_token', $_ ], verify('22P02', $_) } @tokens, map { token($_) } @payloads;
}

# PostgreSQL's own error inside of a function: a value whose TOAST index is locked cannot be fetched
sub locked_cases
{
	my ($payload, $token, $secret) = map { \"(SELECT $_ FROM locked)" } qw(payload token secret);
	return (
		sign('55P03', $payload, SECRET, '1 hour'),
		sign('55P03', payload(), $secret, '1 hour'),
		check('55P03', $token, SECRET, '0', VALID_AT),
		check('55P03', token(), $secret, '0', VALID_AT),
		[ '55P03', 'videosdk_decode_token', $token ]);
}

# A webhook, and what is refused of it; the body and the signature are not shown, nor what stands in place of the key
sub webhook_cases
{
	my $body = '{"data":"confidential"}';
	my $signature = sign_webhook($body);
	my $verify = sub {
		my ($sqlstate, @arguments) = @_;
		return [ $sqlstate, 'videosdk_verify_webhook', @arguments, public_key() ];
	};
	my @keys = (
		'', 'confidential', '{"kty":"RSA","d":"confidential"}', public_key() =~ s/PUBLIC/PRIVATE/gr,
		public_key() =~ s/PUBLIC KEY/CERTIFICATE/gr, public_key() =~ s/\n[^\n]+\n/\n/r, public_key() x 17);
	return (
		$verify->('22004', undef, $signature),
		$verify->('22004', $body, undef),
		[ '22004', 'videosdk_verify_webhook', $body, $signature, undef ],
		(map { [ '22023', 'videosdk_verify_webhook', $body, $signature, $_ ] } @keys),
		$verify->('22P02', '{"data":"confidential' . 'x' x 1_048_576 . '"}', $signature),
		(map { $verify->('22P02', $body, $_) } "$signature\n", "$signature=", 'confidential!', 'A' x 4096),
		$verify->('28V01', "$body ", $signature),
		$verify->('28V01', $body, ''),
		[ '28V01', 'videosdk_verify_webhook', $body, $signature, other_public_key() ],
		(map { $verify->('22P02', $_, sign_webhook($_)) } '["confidential"]', '"confidential"',
			'{"data":["confidential",' . '[' x 63 . ']' x 63 . ']}', '{"confidential":1e1000}', '{"data":"confidential\u0000"}'),
		$verify->('55P03', \'(SELECT body FROM locked)', $signature),
		$verify->('22P02', $body, \'(SELECT token FROM locked)'),
		[ '55P03', 'videosdk_verify_webhook', $body, $signature, \'(SELECT token FROM locked)' ]);
}

# Bytes that are not UTF-8
sub error_cases_of_sql_ascii
{
	my $secret = SECRET . "\xe9" . SECRET;
	return (
		sign('22P05', payload(), $secret, '1 hour'),
		sign('22P05', payload(qq("note":"\xe9")), SECRET, '1 hour'),
		check('22P05', token(), $secret, '0', VALID_AT),
		execute('22023', 'CREATE USER MAPPING FOR PUBLIC SERVER unmapped', apikey => 'key', secret => $secret),
		execute('22023', 'CREATE USER MAPPING FOR PUBLIC SERVER unmapped', apikey => $secret, secret => SECRET),
		[ '22P05', 'videosdk_verify_webhook', qq({"data":"\xe9"}), sign_webhook('{}'), public_key() ],
		leak());
}

# Messages with characters that the client's encoding lacks
sub error_cases_of_narrow_client
{
	return (
		sign('22023', payload('"version":"\u65e5"'), SECRET, '1 hour'),
		sign('22023', payload('"note \u65e5":' . '9' x 1001), SECRET, '1 hour'),
		sign('22023', payload('"roomId":"\u65e5\u3000","version":2'), SECRET, '1 hour'),
		verify('28V01', token(undef, '{"alg":"\u65e5"}')),
		verify('28V04', token(payload('"roomId":["\u65e5"],' . TIMES))),
		execute('HV00D', 'CREATE SERVER made FOREIGN DATA WRAPPER videosdk', 'U&"\65e5"' => SECRET),
		leak());
}

# call(CASE, WRITE): the case's call as SQL, with its values written by WRITE from value, type, name and number
sub call
{
	my ($case, $write) = @_;
	my (undef, $function, @values) = @$case;
	my $number = 0;
	my @arguments;
	foreach my $value (@values)
	{
		my ($name, $type) = @{ $parameters{$function}[ scalar @arguments ] };
		push @arguments, ref $value ? $$value : $write->($value, $type, $name, ++$number);
	}
	return "$function(" . join(', ', @arguments) . ')';
}

# Texts that would show the secret or a token of a case; the secret is cut, as PostgreSQL cuts a name
sub traces
{
	my (undef, $function, @arguments) = @{ $_[0] };
	my %arguments;
	@arguments{ map { $_->[0] } @{ $parameters{$function} } } = map { ref $_ ? '' : $_ // '' } @arguments;
	my $token = $arguments{token} // '';
	my @traces = (substr(SECRET, 0, 60), OTHER_SECRET, 'locked value', '0xe9', "\xe9", 'confidential', 'c0ffee00-');

	push @traces, signature($1, $arguments{secret} // SECRET) if $token =~ /^([^.]+\.[^.]+)\./;
	push @traces, grep { length $_ > 20 } $arguments{signature} // '', split /\n|-----[A-Z ]+-----/, $arguments{public_key} // '';
	push @traces, grep { length $_ > 8 } map { split /\./ } $token, ($arguments{payload} // '') =~ /eyJ[^"]+/g;
	return @traces;
}

1;
