/* SPDX-License-Identifier: MIT
 *
 * Best practice: the actor model. Four clients and one account (account.h); at the end the sum is right, and
 * nothing was locked.
 *
 * Try it:  pollux record -o actor.jsonl build/release/lessons/14-actors/actor
 *          pollux play actor.jsonl
 */
#include "account.h"

#include <stdio.h>

enum { CLIENTS = 4, DEPOSITS = 25 };

struct client_vars {
    mailbox_sender account;
    int amount;
    int done, balance;
};

static void client_cleanup(struct client_vars *my)
{
    mailbox_sender_drop(&my->account);
}

#define CLIENT_AWAITS(AWAIT) AWAIT(deposited, ask)

PLX_ASYNC(client, struct client_vars, plx_unit, CLIENT_AWAITS, client_cleanup)
{
    PLX_BEGIN;
    for (; my->done < DEPOSITS; my->done++)
        PLX_AWAIT(my->balance, deposited,
                  ask_new((struct ask_vars){.account = &my->account, .amount = my->amount}));
    PLX_RETURN((plx_unit){0});
    PLX_END;
}

PLX_HANDLE(client_handle, client)

static int let_clients_in(struct plx_runtime *runtime, mailbox_sender *account)
{
    client_handle clients[CLIENTS] = {0};
    plx_unit nothing;
    int error = 0;

    for (int i = 0; !error && i < CLIENTS; i++) {
        struct client_vars vars = {.amount = i + 1};
        error = mailbox_clone(account, &vars.account);
        if (!error)
            error = client_handle_spawn_on(runtime, client_new(vars), &clients[i]);
    }
    for (int i = 0; i < CLIENTS; i++) {
        int failed = clients[i].task ? client_handle_wait(&clients[i], &nothing) : 0;
        error = error ? error : failed;
    }
    return error;
}

static int say(struct plx_runtime *runtime, mailbox_sender *account, const char *what, int amount)
{
    int balance;
    int error = PLX_BLOCK_ON(runtime, ask, ask_new((struct ask_vars){.account = account, .amount = amount}),
                             &balance);
    if (error)
        printf("%s: %s\n", what, error == -EDQUOT ? "there is not enough" : plx_error_text(error));
    else
        printf("%s: %d\n", what, balance);
    return error == -EDQUOT ? 0 : error;
}

static int run(struct plx_runtime *runtime)
{
    struct account account = {.balance = 0};
    mailbox_sender sender;

    int error = mailbox_channel(MAILBOX_REQUESTS, &sender, &account.mailbox);
    if (error)
        return error;
    error = PLX_SPAWN_ON(runtime, account_actor, account_actor_new(account));
    if (!error)
        error = let_clients_in(runtime, &sender);
    if (!error)
        error = say(runtime, &sender, "balance", 0);
    if (!error)
        error = say(runtime, &sender, "take out 1000", -1000);
    if (!error)
        error = say(runtime, &sender, "take out 200", -200);
    mailbox_sender_drop(&sender); /* the last one: the actor ends */
    plx_runtime_wait_idle(runtime);
    return error;
}

int main(void)
{
    struct plx_runtime *runtime;

    int error = plx_runtime_new(&(struct plx_runtime_options){.workers = 2}, &runtime);
    if (!error) {
        error = run(runtime);
        plx_runtime_free(runtime);
    }
    if (error)
        fprintf(stderr, "actor: %s\n", plx_error_text(error));
    return error ? 1 : 0;
}
