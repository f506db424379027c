#include "gateway/hardening.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gateway/log.h"

#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

enum { KEY_SLOT_MIN = 64 };

static bool is_wanted(const struct config *config)
{
#ifdef DRAWBRIDGE_SANITIZED
    return config->lab && getenv("DRAWBRIDGE_TEST_HARDENING");
#else
    (void)config;
    return true;
#endif
}

static void tell_missing(const char *what)
{
    log_write(LOG_WARNING, "this system does not protect the gateway as it could", "missing", what, "reason",
              strerror(errno), (char *)NULL);
}

/* ---- files
 * ----------------------------------------------------------------------------------------------------------
 */

/* Whatever changes a file or a folder; reading stays as it is. */
static const uint64_t writes = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                               LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                               LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                               LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                               LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

static uint64_t writes_of_version(long version)
{
    return writes | (version >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0) |
           (version >= 3 ? LANDLOCK_ACCESS_FS_TRUNCATE : 0);
}

static bool permit(int rules, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr beneath = {.allowed_access = access,
                                                 .parent_fd = open(path, O_PATH | O_CLOEXEC)};
    bool good = beneath.parent_fd >= 0 &&
                syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
    if (beneath.parent_fd >= 0)
        (void)close(beneath.parent_fd);
    return good;
}

bool hardening_restrict_writes(const char *folder)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return false;
    const struct landlock_ruleset_attr attributes = {.handled_access_fs = writes_of_version(version)};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    if (rules < 0)
        return false;
    const uint64_t of_file =
        attributes.handled_access_fs & (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE);
    bool good = permit(rules, folder, attributes.handled_access_fs) && permit(rules, "/dev/null", of_file) &&
                prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    int error = errno;
    (void)close(rules);
    errno = error;
    return good;
}

/* ---- the whole
 * ------------------------------------------------------------------------------------------------------ */

void hardening_confine_all(const struct config *config)
{
    (void)umask(077);
    if (!is_wanted(config))
        return;
    const struct rlimit none = {0};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        tell_missing("no new privileges");
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        tell_missing("no core dumps");
    if (!hardening_restrict_writes(config->data_dir))
        tell_missing("Landlock: files outside the data folder can be written by the supervisor and Redis");
}

static void limit_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > DESCRIPTORS_MAX ? DESCRIPTORS_MAX
                                                                                         : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_write(LOG_WARNING, "the limit of open files stays as it is", "reason", strerror(errno),
                  (char *)NULL);
}

/* The pages of some bytes neither go to disk nor into a dump. */
static bool lock_bytes(const void *bytes, size_t length)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = (uintptr_t)bytes & ~(page - 1);
    uintptr_t end = ((uintptr_t)bytes + length + page - 1) & ~(page - 1);
    return mlock(bytes, length) == 0 && madvise((void *)first, end - first, MADV_DONTDUMP) == 0;
}

void hardening_prepare_worker(const struct config *config)
{
    struct rlimit limit;
    limit_descriptors();
    if (!is_wanted(config))
        return;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_MEMLOCK, &limit);
    }
    /* 2: there is a heap, but not all of it could be locked. */
    if (CRYPTO_secure_malloc_init(LOCKED_KEYS_BYTES, KEY_SLOT_MIN) != 1)
        tell_missing("locked memory for private keys; raise the limit (ulimit -l) to 8192 KiB");
    if (!lock_bytes(config->key_secret, sizeof config->key_secret))
        tell_missing("locked memory for the key that opens private keys");
}

void hardening_confine_worker(const struct config *config)
{
    if (is_wanted(config) && !hardening_restrict_calls())
        tell_missing("seccomp: a worker may use every system call");
}
