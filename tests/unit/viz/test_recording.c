/* SPDX-License-Identifier: MIT
 *
 * Reading traces: a good one, and what strangers may hand in.
 */
#include "traces.h"

#include "viz/trace/text.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define HOSTILE "tests/fixtures/hostile/"

/* ── a good trace ── */

static void a_good_trace_is_read(void **state)
{
    (void)state;
    struct plx_recording *recording = loaded(HANDSHAKE);
    const struct plx_header *header = plx_recording_header(recording);
    assert_int_equal(header->format, 1);
    assert_string_equal(header->file, "handshake-small.jsonl");
    assert_string_equal(header->program, "client");
    assert_int_equal(header->pid, 4711);
    assert_int_equal(plx_recording_count(recording), 169);
    assert_int_equal(plx_recording_issues(recording), 0);
    assert_null(plx_recording_event(recording, 0));
    assert_null(plx_recording_event(recording, 170));
    plx_recording_free(recording);
}

static void fields_are_decoded(void **state)
{
    (void)state;
    struct plx_recording *recording = loaded(HANDSHAKE);
    const struct plx_event *spawn = plx_recording_event(recording, 18);
    assert_int_equal(spawn->kind, PLX_EV_spawn);
    assert_int_equal(spawn->line, 19);
    assert_int_equal(spawn->t_ns, 115000);
    assert_string_equal(spawn->thread, "main");
    assert_int_equal(spawn->task, 1);
    assert_int_equal(spawn->as_spawn.shape, 9);
    assert_string_equal(spawn->as_spawn.at.file, "client.c");
    assert_int_equal(spawn->as_spawn.at.line, 52);

    const struct plx_event *shape = plx_recording_event(recording, 10);
    assert_int_equal(shape->as_shape.children.count, 2);
    assert_int_equal(shape->as_shape.children.at[1], 2);

    const struct plx_event *registered = plx_recording_event(recording, 32);
    assert_null(registered->thread);
    assert_int_equal(registered->worker, 1);
    assert_int_equal(plx_event_token(registered), 3);
    assert_int_equal(registered->as_register.interest, 3);
    plx_recording_free(recording);
}

static void ids_are_exact_to_2_53(void **state)
{
    (void)state;
    struct plx_recording *recording = parsed(HEADER E("task_poll", "\"task\":9007199254740991"));
    assert_true(plx_recording_event(recording, 1)->task == 9007199254740991u);
    plx_recording_free(recording);
}

static void order_of_fields_and_more_fields_do_not_matter(void **state)
{
    (void)state;
    struct plx_recording *recording = parsed(HEADER
                                             "{\"ev\":\"poll\",\"colour\":[1,{}],\"parent\":3,\"shape\":2,"
                                             "\"future\":4,\"w\":1,\"task\":5,\"t\":6}\r\n\n");
    const struct plx_event *event = plx_recording_event(recording, 1);
    assert_int_equal(event->t_ns, 6);
    assert_int_equal(event->as_poll.future, 4);
    assert_int_equal(event->as_poll.parent, 3);
    assert_int_equal(plx_recording_count(recording), 1);
    plx_recording_free(recording);
}

static void equal_texts_are_kept_once(void **state)
{
    (void)state;
    struct plx_recording *recording = loaded(HANDSHAKE);
    assert_ptr_equal(plx_recording_event(recording, 18)->thread, plx_recording_event(recording, 20)->thread);
    plx_recording_free(recording);
}

/* ── refused, with file and line ── */

static void refused(const char *path, size_t line, const char *message)
{
    struct plx_recording *recording = (void *)1;
    struct plx_problem why;
    assert_true(plx_recording_load(path, &recording, &why) < 0);
    assert_null(recording);
    assert_has(why.text, message);
    assert_int_equal(why.line, line);
}

static void refused_text(const char *line, const char *message)
{
    struct plx_recording *recording;
    struct plx_problem why;
    char text[512];
    snprintf(text, sizeof(text), "%s%s\n", HEADER, line);
    assert_int_equal(plx_recording_parse(text, strlen(text), "t.jsonl", &recording, &why), -EINVAL);
    assert_has(why.text, "t.jsonl:2: ");
    assert_has(why.text, message);
}

static void what_is_no_trace_is_refused(void **state)
{
    (void)state;
    refused("tests/fixtures/hostile/nowhere.jsonl", 0, "nowhere.jsonl: No such file");
    refused("tests/fixtures", 0, "fixtures: Is a directory");
    refused(HOSTILE "empty.jsonl", 0, "empty.jsonl: the file is empty");
    refused(HOSTILE "binary.jsonl", 1, "binary.jsonl:1: not a Pollux trace: binary data");
    refused(HOSTILE "text.jsonl", 1, "text.jsonl:1: not a Pollux trace: the first line is no JSON object");
    refused(HOSTILE "other.jsonl", 1, "other.jsonl:1: not a Pollux trace: the first line is no header");
}

static void the_future_is_refused(void **state)
{
    (void)state;
    refused(HOSTILE "future.jsonl", 1,
            "future.jsonl:1: made by a newer Pollux: format 7, this one reads up to 1");
}

static void damage_in_the_middle_is_refused(void **state)
{
    (void)state;
    refused(HOSTILE "malformed.jsonl", 4, "malformed.jsonl:4: the line is not JSON");
    refused(HOSTILE "missing.jsonl", 4, "missing.jsonl:4: spawn: \"at\" is missing");
}

static void wrong_types_are_refused(void **state)
{
    (void)state;
    refused_text("{\"t\":1,\"w\":0,\"ev\":\"task_poll\",\"task\":1}}", "the line is not JSON");
    refused_text("[]", "an event is a JSON object");
    refused_text("3", "an event is a JSON object");
    refused_text("{\"t\":1,\"w\":0}", "an event needs \"ev\"");
    refused_text("{\"w\":0,\"ev\":\"task_poll\",\"task\":1}", "task_poll: \"t\" is missing");
    refused_text("{\"t\":1,\"ev\":\"task_poll\",\"task\":1}", "task_poll: \"w\" is missing");
    refused_text("{\"t\":1,\"w\":null,\"ev\":\"task_poll\",\"task\":1}", "\"w\" is not a number");
    refused_text("{\"t\":1,\"w\":0,\"ev\":\"task_poll\",\"task\":\"1\"}", "\"task\" is not a number");
    refused_text("{\"t\":1,\"w\":0,\"ev\":\"note\",\"text\":5}", "\"text\" is not a string");
    refused_text("{\"t\":1,\"w\":0,\"ev\":\"pop\",\"task\":1,\"queue\":\"\\u001bfast\"}",
                 "\"queue\" cannot be \"␛fast\"");
    refused_text("{\"t\":1,\"w\":0,\"ev\":\"io_ready\",\"token\":1,\"ready\":\"read loud\"}",
                 "cannot hold \"loud\"");
    refused_text("{\"t\":1,\"w\":0,\"ev\":\"spawn\",\"task\":1,\"shape\":1,\"by\":0,\"at\":\"a.c\"}",
                 "no \"file:line\"");
    refused_text("{\"t\":1,\"w\":0,\"ev\":\"spawn\",\"task\":1,\"shape\":1,\"by\":0,\"at\":\"a.c:x\"}",
                 "line number");
    refused_text(
        "{\"t\":1,\"w\":0,\"ev\":\"shape\",\"shape\":1,\"kind\":\"\",\"name\":\"\",\"file\":\"\",\"line\":1,"
        "\"nodes\":1,\"children\":[1,\"2\"]}",
        "\"children\" is not a number");
}

static void numbers_out_of_range_are_refused(void **state)
{
    (void)state;
    refused_text("{\"t\":1,\"w\":0,\"ev\":\"task_poll\",\"task\":-1}",
                 "\"task\" is not between 0 and 9007199254740992");
    refused_text("{\"t\":1,\"w\":0,\"ev\":\"task_poll\",\"task\":1e300}", "\"task\" is not between");
    refused_text("{\"t\":1,\"w\":0,\"ev\":\"task_poll\",\"task\":1e999}", "\"task\" is not a whole number");
    refused_text("{\"t\":1,\"w\":0,\"ev\":\"task_poll\",\"task\":1.5}", "\"task\" is not a whole number");
    refused_text("{\"t\":-5,\"w\":0,\"ev\":\"task_poll\",\"task\":1}", "\"t\" is not between");
    refused_text("{\"t\":1,\"w\":4294967296,\"ev\":\"task_poll\",\"task\":1}", "\"w\" is not between");
    refused_text("{\"t\":1,\"w\":0,\"ev\":\"turn_start\",\"timeout_ms\":2147483648}",
                 "\"timeout_ms\" is not between");
    refused_text("{\"t\":1,\"w\":0,\"ev\":\"drop\",\"task\":1,\"future\":4294967296}",
                 "\"future\" is not between");
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    static char text[sizeof(HEADER) + 60000];
    struct plx_recording *recording;
    struct plx_problem why;
    memcpy(text, HEADER, sizeof(HEADER) - 1);
    memset(text + sizeof(HEADER) - 1, '[', 50000);
    text[sizeof(HEADER) - 1 + 50000] = '\n';
    assert_int_equal(plx_recording_parse(text, strlen(text), "deep.jsonl", &recording, &why), -EINVAL);
    assert_has(why.text, "deep.jsonl:2: the line is not JSON");
}

static void the_path_in_a_message_is_clean_and_short(void **state)
{
    (void)state;
    char path[4000];
    struct plx_recording *recording;
    struct plx_problem why;
    memset(path, '\x1b', sizeof(path));
    strcpy(path + sizeof(path) - 20, "/handshake.jsonl");
    assert_true(plx_recording_load(path, &recording, &why) < 0);
    assert_null(strchr(why.text, '\x1b'));
    assert_has(why.text, "handshake.jsonl: ");
}

/* ── long lines ── */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static long peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* Writes `head`, then megabytes of 'x' without a newline. The file is gone when the test ends. */
static int long_line(char *path, const char *head, int megabytes)
{
    static char block[1 << 20];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    memset(block, 'x', sizeof(block));
    assert_int_equal(write(fd, head, strlen(head)), (ssize_t)strlen(head));
    for (int i = 0; i < megabytes; i++)
        assert_int_equal(write(fd, block, sizeof(block)), (ssize_t)sizeof(block));
    return fd;
}

static void a_hundred_megabytes_in_one_line_are_refused_at_once(void **state)
{
    (void)state;
    static const struct {
        const char *head, *message;
        size_t line;
    } cases[] = {
        {HEADER "{\"t\":1,\"w\":\"", ":2: the line is longer than 64 KiB", 2},
        {"{\"pollux\":1,\"program\":\"", ":1: not a Pollux trace: the line is longer than 64 KiB", 1},
    };
    for (size_t i = 0; i < 2; i++) {
        char path[] = "/tmp/pollux-test-XXXXXX";
        int fd = long_line(path, cases[i].head, 100);
        long before = peak_kib();
        double began = seconds();
        refused(path, cases[i].line, cases[i].message);
        assert_true(seconds() - began < 0.5);
        assert_true(peak_kib() - before < 4096);
        close(fd);
        unlink(path);
    }
}

static void a_line_of_the_longest_length_is_read(void **state)
{
    (void)state;
    static char text[sizeof(HEADER) + PLX_LINE_MAX + 100];
    struct plx_recording *recording;
    struct plx_problem why;
    for (size_t more = 0; more < 2; more++) {
        size_t length = PLX_LINE_MAX + more;
        char *line = text + sizeof(HEADER) - 1;
        memcpy(text, HEADER, sizeof(HEADER) - 1);
        memset(line, 'x', length);
        memcpy(line, "{\"t\":1,\"w\":0,\"ev\":\"note\",\"text\":\"", 33);
        memcpy(line + length - 2, "\"}\n", 4);
        int rc = plx_recording_parse(text, strlen(text), "long.jsonl", &recording, &why);
        assert_int_equal(rc, more ? -EINVAL : 0);
        plx_recording_free(recording);
    }
}

/* ── tolerated, and told ── */

static void told(const char *path, size_t events, size_t line, const char *text)
{
    struct plx_recording *recording = loaded(path);
    assert_int_equal(plx_recording_count(recording), events);
    assert_int_equal(plx_recording_issues(recording), 1);
    assert_int_equal(plx_recording_issue(recording, 0)->line, line);
    assert_string_equal(plx_recording_issue(recording, 0)->text, text);
    assert_null(plx_recording_issue(recording, 1));
    plx_recording_free(recording);
}

static void a_last_line_cut_off_is_told(void **state)
{
    (void)state;
    told(HOSTILE "truncated.jsonl", 8, 10, "the last line is cut off; the trace ends before it");
}

static void a_trace_cut_anywhere_is_read_up_to_there(void **state)
{
    (void)state;
    struct plx_recording *recording;
    struct plx_problem why;
    static char text[40000];
    FILE *file = fopen(HANDSHAKE, "r");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof(text), file), first = (size_t)(strchr(text, '\n') - text);
    fclose(file);
    for (size_t cut = first; cut < size; cut += 7) {
        assert_int_equal(plx_recording_parse(text, cut, "cut.jsonl", &recording, &why), 0);
        assert_true(plx_recording_issues(recording) <= 1);
        plx_recording_free(recording);
    }
}

static void unknown_events_are_skipped_and_counted(void **state)
{
    (void)state;
    told(HOSTILE "unknown.jsonl", 8, 4, "3 events of unknown kind (first: line 4, \"frobnicate\")");
}

static void times_that_go_back_are_told(void **state)
{
    (void)state;
    told(HOSTILE "backwards.jsonl", 8, 5, "the time goes back 2 times (first: line 5)");
}

static void lost_events_are_told(void **state)
{
    (void)state;
    told(HOSTILE "lost.jsonl", 7, 5, "20 events were lost in 2 places (first: line 5)");
}

static void expect_clean(const char *text)
{
    char again[1024];
    plx_clean_text(text, strlen(text), again, sizeof(again));
    assert_string_equal(text, again);
}

static void no_escape_sequence_gets_in(void **state)
{
    (void)state;
    struct plx_recording *recording = loaded(HOSTILE "escapes.jsonl");
    expect_clean(plx_recording_header(recording)->program);
    assert_string_equal(plx_recording_header(recording)->program, "␛]0;owned␇hostile");
    for (size_t n = 1; n <= plx_recording_count(recording); n++) {
        const struct plx_event *event = plx_recording_event(recording, n);
        expect_clean(event->thread ? event->thread : "");
        for (const struct plx_field *f = plx_kind_info((enum plx_kind)event->kind).field; f->name; f++)
            if (f->type == PLX_FIELD_TEXT)
                expect_clean(*(const char *const *)plx_event_field(event, f));
            else if (f->type == PLX_FIELD_AT)
                expect_clean(((const struct plx_place *)plx_event_field(event, f))->file);
    }
    assert_has(plx_recording_issue(recording, 0)->text, "\"␛[31mbad\"");
    plx_recording_free(recording);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_trace_is_read),
        cmocka_unit_test(fields_are_decoded),
        cmocka_unit_test(ids_are_exact_to_2_53),
        cmocka_unit_test(order_of_fields_and_more_fields_do_not_matter),
        cmocka_unit_test(equal_texts_are_kept_once),
        cmocka_unit_test(what_is_no_trace_is_refused),
        cmocka_unit_test(the_future_is_refused),
        cmocka_unit_test(damage_in_the_middle_is_refused),
        cmocka_unit_test(wrong_types_are_refused),
        cmocka_unit_test(numbers_out_of_range_are_refused),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(the_path_in_a_message_is_clean_and_short),
        cmocka_unit_test(a_hundred_megabytes_in_one_line_are_refused_at_once),
        cmocka_unit_test(a_line_of_the_longest_length_is_read),
        cmocka_unit_test(a_last_line_cut_off_is_told),
        cmocka_unit_test(a_trace_cut_anywhere_is_read_up_to_there),
        cmocka_unit_test(unknown_events_are_skipped_and_counted),
        cmocka_unit_test(times_that_go_back_are_told),
        cmocka_unit_test(lost_events_are_told),
        cmocka_unit_test(no_escape_sequence_gets_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
