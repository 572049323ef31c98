#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A backup server: its jobs log in by ssh with the key of a card, through the service, and nobody is there to ask. They work, or fail within a
second with one line that says why. As docs/serve.md has it."""

import os
import pathlib
import shutil

from harness import comment, isolation, main, programs, units
from harness.card_case import PIN, CardCase
from harness.own_machine import OwnMachine
from harness.token import fingerprint
from harness.wait import wait_for

BACKUP = "p11backup"
SURVIVES = {"keep_pin": {"idle": "none", "max": "none", "survive_removal": True}}
CREDENTIALS = pathlib.Path("/run/credentials/p11gate.service")
TRIES = 2
LOCKED = r"p11gate: the token \"[^\"]+\" is locked; `p11gate unlock` logs in to it"


class Backup(OwnMachine, CardCase):
    def setUp(self):
        super().setUp()
        self.card = self.insert("OpenSC")
        self.user = self.account(BACKUP)
        self.host = self.server(self.card.keys["9a"])
        self.service = None
        self.addCleanup(self.shut_down)

    def boot(self, login, **environment):
        """The machine has started: sockets and service are there, and no state."""
        rule = {"when": {"user": BACKUP}, "fingerprint": fingerprint(self.card.keys["9a"])}
        self.enforce({"version": 1, "module": programs.OPENSC, "allow": [rule], "login": login, "daemon": {"use": "require"}})
        self.service = units.Service(self.sandbox, self.tool_path)
        self.service.start(**environment)

    def shut_down(self):
        if self.service is not None:
            self.service.close()
        for folder in ("/run/p11gate", "/var/lib/p11gate"):
            shutil.rmtree(folder, ignore_errors=True)

    def reboot(self, login, **environment):
        self.shut_down()
        self.reader.pcscd.stop()
        self.reader.pcscd.start()
        wait_for(lambda: self.user.run("opensc-tool", "--name").ok, "the card", 20)
        self.boot(login, **environment)

    def unlock(self):
        result = self.user.run(self.tool_path, "unlock", "--stdin", stdin=PIN + "\n")
        self.assertTrue(result.ok, str(result))

    def state(self):
        return self.user.run(self.tool_path, "status", "--quiet").rc

    def job(self, *options):
        """A login as cron would have it: no terminal, nothing in the environment but what cron puts there."""
        settings = {
            "UserKnownHostsFile": "/dev/null", "StrictHostKeyChecking": "no", "LogLevel": "ERROR", "BatchMode": "yes",
            "IdentityFile": "none", "IdentityAgent": "none", "Port": self.host.port, "User": self.host.user,
        }
        words = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
        return self.user.run(programs.SSH, *words, *options, "127.0.0.1", "backup", environment={"SHELL": "/bin/sh"})

    def assertWorks(self):
        result = self.job("-I", self.module)
        self.assertEqual((True, ""), (result.ok and "LOGIN-OK" in result.stdout, result.stderr), str(result))

    def assertFailsAtOnce(self, line, what):
        """With 255, and one line of p11gate's; not a second later than where ssh has no key at all."""
        results = [self.job("-I", self.module) for _ in range(TRIES)]
        without = min(self.job().seconds for _ in range(TRIES))
        for result in results:
            self.assertEqual(255, result.rc, str(result))
            said = [one for one in result.stderr.splitlines() if one.startswith("p11gate")]
            self.assertEqual(1, len(said), result.stderr)
            self.assertRegex(said[0], f"^{line}$")
        seconds = min(result.seconds for result in results)
        comment(f"{what}: fails after {seconds:.2f} s, where ssh has no key after {without:.2f} s: {results[0].stderr.strip()}")
        self.assertLess(seconds - without, 1)


class Card(Backup):
    def test_from_boot_to_boot(self):
        self.boot(SURVIVES)
        self.assertEqual(1, self.state())
        self.assertFailsAtOnce(LOCKED, "before the unlock")
        self.unlock()
        self.assertWorks()
        self.service.stop()
        self.service.start()
        self.assertFailsAtOnce(LOCKED, "the service was started anew")
        self.unlock()
        self.assertWorks()
        self.reboot(SURVIVES)
        self.assertFailsAtOnce(LOCKED, "the machine was started anew")
        self.unlock()
        self.assertWorks()
        self.assertEqual(3, self.card.tries())

    def test_without_the_service(self):
        self.boot(SURVIVES)
        self.unlock()
        self.service.close()
        self.assertEqual(3, self.state())
        self.assertFailsAtOnce("p11gate: /run/p11gate/socket: .*", "nobody listens")
        self.shut_down()
        self.assertFailsAtOnce("p11gate: /run/p11gate/socket: .*", "there is no socket")

    def test_where_systemd_listens_and_the_service_does_not_start_it_ends(self):
        self.boot(SURVIVES)
        self.service.stop()
        result = self.job("-I", self.module)
        self.assertEqual((255, 1), (result.rc, result.stderr.count("p11gate: /run/p11gate/socket: ")), str(result))
        self.assertIn("the server did not answer in time", result.stderr)
        comment(f"a service that does not start: fails after {result.seconds:.1f} s")

    def test_with_survive_removal_a_card_that_is_back_works_at_once(self):
        self.boot(SURVIVES)
        self.unlock()
        self.assertWorks()
        self.card.pull()
        self.assertFailsAtOnce("p11gate: .*", "the card is out")
        self.assertEqual(2, self.state())
        self.card.insert()
        wait_for(lambda: self.state() == 0, "the card", 20)
        self.assertWorks()

    def test_without_it_after_the_next_unlock(self):
        self.boot({"keep_pin": {"idle": "none", "max": "none"}})
        self.unlock()
        self.assertWorks()
        self.card.pull()
        self.assertFailsAtOnce("p11gate: .*", "the card is out")
        self.card.insert()
        wait_for(lambda: self.state() == 1, "the card", 20)
        self.assertFailsAtOnce(LOCKED, "the card was out")
        self.unlock()
        self.assertWorks()


class Credential(Backup):
    def test_nobody_has_to_unlock_it(self):
        login = {"pin_source": "systemd:pin", **SURVIVES}
        self.boot(login, CREDENTIALS_DIRECTORY=self.credentials())
        self.assertWorks()
        self.assertEqual(0, self.state())
        self.reboot(login, CREDENTIALS_DIRECTORY=self.credentials())
        self.assertEqual(0, self.state(), "a job that asks first would never run")
        self.assertWorks()
        self.card.pull()
        self.assertFailsAtOnce("p11gate: .*", "the card is out")
        self.card.insert()
        wait_for(lambda: self.state() == 0, "the card", 20)
        self.assertWorks()
        self.assertRegex(self.user.run(self.tool_path, "status").stdout, "^unlocked: .* by pin_source at ")

    def test_the_user_does_not_read_it(self):
        self.boot({"pin_source": "systemd:pin"}, CREDENTIALS_DIRECTORY=self.credentials())
        self.assertIn("Permission denied", self.user.run("cat", CREDENTIALS / "pin").stderr)

    @staticmethod
    def credentials():
        """As systemd leaves them for the service (systemd.exec(5))."""
        account = units.make_account()
        shutil.rmtree(CREDENTIALS, ignore_errors=True)
        CREDENTIALS.mkdir(parents=True)
        (CREDENTIALS / "pin").write_text(PIN)
        for path, mode in ((CREDENTIALS / "pin", 0o400), (CREDENTIALS, 0o500)):
            path.chmod(mode)
            os.chown(path, account.pw_uid, account.pw_gid)
        return str(CREDENTIALS)


del Backup

if __name__ == "__main__":
    isolation.enter("/home", "/var/lib", etc=True)
    main()
