/* Foreign code inside the gateway's processes (and Redis'), as after a hole that nobody knew: preloaded, it
 * wakes when its process looks up the name "implant.example", tries what such code would, and says how that
 * went in the file TRUST_SEEN, which it has opened before anything was given up: "WHO WHAT yes" or "WHO WHAT
 * no". TRUST_OUTSIDE names a file outside of the data folder, TRUST_INSIDE one in it. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int seen = -1;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("TRUST_SEEN");
    if (path)
        seen = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
}

static void tell(const char *what, bool can)
{
    char line[200];
    int length =
        snprintf(line, sizeof line, "%s %s %s\n", program_invocation_short_name, what, can ? "yes" : "no");
    if (write(seen, line, (size_t)length) != length)
        abort();
}

static bool can_write(const char *name)
{
    const char *path = getenv(name);
    int file = path ? open(path, O_WRONLY | O_CREAT, 0600) : -1;
    if (file >= 0)
        (void)close(file);
    return file >= 0;
}

/* Asked of the kernel itself: the sanitizers in this process have opinions of their own. */
static bool can_fork(void)
{
    long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0)
        (void)syscall(SYS_exit_group, 0);
    return child > 0;
}

/* Of a program that is not there: whether it was even looked for. */
static bool can_start_programs(void)
{
    char *words[] = {NULL};
    (void)syscall(SYS_execve, "/nonexistent/program", words, words);
    return errno == ENOENT;
}

static bool can_make_code(void)
{
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    (void)munmap(memory, 4096);
    return true;
}

static bool can_open_socket(int family, int type)
{
    int descriptor = socket(family, type, 0);
    if (descriptor >= 0)
        (void)close(descriptor);
    return descriptor >= 0;
}

static bool can_read_parent(void)
{
    char byte;
    struct iovec here = {.iov_base = &byte, .iov_len = 1};
    struct iovec there = {.iov_base = (void *)begin, .iov_len = 1};
    return syscall(SYS_process_vm_readv, getppid(), &here, 1, &there, 1, 0) == 1;
}

static void try_all(void)
{
    tell("writes outside", can_write("TRUST_OUTSIDE"));
    tell("writes inside", can_write("TRUST_INSIDE"));
    tell("forks", can_fork());
    tell("starts programs", can_start_programs());
    tell("makes code", can_make_code());
    tell("opens packet sockets", can_open_socket(AF_PACKET, SOCK_DGRAM));
    tell("reads its parent", can_read_parent());
    tell("signals its parent", syscall(SYS_kill, getppid(), 0) == 0);
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = NULL;
    *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
    if (host && strcmp(host, "implant.example") == 0) {
        try_all();
        return EAI_NONAME;
    }
    return next ? next(host, service, hints, found) : EAI_SYSTEM;
}
