#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Quirks of real libraries that p11gate knows by itself."""

import os
import sys

from harness import Case, main, programs

CLIENT = next((path for path in (f"{folder}/pkcs11/p11-kit-client.so" for folder in (
    "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib")) if os.path.exists(path)), "")

# Lists the slots before and after the server comes: MODULE SOCKET VENDOR.
_LATE_SERVER = """
import ctypes, os, subprocess, sys, time
from harness.cryptoki import Cryptoki
module, socket, vendor = sys.argv[1:]
client = Cryptoki.loaded(module)
client.call("C_Initialize", None)
def count():
    number = ctypes.c_ulong()
    client.call("C_GetSlotList", 1, None, ctypes.byref(number))
    return number.value
before = count()
own = ("P11_KIT_SERVER_ADDRESS", "LD_PRELOAD")  # the server is not watched: what it forks is left behind, and waited for
others = {name: value for name, value in os.environ.items() if name not in own}
server = subprocess.Popen(["p11-kit", "server", "-f", "-n", socket, "--provider", vendor, "pkcs11:token=one"], env=others,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    for _ in range(200):
        if os.path.exists(socket):
            break
        time.sleep(0.05)
    print(before, count())
finally:
    server.terminate()
    server.wait()
client.call("C_Finalize", None)
"""


class P11Kit(Case):
    def slots(self, module):
        socket = self.sandbox.folder / "server"
        result = self.sandbox.run(
            sys.executable, "-B", "-c", _LATE_SERVER, module, socket, programs.VENDOR,
            environment=self.sandbox.instrument.preload() | {
                "PYTHONPATH": os.path.dirname(os.path.abspath(__file__)), "P11_KIT_SERVER_ADDRESS": f"unix:path={socket}"})
        self.assertEqual(0, result.rc, str(result))
        socket.unlink(missing_ok=True)
        return result.stdout.split()

    def test_the_client_sees_a_server_that_comes_later(self):
        self.token("one")
        self.assertEqual(["0", "0"], self.slots(CLIENT))
        self.assertEqual(["0", "1"], self.slots(self.gate("all", module=CLIENT)))


if __name__ == "__main__":
    main()
