"""How a household's goods become bags, and what is written on each.

One household, one bag by default. It is split into k of n only where it must be:

    goods                                      bags (limit 8 kg, 30 l)
    2 kg rice, 1 kg greens                     1
    10 kg rice (one unit)                      1, marked heavy: a unit cannot be cut
    10 kg rice, 1 kg greens                    2
    greens, frozen dumplings                   2: frozen apart
    yoghurt (chilled), dumplings (frozen)      2: each at its own temperature
    12 × 1 kg flour                            2
    eggs (fragile), rice (heavy), one bag      packed heavy first, fragile last

Deterministic: the same goods give the same bags, in whatever order the lines come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.core import codes

COLD = frozenset({"chilled", "frozen"})
_STORAGE_ORDER = {"ambient": 0, "chilled": 1, "frozen": 2}
_CODE_LENGTH = 8
_WAVES, _BAGS = 50, 100


@dataclass(frozen=True, slots=True)
class GoodsToPack:
    """`qty` units of one order line. `storage`: a value of the Storage enum."""

    line_id: int
    qty: int
    weight_g: int
    volume_ml: int
    storage: str = "ambient"
    is_fragile: bool = False

    def __post_init__(self) -> None:
        if self.storage not in _STORAGE_ORDER:
            raise ValueError(f"nothing is stored {self.storage!r}")
        if self.qty < 0 or self.weight_g < 0 or self.volume_ml < 0:
            raise ValueError("goods cannot be fewer or lighter than nothing")


@dataclass(frozen=True, slots=True)
class BagLimits:
    """What one bag may hold, and from which weight it is marked heavy."""

    weight_g: int = 8_000
    volume_ml: int = 30_000
    heavy_g: int = 7_000


@dataclass(frozen=True, slots=True)
class PlannedBag:
    """Bag `seq` of `of`: line id → units, in packing order (heavy first, fragile last)."""

    seq: int
    of: int
    units: Mapping[int, int]
    weight_g: int
    volume_ml: int
    is_cold: bool
    is_fragile: bool
    is_heavy: bool


@dataclass(slots=True)
class _Open:
    storage: str
    weight_g: int = 0
    volume_ml: int = 0
    is_fragile: bool = False
    units: dict[int, int] = field(default_factory=dict)

    def room_for(self, goods: GoodsToPack, limits: BagLimits) -> int:
        """How many units of `goods` still fit; one always fits into an empty bag, for a unit cannot be cut."""
        if self.weight_g > limits.weight_g or self.volume_ml > limits.volume_ml:
            return 0
        by_weight = (limits.weight_g - self.weight_g) // goods.weight_g if goods.weight_g else goods.qty
        by_volume = (limits.volume_ml - self.volume_ml) // goods.volume_ml if goods.volume_ml else goods.qty
        return max(min(by_weight, by_volume), 0 if self.units else 1)

    def put(self, goods: GoodsToPack, qty: int) -> None:
        self.weight_g += qty * goods.weight_g
        self.volume_ml += qty * goods.volume_ml
        self.is_fragile = self.is_fragile or goods.is_fragile
        self.units[goods.line_id] = self.units.get(goods.line_id, 0) + qty


def split_into_bags(goods: Iterable[GoodsToPack], limits: BagLimits | None = None) -> tuple[PlannedBag, ...]:
    """Bags k of n for one household: by temperature, then first fit, heaviest units first and fragile ones last."""
    limits = limits or BagLimits()
    opened: list[_Open] = []
    for one in sorted(goods, key=_packing_order):
        left = one.qty
        for bag in (bag for bag in opened if bag.storage == one.storage):
            fits = min(left, bag.room_for(one, limits))
            if fits > 0:
                bag.put(one, fits)
                left -= fits
        while left > 0:
            bag = _Open(one.storage)
            fits = min(left, bag.room_for(one, limits))
            bag.put(one, fits)
            opened.append(bag)
            left -= fits
    return tuple(_planned(bag, seq, len(opened), limits) for seq, bag in enumerate(opened, start=1))


def _packing_order(goods: GoodsToPack) -> tuple[int, bool, int, int, int]:
    return (_STORAGE_ORDER[goods.storage], goods.is_fragile, -goods.weight_g, -goods.volume_ml, goods.line_id)


def _planned(bag: _Open, seq: int, of: int, limits: BagLimits) -> PlannedBag:
    return PlannedBag(
        seq=seq,
        of=of,
        units=dict(bag.units),
        weight_g=bag.weight_g,
        volume_ml=bag.volume_ml,
        is_cold=bag.storage in COLD,
        is_fragile=bag.is_fragile,
        is_heavy=bag.weight_g >= limits.heavy_g,
    )


def bag_code(order_id: int, wave: int, seq: int) -> str:
    """The code of bag `seq` of an order in a wave: always the same for the same bag, eight characters and a check.

    Raises ValueError beyond wave 49, bag 99 of an order or order 170,578,207.
    """
    if not (0 <= wave < _WAVES and 1 <= seq < _BAGS):
        raise ValueError(f"an order has at most {_BAGS - 1} bags in each of {_WAVES - 1} waves")
    return codes.encode((order_id * _WAVES + wave) * _BAGS + seq, _CODE_LENGTH)


def read_bag_code(text: str) -> str | None:
    """The plain bag code that somebody typed or scanned, or None if it cannot be one."""
    code = codes.normalise(text)
    return code if code is not None and len(code) == _CODE_LENGTH + 1 else None
