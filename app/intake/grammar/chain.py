"""A whole 接龙 paste → an outcome for every line, totals, warnings. The public word is `parse_chain`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from app.core.text import chinese
from app.core.text.redirects import asks_for_redirect
from app.intake.grammar.entry import changes, entry, several_households
from app.intake.grammar.entry.draft import EntryDraft
from app.intake.grammar.entry.reader import Reader
from app.intake.grammar.goods import wording
from app.intake.grammar.goods.lexicon import Lexicon
from app.intake.grammar.lines import heading, lines, quotes, sections
from app.intake.grammar.lines.heading_context import HeadingContext, Hearing
from app.intake.grammar.lines.lines import TextPiece
from app.intake.grammar.lines.sections import ListSection, Unit
from app.intake.grammar.model import ChainGoods, ChainLine, ChainResult, Change, Context, EntryOutcome
from app.intake.grammar.people import dotted, doubts, spelling
from app.places.address.rules import Register, RegisteredHousehold

MAX_LINES = 1500
MAX_CHARS = 60_000
MAX_EFFORT = 60_000
GLUED_CONFIDENCE = 75
_TALK = ("chat", "talk", "remark", "name_only")


def parse_chain(text: str, register: Register, lexicon: Lexicon, context: Context | None = None) -> ChainResult:
    """Reads a paste of one or more 接龙.

    Every physical non-blank line ends in `lines` (a chain on one line gives several parts with the same `line_no`).
    Lines beyond `MAX_CHARS` characters or `MAX_LINES` are REVIEW ("too_much"): they are pasted in parts.
    Deterministic; linear in the length of the text.
    """
    reader = Reader(register, lexicon, context or Context())
    hearing = Hearing(register, lexicon, reader.context.scope)
    found = lines.split_lines(text, MAX_LINES, MAX_CHARS)
    read = _affordable([piece for piece in found if not piece.is_beyond])
    beyond = found[len(read) :]
    read = [piece._replace(text=_normalised(piece.text, hearing)) for piece in read]
    parsed = sections.split_sections(dotted.dots_to_dashes(read, reader.context.scope), reader, hearing)
    result: list[ChainLine] = []
    for section in parsed:
        result += _section(section, reader, hearing)
    # Each pass sees what the one before left: lists that were sent again go before duplicates are sought, or every line
    # of theirs would be asked; households are settled before, since duplicates and totals are counted by household.
    result = quotes.settle_repeated_quotes([_moved(line) for line in _superseded(parsed, result)])
    result = doubts.settled_against_others(result, lexicon)
    result = _by_names(result, reader.context.self_text)
    result = _duplicates(result)
    sums = totals(result)
    result = _numbered(result)
    result += [ChainLine(p.line_no, p.raw, EntryOutcome.REVIEW, p.part, reason="too_much") for p in beyond]
    titles = tuple(" ".join(section.title).strip() for section in parsed)
    warnings = tuple(w for section in parsed for w in _warnings(section, reader))
    return ChainResult(tuple(result), titles, warnings, sums)


def _normalised(text: str, hearing: Hearing) -> str:
    """The text of a line in the words that the grammar and the register know."""
    return spelling.spell_addresses(wording.normalise_wording(changes.mark_struck_out(text)), hearing.names)


def _moved(line: ChainLine) -> ChainLine:
    """Talk that sends the goods of somebody to another door ("送到对门", "人在外地") waits for a person."""
    if line.outcome is EntryOutcome.SKIP and line.reason in _TALK and asks_for_redirect(chinese.fold(line.raw)):
        return line._replace(outcome=EntryOutcome.REVIEW, reason="redirect")
    return line


def _numbered(found: list[ChainLine]) -> list[ChainLine]:
    """In order of the text, the parts of each physical line counted from 1."""
    counted: Counter[int] = Counter()
    ordered = []
    for line in sorted(found, key=lambda line: (line.line_no, line.part)):
        counted[line.line_no] += 1
        part = counted[line.line_no]
        ordered.append(line if line.part == part else line._replace(part=part))
    return ordered


def _affordable(found: list[TextPiece]) -> list[TextPiece]:
    """The lines that may be read in full: numbers cost most, and a paste made of numbers is no order list."""
    effort = 0
    for at, piece in enumerate(found):
        effort += lines.count_address_numbers(piece.text) ** 2
        if effort > MAX_EFFORT:
            return found[:at]
    return found


def _section(section: ListSection, reader: Reader, hearing: Hearing) -> list[ChainLine]:
    below = _Below(heading.reader_of_list(section.title, reader), {}, hearing)
    result: list[ChainLine] = []
    for unit in section.units:
        if unit.reason == quotes.QUOTE:
            quoted = [draft for draft in below.read(quotes.without_entry_number(unit.text), unit.standing) if unit.text]
            result += quotes.quote_lines(unit.pieces[0], quoted, reader.lexicon, section.number)
        elif unit.fixed is not None:
            result += [
                ChainLine(piece.line_no, piece.raw, unit.fixed, piece.part, reason=unit.reason, list_no=section.number)
                for piece in unit.pieces
            ]
        else:
            result += _unit(unit, below)
    return result


@dataclass(slots=True)
class _Below:
    """Reads what stands below the headings of one list."""

    bound: Reader
    readers: dict[HeadingContext, Reader]
    hearing: Hearing
    strays: dict[HeadingContext, set[str]] = field(default_factory=dict)
    """Compounds that lines named themselves since the heading."""
    ordered: set[object] = field(default_factory=set)
    """Households that ordered above in this list."""

    def reader(self, standing: HeadingContext) -> Reader:
        if standing not in self.readers:
            self.readers[standing] = heading.reader_below_heading(self.bound, standing)
        return self.readers[standing]

    def read(self, text: str, standing: HeadingContext) -> list[EntryDraft]:
        """The drafts of one entry; where its place is not certain it waits for a person."""
        inline = self.hearing.inline(text, standing)
        if inline is not None:
            text, standing = inline
        text = spelling.spell_below_heading(text, standing.scope, self.hearing.names)
        drafts = several_households.read_several_orders(text, self.hearing, self.reader(standing))
        strays = self.strays.setdefault(standing, set())
        doubt = doubts.of_place(text, drafts, standing, strays, self.hearing)
        if doubt == doubts.STRAYED and doubts.is_of_order_above(drafts, self.ordered):
            doubt = ""
        self.ordered |= {each.household.household_id for each in drafts if each.household and not doubt}
        strays |= doubts.named_elsewhere(text, standing, self.hearing)
        return [doubts.ask_household(draft, doubt.removesuffix(":strayed")) for draft in drafts] if doubt else drafts


def _unit(unit: Unit, below: _Below) -> list[ChainLine]:
    """The lines of an entry: its own with the goods, the others carry it on."""
    first = unit.pieces[0]
    reader = below.reader(unit.standing)
    if reader.effort.is_exhausted:
        asked = EntryOutcome.REVIEW
        return [ChainLine(p.line_no, p.raw, asked, p.part, unit.index, reason="given_up") for p in unit.pieces]
    drafts = below.read(unit.text, unit.standing)
    if unit.candidates_text:
        drafts = [_loose_number(drafts[0], unit.candidates_text, reader), *drafts[1:]]
    own = [_line(draft, unit, first.part + extra) for extra, draft in enumerate(drafts)]
    inherits = doubts.inherited_level(unit.text, unit.standing, below.hearing)
    inherits = "strayed" if inherits == "compound" and below.strays.get(unit.standing) else inherits
    own = [line._replace(inherits=inherits) for line in own]
    rest = [
        ChainLine(
            piece.line_no,
            piece.raw,
            own[0].outcome,
            piece.part,
            unit.index,
            own[0].household,
            own[0].who,
            reason="continuation",
            continues=first.line_no,
            list_no=unit.list_no,
        )
        for piece in unit.pieces[1:]
    ]
    return own + rest


def _loose_number(draft: EntryDraft, whole: str, reader: Reader) -> EntryDraft:
    """`1 2-301 2份`: the first number may be the number of the entry or the building."""
    other = entry.read_entry(whole, reader)[0]
    doubtful = draft.household is not None and draft.confidence <= GLUED_CONFIDENCE  # 1 2101: 1-2-101, or 2-101?
    if doubtful and draft.outcome is EntryOutcome.ROW:
        return replace(draft, outcome=EntryOutcome.REVIEW, household=None, reason="number_or_building")
    if other.household is None or other.household == draft.household:
        return draft
    both = (*draft.candidates, other.household)
    return replace(draft, outcome=EntryOutcome.REVIEW, household=None, reason="number_or_building", candidates=both)


def _line(draft: EntryDraft, unit: Unit, part: int) -> ChainLine:
    first = unit.pieces[0]
    placed = draft.address_reason and draft.who and unit.text.startswith(draft.address_text)
    who = f"{draft.address_text}{draft.who}" if placed else draft.who
    return ChainLine(
        first.line_no,
        first.raw,
        draft.outcome,
        part,
        unit.index,
        draft.household,
        who,
        draft.proxy,
        draft.items,
        draft.change,
        draft.note,
        draft.restricted_note,
        draft.flags,
        draft.reason,
        draft.candidates,
        draft.confidence,
        None,
        unit.list_no,
        unit.text,
    )


def _by_names(found: list[ChainLine], self_text: str) -> list[ChainLine]:
    """In a chain of addresses an entry that names none is asked; a chain by nicknames keeps its rows.

    A change for a name that ordered nothing before is asked: no stranger is made.
    Rows of a chain by nicknames have no household: `needs_settling` stays true until a person chooses one.
    """
    by_address = any(line.household is not None or line.reason.startswith("unknown_") for line in found)
    acts = (EntryOutcome.ROW, EntryOutcome.AMEND, EntryOutcome.CANCEL)
    settled: list[ChainLine] = []
    named: dict[str, list[RegisteredHousehold]] = {}
    for line in found:
        if by_address and line.outcome in acts and line.household is None and line.continues is None:
            line = line._replace(outcome=EntryOutcome.REVIEW, reason="no_address")
        elif not by_address and line.reason == "no_room" and line.who and line.items and not _doubts(line):
            outcome = EntryOutcome.AMEND if line.change else EntryOutcome.ROW
            line = line._replace(outcome=outcome, reason="nickname", candidates=())
        elif line.outcome in acts and line.household is None and line.continues is None:
            changes = line.outcome is not EntryOutcome.ROW and line.who != self_text
            if changes and line.who not in named:
                line = line._replace(outcome=EntryOutcome.REVIEW, reason="no_such_name")
            line = line._replace(reason=line.reason or "nickname")
        if line.household is None and not line.candidates:
            line = line._replace(candidates=tuple(dict.fromkeys(named.get(line.who, ()))))
        if line.outcome is EntryOutcome.ROW and line.who:
            named.setdefault(line.who, []).extend([line.household] if line.household else [])
        settled.append(line)
    return settled


def _doubts(line: ChainLine) -> bool:
    return any(item.problem or item.qty is None for item in line.items)


def _identity(line: ChainLine) -> object:
    return line.household.household_id if line.household else f"nickname:{line.who}"


def _duplicates(found: list[ChainLine]) -> list[ChainLine]:
    """The same household and item twice in one paste is never added silently.

    Somebody known by a nickname only stays two orders: whose they are is asked in any case, with this reason beside.
    """
    seen: dict[tuple[object, str], int] = {}
    settled: list[ChainLine] = []
    for line in found:
        if line.outcome is EntryOutcome.ROW and line.continues is None:
            keys = [(_identity(line), _item_key(line, item)) for item in line.items]
            earlier = next((seen[key] for key in keys if key in seen), None)
            if earlier is not None:
                outcome = EntryOutcome.REVIEW if line.household else EntryOutcome.ROW
                line = line._replace(outcome=outcome, reason=f"duplicate_of_line_{earlier}")
            for key in keys:
                seen.setdefault(key, line.line_no)
        settled.append(line)
    return settled


def _item_key(line: ChainLine, item: ChainGoods) -> str:
    """The item; where no list says what it offers, what one list offers is not what the next one does."""
    return f"{heading.UNNAMED}:{line.list_no}" if item.item == heading.UNNAMED else item.item


def _superseded(parsed: list[ListSection], found: list[ChainLine]) -> list[ChainLine]:
    """A later list under the same title that repeats most of an earlier one replaces it."""
    gone: set[int] = set()
    by_title: dict[str, tuple[int, set[str]]] = {}
    for section in parsed:
        if not section.has_header:
            continue
        title, texts = _plain(_title(section)), {_plain(unit.text) for unit in section.units if unit.fixed is None}
        number, earlier = by_title.get(title, (section.number, set[str]()))
        if earlier and len(earlier & texts) * 2 >= len(earlier):
            gone.add(number)
        by_title[title] = section.number, texts
    return [
        line._replace(outcome=EntryOutcome.SKIP, reason="superseded", items=())
        if line.list_no in gone and line.outcome is not EntryOutcome.HEAD
        else line
        for line in found
    ]


def _title(section: ListSection) -> str:
    return " ".join(section.title)


def _plain(text: str) -> str:
    return "".join(ch for ch in text if ch.isalnum())


def totals(found: list[ChainLine]) -> dict[str, int]:
    """Whole units by item: rows, then the amendments and cancellations of the paste in order."""
    ordered: dict[tuple[object, str], int] = {}
    for line in found:
        if line.continues is not None:
            continue
        who = _identity(line)
        if line.outcome is EntryOutcome.CANCEL:
            names = {item.item for item in line.items}
            ordered = {key: qty for key, qty in ordered.items() if key[0] != who or (names and key[1] not in names)}
        if line.outcome not in (EntryOutcome.ROW, EntryOutcome.AMEND):
            continue
        for item in line.items:
            key = (who, item.item)
            base = (
                0 if line.change in (None, Change.SET) and line.outcome is EntryOutcome.AMEND else ordered.get(key, 0)
            )
            signed = -(item.qty or 0) if line.change is Change.LESS else item.qty or 0
            ordered[key] = max(base + signed, 0)
    sums: dict[str, int] = {}
    for (_, name), qty in ordered.items():
        sums[name] = sums.get(name, 0) + qty
    return {name: qty for name, qty in sums.items() if qty}


def _warnings(section: ListSection, reader: Reader) -> list[str]:
    indices = [unit.index for unit in section.units if unit.fixed is None and unit.index is not None]
    known = set(indices)
    first = 1 if section.has_header else min(indices, default=1)
    last = min(max(indices, default=0), first + 2 * MAX_LINES)
    found = [f"numbering_gap:{n}" for n in range(first, last) if n not in known][:20]
    repeated = [f"number_twice:{n}" for n, times in Counter(indices).items() if times > 1]
    return found + repeated + heading.date_warnings(section.title, reader.context.year)
