/* SPDX-License-Identifier: MIT
 *
 * `pollux recover`: finishes the trace of a program that was killed, see lib/trace/recover.h. And what the
 * other commands say when they open a trace that is not finished.
 */
#include "lib/trace/recover.h"
#include "lib/trace/spill.h"
#include "viz/command/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

int plx_command_recover(int argc, char **argv)
{
    const struct plx_option options[] = {{NULL, '\0', false, NULL, NULL}};
    struct plx_recovery recovery;
    int left = plx_command_options(argc, argv, options, true);
    if (left < 0)
        return PLX_EXIT_USAGE;
    if (left != 1)
        return plx_command_misused("recover", left == 0 ? "which trace?" : "one trace at a time, please");
    if (plx__trace_recover(argv[1], &recovery) != 0)
        return plx_command_failed("recover", "%s", recovery.problem);
    fprintf(stderr, "pollux recover: %" PRIu64 " event%s from the spill, which is removed; %s is whole\n",
            recovery.events, recovery.events == 1 ? "" : "s", argv[1]);
    if (recovery.ignored > 0)
        fprintf(stderr,
                "pollux recover: the last %" PRIu64
                " byte%s of the spill were being written when the program ended, "
                "and do not count\n",
                recovery.ignored, recovery.ignored == 1 ? "" : "s");
    return PLX_EXIT_FINE;
}

void plx_command_mention_spill(const char *name, const char *trace)
{
    char path[4096];
    struct stat facts;
    if (snprintf(path, sizeof path, "%s" PLX_SPILL_SUFFIX, trace) >= (int)sizeof path ||
        stat(path, &facts) != 0)
        return;
    plx_command_failed(name, "%s is not finished, %s holds more. When its program has ended: %s recover %s",
                       trace, path, plx_command_typed, trace);
}
