/* SPDX-License-Identifier: MIT
 *
 * The file `check` of a lesson: what the exercise must print, and in which order the futures of its trace
 * must ask and answer. lessons/README.md tells the language; it is line by line, and an indented line goes
 * on with the sentence above.
 */
#ifndef PLX_LESSON_RULES_H
#define PLX_LESSON_RULES_H

#include "viz/trace/recording.h"

#define PLX_RULE_PARTS 4 /* a future that is watched has at most so many children with names */
#define PLX_RULE_STEPS 6 /* in a rule's context, and among its alternatives */

/* One thing that happens to a watched future (part 0) or to one of its parts (from 1): it is polled,
 * answers, is dropped, or is made, which its label tells. */
struct plx_step {
    enum plx_kind kind;
    int part;
};

enum plx_rule_kind {
    PLX_RULE_AFTER,  /* after these steps in a row, one of those is next */
    PLX_RULE_ONCE,   /* once one of these has been, none of those may follow */
    PLX_RULE_BEFORE, /* before one of these, one of those must have been */
    PLX_RULE_SAME,   /* the last of these answers has the same value as that one */
};

struct plx_rule {
    enum plx_rule_kind kind;
    int given, wanted;
    struct plx_step when[PLX_RULE_STEPS], then[PLX_RULE_STEPS];
    const char *sentence; /* with {got}, {event} and {since} in it */
};

struct plx_rules {
    const char *gap; /* a line that stands in the exercise as long as nothing is done, "" for none … */
    const char *gap_sentence; /* … and what is said then */
    unsigned seconds;         /* how long it may run */
    size_t prints;            /* what it must print, line by line */
    const char **print;
    const char *watched; /* the kind of the futures that are watched, "" for none */
    int parts;
    const char *part[PLX_RULE_PARTS];
    size_t count;
    struct plx_rule *rule;
    char *text; /* owner of all the texts */
};

/* Reads a check. 0, or a negative errno with *why filled, which names file and line. Freed with
 * plx_rules_done, also after an error. */
int plx_rules_load(const char *path, struct plx_rules *rules, struct plx_problem *why);
void plx_rules_done(struct plx_rules *rules);

/* What came of holding a trace against the rules: the first of its events that breaks one. */
struct plx_verdict {
    size_t event;       /* 0: all is well */
    char sentence[512]; /* clean */
    size_t watched;     /* futures */
    size_t polls;       /* of theirs */
    size_t last;        /* the last event that was about one of them or their parts, 0 for none */
    char last_words[192];
};
void plx_rules_judge(const struct plx_rules *rules, const struct plx_recording *recording,
                     struct plx_verdict *verdict);

#endif
