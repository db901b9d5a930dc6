/* SPDX-License-Identifier: MIT
 *
 * Runs our benchmarks and the peers' in turn, and compares them.
 *
 *     compare [-r ROUNDS] [-b BENCH]... [-v VIEWER] [-o FILE.json] [-p FILE.svg] [-m FILE.md] NAME=PROGRAM...
 *
 * The first NAME is ours. In each round every peer runs every bench once, one after the other (A B A B), so
 * that what the machine does besides meets all alike; how much that was is printed. A peer that does not know
 * a bench is left out of it. The figures are medians; the spread is from the smallest to the largest. -v
 * names the program with the viewer's benches.
 *
 * Status 1: one of our own benches failed, or a file could not be written. 2: it was called wrongly, or our
 * program is no release build, and is not compared.
 */
#include "compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct comparison comparison = {.rounds = 6};
static const char *json_path, *picture_path, *markdown_path;

static int usage(void)
{
    fputs("usage: compare [-r ROUNDS] [-b BENCH]... [-v VIEWER] [-o FILE.json] [-p FILE.svg] [-m FILE.md] "
          "NAME=PROGRAM...\n",
          stderr);
    return 2;
}

/* ── the rounds ───────────────────────────────────────────────────────────────────────────────────── */

/* On a terminal the bench that runs; else a line a round. */
static void show_progress(int round, const char *bench)
{
    if (isatty(2))
        fprintf(stderr, "\rround %d of %d: %-24s", round + 1, comparison.rounds, bench);
}

static void note(int peer, const char *bench, const cJSON *line, bool failed)
{
    for (int i = 0; metric_of(i)->bench; i++) {
        struct samples *samples = &comparison.samples[i][peer];
        if (strcmp(metric_of(i)->bench, bench) != 0)
            continue;
        add_sample(samples, number_in(line, metric_of(i)->field));
        samples->failed += failed;
    }
}

static void run_bench(const char *bench)
{
    for (int peer = 0; peer < comparison.peers; peer++) {
        bool failed;
        bool echo = strncmp(bench, "tcp_echo_", 9) == 0;
        cJSON *line = echo ? run_echo(&comparison.peer[peer], strcmp(bench, "tcp_echo_1t") == 0, &failed)
                           : run_program(&comparison.peer[peer], bench, &failed);
        note(peer, bench, line, failed);
        cJSON_Delete(line);
    }
}

static void run_compared(int round)
{
    const char *before = "";
    for (int i = 0; metric_of(i)->bench; i++) {
        const char *bench = metric_of(i)->bench;
        if (strcmp(bench, before) == 0 || !is_chosen(&comparison, bench))
            continue;
        show_progress(round, bench);
        run_bench(bench);
        before = bench;
    }
}

static void note_viewing(const char *bench, const cJSON *line, bool failed)
{
    for (int i = 0; viewer_metric_of(i)->bench; i++) {
        if (strcmp(viewer_metric_of(i)->bench, bench) != 0)
            continue;
        add_sample(&comparison.viewing[i], number_in(line, viewer_metric_of(i)->field));
        comparison.viewing[i].failed += failed;
    }
}

static void run_viewing(int round)
{
    const char *before = "";
    for (int i = 0; comparison.viewer.program && viewer_metric_of(i)->bench; i++) {
        const char *bench = viewer_metric_of(i)->bench;
        bool failed;
        if (strcmp(bench, before) == 0 || !is_chosen(&comparison, bench))
            continue;
        show_progress(round, bench);
        cJSON *line = run_program(&comparison.viewer, bench, &failed);
        note_viewing(bench, line, failed);
        cJSON_Delete(line);
        before = bench;
    }
}

static void run_round(int round)
{
    struct machine begin = machine_now();
    run_compared(round);
    show_progress(round, "tracing");
    run_traced(&comparison);
    run_viewing(round);
    if (!isatty(2))
        fprintf(stderr, "round %d of %d: %.0f s\n", round + 1, comparison.rounds,
                machine_now().wall - begin.wall);
}

static void run_all(void)
{
    struct machine begin = machine_now();
    comparison.load_before = load_of_machine();
    for (int round = 0; round < comparison.rounds; round++)
        run_round(round);
    comparison.load_after = load_of_machine();
    comparison.others = others_since(&begin);
    if (isatty(2))
        fprintf(stderr, "\r%-48s\r", "");
}

/* ── what comes out ───────────────────────────────────────────────────────────────────────────────── */

static int write_files(void)
{
    int error = json_path ? write_json(&comparison, json_path) : 0;
    if (!error && picture_path)
        error = write_picture(&comparison, picture_path);
    if (!error && markdown_path)
        error = write_markdown(&comparison, markdown_path);
    if (error)
        fprintf(stderr, "compare: cannot write: %s\n", strerror(-error));
    return error;
}

static bool any_of_ours_failed(void)
{
    for (int i = 0; metric_of(i)->bench; i++)
        if (comparison.samples[i][0].failed)
            return true;
    return false;
}

/* ── the command line ─────────────────────────────────────────────────────────────────────────────── */

static int add_peer(char *argument)
{
    if (comparison.peers == PEERS_MOST)
        return -E2BIG;
    int error = peer_from(argument, &comparison.peer[comparison.peers]);
    comparison.peers += error == 0;
    return error;
}

static bool is_known(const char *bench)
{
    bool known = strcmp(bench, "trace_tcp_echo_1t") == 0;
    for (int i = 0; metric_of(i)->bench; i++)
        known |= strcmp(bench, metric_of(i)->bench) == 0;
    for (int i = 0; viewer_metric_of(i)->bench; i++)
        known |= strcmp(bench, viewer_metric_of(i)->bench) == 0;
    for (int i = 0; traced_of(i)->title; i++)
        known |= traced_of(i)->on && strcmp(bench, traced_of(i)->on) == 0;
    return known;
}

static bool take_option(int option)
{
    switch (option) {
    case 'r':
        comparison.rounds = atoi(optarg);
        return comparison.rounds >= 1 && comparison.rounds <= ROUNDS_MOST;
    case 'b':
        comparison.chosen[comparison.chosen_count++] = optarg;
        if (!is_known(optarg))
            fprintf(stderr, "compare: there is no bench %s\n", optarg);
        return is_known(optarg) && comparison.chosen_count < METRICS_MOST;
    case 'v':
        comparison.viewer = (struct peer){"pollux", optarg};
        return true;
    case 'o':
        json_path = optarg;
        return true;
    case 'p':
        picture_path = optarg;
        return true;
    case 'm':
        markdown_path = optarg;
        return true;
    default:
        return false;
    }
}

/* Our program says how it was built. */
static bool is_release(const struct peer *ours)
{
    char command[4096], said[256] = "";
    snprintf(command, sizeof command, "'%s' build", ours->program);
    FILE *pipe = popen(command, "r");
    if (pipe && !fgets(said, sizeof said, pipe))
        *said = '\0';
    bool fine = pipe && pclose(pipe) == 0;
    if (!fine)
        fprintf(stderr, "compare: %s is no release build, and is not compared: %s\n", ours->program,
                *said ? said : "it does not say what it is\n");
    return fine;
}

int main(int argc, char **argv)
{
    int option;
    while ((option = getopt(argc, argv, "r:b:v:o:p:m:")) != -1)
        if (!take_option(option))
            return usage();
    if (optind == argc)
        return usage();
    for (int i = optind; i < argc; i++) {
        int error = add_peer(argv[i]);
        if (error) {
            fprintf(stderr, "compare: %s: %s\n", argv[i], strerror(-error));
            return 2;
        }
    }
    if (!is_release(&comparison.peer[0]))
        return 2;
    run_all();
    print_tables(&comparison);
    return write_files() || any_of_ours_failed() ? 1 : 0;
}
