/* SPDX-License-Identifier: MIT
 *
 * The shapes, see shapes.h. A child that is not declared by then becomes shape 0, the unknown one: it still
 * counts as one future, so the numbers of its neighbours stay right.
 */
#include "viz/replay/shapes.h"

#include <errno.h>
#include <stdlib.h>

const struct plx_shape_info plx__shape_unknown = {
    .kind = "?",
    .name = "",
    .file = "",
    .nodes = 1,
    .child = {NULL, 0},
};

static uint32_t add_nodes(uint32_t a, uint32_t b)
{
    uint32_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT32_MAX : sum;
}

static bool is_known(const struct plx__index *index, uint32_t number)
{
    uint32_t i = plx__map_find(&index->shapes.map, number);
    return i != UINT32_MAX && index->shape[i].number != 0;
}

static int check_children(struct plx__index *index, const struct plx_event *event,
                          struct plx_shape_info *info, struct plx__issues *issues)
{
    const struct plx_numbers *child = &event->as_shape.children;
    uint32_t *checked = plx__arena_array(&index->arena, child->count, sizeof(*checked));
    if (!checked)
        return -ENOMEM;
    info->child = (struct plx_numbers){checked, child->count};
    for (uint32_t i = 0; i < child->count; i++) {
        bool known = is_known(index, child->at[i]);
        if (!known && plx__issues_add(issues, event->line,
                                      "shape %u contains shape %u, which is not declared before it",
                                      event->as_shape.shape, child->at[i]))
            return -ENOMEM;
        checked[i] = known ? child->at[i] : 0;
        info->nodes = add_nodes(info->nodes, plx__index_shape(index, checked[i])->nodes);
    }
    return 0;
}

static int add_shape(struct plx__index *index, const struct plx_event *event, struct plx__issues *issues)
{
    const struct plx_ev_shape *shape = &event->as_shape;
    if (shape->shape == 0 || is_known(index, shape->shape))
        return plx__issues_add(issues, event->line, "shape %u is declared %s", shape->shape,
                               shape->shape ? "a second time" : "though 0 means none");

    struct plx_shape_info info = {
        .number = shape->shape,
        .kind = shape->kind,
        .name = shape->name,
        .file = shape->file,
        .line = shape->line,
        .nodes = 1,
    };
    int rc = check_children(index, event, &info, issues);
    if (rc == 0)
        index->shape[plx__map_find(&index->shapes.map, shape->shape)] = info;
    return rc;
}

int plx__shapes_make(struct plx__index *index, struct plx__issues *issues)
{
    uint32_t count = index->shapes.map.count;
    index->shape = plx__arena_array(&index->arena, count, sizeof(*index->shape));
    if (!index->shape)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        index->shape[i] = plx__shape_unknown;

    int rc = 0;
    for (size_t n = 1; rc == 0 && n <= plx_recording_count(index->recording); n++) {
        const struct plx_event *event = plx_recording_event(index->recording, n);
        if (event->kind == PLX_EV_shape)
            rc = add_shape(index, event, issues);
    }
    return rc;
}
