/* SPDX-License-Identifier: MIT
 *
 * Codecs: where in a stream of bytes a frame begins and ends.
 *
 *     plx_line_codec      a frame is a line
 *     plx_length_codec    a frame stands behind its length
 *
 * A codec has no stream: it is shown what has come, and says what it sees. framed.h puts it on a stream,
 * net/datagram_framed.h on datagrams. It may keep a state of its own, so each stream has a codec of its own.
 *
 * A frame that is too long is an error once, and is passed over without being kept: the codec finds the
 * beginning of the next one again. So a server may answer "too long", and go on.
 *
 * Source: tokio-codec 0.1 `Decoder`, `Encoder`, `LinesCodec`; tokio-io `length_delimited`.
 */
#ifndef PLX_IO_CODEC_H
#define PLX_IO_CODEC_H

#include "lib/io/bytes.h"

struct plx_codec;

/* What was seen at the beginning of the bytes. */
struct plx_decoded {
    size_t used;     /* so many are done with, in any case */
    bool found;      /* a frame: */
    size_t at, size; /* it lies there, within those */
};

struct plx_codec_ops {
    const char *name;
    /* Is shown all that has come and was not used before. 0, or a negative errno, with `used` in both
     * cases; nothing used and nothing found: it needs more. `end`: there is no more. It finds what can be
     * found then, and what it leaves is a frame that was cut off. */
    int (*decode)(struct plx_codec *self, const char *bytes, size_t size, bool end, struct plx_decoded *out);
    /* Adds a frame to `into`. 0 or a negative errno: -EMSGSIZE, -ENOMEM; then nothing has been added. */
    int (*encode)(struct plx_codec *self, struct plx_bytes *into, const void *frame, size_t size);
    /* What is shown next has nothing to do with what was shown before: a new datagram. NULL: it remembers
     * nothing. */
    void (*reset)(struct plx_codec *self);
};

/* Stands first in a codec of one's own. */
struct plx_codec {
    const struct plx_codec_ops *ops;
};

extern const struct plx_codec_ops plx__line_codec_ops, plx__length_codec_ops;

/* ── lines ────────────────────────────────────────────────────────────────────────────────────────────────
 *
 * Ends with "\n" or "\r\n", which is not part of the frame; what is left before the end of the stream is a
 * line too. Writes "\n". A line of more than `longest` bytes fails with EMSGSIZE. */
struct plx_line_codec {
    struct plx_codec codec;
    size_t longest;
    size_t searched; /* how much of what was shown has no "\n" */
    bool discarding; /* the rest of a line that is too long */
};

PLX_INLINE struct plx_line_codec plx_line_codec(size_t longest)
{
    return (struct plx_line_codec){.codec = {&plx__line_codec_ops}, .longest = longest};
}

/* ── behind their length ──────────────────────────────────────────────────────────────────────────────────
 *
 *     [ offset bytes | length: width bytes | frame: length + adjustment bytes ]
 */
struct plx_length_options {
    unsigned width;     /* 1 to 8; 0 is 4 */
    bool little_endian; /* as against the network's order */
    unsigned offset;    /* what stands before the length; written as zeros */
    int adjustment;     /* -header when the length counts the header too */
    bool keep_header;   /* frames are given, and taken, with their header */
    size_t longest;     /* frame; 0 is 8 MiB. Longer: EMSGSIZE */
};

struct plx_length_codec {
    struct plx_codec codec;
    struct plx_length_options options;
    uint64_t skip; /* the rest of a frame that is too long */
};

PLX_INLINE struct plx_length_codec plx_length_codec(struct plx_length_options options)
{
    if (options.width == 0)
        options.width = 4;
    if (options.longest == 0)
        options.longest = 8u << 20;
    return (struct plx_length_codec){.codec = {&plx__length_codec_ops}, .options = options};
}

#endif
