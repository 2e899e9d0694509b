# shellcheck shell=bash
# To be sourced, in the tree, by what makes a file of the commit that is checked out: the same commit gives the same bytes.

fail()
{
	echo "${0##*/}: $1" >&2
	exit 1
}

# Changed, or new and not ignored
warn_of_uncommitted()
{
	local changes
	changes=$(git status --porcelain)
	[ -z "$changes" ] || printf '%s: left out, because it is not committed:\n%s\n' "${0##*/}" "$changes" >&2
}

# Ends the script where there is no commit.  A .git further up is another project's.
need_commit()
{
	[ -e .git ] || fail "not a git checkout: $1 is made from a commit"
	scripts/lib/packages dist
	git rev-parse --quiet --verify HEAD >/dev/null || fail "there is no commit to make $1 from"
	warn_of_uncommitted
}

# What the commit's META.json has under a key
committed_meta()
{
	git show HEAD:META.json |
		perl -MJSON::PP -0777 -e 'print decode_json(<STDIN>)->{$ARGV[0]} // die "META.json has no $ARGV[0]\n"' "$1"
}

# git archive of the commit.  A zip has local times.  No setting of a user may turn line ends or add attributes.
archive()
{
	TZ=UTC git -c core.autocrlf=false -c core.attributesFile=/dev/null archive "$@" HEAD
}
