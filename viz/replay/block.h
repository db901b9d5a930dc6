/* SPDX-License-Identifier: MIT
 *
 * The block: the whole state of a world in one piece of memory, so that a keyframe is a copy of it, and two
 * states are equal when their bytes are.
 */
#ifndef PLX_REPLAY_BLOCK_H
#define PLX_REPLAY_BLOCK_H

#include "viz/replay/index.h"
#include "viz/replay/world.h"

/* Makes the block as it is before the first event, and lets *state point into it. The caller frees it. NULL
 * without memory. */
void *plx__block_make(const struct plx__index *index, struct plx_state *state, size_t *size);

#endif
