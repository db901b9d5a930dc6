/* SPDX-License-Identifier: MIT
 *
 * The picture: for each metric a bar a peer, its length relative to the best of the others (1.0, the dashed
 * line), with a whisker from the smallest to the largest run, and a mark where ours is to arrive. Rates are
 * turned over, so that shorter is better everywhere. A bar that is too long ends in an arrow.
 */
#include "compare.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum {
    LEFT = 196,
    UNIT = 200, /* pixels for a ratio of 1 */
    WIDTH = 900,
    RIGHT = WIDTH - 70, /* where bars end; their figures stand behind */
    BAR = 11,
    GAP = 14,
    TOP = 70,
};

static double cost(const struct metric *metric, double value)
{
    return metric->more_is_better ? 1 / value : value;
}

static double x_of(double ratio)
{
    return fmin(LEFT + ratio * UNIT, RIGHT);
}

static bool is_drawn(const struct comparison *comparison, int index)
{
    const struct metric *metric = metric_of(index);
    return !metric->again && !metric->none_at_all && comparison->samples[index][0].count &&
           rival_of(comparison, index);
}

/* The best of the others, as a cost. */
static double unit_of(const struct comparison *comparison, int index)
{
    double best = NAN;
    for (int peer = 1; peer < comparison->peers; peer++)
        if (!is_limit(&comparison->peer[peer]))
            best = fmin(best, cost(metric_of(index), median_of(&comparison->samples[index][peer])));
    return best;
}

static void draw_whisker(FILE *file, double low, double high, double y)
{
    double from = x_of(fmin(low, high)), to = x_of(fmax(low, high));
    fprintf(file, "<path class='line' fill='none' d='M%.1f %.1fv4M%.1f %.1fH%.1fM%.1f %.1fv4'/>\n", from,
            y - 2, from, y, to, to, y - 2);
}

/* The outline of a bar that ends at `end`; one that is too long for the picture has a tip. */
static void draw_outline(FILE *file, bool too_long, double end, double y)
{
    fprintf(file, "d='M%d %.1fH%.1f", LEFT, y + 1, too_long ? end - 6 : end);
    if (too_long)
        fprintf(file, "l6 %.1fl-6 %.1f", (BAR - 2) / 2.0, (BAR - 2) / 2.0);
    else
        fprintf(file, "V%.1f", y + BAR - 1);
    fprintf(file, "H%dz'/>\n", LEFT);
}

static double goal_x(const struct metric *metric)
{
    return x_of(metric->more_is_better ? 1 / metric->goal : metric->goal);
}

/* Behind the bar and its whisker, and behind the mark of the goal where that is close. */
static double figure_x(const struct metric *metric, int peer, double behind)
{
    bool is_close = peer == 0 && metric->goal > 0 && goal_x(metric) > behind && goal_x(metric) < behind + 34;
    return (is_close ? goal_x(metric) : behind) + 5;
}

/* What the system allows is drawn hollow. */
static void draw_bar(FILE *file, const struct comparison *comparison, int index, int peer, double unit,
                     double y)
{
    const struct metric *metric = metric_of(index);
    const struct samples *samples = &comparison->samples[index][peer];
    double ratio = cost(metric, median_of(samples)) / unit, least, most;
    range_of(samples, &least, &most);
    double low = cost(metric, least) / unit, high = cost(metric, most) / unit, end = x_of(ratio);
    bool too_long = LEFT + ratio * UNIT > RIGHT;
    fprintf(file, "<path class='p%d' %s ", peer,
            is_limit(&comparison->peer[peer]) ? "fill-opacity='0'" : "stroke='none'");
    draw_outline(file, too_long, end, y);
    if (!too_long)
        draw_whisker(file, low, high, y + BAR / 2.0);
    fprintf(file, "<text class='text halo' x='%.1f' y='%.1f' font-size='10'>%.2f</text>\n",
            figure_x(metric, peer, fmax(end, x_of(fmax(low, high)))), y + BAR - 2, ratio);
}

/* A stroke across our bar. */
static void draw_goal(FILE *file, const struct metric *metric, double y)
{
    fprintf(file, "<path class='line' fill='none' stroke-width='2' d='M%.1f %.1fv%d'/>\n", goal_x(metric),
            y - 3, BAR + 5);
}

static double draw_metric(FILE *file, const struct comparison *comparison, int index, double y)
{
    const struct metric *metric = metric_of(index);
    double unit = unit_of(comparison, index), from = y;
    const char *comma = strstr(metric->title, ", to ");
    for (int peer = 0; peer < comparison->peers; peer++) {
        if (comparison->samples[index][peer].count == 0)
            continue;
        draw_bar(file, comparison, index, peer, unit, y);
        y += BAR;
    }
    if (metric->goal > 0)
        draw_goal(file, metric, from);
    fprintf(file, "<text class='text' x='%d' y='%.1f' text-anchor='end' font-size='12'>%.*s</text>\n",
            LEFT - 8, (from + y) / 2 + 4, comma ? (int)(comma - metric->title) : (int)strlen(metric->title),
            metric->title);
    return y + GAP;
}

static void draw_legend(FILE *file, const struct comparison *comparison)
{
    fputs("<text class='text' x='16' y='24' font-size='14'>"
          "Relative to the best of the others (1, dashed); shorter is better</text>\n"
          "<text class='faint' x='16' y='48' font-size='11'>whisker: all runs; upright line: goal</text>\n",
          file);
    double x = 330;
    for (int peer = 0; peer < comparison->peers; peer++) {
        const char *limit = is_limit(&comparison->peer[peer]) ? " (limit)" : "";
        fprintf(file,
                "<rect class='p%d'%s x='%.0f' y='39' width='12' height='10'/>"
                "<text class='text' x='%.0f' y='48' font-size='12'>%s%s</text>\n",
                peer, *limit ? " fill-opacity='0'" : "", x, x + 18, comparison->peer[peer].name, limit);
        x += 100;
    }
}

static double height_of(const struct comparison *comparison)
{
    double height = TOP + 10;
    for (int i = 0; metric_of(i)->bench; i++) {
        if (!is_drawn(comparison, i))
            continue;
        height += GAP;
        for (int peer = 0; peer < comparison->peers; peer++)
            height += comparison->samples[i][peer].count ? BAR : 0;
    }
    return height;
}

int write_picture(const struct comparison *comparison, const char *path)
{
    double height = height_of(comparison), y = TOP;
    FILE *file = fopen(path, "w");
    if (!file)
        return -errno;
    svg_begin(file, WIDTH, height);
    draw_legend(file, comparison);
    fprintf(file, "<path class='line' fill='none' stroke-dasharray='3 3' d='M%d %dV%.0f'/>\n", LEFT + UNIT,
            TOP - 8, height - 12);
    for (int i = 0; metric_of(i)->bench; i++)
        if (is_drawn(comparison, i))
            y = draw_metric(file, comparison, i, y);
    svg_end(file);
    return fclose(file) ? -errno : 0;
}
