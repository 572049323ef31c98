# SPDX-License-Identifier: BSD-2-Clause
"""An askpass program that answers from a list or by what the prompt names, and writes down what it was asked."""

import shlex

_SCRIPT = """#!/bin/sh
printf '%s\\n' "$1" | tr '\\n' ' ' >> {log}
echo >> {log}
number=$(wc -l < {log})
{body}
"""


class Askpass:
    """ANSWERS: a list (one for each prompt, the last again and again; empty: cancel each), or a dict from what the
    prompt contains to the answer. One PIN as text is a list of one."""

    def __init__(self, sandbox, answers):
        name = sandbox.name("askpass")
        self._log = sandbox.folder / f"{name}.log"
        self._log.touch()
        answers = [answers] if isinstance(answers, str) else answers
        body = self._by_prompt(answers) if isinstance(answers, dict) else self._by_number(answers)
        script = sandbox.write(name, _SCRIPT.format(log=shlex.quote(str(self._log)), body=body), 0o700)
        self.environment = {"SSH_ASKPASS": str(script), "SSH_ASKPASS_REQUIRE": "force"}

    @property
    def prompts(self):
        """What was asked so far."""
        return [line.strip() for line in self._log.read_text().splitlines()]

    @staticmethod
    def _by_number(answers):
        if not answers:
            return "exit 1"
        cases = [f"{i}) echo {shlex.quote(answer)};;" for i, answer in enumerate(answers[:-1], 1)]
        return "case $number in\n{}\n*) echo {};;\nesac".format("\n".join(cases), shlex.quote(answers[-1]))

    @staticmethod
    def _by_prompt(answers):
        cases = [f"*{shlex.quote(text)}*) echo {shlex.quote(answer)};;" for text, answer in answers.items()]
        return 'case "$1" in\n{}\n*) exit 1;;\nesac'.format("\n".join(cases))
