/* SPDX-License-Identifier: MIT
 *
 * The library's kqueue selector, compiled over the imitation in kevent_shim/: plx_kqueue, for tests.
 */
#define PLX_KEVENT_HEADER "tests/support/kevent_shim/sys/event.h"
#include "lib/reactor/selector/kqueue.c"
#include "tests/support/kevent_shim/kevent.c"
