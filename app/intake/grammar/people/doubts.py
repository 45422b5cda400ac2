"""When the place of an order is not certain although its numbers fit a household: then a person decides.

the line                                             doubt
names a house or lane that nobody knows               unknown_building
is below a heading that ended the place               place_ended
10号102, where a lane has a house 10 too              ambiguous
401（8号楼）, 听雨阁朋友代收 on a line of 听雪阁           place_behind: the words and the household differ
4号楼303（北）                                          unknown_place: brackets that seem to name a place
3栋201 below 二期, after a line that named 一期          ambiguous, where 一期 has it too
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence, Set
from dataclasses import replace

from app.intake.grammar.entry.draft import EntryDraft
from app.intake.grammar.goods.lexicon import Lexicon
from app.intake.grammar.lines.heading_context import HeadingContext, Hearing, Needs
from app.intake.grammar.model import ChainLine, Change, EntryOutcome
from app.intake.grammar.people import elsewhere
from app.intake.grammar.people.mentions import BUILDINGS, ROOMS, Level, PlaceMention, groups, mentions
from app.places.address.rules import RegisteredHousehold, building_key, room_key, stairwell_key

_PLACE_BRACKET = re.compile(r"\(([东西南北中前后]边?|[^()]{1,6}[区期弄苑园村巷楼幢栋座])\)")
_BRACKET = re.compile(r"\([^()]*\)")
_SPARED = re.compile(
    r"\((?:不是[^()]{2,20}|[^()]{2,20}(?:不动|不变)|"
    r"[^()\d]{1,8}那[家户个]是我[^()\d]{1,4}(?:[,，](?:我们家?|我家|我)也要)?)\)"
)
"""（不是210弄的）, （210弄的不动）: another place, named to tell this one from it."""
_CORRECTED = re.compile(
    r"^[^改]*(?:[说写报打填]错|多写|写多|[拍订买]多|多[拍订买]|"
    r"只要[^ ,，]{1,4}了(?![^ ,，。])|\d[^\d改]{0,2} ?(?:→|->|=>))[^改]*$"
)
"""Words that correct without saying that they change."""
_THE_ONE_ABOVE = re.compile("上一?条|上面那条|前面那条|刚才那条")
_TOUCHING = re.compile(r"(?P<said>[\u4e00-\u9fff]{1,6})[加减退](?=[\d一二两三四五六七八九十])")
_RESTATED = re.compile(r"(?:只要|[\d一二两三四五六七八九十] ?[\u4e00-\u9fff]{1,2}(?:就|也)?够了)")
"""455弄7号203 牛奶1箱够了: of a household that ordered it above."""
STRAYED = "ambiguous:strayed"
"""Ambiguous only because a line above named another compound."""
_PLACES = frozenset({Level.COMPOUND, Level.STREET, *BUILDINGS})


def of_place(
    text: str, drafts: Sequence[EntryDraft], standing: HeadingContext, strays: set[str], hearing: Hearing
) -> str:
    """Why the place of a line is not certain, "" when it is. strays: compounds that lines above named themselves.

    One doubt is enough to ask, and the first is the reason that is shown: what the line names itself comes before what
    it inherits, and both before how words and household agree, which needs a household.
    """
    found = mentions(text, hearing.names)
    levels = {each.level for each in found}
    if Level.UNKNOWN in levels:
        return "unknown_building"
    if standing.needs is Needs.COMPOUND and not levels & {Level.COMPOUND, Level.HOUSE}:
        return "place_ended"
    only = [draft.household for draft in drafts if draft.household and _is_only_building(draft.household, hearing)]
    if standing.needs is Needs.BUILDING and only and not levels & {*BUILDINGS, Level.CHAIN}:
        return "place_ended"
    if _may_be_a_house(found, standing, hearing):
        return "ambiguous"
    if _is_half_a_house(found, hearing):
        return "ambiguous"
    homes = [draft.household for draft in drafts if draft.household]
    if not homes:
        return ""
    if _only_in_a_bracket(text, found):
        return "place_behind"
    spared = [match.span() for match in _SPARED.finditer(text)]
    for group in groups(text, found):
        is_other = any(start <= group[0].start < end for start, end in spared)
        if mentions_agree(group, homes) == is_other:
            return "place_behind"
    if elsewhere.hints_elsewhere(text, found, homes, hearing.register, hearing.names) or elsewhere.of_somebody_else(
        text
    ):
        return "place_behind"
    if any(
        not any(match.start() < each.end and each.start < match.end() for each in found)
        for match in _PLACE_BRACKET.finditer(text)
    ):
        return "unknown_place"
    return STRAYED if _may_be_strayed(found, homes, strays, hearing) else ""


def is_of_order_above(drafts: Sequence[EntryDraft], ordered: Collection[object]) -> bool:
    """Whether a line changes or withdraws what that household ordered above: then it strayed to no other compound."""
    changed = (EntryOutcome.AMEND, EntryOutcome.CANCEL)
    return all(d.outcome in changed and d.household and d.household.household_id in ordered for d in drafts)


def _only_in_a_bracket(text: str, found: Sequence[PlaceMention]) -> bool:
    """`2-1-501 大米1（紫薇园的朋友代收）`: a compound that only words in brackets behind the goods name."""
    named = [each for each in found if each.level is Level.COMPOUND]
    brackets = [each for each in _BRACKET.finditer(text) if not _SPARED.fullmatch(each.group())]
    inside = [m for m in brackets if any(m.start() < each.start and each.end < m.end() - 1 for each in named)]
    apart = all(any(m.start() < each.start < m.end() for m in inside) for each in named)
    return bool(named) and bool(inside) and apart


def ask_household(draft: EntryDraft, reason: str) -> EntryDraft:
    """An order whose household is only a proposal."""
    if draft.outcome in (EntryOutcome.SKIP, EntryOutcome.HEAD) or (
        draft.outcome is EntryOutcome.REVIEW and draft.household is None
    ):
        return draft
    proposed = (draft.household,) if draft.household else ()
    waiting = replace(draft, outcome=EntryOutcome.REVIEW, household=None, reason=reason)
    return replace(waiting, candidates=tuple(dict.fromkeys((*proposed, *draft.candidates))))


def named_elsewhere(text: str, standing: HeadingContext, hearing: Hearing) -> set[str]:
    """The compounds outside of the heading's that a line names."""
    if standing.scope is None or not standing.scope.compounds:
        return set()
    found = mentions(text, hearing.names)
    return {c for each in found if len(each.compounds) == 1 for c in each.compounds} - set(standing.scope.compounds)


def settled_against_others(found: Sequence[ChainLine], lexicon: Lexicon) -> list[ChainLine]:
    """Changes that another line of the paste makes unclear are asked.

    7-302 1份 and 7-302 2份❌        is the first still wanted?
    1203取消 below 望海楼, after 听雪1203 1份    whose order?
    """
    found = _corrections(found, lexicon)
    orders = _Orders(found)
    settled = []
    above: set[object] = set()
    for line in found:
        home = line.household
        above |= {home.household_id} if home is not None and line.outcome is EntryOutcome.ROW else set()
        changes = home is not None and line.outcome in (EntryOutcome.AMEND, EntryOutcome.CANCEL)
        if home is not None and changes and line.reason == "struck" and orders.of[home.household_id]:
            line = line._replace(outcome=EntryOutcome.REVIEW, reason="struck_twice")
        elif (
            home is not None and changes and (orders.may_be_another(line, home, above) or orders.is_missing(line, home))
        ):
            line = line._replace(outcome=EntryOutcome.REVIEW, household=None, candidates=(home,), reason="ambiguous")
        settled.append(line)
    return settled


class _Orders:
    """Who ordered in a paste, for the lines that change something."""

    def __init__(self, found: Sequence[ChainLine]) -> None:
        self.of: dict[object, int] = Counter()
        self.by_room: dict[tuple[str, ...], set[object]] = defaultdict(set)
        self.lists: set[int] = set()
        """Lists that hold rows."""
        self.maybe: set[object] = set()
        """Households that lines which wait may be of."""
        for line in found:
            if line.outcome is EntryOutcome.ROW and line.household is not None and line.continues is None:
                self.of[line.household.household_id] += 1
                self.lists.add(line.list_no)
                for key in _flat_keys(line.household):
                    self.by_room[key].add(line.household.household_id)
            elif line.outcome is EntryOutcome.REVIEW:
                self.maybe |= {home.household_id for home in line.candidates}

    def may_be_another(self, line: ChainLine, home: RegisteredHousehold, above: Set[object]) -> bool:
        """Whether several households ordered that are the same flat but for what a heading says."""
        room, flat = _flat_keys(home)
        if line.inherits == "strayed":
            return len(self.by_room[flat] & above) > 1
        return line.inherits == "building" and len(self.by_room[room]) > 1

    def is_missing(self, line: ChainLine, home: RegisteredHousehold) -> bool:
        """Whether the list below the heading holds orders, and none of this household; an entry with a number of its
        own, or one that is struck out, is the order itself.
        """
        known = bool(self.of[home.household_id]) or home.household_id in self.maybe
        apart = line.number is None and line.reason != "struck"
        return apart and bool(line.inherits) and line.list_no in self.lists and not known


def _flat_keys(home: RegisteredHousehold) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The room alone, and the room in its building and stairwell."""
    room = room_key(home.room)
    return (room,), (building_key(home.building), stairwell_key(home.stairwell), room)


def _corrections(found: Sequence[ChainLine], lexicon: Lexicon) -> list[ChainLine]:
    """`3-502 说错了 鸡蛋是2板` corrects an order above of that household and good; without one, ask.

    鸡蛋不要了 西瓜留着 keeps what was ordered above; a melon that nobody ordered above may be a new wish.
    """
    ordered: set[tuple[object, str]] = set()
    settled = []
    for line in found:
        keys = {(line.household, item.item) for item in line.items}
        if line.outcome is EntryOutcome.AMEND and _CORRECTED.search(line.raw) and not keys <= ordered:
            proposed = (line.household,) if line.household else ()
            line = line._replace(
                outcome=EntryOutcome.REVIEW, household=None, candidates=proposed, reason="unclear_words"
            )
        if line.outcome is EntryOutcome.AMEND and not keys <= ordered and _changes_a_good(line.raw, lexicon):
            line = line._replace(outcome=EntryOutcome.REVIEW, reason="change_unclear")
        if line.outcome is EntryOutcome.ROW and keys and keys <= ordered and _RESTATED.search(line.raw):
            line = line._replace(outcome=EntryOutcome.AMEND, change=Change.SET)
        if line.reason == "paid_only":
            above = any(home == line.household for home, _item in ordered)
            line = line._replace(reason="no_quantity")
            line = line._replace(outcome=EntryOutcome.SKIP, reason="remark", household=None) if above else line
        if line.outcome is EntryOutcome.CANCEL and line.items and line.household is not None and not lexicon.is_open:
            kept = {(line.household, good) for good in lexicon.mentioned(line.text)} - keys
            if not kept <= ordered:
                line = line._replace(outcome=EntryOutcome.REVIEW, reason="change_unclear")
        of_one = line.outcome is EntryOutcome.CANCEL and bool(_THE_ONE_ABOVE.search(line.raw))
        if of_one and sum(household == line.household for household, _item in ordered) != 1:
            line = line._replace(outcome=EntryOutcome.REVIEW, reason="change_unclear")
        if line.outcome is EntryOutcome.ROW:
            ordered |= keys
        settled.append(line)
    return settled


def _changes_a_good(text: str, lexicon: Lexicon) -> bool:
    """`土豆加1袋`: a change that touches its good, which somebody has to have ordered."""
    match = _TOUCHING.search(text)
    said = match["said"] if match else ""
    return any(lexicon.knows(said[at:]) for at in range(len(said)))


def inherited_level(text: str, standing: HeadingContext, hearing: Hearing) -> str:
    """What a line has from a heading only: its "building", its "compound" or nothing ("")."""
    if standing.scope is None:
        return ""
    levels = {each.level for each in mentions(text, hearing.names)}
    if not levels & {*_PLACES, Level.CHAIN}:
        return "building"
    return "" if levels & {Level.COMPOUND, Level.HOUSE, Level.STREET} else "compound"


def _is_only_building(home: RegisteredHousehold, hearing: Hearing) -> bool:
    return len(hearing.register.buildings[home.compound]) == 1


def _may_be_a_house(found: Sequence[PlaceMention], standing: HeadingContext, hearing: Hearing) -> bool:
    """`10号102` where a lane has a house 10 too, and nothing says which lane."""
    scope = standing.scope
    if any(each.level in (Level.COMPOUND, Level.HOUSE) for each in found) or (scope is not None and scope.street):
        return False
    said = next((each for each in found if each.level is Level.BUILDING and each.label.endswith("号")), None)
    around = set(scope.compounds) if scope is not None and scope.compounds else set(hearing.register.buildings)
    return said is not None and any(
        said.value in numbers
        for places in hearing.names.streets.values()
        for compound, numbers in places.items()
        if compound in around
    )


def _is_half_a_house(found: Sequence[PlaceMention], hearing: Hearing) -> bool:
    """`南305` where 南1 and 南2 have such a room: the number of the house is not said, whatever stands above."""
    levels = {each.level for each in found}
    street = next((each for each in found if each.level is Level.STREET), None)
    short = any(each.level in ROOMS and len(each.value) < 4 for each in found)
    if street is None or levels & {*BUILDINGS, Level.CHAIN} or not short:
        return False
    return any(len(numbers) > 1 for numbers in hearing.names.streets[street.value].values())


def mentions_agree(group: Sequence[PlaceMention], homes: Sequence[RegisteredHousehold]) -> bool:
    """Whether one household of the line is what a group of mentions says; numbers alone say too little to disagree."""
    if not any(each.level in _PLACES for each in group):
        return True
    rooms = [each for each in group if each.level in ROOMS]
    places = [each for each in group if each.level not in ROOMS]
    here = [home for home in homes if all(_fits(each, home) for each in places)]
    return bool(here) and all(any(_fits(each, home) for home in here) for each in rooms)


def _fits(each: PlaceMention, home: RegisteredHousehold) -> bool:
    if each.level is Level.COMPOUND:
        return home.compound in each.compounds
    if each.level is Level.STREET:
        return home.compound in each.compounds and building_key(home.building).startswith(each.value)
    if each.level is Level.HOUSE:
        return building_key(home.building) == building_key(each.value)
    if each.level is Level.BUILDING:
        mine = building_key(home.building)
        return (
            each.value in (mine, home.building) or mine.endswith(f"-{each.value}") or room_key(home.room) == each.value
        )
    if each.level is Level.STAIRWELL:
        return not home.stairwell or stairwell_key(home.stairwell) == each.value
    if each.level is Level.ROOM:
        short = each.value.isdigit() and len(each.value) <= 2  # 18层04室
        return room_key(home.room) == room_key(each.value) or (short and home.room.endswith(each.value.zfill(2)))
    if each.level is Level.NUMBER:
        return each.value in (room_key(home.room), building_key(home.building)) or _glued(each.value, home)
    if each.level is Level.CHAIN:
        return any(_glued(part, home) for part in each.value.split("-"))
    return True


def _glued(number: str, home: RegisteredHousehold) -> bool:
    """3022份: the number holds the quantity too."""
    return number.startswith(room_key(home.room)) or number.endswith(room_key(home.room))


def _may_be_strayed(
    found: Sequence[PlaceMention], homes: Sequence[RegisteredHousehold], strays: set[str], hearing: Hearing
) -> bool:
    """A building without its compound, after a line that named another compound which has that flat too."""
    if not strays or any(each.level in (Level.COMPOUND, Level.HOUSE, Level.STREET) for each in found):
        return False
    if not any(each.level in BUILDINGS or each.level is Level.CHAIN for each in found):
        return False
    return any(
        other.stairwell == home.stairwell
        for home in homes
        for compound in strays - {home.compound}
        for other in hearing.register.by_room.get((compound, building_key(home.building), room_key(home.room)), [])
    )
