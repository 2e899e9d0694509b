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
