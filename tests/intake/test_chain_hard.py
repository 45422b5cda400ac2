"""Lines that are easy to read wrong: what takes back, counts people, names a price, asks, adds up, or names a place."""

from __future__ import annotations

import itertools
import random
import time

import pytest

from app.intake.grammar.chain import parse_chain
from app.intake.grammar.goods.lexicon import Lexicon
from app.intake.grammar.model import ChainLine, Change, EntryOutcome
from app.places.address.rules import Register
from tests.intake.test_chain_lines import goods, only


@pytest.mark.parametrize(
    "text",
    [
        "12-302 退土豆1袋", "12-302 不要土豆2袋", "12-302 不要 2袋土豆", "12-302 不订土豆2袋", "12-302 土豆2袋 不要",
        "12-302 土豆2袋，不要", "12-302 土豆加1袋", "12-302 土豆减1袋", "12-302 加土豆1袋", "12-302 土豆2袋 不要鸡蛋",
        "12-302 土豆2袋 土豆1袋", "12-302 土豆2袋，洋芋1袋", "12-302 土豆2袋改成鸡蛋2盒", "12-302 土豆换成鸡蛋1盒",
        "12-302 土豆取消，改鸡蛋1盒", "12-302 土豆2袋不要了",
    ],
)  # fmt: skip
def test_words_that_take_back_never_become_an_order(lane: Register, shop: Lexicon, text: str) -> None:
    assert only(text, lane, shop).outcome is EntryOutcome.REVIEW


@pytest.mark.parametrize(
    "text", ["12-302 退土豆2袋", "12-302 不要土豆2袋", "12-302 土豆不要2袋了", "12-302 土豆别买2袋"]
)
def test_taking_back_is_seen_without_a_catalogue_too(lane: Register, anything: Lexicon, text: str) -> None:
    assert only(text, lane, anything).outcome is EntryOutcome.REVIEW


@pytest.mark.parametrize("text", ["全楼 2份", "整栋12号楼 20份", "12-302 整栋楼 20份"])
def test_an_order_for_a_whole_building_is_asked(lane: Register, anything: Lexicon, text: str) -> None:
    line = only(text, lane, anything)
    assert (line.outcome, line.reason) == (EntryOutcome.REVIEW, "whole_building")


@pytest.mark.parametrize("text", ["12-302 牛奶要低温的 2份，没有就不要", "12-302 新鲜五花肉要瘦的 2份"])
def test_a_wish_behind_goods_is_no_place(lane: Register, anything: Lexicon, text: str) -> None:
    line = only(text, lane, anything)
    assert (line.outcome, line.household.household_id, line.items[0].qty) == (EntryOutcome.ROW, "12/302", 2)


@pytest.mark.parametrize("text", ["12-302 退烧药 2盒", "12-302 加多宝2箱", "12-302 减盐酱油1瓶"])
def test_goods_that_begin_like_a_change_are_goods(lane: Register, anything: Lexicon, text: str) -> None:
    assert only(text, lane, anything).outcome is EntryOutcome.ROW


@pytest.mark.parametrize(
    "text",
    [
        "12-302 2份 不要", "12-302 2份不要了", "12-302 退款2份", "12-302 少了1份", "12-302 上次少1份", "12-302 缺1份",
        "12-302 已收到2份", "12-302 昨天2份没收到", "12-302 2份换成1份", "12-302 2→3份", "12-302 最多2份",
        "12-302 大概2份", "12-302 2份左右", "12-302 每天1份", "12-302 第2份半价", "12-302 2到3份", "12-302 2或3份",
        "12-302 1份+1份", "12-302 2份，再来1份", "12-302 -2", "12-302 负1", "12-302 00份", "12-302 1 2份",
        "12-302 和上次一样", "12-302 全要", "12-302 几份", "12-302 ?份", "12-302 1份吗", "12-302 1份？",
        "12-302 身份证330102 1份", "12-302 6楼 1份", "12-302 3岁 1份", "12-302 2/3份", "12-302 60元",
    ],
)  # fmt: skip
def test_what_is_no_plain_quantity_is_asked(lane: Register, parcel: Lexicon, text: str) -> None:
    assert only(text, lane, parcel).outcome is EntryOutcome.REVIEW


@pytest.mark.parametrize(
    ("text", "qty"),
    [
        ("12-302 共2份", 2), ("12-302 一共两份", 2), ("12-302 2份共60元", 2), ("12-302 2份60元", 2),
        ("12-302 2份 ¥60", 2),
        ("12-302 30元*2份", 2), ("12-302 3口人 2份", 2), ("12-302 家里3口人，2份", 2), ("12-302 2份（3人）", 2),
        ("12-302🌹2份", 2), ("12-302 2份🙏🙏", 2), ("12-302 ➕1", 1), ("12-302 报名2份", 2), ("12-302 参加 1份", 1),
        ("12-302……1份", 1), ("【5】12-302 1份", 1), ("12-302 2份，下午3点后在家", 2), ("12-302 2份 18:00后送", 2),
        ("我也要 12-302 1份", 1), ("12-302 贰份", 2), ("12號樓302 貳份", 2), ("12-302 1份 12-401代接", 1),
        ("12-302 2份 13800000000", 2), ("[玫瑰]12-302 2份", 2), ("12-302-2份", 2), ("12-302---1份", 1),
    ],
)  # fmt: skip
def test_a_plain_quantity_in_company_is_read(lane: Register, parcel: Lexicon, text: str, qty: int) -> None:
    line = only(text, lane, parcel)
    assert (line.outcome, line.household.household_id, goods(line)) == (EntryOutcome.ROW, "12/302", [("蔬菜包", qty)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12-302 A×2 B×1", [("A套餐", 2), ("B套餐", 1)]), ("12-302 A、B各1份", [("A套餐", 1), ("B套餐", 1)]),
        ("12-302 套餐A 2份", [("A套餐", 2)]), ("12-302 2x土豆", [("土豆", 2)]), ("12-302 鸡蛋30枚装2盒", [("鸡蛋", 2)]),
        ("12-302 牛奶 12盒/箱 2箱", [("牛奶", 2)]), ("12-302 土豆7.5元/袋 2袋", [("土豆", 2)]),
        ("12-302 土豆2袋15元，鸡蛋1盒30元", [("土豆", 2), ("鸡蛋", 1)]),
        ("12-302 ①土豆2袋②鸡蛋1盒", [("土豆", 2), ("鸡蛋", 1)]),
        ("3. 12-302 1.土豆2袋 2.鸡蛋1盒", [("土豆", 2), ("鸡蛋", 1)]),
        ("12-302 土豆2袋 再加鸡蛋1盒", [("土豆", 2), ("鸡蛋", 1)]),
        ("12-302 土豆🥔2袋", [("土豆", 2)]), ("12-302 要土豆2袋", [("土豆", 2)]), ("12-302 新鲜土豆2袋", [("土豆", 2)]),
    ],
)  # fmt: skip
def test_goods_in_many_shapes_are_paired(lane: Register, shop: Lexicon, text: str, expected: object) -> None:
    line = only(text, lane, shop)
    assert (line.outcome, line.change, goods(line)) == (EntryOutcome.ROW, None, expected)


PLACES = (
    "新世纪花园 月光花园 采荷嘉业 凤起都会 万家花城 春江时代 庆春苑 观音塘 严家弄 南苑 幸福里 米兰公馆 隔壁小区".split()
)
SHAPES = (
    "{n}3-1-502 {g}", "{n} 3-1-502 {g}", "3-1-502{n} {g}", "3-1-502 {n} {g}", "（{n}）3-1-502 {g}", "3-1-502（{n}）{g}",
    "{n}3栋1单元502 {g}", "{n}，3-1-502，{g}", "我在{n}3-1-502 {g}", "{n}的3-1-502 {g}", "1. {n}3-1-502王阿姨 {g}",
)  # fmt: skip


@pytest.mark.parametrize("wanted", ["鸡蛋2盒", "2份"])
def test_an_unknown_place_beside_an_address_is_never_the_one_known(
    garden: Register, anything: Lexicon, wanted: str
) -> None:
    for place, shape in itertools.product(PLACES, SHAPES):
        text = shape.format(n=place, g=wanted)
        rows = [line for line in parse_chain(text, garden, anything).lines if line.outcome is EntryOutcome.ROW]
        assert all(line.household is None for line in rows), text


@pytest.mark.parametrize("name", ["王阿姨", "李雷", "阳光", "小柠檬", "陈师傅", "Lily", "张三丰", "宝妈"])
def test_a_person_beside_an_address_is_no_place(garden: Register, anything: Lexicon, name: str) -> None:
    line = only(f"3-1-502 {name} 鸡蛋2盒", garden, anything)
    assert (line.outcome, line.household.household_id) == (EntryOutcome.ROW, "3/1/502")


def kinds(text: str, register: Register, lexicon: Lexicon) -> list[str]:
    return [line.outcome.value for line in parse_chain(text, register, lexicon).lines]


def test_sums_questions_senders_and_announcements_order_nothing(lane: Register, parcel: Lexicon) -> None:
    text = "王姐 10:21\n12-302 2份\n李叔(12-303) 2022/4/15 10:22\n12-303 1份\n多少钱一份？"
    text += "\n@所有人 3点截单\n合计3份\n总计：3份"
    assert kinds(text, lane, parcel) == ["SKIP", "ROW", "SKIP", "ROW", "SKIP", "SKIP", "SKIP", "SKIP"]


def test_a_change_for_a_name_that_ordered_nothing_makes_no_stranger(lane: Register, anything: Lexicon) -> None:
    result = parse_chain("1. 张三 2份\n2. 李四 1份\n张三改成3份\n李四不要了\n查无此人 改成3份", lane, anything)
    assert [line.outcome.value for line in result.lines] == ["ROW", "ROW", "AMEND", "CANCEL", "REVIEW"]
    assert sum(result.totals.values()) == 3


def test_buildings_in_brackets_head_the_lines_below_them(lane: Register, parcel: Lexicon) -> None:
    lines = parse_chain("【3号楼】\n302 2份\n【5号楼】：\n101 1份", lane, parcel).lines
    assert [line.household and line.household.household_id for line in lines] == [None, "3/302", None, "5/101"]


def test_numbers_of_any_length_are_no_dates(lane: Register, parcel: Lexicon) -> None:
    text = "#接龙\n" + "9" * 40 + ".99.99号 蔬菜\n99999999999999999999-2-3\n1. 12-302 2份"
    assert parse_chain(text, lane, parcel).lines[-1].household.household_id == "12/302"


ATOMS = (
    # Each piece of the grammar, rare and dirty ones too.
    "1 12 302 12-302 3-1-502 1- -1 , . ( ） [ 】 + x2 *2 +1 各 各1 半份 一箱 两版 份 栋 号 # 单元 室 弄 500弄"
    " 30元 代 代12-401 送到12-302 改 改成3份 不要了 取消 共3份 没有就不要 放门口 高血压 鸡蛋2盒 土豆 A套餐 嘉怡水岸"
    " 王阿姨 例 #接龙 @所有人"
    " 2022-04-15 19:30 4月15日 1️⃣ ① （1） 600ml*24瓶4箱 1.5 1/2 十 三零二 O 18C １２－３０２ 👌 \\n <br/> 商务楼"
    " 「 … 5斤 隔壁 1栋1单元 路 99 13812345678 要 谢谢 和 / | ‐ — ＃"
).split()


def cpu(text: str, register: Register, lexicon: Lexicon, limit: float = 0.0) -> float:
    """CPU seconds of the quicker of two readings: what another process does to the cache is not the parser's time.

    A first reading under the limit is answer enough; a second would only be quicker still.
    """
    tries = []
    for _again in range(2):
        begin = time.process_time()
        lines: tuple[ChainLine, ...] = parse_chain(text, register, lexicon).lines
        tries.append(time.process_time() - begin)
        if tries[0] < limit:
            break
    assert {line.line_no for line in lines} == {n for n, line in enumerate(text.splitlines(), 1) if line.strip()}
    return min(tries)


@pytest.fixture(scope="module")
def limit(lane: Register, anything: Lexicon) -> float:
    """Four times what 800 plain lines take in the same run: runs of one text differ by a half on a busy machine, a
    pattern that goes back and forth takes hundreds of times as long. The seconds themselves: benchmarks/intake.py.
    """
    plain = "\n".join(
        f"{n}. {n % 28 + 1}-{n % 18 + 1}0{n % 5 + 1} 王阿姨 鸡蛋{n % 5 + 1}盒，牛奶2箱 放门口" for n in range(800)
    )
    return 4 * cpu(plain, lane, anything)


@pytest.mark.parametrize("joint", ["", " ", "\n", "，"])
def test_any_piece_of_the_grammar_repeated_is_answered_at_once(
    lane: Register, anything: Lexicon, limit: float, joint: str
) -> None:
    length = 10_000 if joint == "\n" else 114_000  # line by line takes longest: thousands of lines of a few letters
    for atom in ATOMS:
        text = ((atom + joint) * (length // len(atom + joint) + 1))[:length]
        assert cpu(text, lane, anything, limit) < limit, atom


@pytest.mark.parametrize(
    "alphabet", ["0123456789-", "0123456789 ", "12-302 ", "12-302代送到各", "栋单元室号楼1234", "鸡蛋2盒袋箱 "]
)
@pytest.mark.parametrize("width", [12, 30, 80, 390])
def test_dense_noise_in_lines_is_answered_at_once(
    garden: Register, parcel: Lexicon, limit: float, alphabet: str, width: int
) -> None:
    chance = random.Random(width)
    whole = "".join(chance.choice(alphabet) for _ in range(41_000))
    text = "\n".join(whole[at : at + width] for at in range(0, len(whole), width))
    assert cpu(text, garden, parcel, limit) < limit, (alphabet, width)


@pytest.mark.parametrize("alphabet", ["蛋1袋 ", "已付转微信60 ", "张三李四1份 ", "和+/&12份蛋", "0123456789-"])
@pytest.mark.parametrize("width", [8, 30])
def test_as_much_noise_as_one_paste_may_hold_is_answered_at_once(
    lane: Register, anything: Lexicon, limit: float, alphabet: str, width: int
) -> None:
    chance = random.Random(width)
    rows = ("".join(chance.choice(alphabet) for _ in range(width)) for _ in range(59_000 // (width + 1)))
    assert cpu("\n".join(rows), lane, anything, limit) < limit, (alphabet, width)


def test_a_text_that_is_no_list_is_given_up_and_no_line_is_lost(lane: Register, anything: Lexicon) -> None:
    chance = random.Random(1)
    text = "\n".join("".join(chance.choice("0123456789- ") for _ in range(30)) for _ in range(1400))
    lines = parse_chain(text, lane, anything).lines
    assert {line.line_no for line in lines} == {n for n, row in enumerate(text.splitlines(), 1) if row.strip()}
    assert "given_up" in {line.reason for line in lines}


def test_a_paste_for_another_place_is_read_to_its_last_line(lane: Register, parcel: Lexicon) -> None:
    text = "\n".join(f"{n}. 月光花园{n % 40 + 100}幢{n % 9 + 1}单元{n % 20 + 1}01室 2份" for n in range(1, 1201))
    lines = parse_chain(text, lane, parcel).lines
    assert len(lines) == 1200
    assert {line.outcome for line in lines} == {EntryOutcome.REVIEW}
    assert {line.reason for line in lines} == {"unknown_place"}


def test_a_list_that_is_too_long_is_read_as_far_as_one_paste_may_go(lane: Register, anything: Lexicon) -> None:
    kind = "放门口就行，谢谢团长，大家注意安全，出门记得戴好口罩，回家先洗手，晚上早点休息，明天一起加油"
    rooms = [(house, floor, flat) for house in range(1, 29) for floor in range(1, 19) for flat in range(1, 6)]
    rows = [f"{n}. {house}-{floor}0{flat} 鸡蛋2盒 {kind}" for n, (house, floor, flat) in enumerate(rooms[:1400], 1)]
    lines = parse_chain("\n".join(rows), lane, anything).lines
    assert [line.line_no for line in lines] == list(range(1, 1401))
    beyond = [line.line_no for line in lines if line.reason == "too_much"]
    assert beyond == list(range(beyond[0], 1401))
    assert beyond[0] > 800


def test_eight_hundred_rows_by_nickname_are_all_read(lane: Register, anything: Lexicon) -> None:
    text = "\n".join(f"{n}. 邻居{n}号小王 {n % 4 + 1}份午餐" for n in range(1, 801))
    assert all(line.reason != "given_up" for line in parse_chain(text, lane, anything).lines)


@pytest.mark.parametrize(("text", "change"), [("12-302 再加1份", Change.ADD), ("12-302 退2袋土豆", Change.LESS)])
def test_clear_changes_stay_changes(lane: Register, shop: Lexicon, parcel: Lexicon, text: str, change: Change) -> None:
    line = only(text, lane, shop if "土豆" in text else parcel)
    assert (line.outcome, line.change) == (EntryOutcome.AMEND, change)
