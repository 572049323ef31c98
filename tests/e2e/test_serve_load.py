#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Signatures of 32 clients at once (tests/load): with the vendor's library in each of them, with p11gate, and through `p11gate serve`.

Each has its own key and data, and proves all that it got. SERVE_LOAD_SECONDS lengthens it, and adds RSA; prints a table. And many listings, while
tokens are read anew.
"""

import collections
import concurrent.futures
import os
import threading

from harness import Case, comment, main, programs, rows
from harness.daemon import Daemon
from harness.wait import wait_for

CLIENTS = 32
SECONDS = float(os.environ.get("SERVE_LOAD_SECONDS", "1"))
TYPES = ["ec:P-256"] if SECONDS <= 1 else ["ec:P-256", "rsa:2048"]  # making 32 keys of RSA takes longer than all the rest
Measured = collections.namedtuple("Measured", "signatures fewest elapsed p50 p99 longest")


class Load(Case):
    def setUp(self):
        super().setUp()
        keys = "".join(f'key k{i:02} ${{TYPE}}\npair k{i:02} id={i:02x} label="key {i}"\n' for i in range(1, CLIENTS + 1))
        self.description = self.sandbox.write("load.token", f"default TYPE=ec:P-256\ntoken label=load\n{keys}")

    def measure(self, name, module):
        keys = [self.card.folder / "keys" / f"k{i:02}.pem" for i in range(1, CLIENTS + 1)]
        result = self.sandbox.run(programs.SIGNATURES, module, "1234", SECONDS, *keys, timeout=60 + 5 * SECONDS, environment=self.sandbox.instrument.preload())
        self.assertEqual((0, ""), (result.rc, result.stderr), f"{name}: {result}")
        one = Measured(*map(int, result.stdout.split()))
        comment(
            f"{name:22} {one.signatures / one.elapsed * 1e6:7.0f} a second; p50 {one.p50 / 1e3:7.1f} ms, p99 {one.p99 / 1e3:7.1f} ms, "
            f"longest {one.longest / 1e3:7.1f} ms; {one.signatures} in all, {one.fewest} of the client that got fewest"
        )
        return one

    @rows(*[{"TYPE": kind} for kind in TYPES])
    def test_each_of_32_clients_gets_its_own_signatures_and_no_other(self, TYPE):
        self.card = self.token(str(self.description), TYPE=TYPE)
        comment(f"{TYPE}, {CLIENTS} clients, {SECONDS:g} s:")
        self.measure("SoftHSM", programs.VENDOR)
        self.measure("p11gate", self.gate("all"))
        path = str(self.sandbox.folder / "served" / "socket")
        module = self.gate("all", daemon={"socket": path, "use": "require"})
        daemon = Daemon(self.sandbox, path)
        self.assertTrue(daemon.unlock().ok)
        self.sandbox.environment["P11_KIT_SERVER_ADDRESS"] = f"unix:path={path}"
        threads = daemon.threads
        self.measure("p11gate, daemon", module)
        self.measure("p11-kit-client, daemon", programs.P11KIT_CLIENT)
        wait_for(lambda: daemon.threads <= threads, "clients that have ended are still served")


class Refresh(Case):
    def test_tokens_that_are_read_anew_are_whole_for_who_lists_them_meanwhile(self):
        self.token("many", OTHERS=99)
        path = str(self.sandbox.folder / "served" / "socket")
        module = self.gate("all", daemon={"socket": path, "use": "require"})
        daemon = Daemon(self.sandbox, path)
        self.assertTrue(daemon.unlock().ok)
        ended = threading.Event()

        def refresh():
            while not ended.is_set():
                self.tool("refresh")

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for _ in range(4):
                pool.submit(refresh)
            try:
                listed = list(pool.map(lambda _: len(self.listing(module)[0]), range(24)))
            finally:
                ended.set()
        self.assertEqual(24 * [100], listed)


if __name__ == "__main__":
    main()
