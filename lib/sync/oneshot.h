/* SPDX-License-Identifier: MIT
 *
 * oneshot: one value, from one task to another. The reply to a request.
 *
 *     PLX_ONESHOT(reply, int)                          declares reply_sender, reply_receiver
 *
 *     reply_sender tx;
 *     reply_receiver rx;
 *     int error = reply_channel(&tx, &rx);             0, or -ENOMEM
 *
 *     reply_send(&tx, 42);                             in one task, or on any thread; the sender is used up
 *     PLX_AWAIT(my->answer, replied, rx);              in another: the receiver is a future itself
 *     error = PLX_WAIT(reply_receiver, rx, &answer);   or on a plain thread
 *
 * Two ends, each with one owner, each dropped once (reply_sender_drop, reply_receiver_drop; sending, and
 * being awaited, does it). A sender that is dropped without a word makes the receiver fail with ECANCELED. A
 * receiver that is dropped makes reply_send fail, and who works on a reply in vain can know
 * (reply_cancelled). What was sent and not taken is dropped. Both ends may move from task to task.
 *
 * One allocation; one atomic word, and no lock:
 *
 *      bits               set by        meaning
 *      RECEIVER_WAKER     receiver      its waker is in place, for the sender to notify. It is replaced only
 *                                       while this is clear, and this is cleared only before SETTLED.
 *      SENDER_WAKER       sender        the same the other way round: to be told when the receiver closes
 *      SETTLED            sender        it has sent, or has gone without
 *      VALUE              sender        with SETTLED: the value is in place, and the receiver's to take
 *      CLOSED             receiver      it takes nothing that is not there yet; no VALUE can follow
 *      SENDER_GONE        sender        it touches the channel no more
 *      RECEIVER_GONE      receiver      it touches the channel no more; the second of the two frees it
 *
 *      receiver  EMPTY ──poll──▶ RECEIVER_WAKER ──(sender)──▶ SETTLED|VALUE ──poll──▶ Ready(value), gone
 *                  │                                     └──▶ SETTLED ────────poll──▶ Failed(ECANCELED), gone
 *                  └──close──▶ CLOSED ──(sender: send fails)──▶ CLOSED|SETTLED
 *
 * Every change is one compare-and-swap or fetch_or, AcqRel. Each bit is changed by one side only, so that a
 * swap is tried again only when the other side has just gone a step further.
 *
 * Source: Tokio 1.x `sync/oneshot.rs` for the bits, futures 0.1 `sync/oneshot.rs` for the functions.
 */
#ifndef PLX_SYNC_ONESHOT_H
#define PLX_SYNC_ONESHOT_H

#include "lib/future/combine.h"
#include "lib/sync/sync.h"

#include <stdatomic.h>

enum {
    PLX_ONESHOT_RECEIVER_WAKER = 1 << 0,
    PLX_ONESHOT_SENDER_WAKER = 1 << 1,
    PLX_ONESHOT_SETTLED = 1 << 2,
    PLX_ONESHOT_VALUE = 1 << 3,
    PLX_ONESHOT_CLOSED = 1 << 4,
    PLX_ONESHOT_SENDER_GONE = 1 << 5,
    PLX_ONESHOT_RECEIVER_GONE = 1 << 6,
    PLX_ONESHOT_FORGOTTEN = 1 << 7, /* see oneshot_spawn.h */
};

struct plx_oneshot {
    _Atomic uint32_t state;
    plx_waker receiver, sender; /* see the bits */
    _Atomic uint64_t number;    /* in the trace */
    _Alignas(max_align_t) unsigned char value[];
};

/* What the macro's functions call. `channel` is the one field of each end, NULL when it is used up. */
struct plx_oneshot *plx__oneshot_new(size_t value_size);
int plx__oneshot_send(struct plx_oneshot **sender, const void *value, size_t size);
void plx__oneshot_sender_drop(struct plx_oneshot **sender);
enum plx_answer plx__oneshot_poll_cancelled(struct plx_oneshot *sender, plx_context *cx);
enum plx_answer plx__oneshot_poll(struct plx_oneshot **receiver, plx_context *cx, void *out, size_t size);
int plx__oneshot_try(struct plx_oneshot **receiver, void *out, size_t size);
void plx__oneshot_close(struct plx_oneshot *receiver);
void plx__oneshot_forget(struct plx_oneshot *receiver);
bool plx__oneshot_unwanted(struct plx_oneshot *sender, plx_context *cx);
void plx__oneshot_receiver_drop(struct plx_oneshot **receiver, const struct plx_item_traits *traits);

PLX_INLINE bool plx__oneshot_is_cancelled(struct plx_oneshot *sender)
{
    return atomic_load_explicit(&sender->state, memory_order_acquire) & PLX_ONESHOT_CLOSED;
}

/* Declares the channel O for values of `type`:
 *
 *     int O_channel(O_sender *, O_receiver *)    0 or -ENOMEM
 *
 *     int O_send(O_sender *, type)               0, or PLX_CLOSED: then the value is the caller's still, and
 *                                                the sender is used up all the same
 *     bool O_is_cancelled(O_sender *)            nobody will take it
 *     O_cancelled_new(O_sender *)                a future: ready when nobody will take it
 *     void O_sender_drop(O_sender *)
 *
 *     O_receiver                                 a future: ready with the value, or fails with ECANCELED
 *     int O_try_recv(O_receiver *, type *)       0, -EAGAIN while there is none yet, or -ECANCELED
 *     void O_close(O_receiver *)                 what is not sent yet will not be; what is can be taken still
 *     void O_receiver_drop(O_receiver *)
 *
 * What a value owns is dropped by the traits of its type (future/item.h). PLX_ONESHOT_OWNING(O, type, drop)
 * names the function here instead: void drop(type *). */
#define PLX_ONESHOT(O, type) PLX__ONESHOT(O, type, PLX_ITEM_TRAITS(type))

#define PLX_ONESHOT_OWNING(O, type, drop)                                                                    \
    PLX__OWNING_TRAITS(O, type, drop)                                                                        \
    PLX__ONESHOT(O, type, &O##__value_traits)

#define PLX__ONESHOT(O, type, traits)                                                                        \
    typedef type O##_receiver_item;                                                                          \
    typedef struct O##_sender {                                                                              \
        struct plx_oneshot *channel;                                                                         \
    } O##_sender;                                                                                            \
    typedef struct O##_receiver {                                                                            \
        struct plx_oneshot *channel;                                                                         \
    } O##_receiver;                                                                                          \
    PLX_BODY const struct plx_item_traits *O##_receiver__traits(void)                                        \
    {                                                                                                        \
        return traits;                                                                                       \
    }                                                                                                        \
    PLX__SHAPE_0(O##_receiver, "leaf", #O)                                                                   \
    PLX_INLINE enum plx_answer O##_receiver_poll(O##_receiver *self, plx_context *cx,                        \
                                                 O##_receiver_item *out)                                     \
    {                                                                                                        \
        if (plx_unlikely(!self->channel))                                                                    \
            return plx_polled_after_end(cx, &O##_receiver_shape);                                            \
        return plx__oneshot_poll(&self->channel, cx, out, sizeof *out);                                      \
    }                                                                                                        \
    PLX_INLINE void O##_receiver_drop(O##_receiver *self)                                                    \
    {                                                                                                        \
        plx__oneshot_receiver_drop(&self->channel, O##_receiver__traits());                                  \
    }                                                                                                        \
    PLX__FUTURE(O##_receiver)                                                                                \
    typedef struct O##_cancelled {                                                                           \
        O##_sender *sender;                                                                                  \
    } O##_cancelled;                                                                                         \
    typedef plx_unit O##_cancelled_item;                                                                     \
    PLX_INLINE enum plx_answer O##_cancelled_poll(O##_cancelled *self, plx_context *cx, plx_unit *out)       \
    {                                                                                                        \
        *out = (plx_unit){0};                                                                                \
        return plx__oneshot_poll_cancelled(self->sender->channel, cx);                                       \
    }                                                                                                        \
    PLX_INLINE void O##_cancelled_drop(O##_cancelled *self)                                                  \
    {                                                                                                        \
        (void)self;                                                                                          \
    }                                                                                                        \
    PLX_LEAF(O##_cancelled)                                                                                  \
    PLX_INLINE O##_cancelled O##_cancelled_new(O##_sender *plx_sender)                                       \
    {                                                                                                        \
        return (O##_cancelled){plx_sender};                                                                  \
    }                                                                                                        \
    PLX_INLINE int O##_channel(O##_sender *plx_sender, O##_receiver *plx_receiver)                           \
    {                                                                                                        \
        plx_sender->channel = plx_receiver->channel = plx__oneshot_new(sizeof(O##_receiver_item));           \
        return plx_sender->channel ? 0 : -ENOMEM;                                                            \
    }                                                                                                        \
    PLX_INLINE int O##_send(O##_sender *plx_sender, O##_receiver_item plx_value)                             \
    {                                                                                                        \
        return plx__oneshot_send(&plx_sender->channel, &plx_value, sizeof plx_value);                        \
    }                                                                                                        \
    PLX_INLINE bool O##_is_cancelled(O##_sender *plx_sender)                                                 \
    {                                                                                                        \
        return plx__oneshot_is_cancelled(plx_sender->channel);                                               \
    }                                                                                                        \
    PLX_INLINE void O##_sender_drop(O##_sender *plx_sender)                                                  \
    {                                                                                                        \
        plx__oneshot_sender_drop(&plx_sender->channel);                                                      \
    }                                                                                                        \
    PLX_INLINE int O##_try_recv(O##_receiver *plx_receiver, O##_receiver_item *plx_out)                      \
    {                                                                                                        \
        return plx__oneshot_try(&plx_receiver->channel, plx_out, sizeof *plx_out);                           \
    }                                                                                                        \
    PLX_INLINE void O##_close(O##_receiver *plx_receiver)                                                    \
    {                                                                                                        \
        plx__oneshot_close(plx_receiver->channel);                                                           \
    }

#endif
