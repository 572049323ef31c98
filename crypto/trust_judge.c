// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/trust_judge.h"

#include <stdio.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "crypto/internal.h"
#include "crypto/path.h"
#include "crypto/revocation.h"
#include "crypto/x509_text.h"

enum { SECURITY_LEVEL = 2 }; /* 112 bits: RSA 2048, P-224, SHA-224 */

struct judgement {
    struct crypto *crypto;
    const struct trust_request *request;
    struct signature_memo *signatures;
    X509 *const *path;
    size_t count;
    struct trust_result *result;
};

static enum trust_verdict refuse(const struct judgement *judgement, X509 *certificate,
                                 const char *why)
{
    char name[NAME_TEXT_SIZE];

    x509_name_text(X509_get_subject_name(certificate), name);
    reason_set(judgement->result->reason, "%s %s", name, why);
    return NOT_TRUSTED;
}

/* Between two certificates of one name OpenSSL looks at the name alone. */
static int check_issued(X509_STORE_CTX *context, X509 *certificate, X509 *issuer)
{
    return path_is_issued(X509_STORE_CTX_get_app_data(context), certificate, issuer);
}

/* OpenSSL would check each signature of its chain anew. The dates, which it would look at here too,
 * are looked at below. */
static int check_signatures(X509_STORE_CTX *context)
{
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(context);

    for (int i = 0; i + 1 < sk_X509_num(chain); i++) {
        X509 *certificate = sk_X509_value(chain, i);

        if (check_issued(context, certificate, sk_X509_value(chain, i + 1)) != 0)
            continue;
        X509_STORE_CTX_set_error(context, X509_V_ERR_CERT_SIGNATURE_FAILURE);
        X509_STORE_CTX_set_error_depth(context, i);
        X509_STORE_CTX_set_current_cert(context, certificate);
        return 0;
    }
    return 1;
}

static bool set_up(const struct judgement *judgement, X509_STORE *store, X509_STORE_CTX *context,
                   STACK_OF(X509) * between)
{
    X509_VERIFY_PARAM *param;

    X509_STORE_set_check_issued(store, check_issued);
    X509_STORE_set_verify(store, check_signatures);
    for (size_t i = 1; i + 1 < judgement->count; i++)
        if (sk_X509_push(between, judgement->path[i]) <= 0)
            return false;
    if (X509_STORE_add_cert(store, judgement->path[judgement->count - 1]) != 1 ||
        X509_STORE_CTX_init(context, store, judgement->path[0], between) != 1)
        return false;
    param = X509_STORE_CTX_get0_param(context);
    if (X509_STORE_CTX_set_app_data(context, judgement->signatures) != 1)
        return false;
    X509_VERIFY_PARAM_set_depth(param, PATH_MOST);
    X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
    /* Where a policy is demanded any will do; without one here OpenSSL takes none. */
    if (X509_VERIFY_PARAM_add0_policy(param, OBJ_nid2obj(NID_any_policy)) != 1)
        return false;
    /* The dates are looked at below, as the clock is the caller's and there is a grace. */
    return X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN |
                                                  X509_V_FLAG_NO_CHECK_TIME |
                                                  X509_V_FLAG_POLICY_CHECK) == 1;
}

static enum trust_verdict say_error(const struct judgement *judgement, X509_STORE_CTX *context)
{
    char why[REASON_SIZE];
    int error = X509_STORE_CTX_get_error(context);
    X509 *certificate = X509_STORE_CTX_get_current_cert(context);

    reason_set(why, "is refused: %s", X509_verify_cert_error_string(error));
    refuse(judgement, certificate == NULL ? judgement->path[0] : certificate, why);
    return error == X509_V_ERR_OUT_OF_MEM ? TRUST_UNKNOWN : NOT_TRUSTED;
}

static enum trust_verdict ask_openssl(const struct judgement *judgement)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new_ex(judgement->crypto->context, NULL);
    STACK_OF(X509) *between = sk_X509_new_null();
    enum trust_verdict verdict = TRUST_UNKNOWN;

    if (store != NULL && context != NULL && between != NULL &&
        set_up(judgement, store, context, between))
        verdict = X509_verify_cert(context) == 1 ? TRUSTED : say_error(judgement, context);
    else
        reason_set(judgement->result->reason, "no memory");
    X509_STORE_CTX_free(context);
    sk_X509_free(between);
    X509_STORE_free(store);
    return verdict;
}

static enum trust_verdict look_at_dates_of(const struct judgement *judgement, X509 *certificate)
{
    const struct trust_request *request = judgement->request;
    struct trust_result *result = judgement->result;
    time_t begin, end;

    if (!x509_time(X509_get0_notBefore(certificate), &begin) ||
        !x509_time(X509_get0_notAfter(certificate), &end))
        return refuse(judgement, certificate, "has a broken date");
    if (result->ends == 0 || end < result->ends)
        result->ends = end;
    if (request->ignore_dates)
        return TRUSTED;
    if (begin > request->now)
        return refuse(judgement, certificate, "is not yet valid");
    if (end + (time_t)request->grace < request->now)
        return refuse(judgement, certificate, "has expired");
    return TRUSTED;
}

static enum trust_verdict look_at_dates(const struct judgement *judgement)
{
    const struct trust_request *request = judgement->request;
    struct trust_result *result = judgement->result;
    enum trust_verdict verdict = TRUSTED;

    for (size_t i = 0; i < judgement->count && verdict == TRUSTED; i++)
        verdict = look_at_dates_of(judgement, judgement->path[i]);
    result->ends_soon = result->ends - (time_t)request->warn_before < request->now;
    return verdict;
}

static const struct {
    enum trust_purpose purpose;
    int nid;
} purposes[] = {
    {TRUST_CLIENT_AUTH, NID_client_auth},
    {TRUST_SMARTCARD_LOGIN, NID_ms_smartcard_login},
    {TRUST_SSH_CLIENT, NID_sshClient},
};

/* RFC 5280, 4.2.1.12; in authorities it limits what is below them, as everywhere in practice. */
static unsigned purposes_of(X509 *certificate)
{
    EXTENDED_KEY_USAGE *usage;
    unsigned allowed = 0;

    if ((X509_get_extension_flags(certificate) & EXFLAG_XKUSAGE) == 0)
        return UINT32_MAX;
    usage = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
    for (int i = 0; i < sk_ASN1_OBJECT_num(usage); i++) {
        int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, i));

        for (size_t j = 0; j < sizeof(purposes) / sizeof(purposes[0]); j++)
            if (nid == purposes[j].nid || nid == NID_anyExtendedKeyUsage)
                allowed |= purposes[j].purpose;
    }
    EXTENDED_KEY_USAGE_free(usage);
    return allowed;
}

static enum trust_verdict look_at_purposes(const struct judgement *judgement)
{
    unsigned wanted = judgement->request->purposes;

    if (wanted == 0)
        return TRUSTED;
    if ((X509_get_key_usage(judgement->path[0]) & KU_DIGITAL_SIGNATURE) == 0)
        return refuse(judgement, judgement->path[0], "has no keyUsage digitalSignature");
    for (size_t i = 0; i < judgement->count; i++) {
        wanted &= purposes_of(judgement->path[i]);
        if (wanted == 0)
            return refuse(judgement, judgement->path[i], "is for another purpose");
    }
    return TRUSTED;
}

/* reason: of what is not known; that of the first is kept. */
static enum trust_verdict look_at_revocation_of(const struct judgement *judgement, size_t index,
                                                char unknown[REASON_SIZE])
{
    const struct trust_request *request = judgement->request;
    struct trust_result *result = judgement->result;
    char reason[REASON_SIZE];
    time_t made;
    enum revocation revocation =
        crl_set_ask(request->crls, judgement->path[index], judgement->path[index + 1], request->now,
                    request->crl_max_age, &made, reason);

    if (made != 0 && (result->crl_made == 0 || made < result->crl_made))
        result->crl_made = made;
    if (revocation == REVOCATION_REVOKED) {
        memcpy(result->reason, reason, sizeof(reason));
        return NOT_TRUSTED;
    }
    if (revocation == REVOCATION_NOT_KNOWN && unknown[0] == '\0')
        memcpy(unknown, reason, sizeof(reason));
    return TRUSTED;
}

/* Wholly, even where something is not known: what comes later may be revoked. */
static enum trust_verdict look_at_revocation(const struct judgement *judgement)
{
    struct trust_result *result = judgement->result;
    enum trust_crl_mode mode = judgement->request->crl_mode;
    char unknown[REASON_SIZE] = "";

    if (mode == TRUST_CRL_OFF)
        return TRUSTED;
    if (judgement->request->crls == NULL)
        reason_set(unknown, "there are no CRLs");
    for (size_t i = 0; judgement->request->crls != NULL && i + 1 < judgement->count; i++)
        if (look_at_revocation_of(judgement, i, unknown) != TRUSTED)
            return NOT_TRUSTED;
    memcpy(result->reason, unknown, sizeof(unknown));
    return unknown[0] != '\0' && mode == TRUST_CRL_HARD ? TRUST_UNKNOWN : TRUSTED;
}

static void say_path(const struct judgement *judgement)
{
    char *text = judgement->result->path;
    size_t used = 0;

    for (size_t i = 0; i < judgement->count && used < TRUST_PATH_SIZE; i++) {
        char name[NAME_TEXT_SIZE];

        x509_name_text(X509_get_subject_name(judgement->path[i]), name);
        used += (size_t)snprintf(text + used, TRUST_PATH_SIZE - used, "%s%s", i == 0 ? "" : " < ",
                                 name);
    }
}

void trust_judge(struct crypto *crypto, const struct trust_request *request,
                 struct signature_memo *signatures, X509 *const *path, size_t count,
                 struct trust_result *result)
{
    static enum trust_verdict (*const steps[])(const struct judgement *judgement) = {
        ask_openssl, look_at_dates, look_at_purposes, look_at_revocation};
    const struct judgement judgement = {crypto, request, signatures, path, count, result};

    *result = (struct trust_result){.verdict = TRUSTED};
    say_path(&judgement);
    ERR_set_mark();
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && result->verdict == TRUSTED; i++)
        result->verdict = steps[i](&judgement);
    ERR_pop_to_mark();
}
