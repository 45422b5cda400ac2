"""What holds for any text: no line is lost, reading is deterministic, a paste does not differ from itself."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.intake import rules
from app.intake.grammar.chain import parse_chain
from app.intake.grammar.goods.lexicon import Lexicon, LexiconItem
from app.intake.grammar.model import EntryOutcome
from app.places.address.rules import Register, RegisteredHousehold, locate, resolve

REGISTER = Register(
    [
        RegisteredHousehold(f"{b}-{s}-{r}", "阳光花园", f"{b}号楼", s, r)
        for b in ("1", "2", "12")
        for s in ("", "1")
        for r in ("101", "302", "18C")
    ]
)
SHOP = Lexicon([LexiconItem("鸡蛋", "盒", ("蛋",)), LexiconItem("牛奶", "箱"), LexiconItem("A套餐", "份")])
PIECES = st.sampled_from(
    "#接龙|1.|2、|3）|①|（4）|12-302|1-1-101|2号楼302室|18C|302|鸡蛋|牛奶|A套餐|王阿姨|张三|2份|x2|*3|+1|两盒|半份|1.5斤|0份|各1|改成3份"
    "|再加1份|不要了|代|送到|没有就不要|已付"
    "|高血压|放门口|例|@所有人|- - - - - -|，|。| |\n|\n\n|\\n|<br/>|(|)|共3份|2-3|99|/|-".split("|")
)
LISTS = st.lists(PIECES, max_size=25)
TEXTS = st.one_of(st.text(max_size=200), LISTS.map("".join), LISTS.map(" ".join))


@given(TEXTS)
@settings(max_examples=120, deadline=None)
def test_every_physical_line_comes_out_once_or_in_parts(text: str) -> None:
    result = parse_chain(text, REGISTER, SHOP)
    assert {line.line_no for line in result.lines} == {n for n, line in enumerate(text.splitlines(), 1) if line.strip()}
    assert len({(line.line_no, line.part) for line in result.lines}) == len(result.lines)
    assert sum(result.counts.values()) == len(result.lines)


@given(TEXTS)
@settings(max_examples=60, deadline=None)
def test_reading_is_deterministic_and_a_paste_does_not_differ_from_itself(text: str) -> None:
    first, second = parse_chain(text, REGISTER, SHOP), parse_chain(text, REGISTER, SHOP)
    assert first == second
    assert rules.diff(first.lines, second.lines).is_empty


@given(TEXTS)
@settings(max_examples=120, deadline=None)
def test_no_row_has_an_invented_quantity_or_item(text: str) -> None:
    for line in parse_chain(text, REGISTER, SHOP).lines:
        if line.outcome in (EntryOutcome.ROW, EntryOutcome.AMEND) and line.continues is None:
            assert line.items
            for item in line.items:
                assert item.qty is not None
                assert 0 < item.qty <= 50
                assert item.item in SHOP.items
        if line.outcome in (EntryOutcome.ROW, EntryOutcome.AMEND) and line.household:
            assert line.household.room.strip("0") != ""
            assert any(ch in line.raw or ch in line.text for ch in line.household.room)


@given(TEXTS)
@settings(max_examples=120, deadline=None)
def test_addresses_never_fail_and_name_households_of_the_register(text: str) -> None:
    resolution = resolve(text, REGISTER)
    assert resolution.household is None or resolution.household in REGISTER.households.values()
    for found in locate(text, REGISTER, frozenset("份斤箱盒")):
        assert 0 <= found.start <= found.end <= len(text)
