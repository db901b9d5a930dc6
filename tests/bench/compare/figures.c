/* SPDX-License-Identifier: MIT
 *
 * Medians, spread, ratios. What cannot be told is NAN.
 */
#include "compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void add_sample(struct samples *samples, double value)
{
    if (isfinite(value) && samples->count < ROUNDS_MOST)
        samples->value[samples->count++] = value;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double median_of(const struct samples *samples)
{
    double sorted[ROUNDS_MOST];
    if (samples->count == 0)
        return NAN;
    memcpy(sorted, samples->value, sizeof sorted);
    qsort(sorted, (size_t)samples->count, sizeof *sorted, by_size);
    int half = samples->count / 2;
    return samples->count % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

void range_of(const struct samples *samples, double *least, double *most)
{
    *least = *most = NAN;
    for (int i = 0; i < samples->count; i++) {
        *least = fmin(*least, samples->value[i]); /* the smaller of a number and NAN is the number */
        *most = fmax(*most, samples->value[i]);
    }
}

static bool may_be_rival(const struct comparison *comparison, const struct metric *metric, int peer)
{
    const char *name = comparison->peer[peer].name;
    return metric->against ? strcmp(name, metric->against) == 0 : !is_limit(&comparison->peer[peer]);
}

int rival_of(const struct comparison *comparison, int index)
{
    const struct metric *metric = metric_of(index);
    double best = NAN;
    int rival = 0;
    for (int peer = 1; peer < comparison->peers; peer++) {
        double median = median_of(&comparison->samples[index][peer]);
        bool better = metric->more_is_better ? median > best : median < best;
        if (isnan(median) || (rival && !better) || !may_be_rival(comparison, metric, peer))
            continue;
        best = median;
        rival = peer;
    }
    return rival;
}

double ratio_of(const struct comparison *comparison, int index)
{
    int rival = rival_of(comparison, index);
    if (!rival)
        return NAN;
    double ratio = median_of(&comparison->samples[index][0]) / median_of(&comparison->samples[index][rival]);
    return isfinite(ratio) ? ratio : NAN;
}

bool goal_met(const struct comparison *comparison, int index, bool *known)
{
    const struct metric *metric = metric_of(index);
    double ours = median_of(&comparison->samples[index][0]), ratio = ratio_of(comparison, index);
    *known = metric->none_at_all ? !isnan(ours) : metric->goal > 0 && !isnan(ratio);
    if (metric->none_at_all)
        return *known && !(ours > 0);
    return *known && (metric->more_is_better ? ratio >= metric->goal : ratio <= metric->goal);
}
