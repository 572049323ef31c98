# SPDX-License-Identifier: BSD-2-Clause
"""A program that has a terminal of its own, which a test reads and types at."""

import contextlib
import os
import pty
import select
import termios
import time

from .sandbox import end
from .wait import wait_for


class Terminal:
    """.text has all that the program wrote to stdout and stderr, and what its terminal echoed. Ended with its sandbox."""

    def __init__(self, sandbox, *command, environment=None):
        self._ours, theirs = pty.openpty()
        self._seconds = 20 * sandbox.instrument.slowness
        self._read = 0
        self.text = ""
        self.process = sandbox.start(*command, terminal=theirs, environment=environment)
        os.close(theirs)

    def expect(self, text):
        """Waits until TEXT appears behind what was expected before."""
        limit = time.monotonic() + self._seconds
        while (at := self.text.find(text, self._read)) < 0:
            if time.monotonic() > limit or not self._more():
                raise AssertionError(f"expected {text!r} on the terminal, found: {self.text!r}")
        self._read = at + len(text)

    def expect_secret(self, prompt):
        """Waits until PROMPT has appeared and what is typed does not."""
        self.expect(prompt)
        wait_for(lambda: not self.echoes, f"the echo to be off behind {prompt!r}")

    def type(self, text):
        os.write(self._ours, text.encode())

    @property
    def echoes(self):
        """Whether the terminal shows what is typed."""
        return bool(termios.tcgetattr(self._ours)[3] & termios.ECHO)

    def close(self):
        """Waits for the end of the program; its exit code."""
        limit = time.monotonic() + self._seconds
        while time.monotonic() < limit and self._more():
            pass
        if self.process.poll() is None and time.monotonic() > limit:
            end(self.process)
            raise AssertionError(f"the program did not end: {self.text!r}")
        os.close(self._ours)
        return self.process.wait()

    def _more(self):
        """Reads what is there; False at the end."""
        if not select.select([self._ours], [], [], 0.5)[0]:
            return True
        data = b""
        with contextlib.suppress(OSError):  # EIO: nobody has it open any more
            data = os.read(self._ours, 65536)
        self.text += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)
