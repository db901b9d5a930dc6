/* SPDX-License-Identifier: MIT
 *
 * broadcast: every value to every receiver, and a receiver that is too slow is told how many it has missed.
 *
 *     PLX_BROADCAST(news, struct headline)             declares news_sender, news_receiver
 *
 *     news_channel(16, &tx, &rx);                      keeps 16 values: 0, -ENOMEM, or -EINVAL for none
 *     news_subscribe(&tx, &another);                   gets what is sent from now on
 *     news_send(&tx, headline);                        never waits: the oldest value makes room
 *
 *     PLX_AWAIT(my->next, heard, news_recv_new(&my->rx));
 *     if (my->next.end) …                              all senders are gone, and all was heard
 *     if (my->next.missed) …                           so many were lost before this one
 *
 *      position   4   5   6   7   8   9
 *                   ┌───┬───┬───┬───┬───┐            a ring: slot = position modulo capacity
 *                   │ 2 │ 1 │ 1 │ 2 │ 2 │            each with how many receivers have still to read it;
 *                   └───┴───┴───┴───┴───┘            the last one to read takes the value, the others a copy
 *                     ▲       ▲           ▲
 *                 receiver  receiver     next to send
 *
 * A receiver is a stream of news_item (`value`, `missed`, `end`). One that has answered NotReady stays where
 * it is until it is ready or dropped. Senders are cloned, and may be used by many threads at once.
 *
 * Source: Tokio 1.x `sync/broadcast.rs`; there lagging is an error of its own, here it comes with the next
 * value.
 */
#ifndef PLX_SYNC_BROADCAST_H
#define PLX_SYNC_BROADCAST_H

#include "lib/sync/watch.h"

struct plx_broadcast;

struct plx_broadcast_receiver {
    struct plx_broadcast *channel;
    uint64_t next; /* the position that it reads next; under the channel's lock, as the waiter */
    struct plx_waiter waiter;
};

struct plx_broadcast_news {
    uint64_t missed;
    bool end;
};

int plx__broadcast_new(size_t capacity, size_t size, const struct plx_item_traits *traits,
                       plx_item_clone *clone, struct plx_broadcast **sender,
                       struct plx_broadcast_receiver *receiver);
int plx__broadcast_send(struct plx_broadcast *sender, const void *value);
struct plx_broadcast *plx__broadcast_clone(struct plx_broadcast *sender);
void plx__broadcast_sender_drop(struct plx_broadcast **sender);
void plx__broadcast_subscribe(struct plx_broadcast *channel, struct plx_broadcast_receiver *receiver);
enum plx_answer plx__broadcast_poll(struct plx_broadcast_receiver *receiver, plx_context *cx, void *out,
                                    struct plx_broadcast_news *news);
int plx__broadcast_try(struct plx_broadcast_receiver *receiver, void *out, struct plx_broadcast_news *news);
void plx__broadcast_forget(struct plx_broadcast_receiver *receiver);
void plx__broadcast_receiver_drop(struct plx_broadcast_receiver *receiver);

/* Declares the channel B for values of `type` that are copied by assignment:
 *
 *     int B_channel(size_t capacity, B_sender *, B_receiver *)   0, -ENOMEM, or -EINVAL: none, or a type that
 *                                                                must be dropped
 *     int B_send(B_sender *, type)                0, or PLX_CLOSED: nobody listens, the value is the caller's
 *     B_sender B_clone(B_sender *)
 *     void B_subscribe(B_sender *, B_receiver *)
 *     void B_sender_drop(B_sender *)
 *
 *     B_receiver                                   a stream of B_item, struct { value, missed, end }
 *     B_recv_new(B_receiver *)                     a future: the next B_item
 *     int B_try_recv(B_receiver *, B_item *)       0, or -EAGAIN: nothing new
 *     void B_receiver_drop(B_receiver *)
 *
 * PLX_BROADCAST_CLONING(B, type, clone, drop): as PLX_WATCH_CLONING, see there. */
#define PLX_BROADCAST(B, type) PLX__BROADCAST(B, type, PLX_ITEM_TRAITS(type), NULL)

#define PLX_BROADCAST_CLONING(B, type, clone, drop)                                                          \
    PLX__OWNING_TRAITS(B, type, drop)                                                                        \
    PLX__CLONE_ITEM(B, type, clone)                                                                          \
    PLX__BROADCAST(B, type, &B##__value_traits, B##__clone_value)

#define PLX__BROADCAST(B, type, traits, clone)                                                               \
    typedef type B##__value;                                                                                 \
    typedef struct B##_item {                                                                                \
        B##__value value;                                                                                    \
        uint64_t missed;                                                                                     \
        bool end;                                                                                            \
    } B##_item;                                                                                              \
    PLX__NEXT_TRAITS(B, traits)                                                                              \
    typedef struct B##_sender {                                                                              \
        struct plx_broadcast *channel;                                                                       \
    } B##_sender;                                                                                            \
    typedef struct B##_receiver {                                                                            \
        struct plx_broadcast_receiver broadcast;                                                             \
    } B##_receiver;                                                                                          \
    PLX_INLINE enum plx_answer B##__poll(struct plx_broadcast_receiver *plx_receiver, plx_context *cx,       \
                                         B##_item *out)                                                      \
    {                                                                                                        \
        struct plx_broadcast_news plx_news;                                                                  \
        enum plx_answer plx_answer = plx__broadcast_poll(plx_receiver, cx, &out->value, &plx_news);          \
        if (plx_answer == PLX_READY) {                                                                       \
            out->missed = plx_news.missed;                                                                   \
            out->end = plx_news.end;                                                                         \
        }                                                                                                    \
        return plx_answer;                                                                                   \
    }                                                                                                        \
    typedef B##_item B##_receiver_item;                                                                      \
    PLX_INLINE enum plx_answer B##_receiver_poll(B##_receiver *self, plx_context *cx, B##_item *out)         \
    {                                                                                                        \
        return B##__poll(&self->broadcast, cx, out);                                                         \
    }                                                                                                        \
    PLX_INLINE void B##_receiver_drop(B##_receiver *self)                                                    \
    {                                                                                                        \
        plx__broadcast_receiver_drop(&self->broadcast);                                                      \
    }                                                                                                        \
    PLX__NEXT_LEAF(B##_receiver, B, #B "_receiver")                                                          \
    typedef struct B##_recv {                                                                                \
        struct plx_broadcast_receiver *broadcast;                                                            \
    } B##_recv;                                                                                              \
    typedef B##_item B##_recv_item;                                                                          \
    PLX_INLINE enum plx_answer B##_recv_poll(B##_recv *self, plx_context *cx, B##_item *out)                 \
    {                                                                                                        \
        return B##__poll(self->broadcast, cx, out);                                                          \
    }                                                                                                        \
    PLX_INLINE void B##_recv_drop(B##_recv *self)                                                            \
    {                                                                                                        \
        plx__broadcast_forget(self->broadcast);                                                              \
    }                                                                                                        \
    PLX__NEXT_LEAF(B##_recv, B, #B "_recv")                                                                  \
    PLX_INLINE B##_recv B##_recv_new(B##_receiver *plx_receiver)                                             \
    {                                                                                                        \
        return (B##_recv){&plx_receiver->broadcast};                                                         \
    }                                                                                                        \
    PLX_INLINE int B##_channel(size_t plx_capacity, B##_sender *plx_sender, B##_receiver *plx_receiver)      \
    {                                                                                                        \
        return plx__broadcast_new(plx_capacity, sizeof(B##__value), traits, clone, &plx_sender->channel,     \
                                  &plx_receiver->broadcast);                                                 \
    }                                                                                                        \
    PLX_INLINE int B##_send(B##_sender *plx_sender, B##__value plx_value)                                    \
    {                                                                                                        \
        return plx__broadcast_send(plx_sender->channel, &plx_value);                                         \
    }                                                                                                        \
    PLX_INLINE B##_sender B##_clone(B##_sender *plx_sender)                                                  \
    {                                                                                                        \
        return (B##_sender){plx__broadcast_clone(plx_sender->channel)};                                      \
    }                                                                                                        \
    PLX_INLINE void B##_subscribe(B##_sender *plx_sender, B##_receiver *plx_receiver)                        \
    {                                                                                                        \
        plx__broadcast_subscribe(plx_sender->channel, &plx_receiver->broadcast);                             \
    }                                                                                                        \
    PLX_INLINE void B##_sender_drop(B##_sender *plx_sender)                                                  \
    {                                                                                                        \
        plx__broadcast_sender_drop(&plx_sender->channel);                                                    \
    }                                                                                                        \
    PLX_INLINE int B##_try_recv(B##_receiver *plx_receiver, B##_item *plx_out)                               \
    {                                                                                                        \
        struct plx_broadcast_news plx_news = {0};                                                            \
        int plx_error = plx__broadcast_try(&plx_receiver->broadcast, &plx_out->value, &plx_news);            \
        plx_out->missed = plx_news.missed;                                                                   \
        plx_out->end = plx_news.end;                                                                         \
        return plx_error;                                                                                    \
    }

#endif
