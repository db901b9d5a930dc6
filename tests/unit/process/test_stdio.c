/* SPDX-License-Identifier: MIT
 *
 * Descriptors that are shared with other programs: read and written without waiting, and left as they were.
 */
#include "tests/unit/process/process.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>

/* What must never be changed about a descriptor that others share. */
static void assert_still_waits(int fd)
{
    assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
}

static plx_stream shared(int fd, enum plx_direction direction)
{
    plx_stream stream;
    assert_int_equal(plx_stream_of_shared_fd(fd, direction, &stream), 0);
    assert_still_waits(fd);
    return stream;
}

PLX_HANDLE(read_handle, plx_stream_read)

/* Ready with whether there is something to read just now; a stream that waits in its poll never says. */
typedef struct has_more {
    plx_stream *stream;
} has_more;
typedef int has_more_item;

static enum plx_answer has_more_poll(has_more *self, plx_context *cx, int *out)
{
    char byte;
    size_t count;
    enum plx_answer answer = plx_stream_poll_read(self->stream, cx, &byte, 1, &count);
    *out = answer == PLX_READY;
    return answer == PLX_FAILED ? PLX_FAILED : PLX_READY;
}

static void has_more_drop(has_more *self)
{
    (void)self;
}

PLX_LEAF(has_more)

/* A read that waits: the stream answers NotReady although the descriptor would wait. */
static void assert_waits_and_reads(int fd, int other)
{
    plx_stream in = shared(fd, PLX_READ);
    read_handle reading;
    char bytes[8];
    size_t count;
    assert_int_equal(read_handle_spawn_on(runtime, plx_stream_read_new(&in, bytes, sizeof bytes), &reading),
                     0);
    wait_until(plx_runtime_sources(runtime) == 1);
    assert_int_equal(write(other, "line\n", 5), 5);
    assert_int_equal(read_handle_wait(&reading, &count), 0);
    assert_int_equal(count, 5);
    assert_memory_equal(bytes, "line\n", 5);
    int more;
    assert_int_equal(RUN(has_more, (has_more){&in}, &more), 0);
    assert_false(more);
    assert_still_waits(fd);
    plx_stream_drop(&in);
    assert_true(fcntl(fd, F_GETFD) >= 0); /* still open */
}

static void a_pipe(void **state)
{
    int fd[2];
    char bytes[4];
    (void)state;
    assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
    assert_waits_and_reads(fd[0], fd[1]);
    plx_stream out = shared(fd[1], PLX_WRITE);
    assert_int_equal(write_all(&out, "back", 4), 0);
    assert_int_equal(read(fd[0], bytes, 4), 4);
    assert_memory_equal(bytes, "back", 4);
    assert_still_waits(fd[1]);
    plx_stream_drop(&out);
    close(fd[0]);
    close(fd[1]);
}

/* `program | true`: whoever read is gone before we begin. */
static void a_pipe_that_nobody_reads(void **state)
{
    int fd[2];
    plx_stream out;
    (void)state;
    signal(SIGPIPE, SIG_DFL);
    assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
    close(fd[0]);
    assert_int_equal(plx_stream_of_shared_fd(fd[1], PLX_WRITE, &out), 0);
    assert_int_equal(write_all(&out, "x", 1), -EPIPE);
    plx_stream_drop(&out);
    close(fd[1]);
}

static void a_terminal(void **state)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios raw;
    char bytes[4];
    (void)state;
    if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0) {
        if (master >= 0)
            close(master);
        skip(); /* no terminals here */
    }
    int terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(terminal >= 0);
    assert_int_equal(tcgetattr(terminal, &raw), 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(terminal, TCSANOW, &raw), 0);
    assert_waits_and_reads(terminal, master);
    plx_stream out = shared(terminal, PLX_WRITE);
    assert_int_equal(write_all(&out, "back", 4), 0);
    assert_int_equal(read(master, bytes, 4), 4);
    assert_memory_equal(bytes, "back", 4);
    assert_still_waits(terminal);
    plx_stream_drop(&out);
    close(terminal);
    close(master);
}

static void a_socket(void **state)
{
    int fd[2];
    char bytes[4];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
    assert_waits_and_reads(fd[0], fd[1]);
    plx_stream out = shared(fd[0], PLX_WRITE);
    assert_int_equal(write_all(&out, "back", 4), 0);
    assert_int_equal(read(fd[1], bytes, 4), 4);
    assert_still_waits(fd[0]);
    close(fd[1]);
    assert_int_equal(write_all(&out, "x", 1), -EPIPE);
    plx_stream_drop(&out);
    close(fd[0]);
}

/* The place in the file is shared as well: what we have read, the next program does not. */
static void a_file(void **state)
{
    char path[64], bytes[4];
    size_t count;
    (void)state;
    snprintf(path, sizeof path, "%s/file", test_folder());
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "onetwo", 6), 6);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    plx_stream in = shared(fd, PLX_READ);
    assert_int_equal(read_some(&in, bytes, 3, &count), 0);
    assert_int_equal(count, 3);
    plx_stream_drop(&in);
    assert_int_equal(read(fd, bytes, 3), 3);
    assert_memory_equal(bytes, "two", 3);
    plx_stream out = shared(fd, PLX_WRITE);
    assert_int_equal(write_all(&out, "more", 4), 0);
    plx_stream_drop(&out);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 10);
    close(fd);
}

static void the_null_device(void **state)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    char byte;
    size_t count = 1;
    (void)state;
    plx_stream both = shared(fd, PLX_READ);
    assert_int_equal(read_some(&both, &byte, 1, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(write_all(&both, "gone", 4), 0);
    plx_stream_drop(&both);
    close(fd);
}

static int attempted_fd;
static plx_stream attempted;

static int attempt(void)
{
    return plx_stream_of_shared_fd(attempted_fd, PLX_READ, &attempted);
}

static void no_descriptors_left(void **state)
{
    int pipes[2];
    (void)state;
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    int others[] = {pipes[0], open("/dev/null", O_RDWR | O_CLOEXEC),
                    socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    fds_with_runtime += 4;
    for (int i = 0; i < 3; i++) {
        attempted_fd = others[i];
        with_ever_more_descriptors(attempt);
        plx_stream_drop(&attempted);
        close(others[i]);
        fds_with_runtime--;
    }
    close(pipes[1]);
}

static void a_closed_descriptor(void **state)
{
    plx_stream none;
    (void)state;
    assert_int_equal(plx_stream_of_shared_fd(-1, PLX_READ, &none), -EBADF);
}

static void the_three_themselves(void **state)
{
    int saved = dup(STDIN_FILENO), fd[2];
    plx_stream in, out, err;
    char bytes[4];
    (void)state;
    assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
    assert_int_equal(dup2(fd[0], STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(plx_stdin(&in), 0);
    assert_int_equal(write(fd[1], "text", 4), 4);
    assert_int_equal(read_exact(&in, bytes, 4), 0);
    assert_memory_equal(bytes, "text", 4);
    plx_stream_drop(&in);
    assert_still_waits(STDIN_FILENO);
    dup2(saved, STDIN_FILENO);
    close(saved);
    close(fd[0]);
    close(fd[1]);
    assert_int_equal(plx_stdout(&out), 0);
    assert_int_equal(plx_stderr(&err), 0);
    plx_stream_drop(&out);
    plx_stream_drop(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        process_test(a_pipe),
        process_test(a_pipe_that_nobody_reads),
        process_test(a_terminal),
        process_test(a_socket),
        process_test(a_file),
        process_test(the_null_device),
        process_test(no_descriptors_left),
        process_test(a_closed_descriptor),
        process_test(the_three_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
