#include "gateway/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "gateway/clock.h"
#include "mapping/buffer.h"

enum { VALUE_MAX = 512, LINE_MAX_BYTES = 8192 };

/* Process-wide, set once by main.c before any thread runs. */
static struct {
    bool json;
    enum log_level lowest;
    const char *process;
} settings = {.lowest = LOG_INFO, .process = "drawbridge"};

static const char *const level_names[] = {"debug", "info", "warning", "error"};

void log_configure(bool json, enum log_level lowest, const char *process)
{
    settings.json = json;
    settings.lowest = lowest;
    settings.process = process;
}

static void add_clean(struct buffer *line, const char *value)
{
    size_t length = strnlen(value, VALUE_MAX);
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)value[i];
        if (byte == '"' || byte == '\\') {
            buffer_add_char(line, '\\');
            buffer_add_char(line, (char)byte);
        } else if (byte < 0x20 || byte == 0x7f) {
            buffer_add_char(line, ' ');
        } else {
            buffer_add_char(line, (char)byte);
        }
    }
    /* A cut inside a character would make the JSON line invalid. */
    while (value[length] && line->length && (line->bytes[line->length - 1] & 0xc0) == 0x80)
        line->bytes[--line->length] = '\0';
    if (value[length] && line->length && (line->bytes[line->length - 1] & 0x80))
        line->bytes[--line->length] = '\0';
}

static void add_pair(struct buffer *line, const char *name, const char *value)
{
    if (!value)
        return;
    if (settings.json) {
        buffer_format(line, ",\"%s\":\"", name);
        add_clean(line, value);
        buffer_add_char(line, '"');
        return;
    }
    bool quoted = !value[0] || strpbrk(value, " \"=") != NULL;
    buffer_format(line, " %s=%s", name, quoted ? "\"" : "");
    add_clean(line, value);
    if (quoted)
        buffer_add_char(line, '"');
}

static void begin_line(struct buffer *line, enum log_level level, const char *what)
{
    char now[32];
    int64_t now_ms = clock_now_ms();
    time_t seconds = (time_t)(now_ms / 1000);
    struct tm parts;
    (void)gmtime_r(&seconds, &parts);
    size_t length = strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%S", &parts);
    (void)snprintf(now + length, sizeof now - length, ".%03dZ", (int)(now_ms % 1000));
    buffer_init(line, LINE_MAX_BYTES);
    if (settings.json)
        buffer_format(line, "{\"time\":\"%s\",\"level\":\"%s\",\"process\":\"%s\",\"pid\":%d,\"what\":\"%s\"",
                      now, level_names[level], settings.process, (int)getpid(), what);
    else
        buffer_format(line, "%s %-7s %s[%d] %s", now, level_names[level], settings.process, (int)getpid(),
                      what);
}

static void end_line(struct buffer *line, va_list pairs)
{
    for (const char *name = va_arg(pairs, const char *); name; name = va_arg(pairs, const char *))
        add_pair(line, name, va_arg(pairs, const char *));
    buffer_add_string(line, settings.json ? "}\n" : "\n");
    /* One write, so that lines of several processes do not mix. Nobody can be told when stderr is gone. */
    if (line->bytes && write(STDERR_FILENO, line->bytes, line->length) < 0) {
    }
    buffer_clear(line);
}

void log_write(enum log_level level, const char *what, ...)
{
    if (level < settings.lowest)
        return;
    struct buffer line;
    begin_line(&line, level, what);
    va_list pairs;
    va_start(pairs, what);
    end_line(&line, pairs);
    va_end(pairs);
}

void log_number(enum log_level level, const char *what, const char *number_name, int64_t number, ...)
{
    if (level < settings.lowest)
        return;
    struct buffer line;
    begin_line(&line, level, what);
    buffer_format(&line, settings.json ? ",\"%s\":%lld" : " %s=%lld", number_name, (long long)number);
    va_list pairs;
    va_start(pairs, number);
    end_line(&line, pairs);
    va_end(pairs);
}

void trace_new(char out[TRACE_LENGTH + 1])
{
    unsigned char bits[TRACE_LENGTH / 2];
    if (getrandom(bits, sizeof bits, 0) != (ssize_t)sizeof bits)
        abort();
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < TRACE_LENGTH; i++)
        out[i] = digits[i % 2 ? bits[i / 2] & 15 : bits[i / 2] >> 4];
    out[TRACE_LENGTH] = '\0';
}
