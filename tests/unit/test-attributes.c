// SPDX-License-Identifier: BSD-2-Clause
// Lists of attributes: what is put in comes out, and templates are answered as PKCS#11 2.40, 5.7
// wants it.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include "common/attributes.h"

static void a_value_is_copied_and_replaces_one_of_its_type(void **state)
{
    struct attributes list = {0};
    char value[] = "one";

    (void)state;
    assert_true(attributes_set(&list, CKA_LABEL, value, 3));
    assert_true(attributes_set(&list, CKA_ID, "\x01", 1));
    value[0] = 'x';
    assert_memory_equal(attributes_find(&list, CKA_LABEL)->pValue, "one", 3);
    assert_true(attributes_set(&list, CKA_LABEL, "longer", 6));
    assert_int_equal(list.count, 2);
    assert_int_equal(attributes_find(&list, CKA_LABEL)->ulValueLen, 6);
    assert_memory_equal(attributes_find(&list, CKA_LABEL)->pValue, "longer", 6);
    assert_null(attributes_find(&list, CKA_SUBJECT));
    attributes_finish(&list);
    assert_int_equal(list.count, 0);
    assert_null(list.items);
    attributes_finish(&list);
}

static void a_value_may_be_a_part_of_the_one_that_it_replaces(void **state)
{
    struct attributes list = {0};
    const unsigned char *old;

    (void)state;
    assert_true(attributes_set(&list, CKA_ID, "abcdef", 6));
    old = attributes_find(&list, CKA_ID)->pValue;
    assert_true(attributes_set(&list, CKA_ID, old + 2, 3));
    assert_memory_equal(attributes_find(&list, CKA_ID)->pValue, "cde", 3);
    attributes_finish(&list);
}

static void an_empty_value_is_there_but_not_filled(void **state)
{
    struct attributes list = {0};

    (void)state;
    assert_true(attributes_set(&list, CKA_ID, NULL, 0));
    assert_non_null(attributes_find(&list, CKA_ID));
    assert_int_equal(attributes_find(&list, CKA_ID)->ulValueLen, 0);
    assert_null(attributes_find_filled(&list, CKA_ID));
    assert_null(attributes_find_filled(&list, CKA_LABEL));
    assert_true(attributes_set(&list, CKA_ID, "a", 1));
    assert_non_null(attributes_find_filled(&list, CKA_ID));
    attributes_finish(&list);
}

/* Memory that is not to be had is no error of the test. */
const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void a_length_without_memory_leaves_the_list_as_it_was(void **state)
{
    struct attributes list = {0};

    (void)state;
    assert_true(attributes_set(&list, CKA_ID, "a", 1));
    assert_false(attributes_set(&list, CKA_ID, "b", PTRDIFF_MAX));
    assert_false(attributes_set(&list, CKA_LABEL, "b", PTRDIFF_MAX));
    assert_int_equal(list.count, 1);
    assert_memory_equal(attributes_find(&list, CKA_ID)->pValue, "a", 1);
    attributes_finish(&list);
}

static void a_boolean_is_one_byte_and_any_but_zero_is_true(void **state)
{
    static const struct {
        const char *value;
        CK_ULONG size;
        bool is, result;
    } examples[] = {
        {"\0", 1, true, false}, {"\1", 1, true, true},     {"\xff", 1, true, true},
        {"", 0, false, false},  {"\1\0", 2, false, false}, {"\1\0\0\0\0\0\0\0", 8, false, false},
    };
    struct attributes list = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        for (int before = 0; before < 2; before++) {
            bool value = before;
            assert_true(attributes_set(&list, CKA_SIGN, examples[i].value, examples[i].size));
            assert_int_equal(attributes_bool(&list, CKA_SIGN, &value), examples[i].is);
            assert_int_equal(value, examples[i].is ? examples[i].result : before);
        }
    }
    bool untouched = true;
    assert_false(attributes_bool(&list, CKA_VERIFY, &untouched));
    assert_true(untouched);
    attributes_finish(&list);
}

static void a_number_has_the_size_of_ck_ulong(void **state)
{
    struct attributes list = {0};
    CK_ULONG value = 99;

    (void)state;
    assert_false(attributes_ulong(&list, CKA_CLASS, &value));
    assert_true(attributes_set(&list, CKA_CLASS, "\1\0\0\0", 4));
    assert_false(attributes_ulong(&list, CKA_CLASS, &value));
    assert_int_equal(value, 99);
    assert_true(attributes_set_ulong(&list, CKA_CLASS, CKO_PRIVATE_KEY));
    assert_true(attributes_ulong(&list, CKA_CLASS, &value));
    assert_int_equal(value, CKO_PRIVATE_KEY);
    attributes_finish(&list);
}

static void a_copy_has_everything_and_replaces_what_was_there(void **state)
{
    struct attributes from = {0}, to = {0};

    (void)state;
    assert_true(attributes_set(&from, CKA_ID, "new", 3));
    assert_true(attributes_set(&from, CKA_LABEL, NULL, 0));
    assert_true(attributes_set(&to, CKA_ID, "older", 5));
    assert_true(attributes_set_bool(&to, CKA_SIGN, true));
    assert_true(attributes_copy(&to, &from));
    attributes_finish(&from);
    assert_int_equal(to.count, 3);
    assert_int_equal(attributes_find(&to, CKA_ID)->ulValueLen, 3);
    assert_memory_equal(attributes_find(&to, CKA_ID)->pValue, "new", 3);
    assert_non_null(attributes_find(&to, CKA_LABEL));
    attributes_finish(&to);
}

static void a_template_matches_when_every_entry_stands_in_the_list_with_the_same_value(void **state)
{
    static CK_BYTE yes = CK_TRUE, id[] = {1, 2}, other[] = {1, 3};
    static const struct {
        CK_ATTRIBUTE template[2];
        CK_ULONG count;
        bool result;
    } examples[] = {
        {{{0}}, 0, true},
        {{{CKA_ID, id, 2}}, 1, true},
        {{{CKA_ID, other, 2}}, 1, false},
        {{{CKA_ID, id, 1}}, 1, false},
        {{{CKA_ID, NULL, 0}}, 1, false},
        {{{CKA_LABEL, NULL, 0}}, 1, true},
        {{{CKA_LABEL, id, 1}}, 1, false},
        {{{CKA_SUBJECT, NULL, 0}}, 1, false},
        {{{CKA_ID, id, 2}, {CKA_SIGN, &yes, 1}}, 2, true},
        {{{CKA_SIGN, &yes, 1}, {CKA_ID, other, 2}}, 2, false},
        {{{CKA_ID, id, 2}, {CKA_SUBJECT, id, 2}}, 2, false},
        {{{CKA_ID, id, 2}, {CKA_ID, id, 2}}, 2, true},
        {{{CKA_ID, id, 2}, {CKA_ID, other, 2}}, 2, false},
    };
    struct attributes list = {0};

    (void)state;
    assert_true(attributes_set(&list, CKA_ID, id, 2));
    assert_true(attributes_set(&list, CKA_LABEL, NULL, 0));
    assert_true(attributes_set_bool(&list, CKA_SIGN, true));
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        if (attributes_match(&list, examples[i].template, examples[i].count) != examples[i].result)
            fail_msg("template %zu", i);
    }
    attributes_finish(&list);
}

static void a_template_entry_is_answered_as_the_standard_says(void **state)
{
    static char bytes[] = "value";
    static const CK_ATTRIBUTE value = {CKA_LABEL, bytes, 5}, empty = {CKA_LABEL, NULL, 0};
    static const struct {
        const CK_ATTRIBUTE *value;
        bool has_buffer;
        CK_ULONG room;
        CK_RV rv;
        CK_ULONG size;
    } examples[] = {
        {&value, false, 0, CKR_OK, 5},
        {&value, false, 2, CKR_OK, 5},
        {&value, true, 5, CKR_OK, 5},
        {&value, true, 9, CKR_OK, 5},
        {&value, true, 4, CKR_BUFFER_TOO_SMALL, CK_UNAVAILABLE_INFORMATION},
        {&value, true, 0, CKR_BUFFER_TOO_SMALL, CK_UNAVAILABLE_INFORMATION},
        {&empty, false, 3, CKR_OK, 0},
        {&empty, true, 3, CKR_OK, 0},
        {&empty, true, 0, CKR_OK, 0},
        {NULL, false, 3, CKR_ATTRIBUTE_TYPE_INVALID, CK_UNAVAILABLE_INFORMATION},
        {NULL, true, 9, CKR_ATTRIBUTE_TYPE_INVALID, CK_UNAVAILABLE_INFORMATION},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        char buffer[9] = "########";
        CK_ATTRIBUTE wanted = {CKA_LABEL, examples[i].has_buffer ? buffer : NULL, examples[i].room};
        bool written = examples[i].has_buffer && examples[i].size == 5;

        assert_int_equal(attribute_answer(examples[i].value, &wanted), examples[i].rv);
        assert_int_equal(wanted.ulValueLen, examples[i].size);
        assert_string_equal(buffer, written ? "value###" : "########");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_copied_and_replaces_one_of_its_type),
        cmocka_unit_test(a_value_may_be_a_part_of_the_one_that_it_replaces),
        cmocka_unit_test(an_empty_value_is_there_but_not_filled),
        cmocka_unit_test(a_length_without_memory_leaves_the_list_as_it_was),
        cmocka_unit_test(a_boolean_is_one_byte_and_any_but_zero_is_true),
        cmocka_unit_test(a_number_has_the_size_of_ck_ulong),
        cmocka_unit_test(a_copy_has_everything_and_replaces_what_was_there),
        cmocka_unit_test(
            a_template_matches_when_every_entry_stands_in_the_list_with_the_same_value),
        cmocka_unit_test(a_template_entry_is_answered_as_the_standard_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
