/* SPDX-License-Identifier: MIT
 *
 * What things are called on the screen, and which sign an event bears.
 */
#include "viz/view/make.h"

#include <string.h>

static bool is_leaf(const struct plx_shape_info *shape)
{
    return strcmp(shape->kind, "leaf") == 0 && *shape->name;
}

const char *plx__shape_kind(const struct plx_shape_info *shape)
{
    return is_leaf(shape) ? shape->name : shape->kind;
}

const char *plx__shape_name(const struct plx_shape_info *shape)
{
    return is_leaf(shape) ? "" : shape->name;
}

void plx__name_future(struct plx__text *text, const struct plx_world *world, uint64_t task, uint32_t future)
{
    uint32_t number = plx_world_shape_of(world, task, future);
    if (number == 0) {
        plx__text_format(text, "future %u", future);
        return;
    }
    const struct plx_shape_info *shape = plx_world_shape(world, number);
    plx__text_add(text, plx__shape_kind(shape));
    if (*plx__shape_name(shape)) {
        plx__text_add(text, " ");
        plx__text_add(text, plx__shape_name(shape));
    }
}

void plx__name_who(struct plx__text *text, const struct plx_event *event)
{
    if (event->thread) {
        plx__text_add(text, "thread ");
        plx__text_add(text, event->thread);
    } else {
        plx__text_format(text, "worker %u", event->worker);
    }
}

void plx__name_source(struct plx__text *text, const struct plx_world *world, uint64_t token)
{
    const struct plx_seen_source *source = plx_world_source(world, token);
    if (source && source->fd >= 0)
        plx__text_format(text, "fd %d", source->fd);
    else
        plx__text_format(text, "token %llu", (unsigned long long)token);
}

void plx__name_object(struct plx__text *text, const struct plx_world *world, uint64_t id)
{
    const struct plx_seen_object *object = plx_world_object(world, id);
    plx__text_format(text, "%s %llu", object && object->kind && *object->kind ? object->kind : "object",
                     (unsigned long long)id);
}

const char *plx__name_readiness(uint32_t flags)
{
    if (flags & PLX_FLAG_ERROR)
        return "ready with an error";
    bool reads = flags & (PLX_FLAG_READ | PLX_FLAG_READ_CLOSED),
         writes = flags & (PLX_FLAG_WRITE | PLX_FLAG_WRITE_CLOSED);
    return reads && writes ? "readable and writable" : reads ? "readable" : writes ? "writable" : "ready";
}

enum plx_sign plx__sign_of_future(uint8_t state)
{
    static const enum plx_sign signs[] = {
        [PLX_SEEN_FUTURE_LATER] = PLX_SIGN_LATER,         [PLX_SEEN_FUTURE_POLLING] = PLX_SIGN_POLL,
        [PLX_SEEN_FUTURE_NOT_READY] = PLX_SIGN_NOT_READY, [PLX_SEEN_FUTURE_READY] = PLX_SIGN_READY,
        [PLX_SEEN_FUTURE_FAILED] = PLX_SIGN_FAILED,       [PLX_SEEN_FUTURE_DROPPED] = PLX_SIGN_DROPPED,
    };
    return signs[state];
}

enum plx_sign plx__sign_of_event(const struct plx_event *event)
{
    static const enum plx_sign ending[] = {
        [PLX_WORD_END_READY] = PLX_SIGN_READY,
        [PLX_WORD_END_FAILED] = PLX_SIGN_FAILED,
        [PLX_WORD_END_CANCELLED] = PLX_SIGN_DROPPED,
    };
    switch (event->kind) {
    case PLX_EV_task_poll:
    case PLX_EV_poll:
        return PLX_SIGN_POLL;
    case PLX_EV_not_ready:
        return PLX_SIGN_NOT_READY;
    case PLX_EV_ready:
        return PLX_SIGN_READY;
    case PLX_EV_failed:
        return PLX_SIGN_FAILED;
    case PLX_EV_notify:
    case PLX_EV_push:
    case PLX_EV_io_ready:
    case PLX_EV_unpark:
    case PLX_EV_timer_fire:
    case PLX_EV_lock_grant:
        return PLX_SIGN_NOTIFIED;
    case PLX_EV_stuck:
        return PLX_SIGN_FAILED;
    case PLX_EV_steal:
        return PLX_SIGN_STOLEN;
    case PLX_EV_drop:
    case PLX_EV_park:
    case PLX_EV_worker_stop:
    case PLX_EV_deregister:
    case PLX_EV_abort:
    case PLX_EV_timer_cancel:
    case PLX_EV_close:
    case PLX_EV_pool_thread_stop:
        return PLX_SIGN_DROPPED;
    case PLX_EV_task_end:
        return ending[event->as_task_end.how];
    default:
        return PLX_SIGN_LATER;
    }
}
