// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes URIs: what is accepted says of tokens what p11-kit's own matching says, and asks for
// nothing that was not written.
#include "config/uri.h"

#include <p11-kit/uri.h>
#include <stdlib.h>
#include <string.h>
#include "filters/decide.h"
#include "tests/fuzz/fuzz.h"

/* A field of a token that the URI does not name. */
static void fill(unsigned char *field, size_t size)
{
    if (field[0] == '\0') {
        memset(field, ' ', size);
        field[0] = 'x';
    }
}

/* A token that the URI means. */
static CK_TOKEN_INFO meant_token(P11KitUri *uri)
{
    CK_TOKEN_INFO token = *p11_kit_uri_get_token_info(uri);

    fill(token.label, sizeof(token.label));
    fill(token.manufacturerID, sizeof(token.manufacturerID));
    fill(token.serialNumber, sizeof(token.serialNumber));
    fill(token.model, sizeof(token.model));
    return token;
}

/* Is it false that the URI means the token? What concerns slot, library and objects is unknown, as
 * nothing is said of them. */
static bool excludes(const struct selector *selector, const CK_TOKEN_INFO *token)
{
    const struct subject subject = {.slot_id = (CK_SLOT_ID)-2, .token = token};
    enum truth truth = TRUTH_TRUE;

    for (size_t i = 0; i < selector->n_children; i++)
        if (selector->children[i].kind != SELECTOR_SLOT_ID)
            truth = truth_and(truth, selector_match(&selector->children[i], &subject));
    return truth == TRUTH_FALSE;
}

static void check_token(P11KitUri *uri, const struct selector *selector, CK_TOKEN_INFO *token)
{
    FUZZ_REQUIRE(excludes(selector, token) == (p11_kit_uri_match_token_info(uri, token) != 1));
}

static void check_tokens(P11KitUri *uri, const struct selector *selector)
{
    CK_TOKEN_INFO token = meant_token(uri);

    FUZZ_REQUIRE(!excludes(selector, &token));
    check_token(uri, selector, &token);
    token.label[0] ^= 1;
    check_token(uri, selector, &token);
    token.label[0] ^= 1;
    token.serialNumber[sizeof(token.serialNumber) - 1] ^= 2;
    check_token(uri, selector, &token);
    memset(&token, 'y', sizeof(token));
    check_token(uri, selector, &token);
}

/* text: what p11-kit reads as well. */
static void check_accepted(const char *text, const struct selector *selector)
{
    P11KitUri *uri = p11_kit_uri_new();
    char *formatted = NULL;

    FUZZ_REQUIRE(uri != NULL && selector->n_children > 0);
    FUZZ_REQUIRE(p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri) == P11_KIT_URI_OK);
    FUZZ_REQUIRE(p11_kit_uri_get_pin_value(uri) == NULL &&
                 p11_kit_uri_get_pin_source(uri) == NULL &&
                 p11_kit_uri_get_module_path(uri) == NULL);
    FUZZ_REQUIRE(p11_kit_uri_format(uri, P11_KIT_URI_FOR_ANY, &formatted) == P11_KIT_URI_OK);
    FUZZ_REQUIRE(strchr(formatted, '=') != NULL);
    check_tokens(uri, selector);
    free(formatted);
    p11_kit_uri_free(uri);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct fuzz_value value;
    bool read;

    if (!fuzz_is_utf8(text))
        goto out;
    fuzz_value_begin(&value, text);
    read = uri_read(&value.reader, &value.node, &value.selector);
    FUZZ_REQUIRE(read == fuzz_value_good(&value));
    if (read)
        check_accepted(text, &value.selector);
    fuzz_value_end(&value);
out:
    free(text);
}
