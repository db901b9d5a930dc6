/* SPDX-License-Identifier: MIT
 *
 * The sentence in large type, with the answers in their colours.
 *
 * In the window the sentence has a strip of fixed height, so that nothing below it moves: a long one is set
 * in smaller type rather than on more lines. The presenter's screen has room for lines.
 */
#include "viz/stage/draw.h"

#include <string.h>

#include "viz/stage/text.h"
#include "viz/view/sign.h"

/* ── words ────────────────────────────────────────────────────────────────────────────────────── */

static bool starts_with(const char *word, size_t length, const char *with)
{
    size_t n = strlen(with);
    if (length < n || strncmp(word, with, n) != 0)
        return false;
    char after = word[n];
    return !((after >= 'a' && after <= 'z') || (after >= 'A' && after <= 'Z') || after == '_');
}

static bool names_box(const struct plx_view *view, const char *word, size_t length)
{
    for (int i = 0; i < view->chain.count; i++) {
        const struct plx_view_box *box = &view->chain.boxes[i];
        const char *name = box->name[0] != '\0' ? box->name : box->kind;
        if (box->current && strlen(name) == length && strncmp(word, name, length) == 0)
            return true;
    }
    return false;
}

/* Answers stand in their colour; the name of the future that this is about is bold. */
static struct plx__ink ink_of(const struct plx__stage *stage, enum plx__size size, const char *word,
                              size_t length)
{
    static const enum plx_sign answers[] = {PLX_SIGN_NOT_READY, PLX_SIGN_READY, PLX_SIGN_FAILED};
    struct plx__ink ink = {stage->theme.text, size, false};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (starts_with(word, length, plx_sign_look(answers[i])->word))
            ink.colour = stage->theme.ink[answers[i]];
    ink.bold = names_box(stage->view, word, length);
    return ink;
}

/* How far the word that begins here reaches: to the next space, and past those in "Ready(Sock 7)". */
static size_t word_length(const char *line, size_t length)
{
    int depth = 0;
    for (size_t i = 0; i < length; i++) {
        if (line[i] == ' ' && (depth == 0 || memchr(line + i, ')', length - i) == NULL))
            return i;
        depth += line[i] == '(' ? 1 : line[i] == ')' && depth > 0 ? -1 : 0;
    }
    return length;
}

static size_t letters(const char *word, size_t length)
{
    while (length > 0 && strchr(".,:;", word[length - 1]) != NULL)
        length--;
    return length;
}

/* One run of text in one ink; `length` bytes, few enough for a line. */
static float draw_run(struct plx__stage *stage, float x, float y, struct plx__ink ink, const char *run,
                      size_t length)
{
    char text[1024];
    length = length < sizeof text ? length : sizeof text - 1;
    memcpy(text, run, length);
    text[length] = '\0';
    plx__text(stage, x, y, stage->state->width, ink, text);
    return plx__width(stage, ink.size, text);
}

static bool same_ink(struct plx__ink a, struct plx__ink b)
{
    return a.colour == b.colour && a.bold == b.bold;
}

/* Draws a line as few runs of equal ink; a space belongs to the run before it. */
static void draw_line(struct plx__stage *stage, float x, float y, enum plx__size size, const char *line,
                      size_t length)
{
    struct plx__ink plain = {stage->theme.text, size, false}, now = plain;
    size_t begun = 0, at = 0;
    while (at < length) {
        size_t word = word_length(line + at, length - at), core = letters(line + at, word);
        struct plx__ink ink = ink_of(stage, size, line + at, core);
        if (!same_ink(ink, now) && core > 0) {
            x += draw_run(stage, x, y, now, line + begun, at - begun);
            begun = at;
            now = ink;
        }
        if (!same_ink(now, plain)) { /* punctuation and spaces after it are plain again */
            x += draw_run(stage, x, y, now, line + at, core);
            begun = at + core;
            now = plain;
        }
        at += word + (at + word < length);
    }
    draw_run(stage, x, y, now, line + begun, length - begun);
}

/* ── the sentence ─────────────────────────────────────────────────────────────────────────────── */

static int lines_of(const struct plx__stage *stage, enum plx__size size, float width, const char *text)
{
    int cells = (int)(width / plx__advance(stage, size) + 0.01f), lines = 0;
    while (*text != '\0') {
        text += plx__text_line(text, cells);
        text += strspn(text, " ");
        lines++;
    }
    return lines;
}

/* At most `most` lines, centred in the height; the last of too many is shortened. */
static void draw_lines(struct plx__stage *stage, struct plx_rect at, enum plx__size size, int most)
{
    const char *text = stage->view->sentence;
    int cells = (int)(at.w / plx__advance(stage, size) + 0.01f), lines = lines_of(stage, size, at.w, text);
    float height = plx__line_height(stage, size);
    lines = lines > most ? most : lines;
    float y = at.y + (at.h - height * (float)lines) / 2 + height / 2;
    for (int i = 0; i < lines; i++, y += height) {
        size_t length = plx__text_line(text, cells);
        const char *next = text + length + strspn(text + length, " ");
        if (i == most - 1 && *next != '\0') {
            plx__text(stage, at.x, y, at.w, (struct plx__ink){stage->theme.text, size, false}, text);
            return;
        }
        draw_line(stage, at.x, y, size, text, length);
        text = next;
    }
}

void plx__sentence_draw(struct plx__stage *stage, struct plx_rect at, enum plx__size size)
{
    for (;; size--) {
        int room = (int)(at.h / plx__line_height(stage, size) + 0.01f), lines;
        lines = lines_of(stage, size, at.w, stage->view->sentence);
        if (lines <= room || size == PLX__SMALL) {
            draw_lines(stage, at, size, room < 1 ? 1 : room);
            return;
        }
    }
}
