# The sources of attacks that a verifier of HS256 tokens must withstand
package AttackSources;

use strict;
use warnings FATAL => 'all';

use Exporter qw(import);

our @EXPORT_OK = qw(not_applicable sources);

# Sections of RFCs in their order, a weakness by its number, and what was found in other software
sub sources
{
	return (
		(map { "RFC 8725 2.$_" } 1 .. 9),
		(map { "RFC 8725 3.$_" } 1 .. 12),
		(map { "RFC 7515 $_" } qw(2 4 4.1.1 4.1.2 4.1.3 4.1.5 4.1.6 4.1.9 4.1.11 5.2 7.1 7.2 10.7 10.9 10.12 10.13 C E F)),
		(map { "RFC 7797 $_" } qw(5.2 6)),
		(map { "RFC 7518 $_" } qw(3.2 3.6)),
		(map { "RFC 7519 $_" } qw(2 4 4.1.3 4.1.4 4.1.5 4.1.6 5.2 6 7.2 7.3)),
		(map { "RFC 8259 $_" } qw(2 8.1 8.3 9)),
		(map { "RFC 4648 $_" } qw(3.1 3.2 3.3 3.5 5)),
		(map { "CWE-$_" } qw(117 522 636)),
		map { "CVE-$_" } cves());
}

# CVEs, by what they attack
sub cves
{
	return (
		# alg none
		qw(2015-2951 2015-2964 2020-15957 2021-22160 2022-23540 2026-29000),
		# the key of one algorithm used for another
		qw(2015-9235 2016-10555 2017-11424 2022-23539 2022-23541 2022-29217 2023-48223 2024-33663 2026-34950 2026-48526),
		# a key of the attacker's choice, or none
		qw(2018-0114 2019-20933 2022-23529 2025-65945 2026-44699 2026-45363 2026-48524),
		# the signature
		qw(2020-28042 2022-21449 2024-25189),
		# crit
		qw(2025-59420 2026-32597 2026-35042),
		# claims
		qw(2024-53861 2025-30144),
		# cost
		qw(2011-4461 2023-31582 2023-51775 2024-29371));
}

# Sources that cannot be tried, each with the reason
sub not_applicable
{
	return (
		'RFC 8725 2.4' => 'nothing is encrypted',
		'RFC 8725 2.5' => 'there are no elliptic curves',
		'CVE-2022-23529' => 'withdrawn, and a secret is text here, never an object',
		'CVE-2022-23539' => 'there is one kind of key');
}

1;
