/* SPDX-License-Identifier: MIT
 *
 * Codecs and framed streams: frames in any parts, too long ones, and how it goes on after them.
 */
#include "tests/unit/io/script.h"

#include <errno.h>

static int next(plx_framed *framed, plx_slice *frame)
{
    return PLX_WAIT(plx_framed_next, plx_framed_next_new(framed), frame);
}

static int send_frame(plx_framed *framed, const char *frame)
{
    plx_unit nothing;
    return PLX_WAIT(plx_framed_send, plx_framed_send_new(framed, frame, strlen(frame)), &nothing);
}

/* Gives `bytes` in parts of `size`, with a wait between them; reads what `framed` makes of it. */
struct drip {
    const char *bytes;
    size_t size, at, part;
    bool waited;
};

static enum plx_answer drip_read(plx_stream *self, plx_context *cx, void *bytes, size_t size, size_t *count)
{
    struct drip *drip = self->object;
    drip->waited = !drip->waited;
    if (drip->waited)
        return script_wait(cx);
    *count = drip->size - drip->at;
    *count = *count < drip->part ? *count : drip->part;
    *count = *count < size ? *count : size;
    memcpy(bytes, drip->bytes + drip->at, *count);
    drip->at += *count;
    return PLX_READY;
}

static const struct plx_stream_ops drip_ops = {.name = "drip", .read = drip_read};

#define DRIP(text, part_size)                                                                                \
    (struct drip)                                                                                            \
    {                                                                                                        \
        .bytes = (text), .size = sizeof(text) - 1, .part = (part_size)                                       \
    }

static plx_stream drip_stream(struct drip *drip)
{
    return (plx_stream){.ops = &drip_ops, .object = drip};
}

#define expect_frame(framed, text)                                                                           \
    do {                                                                                                     \
        plx_slice frame_seen;                                                                                \
        assert_int_equal(next((framed), &frame_seen), 0);                                                    \
        assert_slice(frame_seen, text);                                                                      \
    } while (0)

static void expect_end(plx_framed *framed)
{
    plx_slice frame;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(next(framed, &frame), 0);
        assert_true(frame.end);
    }
}

static void expect_error(plx_framed *framed, int code)
{
    plx_slice frame;
    assert_int_equal(next(framed, &frame), code);
}

/* ── lines ────────────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 328 */
static void lines_in_any_parts(void **state)
{
    (void)state;
    for (size_t part = 1; part < 20; part++) {
        struct drip drip = DRIP("one\r\n\ntwo\rand\n\r\nlast", part);
        struct plx_line_codec lines = plx_line_codec(10);
        plx_framed framed = plx_framed_new(drip_stream(&drip), &lines.codec);
        expect_frame(&framed, "one");
        expect_frame(&framed, "");
        expect_frame(&framed, "two\rand");
        expect_frame(&framed, "");
        expect_frame(&framed, "last");
        expect_end(&framed);
        plx_framed_drop(&framed);
    }
}

/* conformance 328: told once, passed over, and the next line comes, however the bytes come in. */
static void lines_too_long(void **state)
{
    (void)state;
    for (size_t part = 1; part < 40; part++) {
        struct drip drip = DRIP("12345\r\n123456\nab\n1234567890123\r\nabcd\n123456", part);
        struct plx_line_codec lines = plx_line_codec(5);
        plx_framed framed = plx_framed_new(drip_stream(&drip), &lines.codec);
        expect_frame(&framed, "12345");
        expect_error(&framed, -EMSGSIZE);
        expect_frame(&framed, "ab");
        expect_error(&framed, -EMSGSIZE);
        expect_frame(&framed, "abcd");
        expect_error(&framed, -EMSGSIZE);
        expect_end(&framed);
        plx_framed_drop(&framed);
    }
}

/* What is passed over is not kept. */
static void a_line_without_end_needs_no_memory(void **state)
{
    static char endless[1 << 20];
    struct plx_line_codec lines = plx_line_codec(100);
    plx_framed framed = plx_framed_new(plx_stream_of_bytes(endless, sizeof endless), &lines.codec);
    (void)state;
    expect_error(&framed, -EMSGSIZE);
    expect_end(&framed);
    assert_true(framed.in.room <= PLX_BUFFER_ROOM);
    plx_framed_drop(&framed);
}

/* What one large frame needed is given back by the next read. */
static void large_frames_give_their_memory_back(void **state)
{
    static char large[4 + (1 << 20)] = {0, 0x10};
    struct plx_length_codec lengths = plx_length_codec((struct plx_length_options){0});
    plx_framed framed = plx_framed_new(
        plx_stream_chain(plx_stream_of_bytes(large, sizeof large), plx_stream_of_bytes("\0\0\0\5small", 9)),
        &lengths.codec);
    plx_slice frame;
    (void)state;
    assert_int_equal(next(&framed, &frame), 0);
    assert_int_equal(frame.size, 1 << 20);
    assert_true(framed.in.room >= 1 << 20);
    expect_frame(&framed, "small");
    assert_int_equal(framed.in.room, PLX_BUFFER_ROOM);
    plx_framed_drop(&framed);
}

static void writes_lines(void **state)
{
    struct script script = {.takes = 2, .write_waits = true};
    struct plx_line_codec lines = plx_line_codec(5);
    plx_framed framed = plx_framed_new(script_stream(&script), &lines.codec);
    (void)state;
    assert_int_equal(plx_framed_put(&framed, "one", 3), 0);
    assert_int_equal(script.write_calls, 0);
    assert_int_equal(send_frame(&framed, "two"), 0);
    assert_int_equal(send_frame(&framed, "too long"), -EMSGSIZE);
    assert_int_equal(send_frame(&framed, ""), 0);
    assert_written(&script, "one\ntwo\n\n");
    plx_framed_drop(&framed);
    assert_int_equal(script.drops, 1);
}

/* ── behind their length ──────────────────────────────────────────────────────────────────────────────── */

static plx_framed length_framed(struct drip *drip, struct plx_length_codec *codec,
                                struct plx_length_options options)
{
    *codec = plx_length_codec(options);
    return plx_framed_new(drip_stream(drip), &codec->codec);
}

/* conformance 328 */
static void lengths_in_any_parts(void **state)
{
    (void)state;
    for (size_t part = 1; part < 20; part++) {
        struct drip drip = DRIP("\0\0\0\3one\0\0\0\0\0\0\0\5three", part);
        struct plx_length_codec codec;
        plx_framed framed = length_framed(&drip, &codec, (struct plx_length_options){0});
        expect_frame(&framed, "one");
        expect_frame(&framed, "");
        expect_frame(&framed, "three");
        expect_end(&framed);
        plx_framed_drop(&framed);
    }
}

/* conformance 328 */
static void lengths_too_long(void **state)
{
    (void)state;
    for (size_t part = 1; part < 20; part++) {
        struct drip drip = DRIP("\4four\12too long..\2ok\5fives", part);
        struct plx_length_codec codec;
        plx_framed framed = length_framed(&drip, &codec,
                                          (struct plx_length_options){.width = 1, .longest = 4});
        expect_frame(&framed, "four");
        expect_error(&framed, -EMSGSIZE);
        expect_frame(&framed, "ok");
        expect_error(&framed, -EMSGSIZE);
        expect_end(&framed);
        plx_framed_drop(&framed);
    }
}

/* A length that claims the world, in eight bytes, must not be believed. */
static void absurd_lengths(void **state)
{
    struct drip drip = DRIP("\xff\xff\xff\xff\xff\xff\xff\xff!!!", 100);
    struct drip other = DRIP("\x7f\xff\xff\xff\xff\xff\xff\xff!!!", 100);
    struct plx_length_codec codec;
    (void)state;
    plx_framed framed = length_framed(&drip, &codec,
                                      (struct plx_length_options){.width = 8, .adjustment = 9});
    expect_error(&framed, -EMSGSIZE);
    expect_end(&framed);
    plx_framed_drop(&framed);
    framed = length_framed(&other, &codec, (struct plx_length_options){.width = 8, .adjustment = -9});
    expect_error(&framed, -EMSGSIZE);
    expect_end(&framed);
    plx_framed_drop(&framed);
}

static void cut_off(void **state)
{
    struct drip drip = DRIP("\0\2ok\0\5thr", 3), header = DRIP("\0", 1);
    struct plx_length_codec codec;
    (void)state;
    plx_framed framed = length_framed(&drip, &codec, (struct plx_length_options){.width = 2});
    expect_frame(&framed, "ok");
    expect_error(&framed, PLX_UNEXPECTED_END);
    expect_end(&framed);
    plx_framed_drop(&framed);
    framed = length_framed(&header, &codec, (struct plx_length_options){.width = 2});
    expect_error(&framed, PLX_UNEXPECTED_END);
    expect_end(&framed);
    plx_framed_drop(&framed);
}

/* Little-endian, behind two other bytes, counting the whole header, which is kept. */
static void other_headers(void **state)
{
    struct drip drip = DRIP("AB\7\0one"
                            "CD\4\0"
                            "EF\3\0"
                            "GH\5\0x",
                            2);
    struct plx_length_options options = {.width = 2, .little_endian = true, .offset = 2, .adjustment = -4};
    struct plx_length_codec codec;
    (void)state;
    plx_framed framed = length_framed(&drip, &codec, options);
    expect_frame(&framed, "one");
    expect_frame(&framed, "");
    expect_error(&framed, -EPROTO); /* shorter than its header */
    expect_frame(&framed, "x");
    plx_framed_drop(&framed);

    drip.at = 0;
    options.keep_header = true;
    framed = length_framed(&drip, &codec, options);
    expect_frame(&framed, "AB\7\0one");
    expect_frame(&framed, "CD\4\0");
    plx_framed_drop(&framed);
}

static void writes_lengths(void **state)
{
    struct script script = {.takes = 3};
    struct plx_length_codec codec = plx_length_codec((struct plx_length_options){.width = 1, .longest = 300});
    plx_framed framed = plx_framed_new(script_stream(&script), &codec.codec);
    static char much[300];
    (void)state;
    assert_int_equal(send_frame(&framed, "one"), 0);
    assert_int_equal(plx_framed_put(&framed, much, 300), -EMSGSIZE); /* one byte cannot say so */
    codec.options = (struct plx_length_options){
        .width = 2, .offset = 1, .adjustment = -3, .little_endian = true, .longest = 5};
    assert_int_equal(send_frame(&framed, "two"), 0);
    assert_int_equal(send_frame(&framed, "sixsix"), -EMSGSIZE);
    codec.options.keep_header = true;
    assert_int_equal(send_frame(&framed, "as is"), 0);
    assert_written(&script, "\3one\0\6\0twoas is");
    plx_framed_drop(&framed);
}

/* What one codec writes, it reads. */
static void there_and_back(void **state)
{
    (void)state;
    for (unsigned width = 1; width <= 8; width++) {
        for (unsigned little = 0; little < 2; little++) {
            struct plx_length_options options = {
                .width = width, .little_endian = little, .offset = width % 3};
            struct plx_length_codec out = plx_length_codec(options), in = plx_length_codec(options);
            plx_stream a, b;
            plx_unit nothing;
            plx_slice frame;
            char bytes[200];
            assert_int_equal(plx_duplex(1000, &a, &b), 0);
            plx_framed writer = plx_framed_new(a, &out.codec), reader = plx_framed_new(b, &in.codec);
            memset(bytes, (int)width, sizeof bytes);
            assert_int_equal(
                PLX_WAIT(plx_framed_send, plx_framed_send_new(&writer, bytes, sizeof bytes), &nothing), 0);
            assert_int_equal(next(&reader, &frame), 0);
            assert_int_equal(frame.size, sizeof bytes);
            assert_memory_equal(frame.at, bytes, sizeof bytes);
            plx_framed_drop(&writer);
            expect_end(&reader);
            plx_framed_drop(&reader);
        }
    }
}

/* ── as a stream of items ─────────────────────────────────────────────────────────────────────────────── */

struct counting {
    plx_framed framed;
    size_t bytes;
};

static plx_framed_next all_frames(struct counting *counting)
{
    return plx_framed_next_new(&counting->framed);
}

static plx_ok count_frame(struct counting *counting, plx_slice frame)
{
    counting->bytes += frame.size;
    return plx_ok_new();
}

PLX_START(each_frame, struct counting, plx_framed_next, all_frames)
PLX_FOR_EACH(count_frames, each_frame, plx_ok, count_frame)

static void frames_are_a_stream(void **state)
{
    struct script script = {.reads = {PART("1\n22\n"), WAIT, PART("333\n")}};
    struct plx_line_codec lines = plx_line_codec(10);
    struct counting counting = {plx_framed_new(script_stream(&script), &lines.codec), 0};
    plx_unit nothing;
    (void)state;
    assert_int_equal(PLX_WAIT(count_frames, count_frames_new(&counting), &nothing), 0);
    assert_int_equal(counting.bytes, 6);
    plx_framed_drop(&counting.framed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_in_any_parts),
        cmocka_unit_test(lines_too_long),
        cmocka_unit_test(a_line_without_end_needs_no_memory),
        cmocka_unit_test(large_frames_give_their_memory_back),
        cmocka_unit_test(writes_lines),
        cmocka_unit_test(lengths_in_any_parts),
        cmocka_unit_test(lengths_too_long),
        cmocka_unit_test(absurd_lengths),
        cmocka_unit_test(cut_off),
        cmocka_unit_test(other_headers),
        cmocka_unit_test(writes_lengths),
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(frames_are_a_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
