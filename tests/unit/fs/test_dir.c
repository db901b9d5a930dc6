/* SPDX-License-Identifier: MIT
 *
 * Folders read as streams.
 */
#include "tests/unit/fs/files.h"

enum { MANY = 100 }; /* more than three batches */

struct seen {
    char path[320];
    bool names[MANY];
    int count, folders, links;
    int stop_after; /* fails then; 0: never */
};

static struct seen seen_in(const char *path)
{
    struct seen seen = {.count = 0};
    snprintf(seen.path, sizeof seen.path, "%s", path);
    return seen;
}

static plx_fs_read_dir list(struct seen *seen)
{
    return plx_fs_read_dir_new(seen->path);
}

static plx_ok note(struct seen *seen, plx_fs_read_dir_item entry)
{
    int number = atoi(entry.name);
    assert_true(number >= 0 && number < MANY);
    assert_false(seen->names[number]);
    seen->names[number] = true;
    seen->folders += entry.kind == PLX_KIND_DIR;
    seen->links += entry.kind == PLX_KIND_SYMLINK;
    assert_true(entry.inode != 0);
    return ++seen->count == seen->stop_after ? plx_err(-ECANCELED) : plx_ok_new();
}

PLX_START(entries, struct seen, plx_fs_read_dir, list)
PLX_FOR_EACH(noted, entries, plx_ok, note)

static int read_dir(struct seen *seen)
{
    return DO(noted, noted_new(seen));
}

/* A file, a folder and a link in turn. */
static void make(int count)
{
    char name[16];
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%d", i);
        if (i % 3 == 0)
            put_file(at(name), "");
        else
            assert_int_equal(i % 3 == 1 ? mkdir(at(name), 0777) : symlink("nowhere", at(name)), 0);
    }
}

/* conformance 311, 313 */
static void every_entry_once(void **state)
{
    struct seen seen = seen_in(at(""));
    (void)state;
    make(MANY);
    assert_int_equal(read_dir(&seen), 0);
    assert_int_equal(seen.count, MANY);
    assert_int_equal(seen.folders, MANY / 3);
    assert_int_equal(seen.links, MANY / 3);
}

/* 30 entries and the two that are left out: the end comes with the batch's last. */
static void a_batch_that_ends_with_the_folder(void **state)
{
    (void)state;
    for (int count = 30; count <= 34; count += 2) {
        struct seen seen = seen_in(at(""));
        make(count);
        assert_int_equal(read_dir(&seen), 0);
        assert_int_equal(seen.count, count);
        end(NULL);
        begin(NULL);
    }
}

static void nothing_in_it(void **state)
{
    struct seen seen = seen_in(at(""));
    (void)state;
    assert_int_equal(read_dir(&seen), 0);
    assert_int_equal(seen.count, 0);
}

static void no_folder(void **state)
{
    struct seen seen = seen_in(at("none"));
    (void)state;
    assert_int_equal(read_dir(&seen), -ENOENT);
    put_file(at("0"), "");
    seen = seen_in(at("0"));
    assert_int_equal(read_dir(&seen), -ENOTDIR);
}

/* Dropped in the middle the folder is closed: `end` counts. */
static void left_in_the_middle(void **state)
{
    struct seen seen = seen_in(at(""));
    (void)state;
    seen.stop_after = 40;
    make(MANY);
    assert_int_equal(read_dir(&seen), -ECANCELED);
    assert_int_equal(seen.count, 40);
}

/* ── the end comes again, and an error does not end it ────────────────────────────────────────────────── */

typedef struct ask_again {
    plx_fs_read_dir stream;
    unsigned ends;
} ask_again;
typedef plx_unit ask_again_item;

static enum plx_answer ask_again_poll(ask_again *self, plx_context *cx, plx_unit *out)
{
    plx_fs_read_dir_item item;
    (void)out;
    while (self->ends < 3) {
        enum plx_answer answer = plx_fs_read_dir_poll(&self->stream, cx, &item);
        if (answer == PLX_NOT_READY)
            return PLX_NOT_READY;
        if (answer == PLX_FAILED && mkdir(self->stream.op.path, 0777) < 0)
            return PLX_FAILED;
        self->ends += answer == PLX_READY && item.end;
    }
    return PLX_READY;
}

static void ask_again_drop(ask_again *self)
{
    plx_fs_read_dir_drop(&self->stream);
}

PLX_LEAF(ask_again)

/* It fails, for there is no such folder; then there is one. */
static void polled_on(void **state)
{
    (void)state;
    assert_int_equal(DO(ask_again, ((ask_again){.stream = plx_fs_read_dir_new(at("later"))})), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        file_test(every_entry_once),   file_test(a_batch_that_ends_with_the_folder),
        file_test(nothing_in_it),      file_test(no_folder),
        file_test(left_in_the_middle), file_test(polled_on),
    };
    return RUN_TWICE(tests);
}
