/* Whatever a platform gives, activities stay below 60 KiB and 8 levels: generated posts and accounts that
 * have the most, or nothing, of everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mapping/outbound.h"

enum { POSTS = 60, ACCOUNTS = 20, BUDGET = 64 << 20, ACTIVITY_MAX = 60 * 1024, LEVELS_MAX = 8, LINKS = 64 };

struct generator {
    struct arena *arena;
    uint64_t chance;
};

static unsigned roll(struct generator *generator, unsigned sides)
{
    generator->chance = generator->chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(generator->chance >> 33) % sides;
}

/* ---- texts
 * ----------------------------------------------------------------------------------------------------------
 */

/* NULL, a little, or up to `maximum` bytes of what grows most when it is written as HTML and JSON. */
static const char *text_of(struct generator *generator, size_t maximum)
{
    static const char *const pieces[] = {
        "\"", "&", "<", "\\", "🦉", "a ", "word", "\n\n", "ü", "👩‍👩‍👧", "\t", "x"};
    size_t length = 0;
    switch (roll(generator, 4)) {
    case 0:
        return NULL;
    case 1:
        length = roll(generator, 20);
        break;
    default:
        length = maximum;
    }
    char *text = arena_alloc(generator->arena, length + 1);
    unsigned kinds = 1 + roll(generator, sizeof pieces / sizeof pieces[0]);
    unsigned first = roll(generator, sizeof pieces / sizeof pieces[0]);
    for (size_t at = 0;;) {
        const char *piece = pieces[(first + roll(generator, kinds)) % (sizeof pieces / sizeof pieces[0])];
        size_t size = strlen(piece);
        if (at + size > length)
            return text;
        memcpy(text + at, piece, size);
        at += size;
    }
}

/* An address of up to 2,048 bytes; now and then none that may be linked. */
static const char *address_of(struct generator *generator)
{
    static const char *const starts[] = {"https://a.example/", "http://b.example/?q=", "javascript:"};
    const char *start = starts[roll(generator, 12) ? roll(generator, 2) : 2];
    size_t length = roll(generator, 2) ? roll(generator, 60) : 2000;
    char *rest = arena_alloc(generator->arena, length + 1);
    memset(rest, roll(generator, 3) ? 'x' : '&', length);
    return arena_format(generator->arena, "%s%u%s", start, roll(generator, 1000), rest);
}

static struct rich_text rich_text_of(struct generator *generator, struct outbound_link *links)
{
    const char *text = text_of(generator, MODEL_TEXT_MAX);
    struct rich_text result = {.text = text ? text : "", .length = text ? strlen(text) : 0};
    size_t count = roll(generator, 3) ? roll(generator, 8) : MODEL_SPANS_MAX;
    struct span *spans = arena_alloc(generator->arena, (count + 1) * sizeof *spans);
    for (size_t i = 0; i < count && result.length; i++) {
        size_t start = roll(generator, (unsigned)result.length);
        enum span_kind kind = (enum span_kind)roll(generator, SPAN_QUOTE + 1);
        const char *target = kind == SPAN_MENTION          ? links[roll(generator, LINKS)].native
                             : kind == SPAN_REMOTE_MENTION ? links[roll(generator, LINKS)].remote
                             : kind == SPAN_HASHTAG        ? text_of(generator, 190)
                                                           : address_of(generator);
        spans[result.span_count++] = (struct span){.start = start,
                                                   .end = start + 1 + roll(generator, 200),
                                                   .kind = kind,
                                                   .target = target ? target : "owls"};
    }
    result.spans = spans;
    return result;
}

static void make_links(struct generator *generator, struct outbound_link *links)
{
    for (size_t i = 0; i < LINKS; i++)
        links[i] = (struct outbound_link){.native = arena_format(generator->arena, "u_%zu", i),
                                          .remote = address_of(generator),
                                          .id = roll(generator, 5) ? address_of(generator) : NULL,
                                          .handle = text_of(generator, 300),
                                          .url = address_of(generator),
                                          .author = address_of(generator),
                                          .author_handle = text_of(generator, 300),
                                          .context = address_of(generator),
                                          .stamp = address_of(generator)};
}

/* ---- what must hold
 * ------------------------------------------------------------------------------------------------- */

static unsigned levels_of(const json_t *value)
{
    unsigned deepest = 0;
    const char *name;
    json_t *member;
    if (!json_is_object(value) && !json_is_array(value))
        return 0;
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        unsigned levels = levels_of(member);
        deepest = levels > deepest ? levels : deepest;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        unsigned levels = levels_of(json_array_get(value, i));
        deepest = levels > deepest ? levels : deepest;
    }
    return deepest + 1;
}

/* Takes the reference. */
static void assert_fits(uint64_t seed, json_t *activity)
{
    size_t length = 0;
    assert_non_null(activity);
    char *text = document_text(activity, &length);
    if (length >= ACTIVITY_MAX)
        fail_msg("seed %llu: %s of %zu bytes", (unsigned long long)seed,
                 json_string_value(json_object_get(activity, "type")), length);
    assert_true(text_is_clean(text, length));
    assert_true(levels_of(activity) <= LEVELS_MAX);
    free(text);
    json_decref(activity);
}

/* ---- posts
 * ----------------------------------------------------------------------------------------------------------
 */

static void fill_media(struct generator *generator, struct post *post)
{
    struct media *media = arena_alloc(generator->arena, MODEL_MEDIA_MAX * sizeof *media);
    post->media = media;
    post->media_count = roll(generator, 2) ? roll(generator, 3) : MODEL_MEDIA_MAX;
    for (size_t i = 0; i < post->media_count; i++)
        media[i] = (struct media){.kind = (enum media_kind)roll(generator, 4),
                                  .url = address_of(generator),
                                  .alt = text_of(generator, 20000),
                                  .blurhash = text_of(generator, 200),
                                  .thumbnail_url = address_of(generator),
                                  .width = roll(generator, 10000),
                                  .height = roll(generator, 10000),
                                  .duration_ms = roll(generator, 1000000),
                                  .has_focus = true,
                                  .focus_x = (roll(generator, 5000) - 2500.0) / 1000};
}

static const struct poll *poll_of(struct generator *generator)
{
    struct poll *poll = arena_alloc(generator->arena, sizeof *poll);
    poll->option_count = roll(generator, MODEL_OPTIONS_MAX + 1);
    for (size_t i = 0; i < poll->option_count; i++) {
        const char *name = text_of(generator, roll(generator, 2) ? 490 : 5000);
        poll->options[i].name = name ? name : "";
    }
    poll->votable = roll(generator, 4) != 0;
    poll->ends = 1793523600000;
    return roll(generator, 3) ? NULL : poll;
}

static json_t *replies_of(struct generator *generator)
{
    json_t *replies = json_array();
    for (unsigned count = roll(generator, 2) ? 0 : 50; count > 0; count--)
        (void)json_array_append_new(replies, json_string(address_of(generator)));
    return replies;
}

static struct reference reference_of(struct generator *generator, const struct outbound_link *links)
{
    struct reference none = {0};
    return roll(generator, 2) ? none : (struct reference){.remote = links[roll(generator, LINKS)].remote};
}

static void check_post(uint64_t seed, size_t *left_out)
{
    struct generator generator = {.arena = arena_new(BUDGET), .chance = seed};
    struct outbound_link *links = arena_alloc(generator.arena, LINKS * sizeof *links);
    make_links(&generator, links);
    struct card card = {.url = address_of(&generator), .title = text_of(&generator, 5000)};
    struct post post = {.body = rich_text_of(&generator, links),
                        .title = text_of(&generator, 5000),
                        .warning = text_of(&generator, 5000),
                        .html = text_of(&generator, 200000),
                        .url = address_of(&generator),
                        .languages = {"en", "de"},
                        .language_count = roll(&generator, 3),
                        .card = roll(&generator, 2) ? &card : NULL,
                        .poll = poll_of(&generator),
                        .reply_to = reference_of(&generator, links),
                        .quote_of = reference_of(&generator, links),
                        .visibility = (enum visibility)roll(&generator, 2)};
    fill_media(&generator, &post);
    json_t *replies = replies_of(&generator);
    struct loss loss = {.entries = json_array()};
    struct outbound_note note = {.post = &post,
                                 .base = "https://a-rather-long-name-of-a-host.bridge.example:8443",
                                 .aid = "abcdefghij234",
                                 .oid = "ponmlkjihgfedcba",
                                 .name = "alice",
                                 .published = 1793523600000,
                                 .updated = 1793523600000,
                                 .links = links,
                                 .link_count = LINKS,
                                 .replies = replies,
                                 .platform_name = "platform"};
    json_t *document = note_document(&note, &loss);
    if (document) {
        const char *actor = json_string_value(json_object_get(document, "attributedTo"));
        char *id = arena_format(generator.arena, "%s#update-18446744073709551615",
                                json_string_value(json_object_get(document, "id")));
        assert_fits(seed, create_activity(document));
        assert_fits(seed, update_activity(document, actor, id));
        const char *quoted = json_string_value(json_object_get(document, "quote"));
        for (size_t i = 0; quoted && i < LINKS; i++)
            if (links[i].id && strcmp(links[i].id, quoted) == 0)
                assert_fits(seed, quote_request_activity(id, document, quoted, links[i].author));
    } else {
        ++*left_out;
        assert_true(json_array_size(loss.entries) > 0);
    }
    json_decref(document);
    json_decref(loss.entries);
    json_decref(replies);
    arena_free(generator.arena);
}

static void posts_with_the_most_of_everything_fit(void **state)
{
    size_t left_out = 0;
    (void)state;
    for (uint64_t seed = 0; seed < POSTS; seed++)
        check_post(seed, &left_out);
    printf("%d posts, %zu left out\n", POSTS, left_out);
    assert_true(left_out < POSTS / 20);
}

/* ---- accounts
 * ------------------------------------------------------------------------------------------------------- */

static void check_account(uint64_t seed)
{
    struct generator generator = {.arena = arena_new(BUDGET), .chance = seed};
    struct outbound_link *links = arena_alloc(generator.arena, LINKS * sizeof *links);
    make_links(&generator, links);
    struct account account = {.id = "1001",
                              .handle = "alice",
                              .name = text_of(&generator, 5000),
                              .url = address_of(&generator),
                              .bio = rich_text_of(&generator, links),
                              .avatar_url = address_of(&generator),
                              .banner_url = address_of(&generator),
                              .field_count = roll(&generator, MODEL_FIELDS_MAX + 1),
                              .also_known_as_count = roll(&generator, 9)};
    for (size_t i = 0; i < account.field_count; i++)
        account.fields[i] = (struct profile_field){.name = text_of(&generator, 5000),
                                                   .value = roll(&generator, 2) ? address_of(&generator)
                                                                                : text_of(&generator, 5000)};
    for (size_t i = 0; i < account.also_known_as_count; i++)
        account.also_known_as[i] = address_of(&generator);
    struct outbound_actor actor = {.account = &account,
                                   .base = "https://bridge.example",
                                   .aid = "abcdefghij234",
                                   .name = "alice",
                                   .public_key_pem =
                                       "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n",
                                   .platform_name = "platform",
                                   .links = links,
                                   .link_count = LINKS};
    json_t *document = actor_document(&actor);
    const char *id = json_string_value(json_object_get(document, "id"));
    assert_fits(seed, update_activity(document, id, "https://bridge.example/u/abcdefghij234#update-1"));
    json_decref(document);
    arena_free(generator.arena);
}

static void accounts_with_the_most_of_everything_fit(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < ACCOUNTS; seed++)
        check_account(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(posts_with_the_most_of_everything_fit),
                                       cmocka_unit_test(accounts_with_the_most_of_everything_fit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
