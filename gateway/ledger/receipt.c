#include "gateway/ledger/receipt.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/fed/instance_proof.h"
#include "gateway/fed/local.h"
#include "gateway/ledger/ledger.h"
#include "gateway/ledger/servers.h"
#include "gateway/ledger/wording.h"
#include "gateway/sig/jcs.h"
#include "mapping/json_out.h"
#include "mapping/model.h"

enum { SENTENCES_MAX = 16384 };

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static void put_time_of(json_t *out, const char *name, const json_t *from, const char *member)
{
    const json_t *value = json_object_get(from, member);
    char text[TIME_TEXT_MAX];
    if (!json_is_integer(value))
        return;
    time_format(json_integer_value(value), text);
    put_text(out, name, text);
}

static void share(json_t *out, const char *name, const json_t *from)
{
    json_t *value = json_object_get(from, name);
    if (value)
        (void)json_object_set(out, name, value);
}

static json_t *sentence(void (*write)(const void *context, struct buffer *out), const void *context)
{
    struct buffer text;
    buffer_init(&text, SENTENCES_MAX);
    write(context, &text);
    json_t *out = json_string(buffer_text(&text));
    buffer_clear(&text);
    return out;
}

/* ---- its parts
 * ----------------------------------------------------------------------------------------------- */

static json_t *subject_of(const json_t *ledger)
{
    json_t *of = json_object();
    share(of, "kind", ledger);
    share(of, "id", ledger);
    share(of, "actor", ledger);
    share(of, "handle", ledger);
    share(of, "state", ledger);
    put_time_of(of, "published", ledger, "published");
    put_time_of(of, "deleted", ledger, "deleted");
    put_time_of(of, "since", ledger, "state_since");
    share(of, "posts", ledger);
    share(of, "deletes", ledger);
    return of;
}

static json_t *host_of(const json_t *place)
{
    static const char *const shared[] = {"host", "software", "version", "why", "state"};
    static const char *const numbers[] = {"failures", "failure_code", "copy_looks"};
    static const char *const times[] = {"queued",       "accepted",          "refused",  "observed",
                                        "last_failure", "unreachable_since", "copy_time"};
    json_t *out = json_object();
    for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++)
        share(out, shared[i], place);
    if (json_object_get(place, "code"))
        share(out, "code", place);
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        put_time_of(out, times[i], place, times[i]);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        share(out, numbers[i], place);
    share(out, "failure", place);
    share(out, "copy", place);
    share(out, "says", place);
    return out;
}

static json_t *hosts_of(const json_t *ledger)
{
    json_t *list = json_array();
    size_t i;
    const json_t *place;
    json_array_foreach(json_object_get(ledger, "hosts"), i, place)(void)
        json_array_append_new(list, host_of(place));
    return list;
}

static void write_counts(const void *context, struct buffer *out)
{
    const json_t *counts = json_object_get(context, "counts");
    size_t numbers[EVIDENCE_STATES];
    for (size_t i = 0; i < EVIDENCE_STATES; i++)
        numbers[i] =
            (size_t)json_integer_value(json_object_get(counts, evidence_name((enum evidence_state)i)));
    wording_of_counts(numbers, json_is_true(json_object_get(context, "forgotten")), out);
}

static void write_deletes(const void *context, struct buffer *out)
{
    const json_t *deletes = json_object_get(context, "deletes");
    size_t numbers[EVIDENCE_STATES];
    for (size_t i = 0; i < EVIDENCE_STATES; i++)
        numbers[i] =
            (size_t)json_integer_value(json_object_get(deletes, evidence_name((enum evidence_state)i)));
    wording_of_deletes(numbers, out);
}

static void write_software(const void *context, struct buffer *out)
{
    wording_of_software(context, out);
}

/* What each software that stands among the hosts does, once. */
static json_t *software_of(const json_t *ledger)
{
    json_t *servers = servers_load();
    json_t *out = json_object();
    size_t i;
    const json_t *place;
    json_array_foreach(json_object_get(ledger, "hosts"), i, place)
    {
        const char *name = text_of(place, "software");
        const json_t *server = name[0] ? servers_find(servers, name) : NULL;
        if (server && !json_object_get(out, name))
            (void)json_object_set_new(out, name, sentence(write_software, server));
    }
    json_decref(servers);
    return out;
}

static json_t *limits(void)
{
    size_t count;
    const char *const *texts = wording_of_limits(&count);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(list, json_string(texts[i]));
    return list;
}

static json_t *body_of(const json_t *ledger)
{
    json_t *body = json_object();
    put_new(body, "of", subject_of(ledger));
    put_time_of(body, "as_of", ledger, "as_of");
    put_time_of(body, "asked_until", ledger, "asked_until");
    share(body, "forgotten", ledger);
    share(body, "counts", ledger);
    put_new(body, "says", sentence(write_counts, ledger));
    if (json_object_size(json_object_get(ledger, "deletes")))
        put_new(body, "posts_say", sentence(write_deletes, ledger));
    put_new(body, "hosts", hosts_of(ledger));
    put_new(body, "software", software_of(ledger));
    put_new(body, "cannot_be_known", limits());
    return body;
}

/* ---- the whole
 * ----------------------------------------------------------------------------------------------- */

static bool tells_of_a_delete(const json_t *ledger, const char **why)
{
    const char *kind = text_of(ledger, "kind");
    const char *state = text_of(ledger, "state");
    if (strcmp(kind, "post") == 0) {
        *why = "the post is not deleted; a receipt tells what became of a Delete";
        return strcmp(state, "deleted") == 0;
    }
    if (strcmp(kind, "account") == 0) {
        *why = "the account is not leaving; a receipt tells what became of a Delete";
        return strcmp(state, consent_name(CONSENT_LEAVING)) == 0 ||
               strcmp(state, consent_name(CONSENT_GONE)) == 0;
    }
    *why = "a receipt is for a post or an account of ours, not for a server";
    return false;
}

json_t *receipt_of(const json_t *ledger, const char *base, const char **why)
{
    if (!tells_of_a_delete(ledger, why))
        return NULL;
    json_t *receipt = json_object();
    put_new(receipt, "@context", context_of_receipt());
    put_text(receipt, "type", "Document");
    put_new(receipt, "attributedTo", json_sprintf("%s/actor", base));
    put_new(receipt, "name", json_sprintf("What became of the Delete of %s", text_of(ledger, "id")));
    put_time_of(receipt, "published", ledger, "as_of");
    put_new(receipt, "receipt", body_of(ledger));
    return receipt;
}

json_t *receipt_make(struct gateway *gateway, const char *what, const char **why)
{
    json_t *ledger = ledger_query(gateway, what, why);
    if (!ledger)
        return NULL;
    struct local_id id = local_parse(gateway->config, text_of(ledger, "actor"));
    json_t *receipt = receipt_of(ledger, id.host ? id.host->base : "", why);
    json_decref(ledger);
    if (receipt && (!id.host || !instance_proof_add(gateway, id.host, receipt, why))) {
        json_decref(receipt);
        return NULL;
    }
    return receipt;
}

bool receipt_text(const json_t *receipt, struct buffer *out)
{
    return jcs_write(receipt, out) && !out->failed;
}
