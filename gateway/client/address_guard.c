#include "gateway/client/address_guard.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <idn2.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NETWORKS_MAX = 64, HOST_MAX = 253, LABEL_MAX = 63, URL_MAX = 2048 };

/* IPv4 networks are kept in their IPv4-mapped form, so that one comparison serves both families. */
struct network {
    unsigned char address[16];
    unsigned bits;
};

struct address_guard {
    bool lab;
    struct network allowed[NETWORKS_MAX], denied[NETWORKS_MAX];
    size_t allowed_count, denied_count;
};

/* ---- networks
 * --------------------------------------------------------------------------------------------------- */

static const unsigned char mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool in_network(const unsigned char address[16], const struct network *network)
{
    unsigned whole = network->bits / 8;
    unsigned rest = network->bits % 8;
    if (memcmp(address, network->address, whole) != 0)
        return false;
    if (!rest)
        return true;
    unsigned char mask = (unsigned char)(0xff << (8 - rest));
    return (address[whole] & mask) == (network->address[whole] & mask);
}

static bool parse_network(const char *text, struct network *out)
{
    char address[INET6_ADDRSTRLEN + 1];
    size_t length = strcspn(text, "/");
    if (length == 0 || length >= sizeof address)
        return false;
    memcpy(address, text, length);
    address[length] = '\0';
    bool four = inet_pton(AF_INET, address, out->address + 12) == 1;
    if (four)
        memcpy(out->address, mapped_prefix, sizeof mapped_prefix);
    else if (inet_pton(AF_INET6, address, out->address) != 1)
        return false;
    unsigned most = four ? 32 : 128;
    unsigned long bits = most;
    if (text[length] == '/') {
        char *end = NULL;
        bits = strtoul(text + length + 1, &end, 10);
        if (end == text + length + 1 || *end || bits > most)
            return false;
    }
    out->bits = (unsigned)bits + (four ? 96 : 0);
    return true;
}

static bool parse_allowed(struct address_guard *guard, const char *list, char *error, size_t error_size)
{
    while (list && *list) {
        char one[80];
        list += strspn(list, ", \t");
        size_t length = strcspn(list, ", \t");
        if (length == 0)
            break;
        if (guard->allowed_count == NETWORKS_MAX || length >= sizeof one) {
            (void)snprintf(error, error_size, "allow_private lists more than %d networks", NETWORKS_MAX);
            return false;
        }
        memcpy(one, list, length);
        one[length] = '\0';
        if (!parse_network(one, &guard->allowed[guard->allowed_count])) {
            (void)snprintf(error, error_size,
                           "allow_private: '%s' is no address or network; write 10.0.0.0/8 or ::1", one);
            return false;
        }
        guard->allowed_count++;
        list += length;
    }
    return true;
}

/* PROTOCOL §6.2: of IPv6 only global unicast, without the ranges that lead back to IPv4 or nowhere. */
static const char *const denied[] = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
    "2001:db8::/32", "2001::/23",       "2002::/16",      "3fff::/20",
};

struct address_guard *address_guard_new(bool lab, const char *allow_private, char *error, size_t error_size)
{
    struct address_guard *guard = calloc(1, sizeof *guard);
    if (!guard)
        abort();
    guard->lab = lab;
    for (size_t i = 0; i < sizeof denied / sizeof denied[0]; i++)
        if (!parse_network(denied[i], &guard->denied[guard->denied_count++]))
            abort();
    if (parse_allowed(guard, allow_private, error, error_size))
        return guard;
    free(guard);
    return NULL;
}

void address_guard_free(struct address_guard *guard)
{
    free(guard);
}

/* ---- addresses
 * -------------------------------------------------------------------------------------------------- */

static bool is_denied(const struct address_guard *guard, const unsigned char address[16])
{
    for (size_t i = 0; i < guard->denied_count; i++)
        if (in_network(address, &guard->denied[i]))
            return true;
    if (memcmp(address, mapped_prefix, sizeof mapped_prefix) == 0)
        return false;                   /* a public IPv4 address */
    return (address[0] & 0xe0) != 0x20; /* outside 2000::/3 */
}

static bool is_loopback(const unsigned char address[16])
{
    static const unsigned char loopback6[16] = {[15] = 1};
    return memcmp(address, loopback6, 16) == 0 ||
           (memcmp(address, mapped_prefix, sizeof mapped_prefix) == 0 && address[12] == 127);
}

static bool address_permitted(const struct address_guard *guard, const unsigned char address[16])
{
    for (size_t i = 0; i < guard->allowed_count; i++)
        if (in_network(address, &guard->allowed[i]))
            return true;
    if (guard->lab && is_loopback(address))
        return true;
    return !is_denied(guard, address);
}

bool address_guard_address(const struct address_guard *guard, const struct sockaddr *address)
{
    unsigned char bytes[16];
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const void *)address;
        memcpy(bytes, mapped_prefix, sizeof mapped_prefix);
        memcpy(bytes + 12, &four->sin_addr, 4);
        return address_permitted(guard, bytes);
    }
    if (address->sa_family != AF_INET6)
        return false;
    const struct sockaddr_in6 *six = (const void *)address;
    memcpy(bytes, &six->sin6_addr, 16);
    /* An IPv4 address in IPv6 clothes is no address that a name should have. */
    if (memcmp(bytes, mapped_prefix, sizeof mapped_prefix) == 0)
        return false;
    return address_permitted(guard, bytes);
}

/* ---- URLs
 * ------------------------------------------------------------------------------------------------------- */

static bool has_suffix(const char *host, const char *suffix)
{
    size_t length = strlen(host);
    size_t suffix_length = strlen(suffix);
    return length >= suffix_length && strcasecmp(host + length - suffix_length, suffix) == 0;
}

/* Names that no public server can have. */
static bool is_special_name(const char *host)
{
    static const char *const suffixes[] = {".onion", ".i2p",  ".local",   ".localhost", ".internal", ".lan",
                                           ".home",  ".corp", ".invalid", ".test",      ".arpa",     ".alt"};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
        if (has_suffix(host, suffixes[i]))
            return true;
    return false;
}

static bool read_literal(struct guarded_url *out)
{
    struct sockaddr_in *four = (void *)&out->address;
    struct sockaddr_in6 *six = (void *)&out->address;
    if (inet_pton(AF_INET, out->host, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)out->port);
        return true;
    }
    if (inet_pton(AF_INET6, out->host, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons((uint16_t)out->port);
        return true;
    }
    return false;
}

static void lower(char *text)
{
    for (; *text; text++)
        *text = (char)(*text >= 'A' && *text <= 'Z' ? *text + 32 : *text);
}

static bool copy_host(const char *host, struct guarded_url *out)
{
    size_t length = strlen(host);
    if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
        if (length - 2 >= sizeof out->host)
            return false;
        memcpy(out->host, host + 1, length - 2);
        out->host[length - 2] = '\0';
        lower(out->host);
        return strchr(out->host, '%') == NULL; /* no zone ids */
    }
    char *ascii = NULL;
    if (idn2_to_ascii_8z(host, &ascii, IDN2_NONTRANSITIONAL) != IDN2_OK) {
        idn2_free(ascii);
        return false;
    }
    length = strlen(ascii);
    bool good = length > 0 && length <= HOST_MAX;
    if (good) {
        memcpy(out->host, ascii, length + 1);
        lower(out->host);
        good = strspn(out->host, "abcdefghijklmnopqrstuvwxyz0123456789.-_") == length &&
               out->host[0] != '.' && !strstr(out->host, "..");
    }
    idn2_free(ascii);
    return good;
}

/* The length of the label at `text`, or 0 when curl or libidn2 might make something else of it. */
static size_t plain_label(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    bool hyphens = text[0] == '-' || (length && text[length - 1] == '-') ||
                   (length > 3 && text[2] == '-' && text[3] == '-');
    return length > LABEL_MAX || hyphens ? 0 : length;
}

static size_t plain_host(const char *text, struct guarded_url *out)
{
    const char *label = text;
    const char *end = text;
    for (;;) {
        size_t length = plain_label(label);
        end = label + length;
        if (!length || end - text > HOST_MAX)
            return 0;
        if (*end != '.')
            break;
        label = end + 1;
    }
    memcpy(out->host, text, (size_t)(end - text));
    out->host[end - text] = '\0';
    return *label >= 'a' || read_literal(out) ? (size_t)(end - text) : 0;
}

/* Nearly all URLs are written so plainly that nothing is left to interpret; curl and libidn2, which say the
 * same of those, take twenty times as long. False: ask them. */
static bool take_plainly(const char *url, struct guarded_url *out)
{
    out->https = strncmp(url, "https://", 8) == 0;
    if (!out->https && strncmp(url, "http://", 7) != 0)
        return false;
    out->port = out->https ? 443 : 80;
    const char *host = url + (out->https ? 8 : 7);
    const char *port = host + strcspn(host, ":/?#");
    const char *end = port;
    if (*port == ':') {
        end += 1 + strspn(port + 1, "0123456789");
        out->port = (unsigned)strtoul(port + 1, NULL, 10);
        if (port[1] == '0' || end - port < 2 || end - port > 6 || out->port > UINT16_MAX)
            return false;
    }
    if (*end && !strchr("/?#", *end))
        return false;
    for (const char *at = end; *at; at++)
        if ((unsigned char)*at > 0x7e)
            return false;
    size_t length = plain_host(host, out);
    out->literal = out->address.ss_family != 0;
    return length && host + length == port;
}

static const char *take_apart(CURLU *parts, const char *url, struct guarded_url *out)
{
    const char *why = NULL;
    char *scheme = NULL;
    char *host = NULL;
    char *port = NULL;
    char *user = NULL;
    if (curl_url_set(parts, CURLUPART_URL, url, 0) != CURLUE_OK ||
        curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK)
        why = "it is no URL that can be asked";
    else if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
        why = "only https is asked";
    else if (curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK)
        why = "the URL carries a user name";
    if (!why) {
        out->https = strcmp(scheme, "https") == 0;
        out->port = (unsigned)strtoul(port, NULL, 10);
        if (!out->port)
            why = "nobody listens on port 0";
        else if (!copy_host(host, out))
            why = "its host is no name that can be asked";
        else
            out->literal = read_literal(out);
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_free(user);
    return why;
}

static const char *refusal(const struct address_guard *guard, const struct guarded_url *url)
{
    if (!url->https && !guard->lab)
        return "only https is asked";
    if (url->literal) {
        if (!address_guard_address(guard, (const void *)&url->address))
            return "its address is private or reserved";
        /* Public servers have names; an address is only right where the operator said so. */
        const bool listed = guard->lab || guard->allowed_count > 0;
        return listed ? NULL : "its host is an address, not a name";
    }
    size_t length = strlen(url->host);
    if (url->host[length - 1] == '.')
        return "its host ends with a dot";
    if (guard->lab)
        return NULL;
    if (!strchr(url->host, '.'))
        return "its host has no dot";
    /* No top level begins with a digit: such a name is an address in disguise (octal, hex, short forms). */
    const char *last = strrchr(url->host, '.') + 1;
    if (*last < 'a' || *last > 'z')
        return "its host is an address in disguise";
    if (is_special_name(url->host))
        return "its host is no public name";
    if (url->port != 443 && !guard->allowed_count)
        return "only port 443 is asked";
    return NULL;
}

bool address_guard_url(const struct address_guard *guard, const char *url, bool trusted,
                       struct guarded_url *out, const char **why)
{
    *out = (struct guarded_url){0};
    *why = NULL;
    if (strlen(url) > URL_MAX) {
        *why = "the URL is too long";
        return false;
    }
    for (const char *at = url; *at; at++)
        if ((unsigned char)*at <= 0x20 || *at == 0x7f || *at == '\\') {
            *why = "the URL has characters that no URL has";
            return false;
        }
    /* curl would find one behind a third slash, or without any; everybody who compares hosts would not. */
    const char *authority = url + strcspn(url, ":/?#");
    if (strncmp(authority, "://", 3) != 0 || strcspn(authority + 3, "/?#") == 0) {
        *why = "the URL has no host";
        return false;
    }
    /* curl would decode it; everybody who compares hosts would not. */
    if (memchr(authority + 3, '%', strcspn(authority + 3, "/?#"))) {
        *why = "its host is written with escapes";
        return false;
    }
    if (!take_plainly(url, out)) {
        *out = (struct guarded_url){0};
        CURLU *parts = curl_url();
        if (!parts)
            abort();
        *why = take_apart(parts, url, out);
        curl_url_cleanup(parts);
    }
    if (!*why && !trusted)
        *why = refusal(guard, out);
    return *why == NULL;
}
