/* SPDX-License-Identifier: MIT
 *
 * RESP, the protocol that Redis speaks, version 2.
 *
 * A command is an array of texts:                  *2\r\n$3\r\nGET\r\n$4\r\nname\r\n
 * or, for people with nc, a line:                  GET name\r\n
 * An answer is one of                              +OK\r\n                 a word
 *                                                  -ERR what is wrong\r\n  an error
 *                                                  :42\r\n                 a number
 *                                                  $4\r\nEmma\r\n          a text; $-1\r\n is "there is none"
 *                                                  *2\r\n…                 an array of answers
 *
 * The network hands out a command in pieces, or twenty at once. So the parser can stop anywhere and go on
 * when there is more: what it knows lies in struct kv_parser, as distances from the command's first byte,
 * because the buffer may move while it grows. A text's own bytes are never looked at, only stepped over.
 *
 *     begin ──'*'──▶ number of texts ──▶ ( size of a text ──▶ its bytes )… ──▶ KV_COMMAND
 *       └───else───▶ a line ──▶ KV_COMMAND
 *
 * Source: https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
#ifndef KV_PROTOCOL_H
#define KV_PROTOCOL_H

#include "tests/programs/bytes.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* What a client may ask for in one command. Without limits it could make us hold anything. */
enum {
    KV_LINE_MAX = 64 * 1024,
    KV_TEXTS_MAX = 1024 * 1024,
    KV_TEXT_SIZE_MAX = 64 * 1024 * 1024,
    KV_COMMAND_SIZE_MAX = 2 * KV_TEXT_SIZE_MAX,
};

enum kv_parsed {
    KV_MORE,    /* the command goes on in what has not come yet */
    KV_COMMAND, /* a whole one */
    KV_WRONG,   /* this is not RESP; `why` says it */
};

struct kv_span {
    size_t from, size;
};

struct kv_parser {
    size_t at;        /* how far it has come */
    int64_t expected; /* texts of this command, -1: not known yet */
    int64_t size;     /* of the text that comes next, -1: not known yet */
    struct kv_span *texts;
    size_t count, capacity;
    const char *why;
};

PLX_INLINE void kv_parser_next(struct kv_parser *p)
{
    p->at = p->count = 0;
    p->expected = p->size = -1;
}

PLX_INLINE void kv_parser_free(struct kv_parser *p)
{
    free(p->texts);
}

PLX_INLINE enum kv_parsed kv_wrong(struct kv_parser *p, const char *why)
{
    p->why = why;
    return KV_WRONG;
}

PLX_INLINE bool kv_parser_add(struct kv_parser *p, size_t from, size_t size)
{
    if (p->count == p->capacity) {
        size_t capacity = p->capacity ? 2 * p->capacity : 8;
        struct kv_span *grown = realloc(p->texts, capacity * sizeof *grown);
        if (!grown)
            return false;
        p->texts = grown;
        p->capacity = capacity;
    }
    p->texts[p->count++] = (struct kv_span){from, size};
    return true;
}

/* The line at `at`, without its end. Its first byte says what it is. */
PLX_INLINE enum kv_parsed kv_line(struct kv_parser *p, struct text in, struct text *line)
{
    const char *from = in.bytes + p->at;
    size_t left = in.size - p->at;
    const char *end = memchr(from, '\n', left < KV_LINE_MAX ? left : KV_LINE_MAX);
    if (!end)
        return left < KV_LINE_MAX ? KV_MORE : kv_wrong(p, "the line is too long");
    p->at += (size_t)(end - from) + 1;
    *line = (struct text){from, (size_t)(end - from)};
    if (line->size > 0 && end[-1] == '\r')
        line->size--;
    return KV_COMMAND;
}

/* The line at `at` is SIGN and a number. */
PLX_INLINE enum kv_parsed kv_count(struct kv_parser *p, struct text in, char sign, int64_t most,
                                   int64_t *number)
{
    struct text line;
    enum kv_parsed parsed = kv_line(p, in, &line);
    if (parsed != KV_COMMAND)
        return parsed;
    if (line.size == 0 || line.bytes[0] != sign)
        return kv_wrong(p, sign == '$' ? "a text begins with $ and its size" : "a command begins with *");
    line.bytes++, line.size--;
    if (text_number(line, number) || *number > most)
        return kv_wrong(p, sign == '$' ? "this is no size of a text" : "this is no number of texts");
    return KV_COMMAND;
}

/* One more text of the array. */
PLX_INLINE enum kv_parsed kv_parse_text(struct kv_parser *p, struct text in)
{
    if (p->size < 0) {
        enum kv_parsed parsed = kv_count(p, in, '$', KV_TEXT_SIZE_MAX, &p->size);
        if (parsed != KV_COMMAND)
            return parsed;
        if (p->size < 0 || p->at + (size_t)p->size > KV_COMMAND_SIZE_MAX)
            return kv_wrong(p, "this is no size of a text");
    }
    if (in.size - p->at < (size_t)p->size + 2)
        return KV_MORE;
    if (memcmp(in.bytes + p->at + p->size, "\r\n", 2) != 0)
        return kv_wrong(p, "a text is longer than it said");
    if (!kv_parser_add(p, p->at, (size_t)p->size))
        return kv_wrong(p, "there is no memory for the command");
    p->at += (size_t)p->size + 2;
    p->size = -1;
    return KV_COMMAND;
}

/* Words with spaces between them. Redis also knows quotes here. */
PLX_INLINE enum kv_parsed kv_parse_line(struct kv_parser *p, struct text in)
{
    struct text line;
    enum kv_parsed parsed = kv_line(p, in, &line);
    if (parsed != KV_COMMAND)
        return parsed;
    for (size_t i = 0; i < line.size;) {
        size_t from = i;
        while (i < line.size && line.bytes[i] != ' ' && line.bytes[i] != '\t')
            i++;
        if (i > from && !kv_parser_add(p, (size_t)(line.bytes - in.bytes) + from, i - from))
            return kv_wrong(p, "there is no memory for the command");
        while (i < line.size && (line.bytes[i] == ' ' || line.bytes[i] == '\t'))
            i++;
    }
    return KV_COMMAND;
}

/* Goes on with the command that begins at in's first byte. KV_COMMAND: its texts are p->texts, and it ends at
 * p->at. A line or an array without texts is a command of none. */
PLX_INLINE enum kv_parsed kv_parse(struct kv_parser *p, struct text in)
{
    if (in.size == 0)
        return KV_MORE;
    if (p->expected < 0) {
        if (in.bytes[0] != '*')
            return kv_parse_line(p, in);
        enum kv_parsed parsed = kv_count(p, in, '*', KV_TEXTS_MAX, &p->expected);
        if (parsed != KV_COMMAND)
            return parsed;
        if (p->expected < 0)
            p->expected = 0; /* *-1: no array */
    }
    while ((int64_t)p->count < p->expected) {
        enum kv_parsed parsed = kv_parse_text(p, in);
        if (parsed != KV_COMMAND)
            return parsed;
    }
    return KV_COMMAND;
}

/* How much more must come at least: a big text is read into its place at once. */
PLX_INLINE size_t kv_parser_missing(const struct kv_parser *p, size_t there)
{
    size_t end = p->size > 0 ? p->at + (size_t)p->size + 2 : there + 1;
    return end > there ? end - there : 1;
}

/* ── answers ──────────────────────────────────────────────────────────────────────────────────────── */

PLX_INLINE void kv_say_word(struct buffer *out, const char *word)
{
    buffer_add(out, "+", 1);
    buffer_add(out, word, strlen(word));
    buffer_add(out, "\r\n", 2);
}

__attribute__((format(printf, 2, 3))) PLX_INLINE void kv_say_error(struct buffer *out, const char *format,
                                                                   ...)
{
    char words[256];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    for (char *c = words; *c; c++) /* what the client wrote may stand in it */
        if ((unsigned char)*c < 0x20)
            *c = ' ';
    buffer_add(out, "-", 1);
    buffer_add(out, words, strlen(words));
    buffer_add(out, "\r\n", 2);
}

PLX_INLINE void kv_say_header(struct buffer *out, char sign, int64_t number)
{
    char line[32];
    int size = snprintf(line, sizeof line, "%c%" PRId64 "\r\n", sign, number);
    buffer_add(out, line, (size_t)size);
}

PLX_INLINE void kv_say_number(struct buffer *out, int64_t number)
{
    kv_say_header(out, ':', number);
}

PLX_INLINE void kv_say_array(struct buffer *out, size_t count)
{
    kv_say_header(out, '*', (int64_t)count);
}

PLX_INLINE void kv_say_text(struct buffer *out, struct text text)
{
    kv_say_header(out, '$', (int64_t)text.size);
    buffer_add(out, text.bytes, text.size);
    buffer_add(out, "\r\n", 2);
}

PLX_INLINE void kv_say_none(struct buffer *out)
{
    buffer_add(out, "$-1\r\n", 5);
}

#endif
