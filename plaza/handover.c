#include "plaza/handover.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plaza/hook.h"
#include "plaza/page.h"

enum { WAIT_MS = 10000, CALLS_MAX = 16, BODY_SIZE = 64, ID_SIZE = 96, ANSWER_SIZE_MAX = 4096 };

struct call {
    struct handover *handover;
    struct lws *wsi; /* NULL: it has ended */
    int64_t ticket, until_ms;
    char id[ID_SIZE], body[BODY_SIZE];
    int status;
    struct text answer;
    struct call *next;
};

struct handover {
    struct server *server;
    struct hook hook;
    struct call *calls;
    size_t count;
    int64_t tickets;
};

struct handover *handover_new(struct server *server, char *error, size_t size)
{
    const struct options *options = &server->plaza->options;
    if (!options->owner_pages)
        return NULL;
    struct handover *handover = calloc(1, sizeof *handover);
    if (!handover)
        abort();
    handover->server = server;
    if (hook_read(&handover->hook, "--owner-pages", options->owner_pages, options->webhook_secret_file, error,
                  size))
        return handover;
    free(handover);
    return NULL;
}

static void call_free(struct call *call)
{
    for (struct call **place = &call->handover->calls; *place; place = &(*place)->next)
        if (*place == call) {
            *place = call->next;
            break;
        }
    call->handover->count--;
    if (call->wsi)
        lws_set_opaque_user_data(call->wsi, NULL);
    text_clear(&call->answer);
    free(call);
}

void handover_free(struct handover *handover)
{
    if (!handover)
        return;
    while (handover->calls)
        call_free(handover->calls);
    hook_clear(&handover->hook);
    free(handover);
}

/* ---- the call ---- */

static void call_ended(struct call *call)
{
    struct server *server = call->handover->server;
    call->wsi = NULL;
    if (!server->stopping)
        server_notify(server);
}

static int read_body(struct call *call, struct lws *wsi)
{
    char buffer[LWS_PRE + 1024];
    char *at = buffer + LWS_PRE;
    int length = sizeof buffer - LWS_PRE;
    return lws_http_client_read(wsi, &at, &length) < 0 || !call ? -1 : 0;
}

int handover_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    struct call *call = lws_get_opaque_user_data(wsi);
    (void)user;
    if (!call)
        return reason == LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP ? -1 : 0;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return hook_write_head(&call->handover->hook, wsi, call->id, call->body, strlen(call->body), in,
                               *(unsigned char **)in + length);
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
        return hook_write_body(wsi, call->body, strlen(call->body));
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
        call->status = (int)lws_http_client_http_response(wsi);
        return 0;
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
        return read_body(call, wsi);
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
        text_add(&call->answer, in, length);
        return 0;
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
        return -1; /* each call has a connection of its own */
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
        lws_set_opaque_user_data(wsi, NULL);
        call_ended(call);
        return 0;
    default:
        return 0;
    }
}

/* Those whose members left without waiting. */
static void forget_late(struct handover *handover)
{
    struct call *next;
    for (struct call *call = handover->calls; call; call = next) {
        next = call->next;
        if (time_monotonic_ms() > call->until_ms + WAIT_MS)
            call_free(call);
    }
}

void handover_ask(struct handover *handover, struct request *request, const char *account)
{
    char random[TOKEN_TEXT_SIZE];
    forget_late(handover);
    if (handover->count >= CALLS_MAX) {
        answer_problem(request, 503, "busy", NULL, "Too many members ask at once. Try again in a moment.");
        return;
    }
    struct call *call = calloc(1, sizeof *call);
    if (!call)
        abort();
    token_new(random);
    *call = (struct call){.handover = handover,
                          .ticket = ++handover->tickets,
                          .until_ms = time_monotonic_ms() + WAIT_MS,
                          .next = handover->calls};
    handover->calls = call;
    handover->count++;
    text_init(&call->answer, ANSWER_SIZE_MAX);
    snprintf(call->id, sizeof call->id, "signin-%s", random);
    snprintf(call->body, sizeof call->body, "{\"account\":\"%s\"}", account);
    request->ticket = call->ticket;
    request->waiting = true;
    (void)hook_connect(&handover->hook, handover->server, HANDOVER_PROTOCOL, &call->wsi, call);
}

/* ---- the answer ---- */

static struct call *call_of(struct handover *handover, int64_t ticket)
{
    for (struct call *call = handover->calls; call; call = call->next)
        if (call->ticket == ticket)
            return call;
    return NULL;
}

static bool is_link(const char *link)
{
    return link && text_is_web_url(link) && text_is_clean(link) &&
           strlen(link) < sizeof((struct request *)NULL)->location;
}

void handover_poll(struct handover *handover, struct request *request)
{
    struct call *call = call_of(handover, request->ticket);
    if (call && call->wsi && time_monotonic_ms() < call->until_ms && !handover->server->stopping)
        return;
    json_t *answer = call && !call->wsi ? json_loads(text_string(&call->answer), 0, NULL) : NULL;
    const char *link = json_string_value(json_object_get(answer, "link"));
    request->waiting = false;
    if (call && call->status == 200 && is_link(link)) {
        answer_redirect(request, link);
    } else {
        static const struct visitor nobody;
        fprintf(stderr, "plaza: the gateway gave no way in to a member's pages (%d)\n",
                call ? call->status : 0);
        page_message(request, &nobody, 502, "Not just now",
                     call && call->status == 404
                         ? "The gateway does not know you yet. Switch the fediverse on, and wait a moment."
                         : "The gateway did not let you in. Try again in a moment.");
    }
    json_decref(answer);
    if (call)
        call_free(call);
}
