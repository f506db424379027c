/* A receipt as a page for people: one file, nothing fetched, no script. */
#include <string.h>

#include "gateway/ledger/receipt.h"

static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    "<title>What became of a Delete</title><style>"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;"
    "background:#fff}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;"
    "padding:.4rem .8rem .4rem 0;border-bottom:1px solid "
    "#ddd}code,pre{font-size:.85em;overflow-wrap:anywhere;"
    "white-space:pre-wrap}@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}"
    "th,td{border-color:#444}a{color:#8bf}}</style></head><body>\n";

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static void add(struct buffer *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '<':
            buffer_add_string(out, "&lt;");
            break;
        case '>':
            buffer_add_string(out, "&gt;");
            break;
        case '&':
            buffer_add_string(out, "&amp;");
            break;
        case '"':
            buffer_add_string(out, "&quot;");
            break;
        default:
            buffer_add_char(out, *text);
        }
    }
}

/* "2026-12-01T00:41:52.716Z" as people write it; other text as it is. */
static void add_time(struct buffer *out, const char *text)
{
    enum { MINUTES = 16 };
    if (strlen(text) < MINUTES || text[10] != 'T') {
        add(out, text);
        return;
    }
    buffer_format(out, "%.10s %.5s UTC", text, text + 11);
}

static void add_element(struct buffer *out, const char *name, const char *text)
{
    buffer_format(out, "<%s>", name);
    add(out, text);
    buffer_format(out, "</%s>\n", name);
}

static void add_subject(struct buffer *out, const json_t *of)
{
    static const struct {
        const char *member, *title;
        void (*add)(struct buffer *out, const char *text);
    } lines[] = {{"id", "Of", add},
                 {"handle", "By", add},
                 {"published", "Published", add_time},
                 {"deleted", "Deleted", add_time},
                 {"state", "State", add},
                 {"since", "Since", add_time}};
    buffer_add_string(out, "<table>\n");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (!text_of(of, lines[i].member)[0])
            continue;
        buffer_format(out, "<tr><th>%s</th><td>", lines[i].title);
        lines[i].add(out, text_of(of, lines[i].member));
        buffer_add_string(out, "</td></tr>\n");
    }
    buffer_add_string(out, "</table>\n");
}

static void add_hosts(struct buffer *out, const json_t *hosts)
{
    size_t i;
    const json_t *host;
    if (json_array_size(hosts) == 0)
        return;
    add_element(out, "h2", "Server by server");
    buffer_add_string(out, "<table>\n<tr><th>Server</th><th>State</th><th>What is known</th></tr>\n");
    json_array_foreach(hosts, i, host)
    {
        buffer_add_string(out, "<tr><td>");
        add(out, text_of(host, "host"));
        if (text_of(host, "software")[0]) {
            buffer_add_string(out, "<br><small>");
            add(out, text_of(host, "software"));
            buffer_add_string(out, "</small>");
        }
        buffer_add_string(out, "</td><td>");
        add(out, text_of(host, "state"));
        buffer_add_string(out, "</td><td>");
        add(out, text_of(host, "says"));
        buffer_add_string(out, "</td></tr>\n");
    }
    buffer_add_string(out, "</table>\n");
}

static void add_list(struct buffer *out, const char *title, const json_t *texts)
{
    size_t i;
    const json_t *text;
    const char *name;
    json_t *member;
    if (json_array_size(texts) == 0 && json_object_size(texts) == 0)
        return;
    add_element(out, "h2", title);
    buffer_add_string(out, "<ul>\n");
    json_array_foreach(texts, i, text) add_element(out, "li", json_string_value(text));
    json_object_foreach((json_t *)(uintptr_t)texts, name, member)
        add_element(out, "li", json_string_value(member));
    buffer_add_string(out, "</ul>\n");
}

void receipt_page(const json_t *receipt, struct buffer *out)
{
    const json_t *body = json_object_get(receipt, "receipt");
    struct buffer text;
    buffer_init(&text, RECEIPT_MAX);
    buffer_add_string(out, head);
    add_element(out, "h1", "What became of a Delete");
    add_subject(out, json_object_get(body, "of"));
    add_element(out, "p", text_of(body, "says"));
    if (text_of(body, "posts_say")[0])
        add_element(out, "p", text_of(body, "posts_say"));
    buffer_add_string(out, "<p>As known on ");
    add_time(out, text_of(body, "as_of"));
    if (text_of(body, "asked_until")[0]) {
        buffer_add_string(out, "; servers that have not answered are asked until ");
        add_time(out, text_of(body, "asked_until"));
    }
    buffer_add_string(out, ".</p>\n");
    add_hosts(out, json_object_get(body, "hosts"));
    add_list(out, "What these programs do with it", json_object_get(body, "software"));
    add_list(out, "What cannot be known", json_object_get(body, "cannot_be_known"));
    add_element(out, "h2", "The receipt itself");
    buffer_add_string(out, "<p>Signed by <code>");
    add(out, text_of(receipt, "attributedTo"));
    buffer_add_string(out, "</code> (FEP-8b32, eddsa-jcs-2022). Put this line into a file and check it with "
                           "<code>drawbridge ledger verify FILE</code>.</p>\n<pre>");
    if (receipt_text(receipt, &text))
        add(out, buffer_text(&text));
    buffer_add_string(out, "</pre>\n</body></html>\n");
    buffer_clear(&text);
}
