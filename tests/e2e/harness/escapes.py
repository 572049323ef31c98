# SPDX-License-Identifier: BSD-2-Clause
"""What a user of the machine may set and write to see more than the system's file gives him. None of it may show more."""

import json
import os
import shutil

EVERYTHING = {"version": 1, "allow": "all", "profiles": {"everything": {"allow": "all"}}}

# Those that lead to a user's file, which may be broken and then shows nothing.
LEADING = ("P11GATE_CONFIG", "P11GATE_PROFILE", "XDG_CONFIG_HOME", "HOME")

# What stands in brackets is what Places.find() says.
VARIABLES = tuple({"name": name, "value": value} for name, value in (
    ("P11GATE_CONFIG", "/nonexistent"), ("P11GATE_CONFIG", "/dev/null"), ("P11GATE_CONFIG", "{everything}"), ("P11GATE_CONFIG", "{other}"),
    ("P11GATE_CONFIG", ""), ("P11GATE_PROFILE", "everything"), ("P11GATE_PROFILE", "nobody"),
    ("XDG_CONFIG_HOME", "{folder}"), ("XDG_CONFIG_HOME", "/nonexistent"), ("XDG_STATE_HOME", "/nonexistent"),
    ("HOME", "{folder}"), ("HOME", "/nonexistent"), ("HOME", "{other_home}"), ("USER", "old"), ("USER", "{other_name}"), ("LOGNAME", "root"),
    ("LOGNAME", "{other_name}"), ("HOSTNAME", "other"), ("TZ", "Pacific/Kiritimati"), ("TZ", "Etc/GMT+12"), ("TZ", "{everything}"),
    ("LC_ALL", "tr_TR.UTF-8"), ("LC_ALL", "nowhere"), ("LANG", "C.UTF-8"), ("P11_KIT_STRICT", "yes"), ("P11_KIT_DEBUG", "all"),
    ("P11_KIT_NO_USER_CONFIG", "yes"), ("SSL_CERT_FILE", "{anchors}"), ("SSL_CERT_DIR", "{folder}"), ("OPENSSL_CONF", "{openssl_conf}"),
    ("OPENSSL_CONF", "/nonexistent"), ("OPENSSL_MODULES", "{folder}"), ("LD_LIBRARY_PATH", "{folder}"),
))

# Of OpenSSL: more algorithms than there are by itself, and none at all.
OPENSSL_CONF = "openssl_conf = all\n[all]\nproviders = providers\n[providers]\ndefault = on\nlegacy = on\n[on]\nactivate = 1\n"
OPENSSL_NOTHING = "openssl_conf = all\n[all]\nproviders = providers\n[providers]\nnull = on\n[on]\nactivate = 1\n"


def own(user, path):
    os.chown(path, user.id.pw_uid, user.id.pw_gid)


def find_places(user, other, anchors=None):
    """Writes files that permit everything to wherever variables may lead, and says where: {name in brackets: path}."""
    folder = user.home / "elsewhere"
    (folder / "p11gate").mkdir(parents=True, exist_ok=True)
    (folder / ".config" / "p11gate").mkdir(parents=True, exist_ok=True)
    for path in (folder, *folder.rglob("*")):
        own(user, path)
    text = json.dumps(EVERYTHING)
    user.write(folder / ".config" / "p11gate" / "config.yaml", text)
    everything = user.write(folder / "p11gate" / "config.yaml", text)
    for one in (user, other):
        one.configure(EVERYTHING)
    authorities = user.write(folder / "anchors.pem", anchors.read_text() if anchors else "")
    return {
        "everything": everything, "folder": folder, "other": other.config, "other_home": other.home, "other_name": other.name,
        "anchors": authorities, "openssl_conf": user.write(folder / "openssl.cnf", OPENSSL_CONF),
    }


# What a user may make of his own file: a policy, or a text; with its mode and owner, where they are not his. None: there is none.
FILES = {
    "none": None,
    "empty": "",
    "broken": "version: 1\nallow: [\n",
    "no text": "\x00\x01version: 1\nallow: all\n",
    "all": {"version": 1, "allow": "all"},
    "nothing denied": {"version": 1, "allow": "all", "deny": [], "require": []},
    "every label": {"version": 1, "allow": [{"label": {"glob": "*"}}, {"not": {"label": "x"}}]},
    "every certificate": {"version": 1, "allow": [{"certificate": {"present": True}}, {"certificate": {"present": False}}]},
    "an expired one": {"version": 1, "allow": [{"certificate": {"valid": "ignore"}}]},
    "anchors": {"version": 1, "allow": "all", "trust_anchors": {"corp": {"file": "{anchors}"}}},
    "anchors asked for": {"version": 1, "allow": [{"certificate": {"ca": ["corp"]}}], "trust_anchors": {"corp": {"file": "{anchors}"}}},
    "a trial": {"version": 1, "allow": "all", "audit_only": True},
    "another preset": {"version": 1, "allow": "all", "preset": "transparent"},
    "another module": {"version": 1, "allow": "all", "module": "/nonexistent.so"},
}

# The user's file as something else than a file of his own.
ODD_FILES = ("link", "dangling link", "folder", "for all to write", "somebody else's", "no home")


def put(user, what, places):
    """Makes the user's file one of FILES or ODD_FILES; remove() takes it away."""
    if what in FILES:
        policy = FILES[what]
        user.configure(policy if policy is None else (policy if isinstance(policy, str) else json.dumps(policy)).replace("{anchors}", str(places["anchors"])))
        return
    user.configure(None)
    if what == "link":
        user.config.symlink_to(places["everything"])
    elif what == "dangling link":
        user.config.symlink_to("/nonexistent")
    elif what == "folder":
        user.config.mkdir()
    elif what == "for all to write":
        user.configure(EVERYTHING)
        user.config.chmod(0o666)
    elif what == "somebody else's":
        user.configure(EVERYTHING)
        os.chown(user.config, 65534, -1)
    else:
        user.config.parent.rename(user.home / "moved")


def remove(user):
    """Leaves the user without a file, and with a folder for one."""
    if (user.home / "moved").exists():
        (user.home / "moved").rename(user.config.parent)
    if user.config.is_dir():
        shutil.rmtree(user.config)
    user.configure(None)
