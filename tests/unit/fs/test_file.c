/* SPDX-License-Identifier: MIT
 *
 * Files: opened, written, read, moved about in, asked about, cloned, closed; and how each of them fails.
 */
#include "tests/unit/fs/files.h"

enum { SIZE = 16 * 1024, LARGE = 5 * PLX__FS_PIECE / 2 };

static char bytes[LARGE], back[LARGE];

static void fill_bytes(void)
{
    for (int i = 0; i < LARGE; i++)
        bytes[i] = (char)((unsigned)i * 2654435761u >> 24);
    memset(back, 0, sizeof back);
}

static int write_all(plx_file *file, const void *from, size_t size)
{
    return RUN(plx_file_write_all, plx_file_write_all_new(PLX_MOVE(*file), from, size), file);
}

static int read_exact(plx_file *file, void *into, size_t size)
{
    return RUN(plx_file_read_exact, plx_file_read_exact_new(PLX_MOVE(*file), into, size), file);
}

static int seek(plx_file *file, int64_t offset, int from, uint64_t *place)
{
    plx_file_number item = {0};
    int error = RUN(plx_file_seek, plx_file_seek_new(PLX_MOVE(*file), offset, from), &item);
    *file = item.file;
    *place = item.number;
    return error;
}

static int read_some(plx_file *file, void *into, size_t size, uint64_t *count)
{
    plx_file_number item = {0};
    int error = RUN(plx_file_read, plx_file_read_new(PLX_MOVE(*file), into, size), &item);
    *file = item.file;
    *count = item.number;
    return error;
}

/* ── there and back ───────────────────────────────────────────────────────────────────────────────────── */

/* conformance 306, 313 */
static void created_written_and_read_back(void **state)
{
    plx_file file = opened(at("file"), PLX_CREATE);
    plx_file_stat_item about;
    uint64_t count;
    (void)state;
    fill_bytes();
    assert_int_equal(RUN(plx_file_stat, plx_file_stat_new(file), &about), 0);
    assert_int_equal(about.metadata.kind, PLX_KIND_FILE);
    assert_int_equal(about.metadata.size, 0);
    file = about.file;
    assert_int_equal(write_all(&file, bytes, SIZE), 0);
    assert_int_equal(RUN(plx_file_sync, plx_file_sync_new(PLX_MOVE(file), false), &file), 0);
    assert_int_equal(RUN(plx_file_sync, plx_file_sync_new(PLX_MOVE(file), true), &file), 0);
    assert_int_equal(DO(plx_file_close, plx_file_close_new(file)), 0);

    file = opened(at("file"), PLX_READ_ONLY);
    assert_int_equal(read_exact(&file, back, SIZE), 0);
    assert_memory_equal(back, bytes, SIZE);
    assert_int_equal(read_some(&file, back, SIZE, &count), 0);
    assert_int_equal(count, 0); /* the end */
    plx_file_drop(&file);
}

/* conformance 316: in pieces, and each goes on where the last has ended. */
static void much_is_moved_in_pieces(void **state)
{
    plx_file file = opened(at("file"), PLX_CREATE);
    uint64_t count;
    (void)state;
    fill_bytes();
    assert_int_equal(write_all(&file, bytes, LARGE), 0);
    plx_file_drop(&file);
    assert_holds(at("file"), bytes, LARGE);
    file = opened(at("file"), PLX_READ_ONLY);
    assert_int_equal(read_exact(&file, back, LARGE - 1), 0);
    assert_memory_equal(back, bytes, LARGE - 1);
    assert_int_equal(read_some(&file, back, SIZE, &count), 0);
    assert_int_equal(count, 1);
    plx_file_drop(&file);
}

static void nothing_at_all(void **state)
{
    plx_file file = opened(at("file"), PLX_CREATE_BOTH);
    uint64_t count;
    (void)state;
    assert_int_equal(write_all(&file, "", 0), 0);
    assert_int_equal(read_exact(&file, NULL, 0), 0);
    assert_int_equal(read_some(&file, NULL, 0, &count), 0);
    assert_int_equal(count, 0);
    plx_file_drop(&file);
    assert_holds(at("file"), "", 0);
}

/* ── places ───────────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 309, 313 */
static void seek_and_exact_reads(void **state)
{
    plx_file file = opened(at("file"), PLX_CREATE_BOTH);
    char five[5];
    uint64_t place;
    (void)state;
    assert_int_equal(write_all(&file, "Hello, world!", 13), 0);
    assert_int_equal(seek(&file, 7, SEEK_SET, &place), 0);
    assert_int_equal(place, 7);
    assert_int_equal(read_exact(&file, five, 5), 0);
    assert_memory_equal(five, "world", 5);
    assert_int_equal(seek(&file, -13, SEEK_END, &place), 0);
    assert_int_equal(place, 0);
    assert_int_equal(read_exact(&file, five, 5), 0);
    assert_memory_equal(five, "Hello", 5);
    assert_int_equal(seek(&file, -1, SEEK_CUR, &place), 0);
    assert_int_equal(place, 4);
    assert_int_equal(seek(&file, -1, SEEK_SET, &place), -EINVAL);
    assert_int_equal(plx_file_fd(&file), -1); /* who fails closes it */
}

/* conformance 310, 313 */
static void a_clone_shares_the_place(void **state)
{
    plx_file file = opened(at("file"), PLX_CREATE_BOTH);
    plx_file_pair pair;
    char two[2];
    uint64_t place;
    (void)state;
    assert_int_equal(write_all(&file, "abcdef", 6), 0);
    assert_int_equal(seek(&file, 0, SEEK_SET, &place), 0);
    assert_int_equal(RUN(plx_file_try_clone, plx_file_try_clone_new(file), &pair), 0);
    assert_int_not_equal(plx_file_fd(&pair.file), plx_file_fd(&pair.clone));
    assert_int_equal(read_exact(&pair.file, two, 2), 0);
    assert_int_equal(read_exact(&pair.clone, two, 2), 0);
    assert_memory_equal(two, "cd", 2);
    plx_file_drop(&pair.file);
    assert_int_equal(read_exact(&pair.clone, two, 2), 0);
    assert_memory_equal(two, "ef", 2);
    plx_file_drop(&pair.clone);
}

static void the_end_comes_too_early(void **state)
{
    plx_file file;
    char ten[10];
    (void)state;
    put_file(at("file"), "1234");
    file = opened(at("file"), PLX_READ_ONLY);
    assert_int_equal(read_exact(&file, ten, 10), PLX_UNEXPECTED_END);
    assert_int_equal(plx_file_fd(&file), -1);
}

static void appended(void **state)
{
    plx_file first = opened(at("file"), PLX_APPEND), second = opened(at("file"), PLX_APPEND);
    (void)state;
    assert_int_equal(write_all(&first, "one ", 4), 0);
    assert_int_equal(write_all(&second, "two ", 4), 0);
    assert_int_equal(write_all(&first, "three", 5), 0);
    plx_file_drop(&first);
    plx_file_drop(&second);
    assert_holds(at("file"), "one two three", 13);
}

static void cut_and_filled_up(void **state)
{
    plx_file file = opened(at("file"), PLX_CREATE);
    (void)state;
    assert_int_equal(write_all(&file, "abcdef", 6), 0);
    assert_int_equal(RUN(plx_file_set_len, plx_file_set_len_new(PLX_MOVE(file), 2), &file), 0);
    assert_int_equal(RUN(plx_file_set_len, plx_file_set_len_new(PLX_MOVE(file), 4), &file), 0);
    assert_holds(at("file"), "ab\0", 4);
    assert_int_equal(RUN(plx_file_set_len, plx_file_set_len_new(PLX_MOVE(file), -1), &file), -EINVAL);
}

static void permissions(void **state)
{
    plx_file file = opened(at("file"), PLX_CREATE);
    plx_file_stat_item about;
    (void)state;
    assert_int_equal(RUN(plx_file_set_permissions, plx_file_set_permissions_new(PLX_MOVE(file), 0640), &file),
                     0);
    assert_int_equal(RUN(plx_file_stat, plx_file_stat_new(file), &about), 0);
    assert_int_equal(about.metadata.permissions, 0640);
    assert_int_equal(about.metadata.links, 1);
    assert_int_equal(about.metadata.owner, getuid());
    plx_file_drop(&about.file);
}

/* ── opening ──────────────────────────────────────────────────────────────────────────────────────────── */

static int open_error(const char *path, struct plx_open_options options)
{
    plx_file file = {0};
    int error = RUN(plx_file_open, plx_file_open_new(path, options), &file);
    plx_file_drop(&file);
    return error;
}

static void options_that_make_no_sense(void **state)
{
    (void)state;
    assert_int_equal(open_error(at("file"), (struct plx_open_options){0}), -EINVAL);
    assert_int_equal(open_error(at("file"), (struct plx_open_options){.read = true, .create = true}),
                     -EINVAL);
    assert_int_equal(open_error(at("file"), (struct plx_open_options){.read = true, .truncate = true}),
                     -EINVAL);
    assert_int_equal(open_error(at("file"), (struct plx_open_options){.append = true, .truncate = true}),
                     -EINVAL);
    assert_false(exists(at("file")));
}

static void how_it_is_opened(void **state)
{
    const struct plx_open_options anew = {.write = true, .create_new = true, .mode = 0600};
    struct stat about;
    (void)state;
    assert_int_equal(open_error(at("file"), PLX_READ_ONLY), -ENOENT);
    assert_int_equal(open_error(at("file"), anew), 0);
    assert_int_equal(stat(at("file"), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(open_error(at("file"), anew), -EEXIST);
    put_file(at("file"), "text");
    assert_int_equal(open_error(at("file"), PLX_CREATE_BOTH), 0); /* does not throw away */
    assert_holds(at("file"), "text", 4);
    assert_int_equal(open_error(at("file"), PLX_CREATE), 0); /* does */
    assert_holds(at("file"), "", 0);
    assert_int_equal(open_error(at(""), PLX_CREATE), -EISDIR);
    assert_int_equal(symlink("file", at("link")), 0);
    assert_int_equal(open_error(at("link"), (struct plx_open_options){.read = true, .flags = O_NOFOLLOW}),
                     -ELOOP);
}

/* No other program gets it. */
static void closed_on_exec(void **state)
{
    plx_file file = opened(at("file"), PLX_CREATE);
    plx_file_pair pair;
    (void)state;
    assert_true(fcntl(plx_file_fd(&file), F_GETFD) & FD_CLOEXEC);
    assert_int_equal(RUN(plx_file_try_clone, plx_file_try_clone_new(file), &pair), 0);
    assert_true(fcntl(plx_file_fd(&pair.clone), F_GETFD) & FD_CLOEXEC);
    plx_file_drop(&pair.file);
    plx_file_drop(&pair.clone);
}

/* ── ownership ────────────────────────────────────────────────────────────────────────────────────────── */

static void empty_files(void **state)
{
    plx_file none = {0};
    plx_file_number number;
    plx_file_stat_item about;
    char byte;
    (void)state;
    assert_int_equal(plx_file_fd(&none), -1);
    assert_int_equal(plx_file_into_fd(&none), -1);
    plx_file_drop(&none);
    assert_int_equal(read_exact(&none, &byte, 1), -EBADF);
    assert_int_equal(write_all(&none, "x", 1), -EBADF);
    assert_int_equal(RUN(plx_file_read, plx_file_read_new(none, &byte, 1), &number), -EBADF);
    assert_int_equal(RUN(plx_file_stat, plx_file_stat_new(none), &about), -EBADF);
    assert_int_equal(RUN(plx_file_sync, plx_file_sync_new(none, false), &none), -EBADF);
    assert_int_equal(DO(plx_file_close, plx_file_close_new(none)), -EBADF);
}

static void the_wrong_direction(void **state)
{
    plx_file file = opened(at("file"), PLX_CREATE);
    char byte;
    (void)state;
    assert_int_equal(read_exact(&file, &byte, 1), -EBADF);
    file = opened(at("file"), PLX_READ_ONLY);
    assert_int_equal(write_all(&file, "x", 1), -EBADF);
}

/* A future that is dropped before it was polled has done nothing, and closes the file. */
static void dropped_before_it_began(void **state)
{
    plx_file file = opened(at("file"), PLX_CREATE);
    int fd = plx_file_fd(&file);
    plx_file_write_all writing = plx_file_write_all_new(file, "x", 1);
    (void)state;
    plx_file_write_all_drop(&writing);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    assert_holds(at("file"), "", 0);
}

static void into_its_descriptor_and_back(void **state)
{
    plx_file file = opened(at("file"), PLX_CREATE);
    int fd = plx_file_into_fd(&file);
    (void)state;
    assert_true(fd >= 0);
    plx_file_drop(&file); /* is empty */
    assert_true(fcntl(fd, F_GETFD) >= 0);
    file = plx_file_of(fd);
    assert_int_equal(write_all(&file, "here", 4), 0);
    plx_file_drop(&file);
    assert_holds(at("file"), "here", 4);
}

/* ── as a stream ──────────────────────────────────────────────────────────────────────────────────────── */

static void as_a_stream(void **state)
{
    plx_file file = opened(at("file"), PLX_CREATE_BOTH);
    plx_stream stream, moved;
    size_t count;
    (void)state;
    fill_bytes();
    assert_int_equal(plx_stream_of_file(&file, &stream), 0);
    assert_false(file.open);
    moved = PLX_MOVE(stream);
    assert_int_equal(RUN(plx_stream_write_all, plx_stream_write_all_new(&moved, bytes, LARGE), &count), 0);
    assert_int_equal(RUN(plx_stream_read, plx_stream_read_new(&moved, back, 1), &count), 0);
    assert_int_equal(count, 0);
    plx_stream_drop(&moved);

    file = opened(at("file"), PLX_READ_ONLY);
    assert_int_equal(plx_stream_of_file(&file, &stream), 0);
    assert_int_equal(RUN(plx_stream_read_exact, plx_stream_read_exact_new(&stream, back, LARGE), &count), 0);
    assert_memory_equal(back, bytes, LARGE);
    plx_stream_drop(&stream);
    assert_int_equal(plx_stream_of_file(&file, &stream), -EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        file_test(created_written_and_read_back),
        file_test(much_is_moved_in_pieces),
        file_test(nothing_at_all),
        file_test(seek_and_exact_reads),
        file_test(a_clone_shares_the_place),
        file_test(the_end_comes_too_early),
        file_test(appended),
        file_test(cut_and_filled_up),
        file_test(permissions),
        file_test(options_that_make_no_sense),
        file_test(how_it_is_opened),
        file_test(closed_on_exec),
        file_test(empty_files),
        file_test(the_wrong_direction),
        file_test(dropped_before_it_began),
        file_test(into_its_descriptor_and_back),
        file_test(as_a_stream),
    };
    return RUN_TWICE(tests);
}
