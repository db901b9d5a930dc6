/* SPDX-License-Identifier: MIT
 *
 * The workbench of a check, see bench.h.
 */
#include "viz/lesson/bench.h"

#include "viz/lesson/lesson.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *scratch(void)
{
    const char *told = getenv("TMPDIR");
    return told != NULL && *told == '/' ? told : "/tmp";
}

int plx_bench_open(struct plx_bench *bench)
{
    memset(bench, 0, sizeof *bench);
    if (!plx__path(bench->folder, scratch(), "pollux-check-XXXXXX"))
        return -ENAMETOOLONG;
    if (mkdtemp(bench->folder) == NULL) {
        int why = -errno;
        bench->folder[0] = '\0';
        return why;
    }
    if (!plx__path(bench->program, bench->folder, "exercise") ||
        !plx__path(bench->trace, bench->folder, "trace"))
        return -ENAMETOOLONG;
    return 0;
}

/* /tmp is everybody's: a folder that somebody else has put there is not used. */
static bool is_ours(const char *folder)
{
    struct stat facts;
    return lstat(folder, &facts) == 0 && S_ISDIR(facts.st_mode) && facts.st_uid == geteuid() &&
           (facts.st_mode & 022) == 0;
}

bool plx_bench_place(const char *name, char kept[PATH_MAX])
{
    char folder[PATH_MAX], own[64], file[NAME_MAX];
    snprintf(own, sizeof own, "pollux-%lu", (unsigned long)geteuid());
    snprintf(file, sizeof file, "%.200s.jsonl", name);
    if (!plx__path(folder, scratch(), own) || !plx__path(kept, folder, file))
        return false;
    mkdir(folder, 0700);
    return is_ours(folder);
}

bool plx_bench_keep_trace(const struct plx_bench *bench, const char *name, char kept[PATH_MAX])
{
    return plx_bench_place(name, kept) && rename(bench->trace, kept) == 0;
}

void plx_bench_close(struct plx_bench *bench)
{
    if (bench->folder[0] == '\0')
        return;
    unlink(bench->program);
    unlink(bench->trace);
    rmdir(bench->folder);
    bench->folder[0] = '\0';
}
