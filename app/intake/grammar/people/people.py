"""Who an entry is of: the nickname in front of the goods, chat lines, format lines."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from app.intake.grammar import words
from app.intake.grammar.goods.lexicon import Lexicon
from app.intake.grammar.goods.scan import Element, ElementKind

_SELF = ("我", "本人", "我家", "自己")
_PARTICLES = frozenset("啊呀哦了的吧呢哈嗯呵嘿哟喽啦么嘛您你大家各位亲")
_KIN_ONLY = tuple(word for word in words.KIN if word != "家")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHAT = sorted(words.CHAT, key=len, reverse=True)
_THANKS = ("谢谢", "感谢", "辛苦", "多谢")
_THANKED = tuple("团长 楼长 群主 组长 楼组长 志愿者 老师 阿姨 师傅 大白 姐姐 姐 哥".split())
_TRIM = " :：,，-~·。.、…"
_ASKS = ("多少钱", "几点", "什么时候", "还有吗", "有吗", "怎么", "能不能", "可不可以", "谁", "哪里", "哪天", "吗", "?")
_DISTRICTS = tuple("社区 街道 委会 小区 大楼 公寓 人家 市场 广场 中心 大厦 路 街 区 里 府 号".split())
_NO_NAMES = frozenset(
    "付款 付钱 付了 付过 付好 方便 方才 于是 任何 任意 何时 高兴 白天 钱款 钱已 万一 万分 金额".split()
)
"""Words that begin like a surname."""
_PLACES = frozenset("村桥角弄巷塘湾庄里岙浜埭坊苑园营")


@lru_cache(maxsize=8192)
def is_name(text: str) -> bool:
    """A person by kin word (王阿姨) or by surname and one or two characters that name no goods."""
    text = text.strip(_TRIM)
    if text.endswith(words.KIN) and len(text) <= 8:
        return True
    if len(text) == 1:
        return text in words.SURNAMES
    if len(text) == 2 and text[0] in "小老大阿" and text[1] in words.SURNAMES:
        return True
    if not 2 <= len(text) <= 3 or text[0] not in words.SURNAMES or text in words.GOODS:
        return False
    if text[-1] == "的" or text[:2] in _NO_NAMES:
        return False
    if text[-1] in _PLACES and (len(text) == 2 or text[1] == "家"):
        return False  # 王家村, 李家桥, 马塘
    return not any(ch in words.GOODS_ENDS for ch in text[1:])


@lru_cache(maxsize=8192)
def is_nickname(text: str) -> bool:
    """Han words in front of an address that nobody would call a place: 爱吃鱼的猫, 小太阳, 乐乐妈, 志愿者小李."""
    bare = without_pictures(text).strip(_TRIM)
    if not 2 <= len(bare) <= 12 or not all("\u4e00" <= ch <= "\u9fff" for ch in bare):
        return False
    bare = bare.removesuffix("的")
    if bare.endswith((*_DISTRICTS, *_PLACES)) or bare[:1] in _SELF or any(ch in bare for ch in "在住是"):
        return False
    if bare.endswith(words.KIN):
        return True
    if bare.endswith(words.REFUSALS) or bare[-1:] in words.GOODS_ENDS or _holds_goods(bare):
        return False
    if any(word in bare for word in words.NICKNAME_WORDS):
        return True
    if not 2 <= len(bare) <= 4:
        return False
    doubled = bare[0] == bare[1] and (len(bare) == 2 or bare[-1] == bare[-2])  # 乐乐, but not 耙耙柑
    return bare[0] in "小老阿" or doubled or bare[-2] in "小老阿"


def is_said(run: str) -> bool:
    """`刚才写错了`, `家里没电梯`: a run of words that says something and so names no place."""
    return run.endswith(("了", "吧", "吗", "呢", "啊", "呀")) or any(ch in run[1:] for ch in "没不错")


def is_everybody(text: str) -> bool:
    """整栋, 全楼: an order for all of a building is no household's."""
    return any(word in text for word in words.EVERYBODY)


def is_self(text: str) -> bool:
    """我要2份: the one who pasted the text."""
    return text.strip(_TRIM).removesuffix("要").removesuffix("订") in _SELF


def take_name(elements: Sequence[Element], lexicon: Lexicon, *, has_address: bool) -> tuple[str, list[Element]]:
    """(name, the elements behind it). Behind an address only what is surely a person is a name."""
    rest = [element for element in elements if element.kind is not ElementKind.PHONE]
    while rest and rest[0].kind is ElementKind.SEP:
        rest = rest[1:]
    if has_address and rest and rest[0].kind is ElementKind.NOTE and _is_person(rest[0].text, lexicon):
        return rest[0].text, rest[1:]
    if not rest or rest[0].kind is not ElementKind.WORDS or rest[0].is_item:
        return "", rest
    if has_address:
        return _behind_address(rest, lexicon)
    return _nickname(rest, lexicon)


def _behind_address(rest: list[Element], lexicon: Lexicon) -> tuple[str, list[Element]]:
    first = rest[0]
    follows = rest[1] if len(rest) > 1 else None
    stripped = _without_verb_behind(first.text.strip(_TRIM))
    if not stripped:
        return "", rest[1:]
    numbered = _numbered_nickname(rest, lexicon)
    if numbered:
        return numbered, rest[2:]
    if _is_latin_name(stripped, lexicon):
        return _latin_words(stripped, rest)
    person, goods = _person_and_goods(stripped, lexicon)
    if person and follows is not None and follows.kind is ElementKind.QTY:
        return person, [replace(first, text=goods), *rest[1:]]
    begins_goods = follows is not None and follows.tight and follows.is_item  # 羊奶粉 is no 奶粉 of somebody called 羊
    if _is_called(stripped, lexicon) and not (begins_goods and len(stripped) == 1):
        return stripped, rest[1:]
    another = follows is not None and follows.kind is ElementKind.WORDS and lexicon.knows(follows.text)
    if another and not begins_goods and not is_no_name(stripped) and not lexicon.knows(stripped):
        return stripped, rest[1:]
    return "", rest


def _without_verb_behind(text: str) -> str:
    """王阿姨要, Lily订: the name without the verb behind it."""
    for verb in words.VERBS_AFTER:
        shorter = text.removesuffix(verb)
        if shorter != text and ((len(shorter) > 1 and is_name(shorter)) or (shorter and shorter.isascii())):
            text = shorter
    return text


def _is_called(text: str, lexicon: Lexicon) -> bool:
    """Whether words behind an address are surely a person, alone or as the one who orders for it (王姐代)."""
    if text in words.GOODS:
        return False
    if is_nickname(text) and not lexicon.knows(text) and not _takes(text):
        return True
    if is_name(text) and not (lexicon.knows(text) and not text.endswith(words.KIN)):
        return True
    proxy = next((text.removesuffix(word) for word in words.PROXY_ENDS if text.endswith(word)), "")
    return bool(proxy) and (is_name(proxy) or is_nickname(proxy))


def _is_person(text: str, lexicon: Lexicon) -> bool:
    """Whether the words in brackets behind an address are a person: (王阿姨), (lucky2008), (Tom Chen)."""
    bare = without_pictures(text).strip(_TRIM)
    if lexicon.knows(bare) or _takes(bare):
        return False
    core = bare.lstrip(_LETTERS).rstrip("0123456789")
    return is_name(bare) or is_nickname(core) or all(_is_latin_name(word, lexicon) for word in bare.split() or [""])


def _takes(text: str) -> bool:
    return text.startswith(words.CHANGES_BEFORE) and not text.startswith(words.NOT_AGAINST)


def _is_latin_name(text: str, lexicon: Lexicon) -> bool:
    """Lily, lucky2008: Latin letters, digits behind at least three of them."""
    core = text.rstrip("0123456789")
    is_latin = core.replace(".", "").isalpha() and core.isascii() and len(core) > (1 if core == text else 2)
    return is_latin and not lexicon.knows(text) and core not in words.UNITS


def _latin_words(name: str, rest: list[Element]) -> tuple[str, list[Element]]:
    at = 1
    while at < len(rest) and rest[at].kind is ElementKind.WORDS and rest[at].text.isascii() and rest[at].text.isalpha():
        if rest[at].is_item:
            break
        name, at = f"{name} {rest[at].text}", at + 1
    return name, rest[at:]


def _numbered_nickname(rest: list[Element], lexicon: Lexicon) -> str:
    """`A小太阳88 订4份`: digits that end a nickname behind an address, when goods follow."""
    if len(rest) < 3 or rest[1].kind is not ElementKind.QTY or not rest[1].tight or rest[1].unit or rest[1].sign:
        return ""
    word = without_pictures(rest[0].text).strip(_TRIM)
    known = lexicon.knows(word) or rest[0].is_item
    nickname = is_nickname(word.lstrip(_LETTERS)) or is_name(word)
    return f"{word}{rest[1].text}" if nickname and not known and len(rest[1].text) > 1 and _apart(rest[2]) else ""


def _apart(element: Element) -> bool:
    return (
        not element.tight or element.is_item or (element.kind is ElementKind.QTY and bool(element.unit or element.sign))
    )


def _nickname(rest: list[Element], lexicon: Lexicon) -> tuple[str, list[Element]]:
    """The first words up to a blank; Latin words and kin words behind them belong to the name."""
    first = rest[0]
    follows = rest[1] if len(rest) > 1 else None
    letters = [each for each in rest if each.kind is ElementKind.WORDS]
    if len(letters) > 1 and all(
        len(each.text) == 1 and each.text.isascii() and each.text.isalpha() for each in letters
    ):
        return "", rest  # A+1、B*2
    if len(first.text) == 1 and follows is not None and follows.tight and follows.is_item:
        return "", rest  # 酱油 is no 油 of somebody called 酱
    person, goods = _person_and_goods(first.text, lexicon)
    if person:
        return person, [replace(first, text=goods), *rest[1:]]
    glued = follows is not None and follows.tight and follows.kind is ElementKind.QTY
    if glued and lexicon.knows(first.text) and not first.text.endswith(words.KIN):
        return "", rest
    if not lexicon.is_open and lexicon.knows(first.text) and not _has_words(rest[1:]):
        return "", rest
    if _is_goods_first(first.text, rest[1:], lexicon):
        return "", rest
    name, at = first.text.strip(_TRIM), 1
    while at < len(rest) and rest[at].kind is ElementKind.WORDS and _goes_on(name, rest[at].text, lexicon):
        name, at = f"{name} {rest[at].text}", at + 1
    for verb in words.VERBS_AFTER:
        if name.endswith(verb) and len(name) > len(verb):
            name = name.removesuffix(verb)
            break
    return name.strip(_TRIM), rest[at:]


def _is_goods_first(text: str, rest: Sequence[Element], lexicon: Lexicon) -> bool:
    """`西瓜果切 2盒`: words that hold the name of goods are goods, unless other goods follow (桃子 8份晚餐)."""
    holds = _holds_goods(text) and not text.endswith(words.KIN)
    return holds and not any(element.kind is ElementKind.WORDS and lexicon.knows(element.text) for element in rest)


def _person_and_goods(text: str, lexicon: Lexicon) -> tuple[str, str]:
    """`王阿姨盒饭`: a person by kin word and goods written without a break; two empty words when it is not that."""
    if text in words.GOODS or text.startswith(words.PROTECTED):
        return "", ""
    for at in range(2, len(text) - 1):
        person, goods = text[:at], text[at:]
        kin = person.endswith(_KIN_ONLY) and text[0] in words.SURNAMES and at <= 4
        called = text[0] == "阿" or (text[0] in "小老" and text[1] in words.SURNAMES)
        called = called and at == 2 and goods in words.GOODS
        if (kin and (lexicon.is_open or lexicon.knows(goods))) or called:
            return person, goods
        if at > 3 and goods in words.GOODS and is_nickname(person):
            return person, goods
    return "", ""


def _holds_goods(text: str) -> bool:
    """Whether a common word for groceries of two characters or more stands anywhere in the text."""
    ends = range(2, len(text) + 1)
    return any(text[begin:end] in words.GOODS for end in ends for begin in range(max(0, end - 5), end - 1))


def _has_words(elements: Sequence[Element]) -> bool:
    return any(element.kind is ElementKind.WORDS for element in elements)


def _goes_on(name: str, word: str, lexicon: Lexicon) -> bool:
    if lexicon.knows(word) and not word.endswith(words.KIN):
        return False
    latin = word.isascii() and word.isalpha() and name[-1:].isascii() and name[-1:].isalpha()
    return latin or word.strip(_TRIM) in words.KIN


def is_chat(text: str) -> bool:
    """收到, 👌, 好的谢谢: words that order nothing."""
    bare = "".join(ch for ch in text if ch.isalnum())
    if not bare or any(word in text for word in words.SYSTEM):
        return True
    left = bare
    if any(word in bare for word in _THANKS):
        for word in _THANKED:
            left = left.replace(word, "")
    for word in _CHAT:
        left = left.replace(word, "")
    return all(ch in _PARTICLES for ch in left)


def is_question(text: str) -> bool:
    """多少钱一份？: a question orders nothing."""
    return any(word in text for word in _ASKS) and not any(ch.isdigit() for ch in text.rstrip("?吗 "))


@lru_cache(maxsize=4096)
def without_pictures(text: str) -> str:
    """The text without emoji and other picture characters."""
    if text.isascii():
        return text
    return "".join(ch for ch in text if ch.isascii() or unicodedata.category(ch) not in ("So", "Sk", "Cn", "Co"))


def is_no_name(text: str) -> bool:
    """Words in front of goods that ask, describe or take back, and so are nobody: 不要, 退, 新鲜, 5斤装."""
    bare = without_pictures(text).strip(_TRIM)
    if not bare or bare in words.VERBS_BEFORE or bare in words.VERBS_AFTER or bare in words.DESCRIBING:
        return True
    return bare.startswith(words.CHANGES_BEFORE) or bare[0].isdigit()


def is_example(text: str) -> bool:
    """例 桃子 1份: the line that shows how to write."""
    return text.startswith(words.EXAMPLE_STARTS)


def is_format(text: str) -> bool:
    """门店+型号, 楼号-房号 姓名 数量: a line made of field names and joining marks only."""
    left = text
    found = 0
    for word in sorted(words.FORMAT_WORDS, key=len, reverse=True):
        found += left.count(word)
        left = left.replace(word, "")
    marks = set(" +-—/、,，:：()【】[]_xX×")
    return found >= 2 and all(ch in marks for ch in left)
