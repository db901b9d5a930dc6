/* SPDX-License-Identifier: MIT
 *
 * HTTP/1.1 requests: from the bytes that have come to what is asked for.
 *
 *     GET /a%20b.txt?x=1 HTTP/1.1\r\n        method, target, version
 *     Host: localhost\r\n                    headers, a line each
 *     Range: bytes=0-99\r\n
 *     \r\n                                   an empty line
 *
 * A request without a body ends at the empty line, and the next one may stand right behind it (pipelining).
 * One that announces a body is answered, and the connection is closed: whoever does not read the body cannot
 * know where the next request begins, and what is guessed wrong there lets one client speak in the name of
 * another.
 *
 * Source: RFC 9112 (the syntax), RFC 9110 (what it means).
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "tests/programs/bytes.h"

#include <time.h>

enum {
    HTTP_LINE_MAX = 4 * 1024,  /* the first line; else 414 */
    HTTP_HEAD_MAX = 16 * 1024, /* first line and headers; else 431 */
    HTTP_PATH_MAX = 1024,
};

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_OTHER };

struct http_request {
    enum http_method method;
    char path[HTTP_PATH_MAX]; /* decoded, without the query; begins with / */
    bool keep_alive;
    bool has_range;
    int64_t first, last; /* of the range; -1: not said */
    time_t since;        /* If-Modified-Since; 0: not said */
    size_t size;         /* of the whole head */
};

enum { HTTP_MORE = 0, HTTP_OK = 200 };

/* ── the target ───────────────────────────────────────────────────────────────────────────────────── */

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* %41 is A. No NUL, which would end the path for the system and not for us. */
static int decode(struct text from, char out[HTTP_PATH_MAX])
{
    size_t size = 0;
    for (size_t i = 0; i < from.size; i++) {
        int c = (unsigned char)from.bytes[i];
        if (c == '%') {
            int high = i + 2 < from.size ? hex(from.bytes[i + 1]) : -1,
                low = high < 0 ? -1 : hex(from.bytes[i + 2]);
            if (low < 0)
                return 400;
            c = high << 4 | low;
            i += 2;
        }
        if (c == '\0' || size + 1 >= HTTP_PATH_MAX)
            return c == '\0' ? 400 : 414;
        out[size++] = (char)c;
    }
    out[size] = '\0';
    return HTTP_OK;
}

/* "/path?query", or as proxies are asked, "http://host/path?query". */
static int parse_target(struct text target, struct http_request *request)
{
    if (target.size > 7 && strncasecmp(target.bytes, "http://", 7) == 0) {
        const char *slash = memchr(target.bytes + 7, '/', target.size - 7);
        target = slash ? (struct text){slash, (size_t)(target.bytes + target.size - slash)} : text_of("/");
    }
    const char *query = memchr(target.bytes, '?', target.size);
    if (query)
        target.size = (size_t)(query - target.bytes);
    if (target.size == 0 || target.bytes[0] != '/')
        return 400;
    return decode(target, request->path);
}

/* ── lines ────────────────────────────────────────────────────────────────────────────────────────── */

/* Takes the text up to `end` off the front of *rest. */
static bool take_until(struct text *rest, const char *end, struct text *taken)
{
    const char *at = memmem(rest->bytes, rest->size, end, strlen(end));
    if (!at)
        return false;
    *taken = (struct text){rest->bytes, (size_t)(at - rest->bytes)};
    rest->size -= taken->size + strlen(end);
    rest->bytes = at + strlen(end);
    return true;
}

static bool is_token(struct text text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.bytes[i] <= ' ' || text.bytes[i] >= 127 || strchr("()<>@,;:\\\"/[]?={}", text.bytes[i]))
            return false;
    return text.size > 0;
}

static int parse_first_line(struct text line, struct http_request *request)
{
    struct text method, target;
    if (!take_until(&line, " ", &method) || !take_until(&line, " ", &target) || !is_token(method))
        return 400;
    request->method = method.size == 3 && memcmp(method.bytes, "GET", 3) == 0    ? HTTP_GET
                      : method.size == 4 && memcmp(method.bytes, "HEAD", 4) == 0 ? HTTP_HEAD
                                                                                 : HTTP_OTHER;
    if (line.size != 8 || memcmp(line.bytes, "HTTP/", 5) != 0)
        return 400;
    if (memcmp(line.bytes + 5, "1.", 2) != 0)
        return 505;
    request->keep_alive = line.bytes[7] != '0';
    if (request->method == HTTP_OTHER)
        return 405;
    return parse_target(target, request);
}

/* "bytes=0-99", "bytes=100-", "bytes=-100": one range. What else there may be is passed over, as one may. */
static void parse_range(struct text value, struct http_request *request)
{
    struct text first;
    if (value.size < 6 || strncasecmp(value.bytes, "bytes=", 6) != 0)
        return;
    value = (struct text){value.bytes + 6, value.size - 6};
    request->first = request->last = -1;
    if (!take_until(&value, "-", &first) || (first.size && text_number(first, &request->first)) ||
        (value.size && text_number(value, &request->last)))
        return;
    request->has_range = request->first >= 0 ? request->last < 0 || request->first <= request->last
                                             : first.size == 0 && request->last >= 0;
}

static time_t parse_date(struct text value)
{
    char text[40];
    struct tm tm = {0};
    if (value.size >= sizeof text)
        return 0;
    memcpy(text, value.bytes, value.size);
    text[value.size] = '\0';
    const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    return end && *end == '\0' ? timegm(&tm) : 0;
}

/* One header. `host` and `body` are set when they are there. */
static int parse_header(struct text line, struct http_request *request, bool *host, bool *body)
{
    struct text name;
    if (!take_until(&line, ":", &name) || !is_token(name))
        return 400;
    while (line.size > 0 && strchr(" \t", line.bytes[0]))
        line.bytes++, line.size--;
    while (line.size > 0 && strchr(" \t", line.bytes[line.size - 1]))
        line.size--;
    if (text_is(name, "host")) {
        if (*host)
            return 400;
        *host = true;
    } else if (text_is(name, "connection")) {
        request->keep_alive = text_is(line, "keep-alive") || (request->keep_alive && !text_is(line, "close"));
    } else if (text_is(name, "content-length")) {
        *body = *body || !text_is(line, "0");
    } else if (text_is(name, "transfer-encoding")) {
        *body = true;
    } else if (text_is(name, "range")) {
        parse_range(line, request);
    } else if (text_is(name, "if-modified-since")) {
        request->since = parse_date(line);
    }
    return HTTP_OK;
}

static int parse_headers(struct text head, struct http_request *request)
{
    bool host = false, body = false, is_1_1 = request->keep_alive;
    struct text line;
    while (take_until(&head, "\r\n", &line)) {
        int status = parse_header(line, request, &host, &body);
        if (status != HTTP_OK)
            return status;
    }
    if (body)
        request->keep_alive = false;
    return is_1_1 && !host ? 400 : HTTP_OK;
}

/* HTTP_MORE: the head is not complete. HTTP_OK: it is. Else the status to refuse it with: after 405 the
 * connection can go on, after all others it cannot. */
static int http_parse(struct text in, struct http_request *request)
{
    struct text rest = in, line;
    *request = (struct http_request){0};
    if (in.size == 0)
        return HTTP_MORE;
    bool has_line = take_until(&rest, "\r\n", &line);
    if (has_line ? line.size > HTTP_LINE_MAX : in.size > HTTP_LINE_MAX)
        return 414;
    const char *end = memmem(in.bytes, in.size, "\r\n\r\n", 4);
    request->size = end ? (size_t)(end - in.bytes) + 4 : in.size;
    if (request->size > HTTP_HEAD_MAX)
        return 431;
    if (!end)
        return HTTP_MORE;
    int status = parse_first_line(line, request);
    if (status != HTTP_OK && status != 405)
        return status;
    rest.size = (size_t)(end + 2 - rest.bytes);
    int headers = parse_headers(rest, request);
    return headers == HTTP_OK ? status : headers;
}

#endif
