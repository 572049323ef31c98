#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tokens that ssh alone cannot use, or uses wrongly: A to L, and odd ones besides (softhsm-fixtures/tokens)."""

import json
import re

from harness import Case, main, programs, rows
from harness.ssh import bare

RSA, EC = "rsa:2048", "ec:P-256"
BOTH = (RSA, EC)


def named(label, **selectors):
    """A rule that names the token, which is the consent to send it a PIN before a key is seen."""
    return {"token": {"label": label}, **selectors}


def table(*entries):
    """Rows for (token, rule, types)."""
    return [{"token": token, "rule": rule, "TYPE": kind} for token, rule, kinds in entries for kind in kinds]


class Shapes(Case):
    def attempt(self, token, rule, user="user1"):
        """Logs in as USER where RULE alone permits; everything that ssh did."""
        allow = rule if rule == "all" else [rule]
        return self.login(self.server(token.public_key(user)), self.gate(allow))

    @rows(
        *table(
            ("A", {"id": "01"}, BOTH),
            ("B", {"id": "11"}, BOTH),
            ("D", {"id": "01"}, BOTH),
            ("E", {"id": "01"}, BOTH),
            ("E", "all", BOTH),
            ("G", {"id": "01"}, BOTH),
            ("G", {"id": "02"}, BOTH),
            ("G", {"label": "second"}, BOTH),
            ("H", {"id": "01"}, (EC, "ec:P-384", "ec:P-521")),
            ("I", {"id": "01"}, BOTH),
            ("I", {"id": "09"}, BOTH),
            ("L", "all", BOTH),
            ("empty-id", "all", BOTH),
            ("empty-label", "all", BOTH),
            ("no-sign", "all", BOTH),
            ("objects-besides", "all", BOTH),
        )
    )
    def test_one_key_is_offered_and_logs_in(self, token, rule, TYPE):
        made = self.token(token, TYPE=TYPE)
        login = self.attempt(made, rule)
        self.assertLogin(login, [made.fingerprint("user1")])
        self.assertEqual(1, len(login.prompts))

    @rows(
        *table(
            ("B", named("B", id="01"), BOTH),
            ("C", named("C", id="01"), (RSA,)),
            ("C", named("C"), (RSA,)),
            ("K", named("K"), BOTH),
            ("K", named("K", id="01"), BOTH),
        )
    )
    def test_a_named_token_is_asked_for_its_PIN_once_and_logs_in(self, token, rule, TYPE):
        made = self.token(token, TYPE=TYPE)
        login = self.attempt(made, rule)
        self.assertLogin(login, [made.fingerprint("user1")])
        self.assertEqual([f"Enter PIN for '{token}':"], login.prompts)

    @rows(*table(("C", {"id": "01"}, BOTH), ("K", {"id": "01"}, BOTH), ("B", {"id": "01"}, BOTH)))
    def test_a_token_that_is_not_named_and_shows_nothing_is_not_asked_for_a_PIN(self, token, rule, TYPE):
        login = self.attempt(self.token(token, TYPE=TYPE), rule)
        self.assertNoLogin(login, [])
        self.assertEqual([], login.prompts)

    @rows(
        {"rule": {"token": {"label": "K"}}, "named": True},
        {"rule": {"token": {"label": ["J", "K"]}}, "named": True},
        {"rule": {"token": {"serial": "SERIAL"}}, "named": True},
        {"rule": {"token": {"model": "SoftHSM v2"}}, "named": True},
        {"rule": {"uri": "pkcs11:token=K;id=%01"}, "named": True},
        {"rule": {"uri": "pkcs11:serial=SERIAL"}, "named": True},
        {"rule": {"slot": {"id": "SLOT"}}, "named": True},
        {"rule": {"slot": {"description": "SoftHSM slot ID SLOT"}}, "named": True},
        {"rule": {"token": {"label": "J"}}, "named": False},
        {"rule": {"token": {"label": {"glob": "K"}}}, "named": False},
        {"rule": {"token": {"label": {"re": "K"}}}, "named": False},
        {"rule": {"any": [{"token": {"label": "K"}}]}, "named": False},
        {"rule": {"not": {"token": {"label": "J"}}}, "named": False},
        {"rule": {"uri": "pkcs11:model=SoftHSM%20v2"}, "named": False},
        {"rule": {"label": "user 1"}, "named": False},
        {"rule": "all", "named": False},
    )
    def test_a_token_is_named_by_plain_values_only(self, rule, named):
        made = self.token("K")
        slots = self.sandbox.run(programs.PKCS11_TOOL, "--module", programs.VENDOR, "-T").stdout
        serial, slot = re.search(r"serial num +: (\w+)", slots)[1], re.search(r"\((0x\w+)\)", slots)[1]
        text = json.dumps(rule).replace("SERIAL", serial).replace("SLOT", slot)
        login = self.attempt(made, json.loads(text))
        self.assertEqual((named, 1 if named else 0), (login.ok, len(login.prompts)), str(login))

    @rows({"TYPE": RSA}, {"TYPE": EC})
    def test_C_logs_in_with_the_public_key_from_a_file(self, TYPE):
        token = self.token("C", TYPE=TYPE)
        path = self.sandbox.write("home/user1.pub", token.public_key("user1") + "\n")
        self.assertLogin(self.attempt(token, named("C", public_key=str(path))), [token.fingerprint("user1")])

    def test_C_with_an_EC_key_that_nobody_knows_the_public_key_of_is_not_shown(self):
        self.assertNoLogin(self.attempt(self.token("C", TYPE=EC), named("C", id="01")), [])

    @rows({"user": "user1"}, {"user": "user2"})
    def test_J_logs_in_with_the_key_that_the_certificate_carries(self, user):
        token = self.token("J")
        login = self.attempt(token, {"fingerprint": token.fingerprint(user)}, user)
        self.assertLogin(login, [token.fingerprint(user)])

    @rows({"user": "user1"}, {"user": "user2"})
    def test_J_with_EC_keys_without_a_readable_point_is_refused(self, user):
        token = self.token("J", TYPE=EC)
        login = self.attempt(token, {"fingerprint": token.fingerprint(user)}, user)
        self.assertNoLogin(login, [token.fingerprint(user)])

    @rows({"TYPE": RSA}, {"TYPE": EC})
    def test_F_is_offered_before_login_and_disappears_after_it(self, TYPE):
        token = self.token("F", TYPE=TYPE)
        self.assertNoLogin(self.attempt(token, {"id": "01"}))
        agent = self.agent()
        self.assertFalse(agent.add(programs.MODULE, self.askpass()).ok)
        self.assertEqual([], agent.keys())

    @rows({"TYPE": RSA}, {"TYPE": EC})
    def test_L_shows_its_second_key_after_login(self, TYPE):
        token = self.token("L", TYPE=TYPE)
        agent = self.agent()
        self.add(agent, self.gate("all"))
        self.assertEqual(sorted(map(bare, token.public_keys().values())), sorted(agent.keys()))
        server = self.server(token.public_key("user2"))
        self.assertLogin(self.login(server, agent=agent))

    @rows({"user": "rsa1"}, {"user": "ec1"})
    def test_an_RSA_and_an_EC_key_with_one_id_log_in_each(self, user):
        token = self.token("same-id")
        login = self.attempt(token, "all", user)
        self.assertLogin(login)
        self.assertIn(token.fingerprint(user), login.offers)

    @rows({"user": "user1"}, {"user": "user2"})
    def test_a_label_of_300_bytes_hides_neither_its_key_nor_the_next(self, user):
        token = self.token("long-label")
        keys, result = self.listing(self.gate("all"))
        self.assertEqual(2, len(keys), str(result))
        self.assertTrue(all(len(line.split(" ", 2)[2]) <= 255 for line in result.stdout.splitlines()))
        self.assertLogin(self.attempt(token, "all", user))

    def test_a_label_that_cannot_be_read_hides_neither_its_key_nor_the_next(self):
        token = self.token("eight")
        module = self.gate("all", module=self.odd_vendor("mute-label"))
        keys, result = self.listing(module)
        self.assertEqual(sorted(map(bare, token.public_keys().values())), sorted(keys), str(result))
        self.assertEqual(7, result.stdout.count(" user "), "one has no label")
        for user in ("user1", "user2"):
            self.assertLogin(self.login(self.server(token.public_key(user), tries=100), module))

    @rows({"TYPE": RSA}, {"TYPE": EC})
    def test_a_key_that_wants_its_PIN_for_each_signature_leads_to_an_end(self, TYPE):
        token = self.token("always-authenticate", TYPE=TYPE)
        login = self.attempt(token, {"id": "01"})
        self.assertNoLogin(login, [token.fingerprint("user1")])
        self.assertEqual(1, len(login.prompts))
        self.assertIn("C_Sign failed: 257", login.output)  # CKR_USER_NOT_LOGGED_IN: ssh leaves the second PIN out

    @rows({"TYPE": RSA}, {"TYPE": EC})
    def test_a_key_that_wants_its_PIN_for_each_signature_does_not_spoil_an_agent_s_others(self, TYPE):
        token = self.token("always-authenticate", TYPE=TYPE)
        agent = self.agent()
        self.add(agent, self.gate("all"))
        for user, ok in (("user1", False), ("user2", True)) * 2:
            login = self.login(self.server(token.public_key(user)), agent=agent, askpass=None)
            self.assertEqual(ok, login.ok, str(login))

    def test_an_Ed25519_key_is_left_to_ssh_and_does_not_hide_the_next(self):
        token = self.token("ed25519")
        login = self.attempt(token, "all")
        self.assertLogin(login)
        self.assertIn(token.fingerprint("user1"), login.offers)
        printed = self.tool("keys").stdout.splitlines()
        self.assertEqual(sorted(map(bare, token.public_keys().values())), sorted(map(bare, printed)))


class WithoutTheGate(Case):
    """What ssh alone makes of the same tokens: should that change, p11gate is no longer needed for them."""

    @rows(*[{"token": token, "TYPE": kind} for token in ("B", "C", "I") for kind in BOTH])
    def test_ssh_alone_does_not_log_in(self, token, TYPE):
        made = self.token(token, TYPE=TYPE)
        self.assertNoLogin(self.login(self.server(made.public_key("user1")), programs.VENDOR))

    @rows({"TYPE": RSA}, {"TYPE": EC})
    def test_ssh_alone_offers_the_CA_s_key_of_E(self, TYPE):
        made = self.token("E", TYPE=TYPE)
        keys, _ = self.listing(programs.VENDOR)
        self.assertIn(bare(made.public_key("ca")), keys)

    def test_a_label_that_cannot_be_read_ends_ssh_s_listing(self):
        made = self.token("eight")
        keys, _ = self.listing(self.odd_vendor("mute-label"))
        self.assertLess(len(keys), len(made.public_keys()))

    def test_an_agent_is_spoilt_by_a_key_that_wants_its_PIN_for_each_signature(self):
        made = self.token("always-authenticate")
        agent = self.agent()
        self.add(agent, programs.VENDOR)
        for user in ("user1", "user2"):
            self.assertNoLogin(self.login(self.server(made.public_key(user)), agent=agent, askpass=None))

    @rows({"user": "user1"}, {"user": "user2"})
    def test_ssh_alone_signs_with_the_wrong_key_of_J(self, user):
        made = self.token("J")
        self.assertNoLogin(self.login(self.server(made.public_key(user)), programs.VENDOR))


if __name__ == "__main__":
    main()
