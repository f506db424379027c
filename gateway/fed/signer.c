#include "gateway/fed/signer.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "gateway/clock.h"
#include "gateway/log.h"
#include "gateway/sig/cavage.h"
#include "gateway/sig/digest.h"
#include "gateway/sig/http_date.h"
#include "gateway/sig/key.h"
#include "gateway/sig/key_memory.h"
#include "gateway/sig/ld_signature.h"
#include "gateway/sig/rfc9421.h"
#include "gateway/store/accounts.h"

enum { ACCOUNTS_KEPT = 4096, IDLE_MS = 600000, IDLE_SHORT_MS = 60000, LOAD_BUDGET = 1 << 20 };

struct cached_signer {
    struct signer signer;
    char *name, *key_id, *pem;
    int64_t used;       /* ms, monotonic */
    int64_t generation; /* of an account's key */
    UT_hash_handle hh;
};

struct signer_cache {
    struct cached_signer *instances; /* by authority; as many as hosts are configured */
    struct cached_signer *accounts;  /* by AID; in the order of their last use */
    struct cached_signer *retired; /* whose key was changed: work may still hold them; by KEY_ID and number */
    unsigned retirements;
    struct task_gate making; /* of an instance's key: one at a time, since all who wait want the same */
};

/* ---- work for the crypto pool
 * --------------------------------------------------------------------------------------- */

struct key_work {
    const unsigned char *secret;
    struct private_key *key;
    char *pem;
    unsigned char *sealed; /* what was made */
    const void *to_open;
    size_t sealed_length; /* of either */
};

static void make_work(void *context)
{
    struct key_work *work = context;
    work->key = private_key_generate();
    work->pem = private_key_public_pem(work->key);
    private_key_seal(work->key, work->secret, &work->sealed, &work->sealed_length);
}

static void open_work(void *context)
{
    struct key_work *work = context;
    work->key = private_key_open(work->secret, work->to_open, work->sealed_length);
    if (work->key)
        work->pem = private_key_public_pem(work->key);
}

void signer_make_key(struct gateway *gateway, char **public_key_pem, unsigned char **sealed,
                     size_t *sealed_length)
{
    struct key_work work = {.secret = gateway->config->key_secret};
    crypto_pool_run(gateway->crypto, make_work, &work);
    private_key_free(work.key);
    *public_key_pem = work.pem;
    *sealed = work.sealed;
    *sealed_length = work.sealed_length;
}

/* ---- the cache
 * ------------------------------------------------------------------------------------------------------ */

static struct signer_cache *cache_of(struct gateway *gateway)
{
    if (!gateway->signers) {
        gateway->signers = calloc(1, sizeof *gateway->signers);
        if (!gateway->signers)
            abort();
        task_gate_init(&gateway->signers->making, 1);
    }
    return gateway->signers;
}

static void drop(struct cached_signer **table, struct cached_signer *entry)
{
    HASH_DEL(*table, entry);
    private_key_free(entry->signer.key);
    free(entry->name);
    free(entry->key_id);
    free(entry->pem);
    free(entry);
}

static struct cached_signer *find(struct cached_signer **table, const char *name)
{
    struct cached_signer *entry;
    HASH_FIND_STR(*table, name, entry);
    if (!entry)
        return NULL;
    HASH_DEL(*table, entry);
    HASH_ADD_KEYPTR(hh, *table, entry->name, strlen(entry->name), entry);
    entry->used = loop_monotonic_ms();
    return entry;
}

/* Whoever was given a signer may hold it for one piece of work, so only those go that nobody asked for in ten
 * minutes, or in one where memory for keys is short. */
static void make_room(struct cached_signer **table)
{
    int64_t now = loop_monotonic_ms();
    while (HASH_COUNT(*table) > ACCOUNTS_KEPT && now - (*table)->used > IDLE_MS)
        drop(table, *table);
    while (*table && !key_memory_has_room() && now - (*table)->used > IDLE_SHORT_MS)
        drop(table, *table);
}

static void drop_retired(struct signer_cache *cache)
{
    int64_t now = loop_monotonic_ms();
    while (cache->retired && now - cache->retired->used > IDLE_SHORT_MS)
        drop(&cache->retired, cache->retired);
}

static struct cached_signer *keep(struct cached_signer **table, const char *name, const char *key_id,
                                  const struct key_work *opened)
{
    struct cached_signer *entry = calloc(1, sizeof *entry);
    if (!entry)
        abort();
    entry->name = strdup(name);
    entry->key_id = strdup(key_id);
    entry->pem = opened->pem;
    if (!entry->name || !entry->key_id)
        abort();
    entry->signer =
        (struct signer){.key_id = entry->key_id, .public_key_pem = entry->pem, .key = opened->key};
    entry->used = loop_monotonic_ms();
    HASH_ADD_KEYPTR(hh, *table, entry->name, strlen(entry->name), entry);
    return entry;
}

static void retire(struct signer_cache *cache, struct cached_signer *entry)
{
    char *name;
    HASH_DEL(cache->accounts, entry);
    if (asprintf(&name, "%s %u", entry->name, cache->retirements++) < 0)
        abort();
    free(entry->name);
    entry->name = name;
    HASH_ADD_KEYPTR(hh, cache->retired, entry->name, strlen(entry->name), entry);
}

/* `sealed` is the caller's and lives until the return. */
static const struct signer *open_and_keep(struct gateway *gateway, struct cached_signer **table,
                                          const char *name, const char *key_id, const void *sealed,
                                          size_t sealed_length, int64_t generation)
{
    make_room(&cache_of(gateway)->accounts);
    drop_retired(cache_of(gateway));
    if (!key_memory_has_room()) {
        log_write(LOG_ERROR,
                  "more accounts sign at once than there is locked memory for their keys; raise the limit "
                  "(ulimit -l), or run more workers",
                  "signer", name, (char *)NULL);
        return NULL;
    }
    struct key_work work = {
        .secret = gateway->config->key_secret, .to_open = sealed, .sealed_length = sealed_length};
    crypto_pool_run(gateway->crypto, open_work, &work);
    if (!work.key) {
        log_write(LOG_ERROR, "a private key cannot be opened: was it made with another key file?", "signer",
                  name, (char *)NULL);
        return NULL;
    }
    struct cached_signer *known = find(table, name);
    if (known && known->generation == generation) {
        private_key_free(work.key); /* another task was faster while this one waited */
        free(work.pem);
        return &known->signer;
    }
    if (known)
        retire(cache_of(gateway), known);
    known = keep(table, name, key_id, &work);
    known->generation = generation;
    return &known->signer;
}

/* ---- instances and accounts
 * ----------------------------------------------------------------------------------------- */

/* The sealed key in the store, made when there is none; whichever worker is first, all read the same one. */
static struct reply *make_instance_key(struct gateway *gateway, const char *key)
{
    struct reply *reply = store_call(gateway->store, "GET", key, (char *)NULL);
    if (reply_failed(reply) || reply_kind(reply) != REPLY_NIL)
        return reply; /* somebody was faster */
    reply_free(reply);
    char *pem;
    unsigned char *sealed;
    size_t length;
    signer_make_key(gateway, &pem, &sealed, &length);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "SET");
    arguments_text(arguments, key);
    arguments_bytes(arguments, sealed, length);
    arguments_text(arguments, "NX");
    reply_free(store_run(gateway->store, arguments));
    free(pem);
    free(sealed);
    return store_call(gateway->store, "GET", key, (char *)NULL);
}

static struct reply *load_instance_key(struct gateway *gateway, const char *key)
{
    struct reply *reply = store_call(gateway->store, "GET", key, (char *)NULL);
    if (reply_failed(reply) || reply_kind(reply) != REPLY_NIL)
        return reply;
    reply_free(reply);
    struct task_gate *making = &cache_of(gateway)->making;
    task_gate_enter(making);
    reply = make_instance_key(gateway, key);
    task_gate_leave(making);
    return reply;
}

const struct signer *signer_instance(struct gateway *gateway, const struct config_host *host)
{
    struct cached_signer **table = &cache_of(gateway)->instances;
    const struct cached_signer *known = find(table, host->authority);
    const struct signer *signer = NULL;
    if (known)
        return &known->signer;
    struct arena *arena = arena_new(LOAD_BUDGET);
    struct reply *reply = load_instance_key(gateway, arena_format(arena, "instance_key:%s", host->authority));
    if (!reply_failed(reply) && reply_kind(reply) == REPLY_TEXT) {
        size_t length;
        const char *sealed = reply_bytes(reply, &length);
        signer = open_and_keep(gateway, table, host->authority,
                               arena_format(arena, "%s/actor#main-key", host->base), sealed, length, 0);
    }
    reply_free(reply);
    arena_free(arena);
    return signer;
}

const struct signer *signer_account(struct gateway *gateway, const char *aid, int64_t generation)
{
    struct cached_signer **table = &cache_of(gateway)->accounts;
    const struct cached_signer *known = find(table, aid);
    if (known && known->generation == generation)
        return &known->signer;
    const struct signer *signer = NULL;
    struct arena *arena = arena_new(LOAD_BUDGET);
    struct account_record record;
    const struct config_host *host = NULL;
    if (account_load(gateway->store, arena, aid, &record) == LOOKUP_FOUND &&
        record.private_key_sealed_length > 0)
        host = config_host_find(gateway->config, record.host);
    known = find(table, aid); /* others were here while this one waited */
    if (host && known && known->generation == record.key_generation)
        signer = &known->signer;
    else if (host)
        signer = open_and_keep(
            gateway, table, aid, arena_format(arena, "%s#main-key", url_actor(arena, host->base, aid)),
            record.private_key_sealed, record.private_key_sealed_length, record.key_generation);
    arena_free(arena);
    return signer;
}

const struct signer *signer_kept(struct gateway *gateway, const char *aid)
{
    const struct cached_signer *known = find(&cache_of(gateway)->accounts, aid);
    return known ? &known->signer : NULL;
}

/* ---- signed GETs
 * ---------------------------------------------------------------------------------------------------- */

struct get_work {
    const struct signer *signer;
    enum get_way way;
    const char *url, *date;
    int64_t now;     /* s */
    char *signature; /* SIGNATURE_HEADER_MAX */
    char *input;     /* SIGNATURE_INPUT_MAX, of RFC 9421 */
    bool good;
};

static void get_sign_work(void *context)
{
    struct get_work *work = context;
    const struct signer *signer = work->signer;
    if (work->way == GET_RFC9421)
        work->good = rfc9421_sign(signer->key, signer->key_id, "GET", work->url, NULL, work->now, work->input,
                                  SIGNATURE_INPUT_MAX, work->signature, SIGNATURE_HEADER_MAX);
    else
        work->good = cavage_sign_get(signer->key, signer->key_id, work->url, work->way == GET_CAVAGE,
                                     work->date, work->signature, SIGNATURE_HEADER_MAX);
}

size_t signer_sign_get(struct gateway *gateway, const struct signer *signer, const char *url,
                       enum get_way way, struct arena *arena, struct fetch_header *headers, size_t maximum)
{
    if (maximum < 3)
        return 0;
    char date[HTTP_DATE_LENGTH + 1];
    int64_t now = clock_now_ms() / 1000;
    http_date_format(now, date);
    struct get_work work = {.signer = signer,
                            .way = way,
                            .url = url,
                            .now = now,
                            .input = arena_alloc(arena, SIGNATURE_INPUT_MAX),
                            .date = arena_string(arena, date),
                            .signature = arena_alloc(arena, SIGNATURE_HEADER_MAX)};
    crypto_pool_run(gateway->crypto, get_sign_work, &work);
    if (!work.good)
        return 0;
    headers[0] = (struct fetch_header){"Date", work.date};
    headers[1] = (struct fetch_header){"Signature", work.signature};
    headers[2] = (struct fetch_header){"Signature-Input", work.input};
    return way == GET_RFC9421 ? 3 : 2;
}

/* ---- signed POSTs ---- */

struct post_work {
    const struct signer *signer;
    const struct signed_post *post;
    enum get_way way;
    const char *date;
    int64_t now; /* s */
    char digest[DIGEST_HEADER_SIZE], content_digest[CONTENT_DIGEST_HEADER_SIZE];
    char *signature, *input;
    bool good;
};

static void post_sign_work(void *context)
{
    struct post_work *work = context;
    struct body_digest digest;
    body_digest_make(work->post->body, work->post->length, false, &digest);
    digest_header_make(&digest, work->digest);
    content_digest_header_make(&digest, work->content_digest);
    if (work->way == GET_RFC9421)
        work->good = rfc9421_sign(work->signer->key, work->signer->key_id, "POST", work->post->url,
                                  work->content_digest, work->now, work->input, SIGNATURE_INPUT_MAX,
                                  work->signature, SIGNATURE_HEADER_MAX);
    else
        work->good =
            cavage_sign_post(work->signer->key, work->signer->key_id, work->post->url, work->date,
                             work->digest, work->post->content_type, work->signature, SIGNATURE_HEADER_MAX);
}

size_t signer_sign_post(struct gateway *gateway, const struct signer *signer, const struct signed_post *post,
                        enum get_way way, struct arena *arena, struct fetch_header *headers, size_t maximum)
{
    char date[HTTP_DATE_LENGTH + 1];
    int64_t now = clock_now_ms() / 1000;
    if (maximum < 5)
        return 0;
    http_date_format(now, date);
    struct post_work work = {.signer = signer,
                             .post = post,
                             .way = way,
                             .now = now,
                             .date = arena_string(arena, date),
                             .input = arena_alloc(arena, SIGNATURE_INPUT_MAX),
                             .signature = arena_alloc(arena, SIGNATURE_HEADER_MAX)};
    crypto_pool_run(gateway->crypto, post_sign_work, &work);
    if (!work.good)
        return 0;
    bool newer = way == GET_RFC9421;
    headers[0] = (struct fetch_header){"Content-Type", post->content_type};
    headers[1] = (struct fetch_header){"Date", work.date};
    headers[2] = (struct fetch_header){newer ? "Content-Digest" : "Digest",
                                       arena_string(arena, newer ? work.content_digest : work.digest)};
    headers[3] = (struct fetch_header){"Signature", work.signature};
    headers[4] = (struct fetch_header){"Signature-Input", work.input};
    return newer ? 5 : 4;
}

/* ---- Deletes
 * -------------------------------------------------------------------------------------------------------- */

struct delete_work {
    const struct signer *signer;
    const json_t *document;
    int64_t now;
    json_t *signature;
};

static void delete_sign_work(void *context)
{
    struct delete_work *work = context;
    work->signature = ld_signature(work->document, work->signer->key, work->signer->key_id, work->now);
}

bool signer_sign_delete(struct gateway *gateway, const struct signer *signer, json_t *document)
{
    struct delete_work work = {.signer = signer, .document = document, .now = clock_now_ms()};
    crypto_pool_run(gateway->crypto, delete_sign_work, &work);
    return work.signature && json_object_set_new(document, "signature", work.signature) == 0;
}

void signers_free(struct gateway *gateway)
{
    struct signer_cache *cache = gateway->signers;
    if (!cache)
        return;
    while (cache->instances)
        drop(&cache->instances, cache->instances);
    while (cache->accounts)
        drop(&cache->accounts, cache->accounts);
    while (cache->retired)
        drop(&cache->retired, cache->retired);
    free(cache);
    gateway->signers = NULL;
}
