/* SPDX-License-Identifier: MIT
 *
 * What the trace tells of a task's futures: polls go in and answers come out like brackets, every number is
 * one that the task's shape announces (or a graft), and no future is dropped twice.
 */
#include "tests/support/leaf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FUTURES = 64 };

/* What one task's futures were seen to do. */
struct seen {
    uint32_t stack[FUTURES], depth;
    int polls[FUTURES], drops[FUTURES];
    uint32_t parent[FUTURES];
    int grafts;
    uint32_t first; /* of the last graft */
};

static uint32_t number_of(const char *line, const char *field)
{
    char key[32];
    snprintf(key, sizeof key, "\"%s\":", field);
    const char *at = strstr(line, key);
    return at ? (uint32_t)strtoul(at + strlen(key), NULL, 10) : 0;
}

static bool is_event(const char *line, const char *name)
{
    char key[32];
    snprintf(key, sizeof key, "\"ev\":\"%s\"", name);
    return strstr(line, key) != NULL;
}

static void see(struct seen *seen, const char *line)
{
    uint32_t future = number_of(line, "future");
    assert_true(future < FUTURES);
    if (is_event(line, "poll")) {
        assert_int_equal(number_of(line, "parent"), seen->depth ? seen->stack[seen->depth - 1] : 0);
        seen->parent[future] = number_of(line, "parent");
        seen->polls[future]++;
        seen->stack[seen->depth++] = future;
    } else if (is_event(line, "not_ready") || is_event(line, "ready") || is_event(line, "failed")) {
        assert_true(seen->depth > 0);
        assert_int_equal(seen->stack[--seen->depth], future);
    } else if (is_event(line, "drop")) {
        seen->drops[future]++;
    } else if (is_event(line, "graft")) {
        seen->grafts++;
        seen->first = number_of(line, "first");
    }
}

/* The task is the first that is spawned in the trace. */
static struct seen read_trace(const char *path)
{
    static char line[4096];
    struct seen seen = {.depth = 0};
    uint32_t task = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        if (!task && is_event(line, "spawn"))
            task = number_of(line, "task");
        if (task && number_of(line, "task") == task && strstr(line, "\"future\""))
            see(&seen, line);
    }
    fclose(file);
    remove(path);
    assert_int_not_equal(task, 0);
    assert_int_equal(seen.depth, 0);
    return seen;
}

static int run(const struct plx_future_ops *ops, void *future, void *item, struct seen *seen)
{
    char path[] = "/tmp/pollux-traced-XXXXXX";
    struct plx_runtime *runtime;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);

    assert_int_equal(plx_trace_start(path), 0);
    assert_int_equal(plx_runtime_new(&(struct plx_runtime_options){.kind = PLX_CURRENT_THREAD}, &runtime), 0);
    int error = plx__block_on(runtime, ops, future, item, PLX_HERE);
    plx_runtime_free(runtime);
    plx_trace_stop();
    *seen = read_trace(path);
    return error;
}

/* ── the futures ──────────────────────────────────────────────────────────────────────────────────── */

struct env {
    int rounds;
};

PLX_VALUE(given, int)
PLX_BOXED(boxed, int)

static given start(struct env *e)
{
    return given_of(e->rounds);
}

static plx_yield pause_a_moment(struct env *e, int value)
{
    e->rounds = value;
    return plx_yield_new();
}

static given go_on(struct env *e, plx_unit nothing)
{
    (void)nothing;
    return given_of(e->rounds + 1);
}

/* 1 and_then: 2 and_then: 3 given, 4 yield; 5 given */
/* clang-format off */
PLX_START   (started, struct env, given,     start)
PLX_AND_THEN(paused,  started,    plx_yield, pause_a_moment)
PLX_AND_THEN(counted, paused,     given,     go_on)
/* clang-format on */

static void test_chain(void **state)
{
    static const uint32_t parents[] = {0, 0, 1, 2, 2, 1};
    static const int polls[] = {0, 2, 2, 1, 2, 1};
    struct env e = {.rounds = 41};
    struct seen seen;
    int item = 0;
    (void)state;

    if (!PLX_TRACE)
        skip();
    counted future = counted_new(&e);
    assert_int_equal(run(&counted_ops, &future, &item, &seen), 0);
    assert_int_equal(item, 42);
    for (uint32_t i = 1; i <= counted_nodes; i++) {
        assert_int_equal(seen.parent[i], parents[i]);
        assert_int_equal(seen.polls[i], polls[i]);
        assert_int_equal(seen.drops[i], 1);
    }
    assert_int_equal(seen.polls[6], 0);
}

/* A chain that begins with a chain: 1 and_then: 2 start: 3…7 the chain above; 8 given */
static counted make_counted(struct env *e)
{
    return counted_new(e);
}

static given once_more(struct env *e, int value)
{
    (void)e;
    return given_of(value + 1);
}

PLX_START(begun, struct env, counted, make_counted)
PLX_AND_THEN(longer, begun, given, once_more)

static void test_chain_in_a_chain(void **state)
{
    static const uint32_t parents[] = {0, 0, 1, 2, 3, 4, 4, 3, 1};
    struct env e = {.rounds = 40};
    struct seen seen;
    int item = 0;
    (void)state;

    if (!PLX_TRACE)
        skip();
    longer future = longer_new(&e);
    assert_int_equal(run(&longer_ops, &future, &item, &seen), 0);
    assert_int_equal(item, 42);
    assert_int_equal(longer_nodes, 8);
    for (uint32_t i = 1; i <= longer_nodes; i++) {
        assert_int_equal(seen.parent[i], parents[i]);
        assert_int_equal(seen.drops[i], 1);
    }
}

/* 1 select: 2 box, 3 another box that is not polled. What is in the first gets numbers of its own, what is in
 * the second none. */
static boxed box_it(struct env *e)
{
    return PLX_BOX(boxed, counted, counted_new(e));
}

PLX_START(left, struct env, boxed, box_it)
PLX_START(right, struct env, boxed, box_it)
PLX_SELECT(race, left, right)

/* The first box is ready at once. */
static boxed box_value(struct env *e)
{
    return PLX_BOX(boxed, started, started_new(e));
}

PLX_START(quick, struct env, boxed, box_value)
PLX_SELECT(decided, quick, right)

static void test_boxes(void **state)
{
    struct env e = {.rounds = 41};
    struct seen seen;
    decided_item winner;
    (void)state;

    if (!PLX_TRACE)
        skip();
    decided future = decided_new(&e);
    assert_int_equal(run(&decided_ops, &future, &winner, &seen), 0);
    assert_int_equal(winner.first, 41);
    assert_int_equal(seen.grafts, 1);
    assert_int_equal(seen.first, 4);
    assert_int_equal(seen.parent[4], 2);
    assert_int_equal(seen.polls[4], 1);
    assert_int_equal(seen.polls[3], 0);
    for (uint32_t i = 1; i <= 4; i++)
        assert_int_equal(seen.drops[i], 1);
    for (uint32_t i = 5; i < FUTURES; i++)
        assert_int_equal(seen.drops[i] + seen.polls[i], 0);
}

/* Both are polled: 1 select, 2 and 3 the boxes, 4…8 inside the first, 9…13 inside the second, whose last was
 * never made. */
static void test_two_grafts(void **state)
{
    struct env e = {.rounds = 41};
    struct seen seen;
    race_item winner;
    (void)state;

    if (!PLX_TRACE)
        skip();
    race future = race_new(&e);
    assert_int_equal(run(&race_ops, &future, &winner, &seen), 0);
    assert_int_equal(winner.first, 42);
    assert_int_equal(seen.grafts, 2);
    assert_int_equal(seen.first, 9);
    for (uint32_t i = 1; i <= 12; i++)
        assert_int_equal(seen.drops[i], 1);
    assert_int_equal(seen.drops[13], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_chain_in_a_chain),
        cmocka_unit_test(test_boxes),
        cmocka_unit_test(test_two_grafts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
