"""Whole pastes: lists, titles, menus, quotes, continuations, re-posts, totals, limits."""

from __future__ import annotations

import random
import time

from app.intake.grammar.chain import parse_chain
from app.intake.grammar.model import ChainResult, EntryOutcome


def outcomes(result: ChainResult) -> list[str]:
    return [line.outcome.value for line in result.lines]


def test_title_example_and_remark_are_no_orders(block, anything) -> None:
    text = (
        "#接龙\n半个南瓜 等会送来 共20份\n例 楼栋号-房间号 需要多少份\n\n"
        "1.295-909 6份\n2.295-910 8份\n3.295-204 2份\n\n三点截单"
    )
    result = parse_chain(text, block, anything)
    assert outcomes(result) == ["HEAD", "HEAD", "HEAD", "ROW", "ROW", "ROW", "SKIP"]
    assert result.totals == {"南瓜": 16}


def test_a_numbered_menu_is_no_order(block, anything) -> None:
    text = (
        "#接龙\n6.18号星期四晚餐预定接龙（30元）\n   1.香煎鸡中翅\n   2.农家一碗香\n   3.炒洋葱\n"
        "例 桃子   1份午餐晚餐\n\n1. 桃子    5份晚餐\n2. Catherine chen 晚餐1份"
    )
    result = parse_chain(text, block, anything)
    assert outcomes(result) == ["HEAD"] * 6 + ["ROW"] * 2
    assert result.totals == {"晚餐": 6}
    assert result.lines[-1].who == "Catherine chen"


def test_rows_by_nickname_wait_for_their_household(block, anything) -> None:
    result = parse_chain("1. 桃子 5份晚餐", block, anything)
    assert result.lines[0].outcome is EntryOutcome.ROW
    assert result.lines[0].needs_settling


def test_a_nickname_among_addresses_is_asked(lane, parcel) -> None:
    result = parse_chain("1. 12-302 1份\n2. 阳光 2份", lane, parcel)
    assert (result.lines[1].outcome, result.lines[1].reason) == (EntryOutcome.REVIEW, "no_address")
    assert result.totals == {"蔬菜包": 1}


def test_goods_on_the_next_line_belong_to_the_entry_above(lane, anything) -> None:
    result = parse_chain("1. 12-302\n鸡蛋2盒，牛奶1箱\n2. 12-401 鸡蛋1盒", lane, anything)
    assert outcomes(result) == ["ROW", "ROW", "ROW"]
    assert result.lines[1].continues == 1
    assert result.totals == {"鸡蛋": 3, "牛奶": 1}


def test_another_person_on_the_next_line_is_not_taken_for_the_entry_above(lane, parcel) -> None:
    result = parse_chain("1. 12-302 1份\n王阿姨 2份", lane, parcel)
    assert result.lines[1].outcome is EntryOutcome.REVIEW
    assert result.totals == {"蔬菜包": 1}


def test_a_chain_on_one_line_gives_its_entries(lane, parcel) -> None:
    result = parse_chain("#接龙 3. 周年庆 1. 12-302 1份 2. 12-401 2份", lane, parcel)
    assert [(line.line_no, line.part, line.outcome.value) for line in result.lines] == [
        (1, 1, "HEAD"),
        (1, 2, "ROW"),
        (1, 3, "ROW"),
    ]


def test_line_breaks_inside_a_message_are_line_breaks(lane, parcel) -> None:
    result = parse_chain("<title>蔬菜\\n</title>\\n1. 12-302 1份\\n2. 12-401 2份", lane, parcel)
    assert result.totals == {"蔬菜包": 3}
    assert {line.line_no for line in result.lines} == {1}


def test_quoted_messages_and_announcements_order_nothing(lane, parcel) -> None:
    text = "「李姐：1. 12-302 2份」\n- - - - - - - - - -\n1. 12-302 2份\n@所有人 明天送\n22:15 收到\n👌"
    result = parse_chain(text, lane, parcel)
    assert outcomes(result) == ["SKIP", "SKIP", "ROW", "SKIP", "SKIP", "SKIP"]


def test_a_quoted_order_that_stands_nowhere_else_is_asked(lane, parcel) -> None:
    result = parse_chain("「李姐：1. 12-301 2份」\n- - - - - - - - - -\n1. 12-302 2份", lane, parcel)
    assert outcomes(result) == ["REVIEW", "SKIP", "ROW"]
    assert result.lines[0].reason == "quoted_order"


def test_two_lists_are_kept_apart_and_a_repeated_one_replaces_the_earlier(lane, anything) -> None:
    text = "#接龙\n鸡蛋\n1. 12-302 2\n\n#接龙\n鸡蛋\n1. 12-302 2\n2. 12-402 3\n\n#Group Note\n牛奶\n1. 12-302 1"
    result = parse_chain(text, lane, anything)
    assert result.totals == {"鸡蛋": 5, "牛奶": 1}
    assert result.lines[2].reason == "superseded"


def test_the_same_household_and_item_twice_is_asked(lane, parcel) -> None:
    result = parse_chain("1. 12-302 1份\n2. 12-302 2份", lane, parcel)
    assert result.lines[1].reason == "duplicate_of_line_1"
    assert result.totals == {"蔬菜包": 1}


def test_amendments_and_cancellations_count_in_the_totals(lane, parcel) -> None:
    text = "12-302 2份\n12-303 1份\n12-304 4份\n12-302 改3份\n12-303 不要了\n12-304 减1份"
    assert parse_chain(text, lane, parcel).totals == {"蔬菜包": 6}


def test_a_title_may_name_the_building_but_not_a_place_to_collect(lane, anything) -> None:
    bound = parse_chain("#接龙\n12号楼土豆团购\n1. 302 2份", lane, anything)
    assert bound.lines[-1].household.household_id == "12/302"
    collect = parse_chain("#接龙\n12号楼门口自提土豆\n1. 302 2份", lane, anything)
    assert collect.lines[-1].outcome is EntryOutcome.REVIEW


def test_gaps_and_impossible_dates_are_said(lane, parcel) -> None:
    assert parse_chain("#接龙\n\n1. 12-302 1份\n3. 12-401 1份", lane, parcel).warnings == ("numbering_gap:2",)
    assert "no_such_date:2.30" in parse_chain("2026-02-30 午餐\n12-302 1份", lane, parcel).warnings
    text = "#接龙\n6.13号星期五午餐\n6.12号星期五晚餐\n\n1. 12-302 1份"
    assert any(warning.startswith("weekday_mismatch") for warning in parse_chain(text, lane, parcel).warnings)


def test_eight_hundred_lines_are_read_in_two_seconds(lane, anything) -> None:
    random.seed(7)
    rows = [
        f"{n}. {random.choice([b for b in range(1, 94) if b != 29])}-{random.randint(1, 18)}0{random.randint(1, 5)}"
        f" 王阿姨 鸡蛋{random.randint(1, 5)}盒，牛奶2箱 放门口"
        for n in range(1, 801)
    ]
    begin = time.process_time()
    result = parse_chain("#接龙\n土豆\n" + "\n".join(rows), lane, anything)
    assert time.process_time() - begin < 2
    assert len(result.lines) == 802


def seconds(text: str, lane, anything, limit: float = 0.0) -> tuple[float, ChainResult]:
    """CPU seconds, the fastest of three: another process on the core is not the parser's time. And what was read.

    The first reading under the limit is answer enough; the others would only be quicker still.
    """
    tries = []
    for _again in range(3):
        begin = time.process_time()
        result = parse_chain(text, lane, anything)
        tries.append(time.process_time() - begin)
        if tries[-1] < limit:
            break
    return min(tries), result


def test_hostile_text_is_answered_at_once(lane, anything) -> None:
    random.seed(7)
    noise = "".join(random.choice("12. -号份栋x*+（）各改不要了\n王") for _ in range(114_000))
    texts = [
        "1" * 114_000,
        "1-" * 57_000,
        "1\n" * 57_000,
        "(" * 114_000,
        "一" * 38_000,
        " 1. 2. 3." * 12_000,
        noise,
        "12-302 " * 16_000,
        "1. 12-302 2份\n" * 9_000,
    ]
    plain = "\n".join(f"{n}. {n % 28 + 1}-{n % 18 + 1}0{n % 5 + 1} 鸡蛋{n % 5 + 1}盒，牛奶2箱" for n in range(800))
    yardstick, _read = seconds(plain, lane, anything)
    limit = 1.5 * max(0.5, yardstick)  # what 800 plain lines take in the same run, if that is more
    for text in texts:
        taken, result = seconds(text, lane, anything, limit)
        assert taken < limit, text[:20]
        assert {line.line_no for line in result.lines} == {
            number for number, line in enumerate(text.splitlines(), 1) if line.strip()
        }


def test_a_heading_inside_the_list_moves_to_its_building(lane, parcel) -> None:
    text = "12号楼：\n302 2份\n13号楼：\n101 1份\n99号楼：\n102 1份"
    lines = parse_chain(text, lane, parcel).lines
    assert [line.household.household_id if line.household else None for line in lines] == [
        None,
        "12/302",
        None,
        "13/101",
        None,
        None,
    ]
    assert lines[-1].outcome is EntryOutcome.REVIEW
