/*
 * A small snprintf for the texts of error causes. It supports what upstream uses there: %s, and %d, %u and %x for
 * numbers that aren't negative, with a precision (as in %8.8x, where the width equals it). That of libc, which includes
 * floating point, wide characters and files, takes 9 KB.
 */
#include <stdarg.h>

#include "link.h"

#define DIGITS 16

/* The end of what has been written, and how many bytes still fit. */
struct text {
	char *end;
	size_t room;
};

static void append(struct text *text, const char *part)
{
	for (; *part != '\0' && text->room > 0; text->room--) {
		*text->end++ = *part++;
	}
}

/* Writes a number with at least `least` digits at the end of a buffer. Returns where it begins. */
static const char *digits(char *buffer, uint32_t number, uint32_t base, int least)
{
	char *at = buffer + DIGITS;

	for (*at = '\0'; number > 0 || least > 0; number /= base, least--) {
		*--at = "0123456789abcdef"[number % base];
	}
	return at;
}

/* Skips the characters between % and the letter. Returns the last digit among them, or 1. */
static int precision(const char **format)
{
	int least = 1;

	for (; **format == '.' || (**format >= '0' && **format <= '9'); (*format)++) {
		least = **format == '.' ? 1 : **format - '0';
	}
	return least;
}

void link_snprintf(char *buffer, size_t size, const char *format, ...)
{
	struct text text = {buffer, size - 1};
	char number[DIGITS + 1];
	va_list arguments;

	va_start(arguments, format);
	for (; *format != '\0'; format++) {
		if (*format != '%') {
			append(&text, (char[]){*format, '\0'});
			continue;
		}
		format++;
		int least = precision(&format);

		if (*format == 's') {
			append(&text, va_arg(arguments, const char *));
		} else {
			append(&text, digits(number, va_arg(arguments, uint32_t), *format == 'x' ? 16 : 10, least));
		}
	}
	va_end(arguments);
	*text.end = '\0';
}
