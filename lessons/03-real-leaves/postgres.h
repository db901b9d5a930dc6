/* SPDX-License-Identifier: MIT
 *
 * A database query, over the network: two leaves on libpq's non-blocking functions. libpq says when it wants
 * to read or write its socket; what waits for that is a PollEvented, as with every socket.
 *
 *     pg_connect   NEW ──PQconnectStart──▶ CONNECTING ─┬─ libpq wants to read, write → NotReady until it can
 *                                           ▲          ├─ it has finished            → Ready
 *                                           └──────────┘  it has failed              → Failed(ECONNREFUSED)
 *
 *     pg_query     NEW ──PQsendQuery──▶ SENDING ──PQflush──▶ RECEIVING ─┬─ PQisBusy    → NotReady until more comes
 *                                                                      └─ last result → Ready(rows), Failed(EIO)
 *
 * The selector says once that a socket has become readable, and says it again only after somebody has found
 * it empty. libpq keeps to itself whether it did. So before we wait, poll(2) is asked: that costs a system
 * call, and no wake is lost.
 */
#ifndef LESSON_POSTGRES_H
#define LESSON_POSTGRES_H

#include "rows.h"

#include <libpq-fe.h>
#include <poll.h>

typedef struct pg_connection {
    PGconn *libpq;       /* owned, and with it the socket */
    plx_poll_evented io; /* the socket's registration */
} pg_connection;

static void pg_connection_drop(pg_connection *connection)
{
    plx_poll_evented_into_fd(&connection->io); /* libpq closes it */
    PQfinish(PLX_MOVE(connection->libpq));
}

/* libpq's words for what went wrong last. */
static const char *pg_error(const pg_connection *connection)
{
    return connection->libpq ? PQerrorMessage(connection->libpq) : "no memory";
}

/* Ready: the socket can be read, or written, right now. */
static enum plx_answer pg_wait(pg_connection *connection, plx_context *cx, enum plx_direction direction)
{
    for (;;) {
        struct pollfd now = {connection->io.fd, direction == PLX_READ ? POLLIN : POLLOUT, 0};
        uint64_t seen;
        enum plx_answer answer = plx_poll_evented_ready(&connection->io, cx, direction, &seen);
        if (answer != PLX_READY || poll(&now, 1, 0) > 0)
            return answer;
        plx_poll_evented_clear(&connection->io, direction, seen);
    }
}

/* ── connect ──────────────────────────────────────────────────────────────────────────────────────── */

typedef struct pg_connect {
    pg_connection *connection; /* borrowed: empty at first */
    const char *to;            /* "host=… dbname=…" */
    PostgresPollingStatusType wants;
    bool begun;
} pg_connect;
typedef plx_unit pg_connect_item;

static pg_connect pg_connect_new(pg_connection *connection, const char *to)
{
    return (pg_connect){.connection = connection, .to = to};
}

/* libpq may have closed its socket and opened another one, which may even have got the same number. */
static int pg_register(pg_connection *connection, plx_context *cx)
{
    plx_poll_evented_into_fd(&connection->io);
    connection->io = plx_poll_evented_of(PQsocket(connection->libpq));
    return plx_poll_evented_register(&connection->io, cx, "postgres");
}

static int pg_connect_begin(pg_connect *self, plx_context *cx)
{
    self->begun = true;
    self->wants = PGRES_POLLING_WRITING;
    self->connection->libpq = PQconnectStart(self->to);
    if (!self->connection->libpq)
        return -ENOMEM;
    if (PQstatus(self->connection->libpq) == CONNECTION_BAD)
        return -ECONNREFUSED;
    PQsetnonblocking(self->connection->libpq, 1);
    return pg_register(self->connection, cx);
}

static enum plx_answer pg_connect_poll(pg_connect *self, plx_context *cx, plx_unit *out)
{
    int error = self->begun ? 0 : pg_connect_begin(self, cx);
    *out = (plx_unit){0};
    while (!error && self->wants != PGRES_POLLING_OK) {
        enum plx_direction direction = self->wants == PGRES_POLLING_READING ? PLX_READ : PLX_WRITE;
        enum plx_answer answer = pg_wait(self->connection, cx, direction);
        if (answer != PLX_READY)
            return answer;
        self->wants = PQconnectPoll(self->connection->libpq);
        error = self->wants == PGRES_POLLING_FAILED ? -ECONNREFUSED : pg_register(self->connection, cx);
    }
    return error ? plx_fail(cx, error) : PLX_READY;
}

static void pg_connect_drop(pg_connect *self)
{
    (void)self;
}

PLX_LEAF(pg_connect)

/* ── query ────────────────────────────────────────────────────────────────────────────────────────── */

typedef struct pg_query {
    pg_connection *connection; /* borrowed; one query at a time */
    const char *sql;
    bool begun, sent;
    struct rows *rows; /* of the last result so far */
    bool failed;
} pg_query;
typedef struct rows *pg_query_item;

static pg_query pg_query_new(pg_connection *connection, const char *sql)
{
    return (pg_query){.connection = connection, .sql = sql};
}

/* While the query goes out the server may already say something, and wait until that is read. */
static enum plx_answer pg_send(pg_query *self, plx_context *cx)
{
    int left;
    while ((left = PQflush(self->connection->libpq)) > 0) {
        enum plx_answer answer = pg_wait(self->connection, cx, PLX_WRITE);
        if (answer == PLX_NOT_READY) {
            answer = pg_wait(self->connection, cx, PLX_READ);
            if (answer == PLX_READY)
                PQconsumeInput(self->connection->libpq);
        }
        if (answer != PLX_READY)
            return answer;
    }
    return left < 0 ? plx_fail(cx, -EIO) : PLX_READY;
}

static int pg_take(pg_query *self, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    rows_drop(&self->rows);
    self->failed = self->failed || (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK);
    self->rows = rows_new((size_t)PQnfields(result));
    for (int row = 0; self->rows && row < PQntuples(result); row++)
        for (int column = 0; column < PQnfields(result); column++)
            if (!rows_add(self->rows, PQgetvalue(result, row, column)))
                return -ENOMEM;
    return self->rows ? 0 : -ENOMEM;
}

/* All results that have come whole. Ready: there are no more. */
static enum plx_answer pg_receive(pg_query *self, plx_context *cx)
{
    for (;;) {
        while (PQisBusy(self->connection->libpq)) {
            enum plx_answer answer = pg_wait(self->connection, cx, PLX_READ);
            if (answer != PLX_READY)
                return answer;
            if (!PQconsumeInput(self->connection->libpq))
                return plx_fail(cx, -EIO);
        }
        PGresult *result = PQgetResult(self->connection->libpq);
        if (!result)
            return self->failed || !self->rows ? plx_fail(cx, -EIO) : PLX_READY;
        int error = pg_take(self, result);
        PQclear(result);
        if (error)
            return plx_fail(cx, error);
    }
}

static enum plx_answer pg_query_poll(pg_query *self, plx_context *cx, struct rows **out)
{
    if (!self->begun && !PQsendQuery(self->connection->libpq, self->sql))
        return plx_fail(cx, -EIO);
    self->begun = true;
    enum plx_answer answer = self->sent ? PLX_READY : pg_send(self, cx);
    self->sent = answer == PLX_READY;
    if (answer == PLX_READY)
        answer = pg_receive(self, cx);
    if (answer == PLX_READY)
        *out = PLX_MOVE(self->rows);
    return answer;
}

/* Dropped in the middle, the query runs on in the server, and the connection can only be closed. */
static void pg_query_drop(pg_query *self)
{
    rows_drop(&self->rows);
}

PLX_LEAF(pg_query)

#endif
