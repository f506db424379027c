#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "mapping/outbound.h"

#define TAGS "https://b.example/tags/"

static void check(const char *text, size_t length, const struct span *spans, size_t count,
                  const char *expected)
{
    struct arena *arena = arena_new(1 << 22);
    struct outbound_link links[] = {{.native = "1",
                                     .id = "https://b.example/u/1",
                                     .handle = "carol@b.example",
                                     .url = "https://b.example/@carol"}};
    struct rich_text rich = {.text = text, .length = length, .spans = spans, .span_count = count};
    assert_string_equal(html_from_text(arena, &rich, links, 1, TAGS), expected);
    arena_free(arena);
}

static void check_plain(const char *text, const char *expected)
{
    check(text, strlen(text), NULL, 0, expected);
}

static void check_one(const char *text, struct span span, const char *expected)
{
    check(text, strlen(text), &span, 1, expected);
}

static void paragraphs_and_lines_keep_their_breaks(void **state)
{
    (void)state;
    check_plain("", "");
    check_plain("\n \n", "");
    check_plain("one", "<p>one</p>");
    check_plain("one\ntwo", "<p>one<br>two</p>");
    check_plain("one\n\ntwo", "<p>one</p><p>two</p>");
    check_plain("\none\n\n\n\ntwo\n", "<p>one</p><p>two</p>");
    check_plain("one\r\ntwo\r\n\r\nthree\rfour", "<p>one<br>two</p><p>three<br>four</p>");
}

static void markup_of_the_author_is_text(void **state)
{
    (void)state;
    check_plain("<a href=\"x\">&amp;</a>", "<p>&lt;a href=&quot;x&quot;&gt;&amp;amp;&lt;/a&gt;</p>");
}

static void what_html_must_not_hold_is_left_out(void **state)
{
    (void)state;
    check("a\0b", 3, NULL, 0, "<p>ab</p>");
    check_plain("a\x1B[1mb\x7F", "<p>a[1mb</p>");
    check_plain("a\xC3(\xED\xA0\x80)", "<p>a\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD)</p>");
    check(NULL, 0, NULL, 0, "");
}

static void styles_nest_properly(void **state)
{
    const struct span spans[] = {{.start = 0, .end = 6, .kind = SPAN_BOLD},
                                 {.start = 2, .end = 6, .kind = SPAN_ITALIC},
                                 {.start = 2, .end = 4, .kind = SPAN_LINK, .target = "https://a.example/"},
                                 {.start = 4, .end = 6, .kind = SPAN_STRIKE}};
    (void)state;
    check("abcdefgh", 8, spans, 4,
          "<p><strong>ab<em><a href=\"https://a.example/\" rel=\"nofollow noopener\">cd</a>"
          "<del>ef</del></em></strong>gh</p>");
}

static void styles_end_and_start_again_at_a_paragraph(void **state)
{
    const struct span spans[] = {{.start = 2, .end = 10, .kind = SPAN_BOLD},
                                 {.start = 7, .end = 9, .kind = SPAN_CODE}};
    (void)state;
    check("a bc\n\nd e f g", 13, spans, 2,
          "<p>a <strong>bc</strong></p><p><strong>d<code> e</code> </strong>f g</p>");
}

static void blocks_stand_between_paragraphs(void **state)
{
    const struct span spans[] = {{.start = 4, .end = 12, .kind = SPAN_QUOTE},
                                 {.start = 5, .end = 7, .kind = SPAN_BOLD},
                                 {.start = 13, .end = 18, .kind = SPAN_PREFORMATTED}};
    (void)state;
    check("abc\nqu ot\nedx\n<a>\n bye", 22, spans, 3,
          "<p>abc</p><blockquote><p>q<strong>u </strong>ot<br>ed</p></blockquote><p>x</p>"
          "<pre><code>\n&lt;a&gt;\n</code></pre><p>bye</p>");
}

static void a_block_inside_a_style_keeps_the_style(void **state)
{
    const struct span spans[] = {{.start = 0, .end = 9, .kind = SPAN_BOLD},
                                 {.start = 3, .end = 6, .kind = SPAN_QUOTE}};
    (void)state;
    check("ab\ncde\nfg", 9, spans, 2,
          "<p><strong>ab</strong></p><blockquote><p><strong>cde</strong></p></blockquote>"
          "<p><strong>fg</strong></p>");
}

static void only_web_addresses_become_links(void **state)
{
    static const char *const bad[] = {
        "javascript:alert(1)", "data:text/html,x",  "//a.example/",         "https://", "https:///x",
        "https://@b",          "https//a.example/", "https://a.example/\n", ""};
    (void)state;
    check_one("x", (struct span){.end = 1, .kind = SPAN_LINK, .target = "http://a.example"},
              "<p><a href=\"http://a.example\" rel=\"nofollow noopener\">x</a></p>");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_one("x", (struct span){.end = 1, .kind = SPAN_LINK, .target = bad[i]}, "<p>x</p>");
    check_one("x", (struct span){.end = 1, .kind = SPAN_LINK}, "<p>x</p>");
}

static void an_address_cannot_leave_its_attribute(void **state)
{
    (void)state;
    check_one("x", (struct span){.end = 1, .kind = SPAN_LINK, .target = "https://a.example/\"><b a='&c"},
              "<p><a href=\"https://a.example/%22%3E%3Cb%20a='&amp;c\" rel=\"nofollow noopener\">x</a></p>");
}

static void mentions_show_the_name_that_the_fediverse_knows(void **state)
{
    static const char mention[] =
        "<p><span class=\"h-card\"><a href=\"https://b.example/@carol\" class=\"u-url "
        "mention\">@<span>carol</span></a></span></p>";
    (void)state;
    check_one("@carol", (struct span){.end = 6, .kind = SPAN_MENTION, .target = "1"}, mention);
    check_one("@carol.bsky.social", (struct span){.end = 18, .kind = SPAN_MENTION, .target = "1"}, mention);
    check_one("@carol", (struct span){.end = 6, .kind = SPAN_MENTION, .target = "2"}, "<p>@carol</p>");
    check_one("@carol", (struct span){.end = 6, .kind = SPAN_MENTION}, "<p>@carol</p>");
}

static void a_hashtag_links_to_the_page_of_its_tag(void **state)
{
    (void)state;
    check_one("#Été", (struct span){.end = 6, .kind = SPAN_HASHTAG, .target = "Été"},
              "<p><a href=\"" TAGS
              "%C3%A9t%C3%A9\" class=\"mention hashtag\" rel=\"tag\">#<span>Été</span></a></p>");
    check_one("#a/b", (struct span){.end = 4, .kind = SPAN_HASHTAG, .target = "a/b"}, "<p>#a/b</p>");
}

static void spans_that_are_not_normal_do_no_harm(void **state)
{
    const struct span spans[] = {{.start = 5, .end = 100, .kind = SPAN_BOLD},
                                 {.start = 2, .end = 5, .kind = SPAN_ITALIC},
                                 {.start = 0, .end = 3, .kind = SPAN_BOLD}};
    (void)state;
    check("abcdef", 6, spans, 3, "<p><strong>abc</strong>def</p>");
}

/* ---- any input at all
 * --------------------------------------------------------------------------------------------- */

static uint32_t next_number(uint64_t *state, uint32_t below)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(*state >> 33) % below;
}

/* Reads one tag; the open elements are a stack. Returns what follows it, NULL when it does not belong there.
 */
static const char *read_tag(const char *at, const char *open[], size_t *depth)
{
    static const char *const elements[] = {"p",  "br",   "a",   "span", "strong",
                                           "em", "code", "del", "pre",  "blockquote"};
    bool closes = at[1] == '/';
    const char *name = at + 1 + closes;
    size_t length = strcspn(name, " >");
    const char *element = NULL;
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++)
        if (strlen(elements[i]) == length && memcmp(elements[i], name, length) == 0)
            element = elements[i];
    const char *end = strchr(name, '>');
    if (!element || !end)
        return NULL;
    if (closes)
        return *depth && strcmp(open[--*depth], element) == 0 ? end + 1 : NULL;
    bool block = strcmp(element, "p") == 0 || strcmp(element, "pre") == 0;
    for (size_t i = 0; i < *depth; i++)
        if (strcmp(open[i], "a") == 0 ? strcmp(element, "span") != 0 && !strchr("secdb", *element)
                                      : block && strcmp(open[i], "blockquote") != 0)
            return NULL;
    if (strcmp(element, "br") != 0)
        open[(*depth)++] = element;
    return end + 1;
}

static bool is_well_formed(const char *html)
{
    const char *open[64];
    size_t depth = 0;
    while (html && *html) {
        html += strcspn(html, "<>");
        if (*html == '>' || depth > 60)
            return false;
        if (*html)
            html = read_tag(html, open, &depth);
    }
    return html && depth == 0;
}

static void whatever_the_spans_the_html_is_well_formed(void **state)
{
    static const char *const pieces[] = {
        "a", " ", "\n", "\n\n", "<", "é", "#", "@", "\U0001F469‍\U0001F467", "\r\n"};
    static const char *const targets[] = {NULL, "1", "x", "https://a.example/?\"<", "javascript:x"};
    uint64_t random = 1;
    (void)state;
    for (int round = 0; round < 3000; round++) {
        struct arena *arena = arena_new(1 << 22);
        char text[256] = "";
        struct span spans[24];
        size_t count = next_number(&random, 24);
        for (uint32_t i = next_number(&random, 20); i > 0; i--)
            (void)strcat(text, pieces[next_number(&random, 10)]);
        for (size_t i = 0; i < count; i++) {
            spans[i].start = next_number(&random, 40);
            spans[i].end = spans[i].start + next_number(&random, 12);
            spans[i].kind = (enum span_kind)next_number(&random, SPAN_QUOTE + 1);
            spans[i].target = targets[next_number(&random, 5)];
            spans[i].label = NULL;
        }
        struct rich_text rich = {.text = text, .length = strlen(text), .spans = spans, .span_count = count};
        const char *html = html_from_text(arena, &rich, NULL, 0, TAGS);
        if (!is_well_formed(html))
            fail_msg("round %d: %s", round, html);
        arena_free(arena);
    }
}

static void html_that_would_be_too_large_is_left_out_whole(void **state)
{
    enum { LENGTH = 300000 };
    char *text = malloc(LENGTH);
    (void)state;
    assert_non_null(text);
    memset(text, '"', LENGTH);
    check(text, LENGTH, NULL, 0, "");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paragraphs_and_lines_keep_their_breaks),
        cmocka_unit_test(markup_of_the_author_is_text),
        cmocka_unit_test(what_html_must_not_hold_is_left_out),
        cmocka_unit_test(styles_nest_properly),
        cmocka_unit_test(styles_end_and_start_again_at_a_paragraph),
        cmocka_unit_test(blocks_stand_between_paragraphs),
        cmocka_unit_test(a_block_inside_a_style_keeps_the_style),
        cmocka_unit_test(only_web_addresses_become_links),
        cmocka_unit_test(an_address_cannot_leave_its_attribute),
        cmocka_unit_test(mentions_show_the_name_that_the_fediverse_knows),
        cmocka_unit_test(a_hashtag_links_to_the_page_of_its_tag),
        cmocka_unit_test(spans_that_are_not_normal_do_no_harm),
        cmocka_unit_test(whatever_the_spans_the_html_is_well_formed),
        cmocka_unit_test(html_that_would_be_too_large_is_left_out_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
