/* SPDX-License-Identifier: MIT
 *
 * Numbers and times typed at ':', texts typed at '/', see prompt.h.
 */
#include "viz/tui/prompt.h"

#include "viz/replay/search.h"
#include "viz/replay/world.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define CHUNK 256 /* lines of the log that are looked at together */

static const struct {
    const char *name;
    double ns;
} units[] = {{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}};

static double unit_of(const char *name)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(units[i].name, name) == 0)
            return units[i].ns;
    return 0;
}

/* Digits, and a fraction after a point: what strtod would take beyond that (commas by the locale, 0x10,
 * 1e9, inf) is more likely a slip of the fingers. Moves *text behind it. */
static bool read_number(const char **text, double *value)
{
    const char *c = *text;
    if (*c < '0' || *c > '9')
        return false;
    for (*value = 0; *c >= '0' && *c <= '9'; c++)
        *value = *value * 10 + (*c - '0');
    if (*c == '.' && c[1] >= '0' && c[1] <= '9') {
        double place = 0.1;
        for (c++; *c >= '0' && *c <= '9'; c++, place /= 10)
            *value += (*c - '0') * place;
    }
    *text = c;
    return true;
}

static size_t moved(const struct plx_player *player, char sign, double by)
{
    if (sign == '-')
        return by >= (double)player->position ? 0 : player->position - (size_t)by;
    double room = (double)(player->events - player->position);
    return by >= room ? player->events : player->position + (size_t)by;
}

int plx_prompt_event(const struct plx_player *player, const char *text, size_t *event)
{
    while (*text == ' ')
        text++;
    char sign = *text == '+' || *text == '-' ? *text++ : '\0';
    double value;
    if (!read_number(&text, &value))
        return -EINVAL;
    while (*text == ' ')
        text++;
    double unit = unit_of(text);
    if (*text != '\0' && (unit == 0 || sign != '\0'))
        return -EINVAL;
    if (unit > 0) /* half a nanosecond more, for fractions that have no exact form */
        *event = plx_search_time(player->recording,
                                 value * unit < 9e18 ? (uint64_t)(value * unit + 0.5) : UINT64_MAX);
    else if (floor(value) != value)
        return -EINVAL;
    else if (sign != '\0')
        *event = moved(player, sign, value);
    else
        *event = value < (double)player->events ? (size_t)value : player->events;
    return 0;
}

static bool matches(const struct plx_view_line *line, const char *text)
{
    char all[512];
    snprintf(all, sizeof all, "%s %s %s", line->who, line->verb, line->text);
    return strcasestr(all, text) != NULL;
}

/* The first match among the events first … last, 0 for none. Leaves the world where it was. */
static int search_range(struct plx_player *player, const char *text, size_t first, size_t last, size_t *event)
{
    int result = 0;
    for (size_t n = first; n <= last && result == 0 && *event == 0; n += CHUNK) {
        struct plx_view_wish wish = {0, 0, CHUNK - 1};
        struct plx_view view;
        result = plx_world_seek(player->world, n);
        if (result == 0)
            result = plx_view_make(player->world, &wish, &view);
        if (result != 0)
            break;
        for (int i = 0; i < view.log_count && *event == 0; i++)
            if (view.log[i].event >= n && view.log[i].event <= last && matches(&view.log[i], text))
                *event = view.log[i].event;
        plx_view_free(&view);
    }
    int back = plx_world_seek(player->world, player->position);
    return result != 0 ? result : back;
}

int plx_prompt_search(struct plx_player *player, const char *text, size_t *event)
{
    *event = 0;
    int result = search_range(player, text, player->position + 1, player->events, event);
    if (result == 0 && *event == 0)
        result = search_range(player, text, 1, player->position, event);
    return result;
}
