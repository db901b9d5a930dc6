/* SPDX-License-Identifier: MIT
 *
 * What a task waits for, in words: files, timers, channels and locks, and leave to block.
 */
#include "viz/view/make.h"

/* One thing that is waited for: all of it in a sentence, or its name alone. */
struct list {
    struct plx__text *text;
    const struct plx_world *world;
    const char *joint, *next; /* before this one, before each after it */
    bool in_short;
    int count, most;
};

static bool begin(struct list *list)
{
    if (list->count >= list->most)
        return false;
    plx__text_add(list->text, list->joint);
    list->joint = list->next;
    list->count++;
    return true;
}

static void add_sources(struct list *list, const struct plx_seen_task *task)
{
    const struct plx_state *state = plx_world_state(list->world);
    for (uint32_t i = 0; i < state->sources; i++) {
        const struct plx_seen_source *source = &state->source[i];
        bool reads = source->reader == task - state->task, writes = source->writer == task - state->task;
        if (!source->registered || (!reads && !writes) || !begin(list))
            continue;
        plx__name_source(list->text, list->world, source->token);
        if (!list->in_short)
            plx__text_add(list->text, reads && writes ? " is readable or writable"
                                      : reads         ? " is readable"
                                                      : " is writable");
    }
}

static void add_objects(struct list *list, const struct plx_seen_task *task)
{
    const struct plx_state *state = plx_world_state(list->world);
    for (int i = 0; i < PLX_SEEN_WAITS && task->object[i] != PLX_NONE && begin(list); i++) {
        plx__name_object(list->text, list->world, state->object[task->object[i]].id);
        if (!list->in_short)
            plx__text_add(list->text, " lets it go on");
    }
}

static void add_timers(struct list *list, const struct plx_seen_task *task)
{
    const struct plx_state *state = plx_world_state(list->world);
    for (int i = 0; i < PLX_SEEN_WAITS && task->timer[i] != PLX_NONE && begin(list); i++) {
        const struct plx_seen_timer *timer = &state->timer[task->timer[i]];
        plx__text_format(list->text, list->in_short ? "timer %llu" : "timer %llu fires, at %llu ms",
                         (unsigned long long)timer->id, (unsigned long long)timer->deadline_ms);
    }
}

static void add_all(struct list *list, const struct plx_seen_task *task)
{
    if (task->may_not_block && begin(list))
        plx__text_add(list->text, list->in_short ? "leave to block" : "fewer tasks block");
    add_sources(list, task);
    add_objects(list, task);
    add_timers(list, task);
}

int plx__say_waits(struct plx__text *text, const struct plx_world *world, const struct plx_seen_task *task,
                   const char *first, const char *joint, int most)
{
    struct list list = {.text = text, .world = world, .joint = first, .next = joint, .most = most};
    add_all(&list, task);
    return list.count;
}

const char *plx__waits_in_short(struct plx__maker *maker, const struct plx_seen_task *task)
{
    struct plx__text text = {.length = 0};
    struct list list = {
        .text = &text, .world = maker->world, .joint = " for ", .next = ", ", .in_short = true, .most = 2};
    plx__text_add(&text, "waits");
    add_all(&list, task);
    return plx__keep(maker, text.bytes);
}
