# SPDX-License-Identifier: BSD-2-Clause
"""A process that calls functions of PKCS#11 as it is told: puppet.py MODULE, the table of functions as the first line of its input, and then
a line for each call; answers with a line for each. It runs by itself, as whatever user it is started for."""

import ctypes
import itertools
import json
import sys

_ROOM = 4096  # bytes, or numbers, that a call may answer
_ulong = ctypes.c_ulong
_UNAVAILABLE = _ulong(-1).value
_NUMBERS = ("session", "object", "key", "slot", "user", "number", "flag", "mechanism_type")
_LISTS = ("slots_out", "mechanisms_out", "objects_out")
_HANDLES = ("session_out", "object_out", "slot_out")


class _Attribute(ctypes.Structure):
    _fields_ = [("type", _ulong), ("value", ctypes.c_void_p), ("length", _ulong)]


class _Mechanism(ctypes.Structure):
    _fields_ = [("type", _ulong), ("parameter", ctypes.c_void_p), ("length", _ulong)]


class _Call:
    """The arguments of one call, made from those that were given; what the standard derives from others is not given."""

    def __init__(self, kinds, given):
        self._given, self._kept, self._room = list(given), [], 0
        self.arguments, self._results = [], []
        for kind in kinds:
            self.arguments.append(self._argument(kind))
        assert not self._given, f"{self._given} more than {kinds}"

    def answers(self):
        return [result() for result in self._results]

    def _argument(self, kind):
        if kind in _NUMBERS:
            return (ctypes.c_ubyte if kind == "flag" else _ulong)(self._given.pop(0))
        if kind in ("pointer", "callback"):
            return None
        if kind == "count":
            return _ulong(self._room)
        return getattr(self, "_" + kind.removesuffix("_out") if kind in _HANDLES + _LISTS else "_" + kind)()

    def _bytes(self, text):
        data = bytes.fromhex(text)
        self._room = len(data)
        self._kept.append(ctypes.create_string_buffer(data, len(data)))
        return self._kept[-1]

    def _data(self):
        return self._bytes(self._given.pop(0))

    _secret = _text = _data

    def _mechanism(self):
        kind, parameter = self._given.pop(0)
        value = self._bytes(parameter)
        self._kept.append(_Mechanism(kind, ctypes.addressof(value) if parameter else None, len(value) if parameter else 0))
        return ctypes.byref(self._kept[-1])

    def _attributes(self, pairs):
        values = [self._bytes(value) for _, value in pairs]
        made = (_Attribute * len(pairs))(*[_Attribute(kind, ctypes.addressof(value), len(value)) for (kind, _), value in zip(pairs, values)])
        self._room = len(pairs)
        self._kept.append(made)
        return made

    def _template(self):
        return self._attributes(self._given.pop(0))

    def _template_out(self):
        made = self._attributes([(kind, "00" * _ROOM) for kind in self._given.pop(0)])
        self._results.append(lambda: [None if one.length == _UNAVAILABLE else ctypes.string_at(one.value, one.length).hex() for one in made])
        return made

    def _buffer(self):
        """Of as many bytes as there is room for; C_GenerateRandom fills all of it."""
        made, self._size_of_last = ctypes.create_string_buffer(_ROOM), _ulong(_ROOM)
        self._room = _ROOM
        size = self._size_of_last
        self._results.append(lambda: made.raw[: size.value].hex())
        return made

    def _size(self):
        return ctypes.byref(self._size_of_last)

    def _numbers(self):
        made, self._size_of_last = (_ulong * _ROOM)(), _ulong(_ROOM)
        size = self._size_of_last
        self._results.append(lambda: list(made[: size.value]))
        return made

    _slots = _mechanisms = _numbers

    def _objects(self):
        made = (_ulong * _ROOM)()
        self._results.append(lambda: list(itertools.takewhile(bool, made)))
        return made

    def _handle(self):
        made = _ulong()
        self._results.append(lambda: made.value)
        return ctypes.byref(made)

    _session = _object = _slot = _handle

    def _info(self):
        made = ctypes.create_string_buffer(512)
        self._results.append(lambda: made.raw.hex())
        return made


def _load(module):
    functions = ctypes.POINTER(ctypes.c_void_p)()
    assert ctypes.CDLL(module).C_GetFunctionList(ctypes.byref(functions)) == 0
    return functions


def main():
    table = json.loads(sys.stdin.readline())
    functions = _load(sys.argv[1])
    places = {name: place for place, name in enumerate(table, 1)}  # behind the version
    for line in sys.stdin:
        name, *given = json.loads(line)
        call = _Call(table[name], given)
        types = [type(argument) if isinstance(argument, (_ulong, ctypes.c_ubyte)) else ctypes.c_void_p for argument in call.arguments]
        rv = ctypes.CFUNCTYPE(_ulong, *types)(functions[places[name]])(*call.arguments)
        print(json.dumps([rv, call.answers() if rv == 0 else []]), flush=True)


if __name__ == "__main__":
    main()
