/* SPDX-License-Identifier: MIT
 *
 * Local sets and other threads: woken from any, polled on one.
 */
#include "tests/unit/task/local.h"

/* ── from other threads ───────────────────────────────────────────────────────────────────────────────── */

enum { REMOTES = 4, WAKES = 500 };

struct remote {
    struct plx_waker_cell cells[REMOTES];
    atomic_bool stop;
};

static void *wake_them(void *arg)
{
    struct remote *remote = arg;
    while (!atomic_load(&remote->stop))
        for (int i = 0; i < REMOTES; i++) {
            plx_waker waker = plx_waker_cell_take(&remote->cells[i]);
            plx_waker_notify(waker);
            plx_waker_drop(&waker);
        }
    return NULL;
}

/* Woken a thousand times from another thread, while this one sleeps or polls: all is polled and dropped here.
 * conformance 359 */
static void test_remote_wakes(void **state)
{
    (void)state;
    for (int with_runtime = 0; with_runtime < 3; with_runtime++) {
        struct places places = {.thread = pthread_self()};
        struct remote remote = {.stop = false};
        struct plx_runtime_options options = {
            .kind = with_runtime == 1 ? PLX_CURRENT_THREAD : PLX_THREAD_POOL,
            .workers = 1,
        };
        struct plx_runtime *runtime = with_runtime ? runtime_of(options) : NULL;
        plx_local_set set = new_set();
        pthread_t thread;
        for (int i = 0; i < REMOTES; i++)
            assert_int_equal(
                PLX_SPAWN_LOCAL_ON(&set, homebody, ((homebody){&places, WAKES, &remote.cells[i]})), 0);
        assert_int_equal(pthread_create(&thread, NULL, wake_them, &remote), 0);
        assert_int_equal(plx_local_set_run(&set, runtime), 0);
        atomic_store(&remote.stop, true);
        pthread_join(thread, NULL);
        assert_int_equal(places.polls, REMOTES * (WAKES + 1));
        assert_int_equal(places.drops, REMOTES);
        assert_int_equal(places.elsewhere, 0);
        plx_local_set_drop(&set);
        plx_runtime_free(runtime);
    }
}

/* Who polls the set is notified on another thread, and there wakes, and lets go of, the set's other task:
 * nothing is locked meanwhile. conformance 22 */
struct reentrant {
    plx_waker other;
    atomic_int notified, held;
};

static void reentrant_notify(const struct plx_notify *self, uintptr_t id, struct plx_cause by)
{
    struct reentrant *reentrant = (struct reentrant *)id;
    plx_waker other = PLX_MOVE(reentrant->other);
    (void)self;
    (void)by;
    reentrant->notified++;
    plx_waker_notify(other);
    plx_waker_drop(&other);
}

static uintptr_t reentrant_clone(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    ((struct reentrant *)id)->held++;
    return id;
}

static void reentrant_drop(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    ((struct reentrant *)id)->held--;
}

static void *notify_the_probe(void *probe)
{
    probe_notify(probe);
    return NULL;
}

static void test_nothing_is_locked(void **state)
{
    static const struct plx_notify notify = {reentrant_notify, reentrant_clone, reentrant_drop};
    struct reentrant reentrant = {.notified = 0};
    struct probe p[2] = {{.waits = 1}, {.waits = 1}};
    plx_context cx = {.waker = {&notify, (uintptr_t)&reentrant}};
    plx_local_set set = new_set();
    plx_unit nothing;
    pthread_t thread;
    (void)state;

    for (int i = 0; i < 2; i++)
        assert_int_equal(PLX_SPAWN_LOCAL_ON(&set, leaf, leaf_of(&p[i])), 0);
    assert_int_equal(plx_local_set_poll(&set, &cx, &nothing), PLX_NOT_READY);
    assert_int_equal(reentrant.held, 1);
    reentrant.other = PLX_MOVE(p[1].waker);
    assert_int_equal(pthread_create(&thread, NULL, notify_the_probe, &p[0]), 0);
    pthread_join(thread, NULL);
    assert_int_equal(reentrant.notified, 1);
    assert_int_equal(plx_local_set_poll(&set, &cx, &nothing), PLX_READY);
    assert_int_equal(p[0].drops + p[1].drops, 2);
    plx_local_set_drop(&set);
    assert_int_equal(reentrant.held, 0);
}

/* A pool's tasks do work for a set, and the set's for the pool: each stays where it belongs. */
static int on_the_pool(void *arg)
{
    return pthread_equal(((struct places *)arg)->thread, pthread_self()) ? -EINVAL : 7;
}

PLX_HANDLE(call_handle, call)

#define CLERK_AWAITS(AWAIT) AWAIT(answer, call_handle)

struct clerk_vars {
    struct places *places;
    call_handle handle;
    uint64_t got;
};

PLX_ASYNC(clerk, struct clerk_vars, int, CLERK_AWAITS, plx_no_cleanup)
{
    int error;
    PLX_BEGIN;
    note_place(my->places);
    error = call_handle_spawn(call_new(on_the_pool, my->places), &my->handle);
    if (error)
        PLX_FAIL(error);
    PLX_AWAIT(my->got, answer, PLX_MOVE(my->handle));
    note_place(my->places);
    PLX_RETURN((int)my->got);
    PLX_END;
}
PLX_HANDLE(clerk_handle, clerk)

static void test_beside_a_pool(void **state)
{
    struct places places = {.thread = pthread_self()};
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    plx_local_set set = new_set();
    clerk_handle handles[20];
    (void)state;

    for (int i = 0; i < 20; i++) {
        clerk future = clerk_new((struct clerk_vars){.places = &places});
        assert_int_equal(clerk_handle_spawn_local_on(&set, future, &handles[i]), 0);
    }
    assert_int_equal(plx_local_set_run(&set, runtime), 0);
    for (int i = 0; i < 20; i++) {
        int item;
        assert_int_equal(clerk_handle_wait(&handles[i], &item), 0);
        assert_int_equal(item, 7);
    }
    assert_int_equal(places.elsewhere, 0);
    plx_local_set_drop(&set);
    plx_runtime_free(runtime);
}

/* ── where it may not be ──────────────────────────────────────────────────────────────────────────────── */

static void *run_elsewhere(void *arg)
{
    plx_local_set *set = arg;
    struct probe p = {.value = 1};
    assert_int_equal(plx_local_set_run(set, NULL), -EXDEV);
    assert_int_equal(PLX_SPAWN_LOCAL_ON(set, leaf, leaf_of(&p)), -EXDEV);
    assert_int_equal(p.drops, 1);
    return NULL;
}

static int run_in_a_task(void *arg)
{
    return plx_local_set_run(arg, NULL);
}

/* A task of a pool, a second thread, a task that would wait: refused, and the first two reported. */
static void test_refused(void **state)
{
    struct plx_runtime *pool = runtime_of((struct plx_runtime_options){.workers = 1});
    struct plx_runtime *runtime = one_thread();
    struct probe p = {.waits = FOREVER};
    plx_local_set set = new_set();
    unsigned before = plx_contract_count(PLX_LOCAL_ELSEWHERE);
    struct gate gate = {.open = true};
    pthread_t thread;
    uint64_t item;
    (void)state;

    capture_stderr();
    assert_int_equal(PLX_SPAWN_LOCAL_ON(&set, leaf, leaf_of(&p)), 0);
    assert_int_equal(PLX_BLOCK_ON(pool, driver, driver_new(&set, &gate), &item), -EXDEV);
    assert_int_equal(p.polls, 0);
    assert_int_equal(PLX_BLOCK_ON(runtime, driver, driver_new(&set, &gate), &item), 0);
    assert_int_equal(pthread_create(&thread, NULL, run_elsewhere, &set), 0);
    pthread_join(thread, NULL);
    assert_int_equal(PLX_BLOCK_ON(runtime, call, call_new(run_in_a_task, &set), &item), -EDEADLK);
    captured_stderr();
    assert_int_equal(plx_contract_count(PLX_LOCAL_ELSEWHERE), before + 2);
    plx_local_set_drop(&set);
    assert_int_equal(p.drops, 1);
    plx_runtime_free(runtime);
    plx_runtime_free(pool);
}

/* A local task that blocked would stop its neighbours: it is told so, and spawns a job instead. */
static int sit(struct places *places, int *item)
{
    *item = pthread_equal(places->thread, pthread_self());
    return 0;
}

PLX_BLOCKING(sitting, struct places, int, sit)
PLX_HANDLE(sitting_handle, sitting)

#define SITTER_AWAITS(AWAIT)                                                                                 \
    AWAIT(here, sitting)                                                                                     \
    AWAIT(there, sitting_handle)

struct sitter_vars {
    struct places *places;
    sitting_handle handle;
    int item;
};

PLX_ASYNC(sitter, struct sitter_vars, int, SITTER_AWAITS, plx_no_cleanup)
{
    enum plx_answer caught;
    int error;
    PLX_BEGIN;
    PLX_AWAIT_CATCH(caught, my->item, here, sitting_new(my->places));
    if (caught == PLX_READY || cx->error.code != -ENOTSUP)
        PLX_FAIL(-EINVAL);
    error = PLX_SPAWN_BLOCKING(sitting, sitting_new(my->places), &my->handle);
    if (error)
        PLX_FAIL(error);
    PLX_AWAIT(my->item, there, PLX_MOVE(my->handle));
    PLX_RETURN(my->item);
    PLX_END;
}
PLX_HANDLE(sitter_handle, sitter)

/* conformance 359 (nested block_in_place rules) */
static void test_blocking(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct places places = {.thread = pthread_self()};
        struct plx_runtime_options options = {.kind = kind ? PLX_CURRENT_THREAD : PLX_THREAD_POOL,
                                              .workers = 1};
        struct plx_runtime *runtime = runtime_of(options);
        plx_local_set set = new_set();
        sitter_handle handle;
        int item = -1;
        sitter future = sitter_new((struct sitter_vars){.places = &places});
        assert_int_equal(sitter_handle_spawn_local_on(&set, future, &handle), 0);
        assert_int_equal(plx_local_set_run(&set, runtime), 0);
        assert_int_equal(sitter_handle_wait(&handle, &item), 0);
        assert_int_equal(item, 0);
        plx_local_set_drop(&set);
        plx_runtime_free(runtime);
    }
}

enum { SHUTDOWNS = 3000 };

/* The set goes while another thread wakes its tasks: no wake reaches what is gone. conformance 359 (wake
 * during shutdown) */
static void test_wakes_during_the_drop(void **state)
{
    struct places places = {.thread = pthread_self()};
    struct remote remote = {.stop = false};
    pthread_t thread;
    (void)state;

    assert_int_equal(pthread_create(&thread, NULL, wake_them, &remote), 0);
    const unsigned rounds = scaled(SHUTDOWNS);
    for (unsigned round = 0; round < rounds; round++) {
        struct plx_runtime *runtime = one_thread();
        plx_local_set set = new_set();
        for (int i = 0; i < REMOTES; i++)
            assert_int_equal(
                PLX_SPAWN_LOCAL_ON(&set, homebody, ((homebody){&places, UINT32_MAX, &remote.cells[i]})), 0);
        assert_int_equal(PLX_SPAWN_ON(runtime, plx_local_set, set), 0);
        for (unsigned i = 0; i < round % 4; i++)
            assert_in_range(plx_runtime_turn(runtime, 0), 0, 1);
        plx_runtime_free(runtime);
        assert_int_equal(places.drops, REMOTES * (round + 1));
    }
    atomic_store(&remote.stop, true);
    pthread_join(thread, NULL);
    for (int i = 0; i < REMOTES; i++) {
        plx_waker waker = plx_waker_cell_take(&remote.cells[i]);
        plx_waker_drop(&waker);
    }
    assert_int_equal(places.elsewhere, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_remote_wakes),  cmocka_unit_test(test_nothing_is_locked),
        cmocka_unit_test(test_beside_a_pool), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_blocking),      cmocka_unit_test(test_wakes_during_the_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
