/* SPDX-License-Identifier: MIT
 *
 * Abort, and the table of all that may become of a task: where it is aborted, what of it is fatal, and when
 * its handles are dropped.
 */
struct parcel;
extern const struct plx_item_traits parcel_traits;
#define PLX_USER_ITEMS struct parcel * : &parcel_traits,
#include "tests/support/futures.h"

#include <errno.h>

/* ── the subject: a task that does as it is told, and counts ──────────────────────────────────────────── */

struct subject_plan {
    bool waits; /* for a notify, at its first poll */
    bool fatal_poll, fatal_drop, fatal_item;
    struct plx_abort_handle aborts; /* itself, while it is polled */
    /* what has happened */
    int polls, drops, items, items_dropped;
    plx_waker waker;
};

typedef struct parcel {
    struct subject_plan *plan;
} parcel;

static void parcel_drop(void *item)
{
    struct subject_plan *plan = ((parcel *)item)->plan;
    plan->items_dropped++;
    if (plan->fatal_item)
        plx_task_fatal("the item cannot be dropped");
}

const struct plx_item_traits parcel_traits = {NULL, parcel_drop};

typedef struct subject {
    struct subject_plan *plan;
} subject;
typedef parcel subject_item;

static enum plx_answer subject_poll(subject *self, plx_context *cx, parcel *out)
{
    struct subject_plan *plan = self->plan;
    plan->polls++;
    if (plan->fatal_poll)
        return plx_fatal(cx, "the poll cannot go on");
    plx_abort_handle_abort(&plan->aborts);
    plx_abort_handle_drop(&plan->aborts);
    if (plan->waits && plan->polls == 1) {
        plan->waker = plx_context_waker(cx);
        return PLX_NOT_READY;
    }
    plan->items++;
    *out = (parcel){plan};
    return PLX_READY;
}

static void subject_drop(subject *self)
{
    self->plan->drops++;
    if (self->plan->fatal_drop)
        plx_task_fatal("the future cannot be dropped");
}

PLX_LEAF(subject)
PLX_HANDLE(subject_handle, subject)

/* ── where it runs ────────────────────────────────────────────────────────────────────────────────────── */

PLX_START(waiting, struct gate, pass, pass_new)
PLX_RUN_UNTIL(driver, waiting)

/* A current_thread runtime, turned by hand; and a local set in a task of it. */
struct place {
    struct plx_runtime *runtime;
    plx_local_set set;
    struct gate gate;
    int fatals;
};

static void count_fatal(void *arg, uint64_t task, const char *why)
{
    (void)task;
    (void)why;
    ++*(int *)arg;
}

static void turn(struct place *place)
{
    while (plx_runtime_turn(place->runtime, 0) > 0)
        ;
}

static void place_init(struct place *place)
{
    *place = (struct place){.fatals = 0};
    struct plx_runtime_hooks hooks = {.arg = &place->fatals, .task_fatal = count_fatal};
    place->runtime = runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD, .hooks = hooks});
    assert_int_equal(plx_local_set_new(&place->set), 0);
    assert_int_equal(PLX_SPAWN_ON(place->runtime, driver, driver_new(&place->set, &place->gate)), 0);
    turn(place);
}

static void place_done(struct place *place)
{
    gate_open(&place->gate);
    assert_int_equal(plx_runtime_wait_idle(place->runtime), 0);
    assert_int_equal(plx_local_set_length(&place->set), 0);
    plx_local_set_drop(&place->set);
    plx_runtime_free(place->runtime);
}

static void spawn(struct place *place, bool local, struct subject_plan *plan, subject_handle *handle)
{
    subject future = {plan};
    int error = local ? subject_handle_spawn_local_on(&place->set, future, handle)
                      : subject_handle_spawn_on(place->runtime, future, handle);
    assert_int_equal(error, 0);
}

static enum plx_answer ask(subject_handle *handle, parcel *item, struct plx_error *error)
{
    plx_context cx = {.waker = {0}};
    enum plx_answer answer = subject_handle_poll(handle, &cx, item);
    *error = cx.error;
    return answer;
}

static void notify_it(struct subject_plan *plan)
{
    plx_waker waker = PLX_MOVE(plan->waker);
    plx_waker_notify(waker);
    plx_waker_drop(&waker);
}

/* ── the table: conformance 348 ───────────────────────────────────────────────────────────────────────── */

enum abort_at { NEVER, BEFORE, POLLED, IDLE, AFTER, ABORT_POINTS };
enum handle_until { AT_ONCE, ABORTED, JOINED, HANDLE_POINTS };

struct row {
    bool local, waits, fatal_poll, fatal_drop, fatal_item;
    enum abort_at abort_at;
    enum handle_until handle_until;
};

/* What must come of it, by the rules of abort.h and fatal.h. */
enum { READY_THEN, CANCELLED_THEN, FATAL_THEN };

static int expected_end(const struct row *row)
{
    if (row->fatal_drop || (row->fatal_poll && row->abort_at != BEFORE))
        return FATAL_THEN;
    if (row->abort_at == BEFORE || (row->waits && (row->abort_at == POLLED || row->abort_at == IDLE)))
        return CANCELLED_THEN;
    return READY_THEN;
}

static int expected_polls(const struct row *row)
{
    if (row->abort_at == BEFORE)
        return 0;
    if (row->fatal_poll || !row->waits || row->abort_at == POLLED || row->abort_at == IDLE)
        return 1;
    return 2;
}

static void check_handle(const struct row *row, subject_handle *handle)
{
    parcel item;
    struct plx_error error;
    enum plx_answer answer = ask(handle, &item, &error);
    int end = expected_end(row);
    assert_int_equal(answer, end == READY_THEN ? PLX_READY : PLX_FAILED);
    if (answer == PLX_READY)
        parcel_drop(&item);
    else
        assert_int_equal(error.code, end == CANCELLED_THEN ? -ECANCELED : PLX_TASK_FATAL);
}

static void run_row(struct place *place, const struct row *row)
{
    struct subject_plan plan = {row->waits, row->fatal_poll, row->fatal_drop, row->fatal_item, .polls = 0};
    subject_handle handle;
    int fatals = place->fatals;

    spawn(place, row->local, &plan, &handle);
    struct plx_abort_handle abort = subject_handle_abort_handle(&handle);
    if (row->abort_at == POLLED)
        plan.aborts = plx_abort_handle_clone(&abort);
    if (row->handle_until == AT_ONCE)
        subject_handle_drop(&handle);
    if (row->abort_at == BEFORE)
        plx_abort_handle_abort(&abort);
    turn(place);
    if (row->abort_at == IDLE)
        plx_abort_handle_abort(&abort);
    if (row->handle_until == ABORTED)
        subject_handle_drop(&handle);
    turn(place);
    notify_it(&plan);
    turn(place);
    assert_true(plx_abort_handle_is_finished(&abort));
    assert_int_equal(plan.drops, 1); /* before the handle is asked */
    if (row->abort_at == AFTER)
        plx_abort_handle_abort(&abort);
    plx_abort_handle_abort(&abort); /* once more is as good as once */
    turn(place);
    if (row->handle_until == JOINED)
        check_handle(row, &handle);
    subject_handle_drop(&handle);
    plx_abort_handle_drop(&plan.aborts); /* the poll that it was for has not come */
    plx_abort_handle_drop(&abort);

    bool polled = expected_polls(row) > 0;
    bool told_of_item = row->fatal_item && plan.items_dropped && !row->fatal_drop; /* the first counts */
    assert_int_equal(plan.polls, expected_polls(row));
    assert_int_equal(plan.drops, 1);
    assert_int_equal(plan.items_dropped, plan.items);
    assert_int_equal(place->fatals - fatals, (row->fatal_poll && polled) + row->fatal_drop + told_of_item);
}

/* 2 places × 2 × 2 × 2 × 2 × 5 abort points × 3 lives of the handle: 480 rows. */
static void test_all_combinations(void **state)
{
    struct place place;
    int rows = 0;
    (void)state;
    place_init(&place);
    for (int bits = 0; bits < 32; bits++)
        for (int at = 0; at < ABORT_POINTS; at++)
            for (int until = 0; until < HANDLE_POINTS; until++) {
                struct row row = {bits & 1, bits & 2, bits & 4, bits & 8, bits & 16, at, until};
                if (until == JOINED || (until == ABORTED && !row.waits && !row.fatal_drop))
                    row.fatal_item = false; /* the item is dropped by the test then, and by no task */
                run_row(&place, &row);
                rows++;
            }
    assert_int_equal(rows, 480);
    place_done(&place);
}

/* ── abort handles ────────────────────────────────────────────────────────────────────────────────────── */

static void test_abort_handle_outlives(void **state)
{
    struct place place;
    struct subject_plan plan = {.waits = true};
    subject_handle handle;
    (void)state;

    place_init(&place);
    spawn(&place, false, &plan, &handle);
    struct plx_abort_handle first = subject_handle_abort_handle(&handle);
    struct plx_abort_handle second = plx_abort_handle_clone(&first);
    uint64_t number = subject_handle_task(&handle);
    subject_handle_name(&handle, "the subject"); /* for the trace only */
    assert_int_equal(plx_abort_handle_task(&first), number);
    assert_int_equal(plx_abort_handle_task(&second), number);
    plx_abort_handle_drop(&first);
    assert_int_equal(plx_abort_handle_task(&first), 0);
    turn(&place);
    assert_false(subject_handle_is_finished(&handle));
    assert_false(plx_abort_handle_is_finished(&second));
    notify_it(&plan);
    turn(&place);
    assert_true(subject_handle_is_finished(&handle));
    plx_abort_handle_abort(&second); /* too late: the item stays */
    parcel item;
    struct plx_error error;
    assert_int_equal(ask(&handle, &item, &error), PLX_READY);
    parcel_drop(&item);
    place_done(&place);

    assert_true(plx_abort_handle_is_finished(&second)); /* the runtime has gone meanwhile */
    plx_abort_handle_abort(&second);
    plx_abort_handle_drop(&second);
    plx_abort_handle_drop(&second);
    plx_abort_handle_abort(&second);
    assert_false(plx_abort_handle_is_finished(&second));
    assert_int_equal(plan.drops, 1);
}

/* H_abort, and an aborted task that nobody waits for; the last ones are aborted with their runtime gone. */
static void test_abort_through_the_handle(void **state)
{
    struct place place;
    struct subject_plan plan = {.waits = true};
    subject_handle handle;
    parcel item;
    struct plx_error error;
    (void)state;

    place_init(&place);
    spawn(&place, true, &plan, &handle);
    turn(&place);
    assert_int_equal(plan.polls, 1);
    subject_handle_abort(&handle);
    assert_int_equal(plan.drops, 0); /* not on the caller's back */
    turn(&place);
    assert_int_equal(plan.drops, 1);
    assert_int_equal(ask(&handle, &item, &error), PLX_FAILED);
    assert_int_equal(error.code, -ECANCELED);
    notify_it(&plan);
    subject_handle empty = {0};
    subject_handle_abort(&empty);
    assert_int_equal(subject_handle_task(&empty), 0);
    place_done(&place);
}

/* ── abort against completion, on many workers ────────────────────────────────────────────────────────── */

PLX_HANDLE(tally_handle, tally)

enum { RACES = 2000, ABORTERS = 2 };

struct race {
    struct plx_abort_handle handles[RACES];
    _Atomic unsigned next;
};

static void *abort_all(void *arg)
{
    struct race *race = arg;
    for (;;) {
        unsigned i = atomic_fetch_add(&race->next, 1);
        if (i >= RACES)
            return NULL;
        plx_abort_handle_abort(&race->handles[i]);
    }
}

/* Each future is dropped once, and each handle says either or. real bugs 23, 31 */
static void test_abort_races_with_the_end(void **state)
{
    static struct race race;
    static tally_handle handles[RACES];
    struct tally_counts counts = {.polls = 0};
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    pthread_t threads[ABORTERS];
    unsigned ready = 0, cancelled = 0;
    (void)state;

    memset(&race, 0, sizeof race);
    for (int i = 0; i < RACES; i++) {
        assert_int_equal(tally_handle_spawn_on(runtime, tally_new(&counts, i % 4), &handles[i]), 0);
        race.handles[i] = tally_handle_abort_handle(&handles[i]);
    }
    for (int i = 0; i < ABORTERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, abort_all, &race), 0);
    for (int i = 0; i < RACES; i++) {
        uint64_t item;
        int error = tally_handle_wait(&handles[i], &item);
        ready += error == 0;
        cancelled += error == -ECANCELED;
    }
    for (int i = 0; i < ABORTERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < RACES; i++)
        plx_abort_handle_drop(&race.handles[i]);
    assert_int_equal(ready + cancelled, RACES);
    assert_int_equal(atomic_load(&counts.drops), RACES);
    assert_int_equal(atomic_load(&counts.ends), ready);
    assert_int_equal(atomic_load(&counts.clashes), 0);
    plx_runtime_free(runtime);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_combinations),
        cmocka_unit_test(test_abort_handle_outlives),
        cmocka_unit_test(test_abort_through_the_handle),
        cmocka_unit_test(test_abort_races_with_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
