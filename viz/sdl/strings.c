/* SPDX-License-Identifier: MIT
 *
 * Text in the window. A string becomes one texture, in which each character stands in its own cell: so the
 * stage's columns stay columns when a character comes from a second font.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/sdl/font.h"
#include "viz/sdl/painter.h"
#include "viz/stage/text.h"

#define BYTES_MAX 2048 /* of a string: more than a line of any window holds */

static struct plx__sdl_painter *ours(struct plx_painter *painter)
{
    return (struct plx__sdl_painter *)painter;
}

static int size_of(const struct plx_type *type)
{
    return type->size < 4 ? 4 : (int)(type->size + 0.5f);
}

float plx__sdl_text_width(struct plx_painter *painter, const struct plx_type *type, const char *text)
{
    return (float)(plx__text_cells(text) *
                   plx__fonts_advance(ours(painter)->fonts, size_of(type), type->bold));
}

static SDL_Color colour_of(plx_colour colour)
{
    return (SDL_Color){(Uint8)(colour >> 16), (Uint8)(colour >> 8), (Uint8)colour, (Uint8)(colour >> 24)};
}

/* Where the string's baseline is in its surface, and how tall that is. */
struct line {
    int ascent, height, advance, size;
    bool bold;
    SDL_Color colour;
};

/* Puts one character into its cell; what a second font draws wider is cut at the next cell but one. */
static void put(struct plx__fonts *fonts, SDL_Surface *surface, const struct line *line, uint32_t character,
                int column)
{
    TTF_Font *font = plx__fonts_for(fonts, line->size, line->bold, character);
    SDL_Surface *glyph = font != NULL ? TTF_RenderGlyph32_Blended(font, character, line->colour) : NULL;
    if (glyph == NULL)
        return;
    int left = 0, cells = plx__text_cells_of(character) * line->advance;
    TTF_GlyphMetrics32(font, character, &left, NULL, NULL, NULL, NULL);
    SDL_Rect to = {column * line->advance + (left < 0 ? left : 0), line->ascent - TTF_FontAscent(font), 0, 0};
    if (glyph->w > cells + line->advance / 2)
        to.x -= (glyph->w - cells) / 2;
    SDL_SetSurfaceBlendMode(glyph, SDL_BLENDMODE_BLEND);
    SDL_BlitSurface(glyph, NULL, surface, &to);
    SDL_FreeSurface(glyph);
}

static SDL_Surface *render(struct plx__fonts *fonts, const struct line *line, const char *text)
{
    int width = (plx__text_cells(text) + 1) * line->advance;
    SDL_Surface *surface = SDL_CreateRGBSurfaceWithFormat(0, width, line->height, 32,
                                                          SDL_PIXELFORMAT_ARGB8888);
    if (surface == NULL)
        return NULL;
    /* Blending onto nothing keeps the colour, and makes the alphas of neighbours that overlap add up. */
    SDL_FillRect(surface, NULL,
                 SDL_MapRGBA(surface->format, line->colour.r, line->colour.g, line->colour.b, 0));
    int column = 0;
    for (uint32_t character; (character = plx__text_next(&text)) != 0;
         column += plx__text_cells_of(character))
        if (character != ' ')
            put(fonts, surface, line, character, column);
    return surface;
}

static struct plx__cached *make(struct plx__sdl_painter *painter, const struct line *line, const char *text,
                                const void *key, size_t length)
{
    SDL_Surface *surface = render(painter->fonts, line, text);
    SDL_Texture *texture = surface != NULL ? SDL_CreateTextureFromSurface(painter->renderer, surface) : NULL;
    struct plx__cached *cached = NULL;
    if (texture != NULL) {
        SDL_SetTextureBlendMode(texture, SDL_BLENDMODE_BLEND);
        cached = plx__cache_add(&painter->cache, key, length, texture, surface->w, surface->h);
    }
    SDL_FreeSurface(surface);
    return cached;
}

void plx__sdl_text(struct plx_painter *verbs, float x, float y, const struct plx_type *type, const char *text)
{
    struct plx__sdl_painter *painter = ours(verbs);
    struct line line = {.size = size_of(type), .bold = type->bold, .colour = colour_of(type->colour)};
    TTF_Font *font = plx__fonts_main(painter->fonts, line.size, line.bold);
    if (font == NULL || text[0] == '\0' || strlen(text) >= BYTES_MAX) {
        painter->failed = painter->failed || font == NULL;
        return;
    }
    line.ascent = TTF_FontAscent(font);
    line.height = TTF_FontHeight(font);
    line.advance = plx__fonts_advance(painter->fonts, line.size, line.bold);
    char key[BYTES_MAX + 32];
    int length = snprintf(key, sizeof key, "%d%c%08x%s", line.size, line.bold ? 'b' : 'r',
                          (unsigned)type->colour, text);
    struct plx__cached *cached = plx__cache_find(&painter->cache, key, (size_t)length);
    if (cached == NULL)
        cached = make(painter, &line, text, key, (size_t)length);
    if (cached == NULL) {
        painter->failed = true;
        return;
    }
    SDL_Rect to = {(int)(x + 0.5f), (int)(y + 0.5f) - line.ascent, cached->w, cached->h};
    SDL_RenderCopy(painter->renderer, cached->texture, NULL, &to);
}
