// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/trust_fixture.h"

struct trust_fixture fixture;

int trust_group_set_up(void **state)
{
    (void)state;
    fixture.crypto = crypto_create();
    return fixture.crypto == NULL ? -1 : 0;
}

int trust_group_tear_down(void **state)
{
    (void)state;
    crypto_destroy(fixture.crypto);
    return 0;
}

int trust_set_up(void **state)
{
    struct crl_set *crls = crl_set_create(fixture.crypto);

    (void)state;
    fixture.anchors = trust_anchors_create(fixture.crypto, "corp");
    fixture.token = certificate_pool_create(fixture.crypto);
    fixture.request = (struct trust_request){
        .anchors = fixture.anchors, .others = fixture.token, .crls = crls, .now = PKI_NOW};
    return fixture.anchors == NULL || fixture.token == NULL || crls == NULL ? -1 : 0;
}

int trust_tear_down(void **state)
{
    (void)state;
    crl_set_destroy(fixture.request.crls);
    trust_anchors_destroy(fixture.anchors);
    certificate_pool_destroy(fixture.token);
    pki_forget();
    return 0;
}

void add_anchor(const struct pki *pki)
{
    const char *pem = pki_pem(pki, NULL);
    char reason[REASON_SIZE] = "";

    if (!trust_anchors_add(fixture.anchors, pem, strlen(pem), reason))
        fail_msg("%s", reason);
}

const struct pki *anchor(const char *subject)
{
    const struct pki *root = pki_root(subject);

    add_anchor(root);
    return root;
}

void on_token(const struct pki *pki)
{
    assert_true(certificate_pool_add(fixture.token, pki->der, pki->size));
}

void verify(const struct pki *pki)
{
    trust_verify(fixture.crypto, &fixture.request, pki->der, pki->size, &fixture.result);
}

void expect(enum trust_verdict verdict, const struct pki *pki, const char *what)
{
    const struct trust_result *result = &fixture.result;

    verify(pki);
    if (result->verdict != verdict || strstr(result->reason, what) == NULL)
        fail_msg("verdict %d, reason \"%s\", not %d with \"%s\"", (int)result->verdict,
                 result->reason, (int)verdict, what);
}

void expect_trusted(const struct pki *pki)
{
    expect(TRUSTED, pki, "");
    assert_string_equal(fixture.result.reason, "");
}
