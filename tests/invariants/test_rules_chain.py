"""The pure rules one after the other: every unit and every fen of an order is accounted for at the end."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.allocation.rules import RULES, LineDemand, Situation, allocate
from app.handover.rules import split_bagged
from app.ordering.rules import Component, OfferChoice, OfferTerms, items_of_choices, total_fen
from app.picking.rules import GoodsToPack, split_into_bags
from app.settlement.rules import Chosen, PricePart, SettlementLine, household_account, line_amounts

EGG, RICE, MILK = 1, 2, 3
PRICES = {EGG: 1500, RICE: 4000, MILK: 700}
OFFERS = {
    10: OfferTerms(10, "鸡蛋", 1500, (Component(EGG, 1),)),
    11: OfferTerms(11, "早餐包", 2899, (Component(EGG, 1), Component(MILK, 2))),
    12: OfferTerms(12, "主食包", 6501, (Component(RICE, 1), Component(EGG, 2))),
}
baskets = st.lists(
    st.lists(st.builds(OfferChoice, st.sampled_from(sorted(OFFERS)), st.integers(0, 4)), max_size=4),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(baskets, st.sampled_from(sorted(RULES)), st.integers(0, 10), st.data())
def test_units_and_money_close_from_basket_to_statement(
    households: list[list[OfferChoice]], policy: str, lost_packs: int, data: st.DataObject
) -> None:
    ordered = {number: items_of_choices(OFFERS, basket) for number, basket in enumerate(households)}
    shares: dict[int, dict[int, int]] = {number: {} for number in ordered}
    for item in PRICES:
        claims = [LineDemand(n, f"h{n}", units[item], sequence=n) for n, units in ordered.items() if item in units]
        packs = max(0, -(-sum(claim.qty_ordered for claim in claims) // 6) - lost_packs)
        for share in allocate(claims, Situation("货", packs * 6, policy, policy, "seed")):
            shares[share.line_id][item] = share.qty
    for number, basket in enumerate(households):
        bags = split_into_bags([GoodsToPack(item, qty, 900, 1_000) for item, qty in shares[number].items()])
        accepted = dict.fromkeys(ordered[number], 0)
        refunded = dict.fromkeys(ordered[number], 0)
        for bag in bags:
            disputed = {line: data.draw(st.integers(0, qty)) for line, qty in bag.units.items()}
            for split in split_bagged(bag.units, disputed):
                accepted[split.line_id] += split.qty_accepted
                refunded[split.line_id] += split.qty_disputed
        short = {item: qty - shares[number][item] for item, qty in ordered[number].items()}
        assert all(accepted[i] + refunded[i] + short[i] == qty for i, qty in ordered[number].items())
        amounts = line_amounts(_chosen(basket))
        lines = [
            SettlementLine(i, amounts[i], qty, accepted[i], short[i], 0, refunded[i])
            for i, qty in ordered[number].items()
        ]
        total = total_fen(OFFERS, basket)
        closing = household_account(lines, [total])
        assert (closing.ordered_fen, closing.pending_fen, closing.to_collect_fen) == (total, 0, 0)
        assert closing.accepted_fen + closing.to_refund_fen == total


def _chosen(basket: list[OfferChoice]) -> list[Chosen]:
    return [
        Chosen(
            choice.qty,
            OFFERS[choice.offer_id].price_fen,
            tuple(PricePart(c.item_id, c.qty, PRICES[c.item_id]) for c in OFFERS[choice.offer_id].components),
        )
        for choice in basket
        if choice.qty
    ]
