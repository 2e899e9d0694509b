/*
 * soft_input.h: PostgreSQL's input functions, called without raising
 */
#ifndef SOFT_INPUT_H
#define SOFT_INPUT_H

#include "fmgr.h"

extern int	soft_input(PGFunction function, char *text, Datum *result);

#endif							/* SOFT_INPUT_H */
