# SPDX-License-Identifier: BSD-2-Clause
"""pin_host: a program that uses p11gate, and can be asked what is in its memory."""

import os

from . import programs
from .wait import wait_for

_VEIL = 0x5A  # tests/memory/search.h


class PinHost:
    """Ended with its sandbox, or by close()."""

    def __init__(self, sandbox, module):
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
