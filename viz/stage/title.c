/* SPDX-License-Identifier: MIT
 *
 * The title line above and the footer below: what is played, where one is, and the bar on which to seek.
 */
#include "viz/stage/draw.h"

#include <stdio.h>
#include <string.h>

#include "viz/stage/text.h"

/* ── the title line ───────────────────────────────────────────────────────────────────────────── */

/* "event  41 of 186": a word, and a value that keeps its width, so that stepping moves nothing. */
struct fact {
    const char *word;
    char value[48], rest[48];
    int cells; /* of the value; 0: as many as it has */
    bool left; /* the value begins at the left of its cells */
};

static float draw_fact(struct plx__stage *stage, const struct fact *fact, float right, float y)
{
    struct plx__ink faint = {stage->theme.faint, PLX__BODY, false};
    struct plx__ink text = {stage->theme.text, PLX__BODY, false};
    float advance = plx__advance(stage, PLX__BODY), room = right;
    int cells = fact->cells > 0 ? fact->cells : plx__text_cells(fact->value);
    float x = right;
    if (fact->rest[0] != '\0')
        x -= plx__text_right(stage, x, y, room, faint, fact->rest) + advance;
    if (fact->left)
        plx__text(stage, x - (float)cells * advance, y, (float)cells * advance, text, fact->value);
    else
        plx__text_right(stage, x, y, room, text, fact->value);
    x -= (float)(cells + 1) * advance;
    x -= plx__text_right(stage, x, y, room, faint, fact->word);
    return right - x;
}

static void time_text(char *out, size_t size, uint64_t ns)
{
    if (ns < 10u * 1000 * 1000 * 1000)
        snprintf(out, size, "%.3f ms", (double)ns / 1e6);
    else
        snprintf(out, size, "%.3f s", (double)ns / 1e9);
}

static int digits_of(size_t number)
{
    int digits = 1;
    for (; number > 9; number /= 10)
        digits++;
    return digits;
}

/* A triangle and the number, in the colour of a failure. Returns the width. */
static float draw_issues(struct plx__stage *stage, float right, float y)
{
    size_t issues = stage->view->issues;
    plx_colour ink = stage->theme.ink[PLX_SIGN_FAILED];
    char text[40];
    if (issues == 0)
        return 0;
    snprintf(text, sizeof text, "%zu issue%s", issues, issues == 1 ? "" : "s");
    float width = plx__text_right(stage, right, y, right, (struct plx__ink){ink, PLX__BODY, false}, text);
    float mark = plx__px(stage, 22);
    stage->painter->arrow(stage->painter, right - width - plx__px(stage, 14), y - plx__px(stage, 6), 0, -1,
                          plx__px(stage, 11), ink);
    return width + mark;
}

static float draw_facts(struct plx__stage *stage, float right, float y)
{
    const struct plx_view *view = stage->view;
    float gap = plx__px(stage, 24), begin = right;
    struct fact speed = {.word = "speed"}, event = {.word = "event", .cells = digits_of(view->events)};
    struct fact when = {.word = "time", .cells = 10, .left = true};
    float issues = draw_issues(stage, right, y);
    right -= issues + (issues > 0 ? gap : 0);
    snprintf(speed.value, sizeof speed.value, "%.20s", stage->state->speed);
    right -= draw_fact(stage, &speed, right, y) + gap;
    time_text(when.value, sizeof when.value, view->t_ns);
    right -= draw_fact(stage, &when, right, y) + gap;
    snprintf(event.value, sizeof event.value, "%zu", view->event);
    snprintf(event.rest, sizeof event.rest, "of %zu", view->events);
    right -= draw_fact(stage, &event, right, y);
    return begin - right;
}

void plx__title_draw(struct plx__stage *stage, struct plx_rect at)
{
    const struct plx_view *view = stage->view;
    float y = at.y + at.h / 2, x = at.x + plx__px(stage, 6), right = at.x + at.w - plx__px(stage, 6);
    right -= draw_facts(stage, right, y) + plx__px(stage, 24);
    char rest[160];
    int used = snprintf(rest, sizeof rest, "%.100s%s", view->program, view->worker_count > 0 ? ", " : "");
    if (view->worker_count > 0 && used < (int)sizeof rest)
        snprintf(rest + used, sizeof rest - (size_t)used, "%u worker%s", (unsigned)view->worker_count,
                 view->worker_count == 1 ? "" : "s");
    float file = plx__text(stage, x, y, right - x, (struct plx__ink){stage->theme.text, PLX__LARGE, false},
                           view->file);
    x += file + plx__advance(stage, PLX__LARGE);
    if (right - x > 8 * plx__advance(stage, PLX__BODY))
        plx__text(stage, x, y + plx__px(stage, 1), right - x,
                  (struct plx__ink){stage->theme.faint, PLX__BODY, false}, rest);
}

/* ── the footer ───────────────────────────────────────────────────────────────────────────────── */

struct plx_rect plx__footer_bar(float unit, struct plx_rect footer)
{
    float left = footer.x + 26 * unit;
    return (struct plx_rect){left, footer.y + 4 * unit, footer.x + footer.w - left - 6 * unit, 12 * unit};
}

static void draw_bar(struct plx__stage *stage, struct plx_rect bar)
{
    const struct plx_view *view = stage->view;
    const struct plx__theme *theme = &stage->theme;
    float part = view->events > 0 ? (float)view->event / (float)view->events : 0;
    float y = bar.y + bar.h / 2, half = plx__px(stage, 2);
    struct plx_rect line = {bar.x, y - half, bar.w, 2 * half};
    plx__round_box(stage, line, 2, theme->line, 0, 0);
    line.w *= part;
    if (line.w >= 4 * half)
        plx__round_box(stage, line, 2, theme->ink[PLX_SIGN_POLL], 0, 0);
    stage->painter->circle(stage->painter, bar.x + bar.w * part, y, plx__px(stage, 6), 0,
                           theme->ink[PLX_SIGN_POLL]);
}

/* Two bars while it is paused, a triangle while it plays. */
static void draw_playing(struct plx__stage *stage, float x, float y)
{
    plx_colour ink = stage->theme.faint;
    if (stage->state->playing) {
        plx__sign(stage, PLX_SIGN_POLL, x, y, plx__px(stage, 13), stage->theme.ink[PLX_SIGN_POLL]);
        return;
    }
    for (int i = 0; i < 2; i++)
        plx__round_box(stage,
                       (struct plx_rect){x + plx__px(stage, i == 0 ? -5 : 1.5f), y - plx__px(stage, 5),
                                         plx__px(stage, 3.5f), plx__px(stage, 10)},
                       1, ink, 0, 0);
}

static void draw_hints(struct plx__stage *stage, float x, float right, float y)
{
    static const char *const hints[][2] = {{"space", "play"},  {"← →", "event"}, {"↑ ↓", "poll"},
                                           {"t", "follow"},    {"/", "search"},  {":", "go to"},
                                           {"p", "presenter"}, {"?", "help"}};
    struct plx__ink key = {stage->theme.text, PLX__SMALL, false},
                    word = {stage->theme.faint, PLX__SMALL, false};
    float small = plx__advance(stage, PLX__SMALL);
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++) {
        const char *what = hints[i][0][0] == 'p' && stage->state->presenter ? "panels" : hints[i][1];
        float keys = plx__width(stage, PLX__SMALL, hints[i][0]), words = plx__width(stage, PLX__SMALL, what);
        if (x + keys + small + words > right)
            return;
        x += plx__text(stage, x, y, keys, key, hints[i][0]) + small;
        x += plx__text(stage, x, y, words, word, what) + 3 * small;
    }
}

/* The presenter's screen has no title line: the footer says where one is. Returns where it ends. */
static float draw_event(struct plx__stage *stage, float x, float y)
{
    char text[64];
    snprintf(text, sizeof text, "event %*zu of %zu", digits_of(stage->view->events), stage->view->event,
             stage->view->events);
    struct plx__ink ink = {stage->theme.text, PLX__SMALL, false};
    return x + plx__text(stage, x, y, stage->state->width, ink, text) + 3 * plx__advance(stage, PLX__SMALL);
}

void plx__footer_draw(struct plx__stage *stage, struct plx_rect at)
{
    const char *message = stage->state->message;
    struct plx_rect bar = plx__footer_bar(stage->unit, at);
    draw_bar(stage, bar);
    draw_playing(stage, at.x + plx__px(stage, 9), bar.y + bar.h / 2);
    float y = at.y + plx__px(stage, 32), right = bar.x + bar.w;
    if (message != NULL && message[0] != '\0')
        plx__text(stage, bar.x, y, right - bar.x, (struct plx__ink){stage->theme.text, PLX__SMALL, true},
                  message);
    else
        draw_hints(stage, stage->state->presenter ? draw_event(stage, bar.x, y) : bar.x, right, y);
}
