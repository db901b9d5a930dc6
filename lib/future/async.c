/* SPDX-License-Identifier: MIT
 *
 * What is said when an async function loses its way: see async.h.
 */
#include "lib/future/async.h"

PLX_COLD enum plx_answer plx__async_astray(uint32_t *at, plx_context *cx, const struct plx_shape *shape,
                                           struct plx_at last_line)
{
    if (*at == PLX_AT_END || *at == PLX_AT_DROPPED)
        return plx_polled_after_end(cx, shape);
    if (*at > PLX_AT_POINTS)
        plx_contract_broken(PLX_AWAIT_IN_SWITCH, shape);
    else
        *at = PLX_AT_END; /* PLX_RETURN is missing */
    cx->error = (struct plx_error){-EINVAL, last_line};
    return PLX_FAILED;
}
