"""What stands above a line: the place and the good that headings named, and when they stop to hold.

A line that orders nothing and names a place or a good ends what was inherited; the lines below get the new one only
when every word of the heading is understood.

    heading                                        place of the lines below        a line below has to bring
    7号楼： / ★★3号楼（小王负责）★★                  3号楼                            a room
    2单元： under 紫薇园3幢                          紫薇园3幢2单元                    a room
    17号楼：, which the register does not have        none                            a building
    9、10号楼合并登记                                 none                            a building
    听潮阁： / 物业群转来的：                          none                            a building, or the compound
    大家注意今天5号楼先下楼做核酸                       none                            a building
    牛奶（箱）：                                       as before                       -; bare quantities are 牛奶
    〔羊奶〕, which nobody sells                       as before                       a good
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from app.core.text import chinese
from app.intake.grammar import words
from app.intake.grammar.goods.lexicon import Lexicon
from app.intake.grammar.lines import heading_words
from app.intake.grammar.people import contacts, people
from app.intake.grammar.people.gazetteer import Gazetteer, gazetteer
from app.intake.grammar.people.mentions import BUILDINGS, ROOMS, Level, PlaceMention, mentions
from app.places.address.rules import AddressScope, Register, building_key, ends_like_place, holds_place, stairwell_key

_LONGEST = 80
_PLACE_CHARS = frozenset("弄楼阁苑园村区里湾城府庭坊居院墅轩寓邸庄栋幢座期巷号群")
_CIRCLED = {0x2460 + i: str(i + 1) for i in range(20)}
_OPENING, _CLOSING = "(【[「〖〔《『", ")】]」〗〕》』"
_BRACKETS = str.maketrans(_OPENING + _CLOSING, "(" * len(_OPENING) + ")" * len(_CLOSING))


class Needs(IntEnum):
    """What a line has to bring itself."""

    ROOM = 0
    BUILDING = 1
    COMPOUND = 2


@dataclass(frozen=True, slots=True)
class HeadingContext:
    """scope: where the lines below are, None when no heading said it. needs: what they have to name themselves.

    goods: the one good that bare quantities are of, "" when the title decides, None when a line has to name it.
    goods_inside: the good was named below the place (place, then goods), so that a new place ends it.
    """

    scope: AddressScope | None = None
    needs: Needs = Needs.ROOM
    goods: str | None = ""
    goods_inside: bool = False
    place_inside: bool = False

    @property
    def is_heard(self) -> bool:
        """Whether any heading said anything of a place."""
        return self.scope is not None or self.needs is not Needs.ROOM


NOTHING_SAID = HeadingContext()


@dataclass(frozen=True, slots=True)
class Heading:
    """A line that orders nothing, and what stands below it. is_certain: it is surely a heading and nothing else.

    names: the one good that a line names which is perhaps a title, perhaps talk.
    """

    standing: HeadingContext
    is_certain: bool
    names: str = ""


def without_ornaments(text: str) -> str:
    """The words of a line without pictures and ornaments, numbers in circles as numbers, 4 号 楼 without its blanks."""
    text = chinese.fold(text.translate(_CIRCLED))
    kept = "".join(
        ch
        if ch.isalnum() or ch in "()（）【】[]「」〖〗〔〕《》『』,，、:：/-.+#*￥¥?？"
        else ""
        if not ch.isspace()
        else " "
        for ch in people.without_pictures(text).replace("\ufe0f", "").replace("\u20e3", "")
    )
    kept = kept.translate(_BRACKETS)
    kept = heading_words.TELEPHONE.sub(" ", kept)
    kept = re.sub(r"(?<=[\d号一二三四五六七八九十]) +(?=[号楼幢栋单弄])", "", kept)
    return re.sub(r"[-.*+ ]{3,}", " ", kept).strip(" -.*+_")


def is_dressed(text: str) -> bool:
    """Whether a line has the form of a heading: brackets around it, a colon or arrow behind it, ornaments in front."""
    bare = text.strip()
    if not bare:
        return False
    last = bare[-1]
    if last in ":：" or last in "↓⬇👇▼▽" or (bare[0] in _OPENING and last in _CLOSING):
        return True
    if bare[0] in _OPENING and len(bare) <= 24 and any(ch in bare for ch in _CLOSING):
        return True
    ornaments = not (bare[0].isalnum() or bare[0] in "#@+'\"" or bare[0] in _OPENING)
    return ornaments and sum("\u4e00" <= ch <= "\u9fff" for ch in bare) <= 14 and bare[0] not in ",，。、"


class Hearing:
    """Listens to the lines of a paste for a register and a catalogue."""

    def __init__(self, register: Register, lexicon: Lexicon, scope: AddressScope | None) -> None:
        self.register, self.lexicon, self.scope = register, lexicon, scope
        self.names: Gazetteer = gazetteer(register, self.is_goods)
        goods = {*lexicon.names(), *(word for word in words.GOODS if len(word) > 1)}
        self.goods_names = sorted(goods, key=lambda name: (-len(name), name))  # longest first: 鸡蛋面 before 鸡蛋

    def is_goods(self, word: str) -> bool:
        return word in words.GOODS or self.lexicon.knows(word)

    def hear(self, text: str, standing: HeadingContext) -> Heading | None:
        """What a line changes; None when it says nothing of place and goods, or is the line of a household."""
        if len(text) > _LONGEST or (text.isascii() and not any(ch.isalpha() for ch in text)):
            return None
        if "(" not in text and any(each.level in ROOMS for each in mentions(text, self.names)):
            return None
        clean = heading_words.EXAMPLES.sub(" ", without_ornaments(text))
        left = heading_words.STRIPPED.sub(" ", contacts.mask_contacts(clean))
        found = mentions(left, self.names)
        if any(each.level in ROOMS for each in found):
            return None
        places = [each for each in found if each.level is not Level.FLOOR]
        rest = _blank_places(left, places)
        listed = heading_words.LISTED.sub(" ", rest) if places else rest
        titled = None if places else self._titled(left, standing)
        if titled is not None:
            return titled
        counted = bool(heading_words.COUNT.search(listed)) or any(ch.isdigit() for ch in listed)
        dressed = is_dressed(text)
        if counted and not (dressed and places and _is_count_of_all(rest)):
            return None
        understood = self._understands(listed)
        if places:
            helper = bool(heading_words.MYSELF.search(rest)) and not heading_words.LEADS.search(
                rest
            )  # 我是东一弄的小顾，帮老人们统计
            begun = heading_words.BEGINS.match(left)
            understood = understood or (begun is not None and places[0].start == begun.end())
            sure = understood and not helper and not heading_words.AGAINST.search(rest)
            changed = self._with_goods(self._placed(places, rest, standing, sure=sure), rest, standing, placed=True)
            return Heading(changed, is_certain=understood or dressed)
        return self._placeless(text, rest, standing, dressed=dressed, understood=understood)

    def _titled(self, left: str, standing: HeadingContext) -> Heading | None:
        """`【牛奶接龙】明早到货`, `牛奶接龙 每箱12盒`: the good of the lines below, whatever else is said of it.

        Where it is not clear which good that is, a line below has to name its own.
        """
        match = heading_words.TITLED.match(left)
        if match is None or self.lexicon.is_open:
            return None
        said, rest = match["inside"] or match["good"], heading_words.PER.sub(" ", match["rest"])
        if heading_words.AMOUNT.search(said):
            return None
        goods = self.lexicon.mentioned(said)
        alone = not heading_words.AMOUNT.search(rest) and not heading_words.ENDS.search(rest)
        alone = alone and (bool(match["inside"]) or self._understands(rest))
        if alone and len(goods) == 1 and self._understands(said) and not self.lexicon.mentioned(match["rest"]) - goods:
            return Heading(self._with_goods(standing, said, standing, placed=False), is_certain=True)
        if goods or heading_words.DRESSING.sub("", said)[-1:] in words.GOODS_ENDS:
            only = next(iter(goods)) if len(goods) == 1 else ""
            named = "" if self.lexicon.mentioned(match["rest"]) - goods else only
            return Heading(replace(standing, goods=None), is_certain=False, names=named)
        return None

    def _understands(self, rest: str) -> bool:
        """Whether nothing is left once goods, people and the words of headings are taken out."""
        left = heading_words.COUNT.sub(" ", rest)
        for name in self.goods_names:
            if name in left:
                left = left.replace(name, " ")
        left = heading_words.PERSON.sub(" ", left)
        left = heading_words.DRESSING.sub(" ", left)
        parts = [part for part in re.split(r"[^0-9A-Za-z\u4e00-\u9fff]+", left) if part]
        return all(people.is_name(part) or people.is_chat(part) or part in words.UNITS for part in parts)

    def _placed(
        self, places: Sequence[PlaceMention], rest: str, standing: HeadingContext, *, sure: bool
    ) -> HeadingContext:
        """The place that the mentions say, seen from what stood before."""
        whole = self.scope.compounds if self.scope else ()
        if any(each.level is Level.UNKNOWN for each in places) or not sure:
            return self._ended(standing, Needs.COMPOUND if _has(places, Level.UNKNOWN) else Needs.BUILDING)
        compounds = [each for each in places if each.level is Level.COMPOUND]
        named = frozenset.intersection(*(each.compounds for each in compounds)) if compounds else frozenset[str]()
        if compounds and not named:
            both = frozenset.union(*(each.compounds for each in compounds))
            return self._ended(standing, Needs.BUILDING, both)
        before = (standing.scope or self.scope) if not compounds else None
        above = frozenset(before.compounds if before else whole)
        around = named or above or frozenset(self.register.buildings)
        buildings = {
            (each.level, each.value) for each in places if each.level in BUILDINGS or each.level is Level.STREET
        }
        stairwells = [each for each in places if each.level is Level.STAIRWELL]
        if len(buildings) > 1 or len({each.value for each in stairwells}) > 1 or _lists(rest, places):
            return self._ended(standing, Needs.BUILDING, around)
        scope: AddressScope | None = AddressScope(tuple(sorted(around)))
        if buildings:
            said = next(each for each in places if each.level in BUILDINGS or each.level is Level.STREET)
            scope = self._in_building(said, around, before)
        elif stairwells and before is not None:
            scope = replace(before, stairwell="")
        if scope is None or (stairwells and not scope.building):
            return self._ended(standing, Needs.BUILDING, around)
        if stairwells:
            return self._in_stairwell(stairwells[0], scope, standing)
        return replace(standing, scope=scope, needs=Needs.ROOM)

    def _in_building(
        self, said: PlaceMention, around: frozenset[str], before: AddressScope | None
    ) -> AddressScope | None:
        """The building in the one compound that has it."""
        if said.level is Level.STREET:
            its = sorted(said.compounds & around or said.compounds)
            return AddressScope((its[0],), street=said.value) if len(its) == 1 else None
        key = building_key(said.label) if said.level is Level.HOUSE else building_key(said.value)
        numbers = self.names.streets.get(before.street if before else "", {})
        if said.level is Level.BUILDING:
            key = next((each[said.value] for c, each in numbers.items() if c in around and said.value in each), key)
        here = [compound for compound in around if key in self.register.buildings[compound]]
        if not here and said.level is Level.HOUSE:
            here = sorted(said.compounds)
        if not here and key in self.names.stems:
            here = sorted(self.names.stems[key])
        if len(here) != 1:
            return None
        return AddressScope((here[0],), building=key)

    def _ended(self, standing: HeadingContext, needs: Needs, around: Collection[str] = ()) -> HeadingContext:
        """Nothing of the place is inherited any more, but the compounds that are possible."""
        compounds = tuple(sorted(around)) or (self.scope.compounds if self.scope else ())
        return replace(standing, scope=AddressScope(compounds), needs=needs)

    def _in_stairwell(self, said: PlaceMention, scope: AddressScope, standing: HeadingContext) -> HeadingContext:
        around = scope.compounds or tuple(self.register.buildings)
        homes = [h for c in around for h in self.register.by_building.get((c, building_key(scope.building)), [])]
        known = any(stairwell_key(home.stairwell) == said.value for home in homes)
        if not known:
            return replace(standing, scope=AddressScope(scope.compounds), needs=Needs.BUILDING)
        return replace(standing, scope=replace(scope, stairwell=said.value), needs=Needs.ROOM)

    def _placeless(
        self, text: str, rest: str, standing: HeadingContext, *, dressed: bool, understood: bool
    ) -> Heading | None:
        """A line that names no known place: a good, an unknown place, or talk."""
        bare = rest.strip(" :,，、()")
        if people.is_chat(bare) or not bare:
            return None
        goods = self.lexicon.mentioned(bare) if not self.lexicon.is_open else set()
        if (dressed or self.lexicon.knows(bare)) and understood and len(goods) == 1 and len(bare) <= 12:
            return Heading(self._with_goods(standing, rest, standing, placed=False), is_certain=True)
        named_first = (
            next((good for good in sorted(goods) if bare.startswith(self._names_of(good))), "")
            if len(goods) == 1
            else ""
        )
        if self._is_unknown_place(bare, dressed=dressed):
            if goods:
                standing = replace(standing, goods=named_first or None, goods_inside=standing.is_heard)
            return Heading(self._ended(standing, Needs.COMPOUND), is_certain=False)
        if dressed and not understood and len(bare) <= 16 and _ends_a_heading(text):
            if bare[-1] in words.GOODS_ENDS and not self.lexicon.is_open:
                return Heading(replace(standing, goods=None), is_certain=False)
            return Heading(self._ended(standing, Needs.BUILDING), is_certain=False)
        return None

    def _is_unknown_place(self, bare: str, *, dressed: bool) -> bool:
        if self.lexicon.knows(bare) or bare in words.GOODS:
            return False
        runs = [
            run
            for run in re.split(
                r"[^\u4e00-\u9fff]+", heading_words.DRESSING.sub(" ", heading_words.PERSON.sub(" ", bare))
            )
            if run
        ]
        raw = [run for run in re.split(r"[^\u4e00-\u9fff]+", bare) if run]
        like = any(ends_like_place(run) or holds_place(run) for run in (*runs, *raw))
        if dressed:
            return (
                like
                or any(ch in _PLACE_CHARS for run in runs + raw[:1] for ch in run[-1:])
                or any("群" in run for run in raw)
            )
        return like and len(raw) == 1 and len(bare) <= 8 and "小区" not in bare and not people.is_question(bare)

    def _names_of(self, good: str) -> tuple[str, ...]:
        item = self.lexicon.items.get(good)
        return (good, *item.aliases) if item else (good,)

    def inline(self, text: str, standing: HeadingContext) -> tuple[str, HeadingContext] | None:
        """`还有新村3幢漏了一户：302 1份`, `【西瓜】3-203、3-303 各1个`: a heading and its rows in one line."""
        match = heading_words.INLINE.match(text)
        if match is None:
            return None
        told = self.hear(match["head"], standing)
        if told is None or not told.is_certain or told.standing.needs is not Needs.ROOM:
            return None
        changed = told.standing != standing
        return (match["rest"].strip(), told.standing) if changed else None

    def _with_goods(
        self, changed: HeadingContext, rest: str, before: HeadingContext, *, placed: bool
    ) -> HeadingContext:
        """The good that the heading names, or what becomes of the good above it."""
        if self.lexicon.is_open:
            return changed
        goods = sorted(self.lexicon.mentioned(rest))
        strange = (
            [w for w in words.GOODS if len(w) > 1 and w in rest and not self.lexicon.covers(w)] if not goods else []
        )
        if len(goods) == 1:
            inside = not placed and before.is_heard
            changed = replace(changed, goods=goods[0], goods_inside=inside or (placed and before.goods_inside))
            if not placed and before.place_inside:  # 鸡蛋： 7号楼： … 牛奶： - whose?
                ended = self._ended(changed, Needs.BUILDING, changed.scope.compounds if changed.scope else ())
                changed = replace(ended, place_inside=False)
            return changed
        if goods or strange:
            return replace(changed, goods=None)
        if placed and before.goods:
            if before.goods_inside:
                return replace(changed, goods=None, goods_inside=False)
            return replace(changed, place_inside=True)
        return changed


def _has(places: Sequence[PlaceMention], level: Level) -> bool:
    return any(each.level is level for each in places)


def _lists(rest: str, places: Sequence[PlaceMention]) -> bool:
    """`9、10号楼`, `3、4、5号`: a number in front of the building, divided from it by a comma."""
    return bool(re.search(r"\d ?[、,/和与及~-] ?$", rest[: places[0].start])) or bool(
        re.search(r"\d+ ?[、,/和] ?", rest)
    )


def _blank_places(text: str, places: Sequence[PlaceMention]) -> str:
    """The text with the places blanked, as long as before."""
    kept = list(text)
    for each in places:
        kept[each.start : each.end] = " " * (each.end - each.start)
    return "".join(kept)


def _is_count_of_all(rest: str) -> bool:
    """`【10号楼】 3份`: how much all of them want, and nothing else."""
    return not re.search(r"[\u4e00-\u9fffA-Za-z0-9]", heading_words.COUNT.sub(" ", rest))


def _ends_a_heading(text: str) -> bool:
    return text.strip()[-1:] in ":：" or (text.strip()[:1] in _OPENING and text.strip()[-1:] in _CLOSING)
