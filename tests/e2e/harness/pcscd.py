# SPDX-License-Identifier: BSD-2-Clause
"""A private pcscd with a reader of vpcd's. Only inside of isolation.enter(): its socket has one place on a machine."""

import os

from . import pcsc
from .isolation import isolated
from .sandbox import end
from .wait import wait_for

PORT = 19635  # on a loopback of the test's own; not one of those that the kernel gives to clients
_DRIVER = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
_READER = 'FRIENDLYNAME "{name}"\nDEVICENAME /dev/null:0x{port:X}\nLIBPATH {driver}\nCHANNELID 0x{port:X}\n'


def reader_file(name):
    """What pcscd reads of the reader."""
    return _READER.format(name=name, port=PORT, driver=_DRIVER)


class Pcscd:
    """Ended with its sandbox. vpcd listens at PORT, and for a second slot, which stays empty, at the next."""

    def __init__(self, sandbox, reader):
        assert isolated(), "the machine's own pcscd would be touched"
        self._sandbox = sandbox
        self._log = sandbox.folder / "pcscd.log"
        self._folder = sandbox.folder / "reader.conf.d"
        self._folder.mkdir()
        (self._folder / "vpcd").write_text(reader_file(reader))
        self.start()

    def start(self):
        self._process = self._sandbox.start("pcscd", "--foreground", "--config", self._folder, log=self._log)
        wait_for(self._has_reader, "pcscd's reader")

    def stop(self):
        end(self._process)

    def kill(self):
        """It ends without a word to its clients."""
        self._process.kill()
        self._process.wait()

    def _has_reader(self):
        assert self._process.poll() is None, self._log.read_text()
        return os.path.exists("/run/pcscd/pcscd.comm") and bool(pcsc.readers())
