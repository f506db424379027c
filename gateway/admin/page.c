#include "gateway/admin/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gateway/admin/show.h"
#include "mapping/model.h"

enum { LINK_SHOWN = 48, WORD_LONG = 14 }; /* bytes */

void page_text(struct buffer *page, const char *text)
{
    static const struct {
        char letter;
        const char *written;
    } escapes[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    for (; text && *text; text++) {
        const char *written = NULL;
        for (size_t i = 0; !written && i < sizeof escapes / sizeof escapes[0]; i++)
            if (escapes[i].letter == *text)
                written = escapes[i].written;
        if (written)
            buffer_add_string(page, written);
        else
            buffer_add_char(page, *text);
    }
}

void page_format(struct buffer *page, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    for (; *format; format++) {
        if (*format != '%') {
            buffer_add_char(page, *format);
            continue;
        }
        format++;
        if (*format == 's')
            page_text(page, va_arg(arguments, const char *));
        else
            buffer_add_char(page, '%');
    }
    va_end(arguments);
}

/* Where the member's own name would say little to people. */
static const char *title_of(const char *name)
{
    static const struct {
        const char *name, *title;
    } titles[] = {{"actor", "Profile"},
                  {"url", "Link"},
                  {"words", "Details"},
                  {"act", "What"},
                  {"native", "Id on the platform"},
                  {"followed", "You follow"},
                  {"last_accepted", "Last delivery"},
                  {"open_deletes", "Deletes without an answer"},
                  {"hold_seconds", "Seconds before a post leaves"},
                  {"authorized_fetch", "Only signed reads"},
                  {"home_marker", "Stays home with"},
                  {"retention_days", "Days that replies are kept"},
                  {"requests", "Ask to follow"},
                  {"held_replies", "Replies that wait"}};
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        if (strcmp(titles[i].name, name) == 0)
            return titles[i].title;
    return NULL;
}

void page_name(struct buffer *page, const char *name)
{
    const char *title = title_of(name);
    if (title) {
        page_text(page, title);
        return;
    }
    for (const char *at = name; *at; at++) {
        char letter = (char)(*at == '_' ? ' ' : *at);
        if (at == name && letter >= 'a' && letter <= 'z')
            letter = (char)(letter - 32);
        buffer_add_char(page, letter);
    }
}

bool page_is_long(const json_t *value)
{
    const char *text = json_string_value(value);
    while (text && *text) {
        size_t length = strcspn(text, " ");
        if (length > WORD_LONG)
            return true;
        text += length + strspn(text + length, " ");
    }
    size_t index;
    const json_t *item;
    json_array_foreach(value, index, item) if (page_is_long(item)) return true;
    return json_is_object(value);
}

/* Handles and addresses break before their parts, not in the middle of a word. */
static void put_breakable(struct buffer *page, const char *text)
{
    char letter[2] = "";
    for (const char *at = text; *at; at++) {
        if (at > text && at[1] > ' ' && (*at == '@' || (*at == '.' && at[-1] > ' ')))
            buffer_add_string(page, "<wbr>");
        letter[0] = *at;
        page_text(page, letter);
        if (*at == '/' && at[1] && at[1] != '/')
            buffer_add_string(page, "<wbr>");
    }
}

/* The address without its scheme, shortened where it is long. */
static void put_link(struct buffer *page, const char *address)
{
    char shown[LINK_SHOWN + 1];
    const char *rest = strstr(address, "://") + 3;
    size_t length = strlen(rest);
    if (length > LINK_SHOWN)
        for (length = LINK_SHOWN; length && (rest[length] & 0xc0) == 0x80;)
            length--; /* on a character's border */
    (void)snprintf(shown, sizeof shown, "%.*s", (int)length, rest);
    page_format(page, "<a rel=\"noopener noreferrer nofollow\" href=\"%s\">", address);
    put_breakable(page, shown);
    buffer_add_string(page, rest[length] ? "…</a>" : "</a>");
}

static void put_members(struct buffer *page, const json_t *object)
{
    const char *name;
    json_t *value;
    size_t said = 0;
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        buffer_add_string(page, said++ ? ", " : "");
        page_format(page, "%s: ", name);
        page_value(page, name, value);
    }
}

static void put_items(struct buffer *page, const json_t *array)
{
    size_t index;
    json_t *value;
    json_array_foreach((json_t *)(uintptr_t)array, index, value)
    {
        buffer_add_string(page, index ? "<br>" : "");
        page_value(page, "", value);
    }
}

void page_value(struct buffer *page, const char *name, const json_t *value)
{
    char text[TIME_TEXT_MAX];
    if ((json_is_integer(value) || json_is_real(value)) && show_is_time(name)) {
        time_format((int64_t)json_number_value(value), text);
        buffer_format(page, "<time datetime=\"%s\">%.10s %.5s UTC</time>", text, text, text + 11);
    } else if (json_is_integer(value)) {
        (void)snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
        page_text(page, text);
    } else if (json_is_boolean(value)) {
        page_text(page, json_is_true(value) ? "yes" : "no");
    } else if (json_is_array(value)) {
        put_items(page, value);
    } else if (json_is_object(value)) {
        put_members(page, value);
    } else if (json_is_string(value)) {
        const char *string = json_string_value(value);
        bool link = strncmp(string, "https://", 8) == 0 || strncmp(string, "http://", 7) == 0;
        if (link)
            put_link(page, string);
        else
            put_breakable(page, string);
    } else {
        page_text(page, "–");
    }
}
