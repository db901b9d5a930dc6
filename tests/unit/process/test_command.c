/* SPDX-License-Identifier: MIT
 *
 * Other programs: how they are started, spoken to and waited for. All tests are run twice, waiting by pidfd
 * and by SIGCHLD.
 */
#include "tests/unit/process/process.h"

#include <sys/wait.h>

static bool without_pidfd;

static plx_child started(struct plx_command command)
{
    plx_child child;
    command.without_pidfd = without_pidfd;
    assert_int_equal(plx_command_spawn(&command, &child), 0);
    assert_true(child.pid > 0);
    return child;
}

/* A line of sh; with the ends of pipes as told. */
static plx_child shell(const char *line, enum plx_child_stdio in, enum plx_child_stdio out)
{
    const char *const argv[] = {"sh", "-c", line, NULL};
    return started((struct plx_command){.argv = argv, .in = in, .out = out});
}

static plx_exit_status waited(plx_child *child)
{
    plx_exit_status status;
    assert_int_equal(RUN(plx_child_wait, plx_child_wait_new(child), &status), 0);
    return status;
}

static bool is_gone(pid_t pid)
{
    return kill(pid, 0) < 0 && errno == ESRCH;
}

/* All that it says, until its output ends. */
static void assert_says(plx_child *child, const char *text)
{
    struct plx_bytes bytes = {0};
    size_t count;
    assert_int_equal(
        RUN(plx_stream_read_to_end, plx_stream_read_to_end_new(&child->out, &bytes, SIZE_MAX), &count), 0);
    assert_int_equal(bytes.size, strlen(text));
    assert_memory_equal(bytes.at, text, bytes.size);
    plx_bytes_done(&bytes);
}

/* ── how they end ─────────────────────────────────────────────────────────────────────────────────────── */

static void with_a_code(void **state)
{
    static const int codes[] = {0, 1, 42, 255};
    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char line[16];
        snprintf(line, sizeof line, "exit %d", codes[i]);
        plx_child child = shell(line, PLX_INHERIT, PLX_INHERIT);
        plx_exit_status status = waited(&child);
        assert_int_equal(status.signal, 0);
        assert_int_equal(status.code, codes[i]);
        assert_int_equal(plx_exit_success(status), codes[i] == 0);
        plx_child_drop(&child);
    }
}

static void by_a_signal(void **state)
{
    plx_child child = shell("kill -USR1 $$; sleep 1000", PLX_INHERIT, PLX_INHERIT);
    plx_exit_status status = waited(&child);
    (void)state;
    assert_int_equal(status.signal, SIGUSR1);
    assert_false(plx_exit_success(status));
    plx_child_drop(&child);
}

static void killed(void **state)
{
    plx_child child = shell("exec sleep 1000", PLX_INHERIT, PLX_INHERIT);
    (void)state;
    assert_int_equal(plx_child_kill(&child, SIGTERM), 0);
    assert_int_equal(waited(&child).signal, SIGTERM);
    assert_int_equal(plx_child_kill(&child, SIGTERM), -ESRCH); /* the number may be another's by now */
    plx_child_drop(&child);
}

/* The status can be asked for again, and without a runtime. */
static void asked_again(void **state)
{
    plx_child child = shell("exit 7", PLX_INHERIT, PLX_INHERIT);
    plx_exit_status status;
    int ended;
    (void)state;
    wait_until((ended = plx_child_try_wait(&child, &status)));
    assert_int_equal(ended, 1);
    assert_int_equal(status.code, 7);
    assert_int_equal(waited(&child).code, 7);
    assert_int_equal(waited(&child).code, 7);
    plx_child_drop(&child);
    assert_int_equal(plx_child_try_wait(&child, &status), -ECHILD);
    assert_int_equal(RUN(plx_child_wait, plx_child_wait_new(&child), &status), -ECHILD);
}

PLX_HANDLE(wait_handle, plx_child_wait)

/* Many at a time, each with its own end. Those that wait by SIGCHLD may get one signal for several. */
static void twenty_at_once(void **state)
{
    enum { CHILDREN = 20 };
    plx_child children[CHILDREN];
    wait_handle waiting[CHILDREN];
    plx_exit_status status;
    (void)state;
    for (int i = 0; i < CHILDREN; i++) {
        char line[32];
        snprintf(line, sizeof line, "read x; exit %d", i);
        children[i] = shell(line, PLX_PIPED, PLX_INHERIT);
    }
    for (int i = 0; i < CHILDREN; i++) /* closes their input: now they go on */
        assert_int_equal(wait_handle_spawn_on(runtime, plx_child_wait_new(&children[i]), &waiting[i]), 0);
    for (int i = 0; i < CHILDREN; i++) {
        assert_int_equal(wait_handle_wait(&waiting[i], &status), 0);
        assert_int_equal(status.code, i);
        plx_child_drop(&children[i]);
    }
}

/* Another part of the program has waited for it. */
static void anothers_wait(void **state)
{
    plx_child child = shell("exit 0", PLX_INHERIT, PLX_INHERIT);
    plx_exit_status status;
    (void)state;
    assert_int_equal(waitpid(child.pid, NULL, 0), child.pid);
    assert_int_equal(RUN(plx_child_wait, plx_child_wait_new(&child), &status), -ECHILD);
    plx_child_drop(&child);
}

/* ── how they are started ─────────────────────────────────────────────────────────────────────────────── */

/* What the child's exec says comes out of spawn. */
static void that_do_not_start(void **state)
{
    const char *const none[] = {"pollux-no-such-program", NULL}, *const folder[] = {"/", NULL};
    const char *const empty[] = {NULL}, *const fine[] = {"true", NULL};
    plx_child child;
    (void)state;
    assert_int_equal(plx_command_spawn(&(struct plx_command){.argv = none, .in = PLX_PIPED}, &child),
                     -ENOENT);
    assert_int_equal(child.pid, 0);
    plx_child_drop(&child);
    assert_int_equal(plx_command_spawn(&(struct plx_command){.argv = folder}, &child), -EACCES);
    assert_int_equal(plx_command_spawn(&(struct plx_command){.argv = empty}, &child), -EINVAL);
    assert_int_equal(plx_command_spawn(&(struct plx_command){0}, &child), -EINVAL);
    assert_int_equal(plx_command_spawn(&(struct plx_command){.argv = fine, .cwd = "/none"}, &child), -ENOENT);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* and leaves no zombie */
    assert_int_equal(errno, ECHILD);
}

static void environment_and_folder(void **state)
{
    const char *const argv[] = {"/bin/sh", "-c", "echo $NAME; pwd", NULL};
    const char *const env[] = {"NAME=value", NULL};
    (void)state;
    plx_child child = started((struct plx_command){.argv = argv, .env = env, .cwd = "/", .out = PLX_PIPED});
    assert_says(&child, "value\n/\n");
    assert_true(plx_exit_success(waited(&child)));
    plx_child_drop(&child);
}

/* Descriptors that were made with O_CLOEXEC, all of ours, stay here; what we block or ignore does too. */
static void what_it_does_not_inherit(void **state)
{
    plx_stream reader, writer;
    char line[160];
    sigset_t all, old;
    (void)state;
    assert_int_equal(plx_pipe(&reader, &writer), 0);
    snprintf(line, sizeof line,
             "for fd in %d %d; do [ -e /proc/$$/fd/$fd ] && echo $fd; done; kill -PIPE $$; echo alive",
             plx_stream_fd(&reader), plx_stream_fd(&writer));
    signal(SIGPIPE, SIG_IGN);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    plx_child child = shell(line, PLX_NULL, PLX_PIPED);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    signal(SIGPIPE, SIG_DFL);
    assert_says(&child, "");
    assert_int_equal(waited(&child).signal, SIGPIPE);
    plx_child_drop(&child);
    plx_stream_drop(&reader);
    plx_stream_drop(&writer);
}

static plx_child attempted;

static int attempt_with(enum plx_child_stdio in, enum plx_child_stdio out, enum plx_child_stdio err)
{
    const char *const argv[] = {"sleep", "1000", NULL};
    return plx_command_spawn(&(struct plx_command){.argv = argv,
                                                   .in = in,
                                                   .out = out,
                                                   .err = err,
                                                   .kill_on_drop = true,
                                                   .without_pidfd = without_pidfd},
                             &attempted);
}

static int attempt_with_pipes(void)
{
    return attempt_with(PLX_PIPED, PLX_NULL, PLX_PIPED);
}

static int attempt_without(void)
{
    return attempt_with(PLX_INHERIT, PLX_INHERIT, PLX_INHERIT);
}

/* When it is the pidfd, the program has started already: it is killed, and waited for. */
static void no_descriptors_left(void **state)
{
    (void)state;
    with_ever_more_descriptors(attempt_with_pipes);
    plx_child_drop(&attempted);
    with_ever_more_descriptors(attempt_without);
    plx_child_drop(&attempted);
    wait_until(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

static void three_streams(void **state)
{
    const char *const argv[] = {"sh", "-c", "read line; echo \"out $line\"; echo \"err $line\" >&2", NULL};
    plx_child child = started(
        (struct plx_command){.argv = argv, .in = PLX_PIPED, .out = PLX_PIPED, .err = PLX_PIPED});
    char text[9];
    (void)state;
    assert_int_equal(write_all(&child.in, "line\n", 5), 0);
    assert_int_equal(read_exact(&child.err, text, 9), 0);
    assert_memory_equal(text, "err line\n", 9);
    assert_says(&child, "out line\n");
    assert_true(plx_exit_success(waited(&child)));
    plx_child_drop(&child);
}

/* In a program that has closed its own descriptors 0, 1 and 2 the pipes get these numbers. */
static void with_our_own_three_closed(void **state)
{
    int saved[3];
    (void)state;
    for (int i = 0; i < 3; i++) {
        saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
        close(i);
    }
    plx_child child;
    const char *const argv[] = {"sh", "-c", "read line; echo \"out $line\"; echo err >&2", NULL};
    int error = plx_command_spawn(
        &(struct plx_command){.argv = argv, .in = PLX_PIPED, .out = PLX_PIPED, .err = PLX_PIPED}, &child);
    for (int i = 0; i < 3; i++) { /* those that ours have become are moved away from here */
        plx_stream *stream = i == 0 ? &child.in : i == 1 ? &child.out : &child.err;
        if (!error && stream->io.fd < 3)
            stream->io.fd = fcntl(stream->io.fd, F_DUPFD_CLOEXEC, 10);
    }
    if (!error && !without_pidfd && child.ended.fd < 3)
        child.ended.fd = fcntl(child.ended.fd, F_DUPFD_CLOEXEC, 10);
    for (int i = 0; i < 3; i++) {
        dup2(saved[i], i);
        close(saved[i]);
    }
    assert_int_equal(error, 0);
    assert_int_equal(write_all(&child.in, "in\n", 3), 0);
    assert_says(&child, "out in\n");
    assert_true(plx_exit_success(waited(&child)));
    plx_child_drop(&child);
}

/* ── much, both ways ──────────────────────────────────────────────────────────────────────────────────── */

enum { MUCH = 1 << 20 };

PLX_HANDLE(write_handle, plx_stream_write_all)

/* cat answers before it has read all: who writes must not keep the one who reads from reading. */
static void a_mebibyte_through_cat(void **state)
{
    plx_child child = shell("exec cat", PLX_PIPED, PLX_PIPED);
    char *out = malloc(MUCH), *in = calloc(1, MUCH), more;
    write_handle writing;
    size_t count;
    (void)state;
    assert_true(out && in);
    for (int i = 0; i < MUCH; i++)
        out[i] = (char)((unsigned)i * 2654435761u >> 24);
    assert_int_equal(write_handle_spawn_on(runtime, plx_stream_write_all_new(&child.in, out, MUCH), &writing),
                     0);
    assert_int_equal(read_exact(&child.out, in, MUCH), 0);
    assert_int_equal(write_handle_wait(&writing, &count), 0);
    assert_memory_equal(in, out, MUCH);
    assert_true(plx_exit_success(waited(&child))); /* wait closes its input */
    assert_int_equal(read_some(&child.out, &more, 1, &count), 0);
    assert_int_equal(count, 0);
    plx_child_drop(&child);
    free(out);
    free(in);
}

/* ── dropped before they have ended ───────────────────────────────────────────────────────────────────── */

static void killed_on_drop(void **state)
{
    const char *const argv[] = {"sleep", "1000", NULL};
    plx_child child = started((struct plx_command){.argv = argv, .kill_on_drop = true});
    pid_t pid = child.pid;
    (void)state;
    plx_child_drop(&child);
    wait_until(is_gone(pid)); /* no zombie either: that would be there for kill */
}

/* A wait that is given up leaves the child alone. */
static void not_killed_by_a_wait_that_is_dropped(void **state)
{
    plx_child child = shell("read x; exit 3", PLX_PIPED, PLX_INHERIT);
    wait_handle waiting;
    plx_exit_status status;
    plx_stream in = PLX_MOVE(child.in);
    (void)state;
    assert_int_equal(wait_handle_spawn_on(runtime, plx_child_wait_new(&child), &waiting), 0);
    wait_until(plx_runtime_sources(runtime) == 1);
    wait_handle_abort(&waiting);
    assert_int_equal(wait_handle_wait(&waiting, &status), -ECANCELED);
    assert_int_equal(plx_child_try_wait(&child, &status), 0);
    plx_stream_drop(&in);
    assert_int_equal(waited(&child).code, 3);
    plx_child_drop(&child);
}

static void an_orphan_is_waited_for(void **state)
{
    plx_child child = shell("read x; exit 3", PLX_PIPED, PLX_INHERIT);
    plx_stream in = PLX_MOVE(child.in);
    pid_t pid = child.pid;
    (void)state;
    plx_child_drop(&child);
    assert_int_equal(kill(pid, 0), 0); /* it goes on */
    plx_stream_drop(&in);
    wait_until(is_gone(pid));
}

static void one_that_has_ended_already(void **state)
{
    plx_child child = shell("exit 3", PLX_INHERIT, PLX_INHERIT);
    pid_t pid = child.pid;
    siginfo_t info;
    (void)state;
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    plx_child_drop(&child);
    assert_true(is_gone(pid));
}

static void empty_children(void **state)
{
    plx_child none = {0};
    (void)state;
    assert_int_equal(plx_child_kill(&none, SIGTERM), -ESRCH);
    plx_child_drop(&none);
}

/* ThreadSanitizer puts a handler off until the thread calls something that it knows, and a worker that sleeps
 * on its futex does not: so in these tests one thread, which it knows to wait, takes every SIGCHLD. */
static void *take_signals(void *unused)
{
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    pthread_sigmask(SIG_UNBLOCK, &child, NULL);
    for (;;)
        pause();
    return unused;
}

static int start_taking_signals(void **state)
{
    sigset_t child;
    pthread_t thread;
    (void)state;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &child, NULL); /* the runtime's threads inherit that */
    without_pidfd = true;
    return pthread_create(&thread, NULL, take_signals, NULL) || pthread_detach(thread);
}

#define command_test(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        command_test(with_a_code),
        command_test(by_a_signal),
        command_test(killed),
        command_test(asked_again),
        command_test(twenty_at_once),
        command_test(anothers_wait),
        command_test(that_do_not_start),
        command_test(environment_and_folder),
        command_test(what_it_does_not_inherit),
        command_test(no_descriptors_left),
        command_test(three_streams),
        command_test(with_our_own_three_closed),
        command_test(a_mebibyte_through_cat),
        command_test(killed_on_drop),
        command_test(not_killed_by_a_wait_that_is_dropped),
        command_test(an_orphan_is_waited_for),
        command_test(one_that_has_ended_already),
        command_test(empty_children),
    };
    int failed = cmocka_run_group_tests_name("by pidfd", tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("by SIGCHLD", tests, start_taking_signals, NULL);
}
