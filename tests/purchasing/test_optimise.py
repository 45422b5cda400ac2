"""The cheapest purchase, compared with trying everything."""

from __future__ import annotations

import itertools
import random

import pytest

from app.purchasing.optimise import (
    OptimisationOutcome,
    PurchasePlan,
    PurchaseProblem,
    SupplierTerms,
    SupplyOffer,
    optimise,
)


def bought(plan: PurchasePlan) -> dict[tuple[int, int, int], int]:
    return {(buy.offer.supplier_id, buy.offer.item_id, buy.offer.pack_size): buy.packs for buy in plan.buys}


def test_the_delivery_fee_is_weighed_against_the_cheaper_pack() -> None:
    suppliers = (SupplierTerms(1, "近", delivery_fee_fen=0), SupplierTerms(2, "远", delivery_fee_fen=900))
    offers = (SupplyOffer(1, 7, 1, 100), SupplyOffer(2, 7, 1, 10))
    assert bought(optimise(PurchaseProblem({7: 9}, suppliers, offers))) == {(1, 7, 1): 9}
    plan = optimise(PurchaseProblem({7: 11}, suppliers, offers))
    assert bought(plan) == {(2, 7, 1): 11}
    assert (plan.goods_fen, plan.fees_fen, plan.cost_fen) == (110, 900, 1010)


def test_a_minimum_order_value_is_reached_with_surplus_when_nobody_else_sells_it() -> None:
    plan = optimise(
        PurchaseProblem({7: 3}, (SupplierTerms(1, "甲", min_order_fen=1000),), (SupplyOffer(1, 7, 1, 150),))
    )
    assert bought(plan) == {(1, 7, 1): 7}
    assert plan.surplus == {7: 4}
    assert plan.outcome is OptimisationOutcome.OPTIMAL


def test_minimum_packs_are_bought_in_full_or_not_at_all() -> None:
    suppliers = (SupplierTerms(1, "甲"), SupplierTerms(2, "乙"))
    offers = (SupplyOffer(1, 7, 1, 100, min_packs=5), SupplyOffer(2, 7, 1, 240))
    assert bought(optimise(PurchaseProblem({7: 2}, suppliers, offers))) == {(2, 7, 1): 2}
    assert bought(optimise(PurchaseProblem({7: 3}, suppliers, offers))) == {(1, 7, 1): 5}


def test_what_one_supplier_cannot_deliver_comes_from_the_next_cheapest() -> None:
    suppliers = (SupplierTerms(1, "甲"), SupplierTerms(2, "乙"))
    offers = (SupplyOffer(1, 7, 10, 1000, packs_available=2), SupplyOffer(2, 7, 1, 150))
    assert bought(optimise(PurchaseProblem({7: 25}, suppliers, offers))) == {(1, 7, 10): 2, (2, 7, 1): 5}


def test_of_equally_cheap_plans_the_one_with_less_surplus_and_fewer_suppliers_wins() -> None:
    suppliers = (SupplierTerms(1, "甲"), SupplierTerms(2, "乙"))
    offers = (SupplyOffer(1, 7, 6, 600), SupplyOffer(1, 7, 4, 600), SupplyOffer(2, 8, 1, 10), SupplyOffer(1, 8, 1, 10))
    plan = optimise(PurchaseProblem({7: 4, 8: 1}, suppliers, offers))
    assert bought(plan) == {(1, 7, 4): 1, (1, 8, 1): 1}
    assert plan.surplus == {}


@pytest.mark.parametrize(
    ("offers", "terms", "said"),
    [
        ((), SupplierTerms(1, "甲"), "鸡蛋还差10份：没有供应商供应。"),
        (
            (SupplyOffer(1, 7, 2, 10, packs_available=3),),
            SupplierTerms(1, "甲"),
            "鸡蛋还差4份：各供应商合计只能供应6份。",
        ),
        (
            (SupplyOffer(1, 7, 5, 10, packs_available=2),),
            SupplierTerms(1, "甲", min_order_fen=5000),
            "鸡蛋还差10份：达不到供应商的起订量或起送金额。",
        ),
    ],
)
def test_a_demand_that_cannot_be_met_says_what_is_missing_and_why(
    offers: tuple[SupplyOffer, ...], terms: SupplierTerms, said: str
) -> None:
    plan = optimise(PurchaseProblem({7: 10}, (terms,), offers, {7: "鸡蛋"}))
    assert plan.outcome is OptimisationOutcome.SHORT
    assert [sentence.zh for sentence in plan.said] == [said]


def test_the_minimum_order_is_reached_with_the_cheapest_goods_even_far_beyond_the_demand() -> None:
    offers = (SupplyOffer(1, 7, 1, 300), SupplyOffer(1, 8, 1, 70))
    plan = optimise(PurchaseProblem({7: 1, 8: 1}, (SupplierTerms(1, "甲", min_order_fen=2000),), offers))
    assert plan.cost_fen == 2000
    assert bought(plan) == {(1, 7, 1): 2, (1, 8, 1): 20}


def test_no_demand_needs_no_purchase() -> None:
    assert (
        optimise(PurchaseProblem({7: 0}, (SupplierTerms(1, "甲", 5000, 300),), (SupplyOffer(1, 7, 1, 1),))).buys == ()
    )


def test_impossible_problems_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="not listed"):
        PurchaseProblem({}, (), (SupplyOffer(1, 7, 1, 1),))
    with pytest.raises(ValueError, match="twice"):
        PurchaseProblem({}, (SupplierTerms(1, "甲"), SupplierTerms(1, "乙")), ())
    with pytest.raises(ValueError, match="below zero"):
        PurchaseProblem({7: -1}, (), ())
    with pytest.raises(ValueError, match="at least one unit"):
        SupplyOffer(1, 7, 0, 1)


def random_problem(seed: int) -> PurchaseProblem:
    rng = random.Random(seed)
    suppliers = tuple(SupplierTerms(s, f"供{s}", rng.choice([0, 0, 900]), rng.choice([0, 150])) for s in (1, 2))
    offers = tuple(
        SupplyOffer(s, item, rng.choice([1, 3, 4]), rng.randint(1, 9) * 50, rng.choice([0, 2]), rng.choice([None, 3]))
        for s in (1, 2)
        for item in (7, 8)
        if rng.random() < 0.85
    )
    return PurchaseProblem({7: rng.randint(0, 6), 8: rng.randint(0, 6)}, suppliers, offers)


def cheapest_by_trying_everything(problem: PurchaseProblem) -> int | None:
    """Every combination of up to 24 packs per offer, thinned to what its limits allow."""
    choices = [
        [
            n
            for n in range(min(24, o.packs_available if o.packs_available is not None else 24) + 1)
            if n == 0 or n >= o.min_packs
        ]
        for o in problem.offers
    ]
    best = None
    for packs in itertools.product(*choices):
        units = dict.fromkeys(problem.demand, 0)
        value = {s.supplier_id: 0 for s in problem.suppliers}
        used = set()
        for offer, count in zip(problem.offers, packs, strict=True):
            units[offer.item_id] += count * offer.pack_size
            value[offer.supplier_id] += count * offer.pack_price_fen
            used |= {offer.supplier_id} if count else set()
        if any(units[item] < qty for item, qty in problem.demand.items()):
            continue
        terms = [s for s in problem.suppliers if s.supplier_id in used]
        if any(value[s.supplier_id] < s.min_order_fen for s in terms):
            continue
        cost = sum(value.values()) + sum(s.delivery_fee_fen for s in terms)
        best = cost if best is None else min(best, cost)
    return best


@pytest.mark.parametrize("seed", range(30))
def test_the_plan_costs_what_the_best_of_all_combinations_costs(seed: int) -> None:
    problem = random_problem(seed)
    small = PurchaseProblem(problem.demand, problem.suppliers, problem.offers[:3])
    plan, best = optimise(small), cheapest_by_trying_everything(small)
    assert (plan.outcome is OptimisationOutcome.SHORT) == (best is None)
    if best is not None:
        assert plan.cost_fen == best


@pytest.mark.parametrize("seed", range(5))
def test_the_same_problem_written_in_another_order_gives_the_same_plan(seed: int) -> None:
    problem = random_problem(seed)
    turned = PurchaseProblem(dict(reversed(problem.demand.items())), problem.suppliers[::-1], problem.offers[::-1])
    assert repr(optimise(turned)) == repr(optimise(problem)) == repr(optimise(problem))
