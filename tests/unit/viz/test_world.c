/* SPDX-License-Identifier: MIT
 *
 * The world: what events do to it, and that back undoes forward exactly.
 */
#include "traces.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>

#define LEAF(n)       SHAPE(n, "leaf", "l", "")
#define PAIR(n, a, b) SHAPE(n, "and_then", "f", a "," b)
#define PUSH(t, q)    E("push", "\"task\":" t ",\"queue\":\"" q "\",\"worker\":0")
#define POP(t, q)     E("pop", "\"task\":" t ",\"queue\":\"" q "\"")
#define READY(t, f)   E("ready", "\"task\":" t ",\"future\":" f ",\"value\":\"7\"")
#define DROP(t, f)    E("drop", "\"task\":" t ",\"future\":" f)

/* A world after all events of a text, and its recording. */
struct scene {
    struct plx_recording *recording;
    struct plx_world *world;
};

static struct scene scene_of(struct plx_recording *recording)
{
    struct scene scene = {recording, NULL};
    scene.world = world_of(scene.recording);
    assert_int_equal(plx_world_seek(scene.world, plx_recording_count(scene.recording)), 0);
    return scene;
}

static struct scene after(const char *const *lines)
{
    return scene_of(recorded(lines));
}

static void done(struct scene *scene)
{
    plx_world_free(scene->world);
    plx_recording_free(scene->recording);
}

static void expect_queue(const struct plx_world *world, const struct plx_seen_queue *queue, const char *ids)
{
    char got[200] = "";
    const struct plx_state *state = plx_world_state(world);
    uint32_t count = 0, last = PLX_NONE;
    for (uint32_t i = queue->head; i != PLX_NONE; last = i, i = state->task[i].next, count++) {
        assert_int_equal(state->task[i].prev, last);
        snprintf(got + strlen(got), sizeof(got) - strlen(got), "%llu ",
                 (unsigned long long)state->task[i].id);
    }
    assert_string_equal(got, ids);
    assert_int_equal(queue->tail, last);
    assert_int_equal(queue->count, count);
}

static const struct plx_seen_actor *worker(const struct plx_world *world, uint32_t number)
{
    struct plx_event event = {.worker = number};
    return plx_world_actor(world, &event);
}

/* ── queues ── */

static void queues_are_first_in_first_out(void **state)
{
    (void)state;
    struct scene s = after(LINES(START, SPAWN("1", "0"), SPAWN("2", "0"), SPAWN("3", "0"), PUSH("1", "local"),
                                 PUSH("2", "local"), PUSH("3", "local"), POP("1", "local")));
    expect_queue(s.world, &worker(s.world, 0)->deque, "2 3 ");
    assert_int_equal(plx_world_task(s.world, 1)->where, PLX_NOWHERE);
    assert_int_equal(plx_world_task(s.world, 2)->where, PLX_IN_LOCAL);
    assert_int_equal(plx_world_issues(s.world), 0);
    done(&s);
}

static void the_lifo_slot_holds_one(void **state)
{
    (void)state;
    struct scene s = after(
        LINES(START, SPAWN("1", "0"), SPAWN("2", "0"), PUSH("1", "lifo"), PUSH("2", "lifo")));
    const struct plx_state *all = plx_world_state(s.world);
    assert_int_equal(all->task[worker(s.world, 0)->lifo].id, 2);
    expect_queue(s.world, &worker(s.world, 0)->deque, "1 ");
    assert_int_equal(plx_world_issues(s.world), 0);
    done(&s);
}

static void a_steal_moves_to_the_thief(void **state)
{
    (void)state;
    struct scene s = after(LINES(START, SPAWN("1", "0"), SPAWN("2", "0"), SPAWN("3", "0"), PUSH("1", "local"),
                                 PUSH("2", "local"), PUSH("3", "local"),
                                 W("1", "steal", "\"task\":1,\"victim\":0"),
                                 W("1", "steal", "\"task\":2,\"victim\":0")));
    expect_queue(s.world, &worker(s.world, 0)->deque, "3 ");
    expect_queue(s.world, &worker(s.world, 1)->deque, "1 2 ");
    assert_int_equal(worker(s.world, 1)->steals, 1);
    assert_int_equal(worker(s.world, 1)->stolen, 2);
    assert_true(plx_world_task(s.world, 2)->stolen);
    assert_int_equal(plx_world_issues(s.world), 0);
    done(&s);
}

static void an_overflow_moves_to_the_global_queue(void **state)
{
    (void)state;
    struct scene s = after(LINES(START, SPAWN("1", "0"), SPAWN("2", "0"), PUSH("1", "local"),
                                 PUSH("2", "global"), E("overflow", "\"task\":1,\"worker\":0")));
    expect_queue(s.world, &worker(s.world, 0)->deque, "");
    expect_queue(s.world, &plx_world_state(s.world)->globals->global, "2 1 ");
    assert_int_equal(plx_world_issues(s.world), 0);
    done(&s);
}

/* ── polls ── */

static void polls_nest_and_answers_come_out(void **state)
{
    (void)state;
    struct scene s = after(LINES(START, LEAF("1"), PAIR("2", "1", "1"), SPAWN("1", "2"), PUSH("1", "lifo"),
                                 POP("1", "lifo"), TASK_POLL("1"), POLL("1", "1", "2", "0"),
                                 POLL("1", "2", "1", "1"), NOT_READY("1", "2")));
    const struct plx_seen_task *task = plx_world_task(s.world, 1);
    const struct plx_state *all = plx_world_state(s.world);
    assert_int_equal(task->state, PLX_SEEN_TASK_POLLED);
    assert_int_equal(all->future[task->top].number, 1);
    assert_int_equal(plx_world_future(s.world, 1, 2)->state, PLX_SEEN_FUTURE_NOT_READY);
    assert_string_equal(plx_world_future(s.world, 1, 2)->detail, "half");
    assert_null(plx_world_future(s.world, 1, 3));
    assert_int_equal(worker(s.world, 0)->state, PLX_SEEN_ACTOR_POLLS);
    assert_int_equal(worker(s.world, 0)->polls, 1);
    assert_int_equal(plx_world_issues(s.world), 0);
    done(&s);
}

static void the_outermost_not_ready_ends_the_poll(void **state)
{
    (void)state;
    struct scene s = after(LINES(START, LEAF("1"), SPAWN("1", "1"), TASK_POLL("1"), POLL("1", "1", "1", "0"),
                                 NOT_READY("1", "1")));
    assert_int_equal(plx_world_task(s.world, 1)->state, PLX_SEEN_TASK_IDLE);
    assert_int_equal(plx_world_task(s.world, 1)->actor, PLX_NONE);
    assert_int_equal(worker(s.world, 0)->task, PLX_NONE);
    done(&s);
}

static void a_notify_during_the_poll_is_remembered(void **state)
{
    (void)state;
    struct scene s = after(LINES(START, LEAF("1"), SPAWN("1", "1"), TASK_POLL("1"), POLL("1", "1", "1", "0"),
                                 NOTIFY("1", "task", "1", "scheduled"), NOT_READY("1", "1")));
    assert_int_equal(plx_world_task(s.world, 1)->state, PLX_SEEN_TASK_QUEUED);
    done(&s);
}

static void the_answer_before_is_kept(void **state)
{
    (void)state;
    struct scene s = after(LINES(START, LEAF("1"), SPAWN("1", "1"), TASK_POLL("1"), POLL("1", "1", "1", "0"),
                                 NOT_READY("1", "1"), TASK_POLL("1"), POLL("1", "1", "1", "0"),
                                 READY("1", "1"), DROP("1", "1"),
                                 E("task_end", "\"task\":1,\"how\":\"ready\"")));
    const struct plx_seen_future *root = plx_world_future(s.world, 1, 1);
    assert_int_equal(root->state, PLX_SEEN_FUTURE_READY); /* to be seen even when it is dropped */
    assert_int_equal(root->before, PLX_SEEN_FUTURE_NOT_READY);
    assert_string_equal(root->value, "7");
    assert_int_equal(plx_world_task(s.world, 1)->state, PLX_SEEN_TASK_ENDED);
    done(&s);
}

static void a_future_made_anew_begins_anew(void **state)
{
    (void)state;
    /* for_each: the body is future 3, a pair of 4 and 5. It ends, is dropped, and polled for another item. */
    struct scene s = after(LINES(START, LEAF("1"), PAIR("2", "1", "1"), PAIR("3", "1", "2"), SPAWN("1", "3"),
                                 TASK_POLL("1"), POLL("1", "1", "3", "0"), POLL("1", "3", "2", "1"),
                                 POLL("1", "4", "1", "3"), READY("1", "4"), DROP("1", "4"),
                                 POLL("1", "5", "1", "3"), READY("1", "5"), READY("1", "3"), DROP("1", "3"),
                                 POLL("1", "3", "2", "1")));
    assert_int_equal(plx_world_future(s.world, 1, 3)->state, PLX_SEEN_FUTURE_POLLING);
    assert_int_equal(plx_world_future(s.world, 1, 3)->before, PLX_SEEN_FUTURE_LATER);
    assert_int_equal(plx_world_future(s.world, 1, 4)->state, PLX_SEEN_FUTURE_LATER);
    assert_int_equal(plx_world_future(s.world, 1, 5)->state, PLX_SEEN_FUTURE_LATER);
    assert_null(plx_world_future(s.world, 1, 5)->value);
    assert_int_equal(plx_world_issues(s.world), 0);
    plx_world_back(s.world);
    assert_int_equal(plx_world_future(s.world, 1, 5)->state, PLX_SEEN_FUTURE_READY);
    assert_string_equal(plx_world_future(s.world, 1, 5)->value, "7");
    done(&s);
}

static void a_box_takes_in_a_future(void **state)
{
    (void)state;
    struct scene s = after(LINES(START, LEAF("1"), LEAF("2"), SPAWN("1", "1"), TASK_POLL("1"),
                                 POLL("1", "1", "1", "0"), GRAFT("1", "1", "2", "2"),
                                 POLL("1", "2", "2", "1")));
    assert_int_equal(plx_world_future(s.world, 1, 1)->graft_first, 2);
    assert_int_equal(plx_world_future(s.world, 1, 1)->graft_shape, 2);
    assert_int_equal(plx_world_shape_of(s.world, 1, 2), 2);
    done(&s);
}

static void nested_tasks_are_taken_up_again(void **state)
{
    (void)state;
    struct scene s = after(LINES(START, LEAF("1"), SPAWN("1", "1"), SPAWN("2", "1"), TASK_POLL("1"),
                                 TASK_POLL("2"), POLL("2", "1", "1", "0"), NOT_READY("2", "1")));
    assert_int_equal(plx_world_state(s.world)->task[worker(s.world, 0)->task].id, 1);
    assert_int_equal(worker(s.world, 0)->state, PLX_SEEN_ACTOR_POLLS);
    done(&s);
}

static void a_tree_tells_the_shape_of_every_number(void **state)
{
    (void)state;
    struct plx_recording *recording = loaded(HANDSHAKE);
    struct plx_world *world = world_of(recording);
    static const uint32_t shapes[] = {0, 9, 7, 6, 5, 3, 1, 2, 4, 2, 4, 8, 0};
    for (uint32_t future = 0; future <= 12; future++)
        assert_int_equal(plx_world_shape_of(world, 1, future), shapes[future]);
    plx_world_free(world);
    plx_recording_free(recording);
}

/* ── the reactor ── */

static void the_reactor_knows_who_waits(void **state)
{
    (void)state;
    struct plx_recording *recording = loaded(HANDSHAKE);
    struct plx_world *world = world_of(recording);
    const struct plx_seen_source *source = plx_world_source(world, 3);
    assert_non_null(source);
    assert_false(source->registered);
    plx_world_seek(world, 34);
    assert_true(source->registered);
    assert_int_equal(source->fd, 7);
    assert_int_equal(plx_world_state(world)->task[source->writer].id, 1);
    plx_world_seek(world, 45);
    assert_int_equal(source->ready, PLX_FLAG_WRITE);
    assert_int_equal(source->writer, PLX_NONE);
    plx_world_seek(world, plx_recording_count(recording));
    assert_false(source->registered);
    plx_world_free(world);
    plx_recording_free(recording);
}

/* ── forward and back ── */

static void expect_reversible(const char *path)
{
    struct plx_recording *recording;
    struct plx_problem why;
    if (plx_recording_load(path, &recording, &why) != 0)
        return; /* what cannot be read is the subject of test_recording.c */
    size_t count = plx_recording_count(recording), step = count > 2000 ? count / 200 : 1;
    struct plx_world *start = world_of(recording), *world = world_of(recording),
                     *sought = world_of(recording);

    for (size_t n = 0; n <= count; n += step) {
        for (size_t i = 0; i < n; i++)
            assert_int_equal(plx_world_forward(world), 0);
        assert_int_equal(plx_world_at(world), n);
        assert_int_equal(plx_world_seek(sought, n), 0);
        assert_true(plx_world_equal(world, sought));
        for (size_t i = 0; i < n; i++)
            assert_int_equal(plx_world_back(world), 0);
        if (!plx_world_equal(world, start))
            fail_msg("%s: forward and back %zu differ from the start", path, n);
    }
    plx_world_free(start);
    plx_world_free(world);
    plx_world_free(sought);
    plx_recording_free(recording);
}

/* Each single event is undone exactly, wherever one stands. */
static void expect_steps_undone(const char *path)
{
    struct plx_recording *recording;
    struct plx_problem why;
    if (plx_recording_load(path, &recording, &why) != 0)
        return;
    struct plx_world *world = world_of(recording), *ahead = world_of(recording);
    while (plx_world_forward(ahead) == 0) {
        assert_int_equal(plx_world_back(ahead), 0);
        if (!plx_world_equal(world, ahead))
            fail_msg("%s: event %zu is not undone", path, plx_world_at(world) + 1);
        plx_world_forward(ahead);
        plx_world_forward(world);
    }
    plx_world_free(world);
    plx_world_free(ahead);
    plx_recording_free(recording);
}

static void back_undoes_forward_for_every_event_of_every_trace(void **state)
{
    (void)state;
    static const char *const patterns[] = {"traces/*.jsonl", "tests/fixtures/*.jsonl",
                                           "tests/fixtures/hostile/*.jsonl"};
    size_t seen = 0;
    for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
        glob_t found;
        if (glob(patterns[i], 0, NULL, &found) != 0)
            continue;
        for (size_t k = 0; k < found.gl_pathc; k++, seen++) {
            expect_steps_undone(found.gl_pathv[k]);
            expect_reversible(found.gl_pathv[k]);
        }
        globfree(&found);
    }
    assert_true(seen >= 10);
}

static void the_ends_are_ends(void **state)
{
    (void)state;
    struct scene s = after(LINES(START, SPAWN("1", "0")));
    assert_int_equal(plx_world_forward(s.world), -ERANGE);
    assert_int_equal(plx_world_seek(s.world, 3), -ERANGE);
    assert_int_equal(plx_world_seek(s.world, 0), 0);
    assert_int_equal(plx_world_back(s.world), -ERANGE);
    done(&s);
}

/* A long trace: many tasks go round through queues and polls. */
static struct plx_recording *long_recording(size_t rounds)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fputs(HEADER START LEAF("1"), out);
    for (size_t i = 0; i < rounds; i++) {
        size_t task = i % 50 + 1;
        if (i < 50)
            fprintf(out, E("spawn", "\"task\":%zu,\"shape\":1,\"by\":0,\"at\":\"\""), task);
        fprintf(out,
                PUSH("%zu", "local") POP("%zu", "local") TASK_POLL("%zu") POLL("%zu", "1", "1", "0")
                    NOT_READY("%zu", "1"),
                task, task, task, task, task);
    }
    fclose(out);
    struct plx_recording *recording = parsed(text);
    free(text);
    return recording;
}

static void leaps_and_steps_agree_in_a_long_trace(void **state)
{
    (void)state;
    struct plx_recording *recording = long_recording(6000);
    struct plx_world *steps = world_of(recording), *leaps = world_of(recording);
    size_t count = plx_recording_count(recording);
    uint64_t seed = 1;

    for (int i = 0; i < 60; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        size_t n = (size_t)(seed >> 33) % (count + 1);
        assert_int_equal(plx_world_seek(leaps, n), 0);
        for (int k = 0; k < 5 && plx_world_at(leaps) > 0; k++)
            assert_int_equal(plx_world_back(leaps), 0);
        n = plx_world_at(leaps);
        if (n < plx_world_at(steps)) {
            plx_world_free(steps);
            steps = world_of(recording);
        }
        while (plx_world_at(steps) < n)
            assert_int_equal(plx_world_forward(steps), 0);
        assert_true(plx_world_equal(steps, leaps));
    }
    plx_world_free(steps);
    plx_world_free(leaps);
    plx_recording_free(recording);
}

/* ── what is odd ── */

static bool has_issue(const struct plx_world *world, const char *part)
{
    for (size_t i = 0; i < plx_world_issues(world); i++)
        if (strstr(plx_world_issue(world, i)->text, part))
            return true;
    return false;
}

static void ids_never_declared_are_told_once_each(void **state)
{
    (void)state;
    struct plx_recording *recording = loaded("tests/fixtures/hostile/undeclared.jsonl");
    struct plx_world *world = world_of(recording);
    assert_int_equal(plx_recording_issues(recording), 0);
    assert_true(has_issue(world, "task 9 was never spawned"));
    assert_true(has_issue(world, "task 10 was never spawned"));
    assert_true(has_issue(world, "worker 3 was never started"));
    assert_true(has_issue(world, "worker 6 was never started"));
    assert_true(has_issue(world, "token 5 was never registered"));
    assert_true(has_issue(world, "shape 44 was never declared"));
    for (size_t i = 0; i + 1 < plx_world_issues(world); i++)
        assert_true(plx_world_issue(world, i)->line <= plx_world_issue(world, i + 1)->line);
    plx_world_seek(world, plx_recording_count(recording));
    assert_int_equal(plx_world_task(world, 9)->state, PLX_SEEN_TASK_IDLE);
    plx_world_free(world);
    plx_recording_free(recording);
}

static void contradictions_are_told_and_survived(void **state)
{
    (void)state;
    struct plx_recording *recording = loaded("tests/fixtures/hostile/contradictory.jsonl");
    struct plx_world *world = world_of(recording);
    assert_true(has_issue(world, "a task is taken from a queue that it is not in: task 1"));
    assert_true(has_issue(world, "a task is queued that is in another queue"));
    assert_true(has_issue(world, "a task is polled that is still in a queue"));
    assert_true(has_issue(world, "a task is polled that is being polled"));
    assert_true(has_issue(world, "a future is polled that is being polled"));
    assert_true(has_issue(world, "a future answers that was not asked last"));
    assert_true(has_issue(world, "a task is stolen from a worker that does not have it"));
    assert_true(has_issue(world, "a task goes on after its end: 2 times"));
    assert_true(has_issue(world, "a task is spawned that is there already"));
    plx_world_free(world);
    plx_recording_free(recording);
}

static void a_shape_cannot_contain_itself(void **state)
{
    (void)state;
    struct scene s = after(
        LINES(START, PAIR("1", "1", "2"), PAIR("2", "1", "1"), PAIR("2", "1", "1"), SPAWN("1", "2")));
    assert_true(has_issue(s.world, "shape 1 contains shape 1, which is not declared before it"));
    assert_true(has_issue(s.world, "shape 1 contains shape 2, which is not declared before it"));
    assert_true(has_issue(s.world, "shape 2 is declared a second time"));
    assert_int_equal(plx_world_shape(s.world, 1)->nodes, 3);
    assert_int_equal(plx_world_shape(s.world, 2)->nodes, 7);
    assert_int_equal(plx_world_shape(s.world, 1)->child.at[0], 0);
    done(&s);
}

static void a_shape_of_countless_nodes_is_no_trouble(void **state)
{
    (void)state;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fputs(HEADER START LEAF("1"), out);
    for (int i = 2; i < 200; i++)
        fprintf(out, PAIR("%d", "%d", "%d,%d"), i, i - 1, i - 1, i - 1);
    fputs(SPAWN("1", "199") POLL("1", "4000000000", "1", "0"), out);
    fclose(out);
    struct scene s = scene_of(parsed(text));
    assert_int_equal(plx_world_shape(s.world, 199)->nodes, UINT32_MAX);
    assert_int_equal(plx_world_shape_of(s.world, 1, 3999999999u) > 0, true);
    done(&s);
    free(text);
}

static void many_issues_are_counted_not_kept(void **state)
{
    (void)state;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fputs(HEADER START, out);
    for (int i = 1; i <= 5000; i++)
        fprintf(out, TASK_POLL("%d"), i);
    fclose(out);
    struct scene s = scene_of(parsed(text));
    size_t issues = plx_world_issues(s.world);
    assert_true(issues <= 1100);
    assert_has(plx_world_issue(s.world, issues - 1)->text, "more");
    done(&s);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queues_are_first_in_first_out),
        cmocka_unit_test(the_lifo_slot_holds_one),
        cmocka_unit_test(a_steal_moves_to_the_thief),
        cmocka_unit_test(an_overflow_moves_to_the_global_queue),
        cmocka_unit_test(polls_nest_and_answers_come_out),
        cmocka_unit_test(the_outermost_not_ready_ends_the_poll),
        cmocka_unit_test(a_notify_during_the_poll_is_remembered),
        cmocka_unit_test(the_answer_before_is_kept),
        cmocka_unit_test(a_future_made_anew_begins_anew),
        cmocka_unit_test(a_box_takes_in_a_future),
        cmocka_unit_test(nested_tasks_are_taken_up_again),
        cmocka_unit_test(a_tree_tells_the_shape_of_every_number),
        cmocka_unit_test(the_reactor_knows_who_waits),
        cmocka_unit_test(back_undoes_forward_for_every_event_of_every_trace),
        cmocka_unit_test(the_ends_are_ends),
        cmocka_unit_test(leaps_and_steps_agree_in_a_long_trace),
        cmocka_unit_test(ids_never_declared_are_told_once_each),
        cmocka_unit_test(contradictions_are_told_and_survived),
        cmocka_unit_test(a_shape_cannot_contain_itself),
        cmocka_unit_test(a_shape_of_countless_nodes_is_no_trouble),
        cmocka_unit_test(many_issues_are_counted_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
