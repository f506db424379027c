#include "gateway/store/address.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REDIS_PORT = 6379, DATABASES_MAX = 16384, URL_MAX = 1024 };

static char *copy(const char *text, size_t length)
{
    char *out = strndup(text, length);
    if (!out)
        abort();
    return out;
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

/* RFC 3986 §2.1; a '%' that starts no escape stays as it is. */
static char *percent_decode(const char *text, size_t length)
{
    char *out = copy(text, length);
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '%' && i + 2 < length && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
            out[used++] = (char)(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        } else {
            out[used++] = text[i];
        }
    }
    out[used] = '\0';
    return out;
}

static bool read_number(const char *text, size_t length, long maximum, int *out)
{
    char digits[8];
    if (!length || length >= sizeof digits || strspn(text, "0123456789") < length)
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    long value = strtol(digits, NULL, 10);
    *out = (int)value;
    return value <= maximum;
}

static void read_userinfo(const char *text, size_t length, struct store_address *out)
{
    const char *colon = memchr(text, ':', length);
    size_t user = colon ? (size_t)(colon - text) : length;
    if (user)
        out->user = percent_decode(text, user);
    if (colon)
        out->password = percent_decode(colon + 1, length - user - 1);
}

static const char *read_host(const char *text, size_t length, struct store_address *out)
{
    const char *end = text + length;
    const char *after = memchr(text, ':', length);
    const char *host = text;
    const char *host_end = after ? after : end;
    if (length && *text == '[') {
        host++;
        host_end = memchr(text, ']', length);
        if (!host_end)
            return "the address in brackets does not end";
        after = host_end + 1 < end ? host_end + 1 : NULL;
    }
    if (host == host_end)
        return "it names no host";
    if (after && (*after != ':' || !read_number(after + 1, (size_t)(end - after - 1), 65535, &out->port)))
        return "its port is no number up to 65535";
    out->host = copy(host, (size_t)(host_end - host));
    return NULL;
}

static const char *read_tcp(const char *rest, struct store_address *out)
{
    size_t length = strcspn(rest, "/?#");
    const char *path = rest + length;
    const char *at = memrchr(rest, '@', length);
    if (at) {
        read_userinfo(rest, (size_t)(at - rest), out);
        length -= (size_t)(at + 1 - rest);
        rest = at + 1;
    }
    const char *why = read_host(rest, length, out);
    if (why)
        return why;
    if (*path == '/' && path[1] && !read_number(path + 1, strlen(path + 1), DATABASES_MAX, &out->database))
        return "its path is no database number";
    return *path && *path != '/' ? "options after the host are not known" : NULL;
}

static const char *read_unix(const char *rest, struct store_address *out)
{
    size_t before = strcspn(rest, "/");
    if (before && rest[before - 1] == '@') {
        read_userinfo(rest, before - 1, out);
        rest += before;
    }
    size_t length = strcspn(rest, "?");
    if (*rest != '/')
        return "the path of the socket must be absolute (unix:///path/redis.sock)";
    if (length > 107)
        return "the path of the socket is longer than 107 bytes";
    out->path = copy(rest, length);
    const char *query = rest + length;
    if (*query && (strncmp(query, "?db=", 4) != 0 ||
                   !read_number(query + 4, strlen(query + 4), DATABASES_MAX, &out->database)))
        return "the only option is ?db=NUMBER";
    return NULL;
}

bool store_address_read(const char *url, struct store_address *out, char *error, size_t error_size)
{
    *out = (struct store_address){.port = REDIS_PORT};
    const char *why = "it must start with redis:// or unix://";
    if (strlen(url) > URL_MAX)
        why = "it is too long";
    else if (strncmp(url, "redis://", 8) == 0)
        why = read_tcp(url + 8, out);
    else if (strncmp(url, "unix://", 7) == 0)
        why = read_unix(url + 7, out);
    if (!why)
        return true;
    (void)snprintf(error, error_size, "the URL of Redis cannot be used: %s", why);
    store_address_clear(out);
    return false;
}

void store_address_clear(struct store_address *address)
{
    if (address->password)
        OPENSSL_cleanse(address->password, strlen(address->password));
    free(address->host);
    free(address->path);
    free(address->user);
    free(address->password);
    *address = (struct store_address){0};
}
