/* What is kept of posts, accounts and events: all of it, and read again it is the same. */
#include "inbound_support.h"
#include "mapping/source.h"

static const char post_text[] =
    "{'id':'77','author':'1001','url':'https://p.example/77','revision':3,'created':1793523600000,"
    "'edited':1793527200000,'title':'Owls','body':{'t':'hi @bob','s':[[0,2,5],[3,7,2,'https://m.example/u/b',"
    "'bob@m.example']]},'html':'<p>hi</"
    "p>','warning':'birds','sensitive':true,'stays_home':true,'visibility':1,"
    "'reply_to':{'native':'76'},'quote_of':{'remote':'https://m.example/9'},'repost_of':{'native':'70'},"
    "'languages':['en','de'],'media':[{'kind':1,'url':'https://c.example/1.mp4','type':'video/mp4','alt':'An "
    "owl',"
    "'blurhash':'UBL_:r','thumbnail':'https://c.example/t.jpg','width':640,'height':480,'duration':12500,"
    "'bytes':99,'focus':[0.5,-1.0]}],'card':{'url':'https://n.example/','title':'News','description':'About "
    "owls',"
    "'thumbnail':'https://n.example/t.png'},'poll':{'options':[['Owl',3],['Jay',1]],'ends':1793530000000,"
    "'closed':1793531000000,'voters':4,'multiple':true,'votable':true},'reply_policy':2,'not_quotable':true,"
    "'likes':5,'reposts':6,'replies':7}";

static const char account_text[] =
    "{'id':'1001','handle':'alice','name':'Alice','url':'https://p.example/alice','bio':{'t':'Owls'},"
    "'avatar':'https://c.example/a.png','avatar_type':'image/png','banner':'https://c.example/b.png',"
    "'banner_type':'image/png','fields':[['Web','https://alice.example/']],'kind':1,'status':1,"
    "'created':1793523600000,'revision':9,'federation':2,'since':1793523600001,'backfill':true,"
    "'discoverable':true,'indexable':true,'approve_followers':true,'pinned':['77'],"
    "'also_known_as':['https://m.example/users/alice'],'moved_to':'https://m.example/users/alice'}";

static void assert_same(json_t *found, json_t *expected)
{
    char *one = json_dumps(found, JSON_SORT_KEYS | JSON_REAL_PRECISION(6));
    char *other = json_dumps(expected, JSON_SORT_KEYS | JSON_REAL_PRECISION(6));
    assert_string_equal(one, other);
    free(one);
    free(other);
    json_decref(found);
    json_decref(expected);
}

static void a_post_is_kept_whole(void **state)
{
    (void)state;
    struct arena *arena = arena_new(TEST_BUDGET);
    struct post post;
    json_t *source = document_of(post_text);
    assert_true(source_to_post(source, arena, &post));
    assert_string_equal(post.title, "Owls");
    assert_int_equal(post.body.span_count, 2);
    assert_string_equal(post.body.spans[1].label, "bob@m.example");
    assert_false(post.federate);
    assert_false(post.quotable);
    assert_int_equal(post.visibility, VISIBILITY_UNLISTED);
    assert_int_equal(post.reply_policy, REPLY_MENTIONED);
    assert_int_equal(post.media[0].duration_ms, 12500);
    assert_true(post.media[0].focus_y < -0.99);
    assert_int_equal(post.poll->options[0].votes, 3);
    assert_same(source_from_post(&post), source);
    arena_free(arena);
}

static void an_account_is_kept_whole(void **state)
{
    (void)state;
    struct arena *arena = arena_new(TEST_BUDGET);
    struct account account;
    json_t *source = document_of(account_text);
    assert_true(source_to_account(source, arena, &account));
    assert_int_equal(account.kind, ACCOUNT_BOT);
    assert_int_equal(account.status, ACCOUNT_SUSPENDED);
    assert_int_equal(account.federation, FEDERATION_ON);
    assert_string_equal(account.fields[0].value, "https://alice.example/");
    assert_same(source_from_account(&account), source);
    arena_free(arena);
}

static void an_event_is_kept_whole(void **state)
{
    (void)state;
    struct arena *arena = arena_new(TEST_BUDGET);
    struct event event;
    const char *text = arena_format(
        arena,
        "{'kind':1,'key':'e7:5','account':'1001','subject':'77','revision':3,'time':1793523600000,"
        "'post':%s,'account_data':%s}",
        post_text, account_text);
    json_t *source = document_of(text);
    assert_true(source_to_event(source, arena, &event));
    assert_int_equal(event.kind, EVENT_POST_UPDATED);
    assert_string_equal(event.post->id, "77");
    assert_string_equal(event.account_data->handle, "alice");
    assert_same(source_from_event(&event), source);
    arena_free(arena);
}

static void what_is_missing_is_default(void **state)
{
    (void)state;
    struct arena *arena = arena_new(TEST_BUDGET);
    struct post post;
    json_t *source = document_of("{'id':'1','author':'2'}");
    assert_true(source_to_post(source, arena, &post));
    assert_true(post.federate);
    assert_true(post.quotable);
    assert_int_equal(post.visibility, VISIBILITY_PUBLIC);
    assert_int_equal(post.reply_policy, REPLY_EVERYONE);
    assert_string_equal(post.body.text, "");
    assert_null(post.poll);
    json_decref(source);
    arena_free(arena);
}

static void what_is_wrong_is_refused_or_made_safe(void **state)
{
    (void)state;
    struct arena *arena = arena_new(TEST_BUDGET);
    struct post post;
    struct account account;
    struct event event;
    static const char *const wrong[] = {"[]", "{}", "{'id':'1'}", "{'author':'2'}", "{'id':1,'author':2}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        json_t *source = document_of(wrong[i]);
        assert_false(source_to_post(source, arena, &post));
        assert_false(source_to_account(source, arena, &account));
        assert_false(source_to_event(source, arena, &event));
        json_decref(source);
    }
    json_t *source =
        document_of("{'id':'1','author':'2','visibility':9,'reply_policy':-1,'body':{'t':'abc','s':"
                    "[[2,1,5],[0,1,99],[-1,1,5],'x',[0,1,5]]},'media':[{'kind':77}],'poll':7}");
    assert_true(source_to_post(source, arena, &post));
    assert_int_equal(post.visibility, VISIBILITY_DIRECT);
    assert_int_equal(post.reply_policy, REPLY_NOBODY);
    assert_int_equal(post.media[0].kind, MEDIA_FILE);
    for (size_t i = 0; i < post.body.span_count; i++)
        assert_true(post.body.spans[i].start <= post.body.spans[i].end);
    json_decref(source);
    arena_free(arena);
}

static void of_too_many_spans_the_first_are_kept(void **state)
{
    (void)state;
    struct arena *arena = arena_new(TEST_BUDGET);
    struct post post;
    json_t *source = document_of("{'id':'1','author':'2','body':{'t':'ab'}}");
    json_t *spans = json_array();
    for (size_t i = 0; i < MODEL_SPANS_MAX + 100; i++)
        (void)json_array_append_new(spans, json_pack("[iii]", 0, 1, SPAN_BOLD));
    (void)json_object_set_new(json_object_get(source, "body"), "s", spans);
    assert_true(source_to_post(source, arena, &post));
    assert_int_equal(post.body.span_count, MODEL_SPANS_MAX);
    json_decref(source);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_post_is_kept_whole),
                                       cmocka_unit_test(an_account_is_kept_whole),
                                       cmocka_unit_test(an_event_is_kept_whole),
                                       cmocka_unit_test(what_is_missing_is_default),
                                       cmocka_unit_test(what_is_wrong_is_refused_or_made_safe),
                                       cmocka_unit_test(of_too_many_spans_the_first_are_kept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
