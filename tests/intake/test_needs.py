"""Free answers to what a household lacks."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from app.intake.grammar.goods.lexicon import Item, Lexicon
from app.intake.grammar.goods.needs import Answer, State, read_answer
from app.intake.grammar.model import Flag

PANTRY = Lexicon(
    [
        Item("面粉", "袋"),
        Item("酒精", "瓶"),
        Item("卷纸", "提", ("厕纸", "卫生纸", "草纸", "卷筒纸", "圈筒纸")),
        Item("牛奶", "箱"),
        Item("大米", "袋", ("米",)),
        Item("鸡蛋", "盒", ("蛋",)),
        Item("生抽", "瓶"),
        Item("盐", "包"),
        Item("醋", "瓶", ("康乐醋",)),
    ]
)


def needs(text: str) -> list[tuple[str, int | None, str]]:
    return [(need.item, need.qty, need.state.value) for need in read_answer(text, PANTRY).needs]


def test_different_words_for_one_need_are_one_item() -> None:
    for word in ("厕纸", "卫生纸", "草纸", "圈筒纸"):
        assert needs(word) == [("卷纸", None, "matched")]


def test_quantities_are_read_and_never_invented() -> None:
    assert needs("生抽2瓶、盐2包、卫生纸2提") == [("生抽", 2, "matched"), ("盐", 2, "matched"), ("卷纸", 2, "matched")]
    assert needs("米。牛奶。鸡蛋") == [("大米", None, "matched"), ("牛奶", None, "matched"), ("鸡蛋", None, "matched")]


def test_a_numbered_list_inside_an_answer_is_split() -> None:
    assert [need.item for need in read_answer("1. 面粉\n2.酒精\n3. 盐", PANTRY).needs] == ["面粉", "酒精", "盐"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("面粉或大米", "either_or"),
        ("面粉整栋296号楼需要20袋", "whole_building"),
        ("面粉2-3袋", "range"),
        ("猫粮", "unknown_item"),
    ],
)
def test_what_a_person_has_to_read_is_put_to_review(text: str, reason: str) -> None:
    found = read_answer(text, PANTRY).needs
    assert [(need.state, need.reason) for need in found] == [(State.REVIEW, reason)]


def test_nothing_needed_is_kept_as_a_skip() -> None:
    assert needs("暂无需要") == [("", None, "skip")]


@pytest.mark.parametrize("word", ["药", "奶粉", "尿不湿", "产妇", "老人", "没有锅", "高血压"])
def test_special_needs_always_raise_their_flag(word: str) -> None:
    assert Flag.SPECIAL_NEED in read_answer(f"面粉，家里有{word}，盐", PANTRY).flags


RELATIVES = (
    "降压药 胰岛素 纸尿裤 成人尿片 奶瓶 孕妇 坐月子 高龄独居 轮椅 糖尿病 透析 没锅 没有灶 不能做饭 早产儿".split()
)


@pytest.mark.parametrize("word", RELATIVES)
def test_relatives_of_special_needs_raise_the_flag_too(word: str) -> None:
    assert Flag.SPECIAL_NEED in read_answer(f"面粉，{word}，盐", PANTRY).flags


def test_yam_is_no_medicine() -> None:
    assert Flag.SPECIAL_NEED not in read_answer("山药", PANTRY).flags


def test_every_published_answer_is_split_matched_or_put_to_review(data: Path) -> None:
    with (data / "catalogue/shanghai2022_needs_free_text.csv").open(encoding="utf-8-sig") as file:
        texts = [row[0] for row in csv.reader(file)][1:]
    names = (data / "catalogue/shanghai2022_essentials_lexicon.txt").read_text("utf-8").splitlines()
    lexicon = Lexicon(Item(name.strip()) for name in dict.fromkeys(names) if name.strip() and not name.startswith("#"))
    answers: list[Answer] = [read_answer(text, lexicon) for text in texts]
    assert len(answers) == 213
    every = [need for answer in answers for need in answer.needs]
    assert len(every) > 650
    assert sum(need.state is State.MATCHED for need in every) >= 0.8 * len(every)
    special = ("药", "奶粉", "尿不湿", "产妇", "老人", "没有锅", "高血压")
    for text, answer in zip(texts, answers, strict=True):
        assert answer.needs
        if any(word in text for word in special):
            assert Flag.SPECIAL_NEED in answer.flags, text
