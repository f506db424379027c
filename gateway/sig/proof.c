#include "gateway/sig/proof.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/sig/base58.h"
#include "gateway/sig/digest.h"
#include "gateway/sig/jcs.h"
#include "mapping/model.h"

static bool says(const json_t *object, const char *name, const char *value)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && strcmp(text, value) == 0;
}

static bool is_ours(const json_t *proof)
{
    return says(proof, "type", "DataIntegrityProof") && says(proof, "cryptosuite", "eddsa-jcs-2022") &&
           says(proof, "proofPurpose", "assertionMethod");
}

/* The one proof of the document, alone or in an array; NULL when there is none or more than one that counts.
 */
static const json_t *find(const json_t *document)
{
    const json_t *proofs = json_object_get(document, "proof"), *found = NULL;
    if (!json_is_array(proofs))
        return is_ours(proofs) ? proofs : NULL;
    for (size_t i = 0; i < json_array_size(proofs); i++) {
        const json_t *proof = json_array_get(proofs, i);
        if (!is_ours(proof))
            continue;
        if (found)
            return NULL;
        found = proof;
    }
    return found;
}

/* A shallow copy without two members. */
static json_t *without(const json_t *object, const char *one, const char *other)
{
    json_t *copy = json_copy((json_t *)(uintptr_t)object);
    if (!copy)
        abort();
    (void)json_object_del(copy, one);
    (void)json_object_del(copy, other);
    return copy;
}

static bool hash(json_t *value, unsigned char out[SHA256_LENGTH])
{
    struct buffer text;
    buffer_init(&text, JCS_TEXT_MAX);
    bool good = jcs_write(value, &text);
    if (good && EVP_Digest(buffer_text(&text), text.length, out, NULL, EVP_sha256(), NULL) != 1)
        abort();
    buffer_clear(&text);
    json_decref(value);
    return good;
}

/* 0 when it is not there; false when it is no time. */
static bool read_time(const json_t *proof, const char *name, int64_t *out)
{
    const json_t *value = json_object_get(proof, name);
    const char *text = json_string_value(value);
    *out = text ? time_parse(text) : 0;
    return !value || *out > 0;
}

static bool hash_other_config(const json_t *proof, json_t *context, struct proof *out)
{
    out->has_other_config = context && !json_object_get(proof, "@context");
    if (!out->has_other_config)
        return true;
    json_t *config = without(proof, "proofValue", "proofValue");
    (void)json_object_set(config, "@context", context);
    return hash(config, out->other_config);
}

const char *proof_read(const json_t *document, struct arena *arena, struct proof *out)
{
    *out = (struct proof){0};
    const json_t *proof = find(document);
    if (!proof)
        return "the document has no proof, or not one, that we check";
    const json_t *context = json_object_get(proof, "@context");
    /* The proof is over its own context: then the document must be read by the same. */
    if (context && json_equal((json_t *)(uintptr_t)context, json_object_get(document, "@context")) != 1)
        return "the proof's context is not the document's";
    const char *method = json_string_value(json_object_get(proof, "verificationMethod"));
    const char *value = json_string_value(json_object_get(proof, "proofValue"));
    size_t length;
    if (!method || !value || !multibase_decode(value, out->value, sizeof out->value, &length) ||
        length != PROOF_VALUE_LENGTH)
        return "the proof lacks its key or its value";
    if (!hash(without(proof, "proofValue", "proofValue"), out->hashes) ||
        !hash(without(document, "proof", "signature"), out->hashes + SHA256_LENGTH) ||
        !hash_other_config(proof, json_object_get(document, "@context"), out))
        return "the document is too large to be checked";
    if (!read_time(proof, "created", &out->created) || !read_time(proof, "expires", &out->expires))
        return "the proof's time cannot be read";
    out->verification_method = arena_string(arena, method);
    return NULL;
}

static bool check(const struct proof *proof, const unsigned char *config, const struct public_key *key)
{
    unsigned char hashes[PROOF_HASHES_LENGTH];
    memcpy(hashes, config, SHA256_LENGTH);
    memcpy(hashes + SHA256_LENGTH, proof->hashes + SHA256_LENGTH, SHA256_LENGTH);
    return public_key_verify(key, SIGN_ED25519, hashes, sizeof hashes, proof->value, sizeof proof->value);
}

bool proof_check(const struct proof *proof, const struct public_key *key)
{
    return check(proof, proof->hashes, key) ||
           (proof->has_other_config && check(proof, proof->other_config, key));
}

json_t *proof_make(const json_t *document, const struct private_key *key, const char *method, int64_t now)
{
    unsigned char hashes[PROOF_HASHES_LENGTH];
    unsigned char value[SIGNATURE_BYTES_MAX];
    char created[TIME_TEXT_MAX];
    char text[MULTIBASE_TEXT_MAX];
    size_t length;
    time_format(now / 1000 * 1000, created);
    json_t *proof =
        json_pack("{ss ss ss ss ss}", "type", "DataIntegrityProof", "cryptosuite", "eddsa-jcs-2022",
                  "created", created, "verificationMethod", method, "proofPurpose", "assertionMethod");
    json_t *context = json_object_get(document, "@context");
    if (context)
        (void)json_object_set(proof, "@context", context);
    bool good = private_key_kind(key) == KEY_ED25519 && hash(json_incref(proof), hashes) &&
                hash(without(document, "proof", "signature"), hashes + SHA256_LENGTH) &&
                private_key_sign(key, hashes, sizeof hashes, value, &length) &&
                length == PROOF_VALUE_LENGTH && multibase_encode(value, length, text, sizeof text);
    if (good) {
        (void)json_object_set_new(proof, "proofValue", json_string(text));
        return proof;
    }
    json_decref(proof);
    return NULL;
}
