#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What rules cost, in the processor's time: a thousand keys are decided on by a hundred rules in less time than SoftHSM takes to read one certificate."""

import collections

from harness import Case, comment, main, programs

KEYS, RULES = 1000, 100
Measured = collections.namedtuple("Measured", "keys rules allowed first again reading signatures")

# Each is false of every key, and no two of them are the same, so that every rule is asked.
ALLOW = [
    lambda n: {"label": {"glob": f"ssh-deploy-{n}-*"}},
    lambda n: {"label": f"ssh-user-{n}"},
    lambda n: {"id": f"f0{n:04}"},
    lambda n: {"label": {"re": f"(ops|dev)-{n}-[0-9]+"}},
    lambda n: {"certificate": {"issuer": {"O": "Company"}, "subject": {"CN": f"person {n}"}}},
    lambda n: {"certificate": {"san": {"upn": f"person{n}@company.example"}}},
    lambda n: {"certificate": {"san": {"email": {"glob": f"*@site{n}.example"}}, "extended_key_usage": {"any_of": ["clientAuth"]}}},
    lambda n: {"key": {"type": "rsa", "bits": f">={2048 + n}"}},
    lambda n: {"any": [{"label": {"glob": f"*-{n}-spare"}}, {"id": {"prefix": f"e0{n:04}"}}], "key": {"type": "ec"}},
    lambda n: {"uri": f"pkcs11:token=certified;object=ssh-{n}"},
    lambda n: {"certificate": {"subject": f"CN=person {n},O=Company,C=FI"}},
    lambda n: {"fingerprint": "SHA256:" + f"{n:04}".replace("0", "A") * 10 + "AAA"},
]
DENY = [
    lambda n: {"label": {"glob": f"*-retired-{n}"}},
    lambda n: {"certificate": {"issuer": {"CN": f"Former CA {n}"}}},
    lambda n: {"not": {"key": {"bits": f">={n}"}}},
]
REQUIRE = [
    lambda n: {"certificate": {"issuer": {"O": "Company"}, "key_usage": {"all_of": ["digitalSignature"]}}},
    lambda n: {"key": {"type": ["rsa", "ec"]}},
]


def rules(kinds, count):
    return [kinds[i % len(kinds)](i) for i in range(count)]


def mixed(count):
    return {"allow": rules(ALLOW, count * 8 // 10), "deny": rules(DENY, count // 10), "require": rules(REQUIRE, count // 10)}


class Evaluation(Case):
    def measure(self, keys, **policies):
        """What deciding on so many keys by each of the policies costs, in a run of one process."""
        token = self.token("certified", KEYS=keys)
        company = {"file": str(token.folder / "certificates" / "company.pem"), "crl": [str(path) for path in sorted((token.folder / "crls").iterdir())]}
        files = []
        for name, policy in policies.items():
            self.gate(**policy, trust_anchors={"company": company})
            files.append(self.sandbox.write(f"{name}.yaml", self.sandbox.config.read_text()))
        result = self.sandbox.run(programs.EVALUATION, programs.VENDOR, *files, timeout=240)
        self.assertTrue(result.ok, str(result))
        measured = [Measured(*map(int, line.split())) for line in result.stdout.splitlines()]
        for (name, policy), one in zip(policies.items(), measured, strict=True):
            self.assertEqual((keys, sum(map(len, policy.values())), 0), one[:3])
            comment(
                f"{name:12} {keys:5} keys x {one.rules:3} rules: {one.again / 1e6:7.3f} ms; one certificate read by SoftHSM: {one.reading / 1e6:7.3f} ms; "
                f"{one.reading / one.again:6.2f} evaluations in that time; the first one {one.first / 1e6:7.3f} ms, {one.first / one.reading:6.2f} times a "
                f"reading and {one.first / one.signatures:6.2f} times the bare RSA signatures of {keys} certificates"
            )
        return measured

    def test_a_thousand_keys_by_a_hundred_rules_take_less_time_than_one_certificate(self):
        kinds = {f"kind {number}": {"allow": rules([kind], RULES)} for number, kind in enumerate(ALLOW)}
        for name, policy in kinds.items():
            comment(f"{name}: {policy['allow'][0]}")
        for measured in self.measure(KEYS, mixed=mixed(RULES), **kinds):
            self.assertLess(measured.again, measured.reading)

    def test_so_do_they_where_chains_are_asked_for_once_these_are_verified(self):
        """Signatures of a thousand certificates are checked once for a listing, by the first evaluation. What else it does for them takes twice as long as these at most."""
        chain = {"ca": ["company"], "revocation": {"check": "crl", "mode": "hard", "max_age": "24h"}}
        (measured,) = self.measure(KEYS, chains={"require": [{"certificate": chain}], "allow": rules(ALLOW, RULES - 1)})
        self.assertLess(measured.again, measured.reading)
        self.assertLess(measured.first - measured.again, 3 * measured.signatures)

    def test_ten_times_the_keys_or_the_rules_take_ten_times_the_time(self):
        """Not a hundred times; the bound lies between the two, as other work on the machine disturbs one run and not the next."""
        (few_keys,) = self.measure(KEYS // 10, mixed=mixed(RULES))
        few_rules, all_of_it = self.measure(KEYS, few=mixed(RULES // 10), mixed=mixed(RULES))
        self.assertLess(all_of_it.again, 40 * few_keys.again)
        self.assertLess(all_of_it.again, 40 * few_rules.again)


if __name__ == "__main__":
    main()
