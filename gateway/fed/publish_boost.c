/* Reposts: an Announce and its Undo (PROTOCOL §3.3). */
#include "gateway/fed/publishing.h"

bool publishing_announce(struct publishing *publishing)
{
    const struct post_record *post = &publishing->post;
    struct delivery_target *target = arena_alloc(publishing->arena, sizeof *target);
    bool foreign = post->boost_author[0] != '\0';
    size_t targets = foreign && publishing_target(publishing, post->boost_author, target) ? 1 : 0;
    target->reason = 'm';
    struct delivery_activity activity = {.kind = DELIVERY_ANNOUNCE,
                                         .oid = post->oid,
                                         .revision = post->revision,
                                         .priority = PRIORITY_POST,
                                         .targets = target,
                                         .target_count = targets};
    return publishing_queue(
        publishing, render_announce(publishing->gateway, publishing->arena, &publishing->record, post),
        &activity);
}

bool publishing_undo(struct publishing *publishing, const struct delivery_target *late)
{
    const struct post_record *post = &publishing->post;
    json_t *announce = render_announce(publishing->gateway, publishing->arena, &publishing->record, post);
    json_t *undo = undo_activity(
        announce, arena_format(publishing->arena, "%s#undo",
                               post_url(publishing->gateway, publishing->arena, &publishing->record, post)));
    struct delivery_activity activity = {.kind = DELIVERY_UNDO,
                                         .oid = post->oid,
                                         .priority = PRIORITY_DELETE,
                                         .targets = late,
                                         .target_count = late ? 1 : 0,
                                         .late = late != NULL};
    json_decref(announce);
    return publishing_queue(publishing, undo, &activity);
}
