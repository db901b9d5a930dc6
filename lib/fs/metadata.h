/* SPDX-License-Identifier: MIT
 *
 * What the system knows about a file without opening it.
 */
#ifndef PLX_FS_METADATA_H
#define PLX_FS_METADATA_H

#include "lib/base.h"

#include <sys/types.h>

enum plx_file_kind {
    PLX_KIND_OTHER, /* also: the folder did not say */
    PLX_KIND_FILE,
    PLX_KIND_DIR,
    PLX_KIND_SYMLINK,
    PLX_KIND_FIFO,
    PLX_KIND_SOCKET,
    PLX_KIND_DEVICE,
};

typedef struct plx_metadata {
    enum plx_file_kind kind;
    mode_t permissions; /* the lower twelve bits of st_mode */
    uint64_t size;      /* bytes */
    uint64_t device, inode, links;
    uid_t owner;
    gid_t group;
    int64_t modified_ns, accessed_ns, changed_ns; /* since 1970 */
} plx_metadata;

struct stat;
void plx__metadata_of(const struct stat *stat, struct plx_metadata *metadata);

/* "file", "folder", "link" …; the kind of an st_mode. */
const char *plx_file_kind_text(enum plx_file_kind kind);
enum plx_file_kind plx__file_kind_of(mode_t mode);

#endif
