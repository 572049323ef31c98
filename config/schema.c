// SPDX-License-Identifier: BSD-2-Clause
// The vocabulary: every key that policy.md knows, and what reads it.
#include "config/schema.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "config/accesses.h"
#include "config/audits.h"
#include "config/certificates.h"
#include "config/chain.h"
#include "config/daemons.h"
#include "config/logins.h"
#include "config/modules.h"
#include "config/patterns.h"
#include "config/profiles.h"
#include "config/rules.h"
#include "config/selectors.h"
#include "config/settings.h"
#include "config/suggestion.h"
#include "config/time_windows.h"
#include "config/trust_anchors.h"

enum { MOST_KEYS = 32 };

#define REFUSED(name)                                                                              \
    {                                                                                              \
        name, settings_refuse, 0, NULL                                                             \
    }

static const struct schema_key top_keys[] = {
    {"version", settings_read_version, 0, NULL},
    {"module", modules_read_one, 0, NULL},
    {"modules", modules_read, 0, &schema_module},
    {"preset", settings_read_preset, 0, NULL},
    {"require", rules_read, RULES_REQUIRE, &schema_rule},
    {"deny", rules_read, RULES_DENY, &schema_rule},
    {"allow", rules_read, RULES_ALLOW, &schema_allow},
    {"log", settings_read_log, 0, &schema_log},
    {"functions", access_read_functions, 0, &schema_functions},
    {"mechanisms", access_read_mechanisms, 0, &schema_mechanisms},
    {"session", settings_read_inner, 0, &schema_session},
    {"cache", settings_read_inner, 0, &schema_cache},
    {"audit_only", settings_read_audit_only, 0, NULL},
    {"user_config", settings_read_user_config, 0, NULL},
    {"profiles", profiles_read, 0, &schema_profile},
    {"trust_anchors", trust_anchors_read, 0, &schema_trust_anchor},
    {"login", login_read, 0, &schema_login},
    {"daemon", daemon_read, 0, &schema_daemon},
};

/* Beside a system's file: what the user may say there, and what that file alone says. */
static const struct schema_key narrowing_keys[] = {
    {"version", settings_read_version, 0, NULL},
    {"require", rules_read, RULES_REQUIRE, &schema_rule},
    {"deny", rules_read, RULES_DENY, &schema_rule},
    {"allow", rules_read, RULES_ALLOW, &schema_narrowing_allow},
    {"profiles", profiles_read, 0, &schema_narrowing_profile},
    {"log", settings_read_log, 0, &schema_log},
    REFUSED("module"),
    REFUSED("modules"),
    REFUSED("preset"),
    REFUSED("functions"),
    REFUSED("mechanisms"),
    REFUSED("session"),
    REFUSED("cache"),
    REFUSED("audit_only"),
    REFUSED("user_config"),
    REFUSED("trust_anchors"),
    REFUSED("login"),
    REFUSED("daemon"),
};

static const struct schema_key profile_keys[] = {
    {"require", rules_read, RULES_REQUIRE, &schema_rule},
    {"deny", rules_read, RULES_DENY, &schema_rule},
    {"allow", rules_read, RULES_ALLOW, &schema_allow},
    {"preset", settings_read_preset, 0, NULL},
    {"log", settings_read_log, 0, &schema_log},
    {"login", login_read, 0, &schema_login},
};

static const struct schema_key narrowing_profile_keys[] = {
    {"require", rules_read, RULES_REQUIRE, &schema_rule},
    {"deny", rules_read, RULES_DENY, &schema_rule},
    {"allow", rules_read, RULES_ALLOW, &schema_narrowing_allow},
    {"preset", settings_read_preset, 0, NULL},
    {"log", settings_read_log, 0, &schema_log},
    REFUSED("login"),
};

static const struct schema_key module_keys[] = {
    {"name", module_read_name, 0, NULL},
    {"path", module_read_path, 0, NULL},
    {"init_args", module_read_init_args, 0, NULL},
    {"quirks", module_read_quirks, 0, NULL},
};

static const struct schema_key function_keys[] = {
    {"allow", access_read_allowed_functions, 0, NULL},
    {"deny", access_read_denied_functions, 0, NULL},
};

static const struct schema_key mechanism_keys[] = {
    {"allow", access_read_allowed_mechanisms, 0, NULL},
    {"deny", access_read_denied_mechanisms, 0, NULL},
};

static const struct schema_key session_keys[] = {
    {"read_only", settings_read_read_only, 0, NULL},
};

static const struct schema_key cache_keys[] = {
    {"max_age", settings_read_max_age, 0, NULL},
};

static const struct schema_key log_keys[] = {
    {"file", settings_read_log_file, 0, NULL},
    {"level", settings_read_log_level, 0, NULL},
    {"trace", settings_read_log_trace, 0, NULL},
    {"stderr", settings_read_log_stderr, 0, NULL},
    {"audit", audit_read, 0, NULL},
    {"audit_required", audit_read_required, 0, NULL},
};

static const struct schema_key login_keys[] = {
    {"pin_source", login_read_source, 0, NULL},
    {"keep_pin", login_read_keep, 0, &schema_keep_pin},
    {"automatic", login_read_automatic, 0, NULL},
};

static const struct schema_key keep_pin_keys[] = {
    {"idle", keep_pin_read_idle, 0, NULL},
    {"max", keep_pin_read_max, 0, NULL},
    {"survive_removal", keep_pin_read_survive_removal, 0, NULL},
};

static const struct schema_key daemon_keys[] = {
    {"socket", daemon_read_socket, 0, NULL},
    {"use", daemon_read_use, 0, NULL},
};

static const struct schema_key selector_keys[] = {
    {"uri", selector_read_uri, 0, NULL},
    {"token", selector_read_map, 0, &schema_token},
    {"slot", selector_read_map, 0, &schema_slot},
    {"id", selector_read_id, 0, NULL},
    {"label", selector_read_text, SELECTOR_LABEL, NULL},
    {"fingerprint", selector_read_fingerprint, 0, NULL},
    {"public_key", selector_read_public_key, 0, NULL},
    {"key", selector_read_map, 0, &schema_key_properties},
    {"any", selector_read_list, SELECTOR_ANY, &schema_selector},
    {"all", selector_read_list, SELECTOR_ALL, &schema_selector},
    {"not", selector_read_not, 0, &schema_selector},
    {"when", selector_read_map, 0, &schema_when},
    {"certificate", certificate_read, 0, &schema_certificate},
};

/* Rules have the selectors as well. */
static const struct schema_key rule_keys[] = {
    {"name", rule_read_name, 0, NULL},
    {"use", rule_refuse_use, 0, NULL},
};

static const struct schema_key allow_keys[] = {
    {"name", rule_read_name, 0, NULL},
    {"use", rule_read_use, 0, &schema_use},
};

static const struct schema_key narrowing_allow_keys[] = {
    {"name", rule_read_name, 0, NULL},
    {"use", rule_read_use, 0, &schema_narrowing_use},
};

static const struct schema_key narrowing_use_keys[] = {
    {"order", use_read_order, 0, NULL},
    {"show_label", use_read_show_label, 0, NULL},
    {"confirm", use_read_confirm, 0, NULL},
    REFUSED("mechanisms"),
    REFUSED("digests"),
    REFUSED("expose_certificate"),
    REFUSED("max_signatures_per_minute"),
};

static const struct schema_key use_keys[] = {
    {"order", use_read_order, 0, NULL},
    {"show_label", use_read_show_label, 0, NULL},
    {"mechanisms", use_read_mechanisms, 0, NULL},
    {"digests", use_read_digests, 0, NULL},
    {"expose_certificate", use_read_expose_certificate, 0, NULL},
    {"confirm", use_read_confirm, 0, NULL},
    {"max_signatures_per_minute", use_read_most_per_minute, 0, NULL},
};

static const struct schema_key token_keys[] = {
    {"label", selector_read_text, SELECTOR_TOKEN_LABEL, NULL},
    {"serial", selector_read_text, SELECTOR_TOKEN_SERIAL, NULL},
    {"manufacturer", selector_read_text, SELECTOR_TOKEN_MANUFACTURER, NULL},
    {"model", selector_read_text, SELECTOR_TOKEN_MODEL, NULL},
};

static const struct schema_key slot_keys[] = {
    {"id", selector_read_slot_id, 0, NULL},
    {"description", selector_read_text, SELECTOR_SLOT_DESCRIPTION, NULL},
};

static const struct schema_key key_keys[] = {
    {"type", selector_read_key_type, 0, NULL},
    {"bits", selector_read_key_bits, 0, NULL},
    {"curve", selector_read_key_curve, 0, NULL},
    {"sign", selector_read_boolean, SELECTOR_KEY_SIGN, NULL},
    {"always_authenticate", selector_read_boolean, SELECTOR_KEY_ALWAYS_AUTHENTICATE, NULL},
    {"never_extractable", selector_read_boolean, SELECTOR_KEY_NEVER_EXTRACTABLE, NULL},
    {"local", selector_read_boolean, SELECTOR_KEY_LOCAL, NULL},
};

static const struct schema_key when_keys[] = {
    {"user", selector_read_text, SELECTOR_WHEN_USER, NULL},
    {"group", selector_read_text, SELECTOR_WHEN_GROUP, NULL},
    {"host", selector_read_text, SELECTOR_WHEN_HOST, NULL},
    {"time", selector_read_time, 0, NULL},
};

static const struct schema_key anchor_keys[] = {
    {"file", trust_anchors_read_file, TRUST_FILE_ANCHORS, NULL},
    {"intermediates", trust_anchors_read_file, TRUST_FILE_INTERMEDIATES, NULL},
    {"crl", trust_anchors_read_file, TRUST_FILE_CRL, NULL},
};

/* Beside what is asked of the certificate alone. */
static const struct schema_key certificate_keys[] = {
    {"ca", chain_read_key, CHAIN_CA, NULL},
    {"valid", chain_read_key, CHAIN_VALID, &schema_valid},
    {"revocation", chain_read_key, CHAIN_REVOCATION, &schema_revocation},
};

static const struct schema_key valid_keys[] = {
    {"grace", chain_read_grace, 0, NULL},
    {"warn_before", chain_read_warn_before, 0, NULL},
};

static const struct schema_key revocation_keys[] = {
    {"check", chain_read_check, 0, NULL},
    {"mode", chain_read_mode, 0, NULL},
    {"max_age", chain_read_max_age, 0, NULL},
};

static const struct schema_key content_keys[] = {
    {"present", selector_read_boolean, SELECTOR_CERTIFICATE_PRESENT, NULL},
    {"issuer", certificate_read_name, SELECTOR_CERTIFICATE_ISSUER, NULL},
    {"subject", certificate_read_name, SELECTOR_CERTIFICATE_SUBJECT, NULL},
    {"serial", certificate_read_serial, 0, NULL},
    {"san", selector_read_map, 0, &schema_alternative_names},
    {"key_usage", certificate_read_usages, SELECTOR_CERTIFICATE_KEY_USAGE, &schema_usages},
    {"extended_key_usage", certificate_read_usages, SELECTOR_CERTIFICATE_EXTENDED_KEY_USAGE,
     &schema_usages},
    {"policy", certificate_read_usages, SELECTOR_CERTIFICATE_POLICY, &schema_usages},
    {"self_signed", selector_read_boolean, SELECTOR_CERTIFICATE_SELF_SIGNED, NULL},
    {"signature", certificate_read_oids, SELECTOR_CERTIFICATE_SIGNATURE, NULL},
    {"sha256", certificate_read_sha256, 0, NULL},
};

static const struct schema_key alternative_name_keys[] = {
    {"email", certificate_read_text, SELECTOR_CERTIFICATE_EMAIL, NULL},
    {"upn", certificate_read_text, SELECTOR_CERTIFICATE_UPN, NULL},
    {"dns", certificate_read_text, SELECTOR_CERTIFICATE_DNS, NULL},
    {"uri", certificate_read_text, SELECTOR_CERTIFICATE_URI, NULL},
    {"ip", certificate_read_text, SELECTOR_CERTIFICATE_IP, NULL},
    {"kerberos", certificate_read_text, SELECTOR_CERTIFICATE_KERBEROS, NULL},
    {"directory", certificate_read_name, SELECTOR_CERTIFICATE_DIRECTORY, NULL},
    {"registered_id", certificate_read_oids, SELECTOR_CERTIFICATE_REGISTERED_ID, NULL},
    {"other", certificate_read_other, 0, &schema_other_name},
};

static const struct schema_key other_name_keys[] = {
    {"oid", other_name_read_oid, 0, NULL},
    {"value", other_name_read_value, 0, NULL},
};

static const struct schema_key usages_keys[] = {
    {"all_of", usages_read, USAGES_ALL_OF, NULL},
    {"any_of", usages_read, USAGES_ANY_OF, NULL},
    {"none_of", usages_read, USAGES_NONE_OF, NULL},
};

static const struct schema_key pattern_keys[] = {
    {"glob", pattern_source_read, PATTERN_GLOB, NULL},
    {"re", pattern_source_read, PATTERN_REGEX, NULL},
};

static const struct schema_key bytes_keys[] = {
    {"prefix", pattern_source_read, PATTERN_PREFIX, NULL},
};

#define KEYS(keys) keys, sizeof(keys) / sizeof((keys)[0])
#define SCHEMA(keys, what)                                                                         \
    {                                                                                              \
        what, KEYS(keys), NULL, 0                                                                  \
    }
#define RULE_SCHEMA(keys)                                                                          \
    {                                                                                              \
        "a rule, a map of selectors", KEYS(keys), &schema_selector,                                \
            offsetof(struct rule, condition)                                                       \
    }

const struct schema schema_top = SCHEMA(top_keys, "a map with `version`, `module` and `allow`");
const struct schema schema_narrowing =
    SCHEMA(narrowing_keys, "a map with `version` and `require`, `deny` or `allow`");
const struct schema schema_profile = SCHEMA(profile_keys, "a map with the keys of a profile");
const struct schema schema_narrowing_profile =
    SCHEMA(narrowing_profile_keys, "a map with the keys of a profile");
const struct schema schema_module = SCHEMA(module_keys, "a map with `path`");
const struct schema schema_functions = SCHEMA(function_keys, "a map with `allow` or `deny`");
const struct schema schema_mechanisms = SCHEMA(mechanism_keys, "a map with `allow` or `deny`");
const struct schema schema_session = SCHEMA(session_keys, "a map with `read_only`");
const struct schema schema_cache = SCHEMA(cache_keys, "a map with `max_age`");
const struct schema schema_log = SCHEMA(log_keys, "a map of log settings");
const struct schema schema_login =
    SCHEMA(login_keys, "a map with `pin_source`, `keep_pin` or `automatic`");
const struct schema schema_keep_pin =
    SCHEMA(keep_pin_keys, "`never` or a map with `idle`, `max` or `survive_removal`");
const struct schema schema_daemon = SCHEMA(daemon_keys, "a map with `socket` or `use`");
const struct schema schema_rule = RULE_SCHEMA(rule_keys);
const struct schema schema_allow = RULE_SCHEMA(allow_keys);
const struct schema schema_narrowing_allow = RULE_SCHEMA(narrowing_allow_keys);
const struct schema schema_narrowing_use = SCHEMA(narrowing_use_keys, "a map of options");
const struct schema schema_use = SCHEMA(use_keys, "a map of options");
const struct schema schema_selector = SCHEMA(selector_keys, "a map of selectors");
const struct schema schema_token = SCHEMA(token_keys, "a map with properties of a token");
const struct schema schema_slot = SCHEMA(slot_keys, "a map with properties of a slot");
const struct schema schema_key_properties = SCHEMA(key_keys, "a map with properties of a key");
const struct schema schema_when = SCHEMA(when_keys, "a map with `user`, `group`, `host` or `time`");
const struct schema schema_trust_anchor = SCHEMA(anchor_keys, "a map with `file`");
static const struct schema schema_content =
    SCHEMA(content_keys, "a map with properties of a certificate");
const struct schema schema_certificate = {"a map with properties of a certificate",
                                          KEYS(certificate_keys), &schema_content,
                                          offsetof(struct certificate_map, selector)};
const struct schema schema_valid = SCHEMA(valid_keys, "`now`, `ignore` or a map with `grace`");
const struct schema schema_revocation = SCHEMA(revocation_keys, "a map with `check: crl`");
const struct schema schema_alternative_names =
    SCHEMA(alternative_name_keys, "a map with alternative names, such as `email`");
const struct schema schema_other_name = SCHEMA(other_name_keys, "a map with `oid` and `value`");
const struct schema schema_usages =
    SCHEMA(usages_keys, "a map with `all_of`, `any_of` or `none_of`");
const struct schema schema_pattern = SCHEMA(pattern_keys, "text, {glob: ...} or {re: ...}");
const struct schema schema_bytes = SCHEMA(bytes_keys, "hexadecimal digits or {prefix: ...}");

const struct schema_key *schema_find(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->count; i++)
        if (strcmp(schema->keys[i].name, name) == 0)
            return &schema->keys[i];
    return NULL;
}

/* Adds the names of the keys, the base's too, those of later versions only if asked for. */
static size_t collect_names(const struct schema *schema, bool later, const char *names[MOST_KEYS],
                            size_t count)
{
    for (size_t i = 0; i < schema->count && count < MOST_KEYS; i++)
        if ((schema->keys[i].read != NULL && schema->keys[i].read != settings_refuse) || later)
            names[count++] = schema->keys[i].name;
    return schema->base != NULL ? collect_names(schema->base, later, names, count) : count;
}

/* Is the key the rest of a value that a comma in braces has cut ("{label: a, b}")? */
static bool is_cut_value(const struct node *map, size_t index)
{
    return map->flow && index > 0 && node_is_nothing(&map->items[index + 1]) &&
           map->items[index - 1].kind == NODE_SCALAR && map->items[index - 1].style == STYLE_PLAIN;
}

static void report_unknown(const struct schema *schema, struct reader *reader,
                           const struct node *map, size_t index)
{
    const struct node *key = &map->items[index];
    const char *names[MOST_KEYS];
    const char *near = suggestion_find(key->text, names, collect_names(schema, true, names, 0));
    char *list = suggestion_list(names, collect_names(schema, false, names, 0));
    char found[READER_FOUND_SIZE];

    reader_found(key, found);
    reader_error(reader, key->position, "found the unknown key %s, expected %s%s%s%s%s", found,
                 list != NULL ? list : schema->what, near != NULL ? "; did you mean `" : "",
                 near != NULL ? near : "", near != NULL ? "`?" : "",
                 is_cut_value(map, index) ? "; quote the value before it if this belongs to it"
                                          : "");
    free(list);
}

static void read_key(const struct schema *schema, struct reader *reader, const struct node *map,
                     size_t index, void *target)
{
    const struct node *key = &map->items[index];
    struct field field = {schema_find(schema, key->text), key, &map->items[index + 1]};

    if (field.schema == NULL && schema->base != NULL) {
        field.schema = schema_find(schema->base, key->text);
        target = (char *)target + schema->base_offset;
    }
    if (field.schema == NULL)
        report_unknown(schema, reader, map, index);
    else
        field.schema->read(reader, &field, target);
}

void schema_read(const struct schema *schema, struct reader *reader, const struct node *map,
                 void *target)
{
    if (map->kind != NODE_MAP || map->count == 0) {
        reader_expected(reader, map, schema->what);
        return;
    }
    for (size_t i = 0; i < map->count; i += 2)
        if (node_find_key(map, map->items[i].text) == i)
            read_key(schema, reader, map, i, target);
}
