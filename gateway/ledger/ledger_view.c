#include "gateway/ledger/ledger_view.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/ledger/evidence.h"
#include "mapping/model.h"

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static void count_one(json_t *counts, const char *name)
{
    (void)json_object_set_new(counts, name,
                              json_integer(json_integer_value(json_object_get(counts, name)) + 1));
}

static bool has_reason(const json_t *host, const char *reason)
{
    size_t i;
    const json_t *one;
    json_array_foreach(json_object_get(host, "why"), i, one)
    {
        if (strcmp(json_string_value(one), reason) == 0)
            return true;
    }
    return false;
}

static const char *software_of(const json_t *host)
{
    const char *software = text_of(host, "software");
    return software[0] ? software : "unknown";
}

static bool passes(const json_t *host, const struct ledger_filter *filter)
{
    return (!filter->state || strcmp(text_of(host, "state"), filter->state) == 0) &&
           (!filter->host || strcasecmp(text_of(host, "host"), filter->host) == 0) &&
           (!filter->software || strcasecmp(software_of(host), filter->software) == 0) &&
           (!filter->why || has_reason(host, filter->why));
}

void ledger_filter_apply(json_t *document, const struct ledger_filter *filter)
{
    size_t i;
    json_t *host;
    json_t *kept = json_array();
    json_t *counts = json_object();
    json_array_foreach(json_object_get(document, "hosts"), i, host)
    {
        if (!passes(host, filter))
            continue;
        (void)json_array_append(kept, host);
        count_one(counts, text_of(host, "state"));
    }
    (void)json_object_set_new(document, "hosts", kept);
    (void)json_object_set_new(document, "counts", counts);
}

static int more_hosts(const void *one, const void *other)
{
    json_int_t a = json_integer_value(json_object_get(*(json_t *const *)one, "hosts"));
    json_int_t b = json_integer_value(json_object_get(*(json_t *const *)other, "hosts"));
    if (a != b)
        return a < b ? 1 : -1;
    return strcmp(text_of(*(json_t *const *)one, "software"), text_of(*(json_t *const *)other, "software"));
}

static json_t *sorted(json_t *table)
{
    size_t count = json_object_size(table);
    json_t **rows = calloc(count + 1, sizeof(json_t *));
    const char *name;
    json_t *row;
    size_t at = 0;
    if (!rows)
        abort();
    json_object_foreach(table, name, row) rows[at++] = row;
    qsort(rows, count, sizeof(json_t *), more_hosts);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append(list, rows[i]);
    free(rows);
    return list;
}

json_t *ledger_by_software(const json_t *document)
{
    size_t i;
    const json_t *host;
    json_t *table = json_object();
    json_array_foreach(json_object_get(document, "hosts"), i, host)
    {
        const char *software = software_of(host);
        json_t *row = json_object_get(table, software);
        if (!row) {
            row = json_pack("{ss si s{}}", "software", software, "hosts", 0, "counts");
            (void)json_object_set_new(table, software, row);
        }
        count_one(row, "hosts");
        count_one(json_object_get(row, "counts"), text_of(host, "state"));
    }
    json_t *list = sorted(table);
    json_decref(table);
    return list;
}

/* ---- CSV
 * ---------------------------------------------------------------------------------------------------- */

static void add_cell(struct buffer *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        buffer_add_string(out, text);
        return;
    }
    buffer_add_char(out, '"');
    for (; *text; text++) {
        if (*text == '"')
            buffer_add_char(out, '"');
        buffer_add_char(out, *text);
    }
    buffer_add_char(out, '"');
}

static void add_member(struct buffer *out, const json_t *host, const char *name, bool is_time)
{
    const json_t *value = json_object_get(host, name);
    char time[TIME_TEXT_MAX] = "";
    size_t i;
    const json_t *one;
    if (json_is_integer(value) && is_time) {
        time_format(json_integer_value(value), time);
        add_cell(out, time);
    } else if (json_is_integer(value)) {
        buffer_format(out, "%lld", (long long)json_integer_value(value));
    } else if (json_is_array(value)) {
        json_array_foreach(value, i, one) buffer_format(out, "%s%s", i ? " " : "", json_string_value(one));
    } else {
        add_cell(out, text_of(host, name));
    }
}

void ledger_csv(const json_t *document, struct buffer *out)
{
    static const struct {
        const char *name;
        bool is_time;
    } columns[] = {
        {"host", false},     {"software", false},    {"version", false},      {"why", false},
        {"state", false},    {"code", false},        {"time", true},          {"queued", true},
        {"accepted", true},  {"refused", true},      {"observed", true},      {"unreachable_since", true},
        {"failures", false}, {"last_failure", true}, {"failure_code", false}, {"failure", false},
        {"copy", false},     {"copy_time", true},    {"contact", false}};
    enum { COLUMNS = sizeof columns / sizeof columns[0] };
    size_t i;
    const json_t *host;
    for (size_t k = 0; k < COLUMNS; k++)
        buffer_format(out, "%s%s", k ? "," : "", columns[k].name);
    buffer_add_string(out, "\r\n");
    json_array_foreach(json_object_get(document, "hosts"), i, host)
    {
        for (size_t k = 0; k < COLUMNS; k++) {
            if (k)
                buffer_add_char(out, ',');
            add_member(out, host, columns[k].name, columns[k].is_time);
        }
        buffer_add_string(out, "\r\n");
    }
}

void ledger_summary_csv(const json_t *summary, struct buffer *out)
{
    size_t i;
    const json_t *row;
    buffer_add_string(out, "software,hosts");
    for (size_t k = 0; k < EVIDENCE_STATES; k++)
        buffer_format(out, ",%s", evidence_name((enum evidence_state)k));
    buffer_add_string(out, "\r\n");
    json_array_foreach(summary, i, row)
    {
        add_cell(out, text_of(row, "software"));
        buffer_format(out, ",%lld", (long long)json_integer_value(json_object_get(row, "hosts")));
        for (size_t k = 0; k < EVIDENCE_STATES; k++)
            buffer_format(out, ",%lld",
                          (long long)json_integer_value(json_object_get(
                              json_object_get(row, "counts"), evidence_name((enum evidence_state)k))));
        buffer_add_string(out, "\r\n");
    }
}

static int64_t count_in(const json_t *counts, enum evidence_state state)
{
    return json_integer_value(json_object_get(counts, evidence_name(state)));
}

void ledger_answers(const json_t *counts, int64_t *waiting, int64_t *answered)
{
    *waiting += count_in(counts, EVIDENCE_QUEUED) + count_in(counts, EVIDENCE_UNREACHABLE);
    *answered += count_in(counts, EVIDENCE_ACCEPTED) + count_in(counts, EVIDENCE_OBSERVED) +
                 count_in(counts, EVIDENCE_REFUSED);
}
