/* Each test gives up rights in a child process, tries what must fail and what must still work, and tells by
 * its exit code. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/hardening.h"
#include "gateway/sig/key.h"
#include "gateway/sig/key_memory.h"

/* 0, or the line of the first expectation that is not met. */
#define EXPECT(condition)                                                                                    \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            return __LINE__;                                                                                 \
    } while (0)
#define REFUSED(call) EXPECT((errno = 0, (call) < 0) && errno == EPERM)

static void in_child(int (*play)(void))
{
    int ends[2];
    int line = -1;
    int status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        line = play();
        if (write(ends[1], &line, sizeof line) != sizeof line)
            _exit(2);
        _exit(0);
    }
    (void)close(ends[1]);
    ssize_t length = read(ends[0], &line, sizeof line);
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (length != sizeof line)
        fail_msg("the child ended with %d and said nothing", status);
    if (line != 0)
        fail_msg("the expectation in line %d is not met", line);
}

static void *say_hello(void *context)
{
    return context;
}

static int try_what_a_worker_needs(void)
{
    pthread_t thread;
    void *said = NULL;
    unsigned char chance[8];
    EXPECT(pthread_create(&thread, NULL, say_hello, chance) == 0);
    EXPECT(pthread_join(thread, &said) == 0 && said == chance);
    EXPECT(getrandom(chance, sizeof chance, 0) == sizeof chance);
    int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    EXPECT(udp >= 0 && close(udp) == 0);
    int tcp = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT(tcp >= 0 && close(tcp) == 0);
    int hosts = open("/etc/hosts", O_RDONLY | O_CLOEXEC);
    EXPECT(hosts >= 0 && close(hosts) == 0);
    void *memory = malloc(4 << 20);
    EXPECT(memory != NULL);
    free(memory);
    return 0;
}

static int try_calls(void)
{
    static char *const nothing[] = {NULL};
    EXPECT(hardening_restrict_calls());
    REFUSED(execve("/bin/true", nothing, nothing));
    REFUSED(fork());
    REFUSED(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
    REFUSED(open("/tmp/drawbridge-forbidden", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    REFUSED(open("/dev/null", O_RDWR | O_CLOEXEC));
    REFUSED(mkdir("/tmp/drawbridge-forbidden", 0700));
    REFUSED(unlink("/tmp/drawbridge-forbidden"));
    REFUSED(rename("/tmp/drawbridge-forbidden", "/tmp/drawbridge-other"));
    REFUSED(chmod("/tmp", 0777));
    REFUSED(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    REFUSED(kill(getppid(), 0));
    REFUSED(syscall(SYS_bpf, 0, NULL, 0));
    REFUSED(syscall(SYS_unshare, 0));
    REFUSED(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0));
    EXPECT(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
           MAP_FAILED);
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT(page != MAP_FAILED);
    REFUSED(mprotect(page, 4096, PROT_READ | PROT_EXEC));
    return try_what_a_worker_needs();
}

static void calls_that_no_worker_makes_are_refused(void **state)
{
    (void)state;
    in_child(try_calls);
}

static int gate[2];

static void *wait_and_try(void *context)
{
    static char *const nothing[] = {NULL};
    char byte;
    if (read(gate[0], &byte, 1) != 1)
        return NULL;
    errno = 0;
    (void)execve("/bin/true", nothing, nothing);
    return errno == EPERM ? context : NULL;
}

static int try_from_a_thread(void)
{
    pthread_t thread;
    void *refused = NULL;
    EXPECT(pipe(gate) == 0 && pthread_create(&thread, NULL, wait_and_try, gate) == 0);
    EXPECT(hardening_restrict_calls());
    EXPECT(write(gate[1], "x", 1) == 1 && pthread_join(thread, &refused) == 0);
    EXPECT(refused == gate);
    return 0;
}

static void threads_that_run_already_are_bound_too(void **state)
{
    (void)state;
    in_child(try_from_a_thread);
}

static char folder[64];

static int try_writes(void)
{
    char path[96];
    if (!hardening_restrict_writes(folder))
        return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : __LINE__; /* a kernel without Landlock */
    (void)snprintf(path, sizeof path, "%s/inside", folder);
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    EXPECT(file >= 0 && write(file, "x", 1) == 1 && close(file) == 0);
    EXPECT(unlink(path) == 0);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    EXPECT(null >= 0 && close(null) == 0);
    (void)snprintf(path, sizeof path, "%s-outside", folder);
    EXPECT(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0 && errno == EACCES);
    EXPECT(mkdir(path, 0700) < 0 && errno == EACCES);
    EXPECT(symlink("/etc/passwd", path) < 0 && errno == EACCES);
    int hosts = open("/etc/hosts", O_RDONLY | O_CLOEXEC);
    EXPECT(hosts >= 0 && close(hosts) == 0);
    /* Nor can a program that is started. */
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", "echo x > \"$0\"", path, (char *)NULL);
        _exit(0);
    }
    int status = 0;
    EXPECT(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) != 0);
    EXPECT(access(path, F_OK) != 0);
    return 0;
}

static void only_the_data_folder_can_be_written(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/drawbridge-hardening-XXXXXX");
    assert_non_null(mkdtemp(folder));
    in_child(try_writes);
    assert_int_equal(rmdir(folder), 0);
}

static int try_all(void)
{
    struct rlimit core;
    struct config config = {.lab = true, .data_dir = folder};
    (void)setenv("DRAWBRIDGE_TEST_HARDENING", "1", 1);
    hardening_confine_all(&config);
    EXPECT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    EXPECT(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
    EXPECT(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0);
    EXPECT(umask(0) == 077);
    return 0;
}

static void the_whole_process_leaves_no_dump_and_gains_nothing(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/drawbridge-hardening-XXXXXX");
    assert_non_null(mkdtemp(folder));
    in_child(try_all);
    assert_int_equal(rmdir(folder), 0);
}

static int try_keys(void)
{
    static const unsigned char secret[32] = "nobody knows";
    unsigned char *sealed = NULL;
    size_t length = 0;
    struct config config = {.lab = true};
    (void)setenv("DRAWBRIDGE_TEST_HARDENING", "1", 1);
    EXPECT(key_memory_has_room());
    hardening_prepare_worker(&config);
    /* The library's sources of chance live there too, once they are used. */
    struct private_key *key = private_key_generate();
    private_key_seal(key, secret, &sealed, &length);
    private_key_free(key);
    free(sealed);
    size_t before = CRYPTO_secure_used();
    key = private_key_generate();
    /* The private exponent, both primes and what is computed from them: 896 bytes. */
    EXPECT(CRYPTO_secure_used() >= before + 896);
    private_key_seal(key, secret, &sealed, &length);
    private_key_free(key);
    EXPECT(CRYPTO_secure_used() == before);
    while (key_memory_has_room())
        EXPECT(OPENSSL_secure_malloc(65536) != NULL);
    /* Past the mark there is still room for keys in work, and past the end no crash. */
    EXPECT(private_key_open(secret, sealed, length) != NULL);
    for (size_t piece = 65536; piece >= 64; piece /= 2)
        while (OPENSSL_secure_malloc(piece))
            ;
    EXPECT(private_key_open(secret, sealed, length) == NULL);
    struct rlimit limit;
    EXPECT(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur <= DESCRIPTORS_MAX);
    return 0;
}

static void private_keys_live_in_their_own_memory_and_leave_it_wiped(void **state)
{
    (void)state;
    in_child(try_keys);
}

static int try_limit(void)
{
    struct config config = {.lab = false};
    struct rlimit limit;
    EXPECT(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 64;
    EXPECT(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    hardening_prepare_worker(&config);
    EXPECT(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    EXPECT(limit.rlim_cur == (limit.rlim_max < DESCRIPTORS_MAX ? limit.rlim_max : DESCRIPTORS_MAX));
    return 0;
}

static void the_limit_of_open_files_is_raised_and_clamped(void **state)
{
    (void)state;
    in_child(try_limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_that_no_worker_makes_are_refused),
        cmocka_unit_test(threads_that_run_already_are_bound_too),
        cmocka_unit_test(only_the_data_folder_can_be_written),
        cmocka_unit_test(the_whole_process_leaves_no_dump_and_gains_nothing),
        cmocka_unit_test(private_keys_live_in_their_own_memory_and_leave_it_wiped),
        cmocka_unit_test(the_limit_of_open_files_is_raised_and_clamped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
