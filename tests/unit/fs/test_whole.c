/* SPDX-License-Identifier: MIT
 *
 * Whole files, read and written in one future.
 */
#include "tests/unit/fs/files.h"

enum { LARGE = 3 * PLX__FS_PIECE + 7 };

static int read_whole(const char *path, struct plx_bytes *bytes)
{
    return RUN(plx_fs_read, plx_fs_read_new(path), bytes);
}

static void written_and_read(void **state)
{
    struct plx_bytes got;
    (void)state;
    assert_int_equal(DO(plx_fs_write, plx_fs_write_new(at("file"), "some text", 9)), 0);
    assert_holds(at("file"), "some text", 9);
    assert_int_equal(read_whole(at("file"), &got), 0);
    assert_int_equal(got.size, 9);
    assert_string_equal(got.at, "some text"); /* with a NUL */
    plx_bytes_done(&got);
    assert_int_equal(DO(plx_fs_write, plx_fs_write_new(at("file"), "less", 4)), 0);
    assert_holds(at("file"), "less", 4);
}

/* Sizes around those of the pieces, and of the room that is made. */
static void much(void **state)
{
    static const int sizes[] = {
        0, 1, 63, 64, 65, 4096, PLX__FS_PIECE - 1, PLX__FS_PIECE, PLX__FS_PIECE + 1, LARGE};
    char *bytes = malloc(LARGE);
    struct plx_bytes got;
    (void)state;
    assert_non_null(bytes);
    for (int i = 0; i < LARGE; i++)
        bytes[i] = (char)((unsigned)i * 2654435761u >> 24);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t size = (size_t)sizes[i];
        assert_int_equal(DO(plx_fs_write, plx_fs_write_new(at("file"), bytes, size)), 0);
        assert_int_equal(read_whole(at("file"), &got), 0);
        assert_int_equal(got.size, size);
        assert_memory_equal(got.at, bytes, size);
        assert_int_equal(got.at[size], '\0');
        plx_bytes_done(&got);
    }
    free(bytes);
}

/* It calls itself empty, and is not. */
static void a_file_that_does_not_say_its_size(void **state)
{
    struct plx_bytes got;
    (void)state;
    assert_int_equal(read_whole("/proc/self/status", &got), 0);
    assert_non_null(strstr(got.at, "VmRSS"));
    plx_bytes_done(&got);
}

static void how_they_fail(void **state)
{
    struct plx_bytes got;
    (void)state;
    assert_int_equal(read_whole(at("none"), &got), -ENOENT);
    assert_int_equal(read_whole(at(""), &got), -EISDIR);
    assert_int_equal(DO(plx_fs_write, plx_fs_write_new(at(""), "x", 1)), -EISDIR);
    assert_int_equal(DO(plx_fs_write, plx_fs_write_new("/dev/full", "x", 1)), -ENOSPC);
}

PLX_HANDLE(read_handle, plx_fs_read)

/* A file without an end, or so it seems: only a task that is cancelled between two pieces ends. (/dev/zero
 * says it is empty; the memory stays small when it is soon.) */
static void cancelled_in_the_middle(void **state)
{
    read_handle reading;
    struct plx_bytes got;
    (void)state;
    assert_int_equal(read_handle_spawn_on(runtime, plx_fs_read_new("/dev/zero"), &reading), 0);
    plx_runtime_free(runtime);
    assert_int_equal(read_handle_wait(&reading, &got), -ECANCELED);
    runtime = runtime_of((struct plx_runtime_options){.workers = workers});
}

typedef struct twice {
    plx_fs_read read;
    enum plx_answer second;
} twice;
typedef int twice_item;

static enum plx_answer twice_poll(twice *self, plx_context *cx, int *out)
{
    struct plx_bytes got;
    enum plx_answer first = plx_fs_read_poll(&self->read, cx, &got);
    if (first != PLX_READY)
        return first;
    plx_bytes_done(&got);
    *out = plx_fs_read_poll(&self->read, cx, &got) == PLX_FAILED ? cx->error.code : 0;
    return PLX_READY;
}

static void twice_drop(twice *self)
{
    plx_fs_read_drop(&self->read);
}

PLX_LEAF(twice)

/* conformance 60: an operation that has ended is not begun again. */
static void polled_after_its_end(void **state)
{
    int code;
    (void)state;
    put_file(at("file"), "text");
    assert_int_equal(RUN(twice, ((twice){.read = plx_fs_read_new(at("file"))}), &code), 0);
    assert_int_equal(code, -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        file_test(written_and_read),
        file_test(much),
        file_test(a_file_that_does_not_say_its_size),
        file_test(how_they_fail),
        file_test(cancelled_in_the_middle),
        file_test(polled_after_its_end),
    };
    return RUN_TWICE(tests);
}
