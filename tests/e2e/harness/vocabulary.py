# SPDX-License-Identifier: BSD-2-Clause
"""Every key of the configuration: a right value, wrong ones with the place and the words of the error, and where the maps stand.

Whether these are all keys is asked of the project itself (schema-keys prints its tables).
"""

import dataclasses
import subprocess

from . import programs


@dataclasses.dataclass(frozen=True)
class Key:
    """good: a right value, in one line. wrong: (value, column from its first character on, or None: at the key; part of the error)."""

    good: str
    wrong: tuple


_NOTHING = ("", None, "found nothing, expected ")
_LIST, _MAP = ("[x]", 0, "found a list, expected "), ("{x: y}", 0, "found a map, expected ")
_EMPTY = ("[]", 0, "found an empty list, expected ")
_UNKNOWN = ("{x: y}", 1, "found the unknown key `x`, expected ")


def one(good, *wrong):
    """One scalar."""
    return Key(good, (_NOTHING, _LIST, _MAP, _EMPTY, *wrong))


def some(good, *wrong, empty=False):
    """A scalar or a list of them; empty: the list may be empty."""
    inner = ("[[x]]", 1, "found a list, expected ")
    return Key(good, (_NOTHING, inner, _MAP, ("[{x: y}]", 1, "found a map, expected "), *(() if empty else (_EMPTY,)), *wrong))


def patterns(good, *wrong):
    """As some(), and maps that name a kind of pattern."""
    inner = (("[[x]]", 1, "found a list, expected "), ("[{x: y}]", 2, "found the unknown key `x`"), ("{}", 0, "found an empty map"))
    return Key(good, (_NOTHING, _EMPTY, _UNKNOWN, *inner, *wrong))


TEXT_WRONG = (("'%q'", 0, "`%` before a letter"), ("{re: '('}", 5, "expected a POSIX extended regular expression"),
              ("{re: '((a{255}){255}){255}'}", 5, "too large"), ("{glob: '[a'}", 7, "`[` without `]`"), ("[a, {re: '*'}]", 9, "nothing before it"),
              ("{glob: a, re: b}", 0, "a map with several keys"))


def text(good, *wrong):
    return patterns(good, *TEXT_WRONG, *wrong)


def inner(good, *wrong):
    """A map."""
    return Key(good, (_NOTHING, _LIST, _UNKNOWN, ("x", 0, "found `x`, expected "), ("{}", 0, "found an empty map, expected "), *wrong))


def maps(good, *wrong):
    """A list of maps."""
    deeper = (("[x]", 1, "found `x`, expected "), ("[[x]]", 1, "found a list, expected "), ("[{x: y}]", 2, "found the unknown key `x`"))
    return Key(good, (_NOTHING, _MAP, ("x", 0, "found `x`, expected "), *deeper, *wrong))


def boolean(*wrong, good="true"):
    return one(good, ("yes", 0, "found `yes`, expected true or false"), ("True", 0, "found `True`"), ("1", 0, "found `1`"), *wrong)


def name(good):
    """A distinguished name, or several."""
    deeper = (("[[x]]", 1, "found a list, expected "), ("{}", 0, "found an empty map, expected a name"), ("[{x: y}]", 2, "found the unknown attribute `x`"))
    return Key(good, (_NOTHING, _EMPTY, *deeper, ("{x: y}", 1, "found the unknown attribute `x`"), ("{CM: y}", 1, "did you mean `CN`?"), ("{CN: []}", 5, "an empty list"),
                      ("x", 0, "found `x`, expected a name"), ("CN=", 0, "found `CN=`, expected a name"), ("'CN=a,'", 0, "expected a name"), ("'X=a'", 0, "found the unknown attribute `X`"),
                      ("'CN=a\\'", 0, "expected a name"), ("'CN=a+'", 0, "expected a name"), ("'CN=#04'", 0, "expected a name"), ("'CN=%q'", 0, "`%` before a letter"),
                      ("[CN=a, CN]", 7, "found `CN`, expected a name")))


def oids(good, expected, *wrong):
    return some(good, ("[x y]", 1, f"found `x y`, expected {expected}"), ("{glob: a}", 0, "found a map"), *wrong)


def refused(good, part):
    """A key that is known and out of place here: whatever its value, that is the error."""
    return Key(good, ((good, None, part),))


FINGERPRINT = "SHA256:uNiVztksCsDhcc0u9e8BrKLs7eH6Zp9hzR0Vbz9ZJZE"

# An authority on P-256, of a hundred years, and a CRL of it.
AUTHORITY = """-----BEGIN CERTIFICATE-----
MIIBdTCCARugAwIBAgIUHqS/VgpC8S/ehEbS3xBK9CNzn8YwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEcm9vdDAgFw0yNjExMjkxMTQyMTNaGA8yMTI2MTEwNTExNDIx
M1owDzENMAsGA1UEAwwEcm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABB0o
cEF0jm2okt4y2aNSLJvXs1SMTjMfR7/NPIarGAc25ICz8vV0000h9IOznYAtZgBq
fZyVyn2Igjq/65yaa7qjUzBRMB0GA1UdDgQWBBREHYg0NrSRXq+2x7vgrEeaYr/M
ajAfBgNVHSMEGDAWgBREHYg0NrSRXq+2x7vgrEeaYr/MajAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0gAMEUCIQDHbo+xLsB8bF2X2pbBj3DNj6LBy+/rvHKs
9wXMtDr+KwIgFmtOGDW6qiyPqvXPVHW0uL3j8DvmWABjkg0oFNbA3EU=
-----END CERTIFICATE-----
"""
CRL = """-----BEGIN X509 CRL-----
MIGoMFACAQEwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEcm9vdBcNMjYxMTI5MTE0
MjEzWhgPMjEyNjExMDUxMTQyMTNaoA4wDDAKBgNVHRQEAwIBATAKBggqhkjOPQQD
AgNIADBFAiBWAlEY2jtCxJPmjLwCYfR8zcOh94weNvMMjzHGoeovwQIhAOLqUzhx
4KNNsabPUARCUbumnLkEbALKMIM7sRSgm5fN
-----END X509 CRL-----
"""

SELECTORS = {
    "uri": some("'pkcs11:token=a'", ("http:a", 0, "expected a URI"), ("'pkcs11:tokn=a'", 0, "did you mean `token`?"), ("'pkcs11:'", 0, "expected"),
                ("'pkcs11:token=a?pin-value=1'", 0, "query"), ("'pkcs11:id=%01;id=%02'", 0, "a second value"), ("'pkcs11:token='", 0, "an empty value")),
    "token": inner("{label: a}"),
    "slot": inner("{id: 1}"),
    "id": patterns("01", ("1", 0, "found `1`, expected pairs of hexadecimal digits"), ("[01, 0g]", 5, "found `0g`"), ("'01:'", 0, "found `01:`")),
    "label": text("a"),
    "fingerprint": some(FINGERPRINT, ("MD5:00", 0, "expected SHA256:"), (f"{FINGERPRINT}x", 0, "expected SHA256:"), ("[x]", 1, "expected SHA256:")),
    "public_key": some("KEYFILE", ("'%l%q'", 0, "`%` before a letter"), ("/nonexistent/a.pub", 0, "/nonexistent/a.pub: ")),
    "key": inner("{type: rsa}"),
    "any": maps("[{id: 01}]", _EMPTY),
    "all": maps("[{id: 01}]", _EMPTY),
    "not": inner("{id: 02}"),
    "when": inner("{user: a}"),
    "certificate": inner("{present: true}", ("{serial: 1}", 1, "found `serial` alone, expected `issuer` or `ca` beside it"), ("{revocation: {check: crl}}", 1, "found `revocation` without `ca`")),
}

# The maps by the names that schema-keys prints.
KEYS = {
    "top": {
        "version": one("1", ("2", 0, "found `2`, expected 1"), ("1.0", 0, "found `1.0`"), ("one", 0, "found `one`")),
        "module": one("m.so", ("p11gate.so", 0, "expected the vendor's module"), ("'%q'", 0, "`%` before a letter"), ("''", 0, "expected a path")),
        "modules": Key("[{path: a.so}]", (_NOTHING, _MAP, _EMPTY, ("[x]", 1, "found `x`, expected a map with `path`"),
                                          ("[{path: a.so, x: y}]", 14, "found the unknown key `x`"), ("[{name: a}]", 1, "found no `path`"))),
        "preset": one("ssh", ("shh", 0, "did you mean `ssh`?"), ("SSH", 0, "did you mean `ssh`?"), ("none", 0, "found `none`, expected `ssh`")),
        "require": maps("[{id: 01}]", ("[{}]", 1, "found a rule without a selector"), ("all", 0, "found `all`, expected a list of rules")),
        "deny": maps("[{id: 01}]", ("[{}]", 1, "found a rule without a selector"), ("all", 0, "found `all`, expected a list of rules")),
        "allow": maps("[{id: 01}]", ("[{}]", 1, "found a rule without a selector"), ("[{name: a}]", 1, "found a rule without a selector"),
                      ("any", 0, "found `any`, expected a list of rules")),
        "log": inner("{level: info}"),
        "functions": inner("{allow: [sign]}"),
        "mechanisms": inner("{allow: [CKM_ECDSA]}"),
        "session": inner("{read_only: true}"),
        "cache": inner("{max_age: 60s}"),
        "profiles": Key("{p: {deny: [{id: 01}]}}", (_NOTHING, _LIST, ("x", 0, "found `x`"), ("{}", 0, "found an empty map"), ("{p: x}", 4, "found `x`, expected a map"),
                                                    ("{p: {}}", 4, "found an empty map"), ("{'a/b': {deny: []}}", 1, "expected a name of letters"),
                                                    ("{p: {x: y}}", 5, "found the unknown key `x`"))),
        "trust_anchors": Key("{a: {file: CAFILE}}", (_NOTHING, _LIST, ("x", 0, "found `x`, expected a map of names"), ("{}", 0, "found an empty map"),
                                                     ("{a: x}", 4, "found `x`, expected a map with `file`"), ("{a: {}}", 4, "found an empty map"),
                                                     ("{a: {crl: CRLFILE}}", 4, "found no `file`"), ("{'': {file: CAFILE}}", 1, "expected a name"))),
        "login": inner("{keep_pin: never}"),
        "daemon": Key("{use: off}", (_NOTHING, _LIST, _EMPTY, _UNKNOWN, ("prefer", 0, "found `prefer`, expected a map with `socket` or `use`"))),
        "audit_only": refused("true", "found `audit_only` in a user's file, expected it in the system's"),
        "user_config": refused("none", "found `user_config` in a user's file, expected it in the system's"),
    },
    "top.modules": {
        "name": one("a", ("'%q'", 0, "`%` before a letter")),
        "path": one("m.so", ("p11gate.so", 0, "expected the vendor's module"), ("''", 0, "expected a path")),
        "init_args": one("a", ("'%q'", 0, "`%` before a letter")),
        "quirks": some("[serialize]", ("[serialise]", 1, "did you mean `serialize`?"), ("[no-finalise]", 1, "did you mean `no-finalize`?"), empty=True),
    },
    "top.trust_anchors": {
        "file": one("CAFILE", ("/nonexistent/ca.pem", 0, "/nonexistent/ca.pem: "), ("CRLFILE", 0, "found that"), ("'%q'", 0, "`%` before a letter")),
        "intermediates": some("CAFILE", ("/nonexistent/ca.pem", 0, "/nonexistent/ca.pem: "), ("KEYFILE", 0, "found that")),
        "crl": some("CRLFILE", ("/nonexistent/a.crl", 0, "/nonexistent/a.crl: "), ("CAFILE", 0, "found that")),
    },
    "top.require": {"name": one("a", ("\"a\\nb\"", 0, "without control characters")), "use": refused("{order: 1}", "found `use`, expected selectors alone"), **SELECTORS},
    "top.allow": {"name": one("a", ("''", 0, "expected text")), "use": inner("{order: 1}"), **SELECTORS},
    "top.require.any": SELECTORS,
    "top.log": {
        "file": one("a.log", ("'%q'", 0, "`%` before a letter")),
        "level": one("info", ("warning", 0, "found `warning`, expected `error`, `info` or `debug`"), ("inf", 0, "did you mean `info`?")),
        "trace": boolean(),
        "stderr": one("never", ("always", 0, "found `always`, expected `auto` or `never`")),
        "audit": one("journal", ("sylog", 0, "did you mean `syslog`?"), ("Journal", 0, "found `Journal`, expected `none`, `syslog` or `journal`"), ("'%q'", 0, "`%` before a letter")),
        "audit_required": boolean(("true", None, "found `audit_required` without an `audit`"), good="false"),
    },
    "top.functions": {
        "allow": some("[sign]", ("[sing]", 1, "did you mean `sign`?"), ("[C_Sing]", 1, "found `C_Sing`"), empty=True),
        "deny": some("[C_Sign]", ("[sing]", 1, "did you mean `sign`?"), empty=True),
    },
    "top.mechanisms": {
        "allow": some("[CKM_ECDSA]", ("[CKM_ECDSO]", 1, "found `CKM_ECDSO`"), empty=True),
        "deny": some("[CKM_RSA_PKCS]", ("[RSA_PKCS]", 1, "found `RSA_PKCS`"), empty=True),
    },
    "top.session": {"read_only": boolean()},
    "top.cache": {"max_age": one("60s", ("60", 0, "found `60`"), ("1y", 0, "found `1y`"), ("-1s", 0, "found `-1s`"))},
    "top.login": {
        "pin_source": one("systemd:card", ("1234", 0, "found `1234`, expected `file:/path`, `systemd:NAME`"), ("'file:'", 0, "expected a path"), ("'systemd:a/b'", 0, "without `/`"),
                          ("'command:pin'", 0, "expected the absolute path of a program"), ("'file:/%q'", 0, "`%` before a letter"), ("file:/dev/null", 0, "not a regular file")),
        "keep_pin": Key("{idle: 5m}", (_NOTHING, _LIST, _UNKNOWN, ("always", 0, "found `always`, expected `never`"), ("{}", 0, "found an empty map, expected `never` or a map"))),
        "automatic": one("normal", ("true", 0, "found `true`, expected `careful` or `normal`"), ("carefull", 0, "did you mean `careful`?")),
    },
    "top.login.keep_pin": {
        **{limit: one("90s", ("0s", 0, "found `0s`, expected a duration above zero, such as 10m, or `none`"), ("10", 0, "found `10`"), ("never", 0, "found `never`"),
                      ("4000d", 0, "expected at most 3650d")) for limit in ("idle", "max")},
        "survive_removal": boolean(),
    },
    "top.daemon": {
        "socket": one("/run/a.socket", ("''", 0, "expected a path"), ("'%q'", 0, "`%` before a letter"), (f"/{'x' * 107}", 0, "found a path of 108 bytes, expected at most 107")),
        "use": one("require", ("on", 0, "found `on`, expected `off`, `prefer` or `require`"), ("perfer", 0, "did you mean `prefer`?"), ("true", 0, "found `true`")),
    },
    "top.require.token": {name: text("a", (f"'{'x' * 40}'", 0, "longer text can match nothing")) for name in ("label", "serial", "manufacturer", "model")},
    "top.require.slot": {
        "id": some("1", ("a", 0, "found `a`, expected a number"), ("[1, 0xg]", 4, "found `0xg`"), ("-1", 0, "found `-1`"), ("99999999999999999999", 0, "found `9999")),
        "description": text("a", (f"'{'x' * 70}'", 0, "longer text can match nothing")),
    },
    "top.require.key": {
        "type": some("rsa", ("dsa", 0, "found `dsa`, expected `rsa`"), ("[rsa, RSA]", 6, "found `RSA`")),
        "bits": some("2048", ("many", 0, "found `many`"), ("'=2048'", 0, "found `=2048`"), ("[1024, '>= x']", 7, "found `>= x`")),
        "curve": some("nistp256", ("nistp257", 0, "did you mean `nistp256`?"), ("[P-256, x]", 8, "found `x`")),
        "sign": boolean(("false", None, "found `sign: false`, expected true")),
        "always_authenticate": boolean(),
        "never_extractable": boolean(),
        "local": boolean(),
    },
    "top.allow.use": {
        "order": one("1", ("first", 0, "found `first`, expected a whole number"), ("1.5", 0, "found `1.5`"), ("0x1", 0, "found `0x1`"), ("99999999999999999999", 0, "found `9")),
        "show_label": one("a", ("''", 0, "expected text"), (f"'{'x' * 256}'", 0, "found 256 bytes, expected at most 255"), ("'%q'", 0, "`%` before a letter")),
        "mechanisms": some("[CKM_ECDSA]", ("[CKM_ECDSO]", 1, "found `CKM_ECDSO`"), empty=True),
        "digests": some("[sha256]", ("[sha257]", 1, "did you mean `sha256`?"), ("[md5sum]", 1, "found `md5sum`"), empty=True),
        "expose_certificate": boolean(good="true"),
        "confirm": boolean(),
        "max_signatures_per_minute": one("60", ("0", 0, "found 0, expected 1 to 10000"), ("10001", 0, "found 10001, expected 1 to 10000"), ("-1", 0, "found -1"), ("1.5", 0, "expected a whole number"), ("many", 0, "expected a whole number")),
    },
    "top.require.when": {
        "user": text("a"),
        "group": text("a"),
        "host": text("a"),
        "time": some("Mon-Fri 08:00-18:00", ("Monday", 0, "found `Monday`, expected days and a time"), ("[Sat, 18:00-08:00]", 6, "found `18:00-08:00`"),
                     ("'08:00-24:01'", 0, "found `08:00-24:01`"), ("'Mon 8:00-9:00'", 0, "found `Mon 8:00-9:00`"), ("''", 0, "found ``")),
    },
    "top.require.certificate": {
        "ca": some("[corp]", ("[crop]", 1, "found `crop`, expected a name that `trust_anchors` has; did you mean `corp`?"), ("{glob: a}", 0, "found a map")),
        "valid": Key("{grace: 1h}", (_NOTHING, _LIST, _UNKNOWN, ("later", 0, "found `later`, expected `now` or `ignore`"), ("{}", 0, "found an empty map"))),
        "revocation": inner("{check: crl}"),
        "present": boolean(),
        "issuer": name("CN=a"),
        "subject": name("'CN=a+UID=1,O=b'"),
        "serial": some("0x1f", ("x", 0, "found `x`, expected a serial number"), ("'1:2'", 0, "found `1:2`"), ("-1", 0, "found `-1`"), (f"'{'9' * 200}'", 0, "found `9")),
        "san": inner("{email: a@b}"),
        "key_usage": inner("{any_of: digitalSignature}"),
        "extended_key_usage": inner("{any_of: clientAuth}", ("{any_of: clientauth}", 9, "did you mean `clientAuth`?"), ("{none_of: 1.x}", 10, "expected an extended key usage")),
        "policy": inner("{any_of: 1.2.3}", ("{any_of: clientAuth}", 9, "expected the OID of a policy")),
        "self_signed": boolean(),
        "signature": oids("sha256WithRSAEncryption", "an algorithm", ("sha256withRSAEncryption", 0, "did you mean `sha256WithRSAEncryption`?")),
        "sha256": some("'" + "0f" * 32 + "'", ("'0f'", 0, "found `0f`, expected 64 hexadecimal digits"), ("'" + "0f" * 33 + "'", 0, "found `0f"), ("'" + "xy" * 32 + "'", 0, "found `xy")),
    },
    "top.require.certificate.valid": {
        "grace": one("24h", ("24", 0, "found `24`, expected a duration"), ("4000d", 0, "found `4000d`, expected at most 3650d")),
        "warn_before": one("30d", ("soon", 0, "found `soon`, expected a duration")),
    },
    "top.require.certificate.revocation": {
        "check": one("crl", ("ocsp", 0, "found `ocsp`, expected `crl`")),
        "mode": one("hard", ("harder", 0, "did you mean `hard`?")),
        "max_age": one("24h", ("0s", 0, "found `0s`, expected a duration above zero"), ("x", 0, "found `x`, expected a duration")),
    },
    "top.require.certificate.san": {
        **{kind: text("a", ("[a, {re: '.*@B'}]", 9, "found `B` behind the @ of a pattern"), ("{re: '.*@[A-Z]+'}", 5, "found `[A-Z]` behind the @ of a pattern"),
                      ("{glob: '*@[!A]'}", 7, "found `[!A]` behind the @ of a pattern"), ("{re: 'a@b|.*B'}", 5, "found `B` where the pattern does not tell"),
                      ("{glob: '*B.c'}", 7, "found `B` where the pattern does not tell")) for kind in ("email", "upn")},
        **{kind: text("a") for kind in ("dns", "uri", "ip", "kerberos")},
        "directory": name("CN=a"),
        "registered_id": oids("1.2.3", "an OID", ("[1.2, clientAuth]", 6, "found `clientAuth`, expected an OID")),
        "other": inner("{oid: 1.2.3, value: a}", ("{oid: 1.2.3}", 0, "found a name without `oid` or `value`"), ("{value: a}", 0, "found a name without `oid` or `value`")),
    },
    "top.require.certificate.san.other": {
        "oid": one("1.2.3", ("x", 0, "found `x`, expected an OID"), ("1.02", 0, "found `1.02`")),
        "value": text("a"),
    },
    "top.require.certificate.key_usage": {
        kind: oids("[digitalSignature, cRLSign]", "a key usage", ("crlSign", 0, "did you mean `cRLSign`?"), ("1.2.3", 0, "found `1.2.3`"))
        for kind in ("all_of", "any_of", "none_of")
    },
    "pattern": {
        "glob": one("a*", ("'a\\'", 0, "`\\` at the end"), ("'[%u]'", 0, "between `[` and `]`")),
        "re": one("a|b", ("'a**'", 0, "nothing before it"), ("'\\d'", 0, "letter or digit"), ("'a)|(b'", 0, "regular expression")),
    },
    "bytes": {"prefix": one("01", ("0", 0, "found `0`"), ("zz", 0, "found `zz`"), ("'0 1'", 0, "found `0 1`"))},
}
KEYS["top.profiles"] = {name: KEYS["top"][name] for name in ("require", "deny", "allow", "preset", "log", "login")}

# What a map must have beside the key that is looked at.
COMPANY = {
    "top": (("version", "1"), ("module", "m.so"), ("allow", "[]")),
    "top.modules": (("path", "a.so"),),
    "top.require": (("slot", "{id: 1}"),),
    "top.allow": (("slot", "{id: 1}"),),
    "top.trust_anchors": (("file", "CAFILE"),),
    "top.require.certificate": (("issuer", "CN=a"), ("ca", "[corp]")),
    "top.require.certificate.san.other": (("oid", "1.2.3"), ("value", "a")),
}

_HEAD = "version: 1\nmodule: m.so\n"
_ALLOW = _HEAD + "allow:\n"
_CORP = "trust_anchors: {corp: {file: CAFILE, crl: CRLFILE}}\n"
# Where the maps stand, @ for their inside; in braces, and in lines of their own, at several depths.
PLACES = {
    "top": ("@\n", "---\n{@}\n", "# a comment\n\n@\n...\n"),
    "top.modules": ("version: 1\nallow: []\nmodules: [{@}]\n", "version: 1\nallow: []\nmodules:\n  - path: b.so\n  - @\n"),
    "top.require": (_HEAD + "allow: []\nrequire: [{id: 01}, {@}]\n", _HEAD + "allow: all\ndeny:\n- @\n"),
    "top.allow": (_HEAD + "allow: [{@}]\n", _ALLOW + "  - id: 01\n  - @\n", "{version: 1, module: é.so, allow: [{label: é}, {@}]}\n"),
    "top.require.any": (
        _HEAD + "allow: [{any: [{@}]}]\n",
        _ALLOW + "- not:\n    @\n",
        _ALLOW + "- all:\n  - id: 01\n  - @\n",
        _HEAD + "allow: []\ndeny: [{all: [{any: [{not: {all: [{not: {@}}]}}]}]}]\n",
        _ALLOW + "  - not:\n      any:\n        - id: 01\n        - all:\n            - not:\n                any:\n                  - @\n",
        _HEAD + "allow: [" + "{not: " * 13 + "{@}" + "}" * 13 + "]\n",
    ),
    "top.log": (_HEAD + "allow: []\nlog: {@}\n", _HEAD + "log:\n   @\nallow: []\n"),
    "top.functions": (_HEAD + "allow: []\nfunctions: {@}\n", _HEAD + "functions:\n  @\nallow: []\n"),
    "top.mechanisms": (_HEAD + "allow: []\nmechanisms: {@}\n", _HEAD + "mechanisms:\n  @\nallow: []\n"),
    "top.session": (_HEAD + "allow: []\nsession: {@}\n", _HEAD + "session:\n  @\nallow: []\n"),
    "top.cache": (_HEAD + "allow: []\ncache: {@}\n", _HEAD + "cache:\n  @\nallow: []\n"),
    "top.login": (_HEAD + "allow: []\nlogin: {@}\n", _HEAD + "login:\n  @\nallow: []\n"),
    "top.login.keep_pin": (_HEAD + "allow: []\nlogin: {keep_pin: {@}}\n", _HEAD + "login:\n  keep_pin:\n    @\nallow: []\n"),
    "top.daemon": (_HEAD + "allow: []\ndaemon: {@}\n", _HEAD + "daemon:\n  @\nallow: []\n"),
    "top.require.token": (_HEAD + "allow: [{token: {@}}]\n", _ALLOW + "- token:\n    @\n", _HEAD + "allow: []\ndeny: [{any: [{not: {token: {@}}}]}]\n"),
    "top.require.slot": (_HEAD + "allow: [{slot: {@}}]\n", _ALLOW + "- not:\n    slot:\n      @\n"),
    "top.require.key": (_HEAD + "allow: [{key: {@}}]\n", _ALLOW + "- id: 01\n  key:\n    @\n"),
    "top.allow.use": (_HEAD + "allow: [{id: 01, use: {@}}]\n", _ALLOW + "- id: 01\n  use:\n    @\n"),
    "top.require.when": (_HEAD + "allow: [{id: 01, when: {@}}]\n", _ALLOW + "- not:\n    when:\n      @\n"),
    "top.trust_anchors": (_HEAD + "allow: []\ntrust_anchors: {corp: {@}}\n", _HEAD + "trust_anchors:\n  a: {file: CAFILE}\n  b:\n    @\nallow: []\n"),
    "top.require.certificate": (_HEAD + _CORP + "allow: [{id: 01, certificate: {@}}]\n", _ALLOW + "- not:\n    certificate:\n      @\n" + _CORP),
    "top.require.certificate.valid": (_HEAD + _CORP + "allow: [{certificate: {ca: corp, valid: {@}}}]\n", _ALLOW + "- certificate:\n    valid:\n      @\n"),
    "top.require.certificate.revocation": (_HEAD + _CORP + "allow: [{certificate: {ca: corp, revocation: {@}}}]\n",
                                           _ALLOW + "- not:\n    certificate:\n      revocation:\n        @\n      ca: [corp]\n" + _CORP),
    "top.require.certificate.san": (_HEAD + "allow: [{certificate: {san: {@}}}]\n", _ALLOW + "- not:\n    certificate:\n      san:\n        @\n"),
    "top.require.certificate.san.other": (_HEAD + "allow: [{certificate: {san: {other: {@}}}}]\n", _ALLOW + "- certificate:\n    san:\n      other:\n        @\n"),
    "top.require.certificate.key_usage": (_HEAD + "allow: [{certificate: {key_usage: {@}}}]\n", _ALLOW + "- certificate:\n    key_usage:\n      @\n"),
    "top.profiles": (_HEAD + "allow: []\nprofiles: {p: {@}}\n", _HEAD + "allow: []\nprofiles:\n  a:\n    deny: []\n  b:\n    @\n"),
    "pattern": (_HEAD + "allow: [{label: {@}}]\n", _ALLOW + "- token:\n    serial:\n      - a\n      - @\n"),
    "bytes": (_HEAD + "allow: [{id: {@}}]\n", _ALLOW + "- any:\n  - id:\n    - 01\n    - @\n"),
}


def schema():
    """(map, key, "known" or "refused") as the project itself has them."""
    output = subprocess.run([programs.SCHEMA_KEYS], check=True, capture_output=True, text=True).stdout
    return [tuple(line.split()[:3]) for line in output.splitlines()]


def alone(entry):
    """Is it of a file that stands alone? Those of a user's file beside a system's need both."""
    return not entry[0].startswith("narrowing")


def write(place, pairs):
    """Puts keys and values in; returns the text and (line, column) of each key, and of each value."""
    before, after = place.split("@")
    column = len(before) - (before.rfind("\n") + 1)
    between = ", " if before.endswith("{") else "\n" + " " * column
    text, at = before, []
    for i, (key, value) in enumerate(pairs):
        text += between if i else ""
        start = _position(text)
        text += f"{key}: "
        at.append((start, _position(text)))
        text += value
    return text + after, at


def _position(text):
    """Of what comes behind the text."""
    return text.count("\n") + 1, len(text) - text.rfind("\n")
