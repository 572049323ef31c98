// SPDX-License-Identifier: BSD-2-Clause
// What p11-kit's server gets to read of a client's request.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/functions.h"
#include "daemon/frame.h"
#include "daemon/frame_forms.h"

enum { VERSIONS = 3 };

static uint32_t number_of(enum function_id function)
{
    for (uint32_t number = 1; number < n_frame_forms; number++) {
        if (frame_forms[number].function == function)
            return number;
    }
    fail_msg("%s has no number", functions[function].name);
    return 0;
}

static void put_hex(struct wire *body, const char *hex)
{
    unsigned byte;

    for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
        wire_put_byte(body, (uint8_t)byte);
}

static void begin(struct wire *body, enum function_id function)
{
    const uint32_t number = number_of(function);

    wire_put_u32(body, number);
    wire_put_array(body, frame_forms[number].signature, strlen(frame_forms[number].signature));
}

#define SESSION "0000000000000007"
#define KEY "0000000000000008"
#define TEMPLATE_OF_ID "40000211" "01" "00000018" "00000001" "00000102" "01" "00000001" "0000000101"

static const struct {
    enum function_id function;
    const char *arguments;
    enum frame_fate fate;
    CK_RV rv;
} requests[] = {
    {FUNCTION_C_GetInfo, "", FRAME_PASSES, CKR_OK},
    {FUNCTION_C_GetInfo, "00", FRAME_MALFORMED, CKR_OK},
    {FUNCTION_C_Initialize, "0100000001610001ffffffff", FRAME_PASSES, CKR_OK},
    {FUNCTION_C_Initialize, "01000000ff610001ffffffff", FRAME_MALFORMED, CKR_OK},
    {FUNCTION_C_CloseSession, SESSION, FRAME_PASSES, CKR_OK},
    {FUNCTION_C_CloseSession, "00000000000007", FRAME_MALFORMED, CKR_OK},
    {FUNCTION_C_GetSlotList, "01" "00000010", FRAME_PASSES, CKR_OK},
    {FUNCTION_C_GetSlotList, "01" "00040000", FRAME_PASSES, CKR_OK}, /* 2 MiB */
    {FUNCTION_C_GetSlotList, "01" "00040001", FRAME_REFUSED, CKR_HOST_MEMORY},
    {FUNCTION_C_FindObjects, SESSION "ffffffff", FRAME_REFUSED, CKR_HOST_MEMORY},
    {FUNCTION_C_GenerateRandom, SESSION "00100000", FRAME_PASSES, CKR_OK}, /* 1 MiB */
    {FUNCTION_C_GenerateRandom, SESSION "00100001", FRAME_REFUSED, CKR_HOST_MEMORY},
    {FUNCTION_C_Sign, SESSION "01" "00000001" "61" "00200000", FRAME_PASSES, CKR_OK},
    {FUNCTION_C_Sign, SESSION "01" "00000001" "61" "00200001", FRAME_REFUSED, CKR_HOST_MEMORY},
    {FUNCTION_C_Sign, SESSION "01" "00000002" "61" "00000000", FRAME_MALFORMED, CKR_OK},
    {FUNCTION_C_Sign, SESSION "01" "00000036" TEMPLATE_OF_ID TEMPLATE_OF_ID "00000000", FRAME_PASSES, CKR_OK}, /* it is data */
    {FUNCTION_C_Sign, SESSION "00" "00000000" "00000000", FRAME_PASSES, CKR_OK},
    {FUNCTION_C_Sign, SESSION "00" "00000001" "00000000", FRAME_REFUSED, CKR_ARGUMENTS_BAD},
    {FUNCTION_C_Sign, SESSION "00" "00000000", FRAME_MALFORMED, CKR_OK},
    {FUNCTION_C_Login, SESSION "0000000000000001" "00" "00000000", FRAME_PASSES, CKR_OK},
    {FUNCTION_C_Login, SESSION "0000000000000001" "00", FRAME_MALFORMED, CKR_OK},
    {FUNCTION_C_SignInit, SESSION "00000001ffffffff" KEY, FRAME_PASSES, CKR_OK},
    {FUNCTION_C_SignInit, "00", FRAME_MALFORMED, CKR_OK},
    {FUNCTION_C_FindObjectsInit, SESSION "00000000", FRAME_PASSES, CKR_OK},
    {FUNCTION_C_FindObjectsInit, SESSION "00000001" "00000000" "01" "00000008" "0000000000000003", FRAME_PASSES, CKR_OK},
    {FUNCTION_C_FindObjectsInit, SESSION "00000001" "00000000" "01" "00000004" "0000000000000003", FRAME_REFUSED, CKR_ATTRIBUTE_VALUE_INVALID},
    {FUNCTION_C_FindObjectsInit, SESSION "00000001" "00000001" "01" "00000001" "01", FRAME_PASSES, CKR_OK},
    {FUNCTION_C_FindObjectsInit, SESSION "00000001" "00000001" "01" "00000000" "01", FRAME_REFUSED, CKR_ATTRIBUTE_VALUE_INVALID},
    {FUNCTION_C_FindObjectsInit, SESSION "00000001" "00000102" "00", FRAME_PASSES, CKR_OK},
    {FUNCTION_C_FindObjectsInit, SESSION "00000001" "00000102" "01" "00000002" "000000020102", FRAME_PASSES, CKR_OK},
    {FUNCTION_C_FindObjectsInit, SESSION "00000001" "00000102" "01" "00000001" "000000020102", FRAME_REFUSED, CKR_ATTRIBUTE_VALUE_INVALID},
    {FUNCTION_C_FindObjectsInit, SESSION "00000001" "00000102" "01" "ffffffff" "ffffffff", FRAME_REFUSED, CKR_ATTRIBUTE_VALUE_INVALID},
    {FUNCTION_C_FindObjectsInit, SESSION "00000001" "00000102" "01" "00000000" "ffffffff", FRAME_PASSES, CKR_OK},
    {FUNCTION_C_FindObjectsInit, SESSION "00000001" "00000102" "01" "0000001c" "0000001c" TEMPLATE_OF_ID, FRAME_MALFORMED, CKR_OK},
    {FUNCTION_C_FindObjectsInit, SESSION "00000001" "00000102" "01" "0000001b" "0000001b" TEMPLATE_OF_ID, FRAME_PASSES, CKR_OK}, /* it is a value */
    {FUNCTION_C_FindObjectsInit, SESSION "00000001" TEMPLATE_OF_ID, FRAME_REFUSED, CKR_ATTRIBUTE_TYPE_INVALID},
    {FUNCTION_C_FindObjectsInit, SESSION "00000002" "00000102" "00" TEMPLATE_OF_ID, FRAME_REFUSED, CKR_ATTRIBUTE_TYPE_INVALID},
    {FUNCTION_C_FindObjectsInit, SESSION "00000001" "40000212" "01" "00000000", FRAME_REFUSED, CKR_ATTRIBUTE_TYPE_INVALID},
    {FUNCTION_C_FindObjectsInit, SESSION "00000001" "40000213" "00", FRAME_REFUSED, CKR_ATTRIBUTE_TYPE_INVALID},
    {FUNCTION_C_FindObjectsInit, SESSION "00000001" "40000600" "01" "00000008" "00000001" KEY, FRAME_REFUSED, CKR_ATTRIBUTE_TYPE_INVALID},
    {FUNCTION_C_FindObjectsInit, SESSION "00000001" "4000062a" "01" "00000000" "00000000", FRAME_REFUSED, CKR_ATTRIBUTE_TYPE_INVALID},
    {FUNCTION_C_FindObjectsInit, SESSION "00000001" "0000061d" "01" "00000001" "01", FRAME_REFUSED, CKR_ATTRIBUTE_TYPE_INVALID},
    {FUNCTION_C_FindObjectsInit, SESSION "00000001" "ce534373" "01" "00000001" "01", FRAME_REFUSED, CKR_ATTRIBUTE_TYPE_INVALID},
    {FUNCTION_C_FindObjectsInit, SESSION "00000401", FRAME_REFUSED, CKR_ARGUMENTS_BAD},
    {FUNCTION_C_FindObjectsInit, SESSION "00000400", FRAME_MALFORMED, CKR_OK},
    {FUNCTION_C_GetAttributeValue, SESSION KEY "00000002" "00000102" "00000010" "00000003" "00000000", FRAME_PASSES, CKR_OK},
    {FUNCTION_C_GetAttributeValue, SESSION KEY "00000002" "00000102" "00100000" "00000003" "00100001", FRAME_REFUSED, CKR_HOST_MEMORY},
    {FUNCTION_C_GetAttributeValue, SESSION KEY "ffffffff", FRAME_REFUSED, CKR_ARGUMENTS_BAD},
    {FUNCTION_C_GetAttributeValue, SESSION KEY "00000001" "40000211" "00000000", FRAME_PASSES, CKR_OK},
    {FUNCTION_C_GetAttributeValue, SESSION KEY "00000001" "40000211" "00000018", FRAME_REFUSED, CKR_ATTRIBUTE_TYPE_INVALID},
    {FUNCTION_C_GetAttributeValue, SESSION KEY "00000001" "40000600" "00000018", FRAME_PASSES, CKR_OK},
    {FUNCTION_C_SeedRandom, SESSION "01" "00000001" "61", FRAME_PASSES, CKR_OK},
};

static void each_request_is_judged_by_what_it_would_lead_to(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        struct wire body = {0};
        struct frame frame = {.body = &body};

        begin(&body, requests[i].function);
        put_hex(&body, requests[i].arguments);
        print_message("# %s %s\n", functions[requests[i].function].name, requests[i].arguments);
        assert_int_equal(requests[i].fate, frame_judge(&frame));
        if (requests[i].fate != FRAME_MALFORMED)
            assert_int_equal(requests[i].rv, frame.rv);
        wire_finish(&body);
    }
}

/* A PIN that is entered at the reader. */
static void what_is_not_there_becomes_what_all_servers_read_as_that(void **state)
{
    static const uint8_t null[] = {1, 0xff, 0xff, 0xff, 0xff};
    struct wire body = {0};
    struct frame frame = {.body = &body};

    (void)state;
    begin(&body, FUNCTION_C_Login);
    put_hex(&body, SESSION "0000000000000001" "00" "00000000");
    assert_int_equal(FRAME_PASSES, frame_judge(&frame));
    assert_memory_equal(body.bytes + body.size - sizeof(null), null, sizeof(null));
    wire_finish(&body);
}

static void a_request_has_the_signature_of_its_function(void **state)
{
    struct wire body = {0};
    struct frame frame = {.body = &body};

    (void)state;
    wire_put_u32(&body, number_of(FUNCTION_C_SignInit));
    wire_put_array(&body, "uuu", 3);
    put_hex(&body, SESSION "00000001ffffffff" KEY);
    assert_int_equal(FRAME_MALFORMED, frame_judge(&frame));
    wire_finish(&body);
}

static void a_long_seed_is_refused(void **state)
{
    static const uint8_t seed[FRAME_SEED_MOST];
    struct wire body = {0};
    struct frame frame = {.body = &body};

    (void)state;
    begin(&body, FUNCTION_C_SeedRandom);
    put_hex(&body, SESSION "01");
    wire_put_array(&body, seed, sizeof(seed));
    assert_int_equal(FRAME_REFUSED, frame_judge(&frame));
    assert_int_equal(CKR_HOST_MEMORY, frame.rv);
    wire_finish(&body);
}

static enum frame_fate judge(uint32_t number, const char *signature)
{
    struct wire body = {0};
    struct frame frame = {.body = &body};
    enum frame_fate fate;

    wire_put_u32(&body, number);
    wire_put_array(&body, signature, strlen(signature));
    fate = frame_judge(&frame);
    wire_finish(&body);
    return fate;
}

static void a_request_that_is_not_known_is_refused_and_one_with_another_signature_is_none(void **state)
{
    (void)state;
    assert_int_equal(FRAME_REFUSED, judge(0, ""));
    assert_int_equal(FRAME_REFUSED, judge((uint32_t)n_frame_forms, ""));
    assert_int_equal(FRAME_REFUSED, judge(UINT32_MAX, ""));
    assert_int_equal(FRAME_PASSES, judge(number_of(FUNCTION_C_GetInfo), ""));
    assert_int_equal(FRAME_MALFORMED, judge(number_of(FUNCTION_C_GetInfo), "u"));
    assert_int_equal(FRAME_MALFORMED, judge(number_of(FUNCTION_C_CloseSession), ""));
    assert_int_equal(FRAME_MALFORMED, judge(number_of(FUNCTION_C_CloseSession), "a"));
}

static bool is_refused_by_all(enum function_id function)
{
    return !functions[function].answered[0] && !functions[function].answered[1];
}

/* Behind a mechanism nothing is looked at. */
static void behind_a_mechanism_an_answered_function_has_numbers_alone(void **state)
{
    (void)state;
    for (uint32_t number = 1; number < n_frame_forms; number++) {
        const char *mechanism = strchr(frame_forms[number].signature, 'M');
        if (mechanism != NULL && !is_refused_by_all(frame_forms[number].function))
            assert_true(strcmp(mechanism, "M") == 0 || strcmp(mechanism, "Mu") == 0);
    }
}

/* The length of what it is replaced by is that of nothing, whatever it had. */
static void a_function_that_no_preset_answers_gets_its_session_and_nothing_else(void **state)
{
    static const char *const expected[VERSIONS] = {"00000001ffffffff", "00000001ffffffff", "00000001"};
    size_t found = 0;

    (void)state;
    for (uint32_t number = 1; number < n_frame_forms; number++) {
        for (unsigned version = 0; version < VERSIONS && is_refused_by_all(frame_forms[number].function); version++, found++) {
            struct wire body = {0}, again = {0};
            struct frame frame = {.body = &body, .version = version};
            size_t size;

            begin(&body, frame_forms[number].function);
            put_hex(&body, SESSION "ffffffffffffffffffffffffff");
            assert_int_equal(FRAME_PASSES, frame_judge(&frame));
            begin(&again, frame_forms[number].function);
            put_hex(&again, SESSION);
            assert_memory_equal(again.bytes, body.bytes, again.size);
            for (size = again.size; size < body.size; size++)
                assert_true(body.bytes[size] <= 1 || body.bytes[size] == 0xff);
            if (strncmp(frame_forms[number].signature, "uM", 2) == 0) {
                wire_finish(&again);
                begin(&again, frame_forms[number].function);
                put_hex(&again, SESSION);
                put_hex(&again, expected[version]);
                assert_memory_equal(again.bytes, body.bytes, again.size);
            }
            wire_finish(&again);
            wire_finish(&body);
        }
    }
    assert_true(found > 10 * VERSIONS);
}

static void a_function_without_a_session_is_none(void **state)
{
    struct wire body = {0};
    struct frame frame = {.body = &body};

    (void)state;
    begin(&body, FUNCTION_C_DeriveKey);
    put_hex(&body, "00000000000000");
    assert_int_equal(FRAME_MALFORMED, frame_judge(&frame));
    wire_finish(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_is_judged_by_what_it_would_lead_to),
        cmocka_unit_test(what_is_not_there_becomes_what_all_servers_read_as_that),
        cmocka_unit_test(a_request_has_the_signature_of_its_function),
        cmocka_unit_test(a_long_seed_is_refused),
        cmocka_unit_test(a_request_that_is_not_known_is_refused_and_one_with_another_signature_is_none),
        cmocka_unit_test(behind_a_mechanism_an_answered_function_has_numbers_alone),
        cmocka_unit_test(a_function_that_no_preset_answers_gets_its_session_and_nothing_else),
        cmocka_unit_test(a_function_without_a_session_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
