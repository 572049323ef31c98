// SPDX-License-Identifier: BSD-2-Clause
#include "filters/trust_memo.h"

#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include "crypto/certificate_pool.h"
#include "crypto/moment.h"
#include "crypto/signature_memo.h"

struct verified {
    const struct object *certificate; /* borrowed; what the tree is sorted by */
    struct trust_answer answer;
};

/* All that was asked by equal wishes. */
struct asked {
    const struct trust_wish *wish; /* borrowed */
    void *entries;                 /* owned tree of owned struct verified (tsearch) */
};

struct trust_memo {
    struct crypto *crypto; /* borrowed */
    time_t now;
    time_t changes;                    /* 0: never */
    size_t work_left;                  /* of all questions together (crypto/trust.h) */
    unsigned purposes;                 /* of enum trust_purpose */
    struct certificate_pool *issuers;  /* owned */
    struct signature_memo *signatures; /* owned */
    struct asked *asked;               /* owned */
    size_t n_asked;
};

struct trust_memo *trust_memo_create(struct crypto *crypto, enum preset preset, time_t now)
{
    struct trust_memo *memo = calloc(1, sizeof(*memo));

    if (memo == NULL)
        return NULL;
    memo->crypto = crypto;
    memo->now = now;
    memo->work_left = TRUST_WORK;
    if (preset == PRESET_SSH)
        memo->purposes = TRUST_CLIENT_AUTH | TRUST_SMARTCARD_LOGIN | TRUST_SSH_CLIENT;
    memo->issuers = certificate_pool_create(crypto);
    memo->signatures = signature_memo_create();
    if (memo->issuers != NULL && memo->signatures != NULL)
        return memo;
    trust_memo_destroy(memo);
    return NULL;
}

void trust_memo_destroy(struct trust_memo *memo)
{
    if (memo == NULL)
        return;
    for (size_t i = 0; i < memo->n_asked; i++)
        tdestroy(memo->asked[i].entries, free);
    free(memo->asked);
    signature_memo_destroy(memo->signatures);
    certificate_pool_destroy(memo->issuers);
    free(memo);
}

/* What is no certificate is no issuer either. */
static void add_issuer(struct trust_memo *memo, const struct object *object)
{
    const CK_ATTRIBUTE *value = attributes_find_filled(&object->attributes, CKA_VALUE);

    if (object->class != CKO_CERTIFICATE || value == NULL)
        return;
    if (object->x509 != NULL)
        certificate_pool_add_parsed(memo->issuers, object->x509);
    else
        certificate_pool_add(memo->issuers, value->pValue, value->ulValueLen);
}

void trust_memo_add(struct trust_memo *memo, const struct object_list *objects)
{
    size_t before = certificate_pool_count(memo->issuers);

    for (size_t i = 0; i < objects->count; i++)
        add_issuer(memo, objects->items[i]);
    memo->work_left += TRUST_WORK_EACH * (certificate_pool_count(memo->issuers) - before);
}

static struct trust_request request_of(struct trust_memo *memo, const struct trust_wish *wish,
                                       const struct trust_source *source)
{
    return (struct trust_request){
        .anchors = source->anchors,
        .others = memo->issuers,
        .crls = source->crls,
        .signatures = memo->signatures,
        .work_left = &memo->work_left,
        .now = memo->now,
        .purposes = memo->purposes,
        .ignore_dates = wish->ignore_dates,
        .grace = wish->grace,
        .warn_before = wish->warn_before,
        .crl_mode = wish->crl_mode,
        .crl_max_age = wish->crl_max_age,
    };
}

/* NULL when there is no memory. */
static struct asked *find_asked(struct trust_memo *memo, const struct trust_wish *wish)
{
    struct asked *grown;

    for (size_t i = 0; i < memo->n_asked; i++) {
        if (trust_wish_equal(memo->asked[i].wish, wish))
            return &memo->asked[i];
    }
    grown = reallocarray(memo->asked, memo->n_asked + 1, sizeof(*grown));
    if (grown == NULL)
        return NULL;
    memo->asked = grown;
    grown[memo->n_asked] = (struct asked){.wish = wish};
    for (size_t i = 0; i < wish->n_sources; i++) {
        const struct trust_request request = request_of(memo, wish, wish->sources[i]);
        trust_memo_note(memo, trust_changes(&request));
    }
    return &grown[memo->n_asked++];
}

static int compare(const void *a, const void *b)
{
    const struct verified *x = a, *y = b;
    uintptr_t left = (uintptr_t)x->certificate, right = (uintptr_t)y->certificate;

    return (left > right) - (left < right);
}

/* A chain that is there and refused is no proof that none of the authorities has issued the certificate: `deny` acts on it. So a
 * stricter preset, a date or a CRL can make a truth unknown, and never false. */
static enum truth truth_of(const struct trust_result *result)
{
    if (result->verdict == TRUSTED)
        return TRUTH_TRUE;
    return result->verdict == NOT_TRUSTED && result->path[0] == '\0' ? TRUTH_FALSE : TRUTH_UNKNOWN;
}

static void verify_object(struct trust_memo *memo, const struct trust_request *request,
                          const struct object *object, struct trust_result *result)
{
    const CK_ATTRIBUTE *value = attributes_find_filled(&object->attributes, CKA_VALUE);

    if (object->x509 != NULL)
        trust_verify_parsed(memo->crypto, request, object->x509, result);
    else
        trust_verify(memo->crypto, request, value->pValue, value->ulValueLen, result);
}

/* Of sources that say the same, the first is told of. */
static void verify(struct trust_memo *memo, const struct trust_wish *wish,
                   const struct object *certificate, struct trust_answer *answer)
{
    for (size_t i = 0; i < wish->n_sources && answer->truth != TRUTH_TRUE; i++) {
        const struct trust_request request = request_of(memo, wish, wish->sources[i]);
        struct trust_answer next = {.source = wish->sources[i]};

        verify_object(memo, &request, certificate, &next.result);
        next.truth = truth_of(&next.result);
        if (answer->source == NULL ||
            (answer->truth == TRUTH_FALSE && next.truth != TRUTH_FALSE) || next.truth == TRUTH_TRUE)
            *answer = next;
    }
}

static struct verified *add_verified(struct trust_memo *memo, struct asked *asked,
                               const struct object *certificate)
{
    struct verified *entry = calloc(1, sizeof(*entry));

    if (entry == NULL)
        return NULL;
    entry->certificate = certificate;
    entry->answer.truth = TRUTH_UNKNOWN;
    if (tsearch(entry, &asked->entries, compare) == NULL) {
        free(entry);
        return NULL;
    }
    if (attributes_find_filled(&certificate->attributes, CKA_VALUE) != NULL)
        verify(memo, asked->wish, certificate, &entry->answer);
    return entry;
}

const struct trust_answer *trust_memo_ask(struct trust_memo *memo, const struct trust_wish *wish,
                                          const struct object *certificate)
{
    const struct verified wanted = {.certificate = certificate};
    struct asked *asked = find_asked(memo, wish);
    struct verified **found = asked != NULL ? tfind(&wanted, &asked->entries, compare) : NULL;
    const struct verified *entry = found != NULL ? *found : NULL;

    if (asked != NULL && entry == NULL)
        entry = add_verified(memo, asked, certificate);
    return entry != NULL ? &entry->answer : NULL;
}

struct trust_span trust_memo_span(const struct trust_memo *memo)
{
    return (struct trust_span){memo->now, memo->changes};
}

bool trust_span_holds(const struct trust_span *span, time_t now)
{
    return now >= span->from && (span->changes == 0 || now < span->changes);
}

time_t trust_memo_now(const struct trust_memo *memo)
{
    return memo->now;
}

void trust_memo_note(struct trust_memo *memo, time_t moment)
{
    memo->changes = moment_next(memo->now, memo->changes, moment);
}

bool trust_memo_holds(const struct trust_memo *memo, time_t now)
{
    const struct trust_span span = trust_memo_span(memo);

    return trust_span_holds(&span, now);
}

struct visit {
    trust_visitor *visit;
    void *data;
};

static void visit_verified(const void *node, VISIT order, void *closure)
{
    const struct verified *entry = *(struct verified *const *)node;
    const struct visit *visit = closure;

    if (order == postorder || order == leaf)
        visit->visit(visit->data, &entry->answer, entry->certificate);
}

void trust_memo_each(const struct trust_memo *memo, trust_visitor *visit, void *data)
{
    struct visit closure = {visit, data};

    for (size_t i = 0; i < memo->n_asked; i++)
        twalk_r(memo->asked[i].entries, visit_verified, &closure);
}
