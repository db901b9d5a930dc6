/* SPDX-License-Identifier: MIT
 *
 * Descriptors as streams: pipes and sockets; several parts; and no SIGPIPE.
 */
#include "tests/unit/io/script.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static struct plx_runtime *runtime;

static int begin(void **state)
{
    (void)state;
    runtime = runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
    return 0;
}

static int end(void **state)
{
    (void)state;
    return plx_runtime_free(runtime);
}

static void a_pipe(plx_stream *reader, plx_stream *writer)
{
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(plx_stream_of_fd(fds[0], reader), 0);
    assert_int_equal(plx_stream_of_fd(fds[1], writer), 0);
}

static int write_all(plx_stream *stream, const void *bytes, size_t size)
{
    size_t count;
    return PLX_BLOCK_ON(runtime, plx_stream_write_all, plx_stream_write_all_new(stream, bytes, size), &count);
}

static int read_exact(plx_stream *stream, void *bytes, size_t size)
{
    size_t count;
    return PLX_BLOCK_ON(runtime, plx_stream_read_exact, plx_stream_read_exact_new(stream, bytes, size),
                        &count);
}

PLX_HANDLE(writing, plx_stream_write_all)

/* More than a pipe holds: the writer waits for the reader, and the reader for the writer. */
static void through_a_pipe(void **state)
{
    enum { MUCH = 300000 };
    plx_stream reader, writer;
    char *out = malloc(MUCH), *in = calloc(1, MUCH);
    writing handle;
    size_t count;
    (void)state;
    assert_true(out && in);
    memset(out, 'x', MUCH);
    a_pipe(&reader, &writer);
    assert_true(plx_stream_fd(&reader) >= 0);
    assert_int_equal(writing_spawn_on(runtime, plx_stream_write_all_new(&writer, out, MUCH), &handle), 0);
    assert_int_equal(read_exact(&reader, in, MUCH), 0);
    assert_int_equal(writing_wait(&handle, &count), 0);
    assert_memory_equal(in, out, MUCH);
    free(out);
    free(in);

    plx_unit nothing;
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_stream_shutdown, plx_stream_shutdown_new(&writer), &nothing),
                     0);
    assert_int_equal(plx_stream_fd(&writer), -1);
    assert_int_equal(read_exact(&reader, &(char){0}, 1), PLX_UNEXPECTED_END);
    plx_stream_drop(&reader);
    plx_stream_drop(&writer);
}

/* The default action of SIGPIPE would end this program. One that was blocked and pending before stays
 * pending. */
static void nobody_reads(void **state)
{
    plx_stream reader, writer;
    sigset_t pipe, pending, old;
    (void)state;
    signal(SIGPIPE, SIG_DFL);
    a_pipe(&reader, &writer);
    plx_stream_drop(&reader);
    assert_int_equal(write_all(&writer, "x", 1), -EPIPE);
    sigpending(&pending);
    assert_false(sigismember(&pending, SIGPIPE));
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &old);
    pthread_kill(pthread_self(), SIGPIPE);
    assert_int_equal(write_all(&writer, "x", 1), -EPIPE);
    sigpending(&pending);
    assert_true(sigismember(&pending, SIGPIPE));
    sigwaitinfo(&pipe, NULL);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    plx_stream_drop(&writer);
}

/* In one system call: a packet socket shows what each call moves. */
static void several_parts_in_one_call(void **state)
{
    int fds[2];
    plx_stream a, b;
    char one[2], two[2], three[8];
    const struct iovec out[] = {{"ab", 2}, {"", 0}, {"cdefg", 5}};
    const struct iovec in[] = {{one, 2}, {two, 2}, {three, 8}};
    size_t count;
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
    assert_int_equal(plx_stream_of_fd(fds[0], &a), 0);
    assert_int_equal(plx_stream_of_fd(fds[1], &b), 0);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_stream_writev, plx_stream_writev_new(&a, out, 3), &count), 0);
    assert_int_equal(write_all(&a, "next", 4), 0);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_stream_readv, plx_stream_readv_new(&b, in, 3), &count), 0);
    assert_int_equal(count, 7);
    assert_memory_equal(one, "ab", 2);
    assert_memory_equal(two, "cd", 2);
    assert_memory_equal(three, "efg", 3);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_stream_readv, plx_stream_readv_new(&b, in, 3), &count), 0);
    assert_int_equal(count, 4);
    plx_stream_drop(&a);
    plx_stream_drop(&b);
}

static void parts_through_a_pipe(void **state)
{
    plx_stream reader, writer;
    char one[2], two[8];
    const struct iovec out[] = {{"ab", 2}, {"cdefg", 5}}, in[] = {{one, 2}, {two, 8}};
    size_t count;
    (void)state;
    a_pipe(&reader, &writer);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_stream_writev, plx_stream_writev_new(&writer, out, 2), &count),
                     0);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_stream_readv, plx_stream_readv_new(&reader, in, 2), &count),
                     0);
    assert_int_equal(count, 7);
    assert_memory_equal(two, "cdefg", 5);
    plx_stream_drop(&reader);
    plx_stream_drop(&writer);
}

static void what_is_no_stream(void **state)
{
    plx_stream stream;
    (void)state;
    assert_int_equal(plx_stream_of_fd(-1, &stream), -EBADF);
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(plx_stream_of_fd(fd, &stream), -EPERM);
    close(fd);
}

/* A device that cannot be waited for, and never has to be. */
static void the_null_device(void **state)
{
    plx_stream stream;
    (void)state;
    assert_int_equal(plx_stream_of_fd(open("/dev/null", O_RDWR | O_CLOEXEC), &stream), 0);
    assert_int_equal(write_all(&stream, "gone", 4), 0);
    assert_int_equal(read_exact(&stream, &(char){0}, 1), PLX_UNEXPECTED_END);
    plx_stream_drop(&stream);
}

#define fd_test(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        fd_test(through_a_pipe),       fd_test(nobody_reads),      fd_test(several_parts_in_one_call),
        fd_test(parts_through_a_pipe), fd_test(what_is_no_stream), fd_test(the_null_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
