#include "gateway/ledger/exposure.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/fed/publish.h"
#include "gateway/fed/remote.h"
#include "mapping/inbound.h"

enum {
    INLINE_MAX = 64, /* what a small hash of Redis keeps packed */
    DIGEST_LENGTH = 16,
    NEW_HOSTS_PER_HOUR = 100,
    ADD_BUDGET = 1 << 20,
    READS_MAX = 16,
};

/* ---- adding
 * ----------------------------------------------------------------------------------------------------- */

static struct arguments *add_arguments(struct arena *arena, const char *aid, const char *oid,
                                       const char *actor_id, const struct inbound_actor *actor, char reason)
{
    bool shared = actor && actor->shared_inbox && url_same_origin(actor->shared_inbox, actor_id);
    const char *inbox = !actor ? "" : shared ? actor->shared_inbox : actor->inbox;
    if (strpbrk(inbox, " \t\r\n"))
        inbox = "";
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    arguments_text(arguments, oid);
    arguments_text(arguments, url_origin(arena, actor_id));
    arguments_text(arguments, inbox);
    arguments_text(arguments, shared ? "1" : "0");
    arguments_text(arguments, actor_id);
    arguments_format(arguments, "%c", reason);
    arguments_number(arguments, clock_now_ms());
    arguments_number(arguments, NEW_HOSTS_PER_HOUR);
    return arguments;
}

bool exposure_add(struct gateway *gateway, const char *aid, const char *oid, const char *actor_id,
                  char reason)
{
    struct arena *arena = arena_new(ADD_BUDGET);
    struct inbound_actor actor;
    const char *why = NULL;
    /* The signature was verified with this actor's key: its document is in the cache as a rule. Without it
     * the exposure is noted all the same; only the address for a Delete is unknown until the host is met
     * again. */
    bool known =
        remote_actor(gateway, arena, actor_id, (int64_t)30 * 86400 * 1000, &actor, &why) == REMOTE_OK;
    if (!url_origin(arena, actor_id)) {
        arena_free(arena);
        return true;
    }
    struct reply *reply =
        store_script(gateway->store, "exposure_add",
                     add_arguments(arena, aid, oid ? oid : "", actor_id, known ? &actor : NULL, reason));
    bool good = !reply_failed(reply);
    bool owed = good && strcmp(reply_text(reply), "owed") == 0;
    reply_free(reply);
    if (owed && known)
        good = publish_late_delete(gateway, aid, oid, actor_id, actor.inbox, actor.shared_inbox);
    arena_free(arena);
    return good;
}

/* ---- reading
 * ---------------------------------------------------------------------------------------------------- */

struct slot {
    char bucket[64], field[8];
};

static struct slot slot_of(const char *account, const char *post)
{
    struct slot slot;
    unsigned long number = strtoul(post, NULL, 10);
    (void)snprintf(slot.bucket, sizeof slot.bucket, "exposure:%.20s:%lu", account, number / 100);
    (void)snprintf(slot.field, sizeof slot.field, "%lu", number % 100);
    return slot;
}

/* What was noted since the last packing. */
static bool read_overlay(struct gateway *gateway, const char *account, const char *post,
                         struct host_list *out)
{
    char cursor[24] = "0";
    do {
        struct arguments *arguments = arguments_new();
        arguments_text(arguments, "SSCAN");
        arguments_format(arguments, "exposing:%s:%s", account, post);
        arguments_text(arguments, cursor);
        arguments_text(arguments, "COUNT");
        arguments_text(arguments, "1000");
        struct reply *reply = store_run(gateway->store, arguments);
        if (reply_failed(reply)) {
            reply_free(reply);
            return false;
        }
        const struct reply *members = reply_at(reply, 1);
        for (size_t i = 0; i < reply_count(members); i++)
            host_list_add(out, (uint32_t)strtoul(reply_text(reply_at(members, i)), NULL, 10));
        (void)snprintf(cursor, sizeof cursor, "%s", reply_text(reply_at(reply, 0)));
        reply_free(reply);
    } while (strcmp(cursor, "0") != 0);
    return true;
}

static bool read_shared(struct gateway *gateway, const char *id, struct host_list *out, bool *there)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HGET");
    arguments_format(arguments, "exposure_set:%s", id);
    arguments_text(arguments, "bytes");
    struct reply *reply = store_run(gateway->store, arguments);
    size_t length = 0;
    const char *bytes = reply_bytes(reply, &length);
    bool good = !reply_failed(reply);
    *there = good && reply_kind(reply) == REPLY_TEXT;
    if (*there)
        good = exposure_decode(bytes, length, out);
    reply_free(reply);
    return good;
}

/* The packed form; its bytes as they stand in the field go to `field` (a reply of the caller's). */
static bool read_packed(struct gateway *gateway, const char *account, const char *post, struct host_list *out,
                        struct reply **field)
{
    struct slot slot = slot_of(account, post);
    for (int reads = 0; reads < READS_MAX; reads++) {
        *field = store_call(gateway->store, "HGET", slot.bucket, slot.field, (char *)NULL);
        size_t length = 0;
        const char *bytes = reply_bytes(*field, &length);
        bool good = !reply_failed(*field);
        bool there = true;
        if (good && length && bytes[0] == '=')
            good = read_shared(gateway, bytes + 1, out, &there);
        else if (good)
            good = exposure_decode(bytes, length, out);
        if (!good)
            return false;
        if (there)
            return true;
        reply_free(*field); /* packed anew between the two reads: the field names another set now */
        *field = NULL;
    }
    return false;
}

/* First what is loose, then what is packed: packing moves hosts that way only, so none is missed between. */
static bool read_all(struct gateway *gateway, const char *account, const char *post, struct host_list *out,
                     size_t *loose, struct reply **field)
{
    *out = (struct host_list){0};
    *field = NULL;
    bool good = read_overlay(gateway, account, post, out);
    host_list_settle(out);
    *loose = out->count;
    good = good && read_packed(gateway, account, post, out, field);
    host_list_settle(out);
    if (!good)
        host_list_clear(out);
    return good;
}

bool exposure_of_post(struct gateway *gateway, const char *account, const char *post, struct host_list *out)
{
    size_t loose;
    struct reply *field;
    bool good = read_all(gateway, account, post, out, &loose, &field);
    reply_free(field);
    return good;
}

bool exposure_of_account(struct gateway *gateway, const char *account, struct host_list *out)
{
    *out = (struct host_list){0};
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HGETALL");
    arguments_format(arguments, "account_hosts:%s", account);
    struct reply *reply = store_run(gateway->store, arguments);
    bool good = !reply_failed(reply);
    for (size_t i = 0; good && i + 1 < reply_count(reply); i += 2) {
        size_t length = 0;
        unsigned long piece = strtoul(reply_text(reply_at(reply, i)), NULL, 10);
        const char *bits = reply_bytes(reply_at(reply, i + 1), &length);
        for (size_t bit = 0; bit < length * 8; bit++)
            if ((unsigned char)bits[bit / 8] >> bit % 8 & 1)
                host_list_add(out, (uint32_t)(piece * 512 + bit));
    }
    reply_free(reply);
    host_list_settle(out);
    return good;
}

/* ---- packing
 * ---------------------------------------------------------------------------------------------------- */

static void digest_of(const unsigned char *bytes, size_t length, unsigned char out[DIGEST_LENGTH])
{
    unsigned char whole[EVP_MAX_MD_SIZE];
    unsigned whole_length = 0;
    if (EVP_Digest(bytes, length, whole, &whole_length, EVP_sha256(), NULL) != 1)
        abort();
    memcpy(out, whole, DIGEST_LENGTH);
}

static struct arguments *commit_arguments(const char *account, const char *post, const struct reply *field,
                                          size_t loose, const unsigned char *bytes, size_t length)
{
    size_t known_length = 0;
    const char *known = reply_bytes(field, &known_length);
    unsigned char digest[DIGEST_LENGTH];
    bool shared = length > INLINE_MAX;
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, account);
    arguments_text(arguments, post);
    arguments_bytes(arguments, known, known_length);
    arguments_number(arguments, (int64_t)loose);
    arguments_bytes(arguments, shared ? NULL : bytes, shared ? 0 : length);
    if (shared)
        digest_of(bytes, length, digest);
    arguments_bytes(arguments, digest, shared ? DIGEST_LENGTH : 0);
    arguments_bytes(arguments, shared ? bytes : NULL, shared ? length : 0);
    return arguments;
}

bool exposure_compact(struct gateway *gateway, const char *account, const char *post)
{
    struct host_list hosts;
    size_t loose;
    struct reply *field;
    bool good = read_all(gateway, account, post, &hosts, &loose, &field);
    if (good) {
        size_t length;
        unsigned char *bytes = exposure_encode(&hosts, &length);
        struct reply *reply = store_script(gateway->store, "exposure_commit",
                                           commit_arguments(account, post, field, loose, bytes, length));
        good = !reply_failed(reply);
        reply_free(reply);
        free(bytes);
    }
    reply_free(field);
    host_list_clear(&hosts);
    return good;
}
