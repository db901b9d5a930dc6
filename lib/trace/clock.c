/* SPDX-License-Identifier: MIT
 *
 * The choice of the clock, and how ticks become nanoseconds: see clock.h.
 */
#include "lib/trace/clock.h"
#include "lib/trace/ring.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#ifdef __x86_64__
#include <cpuid.h>
#endif

enum { NS = 1000000000, SLOPE_AFTER_NS = 1000000 };

static const uint64_t one = (uint64_t)1 << 32; /* a slope of 1 */

struct moment {
    uint64_t ticks, ns;
};

static bool counter;             /* ticks are the processor's */
static struct moment first_look; /* of this process */

/* ── which clock ──────────────────────────────────────────────────────────────────────────────────────── */

#if defined(__x86_64__) && !defined(PLX_TRACE_NO_COUNTER)
static bool is_invariant(void)
{
    unsigned a, b, c, d = 0;
    return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & 1u << 8);
}

/* A hypervisor's clock in its place (kvm-clock, hyperv) says that the counters of the processors may
 * differ. */
static bool linux_keeps_time_by_it(void)
{
    char name[16] = "";
    FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "re");
    if (!file)
        return false;
    bool is = fgets(name, sizeof name, file) && strcmp(name, "tsc\n") == 0;
    fclose(file);
    return is;
}
#endif

void plx__clock_choose(void)
{
#if defined(PLX_TRACE_NO_COUNTER)
    counter = false; /* a test brings its own clock */
#elif defined(__x86_64__)
    counter = is_invariant() && linux_keeps_time_by_it();
#elif defined(__aarch64__)
    counter = true;
#endif
    atomic_store(&plx__trace_quick, counter && plx__barrier_init());
}

/* ── ticks ────────────────────────────────────────────────────────────────────────────────────────────── */

static uint64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS + (uint64_t)now.tv_nsec;
}

/* With the fence of plx__trace_stamp, always. */
uint64_t plx__clock_ticks(void)
{
    uint64_t ticks;
#if defined(__x86_64__)
    if (counter) {
        __asm__ volatile("lfence" ::: "memory");
        ticks = __builtin_ia32_rdtsc();
        __asm__ volatile("lfence" ::: "memory");
        return ticks;
    }
#elif defined(__aarch64__)
    if (counter) {
        __asm__ volatile("isb\n\tmrs %0, cntvct_el0\n\tisb" : "=r"(ticks)::"memory");
        return ticks;
    }
#endif
    return monotonic_ns();
}

/* Both at once, as nearly as can be had: of a few tries the one that was interrupted least. */
static struct moment look(void)
{
    struct moment best = {0};
    uint64_t shortest = UINT64_MAX;
    for (int i = 0; i < 8; i++) {
        uint64_t before = plx__clock_ticks(), ns = monotonic_ns(), after = plx__clock_ticks();
        if (after - before >= shortest)
            continue;
        shortest = after - before;
        best = (struct moment){before + (after - before) / 2, ns};
    }
    return best;
}

/* ── pieces ───────────────────────────────────────────────────────────────────────────────────────────── */

/* Over all the time since the process first looked. */
static uint64_t slope_until(struct moment now)
{
    return (uint64_t)((double)(now.ns - first_look.ns) / (double)(now.ticks - first_look.ticks) *
                      (double)one);
}

struct plx_piece plx__clock_begin(void)
{
    if (!counter) {
        uint64_t now = monotonic_ns();
        return (struct plx_piece){now, now, one};
    }
    if (!first_look.ticks)
        first_look = look();
    for (uint64_t age; (age = monotonic_ns() - first_look.ns) < SLOPE_AFTER_NS;)
        nanosleep(&(struct timespec){.tv_nsec = (long)(SLOPE_AFTER_NS - age)}, NULL);
    struct moment now = look();
    return (struct plx_piece){now.ticks, now.ns, slope_until(now)};
}

/* Within a factor of two of the true slope, so that time goes on. After a machine has slept its counter may
 * begin anew. */
struct plx_piece plx__clock_go_on(struct plx_piece piece, uint64_t ticks)
{
    if (ticks < piece.ticks) {
        first_look = look();
        return (struct plx_piece){ticks, piece.ns, piece.slope};
    }
    uint64_t ns = plx__piece_ns(&piece, ticks);
    if (!counter || ns - piece.ns < NS)
        return piece;
    struct moment now = look();
    uint64_t slope = slope_until(now);
    double late = (double)now.ns - (double)plx__piece_ns(&piece, now.ticks);
    double wanted = (double)slope * (1 + late / NS);
    double least = (double)slope / 2, most = (double)slope * 2;
    slope = (uint64_t)(wanted < least ? least : wanted > most ? most : wanted);
    return (struct plx_piece){ticks, ns, slope};
}
