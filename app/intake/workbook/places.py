"""Which household a row of an order sheet means, and what its remark says against it.

columns 楼号/房号   详细地址    remark                  outcome
one household     same/none   none or same address    that household
none              household   none or same address    that household
one household     another     any                     asked (address_conflict), both as candidates
one household     any         送到 another address      asked (redirect), the other as `deliver_to`
none              none        any                     asked with the reason

The name of the sheet and what stands above the column titles say what the columns leave out (工作表 "7号楼").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.core.text import chinese
from app.core.text.redirects import asks_for_redirect
from app.intake.grammar import words
from app.intake.grammar.entry import unsettled
from app.intake.grammar.goods.lexicon import Lexicon
from app.intake.grammar.lines.heading_context import NOTHING_SAID, Hearing
from app.intake.grammar.model import EntryFlag
from app.intake.grammar.people import doubts
from app.intake.grammar.people.mentions import BUILDINGS, ROOMS, Level, PlaceMention, groups, mentions
from app.intake.grammar.people.spelling import spell_addresses
from app.intake.workbook.codes import NO_CODES, TableCodes
from app.intake.workbook.rows import PLACE, OrderRowOfFile
from app.places.address.rules import (
    AddressReason,
    AddressScope,
    Register,
    RegisteredHousehold,
    Resolution,
    building_key,
    locate,
    resolve,
    room_key,
    stairwell_key,
)  # fmt: skip

_LIMIT = 200
_MOST_CANDIDATES = 8
_CHANGES = re.compile(
    "取消|不要|不用|不需要|不订|不买|退|作废|删|改|换|多订|多要|再加|再要|加[一二两三四\\d]|少[一二两三四\\d]|减|补[一二两三四\\d]|待补|待定|填错|写错|重复"
)
_SUBSTITUTION = re.compile(
    "(?:没有|没货|无货|缺货|如无|断货|卖完)[^,，。;；]{0,3}(?:就|则)?(?:不要|不用|不换|退|算|换|改)[^,，。;；]{0,4}|不要(?:替换|换|辣|葱|香菜|敲门|打电话)"
)


@dataclass(frozen=True, slots=True)
class RowPlace:
    """A household, or why it is not certain."""

    household: RegisteredHousehold | None
    reason: str = ""
    candidates: tuple[RegisteredHousehold, ...] = ()
    deliver_to: RegisteredHousehold | None = None
    flags: frozenset[EntryFlag] = frozenset()


def remark_changes(remark: str) -> str:
    """Why a remark makes the row wait: it withdraws or changes something, "" when it does not."""
    left = _SUBSTITUTION.sub(" ", chinese.fold(remark))
    if unsettled.of_earlier(left) or unsettled.of_number(left):
        return "change_unclear"
    if not _CHANGES.search(left):
        return ""
    return "cancel_and_order" if re.search("取消|不要|退|作废|删|不订|不买", left) else "change_unclear"


class Places:
    """Finds households for the rows of one sheet. said: the sheet's name and what stands above its column titles."""

    def __init__(
        self,
        register: Register,
        lexicon: Lexicon,
        scope: AddressScope | None,
        said: Sequence[str],
        codes: TableCodes = NO_CODES,
    ) -> None:
        self.register, self.scope, self.codes = register, scope, codes
        self.hearing = Hearing(register, lexicon, scope)
        self.standing = NOTHING_SAID
        for text in said:
            told = self.hearing.hear(f"【{text}】" if text and ":" not in text else text, self.standing)
            self.standing = told.standing if told is not None else self.standing
        self.around = self._around()

    def _around(self) -> AddressScope | None:
        if self.standing.scope is None:
            return self.scope
        return replace(self.standing.scope, is_open=True)

    def of(self, row: OrderRowOfFile, remark: str) -> RowPlace:
        """The household of a row."""
        columns = self._by_number(row) or self._from_columns(row)
        written = self._resolved(row.get("address")) if row.get("address") else None
        chosen = columns.household if columns else None
        other = written.household if written else None
        if chosen and other and chosen != other:
            place = RowPlace(chosen, "address_conflict", (chosen, other))
        elif chosen or other:
            place = RowPlace(chosen or other)
        else:
            failed = columns or written
            place = RowPlace(None, failed.reason.value if failed else "no_address", failed.candidates if failed else ())
        return self._with_remark(place, remark)

    def _resolved(self, text: str) -> Resolution:
        """A whole address in one cell."""
        spelled = spell_addresses(chinese.fold(text)[:_LIMIT], self.hearing.names)
        found = mentions(spelled, self.hearing.names)
        by_name = next(
            (each for each in found if each.level is Level.BUILDING and each.value in self.hearing.names.stems), None
        )
        resolution = self._of_stem(found, by_name) if by_name else resolve(spelled, self.register, self.around)
        home = resolution.household
        if any(each.level is Level.UNKNOWN for each in found):
            return replace(resolution, household=None, confidence=0, reason=AddressReason.UNKNOWN_BUILDING)
        whole = [group for group in groups(spelled, found) if any(each.level in ROOMS for each in group)]
        if home and not all(doubts.mentions_agree(group, [home]) for group in whole):
            return replace(resolution, household=None, confidence=0, reason=AddressReason.AMBIGUOUS, candidates=(home,))
        return resolution

    def _of_stem(self, found: Sequence[PlaceMention], building: PlaceMention) -> Resolution:
        """`甲1单元201`, `丙-2-302`."""
        named = {c for each in found if each.level is Level.COMPOUND for c in each.compounds}
        stairwell = next((each.value for each in found if each.level is Level.STAIRWELL), "")
        room = next((each.value for each in found if each.level in (Level.ROOM, Level.NUMBER)), "")
        chain = next((each.value for each in found if each.level is Level.CHAIN), "")
        if chain:
            stairwell, _dash, room = chain.rpartition("-")
        return self._looked_up(named or set(self.register.buildings), building.value, stairwell, room)

    def _by_number(self, row: OrderRowOfFile) -> Resolution | None:
        """Of a row that names its building by number; None where no building has that number."""
        known = self.codes.buildings.get(row.get("building_code"))
        if known is None:
            return None
        compound, label = known
        return self._looked_up({compound}, building_key(label), row.get("stairwell"), chinese.fold(row.get("room")))

    def _from_columns(self, row: OrderRowOfFile) -> Resolution | None:
        cells = {name: chinese.fold(row.get(name)).strip(" 。.") for name in PLACE}
        number = row.get("compound_code")
        cells["compound"] = self.codes.compounds.get(number) or cells["compound"] or cells["compound_code"]
        if not any(cells.values()):
            return None
        if not cells["building"] and not cells["lane"] and not cells["compound"] and not _is_plain(cells["room"]):
            return self._resolved(cells["room"])
        compounds = self._compounds(cells)
        if compounds is None:
            return Resolution(None, 0, AddressReason.UNKNOWN_PLACE)
        building, inside = self._building(cells["building"], compounds)
        if building is None:
            whole = f"{cells['compound']}{cells['building']}{cells['stairwell']}{cells['room']}"
            return self._resolved(whole)
        scope = self.around
        stairwell = cells["stairwell"]
        if not cells["building"] and not stairwell and scope is not None:
            stairwell = scope.stairwell
        return self._looked_up(inside, building, stairwell, cells["room"])

    def _compounds(self, cells: dict[str, str]) -> set[str] | None:
        """The compounds that the row may be in; None where it names one that nobody knows."""
        said = cells["compound"] + (cells["lane"].removesuffix("弄") + "弄" if cells["lane"] else "")
        if not said:
            scope = self.around
            return set(scope.compounds if scope and scope.compounds else self.register.buildings)
        if said in self.register.buildings:
            return {said}
        found = [each for each in mentions(said, self.hearing.names) if each.level is Level.COMPOUND]
        if not found:
            return None
        return set.intersection(*(set(each.compounds) for each in found))

    def _building(self, cell: str, compounds: set[str]) -> tuple[str | None, set[str]]:
        """(key, the compounds it may be in) of the building column; the sheet's own building for an empty cell."""
        scope = self.around
        if not cell:
            if scope is not None and scope.building:
                return building_key(scope.building), compounds
            return "", compounds
        names = self.hearing.names
        found = mentions(cell if not cell[-1:].isdigit() else f"{cell}号楼", names)
        named = {c for each in found if each.level is Level.COMPOUND for c in each.compounds}
        compounds = named or compounds
        last = found[-1] if found else None
        if last is not None and last.level is Level.HOUSE:
            return building_key(last.value), compounds & set(last.compounds) or set(last.compounds)
        if scope is not None and scope.street and last is not None and last.level is Level.BUILDING:
            keys = names.streets.get(scope.street, {})
            key = next((keys[c][last.value] for c in compounds if c in keys and last.value in keys[c]), None)
            return (key or cell), compounds
        if last is not None and last.level in BUILDINGS and not any(ch in cell for ch in "-室"):
            return building_key(last.value), compounds
        key = building_key(cell)
        known = any(key in self.register.buildings[compound] for compound in compounds)
        if known or cell in names.stems:
            return key, compounds
        return (None, compounds) if any(ch in cell for ch in "-—室") else (key, compounds)

    def _looked_up(self, compounds: set[str], building: str, stairwell: str, room: str) -> Resolution:
        """The households of these labels; asked unless there is exactly one."""
        if not building:
            return Resolution(None, 0, AddressReason.NO_BUILDING)
        label = room_key(room.removesuffix("号"))
        homes = [h for c in sorted(compounds) for h in self.register.by_room.get((c, building, label), [])]
        wanted = stairwell_key(stairwell) if stairwell else ""
        fits = [h for h in homes if not wanted or stairwell_key(h.stairwell) == wanted]
        fits = list({h.household_id: h for h in fits}.values())
        if len(fits) == 1:
            return Resolution(fits[0], 100, AddressReason.EXACT, (fits[0],))
        if len(fits) > 1:
            one_building = len({h.compound for h in fits}) == 1
            reason = AddressReason.NO_STAIRWELL if one_building and not wanted else AddressReason.AMBIGUOUS
            return Resolution(None, 0, reason, tuple(fits[:_MOST_CANDIDATES]))
        known = any(building in self.register.buildings[compound] for compound in compounds)
        if not known:
            return Resolution(None, 0, AddressReason.UNKNOWN_BUILDING)
        if not label:
            return Resolution(None, 0, AddressReason.NO_ROOM)
        reason = AddressReason.UNKNOWN_STAIRWELL if homes else AddressReason.UNKNOWN_ROOM
        return Resolution(None, 0, reason, tuple(homes[:_MOST_CANDIDATES]))

    def _with_remark(self, place: RowPlace, remark: str) -> RowPlace:
        """An address in the remark may repeat, contradict or redirect."""
        if not remark:
            return place
        spelled = spell_addresses(chinese.fold(remark)[:_LIMIT], self.hearing.names)
        found = [each for each in locate(spelled, self.register, words.SHORT_UNITS, self.scope) if each.is_strong]
        said = found[0].resolution.household if found else None
        before = spelled[: found[0].start] if found else spelled
        moved = any(word in before for word in words.REDIRECTS) if found else asks_for_redirect(spelled)
        if (moved and said != place.household) or (not found and moved):
            candidates = (*place.candidates, *(found[0].resolution.candidates if found else ()))
            flags = frozenset({EntryFlag.REDIRECT})
            return replace(place, reason="redirect", deliver_to=said, candidates=candidates, flags=flags)
        if said is not None and said != place.household:
            mine = (place.household,) if place.household else ()
            candidates = tuple(dict.fromkeys((*place.candidates, *mine, said)))
            return replace(place, reason="address_conflict", candidates=candidates)
        told = groups(spelled, mentions(spelled, self.hearing.names))
        if place.household and not all(doubts.mentions_agree(group, [place.household]) for group in told):
            return replace(place, reason="address_conflict", candidates=(place.household,))
        return place


def _is_plain(room: str) -> bool:
    """Whether a cell holds nothing but the number of a room."""
    return (
        bool(room)
        and room.rstrip("室号户").isalnum()
        and not any("\u4e00" <= ch <= "\u9fff" for ch in room.rstrip("室号户"))
    )
