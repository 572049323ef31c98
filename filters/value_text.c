// SPDX-License-Identifier: BSD-2-Clause
#include "filters/value_text.h"

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
