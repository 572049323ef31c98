#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""One login for many clients: `p11gate serve`, `unlock`, `lock`, `status`, and the module as its client."""

import concurrent.futures
import contextlib
import json
import os
import re
import shlex
import signal
import socket
import struct
import time

from harness import main, programs, rows
from harness.daemon import Daemon
from harness.sandbox import end
from harness.serve_case import BATCH, PIN, ServeCase
from harness.wait import wait_for

WRONG = "otter-46018273"


class Login(ServeCase):
    @rows({"stock": False}, {"stock": True})
    def test_a_PIN_is_entered_once_and_each_ssh_logs_in_without_asking(self, stock):
        self.serve()
        self.unlock()
        module = self.stock() if stock else self.module
        for _ in range(3):
            self.assertLogin(self.batch(module), [self.card.fingerprint("user8")])
        counts = self.calls.counts
        self.assertEqual((1, 1), (counts["C_Login"], counts["C_Initialize"]), str(counts))

    def test_twelve_logins_at_the_same_time(self):
        self.serve()
        self.unlock()
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            logins = list(pool.map(lambda _: self.batch(), range(12)))
        for login in logins:
            self.assertLogin(login, [self.card.fingerprint("user8")])
        counts = self.calls.counts
        self.assertEqual((1, 1), (counts["C_Login"], counts["C_Initialize"]), str(counts))

    def test_an_agent_signs_through_it(self):
        self.serve()
        self.unlock()
        agent = self.agent()
        self.add(agent, self.module, "")
        for _ in range(2):
            self.assertLogin(self.login(self.host, agent=agent, askpass=None, options=BATCH))
        self.assertEqual(1, self.calls.counts["C_Login"])

    def test_p11tool_and_p11_kit_s_proxy_find_the_one_key_and_sign(self):
        self.serve()
        self.unlock()
        folder = self.sandbox.folder / "modules"
        folder.mkdir()
        (folder / "served.module").write_text(f"module: {self.stock()}\n")
        preload = " ".join(filter(None, [os.environ.get("P11GATE_PRELOAD"), programs.P11KIT_FILES]))
        files = {"LD_PRELOAD": preload, "P11KIT_FILES": str(folder)}  # root's programs read no configuration of root's
        data = self.sandbox.write("data", "data")

        def run(line):
            result = self.sandbox.run(*shlex.split(line), environment=files)
            self.assertTrue(result.ok, f"{line}: {result}")
            return result.stdout

        proxy = "pkcs11-tool --module p11-kit-proxy.so --token-label eight"
        listed = run("p11tool --list-all 'pkcs11:token=eight;type=public'")
        self.assertEqual(["%08"], re.findall(r"(?m)URL:.*;id=([^;]*)", listed), listed)
        self.assertIn("08", run(f"{proxy} -O --type privkey"))
        run(f"{proxy} --sign -m SHA256-RSA-PKCS --id 08 -i {data} -o {self.sandbox.folder}/signature")
        self.assertEqual(256, (self.sandbox.folder / "signature").stat().st_size)
        self.assertEqual(1, self.calls.counts["C_Login"])

    @rows({"stock": False}, {"stock": True})
    def test_locked_it_fails_at_once_and_says_why(self, stock):
        self.serve()
        module = self.stock() if stock else self.module
        asked = self.askpass(PIN)
        login = self.login(self.host, module, askpass=asked)
        self.assertNoLogin(login)
        self.assertEqual(255, login.rc)
        self.assertEqual([], login.prompts, "nobody is asked for a PIN that would go nowhere")
        said = self.daemon.log.read_text() if stock else login.output
        self.assertIn('the token "eight" is locked; `p11gate unlock` logs in to it', said)
        self.assertEqual(0, self.calls.counts["C_Login"])

    def test_locked_again_an_agent_fails_and_goes_on_after_the_next_unlock(self):
        self.serve()
        self.unlock()
        agent = self.agent()
        self.add(agent, self.module, "")
        self.assertLogin(self.login(self.host, agent=agent, askpass=None, options=BATCH))
        self.assertTrue(self.daemon.lock().ok)
        self.assertNoLogin(self.login(self.host, agent=agent, askpass=None, options=BATCH))
        self.unlock()
        self.assertLogin(self.login(self.host, agent=agent, askpass=None, options=BATCH))

    def test_Ed25519_signs(self):
        self.card = self.token("ed25519")
        self.serve(allow="all")
        self.unlock("1234")
        data = self.sandbox.write("data", "data")
        result = self.sandbox.run(programs.PKCS11_TOOL, "--module", self.module, "--sign", "-m", "EDDSA", "--id", "02", "-i", data, "-o", self.sandbox.folder / "signature")
        self.assertTrue(result.ok, str(result))
        self.assertEqual(64, (self.sandbox.folder / "signature").stat().st_size)

    def test_a_client_s_own_PIN_is_compared_and_not_passed_on(self):
        self.serve()
        words = (programs.PKCS11_TOOL, "--module", self.module, "--login", "-O", "--pin")
        self.assertFalse(self.sandbox.run(*words, PIN).ok, "it is locked")
        self.unlock()
        self.assertTrue(self.sandbox.run(*words, PIN).ok)
        self.assertIn("CKR_PIN_INCORRECT", self.sandbox.run(*words, WRONG).stderr)
        self.assertEqual(1, self.calls.counts["C_Login"])


class Commands(ServeCase):
    def test_status_tells_by_its_exit_code(self):
        module = self.policy()
        self.assertEqual(3, self.tool("status", "--quiet").rc, module)
        self.daemon = Daemon(self.sandbox, self.path)
        self.assertEqual(1, self.daemon.status("--quiet").rc)
        self.unlock()
        quiet = self.daemon.status("--quiet")
        self.assertEqual((0, "", ""), (quiet.rc, quiet.stdout, quiet.stderr))
        self.policy(allow=[{"id": "77"}])
        self.assertEqual(2, self.daemon.status("--quiet").rc, "no token is shown")

    def test_status_tells_who_unlocked_and_when(self):
        self.serve()
        before = int(time.time())
        self.unlock()
        (token,) = json.loads(self.daemon.status("--json").stdout)
        since = token.pop("since")
        self.assertEqual({"state": "unlocked", "token": "eight", "by": os.getuid()}, {k: token[k] for k in ("state", "token", "by")})
        self.assertGreaterEqual(since, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(before)))
        self.assertRegex(self.daemon.status().stdout, rf'^unlocked: token "eight", serial \w+, by user {os.getuid()} at {since}\n$')
        self.daemon.lock()
        (token,) = json.loads(self.daemon.status("--json").stdout)
        self.assertEqual(("locked", None, None), (token["state"], token["by"], token["since"]))

    def test_a_wrong_PIN_is_refused_and_not_sent_twice(self):
        self.serve()
        for _ in range(2):
            result = self.daemon.unlock(WRONG)
            self.assertEqual(1, result.rc)
            self.assertIn("the token cannot be unlocked: CKR_PIN_INCORRECT", result.stderr)
        self.assertEqual(1, self.calls.counts["C_Login"])
        self.unlock()

    def test_unlocked_already_only_the_right_PIN_is_taken(self):
        self.serve()
        self.unlock()
        self.unlock()
        self.assertEqual(1, self.daemon.unlock(WRONG).rc)
        self.assertEqual(1, self.calls.counts["C_Login"])

    def test_a_token_that_is_not_shown_gets_no_PIN(self):
        self.serve(allow=[{"id": "77"}])
        result = self.daemon.unlock(PIN)
        self.assertEqual(2, result.rc)
        self.assertIn("no token is there that is shown to you", result.stderr)
        self.assertEqual(0, self.calls.counts["C_Login"])

    @rows({"pin": PIN, "state": 0}, {"pin": WRONG, "state": 1})
    def test_a_PIN_of_the_source_is_sent_once_however_often_the_state_is_asked_for(self, pin, state):
        self.serve(login={"pin_source": f"file:{self.sandbox.write('the-pin', pin)}"})
        for _ in range(4):
            self.assertEqual(state, self.daemon.status("--quiet").rc)
        self.assertNoLogin(self.batch()) if state else self.assertLogin(self.batch())
        self.assertEqual(1, self.calls.counts["C_Login"])

    def source(self, *lines):
        """A program that gives a PIN, and notes each of its runs in a file beside it."""
        program = self.sandbox.write("get-pin", '#!/bin/sh\necho run >> "$0.runs"\n' + "\n".join(lines) + "\n", 0o700)
        self.runs = self.sandbox.folder / "get-pin.runs"
        return f"command:{program}"

    def test_a_source_that_gave_a_wrong_PIN_is_not_asked_again_before_an_unlock(self):
        # Otherwise the token's flags, which SoftHSM has, would do.
        self.serve(login={"automatic": "normal", "pin_source": self.source('echo wrong-$(wc -l < "$0.runs")')})
        for _ in range(4):
            self.assertEqual(1, self.daemon.status("--quiet").rc)
            self.assertNoLogin(self.batch())
        self.assertEqual((1, 1), (self.calls.counts["C_Login"], self.runs.read_text().count("run")))
        self.assertIn("it is not sent again before somebody unlocks it", self.daemon.log.read_text())
        self.unlock()
        self.assertLogin(self.batch())

    def test_a_PIN_of_the_source_goes_to_one_token(self):
        """The second is shown when the first, to which it belongs, is unlocked: it is no rival any more."""
        self.card = self.token("two-tokens")
        tokens = [{"token": {"label": "first"}}, {"token": {"label": "second"}}]
        self.serve(allow=tokens[:1], login={"pin_source": self.source("echo 1111")})
        self.assertEqual(0, self.daemon.status("--quiet").rc)
        self.policy(allow=tokens, login={"pin_source": self.source("echo 1111")})
        for _ in range(3):
            self.assertEqual(1, self.daemon.status("--quiet").rc)
        self.assertEqual(1, self.calls.counts["C_Login"])

    def test_of_two_tokens_one_is_named(self):
        self.card = self.token("two-tokens")
        self.serve(allow="all")
        result = self.daemon.unlock("1234")
        self.assertEqual(1, result.rc)
        self.assertIn("several tokens are there, and one is expected: --token LABEL or --token SERIAL", result.stderr)
        names = [line.split('"')[1] for line in self.daemon.status().stdout.splitlines()]
        self.assertTrue(self.daemon.unlock({"first": "1111", "second": "2222"}[names[0]], "--token", names[0]).ok)
        self.assertEqual((0, 1), (self.daemon.status("--token", names[0]).rc, self.daemon.status("--token", names[1]).rc))
        self.assertEqual(1, self.daemon.status().rc, "one of them is locked")

    def test_idle_it_locks_itself(self):
        self.serve(login={"keep_pin": {"idle": "2s", "max": "1h"}})
        self.unlock()
        wait_for(lambda: self.daemon.status("--quiet").rc == 1, "it stays unlocked", 20)
        self.assertIn("its time is over", self.sandbox.log.read_text())

    @rows({"given": "\n"}, {"given": ""}, {"given": PIN + "\0\n"}, {"given": 256 * "1" + "\n"})
    def test_without_a_PIN_nothing_is_asked_of_the_token(self, given):
        self.serve()
        result = self.tool("unlock", "--stdin", stdin=given)
        self.assertEqual((1, "p11gate unlock: no PIN was given\n"), (result.rc, result.stderr))
        self.assertEqual(0, self.calls.counts["C_Login"])


class Trouble(ServeCase):
    def test_the_vendor_s_process_is_killed_and_the_kept_PIN_brings_it_back(self):
        self.serve(login={"keep_pin": {"idle": "10m"}})
        self.unlock()
        agent = self.agent()
        self.add(agent, self.module, "")
        for _ in range(2):
            self.assertLogin(self.login(self.host, agent=agent, askpass=None, options=BATCH))
            self.daemon.kill_vendor()
        self.assertLogin(self.login(self.host, agent=agent, askpass=None, options=BATCH))
        self.assertLogin(self.batch())
        self.assertIn("crashed: signal 9", self.daemon.log.read_text())

    def test_without_a_kept_PIN_it_is_locked_then(self):
        self.serve()
        self.unlock()
        self.daemon.kill_vendor()
        self.assertNoLogin(self.batch())
        self.assertEqual(1, self.daemon.status("--quiet").rc)
        self.unlock()
        self.assertLogin(self.batch())

    def test_the_daemon_is_killed_and_an_agent_goes_on_with_the_next_one(self):
        self.serve()
        self.unlock()
        agent = self.agent()
        self.add(agent, self.module, "")
        self.assertLogin(self.login(self.host, agent=agent, askpass=None, options=BATCH))
        self.daemon.kill()
        self.assertNoLogin(self.login(self.host, agent=agent, askpass=None, options=BATCH))
        self.daemon.start()
        self.unlock()
        self.assertLogin(self.login(self.host, agent=agent, askpass=None, options=BATCH))

    def test_the_vendor_s_process_ends_with_the_daemon(self):
        self.serve()
        wait_for(lambda: self.daemon.children, "it is not there")
        children = self.daemon.children
        self.daemon.kill()
        wait_for(lambda: not os.path.exists(f"/proc/{children[0]}"), "it lives on", 10)

    def test_ended_it_leaves_no_socket_behind(self):
        self.serve()
        self.daemon.close()
        self.assertEqual(0, self.daemon.process.returncode)
        self.assertFalse(os.path.exists(self.path) or os.path.exists(self.path + ".control"))

    def test_a_second_daemon_does_not_take_the_first_one_s_place(self):
        self.serve()
        self.unlock()
        second = self.tool("serve")
        self.assertEqual(1, second.rc)
        self.assertIn("another daemon does", second.stderr)
        self.assertLogin(self.batch())

    def test_without_a_daemon_require_fails_at_once_and_prefer_uses_the_library(self):
        module = self.policy()
        login = self.login(self.host, module, askpass=self.askpass(PIN))
        self.assertNoLogin(login, [])
        self.assertEqual((255, []), (login.rc, login.prompts))
        self.assertIn(f"p11gate: {self.path}: ", login.output)
        self.assertEqual(0, self.calls.counts["C_Initialize"])
        self.policy("prefer")
        self.assertLogin(self.login(self.host, module, askpass=self.askpass(PIN)))

    def test_with_a_daemon_prefer_uses_it(self):
        self.serve(use="prefer")
        self.unlock()
        self.assertLogin(self.batch())
        self.assertEqual(1, self.calls.counts["C_Initialize"])

    def test_a_client_that_vanishes_leaves_nothing(self):
        self.serve()
        self.unlock()
        before = self.daemon.settled_threads()
        agent = self.agent()
        self.add(agent, self.module, "")
        self.assertGreater(self.daemon.threads, before)
        agent.process.send_signal(signal.SIGKILL)
        end(agent.process)
        wait_for(lambda: self.daemon.threads == before, "its thread is still there", 10)

    def test_a_length_that_is_a_lie_harms_nobody(self):
        self.serve()
        self.unlock()
        before = self.daemon.memory()
        with contextlib.ExitStack() as stack:
            for _ in range(10):
                liar = stack.enter_context(socket.socket(socket.AF_UNIX))
                liar.connect(self.path)
                liar.send(b"\1" + struct.pack(">III", 0, 16, 0xFFFFFFF0))
            self.assertLogin(self.batch())
            if "P11GATE_PRELOAD" not in os.environ:  # AddressSanitizer writes into all that it gives out
                self.assertLess(self.daemon.memory() - before, 64 * 1024)
        self.assertIsNone(self.daemon.process.poll())

    @rows({"name": "socket"}, {"name": "socket.control"})
    def test_noise_harms_nobody(self, name):
        self.serve()
        for size in (1, 12, 4096):
            with socket.socket(socket.AF_UNIX) as noise:
                noise.connect(self.path.replace("socket", name))
                noise.sendall(os.urandom(size))
        self.unlock()
        self.assertLogin(self.batch())

    def test_its_memory_is_closed_and_no_PIN_is_written(self):
        self.serve()
        self.daemon.unlock(WRONG)
        self.unlock()
        with open(f"/proc/{self.daemon.process.pid}/limits", encoding="ascii") as limits:
            self.assertRegex(limits.read(), r"Max core file size +0 +0 ")
        written = self.daemon.log.read_text() + self.sandbox.log.read_text()
        for pin in (PIN, WRONG):
            self.assertNotIn(pin, written)


if __name__ == "__main__":
    main()
