# A client that issues and uses tokens without a pause, comes back when its session is lost, and knows by a timeline which outcome of
# each call is right
package TokenClient;

use strict;
use warnings FATAL => 'all';

use IO::Handle;
use JSON::PP qw(decode_json encode_json);
use MIME::Base64 qw(decode_base64url);
use Protocol;
use Sample qw(APIKEY);
use Test::More;
use Time::HiRes qw(time usleep);
use Timeline;
use TokenMaker qw(make_token);

use constant {
	HELD => 30,               # tokens that a client has just issued
	KEPT => 100,              # and those that it keeps for long
	NO_SECRET => 1_000_000,   # the number of one that no state has
};

# What a lost session, or a server that stops or starts, says
my $lost = qr/^(57P0[123]|08\w{3}|53300)$/;

# The functions that judge a token: SQL, and the status that an outcome stands for, of its SQLSTATE or else of its row
my %sqlstates = ('28V01' => 'bad_signature', '28V02' => 'expired', '28V05' => 'revoked');
my %judges = (
	validate => [
		'SELECT videosdk_validate_token($1) ->> \'apikey\'',
		sub { return $_[0] eq APIKEY ? 'valid' : 'another apikey' } ],
	check => [ 'SELECT status FROM videosdk_check_token($1)', sub { return $_[0] } ],
	check_join => [
		'SELECT allowed, code, substring(detail FROM \'revoked|expired\') FROM videosdk_check_join($1, $2, $3)',
		sub { return $_[0] eq 't' ? 'valid' : $_[1] ne '4002' ? "code $_[1]" : $_[2] // 'bad_signature' } ]);

# run(OPTIONS): until TERM comes.  Options: node, user, number (of the client), timeline (its file), report (a file), pause (seconds between
# two rounds), may_read_standby (or else only a leader will do) and webhook: [body, signature], if there is a server "webhooks".
# The report has a line for each outcome that is wrong, a line for each session when it has issued ("session", the port and the
# process of its PostgreSQL), and at the end the counts, as JSON.
sub run
{
	my (%options) = @_;
	my %counts = map { $_ => 0 } qw(calls lost refused wrong longest);
	open my $report, '>', $options{report} or die "$options{report}: $!";
	$report->autoflush(1);
	my $self = bless {
		%options, timeline => Timeline->new($options{timeline}), report => $report,
		held => [], kept => [], counts => \%counts, since => time
	}, __PACKAGE__;
	srand $self->{number};
	my $is_over = 0;
	local $SIG{TERM} = sub { $is_over = 1 };
	local $SIG{ALRM} = sub { die "no answer\n" };
	local $SIG{PIPE} = 'IGNORE';
	until ($is_over)
	{
		alarm 100;
		if (!eval { $self->{session} || $self->connect; $self->round; 1 })
		{
			$self->wrong($@) if $@ !~ /^(?:cannot connect|the server has gone|lost|no leader)/;
			$counts{ $self->{session} ? 'lost' : 'refused' }++;
			undef $self->{session};
		}
		alarm 0;
		usleep(1_000_000 * $self->{pause} * (0.5 + rand));
	}
	print { $self->{report} } encode_json(\%counts), "\n";
	return;
}

# results(REPORTS...): (the wrong outcomes, { what => how often }) of clients that are over; "longest" is the longest time between two
# answers that any of them has had
sub results
{
	my (@reports) = @_;
	my (@wrong, %sum);
	foreach my $report (@reports)
	{
		open my $file, '<', $report or die "$report: $!";
		my @lines = <$file>;
		push @wrong, grep { /^wrong/ } @lines;
		my %counts = %{ decode_json($lines[-1]) };
		my $longest = delete $counts{longest};
		$sum{longest} = $longest if $longest > ($sum{longest} // 0);
		$sum{$_} += $counts{$_} foreach keys %counts;
	}
	return (\@wrong, \%sum);
}

# Require that no client whose reports these are has met a wrong outcome, and that together they have met all that a token can have;
# returns { what => how often }
sub require_right
{
	my ($name, @reports) = @_;
	my ($wrong, $sum) = results(@reports);
	is(join('', splice @$wrong, 0, 10), '', $name);
	foreach my $function (qw(validate check check_join))
	{
		ok($sum->{"$function: $_"}, "$function has said $_") foreach qw(valid revoked bad_signature expired);
	}
	return $sum;
}

sub wrong
{
	my ($self, $what) = @_;
	$self->{counts}{wrong}++;
	print { $self->{report} } 'wrong ', $what =~ s/\n/ /gr, "\n";
	return;
}

# A session with a PostgreSQL that leads, as libpq's target_session_attrs=primary asks for, or with a standby, too
sub connect
{
	my ($self) = @_;
	my $session = Protocol->new($self->{node}, 'postgres', $self->{user});
	my ($sqlstate, $is_standby, @server) =
	  $session->fetch(q{SELECT pg_is_in_recovery(), current_setting('port'), pg_backend_pid()});
	die "no leader\n" if defined $sqlstate || ($is_standby ne 'f' && !$self->{may_read_standby});
	@$self{qw(session server is_new)} = ($session, "@server", 1);
	return;
}

# fetch(SQL, VALUES...): as Protocol's, but dies if the session is lost
sub fetch
{
	my ($self, @statement) = @_;
	my ($sqlstate, @row) = $self->{session}->fetch(@statement);
	die "lost\n" if defined $sqlstate && $sqlstate =~ $lost;
	my $pause = time - $self->{since};
	$self->{since} += $pause;
	$self->{counts}{calls}++;
	$self->{counts}{longest} = $pause if $pause > $self->{counts}{longest};
	return ($sqlstate, @row);
}

# Issue a token, and judge one of those that it has, or a forged one
sub round
{
	my ($self) = @_;
	$self->issue;
	my $tokens = rand() < 0.3 && @{ $self->{kept} } ? $self->{kept} : $self->{held};
	my $token = rand() < 0.1 ? $self->forged : $tokens->[ rand @$tokens ];
	$self->judge((sort keys %judges)[ rand keys %judges ], $token);
	$self->receive if $self->{webhook} && rand() < 0.2;
	return;
}

sub names { return ("room-$_[0]{number}", "participant-$_[0]{number}") }

# Add to a list of limited length, from which any other may go
sub add
{
	my ($list, $length, $token) = @_;
	splice @$list, rand @$list, 1 if @$list == $length;
	push @$list, $token;
	return;
}

# Issue one that expires soon, or not while the test runs
sub issue
{
	my ($self) = @_;
	my $timeline = $self->{timeline};
	my $since = $timeline->acknowledged;
	my ($sqlstate, $token) =
	  $self->fetch('SELECT videosdk_issue_token(videosdk_participant_payload($1, $2), $3)',
		$self->names, rand() < 0.4 ? '1 second' : '4 hours');
	return $self->wrong("issue: $sqlstate, server $self->{server}") if defined $sqlstate;
	my $secret = $timeline->signer($since, $token);
	return $self->wrong("issue: by no secret of the states $since to " . $timeline->begun . ", server $self->{server}")
	  if !defined $secret;
	print { $self->{report} } "session $self->{server}\n" if $self->{is_new};
	$self->{is_new} = 0;
	my $payload = decode_json(decode_base64url((split /\./, $token)[1]));
	my $held = { token => $token, secret => $secret, issued_at => $payload->{iat}, expires_at => $payload->{exp} };
	add($self->{held}, HELD, $held);
	add($self->{kept}, KEPT, $held) if rand() < 0.02;
	return;
}

# Signed with a secret of nobody
sub forged
{
	my $now = int time;
	my $token = make_token('{"apikey":"' . APIKEY . '","permissions":["allow_join"],"iat":' . $now . ',"exp":' . ($now + 60) . '}',
		Timeline::secret(NO_SECRET));
	return { token => $token, secret => NO_SECRET, issued_at => $now, expires_at => $now + 60 };
}

sub judge
{
	my ($self, $function, $held) = @_;
	my ($sql, $status_of) = @{ $judges{$function} };
	my ($since, $begun_at) = ($self->{timeline}->acknowledged, time);
	my ($sqlstate, @row) = $self->fetch($sql, $held->{token}, $function eq 'check_join' ? $self->names : ());
	my $status = defined $sqlstate ? $sqlstates{$sqlstate} // $sqlstate : $status_of->(@row);
	my $right = $self->{timeline}->statuses($since, $held, $begun_at, time);
	$self->{counts}{"$function: $status"}++;
	$self->wrong("$function: $status, not " . join(' or ', sort keys %$right) . " of a token of secret $held->{secret}, "
		  . "issued at $held->{issued_at}; acknowledged was state $since, begun $#{ $self->{timeline}{states} }, "
		  . "server $self->{server}") if !$right->{$status};
	return;
}

# A webhook, or one whose body was changed
sub receive
{
	my ($self) = @_;
	my ($body, $signature) = @{ $self->{webhook} };
	my $is_changed = rand() < 0.3;
	my ($sqlstate, $event) =
	  $self->fetch(q{SELECT videosdk_validate_webhook($1, $2, 'webhooks')}, $is_changed ? "$body " : $body, $signature);
	my $outcome = $sqlstate // 'event';
	$self->{counts}{"webhook: $outcome"}++;
	$self->wrong("webhook: $outcome") if $outcome ne ($is_changed ? '28V01' : 'event');
	return;
}

1;
