/* SPDX-License-Identifier: MIT
 *
 * The life of a task, all of it: every sequence of what may happen to one task, up to a length, is played on
 * a real cell with a scheduler that only keeps its queue, beside a model of a few variables. After each step
 * the two must agree: on the references (who holds one), on what is queued (at most once), polled and
 * dropped (exactly once), on what the handle answers, on whether the waiter was notified, and on when the
 * cell is freed.
 *
 * conformance 5, 133, 134, 345, 346, 349; real bugs 23, 29, 31
 */
#include "tests/support/leaf.h"
#include "tests/support/futures.h"

#include "lib/task/task.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

/* ── the model ────────────────────────────────────────────────────────────────────────────────────────── */

struct model {
    bool queued, alive, aborted, ended, handle, kept, waits;
    enum plx_ending how;
    int polls, notified, items, items_dropped;
};

static int references(const struct model *model)
{
    return model->alive + model->queued + model->handle + model->kept;
}

/* ── the thing itself ─────────────────────────────────────────────────────────────────────────────────── */

enum deed { WAIT, END, FAIL, NOTIFY_ITSELF, ABORT_ITSELF };

struct world {
    struct plx_schedule schedule; /* first: the scheduler is found by it */
    struct plx_cells cells;
    struct plx_task *task, *handle, *queue;
    int queued, freed;
    plx_waker kept;
    struct hand waiter;
    struct probe probe; /* counts the item's drops */
    enum deed deed;
    int polls, drops;
    struct model model;
};

static void submit(struct plx_schedule *schedule, struct plx_task *task, enum plx_submit how)
{
    struct world *world = (struct world *)schedule;
    (void)how;
    world->queue = task;
    world->queued++;
}

static void freed(struct plx_schedule *schedule)
{
    ((struct world *)schedule)->freed++;
}

static const struct plx_schedule_ops ops = {submit, freed, NULL, NULL};

typedef struct puppet {
    struct world *world;
} puppet;
typedef token puppet_item;

static enum plx_answer puppet_poll(puppet *self, plx_context *cx, token *out)
{
    struct world *world = self->world;
    world->polls++;
    switch (world->deed) {
    case END:
        *out = (token){&world->probe, 1};
        return PLX_READY;
    case FAIL:
        return plx_fail(cx, -EIO);
    case WAIT:
        if (!world->kept.notify)
            world->kept = plx_context_waker(cx);
        cx->waker_taken = true;
        return PLX_NOT_READY;
    case NOTIFY_ITSELF:
        plx_context_notify(cx);
        return PLX_NOT_READY;
    case ABORT_ITSELF:
        plx__task_abort(world->task);
        return PLX_NOT_READY;
    }
    return PLX_NOT_READY;
}

static void puppet_drop(puppet *self)
{
    self->world->drops++;
}

PLX_LEAF(puppet)

/* ── the steps: each is done to both. False: it cannot be done now ────────────────────────────────────── */

static void model_end(struct model *model, enum plx_ending how)
{
    model->ended = true;
    model->how = how;
    model->alive = false;
    model->items += how == PLX_ENDED_READY;
    model->items_dropped += how == PLX_ENDED_READY && !model->handle;
    model->notified += model->handle && model->waits;
}

static bool run_one(struct world *world, enum deed deed)
{
    struct model *model = &world->model;
    if (!model->queued)
        return false;
    world->deed = deed;
    struct plx_task *task = PLX_MOVE(world->queue);
    world->queued--;
    plx__task_run(task);

    model->queued = false;
    if (model->ended)
        return true;
    if (model->aborted) {
        model_end(model, PLX_ENDED_CANCELLED);
        return true;
    }
    model->polls++;
    model->kept |= deed == WAIT;
    model->queued = deed == NOTIFY_ITSELF;
    if (deed == END || deed == FAIL || deed == ABORT_ITSELF)
        model_end(model, deed == END    ? PLX_ENDED_READY
                         : deed == FAIL ? PLX_ENDED_FAILED
                                        : PLX_ENDED_CANCELLED);
    return true;
}

static bool notify_it(struct world *world)
{
    if (!world->model.kept)
        return false;
    plx_waker_notify(world->kept);
    world->model.queued |= !world->model.ended;
    return true;
}

static bool drop_waker(struct world *world)
{
    if (!world->model.kept)
        return false;
    world->model.kept = false;
    plx_waker_drop(&world->kept);
    return true;
}

/* Through an abort handle that comes and goes. */
static bool abort_it(struct world *world)
{
    struct model *model = &world->model;
    if (!model->handle)
        return false;
    struct plx_abort_handle handle = plx__abort_handle_of(world->task);
    plx_abort_handle_abort(&handle);
    assert_int_equal(plx_abort_handle_is_finished(&handle), model->ended);
    plx_abort_handle_drop(&handle);
    model->aborted |= !model->ended;
    model->queued |= !model->ended;
    return true;
}

static bool drop_handle(struct world *world)
{
    struct model *model = &world->model;
    if (!model->handle)
        return false;
    plx__handle_drop(&world->handle);
    model->items_dropped += model->ended && model->how == PLX_ENDED_READY;
    model->handle = model->waits = false;
    return true;
}

static bool ask_handle(struct world *world)
{
    struct model *model = &world->model;
    token item;
    if (!model->handle)
        return false;
    hand_enter(&world->waiter);
    enum plx_answer answer = plx__handle_poll(&world->handle, &world->waiter.cx, &item);
    hand_leave(&world->waiter);
    if (!model->ended) {
        assert_int_equal(answer, PLX_NOT_READY);
        model->waits = true;
        return true;
    }
    assert_int_equal(answer, model->how == PLX_ENDED_READY ? PLX_READY : PLX_FAILED);
    if (answer == PLX_READY)
        token_drop(&item);
    else
        assert_int_equal(world->waiter.cx.error.code, model->how == PLX_ENDED_FAILED ? -EIO : -ECANCELED);
    model->items_dropped += answer == PLX_READY;
    model->handle = model->waits = false;
    return true;
}

/* What a runtime does that shuts down. */
static bool shut_down(struct world *world)
{
    struct model *model = &world->model;
    if (!model->alive)
        return false;
    plx__cells_cancel_all(&world->cells);
    model_end(model, PLX_ENDED_CANCELLED);
    return true;
}

static bool step(struct world *world, char what)
{
    switch (what) {
    case 'w':
        return run_one(world, WAIT);
    case 'e':
        return run_one(world, END);
    case 'f':
        return run_one(world, FAIL);
    case 's':
        return run_one(world, NOTIFY_ITSELF);
    case 'k':
        return run_one(world, ABORT_ITSELF);
    case 'n':
        return notify_it(world);
    case 'd':
        return drop_waker(world);
    case 'a':
        return abort_it(world);
    case 'h':
        return drop_handle(world);
    case 'j':
        return ask_handle(world);
    default:
        return shut_down(world);
    }
}

static const char steps[] = "wefskndahjc";

/* ── what must hold ───────────────────────────────────────────────────────────────────────────────────── */

static void check(struct world *world)
{
    struct model *model = &world->model;
    assert_int_equal(world->queued, model->queued);
    assert_int_equal(plx__cells_count(&world->cells), model->alive);
    assert_int_equal(world->polls, model->polls);
    assert_int_equal(world->drops, model->ended);
    assert_int_equal(world->waiter.notified, model->notified);
    assert_int_equal(hand_wakers(&world->waiter), model->waits);
    assert_int_equal(world->probe.items_dropped, model->items_dropped);
    assert_int_equal(world->task->state / PLX_ONE_REFERENCE, references(model));
    assert_int_equal(world->schedule.shared.returned != NULL, references(model) == 0);
}

static void begin(struct world *world)
{
    puppet future = {world};
    *world = (struct world){.model = {.queued = true, .alive = true, .handle = true}};
    assert_int_equal(plx__cells_init(&world->cells), 0);
    plx__schedule_init(&world->schedule, &ops, NULL, &world->cells);
    assert_int_equal(plx__task_spawn(&world->schedule, &puppet_ops, &future, PLX_HERE, &world->handle), 0);
    world->task = world->handle;
    check(world);
}

/* Lets everything go: then the cell is gone too. */
static void finish(struct world *world)
{
    shut_down(world);
    drop_handle(world);
    drop_waker(world);
    run_one(world, WAIT);
    check(world);
    assert_int_equal(world->drops, 1);
    assert_int_equal(world->probe.items_dropped, world->model.items);
    assert_int_equal(world->schedule.holders, 1);
    plx__schedule_abandon(&world->schedule);
    assert_int_equal(world->freed, 1);
    plx__cells_done(&world->cells);
}

/* True: the last step can be done. */
static bool play(const char *sequence, int length)
{
    struct world world;
    bool possible = true;
    begin(&world);
    for (int i = 0; i < length && possible; i++) {
        possible = step(&world, sequence[i]);
        if (references(&world.model) == 0)
            break;
        check(&world);
    }
    finish(&world);
    return possible;
}

static unsigned long played;

static void play_all(char *sequence, int length, int longest)
{
    for (const char *what = steps; *what; what++) {
        sequence[length] = *what;
        sequence[length + 1] = '\0';
        played++;
        if (play(sequence, length + 1) && length + 1 < longest)
            play_all(sequence, length + 1, longest);
    }
}

static void test_every_sequence(void **state)
{
    char sequence[16];
    (void)state;
    play_all(sequence, 0, SANITIZED ? 6 : 7);
    print_message("%lu sequences\n", played);
    assert_in_range(played, 100000, 100000000);
}

/* ── the handle goes while its waker is used ──────────────────────────────────────────────────────────── */

/* A waiter that drops the handle as soon as it is notified, in the middle of the task's end: then its
 * waker is the runtime's to drop, and not only with the cell, which another waker still holds.
 * conformance 345; real bugs 29, 31 */
struct impatient {
    struct plx_task *handle;
    int notified, wakers;
};

static void impatient_notify(const struct plx_notify *self, uintptr_t id, struct plx_cause by)
{
    struct impatient *impatient = (struct impatient *)id;
    (void)self;
    (void)by;
    impatient->notified++;
    plx__handle_drop(&impatient->handle);
}

static uintptr_t impatient_clone(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    ((struct impatient *)id)->wakers++;
    return id;
}

static void impatient_drop(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    ((struct impatient *)id)->wakers--;
}

static void test_handle_goes_in_the_middle_of_the_end(void **state)
{
    static const struct plx_notify notify = {impatient_notify, impatient_clone, impatient_drop};
    struct world world;
    struct impatient impatient = {.notified = 0};
    plx_context cx = {.waker = {&notify, (uintptr_t)&impatient}};
    token item;
    (void)state;

    begin(&world);
    assert_true(run_one(&world, WAIT));
    assert_int_equal(plx__handle_poll(&world.handle, &cx, &item), PLX_NOT_READY);
    assert_int_equal(impatient.wakers, 1);
    impatient.handle = PLX_MOVE(world.handle);
    assert_true(notify_it(&world));
    assert_true(run_one(&world, END));
    assert_int_equal(impatient.notified, 1);
    assert_int_equal(impatient.wakers, 0);
    assert_int_equal(world.probe.items_dropped, 1);
    world.model.handle = false;
    world.model.items_dropped = 1;
    check(&world);
    finish(&world);
}

/* ── two tasks that wait for each other ───────────────────────────────────────────────────────────────── */

/* Each holds the other's handle, and its own waker lies in the other's cell: with the runtime both must
 * go. The leak checker looks. real bugs 29 */
PLX_HANDLE(leaf_handle, leaf)

typedef struct knot {
    leaf_handle *give, mine; /* taken at the first poll */
    int *drops;
} knot;
typedef plx_unit knot_item;

static enum plx_answer knot_poll(knot *self, plx_context *cx, plx_unit *out)
{
    token item;
    *out = (plx_unit){0};
    if (self->give->task)
        self->mine = PLX_MOVE(*self->give);
    return leaf_handle_poll(&self->mine, cx, &item) == PLX_NOT_READY ? PLX_NOT_READY : PLX_READY;
}

static void knot_drop(knot *self)
{
    leaf_handle_drop(&self->mine);
    ++*self->drops;
}

PLX_LEAF(knot)
PLX_HANDLE(knot_handle, knot)

static void test_two_that_wait_for_each_other(void **state)
{
    (void)state;
    for (int aborted = 0; aborted < 2; aborted++) {
        struct plx_runtime *runtime;
        struct plx_runtime_options options = {.kind = PLX_CURRENT_THREAD};
        leaf_handle of_a = {0}, of_b = {0};
        knot_handle a, b;
        int drops = 0;
        assert_int_equal(plx_runtime_new(&options, &runtime), 0);
        assert_int_equal(knot_handle_spawn_on(runtime, (knot){.give = &of_b, .drops = &drops}, &a), 0);
        assert_int_equal(knot_handle_spawn_on(runtime, (knot){.give = &of_a, .drops = &drops}, &b), 0);
        struct plx_abort_handle stop = knot_handle_abort_handle(&a);
        of_a.task = a.task; /* the handles are of another type: a knot's item is nothing, and never comes */
        of_b.task = b.task;
        while (plx_runtime_turn(runtime, 0) > 0)
            ;
        assert_int_equal(drops, 0);
        if (aborted) { /* the one that waited for it is told, and ends */
            plx_abort_handle_abort(&stop);
            while (plx_runtime_turn(runtime, 0) > 0)
                ;
            assert_int_equal(drops, 2);
        }
        plx_runtime_free(runtime);
        assert_int_equal(drops, 2);
        plx_abort_handle_drop(&stop);
    }
}

/* Each play has cells of its own; the allocator is not to give their memory back in between. */
int main(void)
{
    mallopt(M_TRIM_THRESHOLD, 1 << 24);
    mallopt(M_MMAP_THRESHOLD, 1 << 24);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_sequence),
        cmocka_unit_test(test_handle_goes_in_the_middle_of_the_end),
        cmocka_unit_test(test_two_that_wait_for_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
