/* SPDX-License-Identifier: MIT
 *
 * A trace as a server with two workers makes it, of any length. It is valid: the replay finds nothing odd in
 * it, which the benchmark checks.
 *
 * Connections are tasks, SLOTS of them at a time. Each is spawned, answers REQUESTS requests, one in about 18
 * events
 *
 *     turn_start turn_end io_ready notify push | pop task_poll poll poll ready poll ready … wait not_ready
 *
 * and ends; another takes its place. Which one has its turn is random (a linear congruence), and so is the
 * worker.
 */
#include "tests/bench/replay/replay.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

enum { SLOTS = 256, REQUESTS = 20, WORKERS = 2 };

/* Numbers are as long as in a program that has run for some time: a line has about 88 bytes. */
static const uint64_t LATE_NS = 100000000000, MANY = 100000;

struct connection {
    uint64_t task; /* 0: the place is free */
    unsigned left; /* requests */
};

struct generator {
    FILE *file;
    uint64_t left, t, seed, tasks;
    unsigned worker;
    struct connection slot[SLOTS];
};

static unsigned below(struct generator *generator, unsigned most)
{
    generator->seed = generator->seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((generator->seed >> 33) % most);
}

/* One event, while there are any to write. */
__attribute__((format(printf, 3, 4))) static void event(struct generator *generator, const char *name,
                                                        const char *format, ...)
{
    va_list arguments;
    if (generator->left == 0)
        return;
    generator->left--;
    generator->t += 40 + below(generator, 400);
    fprintf(generator->file, "{\"t\":%llu,\"w\":%u,\"ev\":\"%s\",", (unsigned long long)generator->t,
            generator->worker, name);
    va_start(arguments, format);
    vfprintf(generator->file, format, arguments);
    va_end(arguments);
    fputs("}\n", generator->file);
}

#define TASK "\"task\":%llu"

/* ── the life of a connection ─────────────────────────────────────────────────────────────────────── */

/* The server's chain: a request is read, answered, and the answer is written. */
static void begin(struct generator *generator)
{
    event(generator, "runtime_start",
          "\"runtime\":1,\"kind\":\"thread_pool\",\"first_worker\":0,\"workers\":%d", WORKERS);
    event(generator, "shape",
          "\"shape\":1,\"kind\":\"leaf\",\"name\":\"read_exact\",\"file\":\"server.h\",\"line\":20,"
          "\"nodes\":1,\"children\":[]");
    event(generator, "shape",
          "\"shape\":2,\"kind\":\"leaf\",\"name\":\"write_all\",\"file\":\"server.h\",\"line\":30,"
          "\"nodes\":1,\"children\":[]");
    event(generator, "shape",
          "\"shape\":3,\"kind\":\"and_then\",\"name\":\"answer\",\"file\":\"server.h\",\"line\":40,"
          "\"nodes\":3,\"children\":[1,2]");
    event(generator, "shape",
          "\"shape\":4,\"kind\":\"loop\",\"name\":\"serve\",\"file\":\"server.h\",\"line\":50,"
          "\"nodes\":4,\"children\":[3]");
    for (generator->worker = 0; generator->worker < WORKERS; generator->worker++)
        event(generator, "worker_start", "\"runtime\":1");
    generator->worker = 0;
}

static void wait_for_request(struct generator *generator, unsigned long long task)
{
    event(generator, "poll", TASK ",\"future\":3,\"shape\":1,\"parent\":2", task);
    event(generator, "wait", "\"token\":%llu," TASK ",\"direction\":\"read\"", task, task);
    event(generator, "not_ready", TASK ",\"future\":3,\"detail\":\"0 of 64 bytes from 127.0.0.1:40122\"",
          task);
    event(generator, "not_ready", TASK ",\"future\":2,\"detail\":\"waits for a request\"", task);
    event(generator, "not_ready", TASK ",\"future\":1,\"detail\":\"waits for a request\"", task);
}

static void come_to_be_polled(struct generator *generator, unsigned long long task)
{
    event(generator, "push", TASK ",\"queue\":\"local\",\"worker\":%u", task, generator->worker);
    event(generator, "pop", TASK ",\"queue\":\"local\"", task);
    event(generator, "task_poll", TASK, task);
    event(generator, "poll", TASK ",\"future\":1,\"shape\":4,\"parent\":0", task);
    event(generator, "poll", TASK ",\"future\":2,\"shape\":3,\"parent\":1", task);
}

static void arrive(struct generator *generator, struct connection *connection)
{
    *connection = (struct connection){++generator->tasks, REQUESTS};
    unsigned long long task = connection->task;
    event(generator, "register",
          "\"token\":%llu,\"fd\":%u,\"what\":\"127.0.0.1:6142\",\"interest\":\"read write\"", task,
          (unsigned)(connection - generator->slot) + 8);
    event(generator, "spawn", TASK ",\"shape\":4,\"by\":0,\"at\":\"server.h:60\"", task);
    come_to_be_polled(generator, task);
    wait_for_request(generator, task);
}

static void be_notified(struct generator *generator, unsigned long long task)
{
    event(generator, "turn_start", "\"timeout_ms\":0");
    event(generator, "turn_end", "\"events\":1");
    event(generator, "io_ready", "\"token\":%llu,\"ready\":\"read write\"", task);
    event(generator, "notify", TASK ",\"cause\":\"io\",\"by\":%llu,\"outcome\":\"scheduled\"", task, task);
}

static void answer(struct generator *generator, struct connection *connection)
{
    unsigned long long task = connection->task;
    be_notified(generator, task);
    come_to_be_polled(generator, task);
    event(generator, "poll", TASK ",\"future\":3,\"shape\":1,\"parent\":2", task);
    event(generator, "ready", TASK ",\"future\":3,\"value\":\"64 bytes, 127.0.0.1:40122\"", task);
    event(generator, "poll", TASK ",\"future\":4,\"shape\":2,\"parent\":2", task);
    event(generator, "ready", TASK ",\"future\":4,\"value\":\"64 bytes, 127.0.0.1:40122\"", task);
    connection->left--;
    wait_for_request(generator, task);
}

static void leave(struct generator *generator, struct connection *connection)
{
    unsigned long long task = connection->task;
    be_notified(generator, task);
    come_to_be_polled(generator, task);
    event(generator, "poll", TASK ",\"future\":3,\"shape\":1,\"parent\":2", task);
    event(generator, "ready", TASK ",\"future\":3,\"value\":\"end\"", task);
    event(generator, "ready", TASK ",\"future\":2,\"value\":\"end\"", task);
    event(generator, "ready", TASK ",\"future\":1,\"value\":\"\"", task);
    event(generator, "deregister", "\"token\":%llu,\"fd\":%u", task,
          (unsigned)(connection - generator->slot) + 8);
    event(generator, "task_end", TASK ",\"how\":\"ready\"", task);
    connection->task = 0;
}

static void turn(struct generator *generator)
{
    struct connection *connection = &generator->slot[below(generator, SLOTS)];
    generator->worker = below(generator, WORKERS);
    if (connection->task == 0)
        arrive(generator, connection);
    else if (connection->left == 0)
        leave(generator, connection);
    else
        answer(generator, connection);
}

int write_trace(const char *path, uint64_t events)
{
    static struct generator generator;
    generator = (struct generator){
        .file = fopen(path, "w"), .left = events, .t = LATE_NS, .tasks = MANY, .seed = 1};
    if (!generator.file)
        return -errno;
    fputs("{\"pollux\":1,\"program\":\"server\",\"pid\":1,\"clock\":\"monotonic_ns\","
          "\"started\":\"2026-01-01T00:00:00Z\"}\n",
          generator.file);
    begin(&generator);
    while (generator.left > 0 && !ferror(generator.file))
        turn(&generator);
    bool failed = ferror(generator.file);
    return fclose(generator.file) || failed ? -EIO : 0;
}
