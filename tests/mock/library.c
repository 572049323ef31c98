// SPDX-License-Identifier: BSD-2-Clause
// The library itself: C_GetFunctionList, C_Initialize, C_Finalize, C_GetInfo, and the door for
// tests.
#include "tests/mock/internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define USUAL                                                                                      \
    {                                                                                              \
        .wrong_pin = CKR_PIN_INCORRECT, .limit_answer = CKR_SESSION_COUNT                          \
    }

struct mock_settings settings = USUAL;

static pid_t initialised_by;

bool library_is_initialised(void)
{
    return settings.initialised && (initialised_by == 0 || initialised_by == getpid());
}

static void forget_sessions(void)
{
    session_close_all(NULL);
    for (size_t i = 0; i < TOKENS_MAX && tokens[i] != NULL; i++)
        tokens[i]->logged_in = false;
}

/* As NSS declares them: a text, and behind it a pointer that must be NULL. */
static CK_RV read_arguments(const CK_C_INITIALIZE_ARGS *arguments)
{
    settings.init_args[0] = '\0';
    settings.init_flags = arguments != NULL ? arguments->flags : 0;
    if (arguments == NULL || arguments->pReserved == NULL)
        return CKR_OK;
    snprintf(settings.init_args, sizeof(settings.init_args), "%s",
             (const char *)arguments->pReserved);
    return *(void *const *)(arguments + 1) == NULL ? CKR_OK : CKR_ARGUMENTS_BAD;
}

CK_RV mock_C_Initialize(CK_VOID_PTR pInitArgs)
{
    CK_RV rv = read_arguments(pInitArgs);

    settings.init_argument = pInitArgs;
    if (rv != CKR_OK)
        return rv;
    if (pInitArgs != NULL && settings.arguments_answer != CKR_OK)
        return settings.arguments_answer;
    if (library_is_initialised())
        return CKR_CRYPTOKI_ALREADY_INITIALIZED;
    forget_sessions();
    settings.initialised = true;
    initialised_by = getpid();
    token_look_for_slots();
    return CKR_OK;
}

CK_RV mock_C_Finalize(CK_VOID_PTR pReserved)
{
    if (pReserved != NULL)
        return CKR_ARGUMENTS_BAD;
    forget_sessions();
    loss_see_finalize();
    settings.initialised = false;
    return CKR_OK;
}

CK_RV mock_C_GetInfo(CK_INFO *pInfo)
{
    *pInfo = (CK_INFO){.cryptokiVersion = {2, 40}, .libraryVersion = {1, 0}};
    token_pad(pInfo->manufacturerID, sizeof(pInfo->manufacturerID),
              settings.manufacturer != NULL ? settings.manufacturer : "mock");
    token_pad(pInfo->libraryDescription, sizeof(pInfo->libraryDescription),
              settings.description != NULL ? settings.description : "mock vendor");
    return CKR_OK;
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list)
{
    CK_RV rv = record_begin(FUNCTION_C_GetFunctionList);

    if (rv == CKR_OK)
        *list = settings.functions != NULL ? settings.functions : &mock_functions;
    return record_end(FUNCTION_C_GetFunctionList, rv);
}

static void reset(void)
{
    forget_sessions();
    token_reset();
    record_reset();
    initialised_by = 0;
    settings = (struct mock_settings)USUAL;
}

static unsigned count_sessions(void)
{
    return session_count(NULL);
}

static void expire_sessions(void)
{
    session_close_all(NULL);
}

extern const struct mock_control mock_control;

__attribute__((visibility("default"))) const struct mock_control mock_control = {
    .settings = &settings,
    .reset = reset,
    .token_add = token_add,
    .token_insert = token_insert,
    .token_swap = token_swap,
    .key_add = object_add_key,
    .key_replace = object_replace_key,
    .attribute_set = object_set,
    .attribute_refuse = object_refuse,
    .refuse = record_fail,
    .refuse_none = record_fail_none,
    .calls = record_calls,
    .calls_of = record_calls_of,
    .call_name = record_name,
    .forget_calls = record_forget,
    .logins = token_logins,
    .sessions = count_sessions,
    .sessions_expire = expire_sessions,
    .logged_in = token_logged_in,
    .login_at = record_login_at,
    .functions = &mock_functions,
    .functions_3_0 = &mock_functions_3_0,
    .verifies = oracle_verifies,
};
