/* The page on which an owner pauses the account, makes it leave, watches that, keeps the receipt, comes back.
 */
#include <string.h>

#include "gateway/admin/page.h"
#include "gateway/admin/show.h"
#include "gateway/admin/visit.h"

static json_int_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static void put_pause(struct visit *visit, struct buffer *page, const struct view *view, bool paused)
{
    buffer_add_string(
        page,
        paused
            ? "<h2>Go on</h2><div class=\"card\"><p>The account is <strong>paused</strong>: nothing new "
              "leaves. What is out stays, followers stay, and what you delete is deleted out "
              "there too. Who asks to follow, and who answers, waits for you.</p><p>When you go on, "
              "edits that you made meanwhile are told. What you wrote during the pause stays home.</p>"
            : "<h2>Pause</h2><div class=\"card\"><p>Nothing new leaves until you go on. What is out stays, "
              "followers stay, and what you delete is still deleted out there. What you write "
              "during a pause stays home for good.</p>");
    visit_button(visit, page, paused ? "account.resume" : "account.pause", NULL, NULL,
                 paused ? "Go on" : "Pause", false, view->path);
    buffer_add_string(page, "</div>");
}

static void put_leave(struct visit *visit, struct buffer *page, const struct view *view,
                      const json_t *account)
{
    buffer_add_string(
        page, "<h2>Leave the fediverse</h2><div class=\"card\"><p>All your posts out there are deleted: "
              "every server "
              "that may hold one is asked, and this page shows what each answers. Your followers are lost "
              "for good. On your platform nothing changes.</p><p>You can come back later, as a new "
              "account without followers and under a name that is a little different: no name is given "
              "twice.</p>");
    visit_form(visit, page, "account.leave", view->path);
    page_format(
        page,
        "<label for=\"confirm\">To show that you mean it, write the account's name</label><input "
        "id=\"confirm\" "
        "name=\"confirm\" aria-describedby=\"confirm-help\" autocomplete=\"off\" autocapitalize=\"none\" "
        "required><div class=\"help\" id=\"confirm-help\">%s</div><p><button class=\"danger\">Leave the "
        "fediverse</button></p></form></div>",
        show_text(account, "handle"));
}

/* "queued 3, accepted 5"; states without any are left out. */
static void put_counts(struct buffer *page, const char *title, const json_t *counts)
{
    const char *state;
    json_t *count;
    size_t said = 0;
    json_object_foreach((json_t *)(uintptr_t)counts, state, count)
    {
        if (!json_integer_value(count))
            continue;
        if (!said++)
            page_format(page, "<dt>%s</dt><dd>", title);
        buffer_format(page, "%s%lld ", said > 1 ? ", " : "", (long long)json_integer_value(count));
        page_text(page, state);
    }
    buffer_add_string(page, said ? "</dd>" : "");
}

static void put_receipt(struct buffer *page)
{
    buffer_add_string(
        page, "<h2>The receipt</h2><div class=\"card\"><p>What was asked of which server and when, what it "
              "answered, and "
              "what nobody can know: <a href=\"/receipt\" download>signed, for programs (JSON)</a>, <a "
              "href=\"/receipt?form=html\" download>for people (HTML)</a>. It tells what is known just now; "
              "you can fetch it again later. Anybody can check the signed one: <code>drawbridge ledger "
              "verify FILE</code>, or any tool that knows FEP-8b32.</p></div>");
}

static void put_progress(struct visit *visit, struct buffer *page, const struct view *view,
                         const json_t *account)
{
    json_int_t waiting = number_of(account, "waiting");
    json_int_t answered = number_of(account, "answered");
    bool gone = strcmp(show_text(account, "state"), "gone") == 0;
    page_format(page, "<h2>%s</h2><div class=\"card\">",
                gone ? "The account has left" : "The account is leaving");
    if (!gone && number_of(account, "posts_left"))
        buffer_format(page, "<p>%lld posts are still to be taken down here.</p>",
                      (long long)number_of(account, "posts_left"));
    buffer_format(page, "<p>%lld of %lld requests to delete were answered.</p>", (long long)answered,
                  (long long)(answered + waiting));
    if (waiting + answered)
        buffer_format(page,
                      "<p><progress max=\"%lld\" value=\"%lld\" aria-label=\"Requests that were "
                      "answered\"></progress></p>",
                      (long long)(waiting + answered), (long long)answered);
    buffer_add_string(page, "<dl>");
    put_counts(page, "Your posts, one for each server", json_object_get(account, "deletes"));
    put_counts(page, "Your account, by server", json_object_get(account, "servers"));
    buffer_add_string(page, "<dt>Since</dt><dd>");
    page_value(page, "since", json_object_get(account, "since"));
    buffer_add_string(page, "</dd></dl>");
    if (waiting && gone)
        buffer_add_string(page, "<p class=\"help\">Servers that do not answer are asked for 180 days.</p>");
    if (!gone)
        visit_refresh(visit, page, view->path);
    buffer_add_string(page, "</div>");
}

static void put_return(struct visit *visit, struct buffer *page, const struct view *view)
{
    buffer_add_string(
        page, "<h2>Come back</h2><div class=\"card\"><p>You can be in the fediverse again, as a new account "
              "without followers and under a name that is a little different. Where your platform does not "
              "vouch for you, you get a code to put into your "
              "profile, and press the button once more.</p>");
    visit_button(visit, page, "account.return", NULL, NULL, "Come back", false, view->path);
    buffer_add_string(page, "</div>");
}

void view_put_bridge(struct visit *visit, struct buffer *page, const struct view *view)
{
    struct act act;
    if (visit_act(visit, page, &act, view->act, (char *)NULL)) {
        const char *state = show_text(act.result, "state");
        bool paused = strcmp(state, "paused") == 0;
        if (paused || strcmp(state, "on") == 0) {
            put_pause(visit, page, view, paused);
            put_leave(visit, page, view, act.result);
        } else {
            put_progress(visit, page, view, act.result);
            put_receipt(page);
        }
        if (strcmp(state, "gone") == 0)
            put_return(visit, page, view);
    }
    act_end(&act);
}
