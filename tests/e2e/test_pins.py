#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""PINs: how often they are asked for, whom they are sent to, and that nothing ever hangs."""

import os

from harness import Case, main, programs, rows, ssh
from harness.terminal import Terminal

RSA, EC = "rsa:2048", "ec:P-256"
WRONG = "999999"


class WrongPIN(Case):
    def eight(self, **variables):
        """A token whose eight keys are all permitted and authorised: the spy, the module and the server."""
        token, spy = self.token("eight", **variables), self.spy()
        server = self.server(*token.public_keys().values(), tries=100)
        return spy, self.gate("all", module=programs.SPY), server

    @rows({"TYPE": RSA}, {"TYPE": EC})
    def test_the_same_wrong_PIN_for_eight_keys_is_sent_once(self, TYPE):
        spy, module, server = self.eight(TYPE=TYPE)
        login = self.login(server, module, askpass=self.askpass(WRONG))
        self.assertNoLogin(login)
        self.assertEqual(8, len(login.offers), str(login))
        self.assertEqual(1, spy.counts["C_Login"], str(spy.counts))
        self.assertEqual(0, spy.counts["C_Sign"])

    def test_a_different_PIN_is_passed_on(self):
        spy, module, server = self.eight()
        login = self.login(server, module, askpass=self.askpass([WRONG, WRONG, "888888", "1234"]))
        self.assertLogin(login)
        self.assertEqual((4, 3), (len(login.prompts), spy.counts["C_Login"]), str(login))

    def test_the_right_PIN_works_through_the_agent_that_was_given_a_wrong_one(self):
        spy, module, server = self.eight()
        agent = self.agent()
        self.assertFalse(agent.add(module, self.askpass(WRONG)).ok)
        self.assertEqual(1, spy.counts["C_Login"], str(spy.counts))
        self.assertEqual([], agent.keys())
        self.add(agent, module)
        self.assertEqual(8, len(agent.keys()))
        self.assertLogin(self.login(server, agent=agent))

    def test_a_wrong_PIN_is_reported_as_such(self):
        _, module, server = self.eight()
        login = self.login(server, module, askpass=self.askpass(WRONG))
        self.assertIn("PIN incorrect", login.output)


class TwoTokens(Case):
    @rows({"mine": "first", "pin": "1111", "user": "user1"}, {"mine": "second", "pin": "2222", "user": "user2"})
    def test_ssh_add_s_sends_the_token_without_a_permitted_key_nothing(self, mine, pin, user):
        token, spy = self.token("two-tokens"), self.spy()
        module = self.gate([{"fingerprint": token.fingerprint(user)}], module=programs.SPY)
        agent = self.agent()
        self.add(agent, module, pin)
        self.assertEqual((1, 1), (spy.counts["C_Login"], len(agent.keys())), str(spy.counts))
        self.assertNotIn("CKR_PIN_INCORRECT", spy.text())
        self.assertLogin(self.login(self.server(token.public_key(user)), agent=agent), [token.fingerprint(user)])

    def test_only_the_permitted_token_s_PIN_is_asked_for(self):
        token = self.token("two-tokens")
        module = self.gate([{"token": {"label": "second"}}])
        askpass = self.askpass({"'second'": "2222"})
        login = self.login(self.server(token.public_key("user2")), module, askpass=askpass)
        self.assertLogin(login, [token.fingerprint("user2")])
        self.assertEqual(["Enter PIN for 'second':"], login.prompts)


class NothingPermitted(Case):
    @rows({"allow": []}, {"allow": [{"id": "99"}]}, {"allow": [{"fingerprint": "SHA256:" + "A" * 43}]})
    def test_no_PIN_is_asked_for_and_stderr_says_why(self, allow):
        token, spy = self.token("eight"), self.spy()
        module = self.gate(allow, module=programs.SPY)
        login = self.login(self.server(token.public_key("user1")), module)
        self.assertNoLogin(login, [])
        self.assertEqual(([], 0), (login.prompts, spy.counts["C_Login"]), str(login))
        lines = [line for line in login.messages if "p11gate explain" in line]
        self.assertEqual(1, len(lines), str(login))
        self.assertIn("8 keys", lines[0])

    def test_ssh_keygen_D_asks_for_no_PIN(self):
        self.token("eight")
        askpass = self.askpass()
        keys, result = self.listing(self.gate([{"id": "99"}]), askpass)
        self.assertEqual(([], []), (keys, askpass.prompts), str(result))

    def test_the_line_tells_to_name_a_token_that_may_show_keys_only_after_login(self):
        self.token("K")
        _, result = self.listing(self.gate([{"id": "01"}]))
        self.assertRegex(result.stderr, r"(?m)^.*\btoken\b.*\bK\b.*$")

    def test_nothing_is_said_where_something_is_shown(self):
        self.token("eight")
        _, result = self.listing(self.gate([{"id": "01"}]))
        self.assertEqual("", result.stderr)


class NeverAHang(Case):
    """openssh.md 2.2: each ends within seconds."""

    def attempt(self, **options):
        token = self.token("one")
        login = self.login(self.server(token.public_key("user1")), self.gate([{"id": "01"}]), timeout=20, **options)
        self.assertFalse(login.hung, str(login))
        return login

    def test_BatchMode_ends_without_a_prompt(self):
        login = self.attempt(options={"BatchMode": "yes"})
        self.assertNoLogin(login, [])
        self.assertEqual([], login.prompts)

    def test_no_terminal_and_no_askpass_ends(self):
        self.assertNoLogin(self.attempt(askpass=None))

    @rows({"token": "C"}, {"token": "K"})
    def test_a_named_token_that_shows_nothing_yet_ends_as_well(self, token):
        made = self.token(token)
        module = self.gate([{"token": {"label": token}}])
        server = self.server(made.public_key("user1"))
        batch = self.login(server, module, options={"BatchMode": "yes"}, timeout=20)
        self.assertNoLogin(batch, [])
        self.assertEqual([], batch.prompts)
        self.assertNoLogin(self.login(server, module, askpass=None, timeout=20), [])
        self.assertNoLogin(self.login(server, module, askpass=self.askpass([]), timeout=20), [])
        self.assertEqual([], self.listing(module)[0])
        keys, result = self.listing(module, self.askpass())
        self.assertEqual([ssh.bare(made.public_key("user1"))], keys, str(result))

    def test_BatchMode_logs_in_with_a_token_that_needs_no_login(self):
        token = self.token("eight")
        module = self.gate([{"id": "03"}], module=self.odd_vendor("login-free"))
        options = {"BatchMode": "yes"}
        login = self.login(self.server(token.public_key("user3")), module, askpass=None, options=options)
        self.assertLogin(login, [token.fingerprint("user3")])

    def test_an_agent_takes_a_token_that_needs_no_login_without_a_PIN(self):
        token = self.token("eight")
        module = self.gate([{"id": "03"}], module=self.odd_vendor("login-free"))
        agent = self.agent()
        self.add(agent, module, "")
        login = self.login(self.server(token.public_key("user3")), agent=agent, askpass=None)
        self.assertLogin(login, [token.fingerprint("user3")])

    def test_BatchMode_logs_in_through_an_agent(self):
        token = self.token("eight")
        module = self.gate([{"id": "03"}])
        agent = self.agent()
        self.add(agent, module)
        options = {"BatchMode": "yes"}
        login = self.login(self.server(token.public_key("user3")), agent=agent, askpass=None, options=options)
        self.assertLogin(login, [token.fingerprint("user3")])

    def test_an_askpass_without_a_display_ends(self):
        askpass = self.askpass()
        login = self.attempt(
            askpass=askpass, environment={"SSH_ASKPASS_REQUIRE": "", "SSH_ASKPASS": askpass.environment["SSH_ASKPASS"]}
        )
        self.assertNoLogin(login)
        self.assertEqual([], login.prompts)

    def test_an_askpass_with_a_display_logs_in(self):
        login = self.attempt(environment={"SSH_ASKPASS_REQUIRE": "", "DISPLAY": ":0"})
        self.assertLogin(login)
        self.assertEqual(["Enter PIN for 'one':"], login.prompts)

    @rows({"answers": []}, {"answers": [""]})
    def test_a_cancelled_or_empty_PIN_ends(self, answers):
        login = self.attempt(askpass=self.askpass(answers))
        self.assertNoLogin(login)
        self.assertEqual(1, len(login.prompts))

    def test_ssh_add_s_without_a_terminal_or_askpass_ends(self):
        self.token("one")
        agent = self.agent()
        module = self.gate([{"id": "01"}])
        environment = {"SSH_AUTH_SOCK": agent.socket}
        result = self.sandbox.run(programs.SSH_ADD, "-s", module, environment=environment, timeout=20)
        self.assertEqual(1, result.rc, str(result))
        self.assertTrue(agent.alive)

    @rows({"answers": []}, {"answers": [""]}, {"answers": [WRONG]})
    def test_ssh_add_s_without_the_right_PIN_is_refused(self, answers):
        self.token("one")
        agent = self.agent()
        result = agent.add(self.gate([{"id": "01"}]), self.askpass(answers))
        self.assertEqual(1, result.rc, str(result))
        self.assertTrue(agent.alive)


class OnATerminal(Case):
    def attempt(self, *typed, **more):
        """Types PINs, each when ssh asks; the exit code and what the terminal showed."""
        token = self.token("one", **more)
        server = self.server(token.public_key("user1"))
        options = {"RequestTTY": "no"}  # an sshd that is not root's has none to give
        command = ssh.command(self.sandbox, server, self.gate([{"id": "01"}]), options=options)
        terminal = Terminal(self.sandbox, *command)
        for pin in typed:
            terminal.expect_secret("Enter PIN for 'one': ")
            terminal.type(pin + "\n")
        code = terminal.close()
        for pin in typed:
            self.assertNotIn(pin, terminal.text.replace(str(server.port), ""))
        return code, terminal.text

    def test_a_PIN_that_is_typed_logs_in_and_is_not_shown(self):
        code, text = self.attempt("73502918", PIN="73502918")
        self.assertEqual(0, code, text)
        self.assertIn("LOGIN-OK", text)

    def test_a_wrong_PIN_that_is_typed_ends_with_a_reason(self):
        code, text = self.attempt("46018273")
        self.assertEqual(255, code, text)
        self.assertIn("PIN incorrect", text)


class NeverWrittenDown(Case):
    PIN = "73502918"

    def setUp(self):
        super().setUp()
        self.log = self.sandbox.folder / "p11gate.log"
        self.eight = self.token("eight", PIN=self.PIN)
        self.module = self.gate([{"id": "01"}], log={"file": str(self.log), "level": "debug", "trace": True})

    def assertNowhere(self, pin, *outputs):
        """Not in the log, nor in what was printed, nor in any file of the user's."""
        for output in (self.log.read_text(), *outputs):
            self.assertNotIn(pin, output)
        for folder, _, names in os.walk(self.sandbox.home):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertNotIn(pin.encode(), file.read(), name)

    @rows({"pin": PIN, "ok": True}, {"pin": "46018273", "ok": False})
    def test_a_PIN_is_in_no_log(self, pin, ok):
        login = self.login(self.server(self.eight.public_key("user1")), self.module, askpass=self.askpass(pin))
        self.assertEqual(ok, login.ok, str(login))
        self.assertIn("C_Login", self.log.read_text())
        self.assertNowhere(pin, login.output)

    @rows({"pin": PIN, "ok": True}, {"pin": "46018273", "ok": False})
    def test_a_PIN_is_in_no_log_of_an_agent_s(self, pin, ok):
        agent = self.agent(debug=True)
        result = agent.add(self.module, self.askpass(pin))
        self.assertEqual(ok, result.ok, str(result))
        self.assertIn("C_Login", self.log.read_text())
        self.assertNowhere(pin, agent.log, str(result))

    @rows({"pin": PIN, "ok": True}, {"pin": "46018273", "ok": False})
    def test_a_PIN_is_in_no_log_of_the_command_s(self, pin, ok):
        result = self.tool("list", "--login", stdin=pin + "\n")
        self.assertEqual(ok, result.ok, str(result))
        self.assertNowhere(pin, str(result))

    def test_what_was_signed_is_in_no_log(self):
        data = self.sandbox.write("data", "73502918-what-is-signed")
        words = ["--module", self.module, "--login", "--pin", self.PIN, "--sign", "-m", "SHA256-RSA-PKCS", "-i", data]
        result = self.sandbox.run(programs.PKCS11_TOOL, *words, "-o", self.sandbox.folder / "signature")
        self.assertTrue(result.ok, str(result))
        self.assertIn("C_Sign", self.log.read_text())
        for text in ("what-is-signed", b"what-is-signed".hex(), b"what-is-signed".hex(" ")):
            self.assertNotIn(text, self.log.read_text())


if __name__ == "__main__":
    main()
