/* SPDX-License-Identifier: MIT
 *
 * Templates: the sentences of lib/trace/events.def, and the short lines of the log.
 *
 *     {field}     the field in words; {w} who told the event, {who} its task or, when it has none, {w};
 *                 {why} the cause
 *     [ … ]       left out when all fields in it are empty or 0
 *     (s)         "s", unless the last number was 1
 */
#include "viz/view/make.h"

#include <string.h>

#define NAME_MAX_BYTES 32

/* What a template is filled from. */
struct filling {
    const struct plx_world *world;
    size_t n;
    const struct plx_event *event;
    bool is_sentence;
};

static void capitalise_first(struct plx__text *text, const struct filling *filling, size_t from)
{
    char *first = &text->bytes[from];
    if (filling->is_sentence && from == 0 && *first >= 'a' && *first <= 'z')
        *first = (char)(*first - 'a' + 'A');
}

/* ── one field ── */

/* Words that read badly in a sentence as they stand in the trace. */
static const char *in_words(const struct plx_field *field, const struct plx_event *event, const char *word)
{
    static const struct {
        const char *field, *word, *shown;
    } better[] = {
        {"queue", "lifo", "LIFO"},
        {"outcome", "too_late", "too late"},
        {"cause", "io", "token"},
        {"cause", "timer", "a timer"},
        {"cause", "thread", "a thread"},
        {"outcome", "coalesced", "it will be polled anyway"},
        {"outcome", "scheduled", "it is scheduled"},
    };
    if (event->kind == PLX_EV_notify && event->as_notify.by == 0 && strcmp(word, "io") == 0)
        return "the reactor";
    if (event->kind == PLX_EV_notify && event->as_notify.by != 0 && strcmp(word, "timer") == 0)
        return word;
    for (size_t i = 0; i < sizeof(better) / sizeof(*better); i++)
        if (strcmp(better[i].field, field->name) == 0 && strcmp(better[i].word, word) == 0)
            return better[i].shown;
    return word;
}

static bool say_flags(struct plx__text *text, const struct plx_field *field, uint32_t flags)
{
    if (field->words[2]) { /* the set `readiness` */
        plx__text_add(text, plx__name_readiness(flags));
        return flags != 0;
    }
    for (int i = 0; field->words[i]; i++)
        if (flags >> i & 1) {
            plx__text_add(text, field->words[i]);
            plx__text_add(text, flags >> (i + 1) ? " and " : "");
        }
    return flags != 0;
}

static bool say_shape(struct plx__text *text, const struct plx_world *world, uint32_t number)
{
    const struct plx_shape_info *shape = plx_world_shape(world, number);
    const char *name = plx__shape_name(shape);
    plx__text_format(text, "%s%s%s", plx__shape_kind(shape), *name ? " " : "", name);
    return number != 0;
}

static bool say_place(struct plx__text *text, const struct plx_place *place)
{
    if (!*place->file)
        return false;
    plx__text_add(text, place->file);
    plx__text_format(text, ":%u", place->line);
    return true;
}

static bool say_value(struct plx__text *text, const struct filling *filling, const struct plx_field *field)
{
    const void *value = plx_event_field(filling->event, field);
    switch (field->type) {
    case PLX_FIELD_ID:
        plx__text_number(text, *(const uint64_t *)value);
        return *(const uint64_t *)value != 0;
    case PLX_FIELD_NUM:
        plx__text_number(text, *(const uint32_t *)value);
        return *(const uint32_t *)value != 0;
    case PLX_FIELD_INT:
        plx__text_format(text, "%d", *(const int32_t *)value);
        return *(const int32_t *)value != 0;
    case PLX_FIELD_WORD:
        plx__text_add(text, in_words(field, filling->event, field->words[*(const uint32_t *)value]));
        return true;
    case PLX_FIELD_FLAGS:
        return say_flags(text, field, *(const uint32_t *)value);
    case PLX_FIELD_TEXT:
        plx__text_add(text, *(const char *const *)value);
        return **(const char *const *)value != '\0';
    case PLX_FIELD_SHAPE:
        return say_shape(text, filling->world, *(const uint32_t *)value);
    case PLX_FIELD_SHAPES:
        plx__text_number(text, ((const struct plx_numbers *)value)->count);
        return true;
    case PLX_FIELD_AT:
        return say_place(text, value);
    }
    return false;
}

static void say_who(struct plx__text *text, const struct filling *filling)
{
    size_t from = text->length;
    if (filling->event->task)
        plx__text_format(text, "task %llu", (unsigned long long)filling->event->task);
    else
        plx__name_who(text, filling->event);
    capitalise_first(text, filling, from);
}

static void say_object(struct plx__text *text, const struct filling *filling, const struct plx_field *field)
{
    size_t from = text->length;
    plx__name_object(text, filling->world, *(const uint64_t *)plx_event_field(filling->event, field));
    capitalise_first(text, filling, from);
}

/* Adds the field of this name; false when it is empty or 0. */
static bool say_field(struct plx__text *text, const struct filling *filling, const char *name)
{
    if (strcmp(name, "w") == 0) {
        size_t from = text->length;
        plx__name_who(text, filling->event);
        capitalise_first(text, filling, from);
        return true;
    }
    if (strcmp(name, "who") == 0) {
        say_who(text, filling);
        return true;
    }
    if (strcmp(name, "why") == 0) {
        plx__because(text, filling->world, filling->n);
        return true;
    }
    const struct plx_field *field = plx_kind_field((enum plx_kind)filling->event->kind, name);
    if (!field) {
        plx__text_format(text, "{%s}", name);
        return true;
    }
    if (strcmp(name, "future") == 0) {
        uint32_t future = *(const uint32_t *)plx_event_field(filling->event, field);
        plx__name_future(text, filling->world, filling->event->task, future);
        return true;
    }
    if (strcmp(name, "object") == 0) {
        say_object(text, filling, field);
        return true;
    }
    return say_value(text, filling, field);
}

/* ── a whole template ── */

/* Expands up to `end`. Tells whether any field in it was neither empty nor 0. */
static bool expand(struct plx__text *text, const struct filling *filling, const char *from, const char *end);

static const char *expand_field(struct plx__text *text, const struct filling *filling, const char *brace,
                                bool *full)
{
    char name[NAME_MAX_BYTES];
    size_t length = strcspn(brace + 1, "}");
    if (length >= sizeof(name))
        length = sizeof(name) - 1;
    memcpy(name, brace + 1, length);
    name[length] = '\0';
    *full |= say_field(text, filling, name);
    const char *close = strchr(brace, '}');
    return close ? close + 1 : brace + strlen(brace);
}

static const char *expand_optional(struct plx__text *text, const struct filling *filling, const char *bracket)
{
    const char *close = strchr(bracket, ']');
    if (!close)
        close = bracket + strlen(bracket);
    struct plx__text before = *text;
    if (!expand(text, filling, bracket + 1, close))
        *text = before;
    return *close ? close + 1 : close;
}

static bool expand(struct plx__text *text, const struct filling *filling, const char *from, const char *end)
{
    bool full = false;
    while (from < end) {
        if (*from == '{') {
            from = expand_field(text, filling, from, &full);
        } else if (*from == '[') {
            from = expand_optional(text, filling, from);
        } else if (strncmp(from, "(s)", 3) == 0) {
            plx__text_add(text, text->number == 1 ? "" : "s");
            from += 3;
        } else {
            size_t plain = strcspn(from + 1, "{[(]") + 1;
            if (plain > (size_t)(end - from))
                plain = (size_t)(end - from);
            plx__text_format(text, "%.*s", (int)plain, from);
            from += plain;
        }
    }
    return full;
}

void plx__expand(struct plx__text *text, const struct plx_world *world, size_t n, const char *template)
{
    struct filling filling = {world, n, plx_recording_event(plx_world_recording(world), n), false};
    expand(text, &filling, template, template + strlen(template));
}

void plx__expand_sentence(struct plx__text *text, const struct plx_world *world, size_t n)
{
    struct filling filling = {world, n, plx_recording_event(plx_world_recording(world), n), true};
    const char *sentence = plx_kind_info((enum plx_kind)filling.event->kind).sentence;
    expand(text, &filling, sentence, sentence + strlen(sentence));
}
