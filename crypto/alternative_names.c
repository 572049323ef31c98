// SPDX-License-Identifier: BSD-2-Clause
// The values of subjectAltName (RFC 5280, 4.2.1.6), those of Microsoft and Kerberos included.
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/asn1t.h>
#include <openssl/x509v3.h>
#include "crypto/internal.h"

/* KRB5PrincipalName (RFC 4556, 3.2.2) */
typedef struct {
    ASN1_INTEGER *type;
    STACK_OF(ASN1_GENERALSTRING) *parts;
} PRINCIPAL_PARTS;

typedef struct {
    ASN1_GENERALSTRING *realm;
    PRINCIPAL_PARTS *name;
} PRINCIPAL;

ASN1_SEQUENCE(PRINCIPAL_PARTS) = {
    ASN1_EXP(PRINCIPAL_PARTS, type, ASN1_INTEGER, 0),
    ASN1_EXP_SEQUENCE_OF(PRINCIPAL_PARTS, parts, ASN1_GENERALSTRING, 1),
} static_ASN1_SEQUENCE_END(PRINCIPAL_PARTS)

ASN1_SEQUENCE(PRINCIPAL) = {
    ASN1_EXP(PRINCIPAL, realm, ASN1_GENERALSTRING, 0),
    ASN1_EXP(PRINCIPAL, name, PRINCIPAL_PARTS, 1),
} static_ASN1_SEQUENCE_END(PRINCIPAL)

static bool has_domain(enum certificate_field field)
{
    return field == CERTIFICATE_EMAIL || field == CERTIFICATE_UPN;
}

static bool add_string(struct certificate_content *content, enum certificate_field field,
                       const char *type, const ASN1_STRING *string)
{
    unsigned char *text = NULL;
    int size = ASN1_STRING_to_UTF8(&text, string);
    bool readable = size >= 0 && memchr(text, '\0', (size_t)size) == NULL;
    bool ok;

    if (readable && has_domain(field))
        name_lower_domain((char *)text);
    ok = certificate_content_add(content, field, type, readable ? text : NULL,
                                 readable ? (size_t)size : 0);
    if (size >= 0)
        OPENSSL_free(text);
    return ok;
}

static bool add_address(struct certificate_content *content, const ASN1_OCTET_STRING *address)
{
    char text[INET6_ADDRSTRLEN];
    int size = ASN1_STRING_length(address);
    const char *made = NULL;

    if (size == 4 || size == 16)
        made = inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text,
                         sizeof(text));
    return certificate_content_add(content, CERTIFICATE_IP, NULL, made,
                                   made != NULL ? strlen(made) : 0);
}

static bool add_registered(struct certificate_content *content, const ASN1_OBJECT *object)
{
    char text[OID_TEXT];
    bool readable = oid_text(object, text);

    return certificate_content_add(content, CERTIFICATE_REGISTERED_ID, NULL,
                                   readable ? text : NULL, readable ? strlen(text) : 0);
}

static bool add_directory(struct certificate_content *content, const X509_NAME *directory)
{
    struct name *grown =
        reallocarray(content->directories, content->n_directories + 1, sizeof(*grown));

    if (grown == NULL)
        return false;
    content->directories = grown;
    grown[content->n_directories] = (struct name){0};
    return name_from_openssl(directory, &grown[content->n_directories++]);
}

/* A GeneralString has no character set that anybody knows: ASCII (RFC 4120, 5.2.1). The two signs that part a principal are escaped
 * where they are part of it. */
static bool write_part(FILE *out, const ASN1_STRING *part)
{
    const unsigned char *text = ASN1_STRING_get0_data(part);

    for (int i = 0; i < ASN1_STRING_length(part); i++) {
        if (text[i] < ' ' || text[i] >= 0x7f)
            return false;
        fprintf(out, "%s%c", strchr("/@\\", text[i]) != NULL ? "\\" : "", text[i]);
    }
    return ASN1_STRING_length(part) > 0;
}

/* "user/instance@REALM" */
static bool write_principal(FILE *out, const PRINCIPAL *principal)
{
    const STACK_OF(ASN1_GENERALSTRING) *parts = principal->name->parts;
    bool readable = sk_ASN1_GENERALSTRING_num(parts) > 0;

    for (int i = 0; i < sk_ASN1_GENERALSTRING_num(parts) && readable; i++) {
        if (i > 0)
            fputc('/', out);
        readable = write_part(out, sk_ASN1_GENERALSTRING_value(parts, i));
    }
    fputc('@', out);
    return readable && write_part(out, principal->realm);
}

static bool add_principal(struct certificate_content *content, const ASN1_STRING *der)
{
    const unsigned char *at = ASN1_STRING_get0_data(der), *end = at + ASN1_STRING_length(der);
    PRINCIPAL *principal =
        (PRINCIPAL *)ASN1_item_d2i(NULL, &at, ASN1_STRING_length(der), ASN1_ITEM_rptr(PRINCIPAL));
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool readable, ok = false;

    if (out != NULL) {
        readable = principal != NULL && at == end && write_principal(out, principal);
        ok = ferror(out) == 0;
        ok = fclose(out) == 0 && ok &&
             certificate_content_add(content, CERTIFICATE_KERBEROS, NULL, readable ? text : NULL,
                                     readable ? size : 0);
    }
    free(text);
    ASN1_item_free((ASN1_VALUE *)principal, ASN1_ITEM_rptr(PRINCIPAL));
    return ok;
}

static bool is_string(int type)
{
    return type == V_ASN1_UTF8STRING || type == V_ASN1_PRINTABLESTRING || type == V_ASN1_IA5STRING ||
           type == V_ASN1_T61STRING || type == V_ASN1_BMPSTRING || type == V_ASN1_NUMERICSTRING ||
           type == V_ASN1_VISIBLESTRING || type == V_ASN1_UNIVERSALSTRING;
}

static bool add_other(struct certificate_content *content, const OTHERNAME *other)
{
    static const char upn[] = "1.3.6.1.4.1.311.20.2.3", kerberos[] = "1.3.6.1.5.2.2";
    bool text = is_string(other->value->type);
    char oid[OID_TEXT];
    bool known = oid_text(other->type_id, oid), ok = true;

    if (!known)
        return certificate_content_add(content, CERTIFICATE_OTHER, "", NULL, 0);
    if (strcmp(oid, upn) == 0)
        ok = text ? add_string(content, CERTIFICATE_UPN, NULL, other->value->value.asn1_string)
                  : certificate_content_add(content, CERTIFICATE_UPN, NULL, NULL, 0);
    else if (strcmp(oid, kerberos) == 0 && other->value->type == V_ASN1_SEQUENCE)
        ok = add_principal(content, other->value->value.sequence);
    if (!ok)
        return false;
    return text ? add_string(content, CERTIFICATE_OTHER, oid, other->value->value.asn1_string)
                : certificate_content_add(content, CERTIFICATE_OTHER, oid, NULL, 0);
}

static bool add_name(struct certificate_content *content, const GENERAL_NAME *name)
{
    switch (name->type) {
    case GEN_EMAIL:
        return add_string(content, CERTIFICATE_EMAIL, NULL, name->d.rfc822Name);
    case GEN_DNS:
        return add_string(content, CERTIFICATE_DNS, NULL, name->d.dNSName);
    case GEN_URI:
        return add_string(content, CERTIFICATE_URI, NULL, name->d.uniformResourceIdentifier);
    case GEN_IPADD:
        return add_address(content, name->d.iPAddress);
    case GEN_RID:
        return add_registered(content, name->d.registeredID);
    case GEN_DIRNAME:
        return add_directory(content, name->d.directoryName);
    case GEN_OTHERNAME:
        return add_other(content, name->d.otherName);
    }
    return true; /* x400Address, ediPartyName: no rule asks for them */
}

bool alternative_names_read(X509 *x509, struct certificate_content *content)
{
    int critical = -1;
    GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, &critical, NULL);
    bool ok = true;

    for (int field = CERTIFICATE_EMAIL; field <= CERTIFICATE_OTHER; field++)
        content->unreadable[field] = names == NULL && critical != -1;
    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names) && ok; i++)
        ok = add_name(content, sk_GENERAL_NAME_value(names, i));
    GENERAL_NAMES_free(names);
    return ok;
}
