// SPDX-License-Identifier: BSD-2-Clause
// make-token: makes the tokens that descriptions (README.md in this folder) describe, in a private
// folder.
#include "certificate.h"
#include "crl.h"
#include "description.h"
#include "keys.h"
#include "objects.h"
#include "softhsm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct run {
    struct softhsm *softhsm;
    struct key_list keys;
    const char *cache;
    char keys_folder[4096];
    char certificates_folder[4096];
    char bundles_folder[4096];
    char crls_folder[4096];
    char list[4096]; // of the certificates that say what they are
};

static const char *const no_options[] = {NULL};
static const char *const filler_options[] = {
    "id_from", "label", "issuer", "alternative_name", "key_usage", "extended_key_usage", NULL};

static void check(const struct statement *statement, CK_RV rv)
{
    if (rv == CKR_OBJECT_HANDLE_INVALID)
        statement_fail(statement, "%s: no such object", statement->verb);
    if (rv == CKR_SESSION_HANDLE_INVALID)
        statement_fail(statement, "found %s, expected a token before it", statement->verb);
    if (rv != CKR_OK)
        statement_fail(statement, "%s: SoftHSM answers 0x%lx", statement->verb, rv);
}

// Adds the object with what the description changes in it, and empties the template.
static void add(struct run *run, const struct statement *statement, struct template *template,
                const char *const *own)
{
    template_apply(template, statement, own);
    CK_RV rv = softhsm_add(run->softhsm, template);
    template_finish(template);
    check(statement, rv);
}

static struct key *named_key(struct run *run, const struct statement *statement, const char *name)
{
    struct key *key = key_list_find(&run->keys, name);
    if (key == NULL)
        statement_fail(statement, "found \"%s\", expected the name of a key made above", name);
    return key;
}

static struct key_type read_type(const struct statement *statement, const char *text)
{
    struct key_type type;
    if (!key_type_parse(text, &type))
        statement_fail(statement,
                       "found type \"%s\", expected rsa:BITS, ec:P-256, ec:P-384, ec:P-521, "
                       "ec:secp256k1, ed25519 or ed448",
                       text);
    return type;
}

static void run_token(struct run *run, const struct statement *statement)
{
    static const char *const own[] = {"label", "pin", "so_pin", NULL};
    struct template nothing = {.count = 0};
    template_apply(&nothing, statement, own);
    statement_check_arguments(statement, 0, 0, "options only");
    const char *label = statement_option(statement, "label", "token");
    const char *pin = statement_option(statement, "pin", "1234");
    if (strcmp(statement->verb, "open") == 0)
        check(statement, softhsm_open_token(run->softhsm, label, pin));
    else
        check(statement, softhsm_make_token(run->softhsm, label, pin,
                                            statement_option(statement, "so_pin", "12345678")));
}

// The key that an option names, or FALLBACK.
static struct key *optional_key(struct run *run, const struct statement *statement,
                                const char *option, struct key *fallback)
{
    const char *name = statement_option(statement, option, NULL);
    return name == NULL ? fallback : named_key(run, statement, name);
}

static void make_key(struct run *run, const struct statement *statement)
{
    struct key_type type = read_type(statement, statement->arguments[1]);
    if (key_list_find(&run->keys, statement->arguments[0]) != NULL)
        return; // the same name in two descriptions is the same key
    struct key *key = key_list_add(&run->keys, statement->arguments[0], statement->arguments[1],
                                   &type, run->cache);
    if (key == NULL || !key_write(key, run->keys_folder))
        statement_fail(statement, "key %s: cannot make it or write it", statement->arguments[0]);
}

static void run_key(struct run *run, const struct statement *statement)
{
    statement_check_arguments(statement, 2, 2, "NAME TYPE");
    struct template nothing = {.count = 0};
    template_apply(&nothing, statement, no_options);
    make_key(run, statement);
}

// What a badge's objects have unless the statement says otherwise: the line as CKA_ID, the name as
// label.
static void set_badge(struct template *template, const struct statement *statement)
{
    if (strcmp(statement->verb, "badge") != 0)
        return;
    unsigned char id[2] = {(unsigned char)(statement->line >> 8), (unsigned char)statement->line};
    template_set(template, CKA_ID, id, sizeof id);
    template_set(template, CKA_LABEL, statement->arguments[0], strlen(statement->arguments[0]));
}

typedef bool object_maker(struct template *template, const struct key_type *type,
                          const EVP_PKEY *pkey);

static void add_half(struct run *run, const struct statement *statement, object_maker *make,
                     const char *const *own)
{
    struct key *key = named_key(run, statement, statement->arguments[0]);
    struct template template = {.count = 0};
    if (!make(&template, &key->type, key->pkey))
        statement_fail(statement, "OpenSSL failed");
    set_badge(&template, statement);
    add(run, statement, &template, own);
}

static void run_public(struct run *run, const struct statement *statement)
{
    statement_check_arguments(statement, 1, 1, "the name of a key");
    add_half(run, statement, object_public, no_options);
}

static void run_private(struct run *run, const struct statement *statement)
{
    statement_check_arguments(statement, 1, 1, "the name of a key");
    add_half(run, statement, object_private, no_options);
}

static void run_pair(struct run *run, const struct statement *statement)
{
    run_public(run, statement);
    run_private(run, statement);
}

// A line of the list for the tests: name, key, users, policies it passes, what it is.
static bool list_certificate(const struct run *run, const struct statement *statement,
                             const char *name)
{
    const char *what = statement_option(statement, "what", NULL);
    if (what == NULL)
        return true;
    FILE *stream = fopen(run->list, "ae");
    if (stream == NULL)
        return false;
    bool ok = fprintf(stream, "%s\t%s\t%s\t%s\t%s\n", name, statement->arguments[0],
                      statement_option(statement, "user", ""),
                      statement_option(statement, "passes", ""), what) > 0;
    return fclose(stream) == 0 && ok;
}

static bool write_certificate(const struct run *run, const struct statement *statement,
                              const X509 *certificate)
{
    const char *name = statement_option(statement, "name", statement->arguments[0]);
    const char *bundle = statement_option(statement, "append", NULL);
    return certificate_write(certificate, run->certificates_folder, name, "we") &&
           (bundle == NULL || certificate_write(certificate, run->bundles_folder, bundle, "ae")) &&
           list_certificate(run, statement, name);
}

static void make_certificate(struct run *run, const struct statement *statement)
{
    struct key *key = named_key(run, statement, statement->arguments[0]);
    struct key *issuer = optional_key(run, statement, "issuer", key);
    struct key *signer = optional_key(run, statement, "signed_by", issuer);
    // Issuer and serial number together name a certificate: the line is different in each
    // description.
    X509 *certificate = certificate_make(statement, key, issuer, signer,
                                         statement_number(statement, "serial", statement->line));
    struct template template = {.count = 0};
    if (certificate == NULL || !object_certificate(&template, certificate) ||
        !write_certificate(run, statement, certificate))
        statement_fail(statement, "certificate %s: cannot make it or write it", key->name);
    X509_free(certificate);
    set_badge(&template, statement);
    if (statement_flag(statement, "file_only"))
        template_finish(&template);
    else
        add(run, statement, &template, certificate_options);
}

static void run_certificate(struct run *run, const struct statement *statement)
{
    statement_check_arguments(statement, 1, 1, "the name of a key");
    make_certificate(run, statement);
}

// A key, its objects and a certificate in one statement.
static void run_badge(struct run *run, const struct statement *statement)
{
    statement_check_arguments(statement, 2, 2, "NAME TYPE");
    make_key(run, statement);
    add_half(run, statement, object_public, certificate_options);
    add_half(run, statement, object_private, certificate_options);
    make_certificate(run, statement);
}

static void run_crl(struct run *run, const struct statement *statement)
{
    statement_check_arguments(statement, 1, 1, "the name of a key");
    struct template nothing = {.count = 0};
    template_apply(&nothing, statement, crl_options);
    struct key *issuer = named_key(run, statement, statement->arguments[0]);
    struct key *signer = optional_key(run, statement, "signed_by", issuer);
    if (!crl_write(statement, issuer, signer, run->certificates_folder, run->crls_folder))
        statement_fail(statement, "crl %s: cannot make it or write it", issuer->name);
}

static void run_data(struct run *run, const struct statement *statement)
{
    statement_check_arguments(statement, 0, 0, "options only");
    struct template template = {.count = 0};
    object_data(&template);
    add(run, statement, &template, no_options);
}

static void run_secret(struct run *run, const struct statement *statement)
{
    statement_check_arguments(statement, 0, 0, "options only");
    struct template template = {.count = 0};
    object_secret(&template);
    add(run, statement, &template, no_options);
}

// One of a filling: what its objects have in common, and the key where it is a real one.
struct filling {
    unsigned char id[4];
    char label[300];
    struct key key;
};

static void add_filling(struct run *run, const struct statement *statement,
                        const struct filling *filling, struct template *template)
{
    template_set(template, CKA_ID, filling->id, sizeof filling->id);
    template_set(template, CKA_LABEL, filling->label, strlen(filling->label));
    add(run, statement, template, filler_options);
}

static bool make_filling(struct template *public_half, struct template *private_half,
                         struct key *key)
{
    if (key->type.kind == KEY_RSA)
        return object_filler_rsa(public_half, private_half, key->type.bits);
    key->pkey = key_generate(&key->type);
    return key->pkey != NULL && object_public(public_half, &key->type, key->pkey) &&
           object_private(private_half, &key->type, key->pkey);
}

static bool make_filling_certificate(struct run *run, const struct statement *statement,
                                     struct filling *filling, struct template *template,
                                     long serial)
{
    struct key *issuer = optional_key(run, statement, "issuer", NULL);
    X509 *certificate = certificate_make(statement, &filling->key, issuer, issuer, serial);
    bool ok = certificate != NULL && object_certificate(template, certificate);
    X509_free(certificate);
    return ok;
}

static void fill(struct run *run, const struct statement *statement, struct filling *filling,
                 long serial)
{
    bool certified = statement_option(statement, "issuer", NULL) != NULL;
    struct template parts[3] = {{.count = 0}, {.count = 0}, {.count = 0}};
    if (!make_filling(&parts[0], &parts[1], &filling->key) ||
        (certified && !make_filling_certificate(run, statement, filling, &parts[2], serial)))
        statement_fail(statement, "OpenSSL failed");
    for (size_t i = 0; i < (certified ? 3 : 2); i++)
        add_filling(run, statement, filling, &parts[i]);
    EVP_PKEY_free(filling->key.pkey);
    X509_NAME_free(filling->key.subject);
}

static void run_filler(struct run *run, const struct statement *statement)
{
    statement_check_arguments(statement, 2, 2, "NUMBER TYPE");
    struct key_type type = read_type(statement, statement->arguments[1]);
    char *end = NULL;
    long count = strtol(statement->arguments[0], &end, 10);
    if (*end != '\0' || count < 0 || count > 100000)
        statement_fail(statement, "found \"%s\", expected a number of keys",
                       statement->arguments[0]);
    if (type.kind == KEY_RSA && statement_option(statement, "issuer", NULL) != NULL)
        statement_fail(statement, "issuer: found an RSA filler, which is no key to certify");
    long first = statement_number(statement, "id_from", 1000);
    const char *label = statement_option(statement, "label", "filler");
    for (long i = 0; i < count; i++) {
        long id = first + i;
        struct filling filling = {.id = {(unsigned char)(id >> 24), (unsigned char)(id >> 16),
                                         (unsigned char)(id >> 8), (unsigned char)id},
                                  .key = {.name = filling.label, .type = type}};
        snprintf(filling.label, sizeof filling.label, "%.255s %ld", label, i);
        fill(run, statement, &filling, id);
    }
}

static void run_delete(struct run *run, const struct statement *statement)
{
    static const struct {
        const char *name;
        CK_OBJECT_CLASS class;
    } classes[] = {{"public", CKO_PUBLIC_KEY},
                   {"private", CKO_PRIVATE_KEY},
                   {"certificate", CKO_CERTIFICATE},
                   {"data", CKO_DATA},
                   {"secret", CKO_SECRET_KEY}};
    statement_check_arguments(statement, 1, 1, "public, private, certificate, data or secret");
    struct template template = {.count = 0};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strcmp(statement->arguments[0], classes[i].name) == 0)
            template_set_ulong(&template, CKA_CLASS, classes[i].class);
    if (template.count == 0)
        statement_fail(statement, "found \"%s\", expected a kind of object",
                       statement->arguments[0]);
    template_apply(&template, statement, no_options);
    CK_RV rv = softhsm_delete(run->softhsm, &template);
    template_finish(&template);
    check(statement, rv);
}

static const struct {
    const char *name;
    void (*run)(struct run *run, const struct statement *statement);
} verbs[] = {
    {"token", run_token},
    {"open", run_token},
    {"key", run_key},
    {"public", run_public},
    {"private", run_private},
    {"pair", run_pair},
    {"certificate", run_certificate},
    {"badge", run_badge},
    {"crl", run_crl},
    {"data", run_data},
    {"secret", run_secret},
    {"filler", run_filler},
    {"delete", run_delete},
};

static void run_statement(struct run *run, const struct statement *statement)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(statement->verb, verbs[i].name) == 0) {
            verbs[i].run(run, statement);
            return;
        }
    }
    statement_fail(statement,
                   "found \"%s\", expected default, token, open, key, public, private, pair, "
                   "certificate, badge, crl, data, secret, filler or delete",
                   statement->verb);
}

static bool run_description(struct run *run, const char *file, struct variables *variables)
{
    struct statement statement;
    struct description *description = description_open(file, variables);
    if (description == NULL)
        return false;
    while (description_next(description, &statement))
        run_statement(run, &statement);
    description_close(description);
    return true;
}

static bool make_folder(char path[4096], const char *folder, const char *name)
{
    int length = snprintf(path, 4096, "%s/%s", folder, name);
    return length > 0 && length < 4096 && (mkdir(path, 0700) == 0 || errno == EEXIST);
}

static bool make_folders(struct run *run, const char *folder)
{
    return make_folder(run->keys_folder, folder, "keys") &&
           make_folder(run->certificates_folder, folder, "certificates") &&
           make_folder(run->bundles_folder, folder, "bundles") &&
           make_folder(run->crls_folder, folder, "crls") &&
           snprintf(run->list, sizeof run->list, "%s/certificates.tsv", folder) <
               (int)sizeof run->list;
}

static int usage(void)
{
    fputs("usage: make-token [--module PATH] [--set NAME=VALUE]... DIRECTORY DESCRIPTION...\n"
          "FIXTURE_KEY_CACHE: a folder where named keys are kept between runs\n",
          stderr);
    return 2;
}

// Reads the options; returns the index of the first other argument, or 0 for wrong usage.
static int read_options(int argc, char **argv, const char **module, struct variables *variables)
{
    int i = 1;
    for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
        if (strcmp(argv[i], "--module") == 0)
            *module = argv[i + 1];
        else if (strcmp(argv[i], "--set") != 0 || !variables_set(variables, argv[i + 1]))
            return 0;
    }
    return argc - i >= 2 ? i : 0;
}

static bool run_all(struct run *run, const char *folder, const char *module, char **files,
                    struct variables *variables)
{
    run->cache = getenv("FIXTURE_KEY_CACHE");
    run->softhsm = softhsm_create(folder, module);
    if (run->softhsm == NULL)
        return false;
    if (!make_folders(run, folder)) {
        fprintf(stderr, "make-token: %s: %s\n", folder, strerror(errno));
        return false;
    }
    for (; *files != NULL; files++)
        if (!run_description(run, *files, variables))
            return false;
    const char *undeclared = variables_undeclared(variables);
    if (undeclared != NULL)
        fprintf(stderr, "make-token: --set %s: no description has a default for it\n", undeclared);
    return undeclared == NULL;
}

int main(int argc, char **argv)
{
    struct run run = {.softhsm = NULL};
    struct variables variables = {.count = 0};
    const char *module = NULL;
    int first = read_options(argc, argv, &module, &variables);
    bool ok = first != 0 && run_all(&run, argv[first], module, argv + first + 1, &variables);
    softhsm_destroy(run.softhsm);
    key_list_finish(&run.keys);
    variables_finish(&variables);
    return first == 0 ? usage() : ok ? 0 : 1;
}
