/* SPDX-License-Identifier: MIT
 *
 * pollux-counts: does a few things N times and 2 N times, for a machine that counts instructions (valgrind;
 * see `count`). The difference of the two, by N, is what one of them takes, exactly and on any busy machine.
 *
 * One thread does everything: a current_thread runtime, and a task that calls counted_…(n) from its poll, or
 * whose poll begins what is counted. Each function counted_… is called three times: with 2 N to warm up, with
 * N and with 2 N. A line for each says its name, and by how many operations the two differ.
 *
 *     spawn    a task that does nothing is spawned by a task
 *     life     the same, and it is polled, ends, and is freed
 *     poll     a task yields, and is polled again, one of a hundred that do
 *     wake     a task that waits is notified, and polled; it waits again
 *     timer_set, timer_cancel
 *     trace    an event is told to a trace, as far as the thread that tells it is concerned
 *
 * `pollux-counts key` names the compiler and the processor, for which the figures were recorded.
 */
#include <pollux.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 100, MOST = 2 * N, YIELDS = 10 };

static void must(int error, const char *what)
{
    if (error >= 0)
        return;
    fprintf(stderr, "pollux-counts: %s: %s\n", what, plx_error_text(error));
    exit(1);
}

/* What valgrind is told to look for: never folded into its caller, nor copied for one. */
#if defined __clang__
#define COUNTED __attribute__((noinline))
#else
#define COUNTED __attribute__((noinline, noclone))
#endif

/* ── tasks that do nothing, or wait ───────────────────────────────────────────────────────────────── */

typedef struct trivial {
    char nothing;
} trivial;
typedef plx_unit trivial_item;

static enum plx_answer trivial_poll(trivial *self, plx_context *cx, plx_unit *out)
{
    (void)self;
    (void)cx;
    *out = (plx_unit){0};
    return PLX_READY;
}

static void trivial_drop(trivial *self)
{
    (void)self;
}

PLX_LEAF(trivial)

typedef struct yielder {
    unsigned left;
} yielder;
typedef plx_unit yielder_item;

static enum plx_answer yielder_poll(yielder *self, plx_context *cx, plx_unit *out)
{
    *out = (plx_unit){0};
    if (self->left-- == 0)
        return PLX_READY;
    plx_context_yield(cx);
    return PLX_NOT_READY;
}

static void yielder_drop(yielder *self)
{
    (void)self;
}

PLX_LEAF(yielder)

static struct plx_waker_cell seats[MOST];
static unsigned seated;
static bool closing;

/* Waits until it is notified, again and again. */
typedef struct sitter {
    struct plx_waker_cell *seat;
} sitter;
typedef plx_unit sitter_item;

static enum plx_answer sitter_poll(sitter *self, plx_context *cx, plx_unit *out)
{
    *out = (plx_unit){0};
    if (closing)
        return PLX_READY;
    seated++;
    plx_waker missed = plx_waker_cell_register(self->seat, plx_context_waker(cx));
    plx_waker_notify(missed);
    plx_waker_drop(&missed);
    return PLX_NOT_READY;
}

static void sitter_drop(sitter *self)
{
    (void)self;
}

PLX_LEAF(sitter)

/* ── what is counted within one poll of a task ────────────────────────────────────────────────────── */

static plx_delay delays[MOST];

COUNTED void counted_spawn(unsigned n);
COUNTED void counted_timer_set(unsigned n, plx_context *cx);
COUNTED void counted_timer_cancel(unsigned n);
COUNTED void counted_trace(unsigned n);

static void spawn_some(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        must(PLX_SPAWN(trivial, (trivial){0}), "spawn");
}

static void notify_some(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        plx_waker waker = plx_waker_cell_take(&seats[i]);
        plx_waker_notify(waker);
        plx_waker_drop(&waker);
    }
}

void counted_spawn(unsigned n)
{
    spawn_some(n);
}

void counted_timer_set(unsigned n, plx_context *cx)
{
    plx_unit nothing;
    for (unsigned i = 0; i < n; i++) {
        cx->spent = 0; /* of the budget of this poll */
        plx_delay_poll(&delays[i], cx, &nothing);
    }
}

void counted_timer_cancel(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        plx_delay_drop(&delays[i]);
}

void counted_trace(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        plx_trace(push, .task = i, .queue = PLX_QUEUE_LOCAL, .worker = 0);
}

/* Does one of these, and then lets the others run that it has spawned or notified. */
typedef struct doer {
    enum { SPAWN, SPAWN_UNCOUNTED, NOTIFY, TIMER, TRACE } what;
    unsigned n;
    bool done;
} doer;
typedef plx_unit doer_item;

static void do_once(const doer *self, plx_context *cx)
{
    if (self->what == SPAWN)
        counted_spawn(self->n);
    else if (self->what == SPAWN_UNCOUNTED)
        spawn_some(self->n);
    else if (self->what == NOTIFY)
        notify_some(self->n);
    else if (self->what == TRACE)
        counted_trace(self->n);
    else {
        counted_timer_set(self->n, cx);
        counted_timer_cancel(self->n);
    }
}

static enum plx_answer doer_poll(doer *self, plx_context *cx, plx_unit *out)
{
    *out = (plx_unit){0};
    if (self->done)
        return PLX_READY;
    do_once(self, cx);
    self->done = true;
    plx_context_yield(cx);
    return PLX_NOT_READY;
}

static void doer_drop(doer *self)
{
    (void)self;
}

PLX_LEAF(doer)

/* ── what is counted with the scheduler around it ─────────────────────────────────────────────────── */

static struct plx_runtime *runtime;

static void do_it(doer what)
{
    plx_unit nothing;
    must(PLX_BLOCK_ON(runtime, doer, what, &nothing), "block_on");
}

COUNTED void counted_life(unsigned n);
COUNTED void counted_poll(unsigned n);
COUNTED void counted_wake(unsigned n);

void counted_life(unsigned n)
{
    do_it((doer){.what = SPAWN_UNCOUNTED, .n = n});
}

void counted_poll(unsigned n)
{
    for (unsigned i = 0; i < N; i++)
        must(PLX_SPAWN_ON(runtime, yielder, ((yielder){n / N * YIELDS})), "spawn");
    must(plx_runtime_wait_idle(runtime), "wait");
}

void counted_wake(unsigned n)
{
    do_it((doer){.what = NOTIFY, .n = n});
}

static void seat_them(void)
{
    for (unsigned i = 0; i < MOST; i++)
        must(PLX_SPAWN_ON(runtime, sitter, ((sitter){&seats[i]})), "spawn");
    while (seated < MOST)
        do_it((doer){.what = SPAWN_UNCOUNTED});
}

static void let_them_go(void)
{
    closing = true;
    do_it((doer){.what = NOTIFY, .n = MOST});
    must(plx_runtime_wait_idle(runtime), "wait");
}

static void set_timers(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        delays[i] = plx_delay_for(PLX_SECONDS(60) + PLX_MS(i * 7));
    do_it((doer){.what = TIMER, .n = n});
}

/* ── all of it ────────────────────────────────────────────────────────────────────────────────────── */

static const unsigned times[] = {2 * N, N, 2 * N};

static void count_all(void)
{
    printf("spawn %d\nlife %d\npoll %d\nwake %d\ntimer_set %d\ntimer_cancel %d\ntrace %d\n", N, N, N * YIELDS,
           N, N, N, N);
    for (int i = 0; i < 3; i++)
        do_it((doer){.what = SPAWN, .n = times[i]});
    for (int i = 0; i < 3; i++)
        counted_life(times[i]);
    for (int i = 0; i < 3; i++)
        counted_poll(times[i]);
    seat_them();
    for (int i = 0; i < 3; i++)
        counted_wake(times[i]);
    let_them_go();
    for (int i = 0; i < 3; i++)
        set_timers(times[i]);
    must(plx_trace_start("/dev/null"), "trace");
    for (int i = 0; i < 3; i++)
        do_it((doer){.what = TRACE, .n = times[i]});
    plx_trace_stop();
}

static void print_key(void)
{
#if defined __clang__
    printf("clang-%d", __clang_major__);
#else
    printf("gcc-%d", __GNUC__);
#endif
#if defined __x86_64__
    printf("-x86_64");
#elif defined __aarch64__
    printf("-aarch64");
#else
    printf("-other");
#endif
#if !defined __OPTIMIZE__ || PLX_DEBUG || PLX_SMALL || !PLX_TRACE || defined __SANITIZE_THREAD__ ||          \
    defined TESTS_SUPPORT_JITTER_H
    printf("-not-release");
#endif
    putchar('\n');
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "key") == 0) {
        print_key();
        return 0;
    }
    must(plx_runtime_new(&(struct plx_runtime_options){.kind = PLX_CURRENT_THREAD}, &runtime), "no runtime");
    count_all();
    return plx_runtime_free(runtime) ? 1 : 0;
}
