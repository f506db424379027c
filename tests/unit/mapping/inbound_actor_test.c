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

static const char *read_into(const char *text, struct inbound_actor *actor)
{
    json_t *document = document_of(text);
    const char *wrong = inbound_actor_read(document, arena, actor);
    json_decref(document);
    return wrong;
}

static struct inbound_actor read_actor(const char *text)
{
    struct inbound_actor actor;
    const char *wrong = read_into(text, &actor);
    if (wrong)
        fail_msg("%s: %s", wrong, text);
    return actor;
}

#define BOB "https://m.example/users/bob"
#define KEY                                                                                                  \
    "{'id':'" BOB "#main-key','owner':'" BOB "','publicKeyPem':'-----BEGIN PUBLIC KEY-----\\nMIIB\\n"        \
    "-----END PUBLIC KEY-----\\n'}"

static void a_mastodon_actor_is_read_whole(void **state)
{
    (void)state;
    struct inbound_actor actor = read_actor(
        "{'id':'" BOB "','type':'Person','preferredUsername':'bob','name':'Bob \\u202e the\\n\\tbuilder ',"
        "'summary':'<p>hi</p>','url':'https://m.example/@bob','inbox':'" BOB "/inbox','outbox':'" BOB
        "/outbox',"
        "'followers':'" BOB "/followers','featured':'" BOB "/collections/featured',"
        "'endpoints':{'sharedInbox':'https://m.example/inbox'},'manuallyApprovesFollowers':true,"
        "'icon':{'type':'Image','mediaType':'image/png','url':'https://cdn.example/b.png'},"
        "'published':'2020-01-01T00:00:00Z','publicKey':" KEY ",'alsoKnownAs':['https://n.example/b'],"
        "'movedTo':null,'suspended':false}");
    assert_string_equal(actor.id, BOB);
    assert_string_equal(actor.type, "Person");
    assert_string_equal(actor.username, "bob");
    assert_string_equal(actor.name, "Bob the builder");
    assert_string_equal(actor.summary_html, "<p>hi</p>");
    assert_string_equal(actor.url, "https://m.example/@bob");
    assert_string_equal(actor.inbox, BOB "/inbox");
    assert_string_equal(actor.shared_inbox, "https://m.example/inbox");
    assert_string_equal(actor.outbox, BOB "/outbox");
    assert_string_equal(actor.followers, BOB "/followers");
    assert_string_equal(actor.featured, BOB "/collections/featured");
    assert_string_equal(actor.icon_url, "https://cdn.example/b.png");
    assert_string_equal(actor.icon_type, "image/png");
    assert_int_equal(actor.key_count, 1);
    assert_string_equal(actor.keys[0].id, BOB "#main-key");
    assert_string_equal(actor.keys[0].owner, BOB);
    assert_non_null(strstr(actor.keys[0].pem, "BEGIN PUBLIC KEY"));
    assert_null(actor.keys[0].multibase);
    assert_string_equal(actor.also_known_as[0], "https://n.example/b");
    assert_null(actor.moved_to);
    assert_true(actor.manually_approves);
    assert_false(actor.suspended);
    assert_false(actor.bot);
    assert_true(actor.published == INT64_C(1577836800000));
}

static bool refuses(const char *member)
{
    char text[512];
    (void)snprintf(text, sizeof text,
                   "{'id':'" BOB "','type':'Person','inbox':'" BOB "/inbox','publicKey':" KEY ",%s}", member);
    return read_actor(text).refuses_bridges;
}

static void who_wants_no_bridge_is_heard(void **state)
{
    (void)state;
    assert_true(refuses("'summary':'<p>Birds. #nobridge</p>'"));
    assert_true(refuses("'summary':'<p><a href=x>#<span>NoBridge</span></a></p>'"));
    assert_true(refuses("'SPC':1"));
    assert_true(refuses("'xRobotsTag':'noai, noarchive'"));
    assert_false(refuses("'summary':'<p>#nobridges #bridge nobridge</p>'"));
    assert_false(refuses("'summary':'#<span'"));
    assert_false(refuses("'SPC':0"));
    assert_false(refuses("'xRobotsTag':'noai'"));
    assert_false(refuses("'summary':null"));
}

static void the_key_stub_of_gotosocial_is_an_actor(void **state)
{
    (void)state;
    struct inbound_actor actor = read_actor(
        "{'id':'https://g.example/users/bob','type':'Person','preferredUsername':'bob','publicKey':{'id':"
        "'https://g.example/users/bob/main-key','owner':'https://g.example/users/bob','publicKeyPem':"
        "'-----BEGIN PUBLIC KEY-----\\nMIIB\\n-----END PUBLIC KEY-----\\n'}}");
    assert_null(actor.inbox);
    assert_string_equal(actor.keys[0].id, "https://g.example/users/bob/main-key");
}

static void what_is_no_actor_is_refused(void **state)
{
    (void)state;
    struct inbound_actor actor;
    assert_non_null(read_into("[]", &actor));
    assert_non_null(read_into("{'type':'Person'}", &actor));
    assert_non_null(read_into("{'id':'acct:b@m.example','type':'Person'}", &actor));
    assert_non_null(read_into("{'id':'" BOB "','type':'Note'}", &actor));
    assert_non_null(read_into("{'id':'" BOB "'}", &actor));
    assert_null(read_into("{'id':'" BOB "','type':['Note','Person']}", &actor));
}

static void keys_of_every_kind_are_read_up_to_ten(void **state)
{
    (void)state;
    struct inbound_actor actor =
        read_actor("{'id':'" BOB "','type':'Person','publicKey':['" BOB "#ref'," KEY
                   "],'assertionMethod':[{'type':'Multikey',"
                   "'id':'" BOB "#ed','controller':'" BOB
                   "','publicKeyMultibase':'z6MkrJVnaZkeFzdQ'},{'id':'" BOB "#no'}]}");
    assert_int_equal(actor.key_count, 2);
    assert_string_equal(actor.keys[1].id, BOB "#ed");
    assert_string_equal(actor.keys[1].owner, BOB);
    assert_string_equal(actor.keys[1].multibase, "z6MkrJVnaZkeFzdQ");
    assert_null(actor.keys[1].pem);
    json_t *keys = json_array();
    for (int i = 0; i < 30; i++)
        (void)json_array_append_new(keys, json_pack("{ss ss ss}", "id", BOB "#k", "owner", BOB,
                                                    "publicKeyPem", "-----BEGIN PUBLIC KEY-----"));
    json_t *document = json_pack("{sssssO}", "id", BOB, "type", "Person", "publicKey", keys);
    assert_null(inbound_actor_read(document, arena, &actor));
    assert_int_equal(actor.key_count, INBOUND_KEYS_MAX);
    json_decref(document);
    json_decref(keys);
}

static void pictures_come_in_many_shapes(void **state)
{
    (void)state;
    static const struct {
        const char *icon, *url;
    } cases[] = {
        {"{'type':'Image','url':'https://c.example/1.png'}", "https://c.example/1.png"},
        {"'https://c.example/1.png'", "https://c.example/1.png"},
        {"[{'url':'https://c.example/1.png','width':48},{'url':'https://c.example/2.png','width':600},"
         "{'url':'https://c.example/3.png','width':120}]",
         "https://c.example/2.png"},
        {"[{'url':'https://c.example/1.png'},{'url':'https://c.example/2.png'}]", "https://c.example/1.png"},
        {"{'type':'Image','url':[{'type':'Link','href':'https://c.example/1.png'}]}",
         "https://c.example/1.png"},
        {"{'type':'Image','href':'https://c.example/1.png'}", "https://c.example/1.png"},
        {"null", NULL},
        {"{'url':'javascript:1'}", NULL},
        {"{'url':null}", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct inbound_actor actor =
            read_actor(arena_format(arena, "{'id':'" BOB "','type':'Person','icon':%s}", cases[i].icon));
        if (cases[i].url)
            assert_string_equal(actor.icon_url, cases[i].url);
        else
            assert_null(actor.icon_url);
    }
}

static void addresses_on_other_servers_are_not_the_actors_own(void **state)
{
    (void)state;
    struct inbound_actor actor =
        read_actor("{'id':'" BOB "','type':'Person','url':'https://evil.example/@bob',"
                   "'endpoints':{'sharedInbox':'https://victim.example/inbox'},'inbox':'ftp://m.example/'}");
    assert_null(actor.url);
    assert_null(actor.shared_inbox);
    assert_null(actor.inbox);
    actor = read_actor("{'id':'" BOB "','type':'Person','sharedInbox':'https://m.example/inbox','url':["
                       "{'type':'Link','mediaType':'application/json','href':'https://m.example/x.json'},"
                       "{'type':'Link','mediaType':'text/html','href':'https://m.example/@bob'}]}");
    assert_string_equal(actor.shared_inbox, "https://m.example/inbox");
    assert_string_equal(actor.url, "https://m.example/@bob");
}

static void a_name_that_could_be_another_is_none(void **state)
{
    (void)state;
    static const char *const names[] = {
        "'bob@evil.example'", "'a b'", "'b\\u202eob'", "''", "7", "'a/b'", "'<b>'"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_null(read_actor(arena_format(arena, "{'id':'" BOB "','type':'Person','preferredUsername':%s}",
                                            names[i]))
                        .username);
    assert_string_equal(
        read_actor("{'id':'" BOB "','type':'Person','webfinger':'acct:bob@m.example'}").username, "bob");
}

static void machines_are_marked(void **state)
{
    (void)state;
    assert_true(read_actor("{'id':'" BOB "','type':'Service'}").bot);
    assert_true(read_actor("{'id':'" BOB "','type':'Application'}").bot);
    assert_false(read_actor("{'id':'" BOB "','type':'Group'}").bot);
}

static void a_key_document_names_its_owner(void **state)
{
    (void)state;
    struct inbound_key key;
    json_t *document = document_of(KEY);
    assert_null(inbound_key_read(document, arena, &key));
    json_decref(document);
    assert_string_equal(key.owner, BOB);
    document = document_of("{'type':'Multikey','id':'" BOB "#ed','controller':'" BOB
                           "','publicKeyMultibase':'z6MkrJVnaZkeFzdQ'}");
    assert_null(inbound_key_read(document, arena, &key));
    json_decref(document);
    assert_string_equal(key.multibase, "z6MkrJVnaZkeFzdQ");
    assert_null(key.pem);
    static const char *const wrong[] = {
        "{'id':'" BOB "#k','publicKeyPem':'-----BEGIN PUBLIC KEY-----'}",
        "{'owner':'" BOB "','publicKeyPem':'-----BEGIN PUBLIC KEY-----'}",
        "{'id':'" BOB "#k','owner':'" BOB "'}",
        "{'id':'key','owner':'" BOB "','publicKeyPem':'-----BEGIN PUBLIC KEY-----'}", "[]"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        document = document_of(wrong[i]);
        assert_non_null(inbound_key_read(document, arena, &key));
        json_decref(document);
    }
}

static void an_author_is_always_shown_with_the_server(void **state)
{
    (void)state;
    struct inbound_actor actor = read_actor(
        "{'id':'https://M.Example:8443/users/bob','type':'Service','preferredUsername':'Bob','name':'B',"
        "'summary':'<p>I <b>build</b></p><script>x</script>'}");
    struct remote_author *author = remote_author_make(arena, &actor, NULL, "mastodon");
    assert_int_equal(strlen(author->key), 25);
    assert_memory_equal(author->key, "ra_", 3);
    assert_string_equal(author->handle, "Bob@m.example:8443");
    assert_string_equal(author->url, actor.id);
    assert_string_equal(drawn(arena, &author->bio), "I {bold|build}");
    assert_string_equal(author->bio_html, "<p>I <strong>build</strong></p>");
    assert_string_equal(author->software, "mastodon");
    assert_true(author->bot);
    assert_string_equal(remote_author_make(arena, &actor, "bob@m.example", NULL)->handle, "bob@m.example");
    actor = read_actor("{'id':'" BOB "','type':'Person'}");
    author = remote_author_make(arena, &actor, NULL, NULL);
    assert_string_equal(author->handle, "unknown@m.example");
    assert_string_equal(author->bio.text, "");
    assert_null(author->bio_html);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_mastodon_actor_is_read_whole),
        TEST(who_wants_no_bridge_is_heard),
        TEST(the_key_stub_of_gotosocial_is_an_actor),
        TEST(what_is_no_actor_is_refused),
        TEST(keys_of_every_kind_are_read_up_to_ten),
        TEST(pictures_come_in_many_shapes),
        TEST(addresses_on_other_servers_are_not_the_actors_own),
        TEST(a_name_that_could_be_another_is_none),
        TEST(machines_are_marked),
        TEST(a_key_document_names_its_owner),
        TEST(an_author_is_always_shown_with_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
