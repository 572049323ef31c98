#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The man pages are true: their commands run, their configurations are right, and no verb, key or message is missing."""

import pathlib
import re

from harness import Case, main, messages, pages, programs, rows
from harness.token import fingerprint

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = {path.name.removesuffix(".scd"): path.read_text() for path in sorted((ROOT / "docs/man").glob("*.scd"))}
MODULE = "/usr/local/lib/pkcs11/p11gate.so"
STAND_INS = {"ssh": pages.SSH}


def blocks(page, begin):
    """The literal blocks whose first line begins so."""
    return [text for text in re.findall(r"(?ms)^```\n(.*?)^```$", PAGES[page]) if text.startswith(begin)]


def commands(page):
    """The lines behind a prompt."""
    return [line[2:] for text in blocks(page, "$ ") for line in text.splitlines()]


def bold(page):
    """What is printed bold, as it is printed."""
    text = re.sub(r"(?ms)^```\n.*?^```$", "", PAGES[page]).replace("\\\\", "\0")
    found = re.findall(r"(?s)(?<!\\)\*((?:\\\*|[^*])+)\*", text)
    return {re.sub(r"\\(.)", r"\1", one).replace("\0", "\\") for one in found}


class Commands(Case):
    def setUp(self):
        super().setUp()
        self.sandbox.write("badge.pem", self.token("badges").certificate("alice"))
        self.sandbox.write("draft.yaml", f"version: 1\nmodule: {programs.VENDOR}\nallow: [{{certificate: {{subject: {{CN: alice}}}}}}]\n")
        self.card = self.token("eight")
        self.host = self.server(self.card.public_key("user2"))
        self.live = self.agent()
        self.sandbox.environment |= self.askpass().environment
        self.sandbox.environment |= {"SSH_AUTH_SOCK": self.live.socket, "PCSCLITE_CSOCK_NAME": "/nonexistent"}
        del self.sandbox.environment["P11GATE_CONFIG"]
        pages.make_stand_ins(self.sandbox, STAND_INS)
        (self.sandbox.folder / "bin/p11gate").symlink_to(programs.TOOL)

    def run_here(self, command, name):
        words = ["sh", "-c", command.replace(MODULE, programs.MODULE)]
        answers = {"p11gate init": "2\n", 'p11gate explain --login "user 5"': "1234\n"}
        return self.sandbox.run(*words, stdin=answers.get(name, ""))

    def test_those_of_p11gate_1_do_what_they_say(self):
        steps = {
            "p11gate init": self.has_chosen,
            "p11gate check": lambda result: self.assertIn("all right", result.stdout),
            "p11gate list": lambda result: self.assertIn(self.card.fingerprint(self.chosen), result.stdout),
            "p11gate keys >> authorized_keys": self.has_written_the_key,
            'p11gate explain "user 5"': self.explains_the_fifth,
            'p11gate explain --login "user 5"': lambda result: self.assertIn(self.card.fingerprint("user5"), result.stdout),
            "p11gate eval": lambda result: self.assertIn("shown by draft.yaml:3:9", result.stdout),
            "cp ~/.config/p11gate/config.yaml new.yaml": lambda result: None,
            "p11gate diff ~/.config/p11gate/config.yaml new.yaml": lambda result: self.assertEqual("", result.stdout),
        }
        pages.run_all(self, commands("p11gate.1"), steps, self.run_here)

    def test_those_of_p11gate_7_do_what_they_say(self):
        self.sandbox.configure({"version": 1, "module": programs.VENDOR, "allow": [{"id": "02"}]})
        pages.write_ssh_config(self.sandbox, self.host, "")
        own = self.card.fingerprint("user2")
        steps = {
            f"ssh-keygen -D {MODULE}": lambda result: self.assertEqual(own, fingerprint(result.stdout)),
            f"ssh -I {MODULE} myserver": lambda result: self.assertIn("LOGIN-OK", result.stdout),
            f"ssh-add -s {MODULE}": lambda result: self.assertEqual([own], [fingerprint(key) for key in self.live.keys()]),
            "ssh-add -l": lambda result: self.assertIn(own, result.stdout),
            f"ssh-add -e {MODULE}": lambda result: self.assertEqual([], self.live.keys()),
            "p11-kit list-modules": lambda result: self.assertNotIn("p11gate", result.stdout),
        }
        pages.run_all(self, commands("p11gate.7"), steps, self.run_here)

    def test_the_configuration_of_ssh_in_p11gate_7_logs_in(self):
        self.sandbox.configure({"version": 1, "module": programs.VENDOR, "allow": [{"id": "02"}]})
        (text,) = blocks("p11gate.7", "Host")
        pages.write_ssh_config(self.sandbox, self.host, text.replace(MODULE, programs.MODULE))
        del self.sandbox.environment["SSH_AUTH_SOCK"]
        self.assertIn("LOGIN-OK", self.run_here("ssh myserver", "").stdout)

    def test_p11gate_config_5_has_no_commands(self):
        self.assertEqual([], commands("p11gate-config.5"))

    def has_chosen(self, result):
        self.chosen = next(name for name in self.card.public_keys() if self.card.fingerprint(name) in self.sandbox.config.read_text())

    def explains_the_fifth(self, result):
        """Which key is the second in the list is SoftHSM's choice."""
        self.assertIn("shown by " if self.chosen == "user5" else "no allow rule is true", result.stdout)

    def has_written_the_key(self, result):
        written = (self.sandbox.folder / "authorized_keys").read_text()
        self.assertEqual(self.card.fingerprint(self.chosen), fingerprint(written))


class Configurations(Case):
    @rows(*[{"text": text} for text in blocks("p11gate-config.5", "version:")])
    def test_it_is_right(self, text):
        token = self.token("eight")
        (self.sandbox.home / ".ssh").mkdir()
        self.sandbox.write("home/.ssh/id_card.pub", token.public_key("user3"))
        home = str(self.sandbox.home)  # ~ is the real one
        self.sandbox.configure(text.replace("~/", f"{home}/"))
        result = self.sandbox.run(programs.TOOL, "check")
        self.assertEqual((0, ""), (result.rc, result.stderr), str(result))


class Complete(Case):
    def assertNoneMissing(self, page, wanted):
        missing = [f"{text}    ({where})" for text, where in sorted(wanted.items())]
        self.assertEqual([], missing, f"not in docs/man/{page}.scd:\n" + "\n".join(missing))

    def test_every_verb_and_option_is_in_p11gate_1(self):
        verbs = re.findall(r"(?m)^  (\w+) ", self.tool("help").stdout)
        self.assertGreater(len(verbs), 5)
        for verb in verbs:
            (entry,) = re.findall(rf"(?m)^\*{verb}\*((?:.*\n)(?:\t.*\n|\n)*)", PAGES["p11gate.1"])
            for option in set(re.findall(r"--\w+", self.tool("help", verb).stdout if verb != "help" else "")):
                self.assertIn(f"*{option}*", entry.splitlines()[0], f"{verb} {option}")

    def test_every_key_is_in_p11gate_config_5(self):
        schema = (ROOT / "config/schema.c").read_text()
        keys = set(re.findall(r'(?m)^ +(?:\{|REFUSED\()"(\w+)"', schema))
        self.assertGreater(len(keys), 20)
        words = {word for text in bold("p11gate-config.5") for word in re.findall(r"\w+", text)}
        self.assertEqual([], sorted(keys - words))

    def test_every_message_of_the_configuration_is_in_p11gate_config_5(self):
        puts = self.puts()
        self.assertGreater(len(puts), 60)
        told = {re.sub(r"\s+", " ", text) for text in bold("p11gate-config.5")}
        generic = {"...", "... line ... column ..."}  # of texts that were made elsewhere, and are looked for there
        missing = {text: where for text, where in puts.items() if text not in generic and not self.is_told(text, told)}
        self.assertNoneMissing("p11gate-config.5", missing)

    def test_every_text_behind_expected_is_in_p11gate_config_5(self):
        _, expected = messages.of(ROOT / "config")
        self.assertGreater(len(expected), 30)
        told = {text.removeprefix("expected ") for text in bold("p11gate-config.5")}
        whole = " ".join(told)
        missing = {text: where for text, where in expected.items() if text not in ("", "...") and text not in told and text not in whole}
        self.assertNoneMissing("p11gate-config.5", missing)

    def test_every_message_in_p11gate_config_5_is_one(self):
        sources = {text for text in self.puts() if len(text) > 20}
        section = PAGES["p11gate-config.5"].split("# MESSAGES")[1]
        rows_ = re.findall(r"(?m)^\*((?:\\\*|[^*\n])+)\*(?:\+\+)?$", section.replace("\\\\", "\0"))
        told = [re.sub(r"\\(.)", r"\1", text).replace("\0", "\\") for text in rows_]
        self.assertGreater(len(told), 50)
        unknown = [text for text in told if text.startswith("found") and not any(self.is_told(one, {text}) for one in sources)]
        self.assertEqual([], unknown)

    def test_every_message_of_the_module_is_in_p11gate_7(self):
        logged = messages.logged(ROOT / "module")
        self.assertGreater(len(logged), 10)
        told = {re.sub(r"\s+", " ", text) for text in bold("p11gate.7")}
        self.assertNoneMissing("p11gate.7", {text: where for text, where in logged.items() if text not in (*told, "...")})
        section = PAGES["p11gate.7"].split("# MESSAGES")[1].split("\n# ")[0]
        lines = [re.sub(r"\\(.)", r"\1", text) for text in re.findall(r"(?m)^\*(.+)\*(?:\+\+)?$", section)]
        self.assertEqual([], sorted(set(lines) - set(logged)))

    def test_every_message_of_the_command_is_in_p11gate_1(self):
        printed = messages.printed(ROOT / "tool") | messages.answered(ROOT)
        self.assertGreater(len(printed), 8)
        told = [re.sub(r"\s+", " ", text) for text in bold("p11gate.1")]
        fits = {text: re.compile(re.escape(text).replace(r"\.\.\.", ".*")) for text in printed}
        missing = {text: where for text, where in printed.items() if not any(fits[text].fullmatch(one) for one in told)}
        self.assertNoneMissing("p11gate.1", missing)
        section = PAGES["p11gate.1"].split("# MESSAGES")[1].split("\n# ")[0]
        lines = re.findall(r"(?m)^\*(?!token )(.+)\*(?:\+\+)?$", section)  # of which each is written in parts
        self.assertEqual([], [line for line in lines if not any(one.fullmatch(line) for one in fits.values())])

    @staticmethod
    def puts():
        """Of the reader and of p11gate check."""
        return messages.of(ROOT / "config")[0] | messages.of(ROOT / "tool")[0]

    @staticmethod
    def is_told(text, told):
        """A suggestion, a place or the rest of a text that is made of several may follow."""
        core = re.sub(r"(\.\.\.)+$", "", text).strip()
        return any(one.startswith(core) for one in told)

    def test_the_pages_name_each_other(self):
        for name, text in PAGES.items():
            page, section = name.rsplit(".", 1)
            self.assertTrue(text.startswith(f"{page}({section})\n"), name)
            for other in PAGES:
                if other != name:
                    page, section = other.rsplit(".", 1)
                    self.assertIn(f"*{page}*({section})", text, name)

    def test_they_are_pages(self):
        for name in PAGES:
            text = self.sandbox.run("scdoc", stdin=PAGES[name])
            self.assertEqual((0, ""), (text.rc, text.stderr), name)
            self.assertIn(".SH SEE ALSO", text.stdout)


if __name__ == "__main__":
    main()
