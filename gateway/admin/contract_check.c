/* `drawbridge contract check`: what the words say, the run, the exit code. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "gateway/admin/commands.h"
#include "gateway/admin/contract.h"

enum {
    EXIT_GOOD,
    EXIT_WRONG,
    EXIT_USAGE,
    EXIT_UNREACHABLE,
    CHECKS_MAX = 64,
    TASKS_MAX = 128,
    FETCHES_MAX = 64,
    TOKEN_BYTES_MAX = 512,
    PACE_PART = 9 /* tenths of the permitted rate are used */
};

struct words {
    const char *url, *token_file, *only, *webhook, *webhook_secret_file;
    int level; /* -1: the service's own */
    bool json, list;
};

struct check_run {
    struct contract contract;
    struct contract_check checks[CHECKS_MAX];
    struct contract_outcome *outcomes;
    size_t count;
    const struct words *words;
    struct webhook_secret hook_secret;
    int code;
};

/* ---- the list ---- */

static void gather(struct check_run *run)
{
    const struct contract_check *const lists[] = {
        contract_checks_read,     contract_checks_pages,   contract_checks_poll,   contract_checks_websocket,
        contract_checks_webhook,  contract_checks_events,  contract_checks_remote, contract_checks_social,
        contract_checks_timeline, contract_checks_reports, contract_checks_last};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        for (const struct contract_check *check = lists[i]; check->name; check++) {
            if (run->count == CHECKS_MAX)
                abort();
            run->checks[run->count++] = *check;
        }
}

static void print_list(const struct check_run *run)
{
    for (size_t i = 0; i < run->count; i++)
        (void)printf("L%d  %-22s %-6s %s\n", run->checks[i].level, run->checks[i].name,
                     run->checks[i].section, run->checks[i].sentence);
}

/* What others stand on: it is run for a single check too. */
static bool is_ground(const char *name)
{
    static const char *const ground[] = {"consent", "accounts", "posts", "actor", "reply"};
    for (size_t i = 0; i < sizeof ground / sizeof ground[0]; i++)
        if (strcmp(ground[i], name) == 0)
            return true;
    return false;
}

/* ---- discovery ---- */

static const struct {
    const char *name;
    unsigned feature;
} features[] = {{"events.poll", FEATURE_POLL},
                {"events.ws", FEATURE_WEBSOCKET},
                {"events.webhook", FEATURE_WEBHOOK},
                {"remote_posts", FEATURE_REMOTE_POSTS},
                {"remote_relations", FEATURE_REMOTE_RELATIONS},
                {"timeline", FEATURE_TIMELINE},
                {"reports", FEATURE_REPORTS},
                {"sandbox", FEATURE_SANDBOX}};

static unsigned read_features(const json_t *list)
{
    unsigned out = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        for (size_t j = 0; name && j < sizeof features / sizeof features[0]; j++)
            if (strcmp(features[j].name, name) == 0)
                out |= features[j].feature;
    }
    return out;
}

/* Learns where the service is and what it can do; NULL or what is wrong. */
static const char *discover(struct contract *contract, char *error, size_t error_size)
{
    char url[1200];
    (void)snprintf(url, sizeof url, "%s/.well-known/drawbridge", contract->base);
    struct contract_answer answer =
        contract_ask(contract, &(struct contract_ask){.method = "GET", .path = url, .token = ""});
    const char *wrong = NULL;
    if (!answer.status)
        (void)snprintf(error, error_size, "%s does not answer: %s", url, answer.error);
    else if (answer.status != 200 || !json_is_object(answer.body))
        (void)snprintf(error, error_size,
                       "%s answered %d%s; it must be 200 with the discovery document (docs/contract §3.1)",
                       url, answer.status, answer.status == 200 ? " without a JSON object" : "");
    else if (!contract_text(answer.body, "api")[0])
        (void)snprintf(error, error_size, "%s does not name the 'api' (docs/contract §3.1)", url);
    if (error[0])
        wrong = error;
    if (!wrong) {
        contract->discovery = json_incref(answer.body);
        (void)snprintf(contract->api, sizeof contract->api, "%s", contract_text(answer.body, "api"));
        (void)snprintf(contract->stream, sizeof contract->stream, "%s", contract_text(answer.body, "stream"));
        contract->features = read_features(json_object_get(answer.body, "features"));
        int64_t level = contract_number(answer.body, "level");
        if (level >= 2)
            contract->features |= FEATURE_REMOTE_POSTS;
        if (level >= 3)
            contract->features |= FEATURE_REMOTE_RELATIONS;
        if (contract->level < 0)
            contract->level = level < 0 ? 0 : level >= CONTRACT_LEVELS ? CONTRACT_LEVELS - 1 : (int)level;
        int64_t rate = contract_limit(contract, NULL, "requests_per_minute", 0);
        contract->requests_per_minute =
            rate > 0 && rate < 1000000 ? (unsigned)(rate * PACE_PART / 10) + 1 : 0;
    }
    contract_answer_clear(&answer);
    return wrong;
}

/* ---- the run ---- */

static const char *name_of_need(const struct contract *contract, unsigned needs)
{
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++)
        if ((features[i].feature & needs) && !(features[i].feature & contract->features))
            return features[i].name;
    return NULL;
}

static bool needs_webhook(const struct contract *contract, const struct contract_check *check)
{
    return !contract->hooks &&
           ((check->needs & FEATURE_WEBHOOK) || contract_carrier(contract) == CONTRACT_BY_NONE);
}

static void run_check(struct check_run *run, size_t index)
{
    struct contract *contract = &run->contract;
    const struct contract_check *check = &run->checks[index];
    contract->outcome = &run->outcomes[index];
    contract->outcome->state = CONTRACT_GOOD;
    const char *missing = name_of_need(contract, check->needs);
    bool on_account = check->level >= 1 || (check->needs & FEATURE_ACCOUNT);
    if (missing) {
        char reason[128];
        (void)snprintf(reason, sizeof reason, "the service does not list the feature %s", missing);
        contract_skip(contract, reason);
    } else if (check->level == 1 && needs_webhook(contract, check)) {
        contract_skip(contract,
                      "the service POSTs its events; to take them here give --webhook ADDRESS:PORT and "
                      "--webhook-secret-file FILE, and let it POST to http://ADDRESS:PORT/");
    } else if (on_account && !contract->account[0]) {
        contract_skip(contract, "there is no federated account to work on");
    } else if (check->level >= 2 && !contract->post[0]) {
        contract_skip(contract, "there is no public post to work on");
    } else {
        int64_t began = loop_monotonic_ms();
        contract->stream_taken = false;
        check->run(contract);
        if (contract->stream_taken && !contract_good(contract))
            contract_wrong(contract,
                           "another session took the stream over meanwhile (4409): let no gateway be "
                           "connected to the service while it is checked");
        contract->outcome->took_ms = loop_monotonic_ms() - began;
    }
}

/* What the checks left on the service goes; whether that went well is nobody's finding. */
static void tidy(struct contract *contract)
{
    struct contract_outcome *forgotten = calloc(1, sizeof *forgotten);
    if (!forgotten)
        abort();
    contract->outcome = forgotten;
    if (contract->actor[0])
        json_decref(contract_must(contract, "DELETE", 204, NULL, NULL, "/remote-actors/%s", contract->actor));
    if (contract->hidden[0])
        json_decref(
            contract_sandbox(contract, "federation", "{s:s, s:b}", "account", contract->hidden, "on", 0));
    if (contract->hooks)
        contract_hooks_settle(contract);
    contract->outcome = NULL;
    free(forgotten);
}

static void run_checks(struct check_run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        const char *only = run->words->only;
        if (run->checks[i].level <= run->contract.level &&
            (!only || strcmp(only, run->checks[i].name) == 0 || is_ground(run->checks[i].name)))
            run_check(run, i);
    }
    tidy(&run->contract);
    size_t wrong = (run->words->json ? contract_print_json : contract_print)(run->checks, run->outcomes,
                                                                             run->count, &run->contract);
    run->code = wrong ? EXIT_WRONG : EXIT_GOOD;
}

static void run_task(void *context)
{
    struct check_run *run = context;
    char error[1500] = "";
    const char *wrong = discover(&run->contract, error, sizeof error);
    if (wrong) {
        (void)fprintf(stderr, "drawbridge: %s\n", wrong);
        run->code = EXIT_UNREACHABLE;
    } else {
        run_checks(run);
    }
    loop_stop(run->contract.loop);
}

static void make_run_name(char out[16])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned char bytes[10];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        abort();
    for (size_t i = 0; i < sizeof bytes; i++)
        out[i] = letters[bytes[i] & 31];
    out[sizeof bytes] = '\0';
}

static int run_all(struct check_run *run)
{
    struct contract *contract = &run->contract;
    char error[256] = "";
    const struct fetch_options fetches = {.lab = true,
                                          .user_agent = "drawbridge-contract-check/" DRAWBRIDGE_VERSION,
                                          .per_host_max = FETCHES_MAX,
                                          .total_max = FETCHES_MAX};
    make_run_name(contract->run);
    contract->loop = loop_new();
    contract->tasks = task_pool_new(contract->loop, TASKS_MAX);
    contract->fetch = fetch_client_new(contract->loop, &fetches, error, sizeof error);
    contract->websockets = websocket_client_new(contract->loop, NULL);
    run->code = EXIT_UNREACHABLE;
    if (!contract->fetch)
        (void)fprintf(stderr, "drawbridge: the HTTP client cannot start: %s\n", error);
    else if (contract->hook_listen && !contract_hooks_open(contract, &run->hook_secret, error, sizeof error))
        (void)fprintf(stderr, "drawbridge: webhooks cannot be taken at %s: %s\n", contract->hook_listen,
                      error);
    else if (task_spawn(contract->tasks, run_task, run))
        loop_run(contract->loop);
    contract_hooks_close(contract);
    websocket_client_free(contract->websockets);
    fetch_client_free(contract->fetch);
    task_pool_free(contract->tasks);
    loop_free(contract->loop);
    json_decref(contract->discovery);
    return run->code;
}

/* ---- words ---- */

static bool read_secret(const char *path, const char *word, char out[TOKEN_BYTES_MAX])
{
    FILE *file = fopen(path, "re");
    bool good = file && fgets(out, TOKEN_BYTES_MAX, file);
    if (!good)
        (void)fprintf(stderr, "drawbridge: the file %s cannot be read: %s; name the file with %s\n", path,
                      file ? "it is empty" : strerror(errno), word);
    else
        out[strcspn(out, " \t\r\n")] = '\0';
    if (file)
        (void)fclose(file);
    return good && out[0];
}

static bool read_hook_secret(const char *path, struct webhook_secret *out)
{
    char text[TOKEN_BYTES_MAX];
    bool read = read_secret(path, "--webhook-secret-file", text);
    bool good = read && webhook_secret_read(text, out);
    if (read && !good)
        (void)fprintf(
            stderr,
            "drawbridge: %s holds no secret of webhooks; it must be whsec_ and the base64 of 24 to 64 "
            "bytes (docs/contract §4.5)\n",
            path);
    explicit_bzero(text, sizeof text);
    return good;
}

static const char *take_word(struct words *words, int count, char **list, int *at)
{
    const char *word = list[*at];
    const char *value = *at + 1 < count ? list[*at + 1] : NULL;
    if (strcmp(word, "--json") == 0) {
        words->json = true;
        return NULL;
    }
    if (strcmp(word, "--list") == 0) {
        words->list = true;
        return NULL;
    }
    if (word[0] != '-') {
        if (words->url)
            return "more than one URL";
        words->url = word;
        return NULL;
    }
    if (!value)
        return word;
    ++*at;
    if (strcmp(word, "--token-file") == 0)
        words->token_file = value;
    else if (strcmp(word, "--only") == 0)
        words->only = value;
    else if (strcmp(word, "--webhook") == 0)
        words->webhook = value;
    else if (strcmp(word, "--webhook-secret-file") == 0)
        words->webhook_secret_file = value;
    else if (strcmp(word, "--level") == 0 && strlen(value) == 1 && *value >= '0' &&
             *value < '0' + CONTRACT_LEVELS)
        words->level = *value - '0';
    else
        return word;
    return NULL;
}

static int misused(const char *why)
{
    (void)fprintf(stderr, "drawbridge: wrong words for 'contract': %s\n\n%s", why, command_help("contract"));
    return EXIT_USAGE;
}

static bool is_check(const struct check_run *run, const char *name)
{
    for (size_t i = 0; i < run->count; i++)
        if (strcmp(run->checks[i].name, name) == 0)
            return true;
    return false;
}

static int check_with(struct check_run *run, const struct words *words)
{
    char token[TOKEN_BYTES_MAX];
    char base[1024];
    size_t length = words->url ? strlen(words->url) : 0;
    while (length && words->url[length - 1] == '/')
        length--;
    if (!length || length >= sizeof base)
        return misused("the URL is missing");
    if (!words->token_file)
        return misused("--token-file is missing");
    if (words->only && !is_check(run, words->only))
        return misused("--only names no check; --list tells them");
    if (!words->webhook != !words->webhook_secret_file)
        return misused("--webhook and --webhook-secret-file need one another");
    if (!read_secret(words->token_file, "--token-file", token) ||
        (words->webhook && !read_hook_secret(words->webhook_secret_file, &run->hook_secret)))
        return EXIT_USAGE;
    (void)snprintf(base, sizeof base, "%.*s", (int)length, words->url);
    run->words = words;
    run->contract.base = base;
    run->contract.token = token;
    run->contract.level = words->level;
    run->contract.hook_listen = words->webhook;
    run->outcomes = calloc(CHECKS_MAX, sizeof *run->outcomes);
    if (!run->outcomes)
        abort();
    int code = run_all(run);
    free(run->outcomes);
    explicit_bzero(token, sizeof token);
    explicit_bzero(&run->hook_secret, sizeof run->hook_secret);
    return code;
}

int command_contract(int count, char **list)
{
    struct words words = {.level = -1};
    if (count < 1 || strcmp(list[0], "check") != 0)
        return misused("there is: check");
    for (int i = 1; i < count; i++) {
        const char *wrong = take_word(&words, count, list, &i);
        if (wrong)
            return misused(wrong);
    }
    struct check_run *run = calloc(1, sizeof *run);
    if (!run)
        abort();
    gather(run);
    int code = EXIT_GOOD;
    if (words.list)
        print_list(run);
    else
        code = check_with(run, &words);
    free(run);
    return code;
}
