"""The kinds of sheets: each is registered once, beside what builds it in `app/printing/sheets/`. Pure.

A new kind is a module with its rows, a module beside it whose name ends in ``_context`` (what the rows are read from,
and the registration), a template and a test; everything else (print centre, kit, sheet numbers, group texts, what is
out of date) reads the registration.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any

from app.core.sentences import N_


class SheetStage(IntEnum):
    """When in the loop a sheet is wanted, in order."""

    POSTED = 1
    BOUGHT = 2
    BAGGED = 3
    CARRIED = 4
    AFTERWARDS = 5
    EMERGENCY = 6
    UNLISTED = 7  # made by a page of its own, not by the print centre


_STAGE_LABELS = {
    SheetStage.POSTED: N_("张贴与接单"),
    SheetStage.BOUGHT: N_("汇总、采购、收货"),
    SheetStage.BAGGED: N_("分配与装袋"),
    SheetStage.CARRIED: N_("配送与发放"),
    SheetStage.AFTERWARDS: N_("异常与结算"),
    SheetStage.EMERGENCY: N_("断网时"),
    SheetStage.UNLISTED: "",
}

# What makes a printed sheet stale: tables whose events may change it, by what the sheet is about.
ORDERS = "household_order cycle"
PACKED = f"{ORDERS} bag allocation_run"
PLANNED = f"{PACKED} plan round stop building gate blackout"

Expected = Mapping[int, int] | Mapping[None, int] | Mapping[int | None, int]
"""Service point → sheets there should be; under None what covers the whole subdistrict."""


@dataclass(frozen=True, kw_only=True)
class SheetKind:
    """A kind of sheet.

    ``code``: its letters in sheet numbers. ``place``: its order within the stage. ``sheet``: the class of its sheets,
    which names the template. ``prepare``: `contexts.builder.SheetBuilder` → its sheets, each a `Prepared`.
    ``watches``: tables whose events may change it, divided by spaces. ``group_text``: (ground, address of ordering) →
    building → what to say in its group. ``expected``: `contexts.expected.Counted` → how many there should be; None
    where nobody knows before it is prepared. ``has_wave``: printed for each wave. ``is_wide``: about the whole
    subdistrict, so it takes the permission there. ``is_in_kit``: part of the emergency kit; posters hang already, blank
    forms come with it, and it is printed on sheets, not on a roll. ``part_place``: its place among the sheets of one
    building or round, 0 where it is not one of them.
    """

    key: str
    code: str
    label_zh: str
    reader_zh: str
    stage: SheetStage
    place: int
    watches: str
    sheet: Any = None
    prepare: Callable[[Any], Iterator[Any]] | None = None
    group_text: Callable[[Any, str], Callable[[Any], Any]] | None = None
    expected: Callable[[Any], Expected] | None = None
    has_wave: bool = False
    is_wide: bool = False
    is_in_kit: bool = True
    part_place: int = 0

    @property
    def stage_zh(self) -> str:
        """The stage in words."""
        return _STAGE_LABELS[self.stage]

    @property
    def watched_tables(self) -> frozenset[str]:
        """The tables of ``watches``; a sheet that is built has languages, help number and margins on it as well."""
        return frozenset(self.watches.split()) | ({"subdistrict"} if self.prepare else set())


KIT = SheetKind(
    key="kit_cover",
    code="KI",
    label_zh=N_("应急包"),
    reader_zh=N_("每个人"),
    stage=SheetStage.EMERGENCY,
    place=1,
    watches=PLANNED,
    expected=lambda _counted: {None: 1},
    has_wave=True,
    is_wide=True,
)
"""The kit binds sheets of other kinds, so nothing prepares it."""

_SHEETS = "app.printing.sheets"
_registered: dict[str, SheetKind] = {KIT.key: KIT}


def register(kind: SheetKind) -> SheetKind:
    """Make a kind known; called where its module is imported.

    Raises:
        ValueError: its key or its code is taken.
    """
    for known in _registered.values():
        if kind.key == known.key or kind.code == known.code:
            raise ValueError(f"sheet kind {kind.key} ({kind.code}) is registered already, by {known.key}")
    _registered[kind.key] = kind
    return kind


@cache
def by_key() -> Mapping[str, SheetKind]:
    """All kinds, in order of the loop; each module of sheets is imported once for it."""
    package = import_module(_SHEETS)
    for module in pkgutil.walk_packages(package.__path__, f"{_SHEETS}."):
        import_module(module.name)
    ordered = sorted(_registered.values(), key=lambda kind: (kind.stage, kind.place))
    return MappingProxyType({kind.key: kind for kind in ordered})


@cache
def _by_code() -> Mapping[str, str]:
    return {kind.code: kind.key for kind in by_key().values()}


def key_of_code(code: str) -> str | None:
    """The kind whose sheet numbers begin with these letters."""
    return _by_code().get(code)


def printable() -> Mapping[str, SheetKind]:
    """The kinds that can be asked for: all but the kit, which has a request of its own."""
    return {key: kind for key, kind in by_key().items() if kind is not KIT}


def listed() -> tuple[SheetKind, ...]:
    """The kinds of the print centre, without the kit."""
    return tuple(kind for kind in printable().values() if kind.stage is not SheetStage.UNLISTED)


def of_parts() -> tuple[SheetKind, ...]:
    """The kinds that belong to one building or round, in the order in which they are handed over with it."""
    found = (kind for kind in printable().values() if kind.part_place)
    return tuple(sorted(found, key=lambda kind: kind.part_place))


def wave_of(kind: str, wave: int) -> int:
    """Return the wave a sheet of the kind is filed under: 0 for kinds that cover the whole cycle."""
    return wave if by_key().get(kind, KIT).has_wave else 0
