# SPDX-License-Identifier: BSD-2-Clause
"""The card's end of the connection with vpcd: it is up while a card is in the reader.

Each message is two bytes of length and that many more: one byte is for the power or asks for the ATR, all others are commands.
"""

import contextlib
import socket
import time

from .apdu import FAILED, Response

_ATR = bytes.fromhex("3bfc1300008131fe15597562696b65794e454f7233e1")
_GET_ATR = 4
_RETRY = 0.02
_NEVER = float("inf")


class Link:
    def __init__(self, port, trouble, log):
        self._port, self._trouble, self._log = port, trouble, log
        self.card = None
        self._socket = None
        self._received = b""
        self._pending = None  # (when, what is sent then; None: the card is pulled)

    @property
    def busy(self):
        """A command has not been answered yet."""
        return self._pending is not None

    @property
    def sockets(self):
        return [self._socket] if self._socket else []

    def insert(self, card):
        if self.card:
            raise ValueError("a card is in the reader")
        self.card = card
        self.tick()

    def pull(self):
        if not self.card:
            raise ValueError("no card is in the reader")
        self._close("pulled")
        self.card = None

    def seconds(self):
        """Until tick() has something to do; None: nothing but what sockets say."""
        if self._pending:
            return None if self._pending[0] == _NEVER else max(0.0, self._pending[0] - time.monotonic())
        return _RETRY if self.card and not self._socket else None

    def tick(self):
        if self.card and not self._socket:
            self._connect()
        if self._pending and self._pending[0] <= time.monotonic():
            (_, answer), self._pending = self._pending, None
            if answer is None:
                self.pull()
            else:
                self._send(answer)

    def read(self):
        try:
            self._acknowledge_at_once()
            data = self._socket.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            self._close("pcscd is gone")
            return
        self._received += data
        while self._socket and len(self._received) >= 2 and len(self._received) >= (end := 2 + int.from_bytes(self._received[:2], "big")):
            message, self._received = self._received[2:end], self._received[end:]
            self._take(message)

    def _take(self, message):
        if len(message) > 1:
            self._perform(message)
        elif message[0] == _GET_ATR:
            self._send(_ATR)
        else:
            self.card.reset()

    def _perform(self, message):
        answer = self.card.transmit(message)
        failure, seconds = self._trouble.of(answer)
        self._log(f"{message[:4].hex()} {len(message)} -> {len(answer.data)} {answer.status:04x} {failure or ''}")
        if failure == "error":
            answer = Response(status=FAILED)
        if failure == "hang":
            seconds = _NEVER
        if failure == "pull":
            seconds /= 2
        if seconds or failure == "pull":
            self._pending = time.monotonic() + seconds, None if failure == "pull" else answer.encode()
        else:
            self._send(answer.encode())

    def _connect(self):
        with contextlib.suppress(ConnectionRefusedError):
            self._socket = socket.create_connection(("127.0.0.1", self._port))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._acknowledge_at_once()
            self.card.reset()
            self._log("inserted")

    def _acknowledge_at_once(self):
        """vpcd sends the length and the rest apart, and the rest only when the length was acknowledged: else 40 ms later."""
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _send(self, data):
        try:
            self._socket.sendall(len(data).to_bytes(2, "big") + data)
        except ConnectionError:
            self._close("pcscd is gone")

    def _close(self, why):
        if self._socket:
            self._socket.close()
        self._socket, self._received, self._pending = None, b"", None
        self.card.reset()
        self._log(why)
