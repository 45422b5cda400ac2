"""Re-posts, duplicates across sources, remarks."""

from __future__ import annotations

import pytest

from app.intake.grammar.chain import parse_chain
from app.intake.grammar.model import EntryFlag
from app.intake.rules import (
    DuplicateDecision,
    DuplicateSource,
    EntryChange,
    Relation,
    SourceQuantity,
    diff,
    find_duplicates,
    relation,
    settled_qty,
    triage,
)

FIRST = "#接龙\n蔬菜包\n\n1. 12-302 2份\n2. 12-303 1份\n3. 12-304 1份"


def kinds(earlier: str, later: str, register, lexicon) -> dict[str, int]:
    found = diff(parse_chain(earlier, register, lexicon).lines, parse_chain(later, register, lexicon).lines)
    return {kind.value: len(found.of(kind)) for kind in EntryChange}


def test_one_added_one_edited_one_deleted(lane, parcel) -> None:
    later = "#接龙\n蔬菜包\n\n1. 12-302 2份\n2. 12-303 3份\n3. 12-401 1份"
    assert kinds(FIRST, later, lane, parcel) == {"unchanged": 1, "changed": 1, "added": 1, "removed": 1}


def test_blanks_and_punctuation_do_not_change_a_row(lane, parcel) -> None:
    later = "#接龙\n蔬菜包\n\n1. 12-302，2 份\n2、12-303 1份。\n3. 12-304  1份"
    assert kinds(FIRST, later, lane, parcel) == {"unchanged": 3, "changed": 0, "added": 0, "removed": 0}


def test_a_changed_second_line_of_an_entry_is_seen(lane, anything) -> None:
    found = kinds("1. 12-302\n苹果2斤", "1. 12-302\n苹果3斤", lane, anything)
    assert (found["changed"], found["unchanged"]) == (1, 0)


def test_a_deleted_entry_shifts_numbers_and_not_rows(lane, parcel) -> None:
    later = "#接龙\n蔬菜包\n\n1. 12-303 1份\n2. 12-304 1份"
    assert kinds(FIRST, later, lane, parcel) == {"unchanged": 2, "changed": 0, "added": 0, "removed": 1}


def test_fractions_are_not_mistaken_for_the_same_words(lane, anything) -> None:
    assert kinds("1. 12-302 肉15斤", "1. 12-302 肉1.5斤", lane, anything)["unchanged"] == 0


@pytest.mark.parametrize(
    ("history", "later", "expected"),
    [
        ([], FIRST, Relation.FIRST),
        ([FIRST], FIRST, Relation.SAME),
        ([FIRST], FIRST + "\n4. 12-401 1份", Relation.NEWER),
        ([FIRST, FIRST + "\n4. 12-401 1份"], FIRST, Relation.OLDER),
        ([FIRST], "#接龙\n蔬菜包\n\n1. 12-302 2份", Relation.OLDER),
        ([FIRST], "#接龙\n蔬菜包\n\n1. 12-302 2份\n2. 12-304 1份", Relation.NEWER),
        ([FIRST], "大家好，今天有没有青菜", Relation.OTHER),
        (["大家好"], "大家好", Relation.OTHER),
        (["大家好"], FIRST, Relation.OTHER),
        ([FIRST], "#接龙\n鸡蛋\n\n1. 13-101 2份\n2. 13-102 1份", Relation.OTHER),
    ],
)
def test_a_paste_knows_how_it_stands_to_those_before(lane, parcel, history, later, expected) -> None:
    pastes = [parse_chain(text, lane, parcel).lines for text in history]
    assert relation(pastes, parse_chain(later, lane, parcel).lines) is expected


def test_the_same_household_and_item_from_another_source_clashes() -> None:
    phone, chain = SourceQuantity(1, "鸡蛋", 2, "phone"), SourceQuantity(1, "鸡蛋", 3, "chain")
    assert find_duplicates(
        [phone], [chain, SourceQuantity(1, "牛奶", 1, "chain"), SourceQuantity(2, "鸡蛋", 1, "chain")]
    ) == (DuplicateSource(phone, chain),)
    assert find_duplicates([chain], [chain]) == ()


@pytest.mark.parametrize(
    ("choice", "qty"), [(DuplicateDecision.KEEP, 2), (DuplicateDecision.REPLACE, 3), (DuplicateDecision.ADD, 5)]
)
def test_a_person_settles_a_clash(choice: DuplicateDecision, qty: int) -> None:
    assert (
        settled_qty(
            DuplicateSource(SourceQuantity(1, "鸡蛋", 2, "phone"), SourceQuantity(1, "鸡蛋", 3, "chain")), choice
        )
        == qty
    )


def test_a_remark_is_split_into_what_may_be_printed_and_what_may_not() -> None:
    found = triage("放门口，家里有透析病人，没有就不要")
    assert (found.public, found.restricted) == ("放门口，没有就不要", "家里有透析病人")
    assert {EntryFlag.DOOR_NOTE, EntryFlag.HEALTH, EntryFlag.NO_SUBSTITUTE} <= found.flags
