# SPDX-License-Identifier: BSD-2-Clause
"""What the shipped units of systemd say, and the service as they have it where no systemd runs."""

import contextlib
import fcntl
import os
import pathlib
import pwd
import shutil
import socket
import subprocess

from .sandbox import end
from .wait import wait_for

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "daemon" / "units"


def read(name):
    """{key: its values, in order} of a unit."""
    settings = {}
    for line in (FOLDER / name).read_text().splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            settings.setdefault(key, []).append(value)
    return settings


def text(name, program):
    """A unit as it is installed, for a program that is elsewhere."""
    return (FOLDER / name).read_text().replace("@p11gate@", str(program))


def make_account():
    """The service's, as the shipped file of sysusers.d has it."""
    subprocess.run(["systemd-sysusers", FOLDER / "p11gate.sysusers"], check=True, capture_output=True)
    return pwd.getpwnam(read("p11gate.service.in")["User"][0])


class Service:
    """`p11gate serve` under the account of the system's unit, over sockets that root made as its unit says, all of it by hand. It is started by
    start(), and ended with its sandbox."""

    def __init__(self, sandbox, program):
        self._sandbox, self._program = sandbox, program
        self._service, listen = read("p11gate.service.in"), read("p11gate.socket")
        self.account = make_account()
        self.log = sandbox.folder / sandbox.name("service.log")
        self.socket = listen["ListenStream"][0]
        self._listening = [self._listen(path, listen) for path in listen["ListenStream"]]
        self._make_state()

    def _listen(self, path, unit):
        path = pathlib.Path(path)
        path.parent.mkdir(exist_ok=True)
        path.parent.chmod(int(unit["DirectoryMode"][0], 8))
        path.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(path))
        path.chmod(int(unit["SocketMode"][0], 8))
        listening.listen(128)
        return listening

    def _make_state(self):
        self.state = pathlib.Path("/var/lib", *self._service["StateDirectory"])
        shutil.rmtree(self.state, ignore_errors=True)
        self.state.mkdir()
        self.state.chmod(0o755)
        os.chown(self.state, self.account.pw_uid, self.account.pw_gid)

    def start(self, **environment):
        """More variables: what the unit's environment, or systemd, would have besides."""
        variables = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": self.account.pw_dir, "USER": self.account.pw_name}
        variables |= dict(word.split("=", 1) for word in self._service["Environment"]) | environment
        become = ["setpriv", f"--reuid={self.account.pw_uid}", f"--regid={self.account.pw_gid}", "--init-groups", "--no-new-privs", "--bounding-set=-all"]
        script = f"umask {self._service['UMask'][0]}; export LISTEN_PID=$$ LISTEN_FDS=2; exec {self._program} serve"
        self.log.touch()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*become, "sh", "-c", script],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=variables, cwd="/",
                pass_fds=(3, 4), preexec_fn=self._pass_sockets,
            )
        self._sandbox.adopt(self.process)
        wait_for(lambda: "serving" in self.said() or self.process.poll() is not None, "the service", 20)
        assert self.process.poll() is None, self.said()

    def said(self):
        with contextlib.suppress(FileNotFoundError):
            return self.log.read_text() + (self.state / "log").read_text()
        return self.log.read_text()

    def _pass_sockets(self):
        lifted = [fcntl.fcntl(one, fcntl.F_DUPFD, 10) for one in self._listening]
        for place, one in enumerate(lifted, 3):
            os.dup2(one, place)

    def stop(self):
        end(self.process)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        self.stop()
        for one in self._listening:
            one.close()
