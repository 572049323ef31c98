// SPDX-License-Identifier: BSD-2-Clause
// audit_only: what the policy would hide is shown, and written down. Only the system's file may say
// so: the gate is opened with a configuration that was read as a user's and then told to.
#include "tests/module/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/log.h"
#include "config/config.h"
#include "crypto/crypto.h"
#include "module/gate.h"
#include "module/token.h"

static const struct mock_key key_one = {"rsa:2048", "one", "01", "one", MOCK_PAIR};
static const struct mock_key key_two = {"rsa:2048", "two", "02", "two", MOCK_PAIR};
static const struct mock_key mute = {"rsa:2048", "three", "03", "three", MOCK_PAIR | MOCK_NO_SIGN};

static struct crypto *crypto;
static struct gate *gate;
static CK_SLOT_ID slot, other;

static int make_tokens(void **state)
{
    host_reset(state);
    slot = host_token("one");
    other = host_token("other");
    host.mock->key_add(slot, &key_one);
    host.mock->key_add(slot, &key_two);
    host_key(other, "ec:P-256", "04", MOCK_PAIR | MOCK_ALL_PRIVATE);
    host_remove("log");
    crypto = crypto_create();
    return crypto != NULL ? 0 : -1;
}

static int end(void **state)
{
    gate_destroy(gate);
    gate = NULL;
    log_close();
    crypto_destroy(crypto);
    return host_reset(state);
}

static void start(const char *policy, bool audit)
{
    struct message_list messages = {0};
    struct config *config;

    host_config(policy);
    config = config_load(crypto, getenv("P11GATE_CONFIG"), false, &messages);
    assert_non_null(config);
    message_list_finish(&messages);
    config->settings.audit_only = audit;
    config->settings.log.level = LOG_ERROR; /* audit lines are written at any level */
    log_open(&config->settings.log);
    assert_int_equal(gate_create_with(config, &gate), CKR_OK);
}

static CK_ULONG count_slots(void)
{
    CK_ULONG count = 0;

    assert_int_equal(gate->layer.C_GetSlotList(&gate->layer, CK_TRUE, NULL, &count), CKR_OK);
    return count;
}

/* The first bytes of the CKA_ID of the public keys, in the order of the listing. */
static void find_ids(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class, char ids[8],
                     CK_OBJECT_HANDLE found[8])
{
    CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof(class)};
    struct layer *layer = &gate->layer;
    CK_ULONG count = 0;

    assert_int_equal(layer->C_FindObjectsInit(layer, session, &template, 1), CKR_OK);
    assert_int_equal(layer->C_FindObjects(layer, session, found, 7, &count), CKR_OK);
    assert_int_equal(layer->C_FindObjectsFinal(layer, session), CKR_OK);
    for (CK_ULONG i = 0; i < count; i++) {
        unsigned char id[64] = "";
        CK_ATTRIBUTE wanted = {CKA_ID, id, sizeof(id)};
        assert_int_equal(layer->C_GetAttributeValue(layer, session, found[i], &wanted, 1), CKR_OK);
        ids[i] = (char)('0' + id[0]);
    }
    ids[count] = '\0';
}

static CK_SESSION_HANDLE open_session(CK_SLOT_ID at)
{
    CK_SESSION_HANDLE session = 0;

    assert_int_equal(
        gate->layer.C_OpenSession(&gate->layer, at, CKF_SERIAL_SESSION, NULL, NULL, &session),
        CKR_OK);
    return session;
}

static unsigned logged(const char *text)
{
    char path[128], line[4096];
    unsigned count = 0;
    FILE *stream;

    snprintf(path, sizeof(path), "%s/log", host.folder);
    stream = fopen(path, "re");
    assert_non_null(stream);
    while (fgets(line, sizeof(line), stream) != NULL)
        count += strstr(line, text) != NULL;
    fclose(stream);
    return count;
}

static const struct {
    const char *policy;
    const char *hidden; /* CKA_ID of what the policy hides before login */
    const char *why;
} policies[] = {
    {"allow: [{id: \"02\"}]", "1", "it would be hidden by no rule of allow"},
    {"allow: all\ndeny: [{id: \"01\"}]", "1", "it would be hidden by the deny rule "},
    {"allow: all\nrequire: [{id: \"02\"}]", "1", "it would be hidden by the require rule "},
    {"allow: []", "12", "it would be hidden by no rule of allow"},
};

static void what_the_policy_would_hide_is_shown_behind_the_rest_and_logged(void **state)
{
    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        CK_OBJECT_HANDLE found[8];
        char ids[8];

        start(policies[i].policy, true);
        assert_int_equal(count_slots(), 2);
        find_ids(open_session(slot), CKO_PUBLIC_KEY, ids, found);
        assert_string_equal(ids, strlen(policies[i].hidden) == 1 ? "21" : "12");
        assert_int_equal(logged(policies[i].why), strlen(policies[i].hidden));
        assert_int_equal(logged("is shown"), strlen(policies[i].hidden));
        end(state);
        make_tokens(state);
    }
}

static void without_an_audit_it_is_hidden_and_nothing_is_written(void **state)
{
    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        CK_OBJECT_HANDLE found[8];
        char ids[8];

        start(policies[i].policy, false);
        if (count_slots() > 0) {
            find_ids(open_session(slot), CKO_PUBLIC_KEY, ids, found);
            assert_string_equal(ids, "2");
        }
        assert_int_equal(logged("audit_only"), 0);
        end(state);
        make_tokens(state);
    }
}

/* The preset's own rules hide as ever: such a key would be of no use. */
static void a_key_that_does_not_sign_is_hidden_all_the_same(void **state)
{
    CK_OBJECT_HANDLE found[8];
    char ids[8];
    CK_SESSION_HANDLE session;

    (void)state;
    host.mock->key_add(slot, &mute);
    start("allow: []", true);
    assert_int_equal(count_slots(), 2);
    session = open_session(slot);
    assert_int_equal(gate->layer.C_Login(&gate->layer, session, CKU_USER, (CK_UTF8CHAR *)"1234", 4),
                     CKR_OK);
    find_ids(session, CKO_PRIVATE_KEY, ids, found);
    assert_string_equal(ids, "12");
}

static void each_use_of_it_is_logged(void **state)
{
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);
    struct layer *layer;
    CK_OBJECT_HANDLE found[8];
    char ids[8];
    CK_SESSION_HANDLE session;

    (void)state;
    start("allow: [{id: \"02\"}]", true);
    layer = &gate->layer;
    assert_int_equal(count_slots(), 2);
    session = open_session(slot);
    assert_int_equal(layer->C_Login(layer, session, CKU_USER, (CK_UTF8CHAR *)"1234", 4), CKR_OK);
    find_ids(session, CKO_PRIVATE_KEY, ids, found);
    assert_string_equal(ids, "21");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(layer->C_SignInit(layer, session, &mechanism, found[i]), CKR_OK);
        assert_int_equal(
            layer->C_Sign(layer, session, host_data, sizeof(host_data), signature, &size), CKR_OK);
        assert_int_equal(logged("is signed with"), i);
    }
}

/* A token whose keys show only after login is shown as well: the audit hides nothing, and so
 * consents to a PIN. */
static void a_token_that_nothing_names_is_shown(void **state)
{
    CK_OBJECT_HANDLE found[8];
    char ids[8];
    CK_SESSION_HANDLE session;

    (void)state;
    start("allow: [{token: {label: one}}]", true);
    assert_int_equal(count_slots(), 2);
    session = open_session(other);
    find_ids(session, CKO_PUBLIC_KEY, ids, found);
    assert_string_equal(ids, "");
    assert_int_equal(gate->layer.C_Login(&gate->layer, session, CKU_USER, (CK_UTF8CHAR *)"1234", 4),
                     CKR_OK);
    find_ids(session, CKO_PRIVATE_KEY, ids, found);
    assert_string_equal(ids, "4");
}

/* An audit is of a policy; without one nothing is known of what the system wants. */
static void a_file_that_broke_shows_nothing(void **state)
{
    CK_OBJECT_HANDLE found[8];
    CK_SESSION_HANDLE session;
    char ids[8];

    (void)state;
    start("allow: [{id: \"02\"}]", true);
    assert_int_equal(count_slots(), 2);
    session = open_session(slot);
    find_ids(session, CKO_PUBLIC_KEY, ids, found);
    assert_string_equal(ids, "21");
    host_config("allow: [");
    find_ids(session, CKO_PUBLIC_KEY, ids, found);
    assert_string_equal(ids, "");
    assert_int_equal(count_slots(), 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_tokens, end)
    const struct CMUnitTest tests[] = {
        CASE(what_the_policy_would_hide_is_shown_behind_the_rest_and_logged),
        CASE(without_an_audit_it_is_hidden_and_nothing_is_written),
        CASE(a_key_that_does_not_sign_is_hidden_all_the_same),
        CASE(each_use_of_it_is_logged),
        CASE(a_token_that_nothing_names_is_shown),
        CASE(a_file_that_broke_shows_nothing),
    };

    return cmocka_run_group_tests_name("audit_only", tests, host_load, host_unload);
}
