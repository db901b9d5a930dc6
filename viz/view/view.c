/* SPDX-License-Identifier: MIT
 *
 * Making a view: the title line here, the panels in the files beside.
 */
#include "viz/view/make.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void make_title(struct plx__maker *maker)
{
    const struct plx_header *header = plx_recording_header(maker->recording);
    struct plx_view *view = maker->view;

    view->file = plx__keep(maker, header->file);
    view->program = plx__keep(maker, header->program);
    view->mode = plx__keep(maker, plx_world_mode(maker->world));
    view->worker_count = plx_world_workers(maker->world);
    view->event = maker->at;
    view->events = plx_recording_count(maker->recording);
    view->t_ns = maker->event ? maker->event->t_ns : 0;
    view->issues = plx_world_issues(maker->world);
    view->issue = "";
    if (view->issues) {
        const struct plx_issue *issue = plx_world_issue(maker->world, 0);
        view->issue = plx__keep_format(maker, "line %zu: %s", issue->line, issue->text);
    }
}

int plx_view_make(const struct plx_world *world, const struct plx_view_wish *wish, struct plx_view *view)
{
    memset(view, 0, sizeof(*view));
    struct plx__arena *arena = calloc(1, sizeof(*arena));
    if (!arena)
        return -ENOMEM;
    view->arena = arena;

    struct plx__maker maker = {
        .world = world,
        .recording = plx_world_recording(world),
        .state = plx_world_state(world),
        .at = plx_world_at(world),
        .wish = wish,
        .view = view,
        .arena = arena,
    };
    maker.event = plx_recording_event(maker.recording, maker.at);
    make_title(&maker);
    plx__make_chain(&maker);
    plx__make_workers(&maker);
    plx__make_sources(&maker);
    plx__make_sentence(&maker);
    plx__make_why(&maker);
    plx__make_log(&maker);
    if (!maker.failed)
        return 0;
    plx_view_free(view);
    return -ENOMEM;
}

void plx_view_free(struct plx_view *view)
{
    struct plx__arena *arena = view->arena;
    if (arena)
        plx__arena_done(arena);
    free(arena);
    memset(view, 0, sizeof(*view));
}
