# SPDX-License-Identifier: BSD-2-Clause
"""p11gate serve, with the configuration of the sandbox."""

import contextlib
import os
import pathlib
import signal
import socket

from . import programs
from .sandbox import end
from .wait import wait_for


class Daemon:
    """Ended with its sandbox."""

    def __init__(self, sandbox, path=None, program=programs.TOOL):
        self._sandbox = sandbox
        self._program = program
        self.socket = path or str(sandbox.folder / "served" / "socket")
        self.log = sandbox.folder / sandbox.name("daemon.log")
        self.log.touch()
        self.start()

    def start(self):
        self.process = self._sandbox.start(self._program, "serve", log=self.log)
        wait_for(self._listens, f"p11gate serve: {self.log.read_text()}")

    def _listens(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(self.socket + ".control") == 0

    def unlock(self, pin="1234", *words):
        return self._sandbox.run(programs.TOOL, "unlock", "--stdin", *words, stdin=pin + "\n")

    def status(self, *words):
        return self._sandbox.run(programs.TOOL, "status", *words)

    def lock(self, *words):
        return self._sandbox.run(programs.TOOL, "lock", *words)

    def close(self):
        end(self.process)

    def kill(self):
        """Without a chance to clean up."""
        self.process.kill()
        self.process.wait()

    @property
    def children(self):
        """The processes with the vendors' libraries."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = path.read_text().rsplit(")", 1)[1].split()
                if int(fields[1]) == self.process.pid and fields[0] != "Z":
                    found.append(int(path.parent.name))
        return found

    def kill_vendor(self, sign=signal.SIGKILL):
        for child in self.children:
            os.kill(child, sign)

    @property
    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    @property
    def threads(self):
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def settled_threads(self):
        """When those of clients that are gone have ended: their number is the same for a while."""
        seen = []

        def is_settled():
            seen.append(self.threads)
            return len(seen) >= 30 and len(set(seen[-30:])) == 1

        wait_for(is_settled, "threads that stay")
        return seen[-1]

    def contents(self):
        """(where, bytes) of all of its memory that can be read, and of its files in memory; without the terabytes of a sanitizer's shadow."""
        process = pathlib.Path(f"/proc/{self.process.pid}")
        for link in process.glob("fd/*"):
            with contextlib.suppress(OSError):
                if "memfd:" in os.readlink(link):
                    yield str(link), link.read_bytes()
        with open(process / "mem", "rb", 0) as memory:
            for line in (process / "maps").read_text().splitlines():
                start, end = (int(number, 16) for number in line.split()[0].split("-"))
                if end - start > 2**27:
                    continue
                with contextlib.suppress(OSError, ValueError, OverflowError):
                    memory.seek(start)
                    yield line, memory.read(end - start)

    def memory(self, what="VmRSS"):
        """In KiB."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in text.splitlines() if line.startswith(what + ":")))
