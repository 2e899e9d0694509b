/*
 * jsonb_walk.h: walk over the members of an object or the elements of an array
 *
 * PostgreSQL's JsonbIterator allocates memory for each container and reports
 * its beginning and end; for objects as small as a payload, that takes longer
 * than the work on their members.  This reads the same format, which stands on
 * disk and is described in utils/jsonb.h: an object has its keys first, then
 * its values, each in the order of the keys.
 */
#ifndef JSONB_WALK_H
#define JSONB_WALK_H

#include "utils/jsonb.h"

/* The next entry of a container, and where its data start */
typedef struct JsonbEntry
{
	const JEntry *entry;
	uint32		offset;
} JsonbEntry;

/* What is left of a walk */
typedef struct JsonbWalk
{
	char	   *data;
	int			left;			/* members or elements */
	JsonbEntry	key;			/* or element */
	JsonbEntry	value;			/* of a member */
} JsonbWalk;

/* Start before the first member or element */
static inline void
jsonb_walk_start(JsonbWalk *walk, JsonbContainer *container)
{
	int			count = JsonContainerSize(container);

	walk->left = count;
	walk->key.entry = container->children;
	walk->key.offset = 0;
	walk->value = walk->key;
	if (JsonContainerIsObject(container))
	{
		for (int i = 0; i < count; i++)
			JBE_ADVANCE_OFFSET(walk->value.offset, *walk->value.entry++);
	}
	walk->data = (char *) (walk->value.entry + count);
}

/* Read an entry that is a string, as all keys are */
static inline void
jsonb_walk_read_string(const JsonbWalk *walk, JsonbEntry *next,
					   JsonbValue *value)
{
	uint32		start = next->offset;

	JBE_ADVANCE_OFFSET(next->offset, *next->entry++);
	value->type = jbvString;
	value->val.string.val = walk->data + start;
	value->val.string.len = next->offset - start;
}

/* Read an entry */
static inline void
jsonb_walk_read(const JsonbWalk *walk, JsonbEntry *next, JsonbValue *value)
{
	JEntry		entry = *next->entry;
	char	   *aligned = walk->data + INTALIGN(next->offset);

	if (JBE_ISSTRING(entry))
	{
		jsonb_walk_read_string(walk, next, value);
		return;
	}

	next->entry++;
	JBE_ADVANCE_OFFSET(next->offset, entry);
	if (JBE_ISNUMERIC(entry))
	{
		value->type = jbvNumeric;
		value->val.numeric = (Numeric) aligned;
	}
	else if (JBE_ISBOOL(entry))
	{
		value->type = jbvBool;
		value->val.boolean = JBE_ISBOOL_TRUE(entry);
	}
	else if (JBE_ISNULL(entry))
		value->type = jbvNull;
	else
	{
		Assert(JBE_ISCONTAINER(entry));
		value->type = jbvBinary;
		value->val.binary.data = (JsonbContainer *) aligned;
		value->val.binary.len = walk->data + next->offset - aligned;
	}
}

/* Read the key of the next member of an object; false after the last */
static inline bool
jsonb_walk_key(JsonbWalk *walk, JsonbValue *key)
{
	if (walk->left == 0)
		return false;
	walk->left--;
	jsonb_walk_read_string(walk, &walk->key, key);
	return true;
}

/* Read the value of the member whose key was read last; once after each key */
static inline void
jsonb_walk_value(JsonbWalk *walk, JsonbValue *value)
{
	jsonb_walk_read(walk, &walk->value, value);
}

/* Read the next element of an array; false after the last */
static inline bool
jsonb_walk_element(JsonbWalk *walk, JsonbValue *element)
{
	if (walk->left == 0)
		return false;
	walk->left--;
	jsonb_walk_read(walk, &walk->key, element);
	return true;
}

/* True if all elements of an array are strings */
static inline bool
jsonb_has_strings_only(const JsonbContainer *array)
{
	int			count = JsonContainerSize(array);

	for (int i = 0; i < count; i++)
	{
		if (!JBE_ISSTRING(array->children[i]))
			return false;
	}
	return true;
}

/*
 * Compare these bytes with a key as jsonb orders keys, by length and then by
 * bytes; returns less than, equal to or greater than zero
 */
static inline int
jsonb_compare_to_key(const char *bytes, int length, const JsonbValue *key)
{
	if (length != key->val.string.len)
		return length < key->val.string.len ? -1 : 1;
	return memcmp(bytes, key->val.string.val, length);
}

/* True if a value is a string of these bytes */
static inline bool
jsonb_is_string(const JsonbValue *value, const char *bytes, int length)
{
	return value->type == jbvString && value->val.string.len == length &&
		memcmp(value->val.string.val, bytes, length) == 0;
}

#endif							/* JSONB_WALK_H */
