#include <string.h>

#include "mapping/ids.h"
#include "mapping/inbound.h"
#include "mapping/url_text.h"

enum { BIO_MAX = 4096, BIO_HTML_MAX = 16384 };

/* Not proven by WebFinger, but of the server that says it. */
static const char *likely_handle(struct arena *arena, const struct inbound_actor *actor)
{
    const char *server = url_authority(arena, actor->id);
    return arena_format(arena, "%s@%s", actor->username ? actor->username : "unknown",
                        server ? server : "unknown");
}

struct remote_author *remote_author_make(struct arena *arena, const struct inbound_actor *actor,
                                         const char *handle, const char *software)
{
    struct remote_author *author = arena_alloc(arena, sizeof *author);
    char *key = arena_alloc(arena, KEY_LENGTH + 1);
    remote_key_make("ra", actor->id, NULL, key);
    *author = (struct remote_author){
        .key = key,
        .actor_id = actor->id,
        .handle = handle ? handle : likely_handle(arena, actor),
        .name = actor->name,
        .url = actor->url ? actor->url : actor->id,
        .software = software,
        .bio = text_from_html(arena, actor->summary_html, NULL, NULL, 0, BIO_MAX, NULL),
        .bio_html = html_sanitize(arena, actor->summary_html, BIO_HTML_MAX),
        .avatar_url = actor->icon_url,
        .avatar_type = actor->icon_type,
        .bot = actor->bot,
        .created = actor->published,
    };
    return author;
}
