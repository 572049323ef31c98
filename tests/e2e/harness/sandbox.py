# SPDX-License-Identifier: BSD-2-Clause
"""A private folder to run programs in: its own home, an environment made from scratch, and an end to all it started."""

import contextlib
import dataclasses
import fcntl
import itertools
import json
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import termios
import time

from .instrument import Instrument


@dataclasses.dataclass
class Result:
    """How a program ended; rc is None if it had to be stopped when its time was over."""

    rc: int | None
    stdout: str
    stderr: str
    seconds: float

    @property
    def ok(self):
        return self.rc == 0

    def __str__(self):
        return f"rc={self.rc} after {self.seconds:.2f} s\nstdout: {self.stdout}\nstderr: {self.stderr}"


class Sandbox:
    """What is started here is ended by close(); what is written here is deleted by it."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="p11gate-e2e."))
        self.home = self.folder / "home"
        self.config = self.home / ".config" / "p11gate" / "config.yaml"
        self.log = self.home / ".local" / "state" / "p11gate" / "log"
        for path in (self.config.parent, self.home / ".local" / "state", self.folder / "run"):
            path.mkdir(mode=0o700, parents=True)
        user = pwd.getpwuid(os.getuid()).pw_name
        self.environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "LC_ALL": "C",
            "USER": user,
            "LOGNAME": user,
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_STATE_HOME": str(self.home / ".local" / "state"),
            "XDG_RUNTIME_DIR": str(self.folder / "run"),
            "P11GATE_CONFIG": str(self.config),
        }
        # ./check's: what is built here was compiled before.
        self.environment |= {name: os.environ[name] for name in ("CCACHE_DIR", "CCACHE_NOHASHDIR") if name in os.environ}
        self.before = []  # words that begin each command of run() and start()
        self.instrument = Instrument(self)
        self._numbers = itertools.count()
        self._processes = []

    def end(self):
        """Ends all that was started here."""
        for process in reversed(self._processes):
            end(process)

    def close(self):
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, name, text, mode=0o600):
        """Writes a file into the folder in one step; returns its path."""
        path = self.folder / name
        aside = path.with_name(path.name + ".new")
        aside.write_text(text)
        aside.chmod(mode)
        aside.rename(path)
        return path

    def name(self, what):
        """A file name that was not used before."""
        return f"{what}-{next(self._numbers)}"

    def configure(self, policy):
        """Writes p11gate's configuration: text as it is, or a dict (JSON is YAML)."""
        text = policy if isinstance(policy, str) else json.dumps(policy, indent=1) + "\n"
        return self.write(self.config.relative_to(self.folder), text)

    def run(self, *command, timeout=60, stdin="", environment=None):
        """Runs a program to its end without a terminal; one that takes longer is killed, with all of its session."""
        words, extra = self.instrument.command([str(word) for word in command])
        started = time.monotonic()
        process = subprocess.Popen(
            [*self.before, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment | extra | (environment or {}),
            cwd=self.folder,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        self._processes.append(process)
        code = None
        try:
            stdout, stderr = process.communicate(stdin, timeout=timeout * self.instrument.slowness)
            code = process.returncode
        except subprocess.TimeoutExpired:
            end(process)
            stdout, stderr = process.communicate()
        self._processes.remove(process)
        return Result(code, stdout, stderr, time.monotonic() - started)

    def start(self, *command, log=None, terminal=None, environment=None):
        """Starts a program that stays; its stdout and stderr go to the file log, or all three are a terminal."""
        words, extra = self.instrument.command([str(word) for word in command])
        with open(log, "ab") if terminal is None else contextlib.nullcontext(terminal) as output:
            process = subprocess.Popen(
                [*self.before, *words],
                stdin=subprocess.DEVNULL if terminal is None else terminal,
                stdout=output,
                stderr=output,
                env=self.environment | extra | (environment or {}),
                cwd=self.folder,
                start_new_session=True,
                preexec_fn=None if terminal is None else _take_terminal,
            )
        return self.adopt(process)

    def adopt(self, process):
        """Ended with what was started here."""
        self._processes.append(process)
        return process


def _take_terminal():
    """Makes stdin the controlling terminal of the new session, as a shell's login does: /dev/tty is then the same."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def end(process):
    """Ends one process that was started here, and no other."""
    if process.poll() is not None:
        return
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
        return
    process.kill()
    process.wait()
