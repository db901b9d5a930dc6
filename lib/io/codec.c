/* SPDX-License-Identifier: MIT
 *
 * The codecs for lines and for frames behind their length: see codec.h.
 */
#include "lib/io/codec.h"

#include "lib/task/context.h"

#include <errno.h>
#include <string.h>

/* ── lines ────────────────────────────────────────────────────────────────────────────────────────────────
 *
 * SEARCHING    "\n" found   → a line; longer than the longest → EMSGSIZE, used
 *              not found    → more is needed; longer already   → EMSGSIZE, all used, DISCARDING
 * DISCARDING   "\n" found   → all up to it is used, SEARCHING
 *              not found    → all is used
 */
static int discard(struct plx_line_codec *self, const char *bytes, size_t size, struct plx_decoded *out)
{
    const char *at = size ? memchr(bytes, '\n', size) : NULL;
    self->discarding = !at;
    out->used = at ? (size_t)(at - bytes) + 1 : size;
    return 0;
}

/* Whether a line without its end is too long; its last byte may turn out to be half of a "\r\n". */
static bool too_long(const struct plx_line_codec *self, const char *bytes, size_t size)
{
    return size > self->longest && (size - 1 > self->longest || bytes[size - 1] != '\r');
}

static int found_line(struct plx_line_codec *self, const char *bytes, size_t size, size_t used,
                      struct plx_decoded *out)
{
    *out = (struct plx_decoded){used, true, 0, size};
    self->searched = 0;
    if (size && bytes[size - 1] == '\r' && used > size)
        out->size--;
    if (out->size <= self->longest)
        return 0;
    out->found = false;
    return -EMSGSIZE;
}

static int line_decode(struct plx_codec *codec, const char *bytes, size_t size, bool end,
                       struct plx_decoded *out)
{
    struct plx_line_codec *self = plx_container_of(codec, struct plx_line_codec, codec);
    *out = (struct plx_decoded){0};
    if (self->discarding)
        return discard(self, bytes, size, out);
    size_t searched = self->searched < size ? self->searched : size;
    const char *at = size > searched ? memchr(bytes + searched, '\n', size - searched) : NULL;
    if (at)
        return found_line(self, bytes, (size_t)(at - bytes), (size_t)(at - bytes) + 1, out);
    if (end && size)
        return found_line(self, bytes, size, size, out);
    self->searched = size;
    if (!too_long(self, bytes, size))
        return 0;
    self->searched = 0;
    self->discarding = true;
    out->used = size;
    return -EMSGSIZE;
}

static int line_encode(struct plx_codec *codec, struct plx_bytes *into, const void *frame, size_t size)
{
    struct plx_line_codec *self = plx_container_of(codec, struct plx_line_codec, codec);
    if (size > self->longest)
        return -EMSGSIZE;
    int error = plx_bytes_reserve(into, size + 1);
    if (error)
        return error;
    plx_bytes_add(into, frame, size);
    return plx_bytes_add(into, "\n", 1);
}

static void line_reset(struct plx_codec *codec)
{
    struct plx_line_codec *self = plx_container_of(codec, struct plx_line_codec, codec);
    self->searched = 0;
    self->discarding = false;
}

const struct plx_codec_ops plx__line_codec_ops = {"lines", line_decode, line_encode, line_reset};

/* ── behind their length ──────────────────────────────────────────────────────────────────────────────────
 *
 * HEADER    too little       → more is needed
 *           too long a frame → EMSGSIZE, what is there of it is used, SKIPPING
 *           not all there    → more is needed
 *           all there        → a frame
 * SKIPPING  what is there of the rest is used, until HEADER
 */
static uint64_t read_length(const struct plx_length_options *options, const char *bytes)
{
    uint64_t length = 0;
    for (unsigned i = 0; i < options->width; i++) {
        unsigned at = options->little_endian ? options->width - 1 - i : i;
        length = length << 8 | (unsigned char)bytes[options->offset + at];
    }
    return length;
}

static void write_length(const struct plx_length_options *options, uint64_t length, char *bytes)
{
    for (unsigned i = 0; i < options->width; i++) {
        unsigned at = options->little_endian ? i : options->width - 1 - i;
        bytes[options->offset + at] = (char)(length >> (8 * i) & 0xff);
    }
}

static int skip_frame(struct plx_length_codec *self, uint64_t whole, size_t size, struct plx_decoded *out)
{
    out->used = whole < size ? (size_t)whole : size;
    self->skip = whole - out->used;
    return 0;
}

static int length_decode(struct plx_codec *codec, const char *bytes, size_t size, bool end,
                         struct plx_decoded *out)
{
    struct plx_length_codec *self = plx_container_of(codec, struct plx_length_codec, codec);
    const struct plx_length_options *options = &self->options;
    const size_t header = options->offset + options->width;
    *out = (struct plx_decoded){0};
    (void)end; /* what is left then is a frame that was cut off */
    if (self->skip)
        return skip_frame(self, self->skip, size, out);
    if (size < header)
        return 0;
    uint64_t length = read_length(options, bytes);
    if (options->adjustment < 0 && length < (uint64_t) - (int64_t)options->adjustment) {
        out->used = header;
        return -EPROTO;
    }
    if (length > INT64_MAX - header || length + (uint64_t)(int64_t)options->adjustment > options->longest) {
        uint64_t whole = length > INT64_MAX - header ? INT64_MAX : length;
        skip_frame(self, header + whole + (uint64_t)(int64_t)options->adjustment, size, out);
        return -EMSGSIZE;
    }
    length += (uint64_t)(int64_t)options->adjustment;
    if (size - header < length)
        return 0;
    size_t at = options->keep_header ? 0 : header;
    *out = (struct plx_decoded){header + (size_t)length, true, at, header + (size_t)length - at};
    return 0;
}

static int length_encode(struct plx_codec *codec, struct plx_bytes *into, const void *frame, size_t size)
{
    struct plx_length_codec *self = plx_container_of(codec, struct plx_length_codec, codec);
    const struct plx_length_options *options = &self->options;
    const size_t header = options->keep_header ? 0 : options->offset + options->width;
    int64_t length = (int64_t)size - options->adjustment;
    if (size > options->longest || length < 0 ||
        (options->width < 8 && (uint64_t)length >> (8 * options->width)))
        return -EMSGSIZE;
    int error = plx_bytes_reserve(into, header + size);
    if (error)
        return error;
    if (header) {
        memset(into->at + into->size, 0, header);
        write_length(options, (uint64_t)length, into->at + into->size);
        into->size += header;
    }
    return plx_bytes_add(into, frame, size);
}

static void length_reset(struct plx_codec *codec)
{
    plx_container_of(codec, struct plx_length_codec, codec)->skip = 0;
}

const struct plx_codec_ops plx__length_codec_ops = {"length", length_decode, length_encode, length_reset};
