/* SPDX-License-Identifier: MIT
 *
 * Curves: what one operation costs as something grows.
 */
#ifndef BENCH_CURVES_H
#define BENCH_CURVES_H

#include "compare.h"

enum { PANELS_MOST = 16, POINTS_MOST = 8 };

/* One bench over one thing that grows. */
struct panel {
    const char *bench, *field, *title, *unit;
    const char *over; /* "workers": told by BENCH_WORKERS; else how many of these there are: the bench's N */
    double x[POINTS_MOST];
    int points;
    struct samples samples[PEERS_MOST][POINTS_MOST];
};

/* Draws all panels that have points, three in a row, a curve a peer; the x axis is logarithmic. 0 or a
 * negative errno. */
int write_curves(const struct panel *panels, int count, const struct peer *peer, int peers, const char *path);

/* sockets.c: what an idle connection costs a peer's echo server in memory, and what an echo costs beside so
 * many. */
struct crowd {
    double bytes_per_connection, echo_us;
};
int measure_crowd(const struct peer *peer, int connections, struct crowd *crowd);

/* How many connections the limit of descriptors allows. */
int connections_most(void);

#endif
