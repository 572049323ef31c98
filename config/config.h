// SPDX-License-Identifier: BSD-2-Clause
// The configuration: which file is read, what it says, and whether it changed.
#pragma once

#include <stdbool.h>
#include "common/audit_sink.h"
#include "common/log.h"
#include "common/message.h"
#include "config/process.h"
#include "filters/access.h"
#include "filters/policy.h"
#include "filters/preset.h"

struct account;
struct crypto;
struct trust_store;

/* A vendor library. */
struct module_settings {
    char *name;      /* owned; NULL: none was given */
    char *path;      /* owned; absolute */
    char *init_args; /* owned; the text that C_Initialize hands over as pReserved; NULL: none */
    unsigned quirks; /* 1 << enum quirk */
    struct position position; /* of the path */
};

/* Where the audit goes. */
struct audit_settings {
    enum audit_kind kind;
    char *path;    /* owned; of a file */
    bool required; /* nothing is done that cannot be written down */
    struct position position; /* of `audit` */
    struct position required_position;
};

/* Where a PIN comes from that nobody types into the program. */
enum pin_source { PIN_SOURCE_NONE, PIN_SOURCE_FILE, PIN_SOURCE_SYSTEMD, PIN_SOURCE_COMMAND, PIN_SOURCE_ASKPASS };

/* How long a PIN is kept that a token has accepted; and how p11gate logs in by itself. */
struct login_settings {
    enum pin_source source;
    char *source_name; /* owned; an absolute path, or a credential's name; NULL: it needs none */
    bool of_system;    /* the file with the PIN belongs to root */
    bool keeps;        /* keep_pin is a map */
    unsigned long idle, max; /* seconds; 0: for ever */
    bool survives_removal;
    bool normal; /* automatic: normal */
    struct position source_position, keep_position;
    struct position idle_position, automatic_position; /* line 0: not written */
};

/* Whether the tokens are reached through `p11gate serve`. */
enum daemon_use { DAEMON_OFF, DAEMON_PREFER, DAEMON_REQUIRE };

struct daemon_settings {
    /* owned; absolute, and short enough for sun_path; where nothing is said /run/p11gate/socket of
     * the system's file, /run/user/UID/p11gate/socket of a user's, by the account that it is read
     * for: no variable has a say. NULL only without memory, which loading has refused. */
    char *socket;
    enum daemon_use use;          /* off */
    bool names_socket;            /* the file says it */
    struct position position;     /* of the socket's text, else of `daemon`; line 0: not written */
    struct position use_position; /* of `use`; line 0: not written */
};

struct settings {
    struct module_settings *modules; /* owned array; at least one */
    size_t n_modules;
    enum preset preset;
    struct access functions;  /* owned; of enum function_id */
    struct access mechanisms; /* owned; of CK_MECHANISM_TYPE */
    bool read_only;           /* sessions are, whatever the application asks for */
    unsigned long max_age;    /* of a snapshot that is listed from, in seconds */
    bool audit_only;          /* decide and log, hide nothing */
    struct position audit_only_position;
    bool ignore_user;         /* user_config: none */
    struct login_settings login; /* owned */
    struct daemon_settings daemon; /* owned */
    struct log_settings log;  /* owned */
    struct audit_settings audit;      /* owned */
    struct audit_settings user_audit; /* owned; what the user's file beside the system's adds */
};

/* May the application call the function: do the preset and `functions` permit it? Does `mechanisms`
 * permit the mechanism? (Which ones the preset understands, filters/mechanism.h knows.) */
bool settings_permit_function(const struct settings *settings, enum function_id function);
bool settings_permit_mechanism(const struct settings *settings, unsigned long mechanism);

/* Takes over what the module owns, also without memory: then false. */
bool settings_add_module(struct settings *settings, struct module_settings *module);

void settings_finish(struct settings *settings);

/* Immutable after loading. */
struct config {
    char *path;      /* owned; the file that says the settings */
    char *user_path; /* owned; the user's file that narrows the system's; NULL: none */
    bool system;     /* path is the system's file */
    struct settings settings;
    struct trust_store *trust;    /* owned; the anchors that the policies borrow; NULL: none */
    struct policy policy;         /* the user's policy is in narrowed_by, beside a system's file */
    struct process process;       /* owned; who asks */
    struct config_stamps *stamps; /* owned; files read, and what stat(2) said of them */
};

/* The file that says the settings: the system's if it exists, else $P11GATE_CONFIG (secure_getenv),
 * else $XDG_CONFIG_HOME/p11gate/config.yaml, else ~/.config/p11gate/config.yaml of
 * getpwuid(geteuid()). *system tells whether it is the system's. The caller frees. The file may
 * turn out not to exist: loading it then says "no configuration: run `p11gate init`". NULL with
 * a message when there is no such path (no home, or a relative one in $P11GATE_CONFIG). */
char *config_path(bool *system, struct message_list *messages);

/* Reads what holds for this process: the file of config_path() and, where that is the system's and
 * lets it, the user's beside it, which may only take away (policy.md 5); a broken one leaves
 * nothing. In the user's file a profile is chosen by $P11GATE_PROFILE, else by the name of the
 * module's file (p11gate-NAME.so; module_file may be NULL); one that is not there is an error. NULL
 * when there is an error; messages then holds the first syntax error or all semantic errors.
 * Warnings may be added on success too. The caller owns the result. */
struct config *config_load_chosen(struct crypto *crypto, const char *module_file,
                                  struct message_list *messages);

/* Reads one file alone. system: it is the system's, the stricter ownership of policy.md 1 holds;
 * else $P11GATE_PROFILE chooses a profile. */
struct config *config_load(struct crypto *crypto, const char *path, bool system,
                           struct message_list *messages);

/* Reads what would hold for a process of that user's (NULL: of this one's): path in place of the
 * configuration, with the system's rights or a user's, or with NULL the files that are in force for
 * him. Of another user no variables are known: his file is ~/.config/p11gate/config.yaml, and a
 * profile is chosen in path alone. As the others otherwise. */
struct config *config_load_of(struct crypto *crypto, const struct account *user, const char *path,
                              bool system, struct message_list *messages);

/* Warns, each at its place, of what a configuration says and hardly means: rules that can show
 * nothing or are never the first that is true, `when` in require, ids and labels trusted by the
 * system's file, functions and mechanisms that the preset refuses all the same, a library that is
 * not there. */
void config_lint(const struct config *config, struct message_list *messages);

/* Does it ask for an audit, or for the user's consent to a use? */
bool config_watches_use(const struct config *config);

void config_destroy(struct config *config);

/* Who asks, from where, and at this moment: to be asked for anew at each decision. Borrowed from
 * the configuration. */
struct circumstances config_circumstances(const struct config *config);

/* The log of a user whose configuration cannot be read. The caller frees log->file, which may be
 * NULL. */
void config_default_log(struct log_settings *log);

/* Has the file, a file it names, or the choice of the file changed since it was loaded? (stat only:
 * device, inode, size, mtime, ctime) */
bool config_changed(const struct config *config);
