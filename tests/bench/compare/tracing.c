/* SPDX-License-Identifier: MIT
 *
 * What being looked at costs: each bench without a trace and at once with one that goes to a file. A sample
 * is made of such a pair, so that what the machine does besides meets both. "While running" ends with the
 * program's own work; "with the end" with the last line of JSON.
 */
#include "compare.h"

#include <math.h>
#include <string.h>

enum { WORKERS = 2 };

/* What the line with the trace does not say itself. */
static double or_else(double told, double computed)
{
    return isnan(told) ? computed : told;
}

static void note_pair(struct samples figures[TRACED_FIGURES], const cJSON *off, const cJSON *on)
{
    double plain = number_in(off, "ns_total"), running = number_in(on, "ns_total"),
           end = number_in(on, "end_ms") * 1e6;
    double events = number_in(on, "events"), cpu = number_in(on, "cpu_ns_per_event");
    /* A tenth of the work comes first, unmeasured; but it makes events. */
    double untraced = number_in(off, "cpu_ns_per_op") * number_in(on, "n") * 1.1 / events;
    add_sample(&figures[TRACED_EVENTS], events);
    add_sample(&figures[TRACED_BYTES], number_in(on, "bytes_per_event"));
    add_sample(&figures[TRACED_HOT],
               or_else(number_in(on, "hot_ns_per_event"), (running - plain) * 1.1 * WORKERS / events));
    add_sample(&figures[TRACED_ALL], or_else(number_in(on, "all_ns_per_event"), cpu - untraced));
    add_sample(&figures[TRACED_SLOWDOWN], running / plain);
    add_sample(&figures[TRACED_WITH_END], (running + end) / plain);
}

static void run_pair(struct comparison *comparison, const struct traced *traced,
                     struct samples figures[TRACED_FIGURES])
{
    bool failed;
    cJSON *off = run_program(&comparison->peer[0], traced->off, &failed);
    cJSON *on = off ? run_program(&comparison->peer[0], traced->on, &failed) : NULL;
    if (on)
        note_pair(figures, off, on);
    cJSON_Delete(off);
    cJSON_Delete(on);
}

static bool wanted(const struct comparison *comparison, const struct traced *traced)
{
    return is_chosen(comparison, traced->on ? traced->on : "trace_tcp_echo_1t");
}

void run_traced(struct comparison *comparison)
{
    for (int i = 0; traced_of(i)->title; i++) {
        const struct traced *traced = traced_of(i);
        if (!wanted(comparison, traced))
            continue;
        if (traced->on)
            run_pair(comparison, traced, comparison->traced[i]);
        else
            trace_echo(comparison, comparison->traced[i]);
    }
}

static void print_row(const struct traced *traced, const struct samples figures[TRACED_FIGURES])
{
    double slowdown = median_of(&figures[TRACED_SLOWDOWN]), least, most;
    range_of(&figures[TRACED_SLOWDOWN], &least, &most);
    printf("%-14s %11.0f %8.1f %9.1f %9.1f %9.2f  %4.2f %-7s %9.2f   %.2f..%.2f\n", traced->title,
           median_of(&figures[TRACED_EVENTS]), median_of(&figures[TRACED_BYTES]),
           median_of(&figures[TRACED_HOT]), median_of(&figures[TRACED_ALL]), slowdown, traced->goal,
           slowdown <= traced->goal ? "met" : "missed", median_of(&figures[TRACED_WITH_END]), least, most);
}

void print_traced(const struct comparison *comparison)
{
    bool headed = false;
    for (int i = 0; traced_of(i)->title; i++) {
        if (comparison->traced[i][TRACED_SLOWDOWN].count == 0)
            continue;
        if (!headed)
            printf("\nTracing, to a file of JSON lines: on / off while running, and with the end of the "
                   "writing.\n"
                   "%-14s %11s %8s %9s %9s %9s  %-12s %9s   %s\n",
                   "bench", "events", "B/event", "hot ns", "all ns", "on / off", "goal", "with end",
                   "spread of on / off");
        headed = true;
        print_row(traced_of(i), comparison->traced[i]);
    }
    if (headed)
        printf("hot, all: CPU an event on the threads that tell, and of all threads with the end; goals: "
               "%.0f and %.0f ns.\n",
               goal_hot_ns, goal_all_ns);
}
