/* SPDX-License-Identifier: MIT
 *
 * Finds font files by name below folders, see font_find.h. Debian, Fedora, Arch and macOS put the same files
 * into different folders, so the folders are searched rather than listed.
 */
#include "viz/sdl/font_find.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MAX   5
#define FILES_MAX   20000 /* looked at in all; no system has so many fonts */
#define PATH_LENGTH 1024

/* Monospaced ones first, in the order of preference; then those that lend single characters. */
static const char *const names[PLX__FAMILIES][2] = {
    {"JetBrainsMono-Regular", "JetBrainsMono-Bold"},
    {"DejaVuSansMono", "DejaVuSansMono-Bold"},
    {"NotoSansMono-Regular", "NotoSansMono-Bold"},
    {"LiberationMono-Regular", "LiberationMono-Bold"},
    {"FiraMono-Regular", "FiraMono-Bold"},
    {"SourceCodePro-Regular", "SourceCodePro-Bold"},
    {"Hack-Regular", "Hack-Bold"},
    {"UbuntuMono-R", "UbuntuMono-B"},
    {"IBMPlexMono-Regular", "IBMPlexMono-Bold"},
    {"FreeMono", "FreeMonoBold"},
    {"Menlo", NULL},
    {"Monaco", NULL},
    {"NotoSansMonoCJKsc-Regular", NULL},
    {"NotoSansCJK-Regular", NULL},
    {"NotoSansSymbols2-Regular", NULL},
    {"DejaVuSans", NULL},
};

struct search {
    struct plx__family *family;
    int files;
};

/* Is `file` this name with the ending of a font? */
static int is_font(const char *file, const char *name)
{
    size_t length = name != NULL ? strlen(name) : 0;
    if (length == 0 || strncmp(file, name, length) != 0)
        return 0;
    const char *ending = file + length;
    return strcmp(ending, ".ttf") == 0 || strcmp(ending, ".otf") == 0 || strcmp(ending, ".ttc") == 0;
}

static void look_at(struct search *search, const char *path, const char *file)
{
    for (int i = 0; i < PLX__FAMILIES; i++) {
        char **found[] = {&search->family[i].regular, &search->family[i].bold};
        for (int weight = 0; weight < 2; weight++)
            if (*found[weight] == NULL && is_font(file, names[i][weight]))
                *found[weight] = strdup(path);
    }
}

static void walk(struct search *search, const char *folder, int depth)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return;
    for (struct dirent *entry; search->files < FILES_MAX && (entry = readdir(dir)) != NULL;) {
        char path[PATH_LENGTH];
        if (entry->d_name[0] == '.')
            continue;
        if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= (int)sizeof path)
            continue;
        search->files++;
        look_at(search, path, entry->d_name);
        if (entry->d_type != DT_REG && depth > 0) /* a link may lead to a folder */
            walk(search, path, depth - 1);
    }
    closedir(dir);
}

static void walk_home(struct search *search, const char *below)
{
    const char *home = getenv("HOME");
    char path[PATH_LENGTH];
    if (home != NULL && snprintf(path, sizeof path, "%s/%s", home, below) < (int)sizeof path)
        walk(search, path, DEPTH_MAX);
}

void plx__families_find(struct plx__family family[PLX__FAMILIES], const char *const *roots)
{
    static const char *const usual[] = {
        "/usr/local/share/fonts", "/usr/share/fonts",          "/Library/Fonts",
        "/System/Library/Fonts",  "/opt/homebrew/share/fonts", NULL};
    struct search search = {.family = family};
    memset(family, 0, PLX__FAMILIES * sizeof *family);
    if (roots == NULL) {
        walk_home(&search, ".local/share/fonts");
        walk_home(&search, ".fonts");
        walk_home(&search, "Library/Fonts");
        roots = usual;
    }
    for (; *roots != NULL; roots++)
        walk(&search, *roots, DEPTH_MAX);
}

void plx__families_done(struct plx__family family[PLX__FAMILIES])
{
    for (int i = 0; i < PLX__FAMILIES; i++) {
        free(family[i].regular);
        free(family[i].bold);
        family[i] = (struct plx__family){NULL, NULL};
    }
}

char *plx__bold_beside(const char *regular)
{
    const char *slash = strrchr(regular, '/'), *file = slash != NULL ? slash + 1 : regular;
    const char *dot = strrchr(file, '.'), *part = strstr(file, "-Regular");
    size_t stem = part != NULL  ? (size_t)(part - regular)
                  : dot != NULL ? (size_t)(dot - regular)
                                : strlen(regular);
    char path[PATH_LENGTH];
    if (snprintf(path, sizeof path, "%.*s-Bold%s", (int)stem, regular, dot != NULL ? dot : "") >=
        (int)sizeof path)
        return NULL;
    return access(path, R_OK) == 0 ? strdup(path) : NULL;
}
