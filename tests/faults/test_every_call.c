/* SPDX-License-Identifier: MIT
 *
 * Everything that can fail does, once: for each function of libc that the library calls, and each of its
 * calls in turn, a small program is run in which just that call fails. Then
 *
 *     it does not hang,
 *     either all went well nevertheless, or the error has come out of one of its futures,
 *     no descriptor, thread or block of memory is left behind.
 *
 * Each run is a process of its own, so that one that goes wrong does not spoil the others.
 */
#include "tests/faults/interpose.h"
#include "tests/support/futures.h"

#include "lib/scheduler/blocking.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#if FAULTS_WORK

/* ── what a scenario tells ────────────────────────────────────────────────────────────────────────────── */

static struct {
    int codes[32];
    int count;
} told;

/* A future's error, or 0. Cancelled is nobody's fault. */
static int tell(int code)
{
    if (code && code != -ECANCELED && told.count < 32)
        told.codes[told.count++] = code;
    return code;
}

/* A handle that could not be waited for is still ours. */
#define WAIT(H, handle, item)                                                                                \
    do {                                                                                                     \
        tell(H##_wait(handle, item));                                                                        \
        H##_drop(handle);                                                                                    \
    } while (0)

static bool was_told(int code)
{
    for (int i = 0; i < told.count; i++)
        if (told.codes[i] == code)
            return true;
    return false;
}

static struct plx_runtime *build(struct plx_runtime_options options)
{
    struct plx_runtime *runtime = NULL;
    options.workers = 2;
    return tell(plx_runtime_new(&options, &runtime)) ? NULL : runtime;
}

/* ── a runtime, and tasks ─────────────────────────────────────────────────────────────────────────────── */

PLX_HANDLE(tally_handle, tally)

static void spawn_and_wait(struct plx_runtime *runtime)
{
    static struct tally_counts counts;
    tally_handle handle;
    uint64_t polls;
    if (!runtime)
        return;
    for (int i = 0; i < 3; i++)
        tell(PLX_SPAWN_ON(runtime, tally, tally_new(&counts, 2)));
    if (!tell(tally_handle_spawn_on(runtime, tally_new(&counts, 1), &handle)))
        WAIT(tally_handle, &handle, &polls);
    tell(PLX_BLOCK_ON(runtime, tally, tally_new(&counts, 1), &polls));
    tell(plx_runtime_wait_idle(runtime));
    plx_runtime_free(runtime);
}

static void runtimes(void)
{
    spawn_and_wait(build((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD}));
    spawn_and_wait(build((struct plx_runtime_options){.reactor_per_worker = true, .watchdog_ms = 1000}));
}

/* ── a server and its client ──────────────────────────────────────────────────────────────────────────── */

struct server_vars {
    plx_tcp_listener listener;
    plx_tcp_stream stream;
    char bytes[4];
};

typedef struct accept_one {
    plx_tcp_listener *listener;
} accept_one;
typedef plx_tcp_stream accept_one_item;

static enum plx_answer accept_one_poll(accept_one *self, plx_context *cx, plx_tcp_stream *out)
{
    struct plx_address peer;
    return plx_tcp_listener_poll_accept(self->listener, cx, out, &peer);
}

static void accept_one_drop(accept_one *self)
{
    (void)self;
}

PLX_LEAF(accept_one)

#define SERVER_AWAITS(AWAIT)                                                                                 \
    AWAIT(accepted, accept_one)                                                                              \
    AWAIT(read, plx_read_exact)                                                                              \
    AWAIT(written, plx_write_all)

static void server_cleanup(struct server_vars *my)
{
    plx_tcp_listener_drop(&my->listener);
    plx_tcp_stream_drop(&my->stream);
}

PLX_ASYNC(server, struct server_vars, plx_unit, SERVER_AWAITS, server_cleanup)
{
    PLX_BEGIN;
    PLX_AWAIT(my->stream, accepted, (accept_one){&my->listener});
    PLX_AWAIT(my->stream, read, plx_read_exact_new(PLX_MOVE(my->stream), my->bytes, 4));
    PLX_AWAIT(my->stream, written, plx_write_all_new(PLX_MOVE(my->stream), my->bytes, 4));
    PLX_RETURN((plx_unit){0});
    PLX_END;
}

PLX_HANDLE(server_handle, server)

struct client_vars {
    struct plx_address address;
    plx_tcp_stream stream;
    char bytes[4];
};

#define CLIENT_AWAITS(AWAIT)                                                                                 \
    AWAIT(connected, plx_tcp_connect)                                                                        \
    AWAIT(written, plx_write_all)                                                                            \
    AWAIT(read, plx_read_exact)

static void client_cleanup(struct client_vars *my)
{
    plx_tcp_stream_drop(&my->stream);
}

PLX_ASYNC(client, struct client_vars, plx_unit, CLIENT_AWAITS, client_cleanup)
{
    PLX_BEGIN;
    PLX_AWAIT(my->stream, connected, plx_tcp_connect_new(my->address));
    PLX_AWAIT(my->stream, written, plx_write_all_new(PLX_MOVE(my->stream), "four", 4));
    PLX_AWAIT(my->stream, read, plx_read_exact_new(PLX_MOVE(my->stream), my->bytes, 4));
    if (memcmp(my->bytes, "four", 4) != 0)
        PLX_FAIL(-EBADMSG);
    PLX_RETURN((plx_unit){0});
    PLX_END;
}

/* The server's listener goes with the server, so a client whose server has failed does not wait for it. */
static void serve_one(struct plx_runtime *runtime, server_handle *handle)
{
    struct server_vars vars = {0};
    struct plx_address any, address;
    plx_unit nothing;
    plx_address_parse("127.0.0.1:0", &any);
    if (tell(plx_tcp_listener_bind(any, &vars.listener)))
        return;
    address = vars.listener.address;
    if (!tell(server_handle_spawn_on(runtime, server_new(vars), handle)))
        tell(PLX_BLOCK_ON(runtime, client, client_new((struct client_vars){.address = address}), &nothing));
}

static void tcp_on(struct plx_runtime_options options)
{
    struct plx_runtime *runtime = build(options);
    server_handle handle = {0};
    plx_unit nothing;
    if (!runtime)
        return;
    serve_one(runtime, &handle);
    plx_runtime_free(runtime);
    if (handle.task)
        WAIT(server_handle, &handle, &nothing);
}

static void tcp_in_one_thread(void)
{
    tcp_on((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
}

static void tcp_in_a_pool(void)
{
    tcp_on((struct plx_runtime_options){.kind = PLX_THREAD_POOL});
}

static void tcp_with_poll(void)
{
    tcp_on((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD, .selector = &plx_poll});
}

/* ── timers, channels, locks ──────────────────────────────────────────────────────────────────────────── */

PLX_MPSC(post, int)
PLX_ONESHOT(reply, int)

struct teller_vars {
    post_sender sender;
    struct plx_mutex *mutex;
    plx_permit guard;
    int number;
};

static void teller_cleanup(struct teller_vars *my)
{
    plx_permit_drop(&my->guard);
    post_sender_drop(&my->sender);
}

#define TELLER_AWAITS(AWAIT)                                                                                 \
    AWAIT(locked, plx_mutex_lock)                                                                            \
    AWAIT(slept, plx_delay)                                                                                  \
    AWAIT(sent, post_send)

PLX_ASYNC(teller, struct teller_vars, plx_unit, TELLER_AWAITS, teller_cleanup)
{
    PLX_BEGIN;
    for (my->number = 1; my->number <= 3; my->number++) {
        PLX_AWAIT(my->guard, locked, plx_mutex_lock_new(my->mutex));
        PLX_AWAIT(PLX_NOTHING, slept, plx_delay_for(100000));
        plx_permit_drop(&my->guard);
        PLX_AWAIT(PLX_NOTHING, sent, post_send_new(&my->sender, my->number));
    }
    PLX_RETURN((plx_unit){0});
    PLX_END;
}

PLX_HANDLE(teller_handle, teller)

struct hearer_vars {
    post_receiver receiver;
    reply_sender reply;
    post_item item;
    int sum;
};

static void hearer_cleanup(struct hearer_vars *my)
{
    post_receiver_drop(&my->receiver);
    reply_sender_drop(&my->reply);
}

#define HEARER_AWAITS(AWAIT) AWAIT(heard, post_recv)

PLX_ASYNC(hearer, struct hearer_vars, plx_unit, HEARER_AWAITS, hearer_cleanup)
{
    PLX_BEGIN;
    for (;;) {
        PLX_AWAIT(my->item, heard, post_recv_new(&my->receiver));
        if (my->item.end)
            break;
        my->sum += my->item.value;
    }
    reply_send(&my->reply, my->sum);
    PLX_RETURN((plx_unit){0});
    PLX_END;
}

static struct plx_mutex mutex = PLX_MUTEX;

/* Two tell, one hears, and this thread waits for the sum. What cannot be spawned is dropped, and with it
 * its ends of the channels: then the others come to their ends as well. */
static void post_on(struct plx_runtime *runtime, teller_handle handles[2])
{
    struct hearer_vars hears = {0};
    struct teller_vars tells[2] = {{.mutex = &mutex}, {.mutex = &mutex}};
    reply_receiver reply;
    int sum;
    if (tell(reply_channel(&hears.reply, &reply)))
        return;
    if (tell(post_channel(1, &tells[0].sender, &hears.receiver))) {
        reply_sender_drop(&hears.reply);
        reply_receiver_drop(&reply);
        return;
    }
    if (tell(post_clone(&tells[0].sender, &tells[1].sender)))
        tells[1].sender = (post_sender){0};
    for (int i = 0; i < 2; i++)
        if (tells[i].sender.seat)
            tell(teller_handle_spawn_on(runtime, teller_new(tells[i]), &handles[i]));
    tell(PLX_SPAWN_ON(runtime, hearer, hearer_new(hears)));
    tell(PLX_WAIT(reply_receiver, reply, &sum));
}

static void timers_and_channels(void)
{
    struct plx_runtime *runtime = build((struct plx_runtime_options){.kind = PLX_THREAD_POOL});
    teller_handle handles[2] = {{0}, {0}};
    plx_unit nothing;
    if (!runtime)
        return;
    post_on(runtime, handles);
    for (int i = 0; i < 2; i++)
        if (handles[i].task)
            WAIT(teller_handle, &handles[i], &nothing);
    plx_runtime_free(runtime);
}

/* ── sections that block ──────────────────────────────────────────────────────────────────────────────── */

static int think(int *number, int *out)
{
    *out = *number;
    return 0;
}

PLX_BLOCKING(thought, int, int, think)
PLX_HANDLE(thought_handle, thought)

static void blocking(void)
{
    struct plx_runtime *runtime = build(
        (struct plx_runtime_options){.max_blocking = 1, .blocking_threads = 1});
    thought_handle sections[3], jobs[3];
    static int numbers[3];
    int out;
    if (!runtime)
        return;
    for (int i = 0; i < 3; i++) {
        tell(thought_handle_spawn_on(runtime, thought_new(&numbers[i]), &sections[i]));
        tell(PLX_SPAWN_BLOCKING_ON(runtime, thought, thought_new(&numbers[i]), &jobs[i]));
    }
    for (int i = 0; i < 3; i++) {
        if (sections[i].task)
            WAIT(thought_handle, &sections[i], &out);
        if (jobs[i].task)
            WAIT(thought_handle, &jobs[i], &out);
    }
    plx_runtime_free(runtime);
}

/* ── files ────────────────────────────────────────────────────────────────────────────────────────────── */

struct files_vars {
    plx_temp_dir_item folder;
    char one[256], two[256];
    struct plx_bytes bytes;
    plx_file file;
    plx_file_number read;
    char head[4];
};

static void files_cleanup(struct files_vars *my)
{
    plx_bytes_done(&my->bytes);
    plx_file_drop(&my->file);
    plx_file_drop(&my->read.file);
    plx_temp_dir_item_drop(&my->folder);
}

#define FILES_AWAITS(AWAIT)                                                                                  \
    AWAIT(made, plx_temp_dir)                                                                                \
    AWAIT(written, plx_fs_write)                                                                             \
    AWAIT(renamed, plx_fs_rename)                                                                            \
    AWAIT(read, plx_fs_read)                                                                                 \
    AWAIT(opened, plx_file_open)                                                                             \
    AWAIT(looked, plx_file_read)                                                                             \
    AWAIT(synced, plx_file_sync)                                                                             \
    AWAIT(closed, plx_file_close)                                                                            \
    AWAIT(removed, plx_fs_remove_dir_all)

static void name_them(struct files_vars *my)
{
    snprintf(my->one, sizeof my->one, "%s/one", my->folder.path.text);
    snprintf(my->two, sizeof my->two, "%s/two", my->folder.path.text);
}

PLX_ASYNC(files, struct files_vars, plx_unit, FILES_AWAITS, files_cleanup)
{
    PLX_BEGIN;
    PLX_AWAIT(my->folder, made, plx_temp_dir_new(NULL));
    name_them(my);
    PLX_AWAIT(PLX_NOTHING, written, plx_fs_write_new(my->one, "four", 4));
    PLX_AWAIT(PLX_NOTHING, renamed, plx_fs_rename_new(my->one, my->two));
    PLX_AWAIT(my->bytes, read, plx_fs_read_new(my->two));
    PLX_AWAIT(my->file, opened, plx_file_open_new(my->two, PLX_READ_ONLY));
    PLX_AWAIT(my->read, looked, plx_file_read_new(PLX_MOVE(my->file), my->head, 4));
    PLX_AWAIT(my->file, synced, plx_file_sync_new(PLX_MOVE(my->read.file), true));
    PLX_AWAIT(PLX_NOTHING, closed, plx_file_close_new(PLX_MOVE(my->file)));
    PLX_AWAIT(PLX_NOTHING, removed, plx_fs_remove_dir_all_new(my->folder.path.text));
    PLX_RETURN((plx_unit){0});
    PLX_END;
}

static void file_system(void)
{
    struct plx_runtime *runtime = build((struct plx_runtime_options){.kind = PLX_THREAD_POOL});
    plx_unit nothing;
    if (!runtime)
        return;
    tell(PLX_BLOCK_ON(runtime, files, files_new((struct files_vars){.read = {{0}, 0}}), &nothing));
    plx_runtime_free(runtime);
}

/* ── a program ────────────────────────────────────────────────────────────────────────────────────────── */

static void child_process(void)
{
    static const char *const argv[] = {"echo", "four", NULL};
    struct plx_runtime *runtime = build((struct plx_runtime_options){.kind = PLX_THREAD_POOL});
    plx_output_item output = {.status = {0}};
    if (!runtime)
        return;
    struct plx_command command = {.argv = (void *)argv};
    if (!tell(PLX_BLOCK_ON(runtime, plx_output, plx_output_new(command), &output)))
        plx_output_item_drop(&output);
    plx_runtime_free(runtime);
}

/* ── every call ───────────────────────────────────────────────────────────────────────────────────────── */

struct world {
    int fds, threads;
    long blocks;
};

static struct world look(void)
{
    struct world world = {count_own("fd"), count_own("task"), 0};
    world.blocks = fault_blocks();
    return world;
}

enum { NOT_REACHED = 0, ALL_WELL = 1, WRONG_ERROR, LEFT_DESCRIPTORS, LEFT_THREADS, LEFT_MEMORY, STATUSES };
static const char *const said[STATUSES] = {"",
                                           "",
                                           "told an error of its own",
                                           "left descriptors behind",
                                           "left threads behind",
                                           "left memory behind"};

/* What else it may be called: glibc says so when there is no memory for a thread, and a stream that breaks
 * tells both ends, of which the other one calls it so. */
static bool is_fitting(enum fault fault)
{
    int code = -fault_error(fault);
    return told.count == 0 || was_told(code) || (fault == FAULT_memory && was_told(-EAGAIN)) ||
           (fault == FAULT_memory && was_told(-ENOTCONN));
}

static int judge(enum fault fault, struct world before, struct world *now)
{
    for (int i = 0; i < 2000 && count_own("task") > before.threads; i++)
        usleep(1000); /* a joined thread leaves /proc a moment later */
    struct world after = *now = look();
    if (!is_fitting(fault))
        return WRONG_ERROR;
    if (after.fds != before.fds)
        return LEFT_DESCRIPTORS;
    if (after.threads != before.threads)
        return LEFT_THREADS;
    return after.blocks != before.blocks ? LEFT_MEMORY : ALL_WELL;
}

static int in_the_child(void (*scenario)(void), enum fault fault, unsigned nth)
{
    struct world before = look(), after;
    for (int number = 1; number < 32; number++)
        signal(number, SIG_DFL); /* cmocka would go on with the next test, here */
    alarm(30);
    fault_plan(fault, nth, fault_error(fault));
    scenario();
    bool came = fault_end();
    int status = judge(fault, before, &after);
    for (int i = 0; i < told.count && status > ALL_WELL; i++)
        fprintf(stderr, "    %s\n", plx_error_text(told.codes[i]));
    if (status > WRONG_ERROR)
        fprintf(stderr, "    %d, %d, %ld more than before\n", after.fds - before.fds,
                after.threads - before.threads, after.blocks - before.blocks);
    return came || status > ALL_WELL ? status : NOT_REACHED;
}

/* False: it does not make so many calls. */
static bool try(const char *name, void (*scenario)(void), enum fault fault, unsigned nth, unsigned *wrong)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(in_the_child(scenario, fault, nth));
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) <= ALL_WELL)
        return WEXITSTATUS(status) == ALL_WELL;
    (*wrong)++;
    const char *what = WIFEXITED(status)             ? said[WEXITSTATUS(status) % STATUSES]
                       : WTERMSIG(status) == SIGALRM ? "hung"
                                                     : strsignal(WTERMSIG(status));
    fprintf(stderr, "  %s: when call %u of %s failed, it %s\n", name, nth, fault_name(fault), what);
    return true;
}

static void every_call_fails_once(const char *name, void (*scenario)(void))
{
    unsigned all = 0, wrong = 0;
    scenario(); /* what libc keeps for later, it has now */
    scenario();
    assert_int_equal(told.count, 0);
    for (enum fault fault = 0; fault < FAULT_KINDS; fault++)
        for (unsigned nth = 1; wrong < 20 && try(name, scenario, fault, nth, &wrong); nth++)
            all++;
    printf("%s: %u calls, one after the other\n", name, all);
    assert_int_equal(wrong, 0);
}

#define TEST(scenario)                                                                                       \
    static void every_call_of_##scenario(void **state)                                                       \
    {                                                                                                        \
        (void)state;                                                                                         \
        every_call_fails_once(#scenario, scenario);                                                          \
    }

/* conformance 173, 208; real bugs 37, 40 */
TEST(runtimes)
TEST(tcp_in_one_thread)
TEST(tcp_in_a_pool)
TEST(tcp_with_poll)
TEST(timers_and_channels)
TEST(blocking)
TEST(file_system)
TEST(child_process)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_of_runtimes),
        cmocka_unit_test(every_call_of_tcp_in_one_thread),
        cmocka_unit_test(every_call_of_tcp_in_a_pool),
        cmocka_unit_test(every_call_of_tcp_with_poll),
        cmocka_unit_test(every_call_of_timers_and_channels),
        cmocka_unit_test(every_call_of_blocking),
        cmocka_unit_test(every_call_of_file_system),
        cmocka_unit_test(every_call_of_child_process),
    };
    return cmocka_run_group_tests(tests, fault_keep_stacks, NULL);
}

#else

static void with_a_sanitizer_there_are_no_faults(void **state)
{
    (void)state;
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(with_a_sanitizer_there_are_no_faults)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
