/* SPDX-License-Identifier: MIT
 *
 * Compiles a lesson's program. The library is the one that belongs to this viewer: beside it in a build, in
 * PREFIX/lib when it is installed, or else what pkg-config knows. See tools.h.
 */
#include "viz/lesson/lesson.h"
#include "viz/lesson/tools.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX  64
#define COMPILE_MS 120000
#define ASK_MS     10000

/* A command, word by word. Its own words are literals or lie in `room`. */
struct command {
    char *word[WORDS_MAX];
    int count;
    char room[4 * PATH_MAX];
    size_t used;
    bool full;
};

static void add(struct command *command, const char *before, const char *text)
{
    char *at = command->room + command->used;
    size_t room = sizeof command->room - command->used;
    int length = snprintf(at, room, "%s%s", before, text);
    if (length < 0 || (size_t)length >= room || command->count >= WORDS_MAX - 1) {
        command->full = true;
        return;
    }
    command->used += (size_t)length + 1;
    command->word[command->count++] = at;
    command->word[command->count] = NULL;
}

static void add_all(struct command *command, const char *const *words)
{
    for (; *words != NULL; words++)
        add(command, "", *words);
}

const char *plx_compiler(void)
{
    const char *told = getenv("CC");
    return told != NULL && *told != '\0' ? told : "cc";
}

/* $CC may hold options: "ccache gcc". pkg-config's answers are such a list as well. */
static void add_split(struct command *command, const char *text)
{
    char word[PATH_MAX];
    for (text += strspn(text, " \t\n"); *text != '\0'; text += strspn(text, " \t\n")) {
        size_t length = strcspn(text, " \t\n");
        snprintf(word, sizeof word, "%.*s", (int)length, text);
        add(command, "", word);
        text += length;
    }
}

/* The library must be used in the way in which it was built, and it was built like this program. */
static const char *const like_us[] = {
#if defined __SANITIZE_ADDRESS__
    "-fsanitize=address,undefined",
#elif defined __SANITIZE_THREAD__
    "-fsanitize=thread",
#elif defined __has_feature
#if __has_feature(address_sanitizer)
    "-fsanitize=address,undefined",
#elif __has_feature(thread_sanitizer)
    "-fsanitize=thread",
#endif
#endif
#if defined PLX_DEBUG && PLX_DEBUG
    "-DPLX_DEBUG=1",
#endif
    NULL,
};

static const char *const always[] = {
    "-std=gnu11",
    "-O1",
    "-g",
    "-pthread",
    "-D_GNU_SOURCE",
    "-Wall",
    "-Wextra",
    "-Werror=int-conversion",
    "-Werror=incompatible-pointer-types",
    "-Werror=implicit-function-declaration",
    "-fdiagnostics-color=never",
    NULL,
};

static bool readable(const char *path)
{
    return access(path, R_OK) == 0;
}

/* The checkout around the lessons, and the library beside this program. */
static bool use_build(struct command *command, const char *folder)
{
    char program[PATH_MAX], library[PATH_MAX], path[PATH_MAX], root[PATH_MAX], header[PATH_MAX],
        lib[PATH_MAX];
    plx__program_folder(program);
    if (!plx__path(path, folder, "../..") || realpath(path, root) == NULL ||
        !plx__path(header, root, "lib/pollux.h") || !plx__path(lib, root, "lib") ||
        !plx__path(library, program, "libpollux.a") || !readable(header) || !readable(library))
        return false;
    add(command, "-I", root);
    add(command, "-I", lib);
    add(command, "", library);
    return true;
}

static bool use_installed(struct command *command)
{
    char program[PATH_MAX], library[PATH_MAX], include[PATH_MAX], header[PATH_MAX], lib[PATH_MAX];
    plx__program_folder(program);
    if (!plx__path(include, program, "../include/pollux") || !plx__path(lib, include, "lib") ||
        !plx__path(header, lib, "pollux.h") || !plx__path(library, program, "../lib/libpollux.a") ||
        !readable(header) || !readable(library))
        return false;
    add(command, "-I", include);
    add(command, "-I", lib);
    add(command, "", library);
    return true;
}

static bool use_pkg_config(struct command *command)
{
    char *ask[] = {(char *)"pkg-config", (char *)"--cflags", (char *)"--libs", (char *)"pollux", NULL};
    struct plx_run run;
    plx_run_program(ask, NULL, ASK_MS, &run);
    bool found = plx_run_fine(&run);
    if (found)
        add_split(command, run.out);
    plx_run_done(&run);
    return found;
}

int plx_compile(const char *source, const char *folder, const char *program, struct plx_run *run)
{
    struct command *command = calloc(1, sizeof *command);
    memset(run, 0, sizeof *run);
    if (command == NULL)
        return -ENOMEM;
    add_split(command, plx_compiler());
    add_all(command, always);
    add_all(command, like_us);
    add(command, "-I", folder);
    add(command, "", source);
    add(command, "-o", program);
    bool found = use_build(command, folder) || use_installed(command) || use_pkg_config(command);
    if (found && !command->full)
        plx_run_program(command->word, NULL, COMPILE_MS, run);
    int result = !found ? -ENOENT : command->full ? -ENAMETOOLONG : 0;
    free(command);
    return result;
}
