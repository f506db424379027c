/* Reports: what other servers say of accounts here, and what people here say of people elsewhere. */
#include <string.h>

#include "gateway/admin/acts.h"
#include "gateway/fed/flags.h"
#include "gateway/fed/remote.h"
#include "gateway/fed/render.h"
#include "gateway/store/reports.h"
#include "gateway/upstream/upstream.h"
#include "mapping/utf8_text.h"

/* "@alice@social.example" of an account here; "" when it is gone. */
static const char *handle_of(struct act *act, const char *aid)
{
    struct account_record record;
    if (!aid[0] || account_load(act->gateway->store, act->arena, aid, &record) != LOOKUP_FOUND)
        return "";
    return arena_format(act->arena, "@%s@%s", record.name, record.host);
}

static void put_time(json_t *document, const char *name, int64_t time)
{
    if (time)
        (void)json_object_set_new(document, name, json_integer(time));
}

static void put_text(json_t *document, const char *name, const char *text)
{
    if (text[0])
        (void)json_object_set_new(document, name, json_string(text));
}

/* Whom it is about: our account, or the person elsewhere. */
static void put_subject(struct act *act, json_t *document, const struct report *report)
{
    const char *own = handle_of(act, report->aid);
    (void)json_object_set_new(document, "subject", json_string(report->subject));
    put_text(document, "account", report->aid);
    if (!report->outgoing) {
        put_text(document, "about", own[0] ? own : report->subject);
        return;
    }
    json_t *person = act_person_document(act, report->subject);
    (void)json_object_set(document, "about", json_object_get(person, "handle"));
    json_decref(person);
    put_text(document, "handle", own);
}

static json_t *document_of(struct act *act, const struct report *report)
{
    bool on_its_way = strcmp(report->passed, "queued") == 0 || strcmp(report->passed, "sent") == 0;
    json_t *posts = json_array();
    for (size_t i = 0; i < report->post_count; i++)
        (void)json_array_append_new(posts, json_string(report->posts[i]));
    json_t *document =
        json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:o, s:s, s:s}", "report", report->id, "direction",
                  report->outgoing ? "out" : "in", "state", report->open ? "open" : "closed", "time",
                  (json_int_t)report->time, "times", (json_int_t)report->times, "server", report->server,
                  "by", report->by, "posts", posts, "comment", report->comment, "can_be_forwarded",
                  on_its_way ? "no" : "yes");
    put_subject(act, document, report);
    if (report->last != report->time)
        put_time(document, "last", report->last);
    put_text(document, "forwarded", report->passed);
    put_text(document, "forwarded_why", report->passed_why);
    put_time(document, "forwarded_at", report->passed_at);
    put_time(document, "closed", report->closed);
    put_text(document, "closed_by", report->closed_by);
    put_text(document, "note", report->note);
    return document;
}

enum act_outcome act_report_list(struct act *act)
{
    const char *state = act_word(act, "state");
    struct report_page *page = arena_alloc(act->arena, sizeof *page);
    enum lookup found = report_list(act->gateway->store, act->arena, !state || strcmp(state, "open") == 0,
                                    act_word(act, "cursor"), page);
    if (found == LOOKUP_ABSENT)
        return act_fails(act, ACT_INVALID, "cursor", "cursor is what the page before named as next");
    if (found == LOOKUP_DOWN)
        return act_away(act);
    json_t *items = json_array();
    for (size_t i = 0; i < page->count; i++)
        (void)json_array_append_new(items, document_of(act, &page->reports[i]));
    act->result =
        json_pack("{s:I, s:o, s:s*}", "total", (json_int_t)page->total, "items", items, "next", page->next);
    return ACT_DONE;
}

static enum act_outcome load(struct act *act, struct report *report)
{
    const char *id = act_word(act, "report");
    switch (report_load(act->gateway->store, act->arena, id, report)) {
    case LOOKUP_FOUND:
        return ACT_DONE;
    case LOOKUP_DOWN:
        return act_away(act);
    case LOOKUP_ABSENT:
        break;
    }
    return act_fails(act, ACT_UNKNOWN, "report",
                     "there is no report '%.100s'; closed ones are kept for 90 days, see 'report list'", id);
}

enum act_outcome act_report_show(struct act *act)
{
    struct report report;
    enum act_outcome outcome = load(act, &report);
    if (outcome == ACT_DONE)
        act->result = document_of(act, &report);
    return outcome;
}

static enum act_outcome show_again(struct act *act, const char *said)
{
    enum act_outcome outcome = act_report_show(act);
    if (outcome == ACT_DONE)
        (void)json_object_set_new(
            act->result, "said",
            json_string(arena_format(act->arena, "report %s %s", act_word(act, "report"), said)));
    return outcome;
}

enum act_outcome act_report_close(struct act *act)
{
    struct report report;
    bool done = false;
    const char *note = act_word(act, "note");
    enum act_outcome outcome = load(act, &report);
    if (outcome != ACT_DONE)
        return outcome;
    if (note && strlen(note) > REPORT_NOTE_MAX)
        return act_fails(act, ACT_INVALID, "note", "a note has at most %d bytes", REPORT_NOTE_MAX);
    if (report_close(act->gateway->store, report.id, act->who, note ? note : "", &done) == LOOKUP_DOWN)
        return act_away(act);
    return done ? show_again(act, "is closed")
                : act_fails(act, ACT_REFUSED, "report", "report %s is closed already", report.id);
}

/* One from elsewhere goes to the platform whose member it is about, one from here to the person's server. */
enum act_outcome act_report_forward(struct act *act)
{
    struct report report;
    bool done = false;
    enum act_outcome outcome = load(act, &report);
    if (outcome != ACT_DONE)
        return outcome;
    if (!report.outgoing && !report.platform[0])
        return act_fails(act, ACT_REFUSED, "report", "report %s belongs to no platform", report.id);
    if (report_forward(act->gateway->store, report.id, act->trace, &done) == LOOKUP_DOWN)
        return act_away(act);
    if (!done)
        return act_fails(act, ACT_REFUSED, "report", "report %s was forwarded already", report.id);
    if (report.outgoing)
        flags_kick(act->gateway);
    else
        upstream_push_kick(act->gateway, report.platform);
    return show_again(act, report.outgoing ? arena_format(act->arena, "goes to %s", report.server)
                                           : arena_format(act->arena, "goes to %s", report.platform));
}

/* A reply that was shown here, by its key or address; else a person. */
static enum act_outcome reported(struct act *act, struct report *report)
{
    const char *word = act_word(act, "subject");
    struct remote_object object;
    bool may_be_post = strncmp(word, "rp_", 3) == 0 || strncmp(word, "http", 4) == 0;
    enum lookup found =
        may_be_post ? remote_object_find(act->gateway, act->arena, word, &object) : LOOKUP_ABSENT;
    if (found == LOOKUP_DOWN)
        return act_away(act);
    if (found == LOOKUP_FOUND) {
        report->subject = object.actor;
        report->posts[report->post_count++] = object.id;
        return ACT_DONE;
    }
    if (strncmp(word, "rp_", 3) == 0)
        return act_fails(act, ACT_UNKNOWN, "subject", "no reply of that key came here");
    enum act_outcome outcome = act_person(act, word, &report->subject);
    act->field = outcome == ACT_DONE ? NULL : "subject";
    return outcome;
}

enum act_outcome act_report_add(struct act *act)
{
    struct report report = {.outgoing = true, .aid = act->account.aid, .platform = act->account.platform};
    char id[REPORT_ID_SIZE];
    const char *comment = act_word(act, "comment");
    bool forward = act_flag(act, "forward", false);
    if (act->account.consent != CONSENT_ON)
        return act_fails(act, ACT_REFUSED, NULL, "the account is not on; nobody is reported in its name");
    enum act_outcome outcome = reported(act, &report);
    if (outcome != ACT_DONE)
        return outcome;
    const char *origin = url_origin(act->arena, report.subject);
    if (!origin || local_is_ours(act->gateway->config, report.subject))
        return act_fails(act, ACT_INVALID, "subject", "a report is about somebody of another server");
    report.by = act->by_owner ? "owner" : "operator";
    report.server = strstr(origin, "://") + 3;
    report.comment = utf8_clean_copy(act->arena, comment ? comment : "", REPORT_COMMENT_MAX);
    switch (report_add(act->gateway->store, &report, forward, act->trace, id)) {
    case REPORT_DOWN:
        return act_away(act);
    case REPORT_FULL:
    case REPORT_CROWDED:
        return act_fails(act, ACT_REFUSED, NULL,
                         "too many reports wait for the operator; try again when some are closed");
    case REPORT_KEPT:
    case REPORT_AGAIN:
        break;
    }
    if (forward)
        flags_kick(act->gateway);
    act->result = json_pack("{s:s, s:s, s:s}", "report", id, "subject", report.subject, "said",
                            arena_format(act->arena,
                                         forward ? "the operator has it, and %s hears of it"
                                                 : "the operator has it; %s does not hear of it",
                                         report.server));
    return ACT_DONE;
}
