"""The lists of eight writers who saw neither the reader nor its cases: no bag to a wrong door, none lost.

The figures of the reader before it was changed for them: 481 of 826 lines right, 225 asked although clear, 86 lost,
19 to a wrong door, 2 with other goods, 3 ordered although cancelled, 10 decided although only asking was right.
Of the 524 lines of the two later writers it read 441 at first, asked 80, lost 1, and decided 2 wrongly.
Of the 343 lines of the sixth (`two_groups.txt`) it read 288 at first, asked 49, lost 2, and decided 4 wrongly.
Of the 622 lines of the seventh (`five_leaders.txt`) it read 537 at first, asked 82, lost 1, and decided 2 wrongly.
Of the 322 lines of the eighth (`sunday.txt`) it read 310 at first, asked 11, and took one swap of goods for an order.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.intake.unseen_lists import BAD, Judged, Paste, pastes, read

PASTES = list(pastes())


def said(line: Judged) -> str:
    return f"{line.verdict}: {line.text} → {line.said}, right {line.right}"


@pytest.mark.parametrize("paste", PASTES, ids=lambda paste: paste.title)
def test_no_line_of_an_unseen_list_or_table_goes_wrong(paste: Paste) -> None:
    assert [said(line) for line in read(paste) if line.verdict in BAD] == []


def test_most_lines_of_unseen_lists_are_read_without_a_question() -> None:
    counted = Counter(line.verdict for paste in PASTES for line in read(paste))
    assert sum(counted.values()) == 2637
    assert counted["right"] >= 0.97 * 2637, counted


def test_the_answers_name_households_of_their_registers() -> None:
    lines = [answers for paste in PASTES for _sheet, _text, answers in paste.rows if answers]
    assert len(lines) == 2637
