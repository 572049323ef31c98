#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A shared workstation: by the system's policy each user sees the keys of his own good badges, of a token with 200 certificates, and no others.

What each policy must show stands beside the certificates (softhsm-fixtures/tokens/workstation.token). Root makes the users.
"""

import json
import os
import shutil
import time

from harness import escapes, main, pki, programs, rows
from harness.machine import Machine
from harness.token import fingerprint
from harness.workstation import NOT_CORP, POLICIES, ROLES, Workstation

NAMES = [f"p11{role.lower()}{os.getpid()}" for role in ROLES]


class SharedWorkstation(Machine):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.made = Workstation(**dict(zip(ROLES, NAMES)))
        cls.addClassCleanup(cls.made.close)
        cls.make_users(NAMES, cls.made)
        cls.anchors = cls.made.trust_anchors(cls.install)

    @classmethod
    def install(cls, path):
        """A copy where the system's files are, which everybody can read."""
        folder = cls.system.parent / path.parent.name
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        copy = folder / path.name
        shutil.copyfile(path, copy)
        copy.chmod(0o644)
        return copy

    def enforce(self, policy):
        super().enforce({"version": 1, "module": programs.VENDOR, "trust_anchors": self.anchors, **policy})

    def listed(self, user, environment=None, broken=False):
        """Names of the keys that p11gate list tells; broken: the configuration may be."""
        result = user.run(self.tool_path, "list", "--json", environment=environment)
        if broken and not result.ok:
            self.assertEqual("", result.stdout, str(result))
            return []
        self.assertTrue(result.ok, str(result))
        return self.made.names(key["fingerprint"] for key in json.loads(result.stdout))

    def assertShowsNoMore(self, environments, broken=False):
        """To any of the users, who have these, and of whom the last logs in. broken: nothing may be shown."""
        self.enforce(POLICIES["full"])
        for user, environment in environments.items():
            with self.subTest(user=user.name):
                expected = self.made.expected(user.name, "full")
                self.assertIn(self.listed(user, environment, broken), [expected, []] if broken else [expected])
        good, offered, output = user.login(self.ssh_server, self.module, environment)
        self.assertLessEqual(set(self.made.names(offered)), set(expected), output)
        self.assertEqual(bool(offered), good, output)
        self.assertTrue(good or broken, output)

    def turn(self, table, row):
        """The users, each of them last for every third row."""
        first = table.index(row) % len(self.users)
        return self.users[first:] + self.users[:first]

    def places(self, user):
        other = self.users[self.users.index(user) - 1]
        self.addCleanup(escapes.remove, user)
        self.addCleanup(escapes.remove, other)
        return escapes.find_places(user, other, self.made.anchors("partner"))

    @rows(*[{"policy": name} for name in POLICIES])
    def test_each_sees_what_the_certificates_say_and_nothing_else(self, policy):
        self.enforce(POLICIES[policy])
        for user in self.users:
            with self.subTest(user=user.name):
                self.assertEqual(self.made.expected(user.name, policy), self.listed(user))

    @rows(*[{"policy": name} for name in POLICIES if name != "deny-others"])
    def test_so_does_ssh_but_for_types_that_it_does_not_know(self, policy):
        self.enforce(POLICIES[policy])
        for user in self.users:
            with self.subTest(user=user.name):
                result = user.run(programs.SSH_KEYGEN, "-D", self.module)
                self.assertTrue(result.ok, str(result))
                known = [name for name in self.made.expected(user.name, policy) if not name.startswith("ed-")]
                self.assertEqual(known, self.made.names(map(fingerprint, result.stdout.splitlines())))

    def test_each_logs_in_with_a_badge_of_his_own(self):
        self.enforce(POLICIES["full"])
        for user in self.users:
            good, offered, output = user.login(self.ssh_server, self.module)
            self.assertTrue(good, output)
            self.assertLessEqual(set(self.made.names(offered)), set(self.made.expected(user.name, "full")), output)

    @rows(*escapes.VARIABLES)
    def test_no_variable_shows_more(self, name, value):
        users = self.turn(escapes.VARIABLES, {"name": name, "value": value})
        self.assertShowsNoMore({user: {name: value.format(**self.places(user))} for user in users}, name in escapes.LEADING)

    def test_openssl_s_file_of_the_user_s_is_not_read(self):
        """One that leaves OpenSSL without algorithms."""
        self.enforce(POLICIES["full"])
        for user in self.users:
            environment = {"OPENSSL_CONF": user.write(user.home / "openssl.cnf", escapes.OPENSSL_NOTHING)}
            self.assertFalse(user.run(programs.OPENSSL, "dgst", "-sha256", "/dev/null", environment=environment).ok)
            self.assertEqual(self.made.expected(user.name, "full"), self.listed(user, environment))

    @rows(*[{"what": what} for what in (*escapes.FILES, *escapes.ODD_FILES)])
    def test_no_file_of_a_user_shows_more(self, what):
        users = self.turn((*escapes.FILES, *escapes.ODD_FILES), what)
        places = {user: self.places(user) for user in users}
        for user in users:
            escapes.put(user, what, places[user])
        self.assertShowsNoMore(dict.fromkeys(users), what not in ("none", "all", "nothing denied", "every certificate"))

    @rows(*[{"zone": zone} for zone in ("Etc/GMT+12", "Pacific/Kiritimati", "UTC", "America/Los_Angeles")])
    def test_a_certificate_that_is_over_is_so_in_every_time_zone(self, zone):
        """It ended when it was made: everywhere west of Greenwich that is still to come by the clocks on the walls."""
        made = pki.Pki(self.shared.folder / "pki")
        made.authority("root", "/CN=Root")
        anchors = {"corp": {"file": str(self.install(made.folder / "root.pem"))}}
        self.enforce({"allow": [{"certificate": {"ca": ["corp"]}}], "trust_anchors": anchors})
        badges = [(self.install(made.certificate(f"badge-{days}", "/CN=alice", issuer="root", days=days)), code) for days, code in ((1, 0), (0, 1))]
        time.sleep(2)  # until its last second is over
        for certificate, code in badges:
            for user in self.users:
                result = user.run(self.tool_path, "eval", "--certificate", certificate, environment={"TZ": zone})
                self.assertEqual((code, code == 1), (result.rc, "expired" in result.stdout), str(result))

    def test_a_key_without_certificate_is_hidden_where_what_is_not_the_company_s_is_denied(self):
        bare = {name for name in self.made.public_keys() if name.startswith("bare-")}
        self.enforce({"allow": "all"})
        self.assertLessEqual(bare, set(self.listed(self.users[0])))
        self.enforce({"allow": "all", "deny": [NOT_CORP]})
        shown = set(self.listed(self.users[0]))
        self.assertEqual(set(), bare & shown)
        self.assertLessEqual(set(self.made.expected(NAMES[0], "full")), shown)

    def test_a_crl_that_disappears_or_breaks_shows_nothing(self):
        self.enforce(POLICIES["full"])
        crl = self.system.parent / "crls" / "gone.pem"
        for text in (None, "-----BEGIN X509 CRL-----\nbroken\n-----END X509 CRL-----\n"):
            if text is not None:
                crl.write_text(text)
            policy = {"trust_anchors": {**self.anchors, "corp": {**self.anchors["corp"], "crl": [*self.anchors["corp"]["crl"], str(crl)]}}}
            self.enforce({**POLICIES["full"], **policy})
            result = self.users[0].run(programs.SSH_KEYGEN, "-D", self.module)
            self.assertEqual("", result.stdout)
            self.assertIn(str(crl), result.stderr)

    def test_a_user_s_file_takes_away_from_these_and_adds_nothing(self):
        self.enforce(POLICIES["full"])
        user = self.users[0]
        self.addCleanup(user.configure, None)
        user.configure({"version": 1, "allow": "all"})
        self.assertEqual(self.made.expected(user.name, "full"), self.listed(user))
        user.configure({"version": 1, "allow": [{"fingerprint": [self.made.fingerprint(name) for name in ("good-alice", "evil-alice")]}]})
        self.assertEqual(["good-alice"], self.listed(user))


del Machine

if __name__ == "__main__":
    main()
