/* SPDX-License-Identifier: MIT
 *
 * Lessons: where they are, and how a student's exercise is built, run and judged.
 *
 * A lesson is a folder `NN-name` with lesson.md, demo.c, exercise.c, solution.c and a file named `check`
 * (lessons/README.md tells how they are laid out). Nothing here writes into that folder: what is built is
 * built in a folder of its own, which is removed again.
 */
#ifndef PLX_LESSON_H
#define PLX_LESSON_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define PLX_LESSON_FILE_MAX (256 * 1024) /* bytes of a text or an exercise */

struct plx_lesson {
    unsigned number;
    unsigned minutes;      /* 0 when lesson.md does not say */
    char folder[PATH_MAX]; /* "…/lessons/04-chains" */
    char name[64];         /* "04-chains" */
    char title[128];       /* of lesson.md, clean; "" when it has none */
};

struct plx_lessons {
    char folder[PATH_MAX]; /* where they were found, "" when nowhere */
    size_t count;
    struct plx_lesson *lesson; /* by number */
};

/* Finds the lessons: in $POLLUX_LESSONS, or else in the `lessons` of a checkout around the current folder
 * or around this program, or else where they are installed. 0 or -ENOMEM; without lessons the count is 0. */
int plx_lessons_find(struct plx_lessons *lessons);
void plx_lessons_done(struct plx_lessons *lessons);

/* By number or name: "04", "4", "chains", "04-chains". NULL when there is no such lesson. */
const struct plx_lesson *plx_lessons_named(const struct plx_lessons *lessons, const char *text);

/* "FOLDER/NAME"; false when it is too long. */
bool plx__path(char out[PATH_MAX], const char *folder, const char *name);

/* The folder of this program, "" when unknown. */
void plx__program_folder(char out[PATH_MAX]);

/* The whole of a file as text with a final NUL, to be freed; NULL and errno. What is longer than the limit
 * is EFBIG. */
char *plx__file_text(const char *path);

#endif
