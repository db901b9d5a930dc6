/* SPDX-License-Identifier: MIT
 *
 * Reads the file `check` of a lesson, see rules.h. The text is read once and cut up in place.
 */
#include "viz/lesson/rules.h"

#include "viz/lesson/lesson.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS     5
#define SECONDS_MAX 600

struct reader {
    struct plx_rules *rules;
    const char **sentence; /* of the line above: where its sentence goes, NULL when it has none */
    char *end;             /* of the sentence so far */
    size_t line;
    const char *name;
    struct plx_problem *why;
};

static int wrong(struct reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int wrong(struct reader *reader, const char *format, ...)
{
    char text[160];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    reader->why->line = reader->line;
    snprintf(reader->why->text, sizeof reader->why->text, "%.60s:%zu: %s", reader->name, reader->line, text);
    return -EINVAL;
}

/* Cuts the next word off *text; "" at its end. */
static char *word(char **text)
{
    char *at = *text + strspn(*text, " \t");
    char *end = at + strcspn(at, " \t");
    *text = *end != '\0' ? end + 1 : end;
    *end = '\0';
    return at;
}

static char *trimmed(char *text)
{
    text += strspn(text, " \t");
    for (char *end = text + strlen(text);
         end > text && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'); end--)
        end[-1] = '\0';
    return text;
}

/* ── steps ────────────────────────────────────────────────────────────────────────────────────────── */

static int part_named(const struct plx_rules *rules, const char *name)
{
    for (int i = 0; i < rules->parts; i++)
        if (strcmp(rules->part[i], name) == 0)
            return i + 1;
    return strcmp(name, "") == 0 ? 0 : -1;
}

static bool kind_named(const char *name, bool answers, enum plx_kind *kind)
{
    static const struct {
        const char *name;
        enum plx_kind kind;
        bool answer;
    } words[] = {
        {"poll", PLX_EV_poll, false},  {"drop", PLX_EV_drop, false},    {"make", PLX_EV_label, false},
        {"Ready", PLX_EV_ready, true}, {"Failed", PLX_EV_failed, true}, {"NotReady", PLX_EV_not_ready, true},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i].answer == answers && strcmp(words[i].name, name) == 0)
            return *kind = words[i].kind, true;
    return false;
}

/* "poll", "poll first", "drop first", "make second"; "Ready", "first Ready" and the other answers. */
static bool read_step(const struct plx_rules *rules, char *text, struct plx_step *step)
{
    char *first = word(&text), *second = word(&text);
    bool verb = kind_named(first, false, &step->kind);
    if (verb)
        step->part = part_named(rules, second);
    else if (kind_named(first, true, &step->kind) && *second == '\0')
        step->part = 0;
    else if (kind_named(second, true, &step->kind))
        step->part = *first != '\0' ? part_named(rules, first) : -1;
    else
        return false;
    return step->part >= 0 && *word(&text) == '\0';
}

static int read_steps(struct reader *reader, char *text, char divider, struct plx_step *steps, int *count)
{
    for (*count = 0; text != NULL; ++*count) {
        char *next = strchr(text, divider);
        if (next != NULL)
            *next++ = '\0';
        text = trimmed(text);
        if (*count == PLX_RULE_STEPS)
            return wrong(reader, "at most %d steps stand in one list", PLX_RULE_STEPS);
        char copy[64];
        snprintf(copy, sizeof copy, "%s", text);
        if (!read_step(reader->rules, copy, &steps[*count]))
            return wrong(reader, "\"%.40s\" is no step", text);
        text = next;
    }
    return 0;
}

/* ── lines ────────────────────────────────────────────────────────────────────────────────────────── */

static void expect_sentence(struct reader *reader, const char **where)
{
    *where = "";
    reader->sentence = where;
    reader->end = NULL;
}

static int read_rule(struct reader *reader, enum plx_rule_kind kind, char *text)
{
    static const char *const between[] = {" expect ", " never ", " need ", " as "};
    struct plx_rules *rules = reader->rules;
    char *middle = strstr(text, between[kind]);
    if (middle == NULL)
        return wrong(reader, "the word%sis missing", between[kind]);
    struct plx_rule *grown = realloc(rules->rule, (rules->count + 1) * sizeof *grown);
    if (grown == NULL)
        return -ENOMEM;
    rules->rule = grown;
    struct plx_rule *rule = &grown[rules->count++];
    memset(rule, 0, sizeof *rule);
    rule->kind = kind;
    expect_sentence(reader, &rule->sentence);
    *middle = '\0';
    int result = read_steps(reader, text, kind == PLX_RULE_AFTER ? ',' : '|', rule->when, &rule->given);
    if (result == 0)
        result = read_steps(reader, middle + strlen(between[kind]), '|', rule->then, &rule->wanted);
    return result;
}

static int read_print(struct reader *reader, char *text)
{
    struct plx_rules *rules = reader->rules;
    const char **grown = realloc(rules->print, (rules->prints + 1) * sizeof *grown);
    if (grown == NULL)
        return -ENOMEM;
    rules->print = grown;
    grown[rules->prints++] = text;
    return 0;
}

static int read_watch(struct reader *reader, char *text)
{
    struct plx_rules *rules = reader->rules;
    rules->watched = word(&text);
    for (char *name = word(&text); *name != '\0'; name = word(&text)) {
        if (rules->parts == PLX_RULE_PARTS)
            return wrong(reader, "at most %d parts have names", PLX_RULE_PARTS);
        rules->part[rules->parts++] = name;
    }
    return *rules->watched != '\0' ? 0 : wrong(reader, "futures of which kind are watched?");
}

static int read_seconds(struct reader *reader, const char *text)
{
    char *end;
    long seconds = strtol(text, &end, 10);
    if (end == text || *end != '\0' || seconds < 1 || seconds > SECONDS_MAX)
        return wrong(reader, "seconds are a number from 1 to %d", SECONDS_MAX);
    reader->rules->seconds = (unsigned)seconds;
    return 0;
}

static int go_on_with_sentence(struct reader *reader, char *text)
{
    size_t length = strlen(text);
    if (reader->sentence == NULL)
        return wrong(reader, "an indented line goes on with a sentence, and the line above has none");
    if (reader->end == NULL) {
        *reader->sentence = text;
        reader->end = text + length;
    } else { /* moved up to the end of the one before: there is room, as the text only shrinks */
        *reader->end++ = ' ';
        memmove(reader->end, text, length + 1);
        reader->end += length;
    }
    return 0;
}

static int read_line(struct reader *reader, char *line)
{
    if (*line == '#' || *trimmed(line) == '\0')
        return 0;
    if (*line == ' ' || *line == '\t')
        return go_on_with_sentence(reader, trimmed(line));
    char *rest = line, *key = word(&rest);
    rest = trimmed(rest);
    reader->sentence = NULL;
    if (strcmp(key, "gap") == 0) {
        reader->rules->gap = rest;
        expect_sentence(reader, &reader->rules->gap_sentence);
        return 0;
    }
    if (strcmp(key, "seconds") == 0)
        return read_seconds(reader, rest);
    if (strcmp(key, "print") == 0)
        return read_print(reader, rest);
    if (strcmp(key, "watch") == 0)
        return read_watch(reader, rest);
    static const char *const rules[] = {"after", "once", "before", "same"};
    for (int kind = 0; kind < 4; kind++)
        if (strcmp(key, rules[kind]) == 0)
            return read_rule(reader, (enum plx_rule_kind)kind, rest);
    return wrong(reader, "\"%.40s\" is no word of a check", key);
}

int plx_rules_load(const char *path, struct plx_rules *rules, struct plx_problem *why)
{
    struct reader reader = {.rules = rules, .name = "check", .why = why};
    memset(rules, 0, sizeof *rules);
    rules->gap = rules->gap_sentence = rules->watched = "";
    rules->seconds = SECONDS;
    rules->text = plx__file_text(path);
    if (rules->text == NULL) {
        int result = -errno;
        snprintf(why->text, sizeof why->text, "%.180s: %s", path, strerror(-result));
        return result;
    }
    int result = 0;
    for (char *line = rules->text, *next; result == 0 && line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        reader.line++;
        result = read_line(&reader, line);
    }
    if (result == -ENOMEM)
        snprintf(why->text, sizeof why->text, "%s", strerror(ENOMEM));
    return result;
}

void plx_rules_done(struct plx_rules *rules)
{
    free(rules->print);
    free(rules->rule);
    free(rules->text);
    memset(rules, 0, sizeof *rules);
}
