"""One entry: whose it is, what it changes, which goods.

entry    := who goods | goods who | who change | who cancel
who      := address [name] | name [address] | nickname
proxy    := address 代 address | name 代 address
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from app.core.text import chinese
from app.intake.grammar import words
from app.intake.grammar.entry import changes, unsettled, withdrawals
from app.intake.grammar.entry.draft import EntryDraft
from app.intake.grammar.entry.reader import Reader, addresses
from app.intake.grammar.goods import goods, variants
from app.intake.grammar.goods.scan import Element, ElementKind, scan
from app.intake.grammar.model import Change, EntryFlag, EntryOutcome
from app.intake.grammar.people import contacts, people
from app.intake.grammar.remarks import remarks
from app.places.address.rules import AddressReason, Located, RegisteredHousehold

MAX_ENTRY = 400
_KEYCAPS = {0xFE0F: None, 0x20E3: None} | dict.fromkeys(map(ord, "【】[]「」『』“”"), " ")
_WANTS = ("只要", "只留", "保留", "换成", "换", "改要", "再来", "重新", "还要", "另要")
_DOUBTS = tuple(
    "换人 给别 让给 转给 别家 别人家 写重 重复 写错 弄错 搞错 填错 再说 看情况 考虑 待定 不确定 不一定"
    " 等通知 先不 有多的 有剩 有余 如果有 如果还有 要是有 要是还有 有的话".split()
)
_WARNS = re.compile("(?:别|勿|不要)(?:搞|弄|写)错")
_GONE = ("退款", "已退", "退单", "取消", "作废", "已删", "撤单", "撤销")
_INITIALS = re.compile(r"(?<![a-z0-9])[a-z]{2,8} ?[x*]?\d{1,2}(?![a-z0-9])")  # 卷纸1 qc1
_NEIGHBOURS = ("隔壁", "对门", "楼上", "楼下", "邻居", "朋友", "对面")


def has_quantity(text: str, reader: Reader) -> bool:
    """Whether the text, addresses left out, holds a quantity."""
    rest = contacts.mask_contacts(_without(text, addresses(text, reader))).strip()
    if rest.startswith("(") and rest.find(")") == len(rest) - 1:
        rest = rest[1:-1]  # （鸡蛋2板）: nothing but what stands in brackets
    return any(element.kind is ElementKind.QTY for element in scan(rest, reader.lexicon))


def read_entry(text: str, reader: Reader) -> list[EntryDraft]:
    """The drafts of one entry: one, or one for each household that the line serves by itself."""
    key = (text, reader.context.scope, reader.default_item)
    known: list[EntryDraft] | None = reader.drafts.get(key)
    if known is not None:
        return known
    drafts = reader.drafts[key] = _read(text, reader)
    if drafts[0].outcome is EntryOutcome.REVIEW and drafts[0].household is None:
        reader.effort.waste(text, is_of_nobody=not drafts[0].who and not drafts[0].has_address)
    return drafts


def _read(text: str, reader: Reader) -> list[EntryDraft]:
    if not text.strip():
        return [EntryDraft(EntryOutcome.SKIP, reason="placeholder")]
    if len(text) > MAX_ENTRY:
        return [EntryDraft(EntryOutcome.REVIEW, reason="too_long")]
    # Telephone numbers go before anything is read: their digits look like rooms. A line that was struck out withdraws
    # whatever else it says; an example looks like an order in all but its words.
    text = contacts.mask_contacts(chinese.fold(text).translate(_KEYCAPS))
    if changes.STRUCK in text:
        return _read_struck_out(text.replace(changes.STRUCK, " ").strip(), reader)
    if people.is_example(text) or people.is_format(text):
        return [EntryDraft(EntryOutcome.HEAD, reason="example")]
    found = addresses(text, reader)
    if len(found) < 2:
        return [_read_household(text, found, reader, EntryDraft(EntryOutcome.ROW))]
    return _read_several_households(text, found, reader)


def _read_struck_out(text: str, reader: Reader) -> list[EntryDraft]:
    """A line that was struck out: the order that it would be is withdrawn."""
    if not text:
        return [EntryDraft(EntryOutcome.SKIP, reason="struck")]
    gone = []
    for draft in _read(text, reader):
        known = draft.household is not None and draft.reason in ("", "no_quantity", "item_missing")
        acts = draft.outcome in (EntryOutcome.ROW, EntryOutcome.AMEND, EntryOutcome.CANCEL)
        if draft.household is not None and (acts or known):
            gone.append(replace(draft, outcome=EntryOutcome.CANCEL, items=(), change=None, reason="struck"))
        else:
            gone.append(_asked(draft, "cancel_and_order") if draft.outcome is not EntryOutcome.SKIP else draft)
    return gone


def _without(text: str, found: list[Located]) -> str:
    for place in sorted(found, key=lambda place: -place.start):
        text = text[: place.start] + " " + text[place.end :]
    return text


def _read_several_households(text: str, found: list[Located], reader: Reader) -> list[EntryDraft]:
    first, second = found[0], found[1]
    between = text[first.end : second.start].strip(" ,，(:：")
    after = text[second.end :].lstrip(" )")
    names = {place.resolution.household_id for place in found}
    if len(names) == 1 and found[0].resolution.household:
        return [_read_household(text, found, reader, EntryDraft(EntryOutcome.ROW))]
    # 302送到501 is one order with two doors, 302代501 one order with two people: both before two orders are tried.
    if between.endswith(words.REDIRECTS):
        draft = _read_household(text, found, reader, EntryDraft(EntryOutcome.ROW))
        deliver_to = second.resolution.candidates
        return [
            _asked(replace(draft, flags=draft.flags | {EntryFlag.REDIRECT}), "redirect", draft.candidates + deliver_to)
        ]
    given = any(element.kind is ElementKind.QTY for element in scan(between, reader.lexicon))
    if between.endswith(words.PROXIES) and len(found) == 2 and not given:
        proxy = text[first.start : first.end].strip()
        shorter = text[: first.start] + " " + text[first.end : second.start].rstrip().removesuffix("代替")
        shorter = _strip_proxy(shorter) + " " + text[second.start :]
        return [replace(draft, proxy=proxy) for draft in read_entry(shorter, reader)]
    if after.startswith("代") and len(found) == 2:
        proxy = text[second.start : second.end].strip()
        shorter = text[: second.start] + " " + after[1:].lstrip("订接买拿收领购付下单")
        return [replace(draft, proxy=proxy) for draft in read_entry(shorter, reader)]
    return _split(text, found, reader)


def _strip_proxy(text: str) -> str:
    stripped = text.rstrip(" ,，;；、(:：+")
    for word in words.PROXIES:
        stripped = stripped.removesuffix(word)
    return stripped


def _split(text: str, found: list[Located], reader: Reader) -> list[EntryDraft]:
    """Two households in one line: each with its own goods, or one 各 for all; anything else is asked."""
    ends = [place.start for place in found[1:]] + [len(text)]
    lead = text[: found[0].start]
    parts = [text[place.start : end] for place, end in zip(found, ends, strict=True)]
    parts[0] = lead + parts[0]
    drafts = [draft for part in parts for draft in read_entry(_strip_proxy(part), reader)]
    if len(drafts) == len(found) and all(draft.outcome is EntryOutcome.ROW for draft in drafts):
        return drafts
    tail = text[found[-1].end :]
    empty_before = all(not text[a.end : b.start].strip(" ,，、/和跟与&及") for a, b in pairwise(found))
    shared = _shared(tail, reader) if empty_before else ""
    if shared:
        drafts = [
            _read_household(
                text[place.start : place.end] + " " + shared,
                [place_at_start(place)],
                reader,
                EntryDraft(EntryOutcome.ROW),
            )
            for place in found
        ]
        if all(draft.outcome is EntryOutcome.ROW for draft in drafts):
            return drafts
    whole = _read_household(text, found, reader, EntryDraft(EntryOutcome.ROW))
    candidates = tuple(household for place in found for household in place.resolution.candidates)
    return [_asked(replace(whole, household=None), "several_households", candidates)]


def _shared(tail: str, reader: Reader) -> str:
    """The goods of each of several households: 各2份, 每户鸡蛋1板, 牛奶各1箱; "" when none are said to be of each."""
    tail = tail.lstrip(" :：")
    if tail.startswith((*words.EACH, "每户", "每家", "都")):
        tail = tail.removeprefix("每户").removeprefix("每家").removeprefix("都")
        for each in words.EACH:
            tail = tail.removeprefix(each)
        return tail
    good, each, quantity = tail.partition("各")
    return f"{good.strip()} {quantity}" if each and reader.lexicon.knows(good.strip()) else ""


def place_at_start(place: Located) -> Located:
    """The same address when its text is cut out and stands first."""
    return replace(place, start=0, end=place.end - place.start)


def _asked(draft: EntryDraft, reason: str, candidates: tuple[RegisteredHousehold, ...] = ()) -> EntryDraft:
    return replace(draft, outcome=EntryOutcome.REVIEW, reason=reason, candidates=candidates or draft.candidates)


def _read_household(text: str, found: list[Located], reader: Reader, draft: EntryDraft) -> EntryDraft:
    """One household and its goods."""
    written = text[found[0].start : found[0].end].strip() if found else ""
    draft = replace(_addressed(draft, found, text), address_text=written)
    rest = _without(text, found).replace("--", " ")
    lead, rest = _lead(text, rest, found, reader)
    if found and text[found[0].end : found[0].end + 1] == "-" and found[0].resolution.household:
        rest = rest.replace(" -", " ", 1)
    if any(f"{verb}{word}" in rest for verb in ("代", "帮", "替") for word in _NEIGHBOURS):
        draft = _asked(draft, "proxy_unclear")
    rest = "取消" if found and withdrawals.is_refusal(rest) else withdrawals.without_kept(rest, reader.lexicon)
    extracted = remarks.extract_remarks(withdrawals.set_apart(rest, reader.lexicon) if found else rest)
    changing = withdrawals.without_reason(changes.find_change(extracted.rest), reader.lexicon)
    elements = _elements(changing.text, reader)
    if changing.total is not None and changing.change is Change.SET:
        elements = changes.with_total(elements, changing.total)
    name, elements = people.take_name(elements, reader.lexicon, has_address=bool(found))
    name, proxy = _proxy_name(lead or name)
    counted = variants.read_variants(name, elements)
    name, parsed = counted or (name, goods.parse(elements, reader.lexicon, reader.default_item))
    draft = replace(
        draft,
        who=name,
        proxy=draft.proxy or proxy,
        flags=extracted.flags,
        items=parsed.goods,
        change=changing.change,
        restricted_note=extracted.restricted,
        is_question=rest.rstrip(" 。.").endswith(("?", "吗", "么")) or "吗" in rest or "?" in rest,
    )
    draft = _noted(draft, " ".join(filter(None, (extracted.note, parsed.note))))
    if draft.outcome is EntryOutcome.REVIEW:
        return draft
    return _decide_outcome(draft, changing, parsed, elements, reader, rest)


def _elements(text: str, reader: Reader) -> list[Element]:
    """The elements of the goods; brackets are opened when the only quantity stands in them (`12-302（2份）`)."""
    found = [element for element in scan(text, reader.lexicon) if element.kind is not ElementKind.PHONE]
    if any(element.kind is ElementKind.QTY for element in found) or not any(
        element.kind is ElementKind.NOTE for element in found
    ):
        return found
    opened = scan(text.replace("(", " ").replace(")", " "), reader.lexicon)
    return [element for element in opened if element.kind is not ElementKind.PHONE]


def _lead(text: str, rest: str, found: list[Located], reader: Reader) -> tuple[str, str]:
    """(the name in front of the address, the rest without it): words there that are no goods are a nickname."""
    if not found:
        return "", rest
    before = text[: found[0].start]
    lead = before.strip(" ,，:：-~·。.、()")
    core = lead.rstrip("0123456789")
    ends_in_digits = core != lead and before.endswith(" ") and not reader.lexicon.knows(core)  # 小太阳88 12-302
    said = scan(core if ends_in_digits else before, reader.lexicon)
    only_words = all(element.kind is ElementKind.WORDS and not element.is_item for element in said)
    if not lead or lead.isdigit() or not only_words or reader.lexicon.knows(lead):
        return "", rest
    if changes.find_change(lead).text != lead or remarks.extract_remarks(lead).rest != lead:
        return "", rest
    return lead, rest.removeprefix(before)


def _addressed(draft: EntryDraft, found: list[Located], text: str) -> EntryDraft:
    if not found:
        return draft
    resolution = found[0].resolution
    complete = found[0].is_strong or resolution.household is not None
    if resolution.household is None:
        reason = resolution.reason.value
        after = text[found[0].end : found[0].end + 1]
        goes_on = after in chinese.NUMERALS or after.isdigit() or after in ("/", "-", ".")
        if resolution.reason is AddressReason.NO_ROOM and goes_on:
            reason = AddressReason.UNKNOWN_ROOM.value
        return replace(draft, candidates=resolution.candidates, has_address=complete, address_reason=reason)
    return replace(
        draft,
        household=resolution.household,
        candidates=resolution.candidates,
        confidence=resolution.confidence,
        has_address=True,
    )


def _proxy_name(name: str) -> tuple[str, str]:
    """`王姐代`: the name is the proxy of the address that follows."""
    for word in words.PROXY_ENDS:
        if name.endswith(word):
            return "", name.removesuffix(word)
    return name, ""


def _noted(draft: EntryDraft, note: str) -> EntryDraft:
    """Health words go to the restricted note, the rest stays readable for all."""
    items, kept = [], draft.restricted_note
    for item in draft.items:
        if remarks.is_health(item.note):
            kept = f"{kept} {item.note}".strip()
            item = replace(item, note="")
        items.append(item)
    if remarks.is_health(note):
        return replace(draft, items=tuple(items), restricted_note=f"{kept} {note}".strip())
    return replace(draft, items=tuple(items), restricted_note=kept, note=note)


def _decide_outcome(
    draft: EntryDraft,
    changing: changes.Changing,
    parsed: goods.Parsed,
    elements: list[Element],
    reader: Reader,
    said: str,
) -> EntryDraft:
    """The outcome of an entry whose parts are read. said: its words without the address."""
    # What the words leave open is asked before anything is decided; withdrawals come before goods, since 2份不订了 has
    # a quantity and orders nothing; whose it is comes last, it matters only where the goods are clear.
    open_words = unsettled.open_question(said, draft.items, reader.lexicon)
    if open_words and (draft.items or draft.household):
        return _asked(draft, next((item.problem for item in draft.items if item.problem), parsed.problem) or open_words)
    if changing.cancels:
        if _goes_on(changing.behind, reader):
            return _asked(draft, "change_unclear")
        if any(e.kind is ElementKind.WORDS and goods.is_unsold(e.text, reader.lexicon) for e in elements):
            return _asked(draft, "unknown_item")  # 油退掉 in a list of vegetables
        counted = [item for item in draft.items if item.qty is not None]
        bare = (
            changing.apart
            and len(draft.items) == 1
            and not any(e.kind is ElementKind.WORDS and not people.is_chat(e.text) for e in elements)
        )
        if counted and not (bare and counted[0].item and not counted[0].problem and not parsed.problem):
            return _asked(draft, "cancel_and_order")
        draft = replace(draft, items=()) if counted else draft  # 402 2份 不订了
        return _identified(replace(draft, outcome=EntryOutcome.CANCEL), reader)
    if not draft.items:
        return _without_goods(draft, elements)
    problem = next((item.problem for item in draft.items if item.problem), "") or parsed.problem
    problem = problem or _other_goods(draft, reader)
    doubted = _WARNS.sub("", said)
    unclear = not draft.change and any(word in doubted for word in _DOUBTS)
    problem = problem or ("unclear_words" if unclear else "")
    kept = draft.change or EntryFlag.NO_SUBSTITUTE in draft.flags
    gone = not kept and any(word in said for word in _GONE)
    problem = problem or ("cancel_and_order" if gone else "")
    if problem:
        return _asked(draft, problem)
    if changing.after_goods and draft.change is Change.LESS:
        return _asked(draft, "change_unclear")
    if changing.after_goods:
        draft = replace(draft, change=None)  # 土豆2袋 再加鸡蛋1盒: two goods of one order
    if draft.is_question:
        return _asked(draft, "question")
    if changing.total is not None and sum(item.qty or 0 for item in draft.items) != changing.total:
        return _asked(draft, "total_differs")
    return _identified(replace(draft, outcome=EntryOutcome.AMEND if draft.change else EntryOutcome.ROW), reader)


def _other_goods(draft: EntryDraft, reader: Reader) -> str:
    """`五花肉换2份土豆`: a reason to ask where what is left over names a good that would not be ordered."""
    if draft.flags & {EntryFlag.NO_SUBSTITUTE, EntryFlag.MAY_SUBSTITUTE}:
        return ""
    others = reader.lexicon.mentioned(draft.note) - {item.item for item in draft.items}
    return "item_unclear" if others or _INITIALS.search(draft.note.lower()) else ""


def _goes_on(behind: str, reader: Reader) -> bool:
    """`西瓜不要了 只要吐司`: behind the withdrawal something else is wanted."""
    return (
        any(word in behind for word in _WANTS) or bool(reader.lexicon.mentioned(behind)) or behind[:1] in ("改", "换")
    )


def _without_goods(draft: EntryDraft, elements: list[Element]) -> EntryDraft:
    """An entry that orders nothing: a name only is kept, an address only is asked."""
    if draft.change:
        return _asked(draft, "no_quantity")
    said = " ".join(element.text for element in elements)
    if draft.household or draft.address_reason:
        if said and people.is_chat(said) and any(ch.isalnum() for ch in said):
            return replace(draft, outcome=EntryOutcome.SKIP, reason="chat")
        paid = "paid_only" if not said and EntryFlag.PAID in draft.flags else "no_quantity"
        return _asked(draft, draft.address_reason if draft.has_address and draft.address_reason else paid)
    if said.strip():
        return _asked(draft, "no_quantity") if draft.who else replace(draft, outcome=EntryOutcome.SKIP, reason="chat")
    if people.is_chat(draft.who):
        return replace(draft, outcome=EntryOutcome.SKIP, reason="chat")
    return replace(draft, outcome=EntryOutcome.SKIP, reason="name_only")


def _identified(draft: EntryDraft, reader: Reader) -> EntryDraft:
    """Goods are clear: is it clear whose they are?"""
    if people.is_everybody(draft.who) or any(people.is_everybody(item.item) for item in draft.items):
        return _asked(draft, "whole_building")
    if draft.household:
        return draft
    if draft.address_reason:
        return _asked(draft, draft.address_reason)
    if people.is_self(draft.who) or (not draft.who and draft.change is None and draft.outcome is EntryOutcome.CANCEL):
        return _as_self(draft, reader)
    return draft if draft.who else _asked(draft, "no_who")


def _as_self(draft: EntryDraft, reader: Reader) -> EntryDraft:
    """我要2份: the one who pasted, when that is known."""
    mine = reader.context.self_text
    if not mine:
        return _asked(replace(draft, who=""), "no_who")
    found = addresses(mine, reader)
    if found and found[0].resolution.household:
        return _addressed(replace(draft, who=""), found, mine)
    return replace(draft, who=mine)


def is_doubtful_address(draft: EntryDraft) -> bool:
    """The entry names an address that the register cannot confirm."""
    return bool(draft.address_reason) and draft.address_reason != AddressReason.NO_ADDRESS.value
