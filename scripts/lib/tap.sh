# shellcheck shell=bash
# To be sourced by a test, in the tree: checks that speak TAP, so that prove counts them.

tap_tests=0
tap_failures=0

# check NAME COMMAND...: a test that passes if the command succeeds; what the command prints is shown if it fails
check()
{
	local name=$1 output
	output=$(mktemp)
	shift
	tap_tests=$((tap_tests + 1))
	if "$@" >"$output" 2>&1; then
		echo "ok $tap_tests - $name"
	else
		tap_failures=$((tap_failures + 1))
		sed 's/^/# /' "$output"
		echo "not ok $tap_tests - $name"
	fi
	rm "$output"
}

# subtest NAME COMMAND...: a test that passes if the command succeeds and prints no "not ok"; what it prints is shown as it comes
subtest()
{
	local name=$1
	shift
	echo "# Subtest: $name"
	tap_tests=$((tap_tests + 1))
	if "$@" 2>&1 | perl -pe 'BEGIN { $| = 1 } $failed = 1 if /^not ok/; s/^/    /; END { $? = $failed // 0 }'; then
		echo "ok $tap_tests - $name"
	else
		tap_failures=$((tap_failures + 1))
		echo "not ok $tap_tests - $name"
	fi
}

# The plan, at the end; fails if a check has failed, or there was none
done_testing()
{
	[ "$tap_tests" -gt 0 ] || check "there is a test" false
	echo "1..$tap_tests"
	[ "$tap_failures" -eq 0 ]
}

# number NAME DEFAULT: print the variable NAME of the environment, or DEFAULT; exits if it is no positive number
number()
{
	local value=${!1:-$2}
	if [[ ! $value =~ ^[1-9][0-9]{0,9}$ ]]; then
		echo "$1 must be a positive number" >&2
		exit 2
	fi
	echo "$value"
}

# in_sandbox [--no-server] GROUP...: go on in a sandbox, where the script is started again; the groups of packages are
# installed first
in_sandbox()
{
	local options=()
	[ -z "${VIDEOSDK_TOKEN_SANDBOX:-}" ] || return 0
	if [ "$1" = --no-server ]; then
		options=("$1")
		shift
	fi
	scripts/lib/packages "$@"
	exec scripts/lib/sandbox "${options[@]}" "scripts/${0##*/}"
}

# sign_webhook BODY: make a key; set public_key to its PEM, and signature to that of the body
# shellcheck disable=SC2034
sign_webhook()
{
	local key
	key=$(openssl genrsa 2048 2>/dev/null)
	public_key=$(openssl pkey -pubout <<<"$key")
	signature=$(printf '%s' "$1" | openssl dgst -sha256 -sign <(echo "$key") | openssl base64 -A)
}
