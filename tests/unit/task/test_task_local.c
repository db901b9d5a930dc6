/* SPDX-License-Identifier: MIT
 *
 * Task-locals: each task has its own, zero at first, gone with the task.
 */
#include "tests/support/leaf.h"
#include "tests/support/futures.h"

#include <errno.h>

struct basket {
    uint64_t owner;
    int eggs;
};

static _Atomic int baskets_done, eggs_done;

static void basket_done(struct basket *basket)
{
    baskets_done++;
    eggs_done += basket->eggs;
}

PLX_TASK_LOCAL(basket_of_task, struct basket, basket_done)
PLX_TASK_LOCAL(plain_counter, int, NULL)

static void begin(void)
{
    baskets_done = eggs_done = 0;
}

/* Lays an egg at each poll, and yields in between; finds its own basket again each time, on whatever
 * thread. */
typedef struct hen {
    int more;
    struct basket *mine;
    _Atomic int *strangers;
} hen;
typedef int hen_item;

static enum plx_answer hen_poll(hen *self, plx_context *cx, int *out)
{
    struct basket *basket = basket_of_task();
    if (basket->owner == 0)
        basket->owner = cx->task;
    if (basket->owner != cx->task || (self->mine && self->mine != basket))
        ++*self->strangers;
    self->mine = basket;
    basket->eggs++;
    ++*plain_counter();
    *out = *plain_counter();
    if (self->more-- == 0)
        return PLX_READY;
    plx_context_notify(cx);
    return PLX_NOT_READY;
}

/* The future's drop still finds them. */
static void hen_drop(hen *self)
{
    if (self->mine && basket_of_task() != self->mine)
        ++*self->strangers;
}

PLX_LEAF(hen)
PLX_HANDLE(hen_handle, hen)

static void test_each_has_its_own(void **state)
{
    enum { HENS = 200 };
    static hen_handle handles[HENS];
    _Atomic int strangers = 0;
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    (void)state;

    begin();
    for (int i = 0; i < HENS; i++)
        assert_int_equal(hen_handle_spawn_on(runtime, ((hen){i % 7, NULL, &strangers}), &handles[i]), 0);
    int eggs = 0;
    for (int i = 0; i < HENS; i++) {
        int item;
        assert_int_equal(hen_handle_wait(&handles[i], &item), 0);
        assert_int_equal(item, i % 7 + 1);
        eggs += item;
    }
    assert_int_equal(strangers, 0);
    assert_int_equal(baskets_done, HENS); /* before the handle is ready */
    assert_int_equal(eggs_done, eggs);
    plx_runtime_free(runtime);
}

/* Outside of tasks there is none; in a poll by hand inside of a task it is the task's. */
static int lay_by_hand(void *arg)
{
    struct hand hand = HAND;
    (void)arg;
    struct basket *mine = basket_of_task();
    hand_enter(&hand);
    struct basket *same = basket_of_task();
    hand_leave(&hand);
    return mine && mine == same && mine->eggs == 0 ? 0 : -EINVAL;
}

static void test_outside(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
    struct hand hand = HAND;
    uint64_t item;
    (void)state;

    assert_null(basket_of_task());
    hand_enter(&hand);
    assert_null(basket_of_task());
    hand_leave(&hand);
    assert_int_equal(PLX_BLOCK_ON(runtime, call, call_new(lay_by_hand, NULL), &item), 0);
    plx_runtime_free(runtime);
}

/* However the task ends: cancelled, fatal, dropped by its runtime before the first poll, in a local set. */
static int lay_and_die(void *arg)
{
    (void)arg;
    basket_of_task()->eggs = 100;
    return plx_task_fatal("the fox");
}

static void ignore_fatal(void *arg, uint64_t task, const char *why)
{
    (void)arg;
    (void)task;
    (void)why;
}

static void test_every_end(void **state)
{
    struct plx_runtime_hooks hooks = {.task_fatal = ignore_fatal};
    struct plx_runtime *runtime = runtime_of(
        (struct plx_runtime_options){.kind = PLX_CURRENT_THREAD, .hooks = hooks});
    _Atomic int strangers = 0;
    plx_local_set set;
    uint64_t item;
    (void)state;

    begin();
    assert_int_equal(PLX_BLOCK_ON(runtime, call, call_new(lay_and_die, NULL), &item), PLX_TASK_FATAL);
    assert_int_equal(baskets_done, 1);
    assert_int_equal(eggs_done, 100);

    hen_handle handle;
    assert_int_equal(hen_handle_spawn_on(runtime, ((hen){1 << 30, NULL, &strangers}), &handle), 0);
    while (plx_runtime_turn(runtime, 0) == 0)
        ;
    hen_handle_abort(&handle);
    while (plx_runtime_turn(runtime, 0) > 0)
        ;
    assert_int_equal(baskets_done, 2);
    hen_handle_drop(&handle);

    assert_int_equal(plx_local_set_new(&set), 0);
    assert_int_equal(PLX_SPAWN_LOCAL_ON(&set, hen, ((hen){0, NULL, &strangers})), 0);
    assert_int_equal(plx_local_set_run(&set, NULL), 0);
    assert_int_equal(baskets_done, 3);
    plx_local_set_drop(&set);

    assert_int_equal(PLX_SPAWN_ON(runtime, hen, ((hen){0, NULL, &strangers})), 0);
    plx_runtime_free(runtime);
    assert_int_equal(baskets_done, 3); /* never used, never made */
    assert_int_equal(strangers, 0);
}

/* A destructor that uses another local, ended already or not yet: that is ended as well. */
static int ends[2];

static void first_done(int *value);
static void second_done(int *value);
PLX_TASK_LOCAL(first_local, int, first_done)
PLX_TASK_LOCAL(second_local, int, second_done)

static void first_done(int *value)
{
    ends[0] += *value;
}

static void second_done(int *value)
{
    ends[1] += *value;
    *first_local() += 10;
}

static int use(void *arg)
{
    int order = *(int *)arg;
    *(order ? first_local() : second_local()) = 1;
    *(order ? second_local() : first_local()) = 2;
    return 0;
}

static void test_destructors_use_locals(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
    uint64_t item;
    (void)state;
    for (int order = 0; order < 2; order++) {
        memset(ends, 0, sizeof ends);
        assert_int_equal(PLX_BLOCK_ON(runtime, call, call_new(use, &order), &item), 0);
        assert_int_equal(ends[0], (order ? 1 : 2) + 10);
        assert_int_equal(ends[1], order ? 2 : 1);
    }
    plx_runtime_free(runtime);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_has_its_own),
        cmocka_unit_test(test_outside),
        cmocka_unit_test(test_every_end),
        cmocka_unit_test(test_destructors_use_locals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
