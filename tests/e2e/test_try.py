#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""./try, run as a user runs it, on a copy of the project; and what ./check says where it cannot begin."""

import pathlib
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/try"))

import demonstration  # noqa: E402
from harness import Case, main, rows  # noqa: E402
from harness.ssh import Login  # noqa: E402

REFUSED = "debug1: Offering public key: a RSA SHA256:x\nReceived disconnect from ::1 port 1:2: Too many authentication failures\n"
MISSING = "#!/bin/sh\nexit 1\n"
PLAIN_USER = '#!/bin/sh\n[ "$1" = -u ] && echo 1000\n'


class Try(Case):
    def setUp(self):
        super().setUp()
        self.project = self.sandbox.folder / "project"
        self.scratch = self.sandbox.folder / "tmp"
        self.scratch.mkdir()
        shutil.copytree(ROOT, self.project, ignore=shutil.ignore_patterns("build*", ".git", "__pycache__"))
        self.sandbox.environment |= {"TMPDIR": str(self.scratch), "SSH_AUTH_SOCK": str(self.sandbox.folder / "none")}
        if "CCACHE_DIR" not in self.sandbox.environment:
            self.sandbox.environment["CCACHE_DISABLE"] = "1"  # meson takes it where it is installed, and it writes into the home

    def stand_in(self, program, text):
        """A program that is found before the real one."""
        folder = self.sandbox.folder / "bin"
        folder.mkdir(exist_ok=True)
        self.sandbox.write(f"bin/{program}", text, 0o700)
        path = self.sandbox.environment["PATH"]
        if str(folder) not in path:
            self.sandbox.environment["PATH"] = f"{folder}:{path}"

    def attempt(self, script="try"):
        return self.sandbox.run(self.project / script, timeout=240)

    def running(self):
        """The command lines of processes that have to do with this sandbox."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(self.sandbox.folder) in line:
                found.append(line)
        return found

    def contents(self, folder):
        return sorted(str(path) for path in folder.rglob("*"))

    def test_it_shows_ssh_failing_alone_and_logging_in_with_p11gate(self):
        home = self.contents(self.sandbox.home)
        result = self.attempt()
        self.assertTrue(result.ok, str(result))
        self.assertEqual("", result.stderr)
        rows = {line[:17].strip(): line[17:].split("  ") for line in result.stdout.splitlines()}
        rows = {name: [cell.strip() for cell in cells if cell.strip()] for name, cells in rows.items()}
        self.assertEqual(["3 of 8", "1"], rows["keys offered"], result.stdout)
        self.assertEqual(["0", "1"], rows["PIN prompts"], result.stdout)
        self.assertEqual(["46", "18"], rows["vendor calls"], result.stdout)
        self.assertEqual([demonstration.TOO_MANY, "logged in"], rows["result"], result.stdout)
        self.assertIn("PKCS11Provider /", result.stdout)
        self.assertNotIn("\033", result.stdout)
        self.assertLess(max(len(line) for line in result.stdout.splitlines()), 100)
        self.assertEqual(([], []), (self.contents(self.scratch), self.running()))
        self.assertEqual(home, self.contents(self.sandbox.home))
        self.assertTrue((self.project / "build-try").is_dir())

    @rows({"script": "try", "last": "openssh-server"}, {"script": "check", "last": "openssh-server.* clang .*valgrind"})
    def test_a_plain_user_is_told_what_to_install(self, script, last):
        self.stand_in("dpkg-query", MISSING)
        self.stand_in("id", PLAIN_USER)
        result = self.attempt(script)
        self.assertEqual((2, ""), (result.rc, result.stdout), str(result))
        lines = result.stderr.splitlines()
        self.assertEqual(1, len(lines), str(result))
        self.assertRegex(lines[0], f"sudo apt-get install .*softhsm2.* {last}")
        self.assertEqual([], list(self.project.glob("build-*")))

    def test_a_build_that_fails_says_why(self):
        (self.project / "module" / "entry.c").write_text("#error this does not compile\n")
        result = self.attempt()
        self.assertEqual(2, result.rc, str(result))
        self.assertIn("this does not compile", result.stdout)
        self.assertEqual([], self.contents(self.scratch))

    def test_what_cannot_be_shown_is_said_and_leaves_nothing_behind(self):
        (self.project / "softhsm-fixtures/tokens/eight.token").write_text("tocken\n")
        result = self.attempt()
        self.assertEqual(2, result.rc, str(result))
        self.assertIn("it could not be shown: make-token", result.stderr)
        self.assertEqual(([], []), (self.contents(self.scratch), self.running()))


class Verdict(Case):
    def login(self, how):
        output = {"refused": REFUSED, "unreachable": "Connection refused"}.get(how, "")
        return demonstration.Run(Login(how == "in", 0 if how == "in" else 255, [], [], 1.0, output), 1)

    @rows(
        {"alone": "refused", "gated": "in", "convincing": True},
        {"alone": "in", "gated": "in", "convincing": False},
        {"alone": "unreachable", "gated": "in", "convincing": False},
        {"alone": "refused", "gated": "refused", "convincing": False},
    )
    def test_the_exit_status_is_0_only_if_both_went_as_described(self, alone, gated, convincing):
        runs = self.login(alone), self.login(gated)
        self.assertEqual(convincing, demonstration.is_convincing(*runs))

    def test_a_transcript_has_what_ssh_did(self):
        self.assertEqual(["Offering public key: a RSA", demonstration.TOO_MANY], self.login("refused").transcript)


if __name__ == "__main__":
    main()
