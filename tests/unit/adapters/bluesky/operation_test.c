/* Operations with a network that answers from a table: what is asked, and what comes of the answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "adapters/bluesky/bluesky.h"

enum { STEPS_MAX = 40, CALLS_SIZE = 8192 };

#define PLC "http://plc.example"
#define APPVIEW "http://appview.example"
#define PDS "https://pds.example"
#define ALICE "did:plc:aliceaaaaaaaaaaaaaaaaaaa"
#define RELAY "did:plc:relayaaaaaaaaaaaaaaaaaaa"
#define RECORD "/xrpc/com.atproto.repo.getRecord?repo="
#define ROOT "at://" ALICE "/app.bsky.feed.post/root"
#define MORE "at://" ALICE "/app.bsky.feed.post/more"

/* The answer to every URL that begins so; the first that fits. Text that is no JSON is sent as it is. */
struct line {
    const char *url;
    int status;
    const char *text;
};

static const struct line nothing = {.status = 400,
                                    .text = "{\"error\":\"RecordNotFound\",\"message\":\"none\"}"};

struct world {
    struct adapter *adapter;
    struct operation *operation;
    char calls[CALLS_SIZE]; /* "METHOD URL\n" for each request */
};

static const struct line identities[] = {
    {PLC "/" ALICE, 200,
     "{\"id\":\"" ALICE "\",\"alsoKnownAs\":[\"at://alice.example\"],\"service\":[{\"id\":\"#atproto_pds\","
     "\"type\":\"AtprotoPersonalDataServer\",\"serviceEndpoint\":\"" PDS "\"}]}"},
    {PLC "/" RELAY, 200,
     "{\"id\":\"" RELAY "\",\"alsoKnownAs\":[],\"service\":[{\"id\":\"#atproto_pds\","
     "\"type\":\"AtprotoPersonalDataServer\",\"serviceEndpoint\":\"" PDS "\"}]}"},
    {0},
};

static const struct line *find(const struct line *lines, const char *url)
{
    for (; lines->url; lines++)
        if (strncmp(url, lines->url, strlen(lines->url)) == 0)
            return lines;
    return NULL;
}

static enum operation_state step(struct world *world, const struct line *lines)
{
    const struct adapter_request *request = bluesky_class.operation_request(world->operation);
    const struct line *line = find(lines, request->url);
    if (!line)
        line = find(identities, request->url);
    if (!line)
        line = &nothing;
    assert_true(strlen(world->calls) + strlen(request->url) + 16 < CALLS_SIZE);
    strcat(strcat(strcat(strcat(world->calls, request->method), " "), request->url), "\n");
    const struct adapter_response response = {
        .status = line->status, .body = {line->text, strlen(line->text)}, .retry_after_ms = -1};
    return bluesky_class.operation_step(world->operation, &response);
}

static const struct operation_result *run(struct world *world, const struct operation_input *input,
                                          const struct line *lines)
{
    bluesky_class.operation_free(world->operation);
    world->calls[0] = '\0';
    world->operation = bluesky_class.operation_new(world->adapter, input);
    enum operation_state state = bluesky_class.operation_step(world->operation, NULL);
    for (int steps = 0; state == OPERATION_REQUEST; steps++) {
        assert_true(steps < STEPS_MAX);
        state = step(world, lines);
    }
    const struct operation_result *result = bluesky_class.operation_result(world->operation);
    assert_int_equal(state == OPERATION_DONE, result->answer == ANSWER_OK);
    return result;
}

static bool asked(const struct world *world, const char *part)
{
    return strstr(world->calls, part) != NULL;
}

static int setup(void **state)
{
    static struct world world;
    char error[256] = "";
    json_t *settings = json_pack("{s:s, s:s, s:s, s:s}", "plc", PLC, "appview", APPVIEW, "identifier", RELAY,
                                 "other_bridge", "none");
    world = (struct world){.adapter = bluesky_class.open(settings, error, sizeof error)};
    json_decref(settings);
    *state = &world;
    if (!world.adapter)
        return 1;
    static const struct line none[] = {{0}};
    return run(&world, &(struct operation_input){.kind = OPERATION_DISCOVER}, none)->answer != ANSWER_OK;
}

static int teardown(void **state)
{
    struct world *world = *state;
    bluesky_class.operation_free(world->operation);
    bluesky_class.close(world->adapter);
    return 0;
}

/* ---- who may answer
 * -------------------------------------------------------------------------------------------------------- */

#define GATE(rules) "{\"value\":{\"$type\":\"app.bsky.feed.threadgate\",\"allow\":[" rules "]}}"
#define RULE(name) "{\"$type\":\"app.bsky.feed.threadgate#" name "\"}"
#define MENTION(did)                                                                                         \
    "\"facets\":[{\"index\":{\"byteStart\":0,\"byteEnd\":5},\"features\":[{\"$type\":"                       \
    "\"app.bsky.richtext.facet#mention\",\"did\":\"" did "\"}]}]"
#define BEGINNING(more) "{\"cid\":\"c1\",\"value\":{\"text\":\"hello\"" more "}}"
#define FURTHER_DOWN                                                                                         \
    "{\"cid\":\"c2\",\"value\":{\"text\":\"more\",\"reply\":{\"root\":{\"uri\":\"" ROOT                      \
    "\",\"cid\":\"c1\"}}}}"
#define VIEW(viewer) "{\"thread\":{\"post\":{\"viewer\":{" viewer "}}}}"

static const struct operation_result *answer(struct world *world, const char *parent, const char *gate,
                                             const char *root, const char *view)
{
    static const struct remote_author author = {
        .key = "ra_1", .handle = "ann@mastodon.example", .url = "https://mastodon.example/@ann"};
    const struct remote_post post = {.key = "rp_1",
                                     .author = &author,
                                     .url = "https://mastodon.example/@ann/1",
                                     .reply_to = {.native = parent},
                                     .body = {.text = "yes", .length = 3}};
    const struct line lines[] = {
        {PDS RECORD ALICE "&collection=app.bsky.feed.threadgate", gate ? 200 : nothing.status,
         gate ? gate : nothing.text},
        {PDS RECORD ALICE "&collection=app.bsky.feed.post&rkey=root", 200, root},
        {PDS RECORD ALICE "&collection=app.bsky.feed.post&rkey=more", 200, FURTHER_DOWN},
        {PDS "/xrpc/app.bsky.feed.getPostThread", view ? 200 : nothing.status, view ? view : nothing.text},
        {PDS "/xrpc/com.atproto.repo.putRecord", 200, "{}"},
        {0},
    };
    return run(world, &(struct operation_input){.kind = OPERATION_PUSH_POST, .remote_post = &post}, lines);
}

static void expect_written(struct world *world, const struct operation_result *result, bool written)
{
    assert_int_equal(result->answer, written ? ANSWER_OK : ANSWER_REFUSED);
    assert_int_equal(asked(world, "putRecord"), written);
    if (!written)
        assert_non_null(strstr(result->reason, "says who may answer"));
}

static void where_nobody_is_named_everybody_may_answer(void **state)
{
    struct world *world = *state;
    expect_written(world, answer(world, ROOT, NULL, BEGINNING(""), NULL), true);
    expect_written(world, answer(world, ROOT, "{\"value\":{}}", BEGINNING(""), NULL), true);
}

static void without_a_rule_nobody_may(void **state)
{
    struct world *world = *state;
    expect_written(world, answer(world, ROOT, GATE(""), BEGINNING("," MENTION(RELAY)), NULL), false);
    assert_false(asked(world, "getPostThread"));
}

static void who_is_mentioned_may_answer_where_the_mentioned_may(void **state)
{
    struct world *world = *state;
    static const char gate[] = GATE(RULE("followerRule") "," RULE("mentionRule"));
    expect_written(world, answer(world, ROOT, gate, BEGINNING("," MENTION(RELAY)), NULL), true);
    expect_written(world, answer(world, ROOT, gate, BEGINNING("," MENTION(ALICE)), NULL), false);
    expect_written(world, answer(world, ROOT, gate, BEGINNING(""), NULL), false);
    expect_written(
        world, answer(world, ROOT, GATE(RULE("followerRule")), BEGINNING("," MENTION(RELAY)), NULL), false);
}

static void further_down_it_is_the_beginning_that_counts(void **state)
{
    struct world *world = *state;
    static const char gate[] = GATE(RULE("mentionRule"));
    expect_written(world, answer(world, MORE, gate, BEGINNING("," MENTION(RELAY)), NULL), true);
    expect_written(world, answer(world, MORE, gate, BEGINNING(""), NULL), false);
}

static void the_other_rules_are_the_appviews_to_judge(void **state)
{
    struct world *world = *state;
    static const char gate[] = GATE(RULE("followingRule"));
    expect_written(world, answer(world, ROOT, gate, BEGINNING(""), VIEW("\"replyDisabled\":false")), true);
    expect_written(world, answer(world, ROOT, gate, BEGINNING(""), VIEW("")), false);
    const struct operation_result *result =
        answer(world, ROOT, gate, BEGINNING(""), VIEW("\"replyDisabled\":true"));
    assert_int_equal(result->answer, ANSWER_REFUSED);
    assert_false(asked(world, "putRecord"));
}

/* ---- whose a handle is
 * ----------------------------------------------------------------------------------------------------- */

#define HOST "https://alice.example/.well-known/atproto-did"

static const char *handle_of(struct world *world, struct line host, const char *appview)
{
    const struct line lines[] = {
        host,
        {APPVIEW "/xrpc/com.atproto.identity.resolveHandle", appview ? 200 : nothing.status,
         appview ? appview : "{\"error\":\"InvalidRequest\",\"message\":\"Unable to resolve handle\"}"},
        {PDS "/xrpc/com.atproto.sync.getRepoStatus", 200, "{\"active\":true}"},
        {0},
    };
    const struct operation_result *result =
        run(world, &(struct operation_input){.kind = OPERATION_ACCOUNT, .account = ALICE}, lines);
    assert_int_equal(result->answer, ANSWER_OK);
    return result->accounts[0].handle;
}

static void a_handle_is_proven_by_its_own_host(void **state)
{
    struct world *world = *state;
    assert_string_equal(handle_of(world, (struct line){HOST, 200, " " ALICE "\r\n"}, NULL), "alice.example");
    assert_false(asked(world, "resolveHandle"));
}

static void else_the_appview_says_whose_it_is(void **state)
{
    struct world *world = *state;
    static const char *const others[] = {"did:plc:malloryaaaaaaaaaaaaaaaaa", ALICE "x",
                                         "did:plc:aliceaaaaaaaaaaaaaaaaaa", "<html>" ALICE, ""};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_string_equal(handle_of(world, (struct line){HOST, 200, others[i]}, NULL), "");
        assert_string_equal(handle_of(world, (struct line){HOST, 200, others[i]}, "{\"did\":\"" ALICE "\"}"),
                            "alice.example");
    }
    /* Nothing there says nothing of where the account lives: its document is read once. */
    assert_string_equal(
        handle_of(world, (struct line){HOST, 404, ""}, "{\"did\":\"did:plc:malloryaaaaaaaaaaaaaaaaa\"}"), "");
    const char *document = strstr(world->calls, PLC "/" ALICE);
    assert_null(strstr(document + 1, PLC "/" ALICE));
    assert_string_equal(handle_of(world, (struct line){HOST, 0, ""}, "{\"did\":\"" ALICE "\"}"),
                        "alice.example");
}

/* ---- who may quote
 * -------------------------------------------------------------------------------------------------------- */

#define GATES PDS "/xrpc/com.atproto.repo.listRecords?repo=" ALICE "&collection=app.bsky.feed.postgate"
#define DISABLED "\"embeddingRules\":[{\"$type\":\"app.bsky.feed.postgate#disableRule\"}]"

static const char *next_list(struct world *world, const char *cursor, const struct line *lines)
{
    const struct operation_result *result =
        run(world, &(struct operation_input){.kind = OPERATION_POST_IDS, .account = ALICE, .cursor = cursor},
            lines);
    assert_int_equal(result->answer, ANSWER_OK);
    return result->cursor;
}

/* A comparison must see that nobody may quote a post any more: the list changes its digest as the post does.
 */
static void a_comparison_sees_who_may_quote(void **state)
{
    struct world *world = *state;
    static const char empty[] = "{\"records\":[]}";
    const struct line lines[] = {
        {GATES, 200,
         "{\"cursor\":\"x\",\"records\":[{\"uri\":\"at://" ALICE
         "/app.bsky.feed.postgate/root\",\"cid\":\"g1\",\"value\":{" DISABLED "}},{\"uri\":\"at://" ALICE
         "/app.bsky.feed.postgate/more\",\"cid\":\"g2\",\"value\":{\"embeddingRules\":[]}}]}"},
        {PDS "/xrpc/com.atproto.repo.listRecords", 200, empty},
        {PDS "/xrpc/com.atproto.sync.getLatestCommit", 200, "{\"rev\":\"3kxyz2222222a\"}"},
        {PDS RECORD ALICE "&collection=app.bsky.feed.postgate", 200, "{\"value\":{" DISABLED "}}"},
        {PDS RECORD ALICE "&collection=app.bsky.feed.post", 200,
         "{\"cid\":\"c1\",\"value\":{\"$type\":\"app.bsky.feed.post\",\"text\":\"hello\"}}"},
        {0},
    };
    assert_string_equal(next_list(world, NULL, lines), BLUESKY_REPOST " ");
    assert_string_equal(next_list(world, BLUESKY_REPOST " ", lines), BLUESKY_POSTGATE " ");
    assert_string_equal(next_list(world, BLUESKY_POSTGATE " ", lines), BLUESKY_POSTGATE " x");
    const struct operation_result *result = bluesky_class.operation_result(world->operation);
    assert_int_equal(result->revision_count, 1);
    assert_string_equal(result->revisions[0].id, ROOT);
    uint64_t beside = result->revisions[0].beside;
    assert_int_not_equal(beside, 0);

    result = run(world, &(struct operation_input){.kind = OPERATION_POST, .post = ROOT}, lines);
    assert_int_equal(result->answer, ANSWER_OK);
    assert_false(result->posts[0].quotable);
    assert_int_equal(result->posts[0].digest ^ beside, bluesky_digest("c1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(where_nobody_is_named_everybody_may_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_rule_nobody_may, setup, teardown),
        cmocka_unit_test_setup_teardown(who_is_mentioned_may_answer_where_the_mentioned_may, setup, teardown),
        cmocka_unit_test_setup_teardown(further_down_it_is_the_beginning_that_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(the_other_rules_are_the_appviews_to_judge, setup, teardown),
        cmocka_unit_test_setup_teardown(a_handle_is_proven_by_its_own_host, setup, teardown),
        cmocka_unit_test_setup_teardown(else_the_appview_says_whose_it_is, setup, teardown),
        cmocka_unit_test_setup_teardown(a_comparison_sees_who_may_quote, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
