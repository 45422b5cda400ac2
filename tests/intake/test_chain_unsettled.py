"""Orders that a careful person would ask about: quoted ones, glued numbers, limits, what was missing before."""

from __future__ import annotations

from itertools import product

import pytest

from app.intake.grammar.chain import parse_chain
from app.intake.grammar.model import ChainLine, Context, EntryOutcome
from app.intake.workbook.places import remark_changes
from app.places.address.rules import AddressScope
from tests.intake.unseen_lists import lexicon, register

DASHES = "- - - - - - - - - -"


def lines(text: str, homes: str = "yard", catalogue: str = "shop", building: str = "") -> list[ChainLine]:
    context = Context(scope=AddressScope(building=building)) if building else Context()
    return list(parse_chain(text, register(homes), lexicon(catalogue), context).lines)


def outcomes(found: list[ChainLine]) -> list[str]:
    return [line.outcome.value for line in found]


@pytest.mark.parametrize(
    ("marks", "said"),
    list(
        product(
            ["「」", "“”", '""', "『』"],
            [
                "王芳：6-203 西瓜1 苹果1",
                "6-203 西瓜1",
                "6号楼203 大米1袋",
                "老李 6-203 油2桶",
                "6-209 西瓜1",
                "王芳(6-203)：西瓜1",
                "六号楼二零三 鸡蛋两板",
                "6-203 西瓜不要了",
                "6-203 西瓜改成2个",
                "6-203 再加西瓜1个",
                "王芳：西瓜1 苹果2",
                "6203 西瓜1",
                "6#203西瓜1",
                "春晖苑6-203：西瓜1",
            ],
        )
    ),
)
def test_a_quoted_order_is_asked(marks: str, said: str) -> None:
    found = lines(f"7-101 大米1\n{marks[0]}{said}{marks[1]}\n{DASHES}\n收到")
    assert outcomes(found) == ["ROW", "REVIEW", "SKIP", "SKIP"]


@pytest.mark.parametrize(
    "said", ["今晚八点截单", "王芳：6-203的到了吗", "收到", "谢谢群主", "群主：每户限2份", "几点送？"]
)
def test_quoted_talk_stays_a_quote(said: str) -> None:
    assert outcomes(lines(f"7-101 大米1\n「{said}」\n{DASHES}\n好的"))[1] == "SKIP"


@pytest.mark.parametrize("order", ["6-203 西瓜1", "6号楼203 西瓜1个 苹果2", "王芳 6-203 西瓜1"])
def test_a_quoted_order_that_stands_in_the_list_too_is_a_quote(order: str) -> None:
    found = lines(f"「王芳：6-203 西瓜1」\n{DASHES}\n收到\n{order}")
    assert outcomes(found) == ["SKIP", "SKIP", "SKIP", "ROW"]
    assert outcomes(lines(f"{order}\n「王芳：6-203 西瓜3」\n{DASHES}\n收到"))[1] == "REVIEW"


def test_a_quote_of_several_lines_loses_none_of_its_goods() -> None:
    found = lines(f"「王芳：6-203 西瓜1\n苹果2」\n{DASHES}\n收到\n7-101 大米1")
    assert outcomes(found) == ["REVIEW", "REVIEW", "SKIP", "SKIP", "ROW"]


@pytest.mark.parametrize("above", ["", "「群主：八点截单」\n"])
def test_dashes_below_orders_quote_none_of_them(above: str) -> None:
    found = lines(f"{above}6-203 西瓜1\n6-204 西瓜1\n{DASHES}\n7-101 大米1")
    assert [line.outcome for line in found if line.text] == [EntryOutcome.ROW] * 3


@pytest.mark.parametrize(
    "said", ["转发「14-303 鸡蛋1」", "“14-303 鸡蛋1”", "『14-303 鸡蛋1』帮记", "张三说：“14-303 鸡蛋1”"]
)
def test_a_forwarded_order_without_dashes_is_never_dropped(said: str) -> None:
    assert lines(f"7-101 大米1\n{said}")[1].outcome in (EntryOutcome.ROW, EntryOutcome.REVIEW)


@pytest.mark.parametrize(
    ("number", "heading"),
    list(
        product(
            ["1502", "1604", "2501", "3104", "7302", "16604", "1301"], ["9号楼", "9号楼：", "【9号楼】", "9号楼的："]
        )
    ),
)
def test_a_glued_number_below_a_building_without_that_room_is_asked(number: str, heading: str) -> None:
    assert outcomes(lines(f"{heading}\n101 大米1\n{number} 大米1"))[1:] == ["ROW", "REVIEW"]


@pytest.mark.parametrize("number", ["1502", "1604", "2501", "3104", "16604", "1301"])
def test_a_glued_number_in_the_list_of_a_building_is_asked(number: str) -> None:
    assert outcomes(lines(f"101 大米1\n{number} 大米1", building="9号楼")) == ["ROW", "REVIEW"]


@pytest.mark.parametrize(
    ("number", "homes"),
    list(product(["1502", "1401", "1604", "1203", "1304", "1101", "1402", "1803"], ["mixB"]))
    + list(product(["1502", "1101", "2102", "3201"], ["pair", "stages", "lanes"])),
)
def test_a_glued_number_with_several_readings_is_asked(number: str, homes: str) -> None:
    assert outcomes(lines(f"{number} 2份", homes, "veg")) == ["REVIEW"]


@pytest.mark.parametrize("number", ["12302", "3201", "4502", "16604", "2101", "9604"])
def test_a_glued_number_with_one_reading_is_a_row(number: str) -> None:
    assert outcomes(lines(f"{number} 大米1")) == ["ROW"]


@pytest.mark.parametrize(
    "said",
    [
        "西瓜少一个不要紧",
        "西瓜少一个没关系，有就送",
        "西瓜少1个也行",
        "西瓜少一个也没事",
        "西瓜多一个无所谓",
        "大米少1袋不要紧",
        "鸡蛋最多2板",
        "鸡蛋不超过2板",
        "鸡蛋至少1板",
        "大米最少1袋",
        "大米起码一袋",
        "牛奶顶多2箱",
        "土豆大概2份",
        "土豆差不多2份",
        "土豆2份左右",
        "土豆2份上下",
        "大米2袋以内",
        "大米2袋封顶",
        "牛奶1箱也行",
        "牛奶两箱也可以",
        "牛奶2箱都行",
        "牛奶1箱也好",
        "玉米2根就够",
        "玉米2根就够了",
        "玉米两根够了",
        "鸡蛋10个就够",
        "鸡蛋6个够了",
        "抽纸3包就够",
        "牛奶2盒就够",
        "土豆3个就够",
        "青菜1把足够",
        "西瓜有多少要多少",
        "西瓜有几个要几个",
        "西瓜能给几个给几个",
        "西瓜数量随便",
        "西瓜几个都行",
        "西瓜1到2个",
        "西瓜1-2个",
        "西瓜1、2个",
        "西瓜一两个",
        "西瓜2个或3个",
        "大米几袋都可以",
        "鸡蛋半板也行",
        "鸡蛋1板，少几个不要紧",
        "苹果差一份没关系",
        "苹果缺1份不要紧",
        "苹果大约2份",
        "苹果2份为限",
        "苹果1份随便",
        "苹果2份也成",
        "油1桶也够了2桶也行",
        "西瓜2个，少一个不要紧",
        "牛奶2箱 少1箱没事",
        "大米2袋，最多3袋",
        "大米不要超过2袋",
        "吐司两三袋",
        "吐司1袋2袋都行",
        "吐司2袋左右吧",
        "酱油1瓶2瓶都可以",
        "酱油最多来2瓶",
    ],
)
@pytest.mark.parametrize("place", ["5-502", "5号楼502"])
def test_a_number_that_is_a_limit_or_does_not_matter_is_asked(said: str, place: str) -> None:
    assert lines(f"7-101 大米1\n{place} {said}")[1].outcome is EntryOutcome.REVIEW


@pytest.mark.parametrize(
    "said",
    [
        "大米2袋就够了",
        "鸡蛋2板够了",
        "土豆1份 放门卫也行",
        "西瓜1 大概3点在家",
        "西瓜1个 没关系慢慢送",
        "大米1，最多等到9点",
    ],
)
def test_a_plain_number_stays_a_row(said: str) -> None:
    assert lines(f"5-502 {said}")[0].outcome is EntryOutcome.ROW


EARLIER = [
    "上次少送一箱，这次一起补",
    "上次少给1箱这次补上",
    "昨天漏了一箱一起补",
    "上回少发的一起补上",
    "上周少一箱，一并送",
    "前天没送到的也补",
    "昨天没收到，一起送",
    "上批欠我一箱",
    "之前欠的一起给",
    "上次送错了，补一箱",
    "补上次的",
    "补昨天少的",
    "上次差一箱",
    "上次漏发1箱",
    "前几天少给一箱",
    "上次没拿到",
    "昨晚少送了",
    "上次少的顺便补",
    "漏送的一箱补上",
    "上次缺一箱请补齐",
    "欠我1箱",
    "上一批少了一箱",
    "上次未送，这次补",
    "上次的没给",
    "上次发错了",
    "补发上次的",
    "那次少了一箱",
    "之前少送的补给我",
    "上个星期少一箱",
    "把上次的补上",
]


@pytest.mark.parametrize("said", EARLIER)
@pytest.mark.parametrize("between", ["，", " "])
def test_what_was_missing_before_is_asked(said: str, between: str) -> None:
    assert outcomes(lines(f"7-101 大米1\n5-502 牛奶1{between}{said}"))[1] == "REVIEW"


@pytest.mark.parametrize("said", EARLIER)
def test_a_remark_of_a_table_on_what_was_missing_before_is_asked(said: str) -> None:
    assert remark_changes(said)


@pytest.mark.parametrize(
    "said", ["昨天的牛奶已经退款了", "上次很新鲜", "上次少送的已经补了", "之前住3号楼", "昨天刚到家"]
)
def test_a_remark_on_what_is_settled_changes_nothing(said: str) -> None:
    assert not remark_changes(said) or "退" in said
    assert lines(f"5-502 鸡蛋1，{said}")[0].outcome in (EntryOutcome.ROW, EntryOutcome.REVIEW)


def test_a_compound_that_only_a_helper_in_brackets_names_is_asked() -> None:
    found = lines("海棠园\n2-1-402 大米1\n2-1-501 大米1（紫薇园的朋友代收）\n2幢1单元502 大米1（紫薇园）", "pair")
    assert outcomes(found)[1:] == ["ROW", "REVIEW", "ROW"]


def test_an_order_beside_words_about_the_list_is_not_dropped() -> None:
    assert outcomes(lines("9-402 大米1\n三区的都放门口，大米2"))[1] == "REVIEW"


def test_a_second_order_that_is_called_void_is_asked() -> None:
    found = lines("11-102 大米1\n11-102 我老公报过了，这条作废")
    assert outcomes(found)[1] == "REVIEW"


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("9-402 大米1\n9-402 上面我写错了，大米是2袋", "AMEND"),
        ("9-402 大米1\n更正：9-402 是3袋", "REVIEW"),
        ("9-402 抽纸3\n9-402 抽纸我写多了，1提够了", "AMEND"),
        ("9-402 抽纸我写多了，1提够了", "REVIEW"),
        ("9-402 油2\n9-402 油拍多了，减1桶", "AMEND"),
        ("9-402 油拍多了，减1桶", "REVIEW"),
        ("9-402 西瓜1\n9-402 西瓜太重了不要", "CANCEL"),
        ("9-402 大米1\n9-402上一条不算了，家里还有", "CANCEL"),
        ("9-402 大米1\n9-402 鸡蛋1\n9-402上一条不算了", "REVIEW"),
        ("9-402上一条不算了", "REVIEW"),
        ("原来11-602的，我们搬到8-304了，青菜1", "ROW"),
        ("4502 大米1西瓜2 / 4503 大米1", "ROW"),
        ("三个群的合一起了，4月12号的\n9-402 大米1", "ROW"),
        ("9-402 大米1\n截止了哈，明天十点两个区一起送", "SKIP"),
        ("9-402 大米1\n陈陈 2024-04-12 20:11:05", "SKIP"),
        ("6-104 我儿子会来拿，吐司2", "ROW"),
    ],
)
def test_corrections_and_talk_beside_orders(text: str, last: str) -> None:
    assert outcomes(lines(text))[-1] == last


@pytest.mark.parametrize(
    "swap", ["换成2份土豆", "换2份土豆", "换两份土豆", " 换 2份土豆", "换2土豆", "换成土豆2份", "改2份土豆"]
)
@pytest.mark.parametrize("before", ["", "6-203 五花肉1份\n"])
def test_a_swap_of_goods_is_asked_whichever_stands_first(swap: str, before: str) -> None:
    assert outcomes(lines(f"{before}6-203 五花肉{swap}"))[-1] == "REVIEW"


@pytest.mark.parametrize("text", ["6-203 抽纸1 qc1", "6-203 抽纸1提 jd 2", "6-203 鸡蛋1板，tudou2"])
def test_goods_by_letters_that_nobody_knows_are_asked_not_left_in_a_remark(text: str) -> None:
    assert outcomes(lines(text)) == ["REVIEW"]


@pytest.mark.parametrize("text", ["6-203 鸡蛋1板，鸡蛋放最上面", "6-203 土豆2份 没有就换青菜", "6-203 鸡蛋1板 vx已付"])
def test_words_about_what_is_ordered_are_remarks(text: str) -> None:
    assert outcomes(lines(text)) == ["ROW"]
