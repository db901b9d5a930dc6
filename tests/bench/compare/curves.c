/* SPDX-License-Identifier: MIT
 *
 * Drawing curves. A panel's y axis begins at 0, unless its largest value is more than ten times the smallest:
 * then it is logarithmic too, and says so.
 */
#include "curves.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum {
    COLUMNS = 3,
    PANEL_WIDTH = 320,
    PANEL_HEIGHT = 236,
    LEFT = 56, /* of the plot in its panel */
    RIGHT = 18,
    TOP = 34,
    BOTTOM = 44,
    INSET = 8, /* of the first point, so that its mark is clear of the axis */
    HEAD = 62,
    PLOT_WIDTH = PANEL_WIDTH - LEFT - RIGHT,
    PLOT_HEIGHT = PANEL_HEIGHT - TOP - BOTTOM,
};

/* Where a panel's values stand on paper. */
struct axes {
    double left, top, low, high; /* low, high: of the values, or of their logarithms */
    double x_low, x_high;        /* logarithms */
    double step;                 /* from level to level */
    int first;                   /* the first point that has a value */
    bool logarithmic;
};

static double across(const struct axes *axes, double x)
{
    double span = axes->x_high - axes->x_low;
    return axes->left + INSET + (span > 0 ? (log10(x) - axes->x_low) / span : 0.5) * (PLOT_WIDTH - INSET);
}

static double down(const struct axes *axes, double y)
{
    double value = axes->logarithmic ? log10(fmax(y, 1e-9)) : y;
    return axes->top + PLOT_HEIGHT - (value - axes->low) / (axes->high - axes->low) * PLOT_HEIGHT;
}

/* ── axes ─────────────────────────────────────────────────────────────────────────────────────────── */

static void extent(const struct panel *panel, int peers, double *least, double *most)
{
    *least = *most = NAN;
    for (int peer = 0; peer < peers; peer++)
        for (int point = 0; point < panel->points; point++) {
            double low, high;
            range_of(&panel->samples[peer][point], &low, &high);
            *least = fmin(*least, low);
            *most = fmax(*most, high);
        }
}

static bool has_value(const struct panel *panel, int peers, int point)
{
    int count = 0;
    for (int peer = 0; peer < peers; peer++)
        count += panel->samples[peer][point].count;
    return count > 0;
}

/* 1, 2 or 5 times a power of ten, so that about four fit into the span. */
static double step_of(double span)
{
    double power = pow(10, floor(log10(span / 4))), share = span / 4 / power;
    return power * (share < 1.5 ? 1 : share < 3.5 ? 2 : share < 7.5 ? 5 : 10);
}

static struct axes axes_of(const struct panel *panel, int peers, double left, double top)
{
    struct axes axes = {.left = left + LEFT, .top = top + TOP};
    double least, most;
    extent(panel, peers, &least, &most);
    while (!has_value(panel, peers, axes.first))
        axes.first++;
    axes.x_low = log10(panel->x[axes.first]);
    axes.x_high = log10(panel->x[panel->points - 1]);
    axes.logarithmic = least > 0 && most > 10 * least;
    if (axes.logarithmic) {
        axes.low = floor(log10(least));
        axes.high = ceil(log10(most));
    } else {
        axes.step = step_of(most > 0 ? most : 1);
        axes.high = ceil((most > 0 ? most : 1) / axes.step) * axes.step;
    }
    return axes;
}

/* 10, 1 k, 1 M */
static void number(char *text, size_t size, double value)
{
    if (value >= 1e6)
        snprintf(text, size, "%g M", value / 1e6);
    else if (value >= 10000)
        snprintf(text, size, "%g k", value / 1000);
    else
        snprintf(text, size, "%g", value);
}

static void draw_level(FILE *file, const struct axes *axes, double value)
{
    char text[32];
    double y = down(axes, value);
    number(text, sizeof text, value);
    fprintf(file, "<path class='grid' fill='none' d='M%.1f %.1fh%d'/>", axes->left, y, PLOT_WIDTH);
    fprintf(file, "<text class='faint' x='%.1f' y='%.1f' text-anchor='end' font-size='10'>%s</text>\n",
            axes->left - 6, y + 3.5, text);
}

static void draw_levels(FILE *file, const struct axes *axes)
{
    if (!axes->logarithmic) {
        for (int i = 0; i * axes->step <= axes->high * 1.001; i++)
            draw_level(file, axes, i * axes->step);
        return;
    }
    for (double power = axes->low; power <= axes->high; power++) {
        draw_level(file, axes, pow(10, power));
        if (axes->high - axes->low <= 2 && power < axes->high)
            draw_level(file, axes, 3 * pow(10, power));
    }
}

static void draw_places(FILE *file, const struct panel *panel, const struct axes *axes)
{
    double base = axes->top + PLOT_HEIGHT;
    for (int i = axes->first; i < panel->points; i++) {
        char text[32];
        double x = across(axes, panel->x[i]);
        number(text, sizeof text, panel->x[i]);
        fprintf(file, "<path class='line' fill='none' d='M%.1f %.1fv4'/>", x, base);
        /* Two that are too close for two numbers: the last one is told. */
        if (i + 1 < panel->points && across(axes, panel->x[i + 1]) - x < 30)
            continue;
        fprintf(file, "<text class='faint' x='%.1f' y='%.1f' text-anchor='middle' font-size='10'>%s</text>\n",
                x, base + 16, text);
    }
    fprintf(file, "<path class='line' fill='none' d='M%.1f %.1fh%d'/>", axes->left, base, PLOT_WIDTH);
    fprintf(file, "<text class='faint' x='%.1f' y='%.1f' text-anchor='middle' font-size='10'>%s</text>\n",
            axes->left + PLOT_WIDTH / 2.0, base + 32, panel->over);
}

/* ── curves ───────────────────────────────────────────────────────────────────────────────────────── */

static void draw_curve(FILE *file, const struct panel *panel, const struct axes *axes, int peer)
{
    const char *verb = "M";
    fprintf(file, "<g class='p%d'><path fill='none' stroke-width='1.8' d='", peer);
    for (int i = 0; i < panel->points; i++) {
        if (panel->samples[peer][i].count == 0)
            continue;
        fprintf(file, "%s%.1f %.1f", verb, across(axes, panel->x[i]),
                down(axes, median_of(&panel->samples[peer][i])));
        verb = "L";
    }
    fprintf(file, "'/></g>\n");
    for (int i = 0; i < panel->points; i++) {
        double x = across(axes, panel->x[i]), least, most;
        if (panel->samples[peer][i].count == 0)
            continue;
        range_of(&panel->samples[peer][i], &least, &most);
        fprintf(file, "<path class='p%d' d='M%.1f %.1fV%.1f'/>", peer, x, down(axes, least),
                down(axes, most));
        svg_marker(file, peer, x, down(axes, median_of(&panel->samples[peer][i])));
    }
}

static void draw_panel(FILE *file, const struct panel *panel, int peers, double left, double top)
{
    struct axes axes = axes_of(panel, peers, left, top);
    fprintf(file,
            "<text class='text' x='%.1f' y='%.1f' font-size='13'>%s"
            "<tspan class='faint' font-size='11'>, %s%s</tspan></text>\n",
            left + LEFT, top + 20, panel->title, panel->unit, axes.logarithmic ? " (log)" : "");
    draw_levels(file, &axes);
    draw_places(file, panel, &axes);
    for (int peer = peers - 1; peer >= 0; peer--) /* ours comes to lie on top */
        draw_curve(file, panel, &axes, peer);
}

static void draw_legend(FILE *file, const struct peer *peer, int peers)
{
    fputs("<text class='text' x='16' y='26' font-size='15'>What one costs as they grow; lower is better"
          "</text>\n"
          "<text class='faint' x='16' y='48' font-size='11'>medians; upright strokes: all runs</text>\n",
          file);
    for (int i = 0; i < peers; i++) {
        double x = 330 + i * 110;
        fprintf(file, "<path class='p%d' fill='none' stroke-width='1.8' d='M%.0f 44h26'/>", i, x);
        svg_marker(file, i, x + 13, 44);
        fprintf(file, "<text class='text' x='%.0f' y='48' font-size='12'>%s</text>\n", x + 32, peer[i].name);
    }
}

static bool has_points(const struct panel *panel, int peers)
{
    double least, most;
    extent(panel, peers, &least, &most);
    return !isnan(most);
}

int write_curves(const struct panel *panels, int count, const struct peer *peer, int peers, const char *path)
{
    int drawn = 0;
    for (int i = 0; i < count; i++)
        drawn += has_points(&panels[i], peers);
    FILE *file = fopen(path, "w");
    if (!file)
        return -errno;
    svg_begin(file, COLUMNS * PANEL_WIDTH, HEAD + (drawn + COLUMNS - 1) / COLUMNS * PANEL_HEIGHT);
    draw_legend(file, peer, peers);
    drawn = 0;
    for (int i = 0; i < count; i++) {
        if (!has_points(&panels[i], peers))
            continue;
        draw_panel(file, &panels[i], peers, drawn % COLUMNS * PANEL_WIDTH,
                   HEAD + drawn / COLUMNS * PANEL_HEIGHT);
        drawn++;
    }
    svg_end(file);
    return fclose(file) ? -errno : 0;
}
