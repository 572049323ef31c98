// SPDX-License-Identifier: BSD-2-Clause
#include "tool/tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/names.h"
#include "crypto/crypto.h"
#include "tool/describe.h"

enum { PIN_MAX = 256 };

/* "a.so, b.so": the libraries that were loaded; count is added to. The caller frees; NULL without memory. */
static char *name_vendors(const struct gate *gate, size_t *count)
{
    char *names = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&names, &size);

    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < gate->n_vendors; i++) {
        if (gate->vendors[i] != NULL)
            fprintf(out, "%s%s", (*count)++ > 0 ? ", " : "", vendor_name(gate->vendors[i]));
    }
    fclose(out);
    return names;
}

/* The error is that of the first library that could be had. Where there are several, the log has said each one's. */
static void report_scan(const struct gate *gate, CK_RV rv)
{
    size_t named = 0;
    char *names = name_vendors(gate, &named);

    fprintf(stderr, "p11gate: %s: the slots cannot be listed: %s%s\n", names != NULL ? names : "",
            name_of_rv(rv), named > 1 ? " (the first's error)" : "");
    free(names);
}

static struct gate *scan(struct gate *gate, bool quiet)
{
    CK_RV rv = gate_scan(gate);

    if (rv == CKR_OK)
        return gate;
    if (!quiet)
        report_scan(gate, rv);
    gate_destroy(gate);
    return NULL;
}

struct gate *tokens_open(void)
{
    struct gate *gate = NULL;

    /* What is wrong was written to stderr where it was found. */
    return gate_create(&gate) == CKR_OK ? scan(gate, false) : NULL;
}

struct gate *tokens_open_with(struct config *config, bool quiet)
{
    struct log_settings log = {.level = LOG_ERROR, .to_stderr = !quiet};
    struct gate *gate = NULL;

    log_open(&log);
    return gate_create_with(config, &gate) == CKR_OK ? scan(gate, quiet) : NULL;
}

struct gate *tokens_open_all(const char *module, bool quiet)
{
    struct config *config = calloc(1, sizeof(*config));
    struct module_settings named = {.path = strdup(module), .position.file = "--module"};

    if (config == NULL || named.path == NULL) {
        free(named.path);
        free(config);
        return NULL;
    }
    config->policy.allow_all = true;
    if (!settings_add_module(&config->settings, &named)) {
        config_destroy(config);
        return NULL;
    }
    return tokens_open_with(config, quiet);
}

bool token_is_usable(const struct token *token)
{
    return token->present && (token->info.flags & CKF_TOKEN_INITIALIZED) != 0;
}

size_t tokens_count(const struct gate *gate)
{
    size_t count = 0;

    for (size_t i = 0; i < gate->n_tokens; i++)
        count += token_is_usable(gate->tokens[i]);
    return count;
}

bool tokens_say_none(const struct gate *gate)
{
    if (tokens_count(gate) > 0)
        return false;
    fprintf(stderr, "p11gate: there is no token; is the card in the reader? See `p11gate doctor`\n");
    return true;
}

static bool report(const struct token *token, const char *what, CK_RV rv)
{
    if (rv == CKR_OK)
        return true;
    fprintf(stderr, "p11gate: token ");
    describe_token(stderr, token);
    fprintf(stderr, ": %s: %s\n", what, name_of_rv(rv));
    return false;
}

bool tokens_log_in(struct token *token)
{
    char prompt[64], pin[PIN_MAX] = "";
    CK_RV rv;

    if ((token->info.flags & CKF_LOGIN_REQUIRED) == 0)
        return true;
    if ((token->info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0) {
        fputs("Enter the PIN on the reader's keypad.\n", stderr);
        return report(token, "login failed", token_login(token, CKU_USER, NULL, 0));
    }
    snprintf(prompt, sizeof(prompt), "PIN of token \"%.*s\": ", describe_label_size(token),
             (const char *)token->info.label);
    if (!crypto_read_pin(prompt, pin, sizeof(pin))) {
        explicit_bzero(pin, sizeof(pin));
        return report(token, "no PIN was given", CKR_PIN_INVALID);
    }
    rv = token_login(token, CKU_USER, (CK_UTF8CHAR_PTR)pin, strlen(pin));
    explicit_bzero(pin, sizeof(pin));
    return report(token, "login failed", rv);
}

bool tokens_read(struct token *token, bool all)
{
    return report(token, "cannot be read",
                  all ? token_read_whole(token) : token_refresh(token));
}

bool tokens_prepare(struct token *token, bool all, bool login, bool *ok)
{
    bool visible, ready;

    if (!token_is_usable(token))
        return false;
    visible = (!all || login) && token_is_visible(token);
    if (!all && !visible)
        return false;
    ready = (!login || !visible || tokens_log_in(token)) && tokens_read(token, all);
    *ok = *ok && ready;
    return ready;
}

bool token_is_shy(const struct token *token)
{
    return (token->info.flags & CKF_LOGIN_REQUIRED) != 0 && !token_logged_in(token) &&
           token->exposure.n_keys == 0;
}
