/* SPDX-License-Identifier: MIT
 *
 * Records in words: one line of JSON each, made by the event table. Lines are collected in memory; whoever
 * has them made writes them somewhere and takes them out.
 */
#ifndef PLX_TRACE_JSON_H
#define PLX_TRACE_JSON_H

#include "lib/trace/merge.h"

/* What the pointers of records lead to: in the process that has told them themselves, elsewhere what a
 * spill says. Shapes are known by their address in the process that told them, there and here. */
struct plx_names {
    const char *(*text)(const struct plx_names *names, const void *address);
    const struct plx_shape *(*shape)(const struct plx_names *names, const void *address);
};

struct plx_json; /* the lines, and which shapes have been told */

struct plx_json *plx__json_new(void);
void plx__json_free(struct plx_json *json);

/* The first line of a trace. */
void plx__json_header(struct plx_json *json);

/* A record's line; before it those of shapes that it names and that were not told yet. `t_ns` is since the
 * start. `names` NULL: pointers are what they seem. */
void plx__json_record(struct plx_json *json, const struct plx_told *told, uint64_t t_ns,
                      const struct plx_names *names);

/* The lines so far; and none any more. */
const char *plx__json_lines(const struct plx_json *json, size_t *bytes);
void plx__json_clear(struct plx_json *json);

/* How many shapes have been told; the number of this one, 0 when it has not been; and to go on where another
 * process has stopped. */
uint32_t plx__json_shapes(const struct plx_json *json);
uint32_t plx__json_shape(const struct plx_json *json, const void *address);
void plx__json_told(struct plx_json *json, const void *address, uint32_t number);
void plx__json_resume(struct plx_json *json, uint32_t shapes);

#endif
