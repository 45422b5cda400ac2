"""The cheapest way to buy a demand, exactly, with CP-SAT.

Chooses packs per offer of a supplier so that every item's demand is covered, a supplier that is used gets at least its
minimum order value, an offer that is used at least its minimum packs, and no offer more than is available. Among the
cheapest plans (goods plus delivery fees) one with the fewest suppliers and then with little surplus is taken (that last
goal is a knapsack of its own and gets a bounded effort, counted in steps and not in seconds). One search thread, a
fixed seed and sorted input: the same problem gives the same plan, in whatever order it is written down, unless the
time limit cuts the proof of the cost short, which the plan then says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from app.core.sentences import N_, Sentence, sentence

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

_COST_PROVED = 2  # the first two goals are units missing and cost
_TIE_EFFORT = 0.5  # CP-SAT's deterministic time for each goal after them, about as many seconds


class OptimisationOutcome(StrEnum):
    """How far a plan may be trusted."""

    OPTIMAL = "optimal"  # proved: nothing cheaper exists
    FEASIBLE = "feasible"  # covers everything; the time limit came before the proof
    SHORT = "short"  # suppliers cannot cover the demand; the plan covers as much as possible and says what is missing
    UNKNOWN = "unknown"  # the time limit came before any plan


@dataclass(frozen=True, slots=True)
class SupplierTerms:
    """What a supplier asks for one delivery."""

    supplier_id: int
    name: str
    min_order_fen: int = 0
    delivery_fee_fen: int = 0


@dataclass(frozen=True, slots=True)
class SupplyOffer:
    """One pack of one item at one supplier. `packs_available` None: as many as wanted."""

    supplier_id: int
    item_id: int
    pack_size: int
    pack_price_fen: int
    min_packs: int = 0
    packs_available: int | None = None

    def __post_init__(self) -> None:
        if self.pack_size < 1 or self.pack_price_fen < 0 or self.min_packs < 0 or (self.packs_available or 0) < 0:
            raise ValueError("a pack holds at least one unit, and nothing about it is below zero")


@dataclass(frozen=True, slots=True)
class PurchaseProblem:
    """Item id → units to buy, and who sells what. Raises ValueError for an offer of an unknown supplier."""

    demand: Mapping[int, int]
    suppliers: tuple[SupplierTerms, ...]
    offers: tuple[SupplyOffer, ...]
    item_names: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = {supplier.supplier_id for supplier in self.suppliers}
        if len(known) != len(self.suppliers):
            raise ValueError("a supplier is listed twice")
        if any(offer.supplier_id not in known for offer in self.offers):
            raise ValueError("an offer names a supplier that is not listed")
        if any(qty < 0 for qty in self.demand.values()):
            raise ValueError("a demand cannot be below zero")


@dataclass(frozen=True, slots=True)
class Buy:
    """So many packs of an offer."""

    offer: SupplyOffer
    packs: int

    @property
    def qty(self) -> int:
        return self.packs * self.offer.pack_size

    @property
    def cost_fen(self) -> int:
        return self.packs * self.offer.pack_price_fen


@dataclass(frozen=True, slots=True)
class PurchasePlan:
    """What to buy. `surplus` and `missing`: item id → units, only where above 0. `said`: one sentence per problem."""

    outcome: OptimisationOutcome
    buys: tuple[Buy, ...] = ()
    goods_fen: int = 0
    fees_fen: int = 0
    surplus: Mapping[int, int] = field(default_factory=dict)
    missing: Mapping[int, int] = field(default_factory=dict)
    said: tuple[Sentence, ...] = ()
    is_proved: bool = True  # nothing that covers as much costs less

    @property
    def cost_fen(self) -> int:
        """Goods and delivery fees together."""
        return self.goods_fen + self.fees_fen


class _PurchaseModel:
    """The variables of one problem; goals are minimised one after the other, each kept for the next."""

    def __init__(self, problem: PurchaseProblem, may_miss: bool) -> None:
        from ortools.sat.python import cp_model  # only now: pages are served without loading a solver

        self.model = cp_model.CpModel()
        self.sum = cp_model.LinearExpr.sum
        self.problem = problem
        self.demand = {item: qty for item, qty in sorted(problem.demand.items()) if qty}
        self.suppliers = sorted(problem.suppliers, key=lambda s: s.supplier_id)
        self.offers = sorted(
            (offer for offer in problem.offers if offer.item_id in self.demand),
            key=lambda o: (
                o.supplier_id,
                o.item_id,
                o.pack_size,
                o.pack_price_fen,
                o.min_packs,
                -1 if o.packs_available is None else o.packs_available,
            ),
        )
        terms = {supplier.supplier_id: supplier for supplier in self.suppliers}
        self.used = {supplier.supplier_id: self.model.new_bool_var("") for supplier in self.suppliers}
        self.packs = [self._packs(offer, terms[offer.supplier_id]) for offer in self.offers]
        self.missing = {
            item: self.model.new_int_var(0, qty if may_miss else 0, "") for item, qty in self.demand.items()
        }
        self.surplus = {item: self._covered(item, qty) for item, qty in self.demand.items()}
        for supplier in self.suppliers:
            self._minimum_order(supplier)

    def _packs(self, offer: SupplyOffer, terms: SupplierTerms) -> cp_model.IntVar:
        # Beyond the demand more packs make sense only to reach the minimum packs or the minimum order value.
        most = max(-(-self.demand[offer.item_id] // offer.pack_size), offer.min_packs)
        if offer.pack_price_fen:
            most += -(-terms.min_order_fen // offer.pack_price_fen)
        if offer.packs_available is not None:
            most = min(most, offer.packs_available)
        packs = self.model.new_int_var(0, most, "")
        if offer.min_packs > 1:
            chosen = self.model.new_bool_var("")
            self.model.add(packs >= offer.min_packs).only_enforce_if(chosen)
            self.model.add(packs == 0).only_enforce_if(~chosen)
        self.model.add(packs <= most * self.used[offer.supplier_id])
        return packs

    def _covered(self, item: int, qty: int) -> cp_model.LinearExpr:
        bought = self.sum(
            [
                packs * offer.pack_size
                for offer, packs in zip(self.offers, self.packs, strict=True)
                if offer.item_id == item
            ]
        )
        surplus: cp_model.LinearExpr = bought + self.missing[item] - qty
        self.model.add(surplus >= 0)
        return surplus

    def _minimum_order(self, supplier: SupplierTerms) -> None:
        own = [
            pair for pair in zip(self.offers, self.packs, strict=True) if pair[0].supplier_id == supplier.supplier_id
        ]
        value = self.sum([packs * offer.pack_price_fen for offer, packs in own])
        self.model.add(value >= supplier.min_order_fen * self.used[supplier.supplier_id])
        if not own:
            self.model.add(self.used[supplier.supplier_id] == 0)

    def cost(self) -> cp_model.LinearExprT:
        """Goods and fees in fen."""
        goods = [packs * offer.pack_price_fen for offer, packs in zip(self.offers, self.packs, strict=True)]
        fees = [self.used[supplier.supplier_id] * supplier.delivery_fee_fen for supplier in self.suppliers]
        return self.sum([*goods, *fees])

    def goals(self) -> list[cp_model.LinearExprT]:
        """What is minimised, most important first: units missing, cost, suppliers, surplus."""
        return [
            self.sum(list(self.missing.values())),
            self.cost(),
            self.sum(list(self.used.values())),
            self.sum(list(self.surplus.values())),
        ]


def optimise(problem: PurchaseProblem, time_limit_s: float = 10.0) -> PurchasePlan:
    """The cheapest plan. A demand that cannot be met is no error: the plan says what is missing and why."""
    if not any(problem.demand.values()):
        return PurchasePlan(OptimisationOutcome.OPTIMAL)
    plan = _solve(_PurchaseModel(problem, may_miss=False), time_limit_s)
    if plan is None:
        plan = _solve(_PurchaseModel(problem, may_miss=True), time_limit_s)
    late = sentence(N_("时间到了还没有算出采购方案，请放宽条件或延长时间。"))
    return plan or PurchasePlan(OptimisationOutcome.UNKNOWN, said=(late,), is_proved=False)


def _solve(built: _PurchaseModel, time_limit_s: float) -> PurchasePlan | None:
    """None when no plan exists (only without `may_miss`) or none was found."""
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    proved, left_s = 0, time_limit_s
    best: list[int] | None = None
    for rank, goal in enumerate(built.goals()):
        solver.parameters.max_time_in_seconds = max(left_s, 0.1)
        if rank >= _COST_PROVED:
            solver.parameters.max_deterministic_time = _TIE_EFFORT
        built.model.minimize(goal)
        status = solver.solve(built.model)
        left_s -= solver.wall_time
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            break
        best = [solver.value(packs) for packs in built.packs]
        proved += rank < _COST_PROVED and status == cp_model.OPTIMAL
        built.model.add(goal <= round(solver.objective_value))
        if rank == _COST_PROVED - 1:
            for packs, value in zip(built.packs, best, strict=True):
                built.model.add_hint(packs, value)
    return None if best is None else _plan(built, best, proved == _COST_PROVED)


def _plan(built: _PurchaseModel, packs: Iterable[int], is_proved: bool) -> PurchasePlan:
    buys = tuple(Buy(offer, count) for offer, count in zip(built.offers, packs, strict=True) if count)
    bought: dict[int, int] = {}
    for buy in buys:
        bought[buy.offer.item_id] = bought.get(buy.offer.item_id, 0) + buy.qty
    used = {buy.offer.supplier_id for buy in buys}
    missing = {item: qty - bought.get(item, 0) for item, qty in built.demand.items() if qty > bought.get(item, 0)}
    covered = OptimisationOutcome.OPTIMAL if is_proved else OptimisationOutcome.FEASIBLE
    return PurchasePlan(
        outcome=OptimisationOutcome.SHORT if missing else covered,
        buys=buys,
        goods_fen=sum(buy.cost_fen for buy in buys),
        fees_fen=sum(s.delivery_fee_fen for s in built.suppliers if s.supplier_id in used),
        surplus={item: bought[item] - qty for item, qty in built.demand.items() if bought.get(item, 0) > qty},
        missing=missing,
        said=tuple(_why_missing(built, item, qty) for item, qty in missing.items()),
        is_proved=is_proved,
    )


def _why_missing(built: _PurchaseModel, item: int, qty: int) -> Sentence:
    offers = [offer for offer in built.offers if offer.item_id == item]
    values: dict[str, object] = {"item": built.problem.item_names.get(item, f"#{item}"), "qty": qty}
    if not offers:
        return sentence(N_("%(item)s还差%(qty)s份：没有供应商供应。"), **values)
    if all(offer.packs_available is not None for offer in offers):
        most = sum((offer.packs_available or 0) * offer.pack_size for offer in offers)
        if most < built.demand[item]:
            return sentence(N_("%(item)s还差%(qty)s份：各供应商合计只能供应%(most)s份。"), most=most, **values)
    return sentence(N_("%(item)s还差%(qty)s份：达不到供应商的起订量或起送金额。"), **values)
