# SPDX-License-Identifier: BSD-2-Clause
"""p11-kit's protocol byte by byte, in version 0: what no honest client sends, and what one does, to be cut off anywhere."""

import contextlib
import socket
import struct

GREETING = b"PRIVATE-GNOME-KEYRING-PKCS11-PROTOCOL-V-1"
# Number and signature of the requests that are used here.
CALLS = {
    "C_Initialize": (1, "ayyay"),
    "C_Finalize": (2, ""),
    "C_GetInfo": (3, ""),
    "C_GetSlotList": (4, "yfu"),
    "C_GetTokenInfo": (6, "u"),
    "C_OpenSession": (10, "uu"),
    "C_CloseSession": (11, "u"),
    "C_GetSessionInfo": (13, "u"),
    "C_Login": (18, "uuay"),
    "C_CreateObject": (20, "uaA"),
    "C_GetAttributeValue": (24, "uufA"),
    "C_FindObjectsInit": (26, "uaA"),
    "C_FindObjects": (27, "ufu"),
    "C_FindObjectsFinal": (28, "u"),
    "C_SignInit": (42, "uMu"),
    "C_Sign": (43, "uayfy"),
    "C_DeriveKey": (62, "uMuaA"),
    "C_SeedRandom": (63, "uay"),
    "C_GenerateRandom": (64, "ufy"),
}
CKA_CLASS, CKA_ID, CKA_WRAP_TEMPLATE, CKA_ALLOWED_MECHANISMS = 0, 0x102, 0x40000211, 0x40000600
CKO_PUBLIC_KEY, CKO_PRIVATE_KEY = 2, 3
CKM_RSA_PKCS = 1


def u32(number):
    return struct.pack(">I", number)


def u64(number):
    return struct.pack(">Q", number)


def array(data):
    return u32(len(data)) + data


def there(data):
    return b"\1" + array(data)


def attribute(kind, value, size=None):
    """One of a template, whose value is written already."""
    return u32(kind) + b"\1" + u32(len(value) if size is None else size) + value


def template(*attributes):
    return u32(len(attributes)) + b"".join(attributes)


def nested(depth):
    """A template within a template, and so on."""
    return template(attribute(CKA_WRAP_TEMPLATE, b"", 24)) * depth + template(attribute(CKA_ID, array(b"\1"), 1))


class Refused(Exception):
    """The function's error is its argument."""


class Vanished(Exception):
    """The client has sent all that it was to send, and is gone."""


class RawClient:
    """A connection. .sent counts bytes; when most of them are sent, in the middle of a request or not, it is closed."""

    def __init__(self, path, version=0, most=None):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.sent = 0
        self._most = most
        self._code = 0
        self.socket.connect(path)
        self.send(bytes([version]))
        self.version = self.receive(1)[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        if self._most is not None and self.sent + len(data) > self._most:
            self.socket.sendall(data[: self._most - self.sent])
            self.close()
            raise Vanished
        self.sent += len(data)
        self.socket.sendall(data)

    def receive(self, size):
        data = b""
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            if not part:
                raise ConnectionError("closed")
            data += part
        return data

    def is_closed(self):
        """Does the other end close it?"""
        with contextlib.suppress(ConnectionError):
            return self.socket.recv(1) == b""
        return True

    def ask(self, number, signature, body):
        """A request of any number and signature; what is answered, behind the answer's signature."""
        self._code += 1
        request = u32(number) + array(signature.encode()) + body
        self.send(struct.pack(">III", self._code, 0, len(request)) + request)
        code, options, size = struct.unpack(">III", self.receive(12))
        answer = self.receive(options + size)[options:]
        assert code == self._code, (code, self._code)
        answered, length = struct.unpack(">II", answer[:8])
        if answered == 0:
            raise Refused(struct.unpack(">Q", answer[8 + length:])[0])
        return answer[8 + length:]

    def call(self, name, body=b""):
        return self.ask(*CALLS[name], body)

    def initialize(self):
        self.call("C_Initialize", there(GREETING) + b"\0" + there(b"\0"))

    def slots(self):
        answer = self.call("C_GetSlotList", b"\1" + u32(16))
        (count,) = struct.unpack(">I", answer[1:5])
        return struct.unpack(f">{count}Q", answer[5:])

    def open(self, slot):
        return struct.unpack(">Q", self.call("C_OpenSession", u64(slot) + u64(4)))[0]

    def find(self, session, *attributes):
        self.call("C_FindObjectsInit", u64(session) + template(*attributes))
        answer = self.call("C_FindObjects", u64(session) + u32(16))
        (count,) = struct.unpack(">I", answer[1:5])
        self.call("C_FindObjectsFinal", u64(session))
        return struct.unpack(f">{count}Q", answer[5:])

    def sign(self, session, key, data, mechanism=CKM_RSA_PKCS):
        self.call("C_SignInit", u64(session) + u32(mechanism) + u32(0xFFFFFFFF) + u64(key))
        answer = self.call("C_Sign", u64(session) + there(data) + u32(1024))
        return answer[5:]

    def attribute(self, session, key, kind):
        """Bytes."""
        answer = self.call("C_GetAttributeValue", u64(session) + u64(key) + u32(1) + u32(kind) + u32(4096))
        (size,) = struct.unpack(">I", answer[13:17])
        return answer[17:17 + size]
