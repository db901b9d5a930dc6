/* SPDX-License-Identifier: MIT
 *
 * The deck's first picture of a future: a database query, here over a socket to PostgreSQL (the leaves:
 * postgres.h).
 *
 *     postgres 'host=/tmp dbname=postgres'
 *
 * Two queries run at the same time, on two connections and one thread: each waits half a second in the
 * server, and both are done after half a second.
 */
#include "postgres.h"

struct session_vars {
    const char *to;
    const char *name;
    pg_connection connection;
    struct rows *rows;
    enum plx_answer answer;
};

static void session_cleanup(struct session_vars *my)
{
    pg_connection_drop(&my->connection);
}

#define SESSION_AWAITS(AWAIT)                                                                                \
    AWAIT(connected, pg_connect)                                                                             \
    AWAIT(created, pg_query)                                                                                 \
    AWAIT(asked, pg_query)                                                                                   \
    AWAIT(slept, pg_query)                                                                                   \
    AWAIT(refused, pg_query)

PLX_ASYNC(session, struct session_vars, plx_unit, SESSION_AWAITS, session_cleanup)
{
    plx_unit nothing;

    PLX_BEGIN;
    PLX_AWAIT_CATCH(my->answer, nothing, connected, pg_connect_new(&my->connection, my->to));
    if (my->answer == PLX_FAILED) {
        fprintf(stderr, "postgres: %s", pg_error(&my->connection));
        PLX_FAIL(cx->error.code);
    }
    PLX_AWAIT(my->rows, created,
              pg_query_new(&my->connection, "CREATE TEMPORARY TABLE twins (name text, horses int); "
                                            "INSERT INTO twins VALUES ('Castor', 1), ('Pollux', 2)"));
    rows_drop(&my->rows);
    PLX_AWAIT(my->rows, asked,
              pg_query_new(&my->connection, "SELECT name, horses FROM twins ORDER BY horses DESC"));
    rows_show(my->rows);
    rows_drop(&my->rows);
    PLX_AWAIT(my->rows, slept,
              pg_query_new(&my->connection,
                           "SELECT pg_sleep(0.5), count(*), sum(n) FROM generate_series(1, 100000) n"));
    printf("%s: %zu row, %s numbers, sum %s\n", my->name, my->rows->count, my->rows->cells[1],
           my->rows->cells[2]);
    rows_drop(&my->rows);
    PLX_AWAIT_CATCH(my->answer, my->rows, refused, pg_query_new(&my->connection, "SELECT wings FROM twins"));
    printf("failed: %.*s\n", (int)strcspn(pg_error(&my->connection), "\n"), pg_error(&my->connection));
    if (my->answer == PLX_READY)
        rows_drop(&my->rows);
    PLX_RETURN((plx_unit){0});
    PLX_END;
}

PLX_HANDLE(session_handle, session)

static int run(struct plx_runtime *runtime, const char *to)
{
    session_handle first, second;
    plx_unit nothing;

    int error = session_handle_spawn_on(
        runtime, session_new((struct session_vars){.to = to, .name = "first"}), &first);
    if (error)
        return error;
    error = session_handle_spawn_on(runtime, session_new((struct session_vars){.to = to, .name = "second"}),
                                    &second);
    if (!error)
        error = session_handle_wait(&second, &nothing);
    int failed = session_handle_wait(&first, &nothing);
    return error ? error : failed;
}

int main(int argc, char **argv)
{
    struct plx_runtime *runtime;

    if (argc != 2) {
        fprintf(stderr, "usage: postgres 'host=FOLDER dbname=NAME'\n");
        return 2;
    }
    int error = plx_runtime_new(&(struct plx_runtime_options){.workers = 1}, &runtime);
    if (!error) {
        error = run(runtime, argv[1]);
        plx_runtime_free(runtime);
    }
    if (error)
        fprintf(stderr, "postgres: %s\n", plx_error_text(error));
    return error ? 1 : 0;
}
