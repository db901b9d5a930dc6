/* SPDX-License-Identifier: MIT
 *
 * The recorded trace of the lesson's client: every event of the causal path, walked back from task_end to
 * spawn without a gap; and the short reply, whose Failed is seen to travel out of the chain.
 */
#include "tests/unit/trace/lines.h"

#define DEMO PLX_BUILD_DIR "/lessons/04-chains/demo"

static struct lines record(const char *scene)
{
    const char *path = trace_path(scene);
    char command[512];
    snprintf(command, sizeof command, "POLLUX_TRACE=%s %s %s >/dev/null 2>&1", path, DEMO, scene);
    int status = system(command);
    assert_int_equal(status, strcmp(scene, "chain") && strcmp(scene, "async") ? 1 << 8 : 0);
    struct lines lines = read_lines(path);
    unlink(path);
    return lines;
}

/* ── the walk ─────────────────────────────────────────────────────────────────────────────────────────── */

/* From the event that closed a poll of the task to its task_poll: the same worker, and everything between
 * them belongs to it. */
static int walk_to_task_poll(const struct lines *lines, int n, double task)
{
    int start = last_before(lines, n, "task_poll", "task", task);
    const cJSON *worker = cJSON_GetObjectItem(lines->line[start], "w");
    for (int i = start; i <= n; i++)
        if (number_in(lines->line[i], "task") == task &&
            (is(lines->line[i], "poll") || is(lines->line[i], "ready")))
            assert_true(cJSON_Compare(cJSON_GetObjectItem(lines->line[i], "w"), worker, true));
    return start;
}

/* A task_poll is there because the task was taken from a queue by the same worker, and put there before. */
static int walk_to_push(const struct lines *lines, int n, double task)
{
    int pop = last_before(lines, n, "pop", "task", task);
    assert_true(cJSON_Compare(cJSON_GetObjectItem(lines->line[n], "w"),
                              cJSON_GetObjectItem(lines->line[pop], "w"), true));
    int push = last_before(lines, pop, "push", "task", task);
    for (int i = pop + 1; i < n; i++) /* no other poll of it between */
        assert_false(is_of(lines->line[i], "task_poll", "task", task));
    return push;
}

/* A notify by I/O is there because the token became ready, after the task had come to wait for it, after
 * it was registered. */
static int walk_through_io(const struct lines *lines, int n, double task)
{
    double token = number_in(lines->line[n], "by");
    int io_ready = last_before(lines, n, "io_ready", "token", token);
    int wait = last_before(lines, io_ready, "wait", "token", token);
    assert_true(number_in(lines->line[wait], "task") == task);
    last_before(lines, wait, "register", "token", token);
    for (int i = wait; i < io_ready; i++) /* it is this wait, and not one that was satisfied before */
        assert_false(is_of(lines->line[i], "notify", "task", task) &&
                     number_in(lines->line[i], "by") == token);
    return wait;
}

/* Whoever came first since the task's last poll began: scheduled, or, while it was being polled,
 * coalesced. The stamp of a notify is taken before its deed, so that of one that met the poll's very
 * beginning may stand just before it. */
static int first_notify(const struct lines *lines, int push, double task)
{
    int notify = 0, n = push;
    for (; n > 0 && !is_of(lines->line[n], "task_poll", "task", task); n--)
        if (is_of(lines->line[n], "notify", "task", task))
            notify = n;
    for (; n > 0 && !notify; n--)
        if (is_of(lines->line[n], "notify", "task", task))
            notify = n;
    return notify;
}

/* One step back: from a task_poll to the wait for which it was notified; 0 at the task's spawn. */
static int walk_back(const struct lines *lines, int task_poll, double task)
{
    int push = walk_to_push(lines, task_poll, task);
    int spawn = last_before(lines, push, "spawn", "task", task);
    int notify = first_notify(lines, push, task);
    if (!notify) { /* from one queue to another, perhaps; but it has not been polled yet */
        for (int n = spawn; n < push; n++)
            assert_false(is_of(lines->line[n], "task_poll", "task", task));
        return 0;
    }
    assert_string_equal(word_in(lines->line[notify], "cause"), "io");
    assert_string_not_equal(word_in(lines->line[notify], "outcome"), "too_late");
    return walk_through_io(lines, notify, task);
}

/* The wait stands within a poll of the task in which something answers NotReady after it, and then all
 * around it, the root last. */
static void assert_not_ready_travelled_out(const struct lines *lines, int wait, double task)
{
    double last = -1;
    for (int n = wait; n < lines->count && !is_of(lines->line[n], "task_poll", "task", task); n++) {
        const cJSON *line = lines->line[n];
        if (number_in(line, "task") != task)
            continue;
        assert_false(is(line, "task_end"));
        if (is(line, "not_ready")) {
            assert_true(last < 0 || number_in(line, "future") < last);
            last = number_in(line, "future");
        }
    }
    assert_true(last == 1);
}

static int walk_to_spawn(const struct lines *lines, double task)
{
    int steps = 0;
    int n = last_before(lines, lines->count, "task_end", "task", task);
    assert_string_equal(word_in(lines->line[n], "how"), "ready");
    int ready = last_before(lines, n, "ready", "task", task);
    assert_true(number_in(lines->line[ready], "future") == 1);
    for (n = ready;; steps++) {
        int task_poll = walk_to_task_poll(lines, n, task);
        n = walk_back(lines, task_poll, task);
        if (n == 0)
            return steps;
        assert_not_ready_travelled_out(lines, n, task);
    }
}

static void from_the_end_back_to_spawn(void **state)
{
    static const char *const scenes[] = {"chain", "async"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        int steps = 0;
        /* When the other worker is quick the client never has to wait: then there is nothing to walk. */
        for (int tries = 0; steps == 0 && tries < 20; tries++) {
            struct lines lines = record(scenes[i]);
            steps = walk_to_spawn(&lines, 1);
            free_lines(&lines);
        }
        assert_in_range(steps, 1, 20);
    }
}

static void every_kind_is_there(void **state)
{
    static const char *const kinds[] = {
        "runtime_start",    "shape",       "spawn",        "task_name",   "push",
        "worker_start",     "pop",         "task_poll",    "poll",        "label",
        "register",         "wait",        "not_ready",    "turn_start",  "park",
        "io_ready",         "notify",      "wake",         "waker_clone", "waker_drop",
        "turn_end",         "ready",       "drop",         "task_end",    "deregister",
        "runtime_shutdown", "worker_stop", "runtime_stop",
    };
    struct lines lines = record("chain");
    (void)state;
    assert_int_equal(number_in(lines.line[0], "pollux"), 1);
    assert_string_equal(word_in(lines.line[0], "program"), "demo");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (count_events(&lines, kinds[i]) == 0)
            fail_msg("no %s", kinds[i]);
    assert_int_equal(count_events(&lines, "lost"), 0);
    free_lines(&lines);
}

/* ── polls nest as the chain does ─────────────────────────────────────────────────────────────────────── */

/* The shape told by that number, and earlier than line n. */
static int shape_of(const struct lines *lines, int n, double number)
{
    return last_before(lines, n, "shape", "shape", number);
}

/* The chain's shape: and_then five times, each with the step before as its first part and a leaf as its
 * second. */
static void spawn_tells_the_whole_shape(void **state)
{
    static const char *const steps[] = {"answer", "read_exact", "write_all", "read_exact", "write_all"};
    static const char *const names[] = {"process_response", "read_response", "send_request", "read_reply",
                                        "send_handshake"};
    struct lines lines = record("chain");
    int n = last_before(&lines, lines.count, "spawn", "task", 1);
    double shape = number_in(lines.line[n], "shape");
    (void)state;
    for (int i = 0; i < 5; i++) {
        n = shape_of(&lines, n, shape);
        const cJSON *children = cJSON_GetObjectItem(lines.line[n], "children");
        assert_string_equal(word_in(lines.line[n], "kind"), "and_then");
        assert_string_equal(word_in(lines.line[n], "name"), names[i]);
        assert_true(number_in(lines.line[n], "nodes") == 11 - 2 * i);
        assert_int_equal(cJSON_GetArraySize(children), 2);
        int leaf = shape_of(&lines, n, cJSON_GetArrayItem(children, 1)->valuedouble);
        assert_string_equal(word_in(lines.line[leaf], "name"), steps[i]);
        shape = cJSON_GetArrayItem(children, 0)->valuedouble;
    }
    assert_string_equal(word_in(lines.line[shape_of(&lines, n, shape)], "name"), "tcp_connect");
    free_lines(&lines);
}

enum { DEEPEST = 64 };

struct nest {
    double open[DEEPEST];
    int depth;
};

/* Each poll names the future around it, and each answer is that of the innermost open poll. */
static void follow(struct nest *nest, const cJSON *line)
{
    double future = number_in(line, "future");
    if (is(line, "poll")) {
        assert_true(number_in(line, "parent") == (nest->depth ? nest->open[nest->depth - 1] : 0));
        assert_true(nest->depth < DEEPEST);
        nest->open[nest->depth++] = future;
    } else if (is(line, "ready") || is(line, "not_ready") || is(line, "failed")) {
        assert_true(nest->depth > 0 && nest->open[nest->depth - 1] == future);
        nest->depth--;
    } else if (is(line, "task_poll") || is(line, "task_end")) {
        assert_int_equal(nest->depth, 0);
    }
}

static void polls_nest_as_the_chain(void **state)
{
    static const char *const scenes[] = {"chain", "async", "short", "refused"};
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct lines lines = record(scenes[i]);
        struct nest nest[3] = {0};
        for (int n = 1; n < lines.count; n++) {
            double task = number_in(lines.line[n], "task");
            if (task == 1 || task == 2)
                follow(&nest[(int)task], lines.line[n]);
        }
        assert_int_equal(nest[1].depth + nest[2].depth, 0);
        free_lines(&lines);
    }
}

/* ── Failed ───────────────────────────────────────────────────────────────────────────────────────────── */

/* From the leaf outwards each box answers Failed in its turn, with the same code and place, and the task
 * ends so. */
static void failed_travels_out(const char *scene, int leaf, int code, const char *at)
{
    struct lines lines = record(scene);
    int n = 1;
    while (n < lines.count && !(is(lines.line[n], "failed") && number_in(lines.line[n], "task") == 1))
        n++;
    assert_true(n < lines.count);
    assert_true(number_in(lines.line[n], "future") == leaf);
    for (double last = leaf + 1; n < lines.count && !is_of(lines.line[n], "task_end", "task", 1); n++) {
        if (!is_of(lines.line[n], "failed", "task", 1))
            continue;
        double future = number_in(lines.line[n], "future");
        assert_true(number_in(lines.line[n], "code") == code);
        assert_non_null(strstr(word_in(lines.line[n], "at"), at));
        assert_string_not_equal(word_in(lines.line[n], "error"), "");
        assert_true(future < last);
        last = future;
    }
    assert_string_equal(word_in(lines.line[n], "how"), "failed");
    int boxes = 0;
    for (int i = 1; i < n; i++)
        boxes += is_of(lines.line[i], "failed", "task", 1);
    free_lines(&lines);
    assert_int_equal(boxes, strcmp(scene, "short") == 0 ? 5 : 6);
}

/* read_reply's read_exact is future 8: after the and_thens 1 to 4, and send_handshake's 5, 6 and 7. It
 * fails, and the four around it. */
static void a_short_reply_fails_every_box(void **state)
{
    (void)state;
    failed_travels_out("short", 8, PLX_UNEXPECTED_END, "lib/net/io.c:");
}

static void a_refused_connection_fails_every_box(void **state)
{
    (void)state;
    failed_travels_out("refused", 6, -ECONNREFUSED, "lib/net/socket.c:");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_the_end_back_to_spawn),
        cmocka_unit_test(every_kind_is_there),
        cmocka_unit_test(spawn_tells_the_whole_shape),
        cmocka_unit_test(polls_nest_as_the_chain),
        cmocka_unit_test(a_short_reply_fails_every_box),
        cmocka_unit_test(a_refused_connection_fails_every_box),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
