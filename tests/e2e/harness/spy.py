# SPDX-License-Identifier: BSD-2-Clause
"""OpenSC's pkcs11-spy.so between a program and SoftHSM: which calls reached the vendor."""

import collections
import itertools
import re

from . import programs

_CALL = re.compile(r"(?m)^\d+: (C_\w+)")
_SESSION = re.compile(r"(?ms)^\d+: C_(Open|Close)Session$.*?^Returned: +\d+ (\w+)")


class Spy:
    """Name programs.SPY as the module; the calls of all processes of the sandbox are written down."""

    def __init__(self, sandbox):
        self._sandbox = sandbox
        sandbox.environment |= {"PKCS11SPY": programs.VENDOR}
        self.move(sandbox.folder / "spy.log")
        self._start = 0

    def move(self, output):
        """From now on calls are written down there."""
        self._output = output
        self._sandbox.environment["PKCS11SPY_OUTPUT"] = str(output)

    def reset(self):
        """Forgets the calls made so far."""
        self._start = len(self.text(whole=True))

    def text(self, whole=False):
        if not self._output.exists():
            return ""
        text = self._output.read_text(errors="replace")
        return text if whole else text[self._start :]

    @property
    def calls(self):
        """The names of the calls since reset(), in order."""
        return _CALL.findall(self.text())

    @property
    def counts(self):
        return collections.Counter(self.calls)

    @property
    def most_sessions(self):
        """How many were open at a time, of one process and one slot."""
        steps = [{"Open": 1, "Close": -1}[verb] for verb, rv in _SESSION.findall(self.text()) if rv == "CKR_OK"]
        return max(itertools.accumulate(steps), default=0)
