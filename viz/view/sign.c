/* SPDX-License-Identifier: MIT
 *
 * The table of signs, see sign.h.
 */
#include "viz/view/sign.h"

static const struct plx_sign_look looks[PLX_SIGNS] = {
    [PLX_SIGN_LATER] = {"·", ".", "later", 0x8A94A8},
    [PLX_SIGN_POLL] = {"▶", ">", "poll", 0x56B4E9},
    [PLX_SIGN_NOT_READY] = {"…", "~", "NotReady", 0xE69F00},
    [PLX_SIGN_READY] = {"✓", "+", "Ready", 0x009E73},
    [PLX_SIGN_FAILED] = {"✗", "x", "Failed", 0xD55E00},
    [PLX_SIGN_NOTIFIED] = {"!", "!", "notified", 0xF0E442},
    [PLX_SIGN_STOLEN] = {"»", "}", "stolen", 0xCC79A7},
    [PLX_SIGN_DROPPED] = {"–", "-", "dropped", 0x8A94A8},
};

const struct plx_sign_look *plx_sign_look(enum plx_sign sign)
{
    return &looks[(unsigned)sign < PLX_SIGNS ? sign : PLX_SIGN_LATER];
}
