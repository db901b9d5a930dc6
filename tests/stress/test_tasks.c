/* SPDX-License-Identifier: MIT
 *
 * Tasks under a storm: agents, on the workers of a pool and in a local set beside it, spawn kids, wait for
 * them, abort them and each other, drop their handles, gather them in join sets and let these go; some are
 * fatal. A thread outside notifies whoever waits, and aborts whoever has given it a handle. Everything is
 * counted:
 *
 *     each future is dropped once, each item taken or dropped once,
 *     no task is polled by two threads at once, none of the local set anywhere but on its thread,
 *     each fatal error is heard of once, and what a task's locals hold goes with it,
 *     and all of it ends.
 */
struct toy;
extern const struct plx_item_traits toy_traits;
#define PLX_USER_ITEMS struct toy * : &toy_traits,
#include "tests/support/stress.h"

enum { AGENTS = 24, LOCAL_AGENTS = 12, DEEDS = 60, SLOTS = 3, TABLE = 64 };

static struct {
    _Atomic unsigned made, dropped, items, items_dropped, fatal, heard, locals, locals_done, clashes,
        elsewhere;
    plx_waker waiting[TABLE];                 /* wakers for anybody to use; under the lock */
    _Atomic(struct plx_task *) aborts[TABLE]; /* abort handles for anybody to use */
    atomic_bool over;
} storm;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ── what is passed on ────────────────────────────────────────────────────────────────────────────────── */

/* An item. */
typedef struct toy {
    uint64_t number;
} toy;

static void toy_drop(void *item)
{
    (void)item;
    storm.items_dropped++;
}

const struct plx_item_traits toy_traits = {NULL, toy_drop};

static void luggage_done(unsigned *used)
{
    storm.locals_done += *used;
}

PLX_TASK_LOCAL(luggage, unsigned, luggage_done)

/* Puts a waker there; whoever was there is notified, else nobody ever would. */
static void exchange_waker(plx_waker waker, uint32_t index)
{
    pthread_mutex_lock(&lock);
    plx_waker before = storm.waiting[index];
    storm.waiting[index] = waker;
    pthread_mutex_unlock(&lock);
    plx_waker_notify(before);
    plx_waker_drop(&before);
}

static void notify_one(uint32_t *source)
{
    exchange_waker((plx_waker){0}, stress_below(source, TABLE));
}

static void leave_waker(plx_context *cx, uint32_t *source)
{
    exchange_waker(plx_context_waker(cx), stress_below(source, TABLE));
}

static void leave_abort(struct plx_abort_handle handle, uint32_t *source)
{
    struct plx_abort_handle before = {
        atomic_exchange(&storm.aborts[stress_below(source, TABLE)], handle.task),
    };
    plx_abort_handle_drop(&before);
}

static void abort_one(uint32_t *source)
{
    struct plx_abort_handle victim = {atomic_exchange(&storm.aborts[stress_below(source, TABLE)], NULL)};
    plx_abort_handle_abort(&victim);
    plx_abort_handle_drop(&victim);
}

/* ── kids ─────────────────────────────────────────────────────────────────────────────────────────────── */

typedef struct kid {
    uint32_t source;
    uint16_t more;
    bool packed;
    _Atomic unsigned inside;
} kid;
typedef toy kid_item;

static kid kid_new(uint32_t *source)
{
    storm.made++;
    return (kid){.source = stress_below(source, UINT32_MAX) | 1, .more = (uint16_t)stress_below(source, 6)};
}

static void pack(bool *packed)
{
    if (*packed)
        return;
    *packed = true;
    *luggage() = 1;
    storm.locals++;
}

static enum plx_answer kid_end(kid *self, plx_context *cx, toy *out)
{
    switch (stress_below(&self->source, 16)) {
    case 0:
        storm.fatal++;
        return plx_fatal(cx, "a kid has had enough");
    case 1:
        return plx_fail(cx, -EIO);
    default:
        storm.items++;
        out->number = cx->task;
        return PLX_READY;
    }
}

static enum plx_answer kid_goes_on(kid *self, plx_context *cx, toy *out)
{
    if (self->more-- == 0)
        return kid_end(self, cx, out);
    switch (stress_below(&self->source, 4)) {
    case 0:
        plx_context_notify(cx);
        break;
    case 1:
        plx_context_yield(cx);
        break;
    case 2:
        pack(&self->packed);
        plx_context_notify(cx);
        break;
    default:
        leave_waker(cx, &self->source);
        break;
    }
    return PLX_NOT_READY;
}

static enum plx_answer kid_poll(kid *self, plx_context *cx, toy *out)
{
    if (atomic_fetch_add(&self->inside, 1))
        storm.clashes++;
    enum plx_answer answer = kid_goes_on(self, cx, out);
    atomic_fetch_sub(&self->inside, 1);
    return answer;
}

static void kid_drop(kid *self)
{
    if (self->packed && *luggage() != 1)
        storm.clashes++;
    storm.dropped++;
}

PLX_LEAF(kid)
PLX_HANDLE(kid_handle, kid)
PLX_JOIN_SET(kids, kid)

/* ── agents ───────────────────────────────────────────────────────────────────────────────────────────── */

typedef struct agent {
    uint32_t source;
    unsigned deeds;
    bool local;
    pthread_t home;
    kid_handle handles[SLOTS];
    kids set;
    _Atomic unsigned inside;
} agent;
typedef plx_unit agent_item;

static void spawn_kid(agent *self, kid_handle *handle)
{
    kid_handle_drop(handle);
    kid future = kid_new(&self->source);
    int error = self->local ? kid_handle_spawn_local(future, handle) : kid_handle_spawn(future, handle);
    if (!error && stress_below(&self->source, 2))
        leave_abort(kid_handle_abort_handle(handle), &self->source);
}

static void spawn_in_set(agent *self)
{
    struct plx_abort_handle abort;
    if (kids_spawn(&self->set, kid_new(&self->source), &abort) == 0)
        leave_abort(abort, &self->source);
}

static void ask(plx_context *cx, kid_handle *handle)
{
    toy item;
    if (handle->task && kid_handle_poll(handle, cx, &item) == PLX_READY)
        toy_drop(&item);
}

static void ask_set(agent *self, plx_context *cx)
{
    kids_next next = kids_next_new(&self->set);
    kids_next_item item;
    while (kids_next_poll(&next, cx, &item) == PLX_READY && !item.end)
        kids__item.drop(&item);
}

static void do_something(agent *self, plx_context *cx)
{
    kid_handle *handle = &self->handles[stress_below(&self->source, SLOTS)];
    switch (stress_below(&self->source, 14)) {
    case 0:
    case 1:
        spawn_kid(self, handle);
        break;
    case 2:
        kid_handle_abort(handle);
        break;
    case 3:
        kid_handle_drop(handle);
        break;
    case 4:
    case 5:
        ask(cx, handle);
        break;
    case 6:
    case 7:
        spawn_in_set(self);
        break;
    case 8:
        ask_set(self, cx);
        break;
    case 9:
        kids_abort_all(&self->set);
        break;
    case 10:
        kids_detach_all(&self->set);
        break;
    case 11:
        kids_drop(&self->set);
        break;
    case 12:
        notify_one(&self->source);
        break;
    default:
        abort_one(&self->source);
        break;
    }
}

static void go_on(agent *self, plx_context *cx)
{
    switch (stress_below(&self->source, 4)) {
    case 0:
        plx_context_yield(cx);
        break;
    case 1:
        leave_waker(cx, &self->source);
        break;
    default:
        plx_context_notify(cx);
        break;
    }
}

static enum plx_answer agent_poll(agent *self, plx_context *cx, plx_unit *out)
{
    *out = (plx_unit){0};
    if (atomic_fetch_add(&self->inside, 1))
        storm.clashes++;
    if (self->local && !pthread_equal(self->home, pthread_self()))
        storm.elsewhere++;
    bool done = self->deeds == 0;
    for (uint32_t i = stress_below(&self->source, 4); !done && i < 4; i++)
        do_something(self, cx);
    if (!done) {
        self->deeds--;
        go_on(self, cx);
    }
    atomic_fetch_sub(&self->inside, 1);
    return done ? PLX_READY : PLX_NOT_READY;
}

static void agent_drop(agent *self)
{
    for (int i = 0; i < SLOTS; i++)
        kid_handle_drop(&self->handles[i]);
    kids_drop(&self->set);
    storm.dropped++;
}

PLX_LEAF(agent)
PLX_HANDLE(agent_handle, agent)

static agent agent_new(uint32_t number, bool local)
{
    storm.made++;
    return (agent){.source = stress_source(number), .deeds = DEEDS, .local = local, .home = pthread_self()};
}

/* ── a round ──────────────────────────────────────────────────────────────────────────────────────────── */

static void hear(void *arg, uint64_t task, const char *why)
{
    (void)arg;
    (void)task;
    (void)why;
    storm.heard++;
}

/* Notifies all, again and again: so nobody waits for ever. */
static void *outsider(void *arg)
{
    uint32_t source = stress_source(1000);
    (void)arg;
    while (!atomic_load(&storm.over)) {
        notify_one(&source);
        if (stress_below(&source, 64) == 0)
            abort_one(&source);
        if (stress_below(&source, 16) == 0)
            sched_yield();
    }
    return NULL;
}

static void *run_local(void *arg)
{
    struct plx_runtime *runtime = arg;
    plx_local_set set;
    if (plx_local_set_new(&set))
        abort();
    for (uint32_t i = 0; i < LOCAL_AGENTS; i++)
        if (PLX_SPAWN_LOCAL_ON(&set, agent, agent_new(100 + i, true)))
            abort();
    if (plx_local_set_run(&set, runtime))
        abort();
    plx_local_set_drop(&set);
    return NULL;
}

/* Half of the agents can be aborted by anybody, with all that they own. */
static void spawn_agents(struct plx_runtime *runtime)
{
    uint32_t source = stress_source(2000);
    for (uint32_t i = 0; i < AGENTS; i++) {
        agent_handle handle;
        if (agent_handle_spawn_on(runtime, agent_new(i, false), &handle))
            abort();
        if (i % 2)
            leave_abort(agent_handle_abort_handle(&handle), &source);
        agent_handle_drop(&handle);
    }
}

static void clear_tables(void)
{
    for (int i = 0; i < TABLE; i++) {
        exchange_waker((plx_waker){0}, (uint32_t)i);
        struct plx_abort_handle handle = {atomic_exchange(&storm.aborts[i], NULL)};
        plx_abort_handle_drop(&handle);
    }
}

/* A runtime that is freed in the middle leaves wakers behind, which the debug build reports, and rightly. */
static void round_of(uint32_t workers, bool in_the_middle)
{
    struct plx_runtime_hooks hooks = {.task_fatal = hear};
    struct plx_runtime *runtime = runtime_of(
        (struct plx_runtime_options){.workers = workers, .hooks = hooks});
    pthread_t threads[2];
    memset(&storm, 0, sizeof storm);
    stress_thread(&threads[0], outsider, NULL);
    stress_thread(&threads[1], run_local, runtime);
    spawn_agents(runtime);
    pthread_join(threads[1], NULL);
    if (in_the_middle)
        plx_runtime_free(runtime);
    else
        plx_runtime_wait_idle(runtime);
    atomic_store(&storm.over, true);
    pthread_join(threads[0], NULL);
    clear_tables();
    if (!in_the_middle)
        plx_runtime_free(runtime);

    assert_int_equal(storm.dropped, storm.made);
    assert_int_equal(storm.items_dropped, storm.items);
    assert_int_equal(storm.heard, storm.fatal);
    assert_int_equal(storm.locals_done, storm.locals);
    assert_int_equal(storm.clashes, 0);
    assert_int_equal(storm.elsewhere, 0);
}

/* conformance 132, 133, 134, 349, 359 */
static void test_tasks(void **state)
{
    (void)state;
    stress_begin();
    while (stress_goes_on())
        round_of(1 + stress.rounds % 4, !PLX_DEBUG && stress.rounds % 8 == 0);
    stress_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tasks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
