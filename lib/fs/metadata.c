/* SPDX-License-Identifier: MIT
 *
 * From the system's struct stat to ours: see metadata.h.
 */
#include "lib/fs/metadata.h"

#include "lib/future/item.h"

#include <stdio.h>
#include <sys/stat.h>

enum plx_file_kind plx__file_kind_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return PLX_KIND_FILE;
    case S_IFDIR:
        return PLX_KIND_DIR;
    case S_IFLNK:
        return PLX_KIND_SYMLINK;
    case S_IFIFO:
        return PLX_KIND_FIFO;
    case S_IFSOCK:
        return PLX_KIND_SOCKET;
    case S_IFCHR:
    case S_IFBLK:
        return PLX_KIND_DEVICE;
    default:
        return PLX_KIND_OTHER;
    }
}

const char *plx_file_kind_text(enum plx_file_kind kind)
{
    static const char *const words[] = {"other", "file", "folder", "link", "pipe", "socket", "device"};
    return words[kind];
}

static int64_t nanoseconds(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

void plx__metadata_of(const struct stat *stat, struct plx_metadata *metadata)
{
    *metadata = (struct plx_metadata){
        .kind = plx__file_kind_of(stat->st_mode),
        .permissions = stat->st_mode & 07777,
        .size = (uint64_t)stat->st_size,
        .device = (uint64_t)stat->st_dev,
        .inode = (uint64_t)stat->st_ino,
        .links = (uint64_t)stat->st_nlink,
        .owner = stat->st_uid,
        .group = stat->st_gid,
        .modified_ns = nanoseconds(stat->st_mtim),
        .accessed_ns = nanoseconds(stat->st_atim),
        .changed_ns = nanoseconds(stat->st_ctim),
    };
}

/* The words for an item: "file, 16384 bytes". */
void plx__print_metadata(char *text, size_t size, const void *item)
{
    const struct plx_metadata *metadata = item;
    snprintf(text, size, "%s, %llu bytes", plx_file_kind_text(metadata->kind),
             (unsigned long long)metadata->size);
}
