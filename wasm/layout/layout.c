/*
 * Prints one file of src/generated/ to stdout: `layout constants`, `layout errno` or `layout layouts`.
 * Built by emcc (see layout.sh), so that every number is the one that the module is compiled with.
 */
#include "table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- constants --- */

static const struct constant *constant_named(const struct constant *table, const char *name)
{
	for (; table->name != NULL || table->group != NULL; table++)
		if (table->defined && strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

/*
 * If the stack's headers and usrsctp.h differ, the stack's value is right, because it is what the stack compares with.
 */
static const struct constant *agreed_constant(const char *name)
{
	const struct constant *stack = constant_named(stack_constants, name);
	const struct constant *public = constant_named(public_constants, name);
	if (stack != NULL && public != NULL && stack->value != public->value)
		fprintf(stderr, "layout: %s: usrsctp.h says %lld, the stack %lld\n", name, public->value, stack->value);
	return stack != NULL ? stack : public;
}

static void print_constants(void)
{
	const char *group = NULL;
	for (const struct constant *entry = stack_constants; entry->name != NULL || entry->group != NULL; entry++) {
		if (entry->group != NULL) {
			group = entry->group;
			continue;
		}
		const struct constant *constant = agreed_constant(entry->name);
		if (constant == NULL)
			continue;
		if (group != NULL)
			printf("\n// %s\n", group);
		group = NULL;
		printf("export const %s = %lld;\n", constant->name, constant->value);
	}
}

/* --- errno --- */

struct error {
	const char *name;
	int number;
	int is_alias; /* for example EWOULDBLOCK, which is EAGAIN */
};

#define ERRNO(error) {#error, (error), 0},
#define ALIAS(error) {#error, (error), 1},
static struct error errors[] = {
#include "errno.inc"
};
#define ERRORS (sizeof errors / sizeof errors[0])

static int by_number(const void *a, const void *b)
{
	return ((const struct error *)a)->number - ((const struct error *)b)->number;
}

static void print_errno(void)
{
	printf("\nexport const errnoNumbers = {\n");
	for (size_t i = 0; i < ERRORS; i++)
		printf("  %s: %d,\n", errors[i].name, errors[i].number);
	printf("} as const;\n");

	qsort(errors, ERRORS, sizeof errors[0], by_number);
	printf("\n/** Where two names share a number, the one that isn't an alias. */\n");
	printf("export const errnoNames: Readonly<Record<number, string>> = {\n");
	for (size_t i = 0; i < ERRORS; i++)
		if (!errors[i].is_alias)
			printf("  %d: '%s',\n", errors[i].number, errors[i].name);
	printf("};\n");
}

/* --- layouts --- */

static const struct layout *struct_named(const struct layout *table, const char *name)
{
	for (; table->name != NULL || table->field != NULL; table++)
		if (table->field == NULL && strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

/* The same rule as for constants. In 0.9.5.0 usrsctp.h is wrong about sctp_pdapi_event and sctp_authchunks. */
static const struct layout *agreed_struct(const char *name)
{
	const struct layout *stack = struct_named(stack_layouts, name);
	const struct layout *layout = stack != NULL ? stack : struct_named(public_layouts, name);
	if (layout != NULL)
		return layout;
	fprintf(stderr, "layout: struct %s is nested in another one, but not known\n", name);
	exit(1);
}

static void print_line(int indent, const char *format, ...)
{
	va_list values;
	va_start(values, format);
	printf("%*s", indent, "");
	vprintf(format, values);
	printf("\n");
	va_end(values);
}

static void print_members(const struct layout *layout, int indent);

static void print_field(const struct layout *field, int indent)
{
	if (strcmp(field->type, "struct") == 0) {
		print_line(indent, "%s: {", field->field);
		print_line(indent + 2, "offset: %zu,", field->offset);
		print_line(indent + 2, "type: 'struct',");
		print_members(agreed_struct(field->name), indent + 2);
		print_line(indent, "},");
	} else if (strcmp(field->type, "bytes") == 0) {
		const char *format = "%s: { offset: %zu, type: 'bytes', length: %zu },";
		print_line(indent, format, field->field, field->offset, field->size);
	} else {
		print_line(indent, "%s: { offset: %zu, type: '%s' },", field->field, field->offset, field->type);
	}
}

static void print_members(const struct layout *layout, int indent)
{
	print_line(indent, "name: '%s',", layout->name);
	print_line(indent, "size: %zu,", layout->size);
	print_line(indent, "fields: {");
	for (const struct layout *field = layout + 1; field->field != NULL; field++)
		print_field(field, indent + 2);
	print_line(indent, "},");
}

static void print_struct(const struct layout *layout)
{
	printf("\nexport const %s = {\n", layout->name);
	print_members(layout, 2);
	printf("} as const;\n");
}

static void print_layouts(void)
{
	printf("//\n// Bytes of length 0 are flexible arrays: they end with the data.\n");
	for (const struct layout *entry = stack_layouts; entry->name != NULL || entry->field != NULL; entry++)
		if (entry->field == NULL)
			print_struct(entry);
	for (const struct layout *entry = public_layouts; entry->name != NULL || entry->field != NULL; entry++)
		if (entry->field == NULL && struct_named(stack_layouts, entry->name) == NULL)
			print_struct(entry);
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";
	printf("// Generated by wasm/layout/layout.c: don't edit.\n");
	if (strcmp(what, "constants") == 0)
		print_constants();
	else if (strcmp(what, "errno") == 0)
		print_errno();
	else if (strcmp(what, "layouts") == 0)
		print_layouts();
	else
		return 2;
	return 0;
}
