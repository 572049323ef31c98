# SPDX-License-Identifier: BSD-2-Clause
"""pam_pkcs11, etc/pam_pkcs11.conf.example and doc/README.mappers: each mapper that looks at certificates, and cert_policy."""

from . import USER, Example, one, pkinit

PEER = "pam_pkcs11"
UPN = "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:"
PERSON = {"subject": "/CN=x"}


def san(text):
    return {"subjectAltName": text}


EXAMPLES = [
    one(
        'mapper cn { ignorecase = true; mapfile = "none"; }',
        '{certificate: {subject: {CN: "%u"}}}',
        {"subject": f"/O=x/CN={USER}"},
        {"CN": ({"subject": f"/O={USER}/CN=other"}, {"subject"}), "CN, longer": ({"subject": f"/CN={USER}2"}, {"subject"})},
        {"another CN before it": {"subject": f"/CN=other/CN={USER}"}},
    ),
    one(
        'mapper uid { mapfile = "none"; }',
        '{certificate: {subject: {UID: "%u"}}}',
        {"subject": f"/UID={USER}/CN=x"},
        {"UID": ({"subject": f"/UID=other/CN={USER}"}, {"subject"}), "none": ({"subject": f"/CN={USER}"}, {"subject"})},
    ),
    one(
        "mapper pwent { ignorecase = false; } (by login; not by the gecos field)",
        '{certificate: {subject: {CN: "%u"}}}',
        {"subject": f"/CN={USER}"},
        {"CN": ({"subject": "/CN=other"}, {"subject"})},
    ),
    one(
        'mapper mail { mapfile = "none"; ignorecase = true; ignoredomain = false; } on a host in my.company.example',
        '{any: [{certificate: {san: {email: "%u@my.company.example"}}}, {certificate: {subject: {emailAddress: "%u@my.company.example"}}}]}',
        {**PERSON, **san(f"email:{USER}@my.company.example")},
        {
            "login": (san("email:other@my.company.example"), {"san.email", "subject"}),
            "domain": (san(f"email:{USER}@company.example"), {"san.email", "subject"}),
            "none": (san(""), {"san.email", "subject"}),
        },
        {"in the subject": {"subject": f"/CN=x/emailAddress={USER}@my.company.example", **san("")}},
    ),
    Example(
        rule="mapper mail { mapfile = file:///etc/pam_pkcs11/mail_mapping; } with lines `email -> login`",
        policy='allow: [{when: {user: LOGIN}, certificate: {san: {email: [first@mail.example, second@mail.example]}}}, {when: {user: root}, certificate: {san: {email: third@mail.example}}}]',
        base={**PERSON, **san("email:first@mail.example")},
        accepts={"by the first line": {}, "by the second": san("email:second@mail.example")},
        refuses={"email": (san("email:fourth@mail.example"), {"san.email", "when.user"}), "login": (san("email:third@mail.example"), {"san.email", "when.user"})},
    ),
    one(
        'mapper ms { ignorecase = false; ignoredomain = false; domain = "domain.com"; }',
        '{certificate: {san: {upn: "%u@domain.com"}}}',
        {**PERSON, **san(f"{UPN}{USER}@domain.com")},
        {
            "login": (san(f"{UPN}other@domain.com"), {"san.upn"}),
            "domain": (san(f"{UPN}{USER}@other.com"), {"san.upn"}),
            "ignorecase": (san(f"{UPN}{{USER}}@domain.com"), {"san.upn"}),
            "an address": (san(f"email:{USER}@domain.com"), {"san.upn"}),
        },
        {"another name before it": san(f"{UPN}other@domain.com,{UPN}{USER}@domain.com")},
    ),
    one(
        "mapper ms { ignoredomain = true; }",
        '{certificate: {san: {upn: {glob: "%u@*"}}}}',
        {**PERSON, **san(f"{UPN}{USER}@anywhere")},
        {"login": (san(f"{UPN}other@anywhere"), {"san.upn"}), "no domain": (san(f"{UPN}{USER}"), {"san.upn"})},
    ),
    one(
        'mapper krb { ignorecase = false; mapfile = "none"; }',
        '{certificate: {san: {kerberos: {glob: "%u@*"}}}}',
        {**PERSON, **pkinit(USER, "MY.REALM")},
        {"principal": (pkinit("other", "MY.REALM"), {"san.kerberos"}), "a UPN": (san(f"{UPN}{USER}@MY.REALM"), {"san.kerberos"})},
    ),
    Example(
        rule="mapper subject { mapfile = file:///etc/pam_pkcs11/subject_mapping; } with a line `/C=ES/O=FNMT/OU=FNMT Clase 2 CA/OU=500051483/CN=NAME -> login`",
        policy='allow: [{when: {user: LOGIN}, certificate: {subject: "CN=NAME,OU=500051483,OU=FNMT Clase 2 CA,O=FNMT,C=ES"}}]',
        base={"subject": "/C=ES/O=FNMT/OU=FNMT Clase 2 CA/OU=500051483/CN=NAME"},
        accepts={"the one that is meant": {}},
        refuses={
            "one of two OU": ({"subject": "/C=ES/O=FNMT/OU=FNMT Clase 2 CA/OU=500051484/CN=NAME"}, {"subject"}),
            "CN": ({"subject": "/C=ES/O=FNMT/OU=FNMT Clase 2 CA/OU=500051483/CN=NAME 2"}, {"subject"}),
            "more": ({"subject": "/C=ES/O=FNMT/OU=FNMT Clase 2 CA/OU=500051483/CN=NAME/UID=x"}, {"subject"}),
        },
    ),
    Example(
        rule="mapper digest { mapfile = file:///etc/pam_pkcs11/digest_mapping; } with lines `digest -> login`",
        policy='allow: [{when: {user: LOGIN}, certificate: {sha256: DIGEST}}]',
        base=PERSON,
        accepts={"the one that is meant": {}},
        refuses={"digest": ({"subject": "/CN=z"}, {"sha256"})},
    ),
    Example(
        rule="mapper openssh (the key is in $HOME/.ssh/authorized_keys)",
        policy='allow: [{public_key: ~/.ssh/authorized_keys}]',
        base=PERSON,
        accepts={"the key that is there": {}},
        refuses={"another key": ({"key": "stranger"}, {"public_key"})},
    ),
    Example(
        rule="mapper generic { cert_item = serial; mapfile = ...; } with lines `serial -> login`, certificates of one authority",
        policy='allow: [{when: {user: LOGIN}, certificate: {issuer: {CN: My CA}, serial: 0x12ab}}]',
        base={**PERSON, "issuer": "/CN=My CA", "serial": 0x12AB},
        accepts={"the one that is meant": {}},
        refuses={"serial": ({"serial": 0x12AC}, {"serial"}), "another authority": ({"issuer": "/CN=Other CA"}, {"issuer"})},
    ),
    Example(
        rule="use_mappers = cn, uid, null; the first that fits decides, and null { default_match = false; } refuses the others",
        policy='allow: [{certificate: {subject: {CN: "%u"}}}, {certificate: {subject: {UID: "%u"}}}]',
        base={"subject": f"/UID={USER}/CN={USER}"},
        accepts={"by both": {}, "by cn": {"subject": f"/CN={USER}"}, "by uid": {"subject": f"/UID={USER}/CN=x"}},
        refuses={"both": ({"subject": "/UID=x/CN=y"}, {"subject"})},
    ),
    Example(
        rule="mapper null { default_match = true; }",
        policy="allow: all",
        base=PERSON,
        accepts={"any": {}},
        refuses={},
    ),
    Example(
        rule="cert_policy = ca,signature; with ca_dir, beside mapper cn",
        policy='trust_anchors: {corp: {file: cacerts.pem}}\nallow: [{certificate: {ca: corp, subject: {CN: "%u"}}}]',
        files={"cacerts.pem": "/CN=My CA"},
        base={"subject": f"/CN={USER}", "issuer": "/CN=My CA"},
        accepts={"the one that is meant": {}},
        refuses={
            "another authority": ({"issuer": "/CN=Other CA"}, {"ca"}),
            "another authority of the same name": ({"forged": True}, {"ca"}),
            "expired": ({"days": -1}, {"ca"}),
            "cn": ({"subject": "/CN=other"}, {"subject"}),
        },
    ),
    Example(
        rule="cert_policy = ca,crl_offline; with crl_dir, beside mapper cn",
        policy='trust_anchors: {corp: {file: cacerts.pem, crl: crl.pem}}\n'
        'allow: [{certificate: {ca: corp, revocation: {check: crl, mode: hard}, subject: {CN: "%u"}}}]',
        files={"cacerts.pem": "/CN=My CA", "crl.pem": "/CN=My CA"},
        base={"subject": f"/CN={USER}", "issuer": "/CN=My CA"},
        accepts={"the one that is meant": {}},
        refuses={"revoked": ({"serial": 666}, {"ca"}), "cn": ({"subject": "/CN=other"}, {"subject"})},
    ),
]
