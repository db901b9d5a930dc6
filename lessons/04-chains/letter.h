/* SPDX-License-Identifier: MIT
 *
 * The program of the exercise: a user is looked up in a database, a remote service is asked for the balance,
 * and a letter is sent. The two services are played by futures that answer NotReady a few times, so that
 * each run gives the same trace.
 *
 *     find_user(name)
 *         .and_then(|user| get_balance(user))
 *         .and_then(|balance| send_letter(balance))
 *
 * Three letters are wanted: for ann all goes well, bob's record cannot be read, and eve's balance never
 * comes. This file is included at the end of exercise.c and its solution, and has the main of both.
 */
#ifndef LESSON_LETTER_H
#define LESSON_LETTER_H

#include "my_and_then.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>

/* ── the two services ─────────────────────────────────────────────────────────────────────────────── */

/* A question that is under way: it answers NotReady `waits` times, then Failed(error), or without one
 * Ready(reply). */
typedef struct question {
    int waits;
    int error;
    int reply;
} question;

static enum plx_answer question_poll(question *self, plx_context *cx, int *out)
{
    if (self->waits > 0) {
        self->waits--;
        plx_detail(cx, "no reply yet");
        plx_context_notify(cx); /* the promise: here it is kept at once */
        return PLX_NOT_READY;
    }
    if (self->error)
        return plx_fail(cx, self->error);
    *out = self->reply;
    return PLX_READY;
}

typedef question query;
typedef int query_item;

static enum plx_answer query_poll(query *self, plx_context *cx, int *out)
{
    return question_poll(self, cx, out);
}

static void query_drop(query *self)
{
    (void)self;
}

PLX_LEAF(query)

typedef question rpc;
typedef int rpc_item;

static enum plx_answer rpc_poll(rpc *self, plx_context *cx, int *out)
{
    return question_poll(self, cx, out);
}

static void rpc_drop(rpc *self)
{
    (void)self;
}

PLX_LEAF(rpc)

/* ── the chain ────────────────────────────────────────────────────────────────────────────────────── */

struct letter {
    const char *name;
    query database; /* how the database will answer … */
    rpc bank;       /* … and how the bank */
};

static query find_user(struct letter *letter)
{
    return letter->database;
}

static rpc get_balance(struct letter *letter, int user)
{
    rpc answer = letter->bank;
    answer.reply = 100 * user;
    return answer;
}

static rpc send_letter(struct letter *letter, int balance)
{
    (void)letter;
    return (rpc){.waits = 1, .reply = balance + 1};
}

/* clang-format off */
PLX_START  (user_found,   struct letter, query, find_user)
MY_AND_THEN(balance_got,  user_found,    rpc,   get_balance)
MY_AND_THEN(letter_sent,  balance_got,   rpc,   send_letter)
/* clang-format on */

static void send_to(struct plx_runtime *runtime, struct letter letter)
{
    int number;
    int error = PLX_BLOCK_ON(runtime, letter_sent, letter_sent_new(&letter), &number);
    if (error)
        printf("%s: %s\n", letter.name, plx_error_text(error));
    else
        printf("%s: letter %d is sent\n", letter.name, number);
    fflush(stdout);
}

/* The trace is written by a thread of its own. Should your code crash, this gives it a moment to write
 * what led to it. */
static void hold_on(int number)
{
    const struct timespec moment = {0, 50000000};
    (void)number;
    nanosleep(&moment, NULL);
}

static void expect_crashes(void)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaction(numbers[i], &(struct sigaction){.sa_handler = hold_on, .sa_flags = SA_RESETHAND}, NULL);
}

int main(void)
{
    struct plx_runtime *runtime;
    expect_crashes();
    int error = plx_runtime_new(&(struct plx_runtime_options){.kind = PLX_CURRENT_THREAD}, &runtime);
    if (error) {
        fprintf(stderr, "the runtime does not start: %s\n", plx_error_text(error));
        return 1;
    }
    send_to(runtime, (struct letter){"ann", .database = {.waits = 2, .reply = 7}, .bank = {.waits = 1}});
    send_to(runtime, (struct letter){"bob", .database = {.waits = 1, .error = -EACCES}});
    send_to(runtime,
            (struct letter){"eve", .database = {.reply = 9}, .bank = {.waits = 1, .error = -ETIMEDOUT}});
    plx_runtime_free(runtime);
    return 0;
}

#endif
