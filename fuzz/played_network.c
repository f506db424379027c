/* The others, as the fuzz targets of whole routes play them: what their servers answer, who signs, whose key
 * makes proofs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/client/fetch.h"
#include "gateway/clock.h"
#include "gateway/fed/signer.h"
#include "gateway/fed/verify.h"
#include "gateway/sig/key.h"
#include "gateway/sig/proof.h"
#include "mapping/inbound.h"
#include "played_world.h"

#define PROOF_KEY "#ed25519-key"

/* ---- the key that every played actor has: test-key-ed25519 of RFC 9421 §B.1.4
 * ---------------------------------------- */

static const struct private_key *proof_key(void)
{
    static struct private_key *key;
    if (!key)
        key = private_key_from_pem("-----BEGIN PRIVATE KEY-----\n"
                                   "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n"
                                   "-----END PRIVATE KEY-----\n");
    if (!key)
        abort();
    return key;
}

static json_t *proof_key_list(const char *actor)
{
    char multibase[128];
    if (!private_key_public_multibase(proof_key(), multibase, sizeof multibase))
        abort();
    json_t *id = json_sprintf("%s" PROOF_KEY, actor);
    return json_pack("[{s:o*, s:s, s:s, s:s}]", "id", id, "type", "Multikey", "controller", actor,
                     "publicKeyMultibase", multibase);
}

static void change(json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value))
        abort();
}

static void break_value(json_t *proof)
{
    char value[256];
    (void)snprintf(value, sizeof value, "%s", json_string_value(json_object_get(proof, "proofValue")));
    value[strlen(value) / 2] ^= 1;
    change(proof, "proofValue", json_string(value));
}

/* One break that is made after the proof was. */
static void break_proof(json_t *document, json_t *proof, char how)
{
    if (how == 'v')
        break_value(proof);
    else if (how == 'c')
        change(document, "changed", json_true());
    else if (how == 'x') /* Fedify's: over the document's context, which it does not say */
        (void)json_object_del(proof, "@context");
    else if (how == 'e')
        change(proof, "expires", json_string("2020-01-01T00:00:00Z"));
    else if (how == 'n')
        (void)json_object_del(proof, "created");
    else if (how == 'p')
        change(proof, "proofPurpose", json_string("authentication"));
    else if (how == 's')
        change(proof, "verificationMethod", json_string("https://other.example/users/eve" PROOF_KEY));
}

json_t *world_prove(const json_t *document, const char *how)
{
    struct arena *arena = arena_new(1 << 16);
    const int64_t day = (int64_t)86400 * 1000;
    const char *actor = json_string_value(json_object_get(document, "actor"));
    int64_t now = clock_now_ms() + (strchr(how, 'o') ? -30 * day : strchr(how, 'f') ? 2 * day : 0);
    json_t *proven = json_copy((json_t *)(uintptr_t)document);
    json_t *proof = NULL;
    (void)json_object_del(proven, "proof");
    if (actor && strlen(actor) < 4096)
        proof = proof_make(proven, proof_key(), arena_format(arena, "%s" PROOF_KEY, actor), now);
    for (const char *at = how; proof && *at; at++)
        break_proof(proven, proof, *at);
    if (proof && strchr(how, 't'))
        change(proven, "proof", json_pack("[O, o]", proof, proof));
    else if (proof)
        change(proven, "proof", strchr(how, 'a') ? json_pack("[o]", proof) : proof);
    arena_free(arena);
    return proven;
}

/* ---- what they answer
 * ------------------------------------------------------------------------------------------------ */

#define DISCOVERY                                                                                            \
    "{\"contract\":[\"1\"],\"platform\":{\"id\":\"plaza\"},\"api\":\"https://api.plaza.example/v1\","        \
    "\"stream\":\"wss://api.plaza.example/v1/stream\",\"level\":2,"                                          \
    "\"features\":[\"events.ws\",\"remote_posts\",\"remote_relations\"],"                                    \
    "\"limits\":{\"text\":{\"max\":500,\"unit\":\"graphemes\",\"max_bytes\":4000},"                          \
    "\"media\":{\"per_post\":4},\"page_max\":50}}"

void world_place(char *text)
{
    if (world.place_count == WORLD_PLACES_MAX)
        return;
    struct world_place *place = &world.places[world.place_count++];
    char *end = strchr(text, '\n');
    *place = (struct world_place){.status = (int)strtol(text, &text, 10), .body = ""};
    if (end) {
        *end = '\0';
        place->body = end + 1;
    }
    if (text < place->body && *text != ' ')
        place->kind = *text;
    place->url = "";
    text = strchr(text, ' ');
    if (!text)
        return;
    place->url = ++text;
    text = strchr(text, ' ');
    if (text) {
        *text = '\0';
        place->location = text + 1;
    }
}

/* What goes to the platform is always one JSON document of valid text. */
static char *platform_answer(const struct fetch_request *request)
{
    if (strstr(request->url, "/.well-known/drawbridge"))
        return strdup(DISCOVERY);
    if (request->body_length) {
        json_t *document = json_loadb(request->body, request->body_length, JSON_REJECT_DUPLICATES, NULL);
        if (!document)
            abort();
        json_decref(document);
    }
    return strdup("{\"id\":\"r_1\"}");
}

/* Everybody else is a person. */
static char *person_answer(const char *url)
{
    json_t *inbox = json_sprintf("%s/inbox", url);
    json_t *document =
        json_pack("{s:s, s:s, s:s, s:o*, s:o*}", "id", url, "type", "Person", "preferredUsername", "bob",
                  "inbox", inbox, "assertionMethod", proof_key_list(url));
    char *text = document ? json_dumps(document, JSON_COMPACT) : strdup("{}");
    json_decref(document);
    return text;
}

/* The object as the activity told it, or with another text. */
static char *told_answer(const char *content)
{
    const json_t *object = json_object_get(world.told, "object");
    if (!json_is_object(object))
        return strdup("{}");
    json_t *shown = json_copy((json_t *)(uintptr_t)object);
    if (*content)
        (void)json_object_set_new(shown, "content", json_string(content));
    char *text = json_dumps(shown, JSON_COMPACT);
    json_decref(shown);
    return text;
}

static const struct world_place *place_of(const char *url)
{
    for (size_t i = world.place_count; i > 0; i--)
        if (strcmp(world.places[i - 1].url, url) == 0)
            return &world.places[i - 1];
    return NULL;
}

static void answer_of_place(const struct world_place *place, struct fetch_result *result)
{
    if (place->kind == 'x' || place->kind == 'd') {
        result->error = place->kind == 'x' ? FETCH_FORBIDDEN : FETCH_TIMEOUT;
        return;
    }
    result->status = place->status;
    if (place->location)
        (void)snprintf(result->location, sizeof result->location, "%s", place->location);
    if (place->kind == 'h')
        (void)snprintf(result->content_type, sizeof result->content_type, "text/html");
    result->body = place->body[0] == '=' ? told_answer(place->body + 1) : strdup(place->body);
}

/* As the gateway's own client does it: neither ourselves nor who is blocked, and so many requests for a job.
 */
static void stranger_answer(const struct fetch_request *request, struct fetch_result *result)
{
    static const char base[] = WORLD_BASE;
    const struct world_place *place = place_of(request->url);
    (void)snprintf(result->content_type, sizeof result->content_type, "application/activity+json");
    if (strncmp(request->url, base, sizeof base - 1) == 0 || strstr(request->url, "//" WORLD_BLOCKED "/") ||
        world.asked++ >= FETCH_JOB_REQUESTS)
        result->error = FETCH_FORBIDDEN;
    else if (place)
        answer_of_place(place, result);
    else if (world.answers_taken < world.answer_count)
        result->body = strdup(world.answers[world.answers_taken++]);
    else
        result->body = person_answer(request->url);
    if (result->error == FETCH_OK && !result->body)
        abort();
}

void __wrap_fetch(struct fetch_client *client, const struct fetch_request *request,
                  struct fetch_result *result);
void __wrap_fetch(struct fetch_client *client, const struct fetch_request *request,
                  struct fetch_result *result)
{
    (void)client;
    *result = (struct fetch_result){.status = 200, .retry_after_ms = -1};
    if (request->trusted) {
        result->body = platform_answer(request);
        (void)snprintf(result->content_type, sizeof result->content_type, "application/json");
    } else {
        stranger_answer(request, result);
    }
    result->length = result->body ? strlen(result->body) : 0;
}

/* There are no tasks here: the world counts by itself. */
void __wrap_fetch_allow(unsigned requests);
void __wrap_fetch_allow(unsigned requests)
{
    (void)requests;
    world.asked = 0;
}

/* ---- who signs
 * ------------------------------------------------------------------------------------------------------- */

const struct signer *__wrap_signer_instance(struct gateway *gateway, const struct config_host *host);
const struct signer *__wrap_signer_instance(struct gateway *gateway, const struct config_host *host)
{
    static const struct signer signer = {.key_id = WORLD_BASE "/actor#main-key"};
    (void)gateway;
    (void)host;
    return &signer;
}

size_t __wrap_signer_sign_get(struct gateway *gateway, const struct signer *signer, const char *url,
                              enum get_way way, struct arena *arena, struct fetch_header *headers,
                              size_t maximum);
size_t __wrap_signer_sign_get(struct gateway *gateway, const struct signer *signer, const char *url,
                              enum get_way way, struct arena *arena, struct fetch_header *headers,
                              size_t maximum)
{
    (void)gateway, (void)signer, (void)url, (void)arena, (void)headers, (void)maximum;
    return 0;
}

/* Whoever the activity names has signed it: what a stranger may do under a name of his own. Else whom the
 * input names: "" nobody, "-KEY" whose key is gone, "?" a key that cannot be had, "!" one that does not fit.
 */
enum verification __wrap_verify_request(struct gateway *gateway, struct arena *arena,
                                        const struct http_request *request, const char **actor_id,
                                        const char **why);
enum verification __wrap_verify_request(struct gateway *gateway, struct arena *arena,
                                        const struct http_request *request, const char **actor_id,
                                        const char **why)
{
    struct inbound_activity activity;
    (void)gateway, (void)request;
    if (!world.told || inbound_activity_read(world.told, arena, &activity))
        abort(); /* the inbox has read it before */
    const char *signer = world.signer ? world.signer : activity.actor;
    *actor_id = NULL;
    *why = "it is played so";
    switch (signer[0]) {
    case '\0':
        return VERIFICATION_UNSIGNED;
    case '?':
        return VERIFICATION_UNAVAILABLE;
    case '!':
        return VERIFICATION_REFUSED;
    case '-':
        *actor_id = arena_string(arena, signer + 1);
        return VERIFICATION_KEY_GONE;
    default:
        *actor_id = arena_string(arena, signer);
        return VERIFIED;
    }
}

void __wrap_crypto_pool_run(struct crypto_pool *pool, void (*work)(void *context), void *context);
void __wrap_crypto_pool_run(struct crypto_pool *pool, void (*work)(void *context), void *context)
{
    (void)pool;
    work(context);
}
