# SPDX-License-Identifier: BSD-2-Clause
"""A very small PKCS#11 client: what the objects of a token really hold, where ssh and pkcs11-tool do not show it."""

import contextlib
import copy
import ctypes
import os

CKO_PUBLIC_KEY, CKO_PRIVATE_KEY = 2, 3
CKA_CLASS, CKA_LABEL, CKA_ID = 0x0, 0x3, 0x102
CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_PUBLIC_KEY_INFO, CKA_EC_POINT = 0x120, 0x122, 0x129, 0x181
CKM_RSA_PKCS, CKM_SHA256 = 1, 0x250
CKF_RW_SESSION, CKF_SERIAL_SESSION = 2, 4
CKF_OS_LOCKING_OK, CKF_DONT_BLOCK = 2, 1
CKU_USER, CKU_CONTEXT_SPECIFIC = 1, 2
UNAVAILABLE = ctypes.c_ulong(-1).value

_ulong, _pointer = ctypes.c_ulong, ctypes.c_void_p
# Places in CK_FUNCTION_LIST, behind the version that fills the first one.
_PLACES = {
    "C_Initialize": (1, _pointer),
    "C_Finalize": (2, _pointer),
    "C_GetSlotList": (5, ctypes.c_ubyte, _pointer, _pointer),
    "C_OpenSession": (13, _ulong, _ulong, _pointer, _pointer, _pointer),
    "C_CloseSession": (14, _ulong),
    "C_CloseAllSessions": (15, _ulong),
    "C_GetSessionInfo": (16, _ulong, _pointer),
    "C_Login": (19, _ulong, _ulong, _pointer, _ulong),
    "C_Logout": (20, _ulong),
    "C_GetAttributeValue": (25, _ulong, _ulong, _pointer, _ulong),
    "C_FindObjectsInit": (27, _ulong, _pointer, _ulong),
    "C_FindObjects": (28, _ulong, _pointer, _ulong, _pointer),
    "C_FindObjectsFinal": (29, _ulong),
    "C_EncryptInit": (30, _ulong, _pointer, _ulong),
    "C_Encrypt": (31, _ulong, _pointer, _ulong, _pointer, _pointer),
    "C_DigestInit": (38, _ulong, _pointer),
    "C_DigestUpdate": (40, _ulong, _pointer, _ulong),
    "C_DigestFinal": (42, _ulong, _pointer, _pointer),
    "C_SignInit": (43, _ulong, _pointer, _ulong),
    "C_Sign": (44, _ulong, _pointer, _ulong, _pointer, _pointer),
    "C_WaitForSlotEvent": (68, _ulong, _pointer, _pointer),
}


class _Attribute(ctypes.Structure):
    _fields_ = [("type", _ulong), ("value", _pointer), ("length", _ulong)]


class _Mechanism(ctypes.Structure):
    _fields_ = [("type", _ulong), ("parameter", _pointer), ("length", _ulong)]


class Cryptoki:
    """A module with a session on its first slot. threads: several will use it at once (CKF_OS_LOCKING_OK)."""

    @classmethod
    def loaded(cls, module):
        """Without a session, and not initialised."""
        self, table = cls.__new__(cls), _pointer()
        ctypes.CDLL(module).C_GetFunctionList(ctypes.byref(table))
        self._table = ctypes.cast(table, ctypes.POINTER(_pointer))
        return self

    def __init__(self, module, pin=None, threads=False):
        self._table = Cryptoki.loaded(module)._table
        slots, count = (_ulong * 16)(), _ulong(16)
        self.call("C_Initialize", (_ulong * 6)(0, 0, 0, 0, CKF_OS_LOCKING_OK, 0) if threads else None)
        self.call("C_GetSlotList", 1, slots, ctypes.byref(count))
        self.slots = slots[: count.value]
        self._open(self.slots[0])
        if pin is not None:
            self.login(pin)

    def _open(self, slot, flags=CKF_SERIAL_SESSION | CKF_RW_SESSION):
        self._slot, self._session = slot, _ulong()
        self.call("C_OpenSession", slot, flags, None, None, ctypes.byref(self._session))

    def sibling(self, slot=None, flags=CKF_SERIAL_SESSION | CKF_RW_SESSION):
        """The same with a session of its own, for a thread of its own; on that slot, or the same."""
        other = copy.copy(self)
        other._open(self._slot if slot is None else slot, flags)
        return other

    def login(self, pin, user=CKU_USER):
        self.call("C_Login", self._session, user, pin.encode(), len(pin))

    def answer(self, name, *arguments):
        """What the function returns."""
        place, *types = _PLACES[name]
        return ctypes.CFUNCTYPE(_ulong, *types)(self._table[place])(*arguments)

    def call(self, name, *arguments):
        rv = self.answer(name, *arguments)
        if rv != 0:
            raise AssertionError(f"{name}: 0x{rv:x}")

    def own(self, name, *arguments):
        """What the function returns on the own session."""
        return self.answer(name, self._session, *arguments)

    def state(self):
        """Of the session, in words; or what C_GetSessionInfo returns."""
        info = (_ulong * 4)()
        rv = self.own("C_GetSessionInfo", info)
        states = ("read-only", "read-only user", "read-write", "read-write user", "read-write SO")
        return states[info[1]] if rv == 0 else f"0x{rv:x}"

    def objects(self, kind):
        """The handles of all objects of a class."""
        handles, count = (_ulong * 64)(), _ulong()
        value = _ulong(kind)
        template = _Attribute(CKA_CLASS, ctypes.addressof(value), ctypes.sizeof(value))
        self.call("C_FindObjectsInit", self._session, ctypes.byref(template), 1)
        self.call("C_FindObjects", self._session, handles, 64, ctypes.byref(count))
        self.call("C_FindObjectsFinal", self._session)
        return handles[: count.value]

    def listed(self):
        """Those with a token, as they are now."""
        slots, count = (_ulong * 16)(), _ulong(16)
        self.call("C_GetSlotList", 1, None, ctypes.byref(count))
        self.call("C_GetSlotList", 1, slots, ctypes.byref(count))
        return slots[: count.value]

    def wait(self, blocks=True):
        """The slot of the next event; in a thread of its own another call may go on meanwhile."""
        slot = _ulong()
        self.call("C_WaitForSlotEvent", 0 if blocks else CKF_DONT_BLOCK, ctypes.byref(slot), None)
        return slot.value

    def attribute(self, handle, kind):
        """The value; None if the object does not have it."""
        buffer = ctypes.create_string_buffer(4096)
        wanted = _Attribute(kind, ctypes.addressof(buffer), len(buffer))
        with contextlib.suppress(AssertionError):
            self.call("C_GetAttributeValue", self._session, handle, ctypes.byref(wanted), 1)
        return None if wanted.length == UNAVAILABLE else buffer.raw[: wanted.length]

    def sign(self, handle, data, pin=None):
        """An RSA signature of PKCS #1 v1.5 without a DigestInfo; with a login for it if a PIN is given."""
        mechanism = (_ulong * 3)(CKM_RSA_PKCS, 0, 0)
        buffer, size = ctypes.create_string_buffer(1024), _ulong(1024)
        self.call("C_SignInit", self._session, mechanism, handle)
        if pin is not None:
            self.login(pin, CKU_CONTEXT_SPECIFIC)
        self.call("C_Sign", self._session, data, len(data), buffer, ctypes.byref(size))
        return buffer.raw[: size.value]

    def encrypt(self, handle, mechanism, parameter, data):
        """parameter: the numbers of which it consists."""
        numbers, out, size = (_ulong * len(parameter))(*parameter), ctypes.create_string_buffer(4096), _ulong(4096)
        given = _Mechanism(mechanism, ctypes.addressof(numbers) if parameter else None, ctypes.sizeof(numbers))
        self.call("C_EncryptInit", self._session, ctypes.byref(given), handle)
        self.call("C_Encrypt", self._session, data, len(data), out, ctypes.byref(size))
        return out.raw[: size.value]

    def close(self):
        self.call("C_Finalize", None)


@contextlib.contextmanager
def opened(module, environment, pin=None):
    """Opens a module with the variables that it reads; closes it."""
    os.environ.update(environment)
    client = Cryptoki(module, pin)
    try:
        yield client
    finally:
        client.close()
        for name in environment:
            del os.environ[name]
