/* SPDX-License-Identifier: MIT
 *
 * The few words that every part of the library uses.
 */
#ifndef PLX_BASE_H
#define PLX_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Built with -DPLX_TRACE=0 the library cannot tell what it does, and its call sites cost nothing at all. */
#ifndef PLX_TRACE
#define PLX_TRACE 1
#endif

/* Built with -DPLX_DEBUG=1 the library checks what a future promises (see task/contract.h). */
#ifndef PLX_DEBUG
#define PLX_DEBUG 0
#endif

/* Built with -DPLX_SMALL=1 queues are short and counters narrow, so that what seldom happens (a full ring, a
 * count that comes round) happens all the time. For tests: `make check BUILD=small`. */
#ifndef PLX_SMALL
#define PLX_SMALL 0
#endif

/* A function that a macro writes for the user: not used by everyone, and that is no reason to warn. */
#define PLX_INLINE static inline __attribute__((unused))

/* The body of a combinator. It takes the functions of its parts as constants; only when it is folded into its
 * caller do the calls through them become direct calls, and the chain one function. */
#define PLX_BODY static inline __attribute__((always_inline, unused))

#define PLX_COLD        __attribute__((cold, noinline))
#define plx_likely(x)   __builtin_expect(!!(x), 1)
#define plx_unlikely(x) __builtin_expect(!!(x), 0)

/* Tells the processor that this is a loop that waits for another one. */
#if defined(__x86_64__) || defined(__i386__)
#define plx_relax() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define plx_relax() __asm__ volatile("isb")
#else
#define plx_relax() ((void)0)
#endif

/* The struct of type T whose member M `ptr` points to. */
#define plx_container_of(ptr, T, M) ((T *)(void *)((char *)(ptr)-offsetof(T, M)))

/* Takes a value out of the variable that owned it, and leaves the empty (zero) value there. Sockets and
 * other owners are empty when zero, so that dropping what was moved away does nothing. */
#define PLX_MOVE(variable)                                                                                   \
    __extension__({                                                                                          \
        __typeof__(variable) plx_moved = (variable);                                                         \
        (variable) = (__typeof__(variable)){0};                                                              \
        plx_moved;                                                                                           \
    })

/* A place in the source text; `file` lives as long as the program. */
struct plx_at {
    const char *file;
    int line;
};

#define PLX_HERE ((struct plx_at){__FILE__, __LINE__})

/* The longest text that a trace record carries, with its final NUL. Longer text is shortened. */
#define PLX_TEXT_MAX 24

/* What moves from one future to the next when there is nothing to say but "done". */
typedef struct plx_unit {
    char nothing;
} plx_unit;

#endif
