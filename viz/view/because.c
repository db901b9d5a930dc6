/* SPDX-License-Identifier: MIT
 *
 * Because: the cause of a poll in a few words. What a file became ready for is said as far as the task has
 * waited for it.
 */
#include "viz/view/make.h"

#include "viz/replay/why.h"

const char *plx__name_awaited(const struct plx_recording *recording, size_t n, uint64_t task)
{
    uint32_t flags = plx_recording_event(recording, n)->as_io_ready.ready;
    struct plx_why walk = {.event = n, .task = task};
    const struct plx_event *wait = plx_recording_event(recording, plx_why_back(recording, &walk));
    if (wait && wait->kind == PLX_EV_turn_start)
        wait = plx_recording_event(recording, plx_why_back(recording, &walk));
    if (wait && wait->kind == PLX_EV_wait && !(flags & PLX_FLAG_ERROR)) {
        uint32_t awaited = wait->as_wait.direction == PLX_WORD_READ ? PLX_FLAG_READ | PLX_FLAG_READ_CLOSED
                                                                    : PLX_FLAG_WRITE | PLX_FLAG_WRITE_CLOSED;
        flags = flags & awaited ? flags & awaited : flags;
    }
    return plx__name_readiness(flags);
}

static void because_io(struct plx__text *text, const struct plx_world *world, size_t n, uint64_t token)
{
    const struct plx_recording *recording = plx_world_recording(world);
    const struct plx_seen_source *source = plx_world_source(world, token);
    struct plx_why walk = plx_why_from(recording, n);
    size_t cause = plx_why_back(recording, &walk);
    const struct plx_event *ready = plx_recording_event(recording, cause);

    plx__text_format(text, ", because token %llu", (unsigned long long)token);
    if (source && source->fd >= 0)
        plx__text_format(text, " (fd %d)", source->fd);
    plx__text_format(text, " became %s",
                     ready && ready->kind == PLX_EV_io_ready ? plx__name_awaited(recording, cause, walk.task)
                                                             : "ready");
}

static void add_who(struct plx__text *text, const struct plx_event *event)
{
    if (event->task)
        plx__text_format(text, "task %llu", (unsigned long long)event->task);
    else
        plx__name_who(text, event);
}

/* "task 3 sent into mpsc 5" */
static void add_deed(struct plx__text *text, const struct plx_world *world, const struct plx_event *deed,
                     const char *did, uint64_t object)
{
    plx__text_add(text, ", because ");
    add_who(text, deed);
    plx__text_add(text, did);
    plx__name_object(text, world, object);
}

static void because_timer(struct plx__text *text, const struct plx_recording *recording, struct plx_why walk)
{
    const struct plx_event *fire = plx_recording_event(recording, walk.event);
    uint64_t task = walk.task;
    plx__text_format(text, ", because timer %llu fired", (unsigned long long)fire->as_timer_fire.timer);
    const struct plx_event *set = plx_recording_event(recording, plx_why_back(recording, &walk));
    if (set && set->kind == PLX_EV_timer_set && set->task && set->task != task)
        plx__text_format(text, ", which task %llu had set", (unsigned long long)set->task);
}

static void because_granted(struct plx__text *text, const struct plx_world *world, struct plx_why walk)
{
    const struct plx_recording *recording = plx_world_recording(world);
    uint64_t object = plx_recording_event(recording, walk.event)->as_lock_grant.object;
    const struct plx_event *release = plx_recording_event(recording, plx_why_back(recording, &walk));
    if (release && release->kind == PLX_EV_lock_release) {
        add_deed(text, world, release, " released ", object);
        return;
    }
    plx__text_add(text, ", because ");
    plx__name_object(text, world, object);
    plx__text_add(text, " was granted to it");
}

/* What was done to a channel, a lock or a timer just before; false when it was none of these. */
static bool because_of_deed(struct plx__text *text, const struct plx_world *world, struct plx_why walk)
{
    const struct plx_recording *recording = plx_world_recording(world);
    const struct plx_event *deed = plx_recording_event(recording, plx_why_back(recording, &walk));
    switch (deed ? deed->kind : PLX_EV_COUNT) {
    case PLX_EV_timer_fire:
        because_timer(text, recording, walk);
        return true;
    case PLX_EV_lock_grant:
        because_granted(text, world, walk);
        return true;
    case PLX_EV_send:
        add_deed(text, world, deed, " sent into ", deed->as_send.object);
        return true;
    case PLX_EV_receive:
        add_deed(text, world, deed, " received from ", deed->as_receive.object);
        return true;
    case PLX_EV_lock_release:
        add_deed(text, world, deed, " released ", deed->as_lock_release.object);
        return true;
    case PLX_EV_close:
        plx__text_add(text, ", because ");
        plx__name_object(text, world, deed->as_close.object);
        plx__text_add(text, " was closed");
        return true;
    case PLX_EV_budget:
        plx__text_add(text, ", because it had used up its budget");
        return true;
    case PLX_EV_task_end:
        plx__text_format(text, ", because task %llu has ended", (unsigned long long)deed->task);
        return true;
    default:
        return false;
    }
}

static void because_notified(struct plx__text *text, const struct plx_world *world, size_t n)
{
    const struct plx_ev_notify *notify = &plx_recording_event(plx_world_recording(world), n)->as_notify;
    if (notify->cause != PLX_WORD_BY_IO &&
        because_of_deed(text, world, plx_why_from(plx_world_recording(world), n)))
        return;
    if (notify->cause == PLX_WORD_BY_IO && notify->by)
        because_io(text, world, n, notify->by);
    else if (notify->cause == PLX_WORD_BY_IO)
        plx__text_add(text, ", because the reactor notified it");
    else if (notify->cause == PLX_WORD_BY_TIMER)
        plx__text_add(text, ", because its time has come");
    else if (notify->cause == PLX_WORD_BY_TASK && notify->by == notify->task)
        plx__text_add(text, ", because it notified itself");
    else if (notify->cause == PLX_WORD_BY_TASK && notify->by)
        plx__text_format(text, ", because task %llu notified it", (unsigned long long)notify->by);
    else
        plx__text_add(text, ", because a thread notified it");
}

/* Within one poll, a second stage is polled because the first has answered. */
static bool because_of_answer(struct plx__text *text, const struct plx_world *world,
                              const struct plx_event *answer)
{
    if (answer->kind != PLX_EV_ready && answer->kind != PLX_EV_failed)
        return false;
    uint32_t future = answer->kind == PLX_EV_ready ? answer->as_ready.future : answer->as_failed.future;
    plx__text_add(text, ", because ");
    plx__name_future(text, world, answer->task, future);
    plx__text_add(text, answer->kind == PLX_EV_ready ? " is ready" : " has failed");
    return true;
}

void plx__because(struct plx__text *text, const struct plx_world *world, size_t n)
{
    const struct plx_recording *recording = plx_world_recording(world);
    struct plx_why walk = plx_why_from(recording, n);
    const struct plx_event *cause = plx_recording_event(recording, plx_why_back(recording, &walk));

    if (!cause || because_of_answer(text, world, cause))
        return;
    while (cause && cause->kind != PLX_EV_notify && cause->kind != PLX_EV_spawn)
        cause = plx_recording_event(recording, plx_why_back(recording, &walk));
    if (!cause)
        return;
    if (cause->kind == PLX_EV_notify)
        because_notified(text, world, walk.event);
    else
        plx__text_add(text, ", because it has just been spawned");
}
