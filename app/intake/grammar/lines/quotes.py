"""Messages that are quoted or forwarded above an answer.

    「王芳：6-203 西瓜1」      an order: asked, unless the order of that household stands in the list itself
    - - - - - - -
    收到                      the answer

What holds no order of somebody is kept as a quote.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from app.intake.grammar.entry import changes
from app.intake.grammar.entry.draft import EntryDraft
from app.intake.grammar.entry.entry import is_doubtful_address
from app.intake.grammar.goods.lexicon import Lexicon
from app.intake.grammar.lines import lines as physical
from app.intake.grammar.lines.lines import TextPiece
from app.intake.grammar.model import ChainLine, EntryOutcome

QUOTE = "quote"
ORDER = "quoted_order"
_OPENING, _CLOSING = ("「", "『", "“", '"', "‘"), ("」", "』", "”", '"', "’")
_MARKS = '「」『』“”"‘’ '
_NUMBER = re.compile(r"^(?P<sender>[^:：\d]{0,12}[:：] ?)?\(?\d{1,3}[.、)] ?(?=\D*\d)")
_DOUBTED = ("change_unclear", "cancel_and_order")
_ACTS = (EntryOutcome.ROW, EntryOutcome.AMEND, EntryOutcome.CANCEL)


def quoted_piece_ids(found: Sequence[TextPiece]) -> set[int]:
    """The ids of pieces that are quoted: from an opening mark to its closing one, where dashes follow."""
    marks: set[int] = set()
    begin = 0
    for at, piece in enumerate(found):
        if not physical.is_quote_line(piece.text):
            continue
        opened = [i for i in range(begin, at) if found[i].text.startswith(_OPENING)]
        if opened:
            last = next((i for i in range(opened[-1], at) if found[i].text.endswith(_CLOSING)), at - 1)
            marks |= {id(each) for each in found[opened[-1] : last + 1]}
        marks.add(id(piece))
        begin = at + 1
    return marks


def without_entry_number(text: str) -> str:
    """The words of a quoted message, without the number of its entry."""
    return _NUMBER.sub(r"\g<sender>", text.strip(_MARKS))


def quote_lines(piece: TextPiece, drafts: Sequence[EntryDraft], lexicon: Lexicon, list_no: int) -> list[ChainLine]:
    """The line of a quoted message: asked for each order that it holds."""
    found = [
        ChainLine(
            piece.line_no,
            piece.raw,
            EntryOutcome.REVIEW,
            piece.part,
            who=draft.who,
            items=draft.items,
            change=draft.change,
            reason=ORDER,
            candidates=draft.candidates or ((draft.household,) if draft.household else ()),
            list_no=list_no,
            text=without_entry_number(piece.text),
        )
        for draft in drafts
        if _orders(draft, piece.text, lexicon)
    ]
    kept = ChainLine(piece.line_no, piece.raw, EntryOutcome.SKIP, piece.part, reason=QUOTE, list_no=list_no)
    return found or [kept]


def _orders(draft: EntryDraft, text: str, lexicon: Lexicon) -> bool:
    """Whether somebody wants, changes or withdraws something."""
    if draft.outcome in (EntryOutcome.SKIP, EntryOutcome.HEAD) or draft.is_question:
        return False
    counted = any(item.qty for item in draft.items)
    placed = draft.household is not None or bool(draft.candidates) or is_doubtful_address(draft)
    known = not lexicon.is_open and any(lexicon.knows(item.item) for item in draft.items)
    acts = draft.outcome in _ACTS or draft.change is not None or draft.reason in _DOUBTED
    acts = acts or changes.find_change(text).cancels
    return (placed and (counted or acts)) or (known and counted)


def settle_repeated_quotes(found: Sequence[ChainLine]) -> list[ChainLine]:
    """Quoted orders that stand in the list themselves, or were quoted before, are only quotes."""
    said: dict[object, set[object]] = defaultdict(set)
    for line in found:
        if line.reason != ORDER:
            _note(line, said)
    result = []
    above: list[object] = []  # whose the quoted line directly above is: its message may go on
    for line in found:
        if line.reason == ORDER:
            wanted, above = _wanted_goods(line), _household_key(line) or above
            if wanted and any(wanted <= said[who] for who in above):
                line = line._replace(outcome=EntryOutcome.SKIP, reason=QUOTE, items=(), candidates=(), change=None)
            else:
                _note(line, said)
        else:
            above = []
        result.append(line)
    return result


def _note(line: ChainLine, said: dict[object, set[object]]) -> None:
    for who in _household_key(line):
        said[who] |= _wanted_goods(line)


def _household_key(line: ChainLine) -> list[object]:
    """The household that a line is of, else who it names; several candidates are nobody in particular."""
    homes = [line.household] if line.household else list(line.candidates)
    if len(homes) == 1:
        return [homes[0].household_id]
    return [f"name:{line.who}"] if line.who and not homes else []


def _wanted_goods(line: ChainLine) -> set[object]:
    """What a line wants, change and quantity included."""
    if line.outcome in (EntryOutcome.SKIP, EntryOutcome.HEAD):
        return set()
    return {(item.item, item.qty, line.change) for item in line.items}
