/* Contexts and small pieces. Nothing but well-known contexts and inline terms: whoever reads JSON-LD must not
 * have to fetch one (PROTOCOL §1.4.1). */
#include "mapping/json_out.h"

#include <stdlib.h>

#include "mapping/model.h"

#define AS "https://www.w3.org/ns/activitystreams"
#define SECURITY "https://w3id.org/security/v1"

static json_t *read_context(const char *text)
{
    json_t *context = json_loads(text, 0, NULL);
    if (!context)
        abort();
    return context;
}

json_t *context_of_note(void)
{
    return read_context(
        "[\"" AS "\",{"
        "\"ostatus\":\"http://ostatus.org#\",\"conversation\":\"ostatus:conversation\","
        "\"sensitive\":\"as:sensitive\",\"Hashtag\":\"as:Hashtag\",\"quoteUrl\":\"as:quoteUrl\","
        "\"toot\":\"http://joinmastodon.org/ns#\",\"Emoji\":\"toot:Emoji\","
        "\"votersCount\":\"toot:votersCount\",\"blurhash\":\"toot:blurhash\","
        "\"focalPoint\":{\"@container\":\"@list\",\"@id\":\"toot:focalPoint\"},"
        "\"gts\":\"https://gotosocial.org/ns#\","
        "\"interactionPolicy\":{\"@id\":\"gts:interactionPolicy\",\"@type\":\"@id\"},"
        "\"canQuote\":{\"@id\":\"gts:canQuote\",\"@type\":\"@id\"},"
        "\"automaticApproval\":{\"@id\":\"gts:automaticApproval\",\"@type\":\"@id\"},"
        "\"quote\":{\"@id\":\"https://w3id.org/fep/044f#quote\",\"@type\":\"@id\"},"
        "\"quoteAuthorization\":{\"@id\":\"https://w3id.org/fep/044f#quoteAuthorization\",\"@type\":\"@id\"},"
        "\"quoteUri\":\"http://fedibird.com/ns#quoteUri\","
        "\"_misskey_quote\":\"https://misskey-hub.net/ns#_misskey_quote\"}]");
}

json_t *context_of_actor(void)
{
    return read_context(
        "[\"" AS "\",\"" SECURITY "\",{"
        "\"toot\":\"http://joinmastodon.org/ns#\",\"schema\":\"http://schema.org#\","
        "\"manuallyApprovesFollowers\":\"as:manuallyApprovesFollowers\",\"Hashtag\":\"as:Hashtag\","
        "\"Emoji\":\"toot:Emoji\",\"PropertyValue\":\"schema:PropertyValue\",\"value\":\"schema:value\","
        "\"alsoKnownAs\":{\"@id\":\"as:alsoKnownAs\",\"@type\":\"@id\"},"
        "\"movedTo\":{\"@id\":\"as:movedTo\",\"@type\":\"@id\"},"
        "\"featured\":{\"@id\":\"toot:featured\",\"@type\":\"@id\"},"
        "\"discoverable\":\"toot:discoverable\",\"indexable\":\"toot:indexable\","
        "\"suspended\":\"toot:suspended\","
        "\"attributionDomains\":{\"@id\":\"toot:attributionDomains\",\"@type\":\"@id\"},"
        "\"webfinger\":{\"@id\":\"https://purl.archive.org/socialweb/webfinger#webfinger\","
        "\"@type\":\"http://www.w3.org/2001/XMLSchema#string\"}}]");
}

/* As an actor's, and the terms of its Multikeys. */
json_t *context_of_instance(void)
{
    json_t *context = context_of_actor();
    json_t *multikey = read_context(
        "{\"assertionMethod\":{\"@id\":\"https://w3id.org/security#assertionMethod\",\"@type\":\"@id\"},"
        "\"Multikey\":\"https://w3id.org/security#Multikey\","
        "\"controller\":{\"@id\":\"https://w3id.org/security#controller\",\"@type\":\"@id\"},"
        "\"publicKeyMultibase\":{\"@id\":\"https://w3id.org/security#publicKeyMultibase\","
        "\"@type\":\"https://w3id.org/security#multibase\"}}");
    (void)json_object_update(json_array_get(context, 2), multikey);
    json_decref(multikey);
    return context;
}

/* What a receipt says of itself is one JSON literal: no reader of linked data has to know its words. */
/* Nothing but addresses: some verifiers compare the contexts of a document and of its proof as texts, which
 * no inline definition passes. */
json_t *context_of_receipt(void)
{
    return read_context("[\"" AS "\",\"https://w3id.org/security/data-integrity/v1\"]");
}

/* The security context gives the LD signature its terms: without them compaction would drop it. */
json_t *context_of_delete(void)
{
    return read_context("[\"" AS "\",\"" SECURITY "\",{\"ostatus\":\"http://ostatus.org#\","
                        "\"atomUri\":\"ostatus:atomUri\"}]");
}

json_t *context_of_quote(void)
{
    return read_context("[\"" AS "\",{\"QuoteRequest\":\"https://w3id.org/fep/044f#QuoteRequest\","
                        "\"QuoteAuthorization\":\"https://w3id.org/fep/044f#QuoteAuthorization\","
                        "\"gts\":\"https://gotosocial.org/ns#\","
                        "\"interactingObject\":{\"@id\":\"gts:interactingObject\",\"@type\":\"@id\"},"
                        "\"interactionTarget\":{\"@id\":\"gts:interactionTarget\",\"@type\":\"@id\"}}]");
}

json_t *context_plain(void)
{
    return json_string(AS);
}

void put_new(json_t *object, const char *name, json_t *value)
{
    if (value)
        (void)json_object_set_new(object, name, value);
}

void put_text(json_t *object, const char *name, const char *value)
{
    if (value)
        put_new(object, name, json_string(value));
}

void put_time(json_t *object, const char *name, int64_t time_ms)
{
    char text[TIME_TEXT_MAX];
    if (time_ms <= 0)
        return;
    time_format(time_ms, text);
    put_text(object, name, text);
}

json_t *string_list(const char *one, const char *other)
{
    json_t *list = json_array();
    if (one)
        (void)json_array_append_new(list, json_string(one));
    if (other)
        (void)json_array_append_new(list, json_string(other));
    return list;
}
