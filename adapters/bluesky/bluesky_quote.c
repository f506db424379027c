/* A post that is quoted by what is written for remote people: is it there, and may it be quoted (PLATFORMS
 * §1.5)? */
#include <string.h>

#include "adapters/bluesky/bluesky_push.h"

/* From here on the account in question is the author of what is quoted. */
enum operation_state bluesky_turn_to_quoted(struct operation *operation)
{
    if (operation->push->quoted)
        operation->did = operation->push->quoted_address.did;
    return OPERATION_DONE;
}

enum operation_state bluesky_ask_quoted_identity(struct operation *operation)
{
    return operation->push->quoted ? bluesky_ask_identity(operation) : OPERATION_DONE;
}

enum operation_state bluesky_ask_quoted(struct operation *operation)
{
    const struct bluesky_push *push = operation->push;
    return push->quoted ? bluesky_get_record(operation, push->quoted_address.did, operation->pds,
                                             BLUESKY_POST, push->quoted_address.rkey)
                        : OPERATION_DONE;
}

enum operation_state bluesky_take_quoted(struct operation *operation, const json_t *body)
{
    operation->push->quoted_cid = bluesky_text(json_object_get(body, "cid"), 128, operation->arena);
    return operation->push->quoted_cid
               ? OPERATION_REQUEST
               : bluesky_fail(operation, ANSWER_RETRY,
                              "the server does not name the content of what is quoted");
}

/* Without it an answer goes on, a quote alone does not. */
static enum operation_state go_without(struct operation *operation, const char *why)
{
    struct bluesky_push *push = operation->push;
    push->quoted = NULL;
    return push->parent ? OPERATION_REQUEST : bluesky_fail(operation, ANSWER_REFUSED, why);
}

enum operation_state bluesky_miss_quoted(struct operation *operation)
{
    enum answer answer = operation->answer.answer;
    return answer == ANSWER_GONE || answer == ANSWER_UNKNOWN
               ? go_without(operation, "what it quotes is not there any more")
               : bluesky_fail(operation, answer, operation->answer.reason);
}

enum operation_state bluesky_ask_quote_gate(struct operation *operation)
{
    const struct bluesky_push *push = operation->push;
    return push->quoted ? bluesky_get_record(operation, push->quoted_address.did, operation->pds,
                                             BLUESKY_POSTGATE, push->quoted_address.rkey)
                        : OPERATION_DONE;
}

enum operation_state bluesky_take_quote_gate(struct operation *operation, const json_t *body)
{
    struct post quoted = {.quotable = true};
    bluesky_read_postgate(json_object_get(body, "value"), &quoted);
    return quoted.quotable ? OPERATION_REQUEST
                           : go_without(operation, "the author of what it quotes lets nobody quote it");
}

enum operation_state bluesky_miss_quote_gate(struct operation *operation)
{
    return operation->answer.answer == ANSWER_GONE ? OPERATION_REQUEST : bluesky_miss_quoted(operation);
}
