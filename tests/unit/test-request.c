// SPDX-License-Identifier: BSD-2-Clause
// What commands ask of the daemon: what is written is read as it was, and what is no request is none.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include "daemon/request.h"

/* Has those bytes read; the other end is closed behind them. */
static bool read_bytes(const void *bytes, size_t size, struct request *request)
{
    int pair[2];
    bool read;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(send(pair[0], bytes, size, 0), size);
    close(pair[0]);
    memset(request, 0xff, sizeof(*request));
    read = request_read(pair[1], request);
    close(pair[1]);
    return read;
}

static bool read_text(const char *text, struct request *request)
{
    return read_bytes(text, strlen(text), request);
}

static void what_is_written_is_read(void **state)
{
    static const struct request requests[] = {
        {.verb = REQUEST_STATUS},
        {.verb = REQUEST_LOCK, .token = "my card"},
        {.verb = REQUEST_REFRESH},
        {.verb = REQUEST_UNLOCK, .keypad = true},
        {.verb = REQUEST_UNLOCK, .token = "1234", .pin_size = 5, .pin = {'a', '\n', 0, '\n', 'b'}},
    };
    struct request read;

    (void)state;
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        int pair[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        assert_true(request_write(pair[0], &requests[i]));
        assert_true(request_read(pair[1], &read));
        assert_int_equal(read.verb, requests[i].verb);
        assert_int_equal(read.keypad, requests[i].keypad);
        assert_string_equal(read.token, requests[i].token);
        assert_int_equal(read.pin_size, requests[i].pin_size);
        assert_memory_equal(read.pin, requests[i].pin, requests[i].pin_size);
        close(pair[0]);
        close(pair[1]);
    }
}

static void the_longest_PIN_and_name_fit(void **state)
{
    struct request request = {.verb = REQUEST_UNLOCK, .pin_size = REQUEST_PIN_MAX}, read;
    int pair[2];

    (void)state;
    memset(request.token, 't', REQUEST_TOKEN_MAX);
    memset(request.pin, 'p', REQUEST_PIN_MAX);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_true(request_write(pair[0], &request));
    assert_true(request_read(pair[1], &read));
    assert_memory_equal(&read, &request, sizeof(read));
    close(pair[0]);
    close(pair[1]);
}

static void what_is_no_request_is_none(void **state)
{
    static const char *const texts[] = {
        "",
        "\n",
        "status",
        "status\n",
        "statu\n\n",
        "status \n\n",
        "status\nmore\n\n",
        "unlock\npin \n\n",
        "unlock\npin 0\n\n",
        "unlock\npin -1\n\n",
        "unlock\npin 256\n\n",
        "unlock\npin 99999999999999999999\n\n",
        "unlock\npin 4x\n\n1234",
        "unlock\npin 4\n\n123", /* an end in the middle */
        "lock\ntoken \n\n",
    };
    struct request request;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        static const struct request nothing;
        if (read_text(texts[i], &request))
            fail_msg("%s", texts[i]);
        assert_memory_equal(&request, &nothing, sizeof(nothing)); /* a PIN too is gone */
    }
}

static void a_name_that_is_too_long_or_has_a_NUL_is_none(void **state)
{
    char text[16 + REQUEST_TOKEN_MAX + 4] = "lock\ntoken ";
    struct request request;

    (void)state;
    memset(text + strlen(text), 't', REQUEST_TOKEN_MAX + 1);
    strcat(text, "\n\n");
    assert_false(read_text(text, &request));
    assert_false(read_bytes("lock\ntoken a\0b\n\n", 16, &request));
}

static void a_head_without_an_end_is_none(void **state)
{
    char text[4096];
    struct request request;

    (void)state;
    memset(text, 'x', sizeof(text));
    assert_false(read_bytes(text, sizeof(text), &request));
}

static void written_to_nobody_it_is_an_error_and_no_signal(void **state)
{
    const struct request request = {.verb = REQUEST_STATUS};
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    close(pair[1]);
    assert_false(request_write(pair[0], &request));
    assert_int_equal(errno, EPIPE);
    close(pair[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(the_longest_PIN_and_name_fit),
        cmocka_unit_test(what_is_no_request_is_none),
        cmocka_unit_test(a_name_that_is_too_long_or_has_a_NUL_is_none),
        cmocka_unit_test(a_head_without_an_end_is_none),
        cmocka_unit_test(written_to_nobody_it_is_an_error_and_no_signal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
