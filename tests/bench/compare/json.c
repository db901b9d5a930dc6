/* SPDX-License-Identifier: MIT
 *
 * bench.json: every sample, so that others can compute what they like.
 */
#include "compare.h"

#include <errno.h>
#include <math.h>

static void add_metric(cJSON *list, const struct comparison *comparison, int index)
{
    const struct metric *metric = metric_of(index);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "metric", metric->title);
    cJSON_AddStringToObject(object, "unit", metric->unit);
    if (metric->goal > 0)
        cJSON_AddNumberToObject(object, "goal", metric->goal);
    if (!isnan(ratio_of(comparison, index)))
        cJSON_AddNumberToObject(object, "ratio", ratio_of(comparison, index));
    for (int peer = 0; peer < comparison->peers; peer++) {
        const struct samples *samples = &comparison->samples[index][peer];
        if (samples->count)
            cJSON_AddItemToObject(object, comparison->peer[peer].name,
                                  cJSON_CreateDoubleArray(samples->value, samples->count));
    }
    cJSON_AddItemToArray(list, object);
}

static void add_traced(cJSON *list, const struct comparison *comparison, int index)
{
    static const char *const names[TRACED_FIGURES] = {
        "events", "bytes_per_event", "hot_ns_per_event", "all_ns_per_event", "slowdown", "slowdown_with_end"};
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "bench", traced_of(index)->title);
    cJSON_AddNumberToObject(object, "goal", traced_of(index)->goal);
    for (int i = 0; i < TRACED_FIGURES; i++) {
        const struct samples *samples = &comparison->traced[index][i];
        cJSON_AddItemToObject(object, names[i], cJSON_CreateDoubleArray(samples->value, samples->count));
    }
    cJSON_AddItemToArray(list, object);
}

static cJSON *json_of(const struct comparison *comparison)
{
    cJSON *root = cJSON_CreateObject();
    char machine[512];
    describe_machine(machine, sizeof machine);
    cJSON_AddStringToObject(root, "machine", machine);
    cJSON_AddNumberToObject(root, "rounds", comparison->rounds);
    cJSON_AddNumberToObject(root, "load_before", comparison->load_before);
    cJSON_AddNumberToObject(root, "load_after", comparison->load_after);
    cJSON_AddNumberToObject(root, "processors_used_by_others", comparison->others);
    cJSON *metrics = cJSON_AddArrayToObject(root, "metrics"),
          *traced = cJSON_AddArrayToObject(root, "tracing"),
          *viewing = cJSON_AddArrayToObject(root, "viewer");
    for (int i = 0; metric_of(i)->bench; i++)
        if (comparison->samples[i][0].count)
            add_metric(metrics, comparison, i);
    for (int i = 0; traced_of(i)->title; i++)
        if (comparison->traced[i][TRACED_SLOWDOWN].count)
            add_traced(traced, comparison, i);
    for (int i = 0; viewer_metric_of(i)->bench; i++) {
        const struct samples *samples = &comparison->viewing[i];
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "bench", viewer_metric_of(i)->bench);
        cJSON_AddItemToObject(object, viewer_metric_of(i)->field,
                              cJSON_CreateDoubleArray(samples->value, samples->count));
        cJSON_AddItemToArray(viewing, object);
    }
    return root;
}

int write_json(const struct comparison *comparison, const char *path)
{
    cJSON *root = json_of(comparison);
    char *text = cJSON_Print(root);
    errno = ENOMEM;
    FILE *file = text ? fopen(path, "w") : NULL;
    int error = !file ? -errno : 0;
    if (file && fprintf(file, "%s\n", text) < 0)
        error = -EIO;
    if (file && fclose(file) && !error)
        error = -errno;
    cJSON_free(text);
    cJSON_Delete(root);
    return error;
}
