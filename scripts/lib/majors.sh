# shellcheck shell=bash
# To be sourced, in the tree: what scripts/lib/majors says.

# majors all, majors package: on one line, all or those with a package
majors()
{
	awk -v kind="$1" '/^[0-9]/ && (kind == "all" || $3 == kind) { printf "%s ", $1 }' scripts/lib/majors
}

oldest_major()
{
	majors all | cut -d ' ' -f 1
}

# The release that has PostgreSQL $1; fails if there is none
release_of()
{
	awk -v major="$1" '$1 == major { print $2; found = 1 } END { exit !found }' scripts/lib/majors
}

# The PostgreSQL of release $1
major_of()
{
	awk -v release="$1" '$2 == release { print $1 }' scripts/lib/majors
}

# The PostgreSQL of Debian's stable release
stable_major()
{
	awk '/^[0-9]/ && $4 == "stable" { print $1 }' scripts/lib/majors
}
