// SPDX-License-Identifier: BSD-2-Clause
// What rules are told of chains: true, false or unknown, as of one moment, and until when it holds.
#include "tests/unit/trust_fixture.h"

#include <stdlib.h>
#include "filters/decide.h"

enum { MOST_OBJECTS = 64 };

/* A token's certificates and the question about one of them. */
static struct asking {
    struct object objects[MOST_OBJECTS];
    struct object *items[MOST_OBJECTS];
    struct object_list list;
    struct trust_source source;
    const struct trust_source *sources[2];
    struct selector selector;
    struct key_group group;
    struct trust_memo *memo;
    enum preset preset;
    bool without_parsed; /* certificates are there in DER alone */
} asking;

static int ask_set_up(void **state)
{
    if (trust_set_up(state) != 0)
        return -1;
    asking = (struct asking){.source = {fixture.anchors, fixture.request.crls}};
    asking.list.items = asking.items;
    asking.sources[0] = &asking.source;
    asking.selector.kind = SELECTOR_CERTIFICATE_CA;
    asking.selector.trust.sources = asking.sources;
    asking.selector.trust.n_sources = 1;
    return 0;
}

static int ask_tear_down(void **state)
{
    trust_memo_destroy(asking.memo);
    for (size_t i = 0; i < asking.list.count; i++) {
        attributes_finish(&asking.objects[i].attributes);
        public_key_destroy(asking.objects[i].key);
        certificate_content_destroy(asking.objects[i].content);
        certificate_release(asking.objects[i].x509);
    }
    return trust_tear_down(state);
}

static const struct object *put(const struct pki *pki)
{
    struct object *object = &asking.objects[asking.list.count];

    assert_true(asking.list.count < MOST_OBJECTS);
    object->class = CKO_CERTIFICATE;
    assert_true(object_read_certificate(object, fixture.crypto,
                                        asking.without_parsed ? CERTIFICATE_CONTENT : CERTIFICATE_CHAIN,
                                        pki->der, pki->size));
    assert_int_equal(object->x509 == NULL, asking.without_parsed);
    assert_true(attributes_set(&object->attributes, CKA_VALUE, pki->der, pki->size));
    asking.items[asking.list.count++] = object;
    return object;
}

static void look(time_t now)
{
    trust_memo_destroy(asking.memo);
    asking.memo = trust_memo_create(fixture.crypto, asking.preset, now);
    assert_non_null(asking.memo);
    trust_memo_add(asking.memo, &asking.list);
}

static enum truth ask(const struct object *certificate)
{
    const struct subject subject = {.group = &asking.group, .certificate = certificate, .trust = asking.memo};

    return selector_match(&asking.selector, &subject);
}

static enum truth ask_at(const struct object *certificate, time_t now)
{
    look(now);
    return ask(certificate);
}

static void a_chain_by_way_of_the_token_is_found(void **state)
{
    const struct pki *root = anchor("CN=root");
    const struct pki *issuing = pki_ca("CN=issuing", root);
    const struct object *alice = put(pki_user("CN=alice", issuing));

    (void)state;
    assert_int_equal(ask_at(alice, PKI_NOW), TRUTH_FALSE);
    put(issuing);
    assert_int_equal(ask_at(alice, PKI_NOW), TRUTH_TRUE);
}

static void a_chain_is_found_as_well_where_nothing_is_kept_parsed(void **state)
{
    const struct pki *issuing = pki_ca("CN=issuing", anchor("CN=root"));
    const struct pki *alice = pki_user("CN=alice", issuing);

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        const struct object *certificate;

        asking.without_parsed = i % 2 == 0;
        certificate = put(alice);
        asking.without_parsed = i / 2 == 0;
        put(issuing);
        assert_int_equal(ask_at(certificate, PKI_NOW), TRUTH_TRUE);
    }
}

/* Bytes behind a certificate are read by nobody: what they are to others is not known. */
static void a_certificate_with_bytes_behind_it_is_unknown(void **state)
{
    const struct pki *alice = pki_user("CN=alice", anchor("CN=root"));
    struct object *object = &asking.objects[asking.list.count];
    unsigned char longer[4096] = {0};

    (void)state;
    assert_true(alice->size < sizeof(longer));
    memcpy(longer, alice->der, alice->size);
    object->class = CKO_CERTIFICATE;
    assert_true(object_read_certificate(object, fixture.crypto, CERTIFICATE_CHAIN, longer, alice->size + 1));
    assert_true(attributes_set(&object->attributes, CKA_VALUE, longer, alice->size + 1));
    asking.items[asking.list.count++] = object;
    assert_int_equal(ask_at(object, PKI_NOW), TRUTH_UNKNOWN);
}

static void without_certificate_or_moment_nothing_is_known(void **state)
{
    const struct object *alice = put(pki_user("CN=alice", anchor("CN=root")));

    (void)state;
    assert_int_equal(ask(alice), TRUTH_UNKNOWN);
    look(PKI_NOW);
    assert_int_equal(ask(NULL), TRUTH_UNKNOWN);
    asking.selector.kind = SELECTOR_CERTIFICATE_VALID;
    assert_int_equal(ask(NULL), TRUTH_UNKNOWN);
    assert_int_equal(ask(alice), TRUTH_TRUE);
}

static void one_of_several_anchors_is_enough(void **state)
{
    const struct trust_source empty = {trust_anchors_create(fixture.crypto, "other"), NULL};
    const struct object *alice = put(pki_user("CN=alice", anchor("CN=root")));
    const struct trust_answer *answer;

    (void)state;
    asking.sources[1] = &asking.source;
    asking.sources[0] = &empty;
    assert_int_equal(ask_at(alice, PKI_NOW), TRUTH_FALSE);
    asking.selector.trust.n_sources = 2;
    assert_int_equal(ask_at(alice, PKI_NOW), TRUTH_TRUE);
    answer = trust_memo_ask(asking.memo, &asking.selector.trust, alice);
    assert_ptr_equal(answer->source, &asking.source);
    trust_anchors_destroy(empty.anchors);
}

static void revocation_that_is_not_known_is_unknown_in_hard_mode_alone(void **state)
{
    const struct object *alice = put(pki_user("CN=alice", anchor("CN=root")));

    (void)state;
    asking.selector.trust.crl_mode = TRUST_CRL_HARD;
    assert_int_equal(ask_at(alice, PKI_NOW), TRUTH_UNKNOWN);
    asking.selector.trust.crl_mode = TRUST_CRL_SOFT;
    assert_int_equal(ask_at(alice, PKI_NOW), TRUTH_TRUE);
    assert_non_null(strstr(trust_memo_ask(asking.memo, &asking.selector.trust, alice)->result.reason, "no CRL"));
}

static void chains_for_another_purpose_are_refused_under_the_preset_ssh(void **state)
{
    const struct pki *root = anchor("CN=root");
    const struct object *server = put(pki_make((struct pki_order){
        .subject = "CN=server", .issuer = root, .extensions = PKI_USER "\nextendedKeyUsage=serverAuth"}));
    const struct object *client = put(pki_make((struct pki_order){
        .subject = "CN=client", .issuer = root, .extensions = PKI_USER "\nextendedKeyUsage=secureShellClient"}));

    (void)state;
    assert_int_equal(ask_at(server, PKI_NOW), TRUTH_UNKNOWN);
    assert_int_equal(ask(client), TRUTH_TRUE);
    asking.preset = PRESET_READ_ONLY;
    assert_int_equal(ask_at(server, PKI_NOW), TRUTH_TRUE);
}

/* Who denies what an authority has issued means what has expired as well; and a first source without a chain hides no second one. */
static void a_chain_that_is_there_and_refused_is_unknown(void **state)
{
    const struct trust_source empty = {trust_anchors_create(fixture.crypto, "other"), NULL};
    const struct pki *root = anchor("CN=root");
    const struct object *late = put(pki_make((struct pki_order){
        .subject = "CN=late", .issuer = root, .from = -9, .to = -2, .extensions = PKI_USER}));
    const struct object *other = put(pki_user("CN=other", pki_root("CN=another root")));

    (void)state;
    assert_int_equal(ask_at(late, PKI_NOW), TRUTH_UNKNOWN);
    assert_int_equal(ask(other), TRUTH_FALSE);
    asking.sources[0] = &empty;
    asking.sources[1] = &asking.source;
    asking.selector.trust.n_sources = 2;
    assert_int_equal(ask_at(late, PKI_NOW), TRUTH_UNKNOWN);
    assert_int_equal(ask(other), TRUTH_FALSE);
    asking.sources[0] = &asking.source;
    asking.sources[1] = &empty;
    assert_int_equal(ask_at(late, PKI_NOW), TRUTH_UNKNOWN);
    assert_non_null(strstr(trust_memo_ask(asking.memo, &asking.selector.trust, late)->result.reason, "expired"));
    trust_anchors_destroy(empty.anchors);
}

/* Asked second by second around both ends, against the dates of the certificate alone. */
static void the_dates_alone_can_be_asked_for(void **state)
{
    const struct object *alice = put(pki_make((struct pki_order){
        .subject = "CN=alice", .from = -1, .to = 1, .extensions = PKI_USER}));
    const time_t begin = PKI_NOW - PKI_DAY, end = PKI_NOW + PKI_DAY;

    (void)state;
    asking.selector.kind = SELECTOR_CERTIFICATE_VALID;
    assert_int_equal(ask_at(alice, begin - 1), TRUTH_FALSE);
    assert_int_equal(ask_at(alice, begin), TRUTH_TRUE);
    assert_int_equal(ask_at(alice, end), TRUTH_TRUE);
    assert_int_equal(ask_at(alice, end + 1), TRUTH_FALSE);
    asking.selector.trust.grace = PKI_HOUR;
    assert_int_equal(ask_at(alice, end + PKI_HOUR), TRUTH_TRUE);
    assert_int_equal(ask_at(alice, end + PKI_HOUR + 1), TRUTH_FALSE);
    assert_int_equal(ask_at(alice, begin - 1), TRUTH_FALSE);
}

/* From each moment on which the answer is said to hold, it is the same up to the second before the next, and asked again there. */
static void check_moments(const struct object *certificate, time_t from, time_t to)
{
    size_t changes = 0;

    for (time_t now = from; now < to;) {
        enum truth truth = ask_at(certificate, now);
        struct trust_memo *memo = asking.memo;
        time_t next = now;

        asking.memo = NULL;
        while (next < to && trust_memo_holds(memo, next))
            next += PKI_HOUR / 4;
        assert_false(trust_memo_holds(memo, now - 1));
        trust_memo_destroy(memo);
        for (time_t then = now; then < next; then += PKI_HOUR)
            assert_int_equal(ask_at(certificate, then), truth);
        changes += ask_at(certificate, next) != truth;
        now = next;
    }
    assert_true(changes >= 2);
}

static void answers_hold_until_something_begins_or_ends(void **state)
{
    const struct pki *root = pki_make((struct pki_order){.subject = "CN=root", .from = -40, .to = 20, .extensions = PKI_CA});
    const struct pki *issuing = pki_make((struct pki_order){.subject = "CN=issuing", .issuer = root, .from = -20, .to = 6, .extensions = PKI_CA});
    const struct object *alice = put(pki_make((struct pki_order){
        .subject = "CN=alice", .issuer = issuing, .from = -3, .to = 3, .extensions = PKI_USER}));
    const struct pki_crl *crls[] = {pki_crl((struct pki_crl_order){.issuer = root, .from = -48, .to = 60}),
                                    pki_crl((struct pki_crl_order){.issuer = issuing, .from = -30, .to = 20})};
    char reason[REASON_SIZE];

    (void)state;
    add_anchor(root);
    put(issuing);
    for (size_t i = 0; i < 2; i++)
        assert_true(crl_set_add(fixture.request.crls, crls[i]->pem, strlen(crls[i]->pem), reason));
    check_moments(alice, PKI_NOW - 25 * PKI_DAY, PKI_NOW + 25 * PKI_DAY);
    asking.selector.trust.grace = PKI_DAY;
    check_moments(alice, PKI_NOW - 25 * PKI_DAY, PKI_NOW + 25 * PKI_DAY);
    asking.selector.trust.crl_mode = TRUST_CRL_HARD;
    check_moments(alice, PKI_NOW - 5 * PKI_DAY, PKI_NOW + 5 * PKI_DAY);
    asking.selector.trust.crl_max_age = 36 * PKI_HOUR;
    check_moments(alice, PKI_NOW - 5 * PKI_DAY, PKI_NOW + 5 * PKI_DAY);
    asking.selector.kind = SELECTOR_CERTIFICATE_VALID;
    check_moments(alice, PKI_NOW - 25 * PKI_DAY, PKI_NOW + 25 * PKI_DAY);
}

static void count(void *data, const struct trust_answer *answer, const struct object *certificate)
{
    (void)answer;
    (void)certificate;
    ++*(size_t *)data;
}

/* Rules that ask the same share the answer; the certificate is verified once. */
static void equal_questions_are_answered_once(void **state)
{
    const struct pki *root = anchor("CN=root");
    const struct object *alice = put(pki_user("CN=alice", root));
    const struct object *bob = put(pki_user("CN=bob", root));
    const struct trust_source *sources[] = {&asking.source};
    const struct trust_wish again = {.sources = sources, .n_sources = 1};
    size_t answers = 0;

    (void)state;
    assert_int_equal(ask_at(alice, PKI_NOW), TRUTH_TRUE);
    assert_int_equal(ask(bob), TRUTH_TRUE);
    assert_ptr_equal(trust_memo_ask(asking.memo, &again, alice),
                     trust_memo_ask(asking.memo, &asking.selector.trust, alice));
    trust_memo_each(asking.memo, count, &answers);
    assert_int_equal(answers, 2);
}

/* An issuer's signature is checked for the first certificate of its own. */
static void a_forged_issuer_stays_one_for_all_that_it_has_signed(void **state)
{
    const struct pki *root = anchor("CN=root");
    const struct pki *forged = pki_make((struct pki_order){
        .subject = "CN=forged", .issuer = pki_root("CN=root"), .extensions = PKI_CA});
    const struct pki *issuers[] = {pki_ca("CN=issuing", root), forged};

    (void)state;
    put(issuers[0]);
    put(issuers[1]);
    look(PKI_NOW);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(ask(put(pki_user("CN=alice", issuers[i % 2]))), i % 2 == 0 ? TRUTH_TRUE : TRUTH_FALSE);
}

static enum trust_verdict verdict_on(const struct object *certificate)
{
    return trust_memo_ask(asking.memo, &asking.selector.trust, certificate)->result.verdict;
}

/* 53 forged issuers cost 190 units each, for each certificate: two come to 20140, and 56 certificates to 20000 and 448. */
static void all_questions_about_a_token_share_a_bound_that_grows_with_it(void **state)
{
    const struct pki *rsa = pki_make((struct pki_order){
        .subject = "CN=forger", .key = pki_new_key("RSA", 2048), .extensions = PKI_CA});
    const struct object *forged[3];

    (void)state;
    anchor("CN=root");
    for (size_t i = 0; i < 3; i++)
        forged[i] = put(pki_make((struct pki_order){
            .subject = "CN=mallory", .issuer = rsa, .issuer_name = "CN=root", .extensions = PKI_USER}));
    for (size_t i = 0; i < 53; i++)
        put(pki_make((struct pki_order){
            .subject = "CN=root", .issuer = rsa, .key = pki_long_key(3072, 3071), .extensions = PKI_CA}));
    look(PKI_NOW);
    assert_int_equal(verdict_on(forged[0]), NOT_TRUSTED);
    assert_int_equal(verdict_on(forged[1]), NOT_TRUSTED);
    assert_int_equal(verdict_on(forged[2]), TRUST_UNKNOWN);
}

#define ASK_TEST(name) cmocka_unit_test_setup_teardown(name, ask_set_up, ask_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ASK_TEST(a_chain_by_way_of_the_token_is_found),
        ASK_TEST(a_chain_is_found_as_well_where_nothing_is_kept_parsed),
        ASK_TEST(a_certificate_with_bytes_behind_it_is_unknown),
        ASK_TEST(without_certificate_or_moment_nothing_is_known),
        ASK_TEST(one_of_several_anchors_is_enough),
        ASK_TEST(revocation_that_is_not_known_is_unknown_in_hard_mode_alone),
        ASK_TEST(chains_for_another_purpose_are_refused_under_the_preset_ssh),
        ASK_TEST(a_chain_that_is_there_and_refused_is_unknown),
        ASK_TEST(the_dates_alone_can_be_asked_for),
        ASK_TEST(answers_hold_until_something_begins_or_ends),
        ASK_TEST(equal_questions_are_answered_once),
        ASK_TEST(a_forged_issuer_stays_one_for_all_that_it_has_signed),
        ASK_TEST(all_questions_about_a_token_share_a_bound_that_grows_with_it),
    };

    return cmocka_run_group_tests(tests, trust_group_set_up, trust_group_tear_down);
}
