# SPDX-License-Identifier: BSD-2-Clause
"""openCryptoki's software token, with a pkcsslotd and a state of the test's."""

import grp
import os
import pathlib

from . import programs
from .stack import Stack
from .wait import wait_for

_SLOT, _FIRST_SO_PIN, _SO_PIN = "3", "87654321", "76543210"
# For isolation.enter(), as is the /run that it empties. What a token remembers stands in /dev/shm, by the name of its folder alone.
STATE = ("/var/lib/opencryptoki", "/var/log", "/dev/shm")
_FOLDERS = ("/run/lock/opencryptoki/swtok", "/var/lib/opencryptoki/swtok/TOK_OBJ", "/var/log/opencryptoki")
_SOCKET = pathlib.Path("/run/pkcsslotd.socket")
_GROUP = "pkcs11"


def _as_root():
    """Words that make a plain user root of that group, to himself: the daemon runs as nobody else, and the library believes no other's."""
    if os.geteuid() == 0:
        return []
    return ["unshare", "--user", "--map-user=0", f"--map-group={grp.getgrnam(_GROUP).gr_gid}"]


class OpenCryptoki(Stack):
    """The token that the RHEL guide for openCryptoki leaves: private keys and certificates, no public key. The certificate of one key has
    the key's CKA_ID; that of the other another one, as before the guide's last step."""

    name = "openCryptoki"
    module = programs.OPENCRYPTOKI
    clients = _as_root()

    def make(self):
        for folder in _FOLDERS:
            os.makedirs(folder)
        self.sandbox.start(*self.clients, "pkcsslotd", "-f", log=self.sandbox.folder / "pkcsslotd.log")
        wait_for(_SOCKET.exists, "pkcsslotd")
        self.conf("-I", "-S", _FIRST_SO_PIN, stdin=self.label + "\n")
        self.conf("-P", "-S", _FIRST_SO_PIN, "-n", _SO_PIN)
        self.conf("-u", "-S", _SO_PIN, "-n", self.pin)
        for name, key, certificate in (("fitting", "01", "01"), ("unfitting", "02", "0b")):
            self.generate(name, "rsa:2048", key)
            self.certify(name, certificate)
            self.tool("--delete-object", "--type", "pubkey", "--id", key)

    def conf(self, *words, stdin=""):
        self.run("pkcsconf", "-c", _SLOT, *words, stdin=stdin)
