"""Elements → goods: which words belong to which quantity, without inventing one.

order    := group (SEP group)*
group    := WORDS QTY | QTY WORDS | QTY | WORDS
QTY      := quantity, or several that stand together: the one with the biggest unit counts, the rest is the
            specification of the item (600ml*24瓶4箱 → 4箱)

group pattern          goods
鸡蛋2盒                鸡蛋 2
2盒鸡蛋                鸡蛋 2
鸡蛋2盒牛奶1箱          鸡蛋 2, 牛奶 1
2份                    the only item of the list, 2
鸡蛋，2盒              鸡蛋 2
鸡蛋                   鸡蛋, no quantity → question
鸡蛋、牛奶各2份         鸡蛋 2, 牛奶 2 where both are known items; else question
苹果2份送到门口         苹果 2, the rest is a note
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from app.intake.grammar import words
from app.intake.grammar.goods import phrases
from app.intake.grammar.goods.lexicon import Lexicon
from app.intake.grammar.goods.scan import Element, ElementKind
from app.intake.grammar.model import ChainGoods
from app.intake.grammar.people import people
from app.intake.grammar.remarks import remarks

MAX_ITEMS = 30
_SENTENCE = "没不了有在是吗吧家楼前后里岁"  # 5楼没电梯, 在3楼, 老人在家
_MOST_VERBS = 3  # 麻烦帮我留
_AROUND = " :：-~·。.…<>^_\"'“”"


@dataclass(frozen=True, slots=True)
class Parsed:
    """goods in order, words that belong to none of them, and what makes the whole doubtful ("" when nothing does)."""

    goods: tuple[ChainGoods, ...]
    note: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    """A phrase of words (is_words) or one quantity with its specification."""

    is_words: bool
    text: str = ""
    note: str = ""
    quantity: Element | None = None
    spec: str = ""
    tight: bool = False


def parse(elements: Sequence[Element], lexicon: Lexicon, default_item: str) -> Parsed:
    """The goods of one entry. default_item: what a bare quantity means; "" when the list offers several items."""
    groups = _groups(phrases.separate_goods(elements, lexicon), lexicon)
    reader = _GoodsReader(lexicon, default_item)
    for group in groups:
        reader.take(group)
    return reader.result()


def _groups(elements: Sequence[Element], lexicon: Lexicon) -> list[list[_Part]]:
    groups: list[list[_Part]] = [[]]
    run: list[Element] = []
    ended = [*elements, Element(ElementKind.SEP, "")]
    for element, follows in pairwise([*ended, ended[-1]]):
        if element.kind is ElementKind.QTY:
            if run and element.is_each:
                groups[-1].append(_merged(run))
                run = []
            run.append(element)
            continue
        if element.kind is ElementKind.NOTE and run:
            groups[-1].append(replace(_merged(run), note=element.text))
            run = []
            continue
        if run:
            groups[-1].append(_merged(run))
            run = []
        behind = bool(groups[-1]) and not element.tight and follows.kind is not ElementKind.QTY
        if behind and element.kind is ElementKind.WORDS and phrases.is_remark(element.text, lexicon):
            element = replace(element, kind=ElementKind.NOTE)  # `2串阳光玫瑰 家里有老人`
        _add(groups, element)
    return [group for group in groups if group]


def _add(groups: list[list[_Part]], element: Element) -> None:
    current = groups[-1]
    if element.kind is ElementKind.SEP:
        groups.append([])
    elif element.kind is ElementKind.NOTE:
        if current and current[-1].is_words:
            current[-1] = replace(current[-1], note=(current[-1].note + " " + element.text).strip())
        elif current:
            current[-1] = replace(current[-1], note=element.text)
        else:
            current.append(_Part(True, "", element.text))
    elif element.kind is ElementKind.WORDS:
        last = current[-1] if current else None
        if last is not None and last.is_words and (not last.note or not last.text):
            gap = "" if element.tight else " "
            current[-1] = replace(last, text=last.text + gap + element.text)
        else:
            current.append(_Part(True, element.text, tight=element.tight))


def _merged(run: Sequence[Element]) -> _Part:
    """Several quantities side by side: one counts, the others specify the item."""
    if len(run) == 1:
        return _Part(False, run[0].text, quantity=run[0], tight=run[0].tight)
    biggest = max(element.size for element in run)
    top = [element for element in run if element.size == biggest]
    doubtful = len(top) > 1 or biggest <= 0 or any(e.problem == "range" for e in run)
    if doubtful or any(element.size < 0 for element in run):
        problem = next((e.problem for e in run if e.problem), "several_quantities")
        unclear = replace(run[-1], number=None, problem=problem)
        return _Part(False, "".join(e.text for e in run), quantity=unclear, tight=run[0].tight)
    chosen = top[0]
    spec = "".join(element.text for element in run if element is not chosen)
    return _Part(False, chosen.text, quantity=chosen, spec=spec, tight=run[0].tight)


def _measured_names(group: list[_Part]) -> list[_Part]:
    """`500ML可乐12罐2箱`: a fine measure in front of the words it touches is part of the name."""
    first = group[0].quantity
    if len(group) < 3 or first is None or first.unit not in words.FINE_UNITS or not group[1].tight:
        return group
    return [replace(group[1], text=group[0].text + group[1].text, tight=group[0].tight), *group[2:]]


class _GoodsReader:
    """Collects goods group by group; remembers words that wait for a quantity in the next group."""

    def __init__(self, lexicon: Lexicon, default_item: str) -> None:
        self.lexicon, self.default_item = lexicon, default_item
        self.goods: list[ChainGoods] = []
        self.notes: list[str] = []
        self.waiting: list[_Part] = []
        self.problem = ""

    def take(self, group: list[_Part]) -> None:
        group = _measured_names(group)
        shape = "".join("W" if part.is_words else "Q" for part in group)
        if shape == "W":
            self.waiting.append(group[0])
            return
        if shape in ("WQ", "Q") and group[-1].quantity is not None and group[-1].quantity.is_each:
            self._each(group)
            return
        if shape == "Q" and self.waiting and self.lexicon.knows(_name(self.waiting[-1].text)):
            self._pair(self.waiting.pop(), group[0])
            return
        if shape == "Q" and self.waiting and is_unsold(self.waiting[-1].text, self.lexicon):
            self.problem = self.problem or "unknown_item"  # 酱油，2瓶 in a list of vegetables
        self._settle_waiting()
        self._group(group, shape)

    def _group(self, group: list[_Part], shape: str) -> None:
        if shape == "Q":
            self._pair(None, group[0])
        elif shape == "WQW":
            self._between(group)
        elif shape.startswith("W"):
            self._pairs(group, words_first=True)
        elif shape == "QW" and not group[1].tight and not self.lexicon.knows(_name(group[1].text)):
            self._pair(None, group[0])
            self._aside(group[1])
        elif shape.endswith("W") and len(shape) % 2 == 0:
            self._pairs(group, words_first=False)
        elif shape == "QWQ" and (not group[1].tight or group[2].tight):
            self._pair(None, group[0])
            self._pair(group[1], group[2])
        else:
            self.problem = "unclear_order"
            self._pairs(group, words_first=False)

    def _pairs(self, group: list[_Part], *, words_first: bool) -> None:
        for at in range(0, len(group) - 1, 2):
            first, second = group[at], group[at + 1]
            self._pair(*((first, second) if words_first else (second, first)))
        if len(group) % 2:
            last = group[-1]
            if last.is_words:
                self._loose(last)
            else:
                self._pair(None, last)

    def _between(self, group: list[_Part]) -> None:
        """`苹果 2份 送到门口`, `王阿姨 2份鸡蛋`: the known words take the quantity, else those that touch it."""
        before, quantity, after = group
        knows_before, knows_after = self.lexicon.knows(_name(before.text)), self.lexicon.knows(_name(after.text))
        if knows_before and knows_after:
            self.problem = "unclear_order"
            self._pair(before, quantity)
            self._loose(after)
        elif knows_after or (not knows_before and after.tight and not quantity.tight):
            self.problem = self.problem or ("change_unclear" if _takes_back(before.text) else "")
            self.notes.append(before.text)
            self._pair(after, quantity)
        else:
            self._pair(before, quantity)
            self._loose(after)

    def _loose(self, part: _Part) -> None:
        """Words without a quantity behind a finished item."""
        if self.lexicon.knows(_name(part.text)):
            self.goods.append(self._named(part, None, ""))
        else:
            taken = next((word for word in words.AGAINST if part.text.strip(_AROUND).startswith(word)), "")
            if taken and self.lexicon.knows(_name(part.text.strip(_AROUND).removeprefix(taken))):
                self.problem = self.problem or "change_unclear"
            self.notes += [text for text in (part.text, part.note) if text]

    def _aside(self, part: _Part) -> None:
        """Words behind a quantity that are no goods: a wish is a note, anything else is asked."""
        self.notes.append(part.text)
        wish = part.text.startswith(phrases.WISHES) or people.is_chat(part.text) or people.is_name(part.text)
        proxy = next((part.text.removesuffix(word) for word in words.PROXY_ENDS if part.text.endswith(word)), "")
        wish = wish or people.is_name(proxy) or _is_called_or_for(part.text.strip(_AROUND))
        dated = part.text[0].isdigit() and any(ch in part.text for ch in "月号日点:-")
        wish = wish or dated or any(ch in part.text for ch in _SENTENCE) or bool(remarks.flags_of(part.text))
        self.problem = self.problem if wish else self.problem or "unclear_words"

    def _settle_waiting(self) -> None:
        for part in self.waiting:
            self._loose(part)
        self.waiting = []

    def _each(self, group: list[_Part]) -> None:
        """`鸡蛋、牛奶各2份`: every item is known, or the line is asked."""
        quantity = group[-1] if not group[-1].is_words else group[0]
        named = [*self.waiting, *(part for part in group if part.is_words)]
        self.waiting = []
        items = [piece for part in named for piece in self._listed(part.text)]
        known = len(items) > 1 and all(self.lexicon.knows(item) for item in items)
        if known:
            for item in items:
                self._pair(_Part(True, item), quantity)
            self.problem = "" if self.problem == "each" else self.problem
            return
        phrase = " ".join(part.text for part in named)
        if phrase:
            self._pair(_Part(True, phrase), quantity)
        else:
            self._pair(None, quantity)
        self.problem = "each"

    def _listed(self, text: str) -> list[str]:
        covered = self.lexicon.cover(text)
        if len(covered) > 1:
            return covered
        pieces = [text]
        for mark in ("和", "跟", "与", "+", "/", "、", " "):
            pieces = [p for whole in pieces for p in ([whole] if self.lexicon.knows(whole) else whole.split(mark))]
        return [piece for piece in pieces if piece]

    def _pair(self, named: _Part | None, quantity: _Part) -> None:
        element = quantity.quantity
        if element is None or len(self.goods) >= MAX_ITEMS:
            self.problem = self.problem or "too_many_items"
            return
        if element.is_each and named is not None and not self.lexicon.knows(_name(named.text)):
            self.problem = self.problem or "each"
        if named is None or not _name(named.text) or self._describes(named.text):
            self._bare(quantity, element, named)
            return
        spec = replace(named, text=named.text + quantity.spec, note=" ".join(filter(None, (named.note, quantity.note))))
        self.goods.append(self._named(spec, element, quantity.spec))

    def _describes(self, text: str) -> bool:
        """两个大的: only a description, where one item is meant anyway."""
        name = text.strip(_AROUND)
        known = name.removesuffix("的") in words.DESCRIBING or name in words.DESCRIBING
        return bool(self.default_item) and known and not self.lexicon.knows(name)

    def _bare(self, quantity: _Part, element: Element, named: _Part | None) -> None:
        described = named.text.strip(_AROUND) if named and _name(named.text) else ""
        note = " ".join(filter(None, (described, quantity.note, named.note if named else "")))
        problem = element.problem or ("" if self.default_item else "item_missing")
        problem = problem or ("unit_differs" if element.unit in words.FINE_UNITS else "")
        ordered = ChainGoods(self.default_item, element.number, element.unit, note, problem)
        self.goods.append(self._limited(self._in_sale_units(ordered)))

    def _named(self, part: _Part, element: Element | None, spec: str) -> ChainGoods:
        written = _name(part.text)
        found = self.lexicon.match(written)
        if not found.certain and spec:
            shorter = self.lexicon.match(_name(part.text.removesuffix(spec)))
            found = replace(shorter, note=f"{shorter.note} {spec}".strip()) if shorter.item else found
        if self.lexicon.is_open and _is_no_item(written):
            found = replace(found, certain=False)
        elif found.item and not found.certain and phrases.is_aside(found.note):
            found = replace(found, certain=True)
        problem = "" if found.certain else ("unknown_item" if not found.item else "item_unclear")
        if (_takes_back(written) and (self.lexicon.is_open or not found.certain)) or self._goes_on_changing(part.text):
            problem = "change_unclear"
        problem = (element.problem if element else "") or problem or ("" if element else "no_quantity")
        note = " ".join(filter(None, (found.note, part.note)))
        number, unit = (element.number, element.unit) if element else (None, "")
        return self._limited(self._in_sale_units(ChainGoods(found.item or written, number, unit, note, problem)))

    def _goes_on_changing(self, text: str) -> bool:
        """土豆加1袋, 土豆减1袋: a change of what was ordered before, not an order."""
        name = text.strip(_AROUND)
        if name.endswith(words.REFUSALS):
            return True
        return name.endswith(("加", "减", "退", "少")) and self.lexicon.knows(_name(name[:-1]))

    def _in_sale_units(self, ordered: ChainGoods) -> ChainGoods:
        """A measure is converted where it comes out whole; a unit of another size class is asked."""
        sold = self.lexicon.unit(ordered.item)
        same = not ordered.unit or ordered.unit in (sold, "份", "单份")
        if not sold or same or ordered.qty is None or ordered.problem:
            return ordered
        if sold in words.GRAMS and ordered.unit in words.GRAMS:
            grams = ordered.qty * words.GRAMS[ordered.unit]
            if grams % words.GRAMS[sold] == 0:
                said = f"{ordered.qty}{ordered.unit} {ordered.note}".strip()
                return replace(ordered, qty=grams // words.GRAMS[sold], unit=sold, note=said)
        size, sold_size = words.UNITS.get(ordered.unit), words.UNITS.get(sold)
        fits = size != 0 and (size == sold_size or sold in ("份", "单份"))
        return ordered if fits else replace(ordered, problem="unit_differs")

    def _limited(self, ordered: ChainGoods) -> ChainGoods:
        """More than one household may order is asked; grams and millilitres are counted by the hundred."""
        most = self.lexicon.limit(ordered.item) * (100 if ordered.unit in words.FINE_UNITS else 1)
        over = not ordered.problem and ordered.qty is not None and ordered.qty > most
        return replace(ordered, problem="over_limit") if over else ordered

    def result(self) -> Parsed:
        self._settle_waiting()
        said = [word for note in self.notes for word in note.replace(",", " ").split()]
        if self.goods and any(word.rstrip("了吧啊哈") in words.REFUSALS for word in said):
            self.problem = self.problem or "change_unclear"
        names = [ordered.item for ordered in self.goods]
        if len(set(names)) < len(names):
            self.problem = self.problem or "item_twice"
        return Parsed(tuple(self.goods), " ".join(note.strip() for note in self.notes if note.strip()), self.problem)


def _name(text: str) -> str:
    """The words of an item without the verbs people put around it (我要鸡蛋, 肉来)."""
    name = people.without_pictures(text).strip(_AROUND).lstrip(")").strip(_AROUND)
    for _ in range(_MOST_VERBS):
        name = _without_verb(name)
    for verb in words.VERBS_AFTER:
        if len(name) > len(verb) and name.endswith(verb):
            name = name[: -len(verb)]
            break
    return name.strip(_AROUND)


def is_unsold(text: str, lexicon: Lexicon) -> bool:
    """Whether words are a common name for goods, of which the catalogue has none."""
    name = _name(text).removeprefix("的")
    return not lexicon.is_open and name in words.GOODS and not lexicon.mentioned(name)


def _is_no_item(written: str) -> bool:
    """或, 上次的, 份, markup: words without a catalogue that name no goods."""
    bare = written.strip(_AROUND)
    if any(ch in "<>{}=@" for ch in bare):
        return True
    return bare in words.NO_ITEMS or bare in words.UNITS or bare.startswith(words.NO_ITEM_STARTS)


def _is_called_or_for(text: str) -> bool:
    """阿英, 办酒用: who it is, or what for."""
    called = len(text) == 2 and text[0] in "阿小老" and people.is_nickname(text)
    return called or (2 <= len(text) <= 4 and text.endswith("用") and not any(ch in text for ch in "不没别勿"))


def _without_verb(name: str) -> str:
    for verb in words.VERBS_BY_FIRST.get(name[:1], ()):
        if name == verb or (name.startswith(verb) and verb not in words.VERBS_ALONE):
            return name[len(verb) :]
    return name


def _takes_back(text: str) -> bool:
    """退土豆, 不要鸡蛋, 加土豆: words that change an order stand before the goods; 退烧药 and 加多宝 are goods."""
    bare = text.strip(_AROUND)
    return bare.startswith(words.CHANGES_BEFORE) and not bare.startswith(words.NOT_AGAINST)
