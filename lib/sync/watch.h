/* SPDX-License-Identifier: MIT
 *
 * watch: the latest value of something, for any number of watchers. Settings, a state, "shut down now".
 *
 *     PLX_WATCH(mode, int)                             declares mode_sender, mode_receiver
 *
 *     mode_channel(1, &tx, &rx);                       with its first value: 0, or -ENOMEM
 *     mode_send(&tx, 2);
 *     int now = mode_get(&rx);
 *
 *     PLX_AWAIT(my->next, changed, mode_recv_new(&my->rx));        the next value that it has not seen
 *     if (my->next.end) …                                          the sender is gone, and all was seen
 *
 * A receiver is a stream of mode_item (`value`, `end`): first the value that is there, then each one that it
 * finds changed. Values that came and went between two looks it never sees. When the sender goes its last
 * value is delivered still.
 *
 *      version  1 ──send──▶ 2 ──send──▶ 3          receiver: ready when version ≠ the one it has seen
 *
 * Receivers are cloned, also from the sender (mode_subscribe). One that has answered NotReady stays where it
 * is until it is ready or dropped. The sender can wait until nobody watches (mode_closed_new).
 *
 * Source: tokio-sync 0.1 `watch`, Tokio 1.x `sync/watch.rs`.
 */
#ifndef PLX_SYNC_WATCH_H
#define PLX_SYNC_WATCH_H

#include "lib/future/combine.h"
#include "lib/sync/sync.h"
#include "lib/sync/waiters.h"

struct plx_watch;

/* How a value is copied for one more owner. NULL: by assignment; then it owns nothing. */
typedef void plx_item_clone(void *to, const void *from);

struct plx_watch_receiver {
    struct plx_watch *channel;
    uint64_t seen;
    struct plx_waiter waiter; /* under the channel's lock */
};

int plx__watch_new(size_t size, const void *value, const struct plx_item_traits *traits,
                   plx_item_clone *clone, struct plx_watch **sender, struct plx_watch_receiver *receiver);
int plx__watch_send(struct plx_watch *sender, const void *value);
void plx__watch_sender_drop(struct plx_watch **sender);
void plx__watch_get(struct plx_watch *channel, void *out);
bool plx__watch_has_changed(const struct plx_watch_receiver *receiver);
void plx__watch_subscribe(struct plx_watch *channel, uint64_t seen, struct plx_watch_receiver *receiver);
uint64_t plx__watch_version(struct plx_watch *channel);
enum plx_answer plx__watch_poll(struct plx_watch_receiver *receiver, plx_context *cx, void *out, bool *end);
void plx__watch_forget(struct plx_watch_receiver *receiver);
void plx__watch_receiver_drop(struct plx_watch_receiver *receiver);

/* Waits until the last receiver goes. */
typedef struct plx_watch_closed {
    struct plx_watch *channel;
    struct plx_waiter waiter;
} plx_watch_closed;
typedef plx_unit plx_watch_closed_item;
PLX_LEAF_DECLARE(plx_watch_closed)

/* Declares the channel W for values of `type` that are copied by assignment:
 *
 *     int W_channel(type first, W_sender *, W_receiver *)    0, -ENOMEM, or -EINVAL: type must be dropped
 *     int W_send(W_sender *, type)                0, or PLX_CLOSED: nobody watches; the value is the caller's
 *     plx_watch_closed W_closed_new(W_sender *)   a future: ready when nobody watches
 *     void W_subscribe(W_sender *, W_receiver *)  a receiver that has seen the present value
 *     type W_sent(W_sender *)                     the present value
 *     void W_sender_drop(W_sender *)
 *
 *     W_receiver                                  a stream of W_item
 *     W_recv_new(W_receiver *)                    a future: the next W_item
 *     type W_get(W_receiver *)                    the present value, seen or not
 *     bool W_has_changed(W_receiver *)
 *     void W_clone(W_receiver *, W_receiver *clone)   it has seen what this one has
 *     void W_receiver_drop(W_receiver *)
 *
 * PLX_WATCH_CLONING(W, type, clone, drop) is for values that own something: type clone(const type *) makes
 * what is given out, void drop(type *) ends what is replaced. clone is called under the channel's short lock:
 * it may count up a reference, and must not wait or use the channel. */
#define PLX_WATCH(W, type) PLX__WATCH(W, type, PLX_ITEM_TRAITS(type), NULL)

#define PLX_WATCH_CLONING(W, type, clone, drop)                                                              \
    PLX__OWNING_TRAITS(W, type, drop)                                                                        \
    PLX__CLONE_ITEM(W, type, clone)                                                                          \
    PLX__WATCH(W, type, &W##__value_traits, W##__clone_value)

#define PLX__CLONE_ITEM(C, type, clone)                                                                      \
    PLX_INLINE void C##__clone_value(void *plx_to, const void *plx_from)                                     \
    {                                                                                                        \
        *(type *)plx_to = clone((const type *)plx_from);                                                     \
    }

#define PLX__WATCH(W, type, traits, clone)                                                                   \
    typedef type W##__value;                                                                                 \
    PLX__NEXT_ITEM(W, W##__value, traits)                                                                    \
    typedef struct W##_sender {                                                                              \
        struct plx_watch *channel;                                                                           \
    } W##_sender;                                                                                            \
    typedef struct W##_receiver {                                                                            \
        struct plx_watch_receiver watch;                                                                     \
    } W##_receiver;                                                                                          \
    typedef W##_item W##_receiver_item;                                                                      \
    PLX_INLINE enum plx_answer W##_receiver_poll(W##_receiver *self, plx_context *cx, W##_item *out)         \
    {                                                                                                        \
        return plx__watch_poll(&self->watch, cx, &out->value, &out->end);                                    \
    }                                                                                                        \
    PLX_INLINE void W##_receiver_drop(W##_receiver *self)                                                    \
    {                                                                                                        \
        plx__watch_receiver_drop(&self->watch);                                                              \
    }                                                                                                        \
    PLX__NEXT_LEAF(W##_receiver, W, #W "_receiver")                                                          \
    typedef struct W##_recv {                                                                                \
        struct plx_watch_receiver *watch;                                                                    \
    } W##_recv;                                                                                              \
    typedef W##_item W##_recv_item;                                                                          \
    PLX_INLINE enum plx_answer W##_recv_poll(W##_recv *self, plx_context *cx, W##_item *out)                 \
    {                                                                                                        \
        return plx__watch_poll(self->watch, cx, &out->value, &out->end);                                     \
    }                                                                                                        \
    PLX_INLINE void W##_recv_drop(W##_recv *self)                                                            \
    {                                                                                                        \
        plx__watch_forget(self->watch);                                                                      \
    }                                                                                                        \
    PLX__NEXT_LEAF(W##_recv, W, #W "_recv")                                                                  \
    PLX_INLINE W##_recv W##_recv_new(W##_receiver *plx_receiver)                                             \
    {                                                                                                        \
        return (W##_recv){&plx_receiver->watch};                                                             \
    }                                                                                                        \
    PLX_INLINE int W##_channel(W##__value plx_first, W##_sender *plx_sender, W##_receiver *plx_receiver)     \
    {                                                                                                        \
        return plx__watch_new(sizeof plx_first, &plx_first, traits, clone, &plx_sender->channel,             \
                              &plx_receiver->watch);                                                         \
    }                                                                                                        \
    PLX_INLINE int W##_send(W##_sender *plx_sender, W##__value plx_value)                                    \
    {                                                                                                        \
        return plx__watch_send(plx_sender->channel, &plx_value);                                             \
    }                                                                                                        \
    PLX_INLINE plx_watch_closed W##_closed_new(W##_sender *plx_sender)                                       \
    {                                                                                                        \
        return (plx_watch_closed){.channel = plx_sender->channel};                                           \
    }                                                                                                        \
    PLX_INLINE void W##_subscribe(W##_sender *plx_sender, W##_receiver *plx_receiver)                        \
    {                                                                                                        \
        plx__watch_subscribe(plx_sender->channel, plx__watch_version(plx_sender->channel),                   \
                             &plx_receiver->watch);                                                          \
    }                                                                                                        \
    PLX_INLINE W##__value W##_sent(W##_sender *plx_sender)                                                   \
    {                                                                                                        \
        W##__value plx_value;                                                                                \
        plx__watch_get(plx_sender->channel, &plx_value);                                                     \
        return plx_value;                                                                                    \
    }                                                                                                        \
    PLX_INLINE void W##_sender_drop(W##_sender *plx_sender)                                                  \
    {                                                                                                        \
        plx__watch_sender_drop(&plx_sender->channel);                                                        \
    }                                                                                                        \
    PLX_INLINE W##__value W##_get(W##_receiver *plx_receiver)                                                \
    {                                                                                                        \
        W##__value plx_value;                                                                                \
        plx__watch_get(plx_receiver->watch.channel, &plx_value);                                             \
        return plx_value;                                                                                    \
    }                                                                                                        \
    PLX_INLINE bool W##_has_changed(W##_receiver *plx_receiver)                                              \
    {                                                                                                        \
        return plx__watch_has_changed(&plx_receiver->watch);                                                 \
    }                                                                                                        \
    PLX_INLINE void W##_clone(W##_receiver *plx_receiver, W##_receiver *plx_clone)                           \
    {                                                                                                        \
        plx__watch_subscribe(plx_receiver->watch.channel, plx_receiver->watch.seen, &plx_clone->watch);      \
    }

#endif
