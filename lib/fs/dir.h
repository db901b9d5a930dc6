/* SPDX-License-Identifier: MIT
 *
 * What is in a folder, as a stream.
 *
 *     static plx_fs_read_dir list(struct env *e) { return plx_fs_read_dir_new(e->path); }
 *     static plx_ok show(struct env *e, plx_fs_read_dir_item entry)
 *     {
 *         puts(entry.name);
 *         return plx_ok_new();
 *     }
 *
 *     PLX_START(entries, struct env, plx_fs_read_dir, list)
 *     PLX_FOR_EACH(shown, entries, plx_ok, show)
 *
 * The entries come in the folder's own order, without "." and "..". They are fetched 32 at a time: most polls
 * need no blocking section. Needs a thread pool (-ENOTSUP elsewhere), see op.h; the path is borrowed.
 *
 * Source: tokio 0.1 `tokio_fs::read_dir`; the batches are those of Tokio 1.x.
 */
#ifndef PLX_FS_DIR_H
#define PLX_FS_DIR_H

#include "lib/fs/metadata.h"
#include "lib/fs/op.h"

enum { PLX_NAME_MOST = 255 }; /* bytes, of one name in a folder */

typedef struct plx_fs_read_dir_item {
    char name[PLX_NAME_MOST + 1];
    enum plx_file_kind kind; /* PLX_KIND_OTHER when the file system does not say: ask symlink_metadata */
    uint64_t inode;
    bool end;
} plx_fs_read_dir_item;

struct plx__folder;

typedef struct plx_fs_read_dir {
    struct plx_fs_op op;
    struct plx__folder *folder; /* NULL until it is opened */
} plx_fs_read_dir;
PLX_LEAF_DECLARE(plx_fs_read_dir)

PLX_INLINE plx_fs_read_dir plx_fs_read_dir_new(const char *path)
{
    return (plx_fs_read_dir){.op.path = path};
}

#endif
