#include "plaza/database.h"

/* Times are milliseconds since the epoch. Rows of deleted posts stay, emptied, so that ids are never used
 * again. */
const char database_schema[] =
    "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"

    "CREATE TABLE IF NOT EXISTS account("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, handle TEXT NOT NULL UNIQUE, name TEXT NOT NULL,"
    " bio TEXT NOT NULL DEFAULT '', created INTEGER NOT NULL, status TEXT NOT NULL DEFAULT 'active'"
    "  CHECK(status IN ('active','suspended','deactivated','deleted')),"
    " federation INTEGER NOT NULL DEFAULT 0," /* the owner's switch: off unless they turn it */
    " since INTEGER,"                         /* when it was last switched on; NULL: never */
    " replies INTEGER NOT NULL DEFAULT 1,"    /* whether people of other servers may answer */
    " discoverable INTEGER NOT NULL DEFAULT 0,"
    " rev INTEGER NOT NULL DEFAULT 1) STRICT;"
    /* Every handle that was ever used belongs to that account for good. */
    "CREATE TABLE IF NOT EXISTS handle(handle TEXT PRIMARY KEY, account INTEGER NOT NULL) STRICT;"

    "CREATE TABLE IF NOT EXISTS post("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, account INTEGER NOT NULL, rev INTEGER NOT NULL DEFAULT 1,"
    " created INTEGER NOT NULL, edited INTEGER, deleted INTEGER, text TEXT NOT NULL, spans TEXT NOT NULL,"
    " warning TEXT, language TEXT, visibility TEXT NOT NULL CHECK(visibility IN ('public','unlisted')),"
    " image_url TEXT, image_alt TEXT,"
    " parent TEXT,"                               /* id of the post answered: p_… or c_… */
    " thread INTEGER NOT NULL,"                   /* the local post that the conversation began with */
    " announced INTEGER NOT NULL DEFAULT 0,"      /* the gateway was told of it */
    " poll TEXT,"                                 /* JSON: options, multiple, ends */
    " quote TEXT, repost TEXT,"                   /* p_…, c_… or the address of a fediverse post */
    " pinned INTEGER NOT NULL DEFAULT 0) STRICT;" /* when; 0: not */
    "CREATE INDEX IF NOT EXISTS post_account ON post(account, id);"
    "CREATE INDEX IF NOT EXISTS post_thread ON post(thread);"

    "CREATE TABLE IF NOT EXISTS remote_actor("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, rev INTEGER NOT NULL,"
    " ap_id TEXT NOT NULL, acct TEXT NOT NULL, name TEXT, url TEXT NOT NULL, bio TEXT,"
    " limited INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE INDEX IF NOT EXISTS remote_actor_acct ON remote_actor(acct);"

    "CREATE TABLE IF NOT EXISTS remote_post("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, rev INTEGER NOT NULL,"
    " actor INTEGER NOT NULL, ap_id TEXT NOT NULL, url TEXT NOT NULL, created INTEGER NOT NULL,"
    " edited INTEGER, deleted INTEGER, text TEXT NOT NULL, spans TEXT NOT NULL, warning TEXT,"
    " language TEXT, visibility TEXT NOT NULL, media TEXT NOT NULL, parent TEXT NOT NULL,"
    " thread INTEGER NOT NULL," /* 0 and no parent: it answers nothing here but names or quotes somebody */
    " quote TEXT) STRICT;"
    /* Posts that are shown to those who follow their author, and who follows whom. */
    "CREATE TABLE IF NOT EXISTS timeline(post INTEGER PRIMARY KEY) STRICT;"
    "CREATE TABLE IF NOT EXISTS followed("
    " key TEXT PRIMARY KEY, rev INTEGER NOT NULL, account INTEGER NOT NULL, actor INTEGER NOT NULL,"
    " state TEXT NOT NULL CHECK(state IN ('asked','accepted','rejected'))) STRICT;"
    "CREATE INDEX IF NOT EXISTS followed_account ON followed(account);"
    "CREATE INDEX IF NOT EXISTS followed_actor ON followed(actor);"

    "CREATE TABLE IF NOT EXISTS mention("
    " post INTEGER NOT NULL, account INTEGER NOT NULL, PRIMARY KEY(account, post)) STRICT;"
    "CREATE INDEX IF NOT EXISTS remote_post_thread ON remote_post(thread);"
    "CREATE INDEX IF NOT EXISTS remote_post_actor ON remote_post(actor);"

    "CREATE TABLE IF NOT EXISTS remote_relation("
    " key TEXT PRIMARY KEY, rev INTEGER NOT NULL, kind TEXT NOT NULL CHECK(kind IN ('like','repost')),"
    " actor INTEGER NOT NULL, target TEXT NOT NULL) STRICT;"
    "CREATE INDEX IF NOT EXISTS remote_relation_target ON remote_relation(target);"
    "CREATE INDEX IF NOT EXISTS remote_relation_actor ON remote_relation(actor);"

    "CREATE TABLE IF NOT EXISTS remote_reaction("
    " key TEXT PRIMARY KEY, rev INTEGER NOT NULL, actor INTEGER NOT NULL, target TEXT NOT NULL,"
    " emoji TEXT NOT NULL) STRICT;"
    "CREATE INDEX IF NOT EXISTS remote_reaction_target ON remote_reaction(target);"

    /* `key` is the member, or what the gateway calls the vote; with the choice where several may be made. */
    "CREATE TABLE IF NOT EXISTS vote("
    " key TEXT PRIMARY KEY, post INTEGER NOT NULL, voter TEXT NOT NULL, choice INTEGER NOT NULL) STRICT;"
    "CREATE INDEX IF NOT EXISTS vote_post ON vote(post, choice);"

    /* Keys of remote people and posts that were deleted: a late PUT finds them here. */
    "CREATE TABLE IF NOT EXISTS tombstone(key TEXT PRIMARY KEY, deleted INTEGER NOT NULL) STRICT;"

    "CREATE TABLE IF NOT EXISTS liked("
    " account INTEGER NOT NULL, target TEXT NOT NULL, PRIMARY KEY(account, target)) STRICT;"
    "CREATE INDEX IF NOT EXISTS liked_target ON liked(target);"

    "CREATE TABLE IF NOT EXISTS blocked("
    " account INTEGER NOT NULL, actor INTEGER NOT NULL, PRIMARY KEY(account, actor)) STRICT;"

    /* What other servers reported about members: for Plaza's moderators. */
    "CREATE TABLE IF NOT EXISTS report("
    " key TEXT PRIMARY KEY, account INTEGER NOT NULL, posts TEXT NOT NULL, server TEXT NOT NULL,"
    " comment TEXT NOT NULL, created INTEGER NOT NULL) STRICT;"

    "CREATE TABLE IF NOT EXISTS session(token_hash TEXT PRIMARY KEY, account INTEGER NOT NULL,"
    " created INTEGER NOT NULL) STRICT;"

    "CREATE TABLE IF NOT EXISTS outbox("
    " seq INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, account TEXT, subject TEXT,"
    " rev INTEGER NOT NULL, data TEXT NOT NULL, at INTEGER NOT NULL) STRICT;";
