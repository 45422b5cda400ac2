"""The register as the resolver sees it: plain households, compound names and aliases, indexed for look-up.

Labels are compared by key, so `3号楼`, `3幢`, `三栋` and `3` are one building and `0302室` is room 302.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from app.core.text import chinese
from app.places.address import reading, tokens

_WHOLE_HOUSE = frozenset({"", "别墅", "整栋", "全栋", "独栋", "无", "-", "0"})
_ROOM_TAIL = "室房号户间。.，, "
_STAIRWELL_TAIL = ("单元", "单", "门", "梯", "号")


@dataclass(frozen=True, slots=True)
class RegisteredHousehold:
    """One household. `household_id` is opaque here; `stairwell` may be empty; `room` is empty for a villa."""

    household_id: Hashable
    compound: str
    building: str
    stairwell: str
    room: str

    @property
    def label(self) -> str:
        """`12-302`, or `3-1-502` where the building has stairwells."""
        return "-".join(part for part in (self.building, self.stairwell, self.room) if part)


@dataclass(frozen=True, slots=True)
class Profile:
    """Editable facts about one compound.

    aliases: other names people write, lane numbers (`500弄`) included. words: level words only used there, each with
    its level ("building", "stairwell", "floor", "room", "lane", "area"). levels: levels an address there has to name;
    one that leaves them out is asked. buildings: other name of a building → its label (老年公寓 → 12号楼).
    """

    compound: str
    aliases: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    levels: frozenset[str] = frozenset()
    buildings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AddressScope:
    """What the place of the paste already says: the compounds a point covers, or the building a group belongs to.

    stairwell: of an address that leaves building and stairwell out. street: the lane whose houses the lines name by
    number. is_open: a heading said it, and a line may name another compound itself.
    """

    compounds: tuple[str, ...] = ()
    building: str = ""
    stairwell: str = ""
    street: str = ""
    is_open: bool = False


@lru_cache(maxsize=4096)
def building_key(label: str) -> str:
    """`3号楼`, `3幢`, `三栋`, `3` → "3"; `A座` → "A"; `甲栋`, `甲号楼` → "甲"; `商务楼` stays itself."""
    folded = chinese.fold(label).strip().upper()
    found = tokens.slots(folded, stems=tokens.STEMS)
    whole = bool(found) and found[0].start == 0 and found[-1].end == len(folded.rstrip("。. "))
    if whole and len(found) <= 3:
        parts = [slot.value.lstrip("0") or "0" for slot in found]
        if all(slot.level in ("", "building", "hash", "number", "storey") for slot in found):
            return "".join(("-" if slot.join == "dash" else "") + part for slot, part in zip(found, parts, strict=True))
    return folded


def _is_a_name(key: str) -> bool:
    """Whether a building goes by a word (望江楼), not by a number, a letter or a heavenly stem."""
    return any("\u4e00" <= ch <= "\u9fff" and ch not in tokens.STEMS for ch in key)


@lru_cache(maxsize=1024)
def stairwell_key(label: str) -> str:
    folded = chinese.fold(label).strip().upper()
    for tail in _STAIRWELL_TAIL:
        folded = folded.removesuffix(tail)
    if folded.startswith("门"):
        folded = folded[1:]
    value = chinese.numeral(folded)
    return str(value) if value is not None else folded.lstrip("0") or folded


@lru_cache(maxsize=8192)
def room_key(label: str) -> str:
    """`0302室` → "302", `三零二` → "302", `18c` → "18C", `别墅` → "" (the house is one household)."""
    folded = chinese.fold(label).strip().strip(_ROOM_TAIL).upper()
    if folded in _WHOLE_HOUSE:
        return ""
    value = chinese.numeral(folded)
    if value is not None:
        return str(value)
    if any(ch.isdigit() for ch in folded):
        folded = folded.replace("O", "0")
    return folded.lstrip("0") or folded


def compact(text: str) -> str:
    """A name without the marks people leave out: blanks, middle dots, brackets."""
    return "".join(ch for ch in chinese.fold(text) if ch not in " ·()")


class Register:
    """Households indexed by compound, building and room; immutable after construction."""

    def __init__(self, households: Iterable[RegisteredHousehold], profiles: Iterable[Profile] = ()) -> None:
        self.households: dict[Hashable, RegisteredHousehold] = {}
        self.by_room: dict[tuple[str, str, str], list[RegisteredHousehold]] = defaultdict(list)
        self.by_label: dict[tuple[str, str], dict[str, list[RegisteredHousehold]]] = defaultdict(dict)
        """(compound, room) → building → households."""
        self.by_building: dict[tuple[str, str], list[RegisteredHousehold]] = defaultdict(list)
        self.buildings: dict[str, set[str]] = defaultdict(set)
        for household in households:
            self._add(household)
        self.names: dict[str, set[str]] = defaultdict(set)
        self.lanes: dict[str, set[str]] = defaultdict(set)
        self.words: dict[str, str] = dict(tokens.LEVEL_WORDS)
        for compound in self.buildings:
            self._name(compound, compound)
        self.levels: dict[str, frozenset[str]] = {}
        for profile in profiles:
            self.levels[profile.compound] = profile.levels
            self._alias_buildings(profile)
            known = {word: level for word, level in profile.words.items() if word and level in reading.LEVELS}
            self.words.update(known)
            for alias in profile.aliases:
                self._name(alias, profile.compound)
        self._starts: dict[str, list[str]] = defaultdict(list)
        self._sizes: dict[int, list[str]] = defaultdict(list)
        for name in sorted(self.names, key=len, reverse=True):
            self._starts[name[0]].append(name)
            self._sizes[len(name)].append(name)
        every = [(compound, key) for compound, keys in self.buildings.items() for key in keys]
        self.named_buildings = {(compound, key) for compound, key in every if len(key) > 1 and _is_a_name(key)}
        self.stems = frozenset(key[0] for _compound, key in every if key and not _is_a_name(key)) & tokens.STEMS
        """甲, 乙 … where they number buildings: then such a character in an address is no word."""

    def _add(self, household: RegisteredHousehold) -> None:
        building, room = building_key(household.building), room_key(household.room)
        self.households[household.household_id] = household
        self.by_room[household.compound, building, room].append(household)
        self.by_label[household.compound, room].setdefault(building, []).append(household)
        self.by_building[household.compound, building].append(household)
        self.buildings[household.compound].add(building)

    def _alias_buildings(self, profile: Profile) -> None:
        """The rooms of a building under its other names; a name that another building bears already is left out."""
        for alias, label in profile.buildings.items():
            key, real = building_key(alias), building_key(label)
            if not key or key in self.buildings[profile.compound] or real not in self.buildings[profile.compound]:
                continue
            self.buildings[profile.compound].add(key)
            self.by_building[profile.compound, key] = self.by_building[profile.compound, real]
            for household in self.by_building[profile.compound, real]:
                self.by_room[profile.compound, key, room_key(household.room)].append(household)

    def _name(self, name: str, compound: str) -> None:
        folded = chinese.fold(name)
        short = folded.split("(")[0].strip() if "(" in folded and not folded.startswith("(") else folded
        for form in {compact(name), compact(short)}:
            if len(form) >= 2:
                self.names[form].add(compound)
        for slot in tokens.slots(folded):
            if slot.level == "lane":
                self.lanes[compound].add(slot.value)

    def names_from(self, first: str) -> list[str]:
        """Compact compound names that begin with this character, longest first."""
        return self._starts.get(first, [])

    def names_of(self, size: int) -> list[str]:
        """Compact compound names of this length."""
        return self._sizes.get(size, [])

    def rooms(self, compound: str, read: reading.AddressReading, building: str) -> list[RegisteredHousehold]:
        """Households of the compound that the reading can mean; the stairwell must agree where the text names one."""
        room = room_key(read.room)
        if read.floor and len(room) > 2 and not room.startswith(read.floor):
            return []
        found = self.by_room.get((compound, building, room), [])
        if not read.stairwell:
            return found
        wanted = stairwell_key(read.stairwell)
        return [household for household in found if stairwell_key(household.stairwell) == wanted]
