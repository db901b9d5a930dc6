/* SPDX-License-Identifier: MIT
 *
 * Stealing, and when it is worth while.
 *
 * A task that is stolen takes its cache lines from one processor to another, and so do the queues: some 200
 * ns, which is more than many a task needs. Besides, two tasks that share a channel disturb each other on
 * two processors. So a thief is polite: who gets on with his tasks keeps them.
 *
 *     nothing in the own queues
 *       │
 *       ├─ a deque of PLX_WORTH_STEALING tasks or more, or the global queue has some ──▶ takes from there
 *       ▼
 *     watches for WATCH turns ──▶ somebody has more tasks queued than he has polled meanwhile: takes half
 *       │
 *       ├─ deques hold tasks, but their owners are quick ──▶ dozes, searching all the while; begins anew
 *       └─ nothing anywhere ──▶ sleeps (sleep.c)
 *
 * So a task behind a long poll waits for one watch, some 8 microseconds; and when many short polls came
 * before the long one, for a doze more, some 100.
 *
 * mpsc with 4 producers, 2 workers: 43 ns a message without this, and 85 ns of CPU; with it 29, and 35.
 * spawn_many: 57 ns a task without this, 51 with it. A server of 64 connections (tcp_echo_2t): 131,000
 * requests a second without this, 148,000 with it. The price: 20 tasks that yield every 100 ns for ever stay
 * on one worker.
 *
 * A worker that is ticked by hand, or by steps, takes what there is: its ticks do not depend on any clock.
 */
#include "lib/scheduler/pool.h"

enum {
    WATCH = 300,     /* turns of a loop, some 8 microseconds */
    LOOK_EVERY = 16, /* of them at the deques: each look takes lines from their owners' caches */
    WATCHED = 16,    /* workers at a time */
    PATIENCE_MOST = 32,
    TRY_AGAIN = 64, /* times that it went to sleep at once, and looks out once more */
};

/* ── taking ───────────────────────────────────────────────────────────────────────────────────────── */

/* xorshift (Marsaglia 2003): where to begin, so that thieves do not all go to the same victim. */
static uint32_t random_below(struct plx_worker *worker, uint32_t limit)
{
    uint32_t x = worker->random;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    worker->random = x;
    return (uint32_t)((uint64_t)x * limit >> 32);
}

static void start_search(struct plx_worker *worker)
{
    if (worker->searching || !plx_idle_start_search(&worker->pool->idle))
        return;
    worker->searching = true;
    plx_trace(search, .worker = worker->number);
}

void plx_worker_stop_search(struct plx_worker *worker)
{
    worker->searching = false;
    if (plx_idle_stop_search(&worker->pool->idle))
        plx__pool_wake_one(worker->pool);
}

/* Takes half of the victim's tasks: the youngest of those is run at once, the others go to the own deque,
 * which is empty. */
static struct plx_task *steal_from(struct plx_worker *worker, struct plx_worker *victim)
{
    struct plx_task *taken[PLX_DEQUE_SLOTS / 2];
    uint32_t count = plx_deque_steal(&victim->deque, taken);
    if (count == 0)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        plx_trace(steal, .task = taken[i]->id, .victim = victim->number);
    if (count > 1)
        plx_deque_push_all(&worker->deque, taken, count - 1);
    plx_count(&worker->counters.steals, 1);
    plx_count(&worker->counters.stolen, count);
    plx_trace(pop, .task = taken[count - 1]->id, .queue = PLX_QUEUE_LOCAL);
    return taken[count - 1];
}

static bool is_worth_it(struct plx_worker *worker, struct plx_worker *victim)
{
    return !worker->polite || victim == worker->needs_help ||
           plx_deque_length(&victim->deque) >= PLX_WORTH_STEALING;
}

/* The others in turn. */
static struct plx_task *from_others(struct plx_worker *worker)
{
    struct plx_pool *pool = worker->pool;
    struct plx_task *task = NULL;
    uint32_t first = random_below(worker, pool->count);
    for (uint32_t i = 0; i < pool->count && !task; i++) {
        struct plx_worker *victim = &pool->workers[(first + i) % pool->count];
        if (victim != worker && is_worth_it(worker, victim))
            task = steal_from(worker, victim);
    }
    worker->needs_help = NULL;
    return task;
}

struct plx_task *plx_worker_steal(struct plx_worker *worker)
{
    start_search(worker);
    if (!worker->searching || plx_deque_room(&worker->deque) < PLX_DEQUE_SLOTS / 2)
        return NULL;
    return from_others(worker);
}

/* ── watching ─────────────────────────────────────────────────────────────────────────────────────── */

/* A worker that had tasks queued when the watch began, and how many it had polled by then. */
struct watched {
    struct plx_worker *worker;
    uint64_t polls;
};

static uint32_t who_has_tasks(struct plx_worker *worker, struct watched *watched)
{
    struct plx_pool *pool = worker->pool;
    uint32_t found = 0, first = random_below(worker, pool->count);
    for (uint32_t i = 0; i < pool->count && found < WATCHED; i++) {
        struct plx_worker *other = &pool->workers[(first + i) % pool->count];
        if (other != worker && plx_deque_length(&other->deque) > 0)
            watched[found++] = (struct watched){other, plx_counted(&other->counters.polls)};
    }
    return found;
}

/* It would take longer than this watch has lasted until all that is queued now has been polled. That is
 * always so when no poll has begun meanwhile. */
static bool needs_help(const struct watched *watched)
{
    uint64_t polled = plx_counted(&watched->worker->counters.polls) - watched->polls;
    return plx_deque_length(&watched->worker->deque) > polled;
}

static bool much_is_queued(struct plx_pool *pool)
{
    for (uint32_t i = 0; i < pool->count; i++)
        if (plx_deque_length(&pool->workers[i].deque) >= PLX_WORTH_STEALING)
            return true;
    return false;
}

static bool something_comes(struct plx_pool *pool)
{
    for (int i = 0; i < WATCH; i++) {
        if (plx_global_queue_length(&pool->global) > 0 || (i % LOOK_EVERY == 0 && much_is_queued(pool)))
            return true;
        plx_relax();
    }
    return false;
}

/* To sleep and to be woken costs two system calls and some microseconds, and while this worker counts as
 * searching nobody wakes another one. So it looks out for a moment before it sleeps, even when nothing is
 * queued, as long as that has lately been worth while: each success allows two failures more, so a worker
 * that waits for sockets soon stops (Go spins, too; "adaptive" as in glibc's mutexes). */
static bool has_patience(struct plx_worker *worker)
{
    if (worker->patience <= 0 && ++worker->impatient % TRY_AGAIN == 0)
        worker->patience = 1;
    return worker->patience > 0;
}

enum plx_outlook plx_worker_look_out(struct plx_worker *worker)
{
    struct watched watched[WATCHED];
    if (!worker->searching)
        return PLX_OUTLOOK_NOTHING;
    uint32_t count = who_has_tasks(worker, watched);
    if (count == 0 && !has_patience(worker))
        return PLX_OUTLOOK_NOTHING;

    if (something_comes(worker->pool)) {
        worker->patience += worker->patience < PATIENCE_MOST ? 2 : 0;
        return PLX_OUTLOOK_TASKS;
    }
    for (uint32_t i = 0; i < count && !worker->needs_help; i++)
        if (needs_help(&watched[i]))
            worker->needs_help = watched[i].worker;
    if (worker->needs_help)
        return PLX_OUTLOOK_TASKS;
    if (count > 0 || who_has_tasks(worker, watched) > 0)
        return PLX_OUTLOOK_DOZE;
    worker->patience--;
    return PLX_OUTLOOK_NOTHING;
}
