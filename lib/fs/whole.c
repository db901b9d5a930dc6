/* SPDX-License-Identifier: MIT
 *
 * Whole files: see whole.h.
 */
#include "lib/fs/whole.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* The words for an item: "12 bytes". */
void plx__print_bytes(char *text, size_t size, const void *item)
{
    snprintf(text, size, "%zu bytes", ((const struct plx_bytes *)item)->size);
}

void plx__drop_bytes(void *item)
{
    plx_bytes_done(item);
}

/* ── reading ──────────────────────────────────────────────────────────────────────────────────────────── */

/* One byte more than the size that it says, so that the end is seen without growing once more. */
static int begin_read(plx_fs_read *self)
{
    const struct plx_open_options options = PLX_READ_ONLY;
    struct stat about;
    int error = plx__open(self->op.path, &options, &self->file);
    if (error)
        return error;
    if (fstat(self->file.fd, &about) < 0)
        return -errno;
    size_t size = about.st_size > 0 ? (size_t)about.st_size : 0;
    return plx_bytes_reserve(&self->read, size + 1);
}

/* At most so many bytes. 0 at the end, PLX__FS_MORE, or a negative errno. */
static int read_piece(plx_fs_read *self, size_t most)
{
    int error = plx_bytes_reserve(&self->read, 1);
    if (error)
        return error;
    size_t room = self->read.room - self->read.size;
    char *to = self->read.at + self->read.size;
    ssize_t got = plx__uninterrupted(read(self->file.fd, to, room < most ? room : most));
    if (got <= 0)
        return got < 0 ? -errno : 0;
    self->read.size += (size_t)got;
    return PLX__FS_MORE;
}

PLX__FS_RUN(plx_fs_read, (plx_file_drop(&self->file), plx_bytes_done(&self->read)))
{
    int result = self->file.open ? PLX__FS_MORE : begin_read(self);
    if (result < 0)
        return result;
    const size_t end = self->read.size + PLX__FS_PIECE;
    do
        result = read_piece(self, end - self->read.size);
    while (result == PLX__FS_MORE && self->read.size < end);
    if (result)
        return result;
    plx_file_drop(&self->file);
    self->read.at[self->read.size] = '\0'; /* the room that the end was looked for in */
    *out = PLX_MOVE(self->read);
    return 0;
}

/* ── writing ──────────────────────────────────────────────────────────────────────────────────────────── */

static int write_piece(plx_fs_write *self, size_t end)
{
    while (self->done < end) {
        const char *from = self->bytes + self->done;
        ssize_t put = plx__uninterrupted(write(self->file.fd, from, end - self->done));
        if (put <= 0)
            return put < 0 ? -errno : -EIO;
        self->done += (size_t)put;
    }
    return self->done < self->size ? PLX__FS_MORE : 0;
}

PLX__FS_RUN(plx_fs_write, plx_file_drop(&self->file))
{
    const struct plx_open_options options = PLX_CREATE;
    int result = self->file.open ? 0 : plx__open(self->op.path, &options, &self->file);
    if (result)
        return result;
    const size_t left = self->size - self->done;
    result = write_piece(self, self->done + (left < PLX__FS_PIECE ? left : PLX__FS_PIECE));
    if (result)
        return result;
    result = close(plx_file_into_fd(&self->file));
    return result < 0 && errno != EINTR ? -errno : 0;
}
