# SPDX-License-Identifier: BSD-2-Clause
"""The page that a run writes: all of its numbers are that run's own."""

import versions

_HEAD = """# Benchmark

Written by `./check bench` from one run, in which all ways to a token were measured beside each other. Nothing here is typed by hand.

- *direct*: the vendor's library alone. *p11gate*: in process, `preset: ssh`, with one key permitted. *p11gate, transparent*: `preset: transparent` without rules. *p11gate, daemon*:
  in process, with `daemon: {{use: require}}` and `p11gate serve`, unlocked.
- *p11-kit-proxy*: with that one library. *pkcs11-spy*: OpenSC's, which writes to /dev/null. *p11-kit server*: with p11-kit-client.so. *IdentityFile*: ssh's own key file.
- Times are ratios within one round, {rounds} rounds: the median, and the quartiles in brackets. Counts and instructions do not depend on the machine's load.
"""


def table(heading, rows):
    lines = [heading, ["---"] * len(heading), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def target_rows(targets):
    return [[target.what, target.goal, target.measured, "reached" if target.reached else "**not reached**"] for target in targets]


def text(sections, rounds):
    targets = [target for section in sections for target in section.targets]
    parts = [_HEAD.format(rounds=rounds), "\n## Targets\n", table(["what", "goal", "measured", ""], target_rows(targets))]
    for section in sections:
        parts += [f"\n## {section.title}\n{section.text}\n"]
        parts += ["\n" + table(heading, rows) for heading, rows in section.tables]
        parts += [f"\n![{section.title}](benchmark-{name}.svg)\n" for name in section.plots]
    parts += ["\n## Versions\n", table(["what", "version"], versions.rows())]
    return "".join(parts)


def write(folder, sections, rounds):
    (folder / "benchmark.md").write_text(text(sections, rounds))
    for section in sections:
        for name, plot in section.plots.items():
            (folder / f"benchmark-{name}.svg").write_text(plot)
