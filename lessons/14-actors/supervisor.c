/* SPDX-License-Identifier: MIT
 *
 * Best practice: supervision. An actor that finds itself in a state that cannot be does not try to go on: it
 * ends, alone, and somebody whose business that is starts it anew, with fresh state.
 *
 *     supervisor ──spawns──▶ divider ──▶ fatal error ──▶ its handle fails
 *         ▲                                                   │
 *         └──── waits a little, and starts another one ◀──────┘     after RESTARTS it gives up
 *
 * What must survive lies outside of the actor: the desk, with the mailbox. So requests that wait are not
 * lost. The one that the actor had in its hands is: its reply is dropped, and its client sees ECANCELED.
 */
#include <pollux.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { RESTARTS = 2, MAILBOX_REQUESTS = 8 };

PLX_ONESHOT(reply, int)
struct request {
    int divisor;
    reply_sender reply;
};
static void request_drop(struct request *request)
{
    reply_sender_drop(&request->reply);
}
PLX_MPSC_OWNING(mailbox, struct request, request_drop)

/* ── the desk: shared by the supervisor and whoever sits there now ────────────────────────────────── */

struct desk {
    _Atomic int holders;
    mailbox_receiver mailbox;
};

static struct desk *desk_keep(struct desk *desk)
{
    atomic_fetch_add(&desk->holders, 1);
    return desk;
}

static void desk_drop(struct desk **desk)
{
    struct desk *gone = PLX_MOVE(*desk);
    if (!gone || atomic_fetch_sub(&gone->holders, 1) > 1)
        return;
    mailbox_receiver_drop(&gone->mailbox);
    free(gone);
}

/* ── the actor ────────────────────────────────────────────────────────────────────────────────────── */

struct divider_vars {
    struct desk *desk;
    int served; /* its state: gone with it */
    mailbox_item next;
};

static void divider_cleanup(struct divider_vars *my)
{
    request_drop(&my->next.value);
    desk_drop(&my->desk);
}

#define DIVIDER_AWAITS(AWAIT) AWAIT(asked, mailbox_recv)

PLX_ASYNC(divider, struct divider_vars, int, DIVIDER_AWAITS, divider_cleanup)
{
    PLX_BEGIN;
    for (;;) {
        PLX_AWAIT(my->next, asked, mailbox_recv_new(&my->desk->mailbox));
        if (my->next.end)
            PLX_RETURN(my->served);
        if (my->next.value.divisor == 0)
            return plx_fatal(cx, "nothing can be divided by 0");
        reply_send(&my->next.value.reply, 100 / my->next.value.divisor);
        my->served++;
    }
    PLX_END;
}

PLX_HANDLE(divider_handle, divider)

/* ── the supervisor ───────────────────────────────────────────────────────────────────────────────── */

struct supervisor_vars {
    struct desk *desk;
    divider_handle divider;
    enum plx_answer answer;
    int restarts, served;
};

static void supervisor_cleanup(struct supervisor_vars *my)
{
    divider_handle_drop(&my->divider);
    desk_drop(&my->desk);
}

#define SUPERVISOR_AWAITS(AWAIT)                                                                             \
    AWAIT(ended, divider_handle)                                                                             \
    AWAIT(waited, plx_delay)

PLX_ASYNC(supervisor, struct supervisor_vars, int, SUPERVISOR_AWAITS, supervisor_cleanup)
{
    plx_unit nothing;

    PLX_BEGIN;
    for (;;) {
        if (divider_handle_spawn(divider_new((struct divider_vars){.desk = desk_keep(my->desk)}),
                                 &my->divider))
            PLX_FAIL(-ENOMEM);
        PLX_AWAIT_CATCH(my->answer, my->served, ended, PLX_MOVE(my->divider));
        if (my->answer == PLX_READY)
            PLX_RETURN(my->restarts); /* it has ended in order: nobody asks any more */
        if (my->restarts == RESTARTS)
            break;
        my->restarts++;
        printf("supervisor: the divider has ended (%s): start %d\n", plx_error_text(cx->error.code),
               my->restarts + 1);
        PLX_AWAIT(nothing, waited, plx_delay_for(PLX_MS(5 << my->restarts))); /* each time twice as long */
    }
    printf("supervisor: gives up\n");
    mailbox_close(&my->desk->mailbox);
    PLX_FAIL(-EHOSTDOWN);
    PLX_END;
}

PLX_HANDLE(supervisor_handle, supervisor)

/* ── a client, on main's thread ───────────────────────────────────────────────────────────────────── */

static void divide(mailbox_sender *mailbox, int divisor)
{
    struct request request = {.divisor = divisor};
    reply_receiver reply;
    plx_unit nothing;
    int quotient;

    int error = reply_channel(&request.reply, &reply);
    if (!error) {
        error = PLX_WAIT(mailbox_send, mailbox_send_new(mailbox, request), &nothing);
        if (error)
            reply_receiver_drop(&reply);
        else
            error = PLX_WAIT(reply_receiver, reply, &quotient);
    }
    if (error)
        printf("100 / %d: %s\n", divisor, plx_error_text(error));
    else
        printf("100 / %d = %d\n", divisor, quotient);
}

static int open_desk(struct desk **desk, mailbox_sender *mailbox)
{
    *desk = calloc(1, sizeof **desk);
    if (!*desk)
        return -ENOMEM;
    atomic_init(&(*desk)->holders, 1);
    int error = mailbox_channel(MAILBOX_REQUESTS, mailbox, &(*desk)->mailbox);
    if (error)
        desk_drop(desk);
    return error;
}

static int run(struct plx_runtime *runtime)
{
    static const int divisors[] = {4, 0, 5, 0, 10, 0};
    struct supervisor_vars vars = {.restarts = 0};
    supervisor_handle handle;
    mailbox_sender mailbox;
    int restarts;

    int error = open_desk(&vars.desk, &mailbox);
    if (error)
        return error;
    error = supervisor_handle_spawn_on(runtime, supervisor_new(vars), &handle);
    for (size_t i = 0; !error && i < sizeof divisors / sizeof *divisors; i++)
        divide(&mailbox, divisors[i]);
    if (!error) {
        error = supervisor_handle_wait(&handle, &restarts);
        divide(&mailbox, 20); /* nobody sits at the desk any more */
    }
    mailbox_sender_drop(&mailbox);
    return error;
}

/* Without a hook the runtime would say on standard error what is expected here. */
static void said(void *arg, uint64_t task, const char *why)
{
    (void)arg, (void)task;
    printf("a task ends: %s\n", why);
}

int main(void)
{
    struct plx_runtime *runtime;

    int error = plx_runtime_new(&(struct plx_runtime_options){.workers = 2, .hooks.task_fatal = said},
                                &runtime);
    if (!error) {
        error = run(runtime);
        plx_runtime_free(runtime);
    }
    printf("the supervisor has ended: %s\n", error ? plx_error_text(error) : "in order");
    return error == -EHOSTDOWN ? 0 : 1;
}
