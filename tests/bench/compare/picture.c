/* SPDX-License-Identifier: MIT
 *
 * The picture: for each metric a bar a peer, its length relative to the best of the others (1.0, the line),
 * with a whisker from the smallest to the largest run. Rates are turned over, so that shorter is better
 * everywhere.
 */
#include "compare.h"

#include <errno.h>
#include <math.h>

enum {
    LEFT = 210,
    UNIT = 220, /* pixels for a ratio of 1 */
    WIDTH = 900,
    BAR = 9,
    GAP = 14,
    TOP = 56,
};

/* Told apart without colours by their order, and by the legend (Okabe and Ito's palette). */
static const char *const colour[PEERS_MOST] = {"#0072b2", "#e69f00", "#009e73", "#cc79a7",
                                               "#56b4e9", "#d55e00", "#f0e442", "#555555"};

static double cost(const struct metric *metric, double value)
{
    return metric->less_is_better ? value : 1 / value;
}

static double unit_of(const struct comparison *comparison, int metric)
{
    double best = INFINITY;
    for (int peer = 1; peer < comparison->peers; peer++)
        if (comparison->samples[metric][peer].count)
            best = fmin(best, cost(metric_of(metric), median_of(&comparison->samples[metric][peer])));
    return best;
}

static double x_of(double ratio)
{
    return LEFT + fmin(ratio, (WIDTH - LEFT - 60) / (double)UNIT) * UNIT;
}

static void draw_bar(FILE *file, const struct metric *metric, const struct samples *samples, double unit,
                     int peer, double y)
{
    double ratio = cost(metric, median_of(samples)) / unit, a, b;
    range_of(samples, &a, &b);
    double low = x_of(cost(metric, a) / unit), high = x_of(cost(metric, b) / unit), middle = y + BAR / 2.0;
    fprintf(file, "<rect x='%d' y='%.1f' width='%.1f' height='%d' fill='%s'/>\n", LEFT, y, x_of(ratio) - LEFT,
            BAR - 1, colour[peer]);
    fprintf(file, "<path d='M%.1f %.1fH%.1f' stroke='#222' stroke-width='1'/>\n", low, middle - 0.5, high);
    fprintf(file, "<text x='%.1f' y='%.1f' font-size='9'>%.2f</text>\n",
            fmax(x_of(ratio), fmax(low, high)) + 4, y + BAR - 1.5, ratio);
}

static double draw_metric(FILE *file, const struct comparison *comparison, int metric, double y)
{
    double unit = unit_of(comparison, metric), from = y;
    if (!isfinite(unit) || comparison->samples[metric][0].count == 0)
        return y;
    for (int peer = 0; peer < comparison->peers; peer++) {
        const struct samples *samples = &comparison->samples[metric][peer];
        if (samples->count == 0)
            continue;
        draw_bar(file, metric_of(metric), samples, unit, peer, y);
        y += BAR;
    }
    fprintf(file, "<text x='%d' y='%.1f' text-anchor='end' font-size='12'>%s</text>\n", LEFT - 8,
            (from + y) / 2 + 4, metric_of(metric)->title);
    return y + GAP;
}

static void draw_legend(FILE *file, const struct comparison *comparison)
{
    fprintf(file, "<text x='16' y='22' font-size='14'>Relative to the best peer; shorter is better</text>\n");
    for (int peer = 0; peer < comparison->peers; peer++)
        fprintf(
            file,
            "<rect x='%d' y='34' width='12' height='10' fill='%s'/><text x='%d' y='43' font-size='12'>%s</text>\n",
            LEFT + peer * 110, colour[peer], LEFT + 18 + peer * 110, comparison->peer[peer].name);
}

int write_picture(const struct comparison *comparison, const char *path)
{
    int rows = 0;
    for (int i = 0; metric_of(i)->bench; i++)
        rows += comparison->samples[i][0].count > 0;
    double height = TOP + rows * (comparison->peers * BAR + GAP) + 10, y = TOP;
    FILE *file = fopen(path, "w");
    if (!file)
        return -errno;
    fprintf(
        file,
        "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%.0f' font-family='sans-serif' fill='#222'>\n"
        "<rect width='100%%' height='100%%' fill='#fff'/>\n",
        WIDTH, height);
    draw_legend(file, comparison);
    for (int i = 0; metric_of(i)->bench; i++)
        y = draw_metric(file, comparison, i, y);
    fprintf(file, "<path d='M%d %dV%.0f' stroke='#222' stroke-dasharray='3 3'/>\n</svg>\n", LEFT + UNIT,
            TOP - 6, y);
    return fclose(file) ? -errno : 0;
}
