#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Uses of a key through `p11gate serve`: how many, who is asked, and an end in the middle of one."""

import os
import shlex
import signal
import subprocess
import threading
import time

from harness import audit, main, programs, rows
from harness.serve_case import PIN, ServeCase
from harness.wait import wait_for


class Limit(ServeCase):
    @rows({"stock": False}, {"stock": True})
    def test_a_user_gets_no_more_within_a_minute_whatever_the_program(self, stock):
        log = self.sandbox.folder / "audit.jsonl"
        self.serve(allow=[{"id": "08", "use": {"max_signatures_per_minute": 3}}], log={"audit": str(log)})
        self.unlock()
        module = self.stock() if stock else self.module
        for login in (self.batch(module), self.batch(module), self.batch()):
            self.assertLogin(login, [self.card.fingerprint("user8")])
        for login in (self.batch(module), self.batch()):
            self.assertNoLogin(login)
        self.assertIn("a signature is refused: max_signatures_per_minute permits no more than 3", self.daemon.log.read_text())
        self.assertIn("too many", [line.get("reason") for line in audit.read(log)])
        self.assertEqual(3, self.calls.counts["C_Sign"], "what is refused does not reach the library")

    def test_without_one_there_is_none(self):
        self.serve()
        self.unlock()
        for _ in range(5):
            self.assertLogin(self.batch())


class Asked(ServeCase):
    def answer(self, line):
        """A program that gives the PIN, and to a question whether the key may be used does as the line says."""
        self.questions = self.sandbox.folder / "questions"
        self.questions.touch()
        script = (f'#!/bin/sh\nif [ "$SSH_ASKPASS_PROMPT" != confirm ]; then echo {PIN}; exit; fi\n'
                  f'printf \'%s\\n\' "$1" >> {shlex.quote(str(self.questions))}\n{line}\n')
        path = self.sandbox.write("answer", script, 0o700)
        self.asking = {"SSH_ASKPASS": str(path), "SSH_ASKPASS_REQUIRE": "force"}

    def logs_in(self, module):
        """The question is not ssh's own: BatchMode keeps that from asking."""
        return self.batch(module, environment=self.asking)

    def asked(self):
        return self.questions.read_text().count("Allow a signature")

    @rows(*[{"stock": stock, "line": line} for stock in (False, True) for line in ("exit 0", "exit 1")])
    def test_the_daemon_asks_and_nobody_else(self, stock, line):
        self.answer(line)
        self.sandbox.environment |= self.asking
        self.serve(allow=[{"id": "08", "use": {"confirm": True}}])
        self.unlock()
        login = self.logs_in(self.stock() if stock else self.module)
        (self.assertLogin if line == "exit 0" else self.assertNoLogin)(login)
        self.assertEqual(1, self.asked(), self.questions.read_text())

    def test_a_daemon_that_can_ask_nobody_refuses(self):
        self.answer("exit 0")
        self.serve(allow=[{"id": "08", "use": {"confirm": True}}])
        self.unlock()
        self.assertNoLogin(self.logs_in(self.module))
        self.assertEqual(0, self.asked(), "the client's word is not enough")
        self.assertIn("it must be confirmed, and there is no display to ask on", self.daemon.log.read_text())

    def test_before_a_server_that_does_not_ask_the_module_does(self):
        """p11-kit's own server of the library, without p11gate in it."""
        self.answer("exit 0")
        module = self.policy(allow=[{"id": "08", "use": {"confirm": True}}])
        self.sandbox.folder.joinpath("served").mkdir(mode=0o700)
        self.sandbox.start("p11-kit", "server", "-f", "-n", self.path, "--provider", programs.SPY, "pkcs11:", log=self.sandbox.folder / "server.log")
        wait_for(lambda: os.path.exists(self.path), "p11-kit server does not listen")
        login = self.login(self.host, module, askpass=None, environment=self.asking)
        self.assertLogin(login)
        self.assertEqual(1, self.asked(), self.questions.read_text())


class End(ServeCase):
    def test_a_library_that_hangs_does_not_keep_the_daemon_from_ending(self):
        self.serve()
        self.unlock()
        self.daemon.kill_vendor(signal.SIGSTOP)
        waiting = threading.Thread(target=self.batch)
        waiting.start()
        time.sleep(1)
        before = time.monotonic()
        self.daemon.process.terminate()
        try:
            self.assertEqual(0, self.daemon.process.wait(25))  # a call would be waited for 30 seconds
        except subprocess.TimeoutExpired:
            self.fail("it does not end")
        finally:
            self.daemon.kill_vendor()
            waiting.join()
        self.assertLess(time.monotonic() - before, 25)


if __name__ == "__main__":
    main()
