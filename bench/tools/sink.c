/* A server that takes every POST: sink PORT STATS_PORT DELAY_MS [CA_PEM CA_KEY_PEM]. It listens on all of
 * 127.0.0.0/8, so that each address of it is another host, answers 202 (after the delay) and keeps
 * connections alive. With a certificate authority it speaks TLS, each address with a certificate of its own,
 * made when it is first asked for. Any request to STATS_PORT is answered {"posts": N}. One thread. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 65536, HEAD_MAX = 4096, EVENTS = 512, DUE_MAX = 1 << 17, ADDRESSES = 1 << 17 };

struct connection {
    SSL *tls;         /* NULL: none */
    size_t length;    /* bytes of the head so far */
    size_t body_left; /* of the body that is being thrown away */
    char head[HEAD_MAX];
};

struct due {
    int64_t at;
    int descriptor;
    unsigned generation;
};

static struct connection *connections[CONNECTIONS_MAX];
static unsigned generations[CONNECTIONS_MAX];
static struct due due[DUE_MAX]; /* a ring; the delay is the same for all, so it is in order */
static size_t due_first, due_count;
static int64_t delay_ms;
static unsigned long posts;

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- TLS: a certificate for each address
 * ------------------------------------------------------------------------------------- */

static SSL_CTX *context; /* NULL: no TLS */
static X509 *authority;
static EVP_PKEY *authority_key, *own_key;
static struct certificate {
    uint32_t address;
    X509 *certificate;
} certificates[ADDRESSES]; /* by the address's lower bits; a full place is looked for further on */

static X509 *make_certificate(uint32_t address)
{
    char name[64];
    char text[INET_ADDRSTRLEN];
    struct in_addr in = {.s_addr = htonl(address)};
    X509 *certificate = X509_new();
    if (!certificate || !inet_ntop(AF_INET, &in, text, sizeof text))
        abort();
    (void)snprintf(name, sizeof name, "IP:%s", text);
    X509V3_CTX extension_context;
    X509V3_set_ctx(&extension_context, authority, certificate, NULL, NULL, 0);
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, &extension_context, NID_subject_alt_name, name);
    if (!names || X509_set_version(certificate, 2) != 1 ||
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), (long)address) != 1 ||
        !X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) ||
        !X509_gmtime_adj(X509_getm_notAfter(certificate), 86400) ||
        X509_set_issuer_name(certificate, X509_get_subject_name(authority)) != 1 ||
        X509_set_pubkey(certificate, own_key) != 1 || X509_add_ext(certificate, names, -1) != 1 ||
        X509_sign(certificate, authority_key, EVP_sha256()) == 0)
        abort();
    X509_EXTENSION_free(names);
    return certificate;
}

static X509 *certificate_of(uint32_t address)
{
    struct certificate *at = &certificates[address % ADDRESSES];
    while (at->certificate && at->address != address)
        at = at == certificates + ADDRESSES - 1 ? certificates : at + 1;
    if (!at->certificate)
        *at = (struct certificate){address, make_certificate(address)};
    return at->certificate;
}

static void start_tls(const char *certificate_path, const char *key_path)
{
    FILE *certificate_file = fopen(certificate_path, "re");
    FILE *key_file = fopen(key_path, "re");
    context = SSL_CTX_new(TLS_server_method());
    authority = certificate_file ? PEM_read_X509(certificate_file, NULL, NULL, NULL) : NULL;
    authority_key = key_file ? PEM_read_PrivateKey(key_file, NULL, NULL, NULL) : NULL;
    own_key = EVP_EC_gen("P-256");
    if (!context || !authority || !authority_key || !own_key)
        exit(2);
    (void)fclose(certificate_file);
    (void)fclose(key_file);
    (void)SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}

static SSL *tls_new(int descriptor)
{
    struct sockaddr_in here = {0};
    socklen_t length = sizeof here;
    SSL *tls = SSL_new(context);
    if (!tls || getsockname(descriptor, (struct sockaddr *)&here, &length) != 0 ||
        SSL_use_certificate(tls, certificate_of(ntohl(here.sin_addr.s_addr))) != 1 ||
        SSL_use_PrivateKey(tls, own_key) != 1 || SSL_set_fd(tls, descriptor) != 1)
        abort();
    SSL_set_accept_state(tls);
    return tls;
}

/* ---- connections
 * ------------------------------------------------------------------------------------------------------------
 */

static void hang_up(int descriptor)
{
    SSL_free(connections[descriptor]->tls);
    free(connections[descriptor]);
    connections[descriptor] = NULL;
    generations[descriptor]++;
    (void)close(descriptor);
}

static void answer_post(int descriptor)
{
    static const char accepted[] = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
    const int length = (int)sizeof accepted - 1;
    SSL *tls = connections[descriptor]->tls;
    int sent = tls ? SSL_write(tls, accepted, length)
                   : (int)send(descriptor, accepted, (size_t)length, MSG_NOSIGNAL);
    if (sent != length)
        hang_up(descriptor);
}

static void finished(int descriptor, struct connection *connection)
{
    connection->length = 0;
    posts++;
    if (!delay_ms) {
        answer_post(descriptor);
    } else if (due_count < DUE_MAX) {
        due[(due_first + due_count++) % DUE_MAX] =
            (struct due){now_ms() + delay_ms, descriptor, generations[descriptor]};
    }
}

/* The head is whole: how long is the body? */
static size_t body_length(const char *head)
{
    const char *at = strcasestr(head, "\r\ncontent-length:");
    return at ? strtoul(at + 17, NULL, 10) : 0;
}

static void take(int descriptor, struct connection *connection, const char *bytes, size_t length)
{
    while (length) {
        if (connection->body_left) {
            size_t some = length < connection->body_left ? length : connection->body_left;
            connection->body_left -= some;
            bytes += some;
            length -= some;
        } else {
            if (connection->length + 1 >= HEAD_MAX) {
                hang_up(descriptor);
                return;
            }
            connection->head[connection->length++] = *bytes++;
            length--;
            connection->head[connection->length] = '\0';
            if (connection->length < 4 ||
                memcmp(connection->head + connection->length - 4, "\r\n\r\n", 4) != 0)
                continue;
            connection->body_left = body_length(connection->head);
        }
        if (connection->body_left)
            continue;
        finished(descriptor, connection);
        if (connections[descriptor] != connection)
            return;
    }
}

/* Reads once; false when there is nothing, or the connection is gone. */
static bool read_some(int descriptor, struct connection *connection)
{
    static char bytes[65536];
    int length;
    if (connection->tls) {
        length = SSL_read(connection->tls, bytes, sizeof bytes);
        if (length <= 0 && SSL_get_error(connection->tls, length) == SSL_ERROR_WANT_READ)
            return false;
    } else {
        length = (int)recv(descriptor, bytes, sizeof bytes, 0);
        if (length < 0 && (errno == EAGAIN || errno == EINTR))
            return false;
    }
    if (length <= 0) {
        hang_up(descriptor);
        return false;
    }
    take(descriptor, connection, bytes, (size_t)length);
    return connections[descriptor] == connection && connection->tls;
}

static void readable(int descriptor)
{
    while (read_some(descriptor, connections[descriptor]))
        ;
}

static void arrive(int listener, int epoll)
{
    int one = 1;
    int descriptor;
    while ((descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if (descriptor >= CONNECTIONS_MAX) {
            (void)close(descriptor);
            continue;
        }
        connections[descriptor] = calloc(1, sizeof *connections[descriptor]);
        if (!connections[descriptor])
            abort();
        (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (context)
            connections[descriptor]->tls = tls_new(descriptor);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
        (void)epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
    }
}

static void tell(int listener)
{
    char body[64];
    char text[256];
    int descriptor = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (descriptor < 0)
        return;
    int size = snprintf(body, sizeof body, "{\"posts\": %lu}", posts);
    int length = snprintf(text, sizeof text,
                          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                          "Content-Length: %d\r\n\r\n%s",
                          size, body);
    char request[4096];
    (void)!recv(descriptor, request, sizeof request, 0);
    (void)!send(descriptor, text, (size_t)length, MSG_NOSIGNAL);
    (void)close(descriptor);
}

static void answer_due(void)
{
    int64_t now = now_ms();
    while (due_count && due[due_first].at <= now) {
        struct due one = due[due_first];
        due_first = (due_first + 1) % DUE_MAX;
        due_count--;
        if (generations[one.descriptor] == one.generation && connections[one.descriptor])
            answer_post(one.descriptor);
    }
}

static int open_listener(const char *port, in_addr_t address, int epoll)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    int one = 1;
    here.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    if (bind(listener, (struct sockaddr *)&here, sizeof here) != 0 || listen(listener, 4096) != 0 ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0) {
        perror("sink");
        exit(1);
    }
    return listener;
}

int main(int count, char **words)
{
    struct rlimit limit;
    if (count != 4 && count != 6)
        return 2;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    delay_ms = strtol(words[3], NULL, 10);
    if (count == 6)
        start_tls(words[4], words[5]);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    int listener = open_listener(words[1], INADDR_ANY, epoll);
    int stats = open_listener(words[2], INADDR_LOOPBACK, epoll);
    for (;;) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(epoll, events, EVENTS, due_count ? 1 : 1000);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == listener)
                arrive(listener, epoll);
            else if (events[i].data.fd == stats)
                tell(stats);
            else if (connections[events[i].data.fd])
                readable(events[i].data.fd);
        }
        answer_due();
    }
}
