/* SPDX-License-Identifier: MIT
 *
 * The tables on standard output.
 */
#include "compare.h"

#include <math.h>

static void print_cell(const struct samples *samples)
{
    double median = median_of(samples);
    if (!isnan(median))
        printf(" %11.1f", median);
    else
        printf(" %11s", samples->failed ? "failed" : "-");
}

static void print_ratio(const struct comparison *comparison, int index)
{
    int rival = rival_of(comparison, index);
    double ratio = ratio_of(comparison, index);
    if (isnan(ratio))
        printf("   %-15s", "");
    else
        printf("   %5.2f of %-6s", ratio, comparison->peer[rival].name);
}

static void print_goal(const struct comparison *comparison, int index)
{
    bool known, met = goal_met(comparison, index, &known);
    const char *verdict = !known ? "" : met ? "met" : "missed";
    if (metric_of(index)->none_at_all)
        printf("  none %-7s", verdict);
    else if (metric_of(index)->goal > 0)
        printf("  %4.2f %-7s", metric_of(index)->goal, verdict);
    else
        printf("  %12s", "");
}

static void print_row(const struct comparison *comparison, int index)
{
    const struct metric *metric = metric_of(index);
    double least, most;
    range_of(&comparison->samples[index][0], &least, &most);
    printf("%-26s%-5s", metric->title, metric->unit);
    for (int peer = 0; peer < comparison->peers; peer++)
        print_cell(&comparison->samples[index][peer]);
    print_ratio(comparison, index);
    print_goal(comparison, index);
    if (!isnan(least))
        printf("  %.1f..%.1f", least, most);
    putchar('\n');
}

static bool was_run(const struct comparison *comparison, int index)
{
    const struct samples *ours = &comparison->samples[index][0];
    return ours->count || ours->failed;
}

static void print_compared(const struct comparison *comparison)
{
    int met = 0, goals = 0, rows = 0;
    for (int i = 0; metric_of(i)->bench; i++) {
        bool known, is_met = goal_met(comparison, i, &known);
        if (!was_run(comparison, i))
            continue;
        if (rows++ == 0) {
            printf("%-26s%-5s", "bench", "unit");
            for (int peer = 0; peer < comparison->peers; peer++)
                printf(" %11s", comparison->peer[peer].name);
            printf("   %-15s  %-12s  %s\n", "ours / best", "goal", "spread of ours");
        }
        print_row(comparison, i);
        goals += known;
        met += is_met;
    }
    if (goals)
        printf("%d of %d goals are met.\n", met, goals);
}

static void print_limits(const struct comparison *comparison)
{
    for (int peer = 1; peer < comparison->peers; peer++)
        if (is_limit(&comparison->peer[peer]))
            printf("%s: a bare loop without a runtime; what the system allows, not a peer in the ratios.\n",
                   comparison->peer[peer].name);
}

static void print_viewing(const struct comparison *comparison)
{
    bool headed = false;
    for (int i = 0; viewer_metric_of(i)->bench; i++) {
        double median = median_of(&comparison->viewing[i]), least, most;
        if (isnan(median))
            continue;
        if (!headed)
            printf("\nThe viewer's reader and replay.\n");
        headed = true;
        range_of(&comparison->viewing[i], &least, &most);
        printf("%-26s%-5s %11.2f   %.2f..%.2f\n", viewer_metric_of(i)->title, viewer_metric_of(i)->unit,
               median, least, most);
    }
}

void print_tables(const struct comparison *comparison)
{
    char machine[512];
    describe_machine(machine, sizeof machine);
    print_compared(comparison);
    print_limits(comparison);
    print_traced(comparison);
    print_viewing(comparison);
    printf("\nMedians of %d runs, in turn, on %s.\n"
           "Load of the machine (1 min): %.2f before, %.2f after; meanwhile others used %.2f processors.\n",
           comparison->rounds, machine, comparison->load_before, comparison->load_after, comparison->others);
}
