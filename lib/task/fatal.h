/* SPDX-License-Identifier: MIT
 *
 * Task-fatal errors: what a panic is in Rust. A task that finds itself in a state that cannot be ends, alone.
 * Its worker and all other tasks go on.
 *
 *     enum plx_answer ledger_poll(ledger *self, plx_context *cx, plx_unit *out)
 *     {
 *         if (self->sum != 0)
 *             return plx_fatal(cx, "the books do not balance");
 *
 * What happens then, whatever the futures around make of it:
 *
 *   the poll ends          and the answer that comes out of it does not matter: no or_else, then, map_err or
 *                          await of the task sees the error, no function of a chain is asked any more
 *   the future is dropped  with all that it owns, like that of a task that was cancelled
 *   the handle fails       with PLX_TASK_FATAL, from the line that said so
 *   somebody hears of it   the runtime's hook task_fatal, once an error; without one it is said on standard
 *                          error
 *
 * Why the poll is left by returning and not by a jump: C unwinds nothing. A longjmp to the poll's boundary
 * would skip the frames between, and lose the items that are on their way in them, the locks they hold, the
 * buffers they have opened: a lock that is held for ever stops more than one task. And a setjmp in each poll
 * is paid by all who never need it. What is given up: a function that cannot fail must say
 * plx_task_fatal(why) and still return something. It may be anything; nobody looks at it.
 *
 * Source: `catch_unwind` at the task's boundary in tokio-threadpool (`panic_handler`) and in Tokio 1.x
 * (`runtime/task/harness.rs`).
 */
#ifndef PLX_TASK_FATAL_H
#define PLX_TASK_FATAL_H

#include "lib/task/context.h"

/* What the join handle of such a task fails with. */
#define PLX_TASK_FATAL (-ENOTRECOVERABLE)

/* Ends the task whose poll (or drop) this is, when that returns. `why` lives as long as the program. Returns
 * PLX_TASK_FATAL. Outside of a task there is nothing to end: it is only reported. */
#define plx_task_fatal(why) plx__task_fatal((why), PLX_HERE)

/* In a T_poll: `return plx_fatal(cx, "why");` */
#define plx_fatal(cx, why) (plx__task_fatal((why), PLX_HERE), plx_fail((cx), PLX_TASK_FATAL))

int plx__task_fatal(const char *why, struct plx_at at);

/* What the task ends with. */
struct plx_error plx__fatal_error(const plx_context *cx);

#endif
