# SPDX-License-Identifier: BSD-2-Clause
"""A test with a virtual card in a reader, and the libraries that read it. Its file begins with isolation.enter()."""

import dataclasses
import os

from . import programs
from .card import Reader
from .case import Case
from .tap import rows

PIN = "123456"


@dataclasses.dataclass
class Stack:
    """A vendor's library with the reader and the card that it takes; ssh logs in with the key of slot 9A."""

    library: str
    keys: dict
    reader: str = "Virtual PCD"
    kinds: tuple = ()


STACKS = {
    "OpenSC": Stack(programs.OPENSC, {"9a": "rsa:2048", "9c": "ec:P-256"}),
    "ykcs11": Stack(programs.YKCS11, {"9a": "rsa:2048", "9c": "ec:P-256"}, "Yubico YubiKey CCID", ("yubico",)),
    "coolkey": Stack(programs.COOLKEY, {"9a": "rsa:2048", "9c": "rsa:1024", "9d": "rsa:1024"}, kinds=("cac",)),
    "cackey": Stack(programs.CACKEY, {"9a": "rsa:2048", "9d": "rsa:1024"}),
}
# Under AddressSanitizer coolkey ends the process for errors of its own.
EACH = rows(*[{"stack": stack} for stack in STACKS if not (stack == "coolkey" and os.environ.get("P11GATE_PRELOAD"))])


class CardCase(Case):
    def insert(self, stack, keys=None, pin=PIN):
        """A reader with a new card of that stack's in it; self.reader makes others."""
        self.stack = STACKS[stack]
        self.reader = Reader(self.sandbox, self.stack.reader)
        self.addCleanup(self.reader.close)
        card = self.another(keys, pin=pin)
        card.insert()
        return card

    def another(self, keys=None, holder=None, pin=PIN):
        """A card like that in the reader, with another serial number, other keys and, if none is named, another holder."""
        return self.reader.card(keys or self.stack.keys, pin=pin, holder=holder, kinds=self.stack.kinds)

    def askpass(self, answers=PIN):
        return super().askpass(answers)
