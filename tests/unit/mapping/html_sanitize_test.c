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

struct html_case {
    const char *html, *clean;
};

static void check(const struct html_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *once = html_sanitize(arena, cases[i].html, MODEL_TEXT_MAX);
        assert_string_equal(once, cases[i].clean);
        /* What has passed once is not changed by passing again. */
        assert_string_equal(html_sanitize(arena, once, MODEL_TEXT_MAX), once);
    }
}
#define CHECK(cases) check(cases, sizeof(cases) / sizeof(cases)[0])

#define REL "rel=\"nofollow noopener noreferrer ugc\""

static void elements_of_the_list_pass_under_their_own_names(void **state)
{
    (void)state;
    static const struct html_case cases[] = {
        {"<p>a<br>b</p>", "<p>a<br>b</p>"},
        {"<p><b>b</b> <i>i</i> <s>s</s> <strong>b</strong> <em>e</em> <del>d</del> <code>c</code></p>",
         "<p><strong>b</strong> <em>i</em> <del>s</del> <strong>b</strong> <em>e</em> <del>d</del> "
         "<code>c</code></p>"},
        {"<ul><li>a<ol><li>b</li></ol></li></ul>", "<ul><li>a<ol><li>b</li></ol></li></ul>"},
        {"<blockquote><p>q</p></blockquote>", "<blockquote><p>q</p></blockquote>"},
        {"<pre><code>a\n  b</code></pre>", "<pre><code>a\n  b</code></pre>"},
        {"<h2>Title</h2><p>x</p>", "<p><strong>Title</strong></p><p>x</p>"},
        {"plain & <simple> \"text\"", "plain &amp;  &quot;text&quot;"},
    };
    CHECK(cases);
}

static void only_href_rel_and_known_classes_pass(void **state)
{
    (void)state;
    static const struct html_case cases[] = {
        {"<a href=\"https://a.example/?a=1&b=2\" onclick=x style=y target=_blank>x</a>",
         "<a href=\"https://a.example/?a=1&amp;b=2\" " REL ">x</a>"},
        {"<a href=\"javascript:alert(1)\">x</a>", "<a>x</a>"},
        {"<a href=\" java\nscript:alert(1)\">x</a>", "<a>x</a>"},
        {"<a href='https://a.example/\"><script>'>x</a>",
         "<a href=\"https://a.example/%22%3E%3Cscript%3E\" " REL ">x</a>"},
        {"<span class=\"h-card evil\"><a class=\"u-url mention x\" "
         "href=\"https://a.example/@b\">@b</a></span>",
         "<span class=\"h-card\"><a href=\"https://a.example/@b\" " REL
         " class=\"mention u-url\">@b</a></span>"},
        {"<p class=\"quote-inline big\" id=x>RE</p>", "<p class=\"quote-inline\">RE</p>"},
        {"<p onmouseover=alert(1) style=\"position:fixed\">x</p>", "<p>x</p>"},
        {"<ol start=\"7\"><li value=3>x</li></ol>", "<ol><li>x</li></ol>"},
    };
    CHECK(cases);
}

static void what_is_not_on_the_list_leaves_its_text_or_nothing(void **state)
{
    (void)state;
    static const struct html_case cases[] = {
        {"a<script>alert(1)</script>b", "ab"},
        {"a<style>x</style><template>y</template><iframe srcdoc=\"<p>\"></iframe>b", "ab"},
        {"<svg><script>x</script><a href=\"https://a.example/\"><text>y</text></a></svg>z", "z"},
        {"<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></table></mtext></math>z",
         "z"},
        {"z<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>", "z"},
        {"<u>a</u><font>b</font><marquee>c</marquee>", "abc"},
        {"<div>a</div><div>b</div>", "a<br>b"},
        {"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b<br>c"},
        {"<img src=\"https://a.example/1.png\" alt=\"a &quot;cat&quot;\">",
         "<a href=\"https://a.example/1.png\" " REL ">a &quot;cat&quot;</a>"},
        {"<img class=emoji alt=\":blob:\" src=\"https://a.example/b.png\">", ":blob:"},
        {"<img src=x onerror=alert(1)>", ""},
        {"a<!-- <p> -->b<?php x ?>c<!DOCTYPE html>d", "abcd"},
        {"&#0;&#27;a\x01", "\xef\xbf\xbd"
                           "a"},
    };
    CHECK(cases);
}

static void elements_are_nested_as_a_parser_would(void **state)
{
    (void)state;
    static const struct html_case cases[] = {
        {"<b>a<i>b</b>c</i>", "<strong>a<em>b</em></strong><em>c</em>"},
        {"<p>a<p>b", "<p>a</p><p>b</p>"},
        {"<b><p>a</p><p>b</p></b>", "<strong>a<br>b</strong>"},
        {"<p><button><p>x</p></button>y</p>", "<p>x<br>y</p>"},
        {"<a href=\"https://a.example/\">a<table><td><a href=\"https://b.example/\">b</a></table></a>",
         "<a href=\"https://a.example/\" " REL ">a<br>b</a>"},
        {"<li>a</li><li>b</li>", "a<br>b"},
        {"<ul><p>x</p></ul>", "<ul>x</ul>"},
        {"<pre><p>x</p></pre>", "<pre>x</pre>"},
        {"</p>x", "<p></p>x"},
        {"<strong>a<b>b</b></strong>", "<strong>ab</strong>"},
        {"<p>unclosed <b>x", "<p>unclosed <strong>x</strong></p>"},
    };
    CHECK(cases);
}

static void a_cut_leaves_whole_tags_and_closes_them(void **state)
{
    (void)state;
    static const char html[] =
        "<blockquote><p>some <b>bold and</b> <a href=\"https://a.example/\">linked</a> text</p>"
        "</blockquote><ul><li>one</li><li>two &amp; three</li></ul>";
    for (size_t maximum = 0; maximum < 800; maximum++) {
        const char *clean = html_sanitize(arena, html, maximum);
        assert_true(strlen(clean) <= maximum);
        assert_string_equal(html_sanitize(arena, clean, MODEL_TEXT_MAX), clean);
        assert_null(strstr(clean, "<a href=\"https://a.example/\" " REL "></a>x"));
    }
    assert_non_null(strstr(html_sanitize(arena, html, 800), "three</li></ul>"));
    assert_null(html_sanitize(arena, NULL, 100));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(elements_of_the_list_pass_under_their_own_names),
        TEST(only_href_rel_and_known_classes_pass),
        TEST(what_is_not_on_the_list_leaves_its_text_or_nothing),
        TEST(elements_are_nested_as_a_parser_would),
        TEST(a_cut_leaves_whole_tags_and_closes_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
