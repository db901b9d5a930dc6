/* SPDX-License-Identifier: MIT
 *
 * The output of a program, collected: all that it says, and how it ended, in one future.
 *
 *     PLX_AWAIT(my->output, run, plx_output_new((struct plx_command){.argv = argv}));
 *     printf("%.*s", (int)my->output.out.size, my->output.out.at);
 *     plx_output_item_drop(&my->output);
 *
 * Both streams are read at the same time, so that neither fills up while the other is waited for. Dropped in
 * the middle, the child is dropped, see kill_on_drop.
 *
 * Source: Tokio 1.x `Command::output`.
 */
#ifndef PLX_PROCESS_OUTPUT_H
#define PLX_PROCESS_OUTPUT_H

#include "lib/io/bytes.h"
#include "lib/process/command.h"

/* One owner; empty when zero. A NUL that is not counted follows each. */
typedef struct plx_output_item {
    plx_exit_status status;
    struct plx_bytes out, err;
} plx_output_item;

void plx_output_item_drop(plx_output_item *output);

/* The command is started in the first poll. Its out and err are pipes whatever it says; its input is the end
 * at once when it says PLX_INHERIT: nobody would know that it waits for the terminal. */
typedef struct plx_output {
    struct plx_command command;
    plx_child child;
    plx_output_item got;
    bool begun, out_ended, err_ended;
} plx_output;
PLX_LEAF_DECLARE(plx_output)

PLX_INLINE plx_output plx_output_new(struct plx_command command)
{
    return (plx_output){.command = command};
}

#endif
