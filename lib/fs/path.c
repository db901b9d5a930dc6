/* SPDX-License-Identifier: MIT
 *
 * Files and folders by their names: see path.h. What goes through whole trees is in tree.c.
 */
#include "lib/fs/path.h"

#include "lib/fs/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void plx_path_drop(plx_path *path)
{
    free(PLX_MOVE(path->text));
}

void plx__print_path(char *text, size_t size, const void *item)
{
    const char *path = ((const plx_path *)item)->text;
    snprintf(text, size, "%s", path ? path : "");
}

void plx__drop_path(void *item)
{
    plx_path_drop(item);
}

PLX__FS_PATH_RUN(plx_fs_create_dir)
{
    return plx__fs_result(mkdir(self->op.path, self->mode));
}

PLX__FS_PATH_RUN(plx_fs_create_dir_all)
{
    return plx__tree_create(self->op.path, self->mode);
}

PLX__FS_PATH_RUN(plx_fs_remove_dir)
{
    return plx__fs_result(rmdir(self->op.path));
}

PLX__FS_PATH_RUN(plx_fs_remove_dir_all)
{
    return plx__tree_remove(self->op.path);
}

PLX__FS_PATH_RUN(plx_fs_remove)
{
    return plx__fs_result(unlink(self->op.path));
}

PLX__FS_PATH_RUN(plx_fs_rename)
{
    return plx__fs_result(rename(self->op.path, self->to));
}

PLX__FS_PATH_RUN(plx_fs_link)
{
    return plx__fs_result(link(self->op.path, self->to));
}

PLX__FS_PATH_RUN(plx_fs_symlink)
{
    return plx__fs_result(symlink(self->op.path, self->to));
}

/* readlink does not say how long the name is, only that it may have been longer: it filled all there was. */
PLX__FS_PATH_RUN(plx_fs_read_link)
{
    for (size_t size = 256;; size *= 2) {
        char *text = malloc(size);
        if (!text)
            return -ENOMEM;
        ssize_t length = readlink(self->op.path, text, size);
        if (length >= 0 && (size_t)length < size) {
            text[length] = '\0';
            *out = (plx_path){text};
            return 0;
        }
        int error = errno;
        free(text);
        if (length < 0)
            return -error;
    }
}

PLX__FS_PATH_RUN(plx_fs_canonicalize)
{
    out->text = realpath(self->op.path, NULL);
    return out->text ? 0 : -errno;
}

PLX__FS_PATH_RUN(plx_fs_metadata)
{
    struct stat about;
    if (stat(self->op.path, &about) < 0)
        return -errno;
    plx__metadata_of(&about, out);
    return 0;
}

PLX__FS_PATH_RUN(plx_fs_symlink_metadata)
{
    struct stat about;
    if (lstat(self->op.path, &about) < 0)
        return -errno;
    plx__metadata_of(&about, out);
    return 0;
}

PLX__FS_PATH_RUN(plx_fs_set_permissions)
{
    return plx__fs_result(chmod(self->op.path, self->mode));
}
