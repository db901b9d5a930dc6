/* SPDX-License-Identifier: MIT
 *
 * Files: see file.h. An empty file has the descriptor -1, and the system itself answers EBADF.
 */
#include "lib/fs/file.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int plx_file_fd(const plx_file *file)
{
    return file->open ? file->fd : -1;
}

int plx_file_into_fd(plx_file *file)
{
    plx_file gone = PLX_MOVE(*file);
    return plx_file_fd(&gone);
}

/* Linux frees the descriptor also when close says EINTR: it is never called twice. */
void plx_file_drop(plx_file *file)
{
    int fd = plx_file_into_fd(file);
    if (fd >= 0)
        close(fd);
}

/* The words for an item: "File 7", and the same with a number. */
void plx__print_file(char *text, size_t size, const void *item)
{
    snprintf(text, size, "File %d", plx_file_fd(item));
}

void plx__print_file_number(char *text, size_t size, const void *item)
{
    const plx_file_number *is = item;
    snprintf(text, size, "File %d, %llu", plx_file_fd(&is->file), (unsigned long long)is->number);
}

void plx__drop_file(void *item)
{
    plx_file_drop(item);
}

void plx__drop_file_pair(void *item)
{
    plx_file_pair *pair = item;
    plx_file_drop(&pair->file);
    plx_file_drop(&pair->clone);
}

/* ── opening ──────────────────────────────────────────────────────────────────────────────────────────── */

static int creation_flags(const struct plx_open_options *options)
{
    if (options->create_new)
        return O_CREAT | O_EXCL;
    return (options->create ? O_CREAT : 0) | (options->truncate ? O_TRUNC : 0);
}

int plx__open_flags(const struct plx_open_options *options)
{
    const bool writes = options->write || options->append;
    const bool creates = options->create || options->create_new || options->truncate;
    if ((!options->read && !writes) || (creates && !writes) || (options->truncate && options->append))
        return -EINVAL;
    int access = options->read && writes ? O_RDWR : writes ? O_WRONLY : O_RDONLY;
    return access | (options->append ? O_APPEND : 0) | creation_flags(options) | options->flags | O_CLOEXEC;
}

int plx__open(const char *path, const struct plx_open_options *options, plx_file *file)
{
    int flags = plx__open_flags(options);
    if (flags < 0)
        return flags;
    mode_t mode = options->mode ? options->mode : 0666;
    int fd = plx__uninterrupted(open(path, flags, mode));
    if (fd < 0)
        return -errno;
    *file = plx_file_of(fd);
    return 0;
}

PLX__FS_PATH_RUN(plx_file_open)
{
    return plx__open(self->op.path, &self->options, out);
}

/* ── reading and writing ──────────────────────────────────────────────────────────────────────────────── */

static size_t piece_of(size_t size)
{
    return size < PLX__FS_PIECE ? size : PLX__FS_PIECE;
}

PLX__FS_FILE_RUN(plx_file_read)
{
    ssize_t got = plx__uninterrupted(read(plx_file_fd(&self->file), self->bytes, piece_of(self->size)));
    if (got < 0)
        return -errno;
    *out = (plx_file_number){PLX_MOVE(self->file), (uint64_t)got};
    return 0;
}

PLX__FS_FILE_RUN(plx_file_read_exact)
{
    const size_t end = self->done + piece_of(self->size - self->done);
    while (self->done < end) {
        char *to = self->bytes + self->done;
        ssize_t got = plx__uninterrupted(read(plx_file_fd(&self->file), to, end - self->done));
        if (got <= 0)
            return got < 0 ? -errno : PLX_UNEXPECTED_END;
        self->done += (size_t)got;
    }
    if (self->done < self->size)
        return PLX__FS_MORE;
    *out = PLX_MOVE(self->file);
    return 0;
}

PLX__FS_FILE_RUN(plx_file_write_all)
{
    const size_t end = self->done + piece_of(self->size - self->done);
    while (self->done < end) {
        const char *from = self->bytes + self->done;
        ssize_t put = plx__uninterrupted(write(plx_file_fd(&self->file), from, end - self->done));
        if (put <= 0)
            return put < 0 ? -errno : -EIO;
        self->done += (size_t)put;
    }
    if (self->done < self->size)
        return PLX__FS_MORE;
    *out = PLX_MOVE(self->file);
    return 0;
}

PLX__FS_FILE_RUN(plx_file_seek)
{
    off_t at = lseek(plx_file_fd(&self->file), self->offset, self->from);
    if (at < 0)
        return -errno;
    *out = (plx_file_number){PLX_MOVE(self->file), (uint64_t)at};
    return 0;
}

/* ── about the file ───────────────────────────────────────────────────────────────────────────────────── */

/* What those end with that only give the file back. */
static int give_back(plx_file *file, long result, plx_file *out)
{
    if (result < 0)
        return -errno;
    *out = PLX_MOVE(*file);
    return 0;
}

PLX__FS_FILE_RUN(plx_file_stat)
{
    struct stat stat;
    if (fstat(plx_file_fd(&self->file), &stat) < 0)
        return -errno;
    plx__metadata_of(&stat, &out->metadata);
    out->file = PLX_MOVE(self->file);
    return 0;
}

PLX__FS_FILE_RUN(plx_file_sync)
{
    int fd = plx_file_fd(&self->file);
    return give_back(&self->file, plx__uninterrupted(self->data_only ? fdatasync(fd) : fsync(fd)), out);
}

PLX__FS_FILE_RUN(plx_file_set_len)
{
    int fd = plx_file_fd(&self->file);
    return give_back(&self->file, plx__uninterrupted(ftruncate(fd, self->length)), out);
}

PLX__FS_FILE_RUN(plx_file_set_permissions)
{
    int fd = plx_file_fd(&self->file);
    return give_back(&self->file, plx__uninterrupted(fchmod(fd, self->mode)), out);
}

PLX__FS_FILE_RUN(plx_file_try_clone)
{
    int fd = fcntl(plx_file_fd(&self->file), F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    *out = (plx_file_pair){PLX_MOVE(self->file), plx_file_of(fd)};
    return 0;
}

PLX__FS_FILE_RUN(plx_file_close)
{
    int result = close(plx_file_into_fd(&self->file));
    return result < 0 && errno != EINTR ? -errno : 0;
}
