# SPDX-License-Identifier: BSD-2-Clause
"""A PIN with its counter of tries, which lives as long as the card, in a reader or out."""

from .apdu import OK, PIN_BLOCKED, Response

TRIES = 3


class Pin:
    def __init__(self, text):
        self._block = text.encode().ljust(8, b"\xff")  # SP 800-73-4, part 2, 2.4.3
        self.tries = TRIES
        self.forget()

    def forget(self):
        """Nobody is logged in any more."""
        self.verified = False
        self.fresh = False  # verified by the command before

    def ask(self):
        """What VERIFY without data is answered: whether it is verified, and else how many tries are left."""
        return Response(status=OK) if self.verified else self._refusal()

    def verify(self, block):
        if self.tries == 0:
            return self._refusal()
        self.verified = self.fresh = block == self._block
        self.tries = TRIES if self.verified else self.tries - 1
        return self.ask()

    def _refusal(self):
        return Response(status=0x63C0 | self.tries if self.tries else PIN_BLOCKED)
