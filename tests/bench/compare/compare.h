/* SPDX-License-Identifier: MIT
 *
 * The comparison of our benchmarks with the peers': what its files share.
 */
#ifndef BENCH_COMPARE_H
#define BENCH_COMPARE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

enum { PEERS_MOST = 8, METRICS_MOST = 32, ROUNDS_MOST = 32 };

struct metric {
    const char *bench, *field, *title, *unit;
    bool less_is_better;
};

struct peer {
    const char *name, *program;
};

struct samples {
    int count;
    double value[ROUNDS_MOST];
};

struct comparison {
    struct peer peer[PEERS_MOST]; /* the first is ours */
    int peers, rounds;
    const char *chosen[METRICS_MOST]; /* benches; none: all */
    int chosen_count;
    struct samples samples[METRICS_MOST][PEERS_MOST];
    double load_before, load_after;
};

const struct metric *metric_of(int index); /* after the last one, one without a bench */
double median_of(const struct samples *samples);
void range_of(const struct samples *samples, double *least, double *most);

/* Runs one bench of one peer. Its line, to be deleted; NULL when it does not have this bench, or fails: then
 * that is said on standard error. */
cJSON *run_program(const struct peer *peer, const char *bench);

/* Bars with whiskers, each metric relative to the best peer. 0 or a negative errno. */
int write_picture(const struct comparison *comparison, const char *path);

#endif
