# SPDX-License-Identifier: BSD-2-Clause
"""A vendor's library with a token of the test's: what is the same for all of them."""

import subprocess

from . import programs
from .pki import Pki
from .sandbox import Sandbox
from .token import fingerprint


class Stack:
    """keys are lines of authorized_keys by name. The sandbox is its own."""

    name = None  # for tables
    module = None
    init_args = None
    label = "p11gate"
    pin = "12345678"
    clients = []  # words that begin the command of each program which loads the library

    def __init__(self):
        self.sandbox = Sandbox()
        self.environment = {}
        self.keys = {}
        self.pki = Pki(self.sandbox.folder / "pki")
        try:
            self.make()
        except BaseException:
            self.close()
            raise

    def close(self):
        """Ends all that was started for it."""
        self.sandbox.close()

    def make(self):
        """Makes the token and its keys."""
        raise NotImplementedError

    def policy(self, name):
        """That permits one key."""
        module = {"name": "vendor", "path": str(self.module)} | ({"init_args": self.init_args} if self.init_args else {})
        return {"version": 1, "modules": [module], "allow": [{"fingerprint": fingerprint(self.keys[name])}]}

    def run(self, *words, stdin=""):
        """Runs a program, which must succeed."""
        result = self.sandbox.run(*self.clients, *words, stdin=stdin, environment=self.environment)
        assert result.ok, f"{words}: {result}"
        return result.stdout

    def tool(self, *words, login=True):
        """pkcs11-tool on the token."""
        more = ["--login", "--pin", self.pin] if login else []
        return self.run(programs.PKCS11_TOOL, "--module", self.module, "--token-label", self.label, *more, *words)

    def generate(self, name, kind, identifier):
        """A key pair with its public key object."""
        self.tool("--keypairgen", "--key-type", kind, "--id", identifier, "--label", name)
        public = self.sandbox.folder / f"{name}.der"
        self.tool("--read-object", "--type", "pubkey", "--id", identifier, "--output-file", public, login=False)
        pem = self.sandbox.folder / f"{name}.pub"
        self.pki.openssl("pkey", "-pubin", "-inform", "DER", "-in", public, "-out", pem)
        self.keys[name] = authorized(pem)

    def certify(self, name, identifier):
        """Writes a certificate of the key, which some authority signed."""
        public, certificate = self.sandbox.folder / f"{name}.pub", self.sandbox.folder / f"{name}.crt"
        authority = self.pki.authority("authority", "/CN=authority")
        self.pki.openssl(
            "x509", "-new", "-force_pubkey", public, "-subj", f"/CN={name}", "-CA", authority, "-CAkey", self.pki.key("authority"),
            "-days", "30", "-outform", "DER", "-out", certificate,
        )
        self.tool("--write-object", certificate, "--type", "cert", "--id", identifier, "--label", name)


def authorized(pem):
    """A public key of a PEM file as a line of authorized_keys."""
    words = [programs.SSH_KEYGEN, "-i", "-m", "PKCS8", "-f", str(pem)]
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=60).stdout.strip()
