# SPDX-License-Identifier: BSD-2-Clause
"""The token of softhsm-fixtures/tokens/workstation.token with its files, and what it says of itself: whose key which policy shows."""

import collections

from .token import Token, fingerprint

# One line of certificates.tsv: the certificate, the key it is for, whose it would be, the policies that show the key to them, and what it is.
Certificate = collections.namedtuple("Certificate", "name key users passes what")

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

    def authorities(self):
        """PEM of those that are on the token, one for each."""
        badges = {certificate.name for certificate in self.certificates}
        kept_off = {"filed-sub", "lost-sub"}
        return [path.read_text() for path in sorted((self.folder / "certificates").iterdir()) if path.stem not in badges | kept_off]

    def expected(self, user, policy):
        """Fingerprints of the keys that the policy must show the user, each with what its certificates are."""
        assert policy in self.policies, policy
        shown = collections.defaultdict(list)
        for certificate in self.certificates:
            if policy in certificate.passes and (policy in NAMELESS or user in certificate.users):
                shown[self.fingerprint(certificate.key)].append(certificate.what)
        return dict(shown)

    def named(self):
        """What has a fingerprint, by it."""
        return {fingerprint(line): name for name, line in self.public_keys().items()}
