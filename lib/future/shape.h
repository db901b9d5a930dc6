/* SPDX-License-Identifier: MIT
 *
 * Shapes: what a chain looks like, known before it runs.
 *
 * Every future type T has a constant T_shape, and T_nodes, how many futures it consists of. The trace tells a
 * task's whole shape when it is spawned, so that a viewer can draw all its boxes, those of second stages that
 * do not exist yet included. A future is known by its number in its task: the root is 1, its first part is
 * the number after its own, its second part comes after all of the first ("preorder"). So no future stores an
 * identity.
 */
#ifndef PLX_FUTURE_SHAPE_H
#define PLX_FUTURE_SHAPE_H

#include "lib/base.h"

struct plx_shape {
    const char *kind; /* "and_then", "map", "leaf" … */
    const char *name; /* of its function; of a leaf, its type */
    struct plx_at at; /* where the type was written */
    uint32_t nodes;   /* this and all inside it */
    uint32_t count;   /* of children */
    const struct plx_shape *const *children;
};

#define PLX__SHAPE_0(T, kind, name)                                                                          \
    enum { T##_nodes = 1 };                                                                                  \
    static const struct plx_shape T##_shape __attribute__((unused)) = {                                      \
        kind, name, {__FILE__, __LINE__}, 1, 0, NULL,                                                        \
    };

#define PLX__SHAPE_1(T, kind, name, A)                                                                       \
    enum { T##_nodes = 1 + A##_nodes };                                                                      \
    static const struct plx_shape *const T##__children[] = {&A##_shape};                                     \
    static const struct plx_shape T##_shape __attribute__((unused)) = {                                      \
        kind, name, {__FILE__, __LINE__}, T##_nodes, 1, T##__children,                                       \
    };

#define PLX__SHAPE_2(T, kind, name, A, B)                                                                    \
    enum { T##_nodes = 1 + A##_nodes + B##_nodes };                                                          \
    static const struct plx_shape *const T##__children[] = {&A##_shape, &B##_shape};                         \
    static const struct plx_shape T##_shape __attribute__((unused)) = {                                      \
        kind, name, {__FILE__, __LINE__}, T##_nodes, 2, T##__children,                                       \
    };

/* How far the number of a second part lies behind its parent's, when the first part is an A. A first part's
 * is 1. */
#define PLX__SECOND_AFTER(A) (1 + (uint32_t)A##_nodes)

#endif
