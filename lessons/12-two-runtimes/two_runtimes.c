/* SPDX-License-Identifier: MIT
 *
 * Best practice: different runtimes for different businesses.
 *
 *     runtime "shop", 2 workers                    runtime "bank", 1 worker
 *     ┌─────────────────────────┐                  ┌───────────────────────────┐
 *     │ customer 1 ─────────────┼──▶ ┌──────────┐  │                           │
 *     │ customer 2 ─────────────┼──▶ │ payments │ ─┼─▶ clerk: one by one       │
 *     │ customer 3 ─────────────┼──▶ └──────────┘  │     │                     │
 *     │     ◀─────── receipt ───┼──────────────────┼─────┘                     │
 *     │ clock: tick, tick, tick │                  │ audit: blocks the worker  │
 *     └─────────────────────────┘                  └───────────────────────────┘
 *
 * The audit does what a task should not: it blocks the thread that it runs on. In one runtime for everything
 * the shop would stand still with it, and this program would never end: the audit waits for the clock. With
 * two it is the bank's affair alone. When it is over, the clerk and the customers, tasks of two runtimes,
 * notify each other through a channel and its replies, as tasks of one runtime would.
 *
 * Try it:  pollux record -o two.jsonl build/release/lessons/12-two-runtimes/two_runtimes
 *          pollux play two.jsonl
 */
#include <pollux.h>
#include <semaphore.h>
#include <stdio.h>

enum { CUSTOMERS = 3, TICKS = 5 };

PLX_ONESHOT(receipt, int)
struct payment {
    int customer, amount;
    receipt_sender receipt;
};
static void payment_drop(struct payment *payment)
{
    receipt_sender_drop(&payment->receipt);
}
PLX_MPSC_OWNING(payments, struct payment, payment_drop)

/* ── the shop ─────────────────────────────────────────────────────────────────────────────────────── */

struct customer_vars {
    int number;
    payments_sender bank;
    receipt_receiver receipt;
    int total;
};

static void customer_cleanup(struct customer_vars *my)
{
    payments_sender_drop(&my->bank);
    receipt_receiver_drop(&my->receipt);
}

#define CUSTOMER_AWAITS(AWAIT)                                                                               \
    AWAIT(paid, payments_send)                                                                               \
    AWAIT(confirmed, receipt_receiver)

PLX_ASYNC(customer, struct customer_vars, plx_unit, CUSTOMER_AWAITS, customer_cleanup)
{
    struct payment payment;
    plx_unit nothing;

    PLX_BEGIN;
    payment = (struct payment){.customer = my->number, .amount = 10 * my->number};
    if (receipt_channel(&payment.receipt, &my->receipt))
        PLX_FAIL(-ENOMEM);
    PLX_AWAIT(nothing, paid, payments_send_new(&my->bank, payment));
    PLX_AWAIT(my->total, confirmed, PLX_MOVE(my->receipt));
    printf("customer %d has a receipt\n", my->number);
    PLX_RETURN(nothing);
    PLX_END;
}

/* Ticks, and then lets the audit end. */
struct clock_vars {
    int ticks;
    sem_t *audit_may_end;
};

#define CLOCK_AWAITS(AWAIT) AWAIT(ticked, plx_delay)

PLX_ASYNC(shop_clock, struct clock_vars, plx_unit, CLOCK_AWAITS, plx_no_cleanup)
{
    plx_unit nothing;

    PLX_BEGIN;
    while (my->ticks++ < TICKS)
        PLX_AWAIT(nothing, ticked, plx_delay_for(PLX_MS(1)));
    printf("the shop's clock has ticked %d times, while the bank stood still\n", TICKS);
    sem_post(my->audit_may_end);
    PLX_RETURN((plx_unit){0});
    PLX_END;
}

/* ── the bank ─────────────────────────────────────────────────────────────────────────────────────── */

struct bank {
    payments_receiver payments;
    int total;
};

static payments_receiver open_payments(struct bank *bank)
{
    return PLX_MOVE(bank->payments);
}

/* The receipt goes to a task of the other runtime, and notifies it. */
static plx_ok take(struct bank *bank, payments_item next)
{
    bank->total += next.value.amount;
    receipt_send(&next.value.receipt, bank->total);
    return plx_ok_new();
}

PLX_START(incoming, struct bank, payments_receiver, open_payments)
PLX_FOR_EACH(clerk, incoming, plx_ok, take)

/* Blocks its worker: the worst neighbour that a task can have. */
typedef struct audit {
    sem_t *may_end;
} audit;
typedef plx_unit audit_item;

static enum plx_answer audit_poll(audit *self, plx_context *cx, plx_unit *out)
{
    (void)cx;
    sem_wait(self->may_end);
    printf("the audit is over\n");
    *out = (plx_unit){0};
    return PLX_READY;
}

static void audit_drop(audit *self)
{
    (void)self;
}

PLX_LEAF(audit)

/* ── both ─────────────────────────────────────────────────────────────────────────────────────────── */

/* The sender is lent: each customer has a clone. The last one to leave closes the channel, and the clerk
 * ends. */
static int open_shop(struct plx_runtime *shop, payments_sender *bank, sem_t *audit_may_end)
{
    int error = PLX_SPAWN_ON(shop, shop_clock,
                             shop_clock_new((struct clock_vars){.audit_may_end = audit_may_end}));
    for (int i = 1; !error && i <= CUSTOMERS; i++) {
        struct customer_vars vars = {.number = i};
        error = payments_clone(bank, &vars.bank);
        if (!error)
            error = PLX_SPAWN_ON(shop, customer, customer_new(vars));
    }
    payments_sender_drop(bank);
    return error;
}

static int do_business(struct plx_runtime *shop, struct plx_runtime *bank, sem_t *audit_may_end)
{
    struct bank books = {.total = 0};
    payments_sender payments;

    int error = payments_channel(8, &payments, &books.payments);
    if (error)
        return error;
    error = PLX_SPAWN_ON(bank, audit, (audit){audit_may_end});
    if (!error)
        error = PLX_SPAWN_ON(bank, clerk, clerk_new(&books));
    if (!error)
        error = open_shop(shop, &payments, audit_may_end);
    plx_runtime_wait_idle(shop);
    plx_runtime_wait_idle(bank);
    if (!error)
        printf("the bank has %d\n", books.total);
    return error;
}

int main(void)
{
    struct plx_runtime *shop, *bank;
    sem_t audit_may_end;

    sem_init(&audit_may_end, 0, 0);
    int error = plx_runtime_new(&(struct plx_runtime_options){.name = "shop", .workers = 2}, &shop);
    if (!error) {
        error = plx_runtime_new(&(struct plx_runtime_options){.name = "bank", .workers = 1}, &bank);
        if (!error) {
            error = do_business(shop, bank, &audit_may_end);
            plx_runtime_free(bank);
        }
        plx_runtime_free(shop);
    }
    sem_destroy(&audit_may_end);
    if (error)
        fprintf(stderr, "two_runtimes: %s\n", plx_error_text(error));
    return error ? 1 : 0;
}
