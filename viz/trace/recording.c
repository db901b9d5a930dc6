/* SPDX-License-Identifier: MIT
 *
 * A recording answers: see recording.h.
 */
#include "viz/trace/record.h"

#include <stdlib.h>

struct plx_event *plx__recording_room(struct plx_recording *recording)
{
    if (recording->count == recording->room) {
        size_t room = recording->room ? recording->room * 2 : 256;
        struct plx_event *grown = reallocarray(recording->event, room, sizeof(*grown));
        if (!grown)
            return NULL;
        recording->event = grown;
        recording->room = room;
    }
    return &recording->event[recording->count];
}

const char *plx__recording_text(struct plx_recording *recording, const char *text)
{
    return plx__strings_keep(&recording->strings, &recording->arena, text);
}

void plx_recording_free(struct plx_recording *recording)
{
    if (!recording)
        return;
    free(recording->event);
    plx__issues_done(&recording->issues);
    plx__strings_done(&recording->strings);
    plx__arena_done(&recording->arena);
    free(recording);
}

const struct plx_header *plx_recording_header(const struct plx_recording *recording)
{
    return &recording->header;
}

size_t plx_recording_count(const struct plx_recording *recording)
{
    return recording->count;
}

const struct plx_event *plx_recording_event(const struct plx_recording *recording, size_t n)
{
    return n >= 1 && n <= recording->count ? &recording->event[n - 1] : NULL;
}

size_t plx_recording_issues(const struct plx_recording *recording)
{
    return recording->issues.count;
}

const struct plx_issue *plx_recording_issue(const struct plx_recording *recording, size_t i)
{
    return i < recording->issues.count ? &recording->issues.issue[i] : NULL;
}

const void *plx_event_field(const struct plx_event *event, const struct plx_field *field)
{
    return (const char *)&event->as_shape + field->offset;
}

uint64_t plx_event_token(const struct plx_event *event)
{
    const struct plx_field *field = plx_kind_field((enum plx_kind)event->kind, "token");
    return field ? *(const uint64_t *)plx_event_field(event, field) : 0;
}
