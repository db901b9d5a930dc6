/* SPDX-License-Identifier: MIT
 *
 * The trace's file and the spill beside it: see store.h. The writer thread alone uses this.
 *
 * Each time only whole lines go into the file, and before any line is made of a record in the spill, that
 * is in its file: after `kill -9` the trace is good to its last line, and goes on in the spill. A trace
 * into a pipe or a device has no place beside it: there all lines are made at once, and threads wait while
 * they are.
 */
#include "lib/trace/store.h"

#include "lib/trace/json.h"
#include "lib/trace/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* 2,000 lines every 5 ms are made in 3 % of a processor's time. */
enum { DIRECT = 2048, TRICKLE = 128, OUT_BYTES = 1 << 18, SLICE = 512 };

long plx__store_direct = DIRECT, plx__store_trickle = TRICKLE;

struct plx_store {
    int fd;
    uint64_t bytes; /* in the file, in whole lines */
    struct plx_json *json;
    uint64_t start_ticks, start_ns;
    char *spill_path; /* NULL: there is no place for one */
    struct plx_spill *spill;
    struct plx_unspill *unspill;
    bool full;   /* nothing more is taken */
    bool broken; /* nor written: the trace cannot be */
};

/* ── the file ─────────────────────────────────────────────────────────────────────────────────────────── */

static void complain(struct plx_store *store, int error)
{
    if (!store->full)
        fprintf(stderr, "pollux: the trace cannot be written any more: %s. The program goes on.\n",
                strerror(-error));
    store->full = true;
    atomic_store(&plx__tracing, false);
}

static int write_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(fd, bytes, count);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -errno;
        bytes += written;
        count -= (size_t)written;
    }
    return 0;
}

/* A line that was written in part is taken back, where that can be done. */
static void flush(struct plx_store *store)
{
    size_t count;
    const char *lines = plx__json_lines(store->json, &count);
    int error = store->broken ? 0 : write_all(store->fd, lines, count);
    plx__json_clear(store->json);
    if (!error) {
        store->bytes += count;
        return;
    }
    if (store->spill_path && ftruncate(store->fd, (off_t)store->bytes) == 0)
        lseek(store->fd, (off_t)store->bytes, SEEK_SET);
    complain(store, error);
    store->broken = true;
    if (store->spill)
        fprintf(stderr, "pollux: what is missing is in %s; `pollux recover` puts it in.\n",
                store->spill_path);
}

static void flush_if_much(struct plx_store *store)
{
    size_t count;
    plx__json_lines(store->json, &count);
    if (count >= OUT_BYTES)
        flush(store);
}

/* ── the spill ────────────────────────────────────────────────────────────────────────────────────────── */

static int begin_spill(struct plx_store *store)
{
    struct plx_spill_head head = {
        .magic = PLX_SPILL_MAGIC,
        .version = PLX_SPILL_VERSION,
        .order = PLX_SPILL_ORDER,
        .table = plx__spill_table(),
        .json_bytes = store->bytes,
        .start_ticks = store->start_ticks,
        .start_ns = store->start_ns,
        .shapes = plx__json_shapes(store->json),
    };
    int error = plx__spill_new(store->spill_path, &head, &store->spill);
    if (!error)
        error = plx__unspill_new(plx__spill_fd(store->spill), &store->unspill);
    return error;
}

/* Its lines are in the file by now, unless that is broken. */
static void end_spill(struct plx_store *store)
{
    if (store->spill && !store->broken)
        unlink(store->spill_path);
    plx__unspill_free(store->unspill);
    plx__spill_free(store->spill);
    store->unspill = NULL;
    store->spill = NULL;
}

static bool can_spill(struct plx_store *store)
{
    if (!store->spill && store->spill_path && begin_spill(store)) {
        end_spill(store);
        free(store->spill_path); /* no place there; threads will have to wait */
        store->spill_path = NULL;
    }
    return store->spill != NULL;
}

bool plx__store_is_behind(const struct plx_store *store)
{
    return store->spill && !store->broken;
}

double plx__store_progress(const struct plx_store *store, uint64_t *bytes)
{
    *bytes = store->spill ? plx__spill_bytes(store->spill) : 0;
    return *bytes ? (double)plx__unspill_at(store->unspill) / (double)*bytes : 1;
}

/* By slices, so that the lines do not become too many; the file has those that were made when the spill
 * goes. */
void plx__store_catch_up(struct plx_store *store, long records)
{
    long made = 1;
    for (; plx__store_is_behind(store) && records > 0 && made > 0; records -= made) {
        made = plx__unspill_lines(store->unspill, store->json, records < SLICE ? records : SLICE);
        flush_if_much(store);
    }
    flush(store);
    if (made < 0) {
        complain(store, (int)made);
        store->broken = true;
    }
    if (made == 0)
        end_spill(store);
}

/* ── rounds ───────────────────────────────────────────────────────────────────────────────────────────── */

static void make_lines(struct plx_store *store, struct plx_merge *merge, const struct plx_piece *piece)
{
    struct plx_told told;
    while (plx__merge_next(merge, &told)) {
        if (told.ticks < store->start_ticks) /* it came too late for the trace before this one */
            continue;
        plx__json_record(store->json, &told, plx__piece_ns(piece, told.ticks) - store->start_ns, NULL);
        flush_if_much(store);
    }
    flush(store);
}

void plx__store_take(struct plx_store *store, struct plx_merge *merge, const struct plx_piece *piece,
                     long records)
{
    if (store->full || records == 0)
        return;
    bool many = records > plx__store_direct;
    if (!store->spill && !(many && can_spill(store))) {
        make_lines(store, merge, piece);
        return;
    }
    int error = plx__spill_round(store->spill, merge, piece, store->json);
    if (error)
        complain(store, error);
}

/* ── open and close ───────────────────────────────────────────────────────────────────────────────────── */

/* Absolute, for a program may change its folder. A spill that lies there is of the trace that was there
 * before. */
static void find_spill_path(struct plx_store *store, const char *path)
{
    struct stat facts;
    if (fstat(store->fd, &facts) || !S_ISREG(facts.st_mode))
        return;
    char *whole = realpath(path, NULL);
    if (!whole || asprintf(&store->spill_path, "%s" PLX_SPILL_SUFFIX, whole) < 0)
        store->spill_path = NULL;
    free(whole);
    if (store->spill_path)
        unlink(store->spill_path);
}

static int write_header(struct plx_store *store)
{
    size_t count;
    plx__json_header(store->json);
    const char *lines = plx__json_lines(store->json, &count);
    int error = write_all(store->fd, lines, count);
    plx__json_clear(store->json);
    store->bytes = count;
    return error;
}

int plx__store_open(const char *path, uint64_t start_ticks, uint64_t start_ns, struct plx_store **out)
{
    struct plx_store *store = calloc(1, sizeof *store);
    if (!store)
        return -ENOMEM;
    *store = (struct plx_store){.start_ticks = start_ticks, .start_ns = start_ns};
    store->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    int error = store->fd < 0 ? -errno : 0;
    store->json = error ? NULL : plx__json_new();
    if (!error && !store->json)
        error = -ENOMEM;
    if (!error) {
        find_spill_path(store, path);
        error = write_header(store);
    }
    if (error)
        plx__store_close(store);
    else
        *out = store;
    return error;
}

/* What is in a spill still is left there. */
void plx__store_close(struct plx_store *store)
{
    if (!store)
        return;
    plx__unspill_free(store->unspill);
    plx__spill_free(store->spill);
    plx__json_free(store->json);
    free(store->spill_path);
    if (store->fd >= 0)
        close(store->fd);
    free(store);
}
