# SPDX-License-Identifier: BSD-2-Clause
"""An sshd on 127.0.0.1 that lets the current user in with the keys a test authorises."""

import os
import pathlib
import pwd
import re
import socket
import subprocess

from . import programs
from .wait import wait_for

_CONFIG = """Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
PermitUserRC no
# The user's shell reads no start-up file of his.
SetEnv HOME={folder}
ForceCommand echo LOGIN-OK $USER
LogLevel VERBOSE
MaxAuthTries {tries}
MaxStartups 200
"""


class Server:
    """Ended with its sandbox."""

    def __init__(self, sandbox, tries=3):
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self.port = _free_port()
        self._folder = sandbox.folder / f"sshd-{tries}"
        self._folder.mkdir(mode=0o700)
        self._log = self._folder / "log"
        self._start = 0
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        subprocess.run(
            [programs.SSH_KEYGEN, "-q", "-t", "ed25519", "-N", "", "-f", self._folder / "host_key"], check=True
        )
        self.authorize()
        self._process = sandbox.start(programs.SSHD, "-D", "-e", "-f", self._write_config(tries), log=self._log)
        wait_for(lambda: "Server listening" in self._log.read_text(), f"sshd: {self._log.read_text()}")

    def authorize(self, *lines):
        """From now on these keys, and no others, let the user in; forgets what was logged before."""
        (self._folder / "authorized_keys").write_text("".join(line + "\n" for line in lines))
        self._start = len(self._log.read_text()) if self._log.exists() else 0

    @property
    def log(self):
        """What sshd wrote since authorize()."""
        return self._log.read_text(errors="replace")[self._start :]

    @property
    def failed(self):
        """Fingerprints of the keys that were offered and refused."""
        return re.findall(r"(?m)^Failed publickey for .* (SHA256:\S+)$", self.log)

    @property
    def accepted(self):
        """Fingerprints of the keys that somebody logged in with."""
        return re.findall(r"(?m)^Accepted publickey for .* (SHA256:\S+)$", self.log)

    def wait_until_idle(self):
        """Waits until the processes of all connections have ended."""
        children = pathlib.Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        wait_for(lambda: not (children.exists() and children.read_text().strip()), "the end of sshd's connections")

    def _write_config(self, tries):
        path = self._folder / "config"
        text = _CONFIG.format(port=self.port, folder=self._folder, tries=tries)
        # OpenSSH 9.8 and newer shut out an address after some failed logins; older ones do not know the word.
        for last in ("PerSourcePenalties no\n", ""):
            path.write_text(text + last)
            if subprocess.run([programs.SSHD, "-t", "-f", path], capture_output=True, check=False).returncode == 0:
                break
        return path


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
