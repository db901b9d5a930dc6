#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What must not compile does not, and the compiler names the user's own line; with gcc, and with clang if it is
# here.
#
# A case is a C text with a line marked HERE. Without -DWRONG it must compile without a warning; so it is the
# mistake that is found.

set -eu

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

flags='-std=gnu11 -D_GNU_SOURCE -I. -Ilib -pthread -Wall -Wextra -Wno-unused-function
       -Werror=int-conversion -Werror=incompatible-pointer-types'

# Each compiler once, by whatever name.
compilers='' versions=''
for compiler in ${CC:-cc} gcc clang; do
    command -v "$compiler" >/dev/null || continue
    version=$("$compiler" --version | head -n 1 | cut -d' ' -f2-)
    case $versions in
    *"<$version>"*) continue ;;
    esac
    compilers="$compilers $compiler" versions="$versions<$version>"
done

complain() {
    echo "$1"
    sed 's/^/    /' "$scratch/said"
    failed=1
}

# refused [-o OPTIONS] [-g] NAME [WORDS]: reads a case from standard input. WORDS are to be in what the compiler
# says. -g: gcc only.
refused() {
    options= gcc_only=
    while [ "${1#-}" != "$1" ]; do
        case $1 in
        -o) options=$2; shift ;;
        -g) gcc_only=yes ;;
        esac
        shift
    done
    name=$1 words=${2:-}
    file=$scratch/$name.c
    cat - >"$file"
    line=$(grep -n 'HERE' "$file" | cut -d: -f1)
    for compiler in $compilers; do
        if [ "$gcc_only" ] && "$compiler" --version | grep -q clang; then
            continue
        fi
        # shellcheck disable=SC2086
        if ! "$compiler" $flags $options -Werror -fsyntax-only "$file" 2>"$scratch/said"; then
            complain "$name, $compiler: does not compile without the mistake"
        elif "$compiler" $flags $options -DWRONG -fsyntax-only "$file" 2>"$scratch/said"; then
            complain "$name, $compiler: the mistake compiles"
        elif ! grep -q 'error:' "$scratch/said" || ! grep -q "$name\.c:$line:" "$scratch/said"; then
            complain "$name, $compiler: line $line is not named"
        elif [ "$words" ] && ! grep -q "$words" "$scratch/said"; then
            complain "$name, $compiler: not said: $words"
        fi
    done
}

# ---- a function of the wrong type in a chain ---------------------------------------------------------------

cat >"$scratch/chain.h" <<'END'
#include <pollux.h>

struct env { int x; };
struct other_env { int y; };
typedef struct pair { int a, b; } pair;
PLX_VALUE(number, int)
PLX_VALUE(two, pair)

static inline number start(struct env *e) { return number_of(e->x); }
static inline number start_other(struct other_env *e) { return number_of(e->y); }
PLX_START(begun, struct env, number, start)
PLX_START(begun_elsewhere, struct other_env, number, start_other)
END

refused and_then_item <<'END'
#include "chain.h"
#ifdef WRONG
static two step(struct env *e, pair item) { (void)e; return two_of(item); }
#else
static two step(struct env *e, int item) { (void)e; return two_of((pair){item, item}); }
#endif
PLX_AND_THEN(both, begun, two, step) /* HERE */
END

refused and_then_future <<'END'
#include "chain.h"
#ifdef WRONG
static number step(struct env *e, int item) { (void)e; return number_of(item); }
#else
static two step(struct env *e, int item) { (void)e; return two_of((pair){item, item}); }
#endif
PLX_AND_THEN(both, begun, two, step) /* HERE */
END

refused and_then_environment <<'END'
#include "chain.h"
#ifdef WRONG
static two step(struct other_env *e, int item) { (void)e; return two_of((pair){item, item}); }
#else
static two step(struct env *e, int item) { (void)e; return two_of((pair){item, item}); }
#endif
PLX_AND_THEN(both, begun, two, step) /* HERE */
END

refused start_future <<'END'
#include "chain.h"
#ifdef WRONG
static two first(struct env *e) { (void)e; return two_of((pair){1, 2}); }
#else
static number first(struct env *e) { return number_of(e->x); }
#endif
PLX_START(chain, struct env, number, first) /* HERE */
END

refused or_else_error <<'END'
#include "chain.h"
#ifdef WRONG
static number rescue(struct env *e, int code) { (void)e; return number_of(code); }
#else
static number rescue(struct env *e, struct plx_error error) { (void)e; return number_of(error.code); }
#endif
PLX_OR_ELSE(rescued, begun, number, rescue) /* HERE */
END

refused or_else_item 'rescued: begun and two must be ready with the same type' <<'END'
#include "chain.h"
#ifdef WRONG
static two rescue(struct env *e, struct plx_error error) { (void)e; (void)error; return two_of((pair){1, 2}); }
PLX_OR_ELSE(rescued, begun, two, rescue) /* HERE */
#else
static number rescue(struct env *e, struct plx_error error) { (void)e; return number_of(error.code); }
PLX_OR_ELSE(rescued, begun, number, rescue)
#endif
END

refused map_item <<'END'
#include "chain.h"
#ifdef WRONG
static pair change(struct env *e, int item) { (void)e; return (pair){item, item}; }
#else
static char *change(struct env *e, int item) { (void)e; (void)item; return 0; }
#endif
PLX_MAP(changed, begun, char *, change) /* HERE */
END

refused map_pointer <<'END'
#include "chain.h"
#ifdef WRONG
static int change(struct env *e, int item) { (void)e; return item; }
#else
static char *change(struct env *e, int item) { (void)e; (void)item; return 0; }
#endif
PLX_MAP(changed, begun, char *, change) /* HERE */
END

refused map_err_error <<'END'
#include "chain.h"
#ifdef WRONG
static int rename_error(struct env *e, char *words) { (void)e; (void)words; return -1; }
#else
static int rename_error(struct env *e, struct plx_error error) { (void)e; return error.code; }
#endif
PLX_MAP_ERR(renamed, begun, rename_error) /* HERE */
END

refused then_result <<'END'
#include "chain.h"
struct after_result;
#ifdef WRONG
static number conclude(struct env *e, int item);
#else
static number conclude(struct env *e, struct after_result result);
#endif
PLX_THEN(after, begun, number, conclude) /* HERE */
#ifdef WRONG
static number conclude(struct env *e, int item) { (void)e; return number_of(item); }
#else
static number conclude(struct env *e, struct after_result result) { (void)e; return number_of(result.item); }
#endif
END

refused for_each_item <<'END'
#include "chain.h"
struct server { plx_tcp_listener listener; };
static plx_tcp_incoming sockets(struct server *s) { return plx_tcp_listener_incoming(s->listener); }
#ifdef WRONG
static plx_ok serve(struct server *s, plx_tcp_stream sock)
{
    (void)s;
    plx_tcp_stream_drop(&sock);
    return plx_ok_new();
}
#else
static plx_ok serve(struct server *s, plx_tcp_incoming_item item)
{
    (void)s;
    plx_tcp_stream_drop(&item.stream);
    return plx_ok_new();
}
#endif
PLX_START(incoming, struct server, plx_tcp_incoming, sockets)
PLX_FOR_EACH(served, incoming, plx_ok, serve) /* HERE */
END

refused join_environments 'both: begun and begun_elsewhere must have the same environment' <<'END'
#include "chain.h"
#ifdef WRONG
PLX_JOIN(both, begun, begun_elsewhere) /* HERE */
#else
PLX_JOIN(both, begun, begun)
#endif
END

refused select_environments 'race: begun and begun_elsewhere must have the same environment' <<'END'
#include "chain.h"
#ifdef WRONG
PLX_SELECT(race, begun, begun_elsewhere) /* HERE */
#else
PLX_SELECT(race, begun, begun)
#endif
END

refused box_item 'number is not ready with what a boxed holds' <<'END'
#include "chain.h"
#ifdef WRONG
PLX_BOXED(boxed, pair)
#else
PLX_BOXED(boxed, int)
#endif
boxed make(void);
boxed make(void)
{
    return PLX_BOX(boxed, number, number_of(1)); /* HERE */
}
END

refused alignment 'wide is aligned more strictly than max_align_t' <<'END'
#include <pollux.h>
#ifdef WRONG
#define ALIGNMENT 64
#else
#define ALIGNMENT 16
#endif
typedef struct wide { _Alignas(ALIGNMENT) int value; } wide;
typedef int wide_item;
static enum plx_answer wide_poll(wide *self, plx_context *cx, int *out)
{
    (void)cx;
    *out = self->value;
    return PLX_READY;
}
static void wide_drop(wide *self) { (void)self; }
PLX_LEAF(wide) /* HERE */
END

# ---- async/await -------------------------------------------------------------------------------------------

cat >"$scratch/async.h" <<'END'
#include "chain.h"
struct vars { int got; int sum; };
#define AWAITS(AWAIT) AWAIT(one, number) AWAIT(other, number)
END

refused await_point_named_twice <<'END'
#include "async.h"
#ifdef WRONG
#define SECOND one
#else
#define SECOND other
#endif
PLX_ASYNC(twice, struct vars, int, AWAITS, plx_no_cleanup)
{
    PLX_BEGIN;
    PLX_AWAIT(my->got, one, number_of(1));
    PLX_AWAIT(my->got, SECOND, number_of(2)); /* HERE */
    PLX_RETURN(my->got);
    PLX_END;
}
END

refused -g local_across_an_await <<'END'
#include "async.h"
PLX_ASYNC(forgets, struct vars, int, AWAITS, plx_no_cleanup)
{
    PLX_BEGIN;
#ifdef WRONG
    int sum = 1;
#define SUM sum
#else
    my->sum = 1;
#define SUM my->sum
#endif
    PLX_AWAIT(my->got, one, number_of(1)); /* HERE */
    PLX_RETURN(my->got + SUM);
    PLX_END;
}
END

refused await_of_another_type <<'END'
#include "async.h"
#ifdef WRONG
#define AWAITED two_of((pair){1, 2})
#else
#define AWAITED number_of(1)
#endif
PLX_ASYNC(waits, struct vars, int, AWAITS, plx_no_cleanup)
{
    PLX_BEGIN;
    PLX_AWAIT(my->got, one, AWAITED); /* HERE */
    PLX_RETURN(my->got);
    PLX_END;
}
END

# ---- a field that an event does not have, with tracing and with tracing built out --------------------------

for trace in 0 1; do
    refused -o "-DPLX_TRACE=$trace" "misspelt_field_$trace" <<'END'
#include <pollux.h>
#ifdef WRONG
#define TASK tusk
#else
#define TASK task
#endif
void tell(uint64_t id);
void tell(uint64_t id)
{
    plx_trace(task_poll, .TASK = id); /* HERE */
}
END
done

# ---- names of the user's that the macros might use themselves ----------------------------------------------

cat >"$scratch/names.c" <<'END'
#include "chain.h"
#define USE(name)                                                                     \
    static number name##_step(struct env *e, int x) { (void)e; return number_of(x); } \
    PLX_AND_THEN(name, begun, number, name##_step)
USE(item) USE(value) USE(answer) USE(result) USE(part) USE(made) USE(error) USE(future) USE(handle) USE(parent)
USE(winner) USE(both) USE(nodes) USE(code)
static int me(struct env *e, int x) { return x + e->x; }
PLX_MAP(mapped, item, int, me)
PLX_JOIN(pairs, item, value)
PLX_SELECT(races, answer, result)
PLX_HANDLE(task, future)
END
for compiler in $compilers; do
    # shellcheck disable=SC2086
    "$compiler" $flags -Wshadow -Werror -fsyntax-only "$scratch/names.c" 2>"$scratch/said" ||
        complain "names, $compiler: a name of the user's clashes"
done

[ "$failed" = 0 ] && echo "tried with:$compilers"
exit "$failed"
