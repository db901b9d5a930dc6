/* SPDX-License-Identifier: MIT
 *
 * Telling tasks that something has happened, without saying what: they look for themselves. (The library's
 * word notify is about one task, see task/notify.h; this one is about whoever waits here.)
 *
 *     static struct plx_sync_notify changed = PLX_SYNC_NOTIFY;
 *
 *     plx_sync_notify_one(&changed);                wakes who has waited longest; if nobody waits, the next
 *                                                   one to come need not wait: one notification is kept
 *     plx_sync_notify_waiters(&changed);            wakes all who wait now; nothing is kept
 *
 *     PLX_AWAIT(PLX_NOTHING, told, plx_notified_new(&changed));
 *
 * To wait for a condition: make the plx_notified first, then look, then await it. A notify_waiters that comes
 * after it was made is not missed, though it was not polled yet.
 *
 * A future that was notified by notify_one and is dropped before it has answered hands the notification on.
 *
 * Source: Tokio 1.x `sync/notify.rs`.
 */
#ifndef PLX_SYNC_NOTIFY_H
#define PLX_SYNC_NOTIFY_H

#include "lib/future/future.h"
#include "lib/sync/sync.h"
#include "lib/sync/waiters.h"

/* The word: how often notify_waiters was called, above two bits that are
 *     NOBODY ──notify_one──▶ KEPT ──notified──▶ NOBODY
 *     NOBODY ──a waiter joins──▶ WAITED ──the last one is woken or leaves──▶ NOBODY */
enum { PLX_NOTIFY_NOBODY, PLX_NOTIFY_KEPT, PLX_NOTIFY_WAITED, PLX_NOTIFY_BITS, PLX_NOTIFY_CALL };

struct plx_sync_notify {
    _Atomic uint64_t word; /* any thread; to and from WAITED, and the calls, only under the lock */
    struct plx_lock lock;
    struct plx_waiters waiters; /* under the lock */
    struct plx_sync_name name;
};

#define PLX_SYNC_NOTIFY                                                                                      \
    {                                                                                                        \
        .name = { "notify", 0, 0 }                                                                           \
    }

void plx_sync_notify_init(struct plx_sync_notify *notify);

/* Any thread. */
void plx_sync_notify_one(struct plx_sync_notify *notify);
void plx_sync_notify_waiters(struct plx_sync_notify *notify);

/* Waits for a notification. It does not move once it was polled. */
typedef struct plx_notified {
    struct plx_sync_notify *notify;
    uint64_t calls : 63; /* when it was made. With the next one in a word: a million of these wait at times */
    uint64_t queued : 1;
    struct plx_waiter waiter; /* chosen: by notify_one */
} plx_notified;
typedef plx_unit plx_notified_item;
PLX_LEAF_DECLARE(plx_notified)

plx_notified plx_notified_new(struct plx_sync_notify *notify);

#endif
