/* SPDX-License-Identifier: MIT
 *
 * The chain: nested boxes as on the slide, the poll on its way in and the answer on its way out.
 *
 * Both travel in a lane, a column that the texts of every box leave free, so that nothing is ever painted
 * over a word and no text moves when the poll passes.
 */
#include "viz/stage/chain.h"

#include <stdio.h>
#include <string.h>

#include "viz/view/sign.h"

#define LANE      0.53f /* where the lane is, from left to right */
#define LANE_FREE 18    /* half its width */

struct scene {
    struct plx__stage *stage;
    struct plx__chain chain;
    float width;    /* of the whole panel */
    float lane;     /* the middle of it */
    float worker_y; /* where the poll comes from and the answer goes to, outside of all boxes */
};

/* ── one box ──────────────────────────────────────────────────────────────────────────────────── */

/* Of a box's text, from its edge. */
static float text_indent(const struct scene *scene)
{
    return plx__px(scene->stage, scene->width < plx__px(scene->stage, 560) ? 11 : 16);
}

static bool quiet(const struct plx_view_box *box)
{
    return box->sign == PLX_SIGN_LATER || box->sign == PLX_SIGN_DROPPED;
}

static struct plx_box frame_of(const struct scene *scene, int index)
{
    const struct plx__theme *theme = &scene->stage->theme;
    const struct plx_view_box *view = &scene->chain.view->boxes[index];
    plx_colour ink = theme->ink[view->sign];
    int depth = view->depth - scene->chain.outside;
    struct plx_box box = {
        .at = scene->chain.box[index].at,
        .radius = plx__px(scene->stage, depth < 5 ? 8 - (float)depth : 4),
        .fill = theme->panel,
        .line = plx__mix(theme->line, ink, view->on_path ? 0.7f : 0.4f),
        .width = plx__px(scene->stage, 1.25f),
    };
    if (view->current) {
        box.fill = plx__mix(theme->panel, ink, scene->chain.box[index].open > 0 ? 0.07f : 0.13f);
        box.line = ink;
        box.width = plx__px(scene->stage, 2);
    } else if (quiet(view)) {
        box.line = theme->line;
        box.dashed = view->sign == PLX_SIGN_LATER;
    }
    return box;
}

static void draw_frame(struct scene *scene, int index)
{
    struct plx_painter *painter = scene->stage->painter;
    struct plx_box box = frame_of(scene, index);
    if (scene->chain.view->boxes[index].current) { /* a glow around it */
        float out = plx__px(scene->stage, 3);
        struct plx_box glow = {.at = plx__inset(box.at, -out),
                               .radius = box.radius + out,
                               .line = plx__fade(box.line, 0.28f),
                               .width = out};
        painter->box(painter, &glow);
    }
    painter->box(painter, &box);
}

/* How many boxes are inside a closed one, in long or in short. */
static void draw_inside(struct plx__stage *stage, int inside, float x, float right, float y)
{
    static const char *const forms[] = {"+%d inside", "+%d"};
    char text[32];
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        snprintf(text, sizeof text, forms[i], inside);
        if (plx__width(stage, PLX__SMALL, text) > right - x)
            continue;
        plx__text(stage, x, y, right - x, (struct plx__ink){stage->theme.faint, PLX__SMALL, false}, text);
        return;
    }
}

/* "and_then process_response  4 of 10 bytes": the detail gives way first. */
static void draw_name(struct scene *scene, int index, float x, float right)
{
    struct plx__stage *stage = scene->stage;
    const struct plx_view_box *box = &scene->chain.view->boxes[index];
    float y = scene->chain.box[index].row, space = plx__advance(stage, PLX__BODY);
    bool named = box->name[0] != '\0' &&
                 strcmp(box->kind, "leaf") != 0; /* of a leaf, one of them is enough */
    struct plx__ink plain = {quiet(box) ? stage->theme.faint : stage->theme.text, PLX__BODY, false};
    struct plx__ink bold = {plain.colour, PLX__BODY, !quiet(box)};
    struct plx__ink faint = {stage->theme.faint, PLX__BODY, false};
    const char *first = named || box->name[0] == '\0' ? box->kind : box->name;
    float kind = plx__width(stage, PLX__BODY, first);
    if (named && kind > (right - x) * 0.5f)
        kind = (right - x) * 0.5f;
    x += plx__text(stage, x, y, named ? kind : right - x, named ? plain : bold, first) + space;
    if (named)
        x += plx__text(stage, x, y, right - x, bold, box->name) + space;
    if (scene->chain.box[index].closed) {
        draw_inside(stage, scene->chain.box[index].inside, x, right, y);
        return;
    }
    if (plx__width(stage, PLX__BODY, box->detail) > right - x)
        faint.size = PLX__SMALL;
    if (right - x >= 5 * space)
        plx__text(stage, x, y, right - x, faint, box->detail);
}

/* "before: … NotReady", its right edge at `right`, when there is room for it. */
static void draw_before(struct scene *scene, enum plx_sign before, float right, float y, float room)
{
    struct plx__stage *stage = scene->stage;
    struct plx__ink faint = {stage->theme.faint, PLX__SMALL, false};
    const char *word = plx_sign_look(before)->word;
    float words = plx__width(stage, PLX__SMALL, word), said = plx__width(stage, PLX__SMALL, "before:");
    float mark = plx__px(stage, 22);
    if (words + mark + said > room)
        return;
    plx__text_right(stage, right, y, words, faint, word);
    plx__sign(stage, before, right - words - plx__px(stage, 11), y, plx__px(stage, 11), faint.colour);
    plx__text_right(stage, right - words - mark, y, said, faint, "before:");
}

static void draw_box(struct scene *scene, int index)
{
    struct plx__stage *stage = scene->stage;
    const struct plx_view_box *view = &scene->chain.view->boxes[index];
    const struct plx__chain_box *box = &scene->chain.box[index];
    float pad = text_indent(scene), lane = plx__px(stage, LANE_FREE);
    float pill = plx__px(stage, scene->chain.row < 32 ? scene->chain.row - 8 : 24);
    draw_frame(scene, index);
    draw_name(scene, index, box->at.x + pad, scene->lane - lane);
    float right = box->at.x + box->at.w - pad, left = scene->lane + lane;
    right -= plx__pill(stage, view->sign, view->word, right, box->row, right - left, pill) +
             plx__px(stage, 16);
    if (!stage->state->presenter && view->before != PLX_SIGN_LATER && (view->on_path || view->current))
        draw_before(scene, view->before, right, box->row, right - left);
}

static void draw_more(struct scene *scene, int index)
{
    struct plx__stage *stage = scene->stage;
    const struct plx__chain_box *box = &scene->chain.box[index];
    float pad = text_indent(scene);
    struct plx_box dashed = {.at = box->at,
                             .radius = plx__px(stage, 4),
                             .fill = stage->theme.panel,
                             .line = stage->theme.line,
                             .width = plx__px(stage, 1.25f),
                             .dashed = true};
    char text[48];
    stage->painter->box(stage->painter, &dashed);
    snprintf(text, sizeof text, "%d more", box->more);
    plx__text(stage, box->at.x + pad, box->row, scene->lane - box->at.x - 2 * pad,
              (struct plx__ink){stage->theme.faint, PLX__BODY, false}, text);
}

/* ── what travels ─────────────────────────────────────────────────────────────────────────────── */

/* The box that stands for this one: itself, or the first box around it that is drawn. */
static float stop_of(const struct scene *scene, int index)
{
    while (index >= 0 && (!scene->chain.box[index].shown || scene->chain.box[index].more > 0))
        index = scene->chain.view->boxes[index].parent;
    return index < 0 ? scene->worker_y : scene->chain.box[index].row;
}

static void draw_dot(struct scene *scene, float y, plx_colour colour, bool out)
{
    struct plx__stage *stage = scene->stage;
    struct plx_painter *painter = stage->painter;
    float ring = plx__px(stage, 0.36f * scene->chain.row);
    if (ring > plx__px(stage, 15))
        ring = plx__px(stage, 15);
    painter->circle(painter, scene->lane, y, ring, plx__px(stage, 1.5f), plx__fade(colour, 0.5f));
    painter->circle(painter, scene->lane, y, ring * 0.58f, 0, colour);
    if (out)
        painter->arrow(painter, scene->lane, y - ring - plx__px(stage, 4), 0, -1, plx__px(stage, 9), colour);
}

static void draw_trail(struct scene *scene, float from, float to, plx_colour colour)
{
    struct plx_painter *painter = scene->stage->painter;
    float gap = plx__px(scene->stage, from < to ? -16 : 16);
    if ((to + gap - from) * (to - from) > 0)
        painter->line(painter, scene->lane, from, scene->lane, to + gap, plx__px(scene->stage, 2.5f), colour,
                      true);
}

/* A poll leaves a trail from the outermost box; an answer, from the box that gave it. */
static void draw_motion(struct scene *scene)
{
    const struct plx_view_chain *view = scene->chain.view;
    if (view->motion == PLX_MOTION_NONE || scene->chain.box == NULL)
        return;
    bool out = view->motion == PLX_MOTION_OUT;
    float from = stop_of(scene, view->from), to = stop_of(scene, view->to);
    float rest = 1 - scene->stage->state->phase, eased = 1 - rest * rest * rest;
    float y = from + (to - from) * eased;
    int teller = out ? view->from : view->to;
    plx_colour colour =
        scene->stage->theme.ink[!out || teller < 0 ? PLX_SIGN_POLL : view->boxes[teller].sign];
    float top = scene->chain.box[scene->chain.top].row;
    draw_trail(scene,
               out                                       ? from
               : scene->worker_y < top && view->from < 0 ? scene->worker_y
                                                         : top,
               y, colour);
    draw_dot(scene, y, colour, out);
}

/* ── the panel ────────────────────────────────────────────────────────────────────────────────── */

static void draw_outside(struct scene *scene, struct plx_rect at)
{
    char text[64];
    if (scene->chain.outside == 0)
        return;
    snprintf(text, sizeof text, "inside %d outer box%s", scene->chain.outside,
             scene->chain.outside == 1 ? "" : "es");
    plx__text(scene->stage, at.x, at.y + plx__px(scene->stage, 8),
              scene->lane - at.x - plx__px(scene->stage, LANE_FREE),
              (struct plx__ink){scene->stage->theme.faint, PLX__SMALL, false}, text);
}

static void draw_boxes(struct scene *scene, struct plx_rect at)
{
    draw_outside(scene, at);
    for (int i = scene->chain.top; i < scene->chain.view->count; i++) {
        if (!scene->chain.box[i].shown)
            continue;
        if (scene->chain.box[i].more > 0)
            draw_more(scene, i);
        else
            draw_box(scene, i);
    }
    draw_motion(scene);
}

/* Task and name at the left of the lane, what it is doing at the right. */
static void draw_heading(struct scene *scene, struct plx_rect at)
{
    struct plx__stage *stage = scene->stage;
    const struct plx_view_chain *view = scene->chain.view;
    float pad = plx__px(stage, 16), lane = plx__px(stage, LANE_FREE), small = plx__advance(stage, PLX__SMALL);
    float x = at.x + pad + 6 * small, right = at.x + at.w - pad;
    struct plx__ink faint = {stage->theme.faint, PLX__SMALL, false};
    char name[256];
    snprintf(name, sizeof name, view->name[0] != '\0' ? "task %llu \"%.200s\"" : "task %llu",
             (unsigned long long)view->task, view->name);
    plx__text(stage, x, scene->worker_y, scene->lane - lane - x, faint, name);
    float room = right - scene->lane - lane - plx__px(stage, 18),
          state = plx__width(stage, PLX__SMALL, view->state);
    if (state > room)
        state = room;
    faint.colour = view->sign == PLX_SIGN_LATER ? faint.colour : stage->theme.ink[view->sign];
    plx__text_right(stage, right, scene->worker_y, state, faint, view->state);
    plx__sign(stage, view->sign, right - state - plx__px(stage, 11), scene->worker_y, plx__px(stage, 11),
              faint.colour);
}

static void draw_empty(struct plx__stage *stage, struct plx_rect at)
{
    plx__text_middle(stage, at.x + at.w / 2, at.y + at.h / 2, at.w,
                     (struct plx__ink){stage->theme.faint, PLX__BODY, false}, "no task has been spawned yet");
}

int plx__chain_draw(struct plx__stage *stage, struct plx_rect at)
{
    struct scene scene = {.stage = stage, .lane = at.x + at.w * LANE, .width = at.w};
    bool presenter = stage->state->presenter;
    struct plx_rect inside = at;
    if (!presenter)
        inside = plx__panel(stage, at, "CHAIN", "");
    if (stage->view->chain.task == 0) {
        draw_empty(stage, inside);
        return 0;
    }
    int failed = plx__chain_layout(&scene.chain, stage, inside);
    if (failed != 0)
        return failed;
    bool boxes = scene.chain.box != NULL;
    scene.worker_y = presenter && boxes ? scene.chain.box[scene.chain.top].at.y - plx__px(stage, 12)
                                        : at.y + plx__px(stage, 20);
    if (!presenter)
        draw_heading(&scene, at);
    if (boxes)
        draw_boxes(&scene, inside);
    plx__chain_done(&scene.chain);
    return 0;
}
