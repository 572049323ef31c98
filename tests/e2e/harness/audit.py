# SPDX-License-Identifier: BSD-2-Clause
"""Lines of the audit, and sockets in the place of the system's log and of its journal."""

import re
import socket
import struct

_FIELD = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')


def parse(line):
    """The fields of a line, behind "p11gate[PID]: "; everything in it must be a field."""
    text = re.fullmatch(r".*?p11gate\[\d+\]: (.*)", line)[1]
    assert _FIELD.sub("", text).strip() == "", line
    return dict(_FIELD.findall(text))


def read(path):
    """The records of a file."""
    return [parse(line) for line in path.read_text().splitlines()] if path.exists() else []


def events(records):
    return [record["event"] for record in records]


class Socket:
    """A datagram socket that keeps what comes, until it is asked for."""

    def __init__(self, path, room=None):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        if room is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self._socket.bind(str(path))
        path.chmod(0o777)
        self._socket.setblocking(False)
        self._path = path

    def close(self):
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def datagrams(self):
        got = []
        while True:
            try:
                got.append(self._socket.recv(1 << 17))
            except BlockingIOError:
                return got

    def lines(self):
        """As a syslog daemon has them."""
        return [datagram.decode() for datagram in self.datagrams()]

    def entries(self):
        """As the journal has them: its native protocol."""
        return [_entry(datagram) for datagram in self.datagrams()]


def _entry(datagram):
    fields = {}
    while datagram:
        name, datagram = datagram.split(b"\n", 1)
        if b"=" in name:
            name, value = name.split(b"=", 1)
        else:
            (size,) = struct.unpack("<Q", datagram[:8])
            value, end, datagram = datagram[8 : 8 + size], datagram[8 + size : 9 + size], datagram[9 + size :]
            assert end == b"\n"
        fields[name.decode()] = value.decode()
    return fields
