#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A machine with a daemon for all, and with ten users who log in at the same time: one PIN, one library, and no more sessions than it has."""

import concurrent.futures
import itertools

from harness import comment, isolation, main, programs, ssh
from harness.own_machine import OwnMachine, installed, installed_text
from harness.units import Service

USERS = [f"p11user{number}" for number in range(10)]
LOGINS, AT_ONCE = 100, 20


class Many(OwnMachine):
    def setUp(self):
        super().setUp()
        self.users = [self.account(name) for name in USERS]
        keys = "".join(f'key {name} ec:P-256\npair {name} id={number:02x} label="ssh-user-{name}"\n' for number, name in enumerate(USERS, 1))
        self.card = self.token(str(self.sandbox.write("users.token", f"token label=shared\n{keys}")))
        self.host = self.server(*self.card.public_keys().values())
        self.ssh_config = installed_text("ssh_config", ssh.configuration(self.host, BatchMode="yes"))
        self.enforce({"version": 1, "module": programs.SPY, "allow": [{"label": "ssh-user-%u"}], "daemon": {"use": "require"}})

    def serve(self, vendor):
        """The service with that library, whose calls are counted."""
        self.service = Service(self.sandbox, self.tool_path)
        self.addCleanup(self.service.close)
        self.hsm(self.card, self.service.account)
        self.calls = self.spy()
        self.calls.move(self.service.state / "spy.log")
        names = ("PKCS11SPY_OUTPUT", "ODD_VENDOR_OF", "ODD_VENDOR_HABITS")
        self.service.start(PKCS11SPY=installed(vendor), **{name: self.sandbox.environment[name] for name in names})

    def log_in(self, user):
        """What went wrong, or None."""
        result = user.run(programs.SSH, "-v", "-F", self.ssh_config, "-I", self.module, "127.0.0.1")
        good = result.ok and "LOGIN-OK" in result.stdout and ssh.offers(result.stderr) == [self.card.fingerprint(user.name)]
        return None if good else f"{user.name}: {result}"

    def test_one_PIN_for_a_hundred_logins_of_ten_users_at_the_same_time(self):
        self.serve(self.odd_vendor("one-session"))
        unlocked = self.users[0].run(self.tool_path, "unlock", "--stdin", stdin="1234\n")
        self.assertTrue(unlocked.ok, f"{unlocked}\n{self.service.said()}")
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            failed = [wrong for wrong in pool.map(self.log_in, itertools.islice(itertools.cycle(self.users), LOGINS)) if wrong]
        self.assertEqual(0, len(failed), "\n".join(failed[:3]) + self.service.said())
        counts = self.calls.counts
        comment(f"{LOGINS} logins, {AT_ONCE} at once: the library saw {dict(counts)}, and had {self.calls.most_sessions} sessions at most")
        self.assertEqual({"C_Initialize": 1, "C_Login": 1, "C_Sign": LOGINS}, {name: counts[name] for name in ("C_Initialize", "C_Login", "C_Sign")})
        self.assertEqual(1, self.calls.most_sessions)


if __name__ == "__main__":
    isolation.enter("/home", "/var/lib", etc=True)
    main()
