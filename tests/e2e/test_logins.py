#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Logins that p11gate makes by itself: without anybody who types a PIN, one try, and of the PIN nothing is left."""

import os
import time

from harness import Case, main, programs, rows
from harness.pin_host import PinHost, writes_dumps

PIN, WRONG = "zebra-73502918", "otter-46018273"
SOURCES = [{"kind": kind} for kind in ("file", "systemd", "command", "askpass")]
BATCH = {"BatchMode": "yes"}
CKF_LOGIN_REQUIRED = 0x4
CKR_OK, CKR_PIN_INCORRECT, CKR_USER_NOT_LOGGED_IN = 0, 0xA0, 0x101


class Sources(Case):
    def source(self, kind, pin=PIN):
        """The value of pin_source, and what it needs, for programs started from now on."""
        path = self.sandbox.folder / "credentials" / "card"
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_text(pin + "\n")
        path.chmod(0o600)
        if kind == "file":
            return f"file:{path}"
        if kind == "systemd":
            self.sandbox.environment["CREDENTIALS_DIRECTORY"] = str(path.parent)
            return "systemd:card"
        if kind == "command":
            return f"command:{self.sandbox.write('get-pin', f'#!/bin/sh{chr(10)}cat {path}{chr(10)}', 0o700)}"
        self.asked = self.askpass(pin)
        self.sandbox.environment |= self.asked.environment
        return "askpass"

    def made(self, kind, pin=PIN, **more):
        """A token, the spy's calls, and the module with that source."""
        token, spy = self.token("one", PIN=PIN), self.spy()
        login = {"pin_source": self.source(kind, pin), **more}
        return token, spy, self.gate([{"id": "01"}], module=programs.SPY, login=login)

    @rows(*SOURCES)
    def test_BatchMode_logs_in(self, kind):
        token, spy, module = self.made(kind)
        login = self.login(self.server(token.public_key("user1")), module, askpass=None, options=BATCH)
        self.assertLogin(login, [token.fingerprint("user1")])
        self.assertEqual(1, spy.counts["C_Login"], str(spy.counts))
        if kind == "askpass":
            self.assertEqual(["Enter PIN for 'one':"], self.asked.prompts)

    @rows(*SOURCES)
    def test_ssh_add_s_takes_the_token_without_a_PIN_and_the_agent_signs(self, kind):
        token, spy, module = self.made(kind)
        agent = self.agent()
        self.add(agent, module, "")
        self.assertEqual(0, spy.counts["C_Login"], "not for a listing")
        for _ in range(2):
            self.assertLogin(self.login(self.server(token.public_key("user1")), agent=agent, askpass=None, options=BATCH))
        self.assertEqual(1, spy.counts["C_Login"], str(spy.counts))

    @rows(*SOURCES)
    def test_a_wrong_PIN_is_tried_once_and_nothing_hangs(self, kind):
        token, spy, module = self.made(kind, WRONG)
        server = self.server(token.public_key("user1"))
        self.assertNoLogin(self.login(server, module, askpass=None, options=BATCH, timeout=20))
        self.assertEqual(1, spy.counts["C_Login"], str(spy.counts))

    def test_ssh_keygen_D_sends_no_PIN(self):
        _, spy, module = self.made("file")
        keys, result = self.listing(module)
        self.assertEqual((1, 0), (len(keys), spy.counts["C_Login"]), str(result))

    @rows({"words": ("list",)}, {"words": ("keys",)}, {"words": ("explain",)}, {"words": ("check",)})
    def test_the_command_sends_none_by_itself(self, words):
        _, spy, _ = self.made("file")
        self.tool(*words)
        self.assertEqual(0, spy.counts["C_Login"], str(spy.counts))

    def test_a_token_that_shows_nothing_before_is_logged_in_to(self):
        token = self.token("K")
        module = self.gate([{"token": {"label": "K"}}], login={"pin_source": self.source("file", "1234")})
        login = self.login(self.server(token.public_key("user1")), module, askpass=None, options=BATCH)
        self.assertLogin(login, [token.fingerprint("user1")])

    def test_without_the_file_ssh_asks(self):
        token, _, module = self.made("file")
        (self.sandbox.folder / "credentials" / "card").unlink()
        login = self.login(self.server(token.public_key("user1")), module, askpass=self.askpass(PIN))
        self.assertLogin(login)
        self.assertEqual(["Enter PIN for 'one':"], login.prompts)
        self.assertIn("p11gate: no PIN can be had from file:", login.output)

    def test_a_file_that_others_can_read_shows_nothing(self):
        token, spy, module = self.made("file")
        (self.sandbox.folder / "credentials" / "card").chmod(0o644)
        login = self.login(self.server(token.public_key("user1")), module, askpass=None, options=BATCH)
        self.assertNoLogin(login, [])
        self.assertIn("readable by others than its owner, run `chmod 0600 ", login.output)
        self.assertEqual(0, spy.counts["C_Login"])


class EachSignature(Case):
    """Keys that want their PIN for each signature."""

    def setUp(self):
        super().setUp()
        self.card = self.token("always-authenticate")
        self.module = self.gate("all", login={"keep_pin": {"idle": "5m"}})
        self.host = self.server(self.card.public_key("user1"))

    def test_ssh_asks_once_and_logs_in(self):
        login = self.login(self.host, self.module, askpass=self.askpass())
        self.assertLogin(login)
        self.assertEqual(1, len(login.prompts))

    def test_an_agent_signs_several_times(self):
        agent = self.agent()
        self.add(agent, self.module)
        for _ in range(3):
            self.assertLogin(self.login(self.host, agent=agent, askpass=None))

    def test_a_source_does_it_as_well(self):
        path = self.sandbox.write("pin", "1234")
        self.gate("all", login={"pin_source": f"file:{path}"})
        agent = self.agent()
        self.add(agent, self.module, "")
        for _ in range(3):
            self.assertLogin(self.login(self.host, agent=agent, askpass=None))

    def test_they_decrypt_under_read_only_too(self):
        self.gate("all", preset="read-only", login={"keep_pin": {"idle": "5m"}})
        key = self.sandbox.folder / "key.der"
        words = ["--module", self.module, "--id", "01"]
        read = self.sandbox.run(programs.PKCS11_TOOL, *words, "--read-object", "--type", "pubkey", "-o", key)
        self.assertTrue(read.ok, str(read))
        secret, out = self.sandbox.folder / "secret", self.sandbox.folder / "out"
        plain = self.sandbox.write("plain", "a secret")
        words_of_openssl = ("pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", key, "-in", plain, "-out", secret)
        made = self.sandbox.run("openssl", *words_of_openssl)
        self.assertTrue(made.ok, str(made))
        decrypting = ("--login", "--pin", "1234", "--decrypt", "-m", "RSA-PKCS", "-i", secret, "-o", out)
        result = self.sandbox.run(programs.PKCS11_TOOL, *words, *decrypting)
        self.assertTrue(result.ok, str(result))
        self.assertEqual("a secret", out.read_text())
        self.assertNotIn("CKU_CONTEXT_SPECIFIC", result.stderr)


class NothingIsLeft(Case):
    """The program wipes its own copy; all that is found is p11gate's, or the vendor's."""

    def setUp(self):
        super().setUp()
        self.token("one", PIN=PIN)

    def start(self, **login):
        log = {"file": str(self.sandbox.folder / "p11gate.log"), "level": "debug", "trace": True, "audit": str(self.sandbox.folder / "audit")}
        more = {"login": login} if login else {}
        return PinHost(self.sandbox, self.gate([{"id": "01"}], log=log, **more))

    def assertNowhere(self, *pins):
        """In no file of the sandbox but the one that has the PIN for pin_source."""
        for folder, _, names in os.walk(self.sandbox.folder):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path) and name != "the-pin":
                    with open(path, "rb") as file:
                        text = file.read()
                    for pin in pins:
                        self.assertNotIn(pin.encode(), text, name)

    def assertGone(self, host):
        for pin in (PIN, WRONG):
            self.assertEqual(0, host.finds(pin), pin)

    def test_without_keep_pin(self):
        host = self.start()
        self.assertEqual(CKR_PIN_INCORRECT, host.ask(f"login {WRONG}"))
        self.assertEqual(CKR_OK, host.ask(f"login {PIN}"))
        self.assertEqual(CKR_OK, host.ask("sign"))
        self.assertGone(host)
        self.assertEqual(0, host.close())
        self.assertNowhere(PIN, WRONG)

    def test_of_a_kept_PIN_in_a_dump_and_after_its_time_anywhere(self):
        host = self.start(keep_pin={"idle": "2s", "max": "1h"})
        self.assertEqual(CKR_OK, host.ask(f"login {PIN}"))
        self.assertEqual(CKR_OK, host.ask("sign"))
        self.assertEqual(0, host.finds(PIN, "dumped"))
        time.sleep(3.5)
        if self.kernel_keeps_no_keys():
            host.ask("flags")  # then the next call wipes it
        self.assertGone(host)
        self.assertEqual(0, host.close())
        self.assertNowhere(PIN)

    def test_what_is_there_is_found(self):
        host = self.start()
        self.assertEqual(0, host.ask(f"hold {PIN}"))
        self.assertNotEqual(0, host.finds(PIN))
        self.assertNotEqual(0, host.finds(PIN, "dumped"))
        if writes_dumps():
            (found,) = host.crash(PIN)
            self.assertNotEqual(0, found)

    @rows({"kept": True}, {"kept": False})
    def test_of_a_PIN_in_the_dump_that_the_kernel_writes(self, kept):
        if not writes_dumps():
            self.skipTest("the kernel gives dumps to a program")
        host = self.start(**({"keep_pin": {"idle": "1h"}} if kept else {}))
        self.assertEqual(CKR_PIN_INCORRECT, host.ask(f"login {WRONG}"))
        self.assertEqual(CKR_OK, host.ask(f"login {PIN}"))
        self.assertEqual(CKR_OK, host.ask("sign"))
        if kept and self.kernel_keeps_no_keys():
            self.assertNotEqual(0, host.finds(PIN), "then it is in memory")
        self.assertEqual([0, 0], host.crash(PIN, WRONG))
        self.assertNowhere(PIN, WRONG)

    def test_after_C_Logout_and_a_login_again(self):
        host = self.start(keep_pin={"idle": "1h"})
        for _ in range(2):
            self.assertEqual(CKR_OK, host.ask(f"login {PIN}"))
            self.assertEqual(CKR_OK, host.ask("logout"))
            self.assertGone(host)
        self.assertEqual(0, host.ask("find"))
        self.assertNotEqual(0, host.ask("flags") & CKF_LOGIN_REQUIRED)
        self.assertEqual(0, host.close())

    @rows(*[{"pin": pin, "found": found, "kind": kind} for pin, found in ((PIN, 1), (WRONG, 0)) for kind in ("file", "command")])
    def test_of_what_a_source_gave(self, pin, found, kind):
        path = self.sandbox.write("the-pin", pin + "\n")
        program = self.sandbox.write("get-pin", f"#!/bin/sh\ncat {path}\n", 0o700)
        host = self.start(pin_source=f"file:{path}" if kind == "file" else f"command:{program}")
        self.assertEqual(0, host.ask("flags") & CKF_LOGIN_REQUIRED)
        self.assertEqual(found, host.ask("find"))
        self.assertEqual(0 if found else CKF_LOGIN_REQUIRED, host.ask("flags") & CKF_LOGIN_REQUIRED)
        self.assertGone(host)
        self.assertEqual(0, host.close())
        self.assertNowhere(PIN, WRONG)

    def kernel_keeps_no_keys(self):
        """Does the log say so? Only then was the PIN itself in memory."""
        return "the kernel keeps no keys for this process" in (self.sandbox.folder / "p11gate.log").read_text()


if __name__ == "__main__":
    main()
