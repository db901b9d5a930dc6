/* SPDX-License-Identifier: MIT
 *
 * Inside a recording: shared by the files that fill it (load.c, decode.c) and the one that answers for it.
 */
#ifndef PLX_VIZ_RECORD_H
#define PLX_VIZ_RECORD_H

#include "viz/trace/arena.h"
#include "viz/trace/issues.h"
#include "viz/trace/recording.h"
#include "viz/trace/strings.h"

struct plx_recording {
    struct plx_header header;
    struct plx_event *event;
    size_t count, room;
    struct plx__issues issues;
    struct plx__strings strings; /* only while it is filled */
    struct plx__arena arena;     /* owner of all texts and lists of numbers */
};

/* The place for one more event, not counted yet; NULL without memory. */
struct plx_event *plx__recording_room(struct plx_recording *recording);

/* A text for as long as the recording lives; NULL without memory. */
const char *plx__recording_text(struct plx_recording *recording, const char *text);

#endif
