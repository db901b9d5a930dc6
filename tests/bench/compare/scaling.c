/* SPDX-License-Identifier: MIT
 *
 * How the cost of one operation changes: with the number of workers, more of them than processors included,
 * and with the number of tasks, timers and connections.
 *
 *     scaling [-r ROUNDS] [-b BENCH]... [-o FILE.json] [-p FILE.svg] NAME=PROGRAM...
 *
 * Peers run in turn, as in compare. A peer that does not know a bench has no curve there. -b takes the name
 * of a bench below.
 */
#include "curves.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORKERS  .over = "workers", .x = {1, 2, 4, 8}, .points = 4
#define MANY(of) .over = of, .x = {10, 100, 1000, 10000, 100000, 1000000}, .points = 6
/* Below a thousand the pages that a process has anyway would be seen, and not the tasks. */
#define THOUSANDS(of) .over = of, .x = {1000, 10000, 100000, 1000000}, .points = 4

static struct panel panels[PANELS_MOST] = {
    {"spawn_many", "ns_per_op", "spawn_many", "ns a task", WORKERS},
    {"yield_many", "ns_per_op", "yield_many", "ns a yield", WORKERS},
    {"ping_pong", "ns_per_op", "ping_pong", "ns a pair", WORKERS},
    {"chained_spawn", "ns_per_op", "chained_spawn", "ns a task", WORKERS},
    {"wake_cross", "ns_per_op", "wake_cross", "ns a round trip", WORKERS},
    {"mpsc", "ns_per_op", "mpsc", "ns a message", WORKERS},
    {"spawn_n", "ns_per_op", "spawn", "ns a task", MANY("tasks at a time")},
    {"yield_n", "ns_per_op", "yield", "ns a yield", MANY("tasks")},
    {"timers_n", "insert_ns", "set a timer", "ns", MANY("timers")},
    {"timers_n", "cancel_ns", "cancel a timer", "ns", MANY("timers")},
    {"idle_mem", "rss_bytes_per_task", "an idle task", "bytes", THOUSANDS("tasks")},
    {"sockets", "bytes_per_connection", "an idle connection", "bytes", .over = "connections"},
    {"sockets", "echo_us", "an echo", "us", .over = "idle connections"},
};
enum { PANELS = 13 };

static struct peer peer[PEERS_MOST];
static int peers, rounds = 3, chosen_count;
static const char *chosen[PANELS_MOST], *json_path, *picture_path;

static int usage(void)
{
    fputs("usage: scaling [-r ROUNDS] [-b BENCH]... [-o FILE.json] [-p FILE.svg] NAME=PROGRAM...\n", stderr);
    return 2;
}

/* ── measuring ────────────────────────────────────────────────────────────────────────────────────── */

static bool wanted(const char *bench)
{
    for (int i = 0; i < chosen_count; i++)
        if (strcmp(chosen[i], bench) == 0)
            return true;
    return chosen_count == 0;
}

/* All panels of this bench take their figures from one run. */
static void note(const char *bench, const char *over, int who, int point, const cJSON *line)
{
    for (int i = 0; i < PANELS; i++)
        if (strcmp(panels[i].bench, bench) == 0 && strcmp(panels[i].over, over) == 0)
            add_sample(&panels[i].samples[who][point], number_in(line, panels[i].field));
}

static void run_over_workers(const struct panel *panel, int who, int point)
{
    char workers[16];
    bool failed;
    snprintf(workers, sizeof workers, "%.0f", panel->x[point]);
    setenv("BENCH_WORKERS", workers, 1);
    cJSON *line = run_program(&peer[who], panel->bench, &failed);
    unsetenv("BENCH_WORKERS");
    note(panel->bench, panel->over, who, point, line);
    cJSON_Delete(line);
}

static void run_over_number(const struct panel *panel, int who, int point)
{
    char bench[64];
    bool failed;
    snprintf(bench, sizeof bench, "%s %.0f", panel->bench, panel->x[point]);
    cJSON *line = run_program(&peer[who], bench, &failed);
    note(panel->bench, panel->over, who, point, line);
    cJSON_Delete(line);
}

/* The panel after this one shows the other figure. */
static void run_over_connections(struct panel *panel, int who, int point)
{
    struct crowd crowd;
    int error = measure_crowd(&peer[who], (int)panel->x[point], &crowd);
    if (error && error != -ENOENT)
        complain(&peer[who], panel->bench, "%s", strerror(-error));
    if (error)
        return;
    if (panel->x[point] >= 1000)
        add_sample(&panel[0].samples[who][point], crowd.bytes_per_connection);
    add_sample(&panel[1].samples[who][point], crowd.echo_us);
}

static void run_point(struct panel *panel, int who, int point)
{
    if (strcmp(panel->over, "workers") == 0)
        run_over_workers(panel, who, point);
    else if (strcmp(panel->bench, "sockets") == 0)
        run_over_connections(panel, who, point);
    else
        run_over_number(panel, who, point);
}

static bool was_run(int index)
{
    return index > 0 && strcmp(panels[index].bench, panels[index - 1].bench) == 0;
}

static void run_round(int round)
{
    double start = machine_now().wall;
    for (int i = 0; i < PANELS; i++) {
        if (was_run(i) || !wanted(panels[i].bench))
            continue;
        for (int point = 0; point < panels[i].points; point++) {
            if (isatty(2))
                fprintf(stderr, "\rround %d of %d: %s, %.0f %-24s", round + 1, rounds, panels[i].bench,
                        panels[i].x[point], panels[i].over);
            for (int who = 0; who < peers; who++)
                run_point(&panels[i], who, point);
        }
    }
    if (!isatty(2))
        fprintf(stderr, "round %d of %d: %.0f s\n", round + 1, rounds, machine_now().wall - start);
}

/* 10, 100 … and as many as the limit of descriptors allows. */
static void plan_connections(struct panel *panel)
{
    int most = connections_most();
    panel->points = 0;
    for (int n = 10; n < most && n < 1000000 && panel->points < POINTS_MOST - 1; n *= 10)
        panel->x[panel->points++] = n;
    if (most > 10 && panel->x[panel->points - 1] < 0.9 * most)
        panel->x[panel->points++] = most;
}

/* ── what comes out ───────────────────────────────────────────────────────────────────────────────── */

static void print_row(const struct panel *panel, int who)
{
    double last = NAN;
    bool any = false;
    for (int i = 0; i < panel->points; i++)
        any |= panel->samples[who][i].count > 0;
    if (!any)
        return;
    printf("  %-24s", peer[who].name);
    for (int i = 0; i < panel->points; i++) {
        double median = median_of(&panel->samples[who][i]);
        if (isnan(median))
            printf(" %10s", "-");
        else
            printf(" %10.1f", last = median);
    }
    /* Two workers are what the machine has processors for. */
    if (strcmp(panel->over, "workers") == 0 && panel->points > 1)
        printf("  %10.2f", last / median_of(&panel->samples[who][1]));
    putchar('\n');
}

static void print_panel(const struct panel *panel)
{
    char title[64];
    snprintf(title, sizeof title, "%s, %s", panel->title, panel->unit);
    printf("\n%-26s", title);
    for (int i = 0; i < panel->points; i++)
        printf(" %10.0f", panel->x[i]);
    printf("  %s\n", strcmp(panel->over, "workers") == 0 ? "workers; the last ÷ 2" : panel->over);
    for (int who = 0; who < peers; who++)
        print_row(panel, who);
}

static void add_panel(cJSON *list, const struct panel *panel)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "bench", panel->bench);
    cJSON_AddStringToObject(object, "field", panel->field);
    cJSON_AddStringToObject(object, "unit", panel->unit);
    cJSON_AddStringToObject(object, "over", panel->over);
    cJSON_AddItemToObject(object, "x", cJSON_CreateDoubleArray(panel->x, panel->points));
    for (int who = 0; who < peers; who++) {
        cJSON *points = cJSON_AddArrayToObject(object, peer[who].name);
        for (int i = 0; i < panel->points; i++) {
            const struct samples *samples = &panel->samples[who][i];
            cJSON_AddItemToArray(points, cJSON_CreateDoubleArray(samples->value, samples->count));
        }
    }
    cJSON_AddItemToArray(list, object);
}

static int write_panels(const char *path)
{
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < PANELS; i++)
        if (wanted(panels[i].bench))
            add_panel(list, &panels[i]);
    char *text = cJSON_Print(list);
    FILE *file = fopen(path, "w");
    int error = file ? 0 : -errno;
    if (file && (!text || fprintf(file, "%s\n", text) < 0))
        error = -EIO;
    if (file && fclose(file) && !error)
        error = -errno;
    cJSON_free(text);
    cJSON_Delete(list);
    return error;
}

static int write_files(void)
{
    int error = json_path ? write_panels(json_path) : 0;
    if (!error && picture_path)
        error = write_curves(panels, PANELS, peer, peers, picture_path);
    if (error)
        fprintf(stderr, "scaling: cannot write: %s\n", strerror(-error));
    return error ? 1 : 0;
}

/* ── the command line ─────────────────────────────────────────────────────────────────────────────── */

static bool is_known(const char *bench)
{
    for (int i = 0; i < PANELS; i++)
        if (strcmp(panels[i].bench, bench) == 0)
            return true;
    fprintf(stderr, "scaling: there is no bench %s\n", bench);
    return false;
}

static bool take_option(int option)
{
    if (option == 'r')
        return (rounds = atoi(optarg)) >= 1 && rounds <= ROUNDS_MOST;
    if (option == 'b' && chosen_count < PANELS_MOST)
        return is_known(chosen[chosen_count++] = optarg);
    if (option == 'o')
        json_path = optarg;
    else if (option == 'p')
        picture_path = optarg;
    return option == 'o' || option == 'p';
}

static int add_peer(char *argument)
{
    if (peers == PEERS_MOST)
        return -E2BIG;
    int error = peer_from(argument, &peer[peers]);
    peers += error == 0;
    return error;
}

int main(int argc, char **argv)
{
    int option;
    while ((option = getopt(argc, argv, "r:b:o:p:")) != -1)
        if (!take_option(option))
            return usage();
    if (optind == argc)
        return usage();
    for (int i = optind; i < argc; i++) {
        int error = add_peer(argv[i]);
        if (error) {
            fprintf(stderr, "scaling: %s: %s\n", argv[i], strerror(-error));
            return 2;
        }
    }
    for (int i = 0; i < PANELS; i++)
        if (strcmp(panels[i].bench, "sockets") == 0)
            plan_connections(&panels[i]);
    struct machine begin = machine_now();
    for (int round = 0; round < rounds; round++)
        run_round(round);
    if (isatty(2))
        fprintf(stderr, "\r%-64s\r", "");
    for (int i = 0; i < PANELS; i++)
        if (wanted(panels[i].bench))
            print_panel(&panels[i]);
    printf("\nMedians of %d runs, in turn. Meanwhile others used %.2f processors.\n", rounds,
           others_since(&begin));
    return write_files();
}
