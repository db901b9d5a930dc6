/* SPDX-License-Identifier: MIT
 *
 * The stage as a whole: how the surface is divided among the panels.
 *
 *     ┌ title ──────────────────────────────────────┐
 *     │ chain                       │ scheduler     │
 *     │                             │ reactor       │
 *     │                             │ log           │
 *     │ sentence                                    │
 *     │ why                                         │
 *     └ footer with the progress bar ───────────────┘
 *
 * The division depends on the size and the number of workers alone, so that stepping moves no panel.
 */
#include "viz/stage/draw.h"

#define MARGIN      16
#define TITLE       46
#define FOOTER      48
#define SENTENCE    48
#define WHY         28
#define LEAST_SCALE 0.8f
#define MOST_SCALE  4.0f
#define PRESENTER   1.8f

float plx_stage_scale(float width, float height)
{
    float ratio = width / 1280 < height / 720 ? width / 1280 : height / 720;
    float scale = ratio > 1 ? 1 + (ratio - 1) * 0.75f : ratio; /* a larger window also shows more */
    return scale < LEAST_SCALE ? LEAST_SCALE : scale > MOST_SCALE ? MOST_SCALE : scale;
}

struct plx_stage_state plx_stage_state(float width, float height)
{
    return (struct plx_stage_state){
        .width = width, .height = height, .scale = plx_stage_scale(width, height), .phase = 1, .speed = "×1"};
}

static float unit_of(const struct plx_stage_state *state)
{
    return state->presenter ? state->scale * PRESENTER : state->scale;
}

/* For whoever presses the keys: of the same size on the presenter's screen. */
static struct plx_rect footer_of(const struct plx_stage_state *state)
{
    float margin = MARGIN * state->scale, height = FOOTER * state->scale;
    return (struct plx_rect){margin, state->height - height, state->width - 2 * margin, height};
}

/* Takes a strip off the top of *rest. */
static struct plx_rect cut_top(struct plx_rect *rest, float height, float gap)
{
    struct plx_rect top = {rest->x, rest->y, rest->w, height};
    rest->y += height + gap;
    rest->h -= height + gap;
    return top;
}

static struct plx_rect cut_bottom(struct plx_rect *rest, float height, float gap)
{
    struct plx_rect bottom = {rest->x, rest->y + rest->h - height, rest->w, height};
    rest->h -= height + gap;
    return bottom;
}

static int draw_one(struct plx__stage *stage, struct plx_rect at)
{
    switch (stage->state->panel) {
    case PLX_STAGE_SCHEDULER:
        plx__scheduler_draw(stage, at);
        return 0;
    case PLX_STAGE_REACTOR:
        plx__reactor_draw(stage, at);
        return 0;
    case PLX_STAGE_LOG:
        plx__log_draw(stage, at);
        return 0;
    case PLX_STAGE_WHY:
        plx__why_list_draw(stage, at);
        return 0;
    case PLX_STAGE_ALL:
    case PLX_STAGE_CHAIN:
        break;
    }
    return plx__chain_draw(stage, at);
}

static int draw_panels(struct plx__stage *stage, struct plx_rect at)
{
    if (stage->state->panel != PLX_STAGE_ALL)
        return draw_one(stage, at);
    float gap = plx__px(stage, 12), part = at.w / stage->unit < 1300 ? 0.55f : 0.57f;
    struct plx_rect chain = {at.x, at.y, (at.w - gap) * part, at.h};
    struct plx_rect side = {at.x + chain.w + gap, at.y, at.w - gap - chain.w, at.h};
    float scheduler = plx__scheduler_height(stage, side.w, at.h * 0.46f);
    plx__scheduler_draw(stage, cut_top(&side, scheduler, gap));
    plx__reactor_draw(stage, cut_top(&side, (side.h - gap) * 0.48f, gap));
    if (stage->state->why_list)
        plx__why_list_draw(stage, side);
    else
        plx__log_draw(stage, side);
    return plx__chain_draw(stage, chain);
}

static int draw_window(struct plx__stage *stage)
{
    const struct plx_stage_state *state = stage->state;
    float margin = plx__px(stage, MARGIN);
    struct plx_rect rest = {margin, 0, state->width - 2 * margin, state->height};
    plx__title_draw(stage, cut_top(&rest, plx__px(stage, TITLE), 0));
    plx__footer_draw(stage, footer_of(state));
    cut_bottom(&rest, plx__px(stage, FOOTER), plx__px(stage, 10));
    struct plx_rect text = plx__inset(rest, plx__px(stage, 6)); /* in line with the title */
    text = (struct plx_rect){text.x, rest.y, text.w, rest.h};
    plx__why_draw(stage, cut_bottom(&text, plx__px(stage, WHY), plx__px(stage, 4)));
    plx__sentence_draw(stage, cut_bottom(&text, plx__px(stage, SENTENCE), plx__px(stage, 4)), PLX__LARGE);
    rest.h = text.h;
    return draw_panels(stage, rest);
}

static int draw_presenter(struct plx__stage *stage)
{
    const struct plx_stage_state *state = stage->state;
    float margin = plx__px(stage, 24), top = plx__px(stage, 32); /* above, where the poll comes from */
    struct plx_rect rest = {margin, top, state->width - 2 * margin, state->height - top};
    struct plx__stage near = *stage;
    near.unit = state->scale;
    plx__footer_draw(&near, footer_of(state));
    cut_bottom(&rest, footer_of(state).h, plx__px(stage, 4));
    plx__sentence_draw(stage, cut_bottom(&rest, state->height * 0.2f, plx__px(stage, 8)), PLX__LARGE);
    return plx__chain_draw(stage, rest);
}

int plx_stage_draw(const struct plx_view *view, const struct plx_stage_state *state,
                   struct plx_painter *painter)
{
    struct plx__stage stage = {.view = view, .state = state, .painter = painter, .unit = unit_of(state)};
    plx__theme_make(&stage.theme, state->light);
    struct plx_rect whole = {0, 0, state->width, state->height};
    plx__round_box(&stage, whole, 0, stage.theme.ground, 0, 0);
    int failed = state->presenter ? draw_presenter(&stage) : draw_window(&stage);
    if (state->overlay != NULL)
        plx__overlay_draw(&stage);
    return failed;
}

bool plx_stage_seek(const struct plx_stage_state *state, float x, float y, bool held, size_t events,
                    size_t *event)
{
    struct plx_rect bar = plx__footer_bar(state->scale, footer_of(state));
    float near = 6 * state->scale;
    if (!held &&
        (x < bar.x - near || x > bar.x + bar.w + near || y < bar.y - near || y > bar.y + bar.h + near))
        return false;
    float part = bar.w > 0 ? (x - bar.x) / bar.w : 0;
    part = part < 0 ? 0 : part > 1 ? 1 : part;
    *event = (size_t)((double)part * (double)events + 0.5);
    return true;
}
