#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Of a token with 200 certificates each policy shows the keys that stand beside them in the description (harness/workstation.py), and no others."""

import json
import os
import pwd

from harness import Case, main, programs, rows
from harness.token import fingerprint
from harness.workstation import NOT_CORP, POLICIES, Workstation


class OneUser(Case):
    """He who runs the tests, with a policy of his own."""

    @classmethod
    def setUpClass(cls):
        cls.user = pwd.getpwuid(os.getuid()).pw_name
        cls.made = Workstation(ALICE=cls.user)
        cls.addClassCleanup(cls.made.close)

    def setUp(self):
        super().setUp()
        self.sandbox.environment |= self.made.environment

    def configure(self, policy, **more):
        self.gate(**{"trust_anchors": self.made.trust_anchors(), **policy, **more})

    @rows(*[{"policy": name} for name in POLICIES])
    def test_what_the_certificates_say_is_shown_and_nothing_else(self, policy):
        self.configure(POLICIES[policy])
        result = self.tool("list", "--json")
        self.assertTrue(result.ok, str(result))
        shown = self.made.names(key["fingerprint"] for key in json.loads(result.stdout))
        self.assertEqual(self.made.expected(self.user, policy), shown)

    def test_ssh_is_shown_the_same(self):
        self.configure(POLICIES["full"])
        keys, result = self.listing(programs.MODULE)
        self.assertEqual(self.made.expected(self.user, "full"), self.made.names(map(fingerprint, keys)), str(result))

    def test_a_key_without_certificate_is_hidden_where_what_is_not_the_company_s_is_denied(self):
        name = self.made.fingerprint("bare-alice")
        for deny, shown in (([], True), ([NOT_CORP], False)):
            self.configure({"allow": "all", "deny": deny})
            self.assertEqual(shown, name in self.tool("list").stdout)
        told = self.tool("explain", name).stdout
        self.assertIn("unknown", told)


if __name__ == "__main__":
    main()
