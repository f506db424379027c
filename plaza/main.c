/* Plaza: a small centralized platform to try and test drawbridge with. */
#include <arpa/inet.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plaza/accounts.h"
#include "plaza/contract.h"
#include "plaza/outbox.h"
#include "plaza/server.h"

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static const char help[] =
    "Plaza is a small social platform to try and test drawbridge with. People sign in as demo users, "
    "without\n"
    "passwords: do not put it on a public address.\n"
    "\n"
    "  plaza --listen ADDRESS:PORT --database FILE --token-file FILE --fediverse-host HOST [options]\n"
    "\n"
    "  --listen ADDRESS:PORT     where to serve (IPv4; port 0 takes any free one)\n"
    "  --database FILE           SQLite file; made when it is not there\n"
    "  --token-file FILE         the gateway's bearer token, one a line, at most two\n"
    "  --fediverse-host HOST     the server part of members' fediverse addresses, @name@HOST\n"
    "  --public-url URL          how Plaza is reached, when not as it listens\n"
    "  --heartbeat SECONDS       a mark on idle streams every so often (default 30)\n"
    "  --requests-per-minute N   what the gateway may ask (default 6000)\n"
    "  --webhook URL             POST events there, too: the gateway's /hooks/contract/NAME\n"
    "  --webhook-secret-file FILE  the secret that signs them, whsec_…\n"
    "  --owner-pages URL         where members get a way in to their pages at the gateway: its\n"
    "                            /hooks/contract/NAME/sign-in; signed with the same secret\n"
    "  --new-epoch               forget all events and begin a new epoch of them\n"
    "  --test-api                serve /test/ for tests and scripted demos (loopback only)\n"
    "  --help                    this text\n"
    "\n"
    "Examples:\n"
    "  printf 'dbg_%s\\n' \"$(openssl rand -hex 24)\" > plaza.token\n"
    "  plaza --listen 127.0.0.1:8081 --database plaza.db --token-file plaza.token --fediverse-host "
    "localhost:8080\n"
    "  curl -H \"Authorization: Bearer $(cat plaza.token)\" "
    "'http://127.0.0.1:8081/v1/accounts?federated=1'\n";

static int usage_error(const char *what, const char *remedy)
{
    fprintf(stderr, "plaza: %s. %s\n", what, remedy);
    return 2;
}

static bool parse_listen(const char *text, struct options *options)
{
    const char *colon = strrchr(text, ':');
    struct in_addr ignored;
    if (!colon || (size_t)(colon - text) >= sizeof options->address || !colon[1] || strlen(colon + 1) > 5 ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return false;
    snprintf(options->address, sizeof options->address, "%.*s", (int)(colon - text), text);
    options->port = (int)strtol(colon + 1, NULL, 10);
    return options->port <= 65535 && inet_pton(AF_INET, options->address, &ignored) == 1;
}

static bool parse_number(const char *text, int minimum, int maximum, int *number)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (!*text || *end || value < minimum || value > maximum)
        return false;
    *number = (int)value;
    return true;
}

enum {
    OPTION_LISTEN = 1,
    OPTION_DATABASE,
    OPTION_TOKENS,
    OPTION_HOST,
    OPTION_URL,
    OPTION_HEARTBEAT,
    OPTION_RATE,
    OPTION_WEBHOOK,
    OPTION_SECRET,
    OPTION_PAGES,
    OPTION_EPOCH,
    OPTION_TEST,
    OPTION_HELP
};

static const struct option long_options[] = {{"listen", required_argument, NULL, OPTION_LISTEN},
                                             {"database", required_argument, NULL, OPTION_DATABASE},
                                             {"token-file", required_argument, NULL, OPTION_TOKENS},
                                             {"fediverse-host", required_argument, NULL, OPTION_HOST},
                                             {"public-url", required_argument, NULL, OPTION_URL},
                                             {"heartbeat", required_argument, NULL, OPTION_HEARTBEAT},
                                             {"requests-per-minute", required_argument, NULL, OPTION_RATE},
                                             {"webhook", required_argument, NULL, OPTION_WEBHOOK},
                                             {"webhook-secret-file", required_argument, NULL, OPTION_SECRET},
                                             {"owner-pages", required_argument, NULL, OPTION_PAGES},
                                             {"new-epoch", no_argument, NULL, OPTION_EPOCH},
                                             {"test-api", no_argument, NULL, OPTION_TEST},
                                             {"help", no_argument, NULL, OPTION_HELP},
                                             {0}};

/* NULL, or what is wrong with the value. */
static const char *take_option(struct options *options, int option, const char *value)
{
    switch (option) {
    case OPTION_LISTEN:
        return parse_listen(value, options)
                   ? NULL
                   : "--listen needs an IPv4 address and a port, as in 127.0.0.1:8081";
    case OPTION_DATABASE:
        options->database = value;
        return NULL;
    case OPTION_TOKENS:
        options->token_file = value;
        return NULL;
    case OPTION_HOST:
        options->fediverse_host = value;
        return *value && strlen(value) <= 255 && !strpbrk(value, "/@ ")
                   ? NULL
                   : "--fediverse-host needs a host name without a scheme, as in plaza.example";
    case OPTION_URL:
        options->public_url = value;
        return text_is_web_url(value) && strlen(value) < 200 && value[strlen(value) - 1] != '/'
                   ? NULL
                   : "--public-url needs an http or https address without a slash at its end";
    case OPTION_HEARTBEAT:
        return parse_number(value, 1, 3600, &options->heartbeat_s) ? NULL
                                                                   : "--heartbeat needs 1 to 3600 seconds";
    case OPTION_RATE:
        return parse_number(value, 1, 100000000, &options->requests_per_minute)
                   ? NULL
                   : "--requests-per-minute needs a number above 0";
    case OPTION_WEBHOOK:
        options->webhook = value;
        return NULL;
    case OPTION_SECRET:
        options->webhook_secret_file = value;
        return NULL;
    case OPTION_PAGES:
        options->owner_pages = value;
        return NULL;
    case OPTION_EPOCH:
        options->new_epoch = true;
        return NULL;
    case OPTION_TEST:
        options->test_api = true;
        return NULL;
    default:
        return "that option is not known";
    }
}

static const char *what_is_missing(const struct options *options)
{
    if (!options->address[0])
        return "--listen is missing";
    if (!options->database)
        return "--database is missing";
    if (!options->token_file)
        return "--token-file is missing";
    if (!options->fediverse_host)
        return "--fediverse-host is missing";
    if ((options->webhook || options->owner_pages) != (options->webhook_secret_file != NULL))
        return "--webhook and --owner-pages need --webhook-secret-file, which is of no use without them";
    if (options->test_api && strncmp(options->address, "127.", 4) != 0)
        return "--test-api lets anybody act as any member, so it needs a loopback address in --listen";
    return NULL;
}

static bool prepare(struct plaza *plaza, char *error, size_t size)
{
    if (!contract_read_tokens(plaza, error, size))
        return false;
    struct database *database = &plaza->database;
    bool good = database_open(database, plaza->options.database) && database_begin(database, true);
    if (good) {
        accounts_seed(database);
        database_meta(database, "epoch", plaza->epoch, sizeof plaza->epoch);
        if (!plaza->epoch[0] || plaza->options.new_epoch)
            outbox_new_epoch(database);
        database_meta(database, "epoch", plaza->epoch, sizeof plaza->epoch);
        good = database_end(database, true);
    }
    if (good)
        outbox_prune(database);
    else
        snprintf(error, size,
                 "the database %s cannot be used: %s. Name a file in a folder that can be written with "
                 "--database.",
                 plaza->options.database, database->error);
    return good;
}

static int serve(struct plaza *plaza)
{
    char error[1024];
    struct server server = {0};
    bool good = prepare(plaza, error, sizeof error) && server_start(&server, plaza, error, sizeof error);
    if (good) {
        printf("plaza: listening on %s\n", plaza->url);
        fflush(stdout);
        server_run(&server, &stop);
    } else
        fprintf(stderr, "plaza: %s\n", error);
    server_free(&server);
    database_close(&plaza->database);
    return good ? 0 : 1;
}

int main(int count, char **arguments)
{
    struct plaza plaza = {.options = {.heartbeat_s = 30, .requests_per_minute = 6000}};
    int option;
    opterr = 0;
    while ((option = getopt_long(count, arguments, "", long_options, NULL)) != -1) {
        if (option == OPTION_HELP) {
            fputs(help, stdout);
            return 0;
        }
        const char *wrong = take_option(&plaza.options, option, optarg);
        if (wrong)
            return usage_error(wrong, "plaza --help lists the options.");
    }
    const char *missing = optind < count ? "only options are taken" : what_is_missing(&plaza.options);
    if (missing)
        return usage_error(missing, "plaza --help shows examples.");
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    return serve(&plaza);
}
