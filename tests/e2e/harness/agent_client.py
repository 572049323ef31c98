# SPDX-License-Identifier: BSD-2-Clause
"""Asks an agent for signatures without ssh (draft-ietf-sshm-ssh-agent), so that each can be timed and looked at."""

import base64
import contextlib
import glob
import socket
import time

_SIGN_REQUEST, _SIGN_RESPONSE = 13, 14
_RSA_SHA2_256 = 2


class Signature:
    """.blob is None where the agent refused; .seconds is how long it took on a machine with nothing else to do, .elapsed by the clock."""

    def __init__(self, blob, elapsed, queued):
        self.blob, self.seconds, self.elapsed = blob, elapsed - queued, elapsed

    @property
    def made(self):
        return self.blob is not None


def sign(path, key, data):
    """key is "TYPE BASE64"; the agent listens at path."""
    body = bytes([_SIGN_REQUEST]) + _string(base64.b64decode(key.split()[1])) + _string(data) + _RSA_SHA2_256.to_bytes(4, "big")
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(path)
        queued, started = _queued(), time.monotonic()
        client.sendall(_string(body))
        answer = _receive(client)
        elapsed, queued = time.monotonic() - started, _queued() - queued
    if answer[0] != _SIGN_RESPONSE:
        return Signature(None, elapsed, queued)
    whole = _take(answer[1:])[0]
    return Signature(_take(_take(whole)[1])[0], elapsed, queued)


def _queued():
    """Seconds that the processes of the test's own namespace (isolation.py) have waited for a processor: one is at work at a time."""
    total = 0
    for path in glob.glob("/proc/[0-9]*/task/*/schedstat"):
        with contextlib.suppress(OSError), open(path, encoding="ascii") as file:  # it may have ended
            total += int(file.read().split()[1])
    return total / 1e9


def _receive(client):
    data = b""
    while len(data) < 4 or len(data) < 4 + int.from_bytes(data[:4], "big"):
        more = client.recv(65536)
        assert more, "the agent hung up"
        data += more
    return data[4:]


def _string(data):
    return len(data).to_bytes(4, "big") + data


def _take(data):
    """(the string at the beginning, what is behind it)"""
    end = 4 + int.from_bytes(data[:4], "big")
    return data[4:end], data[end:]
