"""Which line is what: quote, header, heading, menu, example, entry, continuation, chat.

The rules look at a line and its neighbours only; no line is visited more than a fixed number of times.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from app.intake.grammar.entry import entry
from app.intake.grammar.entry.reader import Reader, addresses
from app.intake.grammar.lines import lines, quotes, talk
from app.intake.grammar.lines.heading_context import NOTHING_SAID, Heading, HeadingContext, Hearing
from app.intake.grammar.lines.lines import Inline, Marker, TextPiece
from app.intake.grammar.model import EntryOutcome
from app.intake.grammar.people import people
from app.intake.grammar.remarks import remarks

MAX_LINE = 600
_AROUND = " :：。.,，-—【】[]()"
_PRICE = ("元", "￥", "¥", "块/", "块一")
_PRICED = re.compile(r"\d(?:元|块钱?) ?(?:/|一|每)[\u4e00-\u9fff]|\d{2,3}(?:\.\d+)?(?:/|一|每)[个份箱板袋提罐桶瓶盒斤]")
_OFFERS = re.compile("(?:可选|可订|品类|品种|菜单|价目表?|价格表?|今日菜品)[:：]")
_ROOM_IN_FRONT = re.compile(r"\d{3,4}(?::|[、,] ?\d{3,4}(?!\d))")
"""302: 2份, and 501、502 各1份: rooms, not numbers of entries."""
_LANE_IN_FRONT = re.compile(r"\d{3,4}[.。]\d{1,2}[-.。/号]")
_OF_MYSELF = re.compile("(?:我|俺)们?家?(?:也|要|改|加|减|退|不|再|来|订)")


@dataclass(slots=True)
class Unit:
    """An entry with the physical lines it is written on, or one line that is no entry."""

    pieces: list[TextPiece]
    text: str
    index: int | None = None
    fixed: EntryOutcome | None = None
    """The outcome when the line is no entry (HEAD, SKIP)."""
    reason: str = ""
    list_no: int = 0
    block: int = 0
    quantity: bool = False
    listed: int = 0
    """The number of the last of the goods that are listed below an address, 0 when none are."""
    candidates_text: str = ""
    """The line with its number, when a loose number may as well be a building."""
    standing: HeadingContext = NOTHING_SAID
    """What the headings above it say."""


@dataclass(slots=True)
class ListSection:
    """One list of the paste: what its header says, and its units in order."""

    number: int
    title: list[str] = field(default_factory=list)
    has_header: bool = False
    units: list[Unit] = field(default_factory=list)
    heading: bool = False
    """The first line of the title is a building (`13号楼：`), which ends where the next building begins."""
    standing: HeadingContext = NOTHING_SAID
    """What the headings said so far."""
    last_index: int | None = None
    """The number of the last entry that has one."""

    @property
    def own_title(self) -> list[str]:
        return self.title[1:] if self.heading else self.title


def split_sections(found: list[TextPiece], reader: Reader, hearing: Hearing) -> list[ListSection]:
    """The lists of the paste. A header begins a new one; quoted lines stay in place as SKIP."""
    quoted = quotes.quoted_piece_ids(found)
    section = ListSection(0)
    sections = [section]
    # In this order: a quote repeats headers and orders of others; a paste that was given up costs nothing more; a
    # header that names a building begins a list, and would be taken for a heading.
    for piece in found:
        if id(piece) in quoted:
            section.units.append(_fixed(piece, EntryOutcome.SKIP, quotes.QUOTE, section))
            section.units[-1].standing = section.standing
            continue
        if reader.effort.is_spent:
            section.units.append(_fixed(piece, EntryOutcome.REVIEW, "given_up", section))
            continue
        end = lines.header_end(piece.text)
        if end:
            section = ListSection(len(sections), has_header=True)
            sections.append(section)
            _header(piece, end, section)
            continue
        told = hearing.hear(piece.text, section.standing)
        if told is not None:
            section = _headed(piece, told, section, sections)
            if section.units and section.units[-1].pieces[0] is piece:
                continue
        _line(piece, section, reader, hearing)
    if len(sections) > 1 and not any(unit.fixed is None for unit in sections[0].units):
        for unit in sections[0].units:
            unit.fixed, unit.reason = EntryOutcome.SKIP, unit.reason or "remark"
    for each in sections:  # menus first: a title may stand above one, and only what is no menu counts as an entry
        _menus(each, hearing)
        _headings(each, reader)
    return [each for each in sections if each.units]


def _headed(piece: TextPiece, told: Heading, section: ListSection, sections: list[ListSection]) -> ListSection:
    """The list that goes on below a heading: a new one where orders stand above it. What the line is stays open when
    it is no certain heading; what it names ends the inheritance all the same.
    """
    ordered = any(unit.fixed is None for unit in section.units)
    if not told.is_certain:
        titles = bool(told.names) and not ordered and (section.has_header or len(sections) == 1)
        known = titles and not section.standing.goods  # the first title of a list: what it offers decides
        section.standing = replace(told.standing, goods=section.standing.goods) if known else told.standing
        return section
    if ordered:
        placed = told.standing.scope != section.standing.scope
        title = [piece.text, *section.own_title] if placed else list(section.title)
        section = ListSection(len(sections), title, heading=placed or section.heading)
        sections.append(section)
    else:
        section.title.append(piece.text)
    section.standing = told.standing
    section.units.append(_fixed(piece, EntryOutcome.HEAD, "heading", section))
    return section


def _fixed(piece: TextPiece, outcome: EntryOutcome, reason: str, section: ListSection) -> Unit:
    return Unit([piece], piece.text, fixed=outcome, reason=reason, list_no=section.number)


def _header(piece: TextPiece, end: int, section: ListSection) -> None:
    """The header line; a chain on one line goes on behind its title."""
    rest = piece.text[end:]
    inline = lines.split_inline(rest, 1)
    title = rest[: inline[0].begin] if inline else rest
    section.title.append(title.strip(" :："))
    section.units.append(_fixed(piece._replace(text=title), EntryOutcome.HEAD, "header", section))
    for part, each in enumerate(inline, start=2):
        _entry(piece._replace(text=rest[each.start : each.end].strip(), part=part), each.number, section)


def _entry(piece: TextPiece, index: int | None, section: ListSection, loose: str = "") -> Unit:
    last = next((unit for unit in reversed(section.units) if unit.fixed is None), None)
    block = last.block if last else 1
    before = section.last_index
    if index is not None and before is not None and index <= before and index <= 1:
        block += 1
    section.last_index = before if index is None else index
    unit = Unit(
        [piece],
        piece.text,
        index,
        list_no=section.number,
        block=block,
        candidates_text=loose,
        standing=section.standing,
    )
    section.units.append(unit)
    return unit


def _last_index(section: ListSection) -> int:
    """The number of the last entry, 0 before the first."""
    return section.last_index or 0


def _aside(piece: TextPiece, text: str, section: ListSection, reader: Reader) -> Unit | None:
    """The unit of a line that is no entry whatever stands around it; None when it may be one."""
    if len(text) > 10 * MAX_LINE:
        return _fixed(piece, EntryOutcome.REVIEW, "too_long", section)
    stamped = text != piece.text and bool(text) and not section.has_header and people.is_name(text)
    if stamped or _is_sender(text, section, reader):
        return _fixed(piece, EntryOutcome.SKIP, "sender", section)
    if text.lower().startswith(("http://", "https://", "www.")) and " " not in text:
        return _fixed(piece, EntryOutcome.SKIP, "chat", section)
    if "@所有人" in text or "@all" in text.lower():
        return _fixed(piece, EntryOutcome.SKIP, "announcement", section)
    if people.is_example(text):
        return _fixed(piece, EntryOutcome.HEAD, "example", section)
    priced = (
        bool(_PRICED.search(text) or _OFFERS.match(text))
        and not text[0].isdigit()
        and not any(u.fixed is None for u in section.units)
    )
    if priced and not addresses(text, reader):
        section.title.append(text)
        return _fixed(piece, EntryOutcome.HEAD, "menu", section)
    goes_on = lines.entry_marker(text, _last_index(section) + 1)
    after_date = 0 if goes_on and goes_on.index == _last_index(section) + 1 > 1 else lines.date_end(text)
    if not after_date and section.has_header and not any(unit.fixed is None for unit in section.units):
        after_date = lines.month_day_end(text)
    if after_date and not entry.has_quantity(text[after_date:], reader):
        section.title.append(text)
        return _fixed(piece, EntryOutcome.HEAD, "date", section)
    return None


def _line(piece: TextPiece, section: ListSection, reader: Reader, hearing: Hearing) -> None:
    text = piece.text[lines.timestamp_end(piece.text) :]
    if text != piece.text:
        piece = piece._replace(after_blank=True)  # a message of its own
    aside = _aside(piece, text, section, reader)
    if aside is not None:
        section.units.append(aside)
        return
    last_index = _last_index(section)
    mark = lines.entry_marker(text, last_index + 1 if last_index else 0)
    if (
        mark
        and mark.index >= 100
        and (_ROOM_IN_FRONT.match(text) or _names_a_lane(text, mark, hearing))
        and mark.index != last_index + 1
    ):
        mark = None
    if mark and mark.is_loose and not _numbers_the_line(mark, text, last_index, reader):
        mark = None
    inline = lines.split_inline(text, mark.index if mark and not mark.is_loose else 1)
    text = _unnumbered_goods(text, mark.end if mark else 0, reader)
    inline = lines.split_inline(text, mark.index if mark and not mark.is_loose else 1) if inline else []
    if not inline and len(text) > MAX_LINE:
        section.units.append(_fixed(piece, EntryOutcome.REVIEW, "too_long", section))
    elif inline:
        _inline(piece, text, inline, section)
    elif mark and _lists_goods(piece._replace(text=text[mark.end :]), mark, section, reader):
        return
    elif mark:
        unit = _entry(piece._replace(text=text[mark.end :]), mark.index, section, text if mark.is_loose else "")
        unit.quantity = entry.has_quantity(unit.text, reader)
    else:
        _plain(piece._replace(text=text), section, reader, hearing)


def _names_a_lane(text: str, mark: Marker, hearing: Hearing) -> bool:
    """`456.10.301`, `210.301`: where lanes have such numbers, it is none of an entry."""
    known = str(mark.index) in hearing.names.long_lanes
    return known or (bool(hearing.names.long_lanes) and bool(_LANE_IN_FRONT.match(text)))


def _lists_goods(piece: TextPiece, mark: Marker, section: ListSection, reader: Reader) -> bool:
    """Numbered goods on lines of their own below an address (`12-302:`, `1. 土豆2袋`) are that household's."""
    above = section.units[-1] if section.units else None
    if above is None or above.fixed is not None or above.index is not None or piece.after_blank or mark.is_loose:
        return False
    if mark.index != above.listed + 1 or above.quantity != bool(above.listed) or addresses(piece.text, reader):
        return False
    whose = entry.read_entry(above.pieces[0].text, reader)[0]
    draft = entry.read_entry(piece.text, reader)[0]
    known = bool(draft.items) and all(reader.lexicon.knows(item.item) for item in draft.items)
    if whose.household is None or whose.items or draft.who or not known:
        return False
    above.pieces.append(piece)
    above.text += f"{',' if above.listed else ' '}{piece.text}"
    above.listed, above.quantity = mark.index, True
    return True


def _is_sender(text: str, section: ListSection, reader: Reader) -> bool:
    if not lines.is_sender_line(text) or any(word in text for word in talk.NOTICE):
        return False
    in_heading = section.has_header and not any(unit.fixed is None for unit in section.units)
    return not in_heading and not entry.has_quantity(lines.without_clock(text), reader)


def _unnumbered_goods(text: str, begin: int, reader: Reader) -> str:
    """Goods that are numbered behind an address (`12-302 1.土豆2袋 2.鸡蛋1盒`) are one entry, not several."""
    rest = text[begin:]
    inline = lines.split_inline(rest, 1)
    lead = rest[: inline[0].begin] if inline else ""
    found = addresses(lead, reader) if lead.strip() else []
    if not found or found[-1].resolution.household is None:
        return text
    return f"{text[:begin]}{lead} " + ",".join(rest[each.start : each.end] for each in inline)


def _numbers_the_line(mark: Marker, text: str, last_index: int, reader: Reader) -> bool:
    """Whether digits and a blank at the start may be the number of the entry: they continue the numbering, or are the
    first and an address follows. What they are is decided, or asked, once both readings are known.
    """
    if last_index and mark.index == last_index + 1:
        return True
    found = addresses(text[mark.end :], reader)
    address = bool(found) and found[0].start <= 1 and (found[0].is_strong or found[0].resolution.household is not None)
    return address and mark.index == last_index + 1


def _inline(piece: TextPiece, text: str, inline: list[Inline], section: ListSection) -> None:
    lead = text[: inline[0].begin].strip()
    first = 1
    if lead:
        section.title.append(lead)
        section.units.append(_fixed(piece._replace(text=lead), EntryOutcome.HEAD, "heading", section))
        first = 2
    for part, each in enumerate(inline, start=first):
        unit = _entry(piece._replace(text=text[each.start : each.end].strip(), part=part), each.number, section)
        unit.quantity = True


def _plain(piece: TextPiece, section: ListSection, reader: Reader, hearing: Hearing) -> None:
    """A line without a number: an entry of its own, the continuation of the one above, or talk."""
    text = piece.text
    if talk.is_about_the_list(text, hearing):
        section.units.append(_fixed(piece, EntryOutcome.SKIP, "remark", section))
        return
    above = section.units[-1] if section.units and section.units[-1].fixed is None else None
    found = addresses(text, reader)
    quantity = entry.has_quantity(text, reader)
    # An address before talk: who names a door wants something, and an order that is taken for chat is lost unseen.
    if found and (found[0].is_strong or found[0].resolution.household or (found[0].start == 0 and quantity)):
        _entry(piece, None, section).quantity = quantity
        return
    if people.is_chat(text) or (people.is_question(text) and not found):
        section.units.append(_fixed(piece, EntryOutcome.SKIP, "chat", section))
        return
    if not found and talk.is_unrelated(text, quantity=quantity):
        section.units.append(_fixed(piece, EntryOutcome.SKIP, "remark", section))
        return
    if talk.is_vague_request(text):
        section.units.append(_fixed(piece, EntryOutcome.REVIEW, "no_who", section))
        return
    if talk.is_summary_line(text, hearing):
        section.units.append(_fixed(piece, EntryOutcome.SKIP, "added_up", section))
        return
    of_a_room = bool(found) and found[0].start == 0 and len(found[0].resolution.read.room) > 2  # 7号203 已付款
    if above is not None and not piece.after_blank and not of_a_room and _continues(above, text, quantity, reader):
        above.pieces.append(piece)
        above.text += " " + text
        above.quantity = above.quantity or quantity
        return
    notice = any(word in text for word in talk.NOTICE) and (above is None or not quantity or piece.after_blank)
    changes = any(word in text for word in ("改成", "改为", "不要了", "取消", "退了", "再加"))
    if (quantity and not notice) or changes:
        _entry(piece, None, section).quantity = True
        return
    if talk.may_be_order(text, hearing):
        _entry(piece, None, section)
        return
    section.units.append(_fixed(piece, EntryOutcome.SKIP, "remark", section))


def _continues(above: Unit, text: str, quantity: bool, reader: Reader) -> bool:
    if above.index is None and _OF_MYSELF.match(text):
        return False
    drafts = entry.read_entry(text, reader)
    draft = drafts[0]
    if not above.quantity:
        own_person = quantity and bool(draft.who) and people.is_name(draft.who) and bool(above.text)
        return not own_person and (above.index is not None or quantity)
    if quantity:
        known = all(reader.lexicon.knows(item.item) for item in draft.items)
        return above.index is not None and not draft.who and known
    return bool(draft.flags) or bool(remarks.extract_remarks(text).note)


def _menus(section: ListSection, hearing: Hearing) -> None:
    """A numbered block that orders nothing and is followed by another block is a menu."""
    blocks = sorted({unit.block for unit in section.units if unit.fixed is None})
    for block in blocks:
        members = [unit for unit in section.units if unit.fixed is None and unit.block == block]
        priced = any(any(word in unit.text for word in _PRICE) for unit in members)
        silent = sum(unit.quantity for unit in members) * 2 < len(members)
        last = block == blocks[-1]
        if any(talk.names_a_room(unit.text, hearing) for unit in members):
            continue  # a block whose lines carry addresses is no menu
        indented = all(unit.pieces[0].indent > 0 for unit in members)
        if (silent and (not last or indented) and len(members) > 1) or (priced and not last):
            for unit in members:
                unit.fixed, unit.reason = EntryOutcome.HEAD, "menu"
                section.title.append(unit.text)


def _headings(section: ListSection, reader: Reader) -> None:
    """Lines above the first numbered entry are the title and its notes, unless they order by address."""
    first = next((at for at, u in enumerate(section.units) if u.fixed is None and u.index is not None), None)
    if first is None and not section.has_header:
        first = next((at for at, u in enumerate(section.units) if u.fixed is None), None)
    for unit in section.units[: len(section.units) if first is None else first]:
        if unit.fixed is EntryOutcome.HEAD or unit.reason in ("quote", "announcement", "sender", "added_up"):
            continue
        titled = first is not None and section.has_header
        if unit.fixed is None and (not titled or _orders(unit.text, reader)):
            continue
        if unit.reason != "chat" and (section.has_header or first is not None):
            unit.fixed, unit.reason = EntryOutcome.HEAD, "heading"
            section.title.append(unit.text)


def _orders(text: str, reader: Reader) -> bool:
    if any(word in text for word in talk.NOTICE):
        return False
    drafts = entry.read_entry(text, reader)
    return any(draft.household is not None and any(item.qty for item in draft.items) for draft in drafts)
