/* SPDX-License-Identifier: MIT
 *
 * Polling a chain allocates nothing, and a spawned task takes a cell of a slab: the deck's "zero cost
 * abstraction", counted.
 *
 * This program has its own malloc and friends, which count what the test's thread asks for and pass it on to
 * libc. The sanitizers do the same for themselves; with them there is nothing to be counted here, and the
 * tests are skipped.
 */
#include "tests/support/leaf.h"

#include "lessons/04-chains/client.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined(__has_feature)
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || HAS_FEATURE(address_sanitizer) ||       \
    HAS_FEATURE(thread_sanitizer)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

/* Volatile: compilers take it for granted that malloc touches no variable of the program. */
static _Thread_local volatile bool counting;
static _Thread_local volatile int allocations, frees;

static void begin_to_count(void)
{
    allocations = frees = 0;
    counting = true;
}

static int end_of_count(void)
{
    counting = false;
    return allocations;
}

/* ── malloc and friends ───────────────────────────────────────────────────────────────────────────── */

#if !SANITIZED

/* dlsym may allocate before it has found the real functions: out of here, and it never comes back. */
static _Alignas(16) char bootstrap[4096];
static size_t bootstrap_used;

static void *from_bootstrap(size_t size)
{
    size_t begin = bootstrap_used;
    bootstrap_used += (size + 15) & ~(size_t)15;
    return bootstrap_used <= sizeof bootstrap ? bootstrap + begin : NULL;
}

static bool is_bootstrap(const void *memory)
{
    return (const char *)memory >= bootstrap && (const char *)memory < bootstrap + sizeof bootstrap;
}

static struct {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    void (*free)(void *);
} real;

/* ISO C knows no way from a data pointer to a function pointer; POSIX does. */
static void find(const char *name, void *slot)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(slot, &found, sizeof found);
}

/* At the program's first allocation, when there is one thread. False: it is dlsym's own. */
static bool find_real(void)
{
    static bool looking;
    if (real.free)
        return true;
    if (looking)
        return false;
    looking = true;
    find("malloc", &real.malloc);
    find("calloc", &real.calloc);
    find("realloc", &real.realloc);
    find("aligned_alloc", &real.aligned_alloc);
    find("free", &real.free);
    return true;
}

void *malloc(size_t size)
{
    allocations = allocations + counting;
    return find_real() ? real.malloc(size) : from_bootstrap(size);
}

void *calloc(size_t count, size_t size)
{
    allocations = allocations + counting;
    return find_real() ? real.calloc(count, size) : from_bootstrap(count * size);
}

void *realloc(void *memory, size_t size)
{
    allocations = allocations + counting;
    return find_real() ? real.realloc(memory, size) : NULL;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    allocations = allocations + counting;
    return find_real() ? real.aligned_alloc(alignment, size) : NULL;
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    *memory = aligned_alloc(alignment, size);
    return *memory ? 0 : ENOMEM;
}

void free(void *memory)
{
    if (!memory || is_bootstrap(memory) || !find_real())
        return;
    frees = frees + counting;
    real.free(memory);
}

#endif

/* ── the other end: a thread with plain blocking calls ────────────────────────────────────────────── */

static void say(int fd, const char *words, size_t size)
{
    if (send(fd, words, size, MSG_NOSIGNAL) != (ssize_t)size)
        print_message("the server could not write\n");
}

/* It pauses, so that the client is seen to wait: NotReady at every step. */
static void *serve_one(void *arg)
{
    char message[MESSAGE_BYTES];
    int fd = accept(*(int *)arg, NULL, NULL);
    if (recv(fd, message, sizeof message, MSG_WAITALL) == sizeof message) {
        usleep(2000);
        say(fd, WELCOME, 4);
        usleep(2000);
        say(fd, &WELCOME[4], MESSAGE_BYTES - 4);
    }
    if (recv(fd, message, sizeof message, MSG_WAITALL) == sizeof message) {
        usleep(2000);
        say(fd, ANSWER, MESSAGE_BYTES);
    }
    close(fd);
    return NULL;
}

struct other_end {
    int fd;
    pthread_t thread;
    struct plx_address address;
};

static void start_server(struct other_end *end)
{
    assert_int_equal(plx_address_parse("127.0.0.1:0", &end->address), 0);
    end->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(end->fd >= 0);
    assert_int_equal(bind(end->fd, (struct sockaddr *)&end->address.storage, end->address.length), 0);
    assert_int_equal(listen(end->fd, 8), 0);
    assert_int_equal(getsockname(end->fd, (struct sockaddr *)&end->address.storage, &end->address.length), 0);
    assert_int_equal(pthread_create(&end->thread, NULL, serve_one, &end->fd), 0);
}

static void stop_server(struct other_end *end)
{
    pthread_join(end->thread, NULL);
    close(end->fd);
}

static struct plx_runtime *one_thread(void)
{
    struct plx_runtime *runtime;
    assert_int_equal(plx_runtime_new(&(struct plx_runtime_options){.kind = PLX_CURRENT_THREAD}, &runtime), 0);
    return runtime;
}

/* ── the counts ───────────────────────────────────────────────────────────────────────────────────── */

PLX_HANDLE(client_handle, client)

/* The counter counts. */
static void test_counter(void **state)
{
    (void)state;
    if (SANITIZED)
        skip();
    begin_to_count();
    void *volatile memory = malloc(10);
    free(memory);
    memory = calloc(2, 10);
    memory = realloc(memory, 100);
    free(memory);
    memory = aligned_alloc(64, 64);
    free(memory);
    assert_int_equal(end_of_count(), 4);
    assert_int_equal(frees, 3);
}

static uint64_t run_client(struct plx_runtime *runtime, int *spawning, int *polling)
{
    struct other_end end;
    client_handle task;
    uint64_t value = 0;

    start_server(&end);
    struct session session = {.server = end.address};
    begin_to_count();
    int error = client_handle_spawn_on(runtime, client_new(&session), &task);
    *spawning = end_of_count();
    assert_int_equal(error, 0);
    begin_to_count();
    error = client_handle_wait(&task, &value);
    *polling = end_of_count();
    assert_int_equal(error, 0);
    stop_server(&end);
    return value;
}

/* From spawn to end over a real socket: the first task's slab, and none for the chain. What a socket needs in
 * the reactor is the reactor's: it is there after the first connection, and is used again, as the cell is. */
static void test_chain_over_tcp(void **state)
{
    struct plx_runtime *runtime = one_thread();
    int spawning, polling;
    (void)state;

    if (SANITIZED)
        skip();
    run_client(runtime, &spawning, &polling);
    assert_int_equal(spawning, 1);
    assert_int_equal(run_client(runtime, &spawning, &polling), 42);
    assert_int_equal(spawning, 0);
    assert_int_equal(polling, 1); /* for the thread that waits: its sleeper, which wakers may outlive */
    plx_runtime_free(runtime);
}

/* A box is one more. */
PLX_BOXED(boxed, uint64_t)

static void test_box(void **state)
{
    struct session session = {.server = {.length = 0}};
    (void)state;

    if (SANITIZED)
        skip();
    begin_to_count();
    boxed box = PLX_BOX(boxed, client, client_new(&session));
    boxed_drop(&box);
    assert_int_equal(end_of_count(), 1);
    assert_int_equal(frees, 1);
}

/* Notify, wakers, join handles and all tasks but the first need nothing: there is one for the thread that
 * waits. */
static void test_notify(void **state)
{
    struct plx_runtime *runtime = one_thread();
    plx_unit nothing;
    (void)state;

    if (SANITIZED)
        skip();
    PLX_BLOCK_ON(runtime, plx_yield, plx_yield_new(), &nothing);
    begin_to_count();
    for (int i = 0; i < 10; i++)
        PLX_BLOCK_ON(runtime, plx_yield, plx_yield_new(), &nothing);
    assert_int_equal(end_of_count(), 10);
    assert_int_equal(frees, 10);
    plx_runtime_free(runtime);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counter),
        cmocka_unit_test(test_chain_over_tcp),
        cmocka_unit_test(test_box),
        cmocka_unit_test(test_notify),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
