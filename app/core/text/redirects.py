"""Whether a clause asks for the goods at another door than the one that orders: somebody has to settle where they go.

    clause                                                        asks
    送至5号楼201  5幢201代收  改送9幢  搬到五号楼201了               yes: a moving word and an address
    放302门口就行  让501帮我拿  交给楼上502                          yes: a moving word and a room
    送到对门  放隔壁  给我妈送过去  send to my mother's place        yes: somebody else's door
    不住这里了  家里没人  人在外地  we are away                      yes: nobody opens this door
    放门口  送上门  放邻居  放门卫  2号门进  call before you come     no

A household may name its own door this way ("放302门口" written by 302): a leader sees that at a glance, while goods
at a wrong door are gone. Pure; texts are folded by the caller (`chinese.fold`).
"""

from __future__ import annotations

import re

_NUMBER = r"(?:\d+|[零〇一二三四五六七八九十百两]+)"
_LEVEL = r"(?:号楼|号院|号|幢|栋|座|楼|弄|单元|门洞|#|区)"
_ADDRESS = re.compile(
    rf"{_NUMBER} ?(?:号楼|幢|栋|座|弄|#) ?(?:{_NUMBER})?|{_NUMBER} ?(?:-|{_LEVEL}) ?{_NUMBER} ?(?:-|{_LEVEL})? ?\d*"
)
_ROOM = re.compile(r"(?<![\d.])[1-9]\d{2,3}(?!\d| ?[块元]|[份斤个袋盒箱瓶提桶板gGmM克毫])")
_MOVING = (
    "送 放 搬 转 带 捎 拿 寄 递 交给 交到 给 收 代取 代领 领 帮取 换到 换成 改到 改成 改为 改去 搁 扔 留在 存在".split()
)
_HERE = ("送到家", "送家", "送上门", "送货上门", "送到门口", "送到家门口", "放家门口", "放门口", "放自家", "放我家门口")
_OTHERS_DOOR = re.compile(
    r"对门|对面|隔壁|斜对|楼上|楼下(?:\d|.{0,3}家|邻居|那|.{0,2}(?:奶奶|阿姨|叔|爷|大妈|姐|哥|师傅))|"
    r"(?:我|俺|他|她)?(?:爸|妈|父母|爸妈|母亲|父亲|女儿|儿子|闺女|岳|婆婆|公公|奶奶|外婆|爷爷|外公|姥姥|姥爷|"
    r"姐|哥|弟|妹|舅|姑|姨|叔|伯|亲戚|朋友|同事|孩子|亲家|老人)(?:们)?(?:家|那|处|送|收|拿|代)"
)
_AWAY = re.compile(
    r"不住(?:这|在这|此|了|那)|不在(?:家|这|本地|上海|杭州|南京|小区|国内|住)|没人在?家|家里?没人|家里?没有人|无人在家|人不在|搬走|搬家|搬离|已搬|"
    r"搬[到去至](?!门口)|(?:人|我们?|全家|现在|目前)在(?:外地|外面|老家|医院|国外|单位|公司|隔离点)|在外地|回老家|回娘家|出差|出国|住院|"
    r"住到|住在(?!这|本)|去了(?:外地|医院|方舱|隔离)|在方舱|换地址|地址(?:改|换|变|有变)|别送(?:这|到这|来这)|不要送(?:这|到这|来这)|改地址|改送|转送"
)
_ENGLISH_DOOR = re.compile(
    r"\b(?:deliver|bring|send|take|drop|leave|give|hand|move|forward|carry)\w*\b.*(?:"
    r"\b(?:building|block|bldg|tower|flat|apartment|apt|room|unit|house|no)\.? ?\d|\b\d+ ?- ?\d+|\b[1-9]\d{2,3}\b|"
    r"next[- ]door|\bneighbou?r|\bopposite\b|across the hall|upstairs|downstairs|"
    r"\b(?:mother|father|mum|mom|dad|parents?|son|daughter|sister|brother|friend|aunt|uncle|grand\w+|in-laws)\b)"
)
_ENGLISH_AWAY = re.compile(
    r"\b(?:moved|moving) (?:out|to|away)|\b(?:no longer|not|don'?t|do not|doesn'?t|does not) liv\w+ (?:here|there)|"
    r"\b(?:not|isn'?t|aren'?t|won'?t be|will not be) (?:at )?home|"
    r"\b(?:nobody|no one|no-one|noone)(?: is|'s)? (?:at )?home|"
    r"\b(?:am|are|is|we'?re|i'?m) away\b|\bout of town\b|\bin hospital\b|\bin the hospital\b|\bchange of address\b|"
    r"\b(?:new|another|different|other) (?:address|building|flat|apartment|door|room)\b"
)


def redirect_target(folded: str) -> str:
    """The door that a folded clause names, as it is written ("5幢201", "302"); "" where it names none."""
    found = _ADDRESS.search(folded) or _ROOM.search(folded)
    return found.group().strip() if found else ""


def asks_for_redirect(folded: str) -> bool:
    """Whether one folded clause names another door, or says that nobody is behind this one; see the table above."""
    text = folded.lower()
    if _AWAY.search(text) or _ENGLISH_AWAY.search(text) or _ENGLISH_DOOR.search(text):
        return True
    for here in _HERE:
        text = text.replace(here, "")
    if not any(word in text for word in _MOVING):
        return False
    return bool(_OTHERS_DOOR.search(text) or _ADDRESS.search(text) or _ROOM.search(text))
