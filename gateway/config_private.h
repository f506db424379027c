/* Private to config*.c: the configuration on its way from text to struct config. */
#ifndef DRAWBRIDGE_GATEWAY_CONFIG_PRIVATE_H
#define DRAWBRIDGE_GATEWAY_CONFIG_PRIVATE_H

#include "gateway/config.h"

enum { CONFIG_ENTRIES_MAX = 1024, CONFIG_WHERE_MAX = 512, CONFIG_NAME_MAX = 32 };

/* One setting, from the file or from the environment. */
struct config_entry {
    char *section, *name, *value;
    char *where; /* "FILE:LINE" or "environment VARIABLE" */
    bool from_environment;
};

struct config_section {
    char *name;
    char *where;
};

struct config_source {
    const char *file;
    struct config_entry entries[CONFIG_ENTRIES_MAX];
    size_t entry_count;
    struct config_section sections[CONFIG_ENTRIES_MAX];
    size_t section_count;
    char *error; /* of the caller; "" until something is wrong: the first error stands */
    size_t error_size;
};

/* Notes the first error: "WHERE: what, why, what to do". Always false. */
bool config_fail(struct config_source *source, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* config_source.c: all entries of file and environment; false on error. */
bool config_source_read(struct config_source *source);
void config_source_clear(struct config_source *source);
/* The entry, or NULL. One of the environment wins over one of the file. */
const struct config_entry *config_entry_find(const struct config_source *source, const char *section,
                                             const char *name);
/* Where a section begins; the file when it is not there. */
const char *config_section_where(const struct config_source *source, const char *section);

/* config_environment.c: adds the entries of the environment. */
bool config_environment_read(struct config_source *source);
void config_entry_add(struct config_source *source, const char *section, const char *name, const char *value,
                      const char *where, bool from_environment);

/* config_keys.c: may this key stand in this section? */
bool config_section_known(const char *section);
bool config_key_known(const char *section, const char *name);
/* The keys of a section, comma-separated, for messages. */
const char *config_key_names(const char *section);

/* config_check.c: values. Each returns NULL when it is good, else what is wrong. */
struct config_url {
    char authority[300];         /* lower case, default port dropped */
    bool https, has_port, local; /* local: loopback, a private network or a reserved name */
};
const char *config_check_url(const char *text, struct config_url *out);
const char *config_check_authority(const char *text, struct config_url *out);
const char *config_check_listen(const char *text, bool *loopback);
const char *config_check_networks(const char *text);

/* config_secret.c: files with secrets and the key that encrypts at rest. */
char *config_secret_read(struct config_source *source, const struct config_entry *entry);
bool config_key_read(struct config_source *source, struct config *config);

/* config_hosts.c: the hosts that we serve, after all platforms are known. */
bool config_hosts_build(struct config_source *source, struct config *config);
void config_warn(struct config *config, const char *format, ...) __attribute__((format(printf, 2, 3)));

char *config_copy(const char *text);

#endif
