/* SPDX-License-Identifier: MIT
 *
 * What tests of futures play with: a leaf that does as it is told, and a context to poll it in by hand.
 *
 *     struct probe p = {.name = "p", .waits = 2, .value = 7};     NotReady twice, then Ready(7)
 *     leaf l = leaf_of(&p);
 *     struct hand hand = HAND;
 *     token item;
 *     assert_int_equal(POLL(leaf, &l, &hand, &item), PLX_NOT_READY);
 *
 * A leaf's item is a token, which must be dropped once, like a socket. What leafs do is also written down, in
 * order, in `journal`.
 */
#ifndef TESTS_SUPPORT_LEAF_H
#define TESTS_SUPPORT_LEAF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

struct token;
extern const struct plx_item_traits token_traits;
#define PLX_USER_ITEMS struct token * : &token_traits,
#include "lib/pollux.h"

/* ── the leaf ─────────────────────────────────────────────────────────────────────────────────────── */

struct probe {
    /* what it is to do */
    const char *name;
    int waits; /* how often it answers NotReady; FOREVER */
    int code;  /* then it fails with this, or is ready with `value` if 0 */
    int value;
    bool silent; /* it takes no waker: breaks the promise of NotReady */
    /* what has happened */
    int polls, drops, items_dropped;
    bool ended;
    plx_waker waker; /* of the last poll; a notified one is gone */
};

enum { FOREVER = 1 << 30 };

void token_drop(void *item);

typedef struct token {
    struct probe *owner; /* NULL: moved away */
    int value;
} token;

typedef struct leaf {
    struct probe *probe;
} leaf;
typedef token leaf_item;

leaf leaf_of(struct probe *probe);
enum plx_answer leaf_poll(leaf *self, plx_context *cx, token *out);
void leaf_drop(leaf *self);
PLX_LEAF(leaf)

/* The line of leaf.c where a leaf fails, once one has. */
extern int leaf_fails_line;

/* Notifies the task that polled last, and forgets it; false if there is none. */
bool probe_notify(struct probe *probe);

/* ── the journal ──────────────────────────────────────────────────────────────────────────────────── */

extern char journal[1024];
void journal_clear(void);
void journal_add(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ── polls by hand ────────────────────────────────────────────────────────────────────────────────── */

/* A "task" that is polled by the test. It counts what its Notify is asked to do. */
struct hand {
    plx_context cx;
    _Atomic int notified, clones, drops;
};

#define HAND ((struct hand){.notified = 0})

void hand_enter(struct hand *hand);
void hand_leave(struct hand *hand);

#define POLL(T, future, hand, out)                                                                           \
    __extension__({                                                                                          \
        hand_enter(hand);                                                                                    \
        enum plx_answer hand_answer = T##__ask((future), &(hand)->cx, 1, (out));                             \
        hand_leave(hand);                                                                                    \
        hand_answer;                                                                                         \
    })

/* How many wakers of it are held. */
int hand_wakers(const struct hand *hand);

#define assert_failed_at(hand, errno_code, where_line)                                                       \
    do {                                                                                                     \
        assert_int_equal((hand)->cx.error.code, (errno_code));                                               \
        assert_non_null((hand)->cx.error.at.file);                                                           \
        assert_string_equal((hand)->cx.error.at.file, __FILE__);                                             \
        assert_int_equal((hand)->cx.error.at.line, (where_line));                                            \
    } while (0)

/* ── standard error ───────────────────────────────────────────────────────────────────────────────── */

/* From here on standard error goes into a file; then what came is returned, valid until the next call. */
void capture_stderr(void);
const char *captured_stderr(void);

/* How often a word stands in a text. */
int count_of(const char *text, const char *word);

#endif
