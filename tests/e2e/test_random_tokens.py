#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""200 random tokens under random policies: p11gate shows what the oracle says, before and after login.

RANDOM_TOKENS_SEED and RANDOM_TOKENS_COUNT repeat or lengthen a run.
"""

import json
import os
import random

from harness import Case, comment, main, oracle, rows
from harness.ssh import bare

COUNT = int(os.environ.get("RANDOM_TOKENS_COUNT", "200"))
SEED = int(os.environ.get("RANDOM_TOKENS_SEED", random.SystemRandom().randrange(10**6)))
GROUPS = 10
TYPES = {"rsa": "rsa:2048", "ec": "ec:P-256"}
IDS = ["01", "02", "03", "0a0b", ""]
LABELS = ["alpha", "beta", ""]
# The keys come out of this pool, so that few RSA keys are made.
POOL = [f"{kind}{n}" for kind in TYPES for n in range(4)]


def kind_of(key):
    return key.rstrip("0123456789")


def random_things(dice):
    """Three keys, of each the private key, and perhaps the public key; five certificates; ids and labels at random."""
    keys = dice.sample(POOL, 3)
    things = []
    for key in keys:
        name = {"id": dice.choice(IDS), "label": dice.choice(LABELS)}
        if dice.random() < 0.85:
            things.append(oracle.Thing("private", key, **name, visible=False, signs=dice.random() < 0.9))
        if dice.random() < 0.5:
            other = name if dice.random() < 0.6 else {"id": dice.choice(IDS), "label": dice.choice(LABELS)}
            things.append(
                oracle.Thing("public", key, **other, visible=dice.random() < 0.85, signs=dice.random() < 0.9)
            )
    for _ in range(5):
        things.append(
            oracle.Thing(
                "certificate",
                dice.choice(keys),
                dice.choice(IDS),
                dice.choice(LABELS),
                visible=dice.random() < 0.9,
                ca=dice.random() < 0.2,
            )
        )
    return things


def description(things):
    """The token as make-token reads it."""
    lines = ["token label=random"]
    lines += [f"key {key} {TYPES[kind_of(key)]}" for key in sorted({thing.key for thing in things})]
    for number, thing in enumerate(things):
        words = [thing.kind, thing.key, f"id={thing.id or 'empty'}", f"label={thing.label or 'empty'}"]
        if thing.kind == "certificate":
            words += [f"subject=/CN={number}", f"name={number}"]
            words += ["ca=true", "key_usage=digitalSignature,keyCertSign"] if thing.ca else []
        else:
            words.append(f"CKA_{'SIGN' if thing.kind == 'private' else 'VERIFY'}={str(thing.signs).lower()}")
        if thing.kind != "private":
            words.append(f"CKA_PRIVATE={str(not thing.visible).lower()}")
        lines.append(" ".join(words))
    return "\n".join(lines) + "\n"


def random_selectors(dice, fingerprints):
    name = dice.choice(["id", "label", "fingerprint", "key"])
    value = {
        "id": dice.choice(IDS[:-1]),
        "label": dice.choice(LABELS[:-1]),
        "fingerprint": dice.choice(fingerprints),
        "key": {"type": dice.choice(list(TYPES))},
    }[name]
    return {name: value}


def random_policy(dice, fingerprints):
    """Allow rules, sometimes with a deny or require rule; whether the token is named by all or by none."""
    policy = {"allow": [random_selectors(dice, fingerprints) for _ in range(dice.randint(1, 3))]}
    if dice.random() < 0.2:
        policy["allow"] = "all"
    elif dice.random() < 0.2:
        policy["allow"] = [{"not": rule} for rule in policy["allow"][:1]]
    for name in ("deny", "require"):
        if dice.random() < 0.25:
            policy[name] = [random_selectors(dice, fingerprints)]
    named = policy["allow"] != "all" and dice.random() < 0.5
    if named:
        policy["allow"] = [{"token": {"label": "random"}, **rule} for rule in policy["allow"]]
    return policy, named


class RandomTokens(Case):
    @classmethod
    def setUpClass(cls):
        comment(f"RANDOM_TOKENS_SEED={SEED}")

    @rows(*[{"tenth": n} for n in range(GROUPS)])
    def test_what_is_shown_is_what_the_oracle_says(self, tenth):
        for number in range(tenth, COUNT, GROUPS):
            self.one(number)

    def one(self, number):
        dice = random.Random(f"{SEED}/{number}")
        things = random_things(dice)
        token = self.token(self.sandbox.write(f"random-{number}.token", description(things)))
        keys = {name: (kind_of(name), token.fingerprint(name)) for name in {thing.key for thing in things}}
        policy, named = random_policy(dice, sorted(fingerprint for _, fingerprint in keys.values()))
        names = {bare(line): name for name, line in token.public_keys().items()}
        story = f"RANDOM_TOKENS_SEED={SEED}, token {number}\n{json.dumps(policy)}\n{description(things)}"
        module = self.gate(**policy)
        before = oracle.before_login(things, keys, policy)
        self.check_before(module, before, names, story)
        seen = named or bool(before)
        must, may = oracle.after_login(things, keys, policy) if seen else (set(), set())
        self.check_after(module, must, may, names, story)
        token.close()

    def check_before(self, module, expected, names, story):
        listed, result = self.listing(module)
        shown = [names[key] for key in listed]
        self.assertEqual(sorted(expected), sorted(shown), f"before login: {story}{result}")
        order = [expected[name] for name in shown]
        self.assertEqual(sorted(order), order, f"order: {story}{shown}")

    def check_after(self, module, must, may, names, story):
        agent = self.agent()
        result = agent.add(module, self.askpass())
        shown = {names[key] for key in agent.keys()}
        agent.close()
        self.assertLessEqual(must, shown, f"not shown after login: {story}{result}")
        self.assertLessEqual(shown, may, f"shown after login: {story}{result}")


if __name__ == "__main__":
    main()
