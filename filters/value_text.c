// SPDX-License-Identifier: BSD-2-Clause
#include "filters/value_text.h"

#include "crypto/name.h"

void value_write_comma(FILE *out, size_t i)
{
    if (i > 0)
        fputs(", ", out);
}

void value_write_quoted(FILE *out, const void *text, size_t size)
{
    fputc('"', out);
    fwrite(text, 1, size, out);
    fputc('"', out);
}

void value_write_hex(FILE *out, const void *value, size_t size)
{
    const unsigned char *bytes = value;

    for (size_t i = 0; i < size; i++)
        fprintf(out, "%02x", bytes[i]);
}

void value_write_key(FILE *out, const struct public_key *key)
{
    char text[51] = "a key without fingerprint";

    public_key_fingerprint_text(key, text);
    fputs(text, out);
}

void value_write_oid(FILE *out, enum selector_kind kind, const char *oid)
{
    static const struct {
        enum selector_kind kind;
        enum oid_family family;
    } families[] = {
        {SELECTOR_CERTIFICATE_KEY_USAGE, OID_KEY_USAGE},
        {SELECTOR_CERTIFICATE_EXTENDED_KEY_USAGE, OID_EXTENDED_KEY_USAGE},
        {SELECTOR_CERTIFICATE_POLICY, OID_POLICY},
        {SELECTOR_CERTIFICATE_SIGNATURE, OID_SIGNATURE},
    };

    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        if (families[i].kind == kind)
            oid = oid_name(families[i].family, oid);
    }
    fputs(oid, out);
}

const char *value_class_name(CK_OBJECT_CLASS class)
{
    switch (class) {
    case CKO_PRIVATE_KEY:
        return "private";
    case CKO_PUBLIC_KEY:
        return "public";
    case CKO_CERTIFICATE:
        return "cert";
    }
    return "other";
}

const char *value_day_name(unsigned day)
{
    static const char *const names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

    return names[day % 7];
}
