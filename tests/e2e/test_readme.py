#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""README.md is true: its commands run one after the other, on a copy of the project, and do what it says.

Blocks marked sh are run, yaml and sshconfig are used, text is not run. Each command is in STEPS, with what it must do.
"""

import pathlib
import re
import shutil

from harness import Case, main, pages, programs
from harness.daemon import Daemon
from harness.ssh import bare
from harness.token import fingerprint

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
PREFIX = "/usr/local"

# Stand-ins for programs that must not touch the machine: found before the real ones.
STAND_INS = {
    "sudo": 'exec "$@"\n',
    "apt-get": 'shift 2\nexec dpkg-query -W "$@"\n',  # they are installed: check has seen to it
    "meson": 'verb=$1\nshift\n[ "$verb" = setup ] && set -- "$@" --prefix "$PREFIX"\nexec {program} "$verb" "$@"\n',
    "ssh": pages.SSH,
}


def blocks(language):
    """The texts of README's blocks of a language."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", README)


def commands():
    """The commands of all sh blocks, without comments, in order."""
    lines = "".join(blocks("sh")).splitlines()
    return [command for line in lines if (command := re.sub(r"(^|\s)#.*", "", line).strip())]


class Readme(Case):
    def setUp(self):
        super().setUp()
        self.project = self.sandbox.folder / "project"
        shutil.copytree(ROOT, self.project, ignore=shutil.ignore_patterns("build*", ".git", "__pycache__"))
        self.prefix = self.sandbox.folder / "prefix"
        self.card = self.token("eight")
        self.host = self.server()
        self.live = self.agent()
        self.sandbox.environment |= self.askpass().environment
        self.sandbox.environment |= {"PREFIX": str(self.prefix), "SSH_AUTH_SOCK": self.live.socket}
        self.sandbox.environment["PCSCLITE_CSOCK_NAME"] = "/nonexistent"  # a card in this machine's reader is not for us
        del self.sandbox.environment["P11GATE_CONFIG"]
        pages.make_stand_ins(self.sandbox, STAND_INS, self.prefix / "bin")
        self.write_ssh_config()

    def write_ssh_config(self):
        pages.write_ssh_config(self.sandbox, self.host, self.here("".join(blocks("sshconfig"))))

    def here(self, text):
        """README's places are the sandbox's."""
        return text.replace(PREFIX, str(self.prefix))

    def run_in_project(self, command, name):
        if name == "p11gate unlock":
            self.enter_the_daemon()
        words = ["sh", "-c", f'cd "{self.project}" && {self.here(command)}']
        return self.sandbox.run(*words, stdin=self.ANSWERS.get(name, ""), timeout=900)

    # What the commands must do.

    def is_installed(self, result):
        self.assertEqual([self.here(self.MODULE)], [str(path) for path in self.prefix.rglob("p11gate.so")])

    def has_chosen(self, result):
        self.chosen = re.search(r"(?m)^ +2 .*(SHA256:\S+)", result.stdout)[1]
        config = self.sandbox.config.read_text()
        self.assertIn(self.chosen, config)
        self.assertIn(f"PKCS11Provider {self.here(self.MODULE)}", result.stdout)

    def shows_one_key(self, result):
        self.assertIn(self.chosen, result.stdout)
        self.assertEqual(1, result.stdout.count("SHA256:"), str(result))

    def shows_all_keys(self, result):
        for name in self.card.public_keys():
            self.assertIn(self.card.fingerprint(name), result.stdout)

    def prints_one_key(self, result):
        self.assertEqual([self.chosen], [fingerprint(line) for line in result.stdout.splitlines()])
        self.host.authorize(result.stdout.strip())

    def logs_in(self, result):
        self.assertIn("LOGIN-OK", result.stdout)
        self.assertEqual(([], self.chosen), (self.host.failed, self.host.accepted[-1]), self.host.log)

    def agent_has_one_key(self, result):
        self.assertEqual([self.chosen], [fingerprint(key) for key in self.live.keys()])

    def agent_is_empty(self, result):
        self.assertEqual([], self.live.keys())

    def enter_the_daemon(self):
        """What README says about the configuration, and `p11gate serve`."""
        socket = self.sandbox.folder / "served" / "socket"
        self.alone = self.sandbox.config.read_text()
        self.sandbox.configure(self.alone + f"daemon: {{use: require, socket: {socket}}}\n")
        self.daemon = Daemon(self.sandbox, str(socket), program=self.prefix / "bin" / "p11gate")

    def is_unlocked(self, result):
        self.assertRegex(result.stdout, r'^unlocked: token "eight", ')

    def leaves_the_daemon(self, result):
        self.assertEqual(1, self.daemon.status("--quiet").rc)
        self.daemon.close()
        self.sandbox.configure(self.alone)

    def is_gone(self, result):
        self.assertEqual([], [path for path in self.prefix.rglob("*") if not path.is_dir()])
        self.assertFalse(self.sandbox.config.parent.exists())

    def is_what_the_scripts_install(self, result):
        packages = next(line for line in (ROOT / "tests/ci/packages.sh").read_text().splitlines() if "build_pack" in line)
        self.assertIn(packages.split('"')[1], README)

    def demonstrates(self, result):
        for line in ("keys offered   3 of 8", "logged in"):
            self.assertIn(line, result.stdout)

    def says_that_it_is_right(self, result):
        self.assertIn("no mistake, but there are warnings: 1 allow", result.stdout)  # of ssh-agent, for the prefix

    def does_what_it_must(self, result):
        self.assertTrue(result.ok)

    MODULE = f"{PREFIX}/lib/pkcs11/p11gate.so"
    STEPS = {
        "./try": "demonstrates",
        "sudo apt-get install": "is_what_the_scripts_install",
        "meson setup build": "does_what_it_must",
        "meson compile -C build": "does_what_it_must",
        "sudo meson install -C build": "is_installed",
        "p11gate init": "has_chosen",
        "p11gate check": "says_that_it_is_right",
        "p11gate list": "shows_one_key",
        "p11gate keys": "prints_one_key",
        "ssh myserver": "logs_in",
        f"ssh-add -s {MODULE}": "agent_has_one_key",
        "ssh-add -l": "shows_one_key",
        f"ssh-add -e {MODULE}": "agent_is_empty",
        "p11gate unlock": "does_what_it_must",
        "ssh -o BatchMode=yes myserver": "logs_in",
        "p11gate status": "is_unlocked",
        "p11gate lock": "leaves_the_daemon",
        "p11gate explain": "shows_all_keys",
        "rm -r ~/.config/p11gate": "does_what_it_must",
        "sudo ninja -C build uninstall": "is_gone",
    }
    ANSWERS = {"p11gate init": "2\n"}

    def test_every_command_does_what_it_says(self):
        steps = {name: getattr(self, step) for name, step in self.STEPS.items()}
        pages.run_all(self, commands(), steps, self.run_in_project)


class Configurations(Case):
    def test_the_configuration_is_one(self):
        for text in blocks("yaml"):
            path = self.sandbox.configure(text)
            result = self.sandbox.run(programs.TOOL, "check", path)
            self.assertTrue(result.ok, str(result))

    def test_the_configuration_shows_the_key_that_it_names(self):
        token = self.token("eight")
        (text,) = blocks("yaml")
        text = re.sub(r"(?m)^module: \S+", f"module: {programs.VENDOR}", text)
        self.sandbox.configure(re.sub(r"SHA256:[^\"]+", token.fingerprint("user1"), text))
        keys, result = self.listing(programs.MODULE)
        self.assertEqual([bare(token.public_key("user1"))], keys, str(result))

    def test_the_example_configuration_is_one(self):
        path = self.sandbox.configure((ROOT / "config/example.yaml").read_text())
        result = self.sandbox.run(programs.TOOL, "check", path)
        self.assertTrue(result.ok, str(result))


class Pages(Case):
    def test_every_link_leads_to_a_file(self):
        for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
            for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
                self.assertTrue((page.parent / link).exists(), f"{page.name}: {link}")

    def test_every_message_of_p11gate_is_one(self):
        sources = "".join(path.read_text() for folder in ("common", "config", "module") for path in (ROOT / folder).glob("*.c"))
        sources = re.sub(r'"\s*"', "", sources).replace("`", "")
        messages = re.findall(r"(?m)^\| `([^`]+)` \|", README)
        self.assertGreater(len(messages), 3)
        for message in messages:
            words = max(re.split(r"\d+|\.\.\.|FILE|LIBRARY|[:,]", message), key=len).strip()
            self.assertIn(words, sources, message)


if __name__ == "__main__":
    main()
