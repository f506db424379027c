/* The wording never claims more than the evidence: a table of evidence, what must be said and what must not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "gateway/ledger/servers.h"
#include "gateway/ledger/wording.h"

enum { SAYS_MAX = 6 };

static json_t *servers;

static int load(void **state)
{
    servers = servers_load();
    return 0;
}

static int unload(void **state)
{
    json_decref(servers);
    return 0;
}

/* Times: 1700000000000 is 2023-11-14 22:13 UTC. */
static const struct wording_case {
    const char *evidence; /* as a script keeps it; NULL: nothing was asked */
    bool unreachable;
    const char *software;
    const char *says[SAYS_MAX];
} cases[] = {
    {.evidence = NULL, .says = {"may hold a copy", "was not asked to delete"}},
    {.evidence = "q 0 1700000000000",
     .says = {"has waited for m.example since 2023-11-14 22:13 UTC", "Nothing is known"}},
    {.evidence = "q 0 1700000000000 t:503:1700000060000:3:http",
     .says = {"tried 3 times in vain", "2023-11-14 22:14 UTC (HTTP 503)", "Nothing is known"}},
    {.evidence = "q 0 1700000000000 t:0:1700000060000:1:dns", .says = {"tried 1 time in vain", "(dns)"}},
    {.evidence = "q 0 1700000000000 t:0:1700000060000:7:too_large",
     .unreachable = true,
     .says = {"taken nothing from us since 2023-11-14 22:16 UTC", "for 180 days", "7 times", "(too large)",
              "Nothing is known"}},
    {.evidence = "a 202 1700000000000 q:0:1699999000000:1:",
     .says =
         {"m.example was asked on 2023-11-14 21:56 UTC and answered on 2023-11-14 22:13 UTC that it took the "
          "request to delete (HTTP 202)",
          "not what became of the copy"}},
    {.evidence = "a 202 1700000000000",
     .software = "mastodon",
     .says = {"not what became of the copy", "Mastodon gives this answer before it checks"}},
    {.evidence = "a 200 1700000000000", .software = "lemmy", .says = {"not what became of the copy"}},
    {.evidence = "a 202 1700000000000 g:404:1700000060000:1:",
     .says = {"not what became of the copy", "one public page", "a boost or a quote",
              "that nothing is there"}},
    {.evidence = "a 202 1700000000000 s:200:1700000060000:2:",
     .says = {"one public page", "was still there on 2023-11-14 22:14 UTC and named it"}},
    {.evidence = "a 202 1700000000000 c:403:1700000060000:1:", .says = {"did not show whether it is there"}},
    {.evidence = "r 404 1700000000000 q:0:1699999000000:1:",
     .says = {"did not take the request to delete", "(HTTP 404)", "may still be there"}},
    {.evidence = "r 0 1700000000000 t:0:1700000000000:1:forbidden",
     .says = {"(forbidden)", "may still be there"}},
    {.evidence = "v 410 1700000000000 a:202:1699999000000:1:",
     .says = {"asked us for it on 2023-11-14 22:13 UTC with a signed request",
              "what it did with its copy cannot be seen",
              "It answered on 2023-11-14 21:56 UTC that it took the request (HTTP 202)"}},
    {.evidence = "n 0 1700000000000", .says = {"No address is known", "may still be there"}},
};

/* What no evidence of ours can show. */
static const char *const never[] = {
    "deleted everywhere",
    "has deleted",
    "was deleted from",
    "has removed",
    "removed its copy",
    "removed the copy",
    "erased",
    "no copy is left",
    "no longer holds",
    "copy is gone",
    "is gone",
    "guarantee",
    "proof",
    "proves",
    "confirmed",
    "successfully",
};

static void assert_modest(const char *text)
{
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        if (strstr(text, never[i]))
            fail_msg("'%s' is more than is known: %s", never[i], text);
}

static void say(const struct wording_case *one, struct buffer *out)
{
    struct evidence evidence;
    assert_true(evidence_read(one->evidence, one->unreachable, &evidence));
    wording_of_host("m.example", &evidence, 1700000200000, servers_find(servers, one->software), out);
}

static void each_evidence_is_said_as_it_is(void **state)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer text;
        buffer_init(&text, 4096);
        say(&cases[i], &text);
        assert_false(text.failed);
        for (size_t k = 0; k < SAYS_MAX && cases[i].says[k]; k++)
            if (!strstr(buffer_text(&text), cases[i].says[k]))
                fail_msg("case %zu does not say '%s': %s", i, cases[i].says[k], buffer_text(&text));
        assert_modest(buffer_text(&text));
        buffer_clear(&text);
    }
}

/* Only an answer may be called one, only a signed fetch knowledge, only a look what it showed. */
static void weaker_evidence_borrows_no_stronger_words(void **state)
{
    static const struct {
        const char *words;
        char letters[8]; /* evidence that may use them; ' ' none at all */
    } claims[] = {{"took the request", "ar"}, {"knows", "v"},        {"signed request", "v"},
                  {"did not take", "r"},      {"answered on", "ag"}, {"was still there", "s"},
                  {"nothing is there", "g"},  {"was not asked", "-"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer text;
        const char *evidence = cases[i].evidence ? cases[i].evidence : "-";
        buffer_init(&text, 4096);
        say(&cases[i], &text);
        for (size_t k = 0; k < sizeof claims / sizeof claims[0]; k++) {
            bool may = false;
            for (const char *letter = claims[k].letters; *letter; letter++) {
                char beside[4] = {' ', *letter, ':', '\0'};
                may = may || evidence[0] == *letter || strstr(evidence, beside);
            }
            if (!may && strstr(buffer_text(&text), claims[k].words))
                fail_msg("'%s' is claimed for %s: %s", claims[k].words, evidence, buffer_text(&text));
        }
        buffer_clear(&text);
    }
}

static void counts_are_said_in_full(void **state)
{
    static const struct {
        size_t counts[EVIDENCE_STATES];
        const char *text;
    } sums[] = {
        {{0}, "No server is known that may hold a copy."},
        {{[EVIDENCE_ACCEPTED] = 1},
         "1 server is known that may hold a copy: 1 answered that it took the request to delete."},
        {{[EVIDENCE_ACCEPTED] = 36,
          [EVIDENCE_OBSERVED] = 2,
          [EVIDENCE_UNREACHABLE] = 1,
          [EVIDENCE_EXPOSED] = 3},
         "42 servers are known that may hold a copy: 36 answered that they took the request to delete, 2 "
         "were seen "
         "to learn of it, 1 cannot be reached, 3 were not asked."},
        {{[EVIDENCE_REFUSED] = 2, [EVIDENCE_QUEUED] = 1, [EVIDENCE_NO_INBOX] = 1},
         "4 servers are known that may hold a copy: 2 did not take the request, 1 has not answered yet, 1 "
         "has no "
         "address that is known."},
    };
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        struct buffer text;
        buffer_init(&text, 4096);
        wording_of_counts(sums[i].counts, false, &text);
        assert_string_equal(buffer_text(&text), sums[i].text);
        assert_modest(buffer_text(&text));
        buffer_clear(&text);
    }
}

/* That nothing is kept any more is not that there is nothing. */
static void what_was_dropped_is_not_said_to_be_none(void **state)
{
    static const size_t none[EVIDENCE_STATES] = {0};
    struct buffer text;
    buffer_init(&text, 4096);
    wording_of_counts(none, true, &text);
    assert_null(strstr(buffer_text(&text), "No server"));
    assert_non_null(strstr(buffer_text(&text), "dropped 180 days after the Delete"));
    assert_modest(buffer_text(&text));
    buffer_clear(&text);
}

static void deletes_of_an_account_are_summed_up(void **state)
{
    static const size_t counts[EVIDENCE_STATES] = {
        [EVIDENCE_ACCEPTED] = 40, [EVIDENCE_REFUSED] = 1, [EVIDENCE_QUEUED] = 2};
    static const size_t none[EVIDENCE_STATES] = {0};
    struct buffer text;
    buffer_init(&text, 4096);
    wording_of_deletes(none, &text);
    assert_int_equal(text.length, 0);
    wording_of_deletes(counts, &text);
    assert_string_equal(
        buffer_text(&text),
        "43 requests of the last 180 days to delete its posts or itself, one for each and server: 40 were "
        "answered as taken, 1 was not taken, 2 are not answered.");
    assert_modest(buffer_text(&text));
    buffer_clear(&text);
}

static void what_software_does_is_said_as_its_source_says(void **state)
{
    size_t i;
    const json_t *server;
    json_array_foreach(json_object_get(servers, "servers"), i, server)
    {
        struct buffer text;
        buffer_init(&text, 4096);
        wording_of_software(server, &text);
        assert_true(strncmp(buffer_text(&text), "By what is published of it ", 27) == 0);
        assert_non_null(strstr(buffer_text(&text), "Its operator may have changed that."));
        buffer_clear(&text);
    }
}

static void the_limits_are_modest(void **state)
{
    size_t count;
    const char *const *limits = wording_of_limits(&count);
    assert_true(count >= 3);
    for (size_t i = 0; i < count; i++)
        assert_modest(limits[i]);
}

/* ---- the data
 * --------------------------------------------------------------------------------------------- */

static bool is_one_of(const json_t *server, const char *name, const char *const *words)
{
    const char *text = json_string_value(json_object_get(server, name));
    for (; text && *words; words++)
        if (strcmp(*words, text) == 0)
            return true;
    return false;
}

static void what_is_known_of_servers_has_sources(void **state)
{
    static const char *const checks[] = {"before", "after", "unknown", NULL};
    static const char *const looks[] = {"yes", "no", "unknown", NULL};
    size_t i;
    const json_t *server;
    assert_true(json_array_size(json_object_get(servers, "servers")) >= 10);
    json_array_foreach(json_object_get(servers, "servers"), i, server)
    {
        const char *name = json_string_value(json_object_get(server, "name"));
        assert_non_null(name);
        assert_ptr_equal(servers_find(servers, name), server);
        assert_true(json_array_size(json_object_get(server, "sources")) > 0);
        assert_true(is_one_of(server, "checks", checks));
        assert_true(is_one_of(server, "looks", looks));
        assert_non_null(json_string_value(json_object_get(server, "removes")));
        assert_non_null(json_string_value(json_object_get(server, "observes")));
        assert_non_null(json_string_value(json_object_get(server, "forwards")));
    }
    assert_ptr_equal(servers_find(servers, "akkoma"), servers_find(servers, "Pleroma"));
    assert_null(servers_find(servers, "no-such-software"));
    assert_null(servers_find(servers, NULL));
}

/* ---- evidence as it is kept
 * ------------------------------------------------------------------------------- */

static void evidence_is_read_with_what_was_before(void **state)
{
    struct evidence evidence;
    assert_true(evidence_read(
        "v 410 30 q:0:10:1: a:202:20:1: t:503:15:4:too_large s:200:40:1: g:404:50:1:", false, &evidence));
    assert_int_equal(evidence.state, EVIDENCE_OBSERVED);
    assert_int_equal(evidence.code, 410);
    assert_int_equal(evidence.queued, 10);
    assert_int_equal(evidence.accepted, 20);
    assert_int_equal(evidence.accepted_code, 202);
    assert_int_equal(evidence.observed, 30);
    assert_int_equal(evidence.failures, 4);
    assert_int_equal(evidence.failure_code, 503);
    assert_string_equal(evidence.failure_reason, "too large");
    assert_int_equal(evidence.copy, COPY_GONE);
    assert_int_equal(evidence.copy_looks, 2);
    assert_true(evidence_read("q 0 5", true, &evidence));
    assert_int_equal(evidence.state, EVIDENCE_UNREACHABLE);
    assert_true(evidence_read("a 202 5", true, &evidence));
    assert_int_equal(evidence.state, EVIDENCE_ACCEPTED);
}

static void broken_evidence_is_refused(void **state)
{
    static const char *const broken[] = {"",          "a",           "a 202",         "x 1 2",
                                         "a x 2",     "a 1 x",       "a 1 2 ",        "a 1 2 t",
                                         "a 1 2 t:1", "a 1 2 t:1:2", "a 1 2t:1:2:3:", "a -1 2"};
    struct evidence evidence;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        if (evidence_read(broken[i], false, &evidence))
            fail_msg("'%s' is taken", broken[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_evidence_is_said_as_it_is),
        cmocka_unit_test(weaker_evidence_borrows_no_stronger_words),
        cmocka_unit_test(counts_are_said_in_full),
        cmocka_unit_test(what_was_dropped_is_not_said_to_be_none),
        cmocka_unit_test(deletes_of_an_account_are_summed_up),
        cmocka_unit_test(what_software_does_is_said_as_its_source_says),
        cmocka_unit_test(the_limits_are_modest),
        cmocka_unit_test(what_is_known_of_servers_has_sources),
        cmocka_unit_test(evidence_is_read_with_what_was_before),
        cmocka_unit_test(broken_evidence_is_refused),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
