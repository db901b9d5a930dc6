/* SPDX-License-Identifier: MIT
 *
 * Whole trees of folders, made and removed; on the thread that calls, as long as it takes. (Inside the
 * library; programs use path.h.)
 */
#ifndef PLX_FS_TREE_H
#define PLX_FS_TREE_H

#include <sys/types.h>

/* Makes the folder and those that lead to it. 0, also when it is there, or a negative errno. */
int plx__tree_create(const char *path, mode_t mode);

/* Removes the folder and what is in it; of a link, the link. 0 or a negative errno: something is left. */
int plx__tree_remove(const char *path);

#endif
