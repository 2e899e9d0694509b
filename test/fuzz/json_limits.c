/*
 * json_limits.c: any text; if it is JSON, PostgreSQL's parser says what limits
 * it breaks and how many members it has
 */
#include "fuzz.h"

#include "json_limits.h"
#include "json_oracle.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *text = copy_with_nul(data, size);
	size_t		length = strlen(text);
	int			commas;
	JsonLimitsStatus status = json_limits_check(text, &commas);
	JsonFacts	facts = json_facts(text, length);

	REQUIRE(commas >= 0 && (size_t) commas <= length);
	if (facts.is_json)
	{
		REQUIRE(status == facts.limits);
		if (status == JSON_WITHIN_LIMITS)
			REQUIRE(commas == (facts.members > 0 ? facts.members - 1 : 0));
	}
	free(text);
	return 0;
}
