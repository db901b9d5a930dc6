/* SPDX-License-Identifier: MIT
 *
 * The trace and its file: killed in the middle, a full disk, no file at all, and fork. Each happens in a
 * child, so that none inherits another's trace.
 */
#include "tests/unit/trace/lines.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char *error_of(const char *path)
{
    char *text = read_whole(path, NULL);
    assert_non_null(text);
    unlink(path);
    return text;
}

static int run_something(void *unused)
{
    (void)unused;
    struct tally_counts counts = {0};
    return PLX_RUN(tally, tally_new(&counts, 1000)) ? 1 : counts.polls != 1001;
}

static int with_trace(void *path)
{
    setenv("POLLUX_TRACE", path, 1);
    return run_something(NULL);
}

/* ── killed ───────────────────────────────────────────────────────────────────────────────────────────── */

/* Tells for ever; its parent kills it. */
static int tell_for_ever(void *path)
{
    if (plx_trace_start(path))
        return 1;
    for (unsigned i = 0;; i++)
        plx_note("%u", i);
}

static bool has_bytes(const char *path, off_t bytes)
{
    struct stat status;
    return stat(path, &status) == 0 && status.st_size > bytes;
}

/* All lines but perhaps the last are whole, and none is missing up to there. */
static void killed_it_is_readable_to_the_last_flush(void **state)
{
    const char *path = trace_path("killed");
    char *bytes, *rest, *line;
    unsigned next = 0;
    int status;
    (void)state;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(tell_for_ever((void *)path));
    wait_until(has_bytes(path, 3000000));
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);

    rest = bytes = read_whole(path, NULL);
    unlink(path);
    line = next_line(&rest);
    while ((line = next_line(&rest))) {
        cJSON *json = cJSON_ParseWithOpts(line, NULL, true);
        assert_non_null(json);
        assert_int_equal(strtoul(word_in(json, "text"), NULL, 10), next++);
        cJSON_Delete(json);
    }
    assert_true(next > 10000);
    free(bytes);
}

static int tell_and_pause(void *path)
{
    if (plx_trace_start(path))
        return 1;
    plx_note("before the pause");
    for (;;)
        pause();
}

/* Little is told: it is in the file a moment later all the same. */
static void what_was_told_is_in_the_file_soon(void **state)
{
    const char *path = trace_path("soon");
    int status;
    (void)state;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(tell_and_pause((void *)path));
    char *bytes = NULL;
    do {
        free(bytes);
        sched_yield();
        bytes = read_whole(path, NULL);
    } while (!bytes || !strstr(bytes, "before the pause"));
    free(bytes);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    struct lines lines = read_lines(path);
    assert_int_equal(lines.count, 2);
    free_lines(&lines);
    unlink(path);
}

/* ── it cannot be written ─────────────────────────────────────────────────────────────────────────────── */

static void no_such_folder(void **state)
{
    const char *errors = trace_path("errors");
    (void)state;
    assert_true(exited_well(in_child(with_trace, (void *)"/nowhere/trace.jsonl", errors)));
    char *text = error_of(errors);
    assert_string_equal(text,
                        "pollux: cannot write the trace /nowhere/trace.jsonl: No such file or directory. "
                        "The program goes on untraced.\n");
    free(text);
}

static void the_disk_is_full_from_the_start(void **state)
{
    const char *errors = trace_path("errors");
    (void)state;
    assert_true(exited_well(in_child(with_trace, (void *)"/dev/full", errors)));
    char *text = error_of(errors);
    assert_string_equal(text, "pollux: cannot write the trace /dev/full: No space left on device. "
                              "The program goes on untraced.\n");
    free(text);
}

static int tell_into_a_small_file(void *path)
{
    signal(SIGXFSZ, SIG_IGN); /* then the write fails, as on a full disk */
    if (setrlimit(RLIMIT_FSIZE, &(struct rlimit){1 << 20, 1 << 20}))
        return 1;
    if (plx_trace_start(path))
        return 1;
    for (int i = 0; i < 200000; i++)
        plx_note("%d", i);
    plx_trace_stop();
    return run_something(NULL);
}

/* It fills up later: that is said once, and the program, which tells on and on, goes on. */
static void the_disk_fills_up(void **state)
{
    const char *path = trace_path("small"), *errors = trace_path("errors");
    (void)state;
    assert_true(exited_well(in_child(tell_into_a_small_file, (void *)path, errors)));
    char *text = error_of(errors), *rest = text;
    assert_string_equal(next_line(&rest),
                        "pollux: the trace cannot be written any more: File too large. The program goes on.");
    assert_null(strstr(rest, "File too large")); /* where the rest is, if there was a spill */
    free(text);
    unlink(path);
}

/* ── fork ─────────────────────────────────────────────────────────────────────────────────────────────── */

struct family {
    const char *parents, *childs;
};

static int grandchild(void *arg)
{
    const struct family *family = arg;
    plx_note("the child is not traced");
    if (run_something(NULL))
        return 1;
    if (plx_trace_start(family->childs)) /* but may trace by itself */
        return 1;
    plx_note("the child's own");
    return 0;
}

static atomic_bool over;

static void *tell_on_and_on(void *unused)
{
    (void)unused;
    while (!atomic_load(&over))
        plx_note("on and on");
    return NULL;
}

/* Forks while two threads tell and the writer writes. */
static int fork_again_and_again(void *arg)
{
    const struct family *family = arg;
    pthread_t threads[2];
    if (plx_trace_start(family->parents))
        return 1;
    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, tell_on_and_on, NULL))
            return 1;
    for (int i = 0; i < 20; i++) {
        plx_note("fork %d", i);
        if (!exited_well(in_child(grandchild, arg, NULL)))
            return 1;
        struct lines lines = read_lines(family->childs);
        int told = 0;
        for (int n = 1; n < lines.count; n++)
            told += strcmp(word_in(lines.line[n], "text"), "the child's own") == 0;
        if (told != 1 || lines.count != 2)
            return 1;
        free_lines(&lines);
    }
    atomic_store(&over, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    plx_trace_stop();
    return 0;
}

static void a_fork_leaves_the_trace_alone(void **state)
{
    struct family family = {trace_path("parents"), trace_path("childs")};
    double last = 0;
    int forks = 0;
    (void)state;
    if (SANITIZED) /* their allocators' locks stay locked in a child forked from several threads */
        skip();
    assert_true(exited_well(in_child(fork_again_and_again, &family, NULL)));
    struct lines lines = read_lines(family.parents);
    for (int n = 1; n < lines.count; n++) {
        double t = number_in(lines.line[n], "t");
        assert_true(t >= last);
        last = t;
        assert_string_not_equal(word_in(lines.line[n], "text"), "the child is not traced");
        forks += strncmp(word_in(lines.line[n], "text"), "fork", 4) == 0;
    }
    assert_int_equal(forks, 20);
    free_lines(&lines);
    unlink(family.parents);
    unlink(family.childs);
}

/* ── built out ────────────────────────────────────────────────────────────────────────────────────────── */

static void built_out_it_says_so(void **state)
{
    static const char program[] = PLX_BUILD_DIR "-notrace/lessons/04-chains/demo";
    char command[512];
    (void)state;
    if (access(program, X_OK))
        skip();
    const char *out = trace_path("notrace");
    snprintf(command, sizeof command, "POLLUX_TRACE=%s.jsonl %s >%s 2>&1", out, program, out);
    assert_int_equal(system(command), 0);
    char *text = error_of(out);
    assert_string_equal(text, "pollux: POLLUX_TRACE is set, but this program was built without tracing\n"
                              "the answer is 42\n");
    free(text);
    snprintf(command, sizeof command, "%s.jsonl", out);
    assert_int_equal(access(command, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_it_is_readable_to_the_last_flush),
        cmocka_unit_test(what_was_told_is_in_the_file_soon),
        cmocka_unit_test(no_such_folder),
        cmocka_unit_test(the_disk_is_full_from_the_start),
        cmocka_unit_test(the_disk_fills_up),
        cmocka_unit_test(a_fork_leaves_the_trace_alone),
        cmocka_unit_test(built_out_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
