/* SPDX-License-Identifier: MIT
 *
 * Fonts for the window, see font.h.
 *
 * A face is a file opened at a size. Faces are kept while their number is bounded; when a window is dragged
 * through many sizes they are all closed, and those still in use open again.
 */
#include "viz/sdl/font.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/sdl/font_find.h"
#include "viz/trace/recording.h"

#define FACES_MAX 48

struct face {
    TTF_Font *font; /* NULL: the file could not be opened at this size, do not try again */
    int family, size;
    bool bold;
};

struct plx__fonts {
    struct plx__family family[PLX__FAMILIES + 1]; /* the named one first, if any; without gaps */
    int families;
    struct face face[FACES_MAX];
    int faces;
};

/* ── which fonts there are ────────────────────────────────────────────────────────────────────── */

static int opens(const char *path)
{
    TTF_Font *font = TTF_OpenFont(path, 15);
    if (font == NULL)
        return 0;
    TTF_CloseFont(font);
    return 1;
}

static int take_named(struct plx__fonts *fonts, const char *named, struct plx_problem *why)
{
    if (!opens(named)) {
        snprintf(why->text, sizeof why->text, "POLLUX_FONT: %.100s: %.100s", named, TTF_GetError());
        return -ENOENT;
    }
    struct plx__family *family = &fonts->family[fonts->families++];
    family->regular = strdup(named);
    family->bold = plx__bold_beside(named);
    return family->regular != NULL ? 0 : -ENOMEM;
}

static void take_found(struct plx__fonts *fonts, const char *const *roots)
{
    struct plx__family found[PLX__FAMILIES];
    plx__families_find(found, roots);
    for (int i = 0; i < PLX__FAMILIES; i++) {
        if (found[i].regular == NULL || !opens(found[i].regular))
            continue;
        fonts->family[fonts->families++] = found[i];
        found[i] = (struct plx__family){NULL, NULL};
    }
    plx__families_done(found);
}

int plx__fonts_new(struct plx__fonts **out, const char *named, const char *const *roots,
                   struct plx_problem *why)
{
    struct plx__fonts *fonts = calloc(1, sizeof *fonts);
    int failed = fonts == NULL ? -ENOMEM : 0;
    if (failed == 0 && named != NULL && named[0] != '\0')
        failed = take_named(fonts, named, why);
    if (failed == 0)
        take_found(fonts, roots);
    if (failed == 0 && fonts->families == 0) {
        snprintf(
            why->text, sizeof why->text,
            "no monospaced font found: install fonts-jetbrains-mono or fonts-dejavu-core (apt), "
            "jetbrains-mono-fonts (dnf), ttf-jetbrains-mono (pacman), or set POLLUX_FONT to a .ttf file");
        failed = -ENOENT;
    }
    if (failed != 0) {
        plx__fonts_free(fonts);
        return failed;
    }
    *out = fonts;
    return 0;
}

static void close_faces(struct plx__fonts *fonts)
{
    for (int i = 0; i < fonts->faces; i++)
        if (fonts->face[i].font != NULL)
            TTF_CloseFont(fonts->face[i].font);
    fonts->faces = 0;
}

void plx__fonts_free(struct plx__fonts *fonts)
{
    if (fonts == NULL)
        return;
    close_faces(fonts);
    for (int i = 0; i < fonts->families; i++) {
        free(fonts->family[i].regular);
        free(fonts->family[i].bold);
    }
    free(fonts);
}

/* ── faces ────────────────────────────────────────────────────────────────────────────────────── */

static TTF_Font *open_face(const struct plx__family *family, int size, bool bold)
{
    bool own = bold && family->bold != NULL;
    TTF_Font *font = TTF_OpenFont(own ? family->bold : family->regular, size);
    if (font == NULL)
        return NULL;
    TTF_SetFontKerning(font, 0);
    if (bold && !own)
        TTF_SetFontStyle(font, TTF_STYLE_BOLD);
    return font;
}

static TTF_Font *face_of(struct plx__fonts *fonts, int family, int size, bool bold)
{
    for (int i = 0; i < fonts->faces; i++) {
        struct face *face = &fonts->face[i];
        if (face->family == family && face->size == size && face->bold == bold)
            return face->font;
    }
    if (fonts->faces == FACES_MAX)
        close_faces(fonts);
    struct face *face = &fonts->face[fonts->faces++];
    *face = (struct face){open_face(&fonts->family[family], size, bold), family, size, bold};
    return face->font;
}

TTF_Font *plx__fonts_main(struct plx__fonts *fonts, int size, bool bold)
{
    return face_of(fonts, 0, size, bold);
}

TTF_Font *plx__fonts_for(struct plx__fonts *fonts, int size, bool bold, uint32_t character)
{
    for (int i = 0; i < fonts->families; i++) {
        TTF_Font *font = face_of(fonts, i, size, bold);
        if (font != NULL && TTF_GlyphIsProvided32(font, character))
            return font;
    }
    return face_of(fonts, 0, size, bold);
}

int plx__fonts_advance(struct plx__fonts *fonts, int size, bool bold)
{
    int advance = 0;
    TTF_Font *font = plx__fonts_main(fonts, size, bold);
    if (font == NULL || TTF_GlyphMetrics32(font, '0', NULL, NULL, NULL, NULL, &advance) != 0 || advance < 1)
        advance = size * 6 / 10 + 1;
    return advance;
}
