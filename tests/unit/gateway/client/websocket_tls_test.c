#include "socket_peer.h"

#include <libwebsockets.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* A TLS server for "localhost", whose certificate only its own file vouches for. It is a process of its own:
 * libwebsockets 4.1.6 leaks when two of its contexts in one process do TLS, and the gateway has one. */
static struct {
    char folder[64], certificate[96], key[96];
    int port;
    pid_t process;
} server;

static struct peer peer;

static void write_pem(const char *path, EVP_PKEY *key, X509 *certificate)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    if (key)
        assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    else
        assert_int_equal(PEM_write_X509(file, certificate), 1);
    assert_int_equal(fclose(file), 0);
}

static void make_certificate(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    assert_true(key && certificate);
    (void)X509_set_version(certificate, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    (void)X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    (void)X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    (void)X509_set_pubkey(certificate, key);
    X509_NAME *name = X509_get_subject_name(certificate);
    (void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
    (void)X509_set_issuer_name(certificate, name);
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost");
    (void)X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    write_pem(server.certificate, NULL, certificate);
    write_pem(server.key, key, NULL);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static int serve(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    (void)user;
    (void)in;
    (void)length;
    if (reason == LWS_CALLBACK_ESTABLISHED)
        (void)lws_callback_on_writable(wsi);
    if (reason == LWS_CALLBACK_SERVER_WRITEABLE && !lws_get_opaque_user_data(wsi)) {
        unsigned char room[LWS_PRE + 5];
        lws_set_opaque_user_data(wsi, &server); /* once is enough */
        memcpy(room + LWS_PRE, "hello", 5);
        (void)lws_write(wsi, room + LWS_PRE, 5, LWS_WRITE_TEXT);
    }
    return 0;
}

static const struct lws_protocols protocols[] = {{.name = "greeting", .callback = serve}, {.name = NULL}};

/* The server's process: says on `ready` when it listens, and serves until it is killed. */
static void run_server(int ready)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct loop *loop = loop_new();
    void *loops[] = {loop_native(loop)};
    const struct lws_context_creation_info info = {
        .port = server.port,
        .iface = "127.0.0.1",
        .protocols = protocols,
        .foreign_loops = loops,
        .options = LWS_SERVER_OPTION_LIBEV | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
        .ssl_cert_filepath = server.certificate,
        .ssl_private_key_filepath = server.key,
    };
    if (lws_create_context(&info) && write(ready, "x", 1) == 1)
        loop_run(loop);
    _exit(1);
}

static bool start_server(void)
{
    int ready[2];
    char byte;
    (void)close(listen_somewhere(&server.port));
    if (pipe(ready) != 0)
        return false;
    server.process = fork();
    if (server.process == 0)
        run_server(ready[1]);
    (void)close(ready[1]);
    bool listens = server.process > 0 && read(ready[0], &byte, 1) == 1;
    (void)close(ready[0]);
    return listens;
}

static int setup_folder(void **state)
{
    (void)state;
    strcpy(server.folder, "/tmp/websocket-tls-XXXXXX");
    if (!mkdtemp(server.folder))
        return -1;
    (void)snprintf(server.certificate, sizeof server.certificate, "%s/certificate.pem", server.folder);
    (void)snprintf(server.key, sizeof server.key, "%s/key.pem", server.folder);
    make_certificate();
    return start_server() ? 0 : -1;
}

static int teardown_folder(void **state)
{
    (void)state;
    (void)kill(server.process, SIGKILL);
    (void)waitpid(server.process, NULL, 0);
    (void)unlink(server.certificate);
    (void)unlink(server.key);
    return rmdir(server.folder);
}

static int setup(void **state)
{
    (void)state;
    peer_open(&peer, server.certificate);
    return 0;
}

static int setup_stranger(void **state)
{
    (void)state;
    peer_open(&peer, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    peer_close(&peer);
    return 0;
}

static bool has_message(const struct peer *p)
{
    return p->heard.messages > 0 || p->heard.closed;
}

static void opens(const char *host)
{
    char url[100];
    (void)snprintf(url, sizeof url, "wss://%s:%d/", host, server.port);
    client_opens(&peer, (struct websocket_options){.url = url});
}

static void a_server_with_the_right_certificate_is_trusted(void **state)
{
    (void)state;
    opens("localhost");
    assert_true(wait_for(&peer, has_message));
    assert_string_equal(buffer_text(&peer.heard.message), "hello");
    websocket_close(peer.heard.socket, 1000);
    expect_closed(&peer, 0, 1000, "");
}

static void a_certificate_for_another_name_is_refused(void **state)
{
    (void)state;
    opens("127.0.0.1");
    expect_closed(&peer, 0, 0, NULL);
    assert_false(peer.heard.opened);
}

static void a_certificate_that_nobody_vouches_for_is_refused(void **state)
{
    (void)state;
    opens("localhost");
    expect_closed(&peer, 0, 0, NULL);
    assert_false(peer.heard.opened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_server_with_the_right_certificate_is_trusted, setup, teardown),
        cmocka_unit_test_setup_teardown(a_certificate_for_another_name_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_certificate_that_nobody_vouches_for_is_refused, setup_stranger,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, setup_folder, teardown_folder);
}
