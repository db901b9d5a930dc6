/* SPDX-License-Identifier: MIT
 *
 * Driving a chain of five combinators on a leaf that is NotReady three times: as one struct, as async/await,
 * in boxes, and as a task.
 */
#include "bench.h"

#include <string.h>

/* ── allocations are counted: the program's own malloc hands on to the C library's ────────────────── */

extern void *__libc_malloc(size_t size);
static _Thread_local uint64_t allocations;

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

/* ── the leaf, and what stands on it ──────────────────────────────────────────────────────────────── */

typedef struct slow {
    int left;
} slow;
typedef uint64_t slow_item;

/* The compiler is not to know how often it will be asked. */
static enum plx_answer slow_poll(slow *self, plx_context *cx, uint64_t *out)
{
    *out = 1;
    __asm__ volatile("" : "+m"(self->left));
    if (self->left-- == 0)
        return PLX_READY;
    plx_context_notify(cx);
    return PLX_NOT_READY;
}

static void slow_drop(slow *self)
{
    (void)self;
}

PLX_LEAF(slow)

struct env {
    uint64_t add;
};

PLX_VALUE(number, uint64_t)

static slow begin(struct env *env)
{
    (void)env;
    return (slow){3};
}

static uint64_t plus(struct env *env, uint64_t value)
{
    return value + env->add;
}

static number times_two(struct env *env, uint64_t value)
{
    (void)env;
    return number_of(value * 2);
}

PLX_START(c0, struct env, slow, begin)
PLX_MAP(c1, c0, uint64_t, plus)
PLX_AND_THEN(c2, c1, number, times_two)
PLX_MAP(c3, c2, uint64_t, plus)
PLX_AND_THEN(c4, c3, number, times_two)
PLX_MAP(c5, c4, uint64_t, plus)

/* A context by hand: its task is nobody, who is notified in vain. */
static void notify_nobody(const struct plx_notify *self, uintptr_t id, struct plx_cause by)
{
    (void)self;
    (void)id;
    (void)by;
}

static uintptr_t keep_nobody(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    return id;
}

static void drop_nobody(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    (void)id;
}

static const struct plx_notify nobody = {notify_nobody, keep_nobody, drop_nobody};

static uint64_t sink;

/* Whoever polls does not know in which state the future is: hidden from the compiler, as an executor hides it. */
#define HIDDEN(pointer)                                                                                      \
    __extension__({                                                                                          \
        __typeof__(pointer) hidden = (pointer);                                                              \
        __asm__ volatile("" : "+r"(hidden) : : "memory");                                                    \
        hidden;                                                                                              \
    })

/* ── the four ─────────────────────────────────────────────────────────────────────────────────────── */

static void drive_static(plx_context *cx, struct env *env)
{
    uint64_t item = 0;
    c5 chain = c5_new(env);
    while (c5_poll(HIDDEN(&chain), cx, &item) == PLX_NOT_READY)
        ;
    c5_drop(&chain);
    sink += item;
}

struct steps_vars {
    struct env *env;
    uint64_t value;
};

#define STEPS_AWAITS(AWAIT)                                                                                  \
    AWAIT(slept, slow)                                                                                       \
    AWAIT(doubled, number)                                                                                   \
    AWAIT(again, number)

PLX_ASYNC(steps, struct steps_vars, uint64_t, STEPS_AWAITS, plx_no_cleanup)
{
    PLX_BEGIN;
    PLX_AWAIT(my->value, slept, begin(my->env));
    my->value = plus(my->env, my->value);
    PLX_AWAIT(my->value, doubled, times_two(my->env, my->value));
    my->value = plus(my->env, my->value);
    PLX_AWAIT(my->value, again, times_two(my->env, my->value));
    PLX_RETURN(plus(my->env, my->value));
    PLX_END;
}

static void drive_async(plx_context *cx, struct env *env)
{
    uint64_t item = 0;
    steps future = steps_new((struct steps_vars){env, 0});
    while (steps_poll(HIDDEN(&future), cx, &item) == PLX_NOT_READY)
        ;
    steps_drop(&future);
    sink += item;
}

PLX_BOXED(box, uint64_t)

static void drive_boxed(plx_context *cx, struct env *env)
{
    uint64_t item = 0;
    box future = PLX_BOX(box, c5, c5_new(env));
    while (box_poll(HIDDEN(&future), cx, &item) == PLX_NOT_READY)
        ;
    box_drop(&future);
    sink += item;
}

static void by_hand(const struct bench *bench, uint64_t n, void (*drive)(plx_context *cx, struct env *env),
                    size_t size)
{
    struct env env = {1};
    plx_context cx = {.waker = {&nobody, 1}};
    for (uint64_t i = 0; i < n / 10; i++)
        drive(&cx, &env);
    uint64_t before = allocations;
    struct stopwatch start = stopwatch_start();
    for (uint64_t i = 0; i < n; i++)
        drive(&cx, &env);
    struct stopwatch took = stopwatch_read(start);
    report(bench->name, n, took, ",\"allocs_per_op\":%.2f,\"future_size\":%zu",
           (double)(allocations - before) / (double)n, size);
}

static void chain_static(const struct bench *bench, uint64_t n)
{
    by_hand(bench, n, drive_static, sizeof(c5));
}

static void chain_async_await(const struct bench *bench, uint64_t n)
{
    by_hand(bench, n, drive_async, sizeof(steps));
}

static void chain_boxed(const struct bench *bench, uint64_t n)
{
    by_hand(bench, n, drive_boxed, sizeof(box));
}

/* One after the other: a task spawns one, and waits for it. */
PLX_HANDLE(c5_task, c5)

struct driver_vars {
    struct env *env;
    uint64_t left, allocations, value;
    c5_task task;
};

#define DRIVER_AWAITS(AWAIT) AWAIT(ended, c5_task)

PLX_ASYNC(driver, struct driver_vars, uint64_t, DRIVER_AWAITS, plx_no_cleanup)
{
    PLX_BEGIN;
    my->allocations = allocations;
    for (; my->left > 0; my->left--) {
        must(c5_task_spawn(c5_new(my->env), &my->task), "spawn");
        PLX_AWAIT(my->value, ended, PLX_MOVE(my->task));
    }
    PLX_RETURN(allocations - my->allocations);
    PLX_END;
}

static void chain_spawned(const struct bench *bench, uint64_t n)
{
    struct env env = {1};
    uint64_t counted;
    struct plx_runtime *runtime;
    must(plx_runtime_new(&(struct plx_runtime_options){.kind = PLX_CURRENT_THREAD}, &runtime), "no runtime");
    must(PLX_BLOCK_ON(runtime, driver, driver_new((struct driver_vars){&env, n / 10 + 1, 0, 0, {0}}),
                      &counted),
         "chain");
    struct stopwatch start = stopwatch_start();
    must(PLX_BLOCK_ON(runtime, driver, driver_new((struct driver_vars){&env, n, 0, 0, {0}}), &counted),
         "chain");
    struct stopwatch took = stopwatch_read(start);
    report(bench->name, n, took, ",\"allocs_per_op\":%.2f,\"future_size\":%zu", (double)counted / (double)n,
           sizeof(c5));
    plx_runtime_free(runtime);
}

const struct bench chain_benches[] = {
    {"chain_static", 10000000, chain_static},
    {"chain_async_await", 10000000, chain_async_await},
    {"chain_boxed", 5000000, chain_boxed},
    {"chain_spawned", 1000000, chain_spawned},
    {0},
};
