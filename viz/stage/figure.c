/* SPDX-License-Identifier: MIT
 *
 * A figure: one panel alone on its surface, for documents and slides, where the text around it says the rest.
 */
#include "viz/stage/draw.h"

#define MARGIN 6  /* for the glow around a box */
#define ABOVE  30 /* for the poll that comes in, and the answer that goes out */

int plx_stage_draw_chain(const struct plx_view *view, const struct plx_stage_state *state,
                         struct plx_painter *painter)
{
    struct plx_stage_state alone = *state;
    struct plx__stage stage = {.view = view, .state = &alone, .painter = painter, .unit = state->scale};
    alone.presenter = true; /* no panel around it */
    plx__theme_make(&stage.theme, state->light);
    float margin = plx__px(&stage, MARGIN), above = plx__px(&stage, ABOVE);
    return plx__chain_draw(
        &stage, (struct plx_rect){margin, above, state->width - 2 * margin, state->height - above - margin});
}
