/* SPDX-License-Identifier: MIT
 *
 * The room: an actor. It alone knows who is there; all others talk to it through its inbox.
 *
 *     member ──▶ ┌───────┐          ┌──▶ mailbox of a member ──▶ its writer
 *     member ──▶ │ inbox │ ──▶ room ┼──▶ mailbox
 *     member ──▶ └───────┘          └──▶ mailbox
 *
 * Both are bounded, and differ in what happens when they are full. Who writes into a full inbox waits: so
 * nobody can talk faster than the room listens. The room waits for nobody: when a mailbox is full its member
 * misses the line, and is told how many it has missed as soon as it reads again. So one who does not read
 * holds up none of the others, and costs at most a mailbox.
 */
#ifndef CHAT_ROOM_H
#define CHAT_ROOM_H

#include "tests/programs/chat/line.h"

enum { INBOX_EVENTS = 256, MAILBOX_LINES = 1024 };

PLX_MPSC_OWNING(mailbox, struct line *, line_drop)
PLX_ONESHOT(welcome, int) /* 0: you are in; else why not */

enum event_kind { JOIN, SAY, LEAVE };

struct event {
    enum event_kind kind;
    uint64_t member; /* who */
    char name[NAME_MAX_BYTES + 1];
    mailbox_sender mailbox; /* JOIN: owned */
    welcome_sender welcome;
    struct line *line; /* SAY: owned */
};

static void event_drop(struct event *event)
{
    mailbox_sender_drop(&event->mailbox);
    welcome_sender_drop(&event->welcome);
    line_drop(&event->line);
}

PLX_MPSC_OWNING(inbox, struct event, event_drop)

/* ── who is there ─────────────────────────────────────────────────────────────────────────────────── */

struct member {
    uint64_t number;
    char name[NAME_MAX_BYTES + 1];
    mailbox_sender mailbox;
    uint64_t missed; /* lines since its mailbox was full */
};

struct room {
    inbox_receiver inbox;
    struct member *members;
    size_t count, capacity;
};

static struct member *find_member(struct room *room, uint64_t number)
{
    for (size_t i = 0; i < room->count; i++)
        if (room->members[i].number == number)
            return &room->members[i];
    return NULL;
}

static bool name_is_taken(const struct room *room, const char *name)
{
    for (size_t i = 0; i < room->count; i++)
        if (strcmp(room->members[i].name, name) == 0)
            return true;
    return false;
}

/* ── what they are told ───────────────────────────────────────────────────────────────────────────── */

static bool post(struct member *member, struct line *line)
{
    struct line *own = line_keep(line);
    if (mailbox_try_send(&member->mailbox, own) == 0)
        return true;
    line_drop(&own);
    return false;
}

/* One line for one member, after a word about those it has missed. */
static void tell(struct member *member, struct line *line)
{
    if (member->missed > 0) {
        struct line *word = line_new("* %llu line(s) were left out: you read too slowly\n",
                                     (unsigned long long)member->missed);
        if (word && post(member, word))
            member->missed = 0;
        line_drop(&word);
    }
    if (member->missed > 0 || !post(member, line))
        member->missed++;
}

/* Takes the line over. */
static void tell_all_but(struct room *room, uint64_t speaker, struct line *line)
{
    for (size_t i = 0; line && i < room->count; i++)
        if (room->members[i].number != speaker)
            tell(&room->members[i], line);
    line_drop(&line);
}

/* ── what happens ─────────────────────────────────────────────────────────────────────────────────── */

static int add_member(struct room *room, struct event *event)
{
    if (name_is_taken(room, event->name))
        return -EEXIST;
    if (room->count == room->capacity) {
        size_t capacity = room->capacity ? 2 * room->capacity : 16;
        struct member *grown = realloc(room->members, capacity * sizeof *grown);
        if (!grown)
            return -ENOMEM;
        room->members = grown;
        room->capacity = capacity;
    }
    struct member *member = &room->members[room->count++];
    *member = (struct member){.number = event->member, .mailbox = PLX_MOVE(event->mailbox)};
    strcpy(member->name, event->name);
    return 0;
}

static void join(struct room *room, struct event *event)
{
    int error = add_member(room, event);
    welcome_send(&event->welcome, error);
    if (error)
        return;
    struct line *welcome = line_new("* welcome, %s; %zu are here\n", event->name, room->count);
    if (welcome)
        tell(find_member(room, event->member), welcome);
    line_drop(&welcome);
    tell_all_but(room, event->member, line_new("* %s joins\n", event->name));
}

static void leave(struct room *room, uint64_t number)
{
    struct member *member = find_member(room, number);
    if (!member)
        return;
    struct line *line = line_new("* %s leaves\n", member->name);
    mailbox_sender_drop(&member->mailbox); /* its writer finishes what is in it, and ends */
    *member = room->members[--room->count];
    tell_all_but(room, number, line);
}

static plx_ok happen(struct room *room, inbox_item next)
{
    struct event *event = &next.value;
    if (event->kind == JOIN)
        join(room, event);
    else if (event->kind == LEAVE)
        leave(room, event->member);
    else
        tell_all_but(room, event->member, PLX_MOVE(event->line));
    event_drop(event);
    return plx_ok_new();
}

static inbox_receiver open_inbox(struct room *room)
{
    return PLX_MOVE(room->inbox);
}

static void room_cleanup(struct room *room)
{
    for (size_t i = 0; i < room->count; i++)
        mailbox_sender_drop(&room->members[i].mailbox);
    free(room->members);
    inbox_receiver_drop(&room->inbox);
}

/* The actor ends when all who could write to it are gone. */
PLX_START(events, struct room, inbox_receiver, open_inbox)
PLX_FOR_EACH(room_life, events, plx_ok, happen)
PLX_OWNING(room_actor, room_life, room_cleanup)

#endif
