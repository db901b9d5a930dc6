/* SPDX-License-Identifier: MIT
 *
 * Pipes: see pipe.h.
 */
#include "lib/process/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Whether an end waits is a property of that end alone: the two are different open files to the system. */
static int open_pipe(int fds[2])
{
    return pipe2(fds, O_CLOEXEC) < 0 ? -errno : 0;
}

static int close_both(const int fds[2], int error)
{
    close(fds[0]);
    close(fds[1]);
    return error;
}

int plx_pipe(plx_stream *reader, plx_stream *writer)
{
    int fds[2];
    int error = open_pipe(fds);
    if (error)
        return error;
    error = plx_stream_of_fd(fds[0], reader);
    if (!error)
        error = plx_stream_of_fd(fds[1], writer);
    if (error)
        *reader = *writer = (plx_stream){0};
    return error ? close_both(fds, error) : 0;
}

int plx__pipe_to_child(bool child_reads, plx_stream *ours, int *childs)
{
    int fds[2];
    int error = open_pipe(fds);
    if (error)
        return error;
    error = plx_stream_of_fd(fds[child_reads], ours);
    if (error)
        return close_both(fds, error);
    *childs = fds[!child_reads];
    return 0;
}
