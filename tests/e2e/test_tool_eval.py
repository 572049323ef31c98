#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""p11gate eval: what would become of a certificate's key, without a token and for any user."""

import grp
import json
import os
import pwd
import shutil
import tempfile

from harness import main, pki, programs, rows
from harness.tool import Tool

HEAD = "version: 1\nmodule: /nonexistent/vendor.so\n"
ME = pwd.getpwuid(os.getuid()).pw_name
OTHER = next(entry for entry in pwd.getpwall() if entry.pw_uid not in (0, os.getuid()))
SUBJECT = "/C=FI/O=Corp/OU=Staff/CN=alice"
NAME = "CN=alice,OU=Staff,O=Corp,C=FI"


class Eval(Tool):
    @classmethod
    def setUpClass(cls):
        cls.pki = pki.Pki(tempfile.mkdtemp(prefix="p11gate-pki."))
        cls.addClassCleanup(shutil.rmtree, cls.pki.folder, ignore_errors=True)
        cls.badge = cls.pki.certificate("badge", SUBJECT, subjectAltName=f"{pki.UPN}{OTHER.pw_name}@corp.example,email:alice@corp.example")
        cls.authority = cls.pki.authority("authority", "/O=Corp/CN=Corp CA")

    def policy(self, rules, name="policy.yaml"):
        """Writes a policy of these lines behind the head."""
        return self.sandbox.write(name, HEAD + rules)

    def eval(self, rules, *words, certificate=None, rc=None):
        """Runs it by a policy of these rules; the policy is called policy.yaml."""
        self.policy(rules)
        result = self.tool("eval", "--policy", "policy.yaml", "--certificate", certificate or self.badge, *words)
        if rc is not None:
            self.assertEqual(rc, result.rc, str(result))
        return result

    def json(self, rules, *words, **options):
        result = self.eval(rules, "--json", *words, **options)
        found = json.loads(result.stdout)
        self.assertEqual((0 if found["shown"] else 1, ""), (result.rc, result.stderr), str(result))
        return found


class Decisions(Eval):
    def test_of_a_key_that_would_be_shown_the_rule_and_its_selectors_are_told(self):
        result = self.eval("allow:\n- {name: own, certificate: {subject: {CN: alice, O: Corp}}, key: {bits: '>=256'}}\n", rc=0)
        lines = result.stdout.splitlines()
        self.assertEqual(f"certificate {self.badge}", lines[0])
        self.assertRegex(lines[1], rf'^  ec nistp256  SHA256:\S+ "{NAME}"$')
        self.assertEqual(
            [
                '    shown by "own" policy.yaml:4:3',
                f'      true     certificate.subject  wants CN="alice", O="Corp"  seen "{NAME}"',
                "      true     key.bits             wants >=256                 seen 256",
                "    on a token: whether its private key is there and signs",
            ],
            lines[2:],
        )

    def test_where_no_rule_is_true_each_of_allow_says_why(self):
        result = self.eval("allow:\n- {certificate: {san: {email: bob@corp.example}}}\n- {key: {type: rsa}}\n", rc=1)
        self.assertEqual(
            [
                "    hidden: no allow rule is true",
                "    false    policy.yaml:4:3",
                '      false    certificate.san.email  wants "bob@corp.example"  seen "alice@corp.example"',
                "    false    policy.yaml:5:3",
                "      false    key.type  wants rsa  seen ec",
            ],
            result.stdout.splitlines()[2:],
        )

    @rows({"list": "deny", "why": "hidden: denied by policy.yaml:5:3"}, {"list": "require", "why": "hidden: a requirement is not met by policy.yaml:5:3"})
    def test_the_rule_that_hides_is_told(self, list, why):
        holds = "alice" if list == "deny" else "bob"
        found = self.json(f"allow: all\n{list}:\n- certificate: {{subject: {{CN: {holds}}}}}\n")
        self.assertEqual((False, why, None, None), tuple(found[name] for name in ("shown", "why", "on_a_token", "if_not_denied")))
        self.assertEqual(1, len(found["rules"]))

    def test_what_it_prints_is_the_fingerprint_that_ssh_knows_the_key_by(self):
        line = self.sandbox.run(programs.SSH_KEYGEN, "-y", "-f", self.pki.key("person")).stdout
        listed = self.sandbox.run(programs.SSH_KEYGEN, "-l", "-f", self.sandbox.write("person.pub", line)).stdout
        self.assertEqual(listed.split()[1], self.json("allow: all\n")["fingerprint"])

    @rows({"usage": "digitalSignature", "shown": True}, {"usage": "nonRepudiation", "shown": True}, {"usage": "keyAgreement", "shown": False}, {"usage": "", "shown": True})
    def test_a_key_that_does_not_sign_is_hidden_whatever_allow_says(self, usage, shown):
        found = self.json("allow: all\n", certificate=self.pki.certificate("usage", SUBJECT, keyUsage=usage))
        self.assertEqual((shown, shown), (found["shown"], "CKA_SIGN" not in found["why"]))
        read_only = self.json("preset: read-only\nallow: all\n", certificate=self.pki.certificate("usage", SUBJECT, keyUsage=usage))
        self.assertTrue(read_only["shown"])

    def test_an_authority_makes_no_key(self):
        found = self.json("allow: all\n", certificate=self.authority)
        self.assertEqual((False, []), (found["shown"], found["rules"]))
        self.assertIn("CA:TRUE", found["why"])
        self.assertTrue(self.json("preset: transparent\n", certificate=self.authority)["shown"])

    def test_it_says_what_explain_says_of_the_same_certificate_on_a_token(self):
        token = self.token("badges")
        rule = "- {certificate: {issuer: {O: Corp}, san: {upn: alice@corp.example}}}\n"
        self.sandbox.configure(f"version: 1\nmodule: {programs.VENDOR}\nallow:\n{rule}")
        for name in ("alice", "bob", "carol", "forged"):
            path = self.sandbox.write(f"{name}.pem", token.certificate(name))
            told = self.json("allow:\n" + rule, certificate=path)
            if name == "forged":
                self.assertFalse(told["shown"])
                continue
            (explained,) = json.loads(self.tool("explain", "--json", token.fingerprint(name)).stdout)
            self.assertEqual((explained["shown"], explained["fingerprint"], explained["type"]), (told["shown"], told["fingerprint"], told["type"]))
            seen = [[(one["name"], one["truth"], one["seen"]) for one in rule["selectors"][0]["selectors"] if "seen" in one] for rule in (explained["rules"][0], told["rules"][0])]
            self.assertEqual(*seen)

    def test_with_the_system_s_rights_it_may_say_what_that_may_and_has_to_be_root_s(self):
        rules = "audit_only: true\nallow: []\n"
        result = self.eval(rules, "--system", "--json")
        if os.geteuid() == 0:
            found = json.loads(result.stdout)
            self.assertEqual((0, True, True), (result.rc, found["shown"], found["audited"]), str(result))
            os.chown(self.sandbox.folder / "policy.yaml", OTHER.pw_uid, OTHER.pw_gid)
            result = self.tool("eval", "--policy", "policy.yaml", "--system", "--certificate", self.badge)
        self.assertRun(result, 2)
        self.assertIn("expected root", result.stderr)
        self.assertRun(self.eval(rules), 2)


class WithoutAToken(Eval):
    @rows(
        {"rule": "token: {label: x}", "name": "token.label"},
        {"rule": "token: {serial: x}", "name": "token.serial"},
        {"rule": "token: {manufacturer: x}", "name": "token.manufacturer"},
        {"rule": "token: {model: x}", "name": "token.model"},
        {"rule": "slot: {id: 0}", "name": "slot.id"},
        {"rule": "slot: {description: x}", "name": "slot.description"},
        {"rule": "uri: 'pkcs11:library-description=x'", "name": "library.description"},
        {"rule": "uri: 'pkcs11:object=x'", "name": "object"},
        {"rule": "id: '01'", "name": "id"},
        {"rule": "label: x", "name": "label"},
        {"rule": "key: {local: true}", "name": "key.local"},
        {"rule": "key: {never_extractable: true}", "name": "key.never_extractable"},
        {"rule": "key: {always_authenticate: true}", "name": "key.always_authenticate"},
    )
    def test_what_only_a_token_tells_is_unknown_and_said_to_be(self, rule, name):
        for text in (rule, f"not: {{{rule}}}"):
            allowed = self.eval(f"allow:\n- {{{text}}}\n", rc=1).stdout
            self.assertRegex(allowed, rf"\n +unknown +{name} .* seen (nothing|none|type=cert); only a token tells\n")
            self.assertTrue(allowed.endswith("\n    on a token: what the rules say of it\n"), allowed)
            self.assertNotIn("login", allowed)
            denied = self.eval(f"allow: all\ndeny:\n- {{{text}}}\n", rc=1).stdout
            self.assertIn("    hidden: denied by policy.yaml:5:3\n", denied)
            self.assertIn(
                "\n    that rule is unknown for lack of a token, and deny acts on unknown; if no such rule holds: shown by allow: all\n", denied
            )

    def test_what_holds_whatever_a_token_tells_is_not_said_to_depend_on_one(self):
        found = self.json("allow: all\ndeny:\n- {token: {label: x}, key: {type: rsa}}\n- {key: {type: ec}}\n- {token: {label: y}}\n")
        self.assertIn("policy.yaml:6:3", found["why"])
        self.assertEqual((None, None), (found["on_a_token"], found["if_not_denied"]))

    def test_if_not_denied_is_about_all_rules_that_lack_a_token_and_no_others(self):
        rules = "allow:\n- {name: mine, key: {type: ec}}\ndeny:\n- {token: {label: x}}\n- {label: y}\n"
        self.assertEqual('shown by "mine" policy.yaml:4:3', self.json(rules)["if_not_denied"])
        rules += "- {name: last, certificate: {subject: {CN: alice}}}\n- {token: {label: z}}\n"
        self.assertEqual('hidden: denied by "last" policy.yaml:8:3', self.json(rules)["if_not_denied"])
        # True, as far as can be told before login.
        self.assertIsNone(self.json("allow: all\ndeny:\n- {key: {sign: true}}\n")["if_not_denied"])
        # Unknown for another reason: the certificate has no such name, on a token or not.
        self.assertIsNone(self.json("allow: all\ndeny:\n- {certificate: {san: {dns: x}}}\n")["if_not_denied"])

    def test_what_the_certificate_makes_likely_of_its_private_key_is_presumed(self):
        found = self.json("allow:\n- {key: {sign: true}}\n")
        self.assertEqual((True, "presumably true"), (found["shown"], found["rules"][0]["selectors"][0]["selectors"][0]["seen"]))
        self.assertEqual("whether its private key is there and signs, and what the rule says of it", found["on_a_token"])
        self.assertTrue(self.json("allow:\n- {uri: 'pkcs11:type=cert'}\n")["shown"])

    def test_json_tells_the_tree(self):
        found = self.json("allow:\n- {name: own, label: x}\n")
        self.assertEqual(
            {"certificate", "subject", "type", "fingerprint", "shown", "audited", "why", "rules", "on_a_token", "if_not_denied"}, set(found)
        )
        self.assertEqual((str(self.badge), NAME, "ec nistp256"), tuple(found[name] for name in ("certificate", "subject", "type")))
        (rule,) = found["rules"]
        self.assertEqual(("own", "policy.yaml", 4, 3), tuple(rule[name] for name in ("name", "file", "line", "column")))
        expected = {"name": "label", "line": 4, "column": 15, "truth": "unknown", "token_tells_more": True, "wanted": '"x"', "seen": "none"}
        self.assertEqual([expected], rule["selectors"])

    def test_no_library_is_loaded(self):
        self.sandbox.environment |= {"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(self.sandbox.folder / "loaded")}
        self.sandbox.configure(f"version: 1\nmodule: {programs.VENDOR}\nallow: all\n")
        self.assertRun(self.tool("eval", "--certificate", self.badge))
        (told,) = self.sandbox.folder.glob("loaded.*")
        self.assertIn("libcrypto", told.read_text())
        self.assertNotIn("softhsm", told.read_text())


class Chains(Eval):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pki.authority("middle", "/O=Corp/CN=Middle CA", "authority")
        cls.pki.authority("foreign", "/O=Evil/CN=Middle CA")
        cls.pki.certificate("issued", "/CN=issued", "middle", serial=7)
        cls.crls = [cls.pki.crl("authority"), cls.pki.crl("middle", [8])]

    def chain(self, *names):
        """A file with these certificates in it."""
        return self.sandbox.write("chain.pem", "".join((self.pki.folder / f"{name}.pem").read_text() for name in names))

    def asked(self, more, *words, certificate, head=""):
        """What is told of the selector `ca` of a rule, and whether the key is shown."""
        anchors = f"trust_anchors: {{corp: {{file: {self.authority}, crl: [{', '.join(map(str, self.crls))}]}}}}\n"
        found = self.json(anchors + f"allow:\n- {{certificate: {{ca: corp{more}}}}}\n", *words, certificate=certificate)
        (selector,) = [one for one in found["rules"][0]["selectors"][0]["selectors"] if one["name"] == "certificate.ca"]
        self.assertEqual("true" if found["shown"] else selector["truth"], selector["truth"])
        return found["shown"], selector

    def test_certificates_behind_the_first_are_intermediates_and_never_trusted(self):
        shown, told = self.asked("", certificate=self.chain("issued", "middle"))
        self.assertTrue(shown)
        self.assertTrue(told["seen"].startswith("CN=issued < CN=Middle CA,O=Corp < CN=Corp CA,O=Corp; ends 20"), told)
        self.pki.certificate("forged", "/CN=issued", "foreign")
        for names in (["forged", "foreign"], ["forged", "foreign", "middle", "authority"], ["forged", "authority"], ["badge", "authority"]):
            self.assertFalse(self.asked("", certificate=self.chain(*names))[0], names)

    def test_where_no_chain_is_found_a_token_may_have_what_is_missing(self):
        shown, told = self.asked("", certificate=self.chain("issued"))
        self.assertEqual((False, True), (shown, told["token_tells_more"]))
        self.pki.certificate("late", "/CN=late", "middle", days=-1)
        shown, told = self.asked("", certificate=self.chain("late", "middle"))
        self.assertEqual((False, False), (shown, told["token_tells_more"]), told)

    def test_dates_are_told_and_decide(self):
        self.pki.certificate("short", "/CN=short", "middle", days=2)
        shown, told = self.asked(", valid: {warn_before: 30d}", certificate=self.chain("short", "middle"))
        self.assertTrue(shown)
        self.assertRegex(told["seen"], "; ends soon, 20[0-9-]+ [0-9:]+Z$")
        self.pki.certificate("over", "/CN=over", "middle", days=-1)
        shown, told = self.asked("", certificate=self.chain("over", "middle"))
        self.assertFalse(shown)
        self.assertIn("expired", told["seen"])
        self.assertTrue(self.asked(", valid: ignore", certificate=self.chain("over", "middle"))[0])

    def test_the_age_of_the_crl_is_told_and_what_it_revokes_is_hidden(self):
        hard = ", revocation: {check: crl, mode: hard, max_age: 24h}"
        shown, told = self.asked(hard, certificate=self.chain("issued", "middle"))
        self.assertTrue(shown)
        self.assertRegex(told["seen"], "; CRL [0-9] minutes old$")
        self.pki.certificate("revoked", "/CN=revoked", "middle", serial=8)
        shown, told = self.asked(hard, certificate=self.chain("revoked", "middle"))
        self.assertFalse(shown)
        self.assertIn("revoked", told["seen"].replace("CN=revoked", ""))

    def test_a_token_says_the_same(self):
        self.sandbox.write("chain.token", "token label=chain\nkey middle ec:P-256\ncertificate middle subject=\"/CN=Middle\" ca=true issuer=top id=0a\n"
                           "key person ec:P-256\npair person id=01\ncertificate person subject=\"/CN=person\" issuer=middle id=01\n"
                           .replace("key middle", "key top ec:P-256\ncertificate top subject=\"/CN=Top\" ca=true file_only=true\nkey middle", 1))
        token = self.token(self.sandbox.folder / "chain.token")
        anchor = token.folder / "certificates" / "top.pem"
        anchor.chmod(0o644)
        rules = f"trust_anchors: {{corp: {{file: {anchor}}}}}\nallow:\n- {{certificate: {{ca: corp}}}}\n"
        self.sandbox.configure(f"version: 1\nmodule: {programs.VENDOR}\n{rules}")
        (explained,) = json.loads(self.tool("explain", "--json", token.fingerprint("person")).stdout)
        told = self.json(rules, certificate=self.sandbox.write("both.pem", token.certificate("person") + token.certificate("middle")))
        seen = [one["rules"][0]["selectors"][0]["selectors"][0]["seen"] for one in (explained, told)]
        self.assertEqual((True, True, seen[0]), (explained["shown"], told["shown"], seen[1]))
        self.assertIn("CN=person < CN=Middle < CN=Top; ends ", seen[0])


class Users(Eval):
    def test_percent_letters_are_those_of_the_user(self):
        rules = "allow:\n- {certificate: {san: {upn: '%u@corp.example'}}}\n"
        self.assertEqual((True, False), (self.json(rules, "--user", OTHER.pw_name)["shown"], self.json(rules)["shown"]))
        for letter, value in (("u", OTHER.pw_name), ("i", str(OTHER.pw_uid)), ("d", OTHER.pw_dir)):
            found = self.json(f"allow:\n- {{label: '%{letter}'}}\n", "--user", OTHER.pw_name)
            self.assertEqual(f'"{value}"', found["rules"][0]["selectors"][0]["wanted"])

    def test_when_is_about_the_user_and_all_of_his_groups(self):
        groups = [grp.getgrgid(gid).gr_name for gid in os.getgrouplist(OTHER.pw_name, OTHER.pw_gid)]
        self.assertTrue(self.json(f"allow:\n- {{when: {{user: {OTHER.pw_name}}}}}\n", "--user", OTHER.pw_name)["shown"])
        self.assertFalse(self.json(f"allow:\n- {{when: {{user: {OTHER.pw_name}}}}}\n")["shown"])
        found = self.json("allow:\n- {when: {group: nobody's}}\n", "--user", OTHER.pw_name)
        self.assertEqual(sorted(f'"{name}"' for name in groups), sorted(found["rules"][0]["selectors"][0]["selectors"][0]["seen"].split(", ")))

    def test_without_one_it_is_the_one_who_calls(self):
        self.assertTrue(self.json(f"allow:\n- {{when: {{user: {ME}}}}}\n")["shown"])

    @rows({"name": "nobody-of-that-name"}, {"name": ""}, {"name": "0"}, {"name": "a" * 5000})
    def test_an_unknown_one_is_an_error(self, name):
        result = self.eval("allow: all\n", "--user", name)
        self.assertRun(result, 2)
        self.assertEqual("", result.stdout)
        self.assertIn(f"p11gate: this machine has no user {name}\n", result.stderr)

    def test_the_configuration_in_force_is_what_is_asked_without_policy(self):
        self.sandbox.configure(HEAD + "allow:\n- {key: {type: ec}}\n")
        result = self.tool("eval", "--certificate", self.badge)
        self.assertEqual((0, True), (result.rc, f"shown by {self.sandbox.config}:4:3" in result.stdout), str(result))

    def test_variables_of_the_one_who_calls_say_nothing_of_another(self):
        self.sandbox.configure(HEAD + "allow: all\n")
        result = self.tool("eval", "--certificate", self.badge, "--user", OTHER.pw_name)
        self.assertRun(result, 2)
        self.assertIn(f"{OTHER.pw_dir}/.config/p11gate/config.yaml: ", result.stderr)

    def test_a_profile_of_the_policy_can_be_chosen_for_another(self):
        self.sandbox.environment["P11GATE_PROFILE"] = "work"
        rules = "allow: []\nprofiles: {work: {allow: [{key: {type: ec}}]}}\n"
        self.assertTrue(self.json(rules, "--user", OTHER.pw_name)["shown"])

    def test_a_public_key_file_of_the_user_s_may_be_named(self):
        if os.geteuid() != 0:
            return self.assertRun(self.eval("allow:\n- {public_key: /nonexistent.pub}\n", "--user", ME), 2)
        line = self.sandbox.run(programs.SSH_KEYGEN, "-y", "-f", self.pki.key("person")).stdout
        path = self.sandbox.folder / "theirs" / "key.pub"
        path.parent.mkdir(mode=0o755)
        path.write_text(line)
        for owned in (path, path.parent):
            os.chown(owned, OTHER.pw_uid, OTHER.pw_gid)
        rules = f"allow:\n- {{public_key: {path}}}\n"
        self.assertTrue(self.json(rules, "--user", OTHER.pw_name)["shown"])
        result = self.eval(rules)
        self.assertRun(result, 2)
        self.assertIn("expected root", result.stderr)


class Files(Eval):
    def test_pem_and_der_say_the_same(self):
        der = self.sandbox.folder / "badge.der"
        self.pki.openssl("x509", "-in", self.badge, "-outform", "DER", "-out", der)
        rules = "allow:\n- {certificate: {subject: {CN: alice}}}\n"
        found = self.json(rules, certificate=der)
        self.assertEqual(self.json(rules) | {"certificate": str(der)}, found)

    def test_the_first_certificate_is_decided_on_and_the_others_are_not_looked_at(self):
        other = self.pki.certificate("other", "/CN=other")  # of the same key
        both = self.sandbox.write("both.pem", self.badge.read_text() + other.read_text() + self.authority.read_text())
        self.assertFalse(self.json("allow:\n- {certificate: {subject: {CN: other}}}\n", certificate=both)["shown"])
        self.assertTrue(self.json("allow: all\ndeny:\n- {certificate: {subject: {CN: other}}}\n", certificate=both)["shown"])

    @rows(
        {"text": "", "why": "certificate 1 of it cannot be read"},
        {"text": "nothing\n", "why": "certificate 1 of it cannot be read"},
        {"text": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "why": "certificate 1 of it cannot be read"},
        {"text": "BADGE-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "why": "certificate 2 of it cannot be read"},
        {"text": "BADGE-----BEGIN CERTIFICATE-----\n", "why": "a block of CERTIFICATE is broken"},
        {"text": "BADGEKEY", "why": "a block is no CERTIFICATE"},
        {"text": "BADGE" + "#" * (1 << 20), "why": "it is larger than 1 MiB"},
    )
    def test_a_file_that_is_something_else_is_an_error(self, text, why):
        text = text.replace("BADGE", self.badge.read_text()).replace("KEY", self.pki.key("person").read_text())
        path = self.sandbox.write("wrong.pem", text)
        result = self.eval("allow: all\n", certificate=path)
        self.assertRun(result, 2)
        self.assertEqual("", result.stdout)
        self.assertIn(f"p11gate: {path}: expected a certificate in PEM or DER: {why}", result.stderr)

    def test_a_file_that_is_not_there_is_an_error(self):
        for words in (["--certificate", "none.pem"], ["--certificate", self.badge, "--policy", "none.yaml"]):
            result = self.tool("eval", "--policy", self.policy("allow: all\n"), *words)
            self.assertRun(result, 2)
            self.assertIn("No such file or directory", result.stderr)

    def test_a_mistake_in_the_policy_is_an_error_with_its_place(self):
        result = self.eval("allow: all\nsurprise: 1\n")
        self.assertRun(result, 2)
        self.assertIn("policy.yaml:4:1: found the unknown key `surprise`", result.stderr)

    @rows({"words": []}, {"words": ["badge.pem"]}, {"words": ["--certificate", "a", "--system"]}, {"words": ["--certificate", "a", "b"]}, {"words": ["--surprise"]}, {"words": ["--certificate"]})
    def test_wrong_usage_is_2(self, words):
        result = self.tool("eval", *words)
        self.assertRun(result, 2)
        self.assertIn("see `p11gate help eval`", result.stderr)

    def test_what_a_certificate_says_does_not_reach_the_terminal_raw(self):
        evil = self.pki.certificate("evil", "/CN=evil\x1b[2J\u202e")
        result = self.eval("allow:\n- {certificate: {subject: {CN: x}}}\n", certificate=evil, rc=1)
        self.assertNotRegex(result.stdout, "[\033\u202e]")


del Eval

if __name__ == "__main__":
    main()
