#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/http/negotiate.h"

static void servers_get_json_and_people_a_page(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        enum wanted wanted;
    } cases[] = {
        {"application/activity+json, application/ld+json", WANTED_ACTIVITY},
        {"application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\", application/activity+json",
         WANTED_ACTIVITY},
        {"application/ld+json; profile=\"a,text/html\"", WANTED_ACTIVITY},
        {"application/activity+json, text/html;q=0.1", WANTED_ACTIVITY},
        {"application/activity+json;q=0.4, text/html;q=0.5", WANTED_HTML},
        {"application/activity+json;q=0, text/html;q=0.1", WANTED_HTML},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", WANTED_HTML},
        {"application/json", WANTED_ACTIVITY},
        {"TEXT/HTML", WANTED_HTML},
        {"*/*", WANTED_ACTIVITY},
        {"", WANTED_ACTIVITY},
        {NULL, WANTED_ACTIVITY},
        {"application/activity+json;q=", WANTED_ACTIVITY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0] - 1; i++)
        assert_int_equal(negotiate(cases[i].accept, WANTED_ACTIVITY), cases[i].wanted);
    assert_int_equal(negotiate("*/*", WANTED_HTML), WANTED_HTML);
    assert_int_equal(negotiate("application/activity+json;q=", WANTED_HTML), WANTED_HTML);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(servers_get_json_and_people_a_page)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
