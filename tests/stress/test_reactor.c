/* SPDX-License-Identifier: MIT
 *
 * The reactor under load, with each selector in turn, one for all workers or one for each: both halves of
 * many sockets at once, many waiters on one source, and sources that come and go while their events arrive.
 * An edge or a wake that is lost stops the test; all that is counted is exact.
 */
#include "tests/support/stress.h"

#include "lib/reactor/reactor.h"
#include "lib/reactor/readiness.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

static const struct plx_selector_ops *any_selector(void)
{
    static const struct plx_selector_ops *const each[] = {&plx_epoll, &plx_poll, &plx_kqueue};
    return each[stress.rounds % 3];
}

/* With one reactor for all, or one for each worker. */
static struct plx_runtime *any_runtime(void)
{
    return runtime_of((struct plx_runtime_options){.workers = 2 + stress.rounds % 3,
                                                   .selector = any_selector(),
                                                   .reactor_per_worker = stress.rounds / 3 % 2});
}

static bool would_block(ssize_t count)
{
    return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* ── hammer_split: one task reads a socket and another one writes it ───────────────────────────────────── */

enum { CONNECTIONS = 100, MESSAGES = 10, MESSAGE = 1500 };

static struct {
    _Atomic uint64_t read, written;
    _Atomic unsigned wrong;
} split;

struct connection {
    plx_poll_evented ends[2];
    _Atomic unsigned users; /* of both ends: who goes last closes them */
};

/* One half of one end. The buffers of the socket are small, so that each of them blocks again and again. */
typedef struct half {
    struct connection *of;
    plx_poll_evented *io;
    enum plx_direction direction;
    size_t done;
    uint32_t random;
} half;
typedef plx_unit half_item;

static ssize_t move_some(half *self)
{
    char bytes[MESSAGE] = {0};
    size_t left = (size_t)MESSAGES * MESSAGE - self->done, size = 1 + stress_below(&self->random, MESSAGE);
    if (size > left)
        size = left;
    return self->direction == PLX_READ ? recv(self->io->fd, bytes, size, 0)
                                       : send(self->io->fd, bytes, size, MSG_NOSIGNAL);
}

static enum plx_answer half_poll(half *self, plx_context *cx, plx_unit *out)
{
    *out = (plx_unit){0};
    while (self->done < (size_t)MESSAGES * MESSAGE) {
        uint64_t seen;
        enum plx_answer answer = plx_poll_evented_ready(self->io, cx, self->direction, &seen);
        if (answer != PLX_READY)
            return answer;
        ssize_t count = move_some(self);
        if (count > 0)
            self->done += (size_t)count;
        else if (would_block(count))
            plx_poll_evented_clear(self->io, self->direction, seen);
        else
            return plx_fail(cx, count < 0 ? -errno : PLX_UNEXPECTED_END);
    }
    return PLX_READY;
}

static void half_drop(half *self)
{
    atomic_fetch_add(self->direction == PLX_READ ? &split.read : &split.written, self->done);
    if (self->done != (size_t)MESSAGES * MESSAGE)
        atomic_fetch_add(&split.wrong, 1);
    if (atomic_fetch_sub(&self->of->users, 1) != 1)
        return;
    plx_poll_evented_drop(&self->of->ends[0]);
    plx_poll_evented_drop(&self->of->ends[1]);
}

PLX_LEAF(half)

static void connect_ends(struct connection *connection)
{
    int fds[2], size = 1;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    for (int i = 0; i < 2; i++) {
        setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size); /* as small as can be */
        connection->ends[i] = stress.rounds & 1 ? plx_poll_evented_of(fds[i])
                                                : plx_poll_evented_try_first(fds[i]);
    }
    connection->users = 4;
}

/* conformance 195, 196 */
static void both_halves_of_many_sockets(void **state)
{
    static struct connection connections[CONNECTIONS];
    const uint64_t all = UINT64_C(2) * CONNECTIONS * MESSAGES * MESSAGE;
    (void)state;
    stress_begin();
    while (stress_goes_on()) {
        struct plx_runtime *runtime = any_runtime();
        atomic_store(&split.read, 0);
        atomic_store(&split.written, 0);
        for (uint32_t i = 0; i < CONNECTIONS; i++) {
            struct connection *it = &connections[i];
            connect_ends(it);
            for (uint32_t j = 0; j < 4; j++)
                assert_int_equal(PLX_SPAWN_ON(runtime, half,
                                              ((half){it, &it->ends[j / 2], j % 2 ? PLX_WRITE : PLX_READ, 0,
                                                      stress_source(i * 4 + j)})),
                                 0);
        }
        assert_int_equal(plx_runtime_wait_idle(runtime), 0);
        assert_int_equal(split.read, all);
        assert_int_equal(split.written, all);
        assert_int_equal(split.wrong, 0);
        assert_int_equal(plx_runtime_sources(runtime), 0);
        plx_runtime_free(runtime);
    }
    stress_end();
}

/* ── a crowd: many tasks wait for one pipe, and share what comes ───────────────────────────────────────── */

enum { CROWD = 70, BYTES = 1000 };

static struct {
    plx_poll_evented io;
    _Atomic unsigned users, taken;
    int in; /* where the bytes are written */
} crowd;

/* Waits, takes a byte, waits again, until the end of the pipe. Now and then it lets go of its place in the
 * list, and begins anew. */
typedef struct one_of_many {
    plx_readiness wait;
    uint32_t random;
} one_of_many;
typedef plx_unit one_of_many_item;

static void wait_anew(one_of_many *self)
{
    plx_readiness_drop(&self->wait);
    self->wait = plx_readiness_new(&crowd.io, PLX_READ);
}

static enum plx_answer one_of_many_poll(one_of_many *self, plx_context *cx, plx_unit *out)
{
    plx_readiness_item item;
    char byte;
    *out = (plx_unit){0};
    for (;;) {
        if (stress_below(&self->random, 4) == 0)
            wait_anew(self);
        enum plx_answer answer = plx_readiness_poll(&self->wait, cx, &item);
        if (answer != PLX_READY)
            return answer;
        ssize_t count = read(crowd.io.fd, &byte, 1);
        if (count == 0)
            return PLX_READY;
        if (count > 0)
            atomic_fetch_add(&crowd.taken, 1);
        else if (would_block(count))
            plx_poll_evented_clear(&crowd.io, PLX_READ, item.seen);
        wait_anew(self);
    }
}

static void one_of_many_drop(one_of_many *self)
{
    plx_readiness_drop(&self->wait);
    if (atomic_fetch_sub(&crowd.users, 1) == 1)
        plx_poll_evented_drop(&crowd.io);
}

PLX_LEAF(one_of_many)

static void *write_bytes(void *unused)
{
    uint32_t random = stress_source(1000);
    (void)unused;
    for (unsigned i = 0; i < BYTES; i++) {
        if (write(crowd.in, "x", 1) != 1)
            abort();
        if (stress_below(&random, 8) == 0)
            sched_yield();
    }
    close(crowd.in);
    return NULL;
}

/* conformance 216 */
static void many_wait_for_one(void **state)
{
    (void)state;
    stress_begin();
    while (stress_goes_on()) {
        struct plx_runtime *runtime = any_runtime();
        int ends[2];
        pthread_t writer;
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
        crowd.io = plx_poll_evented_of(ends[0]);
        crowd.in = ends[1];
        crowd.users = CROWD;
        crowd.taken = 0;
        for (uint32_t i = 0; i < CROWD; i++)
            assert_int_equal(
                PLX_SPAWN_ON(runtime, one_of_many,
                             ((one_of_many){plx_readiness_new(&crowd.io, PLX_READ), stress_source(i)})),
                0);
        stress_thread(&writer, write_bytes, NULL);
        assert_int_equal(plx_runtime_wait_idle(runtime), 0);
        pthread_join(writer, NULL);
        assert_int_equal(crowd.taken, BYTES);
        assert_int_equal(plx_runtime_sources(runtime), 0);
        plx_runtime_free(runtime);
    }
    stress_end();
}

/* ── a storm: sources come and go while their events arrive ────────────────────────────────────────────── */

enum { STORM_THREADS = 3, STORM_SOURCES = 300 };

static struct {
    struct plx_reactor *reactor;
    _Atomic bool over;
    _Atomic unsigned wrong;
} storm;

/* A task whose id is its token. */
static void set_token(const struct plx_notify *self, uintptr_t id, struct plx_cause by)
{
    (void)self, (void)by;
    atomic_store((_Atomic int *)id, 1);
}

static uintptr_t keep_token(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    return id;
}

static void drop_token(const struct plx_notify *self, uintptr_t id)
{
    (void)self, (void)id;
}

static const struct plx_notify tokens = {set_token, keep_token, drop_token};

static void *turn_it(void *unused)
{
    (void)unused;
    while (!atomic_load(&storm.over))
        if (plx_reactor_turn(storm.reactor, -1) < 0)
            atomic_fetch_add(&storm.wrong, 1);
    return NULL;
}

/* Until it can be read, from the fast place or from the list. */
static void wait_to_read(plx_poll_evented *io, plx_context *cx, _Atomic int *token, bool in_list)
{
    struct plx_io_waiter waiter = {0};
    char byte;
    for (;;) {
        uint64_t seen;
        enum plx_answer answer = in_list ? plx_poll_evented_ready_among(io, cx, PLX_READ, &waiter, &seen)
                                         : plx_poll_evented_ready(io, cx, PLX_READ, &seen);
        if (answer == PLX_NOT_READY) {
            wait_until(atomic_exchange(token, 0));
            continue;
        }
        ssize_t count = answer == PLX_READY ? read(io->fd, &byte, 1) : 0;
        if (!would_block(count)) {
            if (count != 1)
                atomic_fetch_add(&storm.wrong, 1);
            break;
        }
        plx_poll_evented_clear(io, PLX_READ, seen);
    }
    plx_io_waiter_end(&waiter);
}

/* A fresh source knows nothing of the one that had its slot before, and was hung up. */
static void one_source(uint32_t *random, plx_context *cx, _Atomic int *token)
{
    int ends[2];
    uint64_t seen;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends))
        abort();
    plx_poll_evented io = plx_poll_evented_of(ends[0]);
    struct plx_scheduled_io *slot;
    if (plx_reactor_register(storm.reactor, ends[0], "one of a storm", 0, &slot))
        abort();
    io.io = slot;
    bool early = stress_below(random, 2), in_list = stress_below(random, 2), waits = stress_below(random, 4);
    if (early && write(ends[1], "x", 1) != 1)
        abort();
    stress_spin(stress_below(random, 1000));
    if (!early && plx_poll_evented_ready(&io, cx, PLX_READ, &seen) == PLX_READY)
        plx_poll_evented_clear(&io, PLX_READ, seen); /* for no reason, which is allowed */
    if (atomic_load(&slot->word) & (PLX_READ_CLOSED | PLX_WRITE_CLOSED))
        atomic_fetch_add(&storm.wrong, 1);
    if (!early && write(ends[1], "x", 1) != 1)
        abort();
    if (waits)
        wait_to_read(&io, cx, token, in_list);
    bool first = stress_below(random, 2);
    if (first)
        close(ends[1]); /* its hang-up is on the way when it is dropped */
    plx_poll_evented_drop(&io);
    if (!first)
        close(ends[1]);
}

static void *come_and_go(void *number)
{
    _Atomic int token = 0;
    plx_context cx = {.waker = {&tokens, (uintptr_t)&token}};
    uint32_t random = stress_source((uint32_t)(uintptr_t)number);
    for (int i = 0; i < STORM_SOURCES; i++)
        one_source(&random, &cx, &token);
    return NULL;
}

/* conformance 194, 214; real bugs 55, 56 */
static void sources_come_and_go(void **state)
{
    (void)state;
    stress_begin();
    while (stress_goes_on()) {
        pthread_t turner, threads[STORM_THREADS];
        assert_int_equal(plx_reactor_new(any_selector(), &storm.reactor), 0);
        storm.over = false;
        stress_thread(&turner, turn_it, NULL);
        for (uintptr_t i = 0; i < STORM_THREADS; i++)
            stress_thread(&threads[i], come_and_go, (void *)i);
        for (int i = 0; i < STORM_THREADS; i++)
            pthread_join(threads[i], NULL);
        atomic_store(&storm.over, true);
        plx_reactor_wake(storm.reactor);
        pthread_join(turner, NULL);
        assert_int_equal(storm.wrong, 0);
        assert_int_equal(plx_reactor_sources(storm.reactor), 0);
        plx_reactor_release(storm.reactor);
    }
    stress_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_halves_of_many_sockets),
        cmocka_unit_test(many_wait_for_one),
        cmocka_unit_test(sources_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
