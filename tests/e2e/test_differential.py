#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Random sequences of calls, right and wrong ones (tests/differential), answer through `preset: transparent` what they answer without p11gate, call by call.

$DIFFERENTIAL_CALLS says how many in all, $DIFFERENTIAL_SEED with which sequence they begin.
"""

import concurrent.futures
import itertools
import os
import random
import re
import shutil

from harness import Case, comment, main, programs, rows

CALLS = int(os.environ.get("DIFFERENTIAL_CALLS", "10000"))
SEED = int(os.environ.get("DIFFERENTIAL_SEED", random.SystemRandom().randrange(1 << 40)))
# What p11gate itself refuses with, where there are rules: session, mechanism and handles are looked at before the library looks for faults.
REFUSED = re.compile(r"(?!C_UnwrapKey 60)\w+ (b3|70|60|82)|C_WrapKey 113|C_UnwrapKey f0")
# SoftHSM lists objects that were deleted after C_FindObjectsInit; p11gate, which looks at each, does not. The count is in the line as well.
DELETED = re.compile(r"(?<=C_FindObjects 0) 8:\w+|\[\.+\] ?")
LENGTH = 2000  # of a sequence: then the token is a new one


class Differential(Case):
    def answers(self, library, seed, token):
        """The lines of a sequence on a copy of the token, at the same path each time: it is part of what SoftHSM logs, and no more."""
        folder = self.sandbox.folder / f"{seed}-{os.path.basename(library)}"
        shutil.copytree(token.folder, folder)
        text = (folder / "softhsm2.conf").read_text().replace(str(token.folder), str(folder))
        (folder / "softhsm2.conf").write_text(text)
        result = self.sandbox.run(programs.SEQUENCE, library, str(seed), str(LENGTH), environment={"SOFTHSM2_CONF": str(folder / "softhsm2.conf")}, timeout=300)
        shutil.rmtree(folder)
        return [*result.stdout.splitlines(), f"exit code {result.rc}"]

    def alike(self, direct, through):
        """Of several faults p11gate may tell another one than the library does (docs/transparent.md); what is right is answered alike."""
        if self.rules and direct and through and REFUSED.fullmatch(through):
            words = direct.split()
            return words[0] == through.split()[0] and words[1] != "0"
        if self.rules and direct and through:
            direct, through = (DELETED.sub("", line).rstrip() for line in (direct, through))
        return direct == through

    def compare(self, seed):
        """The number of calls, and the first that differs."""
        direct, through = (self.answers(library, seed, self.made) for library in (programs.VENDOR, programs.MODULE))
        for number, (one, other) in enumerate(itertools.zip_longest(direct, through)):
            if self.rules and other == "C_InitToken 54":
                return number, None  # refused, as what is hidden would go with the rest
            if not self.alike(one, other):
                before = "\n".join(direct[max(0, number - 12) : number])
                return number, f"{self.rules} seed {seed}, call {number}, after\n{before}\ndirect:  {one}\nthrough: {other}"
        return len(direct) - 1, None

    @rows({"deny": []}, {"deny": [{"label": "a label that no key has"}]})
    def test_calls_answer_alike(self, deny):
        """With a rule each argument is looked at, though it hides nothing."""
        self.made = self.token("all-usage")
        self.rules = bool(deny)
        self.gate("all", preset="transparent", deny=deny)
        seeds = range(SEED, SEED + max(1, CALLS // LENGTH))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(self.compare, seeds))
        comment(f"{sum(number for number, _ in results)} calls from seed {SEED}")
        differing = [difference for _, difference in results if difference]
        self.assertEqual([], differing[:3], "\n\n".join(differing[:3]))


if __name__ == "__main__":
    main()
