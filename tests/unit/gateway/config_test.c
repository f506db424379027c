#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/config.h"

struct world {
    char folder[64], file[96], error[512];
    struct config *config;
};

static int setup(void **state)
{
    static struct world world;
    world = (struct world){.folder = "/tmp/drawbridge-config-XXXXXX"};
    if (!mkdtemp(world.folder))
        return 1;
    (void)snprintf(world.file, sizeof world.file, "%s/bridge.ini", world.folder);
    *state = &world;
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

static int teardown(void **state)
{
    struct world *world = *state;
    config_free(world->config);
    (void)nftw(world->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* Reads `text`, in which each '~' stands for the folder of this test. */
static const struct config *read_text(struct world *world, const char *text)
{
    FILE *file = fopen(world->file, "w");
    assert_non_null(file);
    for (; *text; text++) {
        if (*text == '~')
            (void)fputs(world->folder, file);
        else
            (void)fputc(*text, file);
    }
    assert_int_equal(fclose(file), 0);
    config_free(world->config);
    world->config = config_read(world->file, world->error, sizeof world->error);
    return world->config;
}

static const struct config *read_good(struct world *world, const char *text)
{
    const struct config *config = read_text(world, text);
    if (!config)
        fail_msg("%s", world->error);
    return config;
}

/* ---- what is read */

static void every_setting_of_the_file_is_read(void **state)
{
    struct world *world = *state;
    char path[96];
    (void)snprintf(path, sizeof path, "%s/ca", world->folder);
    write_file(path, "");
    const struct config *config = read_good(world, "# a comment\n"
                                                   "[gateway]\n"
                                                   "public_url = https://Alice.Social:443/\n"
                                                   "  listen = [::]:9000\n"
                                                   "data_dir = ~/data\n"
                                                   "workers = 3\n"
                                                   "mode = production\n"
                                                   "trusted_proxies = 10.0.0.0/8, ::1\n"
                                                   "node_name = A bridge\n"
                                                   "contact = mailto:me@alice.social\n"
                                                   "hold_seconds = 0\n"
                                                   "[redis]\n"
                                                   "url = redis://redis:6379/1\n"
                                                   "[fetch]\n"
                                                   "allow_private = 192.168.1.0/24\n"
                                                   "ca_file = ~/ca\n"
                                                   "[limits]\n"
                                                   "address_per_second = 0\n"
                                                   "host_per_second = 20\n"
                                                   "inbox_queue = 5000\n"
                                                   "answers_mib = 0\n"
                                                   "memory_mib = 256\n"
                                                   "[log]\n"
                                                   "format = json\n"
                                                   "level = debug\n"
                                                   "[platform plaza]\n"
                                                   "adapter = platform\n"
                                                   "host = plaza.alice.social\n"
                                                   "url = https://plaza.example\n"
                                                   "token = dbg_secret\n"
                                                   "flavour = mild ; not hot\n"
                                                   "hold_seconds = 20\n"
                                                   "[platform other]\n"
                                                   "adapter = bluesky\n"
                                                   "[host bob.social]\n"
                                                   "account = plaza:u:42\n");
    assert_string_equal(config->public_url, "https://alice.social");
    assert_string_equal(config->listen, "[::]:9000");
    assert_int_equal(config->workers, 3);
    assert_false(config->lab);
    assert_string_equal(config->trusted_proxies, "10.0.0.0/8, ::1");
    assert_string_equal(config->node_name, "A bridge");
    assert_string_equal(config->contact, "mailto:me@alice.social");
    assert_int_equal(config->hold_seconds, 0);
    assert_string_equal(config->redis_url, "redis://redis:6379/1");
    assert_string_equal(config->allow_private, "192.168.1.0/24");
    assert_string_equal(config->ca_file, path);
    assert_int_equal(config->limits.address_per_second, 0);
    assert_int_equal(config->limits.host_per_second, 20);
    assert_int_equal(config->limits.inbox_queue, 5000);
    assert_int_equal(config->limits.answers_mib, 0);
    assert_int_equal(config->limits.memory_mib, 256);
    assert_true(config->log_json);
    assert_string_equal(config->log_level, "debug");
    assert_int_equal(config->platform_count, 2);
    const struct config_platform *plaza = config_platform_find(config, "plaza");
    assert_string_equal(plaza->adapter, "platform");
    assert_string_equal(plaza->token, "dbg_secret");
    assert_int_equal(json_object_size(plaza->settings), 2);
    assert_string_equal(json_string_value(json_object_get(plaza->settings, "url")), "https://plaza.example");
    assert_string_equal(json_string_value(json_object_get(plaza->settings, "flavour")), "mild");
    assert_int_equal(plaza->hold_seconds, 20);
    assert_int_equal(config_platform_find(config, "other")->hold_seconds, -1);
    assert_null(config_platform_find(config, "nobody"));
    assert_int_equal(config->host_count, 3);
    assert_string_equal(config->hosts[0].base, "https://alice.social");
    assert_string_equal(config->hosts[1].authority, "plaza.alice.social");
    assert_string_equal(config->hosts[2].account, "plaza:u:42");
    assert_string_equal(config_host_for(config, "plaza", "u:42")->authority, "bob.social");
    assert_string_equal(config_host_for(config, "plaza", "u:43")->authority, "plaza.alice.social");
    assert_string_equal(config_host_for(config, "other", "u:42")->authority, "alice.social");
    assert_null(config_host_find(config, "nobody.social"));
    assert_int_equal(config->warning_count, 0);
}

static void what_is_not_set_has_a_default(void **state)
{
    struct world *world = *state;
    const struct config *config =
        read_good(world, "[gateway]\npublic_url=https://a.social\ndata_dir=~\n[platform p]\nadapter=x\n");
    assert_string_equal(config->listen, "127.0.0.1:8080");
    assert_true(config->workers >= 1);
    assert_int_equal(config->hold_seconds, 30);
    assert_int_equal(config->limits.address_per_second, 100);
    assert_int_equal(config->limits.host_per_second, 100);
    assert_int_equal(config->limits.inbox_queue, 100000);
    assert_int_equal(config->limits.answers_mib, 32);
    assert_int_equal(config->limits.memory_mib, 1024);
    assert_null(config->redis_url);
    assert_null(config->platforms[0].token);
    assert_string_equal(config->log_level, "info");
    assert_false(config->log_json);
}

static void lab_keeps_ports_and_plain_http(void **state)
{
    struct world *world = *state;
    const struct config *config =
        read_good(world, "[gateway]\nmode=lab\npublic_url=http://127.0.0.1:8080\ndata_dir=~\n"
                         "[platform p]\nadapter=x\nhost=127.0.0.2:8080\n");
    assert_true(config->lab);
    assert_string_equal(config->hosts[0].authority, "127.0.0.1:8080");
    assert_string_equal(config->hosts[1].base, "http://127.0.0.2:8080");
    assert_string_equal(config->platforms[0].host, "127.0.0.2:8080");
}

static void long_host_names_are_kept_whole(void **state)
{
    struct world *world = *state;
    const struct config *config = read_good(
        world,
        "[gateway]\npublic_url=https://a.social\ndata_dir=~\n[platform p]\nadapter=x\n"
        "[host a-very-long-name-of-a-host.with-many-words.in-it.and-more.example.social]\naccount=p:1\n");
    assert_string_equal(config->hosts[1].authority,
                        "a-very-long-name-of-a-host.with-many-words.in-it.and-more.example.social");
}

/* ---- the environment */

static void the_environment_overrides_the_file(void **state)
{
    struct world *world = *state;
    static const char *const variables[][2] = {
        {"DRAWBRIDGE_GATEWAY_PUBLIC_URL", "https://b.social"},
        {"DRAWBRIDGE_GATEWAY_NODE_NAME", ""},
        {"DRAWBRIDGE_PLATFORM_MY_PLAZA_TOKEN", "from-environment"},
        {"DRAWBRIDGE_PLATFORM_MY_PLAZA_URL", "https://two.example"},
        {"DRAWBRIDGE_PLATFORM_MY_ADAPTER", "declared"},
        {"DRAWBRIDGE_PLATFORM_MY_URL", "https://three.example"},
        {"DRAWBRIDGE_HOST_C_D_SOCIAL_ACCOUNT", "my-plaza:2"},
        {"DRAWBRIDGE_TEST_CLOCK", "/not/of/the/configuration"},
    };
    size_t count = sizeof variables / sizeof variables[0];
    for (size_t i = 0; i < count; i++)
        (void)setenv(variables[i][0], variables[i][1], 1);
    const struct config *config = read_text(
        world,
        "[gateway]\npublic_url=https://a.social\ndata_dir=~\nnode_name=kept\n[platform my-plaza]\n"
        "adapter=x\nurl=https://one.example\ntoken_file=/not/there\n[host c-d.social]\naccount=my-plaza:1\n");
    for (size_t i = 0; i < count; i++)
        (void)unsetenv(variables[i][0]);
    if (!config)
        fail_msg("%s", world->error);
    assert_string_equal(config->public_url, "https://b.social");
    assert_string_equal(config->node_name, "kept");
    assert_int_equal(config->platform_count, 2);
    assert_string_equal(config->platforms[0].token, "from-environment");
    assert_string_equal(json_string_value(json_object_get(config->platforms[0].settings, "url")),
                        "https://two.example");
    assert_string_equal(config->platforms[1].name, "my");
    assert_string_equal(config->platforms[1].adapter, "declared");
    assert_string_equal(json_string_value(json_object_get(config->platforms[1].settings, "url")),
                        "https://three.example");
    assert_string_equal(config->hosts[1].account, "my-plaza:2");
}

static void mistakes_of_the_environment_name_the_variable(void **state)
{
    struct world *world = *state;
    static const char *const cases[][3] = {
        {"DRAWBRIDGE_GATEWAY_PUBLIK_URL", "x", "[gateway] knows no publik_url"},
        {"DRAWBRIDGE_GATEWAY_WORKERS", "many", "workers = many is out of range"},
        {"DRAWBRIDGE_PLATFORM_NOBODY_TOKEN", "x", "no such platform"},
        {"DRAWBRIDGE_PLATFORM_P_TOKEN_FILE", "/not/there", "token_file cannot be read"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[200];
        (void)setenv(cases[i][0], cases[i][1], 1);
        const struct config *config = read_text(
            world, "[gateway]\npublic_url=https://a.social\ndata_dir=~\n[platform p]\nadapter=x\ntoken=y\n");
        (void)unsetenv(cases[i][0]);
        assert_null(config);
        (void)snprintf(expected, sizeof expected, "environment %s: %s", cases[i][0], cases[i][2]);
        if (strncmp(world->error, expected, strlen(expected)) != 0)
            fail_msg("%s", world->error);
    }
}

/* ---- secrets */

static void secrets_are_read_from_files_without_their_line_end(void **state)
{
    struct world *world = *state;
    char path[96];
    (void)snprintf(path, sizeof path, "%s/token", world->folder);
    write_file(path, "dbg_abc\r\n\n");
    (void)snprintf(path, sizeof path, "%s/hooks", world->folder);
    write_file(path, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    (void)snprintf(path, sizeof path, "%s/redis", world->folder);
    write_file(path, "redis://:pass@h\n");
    const struct config *config =
        read_good(world, "[gateway]\npublic_url=https://a.social\ndata_dir=~\n[redis]\nurl_file=~/redis\n"
                         "[platform p]\nadapter=x\ntoken_file=~/token\nwebhook_secret_file=~/hooks\n");
    assert_int_equal(config->platforms[0].webhook_secret.length, 24);
    assert_string_equal(config->platforms[0].token, "dbg_abc");
    assert_string_equal(config->redis_url, "redis://:pass@h");
    assert_int_equal(json_object_size(config->platforms[0].settings), 0);
}

/* Redis and its socket, the key and the lock lie there, whatever folder a process stands in later. */
static void a_relative_data_dir_becomes_absolute(void **state)
{
    struct world *world = *state;
    char before[4096];
    char expected[128];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(world->folder), 0);
    const struct config *config =
        read_good(world, "[gateway]\npublic_url=https://a.social\ndata_dir=here\n[platform p]\nadapter=x\n");
    (void)snprintf(expected, sizeof expected, "%s/here", world->folder);
    assert_string_equal(config->data_dir, expected);
    assert_int_equal(chdir(before), 0);
}

static void the_key_is_made_at_the_first_start_and_stays(void **state)
{
    struct world *world = *state;
    static const char text[] =
        "[gateway]\npublic_url=https://a.social\ndata_dir=~/data\n[platform p]\nadapter=x\n";
    const struct config *config = read_good(world, text);
    unsigned char key[32];
    static const unsigned char zero[32];
    memcpy(key, config->key_secret, sizeof key);
    assert_memory_not_equal(key, zero, sizeof key);
    char path[96];
    struct stat status;
    (void)snprintf(path, sizeof path, "%s/data", world->folder);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    (void)snprintf(path, sizeof path, "%s/data/key", world->folder);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(status.st_nlink, 1);
    config = read_good(world, text);
    assert_memory_equal(config->key_secret, key, sizeof key);
    assert_int_equal(config->warning_count, 0);
    assert_int_equal(chmod(path, 0644), 0);
    config = read_good(world, text);
    assert_int_equal(config->warning_count, 1);
    assert_non_null(strstr(config->warnings[0], "chmod 600"));
}

static void a_named_key_file_is_used(void **state)
{
    struct world *world = *state;
    char path[96];
    (void)snprintf(path, sizeof path, "%s/mine", world->folder);
    write_file(path, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eFF\n");
    const struct config *config = read_good(
        world,
        "[gateway]\npublic_url=https://a.social\ndata_dir=~\nkey_file=~/mine\n[platform p]\nadapter=x\n");
    assert_int_equal(config->key_secret[1], 1);
    assert_int_equal(config->key_secret[31], 255);
}

/* ---- warnings */

static void two_platforms_on_one_host_draw_a_warning(void **state)
{
    struct world *world = *state;
    const struct config *config =
        read_good(world, "[gateway]\npublic_url=https://a.social\ndata_dir=~\n[platform p]\nadapter=x\n"
                         "[platform q]\nadapter=x\nhost=q.social\n[platform r]\nadapter=x\nhost=a.social\n");
    assert_int_equal(config->warning_count, 1);
    assert_non_null(strstr(config->warnings[0], "p and r share the host a.social"));
    assert_int_equal(config->host_count, 2);
}

static void without_a_platform_a_warning_is_drawn(void **state)
{
    struct world *world = *state;
    const struct config *config = read_good(world, "[gateway]\npublic_url=https://a.social\ndata_dir=~\n");
    assert_int_equal(config->warning_count, 1);
}

/* ---- errors */

#define FRONT "[gateway]\npublic_url = https://a.social\ndata_dir = ~\n"

static const struct {
    const char *text;
    int line;
    const char *what;
} mistakes[] = {
    /* form */
    {"[gateway]\nnonsense\n", 2, "this is no setting"},
    {"public_url = https://a.social\n", 1, "stands in no section"},
    {"[gateway\n", 1, "does not end with ']'"},
    {"# one\n\n[gatway]\n", 3, "section [gatway] is unknown"},
    {"[platform Big]\n", 1, "section [platform Big] is unknown"},
    {FRONT "[gateway]\n", 4, "section [gateway] stands twice"},
    {FRONT "mood = good\n", 4, "[gateway] knows no mood"},
    {FRONT "[redis]\nurl = redis://a\nurl = redis://b\n", 6, "url stands twice"},
    {FRONT "[redis]\nname = x\n", 5, "[redis] knows no name"},
    {FRONT "[platform p]\nadapter = x\nToken = x\n", 6, "[platform p] knows no Token"},
    {FRONT
     "node_name = 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
     "8901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
     "890123456789\n",
     4, "this line is longer than"},
    /* values */
    {"[gateway]\ndata_dir = ~\n", 1, "public_url is missing"},
    {"[gateway]\npublic_url = a.social\n", 2, "it must start with https://"},
    {"[gateway]\npublic_url = https://a.social/path\n", 2, "no path"},
    {"[gateway]\npublic_url = https://m\xC3\xBCller.social\n", 2, "xn--"},
    {"[gateway]\npublic_url = https://me@a.social\n", 2, "letters, digits"},
    {"[gateway]\npublic_url = https://a..social\n", 2, "host is broken"},
    {"[gateway]\npublic_url = https://\n", 2, "names no host"},
    {"[gateway]\npublic_url = http://a.social\n", 2, "https:// in production"},
    {"[gateway]\npublic_url = https://a.social:8443\n", 2, "has a port"},
    {"[gateway]\npublic_url = https://a.social:port\n", 2, "port is no number"},
    {"[gateway]\npublic_url = https://127.0.0.1\n", 2, "cannot be reached by other servers"},
    {"[gateway]\npublic_url = https://[::1]\n", 2, "cannot be reached by other servers"},
    {"[gateway]\npublic_url = https://gateway\n", 2, "cannot be reached by other servers"},
    {"[gateway]\npublic_url = https://a.test\n", 2, "cannot be reached by other servers"},
    {"[gateway]\nmode = lab\npublic_url = https://a.social\n", 3, "mode = lab takes down protections"},
    {"[gateway]\nmode = home\n", 2, "mode = home is unknown"},
    {FRONT "listen = 8080\n", 4, "must be ADDRESS:PORT"},
    {FRONT "listen = localhost:8080\n", 4, "is no IPv4 address"},
    {FRONT "listen = 127.0.0.1:80800\n", 4, "must be ADDRESS:PORT"},
    {FRONT "listen = 0.0.0.0:8080\n", 4, "set trusted_proxies"},
    {FRONT "listen = [::]:8080\n", 4, "set trusted_proxies"},
    {FRONT "trusted_proxies = 10.0.0.0/33\n", 4, "trusted_proxies cannot be used"},
    {FRONT "trusted_proxies = proxy\n", 4, "trusted_proxies cannot be used"},
    {FRONT "workers = 0\n", 4, "workers = 0 is out of range"},
    {FRONT "workers = 2x\n", 4, "workers = 2x is out of range"},
    {FRONT "hold_seconds = 86401\n", 4, "hold_seconds = 86401 is out of range"},
    {FRONT "[platform p]\nadapter = x\nhold_seconds = -1\n", 6, "hold_seconds = -1 is out of range"},
    {FRONT "[redis]\nurl = http://x\n", 5, "must start with redis://"},
    {FRONT "[redis]\nurl = redis://x\nurl_file = /x\n", 6, "url_file and url"},
    {FRONT "[redis]\nurl_file = ~/none\n", 5, "url_file cannot be read (No such file"},
    {FRONT "[fetch]\nallow_private = all\n", 5, "allow_private cannot be used"},
    {FRONT "[fetch]\nca_file = ~/none\n", 5, "cannot be read"},
    {FRONT "[limits]\nmemory_mib = 31\n", 5, "memory_mib = 31 is out of range"},
    {FRONT "[limits]\ninbox_queue = 0\n", 5, "inbox_queue = 0 is out of range"},
    {FRONT "[limits]\nhost_per_second = many\n", 5, "host_per_second = many is out of range"},
    {FRONT "[log]\nformat = xml\n", 5, "format = xml is unknown"},
    {FRONT "[log]\nlevel = loud\n", 5, "level = loud is unknown"},
    /* platforms and hosts */
    {FRONT "[platform p]\nurl = x\n", 4, "[platform p] adapter is missing"},
    {FRONT "[platform p]\nadapter = x\ntoken_file = ~/none\n", 6, "token_file cannot be read"},
    {FRONT "[platform p]\nadapter = x\ntoken_file = /dev/null\n", 6, "is empty"},
    {FRONT "[platform p]\nadapter = x\ntoken = a\ntoken_file = /b\n", 7, "token_file and token"},
    {FRONT "[platform p]\nadapter = x\nwebhook_secret_file = ~/none\n", 6,
     "webhook_secret_file cannot be read"},
    {FRONT "[platform p]\nadapter = x\nwebhook_secret = whsec_c2hvcnQ=\n", 6, "holds no secret of webhooks"},
    {FRONT "[platform p]\nadapter = x\nevents = webhook\n", 6, "set webhook_secret_file"},
    {FRONT "[platform p]\nadapter = x\nhost = https://p.social\n", 6, "host cannot be used"},
    {FRONT "[platform p]\nadapter = x\nhost = p.local\n", 6, "cannot be reached by other servers"},
    {FRONT "[platform p]\nadapter = x\n[host b.social]\n", 6, "[host b.social] account is missing"},
    {FRONT "[platform p]\nadapter = x\n[host b.social]\naccount = u\n", 7, "must be PLATFORM:NATIVE_ID"},
    {FRONT "[platform p]\nadapter = x\n[host b.social]\naccount = q:u\n", 7, "'q', which is not configured"},
    {FRONT "[platform p]\nadapter = x\n[host a.social]\naccount = p:u\n", 6, "a.social is served already"},
    {FRONT "[platform p]\nadapter = x\n[host b_]\naccount = p:u\n", 6, "[host b_] cannot be used"},
    {FRONT "[platform p]\nadapter = x\n[host b.social]\naccount = p:u\n[host c.social]\naccount = p:u\n", 9,
     "has the host b.social already"},
    /* the key and its folder */
    {"[gateway]\npublic_url = https://a.social\ndata_dir = ~/no/where\n", 3, "cannot be made (No such file"},
    {"[gateway]\npublic_url = https://a.social\ndata_dir = ~/bridge.ini\n", 3, "is no folder"},
    {FRONT "key_file = ~/none\n", 4, "key_file cannot be read"},
    {FRONT "key_file = ~/bridge.ini\n", 4, "is not 64 hexadecimal digits"},
};

static void every_mistake_is_told_with_its_line_and_a_remedy(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        char place[128];
        if (read_text(world, mistakes[i].text))
            fail_msg("taken: %s", mistakes[i].text);
        (void)snprintf(place, sizeof place, "%s:%d: ", world->file, mistakes[i].line);
        if (strncmp(world->error, place, strlen(place)) != 0 || !strstr(world->error, mistakes[i].what))
            fail_msg("line %d, %s: got %s", mistakes[i].line, mistakes[i].what, world->error);
        assert_non_null(strpbrk(world->error + strlen(place), ";,:")); /* what, and then what to do */
    }
}

static void a_file_that_is_not_there_is_told(void **state)
{
    struct world *world = *state;
    assert_null(config_read("/not/there.ini", world->error, sizeof world->error));
    assert_non_null(strstr(world->error, "/not/there.ini: the configuration cannot be read (No such file"));
    assert_null(config_read(world->folder, world->error, sizeof world->error));
    assert_non_null(strstr(world->error, "is it a file?"));
}

static void a_secret_is_not_repeated_in_an_error(void **state)
{
    struct world *world = *state;
    assert_null(read_text(world, FRONT "[redis]\nurl = redys://:hunter2@x\n"));
    assert_null(strstr(world->error, "hunter2"));
    assert_null(read_text(world, FRONT "key_file = ~/bridge.ini\n"));
    assert_null(strstr(world->error, "public_url"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_setting_of_the_file_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_set_has_a_default, setup, teardown),
        cmocka_unit_test_setup_teardown(lab_keeps_ports_and_plain_http, setup, teardown),
        cmocka_unit_test_setup_teardown(long_host_names_are_kept_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(the_environment_overrides_the_file, setup, teardown),
        cmocka_unit_test_setup_teardown(mistakes_of_the_environment_name_the_variable, setup, teardown),
        cmocka_unit_test_setup_teardown(secrets_are_read_from_files_without_their_line_end, setup, teardown),
        cmocka_unit_test_setup_teardown(a_relative_data_dir_becomes_absolute, setup, teardown),
        cmocka_unit_test_setup_teardown(the_key_is_made_at_the_first_start_and_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(a_named_key_file_is_used, setup, teardown),
        cmocka_unit_test_setup_teardown(two_platforms_on_one_host_draw_a_warning, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_platform_a_warning_is_drawn, setup, teardown),
        cmocka_unit_test_setup_teardown(every_mistake_is_told_with_its_line_and_a_remedy, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_that_is_not_there_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_secret_is_not_repeated_in_an_error, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
