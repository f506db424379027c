#include "gateway/fed/follow_dialog.h"

#include <string.h>
#include <strings.h>

#include "gateway/client/address_guard.h"
#include "gateway/fed/frame.h"
#include "gateway/fed/pages.h"
#include "gateway/fed/remote.h"
#include "gateway/http/form.h"
#include "gateway/limits.h"
#include "mapping/buffer.h"
#include "mapping/url_text.h"

enum { ADDRESS_MAX = 320, LINKS_MAX = 64, WAY_MAX = 2048 };

/* ---- templates
 * ------------------------------------------------------------------------------------------------ */

static void put_encoded(struct buffer *out, const char *text)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
            strchr("-._~", byte))
            buffer_add_char(out, (char)byte);
        else
            buffer_format(out, "%%%02X", byte);
    }
}

/* The template with what is to be followed in {uri} or {object}; its other variables (FEP-3b86: on-success,
 * on-cancel) stay empty. NULL when it has no place for it. */
static const char *expand(struct arena *arena, const char *template, const char *actor)
{
    struct buffer out;
    bool placed = false;
    buffer_init(&out, WAY_MAX);
    for (const char *at = template; *at; at++) {
        const char *end = *at == '{' ? strchr(at, '}') : NULL;
        if (!end) {
            buffer_add_char(&out, *at);
            continue;
        }
        size_t length = (size_t)(end - at) - 1;
        if ((length == 3 && memcmp(at + 1, "uri", 3) == 0) ||
            (length == 6 && memcmp(at + 1, "object", 6) == 0)) {
            put_encoded(&out, actor);
            placed = true;
        }
        at = end;
    }
    const char *way = placed && !out.failed ? arena_string(arena, buffer_text(&out)) : NULL;
    buffer_clear(&out);
    return way;
}

/* How well a link's relation says "follow": 0 not at all. */
static unsigned rank_of(const json_t *link)
{
    static const char *const relations[] = {"https://w3id.org/fep/3b86/Object",
                                            "http://ostatus.org/schema/1.0/subscribe",
                                            "https://w3id.org/fep/3b86/Follow"};
    const char *relation = json_string_value(json_object_get(link, "rel"));
    for (unsigned i = 0; relation && i < sizeof relations / sizeof relations[0]; i++)
        if (strcasecmp(relation, relations[i]) == 0)
            return i + 1;
    return 0;
}

static const char *template_of(const json_t *link)
{
    const char *template = json_string_value(json_object_get(link, "template"));
    return template ? template : json_string_value(json_object_get(link, "href"));
}

struct way {
    const char *url; /* NULL: none */
    bool elsewhere;  /* the server named one on another host */
};

/* Where people of that server follow. Only a page of the very host that was typed is taken: its people know
 * it, and anything else would make this a way to send people anywhere. */
static struct way find_way(struct serving *serving, const char *address, const char *actor)
{
    struct way way = {.url = NULL};
    unsigned best = 0;
    const char *asked = NULL;
    json_t *jrd = webfinger_fetch(serving->gateway, serving->arena, address, &asked);
    const json_t *links = json_object_get(jrd, "links");
    for (size_t i = 0; i < json_array_size(links) && i < LINKS_MAX; i++) {
        const json_t *link = json_array_get(links, i);
        unsigned rank = rank_of(link);
        const char *template = rank > best ? template_of(link) : NULL;
        const char *url = template ? expand(serving->arena, template, actor) : NULL;
        const char *safe = url ? url_for_link(serving->arena, url) : NULL;
        if (!safe || strcmp(safe, url) != 0)
            continue;
        if (!url_same_origin(safe, asked)) {
            way.elsewhere = true;
            continue;
        }
        way.url = safe;
        best = rank;
    }
    json_decref(jrd);
    return way;
}

/* ---- pages
 * ---------------------------------------------------------------------------------------------------- */

static void begin(struct serving *serving, struct buffer *page, const struct account_record *record)
{
    const char *name = record->account.name && *record->account.name ? record->account.name : record->name;
    frame_begin(
        page, serving,
        &(struct frame){.title = arena_format(serving->arena, "Follow @%s@%s", record->name, record->host),
                        .noindex = true});
    page_format(page, "<h1>Follow <bdi>%s</bdi></h1><div class=\"card\"><p>", name);
    page_format(page, "<a href=\"%s\"><span class=\"handle\">@%s@%s</span></a></p>",
                url_profile(serving->arena, serving->host->base, record->name), record->name, record->host);
}

static void finish(struct serving *serving, struct buffer *page, const struct account_record *record,
                   int status)
{
    buffer_add_string(page, "</div>");
    struct page made = {.html = frame_end(page, serving, record->platform), .noindex = true};
    serve_html(serving, status, &made);
}

static void put_form(struct buffer *page, const struct account_record *record, const char *address)
{
    page_format(page,
                "<form method=\"post\" action=\"/@%s/follow\"><label for=\"address\">Your own address in the "
                "fediverse</label><input id=\"address\" name=\"address\" required maxlength=\"320\" "
                "autocapitalize=\"none\" spellcheck=\"false\" placeholder=\"@you@your.server\" "
                "aria-describedby=\"address-help\" value=\"%s\">",
                record->name, address);
    buffer_add_string(page,
                      "<p class=\"soft\" id=\"address-help\">Your server is asked how its people follow, and "
                      "you see where that leads before you go. Your address is not kept.</p>"
                      "<p><button>Go on</button></p></form>");
    page_format(
        page, "<p class=\"soft\">Or search on your own server for <span class=\"handle\">@%s@%s</span>.</p>",
        record->name, record->host);
}

static void ask_again(struct serving *serving, const struct account_record *record, const char *address,
                      int status, const char *why)
{
    struct buffer page;
    begin(serving, &page, record);
    page_format(&page, "<p class=\"wrong\" role=\"alert\">%s</p>", why);
    put_form(&page, record, address);
    finish(serving, &page, record, status);
}

void serve_follow_dialog(struct serving *serving, const char *name)
{
    struct account_record record;
    struct buffer page;
    if (!serve_named_account(serving, name, &record))
        return;
    begin(serving, &page, &record);
    put_form(&page, &record, "");
    finish(serving, &page, &record, 200);
}

static void show_way(struct serving *serving, const struct account_record *record, const char *url)
{
    struct buffer page;
    begin(serving, &page, record);
    page_format(&page,
                "<p>You go on to <strong>%s</strong>, your own server. Check that this is its name; you may "
                "have to sign in there.</p><p><a class=\"button\" rel=\"nofollow noopener noreferrer\" "
                "href=\"%s\">Go to %s</a></p><p class=\"soft\">%s</p>",
                url_authority(serving->arena, url), url, url_authority(serving->arena, url), url);
    finish(serving, &page, record, 200);
}

/* ---- what was typed
 * ------------------------------------------------------------------------------------------- */

/* The server as its own address is, however it is typed (case, IDN, port), so that it is known again. NULL:
 * none. */
static const char *server_of(struct serving *serving, const char *typed)
{
    struct guarded_url place;
    const char *why;
    const char *scheme = serving->gateway->config->lab ? "http" : "https";
    const char *url = arena_format(serving->arena, "%s://%s/", scheme, typed);
    if (!address_guard_url(NULL, url, true, &place, &why) || place.host[strlen(place.host) - 1] == '.')
        return NULL;
    return url_authority(serving->arena,
                         arena_format(serving->arena, "%s://%s:%u/", scheme, place.host, place.port));
}

/* "name@server" of what people write: with blanks around it, with an @ before it. NULL: no address. */
static const char *address_of(struct serving *serving, const char *typed)
{
    static const char blanks[] = " \t\r\n";
    typed += strspn(typed, blanks);
    typed += *typed == '@';
    size_t length = strlen(typed);
    while (length && strchr(blanks, typed[length - 1]))
        length--;
    char *address = arena_copy(serving->arena, typed, length);
    const char *at = strchr(address, '@');
    if (!at || at == address || !at[1] || strchr(at + 1, '@') || length > ADDRESS_MAX ||
        strpbrk(address, " \t\r\n/?#\\%<>\"'`{}|^"))
        return NULL;
    const char *server = server_of(serving, at + 1);
    return server ? arena_format(serving->arena, "%.*s@%s", (int)(at - address), address, server) : NULL;
}

void serve_follow_way(struct serving *serving, const char *name)
{
    struct account_record record;
    if (!serve_named_account(serving, name, &record))
        return;
    const char *typed = form_field(serving->request, serving->arena, "address");
    const char *address = typed ? address_of(serving, typed) : NULL;
    /* No other site may make us ask servers in its visitors' name. */
    if (!form_is_from(serving->request, serving->host->base)) {
        ask_again(serving, &record, "", 403, "This form was sent by another site. Begin here instead.");
        return;
    }
    if (!address) {
        ask_again(serving, &record, typed && strlen(typed) <= ADDRESS_MAX ? typed : "", 422,
                  "That is no address in the fediverse. Write it as @you@your.server.");
        return;
    }
    if (!limits_take_dialog(serving->gateway, http_request_peer(serving->request),
                            strchr(address, '@') + 1)) {
        ask_again(serving, &record, address, 429, "That was asked too often. Wait some seconds.");
        return;
    }
    const char *actor = url_actor(serving->arena, serving->host->base, record.aid);
    struct way way = find_way(serving, address, actor);
    if (way.url)
        show_way(serving, &record, way.url);
    else
        ask_again(serving, &record, address, 200,
                  way.elsewhere
                      ? "Your server names a page on another host, where you are not sent from here. Search "
                        "for the address on your own server instead."
                      : "Your server does not say how its people follow, or did not answer. Search for the "
                        "address there instead.");
}
