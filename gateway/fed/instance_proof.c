#include "gateway/fed/instance_proof.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/sig/base58.h"
#include "gateway/sig/proof.h"

enum { PROOF_BUDGET = 1 << 16 };
static const char *const away = "the store does not answer; try again when it does";

static struct reply *ask(struct gateway *gateway, const struct config_host *host, const char *public_key,
                         const void *sealed, size_t sealed_length)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, host->authority);
    arguments_text(arguments, public_key);
    arguments_bytes(arguments, sealed, sealed_length);
    return store_script(gateway->store, "instance_proof_key", arguments);
}

/* Both halves; a new pair where there was none. */
static struct reply *load(struct gateway *gateway, const struct config_host *host)
{
    struct reply *reply = ask(gateway, host, "", "", 0);
    if (reply_failed(reply) || reply_text(reply_at(reply, 0))[0])
        return reply;
    reply_free(reply);
    char text[MULTIBASE_TEXT_MAX];
    unsigned char *sealed = NULL;
    size_t length = 0;
    struct private_key *key = private_key_generate_ed25519();
    private_key_public_multibase(key, text, sizeof text);
    private_key_seal(key, gateway->config->key_secret, &sealed, &length);
    private_key_free(key);
    reply = ask(gateway, host, text, sealed, length);
    free(sealed);
    return reply;
}

const char *instance_proof_public(struct gateway *gateway, const struct config_host *host,
                                  struct arena *arena)
{
    struct reply *reply = load(gateway, host);
    const char *text = reply_failed(reply) ? NULL : arena_string(arena, reply_text(reply_at(reply, 0)));
    reply_free(reply);
    return text;
}

bool instance_proof_add(struct gateway *gateway, const struct config_host *host, json_t *document,
                        const char **why)
{
    struct reply *reply = load(gateway, host);
    size_t length = 0;
    const char *sealed = reply_failed(reply) ? NULL : reply_bytes(reply_at(reply, 1), &length);
    struct private_key *key = sealed ? private_key_open(gateway->config->key_secret, sealed, length) : NULL;
    *why = sealed ? "its key cannot be opened: was it made with another key file?" : away;
    struct arena *arena = arena_new(PROOF_BUDGET);
    json_t *proof = key ? proof_make(document, key, arena_format(arena, "%s/actor#ed25519-key", host->base),
                                     clock_now_ms())
                        : NULL;
    if (key && !proof)
        *why = "the document is too large to be signed";
    if (proof)
        (void)json_object_set_new(document, "proof", proof);
    private_key_free(key);
    reply_free(reply);
    arena_free(arena);
    return proof != NULL;
}
