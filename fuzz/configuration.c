/* A configuration file of any bytes: read, or refused with one sentence. The environment is left out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/config_private.h"

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* The file lives in memory: nothing is written. */
static int memory_file(const void *bytes, size_t length)
{
    int descriptor = memfd_create("configuration", MFD_CLOEXEC);
    require(descriptor >= 0 && write(descriptor, bytes, length) == (ssize_t)length);
    return descriptor;
}

/* Instead of config_key_read: what the file says of a key's place is looked at by tests of their own, since a
 * missing key would be made there. */
bool __wrap_config_key_read(struct config_source *source, struct config *config);
bool __wrap_config_key_read(struct config_source *source, struct config *config)
{
    (void)source, (void)config;
    return true;
}

char *__wrap_config_secret_read(struct config_source *source, const struct config_entry *entry);
char *__wrap_config_secret_read(struct config_source *source, const struct config_entry *entry)
{
    if (entry->value[0] == '/')
        return strdup("secret");
    (void)config_fail(source, entry->where, "no absolute path");
    return NULL;
}

static void check(const struct config *config)
{
    require(config->host_count > 0 && config->host_count <= CONFIG_HOSTS_MAX && config->listen &&
            config->data_dir);
    require(config->platform_count <= CONFIG_PLATFORMS_MAX && config->workers > 0);
    for (size_t i = 0; i < config->host_count; i++)
        require(config_host_find(config, config->hosts[i].authority) == &config->hosts[i]);
    for (size_t i = 0; i < config->platform_count; i++) {
        require(config->platforms[i].name && config->platforms[i].adapter);
        require(config_host_for(config, config->platforms[i].name, "1") != NULL);
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static char *nothing[] = {NULL};
    char path[64];
    char error[1024] = "";
    environ = nothing;
    int descriptor = memory_file(data, size);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    struct config *config = config_read(path, error, sizeof error);
    require(config || error[0]);
    if (config)
        check(config);
    config_free(config);
    close(descriptor);
    return 0;
}
