"""Sharing short goods: fair, explained, the same every time."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.allocation.rules import (
    RULES,
    LineDemand,
    NotEnoughForHands,
    Share,
    Situation,
    Substitute,
    allocate,
    from_lots,
    substitute,
)
from app.ordering.models import Policy


def of(stock: int, policy: Policy, seed: str = "s") -> Situation:
    return Situation("鸡蛋", stock, policy, policy.label_zh, seed)


def given_out(claims: list[LineDemand], stock: int, policy: Policy, seed: str = "s") -> dict[int, int]:
    return {share.line_id: share.qty for share in allocate(claims, of(stock, policy, seed))}


def claims_of(*ordered: int) -> list[LineDemand]:
    """One claim per number, placed in this order; the last one is in the first tier, the others in the second."""
    return [
        LineDemand(place, f"household-{place}", qty, sequence=place, tier=int(place < len(ordered)))
        for place, qty in enumerate(ordered, start=1)
    ]


@pytest.mark.parametrize(
    ("ordered", "policy", "shares"),
    [
        ((2, 8, 2), Policy.EQUAL_FLOOR, (2, 6, 2)),
        ((2, 8, 2), Policy.FIRST_COME, (2, 8, 0)),
        ((2, 8, 2), Policy.NEED_FIRST, (2, 6, 2)),
        ((4, 4, 4), Policy.FIRST_COME, (4, 4, 2)),
        ((4, 4, 4), Policy.NEED_FIRST, (3, 3, 4)),
        ((1, 1, 10), Policy.EQUAL_FLOOR, (1, 1, 8)),
        ((1, 1, 10), Policy.PROPORTIONAL, (1, 1, 8)),
        ((1, 1, 10), Policy.FIRST_COME, (1, 1, 8)),
        ((1, 1, 10), Policy.NEED_FIRST, (0, 0, 10)),
        ((20, 10, 0), Policy.PROPORTIONAL, (7, 3, 0)),
        ((3, 4, 2), Policy.EQUAL_FLOOR, (3, 4, 2)),
    ],
)
def test_the_truth_table_of_ten_units(ordered: tuple[int, ...], policy: Policy, shares: tuple[int, ...]) -> None:
    assert tuple(given_out(claims_of(*ordered), 10, policy).values()) == shares


def test_every_policy_of_a_cycle_has_its_rule() -> None:
    assert set(RULES) == {policy.value for policy in Policy}


@pytest.mark.parametrize("policy", [Policy.EQUAL_FLOOR, Policy.PROPORTIONAL])
def test_the_odd_unit_goes_to_who_was_short_more_often(policy: Policy) -> None:
    for place in range(3):
        claims = claims_of(4, 4, 4)
        claims[place] = replace(claims[place], times_short=2)
        assert given_out(claims, 10, policy)[place + 1] == 4


def test_without_memory_the_seed_decides_and_over_many_seeds_nobody_is_favoured() -> None:
    wins = [0, 0, 0]
    for seed in range(300):
        shares = given_out(claims_of(1, 1, 1), 1, Policy.EQUAL_FLOOR, f"cycle-{seed}")
        wins[list(shares.values()).index(1)] += 1
    assert min(wins) > 70


def test_a_house_number_changes_nothing_because_only_the_key_counts() -> None:
    claims = claims_of(1, 1, 1, 1)
    renumbered = [replace(claim, line_id=100 - claim.line_id) for claim in claims]
    winner = [claim.key for claim in claims if given_out(claims, 1, Policy.EQUAL_FLOOR)[claim.line_id]]
    again = [claim.key for claim in renumbered if given_out(renumbered, 1, Policy.EQUAL_FLOOR)[claim.line_id]]
    assert winner == again


def test_every_short_household_reads_why_and_the_others_read_nothing() -> None:
    claims = claims_of(1, 3, 1)
    shares = allocate(claims, of(4, Policy.EQUAL_FLOOR))
    assert [share.said is None for share in shares] == [True, False, True]
    assert shares[1].said is not None
    assert shares[1].said.zh == (
        "鸡蛋共有4份，登记5份，按“每户先各一份”分配。您家登记3份，分到2份，缺1份；下次缺货时，同等情况下您家优先。"
    )


def test_a_share_set_by_hand_stays_and_the_rest_is_shared_by_rule() -> None:
    claims = [replace(claims_of(4, 4, 4)[0], qty_by_hand=4), *claims_of(4, 4, 4)[1:]]
    assert given_out(claims, 8, Policy.EQUAL_FLOOR) == {1: 4, 2: 2, 3: 2}
    assert given_out(claims, 8, Policy.NEED_FIRST) == {1: 4, 2: 0, 3: 4}


def test_a_share_set_by_hand_may_be_just_what_is_held_and_the_sentence_counts_what_is_held() -> None:
    claims = [LineDemand(1, "a", 3, qty_held=2, qty_by_hand=2), LineDemand(2, "b", 3)]
    (by_hand, _other) = allocate(claims, of(3, Policy.EQUAL_FLOOR))
    assert (by_hand.qty, by_hand.qty_new) == (2, 0)
    assert by_hand.said is not None
    assert by_hand.said.zh == "鸡蛋共有5份，登记6份。经人工调整，您家登记3份，分到2份，缺1份。"


def test_a_claim_without_tier_and_rank_comes_first() -> None:
    assert given_out([LineDemand(1, "a", 2), LineDemand(2, "b", 2, tier=1, sequence=1)], 2, Policy.NEED_FIRST) == {
        1: 2,
        2: 0,
    }
    assert given_out([LineDemand(1, "a", 2), LineDemand(2, "b", 2, tier=1, sequence=1)], 2, Policy.FIRST_COME) == {
        1: 2,
        2: 0,
    }


def test_hands_that_promise_more_than_there_is_are_told_so() -> None:
    claims = [replace(claim, qty_by_hand=4) for claim in claims_of(4, 4)]
    with pytest.raises(NotEnoughForHands, match="手工指定的份额还需要8份，库存只有7份"):
        allocate(claims, of(7, Policy.EQUAL_FLOOR))


def test_a_late_receipt_tops_up_those_who_have_less() -> None:
    claims = [LineDemand(1, "a", 4, qty_held=3), LineDemand(2, "b", 4, qty_held=1), LineDemand(3, "c", 4, qty_held=2)]
    assert given_out(claims, 3, Policy.EQUAL_FLOOR) == {1: 3, 2: 3, 3: 3}
    assert given_out(claims, 3, Policy.PROPORTIONAL) == {1: 3, 2: 3, 3: 3}
    new = {share.line_id: share.qty_new for share in allocate(claims, of(3, Policy.EQUAL_FLOOR))}
    assert new == {1: 0, 2: 2, 3: 1}


@pytest.mark.parametrize(
    "make",
    [
        lambda: LineDemand(1, "a", 2, qty_held=3),
        lambda: LineDemand(1, "a", 2, qty_by_hand=3),
        lambda: LineDemand(1, "a", 2, qty_held=2, qty_by_hand=1),
        lambda: Situation("蛋", 1, "by_house_number", "", "s"),
        lambda: of(-1, Policy.EQUAL_FLOOR),
        lambda: allocate(
            [LineDemand(1, "a", 1), LineDemand(1, "b", 1)],
            of(1, Policy.EQUAL_FLOOR),
        ),
        lambda: Substitute("小", 0, 1),
    ],
)
def test_impossible_claims_cannot_be_made(make: object) -> None:
    with pytest.raises(ValueError, match=" "):
        make()  # type: ignore[operator]


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[LineDemand], Situation]:
    claims = []
    for line_id in range(draw(st.integers(0, 12))):
        ordered = draw(st.integers(0, 9))
        held = draw(st.one_of(st.just(0), st.integers(0, ordered)))
        claims.append(
            LineDemand(
                line_id,
                f"key-{draw(st.integers(0, 5))}-{line_id}",
                ordered,
                sequence=draw(st.integers(0, 4)),
                tier=draw(st.integers(0, 2)),
                times_short=draw(st.integers(0, 2)),
                qty_held=held,
            )
        )
    stock = draw(st.integers(0, 60))
    policy = draw(st.sampled_from(list(Policy)))
    return claims, Situation("米", stock, policy, policy.label_zh, draw(st.text(max_size=5)))


@given(situations())
def test_stock_is_used_up_or_everybody_is_served_and_nobody_gets_more_than_ordered(
    case: tuple[list[LineDemand], Situation],
) -> None:
    claims, situation = case
    shares = {share.line_id: share for share in allocate(claims, situation)}
    wanted = sum(claim.qty_ordered - claim.qty_held for claim in claims)
    assert sum(share.qty_new for share in shares.values()) == min(situation.qty_stock, wanted)
    for claim in claims:
        share = shares[claim.line_id]
        assert claim.qty_held <= share.qty <= claim.qty_ordered
        assert share.qty + share.qty_short == claim.qty_ordered
        assert (share.said is not None) == (share.qty_short > 0)


@given(situations())
def test_equal_claims_differ_by_at_most_one_unit(case: tuple[list[LineDemand], Situation]) -> None:
    claims, situation = case
    shares = {share.line_id: share.qty for share in allocate(claims, situation)}
    equals: dict[tuple[int, ...], list[int]] = {}
    for claim in claims:
        rank = {"first_come": claim.sequence, "need_first": claim.tier}.get(situation.policy, 0)
        equals.setdefault((claim.qty_ordered, claim.qty_held, rank), []).append(shares[claim.line_id])
    assert all(max(group) - min(group) <= 1 for group in equals.values())


@given(situations(), st.randoms(use_true_random=False))
def test_the_same_input_in_any_order_gives_the_same_bytes(
    case: tuple[list[LineDemand], Situation], rng: random.Random
) -> None:
    claims, situation = case
    shuffled = list(claims)
    rng.shuffle(shuffled)
    assert repr(allocate(shuffled, situation)) == repr(allocate(claims, situation))


@given(situations())
def test_more_stock_never_takes_from_the_total_and_level_shares_only_grow(
    case: tuple[list[LineDemand], Situation],
) -> None:
    claims, situation = case
    level = replace(situation, policy="equal_floor")
    less = {share.line_id: share.qty for share in allocate(claims, level)}
    more = {share.line_id: share.qty for share in allocate(claims, replace(level, qty_stock=level.qty_stock + 1))}
    assert all(more[line_id] >= qty for line_id, qty in less.items())


def test_three_thousand_households_are_shared_in_a_moment() -> None:
    claims = [LineDemand(i, f"k{i}", 1 + i % 7, sequence=i, tier=i % 3) for i in range(3000)]
    total = sum(claim.qty_ordered for claim in claims)
    for policy in Policy:
        assert sum(given_out(claims, total // 2, policy).values()) == total // 2


class TestSubstitution:
    def test_one_large_becomes_two_small_as_far_as_they_go(self) -> None:
        rule = Substitute("小瓶牛奶", per=1, gives=2)
        (one,) = substitute([LineDemand(1, "a", 3)], rule, qty_spare=5, seed="s")
        assert (one.qty_covered, one.qty_substitute) == (2, 4)
        assert one.said.zh == "缺的里面2份换成小瓶牛奶4份，按两样里便宜的价钱收，不会多收。"

    def test_only_whole_blocks_are_replaced(self) -> None:
        rule = Substitute("大瓶牛奶", per=2, gives=1)
        (one,) = substitute([LineDemand(1, "a", 3), LineDemand(2, "b", 1)], rule, qty_spare=9, seed="s")
        assert (one.line_id, one.qty_covered, one.qty_substitute) == (1, 2, 1)

    def test_who_was_short_more_often_gets_the_odd_one(self) -> None:
        claims = [LineDemand(1, "a", 2), LineDemand(2, "b", 2, times_short=3)]
        found = substitute(claims, Substitute("菠菜", per=1, gives=1), qty_spare=3, seed="s")
        assert {one.line_id: one.qty_substitute for one in found} == {1: 1, 2: 2}

    @given(st.lists(st.integers(0, 9), max_size=8), st.integers(1, 4), st.integers(1, 4), st.integers(0, 40), st.text())
    def test_no_unit_is_invented_and_nobody_gets_more_than_is_short(
        self, short: list[int], per: int, gives: int, spare: int, seed: str
    ) -> None:
        claims = [LineDemand(line, f"k{line}", qty) for line, qty in enumerate(short)]
        found = substitute(claims, Substitute("菠菜", per, gives), spare, seed)
        assert sum(one.qty_substitute for one in found) <= spare
        assert all(one.qty_covered <= short[one.line_id] for one in found)
        assert all(one.qty_substitute * per == one.qty_covered * gives for one in found)
        assert found == substitute(reversed(claims), Substitute("菠菜", per, gives), spare, seed)


def test_lots_are_used_up_in_their_order() -> None:
    assert list(from_lots([(1, 2), (2, 0), (3, 3)], [(10, 1), (11, 3), (12, 5)])) == [
        (1, 10, 1),
        (1, 11, 1),
        (3, 11, 2),
        (3, 12, 1),
    ]


def test_a_share_says_what_is_new_in_this_run() -> None:
    assert allocate([LineDemand(1, "a", 2, qty_held=1)], of(5, Policy.FIRST_COME)) == (Share(1, 2, 1, 0, None),)


@pytest.mark.parametrize("policy", sorted(RULES))
def test_what_was_lost_on_the_way_is_made_good_first(policy: str) -> None:
    claims = [
        LineDemand(1, "a", 4),
        LineDemand(2, "b", 4, tier=1, sequence=1, qty_back=3),
        LineDemand(3, "c", 4, qty_held=1),
    ]
    shares = allocate(claims, Situation("青菜", 3, policy, policy, "s"))
    assert [share.qty_new for share in shares] == [0, 3, 0]
    shares = allocate(claims, Situation("青菜", 2, policy, policy, "s"))
    assert [share.qty_new for share in shares] == [0, 2, 0]
