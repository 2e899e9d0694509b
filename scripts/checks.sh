# To be sourced: count checks, and end with "N passed, N failed".  Some checks are here, too.

passed=0
failed=0

# check NAME COMMAND...: what the command prints is shown if it fails
check()
{
	local name=$1 output
	output=$(mktemp)
	shift
	if "$@" >"$output" 2>&1; then
		echo "ok - $name"
		passed=$((passed + 1))
	else
		cat "$output"
		echo "not ok - $name"
		failed=$((failed + 1))
	fi
	rm "$output"
}

# add_counts COMMAND...: the last "N passed, N failed" of what it prints, and at least one failure if it fails
add_counts()
{
	local output status=0 counts more_passed more_failed
	output=$(mktemp)
	"$@" 2>&1 | tee "$output" || status=$?
	counts=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$output" | tail -n 1)
	read -r more_passed more_failed <<<"${counts:-0 1}"
	if [ "$status" -ne 0 ] && [ "$more_failed" -eq 0 ]; then
		more_failed=1
	fi
	passed=$((passed + more_passed))
	failed=$((failed + more_failed))
	rm "$output"
}

# The regression tests, and if they fail, what they and the server of the sandbox say
regression_tests()
{
	make -s installcheck && return
	cat regression.diffs
	tail -n 40 "$VIDEOSDK_TOKEN_SANDBOX/server.log"
	return 1
}

end_of_checks()
{
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}
