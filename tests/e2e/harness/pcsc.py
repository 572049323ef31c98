# SPDX-License-Identifier: BSD-2-Clause
"""What pcscd says of its readers, asked by libpcsclite."""

import contextlib
import ctypes

_ulong, _pointer = ctypes.c_ulong, ctypes.c_void_p
_SCOPE_SYSTEM = 2
_EMPTY, _PRESENT, _MUTE = 0x10, 0x20, 0x200
_SHARED, _ANY_PROTOCOL, _LEAVE_CARD = 2, 3, 0


class _ReaderState(ctypes.Structure):
    _fields_ = [
        ("reader", ctypes.c_char_p), ("data", _pointer), ("current", _ulong), ("event", _ulong), ("size", _ulong),
        ("atr", ctypes.c_ubyte * 33),
    ]


class PcscError(Exception):
    pass


def readers():
    """Their names; none where no pcscd runs."""
    with contextlib.suppress(PcscError), _context() as context:
        return _readers(context)
    return []


def has_card():
    """Whether a card is in the first reader, and was switched on; False where there is no reader, or no pcscd."""
    return _state() & (_PRESENT | _MUTE) == _PRESENT


def misses_card(since=None):
    """Whether the first reader is empty, as far as pcscd knows, and it has looked since changes() was that. A program whose card is gone makes it
    say so before it looks; a card that is put in until then is never seen."""
    return bool(_state() & _EMPTY) and changes() != since


def changes():
    """How often pcscd saw a card come or go in the first reader."""
    return _state() >> 16


def _state():
    with contextlib.suppress(PcscError), _context() as context:
        state = _ReaderState(reader=_readers(context)[0].encode())
        _call("SCardGetStatusChange", context, _ulong(0), ctypes.byref(state), _ulong(1))
        return state.event
    return 0


@contextlib.contextmanager
def held():
    """The card in the first reader is not switched off meanwhile: pcscd does that to one with which no program is connected."""
    handle, protocol = ctypes.c_long(), _ulong()
    with _context() as context:
        name = _readers(context)[0].encode()
        _call("SCardConnect", context, name, _ulong(_SHARED), _ulong(_ANY_PROTOCOL), ctypes.byref(handle), ctypes.byref(protocol))
        yield
        _call("SCardDisconnect", handle, _ulong(_LEAVE_CARD))


@contextlib.contextmanager
def _context():
    context = ctypes.c_long()
    _call("SCardEstablishContext", _ulong(_SCOPE_SYSTEM), None, None, ctypes.byref(context))
    try:
        yield context
    finally:
        _call("SCardReleaseContext", context)


def _readers(context):
    names, size = ctypes.create_string_buffer(4096), _ulong(4096)
    _call("SCardListReaders", context, None, names, ctypes.byref(size))
    return [name.decode() for name in names.raw[: size.value].split(b"\0") if name]


def _call(name, *arguments):
    function = getattr(ctypes.CDLL("libpcsclite.so.1"), name)
    function.restype = ctypes.c_long
    code = function(*arguments) & 0xFFFFFFFF
    if code:
        raise PcscError(f"{name}: 0x{code:08x}")
