/* SPDX-License-Identifier: MIT
 *
 * Compiling a lesson's program against the library that belongs to this viewer, and running programs within
 * limits.
 */
#ifndef PLX_LESSON_TOOLS_H
#define PLX_LESSON_TOOLS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLX_HEARD_MAX (64 * 1024) /* bytes of what a program says that are kept */

/* How a program's run went, and what it said. */
struct plx_run {
    int status;      /* as from waitpid */
    int failure;     /* an errno when it could not be started at all, else 0 */
    bool late;       /* it was ended, because its time was over … */
    bool talkative;  /* … or because it said more than is kept */
    char *out, *err; /* what it said, each with a final NUL; NULL without memory */
    size_t out_size, err_size;
};

/* Runs a program in a process group of its own, with nothing to read, and traced into the file `trace`
 * unless that is NULL. It is given so many milliseconds; what is left of its group then, or when it has
 * ended, is killed. Always fills *run, which plx_run_done empties. */
void plx_run_program(char *const *argv, const char *trace, unsigned milliseconds, struct plx_run *run);
void plx_run_done(struct plx_run *run);

/* Set by a signal handler: the program that is being run is ended as if its time were over. */
extern volatile sig_atomic_t plx_run_stop;

/* It ended by itself with status 0. */
bool plx_run_fine(const struct plx_run *run);

/* Compiles `source` into `program`, with headers beside it and in `folder`. *run tells how it went, and
 * what the compiler said. 0, or -ENOENT when the library is not to be found. */
int plx_compile(const char *source, const char *folder, const char *program, struct plx_run *run);

/* "cc", or what $CC says. */
const char *plx_compiler(void);

#endif
