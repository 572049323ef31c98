#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The p11gate command but init: each verb, what it prints, and how it ends."""

import json
import os
import re
import shutil

from harness import main, programs, rows
from harness.ssh import bare
from harness.tool import VENDOR, Tool

RSA, EC = "rsa:2048", "ec:P-256"
VERBS = ("init", "list", "explain", "check", "diff", "keys")


class Listing(Tool):
    def test_list_says_what_is_shown_and_by_which_rule(self):
        token = self.token("eight", TYPE="ec:P-521")
        self.sandbox.configure(
            f"version: 1\nmodule: {programs.VENDOR}\nallow:\n- {{id: '05', name: work}}\n- label: {{glob: '*2'}}\n"
        )
        result = self.tool("list")
        self.assertRun(result)
        path = self.sandbox.config
        self.assertEqual(
            [
                f'  ec nistp521  {token.fingerprint("user5")} "user 5"',
                f'    shown by "work" {path}:4:3',
                f'  ec nistp521  {token.fingerprint("user2")} "user 2"',
                f"    shown by {path}:5:3",
            ],
            result.stdout.splitlines()[1:],
        )
        self.assertRegex(result.stdout, r'^token "eight" \(serial [0-9a-f]{16}\)\n')
        self.assertEqual("", result.stderr)

    @rows({"words": ["list"]}, {"words": ["list", "--all"]})
    def test_json_says_the_same_for_programs(self, words):
        token = self.token("eight")
        self.gate([{"id": "05", "use": {"show_label": "mine"}}, {"fingerprint": token.fingerprint("user1")}])
        result = self.tool(*words, "--json")
        self.assertRun(result)
        keys = json.loads(result.stdout)
        shown = [key for key in keys if key["shown"]]
        self.assertEqual([8, 2][words == ["list"]], len(keys))
        expected = [token.fingerprint("user5"), token.fingerprint("user1")]
        self.assertEqual(expected, [key["fingerprint"] for key in shown])
        self.assertEqual({"token", "serial", "type", "fingerprint", "label", "shown", "audited", "why"}, set(keys[0]))
        self.assertEqual(("eight", "rsa 2048", "mine"), tuple(shown[0][name] for name in ("token", "type", "label")))
        self.assertRegex(shown[0]["serial"], "^[0-9a-f]{16}$")
        self.assertRegex(shown[0]["why"], rf"^shown by {re.escape(str(self.sandbox.config))}:\d+:\d+$")
        self.assertEqual({True, False} if len(keys) > 2 else {True}, {key["shown"] for key in keys})

    @rows(
        {"token": "eight", "user": "user2", "more": {"deny": [{"id": "02"}]}, "why": "denied by {at}:"},
        {"token": "eight", "user": "user2", "more": {"deny": [{"name": "old", "id": "02"}]}, "why": 'denied by "old" {at}:'},
        {"token": "eight", "user": "user2", "more": {"require": [{"id": "01"}]}, "why": "a requirement is not met by {at}:"},
        {"token": "eight", "user": "user2", "more": {"allow": [{"id": "01"}]}, "why": "no allow rule is true"},
        {"token": "no-sign", "user": "user2", "more": {}, "why": "the key is not made for signing (CKA_SIGN)"},
        {"token": "F", "user": "user1", "more": {}, "why": "the token has no private key for it"},
    )
    def test_explain_says_why_a_key_is_hidden(self, token, user, more, why):
        made = self.token(token, TYPE=EC)
        self.gate(**{"allow": "all", **more})
        login = ["--login"] if token == "F" else []
        result = self.tool("explain", "--json", *login, stdin="1234\n")
        (key,) = [key for key in json.loads(result.stdout) if key["fingerprint"] == made.fingerprint(user)]
        self.assertFalse(key["shown"])
        self.assertTrue(key["why"].startswith("hidden: " + why.format(at=self.sandbox.config)), key["why"])
        self.assertIn(key["why"], self.tool("explain", *login, stdin="1234\n").stdout)
        self.assertNotIn(key["fingerprint"], self.tool("list", *login, stdin="1234\n").stdout)

    def test_explain_says_that_nobody_knows_the_public_key(self):
        self.token("C", TYPE=EC)
        self.gate([{"token": {"label": "C"}}])
        result = self.tool("explain", "--json", "--login", stdin="1234\n")
        (key,) = json.loads(result.stdout)
        self.assertEqual((None, "unknown", False), (key["fingerprint"], key["type"], key["shown"]))
        self.assertIn("nothing on the token, and no public_key file, tells its public key", key["why"])
        self.assertIn("(no fingerprint)", self.tool("explain", "--login", stdin="1234\n").stdout)

    @rows({"verb": "list"}, {"verb": "explain"}, {"verb": "keys"})
    def test_the_PIN_is_asked_for_only_with_login(self, verb):
        token = self.token("L", TYPE=EC)
        spy = self.spy()
        self.gate("all", module=programs.SPY)
        key = bare(token.public_key("user2")) if verb == "keys" else token.fingerprint("user2")
        result = self.tool(verb, stdin="1234\n")
        self.assertEqual((0, "", False), (result.rc, result.stderr, key in result.stdout), str(result))
        self.assertEqual(0, spy.counts["C_Login"])
        result = self.tool(verb, "--login", stdin="1234\n")
        self.assertEqual((0, True), (result.rc, key in result.stdout), str(result))
        self.assertNotIn("PIN", result.stdout)

    @rows({"verb": "list"}, {"verb": "explain"}, {"verb": "keys"})
    def test_a_wrong_PIN_is_sent_once_and_ends_with_1(self, verb):
        self.token("K")
        spy = self.spy()
        self.gate([{"token": {"label": "K"}}], module=programs.SPY)
        result = self.tool(verb, "--login", stdin="999999\n999999\n")
        self.assertRun(result, 1)
        self.assertIn("login failed: CKR_PIN_INCORRECT", result.stderr)
        self.assertEqual((1, 1), (spy.counts["C_Login"], spy.counts["C_Finalize"]))

    @rows({"verb": "list"}, {"verb": "explain"}, {"verb": "keys"})
    def test_a_token_that_is_not_shown_is_sent_no_PIN(self, verb):
        self.token("K")
        spy = self.spy()
        self.gate([{"id": "01"}], module=programs.SPY)
        result = self.tool(verb, "--login", stdin="1234\n")
        self.assertRun(result, 1)
        self.assertEqual(0, spy.counts["C_Login"])
        self.assertNotIn("PIN of token", result.stderr)
        if verb == "explain":
            self.assertIn("no allow rule names the token", result.stdout)

    def test_two_tokens_are_told_apart(self):
        token = self.token("two-tokens")
        self.gate([{"fingerprint": token.fingerprint("user2")}])
        self.assertNotIn("first", self.tool("list").stdout)
        result = self.tool("explain")
        self.assertEqual(2, len(re.findall(r'(?m)^token "(?:first|second)" ', result.stdout)))
        keys = {key["token"]: key for key in json.loads(self.tool("explain", "--json").stdout)}
        self.assertEqual((False, True), (keys["first"]["shown"], keys["second"]["shown"]))
        self.assertEqual(token.fingerprint("user1"), keys["first"]["fingerprint"])

    @rows({"words": ["list"]}, {"words": ["list", "--all"]}, {"words": ["explain"]}, {"words": ["explain", "x"]}, {"words": ["keys"]})
    def test_where_there_is_no_token_the_reader_is_named_and_doctor(self, words):
        self.token("one").empty()
        self.gate([{"id": "01"}])
        result = self.tool(*words)
        said = "p11gate: there is no token; is the card in the reader? See `p11gate doctor`\n"
        self.assertEqual((1, "", said), (result.rc, result.stdout, result.stderr))

    def test_tokens_that_hold_nothing_are_not_counted(self):
        self.token("one")
        self.gate([{"id": "99"}])
        self.assertIn("no permitted key is visible on 1 token; ", self.tool("list").stderr)

    def test_nothing_to_show_is_1_and_a_word_why(self):
        self.token("eight", TYPE=EC)
        self.gate([{"id": "99"}])
        result = self.tool("list")
        self.assertRun(result, 1)
        self.assertEqual("", result.stdout)
        self.assertIn("`p11gate explain` says why", result.stderr)
        result = self.tool("list", "--json")
        self.assertEqual((1, []), (result.rc, json.loads(result.stdout)))
        self.assertRun(self.tool("keys"), 1)

    @rows(
        {"names": ["odd"], "says": "odd: the slots cannot be listed: CKR_DEVICE_ERROR\n"},
        {"names": ["missing", "odd"], "says": "odd: the slots cannot be listed: CKR_DEVICE_ERROR\n"},
        {"names": ["odd", "copy"], "says": "odd, copy: the slots cannot be listed: CKR_DEVICE_ERROR (the first's error)\n"},
    )
    def test_libraries_that_cannot_list_their_slots_are_named(self, names, says):
        self.token("one")
        paths = {"odd": self.odd_vendor("slotless"), "missing": "/nonexistent/module.so", "copy": self.sandbox.folder / "copy.so"}
        shutil.copy(paths["odd"], paths["copy"])
        modules = [{"name": name, "path": str(paths[name])} for name in names]
        self.sandbox.configure({"version": 1, "modules": modules, "allow": "all"})
        result = self.tool("list")
        self.assertRun(result, 1)
        self.assertTrue(result.stderr.endswith(f"p11gate: {says}"), str(result))

    @rows(*[{"verb": verb} for verb in ("list", "explain", "keys")])
    def test_without_a_configuration_init_is_named(self, verb):
        self.token("one")
        result = self.tool(verb)
        self.assertRun(result, 1)
        self.assertIn("p11gate init", result.stderr)
        self.assertEqual(("", 1), (result.stdout, len(result.stderr.splitlines())))


class Keys(Tool):
    @rows(
        *[{"token": name, "TYPE": kind} for name in ("eight", "A", "B", "D", "E", "I") for kind in (RSA, EC)],
        *[{"token": "eight", "TYPE": kind} for kind in ("ec:P-384", "ec:P-521")],
        *[{"token": name, "TYPE": EC} for name in ("empty-id", "empty-label", "long-label")],
    )
    def test_keys_prints_what_ssh_keygen_D_prints(self, token, TYPE):
        self.token(token, TYPE=TYPE)
        _, expected = self.listing(self.gate("all"))
        result = self.tool("keys")
        self.assertRun(result)
        # Without an order from the policy it is SoftHSM's, which is another in every program.
        self.assertEqual(sorted(expected.stdout.splitlines()), sorted(result.stdout.splitlines()))

    def test_keys_prints_the_label_of_use_in_the_order_of_the_rules(self):
        self.token("eight")
        module = self.gate([{"id": "07", "use": {"show_label": "Zoë on %L"}}, {"id": ["02", "01"]}])
        _, expected = self.listing(module)
        self.assertEqual(expected.stdout, self.tool("keys").stdout)
        self.assertIn(" Zoë on ", expected.stdout)

    def test_keys_leaves_out_what_ssh_knows_no_name_for(self):
        token = self.token("objects-besides")
        self.gate("all")
        self.assertEqual(f"{bare(token.public_key('user1'))} user 1\n", self.tool("keys").stdout)
        self.assertIn("ec secp256k1 (no fingerprint)", self.tool("list").stdout)

    def test_what_keys_prints_lets_its_user_in(self):
        token = self.token("eight")
        module = self.gate([{"id": "07"}])
        login = self.login(self.server(self.tool("keys").stdout.rstrip("\n")), module)
        self.assertLogin(login, [token.fingerprint("user7")])


class Check(Tool):
    def test_a_right_file_is_summed_up(self):
        self.gate([{"id": "01"}, {"id": "02"}], deny=[{"label": "x"}])
        for words in ([], [self.sandbox.config]):
            result = self.tool("check", *words)
            self.assertRun(result)
            self.assertEqual(f"{self.sandbox.config}: all right: 2 allow, 0 require, 1 deny\n", result.stdout)
            self.assertEqual("", result.stderr)

    def test_the_example_is_right(self):
        example = programs.DESCRIPTIONS.parents[1] / "config" / "example.yaml"
        path = self.sandbox.write("example.yaml", example.read_text())
        result = self.tool("check", path)
        self.assertRun(result)
        self.assertEqual("", result.stderr)

    def test_a_warning_is_no_error(self):
        key = "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAA key\n"
        token = self.token("one")
        path = self.sandbox.write("keys", key + token.public_key("user1") + "\n")
        self.gate([{"public_key": str(path)}])
        result = self.tool("check")
        self.assertRun(result)
        self.assertRegex(result.stderr, rf"^warning: {path}:1(:\d+)?: found")
        self.assertEqual(f"{self.sandbox.config}: no mistake, but there are warnings: 1 allow, 0 require, 0 deny\n", result.stdout)

    def test_every_mistake_is_reported_with_its_place(self):
        text = "version: 1\nmodule: x\nsurprise: 1\nallow:\n- {id: zz}\n- {lable: y}\ndeny: no\n"
        path = self.sandbox.write("wrong.yaml", text)
        result = self.tool("check", path)
        self.assertRun(result, 1)
        self.assertEqual("", result.stdout)
        lines = result.stderr.splitlines()
        places = [re.match(rf"{path}:(\d+):(\d+): ", line) for line in lines]
        self.assertEqual([("3", "1"), ("5", "8"), ("6", "4"), ("7", "7")], sorted(place.groups() for place in places))
        self.assertTrue(any("did you mean" in line and "label" in line for line in lines), result.stderr)

    @rows(
        {"text": "version: 1\nmodule: x\nallow: [\n", "at": ":4:1: "},
        {"text": "", "at": ":1:1: "},
        {"text": "version: 1\n\tmodule: x\n", "at": ":2:1: "},
        {"text": "version: 1\nmodule: p11gate.so\nallow: all\n", "at": ":2:9: "},
        {"text": "version: 1\nmodule: x\nallow: all\ndaemon: {use: on}\n", "at": ":4:15: "},
    )
    def test_a_mistake_is_reported_with_its_place(self, text, at):
        path = self.sandbox.write("wrong.yaml", text)
        result = self.tool("check", path)
        self.assertRun(result, 1)
        self.assertIn(f"{path}{at}", result.stderr)

    def test_a_file_that_others_may_write_is_an_error_with_the_chmod_that_mends_it(self):
        self.gate("all")
        os.chmod(self.sandbox.config, 0o662)
        result = self.tool("check")
        self.assertRun(result, 1)
        self.assertIn(f"chmod go-w {self.sandbox.config}", result.stderr)

    @rows({"path": "/nonexistent/config.yaml"}, {"path": "/etc"}, {"path": "/dev/null"})
    def test_what_cannot_be_read_is_named(self, path):
        result = self.tool("check", path)
        self.assertRun(result, 1)
        self.assertIn(path, result.stderr)

    def test_without_a_file_anywhere_init_is_named(self):
        result = self.tool("check")
        self.assertRun(result, 1)
        self.assertIn("p11gate init", result.stderr)

    def test_a_file_is_checked_without_its_vendor_library(self):
        self.gate("all", module="/nonexistent/module.so")
        self.assertRun(self.tool("check"))


class Usage(Tool):
    def test_help_names_every_verb(self):
        for words in (["help"], ["--help"], ["-h"]):
            result = self.tool(*words)
            self.assertRun(result)
            self.assertEqual("", result.stderr)
            for verb in VERBS:
                self.assertRegex(result.stdout, rf"(?m)^  {verb} +\w")

    @rows(*[{"verb": verb} for verb in VERBS])
    def test_help_of_a_verb_is_the_same_by_either_name(self, verb):
        result = self.tool("help", verb)
        self.assertRun(result)
        self.assertTrue(result.stdout.startswith(f"usage: p11gate {verb} "), result.stdout)
        for words in ([verb, "--help"], [verb, "-h"], [verb, "--login", "--help"]):
            self.assertEqual(result.stdout, self.tool(*words).stdout)
        for option in re.findall(r"--[a-z]+", result.stdout.splitlines()[0]):
            self.assertRegex(result.stdout, rf"(?m)^  {option}\b")

    def test_the_version_is_that_of_the_project(self):
        text = (programs.DESCRIPTIONS.parents[1] / "meson.build").read_text()
        result = self.tool("--version")
        self.assertRun(result)
        self.assertEqual("p11gate " + re.search(r"(?m)^  version: '(.*)',$", text)[1] + "\n", result.stdout)

    @rows(
        {"words": [], "says": "usage: p11gate VERB"},
        {"words": ["frobnicate"], "says": "no verb `frobnicate`"},
        {"words": ["--frobnicate"], "says": "no verb `--frobnicate`"},
        {"words": ["help", "frobnicate"], "says": "no verb `frobnicate`"},
        {"words": [""], "says": "no verb ``"},
        {"words": ["list", "x"], "says": "p11gate list: unexpected `x`"},
        {"words": ["list", "-x"], "says": "found `-x`"},
        {"words": ["list", "--all", "-xy"], "says": "found `-xy`"},
        {"words": ["list", "--json=1"], "says": "found `--json=1`"},
        {"words": ["explain", "--key", "x"], "says": "p11gate explain: expected an option, with its value if it has"},
        {"words": ["explain", "--key"], "says": "found `--key`"},
        {"words": ["keys", "--json"], "says": "found `--json`"},
        {"words": ["keys", "x"], "says": "unexpected `x`"},
        {"words": ["check", "a", "b"], "says": "found `b`"},
        {"words": ["check", "--strict"], "says": "found `--strict`"},
        {"words": ["init", "--key"], "says": "found `--key`"},
        {"words": ["init", "--frobnicate"], "says": "found `--frobnicate`"},
        {"words": ["init", "x"], "says": "unexpected `x`"},
        {"words": ["init", "--module", "module.so"], "says": "expected an absolute path, found `module.so`"},
    )
    def test_wrong_usage_is_2_and_says_what_and_where_help_is(self, words, says):
        result = self.tool(*words)
        self.assertRun(result, 2)
        self.assertEqual("", result.stdout)
        self.assertIn(says, result.stderr)
        self.assertIn("help", result.stderr)


class Output(Tool):
    """What did not reach its reader was not done."""

    COMMANDS = [
        {"words": words.split()}
        for words in ("list", "explain --json", "keys", "check", "help", "help list", "--version", "init")
    ]

    def attempt(self, words, redirection):
        token = self.token("eight", TYPE=EC)
        if words == ["init"]:
            words = [*words, *VENDOR, "--key", token.fingerprint("user1")]
        else:
            self.gate("all")
        return self.sandbox.run("sh", "-c", f'exec "$0" "$@" {redirection}', programs.TOOL, *words)

    @rows(*COMMANDS)
    def test_a_full_disk_is_no_success(self, words):
        result = self.attempt(words, ">/dev/full")
        self.assertRun(result, 1)
        self.assertIn("standard output cannot be written", result.stderr)

    @rows(*COMMANDS)
    def test_a_closed_stdout_is_no_success(self, words):
        result = self.attempt(words, ">&-")
        self.assertRun(result, 1)
        self.assertIn("standard output cannot be written", result.stderr)

    @rows(*COMMANDS)
    def test_closed_descriptors_put_nothing_into_the_files_that_are_opened(self, words):
        self.attempt(words, "<&- >&- 2>&-")
        self.assertRun(self.tool("check"))
        self.assertRun(self.tool("list"))
        if self.sandbox.log.exists():
            self.assertNotIn("SHA256:", self.sandbox.log.read_text())

    def test_a_reader_that_has_gone_is_no_success(self):
        self.token("many", OTHERS=999, TYPE=EC)
        self.gate("all")
        script = '{ "$0" "$@"; echo "rc=$?" >&2; } | head -n 1'
        result = self.sandbox.run("sh", "-c", script, programs.TOOL, "list")
        self.assertRegex(result.stderr, r"rc=(1|141)\n")


if __name__ == "__main__":
    main()
