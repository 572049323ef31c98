# SPDX-License-Identifier: BSD-2-Clause
"""Cases of `p11gate serve` before SoftHSM."""

from . import programs
from .case import Case
from .daemon import Daemon

BATCH = {"BatchMode": "yes"}
CLIENT = "/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so"
PIN = "zebra-73502918"


class ServeCase(Case):
    """A token with eight keys behind a daemon, of which one is permitted."""

    def setUp(self):
        super().setUp()
        self.card = self.token("eight", PIN=PIN)
        self.host = self.server(self.card.public_key("user8"))
        self.calls = self.spy()

    def policy(self, use="require", allow=None, **more):
        """Writes the configuration that daemon and clients share; returns the module."""
        self.path = str(self.sandbox.folder / "served" / "socket")
        return self.gate(allow or [{"id": "08"}], module=programs.SPY, daemon={"socket": self.path, "use": use}, **more)

    def serve(self, **policy):
        self.module = self.policy(**policy)
        self.daemon = Daemon(self.sandbox, self.path)
        return self.daemon

    def unlock(self, pin=PIN):
        result = self.daemon.unlock(pin)
        self.assertTrue(result.ok, str(result))

    def batch(self, module=None, **more):
        return self.login(self.host, module or self.module, askpass=None, options=BATCH, **more)

    def stock(self):
        """p11-kit's own client, for programs started from now on."""
        self.sandbox.environment["P11_KIT_SERVER_ADDRESS"] = f"unix:path={self.path}"
        return CLIENT
