# SPDX-License-Identifier: BSD-2-Clause
"""Programs beside ssh that use tokens, and what they need to find one."""

import os
import pathlib
import shutil
import socket

from . import programs
from .wait import wait_for

_ENGINE = """openssl_conf = all
[all]
engines = engines
[engines]
pkcs11 = pkcs11
[pkcs11]
engine_id = pkcs11
MODULE_PATH = {module}
PIN = 1234
init = 0
"""


def use_engine(sandbox, module):
    """libp11's engine of OpenSSL, for programs started from now on."""
    path = sandbox.write("openssl.cnf", _ENGINE.format(module=module))
    sandbox.environment["OPENSSL_CONF"] = str(path)


_SYSTEM_MODULES = (pathlib.Path("/usr/share/p11-kit/modules"), pathlib.Path("/etc/pkcs11/modules"))
_NOBODY = 54321  # no such user


def _give_away(top):
    for folder, _, files in os.walk(top):
        for path in [folder] + [os.path.join(folder, name) for name in files]:
            os.chown(path, _NOBODY, _NOBODY)


def use_p11_kit(sandbox, token, module):
    """The module in the user's configuration of p11-kit, and none of the system's: the vendor's own is often among those. Returns the
    words that a command begins with: p11-kit reads no user's configuration for root, so that root becomes somebody else."""
    folder = sandbox.home / ".config" / "pkcs11" / "modules"
    folder.mkdir(parents=True, exist_ok=True)
    for system in (path for place in _SYSTEM_MODULES if place.is_dir() for path in place.iterdir()):
        (folder / system.name).write_text("enable-in: nothing\n")
    copy = shutil.copy(module, sandbox.folder / "module.so")
    (folder / "vendor.module").write_text(f"module: {copy}\n")
    if os.geteuid() != 0:
        return ""
    _give_away(sandbox.folder)
    _give_away(token.folder.parent)
    token.folder.parent.parent.chmod(0o711)
    return f"setpriv --reuid={_NOBODY} --regid={_NOBODY} --clear-groups "


class TLSServer:
    """gnutls-serv on 127.0.0.1, which wants a certificate of its clients and sends back what they say. Ended with its sandbox."""

    def __init__(self, sandbox, client):
        self._sandbox = sandbox
        self._certificate = sandbox.folder / "server.pem"
        key, authority = sandbox.folder / "server.key", sandbox.write("client.pem", client)
        made = sandbox.run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", key, "-out", self._certificate, "-subj", "/CN=localhost", "-days", "2",
        )
        assert made.ok, str(made)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = str(probe.getsockname()[1])
        sandbox.start(
            "gnutls-serv", "--port", self._port, "--x509certfile", self._certificate, "--x509keyfile", key,
            "--x509cafile", authority, "--require-client-cert", "--echo", log=sandbox.folder / "gnutls-serv.log",
        )
        wait_for(self._listens, "gnutls-serv")

    def _listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(self._port))) == 0

    def connect(self, module, key):
        """gnutls-cli with the key and the certificate of that label on the token "usage"."""
        uri = f"pkcs11:token=usage;object={key}"
        return self._sandbox.run(
            "gnutls-cli", "--provider", module, "--port", self._port, "--x509cafile", self._certificate,
            "--x509keyfile", f"{uri};type=private?pin-value=1234", "--x509certfile", f"{uri};type=cert",
            "--verify-hostname=localhost", "127.0.0.1",  # a bare machine cannot look localhost up
            stdin="hello\n",
        )


# Run by the system's Python, which has PyKCS11, with the library as argument.
PYKCS11 = """
import sys, PyKCS11
library = PyKCS11.PyKCS11Lib()
library.load(sys.argv[1])
slots = library.getSlotList(True)
print(slots, library.getInfo().to_dict(), library.getMechanismList(slots[0]))
session = library.openSession(slots[0])
session.login("1234")
for o in session.findObjects():
    print(session.getAttributeValue(o, [PyKCS11.CKA_CLASS, PyKCS11.CKA_LABEL, PyKCS11.CKA_ID]))
key, = session.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY), (PyKCS11.CKA_LABEL, "rsa")])
print(bytes(session.sign(key, b"text", PyKCS11.Mechanism(PyKCS11.CKM_SHA256_RSA_PKCS))).hex())
print(session.getSessionInfo().to_dict())
try:
    session.createObject([(PyKCS11.CKA_CLASS, PyKCS11.CKO_DATA), (PyKCS11.CKA_LABEL, "new"), (PyKCS11.CKA_TOKEN, False)])
    print(len(session.findObjects()))
    library.getTokenInfo(12345)
except PyKCS11.PyKCS11Error as error:
    print(error)
"""

# gnupg-pkcs11-scd speaks Assuan on its stdin and stdout, as gpg-agent's card daemon.
GNUPG = """
import os, subprocess, sys
os.makedirs("work/gnupg", mode=0o700)
with open("work/gnupg/gnupg-pkcs11-scd.conf", "w") as conf:
    conf.write(f"providers vendor\\nprovider-vendor-library {sys.argv[1]}\\n")
def ask(text):
    words = ["gnupg-pkcs11-scd", "--server", "--homedir", "work/gnupg"]
    return subprocess.run(words, input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
learnt = ask("SERIALNO\\nLEARN --force\\nBYE\\n").decode()
print(learnt)
key = [line for line in learnt.splitlines() if "KEYPAIRINFO" in line][0].split()[2]
signed = ask(f"SETDATA {bytes(range(32)).hex()}\\nPKSIGN --hash=sha256 {key}\\nD 1234\\nEND\\nBYE\\n")
data = signed[signed.index(b"\\nD ") + 3:signed.rindex(b"\\nOK\\nOK closing")]
data = data.replace(b"%0A", b"\\n").replace(b"%0D", b"\\r").replace(b"%25", b"%")
print(f"signature of {len(data)} bytes", data.hex())
"""

PYKCS11_LABELS = """
import sys, PyKCS11
library = PyKCS11.PyKCS11Lib()
library.load(sys.argv[1])
session = library.openSession(library.getSlotList(True)[0])
session.login("1234")
for o in session.findObjects():
    print(session.getAttributeValue(o, [PyKCS11.CKA_LABEL])[0])
"""
