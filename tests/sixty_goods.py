"""Sixty goods on the list of the small world, as a real cycle has them: categories, bundles, other names, limits.

A household that ordered before finds more on its form (the last order, what it often buys), so one did.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from app.catalog.models import Bundle, BundleComponent, Item, ItemAlias
from app.core import clock
from app.core.db import db
from app.ordering.models import Cycle, CycleState, Offer, OfferComponent
from tests.world import World

# name, sale unit, spec, price in fen, other names; a limit for a household is marked "≤2" (hard) or "~3" (a question)
GOODS = {
    "蔬菜": """西红柿 份 500g/份 520 番茄
胡萝卜 份 500g/份 320 红萝卜
洋葱 份 500g/份 290 葱头,圆葱
大白菜 颗 约2kg/颗 690 白菜,黄芽菜
黄瓜 份 500g/份 450 青瓜
长茄子 份 500g/份 480 茄子
生姜 份 250g/份 380 姜,老姜
西兰花 颗 约400g/颗 590 绿花菜""",
    "肉禽": """猪五花肉 份 500g/份 1800 五花肉,猪肉 ≤2
猪小排 份 500g/份 3280 排骨,小排 ≤2
鸡胸肉 份 500g/份 1380 鸡肉
三黄鸡 只 约1.2kg/只 3990 整鸡,土鸡 ≤1
牛腩 份 500g/份 4200 牛肉
鲜虾仁 盒 250g/盒 2980 虾仁
带鱼段 袋 500g/袋 2680 带鱼""",
    "蛋奶豆": """咸鸭蛋 盒 6枚/盒 1290 咸蛋
酸奶 组 8杯/组 1680 酸牛奶
嫩豆腐 盒 350g/盒 330 豆腐,内酯豆腐
豆腐干 袋 250g/袋 480 香干,豆干
纯牛奶 箱 250ml*12盒/箱 4980 盒装奶 ~1""",
    "粮油": """大米 袋 5kg/袋 3200 米,粳米 ≤2
东北大米 袋 10kg/袋 6580 米 ≤1
面粉 袋 2.5kg/袋 1590 中筋面粉
挂面 包 1kg/包 890 面条,面
食用油 瓶 1.8L/瓶 2990 油,菜籽油 ~1
花生油 瓶 5L/瓶 12990 油 ≤1
小米 袋 1kg/袋 1290 黄小米
绿豆 袋 500g/袋 980""",
    "调味": """食用盐 包 400g/包 250 盐
生抽 瓶 500ml/瓶 890 酱油
香醋 瓶 500ml/瓶 690 醋,米醋
白砂糖 袋 500g/袋 580 糖
榨菜 袋 80g*5袋/袋 850 咸菜
豆瓣酱 瓶 500g/瓶 1180""",
    "冷冻速食": """速冻水饺 袋 1kg/袋 1990 饺子 ~3
速冻汤圆 袋 500g/袋 1290 汤圆,元宵
手抓饼 袋 10片/袋 1580
方便面 箱 24包/箱 4990 泡面,速食面 ~1
馒头 袋 6个/袋 750 白馒头
自热米饭 盒 320g/盒 1890""",
    "日用": """卷纸 提 10卷/提 2200 厕纸,卫生纸,草纸 ~2
抽纸 提 6包/提 1890 纸巾,面巾纸
洗洁精 瓶 1kg/瓶 1190 洗涤灵
洗衣液 瓶 2kg/瓶 2890
垃圾袋 卷 100只/卷 990 塑料袋
牙膏 支 120g/支 1290
消毒酒精 瓶 500ml/瓶 1580 酒精 ≤2
饮用水 箱 550ml*12瓶/箱 1500 矿泉水,瓶装水 ~2""",
    "母婴": """婴儿奶粉 罐 900g/罐 19800 奶粉,一段奶粉 ≤2
婴儿纸尿裤 包 L码52片/包 8900 尿不湿,纸尿片 ~2
婴儿湿巾 包 80抽/包 1290 湿纸巾
卫生巾 包 10片/包 1380 姨妈巾""",
}
BUNDLES = {
    "蔬菜套餐": (5800, 1, "西红柿 胡萝卜 洋葱 大白菜 黄瓜 青菜 土豆"),
    "肉蛋套餐": (8800, 1, "猪五花肉 鸡胸肉 鸡蛋 鲜牛奶"),
    "主食套餐": (4500, None, "大米 挂面 馒头"),
    "爱心包": (0, 1, "饮用水 方便面 消毒酒精"),
}
OF_THE_WORLD = {
    "青菜": ("蔬菜", "小青菜,上海青"),
    "土豆": ("蔬菜", "洋芋,马铃薯"),
    "鸡蛋": ("蛋奶豆", "鸡子"),
    "鲜牛奶": ("蛋奶豆", "牛奶"),
}


def furnish(here: World) -> None:
    """Put the goods on the list of the world's cycle, sixty with the world's four; the first household ordered before.

    Adds to the offers of `here`, in the order of the page, and commits.
    """
    here.points[0].phone, here.subdistrict.help_phone = "0571-8800 0101", "0571-8800 0100"  # every page shows both
    items = {item.name: item for item in here.items}
    for name, (category, others) in OF_THE_WORLD.items():
        items[name].category = category
        _call(items[name], others)
    for category, lines in GOODS.items():
        for line in lines.splitlines():
            item, limit = _item(category, line.split(), len(items))
            items[item.name] = item
            here.offers.append(_offer(here, item, limit))
    for name, (price, most, inside) in BUNDLES.items():
        here.offers.append(_bundle(here, name, price, most, [items[part] for part in inside.split()]))
    db.session.flush()
    _past_order(here)


def _item(category: str, words: list[str], number: int) -> tuple[Item, str]:
    name, unit, spec, price, *rest = words
    limit = rest.pop() if rest and rest[-1][0] in "≤~" else ""
    item = Item(sku=f"W{number:02}", name=name, category=category, sale_unit=unit, spec=spec, weight_g=500)
    item.list_price_fen = int(price)
    db.session.add(item)
    db.session.flush()
    _call(item, rest[0] if rest else "")
    return item, limit


def _call(item: Item, others: str) -> None:
    db.session.add_all(ItemAlias(item_id=item.id, alias=alias) for alias in others.split(",") if alias)


def _offer(here: World, item: Item, limit: str) -> Offer:
    offer = Offer(
        cycle_id=here.cycle.id,
        item_id=item.id,
        name=item.name,
        price_fen=item.list_price_fen,
        limit_per_household=int(limit[1:]) if limit else None,
        is_soft_limit=limit.startswith("~"),
        position=len(here.offers),
    )
    offer.components = [OfferComponent(item_id=item.id, qty=1)]
    db.session.add(offer)
    return offer


def _bundle(here: World, name: str, price: int, most: int | None, inside: list[Item]) -> Offer:
    bundle = Bundle(sku=f"T{len(here.offers)}", name=name, list_price_fen=price)
    bundle.components = [BundleComponent(item_id=item.id, qty=1) for item in inside]
    db.session.add(bundle)
    db.session.flush()
    offer = Offer(cycle_id=here.cycle.id, bundle_id=bundle.id, name=name, price_fen=price, limit_per_household=most)
    offer.position = len(here.offers)
    offer.components = [OfferComponent(item_id=item.id, qty=1) for item in inside]
    db.session.add(offer)
    return offer


def _past_order(here: World) -> None:
    """The first household had six of the goods delivered last week."""
    now = clock.now()
    cycle = Cycle(
        subdistrict_id=here.subdistrict.id,
        name="上一批",
        opens_at=now - timedelta(days=8),
        cutoff_at=now - timedelta(days=7),
        deliver_on=clock.today() - timedelta(days=6),
        state=CycleState.RUNNING,
    )
    db.session.add(cycle)
    db.session.flush()
    before = [_past_offer(cycle, offer) for offer in here.offers[3:33:5]]
    db.session.flush()
    past = replace(here, cycle=cycle, offers=before)
    past.order(here.households[0], dict.fromkeys(range(len(before)), 2))


def _past_offer(cycle: Cycle, offer: Offer) -> Offer:
    past = Offer(cycle_id=cycle.id, item_id=offer.item_id, name=offer.name, price_fen=offer.price_fen)
    past.position = offer.position
    past.components = [OfferComponent(item_id=offer.item_id, qty=1)]
    db.session.add(past)
    return past
