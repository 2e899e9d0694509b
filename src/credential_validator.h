/*
 * credential_validator.h: which options a foreign server and its user mapping may have
 */
#ifndef CREDENTIAL_VALIDATOR_H
#define CREDENTIAL_VALIDATOR_H

extern void require_valid_options(Datum datum, Oid catalog,
								  bool allow_unknown_values);

#endif							/* CREDENTIAL_VALIDATOR_H */
