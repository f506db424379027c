#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/config_private.h"

static const char *const reserved_names[] = {"localhost", "test",     "example",   "invalid",
                                             "local",     "internal", "home.arpa", "lan"};

static bool is_number(const char *text, long minimum, long maximum)
{
    size_t length = strlen(text);
    if (!length || length > 5 || strspn(text, "0123456789") != length)
        return false;
    long value = strtol(text, NULL, 10);
    return value >= minimum && value <= maximum;
}

static bool is_local_v4(const struct in_addr *address)
{
    uint32_t bits = ntohl(address->s_addr);
    return bits >> 24 == 127 || bits >> 24 == 10 || bits >> 20 == 0xAC1 || bits >> 16 == 0xC0A8 ||
           bits >> 16 == 0xA9FE;
}

static bool is_local_v6(const struct in6_addr *address)
{
    return IN6_IS_ADDR_LOOPBACK(address) || IN6_IS_ADDR_LINKLOCAL(address) ||
           (address->s6_addr[0] & 0xFE) == 0xFC;
}

/* Names that no public DNS resolves (RFC 6761, 6762, 8375) and single words. */
static bool is_local_name(const char *host)
{
    size_t length = strlen(host);
    if (!strchr(host, '.'))
        return true;
    for (size_t i = 0; i < sizeof reserved_names / sizeof reserved_names[0]; i++) {
        size_t suffix = strlen(reserved_names[i]);
        if (length > suffix && host[length - suffix - 1] == '.' &&
            strcmp(host + length - suffix, reserved_names[i]) == 0)
            return true;
    }
    return false;
}

static const char *check_host(const char *host, bool bracketed, bool *local)
{
    struct in_addr four;
    struct in6_addr six;
    size_t length = strlen(host);
    if (bracketed) {
        if (inet_pton(AF_INET6, host, &six) != 1)
            return "what stands in brackets is no IPv6 address";
        *local = is_local_v6(&six);
        return NULL;
    }
    if (!length || length > 253)
        return "it names no host";
    if (inet_pton(AF_INET, host, &four) == 1) {
        *local = is_local_v4(&four);
        return NULL;
    }
    if (strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-") != length)
        return "a host has letters, digits, '-' and '.' only (write other scripts in their xn-- form)";
    if (strstr(host, "..") || host[0] == '.' || host[length - 1] == '.' || host[0] == '-')
        return "its host is broken";
    *local = is_local_name(host);
    return NULL;
}

static const char *check_authority(char *lower, bool https, struct config_url *out)
{
    char *port = NULL;
    bool bracketed = lower[0] == '[';
    char *host = lower + bracketed;
    if (bracketed) {
        char *end = strchr(lower, ']');
        if (!end)
            return "its bracket does not close";
        if (end[1])
            port = end + 1;
        *end = '\0';
    } else {
        port = strchr(lower, ':');
    }
    if (port && *port != ':')
        return "its host is broken";
    if (port)
        *port++ = '\0';
    if (port && !is_number(port, 1, 65535))
        return "its port is no number from 1 to 65535";
    const char *why = check_host(host, bracketed, &out->local);
    if (why)
        return why;
    out->has_port = port && strcmp(port, https ? "443" : "80") != 0;
    (void)snprintf(out->authority, sizeof out->authority, "%s%s%s%s%s", bracketed ? "[" : "", host,
                   bracketed ? "]" : "", out->has_port ? ":" : "", out->has_port ? port : "");
    return NULL;
}

static const char *check_text(const char *text, size_t length, bool https, struct config_url *out)
{
    char lower[280];
    if (length >= sizeof lower)
        return "it is too long";
    for (size_t i = 0; i < length; i++)
        lower[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
    lower[length] = '\0';
    *out = (struct config_url){.https = https};
    return check_authority(lower, https, out);
}

const char *config_check_authority(const char *text, struct config_url *out)
{
    return check_text(text, strlen(text), true, out);
}

const char *config_check_url(const char *text, struct config_url *out)
{
    bool https = strncasecmp(text, "https://", 8) == 0;
    if (!https && strncasecmp(text, "http://", 7) != 0)
        return "it must start with https://";
    text += https ? 8 : 7;
    size_t length = strcspn(text, "/?#");
    if (text[length] && strcmp(text + length, "/") != 0)
        return "it must end behind the host: no path";
    return check_text(text, length, https, out);
}

const char *config_check_listen(const char *text, bool *loopback)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    bool bracketed = *text == '[';
    size_t length = colon ? (size_t)(colon - text) : 0;
    if (!colon || !is_number(colon + 1, 0, 65535))
        return "it must be ADDRESS:PORT";
    if (bracketed && (length < 2 || text[length - 1] != ']'))
        return "its bracket does not close";
    text += bracketed;
    length -= bracketed ? 2 : 0;
    if (length >= sizeof host)
        return "its address is too long";
    memcpy(host, text, length);
    host[length] = '\0';
    struct in_addr four;
    struct in6_addr six;
    if (!bracketed && inet_pton(AF_INET, host, &four) == 1) {
        *loopback = ntohl(four.s_addr) >> 24 == 127;
        return NULL;
    }
    if (bracketed && inet_pton(AF_INET6, host, &six) == 1) {
        *loopback = IN6_IS_ADDR_LOOPBACK(&six);
        return NULL;
    }
    return "its address is no IPv4 address and no [IPv6 address]";
}

static bool is_network(char *text)
{
    unsigned char address[16];
    char *slash = strchr(text, '/');
    if (slash)
        *slash++ = '\0';
    if (inet_pton(AF_INET, text, address) == 1)
        return !slash || is_number(slash, 0, 32);
    return inet_pton(AF_INET6, text, address) == 1 && (!slash || is_number(slash, 0, 128));
}

const char *config_check_networks(const char *text)
{
    while (*text) {
        text += strspn(text, ", \t");
        size_t length = strcspn(text, ", \t");
        char one[64];
        if (!length)
            break;
        if (length >= sizeof one)
            return "one of its networks is too long";
        memcpy(one, text, length);
        one[length] = '\0';
        if (!is_network(one))
            return "one of its parts is no address or network such as 127.0.0.1, 10.0.0.0/8 or fd00::/8";
        text += length;
    }
    return NULL;
}
