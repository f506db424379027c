#include "gateway/fed/flags.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/client/fetch.h"
#include "gateway/clock.h"
#include "gateway/fed/remote.h"
#include "gateway/fed/signer.h"
#include "gateway/ledger/ledger.h"
#include "gateway/log.h"
#include "gateway/store/reports.h"
#include "gateway/work.h"
#include "mapping/outbound.h"

#define QUEUE "flags"
#define CONTENT_TYPE "application/activity+json"

enum { PARALLEL = 8, BUDGET = 2 << 20, SEND_TIMEOUT_MS = 20000, HEADERS_MAX = 6 };
static const int64_t GIVEN_UP_MS = (int64_t)3 * 86400 * 1000;
static const int64_t ACTOR_AGE_MS = (int64_t)86400 * 1000;

struct flagging {
    struct gateway *gateway;
    struct arena *arena;
    const struct work_entry *entry;
    struct report report;
    const struct config_host *host; /* whose instance actor signs */
    struct inbound_actor subject;
};

/* ---- what is sent ---- */

/* The host of the account that reports, else of its platform, else the first. */
static bool find_host(struct flagging *flagging)
{
    const struct config *config = flagging->gateway->config;
    struct account_record record;
    flagging->host = flagging->report.platform[0] ? config_host_for(config, flagging->report.platform, "")
                                                  : &config->hosts[0];
    if (!flagging->report.aid[0])
        return true;
    enum lookup found =
        account_load(flagging->gateway->store, flagging->arena, flagging->report.aid, &record);
    const struct config_host *own = found == LOOKUP_FOUND ? config_host_find(config, record.host) : NULL;
    if (own)
        flagging->host = own;
    return found != LOOKUP_DOWN;
}

static json_t *flag(const struct flagging *flagging, const json_t *object, size_t number)
{
    const char *actor = arena_format(flagging->arena, "%s/actor", flagging->host->base);
    return json_pack("{s:s, s:s, s:s, s:s, s:[s], s:s, s:O}", "@context",
                     "https://www.w3.org/ns/activitystreams", "id",
                     arena_format(flagging->arena, "%s#flag-%s-%zu", actor, flagging->report.id, number),
                     "type", "Flag", "actor", actor, "to", flagging->report.subject, "content",
                     flagging->report.comment, "object", object);
}

/* Lemmy and PeerTube read one object of a Flag. */
static bool wants_single_objects(const struct flagging *flagging)
{
    const char *why = NULL;
    json_t *host = ledger_host(flagging->gateway, flagging->report.server, &why);
    const char *software = json_string_value(json_object_get(host, "software"));
    bool single = software && (strcasecmp(software, "lemmy") == 0 || strcasecmp(software, "peertube") == 0);
    json_decref(host);
    return single;
}

/* ---- sending ---- */

enum told { TOLD, TOLD_LATER, TOLD_REFUSED };

static enum told post_once(struct flagging *flagging, const char *body, enum get_way way,
                           struct fetch_result *result)
{
    struct fetch_header headers[HEADERS_MAX];
    const struct signer *signer = signer_instance(flagging->gateway, flagging->host);
    struct fetch_request request = {.method = "POST",
                                    .url = flagging->subject.inbox,
                                    .headers = headers,
                                    .body = body,
                                    .body_length = strlen(body),
                                    .timeout_ms = SEND_TIMEOUT_MS};
    *result = (struct fetch_result){0};
    if (!signer)
        return TOLD_LATER;
    const struct signed_post post = {
        .url = request.url, .content_type = CONTENT_TYPE, .body = body, .length = request.body_length};
    request.header_count =
        signer_sign_post(flagging->gateway, signer, &post, way, flagging->arena, headers, HEADERS_MAX);
    if (!request.header_count)
        return TOLD_REFUSED;
    fetch(flagging->gateway->fetch, &request, result);
    if (result->error == FETCH_FORBIDDEN)
        return TOLD_REFUSED;
    if (result->error != FETCH_OK || result->status >= 500 || result->status == 408 || result->status == 429)
        return TOLD_LATER;
    return result->status >= 200 && result->status < 300 ? TOLD : TOLD_REFUSED;
}

/* The scheme of most first; who does not take it is asked with the other. */
static enum told post_flag(struct flagging *flagging, const json_t *document, const char **why)
{
    static const enum get_way ways[] = {GET_CAVAGE, GET_RFC9421};
    char *body = json_dumps(document, JSON_COMPACT);
    enum told told = TOLD_REFUSED;
    if (!body)
        abort();
    for (size_t i = 0; i < sizeof ways / sizeof ways[0] && told == TOLD_REFUSED; i++) {
        struct fetch_result result;
        told = post_once(flagging, body, ways[i], &result);
        *why = result.error != FETCH_OK ? arena_string(flagging->arena, result.reason)
               : told == TOLD           ? ""
                                        : arena_format(flagging->arena, "it answered %d", result.status);
        fetch_result_clear(&result);
    }
    free(body);
    return told;
}

static enum told send_flags(struct flagging *flagging, const char **why)
{
    const struct report *report = &flagging->report;
    json_t *objects = json_array();
    enum told told = TOLD;
    (void)json_array_append_new(objects, json_string(report->subject));
    for (size_t i = 0; i < report->post_count; i++)
        (void)json_array_append_new(objects, json_string(report->posts[i]));
    size_t index;
    const json_t *object;
    if (!wants_single_objects(flagging)) {
        json_t *document = flag(flagging, objects, 0);
        told = post_flag(flagging, document, why);
        json_decref(document);
    } else {
        json_array_foreach(objects, index, object)
        {
            json_t *document = flag(flagging, object, index);
            enum told one = post_flag(flagging, document, why);
            told = one == TOLD ? told : one;
            json_decref(document);
        }
    }
    json_decref(objects);
    return told;
}

static enum told tell(struct flagging *flagging, const char **why)
{
    enum remote_outcome met = remote_actor(flagging->gateway, flagging->arena, flagging->report.subject,
                                           ACTOR_AGE_MS, &flagging->subject, why);
    if (met == REMOTE_LATER)
        return TOLD_LATER;
    if (met != REMOTE_OK)
        return TOLD_REFUSED;
    if (!find_host(flagging))
        return TOLD_LATER;
    return send_flags(flagging, why);
}

static enum work_result settle(struct flagging *flagging, enum told told, const char *why)
{
    bool late = clock_now_ms() - flagging->entry->time > GIVEN_UP_MS;
    if (told == TOLD_LATER && !late)
        return WORK_LATER;
    log_write(LOG_INFO, told == TOLD ? "a report was sent" : "a report was not taken", "trace",
              flagging->entry->trace, "report", flagging->report.id, "server", flagging->report.server,
              "reason", told == TOLD ? NULL : why, (char *)NULL);
    return report_passed(flagging->gateway->store, flagging->report.id, told == TOLD ? "sent" : "refused",
                         told == TOLD ? "" : why)
               ? WORK_DONE
               : WORK_LATER;
}

static enum work_result handle(void *context, const struct work_entry *entry)
{
    struct flagging flagging = {.gateway = context, .arena = arena_new(BUDGET), .entry = entry};
    const char *why = "";
    enum work_result result = WORK_DONE;
    fetch_allow(FETCH_JOB_REQUESTS);
    enum lookup found = report_load(flagging.gateway->store, flagging.arena, entry->data, &flagging.report);
    if (found == LOOKUP_DOWN) {
        result = WORK_LATER;
    } else if (found == LOOKUP_FOUND && strcmp(flagging.report.passed, "sent") != 0) {
        enum told told = tell(&flagging, &why);
        result = settle(&flagging, told, why);
    }
    arena_free(flagging.arena);
    return result;
}

void flags_start(struct gateway *gateway)
{
    gateway->flags = work_start(gateway, QUEUE, PARALLEL, handle, gateway);
}

void flags_stop(struct gateway *gateway)
{
    if (gateway->flags)
        work_free(gateway->flags);
    gateway->flags = NULL;
}

void flags_kick(struct gateway *gateway)
{
    if (!gateway->flags || !work_kick(gateway->flags))
        work_announce(gateway, QUEUE);
}
