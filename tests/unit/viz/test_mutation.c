/* SPDX-License-Identifier: MIT
 *
 * Damage: lines of good traces are exchanged, doubled, left out and altered at random; nothing may crash,
 * hang, or be undone wrongly. The seed is fixed, so a failure can be repeated. It is worth most under
 * BUILD=asan.
 */
#include "traces.h"

#include "viz/replay/why.h"
#include "viz/view/view.h"

#include <stdlib.h>

#define ROUNDS    150
#define LINES_MAX 400
#define TEXT_MAX  (1 << 17)

static uint64_t seed;

static size_t random_below(size_t limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return limit ? (size_t)(seed >> 33) % limit : 0;
}

static char text[TEXT_MAX];
static const char *line[LINES_MAX];
static size_t length[LINES_MAX], lines;

static void take_lines(const char *path)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[size] = '\0';
    lines = 0;
    for (char *at = text, *end; (end = strchr(at, '\n')) && lines < LINES_MAX; at = end + 1) {
        line[lines] = at;
        length[lines++] = (size_t)(end - at) + 1;
    }
}

/* Replaces a digit, so that the line stays JSON and an id becomes another one. */
static void change_digit(char *at, size_t size)
{
    for (int tries = 0; tries < 20; tries++) {
        size_t i = random_below(size);
        if (at[i] >= '0' && at[i] <= '9') {
            at[i] = (char)('0' + random_below(10));
            return;
        }
    }
}

static size_t add_line(char *out, size_t size, size_t from)
{
    memcpy(out + size, line[from], length[from]);
    if (random_below(4) == 0)
        change_digit(out + size, length[from]);
    if (random_below(400) == 0)
        out[size + random_below(length[from])] = (char)random_below(256);
    return size + length[from];
}

/* Most lines stay in their place: what is odd shall meet a world in full swing. */
static size_t damaged(char *out)
{
    size_t size = 0;
    memcpy(out, line[0], length[0]);
    size += length[0];
    for (size_t i = 1; i < lines; i++) {
        size_t dice = random_below(20);
        if (dice == 0)
            continue;
        size = add_line(out, size, dice == 1 ? 1 + random_below(lines - 1) : i);
        if (dice == 2)
            size = add_line(out, size, 1 + random_below(lines - 1));
    }
    return random_below(5) ? size : size - random_below(size / 4);
}

static void look(const struct plx_world *world)
{
    struct plx_view view;
    struct plx_view_wish wish = {random_below(3) ? 0 : random_below(5), (int)random_below(30),
                                 (int)random_below(30)};
    assert_int_equal(plx_view_make(world, &wish, &view), 0);
    plx_view_free(&view);
}

static void live_through(const struct plx_recording *recording)
{
    struct plx_world *world = world_of(recording), *other = world_of(recording);
    size_t count = plx_recording_count(recording);
    size_t events[16];

    for (size_t n = 1; n <= count; n++) {
        assert_int_equal(plx_world_forward(world), 0);
        if (random_below(8) == 0)
            look(world);
        if (random_below(8) == 0)
            plx_why_walk(recording, n, events, 16);
    }
    for (int i = 0; i < 20; i++) {
        size_t n = random_below(count + 1);
        assert_int_equal(plx_world_seek(other, n), 0);
        while (plx_world_at(world) > n)
            assert_int_equal(plx_world_back(world), 0);
        assert_int_equal(plx_world_seek(world, n), 0);
        assert_true(plx_world_equal(world, other));
    }
    plx_world_free(world);
    plx_world_free(other);
}

static void suffer(const char *path)
{
    static char out[2 * TEXT_MAX];
    int readable = 0;
    take_lines(path);
    seed = 20181122;
    for (int round = 0; round < ROUNDS; round++) {
        struct plx_recording *recording;
        struct plx_problem why;
        size_t size = damaged(out);
        if (plx_recording_parse(out, size, "damaged.jsonl", &recording, &why) != 0) {
            assert_has(why.text, "damaged.jsonl:");
            continue;
        }
        readable++;
        live_through(recording);
        plx_recording_free(recording);
    }
    assert_true(readable > ROUNDS / 10);
}

static void a_damaged_handshake_does_no_harm(void **state)
{
    (void)state;
    suffer(HANDSHAKE);
}

static void damaged_contradictions_do_no_harm(void **state)
{
    (void)state;
    suffer("tests/fixtures/hostile/contradictory.jsonl");
}

/* Timers, channels, locks, and workers that change hands. */
static void a_damaged_wait_does_no_harm(void **state)
{
    (void)state;
    suffer("traces/waiting.jsonl");
}

/* ── random events ── */

/* Few ids, so that events meet. */
static unsigned some_id(void)
{
    static const unsigned ids[] = {0, 1, 2, 3, 9};
    return ids[random_below(5)];
}

static void write_words(FILE *file, const char *const *words, bool many)
{
    size_t count = 0;
    while (words[count])
        count++;
    fprintf(file, "\"%s", words[random_below(count)]);
    if (many && random_below(2))
        fprintf(file, " %s", words[random_below(count)]);
    fputc('"', file);
}

static void write_field(FILE *file, const struct plx_field *field)
{
    fprintf(file, ",\"%s\":", field->name);
    switch (field->type) {
    case PLX_FIELD_WORD:
    case PLX_FIELD_FLAGS:
        write_words(file, field->words, field->type == PLX_FIELD_FLAGS);
        break;
    case PLX_FIELD_TEXT:
        fprintf(file, "\"text %u\"", some_id());
        break;
    case PLX_FIELD_SHAPES:
        fprintf(file, "[%u,%u]", some_id(), some_id());
        break;
    case PLX_FIELD_AT:
        fprintf(file, "\"a.c:%u\"", some_id());
        break;
    default:
        fprintf(file, "%u", some_id());
    }
}

static void write_event(FILE *file)
{
    const struct plx_kind_info kind = plx_kind_info((enum plx_kind)random_below(PLX_EV_COUNT));
    fprintf(file, "{\"t\":%u,\"w\":", some_id());
    if (random_below(6))
        fprintf(file, "%u", some_id());
    else
        fputs(random_below(2) ? "\"main\"" : "\"pool-1\"", file);
    fprintf(file, ",\"ev\":\"%s\"", kind.name);
    for (const struct plx_field *field = kind.field; field->name; field++)
        write_field(file, field);
    fputs("}\n", file);
}

static void events_in_any_order_do_no_harm(void **state)
{
    (void)state;
    seed = 7;
    for (int round = 0; round < 60; round++) {
        char *events;
        size_t size;
        FILE *file = open_memstream(&events, &size);
        assert_non_null(file);
        fputs(HEADER, file);
        for (int i = 0; i < 600; i++)
            write_event(file);
        fclose(file);
        struct plx_recording *recording = parsed(events);
        live_through(recording);
        plx_recording_free(recording);
        free(events);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_damaged_handshake_does_no_harm),
        cmocka_unit_test(damaged_contradictions_do_no_harm),
        cmocka_unit_test(a_damaged_wait_does_no_harm),
        cmocka_unit_test(events_in_any_order_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
