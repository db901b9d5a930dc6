/* SPDX-License-Identifier: MIT
 *
 * mpsc: a queue from many senders to one receiver. The mailbox of an actor.
 *
 *     struct request { int amount; reply_sender reply; };
 *     static void request_drop(struct request *r) { reply_sender_drop(&r->reply); }
 *     PLX_ONESHOT(reply, int)                                          request and reply
 *     PLX_MPSC_OWNING(mailbox, struct request, request_drop)           declares mailbox_sender and so on
 *
 *     struct account { mailbox_receiver mailbox; int balance; };       the actor: its state, and its mailbox
 *     static mailbox_receiver open_mailbox(struct account *a) { return a->mailbox; }
 *     static plx_ok serve(struct account *a, mailbox_item next)        one request at a time: no lock
 *     {
 *         a->balance += next.value.amount;
 *         reply_send(&next.value.reply, a->balance);
 *         return plx_ok_new();
 *     }
 *     PLX_START(requests, struct account, mailbox_receiver, open_mailbox)
 *     PLX_FOR_EACH(account_actor, requests, plx_ok, serve)             ends when all senders are gone
 *
 *     mailbox_channel(64, &my->account, &account->mailbox);            bounded: 64, and one for each sender
 *     PLX_SPAWN(account_actor, account_actor_new(account));
 *     …
 *     reply_channel(&tx, &my->rx);                                     a client, in a task
 *     PLX_AWAIT(PLX_NOTHING, asked, mailbox_send_new(&my->account, (struct request){5, tx}));
 *     PLX_AWAIT(my->balance, answered, my->rx);
 *
 *     PLX_WAIT(mailbox_send, mailbox_send_new(&account, request), &nothing)      a client on a plain thread
 *
 * Capacity is that of futures 0.1: `buffer` messages, and one more for each sender. Every sender owns one
 * place: its send is accepted also when the buffer is full, but then the sender is *parked*, and not ready to
 * send again until the receiver has made room. Room goes to the parked in the order they came. So buffer 0 is
 * a channel in which each sender may have one message under way. Messages of one sender arrive in the order
 * they were sent. Of a buffer of 64 and more, the receiver's task may give the room that it makes in one poll
 * when that poll ends, and not at each message; to a sender in that poll it gives it at once.
 *
 * The receiver may be moved between tasks at any time; it keeps its place. It ends (`end` set) when all
 * senders are gone, or it was closed, and all messages and permits are used up. Messages that nobody takes
 * are dropped. One task at a time uses a sender; each further one has a clone.
 *
 * A bounded channel (of up to 65,536) allocates when it is made and when a sender is cloned; sending never
 * does. An unbounded one allocates a block now and then.
 *
 * Source: futures 0.1 `sync/mpsc`, `reserve` from Tokio 1.x; how it works is in mpsc_channel.h.
 */
#ifndef PLX_SYNC_MPSC_H
#define PLX_SYNC_MPSC_H

#include "lib/future/combine.h"
#include "lib/sync/sync.h"

#include <stdatomic.h>

struct plx_mpsc;

/* A sender's place. The thread that uses the sender may read `parked`; all else is under the channel's
 * lock. */
struct plx_mpsc_seat {
    struct plx_mpsc *channel;
    _Atomic bool parked;
    bool waits, gave_way;               /* the sender's own: a poll has answered NotReady, or see give_way */
    struct plx_mpsc_seat *next, **link; /* in the list of the parked */
    plx_waker waker;                    /* of the task that waits until it is parked no more */
};

#define PLX_UNBOUNDED UINT64_MAX

int plx__mpsc_new(uint64_t buffer, size_t size, const struct plx_item_traits *traits,
                  struct plx_mpsc_seat **sender, struct plx_mpsc **receiver);

int plx__mpsc_clone(struct plx_mpsc_seat *sender, struct plx_mpsc_seat **clone);
void plx__mpsc_sender_drop(struct plx_mpsc_seat **sender);
enum plx_answer plx__mpsc_poll_ready(struct plx_mpsc_seat *sender, plx_context *cx);
enum plx_answer plx__mpsc_poll_flush(struct plx_mpsc_seat *sender, plx_context *cx);
enum plx_answer plx__mpsc_start_send(struct plx_mpsc_seat *sender, plx_context *cx, const void *value);
enum plx_answer plx__mpsc_poll_send(struct plx_mpsc_seat *sender, plx_context *cx, const void *value);
int plx__mpsc_try_send(struct plx_mpsc_seat *sender, const void *value);
bool plx__mpsc_is_closed(const struct plx_mpsc_seat *sender);
/* The task of a dropped future waits no more. */
void plx__mpsc_forget_sender(struct plx_mpsc_seat *sender);

enum plx_answer plx__mpsc_poll_reserve(struct plx_mpsc_seat *sender, plx_context *cx,
                                       struct plx_mpsc **permit);
int plx__mpsc_try_reserve(struct plx_mpsc_seat *sender, struct plx_mpsc **permit);
int plx__mpsc_permit_send(struct plx_mpsc **permit, const void *value);
void plx__mpsc_permit_drop(struct plx_mpsc **permit);

/* Ready: *end says whether there is a value at `out`. */
enum plx_answer plx__mpsc_poll(struct plx_mpsc *receiver, plx_context *cx, void *out, bool *end);
int plx__mpsc_try_recv(struct plx_mpsc *receiver, void *out);
void plx__mpsc_close(struct plx_mpsc *receiver);
uint64_t plx__mpsc_length(struct plx_mpsc *receiver);
void plx__mpsc_receiver_drop(struct plx_mpsc **receiver);
void plx__mpsc_forget_receiver(struct plx_mpsc *receiver);

/* Declares the channel C for values of `type`:
 *
 *     int C_channel(uint64_t buffer, C_sender *, C_receiver *)   0 or -ENOMEM; buffer PLX_UNBOUNDED: no limit
 *
 *     C_sender                                   used by one task at a time
 *     int C_clone(C_sender *, C_sender *clone)   0 or -ENOMEM
 *     int C_try_send(C_sender *, type)           0; -EAGAIN: full, the sender is parked; PLX_CLOSED; -ENOMEM
 *                                                of an unbounded channel. Unless 0 the value is the caller's
 *     C_send_new(C_sender *, type)               a future: waits until the sender is not parked, and sends.
 *                                                It owns the value, and drops it when it fails: PLX_CLOSED
 *     bool C_is_closed(C_sender *)
 *     void C_sender_drop(C_sender *)
 *
 *     The sink of futures 0.1, for futures written by hand:
 *     enum plx_answer C_poll_ready(C_sender *, cx)          Ready: the next try_send will not find it full.
 *                                                           Failed with PLX_CLOSED
 *     enum plx_answer C_start_send(C_sender *, cx, type)    Ready: accepted. Else the value is the caller's
 *     enum plx_answer C_poll_flush(C_sender *, cx)          Ready: there is room for all that was accepted
 *
 *     C_reserve_new(C_sender *)                  a future: ready with a C_permit, a place that is kept
 *     int C_try_reserve(C_sender *, C_permit *)
 *     int C_permit_send(C_permit *, type)        uses it up: 0, or PLX_CLOSED when the receiver is gone (a
 *                                                closed one gets what permits are for), or -ENOMEM as above
 *     void C_permit_drop(C_permit *)             gives the place back
 *
 *     C_receiver                                 a stream of C_item, struct { type value; bool end; }
 *     C_recv_new(C_receiver *)                   a future: the next C_item. Dropping it loses no message
 *     int C_try_recv(C_receiver *, type *)       0, -EAGAIN: nothing there, or PLX_CLOSED: nothing will be
 *     void C_close(C_receiver *)                 no more is accepted; what was, can be received
 *     uint64_t C_length(C_receiver *)            messages that wait
 *     void C_receiver_drop(C_receiver *)
 *
 * What a value owns is dropped by the traits of its type (future/item.h). PLX_MPSC_OWNING(C, type, drop)
 * names the function here instead: void drop(type *). */
#define PLX_MPSC(C, type) PLX__MPSC(C, type, PLX_ITEM_TRAITS(type))

#define PLX_MPSC_OWNING(C, type, drop)                                                                       \
    PLX__OWNING_TRAITS(C, type, drop)                                                                        \
    PLX__MPSC(C, type, &C##__value_traits)

#define PLX__MPSC(C, type, traits)                                                                           \
    typedef type C##__value;                                                                                 \
    PLX_BODY const struct plx_item_traits *C##__of_value(void)                                               \
    {                                                                                                        \
        return traits;                                                                                       \
    }                                                                                                        \
    PLX__NEXT_ITEM(C, C##__value, C##__of_value())                                                           \
    PLX__MPSC_SENDER(C)                                                                                      \
    PLX__MPSC_RESERVE(C)                                                                                     \
    PLX__MPSC_RECEIVER(C)                                                                                    \
    PLX_INLINE int C##_channel(uint64_t plx_buffer, C##_sender *plx_sender, C##_receiver *plx_receiver)      \
    {                                                                                                        \
        return plx__mpsc_new(plx_buffer, sizeof(C##__value), C##__of_value(), &plx_sender->seat,             \
                             &plx_receiver->channel);                                                        \
    }

#define PLX__MPSC_SENDER(C)                                                                                  \
    typedef struct C##_sender {                                                                              \
        struct plx_mpsc_seat *seat;                                                                          \
    } C##_sender;                                                                                            \
    PLX_INLINE int C##_clone(C##_sender *plx_sender, C##_sender *plx_clone)                                  \
    {                                                                                                        \
        return plx__mpsc_clone(plx_sender->seat, &plx_clone->seat);                                          \
    }                                                                                                        \
    PLX_INLINE void C##_sender_drop(C##_sender *plx_sender)                                                  \
    {                                                                                                        \
        plx__mpsc_sender_drop(&plx_sender->seat);                                                            \
    }                                                                                                        \
    PLX_INLINE bool C##_is_closed(const C##_sender *plx_sender)                                              \
    {                                                                                                        \
        return plx__mpsc_is_closed(plx_sender->seat);                                                        \
    }                                                                                                        \
    PLX_INLINE int C##_try_send(C##_sender *plx_sender, C##__value plx_value)                                \
    {                                                                                                        \
        return plx__mpsc_try_send(plx_sender->seat, &plx_value);                                             \
    }                                                                                                        \
    PLX_INLINE enum plx_answer C##_poll_ready(C##_sender *plx_sender, plx_context *cx)                       \
    {                                                                                                        \
        return plx__mpsc_poll_ready(plx_sender->seat, cx);                                                   \
    }                                                                                                        \
    PLX_INLINE enum plx_answer C##_start_send(C##_sender *plx_sender, plx_context *cx, C##__value plx_value) \
    {                                                                                                        \
        return plx__mpsc_start_send(plx_sender->seat, cx, &plx_value);                                       \
    }                                                                                                        \
    PLX_INLINE enum plx_answer C##_poll_flush(C##_sender *plx_sender, plx_context *cx)                       \
    {                                                                                                        \
        return plx__mpsc_poll_flush(plx_sender->seat, cx);                                                   \
    }                                                                                                        \
    typedef struct C##_send {                                                                                \
        struct plx_mpsc_seat *seat; /* NULL: it has answered, and owns nothing */                            \
        C##__value value;                                                                                    \
    } C##_send;                                                                                              \
    typedef plx_unit C##_send_item;                                                                          \
    PLX__ITEM_OF(C##_send, plx_unit)                                                                         \
    PLX__SHAPE_0(C##_send, "leaf", #C "_send")                                                               \
    PLX_INLINE C##_send C##_send_new(C##_sender *plx_sender, C##__value plx_value)                           \
    {                                                                                                        \
        return (C##_send){plx_sender->seat, plx_value};                                                      \
    }                                                                                                        \
    PLX_INLINE void C##_send_drop(C##_send *self)                                                            \
    {                                                                                                        \
        struct plx_mpsc_seat *plx_seat = PLX_MOVE(self->seat);                                               \
        if (!plx_seat)                                                                                       \
            return;                                                                                          \
        plx__mpsc_forget_sender(plx_seat);                                                                   \
        plx_item_drop(C##__of_value(), &self->value);                                                        \
    }                                                                                                        \
    PLX_INLINE enum plx_answer C##_send_poll(C##_send *self, plx_context *cx, plx_unit *out)                 \
    {                                                                                                        \
        *out = (plx_unit){0};                                                                                \
        if (plx_unlikely(!self->seat))                                                                       \
            return plx_polled_after_end(cx, &C##_send_shape);                                                \
        if (plx_unlikely(!plx_budget_left(cx)))                                                              \
            return PLX_NOT_READY;                                                                            \
        enum plx_answer plx_answer = plx__mpsc_poll_send(self->seat, cx, &self->value);                      \
        if (plx_unlikely(plx_answer == PLX_NOT_READY))                                                       \
            return PLX_NOT_READY;                                                                            \
        plx_budget_spend(cx);                                                                                \
        if (plx_likely(plx_answer == PLX_READY))                                                             \
            self->seat = NULL;                                                                               \
        else                                                                                                 \
            C##_send_drop(self);                                                                             \
        return plx_answer;                                                                                   \
    }                                                                                                        \
    PLX__FUTURE(C##_send)

#define PLX__MPSC_RESERVE(C)                                                                                 \
    typedef struct C##_permit {                                                                              \
        struct plx_mpsc *channel;                                                                            \
    } C##_permit;                                                                                            \
    PLX_INLINE int C##_try_reserve(C##_sender *plx_sender, C##_permit *plx_place)                            \
    {                                                                                                        \
        return plx__mpsc_try_reserve(plx_sender->seat, &plx_place->channel);                                 \
    }                                                                                                        \
    PLX_INLINE int C##_permit_send(C##_permit *plx_place, C##__value plx_value)                              \
    {                                                                                                        \
        return plx__mpsc_permit_send(&plx_place->channel, &plx_value);                                       \
    }                                                                                                        \
    PLX_INLINE void C##_permit_drop(C##_permit *plx_place)                                                   \
    {                                                                                                        \
        plx__mpsc_permit_drop(&plx_place->channel);                                                          \
    }                                                                                                        \
    typedef struct C##_reserve {                                                                             \
        struct plx_mpsc_seat *seat; /* NULL: it has answered */                                              \
    } C##_reserve;                                                                                           \
    typedef C##_permit C##_reserve_item;                                                                     \
    PLX__SHAPE_0(C##_reserve, "leaf", #C "_reserve")                                                         \
    PLX_INLINE C##_reserve C##_reserve_new(C##_sender *plx_sender)                                           \
    {                                                                                                        \
        return (C##_reserve){plx_sender->seat};                                                              \
    }                                                                                                        \
    PLX_INLINE enum plx_answer C##_reserve_poll(C##_reserve *self, plx_context *cx, C##_permit *out)         \
    {                                                                                                        \
        if (plx_unlikely(!self->seat))                                                                       \
            return plx_polled_after_end(cx, &C##_reserve_shape);                                             \
        if (plx_unlikely(!plx_budget_left(cx)))                                                              \
            return PLX_NOT_READY;                                                                            \
        enum plx_answer plx_answer = plx__mpsc_poll_reserve(self->seat, cx, &out->channel);                  \
        if (plx_answer == PLX_NOT_READY)                                                                     \
            return PLX_NOT_READY;                                                                            \
        plx_budget_spend(cx);                                                                                \
        self->seat = NULL;                                                                                   \
        return plx_answer;                                                                                   \
    }                                                                                                        \
    PLX_INLINE void C##_reserve_drop(C##_reserve *self)                                                      \
    {                                                                                                        \
        if (self->seat)                                                                                      \
            plx__mpsc_forget_sender(self->seat);                                                             \
        self->seat = NULL;                                                                                   \
    }                                                                                                        \
    PLX_INLINE void C##_permit__drop_item(void *plx_item)                                                    \
    {                                                                                                        \
        C##_permit_drop(plx_item);                                                                           \
    }                                                                                                        \
    PLX__TRAITS C##_permit__item = {NULL, C##_permit__drop_item};                                            \
    PLX_BODY const struct plx_item_traits *C##_reserve__traits(void)                                         \
    {                                                                                                        \
        return &C##_permit__item;                                                                            \
    }                                                                                                        \
    PLX__FUTURE(C##_reserve)

#define PLX__MPSC_RECEIVER(C)                                                                                \
    typedef struct C##_receiver {                                                                            \
        struct plx_mpsc *channel;                                                                            \
    } C##_receiver;                                                                                          \
    typedef C##_item C##_receiver_item;                                                                      \
    PLX_INLINE enum plx_answer C##_receiver_poll(C##_receiver *self, plx_context *cx, C##_item *out)         \
    {                                                                                                        \
        return plx__mpsc_poll(self->channel, cx, &out->value, &out->end);                                    \
    }                                                                                                        \
    PLX_INLINE void C##_receiver_drop(C##_receiver *self)                                                    \
    {                                                                                                        \
        plx__mpsc_receiver_drop(&self->channel);                                                             \
    }                                                                                                        \
    PLX__NEXT_LEAF(C##_receiver, C, #C "_receiver")                                                          \
    typedef struct C##_recv {                                                                                \
        struct plx_mpsc *channel;                                                                            \
        bool waits;                                                                                          \
    } C##_recv;                                                                                              \
    typedef C##_item C##_recv_item;                                                                          \
    PLX_INLINE enum plx_answer C##_recv_poll(C##_recv *self, plx_context *cx, C##_item *out)                 \
    {                                                                                                        \
        enum plx_answer plx_answer = plx__mpsc_poll(self->channel, cx, &out->value, &out->end);              \
        self->waits = plx_answer == PLX_NOT_READY;                                                           \
        return plx_answer;                                                                                   \
    }                                                                                                        \
    PLX_INLINE void C##_recv_drop(C##_recv *self)                                                            \
    {                                                                                                        \
        if (self->waits)                                                                                     \
            plx__mpsc_forget_receiver(self->channel);                                                        \
        self->waits = false;                                                                                 \
    }                                                                                                        \
    PLX__NEXT_LEAF(C##_recv, C, #C "_recv")                                                                  \
    PLX_INLINE C##_recv C##_recv_new(C##_receiver *plx_receiver)                                             \
    {                                                                                                        \
        return (C##_recv){.channel = plx_receiver->channel};                                                 \
    }                                                                                                        \
    PLX_INLINE int C##_try_recv(C##_receiver *plx_receiver, C##__value *plx_out)                             \
    {                                                                                                        \
        return plx__mpsc_try_recv(plx_receiver->channel, plx_out);                                           \
    }                                                                                                        \
    PLX_INLINE void C##_close(C##_receiver *plx_receiver)                                                    \
    {                                                                                                        \
        plx__mpsc_close(plx_receiver->channel);                                                              \
    }                                                                                                        \
    PLX_INLINE uint64_t C##_length(const C##_receiver *plx_receiver)                                         \
    {                                                                                                        \
        return plx__mpsc_length(plx_receiver->channel);                                                      \
    }

#endif
