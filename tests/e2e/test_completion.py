#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What bash completes behind p11gate."""

import pathlib
import shlex

from harness import main, programs, rows
from harness.tool import Tool

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "tool/completion.bash"
# What bash does at the Tab key, with the words before the cursor.
TAB = """
source {script}
words=({words})
COMP_WORDS=("${{words[@]}}") COMP_CWORD=$((${{#words[@]}} - 1))
"$(complete -p p11gate | sed 's/.*-F \\([^ ]*\\) .*/\\1/')" {tool}
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


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

    def test_what_is_completed_is_what_help_names(self):
        named = [line.split()[0] for line in self.tool("help").stdout.splitlines() if line.startswith("  ")]
        self.assertEqual(named, self.complete(""))


if __name__ == "__main__":
    main()
