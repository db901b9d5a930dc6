/* SPDX-License-Identifier: MIT
 *
 * The table of kinds agrees with lib/trace/events.def and with the words that the replay knows by name.
 */
#include "traces.h"

static void names_lead_to_kinds_and_back(void **state)
{
    (void)state;
    for (int kind = 0; kind < PLX_EV_COUNT; kind++)
        assert_int_equal(plx_kind_named(plx_kind_info((enum plx_kind)kind).name), kind);
    assert_int_equal(plx_kind_named("frobnicate"), PLX_EV_COUNT);
    assert_int_equal(plx_kind_named(""), PLX_EV_COUNT);
}

static void fields_have_types_and_places(void **state)
{
    (void)state;
    const struct plx_field *future = plx_kind_field(PLX_EV_poll, "future");
    assert_non_null(future);
    assert_int_equal(future->type, PLX_FIELD_NUM);
    assert_int_equal(future->offset, offsetof(struct plx_ev_poll, future));
    assert_null(plx_kind_field(PLX_EV_poll, "colour"));
    assert_int_equal(plx_kind_field(PLX_EV_spawn, "at")->type, PLX_FIELD_AT);
    assert_int_equal(plx_kind_info(PLX_EV_steal).group, PLX_GROUP_queue);
}

static void expect_word(enum plx_kind kind, const char *field, int index, const char *word)
{
    assert_string_equal(plx_kind_field(kind, field)->words[index], word);
}

static void words_have_the_numbers_that_replay_uses(void **state)
{
    (void)state;
    expect_word(PLX_EV_push, "queue", PLX_WORD_LOCAL, "local");
    expect_word(PLX_EV_push, "queue", PLX_WORD_LIFO, "lifo");
    expect_word(PLX_EV_push, "queue", PLX_WORD_GLOBAL, "global");
    expect_word(PLX_EV_notify, "cause", PLX_WORD_BY_TASK, "task");
    expect_word(PLX_EV_notify, "cause", PLX_WORD_BY_IO, "io");
    expect_word(PLX_EV_notify, "cause", PLX_WORD_BY_TIMER, "timer");
    expect_word(PLX_EV_notify, "cause", PLX_WORD_BY_THREAD, "thread");
    expect_word(PLX_EV_notify, "outcome", PLX_WORD_SCHEDULED, "scheduled");
    expect_word(PLX_EV_notify, "outcome", PLX_WORD_COALESCED, "coalesced");
    expect_word(PLX_EV_notify, "outcome", PLX_WORD_TOO_LATE, "too_late");
    expect_word(PLX_EV_task_end, "how", PLX_WORD_END_READY, "ready");
    expect_word(PLX_EV_task_end, "how", PLX_WORD_END_FAILED, "failed");
    expect_word(PLX_EV_task_end, "how", PLX_WORD_END_CANCELLED, "cancelled");
    expect_word(PLX_EV_wait, "direction", PLX_WORD_READ, "read");
    expect_word(PLX_EV_wait, "direction", PLX_WORD_WRITE, "write");
}

static void flags_have_the_bits_that_replay_uses(void **state)
{
    (void)state;
    static const char *const words[] = {"read", "write", "read_closed", "write_closed", "error"};
    static const int bits[] = {PLX_FLAG_READ, PLX_FLAG_WRITE, PLX_FLAG_READ_CLOSED, PLX_FLAG_WRITE_CLOSED,
                               PLX_FLAG_ERROR};
    for (int i = 0; i < 5; i++) {
        expect_word(PLX_EV_io_ready, "ready", i, words[i]);
        assert_int_equal(bits[i], 1 << i);
    }
    assert_null(plx_kind_field(PLX_EV_io_ready, "ready")->words[5]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_lead_to_kinds_and_back),
        cmocka_unit_test(fields_have_types_and_places),
        cmocka_unit_test(words_have_the_numbers_that_replay_uses),
        cmocka_unit_test(flags_have_the_bits_that_replay_uses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
