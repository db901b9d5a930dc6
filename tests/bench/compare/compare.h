/* SPDX-License-Identifier: MIT
 *
 * The comparison of our benchmarks with the peers': what its files share.
 *
 *     compare.c  scaling.c     two programs: the table of medians; curves over the number of workers, tasks …
 *     metrics.c                what is compared, and the goals: all tables stand here
 *     run.c  echo.c            run one bench of one peer; the echo benches, which are a server and a client
 *     tracing.c                what being looked at costs, from pairs of runs
 *     figures.c                medians, spread, ratios
 *     table.c  json.c  markdown.c  picture.c  curves.c      what comes out
 */
#ifndef BENCH_COMPARE_H
#define BENCH_COMPARE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum { PEERS_MOST = 8, METRICS_MOST = 48, ROUNDS_MOST = 32, TRACED_MOST = 4 };

/* A figure in the line of a bench, and where it is to arrive. */
struct metric {
    const char *bench, *field, *title, *unit;
    bool more_is_better;
    const char *against; /* the peer whose figure the ratio is to; NULL: the best one */
    double goal;         /* of the ratio: at most, or where more is better at least. 0: there is none */
    bool none_at_all;    /* instead of a ratio: the figure is to be 0 */
    bool again;          /* of a figure that stands in a row above: not in pictures */
};

/* A bench that is run without a trace and with one. */
struct traced {
    const char *title, *off, *on; /* NULL: the echo bench, with POLLUX_TRACE */
    double goal;                  /* of the slowdown while running */
};

/* Of all of them: nanoseconds of CPU an event, on the thread that tells it, and in all. */
extern const double goal_hot_ns, goal_all_ns;

struct peer {
    const char *name, *program;
};

struct samples {
    int count, failed;
    double value[ROUNDS_MOST];
};

/* What one bench costs with a trace; all but the first two are ratios or a cost an event. */
enum {
    TRACED_EVENTS,
    TRACED_BYTES,
    TRACED_HOT,
    TRACED_ALL,
    TRACED_SLOWDOWN,
    TRACED_WITH_END,
    TRACED_FIGURES
};

struct comparison {
    struct peer peer[PEERS_MOST]; /* the first is ours */
    int peers, rounds;
    struct peer viewer;               /* pollux-replay-bench; its program may be NULL */
    const char *chosen[METRICS_MOST]; /* benches; none: all */
    int chosen_count;
    struct samples samples[METRICS_MOST][PEERS_MOST];
    struct samples traced[TRACED_MOST][TRACED_FIGURES];
    struct samples viewing[METRICS_MOST];
    double load_before, load_after; /* of the machine, over a minute */
    double others;                  /* processors that other programs were using meanwhile */
};

/* ── metrics.c ── */

const struct metric *metric_of(int index);        /* after the last one, one without a bench */
const struct metric *viewer_metric_of(int index); /* the same for the viewer's benches */
const struct traced *traced_of(int index);        /* after the last one, one without a title */
bool is_limit(const struct peer *peer);           /* what the system allows: shown, but no peer for ratios */
bool is_chosen(const struct comparison *comparison, const char *bench);

/* ── figures.c: all of them NAN where there is nothing ── */

double median_of(const struct samples *samples);
void range_of(const struct samples *samples, double *least, double *most);
void add_sample(struct samples *samples, double value); /* NAN is no sample */

/* The peer that ours is compared with in this metric: its number, 0 when there is none. */
int rival_of(const struct comparison *comparison, int metric);
double ratio_of(const struct comparison *comparison, int metric);

/* Whether the ratio is as good as the goal; *known is false when one of them is missing. */
bool goal_met(const struct comparison *comparison, int metric, bool *known);

/* ── run.c ── */

/* From "NAME=PROGRAM", which is cut in two. The program's path is kept until the end. 0 or a negative
 * errno. */
int peer_from(char *argument, struct peer *peer);

/* The fields of all the lines of JSON that a program prints for one bench; NULL when it does not have this
 * bench (status 2), or fails: then that is said on standard error, and *failed is set. To be deleted. */
cJSON *run_program(const struct peer *peer, const char *bench, bool *failed);

/* Parses what a program prints on `pipe`; lines that are no JSON object are passed over. NULL: there was
 * none. */
cJSON *read_lines(FILE *pipe, const char *before, const char *after);

/* A number of at least 0, else NAN. */
double number_in(const cJSON *line, const char *field);

void complain(const struct peer *peer, const char *bench, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ── echo.c ── */

struct server {
    pid_t pid;
    FILE *says;
    int port;
};

/* `cpus`: as taskset wants them, NULL for all. `trace`: POLLUX_TRACE, NULL for none. 0, -ENOENT when it has
 * no such server (status 2), or -EIO. */
int start_server(const struct peer *peer, int threads, const char *cpus, const char *trace,
                 struct server *server);

/* Tells it to stop, and waits. The CPU time that it has used in all. */
double stop_server(struct server *server);

cJSON *run_echo(const struct peer *peer, bool one, bool *failed);
void trace_echo(struct comparison *comparison, struct samples figures[TRACED_FIGURES]);

/* ── what comes out ── */

void run_traced(struct comparison *comparison); /* one round of all of them */
void print_tables(const struct comparison *comparison);
void print_traced(const struct comparison *comparison);
int write_json(const struct comparison *comparison, const char *path);
int write_markdown(const struct comparison *comparison, const char *path);

/* Bars with whiskers, each metric relative to the best peer. 0 or a negative errno. */
int write_picture(const struct comparison *comparison, const char *path);

/* ── svg.c: what both pictures share ── */

/* The beginning of a picture, readable on light and on dark ground. Classes: p0, p1 … (peers, by place),
 * text, faint, line, ground. */
void svg_begin(FILE *file, double width, double height);
void svg_end(FILE *file);

/* Peers are told apart by colour and by shape. */
void svg_marker(FILE *file, int peer, double x, double y);

/* ── the machine (machine.c) ── */

struct machine {
    double wall, busy, ours; /* seconds: since the start; of all processors; of our children and us */
};
struct machine machine_now(void);
double load_of_machine(void);
double others_since(const struct machine *begin); /* processors in use by others, on average */
void describe_machine(char *text, size_t size);   /* "2 × AMD EPYC …, Linux 6.1" */

#endif
