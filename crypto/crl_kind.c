// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/crl_kind.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

enum { WEAKEST_HASH = 28 }; /* bytes: SHA-224, 112 bits against collisions, as for certificates */

/* What may be critical in a CRL and in its entries. */
static const int known_extensions[] = {NID_issuing_distribution_point, NID_crl_number,
                                       NID_authority_key_identifier, NID_issuer_alt_name,
                                       NID_freshest_crl};
static const int known_entry_extensions[] = {NID_crl_reason, NID_invalidity_date};

static bool is_known(const X509_EXTENSION *extension, const int *nids, size_t count)
{
    int nid = OBJ_obj2nid(X509_EXTENSION_get_object((X509_EXTENSION *)extension));

    if (X509_EXTENSION_get_critical(extension) == 0)
        return true;
    for (size_t i = 0; i < count; i++)
        if (nids[i] == nid)
            return true;
    return false;
}

static bool extensions_are_known(const STACK_OF(X509_EXTENSION) * extensions, const int *nids,
                                 size_t count)
{
    for (int i = 0; i < sk_X509_EXTENSION_num(extensions); i++)
        if (!is_known(sk_X509_EXTENSION_value(extensions, i), nids, count))
            return false;
    return true;
}

/* NULL, or why the entries cannot be read. */
static const char *look_at_entries(X509_CRL *crl)
{
    STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(crl);

    for (int i = 0; i < sk_X509_REVOKED_num(entries); i++) {
        const X509_REVOKED *entry = sk_X509_REVOKED_value(entries, i);

        if (X509_REVOKED_get_ext_by_NID(entry, NID_certificate_issuer, -1) >= 0)
            return "is indirect: it has certificates of other issuers";
        if (!extensions_are_known(X509_REVOKED_get0_extensions(entry), known_entry_extensions,
                                  sizeof(known_entry_extensions) / sizeof(int)))
            return "has an entry with an unknown critical extension";
    }
    return NULL;
}

static const char *look_at_point(const ISSUING_DIST_POINT *point)
{
    if (point == NULL)
        return NULL;
    if (point->indirectCRL > 0)
        return "is indirect: it may have certificates of other issuers";
    if (point->onlysomereasons != NULL)
        return "is about some reasons only";
    if (point->onlyattr > 0)
        return "is about attribute certificates only";
    if (point->distpoint != NULL && point->distpoint->type != 0)
        return "has a distribution point that is relative to its issuer";
    return NULL;
}

static size_t hash_size(int nid)
{
    const EVP_MD *hash = EVP_get_digestbynid(nid);

    return hash == NULL ? 0 : (size_t)EVP_MD_get_size(hash);
}

/* RFC 4055, 3.1: no hash means SHA-1. */
static size_t pss_hash_size(const X509_ALGOR *algorithm)
{
    const void *value = NULL;
    int type = V_ASN1_UNDEF;
    RSA_PSS_PARAMS *pss = NULL;
    size_t size = 0;

    X509_ALGOR_get0(NULL, &type, &value, algorithm);
    if (type == V_ASN1_SEQUENCE)
        pss = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(RSA_PSS_PARAMS), algorithm->parameter);
    if (pss != NULL && pss->hashAlgorithm != NULL)
        size = hash_size(OBJ_obj2nid(pss->hashAlgorithm->algorithm));
    RSA_PSS_PARAMS_free(pss);
    return size;
}

static bool is_strong(const X509_CRL *crl)
{
    const X509_ALGOR *algorithm = NULL;
    int nid = X509_CRL_get_signature_nid(crl);
    int hash = NID_undef;

    X509_CRL_get0_signature(crl, NULL, &algorithm);
    if (nid == NID_ED25519 || nid == NID_ED448)
        return true;
    if (nid == NID_rsassaPss)
        return pss_hash_size(algorithm) >= WEAKEST_HASH;
    return OBJ_find_sigid_algs(nid, &hash, NULL) == 1 && hash_size(hash) >= WEAKEST_HASH;
}

static const char *look_at(X509_CRL *crl, const ISSUING_DIST_POINT *point)
{
    if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0)
        return "is a delta: it says only what has changed";
    if (!extensions_are_known(X509_CRL_get0_extensions(crl), known_extensions,
                              sizeof(known_extensions) / sizeof(int)))
        return "has an unknown critical extension";
    if (!is_strong(crl))
        return "is signed over a weak or unknown hash";
    return look_at_point(point);
}

bool crl_is_understood(X509_CRL *crl, ISSUING_DIST_POINT **point, char reason[REASON_SIZE])
{
    int state = 0; /* -1: absent */
    ISSUING_DIST_POINT *found;
    const char *why;

    ERR_set_mark();
    found = X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, &state, NULL);
    if (found == NULL && state != -1)
        why = "has a broken distribution point";
    else
        why = look_at(crl, found);
    if (why == NULL)
        why = look_at_entries(crl);
    ERR_pop_to_mark();
    if (why == NULL) {
        *point = found;
        return true;
    }
    ISSUING_DIST_POINT_free(found);
    reason_set(reason, "%s", why);
    return false;
}

static bool names_meet(const GENERAL_NAMES *left, const GENERAL_NAMES *right)
{
    for (int i = 0; i < sk_GENERAL_NAME_num(left); i++)
        for (int j = 0; j < sk_GENERAL_NAME_num(right); j++)
            if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(left, i), sk_GENERAL_NAME_value(right, j)) ==
                0)
                return true;
    return false;
}

/* RFC 5280, 6.3.3 (b) (2): a CRL of one distribution point is about the certificates that name it.
 */
static bool names_point(X509 *certificate, const GENERAL_NAMES *names)
{
    CRL_DIST_POINTS *points =
        X509_get_ext_d2i(certificate, NID_crl_distribution_points, NULL, NULL);
    bool found = false;

    for (int i = 0; i < sk_DIST_POINT_num(points) && !found; i++) {
        const DIST_POINT *point = sk_DIST_POINT_value(points, i);

        found = point->distpoint != NULL && point->distpoint->type == 0 &&
                names_meet(point->distpoint->name.fullname, names);
    }
    CRL_DIST_POINTS_free(points);
    return found;
}

bool crl_is_about(const ISSUING_DIST_POINT *point, X509 *certificate)
{
    bool authority = (X509_get_extension_flags(certificate) & EXFLAG_CA) != 0;
    bool about;

    if (point == NULL)
        return true;
    if ((point->onlyuser > 0 && authority) || (point->onlyCA > 0 && !authority))
        return false;
    ERR_set_mark();
    about = point->distpoint == NULL || names_point(certificate, point->distpoint->name.fullname);
    ERR_pop_to_mark();
    return about;
}
