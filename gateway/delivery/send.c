#include "gateway/delivery/send.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <uthash.h>

#include "gateway/clock.h"
#include "gateway/delivery/answer.h"
#include "gateway/delivery/results.h"
#include "gateway/delivery/signing.h"
#include "gateway/fed/local.h"
#include "gateway/health.h"
#include "gateway/log.h"
#include "mapping/buffer.h"

enum {
    SEND_TIMEOUT_MS = 20000,
    PUT_OFF_MS = 30000,
    REASON_SIZE = 64,
    CLAIM_KEY_MAX = 8192,
    NEIGHBOURS = 512,
};
/* PROTOCOL §2.2: a scheme that worked is remembered for 7 days, one that did not for a day. */
static const int64_t SCHEME_KEPT_MS = (int64_t)7 * 86400 * 1000;
static const int64_t SCHEME_REFUSED_MS = (int64_t)86400 * 1000;

struct sending {
    struct signing signing; /* first: the pool hands it back; its body is this one's */
    struct gateway *gateway;
    struct claim claim; /* texts in `texts` */
    char *texts;
    bool may_knock, knocked;
    struct delivery_answer answer;
    struct result result;
    int status;
    char remember[32], reason[REASON_SIZE];
    char *key;         /* "WORKER NAME": one that was buried may claim the same again */
    UT_hash_handle hh; /* by that */
};

static void start_signing(struct sending *sending);

static const char *copy_text(char **to, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*to, text, size);
    *to += size;
    return copy;
}

static void copy_claim(struct sending *sending, const struct claim *claim)
{
    const char *const *texts[] = {&claim->worker, &claim->name,  &claim->url, &claim->actor_id,
                                  &claim->aid,    &claim->kind,  &claim->id,  &claim->trace,
                                  &claim->origin, &claim->scheme};
    size_t key_size = strlen(claim->worker) + 1 + strlen(claim->name) + 1;
    size_t size = key_size;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        size += strlen(*texts[i]) + 1;
    char *to = sending->texts = malloc(size);
    if (!to)
        abort();
    sending->key = to;
    (void)snprintf(to, key_size, "%s %s", claim->worker, claim->name);
    to += key_size;
    sending->claim = (struct claim){.worker = copy_text(&to, claim->worker),
                                    .name = copy_text(&to, claim->name),
                                    .url = copy_text(&to, claim->url),
                                    .actor_id = copy_text(&to, claim->actor_id),
                                    .aid = copy_text(&to, claim->aid),
                                    .kind = copy_text(&to, claim->kind),
                                    .id = copy_text(&to, claim->id),
                                    .trace = copy_text(&to, claim->trace),
                                    .origin = copy_text(&to, claim->origin),
                                    .scheme = copy_text(&to, claim->scheme),
                                    .created = claim->created};
}

static struct sending *sending_new(struct gateway *gateway, const struct claim *claim)
{
    struct sending *sending = calloc(1, sizeof *sending);
    if (!sending)
        abort();
    sending->gateway = gateway;
    copy_claim(sending, claim);
    gateway->delivery->flying++;
    HASH_ADD_KEYPTR(hh, gateway->delivery->sendings, sending->key, strlen(sending->key), sending);
    return sending;
}

bool send_is_under_way(const struct delivery *delivery, const char *name)
{
    struct sending *sending;
    struct buffer key;
    buffer_init(&key, CLAIM_KEY_MAX);
    buffer_format(&key, "%s %s", delivery->name, name);
    HASH_FIND(hh, delivery->sendings, buffer_text(&key), key.length, sending);
    buffer_clear(&key);
    return sending != NULL;
}

static void sending_free(struct sending *sending)
{
    struct delivery *delivery = sending->gateway->delivery;
    /* The pump looked when the result was told, but perhaps it had no room. */
    if (delivery->flying-- + CLAIM_MAX > FLYING_MAX)
        rounds_kick(&delivery->pump);
    HASH_DEL(delivery->sendings, sending);
    body_unref(sending->signing.body);
    free(sending->texts);
    free(sending);
}

/* ---- the result to the store
 * --------------------------------------------------------------------------------- */

static void count_result(const struct sending *sending)
{
    static const enum health_count counts[] = {[OUTCOME_OK] = HEALTH_DELIVERED,
                                               [OUTCOME_DROP] = HEALTH_REFUSED,
                                               [OUTCOME_RETRY] = HEALTH_RETRIED,
                                               [OUTCOME_HOST] = HEALTH_UNREACHED};
    int64_t lag = clock_now_ms() - sending->claim.created;
    health_add(sending->gateway, counts[sending->answer.outcome], 1);
    if (sending->answer.outcome == OUTCOME_OK && lag > 0)
        health_add(sending->gateway, HEALTH_LAG, lag);
}

static void log_result(const struct sending *sending)
{
    static const char *const what[] = {"delivered", "a delivery was refused", "a delivery waits for a retry",
                                       "a host was not reached"};
    log_number(LOG_INFO, what[sending->answer.outcome], "status", sending->status, "trace",
               sending->claim.trace, "host", sending->claim.origin, "activity", sending->claim.id, "reason",
               strcmp(sending->reason, "http") == 0 ? NULL : sending->reason, (char *)NULL);
}

static void result_told(struct result *result)
{
    struct sending *sending = (struct sending *)((char *)result - offsetof(struct sending, result));
    log_result(sending);
    count_result(sending);
    sending_free(sending);
}

static void tell_result(struct sending *sending)
{
    static const char *const outcomes[] = {"ok", "drop", "retry", "host"};
    static const char *const healths[] = {"good", "bad", "none"};
    const struct delivery_answer *answer = &sending->answer;
    sending->result = (struct result){.worker = sending->claim.worker,
                                      .claim = sending->claim.name,
                                      .outcome = outcomes[answer->outcome],
                                      .health = healths[answer->health],
                                      .status = sending->status,
                                      .reason = sending->reason,
                                      .remember = sending->remember,
                                      .delay_ms = answer->delay_ms,
                                      .pause_ms = answer->pause_ms,
                                      .told = result_told};
    results_tell(sending->gateway->delivery->results, &sending->result);
}

/* ---- the answer
 * -------------------------------------------------------------------------------------------------- */

static double chance(void)
{
    uint32_t bits;
    if (getrandom(&bits, sizeof bits, 0) != (ssize_t)sizeof bits)
        abort();
    return bits / 4294967296.0;
}

/* The second, fourth or last part of "AN:H:PRIORITY:N:A:INBOX". */
static const char *claim_part(const char *name, int part)
{
    while (part-- > 0)
        name = strchr(name, ':') + 1;
    return name;
}

static bool is_farewell(const char *kind)
{
    return strcmp(kind, "delete") == 0 || strcmp(kind, "undo") == 0 || strcmp(kind, "leave") == 0;
}

static void remember_scheme(struct sending *sending)
{
    bool good = sending->answer.outcome == OUTCOME_OK;
    int64_t now = clock_now_ms();
    if (!sending->knocked)
        return;
    if (sending->signing.scheme == SCHEME_CAVAGE)
        (void)snprintf(sending->remember, sizeof sending->remember, "-");
    else
        (void)snprintf(sending->remember, sizeof sending->remember, "%s %" PRId64,
                       good ? "rfc9421" : "cavage", now + (good ? SCHEME_KEPT_MS : SCHEME_REFUSED_MS));
}

static void answered(void *context, struct fetch_result *result)
{
    struct sending *sending = context;
    bool taken = result->error == FETCH_OK && result->status >= 200 && result->status < 300;
    struct delivery_attempt attempt = {
        .error = result->error,
        .status = result->status,
        .retry_after_ms = result->retry_after_ms,
        .attempts = (unsigned)strtoul(claim_part(sending->claim.name, 3), NULL, 10),
        .farewell = is_farewell(sending->claim.kind),
        .chance = taken ? 0 : chance(), /* only what is tried again has a delay to spread */
    };
    sending->answer = delivery_answer(&attempt);
    sending->status = result->error == FETCH_OK ? result->status : 0;
    (void)snprintf(sending->reason, sizeof sending->reason, "%s", sending->answer.reason);
    if (sending->answer.knock && sending->may_knock && !sending->knocked) {
        sending->knocked = true;
        sending->signing.scheme = sending->signing.scheme == SCHEME_CAVAGE ? SCHEME_RFC9421 : SCHEME_CAVAGE;
        start_signing(sending);
        return;
    }
    remember_scheme(sending);
    if (sending->answer.moved || sending->answer.gone)
        inbox_trouble(sending->gateway, sending->claim.aid, sending->claim.actor_id,
                      claim_part(sending->claim.name, 5), sending->claim.url);
    tell_result(sending);
}

/* ---- signing and sending
 * ----------------------------------------------------------------------------------------- */

static void give_up(struct sending *sending, enum delivery_outcome outcome, int64_t delay_ms,
                    const char *reason)
{
    sending->answer =
        (struct delivery_answer){.outcome = outcome, .health = HEALTH_NONE, .delay_ms = delay_ms};
    (void)snprintf(sending->reason, sizeof sending->reason, "%s", reason);
    tell_result(sending);
}

/* When this worker's lease is over, another may have the claim by now, and have sent what comes after it. */
static bool is_leased(void *context)
{
    const struct sending *sending = context;
    const struct delivery *delivery = sending->gateway->delivery;
    return strcmp(sending->claim.worker, delivery->name) == 0 && loop_monotonic_ms() < delivery->leased_until;
}

/* A fan-out walks through the hosts by their numbers. */
static unsigned neighbourhood_of(const struct claim *claim)
{
    return 1 + (unsigned)(strtoul(claim_part(claim->name, 1), NULL, 10) / NEIGHBOURS);
}

static void signed_now(struct crypto_job *job)
{
    struct sending *sending = (struct sending *)job;
    if (!sending->signing.is_signed) {
        give_up(sending, OUTCOME_DROP, 0, "the address cannot be signed for");
        return;
    }
    bool cavage = sending->signing.scheme == SCHEME_CAVAGE;
    struct fetch_header headers[] = {
        {"Content-Type", DELIVERY_CONTENT_TYPE},
        {"Date", sending->signing.date},
        {cavage ? "Digest" : "Content-Digest", cavage ? body_digest_header(sending->signing.body)
                                                      : body_content_digest_header(sending->signing.body)},
        {"Signature", sending->signing.signature},
        {"Signature-Input", sending->signing.input},
    };
    struct fetch_request request = {.method = "POST",
                                    .url = sending->claim.url,
                                    .headers = headers,
                                    .header_count = cavage ? 4 : 5,
                                    .timeout_ms = SEND_TIMEOUT_MS,
                                    .neighbourhood = neighbourhood_of(&sending->claim),
                                    .may_send = is_leased};
    request.body = body_text(sending->signing.body, &request.body_length);
    fetch_start(sending->gateway->fetch, &request, answered, sending);
}

static void start_signing(struct sending *sending)
{
    sending->signing.url = sending->claim.url;
    if (!ahead_take(sending->gateway->delivery->ahead, &sending->signing, signed_now))
        signing_start(&sending->signing, sending->gateway, signed_now);
}

static void choose_scheme(struct sending *sending)
{
    const char *scheme = sending->claim.scheme;
    size_t length = strcspn(scheme, " ");
    bool valid = scheme[length] == ' ' && strtoll(scheme + length, NULL, 10) > clock_now_ms();
    sending->may_knock = true;
    if (valid && length == 7 && memcmp(scheme, "rfc9421", 7) == 0)
        sending->signing.scheme = SCHEME_RFC9421;
    else if (valid)
        sending->may_knock = false; /* the other scheme was refused within the last day */
}

void send_claim(struct gateway *gateway, const struct claim *claim, struct body *body,
                const struct signer *signer)
{
    struct sending *sending = sending_new(gateway, claim);
    sending->signing.body = body;
    sending->signing.signer = signer;
    choose_scheme(sending);
    if (gateway->delivery->flying == 1 && strcmp(claim->kind, "create") == 0)
        ahead_note(gateway->delivery->ahead, claim->aid, claim->url, sending->signing.scheme);
    if (claim->url[0] == '\0' || local_is_ours(gateway->config, claim->url))
        give_up(sending, OUTCOME_DROP, 0, "the address is our own or unknown");
    else
        start_signing(sending);
}

void send_put_off(struct gateway *gateway, const struct claim *claim, const char *reason)
{
    struct sending *sending = sending_new(gateway, claim);
    give_up(sending, OUTCOME_HOST, PUT_OFF_MS, reason);
}
