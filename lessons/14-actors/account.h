/* SPDX-License-Identifier: MIT
 *
 * An actor: a task that owns its state. Nobody else can touch it, so there is no lock; who wants something
 * sends a request, and the replies come one by one.
 *
 *     client ──request──▶ ┌─────────┐
 *     client ──request──▶ │ mailbox │ ──▶ account: balance
 *     client ──request──▶ └─────────┘        │
 *        ▲                 bounded: a client │
 *        └──────reply (a oneshot)────────────┘ waits here when the account does not keep up
 *
 * The bound is what makes it sound: without it a fast client fills the memory, and nobody is told to slow
 * down.
 */
#ifndef LESSON_ACCOUNT_H
#define LESSON_ACCOUNT_H

#include <pollux.h>

enum { MAILBOX_REQUESTS = 4 };

PLX_ONESHOT(reply, int) /* the balance; or a negative errno */

struct request {
    int amount; /* to be added; below zero: to be taken out */
    reply_sender reply;
};

static void request_drop(struct request *request)
{
    reply_sender_drop(&request->reply);
}

PLX_MPSC_OWNING(mailbox, struct request, request_drop)

/* ── the actor ────────────────────────────────────────────────────────────────────────────────────── */

struct account {
    mailbox_receiver mailbox;
    int balance;
};

static mailbox_receiver open_mailbox(struct account *account)
{
    return PLX_MOVE(account->mailbox);
}

/* One request at a time. A client that has gone away meanwhile needs no reply. */
static plx_ok serve(struct account *account, mailbox_item next)
{
    struct request *request = &next.value;
    bool covered = account->balance + request->amount >= 0;
    if (covered)
        account->balance += request->amount;
    reply_send(&request->reply, covered ? account->balance : -EDQUOT);
    return plx_ok_new();
}

static void account_cleanup(struct account *account)
{
    mailbox_receiver_drop(&account->mailbox);
}

/* It ends when the last of its clients has gone. */
PLX_START(requests, struct account, mailbox_receiver, open_mailbox)
PLX_FOR_EACH(account_life, requests, plx_ok, serve)
PLX_OWNING(account_actor, account_life, account_cleanup)

/* ── asking it, from a task ───────────────────────────────────────────────────────────────────────── */

struct ask_vars {
    mailbox_sender *account; /* borrowed */
    int amount;
    reply_receiver reply;
    int balance;
};

static void ask_cleanup(struct ask_vars *my)
{
    reply_receiver_drop(&my->reply);
}

#define ASK_AWAITS(AWAIT)                                                                                    \
    AWAIT(asked, mailbox_send)                                                                               \
    AWAIT(replied, reply_receiver)

/* Ready with the balance. Fails with EDQUOT when there is not enough, PLX_CLOSED when there is no such
 * account any more, ECANCELED when it ended with the request in its hands. */
PLX_ASYNC(ask, struct ask_vars, int, ASK_AWAITS, ask_cleanup)
{
    struct request request;
    plx_unit nothing;

    PLX_BEGIN;
    request = (struct request){.amount = my->amount};
    if (reply_channel(&request.reply, &my->reply))
        PLX_FAIL(-ENOMEM);
    PLX_AWAIT(nothing, asked, mailbox_send_new(my->account, request));
    PLX_AWAIT(my->balance, replied, PLX_MOVE(my->reply));
    if (my->balance < 0)
        PLX_FAIL(my->balance);
    PLX_RETURN(my->balance);
    PLX_END;
}

#endif
