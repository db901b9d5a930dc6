/* SPDX-License-Identifier: MIT
 *
 * Finding an event by what it is, so that documents need not know numbers that change with every recording.
 *
 *     "not_ready task=1; ready future=6; task_end"
 *
 * Each step, up to a semicolon, is a kind of event and what its fields are; it looks for the next such event
 * after the one before. Words that hold spaces stand in quotes: value="Sock 7".
 */
#ifndef PLX_COMMAND_FIND_H
#define PLX_COMMAND_FIND_H

#include "viz/trace/recording.h"

/* The event that the last step finds. 0, or -EINVAL with *why filled. */
int plx_find(const struct plx_recording *recording, const char *steps, size_t *event,
             struct plx_problem *why);

#endif
