/* SPDX-License-Identifier: MIT
 *
 * Temporary files and folders: see temp.h.
 */
#include "lib/fs/temp.h"

#include "lib/fs/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *folder_of(const char *where)
{
    const char *given = where ? where : getenv("TMPDIR");
    return given && *given ? given : "/tmp";
}

/* What mkostemp makes a name of: to be freed; NULL when there is no memory. */
static char *template_in(const char *where)
{
    const char *folder = folder_of(where);
    int size = snprintf(NULL, 0, "%s/pollux-XXXXXX", folder) + 1;
    char *template = malloc((size_t)size);
    if (template)
        snprintf(template, (size_t)size, "%s/pollux-XXXXXX", folder);
    return template;
}

/* ── files ────────────────────────────────────────────────────────────────────────────────────────────── */

static int make_named(const char *where, plx_temp_named_item *named)
{
    char *path = template_in(where);
    if (!path)
        return -ENOMEM;
    int fd = plx__uninterrupted(mkostemp(path, O_CLOEXEC));
    int error = fd < 0 ? -errno : 0;
    if (error)
        free(path);
    else
        *named = (plx_temp_named_item){plx_file_of(fd), {path}};
    return error;
}

void plx_temp_named_item_drop(plx_temp_named_item *named)
{
    if (named->path.text)
        unlink(named->path.text);
    plx_path_drop(&named->path);
    plx_file_drop(&named->file);
}

PLX__FS_PATH_RUN(plx_temp_named)
{
    return make_named(self->op.path, out);
}

/* What a system or a file system says that has no O_TMPFILE: old kernels open the folder itself. */
static bool has_no_nameless(int error)
{
    return error == EISDIR || error == EOPNOTSUPP || error == ENOENT || error == EINVAL;
}

PLX__FS_PATH_RUN(plx_temp_file)
{
    plx_temp_named_item named;
#ifdef O_TMPFILE
    int fd = plx__uninterrupted(open(folder_of(self->op.path), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (fd >= 0) {
        *out = plx_file_of(fd);
        return 0;
    }
    if (!has_no_nameless(errno))
        return -errno;
#endif
    int error = make_named(self->op.path, &named);
    if (error)
        return error;
    *out = PLX_MOVE(named.file);
    plx_temp_named_item_drop(&named);
    return 0;
}

/* ── folders ──────────────────────────────────────────────────────────────────────────────────────────── */

PLX__FS_PATH_RUN(plx_temp_dir)
{
    char *path = template_in(self->op.path);
    if (!path)
        return -ENOMEM;
    if (!mkdtemp(path)) {
        int error = errno;
        free(path);
        return -error;
    }
    out->path.text = path;
    return 0;
}

void plx_temp_dir_item_drop(plx_temp_dir_item *dir)
{
    if (dir->path.text)
        plx__tree_remove(dir->path.text);
    plx_path_drop(&dir->path);
}

/* ── as items ─────────────────────────────────────────────────────────────────────────────────────────── */

void plx__print_temp_named(char *text, size_t size, const void *item)
{
    plx__print_path(text, size, &((const plx_temp_named_item *)item)->path);
}

void plx__drop_temp_named(void *item)
{
    plx_temp_named_item_drop(item);
}

void plx__print_temp_dir(char *text, size_t size, const void *item)
{
    plx__print_path(text, size, &((const plx_temp_dir_item *)item)->path);
}

void plx__drop_temp_dir(void *item)
{
    plx_temp_dir_item_drop(item);
}
