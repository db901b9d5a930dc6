/* SPDX-License-Identifier: MIT
 *
 * The global queue: order, batches, closing, and several threads at once.
 */
#include "lib/scheduler/global_queue.h"
#include "tests/support/futures.h"

enum { TASKS = 10 };

/* A task ends in its future, of whatever size; these have none, and so can stand in a row. */
static struct plx_task *task_at(void *tasks, int i)
{
    return (struct plx_task *)((char *)tasks + (size_t)i * sizeof(struct plx_task));
}

static _Alignas(struct plx_task) char tasks[TASKS * sizeof(struct plx_task)];

static int new_queue(void **state)
{
    static struct plx_global_queue queue;
    *state = &queue;
    return plx_global_queue_init(&queue);
}

static int done_queue(void **state)
{
    plx_global_queue_done(*state);
    return 0;
}

static void push(struct plx_global_queue *queue, int number)
{
    struct plx_task *task = task_at(tasks, number);
    assert_true(plx_global_queue_push(queue, &task, 1));
}

static void first_in_first_out(void **state)
{
    struct plx_global_queue *queue = *state;
    struct plx_task *all[TASKS], *some[TASKS];
    for (int i = 0; i < TASKS; i++)
        all[i] = task_at(tasks, i);
    push(queue, 0);
    assert_true(plx_global_queue_push(queue, all + 1, TASKS - 1));
    assert_int_equal(plx_global_queue_length(queue), TASKS);

    assert_int_equal(plx_global_queue_pop(queue, some, 3), 3);
    assert_int_equal(plx_global_queue_length(queue), TASKS - 3);
    assert_int_equal(plx_global_queue_pop(queue, some + 3, TASKS), TASKS - 3);
    for (int i = 0; i < TASKS; i++)
        assert_ptr_equal(some[i], task_at(tasks, i));
    assert_int_equal(plx_global_queue_pop(queue, some, 1), 0);

    push(queue, 4); /* after it was empty, too */
    assert_int_equal(plx_global_queue_pop(queue, some, 1), 1);
    assert_ptr_equal(some[0], task_at(tasks, 4));
}

static void closed_it_takes_none_but_gives(void **state)
{
    struct plx_global_queue *queue = *state;
    struct plx_task *task = task_at(tasks, 1);
    push(queue, 0);
    plx_global_queue_close(queue);
    assert_false(plx_global_queue_push(queue, &task, 1));
    assert_int_equal(plx_global_queue_length(queue), 1);
    assert_int_equal(plx_global_queue_pop(queue, &task, 1), 1);
    assert_ptr_equal(task, task_at(tasks, 0));
}

enum { EACH = 20000, PUSHERS = 2 };

struct pusher {
    struct plx_global_queue *queue;
    void *tasks;
};

static void *push_each(void *arg)
{
    struct pusher *pusher = arg;
    for (int i = 0; i < EACH; i++) {
        struct plx_task *task = task_at(pusher->tasks, i);
        plx_global_queue_push(pusher->queue, &task, 1);
    }
    return NULL;
}

/* Each pusher's tasks come out in its order. */
static void from_several_threads(void **state)
{
    struct pusher pushers[PUSHERS];
    pthread_t threads[PUSHERS];
    int next[PUSHERS] = {0};
    for (int i = 0; i < PUSHERS; i++) {
        pushers[i] = (struct pusher){*state, calloc(EACH, sizeof(struct plx_task))};
        assert_non_null(pushers[i].tasks);
        assert_int_equal(pthread_create(&threads[i], NULL, push_each, &pushers[i]), 0);
    }
    for (int taken = 0; taken < EACH * PUSHERS;) {
        struct plx_task *some[7];
        size_t count = plx_global_queue_pop(*state, some, 7);
        for (size_t i = 0; i < count; i++) {
            int from = some[i] != task_at(pushers[0].tasks, next[0]);
            assert_ptr_equal(some[i], task_at(pushers[from].tasks, next[from]));
            next[from]++;
        }
        taken += (int)count;
    }
    for (int i = 0; i < PUSHERS; i++) {
        pthread_join(threads[i], NULL);
        free(pushers[i].tasks);
    }
    assert_int_equal(plx_global_queue_length(*state), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(first_in_first_out, new_queue, done_queue),
        cmocka_unit_test_setup_teardown(closed_it_takes_none_but_gives, new_queue, done_queue),
        cmocka_unit_test_setup_teardown(from_several_threads, new_queue, done_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
