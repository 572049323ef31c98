#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Three users of one machine under one system file: each logs in with what it gives him, and whatever he writes or sets takes away only.

Root makes the users, and removes them. Where the tests run as somebody else there is one user, and a system file that is not root's.
"""

import itertools
import os

from harness import escapes, main, pki, programs, rows, vocabulary
from harness.machine import IS_ROOT, Machine
from harness.ssh import bare
from harness.token import Token

OPS = f"p11ops{os.getpid()}"
NAMES = [f"p11{letter}{os.getpid()}" for letter in "abc"]
DESCRIPTION = """token label=shared
{keys}
key  ops ec:P-384
pair ops id=0a label="ops"
key  old ec:P-256
pair old id=0b label="ssh-user-old"
"""
REFUSED = [key for map, key, kind in vocabulary.schema() if map == "narrowing" and kind == "refused"]


class ThreeUsers(Machine):
    def setUp(self):
        super().setUp()
        self.enforce()
        for user in self.users:
            user.configure(None)

    def enforce(self, **more):
        """The system's policy: to each his own key, to the group's members one more, and what is old to nobody."""
        super().enforce({
            "version": 1, "module": programs.VENDOR,
            "deny": [{"label": "ssh-user-old"}],
            "allow": [{"when": {"group": OPS}, "label": "ops"}, {"label": "ssh-user-%u"}],
            **more,
        })


class Alone(ThreeUsers):
    """Where nobody can make users."""

    def test_a_system_file_that_is_not_root_s_shows_nothing(self):
        self.token("one")
        _, result = self.listing(self.module)
        self.assertEqual("", result.stdout)
        self.assertIn("expected root", result.stderr)


class Logins(ThreeUsers):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        keys = "".join(f'key  {name} ec:P-256\npair {name} id=0{i} label="ssh-user-{name}"\n' for i, name in enumerate(NAMES, 1))
        description = cls.shared.write("shared.token", DESCRIPTION.format(keys=keys))
        cls.made = Token(str(description))
        cls.addClassCleanup(cls.made.close)
        cls.make_users(NAMES, cls.made, OPS, [NAMES[2]])
        cls.own = {name: [cls.made.fingerprint(name)] for name in NAMES}
        cls.own[NAMES[2]].insert(0, cls.made.fingerprint("ops"))
        cls.certificate = pki.Pki(cls.shared.folder / "pki").certificate("badge", f"/CN={NAMES[0]}")

    def assertLogsIn(self, user, offers, environment=None):
        good, offered, output = user.login(self.ssh_server, self.module, environment)
        self.assertEqual((bool(offers), offers), (good, offered), output)
        return output

    def test_each_logs_in_with_what_the_system_s_file_gives_him(self):
        for user in self.users:
            # The server takes the first that is offered; what comes behind it is seen in the listing.
            self.assertLogsIn(user, self.own[user.name][:1])
            listed = user.run(programs.SSH_KEYGEN, "-D", self.module)
            expected = [bare(self.made.public_key("ops"))] if user.name == NAMES[2] else []
            expected.append(bare(self.made.public_key(user.name)))
            self.assertEqual(expected, [bare(line) for line in listed.stdout.splitlines()], str(listed))

    @rows(
        {"policy": {"version": 1, "allow": "all"}},
        {"policy": {"version": 1, "allow": [{"label": {"glob": "*"}}, {"id": "0b"}]}},
        {"policy": {"version": 1, "allow": [{"id": "0a"}, {"id": "01"}, {"id": "02"}, {"id": "03"}, {"id": "0b"}]}},
        {"policy": {"version": 1, "allow": "all", "deny": [], "require": []}},
    )
    def test_a_user_s_file_that_permits_everything_changes_nothing(self, policy):
        for user in self.users:
            user.configure(policy)
            self.assertLogsIn(user, self.own[user.name][:1])

    def test_a_user_s_file_takes_away_from_him_alone(self):
        a, b, c = self.users
        a.configure({"version": 1, "allow": [{"id": "0b"}]})
        c.configure({"version": 1, "allow": "all", "deny": [{"label": "ops"}]})
        self.assertLogsIn(a, [])
        self.assertLogsIn(b, self.own[b.name])
        self.assertLogsIn(c, self.own[c.name][1:])

    def test_a_user_s_order_and_label_are_his(self):
        user = self.users[2]
        user.configure({"version": 1, "allow": [{"label": "ops", "use": {"order": 9, "show_label": "mine"}}, {"label": "ssh-user-%u"}]})
        self.assertLogsIn(user, self.own[user.name][1:])
        listed = user.run(programs.SSH_KEYGEN, "-D", self.module)
        self.assertTrue(listed.stdout.splitlines()[1].endswith(" mine"), str(listed))

    @rows(*escapes.VARIABLES)
    def test_no_variable_shows_more(self, name, value):
        user, other = self.users[:2]
        value = value.format(**escapes.find_places(user, other))
        good, offered, output = user.login(self.ssh_server, self.module, {name: value})
        self.assertIn(offered, ([], self.own[user.name]), output)
        self.assertEqual(bool(offered), good)

    @rows(*[{"key": key} for key in REFUSED])
    def test_what_only_the_system_s_file_may_say_is_an_error_and_shows_nothing(self, key):
        user = self.users[0]
        user.configure(f"version: 1\nallow: all\n{key}: {{a: b}}\n")
        listed = user.run(programs.SSH_KEYGEN, "-D", self.module)
        self.assertEqual("", listed.stdout)
        self.assertIn(f"{user.config}:3:1: found `{key}` in a user's file beside the system's ({self.system})", listed.stderr)

    def test_with_user_config_none_the_user_s_file_is_not_read(self):
        self.enforce(user_config="none")
        for user in self.users[:2]:
            user.configure("no: policy: at: all\n")
            self.assertLogsIn(user, self.own[user.name])

    def evaluate(self, user, caller=None):
        """(exit code, all that is said) of p11gate eval about the same certificate, by root or by another user."""
        words = [self.tool_path, "eval", "--user", user.name, "--certificate", self.certificate]
        result = caller.run(*words) if caller else self.sandbox.run(*words)
        return result.rc, result.stdout + result.stderr

    def test_eval_decides_for_each_as_a_login_of_his_would(self):
        """What the groups are, who the file has to belong to, and that it only takes away."""
        self.enforce(deny=[], allow=[{"name": "ops", "when": {"group": OPS}, "key": {"type": "ec"}}, {"name": "a", "certificate": {"subject": {"CN": "%u"}}}])
        for user, rule in zip(self.users, ("a", None, "ops")):
            code, said = self.evaluate(user)
            self.assertEqual((0 if rule else 1, True), (code, (f'shown by "{rule}"' if rule else "no allow rule is true") in said), said)
            user.configure({"version": 1, "allow": "all", "deny": [{"key": {"type": "ec"}}]})
            code, said = self.evaluate(user)
            self.assertEqual(1, code, said)
            self.assertTrue(not rule or f"denied by {user.config}:1:" in said, said)
            user.configure("no: policy: at: all\n")
            code, said = self.evaluate(user)
            self.assertEqual((2, True), (code, f"{user.config}:1:" in said), said)
            user.configure({"version": 1, "allow": "all"})
            os.chown(user.config, 65534, -1)
            code, said = self.evaluate(user)
            self.assertEqual((2, True), (code, f"belongs to user 65534, expected root or user {user.id.pw_uid}" in said), said)

    def test_eval_of_another_s_files_needs_the_right_to_read_them(self):
        a, b, _ = self.users
        a.configure({"version": 1, "allow": "all"})
        a.home.chmod(0o700)
        code, said = self.evaluate(a, caller=b)
        self.assertEqual((2, True), (code, "Permission denied" in said), said)

    def test_a_system_file_that_breaks_locks_everybody_out(self):
        self.system.write_text("version: 1\nallow: [\n")
        for user in self.users:
            output = self.assertLogsIn(user, [])
            self.assertIn(f"{self.system}:", output)

    def test_nobody_can_change_the_system_s_file(self):
        for user, path in itertools.product(self.users, (self.system, self.system.parent)):
            self.assertFalse(user.run("test", "-w", path).ok)


if IS_ROOT:
    del Alone
else:
    del Logins
del Machine, ThreeUsers

if __name__ == "__main__":
    main()
