// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/trust.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "crypto/certificate_pool.h"
#include "crypto/crl_set.h"
#include "crypto/moment.h"
#include "crypto/path.h"
#include "crypto/signature_memo.h"
#include "crypto/trust_judge.h"
#include "crypto/x509_text.h"

struct trust_anchors {
    char *name;                             /* owned */
    struct certificate_pool *anchors;       /* owned */
    struct certificate_pool *intermediates; /* owned */
};

struct trust_anchors *trust_anchors_create(struct crypto *crypto, const char *name)
{
    struct trust_anchors *anchors = calloc(1, sizeof(*anchors));

    if (anchors == NULL)
        return NULL;
    anchors->name = strdup(name);
    anchors->anchors = certificate_pool_create(crypto);
    anchors->intermediates = certificate_pool_create(crypto);
    if (anchors->name != NULL && anchors->anchors != NULL && anchors->intermediates != NULL)
        return anchors;
    trust_anchors_destroy(anchors);
    return NULL;
}

void trust_anchors_destroy(struct trust_anchors *anchors)
{
    if (anchors == NULL)
        return;
    certificate_pool_destroy(anchors->anchors);
    certificate_pool_destroy(anchors->intermediates);
    free(anchors->name);
    free(anchors);
}

const char *trust_anchors_name(const struct trust_anchors *anchors)
{
    return anchors->name;
}

bool trust_anchors_have_intermediates(const struct trust_anchors *anchors)
{
    return certificate_pool_count(anchors->intermediates) > 0;
}

/* Old roots are of version 1, which has no basicConstraints (3): an administrator has named them.
 * Intermediates may not be. */
static bool are_authorities(const struct certificate_pool *pool, bool roots,
                            char reason[REASON_SIZE])
{
    for (size_t i = 0; i < certificate_pool_count(pool); i++) {
        X509 *x509 = certificate_pool_at(pool, i);
        char name[NAME_TEXT_SIZE];
        int kind;

        ERR_set_mark();
        kind = X509_check_ca(x509);
        ERR_pop_to_mark();

        if (kind == 1 || (roots && kind == 3))
            continue;
        x509_name_text(X509_get_subject_name(x509), name);
        reason_set(reason, "%s is no certificate of an authority (basicConstraints CA:TRUE)", name);
        return false;
    }
    return true;
}

bool trust_anchors_add(struct trust_anchors *anchors, const char *text, size_t size,
                       char reason[REASON_SIZE])
{
    return certificate_pool_add_pem(anchors->anchors, text, size, reason) &&
           are_authorities(anchors->anchors, true, reason);
}

bool trust_anchors_add_intermediates(struct trust_anchors *anchors, const char *text, size_t size,
                                     char reason[REASON_SIZE])
{
    return certificate_pool_add_pem(anchors->intermediates, text, size, reason) &&
           are_authorities(anchors->intermediates, false, reason);
}

struct verification {
    struct crypto *crypto;
    const struct trust_request *request;
    struct signature_memo *signatures;
    struct trust_result *result;
    bool has_path;
};

/* Of paths that are equally good the first is told of. */
static bool visit(void *data, X509 *const *path, size_t count)
{
    struct verification *verification = data;
    struct trust_result result;

    trust_judge(verification->crypto, verification->request, verification->signatures, path, count,
                &result);
    if (!verification->has_path || result.verdict > verification->result->verdict)
        *verification->result = result;
    verification->has_path = true;
    return result.verdict == TRUSTED;
}

static void say_no_path(const struct verification *verification, const struct path_search *search)
{
    struct trust_result *result = verification->result;
    char issuer[NAME_TEXT_SIZE];

    x509_name_text(X509_get_issuer_name(search->path[0]), issuer);
    reason_set(result->reason, "no path to an anchor of %.40s: the issuer is %s%s",
               trust_anchors_name(verification->request->anchors), issuer,
               search->name_alone ? "; a certificate with the name of an issuer did not sign" : "");
}

static const char *const why_not_all[] = {
    [PATH_TAKEN] = NULL,
    [PATH_NONE] = NULL,
    [PATH_TOO_MANY] = "too many certificates have the names of its issuers",
    [PATH_TOO_MUCH] = "the token's certificates take too long to verify",
    [PATH_TOO_LONG] = "its path is longer than ten certificates",
    [PATH_KEY_TOO_LONG] = "a key with the name of an issuer is too long to be tried",
};

static void verify(struct verification *verification, X509 *certificate)
{
    const struct trust_request *request = verification->request;
    struct path_search search = {
        .anchors = request->anchors->anchors,
        .pools = {request->anchors->intermediates, request->others},
        .signatures = verification->signatures,
        .visit = visit,
        .data = verification,
        .work_left = request->work_left,
    };
    enum path_end end = path_search(&search, certificate);

    if (end == PATH_NONE && !verification->has_path)
        say_no_path(verification, &search);
    if (why_not_all[end] == NULL)
        return;
    *verification->result = (struct trust_result){.verdict = TRUST_UNKNOWN};
    reason_set(verification->result->reason, "%s: not all paths were looked at", why_not_all[end]);
}

static void set_unknown(struct trust_result *result, const char *why)
{
    result->verdict = TRUST_UNKNOWN;
    reason_set(result->reason, "%s", why);
}

static void verify_sound(struct verification *verification, X509 *certificate)
{
    struct signature_memo *own = NULL;

    if (verification->signatures == NULL)
        verification->signatures = own = signature_memo_create();
    if (verification->signatures != NULL)
        verify(verification, certificate);
    else
        set_unknown(verification->result, "no memory");
    signature_memo_destroy(own);
}

void trust_verify_parsed(struct crypto *crypto, const struct trust_request *request,
                         struct x509_st *certificate, struct trust_result *result)
{
    struct verification verification = {
        .crypto = crypto, .request = request, .signatures = request->signatures, .result = result};

    *result = (struct trust_result){.verdict = NOT_TRUSTED};
    ERR_set_mark();
    if ((X509_get_extension_flags(certificate) & EXFLAG_INVALID) != 0)
        set_unknown(result, "the certificate has broken extensions");
    else
        verify_sound(&verification, certificate);
    ERR_pop_to_mark();
}

void trust_verify(struct crypto *crypto, const struct trust_request *request, const void *der,
                  size_t size, struct trust_result *result)
{
    X509 *certificate = x509_parse(crypto, der, size);

    *result = (struct trust_result){.verdict = NOT_TRUSTED};
    if (certificate != NULL)
        trust_verify_parsed(crypto, request, certificate, result);
    else
        set_unknown(result, "the certificate cannot be parsed");
    X509_free(certificate);
}

time_t trust_changes(const struct trust_request *request)
{
    const struct certificate_pool *const pools[] = {
        request->anchors->anchors, request->anchors->intermediates, request->others};
    time_t next = 0;

    for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]) && !request->ignore_dates; i++) {
        if (pools[i] != NULL)
            next = moment_next(request->now, next,
                               certificate_pool_changes(pools[i], request->now, request->grace));
    }
    if (request->crl_mode != TRUST_CRL_OFF && request->crls != NULL)
        next = moment_next(request->now, next,
                           crl_set_changes(request->crls, request->now, request->crl_max_age));
    return next;
}
