/* SPDX-License-Identifier: MIT
 *
 * The comparison of benchmarks: medians, spread, ratios and goals.
 */
#include "tests/bench/compare/compare.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct samples samples_of(int count, const double *values)
{
    struct samples samples = {0};
    for (int i = 0; i < count; i++)
        add_sample(&samples, values[i]);
    return samples;
}

#define SAMPLES(...)                                                                                         \
    samples_of((int)(sizeof((double[]){__VA_ARGS__}) / sizeof(double)), (double[]){__VA_ARGS__})

static int metric_named(const char *title)
{
    for (int i = 0; metric_of(i)->bench; i++)
        if (strcmp(metric_of(i)->title, title) == 0)
            return i;
    fail_msg("there is no metric %s", title);
    return -1;
}

static void the_median_is_the_middle(void **state)
{
    struct samples none = {0}, one = SAMPLES(7), odd = SAMPLES(9, 1, 5), even = SAMPLES(8, 1, 2, 4);
    (void)state;
    assert_true(isnan(median_of(&none)));
    assert_true(median_of(&one) == 7);
    assert_true(median_of(&odd) == 5);
    assert_true(median_of(&even) == 3);
    assert_true(even.value[0] == 8); /* the samples keep their order */
}

static void the_spread_is_from_the_smallest_to_the_largest(void **state)
{
    struct samples none = {0}, some = SAMPLES(3, -0.0, 11, 2);
    double least, most;
    (void)state;
    range_of(&some, &least, &most);
    assert_true(least == 0 && most == 11);
    range_of(&none, &least, &most);
    assert_true(isnan(least) && isnan(most));
}

static void what_is_no_number_is_no_sample(void **state)
{
    struct samples samples = SAMPLES(NAN, INFINITY, 4);
    (void)state;
    assert_int_equal(samples.count, 1);
    for (int i = 0; i < 2 * ROUNDS_MOST; i++)
        add_sample(&samples, i);
    assert_int_equal(samples.count, ROUNDS_MOST);
}

/* Ours, two peers, and a bare loop. */
static struct comparison *new_comparison(void)
{
    struct comparison *comparison = calloc(1, sizeof *comparison);
    assert_non_null(comparison);
    *comparison = (struct comparison){
        .peer = {{"pollux", ""}, {"tokio", ""}, {"go", ""}, {"epoll", ""}},
        .peers = 4,
        .rounds = 1,
    };
    return comparison;
}

static void less_is_better(void **state)
{
    struct comparison *comparison = new_comparison();
    int index = metric_named("spawn_many");
    bool known;
    (void)state;
    assert_int_equal(rival_of(comparison, index), 0);
    assert_true(isnan(ratio_of(comparison, index)));
    assert_false(goal_met(comparison, index, &known));
    assert_false(known);

    comparison->samples[index][0] = SAMPLES(60);
    comparison->samples[index][1] = SAMPLES(150);
    comparison->samples[index][2] = SAMPLES(120);
    assert_int_equal(rival_of(comparison, index), 2);
    assert_true(ratio_of(comparison, index) == 0.5);
    assert_true(goal_met(comparison, index, &known)); /* 0.5, just so */
    assert_true(known);
    comparison->samples[index][0] = SAMPLES(61);
    assert_false(goal_met(comparison, index, &known));
    free(comparison);
}

static void more_is_better_and_a_limit_is_no_rival(void **state)
{
    struct comparison *comparison = new_comparison();
    int index = metric_named("tcp_echo_1t");
    bool known;
    (void)state;
    comparison->samples[index][0] = SAMPLES(110);
    comparison->samples[index][1] = SAMPLES(90);
    comparison->samples[index][2] = SAMPLES(100);
    comparison->samples[index][3] = SAMPLES(1000); /* epoll */
    assert_int_equal(rival_of(comparison, index), 2);
    assert_true(goal_met(comparison, index, &known));
    comparison->samples[index][0] = SAMPLES(109);
    assert_false(goal_met(comparison, index, &known));
    free(comparison);
}

static void a_ratio_may_be_to_a_peer_by_name(void **state)
{
    struct comparison *comparison = new_comparison();
    int to_go = metric_named("mpsc, to Go's"), to_tokio = metric_named("mpsc, to Tokio's");
    (void)state;
    for (int i = 0; i < 2; i++) {
        int index = i ? to_go : to_tokio;
        comparison->samples[index][0] = SAMPLES(20);
        comparison->samples[index][1] = SAMPLES(80);
        comparison->samples[index][2] = SAMPLES(40);
    }
    assert_true(ratio_of(comparison, to_go) == 0.5);
    assert_true(ratio_of(comparison, to_tokio) == 0.25);
    free(comparison);
}

static void a_peer_that_takes_no_time_makes_no_ratio(void **state)
{
    struct comparison *comparison = new_comparison();
    int index = metric_named("chain_boxed");
    (void)state;
    comparison->samples[index][0] = SAMPLES(5);
    comparison->samples[index][1] = SAMPLES(0);
    assert_true(isnan(ratio_of(comparison, index)));
    free(comparison);
}

static void none_at_all_means_none(void **state)
{
    struct comparison *comparison = new_comparison();
    int index = metric_named("chain_static: allocations");
    bool known;
    (void)state;
    comparison->samples[index][0] = SAMPLES(0, 0);
    assert_true(goal_met(comparison, index, &known) && known);
    comparison->samples[index][0] = SAMPLES(0.01, 0.01);
    assert_false(goal_met(comparison, index, &known));
    assert_true(known);
    free(comparison);
}

/* The benches of the issue all have their goals, and no title stands twice. */
static void the_tables_are_sound(void **state)
{
    int goals = 0;
    (void)state;
    for (int i = 0; metric_of(i)->bench; i++) {
        assert_true(i < METRICS_MOST);
        assert_true(metric_of(i)->goal >= 0 && metric_of(i)->goal < 2);
        goals += metric_of(i)->goal > 0 || metric_of(i)->none_at_all;
        for (int other = 0; other < i; other++)
            assert_string_not_equal(metric_of(i)->title, metric_of(other)->title);
    }
    assert_int_equal(goals, 22);
    for (int i = 0; traced_of(i)->title; i++)
        assert_true(i < TRACED_MOST && traced_of(i)->goal > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_median_is_the_middle),
        cmocka_unit_test(the_spread_is_from_the_smallest_to_the_largest),
        cmocka_unit_test(what_is_no_number_is_no_sample),
        cmocka_unit_test(less_is_better),
        cmocka_unit_test(more_is_better_and_a_limit_is_no_rival),
        cmocka_unit_test(a_ratio_may_be_to_a_peer_by_name),
        cmocka_unit_test(a_peer_that_takes_no_time_makes_no_ratio),
        cmocka_unit_test(none_at_all_means_none),
        cmocka_unit_test(the_tables_are_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
