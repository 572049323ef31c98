# SPDX-License-Identifier: BSD-2-Clause
"""sss-certmap(5), "MATCHING RULE": the example of each keyword, the default rule, and keywords joined by && and ||."""

import dataclasses

from . import Example, one, pkinit

PEER = "SSSD"
UPN = "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:"
PERSON = {"subject": "/CN=x"}
IN_DOMAIN = "/DC=DOMAIN/DC=MY/CN=x"
MY_CA = "/DC=DOMAIN/DC=MY/CN=My-CA"


def san(text):
    return {"subjectAltName": text}


def of_san(keyword, rule, selector, good, *bad, **more):
    """An example of one alternative name; without any it is refused as well."""
    name = f"san.{selector.split(':')[0]}"
    refuses = {f"{keyword} {text}": (san(text), {name}) for text in bad}
    refuses["none"] = (san(""), {name})
    example = one(f"<SAN:{keyword}>{rule}", f"{{certificate: {{san: {{{selector}}}}}}}", {**PERSON, **san(good)}, refuses)
    return dataclasses.replace(example, **more)


def joined(rule, policy, refuses, accepts):
    base = {
        "subject": IN_DOMAIN,
        "issuer": MY_CA,
        "keyUsage": "digitalSignature,keyEncipherment",
        "extendedKeyUsage": "clientAuth",
        **san("email:x@email.domain"),
    }
    return Example(rule, policy, accepts, refuses, base)


BROKEN = {
    "<ISSUER>": ({"issuer": "/DC=DOMAIN/DC=MY/CN=Other-CA"}, {"issuer"}),
    "<SUBJECT>": ({"subject": "/DC=DOMAIN/DC=OTHER/CN=x"}, {"subject"}),
    "<KU>": ({"keyUsage": "digitalSignature"}, {"key_usage"}),
    "<EKU>": ({"extendedKeyUsage": "emailProtection"}, {"extended_key_usage"}),
    "<SAN:rfc822Name>": (san("email:x@email.example"), {"san.email"}),
}
ALL_BROKEN = {key: value for changes, _ in BROKEN.values() for key, value in changes.items()}
SELECTORS = [
    'issuer: "CN=My-CA,DC=MY,DC=DOMAIN"',
    "subject: {DC: MY}",
    "key_usage: {all_of: [digitalSignature, keyEncipherment]}",
    "extended_key_usage: {all_of: clientAuth}",
    "san: {email: {re: '.*@email\\.domain'}}",
]

EXAMPLES = [
    one(
        "<SUBJECT>.*,DC=MY,DC=DOMAIN",
        "{all: [{certificate: {subject: {DC: MY}}}, {certificate: {subject: {DC: DOMAIN}}}]}",
        {"subject": IN_DOMAIN},
        {
            "DC=MY": ({"subject": "/DC=DOMAIN/DC=YOUR/CN=x"}, {"subject"}),
            "DC=DOMAIN": ({"subject": "/DC=OTHER/DC=MY/CN=x"}, {"subject"}),
            "both": ({"subject": "/O=x"}, {"subject"}),
        },
        {"deeper": {"subject": "/DC=DOMAIN/DC=MY/OU=a/CN=x"}},
    ),
    one(
        "<SUBJECT>^CN=.* \\(Admin\\),DC=MY,DC=DOMAIN$",
        "{all: [{certificate: {subject: {CN: {re: '.* \\(Admin\\)'}, DC: MY}}}, {certificate: {subject: {DC: DOMAIN}}}]}",
        {"subject": "/DC=DOMAIN/DC=MY/CN=x (Admin)"},
        {
            "CN": ({"subject": "/DC=DOMAIN/DC=MY/CN=x (Administrator)"}, {"subject"}),
            "CN, without brackets": ({"subject": "/DC=DOMAIN/DC=MY/CN=x Admin"}, {"subject"}),
            "DC": ({"subject": "/DC=DOMAIN/CN=x (Admin)"}, {"subject"}),
        },
    ),
    one(
        "<ISSUER>^CN=My-CA,DC=MY,DC=DOMAIN$",
        '{certificate: {issuer: "CN=My-CA,DC=MY,DC=DOMAIN"}}',
        {**PERSON, "issuer": MY_CA},
        {
            "another CN": ({"issuer": "/DC=DOMAIN/DC=MY/CN=My-CA 2"}, {"issuer"}),
            "more": ({"issuer": "/DC=DOMAIN/DC=MY/OU=x/CN=My-CA"}, {"issuer"}),
            "the other way round": ({"issuer": "/CN=My-CA/DC=MY/DC=DOMAIN"}, {"issuer"}),
        },
    ),
    one(
        "<KU>digitalSignature,keyEncipherment",
        "{certificate: {key_usage: {all_of: [digitalSignature, keyEncipherment]}}}",
        {**PERSON, "keyUsage": "digitalSignature,keyEncipherment"},
        {
            "digitalSignature": ({"keyUsage": "keyEncipherment"}, {"key_usage"}),
            "keyEncipherment": ({"keyUsage": "digitalSignature"}, {"key_usage"}),
            "both": ({"keyUsage": "nonRepudiation"}, {"key_usage"}),
        },
        {"more of them": {"keyUsage": "digitalSignature,keyEncipherment,nonRepudiation"}},
    ),
    one(
        "<EKU>clientAuth,1.3.6.1.5.2.3.4",
        "{certificate: {extended_key_usage: {all_of: [clientAuth, 1.3.6.1.5.2.3.4]}}}",
        {**PERSON, "extendedKeyUsage": "clientAuth,1.3.6.1.5.2.3.4"},
        {
            "clientAuth": ({"extendedKeyUsage": "1.3.6.1.5.2.3.4"}, {"extended_key_usage"}),
            "the OID": ({"extendedKeyUsage": "clientAuth"}, {"extended_key_usage"}),
            "none": ({"extendedKeyUsage": ""}, {"extended_key_usage"}),
        },
    ),
    one(
        "<KU>digitalSignature<EKU>clientAuth",
        "{certificate: {key_usage: {all_of: digitalSignature}, extended_key_usage: {all_of: clientAuth}}}",
        {**PERSON, "extendedKeyUsage": "clientAuth"},
        {
            "<KU>": ({"keyUsage": "nonRepudiation"}, {"key_usage"}),
            "<EKU>": ({"extendedKeyUsage": "emailProtection"}, {"extended_key_usage"}),
        },
    ),
    *(
        one(
            f"<{keyword}>.*@MY\\.REALM",
            "{any: [{certificate: {san: {kerberos: {re: '.*@MY\\.REALM'}}}}, {certificate: {san: {upn: {re: '.*@my\\.realm'}}}}]}",
            {**PERSON, **pkinit("x", "MY.REALM")},
            {
                "PKINIT": (pkinit("x", "MY-REALM"), {"san.kerberos", "san.upn"}),
                "AD NT": (san(f"{UPN}x@YOUR.REALM"), {"san.kerberos", "san.upn"}),
                "none": (san(""), {"san.kerberos", "san.upn"}),
            },
            {"by the other name": san(f"{UPN}x@MY.REALM")},
        )
        for keyword in ("SAN", "SAN:Principal")
    ),
    of_san("ntPrincipalName", ".*@MY.AD.REALM", "upn: {re: '.*@my.ad.realm'}", f"{UPN}x@MY.AD.REALM", f"{UPN}x@MY.AD.OTHER", "email:x@MY.AD.REALM"),
    one(
        "<SAN:pkinit>.*@MY\\.PKINIT\\.REALM",
        "{certificate: {san: {kerberos: {re: '.*@MY\\.PKINIT\\.REALM'}}}}",
        {**PERSON, **pkinit("x", "MY.PKINIT.REALM")},
        {
            "the realm": (pkinit("x", "MY.OTHER.REALM"), {"san.kerberos"}),
            "as a UPN": (san(f"{UPN}x@MY.PKINIT.REALM"), {"san.kerberos"}),
        },
    ),
    of_san("1.2.3.4", "test", "other: {oid: 1.2.3.4, value: {re: '.*test.*'}}", "otherName:1.2.3.4;UTF8:a test", "otherName:1.2.3.4;UTF8:tes", "otherName:1.2.3.5;UTF8:test"),
    of_san("rfc822Name", ".*@email\\.domain", "email: {re: '.*@email\\.domain'}", "email:x@email.domain", "email:x@email-domain", "email:x@my.email.domain", "URI:x@email.domain"),
    of_san("dNSName", ".*\\.my\\.dns\\.domain", "dns: {re: '.*\\.my\\.dns\\.domain'}", "DNS:a.my.dns.domain", "DNS:my.dns.domain", "DNS:a.my-dns.domain"),
    one(
        "<SAN:directoryName>.*,DC=com",
        "{certificate: {san: {directory: {DC: com}}}}",
        {**PERSON, **san("dirName:there"), "more": "\n[there]\nDC = com\nCN = x"},
        {
            "DC=com": ({**san("dirName:there"), "more": "\n[there]\nDC = org\nCN = x"}, {"san.directory"}),
            "none": (san(""), {"san.directory"}),
        },
    ),
    of_san("uniformResourceIdentifier", "URN:.*", "uri: {re: 'URN:.*'}", "URI:URN:a", "URI:https://x", "DNS:URN"),
    of_san("iPAddress", "192\\.168\\..*", "ip: {re: '192\\.168\\..*'}", "IP:192.168.1.2", "IP:192.169.1.2", "DNS:192.168.1.2", asked=False),
    of_san("registeredID", "1\\.2\\.3\\..*", "registered_id: [1.2.3.4, 1.2.3.5]", "RID:1.2.3.5", "RID:1.2.4.4", "RID:1.2.3"),
    joined(
        "&&<ISSUER>^CN=My-CA,DC=MY,DC=DOMAIN$<SUBJECT>.*,DC=MY,DC=DOMAIN<KU>digitalSignature,keyEncipherment<EKU>clientAuth<SAN:rfc822Name>.*@email\\.domain",
        f"allow: [{{certificate: {{{', '.join(SELECTORS)}}}}}]",
        BROKEN,
        {"all of them": {}},
    ),
    joined(
        "||<ISSUER>^CN=My-CA,DC=MY,DC=DOMAIN$<SUBJECT>.*,DC=MY,DC=DOMAIN<KU>digitalSignature,keyEncipherment<EKU>clientAuth<SAN:rfc822Name>.*@email\\.domain",
        "allow: [" + ", ".join(f"{{certificate: {{{selector}}}}}" for selector in SELECTORS) + "]",
        {"all of them": (ALL_BROKEN, {name for _, names in BROKEN.values() for name in names})},
        {"all of them": {}} | {f"{keyword} alone": {key: value for key, value in ALL_BROKEN.items() if key not in changes} for keyword, (changes, _) in BROKEN.items()},
    ),
    Example(
        rule="two rules, <EKU>clientAuth and <SAN:dNSName>.*\\.my\\.dns\\.domain",
        own=("<EKU>clientAuth", "<SAN:dNSName>.*\\.my\\.dns\\.domain"),
        policy="allow: [{certificate: {extended_key_usage: {all_of: clientAuth}}}, {certificate: {san: {dns: {re: '.*\\.my\\.dns\\.domain'}}}}]",
        base={**PERSON, "extendedKeyUsage": "clientAuth", **san("DNS:a.my.dns.domain")},
        accepts={"by both": {}, "by the first": san(""), "by the second": {"extendedKeyUsage": ""}},
        refuses={"both": ({"extendedKeyUsage": "", **san("")}, {"extended_key_usage", "san.dns"})},
    ),
]

# Where the two differ: {what: (SSSD's rule, ours, a certificate, whether SSSD's fits, whether ours does)}. Each is on the page.
DIFFERENCES = {
    "of several alternative names of a kind": (
        "<SAN:rfc822Name>.*@email\\.domain",
        "{certificate: {san: {email: {re: '.*@email\\.domain'}}}}",
        {**PERSON, **san("email:x@email.domain,email:x@other.domain")},
        (False, True),
    ),
    "without a keyUsage": ("<KU>keyEncipherment", "{certificate: {key_usage: {all_of: keyEncipherment}}}", {**PERSON, "keyUsage": ""}, (True, False)),
    "a regular expression": (
        "<SAN:dNSName>my\\.dns\\.domain",
        "{certificate: {san: {dns: {re: 'my\\.dns\\.domain'}}}}",
        {**PERSON, **san("DNS:a.my.dns.domain.example")},
        (True, False),
    ),
    "large and small letters in names": ("<SUBJECT>^CN=X$", '{certificate: {subject: "CN=X"}}', PERSON, (False, True)),
    "large and small letters behind the @": ("<SAN:ntPrincipalName>^x@my\\.realm$", "{certificate: {san: {upn: x@my.realm}}}", {**PERSON, **san(f"{UPN}x@MY.REALM")}, (False, True)),
    "where in a name an attribute stands": ("<SUBJECT>^CN=x,DC=MY,DC=DOMAIN$", "{all: [{certificate: {subject: {CN: x, DC: MY}}}, {certificate: {subject: {DC: DOMAIN}}}]}", {"subject": "/DC=MY/DC=DOMAIN/OU=y/CN=x"}, (False, True)),
}
