/* SPDX-License-Identifier: MIT
 *
 * `pollux schema`: the format of a trace, derived from lib/trace/events.def and from nothing else.
 *
 * The table is read twice here: once for the sets of words, once for the events with their fields as text.
 */
#include "viz/command/command.h"

#include <stdio.h>
#include <string.h>

enum type { TYPE_ID, TYPE_NUM, TYPE_INT, TYPE_WORD, TYPE_FLAGS, TYPE_TEXT, TYPE_SHAPE, TYPE_SHAPES, TYPE_AT };

struct field {
    const char *name;
    enum type type;
    const char *const *words;
    const char *set;
};

struct event {
    const char *name, *group, *sentence;
    const struct field *field; /* ended by a name NULL */
};

#define WORDS(set, ...) static const char *const words_##set[] = {__VA_ARGS__, NULL};
#include "lib/trace/events.def"

#define ID(f)         {#f, TYPE_ID, NULL, NULL},
#define NUM(f)        {#f, TYPE_NUM, NULL, NULL},
#define INT(f)        {#f, TYPE_INT, NULL, NULL},
#define WORD(f, set)  {#f, TYPE_WORD, words_##set, #set},
#define FLAGS(f, set) {#f, TYPE_FLAGS, words_##set, #set},
#define TEXT(f)       {#f, TYPE_TEXT, NULL, NULL},
#define LITERAL(f)    {#f, TYPE_TEXT, NULL, NULL},
#define HEAP(f)       {#f, TYPE_TEXT, NULL, NULL},
#define SHAPE(f)      {#f, TYPE_SHAPE, NULL, NULL},
#define SHAPES(f)     {#f, TYPE_SHAPES, NULL, NULL},
#define AT(f)         {#f, TYPE_AT, NULL, NULL},
#define EVENT(name, group, fields, sentence)                                                                 \
    static const struct field fields_of_##name[] = {fields{NULL, TYPE_ID, NULL, NULL}};
#include "lib/trace/events.def"

static const struct event events[] = {
#define EVENT(name, group, fields, sentence) {#name, #group, sentence, fields_of_##name},
#include "lib/trace/events.def"
};

#define EVENTS (sizeof events / sizeof *events)

/* ── the JSON Schema ──────────────────────────────────────────────────────────────────────────── */

/* A JSON string. The table is our own: it holds no control character. */
static void print_string(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
    putchar('"');
}

static void print_words(const char *const *word, const char *open, const char *between, const char *close)
{
    fputs(open, stdout);
    for (; *word != NULL; word++)
        printf("%s%s", *word, word[1] != NULL ? between : "");
    fputs(close, stdout);
}

static void print_flags(const struct field *field)
{
    fputs("{\"type\": \"string\", \"pattern\": \"^(", stdout);
    print_words(field->words, "(", "|", ")");
    print_words(field->words, "( (", "|", "))*)?$\"}");
}

static void print_type(const struct field *field)
{
    static const char *const refs[] = {
        [TYPE_ID] = "id",     [TYPE_NUM] = "num",       [TYPE_INT] = "int", [TYPE_TEXT] = "text",
        [TYPE_SHAPE] = "num", [TYPE_SHAPES] = "shapes", [TYPE_AT] = "at",
    };
    if (field->type == TYPE_WORD)
        print_words(field->words, "{\"enum\": [\"", "\", \"", "\"]}");
    else if (field->type == TYPE_FLAGS)
        print_flags(field);
    else
        printf("{\"$ref\": \"#/$defs/%s\"}", refs[field->type]);
}

static void print_event(const struct event *event, bool last)
{
    printf("    \"event_%s\": {\n      \"type\": \"object\",\n      \"description\": ", event->name);
    print_string(event->sentence);
    printf(",\n      \"properties\": {\n        \"t\": {\"$ref\": \"#/$defs/t\"},\n"
           "        \"w\": {\"$ref\": \"#/$defs/w\"},\n        \"ev\": {\"const\": \"%s\"}",
           event->name);
    for (const struct field *field = event->field; field->name != NULL; field++) {
        printf(",\n        \"%s\": ", field->name);
        print_type(field);
    }
    fputs("\n      },\n      \"required\": [\"t\", \"w\", \"ev\"", stdout);
    for (const struct field *field = event->field; field->name != NULL; field++)
        printf(", \"%s\"", field->name);
    printf("]\n    }%s\n", last ? "" : ",");
}

static const char schema_head[] =
    "{\n"
    "  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
    "  \"title\": \"A line of a Pollux trace\",\n"
    "  \"description\": \"A trace is JSON Lines: the header on the first line, then one event a line, in the order "
    "of their times. A reader skips events that it does not know, and counts them.\",\n"
    "  \"oneOf\": [\n"
    "    {\"$ref\": \"#/$defs/header\"}";

static const char schema_defs[] =
    "\n  ],\n"
    "  \"$defs\": {\n"
    "    \"id\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 9007199254740992},\n"
    "    \"num\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 4294967295},\n"
    "    \"int\": {\"type\": \"integer\", \"minimum\": -2147483648, \"maximum\": 2147483647},\n"
    "    \"text\": {\"type\": \"string\"},\n"
    "    \"shapes\": {\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/num\"}},\n"
    "    \"at\": {\"type\": \"string\", \"description\": \"A place in the source: file:line, or empty.\", "
    "\"pattern\": \"^(.+:[0-9]+)?$\"},\n"
    "    \"t\": {\"type\": \"integer\", \"minimum\": 0, \"description\": \"Nanoseconds since the start.\"},\n"
    "    \"w\": {\"description\": \"Who tells it: a worker's number, or the name of a thread that is none.\", "
    "\"type\": [\"integer\", \"string\"], \"minimum\": 0},\n"
    "    \"header\": {\n"
    "      \"type\": \"object\",\n"
    "      \"description\": \"The first line.\",\n"
    "      \"properties\": {\n"
    "        \"pollux\": {\"const\": 1, \"description\": \"The version of the format.\"},\n"
    "        \"program\": {\"$ref\": \"#/$defs/text\"},\n"
    "        \"pid\": {\"$ref\": \"#/$defs/id\"},\n"
    "        \"clock\": {\"const\": \"monotonic_ns\"},\n"
    "        \"started\": {\"type\": \"string\", \"description\": \"When, in UTC, as RFC 3339 has it.\"}\n"
    "      },\n"
    "      \"required\": [\"pollux\"]\n"
    "    },\n";

static void print_schema(void)
{
    fputs(schema_head, stdout);
    for (size_t i = 0; i < EVENTS; i++)
        printf(",\n    {\"$ref\": \"#/$defs/event_%s\"}", events[i].name);
    fputs(schema_defs, stdout);
    for (size_t i = 0; i < EVENTS; i++)
        print_event(&events[i], i + 1 == EVENTS);
    puts("  }\n}");
}

/* ── the page ─────────────────────────────────────────────────────────────────────────────────── */

static const char page_head[] =
    "<!-- Made by `pollux schema --markdown` from lib/trace/events.def. Change that, not this. -->\n"
    "# The format of a trace\n"
    "\n"
    "A trace is a text file of JSON Lines: a header on the first line, then one event a line, in the order of their\n"
    "times, a cause always before its effect. A reader skips events that it does not know, and counts them.\n"
    "\n"
    "```json\n"
    "{\"pollux\":1,\"program\":\"client\",\"pid\":4711,\"clock\":\"monotonic_ns\",\"started\":\"2026-11-22T16:00:00Z\"}\n"
    "{\"t\":1482000,\"w\":0,\"ev\":\"poll\",\"task\":1,\"future\":4,\"shape\":3,\"parent\":3}\n"
    "```\n"
    "\n"
    "Every event has `t`, the time in nanoseconds since the start; `w`, who tells it: a worker's number, or the name of a\n"
    "thread that is none; and `ev`, its name. All fields of an event are always there.\n"
    "\n"
    "Tasks, tokens, timers, objects (channels and locks) and runtimes are numbered from 1; 0 means none. A future is\n"
    "named by its place in its task: the root is future 1, and the futures of a chain are numbered in preorder.\n"
    "The `shape` of a kind of futures comes before its first use, children first. In a sentence, what stands in\n"
    "`[ ]` is left out when its fields are empty or 0; `{w}` is the worker or thread, `{who}` the task\n"
    "or, when that is 0, `{w}`.\n"
    "\n"
    "| type | meaning |\n"
    "| --- | --- |\n"
    "| id | a whole number, exact up to 2^53 |\n"
    "| number | a whole number from 0 to 2^32 - 1 |\n"
    "| integer | a whole number of 32 bits with a sign |\n"
    "| word | one word of a set, see below |\n"
    "| flags | words of a set with a space between; empty for none |\n"
    "| text | a string |\n"
    "| shape, shapes | the `shape` number of a shape event, and an array of such numbers |\n"
    "| place | a string `file:line`, or empty |\n"
    "\n"
    "The same as a JSON Schema: [schema.json](schema.json).\n"
    "\n"
    "## Sets of words\n"
    "\n"
    "| set | words |\n"
    "| --- | --- |\n";

static void print_set(const char *set, const char *const *words)
{
    printf("| %s | ", set);
    print_words(words, "`", "`, `", "` |\n");
}

static void print_field(const struct field *field)
{
    static const char *const names[] = {
        [TYPE_ID] = "id",         [TYPE_NUM] = "number",      [TYPE_INT] = "integer",
        [TYPE_WORD] = "word of ", [TYPE_FLAGS] = "flags of ", [TYPE_TEXT] = "text",
        [TYPE_SHAPE] = "shape",   [TYPE_SHAPES] = "shapes",   [TYPE_AT] = "place",
    };
    printf("`%s` %s%s%s", field->name, names[field->type], field->set != NULL ? field->set : "",
           field[1].name != NULL ? ", " : "");
}

static void print_row(const struct event *event)
{
    printf("| `%s` | ", event->name);
    for (const struct field *field = event->field; field->name != NULL; field++)
        print_field(field);
    printf(" | %s |\n", event->sentence);
}

static void print_page(void)
{
    fputs(page_head, stdout);
#define WORDS(set, ...) print_set(#set, words_##set);
#include "lib/trace/events.def"
    for (size_t i = 0; i < EVENTS; i++) {
        if (i == 0 || strcmp(events[i].group, events[i - 1].group) != 0)
            printf("\n## %s\n\n| event | fields | sentence |\n| --- | --- | --- |\n", events[i].group);
        print_row(&events[i]);
    }
}

int plx_command_schema(int argc, char **argv)
{
    bool markdown = false;
    const struct plx_option options[] = {
        {"markdown", '\0', false, NULL, &markdown},
        {NULL, '\0', false, NULL, NULL},
    };
    int left = plx_command_options(argc, argv, options, true);
    if (left < 0)
        return PLX_EXIT_USAGE;
    if (left > 0)
        return plx_command_misused("schema", "it takes no argument, not even %s", argv[1]);
    if (markdown)
        print_page();
    else
        print_schema();
    if (fflush(stdout) != 0)
        return plx_command_failed("schema", "the output cannot be written");
    return PLX_EXIT_FINE;
}
