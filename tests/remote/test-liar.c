// SPDX-License-Identifier: BSD-2-Clause
// A server that answers nonsense, too much, too little, late or never: the call fails, nothing is
// written where it may not be, and no answer is taken for another call's.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "remote_signatures.gen.h"
#include "tests/remote/arguments.h"
#include "tests/remote/liar.h"

enum {
    CODE = 2, /* of the first request behind C_Initialize */
    PATIENCE_MS = 20000,
    SHORT_MS = 100,
    HEADER_SIZE = 12,
    GREETING_SIZE = 1 + HEADER_SIZE + 8,
};

/* One connection, initialised if the speech allows; the next one greets. */
struct lie {
    struct liar liar;
    struct remote *remote;
    struct arguments arguments;
    CK_RV initialized;
};

static void begin(struct lie *lie, unsigned call_ms)
{
    lie->remote = liar_remote(&lie->liar, call_ms);
    assert_non_null(lie->remote);
    lie->initialized = remote_functions(lie->remote)->C_Initialize(NULL);
}

static void end(struct lie *lie)
{
    assert_true(arguments_are_fenced(&lie->arguments));
    remote_destroy(lie->remote);
    liar_finish(&lie->liar);
}

/* The function is called once, and its request answered by these bytes, whose header is what it
 * should be. */
static CK_RV answer(struct lie *lie, enum function_id function, const struct wire *body)
{
    *lie = (struct lie){0};
    arguments_init(&lie->arguments);
    liar_greet(&lie->liar.connections[0].speech, 0);
    liar_say(&lie->liar.connections[0].speech, CODE, body);
    begin(lie, PATIENCE_MS);
    assert_int_equal(CKR_OK, lie->initialized);
    return arguments_call(lie->remote, function, &lie->arguments);
}

static void assert_closed(struct lie *lie)
{
    CK_SESSION_INFO info;

    assert_int_equal(CKR_CRYPTOKI_NOT_INITIALIZED,
                     remote_functions(lie->remote)->C_GetSessionInfo(1, &info));
}

static void assert_malformed(enum function_id function, const struct wire *body)
{
    struct lie lie;
    CK_RV rv = answer(&lie, function, body);

    if (function != FUNCTION_C_Finalize && rv != CKR_DEVICE_ERROR)
        fail_msg("function %d, %zu bytes: %lx", (int)function, body->size, rv);
    assert_closed(&lie);
    assert_string_not_equal("", remote_error(lie.remote));
    end(&lie);
}

static void every_function_takes_a_good_answer(void **state)
{
    (void)state;
    for (int f = 0; f < FUNCTION_COUNT; f++) {
        struct lie lie;
        struct wire body = {0};

        if (remote_signatures[f].number == 0)
            continue;
        liar_answer(&body, (enum function_id)f);
        if (answer(&lie, (enum function_id)f, &body) != CKR_OK)
            fail_msg("function %d: %s", f, remote_error(lie.remote));
        end(&lie);
        wire_finish(&body);
    }
}

static void an_answer_without_its_end_is_malformed(void **state)
{
    (void)state;
    for (int f = 0; f < FUNCTION_COUNT; f++) {
        struct wire body = {0};

        if (remote_signatures[f].number == 0)
            continue;
        liar_answer(&body, (enum function_id)f);
        while (body.size > 0) {
            body.size--;
            assert_malformed((enum function_id)f, &body);
        }
        wire_finish(&body);
    }
}

static void an_answer_with_something_behind_it_is_malformed(void **state)
{
    (void)state;
    for (int f = 0; f < FUNCTION_COUNT; f++) {
        struct wire body = {0};

        if (remote_signatures[f].number == 0)
            continue;
        liar_answer(&body, (enum function_id)f);
        wire_put_byte(&body, 0);
        assert_malformed((enum function_id)f, &body);
        wire_finish(&body);
    }
}

/* Lengths and counts among them: nothing is written beyond the room, and the connection is closed
 * if there was no sense in it. */
static void a_byte_that_is_wrong_does_no_harm(void **state)
{
    static const uint8_t wrong[] = {0x00, 0x01, 0x03, 0x7f, 0x80, 0xff};

    (void)state;
    for (int f = 0; f < FUNCTION_COUNT; f++) {
        struct wire body = {0};

        if (remote_signatures[f].number == 0)
            continue;
        liar_answer(&body, (enum function_id)f);
        for (size_t i = 0; i < body.size * sizeof(wrong); i++) {
            struct lie lie;
            uint8_t *byte = &body.bytes[i / sizeof(wrong)], right = *byte;

            *byte = wrong[i % sizeof(wrong)];
            if (answer(&lie, (enum function_id)f, &body) == CKR_DEVICE_ERROR)
                assert_closed(&lie);
            end(&lie);
            *byte = right;
        }
        wire_finish(&body);
    }
}

static void what_is_answered_must_be_what_was_asked(void **state)
{
    struct wire body = {0};

    (void)state;
    liar_answer(&body, FUNCTION_C_CloseSession);
    assert_malformed(FUNCTION_C_Logout, &body);
    wire_finish(&body);
    wire_put_u32(&body, remote_signatures[FUNCTION_C_OpenSession].number);
    wire_put_array(&body, "y", 1);
    wire_put_u64(&body, 7);
    assert_malformed(FUNCTION_C_OpenSession, &body);
    wire_finish(&body);
    wire_put_u32(&body, remote_signatures[FUNCTION_C_Logout].number);
    wire_put_array(&body, NULL, 0);
    assert_malformed(FUNCTION_C_Logout, &body);
    wire_finish(&body);
}

static void errors_are_passed_on_if_they_are_some(void **state)
{
    struct lie lie;
    struct wire body = {0};

    (void)state;
    liar_error(&body, CKR_PIN_LOCKED);
    assert_int_equal(CKR_PIN_LOCKED, answer(&lie, FUNCTION_C_Login, &body));
    end(&lie);
    wire_finish(&body);
    liar_error(&body, CKR_OK);
    assert_malformed(FUNCTION_C_Login, &body);
    wire_finish(&body);
    liar_error(&body, (uint64_t)1 << 32);
    assert_malformed(FUNCTION_C_Login, &body);
    wire_finish(&body);
}

static void begin_with(struct lie *lie, uint32_t code, uint32_t options, uint32_t size,
                       const struct wire *body)
{
    struct wire *speech = &lie->liar.connections[0].speech;

    *lie = (struct lie){0};
    arguments_init(&lie->arguments);
    liar_greet(speech, 0);
    wire_put_u32(speech, code);
    wire_put_u32(speech, options);
    wire_put_u32(speech, size);
    memcpy(wire_append(speech, body->size), body->bytes, body->size);
    begin(lie, PATIENCE_MS);
}

static void a_header_that_is_wrong_closes_the_connection(void **state)
{
    static const char other[] = "the server's answer belongs to another call";
    static const char large[] = "the server's answer is too large";
    static const struct {
        uint32_t code, options, size;
        const char *reason;
    } headers[] = {
        {CODE - 1, 0, 16, other},
        {CODE + 1, 0, 16, other},
        {CODE, 0, 0xfffffff0, large},
        {CODE, 0xffffffff, 16, large},
        {CODE, 0xffffffff, 0xffffffff, large},
        {CODE, 0, REMOTE_MESSAGE_MAX + 1, large},
    };
    struct wire body = {0};

    (void)state;
    liar_error(&body, CKR_PIN_LOCKED);
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        struct lie lie;

        begin_with(&lie, headers[i].code, headers[i].options, headers[i].size, &body);
        assert_int_equal(CKR_DEVICE_ERROR,
                         arguments_call(lie.remote, FUNCTION_C_Login, &lie.arguments));
        assert_string_equal(headers[i].reason, remote_error(lie.remote));
        assert_closed(&lie);
        end(&lie);
    }
    wire_finish(&body);
}

static void options_before_an_answer_are_passed_over(void **state)
{
    struct lie lie;
    struct wire body = {0};

    (void)state;
    wire_put_u32(&body, 0x6f7074);
    liar_error(&body, CKR_PIN_LOCKED);
    begin_with(&lie, CODE, 4, (uint32_t)body.size - 4, &body);
    assert_int_equal(CKR_PIN_LOCKED, arguments_call(lie.remote, FUNCTION_C_Login, &lie.arguments));
    end(&lie);
    wire_finish(&body);
}

/* At each byte of what a server says from the beginning to the answer. */
static void a_connection_may_end_anywhere(void **state)
{
    static const enum liar_end ends[] = {LIAR_STOPS, LIAR_CLOSES};
    struct wire body = {0}, speech = {0};

    (void)state;
    liar_answer(&body, FUNCTION_C_GetSessionInfo);
    liar_greet(&speech, 0);
    liar_say(&speech, CODE, &body);
    for (size_t i = 0; i < 2 * speech.size; i++) {
        struct lie lie = {0};
        const size_t size = i / 2;

        arguments_init(&lie.arguments);
        lie.liar.connections[0].end = lie.liar.connections[1].end = ends[i % 2];
        for (size_t c = 0; c < 2 && size > 0; c++)
            memcpy(wire_append(&lie.liar.connections[c].speech, size), speech.bytes, size);
        begin(&lie, PATIENCE_MS);
        if (ends[i % 2] == LIAR_STOPS && size >= GREETING_SIZE)
            assert_int_equal(CKR_OK, lie.initialized);
        else
            assert_int_equal(CKR_DEVICE_ERROR, lie.initialized);
        assert_int_equal(CKR_CRYPTOKI_NOT_INITIALIZED,
                         arguments_call(lie.remote, FUNCTION_C_GetSessionInfo, &lie.arguments));
        assert_closed(&lie);
        end(&lie);
    }
    wire_finish(&body);
    wire_finish(&speech);
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void silence_ends_a_call_at_its_deadline(void **state)
{
    struct lie lie = {0};
    double start;

    (void)state;
    arguments_init(&lie.arguments);
    liar_greet(&lie.liar.connections[0].speech, 0);
    liar_greet(&lie.liar.connections[1].speech, 0);
    begin(&lie, SHORT_MS);
    assert_int_equal(CKR_OK, lie.initialized);
    start = seconds();
    assert_int_equal(CKR_DEVICE_ERROR,
                     arguments_call(lie.remote, FUNCTION_C_Login, &lie.arguments));
    assert_true(seconds() - start >= SHORT_MS / 1000.0 - 0.01);
    assert_true(seconds() - start < PATIENCE_MS / 1000.0);
    assert_closed(&lie);
    assert_closed(&lie);
    assert_int_equal(CKR_OK, remote_functions(lie.remote)->C_Initialize(NULL));
    end(&lie);
}

/* A process that says a byte every few milliseconds. */
static pid_t speak_slowly(struct lie *lie, const struct wire *speech, long pause_ms)
{
    const struct timespec pause = {.tv_nsec = pause_ms * 1000000};
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        for (size_t i = 0; i < speech->size; i++) {
            nanosleep(&pause, NULL);
            if (send(lie->liar.far[0], speech->bytes + i, 1, MSG_NOSIGNAL) != 1)
                _exit(0);
        }
        _exit(0);
    }
    return child;
}

static CK_RV call_slowly(struct lie *lie, unsigned call_ms, long pause_ms)
{
    struct wire body = {0}, speech = {0};
    pid_t child;
    CK_RV rv;

    *lie = (struct lie){0};
    arguments_init(&lie->arguments);
    liar_greet(&lie->liar.connections[0].speech, 0);
    begin(lie, call_ms);
    assert_int_equal(CKR_OK, lie->initialized);
    liar_answer(&body, FUNCTION_C_GetSessionInfo);
    liar_say(&speech, CODE, &body);
    child = speak_slowly(lie, &speech, pause_ms);
    rv = arguments_call(lie->remote, FUNCTION_C_GetSessionInfo, &lie->arguments);
    kill(child, SIGTERM);
    waitpid(child, NULL, 0);
    wire_finish(&body);
    wire_finish(&speech);
    return rv;
}

static void a_slow_answer_is_waited_for_until_the_deadline_of_the_whole(void **state)
{
    struct lie lie;

    (void)state;
    assert_int_equal(CKR_OK, call_slowly(&lie, PATIENCE_MS, 1));
    end(&lie);
    assert_int_equal(CKR_DEVICE_ERROR, call_slowly(&lie, SHORT_MS, 20));
    assert_closed(&lie);
    end(&lie);
}

static void a_server_of_before_the_negotiation_is_asked_again(void **state)
{
    struct lie lie = {0};

    (void)state;
    arguments_init(&lie.arguments);
    lie.liar.connections[0].end = LIAR_CLOSES;
    liar_greet(&lie.liar.connections[1].speech, 0);
    begin(&lie, PATIENCE_MS);
    assert_int_equal(CKR_OK, lie.initialized);
    assert_int_equal(2, lie.liar.opened);
    end(&lie);
}

static void a_version_that_was_not_offered_is_refused(void **state)
{
    struct lie lie = {0};

    (void)state;
    arguments_init(&lie.arguments);
    liar_greet(&lie.liar.connections[0].speech, 3);
    begin(&lie, PATIENCE_MS);
    assert_int_equal(CKR_DEVICE_ERROR, lie.initialized);
    assert_string_equal("the server speaks another version of the protocol",
                        remote_error(lie.remote));
    end(&lie);
}

static void random_bytes_must_be_as_many_as_were_asked_for(void **state)
{
    struct wire body = {0};

    (void)state;
    wire_put_u32(&body, remote_signatures[FUNCTION_C_GenerateRandom].number);
    wire_put_array(&body, "ay", 2);
    wire_put_byte(&body, 1);
    wire_put_array(&body, "\1", 1);
    assert_malformed(FUNCTION_C_GenerateRandom, &body);
    wire_finish(&body);
}

static void begin_answer(struct wire *body, enum function_id function)
{
    const char *signature = remote_signatures[function].answer;

    wire_finish(body);
    wire_put_u32(body, remote_signatures[function].number);
    wire_put_array(body, signature, strlen(signature));
    wire_put_byte(body, 1);
}

static CK_RV answer_three_numbers(struct lie *lie, enum function_id function)
{
    struct wire body = {0};
    CK_RV rv;

    begin_answer(&body, function);
    wire_put_u32(&body, 3);
    for (uint64_t i = 0; i < 3; i++)
        wire_put_u64(&body, i);
    rv = answer(lie, function, &body);
    wire_finish(&body);
    return rv;
}

static void more_than_there_is_room_for_is_not_written(void **state)
{
    struct lie lie;
    struct wire body = {0};

    (void)state;
    begin_answer(&body, FUNCTION_C_Sign);
    wire_put_array(&body, "\1\2\3", 3);
    assert_int_equal(CKR_BUFFER_TOO_SMALL, answer(&lie, FUNCTION_C_Sign, &body));
    assert_int_equal(3, lie.arguments.size);
    end(&lie);
    wire_finish(&body);
    assert_int_equal(CKR_BUFFER_TOO_SMALL, answer_three_numbers(&lie, FUNCTION_C_GetSlotList));
    assert_int_equal(3, lie.arguments.size);
    end(&lie);
    assert_int_equal(CKR_DEVICE_ERROR, answer_three_numbers(&lie, FUNCTION_C_FindObjects));
    assert_closed(&lie);
    end(&lie);
}

/* The size that was asked for, and the same in place of an answer that was. */
static void a_size_alone_is_no_answer(void **state)
{
    struct lie lie;
    struct wire body = {0};

    (void)state;
    begin_answer(&body, FUNCTION_C_Sign);
    body.bytes[body.size - 1] = 0;
    wire_put_u32(&body, 64);
    assert_int_equal(CKR_BUFFER_TOO_SMALL, answer(&lie, FUNCTION_C_Sign, &body));
    assert_int_equal(64, lie.arguments.size);
    end(&lie);
    begin_answer(&body, FUNCTION_C_Sign);
    body.bytes[body.size - 1] = 0;
    wire_put_u32(&body, 2);
    assert_int_equal(CKR_DEVICE_MEMORY, answer(&lie, FUNCTION_C_Sign, &body));
    end(&lie);
    wire_finish(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_function_takes_a_good_answer),
        cmocka_unit_test(an_answer_without_its_end_is_malformed),
        cmocka_unit_test(an_answer_with_something_behind_it_is_malformed),
        cmocka_unit_test(a_byte_that_is_wrong_does_no_harm),
        cmocka_unit_test(what_is_answered_must_be_what_was_asked),
        cmocka_unit_test(errors_are_passed_on_if_they_are_some),
        cmocka_unit_test(a_header_that_is_wrong_closes_the_connection),
        cmocka_unit_test(options_before_an_answer_are_passed_over),
        cmocka_unit_test(a_connection_may_end_anywhere),
        cmocka_unit_test(silence_ends_a_call_at_its_deadline),
        cmocka_unit_test(a_slow_answer_is_waited_for_until_the_deadline_of_the_whole),
        cmocka_unit_test(a_server_of_before_the_negotiation_is_asked_again),
        cmocka_unit_test(a_version_that_was_not_offered_is_refused),
        cmocka_unit_test(more_than_there_is_room_for_is_not_written),
        cmocka_unit_test(a_size_alone_is_no_answer),
        cmocka_unit_test(random_bytes_must_be_as_many_as_were_asked_for),
    };

    return cmocka_run_group_tests_name("remote liar", tests, NULL, NULL);
}
