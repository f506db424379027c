#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "adapters/bluesky/bluesky.h"

static struct arena *arena;

static int begin(void **state)
{
    (void)state;
    arena = arena_new(1 << 20);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct remote_author author_of(const char *handle)
{
    return (struct remote_author){.key = arena_format(arena, "ra_%s", handle),
                                  .actor_id = "https://mastodon.example/users/alice",
                                  .handle = handle,
                                  .url = "https://mastodon.example/@alice"};
}

static bool fits_label(const char *label)
{
    size_t length = strlen(label);
    return length >= 3 && length <= 18 && strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789-") == length &&
           label[0] != '-' && label[length - 1] != '-' && !strstr(label, "--");
}

static void labels_keep_to_18_characters(void **state)
{
    static const struct {
        const char *handle, *slug;
    } cases[] = {
        {"alice@mastodon.example", "alice-"},
        {"Alice_B@mastodon.example", "alice-b-"},
        {"a@m.example", "a-"},
        {"a.very.long.name.that.goes.on@m.example", "a-very-long-"},
        {"___@m.example", "fedi-"},
        {"алиса@m.example", "fedi-"},
        {"-x-@m.example", "x-"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct remote_author author = author_of(cases[i].handle);
        const char *label = bluesky_puppet_label(&author, 0, arena);
        assert_true(fits_label(label));
        assert_int_equal(strncmp(label, cases[i].slug, strlen(cases[i].slug)), 0);
        assert_int_equal(strlen(label), strlen(cases[i].slug) + 5);
        assert_string_equal(label, bluesky_puppet_label(&author, 0, arena));
    }
}

static void a_taken_label_has_another_behind_it(void **state)
{
    struct remote_author one = author_of("alice@mastodon.example");
    struct remote_author other = author_of("alice@other.example");
    (void)state;
    assert_string_not_equal(bluesky_puppet_label(&one, 0, arena), bluesky_puppet_label(&other, 0, arena));
    const char *second = bluesky_puppet_label(&one, 1, arena);
    assert_true(fits_label(second));
    assert_int_equal(strncmp(second, "fedi-", 5), 0);
    assert_string_not_equal(second, bluesky_puppet_label(&one, 2, arena));
}

static void names_below_a_domain(void **state)
{
    (void)state;
    struct remote_author plain = author_of("alice@mastodon.example");
    assert_string_equal(bluesky_puppet_wanted("bridge.example.com", &plain, arena),
                        "alice.mastodon.example.bridge.example.com");
    /* alice_b, alice.b and alice-b are different people. */
    static const char *const changed[] = {"alice_b@mastodon.example", "alice.b@mastodon.example",
                                          "alice@127.0.0.1:8080", "-@mastodon.example"};
    for (size_t i = 0; i < sizeof changed / sizeof changed[0]; i++) {
        struct remote_author author = author_of(changed[i]);
        const char *handle = bluesky_puppet_wanted("bridge.example.com", &author, arena);
        assert_true(bluesky_handle_valid(handle));
        assert_non_null(strstr(handle, bluesky_puppet_label(&author, 0, arena)));
    }
    assert_string_equal(
        strchr(bluesky_puppet_wanted("bridge.example.com",
                                     &(struct remote_author){.key = "ra_x", .handle = "a_b@127.0.0.1:80"},
                                     arena),
               '.'),
        ".127.0.0.1-80.bridge.example.com");
    char server[260];
    memset(server, 'a', sizeof server);
    for (size_t i = 50; i < 240; i += 50)
        server[i] = '.';
    server[245] = '\0';
    struct remote_author far = author_of(arena_format(arena, "alice@%s", server));
    const char *handle = bluesky_puppet_wanted("bridge.example.com", &far, arena);
    assert_true(bluesky_handle_valid(handle));
    assert_string_equal(handle,
                        arena_format(arena, "%s.bridge.example.com", bluesky_puppet_label(&far, 0, arena)));
}

static const char *text_of(const json_t *profile, const char *name, size_t graphemes_max, size_t bytes_max)
{
    const char *text = json_string_value(json_object_get(profile, name));
    size_t count = 0;
    assert_non_null(text);
    assert_true(strlen(text) <= bytes_max);
    (void)bluesky_graphemes(text, SIZE_MAX, &count);
    assert_true(count <= graphemes_max);
    return text;
}

static json_t *profile_of(const struct remote_author *author, const char **name, const char **description)
{
    json_t *profile = bluesky_puppet_profile(author);
    *name = text_of(profile, "displayName", 64, 640);
    *description = text_of(profile, "description", 256, 2560);
    assert_true(bluesky_labelled(profile, "bot"));
    assert_string_equal(json_string_value(json_object_get(profile, BLUESKY_ORIGINAL)), author->url);
    return profile;
}

static void a_profile_says_whose_it_is(void **state)
{
    struct remote_author author = author_of("alice@mastodon.example");
    const char *name = NULL;
    const char *description = NULL;
    (void)state;
    author.name = "Alice 👩‍🚀";
    author.bio = (struct rich_text){.text = "I write.", .length = 8};
    json_t *profile = profile_of(&author, &name, &description);
    assert_string_equal(name, "Alice 👩‍🚀 (@alice@mastodon.example)");
    assert_string_equal(
        description,
        "@alice@mastodon.example of the fediverse: https://mastodon.example/@alice\n\nBridged by "
        "drawbridge, for answers to bridged accounts. To opt out: write #nobridge into your profile "
        "there.\n\nI write.");
    json_decref(profile);
}

/* The limits are in graphemes and in bytes; a family is one grapheme of 25 bytes. */
static void a_long_profile_is_cut(void **state)
{
    struct remote_author author = author_of("alice@mastodon.example");
    const char *name = NULL;
    const char *description = NULL;
    (void)state;
    char *family = arena_alloc(arena, 25 * 400 + 1);
    for (int i = 0; i < 400; i++)
        memcpy(family + (size_t)25 * (size_t)i, "👩‍👩‍👧‍👦", 25);
    author.name = family;
    author.bio = (struct rich_text){.text = family, .length = strlen(family)};
    json_t *profile = profile_of(&author, &name, &description);
    assert_non_null(strstr(name, "… (@alice@mastodon.example)"));
    assert_non_null(strstr(description, "#nobridge"));
    assert_string_equal(description + strlen(description) - 3, "…");
    json_decref(profile);

    author = author_of(arena_format(arena, "%0200d@mastodon.example", 7));
    author.url = arena_format(arena, "https://mastodon.example/%0900d", 7);
    profile = profile_of(&author, &name, &description);
    json_decref(profile);
}

static void refuses(const char *why, const char *name, const char *value, const char *mode)
{
    char error[256] = "";
    json_t *settings = json_pack("{s:s, s:s}", "reply_mode", mode, name, value);
    struct adapter *adapter = bluesky_class.open(settings, error, sizeof error);
    json_decref(settings);
    assert_null(adapter);
    assert_non_null(strstr(error, why));
}

static void settings_that_cannot_be_used_say_what_to_do(void **state)
{
    (void)state;
    refuses("set it to relay or puppets", "web", "https://bsky.app", "dolls");
    refuses("set pds to its address", "web", "https://bsky.app", "puppets");
    refuses("pds is no address", "pds", "pds.example.com", "puppets");
    refuses("set that, or remove it", "puppet_domain", "bridge.example.com", "relay");
    refuses("a number from 0 to", "puppets_per_hour", "many", "relay");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(labels_keep_to_18_characters, begin, end),
        cmocka_unit_test_setup_teardown(a_taken_label_has_another_behind_it, begin, end),
        cmocka_unit_test_setup_teardown(names_below_a_domain, begin, end),
        cmocka_unit_test_setup_teardown(a_profile_says_whose_it_is, begin, end),
        cmocka_unit_test_setup_teardown(a_long_profile_is_cut, begin, end),
        cmocka_unit_test(settings_that_cannot_be_used_say_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
