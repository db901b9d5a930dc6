/* SPDX-License-Identifier: MIT
 *
 * Text from strangers, made harmless.
 *
 * A trace may hold any bytes in a name. Every string passes through here once, when it is read, so neither
 * the terminal nor the window ever sees a control character, a bidirectional override or broken UTF-8.
 */
#ifndef PLX_VIZ_TEXT_H
#define PLX_VIZ_TEXT_H

#include <stddef.h>

/* An input of n bytes never becomes longer than this, without the final NUL. */
#define PLX_CLEAN_SIZE(n) ((n)*3)

/*
 * Copies `length` bytes of `in` to `out`, which has room for `size` bytes (at least 1), and ends it with a
 * NUL. What could steer a terminal becomes visible: ESC is shown as U+241B (␛), other C0 controls by their
 * picture, DEL as ␡; C1 controls, bidirectional and invisible format characters, line separators,
 * noncharacters and bytes that are not UTF-8 as U+FFFD (�). A text too long is cut between characters.
 * Returns the length of `out`.
 */
size_t plx_clean_text(const char *in, size_t length, char *out, size_t size);

#endif
