/* Private to what is written for remote people: bluesky_push.c, bluesky_compose.c, bluesky_gate.c,
 * bluesky_quote.c, bluesky_images.c. */
#ifndef DRAWBRIDGE_ADAPTERS_BLUESKY_BLUESKY_PUSH_H
#define DRAWBRIDGE_ADAPTERS_BLUESKY_BLUESKY_PUSH_H

#include "adapters/bluesky/bluesky_operation.h"

enum { IMAGES_MAX = 4 };

struct bluesky_push {
    const char *parent, *parent_cid; /* strongRef of what is answered; NULL: it only quotes */
    const char *root, *root_cid;
    struct bluesky_address parent_address, root_address;
    /* The thread's author wrote down who may answer: the mentioned among others? This account is mentioned;
     * the AppView says that it may. */
    bool gated, mentioned_may, mentioned, let_in;
    const char *quoted, *quoted_cid; /* NULL: it quotes nothing */
    struct bluesky_address quoted_address;
    /* Pictures that are carried over; one that cannot be, and all are linked. */
    size_t image_count, image;
    struct adapter_bytes bytes;
    const char *type;
    const char *blobs[IMAGES_MAX]; /* as JSON */
};

bool bluesky_is_web(const char *url);
/* The record of the answer `remote_post`. */
json_t *bluesky_compose(struct operation *operation);

/* Steps: what is answered, its thread's rules, and what the AppView knows of blocks. */
enum operation_state bluesky_ask_parent(struct operation *operation);
enum operation_state bluesky_take_parent(struct operation *operation, const json_t *body);
enum operation_state bluesky_miss_parent(struct operation *operation);
enum operation_state bluesky_ask_gate(struct operation *operation);
enum operation_state bluesky_take_gate(struct operation *operation, const json_t *body);
enum operation_state bluesky_miss_gate(struct operation *operation);
enum operation_state bluesky_ask_root(struct operation *operation);
enum operation_state bluesky_take_root(struct operation *operation, const json_t *body);
enum operation_state bluesky_ask_view(struct operation *operation);
enum operation_state bluesky_take_view(struct operation *operation, const json_t *body);
enum operation_state bluesky_miss_view(struct operation *operation);
enum operation_state bluesky_judge_gate(struct operation *operation);

/* Steps of bluesky_quote.c: what is quoted, and whether it may be. They pass where nothing is. */
enum operation_state bluesky_turn_to_quoted(struct operation *operation);
enum operation_state bluesky_ask_quoted_identity(struct operation *operation);
enum operation_state bluesky_ask_quoted(struct operation *operation);
enum operation_state bluesky_take_quoted(struct operation *operation, const json_t *body);
enum operation_state bluesky_miss_quoted(struct operation *operation);
enum operation_state bluesky_ask_quote_gate(struct operation *operation);
enum operation_state bluesky_take_quote_gate(struct operation *operation, const json_t *body);
enum operation_state bluesky_miss_quote_gate(struct operation *operation);

/* By its first bytes, since what another server says of it is only said; NULL: none that is known. */
const char *bluesky_image_type(struct adapter_bytes bytes);
/* How many pictures are carried over: all of them, or none where one does not fit or something warns of them.
 */
size_t bluesky_images_to_carry(const struct remote_post *post);
/* Steps: the next picture is fetched, then uploaded. One that cannot be had, and all are linked. */
enum operation_state bluesky_ask_image(struct operation *operation);
enum operation_state bluesky_take_image(struct operation *operation, const json_t *body);
enum operation_state bluesky_ask_upload(struct operation *operation);
enum operation_state bluesky_miss_upload(struct operation *operation);
enum operation_state bluesky_give_up_images(struct operation *operation);

#endif
