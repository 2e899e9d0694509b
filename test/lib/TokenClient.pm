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
use Time::HiRes qw(time usleep);
use Timeline;
use TokenMaker qw(make_token);

use constant {
	HELD => 30,
	NO_SECRET => 1_000_000,    # the number of one that no state has
};

# What a lost session, or a server that stops or starts, says
my $lost = qr/^(57P0[123]|08\w{3}|53300)$/;

# The functions that judge a token: SQL, and the status that an outcome stands for
my %sqlstates = ('28V01' => 'bad_signature', '28V05' => 'revoked');
my %judges = (
	validate => [ 'SELECT videosdk_validate_token($1) ->> \'apikey\'', sub { $_[0] // ($_[1] eq APIKEY ? 'valid' : 'another apikey') } ],
	check => [ 'SELECT status FROM videosdk_check_token($1)', sub { $_[0] // $_[1] } ],
	check_join => [
		'SELECT allowed, code, detail ~ \'revoked\' FROM videosdk_check_join($1, $2, $3)',
		sub { $_[0] // ($_[1] eq 't' ? 'valid' : $_[2] ne '4002' ? "code $_[2]" : $_[3] eq 't' ? 'revoked' : 'bad_signature') }
	]);

# run(CLUSTER, USER, NUMBER, TIMELINE'S FILE, REPORT'S FILE, PAUSE): until TERM comes, with so many seconds between two rounds.  The
# report has a line for each outcome that is wrong, a line for each session when it has issued ("session", the port of its
# PostgreSQL, the secret), and at the end the counts, as JSON.
sub run
{
	my ($node, $user, $number, $timeline, $report, $pause) = @_;
	my %counts = map { $_ => 0 } qw(calls lost refused wrong longest);
	open my $file, '>', $report or die "$report: $!";
	$file->autoflush(1);
	srand $number;
	my $self = bless {
		node => $node, user => $user, number => $number, timeline => Timeline->new($timeline), report => $file, held => [],
		counts => \%counts, since => time
	}, __PACKAGE__;
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
		usleep(1_000_000 * $pause * (0.5 + rand));
	}
	print $file encode_json(\%counts), "\n";
	return;
}

sub wrong
{
	my ($self, $what) = @_;
	$self->{counts}{wrong}++;
	print { $self->{report} } 'wrong ', $what =~ s/\n/ /gr, "\n";
	return;
}

# A session with a PostgreSQL that leads, as libpq's target_session_attrs=primary asks for
sub connect
{
	my ($self) = @_;
	my $session = Protocol->new($self->{node}, 'postgres', $self->{user});
	my ($sqlstate, $is_standby, $port) = $session->fetch(q{SELECT pg_is_in_recovery(), current_setting('port')});
	die "no leader\n" if defined $sqlstate || $is_standby ne 'f';
	@$self{qw(session server is_new)} = ($session, $port, 1);
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

# Issue a token, and judge one of those that are held, or a forged one
sub round
{
	my ($self) = @_;
	$self->issue;
	my $token = rand() < 0.1 ? $self->forged : $self->{held}[ rand @{ $self->{held} } ];
	$self->judge((sort keys %judges)[ rand keys %judges ], $token);
	return;
}

sub names { return ("room-$_[0]{number}", "participant-$_[0]{number}") }

sub issue
{
	my ($self) = @_;
	my $timeline = $self->{timeline};
	my $since = $timeline->acknowledged;
	my ($sqlstate, $token) =
	  $self->fetch('SELECT videosdk_issue_token(videosdk_participant_payload($1, $2), \'1 hour\')', $self->names);
	return $self->wrong("issue: $sqlstate") if defined $sqlstate;
	my $secret = $timeline->signer($since, $token);
	return $self->wrong("issue: by no secret of the states $since to " . $timeline->begun) if !defined $secret;
	print { $self->{report} } "session $self->{server} $secret\n" if $self->{is_new};
	$self->{is_new} = 0;
	my $payload = decode_json(decode_base64url((split /\./, $token)[1]));
	push @{ $self->{held} }, { token => $token, secret => $secret, issued_at => $payload->{iat} };
	splice @{ $self->{held} }, rand @{ $self->{held} }, 1 if @{ $self->{held} } > HELD;    # some live long
	return;
}

# Signed with a secret of nobody
sub forged
{
	my ($self) = @_;
	my $now = int time;
	my $token = make_token('{"apikey":"' . APIKEY . '","permissions":["allow_join"],"iat":' . $now . ',"exp":' . ($now + 60) . '}',
		Timeline::secret(NO_SECRET));
	return { token => $token, secret => NO_SECRET, issued_at => $now };
}

sub judge
{
	my ($self, $function, $held) = @_;
	my ($sql, $status_of) = @{ $judges{$function} };
	my $since = $self->{timeline}->acknowledged;
	my ($sqlstate, @row) = $self->fetch($sql, $held->{token}, $function eq 'check_join' ? $self->names : ());
	my $status = $status_of->(defined $sqlstate ? $sqlstates{$sqlstate} // $sqlstate : undef, @row);
	my $right = $self->{timeline}->statuses($since, @$held{qw(secret issued_at)});
	$self->{counts}{"$function: $status"}++;
	$self->wrong("$function: $status, not " . join(' or ', sort keys %$right) . " of a token of secret $held->{secret}, "
		  . "issued at $held->{issued_at}; acknowledged was state $since, begun $#{ $self->{timeline}{states} }, "
		  . "server $self->{server}") if !$right->{$status};
	return;
}

1;
