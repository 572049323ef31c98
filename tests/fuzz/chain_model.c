// SPDX-License-Identifier: BSD-2-Clause
#include "tests/fuzz/chain_model.h"

struct walk {
    const struct model *model;
    const struct model_certificate *path[MODEL_CERTIFICATES];
    size_t count;
    enum trust_verdict best;
};

static bool is_self_issued(const struct model_certificate *certificate)
{
    return certificate->subject == certificate->issuer;
}

static bool is_issued(const struct model_certificate *certificate,
                      const struct model_certificate *issuer)
{
    return certificate->issuer == issuer->subject && certificate->signer == issuer->key &&
           issuer->authority && issuer->signs_certificates;
}

/* An authority of path length 0 issues users only; who certifies himself anew makes a path no
 * longer. */
static bool lengths_fit(const struct walk *walk)
{
    unsigned below = 0;

    for (size_t i = 1; i < walk->count; i++) {
        if (walk->path[i]->path_length != MODEL_NO_LIMIT && below > walk->path[i]->path_length)
            return false;
        below += !is_self_issued(walk->path[i]);
    }
    return true;
}

static bool names_fit(const struct walk *walk)
{
    for (size_t i = 0; i < walk->count; i++) {
        const struct model_certificate *named = walk->path[i];

        for (size_t j = i + 1; j < walk->count; j++) {
            if (i > 0 && is_self_issued(named))
                continue;
            if ((walk->path[j]->corp_only && named->at_evil) ||
                (walk->path[j]->no_evil && named->at_evil))
                return false;
        }
    }
    return true;
}

static bool dates_fit(const struct walk *walk)
{
    for (size_t i = 0; i < walk->count && !walk->model->ignore_dates; i++)
        if (walk->path[i]->begins > 0 || walk->path[i]->ends + walk->model->grace < 0)
            return false;
    return true;
}

static bool purposes_fit(const struct walk *walk)
{
    unsigned left = walk->model->purposes;

    for (size_t i = 0; i < walk->count; i++)
        left &= walk->path[i]->purposes == 0 ? ~0U : walk->path[i]->purposes;
    return walk->model->purposes == 0 || (walk->path[0]->signs_data && left != 0);
}

/* The newest that has begun; else the newest. */
static const struct model_crl *crl_of(const struct model *model,
                                      const struct model_certificate *issuer)
{
    const struct model_crl *best = NULL;

    for (size_t i = 0; i < model->n_crls; i++) {
        const struct model_crl *crl = &model->crls[i];

        if (crl->issuer != issuer->subject || crl->signer != issuer->key)
            continue;
        if (best == NULL || (crl->made <= 0) > (best->made <= 0) ||
            ((crl->made <= 0) == (best->made <= 0) && crl->made > best->made))
            best = crl;
    }
    return best;
}

static bool may_be_relied_on(const struct model *model, const struct model_crl *crl)
{
    bool has_end = crl->ends >= crl->made;

    return crl->made <= 0 && (!has_end || crl->ends >= 0) && (has_end || model->max_age != 0) &&
           (model->max_age == 0 || -crl->made <= model->max_age);
}

static enum trust_verdict look_for_revocation(const struct walk *walk)
{
    const struct model *model = walk->model;
    enum trust_verdict verdict = TRUSTED;

    for (size_t i = 0; i + 1 < walk->count && model->mode != TRUST_CRL_OFF; i++) {
        const struct model_crl *crl = crl_of(model, walk->path[i + 1]);

        if (crl != NULL && (crl->revoked >> (walk->path[i] - model->certificates) & 1) != 0)
            return NOT_TRUSTED;
        if (model->mode == TRUST_CRL_HARD &&
            (crl == NULL || !walk->path[i + 1]->signs_crls || !may_be_relied_on(model, crl)))
            verdict = TRUST_UNKNOWN;
    }
    return verdict;
}

static void judge(struct walk *walk)
{
    enum trust_verdict verdict = NOT_TRUSTED;

    if (lengths_fit(walk) && names_fit(walk) && dates_fit(walk) && purposes_fit(walk))
        verdict = look_for_revocation(walk);
    if (verdict > walk->best)
        walk->best = verdict;
}

static bool is_in_path(const struct walk *walk, const struct model_certificate *certificate)
{
    for (size_t i = 0; i < walk->count; i++)
        if (walk->path[i] == certificate)
            return true;
    return false;
}

static void extend(struct walk *walk)
{
    const struct model_certificate *last = walk->path[walk->count - 1];

    for (size_t i = 1; i < walk->model->n_certificates; i++) {
        const struct model_certificate *next = &walk->model->certificates[i];

        if (is_in_path(walk, next) || !is_issued(last, next))
            continue;
        walk->path[walk->count++] = next;
        if (next->anchor)
            judge(walk);
        else
            extend(walk);
        walk->count--;
    }
}

enum trust_verdict model_judge(const struct model *model)
{
    struct walk walk = {.model = model, .path = {&model->certificates[0]}, .count = 1};

    walk.best = NOT_TRUSTED;
    extend(&walk);
    return walk.best;
}

bool model_is_plain(const struct model *model)
{
    for (size_t i = 0; i < model->n_certificates; i++)
        if (is_self_issued(&model->certificates[i]) && !model->certificates[i].anchor)
            return false;
    return true;
}
