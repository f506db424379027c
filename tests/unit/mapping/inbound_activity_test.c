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

/* The document is freed before the result is looked at: only `object` may be borrowed. */
static struct inbound_activity read_activity(const char *text)
{
    struct inbound_activity activity;
    json_t *document = document_of(text);
    const char *wrong = inbound_activity_read(document, arena, &activity);
    if (wrong)
        fail_msg("%s: %s", wrong, text);
    json_decref(document);
    return activity;
}

static const char *refusal_of(const char *text)
{
    struct inbound_activity activity;
    json_t *document = document_of(text);
    const char *wrong = inbound_activity_read(document, arena, &activity);
    json_decref(document);
    return wrong;
}

#define BOB "https://m.example/users/bob"

static void the_shapes_of_a_follow_read_alike(void **state)
{
    (void)state;
    static const char *const shapes[] = {
        "{'id':'https://m.example/9d','type':'Follow','actor':'" BOB
        "','object':'https://bridge.example/u/a'}",
        "{'id':'https://m.example/9d','type':['x','Follow'],'actor':{'id':'" BOB "','type':'Person'},"
        "'object':{'id':'https://bridge.example/u/a'}}",
        "{'id':'https://m.example/9d','type':'Follow','actor':['" BOB "','https://x.example/'],"
        "'object':['https://bridge.example/u/a']}",
        "{'id':'https://m.example/9d','type':'Follow','actor':[{'id':'" BOB "'}],"
        "'object':[{'type':'Person','id':'https://bridge.example/u/a'}]}",
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct inbound_activity activity = read_activity(shapes[i]);
        assert_string_equal(activity.id, "https://m.example/9d");
        assert_string_equal(activity.type, "Follow");
        assert_string_equal(activity.actor, BOB);
        assert_string_equal(activity.object_id, "https://bridge.example/u/a");
        assert_int_equal(activity.object_count, 1);
    }
}

static void an_id_counts_only_on_the_origin_of_the_actor(void **state)
{
    (void)state;
    static const char *const foreign[] = {
        "'https://evil.example/1'",
        "'http://m.example/1'",
        "'https://m.example:444/1'",
        "'x'",
        "null",
        "7",
        "'https://m.example/with space'",
        "['https://m.example/1']",
    };
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        const char *text = arena_format(
            arena, "{'id':%s,'type':'Like','actor':'" BOB "','object':'https://b.example/1'}", foreign[i]);
        assert_null(read_activity(text).id);
    }
    assert_string_equal(
        read_activity("{'id':'https://M.example/Likes/1#x?y','type':'Like','actor':'" BOB "'}").id,
        "https://M.example/Likes/1#x?y");
}

static void what_is_no_activity_is_refused_with_a_reason(void **state)
{
    (void)state;
    assert_non_null(refusal_of("[]"));
    assert_non_null(refusal_of("{'actor':'" BOB "'}"));
    assert_non_null(refusal_of("{'type':7,'actor':'" BOB "'}"));
    assert_non_null(refusal_of("{'type':[],'actor':'" BOB "'}"));
    assert_non_null(refusal_of("{'type':'Like'}"));
    assert_non_null(refusal_of("{'type':'Like','actor':{}}"));
    assert_non_null(refusal_of("{'type':'Like','actor':'acct:bob@m.example'}"));
    assert_non_null(refusal_of("{'type':'Like','actor':'ap://did:key:z6Mk/actor'}"));
    assert_non_null(refusal_of("{'type':'Like','actor':'https://m.example/a b'}"));
    assert_null(refusal_of("{'type':'Listen','actor':'" BOB "'}"));
}

static void the_first_known_type_counts(void **state)
{
    (void)state;
    assert_string_equal(read_activity("{'type':['Wave','Create'],'actor':'" BOB "'}").type, "Create");
    assert_string_equal(read_activity("{'type':['Wave','Sing'],'actor':'" BOB "'}").type, "Wave");
}

static void an_undo_shows_what_it_undoes(void **state)
{
    (void)state;
    struct inbound_activity activity = read_activity(
        "{'type':'Undo','actor':'" BOB "','object':{'id':'https://m.example/f/1','type':'Follow',"
        "'actor':{'id':'" BOB "'},'object':['https://bridge.example/u/a']}}");
    assert_string_equal(activity.object_id, "https://m.example/f/1");
    assert_string_equal(activity.object_type, "Follow");
    assert_string_equal(activity.inner_actor, BOB);
    assert_string_equal(activity.inner_object, "https://bridge.example/u/a");
    /* Mastodon's follower synchronisation undoes a Follow without an id that anybody knows. */
    activity = read_activity("{'type':'Undo','actor':'" BOB "','object':{'type':'Follow','actor':'" BOB "',"
                             "'object':'https://bridge.example/u/a'}}");
    assert_null(activity.object_id);
    assert_string_equal(activity.inner_object, "https://bridge.example/u/a");
    activity = read_activity("{'type':'Undo','actor':'" BOB "','object':'https://m.example/f/1'}");
    assert_string_equal(activity.object_id, "https://m.example/f/1");
    assert_null(activity.object_type);
    assert_null(activity.inner_object);
}

static void an_object_with_nothing_but_an_id_is_a_bare_id(void **state)
{
    (void)state;
    json_t *document =
        document_of("{'type':'Create','actor':'" BOB "','object':{'id':'https://m.example/1'}}");
    struct inbound_activity activity;
    assert_null(inbound_activity_read(document, arena, &activity));
    assert_null(activity.object);
    assert_string_equal(activity.object_id, "https://m.example/1");
    json_decref(document);
    document = document_of("{'type':'Create','actor':'" BOB
                           "','object':{'id':'https://m.example/1','type':'Note'}}");
    assert_null(inbound_activity_read(document, arena, &activity));
    assert_ptr_equal(activity.object, json_object_get(document, "object"));
    assert_string_equal(activity.object_type, "Note");
    json_decref(document);
}

static void deletes_name_their_object_in_every_shape(void **state)
{
    (void)state;
    static const char *const objects[] = {
        "'https://m.example/1'",
        "{'id':'https://m.example/1','type':'Tombstone','atomUri':'https://m.example/1'}",
        "{'id':'https://m.example/1','type':'Tombstone','formerType':'Note'}",
        "[{'id':'https://m.example/1','type':'Tombstone'}]",
    };
    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++) {
        const char *text = arena_format(arena, "{'type':'Delete','actor':'" BOB "','object':%s}", objects[i]);
        assert_string_equal(read_activity(text).object_id, "https://m.example/1");
    }
    assert_null(read_activity("{'type':'Delete','actor':'" BOB "'}").object_id);
    assert_null(read_activity("{'type':'Delete','actor':'" BOB "','object':null}").object_id);
}

static void a_report_lists_all_that_it_is_about(void **state)
{
    (void)state;
    struct inbound_activity activity = read_activity(
        "{'type':'Flag','actor':'https://m.example/actor','content':'spam\\u0007!','object':["
        "'https://b.example/u/a',{'id':'https://b.example/p/1','type':'Note'},7,'https://b.example/p/2']}");
    assert_int_equal(activity.object_count, 3);
    assert_string_equal(activity.objects[0], "https://b.example/u/a");
    assert_string_equal(activity.objects[1], "https://b.example/p/1");
    assert_string_equal(activity.objects[2], "https://b.example/p/2");
    assert_string_equal(activity.content, "spam!");
    assert_int_equal(
        read_activity("{'type':'Flag','actor':'" BOB "','object':'https://b.example/p/1'}").object_count, 1);
}

static void ids_beyond_the_bound_are_left_out(void **state)
{
    (void)state;
    json_t *objects = json_array();
    for (int i = 0; i < 200; i++)
        (void)json_array_append_new(objects, json_sprintf("https://b.example/p/%d", i));
    json_t *document = json_pack("{sssssO}", "type", "Flag", "actor", BOB, "object", objects);
    struct inbound_activity activity;
    assert_null(inbound_activity_read(document, arena, &activity));
    assert_int_equal(activity.object_count, INBOUND_IDS_MAX);
    json_decref(document);
    json_decref(objects);
}

static void visibility_is_the_objects_and_else_the_activitys(void **state)
{
    (void)state;
    static const struct {
        const char *activity, *object;
        enum visibility visibility;
    } cases[] = {
        {"'to':['https://www.w3.org/ns/activitystreams#Public']", "", VISIBILITY_PUBLIC},
        {"'to':'as:Public'", "", VISIBILITY_PUBLIC},
        {"'to':'Public'", "", VISIBILITY_PUBLIC},
        {"'to':[{'id':'as:Public'}]", "", VISIBILITY_PUBLIC},
        {"'cc':['as:Public']", "", VISIBILITY_UNLISTED},
        {"'to':['as:Public']", "'to':['" BOB "/followers'],'cc':[]", VISIBILITY_FOLLOWERS},
        {"'to':['as:Public']", "'to':['https://b.example/u/a'],'cc':[]", VISIBILITY_DIRECT},
        {"'to':['https://b.example/u/a']", "'to':['as:Public']", VISIBILITY_PUBLIC},
        {"'to':['as:Public']", "'to':null", VISIBILITY_PUBLIC},
        {"'to':['https://x.example/#Public']", "", VISIBILITY_DIRECT},
        {"'to':['" BOB "/followers']", "", VISIBILITY_FOLLOWERS},
        {"'to':[]", "", VISIBILITY_DIRECT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = arena_format(arena,
                                        "{'type':'Create','actor':'" BOB
                                        "',%s,'object':{'id':'https://m.example/1','type':'Note'%s%s}}",
                                        cases[i].activity, *cases[i].object ? "," : "", cases[i].object);
        assert_int_equal(read_activity(text).visibility, cases[i].visibility);
    }
}

static void reactions_carry_their_emoji(void **state)
{
    (void)state;
    assert_string_equal(
        read_activity("{'type':'EmojiReact','actor':'" BOB "','object':'https://b.example/1','content':'👍'}")
            .content,
        "👍");
    assert_string_equal(read_activity("{'type':'Like','actor':'" BOB
                                      "','object':'https://b.example/1','_misskey_reaction':':b:'}")
                            .content,
                        ":b:");
}

static void a_quote_request_and_a_move_name_their_other_side(void **state)
{
    (void)state;
    struct inbound_activity activity = read_activity(
        "{'type':'QuoteRequest','actor':'" BOB "','object':'https://b.example/1','instrument':{'id':"
        "'https://m.example/9','type':'Note'},'published':'2026-11-01T09:00:00-07:00'}");
    assert_string_equal(activity.instrument, "https://m.example/9");
    assert_true(activity.published == INT64_C(1793548800000));
    assert_string_equal(
        read_activity("{'type':'Move','actor':'" BOB "','object':'" BOB "','target':'https://n.example/u/b'}")
            .target,
        "https://n.example/u/b");
    /* Friendica describes its software here. */
    assert_null(
        read_activity("{'type':'Like','actor':'" BOB "','instrument':{'type':'Service','name':'Friendica'}}")
            .instrument);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_shapes_of_a_follow_read_alike),
        TEST(an_id_counts_only_on_the_origin_of_the_actor),
        TEST(what_is_no_activity_is_refused_with_a_reason),
        TEST(the_first_known_type_counts),
        TEST(an_undo_shows_what_it_undoes),
        TEST(an_object_with_nothing_but_an_id_is_a_bare_id),
        TEST(deletes_name_their_object_in_every_shape),
        TEST(a_report_lists_all_that_it_is_about),
        TEST(ids_beyond_the_bound_are_left_out),
        TEST(visibility_is_the_objects_and_else_the_activitys),
        TEST(reactions_carry_their_emoji),
        TEST(a_quote_request_and_a_move_name_their_other_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
