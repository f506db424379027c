/* Text → HTML → text with spans is the identity for posts in the normal form of mapping/model.h. The posts
 * are generated from a list of choices; when one does not come back, its list is made shorter and simpler as
 * long as it still does not, and what is left is shown. ROUND_TRIP_SEED starts from another seed. */
#include <stdio.h>
#include <utf8proc.h>

#include "inbound_support.h"
#include "mapping/outbound.h"

enum {
    POSTS = 10000,
    TEXT_SIZE = 16384,
    CHOICES_MAX = 4096,
    OPEN_MAX = 4,
    QUOTES_MAX = 3,
    TRIALS_MAX = 20000,
};

/* ---- choices
 * -------------------------------------------------------------------------------------------------------- */

struct choices {
    unsigned list[CHOICES_MAX];
    size_t count;
};

struct generator {
    uint64_t chance;
    struct choices choices; /* those taken, or when replaying those to take */
    size_t next;
    bool replays;
    char text[TEXT_SIZE];
    size_t length;
    struct span spans[MODEL_SPANS_MAX];
    size_t count;
    size_t open[OPEN_MAX]; /* spans that cover what is written next */
    size_t open_count;
};

/* Less is simpler: 0 is what a replay takes when its list has ended. */
static unsigned choose(struct generator *generator, unsigned sides)
{
    if (generator->next == CHOICES_MAX)
        return 0;
    if (generator->replays)
        return generator->next < generator->choices.count ? generator->choices.list[generator->next++] % sides
                                                          : 0;
    generator->chance = generator->chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    unsigned choice = (unsigned)(generator->chance >> 33) % sides;
    generator->choices.list[generator->next++] = choice;
    generator->choices.count = generator->next;
    return choice;
}

/* ---- words
 * ----------------------------------------------------------------------------------------------------------
 */

static void write(struct generator *generator, const char *text)
{
    size_t length = strlen(text);
    assert_true(generator->length + length < TEXT_SIZE);
    memcpy(generator->text + generator->length, text, length + 1);
    generator->length += length;
}

/* The place of a new span that ends where the text will end then; MODEL_SPANS_MAX when there is no room. */
static size_t begin(struct generator *generator, enum span_kind kind, const char *target, const char *label)
{
    if (generator->count == MODEL_SPANS_MAX)
        return MODEL_SPANS_MAX;
    generator->spans[generator->count] =
        (struct span){.start = generator->length, .kind = kind, .target = target, .label = label};
    return generator->count++;
}

static void end(struct generator *generator, size_t span)
{
    if (span < MODEL_SPANS_MAX)
        generator->spans[span].end = generator->length;
}

static void write_known_word(struct generator *generator)
{
    static const char *const words[] = {"a",
                                        "hello",
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
                                        "…",
                                        "]]>",
                                        "<!--",
                                        "&#x0;",
                                        "</p>",
                                        "&lt",
                                        "https:",
                                        "javascript:",
                                        "\xE2\x80\xAE"
                                        "rtl",
                                        "x\xE2\x80\x8B"};
    write(generator, words[choose(generator, sizeof words / sizeof words[0])]);
}

/* Letters, marks and signs of many scripts; no blanks, no controls, nothing that makes a mention or an emoji.
 */
static void write_random_word(struct generator *generator)
{
    static const struct {
        int32_t first;
        unsigned count;
    } ranges[] = {{'a', 26},      {'0', 10},     {'!', 2},       {0xC0, 64},     {0x370, 16},   {0x5D0, 27},
                  {0x627, 20},    {0x905, 50},   {0x300, 16},    {0x4E00, 1000}, {0xAC00, 500}, {0x1F600, 64},
                  {0x1F1E6, 26},  {0xFE0F, 1},   {0x200D, 1},    {0x20AC, 1},    {0x2028, 2},   {0xFEFF, 1},
                  {0x1D400, 100}, {0xE000, 100}, {0x10FFF0, 13}, {0xFFFC, 2},    {0x2066, 4}};
    for (unsigned left = 1 + choose(generator, 6); left > 0; left--) {
        unsigned range = choose(generator, sizeof ranges / sizeof ranges[0]);
        char bytes[5] = {0};
        int32_t code = ranges[range].first + (int32_t)choose(generator, ranges[range].count);
        (void)utf8proc_encode_char(code, (utf8proc_uint8_t *)bytes);
        write(generator, bytes);
    }
}

static bool covers(const struct generator *generator, enum span_kind kind)
{
    for (size_t i = 0; i < generator->open_count; i++)
        if (generator->spans[generator->open[i]].kind == kind)
            return true;
    return false;
}

static void write_atom(struct generator *generator)
{
    static const struct {
        enum span_kind kind;
        const char *text, *target, *label;
    } atoms[] = {
        {SPAN_LINK, "over here", "https://a.example/", NULL},
        {SPAN_LINK, "https://a.example/x?y=1&z=2", "https://a.example/x?y=1&z=2", NULL},
        {SPAN_LINK, "<i>", "http://[::1]:8080/%22#%3C", NULL},
        {SPAN_LINK, "…", "https://xn--bcher-kva.example/ü?q='", NULL},
        {SPAN_MENTION, "@alice", "u_42", NULL},
        {SPAN_REMOTE_MENTION, "@bob@m.example", "https://m.example/users/bob", "bob@m.example"},
        {SPAN_HASHTAG, "#cats", "cats", NULL},
        {SPAN_HASHTAG, "#Öl_2", "Öl_2", NULL},
        {SPAN_HASHTAG, "#ふくろう", "ふくろう", NULL},
        {SPAN_EMOJI, ":blob:", "https://b.example/blob.png", NULL},
    };
    unsigned chosen = choose(generator, sizeof atoms / sizeof atoms[0]);
    if (atoms[chosen].kind == SPAN_EMOJI && covers(generator, SPAN_CODE))
        chosen = 0; /* in code a shortcode is code */
    size_t span = begin(generator, atoms[chosen].kind, atoms[chosen].target, atoms[chosen].label);
    write(generator, atoms[chosen].text);
    end(generator, span);
}

/* ---- lines and blocks
 * ----------------------------------------------------------------------------------------------- */

static void open_style(struct generator *generator)
{
    static const enum span_kind styles[] = {SPAN_BOLD, SPAN_ITALIC, SPAN_STRIKE, SPAN_CODE};
    enum span_kind kind = styles[choose(generator, 4)];
    if (generator->open_count == OPEN_MAX || covers(generator, kind) || generator->count == MODEL_SPANS_MAX)
        return;
    generator->open[generator->open_count++] = begin(generator, kind, NULL, NULL);
}

static void close_style(struct generator *generator)
{
    if (generator->open_count)
        end(generator, generator->open[--generator->open_count]);
}

static void write_word(struct generator *generator)
{
    switch (choose(generator, 4)) {
    case 1:
        write_random_word(generator);
        return;
    case 2:
        write_atom(generator);
        return;
    default:
        write_known_word(generator);
    }
}

/* Styles open and close between words, and run over lines. */
static void write_paragraph(struct generator *generator)
{
    for (unsigned lines = 1 + choose(generator, 3); lines > 0; lines--) {
        for (unsigned words = 1 + choose(generator, 6); words > 0; words--) {
            while (choose(generator, 5) == 1)
                open_style(generator);
            write_word(generator);
            while (generator->open_count && choose(generator, 3) == 1)
                close_style(generator);
            write(generator, words > 1 ? " " : "");
        }
        write(generator, lines > 1 ? "\n" : "");
    }
    while (generator->open_count)
        close_style(generator);
}

static void write_preformatted(struct generator *generator)
{
    static const char *const lines[] = {"x",   "if (a < b)",      "    indented", "\tc();  // &amp;  twice",
                                        "<b>", "</code></pre>\"", "  ",           ""};
    size_t span = begin(generator, SPAN_PREFORMATTED, NULL, NULL);
    write(generator, "{");
    for (unsigned more = choose(generator, 5); more > 0; more--) {
        write(generator, "\n");
        write(generator, lines[choose(generator, sizeof lines / sizeof lines[0])]);
    }
    write(generator, "\n}");
    end(generator, span);
}

static void write_blocks(struct generator *generator, unsigned quotes)
{
    for (unsigned left = 1 + choose(generator, 4); left > 0; left--) {
        unsigned kind = choose(generator, 6);
        if (kind == 1) {
            write_preformatted(generator);
        } else if (kind == 2 && quotes < QUOTES_MAX) {
            size_t span = begin(generator, SPAN_QUOTE, NULL, NULL);
            write_paragraph(generator);
            write(generator, "\n\n");
            write_blocks(generator, quotes + 1);
            end(generator, span);
        } else {
            write_paragraph(generator);
        }
        if (generator->length > TEXT_SIZE / 2)
            return;
        write(generator, left > 1 ? "\n\n" : "");
    }
}

/* ---- there and back
 * ------------------------------------------------------------------------------------------------- */

struct trip {
    const char *before, *html, *after;
};

static struct trip travel(struct arena *arena, struct generator *generator, const struct inbound_note *note)
{
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
    write_blocks(generator, 0);
    generator->count =
        spans_normalize(generator->text, generator->length, generator->spans, generator->count);
    struct rich_text text = {generator->text, generator->length, generator->spans, generator->count};
    const char *html = html_from_text(arena, &text, links, 2, "https://b.example/tags/");
    struct rich_text back = text_from_html(arena, html, note, &alice, 1, MODEL_TEXT_MAX, NULL);
    return (struct trip){.before = drawn(arena, &text), .html = html, .after = drawn(arena, &back)};
}

static bool comes_back(const struct trip *trip)
{
    return strcmp(trip->before, trip->after) == 0;
}

static bool fails(const struct choices *choices, const struct inbound_note *note)
{
    struct arena *arena = arena_new(TEST_BUDGET);
    struct generator *generator = arena_alloc(arena, sizeof *generator);
    generator->choices = *choices;
    generator->replays = true;
    struct trip trip = travel(arena, generator, note);
    bool failed = !comes_back(&trip);
    arena_free(arena);
    return failed;
}

static bool try_without(struct choices *choices, size_t at, size_t count, const struct inbound_note *note)
{
    struct choices less = *choices;
    memmove(less.list + at, less.list + at + count, (less.count - at - count) * sizeof *less.list);
    less.count -= count;
    if (!fails(&less, note))
        return false;
    *choices = less;
    return true;
}

static bool try_lower(struct choices *choices, size_t at, const struct inbound_note *note)
{
    struct choices less = *choices;
    for (unsigned value = 0; value < choices->list[at]; value = value ? value * 2 : 1) {
        less.list[at] = value;
        if (!fails(&less, note))
            continue;
        *choices = less;
        return true;
    }
    return false;
}

/* Takes away runs of choices, long ones first, then lowers each; again until nothing helps any more. */
static void minimise(struct choices *choices, const struct inbound_note *note)
{
    unsigned trials = 0;
    bool better = true;
    while (better && trials < TRIALS_MAX) {
        better = false;
        for (size_t run = choices->count / 2; run > 0; run /= 2)
            for (size_t at = 0; at + run <= choices->count && trials++ < TRIALS_MAX;)
                if (try_without(choices, at, run, note))
                    better = true;
                else
                    at += run;
        for (size_t at = 0; at < choices->count && trials++ < TRIALS_MAX; at++)
            better |= try_lower(choices, at, note);
    }
}

static void show(uint64_t seed, const struct choices *choices, const struct inbound_note *note)
{
    struct arena *arena = arena_new(TEST_BUDGET);
    struct generator *generator = arena_alloc(arena, sizeof *generator);
    generator->choices = *choices;
    generator->replays = true;
    struct trip trip = travel(arena, generator, note);
    fail_msg("seed %llu, made small:\nwent  %s\nas    %s\ncame  %s", (unsigned long long)seed, trip.before,
             trip.html, trip.after);
    arena_free(arena);
}

static void check_seed(uint64_t seed, const struct inbound_note *note)
{
    struct arena *arena = arena_new(TEST_BUDGET);
    struct generator *generator = arena_alloc(arena, sizeof *generator);
    generator->chance = seed;
    struct trip trip = travel(arena, generator, note);
    struct choices choices = generator->choices;
    bool good = comes_back(&trip);
    arena_free(arena);
    if (good)
        return;
    minimise(&choices, note);
    show(seed, &choices, note);
}

static void generated_posts_come_back_as_they_were(void **state)
{
    (void)state;
    json_t *tags =
        document_of("[{'type':'Emoji','name':':blob:','icon':{'url':'https://b.example/blob.png'}}]");
    struct inbound_note note = {.tags = tags,
                                .mentions = {{"https://b.example/u/a", "@alice@b.example"},
                                             {"https://m.example/users/bob", "@bob@m.example"}},
                                .mention_count = 2};
    const char *wish = getenv("ROUND_TRIP_SEED");
    uint64_t first = wish ? strtoull(wish, NULL, 10) : 0;
    printf("%d posts, seeds %llu to %llu\n", POSTS, (unsigned long long)first,
           (unsigned long long)first + POSTS - 1);
    for (uint64_t seed = first; seed < first + POSTS; seed++)
        check_seed(seed, &note);
    json_decref(tags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(generated_posts_come_back_as_they_were)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
