/* SPDX-License-Identifier: MIT
 *
 * The actor of mpsc.h, as it stands there: a task that owns its state, a bounded mailbox, replies by oneshot.
 * Asked from tasks and from plain threads, restarted when it fails, and told in the trace.
 */
#include "tests/unit/trace/lines.h"

/* ── the actor ────────────────────────────────────────────────────────────────────────────────────────── */

PLX_ONESHOT(reply, int)

struct request {
    int amount;
    reply_sender reply;
};

static void request_drop(struct request *request)
{
    reply_sender_drop(&request->reply);
}

PLX_MPSC_OWNING(mailbox, struct request, request_drop)

struct account {
    mailbox_receiver mailbox;
    int balance;
};

static mailbox_receiver open_mailbox(struct account *account)
{
    return PLX_MOVE(account->mailbox);
}

static plx_ok serve(struct account *account, mailbox_item next)
{
    if (next.value.amount == 0) {
        reply_sender_drop(&next.value.reply);
        return plx_err(-EINVAL);
    }
    account->balance += next.value.amount;
    reply_send(&next.value.reply, account->balance);
    return plx_ok_new();
}

PLX_START(requests, struct account, mailbox_receiver, open_mailbox)
PLX_FOR_EACH(account_actor, requests, plx_ok, serve)
PLX_HANDLE(actor_handle, account_actor)

/* ── clients ──────────────────────────────────────────────────────────────────────────────────────────── */

struct client_vars {
    mailbox_sender account;
    int deposits;
    reply_receiver answer;
    int balance;
};

#define CLIENT_AWAITS(AWAIT)                                                                                 \
    AWAIT(asked, mailbox_send)                                                                               \
    AWAIT(answered, reply_receiver)

static void client_cleanup(struct client_vars *my)
{
    reply_receiver_drop(&my->answer);
    mailbox_sender_drop(&my->account);
}

static struct request request_of(struct client_vars *my, int amount)
{
    struct request request = {.amount = amount};
    if (reply_channel(&request.reply, &my->answer))
        abort();
    return request;
}

PLX_ASYNC(client, struct client_vars, int, CLIENT_AWAITS, client_cleanup)
{
    PLX_BEGIN;
    while (my->deposits--) {
        PLX_AWAIT(PLX_NOTHING, asked, mailbox_send_new(&my->account, request_of(my, 1)));
        PLX_AWAIT(my->balance, answered, PLX_MOVE(my->answer));
    }
    PLX_RETURN(my->balance);
    PLX_END;
}

PLX_HANDLE(client_handle, client)

/* From a plain thread. */
static int ask(mailbox_sender *account, int amount, int *balance)
{
    struct client_vars my = {.balance = 0};
    plx_unit nothing;
    int error = PLX_WAIT(mailbox_send, mailbox_send_new(account, request_of(&my, amount)), &nothing);
    if (!error)
        error = PLX_WAIT(reply_receiver, PLX_MOVE(my.answer), balance);
    reply_receiver_drop(&my.answer);
    return error;
}

/* ── tests ────────────────────────────────────────────────────────────────────────────────────────────── */

static void tasks_and_threads_ask_an_actor(void **state)
{
    enum { CLIENTS = 20 };
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    struct account account = {.balance = 0};
    mailbox_sender sender;
    client_handle clients[CLIENTS];
    int balance, deposits = (int)scaled(1000);
    plx_unit nothing;
    actor_handle actor;
    (void)state;
    assert_int_equal(mailbox_channel(4, &sender, &account.mailbox), 0);
    assert_int_equal(actor_handle_spawn_on(runtime, account_actor_new(&account), &actor), 0);
    for (int i = 0; i < CLIENTS; i++) {
        struct client_vars vars = {.deposits = deposits};
        assert_int_equal(mailbox_clone(&sender, &vars.account), 0);
        assert_int_equal(client_handle_spawn_on(runtime, client_new(vars), &clients[i]), 0);
    }
    for (int i = 0; i < 10; i++)
        assert_int_equal(ask(&sender, 1000000, &balance), 0);
    mailbox_sender_drop(&sender);
    for (int i = 0; i < CLIENTS; i++)
        assert_int_equal(client_handle_wait(&clients[i], &balance), 0);
    assert_int_equal(actor_handle_wait(&actor, &nothing), 0); /* all its senders are gone */
    assert_int_equal(account.balance, CLIENTS * deposits + 10000000);
    plx_runtime_free(runtime);
}

/* An actor that fails drops its mailbox: who waits for a reply, and whose request lies there still, learns
 * it. */
static void an_actor_that_fails_leaves_nobody_waiting(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    struct account account = {.balance = 5};
    struct client_vars late = {.balance = 0};
    mailbox_sender sender;
    actor_handle actor;
    int balance;
    plx_unit nothing;
    (void)state;
    assert_int_equal(mailbox_channel(4, &sender, &account.mailbox), 0);
    struct client_vars first = {.balance = 0};
    assert_int_equal(mailbox_try_send(&sender, request_of(&first, 0)), 0);
    assert_int_equal(mailbox_try_send(&sender, request_of(&late, 1)), 0);
    assert_int_equal(actor_handle_spawn_on(runtime, account_actor_new(&account), &actor), 0);
    assert_int_equal(PLX_WAIT(reply_receiver, PLX_MOVE(first.answer), &balance), -ECANCELED);
    assert_int_equal(PLX_WAIT(reply_receiver, PLX_MOVE(late.answer), &balance), -ECANCELED);
    assert_int_equal(actor_handle_wait(&actor, &nothing), -EINVAL);
    assert_int_equal(ask(&sender, 1, &balance), PLX_CLOSED);
    mailbox_sender_drop(&sender);

    assert_int_equal(mailbox_channel(4, &sender, &account.mailbox),
                     0); /* its successor goes on with the state */
    assert_int_equal(PLX_SPAWN_ON(runtime, account_actor, account_actor_new(&account)), 0);
    assert_int_equal(ask(&sender, 2, &balance), 0);
    assert_int_equal(balance, 7);
    mailbox_sender_drop(&sender);
    plx_runtime_free(runtime);
}

/* A runtime that is freed drops the actor and its mailbox, in whatever state they are. */
static void a_runtime_goes_with_its_actors(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
        struct account account = {.balance = 0};
        mailbox_sender sender;
        assert_int_equal(mailbox_channel(1, &sender, &account.mailbox), 0);
        assert_int_equal(PLX_SPAWN_ON(runtime, account_actor, account_actor_new(&account)), 0);
        for (int i = 0; i < 5; i++) {
            struct client_vars vars = {.deposits = 1000};
            assert_int_equal(mailbox_clone(&sender, &vars.account), 0);
            assert_int_equal(PLX_SPAWN_ON(runtime, client, client_new(vars)), 0);
        }
        mailbox_sender_drop(&sender);
        plx_runtime_free(runtime);
    }
}

/* ── the trace ────────────────────────────────────────────────────────────────────────────────────────── */

static double object_called(const struct lines *lines, const char *kind)
{
    for (int i = 1; i < lines->count; i++)
        if (is(lines->line[i], "sync_new") && strcmp(word_in(lines->line[i], "kind"), kind) == 0)
            return number_in(lines->line[i], "object");
    fail_msg("no sync_new of a %s", kind);
    return 0;
}

/* What was received was sent before, and no more than that; the length goes along. */
static void check_messages(const struct lines *lines, double object, int expected)
{
    int sent = 0, received = 0;
    for (int i = 1; i < lines->count; i++) {
        if (is_of(lines->line[i], "send", "object", object))
            sent++;
        if (!is_of(lines->line[i], "receive", "object", object))
            continue;
        received++;
        assert_true(received <= sent);
        assert_true(number_in(lines->line[i], "task") > 0);
    }
    assert_int_equal(sent, expected);
    assert_int_equal(received, expected);
}

static void the_trace_tells_of_messages_and_locks(void **state)
{
    const char *path = trace_path("sync.jsonl");
    struct account account = {.balance = 0};
    struct plx_mutex mutex = PLX_MUTEX;
    mailbox_sender sender;
    plx_permit guard;
    int balance;
    (void)state;
    assert_int_equal(plx_trace_start(path), 0);
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    assert_int_equal(mailbox_channel(3, &sender, &account.mailbox), 0);
    assert_int_equal(PLX_SPAWN_ON(runtime, account_actor, account_actor_new(&account)), 0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(ask(&sender, 1, &balance), 0);
    mailbox_sender_drop(&sender);
    assert_int_equal(plx_runtime_wait_idle(runtime), 0);
    assert_int_equal(plx_mutex_try(&mutex, &guard), 0);
    plx_permit_drop(&guard);
    plx_runtime_free(runtime);
    plx_trace_stop();

    struct lines lines = read_lines(path);
    double box = object_called(&lines, "mpsc"), lock = object_called(&lines, "mutex");
    check_messages(&lines, box, 20);
    assert_int_equal(
        number_in(lines.line[last_before(&lines, lines.count, "sync_new", "object", box)], "capacity"), 3);
    int closed = last_before(&lines, lines.count, "close", "object", box);
    assert_string_equal(word_in(lines.line[closed], "side"), "sender");
    int released = last_before(&lines, lines.count, "lock_release", "object", lock);
    last_before(&lines, released, "lock_grant", "object", lock);
    last_before(&lines, lines.count, "sync_wait", "object", box);
    for (int i = 1; i < lines.count; i++) /* an object is told before anything else of it */
        if (number_in(lines.line[i], "object") > 0 && !is(lines.line[i], "sync_new"))
            last_before(&lines, i, "sync_new", "object", number_in(lines.line[i], "object"));
    free_lines(&lines);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_and_threads_ask_an_actor),
        cmocka_unit_test(an_actor_that_fails_leaves_nobody_waiting),
        cmocka_unit_test(a_runtime_goes_with_its_actors),
        cmocka_unit_test(the_trace_tells_of_messages_and_locks),
    };
    return cmocka_run_group_tests_name("actors", tests, NULL, NULL);
}
