# SPDX-License-Identifier: BSD-2-Clause
"""SSH Tectia Server, Administrator Manual, "User Authentication with Certificates": the selectors of its example, and each of them by itself."""

from . import USER, Example, one

PEER = "SSH Tectia"
UPN = "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:"
ANCHORS = "trust_anchors: {exa-ca1: {file: exa-ca1.crt}, exa-ca2: {file: exa-ca2.crt}}"
FILES = {"exa-ca1.crt": "/C=FI/O=SSH/CN=CA 1", "exa-ca2.crt": "/C=FI/O=SSH/CN=CA 2"}


def names(email=f"{USER}@ssh.example", upn=f"{USER}@ssh"):
    parts = [f"email:{email}"] * bool(email) + [f"{UPN}{upn}"] * bool(upn)
    return {"subjectAltName": ",".join(parts)}


EXAMPLES = [
    Example(
        rule='ca-list "exa-ca1,exa-ca2", issuer-name "C=FI, O=SSH, CN=*", subject-name "C=FI, O=SSH, CN=%username%", serial-number "123456", '
        'altname-email "*@ssh.example", altname-upn "%username%@ssh"',
        policy=ANCHORS
        + """
allow: [{certificate: {ca: [exa-ca1, exa-ca2], issuer: {C: FI, O: SSH, CN: {glob: "*"}}, subject: {C: FI, O: SSH, CN: "%u"}, serial: 123456, san: {email: {glob: "*@ssh.example"}, upn: "%u@ssh"}}}]""",
        files=FILES,
        base={"subject": f"/C=FI/O=SSH/CN={USER}", "issuer": "/C=FI/O=SSH/CN=CA 1", "serial": 123456, **names()},
        accepts={
            "of the first authority": {},
            "of the second authority": {"issuer": "/C=FI/O=SSH/CN=CA 2"},
            "with another address, too": {"subjectAltName": f"email:x@y.example,email:{USER}@ssh.example,{UPN}{USER}@ssh"},
        },
        refuses={
            "ca-list, by an authority of the same name": ({"issuer": "/C=FI/O=SSH/CN=CA 1", "forged": True}, {"ca"}),
            "ca-list, by one of a name that fits": ({"issuer": "/C=FI/O=SSH/CN=CA 3"}, {"ca"}),
            "subject-name, country": ({"subject": f"/C=SE/O=SSH/CN={USER}"}, {"subject"}),
            "subject-name, organisation": ({"subject": f"/C=FI/O=Other/CN={USER}"}, {"subject"}),
            "subject-name, user": ({"subject": f"/C=FI/O=SSH/CN={USER}x"}, {"subject"}),
            "serial-number": ({"serial": 123457}, {"serial"}),
            "altname-email": (names(email=f"{USER}@ssh.example.org"), {"san.email"}),
            "altname-email, none": (names(email=None), {"san.email"}),
            "altname-upn": (names(upn=f"{USER}@ssh.example"), {"san.upn"}),
            "altname-upn, of another user": (names(upn="other@ssh"), {"san.upn"}),
            "altname-upn, none": (names(upn=None), {"san.upn"}),
        },
    ),
    Example(
        rule='issuer-name "C=FI, O=SSH, CN=*", of an authority in ca-list',
        policy=ANCHORS + '\nallow: [{certificate: {ca: [exa-ca1, exa-ca2], issuer: {C: FI, O: SSH, CN: {glob: "*"}}}}]',
        files={"exa-ca1.crt": "/C=FI/O=SSH/CN=CA 1", "exa-ca2.crt": "/C=SE/O=SSH/CN=CA"},
        base={"subject": "/CN=x", "issuer": "/C=FI/O=SSH/CN=CA 1"},
        accepts={"of an issuer that fits": {}},
        refuses={"issuer-name": ({"issuer": "/C=SE/O=SSH/CN=CA"}, {"issuer"})},
    ),
    Example(
        rule='two selectors in a row, altname-upn "%username%@ssh" and altname-email "%username%@ssh.example": one of them is enough',
        policy='allow: [{certificate: {san: {upn: "%u@ssh"}}}, {certificate: {san: {email: "%u@ssh.example"}}}]',
        base={"subject": "/CN=x", **names()},
        accepts={"by both": {}, "by the first": names(email=None), "by the second": names(upn=None)},
        refuses={"both": (names("x@ssh.example", "x@ssh"), {"san.upn", "san.email"}), "both, none is there": ({"subjectAltName": ""}, {"san.upn", "san.email"})},
    ),
    Example(
        rule="implicit-certificate-deny: where no selector fits, the certificate is refused",
        policy="allow: []",
        base={"subject": "/CN=x"},
        accepts={},
        refuses={"everything": ({}, set())},
    ),
    one(
        'altname-email "%username%@%hostname%"',
        '{certificate: {san: {email: "%u@%l"}}}',
        {"subject": "/CN=x", "subjectAltName": f"email:{USER}@{{host}}"},
        {"the host": ({"subjectAltName": f"email:{USER}@x.{{host}}"}, {"san.email"})},
    ),
]
