/* The table of what servers are known to drop: every rule can apply, and names its source. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/admin/drops.h"
#include "gateway/ledger/servers.h"

static json_t *activity(const char *object)
{
    json_t *document = json_pack("{ss so}", "type", "Create", "object", json_loads(object, 0, NULL));
    assert_non_null(document);
    return document;
}

static bool drops(const char *server, const char *object, const char *says)
{
    json_t *document = activity(object);
    json_t *result = server_drops(server, document);
    bool found = false;
    size_t index;
    const json_t *one;
    assert_non_null(result);
    json_array_foreach(json_object_get(result, "drops"), index, one)
    {
        assert_true(json_string_length(json_object_get(one, "source")) > 0);
        found = found || strstr(json_string_value(json_object_get(one, "says")), says);
    }
    json_decref(result);
    json_decref(document);
    return found;
}

static void a_rule_applies_to_what_it_is_about_only(void **state)
{
    (void)state;
    assert_false(drops("mastodon", "{\"type\":\"Note\",\"attachment\":[{},{},{},{}]}", "first 4"));
    assert_true(drops("mastodon", "{\"type\":\"Note\",\"attachment\":[{},{},{},{},{}]}", "first 4"));
    assert_true(drops("mastodon", "{\"type\":\"Note\",\"quote\":\"x\"}", "permits"));
    assert_false(
        drops("mastodon", "{\"type\":\"Note\",\"quote\":\"x\",\"quoteAuthorization\":\"y\"}", "permits"));
    assert_true(drops("lemmy", "{\"type\":\"Note\"}", "answers nothing"));
    assert_false(drops("lemmy", "{\"type\":\"Note\",\"inReplyTo\":\"x\"}", "answers nothing"));
    assert_true(drops("misskey", "{\"type\":\"Note\",\"updated\":\"x\"}", "edits"));
    assert_true(
        drops("pixelfed", "{\"type\":\"Note\",\"attachment\":[{\"type\":\"Video\"}]}", "without an image"));
    assert_false(
        drops("pixelfed", "{\"type\":\"Note\",\"attachment\":[{\"type\":\"Image\"}]}", "without an image"));
    assert_true(
        drops("pixelfed", "{\"type\":\"Note\",\"content\":\"<p><strong>a</strong></p>\"}", "plain text"));
}

static void lengths_count_characters_and_no_markup(void **state)
{
    char content[4096] = "{\"type\":\"Note\",\"content\":\"";
    (void)state;
    for (int i = 0; i < 500; i++)
        (void)strcat(content, i % 2 ? "é" : "&lt;");
    (void)strcat(content, "<br></p>\"}");
    assert_false(drops("threads", content, "500"));
    content[strlen(content) - 2] = '\0';
    (void)strcat(content, "x\"}");
    assert_true(drops("threads", content, "500"));
}

static void every_rule_names_something_that_can_be_measured(void **state)
{
    static const char everything[] =
        "{\"type\":\"%s\",\"updated\":\"x\",\"quote\":\"x\",\"content\":\"<h1>a</h1><ul><li>b</li></ul>\","
        "\"tag\":[{\"type\":\"Emoji\"}],\"attachment\":[{\"type\":\"Video\"},{},{},{},{},{},{},{}]}";
    (void)state;
    json_t *servers = servers_load();
    size_t at;
    const json_t *server;
    size_t known = 0;
    json_array_foreach(json_object_get(servers, "servers"), at, server)
    {
        const char *name = json_string_value(json_object_get(server, "name"));
        size_t index;
        const json_t *rule;
        known += json_object_get(server, "drops") != NULL;
        json_array_foreach(json_object_get(server, "drops"), index, rule)
        {
            char object[1024];
            /* What is counted by the thousand is left out here. */
            if (json_integer_value(json_object_get(rule, "above")) > 100)
                continue;
            bool article = strcmp(json_string_value(json_object_get(rule, "if")), "article") == 0;
            (void)snprintf(object, sizeof object, everything, article ? "Article" : "Note");
            assert_true(drops(name, object, json_string_value(json_object_get(rule, "says"))));
        }
    }
    assert_true(known >= 6);
    json_decref(servers);
}

static void the_names_are_listed_and_others_unknown(void **state)
{
    (void)state;
    char *names = server_drops_names();
    assert_non_null(strstr(names, "mastodon, "));
    assert_non_null(strstr(names, "peertube"));
    free(names);
    assert_null(server_drops("geocities", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_applies_to_what_it_is_about_only),
        cmocka_unit_test(lengths_count_characters_and_no_markup),
        cmocka_unit_test(every_rule_names_something_that_can_be_measured),
        cmocka_unit_test(the_names_are_listed_and_others_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
