#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Ten thousand keys on SoftHSM, and a thousand rules: what is asked of the token follows what is permitted, and so does the time."""

from harness import Case, comment, main, programs
from harness.ssh import bare

SIZES = (10, 100, 1000, 10000)
RULES = 1000
SPEED = 20  # a listing of one permitted key is so many times faster than direct's of all


class Scale(Case):
    def listed(self, token, module):
        """Seconds that `ssh-keygen -D` takes to list the permitted key alone."""
        keys, result = self.listing(module)
        self.assertEqual([bare(token.public_key("user1"))], keys, str(result))
        return result.seconds

    def test_one_permitted_key_of_ten_thousand_costs_the_calls_and_the_time_of_few(self):
        spy = self.spy()
        counts = {}
        for size in SIZES:
            token = self.token("many", OTHERS=size - 1, TYPE="ec:P-256")
            self.listed(token, self.gate([{"id": "01"}], module=programs.SPY))
            counts[size] = spy.counts
            spy.reset()
            comment(f"{size:5} keys: {counts[size].total()} vendor calls")
        self.assertEqual([counts[10]] * len(SIZES), list(counts.values()))
        through = min(self.listed(token, self.gate([{"id": "01"}])) for _ in range(2))
        direct = self.sandbox.run(programs.SSH_KEYGEN, "-D", programs.VENDOR, timeout=SPEED * through)
        comment(f"{SIZES[-1]} keys: {through:.2f} s; direct is {'done' if direct.ok else 'not done'} after {direct.seconds:.2f} s")
        self.assertIsNone(direct.rc, "direct has listed them all")

    def test_a_thousand_rules_cost_no_more_than_direct_s_listing_of_all(self):
        """The bound leaves room for other work on the machine, which disturbs one run and not the next; a search for each rule takes forty times as long."""
        token = self.token("many", OTHERS=SIZES[2] - 1, TYPE="ec:P-256")
        for kind in ("id", "label"):
            others = [{kind: f"{0xf00000 + number:06x}"} for number in range(1, RULES)]
            module = self.gate([*others, {kind: "01" if kind == "id" else "user 1"}])
            through, direct = [], []
            for _ in range(3):
                through.append(self.listed(token, module))
                direct.append(self.listing(programs.VENDOR)[1].seconds)
            comment(f"{SIZES[2]} keys, {RULES} rules by {kind}: {min(through):.2f} s, direct {min(direct):.2f} s")
            self.assertLess(min(through), 1.5 * min(direct))


if __name__ == "__main__":
    main()
