/*
 * json_limits.c: any text; if it is JSON, PostgreSQL's parser says what limits
 * it breaks
 */
#include "fuzz.h"

#include "bytes/json_limits.h"
#include "json_oracle.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *text = copy_with_nul(data, size);
	size_t		length = strlen(text);
	JsonLimitsStatus status = json_limits_status(text);
	JsonFacts	facts = json_facts(text, length);

	if (facts.is_json)
		REQUIRE(status == facts.limits);
	free(text);
	return 0;
}
