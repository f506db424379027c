/* Text → HTML → text with spans is the identity for posts in normal form: words with single spaces, lines
 * with single newlines, paragraphs, quotes and preformatted blocks with two; spans around words, made normal.
 */
#include "inbound_support.h"
#include "mapping/outbound.h"

enum { POSTS = 10000, TEXT_SIZE = 4096 };

struct generator {
    struct arena *arena;
    uint64_t chance;
    char text[TEXT_SIZE];
    size_t length;
    struct span spans[MODEL_SPANS_MAX];
    size_t count;
};

static unsigned roll(struct generator *generator, unsigned sides)
{
    generator->chance = generator->chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(generator->chance >> 33) % sides;
}

static void write(struct generator *generator, const char *text)
{
    size_t length = strlen(text);
    memcpy(generator->text + generator->length, text, length + 1);
    generator->length += length;
}

static void add_span(struct generator *generator, size_t start, enum span_kind kind, const char *target,
                     const char *label)
{
    generator->spans[generator->count++] = (struct span){
        .start = start, .end = generator->length, .kind = kind, .target = target, .label = label};
}

static void write_plain(struct generator *generator)
{
    static const char *const words[] = {"hello",
                                        "<b>",
                                        "&amp;",
                                        "\"quoted\"",
                                        "🦉",
                                        "👩‍👩‍👧",
                                        "שלום",
                                        "日本語",
                                        "e\xcc\x81",
                                        "a\xc2\xa0"
                                        "b",
                                        "it's",
                                        "1.",
                                        "•",
                                        "(x)",
                                        "a>b",
                                        "#",
                                        "@",
                                        "…"};
    write(generator, words[roll(generator, sizeof words / sizeof words[0])]);
}

static void write_atom(struct generator *generator)
{
    size_t start = generator->length;
    switch (roll(generator, 6)) {
    case 0:
        write(generator, "https://a.example/x?y=1&z=2");
        add_span(generator, start, SPAN_LINK, "https://a.example/x?y=1&z=2", NULL);
        break;
    case 1:
        write(generator, "over here");
        add_span(generator, start, SPAN_LINK, "https://a.example/", NULL);
        break;
    case 2:
        write(generator, "@alice");
        add_span(generator, start, SPAN_MENTION, "u_42", NULL);
        break;
    case 3:
        write(generator, "@bob@m.example");
        add_span(generator, start, SPAN_REMOTE_MENTION, "https://m.example/users/bob", "bob@m.example");
        break;
    case 4:
        write(generator, "#cats");
        add_span(generator, start, SPAN_HASHTAG, "cats", NULL);
        break;
    default:
        write(generator, ":blob:");
        add_span(generator, start, SPAN_EMOJI, "https://b.example/blob.png", NULL);
    }
}

static void write_line(struct generator *generator)
{
    static const enum span_kind styles[] = {SPAN_BOLD, SPAN_ITALIC, SPAN_STRIKE, SPAN_CODE};
    size_t words = 1 + roll(generator, 5);
    for (size_t i = 0; i < words; i++) {
        if (i)
            write(generator, " ");
        size_t start = generator->length;
        unsigned kind = roll(generator, 8);
        if (kind == 0)
            write_atom(generator);
        else
            write_plain(generator);
        if (kind > 5)
            add_span(generator, start, styles[roll(generator, 4)], NULL, NULL);
        if (kind == 7 && roll(generator, 2))
            add_span(generator, start, styles[roll(generator, 3)], NULL, NULL);
    }
}

static void write_paragraph(struct generator *generator)
{
    size_t lines = 1 + roll(generator, 3);
    for (size_t i = 0; i < lines; i++) {
        if (i)
            write(generator, "\n");
        write_line(generator);
    }
}

static void write_block(struct generator *generator)
{
    size_t start = generator->length;
    switch (roll(generator, 5)) {
    case 0:
        write_paragraph(generator);
        write(generator, "\n\n");
        write_paragraph(generator);
        add_span(generator, start, SPAN_QUOTE, NULL, NULL);
        break;
    case 1:
        write(generator, "if (a < b)\n    c();\n\n\td();");
        add_span(generator, start, SPAN_PREFORMATTED, NULL, NULL);
        break;
    default:
        write_paragraph(generator);
    }
}

static void generate(struct generator *generator)
{
    size_t blocks = 1 + roll(generator, 4);
    for (size_t i = 0; i < blocks; i++) {
        if (i)
            write(generator, "\n\n");
        write_block(generator);
    }
    generator->count =
        spans_normalize(generator->text, generator->length, generator->spans, generator->count);
}

static void generated_posts_come_back_as_they_were(void **state)
{
    (void)state;
    static const struct outbound_link links[] = {
        {.native = "u_42",
         .id = "https://b.example/u/a",
         .handle = "alice@b.example",
         .url = "https://b.example/@alice"},
        {.remote = "https://m.example/users/bob",
         .id = "https://m.example/users/bob",
         .handle = "bob@m.example",
         .url = "https://m.example/@bob"},
    };
    static const struct inbound_person alice = {"https://b.example/u/a", "https://b.example/@alice", "u_42"};
    json_t *tags =
        document_of("[{'type':'Emoji','name':':blob:','icon':{'url':'https://b.example/blob.png'}}]");
    struct inbound_note note = {.tags = tags,
                                .mentions = {{"https://b.example/u/a", "@alice@b.example"},
                                             {"https://m.example/users/bob", "@bob@m.example"}},
                                .mention_count = 2};
    for (uint64_t seed = 0; seed < POSTS; seed++) {
        struct arena *arena = arena_new(TEST_BUDGET);
        struct generator *generator = arena_alloc(arena, sizeof *generator);
        generator->chance = seed;
        generate(generator);
        struct rich_text before = {generator->text, generator->length, generator->spans, generator->count};
        const char *html = html_from_text(arena, &before, links, 2, "https://b.example/tags/");
        struct rich_text after = text_from_html(arena, html, &note, &alice, 1, MODEL_TEXT_MAX, NULL);
        const char *expected = drawn(arena, &before);
        const char *found = drawn(arena, &after);
        if (strcmp(expected, found) != 0)
            fail_msg("seed %u:\n%s\n%s\n%s", (unsigned)seed, expected, html, found);
        arena_free(arena);
    }
    json_decref(tags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(generated_posts_come_back_as_they_were)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
