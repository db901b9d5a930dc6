/* SPDX-License-Identifier: MIT
 *
 * The readiness word: ticks, generations, and what is never cleared.
 */
#include "lib/reactor/scheduled_io.h"
#include "tests/support/futures.h"

static unsigned ready(struct plx_scheduled_io *io)
{
    return plx_io_ready(atomic_load(&io->word));
}

static unsigned news; /* of the last event */

static void what_would_block_is_cleared(void **state)
{
    struct plx_scheduled_io io = {0};
    (void)state;
    assert_true(plx_io_set_ready(&io, 0, PLX_READABLE | PLX_WRITABLE, &news));
    plx_io_clear_ready(&io, PLX_READ, atomic_load(&io.word));
    assert_int_equal(ready(&io), PLX_WRITABLE);
    plx_io_clear_ready(&io, PLX_WRITE, atomic_load(&io.word));
    assert_int_equal(ready(&io), 0);
}

/* conformance 201; real bugs 10, 11: an event between EAGAIN and clear stays, though it is the 256th or
 * 32768th since. */
static void an_event_before_the_clear_stays(void **state)
{
    static const unsigned counts[] = {1, 2, 254, 255, 256, 257, 32767, 32768, 65535};
    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof *counts && counts[i] < 1u << PLX_TICK_BITS; i++) {
        struct plx_scheduled_io io = {0};
        plx_io_set_ready(&io, 0, PLX_READABLE, &news);
        uint64_t seen = atomic_load(&io.word);
        for (unsigned event = 0; event < counts[i]; event++)
            plx_io_set_ready(&io, 0, PLX_READABLE, &news);
        plx_io_clear_ready(&io, PLX_READ, seen);
        assert_int_equal(ready(&io), PLX_READABLE);
    }
}

/* Each direction has ticks of its own: a busy writer does not keep a reader from clearing. conformance
 * 203; real bugs 53 */
static void the_other_direction_does_not_matter(void **state)
{
    struct plx_scheduled_io io = {0};
    (void)state;
    plx_io_set_ready(&io, 0, PLX_READABLE, &news);
    uint64_t seen = atomic_load(&io.word);
    plx_io_set_ready(&io, 0, PLX_WRITABLE, &news);
    plx_io_clear_ready(&io, PLX_READ, seen);
    assert_int_equal(ready(&io), PLX_WRITABLE);
    plx_io_clear_ready(&io, PLX_READ, atomic_load(&io.word));
    assert_int_equal(ready(&io), PLX_WRITABLE);
}

/* conformance 199, 202 */
static void closed_stays(void **state)
{
    struct plx_scheduled_io io = {0};
    (void)state;
    plx_io_set_ready(&io, 0, PLX_READABLE | PLX_WRITABLE | PLX_READ_CLOSED | PLX_WRITE_CLOSED, &news);
    plx_io_clear_ready(&io, PLX_READ, atomic_load(&io.word));
    plx_io_clear_ready(&io, PLX_WRITE, atomic_load(&io.word));
    assert_int_equal(ready(&io), PLX_READ_CLOSED | PLX_WRITE_CLOSED);
}

/* An error belongs to both directions, and is over for each when it has been tried. conformance 199 */
static void an_error_is_to_be_tried_once(void **state)
{
    struct plx_scheduled_io io = {0};
    (void)state;
    plx_io_set_ready(&io, 0, PLX_SOURCE_ERROR, &news);
    assert_true(ready(&io) & PLX_READ_MASK);
    assert_true(ready(&io) & PLX_WRITE_MASK);
    plx_io_clear_ready(&io, PLX_READ, atomic_load(&io.word));
    assert_false(ready(&io) & PLX_READ_MASK);
    assert_true(ready(&io) & PLX_WRITE_MASK);
    plx_io_clear_ready(&io, PLX_WRITE, atomic_load(&io.word));
    assert_false(ready(&io) & PLX_WRITE_MASK);
}

/* conformance 194; real bugs 55 */
static void an_event_of_another_generation_is_ignored(void **state)
{
    struct plx_scheduled_io io = {0};
    (void)state;
    plx_io_set_ready(&io, 0, PLX_READABLE | PLX_READ_CLOSED, &news);
    plx_io_reset(&io);
    assert_int_equal(ready(&io), 0);
    assert_false(plx_io_set_ready(&io, 0, PLX_READABLE, &news));
    assert_int_equal(ready(&io), 0);
    assert_true(plx_io_set_ready(&io, 1, PLX_READABLE, &news));
}

/* The generation's last number is followed by the first, and the ticks do not run into their neighbours. */
static void everything_wraps_within_its_bits(void **state)
{
    struct plx_scheduled_io io = {0};
    const uint64_t last = ((uint64_t)1 << PLX_GENERATION_BITS) - 1;
    (void)state;
    atomic_store(&io.word, last << PLX_GENERATION_SHIFT);
    for (unsigned i = 0; i < 1u << PLX_TICK_BITS; i++)
        assert_true(plx_io_set_ready(&io, last, PLX_READABLE | PLX_WRITABLE, &news));
    assert_int_equal(atomic_load(&io.word), last << PLX_GENERATION_SHIFT | PLX_READABLE | PLX_WRITABLE);
    plx_io_reset(&io);
    assert_int_equal(atomic_load(&io.word), 0);
}

/* Who waits for a direction has seen it not ready: no event but the first since then is news to anybody. */
static void what_was_ready_is_no_news(void **state)
{
    struct plx_scheduled_io io = {0};
    (void)state;
    assert_true(plx_io_set_ready(&io, 0, PLX_WRITABLE, &news));
    assert_int_equal(news, PLX_WRITABLE);
    assert_true(plx_io_set_ready(&io, 0, PLX_READABLE | PLX_WRITABLE, &news));
    assert_int_equal(news, PLX_READABLE);
    assert_true(plx_io_set_ready(&io, 0, PLX_READABLE | PLX_READ_CLOSED, &news));
    assert_int_equal(news, 0);
    plx_io_clear_ready(&io, PLX_WRITE, atomic_load(&io.word));
    assert_true(plx_io_set_ready(&io, 0, PLX_WRITABLE, &news));
    assert_int_equal(news, PLX_WRITABLE);
    plx_io_clear_ready(&io, PLX_WRITE, atomic_load(&io.word));
    assert_true(plx_io_set_ready(&io, 0, PLX_SOURCE_ERROR, &news));
    assert_true(news & PLX_WRITE_EVENTS);
}

/* ── an event against a clear ─────────────────────────────────────────────────────────────────────────── */

static struct {
    struct plx_scheduled_io io;
    _Atomic unsigned sent, taken;
} race;

static void *send_events(void *rounds)
{
    for (uintptr_t i = 0; i < (uintptr_t)rounds; i++) {
        unsigned unused;
        atomic_fetch_add(&race.sent, 1);
        plx_io_set_ready(&race.io, 0, PLX_READABLE, &unused);
    }
    return NULL;
}

/* The reader takes all there is, and clears what it saw before: if something has come since, the bit must
 * stand. */
static void no_edge_is_lost(void **state)
{
    const uintptr_t rounds = scaled(1000000);
    pthread_t sender;
    (void)state;
    assert_int_equal(pthread_create(&sender, NULL, send_events, (void *)rounds), 0);
    while (race.taken < rounds) {
        uint64_t seen = atomic_load(&race.io.word);
        if (!(plx_io_ready(seen) & PLX_READABLE))
            continue; /* an edge that is lost keeps us here for ever */
        atomic_store(&race.taken, atomic_load(&race.sent));
        plx_io_clear_ready(&race.io, PLX_READ, seen);
    }
    pthread_join(sender, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_would_block_is_cleared),
        cmocka_unit_test(an_event_before_the_clear_stays),
        cmocka_unit_test(the_other_direction_does_not_matter),
        cmocka_unit_test(closed_stays),
        cmocka_unit_test(an_error_is_to_be_tried_once),
        cmocka_unit_test(an_event_of_another_generation_is_ignored),
        cmocka_unit_test(everything_wraps_within_its_bits),
        cmocka_unit_test(what_was_ready_is_no_news),
        cmocka_unit_test(no_edge_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
