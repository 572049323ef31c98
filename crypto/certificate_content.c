// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/certificate_content.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/x509v3.h>
#include "crypto/internal.h"
#include "crypto/x509_text.h"

bool certificate_content_add(struct certificate_content *content, enum certificate_field field,
                             const char *type, const void *bytes, size_t size)
{
    struct certificate_value *grown =
        reallocarray(content->values, content->n_values + 1, sizeof(*grown));
    struct certificate_value value = {.field = field, .size = size};

    if (grown == NULL)
        return false;
    content->values = grown;
    if (type != NULL)
        value.type = strdup(type);
    if (bytes != NULL)
        value.bytes = malloc(size + 1);
    if ((type != NULL && value.type == NULL) || (bytes != NULL && value.bytes == NULL)) {
        free(value.type);
        free(value.bytes);
        return false;
    }
    if (bytes != NULL) {
        memcpy(value.bytes, bytes, size);
        value.bytes[size] = '\0';
    }
    grown[content->n_values++] = value;
    return true;
}

bool oid_text(const ASN1_OBJECT *object, char text[OID_TEXT])
{
    int size = OBJ_obj2txt(text, OID_TEXT, object, 1);

    return size > 0 && size < OID_TEXT;
}

/* An attribute whose type cannot be told is none that a rule can name, but makes the whole text unreadable. */
static bool add_entry(const X509_NAME_ENTRY *entry, struct name *name)
{
    char type[OID_TEXT];
    unsigned char *value = NULL;
    int size = ASN1_STRING_to_UTF8(&value, X509_NAME_ENTRY_get_data(entry));
    bool readable = size >= 0 && memchr(value, '\0', (size_t)size) == NULL;
    bool ok;

    if (!oid_text(X509_NAME_ENTRY_get_object(entry), type)) {
        type[0] = '\0';
        readable = false;
    }
    ok = name_add(name, (unsigned)X509_NAME_ENTRY_set(entry), type,
                  readable ? (const char *)value : NULL);
    if (size >= 0)
        OPENSSL_free(value);
    return ok;
}

bool name_from_openssl(const X509_NAME *from, struct name *name)
{
    bool readable;

    for (int i = 0; i < X509_NAME_entry_count(from); i++) {
        if (!add_entry(X509_NAME_get_entry(from, i), name))
            return false;
    }
    name->text = name_text(name, &readable);
    return name->text != NULL || !readable;
}

/* A negative number is one that no rule can name. */
static bool add_serial(X509 *x509, struct certificate_content *content)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x509);
    BIGNUM *number = ASN1_INTEGER_to_BN(serial, NULL);
    unsigned char bytes[SERIAL_MAX];
    int size = number != NULL ? BN_num_bytes(number) : 0;
    bool ok;

    if (number == NULL || BN_is_negative(number) || size > SERIAL_MAX) {
        content->unreadable[CERTIFICATE_SERIAL] = true;
        ok = true;
    } else {
        size = BN_bn2binpad(number, bytes, size > 0 ? size : 1);
        ok = certificate_content_add(content, CERTIFICATE_SERIAL, NULL, bytes, (size_t)size);
    }
    BN_free(number);
    return ok;
}

static bool add_text(struct certificate_content *content, enum certificate_field field,
                     const char *text)
{
    return certificate_content_add(content, field, NULL, text, strlen(text));
}

static bool add_object(struct certificate_content *content, enum certificate_field field,
                       const ASN1_OBJECT *object)
{
    char text[OID_TEXT];

    return oid_text(object, text) ? add_text(content, field, text)
                                  : certificate_content_add(content, field, NULL, NULL, 0);
}

/* The extension's value; NULL where it is not there, or there is no telling what it says. */
static void *take_extension(X509 *x509, int nid, struct certificate_content *content,
                            enum certificate_field field)
{
    int critical = -1;
    void *value = X509_get_ext_d2i(x509, nid, &critical, NULL);

    content->unreadable[field] = value == NULL && critical != -1;
    return value;
}

static bool add_key_usage(X509 *x509, struct certificate_content *content)
{
    static const char *const bits[] = {
        "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
        "keyCertSign",      "cRLSign",        "encipherOnly",    "decipherOnly",
    };
    ASN1_BIT_STRING *usage =
        take_extension(x509, NID_key_usage, content, CERTIFICATE_KEY_USAGE);
    size_t before = content->n_values;
    bool ok = true;

    for (int i = 0; usage != NULL && i < (int)(sizeof(bits) / sizeof(bits[0])) && ok; i++) {
        if (ASN1_BIT_STRING_get_bit(usage, i) == 1)
            ok = add_text(content, CERTIFICATE_KEY_USAGE, bits[i]);
    }
    if (usage != NULL && content->n_values == before)
        content->unreadable[CERTIFICATE_KEY_USAGE] = true; /* RFC 5280, 4.2.1.3: one bit at least */
    ASN1_BIT_STRING_free(usage);
    return ok;
}

static bool add_extended_key_usage(X509 *x509, struct certificate_content *content)
{
    EXTENDED_KEY_USAGE *usage =
        take_extension(x509, NID_ext_key_usage, content, CERTIFICATE_EXTENDED_KEY_USAGE);
    bool ok = true;

    for (int i = 0; usage != NULL && i < sk_ASN1_OBJECT_num(usage) && ok; i++)
        ok = add_object(content, CERTIFICATE_EXTENDED_KEY_USAGE, sk_ASN1_OBJECT_value(usage, i));
    EXTENDED_KEY_USAGE_free(usage);
    return ok;
}

static bool add_policies(X509 *x509, struct certificate_content *content)
{
    CERTIFICATEPOLICIES *policies =
        take_extension(x509, NID_certificate_policies, content, CERTIFICATE_POLICY);
    bool ok = true;

    for (int i = 0; policies != NULL && i < sk_POLICYINFO_num(policies) && ok; i++)
        ok = add_object(content, CERTIFICATE_POLICY, sk_POLICYINFO_value(policies, i)->policyid);
    CERTIFICATEPOLICIES_free(policies);
    return ok;
}

static bool add_signature(X509 *x509, struct certificate_content *content)
{
    const ASN1_OBJECT *algorithm = NULL;

    X509_ALGOR_get0(&algorithm, NULL, NULL, X509_get0_tbs_sigalg(x509));
    return add_object(content, CERTIFICATE_SIGNATURE, algorithm);
}

static void judge_self_signed(X509 *x509, struct certificate_content *content)
{
    int answer = X509_self_signed(x509, 1);

    content->self_signed = answer == 1;
    content->self_signed_unknown = answer < 0;
}

static void read_dates(X509 *x509, struct certificate_content *content)
{
    content->dates_unreadable = !x509_time(X509_get0_notBefore(x509), &content->begins) ||
                                !x509_time(X509_get0_notAfter(x509), &content->ends);
}

struct certificate_content *certificate_content_read(struct crypto *crypto, X509 *x509,
                                                     const void *der, size_t size)
{
    struct certificate_content *content = calloc(1, sizeof(*content));

    if (content == NULL)
        return NULL;
    judge_self_signed(x509, content);
    read_dates(x509, content);
    if (name_from_openssl(X509_get_subject_name(x509), &content->subject) &&
        name_from_openssl(X509_get_issuer_name(x509), &content->issuer) &&
        add_serial(x509, content) && add_key_usage(x509, content) &&
        add_extended_key_usage(x509, content) && add_policies(x509, content) &&
        add_signature(x509, content) && alternative_names_read(x509, content) &&
        crypto_sha256(crypto, der, size, NULL, 0, content->sha256))
        return content;
    certificate_content_destroy(content);
    return NULL;
}

void certificate_content_destroy(struct certificate_content *content)
{
    if (content == NULL)
        return;
    name_finish(&content->subject);
    name_finish(&content->issuer);
    for (size_t i = 0; i < content->n_directories; i++)
        name_finish(&content->directories[i]);
    for (size_t i = 0; i < content->n_values; i++) {
        free(content->values[i].type);
        free(content->values[i].bytes);
    }
    free(content->directories);
    free(content->values);
    free(content);
}

/* "0x1f" and "1f:a0" as "1f" and "1fa0"; false when it is neither. */
static bool take_hex(const char *text, char digits[2 * SERIAL_MAX + 1])
{
    static const char known[] = "0123456789abcdefABCDEF";
    size_t size = 0;

    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        text += 2;
        if (strlen(text) > 2 * SERIAL_MAX || text[strspn(text, known)] != '\0')
            return false;
        strcpy(digits, text);
        return *text != '\0';
    }
    for (; strspn(text, known) == 2 && size < 2 * SERIAL_MAX; text += 3) {
        digits[size++] = text[0];
        digits[size++] = text[1];
        digits[size] = '\0';
        if (text[2] == '\0')
            return true;
        if (text[2] != ':')
            return false;
    }
    return false;
}

bool serial_parse(const char *text, uint8_t out[SERIAL_MAX], size_t *size)
{
    char digits[2 * SERIAL_MAX + 1];
    bool hexadecimal = strchr(text, ':') != NULL || (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'));
    BIGNUM *number = NULL;
    bool ok = false;

    if (hexadecimal)
        ok = take_hex(text, digits) && BN_hex2bn(&number, digits) == (int)strlen(digits);
    else if (text[0] != '\0' && strlen(text) <= 2 * SERIAL_MAX &&
             text[strspn(text, "0123456789")] == '\0')
        ok = BN_dec2bn(&number, text) == (int)strlen(text);
    ok = ok && BN_num_bytes(number) <= SERIAL_MAX;
    if (ok) {
        *size = BN_num_bytes(number) > 0 ? (size_t)BN_num_bytes(number) : 1;
        BN_bn2binpad(number, out, (int)*size);
    }
    BN_free(number);
    return ok;
}
