/* SPDX-License-Identifier: MIT
 *
 * HTTP/1.1 responses: the head, and the short bodies that go with errors.
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include "tests/programs/http/files.h"
#include "tests/programs/http/request.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static const char *status_words(int status)
{
    static const struct {
        int status;
        const char *words;
    } known[] = {
        {200, "OK"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {414, "URI Too Long"},
        {416, "Range Not Satisfiable"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].status == status)
            return known[i].words;
    return "Unknown";
}

__attribute__((format(printf, 2, 3))) static void say(struct buffer *out, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    buffer_add(out, line, (size_t)size < sizeof line ? (size_t)size : sizeof line - 1);
}

static void say_date(struct buffer *out, const char *header, time_t time)
{
    char text[40];
    struct tm tm;
    gmtime_r(&time, &tm);
    strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm); /* in the C locale */
    say(out, "%s: %s\r\n", header, text);
}

/* What every head begins with. */
static void say_status(struct buffer *out, int status, const struct http_request *request)
{
    say(out, "HTTP/1.1 %d %s\r\nServer: pollux\r\n", status, status_words(status));
    say_date(out, "Date", time(NULL));
    if (!request->keep_alive)
        say(out, "Connection: close\r\n");
}

/* `/a b` for a header: what is not a plain letter of a path is %XX. */
static void say_path(struct buffer *out, const char *path)
{
    for (; *path; path++)
        if (strchr("/-_.~", *path) || (*path >= '0' && *path <= '9') ||
            ((*path | 32) >= 'a' && (*path | 32) <= 'z'))
            buffer_add(out, path, 1);
        else
            say(out, "%%%02X", (unsigned char)*path);
}

/* A response that has no file: an error, or a way to elsewhere. */
static void say_without_file(struct buffer *out, int status, const struct http_request *request,
                             const char *path)
{
    char body[64];
    int size = snprintf(body, sizeof body, "%d %s\n", status, status_words(status));
    say_status(out, status, request);
    if (status == 301) {
        /* One slash at the front: with two the rest would be the name of another host. */
        say(out, "Location: /");
        say_path(out, path + strspn(path, "/"));
        say(out, "/\r\n");
    }
    if (status == 405)
        say(out, "Allow: GET, HEAD\r\n");
    say(out, "Content-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n", size);
    if (request->method != HTTP_HEAD)
        buffer_add(out, body, (size_t)size);
}

/* The part of the file that is asked for. 200: all of it, 206: from *first on *count bytes, 416: there is
 * none. */
static int choose_range(const struct http_request *request, int64_t size, int64_t *first, int64_t *count)
{
    *first = 0;
    *count = size;
    if (!request->has_range)
        return 200;
    if (request->first < 0) { /* the last so many */
        *count = request->last < size ? request->last : size;
        *first = size - *count;
    } else {
        int64_t last = request->last < 0 || request->last >= size ? size - 1 : request->last;
        *first = request->first;
        *count = last - *first + 1;
    }
    return *count > 0 ? 206 : 416;
}

/* The head of a response whose body is a file, or a part of one. */
static void say_file_head(struct buffer *out, int status, const struct http_request *request,
                          const struct http_file *file, int64_t first, int64_t count)
{
    say_status(out, status, request);
    say_date(out, "Last-Modified", file->modified);
    if (status == 304) {
        say(out, "\r\n");
        return;
    }
    say(out, "Accept-Ranges: bytes\r\nContent-Type: %s\r\n", file->type);
    if (status == 206)
        say(out, "Content-Range: bytes %" PRId64 "-%" PRId64 "/%" PRId64 "\r\n", first, first + count - 1,
            file->size);
    if (status == 416)
        say(out, "Content-Range: bytes */%" PRId64 "\r\n", file->size);
    say(out, "Content-Length: %" PRId64 "\r\n\r\n", status == 416 ? 0 : count);
}

#endif
