# shellcheck shell=bash
# To be sourced by a script whose results stand in a table of a page, in the tree.

# row_of FILE COMMAND...: run a command; if it succeeds, add to the file a row of the columns that it prints by scripts/lib/columns, and
# of how many tests passed, as prove counts them each time
row_of()
{
	local log status=0
	log=$(mktemp)
	"${@:2}" 2>&1 | tee "$log" || status=$?
	if [ "$status" -eq 0 ]; then
		sed -n 's/^columns: //p; s/^\([0-9]*\) passed, 0 failed$/\1/p' "$log" | paste -sd '|' |
			sed 's/ *| */ | /g; s/.*/| & |/' >>"$1"
	fi
	rm "$log"
	return "$status"
}

# write_table PAGE GOAL HEADING... <ROWS: replace what stands in the page between the comments "GOAL writes what follows" and "as far
# as here" by rows below their headings
write_table()
{
	{
		printf '| %s ' "${@:3}"
		printf '|\n'
		printf '|---%.0s' "${@:3}"
		printf '|\n'
		cat
	} | write_into "$1" "$2"
}

# write_into PAGE GOAL <TEXT: the same with any text
write_into()
{
	local text
	text=$(mktemp)
	cat >"$text"
	sed -i -e "/^<!-- $2 writes what follows -->\$/,/^<!-- as far as here -->\$/ {
		//!d
		/^<!-- make/r $text
	}" "$1"
	rm "$text"
}
