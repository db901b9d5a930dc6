/* SPDX-License-Identifier: MIT
 *
 * Where the boxes of the chain stand, see chain.h. All passes are linear in the number of boxes, because the
 * boxes are in preorder: a parent stands before its children, so forward passes go down and backward passes
 * go up.
 */
#include "viz/stage/chain.h"

#include <errno.h>
#include <stdlib.h>

#define FOLDED_LINE 24 /* the height of the line that tells of boxes folded away */
#define DEPTH_MAX   48 /* boxes deeper than this are closed, however much room there is */

struct density {
    float row, gap, pad;
};

static const struct density tight = {28, 5, 6}, roomy = {50, 16, 18};

static int outermost(int a, int b)
{
    return a > b ? a : b;
}

/* The innermost box that the event is about; without one, the innermost that was polled and is not done. */
static int focus_of(const struct plx_view_chain *view)
{
    int focus = view->motion == PLX_MOTION_NONE ? -1 : outermost(view->from, view->to), waiting = -1,
        open = -1;
    for (int i = 0; i < view->count; i++) {
        const struct plx_view_box *box = &view->boxes[i];
        if (box->current || box->on_path)
            focus = outermost(focus, i);
        if (box->sign == PLX_SIGN_NOT_READY && (waiting < 0 || box->depth > view->boxes[waiting].depth))
            waiting = i;
        if (box->sign == PLX_SIGN_POLL)
            open = i;
    }
    if (focus >= 0 && focus < view->count)
        return focus;
    return waiting >= 0 ? waiting : open >= 0 ? open : view->count - 1;
}

static void start(struct plx__chain *chain)
{
    for (int i = 0; i < chain->view->count; i++) {
        int parent = chain->view->boxes[i].parent;
        chain->box[i].shown = true;
        if (parent >= 0)
            chain->box[i].place = chain->box[parent].children++;
    }
    for (int i = chain->view->count - 1; i > 0; i--)
        if (chain->view->boxes[i].parent >= 0)
            chain->box[chain->view->boxes[i].parent].inside += chain->box[i].inside + 1;
    for (int i = chain->focus, child = -1; i >= 0; child = i, i = chain->view->boxes[i].parent) {
        chain->box[i].path = true;
        chain->box[i].inward = child;
    }
}

/* Decides what is shown, from what is closed, elided and folded away. */
static void show(struct plx__chain *chain)
{
    for (int i = 0; i < chain->view->count; i++) {
        int parent = chain->view->boxes[i].parent;
        struct plx__chain_box *box = &chain->box[i];
        bool room = parent >= 0 && chain->box[parent].shown && !chain->box[parent].closed &&
                    chain->box[parent].more == 0;
        box->shown = i == chain->top || (i > chain->top && room && !box->elided);
        box->open = 0;
        if (box->shown && i != chain->top)
            chain->box[parent].open++;
    }
}

/* Heights of all shown boxes at a density; returns the whole. */
static float measure(struct plx__chain *chain, struct density density)
{
    for (int i = chain->view->count - 1; i >= chain->top; i--) {
        struct plx__chain_box *box = &chain->box[i];
        if (!box->shown)
            continue;
        float inner = box->next; /* the children's heights so far */
        box->next = 0;
        box->height = density.row;
        if (box->open > 0)
            box->height += inner + (float)(box->open - 1) * density.gap + density.pad;
        if (i != chain->top)
            chain->box[chain->view->boxes[i].parent].next += box->height;
    }
    return chain->box[chain->top].height;
}

static bool fits(struct plx__chain *chain, float room)
{
    show(chain);
    return measure(chain, tight) <= room;
}

static bool close_deeper(struct plx__chain *chain, int depth, float room)
{
    for (int i = 0; i < chain->view->count; i++)
        if (!chain->box[i].path && chain->box[i].children > 0 && chain->view->boxes[i].depth >= depth)
            chain->box[i].closed = true;
    return fits(chain, room);
}

/* Of the siblings on the path, keeps `keep` on either side; the first left out on a side stands for the
 * others. */
static bool elide_siblings(struct plx__chain *chain, int keep, float room)
{
    for (int i = 0; i < chain->view->count; i++) {
        struct plx__chain_box *box = &chain->box[i];
        int parent = chain->view->boxes[i].parent;
        if (parent < 0 || !chain->box[parent].path)
            continue;
        int inward = chain->box[parent].inward, middle = inward < 0 ? 0 : chain->box[inward].place;
        int last = chain->box[parent].children - 1, place = box->place;
        bool before = place<middle - keep, after = place> middle + keep;
        int gone = before ? middle - keep : last - middle - keep;
        bool stands = gone > 1 && ((before && place == 0) || (after && place == middle + keep + 1));
        box->more = stands ? gone : 0;
        box->elided = gone > 1 && (before || after) && !stands;
    }
    return fits(chain, room);
}

static void fold_to(struct plx__chain *chain, int outside)
{
    chain->outside = outside;
    chain->top = 0;
    while (outside-- > 0)
        chain->top = chain->box[chain->top].inward;
}

/* Folds away as few outer boxes as will do. More boxes folded never need more room, so halving finds the
 * number. */
static void fold_outer(struct plx__chain *chain, float room)
{
    int few = 1, many = chain->view->boxes[chain->focus].depth;
    while (few < many) {
        int half = few + (many - few) / 2;
        fold_to(chain, half);
        if (fits(chain, room))
            many = half;
        else
            few = half + 1;
    }
    fold_to(chain, many);
    show(chain);
}

static void make_fit(struct plx__chain *chain, float room)
{
    if (fits(chain, room))
        return;
    for (int depth = DEPTH_MAX; depth > 0; depth--)
        if (close_deeper(chain, depth, room))
            return;
    for (int keep = 8; keep >= 0; keep--)
        if (elide_siblings(chain, keep, room))
            return;
    fold_outer(chain, room - FOLDED_LINE);
}

/* Sets the spacing between tight and roomy that fills the room best. */
static void space(struct plx__chain *chain, float room)
{
    float least = measure(chain, tight), most = measure(chain, roomy);
    float part = most > least ? (room - least) / (most - least) : 1;
    part = part < 0 ? 0 : part > 1 ? 1 : part;
    struct density between = {tight.row + part * (roomy.row - tight.row),
                              tight.gap + part * (roomy.gap - tight.gap),
                              tight.pad + part * (roomy.pad - tight.pad)};
    measure(chain, between);
    chain->row = between.row;
    chain->gap = between.gap;
    chain->pad = between.pad;
}

static int depth_shown(const struct plx__chain *chain)
{
    int deepest = 0, top = chain->view->boxes[chain->top].depth;
    for (int i = chain->top; i < chain->view->count; i++)
        if (chain->box[i].shown && chain->view->boxes[i].depth - top > deepest)
            deepest = chain->view->boxes[i].depth - top;
    return deepest;
}

static void place(struct plx__chain *chain, struct plx_rect at, float unit)
{
    for (int i = chain->top; i < chain->view->count; i++) {
        struct plx__chain_box *box = &chain->box[i];
        int parent = chain->view->boxes[i].parent;
        if (!box->shown)
            continue;
        float height = box->height * unit;
        if (i == chain->top) {
            box->at = (struct plx_rect){at.x, at.y, at.w, height};
        } else {
            struct plx__chain_box *around = &chain->box[parent];
            box->at = (struct plx_rect){around->at.x + chain->indent, around->next,
                                        around->at.w - 2 * chain->indent, height};
            around->next += height + chain->gap * unit;
        }
        box->row = box->at.y + chain->row * unit / 2;
        box->next = box->at.y + chain->row * unit;
    }
}

int plx__chain_layout(struct plx__chain *chain, const struct plx__stage *stage, struct plx_rect at)
{
    *chain = (struct plx__chain){.view = &stage->view->chain, .focus = -1};
    if (chain->view->count <= 0)
        return 0;
    chain->box = calloc((size_t)chain->view->count, sizeof *chain->box);
    if (chain->box == NULL)
        return -ENOMEM;
    chain->focus = focus_of(chain->view);
    start(chain);
    float room = at.h / stage->unit;
    make_fit(chain, room);
    if (chain->outside > 0) { /* a line above says so */
        at.y += FOLDED_LINE * stage->unit;
        room -= FOLDED_LINE;
    }
    space(chain, room);
    float indent = 16 * stage->unit, most = at.w * 0.15f / (float)(1 + depth_shown(chain));
    chain->indent = indent < most ? indent : most;
    if (stage->state->presenter) /* nothing else is there: in the middle, a little above it */
        at.y += (at.h - FOLDED_LINE * stage->unit * (chain->outside > 0) -
                 chain->box[chain->top].height * stage->unit) *
                0.4f;
    place(chain, at, stage->unit);
    return 0;
}

void plx__chain_done(struct plx__chain *chain)
{
    free(chain->box);
    chain->box = NULL;
}
