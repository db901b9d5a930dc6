/* SPDX-License-Identifier: MIT
 *
 * Temporary files and folders.
 *
 *     plx_temp_file     a file without a name: it is gone when it is closed
 *     plx_temp_named    a file with a name, for other programs: removed when it is dropped
 *     plx_temp_dir      a folder: removed, with all that is in it, when it is dropped
 *
 * They are made in `where`, a folder; NULL: in that of $TMPDIR, else in /tmp. Nobody else can open them
 * (modes 0600 and 0700). All need a thread pool (-ENOTSUP elsewhere), see op.h. `where` is borrowed.
 *
 * A drop removes at once, on the thread that drops. When a folder has become large, let a task remove it with
 * plx_fs_remove_dir_all first: the drop then finds nothing.
 */
#ifndef PLX_FS_TEMP_H
#define PLX_FS_TEMP_H

#include "lib/fs/file.h"
#include "lib/fs/path.h"

PLX__FS_PATH(plx_temp_file, plx_file)

/* Owned by one owner, empty when zero. */
typedef struct plx_temp_named_item {
    plx_file file;
    plx_path path;
} plx_temp_named_item;

void plx_temp_named_item_drop(plx_temp_named_item *named);

PLX__FS_PATH(plx_temp_named, plx_temp_named_item)

typedef struct plx_temp_dir_item {
    plx_path path;
} plx_temp_dir_item;

void plx_temp_dir_item_drop(plx_temp_dir_item *dir);

PLX__FS_PATH(plx_temp_dir, plx_temp_dir_item)

#endif
