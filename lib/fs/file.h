/* SPDX-License-Identifier: MIT
 *
 * Files: opened, read, written and closed without keeping a worker waiting.
 *
 *     struct copying { plx_file file; char head[16]; };
 *
 *     static plx_file_open open_it(struct copying *c) { return plx_file_open_new("notes", PLX_READ_ONLY); }
 *     static plx_file_read_exact read_it(struct copying *c, plx_file file)
 *     {
 *         return plx_file_read_exact_new(file, c->head, 16);
 *     }
 *     PLX_START(opened, struct copying, plx_file_open, open_it)
 *     PLX_AND_THEN(have_head, opened, plx_file_read_exact, read_it)
 *
 * A file is a value with one owner, who drops it, and that closes it. A future that works on a file owns it
 * meanwhile and gives it back in its item, so what is done to one file is done one after the other; when the
 * future fails, or is dropped, the file is closed. Empty when zero.
 *
 * Bytes and paths are borrowed: they must stay where they are until the future has ended.
 *
 * All of these need a thread pool (-ENOTSUP elsewhere): each makes its system calls in a blocking section,
 * see op.h. Calls that a signal interrupts are made again, short writes are continued, and what is large is
 * moved in pieces of a MiB.
 *
 * Source: tokio 0.1 `tokio_fs::File`, `OpenOptions`.
 */
#ifndef PLX_FS_FILE_H
#define PLX_FS_FILE_H

#include "lib/fs/metadata.h"
#include "lib/fs/op.h"

#include <fcntl.h>
#include <sys/types.h>

typedef struct plx_file {
    int fd;
    bool open;
} plx_file;

/* Takes over a descriptor; what it was opened with stays. */
PLX_INLINE plx_file plx_file_of(int fd)
{
    return (plx_file){fd, true};
}

/* Closes it, at once: see plx_file_close for disks that tell errors late. */
void plx_file_drop(plx_file *file);

/* -1 when it is empty. */
int plx_file_fd(const plx_file *file);

/* Gives the descriptor back; -1 when it is empty. */
int plx_file_into_fd(plx_file *file);

/* ── opening ──────────────────────────────────────────────────────────────────────────────────────────── */

/* How to open. At least one of read, write and append; create and truncate need one of the last two. Else
 * -EINVAL. The file is never inherited by other programs (O_CLOEXEC). */
struct plx_open_options {
    bool read;
    bool write;
    bool append;     /* every write goes to the end, whoever writes besides */
    bool truncate;   /* what is there is thrown away */
    bool create;     /* made when it is not there */
    bool create_new; /* made, and -EEXIST when it is there */
    mode_t mode;     /* of one that is made, less the umask; 0: 0666 */
    int flags;       /* other O_ flags, such as O_NOFOLLOW */
};

#define PLX_READ_ONLY   ((struct plx_open_options){.read = true})
#define PLX_CREATE      ((struct plx_open_options){.write = true, .create = true, .truncate = true})
#define PLX_APPEND      ((struct plx_open_options){.append = true, .create = true})
#define PLX_CREATE_BOTH ((struct plx_open_options){.read = true, .write = true, .create = true})

/* What open(2) is given: flags, or -EINVAL. */
int plx__open_flags(const struct plx_open_options *options);
int plx__open(const char *path, const struct plx_open_options *options, plx_file *file);

/* Opens `path`; ready with the file. */
typedef struct plx_file_open {
    struct plx_fs_op op;
    struct plx_open_options options;
} plx_file_open;
typedef plx_file plx_file_open_item;
PLX_LEAF_DECLARE(plx_file_open)

PLX_INLINE plx_file_open plx_file_open_new(const char *path, struct plx_open_options options)
{
    return (plx_file_open){.op.path = path, .options = options};
}

/* ── reading and writing ──────────────────────────────────────────────────────────────────────────────── */

/* A file, and a number: how many bytes were read, or where in the file one is. */
typedef struct plx_file_number {
    plx_file file;
    uint64_t number;
} plx_file_number;

/* Reads at most `size` bytes, and not more than a MiB; 0 at the end of the file. */
typedef struct plx_file_read {
    struct plx_fs_op op;
    plx_file file;
    char *bytes;
    size_t size;
} plx_file_read;
typedef plx_file_number plx_file_read_item;
PLX_LEAF_DECLARE(plx_file_read)

PLX_INLINE plx_file_read plx_file_read_new(plx_file file, void *bytes, size_t size)
{
    return (plx_file_read){.file = file, .bytes = bytes, .size = size};
}

/* Reads exactly `size` bytes. Fails with PLX_UNEXPECTED_END when there are fewer. */
typedef struct plx_file_read_exact {
    struct plx_fs_op op;
    plx_file file;
    char *bytes;
    size_t size, done;
} plx_file_read_exact;
typedef plx_file plx_file_read_exact_item;
PLX_LEAF_DECLARE(plx_file_read_exact)

PLX_INLINE plx_file_read_exact plx_file_read_exact_new(plx_file file, void *bytes, size_t size)
{
    return (plx_file_read_exact){.file = file, .bytes = bytes, .size = size};
}

/* Writes all `size` bytes. */
typedef struct plx_file_write_all {
    struct plx_fs_op op;
    plx_file file;
    const char *bytes;
    size_t size, done;
} plx_file_write_all;
typedef plx_file plx_file_write_all_item;
PLX_LEAF_DECLARE(plx_file_write_all)

PLX_INLINE plx_file_write_all plx_file_write_all_new(plx_file file, const void *bytes, size_t size)
{
    return (plx_file_write_all){.file = file, .bytes = bytes, .size = size};
}

/* Moves to `offset` from the start, from here, or from the end (SEEK_SET, SEEK_CUR, SEEK_END); ready with
 * the place, counted from the start. */
typedef struct plx_file_seek {
    struct plx_fs_op op;
    plx_file file;
    int64_t offset;
    int from;
} plx_file_seek;
typedef plx_file_number plx_file_seek_item;
PLX_LEAF_DECLARE(plx_file_seek)

PLX_INLINE plx_file_seek plx_file_seek_new(plx_file file, int64_t offset, int from)
{
    return (plx_file_seek){.file = file, .offset = offset, .from = from};
}

/* ── about the file ───────────────────────────────────────────────────────────────────────────────────── */

/* Two forms: about the file alone, and with one thing more to be said. */
#define PLX__FS_FILE(T, type)                                                                                \
    typedef struct T {                                                                                       \
        struct plx_fs_op op;                                                                                 \
        plx_file file;                                                                                       \
    } T;                                                                                                     \
    typedef type T##_item;                                                                                   \
    PLX_LEAF_DECLARE(T)                                                                                      \
    PLX_INLINE T T##_new(plx_file file)                                                                      \
    {                                                                                                        \
        return (T){.file = file};                                                                            \
    }

#define PLX__FS_FILE_WITH(T, type, what, name)                                                               \
    typedef struct T {                                                                                       \
        struct plx_fs_op op;                                                                                 \
        plx_file file;                                                                                       \
        what name;                                                                                           \
    } T;                                                                                                     \
    typedef type T##_item;                                                                                   \
    PLX_LEAF_DECLARE(T)                                                                                      \
    PLX_INLINE T T##_new(plx_file file, what name)                                                           \
    {                                                                                                        \
        return (T){.file = file, .name = name};                                                              \
    }

/* What the system knows about it. */
struct plx_file_stat_item {
    plx_file file;
    struct plx_metadata metadata;
};
PLX__FS_FILE(plx_file_stat, struct plx_file_stat_item)

/* Waits until the disk has what was written. `data_only` leaves out what reading it again does not need, such
 * as the time of the change. */
PLX__FS_FILE_WITH(plx_file_sync, plx_file, bool, data_only)

/* Cuts it to `length` bytes, or fills it up with zeros. One's place in it stays. */
PLX__FS_FILE_WITH(plx_file_set_len, plx_file, int64_t, length)

PLX__FS_FILE_WITH(plx_file_set_permissions, plx_file, mode_t, mode)

/* A second handle of the same open file: both share one place in it. */
typedef struct plx_file_pair {
    plx_file file, clone;
} plx_file_pair;
PLX__FS_FILE(plx_file_try_clone, plx_file_pair)

/* Closes it, and tells what a late write had to say (EIO, EDQUOT, ENOSPC), which a drop cannot. */
PLX__FS_FILE(plx_file_close, plx_unit)

/* ── as a stream ──────────────────────────────────────────────────────────────────────────────────────── */

struct plx_stream;

/* Makes a plx_stream of it (io/stream.h), for copy, buffered readers and the like. 0, or -ENOMEM: then the
 * file is still the caller's; -EBADF when it is empty. */
int plx_stream_of_file(plx_file *file, struct plx_stream *stream);

#endif
