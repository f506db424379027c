/* WebFinger (RFC 7033), host-meta (RFC 6415), NodeInfo (FEP-f1d5) and the instance actor: PROTOCOL §1.1–1.4.
 */
#include <string.h>
#include <strings.h>

#include "gateway/fed/instance_proof.h"
#include "gateway/fed/serve.h"
#include "gateway/fed/signer.h"
#include "mapping/outbound.h"

#define JRD "application/jrd+json"

static json_t *link_of(const char *rel, const char *type, const char *href)
{
    json_t *link = json_pack("{ss ss}", "rel", rel, "href", href);
    if (type)
        (void)json_object_set_new(link, "type", json_string(type));
    return link;
}

/* ---- WebFinger
 * ------------------------------------------------------------------------------------------------------ */

static void answer_account(struct serving *serving, const char *aid)
{
    struct account_record record;
    enum view view;
    if (!serve_account(serving, aid, PART_DISCOVERY, &record, &view))
        return;
    const char *base = serving->host->base;
    const char *actor = url_actor(serving->arena, base, record.aid);
    const char *page = url_profile(serving->arena, base, record.name);
    json_t *links = json_array();
    (void)json_array_append_new(links, link_of("self", ACTIVITY, actor));
    (void)json_array_append_new(links, link_of("http://webfinger.net/rel/profile-page", "text/html", page));
    if (record.account.avatar_url)
        (void)json_array_append_new(links, link_of("http://webfinger.net/rel/avatar",
                                                   record.account.avatar_type, record.account.avatar_url));
    const char *subject = arena_format(serving->arena, "acct:%s@%s", record.name, record.host);
    serve_json(serving, 200, JRD,
               json_pack("{ss s[ss] so}", "subject", subject, "aliases", page, actor, "links", links),
               CACHE_DISCOVERY);
}

/* FEP-d556: the host's own address finds the instance actor, and so does its acct form. */
static void answer_instance(struct serving *serving)
{
    const char *actor = arena_format(serving->arena, "%s/actor", serving->host->base);
    const char *subject =
        arena_format(serving->arena, "acct:%s@%s", serving->host->authority, serving->host->authority);
    json_t *links = json_array();
    (void)json_array_append_new(links, link_of("self", ACTIVITY, actor));
    (void)json_array_append_new(links,
                                link_of("https://www.w3.org/ns/activitystreams#Service", ACTIVITY, actor));
    serve_json(serving, 200, JRD,
               json_pack("{ss s[s] so}", "subject", subject, "aliases", actor, "links", links),
               CACHE_DISCOVERY);
}

static void answer_name(struct serving *serving, const char *name, size_t length)
{
    char aid[AID_LENGTH + 1];
    char lower[NAME_LENGTH_MAX + 1] = "";
    if (length == 0 || length > NAME_LENGTH_MAX) {
        serve_absent(serving);
        return;
    }
    for (size_t i = 0; i < length; i++)
        lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
    switch (account_of_name(serving->gateway->store, serving->host->authority, lower, aid)) {
    case LOOKUP_FOUND:
        answer_account(serving, aid);
        return;
    case LOOKUP_DOWN:
        serve_unavailable(serving);
        return;
    case LOOKUP_ABSENT:
        break;
    }
    serve_absent(serving);
}

static void answer_url(struct serving *serving, const char *url)
{
    struct local_id id = local_parse(serving->gateway->config, url);
    const char *base = serving->host->base;
    size_t base_length = strlen(base);
    bool here = strncasecmp(url, base, base_length) == 0;
    if (here && (url[base_length] == '\0' || strcmp(url + base_length, "/") == 0)) {
        answer_instance(serving);
    } else if (id.kind == LOCAL_INSTANCE && id.host == serving->host) {
        answer_instance(serving);
    } else if (id.kind == LOCAL_ACTOR && id.host == serving->host) {
        answer_account(serving, id.aid);
    } else if (here && strncmp(url + base_length, "/@", 2) == 0) {
        const char *name = url + base_length + 2;
        answer_name(serving, name, strcspn(name, "/?#"));
    } else {
        serve_absent(serving);
    }
}

static void answer_acct(struct serving *serving, const char *acct)
{
    acct += *acct == '@';
    const char *at = strrchr(acct, '@');
    if (!at || strcasecmp(at + 1, serving->host->authority) != 0) {
        serve_absent(serving);
        return;
    }
    size_t length = (size_t)(at - acct);
    if (length == strlen(serving->host->authority) &&
        strncasecmp(acct, serving->host->authority, length) == 0)
        answer_instance(serving);
    else
        answer_name(serving, acct, length);
}

void serve_webfinger(struct serving *serving)
{
    char resource[2048];
    if (!http_request_parameter(serving->request, "resource", resource, sizeof resource) ||
        !strchr(resource, ':')) {
        http_answer_text(
            serving->request, 400,
            "The parameter 'resource' is missing or no URI; ask with ?resource=acct:name@host.\n");
        return;
    }
    if (strncasecmp(resource, "acct:", 5) == 0)
        answer_acct(serving, resource + 5);
    else if (strncasecmp(resource, "http", 4) == 0)
        answer_url(serving, resource);
    else
        serve_absent(serving);
}

/* ---- host-meta, NodeInfo
 * --------------------------------------------------------------------------------------------- */

void serve_host_meta(struct serving *serving, bool json)
{
    const char *template =
        arena_format(serving->arena, "%s/.well-known/webfinger?resource={uri}", serving->host->base);
    if (json) {
        serve_json(serving, 200, JRD,
                   json_pack("{s[{ss ss ss}]}", "links", "rel", "lrdd", "type", JRD, "template", template),
                   CACHE_DISCOVERY);
        return;
    }
    const char *xml = arena_format(serving->arena,
                                   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                   "<XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">\n"
                                   "  <Link rel=\"lrdd\" template=\"%s\"/>\n</XRD>\n",
                                   template);
    http_answer(serving->request,
                &(struct http_answer){.status = 200,
                                      .content_type = "application/xrd+xml; charset=utf-8",
                                      .body = xml,
                                      .length = strlen(xml),
                                      .headers = {{"Cache-Control", "public, max-age=259200"},
                                                  {"Access-Control-Allow-Origin", "*"}}});
}

void serve_nodeinfo_links(struct serving *serving)
{
    const char *base = serving->host->base;
    json_t *links = json_array();
    (void)json_array_append_new(links, link_of("http://nodeinfo.diaspora.software/ns/schema/2.0", NULL,
                                               arena_format(serving->arena, "%s/nodeinfo/2.0", base)));
    (void)json_array_append_new(links, link_of("http://nodeinfo.diaspora.software/ns/schema/2.1", NULL,
                                               arena_format(serving->arena, "%s/nodeinfo/2.1", base)));
    (void)json_array_append_new(links, link_of("https://www.w3.org/ns/activitystreams#Application", NULL,
                                               arena_format(serving->arena, "%s/actor", base)));
    serve_json(serving, 200, "application/json", json_pack("{so}", "links", links), CACHE_DISCOVERY);
}

/* Accounts that are on or paused, of all platforms. -1 when the store is away. */
static int64_t count_accounts(struct serving *serving)
{
    int64_t total = 0;
    for (size_t i = 0; i < serving->gateway->config->platform_count; i++) {
        const struct config_platform *platform = &serving->gateway->config->platforms[i];
        struct reply *reply =
            store_call(serving->gateway->store, "SCARD",
                       arena_format(serving->arena, "present:%s", platform->name), (char *)NULL);
        if (reply_failed(reply))
            total = -1;
        if (total >= 0)
            total += reply_number(reply);
        reply_free(reply);
    }
    return total;
}

void serve_nodeinfo(struct serving *serving, const char *version)
{
    const struct config *config = serving->gateway->config;
    int64_t accounts = count_accounts(serving);
    if (accounts < 0) {
        serve_unavailable(serving);
        return;
    }
    json_t *software = json_pack("{ss ss}", "name", "drawbridge", "version", DRAWBRIDGE_VERSION);
    if (strcmp(version, "2.1") == 0)
        (void)json_object_set_new(software, "homepage", json_string(serving->host->base));
    json_t *metadata = json_pack("{ss}", "nodeName", config->node_name ? config->node_name : "drawbridge");
    json_t *document =
        json_pack("{ss so s[s] s{s[] s[]} sb s{s{sI}} so}", "version", version, "software", software,
                  "protocols", "activitypub", "services", "inbound", "outbound", "openRegistrations", 0,
                  "usage", "users", "total", (json_int_t)accounts, "metadata", metadata);
    const char *type = arena_format(
        serving->arena, "application/json; profile=\"http://nodeinfo.diaspora.software/ns/schema/%s#\"",
        version);
    serve_json(serving, 200, type, document, CACHE_DISCOVERY);
}

void serve_instance_actor(struct serving *serving)
{
    const struct signer *signer = signer_instance(serving->gateway, serving->host);
    const char *proof_key =
        signer ? instance_proof_public(serving->gateway, serving->host, serving->arena) : NULL;
    json_t *document = proof_key ? instance_actor_document(serving->host->base, serving->host->authority,
                                                           signer->public_key_pem, proof_key)
                                 : NULL;
    serve_json(serving, 200, ACTIVITY, document, CACHE_INSTANCE);
}
