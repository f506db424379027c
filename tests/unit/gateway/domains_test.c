/* Rules about servers: which one covers a host, however its name is written, and what follows in each mode.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/config.h"
#include "gateway/domains.h"

/* ---- one rule as the store has it ---- */

static void test_a_rule_is_read(void **state)
{
    struct domain_rule rule;
    (void)state;
    assert_true(domain_rule_read("block 1700000000000 it floods", &rule));
    assert_int_equal(rule.kind, RULE_BLOCK);
    assert_true(rule.since == 1700000000000);
    assert_string_equal(rule.reason, "it floods");
    assert_true(domain_rule_read("limit 5 ", &rule));
    assert_int_equal(rule.kind, RULE_LIMIT);
    assert_string_equal(rule.reason, "");
    assert_true(domain_rule_read("allow 5", &rule));
    assert_int_equal(rule.kind, RULE_ALLOW);
    static const char *const wrong[] = {"",       "block",      "block ",     "block x", "blocks 5 a",
                                        "bloc 5", "silence 5 ", " block 5 a", "5 block", "block 5x"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(domain_rule_read(wrong[i], &rule));
    for (int kind = RULE_ALLOW; kind <= RULE_BLOCK; kind++) {
        char text[64];
        (void)snprintf(text, sizeof text, "%s 7 x", domain_rule_name((enum domain_rule_kind)kind));
        assert_true(domain_rule_read(text, &rule));
        assert_int_equal(rule.kind, kind);
    }
}

static void test_one_server_has_one_name(void **state)
{
    static const struct {
        const char *written, *canonical; /* NULL: no server's name */
    } cases[] = {
        {"m.example", "m.example"},
        {"M.EXAMPLE", "m.example"},
        {"m.example.", "m.example"},
        {"münchen.example", "xn--mnchen-3ya.example"},
        {"MÜNCHEN.example", "xn--mnchen-3ya.example"},
        {"xn--mnchen-3ya.example", "xn--mnchen-3ya.example"},
        {"ｍ.example", "m.example"},
        {"a.b.m.example", "a.b.m.example"},
        {"", NULL},
        {".", NULL},
        {"m..example", NULL},
        {"m.example:8443", NULL},
        {"https://m.example", NULL},
        {"m.example/x", NULL},
        {"alice@m.example", NULL},
        {"m.example#", NULL},
        {"a b", NULL},
        {"*.m.example", NULL},
        {"[::1]", NULL},
        {"<b>.example", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[DOMAIN_SIZE] = "unchanged";
        bool good = domain_canonical(cases[i].written, out);
        if (good != (cases[i].canonical != NULL))
            fail_msg("'%s' is %s", cases[i].written, good ? out : "refused");
        if (good)
            assert_string_equal(out, cases[i].canonical);
    }
    char endless[1024];
    char out[DOMAIN_SIZE];
    memset(endless, 'a', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    assert_false(domain_canonical(endless, out));
}

/* ---- which rule covers a host ---- */

static struct domain_rules *some_rules(bool listed_only)
{
    struct domain_rules *rules = domain_rules_new(listed_only);
    assert_true(domain_rules_put(rules, "spam.example", "block 1 "));
    assert_true(domain_rules_put(rules, "good.spam.example", "allow 1 "));
    assert_true(domain_rules_put(rules, "bad.good.spam.example", "block 1 "));
    assert_true(domain_rules_put(rules, "loud.example", "limit 1 "));
    assert_true(domain_rules_put(rules, "friend.example", "allow 1 "));
    return rules;
}

static void test_the_longest_rule_decides(void **state)
{
    static const struct {
        const char *host;
        enum domain_rule_kind rule;
    } cases[] = {
        {"spam.example", RULE_BLOCK},
        {"spam.example.", RULE_BLOCK},
        {"www.spam.example", RULE_BLOCK},
        {"a.b.c.spam.example", RULE_BLOCK},
        {"good.spam.example", RULE_ALLOW},
        {"x.good.spam.example", RULE_ALLOW},
        {"bad.good.spam.example", RULE_BLOCK},
        {"y.bad.good.spam.example", RULE_BLOCK},
        {"notspam.example", RULE_NONE},
        {"spam.example.org", RULE_NONE},
        {"example", RULE_NONE},
        {"loud.example", RULE_LIMIT},
        {"very.loud.example", RULE_LIMIT},
        {"friend.example", RULE_ALLOW},
        {"stranger.example", RULE_NONE},
        {"", RULE_NONE},
        {".", RULE_NONE},
        {"..", RULE_NONE},
    };
    (void)state;
    struct domain_rules *open = some_rules(false);
    struct domain_rules *listed = some_rules(true);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum domain_rule_kind rule = cases[i].rule;
        if (domain_rules_find(open, cases[i].host) != rule)
            fail_msg("%s", cases[i].host);
        assert_int_equal(domain_rules_judge(open, cases[i].host), rule == RULE_NONE ? RULE_ALLOW : rule);
        assert_int_equal(domain_rules_judge(listed, cases[i].host), rule == RULE_NONE ? RULE_BLOCK : rule);
    }
    domain_rules_free(open);
    domain_rules_free(listed);
}

static void test_a_rule_takes_the_place_of_another(void **state)
{
    (void)state;
    struct domain_rules *rules = some_rules(false);
    assert_true(domain_rules_put(rules, "spam.example", "limit 2 less bad than thought"));
    assert_int_equal(domain_rules_find(rules, "spam.example"), RULE_LIMIT);
    assert_false(domain_rules_put(rules, "spam.example", "nonsense"));
    assert_int_equal(domain_rules_find(rules, "spam.example"), RULE_LIMIT);
    assert_false(domain_rules_put(rules, "", "block 1 "));
    domain_rules_clear(rules);
    assert_int_equal(domain_rules_find(rules, "spam.example"), RULE_NONE);
    domain_rules_free(rules);
}

/* ---- before the store was read ---- */

static void test_until_the_rules_are_known_nobody_is_asked(void **state)
{
    (void)state;
    const char *why = NULL;
    struct config config = {0};
    struct gateway gateway = {.config = &config};
    assert_int_equal(domains_judge(&gateway, "https://m.example/users/a"), DOMAIN_UNKNOWN);
    assert_false(domains_limit(&gateway, "https://m.example/users/a"));
    assert_int_equal(domains_refusal(&gateway, "m.example", 443, &why), FETCH_BUSY);
    assert_non_null(strstr(why, "not known yet"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_rule_is_read),
        cmocka_unit_test(test_one_server_has_one_name),
        cmocka_unit_test(test_the_longest_rule_decides),
        cmocka_unit_test(test_a_rule_takes_the_place_of_another),
        cmocka_unit_test(test_until_the_rules_are_known_nobody_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
