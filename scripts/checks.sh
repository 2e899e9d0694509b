# To be sourced: count checks, and end with "N passed, N failed".

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

end_of_checks()
{
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}
