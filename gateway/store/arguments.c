#include "gateway/store/arguments.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mapping/buffer.h"

enum { ARGUMENTS_MAX = 4 << 20, HEAD_MAX = 32 };

struct arguments {
    struct buffer wire; /* "$LENGTH\r\nBYTES\r\n" for each */
    size_t count;
};

struct arguments *arguments_new(void)
{
    struct arguments *arguments = calloc(1, sizeof *arguments);
    if (!arguments)
        abort();
    buffer_init(&arguments->wire, ARGUMENTS_MAX);
    return arguments;
}

void arguments_free(struct arguments *arguments)
{
    if (!arguments)
        return;
    buffer_clear(&arguments->wire);
    free(arguments);
}

void arguments_bytes(struct arguments *arguments, const void *bytes, size_t length)
{
    buffer_format(&arguments->wire, "$%zu\r\n", length);
    if (length)
        buffer_add(&arguments->wire, bytes, length);
    buffer_add(&arguments->wire, "\r\n", 2);
    arguments->count++;
}

void arguments_text(struct arguments *arguments, const char *text)
{
    arguments_bytes(arguments, text, text ? strlen(text) : 0);
}

void arguments_number(struct arguments *arguments, int64_t number)
{
    arguments_format(arguments, "%" PRId64, number);
}

void arguments_append(struct arguments *arguments, const struct arguments *more)
{
    if (more->wire.length)
        buffer_add(&arguments->wire, more->wire.bytes, more->wire.length);
    arguments->wire.failed = arguments->wire.failed || more->wire.failed;
    arguments->count += more->count;
}

void arguments_format(struct arguments *arguments, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    char *text = NULL;
    int length = vasprintf(&text, format, list);
    va_end(list);
    if (length < 0)
        abort();
    arguments_bytes(arguments, text, (size_t)length);
    free(text);
}

bool arguments_failed(const struct arguments *arguments)
{
    return arguments->wire.failed;
}

char *arguments_wire(const struct arguments *arguments, const char *const *words, size_t *length)
{
    size_t count = 0;
    size_t size = HEAD_MAX + arguments->wire.length;
    for (; words[count]; count++)
        size += HEAD_MAX + strlen(words[count]);
    char *wire = malloc(size);
    if (!wire)
        abort();
    size_t used = (size_t)snprintf(wire, size, "*%zu\r\n", count + arguments->count);
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(wire + used, size - used, "$%zu\r\n%s\r\n", strlen(words[i]), words[i]);
    if (arguments->wire.length)
        memcpy(wire + used, arguments->wire.bytes, arguments->wire.length);
    *length = used + arguments->wire.length;
    return wire;
}

void arguments_name(const struct arguments *arguments, char *out, size_t size)
{
    const char *text = strchr(buffer_text(&arguments->wire), '\n');
    (void)snprintf(out, size, "%.*s", text ? (int)strcspn(text + 1, "\r\n") : 0, text ? text + 1 : "");
}
