"""Chinese text as people type it: one width, one dash, one script; numerals written in characters.

`fold` keeps the length of the text, so a position in the folded text is a position in the original.
"""

from __future__ import annotations

_DASHES = "‐‑‒–—―－−﹣─━ー"
_SPACES = "\u3000\u00a0\u2002\u2003\u2009\u202f\t"
_TRADITIONAL = (
    "號号樓楼棟栋單单門门層层龍龙兩两個个隻只雞鸡魚鱼麵面飯饭豬猪條条盤盘瓶瓶塊块雙双顆颗罐罐"
    "壹一贰二叁三肆四柒七捌八玖九拾十張张陳陈劉刘黃黄趙赵孫孙吳吴鄭郑馮冯鄧邓蕭萧許许蘇苏盧卢蔣蒋賈贾薑姜鍾钟葉叶閻阎"
    "餘余鄒邹陸陆嚴严鳳凤園园區区廣广東东華华國国際际莊庄灣湾達达麗丽義义興兴蘭兰蔥葱蘿萝蔔卜"
    "鹽盐醬酱紙纸藥药奶奶還还樣样改改為为請请給给幫帮訂订買买貨货這这裡里開开關关閉闭"
    "貳二參参馬马鈴铃萵莴筍笋蝦虾蘋苹檸柠鴨鸭鵝鹅鮮鲜凍冻湯汤餅饼餃饺餛馄飩饨飲饮麥麦賣卖費费錢钱"
    "無无沒没來来對对錯错後后點点時时間间電电話话鄰邻壓压嬰婴兒儿產产婦妇獨独殘残護护總总計计數数"
    "減减換换變变棄弃預预團团購购報报謝谢饅馒頭头飽饱捲卷紅红藍蓝綠绿溫温熱热涼凉淨净潔洁歲岁爺爷媽妈"
    "嬸婶師师偉伟軍军寶宝強强曉晓雲云寧宁鵬鹏榮荣濤涛貓猫糧粮滷卤燒烧優优質质進进級级們们嗎吗與与種种"
)


def _table() -> dict[int, str]:
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    table |= {ord(ch): "-" for ch in _DASHES} | {ord(ch): " " for ch in _SPACES}
    table |= {ord(old): new for old, new in zip(_TRADITIONAL[::2], _TRADITIONAL[1::2], strict=True)}
    table |= {ord(ch): "·" for ch in "•・‧∙"} | {ord(ch): "×" for ch in "✕✖╳⨯"}
    table |= {ord("➕"): "+", ord("➖"): "-", ord("幺"): "一"}
    return table


_FOLD = _table()
_DIGITS = {ch: value for value, ch in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2, "仨": 3}
_UNITS = {"十": 10, "百": 100, "千": 1000}
NUMERALS = frozenset(_DIGITS) | frozenset(_UNITS) | {"廿"}


def fold(text: str) -> str:
    """Full-width, dash, space and traditional variants made one; the length never changes."""
    return text.translate(_FOLD)


def numeral(text: str) -> int | None:
    """十二 → 12, 一百零二 → 102, 三零二 → 302, 俩 → 2; None when the characters are no numeral."""
    text = text.replace("廿", "二十")
    if not text or any(ch not in NUMERALS for ch in text):
        return None
    if not any(ch in _UNITS for ch in text):
        return int("".join(str(_DIGITS[ch]) for ch in text))
    return _positional(text)


def _positional(text: str) -> int | None:
    total, pending, last_unit = 0, -1, 10_000
    for ch in text:
        if ch in _UNITS:
            unit = _UNITS[ch]
            if unit >= last_unit:
                return None
            total += (1 if pending < 0 else pending) * unit
            pending, last_unit = -1, unit
        elif pending > 0:
            return None
        else:
            pending = _DIGITS[ch]
    return total + max(pending, 0)
