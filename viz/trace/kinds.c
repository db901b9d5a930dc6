/* SPDX-License-Identifier: MIT
 *
 * The table of kinds, derived from lib/trace/events.def by including it three times: the sets of words, a
 * function for each event that knows its fields (a macro in the list of fields cannot know the event's
 * name, but a typedef inside a function can), and the table itself.
 */
#include "viz/trace/kinds.h"

#include <string.h>

#define WORDS(set, ...) static const char *const words_of_##set[] = {__VA_ARGS__, NULL};
#include "lib/trace/events.def"

#define ID(f)         {#f, PLX_FIELD_ID, offsetof(self, f), NULL},
#define NUM(f)        {#f, PLX_FIELD_NUM, offsetof(self, f), NULL},
#define INT(f)        {#f, PLX_FIELD_INT, offsetof(self, f), NULL},
#define WORD(f, set)  {#f, PLX_FIELD_WORD, offsetof(self, f), words_of_##set},
#define FLAGS(f, set) {#f, PLX_FIELD_FLAGS, offsetof(self, f), words_of_##set},
#define TEXT(f)       {#f, PLX_FIELD_TEXT, offsetof(self, f), NULL},
#define LITERAL(f)    {#f, PLX_FIELD_TEXT, offsetof(self, f), NULL},
#define HEAP(f)       {#f, PLX_FIELD_TEXT, offsetof(self, f), NULL},
#define SHAPE(f)      {#f, PLX_FIELD_SHAPE, offsetof(self, f), NULL},
#define SHAPES(f)     {#f, PLX_FIELD_SHAPES, offsetof(self, f), NULL},
#define AT(f)         {#f, PLX_FIELD_AT, offsetof(self, f), NULL},
#define EVENT(name, group, fields, sentence)                                                                 \
    static const struct plx_field *fields_of_##name(void)                                                    \
    {                                                                                                        \
        typedef struct plx_ev_##name self;                                                                   \
        static const struct plx_field table[] = {                                                            \
            fields{NULL, PLX_FIELD_ID, 0, NULL},                                                             \
        };                                                                                                   \
        return table;                                                                                        \
    }
#include "lib/trace/events.def"

struct entry {
    const char *name, *sentence;
    enum plx_group group;
    const struct plx_field *(*fields)(void);
    size_t length;
};

static const struct entry entries[PLX_EV_COUNT] = {
#define EVENT(name, group, fields, sentence)                                                                 \
    {#name, sentence, PLX_GROUP_##group, fields_of_##name, sizeof(#name) - 1},
#include "lib/trace/events.def"
};

struct plx_kind_info plx_kind_info(enum plx_kind kind)
{
    const struct entry *entry = &entries[kind];
    return (struct plx_kind_info){entry->name, entry->group, entry->sentence, entry->fields()};
}

const struct plx_field *plx_kind_field(enum plx_kind kind, const char *name)
{
    for (const struct plx_field *field = entries[kind].fields(); field->name; field++)
        if (strcmp(field->name, name) == 0)
            return field;
    return NULL;
}

enum plx_kind plx_kind_named(const char *name)
{
    size_t length = strlen(name);
    int kind = 0;
    while (kind < PLX_EV_COUNT &&
           (entries[kind].length != length || memcmp(entries[kind].name, name, length) != 0))
        kind++;
    return (enum plx_kind)kind;
}
