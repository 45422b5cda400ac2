"""Two-variant goods: `张三2大1小`, `李四大2小1`, `王五成人2儿童1` count adults and children."""

from __future__ import annotations

from collections.abc import Sequence

from app.intake.grammar.goods.goods import Parsed
from app.intake.grammar.goods.scan import Element, ElementKind
from app.intake.grammar.model import ChainGoods

_LABELS = {"大": "成人", "成人": "成人", "大人": "成人", "小": "儿童", "儿童": "儿童", "小孩": "儿童", "孩子": "儿童"}


def read_variants(name: str, elements: Sequence[Element]) -> tuple[str, Parsed] | None:
    """(name, goods) when the whole entry is labels with counts, the label before or after its number."""
    parts = [element for element in elements if element.kind is not ElementKind.SEP]
    if not parts or any(element.kind not in (ElementKind.WORDS, ElementKind.QTY) or element.unit for element in parts):
        return None
    if parts[0].kind is ElementKind.QTY:
        behind = _pairs(parts, label_first=False)
        if behind:
            return name, behind
        label = next((each for each in sorted(_LABELS, key=len, reverse=True) if name.endswith(each)), "")
        if not label:
            return None
        shorter = name.removesuffix(label)
        before = _pairs([Element(ElementKind.WORDS, label), *parts], label_first=True)
        return (shorter, before) if before else None
    before = _pairs(parts, label_first=True)
    if before or name:
        return (name, before) if before else None
    return _glued(parts)


def _glued(parts: list[Element]) -> tuple[str, Parsed] | None:
    """`王五儿童1`: name and label in one word."""
    word = parts[0].text.strip()
    label = next((each for each in ("成人", "大人", "儿童", "小孩", "孩子") if word.endswith(each)), "")
    if not label:
        return None
    counted = _pairs([Element(ElementKind.WORDS, label), *parts[1:]], label_first=True)
    return (word.removesuffix(label), counted) if counted else None


def _pairs(parts: Sequence[Element], *, label_first: bool) -> Parsed | None:
    if len(parts) % 2:
        return None
    goods: list[ChainGoods] = []
    for at in range(0, len(parts), 2):
        label, quantity = (parts[at], parts[at + 1]) if label_first else (parts[at + 1], parts[at])
        item = _LABELS.get(label.text.strip())
        if item is None or quantity.kind is not ElementKind.QTY or any(known.item == item for known in goods):
            return None
        goods.append(ChainGoods(item, quantity.number, "", "", quantity.problem))
    return Parsed(tuple(goods))
