/* SPDX-License-Identifier: MIT
 *
 * Finding an event by what it is, see find.h.
 */
#include "viz/command/find.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 8
#define TEXT_MAX   64

struct wanted {
    const struct plx_field *field;
    char text[TEXT_MAX];
};

struct step {
    enum plx_kind kind;
    int count;
    struct wanted wanted[FIELDS_MAX];
};

static int wrong(struct plx_problem *why, const char *what, const char *text, size_t length)
{
    snprintf(why->text, sizeof why->text, "%s: \"%.*s\"", what, (int)(length < 80 ? length : 80), text);
    why->line = 0;
    return -EINVAL;
}

/* ── reading a step ───────────────────────────────────────────────────────────────────────────────── */

/* A field's value as a text; quotes around it are taken off. Returns the bytes read, 0 when it is too
 * long. */
static size_t read_value(const char *at, size_t length, char text[TEXT_MAX])
{
    bool quoted = length > 0 && *at == '"';
    size_t n = 0;
    for (size_t i = quoted; i < length && (quoted ? at[i] != '"' : at[i] != ' '); i++) {
        if (n == TEXT_MAX - 1)
            return 0;
        text[n++] = at[i];
    }
    text[n] = '\0';
    return n + 2 * (size_t)quoted;
}

static int read_fields(struct step *step, const char *at, const char *end, struct plx_problem *why)
{
    char name[TEXT_MAX];
    for (;;) {
        at += strspn(at, " ");
        size_t length = strcspn(at, "= ;");
        if (at >= end)
            return 0;
        if (at + length >= end || at[length] != '=' || length >= sizeof name || step->count == FIELDS_MAX)
            return wrong(why, "not understood", at, (size_t)(end - at));
        snprintf(name, sizeof name, "%.*s", (int)length, at);
        struct wanted *wanted = &step->wanted[step->count++];
        wanted->field = plx_kind_field(step->kind, name);
        size_t used = read_value(at + length + 1, (size_t)(end - at) - length - 1, wanted->text);
        if (wanted->field == NULL || used == 0)
            return wrong(why, "not understood", at, (size_t)(end - at));
        at += length + 1 + used;
    }
}

static int read_step(struct step *step, const char *at, const char *end, struct plx_problem *why)
{
    char name[TEXT_MAX];
    size_t length = strcspn(at, " ;");
    memset(step, 0, sizeof *step);
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : 0), at);
    step->kind = plx_kind_named(name);
    if (step->kind == PLX_EV_COUNT)
        return wrong(why, "there is no such kind of event", at, length);
    return read_fields(step, at + length, end, why);
}

/* ── looking ──────────────────────────────────────────────────────────────────────────────────────── */

/* A set of words fits when one of them is wanted. */
static bool flags_fit(const struct plx_field *field, uint32_t bits, const char *text)
{
    for (int i = 0; field->words != NULL && field->words[i] != NULL && i < 32; i++)
        if ((bits >> i & 1) != 0 && strcmp(field->words[i], text) == 0)
            return true;
    return false;
}

static bool fits(const struct plx_event *event, const struct wanted *wanted)
{
    const struct plx_field *field = wanted->field;
    const void *value = plx_event_field(event, field);
    char number[32];
    switch (field->type) {
    case PLX_FIELD_ID:
        snprintf(number, sizeof number, "%" PRIu64, *(const uint64_t *)value);
        return strcmp(number, wanted->text) == 0;
    case PLX_FIELD_NUM:
    case PLX_FIELD_SHAPE:
        snprintf(number, sizeof number, "%" PRIu32, *(const uint32_t *)value);
        return strcmp(number, wanted->text) == 0;
    case PLX_FIELD_INT:
        snprintf(number, sizeof number, "%" PRId32, *(const int32_t *)value);
        return strcmp(number, wanted->text) == 0;
    case PLX_FIELD_WORD:
        return strcmp(field->words[*(const uint32_t *)value], wanted->text) == 0;
    case PLX_FIELD_FLAGS:
        return flags_fit(field, *(const uint32_t *)value, wanted->text);
    case PLX_FIELD_TEXT:
        return strcmp(*(const char *const *)value, wanted->text) == 0;
    case PLX_FIELD_SHAPES:
    case PLX_FIELD_AT:
        break;
    }
    return false;
}

static bool step_fits(const struct plx_event *event, const struct step *step)
{
    if (event->kind != step->kind)
        return false;
    for (int i = 0; i < step->count; i++)
        if (!fits(event, &step->wanted[i]))
            return false;
    return true;
}

/* The end of a step: a semicolon that is not in quotes. */
static const char *end_of(const char *at)
{
    bool quoted = false;
    for (; *at != '\0' && (quoted || *at != ';'); at++)
        quoted ^= *at == '"';
    return at;
}

int plx_find(const struct plx_recording *recording, const char *steps, size_t *event, struct plx_problem *why)
{
    struct step step;
    *event = 0;
    while (*(steps += strspn(steps, " ;")) != '\0') {
        const char *end = end_of(steps);
        int result = read_step(&step, steps, end, why);
        if (result != 0)
            return result;
        do
            if (++*event > plx_recording_count(recording))
                return wrong(why, "no event is like this, after those before", steps, (size_t)(end - steps));
        while (!step_fits(plx_recording_event(recording, *event), &step));
        steps = end;
    }
    return *event > 0 ? 0 : wrong(why, "no event is named", "", 0);
}
