/* SPDX-License-Identifier: MIT
 *
 * Finds the lessons, see lesson.h.
 */
#include "viz/lesson/lesson.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool plx__path(char out[PATH_MAX], const char *folder, const char *name)
{
    int length = snprintf(out, PATH_MAX, "%s/%s", folder, name);
    return length > 0 && length < PATH_MAX;
}

static void cut_last(char *path)
{
    char *slash = strrchr(path, '/');
    *(slash != NULL ? slash : path) = '\0';
}

void plx__program_folder(char out[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", out, PATH_MAX - 1);
    out[length > 0 ? length : 0] = '\0';
    cut_last(out);
}

static char *read_all(FILE *file)
{
    char *text = malloc(PLX_LESSON_FILE_MAX + 2);
    if (text == NULL)
        return NULL;
    size_t size = fread(text, 1, PLX_LESSON_FILE_MAX + 1, file);
    if (!ferror(file) && size <= PLX_LESSON_FILE_MAX) {
        text[size] = '\0';
        return text;
    }
    int why = ferror(file) ? EIO : EFBIG;
    free(text);
    errno = why;
    return NULL;
}

char *plx__file_text(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    char *text = read_all(file);
    int why = errno;
    fclose(file);
    errno = why;
    return text;
}

/* ── one lesson ───────────────────────────────────────────────────────────────────────────────────── */

static bool is_lesson_name(const char *name)
{
    return strspn(name, "0123456789") == 2 && name[2] == '-' && name[3] != '\0' &&
           strlen(name) < sizeof((struct plx_lesson *)0)->name;
}

/* The first heading, and the first "40 minutes". */
static void read_facts(struct plx_lesson *lesson, const char *text)
{
    const char *heading = strncmp(text, "# ", 2) == 0 ? text : strstr(text, "\n# ");
    if (heading != NULL) {
        heading = strchr(heading, ' ') + 1;
        snprintf(lesson->title, sizeof lesson->title, "%.*s", (int)strcspn(heading, "\r\n"), heading);
    }
    for (char *c = lesson->title; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            *c = '?';
    const char *minutes = strstr(text, " minutes"), *digit = minutes;
    while (digit != NULL && digit > text && digit[-1] >= '0' && digit[-1] <= '9')
        digit--;
    lesson->minutes = digit != NULL && minutes - digit <= 4 ? (unsigned)strtoul(digit, NULL, 10) : 0;
}

/* A folder without lesson.md is none. */
static bool read_lesson(struct plx_lesson *lesson, const char *folder, const char *name)
{
    char path[PATH_MAX];
    memset(lesson, 0, sizeof *lesson);
    lesson->number = (unsigned)strtoul(name, NULL, 10);
    snprintf(lesson->name, sizeof lesson->name, "%s", name);
    if (!plx__path(lesson->folder, folder, name) || !plx__path(path, lesson->folder, "lesson.md"))
        return false;
    char *text = plx__file_text(path);
    if (text == NULL)
        return false;
    read_facts(lesson, text);
    free(text);
    return true;
}

/* ── all of them ──────────────────────────────────────────────────────────────────────────────────── */

static int add(struct plx_lessons *lessons, const char *folder, const char *name)
{
    struct plx_lesson *grown = realloc(lessons->lesson, (lessons->count + 1) * sizeof *grown);
    if (grown == NULL)
        return -ENOMEM;
    lessons->lesson = grown;
    if (read_lesson(&grown[lessons->count], folder, name))
        lessons->count++;
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct plx_lesson *)a)->name, ((const struct plx_lesson *)b)->name);
}

static int look_into(struct plx_lessons *lessons, const char *folder)
{
    DIR *open = opendir(folder);
    struct dirent *entry;
    int result = 0;
    if (open == NULL)
        return 0;
    while (result == 0 && (entry = readdir(open)) != NULL)
        if (is_lesson_name(entry->d_name))
            result = add(lessons, folder, entry->d_name);
    closedir(open);
    if (lessons->count > 0) {
        qsort(lessons->lesson, lessons->count, sizeof *lessons->lesson, by_name);
        snprintf(lessons->folder, sizeof lessons->folder, "%s", folder);
    }
    return result;
}

/* In this folder or one around it: a checkout has `lib/pollux.h` beside `lessons`. */
static int look_around(struct plx_lessons *lessons, const char *from)
{
    char folder[PATH_MAX], path[PATH_MAX];
    int result = 0;
    snprintf(folder, sizeof folder, "%s", from);
    for (; result == 0 && lessons->count == 0 && folder[0] != '\0'; cut_last(folder))
        if (plx__path(path, folder, "lib/pollux.h") && access(path, R_OK) == 0 &&
            plx__path(path, folder, "lessons"))
            result = look_into(lessons, path);
    return result;
}

int plx_lessons_find(struct plx_lessons *lessons)
{
    char program[PATH_MAX], path[PATH_MAX];
    const char *told = getenv("POLLUX_LESSONS");
    int result = 0;
    memset(lessons, 0, sizeof *lessons);
    if (told != NULL && *told != '\0')
        return realpath(told, path) != NULL ? look_into(lessons, path) : 0;
    plx__program_folder(program);
    if (getcwd(path, sizeof path) != NULL)
        result = look_around(lessons, path);
    if (result == 0 && lessons->count == 0)
        result = look_around(lessons, program);
    cut_last(program); /* PREFIX/bin/pollux → PREFIX/share/pollux/lessons */
    if (result == 0 && lessons->count == 0 && plx__path(path, program, "share/pollux/lessons"))
        result = look_into(lessons, path);
    return result;
}

void plx_lessons_done(struct plx_lessons *lessons)
{
    free(lessons->lesson);
    memset(lessons, 0, sizeof *lessons);
}

const struct plx_lesson *plx_lessons_named(const struct plx_lessons *lessons, const char *text)
{
    bool number = *text != '\0' && strlen(text) < 5 && text[strspn(text, "0123456789")] == '\0';
    for (size_t i = 0; i < lessons->count; i++) {
        const struct plx_lesson *lesson = &lessons->lesson[i];
        if (number ? strtoul(text, NULL, 10) == lesson->number
                   : strcmp(text, lesson->name) == 0 || strcmp(text, lesson->name + 3) == 0)
            return lesson;
    }
    return NULL;
}
