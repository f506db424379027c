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

#define BOB "https://m.example/users/bob"

/* A note of bob's with more members; the document is freed at once: strings must have been copied. */
static struct inbound_note note_with(const char *type, const char *members)
{
    struct inbound_note note;
    json_t *document = document_of(arena_format(arena, "{'id':'https://m.example/1','type':'%s'%s%s}", type,
                                                *members ? "," : "", members));
    const char *wrong = inbound_note_read(document, NULL, arena, &note);
    if (wrong)
        fail_msg("%s: %s", wrong, members);
    json_decref(document);
    note.tags = NULL;
    return note;
}

static void a_mastodon_reply_is_read_whole(void **state)
{
    (void)state;
    struct inbound_note note = note_with(
        "Note",
        "'summary':null,'inReplyTo':'https://b.example/u/a/p/1','published':'2026-11-01T09:00:00Z',"
        "'updated':'2026-11-01T10:00:00.500Z','url':'https://m.example/@bob/1','attributedTo':'" BOB "',"
        "'to':['https://www.w3.org/ns/activitystreams#Public'],'cc':['" BOB "/followers'],'sensitive':true,"
        "'conversation':'tag:m.example,2026:1','content':'<p>hi</p>','contentMap':{'en':'<p>hi</p>'},"
        "'attachment':[{'type':'Document','mediaType':'image/png','url':'https://m.example/1.png','name':'a "
        "cat',"
        "'blurhash':'UBL_','focalPoint':[0.5,-0.5],'width':10,'height':20}],'tag':[{'type':'Mention','href':"
        "'https://b.example/u/a','name':'@alice@b.example'},{'type':'Hashtag','name':'#cats','href':'https://"
        "x/'}]");
    assert_string_equal(note.id, "https://m.example/1");
    assert_string_equal(note.attributed_to, BOB);
    assert_string_equal(note.in_reply_to, "https://b.example/u/a/p/1");
    assert_string_equal(note.url, "https://m.example/@bob/1");
    assert_string_equal(note.context, "tag:m.example,2026:1");
    assert_string_equal(note.content_html, "<p>hi</p>");
    assert_string_equal(note.language, "en");
    assert_null(note.summary);
    assert_true(note.sensitive);
    assert_false(note.is_vote);
    assert_int_equal(note.visibility, VISIBILITY_PUBLIC);
    assert_true(note.updated - note.published == 3600500);
    assert_int_equal(note.mention_count, 1);
    assert_string_equal(note.mentions[0].href, "https://b.example/u/a");
    assert_string_equal(note.mentions[0].name, "@alice@b.example");
    assert_int_equal(note.hashtag_count, 1);
    assert_string_equal(note.hashtags[0], "cats");
    assert_int_equal(note.media_count, 1);
    assert_int_equal(note.media[0].kind, MEDIA_IMAGE);
    assert_string_equal(note.media[0].alt, "a cat");
    assert_string_equal(note.media[0].type, "image/png");
    assert_string_equal(note.media[0].blurhash, "UBL_");
    assert_int_equal(note.media[0].width, 10);
    assert_int_equal(note.media[0].height, 20);
    assert_true(note.media[0].has_focus && note.media[0].focus_x == 0.5 && note.media[0].focus_y == -0.5);
}

static void what_carries_no_text_for_people_is_refused(void **state)
{
    (void)state;
    static const char *const documents[] = {
        "[]",
        "{'type':'Note'}",
        "{'id':'https://m.example/1'}",
        "{'id':'https://m.example/1','type':'Person'}",
        "{'id':'https://m.example/a b','type':'Note'}",
        "{'id':'https://m.example/1','type':'Tombstone'}",
    };
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        struct inbound_note note;
        json_t *document = document_of(documents[i]);
        assert_non_null(inbound_note_read(document, NULL, arena, &note));
        json_decref(document);
    }
}

static void the_owner_among_several_is_who_acts(void **state)
{
    (void)state;
    static const char film[] = "{'id':'https://t.example/v/1','type':'Video','attributedTo':["
                               "{'type':'Group','id':'https://t.example/channel'},"
                               "{'type':'Person','id':'https://t.example/alice'}]}";
    static const struct {
        const char *actor, *owner;
    } cases[] = {
        {"https://t.example/alice", "https://t.example/alice"},
        {"https://t.example/channel", "https://t.example/channel"},
        {"https://t.example/other", "https://t.example/alice"},
        {NULL, "https://t.example/alice"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *document = document_of(film);
        json_t *activity = cases[i].actor ? json_pack("{ss}", "actor", cases[i].actor) : NULL;
        struct inbound_note note;
        assert_null(inbound_note_read(document, activity, arena, &note));
        assert_string_equal(note.attributed_to, cases[i].owner);
        json_decref(activity);
        json_decref(document);
    }
    assert_string_equal(note_with("Note", "'attributedTo':{'id':'" BOB "'}").attributed_to, BOB);
    assert_string_equal(note_with("Note", "'attributedTo':['" BOB "','https://x.example/']").attributed_to,
                        BOB);
    assert_string_equal(note_with("Event", "'actor':'" BOB "'").attributed_to, BOB);
    assert_null(note_with("Note", "").attributed_to);
}

static void an_answer_is_found_in_every_shape(void **state)
{
    (void)state;
    static const char *const shapes[] = {"'https://b.example/1'", "{'id':'https://b.example/1'}",
                                         "['https://b.example/1','https://b.example/2']",
                                         "[{'id':'https://b.example/1','type':'Note'}]"};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        assert_string_equal(note_with("Note", arena_format(arena, "'inReplyTo':%s", shapes[i])).in_reply_to,
                            "https://b.example/1");
    assert_null(note_with("Note", "'inReplyTo':null").in_reply_to);
    assert_null(note_with("Note", "'inReplyTo':''").in_reply_to);
    /* WordPress: a query on an empty path, kept byte by byte. */
    assert_string_equal(note_with("Note", "'inReplyTo':'https://Blog.Example?c=148'").in_reply_to,
                        "https://Blog.Example?c=148");
}

static void the_page_among_several_addresses_is_shown(void **state)
{
    (void)state;
    assert_string_equal(note_with("Video",
                                  "'url':[{'type':'Link','mediaType':'video/mp4','href':"
                                  "'https://t.example/1.mp4'},{'type':'Link','mediaType':'text/html',"
                                  "'href':'https://t.example/w/1'}]")
                            .url,
                        "https://t.example/w/1");
    assert_string_equal(note_with("Note", "'url':['https://m.example/1']").url, "https://m.example/1");
    assert_string_equal(note_with("Note", "'url':{'type':'Link','href':'https://m.example/1'}").url,
                        "https://m.example/1");
    assert_null(note_with("Note", "'url':null").url);
    assert_null(note_with("Note", "'url':'javascript:alert(1)'").url);
}

static void a_vote_is_a_name_without_content(void **state)
{
    (void)state;
    assert_true(note_with("Note", "'name':'A','inReplyTo':'https://b.example/1','to':'https://b.example/u/a'")
                    .is_vote);
    assert_false(
        note_with("Note", "'name':'A','inReplyTo':'https://b.example/1','content':'<p>x</p>'").is_vote);
    assert_false(note_with("Note", "'name':'A'").is_vote);
    assert_false(note_with("Note", "'name':'','inReplyTo':'https://b.example/1'").is_vote);
    assert_false(note_with("Page", "'name':'A','inReplyTo':'https://b.example/1'").is_vote);
}

static void content_comes_from_the_map_when_it_is_missing(void **state)
{
    (void)state;
    struct inbound_note note = note_with("Note", "'contentMap':{'de':'<p>Hallo</p>','en':'<p>Hello</p>'}");
    assert_string_equal(note.content_html, "<p>Hallo</p>");
    assert_string_equal(note.language, "de");
    note =
        note_with("Note", "'content':'<p>Hello</p>','contentMap':{'de':'<p>Hallo</p>','en':'<p>Hello</p>'}");
    assert_string_equal(note.language, "en");
    assert_null(note_with("Note", "'content':7,'contentMap':[]").content_html);
    assert_null(note_with("Note", "'content':''").content_html);
}

static void languages_come_in_many_places(void **state)
{
    (void)state;
    static const struct {
        const char *members, *language;
    } cases[] = {
        {"'language':{'identifier':'fr','name':'Français'}", "fr"},
        {"'language':'pt-BR'", "pt-BR"},
        {"'inLanguage':'it'", "it"},
        {"'contentMap':{'und':'<p>x</p>'}", NULL},
        {"'language':{'identifier':'und'}", NULL},
        {"'language':'english'", NULL},
        {"'language':'en <b>'", NULL},
        {"'language':'e'", NULL},
        {"'language':null", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct inbound_note note = note_with("Note", cases[i].members);
        if (cases[i].language)
            assert_string_equal(note.language, cases[i].language);
        else
            assert_null(note.language);
    }
}

static void empty_summaries_are_none(void **state)
{
    (void)state;
    assert_null(note_with("Note", "'summary':''").summary);
    assert_null(note_with("Note", "'summary':null").summary);
    assert_string_equal(note_with("Note", "'summary':'cw'").summary, "cw");
    assert_string_equal(note_with("Note", "'summaryMap':{'en':'cw'}").summary, "cw");
}

static void content_that_is_no_html_is_made_html(void **state)
{
    (void)state;
    assert_string_equal(
        note_with("Video", "'mediaType':'text/markdown','content':'a <b> & **c**\\nd'").content_html,
        "a &lt;b&gt; &amp; **c**<br>d");
    assert_string_equal(note_with("Note", "'mediaType':'text/html','content':'a <b>'").content_html, "a <b>");
}

static void times_come_in_all_forms_of_rfc_3339(void **state)
{
    (void)state;
    static const char *const forms[] = {"2026-11-01T09:00:00Z", "2026-11-01T09:00:00+00:00",
                                        "2026-11-01T02:00:00-07:00", "2026-11-01T09:00:00.000000Z"};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        assert_true(note_with("Note", arena_format(arena, "'published':'%s'", forms[i])).published ==
                    INT64_C(1793523600000));
    assert_true(note_with("Note", "'published':'yesterday','updated':null").published == 0);
    assert_true(note_with("Note", "'updated':null").updated == 0);
    assert_true(note_with("Note", "'published':7").published == 0);
}

static void lists_of_one_may_be_bare(void **state)
{
    (void)state;
    struct inbound_note note = note_with(
        "Note",
        "'tag':{'type':'Mention','href':'https://b.example/u/a','name':'@alice'},'attachment':{'type':"
        "'Image','url':'https://m.example/1.jpg'},'to':'as:Public'");
    assert_int_equal(note.mention_count, 1);
    assert_int_equal(note.media_count, 1);
    assert_int_equal(note.visibility, VISIBILITY_PUBLIC);
}

static void media_of_every_kind_are_known(void **state)
{
    (void)state;
    static const struct {
        const char *attachment;
        enum media_kind kind;
    } cases[] = {
        {"{'type':'Document','mediaType':'video/mp4','url':'https://m.example/1'}", MEDIA_VIDEO},
        {"{'type':'Document','mediaType':'audio/ogg','url':'https://m.example/1'}", MEDIA_AUDIO},
        {"{'type':'Document','mediaType':'application/pdf','url':'https://m.example/1.jpg'}", MEDIA_FILE},
        {"{'type':'Image','url':'https://m.example/1'}", MEDIA_IMAGE},
        {"{'type':'Video','url':'https://m.example/1'}", MEDIA_VIDEO},
        {"{'type':'Document','url':'https://m.example/1.JPEG?x=y'}", MEDIA_IMAGE},
        {"{'type':'Document','url':'https://m.example/1'}", MEDIA_FILE},
        {"{'type':'Image','url':[{'type':'Link','href':'https://m.example/1','mediaType':'image/webp'}]}",
         MEDIA_IMAGE},
        {"{'type':'Link','href':'https://m.example/1.png','mediaType':'image/png'}", MEDIA_IMAGE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct inbound_note note =
            note_with("Note", arena_format(arena, "'attachment':[%s]", cases[i].attachment));
        assert_int_equal(note.media_count, 1);
        assert_int_equal(note.media[0].kind, cases[i].kind);
    }
    assert_int_equal(note_with("Note", "'attachment':[{'type':'Link','href':'https://x.example/page'},"
                                       "{'type':'PropertyValue','name':'a','value':'b'},"
                                       "{'type':'Image','url':'file:///etc/passwd'},{'type':'Image'},7,null]")
                         .media_count,
                     0);
}

static void media_details_are_taken_when_they_are_sane(void **state)
{
    (void)state;
    struct inbound_note note = note_with(
        "Note",
        "'attachment':[{'type':'Video','url':'https://m.example/1.mp4','summary':'described','name':'named',"
        "'duration':'PT1H2M3.5S','icon':[{'type':'Image','url':'https://m.example/t.jpg'}],'width':-5,"
        "'height':1e99,'focalPoint':[7,0]},{'type':'Image','url':'https://m.example/2.png','name':'',"
        "'duration':'soon','width':640.0}]");
    assert_string_equal(note.media[0].alt, "described");
    assert_int_equal(note.media[0].duration_ms, 3723500);
    assert_string_equal(note.media[0].thumbnail_url, "https://m.example/t.jpg");
    assert_int_equal(note.media[0].width, 0);
    assert_int_equal(note.media[0].height, 0);
    assert_false(note.media[0].has_focus);
    assert_null(note.media[1].alt);
    assert_int_equal(note.media[1].duration_ms, 0);
    assert_int_equal(note.media[1].width, 640);
}

static void covers_stand_in_for_missing_media_of_articles(void **state)
{
    (void)state;
    assert_int_equal(
        note_with("Article", "'image':{'type':'Image','url':'https://m.example/c.jpg'}").media_count, 1);
    assert_int_equal(
        note_with("Note", "'image':{'type':'Image','url':'https://m.example/c.jpg'}").media_count, 0);
}

static void lists_beyond_their_bound_are_cut(void **state)
{
    (void)state;
    json_t *tags = json_array();
    json_t *attachments = json_array();
    for (int i = 0; i < 100; i++) {
        (void)json_array_append_new(tags,
                                    json_pack("{ss ss ss}", "type", "Mention", "href", BOB, "name", "@bob"));
        (void)json_array_append_new(tags, json_pack("{ss ss}", "type", "Hashtag", "name", "#x"));
        (void)json_array_append_new(attachments,
                                    json_pack("{ss ss}", "type", "Image", "url", "https://m.example/1.png"));
    }
    json_t *document = json_pack("{ss ss sO sO}", "id", "https://m.example/1", "type", "Note", "tag", tags,
                                 "attachment", attachments);
    struct inbound_note note;
    assert_null(inbound_note_read(document, NULL, arena, &note));
    assert_int_equal(note.mention_count, 50);
    assert_int_equal(note.hashtag_count, 50);
    assert_int_equal(note.media_count, 16);
    json_decref(document);
    json_decref(tags);
    json_decref(attachments);
}

static void polls_are_read_while_open_and_when_closed(void **state)
{
    (void)state;
    struct inbound_note note = note_with(
        "Question", "'content':'<p>which?</p>','oneOf':[{'type':'Note','name':'A','replies':{'type':"
                    "'Collection','totalItems':3}},{'type':'Note','name':'B'}],"
                    "'endTime':'2026-11-01T09:00:00Z','votersCount':3");
    assert_int_equal(note.poll->option_count, 2);
    assert_string_equal(note.poll->options[0].name, "A");
    assert_int_equal(note.poll->options[0].votes, 3);
    assert_int_equal(note.poll->options[1].votes, 0);
    assert_false(note.poll->multiple);
    assert_true(note.poll->ends == INT64_C(1793523600000) && note.poll->closed == 0);
    assert_int_equal(note.poll->voters, 3);
    assert_true(note.ends == note.poll->ends);
    note = note_with("Question", "'anyOf':{'type':'Note','name':'only'},'closed':'2026-11-01T09:00:00Z'");
    assert_true(note.poll->multiple);
    assert_true(note.poll->closed == INT64_C(1793523600000));
    assert_null(note_with("Question", "'oneOf':[]").poll);
    assert_null(note_with("Note", "").poll);
}

static void quotes_are_read_in_the_order_of_mastodon(void **state)
{
    (void)state;
    assert_string_equal(note_with("Note",
                                  "'quoteUri':'https://x/4','quoteUrl':'https://x/3','quote':'https://x/1',"
                                  "'_misskey_quote':'https://x/2'")
                            .quote_of,
                        "https://x/1");
    assert_string_equal(note_with("Note", "'quoteUri':'https://x/4','_misskey_quote':'https://x/2'").quote_of,
                        "https://x/2");
    assert_string_equal(note_with("Note", "'quote':{'id':'https://x/1','type':'Note'}").quote_of,
                        "https://x/1");
    assert_string_equal(note_with("Note", "'tag':[{'type':'Link','href':'https://x/5','mediaType':"
                                          "'application/activity+json','rel':["
                                          "'https://misskey-hub.net/ns#_misskey_quote']}]")
                            .quote_of,
                        "https://x/5");
    assert_null(note_with("Note", "'tag':[{'type':'Link','href':'https://x/5','rel':'alternate'}]").quote_of);
}

static void a_chat_message_is_private_whatever_it_says(void **state)
{
    (void)state;
    assert_int_equal(note_with("ChatMessage", "'to':'as:Public'").visibility, VISIBILITY_DIRECT);
}

static void addressees_of_the_activity_stand_in(void **state)
{
    (void)state;
    json_t *object = document_of("{'id':'https://m.example/1','type':'Note'}");
    json_t *activity = document_of("{'to':'as:Public'}");
    struct inbound_note note;
    assert_null(inbound_note_read(object, activity, arena, &note));
    assert_int_equal(note.visibility, VISIBILITY_PUBLIC);
    assert_null(inbound_note_read(object, NULL, arena, &note));
    assert_int_equal(note.visibility, VISIBILITY_DIRECT);
    json_decref(object);
    json_decref(activity);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_mastodon_reply_is_read_whole),
        TEST(what_carries_no_text_for_people_is_refused),
        TEST(the_owner_among_several_is_who_acts),
        TEST(an_answer_is_found_in_every_shape),
        TEST(the_page_among_several_addresses_is_shown),
        TEST(a_vote_is_a_name_without_content),
        TEST(content_comes_from_the_map_when_it_is_missing),
        TEST(languages_come_in_many_places),
        TEST(empty_summaries_are_none),
        TEST(content_that_is_no_html_is_made_html),
        TEST(times_come_in_all_forms_of_rfc_3339),
        TEST(lists_of_one_may_be_bare),
        TEST(media_of_every_kind_are_known),
        TEST(media_details_are_taken_when_they_are_sane),
        TEST(covers_stand_in_for_missing_media_of_articles),
        TEST(lists_beyond_their_bound_are_cut),
        TEST(polls_are_read_while_open_and_when_closed),
        TEST(quotes_are_read_in_the_order_of_mastodon),
        TEST(a_chat_message_is_private_whatever_it_says),
        TEST(addressees_of_the_activity_stand_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
