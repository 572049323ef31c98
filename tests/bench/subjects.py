# SPDX-License-Identifier: BSD-2-Clause
"""The ways to a token that are measured beside each other. Each ends with the sandbox that it was made for."""

import contextlib
import dataclasses
import json
import os

from harness import programs
from harness.daemon import Daemon
from harness.wait import wait_for

PROXY = os.path.join(os.path.dirname(programs.P11KIT_CLIENT), os.pardir, "p11-kit-proxy.so")

DIRECT, GATE, DAEMON, PLAIN = "direct", "p11gate", "p11gate, daemon", "p11gate, transparent"
KIT_PROXY, SPY, KIT_SERVER, FILE = "p11-kit-proxy", "pkcs11-spy", "p11-kit server", "IdentityFile"


@dataclasses.dataclass
class Subject:
    name: str
    module: str | None
    environment: dict = dataclasses.field(default_factory=dict)
    options: dict = dataclasses.field(default_factory=dict)  # of ssh

    @contextlib.contextmanager
    def used(self, sandbox):
        """By programs that are started meanwhile."""
        before = dict(sandbox.environment)
        sandbox.environment |= self.environment
        try:
            yield
        finally:
            sandbox.environment = before


class Subjects:
    """Before one vendor's library; policy is p11gate's, which permits what is asked for."""

    def __init__(self, sandbox, vendor, policy, pin):
        self._sandbox, self._vendor, self._policy, self._pin = sandbox, vendor, policy, pin

    def make(self, *names):
        makers = {
            DIRECT: self._direct, GATE: self._gate, DAEMON: self._daemon, PLAIN: self._plain,
            KIT_PROXY: self._proxy, SPY: self._spy, KIT_SERVER: self._server, FILE: self._file,
        }
        return [makers[name]() for name in names]

    def _direct(self):
        return Subject(DIRECT, self._vendor)

    def _configured(self, name, policy):
        path = self._sandbox.write(self._sandbox.name("policy") + ".yaml", json.dumps(policy))
        return Subject(name, programs.MODULE, {"P11GATE_CONFIG": str(path)})

    def _gate(self):
        return self._configured(GATE, self._policy)

    def _plain(self):
        return self._configured(PLAIN, {key: self._policy[key] for key in ("version", "modules")} | {"preset": "transparent"})

    def _daemon(self):
        socket = str(self._sandbox.folder / "served" / "socket")
        policy = self._policy | {"daemon": {"socket": socket, "use": "require"}}
        self._sandbox.configure(policy)
        self.daemon = Daemon(self._sandbox, socket)
        unlocked = self.daemon.unlock(self._pin)
        assert unlocked.ok, f"{unlocked}\n{self.daemon.status()}\n{self.daemon.log.read_text()}"
        return self._configured(DAEMON, policy)

    def _proxy(self):
        """p11-kit's files are those of a folder: root has no configuration of his own there."""
        folder = self._sandbox.folder / self._sandbox.name("p11-kit")
        folder.mkdir()
        (folder / "vendor.module").write_text(f"module: {self._vendor}\n")
        return Subject(KIT_PROXY, os.path.realpath(PROXY), {"LD_PRELOAD": programs.P11KIT_FILES, "P11KIT_FILES": str(folder)})

    def _spy(self):
        return Subject(SPY, programs.SPY, {"PKCS11SPY": str(self._vendor), "PKCS11SPY_OUTPUT": "/dev/null"})

    def _server(self):
        socket = self._sandbox.folder / self._sandbox.name("server")
        log = self._sandbox.folder / "server.log"
        self._sandbox.start("p11-kit", "server", "-f", "-n", socket, "--provider", self._vendor, "pkcs11:", log=log)
        wait_for(socket.exists, "p11-kit server")
        return Subject(KIT_SERVER, programs.P11KIT_CLIENT, {"P11_KIT_SERVER_ADDRESS": f"unix:path={socket}"})

    def _file(self):
        file = self._sandbox.folder / "identity"
        if not file.exists():
            made = self._sandbox.run(programs.SSH_KEYGEN, "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", file)
            assert made.ok, str(made)
        return Subject(FILE, None, options={"IdentityFile": file, "IdentitiesOnly": "yes"})
