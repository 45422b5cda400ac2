"""Some 1,300 lines in 127 chains of our own invention, each with what it is: outcome, household, items, quantities."""

from __future__ import annotations

from collections import defaultdict

import pytest

from app.intake.grammar.chain import parse_chain
from app.intake.grammar.model import ChainLine, Context
from app.places.address.rules import AddressScope
from tests.intake.written_chains import Chain, answer, chains, lexicon, register

CHAINS = list(chains())


def wrong(chain: Chain) -> list[tuple[str, str, list[str]]]:
    """(text, answer, right answers) of the lines that are read otherwise."""
    context = Context(scope=AddressScope(building=chain.building)) if chain.building else Context()
    text = "\n".join(chain.lines)
    by_number: dict[int, list[ChainLine]] = defaultdict(list)
    for line in parse_chain(text, register(chain.register), lexicon(chain.catalogue), context).lines:
        by_number[line.line_no].append(line)
    written = [(number, raw) for number, raw in enumerate(chain.lines, start=1) if raw.strip()]
    assert sorted(by_number) == [number for number, _ in written]
    found = [(raw, answer(by_number[number]), chain.answers[number - 1]) for number, raw in written]
    return [(raw, said, right) for raw, said, right in found if said not in right]


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.lines[0][:20])
def test_every_line_of_a_written_chain_is_read_as_meant(chain: Chain) -> None:
    assert wrong(chain) == []


def test_the_table_holds_every_outcome_often() -> None:
    first = [answers[0][:1] for chain in CHAINS for answers in chain.answers if answers[0]]
    assert len(first) > 1000
    assert all(first.count(letter) > 20 for letter in "RAX?SH")
