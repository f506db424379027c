#include "plaza/hook.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plaza/server.h"

enum { SIGNED_MAX = BODY_MAX + 1024 };

/* ---- what it is read from ---- */

static bool read_secret(struct hook *hook, const char *name, char *error, size_t size)
{
    char line[256] = "";
    unsigned char bytes[sizeof line];
    FILE *file = fopen(name, "re");
    if (file && !fgets(line, sizeof line, file))
        line[0] = '\0';
    int reason = errno;
    if (file)
        fclose(file);
    line[strcspn(line, " \t\r\n")] = '\0';
    const char *text = line + 6;
    size_t length = strncmp(line, "whsec_", 6) == 0 ? strlen(text) : 0;
    int decoded = length ? EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)length) : -1;
    for (size_t i = length; decoded > 0 && i > 0 && text[i - 1] == '='; i--)
        decoded--;
    bool good = decoded >= HOOK_SECRET_MIN && decoded <= HOOK_SECRET_MAX;
    if (good) {
        memcpy(hook->secret, bytes, (size_t)decoded);
        hook->secret_length = (size_t)decoded;
    } else
        snprintf(error, size,
                 "the secret of the webhooks in %s cannot be used: %s. Make it: printf 'whsec_%%s\\n' "
                 "\"$(openssl rand -base64 32)\" > %s",
                 name, file ? "it is not whsec_ and base64 of 24 to 64 bytes" : strerror(reason), name);
    OPENSSL_cleanse(line, sizeof line);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return good;
}

static bool read_address(struct hook *hook, const char *url)
{
    const char *authority = strstr(url, "://");
    size_t scheme = authority ? (size_t)(authority - url) : 0;
    if (scheme < 4 || scheme > 5 || strncmp(url, "https", scheme) != 0)
        return false;
    snprintf(hook->scheme, sizeof hook->scheme, "%.*s", (int)scheme, url);
    authority += 3;
    size_t length = strcspn(authority, "/");
    const char *colon = memchr(authority, ':', length);
    size_t host = colon ? (size_t)(colon - authority) : length;
    hook->port = colon ? (int)strtol(colon + 1, NULL, 10) : scheme == 5 ? 443 : 80;
    snprintf(hook->host, sizeof hook->host, "%.*s", (int)host, authority);
    snprintf(hook->path, sizeof hook->path, "%s", authority[length] ? authority + length : "/");
    return host && host < sizeof hook->host && hook->port > 0 && hook->port <= 65535;
}

bool hook_read(struct hook *hook, const char *option, const char *url, const char *secret_file, char *error,
               size_t size)
{
    *hook = (struct hook){.port = 0};
    if (read_address(hook, url))
        return read_secret(hook, secret_file, error, size);
    snprintf(error, size, "%s %s is no address. Give it as https://GATEWAY/hooks/contract/NAME.", option,
             url);
    return false;
}

void hook_clear(struct hook *hook)
{
    OPENSSL_cleanse(hook, sizeof *hook);
}

/* ---- a request ---- */

void hook_sign(const struct hook *hook, const char *id, const char *timestamp, const char *body,
               char out[HOOK_SIGNATURE_SIZE])
{
    struct text signed_text;
    unsigned char code[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    text_init(&signed_text, SIGNED_MAX);
    text_format(&signed_text, "%s.%s.", id, timestamp);
    text_put(&signed_text, body);
    if (!HMAC(EVP_sha256(), hook->secret, (int)hook->secret_length,
              (const unsigned char *)text_string(&signed_text), signed_text.length, code, &length))
        abort();
    text_clear(&signed_text);
    memcpy(out, "v1,", 4);
    EVP_EncodeBlock((unsigned char *)out + 3, code, (int)length);
}

int hook_write_head(const struct hook *hook, struct lws *wsi, const char *id, const char *signed_body,
                    size_t length, unsigned char **at, unsigned char *end)
{
    char size[24];
    char timestamp[24];
    char signature[HOOK_SIGNATURE_SIZE];
    snprintf(size, sizeof size, "%zu", length);
    snprintf(timestamp, sizeof timestamp, "%" PRId64, time_now_ms() / 1000);
    hook_sign(hook, id, timestamp, signed_body, signature);
    const struct {
        const char *name, *value;
    } headers[] = {{"content-type:", "application/json"},
                   {"content-length:", size},
                   {"webhook-id:", id},
                   {"webhook-timestamp:", timestamp},
                   {"webhook-signature:", signature}};
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        if (lws_add_http_header_by_name(wsi, (const unsigned char *)headers[i].name,
                                        (const unsigned char *)headers[i].value,
                                        (int)strlen(headers[i].value), at, end))
            return -1;
    lws_client_http_body_pending(wsi, 1);
    lws_callback_on_writable(wsi);
    return 0;
}

int hook_write_body(struct lws *wsi, const void *body, size_t length)
{
    unsigned char *buffer = malloc(LWS_PRE + length);
    if (!buffer)
        abort();
    memcpy(buffer + LWS_PRE, body, length);
    lws_client_http_body_pending(wsi, 0);
    int written = lws_write(wsi, buffer + LWS_PRE, length, LWS_WRITE_HTTP_FINAL);
    free(buffer);
    return written >= (int)length ? 0 : -1;
}

bool hook_connect(const struct hook *hook, const struct server *server, const char *protocol,
                  struct lws **wsi, void *opaque)
{
    char authority[300];
    bool secure = strcmp(hook->scheme, "https") == 0;
    snprintf(authority, sizeof authority, "%s:%d", hook->host, hook->port);
    if (hook->port == (secure ? 443 : 80))
        authority[strlen(hook->host)] = '\0';
    struct lws_client_connect_info info = {
        .context = server->context,
        .vhost = server->vhost,
        .address = hook->host,
        .port = hook->port,
        .ssl_connection = secure ? LCCSCF_USE_SSL : 0,
        .path = hook->path,
        .host = authority,
        .origin = authority,
        .method = "POST",
        .protocol = protocol,
        .pwsi = wsi,
        .opaque_user_data = opaque,
    };
    return lws_client_connect_via_info(&info) != NULL;
}
