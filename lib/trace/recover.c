/* SPDX-License-Identifier: MIT
 *
 * Recovery: see recover.h.
 *
 * Lines are made of the spill from its beginning, as the program did, and laid over the trace from where
 * the spill began. As far as the trace goes they must be what is there, its last line perhaps in part; only
 * what lies beyond is written. So nothing in a trace is ever overwritten, it does not matter how often
 * recovery is tried or where it stops, and a spill of some other trace is found out before anything is
 * done.
 */
#include "lib/trace/recover.h"

#include "lib/trace/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLICE = 1024, PIECE = 1 << 16 };

struct rescue {
    const char *path;
    char *spill_path;
    int trace, spill;
    uint64_t length; /* of the trace, as far as it is */
    uint64_t at;     /* where the next line goes */
    struct plx_unspill *unspill;
    struct plx_json *json;
    struct plx_recovery *recovery;
};

static int problem(struct rescue *rescue, int error, const char *path, const char *what)
{
    snprintf(rescue->recovery->problem, sizeof rescue->recovery->problem, "%s: %s", path, what);
    return error;
}

/* ── laying lines over the trace ──────────────────────────────────────────────────────────────────────── */

static int compare(struct rescue *rescue, const char *lines, size_t count)
{
    char piece[PIECE], what[96];
    while (count > 0) {
        size_t size = count < PIECE ? count : PIECE;
        ssize_t got = pread(rescue->trace, piece, size, (off_t)rescue->at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return problem(rescue, got < 0 ? -errno : -EIO, rescue->path, "it cannot be read");
        if (memcmp(piece, lines, (size_t)got) != 0) {
            snprintf(what, sizeof what, "after byte %" PRIu64 " it does not go on as the spill does",
                     rescue->at);
            return problem(rescue, -EINVAL, rescue->path, what);
        }
        rescue->at += (uint64_t)got;
        lines += got;
        count -= (size_t)got;
    }
    return 0;
}

static int append(struct rescue *rescue, const char *lines, size_t count)
{
    while (count > 0) {
        ssize_t written = pwrite(rescue->trace, lines, count, (off_t)rescue->at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return problem(rescue, -errno, rescue->path, strerror(errno));
        rescue->at += (uint64_t)written;
        rescue->length = rescue->at;
        lines += written;
        count -= (size_t)written;
    }
    return 0;
}

static int lay_over(struct rescue *rescue)
{
    size_t count, there = 0;
    const char *lines = plx__json_lines(rescue->json, &count);
    if (rescue->at < rescue->length)
        there = rescue->length - rescue->at < count ? (size_t)(rescue->length - rescue->at) : count;
    int error = compare(rescue, lines, there);
    if (!error)
        error = append(rescue, lines + there, count - there);
    plx__json_clear(rescue->json);
    return error;
}

static int put_in(struct rescue *rescue)
{
    long made;
    plx__json_resume(rescue->json, plx__unspill_head(rescue->unspill)->shapes);
    rescue->at = plx__unspill_head(rescue->unspill)->json_bytes;
    if (rescue->at > rescue->length)
        return problem(rescue, -EINVAL, rescue->path, "it is shorter than it was when the spill began");
    while ((made = plx__unspill_lines(rescue->unspill, rescue->json, SLICE)) > 0) {
        int error = lay_over(rescue);
        if (error)
            return error;
        rescue->recovery->events += (uint64_t)made;
    }
    if (made == -EINVAL)
        return problem(rescue, (int)made, rescue->spill_path, plx__unspill_problem(rescue->unspill));
    return made < 0 ? problem(rescue, (int)made, rescue->spill_path, strerror(-(int)made)) : 0;
}

/* ── begin and end ────────────────────────────────────────────────────────────────────────────────────── */

static int open_both(struct rescue *rescue)
{
    struct stat facts;
    rescue->spill = open(rescue->spill_path, O_RDONLY | O_CLOEXEC);
    if (rescue->spill < 0)
        return problem(rescue, -errno, rescue->spill_path, strerror(errno));
    if (flock(rescue->spill, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
        return problem(rescue, -EBUSY, rescue->spill_path, "the program that writes it still runs");
    rescue->trace = open(rescue->path, O_RDWR | O_CLOEXEC);
    if (rescue->trace < 0 || fstat(rescue->trace, &facts))
        return problem(rescue, -errno, rescue->path, strerror(errno));
    if (!S_ISREG(facts.st_mode))
        return problem(rescue, -EINVAL, rescue->path, "it is no file");
    rescue->length = (uint64_t)facts.st_size;
    return 0;
}

/* The program may be killed before it has written the head: then it has put nothing there. */
static bool is_only_begun(struct rescue *rescue)
{
    struct stat facts;
    char magic[sizeof PLX_SPILL_MAGIC] = "";
    if (fstat(rescue->spill, &facts) || facts.st_size >= (off_t)sizeof(struct plx_spill_head))
        return false;
    ssize_t got = pread(rescue->spill, magic, sizeof magic - 1, 0);
    rescue->recovery->ignored = (uint64_t)facts.st_size;
    return got >= 0 && memcmp(magic, PLX_SPILL_MAGIC, (size_t)got) == 0;
}

static int begin(struct rescue *rescue)
{
    int error = plx__unspill_new(rescue->spill, &rescue->unspill);
    if (error == -EINVAL)
        return problem(rescue, error, rescue->spill_path, plx__unspill_problem(rescue->unspill));
    rescue->json = error ? NULL : plx__json_new();
    return rescue->json ? 0 : problem(rescue, error ? error : -ENOMEM, rescue->spill_path, "no memory");
}

/* The trace is on the disk before the spill is removed. */
static int conclude(struct rescue *rescue)
{
    if (fsync(rescue->trace) && errno != EINVAL && errno != EROFS)
        return problem(rescue, -errno, rescue->path, strerror(errno));
    if (unlink(rescue->spill_path))
        return problem(rescue, -errno, rescue->spill_path, strerror(errno));
    return 0;
}

static int run(struct rescue *rescue)
{
    struct stat facts;
    int error = open_both(rescue);
    if (error || is_only_begun(rescue))
        return error ? error : conclude(rescue);
    rescue->recovery->ignored = 0;
    error = begin(rescue);
    if (!error)
        error = put_in(rescue);
    if (!error && fstat(rescue->spill, &facts) == 0)
        rescue->recovery->ignored = (uint64_t)facts.st_size - plx__unspill_at(rescue->unspill);
    return error ? error : conclude(rescue);
}

int plx__trace_recover(const char *path, struct plx_recovery *recovery)
{
    struct rescue rescue = {.path = path, .trace = -1, .spill = -1, .recovery = recovery};
    memset(recovery, 0, sizeof *recovery);
    if (asprintf(&rescue.spill_path, "%s" PLX_SPILL_SUFFIX, path) < 0)
        return -ENOMEM;
    int error = run(&rescue);
    plx__unspill_free(rescue.unspill);
    plx__json_free(rescue.json);
    if (rescue.trace >= 0)
        close(rescue.trace);
    if (rescue.spill >= 0)
        close(rescue.spill);
    free(rescue.spill_path);
    return error;
}
