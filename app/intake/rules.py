"""Pure rules of intake: re-posts, duplicates across sources, remarks.

Re-post (`relation`): every re-post of a 接龙 repeats the whole list, so the later paste replaces the earlier one. A
version has the title (with its date), the goods and most lines of the one before; nobody's order is withdrawn on less.

    the later paste                                      relation
    no earlier paste                                     FIRST
    has no entry, or the latest has none                 OTHER: talk withdraws nobody's order
    the same entries                                     SAME
    equals a paste before the latest, or is the          OLDER, refused unless a person insists
      beginning of the latest
    has no goods of the latest, or fewer than a third    OTHER: another list, not a re-post
      of its entries and another title
    has its title and at least half of its entries       NEWER
      or households
    anything between                                     UNCLEAR: a person says which

Diff (`diff`): an entry is the same row when its words are the same (blanks and punctuation aside), else when household
(or nickname), list and one item are the same, else when number and household are the same.

    earlier   later     words    row
    yes       yes       same     UNCHANGED: keeps id, status and hand corrections
    yes       yes       differ   CHANGED: keeps id
    yes       no                 REMOVED
    no        yes                ADDED

Duplicate guard (`settled_qty`): the same household and item from two sources in one cycle is settled by a person.

    choice    quantity afterwards
    KEEP      what there was
    REPLACE   what comes in
    ADD       both together
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.core.text import chinese
from app.intake.grammar.model import ChainLine, EntryFlag, EntryOutcome
from app.intake.grammar.remarks import remarks

_ENTRIES = (EntryOutcome.ROW, EntryOutcome.AMEND, EntryOutcome.CANCEL, EntryOutcome.REVIEW)
_KINSHIP = 3


class Relation(StrEnum):
    """How a paste stands to those before it."""

    FIRST = "first"
    SAME = "same"
    NEWER = "newer"
    OLDER = "older"
    UNCLEAR = "unclear"
    OTHER = "other"


class EntryChange(StrEnum):
    """What became of an entry between two pastes."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One entry of the diff; `earlier` is None when added, `later` when removed."""

    kind: EntryChange
    earlier: ChainLine | None
    later: ChainLine | None


@dataclass(frozen=True, slots=True)
class Diff:
    """All entries of both pastes, the later ones in their order, the removed ones last."""

    rows: tuple[DiffRow, ...]

    def of(self, kind: EntryChange) -> tuple[DiffRow, ...]:
        return tuple(row for row in self.rows if row.kind is kind)

    @property
    def is_empty(self) -> bool:
        """Nothing was added, changed or removed."""
        return all(row.kind is EntryChange.UNCHANGED for row in self.rows)


class DuplicateDecision(StrEnum):
    """How a person settles a duplicate."""

    KEEP = "keep"
    REPLACE = "replace"
    ADD = "add"


@dataclass(frozen=True, slots=True)
class SourceQuantity:
    """What one source holds of one item for one household. qty: whole sale units."""

    household_id: Hashable
    item: Hashable
    qty: int
    source: str


@dataclass(frozen=True, slots=True)
class DuplicateSource:
    """The same household and item in two sources of one cycle."""

    earlier: SourceQuantity
    incoming: SourceQuantity


@dataclass(frozen=True, slots=True)
class Triage:
    """A remark taken apart. public: may be printed; restricted: about health, shown to few and never printed."""

    public: str
    restricted: str
    flags: frozenset[EntryFlag]


def entries(lines: Iterable[ChainLine]) -> list[ChainLine]:
    """The lines that order, change, withdraw or ask; headings, talk and continuations left out."""
    return [line for line in lines if line.outcome in _ENTRIES and line.continues is None]


def words_of(line: ChainLine) -> str:
    """The words of an entry without its number, blanks and punctuation: what makes two entries the same."""
    return "".join(ch for ch in chinese.fold(line.text) if ch.isalnum() or ch in "+-*×.")


def _identity(line: ChainLine) -> tuple[object, int]:
    return (line.household.household_id if line.household else f"nickname:{line.who}", line.list_no)


def diff(earlier: Sequence[ChainLine], later: Sequence[ChainLine]) -> Diff:
    """What changed from one paste to the next."""
    before, after = entries(earlier), entries(later)
    paired = _match_lines(before, after)
    rows = []
    for at, line in enumerate(after):
        if at not in paired:
            rows.append(DiffRow(EntryChange.ADDED, None, line))
            continue
        old = before[paired[at]]
        kind = EntryChange.UNCHANGED if _request_key(old) == _request_key(line) else EntryChange.CHANGED
        rows.append(DiffRow(kind, old, line))
    kept = set(paired.values())
    rows += [DiffRow(EntryChange.REMOVED, line, None) for at, line in enumerate(before) if at not in kept]
    return Diff(tuple(rows))


def _request_key(line: ChainLine) -> tuple[str, int]:
    return words_of(line), line.part


def _match_lines(before: list[ChainLine], after: list[ChainLine]) -> dict[int, int]:
    """Index in `after` → index in `before`, each used once: by words, then by household and item, then by number."""
    paired: dict[int, int] = {}
    taken: set[int] = set()
    for key in (_by_words, _by_goods, _by_number):
        waiting: dict[object, list[int]] = defaultdict(list)
        for at, line in enumerate(before):
            if at not in taken:
                for each in key(line):
                    waiting[each].append(at)
        for at, line in enumerate(after):
            if at in paired:
                continue
            found = next((i for each in key(line) for i in waiting.get(each, ()) if i not in taken), None)
            if found is not None:
                paired[at] = found
                taken.add(found)
    return paired


def _by_words(line: ChainLine) -> list[object]:
    return [("words", line.list_no, line.part, words_of(line))]


def _by_goods(line: ChainLine) -> list[object]:
    if line.household is None and not line.who:
        return []
    return [("goods", _identity(line), item.item) for item in line.items] or [("goods", _identity(line), "")]


def _by_number(line: ChainLine) -> list[object]:
    if line.number is None or (line.household is None and not line.who):
        return []
    return [("number", _identity(line), line.number)]


def relation(history: Sequence[Sequence[ChainLine]], later: Sequence[ChainLine]) -> Relation:
    """How a paste stands to the pastes of the same list before it, oldest first."""
    if not history:
        return Relation.FIRST
    new = [_request_key(line) for line in entries(later)]
    known = [[_request_key(line) for line in entries(paste)] for paste in history]
    if not new or not known[-1]:
        return Relation.OTHER
    if new == known[-1]:
        return Relation.SAME
    begins_latest = len(new) < len(known[-1]) and known[-1][: len(new)] == new
    if new in known[:-1] or begins_latest:
        return Relation.OLDER
    latest = history[-1]
    shared = len(set(new) & set(known[-1]))
    homes, homes_before = _homes(later), _homes(latest)
    few = shared * _KINSHIP < min(len(new), len(known[-1]))
    stay = bool(homes_before) and len(homes & homes_before) * 2 >= len(homes_before)
    if few and not (stay and _is_titled_alike(later, latest)):
        return Relation.OTHER
    if _goods(later) and _goods(latest) and not _goods(later) & _goods(latest):
        return Relation.OTHER
    kept = shared * 2 >= len(known[-1]) or stay
    return Relation.NEWER if kept and _is_titled_alike(later, latest) else Relation.UNCLEAR


def _homes(lines: Iterable[ChainLine]) -> set[Hashable]:
    return {line.household.household_id for line in entries(lines) if line.household is not None}


def _goods(lines: Iterable[ChainLine]) -> set[str]:
    return {item.item for line in entries(lines) if line.outcome is not EntryOutcome.REVIEW for item in line.items}


def title_of(lines: Iterable[ChainLine]) -> set[str]:
    """What stands above the first entry, line by line, with its dates; the mark of a chain and sums left out."""
    said: set[str] = set()
    for line in lines:
        if line.outcome in _ENTRIES:
            break
        bare = "".join(ch for ch in chinese.fold(line.raw).lower() if ch.isalnum())
        for mark in ("接龙", "groupnote", "solitaire"):
            bare = bare.removeprefix(mark)
        if line.outcome is EntryOutcome.HEAD and bare and not bare.startswith(("目前", "已接", "共", "合计", "例")):
            said.add(bare)
    return said


def _is_titled_alike(later: Sequence[ChainLine], earlier: Sequence[ChainLine]) -> bool:
    """The same title, or one that has a line more than the other; a list without any says nothing against it."""
    mine, other = title_of(later), title_of(earlier)
    return mine == other or bool(mine and other and (mine <= other or other <= mine))


def find_duplicates(
    present: Iterable[SourceQuantity], incoming: Iterable[SourceQuantity]
) -> tuple[DuplicateSource, ...]:
    """Households and items that another source of the cycle already holds; a source never clashes with itself."""
    held = defaultdict(list)
    for order in present:
        held[order.household_id, order.item].append(order)
    return tuple(
        DuplicateSource(order, new)
        for new in incoming
        for order in held[new.household_id, new.item]
        if order.source != new.source
    )


def settled_qty(clash: DuplicateSource, choice: DuplicateDecision) -> int:
    """The quantity once a person has chosen, in whole sale units."""
    if choice is DuplicateDecision.KEEP:
        return clash.earlier.qty
    return clash.incoming.qty + (clash.earlier.qty if choice is DuplicateDecision.ADD else 0)


def triage(remark: str) -> Triage:
    """A free remark: what may be printed, what is about health, and its flags."""
    folded = chinese.fold(remark)
    public: list[str] = []
    restricted: list[str] = []
    clause = ""
    for ch in folded + "。":
        if ch in ",，。;；!！\n":
            if clause.strip():
                (restricted if remarks.is_health(clause) else public).append(clause.strip())
            clause = ""
        else:
            clause += ch
    extracted = remarks.extract_remarks(folded)
    return Triage("，".join(public), "，".join(restricted), extracted.flags)
