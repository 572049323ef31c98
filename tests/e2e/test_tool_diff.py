#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""p11gate diff: what another configuration would show or hide on the tokens present."""

import json
import os

from harness import main, programs, rows
from harness.tool import Tool

EC = "ec:P-256"


class Diff(Tool):
    def policy(self, name, allow, **more):
        policy = {"version": 1, "module": programs.VENDOR, "allow": allow, **more}
        return self.sandbox.write(name, json.dumps(policy, indent=1))

    def diff(self, old, new, *words, rc=1, **options):
        result = self.tool("diff", *words, self.policy("old.yaml", **old), self.policy("new.yaml", **new), **options)
        self.assertEqual(rc, result.rc, str(result))
        return result

    def changes(self, *arguments, **options):
        """{label of a key: how it changed, old and new}"""
        found = json.loads(self.diff(*arguments, "--json", **options).stdout)
        return {(one["new"] or one["old"])["label"]: one for one in found}

    def test_keys_gained_and_lost_are_told_and_why(self):
        token = self.token("eight", TYPE=EC)
        result = self.diff({"allow": [{"id": ["01", "02"]}]}, {"allow": [{"id": ["02", "03"]}]})
        folder = self.sandbox.folder
        lines = result.stdout.splitlines()
        lost = lines.index(f'- ec nistp256  {token.fingerprint("user1")} "user 1" on token ' + lines[0].split(" on token ")[1])
        gained = [i for i, line in enumerate(lines) if line.startswith(f'+ ec nistp256  {token.fingerprint("user3")} "user 3" on token "eight" (')]
        self.assertEqual("    hidden: no allow rule is true", lines[lost + 1])
        self.assertEqual(f"    shown by {folder}/new.yaml:5:3", lines[gained[0] + 1])
        self.assertEqual((4, ""), (len(lines), result.stderr))

    @rows(
        {"old": {"allow": [{"id": "01"}]}, "new": {"allow": [{"label": "user 1"}]}},
        {"old": {"allow": "all"}, "new": {"allow": "all"}},
        {"old": {"allow": []}, "new": {"allow": "all", "deny": [{"token": {"label": "eight"}}]}},
        {"old": {"allow": [{"id": "01"}, {"id": "02"}]}, "new": {"allow": [{"id": "07"}, {"id": "01"}, {"id": "02"}], "deny": [{"id": "07"}]}},
    )
    def test_two_that_show_the_same_are_0(self, old, new):
        self.token("eight", TYPE=EC)
        self.assertEqual("", self.diff(old, new, rc=0).stdout)
        self.assertEqual([], json.loads(self.diff(old, new, "--json", rc=0).stdout))

    def test_label_and_place_that_change_are_told(self):
        self.token("eight", TYPE=EC)
        old = {"allow": [{"id": "01"}, {"id": "02"}, {"id": "03"}]}
        new = {"allow": [{"id": "02"}, {"id": "01"}, {"id": "03", "use": {"show_label": "mine"}}]}
        lines = self.diff(old, new).stdout.splitlines()
        self.assertEqual(3, sum(line.startswith("~ ") for line in lines))
        for line in ("    place 1, was 2", "    place 2, was 1", '    label "mine", was "user 3"'):
            self.assertEqual(1, lines.count(line), lines)
        changes = self.changes(old, new)
        self.assertEqual({"user 1", "user 2", "mine"}, set(changes))
        self.assertEqual((1, 2), (changes["user 1"]["old"]["place"], changes["user 1"]["new"]["place"]))

    def test_a_key_that_is_gained_before_others_moves_none(self):
        self.token("eight", TYPE=EC)
        changes = self.changes({"allow": [{"id": "01"}, {"id": "02"}]}, {"allow": [{"id": "03"}, {"id": "01"}, {"id": "02"}]})
        self.assertEqual({"user 3": "gained"}, {label: one["change"] for label, one in changes.items()})
        self.assertEqual((False, True), (changes["user 3"]["old"]["shown"], changes["user 3"]["new"]["shown"]))

    def test_options_that_change_are_told(self):
        self.token("eight", TYPE=EC)
        use = {"mechanisms": ["CKM_ECDSA"], "digests": ["sha256"], "confirm": True, "expose_certificate": False}
        changes = self.changes({"allow": [{"id": "01"}]}, {"allow": [{"id": "01", "use": use}]})
        self.assertEqual("changed", changes["user 1"]["change"])
        lines = self.diff({"allow": [{"id": "01"}]}, {"allow": [{"id": "01", "use": use}]}).stdout.splitlines()
        self.assertEqual("    options (confirm; mechanisms CKM_ECDSA; digests CKM_SHA256; no certificate; ), were ()", lines[1])

    def test_what_shows_only_after_login_is_compared_after_it(self):
        self.token("K", TYPE=EC)
        old, new = {"allow": [{"token": {"label": "K"}, "id": "99"}]}, {"allow": [{"token": {"label": "K"}}]}
        without = self.diff(old, new, rc=0)
        self.assertIn("shows its keys only after login", without.stderr)
        spy = self.spy()
        old["module"] = new["module"] = programs.SPY
        result = self.diff(old, new, "--login", stdin="1234\n1234\n")
        self.assertTrue(all(line[0] in "+ " for line in result.stdout.splitlines()) and result.stdout, str(result))
        self.assertEqual((2, 2), (spy.counts["C_Login"], spy.counts["C_Finalize"]))

    def test_keys_of_a_token_that_another_module_has_not_are_lost(self):
        self.token("eight", TYPE=EC)
        self.sandbox.environment["PCSCLITE_CSOCK_NAME"] = "/nonexistent"  # a card in this machine's reader is not for us
        other = os.path.join(os.path.dirname(programs.SPY), "opensc-pkcs11.so")
        changes = self.changes({"allow": [{"id": "01"}]}, {"allow": [{"id": "01"}], "module": other})
        self.assertEqual(("lost", None), (changes["user 1"]["change"], changes["user 1"]["new"]))
        result = self.diff({"allow": [{"id": "01"}]}, {"allow": [{"id": "01"}], "module": other})
        self.assertEqual("    its token is not there", result.stdout.splitlines()[1])
        changes = self.changes({"allow": [{"id": "01"}], "module": other}, {"allow": [{"id": "01"}]})
        self.assertEqual(("gained", None), (changes["user 1"]["change"], changes["user 1"]["old"]))

    @rows({"break_": "old"}, {"break_": "new"})
    def test_a_file_that_is_wrong_is_2(self, break_):
        self.token("eight", TYPE=EC)
        files = {name: self.policy(f"{name}.yaml", "all") for name in ("old", "new")}
        files[break_].write_text("version: 1\nmodule: x\nallow: [\n")
        result = self.tool("diff", files["old"], files["new"])
        self.assertRun(result, 2)
        self.assertEqual("", result.stdout)
        self.assertIn(f"{files[break_]}:4:1: ", result.stderr)

    def test_a_module_that_cannot_be_loaded_is_2(self):
        self.token("eight", TYPE=EC)
        result = self.diff({"allow": "all"}, {"allow": "all", "module": "/nonexistent/module.so"}, rc=2)
        self.assertIn("cannot load /nonexistent/module.so", result.stderr)

    def test_a_full_disk_is_2(self):
        self.token("eight", TYPE=EC)
        files = self.policy("old.yaml", []), self.policy("new.yaml", "all")
        result = self.sandbox.run("sh", "-c", f'exec "{programs.TOOL}" diff "$0" "$1" >/dev/full', *files)
        self.assertEqual(2, result.rc, str(result))

    @rows({"words": []}, {"words": ["a"]}, {"words": ["a", "b", "c"]})
    def test_two_files_are_what_is_taken(self, words):
        self.assertRun(self.tool("diff", *words), 2)

    def test_colours_are_for_terminals(self):
        self.token("eight", TYPE=EC)
        old, new = self.policy("old.yaml", []), self.policy("new.yaml", [{"id": "01"}])
        self.assertNotIn("\033", self.tool("diff", old, new).stdout)
        terminal = self.terminal("diff", old, new)
        terminal.expect("\033[32m+ ")
        self.assertEqual(1, terminal.close())


if __name__ == "__main__":
    main()
