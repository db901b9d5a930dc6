/* SPDX-License-Identifier: MIT
 *
 * Files and folders by their names, and temporary ones.
 */
#include "tests/unit/fs/files.h"

#include <limits.h>

static struct plx_metadata about(const char *path)
{
    struct plx_metadata metadata;
    assert_int_equal(RUN(plx_fs_metadata, plx_fs_metadata_new(path), &metadata), 0);
    return metadata;
}

/* ── about them ───────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 308, 313 */
static void metadata_of_what_is_missing_and_then_is_not(void **state)
{
    struct plx_metadata metadata;
    struct stat real;
    (void)state;
    assert_int_equal(RUN(plx_fs_metadata, plx_fs_metadata_new(at("file")), &metadata), -ENOENT);
    put_file(at("file"), "12345");
    metadata = about(at("file"));
    assert_int_equal(metadata.kind, PLX_KIND_FILE);
    assert_int_equal(metadata.size, 5);
    assert_int_equal(stat(at("file"), &real), 0);
    assert_int_equal(metadata.inode, real.st_ino);
    assert_int_equal(metadata.modified_ns, real.st_mtim.tv_sec * 1000000000 + real.st_mtim.tv_nsec);
    assert_int_equal(about(at("")).kind, PLX_KIND_DIR);
    assert_int_equal(about("/dev/null").kind, PLX_KIND_DEVICE);
}

static void permissions_by_name(void **state)
{
    (void)state;
    put_file(at("file"), "");
    assert_int_equal(DO(plx_fs_set_permissions, plx_fs_set_permissions_new(at("file"), 0600)), 0);
    assert_int_equal(about(at("file")).permissions, 0600);
    assert_int_equal(DO(plx_fs_set_permissions, plx_fs_set_permissions_new(at("none"), 0600)), -ENOENT);
}

/* ── folders ──────────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 311, 313 */
static void folders_made_and_removed(void **state)
{
    (void)state;
    assert_int_equal(DO(plx_fs_create_dir, plx_fs_create_dir_new(at("a"), 0700)), 0);
    assert_int_equal(about(at("a")).permissions, 0700);
    assert_int_equal(DO(plx_fs_create_dir, plx_fs_create_dir_new(at("a"), 0700)), -EEXIST);
    assert_int_equal(DO(plx_fs_create_dir, plx_fs_create_dir_new(at("a/b/c"), 0700)), -ENOENT);
    assert_int_equal(mkdir(at("a/b"), 0700), 0);
    assert_int_equal(DO(plx_fs_remove_dir, plx_fs_remove_dir_new(at("a"))), -ENOTEMPTY);
    assert_int_equal(DO(plx_fs_remove_dir, plx_fs_remove_dir_new(at("a/b"))), 0);
    assert_int_equal(DO(plx_fs_remove_dir, plx_fs_remove_dir_new(at("a"))), 0);
    assert_false(exists(at("a")));
}

/* conformance 311, 313 */
static void folders_made_with_those_that_lead_to_them(void **state)
{
    (void)state;
    assert_int_equal(DO(plx_fs_create_dir_all, plx_fs_create_dir_all_new(at("a//b/c/"), 0777)), 0);
    assert_true(exists(at("a/b/c")));
    assert_int_equal(DO(plx_fs_create_dir_all, plx_fs_create_dir_all_new(at("a/b/c"), 0777)), 0);
    assert_int_equal(DO(plx_fs_create_dir_all, plx_fs_create_dir_all_new("/", 0777)), 0);
    assert_int_equal(DO(plx_fs_create_dir_all, plx_fs_create_dir_all_new("", 0777)), -ENOENT);
    put_file(at("a/file"), "");
    assert_int_equal(DO(plx_fs_create_dir_all, plx_fs_create_dir_all_new(at("a/file"), 0777)), -EEXIST);
    assert_int_not_equal(DO(plx_fs_create_dir_all, plx_fs_create_dir_all_new(at("a/file/b"), 0777)), 0);
}

/* What a link in the tree leads to stays. */
static void a_whole_tree_is_removed(void **state)
{
    char name[64];
    (void)state;
    assert_int_equal(mkdir(at("kept"), 0777), 0);
    put_file(at("kept/file"), "kept");
    assert_int_equal(mkdir(at("tree"), 0777), 0);
    assert_int_equal(mkdir(at("tree/a"), 0777), 0);
    assert_int_equal(mkdir(at("tree/a/b"), 0777), 0);
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "tree/a/b/%d", i);
        put_file(at(name), "");
    }
    assert_int_equal(mkfifo(at("tree/pipe"), 0600), 0);
    assert_int_equal(symlink("../kept", at("tree/link")), 0);
    assert_int_equal(symlink("kept", at("link")), 0);

    assert_int_equal(DO(plx_fs_remove_dir_all, plx_fs_remove_dir_all_new(at("tree"))), 0);
    assert_false(exists(at("tree")));
    assert_int_equal(DO(plx_fs_remove_dir_all, plx_fs_remove_dir_all_new(at("link"))), 0);
    assert_false(exists(at("link")));
    assert_holds(at("kept/file"), "kept", 4);
    assert_int_equal(DO(plx_fs_remove_dir_all, plx_fs_remove_dir_all_new(at("tree"))), -ENOENT);
    assert_int_equal(DO(plx_fs_remove_dir_all, plx_fs_remove_dir_all_new(at("kept/file"))), -ENOTDIR);
    assert_true(exists(at("kept/file")));
}

/* ── names ────────────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 312, 313 */
static void a_second_name(void **state)
{
    (void)state;
    put_file(at("file"), "text");
    assert_int_equal(DO(plx_fs_link, plx_fs_link_new(at("file"), at("other"))), 0);
    assert_int_equal(about(at("other")).inode, about(at("file")).inode);
    assert_int_equal(about(at("file")).links, 2);
    assert_int_equal(DO(plx_fs_link, plx_fs_link_new(at("file"), at("other"))), -EEXIST);
    assert_int_equal(DO(plx_fs_remove, plx_fs_remove_new(at("file"))), 0);
    assert_holds(at("other"), "text", 4);
}

/* conformance 312, 313 */
static void links_that_hold_a_name(void **state)
{
    struct plx_metadata metadata;
    plx_path held;
    (void)state;
    put_file(at("file"), "text");
    assert_int_equal(DO(plx_fs_symlink, plx_fs_symlink_new("file", at("link"))), 0);
    assert_int_equal(RUN(plx_fs_read_link, plx_fs_read_link_new(at("link")), &held), 0);
    assert_string_equal(held.text, "file");
    plx_path_drop(&held);
    assert_null(held.text);
    assert_int_equal(about(at("link")).kind, PLX_KIND_FILE);
    assert_int_equal(RUN(plx_fs_symlink_metadata, plx_fs_symlink_metadata_new(at("link")), &metadata), 0);
    assert_int_equal(metadata.kind, PLX_KIND_SYMLINK);
    assert_int_equal(RUN(plx_fs_read_link, plx_fs_read_link_new(at("file")), &held), -EINVAL);
    assert_int_equal(DO(plx_fs_remove, plx_fs_remove_new(at("link"))), 0);
    assert_true(exists(at("file")));
}

/* readlink does not say how much room it wants. */
static void a_link_that_holds_a_long_name(void **state)
{
    char name[1025];
    plx_path held;
    (void)state;
    for (size_t length = 255; length < sizeof name; length += 256 + (length == 255)) {
        memset(name, 'x', length);
        name[length] = '\0';
        assert_int_equal(symlink(name, at("long")), 0);
        assert_int_equal(RUN(plx_fs_read_link, plx_fs_read_link_new(at("long")), &held), 0);
        assert_string_equal(held.text, name);
        plx_path_drop(&held);
        assert_int_equal(unlink(at("long")), 0);
    }
}

static void renamed_and_removed(void **state)
{
    (void)state;
    put_file(at("old"), "text");
    put_file(at("new"), "replaced");
    assert_int_equal(DO(plx_fs_rename, plx_fs_rename_new(at("old"), at("new"))), 0);
    assert_holds(at("new"), "text", 4);
    assert_int_equal(DO(plx_fs_rename, plx_fs_rename_new(at("old"), at("new"))), -ENOENT);
    assert_int_equal(DO(plx_fs_remove, plx_fs_remove_new(at(""))), -EISDIR);
    assert_int_equal(DO(plx_fs_remove, plx_fs_remove_new(at("new"))), 0);
    assert_int_equal(DO(plx_fs_remove, plx_fs_remove_new(at("new"))), -ENOENT);
}

static void the_path_itself(void **state)
{
    char real[PATH_MAX];
    plx_path path;
    (void)state;
    put_file(at("file"), "");
    assert_non_null(realpath(at("file"), real));
    assert_int_equal(symlink("./../now/file", at("link")), 0);
    assert_int_equal(RUN(plx_fs_canonicalize, plx_fs_canonicalize_new(at("link")), &path), 0);
    assert_string_equal(path.text, real);
    plx_path_drop(&path);
    assert_int_equal(RUN(plx_fs_canonicalize, plx_fs_canonicalize_new(at("none")), &path), -ENOENT);
}

/* ── temporary ones ───────────────────────────────────────────────────────────────────────────────────── */

static int entries(const char *path)
{
    DIR *folder = opendir(path);
    int count = 0;
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count - 2;
}

static void a_file_without_a_name(void **state)
{
    plx_file file;
    char back[4];
    (void)state;
    assert_int_equal(RUN(plx_temp_file, plx_temp_file_new(at("")), &file), 0);
    assert_int_equal(entries(at("")), 0);
    assert_int_equal(write(plx_file_fd(&file), "text", 4), 4);
    assert_int_equal(pread(plx_file_fd(&file), back, 4, 0), 4);
    assert_memory_equal(back, "text", 4);
    plx_file_drop(&file);
    assert_int_equal(RUN(plx_temp_file, plx_temp_file_new(at("none")), &file), -ENOENT);
}

static void a_file_with_a_name_that_goes_with_it(void **state)
{
    plx_temp_named_item one, two;
    (void)state;
    assert_int_equal(RUN(plx_temp_named, plx_temp_named_new(at("")), &one), 0);
    assert_int_equal(RUN(plx_temp_named, plx_temp_named_new(at("")), &two), 0);
    assert_string_not_equal(one.path.text, two.path.text);
    assert_int_equal(about(one.path.text).permissions, 0600);
    plx_temp_named_item_drop(&one);
    assert_int_equal(entries(at("")), 1);
    plx_temp_named_item_drop(&two);
    plx_temp_named_item_drop(&two); /* is empty */
    assert_int_equal(entries(at("")), 0);
}

static void a_folder_that_goes_with_what_is_in_it(void **state)
{
    plx_temp_dir_item dir;
    char path[512];
    (void)state;
    assert_int_equal(RUN(plx_temp_dir, plx_temp_dir_new(at("")), &dir), 0);
    assert_int_equal(about(dir.path.text).permissions, 0700);
    snprintf(path, sizeof path, "%s/inside", dir.path.text);
    assert_int_equal(mkdir(path, 0777), 0);
    plx_temp_dir_item_drop(&dir);
    assert_int_equal(entries(at("")), 0);
    plx_temp_dir_item_drop(&dir);
    assert_int_equal(RUN(plx_temp_dir, plx_temp_dir_new(at("none")), &dir), -ENOENT);
}

/* An item that nobody takes is dropped by whoever runs the future. */
static void nobody_takes_it(void **state)
{
    (void)state;
    assert_int_equal(PLX_SPAWN_ON(runtime, plx_temp_dir, plx_temp_dir_new(at(""))), 0);
    assert_int_equal(PLX_SPAWN_ON(runtime, plx_temp_named, plx_temp_named_new(at(""))), 0);
    assert_int_equal(PLX_SPAWN_ON(runtime, plx_temp_file, plx_temp_file_new(at(""))), 0);
    assert_int_equal(PLX_SPAWN_ON(runtime, plx_fs_canonicalize, plx_fs_canonicalize_new(at(""))), 0);
    assert_int_equal(plx_runtime_wait_idle(runtime), 0);
    plx_runtime_free(runtime); /* a task may be told as ended before its item is gone */
    assert_int_equal(entries(at("")), 0);
    runtime = runtime_of((struct plx_runtime_options){.workers = workers});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        file_test(metadata_of_what_is_missing_and_then_is_not),
        file_test(permissions_by_name),
        file_test(folders_made_and_removed),
        file_test(folders_made_with_those_that_lead_to_them),
        file_test(a_whole_tree_is_removed),
        file_test(a_second_name),
        file_test(links_that_hold_a_name),
        file_test(a_link_that_holds_a_long_name),
        file_test(renamed_and_removed),
        file_test(the_path_itself),
        file_test(a_file_without_a_name),
        file_test(a_file_with_a_name_that_goes_with_it),
        file_test(a_folder_that_goes_with_what_is_in_it),
        file_test(nobody_takes_it),
    };
    return RUN_TWICE(tests);
}
