#include "plaza/page.h"

#include <stdio.h>
#include <string.h>

void page_begin(struct request *request, const struct visitor *visitor, int status, const char *title)
{
    answer_empty(request, status);
    request->type = "text/html; charset=utf-8";
    struct text *page = &request->answer;
    text_put(
        page,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width, initial-scale=1\"><meta name=\"robots\" content=\"noindex\"><title>");
    text_put_escaped(page, title);
    text_put(
        page,
        " · Plaza</title><link rel=\"stylesheet\" href=\"/style.css\"></head><body><header class=\"top\">"
        "<nav aria-label=\"Plaza\"><a class=\"brand\" href=\"/\">Plaza</a>");
    if (visitor->signed_in) {
        text_format(page,
                    "<a href=\"/@%s\">@%s</a><a href=\"/home\">Home</a><a href=\"/mentions\">Mentions</a>"
                    "<a href=\"/settings\">Settings</a>",
                    visitor->account.handle, visitor->account.handle);
        form_begin(page, visitor, "/sign-out");
        text_put(page, "<button class=\"link\">Sign out</button></form>");
    }
    text_put(page, "</nav></header><main>");
}

void page_end(struct request *request)
{
    text_put(&request->answer, "</main><footer>Plaza is a demo: members sign in without a password.</footer>"
                               "</body></html>\n");
}

void page_message(struct request *request, const struct visitor *visitor, int status, const char *title,
                  const char *sentence)
{
    page_begin(request, visitor, status, title);
    text_put(&request->answer, "<section class=\"card\"><h1>");
    text_put_escaped(&request->answer, title);
    text_put(&request->answer, "</h1><p>");
    text_put_escaped(&request->answer, sentence);
    text_put(&request->answer, "</p><p><a href=\"/\">To the newest posts</a></p></section>");
    page_end(request);
}

void form_begin(struct text *page, const struct visitor *visitor, const char *action)
{
    text_format(page,
                "<form method=\"post\" action=\"%s\"><input type=\"hidden\" name=\"csrf\" value=\"%s\">",
                action, visitor->csrf);
}

/* ---- the box to write in ---- */

static void field(struct text *page, const char *label, const char *name, const char *type, const char *value,
                  int maximum)
{
    text_format(page, "<label>%s<input name=\"%s\" type=\"%s\" maxlength=\"%d\" value=\"", label, name, type,
                maximum);
    text_put_escaped(page, value);
    text_put(page, "\"></label>");
}

static void language_choice(struct text *page, const char *chosen)
{
    static const char *const languages[][2] = {{"en", "English"},    {"de", "Deutsch"},  {"fr", "Français"},
                                               {"es", "Español"},    {"it", "Italiano"}, {"pt", "Português"},
                                               {"nl", "Nederlands"}, {"ja", "日本語"}};
    text_put(page, "<label>Language<select name=\"language\"><option value=\"\">not said</option>");
    for (size_t i = 0; i < sizeof languages / sizeof *languages; i++)
        text_format(page, "<option value=\"%s\" lang=\"%s\"%s>%s</option>", languages[i][0], languages[i][0],
                    chosen && strcmp(chosen, languages[i][0]) == 0 ? " selected" : "", languages[i][1]);
    text_put(page, "</select></label>");
}

static bool has_extras(const struct post_draft *draft)
{
    return (draft->warning && *draft->warning) || (draft->language && *draft->language) ||
           (draft->image_url && *draft->image_url) || (draft->poll && *draft->poll) ||
           (draft->quote && *draft->quote);
}

void compose_box(struct text *page, const struct visitor *visitor, const char *action,
                 const struct post_draft *draft, const char *parent, const char *button)
{
    static const struct post_draft empty;
    const struct post_draft *from = draft ? draft : &empty;
    bool editing = draft && !parent && strcmp(action, "/posts") != 0;
    form_begin(page, visitor, action);
    if (parent) {
        text_put(page, "<input type=\"hidden\" name=\"reply_to\" value=\"");
        text_put_escaped(page, parent);
        text_put(page, "\">");
    }
    text_format(page, "<label>%s<textarea name=\"text\" required rows=\"3\">\n",
                parent ? "Your answer" : "What is going on?");
    text_put_escaped(page, from->text);
    text_format(
        page,
        "</textarea></label><details%s><summary>Warning, language, image, poll, quote, who sees it</summary>",
        has_extras(from) ? " open" : "");
    field(page, "Content warning (hides the text until opened)", "warning", "text", from->warning, 200);
    text_put(page, "<div class=\"row\">");
    language_choice(page, from->language);
    if (!editing)
        text_format(page,
                    "<label>Who sees it<select name=\"visibility\"><option value=\"public\">Public</option>"
                    "<option value=\"unlisted\"%s>Unlisted (not on the front page)</option></select></label>",
                    from->visibility && strcmp(from->visibility, "unlisted") == 0 ? " selected" : "");
    text_put(page, "</div><div class=\"row\">");
    field(page, "Address of an image", "image_url", "url", from->image_url, URL_BYTES_MAX);
    field(page, "What the image shows", "image_alt", "text", from->image_alt, ALT_BYTES_MAX);
    text_put(page, "</div>");
    if (!editing) {
        field(page, "Quote (the address of a post)", "quote_of", "text", from->quote, URL_BYTES_MAX);
        text_put(page, "<label>Poll (one choice a line)<textarea name=\"poll\" rows=\"2\">\n");
        text_put_escaped(page, from->poll);
        text_put(page, "</textarea></label><label class=\"check\"><input type=\"checkbox\""
                       " name=\"poll_multiple\" value=\"1\">Several choices</label>");
    }
    text_format(page, "</details><p><button>%s</button></p></form>", button);
}
