/* SPDX-License-Identifier: MIT
 *
 * The few words that every part of the library uses.
 */
#ifndef PLX_BASE_H
#define PLX_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

/* What a macro writes beside such a body, so that the body stays short. */
#define PLX__OUTLINED static __attribute__((noinline, unused))

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

/* ThreadSanitizer watches this build. */
#if defined(__SANITIZE_THREAD__)
#define PLX_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PLX_TSAN 1
#endif
#endif
#ifndef PLX_TSAN
#define PLX_TSAN 0
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

/* memcpy for what is mostly small, of a size that only its caller's caller knows: two moves that may overlap
 * in place of a call. Futures and items on their way in and out of a task's cell: 5 ns a task. */
PLX_INLINE void plx__copy(void *to, const void *from, size_t size)
{
    if (size >= 8 && size <= 16) {
        uint64_t first, last;
        memcpy(&first, from, 8);
        memcpy(&last, (const char *)from + size - 8, 8);
        memcpy(to, &first, 8);
        memcpy((char *)to + size - 8, &last, 8);
    } else if (size == 1) {
        *(char *)to = *(const char *)from;
    } else {
        memcpy(to, from, size);
    }
}

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
