#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Right configurations, and that they mean what they say: which keys of one token are shown, in which order, under which label."""

import json
import os
import pathlib
import pwd
import re
import socket

from harness import Case, comment, main, programs, rows

USER = pwd.getpwuid(os.getuid()).pw_name
RSA, EC, EDWARDS = ["rsa2", "rsa3"], ["p256", "p384", "p521"], ["edward"]
ALL = RSA + EC + EDWARDS  # but the one that does not sign

EXAMPLES = pathlib.Path(__file__).resolve().parents[1] / "config" / "valid"
# Two private keys on a token whose public objects are private as well.
CARD = """token label=card pin=1234
key  mine ec:P-256
key  more ec:P-256
pair mine id=03 label="one" CKA_PRIVATE=true
pair more id=04 label="two" CKA_PRIVATE=true
"""
HSM = f"""token label=part1
key  ops ec:P-256
key  deploy ec:P-256
key  own ec:P-256
key  more ec:P-256
pair ops id=01 label="ssh-ops-2026"
pair deploy id=02 label="ssh-deploy-web"
pair own id=03 label="ssh-user-{USER}"
pair more id=04 label="ssh-user-other"
token label=part2
key  elsewhere ec:P-256
key  namesake ec:P-256
key  old ec:P-256
pair elsewhere id=05 label="ssh-deploy-db"
pair namesake id=06 label="ssh-user-{USER}"
pair old id=07 label="ssh-ops-2026"
"""


def but(*names):
    return [name for name in ALL if name not in names]


# What stands in `allow: [{...}]`, and the keys that it shows. @NAME is a fingerprint, %NAME% a public key file, SERIAL the token's.
SELECTORS = [
    ("id: 01", ["rsa2"]),
    ("id: '01'", ["rsa2"]),
    ('id: "03"', ["p256"]),
    ("id: 33", ["p256"]),
    ("id: 0501", ["p521"]),
    ("id: 05:01", ["p521"]),
    ("id: '05:02'", ["edward"]),
    ("id: [01, 0x]", None),
    ("id: [01, 02]", RSA),
    ("id: {prefix: 05}", ["p521", "edward"]),
    ("id: [{prefix: 05}, 01]", ["p521", "edward", "rsa2"]),
    ("id: {prefix: 0501}", ["p521"]),
    ("id: 05", []),
    ("id: 0x01", None),
    ("id: 1e", []),
    ("label: work", ["rsa2"]),
    ("label: Work", []),
    ("label: [work, Work 2]", ["rsa2", "p256"]),
    ("label: third", ["p256"]),
    ("label: 'a*b'", ["edward"]),
    ("label: a*b", ["edward"]),
    ("label: {glob: 'a*b'}", ["edward"]),
    ("label: {glob: a*}", ["p521", "edward"]),
    ("label: {glob: '*ork*'}", ["rsa2", "p256"]),
    ("label: {glob: '[Ww]ork*'}", ["rsa2", "p256"]),
    ("label: {glob: '[!Ww]*'}", but("rsa2", "p256") + ["p256"]),  # by its certificate's label
    ("label: {glob: 'a\\*b'}", ["edward"]),
    ("label: {glob: '????'}", ["rsa2"]),
    ("label: {glob: ''}", []),
    ("label: {re: 'work'}", ["rsa2"]),
    ("label: {re: 'wor'}", []),
    ("label: {re: 'wor.'}", ["rsa2"]),
    ("label: {re: 'work|third'}", ["rsa2", "p256"]),
    ("label: {re: '[Ww]ork( [0-9])?'}", ["rsa2", "p256"]),
    ("label: {re: 'a\\*b'}", ["edward"]),
    ("label: {re: 'admin \\[x\\]'}", ["p521"]),
    ("label: {re: '.*'}", ALL),
    ("label: {re: ''}", []),
    ("label: ssh-user-%u", ["p384"]),
    ("label: {glob: 'ssh-*-%u'}", ["p384"]),
    ("label: {re: 'ssh-(user|admin)-%u'}", ["p384"]),
    ("label: {re: '%u'}", []),
    ("label: 'ssh-user-%%u'", []),
    ("label: [{glob: 'test-*'}, third]", ["rsa3", "p256"]),
    ("fingerprint: @rsa2", ["rsa2"]),
    ("fingerprint: @rsa2=", ["rsa2"]),
    ("fingerprint: [@p384, @edward]", ["p384", "edward"]),
    ("public_key: FILE-p521", ["p521"]),
    ("public_key: [FILE-rsa3, FILE-p256]", ["rsa3", "p256"]),
    ("public_key: FILE-all", ALL),
    ("public_key: ./FILE-rsa2", ["rsa2"]),
    ("key: {type: rsa}", RSA),
    ("key: {type: ec}", EC),
    ("key: {type: ed25519}", EDWARDS),
    ("key: {type: [rsa, ed25519]}", RSA + EDWARDS),
    ("key: {type: ed448}", []),
    ("key: {bits: 2048}", ["rsa2"]),
    ("key: {bits: '2048'}", ["rsa2"]),
    ("key: {bits: 0x800}", ["rsa2"]),
    ("key: {bits: 02048}", ["rsa2"]),
    ("key: {bits: '>=2048'}", RSA),
    ("key: {bits: '>2048'}", ["rsa3"]),
    ("key: {bits: '> 2048'}", ["rsa3"]),
    ("key: {bits: '<2048'}", EC + EDWARDS),
    ("key: {bits: '<=2048'}", but("rsa3")),
    ("key: {bits: ['<300', 521]}", ["p256", "p521", "edward"]),
    ("key: {curve: nistp256}", ["p256"]),
    ("key: {curve: P-384}", ["p384"]),
    ("key: {curve: secp521r1}", ["p521"]),
    ("key: {curve: [prime256v1, ed25519]}", ["p256", "edward"]),
    ("key: {type: ec, bits: '>=384'}", ["p384", "p521"]),
    ("key: {type: ec, curve: [P-256, P-384]}", ["p256", "p384"]),
    ("key: {sign: true}", ALL),  # presumed of the public key's CKA_VERIFY
    ("token: {label: mixed}", ALL),
    ("token: {label: Mixed}", []),
    ("token: {label: {glob: 'mi*'}}", ALL),
    ("token: {label: [one, mixed]}", ALL),
    ("token: {label: 'mixed  '}", ALL),
    ("token: {serial: SERIAL}", ALL),
    ("token: {serial: {re: '[0-9a-f]{16}'}}", ALL),
    ("token: {manufacturer: SoftHSM project}", ALL),
    ("token: {model: SoftHSM v2}", ALL),
    ("token: {model: SoftHSM v2, label: one}", []),
    ("slot: {description: {glob: 'SoftHSM slot*'}}", ALL),
    ("slot: {id: 0}", []),
    ("uri: 'pkcs11:token=mixed'", ALL),
    ("uri: 'pkcs11:token=mixed;object=work'", ["rsa2"]),
    ("uri: pkcs11:object=Work%202", ["p256"]),
    ("uri: 'pkcs11:id=%05%01'", ["p521"]),
    ("uri: 'pkcs11:id=%33;type=cert'", ["p256"]),
    ("uri: 'pkcs11:id=%33;type=public'", []),
    ("uri: 'pkcs11:type=cert'", ["p256"]),
    ("uri: ['pkcs11:object=work', 'pkcs11:object=test-old']", RSA),
    ("uri: 'pkcs11:manufacturer=SoftHSM%20project;id=%02'", ["rsa3"]),
    ("uri: 'pkcs11:serial=0000000000000000'", []),
    ("id: 01, label: work", ["rsa2"]),
    ("id: 01, label: third", []),
    ("id: [01, 02], label: test-old", ["rsa3"]),
    ("any: [{id: 01}, {label: third}]", ["rsa2", "p256"]),
    ("any: [{id: 01, label: third}, {id: 02}]", ["rsa3"]),
    ("all: [{key: {type: ec}}, {not: {id: 03}}]", ["p384", "p521"]),
    ("not: {key: {type: rsa}}", EC + EDWARDS),
    ("not: {id: [01, 02]}", EC + EDWARDS),
    ("not: {id: 33}", but("p256")),
    ("not: {label: {glob: '*'}}", []),
    ("not: {not: {id: 01}}", ["rsa2"]),
    ("not: {any: [{key: {type: ec}}, {key: {type: rsa}}]}", EDWARDS),
    ("not: {all: [{key: {type: ec}}, {id: 03}]}", but("p256")),
    ("not: {token: {label: mixed}}", []),
    ("any: [{all: [{any: [{not: {not: {id: 01}}}]}]}]", ["rsa2"]),
]
# Whole policies.
POLICIES = [
    ("allow: all", ALL),
    ("allow: []", []),
    ("allow:\n  - id: 01\n  - id: 02\n", RSA),
    ("allow:\n- id: 02\n- id: 01\n", ["rsa3", "rsa2"]),
    ("allow: [{id: 02, use: {order: 2}}, {id: 01, use: {order: 1}}]", RSA),
    ("allow: [{id: 02}, {id: 01, use: {order: -5}}]", RSA),
    ("allow: [{label: work, use: {order: 9}}, {id: 01, use: {order: 1}}, {id: 02}]", ["rsa3", "rsa2"]),
    ("allow: all\ndeny: [{id: 01}]", but("rsa2")),
    ("allow: all\ndeny:\n- id: 01\n- id: 02\n", EC + EDWARDS),
    ("deny: [{key: {type: rsa}}]\nallow: [{id: 01}, {id: 03}]", ["p256"]),
    ("allow: all\ndeny: [{key: {local: false}}]", []),  # unknown denies
    ("allow: all\ndeny: [{not: {key: {type: rsa}}}]", RSA),
    ("allow: all\ndeny: [{key: {type: rsa}, id: 01}]", but("rsa2")),
    ("allow: all\ndeny: []\nrequire: []", ALL),
    ("allow: all\nrequire: [{key: {type: ec}}]", EC),
    ("allow: all\nrequire: [{key: {type: ec}}, {not: {id: 03}}]", ["p384", "p521"]),
    ("allow: all\nrequire: [{any: [{key: {type: rsa, bits: '>=3072'}}, {key: {type: ec}}]}]", ["rsa3"] + EC),
    ("allow: all\nrequire: [{key: {local: true}}]", []),  # unknown is not enough
    ("allow: [{id: 01}, {id: 03}]\nrequire: [{key: {type: ec}}]\ndeny: [{label: third}]", []),
    ("allow: all\ndeny: [{id: 01}]\nrequire: [{key: {type: rsa}}]", ["rsa3"]),
    ("preset: ssh\nallow: all", ALL),
    ("log: {level: debug, trace: true, stderr: never}\nallow: [{id: 01}]", ["rsa2"]),
    ("log:\n  stderr: auto\n  trace: false\nallow: [{id: 01}]", ["rsa2"]),
    ("session: {read_only: true}\nallow: [{id: 01}]", ["rsa2"]),
    ("cache: {max_age: 5m}\nallow: [{id: 01}]", ["rsa2"]),
    ("functions: {deny: [random]}\nallow: [{id: 01}]", ["rsa2"]),
    ("mechanisms: {allow: [CKM_ECDSA, CKM_RSA_PKCS]}\nallow: [{id: 01}]", ["rsa2"]),
    ("allow: [{name: 'a: #b', id: 01}]", ["rsa2"]),
    ("---\nallow: [{id: 01}]", ["rsa2"]),
    ("allow: [{id: 01}]\n...\n", ["rsa2"]),
    ("allow: # nothing more\n  # but this\n  - id: 01 # and this\n", ["rsa2"]),
    ("? allow\n: - id: 01\n", ["rsa2"]),
    ('"allow": [{"id": "01"}]', ["rsa2"]),
    ("allow:\n  - {id: 01,\n     label: work}", ["rsa2"]),
    ('allow: [{label: "w\\x6frk"}]', ["rsa2"]),
    ("allow:\r\n  - id: 01\r\n", ["rsa2"]),
    ("\tallow", None),
]
LABELS = [
    ("mine", "mine"), ("'%u'", USER), ("'%u@%L %%'", f"{USER}@{socket.gethostname().split('.')[0]} %"), ("Zoë", "Zoë"),
    (f"'{'x' * 255}'", "x" * 255), ("'a\\b'", "a\\b"), ("01", "01"), ("true", "true"),
]


class Meaning(Case):
    @classmethod
    def tearDownClass(cls):
        comment(f"{len([r for r in SELECTORS + POLICIES if r[1] is not None]) + len(LABELS)} valid files")

    def setUp(self):
        super().setUp()
        self.mixed = self.token("mixed", USER=USER)
        lines = self.mixed.public_keys()
        for name in ALL:
            self.write_keys(name, lines[name])
        self.write_keys("all", "# keys\n\n" + "\n".join(lines[name] for name in ALL))

    def write_keys(self, name, text):
        self.sandbox.write(self.sandbox.config.parent.relative_to(self.sandbox.folder) / f"FILE-{name}", text + "\n")

    def list(self, policy):
        """What the policy shows, in order; None if the file is refused."""
        for name in ALL:
            policy = policy.replace(f"@{name}", self.mixed.fingerprint(name))
        start = "---\n" if policy.startswith("---") else ""
        head = f"version: 1\nmodule: {programs.VENDOR}\n"
        self.sandbox.configure(start + head + policy.removeprefix(start) + "\n")
        result = self.tool("list", "--json")
        if result.stdout:
            self.assertEqual(0 if result.stdout != "[]\n" else 1, result.rc, str(result))
            return json.loads(result.stdout)
        self.assertRegex(result.stderr, r":\d+:\d+: ")
        return None

    def shown(self, policy):
        """Their names; None if the file is refused."""
        if "SERIAL" in policy:
            policy = policy.replace("SERIAL", '"' + self.list("allow: all")[0]["serial"] + '"')
        names = {self.mixed.fingerprint(name): name for name in (*ALL, "mute")}
        keys = self.list(policy)
        return keys if keys is None else [names[key["fingerprint"]] for key in keys]

    @rows(*[{"allow": text, "shown": names} for text, names in SELECTORS])
    def test_a_rule(self, allow, shown):
        for policy in (f"allow: [{{{allow}}}]", f"allow: all\nrequire: [{{{allow}}}]"):
            found = self.shown(policy)
            self.assertEqual(shown and sorted(shown), found and sorted(found), policy)
        # Nothing in these rules is unknown of this token, so deny shows the others.
        if shown is not None:
            self.assertEqual(sorted(but(*shown)), sorted(self.shown(f"allow: all\ndeny: [{{{allow}}}]")), allow)

    @rows(*[{"policy": text, "shown": names} for text, names in POLICIES])
    def test_a_policy(self, policy, shown):
        found = self.shown(policy)
        if "order" in policy or "- id: 02\n- id: 01" in policy:
            self.assertEqual(shown, found)
        else:
            self.assertEqual(shown and sorted(shown), found and sorted(found))

    @rows(*[{"label": label, "shown": shown} for label, shown in LABELS])
    def test_a_label(self, label, shown):
        keys = self.list(f"allow: [{{id: 01, use: {{show_label: {label}}}}}]")
        self.assertEqual([shown], [key["label"] for key in keys])


class Examples(Case):
    """The examples of tests/config/valid, as they stand but for the vendor's library and who asks."""

    def example(self, name, **replaced):
        """The text with the tests' library; what stands for another word is put in as it is."""
        text = (EXAMPLES / f"{name}.yaml").read_text()
        text = re.sub(r"(?m)^module: .*$", f"module: {programs.VENDOR}", text)
        for word, value in replaced.items():
            self.assertEqual(1, text.count(word), text)
            text = text.replace(word, value)
        self.sandbox.configure(text)

    def listed(self, *words, **options):
        result = self.tool("list", "--json", *words, **options)
        return {key["fingerprint"]: key["label"] for key in json.loads(result.stdout)}

    def test_one_key_out_of_many_by_its_file(self):
        token = self.token("eight")
        self.sandbox.write("home/id_card.pub", token.public_key("user4") + "\n")
        self.example("one-key-by-file", **{"~/.ssh": str(self.sandbox.home)})  # ~ is the real home
        self.assertEqual({token.fingerprint("user4"): "user 4"}, self.listed())

    def test_a_card_that_shows_nothing_is_asked_for_its_PIN_and_shows_one_key(self):
        token = self.token("eight", self.sandbox.write("card.token", CARD))
        self.gate("all")
        slots = self.sandbox.run(programs.PKCS11_TOOL, "--module", programs.VENDOR, "-L").stdout
        (serial,) = re.findall(r"token label +: card\n(?:  .*\n)*?  serial num +: (\w+)", slots)
        self.example("card-that-shows-nothing", **{"001d3f5a": serial})
        login = self.login(self.server(token.public_key("mine")), programs.MODULE)
        self.assertLogin(login, [token.fingerprint("mine")])
        self.assertEqual(["Enter PIN for 'card':"], login.prompts)
        label = f"{USER}@{socket.gethostname().split('.')[0]} eToken"
        self.assertEqual({token.fingerprint("mine"): label}, self.listed("--login", stdin="1234\n"))

    @rows(
        {"who": {}, "shown": ["own"]},
        {"who": {"group: ops": "group: {re: '.*'}"}, "shown": ["ops", "own"]},
        {"who": {"deploy, ci": f"ci, '{USER}'"}, "shown": ["deploy", "elsewhere", "own"]},
    )
    def test_of_an_HSM_with_many_keys_each_user_sees_his(self, who, shown):
        token = self.token(self.sandbox.write("hsm.token", HSM))
        self.example("hsm-with-many-keys", **who)
        names = {token.fingerprint(name): name for name in token.public_keys()}
        self.assertEqual(shown, sorted(names[key] for key in self.listed()))


if __name__ == "__main__":
    main()
