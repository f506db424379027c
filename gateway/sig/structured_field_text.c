/* The way back: canonical text of what was parsed (RFC 9651 §4.1). */
#include <inttypes.h>
#include <string.h>

#include "gateway/sig/base64.h"
#include "gateway/sig/structured_field.h"
#include "mapping/buffer.h"

/* A display string's bytes become three characters each. */
enum { CANONICAL_MAX = 3 * FIELD_TEXT_MAX };

static const char *finish(struct arena *arena, struct buffer *out)
{
    const char *text = out->failed ? NULL : arena_copy(arena, buffer_text(out), out->length);
    buffer_clear(out);
    return text;
}

static void write_decimal(struct buffer *out, int64_t thousandths)
{
    int64_t size = thousandths < 0 ? -thousandths : thousandths;
    char fraction[4] = {(char)('0' + size / 100 % 10), (char)('0' + size / 10 % 10), (char)('0' + size % 10)};
    for (int i = 2; i > 0 && fraction[i] == '0'; i--)
        fraction[i] = '\0';
    buffer_format(out, "%s%" PRId64 ".%s", thousandths < 0 ? "-" : "", size / 1000, fraction);
}

static void write_string(struct buffer *out, const struct field_value *value)
{
    buffer_add_string(out, "\"");
    for (size_t i = 0; i < value->length; i++) {
        if (value->text[i] == '"' || value->text[i] == '\\')
            buffer_add_string(out, "\\");
        buffer_add_char(out, value->text[i]);
    }
    buffer_add_string(out, "\"");
}

static void write_display(struct buffer *out, const struct field_value *value)
{
    buffer_add_string(out, "%\"");
    for (size_t i = 0; i < value->length; i++) {
        unsigned char c = (unsigned char)value->text[i];
        if (c == '%' || c == '"' || c < 0x20 || c > 0x7e)
            buffer_format(out, "%%%02x", c);
        else
            buffer_add_char(out, value->text[i]);
    }
    buffer_add_string(out, "\"");
}

static void write_bytes(struct buffer *out, const struct field_value *value)
{
    char group[BASE64_SIZE(3)];
    buffer_add_string(out, ":");
    for (size_t i = 0; i < value->length; i += 3) {
        base64_encode(value->bytes + i, value->length - i < 3 ? value->length - i : 3, group);
        buffer_add_string(out, group);
    }
    buffer_add_string(out, ":");
}

static void write_value(struct buffer *out, const struct field_value *value)
{
    switch (value->kind) {
    case FIELD_INTEGER:
        buffer_format(out, "%" PRId64, value->number);
        break;
    case FIELD_DATE:
        buffer_format(out, "@%" PRId64, value->number);
        break;
    case FIELD_DECIMAL:
        write_decimal(out, value->number);
        break;
    case FIELD_STRING:
        write_string(out, value);
        break;
    case FIELD_TOKEN:
        buffer_add_string(out, value->text);
        break;
    case FIELD_BYTES:
        write_bytes(out, value);
        break;
    case FIELD_BOOLEAN:
        buffer_format(out, "?%d", value->number != 0);
        break;
    case FIELD_DISPLAY:
        write_display(out, value);
        break;
    }
}

static void write_parameters(struct buffer *out, const struct field_parameter *parameter)
{
    for (; parameter; parameter = parameter->next) {
        buffer_format(out, ";%s", parameter->key);
        if (parameter->value.kind == FIELD_BOOLEAN && parameter->value.number == 1)
            continue;
        buffer_add_string(out, "=");
        write_value(out, &parameter->value);
    }
}

static void write_item(struct buffer *out, const struct field_item *item)
{
    write_value(out, &item->value);
    write_parameters(out, item->parameters);
}

const char *field_item_text(struct arena *arena, const struct field_item *item)
{
    struct buffer out;
    buffer_init(&out, CANONICAL_MAX);
    write_item(&out, item);
    return finish(arena, &out);
}

const char *field_list_text(struct arena *arena, const struct field_member *list)
{
    struct buffer out;
    buffer_init(&out, CANONICAL_MAX);
    buffer_add_string(&out, "(");
    for (const struct field_item *item = list->items; item; item = item->next) {
        write_item(&out, item);
        if (item->next)
            buffer_add_string(&out, " ");
    }
    buffer_add_string(&out, ")");
    write_parameters(&out, list->parameters);
    return finish(arena, &out);
}
