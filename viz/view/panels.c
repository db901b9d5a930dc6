/* SPDX-License-Identifier: MIT
 *
 * The panels beside the chain: the workers with their queues, and the reactor's rows.
 */
#include "viz/view/make.h"

static uint64_t id_of(const struct plx__maker *maker, uint32_t task)
{
    return task == PLX_NONE ? 0 : maker->state->task[task].id;
}

static const uint64_t *tasks_in(struct plx__maker *maker, const struct plx_seen_queue *queue, int *count)
{
    uint64_t *ids = plx__keep_array(maker, queue->count, sizeof(*ids));
    *count = 0;
    if (!ids)
        return NULL;
    for (uint32_t i = queue->head; i != PLX_NONE && *count < (int)queue->count;
         i = maker->state->task[i].next)
        ids[(*count)++] = maker->state->task[i].id;
    return ids;
}

/* ── workers ── */

static void worker_state(struct plx__maker *maker, const struct plx_seen_actor *actor,
                         struct plx_view_worker *row)
{
    static const struct {
        enum plx_sign sign;
        const char *words;
    } shown[] = {
        [PLX_SEEN_ACTOR_UNBORN] = {PLX_SIGN_LATER, "not started"},
        [PLX_SEEN_ACTOR_IDLE] = {PLX_SIGN_LATER, "awake"},
        [PLX_SEEN_ACTOR_POLLS] = {PLX_SIGN_POLL, "polls"},
        [PLX_SEEN_ACTOR_SEARCHES] = {PLX_SIGN_LATER, "searches"},
        [PLX_SEEN_ACTOR_PARKED] = {PLX_SIGN_DROPPED, "parked"},
        [PLX_SEEN_ACTOR_TURNS] = {PLX_SIGN_NOT_READY, "turns the reactor"},
        [PLX_SEEN_ACTOR_HANDED_ON] = {PLX_SIGN_LATER, "handed on"},
        [PLX_SEEN_ACTOR_STOPPED] = {PLX_SIGN_DROPPED, "stopped"},
    };
    row->sign = shown[actor->state].sign;
    row->state = shown[actor->state].words;
    if (row->current && maker->event->kind == PLX_EV_steal) {
        row->sign = PLX_SIGN_STOLEN;
        row->state = plx__keep_format(maker, "steals from worker %u", maker->event->as_steal.victim);
    } else if (actor->state == PLX_SEEN_ACTOR_POLLS) {
        row->state = plx__keep_format(maker, "polls task %llu",
                                      (unsigned long long)id_of(maker, actor->task));
    }
}

static void make_worker(struct plx__maker *maker, const struct plx_seen_actor *actor,
                        struct plx_view_worker *row)
{
    const struct plx_event *event = maker->event;
    bool current = event && !event->thread && event->worker == actor->worker;

    *row = (struct plx_view_worker){
        .worker = actor->worker,
        .lifo = id_of(maker, actor->lifo),
        .polls = actor->polls,
        .steals = actor->steals,
        .parks = actor->parks,
        .current = current,
    };
    row->deque = tasks_in(maker, &actor->deque, &row->queued);
    if (current && event->kind == PLX_EV_steal)
        row->stolen = (int)actor->stolen < row->queued ? (int)actor->stolen : row->queued;
    worker_state(maker, actor, row);
}

void plx__make_workers(struct plx__maker *maker)
{
    struct plx_view *view = maker->view;
    const struct plx_state *state = maker->state;

    view->global = tasks_in(maker, &state->globals->global, &view->global_count);
    view->worker = plx__keep_array(maker, state->workers, sizeof(*view->worker));
    if (!view->worker)
        return;
    view->workers = (int)state->workers;
    for (uint32_t i = 0; i < state->workers; i++)
        make_worker(maker, &state->actor[i], &view->worker[i]);
}

/* ── the reactor ── */

static bool is_about(const struct plx_event *event, uint64_t token)
{
    if (!event)
        return false;
    if (event->kind == PLX_EV_notify)
        return event->as_notify.cause == PLX_WORD_BY_IO && event->as_notify.by == token;
    return plx_event_token(event) == token;
}

static void make_source(struct plx__maker *maker, const struct plx_seen_source *source,
                        struct plx_view_source *row)
{
    *row = (struct plx_view_source){
        .token = source->token,
        .fd = source->fd,
        .what = plx__keep(maker, source->what),
        .readable = source->ready & PLX_FLAG_READ,
        .writable = source->ready & PLX_FLAG_WRITE,
        .closed = source->ready & (PLX_FLAG_READ_CLOSED | PLX_FLAG_WRITE_CLOSED | PLX_FLAG_ERROR),
        .reader = id_of(maker, source->reader),
        .writer = id_of(maker, source->writer),
        .current = is_about(maker->event, source->token),
    };
}

void plx__make_sources(struct plx__maker *maker)
{
    const struct plx_state *state = maker->state;
    size_t count = 0;
    for (uint32_t i = 0; i < state->sources; i++)
        count += state->source[i].registered;

    struct plx_view_source *row = maker->view->source = plx__keep_array(maker, count, sizeof(*row));
    if (!row)
        return;
    for (uint32_t i = 0; i < state->sources; i++)
        if (state->source[i].registered)
            make_source(maker, &state->source[i], &row[maker->view->sources++]);
}
