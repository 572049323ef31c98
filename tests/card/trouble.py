# SPDX-License-Identifier: BSD-2-Clause
"""What a test has go wrong with whatever card is in the reader: slowness, and failures of the next signatures."""

import collections

FAILURES = ("error", "hang", "pull")


class Trouble:
    def __init__(self):
        self._apdu = self._operation = 0.0
        self._failures = collections.deque()

    def delay(self, apdu=0.0, operation=0.0):
        """Seconds that each command takes, and each use of a private key beyond that."""
        self._apdu, self._operation = apdu, operation

    def fail(self, how, times=1):
        """The next uses of a private key end with 6F00, or never, or in the middle by the card being pulled."""
        if how not in FAILURES:
            raise ValueError(f"{how} is none of {', '.join(FAILURES)}")
        self._failures.extend([how] * times)

    def of(self, answer):
        """(how it fails or None, seconds until it is sent)."""
        if not answer.operation:
            return None, self._apdu
        failure = self._failures.popleft() if self._failures else None
        return failure, self._apdu + self._operation
