/* SPDX-License-Identifier: MIT
 *
 * The table for README: rounded, with the date and the machine. `make bench-readme` puts it in its place.
 */
#include "compare.h"

#include <errno.h>
#include <math.h>
#include <time.h>

/* Three digits that count; what is larger is told in thousands. */
static void write_figure(FILE *file, double value)
{
    if (isnan(value))
        fprintf(file, " |");
    else if (value >= 10000)
        fprintf(file, " %.0f k |", value / 1000);
    else
        fprintf(file, value >= 100 ? " %.0f |" : value >= 10 ? " %.1f |" : " %.2f |", value);
}

static void write_head(FILE *file, const struct comparison *comparison)
{
    fprintf(file, "| bench |");
    for (int peer = 0; peer < comparison->peers; peer++)
        fprintf(file, " %s%s |", comparison->peer[peer].name,
                is_limit(&comparison->peer[peer]) ? " (limit)" : "");
    fprintf(file, " ours ÷ best | goal |\n| --- |");
    for (int column = 0; column < comparison->peers + 2; column++)
        fprintf(file, " ---: |");
    fputc('\n', file);
}

static void write_row(FILE *file, const struct comparison *comparison, int index)
{
    const struct metric *metric = metric_of(index);
    fprintf(file, "| %s%s%s |", metric->title, *metric->unit ? ", " : "", metric->unit);
    for (int peer = 0; peer < comparison->peers; peer++)
        write_figure(file, median_of(&comparison->samples[index][peer]));
    double ratio = ratio_of(comparison, index);
    if (isnan(ratio))
        fprintf(file, " |");
    else
        fprintf(file, " %.2f |", ratio);
    bool known, met = goal_met(comparison, index, &known);
    if (metric->none_at_all)
        fprintf(file, " none%s |\n", known && !met ? ", missed" : "");
    else if (metric->goal > 0)
        fprintf(file, " %.2f%s |\n", metric->goal, known && !met ? ", missed" : "");
    else
        fprintf(file, " |\n");
}

static void write_traced(FILE *file, const struct comparison *comparison)
{
    bool headed = false;
    for (int i = 0; traced_of(i)->title; i++) {
        const struct samples *figures = comparison->traced[i];
        if (figures[TRACED_SLOWDOWN].count == 0)
            continue;
        if (!headed)
            fprintf(file, "\n| with a trace | on ÷ off while running | goal | with the end of the writing "
                          "| CPU an event, hot | all |\n"
                          "| --- | ---: | ---: | ---: | ---: | ---: |\n");
        headed = true;
        fprintf(file, "| %s | %.2f | %.1f | %.2f | %.0f ns | %.0f ns |\n", traced_of(i)->title,
                median_of(&figures[TRACED_SLOWDOWN]), traced_of(i)->goal,
                median_of(&figures[TRACED_WITH_END]), median_of(&figures[TRACED_HOT]),
                median_of(&figures[TRACED_ALL]));
    }
}

int write_markdown(const struct comparison *comparison, const char *path)
{
    char machine[512], date[32];
    time_t now = time(NULL);
    FILE *file = fopen(path, "w");
    if (!file)
        return -errno;
    describe_machine(machine, sizeof machine);
    strftime(date, sizeof date, "%Y-%m-%d", gmtime(&now));
    fprintf(file, "Medians of %d runs, in turn, %s, on %s; others used %.2f processors meanwhile.\n\n",
            comparison->rounds, date, machine, comparison->others);
    write_head(file, comparison);
    for (int i = 0; metric_of(i)->bench; i++)
        if (comparison->samples[i][0].count)
            write_row(file, comparison, i);
    write_traced(file, comparison);
    return fclose(file) ? -errno : 0;
}
