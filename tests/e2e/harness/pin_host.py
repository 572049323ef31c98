# SPDX-License-Identifier: BSD-2-Clause
"""pin_host: a program that uses p11gate, and can be asked what is in its memory."""

import mmap
import os
import resource
import signal

from . import programs
from .wait import wait_for

_VEIL = 0x5A  # tests/memory/search.h


def writes_dumps():
    """Does the kernel write dumps into the folder of the program that crashed? Elsewhere a program gets them, or none are written."""
    with open("/proc/sys/kernel/core_pattern", encoding="utf-8") as file:
        pattern = file.read().strip()
    return pattern.startswith("core") and "/" not in pattern and resource.getrlimit(resource.RLIMIT_CORE)[1] != 0


def _count(dump, text):
    found, at = 0, dump.find(text)
    while at >= 0:
        found, at = found + 1, dump.find(text, at + 1)
    return found


class PinHost:
    """Ended with its sandbox, or by close()."""

    def __init__(self, sandbox, module):
        self._folder = sandbox.folder  # where it runs
        self._log = sandbox.folder / (sandbox.name("pin-host") + ".log")
        fifo = sandbox.folder / sandbox.name("pin-host")
        os.mkfifo(fifo, 0o600)
        self.process = sandbox.start(programs.PIN_HOST, module, fifo, log=self._log)
        self._answers = 0
        self._out = os.open(fifo, os.O_WRONLY)
        self._expect("open")

    def ask(self, line):
        """The number that it answers: a value of PKCS#11, flags, or how many."""
        os.write(self._out, f"{line}\n".encode())
        return self._expect(line.split()[0])

    def finds(self, pin, where="search"):
        """How often the PIN is in its memory ("search"), or in what a core dump would have of it ("dumped")."""
        return self.ask(f"{where} " + bytes(byte ^ _VEIL for byte in pin.encode()).hex())

    def crash(self, *pins):
        """Ends it by SIGABRT: how often each of the PINs is in the dump that the kernel wrote of it."""
        hard = resource.prlimit(self.process.pid, resource.RLIMIT_CORE)[1]
        resource.prlimit(self.process.pid, resource.RLIMIT_CORE, (hard, hard))
        os.kill(self.process.pid, signal.SIGABRT)
        os.close(self._out)
        wait_for(lambda: self.process.poll() is not None, "the end of pin_host", 120)
        dumps = [path for path in self._folder.glob("core*") if path.is_file()]
        assert self.process.returncode == -signal.SIGABRT and len(dumps) == 1, f"{self.process.returncode} {dumps}"
        with open(dumps[0], "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as dump:
            assert dump[:4] == b"\x7fELF", "no dump"
            found = [_count(dump, pin.encode()) for pin in pins]
        dumps[0].unlink()
        return found

    def close(self):
        os.close(self._out)
        wait_for(lambda: self.process.poll() is not None, "the end of pin_host", 30)
        return self.process.returncode

    def _expect(self, word):
        """Memory is searched by the byte, which takes its time under sanitizers."""
        self._answers += 1
        wait_for(lambda: len(self._lines()) >= self._answers or self.process.poll() is not None, f"{word}: {self._lines()}", 120)
        name, number = self._lines()[self._answers - 1].split()
        if name != word:
            raise AssertionError(f"asked {word}, answered {name}")
        return int(number, 16)

    def _lines(self):
        text = self._log.read_text(errors="replace")
        return [line for line in text[: text.rfind("\n") + 1].splitlines() if len(line.split()) == 2]
