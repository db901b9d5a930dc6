/* SPDX-License-Identifier: MIT
 *
 * The index, see index.h.
 */
#include "viz/replay/index.h"

#include "viz/replay/shapes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A hostile runtime_start cannot make more idle workers than this; those that do something count on top. When
 * there are so many already, each further runtime can have only so few. */
#define WORKERS_TOLD_MAX  256
#define WORKERS_TOLD_EACH 16

/* ── ids ── */

static struct plx__lines *lines_of(struct plx__ids *ids, uint64_t id)
{
    uint32_t number = plx__map_add(&ids->map, id);
    if (number == UINT32_MAX)
        return NULL;
    if (number >= ids->room) {
        uint32_t room = ids->map.room;
        struct plx__lines *grown = reallocarray(ids->lines, room, sizeof(*grown));
        if (!grown)
            return NULL;
        memset(grown + ids->room, 0, (room - ids->room) * sizeof(*grown));
        ids->lines = grown;
        ids->room = room;
    }
    return &ids->lines[number];
}

/* Id 0 means none for all but workers; those are told here as worker + 1. */
static int use(struct plx__ids *ids, uint64_t id, uint32_t line)
{
    if (id == 0)
        return 0;
    struct plx__lines *lines = lines_of(ids, id);
    if (!lines)
        return -ENOMEM;
    if (!lines->used && !lines->declared)
        lines->used = line;
    return 0;
}

static int declare(struct plx__ids *ids, uint64_t id, uint32_t line)
{
    if (id == 0)
        return 0;
    struct plx__lines *lines = lines_of(ids, id);
    if (!lines)
        return -ENOMEM;
    if (!lines->declared)
        lines->declared = line;
    return 0;
}

static int use_worker(struct plx__index *index, uint32_t worker, uint32_t line)
{
    return use(&index->workers, (uint64_t)worker + 1, line);
}

static int report(const struct plx__ids *ids, const char *what, const char *declared, unsigned less,
                  struct plx__issues *issues)
{
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < ids->map.count; i++) {
        const struct plx__lines *lines = &ids->lines[i];
        unsigned long long id = ids->map.key[i] - less;
        if (!lines->declared)
            rc = plx__issues_add(issues, lines->used, "%s %llu was never %s", what, id, declared);
        else if (lines->used)
            rc = plx__issues_add(issues, lines->used, "%s %llu is used before it is %s", what, id, declared);
    }
    return rc;
}

/* ── first pass: what each event names ── */

static int runtime_starts(struct plx__index *index, const struct plx_event *event)
{
    const struct plx_ev_runtime_start *start = &event->as_runtime_start;
    int rc = declare(&index->runtimes, start->runtime, event->line);
    if (!*index->mode)
        index->mode = start->kind;
    if (__builtin_add_overflow(index->worker_count, start->workers, &index->worker_count))
        index->worker_count = UINT32_MAX;
    for (uint32_t i = 0; rc == 0 && i < start->workers; i++) {
        if (i >= WORKERS_TOLD_EACH && index->workers.map.count >= WORKERS_TOLD_MAX)
            break;
        rc = declare(&index->workers, (uint64_t)start->first_worker + i + 1, event->line);
    }
    return rc;
}

/* `by` of a notify is a task, a token or a timer, as the cause says. */
static int notify_names(struct plx__index *index, const struct plx_event *event)
{
    const struct plx_ev_notify *notify = &event->as_notify;
    if (notify->cause == PLX_WORD_BY_TASK)
        return use(&index->tasks, notify->by, event->line);
    if (notify->cause == PLX_WORD_BY_TIMER)
        return use(&index->timers, notify->by, event->line);
    return notify->cause == PLX_WORD_BY_IO ? use(&index->sources, notify->by, event->line) : 0;
}

/* What declares, and what cannot be told by a field's name. */
static int special_names(struct plx__index *index, const struct plx_event *event)
{
    switch (event->kind) {
    case PLX_EV_shape:
        return declare(&index->shapes, event->as_shape.shape, event->line);
    case PLX_EV_runtime_start:
        return runtime_starts(index, event);
    case PLX_EV_worker_start:
        return event->thread ? 0 : declare(&index->workers, (uint64_t)event->worker + 1, event->line);
    case PLX_EV_spawn:
        return declare(&index->tasks, event->task, event->line) ||
                       use(&index->tasks, event->as_spawn.by, event->line)
                   ? -ENOMEM
                   : 0;
    case PLX_EV_register:
        return declare(&index->sources, event->as_register.token, event->line);
    case PLX_EV_timer_set:
        return declare(&index->timers, event->as_timer_set.timer, event->line);
    case PLX_EV_sync_new:
        return declare(&index->objects, event->as_sync_new.object, event->line);
    case PLX_EV_notify:
        return notify_names(index, event);
    default:
        return 0;
    }
}

/* Where a field of this name is the number of something; NULL when it is of nothing. */
static struct plx__ids *ids_named(struct plx__index *index, const char *name)
{
    return strcmp(name, "task") == 0      ? &index->tasks
           : strcmp(name, "token") == 0   ? &index->sources
           : strcmp(name, "timer") == 0   ? &index->timers
           : strcmp(name, "object") == 0  ? &index->objects
           : strcmp(name, "runtime") == 0 ? &index->runtimes
                                          : NULL;
}

/* Queues that are nobody's. */
static bool is_push_to_all(const struct plx_event *event)
{
    return event->kind == PLX_EV_push &&
           (event->as_push.queue == PLX_WORD_GLOBAL || event->as_push.queue == PLX_WORD_BLOCKING);
}

static int field_names(struct plx__index *index, const struct plx_event *event, const struct plx_field *field)
{
    const void *value = plx_event_field(event, field);
    if (field->type == PLX_FIELD_SHAPE)
        return use(&index->shapes, *(const uint32_t *)value, event->line);
    if (field->type == PLX_FIELD_NUM &&
        (strcmp(field->name, "worker") == 0 || strcmp(field->name, "victim") == 0))
        return is_push_to_all(event) ? 0 : use_worker(index, *(const uint32_t *)value, event->line);
    if (field->type != PLX_FIELD_ID)
        return 0;
    struct plx__ids *ids = ids_named(index, field->name);
    return ids ? use(ids, *(const uint64_t *)value, event->line) : 0;
}

static int who_names(struct plx__index *index, const struct plx_event *event)
{
    if (!event->thread)
        return use_worker(index, event->worker, event->line);
    return plx__map_add(&index->threads, (uintptr_t)event->thread) == UINT32_MAX ? -ENOMEM : 0;
}

static int event_names(struct plx__index *index, const struct plx_event *event)
{
    int rc = special_names(index, event);
    const struct plx_field *field = plx_kind_info((enum plx_kind)event->kind).field;
    for (; rc == 0 && field->name; field++)
        rc = field_names(index, event, field);
    return rc ? rc : who_names(index, event);
}

static int first_pass(struct plx__index *index, struct plx__issues *issues)
{
    int rc = 0;
    for (size_t n = 1; rc == 0 && n <= plx_recording_count(index->recording); n++)
        rc = event_names(index, plx_recording_event(index->recording, n));
    if (rc == 0)
        rc = report(&index->tasks, "task", "spawned", 0, issues);
    if (rc == 0)
        rc = report(&index->workers, "worker", "started", 1, issues);
    if (rc == 0)
        rc = report(&index->sources, "token", "registered", 0, issues);
    if (rc == 0)
        rc = report(&index->timers, "timer", "set", 0, issues);
    if (rc == 0)
        rc = report(&index->objects, "object", "made", 0, issues);
    if (rc == 0)
        rc = report(&index->runtimes, "runtime", "started", 0, issues);
    return rc ? rc : report(&index->shapes, "shape", "declared", 0, issues);
}

/* ── second pass: the futures, by the numbers of their tasks ── */

static uint64_t future_key(uint32_t task, uint32_t number)
{
    return (uint64_t)task << 32 | number;
}

static bool names_future(const struct plx_event *event, uint32_t *number)
{
    const struct plx_field *field = plx_kind_field((enum plx_kind)event->kind, "future");
    if (field)
        *number = *(const uint32_t *)plx_event_field(event, field);
    return field != NULL;
}

static int second_pass(struct plx__index *index)
{
    for (size_t n = 1; n <= plx_recording_count(index->recording); n++) {
        const struct plx_event *event = plx_recording_event(index->recording, n);
        uint32_t number, task = plx__index_task(index, event->task);
        if (task != PLX_NONE && names_future(event, &number) &&
            plx__map_add(&index->futures, future_key(task, number)) == UINT32_MAX)
            return -ENOMEM;
    }
    plx__map_sort(&index->futures);
    return 0;
}

/* ── third pass: the shapes of tasks and futures ── */

static int third_pass(struct plx__index *index)
{
    index->task_shape = plx__arena_array(&index->arena, index->tasks.map.count, sizeof(uint32_t));
    index->future_shape = plx__arena_array(&index->arena, index->futures.count, sizeof(uint32_t));
    if (!index->task_shape || !index->future_shape)
        return -ENOMEM;
    for (size_t n = plx_recording_count(index->recording); n > 0; n--) {
        const struct plx_event *event = plx_recording_event(index->recording, n);
        uint32_t task = plx__index_task(index, event->task);
        if (task == PLX_NONE)
            continue;
        if (event->kind == PLX_EV_spawn)
            index->task_shape[task] = event->as_spawn.shape;
        else if (event->kind == PLX_EV_poll)
            index->future_shape[plx__index_future(index, task, event->as_poll.future)] = event->as_poll.shape;
    }
    return 0;
}

int plx__index_make(struct plx__index *index, const struct plx_recording *recording,
                    struct plx__issues *issues)
{
    *index = (struct plx__index){.recording = recording, .mode = ""};
    int rc = first_pass(index, issues);
    if (rc != 0)
        return rc;
    plx__map_sort(&index->tasks.map);
    plx__map_sort(&index->workers.map);
    plx__map_sort(&index->sources.map);
    plx__map_sort(&index->timers.map);
    plx__map_sort(&index->objects.map);
    plx__map_sort(&index->runtimes.map);
    rc = plx__shapes_make(index, issues);
    if (rc == 0)
        rc = second_pass(index);
    return rc ? rc : third_pass(index);
}

static void ids_done(struct plx__ids *ids)
{
    plx__map_done(&ids->map);
    free(ids->lines);
}

void plx__index_done(struct plx__index *index)
{
    ids_done(&index->tasks);
    ids_done(&index->workers);
    ids_done(&index->sources);
    ids_done(&index->timers);
    ids_done(&index->objects);
    ids_done(&index->runtimes);
    ids_done(&index->shapes);
    plx__map_done(&index->threads);
    plx__map_done(&index->futures);
    plx__arena_done(&index->arena);
    *index = (struct plx__index){0};
}

/* ── look-ups ── */

uint32_t plx__index_task(const struct plx__index *index, uint64_t id)
{
    return plx__map_find(&index->tasks.map, id);
}

uint32_t plx__index_future(const struct plx__index *index, uint32_t task, uint32_t number)
{
    return task == PLX_NONE ? PLX_NONE : plx__map_find(&index->futures, future_key(task, number));
}

uint32_t plx__index_worker(const struct plx__index *index, uint32_t worker)
{
    return plx__map_find(&index->workers.map, (uint64_t)worker + 1);
}

uint32_t plx__index_actor(const struct plx__index *index, const struct plx_event *event)
{
    if (!event->thread)
        return plx__index_worker(index, event->worker);
    uint32_t thread = plx__map_find(&index->threads, (uintptr_t)event->thread);
    return thread == UINT32_MAX ? PLX_NONE : index->workers.map.count + thread;
}

const struct plx_shape_info *plx__index_shape(const struct plx__index *index, uint32_t number)
{
    uint32_t i = plx__map_find(&index->shapes.map, number);
    return i == UINT32_MAX ? &plx__shape_unknown : &index->shape[i];
}

/* The shape of future `number` in a tree whose root is future 1. Children are declared first, so it ends. */
static uint32_t shape_in_tree(const struct plx__index *index, uint32_t root, uint32_t number)
{
    uint32_t at = 1, shape = root;
    while (shape && at < number) {
        const struct plx_numbers *child = &plx__index_shape(index, shape)->child;
        uint32_t i = 0, nodes = 0;
        shape = 0;
        for (at++; i < child->count && at <= number; i++, at += nodes) {
            nodes = plx__index_shape(index, child->at[i])->nodes;
            if (number - at < nodes) {
                shape = child->at[i];
                break;
            }
        }
    }
    return at == number ? shape : 0;
}

uint32_t plx__index_shape_of(const struct plx__index *index, uint64_t task, uint32_t number)
{
    uint32_t t = plx__index_task(index, task), future = plx__index_future(index, t, number);
    if (t == PLX_NONE)
        return 0;
    if (future != PLX_NONE && index->future_shape[future])
        return index->future_shape[future];
    return shape_in_tree(index, index->task_shape[t], number);
}
