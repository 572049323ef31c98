// SPDX-License-Identifier: BSD-2-Clause
// The known keys of every map of the configuration, in one place (policy.md 2 and 3).
#pragma once

#include <stddef.h>
#include "config/reader.h"

struct field;

/* Reads the field's value into target, whose type is the map's. Errors go to the reader's messages.
 */
typedef void field_reader(struct reader *reader, const struct field *field, void *target);

struct schema_key {
    const char *name;
    field_reader *read;
    int detail;                 /* of the reader: which member or selector it reads */
    const struct schema *inner; /* of the maps in its value; NULL: there are none */
};

struct schema {
    const char *what; /* for messages: "a map of selectors" */
    const struct schema_key *keys;
    size_t count;
    const struct schema *base; /* its keys are known here too, unless NULL; they are read into */
    size_t base_offset;        /* the member of the target that is there */
};

/* One key of a map with its value. */
struct field {
    const struct schema_key *schema;
    const struct node *key;
    const struct node *value;
};

/* With the type that their readers fill. */
extern const struct schema schema_top;       /* struct config */
extern const struct schema schema_narrowing; /* struct config: a user's file beside the system's */
extern const struct schema schema_profile;   /* struct config, as the next: of such a user's file */
extern const struct schema schema_narrowing_profile;
extern const struct schema schema_module;    /* struct module_settings */
extern const struct schema schema_functions; /* struct access, as the next */
extern const struct schema schema_mechanisms;
extern const struct schema schema_session; /* struct config, as the next */
extern const struct schema schema_cache;
extern const struct schema schema_log;             /* struct settings */
extern const struct schema schema_login; /* struct login_settings, as the next */
extern const struct schema schema_keep_pin;
extern const struct schema schema_daemon;          /* struct daemon_settings */
extern const struct schema schema_allow;           /* struct rule: a rule of allow */
extern const struct schema schema_narrowing_allow; /* struct rule: the same of such a user's file */
extern const struct schema schema_narrowing_use;   /* struct use */
extern const struct schema schema_rule;            /* struct rule: a rule of require or deny */
extern const struct schema schema_use;             /* struct use */
extern const struct schema schema_selector; /* struct selector, but for those of `certificate`
                                           that say otherwise, as all up to patterns */
extern const struct schema schema_token;
extern const struct schema schema_slot;
extern const struct schema schema_key_properties;
extern const struct schema schema_when;
extern const struct schema schema_trust_anchor; /* struct trust_files (config/trust_anchors.h) */
extern const struct schema schema_certificate;  /* struct certificate_map (config/chain.h) */
extern const struct schema schema_valid; /* struct trust_wish, as the next */
extern const struct schema schema_revocation;
extern const struct schema schema_alternative_names;
extern const struct schema schema_other_name; /* struct other_name (config/certificates.h) */
extern const struct schema schema_usages;     /* struct usages, as well */
extern const struct schema
    schema_pattern; /* struct pattern_source (config/patterns.h), as the next */
extern const struct schema schema_bytes;

/* Reads every key of a map into target. Not a map, an empty map, unknown keys and such of later
 * versions are errors; of a key that is there twice the first is read. */
void schema_read(const struct schema *schema, struct reader *reader, const struct node *map,
                 void *target);

/* The schema's own key of that name; NULL: unknown. */
const struct schema_key *schema_find(const struct schema *schema, const char *name);
