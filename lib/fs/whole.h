/* SPDX-License-Identifier: MIT
 *
 * Whole files: read into memory, and written from memory, in one future.
 *
 * The path, and the bytes to write, are borrowed until the future has ended. Both need a thread pool
 * (-ENOTSUP elsewhere), see op.h; what is larger than a MiB is moved in pieces, so that a task which reads
 * gigabytes can still be cancelled.
 *
 * Source: tokio 0.1 `tokio_fs::read`, `tokio_fs::write`.
 */
#ifndef PLX_FS_WHOLE_H
#define PLX_FS_WHOLE_H

#include "lib/fs/file.h"
#include "lib/io/bytes.h"

/* Reads to the end, however long that is (a file of /proc says 0). A NUL, which is not counted, follows the
 * bytes: a text can be used as it is. Fails with ENOMEM when there is no room. Free the item with
 * plx_bytes_done. */
typedef struct plx_fs_read {
    struct plx_fs_op op;
    plx_file file;
    struct plx_bytes read;
} plx_fs_read;
typedef struct plx_bytes plx_fs_read_item;
PLX_LEAF_DECLARE(plx_fs_read)

PLX_INLINE plx_fs_read plx_fs_read_new(const char *path)
{
    return (plx_fs_read){.op.path = path};
}

/* Makes the file hold these bytes; it is made when it is not there. When this fails or is dropped in the
 * middle, the file holds the first of them. */
typedef struct plx_fs_write {
    struct plx_fs_op op;
    plx_file file;
    const char *bytes;
    size_t size, done;
} plx_fs_write;
typedef plx_unit plx_fs_write_item;
PLX_LEAF_DECLARE(plx_fs_write)

PLX_INLINE plx_fs_write plx_fs_write_new(const char *path, const void *bytes, size_t size)
{
    return (plx_fs_write){.op.path = path, .bytes = bytes, .size = size};
}

#endif
