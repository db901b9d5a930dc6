/* SPDX-License-Identifier: MIT
 *
 * Files and folders by their names.
 *
 *     T_new(path)         plx_fs_remove, _remove_dir, _remove_dir_all, _metadata, _symlink_metadata,
 *                         _read_link, _canonicalize
 *     T_new(path, mode)   plx_fs_create_dir, _create_dir_all, _set_permissions
 *     T_new(path, to)     plx_fs_rename, _link, _symlink
 *
 * Paths are borrowed: they must stay where they are until the future has ended. All of these need a thread
 * pool (-ENOTSUP elsewhere), see op.h.
 *
 * Source: tokio 0.1 `tokio-fs`, Rust's `std::fs`.
 */
#ifndef PLX_FS_PATH_H
#define PLX_FS_PATH_H

#include "lib/fs/metadata.h"
#include "lib/fs/op.h"

#include <sys/types.h>

/* A path that the library has made. Owned by one owner; empty when zero. */
typedef struct plx_path {
    char *text;
} plx_path;

void plx_path_drop(plx_path *path);

/* ── three forms ──────────────────────────────────────────────────────────────────────────────────────── */

#define PLX__FS_PATH(T, type)                                                                                \
    typedef struct T {                                                                                       \
        struct plx_fs_op op;                                                                                 \
    } T;                                                                                                     \
    typedef type T##_item;                                                                                   \
    PLX_LEAF_DECLARE(T)                                                                                      \
    PLX_INLINE T T##_new(const char *path)                                                                   \
    {                                                                                                        \
        return (T){.op.path = path};                                                                         \
    }

#define PLX__FS_PATH_MODE(T, type)                                                                           \
    typedef struct T {                                                                                       \
        struct plx_fs_op op;                                                                                 \
        mode_t mode;                                                                                         \
    } T;                                                                                                     \
    typedef type T##_item;                                                                                   \
    PLX_LEAF_DECLARE(T)                                                                                      \
    PLX_INLINE T T##_new(const char *path, mode_t mode)                                                      \
    {                                                                                                        \
        return (T){.op.path = path, .mode = mode};                                                           \
    }

#define PLX__FS_PATH_TO(T, type)                                                                             \
    typedef struct T {                                                                                       \
        struct plx_fs_op op;                                                                                 \
        const char *to;                                                                                      \
    } T;                                                                                                     \
    typedef type T##_item;                                                                                   \
    PLX_LEAF_DECLARE(T)                                                                                      \
    PLX_INLINE T T##_new(const char *path, const char *to)                                                   \
    {                                                                                                        \
        return (T){.op.path = path, .to = to};                                                               \
    }

/* ── folders ──────────────────────────────────────────────────────────────────────────────────────────── */

/* The mode is that of the new folder less the umask; mostly 0777. The second makes those that lead to it as
 * well, and is content with a folder that is there. */
PLX__FS_PATH_MODE(plx_fs_create_dir, plx_unit)
PLX__FS_PATH_MODE(plx_fs_create_dir_all, plx_unit)

/* An empty folder; a folder and all that is in it. The second follows no link on its way: a link in the
 * folder, or in place of it, is removed itself. It keeps a descriptor open for each level. */
PLX__FS_PATH(plx_fs_remove_dir, plx_unit)
PLX__FS_PATH(plx_fs_remove_dir_all, plx_unit)

/* ── names ────────────────────────────────────────────────────────────────────────────────────────────── */

/* A file or a link, not a folder. */
PLX__FS_PATH(plx_fs_remove, plx_unit)

/* `to` is the new name; what was called so is replaced. */
PLX__FS_PATH_TO(plx_fs_rename, plx_unit)

/* `path` is what there is, `to` the link that is made: a second name, or a file that holds the name. */
PLX__FS_PATH_TO(plx_fs_link, plx_unit)
PLX__FS_PATH_TO(plx_fs_symlink, plx_unit)

/* The name that a link holds; the path without links, "." and "..". */
PLX__FS_PATH(plx_fs_read_link, plx_path)
PLX__FS_PATH(plx_fs_canonicalize, plx_path)

/* ── about them ───────────────────────────────────────────────────────────────────────────────────────── */

/* Of what a link leads to; of the link itself. */
PLX__FS_PATH(plx_fs_metadata, plx_metadata)
PLX__FS_PATH(plx_fs_symlink_metadata, plx_metadata)
PLX__FS_PATH_MODE(plx_fs_set_permissions, plx_unit)

#endif
