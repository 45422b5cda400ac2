"""The page of each label paper against which its margins are checked."""

from __future__ import annotations

from collections.abc import Iterator

from app.core.sentences import N_
from app.printing.contexts.ground import Ground, Prepared, Subject
from app.printing.kinds import SheetKind, SheetStage, register
from app.printing.layout.labels import STOCKS
from app.printing.sheet import Totals
from app.printing.sheets.label_test import LabelTest


def label_tests(ground: Ground) -> Iterator[Prepared]:
    """Yield the page of each label paper against which its margins are checked."""
    for number, key in enumerate(STOCKS, start=1):
        stock = ground.options.stock(key)
        yield Prepared(Subject("label_stock", number, stock.name), LabelTest(ground.head(), Totals(), stock))


register(
    SheetKind(
        key="label_test",
        code="LT",
        label_zh=N_("标签对位页"),
        reader_zh=N_("打印的人"),
        stage=SheetStage.UNLISTED,
        place=1,
        watches="subdistrict",
        sheet=LabelTest,
        prepare=lambda builder: label_tests(builder.ground),
        is_wide=True,
        is_in_kit=False,
    )
)
