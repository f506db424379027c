#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/config_private.h"

enum { SECRET_MAX = 4096, KEY_DIGITS = 64 };

/* A whole small file without the white space at its end; NULL with errno. */
static char *read_small(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return NULL;
    char *text = calloc(1, SECRET_MAX + 1);
    if (!text)
        abort();
    ssize_t length = 0;
    ssize_t more = 0;
    while (length < SECRET_MAX && (more = read(file, text + length, (size_t)(SECRET_MAX - length))) > 0)
        length += more;
    int error = more < 0 ? errno : length == SECRET_MAX ? EFBIG : 0;
    (void)close(file);
    if (error) {
        OPENSSL_cleanse(text, SECRET_MAX);
        free(text);
        errno = error;
        return NULL;
    }
    while (length && strchr(" \t\r\n", text[length - 1]))
        text[--length] = '\0';
    return text;
}

char *config_secret_read(struct config_source *source, const struct config_entry *entry)
{
    char *text = read_small(entry->value);
    if (!text)
        (void)config_fail(source, entry->where, "%s cannot be read (%s); check its path and its owner",
                          entry->name, strerror(errno));
    else if (!text[0])
        (void)config_fail(source, entry->where, "the file of %s is empty; write the secret into it",
                          entry->name);
    return text;
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

static bool decode_key(const char *text, unsigned char out[32])
{
    if (strlen(text) != KEY_DIGITS)
        return false;
    for (size_t i = 0; i < KEY_DIGITS / 2; i++) {
        int high = hex_value(text[2 * i]);
        int low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}

static bool write_key(int file)
{
    unsigned char key[KEY_DIGITS / 2];
    char text[KEY_DIGITS + 2];
    if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key)
        abort();
    for (size_t i = 0; i < sizeof key; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", key[i]);
    text[KEY_DIGITS] = '\n';
    bool good = write(file, text, KEY_DIGITS + 1) == KEY_DIGITS + 1 && fsync(file) == 0;
    OPENSSL_cleanse(key, sizeof key);
    OPENSSL_cleanse(text, sizeof text);
    return good;
}

static void sync_folder(const char *path)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return;
    (void)fsync(folder);
    (void)close(folder);
}

/* The key appears whole or not at all, and only once, however many processes start at the same time. */
static bool make_key(const char *folder, const char *path)
{
    char *draft = NULL;
    if (asprintf(&draft, "%s.%ld", path, (long)getpid()) < 0)
        abort();
    int file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = file >= 0 && write_key(file);
    if (file >= 0)
        (void)close(file);
    good = good && (link(draft, path) == 0 || errno == EEXIST);
    int error = errno;
    (void)unlink(draft);
    free(draft);
    if (good)
        sync_folder(folder);
    errno = error;
    return good;
}

static bool use_key(struct config_source *source, struct config *config, const char *where, const char *path,
                    char *text)
{
    bool good = decode_key(text, config->key_secret);
    OPENSSL_cleanse(text, strlen(text));
    free(text);
    if (!good)
        return config_fail(source, where,
                           "the key in %s is not 64 hexadecimal digits; restore it, or make a new one with: "
                           "openssl rand -hex 32",
                           path);
    struct stat status;
    if (stat(path, &status) == 0 && (status.st_mode & 077))
        config_warn(config, "the key in %s can be read by others than its owner; run: chmod 600 %s", path,
                    path);
    return true;
}

static bool make_folder(struct config_source *source, struct config *config, const char *where)
{
    struct stat status;
    if (mkdir(config->data_dir, 0700) != 0 && errno != EEXIST)
        return config_fail(source, where, "data_dir %s cannot be made (%s); make it, owned by this user",
                           config->data_dir, strerror(errno));
    if (stat(config->data_dir, &status) != 0 || !S_ISDIR(status.st_mode))
        return config_fail(source, where, "data_dir %s is no folder; name another", config->data_dir);
    /* Whatever runs later, in whichever folder, means the same one. */
    char *absolute = realpath(config->data_dir, NULL);
    if (!absolute)
        return config_fail(source, where, "data_dir %s cannot be reached (%s); name another",
                           config->data_dir, strerror(errno));
    free(config->data_dir);
    config->data_dir = absolute;
    if (status.st_mode & 022)
        config_warn(config, "data_dir %s can be written by others than its owner; run: chmod 700 %s",
                    config->data_dir, config->data_dir);
    return true;
}

bool config_key_read(struct config_source *source, struct config *config)
{
    const struct config_entry *named = config_entry_find(source, "gateway", "key_file");
    const struct config_entry *folder = config_entry_find(source, "gateway", "data_dir");
    const char *where = folder ? folder->where : config_section_where(source, "gateway");
    if (!make_folder(source, config, where))
        return false;
    if (named) {
        char *text = config_secret_read(source, named);
        return text && use_key(source, config, named->where, named->value, text);
    }
    char *path = NULL;
    if (asprintf(&path, "%s/key", config->data_dir) < 0)
        abort();
    char *text = read_small(path);
    if (!text && errno == ENOENT && make_key(config->data_dir, path))
        text = read_small(path);
    bool good =
        text ? use_key(source, config, where, path, text)
             : config_fail(source, where, "%s cannot be read or made (%s); give its folder to this user",
                           path, strerror(errno));
    free(path);
    return good;
}
