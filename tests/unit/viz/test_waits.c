/* SPDX-License-Identifier: MIT
 *
 * What tasks wait for when it is not a file: timers, channels, locks, leave to block; and workers that go on
 * under another thread in the middle of a poll.
 */
#include "traces.h"

#include "lib/base.h"
#include "tests/support/run.h"
#include "viz/replay/why.h"
#include "viz/view/view.h"

#include <unistd.h>

#define T(who, ev, fields) W("\"" who "\"", ev, fields)
#define TASK(ev, t)        E(ev, "\"task\":" t)
#define SET_TIMER(id, t)                                                                                     \
    E("timer_set", "\"timer\":" id ",\"task\":" t ",\"now_ms\":5,\"deadline_ms\":30,"                        \
                   "\"worker\":0,\"level\":0,\"slot\":30")
#define FIRE(id)       E("timer_fire", "\"timer\":" id ",\"deadline_ms\":30")
#define MADE(o, kind)  E("sync_new", "\"object\":" o ",\"kind\":\"" kind "\",\"capacity\":0")
#define SYNC(ev, o, t) E(ev, "\"object\":" o ",\"task\":" t)
#define SEND(o, t)     E("send", "\"object\":" o ",\"task\":" t ",\"length\":1")
#define PUSH(t, queue) E("push", "\"task\":" t ",\"queue\":\"" queue "\",\"worker\":0")
#define POLL_ROOT(t)   TASK_POLL(t), POLL(t, "1", "0", "0")

struct life {
    struct plx_recording *recording;
    struct plx_world *world;
    struct plx_view view;
};

/* The lines of a trace, at its end. */
static struct life lived(const char *const *lines)
{
    struct life life = {.recording = recorded(lines)};
    life.world = world_of(life.recording);
    assert_int_equal(plx_world_seek(life.world, plx_recording_count(life.recording)), 0);
    return life;
}

static void look_at(struct life *life, size_t n, uint64_t task)
{
    struct plx_view_wish wish = {.task = task};
    plx_view_free(&life->view);
    assert_int_equal(plx_world_seek(life->world, n), 0);
    assert_int_equal(plx_view_make(life->world, &wish, &life->view), 0);
}

static void done(struct life *life)
{
    plx_view_free(&life->view);
    plx_world_free(life->world);
    plx_recording_free(life->recording);
}

static void nothing_is_odd(struct life *life)
{
    if (plx_world_issues(life->world) > 0)
        fail_msg("%s", plx_world_issue(life->world, 0)->text);
}

/* From the last event back through every other, against worlds that went there at once. */
static void back_is_forward(struct life *life)
{
    struct plx_world *other = world_of(life->recording);
    size_t n = plx_recording_count(life->recording);
    assert_int_equal(plx_world_seek(life->world, n), 0);
    while (n-- > 0) {
        assert_int_equal(plx_world_back(life->world), 0);
        assert_int_equal(plx_world_seek(other, n), 0);
        assert_true(plx_world_equal(life->world, other));
    }
    plx_world_free(other);
}

static void expect_sentence(struct life *life, size_t n, const char *sentence)
{
    look_at(life, n, 0);
    assert_string_equal(life->view.sentence, sentence);
}

static void expect_state(struct life *life, size_t n, uint64_t task, const char *state)
{
    look_at(life, n, task);
    assert_string_equal(life->view.chain.state, state);
}

/* The path to event n, its steps with " > " between. */
static void expect_path(struct life *life, size_t n, const char *path)
{
    char got[1024] = "";
    look_at(life, n, 0);
    for (int i = 0; i < life->view.whys; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", i ? " > " : "", life->view.why[i].text);
    assert_string_equal(got, path);
}

/* ── timers ── */

static void a_timer(void **state)
{
    (void)state;
    struct life life = lived(LINES(START, SPAWN("1", "0"), POLL_ROOT("1"), SET_TIMER("7", "1"),
                                   NOT_READY("1", "1"), FIRE("7"), NOTIFY("1", "timer", "7", "scheduled"),
                                   PUSH("1", "global"), E("pop", "\"task\":1,\"queue\":\"global\""),
                                   TASK_POLL("1")));
    nothing_is_odd(&life);
    assert_int_equal(plx_world_timer(life.world, 7)->state, PLX_SEEN_TIMER_FIRED);
    expect_sentence(&life, 5, "Timer 7 is set by task 1 to go off at 30 ms: slot 30 of level 0.");
    expect_sentence(&life, 6,
                    "future 1 answers NotReady: half. "
                    "The task will be notified when timer 7 fires, at 30 ms.");
    expect_state(&life, 6, 1, "waits for timer 7");
    assert_int_equal(plx_world_timer(life.world, 7)->state, PLX_SEEN_TIMER_SET);
    expect_sentence(&life, 8, "Task 1 is notified by timer 7: it is scheduled.");
    expect_sentence(&life, 11, "Worker 0 polls task 1, because timer 7 fired.");
    expect_path(&life, 11,
                "timer 7 to 30 ms, by task 1 > timer 7 fires > notify task 1 > global queue > poll task 1");
    back_is_forward(&life);
    done(&life);
}

static void a_timer_that_another_task_has_set(void **state)
{
    (void)state;
    struct life life = lived(LINES(START, SPAWN("1", "0"), SPAWN("2", "0"), POLL_ROOT("2"),
                                   SET_TIMER("7", "2"), NOT_READY("2", "1"), FIRE("7"),
                                   NOTIFY("1", "timer", "7", "scheduled"), PUSH("1", "global"),
                                   E("pop", "\"task\":1,\"queue\":\"global\""), TASK_POLL("1")));
    nothing_is_odd(&life);
    expect_sentence(&life, 12, "Worker 0 polls task 1, because timer 7 fired, which task 2 had set.");
    done(&life);
}

static void a_timer_that_fires_twice_is_odd(void **state)
{
    (void)state;
    struct life life = lived(LINES(START, SPAWN("1", "0"), SET_TIMER("7", "1"), FIRE("7"),
                                   SET_TIMER("7", "1"), FIRE("7"), FIRE("7")));
    assert_int_equal(plx_world_issues(life.world), 1);
    assert_string_equal(plx_world_issue(life.world, 0)->text, "a timer fires that is not set");
    done(&life);
}

static void a_timer_that_is_cancelled_is_waited_for_no_more(void **state)
{
    (void)state;
    struct life life = lived(LINES(START, SPAWN("1", "0"), POLL_ROOT("1"), SET_TIMER("7", "1"),
                                   SET_TIMER("8", "1"), E("timer_cancel", "\"timer\":7"),
                                   NOT_READY("1", "1")));
    expect_state(&life, 8, 1, "waits for timer 8");
    back_is_forward(&life);
    done(&life);
}

/* ── channels and locks ── */

static void a_channel(void **state)
{
    (void)state;
    struct life life = lived(LINES(START, SPAWN("1", "0"), SPAWN("3", "0"), POLL_ROOT("1"), MADE("5", "mpsc"),
                                   SYNC("sync_wait", "5", "1"), NOT_READY("1", "1"), POLL_ROOT("3"),
                                   SEND("5", "3"), NOTIFY("1", "task", "3", "scheduled"), PUSH("1", "lifo"),
                                   NOT_READY("3", "1"), E("pop", "\"task\":1,\"queue\":\"lifo\""),
                                   TASK_POLL("1")));
    nothing_is_odd(&life);
    expect_state(&life, 8, 1, "waits for mpsc 5");
    expect_sentence(&life, 6, "Mpsc 5 is made.");
    expect_sentence(&life, 8,
                    "future 1 answers NotReady: half. The task will be notified when mpsc 5 lets it go on.");
    expect_sentence(&life, 11, "Task 3 sends into mpsc 5: 1 in it now.");
    expect_sentence(&life, 16, "Worker 0 polls task 1, because task 3 sent into mpsc 5.");
    expect_path(&life, 16, "sent into mpsc 5 by task 3 > notify task 1 > worker 0, LIFO > poll task 1");
    assert_int_equal(plx_world_object(life.world, 5)->length, 1);
    back_is_forward(&life);
    done(&life);
}

/* The poll that begins forgets what the one before waited for. */
static void a_channel_is_waited_for_until_the_next_poll(void **state)
{
    (void)state;
    struct life life = lived(LINES(
        START, SPAWN("1", "0"), MADE("5", "mpsc"), POLL_ROOT("1"), SYNC("sync_wait", "5", "1"),
        NOT_READY("1", "1"), NOTIFY("1", "thread", "0", "scheduled"), POLL_ROOT("1"), NOT_READY("1", "1")));
    expect_state(&life, 7, 1, "waits for mpsc 5");
    expect_state(&life, 11, 1, "waits");
    done(&life);
}

static void a_lock(void **state)
{
    (void)state;
    struct life life = lived(LINES(
        START, SPAWN("1", "0"), SPAWN("2", "0"), POLL_ROOT("1"), MADE("4", "mutex"),
        SYNC("sync_wait", "4", "1"), NOT_READY("1", "1"), POLL_ROOT("2"), SYNC("lock_release", "4", "2"),
        SYNC("lock_grant", "4", "1"), NOTIFY("1", "task", "2", "scheduled"), PUSH("1", "lifo"),
        NOT_READY("2", "1"), E("pop", "\"task\":1,\"queue\":\"lifo\""), TASK_POLL("1")));
    nothing_is_odd(&life);
    expect_state(&life, 8, 1, "waits for mutex 4");
    expect_sentence(&life, 11, "Task 2 releases mutex 4.");
    expect_sentence(&life, 12, "Mutex 4 is granted to task 1.");
    expect_sentence(&life, 17, "Worker 0 polls task 1, because task 2 released mutex 4.");
    expect_path(&life, 17,
                "release of mutex 4 by task 2 > grant of mutex 4 > notify task 1 > worker 0, LIFO > "
                "poll task 1");
    back_is_forward(&life);
    done(&life);
}

static void a_budget(void **state)
{
    (void)state;
    struct life life = lived(LINES(
        START, SPAWN("1", "0"), POLL_ROOT("1"), TASK("budget", "1"), NOTIFY("1", "task", "1", "coalesced"),
        NOT_READY("1", "1"), PUSH("1", "local"), E("pop", "\"task\":1,\"queue\":\"local\""), TASK_POLL("1")));
    nothing_is_odd(&life);
    expect_sentence(&life, 10, "Worker 0 polls task 1, because it had used up its budget.");
    done(&life);
}

/* ── blocking ── */

/* Worker 0 polls task 1, whose thread then is pool-1; pool-2 becomes worker 0 and polls task 2. */
#define BLOCKS                                                                                               \
    START, SPAWN("1", "0"), SPAWN("2", "0"), POLL_ROOT("1"), T("pool-1", "hand_off", "\"worker\":0"),        \
        T("pool-1", "blocking_enter", "\"task\":1")

static void a_worker_goes_on_under_another_thread(void **state)
{
    (void)state;
    struct life life = lived(LINES(BLOCKS, T("pool-2", "take_over", "\"worker\":0"), POLL_ROOT("2"),
                                   T("pool-1", "blocking_leave", "\"task\":1"),
                                   T("pool-1", "ready", "\"task\":1,\"future\":1,\"value\":\"\""),
                                   T("pool-1", "task_end", "\"task\":1,\"how\":\"ready\""),
                                   NOT_READY("2", "1")));
    nothing_is_odd(&life);
    expect_state(&life, 5, 1, "polled by worker 0");
    expect_state(&life, 6, 1, "polled by pool-1");
    assert_string_equal(life.view.worker[0].state, "handed on");
    expect_state(&life, 7, 1, "may block pool-1");
    expect_state(&life, 10, 1, "may block pool-1");
    assert_string_equal(life.view.worker[0].state, "polls task 2");
    expect_state(&life, 11, 1, "polled by pool-1");
    expect_state(&life, 13, 1, "ended: ready");
    expect_sentence(&life, 6,
                    "Thread pool-1 hands worker 0, queues and all, to another thread: "
                    "its own poll may take long.");
    expect_sentence(&life, 7, "Task 1 begins a section that may block thread pool-1.");
    expect_sentence(&life, 8, "Thread pool-2 goes on as worker 0.");
    back_is_forward(&life);
    done(&life);
}

static void a_worker_is_taken_back(void **state)
{
    (void)state;
    struct life life = lived(LINES(BLOCKS, T("pool-1", "blocking_leave", "\"task\":1"),
                                   T("pool-1", "take_over", "\"worker\":0"), POLL("1", "2", "0", "1"),
                                   NOT_READY("1", "2"), NOT_READY("1", "1")));
    nothing_is_odd(&life);
    expect_state(&life, 9, 1, "polled by worker 0");
    assert_string_equal(life.view.worker[0].state, "polls task 1");
    expect_state(&life, 12, 1, "waits");
    assert_string_equal(life.view.worker[0].state, "awake");
    back_is_forward(&life);
    done(&life);
}

/* A local set's task is polled inside of the poll of another: both move along. */
static void nested_polls_move_along(void **state)
{
    (void)state;
    struct life life = lived(LINES(START, SPAWN("1", "0"), SPAWN("2", "0"), POLL_ROOT("1"), POLL_ROOT("2"),
                                   T("pool-1", "hand_off", "\"worker\":0"),
                                   T("pool-1", "not_ready", "\"task\":2,\"future\":1,\"detail\":\"\""),
                                   T("pool-1", "take_over", "\"worker\":0"), NOT_READY("1", "1")));
    nothing_is_odd(&life);
    expect_state(&life, 8, 2, "polled by pool-1");
    expect_state(&life, 8, 1, "polled by pool-1");
    expect_state(&life, 10, 1, "polled by worker 0");
    expect_state(&life, 11, 1, "waits");
    back_is_forward(&life);
    done(&life);
}

static void a_poll_elsewhere_is_odd(void **state)
{
    (void)state;
    struct life life = lived(LINES(START, SPAWN("1", "0"), POLL_ROOT("1"),
                                   T("pool-1", "poll", "\"task\":1,\"future\":2,\"shape\":0,\"parent\":1")));
    assert_int_equal(plx_world_issues(life.world), 1);
    assert_has(plx_world_issue(life.world, 0)->text, "by another thread than its task");
    done(&life);
}

static void leave_to_block_is_waited_for(void **state)
{
    (void)state;
    struct life life = lived(
        LINES(START, SPAWN("1", "0"), POLL_ROOT("1"), TASK("blocking_wait", "1"), NOT_READY("1", "1")));
    nothing_is_odd(&life);
    expect_state(&life, 6, 1, "waits for leave to block");
    done(&life);
}

static void a_job_of_the_blocking_pool(void **state)
{
    (void)state;
    struct life life = lived(LINES(START, SPAWN("1", "0"), PUSH("1", "blocking"),
                                   T("pool-1", "pop", "\"task\":1,\"queue\":\"blocking\""),
                                   T("pool-1", "task_poll", "\"task\":1")));
    nothing_is_odd(&life);
    expect_state(&life, 3, 1, "queued for the blocking pool");
    assert_int_equal(life.view.global_count, 0);
    expect_state(&life, 5, 1, "polled by pool-1");
    back_is_forward(&life);
    done(&life);
}

/* ── ends ── */

static void a_task_that_is_cancelled_in_a_queue(void **state)
{
    (void)state;
    struct life life = lived(LINES(START, SPAWN("1", "0"), PUSH("1", "global"),
                                   T("main", "task_end", "\"task\":1,\"how\":\"cancelled\""),
                                   T("main", "pop", "\"task\":1,\"queue\":\"global\"")));
    nothing_is_odd(&life);
    done(&life);
}

static void an_abort_is_why_a_task_ends(void **state)
{
    (void)state;
    struct life life = lived(LINES(START, SPAWN("1", "0"), SPAWN("2", "0"), POLL_ROOT("2"),
                                   TASK("abort", "1"), PUSH("1", "local"), NOT_READY("2", "1"),
                                   E("pop", "\"task\":1,\"queue\":\"local\""),
                                   E("task_end", "\"task\":1,\"how\":\"cancelled\"")));
    nothing_is_odd(&life);
    expect_sentence(&life, 6, "Worker 0 asks task 1 to end at once.");
    expect_path(&life, 10, "task 2 > abort task 1 > task 1 ends");
    done(&life);
}

/* ── workers ── */

static void counters_and_a_poll_that_does_not_end(void **state)
{
    (void)state;
    struct life life = lived(LINES(
        START, SPAWN("1", "0"), POLL_ROOT("1"),
        E("metrics", "\"worker\":0,\"queued\":1,\"polls\":12,\"busy_ns\":5,\"steals\":1,\"overflows\":0,"
                     "\"parks\":3,\"noops\":0"),
        T("watchdog", "stuck", "\"worker\":0,\"future\":1,\"task\":1,\"ms\":250,\"at\":\"a.c:7\"")));
    nothing_is_odd(&life);
    expect_sentence(&life, 5, "Worker 0 so far: 12 polls, 1 steal, 3 parks; 1 task in its deque.");
    expect_sentence(&life, 6,
                    "Worker 0 has been in one poll of task 1 for 250 ms: it is in future 1, from a.c:7.");
    done(&life);
}

/* ── what the library tells ── */

static size_t count_told_by_threads(const struct plx_recording *recording, enum plx_kind kind)
{
    size_t count = 0;
    for (size_t n = 1; n <= plx_recording_count(recording); n++) {
        const struct plx_event *event = plx_recording_event(recording, n);
        if (event->kind != kind)
            continue;
        assert_non_null(event->thread);
        count++;
    }
    return count;
}

static void a_program_that_waits(void **state)
{
    (void)state;
    char path[256], command[512];
    if (!PLX_TRACE)
        skip();
    snprintf(path, sizeof path, "%s/test-waits-%ld.jsonl", PLX_BUILD_DIR, (long)getpid());
    snprintf(command, sizeof command, "POLLUX_TRACE=%s %s/tests/programs/waiting", path, PLX_BUILD_DIR);
    struct test_run run = test_run("%s", command);
    assert_int_equal(run.status, 0);
    test_run_done(&run);

    struct life life = {.recording = loaded(path)};
    life.world = world_of(life.recording);
    remove(path);
    nothing_is_odd(&life);
    assert_int_equal(count_told_by_threads(life.recording, PLX_EV_hand_off), 3);
    assert_int_equal(count_told_by_threads(life.recording, PLX_EV_take_over), 3);
    back_is_forward(&life);
    done(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timer),
        cmocka_unit_test(a_timer_that_another_task_has_set),
        cmocka_unit_test(a_timer_that_fires_twice_is_odd),
        cmocka_unit_test(a_timer_that_is_cancelled_is_waited_for_no_more),
        cmocka_unit_test(a_channel),
        cmocka_unit_test(a_channel_is_waited_for_until_the_next_poll),
        cmocka_unit_test(a_lock),
        cmocka_unit_test(a_budget),
        cmocka_unit_test(a_worker_goes_on_under_another_thread),
        cmocka_unit_test(a_worker_is_taken_back),
        cmocka_unit_test(nested_polls_move_along),
        cmocka_unit_test(a_poll_elsewhere_is_odd),
        cmocka_unit_test(leave_to_block_is_waited_for),
        cmocka_unit_test(a_job_of_the_blocking_pool),
        cmocka_unit_test(a_task_that_is_cancelled_in_a_queue),
        cmocka_unit_test(an_abort_is_why_a_task_ends),
        cmocka_unit_test(a_program_that_waits),
        cmocka_unit_test(counters_and_a_poll_that_does_not_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
