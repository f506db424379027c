#include <stdlib.h>
#include <string.h>

#include "adapters/bluesky/bluesky.h"
#include "mapping/buffer.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

const char *bluesky_text(const json_t *value, size_t length_max, struct arena *arena)
{
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);
    if (!text || length > length_max || !text_is_clean(text, length))
        return NULL;
    return arena_copy(arena, text, length);
}

const char *bluesky_url(const json_t *value, struct arena *arena)
{
    const char *text = bluesky_text(value, BLUESKY_URL_MAX, arena);
    if (!text || (strncmp(text, "https://", 8) != 0 && strncmp(text, "http://", 7) != 0))
        return NULL;
    return text[strcspn(text, " \t\r\n\"<>\\^`{|}")] ? NULL : text;
}

int64_t bluesky_time(const json_t *value)
{
    const char *text = json_string_value(value);
    int64_t time = text ? time_parse(text) : -1;
    return time < 0 ? 0 : time;
}

bool bluesky_number(const json_t *value, int64_t *out)
{
    if (!json_is_integer(value))
        return false;
    *out = json_integer_value(value);
    return *out >= 0 && *out < (int64_t)1 << 53;
}

bool bluesky_did_valid(const char *text)
{
    size_t length = strlen(text);
    if (length > BLUESKY_DID_MAX)
        return false;
    if (strncmp(text, "did:plc:", 8) == 0)
        return length == 32 && strspn(text + 8, LOWER "234567") == 24;
    /* A name of a host, perhaps with an escaped port; no path. */
    if (strncmp(text, "did:web:", 8) != 0 || length == 8)
        return false;
    const char *host = text + 8;
    size_t name = strspn(host, LOWER DIGITS ".-");
    if (!name || host[0] == '.' || host[0] == '-' || host[name - 1] == '.' || strstr(host, ".."))
        return false;
    if (!host[name])
        return true;
    const char *port = host + name + 3;
    return strncmp(host + name, "%3A", 3) == 0 && *port && strspn(port, DIGITS) == strlen(port) &&
           strlen(port) <= 5;
}

static bool label_valid(const char *label, size_t length)
{
    return length && length <= 63 && strspn(label, LOWER DIGITS "-") >= length && label[0] != '-' &&
           label[length - 1] != '-';
}

bool bluesky_handle_valid(const char *text)
{
    size_t labels = 0;
    const char *last = text;
    if (strlen(text) > BLUESKY_HANDLE_MAX || strcmp(text, "handle.invalid") == 0)
        return false;
    for (const char *at = text;; at++) {
        size_t length = strcspn(at, ".");
        if (!label_valid(at, length))
            return false;
        labels++;
        last = at;
        at += length;
        if (!*at)
            break;
    }
    return labels >= 2 && !strchr(DIGITS, last[0]);
}

bool bluesky_rkey_valid(const char *text)
{
    size_t length = strlen(text);
    return length && length <= BLUESKY_RKEY_MAX && strspn(text, LOWER UPPER DIGITS "._:~-") == length &&
           strspn(text, ".") != length;
}

static bool collection_valid(const char *text)
{
    size_t length = strlen(text);
    return length && length <= 317 && strspn(text, LOWER UPPER DIGITS ".-") == length;
}

bool bluesky_address_read(const char *text, struct arena *arena, struct bluesky_address *out)
{
    if (!text || strncmp(text, "at://", 5) != 0 || strlen(text) > MODEL_NATIVE_ID_MAX)
        return false;
    char *rest = arena_string(arena, text + 5);
    out->did = strsep(&rest, "/");
    out->collection = strsep(&rest, "/");
    out->rkey = strsep(&rest, "/");
    return !rest && out->collection && out->rkey && bluesky_did_valid(out->did) &&
           collection_valid(out->collection) && bluesky_rkey_valid(out->rkey);
}

const char *bluesky_page(const struct adapter *adapter, struct arena *arena, const char *did,
                         const char *rkey)
{
    return rkey ? arena_join(arena, adapter->web, "/profile/", did, "/post/", rkey, (char *)NULL)
                : arena_join(arena, adapter->web, "/profile/", did, (char *)NULL);
}

const char *bluesky_blob_cid(const json_t *blob, struct arena *arena)
{
    const char *cid = json_string_value(json_object_get(json_object_get(blob, "ref"), "$link"));
    if (!cid || strlen(cid) > 128 || cid[0] != 'b' || strspn(cid, LOWER "234567") != strlen(cid))
        return NULL;
    return arena_string(arena, cid);
}

void bluesky_add_escaped(struct buffer *out, const char *text)
{
    for (const char *at = text; *at; at++) {
        if (strchr(LOWER UPPER DIGITS "-._~:", *at))
            buffer_add_char(out, *at);
        else
            buffer_format(out, "%%%02X", (unsigned)(unsigned char)*at);
    }
}

void bluesky_keep(char **slot, const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        abort();
    free(*slot);
    *slot = copy;
}
