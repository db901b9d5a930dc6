/* SPDX-License-Identifier: MIT
 *
 * The leaf, the hand, the journal: see leaf.h.
 */
#include "tests/support/leaf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ── the leaf ─────────────────────────────────────────────────────────────────────────────────────── */

int leaf_fails_line;

leaf leaf_of(struct probe *probe)
{
    return (leaf){probe};
}

enum plx_answer leaf_poll(leaf *self, plx_context *cx, token *out)
{
    struct probe *probe = self->probe;
    plx_waker_drop(&probe->waker);
    probe->polls++;
    journal_add("poll %s", probe->name ? probe->name : "?");
    if (probe->polls > probe->waits) {
        probe->ended = true;
        if (probe->code) {
            leaf_fails_line = __LINE__ + 1;
            return plx_fail(cx, probe->code);
        }
        *out = (token){probe, probe->value};
        return PLX_READY;
    }
    if (!probe->silent)
        probe->waker = plx_context_waker(cx);
    return PLX_NOT_READY;
}

void leaf_drop(leaf *self)
{
    self->probe->drops++;
    plx_waker_drop(&self->probe->waker);
    journal_add("drop %s", self->probe->name ? self->probe->name : "?");
}

bool probe_notify(struct probe *probe)
{
    plx_waker waker = PLX_MOVE(probe->waker);
    if (!waker.notify)
        return false;
    plx_waker_notify(waker);
    plx_waker_drop(&waker);
    return true;
}

static void token_print(char *text, size_t size, const void *item)
{
    snprintf(text, size, "token %d", ((const token *)item)->value);
}

void token_drop(void *item)
{
    token *gone = item;
    if (gone->owner)
        gone->owner->items_dropped++;
    gone->owner = NULL;
}

const struct plx_item_traits token_traits = {token_print, token_drop};

/* ── the journal ──────────────────────────────────────────────────────────────────────────────────── */

char journal[1024];

void journal_clear(void)
{
    journal[0] = '\0';
}

/* A full journal stays as it is. */
void journal_add(const char *format, ...)
{
    size_t used = strlen(journal);
    if (used + 1 < sizeof journal && used)
        used += (size_t)snprintf(journal + used, sizeof journal - used, ", ");
    if (used >= sizeof journal)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(journal + used, sizeof journal - used, format, arguments);
    va_end(arguments);
}

/* ── polls by hand ────────────────────────────────────────────────────────────────────────────────── */

static void hand_notify(const struct plx_notify *notify, uintptr_t id, struct plx_cause by)
{
    (void)notify;
    (void)by;
    ((struct hand *)id)->notified++;
}

static uintptr_t hand_clone(const struct plx_notify *notify, uintptr_t id)
{
    (void)notify;
    ((struct hand *)id)->clones++;
    return id;
}

static void hand_drop(const struct plx_notify *notify, uintptr_t id)
{
    (void)notify;
    ((struct hand *)id)->drops++;
}

static const struct plx_notify hand_functions = {hand_notify, hand_clone, hand_drop};

void hand_enter(struct hand *hand)
{
    hand->cx = (plx_context){.waker = {&hand_functions, (uintptr_t)hand}};
    plx__context_enter(&hand->cx);
}

void hand_leave(struct hand *hand)
{
    plx__context_leave(&hand->cx);
}

int hand_wakers(const struct hand *hand)
{
    return hand->clones - hand->drops;
}

/* ── standard error ───────────────────────────────────────────────────────────────────────────────── */

static FILE *captured;
static int real_stderr = -1;

void capture_stderr(void)
{
    fflush(stderr);
    captured = tmpfile();
    real_stderr = dup(STDERR_FILENO);
    if (!captured || real_stderr < 0 || dup2(fileno(captured), STDERR_FILENO) < 0)
        abort();
}

const char *captured_stderr(void)
{
    static char text[8192];
    fflush(stderr);
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    rewind(captured);
    text[fread(text, 1, sizeof text - 1, captured)] = '\0';
    fclose(captured);
    fputs(text, stderr);
    return text;
}

int count_of(const char *text, const char *word)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, word)); at += strlen(word))
        count++;
    return count;
}
