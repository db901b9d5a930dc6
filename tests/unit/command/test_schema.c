/* SPDX-License-Identifier: MIT
 *
 * `pollux schema`: the committed files are what it prints, it is a JSON Schema, and the traces keep to it.
 */
#include "tests/support/run.h"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check_committed(const char *arguments, const char *path)
{
    struct test_run run = test_run(TEST_POLLUX " schema %s", arguments);
    char *committed = test_read_file(path);
    assert_int_equal(run.status, 0);
    if (committed == NULL || strcmp(committed, run.out) != 0)
        fail_msg("%s is not what `pollux schema %s` prints: run `make schema`", path, arguments);
    free(committed);
    test_run_done(&run);
}

static void test_the_committed_schema_is_up_to_date(void **state)
{
    (void)state;
    check_committed("", "traces/schema.json");
}

static void test_the_committed_page_is_up_to_date(void **state)
{
    (void)state;
    check_committed("--markdown", "traces/SCHEMA.md");
}

static cJSON *load_schema(void)
{
    struct test_run run = test_run(TEST_POLLUX " schema");
    assert_int_equal(run.status, 0);
    cJSON *schema = cJSON_Parse(run.out);
    test_run_done(&run);
    assert_non_null(schema);
    return schema;
}

static void test_every_event_of_the_table_is_in_it(void **state)
{
    (void)state;
    cJSON *schema = load_schema();
    const cJSON *defs = cJSON_GetObjectItemCaseSensitive(schema, "$defs"), *event;
    int events = 0;
#define EVENT(name, group, fields, sentence)                                                                 \
    event = cJSON_GetObjectItemCaseSensitive(defs, "event_" #name);                                          \
    assert_non_null(event);                                                                                  \
    assert_string_equal(cJSON_GetObjectItem(event, "description")->valuestring, sentence);                   \
    events++;
#include "lib/trace/events.def"
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(schema, "oneOf")),
                     events + 1); /* and the header */
    cJSON_Delete(schema);
}

static bool in_enum(const cJSON *values, const cJSON *value)
{
    const cJSON *each;
    cJSON_ArrayForEach(each, values) if (cJSON_Compare(each, value, true)) return true;
    return false;
}

/* As much of JSON Schema as ours uses, but for patterns. */
static bool is_of_type(const cJSON *defs, const cJSON *type, const cJSON *value)
{
    const cJSON *ref = cJSON_GetObjectItem(type, "$ref"), *want;
    if (ref != NULL)
        return is_of_type(defs, cJSON_GetObjectItemCaseSensitive(defs, strrchr(ref->valuestring, '/') + 1),
                          value);
    if ((want = cJSON_GetObjectItem(type, "enum")) != NULL)
        return in_enum(want, value);
    if ((want = cJSON_GetObjectItem(type, "const")) != NULL)
        return cJSON_Compare(want, value, true);
    const cJSON *least = cJSON_GetObjectItem(type, "minimum"), *most = cJSON_GetObjectItem(type, "maximum");
    if (cJSON_IsNumber(value) && ((least != NULL && value->valuedouble < least->valuedouble) ||
                                  (most != NULL && value->valuedouble > most->valuedouble)))
        return false;
    want = cJSON_GetObjectItem(type, "type");
    if (cJSON_IsArray(want)) /* only `w` has two */
        return cJSON_IsNumber(value) || cJSON_IsString(value);
    if (strcmp(want->valuestring, "integer") == 0)
        return cJSON_IsNumber(value);
    return strcmp(want->valuestring, "array") == 0 ? cJSON_IsArray(value) : cJSON_IsString(value);
}

static void check_line(const cJSON *defs, const char *line, int number)
{
    cJSON *event = cJSON_Parse(line);
    char name[64] = "header";
    const cJSON *kind = cJSON_GetObjectItemCaseSensitive(event, "ev"), *field;
    if (kind != NULL)
        snprintf(name, sizeof name, "event_%s", kind->valuestring);
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(defs, name);
    if (event == NULL || type == NULL)
        fail_msg("line %d: there is no %s", number, name);
    cJSON_ArrayForEach(field, cJSON_GetObjectItem(type, "required")) if (cJSON_GetObjectItemCaseSensitive(
                                                                             event, field->valuestring) ==
                                                                         NULL)
        fail_msg("line %d: %s has no %s", number, name, field->valuestring);
    cJSON_ArrayForEach(field, event)
    {
        const cJSON *known = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItem(type, "properties"),
                                                              field->string);
        if (known == NULL || !is_of_type(defs, known, field))
            fail_msg("line %d: %s of %s is not as the schema has it", number, field->string, name);
    }
    cJSON_Delete(event);
}

static void check_trace(const char *path)
{
    char *text = test_read_file(path);
    if (text == NULL)
        return;
    cJSON *schema = load_schema();
    int number = 0;
    for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0';)
        check_line(cJSON_GetObjectItem(schema, "$defs"), line, ++number);
    assert_true(number > 1);
    cJSON_Delete(schema);
    free(text);
}

static void test_traces_keep_to_it(void **state)
{
    (void)state;
    check_trace("tests/fixtures/handshake-small.jsonl");
    check_trace("traces/handshake.jsonl");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_committed_schema_is_up_to_date),
        cmocka_unit_test(test_the_committed_page_is_up_to_date),
        cmocka_unit_test(test_every_event_of_the_table_is_in_it),
        cmocka_unit_test(test_traces_keep_to_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
