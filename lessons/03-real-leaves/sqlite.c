/* SPDX-License-Identifier: MIT
 *
 * The deck's first picture of a future: a database query. Here the database is SQLite, which lives in the
 * program and knows no "not ready": a call reads the file and comes back when it is done. So the leaf is a
 * blocking section: while the query runs, the worker's other tasks are run by another thread.
 *
 *     open ──▶ create and fill ──▶ select ──▶ show            a chain, as any other
 *
 *     Ready      the rows
 *     NotReady   too many tasks block already: it is this one's turn later
 *     Failed     what SQLite says, as EIO; the words are in the database handle
 *
 * Try it:  pollux record -o query.jsonl build/release/lessons/03-real-leaves/sqlite
 *          pollux play query.jsonl
 */
#include "rows.h"

#include <sqlite3.h>

/* ── the leaf ─────────────────────────────────────────────────────────────────────────────────────── */

struct database {
    sqlite3 *handle; /* used by one task at a time */
    const char *sql; /* of the next query */
};

static int add_row(void *rows, int columns, char **texts, char **names)
{
    (void)names;
    struct rows *mine = rows;
    mine->columns = (size_t)columns;
    for (int i = 0; i < columns; i++)
        if (!rows_add(mine, texts[i]))
            return SQLITE_NOMEM;
    return SQLITE_OK;
}

/* Runs on a thread that may block. */
static int run_query(struct database *database, struct rows **rows)
{
    *rows = rows_new(0);
    if (!*rows)
        return -ENOMEM;
    int code = sqlite3_exec(database->handle, database->sql, add_row, *rows, NULL);
    if (code != SQLITE_OK)
        rows_drop(rows);
    return code == SQLITE_OK ? 0 : code == SQLITE_NOMEM ? -ENOMEM : -EIO;
}

PLX_BLOCKING(query, struct database, struct rows *, run_query)

static query query_for(struct database *database, const char *sql)
{
    database->sql = sql;
    return query_new(database);
}

/* ── a chain ──────────────────────────────────────────────────────────────────────────────────────── */

static query create(struct database *database)
{
    return query_for(database, "CREATE TABLE twins (name TEXT, horses INTEGER)");
}

static query fill(struct database *database, struct rows *none)
{
    rows_drop(&none);
    return query_for(database, "INSERT INTO twins VALUES ('Castor', 1), ('Pollux', 2)");
}

static query ask(struct database *database, struct rows *none)
{
    rows_drop(&none);
    return query_for(database, "SELECT name, horses FROM twins ORDER BY horses DESC");
}

static plx_ok show(struct database *database, struct rows *rows)
{
    (void)database;
    rows_show(rows);
    rows_drop(&rows);
    return plx_ok_new();
}

/* clang-format off */
PLX_START   (created, struct database, query,  create)
PLX_AND_THEN(filled,  created,         query,  fill)
PLX_AND_THEN(asked,   filled,          query,  ask)
PLX_AND_THEN(shown,   asked,           plx_ok, show)
/* clang-format on */

/* ── a query that fails ───────────────────────────────────────────────────────────────────────────── */

static query ask_nonsense(struct database *database)
{
    return query_for(database, "SELECT wings FROM twins");
}

static int explain(struct database *database, struct plx_error error)
{
    printf("failed: %s\n", sqlite3_errmsg(database->handle));
    return error.code;
}

PLX_START(nonsense, struct database, query, ask_nonsense)
PLX_MAP_ERR(explained, nonsense, explain)

static int run(struct plx_runtime *runtime, struct database *database)
{
    struct rows *rows;
    plx_unit nothing;

    int error = PLX_BLOCK_ON(runtime, shown, shown_new(database), &nothing);
    if (error)
        return error;
    error = PLX_BLOCK_ON(runtime, explained, explained_new(database), &rows);
    if (!error)
        rows_drop(&rows);
    return error == -EIO ? 0 : -EPROTO; /* it is to fail */
}

int main(int argc, char **argv)
{
    struct plx_runtime *runtime;
    struct database database = {.handle = NULL};

    if (sqlite3_open(argc > 1 ? argv[1] : ":memory:", &database.handle) != SQLITE_OK) {
        fprintf(stderr, "sqlite: %s\n", database.handle ? sqlite3_errmsg(database.handle) : "no memory");
        sqlite3_close(database.handle);
        return 1;
    }
    int error = plx_runtime_new(&(struct plx_runtime_options){.workers = 2}, &runtime);
    if (!error) {
        error = run(runtime, &database);
        plx_runtime_free(runtime);
    }
    if (error)
        fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(database.handle));
    sqlite3_close(database.handle);
    return error ? 1 : 0;
}
