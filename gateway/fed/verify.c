#include "gateway/fed/verify.h"

#include <string.h>

#include "gateway/clock.h"
#include "gateway/domains.h"
#include "gateway/fed/json_guard.h"
#include "gateway/fed/key_proof.h"
#include "gateway/fed/key_search.h"
#include "gateway/fed/local.h"
#include "gateway/sig/proof.h"

enum { HASH_INLINE_MAX = 32768 }; /* larger bodies are hashed in the crypto pool */

/* ---- checking
 * ------------------------------------------------------------------------------------------------------- */

/* What is checked with a key: one of the two. */
struct check_work {
    const struct signature *signature;
    const struct proof *proof;
    const struct public_key *key;
    bool good;
};

static void check_work(void *context)
{
    struct check_work *work = context;
    work->good =
        work->proof ? proof_check(work->proof, work->key) : signature_check(work->signature, work->key);
}

static bool check(struct gateway *gateway, struct check_work *work, const struct known_key *known)
{
    work->key = known->key;
    if (public_key_is_quick(known->key))
        check_work(work);
    else
        crypto_pool_run(gateway->crypto, check_work, work);
    return work->good;
}

static enum verification check_or_renew(struct key_search *search, struct check_work *work,
                                        struct known_key *known)
{
    if (check(search->gateway, work, known))
        return VERIFIED;
    struct known_key newer = {0};
    enum verification result = key_search_newer(search, known, &newer);
    if (result != VERIFIED)
        return result;
    known_key_clear(known);
    *known = newer;
    if (check(search->gateway, work, known))
        return VERIFIED;
    *search->why = "the signature is not by that key";
    return VERIFICATION_REFUSED;
}

static enum verification find_and_check(struct gateway *gateway, struct arena *arena, const char *key_id,
                                        struct check_work *work, const char **actor_id, const char **why)
{
    struct key_search search = {.gateway = gateway,
                                .arena = arena,
                                .key_id = key_id,
                                .document = key_document_url(arena, key_id, why),
                                .why = why};
    if (!search.document)
        return VERIFICATION_REFUSED;
    if (local_is_ours(gateway->config, search.document)) {
        *why = "the key is said to be ours";
        return VERIFICATION_REFUSED;
    }
    enum domain_verdict verdict = domains_judge(gateway, search.document);
    if (verdict != DOMAIN_OPEN) {
        *why = verdict == DOMAIN_BLOCKED ? "its domain is blocked here"
                                         : "which domains are blocked is not known yet";
        return verdict == DOMAIN_BLOCKED ? VERIFICATION_BLOCKED : VERIFICATION_UNAVAILABLE;
    }
    struct known_key known = {0};
    enum verification result = key_search_find(&search, &known);
    if (result == VERIFIED)
        result = check_or_renew(&search, work, &known);
    *actor_id = result == VERIFIED ? known.actor_id : result == VERIFICATION_KEY_GONE ? search.gone : NULL;
    known_key_clear(&known);
    return result;
}

enum verification verify_signature(struct gateway *gateway, struct arena *arena,
                                   const struct signature *signature, const char **actor_id, const char **why)
{
    struct check_work work = {.signature = signature};
    return find_and_check(gateway, arena, signature->key_id, &work, actor_id, why);
}

/* ---- proofs
 * -------------------------------------------------------------------------------------------------------- */

struct proof_work {
    const json_t *document;
    struct arena *arena;
    struct proof proof;
    const char *why;
};

static void proof_work(void *context)
{
    struct proof_work *work = context;
    work->why = proof_read(work->document, work->arena, &work->proof);
}

/* A proof names no receiver and goes stale nowhere: whoever saw it can send it again. So it counts while the
 * inbox remembers what came, and no longer. */
static const char *proof_time_fault(const struct proof *proof)
{
    int64_t now = clock_now_ms();
    if (!proof->created)
        return "the proof does not say when it was made";
    if (proof->created > now + (int64_t)SIGNATURE_WINDOW_S * 1000)
        return "the proof is of the future";
    if (proof->created < now - (int64_t)PROOF_AGE_MAX_S * 1000 || (proof->expires && proof->expires < now))
        return "the proof is too old";
    return NULL;
}

enum verification verify_proof(struct gateway *gateway, struct arena *arena, const json_t *document,
                               const char *actor_id, const char **why)
{
    struct proof_work read = {.document = document, .arena = arena};
    crypto_pool_run(gateway->crypto, proof_work, &read);
    *why = read.why ? read.why : proof_time_fault(&read.proof);
    if (*why)
        return VERIFICATION_REFUSED;
    /* Before anybody is asked for a key. */
    if (!url_on_same_origin(arena, read.proof.verification_method, actor_id)) {
        *why = "the proof is by a key of another server";
        return VERIFICATION_REFUSED;
    }
    const char *maker = NULL;
    struct check_work work = {.proof = &read.proof};
    enum verification result =
        find_and_check(gateway, arena, read.proof.verification_method, &work, &maker, why);
    if (result != VERIFIED || strcmp(maker, actor_id) == 0)
        return result;
    *why = "the proof is by another actor";
    return VERIFICATION_REFUSED;
}

/* ---- reading
 * -------------------------------------------------------------------------------------------------------- */

struct hash_work {
    const void *body;
    size_t length;
    bool with_sha512;
    struct body_digest digest;
};

static void hash_work(void *context)
{
    struct hash_work *work = context;
    body_digest_make(work->body, work->length, work->with_sha512, &work->digest);
}

static struct body_digest hash_body(struct gateway *gateway, const struct http_request *request)
{
    const char *header = http_request_header(request, "content-digest");
    struct hash_work work = {.with_sha512 = header && strstr(header, "sha-512")};
    work.body = http_request_body(request, &work.length);
    if (work.length > HASH_INLINE_MAX)
        crypto_pool_run(gateway->crypto, hash_work, &work);
    else
        hash_work(&work);
    return work.digest;
}

/* Only where a request carries several signatures does it matter who is said to have sent it. */
static const char *claimed_actor(struct arena *arena, const struct http_request *request)
{
    const char *inputs = http_request_header(request, "signature-input");
    const char *first = inputs ? strstr(inputs, "keyid") : NULL;
    if (!first || !strstr(first + 1, "keyid"))
        return NULL;
    size_t length;
    const char *body = http_request_body(request, &length), *why;
    json_t *document = body ? json_load_guarded(body, length, &why) : NULL;
    struct inbound_activity activity;
    bool good = document && !inbound_activity_read(document, arena, &activity);
    const char *actor = good ? arena_string(arena, activity.actor) : NULL;
    json_decref(document);
    return actor;
}

static const char *request_header(const void *context, const char *name)
{
    return http_request_header(context, name);
}

/* The scheme that we are known by, not the one that the last proxy spoke. */
static const char *public_scheme(struct gateway *gateway, const struct http_request *request)
{
    const struct config_host *host = config_host_find(gateway->config, http_request_authority(request));
    if (!host)
        return http_request_scheme(request);
    return strncmp(host->base, "https:", 6) == 0 ? "https" : "http";
}

enum verification verify_read(struct gateway *gateway, struct arena *arena,
                              const struct http_request *request, struct signature *out, const char **why)
{
    struct signed_request description = {.method = http_request_method(request),
                                         .scheme = public_scheme(gateway, request),
                                         .authority = http_request_authority(request),
                                         .target = http_request_target(request),
                                         .header = request_header,
                                         .context = request,
                                         .actor = claimed_actor(arena, request)};
    size_t length;
    (void)http_request_body(request, &length);
    description.has_body = strcmp(description.method, "GET") != 0 && strcmp(description.method, "HEAD") != 0;
    if (description.has_body || length > 0)
        description.body = hash_body(gateway, request);
    else
        body_digest_make("", 0, false, &description.body);
    switch (signature_read(&description, clock_now_ms() / 1000, arena, out, why)) {
    case SIGNATURE_READ:
        return VERIFIED;
    case SIGNATURE_ABSENT:
        *why = "there is none";
        return VERIFICATION_UNSIGNED;
    case SIGNATURE_REFUSED:
        break;
    }
    return VERIFICATION_REFUSED;
}

enum verification verify_request(struct gateway *gateway, struct arena *arena,
                                 const struct http_request *request, const char **actor_id, const char **why)
{
    struct signature signature;
    *actor_id = NULL;
    *why = "";
    enum verification result = verify_read(gateway, arena, request, &signature, why);
    return result == VERIFIED ? verify_signature(gateway, arena, &signature, actor_id, why) : result;
}
