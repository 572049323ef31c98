# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of the p11gate command share."""

import json
import os
import re

from . import programs
from .case import Case

VENDOR = ("--module", programs.VENDOR)
# What init offers: type, fingerprint, label.
OFFERED = re.compile(r"(?m)^ +\d+  (.*\S) +(SHA256:\S+) \"(.*)\"$")


class Tool(Case):
    def assertRun(self, result, rc=0):
        """Ended with that code, and never without a word when something was wrong."""
        self.assertEqual(rc, result.rc, str(result))
        self.assertTrue(rc == 0 or result.stderr, str(result))

    def init(self, *words, stdin="", rc=0):
        result = self.tool("init", *VENDOR, *words, stdin=stdin)
        self.assertRun(result, rc)
        return result

    def assertNothingWritten(self):
        self.assertEqual([], os.listdir(self.sandbox.config.parent))

    def assertUntouched(self):
        """A configuration that said "mine" still does, and nothing was put beside it."""
        found = self.sandbox.config.read_text(), os.listdir(self.sandbox.config.parent)
        self.assertEqual(("mine\n", ["config.yaml"]), found)

    def assertShows(self, *fingerprints):
        """The written file is right, and these keys are what it shows."""
        self.assertRun(self.tool("check"))
        listed = json.loads(self.tool("list", "--json").stdout)
        self.assertEqual(sorted(fingerprints), sorted(key["fingerprint"] for key in listed))

    def numbered(self, result, token):
        """{name of a key: the number that init offered it under}."""
        offered = [match[1] for match in OFFERED.findall(result.stdout)]
        return {name: offered.index(token.fingerprint(name)) + 1 for name in token.public_keys()}

    def numbers(self, token):
        return self.numbered(self.init(rc=1), token)
