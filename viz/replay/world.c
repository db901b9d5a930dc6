/* SPDX-License-Identifier: MIT
 *
 * The world: one block of state, a journal for steps back, keyframes for leaps.
 *
 * A keyframe is a copy of the block. One is kept whenever the events since the last one would fill as much
 * memory as a copy takes (but not more often than every KEYFRAME_MIN events): so keyframes take no more
 * memory than the recording itself does, and a leap costs no more than copying the block and applying that
 * many events.
 */
#include "viz/replay/world.h"

#include "viz/replay/apply.h"
#include "viz/replay/block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KEYFRAME_MIN ((size_t)4096)

struct keyframe {
    size_t event;
    void *block;
};

struct plx_world {
    const struct plx_recording *recording;
    struct plx__index index;
    struct plx__stage stage;
    char *block;
    size_t size, at;
    struct keyframe *keyframe; /* the first is event 0 */
    size_t keyframes, keyframe_room;
    struct plx__issues issues;
};

/* ── keyframes ── */

static int keep_keyframe(struct plx_world *world)
{
    if (world->keyframes == world->keyframe_room) {
        size_t room = world->keyframe_room ? world->keyframe_room * 2 : 16;
        struct keyframe *grown = reallocarray(world->keyframe, room, sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        world->keyframe = grown;
        world->keyframe_room = room;
    }
    void *block = malloc(world->size);
    if (!block)
        return -ENOMEM;
    memcpy(block, world->block, world->size);
    world->keyframe[world->keyframes++] = (struct keyframe){world->at, block};
    return 0;
}

static const struct keyframe *keyframe_before(const struct plx_world *world, size_t n)
{
    size_t low = 0, high = world->keyframes;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (world->keyframe[middle].event <= n)
            low = middle;
        else
            high = middle;
    }
    return &world->keyframe[low];
}

static void restore(struct plx_world *world, const struct keyframe *keyframe)
{
    memcpy(world->block, keyframe->block, world->size);
    world->at = keyframe->event;
    plx__journal_forget(&world->stage.journal);
}

/* ── issues of the replay ── */

static int report_odds(struct plx_world *world)
{
    static const char *const text[PLX__ODDS] = {
        [PLX__ODD_SPAWN] = "a task is spawned that is there already",
        [PLX__ODD_QUEUED] = "a task is queued that is in another queue",
        [PLX__ODD_POP] = "a task is taken from a queue that it is not in",
        [PLX__ODD_STEAL] = "a task is stolen from a worker that does not have it",
        [PLX__ODD_OVERFLOW] = "a task overflows from a deque that it is not in",
        [PLX__ODD_POLL_QUEUED] = "a task is polled that is still in a queue",
        [PLX__ODD_POLL_TWICE] = "a task is polled that is being polled",
        [PLX__ODD_AFTER_END] = "a task goes on after its end",
        [PLX__ODD_FUTURE_TWICE] = "a future is polled that is being polled",
        [PLX__ODD_ANSWER] = "a future answers that was not asked last",
        [PLX__ODD_ELSEWHERE] = "a future is polled by another thread than its task",
        [PLX__ODD_TIMER] = "a timer fires that is not set",
    };
    int rc = 0;
    for (int i = 0; rc == 0 && i < PLX__ODDS; i++) {
        const struct plx__odds *odd = &world->stage.odd[i];
        if (odd->count && odd->task == 0)
            rc = plx__issues_add(&world->issues, odd->line, "%s", text[i]);
        else if (odd->count == 1)
            rc = plx__issues_add(&world->issues, odd->line, "%s: task %llu", text[i],
                                 (unsigned long long)odd->task);
        else if (odd->count)
            rc = plx__issues_add(&world->issues, odd->line, "%s: %zu times, first task %llu", text[i],
                                 odd->count, (unsigned long long)odd->task);
    }
    return rc ? rc : plx__issues_close(&world->issues);
}

/* ── making a world ── */

/* Applies the whole recording once: finds the contradictions, leaves keyframes. */
static int rehearse(struct plx_world *world)
{
    struct plx__odds odd[PLX__ODDS] = {{0}};
    size_t count = plx_recording_count(world->recording), each = world->size / sizeof(struct plx_event);
    int rc = keep_keyframe(world);

    if (each < KEYFRAME_MIN)
        each = KEYFRAME_MIN;
    world->stage.journal.off = true;
    world->stage.odd = odd;
    while (rc == 0 && world->at < count) {
        plx__apply(&world->stage, plx_recording_event(world->recording, ++world->at));
        if (world->at - world->keyframe[world->keyframes - 1].event >= each)
            rc = keep_keyframe(world);
    }
    if (rc == 0)
        rc = report_odds(world);
    world->stage.odd = NULL;
    world->stage.journal.off = false;
    if (rc == 0)
        restore(world, world->keyframe);
    return rc;
}

static int make_block(struct plx_world *world)
{
    world->block = plx__block_make(&world->index, &world->stage.state, &world->size);
    world->stage.journal.state = world->block;
    return world->block ? 0 : -ENOMEM;
}

int plx_world_new(const struct plx_recording *recording, struct plx_world **out)
{
    struct plx_world *world = *out = calloc(1, sizeof(*world));
    if (!world)
        return -ENOMEM;
    world->recording = recording;
    world->stage.index = &world->index;
    int rc = plx__index_make(&world->index, recording, &world->issues);
    if (rc == 0)
        rc = make_block(world);
    if (rc == 0)
        rc = rehearse(world);
    if (rc != 0) {
        plx_world_free(world);
        *out = NULL;
    }
    return rc;
}

void plx_world_free(struct plx_world *world)
{
    if (!world)
        return;
    for (size_t i = 0; i < world->keyframes; i++)
        free(world->keyframe[i].block);
    free(world->keyframe);
    free(world->block);
    plx__journal_done(&world->stage.journal);
    plx__issues_done(&world->issues);
    plx__index_done(&world->index);
    free(world);
}

/* ── moving ── */

size_t plx_world_at(const struct plx_world *world)
{
    return world->at;
}

int plx_world_forward(struct plx_world *world)
{
    if (world->at >= plx_recording_count(world->recording))
        return -ERANGE;
    plx__journal_begin(&world->stage.journal);
    plx__apply(&world->stage, plx_recording_event(world->recording, ++world->at));
    plx__journal_end(&world->stage.journal);
    return 0;
}

int plx_world_back(struct plx_world *world)
{
    if (world->at == 0)
        return -ERANGE;
    size_t to = world->at - 1;
    if (plx__journal_undo(&world->stage.journal)) {
        world->at = to;
        return 0;
    }
    restore(world, keyframe_before(world, to));
    return plx_world_seek(world, to);
}

int plx_world_seek(struct plx_world *world, size_t n)
{
    if (n > plx_recording_count(world->recording))
        return -ERANGE;
    const struct keyframe *keyframe = keyframe_before(world, n);
    bool is_near = n >= world->at || world->at - n < n - keyframe->event;
    if ((n >= world->at && keyframe->event > world->at) || !is_near)
        restore(world, keyframe);
    while (world->at > n && plx__journal_undo(&world->stage.journal))
        world->at--;
    if (world->at > n)
        restore(world, keyframe);
    while (world->at < n)
        plx_world_forward(world);
    return 0;
}

/* ── looking ── */

bool plx_world_equal(const struct plx_world *a, const struct plx_world *b)
{
    return a->at == b->at && a->size == b->size && memcmp(a->block, b->block, a->size) == 0;
}

const struct plx_recording *plx_world_recording(const struct plx_world *world)
{
    return world->recording;
}

const struct plx_state *plx_world_state(const struct plx_world *world)
{
    return &world->stage.state;
}

size_t plx_world_issues(const struct plx_world *world)
{
    return plx_recording_issues(world->recording) + world->issues.count;
}

const struct plx_issue *plx_world_issue(const struct plx_world *world, size_t i)
{
    size_t read = plx_recording_issues(world->recording);
    if (i < read)
        return plx_recording_issue(world->recording, i);
    return i - read < world->issues.count ? &world->issues.issue[i - read] : NULL;
}

const struct plx_seen_task *plx_world_task(const struct plx_world *world, uint64_t id)
{
    uint32_t i = plx__index_task(&world->index, id);
    return i == PLX_NONE ? NULL : &world->stage.state.task[i];
}

const struct plx_seen_future *plx_world_future(const struct plx_world *world, uint64_t task, uint32_t number)
{
    uint32_t i = plx__index_future(&world->index, plx__index_task(&world->index, task), number);
    return i == PLX_NONE ? NULL : &world->stage.state.future[i];
}

const struct plx_seen_actor *plx_world_actor(const struct plx_world *world, const struct plx_event *event)
{
    uint32_t i = plx__index_actor(&world->index, event);
    return i == PLX_NONE ? NULL : &world->stage.state.actor[i];
}

const struct plx_seen_source *plx_world_source(const struct plx_world *world, uint64_t token)
{
    uint32_t i = plx__map_find(&world->index.sources.map, token);
    return i == UINT32_MAX ? NULL : &world->stage.state.source[i];
}

const struct plx_seen_timer *plx_world_timer(const struct plx_world *world, uint64_t id)
{
    uint32_t i = plx__map_find(&world->index.timers.map, id);
    return i == UINT32_MAX ? NULL : &world->stage.state.timer[i];
}

const struct plx_seen_object *plx_world_object(const struct plx_world *world, uint64_t id)
{
    uint32_t i = plx__map_find(&world->index.objects.map, id);
    return i == UINT32_MAX ? NULL : &world->stage.state.object[i];
}

const struct plx_shape_info *plx_world_shape(const struct plx_world *world, uint32_t number)
{
    return plx__index_shape(&world->index, number);
}

uint32_t plx_world_shape_of(const struct plx_world *world, uint64_t task, uint32_t future)
{
    return plx__index_shape_of(&world->index, task, future);
}

const char *plx_world_mode(const struct plx_world *world)
{
    return world->index.mode;
}

uint32_t plx_world_workers(const struct plx_world *world)
{
    return world->index.worker_count;
}
