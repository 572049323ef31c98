#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The token of a shared workstation is what its description says, by the word of the openssl command: its certificates, and who certified them."""

import re

from harness import Case, main, programs
from harness.workstation import POLICIES, Workstation

USERS = ("alice", "bob", "carol")
LEVEL = ("-no-CApath", "-no-CAstore", "-partial_chain", "-auth_level", "2")


class WorkstationToken(Case):
    @classmethod
    def setUpClass(cls):
        cls.made = Workstation()
        cls.addClassCleanup(cls.made.close)

    def setUp(self):
        super().setUp()
        self.sandbox.environment |= self.made.environment

    def trusted(self, *options):
        """The certificates that lead to corp. Where a name stands for several authorities the command takes the first and does not go
        back: what it believes with the authorities in one order or in the other is believed."""
        files = [self.made.folder / "certificates" / f"{certificate.name}.pem" for certificate in self.made.certificates]
        good = set()
        for turn in (1, -1):
            others = self.sandbox.write("others.pem", "".join(self.made.authorities()[::turn]) + self.made.intermediates.read_text())
            result = self.sandbox.run(programs.OPENSSL, "verify", *LEVEL, *options, "-CAfile", self.made.anchors("corp"), "-untrusted", others, *files)
            good |= {match.rpartition("/")[2] for match in re.findall(r"(?m)^(.*)\.pem: OK$", result.stdout)}
        self.assertTrue(good)
        return good

    def having(self, *policies, lacking=()):
        return {
            certificate.name
            for certificate in self.made.certificates
            if certificate.passes.issuperset(policies) and not certificate.passes.intersection(lacking)
        }

    def test_it_has_200_certificates_and_a_key_for_most_of_them(self):
        listed = self.sandbox.run(programs.PKCS11_TOOL, "--module", programs.VENDOR, "--list-objects", "--type", "cert").stdout
        self.assertEqual(200, listed.count("Certificate Object"))
        self.assertGreater(len({certificate.key for certificate in self.made.certificates}), 140)

    def test_openssl_finds_a_path_to_corp_for_those_that_are_not_others(self):
        self.assertEqual(self.having("deny-others"), self.trusted())

    def test_openssl_finds_one_where_dates_are_ignored_for_those_that_are_out_of_date_only(self):
        without_dates = self.trusted("-no_check_time")
        self.assertEqual(set(), self.having("any-date") - without_dates)
        self.assertEqual({"late-revoked-alice"}, without_dates - self.having("any-date") - self.having("deny-others"))

    def test_openssl_s_crls_tell_the_revoked_from_the_good(self):
        bundle = self.sandbox.write("crls.pem", "".join(path.read_text() for path in self.made.crls))
        checked = self.trusted("-crl_check_all", "-CRLfile", bundle)
        # It asks about an anchor as well, unless that has signed itself: middle-sub's own issuer has revoked it.
        self.assertEqual({f"middle-{user}" for user in USERS}, self.having("old-crl") - checked)
        self.assertEqual(set(), checked & self.having("no-crl", lacking=["old-crl"]))

    def test_no_two_policies_show_a_user_the_same_and_full_shows_least(self):
        self.assertEqual(set(POLICIES), self.made.policies)
        for user in USERS:
            shown = {policy: frozenset(self.made.expected(user, policy)) for policy in POLICIES}
            self.assertEqual(len(shown), len(set(shown.values())))
            self.assertGreater(len(shown["full"]), 10)
            for policy, keys in shown.items():
                self.assertLessEqual(shown["full"], keys, policy)


if __name__ == "__main__":
    main()
