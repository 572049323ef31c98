// SPDX-License-Identifier: BSD-2-Clause
#include "tests/module/client.h"

#include <string.h>
#include "caller.gen.h"

enum { SLOTS = 8, OBJECTS = 16, ROOM = 512 };

static const struct mock_key rsa = {"rsa:1024", "01", "01", "01", MOCK_PAIR},
                             hidden = {"ec:P-256", "02", "02", "02", MOCK_PAIR},
                             always = {"ec:P-256", "03", "03", "03",
                                       MOCK_PAIR | MOCK_ALWAYS_AUTHENTICATE};
static CK_SLOT_ID slot;
static CK_SESSION_HANDLE session;
static unsigned logins_asked; /* C_Login that the client called */
static unsigned inserted_at;  /* the first that reached the vendor after the card had been out */
static const char *wrong;

static void check(bool good, const char *what)
{
    if (!good && wrong == NULL)
        wrong = what;
}

static const char *take_wrong(void)
{
    const char *found = wrong;

    wrong = NULL;
    return found;
}

void client_set_up(const char *preset)
{
    host_reset(NULL);
    slot = host.mock->token_add(&(struct mock_token){.label = "one", .pin = "1234", .tries = 3});
    host.mock->key_add(slot, &rsa);
    host.mock->key_add(slot, &hidden);
    host.mock->key_add(slot, &always);
    host.mock->token_add(&(struct mock_token){.label = "", .uninitialised = true});
    host.quiet = true;
    host_config(preset);
    session = 0;
    logins_asked = 0;
    inserted_at = 0;
    wrong = NULL;
}

static unsigned count_logins(void)
{
    unsigned count = 0;

    while (host.mock->login_at(count) != NULL)
        count++;
    return count;
}

static CK_RV log_in(CK_USER_TYPE user, const char *pin)
{
    CK_RV rv = host_try_login(session, user, pin);

    logins_asked++;
    check(user != CKU_USER || rv != CKR_OK || host.mock->logged_in(slot),
          "C_Login succeeded, and nobody is logged in");
    return rv;
}

/* At most OBJECTS of them are found, and none is the hidden one's. */
static CK_ULONG find(CK_OBJECT_CLASS class, const char *id, CK_OBJECT_HANDLE *found)
{
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_ID, (void *)(uintptr_t)id, 1}};
    CK_ULONG count = 0;

    if (host.functions->C_FindObjectsInit(session, template, id != NULL ? 2 : 1) != CKR_OK)
        return 0;
    if (host.functions->C_FindObjects(session, found, OBJECTS, &count) != CKR_OK)
        count = 0;
    host.functions->C_FindObjectsFinal(session);
    check(count <= OBJECTS, "more objects than were asked for");
    check(id == NULL || *id != 2 || count == 0, "a hidden object was found");
    check(class == CKO_CERTIFICATE ? count == 0 : count <= 2, "more objects than are permitted");
    return count;
}

static void read_attributes(CK_OBJECT_HANDLE object)
{
    unsigned char id[ROOM], label[ROOM], value[ROOM];
    CK_ULONG size = 0;
    CK_ATTRIBUTE template[] = {{CKA_ID, id, sizeof(id)},
                               {CKA_LABEL, label, sizeof(label)},
                               {CKA_START_DATE, value, sizeof(value)},
                               {CKA_CHECK_VALUE, value, sizeof(value)},
                               {CKA_PRIVATE_EXPONENT, value, sizeof(value)}};

    host.functions->C_GetAttributeValue(session, object, template, 5);
    for (int i = 0; i < 5; i++)
        check(template[i].ulValueLen == CK_UNAVAILABLE_INFORMATION ||
                  template[i].ulValueLen <= sizeof(value),
              "an attribute is longer than its room");
    host.functions->C_GetObjectSize(session, object, &size);
}

static CK_RV sign(const struct mock_key *key, CK_OBJECT_HANDLE object, const char *pin)
{
    CK_MECHANISM mechanism = {key == &rsa ? CKM_RSA_PKCS : CKM_ECDSA, NULL, 0};
    unsigned char signature[ROOM];
    CK_ULONG size = sizeof(signature);
    CK_RV rv = host.functions->C_SignInit(session, &mechanism, object);

    if (rv == CKR_OK && pin != NULL)
        rv = log_in(CKU_CONTEXT_SPECIFIC, pin);
    if (rv == CKR_OK)
        rv = host.functions->C_Sign(session, host_data, sizeof(host_data), signature, &size);
    check(rv != CKR_OK ||
              host.mock->verifies(key, mechanism.mechanism, host_data, sizeof(host_data),
                                  signature, size),
          "a signature does not verify");
    return rv;
}

static void sign_in_parts(CK_OBJECT_HANDLE object)
{
    CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
    unsigned char signature[ROOM];
    CK_ULONG size = sizeof(signature);
    CK_RV rv = host.functions->C_SignInit(session, &mechanism, object);

    if (rv == CKR_OK)
        rv = host.functions->C_SignUpdate(session, host_data, 16);
    if (rv == CKR_OK)
        rv = host.functions->C_SignUpdate(session, host_data + 16, sizeof(host_data) - 16);
    if (rv == CKR_OK)
        rv = host.functions->C_SignFinal(session, signature, &size);
    check(rv != CKR_OK || host.mock->verifies(&rsa, CKM_SHA256_RSA_PKCS, host_data,
                                              sizeof(host_data), signature, size),
          "a signature in parts does not verify");
}

static CK_OBJECT_HANDLE find_private(const char *id)
{
    CK_OBJECT_HANDLE found[OBJECTS] = {0};

    return find(CKO_PRIVATE_KEY, id, found) > 0 ? found[0] : 0;
}

static void look_at_slots(void)
{
    CK_SLOT_ID slots[SLOTS];
    CK_ULONG count = 0;

    if (host.functions->C_GetSlotList(CK_TRUE, NULL, &count) != CKR_OK)
        return;
    check(count <= 1, "more slots than are permitted");
    count = SLOTS;
    if (host.functions->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK)
        check(count <= 1, "more slots than are permitted");
}

static void look_at_token(void)
{
    CK_INFO info;
    CK_SLOT_INFO slot_info;
    CK_TOKEN_INFO token_info;
    CK_MECHANISM_INFO mechanism_info;
    CK_MECHANISM_TYPE mechanisms[64];
    CK_ULONG count = 64;

    host.functions->C_GetInfo(&info);
    host.functions->C_GetSlotInfo(slot, &slot_info);
    if (host.functions->C_GetTokenInfo(slot, &token_info) == CKR_OK &&
        host.mock->settings->garbage == MOCK_NO_GARBAGE)
        check(memcmp(token_info.label, "one ", 4) == 0, "a token has another's label");
    if (host.functions->C_GetMechanismList(slot, mechanisms, &count) == CKR_OK)
        check(count <= 64, "more mechanisms than were asked for");
    host.functions->C_GetMechanismInfo(slot, CKM_RSA_PKCS, &mechanism_info);
}

static bool is_by_hand(const struct function_kinds *function)
{
    return (strcmp(function->group, "base") == 0 && (function->kinds & KIND_slot_out) == 0) ||
           strcmp(function->group, "login") == 0;
}

/* All the others, with a key that is permitted and with one that is not. */
static void call_the_others(CK_OBJECT_HANDLE key)
{
    unsigned char bytes[ROOM] = {0};
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_ULONG size = sizeof(bytes);
    CK_SLOT_ID event;
    CK_OBJECT_HANDLE made = 0;
    struct call_arguments arguments = {
        .session = session, .slot = slot, .key = key, .object = key, .mechanism = &mechanism,
        .data = bytes, .buffer = bytes, .size = &size, .count = 16, .object_out = &made,
        .info = bytes, .slot_out = &event, .number = CKF_DONT_BLOCK};

    for (int i = 0; i < FUNCTION_COUNT; i++) {
        if (is_by_hand(&function_kinds[i]))
            continue;
        arguments.mechanism->mechanism =
            strcmp(function_kinds[i].group, "digest") == 0 ? CKM_SHA256 : CKM_RSA_PKCS;
        size = sizeof(bytes);
        call_function(host.functions, (enum function_id)i, &arguments);
    }
}

static void use_keys(void)
{
    CK_OBJECT_HANDLE found[OBJECTS] = {0}, key;

    check(find_private("\2") == 0, "a hidden private key was found");
    key = find_private("\1");
    sign(&rsa, key, NULL);
    sign_in_parts(key);
    if (find(CKO_PUBLIC_KEY, NULL, found) > 0)
        read_attributes(found[0]);
    key = find_private("\3");
    sign(&always, key, "1234");
    sign(&always, key, NULL); /* ssh leaves it out after a login */
    call_the_others(find_private("\1"));
    sign(&rsa, find_private("\1"), NULL);
}

static void end_login(void)
{
    CK_SESSION_HANDLE second = 0;

    host.functions->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &second);
    if (host.functions->C_Logout(session) == CKR_OK)
        check(!host.mock->logged_in(slot), "C_Logout succeeded, and somebody is logged in");
    check(find_private("\1") == 0, "a private key is there after the logout");
    log_in(CKU_USER, "1234");
    host.functions->C_CloseSession(second);
    host.functions->C_CloseSession(session);
    host.functions->C_CloseAllSessions(slot);
}

const char *client_run(void)
{
    if (host.functions->C_Initialize(NULL) != CKR_OK)
        return NULL;
    look_at_slots();
    look_at_token();
    if (host.functions->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
                                      &session) != CKR_OK)
        return take_wrong();
    check(find_private("\1") == 0, "a private key is there before the login");
    check(log_in(CKU_USER, "0000") != CKR_OK, "a wrong PIN is good");
    check(log_in(CKU_USER, "0000") != CKR_OK, "a wrong PIN is good");
    log_in(CKU_USER, "1234");
    use_keys();
    host.mock->token_insert(slot, false);
    sign(&rsa, find_private("\1"), NULL);
    host.mock->token_insert(slot, true);
    inserted_at = count_logins();
    look_at_slots();
    log_in(CKU_USER, "1234");
    sign(&rsa, find_private("\1"), NULL);
    end_login();
    return take_wrong();
}

/* policy.md 6: what does not count as a refusal. */
static bool is_innocent(CK_RV rv)
{
    static const CK_RV codes[] = {
        CKR_OK,
        CKR_USER_ALREADY_LOGGED_IN,
        CKR_USER_PIN_NOT_INITIALIZED,
        CKR_USER_TYPE_INVALID,
        CKR_USER_ANOTHER_ALREADY_LOGGED_IN,
        CKR_HOST_MEMORY,
        CKR_DEVICE_ERROR,
        CKR_DEVICE_MEMORY,
        CKR_DEVICE_REMOVED,
        CKR_FUNCTION_CANCELED,
        CKR_FUNCTION_NOT_SUPPORTED,
        CKR_OPERATION_NOT_INITIALIZED,
        CKR_SESSION_CLOSED,
        CKR_SESSION_HANDLE_INVALID,
        CKR_SESSION_READ_WRITE_SO_EXISTS,
        CKR_TOKEN_NOT_PRESENT,
        CKR_TOKEN_NOT_RECOGNIZED,
        CKR_CRYPTOKI_NOT_INITIALIZED,
    };

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i] == rv)
            return true;
    }
    return false;
}

/* Is this PIN refused as far as p11gate can know at the login of that number? */
static bool is_refused(unsigned number, CK_USER_TYPE user, const char *pin)
{
    bool refused = false;

    for (unsigned i = number >= inserted_at ? inserted_at : 0; i < number; i++) {
        const struct mock_login *login = host.mock->login_at(i);
        if (login->user != user)
            continue;
        if (login->rv == CKR_OK)
            refused = false;
        else if (strcmp(login->pin, pin) == 0 && !is_innocent(login->rv))
            refused = true;
    }
    return refused;
}

/* With the card back in between: before, and after. */
const char *client_lost_a_try(bool gone)
{
    unsigned count = count_logins(), allowed = logins_asked;

    for (unsigned i = 0; i < count; i++) {
        const struct mock_login *login = host.mock->login_at(i);
        if (!gone && is_refused(i, login->user, login->pin))
            return "a PIN was sent again that had been refused";
        if (login->rv == CKR_SESSION_HANDLE_INVALID || login->rv == CKR_SESSION_CLOSED ||
            login->rv == CKR_CRYPTOKI_NOT_INITIALIZED || login->rv == CKR_USER_ALREADY_LOGGED_IN)
            allowed++; /* nothing was verified */
    }
    if (allowed > 2 * logins_asked)
        allowed = 2 * logins_asked;
    return count > allowed ? "a PIN was sent oftener than it was given" : NULL;
}

const char *client_recovers(void)
{
    CK_RV rv;

    host.mock->refuse_none();
    host.mock->settings->garbage = MOCK_NO_GARBAGE;
    host.functions->C_Initialize(NULL);
    look_at_slots();
    rv = host.functions->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session);
    if (rv != CKR_OK)
        return "no session is to be had any more";
    inserted_at = 0; /* which may have gone unnoticed */
    if (is_refused(count_logins(), CKU_USER, "1234"))
        return take_wrong();
    rv = log_in(CKU_USER, "1234");
    if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
        return "the right PIN is good no more";
    check(sign(&rsa, find_private("\1"), NULL) == CKR_OK, "no signature is to be had any more");
    return take_wrong();
}

const char *client_finishes(bool failed)
{
    CK_RV rv = host.functions->C_Finalize(NULL);

    if (rv != CKR_OK)
        return "C_Finalize fails";
    if (!failed && host.mock->sessions() > 0)
        return "sessions are left behind";
    return !failed && host.mock->settings->initialised ? "the vendor is left initialised" : NULL;
}
