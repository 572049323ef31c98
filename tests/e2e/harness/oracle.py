# SPDX-License-Identifier: BSD-2-Clause
"""What policy.md sections 3 and 7 say is shown of a token, written a second time and without regard to speed.

Where an EC private key does not tell its public key and ids do not settle it, the text leaves the pairing open: the
answer is then two sets, what must be shown and what may be.
"""

import dataclasses

TRUE, FALSE, UNKNOWN = True, False, None


@dataclasses.dataclass(frozen=True)
class Thing:
    """One object of a token; kind is public, private or certificate."""

    kind: str
    key: str
    id: str
    label: str
    visible: bool = True  # before login
    ca: bool = False
    signs: bool = True  # CKA_SIGN or CKA_VERIFY


@dataclasses.dataclass
class Group:
    key: str
    type: str  # rsa or ec
    fingerprint: str
    members: list


def either(values):
    """Three-valued or."""
    values = list(values)
    return TRUE if TRUE in values else UNKNOWN if UNKNOWN in values else FALSE


def every(values):
    """Three-valued and."""
    values = list(values)
    return FALSE if FALSE in values else UNKNOWN if UNKNOWN in values else TRUE


def matches(rule, group):
    """A rule of the selectors id, label, fingerprint, key type, not and token (which here is always the right one)."""
    return every(_selector(name, value, group) for name, value in rule.items() if name not in ("token", "use"))


def _selector(name, value, group):
    if name == "not":
        verdict = matches(value, group)
        return UNKNOWN if verdict is UNKNOWN else not verdict
    wanted = value if isinstance(value, list) else [value]
    if name == "fingerprint":
        return group.fingerprint in wanted
    if name == "key":
        return group.type == value["type"]
    return either(getattr(member, name) in wanted if getattr(member, name) else UNKNOWN for member in group.members)


def decide(policy, group):
    """The index of the allow rule that shows the group, or None."""
    if any(matches(rule, group) is not FALSE for rule in policy.get("deny", [])):
        return None
    if not all(matches(rule, group) is TRUE for rule in policy.get("require", [])):
        return None
    rules = [{}] if policy["allow"] == "all" else policy["allow"]
    return next((i for i, rule in enumerate(rules) if matches(rule, group) is TRUE), None)


def before_login(things, keys, policy):
    """{key: index of its rule} of what is shown before login. KEYS: {name: (type, fingerprint)}."""
    seen = [thing for thing in things if thing.visible and thing.kind != "private"]
    publics = {thing.key for thing in seen if thing.kind == "public"}
    members = [thing for thing in seen if not thing.ca or thing.key in publics]
    shown = {}
    for group in _by_key(members, keys):
        index = decide(policy, group)
        if index is not None and _presumed_to_sign(group):
            shown[group.key] = index
    return shown


def after_login(things, keys, policy):
    """(must, may): the keys that are shown, and those that may be as well, once the token is logged in."""
    privates = [thing for thing in things if thing.kind == "private"]
    rsa = {thing.key for thing in privates if keys[thing.key][0] == "rsa"}
    carried = rsa | {thing.key for thing in things if thing.kind == "public"}
    publics = [thing for thing in things if thing.kind != "private" and (not thing.ca or thing.key in carried)]
    groups = _by_key(publics + [thing for thing in privates if thing.key in rsa], keys)
    open_groups = [group for group in groups if group.type == "ec"]
    open_privates = [thing for thing in privates if thing.key not in rsa]
    links, certain = _link(open_groups, open_privates)
    must, may = set(), set()
    for group in groups:
        if group.type == "ec" and not certain:
            may.add(group.key)
            continue
        group.members += [private for linked, private in links if linked is group]
        mine = [member for member in group.members if member.kind == "private"]
        if any(member.signs for member in mine) and decide(policy, group) is not None:
            must.add(group.key)
    return must, must | may


def _by_key(members, keys):
    groups = {}
    for member in members:
        kind, fingerprint = keys[member.key]
        groups.setdefault(member.key, Group(member.key, kind, fingerprint, [])).members.append(member)
    return list(groups.values())


def _presumed_to_sign(group):
    """The certificates of the tests say digitalSignature if they are a CA's, else nothing; then CKA_VERIFY counts."""
    publics = [member.signs for member in group.members if member.kind == "public"]
    return all(publics) or any(member.ca for member in group.members)


def _link(groups, privates):
    """Pairs of a group and an EC private key, and whether the ids leave no other way to pair them."""
    claims = [(g, p) for g in groups for p in privates if p.id and p.id in {m.id for m in g.members}]
    certain = all(sum(g is other for other, _ in claims) <= 1 for g in groups)
    certain = certain and all(sum(p is other for _, other in claims) <= 1 for p in privates)
    free_groups = [g for g in groups if all(g is not other for other, _ in claims)]
    free_privates = [p for p in privates if all(p is not other for _, other in claims)]
    if len(free_groups) == 1 and len(free_privates) == 1:
        claims.append((free_groups[0], free_privates[0]))
    return claims, certain
