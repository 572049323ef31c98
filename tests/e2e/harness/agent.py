# SPDX-License-Identifier: BSD-2-Clause
"""A private ssh-agent."""

import os
import shutil
import socket

from . import programs
from .sandbox import end
from .ssh import bare
from .wait import wait_for


class Agent:
    """Ended with its sandbox. With copy=True a copy without the setgid bit runs, which keeps LD_PRELOAD and TMPDIR."""

    def __init__(self, sandbox, copy=False, debug=False, name="agent"):
        self._sandbox = sandbox
        self.socket = str(sandbox.folder / f"{name}.sock")
        self._log = sandbox.folder / f"{name}.log"
        self._log.touch()
        folders = {os.path.dirname(os.path.realpath(path)) for path in (programs.MODULE, programs.VENDOR, programs.SPY, programs.CACKEY)}
        allowed = ",".join(f"{folder}/*" for folder in sorted(folders | {str(sandbox.folder)}))
        program = programs.SSH_AGENT
        extra = sandbox.instrument.preload() | sandbox.instrument.helper()
        if copy or extra:
            folder = sandbox.folder / f"{name}.d"  # of two agents one runs already
            folder.mkdir(exist_ok=True)
            program = shutil.copyfile(program, folder / "ssh-agent")
            os.chmod(program, 0o700)
        self.process = sandbox.start(
            program, "-d" if debug else "-D", "-a", self.socket, "-P", allowed, log=self._log, environment=extra
        )
        wait_for(self._listens, f"ssh-agent: {self._log.read_text()}")

    def _listens(self):
        """The socket is there a moment before anybody listens at it."""
        with socket.socket(socket.AF_UNIX) as probe:
            return os.path.exists(self.socket) and probe.connect_ex(self.socket) == 0

    @property
    def log(self):
        """With debug=True, what the agent and its helper wrote to stderr."""
        return self._log.read_text(errors="replace")

    @property
    def alive(self):
        return self.process.poll() is None

    def close(self):
        end(self.process)

    def add(self, module, askpass):
        """ssh-add -s; the PIN comes from askpass."""
        return self._ssh_add("-s", module, environment=askpass.environment)

    def remove(self, module):
        """ssh-add -e."""
        return self._ssh_add("-e", module)

    def keys(self):
        """The keys as "TYPE BASE64", in order."""
        result = self._ssh_add("-L")
        return [bare(line) for line in result.stdout.splitlines()] if result.ok else []

    def _ssh_add(self, *words, environment=None):
        return self._sandbox.run(
            programs.SSH_ADD, *words, environment={"SSH_AUTH_SOCK": self.socket} | (environment or {})
        )
