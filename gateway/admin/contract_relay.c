/* A relay on loopback between the websocket client and the service, that cuts the connection after so many
 * bytes from the service: the way in which connections really break. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/admin/contract.h"
#include "gateway/client/resolver.h"
#include "gateway/client/websocket_url.h"

enum { CHUNK = 16384, BACKLOG = 16 };

struct contract_relay {
    struct loop *loop;
    struct sockaddr_storage service;
    socklen_t service_length;
    int listener, client, server; /* -1: none */
    struct loop_io *listening, *from_client, *from_server;
    unsigned port;
    size_t cut_after, passed;
};

/* ---- a pair of connections ---- */

static void hang_up(struct contract_relay *relay)
{
    loop_io_free(relay->from_client);
    loop_io_free(relay->from_server);
    relay->from_client = relay->from_server = NULL;
    if (relay->client >= 0)
        (void)close(relay->client);
    if (relay->server >= 0)
        (void)close(relay->server);
    relay->client = relay->server = -1;
}

/* Both ends are loopback or an idle network, and what is sent is small: a send that would block is an end. */
static bool pass_on(int to, const char *bytes, size_t length)
{
    while (length) {
        ssize_t sent = send(to, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

static void client_speaks(void *context, bool readable, bool writable)
{
    struct contract_relay *relay = context;
    char bytes[CHUNK];
    (void)readable;
    (void)writable;
    ssize_t length = recv(relay->client, bytes, sizeof bytes, MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (length <= 0 || !pass_on(relay->server, bytes, (size_t)length))
        hang_up(relay);
}

static void server_speaks(void *context, bool readable, bool writable)
{
    struct contract_relay *relay = context;
    char bytes[CHUNK];
    size_t wanted = sizeof bytes;
    (void)readable;
    (void)writable;
    if (relay->cut_after && relay->cut_after - relay->passed < wanted)
        wanted = relay->cut_after - relay->passed;
    ssize_t length = recv(relay->server, bytes, wanted, MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (length > 0)
        relay->passed += (size_t)length;
    if (length <= 0 || !pass_on(relay->client, bytes, (size_t)length) ||
        (relay->cut_after && relay->passed >= relay->cut_after))
        hang_up(relay);
}

static void arrival(void *context, bool readable, bool writable)
{
    struct contract_relay *relay = context;
    (void)readable;
    (void)writable;
    int client = accept4(relay->listener, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0)
        return;
    hang_up(relay);
    relay->client = client;
    relay->passed = 0;
    relay->server = socket(relay->service.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (relay->server < 0 ||
        connect(relay->server, (struct sockaddr *)&relay->service, relay->service_length) != 0) {
        hang_up(relay);
        return;
    }
    relay->from_client = loop_io_new(relay->loop, relay->client, client_speaks, relay);
    relay->from_server = loop_io_new(relay->loop, relay->server, server_speaks, relay);
    loop_io_set(relay->from_client, true, false);
    loop_io_set(relay->from_server, true, false);
}

/* ---- opening ---- */

struct lookup {
    struct contract_relay *relay;
    unsigned port;
    bool found;
    struct task *waiting;
};

static void resolved(void *context, const struct addresses *addresses)
{
    struct lookup *lookup = context;
    struct contract_relay *relay = lookup->relay;
    if (addresses->count) {
        relay->service = addresses->list[0];
        bool six = relay->service.ss_family == AF_INET6;
        if (six)
            ((struct sockaddr_in6 *)&relay->service)->sin6_port = htons((uint16_t)lookup->port);
        else
            ((struct sockaddr_in *)&relay->service)->sin_port = htons((uint16_t)lookup->port);
        relay->service_length = six ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
        lookup->found = true;
    }
    task_resume(lookup->waiting);
}

static bool resolve(struct contract_relay *relay, const struct websocket_url *url)
{
    struct resolver *resolver = resolver_new(relay->loop, 1);
    struct lookup lookup = {.relay = relay, .port = url->port, .waiting = task_current()};
    (void)resolver_lookup(resolver, url->host, resolved, &lookup);
    task_park();
    resolver_free(resolver);
    return lookup.found;
}

static bool start_listening(struct contract_relay *relay)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof here;
    relay->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (relay->listener < 0 || bind(relay->listener, (struct sockaddr *)&here, sizeof here) != 0 ||
        listen(relay->listener, BACKLOG) != 0 ||
        getsockname(relay->listener, (struct sockaddr *)&here, &length) != 0)
        return false;
    relay->port = ntohs(here.sin_port);
    relay->listening = loop_io_new(relay->loop, relay->listener, arrival, relay);
    loop_io_set(relay->listening, true, false);
    return true;
}

struct contract_relay *contract_relay_open(struct contract *contract, const char *url)
{
    struct websocket_url parts;
    struct contract_relay *relay = calloc(1, sizeof *relay);
    if (!relay)
        abort();
    *relay = (struct contract_relay){.loop = contract->loop, .listener = -1, .client = -1, .server = -1};
    if (!websocket_url_read(url, &parts) && resolve(relay, &parts) && start_listening(relay))
        return relay;
    contract_wrong(contract, "the stream's host in %s cannot be reached through a relay on 127.0.0.1", url);
    contract_relay_free(relay);
    return NULL;
}

unsigned contract_relay_port(const struct contract_relay *relay)
{
    return relay->port;
}

void contract_relay_cut_after(struct contract_relay *relay, size_t bytes)
{
    relay->cut_after = bytes;
}

size_t contract_relay_passed(const struct contract_relay *relay)
{
    return relay->passed;
}

void contract_relay_free(struct contract_relay *relay)
{
    if (!relay)
        return;
    hang_up(relay);
    loop_io_free(relay->listening);
    if (relay->listener >= 0)
        (void)close(relay->listener);
    free(relay);
}
