/* SPDX-License-Identifier: MIT
 *
 * The spill: what goes through it comes out as lines, in order; and what a program that was killed has left
 * in one, whole, cut off anywhere, or damaged anywhere, is recovered or refused.
 *
 * The store is told to put everything into the spill and to leave it there to the end: nothing here depends
 * on how fast the writer is.
 */
#include "tests/unit/trace/lines.h"

#include "lib/trace/recover.h"
#include "lib/trace/spill.h"
#include "lib/trace/store.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void all_into_the_spill(void)
{
    plx__store_direct = plx__store_trickle = 0;
}

static const char *spill_of(const char *path)
{
    static char spill[4][300];
    static int next;
    char *chosen = spill[next++ % 4];
    snprintf(chosen, sizeof spill[0], "%s" PLX_SPILL_SUFFIX, path);
    return chosen;
}

static off_t size_of(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 ? facts.st_size : -1;
}

static void write_whole(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static int recover(const char *path)
{
    struct plx_recovery recovery;
    int error = plx__trace_recover(path, &recovery);
    assert_true(error == 0 || *recovery.problem);
    return error;
}

/* ── through the spill to the end ─────────────────────────────────────────────────────────────────────── */

enum { NOTES = 3000 };

static void tell_notes(unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++)
        plx_note("note %u", i);
}

static int run_tasks(void)
{
    struct tally_counts counts = {0};
    return PLX_RUN(tally, tally_new(&counts, 100)) ? 1 : counts.polls != 101;
}

static unsigned check_lines(const char *path)
{
    struct lines lines = read_lines(path);
    unsigned next = 0;
    double last = 0, shapes = 0;
    for (int n = 1; n < lines.count; n++) {
        double t = number_in(lines.line[n], "t");
        assert_true(t >= last);
        last = t;
        if (is(lines.line[n], "shape"))
            assert_true(number_in(lines.line[n], "shape") == ++shapes);
        if (is(lines.line[n], "poll"))
            assert_in_range(number_in(lines.line[n], "shape"), 1, shapes);
        if (strncmp(word_in(lines.line[n], "text"), "note ", 5) == 0)
            assert_int_equal(strtoul(word_in(lines.line[n], "text") + 5, NULL, 10), next++);
    }
    free_lines(&lines);
    return next;
}

static int trace_all(void *path)
{
    all_into_the_spill();
    if (plx_trace_start(path) || run_tasks())
        return 1;
    tell_notes(0, NOTES);
    if (run_tasks())
        return 1;
    plx_trace_stop();
    return 0;
}

static void what_goes_through_the_spill_is_all_there(void **state)
{
    const char *path = trace_path("through");
    (void)state;
    assert_true(exited_well(in_child(trace_all, (void *)path, NULL)));
    assert_int_equal(check_lines(path), NOTES);
    assert_int_equal(size_of(spill_of(path)), -1); /* it is gone */
    unlink(path);
}

/* Some lines at once, then more than can be; then again few, so that the spill goes and comes again. */
static int trace_by_turns(void *path)
{
    plx__store_direct = 50;
    plx__store_trickle = 10;
    if (plx_trace_start(path))
        return 1;
    for (unsigned i = 0; i < 20; i++) {
        tell_notes(i * 500, i * 500 + 500);
        if (run_tasks())
            return 1;
        for (off_t before = size_of(path); i % 5 == 0 && size_of(spill_of(path)) > 0 && before > 0;)
            sched_yield();
    }
    plx_trace_stop();
    return 0;
}

static void by_turns(void **state)
{
    const char *path = trace_path("turns");
    (void)state;
    assert_true(exited_well(in_child(trace_by_turns, (void *)path, NULL)));
    assert_int_equal(check_lines(path), 20 * 500);
    assert_int_equal(size_of(spill_of(path)), -1);
    unlink(path);
}

/* A program may go elsewhere. */
static int trace_and_move(void *path)
{
    const char *name = strrchr(path, '/') + 1;
    char folder[300];
    snprintf(folder, sizeof folder, "%.*s", (int)(name - (char *)path), (char *)path);
    all_into_the_spill();
    if (chdir(folder) || plx_trace_start(name) || chdir("/"))
        return 1;
    tell_notes(0, NOTES);
    plx_trace_stop();
    return 0;
}

static void a_program_that_changes_its_folder(void **state)
{
    const char *path = trace_path("moved");
    (void)state;
    assert_true(exited_well(in_child(trace_and_move, (void *)path, NULL)));
    assert_int_equal(check_lines(path), NOTES);
    unlink(path);
}

/* A pipe has no place beside it: everything goes through it, in time. */
static void into_a_pipe(void **state)
{
    const char *path = trace_path("pipe"), *copy = trace_path("copy");
    char block[4096];
    ssize_t got;
    int status;
    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(trace_all((void *)path));
    int from = open(path, O_RDONLY);
    FILE *to = fopen(copy, "w");
    assert_true(from >= 0 && to);
    while ((got = read(from, block, sizeof block)) > 0)
        fwrite(block, 1, (size_t)got, to);
    fclose(to);
    close(from);
    waitpid(child, &status, 0);
    assert_true(exited_well(status));
    assert_int_equal(check_lines(copy), NOTES);
    assert_int_equal(size_of(spill_of(path)), -1);
    unlink(path);
    unlink(copy);
}

/* ── killed ───────────────────────────────────────────────────────────────────────────────────────────── */

static int tell_for_ever(void *path)
{
    all_into_the_spill();
    if (plx_trace_start(path) || run_tasks())
        return 1;
    for (unsigned i = 0;; i++)
        plx_note("note %u", i);
}

/* What the trace does not hold yet is in the spill; the viewer says so; the command puts it in, and a
 * second time has nothing to do. */
static void killed_it_is_recovered(void **state)
{
    const char *path = trace_path("killed"), *errors = trace_path("errors");
    char command[1200];
    int status;
    (void)state;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(tell_for_ever((void *)path));
    wait_until(size_of(spill_of(path)) > 20000000); /* a round has up to 9 MB, and the last may be cut off */
    assert_int_equal(recover(path), -EBUSY);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(check_lines(path), 0);

    snprintf(command, sizeof command, "%s/pollux view %s --at 1 2>%s", PLX_BUILD_DIR, path, errors);
    system(command);
    char *text = read_whole(errors, NULL);
    assert_non_null(strstr(text, path));
    free(text);
    snprintf(command, sizeof command, "%s/pollux recover %s 2>%s", PLX_BUILD_DIR, path, errors);
    assert_int_equal(system(command), 0);
    assert_true(check_lines(path) > 10000);
    assert_int_equal(size_of(spill_of(path)), -1);
    assert_int_equal(WEXITSTATUS(system(command)), 2);
    text = read_whole(errors, NULL);
    assert_non_null(strstr(text, spill_of(path)));
    free(text);
    unlink(path);
    unlink(errors);
}

/* ── a small spill of three rounds, that is cut and damaged ───────────────────────────────────────────── */

struct remains {
    char path[300], spill_path[320];
    char *head, *spill, *whole; /* the trace as it was left; its spill; the trace recovered */
    size_t head_size, spill_size, whole_size;
};

static void wait_for_more(const char *spill, off_t *size)
{
    wait_until(size_of(spill) > *size);
    *size = size_of(spill);
}

static int tell_and_die(void *path)
{
    const char *spill = spill_of(path);
    off_t size = (off_t)sizeof(struct plx_spill_head);
    plx__store_direct = 4;
    plx__store_trickle = 0;
    if (plx_trace_start(path))
        return 1;
    off_t header = size_of(path);
    plx_note("at once");
    wait_until(size_of(path) > header);
    all_into_the_spill();
    struct tally_counts counts = {0};
    if (PLX_RUN(tally, tally_new(&counts, 2)))
        return 1;
    wait_for_more(spill, &size);
    for (int i = 0; i < 5; i++) {
        plx_note("note %d \" \\ \xff", i);
        wait_for_more(spill, &size);
    }
    raise(SIGKILL);
    return 0;
}

/* In memory, when there is such a folder: recovery waits for the disk each time. */
static int leave_remains(void **state)
{
    struct remains *remains = calloc(1, sizeof *remains);
    assert_non_null(remains);
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : PLX_BUILD_DIR;
    snprintf(remains->path, sizeof remains->path, "%s/pollux-test-%ld-remains", folder, (long)getpid());
    snprintf(remains->spill_path, sizeof remains->spill_path, "%s" PLX_SPILL_SUFFIX, remains->path);
    in_child(tell_and_die, remains->path, NULL);
    remains->head = read_whole(remains->path, &remains->head_size);
    remains->spill = read_whole(remains->spill_path, &remains->spill_size);
    if (!remains->head || !remains->spill || recover(remains->path))
        return 1;
    remains->whole = read_whole(remains->path, &remains->whole_size);
    *state = remains;
    return 0;
}

static int clear_remains(void **state)
{
    struct remains *remains = *state;
    unlink(remains->path);
    unlink(remains->spill_path);
    free(remains->head);
    free(remains->spill);
    free(remains->whole);
    free(remains);
    return 0;
}

static void put_remains(const struct remains *remains, const char *trace, size_t trace_size,
                        const char *spill, size_t spill_size)
{
    write_whole(remains->path, trace, trace_size);
    write_whole(remains->spill_path, spill, spill_size);
}

/* The trace is what it was, and whole lines of what it should become. */
static size_t check_trace(const struct remains *remains)
{
    size_t size;
    char *bytes = read_whole(remains->path, &size);
    assert_in_range(size, remains->head_size, remains->whole_size);
    assert_memory_equal(bytes, remains->whole, size);
    assert_int_equal(bytes[size - 1], '\n');
    free(bytes);
    return size;
}

static void cut_off_at_every_byte(void **state)
{
    const struct remains *remains = *state;
    size_t last = remains->head_size, steps = 0;
    for (size_t size = 0; size <= remains->spill_size; size++) {
        put_remains(remains, remains->head, remains->head_size, remains->spill, size);
        assert_int_equal(recover(remains->path), 0);
        size_t trace = check_trace(remains);
        assert_true(trace >= last);
        steps += trace > last;
        last = trace;
        assert_int_equal(size_of(remains->spill_path), -1);
    }
    assert_int_equal(last, remains->whole_size);
    assert_true(steps >=
                2); /* round by round; the file was seen to grow six times, a round is up to two of them */
}

/* However far the program had come in making lines of it. */
static void the_trace_goes_on_from_every_byte(void **state)
{
    const struct remains *remains = *state;
    for (size_t size = remains->head_size; size <= remains->whole_size; size++) {
        put_remains(remains, remains->whole, size, remains->spill, remains->spill_size);
        assert_int_equal(recover(remains->path), 0);
        assert_int_equal(check_trace(remains), remains->whole_size);
    }
}

/* Whatever is wrong with it: the trace keeps what it had, the lines that it gets are JSON, and what was
 * refused is still there. */
static void damaged_at_every_byte(void **state)
{
    static const unsigned char patterns[] = {0x01, 0x80, 0xff};
    const struct remains *remains = *state;
    char *damaged = malloc(remains->spill_size);
    int refused = 0;
    assert_non_null(damaged);
    for (size_t at = 0; at < remains->spill_size; at++)
        for (size_t i = 0; i < sizeof patterns; i++) {
            size_t size;
            memcpy(damaged, remains->spill, remains->spill_size);
            damaged[at] = (char)(damaged[at] ^ patterns[i]);
            put_remains(remains, remains->head, remains->head_size, damaged, remains->spill_size);
            int error = recover(remains->path);
            refused += error == -EINVAL;
            assert_true(error == 0 || error == -EINVAL || error == -ENOMEM);
            assert_int_equal(size_of(remains->spill_path), error ? (off_t)remains->spill_size : -1);
            char *bytes = read_whole(remains->path, &size);
            assert_true(size >= remains->head_size);
            assert_memory_equal(bytes, remains->head, remains->head_size);
            free(bytes);
            struct lines lines = read_lines(remains->path);
            free_lines(&lines);
        }
    assert_true(refused > 500);
    free(damaged);
}

/* The spill of another trace, or a trace that somebody has shortened: nothing is touched. */
static void not_the_spill_of_this_trace(void **state)
{
    const struct remains *remains = *state;
    char *other = strdup(remains->whole);
    assert_non_null(other);
    other[remains->head_size + 3] ^= 1;
    put_remains(remains, other, remains->whole_size, remains->spill, remains->spill_size);
    assert_int_equal(recover(remains->path), -EINVAL);
    char *bytes = read_whole(remains->path, NULL);
    assert_string_equal(bytes, other);
    free(bytes);
    put_remains(remains, other, remains->head_size - 1, remains->spill, remains->spill_size);
    assert_int_equal(recover(remains->path), -EINVAL);
    assert_int_equal(size_of(remains->path), remains->head_size - 1);
    unlink(remains->path);
    assert_int_equal(recover(remains->path), -ENOENT);
    assert_int_equal(size_of(remains->spill_path), remains->spill_size);
    free(other);
}

static void check_refusal(const struct remains *remains, size_t offset, const char *why)
{
    struct plx_recovery recovery;
    char *spill = malloc(remains->spill_size);
    assert_non_null(spill);
    memcpy(spill, remains->spill, remains->spill_size);
    spill[offset] ^= 0x10;
    put_remains(remains, remains->head, remains->head_size, spill, remains->spill_size);
    assert_int_equal(plx__trace_recover(remains->path, &recovery), -EINVAL);
    assert_non_null(strstr(recovery.problem, remains->spill_path));
    assert_non_null(strstr(recovery.problem, why));
    free(spill);
}

static void what_is_wrong_is_said(void **state)
{
    const struct remains *remains = *state;
    check_refusal(remains, 0, "byte 0: this is no spill");
    check_refusal(remains, offsetof(struct plx_spill_head, version), "another version");
    check_refusal(remains, offsetof(struct plx_spill_head, order), "another byte order");
    check_refusal(remains, offsetof(struct plx_spill_head, table), "another version");
    check_refusal(remains, sizeof(struct plx_spill_head), "byte 56: no round begins here");
}

/* ── a full disk ──────────────────────────────────────────────────────────────────────────────────────── */

/* In small rounds, so that much is in the spill before it is full. Of each tab the trace makes six bytes: it is
 * full before all of the spill is in it. */
static int fill_the_disk(void *path)
{
    const rlim_t limit = 8 << 20;
    all_into_the_spill();
    signal(SIGXFSZ, SIG_IGN); /* then the write fails, as on a full disk */
    if (setrlimit(RLIMIT_FSIZE, &(struct rlimit){limit, limit}) || plx_trace_start(path))
        return 1;
    off_t size = 0;
    for (unsigned i = 0; plx_trace_on(); i++) {
        plx_note("note %u\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t", i);
        while (i % 1000 == 0 && plx_trace_on() && size_of(spill_of(path)) <= size)
            sched_yield();
        size = i % 1000 ? size : size_of(spill_of(path));
    }
    plx_trace_stop();
    return run_tasks();
}

/* The spill is full, then the trace is. That is said; with room again, the rest can be had. */
static void the_disk_fills_up(void **state)
{
    const char *path = trace_path("full"), *errors = trace_path("errors");
    (void)state;
    assert_true(exited_well(in_child(fill_the_disk, (void *)path, errors)));
    char *text = read_whole(errors, NULL), *rest = text;
    assert_string_equal(next_line(&rest),
                        "pollux: the trace cannot be written any more: File too large. The program goes on.");
    assert_non_null(strstr(next_line(&rest), spill_of(path)));
    assert_string_equal(rest, "");
    free(text);
    unlink(errors);
    unsigned there = check_lines(path);
    assert_true(there > 10000);
    assert_int_equal(recover(path), 0);
    assert_true(check_lines(path) > there);
    assert_int_equal(size_of(spill_of(path)), -1);
    unlink(path);
}

/* ── fork ─────────────────────────────────────────────────────────────────────────────────────────────── */

static int nothing(void *unused)
{
    (void)unused;
    plx_note("the child is not traced");
    return run_tasks();
}

static int fork_with_a_spill(void *path)
{
    all_into_the_spill();
    if (plx_trace_start(path))
        return 1;
    for (unsigned i = 0; i < 20; i++) {
        tell_notes(i * 100, i * 100 + 100);
        if (!exited_well(in_child(nothing, NULL, NULL)))
            return 1;
    }
    plx_trace_stop();
    return 0;
}

static void a_fork_leaves_the_spill_alone(void **state)
{
    const char *path = trace_path("forks");
    (void)state;
    if (SANITIZED) /* their allocators' locks stay locked in a child forked from several threads */
        skip();
    assert_true(exited_well(in_child(fork_with_a_spill, (void *)path, NULL)));
    assert_int_equal(check_lines(path), 20 * 100);
    assert_int_equal(size_of(spill_of(path)), -1);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_through_the_spill_is_all_there),
        cmocka_unit_test(by_turns),
        cmocka_unit_test(a_program_that_changes_its_folder),
        cmocka_unit_test(into_a_pipe),
        cmocka_unit_test(killed_it_is_recovered),
        cmocka_unit_test_setup_teardown(cut_off_at_every_byte, leave_remains, clear_remains),
        cmocka_unit_test_setup_teardown(the_trace_goes_on_from_every_byte, leave_remains, clear_remains),
        cmocka_unit_test_setup_teardown(damaged_at_every_byte, leave_remains, clear_remains),
        cmocka_unit_test_setup_teardown(not_the_spill_of_this_trace, leave_remains, clear_remains),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_said, leave_remains, clear_remains),
        cmocka_unit_test(the_disk_fills_up),
        cmocka_unit_test(a_fork_leaves_the_spill_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
