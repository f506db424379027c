/* What a request target says: the path, decoded and resolved, and the parameters of the query. */
#include <ctype.h>
#include <string.h>

#include "gateway/http/head.h"

static int hex_value(char character)
{
    if (!isxdigit((unsigned char)character))
        return -1;
    return isdigit((unsigned char)character) ? character - '0' : tolower((unsigned char)character) - 'a' + 10;
}

/* The byte that "%XY" at `text` stands for; -1 when malformed. */
static int decode(const char *text)
{
    int high = hex_value(text[1]);
    int low = high < 0 ? -1 : hex_value(text[2]);
    return low < 0 ? -1 : high * 16 + low;
}

static bool decode_path(const char *target, char *out)
{
    for (; *target && *target != '?'; target++) {
        int byte = (unsigned char)*target;
        if (*target == '%') {
            byte = decode(target);
            if (byte < 0x20 || byte == 0x7f || byte == '/')
                return false;
            target += 2;
        }
        *out++ = (char)byte;
    }
    *out = '\0';
    return true;
}

/* Takes out empty, "." and ".." segments, in place (RFC 3986 §5.2.4). */
static void resolve_segments(char *path)
{
    char *out = path;
    const char *in = path;
    while (*in) {
        in += strspn(in, "/");
        size_t length = strcspn(in, "/");
        bool last = !in[length];
        if (length == 2 && memcmp(in, "..", 2) == 0) {
            while (out > path && *--out != '/')
                ;
        } else if (length > 0 && !(length == 1 && *in == '.')) {
            *out++ = '/';
            memmove(out, in, length);
            out += length;
            in += length;
            continue;
        }
        in += length;
        /* A directory keeps its slash at the end. */
        if (last) {
            *out++ = '/';
            break;
        }
    }
    *out = '\0';
}

bool http_path_resolve(const char *target, char *out)
{
    if (*target != '/' || !decode_path(target, out))
        return false;
    resolve_segments(out);
    return true;
}

static bool copy_decoded(const char *text, size_t length, char *out, size_t size)
{
    size_t written = 0;
    for (size_t i = 0; i < length; i++, written++) {
        int byte = (unsigned char)text[i];
        if (text[i] == '%') {
            byte = length - i > 2 ? decode(text + i) : -1;
            if (byte <= 0)
                return false;
            i += 2;
        }
        if (written + 1 >= size)
            return false;
        out[written] = (char)byte;
    }
    out[written] = '\0';
    return true;
}

bool http_query_parameter(const char *query, const char *name, char *out, size_t size)
{
    size_t name_length = strlen(name);
    while (*query) {
        size_t length = strcspn(query, "&");
        size_t equals = strcspn(query, "=&");
        if (equals == name_length && memcmp(query, name, name_length) == 0) {
            size_t skip = equals < length ? equals + 1 : equals;
            return size > 0 && copy_decoded(query + skip, length - skip, out, size);
        }
        query += length;
        query += *query == '&';
    }
    return false;
}
