/* SPDX-License-Identifier: MIT
 *
 * Files and the pool's capacity: who waits for it, how often a system call is made, and where there is none.
 */
#include "tests/support/leaf.h"
#include "tests/unit/fs/files.h"

#include <signal.h>
#include <sys/syscall.h>

enum { TASKS = 50, BYTES = 4000 };

static void use_runtime(struct plx_runtime_options options)
{
    plx_runtime_free(runtime);
    runtime = runtime_of(options);
}

/* ── outside of a thread pool ─────────────────────────────────────────────────────────────────────────── */

/* conformance 314 */
static void on_a_single_thread(void **state)
{
    plx_file file;
    struct plx_bytes bytes;
    (void)state;
    use_runtime((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
    assert_int_equal(RUN(plx_file_open, plx_file_open_new(at("file"), PLX_CREATE), &file), -ENOTSUP);
    assert_false(exists(at("file")));
    assert_int_equal(RUN(plx_fs_read, plx_fs_read_new(at("file")), &bytes), -ENOTSUP);
}

/* conformance 314 */
static void outside_of_any_runtime(void **state)
{
    struct hand hand = HAND;
    plx_unit nothing;
    plx_fs_remove removing = plx_fs_remove_new(at("file"));
    plx_fs_read_dir_item entry;
    plx_fs_read_dir reading = plx_fs_read_dir_new(at(""));
    (void)state;
    put_file(at("file"), "");
    assert_int_equal(POLL(plx_fs_remove, &removing, &hand, &nothing), PLX_FAILED);
    assert_int_equal(hand.cx.error.code, -ENOTSUP);
    assert_true(exists(at("file")));
    plx_fs_remove_drop(&removing);
    assert_int_equal(POLL(plx_fs_read_dir, &reading, &hand, &entry), PLX_FAILED);
    assert_int_equal(hand.cx.error.code, -ENOTSUP);
    plx_fs_read_dir_drop(&reading);
    assert_int_equal(hand_wakers(&hand), 0);
}

PLX_HANDLE(bytes_handle, plx_fs_read)

/* A thread of the blocking pool may block by itself: there files work on every runtime. */
static void on_a_blocking_thread(void **state)
{
    bytes_handle reading;
    struct plx_bytes bytes;
    (void)state;
    put_file(at("file"), "text");
    assert_int_equal(truncate(at("file"), 3 * PLX__FS_PIECE), 0);
    use_runtime((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
    assert_int_equal(PLX_SPAWN_BLOCKING_ON(runtime, plx_fs_read, plx_fs_read_new(at("file")), &reading), 0);
    assert_int_equal(bytes_handle_wait(&reading, &bytes), 0);
    assert_int_equal(bytes.size, 3 * PLX__FS_PIECE);
    assert_string_equal(bytes.at, "text");
    plx_bytes_done(&bytes);
}

/* ── more tasks than may block ────────────────────────────────────────────────────────────────────────── */

/* One task: opens a file of its own, writes, syncs, seeks, reads it back and removes it. */
struct work_vars {
    int number;
    char path[320], out[32], back[32];
    plx_file file;
    plx_file_number at;
};

static void work_cleanup(struct work_vars *my)
{
    plx_file_drop(&my->file);
}

#define WORK_AWAITS(AWAIT)                                                                                   \
    AWAIT(open, plx_file_open)                                                                               \
    AWAIT(write, plx_file_write_all)                                                                         \
    AWAIT(sync, plx_file_sync)                                                                               \
    AWAIT(seek, plx_file_seek)                                                                               \
    AWAIT(read, plx_file_read_exact)                                                                         \
    AWAIT(remove, plx_fs_remove)

PLX_ASYNC(work, struct work_vars, plx_unit, WORK_AWAITS, work_cleanup)
{
    plx_unit nothing;
    PLX_BEGIN;
    PLX_AWAIT(my->file, open, plx_file_open_new(my->path, PLX_CREATE_BOTH));
    PLX_AWAIT(my->file, write, plx_file_write_all_new(PLX_MOVE(my->file), my->out, sizeof my->out));
    PLX_AWAIT(my->file, sync, plx_file_sync_new(PLX_MOVE(my->file), true));
    PLX_AWAIT(my->at, seek, plx_file_seek_new(PLX_MOVE(my->file), 0, SEEK_SET));
    my->file = my->at.file;
    PLX_AWAIT(my->file, read, plx_file_read_exact_new(PLX_MOVE(my->file), my->back, sizeof my->back));
    if (memcmp(my->out, my->back, sizeof my->out))
        PLX_FAIL(-EIO);
    PLX_AWAIT(nothing, remove, plx_fs_remove_new(my->path));
    PLX_RETURN(nothing);
    PLX_END;
}

PLX_HANDLE(work_handle, work)

static work work_of(int number)
{
    struct work_vars vars = {.number = number};
    snprintf(vars.path, sizeof vars.path, "%s", at(""));
    snprintf(vars.path + strlen(vars.path), 16, "/%d", number);
    snprintf(vars.out, sizeof vars.out, "task %d", number);
    return work_new(vars);
}

/* conformance 315 */
static void more_tasks_than_may_block(void **state)
{
    work_handle handles[TASKS];
    plx_unit nothing;
    (void)state;
    use_runtime((struct plx_runtime_options){.workers = workers, .max_blocking = 2});
    for (int i = 0; i < TASKS; i++)
        assert_int_equal(work_handle_spawn_on(runtime, work_of(i), &handles[i]), 0);
    for (int i = 0; i < TASKS; i++)
        assert_int_equal(work_handle_wait(&handles[i], &nothing), 0);
}

/* ── a system call is made once ───────────────────────────────────────────────────────────────────────── */

/* Counts how often a read was asked, and checks that the bytes come in the poll that takes them. */
struct account {
    atomic_int waits, early;
    atomic_int bytes[256];
};

typedef struct counted_read {
    plx_file_read read;
    struct account *account;
    int fd;
    char byte;
} counted_read;
typedef int counted_read_item;

static enum plx_answer counted_read_poll(counted_read *self, plx_context *cx, int *out)
{
    plx_file_number item;
    self->read.bytes = &self->byte;
    enum plx_answer answer = plx_file_read_poll(&self->read, cx, &item);
    if (answer == PLX_NOT_READY) {
        atomic_fetch_add(&self->account->waits, 1);
        atomic_fetch_add(&self->account->early, self->byte != 0);
    }
    if (answer != PLX_READY)
        return answer;
    plx_file_into_fd(&item.file); /* it is everybody's */
    *out = (unsigned char)self->byte;
    atomic_fetch_add(&self->account->bytes[*out], 1);
    return PLX_READY;
}

static void counted_read_drop(counted_read *self)
{
    plx_blocking_cancel(&self->read.op.section);
}

PLX_LEAF(counted_read)

/* conformance 316: many tasks read one pipe, byte by byte, and wait for each other. Every byte arrives once:
 * a read that were made again after it had taken its byte would lose one. */
static void no_byte_is_read_twice(void **state)
{
    static struct account account;
    unsigned char bytes[BYTES];
    int fd[2];
    (void)state;
    memset(&account, 0, sizeof account);
    use_runtime((struct plx_runtime_options){.workers = workers, .max_blocking = 1});
    assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
    for (int i = 0; i < BYTES; i++)
        bytes[i] = (unsigned char)(1 + i % 200);
    assert_int_equal(write(fd[1], bytes, BYTES), BYTES);
    for (int i = 0; i < BYTES; i++) {
        counted_read one = {plx_file_read_new(plx_file_of(fd[0]), NULL, 1), &account, fd[0], 0};
        assert_int_equal(PLX_SPAWN_ON(runtime, counted_read, one), 0);
    }
    assert_int_equal(plx_runtime_wait_idle(runtime), 0);
    for (int i = 0; i < 256; i++)
        assert_int_equal(account.bytes[i], i >= 1 && i <= 200 ? BYTES / 200 : 0);
    assert_int_equal(account.early, 0);
    close(fd[0]);
    close(fd[1]);
}

/* A section that is held until the test says so. */
static int hold(struct gate *gate, plx_unit *nothing)
{
    (void)nothing;
    atomic_fetch_add(&gate->polls, 1);
    wait_until(atomic_load(&gate->open));
    return 0;
}

PLX_BLOCKING(held, struct gate, plx_unit, hold)
PLX_HANDLE(byte_handle, counted_read)

/* The only place in the pool where one may block. */
static void take_the_place(struct gate *gate)
{
    assert_int_equal(PLX_SPAWN_ON(runtime, held, held_new(gate)), 0);
    wait_until(atomic_load(&gate->polls) == 1);
}

/* conformance 316: the read is NotReady while another blocks; then it takes what is there, once. */
static void a_read_that_had_to_wait(void **state)
{
    static struct account account;
    struct gate gate = {.open = false};
    byte_handle reading;
    char left[4];
    int fd[2], byte;
    (void)state;
    memset(&account, 0, sizeof account);
    use_runtime((struct plx_runtime_options){.workers = workers, .max_blocking = 1});
    assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
    assert_int_equal(write(fd[1], "abc", 3), 3);
    take_the_place(&gate);
    counted_read one = {plx_file_read_new(plx_file_of(fd[0]), NULL, 1), &account, fd[0], 0};
    assert_int_equal(byte_handle_spawn_on(runtime, one, &reading), 0);
    wait_until(atomic_load(&account.waits) > 0);
    atomic_store(&gate.open, true);
    assert_int_equal(byte_handle_wait(&reading, &byte), 0);
    assert_int_equal(byte, 'a');
    assert_int_equal(read(fd[0], left, sizeof left), 2);
    assert_memory_equal(left, "bc", 2);
    close(fd[0]);
    close(fd[1]);
}

/* conformance 185: one that is cancelled while it waits takes nothing, and nobody's turn. */
static void cancelled_while_it_waits(void **state)
{
    static struct account account;
    struct gate gate = {.open = false};
    byte_handle first, second;
    int fd[2], byte;
    (void)state;
    memset(&account, 0, sizeof account);
    use_runtime((struct plx_runtime_options){.workers = workers, .max_blocking = 1});
    assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
    assert_int_equal(write(fd[1], "a", 1), 1);
    take_the_place(&gate);
    counted_read one = {plx_file_read_new(plx_file_of(fd[0]), NULL, 1), &account, fd[0], 0};
    assert_int_equal(byte_handle_spawn_on(runtime, one, &first), 0);
    wait_until(atomic_load(&account.waits) == 1);
    assert_int_equal(byte_handle_spawn_on(runtime, one, &second), 0);
    wait_until(atomic_load(&account.waits) == 2);
    byte_handle_abort(&first);
    assert_int_equal(byte_handle_wait(&first, &byte), -ECANCELED);
    atomic_store(&gate.open, true);
    assert_int_equal(byte_handle_wait(&second, &byte), 0);
    assert_int_equal(byte, 'a');
    close(fd[0]);
    close(fd[1]);
}

/* ── streams of files ─────────────────────────────────────────────────────────────────────────────────── */

/* Asks the stream once, and goes. */
typedef struct ask {
    plx_stream *stream;
} ask;
typedef int ask_item;

static enum plx_answer ask_poll(ask *self, plx_context *cx, int *out)
{
    char byte;
    size_t count;
    *out = plx_stream_poll_read(self->stream, cx, &byte, 1, &count);
    return PLX_READY;
}

static void ask_drop(ask *self)
{
    (void)self;
}

PLX_LEAF(ask)

/* A stream of "text" in a pool whose only place is taken until the gate opens: asked once, in vain. */
static plx_stream stream_that_must_wait(struct gate *gate)
{
    plx_stream stream;
    int answer;
    put_file(at("file"), "text");
    use_runtime((struct plx_runtime_options){.workers = workers, .max_blocking = 1});
    plx_file file = opened(at("file"), PLX_READ_ONLY);
    assert_int_equal(plx_stream_of_file(&file, &stream), 0);
    take_the_place(gate);
    assert_int_equal(RUN(ask, (ask){&stream}, &answer), 0);
    assert_int_equal(answer, PLX_NOT_READY);
    return stream;
}

/* conformance 185: who asked a stream while there was no capacity, and has gone, has not taken it along. */
static void a_stream_that_is_asked_and_left(void **state)
{
    struct gate gate = {.open = false};
    struct plx_metadata about;
    plx_stream stream;
    char bytes[4];
    size_t count;
    (void)state;
    stream = stream_that_must_wait(&gate);
    atomic_store(&gate.open, true);
    assert_int_equal(RUN(plx_fs_metadata, plx_fs_metadata_new(at("file")), &about), 0);
    assert_int_equal(RUN(plx_stream_read_exact, plx_stream_read_exact_new(&stream, bytes, 4), &count), 0);
    assert_memory_equal(bytes, "text", 4);
    plx_stream_drop(&stream);
}

PLX_HANDLE(stream_handle, plx_stream_read)

/* It comes back by itself when there is capacity. */
static void a_stream_that_had_to_wait(void **state)
{
    struct gate gate = {.open = false};
    stream_handle reading;
    plx_stream stream;
    char bytes[4];
    size_t count;
    (void)state;
    stream = stream_that_must_wait(&gate);
    assert_int_equal(stream_handle_spawn_on(runtime, plx_stream_read_new(&stream, bytes, 4), &reading), 0);
    atomic_store(&gate.open, true);
    assert_int_equal(stream_handle_wait(&reading, &count), 0);
    assert_int_equal(count, 4);
    plx_stream_drop(&stream);
}

/* ── signals ──────────────────────────────────────────────────────────────────────────────────────────── */

static void nothing(int number)
{
    (void)number;
}

/* To every thread but this one: one of them is in read. */
static void interrupt_the_others(void)
{
    DIR *threads = opendir("/proc/self/task");
    const struct dirent *thread;
    assert_non_null(threads);
    while ((thread = readdir(threads)))
        if (atoi(thread->d_name) > 0 && atoi(thread->d_name) != gettid())
            syscall(SYS_tgkill, getpid(), atoi(thread->d_name), SIGUSR1);
    closedir(threads);
}

/* A read that waits is interrupted again and again, by a handler that does not ask for it to be resumed. */
static void a_signal_does_not_end_a_read(void **state)
{
    static struct account account;
    struct sigaction interrupt = {.sa_handler = nothing};
    byte_handle reading;
    int fd[2], byte;
    (void)state;
    assert_int_equal(sigaction(SIGUSR1, &interrupt, NULL), 0);
    assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
    counted_read one = {plx_file_read_new(plx_file_of(fd[0]), NULL, 1), &account, fd[0], 0};
    assert_int_equal(byte_handle_spawn_on(runtime, one, &reading), 0);
    for (int i = 0; i < 200; i++) {
        interrupt_the_others();
        sched_yield();
    }
    assert_int_equal(write(fd[1], "a", 1), 1);
    assert_int_equal(byte_handle_wait(&reading, &byte), 0);
    assert_int_equal(byte, 'a');
    signal(SIGUSR1, SIG_IGN); /* some may still be on their way */
    close(fd[0]);
    close(fd[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        file_test(on_a_single_thread),
        file_test(outside_of_any_runtime),
        file_test(on_a_blocking_thread),
        file_test(more_tasks_than_may_block),
        file_test(no_byte_is_read_twice),
        file_test(a_read_that_had_to_wait),
        file_test(cancelled_while_it_waits),
        file_test(a_signal_does_not_end_a_read),
        file_test(a_stream_that_is_asked_and_left),
        file_test(a_stream_that_had_to_wait),
    };
    return RUN_TWICE(tests);
}
