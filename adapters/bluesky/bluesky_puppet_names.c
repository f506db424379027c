/* What puppets are called (PLATFORMS §1.2, §1.6): a label of their server's own, and, where the gateway
 * proves names below a domain of the operator's, the author's own name with the server. */
#include <string.h>

#include "adapters/bluesky/bluesky.h"

enum { SLUG_MAX = 12, LABEL_MAX = 63, MARK = 5, MARK_AT = 5, TID = 13 };

/* Five characters by which authors with the same slug are told apart. */
static const char *mark_of(const struct remote_author *author, unsigned attempt, struct arena *arena)
{
    char tid[TID + 1];
    bluesky_tid_for(attempt ? arena_format(arena, "%s %u", author->key, attempt) : author->key, tid);
    return arena_copy(arena, tid + MARK_AT, MARK);
}

/* Lower-case letters, digits and single hyphens inside, at most `maximum` characters; "" when nothing is
 * left. *whole: nothing was changed. */
static char *slug_of(const char *text, size_t length, size_t maximum, struct arena *arena, bool *whole)
{
    char *slug = arena_alloc(arena, maximum + 1);
    size_t used = 0;
    *whole = true;
    for (size_t i = 0; i < length; i++) {
        char c = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        bool hyphen = !letter && used && slug[used - 1] != '-';
        *whole = *whole && (letter || (c == '-' && hyphen)) && used < maximum;
        if ((letter || hyphen) && used < maximum)
            slug[used++] = letter ? c : '-';
    }
    while (used && slug[used - 1] == '-') {
        *whole = false;
        used--;
    }
    slug[used] = '\0';
    return slug;
}

static const char *server_of(const struct remote_author *author)
{
    const char *at = strrchr(author->handle, '@');
    return at ? at + 1 : "";
}

static size_t name_length(const struct remote_author *author)
{
    return strcspn(author->handle, "@");
}

const char *bluesky_puppet_label(const struct remote_author *author, unsigned attempt, struct arena *arena)
{
    bool whole;
    /* A name that the server did not want may have been the slug's fault. */
    const char *slug = attempt ? "" : slug_of(author->handle, name_length(author), SLUG_MAX, arena, &whole);
    return arena_format(arena, "%s-%s", slug[0] ? slug : "fedi", mark_of(author, attempt, arena));
}

const char *bluesky_puppet_handle(const struct adapter *adapter, const struct remote_author *author,
                                  unsigned attempt, struct arena *arena)
{
    return adapter->puppets.handle_domain
               ? arena_format(arena, "%s%s", bluesky_puppet_label(author, attempt, arena),
                              adapter->puppets.handle_domain)
               : NULL;
}

/* The server's name, label by label; *whole: nothing was changed. */
static const char *server_labels(const char *server, struct arena *arena, bool *whole)
{
    const char *labels = "";
    while (*server) {
        size_t length = strcspn(server, ".");
        bool one = false;
        const char *slug = slug_of(server, length, LABEL_MAX, arena, &one);
        *whole = *whole && one;
        if (slug[0])
            labels = arena_format(arena, "%s.%s", labels, slug);
        server += length + (server[length] == '.');
    }
    return labels;
}

const char *bluesky_puppet_wanted(const char *domain, const struct remote_author *author, struct arena *arena)
{
    bool whole = false;
    bool server_whole = true;
    const char *name = slug_of(author->handle, name_length(author), LABEL_MAX, arena, &whole);
    const char *server = server_labels(server_of(author), arena, &server_whole);
    const char *handle = arena_format(arena, "%s%s.%s", name, server, domain);
    if (whole && server_whole && bluesky_handle_valid(handle))
        return handle;
    /* What was changed could be somebody else's name: the mark tells them apart. */
    name = bluesky_puppet_label(author, 0, arena);
    handle = arena_format(arena, "%s%s.%s", name, server, domain);
    if (bluesky_handle_valid(handle))
        return handle;
    handle = arena_format(arena, "%s.%s", name, domain);
    return bluesky_handle_valid(handle) ? handle : NULL;
}
