/* SPDX-License-Identifier: MIT
 *
 * The tests of the deque with indices of 8 bits, as small builds have them: they come round every 256 tasks,
 * thousands of times in the storm at the end.
 */
#undef PLX_SMALL
#define PLX_SMALL 1
#include "tests/unit/scheduler/test_deque.c"
