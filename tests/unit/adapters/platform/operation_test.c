#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "contract.h"

struct world {
    const struct adapter_class *class;
    struct adapter *adapter;
    struct operation *operation;
    struct operation_input input;
};

static int setup(void **state)
{
    static struct world world;
    world = (struct world){.class = contract_class(), .adapter = contract_discovered()};
    *state = &world;
    return world.adapter ? 0 : 1;
}

static int teardown(void **state)
{
    struct world *world = *state;
    world->class->operation_free(world->operation);
    world->class->close(world->adapter);
    return 0;
}

static enum operation_state begin(struct world *world, const struct operation_input *input)
{
    world->class->operation_free(world->operation);
    world->input = *input;
    world->operation = world->class->operation_new(world->adapter, &world->input);
    return world->class->operation_step(world->operation, NULL);
}

static const struct operation_result *result(struct world *world)
{
    return world->class->operation_result(world->operation);
}

static void expect_request(struct world *world, const char *method, const char *url)
{
    const struct adapter_request *request = world->class->operation_request(world->operation);
    assert_string_equal(request->method, method);
    assert_string_equal(request->url, url);
    assert_true(request->authenticate);
    assert_true(request->timeout_ms > 0);
    assert_int_equal(request->response_max, 1 << 20);
}

/* The request's body has this text, spaces aside. */
static void expect_body(struct world *world, const char *part)
{
    const struct adapter_request *request = world->class->operation_request(world->operation);
    assert_string_equal(request->content_type, "application/json");
    if (!strstr(request->body.data, part))
        fail_msg("%s is not in %s", part, (const char *)request->body.data);
}

/* ---- opening and discovery */

static void settings_are_checked(void **state)
{
    (void)state;
    char error[256] = "";
    const char *const bad[] = {"ftp://x", "https://", "https://me:pw@x", "https://x/?y", "https://x y", "x"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_null(contract_open(bad[i]));
    json_t *settings = json_pack("{s:s, s:s}", "url", "https://x", "colour", "red");
    assert_null(contract_class()->open(settings, error, sizeof error));
    assert_non_null(strstr(error, "knows no colour"));
    json_decref(settings);
    settings = json_object();
    assert_null(contract_class()->open(settings, error, sizeof error));
    assert_non_null(strstr(error, "url is missing"));
    json_decref(settings);
    assert_null(adapter_class_find("nonsense"));
    assert_string_equal(adapter_class_names(), "platform, bluesky");
}

static void discovery_is_asked_without_the_token(void **state)
{
    (void)state;
    struct world world = {.class = contract_class(), .adapter = contract_open("https://pinboard.example/")};
    assert_int_equal(begin(&world, &(struct operation_input){.kind = OPERATION_DISCOVER}), OPERATION_REQUEST);
    const struct adapter_request *request = world.class->operation_request(world.operation);
    assert_string_equal(request->url, "https://pinboard.example/.well-known/drawbridge");
    assert_string_equal(request->method, "GET");
    assert_false(request->authenticate);
    assert_int_equal(contract_answer(world.operation, 200, DISCOVERY), OPERATION_DONE);
    unsigned capabilities = world.class->capabilities(world.adapter);
    assert_int_equal(capabilities, ADAPTER_ACCOUNTS_FEDERATED | ADAPTER_POSTS | ADAPTER_POST_IDS |
                                       ADAPTER_STREAM | ADAPTER_PUSH_POST | ADAPTER_PUSH_DELETE |
                                       ADAPTER_PUSH_RELATION | ADAPTER_PUPPETS | ADAPTER_IDEMPOTENT |
                                       ADAPTER_ASSERTS_CONSENT);
    struct adapter_limits limits = world.class->limits(world.adapter);
    assert_int_equal(limits.text_max, 1000);
    assert_int_equal(limits.text_unit, UNIT_GRAPHEMES);
    assert_int_equal(limits.text_max_bytes, 8000);
    assert_int_equal(limits.media_max, 1);
    assert_int_equal(limits.alt_max, 1500);
    world.class->operation_free(world.operation);
    world.class->close(world.adapter);
}

static void a_level_0_platform_only_reads(void **state)
{
    struct world *world = *state;
    assert_true(contract_discover(world->adapter, "{\"contract\":[\"0\",\"1\"],\"api\":\"https://x/v1/\","
                                                  "\"level\":0,\"limits\":{\"text\":{\"unit\":\"runes\"}}}"));
    unsigned capabilities = world->class->capabilities(world->adapter);
    assert_int_equal(capabilities & (ADAPTER_STREAM | ADAPTER_PUSH_POST | ADAPTER_PUSH_RELATION), 0);
    assert_int_equal(world->class->limits(world->adapter).text_unit, UNIT_BYTES);
    assert_null(world->class->stream_new(world->adapter, (struct adapter_bytes){0}));
    assert_int_equal(begin(world, &(struct operation_input){.kind = OPERATION_ACCOUNT, .account = "u_1"}),
                     OPERATION_REQUEST);
    expect_request(world, "GET", "https://x/v1/accounts/u_1");
}

static void documents_that_cannot_be_used_are_refused(void **state)
{
    struct world *world = *state;
    const char *const bad[] = {
        "",
        "[]",
        "{\"contract\":[\"2\"],\"api\":\"https://x\"}",
        "{\"contract\":\"1\",\"api\":\"https://x\"}",
        "{\"contract\":[\"1\"]}",
        "{\"contract\":[\"1\"],\"api\":\"http://x\"}",
        "{\"contract\":[\"1\"],\"api\":\"https://x?y\"}",
        "{\"contract\":[\"1\"],\"api\":\"https://x\",\"features\":[\"events.ws\"]}",
        "{\"contract\":[\"1\"],\"api\":\"https://x\",\"features\":[\"events.ws\"],\"stream\":\"ws://x\"}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(contract_discover(world->adapter, bad[i]));
    /* What was learned before stays. */
    begin(world, &(struct operation_input){.kind = OPERATION_POST, .post = "p_1"});
    expect_request(world, "GET", "https://api.pinboard.example/v1/posts/p_1");
    struct adapter *plain = contract_open("http://127.0.0.1:8000");
    assert_true(contract_discover(plain,
                                  "{\"contract\":[\"1\"],\"api\":\"http://127.0.0.1:8000/v1\",\"features\":"
                                  "[\"events.ws\"],\"stream\":\"ws://127.0.0.1:8000/v1/stream\"}"));
    world->class->close(plain);
}

static void before_discovery_nothing_is_asked(void **state)
{
    (void)state;
    struct world world = {.class = contract_class(), .adapter = contract_open("https://x")};
    assert_int_equal(begin(&world, &(struct operation_input){.kind = OPERATION_POST, .post = "p_1"}),
                     OPERATION_FAILED);
    assert_int_equal(result(&world)->answer, ANSWER_RETRY);
    world.class->operation_free(world.operation);
    world.class->close(world.adapter);
}

/* ---- reading */

#define ACCOUNT                                                                                              \
    "{\"id\":\"u_42\",\"handle\":\"alice\",\"name\":\"Alice\",\"bio\":{\"text\":\"Birds.\",\"html\":null},"  \
    "\"url\":\"https://pinboard.example/@alice\","                                                           \
    "\"avatar\":{\"url\":\"https://cdn.pinboard.example/a/42.jpg\",\"type\":\"image/"                        \
    "jpeg\"},\"banner\":null,"                                                                               \
    "\"fields\":[{\"name\":\"web\",\"value\":\"https://alice.example\"},{\"name\":1,\"value\":\"x\"}],"      \
    "\"kind\":\"bot\",\"created\":\"2021-03-01T00:00:00.000Z\",\"status\":\"active\","                       \
    "\"federation\":{\"state\":\"on\",\"since\":\"2026-08-01T00:00:00.000Z\",\"backfill\":true,"             \
    "\"discoverable\":true,\"indexable\":true,\"approve_followers\":true},\"pinned\":[\"p_900\",\"a b\"],"   \
    "\"aliases\":[\"https://mastodon.example/users/alice\",\"javascript:x\"],\"moved_to\":null,\"rev\":17}"

static void an_account_is_read_whole(void **state)
{
    struct world *world = *state;
    begin(world, &(struct operation_input){.kind = OPERATION_ACCOUNT, .account = "u_42"});
    expect_request(world, "GET", "https://api.pinboard.example/v1/accounts/u_42");
    assert_int_equal(contract_answer(world->operation, 200, ACCOUNT), OPERATION_DONE);
    assert_int_equal(result(world)->answer, ANSWER_OK);
    assert_int_equal(result(world)->account_count, 1);
    const struct account *account = result(world)->accounts;
    assert_string_equal(account->handle, "alice");
    assert_string_equal(account->bio.text, "Birds.");
    assert_int_equal(account->bio.length, 6);
    assert_string_equal(account->avatar_type, "image/jpeg");
    assert_null(account->banner_url);
    assert_int_equal(account->field_count, 1);
    assert_int_equal(account->kind, ACCOUNT_BOT);
    assert_int_equal(account->status, ACCOUNT_ACTIVE);
    assert_true(account->created == INT64_C(1614556800000));
    assert_true(account->federated_since == INT64_C(1785542400000));
    assert_int_equal(account->federation, FEDERATION_ON);
    assert_true(account->backfill && account->discoverable && account->indexable &&
                account->approve_followers);
    assert_int_equal(account->pinned_count, 1);
    assert_int_equal(account->also_known_as_count, 1);
    assert_int_equal(account->revision, 17);
    begin(world, &(struct operation_input){.kind = OPERATION_ACCOUNT, .account = "u_43"});
    assert_int_equal(contract_answer(world->operation, 200, ACCOUNT), OPERATION_FAILED);
    assert_int_equal(result(world)->answer, ANSWER_INVALID);
}

static void what_an_account_does_not_say_is_not_assumed(void **state)
{
    struct world *world = *state;
    begin(world, &(struct operation_input){.kind = OPERATION_ACCOUNT, .account = "u"});
    assert_int_equal(contract_answer(world->operation, 200, "{\"id\":\"u\",\"handle\":\"a\",\"rev\":0}"),
                     OPERATION_DONE);
    const struct account *account = result(world)->accounts;
    assert_int_equal(account->federation, FEDERATION_UNKNOWN);
    assert_int_equal(account->status, ACCOUNT_SUSPENDED);
    assert_false(account->discoverable || account->indexable || account->backfill);
    assert_string_equal(account->bio.text, "");
}

static void broken_accounts_are_refused(void **state)
{
    struct world *world = *state;
    const char *const bad[] = {"{\"id\":\"u\",\"rev\":0}",
                               "{\"id\":\"u\",\"handle\":\"\",\"rev\":0}",
                               "{\"id\":\"u\",\"handle\":\"a\\u0000b\",\"rev\":0}",
                               "{\"id\":\"u\",\"handle\":\"a\"}",
                               "{\"id\":\"u\",\"handle\":\"a\",\"rev\":-1}",
                               "{\"id\":\"u\",\"handle\":\"a\",\"rev\":9007199254740992}",
                               "{\"id\":\"u\",\"handle\":\"a\",\"rev\":1.0}",
                               "{\"id\":7,\"handle\":\"a\",\"rev\":1}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        begin(world, &(struct operation_input){.kind = OPERATION_ACCOUNT, .account = "u"});
        assert_int_equal(contract_answer(world->operation, 200, bad[i]), OPERATION_FAILED);
        assert_int_equal(result(world)->answer, ANSWER_INVALID);
    }
    begin(world, &(struct operation_input){.kind = OPERATION_ACCOUNT, .account = "u"});
    assert_int_equal(contract_answer(world->operation, 200, "<html>"), OPERATION_FAILED);
    assert_int_equal(result(world)->answer, ANSWER_RETRY);
    assert_int_equal(begin(world, &(struct operation_input){.kind = OPERATION_ACCOUNT, .account = "../x"}),
                     OPERATION_FAILED);
    assert_int_equal(begin(world, &(struct operation_input){.kind = OPERATION_POST, .post = ".."}),
                     OPERATION_FAILED);
    assert_int_equal(begin(world, &(struct operation_input){.kind = OPERATION_POST_IDS}), OPERATION_FAILED);
    assert_int_equal(result(world)->answer, ANSWER_INVALID);
}

static void pages_of_accounts_follow_an_escaped_cursor(void **state)
{
    struct world *world = *state;
    begin(world, &(struct operation_input){
                     .kind = OPERATION_FEDERATED_ACCOUNTS, .cursor = "a b&c=\xC3\xA9", .limit = 10});
    expect_request(world, "GET",
                   "https://api.pinboard.example/v1/accounts?limit=10&federated=1&after=a%20b%26c%3D%C3%A9");
    assert_int_equal(contract_answer(world->operation, 200,
                                     "{\"items\":[" ACCOUNT ",{\"id\":\"broken\"}],\"next\":\"more\"}"),
                     OPERATION_DONE);
    assert_int_equal(result(world)->account_count, 1);
    assert_string_equal(result(world)->cursor, "more");
    begin(world, &(struct operation_input){.kind = OPERATION_FEDERATED_ACCOUNTS, .cursor = "more"});
    expect_request(world, "GET", "https://api.pinboard.example/v1/accounts?limit=50&federated=1&after=more");
    /* A page that points at itself would never end. */
    assert_int_equal(contract_answer(world->operation, 200, "{\"items\":[],\"next\":\"more\"}"),
                     OPERATION_FAILED);
    assert_int_equal(result(world)->answer, ANSWER_RETRY);
    assert_null(result(world)->cursor);
}

static void posts_are_listed_in_both_orders(void **state)
{
    struct world *world = *state;
    begin(world, &(struct operation_input){.kind = OPERATION_POSTS, .account = "u_42"});
    expect_request(world, "GET", "https://api.pinboard.example/v1/accounts/u_42/posts?limit=50&order=newest");
    assert_int_equal(
        contract_answer(world->operation, 200,
                        "{\"items\":[{\"id\":\"p_1\",\"author\":\"u_42\",\"rev\":1,\"text\":\"a\"},"
                        "{\"id\":\"p_2\"}],\"next\":null}"),
        OPERATION_DONE);
    assert_int_equal(result(world)->post_count, 1);
    assert_null(result(world)->cursor);
    begin(world, &(struct operation_input){.kind = OPERATION_POSTS, .account = "u_42", .oldest_first = true});
    expect_request(world, "GET", "https://api.pinboard.example/v1/accounts/u_42/posts?limit=50&order=oldest");
}

static void post_ids_are_complete_or_refused(void **state)
{
    struct world *world = *state;
    const struct operation_input input = {.kind = OPERATION_POST_IDS, .account = "u_42"};
    begin(world, &input);
    expect_request(world, "GET", "https://api.pinboard.example/v1/accounts/u_42/post-ids?limit=50");
    assert_int_equal(
        contract_answer(world->operation, 200, "{\"items\":[[\"p_1\",3],[\"p_2\",1]],\"next\":null}"),
        OPERATION_DONE);
    assert_int_equal(result(world)->revision_count, 2);
    assert_string_equal(result(world)->revisions[0].id, "p_1");
    assert_int_equal(result(world)->revisions[0].revision, 3);
    const char *const bad[] = {"{\"items\":[[\"p_1\",3],[\"p_2\"]]}",
                               "{\"items\":[[\"p_1\",9007199254740992]]}", "{\"items\":{}}",
                               "{\"items\":[],\"next\":7}", "{\"items\":[],\"next\":\"\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        begin(world, &input);
        assert_int_equal(contract_answer(world->operation, 200, bad[i]), OPERATION_FAILED);
        assert_int_equal(result(world)->answer, ANSWER_RETRY);
        assert_int_equal(result(world)->revision_count, 0);
    }
}

static void without_a_list_of_ids_the_posts_are_listed(void **state)
{
    struct world *world = *state;
    const struct operation_input input = {.kind = OPERATION_POST_IDS, .account = "u_42"};
    begin(world, &input);
    assert_int_equal(contract_answer(world->operation, 404, NULL), OPERATION_REQUEST);
    expect_request(world, "GET", "https://api.pinboard.example/v1/accounts/u_42/posts?limit=50&order=oldest");
    assert_int_equal(contract_answer(world->operation, 200, "{\"items\":[{\"id\":\"p_1\",\"rev\":3}]}"),
                     OPERATION_DONE);
    assert_int_equal(result(world)->revisions[0].revision, 3);
    begin(world, &input);
    expect_request(world, "GET", "https://api.pinboard.example/v1/accounts/u_42/posts?limit=50&order=oldest");
    /* An account that the platform does not know is no missing list. */
    assert_true(contract_discover(world->adapter, DISCOVERY));
    begin(world, &input);
    assert_int_equal(contract_answer(world->operation, 404, "{\"code\":\"account_unknown\"}"),
                     OPERATION_FAILED);
    assert_int_equal(result(world)->answer, ANSWER_UNKNOWN);
}

static void only_the_platform_itself_can_say_that_something_is_gone(void **state)
{
    struct world *world = *state;
    static const struct {
        int status;
        const char *body;
        enum answer answer;
    } cases[] = {
        {404, "{\"code\":\"post_unknown\"}", ANSWER_UNKNOWN},
        {410, "{\"code\":\"gone\",\"detail\":\"deleted\"}", ANSWER_GONE},
        {404, NULL, ANSWER_RETRY},
        {404, "<html>nginx</html>", ANSWER_RETRY},
        {404, "{\"error\":\"not found\"}", ANSWER_RETRY},
        {410, "", ANSWER_RETRY},
        {410, "{\"code\":\"\"}", ANSWER_RETRY},
        {404, "{\"code\":\"Bad Code\"}", ANSWER_RETRY},
        {401, "{\"code\":\"unauthorized\"}", ANSWER_UNAUTHORIZED},
        {403, "{\"code\":\"revoked\"}", ANSWER_UNAUTHORIZED},
        {403, NULL, ANSWER_UNAUTHORIZED},
        {500, NULL, ANSWER_RETRY},
        {302, NULL, ANSWER_RETRY},
        {400, "{\"code\":\"bad_parameter\"}", ANSWER_INVALID},
        {0, NULL, ANSWER_RETRY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(world, &(struct operation_input){.kind = OPERATION_POST, .post = "p_1"});
        assert_int_equal(contract_answer(world->operation, cases[i].status, cases[i].body), OPERATION_FAILED);
        if (result(world)->answer != cases[i].answer)
            fail_msg("%d %s became %d", cases[i].status, cases[i].body, result(world)->answer);
        assert_non_null(result(world)->reason);
    }
}

/* ---- pushing */

static const struct remote_author author = {.key = "ra_7Q",
                                            .actor_id = "https://mastodon.example/users/alice",
                                            .handle = "alice@mastodon.example",
                                            .name = "Alice \"A\"",
                                            .bio = {.text = "hi", .length = 2},
                                            .bio_html = "<p>hi</p>",
                                            .avatar_url = "https://gw.example/m/av",
                                            .avatar_type = "image/png",
                                            .created = INT64_C(1577836800000),
                                            .revision = 5};
static const struct media pictures[] = {
    {.kind = MEDIA_IMAGE, .url = "https://m.example/1.jpg", .alt = "one", .has_focus = true, .focus_y = 0.5},
    {.kind = MEDIA_VIDEO, .url = "https://m.example/2.mp4"}};
static const struct span spans[] = {
    {0, 4, SPAN_MENTION, "u_42", NULL},
    {5, 9, SPAN_REMOTE_MENTION, "https://m.example/users/bob", "bob@m.example"},
    {10, 14, SPAN_HASHTAG, "find", NULL},
    {15, 16, SPAN_BOLD, NULL, NULL}};
static const struct remote_post post = {.key = "rp_5fK",
                                        .object_id = "https://mastodon.example/users/alice/statuses/112",
                                        .author = &author,
                                        .reply_to = {.native = "p_901"},
                                        .root = {.native = "p_901"},
                                        .body = {"@own @bob #find !", 17, spans, 4},
                                        .html = "<p>Nice find!</p>",
                                        .visibility = VISIBILITY_UNLISTED,
                                        .languages = {"en"},
                                        .language_count = 1,
                                        .mentions = {"u_42"},
                                        .mention_count = 1,
                                        .media = pictures,
                                        .media_count = 2,
                                        .created = INT64_C(1787392800000),
                                        .revision = 9};
static const struct operation_input push = {
    .kind = OPERATION_PUSH_POST, .key = "rp_5fK", .remote_post = &post};

#define POST_URL "https://api.pinboard.example/v1/remote-posts/rp_5fK"
#define ACTOR_URL "https://api.pinboard.example/v1/remote-actors/ra_7Q"
#define STORED "{\"local_id\":\"c_77\",\"url\":\"https://x\",\"rev\":9,\"applied\":true}"

static void a_post_is_pushed_as_the_contract_says(void **state)
{
    struct world *world = *state;
    assert_int_equal(begin(world, &push), OPERATION_REQUEST);
    expect_request(world, "PUT", POST_URL);
    expect_body(world, "{\"rev\":9,\"actor\":{\"key\":\"ra_7Q\",\"rev\":5},"
                       "\"ap_id\":\"https://mastodon.example/users/alice/statuses/112\","
                       "\"url\":\"https://mastodon.example/users/alice/statuses/112\","
                       "\"in_reply_to\":{\"local\":\"p_901\",\"remote\":null},"
                       "\"root\":{\"local\":\"p_901\",\"remote\":null},\"created\":\"2026-08-22T10:00:00Z\","
                       "\"edited\":null");
    expect_body(world, "{\"start\":0,\"end\":4,\"type\":\"mention\",\"local\":\"u_42\"},"
                       "{\"start\":5,\"end\":9,\"type\":\"link\",\"url\":\"https://m.example/users/bob\","
                       "\"acct\":\"bob@m.example\"},"
                       "{\"start\":10,\"end\":14,\"type\":\"tag\",\"tag\":\"find\"},"
                       "{\"start\":15,\"end\":16,\"type\":\"bold\"}]");
    expect_body(world,
                "\"html\":\"<p>Nice find!</p>\",\"lang\":[\"en\"],\"sensitive\":false,\"warning\":null,"
                "\"visibility\":\"unlisted\",\"mentions\":[\"u_42\"],\"media\":[{\"kind\":\"image\"");
    expect_body(world, "\"focus\":[0.0,0.5]");
    expect_body(world, "2.mp4"); /* how many are taken is settled before */
    assert_int_equal(contract_answer(world->operation, 201, STORED), OPERATION_DONE);
    assert_string_equal(result(world)->native_id, "c_77");
}

static void every_answer_to_a_push_is_understood(void **state)
{
    struct world *world = *state;
    static const struct {
        int status;
        const char *body;
        enum answer answer;
        int64_t retry_after_ms;
    } cases[] = {
        {200, STORED, ANSWER_OK, -1},
        {200, "{\"local_id\":\"c_77\",\"applied\":false}", ANSWER_OK, -1},
        {202, "{\"state\":\"pending\"}", ANSWER_OK, -1},
        {204, NULL, ANSWER_OK, -1},
        {404, "{\"code\":\"parent_unknown\"}", ANSWER_UNKNOWN, -1},
        {410, "{\"code\":\"parent_gone\"}", ANSWER_GONE, -1},
        {410, "{\"code\":\"tombstoned\"}", ANSWER_GONE, -1},
        {403, "{\"code\":\"blocked\"}", ANSWER_REFUSED, -1},
        {403, "{\"code\":\"replies_closed\"}", ANSWER_REFUSED, -1},
        {403, "{\"code\":\"muted_thread\"}", ANSWER_REFUSED, -1},
        {403, "{\"code\":\"scope\"}", ANSWER_UNAUTHORIZED, -1},
        {401, "{\"code\":\"unauthorized\"}", ANSWER_UNAUTHORIZED, -1},
        {422, "{\"code\":\"too_long\",\"field\":\"text\"}", ANSWER_TOO_LONG, -1},
        {422, "{\"code\":\"media_type\",\"field\":\"media\"}", ANSWER_NO_MEDIA, -1},
        {422, "{\"code\":\"invalid\",\"field\":\"url\"}", ANSWER_INVALID, -1},
        {409, "{\"code\":\"other\"}", ANSWER_INVALID, -1},
        {413, NULL, ANSWER_RETRY, -1},
        {429, "{\"code\":\"slow_down\",\"retry_after_s\":7}", ANSWER_RETRY, 7000},
        {429, "{\"code\":\"slow_down\",\"retry_after_s\":9007199254740991}", ANSWER_RETRY, 86400000},
        {503, NULL, ANSWER_RETRY, -1},
        {507, "{\"code\":\"full\"}", ANSWER_FULL, -1},
        {400, NULL, ANSWER_INVALID, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(world, &push);
        enum operation_state state_now = contract_answer(world->operation, cases[i].status, cases[i].body);
        assert_int_equal(state_now, cases[i].answer == ANSWER_OK ? OPERATION_DONE : OPERATION_FAILED);
        if (result(world)->answer != cases[i].answer)
            fail_msg("%d %s became %d", cases[i].status, cases[i].body, result(world)->answer);
        assert_true(result(world)->retry_after_ms == cases[i].retry_after_ms);
    }
    begin(world, &push);
    struct adapter_response response = contract_response(503, "{\"retry_after_s\":7}");
    response.retry_after_ms = 1500;
    assert_int_equal(world->class->operation_step(world->operation, &response), OPERATION_FAILED);
    assert_true(result(world)->retry_after_ms == 1500);
}

static void the_author_goes_first_when_the_platform_asks(void **state)
{
    struct world *world = *state;
    static const struct {
        int status;
        const char *body;
    } asks[] = {{409, "{\"code\":\"actor_stale\"}"}, {424, "{\"code\":\"actor_unknown\"}"}};
    for (size_t i = 0; i < 2; i++) {
        begin(world, &push);
        assert_int_equal(contract_answer(world->operation, asks[i].status, asks[i].body), OPERATION_REQUEST);
        expect_request(world, "PUT", ACTOR_URL);
        expect_body(world, "{\"rev\":5,\"ap_id\":\"https://mastodon.example/users/alice\","
                           "\"acct\":\"alice@mastodon.example\",\"name\":\"Alice \\\"A\\\"\","
                           "\"url\":\"https://mastodon.example/users/alice\","
                           "\"bio\":{\"text\":\"hi\",\"html\":\"<p>hi</p>\"},"
                           "\"avatar\":{\"url\":\"https://gw.example/m/av\",\"type\":\"image/png\"},"
                           "\"kind\":\"person\",\"bot\":false,\"software\":null,\"moved_to\":null,"
                           "\"created\":\"2020-01-01T00:00:00Z\",\"limited\":false}");
        assert_int_equal(contract_answer(world->operation, 201, "{\"key\":\"ra_7Q\",\"local_id\":\"x_1\"}"),
                         OPERATION_REQUEST);
        expect_request(world, "PUT", POST_URL);
        assert_int_equal(contract_answer(world->operation, 201, STORED), OPERATION_DONE);
        assert_string_equal(result(world)->native_id, "c_77");
    }
}

static void a_platform_that_keeps_asking_for_the_author_is_tried_later(void **state)
{
    struct world *world = *state;
    begin(world, &push);
    assert_int_equal(contract_answer(world->operation, 424, "{\"code\":\"actor_unknown\"}"),
                     OPERATION_REQUEST);
    assert_int_equal(contract_answer(world->operation, 200, "{}"), OPERATION_REQUEST);
    assert_int_equal(contract_answer(world->operation, 424, "{\"code\":\"actor_unknown\"}"),
                     OPERATION_FAILED);
    assert_int_equal(result(world)->answer, ANSWER_RETRY);
    /* An author that is not taken ends the push as if the post were not. */
    begin(world, &push);
    assert_int_equal(contract_answer(world->operation, 424, "{\"code\":\"actor_unknown\"}"),
                     OPERATION_REQUEST);
    assert_int_equal(contract_answer(world->operation, 410, "{\"code\":\"tombstoned\"}"), OPERATION_FAILED);
    assert_int_equal(result(world)->answer, ANSWER_GONE);
}

static void deletes_succeed_also_for_what_is_not_there(void **state)
{
    struct world *world = *state;
    static const struct {
        enum operation_kind kind;
        const char *key, *url;
    } cases[] = {
        {OPERATION_PUSH_DELETE, "rp_5fK", POST_URL},
        {OPERATION_DELETE_AUTHOR, "ra_7Q", ACTOR_URL},
        {OPERATION_DELETE_RELATION, "rr_1", "https://api.pinboard.example/v1/remote-relations/rr_1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct operation_input input = {.kind = cases[i].kind, .key = cases[i].key};
        begin(world, &input);
        expect_request(world, "DELETE", cases[i].url);
        assert_int_equal(world->class->operation_request(world->operation)->body.length, 0);
        assert_int_equal(contract_answer(world->operation, 204, NULL), OPERATION_DONE);
        begin(world, &input);
        assert_int_equal(contract_answer(world->operation, 404, "{\"code\":\"unknown\"}"), OPERATION_DONE);
        begin(world, &input);
        assert_int_equal(contract_answer(world->operation, 404, NULL), OPERATION_FAILED);
        assert_int_equal(result(world)->answer, ANSWER_RETRY);
    }
}

static void reports_are_put_by_their_number(void **state)
{
    struct world *world = *state;
    static const char *const posts[] = {"p_901", "p_902"};
    const struct remote_report report = {.key = "rf_12",
                                         .account = "u_42",
                                         .posts = posts,
                                         .post_count = 2,
                                         .server = "m.example",
                                         .comment = "<b>mine</b>",
                                         .created = 1787392740120};
    begin(world, &(struct operation_input){.kind = OPERATION_PUSH_REPORT, .remote_report = &report});
    expect_request(world, "PUT", "https://api.pinboard.example/v1/reports/rf_12");
    expect_body(world, "{\"account\":\"u_42\",\"posts\":[\"p_901\",\"p_902\"],\"server\":\"m.example\","
                       "\"comment\":\"<b>mine</b>\",\"created\":\"2026-08-22T09:59:00.120Z\"}");
    assert_int_equal(contract_answer(world->operation, 201, NULL), OPERATION_DONE);
    begin(world, &(struct operation_input){.kind = OPERATION_PUSH_REPORT, .remote_report = &report});
    assert_int_equal(contract_answer(world->operation, 503, NULL), OPERATION_FAILED);
    assert_int_equal(result(world)->answer, ANSWER_RETRY);
}

static void relations_and_authors_are_pushed(void **state)
{
    struct world *world = *state;
    const struct remote_relation relation = {
        .key = "rr_1", .kind = RELATION_REPOST, .author = &author, .target = "p_901", .revision = 1};
    begin(world, &(struct operation_input){.kind = OPERATION_PUSH_RELATION, .remote_relation = &relation});
    expect_request(world, "PUT", "https://api.pinboard.example/v1/remote-relations/rr_1");
    expect_body(world, "{\"kind\":\"repost\",\"actor\":{\"key\":\"ra_7Q\",\"rev\":5},"
                       "\"target\":{\"local\":\"p_901\"},\"emoji\":null,\"rev\":1}");
    assert_int_equal(contract_answer(world->operation, 424, "{\"code\":\"actor_unknown\"}"),
                     OPERATION_REQUEST);
    expect_request(world, "PUT", ACTOR_URL);
    assert_int_equal(contract_answer(world->operation, 200, "{\"applied\":false}"), OPERATION_REQUEST);
    expect_request(world, "PUT", "https://api.pinboard.example/v1/remote-relations/rr_1");
    assert_int_equal(contract_answer(world->operation, 201, "{}"), OPERATION_DONE);
    begin(world, &(struct operation_input){.kind = OPERATION_PUSH_AUTHOR, .remote_author = &author});
    expect_request(world, "PUT", ACTOR_URL);
    assert_int_equal(contract_answer(world->operation, 200, "{\"local_id\":\"x_9\"}"), OPERATION_DONE);
    assert_string_equal(result(world)->native_id, "x_9");
}

static void reasons_are_short_and_clean(void **state)
{
    struct world *world = *state;
    begin(world, &push);
    assert_int_equal(contract_answer(world->operation, 422,
                                     "{\"code\":\"invalid\",\"detail\":\"a\\nb\\u001b[31m\\u0000 c\"}"),
                     OPERATION_FAILED);
    assert_string_equal(result(world)->reason, "422 invalid: a?b?[31m");
    begin(world, &push);
    struct adapter_response response = {.status = 0, .error = "timed out", .retry_after_ms = -1};
    assert_int_equal(world->class->operation_step(world->operation, &response), OPERATION_FAILED);
    assert_string_equal(result(world)->reason, "no answer: timed out");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_are_checked),
        cmocka_unit_test(discovery_is_asked_without_the_token),
        cmocka_unit_test_setup_teardown(a_level_0_platform_only_reads, setup, teardown),
        cmocka_unit_test_setup_teardown(documents_that_cannot_be_used_are_refused, setup, teardown),
        cmocka_unit_test(before_discovery_nothing_is_asked),
        cmocka_unit_test_setup_teardown(an_account_is_read_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(what_an_account_does_not_say_is_not_assumed, setup, teardown),
        cmocka_unit_test_setup_teardown(broken_accounts_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(pages_of_accounts_follow_an_escaped_cursor, setup, teardown),
        cmocka_unit_test_setup_teardown(posts_are_listed_in_both_orders, setup, teardown),
        cmocka_unit_test_setup_teardown(post_ids_are_complete_or_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_list_of_ids_the_posts_are_listed, setup, teardown),
        cmocka_unit_test_setup_teardown(only_the_platform_itself_can_say_that_something_is_gone, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_post_is_pushed_as_the_contract_says, setup, teardown),
        cmocka_unit_test_setup_teardown(every_answer_to_a_push_is_understood, setup, teardown),
        cmocka_unit_test_setup_teardown(the_author_goes_first_when_the_platform_asks, setup, teardown),
        cmocka_unit_test_setup_teardown(a_platform_that_keeps_asking_for_the_author_is_tried_later, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(deletes_succeed_also_for_what_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(reports_are_put_by_their_number, setup, teardown),
        cmocka_unit_test_setup_teardown(relations_and_authors_are_pushed, setup, teardown),
        cmocka_unit_test_setup_teardown(reasons_are_short_and_clean, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
