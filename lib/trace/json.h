/* SPDX-License-Identifier: MIT
 *
 * Records in words: one line of JSON each, made by the event table.
 */
#ifndef PLX_TRACE_JSON_H
#define PLX_TRACE_JSON_H

#include "lib/trace/trace.h"

#include <stdio.h>

struct plx_json; /* which shapes have been told */

struct plx_json *plx__json_new(FILE *out, uint64_t start_ns);
void plx__json_free(struct plx_json *json);

/* The first line of a trace. */
void plx__json_header(struct plx_json *json);

/* A record's line; before it those of shapes that it names and that were not told yet. Frees what the
 * record owns. */
void plx__json_record(struct plx_json *json, struct plx_record *record, const char *thread);

/* Lines are collected: gives those that are complete to the stream. */
void plx__json_hand_over(struct plx_json *json);

/* Only frees what the record owns. */
void plx__json_drop(const struct plx_record *record);

#endif
