/* SPDX-License-Identifier: MIT
 *
 * Whole trees: see tree.h.
 *
 * Removing works on open folders and names within them (openat, unlinkat), never on a path: somebody who
 * replaces a folder by a link to another place while it is being removed does not get that place removed.
 *
 * Source: Rust's `std::fs::remove_dir_all` after CVE-2022-21658, which was that mistake.
 */
#include "lib/fs/tree.h"

#include "lib/fs/metadata.h"
#include "lib/fs/op.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ── creating ─────────────────────────────────────────────────────────────────────────────────────────── */

/* One that is there is as good, whatever mkdir calls it: of a root that cannot be written it says EROFS. */
static int create_one(const char *path, mode_t mode)
{
    struct stat about;
    if (mkdir(path, mode) == 0)
        return 0;
    int error = errno;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode) ? 0 : -error;
}

/* Of "a/b/c": "a", "a/b", "a/b/c". */
static int create_prefixes(char *path, mode_t mode)
{
    for (char *at = path + (*path == '/'); (at = strchr(at, '/')); at++) {
        *at = '\0';
        int error = create_one(path, mode);
        *at = '/';
        if (error)
            return error;
    }
    return create_one(path, mode);
}

int plx__tree_create(const char *path, mode_t mode)
{
    char *copy = strdup(path);
    if (!copy)
        return -ENOMEM;
    int error = create_prefixes(copy, mode);
    free(copy);
    return error;
}

/* ── removing ─────────────────────────────────────────────────────────────────────────────────────────── */

static int empty_folder(DIR *dir);

static int remove_folder_at(int at, const char *name)
{
    int fd = plx__uninterrupted(openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (fd < 0)
        return -errno;
    DIR *dir = fdopendir(fd);
    if (!dir) {
        int error = errno;
        close(fd);
        return -error;
    }
    int error = empty_folder(dir);
    closedir(dir);
    return error ? error : plx__fs_result(unlinkat(at, name, AT_REMOVEDIR));
}

/* What the folder did not say it is, is found out by trying: a folder cannot be unlinked. Linux says EISDIR,
 * POSIX would have EPERM. */
static int remove_entry_at(int at, const struct dirent *entry)
{
    if (entry->d_type == DT_DIR)
        return remove_folder_at(at, entry->d_name);
    if (unlinkat(at, entry->d_name, 0) == 0)
        return 0;
    return errno == EISDIR || errno == EPERM ? remove_folder_at(at, entry->d_name) : -errno;
}

static int empty_folder(DIR *dir)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry)
            return -errno;
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        int error = remove_entry_at(dirfd(dir), entry);
        if (error && error != -ENOENT) /* somebody else may remove here as well */
            return error;
    }
}

int plx__tree_remove(const char *path)
{
    struct stat about;
    if (lstat(path, &about) < 0)
        return -errno;
    if (S_ISLNK(about.st_mode))
        return plx__fs_result(unlink(path));
    return remove_folder_at(AT_FDCWD, path);
}
