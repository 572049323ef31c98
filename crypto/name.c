// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool name_add(struct name *name, unsigned rdn, const char *type, const char *value)
{
    struct name_attribute *grown = reallocarray(name->items, name->count + 1, sizeof(*grown));
    struct name_attribute item = {rdn, strdup(type), value != NULL ? strdup(value) : NULL};

    if (grown != NULL)
        name->items = grown;
    if (grown == NULL || item.type == NULL || (value != NULL && item.value == NULL)) {
        free(item.type);
        free(item.value);
        return false;
    }
    name->items[name->count++] = item;
    return true;
}

void name_finish(struct name *name)
{
    for (size_t i = 0; i < name->count; i++) {
        free(name->items[i].type);
        free(name->items[i].value);
    }
    free(name->items);
    free(name->text);
    *name = (struct name){0};
}

static int compare(const void *a, const void *b)
{
    const struct name_attribute *const *x = a, *const *y = b;
    int types;

    if ((*x)->rdn != (*y)->rdn)
        return (*x)->rdn > (*y)->rdn ? -1 : 1;
    types = strcmp((*x)->type, (*y)->type);
    return types != 0 ? types : strcmp((*x)->value, (*y)->value);
}

/* RFC 4514, 2.4 */
static void write_value(FILE *out, const char *value)
{
    for (const char *at = value; *at != '\0'; at++) {
        bool edge = (at == value && (*at == ' ' || *at == '#')) || (at[1] == '\0' && *at == ' ');

        if ((unsigned char)*at < ' ' || *at == 0x7f)
            fprintf(out, "\\%02X", (unsigned char)*at);
        else
            fprintf(out, "%s%c", edge || strchr("\"+,;<>\\", *at) != NULL ? "\\" : "", *at);
    }
}

static char *write_sorted(const struct name_attribute *const *sorted, size_t count)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    bool written;

    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            fputc(sorted[i]->rdn == sorted[i - 1]->rdn ? '+' : ',', out);
        fprintf(out, "%s=", oid_name(OID_NAME, sorted[i]->type));
        write_value(out, sorted[i]->value);
    }
    written = ferror(out) == 0;
    if (fclose(out) == 0 && written)
        return text;
    free(text);
    return NULL;
}

char *name_text(const struct name *name, bool *readable)
{
    const struct name_attribute **sorted = calloc(name->count + 1, sizeof(*sorted));
    char *text = NULL;

    *readable = true;
    for (size_t i = 0; sorted != NULL && i < name->count; i++) {
        *readable = *readable && name->items[i].value != NULL;
        sorted[i] = &name->items[i];
    }
    if (sorted != NULL && *readable) {
        qsort(sorted, name->count, sizeof(*sorted), compare);
        text = write_sorted(sorted, name->count);
    }
    free(sorted);
    return text;
}

static const struct {
    enum oid_family family;
    const char *name;
    const char *oid;
} known[] = {
    /* of two names the first is written */
    {OID_NAME, "CN", "2.5.4.3"},
    {OID_NAME, "commonName", "2.5.4.3"},
    {OID_NAME, "SN", "2.5.4.4"},
    {OID_NAME, "surname", "2.5.4.4"},
    {OID_NAME, "serialNumber", "2.5.4.5"},
    {OID_NAME, "C", "2.5.4.6"},
    {OID_NAME, "countryName", "2.5.4.6"},
    {OID_NAME, "L", "2.5.4.7"},
    {OID_NAME, "localityName", "2.5.4.7"},
    {OID_NAME, "ST", "2.5.4.8"},
    {OID_NAME, "stateOrProvinceName", "2.5.4.8"},
    {OID_NAME, "STREET", "2.5.4.9"},
    {OID_NAME, "O", "2.5.4.10"},
    {OID_NAME, "organizationName", "2.5.4.10"},
    {OID_NAME, "OU", "2.5.4.11"},
    {OID_NAME, "organizationalUnitName", "2.5.4.11"},
    {OID_NAME, "title", "2.5.4.12"},
    {OID_NAME, "description", "2.5.4.13"},
    {OID_NAME, "postalCode", "2.5.4.17"},
    {OID_NAME, "name", "2.5.4.41"},
    {OID_NAME, "GN", "2.5.4.42"},
    {OID_NAME, "givenName", "2.5.4.42"},
    {OID_NAME, "initials", "2.5.4.43"},
    {OID_NAME, "generationQualifier", "2.5.4.44"},
    {OID_NAME, "dnQualifier", "2.5.4.46"},
    {OID_NAME, "pseudonym", "2.5.4.65"},
    {OID_NAME, "organizationIdentifier", "2.5.4.97"},
    {OID_NAME, "UID", "0.9.2342.19200300.100.1.1"},
    {OID_NAME, "userId", "0.9.2342.19200300.100.1.1"},
    {OID_NAME, "DC", "0.9.2342.19200300.100.1.25"},
    {OID_NAME, "domainComponent", "0.9.2342.19200300.100.1.25"},
    {OID_NAME, "emailAddress", "1.2.840.113549.1.9.1"},
    {OID_NAME, "E", "1.2.840.113549.1.9.1"},
    {OID_KEY_USAGE, "digitalSignature", "digitalSignature"},
    {OID_KEY_USAGE, "nonRepudiation", "nonRepudiation"},
    {OID_KEY_USAGE, "contentCommitment", "nonRepudiation"},
    {OID_KEY_USAGE, "keyEncipherment", "keyEncipherment"},
    {OID_KEY_USAGE, "dataEncipherment", "dataEncipherment"},
    {OID_KEY_USAGE, "keyAgreement", "keyAgreement"},
    {OID_KEY_USAGE, "keyCertSign", "keyCertSign"},
    {OID_KEY_USAGE, "cRLSign", "cRLSign"},
    {OID_KEY_USAGE, "encipherOnly", "encipherOnly"},
    {OID_KEY_USAGE, "decipherOnly", "decipherOnly"},
    {OID_EXTENDED_KEY_USAGE, "anyExtendedKeyUsage", "2.5.29.37.0"},
    {OID_EXTENDED_KEY_USAGE, "serverAuth", "1.3.6.1.5.5.7.3.1"},
    {OID_EXTENDED_KEY_USAGE, "clientAuth", "1.3.6.1.5.5.7.3.2"},
    {OID_EXTENDED_KEY_USAGE, "codeSigning", "1.3.6.1.5.5.7.3.3"},
    {OID_EXTENDED_KEY_USAGE, "emailProtection", "1.3.6.1.5.5.7.3.4"},
    {OID_EXTENDED_KEY_USAGE, "timeStamping", "1.3.6.1.5.5.7.3.8"},
    {OID_EXTENDED_KEY_USAGE, "OCSPSigning", "1.3.6.1.5.5.7.3.9"},
    {OID_EXTENDED_KEY_USAGE, "secureShellClient", "1.3.6.1.5.5.7.3.21"},
    {OID_EXTENDED_KEY_USAGE, "secureShellServer", "1.3.6.1.5.5.7.3.22"},
    {OID_EXTENDED_KEY_USAGE, "pkInitClientAuth", "1.3.6.1.5.2.3.4"},
    {OID_EXTENDED_KEY_USAGE, "pkInitKDC", "1.3.6.1.5.2.3.5"},
    {OID_EXTENDED_KEY_USAGE, "msSmartcardLogin", "1.3.6.1.4.1.311.20.2.2"},
    {OID_EXTENDED_KEY_USAGE, "msEncryptedFileSystem", "1.3.6.1.4.1.311.10.3.4"},
    {OID_POLICY, "anyPolicy", "2.5.29.32.0"},
    {OID_SIGNATURE, "md5WithRSAEncryption", "1.2.840.113549.1.1.4"},
    {OID_SIGNATURE, "sha1WithRSAEncryption", "1.2.840.113549.1.1.5"},
    {OID_SIGNATURE, "rsassaPss", "1.2.840.113549.1.1.10"},
    {OID_SIGNATURE, "sha256WithRSAEncryption", "1.2.840.113549.1.1.11"},
    {OID_SIGNATURE, "sha384WithRSAEncryption", "1.2.840.113549.1.1.12"},
    {OID_SIGNATURE, "sha512WithRSAEncryption", "1.2.840.113549.1.1.13"},
    {OID_SIGNATURE, "sha224WithRSAEncryption", "1.2.840.113549.1.1.14"},
    {OID_SIGNATURE, "ecdsa-with-SHA1", "1.2.840.10045.4.1"},
    {OID_SIGNATURE, "ecdsa-with-SHA224", "1.2.840.10045.4.3.1"},
    {OID_SIGNATURE, "ecdsa-with-SHA256", "1.2.840.10045.4.3.2"},
    {OID_SIGNATURE, "ecdsa-with-SHA384", "1.2.840.10045.4.3.3"},
    {OID_SIGNATURE, "ecdsa-with-SHA512", "1.2.840.10045.4.3.4"},
    {OID_SIGNATURE, "ed25519", "1.3.101.112"},
    {OID_SIGNATURE, "ed448", "1.3.101.113"},
};

enum { KNOWN = sizeof(known) / sizeof(known[0]) };

char name_lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

static bool same_letters(const char *a, const char *b)
{
    while (*a != '\0' && name_lower(*a) == name_lower(*b)) {
        a++;
        b++;
    }
    return *a == '\0' && *b == '\0';
}

void name_lower_domain(char *address)
{
    for (char *at = strrchr(address, '@'); at != NULL && *at != '\0'; at++)
        *at = name_lower(*at);
}

const char *oid_from_name(enum oid_family family, const char *name)
{
    for (size_t i = 0; i < KNOWN; i++) {
        if (known[i].family == family && (family == OID_NAME ? same_letters(known[i].name, name)
                                                             : strcmp(known[i].name, name) == 0))
            return known[i].oid;
    }
    return NULL;
}

const char *oid_name(enum oid_family family, const char *oid)
{
    for (size_t i = 0; i < KNOWN; i++) {
        if (known[i].family == family && strcmp(known[i].oid, oid) == 0)
            return known[i].name;
    }
    return oid;
}

size_t oid_names(enum oid_family family, const char *names[], size_t room)
{
    size_t count = 0;

    for (size_t i = 0; i < KNOWN && count < room; i++) {
        if (known[i].family == family)
            names[count++] = known[i].name;
    }
    return count;
}

bool oid_is_valid(const char *text)
{
    size_t numbers = 0;

    if (text[0] < '0' || text[0] > '2' || text[1] != '.')
        return false;
    for (;; text++) {
        size_t digits = strspn(text, "0123456789");

        if (digits == 0 || (digits > 1 && text[0] == '0'))
            return false;
        numbers++;
        text += digits;
        if (*text != '.')
            return *text == '\0' && numbers > 1;
    }
}
