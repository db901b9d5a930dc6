/* SPDX-License-Identifier: MIT
 *
 * The palette: grounds and greys here, the colours of the states from viz/view/sign.h.
 *
 * On the light ground the states' colours stay as fills, and become darker as ink: yellow text on white
 * cannot be read.
 */
#include "viz/stage/draw.h"
#include "viz/view/sign.h"

plx_colour plx__mix(plx_colour a, plx_colour b, float part_of_b)
{
    plx_colour out = 0;
    for (int shift = 0; shift < 32; shift += 8) {
        float from = (float)(a >> shift & 0xFF), to = (float)(b >> shift & 0xFF);
        out |= (plx_colour)(from + (to - from) * part_of_b + 0.5f) << shift;
    }
    return out;
}

plx_colour plx__fade(plx_colour colour, float alpha)
{
    return (colour & 0x00FFFFFF) | (plx_colour)(alpha * 255.0f + 0.5f) << 24;
}

static float luminance(plx_colour colour)
{
    return (0.299f * (float)(colour >> 16 & 0xFF) + 0.587f * (float)(colour >> 8 & 0xFF) +
            0.114f * (float)(colour & 0xFF)) /
           255.0f;
}

/* Dark enough to be read on white, and still the same hue. */
static plx_colour darkened(plx_colour colour)
{
    while (luminance(colour) > 0.40f)
        colour = plx__mix(colour, 0xFF000000, 0.08f);
    return colour;
}

void plx__theme_make(struct plx__theme *theme, bool light)
{
    static const struct plx__theme dark_ground = {
        .ground = 0xFF10141C,
        .panel = 0xFF171C27,
        .raised = 0xFF1D2432,
        .line = 0xFF2A3242,
        .text = 0xFFE6EAF2,
        .faint = 0xFF8A94A8,
        .dark = 0xFF10141C,
    };
    static const struct plx__theme light_ground = {
        .ground = 0xFFEEF1F6,
        .panel = 0xFFFFFFFF,
        .raised = 0xFFF6F8FB,
        .line = 0xFFCBD2DE,
        .text = 0xFF171C27,
        .faint = 0xFF5B6577,
        .dark = 0xFF10141C,
    };
    *theme = light ? light_ground : dark_ground;
    for (int sign = 0; sign < PLX_SIGNS; sign++) {
        theme->fill[sign] = 0xFF000000 | plx_sign_look((enum plx_sign)sign)->rgb;
        theme->ink[sign] = light ? darkened(theme->fill[sign]) : theme->fill[sign];
    }
}
