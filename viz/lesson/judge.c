/* SPDX-License-Identifier: MIT
 *
 * Holds a trace against the rules of a lesson's check, see rules.h.
 *
 * Every future of the watched kind is followed on its own. What happens to it and to its parts is a row of
 * steps; a future may be a part of one that is watched and be watched itself. Of the rules about what comes
 * next the one with the longest context decides.
 */
#include "viz/lesson/rules.h"

#include <stdio.h>
#include <string.h>

#define WATCHED_MAX 64
#define SHAPES_MAX  1024

struct watched {
    uint64_t task;
    uint32_t number[PLX_RULE_PARTS + 1]; /* its own in the task, and those of its parts; 0 for none */
    const char *name;
    int recent;
    struct plx_step step[PLX_RULE_STEPS]; /* the last ones, the oldest first */
    size_t event[PLX_RULE_STEPS];
    bool been[PLX_EV_COUNT][PLX_RULE_PARTS + 1];
};

struct court {
    const struct plx_rules *rules;
    const struct plx_recording *recording;
    struct plx_verdict *verdict;
    const struct plx_event *shape[SHAPES_MAX]; /* by its number */
    struct watched watched[WATCHED_MAX];
};

/* ── who is watched ───────────────────────────────────────────────────────────────────────────────── */

static const struct plx_ev_shape *shape_of(const struct court *court, uint32_t number)
{
    return number < SHAPES_MAX && court->shape[number] != NULL ? &court->shape[number]->as_shape : NULL;
}

static struct watched *find(struct court *court, uint64_t task, uint32_t future)
{
    for (size_t i = 0; i < court->verdict->watched; i++)
        if (court->watched[i].task == task && court->watched[i].number[0] == future)
            return &court->watched[i];
    return NULL;
}

/* A future of the kind is known from its first poll on. Its parts follow it in preorder. */
static void watch(struct court *court, const struct plx_event *event)
{
    const struct plx_ev_poll *poll = &event->as_poll;
    const struct plx_ev_shape *shape = shape_of(court, poll->shape);
    if (shape == NULL || strcmp(shape->kind, court->rules->watched) != 0 ||
        court->verdict->watched == WATCHED_MAX || find(court, poll->task, poll->future) != NULL)
        return;
    struct watched *watched = &court->watched[court->verdict->watched++];
    *watched = (struct watched){.task = poll->task, .number = {poll->future}, .name = shape->name};
    uint32_t number = poll->future + 1;
    for (uint32_t i = 0; i < shape->children.count && i < PLX_RULE_PARTS; i++) {
        const struct plx_ev_shape *child = shape_of(court, shape->children.at[i]);
        watched->number[i + 1] = number;
        number += child != NULL ? child->nodes : 1;
    }
}

/* ── what is said ─────────────────────────────────────────────────────────────────────────────────── */

static const char *subject(const struct court *court, const struct watched *watched, int part, char *text,
                           size_t size)
{
    if (part == 0)
        snprintf(text, size, "%s %s", court->rules->watched, watched->name);
    else
        snprintf(text, size, "the %s", part <= court->rules->parts ? court->rules->part[part - 1] : "part");
    return text;
}

static void in_words(const struct court *court, const struct watched *watched, struct plx_step step, size_t n,
                     char *text, size_t size)
{
    const struct plx_event *event = plx_recording_event(court->recording, n);
    char who[96];
    subject(court, watched, step.part, who, sizeof who);
    if (step.kind == PLX_EV_poll)
        snprintf(text, size, "%s was polled", who);
    else if (step.kind == PLX_EV_drop)
        snprintf(text, size, "%s was dropped", who);
    else if (step.kind == PLX_EV_label)
        snprintf(text, size, "%s was made", who);
    else if (step.kind == PLX_EV_not_ready)
        snprintf(text, size, "%s answered NotReady", who);
    else if (step.kind == PLX_EV_ready)
        snprintf(text, size, "%s answered Ready(%.40s)", who, event->as_ready.value);
    else
        snprintf(text, size, "%s answered Failed(%.40s)", who, event->as_failed.error);
}

/* Fills {got}, {event} and {since} in. */
static void fill_in(char *out, size_t size, const char *sentence, const char *got, size_t event, size_t since)
{
    size_t used = 0;
    while (*sentence != '\0' && used + 1 < size) {
        int length = 0;
        if (strncmp(sentence, "{got}", 5) == 0)
            length = snprintf(out + used, size - used, "%s", got), sentence += 5;
        else if (strncmp(sentence, "{event}", 7) == 0)
            length = snprintf(out + used, size - used, "%zu", event), sentence += 7;
        else if (strncmp(sentence, "{since}", 7) == 0)
            length = snprintf(out + used, size - used, "%zu", since), sentence += 7;
        else
            out[used] = *sentence++, length = 1;
        used += length > 0 ? (size_t)length : 0;
    }
    out[used < size ? used : size - 1] = '\0';
}

/* ── the rules ────────────────────────────────────────────────────────────────────────────────────── */

static bool is_among(struct plx_step step, const struct plx_step *steps, int count)
{
    for (int i = 0; i < count; i++)
        if (steps[i].kind == step.kind && steps[i].part == step.part)
            return true;
    return false;
}

static bool any_has_been(const struct watched *watched, const struct plx_step *steps, int count)
{
    for (int i = 0; i < count; i++)
        if (watched->been[steps[i].kind][steps[i].part])
            return true;
    return false;
}

static bool context_fits(const struct watched *watched, const struct plx_rule *rule)
{
    if (rule->given > watched->recent)
        return false;
    for (int i = 0; i < rule->given; i++)
        if (!is_among(watched->step[watched->recent - rule->given + i], &rule->when[i], 1))
            return false;
    return true;
}

/* What an answer brings, as a text. */
static const char *value_of(const struct court *court, size_t n)
{
    const struct plx_event *event = plx_recording_event(court->recording, n);
    return event->kind == PLX_EV_ready    ? event->as_ready.value
           : event->kind == PLX_EV_failed ? event->as_failed.error
                                          : "";
}

static bool is_the_same(const struct court *court, const struct watched *watched, const struct plx_rule *rule,
                        size_t n)
{
    for (int i = watched->recent - 1; i >= 0; i--)
        if (is_among(watched->step[i], rule->when, rule->given))
            return strcmp(value_of(court, watched->event[i]), value_of(court, n)) == 0;
    return true;
}

/* The rule that this step, event n, breaks; NULL for none. */
static const struct plx_rule *broken_by(const struct court *court, const struct watched *watched,
                                        struct plx_step step, size_t n)
{
    const struct plx_rule *decides = NULL;
    for (size_t i = 0; i < court->rules->count; i++) {
        const struct plx_rule *rule = &court->rules->rule[i];
        if (rule->kind == PLX_RULE_ONCE && is_among(step, rule->then, rule->wanted) &&
            any_has_been(watched, rule->when, rule->given))
            return rule;
        if (rule->kind == PLX_RULE_BEFORE && is_among(step, rule->when, rule->given) &&
            !any_has_been(watched, rule->then, rule->wanted))
            return rule;
        if (rule->kind == PLX_RULE_SAME && is_among(step, rule->then, rule->wanted) &&
            !is_the_same(court, watched, rule, n))
            return rule;
        if (rule->kind == PLX_RULE_AFTER && context_fits(watched, rule) &&
            (decides == NULL || rule->given > decides->given))
            decides = rule;
    }
    return decides != NULL && !is_among(step, decides->then, decides->wanted) ? decides : NULL;
}

/* The event that the rule looks from: where its context begins, or the last that was what it asks for. */
static size_t since(const struct watched *watched, const struct plx_rule *rule)
{
    if (rule->kind == PLX_RULE_AFTER)
        return watched->event[watched->recent - rule->given];
    for (int i = watched->recent - 1; i >= 0; i--)
        if (is_among(watched->step[i], rule->when, rule->given))
            return watched->event[i];
    return watched->recent > 0 ? watched->event[watched->recent - 1] : 0;
}

static void remember(struct watched *watched, struct plx_step step, size_t n)
{
    if (watched->recent == PLX_RULE_STEPS) {
        memmove(watched->step, watched->step + 1, (PLX_RULE_STEPS - 1) * sizeof watched->step[0]);
        memmove(watched->event, watched->event + 1, (PLX_RULE_STEPS - 1) * sizeof watched->event[0]);
        watched->recent--;
    }
    watched->step[watched->recent] = step;
    watched->event[watched->recent++] = n;
    watched->been[step.kind][step.part] = true;
}

static void take(struct court *court, struct watched *watched, struct plx_step step, size_t n)
{
    struct plx_verdict *verdict = court->verdict;
    const struct plx_rule *rule = verdict->event == 0 ? broken_by(court, watched, step, n) : NULL;
    verdict->last = n;
    in_words(court, watched, step, n, verdict->last_words, sizeof verdict->last_words);
    if (rule != NULL) {
        verdict->event = n;
        fill_in(verdict->sentence, sizeof verdict->sentence, rule->sentence, verdict->last_words, n,
                since(watched, rule));
    }
    verdict->polls += step.kind == PLX_EV_poll && step.part == 0;
    remember(watched, step, n);
}

/* The future that an event of the group `future` is about, 0 for other events. */
static uint32_t future_of(const struct plx_event *event)
{
    switch (event->kind) {
    case PLX_EV_poll:
        return event->as_poll.future;
    case PLX_EV_not_ready:
        return event->as_not_ready.future;
    case PLX_EV_ready:
        return event->as_ready.future;
    case PLX_EV_failed:
        return event->as_failed.future;
    case PLX_EV_drop:
        return event->as_drop.future;
    case PLX_EV_label:
        return event->as_label.future;
    default:
        return 0;
    }
}

static void look_at(struct court *court, size_t n)
{
    const struct plx_event *event = plx_recording_event(court->recording, n);
    uint32_t future = future_of(event);
    if (event->kind == PLX_EV_shape && event->as_shape.shape < SHAPES_MAX)
        court->shape[event->as_shape.shape] = event;
    if (event->kind == PLX_EV_poll)
        watch(court, event);
    for (size_t i = 0; future != 0 && i < court->verdict->watched; i++)
        for (int part = 0; part <= PLX_RULE_PARTS; part++)
            if (court->watched[i].task == event->task && court->watched[i].number[part] == future)
                take(court, &court->watched[i], (struct plx_step){(enum plx_kind)event->kind, part}, n);
}

void plx_rules_judge(const struct plx_rules *rules, const struct plx_recording *recording,
                     struct plx_verdict *verdict)
{
    struct court court = {.rules = rules, .recording = recording, .verdict = verdict};
    memset(verdict, 0, sizeof *verdict);
    for (size_t n = 1; n <= plx_recording_count(recording); n++)
        look_at(&court, n);
}
