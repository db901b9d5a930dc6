/* SPDX-License-Identifier: MIT
 *
 * Task-fatal errors: the task ends alone, whatever the futures in it make of the error.
 */
#include "tests/support/leaf.h"
#include "tests/support/futures.h"

#include <errno.h>

/* ── a leaf that is fatal, in one of several ways ─────────────────────────────────────────────────────── */

enum manner { FAILS, READY_ALL_THE_SAME, NOT_READY_ALL_THE_SAME, IN_DROP, MANNERS };

struct bomb_plan {
    enum manner manner;
    int polls, drops, calls, line;
};

typedef struct bomb {
    struct bomb_plan *plan;
} bomb;
typedef int bomb_item;

static enum plx_answer bomb_poll(bomb *self, plx_context *cx, int *out)
{
    struct bomb_plan *plan = self->plan;
    plan->polls++;
    *out = 1;
    if (plan->manner == IN_DROP)
        return PLX_READY;
    plan->line = __LINE__ + 1;
    enum plx_answer failed = plx_fatal(cx, "it went off");
    assert_int_equal(failed, PLX_FAILED);
    assert_true(plx_is_fatal(cx));
    assert_int_equal(cx->error.code, PLX_TASK_FATAL);
    return plan->manner == FAILS ? failed : plan->manner == READY_ALL_THE_SAME ? PLX_READY : PLX_NOT_READY;
}

static void bomb_drop(bomb *self)
{
    struct bomb_plan *plan = self->plan;
    plan->drops++;
    if (plan->manner == IN_DROP) {
        plan->line = __LINE__ + 1;
        assert_int_equal(plx_task_fatal("it went off late"), PLX_TASK_FATAL);
    }
}

PLX_LEAF(bomb)
PLX_HANDLE(bomb_handle, bomb)

static bomb make_bomb(struct bomb_plan *plan)
{
    return (bomb){plan};
}

PLX_START(armed, struct bomb_plan, bomb, make_bomb)

/* ── a runtime that counts ────────────────────────────────────────────────────────────────────────────── */

struct heard {
    _Atomic int times;
    _Atomic uint64_t task;
    char why[32];
};

static void hear(void *arg, uint64_t task, const char *why)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* several workers may call at once */
    struct heard *heard = arg;
    pthread_mutex_lock(&lock);
    heard->times++;
    heard->task = task;
    snprintf(heard->why, sizeof heard->why, "%s", why);
    pthread_mutex_unlock(&lock);
}

static struct plx_runtime *one_thread(struct heard *heard)
{
    struct plx_runtime_hooks hooks = {.arg = heard, .task_fatal = heard ? hear : NULL};
    return runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD, .hooks = hooks});
}

/* The handle fails with the place of the error; the hook hears of it once; and the runtime goes on.
 * conformance 135, 136, 305 */
static void test_every_manner(void **state)
{
    struct heard heard = {.times = 0};
    struct plx_runtime *runtime = one_thread(&heard);
    (void)state;
    for (int i = 0; i < MANNERS; i++) {
        struct bomb_plan plan = {.manner = i};
        struct hand hand = HAND;
        bomb_handle handle;
        int item;
        assert_int_equal(bomb_handle_spawn_on(runtime, make_bomb(&plan), &handle), 0);
        uint64_t task = bomb_handle_task(&handle);
        plx_runtime_wait_idle(runtime);
        assert_int_equal(POLL(bomb_handle, &handle, &hand, &item), PLX_FAILED);
        assert_failed_at(&hand, PLX_TASK_FATAL, plan.line);
        assert_int_equal(plan.polls, 1);
        assert_int_equal(plan.drops, 1);
        assert_int_equal(heard.times, i + 1);
        assert_int_equal(heard.task, task);
        assert_string_equal(heard.why, i == IN_DROP ? "it went off late" : "it went off");

        plx_unit nothing;
        assert_int_equal(PLX_BLOCK_ON(runtime, plx_yield, plx_yield_new(), &nothing), 0);
    }
    plx_runtime_free(runtime);
}

/* Without a hook it is said on standard error, with the place; outside of a task there is nothing to end. */
static void test_who_is_told(void **state)
{
    struct plx_runtime *runtime = one_thread(NULL);
    struct bomb_plan plan = {.manner = FAILS};
    char expected[128];
    int item;
    (void)state;

    capture_stderr();
    assert_int_equal(PLX_BLOCK_ON(runtime, bomb, make_bomb(&plan), &item), PLX_TASK_FATAL);
    assert_int_equal(plx_task_fatal("nobody polls"), PLX_TASK_FATAL);
    const char *said = captured_stderr();
    snprintf(expected, sizeof expected, "it went off (%s:%d)", __FILE__, plan.line);
    assert_int_equal(count_of(said, expected), 1);
    assert_int_equal(count_of(said, "fatal error in task 0: nobody polls"), 1);
    assert_int_equal(count_of(said, "fatal error in task "), 2);
    plx_runtime_free(runtime);
}

/* ── nobody in the task sees it ───────────────────────────────────────────────────────────────────────── */

static bomb rescue(struct bomb_plan *plan, struct plx_error error)
{
    (void)error;
    plan->calls++;
    return make_bomb(plan);
}

static int forgive(struct bomb_plan *plan, struct plx_error error)
{
    plan->calls++;
    return error.code;
}

static plx_ok go_on(struct bomb_plan *plan, int item)
{
    (void)item;
    plan->calls++;
    return plx_ok_new();
}

struct concluded_result;
static bomb conclude(struct bomb_plan *plan, struct concluded_result result);

/* clang-format off */
PLX_OR_ELSE (rescued,   armed, bomb, rescue)
PLX_MAP_ERR (forgiven,  armed, forgive)
PLX_AND_THEN(continued, armed, plx_ok, go_on)
PLX_THEN    (concluded, armed, bomb, conclude)
PLX_JOIN    (both,      rescued, forgiven)
PLX_SELECT  (either,    forgiven, rescued)
PLX_BOXED   (boxed,     int)
/* clang-format on */

static bomb conclude(struct bomb_plan *plan, struct concluded_result result)
{
    (void)result;
    plan->calls++;
    return make_bomb(plan);
}

#define CATCHER_AWAITS(AWAIT)                                                                                \
    AWAIT(tried, bomb)                                                                                       \
    AWAIT(again, bomb)

struct catcher_vars {
    struct bomb_plan *plan;
};

PLX_ASYNC(catcher, struct catcher_vars, int, CATCHER_AWAITS, plx_no_cleanup)
{
    enum plx_answer caught;
    int item;
    PLX_BEGIN;
    PLX_AWAIT_CATCH(caught, item, tried, make_bomb(my->plan));
    my->plan->calls += caught == PLX_FAILED;
    PLX_AWAIT(item, again, make_bomb(my->plan));
    PLX_RETURN(item);
    PLX_END;
}

#define expect_unseen(T, made, expected_drops)                                                               \
    do {                                                                                                     \
        T##_item nobody;                                                                                     \
        plan = (struct bomb_plan){.manner = FAILS};                                                          \
        T future = (made);                                                                                   \
        int times = heard.times;                                                                             \
        assert_int_equal(PLX_BLOCK_ON(runtime, T, future, &nobody), PLX_TASK_FATAL);                         \
        assert_int_equal(plan.calls, 0);                                                                     \
        assert_int_equal(plan.polls, 1);                                                                     \
        assert_int_equal(plan.drops, expected_drops);                                                        \
        assert_int_equal(heard.times, times + 1);                                                            \
    } while (0)

/* Of the functions and of the second parts none is asked; each part is dropped once. */
static void test_nobody_sees_it(void **state)
{
    struct heard heard = {.times = 0};
    struct plx_runtime *runtime = one_thread(&heard);
    struct bomb_plan plan;
    (void)state;

    expect_unseen(rescued, rescued_new(&plan), 1);
    expect_unseen(forgiven, forgiven_new(&plan), 1);
    expect_unseen(continued, continued_new(&plan), 1);
    expect_unseen(concluded, concluded_new(&plan), 1);
    expect_unseen(both, both_new(&plan), 2);
    expect_unseen(either, either_new(&plan), 2);
    expect_unseen(catcher, catcher_new((struct catcher_vars){&plan}), 1);
    expect_unseen(boxed, PLX_BOX(boxed, rescued, rescued_new(&plan)), 1);
    plx_runtime_free(runtime);
}

/* A function that must return something, far from any T_poll; and one in an async function. */
static leaf explode(struct probe *p)
{
    plx_task_fatal("the table has no such row");
    return leaf_of(p);
}

PLX_START(exploding, struct probe, leaf, explode)
PLX_OWNING(exploding_later, exploding, plx_no_cleanup)

#define NO_AWAITS(AWAIT) AWAIT(never, plx_yield)

PLX_ASYNC(gives_up, struct catcher_vars, int, NO_AWAITS, plx_no_cleanup)
{
    PLX_BEGIN;
    my->plan->line = __LINE__ + 1;
    PLX_FATAL("given up");
    PLX_AWAIT(PLX_NOTHING, never, plx_yield_new());
    PLX_RETURN(0);
    PLX_END;
}

static void test_from_anywhere(void **state)
{
    struct heard heard = {.times = 0};
    struct plx_runtime *runtime = one_thread(&heard);
    struct bomb_plan plan = {.line = 0};
    token nobody;
    int item;
    (void)state;

    assert_int_equal(
        PLX_BLOCK_ON(runtime, exploding_later, exploding_later_new((struct probe){.value = 1}), &nobody),
        PLX_TASK_FATAL);
    assert_string_equal(heard.why, "the table has no such row");
    assert_int_equal(PLX_BLOCK_ON(runtime, gives_up, gives_up_new((struct catcher_vars){&plan}), &item),
                     PLX_TASK_FATAL);
    assert_string_equal(heard.why, "given up");
    assert_int_equal(heard.times, 2);
    plx_runtime_free(runtime);
}

/* ── the workers go on ────────────────────────────────────────────────────────────────────────────────── */

enum { MANY = 300 };

/* Every third of many tasks is fatal: the others end as ever, and the pool becomes idle. conformance 135,
 * 136 */
static void test_workers_go_on(void **state)
{
    static struct bomb_plan plans[MANY / 3];
    struct heard heard = {.times = 0};
    struct tally_counts counts = {.polls = 0};
    struct plx_runtime_hooks hooks = {.arg = &heard, .task_fatal = hear};
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2, .hooks = hooks});
    (void)state;

    for (int i = 0; i < MANY; i++) {
        if (i % 3 == 0)
            assert_int_equal(PLX_SPAWN_ON(runtime, bomb, make_bomb(&plans[i / 3])), 0);
        else
            assert_int_equal(PLX_SPAWN_ON(runtime, tally, tally_new(&counts, 3)), 0);
    }
    assert_int_equal(plx_runtime_wait_idle(runtime), 0);
    assert_int_equal(heard.times, MANY / 3);
    assert_int_equal(atomic_load(&counts.ends), MANY - MANY / 3);
    for (int i = 0; i < MANY / 3; i++)
        assert_int_equal(plans[i].drops, 1);
    plx_runtime_free(runtime);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_manner),   cmocka_unit_test(test_who_is_told),
        cmocka_unit_test(test_nobody_sees_it), cmocka_unit_test(test_from_anywhere),
        cmocka_unit_test(test_workers_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
