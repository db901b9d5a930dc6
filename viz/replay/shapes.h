/* SPDX-License-Identifier: MIT
 *
 * The shapes of a recording, checked: a child must be declared before its parent, so no shape contains
 * itself.
 */
#ifndef PLX_REPLAY_SHAPES_H
#define PLX_REPLAY_SHAPES_H

#include "viz/replay/index.h"

extern const struct plx_shape_info plx__shape_unknown;

/* Fills index->shape, when index->shapes is complete. 0 or -ENOMEM. */
int plx__shapes_make(struct plx__index *index, struct plx__issues *issues);

#endif
