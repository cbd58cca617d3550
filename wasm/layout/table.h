/*
 * The tables that layout.c prints. table.c fills them twice, because usrsctp.h and the stack's own headers can't be
 * included together.
 */
#ifndef LAYOUT_TABLE_H
#define LAYOUT_TABLE_H

#include <stddef.h>

/* A constant, a name that these headers don't define (`defined` is 0), or the title of the group that follows. */
struct constant {
	const char *name;
	const char *group;
	int defined;
	long long value;
};

/* A struct (`field` is NULL), or one field of the struct above it. */
struct layout {
	const char *name; /* of the struct; of the nested struct where `type` is "struct" */
	const char *field;
	const char *type;
	size_t offset;
	size_t size;
};

/* Each table ends with an entry of zeros. */
extern const struct constant stack_constants[], public_constants[];
extern const struct layout stack_layouts[], public_layouts[];

#endif
