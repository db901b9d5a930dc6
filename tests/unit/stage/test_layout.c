/* SPDX-License-Identifier: MIT
 *
 * The layout of the stage, at several sizes, for every event of a trace and for views that are harder than
 * any trace: every text lies in the innermost box around it and in the window, no two texts overlap, and
 * nothing that is drawn later covers a text or runs through it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/stage/recorder.h"
#include "tests/unit/stage/scene.h"
#include "viz/replay/world.h"
#include "viz/stage/stage.h"
#include "viz/trace/recording.h"

#define SLACK 0.75f /* pixels: less than can be seen */

static struct recorder recorder;
static struct scene scene;

/* ── what must hold ───────────────────────────────────────────────────────────────────────────── */

static bool inside(struct plx_rect in, struct plx_rect out)
{
    return in.x >= out.x - SLACK && in.y >= out.y - SLACK && in.x + in.w <= out.x + out.w + SLACK &&
           in.y + in.h <= out.y + out.h + SLACK;
}

static bool overlap(struct plx_rect a, struct plx_rect b)
{
    return a.x + SLACK < b.x + b.w && b.x + SLACK < a.x + a.w && a.y + SLACK < b.y + b.h &&
           b.y + SLACK < a.y + a.h;
}

static void complain(const char *what, const struct recorded *a, const struct recorded *b)
{
    print_error("%s: \"%s\" at %.1f,%.1f %.1f×%.1f and %d \"%s\" at %.1f,%.1f %.1f×%.1f\n", what, a->text,
                (double)a->at.x, (double)a->at.y, (double)a->at.w, (double)a->at.h, b->kind, b->text,
                (double)b->at.x, (double)b->at.y, (double)b->at.w, (double)b->at.h);
}

/* The box drawn last, before this text, that holds the text's middle. */
static const struct recorded *frame_of(int text)
{
    struct plx_rect at = recorder.item[text].at;
    struct plx_rect middle = {at.x + at.w / 2, at.y + at.h / 2, 0, 0};
    for (int i = text - 1; i >= 0; i--)
        if (recorder.item[i].frame && inside(middle, recorder.item[i].at))
            return &recorder.item[i];
    return NULL;
}

static int faults_of_text(int index)
{
    const struct recorded *text = &recorder.item[index], *frame = frame_of(index);
    int faults = 0;
    if (frame == NULL || !inside(text->at, frame->at)) {
        complain("sticks out", text, frame != NULL ? frame : &recorder.item[0]);
        faults++;
    }
    for (int i = 0; i < recorder.count; i++) {
        const struct recorded *other = &recorder.item[i];
        bool box = other->kind == RECORDED_BOX, twice = other->kind == RECORDED_TEXT && i >= index;
        if (twice || (box && (i < index || !other->solid)) || !overlap(text->at, other->at))
            continue;
        complain(box ? "is covered" : "collides", text, other);
        faults++;
    }
    return faults;
}

/* Boxes, dots and signs must lie in the window; the glow around a box may reach over its own panel only. */
static int faults_of_drawing(int index, const struct plx_stage_state *state)
{
    struct plx_rect window = {0, 0, state->width, state->height};
    if (inside(recorder.item[index].at, window))
        return 0;
    complain("lies outside", &recorder.item[index], &recorder.item[0]);
    return 1;
}

static void check(const struct plx_view *view, const struct plx_stage_state *state)
{
    recorder_start(&recorder);
    assert_int_equal(plx_stage_draw(view, state, &recorder.verbs), 0);
    assert_false(recorder.full);
    int faults = 0;
    for (int i = 0; i < recorder.count; i++)
        faults += recorder.item[i].kind == RECORDED_TEXT ? faults_of_text(i) : faults_of_drawing(i, state);
    if (faults > 0)
        fail_msg("event %zu at %.0f×%.0f, presenter %d, panel %d, phase %.2f", view->event,
                 (double)state->width, (double)state->height, state->presenter, (int)state->panel,
                 (double)state->phase);
}

static const float sizes[][2] = {{800, 500},  {1024, 768},  {1280, 720},
                                 {1600, 900}, {1920, 1080}, {900, 1400}};

static void check_all_ways(const struct plx_view *view)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct plx_stage_state state = plx_stage_state(sizes[i][0], sizes[i][1]);
        for (state.phase = 0; state.phase <= 1; state.phase += 0.5f)
            check(view, &state);
        state.phase = 1;
        for (state.panel = PLX_STAGE_CHAIN; state.panel <= PLX_STAGE_WHY; state.panel++)
            check(view, &state);
        state.panel = PLX_STAGE_ALL;
        state.why_list = true;
        check(view, &state);
        state.presenter = true;
        check(view, &state);
    }
}

/* ── views ────────────────────────────────────────────────────────────────────────────────────── */

static void check_trace(const char *path)
{
    struct plx_recording *recording;
    struct plx_problem why;
    struct plx_world *world;
    const struct plx_view_wish wish = {.log_before = PLX_STAGE_LOG_LINES, .log_after = PLX_STAGE_LOG_LINES};
    assert_int_equal(plx_recording_load(path, &recording, &why), 0);
    assert_int_equal(plx_world_new(recording, &world), 0);
    for (size_t n = 0; n <= plx_recording_count(recording); n++) {
        struct plx_view view;
        assert_int_equal(plx_world_seek(world, n), 0);
        assert_int_equal(plx_view_make(world, &wish, &view), 0);
        check_all_ways(&view);
        plx_view_free(&view);
    }
    plx_world_free(world);
    plx_recording_free(recording);
}

static void holds_for_every_event_of_the_traces(void **state)
{
    (void)state;
    static const char *const traces[] = {"tests/fixtures/handshake-small.jsonl", "traces/handshake.jsonl",
                                         "traces/async.jsonl", "traces/refused.jsonl", "traces/echo.jsonl"};
    for (size_t i = 0; i < sizeof traces / sizeof traces[0]; i++)
        check_trace(traces[i]);
}

static void holds_for_the_mock_up(void **state)
{
    (void)state;
    scene_make(&scene);
    check_all_ways(&scene.view);
}

static void holds_for_an_empty_view(void **state)
{
    (void)state;
    struct plx_view view = {.file = "",
                            .program = "",
                            .mode = "",
                            .issue = "",
                            .sentence = "",
                            .chain = {.name = "", .state = ""},
                            .log_at = -1};
    check_all_ways(&view);
}

static void holds_for_many_workers_and_sources(void **state)
{
    (void)state;
    for (int workers = 1; workers <= 64; workers += workers < 8 ? 1 : 14) {
        scene_make(&scene);
        scene_workers(&scene, workers);
        scene_sources(&scene, workers);
        scene.worker[0].queued = 60;
        scene.worker[0].stolen = 2;
        scene.worker[0].lifo = 18446744073709551615u;
        scene.worker[workers - 1].state = "turns the reactor with a long story";
        scene.task[3] = 123456789;
        scene.view.global_count = 64;
        scene.source[0].writer = 123456789;
        scene.source[0].closed = true;
        scene.source[workers - 1].fd = -2147483647;
        check_all_ways(&scene.view);
    }
}

static void holds_for_long_texts(void **state)
{
    (void)state;
    static char text[6000];
    memset(text, 'x', sizeof text - 1);
    memcpy(text, "异步 ", strlen("异步 "));
    scene_make(&scene);
    for (int i = 0; i < scene.view.chain.count; i++) {
        struct plx_view_box *box = &scene.box[i];
        box->kind = i % 2 ? text : box->kind;
        box->name = box->detail = box->word = text;
    }
    for (int i = 0; i < 40; i++)
        scene.line[i].who = scene.line[i].verb = scene.line[i].text = text;
    scene.view.chain.name = scene.view.chain.state = scene.view.file = scene.view.program = text;
    scene.view.sentence = scene.view.mode = scene.worker[0].state = scene.source[0].what = text;
    scene.why[0].text = scene.why[4].text = text;
    scene.view.event = scene.view.events = (size_t)-1;
    scene.view.t_ns = (uint64_t)-1;
    scene.line[30].event = (size_t)-1;
    check_all_ways(&scene.view);
}

/* A chain of `deep` boxes, each with a later second stage; the poll is at `at`. */
static void make_deep(int deep, int at)
{
    scene_make(&scene);
    scene.view.chain.count = 0;
    for (int i = 0; i < deep; i++)
        scene_add(&scene, i - 1, "and_then", "process_response", i <= at ? PLX_SIGN_POLL : PLX_SIGN_LATER,
                  "poll");
    for (int i = deep - 1; i >= 0; i--)
        scene_add(&scene, i, "read_exact", "response", PLX_SIGN_LATER, "later");
    for (int i = 0; i <= at; i++)
        scene.box[i].on_path = true;
    scene.box[at].current = true;
    scene.view.chain.from = at - 1;
    scene.view.chain.to = at;
}

static bool drawn(const char *text)
{
    for (int i = 0; i < recorder.count; i++)
        if (recorder.item[i].kind == RECORDED_TEXT && strcmp(recorder.item[i].text, text) == 0)
            return true;
    return false;
}

static void folds_a_deep_chain_around_the_poll(void **state)
{
    (void)state;
    for (int at = 0; at < 250; at += 31) {
        make_deep(250, at);
        scene.box[at].kind = "here";
        scene.box[at].name = "";
        check_all_ways(&scene.view);
        assert_true(drawn("here"));
    }
}

static void elides_the_siblings_of_a_wide_join(void **state)
{
    (void)state;
    for (int at = 1; at <= 500; at += 83) {
        scene_make(&scene);
        scene.view.chain.count = 0;
        scene_add(&scene, -1, "join", "", PLX_SIGN_POLL, "poll");
        for (int i = 1; i <= 500; i++)
            scene_add(&scene, 0, "read_exact", "", PLX_SIGN_NOT_READY, "NotReady");
        scene.box[0].on_path = scene.box[at].on_path = scene.box[at].current = true;
        scene.box[at].kind = "here";
        scene.view.chain.from = 0;
        scene.view.chain.to = at;
        check_all_ways(&scene.view);
        assert_true(drawn("here"));
    }
}

static void survives_a_surface_too_small_for_anything(void **state)
{
    (void)state;
    scene_make(&scene);
    for (float side = 1; side < 500; side *= 1.7f) {
        for (int way = 0; way < 4; way++) {
            struct plx_stage_state at = plx_stage_state(way & 1 ? side : 800, way & 1 ? 500 : side);
            at.presenter = (way & 2) != 0;
            at.overlay = &(struct plx_stage_overlay){
                .title = "Keys", .entry = &(struct plx_stage_entry){"a", "b"}, .count = 1};
            recorder_start(&recorder);
            assert_int_equal(plx_stage_draw(&scene.view, &at, &recorder.verbs), 0);
        }
    }
}

static void keeps_every_panel_in_place_from_event_to_event(void **state)
{
    (void)state;
    static struct recorded before[8];
    for (int pass = 0; pass < 2; pass++) {
        scene_make(&scene);
        if (pass == 1) { /* another moment of the same program */
            scene_sources(&scene, 9);
            scene.view.event = 7;
            scene.view.whys = 0;
            scene.view.sentence =
                "A rather long sentence about something else that does not fit on one line, because "
                "it goes on and on, until nobody remembers how it began or why it was so long.";
        }
        struct plx_stage_state at = plx_stage_state(1280, 720);
        check(&scene.view, &at);
        int panels = 0;
        for (int i = 1; i < recorder.count && panels < 8; i++) {
            const struct recorded *item = &recorder.item[i];
            if (item->kind != RECORDED_BOX || item->at.w < 300 || item->at.h < 100 ||
                item->at.x + item->at.w < 600)
                continue;
            if (pass == 1)
                assert_memory_equal(&item->at, &before[panels].at, sizeof item->at);
            before[panels++] = *item;
        }
        assert_in_range(panels, 4, 8);
    }
}

static void seeks_where_the_bar_is(void **state)
{
    (void)state;
    struct plx_stage_state at = plx_stage_state(1280, 720);
    size_t event = 99;
    assert_false(plx_stage_seek(&at, 640, 300, false, 100, &event));
    assert_true(plx_stage_seek(&at, 640, 300, true, 100, &event));
    assert_in_range(event, 45, 52);
    assert_true(plx_stage_seek(&at, -500, 300, true, 100, &event));
    assert_int_equal(event, 0);
    assert_true(plx_stage_seek(&at, 5000, 300, true, 100, &event));
    assert_int_equal(event, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_for_the_mock_up),
        cmocka_unit_test(holds_for_an_empty_view),
        cmocka_unit_test(holds_for_many_workers_and_sources),
        cmocka_unit_test(holds_for_long_texts),
        cmocka_unit_test(folds_a_deep_chain_around_the_poll),
        cmocka_unit_test(elides_the_siblings_of_a_wide_join),
        cmocka_unit_test(survives_a_surface_too_small_for_anything),
        cmocka_unit_test(keeps_every_panel_in_place_from_event_to_event),
        cmocka_unit_test(seeks_where_the_bar_is),
        cmocka_unit_test(holds_for_every_event_of_the_traces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
