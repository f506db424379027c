/* Whether a receipt is as an instance actor signed it. */
#include <string.h>

#include "gateway/fed/instance_proof.h"
#include "gateway/fed/key_proof.h"
#include "gateway/fed/local.h"
#include "gateway/fed/remote.h"
#include "gateway/ledger/receipt.h"
#include "gateway/sig/jcs.h"
#include "gateway/sig/proof.h"

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static bool is_canonical(const json_t *receipt, const char *text, size_t length)
{
    struct buffer canonical;
    buffer_init(&canonical, RECEIPT_MAX);
    bool same = jcs_write(receipt, &canonical) && !canonical.failed && canonical.length == length &&
                memcmp(buffer_text(&canonical), text, length) == 0;
    buffer_clear(&canonical);
    return same;
}

/* The key must be the actor's who made the receipt; ours is in the store, another's at its server. */
static struct public_key *key_of(struct gateway *gateway, struct arena *arena, const char *actor_id,
                                 const char *key_id, const char **why)
{
    struct local_id id = local_parse(gateway->config, actor_id);
    size_t length = strlen(actor_id);
    if (strncmp(key_id, actor_id, length) != 0 || key_id[length] != '#') {
        *why = "its key is not that of the actor who is named as its maker";
        return NULL;
    }
    if (id.kind == LOCAL_INSTANCE) {
        const char *multibase = instance_proof_public(gateway, id.host, arena);
        *why = "the store does not answer; try again when it does";
        return multibase ? public_key_from_multibase(multibase, why) : NULL;
    }
    if (local_is_ours(gateway->config, actor_id)) {
        *why = "its maker is no instance actor of ours";
        return NULL;
    }
    struct inbound_actor actor;
    if (remote_actor(gateway, arena, actor_id, 0, &actor, why) != REMOTE_OK)
        return NULL;
    return key_of_actor(arena, &actor, key_id, why);
}

static const char *check(struct gateway *gateway, struct arena *arena, const json_t *receipt)
{
    struct proof proof;
    const char *why = proof_read(receipt, arena, &proof);
    if (why)
        return why;
    if (!json_is_object(json_object_get(receipt, "receipt")))
        return "it is signed, but no receipt of drawbridge";
    struct public_key *key =
        key_of(gateway, arena, text_of(receipt, "attributedTo"), proof.verification_method, &why);
    if (!key)
        return why;
    bool good = proof_check(&proof, key);
    public_key_unref(key);
    return good ? NULL : "it is not what was signed: something was changed";
}

const char *receipt_check(struct gateway *gateway, struct arena *arena, const char *text, size_t length,
                          json_t **out)
{
    *out = NULL;
    if (length > 0 && text[length - 1] == '\n')
        length--;
    json_t *receipt = length < RECEIPT_MAX ? json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const char *why = "it is no JSON object";
    if (json_is_object(receipt))
        why = is_canonical(receipt, text, length)
                  ? check(gateway, arena, receipt)
                  : "it is not written as receipts are (RFC 8785): something was changed";
    if (why)
        json_decref(receipt);
    else
        *out = receipt;
    return why;
}
