/* SPDX-License-Identifier: MIT
 *
 * `pollux`: finds the subcommand and runs it.
 */
#include "viz/command/command.h"

#include <string.h>

int main(int argc, char **argv)
{
    if (argc > 0 && strchr(argv[0], '/') != NULL)
        plx_command_typed = argv[0];
    const char *name = argc > 1 ? argv[1] : "help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        name = "version";
    const struct plx_command *command = plx_command_find(name);
    if (command == NULL) {
        const struct plx_command *near = plx_command_nearest(name);
        return plx_command_misused(
            "", near != NULL ? "there is no command %s; do you mean %s?" : "there is no command %s", name,
            near != NULL ? near->name : "");
    }
    if (argc < 2)
        return plx_command_help(1, (char *[]){(char *)"help", NULL}), PLX_EXIT_USAGE;
    bool asks = argc > 2 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0);
    if (asks && command->help != NULL)
        return plx_command_help(2, (char *[]){(char *)"help", (char *)command->name, NULL});
    argv[1] = (char *)command->name;
    return command->run(argc - 1, argv + 1);
}
