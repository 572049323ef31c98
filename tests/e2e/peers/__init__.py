# SPDX-License-Identifier: BSD-2-Clause
"""Examples of rules from the documentation of programs that choose by certificates, in the terms of p11gate, with certificates for each."""

import dataclasses

USER = "{user}"  # stands for the name of the user that is decided for
MAKES_PKINIT = "\n[names]\nrealm = EXP:0, GeneralString:{realm}\nprincipal = EXP:1, SEQUENCE:parts\n[parts]\ntype = EXP:0, INTEGER:1\nstrings = EXP:1, SEQUENCE:strings\n[strings]\nname = GeneralString:{name}"


@dataclasses.dataclass(frozen=True)
class Example:
    """One rule. Certificates are keyword arguments of Pki.certificate(); an issuer is a name as subjects are."""

    rule: str  # as the peer's documentation has it
    policy: str  # what stands behind `module:`; LOGIN is the user, DIGEST the SHA-256 of the certificate that is meant
    accepts: dict  # {what it is: what differs from the base}
    refuses: dict  # {what is broken: (what differs from the base, the selectors that are not true of it)}
    base: dict = dataclasses.field(default_factory=dict)
    files: dict = dataclasses.field(default_factory=dict)  # {a file that the policy names: the authority it is of}
    own: tuple = ()  # the rules as the peer's own library takes them; else it is the one
    asked: bool = True  # whether that library is asked


def one(rule, selectors, base, refuses, accepts=None):
    """An example whose policy is one rule of allow: these selectors in braces."""
    return Example(rule, f"allow: [{selectors}]", {"the one that is meant": {}} | (accepts or {}), refuses, base)


def pkinit(name, realm):
    """The alternative name of Kerberos (RFC 4556), and the sections that it takes."""
    return {"subjectAltName": "otherName:1.3.6.1.5.2.2;SEQUENCE:names", "more": MAKES_PKINIT.format(name=name, realm=realm)}
