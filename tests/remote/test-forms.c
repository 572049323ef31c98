// SPDX-License-Identifier: BSD-2-Clause
// What mechanisms and templates look like on the wire.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "common/constants.h"
#include "remote/attribute.h"
#include "remote/mechanism.h"

static CK_BYTE iv[16] = {1, 2, 3};
static CK_RSA_PKCS_PSS_PARAMS pss = {CKM_SHA256, CKG_MGF1_SHA256, 32};
static CK_RSA_PKCS_OAEP_PARAMS oaep = {CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, iv, 3};
static CK_RSA_PKCS_OAEP_PARAMS hole = {CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, NULL, 3};
static CK_GCM_PARAMS gcm = {iv, 2, 16, NULL, 0, 128};
static CK_ECDH1_DERIVE_PARAMS ecdh1 = {.kdf = CKD_NULL, .ulPublicDataLen = 1, .pPublicData = iv};
static CK_ULONG number = 5;

#define PSS_WIRE                                                                                   \
    "0000000000000250"                                                                             \
    "0000000000000002"                                                                             \
    "0000000000000020"
#define NONE "-"

static const struct {
    CK_MECHANISM mechanism;
    const char *versions[3]; /* hexadecimal; NONE: refused for its parameters; NULL: for itself */
} mechanisms[] = {
    {{CKM_RSA_PKCS, NULL, 0}, {"00000001ffffffff", "00000001ffffffff", "00000001"}},
    {{CKM_RSA_PKCS, iv, 0}, {"00000001ffffffff", "00000001ffffffff", "00000001"}},
    {{CKM_RSA_PKCS, iv, 16}, {NONE, NONE, NONE}},
    {{CKM_EDDSA, NULL, 0}, {"00001057ffffffff", "00001057ffffffff", "0000105700"}},
    {{CKM_EDDSA, iv, 16}, {NONE, NONE, NONE}},
    {{0x8000abcd, NULL, 0}, {"8000abcdffffffff", "8000abcdffffffff", NULL}},
    {{0x8000abcd, iv, 16}, {NONE, NONE, NULL}},
    {{0xffffffff, NULL, 0}, {NULL, NULL, NULL}},
    {{(CK_MECHANISM_TYPE)1 << 32 | 1, NULL, 0}, {NULL, NULL, NULL}},
    {{CKM_RSA_PKCS_PSS, &pss, sizeof(pss)},
     {"0000000d" PSS_WIRE, "0000000d" PSS_WIRE, "0000000d01" PSS_WIRE}},
    {{CKM_RSA_PKCS_PSS, NULL, 0}, {NONE, NONE, "0000000d00"}},
    {{CKM_RSA_PKCS_PSS, NULL, sizeof(pss)}, {NONE, NONE, NONE}},
    {{CKM_RSA_PKCS_PSS, &pss, sizeof(pss) - 1}, {NONE, NONE, NONE}},
    {{CKM_SHA256_RSA_PKCS_PSS, &pss, sizeof(pss)},
     {"00000043"
      "00000018"
      "500200000000000002000000000000002000000000000000",
      "00000043" PSS_WIRE, "0000004301" PSS_WIRE}},
    {{CKM_SHA256_RSA_PKCS_PSS, NULL, 0}, {"00000043ffffffff", NONE, "0000004300"}},
    {{CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep)},
     {"00000009"
      "0000000000000220"
      "0000000000000001"
      "0000000000000001"
      "00000003010203",
      "00000009"
      "0000000000000220"
      "0000000000000001"
      "0000000000000001"
      "00000003010203",
      "0000000901"
      "0000000000000220"
      "0000000000000001"
      "0000000000000001"
      "00000003010203"}},
    {{CKM_RSA_PKCS_OAEP, &hole, sizeof(hole)}, {NONE, NONE, NONE}},
    {{CKM_AES_CBC, iv, 16},
     {"00001082"
      "0000001001020300000000000000000000000000",
      "00001082"
      "0000001001020300000000000000000000000000",
      "0000108201"
      "0000001001020300000000000000000000000000"}},
    {{CKM_AES_CBC, iv, 15}, {NONE, NONE, NONE}},
    {{CKM_AES_GCM, &gcm, sizeof(gcm)},
     {NONE,
      "00001087"
      "000000020102"
      "0000000000000010"
      "ffffffff"
      "0000000000000080",
      "0000108701"
      "000000020102"
      "0000000000000010"
      "ffffffff"
      "0000000000000080"}},
    {{CKM_ECDH1_DERIVE, &ecdh1, sizeof(ecdh1)},
     {NONE,
      "00001050"
      "0000000000000001"
      "ffffffff"
      "0000000101",
      "0000105001"
      "0000000000000001"
      "ffffffff"
      "0000000101"}},
    {{CKM_SHA256_HMAC_GENERAL, &number, sizeof(number)},
     {"00000252"
      "000000080500000000000000",
      "00000252"
      "0000000000000005",
      "0000025201"
      "0000000000000005"}},
};

static void assert_bytes(const char *hexadecimal, const struct wire *wire)
{
    char text[512] = "";

    assert_false(wire->failed);
    for (size_t i = 0; i < wire->size; i++)
        snprintf(text + 2 * i, 3, "%02x", wire->bytes[i]);
    assert_string_equal(hexadecimal, text);
}

static void mechanisms_are_written_as_each_version_has_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
        for (unsigned version = 0; version < 3; version++) {
            const char *expected = mechanisms[i].versions[version];
            struct wire wire = {0};
            CK_RV rv = mechanism_put(&wire, &mechanisms[i].mechanism, version);

            if (expected == NULL)
                assert_int_equal(CKR_MECHANISM_INVALID, rv);
            else if (strcmp(expected, NONE) == 0)
                assert_int_equal(CKR_MECHANISM_PARAM_INVALID, rv);
            else
                assert_int_equal(CKR_OK, rv);
            assert_bytes(rv == CKR_OK ? expected : "", &wire);
            wire_finish(&wire);
        }
    }
}

static CK_ULONG class = CKO_PRIVATE_KEY, allowed[] = {CKM_RSA_PKCS, CKM_ECDSA};
static CK_DATE date = {"2026", "01", "31"};

static const struct {
    CK_ATTRIBUTE attribute;
    const char *wire; /* behind the count of one; NULL: refused for its type; NONE: for its value */
} values[] = {
    {{CKA_CLASS, &class, 8},
     "00000000"
     "01"
     "00000008"
     "0000000000000003"},
    {{CKA_CLASS, &class, 4}, NONE},
    {{CKA_CLASS, NULL, 0}, NONE},
    {{CKA_CLASS, NULL, 8}, NONE},
    {{CKA_TOKEN, iv, 1},
     "00000001"
     "01"
     "00000001"
     "01"},
    {{CKA_TOKEN, iv, 0}, NONE},
    {{CKA_TOKEN, iv, 2}, NONE},
    {{CKA_LABEL, iv, 3},
     "00000003"
     "01"
     "00000003"
     "00000003010203"},
    {{CKA_LABEL, iv, 0},
     "00000003"
     "01"
     "00000000"
     "00000000"},
    {{CKA_LABEL, NULL, 0},
     "00000003"
     "01"
     "00000000"
     "ffffffff"},
    {{CKA_LABEL, NULL, 3}, NONE},
    {{CKA_LABEL, iv, (CK_ULONG)-1}, NONE},
    {{CKA_START_DATE, &date, 8},
     "00000110"
     "01"
     "00000008"
     "000000083230323630313331"},
    {{CKA_START_DATE, &date, 7}, NONE},
    {{CKA_ALLOWED_MECHANISMS, allowed, 16},
     "40000600"
     "01"
     "00000010"
     "00000002"
     "0000000000000001"
     "0000000000001041"},
    {{CKA_ALLOWED_MECHANISMS, allowed, 15}, NONE},
    {{CKA_VENDOR_DEFINED | 7, iv, 2},
     "80000007"
     "01"
     "00000002"
     "000000020102"},
    {{CKA_WRAP_TEMPLATE, NULL, 0}, NULL},
    {{CKA_VENDOR_DEFINED | 0x10001, iv, 1}, NULL},
    {{0x61d, &class, 8}, NULL},
    {{(CK_ATTRIBUTE_TYPE)1 << 32, iv, 1}, NULL},
};

static void values_are_written_by_their_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct wire wire = {0};
        char expected[128] = "00000001";
        CK_RV rv = attribute_put_template(&wire, &values[i].attribute, 1);

        if (values[i].wire == NULL)
            assert_int_equal(CKR_ATTRIBUTE_TYPE_INVALID, rv);
        else if (strcmp(values[i].wire, NONE) == 0)
            assert_int_equal(CKR_ATTRIBUTE_VALUE_INVALID, rv);
        else {
            assert_int_equal(CKR_OK, rv);
            strcat(expected, values[i].wire);
            assert_bytes(expected, &wire);
        }
        wire_finish(&wire);
    }
    assert_int_equal(CKR_ARGUMENTS_BAD, attribute_put_template(&(struct wire){0}, NULL, 1));
}

static void what_has_no_form_is_not_asked_for(void **state)
{
    CK_BYTE label[2];
    CK_ATTRIBUTE template[] = {
        {CKA_WRAP_TEMPLATE, label, 2}, {CKA_LABEL, label, 2}, {CKA_ID, NULL, 9}};
    struct wire wire = {0};
    CK_RV rv = CKR_GENERAL_ERROR;

    (void)state;
    assert_int_equal(CKR_OK, attribute_put_wanted(&wire, template, 3));
    assert_bytes("00000002"
                 "00000003"
                 "00000002"
                 "00000102"
                 "00000000",
                 &wire);
    wire_finish(&wire);
    wire_put_u32(&wire, 2);
    wire_put_u32(&wire, CKA_LABEL);
    wire_put_byte(&wire, 1);
    wire_put_u32(&wire, 2);
    wire_put_array(&wire, "ab", 2);
    wire_put_u32(&wire, CKA_ID);
    wire_put_byte(&wire, 1);
    wire_put_u32(&wire, 40);
    wire_put_array(&wire, NULL, 0);
    wire_put_u64(&wire, CKR_OK);
    assert_true(attribute_get_template(&wire, template, 3, &rv));
    assert_int_equal(CKR_ATTRIBUTE_TYPE_INVALID, rv);
    assert_int_equal(CK_UNAVAILABLE_INFORMATION, template[0].ulValueLen);
    assert_int_equal(2, template[1].ulValueLen);
    assert_memory_equal("ab", label, 2);
    assert_int_equal(40, template[2].ulValueLen);
    wire_finish(&wire);
}

/* What a server says of an attribute that was asked for with room for so many bytes. */
static bool get(struct wire *wire, CK_ATTRIBUTE *wanted, CK_RV *rv)
{
    bool good;

    wire_put_u64(wire, CKR_OK);
    good = attribute_get_template(wire, wanted, 1, rv) && wire->at == wire->size;
    wire_finish(wire);
    return good;
}

static void put_begin(struct wire *wire, uint32_t type, uint32_t size)
{
    wire_put_u32(wire, 1);
    wire_put_u32(wire, type);
    wire_put_byte(wire, 1);
    wire_put_u32(wire, size);
}

static void arrays_of_mechanisms_are_read_as_they_are_asked_for(void **state)
{
    CK_ULONG list[3] = {9, 9, 9};
    CK_ATTRIBUTE wanted = {CKA_ALLOWED_MECHANISMS, NULL, 0};
    struct wire wire = {0};
    CK_RV rv = CKR_GENERAL_ERROR;

    (void)state;
    put_begin(&wire, CKA_ALLOWED_MECHANISMS, 16);
    wire_put_u32(&wire, 2);
    assert_true(get(&wire, &wanted, &rv));
    assert_int_equal(16, wanted.ulValueLen);
    wanted = (CK_ATTRIBUTE){CKA_ALLOWED_MECHANISMS, list, 16};
    put_begin(&wire, CKA_ALLOWED_MECHANISMS, 16);
    wire_put_u32(&wire, 2);
    wire_put_u64(&wire, CKM_ECDSA);
    wire_put_u64(&wire, CKM_EDDSA);
    assert_true(get(&wire, &wanted, &rv));
    assert_int_equal(CKR_OK, rv);
    assert_int_equal(CKM_ECDSA, list[0]);
    assert_int_equal(CKM_EDDSA, list[1]);
    assert_int_equal(9, list[2]);
    put_begin(&wire, CKA_ALLOWED_MECHANISMS, 16);
    wire_put_u32(&wire, 0x20000002);
    wire_put_u64(&wire, CKM_ECDSA);
    assert_false(get(&wire, &wanted, &rv));
}

static void a_size_that_is_larger_than_its_value_is_malformed(void **state)
{
    CK_BYTE buffer[64] = {0};
    CK_ATTRIBUTE wanted = {CKA_LABEL, buffer, sizeof(buffer)};
    struct wire wire = {0};
    CK_RV rv = CKR_GENERAL_ERROR;

    (void)state;
    put_begin(&wire, CKA_LABEL, 40);
    wire_put_array(&wire, "short", 5);
    assert_false(get(&wire, &wanted, &rv));
    wanted = (CK_ATTRIBUTE){CKA_CLASS, buffer, sizeof(buffer)};
    put_begin(&wire, CKA_CLASS, 16);
    wire_put_u64(&wire, CKO_DATA);
    assert_false(get(&wire, &wanted, &rv));
    wanted = (CK_ATTRIBUTE){CKA_TOKEN, buffer, sizeof(buffer)};
    put_begin(&wire, CKA_TOKEN, 2);
    wire_put_byte(&wire, 1);
    assert_false(get(&wire, &wanted, &rv));
    wanted = (CK_ATTRIBUTE){CKA_LABEL, buffer, 4};
    put_begin(&wire, CKA_LABEL, 5);
    wire_put_array(&wire, "short", 5);
    assert_true(get(&wire, &wanted, &rv));
    assert_int_equal(CKR_BUFFER_TOO_SMALL, rv);
    assert_int_equal(CK_UNAVAILABLE_INFORMATION, wanted.ulValueLen);
    wanted = (CK_ATTRIBUTE){CKA_LABEL, buffer, 5};
    put_begin(&wire, CKA_ID, 5);
    wire_put_array(&wire, "short", 5);
    assert_false(get(&wire, &wanted, &rv));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mechanisms_are_written_as_each_version_has_them),
        cmocka_unit_test(values_are_written_by_their_type),
        cmocka_unit_test(what_has_no_form_is_not_asked_for),
        cmocka_unit_test(arrays_of_mechanisms_are_read_as_they_are_asked_for),
        cmocka_unit_test(a_size_that_is_larger_than_its_value_is_malformed),
    };

    return cmocka_run_group_tests_name("remote forms", tests, NULL, NULL);
}
