/* Pinned posts: Add to and Remove from the featured collection (PROTOCOL §3.3). Servers that know neither
 * read the collection when they refresh the actor. */
#include "gateway/fed/publishing.h"

bool publish_pin(struct gateway *gateway, const char *aid, const char *native, bool add, uint64_t revision,
                 const char *trace)
{
    struct publishing publishing;
    char oid[OID_LENGTH + 1];
    publishing_init(&publishing, gateway, aid, trace);
    enum lookup found = publishing_load_account(&publishing);
    if (found == LOOKUP_FOUND)
        found = post_oid(gateway->store, aid, native, oid);
    if (found == LOOKUP_FOUND)
        found = publishing_load_post(&publishing, oid);
    bool good = found != LOOKUP_DOWN;
    if (found == LOOKUP_FOUND && publishing.post.state == POST_LIVE && !publishing.post.boost[0]) {
        const char *id = arena_format(publishing.arena, "%s#%s-%s-%llu", publishing_actor(&publishing),
                                      add ? "pin" : "unpin", oid, (unsigned long long)revision);
        struct delivery_activity activity = {
            .kind = DELIVERY_NOTICE, .priority = PRIORITY_PROFILE, .order_key = oid};
        good = publishing_queue(&publishing,
                                pin_activity(id, publishing_actor(&publishing),
                                             publishing_object(&publishing, oid),
                                             publishing_part(&publishing, "featured"),
                                             publishing_part(&publishing, "followers"), add),
                                &activity);
    }
    publishing_end(&publishing);
    return good;
}
