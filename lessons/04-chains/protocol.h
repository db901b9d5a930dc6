/* SPDX-License-Identifier: MIT
 *
 * What client and server of this lesson say to each other:
 *
 *     client                         server
 *     HANDSHAKE (10 bytes)  ───────▶
 *                           ◀─────── WELCOME  (10 bytes)
 *     REQUEST   (10 bytes)  ───────▶
 *                           ◀─────── ANSWER   (10 bytes): a number
 */
#ifndef LESSON_PROTOCOL_H
#define LESSON_PROTOCOL_H

enum { MESSAGE_BYTES = 10 };

#define HANDSHAKE "HELLO 6142"
#define WELCOME   "WELCOME  1"
#define REQUEST   "ANSWER ?  "
#define ANSWER    "ANSWER  42"

#endif
