#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The policy changes while an agent lives: what was permitted at ssh-add -s is asked again at each signature."""

import os

from harness import Case, main, programs, rows

RSA, EC = "rsa:2048", "ec:P-256"


class PolicyChange(Case):
    def setUp(self):
        super().setUp()
        self.eight = self.token("eight", TYPE=EC)
        self.module = self.permit(1, 2)
        self.live = self.agent()
        self.add(self.live, self.module)
        self.assertEqual(2, len(self.live.keys()))

    def permit(self, *numbers, **more):
        return self.gate([{"fingerprint": self.eight.fingerprint(f"user{n}")} for n in numbers], **more)

    def logs_in(self, number):
        """Whether the agent's key of that number lets its user in."""
        login = self.login(self.server(self.eight.public_key(f"user{number}")), agent=self.live, askpass=None)
        self.assertFalse(login.hung, str(login))
        self.assertTrue(self.live.alive)
        return login.ok

    def verdicts(self):
        return self.logs_in(1), self.logs_in(2)

    def test_what_is_permitted_logs_in(self):
        self.assertEqual((True, True), self.verdicts())

    def test_narrowed_it_holds_from_the_next_signature(self):
        self.assertEqual((True, True), self.verdicts())
        self.permit(1)
        self.assertEqual((True, False), self.verdicts())

    def test_what_was_taken_away_and_given_back_logs_in_again(self):
        self.permit(1)
        self.assertEqual((True, False), self.verdicts())
        self.permit(1, 2)
        self.assertEqual((True, True), self.verdicts())

    def test_a_rule_that_denies_holds_from_the_next_signature(self):
        self.gate("all", deny=[{"id": "02"}])
        self.assertEqual((True, False), self.verdicts())

    def test_nothing_permitted_signs_nothing(self):
        self.gate([])
        self.assertEqual((False, False), self.verdicts())

    @rows(
        {"text": "version: 1\nmodule: x\nallow: [\n"},
        {"text": "version: 1\nmodule: x\nallow: all\nsurprise: 1\n"},
        {"text": "version: 2\n"},
        {"text": ""},
    )
    def test_broken_nothing_signs_until_it_is_mended(self, text):
        self.sandbox.configure(text)
        self.assertEqual((False, False), self.verdicts())
        self.permit(1, 2)
        self.assertEqual((True, True), self.verdicts())

    def test_deleted_nothing_signs(self):
        os.remove(self.sandbox.config)
        self.assertEqual((False, False), self.verdicts())

    def test_writable_by_others_nothing_signs(self):
        os.chmod(self.sandbox.config, 0o666)
        self.assertEqual((False, False), self.verdicts())

    def test_changed_in_place_it_holds(self):
        narrowed = self.sandbox.config.read_text().replace(self.eight.fingerprint("user2"), "SHA256:" + "A" * 43)
        with open(self.sandbox.config, "r+", encoding="utf-8") as file:
            file.write(narrowed)
        self.assertEqual((True, False), self.verdicts())

    def test_another_vendor_module_takes_effect_at_the_next_ssh_add_s_only(self):
        self.permit(1, 2, module="/nonexistent/module.so")
        self.assertEqual((True, True), self.verdicts())
        self.assertTrue(self.live.remove(self.module).ok)
        self.assertFalse(self.live.add(self.module, self.askpass()).ok)
        self.permit(1, 2, module=programs.VENDOR)
        self.add(self.live, self.module)
        self.assertEqual((True, True), self.verdicts())


class Replaced(Case):
    """Another key takes the place of a permitted one, with all its names, while an agent is logged in."""

    @rows(
        *[
            {"token": token, "rule": rule, "TYPE": kind}
            for token in ("one", "A", "B", "K")
            for rule in ("fingerprint", "id")
            for kind in (RSA, EC)
        ]
    )
    def test_a_key_replaced_under_the_same_id_is_not_signed_with(self, token, rule, TYPE):
        made = self.token(token, TYPE=TYPE)
        selectors = {"fingerprint": made.fingerprint("user1"), "id": "01"}
        module = self.gate([{"token": {"label": token}, rule: selectors[rule]}])
        live = self.agent()
        self.add(live, module)
        self.assertLogin(self.login(self.server(made.public_key("user1")), agent=live, askpass=None))
        self.replace(made, token, "user1", "stranger", TYPE)
        login = self.login(self.server(made.public_key("user1")), agent=live, askpass=None)
        self.assertNoLogin(login, [made.fingerprint("user1")])
        self.assertIn("agent refused operation", login.output)  # no signature left p11gate, not even a wrong one
        self.assertNoLogin(self.login(self.server(made.public_key("stranger")), agent=live, askpass=None))
        self.assertTrue(live.alive)
        self.replace(made, token, "stranger", "user1", TYPE)
        self.assertTrue(live.remove(module).ok)
        self.add(live, module)
        self.assertLogin(self.login(self.server(made.public_key("user1")), agent=live, askpass=None))

    def replace(self, made, label, old, new, kind):
        """The private key, and the public key where there is one; a certificate stays."""
        public = f"delete public id=01\npublic {new} id=01 label=\"user 1\"" if label in ("one", "K") else ""
        private = " CKA_PRIVATE=true" if label == "K" else ""
        made.change(
            f"open label={label} pin=1234\nkey {new} {kind}\ndelete private id=01\n"
            f"private {new} id=01 label=\"user 1\"\n{public}{private if public else ''}\n"
        )


if __name__ == "__main__":
    main()
