#include "inbound_support.h"

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(TEST_BUDGET);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const struct inbound_person alice = {
    .actor_id = "https://b.example/u/a", .url = "https://b.example/@alice", .native = "u_42"};

static const char *converted(const char *html, const struct inbound_note *note)
{
    struct rich_text text = text_from_html(arena, html, note, &alice, 1, MODEL_TEXT_MAX, NULL);
    return drawn(arena, &text);
}

struct html_case {
    const char *html, *text;
};

static void check(const struct html_case *cases, size_t count, const struct inbound_note *note)
{
    for (size_t i = 0; i < count; i++)
        assert_string_equal(converted(cases[i].html, note), cases[i].text);
}
#define CHECK(cases, note) check(cases, sizeof(cases) / sizeof(cases)[0], note)

static void blocks_become_lines_and_paragraphs(void **state)
{
    (void)state;
    static const struct html_case cases[] = {
        {"<p>one</p><p>two<br>three<br/>four</p>", "one\n\ntwo\nthree\nfour"},
        {"<p>one</p>\n\n<p>two</p>\n", "one\n\ntwo"},
        {"one<br><br>two", "one\n\ntwo"},
        {"<p>one<br></p><p>two</p>", "one\n\ntwo"},
        {"<div>one</div><div>two</div>", "one\ntwo"},
        {"<div><p>one</p></div><div><p>two</p></div>", "one\n\ntwo"},
        {"a  b\n\tc", "a b c"},
        {"<p> a </p>", "a"},
        {"a <b> b</b> c", "a {bold|b} c"},
        {"a&nbsp;&nbsp;b", "a\xc2\xa0\xc2\xa0"
                           "b"},
        {"<h1>Title</h1><p>text</p>", "{bold|Title}\n\ntext"},
        {"<blockquote><p>one</p><p>two</p></blockquote><p>three</p>", "{quote|one\n\ntwo}\n\nthree"},
        {"one<hr>two", "one\n\ntwo"},
        {"<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>", "a b\n1 2"},
        {"<dl><dt>a</dt><dd>b</dd></dl>", "a\nb"},
        {"<details><summary>s</summary>t</details>", "s\nt"},
        {"<p></p><p> </p><p>x</p><p></p>", "x"},
        {"", ""},
        {"plain &amp; &lt;simple&gt; &#9731;", "plain & <simple> ☃"},
        {"<p>unclosed <b>bold", "unclosed {bold|bold}"},
        {"<b>mis<i>nested</b>tags</i>", "{bold|mis{italic|nested}}{italic|tags}"},
    };
    CHECK(cases, NULL);
}

static void lists_keep_their_marks(void **state)
{
    (void)state;
    static const struct html_case cases[] = {
        {"<p>x</p><ul><li>a</li><li>b</li></ul><p>y</p>", "x\n\n• a\n• b\n\ny"},
        {"<ul><li><p>a</p></li><li><p>b</p></li></ul>", "• a\n• b"},
        {"<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"},
        {"<ol start=\"5\"><li>a</li><li value=\"9\">b</li><li>c</li></ol>", "5. a\n9. b\n10. c"},
        {"<ol reversed><li>a</li><li>b</li></ol>", "2. a\n1. b"},
        {"<ol start=\"99999999999999999999\"><li>a</li></ol>", "1. a"},
        {"<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "• a\n  • b\n• c"},
        {"<ul><li></li><li>a</li></ul>", "• a"},
        {"<li>a</li>", "• a"},
        {"<ul>\n  <li>\n  a\n  </li>\n</ul>", "• a"},
    };
    CHECK(cases, NULL);
}

static void styles_become_spans(void **state)
{
    (void)state;
    static const struct html_case cases[] = {
        {"<strong>b</strong> <em>i</em> <del>s</del> <code>c</code>",
         "{bold|b} {italic|i} {strike|s} {code|c}"},
        {"<b>b</b> <i>i</i> <s>s</s> <strike>t</strike>", "{bold|b} {italic|i} {strike|s} {strike|t}"},
        {"<pre><code>int x;\n\n  y();\n</code></pre>", "{pre|int x;\n\n  y();}"},
        {"<p>a</p><pre>\n  b</pre>", "a\n\n{pre|  b}"},
        {"<p>u <u>n</u> <sub>d</sub> <font color=red>f</font></p>", "u n d f"},
        {"<q>said</q>", "“said”"},
        {"<b></b><b> </b>x", "x"},
        {"<b>a<b>b</b></b>", "{bold|ab}"},
        {"<b>one<br>two</b>", "{bold|one\ntwo}"},
        {"<ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>", "漢字(かんじ)"},
        {"<ruby>漢<rt>かん</rt>字<rt>じ</rt></ruby>", "漢(かん)字(じ)"},
    };
    CHECK(cases, NULL);
}

static void what_is_not_for_reading_is_dropped(void **state)
{
    (void)state;
    static const struct html_case cases[] = {
        {"a<script>alert(1)</script>b", "ab"},
        {"a<style>p{}</style>b", "ab"},
        {"a<svg><text>x</text><script>y</script></svg>b", "ab"},
        {"a<math><mi>x</mi></math>b", "ab"},
        {"a<iframe>x</iframe>b", "ab"},
        {"a<object>x<p>y</p></object>b", "ab"},
        {"a<noscript><p>x</p></noscript>b", "ab"},
        {"a<template><p>x</p></template>b", "ab"},
        {"a<select><option>x</option></select>b", "ab"},
        {"a<textarea>x</textarea>b", "ab"},
        {"a<video>x</video>b", "ab"},
        {"a<title>x</title>b", "ab"},
        {"a<embed src=x>b", "ab"},
        {"a<!-- x -->b", "ab"},
        {"a<![CDATA[x]]>b", "ab"},
        {"a&#0;&#1;&#27;&#127;&#133;\x01\x1f"
         "b",
         "a\xef\xbf\xbd…b"},
        {"a\xff\xc0\x80\xed\xa0\x80"
         "b",
         "ab"},
        {"a<plaintext>x", "a"},
    };
    CHECK(cases, NULL);
}

static void links_lead_only_where_it_is_safe(void **state)
{
    (void)state;
    static const struct html_case cases[] = {
        {"<a href=\"https://a.example/x\">here</a>", "{link https://a.example/x|here}"},
        {"<a href=\"mailto:bob@a.example\">mail</a>", "{link mailto:bob@a.example|mail}"},
        {"<a href=\"javascript:alert(1)\">x</a>", "x"},
        {"<a href=\"data:text/html,x\">x</a>", "x"},
        {"<a href=\"/relative\">x</a>", "x"},
        {"<a>x</a>", "x"},
        {"<a href=\"https://a.example/\"></a>x", "x"},
        {"<a href=\"https://a.example/\">a <b>b</b></a> c", "{link https://a.example/|a {bold|b}} c"},
        {"<b>x <a href=\"https://a.example/\">y</a></b>", "{bold|x {link https://a.example/|y}}"},
        {"<p><a href=\"https://a.example/\">a </a>b</p>", "{link https://a.example/|a} b"},
    };
    CHECK(cases, NULL);
}

static void a_shown_address_is_the_one_that_it_leads_to(void **state)
{
    (void)state;
    static const struct html_case cases[] = {
        {"<a href=\"https://www.example.com/a/long/path?q=1\"><span class=\"invisible\">https://www.</span>"
         "<span class=\"ellipsis\">example.com/a/lo</span><span class=\"invisible\">ng/path?q=1</span></a> x",
         "{link https://www.example.com/a/long/path?q=1|https://www.example.com/a/long/path?q=1} x"},
        {"<a href=\"https://example.com/\"><span class=\"invisible\">https://</span>bank.example</a>",
         "{link https://example.com/|https://example.com/}"},
        {"<a href=\"https://evil.example/\">https://bank.example/login</a>",
         "{link https://evil.example/|https://evil.example/}"},
        {"<a href=\"https://evil.example/\">bank.example</a>",
         "{link https://evil.example/|https://evil.example/}"},
        {"<a href=\"https://www.a.example/long/path\">a.example/long…</a>",
         "{link https://www.a.example/long/path|https://www.a.example/long/path}"},
        {"<a href=\"https://www.a.example/x\">a.example/x</a>", "{link https://www.a.example/x|a.example/x}"},
        {"<a href=\"https://a.example/x\">https://a.example/x</a>",
         "{link https://a.example/x|https://a.example/x}"},
        {"<a href=\"https://a.example/\">read more…</a>", "{link https://a.example/|read more…}"},
        {"<a href=\"https://a.example/\">see e.g. this</a>", "{link https://a.example/|see e.g. this}"},
    };
    CHECK(cases, NULL);
}

static void mentions_are_known_by_their_tags(void **state)
{
    (void)state;
    struct inbound_note note = {
        .mentions = {{.href = "https://b.example/u/a", .name = "@alice@b.example"},
                     {.href = "https://m.example/users/bob", .name = "@bob@m.example"},
                     {.href = "https://g.example/users/Carol", .name = "@Carol"},
                     {.href = "https://social.d.example/users/dan", .name = "@dan@d.example"},
                     {.href = "https://e.example/u/eve", .name = "@bob@bank.example"}},
        .mention_count = 5};
    static const struct html_case cases[] = {
        /* Mastodon */
        {"<p><span class=\"h-card\" translate=\"no\"><a href=\"https://b.example/@alice\" class=\"u-url "
         "mention\">"
         "@<span>alice</span></a></span> hi</p>",
         "{mention u_42|@alice} hi"},
        {"<a href=\"https://m.example/@bob\" class=\"u-url mention\">@<span>bob</span></a>",
         "{remote https://m.example/users/bob bob@m.example|@bob@m.example}"},
        /* Misskey */
        {"<a href=\"https://m.example/@bob\" class=\"u-url mention\">@bob@m.example</a>",
         "{remote https://m.example/users/bob bob@m.example|@bob@m.example}"},
        /* Lemmy: no class, the actor's own id */
        {"<a href=\"https://m.example/users/bob\" rel=\"nofollow\">@bob@m.example</a>",
         "{remote https://m.example/users/bob bob@m.example|@bob@m.example}"},
        /* Friendica: the sign outside */
        {"Hi @<a href=\"https://m.example/users/bob\" class=\"u-url mention\"><span>Bob B.</span></a>!",
         "Hi {remote https://m.example/users/bob bob@m.example|@bob@m.example}!"},
        {"<a href=\"https://g.example/@carol\" class=\"u-url mention\">@carol</a>",
         "{remote https://g.example/users/Carol Carol@g.example|@Carol@g.example}"},
        {"<a href=\"https://social.d.example/@dan\" class=\"u-url mention\">@dan</a>",
         "{remote https://social.d.example/users/dan dan@d.example|@dan@d.example}"},
        /* A name of another server is not believed. */
        {"<a href=\"https://e.example/u/eve\" class=\"mention\">@bob@bank.example</a>",
         "{remote https://e.example/u/eve bob@e.example|@bob@e.example}"},
        /* The right name on the wrong server is a link. */
        {"<a href=\"https://evil.example/@bob\" class=\"u-url mention\">@bob</a>",
         "{link https://evil.example/@bob|@bob}"},
        /* Nobody's tag. */
        {"<a href=\"https://x.example/@zoe\" class=\"u-url mention\">@zoe</a>",
         "{link https://x.example/@zoe|@zoe}"},
        /* An ordinary link to a person is no mention. */
        {"<a href=\"https://m.example/users/bob\">my friend</a>",
         "{link https://m.example/users/bob|my friend}"},
    };
    CHECK(cases, &note);
    assert_string_equal(converted("<a class=mention href=\"https://b.example/@alice\">@alice</a>", NULL),
                        "{mention u_42|@alice}");
}

static void hashtags_are_known_by_class_relation_or_tag(void **state)
{
    (void)state;
    struct inbound_note note = {.hashtags = {"Cats", "日本"}, .hashtag_count = 2};
    static const struct html_case cases[] = {
        {"<a href=\"https://m.example/tags/dogs\" class=\"mention hashtag\" "
         "rel=\"tag\">#<span>dogs</span></a>",
         "{tag dogs|#dogs}"},
        {"<a href=\"https://m.example/tags/dogs\" rel=\"tag\">#dogs</a>", "{tag dogs|#dogs}"},
        {"<a href=\"https://m.example/c/cats\">#cats</a>", "{tag cats|#cats}"},
        {"<a href=\"https://m.example/1\">#日本</a>", "{tag 日本|#日本}"},
        {"#<a href=\"https://f.example/search?tag=dogs\" class=\"mention hashtag\" "
         "rel=\"tag\"><span>dogs</span></a>",
         "{tag dogs|#dogs}"},
        {"<a href=\"https://m.example/issue/1\">#1234</a>", "{link https://m.example/issue/1|#1234}"},
        {"<a href=\"https://m.example/\" class=\"hashtag\">dogs</a>", "{link https://m.example/|dogs}"},
        {"<a href=\"https://m.example/\" class=\"hashtag\">#</a>", "{link https://m.example/|#}"},
    };
    CHECK(cases, &note);
}

static void custom_emoji_are_found_by_tag_and_picture(void **state)
{
    (void)state;
    json_t *tags =
        document_of("[{'type':'Emoji','name':':blob:','icon':{'type':'Image','url':"
                    "'https://m.example/blob.png'}},{'type':'Emoji','name':'cat','icon':"
                    "'https://m.example/cat.png'},{'type':'Emoji','name':':bad:','icon':{'url':'data:x'}},"
                    "{'type':'Emoji','name':'::'},7]");
    struct inbound_note note = {.tags = tags};
    static const struct html_case cases[] = {
        {"<p>:blob: and <b>:blob:</b> :cat: :bad: :unknown:</p>",
         "{emoji https://m.example/blob.png|:blob:} and {bold|{emoji https://m.example/blob.png|:blob:}} "
         "{emoji https://m.example/cat.png|:cat:} :bad: :unknown:"},
        {"<code>:blob:</code>", "{code|:blob:}"},
        {"<a href=\"https://x.example/\">:blob:</a>", "{link https://x.example/|:blob:}"},
        {"x <img src=\"https://m.example/e.png\" alt=\":smile:\" class=\"emoji\"> y",
         "x {emoji https://m.example/e.png|:smile:} y"},
    };
    CHECK(cases, &note);
    json_decref(tags);
}

static void pictures_in_the_text_are_linked_by_their_description(void **state)
{
    (void)state;
    static const struct html_case cases[] = {
        {"<p>see <img src=\"https://m.example/1.png\" alt=\"a cat\"></p>",
         "see {link https://m.example/1.png|a cat}"},
        {"<img src=\"https://m.example/1.png\">", "{link https://m.example/1.png|https://m.example/1.png}"},
        {"<a href=\"https://m.example/page\"><img src=\"https://m.example/1.png\" alt=\"a cat\"></a>",
         "{link https://m.example/page|a cat}"},
        {"<img src=\"data:image/png;base64,x\" alt=\"a cat\">", ""},
        {"<img onerror=alert(1)>", ""},
    };
    CHECK(cases, NULL);
}

static void text_is_cut_at_a_character_and_says_so(void **state)
{
    (void)state;
    struct loss loss = {.entries = json_array()};
    struct rich_text text = text_from_html(arena, "<b>ähm</b> <i>more</i>", NULL, NULL, 0, 2, &loss);
    assert_string_equal(drawn(arena, &text), "{bold|ä}");
    assert_int_equal(json_array_size(loss.entries), 1);
    text = text_from_html(arena, "<b>ähm</b>", NULL, NULL, 0, 1, NULL);
    assert_string_equal(text.text, "");
    text = text_from_html(arena, NULL, NULL, NULL, 0, 100, NULL);
    assert_string_equal(text.text, "");
    json_decref(loss.entries);
}

static const char *repeated(const char *piece, size_t count)
{
    size_t length = strlen(piece);
    char *text = arena_alloc(arena, length * count + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * length, piece, length);
    return text;
}

/* Each of these makes a parser without bounds use quadratic time or memory, or overflow its stack. */
static void hostile_html_is_read_within_bounds(void **state)
{
    (void)state;
    char *attributes = arena_alloc(arena, 200000);
    size_t used = (size_t)sprintf(attributes, "<a");
    for (int i = 0; used < 130000; i++)
        used += (size_t)sprintf(attributes + used, " a%d", i);
    const char *const bombs[] = {
        repeated("<div>", 25000),
        repeated("<b>", 40000),
        repeated("<b><i><u><s><a href=x><p>", 5000),
        arena_format(arena, "%s%s", repeated("<font size=1><font size=2><font size=3>", 600),
                     repeated("<p>x", 20000)),
        arena_format(arena, "%s%s", repeated("<div>", 7000), repeated("</h1>", 20000)),
        attributes,
        repeated("<table><td>", 11000),
        repeated("<ruby><rt>", 12000),
        repeated("<svg><desc>", 11000),
        repeated("<ul><li>", 16000),
        repeated("<blockquote>x", 10000),
        repeated("&amp;", 26000),
        repeated("<br>", 32000),
        repeated("<a href=\"https://a.example/\">x</a>", 4000),
        repeated("<template>", 13000),
        repeated("</p>", 32000),
        repeated("<select><option>", 8000),
        repeated("<!--", 32000),
    };
    for (size_t i = 0; i < sizeof bombs / sizeof bombs[0]; i++) {
        struct rich_text text = text_from_html(arena, bombs[i], NULL, NULL, 0, MODEL_TEXT_MAX, NULL);
        assert_true(text.length <= MODEL_TEXT_MAX);
        assert_true(text.span_count <= MODEL_SPANS_MAX);
        assert_true(strlen(html_sanitize(arena, bombs[i], MODEL_TEXT_MAX)) <= MODEL_TEXT_MAX);
    }
}

static void what_is_too_complex_is_left_out_and_said(void **state)
{
    (void)state;
    struct loss loss = {.entries = json_array()};
    struct rich_text text =
        text_from_html(arena, repeated("<div>x", 9000), NULL, NULL, 0, MODEL_TEXT_MAX, &loss);
    assert_string_equal(text.text, "");
    assert_int_equal(json_array_size(loss.entries), 1);
    json_decref(loss.entries);
}

static void a_long_article_is_within_the_bounds(void **state)
{
    (void)state;
    const char *html =
        repeated("<p>Some words of <b>text</b> that <a href=\"https://a.example/\">goes</a> on.</p>\n", 800);
    struct rich_text text = text_from_html(arena, html, NULL, NULL, 0, MODEL_TEXT_MAX, NULL);
    assert_int_equal(text.length, 800 * 34 - 2);
    assert_int_equal(text.span_count, MODEL_SPANS_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(blocks_become_lines_and_paragraphs),
        TEST(lists_keep_their_marks),
        TEST(styles_become_spans),
        TEST(what_is_not_for_reading_is_dropped),
        TEST(links_lead_only_where_it_is_safe),
        TEST(a_shown_address_is_the_one_that_it_leads_to),
        TEST(mentions_are_known_by_their_tags),
        TEST(hashtags_are_known_by_class_relation_or_tag),
        TEST(custom_emoji_are_found_by_tag_and_picture),
        TEST(pictures_in_the_text_are_linked_by_their_description),
        TEST(text_is_cut_at_a_character_and_says_so),
        TEST(hostile_html_is_read_within_bounds),
        TEST(what_is_too_complex_is_left_out_and_said),
        TEST(a_long_article_is_within_the_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
