#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Rules from the documentation of SSH Tectia, SSSD and pam_pkcs11 decide alike in these terms, selector by selector (docs/peers.md).

For each rule there is a certificate that it accepts, and one for each of its selectors that it refuses for that alone.
"""

import hashlib
import json
import pathlib
import pwd
import shutil
import ssl
import tempfile

from harness import certmap, main, pki, programs, rows
from harness.tool import Tool
from peers import USER, Example, pam_pkcs11, sssd, tectia

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "peers.md"
ME = next(entry for entry in pwd.getpwall() if entry.pw_uid != 0 and entry.pw_name.isalpha()).pw_name
REVOKED = 666
EXAMPLES = {f"{peer.PEER}: {example.rule}": example for peer in (tectia, sssd, pam_pkcs11) for example in peer.EXAMPLES}
ACCEPTED = [{"rule": rule, "certificate": name} for rule, example in EXAMPLES.items() for name in example.accepts]
OF_SSSD = [{"rule": f"SSSD: {example.rule}"} for example in sssd.EXAMPLES if example.asked]
REFUSED = [{"rule": rule, "broken": name} for rule, example in EXAMPLES.items() for name in example.refuses]


def leaves(selectors):
    """Those that have no others in them."""
    for one in selectors:
        yield from leaves(one["selectors"]) if "selectors" in one else [one]


class Peers(Tool):
    @classmethod
    def setUpClass(cls):
        cls.pki = pki.Pki(tempfile.mkdtemp(prefix="p11gate-pki."))
        cls.addClassCleanup(shutil.rmtree, cls.pki.folder, ignore_errors=True)

    def authority(self, name, forged=False):
        """The one of that name, made if it is not there; forged: another one of the same name."""
        called = f"{'forged' if forged else 'authority'}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
        if not (self.pki.folder / f"{called}.pem").exists():
            self.pki.authority(called, name)
            self.pki.crl(called, [REVOKED])
        return called

    def filled(self, value):
        if not isinstance(value, str):
            return value
        return value.replace(USER, ME).replace("{USER}", ME.upper()).replace("{host}", self.host())

    def host(self):
        return self.sandbox.run("uname", "-n").stdout.strip()

    def certificate(self, fields):
        fields = {name: self.filled(value) for name, value in fields.items()}
        forged = fields.pop("forged", False)
        if "issuer" in fields:
            fields["issuer"] = self.authority(fields["issuer"], forged)
        return self.pki.certificate("person", **fields)

    def policy(self, example):
        """Its text, with the files that it names, and the names and digests that are known only now."""
        text = example.policy.replace("LOGIN", ME)
        for name, authority in example.files.items():
            path = self.pki.folder / f"{self.authority(authority)}.{'crl' if name == 'crl.pem' else 'pem'}"
            text = text.replace(name, str(path))
        if "~" in text:
            line = self.sandbox.run(programs.SSH_KEYGEN, "-y", "-f", self.pki.key("person")).stdout
            text = text.replace("~/.ssh/authorized_keys", str(self.sandbox.write("authorized_keys", f"# mine\n{line}")))
        if "DIGEST" in text:
            pem = self.certificate(example.base).read_text()
            digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
            shutil.copy(self.pki.folder / "person.pem", self.pki.folder / "digest.pem")
            text = text.replace("DIGEST", digest)
        return self.sandbox.write("policy.yaml", f"version: 1\nmodule: /nonexistent/vendor.so\n{text}")

    def decide(self, example, changes):
        path = self.policy(example)
        certificate = self.pki.folder / "digest.pem" if "DIGEST" in example.policy and not changes else self.certificate(example.base | changes)
        result = self.tool("eval", "--json", "--policy", path, "--user", ME, "--certificate", certificate)
        self.assertIn(result.rc, (0, 1), str(result))
        self.assertEqual("", result.stderr)
        return json.loads(result.stdout)

    @rows(*ACCEPTED)
    def test_what_the_rule_accepts_is_shown(self, rule, certificate):
        example = EXAMPLES[rule]
        found = self.decide(example, example.accepts[certificate])
        self.assertTrue(found["shown"], found)

    @rows(*REFUSED)
    def test_what_it_refuses_for_one_selector_is_hidden_by_that_one(self, rule, broken):
        example = EXAMPLES[rule]
        changes, names = example.refuses[broken]
        found = self.decide(example, changes)
        self.assertFalse(found["shown"], found)
        untrue = {one["name"].removeprefix("certificate.") for told in found["rules"] for one in leaves(told["selectors"]) if one["truth"] != "true"}
        self.assertEqual(names, untrue)
        self.assertTrue("ca" in names or found["on_a_token"] is None, found)

    @rows(*OF_SSSD)
    def test_SSSD_says_the_same(self, rule):
        example = EXAMPLES[rule]
        expected = {name: True for name in example.accepts} | {name: False for name in example.refuses}
        changes = example.accepts | {name: changed for name, (changed, _) in example.refuses.items()}
        found = {}
        for name in expected:
            der = ssl.PEM_cert_to_DER_cert(self.certificate(example.base | changes[name]).read_text())
            found[name] = certmap.matches(example.own or (example.rule,), der)
        self.assertEqual(expected, found)

    @rows(*[{"what": what} for what in sssd.DIFFERENCES])
    def test_where_SSSD_differs_it_is_as_the_page_says(self, what):
        rule, ours, fields, expected = sssd.DIFFERENCES[what]
        der = ssl.PEM_cert_to_DER_cert(self.certificate(fields).read_text())
        found = self.decide(Example(rule, f"allow: [{ours}]", {}, {}, fields), {})
        self.assertEqual(expected, (certmap.matches([rule], der), found["shown"]))
        self.assertIn(f"- **{what[0].upper()}{what[1:]}", PAGE.read_text())

    def test_each_rule_and_ours_is_on_the_page(self):
        page = PAGE.read_text()
        self.assertEqual([], [line for line in map(self.line, EXAMPLES) if line not in page])

    @staticmethod
    def line(rule):
        """Of the page's table, without what the table would take for its own."""
        cells = [text.replace("|", "\\|").replace("`", "") for text in (EXAMPLES[rule].rule, EXAMPLES[rule].policy.replace("\n", "; "))]
        return f"| `{cells[0]}` | `{cells[1]}` |\n"


if __name__ == "__main__":
    main()
