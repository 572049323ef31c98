# SPDX-License-Identifier: BSD-2-Clause
"""The token of softhsm-fixtures/tokens/workstation.token with its files, and what it says of itself: whose key which policy shows."""

import collections

from .token import Token

# What stands for the three people in the description.
ROLES = ("ALICE", "BOB", "CAROL")

# One line of certificates.tsv: the certificate, the key it is for, whose it would be, the policies that show the key to them, and what it is.
Certificate = collections.namedtuple("Certificate", "name key users passes what")

REVOCATION = {"check": "crl", "mode": "hard", "max_age": "24h"}
PURPOSE = {"any_of": ["clientAuth", "msSmartcardLogin"]}
STRENGTH = {"any": [{"key": {"type": "rsa", "bits": ">=2048"}}, {"key": {"type": "ec", "bits": ">=256"}}]}
OWN = {"name": "own badge", "certificate": {"san": {"upn": "%u@corp.example"}}, "use": {"digests": ["sha256", "sha512"]}}
NOT_CORP = {"not": {"certificate": {"ca": ["corp"]}}}


def workstation(without=(), allow=(OWN,), **certificate):
    """The policy, with some of what it asks of certificates left out or said otherwise."""
    asked = {"ca": ["corp"], "revocation": REVOCATION, "extended_key_usage": PURPOSE, **certificate}
    asked = {key: value for key, value in asked.items() if key not in without}
    strength = [] if "strength" in without else [STRENGTH]
    return {"require": [{"certificate": asked}, *strength], "allow": allow if isinstance(allow, str) else list(allow)}


POLICIES = {
    "full": workstation(),
    "no-ca": workstation(without=["ca", "revocation"]),
    "no-crl": workstation(without=["revocation"]),
    "soft": workstation(revocation={**REVOCATION, "mode": "soft"}),
    "old-crl": workstation(revocation={"check": "crl", "mode": "hard"}),
    "any-date": workstation(valid="ignore"),
    "any-use": workstation(without=["extended_key_usage"]),
    "any-key": workstation(without=["strength"]),
    "any-name": workstation(allow="all"),
    "partner": workstation(ca=["corp", "partner"]),
    "deny-others": {"preset": "read-only", "deny": [NOT_CORP], "allow": "all"},
}

# Under these the name in the certificate is not asked for: they show the same to everybody.
NAMELESS = ("any-name", "deny-others")


class Workstation(Token):
    """The users are named as in the description, or given as {"ALICE": name ...}."""

    def __init__(self, **users):
        super().__init__("workstation", **users)
        self.certificates = []
        for line in (self.folder / "certificates.tsv").read_text().splitlines():
            name, key, users, passes, what = line.split("\t")
            self.certificates.append(Certificate(name, key, users.split(","), set(passes.split(",")), what))
        self.policies = set().union(*(certificate.passes for certificate in self.certificates)) - {""}

    def anchors(self, name):
        """PEM of the certificates that stand for a name: corp, partner."""
        return self.folder / "bundles" / f"{name}.pem"

    @property
    def intermediates(self):
        """PEM of the authorities that are not on the token."""
        return self.folder / "bundles" / "between.pem"

    @property
    def crls(self):
        return sorted((self.folder / "crls").iterdir())

    def trust_anchors(self, place=lambda path: path):
        """The map for a configuration; place() says where a file is to be read."""
        crls = [str(place(path)) for path in self.crls]
        return {
            "corp": {"file": str(place(self.anchors("corp"))), "intermediates": str(place(self.intermediates)), "crl": crls},
            "partner": {"file": str(place(self.anchors("partner"))), "crl": crls},
        }

    def authorities(self):
        """PEM of those that are on the token, one for each."""
        badges = {certificate.name for certificate in self.certificates}
        kept_off = {"filed-sub", "lost-sub"}
        return [path.read_text() for path in sorted((self.folder / "certificates").iterdir()) if path.stem not in badges | kept_off]

    def expected(self, user, policy):
        """Names of the keys that the policy must show the user."""
        assert policy in self.policies, policy
        return sorted({
            certificate.key
            for certificate in self.certificates
            if policy in certificate.passes and (policy in NAMELESS or user in certificate.users)
        })

    def names(self, fingerprints):
        """Those of the keys, sorted as in expected(): they tell more."""
        known = {self.fingerprint(name): name for name in self.public_keys()}
        return sorted(known[fingerprint] for fingerprint in fingerprints)
