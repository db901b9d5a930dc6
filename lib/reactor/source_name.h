/* SPDX-License-Identifier: MIT
 *
 * What the trace calls a descriptor: "tcp 6142", by the peer's port; "listener 6142"; "udp", "unix", "pipe" …
 */
#ifndef PLX_REACTOR_SOURCE_NAME_H
#define PLX_REACTOR_SOURCE_NAME_H

#include "lib/base.h"

void plx__source_name(int fd, char name[PLX_TEXT_MAX]);

#endif
