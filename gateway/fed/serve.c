#include "gateway/fed/serve.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/domains.h"
#include "gateway/fed/pages.h"
#include "gateway/fed/serve_cache.h"
#include "gateway/fed/verify.h"
#include "gateway/http/negotiate.h"
#include "gateway/ledger/observe.h"
#include "gateway/log.h"
#include "gateway/refusals.h"
#include "gateway/store/renderings.h"
#include "mapping/outbound.h"

static const char *const policies[] = {
    [CACHE_ACTOR] = "public, max-age=180",      [CACHE_NOTE] = "private, max-age=180",
    [CACHE_DISCOVERY] = "public, max-age=3600", [CACHE_INSTANCE] = "public, max-age=600",
    [CACHE_SHORT] = "public, max-age=60",       [CACHE_NEVER] = "no-store",
    [CACHE_PRIVATE] = "private, no-store",
};

/* The strong ETag of a body: 16 bytes of its SHA-256. */
static void make_tag(const void *body, size_t length, char out[40])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    out[0] = '\0';
    if (EVP_Digest(body, length, digest, NULL, EVP_sha256(), NULL) != 1)
        return;
    char *at = out;
    *at++ = '"';
    for (size_t i = 0; i < 16; i++, at += 2)
        (void)snprintf(at, 3, "%02x", digest[i]);
    memcpy(at, "\"", 2);
}

void serve_document(struct http_request *request, int status, const struct served *document)
{
    const char *known = http_request_header(request, "if-none-match");
    bool same = status == 200 && known && document->tag[0] && strstr(known, document->tag);
    struct http_answer answer = {
        .status = same ? 304 : status,
        .content_type = same ? NULL : document->type,
        .body = same ? NULL : document->body,
        .length = same ? 0 : document->length,
        .headers = {{"Cache-Control", policies[document->policy]},
                    {"Vary", document->policy == CACHE_PRIVATE ? "Accept, Signature" : "Accept"},
                    {"ETag", document->tag},
                    {"Access-Control-Allow-Origin", "*"},
                    {"X-Content-Type-Options", "nosniff"},
                    {"Content-Security-Policy", "default-src 'none'"},
                    {document->noindex ? "X-Robots-Tag" : NULL, "noindex"}},
    };
    http_answer(request, &answer);
}

void serve_json(struct serving *serving, int status, const char *type, json_t *document,
                enum cache_policy policy)
{
    struct served served = {.type = type, .policy = serving->is_private ? CACHE_PRIVATE : policy};
    char *text = document ? document_text(document, &served.length) : NULL;
    json_decref(document);
    if (!text) {
        serve_unavailable(serving);
        return;
    }
    served.body = text;
    make_tag(text, served.length, served.tag);
    if (serving->kept && status == 200 && !serving->is_private) {
        serve_cache_keep(serving, serving->kept, RENDERING_MS, &served);
        rendering_keep(serving->gateway->store, serving->kept_account, serving->kept_post, served.tag, text,
                       served.length);
    }
    serve_document(serving->request, status, &served);
    free(text);
}

void serve_text(struct serving *serving, const struct served_text *text)
{
    struct served served = {
        .type = text->type, .policy = text->policy, .body = text->body, .length = strlen(text->body)};
    make_tag(served.body, served.length, served.tag);
    served.noindex = text->noindex;
    serve_document(serving->request, 200, &served);
}

void serve_html(struct serving *serving, int status, const struct page *page)
{
    char tag[40];
    if (!page->html) {
        serve_unavailable(serving);
        return;
    }
    const char *link =
        page->alternate
            ? arena_format(serving->arena, "<%s>; rel=\"alternate\"; type=\"application/activity+json\"",
                           page->alternate)
            : NULL;
    make_tag(page->html, strlen(page->html), tag);
    const char *known = http_request_header(serving->request, "if-none-match");
    bool same = status == 200 && known && tag[0] && strstr(known, tag);
    struct http_answer answer = {
        .status = same ? 304 : status,
        .content_type = same ? NULL : "text/html; charset=utf-8",
        .body = same ? NULL : page->html,
        .length = same ? 0 : strlen(page->html),
        .headers = {{"Cache-Control", "private, no-cache"},
                    {"Vary", "Accept"},
                    {"ETag", tag},
                    {"X-Content-Type-Options", "nosniff"},
                    {"Referrer-Policy", "no-referrer"},
                    {"Content-Security-Policy", PAGE_POLICY}},
    };
    size_t next = 6;
    if (page->noindex)
        answer.headers[next++] = (struct http_header){"X-Robots-Tag", "noindex"};
    if (link)
        answer.headers[next] = (struct http_header){"Link", link};
    http_answer(serving->request, &answer);
}

/* What is found was kept of an account that was active, and its profile is the same still. */
static bool is_shown(const struct rendering *rendering, const struct serving *serving, enum public_part part)
{
    const struct account_record record = {
        .host = rendering->host, .consent = rendering->consent, .account = {.status = ACCOUNT_ACTIVE}};
    return account_view(&record, serving->host, part) == VIEW_ALL;
}

bool serve_rendering(struct serving *serving, const struct local_id *id, enum public_part part,
                     enum cache_policy policy)
{
    struct rendering rendering;
    if (serving->gateway->config->listed_only)
        return false; /* who asks is looked at first */
    if (negotiate(http_request_header(serving->request, "accept"), WANTED_ACTIVITY) != WANTED_ACTIVITY ||
        rendering_find(serving->gateway->store, id->aid, id->oid, &rendering) != LOOKUP_FOUND)
        return false;
    bool shown = is_shown(&rendering, serving, part);
    if (shown) {
        struct served served = {
            .type = ACTIVITY, .policy = policy, .body = rendering.document, .length = rendering.length};
        (void)snprintf(served.tag, sizeof served.tag, "%s", rendering.tag);
        serve_cache_keep(serving, id, rendering.left_ms, &served);
        serve_document(serving->request, 200, &served);
    }
    rendering_clear(&rendering);
    return shown;
}

bool serve_account(struct serving *serving, const char *aid, enum public_part part,
                   struct account_record *record, enum view *view)
{
    enum lookup found = account_load(serving->gateway->store, serving->arena, aid, record);
    if (found == LOOKUP_DOWN) {
        serve_unavailable(serving);
        return false;
    }
    *view = account_view(found == LOOKUP_FOUND ? record : NULL, serving->host, part);
    switch (*view) {
    case VIEW_ALL:
    case VIEW_STUB:
        return true;
    case VIEW_SUSPENDED:
        serve_hidden(serving);
        return false;
    case VIEW_GONE:
        serve_left(serving);
        return false;
    case VIEW_ABSENT:
        break;
    }
    serve_absent(serving);
    return false;
}

static void serve_unauthorized(struct serving *serving, const char *why)
{
    const char *sentence = arena_format(
        serving->arena, "This account is shown to requests only that a server has signed: %s.\n", why);
    http_answer(serving->request, &(struct http_answer){.status = 401,
                                                        .content_type = "text/plain; charset=utf-8",
                                                        .body = sentence,
                                                        .length = strlen(sentence),
                                                        .headers = {{"Cache-Control", "private, no-store"},
                                                                    {"Vary", "Accept, Signature"}}});
}

bool serve_blocked(struct serving *serving, const struct observation *observation)
{
    /* Whether the signature is true does not matter: nobody else's key is named by who is not blocked. */
    if (!observation->is_signed ||
        domains_judge(serving->gateway, observation->signature.key_id) != DOMAIN_BLOCKED)
        return false;
    serving->is_private = true;
    http_answer_text(serving->request, 403, "This server is blocked here.\n");
    return true;
}

bool serve_permitted(struct serving *serving, const struct account_record *record,
                     struct observation *observation)
{
    if (serve_blocked(serving, observation))
        return false;
    if (!record->authorized_fetch && !serving->gateway->config->listed_only)
        return true;
    const char *why = "this one has no signature that we take";
    enum verification result = VERIFICATION_UNSIGNED;
    serving->is_private = true;
    if (observation->is_signed)
        result = verify_signature(serving->gateway, serving->arena, &observation->signature,
                                  &observation->actor_id, &why);
    if (result == VERIFIED)
        return true;
    observation->is_signed = false; /* it says nothing about anybody */
    log_write(LOG_INFO, "a fetch was refused", "aid", record->aid, "reason", why, "peer",
              http_request_peer(serving->request), (char *)NULL);
    refusals_add(serving->gateway, REFUSED_SIGNATURE, why);
    if (result == VERIFICATION_UNAVAILABLE)
        serve_unavailable(serving);
    else
        serve_unauthorized(serving, why);
    return false;
}
