# SPDX-License-Identifier: BSD-2-Clause
"""tpm2-pkcs11 on swtpm, a TPM in software that talks TCP."""

import contextlib
import socket

from . import programs
from .sandbox import end
from .stack import Stack
from .wait import wait_for

_SO_PIN = "76543210"


class Tpm(Stack):
    """A key without a certificate, and one with."""

    name = "TPM2"
    module = programs.TPM2_PKCS11

    def make(self):
        for name in ("tpm", "store"):
            (self.sandbox.folder / name).mkdir()
        self._port = _two_free_ports()
        self.environment = {
            "TPM2_PKCS11_STORE": str(self.sandbox.folder / "store"),
            "TPM2_PKCS11_TCTI": f"swtpm:host=127.0.0.1,port={self._port}",
        }
        self.switch_on()
        first = (programs.PKCS11_TOOL, "--module", self.module)
        self.run(*first, "--slot-index", "0", "--init-token", "--label", self.label, "--so-pin", _SO_PIN)
        self.run(*first, "--token-label", self.label, "--login", "--login-type", "so", "--so-pin", _SO_PIN, "--init-pin", "--new-pin", self.pin)
        self.generate("bare", "rsa:2048", "01")
        self.generate("certified", "EC:prime256v1", "02")
        self.certify("certified", "02")

    def switch_on(self):
        """What it keeps, it has kept."""
        self._process = self.sandbox.start(
            "swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.sandbox.folder / 'tpm'}", "--flags", "not-need-init,startup-clear",
            "--server", f"type=tcp,port={self._port},bindaddr=127.0.0.1", "--ctrl", f"type=tcp,port={self._port + 1},bindaddr=127.0.0.1",
            log=self.sandbox.folder / "swtpm.log",
        )
        wait_for(lambda: _taken(self._port + 1), "swtpm")

    def switch_off(self):
        end(self._process)


def _taken(port):
    with contextlib.closing(socket.socket()) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _two_free_ports():
    """One whose next is free too: the library takes that for the control channel."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if not _taken(port) and not _taken(port + 1):
            return port
