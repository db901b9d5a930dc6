/* SPDX-License-Identifier: MIT
 *
 * Nothing is lost, and everything is in order: many threads that tell as fast as they can; and a large run
 * on several workers, in which every cause stands before its effect.
 */
#include "tests/unit/trace/lines.h"

#include "lib/trace/store.h"

/* test_jitter.c includes this file, and does less of everything. */
#ifndef TRACE_TEST_LESS
#define TRACE_TEST_LESS 1
#endif
#ifndef TRACE_TEST_DIRECT
#define TRACE_TEST_DIRECT 2048
#endif

/* The files are large, so the few fields that matter are looked for by hand; a sample is read with cJSON. */
static char *field(const char *line, const char *name)
{
    char key[32];
    snprintf(key, sizeof key, "\"%s\":", name);
    char *at = strstr(line, key);
    return at ? at + strlen(key) : NULL;
}

static uint64_t number(const char *line, const char *name)
{
    char *at = field(line, name);
    return at ? strtoull(at, NULL, 10) : 0;
}

static bool word_is(const char *line, const char *name, const char *word)
{
    char *at = field(line, name);
    size_t length = strlen(word);
    return at && at[0] == '"' && strncmp(at + 1, word, length) == 0 && at[length + 1] == '"';
}

static void check_json(const char *line)
{
    cJSON *json = cJSON_ParseWithOpts(line, NULL, true);
    if (!json)
        fail_msg("no JSON: %s", line);
    cJSON_Delete(json);
}

/* The trace as one text, past its header. */
static char *read_trace(const char *path, char **rest)
{
    char *bytes = read_whole(path, NULL);
    assert_non_null(bytes);
    unlink(path);
    *rest = bytes;
    check_json(next_line(rest));
    return bytes;
}

/* ── 8 threads, 100,000 notes each ────────────────────────────────────────────────────────────────────── */

enum { THREADS = 8 };

static unsigned notes;

static void *tell(void *number)
{
    for (unsigned i = 0; i < notes; i++)
        plx_note("thread %d note %u", (int)(intptr_t)number, i);
    return NULL;
}

static void eight_threads_lose_nothing(void **state)
{
    const char *path = trace_path("notes");
    pthread_t threads[THREADS];
    char *rest, *line;
    unsigned next[THREADS] = {0}, lines = 0;
    uint64_t t, last = 0;
    (void)state;
    notes = scaled(100000) / TRACE_TEST_LESS;
    assert_int_equal(plx_trace_start(path), 0);
    for (intptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, tell, (void *)i), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    plx_trace_stop();

    char *bytes = read_trace(path, &rest);
    for (; (line = next_line(&rest)); last = t, lines++) {
        int thread;
        unsigned note;
        t = number(line, "t");
        assert_true(t >= last);
        assert_int_equal(sscanf(field(line, "text"), "\"thread %d note %u\"", &thread, &note), 2);
        assert_in_range(thread, 0, THREADS - 1);
        assert_int_equal(note, next[thread]++);
        if (lines % 1000 == 0)
            check_json(line);
    }
    assert_string_equal(rest, "");
    assert_int_equal(lines, THREADS * notes);
    free(bytes);
}

/* ── threads that begin to tell while others are at it ────────────────────────────────────────────────── */

static void *tell_once(void *number)
{
    plx_note("%d", (int)(intptr_t)number);
    return NULL;
}

static atomic_bool enough;

static void *chatter(void *unused)
{
    (void)unused;
    while (!atomic_load(&enough))
        plx_note("-");
    return NULL;
}

static void tell_by_turns(unsigned count)
{
    pthread_t chatterer, thread;
    atomic_store(&enough, false);
    assert_int_equal(pthread_create(&chatterer, NULL, chatter, NULL), 0);
    for (unsigned i = 0; i < 2 * count; i += 2) {
        plx_note("%u", i);
        assert_int_equal(pthread_create(&thread, NULL, tell_once, (void *)(intptr_t)(i + 1)), 0);
        pthread_join(thread, NULL);
    }
    atomic_store(&enough, true);
    pthread_join(chatterer, NULL);
}

/* Each is the effect of the one before: its thread is made after that one has told. A ring that is new
 * when the writer is just at work must not be overlooked: then what another thread tells later would stand
 * before it. */
static void a_new_thread_is_not_overlooked(void **state)
{
    const char *path = trace_path("threads");
    const unsigned count = scaled(5000) / TRACE_TEST_LESS;
    char *rest, *line;
    unsigned next = 0;
    uint64_t t, last = 0;
    (void)state;
    assert_int_equal(plx_trace_start(path), 0);
    tell_by_turns(count);
    plx_trace_stop();
    char *bytes = read_trace(path, &rest);
    for (; (line = next_line(&rest)); last = t) {
        t = number(line, "t");
        assert_true(t >= last);
        if (field(line, "text")[1] != '-')
            assert_int_equal(strtoul(field(line, "text") + 1, NULL, 10), next++);
    }
    assert_int_equal(next, 2 * count);
    free(bytes);
}

/* ── started and stopped again ────────────────────────────────────────────────────────────────────────── */

/* One trace of many: it has our note once, the notes of others that came in its time, and none that came
 * too late for the one before. */
static void check_one_of_many(const char *path)
{
    char *rest, *line, *bytes = read_trace(path, &rest);
    uint64_t t, last = 0;
    int ours = 0;
    for (; (line = next_line(&rest)); last = t) {
        t = number(line, "t");
        assert_true(t >= last && t < (uint64_t)1 << 40);
        assert_int_not_equal(field(line, "text")[1], 'n'); /* nobody hears this */
        ours += field(line, "text")[1] == 'm';
    }
    assert_int_equal(ours, 1);
    free(bytes);
}

/* While others tell all the time, so that some of them find that there is a trace, and it ends before they
 * have told. */
static void started_and_stopped_again(void **state)
{
    const char *path = trace_path("again");
    pthread_t chatterers[2];
    (void)state;
    atomic_store(&enough, false);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&chatterers[i], NULL, chatter, NULL), 0);
    for (unsigned i = 0; i < scaled(500); i++) {
        assert_int_equal(plx_trace_start(path), 0);
        assert_int_equal(plx_trace_start(path), -EBUSY);
        plx_note("mine");
        plx_trace_stop();
        plx_trace_stop();
        plx_note("nobody hears this");
        check_one_of_many(path);
    }
    atomic_store(&enough, true);
    for (int i = 0; i < 2; i++)
        pthread_join(chatterers[i], NULL);
}

/* ── a large run ──────────────────────────────────────────────────────────────────────────────────────── */

/* Tasks in pairs: one opens the other's gate. Some yield, some notify themselves. */
struct couple {
    struct gate gate;
};

static int open_it(void *couple)
{
    gate_open(&((struct couple *)couple)->gate);
    return 0;
}

typedef struct sit {
    unsigned left;
} sit;
typedef uint64_t sit_item;

static enum plx_answer sit_poll(sit *self, plx_context *cx, uint64_t *out)
{
    *out = self->left;
    if (self->left-- == 0)
        return PLX_READY;
    if (self->left % 2)
        plx_context_yield(cx);
    else
        plx_context_notify(cx);
    return PLX_NOT_READY;
}

static void sit_drop(sit *self)
{
    (void)self;
}

PLX_LEAF(sit)

static unsigned run_couples(struct couple *couples, unsigned count)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 4});
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(PLX_SPAWN_ON(runtime, pass, pass_new(&couples[i].gate)), 0);
        assert_int_equal(PLX_SPAWN_ON(runtime, call, call_new(open_it, &couples[i])), 0);
        if (i % 4 == 0)
            assert_int_equal(PLX_SPAWN_ON(runtime, sit, (sit){i % 3}), 0);
    }
    plx_runtime_wait_idle(runtime);
    for (unsigned i = 0; i < count; i++)
        gate_done(&couples[i].gate);
    plx_runtime_free(runtime);
    return 2 * count + (count + 3) / 4;
}

/* What is known of a task so far. */
struct seen {
    bool spawned, queued, in_lifo, taken, polling, ended;
    unsigned notifies, polls;
};

/* Every event needs what has brought it about to stand before it. */
static void follow(struct seen *task, const char *line)
{
    assert_true(task->spawned != word_is(line, "ev", "spawn"));
    if (word_is(line, "ev", "spawn")) {
        task->spawned = true;
    } else if (word_is(line, "ev", "push")) {
        /* New, moved on, or notified; what is in the LIFO slot gives way to the next one. */
        assert_true(!task->queued || (task->in_lifo && !word_is(line, "queue", "lifo")));
        assert_true(task->polls == 0 || task->taken || task->notifies > 0);
        task->queued = true;
        task->in_lifo = word_is(line, "queue", "lifo");
        task->taken = false;
    } else if (word_is(line, "ev", "overflow")) {
        assert_true(task->queued);
        task->queued = false;
        task->taken = true;
    } else if (word_is(line, "ev", "steal")) {
        assert_true(task->queued);
    } else if (word_is(line, "ev", "pop")) {
        assert_true(task->queued);
        task->queued = false;
        task->taken = true;
    } else if (word_is(line, "ev", "notify")) {
        task->notifies += !word_is(line, "outcome", "too_late");
    } else if (word_is(line, "ev", "task_poll")) {
        assert_true(task->taken && !task->polling && !task->ended);
        task->taken = false;
        task->polling = true;
        assert_true(task->polls == 0 || task->notifies > 0);
        task->polls++;
    } else if (word_is(line, "ev", "not_ready") && number(line, "future") == 1) {
        task->polling = false;
    } else if (word_is(line, "ev", "task_end")) {
        assert_true(task->polling && !task->queued);
        task->ended = true;
    } else if (word_is(line, "ev", "poll")) {
        assert_true(task->polling && !task->ended);
    }
}

static void cause_stands_before_effect(void **state)
{
    const char *path = trace_path("couples");
    const unsigned count = scaled(45000) / TRACE_TEST_LESS;
    struct couple *couples = calloc(count, sizeof *couples);
    char *rest, *line;
    uint64_t last = 0, t, first_task = 0;
    (void)state;
    assert_non_null(couples);
    assert_int_equal(plx_trace_start(path), 0);
    unsigned tasks = run_couples(couples, count), ended = 0, lines = 0;
    plx_trace_stop();

    struct seen *seen = calloc(tasks, sizeof *seen);
    assert_non_null(seen);
    char *bytes = read_trace(path, &rest);
    for (; (line = next_line(&rest)); last = t, lines++) {
        t = number(line, "t");
        assert_true(t >= last);
        uint64_t task = number(line, "task");
        if (!task)
            continue;
        if (!first_task)
            first_task = task;
        assert_in_range(task - first_task, 0, tasks - 1);
        follow(&seen[task - first_task], line);
        ended += word_is(line, "ev", "task_end");
    }
    assert_int_equal(ended, tasks);
    printf("%u tasks, %u lines\n", tasks, lines);
    free(bytes);
    free(seen);
    free(couples);
}

int main(void)
{
    plx__store_direct = TRACE_TEST_DIRECT;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_threads_lose_nothing),
        cmocka_unit_test(a_new_thread_is_not_overlooked),
        cmocka_unit_test(started_and_stopped_again),
        cmocka_unit_test(cause_stands_before_effect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
