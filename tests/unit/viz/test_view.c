/* SPDX-License-Identifier: MIT
 *
 * The view: what the screens are told at an event.
 */
#include "traces.h"

#include "viz/trace/text.h"
#include "viz/view/sign.h"
#include "viz/view/view.h"

#include <stdlib.h>

struct scene {
    struct plx_recording *recording;
    struct plx_world *world;
    struct plx_view view;
};

static void look(struct scene *scene, size_t n, struct plx_view_wish wish)
{
    plx_view_free(&scene->view);
    assert_int_equal(plx_world_seek(scene->world, n), 0);
    assert_int_equal(plx_view_make(scene->world, &wish, &scene->view), 0);
}

static struct scene scene_of(struct plx_recording *recording)
{
    struct scene scene = {.recording = recording, .world = world_of(recording)};
    return scene;
}

static struct scene handshake_at(size_t n)
{
    struct scene scene = scene_of(loaded(HANDSHAKE));
    look(&scene, n, (struct plx_view_wish){0, 3, 3});
    return scene;
}

static void done(struct scene *scene)
{
    plx_view_free(&scene->view);
    plx_world_free(scene->world);
    plx_recording_free(scene->recording);
}

static void expect_box(const struct plx_view_box *box, uint32_t future, int depth, const char *kind,
                       const char *name, const char *word)
{
    assert_int_equal(box->future, future);
    assert_int_equal(box->depth, depth);
    assert_string_equal(box->kind, kind);
    assert_string_equal(box->name, name);
    assert_string_equal(box->word, word);
}

/* ── title and start ── */

static void nothing_has_happened_at_the_start(void **state)
{
    (void)state;
    struct scene s = handshake_at(0);
    assert_string_equal(s.view.file, "handshake-small.jsonl");
    assert_string_equal(s.view.program, "client");
    assert_string_equal(s.view.mode, "thread_pool");
    assert_int_equal(s.view.worker_count, 2);
    assert_int_equal(s.view.event, 0);
    assert_int_equal(s.view.events, 169);
    assert_int_equal(s.view.chain.task, 0);
    assert_int_equal(s.view.chain.count, 0);
    assert_int_equal(s.view.workers, 2);
    assert_int_equal(s.view.log_at, -1);
    assert_int_equal(s.view.log_count, 3);
    assert_int_equal(s.view.issues, 0);
    assert_string_equal(s.view.issue, "");
    done(&s);
}

/* ── the chain ── */

static void the_whole_chain_is_there_before_its_first_poll(void **state)
{
    (void)state;
    struct scene s = handshake_at(18);
    const struct plx_view_chain *chain = &s.view.chain;
    assert_int_equal(chain->task, 1);
    assert_int_equal(chain->count, 11);
    expect_box(&chain->boxes[0], 1, 0, "and_then", "process_response", "later");
    expect_box(&chain->boxes[4], 5, 4, "and_then", "send_handshake", "later");
    expect_box(&chain->boxes[5], 6, 5, "connect", "", "later");
    expect_box(&chain->boxes[7], 8, 4, "read_exact", "", "later");
    expect_box(&chain->boxes[10], 11, 1, "ok", "", "later");
    assert_int_equal(chain->boxes[7].parent, 3);
    assert_int_equal(chain->boxes[0].parent, -1);
    assert_string_equal(chain->boxes[0].file, "client.c");
    assert_int_equal(chain->boxes[0].line, 40);
    done(&s);
}

static void the_poll_goes_in(void **state)
{
    (void)state;
    struct scene s = handshake_at(106); /* poll of read_exact */
    const struct plx_view_chain *chain = &s.view.chain;
    expect_box(&chain->boxes[0], 1, 0, "and_then", "process_response", "poll");
    expect_box(&chain->boxes[4], 5, 4, "and_then", "send_handshake", "Ready(Sock 7)");
    expect_box(&chain->boxes[7], 8, 4, "read_exact", "", "poll");
    assert_true(chain->boxes[7].current);
    assert_true(chain->boxes[7].on_path);
    assert_true(chain->boxes[3].on_path);
    assert_false(chain->boxes[4].on_path);
    assert_int_equal(chain->boxes[7].before, PLX_SIGN_NOT_READY);
    assert_string_equal(chain->boxes[7].detail, "0 of 10 bytes");
    assert_int_equal(chain->motion, PLX_MOTION_IN);
    assert_int_equal(chain->from, 3);
    assert_int_equal(chain->to, 7);
    assert_string_equal(chain->state, "polled by worker 0");
    assert_int_equal(chain->polls, 3);
    assert_string_equal(s.view.sentence,
                        "Worker 0 polls read_exact in task 1, because token 3 (fd 7) became readable.");
    done(&s);
}

static void the_answer_goes_out(void **state)
{
    (void)state;
    struct scene s = handshake_at(108);
    const struct plx_view_chain *chain = &s.view.chain;
    expect_box(&chain->boxes[7], 8, 4, "read_exact", "", "NotReady");
    assert_int_equal(chain->boxes[7].sign, PLX_SIGN_NOT_READY);
    assert_int_equal(chain->motion, PLX_MOTION_OUT);
    assert_int_equal(chain->from, 7);
    assert_int_equal(chain->to, 3);
    assert_string_equal(s.view.sentence, "read_exact answers NotReady: 4 of 10 bytes. "
                                         "The task will be notified when fd 7 is readable.");
    look(&s, 112, (struct plx_view_wish){0, 0, 0});
    assert_int_equal(s.view.chain.from, 0);
    assert_int_equal(s.view.chain.to, -1);
    assert_string_equal(s.view.chain.state, "waits for fd 7");
    done(&s);
}

static void a_task_can_be_followed(void **state)
{
    (void)state;
    struct scene s = handshake_at(82);
    assert_int_equal(s.view.chain.task, 3);
    assert_string_equal(s.view.chain.state, "stolen by worker 1");
    assert_int_equal(s.view.chain.sign, PLX_SIGN_STOLEN);
    look(&s, 82, (struct plx_view_wish){1, 0, 0});
    assert_int_equal(s.view.chain.task, 1);
    assert_string_equal(s.view.chain.name, "client");
    assert_int_equal(s.view.chain.motion, PLX_MOTION_NONE);
    look(&s, 5, (struct plx_view_wish){1, 0, 0});
    assert_string_equal(s.view.chain.state, "not spawned yet");
    look(&s, 82, (struct plx_view_wish){77, 0, 0});
    assert_int_equal(s.view.chain.task, 0);
    look(&s, 169, (struct plx_view_wish){1, 0, 0});
    assert_string_equal(s.view.chain.state, "ended: ready");
    done(&s);
}

static void every_future_seen_has_a_box_at_every_event(void **state)
{
    (void)state;
    struct scene s = handshake_at(0);
    for (size_t n = 0; n <= s.view.events; n++) {
        look(&s, n, (struct plx_view_wish){0, 0, 0});
        const struct plx_view_chain *chain = &s.view.chain;
        for (int i = 0; i < chain->count; i++)
            assert_true(chain->boxes[i].parent < i);
        const struct plx_event *event = plx_recording_event(s.recording, n);
        if (event && event->kind == PLX_EV_poll)
            assert_true(chain->to >= 0 && chain->boxes[chain->to].future == event->as_poll.future);
    }
    done(&s);
}

static void a_box_shows_what_it_took_in(void **state)
{
    (void)state;
    struct scene s = scene_of(
        recorded(LINES(SHAPE("1", "boxed", "any", ""), SHAPE("2", "leaf", "read", ""), SPAWN("1", "1"),
                       TASK_POLL("1"), POLL("1", "1", "1", "0"), GRAFT("1", "1", "2", "2"))));
    look(&s, 6, (struct plx_view_wish){0, 0, 0});
    assert_int_equal(s.view.chain.count, 2);
    expect_box(&s.view.chain.boxes[1], 2, 1, "read", "", "later");
    assert_string_equal(s.view.sentence, "boxed any in task 1 takes in a future of shape read.");
    done(&s);
}

static void a_chain_of_unknown_shape_shows_what_was_polled(void **state)
{
    (void)state;
    struct scene s = scene_of(loaded("tests/fixtures/hostile/undeclared.jsonl"));
    look(&s, 7, (struct plx_view_wish){0, 0, 0});
    assert_int_equal(s.view.chain.task, 9);
    assert_int_equal(s.view.chain.count, 2);
    expect_box(&s.view.chain.boxes[0], 1, 0, "?", "", "poll");
    expect_box(&s.view.chain.boxes[1], 2, 1, "?", "", "NotReady");
    assert_true(s.view.issues >= 6);
    assert_has(s.view.issue, "line ");
    done(&s);
}

/* ── the panels ── */

static void workers_show_state_and_queues(void **state)
{
    (void)state;
    struct scene s = handshake_at(82); /* worker 1 steals task 3 */
    const struct plx_view_worker *worker = s.view.worker;
    assert_string_equal(worker[0].state, "polls task 2");
    assert_int_equal(worker[0].sign, PLX_SIGN_POLL);
    assert_false(worker[0].current);
    assert_string_equal(worker[1].state, "steals from worker 0");
    assert_int_equal(worker[1].queued, 1);
    assert_int_equal(worker[1].deque[0], 3);
    assert_int_equal(worker[1].stolen, 1);
    assert_true(worker[1].current);
    look(&s, 20, (struct plx_view_wish){0, 0, 0});
    assert_int_equal(s.view.global_count, 1);
    assert_int_equal(s.view.global[0], 1);
    assert_string_equal(s.view.worker[1].state, "parked");
    look(&s, 46, (struct plx_view_wish){0, 0, 0});
    assert_int_equal(s.view.worker[0].lifo, 1);
    done(&s);
}

static void sources_show_readiness_and_who_waits(void **state)
{
    (void)state;
    struct scene s = handshake_at(108);
    assert_int_equal(s.view.sources, 1);
    const struct plx_view_source *row = &s.view.source[0];
    assert_int_equal(row->token, 3);
    assert_int_equal(row->fd, 7);
    assert_string_equal(row->what, "tcp 127.0.0.1:6142");
    assert_false(row->readable);
    assert_true(row->writable);
    assert_int_equal(row->reader, 1);
    assert_false(row->current);
    look(&s, 97, (struct plx_view_wish){0, 0, 0});
    assert_true(s.view.source[0].current);
    assert_true(s.view.source[0].readable);
    look(&s, 169, (struct plx_view_wish){0, 0, 0});
    assert_int_equal(s.view.sources, 0);
    done(&s);
}

static void the_log_stands_around_the_event(void **state)
{
    (void)state;
    struct scene s = handshake_at(46);
    assert_int_equal(s.view.log_count, 7);
    assert_int_equal(s.view.log_at, 3);
    const struct plx_view_line *line = &s.view.log[3];
    assert_int_equal(line->event, 46);
    assert_string_equal(line->who, "w0");
    assert_string_equal(line->verb, "push");
    assert_string_equal(line->text, "task 1  to LIFO");
    assert_string_equal(s.view.log[2].text, "task 1  by token 3");
    look(&s, 169, (struct plx_view_wish){0, 2, 9});
    assert_int_equal(s.view.log_count, 3);
    assert_int_equal(s.view.log_at, 2);
    assert_string_equal(s.view.log[2].who, "main");
    look(&s, 9, (struct plx_view_wish){0, -1, -1});
    assert_int_equal(s.view.log_count, 1);
    done(&s);
}

/* ── the story ── */

static void expect_sentence(struct scene *scene, size_t n, const char *sentence)
{
    look(scene, n, (struct plx_view_wish){0, 0, 0});
    assert_string_equal(scene->view.sentence, sentence);
}

static void sentences_say_what_happened(void **state)
{
    (void)state;
    struct scene s = handshake_at(0);
    expect_sentence(&s, 1, "Runtime 1, a thread_pool with 2 workers, starts.");
    expect_sentence(&s, 18, "Thread main spawns task 1.");
    expect_sentence(&s, 24, "Worker 1 polls task 1, because it has just been spawned.");
    expect_sentence(&s, 43, "The reactor has seen 1 event.");
    expect_sentence(&s, 44, "Token 3 became ready: writable.");
    expect_sentence(&s, 45, "Task 1 is notified by token 3: it is scheduled.");
    expect_sentence(&s, 55, "connect answers Ready(Sock 7).");
    expect_sentence(&s, 57, "Worker 0 polls write_all in task 1, because connect is ready.");
    expect_sentence(&s, 35,
                    "connect answers NotReady: connecting. The task will be notified when fd 7 is writable.");
    done(&s);
}

static void a_cause_is_told_as_far_as_it_was_waited_for(void **state)
{
    (void)state;
    struct scene s = scene_of(
        recorded(LINES(SPAWN("1", "0"), TASK_POLL("1"),
                       E("register", "\"token\":3,\"fd\":7,\"what\":\"tcp\",\"interest\":\"read write\""),
                       E("wait", "\"token\":3,\"task\":1,\"direction\":\"read\""),
                       E("io_ready", "\"token\":3,\"ready\":\"read write\""),
                       NOTIFY("1", "io", "3", "scheduled"), TASK_POLL("1"))));
    expect_sentence(&s, 3, "fd 7 (tcp) is registered with the reactor as token 3.");
    expect_sentence(&s, 5, "Token 3 became ready: readable and writable.");
    expect_sentence(&s, 7, "Worker 0 polls task 1, because token 3 (fd 7) became readable.");
    assert_string_equal(s.view.why[0].text, "fd 7 readable");
    done(&s);
}

static void failures_say_where_they_came_from(void **state)
{
    (void)state;
    struct scene s = scene_of(recorded(
        LINES(E("spawn", "\"task\":1,\"shape\":0,\"by\":4,\"at\":\"\""),
              E("failed", "\"task\":1,\"future\":1,\"code\":-104,\"error\":\"reset\",\"at\":\"a.c:3\""),
              E("failed", "\"task\":1,\"future\":1,\"code\":-104,\"error\":\"reset\",\"at\":\"\""),
              NOTIFY("1", "timer", "0", "too_late"))));
    expect_sentence(&s, 1, "Worker 0 spawns task 1, for task 4.");
    expect_sentence(&s, 2, "future 1 answers Failed: reset, from a.c:3.");
    expect_sentence(&s, 3, "future 1 answers Failed: reset.");
    expect_sentence(&s, 4, "Task 1 is notified by a timer: too late.");
    done(&s);
}

static void expect_why(struct scene *scene, size_t n, const char *path)
{
    char got[1024] = "";
    look(scene, n, (struct plx_view_wish){0, 0, 0});
    for (int i = 0; i < scene->view.whys; i++)
        snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s (%zu)", i ? ", " : "",
                 scene->view.why[i].text, scene->view.why[i].event);
    assert_string_equal(got, path);
}

static void the_path_leads_from_the_cause_to_the_event(void **state)
{
    (void)state;
    struct scene s = handshake_at(0);
    expect_why(&s, 2, "");
    expect_why(&s, 24, "spawn task 1 (18), global queue (20), poll task 1 (24)");
    expect_why(&s, 84,
               "spawn task 3 (72), global queue (73), worker 0, deque (77), stolen from worker 0 (82), "
               "poll task 3 (84)");
    expect_why(
        &s, 106,
        "fd 7 readable (97), token 3 (97), notify task 1 (98), worker 0, LIFO (99), poll task 1 (101), "
        "and_then ×4 (102), read_exact (106)");
    expect_why(&s, 57,
               "fd 7 writable (44), token 3 (44), notify task 1 (45), worker 0, LIFO (46), poll task 1 (48), "
               "and_then ×5 (49), connect Ready (55), write_all (57)");
    done(&s);
}

static void a_path_begins_where_a_task_notified_itself(void **state)
{
    (void)state;
    struct scene s = scene_of(recorded(LINES(
        SPAWN("1", "0"), TASK_POLL("1"), POLL("1", "1", "0", "0"), NOTIFY("1", "task", "1", "coalesced"),
        NOT_READY("1", "1"), E("push", "\"task\":1,\"queue\":\"local\",\"worker\":0"), TASK_POLL("1"))));
    expect_why(&s, 7, "future 1 (3), notify task 1 (4), worker 0, deque (6), poll task 1 (7)");
    expect_sentence(&s, 7, "Worker 0 polls task 1, because it notified itself.");
    expect_sentence(&s, 4, "Task 1 is notified by task 1: it will be polled anyway.");
    done(&s);
}

/* ── hostile ── */

static void expect_clean(const char *text)
{
    static char again[2048];
    assert_non_null(text);
    plx_clean_text(text, strlen(text), again, sizeof(again));
    assert_string_equal(text, again);
}

static void expect_view_clean(const struct plx_view *view)
{
    expect_clean(view->program);
    expect_clean(view->mode);
    expect_clean(view->issue);
    expect_clean(view->sentence);
    expect_clean(view->chain.name);
    expect_clean(view->chain.state);
    for (int i = 0; i < view->whys; i++)
        expect_clean(view->why[i].text);
    for (int i = 0; i < view->workers; i++)
        expect_clean(view->worker[i].state);
    for (int i = 0; i < view->chain.count; i++) {
        expect_clean(view->chain.boxes[i].kind);
        expect_clean(view->chain.boxes[i].name);
        expect_clean(view->chain.boxes[i].word);
        expect_clean(view->chain.boxes[i].value);
        expect_clean(view->chain.boxes[i].detail);
        expect_clean(view->chain.boxes[i].file);
    }
    for (int i = 0; i < view->sources; i++)
        expect_clean(view->source[i].what);
    for (int i = 0; i < view->log_count; i++) {
        expect_clean(view->log[i].who);
        expect_clean(view->log[i].text);
    }
}

static void no_escape_sequence_comes_out(void **state)
{
    (void)state;
    struct scene s = scene_of(loaded("tests/fixtures/hostile/escapes.jsonl"));
    for (size_t n = 0; n <= plx_recording_count(s.recording); n++) {
        look(&s, n, (struct plx_view_wish){0, 5, 5});
        expect_view_clean(&s.view);
    }
    done(&s);
}

/* A name of 300 arrows, of three bytes each, behind a few letters: it is cut at any of the three. */
static void expect_names_cut(const char *begin)
{
    char name[1000], text[20000];
    strcpy(name, begin);
    for (int i = 0; i < 300; i++)
        strcat(name, "→");
    snprintf(text, sizeof(text),
             HEADER SHAPE("1", "%s", "%s", "") SHAPE("2", "%s", "%s", "1") SHAPE("3", "%s", "%s", "2")
                 SPAWN("1", "3") E("task_name", "\"task\":1,\"name\":\"%s\"")
                     W("\"%s\"", "task_poll", "\"task\":1") POLL("1", "1", "3", "0") POLL("1", "2", "2", "1")
                         POLL("1", "3", "1", "2") E("label", "\"task\":1,\"future\":3,\"text\":\"%s\"") E(
                             "failed", "\"task\":1,\"future\":3,\"code\":1,\"error\":\"%s\",\"at\":\"%s:1\""),
             name, name, name, name, name, name, name, name, name, name, name);
    struct scene s = scene_of(parsed(text));
    for (size_t n = 1; n <= plx_recording_count(s.recording); n++) {
        look(&s, n, (struct plx_view_wish){0, 20, 20});
        expect_view_clean(&s.view);
    }
    const char *shown = s.view.chain.name;
    assert_true(strlen(shown) < 500);
    assert_string_equal(shown + strlen(shown) - 6, "→…");
    done(&s);
}

static void endless_names_are_cut_between_characters(void **state)
{
    (void)state;
    expect_names_cut("");
    expect_names_cut("a");
    expect_names_cut("ab");
}

static void a_tree_of_countless_boxes_is_cut(void **state)
{
    (void)state;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fputs(HEADER SHAPE("1", "leaf", "l", ""), out);
    for (int i = 2; i < 5000; i++)
        fprintf(out, SHAPE("%d", "join", "", "%d,%d"), i, i - 1, i - 1);
    fputs(SPAWN("1", "4999") GRAFT("1", "1", "4999", "1"), out);
    fclose(out);
    struct scene s = scene_of(parsed(text));
    look(&s, plx_recording_count(s.recording), (struct plx_view_wish){0, 5000, 5});
    assert_true(s.view.chain.count > 1000 && s.view.chain.count < 5000);
    for (int i = 0; i < s.view.chain.count; i++)
        assert_true(s.view.chain.boxes[i].depth < 100);
    done(&s);
    free(text);
}

/* ── signs ── */

static void signs_are_all_different(void **state)
{
    (void)state;
    for (int a = 0; a < PLX_SIGNS; a++)
        for (int b = 0; b < a; b++) {
            const struct plx_sign_look *one = plx_sign_look((enum plx_sign)a),
                                       *two = plx_sign_look((enum plx_sign)b);
            assert_string_not_equal(one->glyph, two->glyph);
            assert_string_not_equal(one->ascii, two->ascii);
            assert_string_not_equal(one->word, two->word);
        }
    assert_ptr_equal(plx_sign_look((enum plx_sign)99), plx_sign_look(PLX_SIGN_LATER));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_has_happened_at_the_start),
        cmocka_unit_test(the_whole_chain_is_there_before_its_first_poll),
        cmocka_unit_test(the_poll_goes_in),
        cmocka_unit_test(the_answer_goes_out),
        cmocka_unit_test(a_task_can_be_followed),
        cmocka_unit_test(every_future_seen_has_a_box_at_every_event),
        cmocka_unit_test(a_box_shows_what_it_took_in),
        cmocka_unit_test(a_chain_of_unknown_shape_shows_what_was_polled),
        cmocka_unit_test(workers_show_state_and_queues),
        cmocka_unit_test(sources_show_readiness_and_who_waits),
        cmocka_unit_test(the_log_stands_around_the_event),
        cmocka_unit_test(sentences_say_what_happened),
        cmocka_unit_test(a_cause_is_told_as_far_as_it_was_waited_for),
        cmocka_unit_test(failures_say_where_they_came_from),
        cmocka_unit_test(the_path_leads_from_the_cause_to_the_event),
        cmocka_unit_test(a_path_begins_where_a_task_notified_itself),
        cmocka_unit_test(no_escape_sequence_comes_out),
        cmocka_unit_test(endless_names_are_cut_between_characters),
        cmocka_unit_test(a_tree_of_countless_boxes_is_cut),
        cmocka_unit_test(signs_are_all_different),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
