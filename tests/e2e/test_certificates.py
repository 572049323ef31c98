#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Rules on certificates, with ssh, sshd and SoftHSM: each certificate is judged alone, and what passes is all that is seen."""

import hashlib
import re
import ssl

from harness import Case, main, programs, rows

EC, RSA = "ec:P-256", "rsa:2048"
CORP = {"C": "FI", "O": "Corp", "CN": {"glob": "*CA"}}
UPN = {"san": {"upn": "alice@corp.example"}}
NAMES = ["alice", "bob", "carol", "dave"]

# What a rule on certificates shows, of NAMES.
SELECTORS = [
    {"certificate": {"present": True}, "shown": "alice bob carol"},
    {"certificate": {"present": False}, "shown": "dave"},
    {"certificate": {"subject": "CN=alice,OU=Staff,O=Corp,C=FI"}, "shown": "alice"},
    {"certificate": {"subject": "cn=Alice, ou=STAFF, o=corp, c=fi"}, "shown": "alice"},
    {"certificate": {"subject": {"CN": ["alice", "bob"], "O": "Corp"}}, "shown": "alice bob"},
    {"certificate": {"subject": {"O": "Corp"}}, "shown": "alice bob carol"},
    {"certificate": {"issuer": CORP}, "shown": "alice bob"},
    {"certificate": {"issuer": "CN=Evil CA,O=Evil,C=FI"}, "shown": "alice"},
    {"certificate": {"issuer": CORP, "serial": 4660}, "shown": "alice"},
    {"certificate": {"issuer": CORP, "serial": ["0x1235", "00:02"]}, "shown": "bob"},
    {"certificate": {"san": {"email": {"glob": "*@CORP.example"}}}, "shown": "alice"},
    {"certificate": {"san": {"upn": ["bob@Corp.Example", "x@y"]}}, "shown": "bob"},
    {"certificate": {"san": {"dns": {"re": "[a-z]+[.]corp[.]example"}, "ip": "10.1.2.3"}}, "shown": "alice"},
    {"certificate": {"san": {"uri": "https://corp.example/alice", "registered_id": "1.2.3.4"}}, "shown": "alice"},
    {"certificate": {"san": {"other": {"oid": "1.2.3.5", "value": "left"}}}, "shown": "alice"},
    {"certificate": {"key_usage": {"all_of": ["digitalSignature"], "none_of": ["keyCertSign"]}}, "shown": "alice bob"},
    {"certificate": {"extended_key_usage": {"any_of": ["clientAuth", "msSmartcardLogin"]}}, "shown": "alice"},
    {"certificate": {"policy": {"any_of": "1.3.6.1.4.1.99.1"}}, "shown": "alice"},
    {"certificate": {"self_signed": True}, "shown": "carol"},
    {"certificate": {"signature": ["ecdsa-with-SHA256", "sha256WithRSAEncryption"]}, "shown": "alice bob carol"},
    {"certificate": {"issuer": {"O": "Evil"}, "subject": {"OU": "Staff"}}, "shown": ""},
]


class Certificates(Case):
    def badges(self, TYPE=EC):
        self.card = self.token("badges", TYPE=TYPE)

    def shown(self, allow, **more):
        """Of NAMES, those that ssh-keygen -D lists."""
        keys, _ = self.listing(self.gate(allow, **more))
        known = {self.card.public_key(name).split()[1]: name for name in NAMES}
        return " ".join(sorted(known[key.split()[1]] for key in keys))

    def labels(self, *words):
        """Of the certificates that a program is shown."""
        words = [programs.PKCS11_TOOL, "--module", programs.MODULE, "--list-objects", "--type", "cert", *words]
        return sorted(re.findall(r"(?m)^  label: +(.*)$", self.sandbox.run(*words).stdout))


class Selectors(Certificates):
    @rows(*SELECTORS)
    def test_the_keys_that_a_rule_is_true_of_are_listed(self, certificate, shown):
        self.badges()
        self.assertEqual(shown, self.shown([{"certificate": certificate}]))

    @rows(*[row for row in SELECTORS if row["shown"]])
    def test_what_it_denies_and_what_cannot_be_told_is_hidden(self, certificate, shown):
        self.badges()
        if shown != "alice bob carol":
            self.assertNotIn("dave", self.shown("all", deny=[{"certificate": certificate}]))
        self.assertEqual("", self.shown([{"certificate": certificate}], deny=[{"certificate": certificate}]))

    def test_a_fingerprint_of_a_certificate_is_the_one_that_openssl_prints(self):
        self.badges()
        pem = (self.card.folder / "certificates" / "bob.pem").read_text()
        printed = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()
        self.assertEqual("bob", self.shown([{"certificate": {"sha256": ":".join(re.findall("..", printed))}}]))


class Login(Certificates):
    @rows({"TYPE": EC}, {"TYPE": RSA})
    def test_ssh_offers_the_key_of_the_badge_and_logs_in(self, TYPE):
        self.badges(TYPE)
        module = self.gate([{"certificate": {"issuer": CORP, **UPN}}])
        login = self.login(self.server(self.card.public_key("alice")), module)
        self.assertLogin(login, [self.card.fingerprint("alice")])

    @rows({"TYPE": EC}, {"TYPE": RSA})
    def test_by_id_the_certificates_of_other_ids_are_judged_as_well(self, TYPE):
        self.badges(TYPE)
        module = self.gate([{"id": "01", "certificate": {"issuer": {"O": "Evil"}}}])
        login = self.login(self.server(self.card.public_key("alice")), module)
        self.assertLogin(login, [self.card.fingerprint("alice")])
        self.assertEqual(["forged"], self.labels("--login", "--pin", "1234"))

    def test_the_name_of_the_forged_one_and_the_issuer_of_the_right_one_do_not_add_up(self):
        self.badges()
        module = self.gate([{"certificate": {"issuer": {"O": "Evil"}}}], require=[{"certificate": {"subject": {"OU": "Staff"}}}])
        self.assertNoLogin(self.login(self.server(self.card.public_key("alice")), module), [])

    def test_only_certificates_that_pass_are_seen(self):
        self.badges()
        for rule, labels in (
            (CORP, ["badge of alice", "badge of bob"]),
            ({"O": "Evil"}, ["forged"]),
            ({"CN": {"glob": "*"}}, ["badge of alice", "badge of bob", "carol by carol", "forged"]),
        ):
            self.gate([{"certificate": {"issuer": rule}}])
            for words in ((), ("--login", "--pin", "1234")):
                with self.subTest(rule=rule, words=words):
                    self.assertEqual(labels, self.labels(*words))

    def test_under_transparent_too(self):
        self.badges()
        self.gate([{"certificate": {"issuer": CORP}}], preset="transparent")
        self.assertEqual(["badge of alice", "badge of bob"], self.labels("--login", "--pin", "1234"))

    def test_a_key_without_a_certificate_is_hidden_where_those_not_of_the_company_are_denied(self):
        self.badges()
        self.assertEqual("alice bob", self.shown("all", deny=[{"not": {"certificate": {"issuer": CORP}}}]))

    def test_explain_says_what_the_certificate_says(self):
        self.badges()
        self.gate([{"certificate": {"issuer": CORP, "san": {"upn": "ann@corp.example"}}}])
        told = self.tool("explain", self.card.fingerprint("bob")).stdout
        self.assertRegex(told, r'true +certificate\.issuer .*seen "CN=Corp CA,O=Corp,C=FI"')
        self.assertRegex(told, r'false +certificate\.san\.upn +wants "ann@corp\.example" +seen "bob@corp\.example"')
        told = self.tool("explain", self.card.fingerprint("dave")).stdout
        self.assertRegex(told, r"unknown +certificate\.issuer .*seen nothing")


if __name__ == "__main__":
    main()
