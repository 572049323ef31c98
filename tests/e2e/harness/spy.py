# SPDX-License-Identifier: BSD-2-Clause
"""OpenSC's pkcs11-spy.so between a program and SoftHSM: which calls reached the vendor."""

import collections
import re

from . import programs

_CALL = re.compile(r"(?m)^\d+: (C_\w+)")


class Spy:
    """Name programs.SPY as the module; the calls of all processes of the sandbox are written down."""

    def __init__(self, sandbox):
        self._output = sandbox.folder / "spy.log"
        sandbox.environment |= {"PKCS11SPY": programs.VENDOR, "PKCS11SPY_OUTPUT": str(self._output)}
        self._start = 0

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
