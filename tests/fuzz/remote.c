// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the client's side of p11-kit's protocol: the first byte is the function that is called,
// the second how the rest is its answer, as the body of one or with a header of its own. What is
// answered has its place within what was given, and a connection that made no sense is closed.
#include "remote/remote.h"

#include <string.h>
#include "remote/instance.h"
#include "tests/fuzz/fuzz.h"
#include "tests/remote/arguments.h"
#include "tests/remote/liar.h"

enum {
    LONGEST = 64 << 10, /* all of it must fit into the socket */
    VERSION_BITS = 3,
    WITH_HEADER = 4,
    CODE = 2,
    WAIT_MS = 60000, /* nothing is waited for: the connection ends */
};

static void speak(struct wire *speech, uint8_t how, const uint8_t *data, size_t size)
{
    struct wire body = {0};
    uint8_t *to;

    liar_greet(speech, how & VERSION_BITS);
    to = wire_append((how & WITH_HEADER) != 0 ? speech : &body, size);
    FUZZ_REQUIRE(to != NULL);
    if (size > 0)
        memcpy(to, data, size);
    if ((how & WITH_HEADER) == 0)
        liar_say(speech, CODE, &body);
    wire_finish(&body);
}

static void check_sizes(enum function_id function, const struct arguments *arguments)
{
    if (function == FUNCTION_C_GetAttributeValue) {
        for (size_t i = 0; i < 2; i++)
            FUZZ_REQUIRE(arguments->template_out[i].ulValueLen <= ARGUMENTS_ROOM ||
                         arguments->template_out[i].ulValueLen == CK_UNAVAILABLE_INFORMATION);
        return;
    }
    FUZZ_REQUIRE(arguments->size <= ARGUMENTS_ROOM);
    if (function == FUNCTION_C_FindObjects)
        FUZZ_REQUIRE(arguments->info.number <= ARGUMENTS_ROOM);
}

static void call(struct remote *remote, enum function_id function)
{
    struct arguments arguments;
    bool was_up = connection_is_up(&remote->connection);
    CK_RV rv = arguments_call(remote, function, &arguments);

    FUZZ_REQUIRE(arguments_are_fenced(&arguments));
    FUZZ_REQUIRE(was_up || rv == CKR_CRYPTOKI_NOT_INITIALIZED);
    if (rv == CKR_OK)
        check_sizes(function, &arguments);
    if (was_up && function != FUNCTION_C_Finalize && !connection_is_up(&remote->connection)) {
        FUZZ_REQUIRE(rv == CKR_DEVICE_ERROR || rv == CKR_CRYPTOKI_NOT_INITIALIZED);
        FUZZ_REQUIRE(remote_error(remote)[0] != '\0');
    }
}

void fuzz_one(const uint8_t *data, size_t size)
{
    const enum function_id function = size > 0 ? data[0] % FUNCTION_COUNT : 0;
    struct liar liar = {0};
    struct remote *remote;

    if (size < 2 || size > LONGEST || function == FUNCTION_C_Initialize ||
        function == FUNCTION_C_GetFunctionList || function == FUNCTION_C_GetFunctionStatus ||
        function == FUNCTION_C_CancelFunction)
        return;
    speak(&liar.connections[0].speech, data[1], data + 2, size - 2);
    liar.connections[0].end = LIAR_STOPS;
    remote = liar_remote(&liar, WAIT_MS);
    FUZZ_REQUIRE(remote != NULL);
    if (remote_functions(remote)->C_Initialize(NULL) == CKR_OK) {
        call(remote, function);
        call(remote, FUNCTION_C_GetSessionInfo);
    }
    remote_destroy(remote);
    liar_finish(&liar);
}
