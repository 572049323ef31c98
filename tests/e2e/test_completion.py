#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What bash, zsh and fish complete behind p11gate."""

import os
import pathlib
import shlex

from harness import main, programs, rows
from harness.terminal import Terminal
from harness.tool import Tool
from harness.wait import wait_for

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "tool"
# What bash does at the Tab key, with the words before the cursor.
BASH = """
source {script}
words=({words})
COMP_WORDS=("${{words[@]}}") COMP_CWORD=$((${{#words[@]}} - 1))
"$(complete -p p11gate | sed 's/.*-F \\([^ ]*\\) .*/\\1/')" {tool}
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
# The Tab key completes as ever, and writes down what there is to choose from. The options left out are for compadd's other uses.
ZSH = """
PROMPT= fpath=({folder} $fpath)
autoload -Uz compinit
compinit -D -u
compadd()
{{
    local -a fitting
    [[ " $* " == *' -'[OAD]' '* ]] || {{ builtin compadd -A fitting "$@"; print -rl -- $fitting >>{found}; }}
    builtin compadd "$@"
}}
complete_and_tell() {{ _main_complete; print ended >>{found}; }}
zle -C complete-and-tell complete-word complete_and_tell
bindkey '^I' complete-and-tell
print ready
"""


class Completion(Tool):
    def setUp(self):
        super().setUp()
        self.sandbox.environment["PATH"] = f"{os.path.dirname(programs.TOOL)}:{self.sandbox.environment['PATH']}"
        (self.sandbox.home / ".ssh").mkdir()
        self.sandbox.write("home/.ssh/known_hosts", "workstation ssh-ed25519 AAAA\n")
        self.sandbox.environment["HOSTFILE"] = str(self.sandbox.write("hosts", "192.0.2.1 workstation\n"))  # bash's

    @rows(
        {"words": [""], "found": ["init", "list", "explain", "eval", "check", "diff", "doctor", "keys", "serve", "unlock", "lock", "status", "refresh", "help"]},
        {"words": ["ex"], "found": ["explain"]},
        {"words": ["e"], "found": ["eval", "explain"]},
        {"words": ["help", "k"], "found": ["keys"]},
        {"words": ["zz"], "found": []},
        {"words": ["list", "-"], "found": ["--all", "--json", "--login"]},
        {"words": ["init", "--mod"], "found": ["--module"]},
        {"words": ["explain", "user", "--l"], "found": ["--login"]},
        {"words": ["check", "-"], "found": ["--system"]},
        {"words": ["doctor", "-"], "found": ["--json"]},
        {"words": ["doctor", "workst"], "found": ["workstation"]},
        {"words": ["doctor", "mine."], "found": []},
        {"words": ["eval", "--"], "found": ["--certificate", "--json", "--policy", "--system", "--user"]},
        {"words": ["eval", "--certificate", "mi"], "found": ["mine.yaml"]},
        {"words": ["eval", "--user", "daemo"], "found": ["daemon"]},
        {"words": ["surprise", "-"], "found": []},
        {"words": ["init", "--key", ""], "found": []},
        {"words": ["check", "mine."], "found": ["mine.yaml"]},
        {"words": ["init", "--module", "mi"], "found": ["mine.yaml"]},
        {"words": ["diff", "mine.yaml", "oth"], "found": ["other.yaml"]},
    )
    def test_the_words_that_fit(self, words, found):
        self.sandbox.write("mine.yaml", "")
        self.sandbox.write("other.yaml", "")
        self.assertEqual(sorted(found), sorted(self.complete(*words)))

    def test_what_is_completed_is_what_help_names(self):
        named = [line.split()[0] for line in self.tool("help").stdout.splitlines() if line.startswith("  ")]
        self.assertEqual(sorted(named), sorted(self.complete("")))


class Bash(Completion):
    def complete(self, *words):
        quoted = " ".join(shlex.quote(word) for word in ("p11gate", *words))
        text = BASH.format(script=shlex.quote(str(SCRIPTS / "completion.bash")), words=quoted, tool=shlex.quote(programs.TOOL))
        result = self.sandbox.run("bash", "--norc", "-c", text)
        self.assertEqual((0, ""), (result.rc, result.stderr), str(result))
        return result.stdout.split()


class Zsh(Completion):
    def complete(self, *words):
        folder, found = self.sandbox.folder / "functions", self.sandbox.folder / "found"
        folder.mkdir()
        (folder / "_p11gate").symlink_to(SCRIPTS / "completion.zsh")
        setup = self.sandbox.write("setup.zsh", ZSH.format(folder=folder, found=found))
        self.shell = Terminal(self.sandbox, "zsh", "-f", "-i", environment={"TERM": "dumb"})
        self.shell.type(f"source {setup}\n")
        self.shell.expect("\nready")
        self.shell.type(" ".join(("p11gate", *words)) + "\t")
        wait_for(lambda: found.exists() and found.read_text().endswith("ended\n"), "zsh to complete")
        self.shell.type("\x15exit\n")  # Ctrl-U: without the line
        self.shell.close()
        return found.read_text().split()[:-1]

    def test_what_the_help_says_of_them_is_told(self):
        self.complete("init", "--")
        for text in ("--key     -- choose this key (SHA256:...) without asking;", "--module  -- the vendor's library;"):
            self.assertIn(text, self.shell.text)


class Fish(Completion):
    def lines(self, *words):
        text = f"source {SCRIPTS / 'completion.fish'}; complete -C $argv[1]"
        result = self.sandbox.run("fish", "--no-config", "-c", text, "--", " ".join(("p11gate", *words)))
        self.assertEqual((0, ""), (result.rc, result.stderr), str(result))
        return result.stdout.splitlines()

    def complete(self, *words):
        return [line.split("\t")[0] for line in self.lines(*words)]

    def test_what_the_help_says_of_them_is_told(self):
        self.assertIn("--json\tfor programs: one array of objects", self.lines("list", "--"))
        self.assertIn("--module\tthe vendor's library; without it, the first known one that has a token", self.lines("init", "--"))


del Completion

if __name__ == "__main__":
    main()
