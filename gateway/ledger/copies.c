#include "gateway/ledger/copies.h"

#include <string.h>

#include "gateway/client/fetch.h"
#include "gateway/clock.h"
#include "gateway/log.h"
#include "mapping/inbound.h"

enum { COPY_BUDGET = 1 << 16, PAGE_MAX = 1 << 19, LOOK_TIMEOUT_MS = 15000, URL_MAX = 2048 };
static const int64_t AGAIN_AFTER_MS = (int64_t)86400 * 1000;
static const int64_t PUT_OFF_MS = 120000;

static bool tell(struct gateway *gateway, const char *aid, const char *oid, const char *actor_id,
                 const char *url, const char *post_id)
{
    struct arena *arena = arena_new(COPY_BUDGET);
    const char *origin = url_origin(arena, actor_id);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    arguments_text(arguments, oid);
    arguments_text(arguments, origin ? origin : "");
    arguments_text(arguments, url);
    arguments_text(arguments, post_id);
    struct reply *reply = store_script(gateway->store, "copy_url", arguments);
    bool good = !reply_failed(reply);
    reply_free(reply);
    arena_free(arena);
    return good;
}

bool copy_note(struct gateway *gateway, const char *aid, const char *oid, const char *actor_id,
               const char *url, const char *post_id)
{
    if (!url || strlen(url) > URL_MAX || strpbrk(url, " \t\r\n#") || !url_same_origin(url, actor_id))
        return true;
    return tell(gateway, aid, oid, actor_id, url, post_id);
}

bool copy_forget(struct gateway *gateway, const char *aid, const char *oid, const char *actor_id)
{
    return tell(gateway, aid, oid, actor_id, "", "");
}

enum copy_look copy_judge(int status, const char *body, const char *post_id)
{
    if (status == 404 || status == 410)
        return COPY_GONE;
    if (status == 200 && body && strstr(body, post_id))
        return COPY_STILL_THERE;
    return COPY_CANNOT_TELL; /* asks for a login, was moved, speaks of something else, is broken */
}

static void note_look(struct gateway *gateway, const struct reply *due, enum copy_look look, int status)
{
    static const char *const letters[] = {"", "g", "s", "c"};
    int64_t now = clock_now_ms();
    struct arguments *arguments = arguments_new();
    for (size_t i = 0; i < 3; i++)
        arguments_text(arguments, reply_text(reply_at(due, i)));
    arguments_text(arguments, letters[look]);
    arguments_number(arguments, status);
    arguments_number(arguments, now);
    arguments_number(arguments, now + AGAIN_AFTER_MS);
    reply_free(store_script(gateway->store, "copy_looked", arguments));
}

static void look_at(struct gateway *gateway, const struct reply *due)
{
    const char *url = reply_text(reply_at(due, 3));
    const char *post_id = reply_text(reply_at(due, 4));
    struct fetch_header headers[] = {{"Accept", "application/activity+json, text/html;q=0.5"}};
    struct fetch_request request = {.method = "GET",
                                    .url = url,
                                    .headers = headers,
                                    .header_count = 1,
                                    .response_max = PAGE_MAX,
                                    .timeout_ms = LOOK_TIMEOUT_MS};
    struct fetch_result result = {0};
    fetch(gateway->fetch, &request, &result);
    int status = result.error == FETCH_OK ? result.status : 0;
    enum copy_look look = copy_judge(status, result.body, post_id);
    log_number(LOG_INFO, "looked at the public copy of a deleted post", "status", status, "url", url, "post",
               post_id, "copy", copy_look_name(look), (char *)NULL);
    fetch_result_clear(&result);
    note_look(gateway, due, look, status);
}

bool copies_look(struct gateway *gateway)
{
    int64_t now = clock_now_ms();
    struct arguments *arguments = arguments_new();
    arguments_number(arguments, now);
    arguments_number(arguments, now + PUT_OFF_MS);
    struct reply *due = store_script(gateway->store, "copy_due", arguments);
    bool found = !reply_failed(due) && reply_count(due) == 5;
    if (found)
        look_at(gateway, due);
    reply_free(due);
    return found;
}
