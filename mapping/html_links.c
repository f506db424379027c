#include "mapping/html_links.h"

#include <string.h>
#include <strings.h>

#include "mapping/url_text.h"

enum { USER_MAX = 128 };

/* ---- handles
 * -------------------------------------------------------------------------------------------------------- */

/* "@bob@m.example", "@bob" or "bob" → user and host; host "" when there is none. */
static bool split_handle(struct arena *arena, const char *text, const char **user, const char **host)
{
    text += *text == '@';
    size_t length = strcspn(text, "@");
    if (length == 0 || length > USER_MAX || strpbrk(text, " \n\t/:"))
        return false;
    *user = arena_copy(arena, text, length);
    *host = text[length] ? text + length + 1 : "";
    return !strchr(*host, '@');
}

/* The same host, or one inside the other: handles may live on the domain above their server's. */
static bool are_related(const char *one, const char *other)
{
    size_t first = strlen(one);
    size_t second = strlen(other);
    if (first < second)
        return are_related(other, one);
    return second > 0 && strcasecmp(one + first - second, other) == 0 &&
           (first == second || (one[first - second - 1] == '.' && strchr(other, '.')));
}

static const char *lower(struct arena *arena, const char *text)
{
    char *copy = arena_string(arena, text);
    for (char *at = copy; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at + ('a' - 'A'));
    return copy;
}

const char *mention_handle(struct arena *arena, const struct inbound_mention *mention)
{
    const char *user;
    const char *host;
    const char *server = url_authority(arena, mention->href);
    if (!mention->name || !server || !split_handle(arena, mention->name, &user, &host))
        return NULL;
    /* A name that claims to be from elsewhere is not believed. */
    return arena_format(arena, "%s@%s", user,
                        *host && are_related(host, server) ? lower(arena, host) : server);
}

/* ---- mentions
 * -------------------------------------------------------------------------------------------------------- */

static const struct inbound_person *person_of(const struct html_people *people, const char *href)
{
    for (size_t i = 0; i < people->count; i++) {
        const struct inbound_person *person = &people->people[i];
        if (strcmp(person->actor_id, href) == 0 || (person->url && strcmp(person->url, href) == 0))
            return person;
    }
    return NULL;
}

/* "@bob" or "@bob@m.example", linked to bob's own server, names the mention of bob. */
static bool is_named(struct arena *arena, const struct inbound_mention *mention, const char *href,
                     const char *text)
{
    const char *handle = mention_handle(arena, mention);
    const char *user;
    const char *host;
    const char *server = url_authority(arena, href);
    if (!handle || !server || !split_handle(arena, text, &user, &host))
        return false;
    const char *at = strchr(handle, '@');
    size_t length = (size_t)(at - handle);
    if (strlen(user) != length || strncasecmp(user, handle, length) != 0)
        return false;
    const char *home = url_authority(arena, mention->href);
    return (strcmp(server, home) == 0 || are_related(server, at + 1)) &&
           (!*host || are_related(host, at + 1));
}

static const struct inbound_mention *mention_of(struct arena *arena, const struct html_people *people,
                                                const char *href, const char *text)
{
    const struct inbound_note *note = people->note;
    for (size_t i = 0; note && i < note->mention_count; i++)
        if (strcmp(note->mentions[i].href, href) == 0)
            return &note->mentions[i];
    for (size_t i = 0; note && i < note->mention_count; i++)
        if (is_named(arena, &note->mentions[i], href, text))
            return &note->mentions[i];
    return NULL;
}

static bool read_mention(struct arena *arena, const GumboNode *node, const char *href, const char *text,
                         const struct html_people *people, struct html_anchor *out)
{
    bool marked = html_has_word(node, "class", "mention") || html_has_word(node, "rel", "mention");
    if (*text != '@' && !marked)
        return false;
    const struct inbound_mention *mention = mention_of(arena, people, href, text);
    const struct inbound_person *person = person_of(people, mention ? mention->href : href);
    if (person) {
        *out = (struct html_anchor){.is_link = true, .kind = SPAN_MENTION, .target = person->native};
        return true;
    }
    if (!mention)
        return false;
    *out = (struct html_anchor){.is_link = true,
                                .kind = SPAN_REMOTE_MENTION,
                                .target = mention->href,
                                .label = mention_handle(arena, mention)};
    /* On another server "@bob" would be somebody else: always with the server (DESIGN §6). */
    if (out->label)
        out->text = arena_format(arena, "@%s", out->label);
    return true;
}

/* ---- hashtags and links
 * --------------------------------------------------------------------------------------------- */

static bool read_hashtag(const GumboNode *node, const char *text, const struct html_people *people,
                         struct html_anchor *out)
{
    if (*text != '#' || !text[1] || strpbrk(text + 1, " \n\t#"))
        return false;
    bool known = html_has_word(node, "class", "hashtag") || html_has_word(node, "rel", "tag");
    for (size_t i = 0; !known && people->note && i < people->note->hashtag_count; i++)
        known = strcasecmp(people->note->hashtags[i], text + 1) == 0;
    if (known)
        *out = (struct html_anchor){.is_link = true, .kind = SPAN_HASHTAG, .target = text + 1};
    return known;
}

/* A text that looks like an address must be the one that it leads to. */
static bool is_misleading(struct arena *arena, const char *text, const char *href)
{
    static const char ellipsis[] = "…";
    size_t length = strlen(text);
    size_t tail = sizeof ellipsis - 1;
    if (length > tail && strcmp(text + length - tail, ellipsis) == 0 &&
        strstr(href, arena_copy(arena, text, length - tail)))
        return true; /* shortened by hand (Pleroma, Misskey, Lemmy) */
    bool scheme = strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0;
    if (strpbrk(text, " \n\t") || (!scheme && !strchr(text, '.')))
        return false;
    const char *shown = url_authority(arena, scheme ? text : arena_format(arena, "https://%s", text));
    const char *real = url_authority(arena, href);
    if (!shown)
        return scheme;
    return !real || !are_related(shown, real);
}

struct html_anchor html_anchor_read(struct arena *arena, const GumboNode *node, const char *text,
                                    bool shortened, const struct html_people *people)
{
    struct html_anchor anchor = {0};
    const char *href = url_for_link(arena, html_attribute(node, "href"));
    text = arena_string(arena, text);
    if (read_hashtag(node, text, people, &anchor))
        return anchor;
    if (!href || read_mention(arena, node, href, text, people, &anchor))
        return anchor;
    anchor = (struct html_anchor){.is_link = true, .kind = SPAN_LINK, .target = href};
    bool web = strncmp(href, "http", 4) == 0;
    if (web && (shortened || is_misleading(arena, text, href)))
        anchor.text = href;
    return anchor;
}
