"""Why a line is as it is: the codes of grammar and resolver as sentences for the desk."""

from __future__ import annotations

from flask_babel import gettext as _

from app.core.sentences import N_

REASONS = {
    "address_conflict": N_("楼号房号和详细地址对不上，请选一户"),
    "ambiguous": N_("可能是好几户，请选一户"),
    "announcement": N_("公告，不计入"),
    "cancel_and_order": N_("同一行里又取消又下单，请核对"),
    "added_up": N_("合计行，不计入"),
    "change_unclear": N_("像是要退、减或加，请核对改成几份"),
    "changed_since": N_("这一户之后改过订单，没有动它，请核对"),
    "chat": N_("聊天，不计入"),
    "continuation": N_("接着上一行"),
    "date": N_("日期行，不计入"),
    "each": N_("“各”指哪几种看不清，请核对"),
    "example": N_("示例行，不计入"),
    "existing_order": N_("这一户已有别的来源的订单，请决定保留、替换还是相加"),
    "fraction": N_("数量不是整数，请核对"),
    "given_up": N_("前面很多行都和名册对不上，后面的没有读；请核对点位，或删去无关内容再粘贴"),
    "glued_digits": N_("数字连写，已按名册拆开"),
    "header": N_("接龙标题"),
    "heading": N_("标题或说明，不计入"),
    "item_missing": N_("没有写商品"),
    "item_unclear": N_("商品名可能指好几种，请核对"),
    "item_twice": N_("同一种商品写了两次，请核对数量"),
    "lane_conflict": N_("弄号和小区对不上"),
    "leftover": N_("地址里还有没读懂的部分"),
    "limit": N_("超过限购"),
    "longer_name": N_("小区名可能是更长的另一个"),
    "menu": N_("菜单，不计入"),
    "name_only": N_("只有名字，不计入"),
    "name_typo": N_("小区名差一个字，请确认"),
    "negative": N_("数量是负数，请核对"),
    "nickname": N_("只有昵称，请选住户"),
    "no_address": N_("没有写地址"),
    "no_building": N_("没有写楼号"),
    "no_goods": N_("没有写商品"),
    "no_quantity": N_("没有写数量"),
    "no_room": N_("没有写房号"),
    "no_stairwell": N_("没有写单元"),
    "no_such_name": N_("改单或取消的人前面没有下过单，请核对"),
    "no_who": N_("没有写是谁的"),
    "nothing_needed": N_("说不需要，不计入"),
    "nothing_to_change": N_("要改单，但这一户还没有下过单"),
    "nothing_said": N_("空行，不计入"),
    "number_or_building": N_("开头的数字可能是序号也可能是楼号"),
    "out_of_scope": N_("不在这个点位的范围"),
    "over_limit": N_("超过限购，请核对"),
    "placeholder": N_("占位行，不计入"),
    "proxy_unclear": N_("代谁下单没有写清楚"),
    "quote": N_("引用的消息，不计入"),
    "range": N_("数量是一个范围，请核对"),
    "redirect": N_("备注里写了送到别家，请确认送到哪一户"),
    "refunded_or_unpaid": N_("已退款或未付款，不计入"),
    "remark": N_("说明或闲聊，不计入"),
    "question": N_("像是在问，请核对要不要"),
    "sender": N_("聊天记录的发送人和时间，不计入"),
    "several_households": N_("一行里有几户，请分开"),
    "several_quantities": N_("数量有好几个，请核对"),
    "superseded": N_("后面有新的一行，不再计入"),
    "talk": N_("聊天，不计入"),
    "too_long": N_("这一行太长，请分开粘贴"),
    "too_many_items": N_("一行里商品太多，请核对"),
    "too_much": N_("内容太多，请分几次粘贴"),
    "total_differs": N_("合计和各项对不上，请核对"),
    "unclear_number": N_("数量看不清"),
    "unclear_order": N_("商品和数量的先后看不清"),
    "unclear_words": N_("有看不懂的字，请核对"),
    "unit_differs": N_("单位和商品的单位不一样，请核对数量"),
    "unknown_area": N_("没有这个片区"),
    "unknown_building": N_("名册里没有这栋楼"),
    "unknown_item": N_("可选清单里没有这种商品"),
    "unknown_place": N_("名册里没有这个小区"),
    "unknown_room": N_("名册里没有这个房号"),
    "unknown_stairwell": N_("名册里没有这个单元"),
    "zero": N_("数量是零，请核对"),
}


def sentence(code: str) -> str:
    """The sentence for a code; one nobody wrote down asks to look at the line."""
    if code.startswith("duplicate_of_line_"):
        return str(_("和第 %(line)s 行是同一户同一种商品，请核对", line=code.rpartition("_")[2]))
    return str(_(REASONS[code])) if code in REASONS else (str(_("请核对这一行")) if code else "")
