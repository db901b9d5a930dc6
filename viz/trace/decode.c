/* SPDX-License-Identifier: MIT
 *
 * From parsed JSON to events: see decode.h. What an event must hold stands in the table of kinds; here is one
 * small function for each type of field.
 *
 * cJSON keeps numbers as doubles, so whole numbers are exact up to 2^53, and that is the range of an id.
 */
#include "viz/trace/decode.h"

#include "viz/trace/text.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define EXACT_MAX 9007199254740992.0 /* 2^53 */

/* What a field is decoded with: the recording takes texts, `wrong` what is wrong. */
struct decoder {
    struct plx_recording *recording;
    const char *event; /* name of the event, for messages */
    char *wrong;
};

__attribute__((format(printf, 2, 3))) static int wrong(const struct decoder *decoder, const char *format, ...)
{
    char text[PLX__WRONG_MAX * 2];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (length >= (int)sizeof(text))
        length = (int)sizeof(text) - 1;
    plx_clean_text(text, length > 0 ? (size_t)length : 0, decoder->wrong, PLX__WRONG_MAX);
    return -EINVAL;
}

static int number(const struct decoder *decoder, const char *field, const cJSON *json, double min, double max,
                  double *out)
{
    if (!cJSON_IsNumber(json))
        return wrong(decoder, "%s: \"%s\" is not a number", decoder->event, field);
    if (!isfinite(json->valuedouble) || json->valuedouble != trunc(json->valuedouble))
        return wrong(decoder, "%s: \"%s\" is not a whole number", decoder->event, field);
    if (json->valuedouble < min || json->valuedouble > max)
        return wrong(decoder, "%s: \"%s\" is not between %.0f and %.0f", decoder->event, field, min, max);
    *out = json->valuedouble;
    return 0;
}

static int id(const struct decoder *decoder, const char *field, const cJSON *json, uint64_t *out)
{
    double value;
    int rc = number(decoder, field, json, 0, EXACT_MAX, &value);
    if (rc == 0)
        *out = (uint64_t)value;
    return rc;
}

static int num(const struct decoder *decoder, const char *field, const cJSON *json, uint32_t *out)
{
    double value;
    int rc = number(decoder, field, json, 0, UINT32_MAX, &value);
    if (rc == 0)
        *out = (uint32_t)value;
    return rc;
}

static int integer(const struct decoder *decoder, const char *field, const cJSON *json, int32_t *out)
{
    double value;
    int rc = number(decoder, field, json, INT32_MIN, INT32_MAX, &value);
    if (rc == 0)
        *out = (int32_t)value;
    return rc;
}

static int text(const struct decoder *decoder, const char *field, const cJSON *json, const char **out)
{
    if (!cJSON_IsString(json))
        return wrong(decoder, "%s: \"%s\" is not a string", decoder->event, field);
    *out = plx__recording_text(decoder->recording, json->valuestring);
    return *out ? 0 : -ENOMEM;
}

/* The index of the word that `text` begins with, up to its end or a space; -1 when it is none of the set. */
static int word_at(const char *const *words, const char *text, size_t length)
{
    for (int i = 0; words[i]; i++)
        if (strlen(words[i]) == length && memcmp(words[i], text, length) == 0)
            return i;
    return -1;
}

static int word(const struct decoder *decoder, const struct plx_field *field, const cJSON *json,
                uint32_t *out)
{
    if (!cJSON_IsString(json))
        return wrong(decoder, "%s: \"%s\" is not a string", decoder->event, field->name);
    int index = word_at(field->words, json->valuestring, strlen(json->valuestring));
    if (index < 0)
        return wrong(decoder, "%s: \"%s\" cannot be \"%.40s\"", decoder->event, field->name,
                     json->valuestring);
    *out = (uint32_t)index;
    return 0;
}

static int flags(const struct decoder *decoder, const struct plx_field *field, const cJSON *json,
                 uint32_t *out)
{
    if (!cJSON_IsString(json))
        return wrong(decoder, "%s: \"%s\" is not a string", decoder->event, field->name);
    *out = 0;
    for (const char *at = json->valuestring; *at;) {
        size_t length = strcspn(at, " ");
        int index = word_at(field->words, at, length);
        if (index < 0)
            return wrong(decoder, "%s: \"%s\" cannot hold \"%.*s\"", decoder->event, field->name,
                         length < 40 ? (int)length : 40, at);
        *out |= 1u << index;
        at += length;
        at += strspn(at, " ");
    }
    return 0;
}

static int shapes(const struct decoder *decoder, const char *field, const cJSON *json,
                  struct plx_numbers *out)
{
    if (!cJSON_IsArray(json))
        return wrong(decoder, "%s: \"%s\" is not an array", decoder->event, field);
    uint32_t count = 0;
    for (const cJSON *child = json->child; child; child = child->next)
        count++;
    uint32_t *at = plx__arena_array(&decoder->recording->arena, count, sizeof(*at));
    if (!at)
        return -ENOMEM;
    *out = (struct plx_numbers){at, count};
    for (const cJSON *child = json->child; child; child = child->next) {
        int rc = num(decoder, field, child, at++);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* "file:line", or "". The file may hold a colon itself, so the line begins after the last one. */
static int at_place(const struct decoder *decoder, const char *field, const cJSON *json,
                    struct plx_place *out)
{
    if (!cJSON_IsString(json))
        return wrong(decoder, "%s: \"%s\" is not a string", decoder->event, field);
    char *colon = strrchr(json->valuestring, ':');
    uint32_t line = 0;
    if (colon) {
        size_t digits = strspn(colon + 1, "0123456789");
        if (digits == 0 || digits > 9 || colon[1 + digits])
            return wrong(decoder, "%s: \"%s\" does not end in a line number", decoder->event, field);
        for (const char *digit = colon + 1; *digit; digit++)
            line = line * 10 + (uint32_t)(*digit - '0');
        *colon = '\0';
    } else if (json->valuestring[0]) {
        return wrong(decoder, "%s: \"%s\" is no \"file:line\"", decoder->event, field);
    }
    out->line = line;
    out->file = plx__recording_text(decoder->recording, json->valuestring);
    return out->file ? 0 : -ENOMEM;
}

static int decode_field(const struct decoder *decoder, const struct plx_field *field, const cJSON *json,
                        void *out)
{
    switch (field->type) {
    case PLX_FIELD_ID:
        return id(decoder, field->name, json, out);
    case PLX_FIELD_NUM:
    case PLX_FIELD_SHAPE:
        return num(decoder, field->name, json, out);
    case PLX_FIELD_INT:
        return integer(decoder, field->name, json, out);
    case PLX_FIELD_WORD:
        return word(decoder, field, json, out);
    case PLX_FIELD_FLAGS:
        return flags(decoder, field, json, out);
    case PLX_FIELD_TEXT:
        return text(decoder, field->name, json, out);
    case PLX_FIELD_SHAPES:
        return shapes(decoder, field->name, json, out);
    case PLX_FIELD_AT:
        return at_place(decoder, field->name, json, out);
    }
    return -EINVAL;
}

/* The member of this name. Writers keep the table's order, so it is looked for at *guess first. */
static const cJSON *member(const cJSON *object, const char *name, const cJSON **guess)
{
    const cJSON *found = *guess && (*guess)->string && strcmp((*guess)->string, name) == 0
                             ? *guess
                             : cJSON_GetObjectItemCaseSensitive(object, name);
    *guess = found ? found->next : NULL;
    return found;
}

static int decode_who(const struct decoder *decoder, const cJSON *json, struct plx_event *event)
{
    event->thread = NULL;
    event->worker = 0;
    return cJSON_IsString(json) ? text(decoder, "w", json, &event->thread)
                                : num(decoder, "w", json, &event->worker);
}

static int decode_fields(const struct decoder *decoder, const struct plx_kind_info *kind, const cJSON *json,
                         const cJSON *guess, struct plx_event *event)
{
    event->task = 0;
    for (const struct plx_field *field = kind->field; field->name; field++) {
        const cJSON *value = member(json, field->name, &guess);
        if (!value)
            return wrong(decoder, "%s: \"%s\" is missing", decoder->event, field->name);
        void *out = (char *)&event->as_shape + field->offset;
        int rc = decode_field(decoder, field, value, out);
        if (rc != 0)
            return rc;
        if (field->type == PLX_FIELD_ID && strcmp(field->name, "task") == 0)
            event->task = *(uint64_t *)out;
    }
    return 0;
}

int plx__decode_event(struct plx_recording *recording, const cJSON *json, struct plx_event *event, char *why)
{
    struct decoder decoder = {recording, "event", why};
    if (!cJSON_IsObject(json))
        return wrong(&decoder, "an event is a JSON object");

    const cJSON *guess = json->child;
    const cJSON *t = member(json, "t", &guess), *w = member(json, "w", &guess),
                *ev = member(json, "ev", &guess);
    if (!cJSON_IsString(ev))
        return wrong(&decoder, "an event needs \"ev\", its kind");
    enum plx_kind kind = plx_kind_named(ev->valuestring);
    if (kind == PLX_EV_COUNT) {
        wrong(&decoder, "%.60s", ev->valuestring);
        return -ENOENT;
    }

    const struct plx_kind_info info = plx_kind_info(kind);
    decoder.event = info.name;
    event->kind = (uint16_t)kind;
    int rc = !t ? wrong(&decoder, "%s: \"t\" is missing", info.name) : id(&decoder, "t", t, &event->t_ns);
    if (rc == 0)
        rc = !w ? wrong(&decoder, "%s: \"w\" is missing", info.name) : decode_who(&decoder, w, event);
    return rc ? rc : decode_fields(&decoder, &info, json, guess, event);
}

static int header_text(const struct decoder *decoder, const cJSON *json, const char *name, const char **out)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(json, name);
    if (value)
        return text(decoder, name, value, out);
    *out = plx__recording_text(decoder->recording, "");
    return *out ? 0 : -ENOMEM;
}

int plx__decode_header(struct plx_recording *recording, const cJSON *json, char *why)
{
    struct decoder decoder = {recording, "header", why};
    struct plx_header *header = &recording->header;
    const cJSON *format = cJSON_GetObjectItemCaseSensitive(json, "pollux");
    const cJSON *pid = cJSON_GetObjectItemCaseSensitive(json, "pid");

    if (!cJSON_IsObject(json) || !format)
        return wrong(&decoder, "not a Pollux trace: the first line is no header {\"pollux\":%d, …}",
                     PLX_FORMAT_MAX);
    int rc = num(&decoder, "pollux", format, &header->format);
    if (rc == 0 && header->format > PLX_FORMAT_MAX)
        rc = wrong(&decoder, "made by a newer Pollux: format %u, this one reads up to %d", header->format,
                   PLX_FORMAT_MAX);
    if (rc == 0 && header->format == 0)
        rc = wrong(&decoder, "not a Pollux trace: there is no format 0");
    if (rc == 0 && pid)
        rc = id(&decoder, "pid", pid, &header->pid);
    if (rc == 0)
        rc = header_text(&decoder, json, "program", &header->program);
    if (rc == 0)
        rc = header_text(&decoder, json, "clock", &header->clock);
    return rc ? rc : header_text(&decoder, json, "started", &header->started);
}
