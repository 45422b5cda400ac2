"""Who gets how much of one item when there is not enough, and the sentence that says why.

Pure and deterministic: the same claims, stock, policy and seed give the same shares, byte for byte, in whatever order
the claims come. Nobody's share depends on a house number: ties go to who was short more often last time, then to a
SHA-256 of the seed and an opaque key.

    stock 10, ordered          equal floor   proportional   first come (in this order)   need first (last one has it)
    A 2, B 8, C 2  (sum 12)    2 6 2         2 6 2 *        2 8 0                        2 6 2
    A 4, B 4, C 4  (sum 12)    3 3 4 *       3 3 4 *        4 4 2                        3 3 4
    A 1, B 1, C 10 (sum 12)    1 1 8         1 1 8          1 1 8                        0 0 10
    (* which of the equals gets the odd unit is decided by memory, then by hash)

Always: the sum of shares ≤ stock, nobody gets more than ordered or less than what is already theirs (`qty_held`), equal
claims differ by at most 1, a share set by hand stays. With enough stock everybody gets everything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from app.core.sentences import N_, Sentence, sentence


@dataclass(frozen=True, slots=True)
class LineDemand:
    """What one order line asks of the item.

    `key` is opaque and stays the same between runs (a public id, never a house number). `sequence` is the rank of
    placing (smaller is earlier), `tier` the need (0 comes first), `times_short` how often the household was short
    lately, `qty_held` what it already has from earlier receipts, `qty_by_hand` the whole share set by a person,
    `qty_back` what it had once and lost on the way (damaged, missing, sent back): that is made good before all else.
    For the sentence only: `qty_in_all` is what was ordered altogether (0: the same as `qty_ordered`), `qty_given_up`
    how much of that an earlier run declared short.
    """

    line_id: int
    key: str
    qty_ordered: int
    sequence: int = 0
    tier: int = 0
    times_short: int = 0
    qty_held: int = 0
    qty_by_hand: int | None = None
    qty_back: int = 0
    qty_in_all: int = 0
    qty_given_up: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.qty_held <= self.qty_ordered:
            raise ValueError("a household holds between nothing and what it ordered")
        if not 0 <= self.qty_back <= self.qty_ordered - self.qty_held:
            raise ValueError("no more is made good than is still to come")
        if self.qty_by_hand is not None and not self.qty_held <= self.qty_by_hand <= self.qty_ordered:
            raise ValueError("a share set by hand lies between what is held and what was ordered")


@dataclass(frozen=True, slots=True)
class Situation:
    """One item at one moment: `qty_stock` is what is free to give now, beyond what claims already hold.

    `policy` is a key of `RULES` (the values of the Policy enum), `policy_name` its Chinese name for the sentence.
    Sentences speak of the whole decision: `qty_served` and `qty_settled` are what lines that claim nothing any more got
    and ordered, so that whoever was served in full by an earlier run still counts.
    """

    item_name: str
    qty_stock: int
    policy: str
    policy_name: str
    seed: str
    qty_served: int = 0
    qty_settled: int = 0

    def __post_init__(self) -> None:
        if self.policy not in RULES:
            raise ValueError(f"no rule is called {self.policy!r}")
        if self.qty_stock < 0:
            raise ValueError("stock cannot be below zero")


@dataclass(frozen=True, slots=True)
class Share:
    """The whole share of a line, `qty_held` included; `qty_new` of it comes from this run. `said`: only when short."""

    line_id: int
    qty: int
    qty_new: int
    qty_short: int
    said: Sentence | None = None


class NotEnoughForHands(ValueError):
    """The shares set by hand add up to more than there is; `said` is for the person who set them."""

    def __init__(self, item_name: str, qty_wanted: int, qty_stock: int) -> None:
        self.said = sentence(
            N_("%(item)s：手工指定的份额还需要%(wanted)s份，库存只有%(stock)s份，请先改小。"),
            item=item_name,
            wanted=qty_wanted,
            stock=qty_stock,
        )
        super().__init__(self.said.zh)


def allocate(claims: Iterable[LineDemand], situation: Situation) -> tuple[Share, ...]:
    """The share of every claim, in order of line id.

    Raises NotEnoughForHands when hand-set shares exceed the stock, ValueError for two claims with one line id.
    """
    ordered = sorted(claims, key=lambda claim: claim.line_id)
    if len({claim.line_id for claim in ordered}) != len(ordered):
        raise ValueError("a line can claim only once")
    by_hand = {claim.line_id: claim.qty_by_hand for claim in ordered if claim.qty_by_hand is not None}
    free = [claim for claim in ordered if claim.qty_by_hand is None]
    needed = sum(by_hand[claim.line_id] - claim.qty_held for claim in ordered if claim.line_id in by_hand)
    if needed > situation.qty_stock:
        raise NotEnoughForHands(situation.item_name, needed, situation.qty_stock)
    # Before the rule: who lost goods on the way was served by it already, and must not be served less for our mishap.
    turn, left = _made_good(_in_turn(free, situation.seed), situation.qty_stock - needed)
    shares = by_hand | RULES[situation.policy](turn, left)
    totals = _Totals(
        qty_available=situation.qty_stock
        + situation.qty_served
        + sum(_total_received(claim, claim.qty_held) for claim in ordered),
        qty_ordered=situation.qty_settled + sum(claim.qty_in_all or claim.qty_ordered for claim in ordered),
    )
    return tuple(_share(claim, shares[claim.line_id], situation, totals) for claim in ordered)


def _in_turn(claims: Sequence[LineDemand], seed: str) -> list[LineDemand]:
    """Who comes first among equals: short more often lately, then by hash."""

    def turn(claim: LineDemand) -> tuple[int, str, int]:
        digest = hashlib.sha256(f"{seed}\x1f{claim.key}".encode()).hexdigest()
        return (-claim.times_short, digest, claim.line_id)

    return sorted(claims, key=turn)


def _made_good(claims: Sequence[LineDemand], stock: int) -> tuple[list[LineDemand], int]:
    """The claims with what is made good already in their hands, and the stock that is left for the rule."""
    after = []
    for claim in claims:
        given = min(claim.qty_back, stock)
        stock -= given
        after.append(replace(claim, qty_held=claim.qty_held + given, qty_back=claim.qty_back - given))
    return after, stock


def _level(claims: Sequence[LineDemand], stock: int) -> dict[int, int]:
    """One each until gone, expressed as a water level: everybody up to the level, the rest by turn.

    Expects claims in turn. The level is found by bisection, so thousands of units cost no more than a few.
    """

    def at(level: int) -> dict[int, int]:
        return {claim.line_id: max(claim.qty_held, min(claim.qty_ordered, level)) for claim in claims}

    available = stock + sum(claim.qty_held for claim in claims)
    low, high = 0, max((claim.qty_ordered for claim in claims), default=0)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if sum(at(middle).values()) <= available else (low, middle - 1)
    shares = at(low)
    odd = available - sum(shares.values())
    above = [claim for claim in claims if claim.qty_ordered > low >= claim.qty_held]
    for claim in above[:odd]:
        shares[claim.line_id] += 1
    return shares


def _in_groups(rank: Callable[[LineDemand], int]) -> Callable[[Sequence[LineDemand], int], dict[int, int]]:
    """Group after group takes what it ordered; the group that breaks the stock shares level."""

    def rule(claims: Sequence[LineDemand], stock: int) -> dict[int, int]:
        shares: dict[int, int] = {}
        groups: dict[int, list[LineDemand]] = {}
        for claim in claims:
            groups.setdefault(rank(claim), []).append(claim)
        for _rank, group in sorted(groups.items()):
            given = _level(group, stock)
            stock -= sum(given[claim.line_id] - claim.qty_held for claim in group)
            shares |= given
        return shares

    return rule


def _proportional(claims: Sequence[LineDemand], stock: int) -> dict[int, int]:
    """Largest remainder on what was ordered; who already holds more than the quota keeps it and leaves the sharing."""
    shares = {claim.line_id: claim.qty_held for claim in claims}
    sharing = list(claims)
    available = stock + sum(claim.qty_held for claim in sharing)
    demand = sum(claim.qty_ordered for claim in sharing)
    if available >= demand:
        return {claim.line_id: claim.qty_ordered for claim in claims}
    while True:
        content = [claim for claim in sharing if claim.qty_held * demand > claim.qty_ordered * available]
        if not content:
            break
        settled = {claim.line_id for claim in content}
        sharing = [claim for claim in sharing if claim.line_id not in settled]
        available -= sum(claim.qty_held for claim in content)
        demand = sum(claim.qty_ordered for claim in sharing)
    for claim in sharing:
        shares[claim.line_id] = claim.qty_ordered * available // demand if demand else 0
    odd = available - sum(shares[claim.line_id] for claim in sharing)
    # sorted() is stable, so equal remainders keep their turn
    by_remainder = sorted(sharing, key=lambda claim: -(claim.qty_ordered * available % demand if demand else 0))
    for claim in by_remainder[:odd]:
        shares[claim.line_id] += 1
    return shares


RULES: dict[str, Callable[[Sequence[LineDemand], int], dict[int, int]]] = {
    "equal_floor": _level,
    "proportional": _proportional,
    "first_come": _in_groups(lambda claim: claim.sequence),
    "need_first": _in_groups(lambda claim: claim.tier),
}


@dataclass(frozen=True, slots=True)
class _Totals:
    qty_available: int
    qty_ordered: int


def _total_received(claim: LineDemand, qty: int) -> int:
    """What the household has had in all when its share of what is still due is `qty`."""
    in_all = claim.qty_in_all or claim.qty_ordered
    return in_all - claim.qty_given_up - (claim.qty_ordered - qty)


def _share(claim: LineDemand, qty: int, situation: Situation, totals: _Totals) -> Share:
    short = claim.qty_ordered - qty
    said = _sentence(claim, qty, situation, totals) if short else None
    return Share(claim.line_id, qty, qty - claim.qty_held, short, said)


def _sentence(claim: LineDemand, qty: int, situation: Situation, totals: _Totals) -> Sentence:
    in_all, got = claim.qty_in_all or claim.qty_ordered, _total_received(claim, qty)
    values: dict[str, object] = {
        "item": situation.item_name,
        "available": totals.qty_available,
        "demand": totals.qty_ordered,
        "rule": situation.policy_name,
        "ordered": in_all,
        "share": got,
        "short": in_all - got,
    }
    if claim.qty_by_hand is not None:
        return sentence(
            N_(
                "%(item)s共有%(available)s份，登记%(demand)s份。"
                "经人工调整，您家登记%(ordered)s份，分到%(share)s份，缺%(short)s份。"
            ),
            **values,
        )
    if got == 0:
        return sentence(
            N_(
                "%(item)s共有%(available)s份，登记%(demand)s份，按“%(rule)s”分配。"
                "您家登记%(ordered)s份，这次没有分到；下次缺货时，同等情况下您家优先。"
            ),
            **values,
        )
    return sentence(
        N_(
            "%(item)s共有%(available)s份，登记%(demand)s份，按“%(rule)s”分配。"
            "您家登记%(ordered)s份，分到%(share)s份，缺%(short)s份；下次缺货时，同等情况下您家优先。"
        ),
        **values,
    )


@dataclass(frozen=True, slots=True)
class Substitute:
    """`per` units of the short item are replaced by `gives` units of another one (1 large by 2 small ones: 1, 2)."""

    substitute_name: str
    per: int
    gives: int

    def __post_init__(self) -> None:
        if self.per < 1 or self.gives < 1:
            raise ValueError("a substitution replaces at least one unit by at least one unit")


@dataclass(frozen=True, slots=True)
class Replaced:
    """`qty_covered` short units of a line become `qty_substitute` units, at the lower of both prices."""

    line_id: int
    qty_covered: int
    qty_substitute: int
    said: Sentence


def substitute(short: Iterable[LineDemand], rule: Substitute, qty_spare: int, seed: str) -> tuple[Replaced, ...]:
    """Replace short units by spare ones of the substitute, level and by turn, for lines that did not opt out.

    Each claim's `qty_ordered` is what the line is short of. Only whole blocks of `per` units are replaced.

        1 → 2, spare 5, short 3        2 covered by 4, 1 stays short
        2 → 1, spare 9, short 3 and 1  2 covered by 1, 1 and 1 stay short
        1 → 1, spare 3, short 2 and 2  2 and 1 (whose turn it is), or 1 and 2
    """
    blocks = [
        replace(claim, qty_ordered=claim.qty_ordered // rule.per, qty_held=0, qty_by_hand=None, qty_back=0)
        for claim in short
    ]
    situation = Situation(rule.substitute_name, qty_spare // rule.gives, "equal_floor", "", seed)
    return tuple(_replaced(share, rule) for share in allocate(blocks, situation) if share.qty)


def _replaced(share: Share, rule: Substitute) -> Replaced:
    covered, given = share.qty * rule.per, share.qty * rule.gives
    said = sentence(
        N_("缺的里面%(covered)s份换成%(substitute)s%(given)s份，按两样里便宜的价钱收，不会多收。"),
        covered=covered,
        substitute=rule.substitute_name,
        given=given,
    )
    return Replaced(share.line_id, covered, given, said)


def from_lots(needs: Iterable[tuple[int, int]], lots: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Cover each (line, units) from (lot, free units) in their order: (line, lot, units). There must be enough."""
    place, left = 0, lots[0][1] if lots else 0
    for line_id, needed in needs:
        while needed:
            taken = min(needed, left)
            if taken:
                yield line_id, lots[place][0], taken
            needed -= taken
            left -= taken
            if needed:
                place += 1
                left = lots[place][1]
