#include "gateway/http/trusted_proxy.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NETWORKS_MAX = 64 };

/* IPv4 addresses are kept as IPv6-mapped ones, so that one comparison does for both. */
struct network {
    unsigned char address[16];
    unsigned bits;
};

struct trusted_proxies {
    struct network networks[NETWORKS_MAX];
    size_t count;
};

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

/* Returns the number of bits that a prefix of this family leaves out of 128, -1 when it is no address. */
static int read_address(const char *text, unsigned char out[16])
{
    if (inet_pton(AF_INET6, text, out) == 1)
        return 0;
    memcpy(out, mapped, sizeof mapped);
    return inet_pton(AF_INET, text, out + sizeof mapped) == 1 ? 96 : -1;
}

static bool read_network(char *text, struct network *network)
{
    char *slash = strchr(text, '/');
    if (slash)
        *slash++ = '\0';
    int offset = read_address(text, network->address);
    if (offset < 0)
        return false;
    network->bits = 128;
    if (!slash)
        return true;
    if (!*slash || strlen(slash) > 3 || slash[strspn(slash, "0123456789")])
        return false;
    unsigned bits = (unsigned)strtoul(slash, NULL, 10) + (unsigned)offset;
    network->bits = bits;
    return bits <= 128;
}

struct trusted_proxies *trusted_proxies_new(const char *list, char *error, size_t error_size)
{
    struct trusted_proxies *proxies = calloc(1, sizeof *proxies);
    if (!proxies)
        abort();
    while (list && *list) {
        list += strspn(list, ", \t");
        size_t length = strcspn(list, ", \t");
        if (!length)
            break;
        char text[64];
        bool good = length < sizeof text && proxies->count < NETWORKS_MAX;
        if (good) {
            memcpy(text, list, length);
            text[length] = '\0';
            good = read_network(text, &proxies->networks[proxies->count++]);
        }
        if (!good) {
            (void)snprintf(error, error_size,
                           "trusted_proxies: \"%.*s\" is no address and no network such as 10.0.0.0/8",
                           length < 64 ? (int)length : 64, list);
            trusted_proxies_free(proxies);
            return NULL;
        }
        list += length;
    }
    return proxies;
}

void trusted_proxies_free(struct trusted_proxies *proxies)
{
    free(proxies);
}

static bool contains(const struct network *network, const unsigned char address[16])
{
    size_t bytes = network->bits / 8;
    unsigned rest = network->bits % 8;
    if (memcmp(network->address, address, bytes) != 0)
        return false;
    return rest == 0 || ((network->address[bytes] ^ address[bytes]) >> (8 - rest)) == 0;
}

bool trusted_proxies_have(const struct trusted_proxies *proxies, const char *text)
{
    unsigned char address[16];
    if (read_address(text, address) < 0)
        return false;
    for (size_t i = 0; i < proxies->count; i++)
        if (contains(&proxies->networks[i], address))
            return true;
    return false;
}

/* "192.0.2.1", "2001:db8::1", and with a port "192.0.2.1:80", "[2001:db8::1]:80". */
static bool copy_address(const char *text, size_t length, char *out)
{
    char copy[INET6_ADDRSTRLEN + 10];
    if (length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    char *address = copy;
    if (*address == '[') {
        address++;
        address[strcspn(address, "]")] = '\0';
    } else if (strchr(address, '.')) {
        char *port = strrchr(address, ':');
        /* In ::ffff:192.0.2.1 the last colon comes before the dots. */
        if (port && !strchr(port, '.'))
            *port = '\0';
    }
    unsigned char ignored[16];
    if (read_address(address, ignored) < 0)
        return false;
    memcpy(out, address, strlen(address) + 1);
    return true;
}

bool trusted_proxies_client(const struct trusted_proxies *proxies, const char *forwarded_for, char *out)
{
    size_t end = strlen(forwarded_for);
    bool found = false;
    while (end > 0) {
        size_t begin = end;
        while (begin > 0 && forwarded_for[begin - 1] != ',')
            begin--;
        size_t from = begin;
        size_t to = end;
        while (from < to && strchr(" \t", forwarded_for[from]))
            from++;
        while (to > from && strchr(" \t", forwarded_for[to - 1]))
            to--;
        if (!copy_address(forwarded_for + from, to - from, out))
            return found;
        found = true;
        if (!trusted_proxies_have(proxies, out))
            return true;
        end = begin > 0 ? begin - 1 : 0;
    }
    return found;
}
