#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Rules by verified authorities, with ssh, sshd, ssh-agent and SoftHSM: who issued a certificate decides, as of now."""

import time

from harness import Case, main, programs, rows

LOGIN = "key_usage=critical,digitalSignature extended_key_usage=clientAuth"
UPN = "otherName:1.3.6.1.4.1.311.20.2.3;UTF8"
# alice's badge was issued by way of an authority on the token; bob's is for mail; carol's has the issuer's name alone; dave has none.
# The revoked list has alice's number, the other none.
DESCRIPTION = f"""default TYPE=ec:P-256 START=-1 DAYS=300
token label=badges
key         root ec:P-256
certificate root subject="/O=Corp/CN=root" ca=true identifiers=true file_only=true
key         between rsa:2048
certificate between id=aa label="Corp between" subject="/O=Corp/CN=between" issuer=root ca=true identifiers=true name=between
key         forger ec:P-256
certificate forger subject="/O=Corp/CN=root" ca=true file_only=true name=forger
crl root    name=root
crl between name=between
key         alice ${{TYPE}}
pair        alice id=01 label=alice
certificate alice id=01 label="badge of alice" subject="/O=Corp/CN=alice" issuer=between name=alice serial=7 {LOGIN} alternative_name="{UPN}:alice@corp.example" start=${{START}} days=${{DAYS}}
key         bob ${{TYPE}}
pair        bob id=02 label=bob
certificate bob id=02 label="badge of bob" subject="/O=Corp/CN=bob" issuer=root name=bob extended_key_usage=emailProtection
key         carol ${{TYPE}}
pair        carol id=03 label=carol
certificate carol id=03 label="badge of carol" subject="/O=Corp/CN=carol" issuer=forger name=carol {LOGIN}
crl between name=revoked revoked=alice
key         dave ${{TYPE}}
pair        dave id=04 label=dave
"""
NAMES = ["alice", "bob", "carol", "dave"]
CORP = {"certificate": {"ca": ["corp"]}}
REVOCATION = {"check": "crl", "mode": "hard", "max_age": "24h"}
EC, RSA = "ec:P-256", "rsa:2048"


class Authorities(Case):
    def badges(self, **variables):
        path = self.sandbox.write("badges.token", DESCRIPTION)
        self.card = self.token(str(path), **variables)
        self.crl = self.sandbox.write("corp.crl", self.crl_text("between"))

    def crl_text(self, name):
        return "".join((self.card.folder / "crls" / f"{name}.pem").read_text() for name in ("root", name))

    def corp(self, allow, **more):
        anchors = {"file": str(self.card.folder / "certificates" / "root.pem"), "crl": str(self.crl)}
        return self.gate(allow, trust_anchors={"corp": anchors}, **more)

    def shown(self, allow, **more):
        keys, self.listed = self.listing(self.corp(allow, **more))
        known = {self.card.public_key(name).split()[1]: name for name in (*NAMES, "between")}
        return " ".join(sorted(known[key.split()[1]] for key in keys))


class Rules(Authorities):
    @rows(
        {"rule": {"ca": "corp"}, "shown": "alice"},
        {"rule": {"ca": "corp", "san": {"upn": "alice@corp.example"}}, "shown": "alice"},
        {"rule": {"ca": "corp", "san": {"upn": "bob@corp.example"}}, "shown": ""},
        {"rule": {"ca": "corp", "serial": 7}, "shown": "alice"},
        {"rule": {"ca": "corp", "revocation": REVOCATION}, "shown": "alice"},
        {"rule": {"issuer": "CN=root,O=Corp"}, "shown": "bob carol"},
        {"rule": {"valid": "now"}, "shown": "alice bob carol"},
    )
    def test_a_name_is_no_issuer_and_a_signature_is(self, rule, shown):
        self.badges()
        self.assertEqual(shown, self.shown([{"certificate": rule}]))

    def test_another_purpose_is_of_matter_for_ssh_alone(self):
        self.badges()
        self.assertEqual("alice bob", self.shown([CORP], preset="read-only"))
        self.assertEqual("alice bob", self.shown([CORP], preset="transparent"))

    def test_a_bare_key_is_hidden_where_all_that_corp_has_not_issued_is_denied(self):
        self.badges()
        self.assertEqual("alice", self.shown("all", deny=[{"not": CORP}]))
        self.assertEqual("alice dave", self.shown("all", deny=[{"not": {"any": [CORP, {"certificate": {"present": False}}]}}]))

    @rows({"START": "-1"}, {"START": "-400"})
    def test_what_corp_has_issued_is_denied_also_where_it_has_expired_or_is_for_another_purpose(self, START):
        self.badges(START=START)
        for preset, besides in (("ssh", ""), ("read-only", ""), ("transparent", "between ")):  # which is in no key group
            self.assertEqual(besides + "carol", self.shown("all", deny=[CORP], preset=preset))  # and of dave nothing is known
            self.assertEqual(besides + "carol", self.shown("all", require=[{"not": CORP}], preset=preset))

    @rows({"START": "1"}, {"START": "-400"})
    def test_a_clock_that_hides_all_is_told_of(self, START):
        self.badges(START=START)
        self.assertEqual("", self.shown([CORP]))
        self.assertRegex(self.listed.stderr, r"nothing is shown: 4 keys .*; 1 certificate is not valid now, by a clock that says 20\d\d-\d\d-\d\d ")
        self.assertEqual("alice", self.shown([{"certificate": {"ca": "corp", "valid": "ignore"}}]))

    def test_what_explain_says_of_a_chain(self):
        self.badges()
        self.corp([{"certificate": {"ca": "corp", "revocation": REVOCATION, "valid": {"warn_before": "3650d"}}}])
        told = self.tool("explain", self.card.fingerprint("alice")).stdout
        self.assertRegex(told, r"true +certificate\.ca +wants corp, valid now, warn_before 3650d, not revoked by a CRL, hard, max_age 1d +"
                               r"seen CN=alice,O=Corp < CN=between,O=Corp < CN=root,O=Corp; ends soon, 20\d\d-\d\d-\d\d [0-9:]{8}Z; CRL \d+ minutes old")
        told = self.tool("explain", self.card.fingerprint("carol")).stdout
        self.assertRegex(told, r"false +certificate\.ca .* seen no path to an anchor of corp: the issuer is CN=root,O=Corp; a certificate with the name of an issuer did not sign")
        told = self.tool("explain", self.card.fingerprint("bob")).stdout
        self.assertRegex(told, r"unknown +certificate\.ca .*; CN=bob,O=Corp is for another purpose")
        told = self.tool("explain", self.card.fingerprint("dave")).stdout
        self.assertRegex(told, r"unknown +certificate\.ca .* seen nothing")

    def test_soft_lets_pass_and_says_so_in_the_log(self):
        self.badges()
        self.crl.write_text((self.card.folder / "crls" / "root.pem").read_text())
        revocation = REVOCATION | {"mode": "soft"}
        self.assertEqual("", self.shown([{"certificate": {"ca": "corp", "revocation": REVOCATION}}]))
        self.assertEqual("alice", self.shown([{"certificate": {"ca": "corp", "revocation": revocation, "valid": {"warn_before": "3650d"}}}]))
        log = self.sandbox.log.read_text()
        self.assertIn("certificate: CN=alice,O=Corp < CN=between,O=Corp < CN=root,O=Corp: trusted, although there is no CRL of CN=between,O=Corp", log)
        self.assertRegex(log, r"certificate: CN=alice,O=Corp < .*: ends 20")
        self.assertNotIn("although", self.listed.stderr)
        self.sandbox.log.unlink()
        self.assertEqual("", self.shown([{"label": {"glob": "other*"}}], require=[{"certificate": {"ca": "corp", "revocation": revocation}}]))
        self.assertNotIn("although", self.sandbox.log.read_text() if self.sandbox.log.exists() else "", "of what is hidden the log is silent")


class Login(Authorities):
    @rows({"TYPE": EC}, {"TYPE": RSA})
    def test_ssh_offers_the_key_that_corp_has_issued_and_logs_in(self, TYPE):
        self.badges(TYPE=TYPE)
        module = self.corp([CORP])
        self.assertLogin(self.login(self.server(self.card.public_key("alice")), module), [self.card.fingerprint("alice")])

    @rows({"TYPE": EC}, {"TYPE": RSA})
    def test_by_id_the_issuers_are_read_as_well_and_their_keys_are_not_looked_for(self, TYPE):
        """A login by id takes 18 calls; certificates are searched for before the login and after it, and four are read once, by two calls each."""
        self.badges(TYPE=TYPE)
        spy = self.spy()
        module = self.corp([{"id": "01"} | CORP], module=programs.SPY)
        self.assertLogin(self.login(self.server(self.card.public_key("alice")), module), [self.card.fingerprint("alice")])
        self.assertLessEqual(len(spy.calls), 18 + 2 * 3 + 4 * 2, spy.calls)

    @rows({"preset": "ssh"}, {"preset": "transparent"})
    def test_an_agent_signs_no_more_once_the_crl_is_too_old(self, preset):
        seconds = 10 * self.sandbox.instrument.slowness
        started = time.monotonic()
        self.badges(DAYS="301" if preset == "ssh" else "302")  # a token of its own, whose CRLs are made now
        host = self.server(self.card.public_key("alice"))
        agent = self.agent()
        self.add(agent, self.corp([{"certificate": {"ca": "corp", "revocation": REVOCATION | {"max_age": f"{seconds}s"}}}], preset=preset))
        self.assertLogin(self.login(host, agent=agent))
        time.sleep(max(0, started + seconds + 5 - time.monotonic()))
        self.assertNoLogin(self.login(host, agent=agent))

    def test_a_certificate_that_is_revoked_under_a_live_agent_is_refused_at_the_next_signature(self):
        self.badges()
        host = self.server(self.card.public_key("alice"))
        agent = self.agent()
        self.add(agent, self.corp([{"certificate": {"ca": "corp", "revocation": REVOCATION}}]))
        for text, good in (("between", True), ("revoked", False), ("between", True), (None, False), ("between", True)):
            with self.subTest(text=text):
                self.sandbox.write("corp.crl", self.crl_text(text) if text else "broken\n")
                self.assertEqual(good, self.login(host, agent=agent).ok)


if __name__ == "__main__":
    main()
