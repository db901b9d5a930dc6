/* SPDX-License-Identifier: MIT
 *
 * Runs our benchmarks and the peers' in turn, and compares them.
 *
 *     compare [-r ROUNDS] [-o bench.json] [-p bench.svg] [-b BENCH]... NAME=PROGRAM...
 *
 * The first NAME is ours. In each round every peer runs every bench once, one after the other (A B A B), so
 * that what the machine does besides meets all alike; how much that was is printed. A peer that does not know
 * a bench is left out of it. The figures are medians; the spread is from the smallest to the largest.
 */
#include "compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is compared: the bench, the figure in its line, in words, and whether less is better. */
static const struct metric metrics[] = {
    {"spawn_many", "ns_per_op", "spawn_many", "ns", true},
    {"spawn_remote", "ns_per_op", "spawn_remote", "ns", true},
    {"yield_many", "ns_per_op", "yield_many", "ns", true},
    {"ping_pong", "ns_per_op", "ping_pong", "ns", true},
    {"chained_spawn", "ns_per_op", "chained_spawn", "ns", true},
    {"wake_cross", "ns_per_op", "wake_cross", "ns", true},
    {"wake_cross_forced", "ns_per_op", "wake_cross forced", "ns", true},
    {"mpsc", "ns_per_op", "mpsc", "ns", true},
    {"timers", "insert_ns", "timers: insert", "ns", true},
    {"timers", "cancel_ns", "timers: cancel", "ns", true},
    {"timers", "cpu_ns_per_op", "timers: CPU", "ns", true},
    {"timers_far", "insert_ns", "timers_far: insert", "ns", true},
    {"timers_far", "cancel_ns", "timers_far: cancel", "ns", true},
    {"idle_mem", "rss_bytes_per_task", "idle_mem", "B", true},
    {"idle_mem_bare", "rss_bytes_per_task", "idle_mem bare", "B", true},
    {"tcp_echo_1t", "req_s", "tcp_echo_1t", "req/s", false},
    {"tcp_echo_1t", "cpu_us_per_req", "tcp_echo_1t: server CPU", "us", true},
    {"tcp_echo_2t", "req_s", "tcp_echo_2t", "req/s", false},
    {"chain_static", "ns_per_op", "chain_static", "ns", true},
    {"chain_async_await", "ns_per_op", "chain_async", "ns", true},
    {"chain_boxed", "ns_per_op", "chain_boxed", "ns", true},
    {"chain_spawned", "ns_per_op", "chain_spawned", "ns", true},
    {0},
};

const struct metric *metric_of(int index)
{
    return &metrics[index];
}

static int usage(void)
{
    fputs("usage: compare [-r ROUNDS] [-o FILE.json] [-p FILE.svg] [-b BENCH]... NAME=PROGRAM...\n", stderr);
    return 2;
}

/* ── what was measured ────────────────────────────────────────────────────────────────────────────── */

static bool is_chosen(const struct comparison *comparison, const char *bench)
{
    for (int i = 0; i < comparison->chosen_count; i++)
        if (strcmp(comparison->chosen[i], bench) == 0)
            return true;
    return comparison->chosen_count == 0;
}

static void note(struct comparison *comparison, int peer, const char *bench, const cJSON *line)
{
    for (int i = 0; metrics[i].bench; i++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(line, metrics[i].field);
        struct samples *samples = &comparison->samples[i][peer];
        if (strcmp(metrics[i].bench, bench) == 0 && cJSON_IsNumber(value) && samples->count < ROUNDS_MOST)
            samples->value[samples->count++] = value->valuedouble;
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double median_of(const struct samples *samples)
{
    double sorted[ROUNDS_MOST];
    memcpy(sorted, samples->value, sizeof sorted);
    qsort(sorted, (size_t)samples->count, sizeof *sorted, by_size);
    int half = samples->count / 2;
    return samples->count % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

void range_of(const struct samples *samples, double *least, double *most)
{
    *least = INFINITY;
    *most = -INFINITY;
    for (int i = 0; i < samples->count; i++) {
        *least = fmin(*least, samples->value[i]);
        *most = fmax(*most, samples->value[i]);
    }
}

/* The best of the others, or NULL. */
static const struct samples *best_peer(const struct comparison *comparison, int metric, int *which)
{
    const struct samples *best = NULL;
    for (int peer = 1; peer < comparison->peers; peer++) {
        const struct samples *samples = &comparison->samples[metric][peer];
        if (samples->count == 0)
            continue;
        if (best && (median_of(samples) < median_of(best)) != metrics[metric].less_is_better)
            continue;
        best = samples;
        *which = peer;
    }
    return best;
}

/* ── the run ──────────────────────────────────────────────────────────────────────────────────────── */

static void run_bench(struct comparison *comparison, const char *bench)
{
    for (int peer = 0; peer < comparison->peers; peer++) {
        cJSON *line = run_program(&comparison->peer[peer], bench);
        if (line)
            note(comparison, peer, bench, line);
        cJSON_Delete(line);
    }
}

static void run_round(struct comparison *comparison, int round)
{
    const char *before = "";
    for (int i = 0; metrics[i].bench; i++) {
        const char *bench = metrics[i].bench;
        if (strcmp(bench, before) == 0 || !is_chosen(comparison, bench))
            continue;
        fprintf(stderr, "\rround %d of %d: %-24s", round + 1, comparison->rounds, bench);
        run_bench(comparison, bench);
        before = bench;
    }
}

/* ── the table ────────────────────────────────────────────────────────────────────────────────────── */

static void print_cell(const struct samples *samples)
{
    if (samples->count)
        printf(" %13.1f", median_of(samples));
    else
        printf(" %13s", "-");
}

static void print_row(const struct comparison *comparison, int metric)
{
    const struct samples *ours = &comparison->samples[metric][0];
    int which = 0;
    const struct samples *best = best_peer(comparison, metric, &which);
    double least, most;
    if (ours->count == 0)
        return;
    range_of(ours, &least, &most);
    printf("%-24s %-5s", metrics[metric].title, metrics[metric].unit);
    for (int peer = 0; peer < comparison->peers; peer++)
        print_cell(&comparison->samples[metric][peer]);
    if (best)
        printf("   %5.2f of %-6s", median_of(ours) / median_of(best), comparison->peer[which].name);
    else
        printf("   %-15s", "");
    printf("  %.1f..%.1f\n", least, most);
}

static void print_table(const struct comparison *comparison)
{
    printf("%-24s %-5s", "bench", "unit");
    for (int peer = 0; peer < comparison->peers; peer++)
        printf(" %13s", comparison->peer[peer].name);
    printf("   %-15s  %s\n", "ours / best", "spread of ours");
    for (int i = 0; metrics[i].bench; i++)
        print_row(comparison, i);
    printf("\nMedians of %d runs, in turn. Load of the machine (1 min): %.2f before, %.2f after.\n",
           comparison->rounds, comparison->load_before, comparison->load_after);
}

/* ── bench.json ───────────────────────────────────────────────────────────────────────────────────── */

static cJSON *json_of(const struct comparison *comparison)
{
    cJSON *root = cJSON_CreateObject(), *benches = cJSON_AddArrayToObject(root, "metrics");
    cJSON_AddNumberToObject(root, "rounds", comparison->rounds);
    cJSON_AddNumberToObject(root, "load_before", comparison->load_before);
    cJSON_AddNumberToObject(root, "load_after", comparison->load_after);
    for (int i = 0; metrics[i].bench; i++) {
        cJSON *metric = cJSON_CreateObject();
        cJSON_AddStringToObject(metric, "metric", metrics[i].title);
        cJSON_AddStringToObject(metric, "unit", metrics[i].unit);
        for (int peer = 0; peer < comparison->peers; peer++) {
            const struct samples *samples = &comparison->samples[i][peer];
            if (samples->count)
                cJSON_AddItemToObject(metric, comparison->peer[peer].name,
                                      cJSON_CreateDoubleArray(samples->value, samples->count));
        }
        cJSON_AddItemToArray(benches, metric);
    }
    return root;
}

static int write_json(const struct comparison *comparison, const char *path)
{
    cJSON *root = json_of(comparison);
    char *text = cJSON_Print(root);
    FILE *file = text ? fopen(path, "w") : NULL;
    int error = !file || fprintf(file, "%s\n", text) < 0 || fclose(file) ? -errno : 0;
    cJSON_free(text);
    cJSON_Delete(root);
    return error;
}

/* ── the command line ─────────────────────────────────────────────────────────────────────────────── */

static int add_peer(struct comparison *comparison, char *argument)
{
    char *equals = strchr(argument, '=');
    if (!equals || comparison->peers == PEERS_MOST)
        return -EINVAL;
    *equals = '\0';
    if (access(equals + 1, X_OK))
        return -errno;
    comparison->peer[comparison->peers++] = (struct peer){argument, equals + 1};
    return 0;
}

static double load_of_machine(void)
{
    double load = 0;
    return getloadavg(&load, 1) == 1 ? load : NAN;
}

static int run_all(struct comparison *comparison, const char *json, const char *picture)
{
    comparison->load_before = load_of_machine();
    for (int round = 0; round < comparison->rounds; round++)
        run_round(comparison, round);
    comparison->load_after = load_of_machine();
    fprintf(stderr, "\r%-48s\r", "");
    print_table(comparison);
    int error = json ? write_json(comparison, json) : 0;
    if (!error && picture)
        error = write_picture(comparison, picture);
    if (error)
        fprintf(stderr, "compare: cannot write: %s\n", strerror(-error));
    return error ? 1 : 0;
}

int main(int argc, char **argv)
{
    static struct comparison comparison = {.rounds = 6};
    const char *json = NULL, *picture = NULL;
    int option;
    while ((option = getopt(argc, argv, "r:o:p:b:")) != -1) {
        if (option == 'r')
            comparison.rounds = atoi(optarg);
        else if (option == 'o')
            json = optarg;
        else if (option == 'p')
            picture = optarg;
        else if (option == 'b' && comparison.chosen_count < METRICS_MOST)
            comparison.chosen[comparison.chosen_count++] = optarg;
        else
            return usage();
    }
    if (optind == argc || comparison.rounds < 1 || comparison.rounds > ROUNDS_MOST)
        return usage();
    for (int i = optind; i < argc; i++) {
        int error = add_peer(&comparison, argv[i]);
        if (error) {
            fprintf(stderr, "compare: %s: %s\n", argv[i], strerror(-error));
            return 2;
        }
    }
    return run_all(&comparison, json, picture);
}
