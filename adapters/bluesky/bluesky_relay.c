/* The account of the operator's that speaks for remote people, found out once (PLATFORMS §1.6). */
#include <stdlib.h>
#include <string.h>

#include "adapters/bluesky/bluesky_operation.h"

static enum operation_state ask_relay(struct operation *operation)
{
    return operation->did ? OPERATION_DONE : bluesky_resolve(operation, operation->adapter->identifier);
}

static enum operation_state take_relay(struct operation *operation, const json_t *body)
{
    struct adapter *adapter = operation->adapter;
    enum operation_state state = bluesky_take_identity(operation, body);
    if (state != OPERATION_REQUEST)
        return state;
    bluesky_keep(&adapter->relay, operation->did);
    bluesky_keep(&adapter->pds, operation->pds);
    bluesky_keep(&adapter->login_url,
                 arena_format(operation->arena, "%s/xrpc/com.atproto.server.createSession", operation->pds));
    bluesky_keep(&adapter->refresh_url,
                 arena_format(operation->arena, "%s/xrpc/com.atproto.server.refreshSession", operation->pds));
    adapter->session = (struct adapter_session){.login_url = adapter->login_url,
                                                .refresh_url = adapter->refresh_url,
                                                .identifier = adapter->relay,
                                                .identifier_member = "identifier",
                                                .password_member = "password",
                                                .access_member = "accessJwt",
                                                .refresh_member = "refreshJwt"};
    return OPERATION_REQUEST;
}

/* The document is read also when it was read before: discovery is done to learn what is new. */
static enum operation_state ask_relay_identity(struct operation *operation)
{
    return bluesky_get(operation, bluesky_document_url(operation), false);
}

static enum operation_state ask_relay_profile(struct operation *operation)
{
    return bluesky_get_record(operation, operation->did, operation->pds, BLUESKY_PROFILE, "self");
}

/* People are to see that no person writes there. */
static enum operation_state take_relay_profile(struct operation *operation, const json_t *body)
{
    json_t *profile =
        body ? json_deep_copy(json_object_get(body, "value")) : json_pack("{s:s}", "$type", BLUESKY_PROFILE);
    operation->profile = NULL;
    if (json_is_object(profile) && !bluesky_labelled(profile, "bot")) {
        json_t *labels = json_object_get(profile, "labels");
        if (!json_is_array(json_object_get(labels, "values"))) {
            labels = json_pack("{s:s, s:[]}", "$type", "com.atproto.label.defs#selfLabels", "values");
            (void)json_object_set_new(profile, "labels", labels);
        }
        (void)json_array_append_new(json_object_get(labels, "values"), json_pack("{s:s}", "val", "bot"));
        char *text = json_dumps(profile, JSON_COMPACT);
        operation->profile = arena_string(operation->arena, text);
        free(text);
    }
    json_decref(profile);
    return OPERATION_REQUEST;
}

static enum operation_state miss_relay_profile(struct operation *operation)
{
    return operation->answer.answer == ANSWER_GONE ? take_relay_profile(operation, NULL) : OPERATION_REQUEST;
}

static enum operation_state ask_label(struct operation *operation)
{
    if (!operation->profile)
        return OPERATION_DONE;
    operation->speaker = (struct bluesky_speaker){operation->adapter->relay, operation->adapter->pds, false};
    return bluesky_put(operation, BLUESKY_PROFILE, "self", json_loads(operation->profile, 0, NULL));
}

static const struct bluesky_step steps_discover[] = {
    {ask_relay, bluesky_take_handle, bluesky_miss_handle},
    {ask_relay_identity, take_relay, bluesky_miss_identity},
    {ask_relay_profile, take_relay_profile, miss_relay_profile},
    /* It is asked again with the next discovery: what can be read and told does not wait for it. */
    {ask_label, bluesky_pass, bluesky_miss_pass},
    {bluesky_ask_puppets, bluesky_take_puppets, bluesky_miss_puppets},
    {0},
};

static const struct bluesky_step steps_puppets[] = {
    {bluesky_ask_puppets, bluesky_take_puppets, bluesky_miss_puppets},
    {0},
};

enum operation_state bluesky_begin_discover(struct operation *operation)
{
    const char *identifier = operation->adapter->identifier;
    if (!identifier)
        return bluesky_go(operation, steps_puppets);
    operation->did = strncmp(identifier, "did:", 4) == 0 ? identifier : NULL;
    return bluesky_go(operation, steps_discover);
}
