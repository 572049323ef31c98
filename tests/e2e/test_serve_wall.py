#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Where the service's account alone reaches the HSM's credentials or the reader, the policy is a wall: whatever a user loads, starts or
writes, he gets what the daemon gives him."""

import grp
import json
import os
import pathlib

from harness import isolation, main, programs, rows, units
from harness.card_case import PIN as CARD_PIN
from harness.card_case import CardCase
from harness.own_machine import OwnMachine
from harness.token import fingerprint

ALICE, BOB = NAMES = ("p11alice", "p11bob")
PIN = "zebra-73502918"
OWN_CONFIGS = (
    {"version": 1, "allow": "all"},
    {"version": 1, "allow": "all", "module": programs.VENDOR},
    {"version": 1, "allow": "all", "daemon": {"use": "off"}},
    {"version": 1, "allow": "all", "daemon": {"use": "off"}, "module": programs.VENDOR},
)


class Wall(OwnMachine):
    """The service, and two users of whom only one is given a key."""

    def stand(self, policy):
        self.users = [self.account(name) for name in NAMES]
        self.alice, self.bob = self.users
        self.enforce({"version": 1, "daemon": {"use": "require"}, **policy})
        self.service = units.Service(self.sandbox, self.tool_path)
        self.addCleanup(self.service.close)
        for user in self.users:
            user.configure(None)

    def unlock(self, pin):
        result = self.alice.run(self.tool_path, "unlock", "--stdin", stdin=pin + "\n")
        self.assertTrue(result.ok, str(result))

    def listed(self, user, environment=None):
        """Labels of keys that he is shown by p11gate."""
        result = user.run(self.tool_path, "list", "--json", environment=environment)
        return [key["fingerprint"] for key in json.loads(result.stdout or "[]")]

    def objects(self, user, module, environment=None):
        result = user.run(programs.PKCS11_TOOL, "--module", module, "-O", environment=environment)
        return result.stdout.count("Object;"), result.stdout + result.stderr


class Hsm(Wall):
    def setUp(self):
        super().setUp()
        self.made = self.token("eight", PIN=PIN)
        self.own = self.made.fingerprint("user8")
        self.stand({"module": programs.VENDOR, "allow": [{"when": {"user": ALICE}, "fingerprint": self.own}]})
        self.hsm(self.made, self.service.account)
        self.service.start()
        self.unlock(PIN)

    def test_through_the_daemon_each_has_what_the_policy_gives(self):
        self.assertEqual([self.own], self.listed(self.alice))
        self.assertEqual([], self.listed(self.bob))
        for module, environment in ((self.module, {}), (programs.P11KIT_CLIENT, {"P11_KIT_SERVER_ADDRESS": f"unix:path={self.service.socket}"})):
            self.assertEqual([2, 0], [self.objects(user, module, environment)[0] for user in self.users])

    def test_the_vendor_s_library_shows_him_no_token(self):
        tokens = pathlib.Path("/var/lib/softhsm/tokens")
        conf = self.alice.write("softhsm2.conf", f"directories.tokendir = {tokens}\nobjectstore.backend = file\n")
        for environment in ({}, {"SOFTHSM2_CONF": str(conf)}):
            count, said = self.objects(self.alice, programs.VENDOR, environment)
            self.assertEqual(0, count, said)
        for words in (("ls", tokens), ("cp", "-r", tokens, self.alice.home / "copy"), ("mv", tokens, tokens.with_name("gone"))):
            result = self.alice.run(*words)
            self.assertIn("Permission denied", result.stderr, str(words))

    @rows(*[{"number": number} for number in range(len(OWN_CONFIGS))])
    def test_his_own_configuration_gives_him_no_more(self, number):
        for user, most in ((self.alice, {self.own}), (self.bob, set())):
            user.configure(OWN_CONFIGS[number])
            self.assertLessEqual(set(self.listed(user)), most)
            self.assertLessEqual(set(self.listed(user, {"P11GATE_CONFIG": str(user.config)})), most)
            self.assertLessEqual(self.objects(user, self.module)[0], 2 * len(most))

    def test_his_own_configuration_takes_away_in_his_processes(self):
        self.alice.configure({"version": 1, "allow": [{"id": "01"}]})
        self.assertEqual([], self.listed(self.alice))

    def test_a_daemon_of_his_own_has_nothing_and_does_not_take_the_socket(self):
        own = {"version": 1, "module": programs.VENDOR, "allow": "all"}
        for policy, said in ((None, "cannot listen on /run/p11gate/socket: "), (own, "found `module` in a user's file beside the system's")):
            self.alice.configure(policy)
            result = self.alice.run(self.tool_path, "serve")
            self.assertEqual((1, True), (result.rc, said in result.stderr), str(result))
        self.alice.configure(None)
        for words in (("rm", self.service.socket), ("mv", self.service.socket, self.service.socket + ".old"), ("touch", "/run/p11gate/file")):
            self.assertIn("Permission denied", self.alice.run(*words).stderr)
        self.assertEqual([self.own], self.listed(self.alice))

    def test_the_daemon_s_memory_descriptors_and_log_are_not_his(self):
        process = self.service.process.pid
        for path in (f"/proc/{process}/mem", f"/proc/{process}/environ", f"/proc/{process}/maps", self.service.state / "log"):
            self.assertIn("Permission denied", self.alice.run("cat", path).stderr, path)
        self.assertIn("Permission denied", self.alice.run("ls", f"/proc/{process}/fd").stderr)
        self.assertIn("Operation not permitted", self.alice.run("kill", process).stderr)

    def test_the_account_s_own_processes_are_not_let_into_its_memory(self):
        account = self.account(self.service.account.pw_name)
        self.assertIn("Permission denied", account.run("cat", f"/proc/{self.service.process.pid}/mem").stderr)


class ReaderWall(Wall, CardCase):
    def setUp(self):
        super().setUp()
        self.card = self.insert("OpenSC")
        self.own = fingerprint(self.card.keys["9a"])
        self.stand({"module": programs.OPENSC, "allow": [{"when": {"user": ALICE}, "fingerprint": self.own}]})
        self.close_off()
        self.service.start()
        self.unlock(CARD_PIN)

    def close_off(self):
        """pcscd's socket as the shipped drop-in has systemd make it."""
        drop_in = units.read("pcscd.socket.conf")
        os.chown("/run/pcscd/pcscd.comm", 0, grp.getgrnam(drop_in["SocketGroup"][0]).gr_gid)
        os.chmod("/run/pcscd/pcscd.comm", int(drop_in["SocketMode"][0], 8))

    def test_he_sees_no_reader_and_through_the_daemon_his_key(self):
        for user in self.users:
            result = user.run("opensc-tool", "--list-readers")
            self.assertNotIn(self.stack.reader, result.stdout + result.stderr)
            self.assertEqual(0, self.objects(user, programs.OPENSC)[0])
        self.assertEqual([[self.own], []], [self.listed(user) for user in self.users])
        self.assertEqual([True, False], [self.objects(user, self.module)[0] > 0 for user in self.users])

    def test_the_daemon_sees_the_card_go_and_come(self):
        self.card.pull()
        self.assertEqual([], self.listed(self.alice))
        self.card.insert()
        self.unlock(CARD_PIN)
        self.assertEqual([self.own], self.listed(self.alice))


del Wall

if __name__ == "__main__":
    isolation.enter("/home", "/var/lib", etc=True)
    main()
