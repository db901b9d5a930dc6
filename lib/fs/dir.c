/* SPDX-License-Identifier: MIT
 *
 * Reading folders: see dir.h.
 *
 *     EMPTY     no entry fetched     → a section: open it when it is new, fetch 32 entries   → FETCHED
 *     FETCHED   some are left        → Ready(the next)
 *     ENDED     all are given out    → Ready(end), as often as it is asked
 */
#include "lib/fs/dir.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 32 };

struct plx__folder {
    DIR *dir;
    unsigned count, next; /* of entries: fetched, given out */
    bool ended;
    int error; /* that ended the batch: told when its entries have been given out */
    plx_fs_read_dir_item entries[BATCH];
};

static void close_folder(struct plx__folder *folder)
{
    if (folder && folder->dir)
        closedir(folder->dir);
    free(folder);
}

static int open_folder(const char *path, struct plx__folder **folder)
{
    if (!(*folder = calloc(1, sizeof **folder)))
        return -ENOMEM;
    if (((*folder)->dir = opendir(path)))
        return 0;
    int error = errno;
    close_folder(PLX_MOVE(*folder));
    return -error;
}

static enum plx_file_kind kind_of(const struct dirent *entry)
{
    return plx__file_kind_of(DTTOIF(entry->d_type));
}

static bool is_itself_or_parent(const char *name)
{
    return !strcmp(name, ".") || !strcmp(name, "..");
}

/* The next entry, 0; or at the end, or at an error, a negative errno or -ENODATA. */
static int fetch_one(DIR *dir, plx_fs_read_dir_item *item)
{
    const struct dirent *entry;
    do {
        errno = 0;
        entry = readdir(dir);
    } while (entry && is_itself_or_parent(entry->d_name));
    if (!entry)
        return errno ? -errno : -ENODATA;
    *item = (plx_fs_read_dir_item){.kind = kind_of(entry), .inode = entry->d_ino};
    memcpy(item->name, entry->d_name, strnlen(entry->d_name, PLX_NAME_MOST));
    return 0;
}

static int fetch(struct plx__folder *folder)
{
    int error = 0;
    folder->next = folder->count = 0;
    while (!error && folder->count < BATCH) {
        error = fetch_one(folder->dir, &folder->entries[folder->count]);
        folder->count += !error;
    }
    folder->ended = error == -ENODATA;
    folder->error = error && !folder->ended ? error : 0;
    return 0;
}

static int run(void *stream, void *out)
{
    plx_fs_read_dir *self = stream;
    (void)out;
    int error = self->folder ? 0 : open_folder(self->op.path, &self->folder);
    return error ? error : fetch(self->folder);
}

static bool must_fetch(const struct plx__folder *folder)
{
    return !folder || (folder->next == folder->count && !folder->ended && !folder->error);
}

/* A stream is asked again after Ready, and may be after Failed: so its operation begins anew each time. */
static enum plx_answer fetch_more(plx_fs_read_dir *self, plx_context *cx)
{
    self->op.ended = false;
    return plx__fs_poll(&self->op, cx, &plx_fs_read_dir_shape, run, self, NULL);
}

PLX_LEAF_DEFINE(plx_fs_read_dir)

enum plx_answer plx_fs_read_dir_poll(plx_fs_read_dir *self, plx_context *cx, plx_fs_read_dir_item *out)
{
    enum plx_answer answer = must_fetch(self->folder) ? fetch_more(self, cx) : PLX_READY;
    if (answer != PLX_READY)
        return answer;
    struct plx__folder *folder = self->folder;
    if (folder->next < folder->count)
        *out = folder->entries[folder->next++];
    else if (folder->error)
        return plx_fail(cx, PLX_MOVE(folder->error));
    else
        *out = (plx_fs_read_dir_item){.end = true};
    return PLX_READY;
}

void plx_fs_read_dir_drop(plx_fs_read_dir *self)
{
    plx_blocking_cancel(&self->op.section);
    close_folder(PLX_MOVE(self->folder));
}
