/* SPDX-License-Identifier: MIT
 *
 * The log: a line for each event around N. What is long in words has a template here; the other events show
 * their fields by name.
 */
#include "viz/view/make.h"

#include <stdio.h>

#define LINES_MAX 4096

static const char *const templates[PLX_EV_COUNT] = {
    [PLX_EV_shape] = "shape {shape}  {kind} {name}",
    [PLX_EV_note] = "{text}",
    [PLX_EV_runtime_start] = "runtime {runtime}  {kind}, {workers} worker(s)",
    [PLX_EV_runtime_shutdown] = "runtime {runtime}  {how}",
    [PLX_EV_lost] = "{count} event(s)",
    [PLX_EV_spawn] = "task {task}[  for task {by}][  at {at}]",
    [PLX_EV_task_name] = "task {task}  {name}",
    [PLX_EV_task_end] = "task {task}  {how}",
    [PLX_EV_poll] = "{future} in task {task}",
    [PLX_EV_not_ready] = "{future}[  {detail}]",
    [PLX_EV_ready] = "{future}[  {value}]",
    [PLX_EV_failed] = "{future}  {error}",
    [PLX_EV_drop] = "{future} in task {task}",
    [PLX_EV_label] = "{future}  {text}",
    [PLX_EV_graft] = "{future}  {shape}",
    [PLX_EV_notify] = "task {task}  by {cause}[ {by}]",
    [PLX_EV_push] = "task {task}  to {queue}",
    [PLX_EV_pop] = "task {task}  from {queue}",
    [PLX_EV_steal] = "task {task}  from worker {victim}",
    [PLX_EV_overflow] = "task {task}  to global",
    [PLX_EV_search] = "worker {worker}",
    [PLX_EV_park] = "worker {worker}",
    [PLX_EV_unpark] = "worker {worker}",
    [PLX_EV_wake] = "worker {worker}",
    [PLX_EV_register] = "fd {fd}  token {token}  {what}",
    [PLX_EV_wait] = "task {task}  token {token} to {direction}",
    [PLX_EV_turn_start] = "",
    [PLX_EV_turn_end] = "{events} event(s)",
    [PLX_EV_io_ready] = "token {token}  {ready}",
    [PLX_EV_deregister] = "fd {fd}  token {token}",
    [PLX_EV_metrics] = "worker {worker}  {polls} poll(s), {steals} steal(s), {parks} park(s)",
    [PLX_EV_stuck] = "worker {worker}  {future} in task {task} for {ms} ms",
    [PLX_EV_timer_set] = "timer {timer}[  by task {task}]  to {deadline_ms} ms",
    [PLX_EV_timer_cascade] = "timer {timer}  to level {level}, slot {slot}",
    [PLX_EV_timer_fire] = "timer {timer}  at {deadline_ms} ms",
    [PLX_EV_timer_cancel] = "timer {timer}",
    [PLX_EV_clock] = "to {now_ms} ms",
    [PLX_EV_hand_off] = "worker {worker}",
    [PLX_EV_take_over] = "worker {worker}",
    [PLX_EV_sync_new] = "{object}[  for {capacity}]",
    [PLX_EV_send] = "{object}[  by task {task}][  {length} in it]",
    [PLX_EV_receive] = "{object}[  by task {task}][  {length} left]",
    [PLX_EV_sync_wait] = "task {task}  for {object}",
    [PLX_EV_lock_grant] = "{object}[  to task {task}]",
    [PLX_EV_lock_release] = "{object}[  by task {task}]",
    [PLX_EV_close] = "{object}  by its {side}",
};

static void add_fields(struct plx__text *text, const struct plx__maker *maker, size_t n, enum plx_kind kind)
{
    for (const struct plx_field *field = plx_kind_info(kind).field; field->name; field++) {
        char template[80];
        snprintf(template, sizeof(template), "%s%s {%s}", text->length ? "  " : "", field->name, field->name);
        plx__expand(text, maker->world, n, template);
    }
}

static struct plx_view_line line_of(struct plx__maker *maker, size_t n)
{
    const struct plx_event *event = plx_recording_event(maker->recording, n);
    struct plx__text text = {.length = 0};
    if (templates[event->kind])
        plx__expand(&text, maker->world, n, templates[event->kind]);
    else
        add_fields(&text, maker, n, (enum plx_kind)event->kind);
    return (struct plx_view_line){
        .event = n,
        .who = event->thread ? plx__keep(maker, event->thread)
                             : plx__keep_format(maker, "w%u", event->worker),
        .verb = plx_kind_info((enum plx_kind)event->kind).name,
        .text = plx__keep(maker, text.bytes),
        .sign = plx__sign_of_event(event),
        .task = event->task,
    };
}

static size_t at_most(int wish)
{
    return wish < 0 ? 0 : wish > LINES_MAX ? LINES_MAX : (size_t)wish;
}

void plx__make_log(struct plx__maker *maker)
{
    struct plx_view *view = maker->view;
    size_t before = at_most(maker->wish->log_before), after = at_most(maker->wish->log_after);
    size_t first = maker->at > before ? maker->at - before : 1, last = maker->at + after;
    if (last > plx_recording_count(maker->recording))
        last = plx_recording_count(maker->recording);

    view->log_at = -1;
    if (last < first)
        return;
    view->log = plx__keep_array(maker, last - first + 1, sizeof(*view->log));
    if (!view->log)
        return;
    for (size_t n = first; n <= last; n++) {
        if (n == maker->at)
            view->log_at = view->log_count;
        view->log[view->log_count++] = line_of(maker, n);
    }
}
