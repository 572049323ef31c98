#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What bash, zsh and fish complete behind p11gate."""

import pathlib
import shlex

from harness import main, programs, rows
from harness.tool import Tool

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "tool"
SCRIPT = FOLDER / "completion.bash"
# What bash does at the Tab key, with the words before the cursor.
TAB = """
source {script}
words=({words})
COMP_WORDS=("${{words[@]}}") COMP_CWORD=$((${{#words[@]}} - 1))
"$(complete -p p11gate | sed 's/.*-F \\([^ ]*\\) .*/\\1/')" {tool}
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


# zsh's own part is stood in for: it takes words only from a terminal. What is given to it is what is printed.
ZSH = """
_describe() {{ print -l -- ${{${{(P)2}}%%:*}} }}
compadd() {{ print -l -- ${{(P)2}} }}
_files() {{ print -l *(N) }}
complete() {{ local words=({words}) CURRENT={current} PREFIX={last}; {script} }}
complete | grep -e ^{last} || true
"""
FISH = "source {script}; complete -C {line}"


class Completion(Tool):
    def complete(self, *words):
        quoted = " ".join(shlex.quote(word) for word in ("p11gate", *words))
        text = TAB.format(script=shlex.quote(str(SCRIPT)), words=quoted, tool=shlex.quote(programs.TOOL))
        result = self.sandbox.run("bash", "--norc", "-c", text)
        self.assertEqual((0, ""), (result.rc, result.stderr), str(result))
        return result.stdout.split()

    @rows(
        {"words": [""], "found": ["init", "list", "explain", "check", "diff", "keys", "help"]},
        {"words": ["e"], "found": ["explain"]},
        {"words": ["help", "k"], "found": ["keys"]},
        {"words": ["x"], "found": []},
        {"words": ["list", "-"], "found": ["--all", "--json", "--login"]},
        {"words": ["init", "--mod"], "found": ["--module"]},
        {"words": ["explain", "user", "--l"], "found": ["--login"]},
        {"words": ["check", "-"], "found": ["--system"]},
        {"words": ["surprise", "-"], "found": []},
        {"words": ["init", "--key", ""], "found": []},
        {"words": ["check", "mine."], "found": ["mine.yaml"]},
        {"words": ["init", "--module", "mi"], "found": ["mine.yaml"]},
        {"words": ["diff", "mine.yaml", "oth"], "found": ["other.yaml"]},
    )
    def test_the_words_that_fit(self, words, found):
        self.sandbox.write("mine.yaml", "")
        self.sandbox.write("other.yaml", "")
        self.assertEqual(found, self.complete(*words))

    @rows(*[{"shell": shell, **row} for shell in ("zsh", "fish") for row in (
        {"words": [""], "found": ["check", "diff", "explain", "help", "init", "keys", "list"]},
        {"words": ["e"], "found": ["explain"]},
        {"words": ["help", "k"], "found": ["keys"]},
        {"words": ["list", "-"], "found": ["--all", "--json", "--login"]},
        {"words": ["init", "--mod"], "found": ["--module"]},
        {"words": ["explain", "user", "--l"], "found": ["--login"]},
        {"words": ["surprise", "-"], "found": []},
        {"words": ["init", "--key", ""], "found": []},
        {"words": ["check", "mine."], "found": ["mine.yaml"]},
        {"words": ["diff", "mine.yaml", "oth"], "found": ["other.yaml"]},
    )])
    def test_the_words_that_fit_in_other_shells(self, shell, words, found):
        folder = self.sandbox.folder / "here"
        folder.mkdir()
        for name in ("mine.yaml", "other.yaml"):
            (folder / name).touch()
        (folder / "p11gate").symlink_to(programs.TOOL)
        if shell == "fish":
            line = shlex.quote(" ".join(("p11gate", *words)))
            text = FISH.format(script=shlex.quote(str(FOLDER / "completion.fish")), line=line)
        else:
            quoted = " ".join(shlex.quote(word) for word in ("p11gate", *words))
            script = (FOLDER / "completion.zsh").read_text()
            text = ZSH.format(script=script, words=quoted, current=len(words) + 1, last=shlex.quote(words[-1]))
        no_start_files = {"zsh": "-f", "fish": "--no-config"}[shell]
        command = f'cd "{folder}" && PATH="{folder}:$PATH" exec {shell} {no_start_files} -c "$0"'
        result = self.sandbox.run("sh", "-c", command, text)
        self.assertEqual((0, ""), (result.rc, result.stderr), str(result))
        self.assertEqual(found, sorted(line.split("\t")[0] for line in result.stdout.splitlines()))

    def test_what_is_completed_is_what_help_names(self):
        named = [line.split()[0] for line in self.tool("help").stdout.splitlines() if line.startswith("  ")]
        self.assertEqual(named, self.complete(""))


if __name__ == "__main__":
    main()
