#include "gateway/ledger/wording.h"

#include <string.h>

#include "mapping/model.h"

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

struct when {
    char text[TIME_TEXT_MAX];
};

/* "2026-11-25 10:14 UTC" */
static struct when when(int64_t time)
{
    struct when out;
    time_format(time, out.text);
    out.text[10] = ' ';
    memcpy(out.text + 16, " UTC", 5);
    return out;
}

static void add_failures(const struct evidence *evidence, struct buffer *out)
{
    if (!evidence->failures)
        return;
    buffer_format(out, " It was tried %u %s in vain, last on %s (", evidence->failures,
                  evidence->failures == 1 ? "time" : "times", when(evidence->last_failure).text);
    if (evidence->failure_code)
        buffer_format(out, "HTTP %d).", evidence->failure_code);
    else
        buffer_format(out, "%s).", evidence->failure_reason[0] ? evidence->failure_reason : "no answer");
}

/* "m.example was asked on … and", or the host alone when that is not known. */
static void add_asked(const char *host, const struct evidence *evidence, struct buffer *out)
{
    buffer_add_string(out, host);
    if (evidence->queued)
        buffer_format(out, " was asked on %s and", when(evidence->queued).text);
}

static void add_accepted(const char *host, const struct evidence *evidence, const json_t *server,
                         struct buffer *out)
{
    add_asked(host, evidence, out);
    buffer_format(out,
                  " answered on %s that it took the request to delete (HTTP %d). That shows that the request "
                  "arrived, not what became of the copy.",
                  when(evidence->time).text, evidence->code);
    if (strcmp(text_of(server, "checks"), "before") == 0)
        buffer_format(out, " %s gives this answer before it checks the request.", text_of(server, "title"));
}

static void add_refused(const char *host, const struct evidence *evidence, struct buffer *out)
{
    add_asked(host, evidence, out);
    buffer_format(out, " did not take the request to delete on %s", when(evidence->time).text);
    if (evidence->code)
        buffer_format(out, " (HTTP %d).", evidence->code);
    else
        buffer_format(out, " (%s).",
                      evidence->failure_reason[0] ? evidence->failure_reason : "it cannot be asked");
    buffer_add_string(out, " If it holds a copy, that may still be there.");
}

static void add_state(const char *host, const struct evidence *evidence, int64_t down_since,
                      const json_t *server, struct buffer *out)
{
    switch (evidence->state) {
    case EVIDENCE_EXPOSED:
        buffer_format(out, "%s may hold a copy. It was not asked to delete it.", host);
        break;
    case EVIDENCE_QUEUED:
        buffer_format(out, "The request to delete has waited for %s since %s.", host,
                      when(evidence->time).text);
        add_failures(evidence, out);
        buffer_add_string(out, " Nothing is known of its copy.");
        break;
    case EVIDENCE_UNREACHABLE:
        buffer_format(
            out,
            "%s has taken nothing from us since %s. The request to delete has waited since %s and is sent "
            "when it takes something again, for 180 days.",
            host, when(down_since).text, when(evidence->time).text);
        add_failures(evidence, out);
        buffer_add_string(out, " Nothing is known of its copy.");
        break;
    case EVIDENCE_ACCEPTED:
        add_accepted(host, evidence, server, out);
        break;
    case EVIDENCE_REFUSED:
        add_refused(host, evidence, out);
        break;
    case EVIDENCE_OBSERVED:
        buffer_format(out,
                      "%s asked us for it on %s with a signed request and was told that it is deleted. It "
                      "knows; what it did with its copy cannot be seen from here.",
                      host, when(evidence->time).text);
        if (evidence->accepted)
            buffer_format(out, " It answered on %s that it took the request (HTTP %d).",
                          when(evidence->accepted).text, evidence->accepted_code);
        break;
    case EVIDENCE_NO_INBOX:
        buffer_format(out,
                      "No address is known to which a request to delete could be sent to %s. If it holds a "
                      "copy, that may still be there.",
                      host);
        break;
    }
}

static void add_look(const struct evidence *evidence, struct buffer *out)
{
    struct when looked = when(evidence->copy_time);
    switch (evidence->copy) {
    case COPY_NOT_LOOKED_AT:
        break;
    case COPY_GONE:
        buffer_format(out,
                      " The one public page there that we know to show it (a boost or a quote) answered on "
                      "%s that nothing is there.",
                      looked.text);
        break;
    case COPY_STILL_THERE:
        buffer_format(out,
                      " The one public page there that we know to show it (a boost or a quote) was still "
                      "there on %s and named it.",
                      looked.text);
        break;
    case COPY_CANNOT_TELL:
        buffer_format(out,
                      " A look on %s at the one public page there that we know to show it (a boost or a "
                      "quote) did not show whether it is there.",
                      looked.text);
        break;
    }
}

void wording_of_host(const char *host, const struct evidence *evidence, int64_t down_since,
                     const json_t *server, struct buffer *out)
{
    add_state(host, evidence, down_since, server, out);
    add_look(evidence, out);
}

struct part {
    enum evidence_state state;
    const char *one, *many; /* after the number */
};

static size_t total_of(const size_t counts[EVIDENCE_STATES])
{
    size_t total = 0;
    for (size_t i = 0; i < EVIDENCE_STATES; i++)
        total += counts[i];
    return total;
}

static void add_parts(const size_t counts[EVIDENCE_STATES], const struct part parts[EVIDENCE_STATES],
                      struct buffer *out)
{
    size_t said = 0;
    for (size_t i = 0; i < EVIDENCE_STATES; i++) {
        size_t count = counts[parts[i].state];
        if (!count)
            continue;
        buffer_format(out, "%s%zu %s", said++ ? ", " : ": ", count,
                      count == 1 ? parts[i].one : parts[i].many);
    }
    buffer_add_char(out, '.');
}

void wording_of_counts(const size_t counts[EVIDENCE_STATES], bool forgotten, struct buffer *out)
{
    static const struct part parts[EVIDENCE_STATES] = {
        {EVIDENCE_ACCEPTED, "answered that it took the request to delete",
         "answered that they took the request to delete"},
        {EVIDENCE_OBSERVED, "was seen to learn of it", "were seen to learn of it"},
        {EVIDENCE_REFUSED, "did not take the request", "did not take the request"},
        {EVIDENCE_QUEUED, "has not answered yet", "have not answered yet"},
        {EVIDENCE_UNREACHABLE, "cannot be reached", "cannot be reached"},
        {EVIDENCE_NO_INBOX, "has no address that is known", "have no address that is known"},
        {EVIDENCE_EXPOSED, "was not asked", "were not asked"},
    };
    size_t total = total_of(counts);
    if (total == 0) {
        buffer_add_string(out, forgotten
                                   ? "What was known of servers that may hold a copy was dropped 180 days "
                                     "after the Delete; a receipt that was made before still holds."
                                   : "No server is known that may hold a copy.");
        return;
    }
    buffer_format(out, "%zu %s known that may hold a copy", total, total == 1 ? "server is" : "servers are");
    add_parts(counts, parts, out);
}

void wording_of_deletes(const size_t counts[EVIDENCE_STATES], struct buffer *out)
{
    static const struct part parts[EVIDENCE_STATES] = {
        {EVIDENCE_ACCEPTED, "was answered as taken", "were answered as taken"},
        {EVIDENCE_OBSERVED, "went to a server that was seen to learn of it",
         "went to servers that were seen to learn of it"},
        {EVIDENCE_REFUSED, "was not taken", "were not taken"},
        {EVIDENCE_QUEUED, "is not answered", "are not answered"},
        {EVIDENCE_UNREACHABLE, "waits for a server that cannot be reached",
         "wait for servers that cannot be reached"},
        {EVIDENCE_NO_INBOX, "has no address that is known", "have no address that is known"},
        {EVIDENCE_EXPOSED, "was not made", "were not made"},
    };
    size_t total = total_of(counts);
    if (total == 0)
        return;
    buffer_format(out, "%zu %s of the last 180 days to delete its posts or itself, one for each and server",
                  total, total == 1 ? "request" : "requests");
    add_parts(counts, parts, out);
}

void wording_of_software(const json_t *server, struct buffer *out)
{
    if (!server)
        return;
    buffer_format(out, "By what is published of it %s does this with a request to delete that it accepts: %s",
                  text_of(server, "title"), text_of(server, "removes"));
    if (strcmp(text_of(server, "forwards"), "with a signature") == 0)
        buffer_add_string(out, " It can pass the request on to servers that have the post from it.");
    else if (strcmp(text_of(server, "forwards"), "never") == 0)
        buffer_add_string(out, " It does not pass the request on.");
    if (strcmp(text_of(server, "observes"), "never") == 0)
        buffer_add_string(
            out, " It does not ask for the post again, so it will hardly ever be seen to learn of it.");
    if (strcmp(text_of(server, "looks"), "yes") == 0)
        buffer_add_string(out, " Its pages show the copies that it holds to strangers.");
    else if (strcmp(text_of(server, "looks"), "no") == 0)
        buffer_add_string(out, " Its pages show such copies to nobody who is not signed in.");
    buffer_add_string(out, " Its operator may have changed that.");
}

const char *const *wording_of_limits(size_t *count)
{
    static const char *const limits[] = {
        "A server that answers that it took the request has said so. What it did with its copy, its "
        "backups and "
        "its caches cannot be seen from outside.",
        "A server that got the post from another server, or that read it without signing its request, is not "
        "known "
        "here and was not asked by us. Some servers pass the request on, not all.",
        "Whoever read it may have kept it. No request reaches a screenshot or an archive.",
        "A look at a public page shows what that page showed to a stranger at that moment, and nothing of "
        "other "
        "pages.",
    };
    *count = sizeof limits / sizeof limits[0];
    return limits;
}
