#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Several vendor libraries in one list of slots: SoftHSM and NSS, which wants arguments for C_Initialize."""

import re

from harness import Case, main, programs
from harness.nss import Nss
from harness.ssh import bare
from harness.token import fingerprint

SLOT = re.compile(r"(?m)^Slot \d+ \(0x([0-9a-f]+)\)")


class OneKey(Nss):
    names = ("badge",)
    pin = "5678"


class Vendors(Case):
    def setUp(self):
        super().setUp()
        self.soft = self.token("one")
        self.nss = OneKey()
        self.addCleanup(self.nss.close)
        self.badge = bare(self.nss.keys["badge"])

    def both(self, allow="all", init_args=None, swapped=False):
        """Writes a configuration with both libraries; returns the module that ssh is to load."""
        modules = [
            {"name": "soft", "path": programs.VENDOR},
            {"name": "nss", "path": programs.SOFTOKEN, "init_args": init_args or self.nss.init_args},
        ]
        policy = {"version": 1, "modules": modules[::-1] if swapped else modules, "allow": allow}
        self.sandbox.configure(policy | {"log": {"level": "info"}})
        return programs.MODULE

    def slots(self, module):
        result = self.sandbox.run(programs.PKCS11_TOOL, "--module", module, "-L")
        return [int(number, 16) for number in SLOT.findall(result.stdout)]

    def test_the_keys_of_both_are_listed_in_the_order_of_the_modules(self):
        soft, badge = bare(self.soft.public_key("user1")), self.badge
        for swapped in (False, True):
            keys, result = self.listing(self.both(swapped=swapped))
            self.assertEqual([badge, soft] if swapped else [soft, badge], keys, str(result))

    def test_ssh_logs_in_with_the_key_of_each_and_asks_for_its_own_PIN(self):
        module = self.both()
        pins = {"'one'": "1234", "'NSS Certificate DB'": self.nss.pin}
        for key in (self.soft.public_key("user1"), self.badge):
            askpass = self.askpass(pins)
            login = self.login(self.server(key), module, askpass=askpass)
            self.assertLogin(login)
            self.assertEqual(fingerprint(key), login.offers[-1])
            self.assertEqual(len(set(login.prompts)), len(login.prompts), str(login))

    def test_one_agent_holds_the_keys_of_both(self):
        module = self.both([{"token": {"label": "NSS Certificate DB"}}])
        agent = self.agent()
        self.add(agent, module, self.nss.pin)
        self.assertLogin(self.login(self.server(self.badge), agent=agent))

    def test_a_slot_has_the_same_number_in_every_process(self):
        module = self.both()
        first = self.slots(module)
        self.assertEqual(2, len(set(first)))
        self.assertEqual(0x10002, first[1])  # NSS's slot 2, of the second module
        for _ in range(3):
            self.assertEqual(first, self.slots(module))
        for number in first:
            result = self.sandbox.run(programs.PKCS11_TOOL, "--module", module, "--slot", str(number), "-O")
            self.assertTrue(result.ok, str(result))

    def test_a_library_that_gets_no_sense_of_its_arguments_leaves_the_other(self):
        soft = bare(self.soft.public_key("user1"))
        keys, result = self.listing(self.both(init_args=f"configdir='sql:{self.sandbox.folder}/nowhere'"))
        self.assertEqual([soft], keys, str(result))
        self.assertEqual(1, result.stderr.count("nss: C_Initialize failed"), str(result))


if __name__ == "__main__":
    main()
