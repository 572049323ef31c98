# SPDX-License-Identifier: BSD-2-Clause
"""Virtual smart cards (tests/card) in the reader of a private pcscd."""

import itertools
import json
import pathlib
import socket
import time

from . import pcsc
from .pcscd import PORT, Pcscd
from .wait import wait_for

_TESTS = pathlib.Path(__file__).resolve().parents[2]
_PYTHON = "/usr/bin/python3"  # the system's has Debian's python3-cryptography


class Reader:
    """A pcscd with one reader, and the cards that may be in it, one at a time. Ended with its sandbox."""

    def __init__(self, sandbox, name="Virtual PCD", pcscd=None):
        self.pcscd = pcscd or Pcscd(sandbox, name)
        self.changes = None  # that pcscd had seen when the card was put in
        self._path = str(sandbox.folder / "card.sock")
        self._log = sandbox.folder / "card.log"
        environment = {"PYTHONPATH": str(_TESTS)}
        sandbox.start(_PYTHON, "-B", "-m", "card", PORT, self._path, self._log, log=self._log, environment=environment)
        self._socket = socket.socket(socket.AF_UNIX)
        wait_for(lambda: self._socket.connect_ex(self._path) == 0, "the card's control socket")
        self._lines = self._socket.makefile("rw", encoding="utf-8")
        self._serials = itertools.count(1001)

    def close(self):
        self._lines.close()
        self._socket.close()

    @property
    def log(self):
        """A line for each command to a card."""
        return self._log.read_text()

    def card(self, keys, pin="1234", holder=None, kinds=()):
        """A new card, not yet in the reader. keys: {slot: kind}, as {"9a": "rsa:2048"}."""
        serial = next(self._serials)
        return Card(self, f"card {serial}", serial=serial, keys=keys, pin=pin, holder=holder or f"holder of {serial}", kinds=list(kinds))

    def command(self, what, **arguments):
        self._lines.write(json.dumps({"do": what, **arguments}) + "\n")
        self._lines.flush()
        answer = json.loads(self._lines.readline())
        assert "error" not in answer, f"{what}: {answer['error']}"
        return answer


class Card:
    """.keys has the public keys by slot, as "TYPE BASE64"."""

    def __init__(self, reader, name, pin, **what):
        self._reader, self._name = reader, name
        self.serial, self.holder, self.pin = what["serial"], what["holder"], pin
        self.keys = reader.command("make", card=name, pin=pin, **what)["keys"]

    def insert(self, wait=True):
        """Returns when pcscd has seen it; it has missed the one before then, too, unless wait is False."""
        if wait:
            wait_for(self._is_missed, "pcscd to miss the card before", 30)
        self._reader.command("insert", card=self._name)
        if wait:
            wait_for(pcsc.has_card, "pcscd to see the card")
            self._reader.changes = pcsc.changes()

    def pull(self, wait=True):
        self._reader.command("pull")
        if wait:
            wait_for(self._is_missed, "pcscd to miss the card", 30)

    def swap(self, other, wait=True):
        """Another card in its place."""
        self.pull(wait)
        other.insert(wait)

    @property
    def is_in(self):
        return self._status()["inserted"]

    @property
    def is_busy(self):
        """A command has come and was not yet answered."""
        return self._status()["busy"]

    def tries(self):
        """How many wrong PINs it would still take."""
        return self._status()["tries"]

    def counts(self):
        """Commands by kind since clear(): "all", "sign", "verify right", "verify wrong" ...; kinds that did not come are missing."""
        return self._status()["counts"]

    def clear(self):
        self._reader.command("clear", card=self._name)

    def wait_until_quiet(self):
        """For some two seconds after a card came a daemon asks it now and then."""

        def is_quiet():
            before = self.counts()
            time.sleep(1.5)
            return self.counts() == before

        wait_for(is_quiet, "the card is asked for ever", 30)

    def delay(self, apdu=0.0, operation=0.0):
        """From now on each command takes so many seconds, and each use of a private key more."""
        self._reader.command("delay", apdu=apdu, operation=operation)

    def fail_next(self, how="error", times=1):
        """The next uses of a private key end with 6F00 ("error"), never ("hang"), or with the card pulled in the middle ("pull")."""
        self._reader.command("fail", how=how, times=times)

    def _is_missed(self):
        return pcsc.misses_card(since=self._reader.changes)

    def _status(self):
        return self._reader.command("status", card=self._name)
