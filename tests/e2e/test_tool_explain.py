#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""p11gate explain: the rule that decided, what its selectors want and see, and what a login would tell."""

import json
import re

from harness import main, programs, rows
from harness.tool import Tool

EC = "ec:P-256"
HEAD = f"version: 1\nmodule: {programs.VENDOR}\n"
MORE = 'token label=more pin=1234\nkey more ec:P-256\npair more id=4fa0 label=more\n'
TWO_IDS = 'token label=two pin=1234\nkey more rsa:2048\npublic more id=4fa0 label=more\nprivate more id=4fb0 label=other\n'
RULE = '{id: "05", name: work, key: {type: ec, local: true}}'


class Explain(Tool):
    def explain(self, *words, rc=0):
        result = self.tool("explain", *words, stdin="1234\n")
        self.assertRun(result, rc)
        return result.stdout.splitlines()

    def of(self, key, *words):
        """What is said of one key, as JSON."""
        result = self.tool("explain", "--json", *words, key, stdin="1234\n")
        (found,) = json.loads(result.stdout)
        return found

    def test_of_a_key_that_is_shown_the_rule_and_its_selectors_are_told(self):
        token = self.token("eight", TYPE=EC)
        self.sandbox.configure(HEAD + 'allow:\n- {id: ["05", "06"], label: {glob: "user*"}, key: {bits: ">=256"}}\n')
        lines = self.explain("user 5")
        self.assertRegex(lines[0], r'^token "eight" \(serial [0-9a-f]{16}\)$')
        self.assertEqual(
            [
                f'  ec nistp256  {token.fingerprint("user5")} "user 5"',
                f"    shown by {self.sandbox.config}:4:3",
                "      true     id        wants 05, 06        seen 05",
                '      true     label     wants glob "user*"  seen "user 5"',
                "      true     key.bits  wants >=256         seen 256",
                "    after login: whether its private key is there and signs",
            ],
            lines[1:],
        )

    def test_where_no_rule_is_true_each_of_allow_says_why(self):
        self.token("eight", TYPE=EC)
        self.sandbox.configure(HEAD + f"allow:\n- {RULE}\n- {{any: [{{id: '06'}}, {{label: x}}]}}\n")
        lines = self.explain("user 5")
        self.assertEqual(
            [
                "    hidden: no allow rule is true",
                f'    unknown  {self.sandbox.config}:4:3 "work"',
                "      true     id         wants 05    seen 05",
                "      true     key.type   wants ec    seen ec",
                "      unknown  key.local  wants true  seen nothing yet; login tells more",
                f"    false    {self.sandbox.config}:5:3",
                "      false    any",
                '      false      id     wants 06   seen 05; login tells more',
                '      false      label  wants "x"  seen "user 5"; login tells more',
                "    after login: what the rules say of its private key",
            ],
            lines[2:],
        )

    @rows(
        {"list": "deny", "rule": {"label": "user 5"}, "why": "hidden: denied by ", "truth": "true"},
        {"list": "deny", "rule": {"not": {"key": {"local": False}}}, "why": "hidden: denied by ", "truth": "unknown"},
        {"list": "require", "rule": {"id": "01"}, "why": "hidden: a requirement is not met by ", "truth": "false"},
    )
    def test_a_rule_that_hides_is_the_only_one_told(self, list, rule, why, truth):
        self.token("eight", TYPE=EC)
        self.gate("all", **{list: [rule]})
        key = self.of("user 5")
        self.assertIn(why, key["why"])
        (told,) = key["rules"]
        self.assertEqual(truth, told["truth"])
        place = f'{told["file"]}:{told["line"]}:{told["column"]}'
        self.assertTrue(key["why"].endswith(place), key)

    def test_of_a_key_that_no_rule_hides_those_that_would_show_it_are_told(self):
        token = self.token("no-sign", TYPE=EC)
        self.sandbox.configure(HEAD + 'allow:\n- {id: "02"}\n')
        lines = self.explain(token.fingerprint("user2"))
        place = f"    true     {self.sandbox.config}:4:3"
        self.assertEqual(["    hidden: the key is not made for signing (CKA_SIGN)", place, "      true     id  wants 02  seen 02"], lines[2:5])

    def test_json_tells_the_tree(self):
        self.token("eight", TYPE=EC)
        self.sandbox.configure(HEAD + f"allow:\n- {RULE}\n")
        key = self.of("user 5")
        self.assertEqual(
            {"token", "serial", "type", "fingerprint", "label", "shown", "audited", "why", "rules", "after_login"}, set(key)
        )
        self.assertIs(False, key["audited"])
        (rule,) = key["rules"]
        self.assertEqual(("work", str(self.sandbox.config), 4, 3), tuple(rule[name] for name in ("name", "file", "line", "column")))
        own_id, properties = rule["selectors"]
        expected = {"name": "id", "line": 4, "column": 4, "truth": "true", "login_tells_more": False, "wanted": "05", "seen": "05"}
        self.assertEqual(expected, own_id)
        kind, local = properties["selectors"]
        self.assertEqual(("ec", "ec"), (kind["wanted"], kind["seen"]))
        self.assertEqual(("unknown", None, True), (local["truth"], local["seen"], local["login_tells_more"]))

    def test_a_login_tells_what_it_was_said_to(self):
        self.token("eight", TYPE=EC)
        self.sandbox.configure(HEAD + f"allow:\n- {RULE}\n- token: {{label: eight}}\n  id: '01'\n")
        self.assertIsNotNone(self.of("user 5")["after_login"])
        key = self.of("user 5", "--login")
        self.assertIsNone(key["after_login"])
        local = key["rules"][0]["selectors"][1]["selectors"][1]
        self.assertEqual(("false", "false", False), (local["truth"], local["seen"], local["login_tells_more"]))
        self.assertNotIn("login", "".join(self.explain("--login")))

    @rows(
        {"rule": {"id": "4fa0"}, "tells": "whether its private key is there and signs"},
        {"rule": {"token": {"label": "two"}, "fingerprint": "OWN"}, "tells": "whether its private key is there and signs"},
        {"rule": {"key": {"sign": True}}, "tells": "whether its private key is there and signs, and what the rule says of it"},
        {"rule": {"uri": "pkcs11:id=%4f%a0;type=private"}, "tells": "whether its private key is there and signs, and what the rule says of it"},
        {"rule": {"not": {"id": "4fb0"}}, "tells": "whether its private key is there and signs, and what the rule says of it"},
        {"rule": {"id": "4fb0"}, "tells": "what the rules say of its private key"},
        {"rule": {"key": {"local": False}}, "tells": "what the rules say of its private key"},
        {"rule": {"key": {"type": "ec"}}, "tells": None},
        {"rule": {"id": "4fb0", "token": {"label": "x"}}, "tells": None},
    )
    def test_what_a_login_would_tell_is_what_it_does_change(self, rule, tells):
        token = self.token(self.sandbox.write("two.token", TWO_IDS))
        text = json.dumps(rule).replace("OWN", token.fingerprint("more"))
        # The other rule names the token, so that it may be sent its PIN.
        self.gate([json.loads(text), {"token": {"label": "two"}, "fingerprint": "SHA256:" + "A" * 43}])
        before, after = self.of("more"), self.of("more", "--login")
        self.assertEqual((tells, None), (before["after_login"], after["after_login"]))
        self.assertFalse(any(selector["login_tells_more"] for told in after["rules"] for selector in told["selectors"]))
        changes = before["rules"][0]["truth"] != after["rules"][0]["truth"]
        self.assertEqual(tells is not None and "what the rule" in tells and "sign" not in rule.get("key", {}), changes)

    @rows({"verb": ["explain"]}, {"verb": ["list", "--all"]})
    def test_of_a_token_that_shows_nothing_before_login_what_is_to_be_done(self, verb):
        token = self.token("K", TYPE=EC)
        self.gate([{"token": {"label": "K"}}])
        self.assertIn("\n  its keys show only after login: add --login\n", self.tool(*verb).stdout)
        told = self.tool(*verb, "--login", stdin="1234\n").stdout
        self.assertIn(token.fingerprint("user1"), told)
        self.assertNotIn("only after login", told)
        spy = self.spy()
        self.gate([{"id": "01"}], module=programs.SPY)
        told = self.tool(*verb, "--login", stdin="1234\n").stdout
        self.assertIn("\n  its keys show only after login, and no allow rule names the token: it is sent no PIN\n", told)
        self.assertEqual(0, spy.counts["C_Login"])

    @rows({"by": "fingerprint"}, {"by": "label"}, {"by": "id"}, {"by": "id with colons"}, {"by": "file"}, {"by": "shown label"})
    def test_a_key_is_named(self, by):
        token = self.token("eight", self.sandbox.write("more.token", MORE), TYPE=EC)
        self.gate([{"id": "4fa0", "use": {"show_label": "mine"}}])
        fingerprint = token.fingerprint("more")
        name = {
            "fingerprint": fingerprint,
            "label": "more",
            "id": "4fa0",
            "id with colons": "4F:a0",
            "file": self.sandbox.write("key.pub", f"# mine\n{token.public_key('more')}\n"),
            "shown label": "mine",
        }[by]
        self.assertEqual(fingerprint, self.of(name)["fingerprint"])
        self.assertEqual(5, len(self.explain(name)))

    def test_without_a_name_every_key_is_told(self):
        token = self.token("eight", TYPE=EC)
        self.gate([{"id": "05"}])
        told = "\n".join(self.explain())
        for name in token.public_keys():
            self.assertEqual(1, told.count(token.fingerprint(name)))

    @rows({"name": "nobody"}, {"name": "0505"}, {"name": "SHA256:uNiVztksCsDhcc0u9e8BrKLs7eH6Zp9hzR0Vbz9ZJZE"})
    def test_a_key_that_is_not_there_is_1(self, name):
        self.token("eight", TYPE=EC)
        self.gate([{"id": "05"}])
        result = self.tool("explain", name)
        self.assertRun(result, 1)
        self.assertEqual("", result.stdout)
        self.assertIn(f"no key {name} is visible", result.stderr)

    def test_a_file_without_a_key_is_1(self):
        self.token("eight", TYPE=EC)
        self.gate([{"id": "05"}])
        result = self.tool("explain", self.sandbox.write("key.pub", "nothing\n"))
        self.assertRun(result, 1)
        self.assertIn("found no public key", result.stderr)

    def test_one_name_is_all_that_is_taken(self):
        self.assertRun(self.tool("explain", "a", "b"), 2)

    def test_allow_all_has_no_rule_to_tell(self):
        self.token("eight", TYPE=EC)
        self.gate("all")
        key = self.of("user 5")
        self.assertEqual((True, []), (key["shown"], key["rules"]))

    def test_colours_are_for_terminals(self):
        self.token("eight", TYPE=EC)
        self.gate([{"id": "05"}])
        self.assertNotIn("\033", "\n".join(self.explain()))
        terminal = self.terminal("explain", "user 5")
        terminal.expect("\033[32mtrue")
        self.assertEqual(0, terminal.close())

    def test_what_a_token_says_does_not_reach_the_terminal_raw(self):
        token = self.token("one")
        self.gate([{"label": "evil\033[2J\u202e"}])
        lines = "\n".join(self.explain(token.fingerprint("user1")))
        self.assertNotRegex(lines, "[\033\u202e]")
        self.assertRegex(lines, re.escape('wants "evil?[2J?"'))


if __name__ == "__main__":
    main()
