# SPDX-License-Identifier: BSD-2-Clause
"""What a test says over the control socket: each line is a command in JSON, {"do": ...}, and is answered by a line."""

import json
import socket

from .card import Card


class Control:
    def __init__(self, path, link, trouble):
        self._link, self._trouble = link, trouble
        self._cards = {}
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen()
        self._client = None
        self._received = b""
        self._commands = {
            "make": self._make, "insert": self._insert, "pull": self._pull, "status": self._status, "clear": self._clear,
            "delay": trouble.delay, "fail": trouble.fail,
        }

    @property
    def sockets(self):
        return [self._client or self._listener]

    def read(self):
        """Takes the one client, or what it says. False when it is gone."""
        if not self._client:
            self._client, _ = self._listener.accept()
            return True
        data = self._client.recv(65536)
        self._received += data
        while b"\n" in self._received:
            line, self._received = self._received.split(b"\n", 1)
            self._client.sendall(json.dumps(self._perform(json.loads(line))).encode() + b"\n")
        return bool(data)

    def _perform(self, command):
        try:
            return self._commands[command.pop("do")](**command) or {}
        except (KeyError, TypeError, ValueError) as error:
            return {"error": f"{type(error).__name__}: {error}"}

    def _make(self, card, **what):
        """A card of that name, in no reader yet; the answer has its public keys by slot."""
        if card in self._cards:
            raise ValueError(f"{card} is there already")
        made = self._cards[card] = Card(**what)
        return {"keys": {f"{slot:02x}": key.ssh() for slot, key in made.keys.items()}}

    def _insert(self, card):
        self._link.insert(self._cards[card])

    def _pull(self):
        self._link.pull()

    def _status(self, card):
        """Of the card: is it in, has it something to do, tries left, commands by kind since "clear"."""
        known = self._cards[card]
        inserted = self._link.card is known
        return {"inserted": inserted, "busy": inserted and self._link.busy, "tries": known.pin.tries, "counts": dict(known.counts)}

    def _clear(self, card):
        self._cards[card].counts.clear()
