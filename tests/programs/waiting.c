/* SPDX-License-Identifier: MIT
 *
 * What tasks wait for when it is not a socket, in small: for traces/waiting.jsonl.
 *
 * A librarian, an actor, owns the catalogue. Three readers send titles to its mailbox and wait for the shelf,
 * no longer than 30 ms. To look a title up the librarian thinks for 10 ms and then reads a card, which blocks
 * its thread, so that the worker goes on under another one. The last reader asks for a title that takes too
 * long. Who has an answer writes it into the guest book, which is locked for 15 ms. The clock stands still,
 * and jumps when there is nothing else to do.
 */
#include <pollux.h>

#include <stdio.h>
#include <unistd.h>

enum { THINKING_MS = 10, PATIENCE_MS = 30, WRITING_MS = 15, RARE = 9, RARE_MS = 60 };

PLX_ONESHOT(answer, int)

struct question {
    int title;
    answer_sender reply;
};

static void question_drop(struct question *question)
{
    answer_sender_drop(&question->reply);
}

PLX_MPSC_OWNING(mailbox, struct question, question_drop)

static struct plx_mutex guest_book = PLX_MUTEX;

/* ── the librarian ────────────────────────────────────────────────────────────────────────────────────── */

struct librarian_vars {
    mailbox_receiver mailbox;
    mailbox_item next;
    int shelf;
};

/* Slow as only a drawer of cards can be. */
static int read_card(struct librarian_vars *my, int *shelf)
{
    usleep(20000);
    *shelf = my->next.value.title * 100;
    return 0;
}

PLX_BLOCKING(card, struct librarian_vars, int, read_card)

static void librarian_cleanup(struct librarian_vars *my)
{
    question_drop(&my->next.value);
    mailbox_receiver_drop(&my->mailbox);
}

#define LIBRARIAN_AWAITS(AWAIT)                                                                              \
    AWAIT(asked, mailbox_recv)                                                                               \
    AWAIT(thought, plx_delay)                                                                                \
    AWAIT(read, card)

PLX_ASYNC(librarian, struct librarian_vars, plx_unit, LIBRARIAN_AWAITS, librarian_cleanup)
{
    PLX_BEGIN;
    for (;;) {
        PLX_AWAIT(my->next, asked, mailbox_recv_new(&my->mailbox));
        if (my->next.end)
            PLX_RETURN((plx_unit){0});
        PLX_AWAIT(PLX_NOTHING, thought,
                  plx_delay_for(PLX_MS(my->next.value.title == RARE ? RARE_MS : THINKING_MS)));
        PLX_AWAIT(my->shelf, read, card_new(my));
        answer_send(&my->next.value.reply, my->shelf);
    }
    PLX_END;
}

/* ── its readers ──────────────────────────────────────────────────────────────────────────────────────── */

struct reader_vars {
    mailbox_sender librarian;
    int title, shelf;
    answer_receiver reply;
    plx_permit pen;
};

static void reader_cleanup(struct reader_vars *my)
{
    plx_permit_drop(&my->pen);
    answer_receiver_drop(&my->reply);
    mailbox_sender_drop(&my->librarian);
}

PLX_TIMEOUT_OF(soon, answer_receiver)

#define READER_AWAITS(AWAIT)                                                                                 \
    AWAIT(asked, mailbox_send)                                                                               \
    AWAIT(answered, soon)                                                                                    \
    AWAIT(locked, plx_mutex_lock)                                                                            \
    AWAIT(written, plx_delay)

PLX_ASYNC(reader, struct reader_vars, int, READER_AWAITS, reader_cleanup)
{
    struct question question;

    PLX_BEGIN;
    question = (struct question){.title = my->title};
    if (answer_channel(&question.reply, &my->reply))
        PLX_FAIL(-ENOMEM);
    PLX_AWAIT(PLX_NOTHING, asked, mailbox_send_new(&my->librarian, question));
    PLX_AWAIT(my->shelf, answered, soon_of(PLX_MOVE(my->reply), PLX_MS(PATIENCE_MS)));
    PLX_AWAIT(my->pen, locked, plx_mutex_lock_new(&guest_book));
    PLX_AWAIT(PLX_NOTHING, written, plx_delay_for(PLX_MS(WRITING_MS)));
    plx_permit_drop(&my->pen);
    PLX_RETURN(my->shelf);
    PLX_END;
}

int main(void)
{
    struct plx_clock clock = PLX_CLOCK_PAUSED;
    struct plx_runtime *runtime;
    mailbox_sender sender;
    mailbox_receiver receiver;
    struct librarian_vars owner = {0};
    int error = plx_runtime_new(&(struct plx_runtime_options){.workers = 1, .clock = &clock}, &runtime);
    if (error || (error = mailbox_channel(2, &sender, &receiver)))
        return 1;
    owner.mailbox = receiver;
    error = PLX_SPAWN_ON(runtime, librarian, librarian_new(owner));
    static const int titles[] = {3, 4, RARE};
    for (int i = 0; !error && i < 3; i++) {
        struct reader_vars vars = {.title = titles[i]};
        error = mailbox_clone(&sender, &vars.librarian);
        if (!error)
            error = PLX_SPAWN_ON(runtime, reader, reader_new(vars));
    }
    mailbox_sender_drop(&sender);
    plx_runtime_wait_idle(runtime);
    plx_runtime_free(runtime);
    return error ? 1 : 0;
}
