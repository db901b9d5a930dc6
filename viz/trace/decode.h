/* SPDX-License-Identifier: MIT
 *
 * From parsed JSON to the header and to events. Whatever is wrong is told in words, without file and line.
 */
#ifndef PLX_VIZ_DECODE_H
#define PLX_VIZ_DECODE_H

#include "viz/trace/record.h"

#include <cjson/cJSON.h>

#define PLX__WRONG_MAX 160

/* Fills the header. 0, -EINVAL with `wrong` filled (PLX__WRONG_MAX bytes, clean), or -ENOMEM. */
int plx__decode_header(struct plx_recording *recording, const cJSON *json, char *wrong);

/* Fills *event but for its line. As above; -ENOENT when its kind is unknown: its clean name is in `wrong`. */
int plx__decode_event(struct plx_recording *recording, const cJSON *json, struct plx_event *event,
                      char *wrong);

#endif
