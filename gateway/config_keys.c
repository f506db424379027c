#include <string.h>

#include "gateway/config_private.h"

static const struct {
    const char *section;
    const char *names; /* each between commas */
} known[] = {
    {"gateway", "public_url, listen, data_dir, workers, mode, trusted_proxies, node_name, contact, imprint, "
                "hold_seconds, key_file"},
    {"redis", "url, url_file"},
    {"fetch", "allow_private, ca_file"},
    {"federation", "mode"},
    {"limits", "address_per_second, host_per_second, inbox_queue, answers_mib, memory_mib"},
    {"admin", "listen, public_url"},
    {"ledger", "look_at_copies, notice_days"},
    {"log", "format, level"},
    {"host ", "account"},
    {"platform ", "adapter, host, token, token_file, admin_password, admin_password_file, webhook_secret, "
                  "webhook_secret_file, hold_seconds and "
                  "the adapter's own"},
};

/* A section that ends with a space in the table takes a name behind it. */
static const char *names_of(const char *section)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        size_t length = strlen(known[i].section);
        bool named = known[i].section[length - 1] == ' ';
        if (named ? strncmp(section, known[i].section, length) == 0 : strcmp(section, known[i].section) == 0)
            return known[i].names;
    }
    return NULL;
}

static bool is_word(const char *text, size_t maximum)
{
    size_t length = strlen(text);
    return length && length <= maximum && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

bool config_section_known(const char *section)
{
    if (strncmp(section, "platform ", 9) == 0)
        return is_word(section + 9, CONFIG_NAME_MAX);
    return names_of(section) != NULL;
}

bool config_key_known(const char *section, const char *name)
{
    if (strncmp(section, "platform ", 9) == 0)
        return is_word(name, CONFIG_NAME_MAX);
    const char *names = names_of(section);
    size_t length = strlen(name);
    for (const char *at = names; length && at && (at = strstr(at, name)); at += length)
        if ((at == names || at[-1] == ' ') && (at[length] == ',' || !at[length]))
            return true;
    return false;
}

const char *config_key_names(const char *section)
{
    return names_of(section);
}
